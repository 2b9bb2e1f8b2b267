"""Providers that sent no return: an estimate is in the country's sum, and is neither ranked nor compared."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from careatlas.build import estimated_returns
from careatlas.build.areas import Areas, Country
from careatlas.build.examples import work_example
from careatlas.catalogue.indicator import Example
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED

CATALOGUE = load_catalogue()
QUARTER = {"period_start": date(2025, 4, 1), "period_end": date(2025, 6, 30)}
MONTH = {"period_start": date(2024, 11, 1), "period_end": date(2024, 11, 30)}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def answers(engine, indicator, **rows):
    """The values of the whole catalogue's indicator from a few rows, by area."""
    example = Example(name="made", rows=rows, expect=[{"area": "T1", "value": None}])
    worked = work_example(CATALOGUE.indicators[indicator], example, CATALOGUE, engine)
    return {row["area"]: row for row in worked}


def beds(provider, available, occupied):
    return {
        **QUARTER, "provider": provider, "sector": "general_and_acute",
        "available": available, "occupied": occupied,
    }  # fmt: skip


def estimate_of(provider):
    return {**QUARTER, "provider": provider, "table": "overnight_beds", "how": "an estimate"}


def test_an_estimated_return_is_incomplete_and_says_why(engine):
    found = answers(
        engine,
        "general_acute_beds_occupied",
        overnight_beds=[beds("T1", 200, 184), beds("T2", 100, 90)],
        estimated_returns=[estimate_of("T2")],
    )
    assert (found["T1"]["status"], found["T2"]["status"]) == ("reported", "incomplete")
    assert found["T2"]["note"] == "it sent no return: the publisher put in an estimate"
    assert (found["ENG"]["count"], found["ENG"]["denominator"]) == (274, 300)


def test_the_country_is_whole_where_little_of_it_is_estimated(engine):
    """T2 has 10 of 510 beds, a fiftieth: the country is reported, with a note that names it."""
    found = answers(
        engine,
        "general_acute_beds_occupied",
        overnight_beds=[beds("T1", 500, 460), beds("T2", 10, 9)],
        estimated_returns=[estimate_of("T2")],
    )
    assert found["ENG"]["status"] == "reported"
    assert "T2" in found["ENG"]["note"]


def test_an_estimate_in_another_table_says_nothing_of_this_one(engine):
    found = answers(
        engine,
        "general_acute_beds_occupied",
        overnight_beds=[beds("T2", 100, 90)],
        estimated_returns=[estimate_of("T2") | {"table": "another"}],
    )
    assert found["T2"]["status"] == "reported"


def test_the_account_of_completeness_names_who_sent_nothing(engine):
    table = pa.Table.from_pylist(
        [estimate_of("T2")],
        schema=TIDIED["estimated_returns"].schema,
    )
    listed = pd.DataFrame([{"code": "T2", "name": "Second Trust", "area_type": "provider", "valid_to": None}])
    areas = Areas(listed, {}, pd.DataFrame(columns=["old", "new"]), listed, Country("ENG", "England"))
    (row,) = estimated_returns.examine_estimated_returns(
        engine, {"estimated_returns": engine.from_arrow(table)}, areas
    ).to_dict("records")
    assert (row["source"], row["submitter"], row["submitter_name"], row["status"]) == (
        "overnight_beds", "T2", "Second Trust", "estimated",
    )  # fmt: skip


def test_a_provider_that_does_not_do_a_test_is_not_missing_from_it(engine):
    """T2 scans and does no endoscopy: it is not asked, and does not make the country incomplete."""
    found = answers(
        engine,
        "endoscopy_waits_over_6_weeks",
        diagnostic_waits=[
            *(
                {**MONTH, "provider": "T1", "test": test, "waiting": 100, "over_6_weeks": 20}
                for test in ("colonoscopy", "flexible_sigmoidoscopy", "gastroscopy")
            ),
            {**MONTH, "provider": "T2", "test": "computed_tomography", "waiting": 900, "over_6_weeks": 9},
        ],
    )
    assert sorted(found) == ["ENG", "T1"]
    assert (found["ENG"]["value"], found["ENG"]["status"]) == (20, "reported")
