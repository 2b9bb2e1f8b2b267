"""What counts as a provider's history, and what several absent providers take from an area together."""

import pandas as pd
import pyarrow as pa
import pytest
from small_data import no_changes

from careatlas.build import completeness
from careatlas.build.areas import Areas, Country
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import connect
from careatlas.engine.tables import RELEASE, TIDIED

# New pathways in an ordinary month: of A1's 100, four are at each of two small providers.
ORDINARY = {("A1", "RXX"): 92, ("A1", "RYY"): 4, ("A1", "RZZ"): 4, ("A2", "RXX"): 100}
JANUARY = pd.Timestamp("2026-01-31")


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def month_of(end: pd.Timestamp, *absent: str) -> list[dict]:
    return [
        {"period_start": end.replace(day=1).date(), "period_end": end.date(), "commissioner": area,
         "provider": provider, "part": part, "specialty": "total", "pathways": float(n)}
        for (area, provider), n in ORDINARY.items() if provider not in absent
        for part in ("completed_admitted", "new_periods", "incomplete")
    ]  # fmt: skip


def examine(engine, rows: list[dict]) -> completeness.Findings:
    table = pd.DataFrame({"code": ["A1", "A2"], "name": ["A1", "A2"], "area_type": "sub_icb"})
    codes = {"sub_icb": {"A1": "A1", "A2": "A2"}}
    areas = Areas(
        table.reindex(columns=RELEASE["areas"].column_names), codes, no_changes(), pd.DataFrame(),
        Country("ENG", "England"),
    )  # fmt: skip
    people = pd.DataFrame({"area": ["A1", "A2"], "people": 1000.0})
    boards = pd.DataFrame({"provider": [], "icb": [], "share": []})
    tables = {"rtt": engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED["rtt"].schema))}
    return completeness.examine_waiting_times(
        engine, tables, areas, boards, people, load_catalogue().completeness
    )


def earlier(end: str, months: int = 7) -> list[dict]:
    return [row for each in pd.date_range(end=end, periods=months, freq="ME") for row in month_of(each)]


def test_what_two_absent_providers_take_is_added_up(engine):
    """4 % at each would be two notes; 8 % together is too much to rank."""
    findings = examine(engine, earlier("2025-12-31") + month_of(JANUARY, "RYY", "RZZ"))
    flagged = findings.of("sub_icb", {"new_periods"}).set_index("area")
    assert flagged["flag"].to_dict() == {"A1": "incomplete"}
    told = "8% of its new pathways of the last 7 months were at RYY (RYY) and RZZ (RZZ), which is absent"
    assert flagged.loc["A1", "note"] == told


def test_one_of_them_alone_is_a_note(engine):
    findings = examine(engine, earlier("2025-12-31") + month_of(JANUARY, "RYY"))
    assert findings.of("sub_icb", {"new_periods"})["flag"].to_list() == ["noted"]


def test_months_of_years_ago_are_no_history(engine):
    """Seven months to November 2023 do not say who should report in January 2026."""
    findings = examine(engine, earlier("2023-11-30") + month_of(JANUARY, "RYY", "RZZ"))
    assert findings.table.empty
    assert findings.flagged.empty
