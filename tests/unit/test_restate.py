"""Restating: counts of areas as they were, by areas as they are. Sums stay; a split is an estimate and says so."""

import pandas as pd
import pytest

from careatlas.build import restate
from careatlas.build.restate import Succession
from careatlas.engine.tables import RELEASE

KEYS = ["area", "period_start", "period_end"]
DECEMBER_2014, JUNE_2022, JANUARY_2026 = (
    pd.Timestamp(day) for day in ("2014-12-31", "2022-06-30", "2026-01-31")
)


def change(old: str, new: str, first_day: str, weight: float = 1.0) -> dict:
    return {"old": old, "new": new, "from": pd.Timestamp(first_day), "weight": weight}


# North, West and South became one in 2018. A trust of 2013 went to North by a quarter, to East by three quarters.
# Mere gave a fifth of its people to East in July 2022, and kept its code.
CHANGES = pd.DataFrame(
    [
        *(change(old, "CITY", "2018-04-01") for old in ("NORTH", "WEST", "SOUTH")),
        change("TRUST", "NORTH", "2013-04-01", 0.25),
        change("TRUST", "EAST", "2013-04-01", 0.75),
        change("MERE", "MERE", "2022-07-01", 0.8),
        change("MERE", "EAST", "2022-07-01", 0.2),
    ],
    columns=RELEASE["area_changes"].column_names,
)
SUCCESSION = Succession(CHANGES, frozenset({"CITY", "EAST", "MERE"}))


def counts(*rows: tuple[str, float], end: pd.Timestamp = DECEMBER_2014) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["area", "count"])
    return frame.assign(period_start=end.replace(day=1), period_end=end)


def restated(*rows: tuple[str, float], end: pd.Timestamp = DECEMBER_2014, of_the_period: bool = True) -> dict:
    shared = restate.shared_out(counts(*rows, end=end), SUCCESSION, ["count"], of_the_period)
    return shared.groupby("area")["count"].sum().to_dict()


def test_a_merged_area_is_the_sum_of_its_parts():
    assert restated(("NORTH", 10), ("WEST", 20), ("SOUTH", 30), ("EAST", 5)) == {"CITY": 60, "EAST": 5}


def test_a_chain_of_changes_is_the_product_of_its_shares():
    """A quarter of the trust went to North and with it to the city: 100 x 1/4 x 1."""
    assert restated(("TRUST", 100)) == {"CITY": 25, "EAST": 75}


def test_an_area_that_kept_its_code_is_split_before_the_day_and_whole_after():
    assert restated(("MERE", 100), ("EAST", 7), end=JUNE_2022) == {"MERE": 80, "EAST": 27}
    assert restated(("MERE", 100), ("EAST", 7), end=JANUARY_2026) == {"MERE": 100, "EAST": 7}


def test_a_publisher_who_counts_by_areas_as_they_are_is_not_restated_again():
    assert restated(("MERE", 100), end=JUNE_2022, of_the_period=False) == {"MERE": 100}
    assert restated(("NORTH", 10), end=JUNE_2022, of_the_period=False) == {"CITY": 10}


def test_a_code_no_longer_in_use_is_followed_whenever_it_is_met():
    assert restated(("NORTH", 10), end=JANUARY_2026) == {"CITY": 10}


def test_nothing_is_lost_and_nothing_rounded():
    rows = [("NORTH", 1), ("TRUST", 3), ("MERE", 7), ("EAST", 11)]
    assert sum(restated(*rows).values()) == pytest.approx(22, abs=1e-12)


def test_what_is_no_area_keeps_its_row_without_an_area():
    shared = restate.shared_out(counts(("ABROAD", 4), ("NORTH", 1)), SUCCESSION, ["count"], True)
    assert shared.set_index("old")["area"].isna().to_dict() == {"ABROAD": True, "NORTH": False}
    assert shared["count"].sum() == 5


def origins_of(*rows: tuple[str, float], end: pd.Timestamp = DECEMBER_2014) -> pd.DataFrame:
    return restate.origins(restate.shared_out(counts(*rows, end=end), SUCCESSION, ["count"], True), KEYS)


def told(origins: pd.DataFrame, *areas: str, end: pd.Timestamp = DECEMBER_2014) -> pd.DataFrame:
    frame = counts(*((area, 1.0) for area in areas), end=end).assign(status="reported", note="")
    return restate.told(frame, origins, KEYS).set_index("area")[["estimated", "note"]]


def test_a_restated_figure_says_from_what_and_whether_it_is_an_estimate():
    found = told(origins_of(("NORTH", 1), ("WEST", 1), ("SOUTH", 1), ("MERE", 1)), "CITY", "EAST", "MERE")
    assert found.loc["CITY"].tolist() == [False, "restated from NORTH, SOUTH, WEST"]
    assert found.loc["EAST"].tolist() == [True, "estimated: 20% of what MERE was, shared out by people"]
    assert found.loc["MERE"].tolist() == [True, "estimated: 80% of what MERE was, shared out by people"]


def test_a_figure_of_areas_as_they_are_says_nothing():
    assert told(origins_of(("EAST", 1)), "EAST").loc["EAST"].tolist() == [False, ""]


def test_a_board_that_holds_all_parts_of_a_split_area_is_no_estimate():
    split = origins_of(("MERE", 1), end=JUNE_2022)
    both = restate.rolled_up(split, {"MERE": "BOARD", "EAST": "BOARD"}, KEYS)
    one = restate.rolled_up(split, {"MERE": "BOARD", "EAST": "OTHER"}, KEYS)
    assert told(both, "BOARD", end=JUNE_2022)["estimated"].tolist() == [False]
    assert told(one, "BOARD", "OTHER", end=JUNE_2022)["estimated"].tolist() == [True, True]


def test_an_estimate_is_incomplete_to_whatever_compares():
    values = pd.DataFrame(
        {"status": ["reported", "zero", "reported", "missing"], "estimated": [True, True, False, True]}
    )
    assert restate.comparable(values)["status"].tolist() == [
        "incomplete",
        "incomplete",
        "reported",
        "missing",
    ]
    assert values["status"].tolist() == ["reported", "zero", "reported", "missing"]


def silent(*areas: str, end: pd.Timestamp = DECEMBER_2014, of_the_period: bool = True) -> dict:
    returns = counts(*((area, 0.0) for area in areas), end=end)
    found = restate.silent_parts(returns, sorted(SUCCESSION.current), SUCCESSION, of_the_period)
    return {area: parts for (area, _, _), parts in found.items()}


def test_a_merged_area_of_which_a_part_is_silent_is_known():
    assert silent("NORTH", "SOUTH", "EAST", "MERE") == {"CITY": "WEST"}
    assert silent("NORTH", "SOUTH", "WEST", "EAST", "MERE") == {}


def test_a_part_that_an_area_got_later_may_be_silent_too():
    assert silent("CITY", "EAST", end=JUNE_2022)["EAST"] == "MERE"
    assert "EAST" not in silent("CITY", "EAST", end=JANUARY_2026)


def test_a_merged_area_that_reports_itself_lacks_nothing():
    assert silent("CITY", "EAST", "MERE", end=JANUARY_2026) == {}
