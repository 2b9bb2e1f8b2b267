"""Sums of areas: what they lack is weighed fairly, and what nobody counted is not zero."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from small_data import no_changes

from careatlas.build.areas import Areas, Country
from careatlas.build.gather import Inputs
from careatlas.build.pipeline import indicator_values
from careatlas.catalogue.indicator import Counted, Indicator
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import connect
from careatlas.engine.tables import RELEASE, TIDIED

CATALOGUE = load_catalogue()
JANUARY = {"period_start": date(2026, 1, 1), "period_end": date(2026, 1, 31)}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def areas_of(area_type: str, *codes: str) -> Areas:
    """These areas, whole, in one country."""
    rows = [{"code": code, "name": code, "area_type": area_type} for code in codes]
    table = pd.DataFrame(rows, columns=RELEASE["areas"].column_names)
    resolved = {area_type: {code: code for code in codes}}
    return Areas(table, resolved, no_changes(), pd.DataFrame(), Country("ENG", "England"))


def values_of(engine, indicator: Indicator, areas: Areas, **tables: list[dict]) -> pd.DataFrame:
    given = {
        name: engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED[name].schema))
        for name, rows in tables.items()
    }
    return indicator_values(indicator, CATALOGUE, Inputs(engine, given), areas).set_index("area")


def trust(code: str, timed: float | None) -> dict:
    waits = {"attendances_timed": timed, "within_four_hours": None if timed is None else 0.7 * timed}
    return {**JANUARY, "provider": code, "attendances": 9000.0, **waits}


def test_trusts_that_never_reported_waits_weigh_as_much_as_the_mean_trust(engine):
    """Two of ten reported nothing, in no month on file: England's percentage lacks about a fifth."""
    codes = [f"T{n}" for n in range(10)]
    rows = [trust(code, None if code in ("T0", "T1") else 9000.0) for code in codes]
    indicator = CATALOGUE.indicators["ae_four_hours"]
    values = values_of(engine, indicator, areas_of("provider", *codes), accident_emergency=rows)
    assert (values.loc["ENG", "status"], values.loc["ENG", "denominator"]) == ("incomplete", 72000)
    assert values.loc["ENG", "note"] == "missing or incomplete within it: T0 (T0), T1 (T1)"


def waits(part: str, specialty: str, **by_area: float) -> list[dict]:
    return [
        {**JANUARY, "commissioner": area, "part": part, "specialty": specialty, "pathways": pathways}
        for area, pathways in by_area.items()
    ]


def test_a_specialty_on_file_for_another_part_only_is_not_zero(engine):
    """Completed pathways are on file in total and the waiting list by specialty: nobody counted 110, completed."""
    rows = waits("completed_admitted", "total", A1=5.0, A2=5.0) + waits("incomplete", "110", A1=9.0, A2=9.0)
    need = {
        "period_start": date(2023, 4, 1), "period_end": date(2024, 3, 31), "edition": "2023_2024",
        "need": "general_and_acute", "weighted_population": 1000.0,
    }  # fmt: skip
    people = [{**need, "practice": f"P{area}", "sub_icb": area} for area in ("A1", "A2")]
    counted = Counted(
        table="rtt", measure="pathways", where={"part": "completed_admitted", "specialty": "110"}
    )
    orthopaedic = CATALOGUE.indicators["completed_admitted_pathways"].model_copy(
        update={"numerator": counted}
    )
    areas = areas_of("sub_icb", "A1", "A2")
    assert values_of(engine, orthopaedic, areas, rtt=rows, need_weights=people).empty
    rows += waits("completed_admitted", "110", A1=2.0)
    values = values_of(engine, orthopaedic, areas, rtt=rows, need_weights=people)
    assert values["status"].to_dict() == {"ENG": "reported", "A1": "reported", "A2": "zero"}


def test_figures_without_any_look_up_of_areas_are_no_values_and_no_fault(engine):
    rows = [
        {**JANUARY, "measure": "saba", "area": "01A", "numerator": 1.0, "denominator": 2.0},
    ]
    indicator = CATALOGUE.indicators["short_acting_beta_agonists"]
    assert values_of(engine, indicator, areas_of("sub_icb"), prescribing=rows).empty
