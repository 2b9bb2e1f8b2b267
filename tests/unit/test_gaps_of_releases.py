"""`careatlas gaps` on whole releases: the publishers' real files, and the simulated country."""

import json

import pytest
from click.testing import CliRunner

from careatlas.cli import main
from careatlas.present.neighbour_gaps import GAP_COLUMNS

INCOMPLETE_IN_JANUARY = {"03N", "15A", "26A"}  # Sheffield, Berkshire West, Norfolk and Waveney
COUNTED_ONCE = "counting error only: cannot show persistence"


def answered(release, *asked: str):
    return CliRunner().invoke(main, ["gaps", *asked, "--release", str(release.folder)])


def gaps(release, *asked: str) -> list[dict]:
    answer = answered(release, *asked, "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output)


def pair(rows: list[dict], one: str, other: str) -> dict:
    (row,) = [row for row in rows if {row["area"], row["other_area"]} == {one, other}]
    return row


# The publishers' real files


@pytest.fixture(scope="module")
def january(real_release) -> list[dict]:
    return gaps(real_release, "completed_pathways")


def test_every_pair_has_both_rates_their_difference_interval_and_q_and_says_what_one_month_cannot(january):
    assert len(january) > 200
    for row in january:
        assert tuple(row) == GAP_COLUMNS
        assert (row["period_start"], row["period_end"]) == ("2026-01-01", "2026-01-31")
        assert row["lower_95"] < row["value"] < row["upper_95"]
        assert row["other_lower_95"] < row["other_value"] < row["other_upper_95"]
        assert row["difference"] == pytest.approx(row["value"] - row["other_value"])
        assert row["ratio_lower"] < row["ratio"] < row["ratio_upper"]
        assert 0 <= row["q"] <= 1
        assert row["note"] == COUNTED_ONCE
        assert row["periods_sustained"] in (0, 1)


def test_no_pair_rests_on_an_incomplete_return(january, real_release):
    statuses = {
        row["area"]: row["status"]
        for row in real_release.rows("values", indicator="completed_pathways", area_type="sub_icb")
        if row["period_end"].year == 2026
    }
    assert {statuses[code] for code in INCOMPLETE_IN_JANUARY} == {"incomplete"}
    compared = {row["area"] for row in january} | {row["other_area"] for row in january}
    assert not INCOMPLETE_IN_JANUARY & compared
    assert len(compared) == 103


def test_wakefield_and_leeds_are_listed_with_the_size_of_their_gap(january):
    """14,008 and 19,592 completed, 32.3 and 22.7 per 1,000 need-weighted people: the published extract, by hand.
    Centres at 53.65923 N 1.42092 W and 53.82274 N 1.50737 W are 11.8 miles apart."""
    row = pair(january, "03R", "15F")
    assert (row["name"], row["other_name"]) == ("Wakefield", "Leeds")
    assert (row["value"], row["other_value"]) == pytest.approx((32.3, 22.7), abs=0.05)
    assert row["ratio"] == pytest.approx(32.307 / 22.699, abs=1e-3)
    assert row["miles"] == pytest.approx(11.8, abs=0.05)
    assert row["shares_border"] is True
    assert row["same_parent"] is True


def test_pairs_are_listed_once_and_the_surest_first(january):
    assert len({frozenset((row["area"], row["other_area"])) for row in january}) == len(january)
    lower = [row["ratio_lower"] for row in january]
    assert lower == sorted(lower, reverse=True)


def test_within_miles_keeps_the_near_pairs(january, real_release):
    near = gaps(real_release, "completed_pathways", "--within-miles", "12")
    assert {(row["area"], row["other_area"]) for row in near} == {
        (row["area"], row["other_area"]) for row in january if row["miles"] <= 12
    }
    assert 0 < len(near) < len(january) / 4


def test_neighbours_on_the_map_of_england(real_release):
    """Barnsley lies between Sheffield and Wakefield; Leeds touches Wakefield, Kirklees and the Vale of York."""
    rows = real_release.rows("neighbours", area_type="sub_icb")
    borders = {(row["area"], row["other_area"]) for row in rows if row["shares_border"]}
    assert ("03N", "03R") not in borders
    assert {("15F", "03R"), ("15F", "X2C4Y"), ("15F", "03Q"), ("03R", "02P")} <= borders
    assert {row["area"] for row in rows} == {
        code for code, area in real_release.areas.items()
        if area["area_type"] == "sub_icb" and area["valid_to"] is None
    }  # fmt: skip


# The simulated country


def test_with_two_years_of_months_the_note_says_what_is_allowed_for(simulated_release):
    rows = gaps(simulated_release, "waiting_list")
    assert {row["note"] for row in rows} == {"allows for what comes and goes between 24 periods"}
    assert min(row["periods_sustained"] for row in rows) >= 0
    assert max(row["periods_sustained"] for row in rows) <= 24


def test_of_an_early_month_only_the_months_before_it_are_counted(simulated_release):
    months = sorted(
        {
            row["period_end"]
            for row in simulated_release.rows("values", indicator="waiting_list", area_type="icb")
        }
    )
    rows = gaps(simulated_release, "waiting_list", "--area-type", "icb", "--period", f"{months[0]:%Y-%m}")
    assert {row["note"] for row in rows} == {COUNTED_ONCE}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["no_such_thing"], "is not an indicator"),
        (["ae_four_hours"], "has no neighbours on file"),
        (["waiting_list", "--area-type", "country"], "Give one of sub_icb, icb, region"),
        (["waiting_list", "--period", "1999-01"], "there are no figures for it"),
        (["waiting_list", "--within-miles", "0"], "--within-miles"),
    ],
)
def test_what_cannot_be_answered_is_one_line_and_exit_2(simulated_release, asked, told):
    answer = answered(simulated_release, *asked)
    assert answer.exit_code == 2
    assert told in answer.output
    assert "Traceback" not in answer.output


def test_people_read_names_and_intervals_in_a_table(simulated_release):
    shown = answered(simulated_release, "waiting_list", "--within-miles", "20").output
    assert "ratio (95 % interval)" in shown
    assert "other name" in shown
    assert "allows for what comes and goes between 24 periods" in shown
