"""Community waiting lists that are not whole: silent organisations, and people who wait nobody knows how long."""

from datetime import date

import pyarrow as pa
import pytest
from small_data import no_changes

from careatlas.build import community_completeness, pipeline
from careatlas.build.areas import Areas, Country
from careatlas.build.gather import Inputs
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import connect
from careatlas.engine.tables import RELEASE, TIDIED

CATALOGUE = load_catalogue()
BOARDS = {"B1": "Y1", "B2": "Y1", "B3": "Y2"}
PERIOD = {"period_start": date(2025, 1, 1), "period_end": date(2025, 1, 31)}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def body(area, waiting, known=None, over_18=None, silent=None, area_type="icb"):
    known = waiting if known is None else known
    return PERIOD | {
        "area_type": area_type,
        "area": area,
        "age_group": "adults",
        "service": "Audiology",
        "waiting": float(waiting),
        "known_weeks": float(known),
        "over_18_weeks": float(known / 10 if over_18 is None else over_18),
        "silent_organisations": silent,
    }


def areas():
    listed = [{"code": code, "area_type": "icb", "parent_code": parent} for code, parent in BOARDS.items()]
    listed += [{"code": code, "area_type": "region", "parent_code": "ENG"} for code in ("Y1", "Y2")]
    listed += [{"code": code, "area_type": "provider"} for code in ("R1", "R2", "R3")]
    table = pa.Table.from_pylist(
        [row | {"name": f"Area {row['code']}"} for row in listed], schema=RELEASE["areas"].schema
    ).to_pandas()
    codes = {str(kind): {code: code for code in of["code"]} for kind, of in table.groupby("area_type")}
    return Areas(table, codes, no_changes(), table, Country("ENG", "England"))


def tidied(engine, *rows):
    return {
        "community_waits": engine.from_arrow(
            pa.Table.from_pylist(list(rows), schema=TIDIED["community_waits"].schema)
        )
    }


def values(engine, *rows, indicator="community_over_18_weeks_adults"):
    found = pipeline.indicator_values(
        CATALOGUE.indicators[indicator], CATALOGUE, Inputs(engine, tidied(engine, *rows)), areas()
    )
    return {row["area"]: row for row in found.to_dict("records")}


PROVIDERS = [body(code, 100, area_type="provider") for code in ("R1", "R2", "R3")]


def test_a_board_with_a_silent_organisation_is_incomplete_and_says_so(engine):
    found = values(
        engine, body("B1", 100, silent=1), body("B2", 100, silent=0), body("B3", 100, silent=0), *PROVIDERS
    )
    assert found["B1"]["status"] == "incomplete"
    assert found["B1"]["note"] == "1 organisation of this board sent no return"
    assert found["B2"]["status"] == "reported"


def test_a_sum_has_lost_what_a_mean_organisation_has_and_not_the_whole_board(engine):
    """Three providers and three boards: one a board. With one silent, half of B1's people are thought lost: of the
    region's 2,000 who wait and are counted 500, and of the country's 22,000 500, which is 2 %."""
    found = values(engine, body("B1", 1000, silent=1), body("B2", 1000), body("B3", 20_000), *PROVIDERS)
    assert found["Y1"]["status"] == "incomplete"
    assert found["ENG"]["status"] == "reported"
    assert found["ENG"]["note"] == "missing or incomplete within it: Area B1 (B1)"


def test_weeks_that_are_not_known_make_shares_incomplete_above_5_percent_and_are_noted_above_1(engine):
    found = values(engine, body("B1", 100, known=94), body("B2", 100, known=97), body("B3", 100, known=99.5))
    assert [found[board]["status"] for board in BOARDS] == ["incomplete", "reported", "reported"]
    assert found["B1"]["note"] == "weeks waited are not known of 6% of those who wait"
    assert found["B2"]["note"] == "weeks waited are not known of 3% of those who wait"
    assert not found["B3"]["note"]


def test_more_people_by_weeks_than_on_the_list_is_not_counted_as_unknown(engine):
    assert not values(engine, body("B1", 100, known=103))["B1"]["note"]


def test_the_list_itself_is_whole_where_only_its_weeks_are_not_known(engine):
    waiting = CATALOGUE.indicators["community_waiting_adults"]
    doubted = community_completeness.doubted(
        engine, tidied(engine, body("B1", 100, known=40)), waiting, "icb", areas()
    )
    assert doubted.empty


def without_a_provider(area):
    return body(area, 0) | {name: None for name in ("waiting", "known_weeks", "over_18_weeks")}


def test_a_board_without_a_provider_is_missing_and_takes_nothing_from_a_share_of_those_who_wait(engine):
    found = values(engine, without_a_provider("B1"), body("B2", 100), body("B3", 100))
    assert (found["B1"]["status"], found["Y1"]["status"]) == ("missing", "reported")
    assert "providers that other boards answer for" in found["B1"]["note"]


def test_of_a_rate_the_residents_of_such_a_board_are_lacking(engine):
    rate = CATALOGUE.indicators["community_waiting_adults"]
    doubted = community_completeness.doubted(
        engine, tidied(engine, without_a_provider("B1"), body("B2", 100)), rate, "icb", areas()
    )
    assert doubted[["area", "share_lost"]].to_numpy().tolist() == [["B1", 1.0]]


def test_the_release_lists_silent_boards_and_providers_without_weeks(engine):
    tables = tidied(
        engine, body("B1", 100, silent=2), body("R1", 100, known=50, area_type="provider"), *PROVIDERS[1:]
    )
    rows = community_completeness.examine_community_waits(engine, tables, areas()).to_dict("records")
    told = [(row["submitter"], row["submitter_type"], row["status"], row["evidence"]) for row in rows]
    assert told == [
        ("B1", "icb", "incomplete", "2 organisations of this board sent no return"),
        ("R1", "provider", "partial", "weeks waited are not known of 50% of those who wait"),
    ]


def test_without_such_a_table_there_is_nothing_to_examine(engine):
    assert community_completeness.examine_community_waits(engine, {}, areas()).empty
