"""`careatlas explain`: rows with their keys first, shares that sum to 1, and a reason where nothing is explained."""

import json

import pytest
import web_release
from click.testing import CliRunner

from careatlas.cli import main


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home")).folder.parent.parent


def explain(home, *words):
    return CliRunner().invoke(main, ["explain", *words, "--release", str(home)])


def rows_of(home, *words):
    told = explain(home, *words, "--json")
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)


def test_rows_of_the_spread_start_with_their_keys(home):
    rows = rows_of(home, "completed")
    assert list(rows[0]) == [
        "indicator", "area_type", "period_start", "period_end", "periods", "covariates", "component", "share",
        "lower", "upper", "note",
    ]  # fmt: skip
    assert sum(row["share"] for row in rows) == pytest.approx(1)


def test_rows_of_one_area_s_gap_say_what_each_part_is(home):
    rows = {row["component"]: row for row in rows_of(home, "completed", "--area", "S05")}
    assert list(rows["all"])[:7] == [
        "indicator", "area_type", "area", "name", "period_start", "period_end", "periods",
    ]  # fmt: skip
    assert rows["all"]["verdict"] == "against_need"
    assert rows["all"]["note"] == "against need: possible inequity"
    assert rows["chance"]["note"] == "with what comes and goes in 12 periods"
    assert rows["need"]["note"] is None


def of_one_period():
    """The same explanations, resting on one period as those of a build with few months do."""
    rows = web_release.explanations()
    chance = "counting error only: cannot show persistence"
    return rows | {
        "shares": [
            r | {"periods": 1} | ({"note": chance} if r["component"] == "chance" else {})
            for r in rows["shares"]
        ],
        "gaps": [row | {"periods": 1} for row in rows["gaps"]],
    }


def test_a_breakdown_of_one_period_does_not_deny_what_more_periods_say(tmp_path_factory, monkeypatch):
    """S05 and S00 have rows of persistence; S20 has none, so of its gap no persistence can be shown."""
    tables = of_one_period()
    tables["gaps"] += [row | {"area": "S20"} for row in tables["gaps"] if row["area"] == "S05"]
    monkeypatch.setattr(web_release, "explanations", lambda: tables)
    home = web_release.make_release(tmp_path_factory.mktemp("home")).folder.parent.parent
    of_area = {
        code: {row["component"]: row["note"] for row in rows_of(home, "completed", "--area", code)}
        for code in ("S05", "S20")
    }
    assert of_area["S05"]["chance"] == "this breakdown rests on one period"
    assert of_area["S20"]["chance"] == "counting error only: cannot show persistence"
    spread = {row["component"]: row["note"] for row in rows_of(home, "completed")}
    assert spread["chance"] == "this breakdown rests on one period"
    assert spread["spatial"] == "not separable"


def test_the_few_parts_that_make_half_of_the_gap_follow_as_rows_of_the_same_keys(home):
    rows = rows_of(home, "completed", "--area", "S05")
    assert len({tuple(row) for row in rows}) == 1
    first, mix = (row for row in rows if row["component"] == "specialty")
    assert (first["part"], first["part_name"], first["parts_for_half"]) == (
        "110",
        "Trauma and orthopaedics",
        2,
    )
    # 90 fewer, of 900 expected in the area.
    assert (first["percent"], first["lower"]) == pytest.approx((-10.0, -110 / 9))
    assert first["note"].startswith("2 of 8 specialties are enough for half of the gap of -180 (-20.0%)")
    assert (mix["part_name"], mix["lower"], mix["note"]) == ("Mix of specialties", None, None)


def test_a_board_whose_gap_is_not_broken_down_is_still_cut_into_its_areas(home):
    (row,) = rows_of(home, "completed", "--area", "B0")
    assert (row["component"], row["part_name"]) == ("smaller_area", web_release.NAMES[5])


def test_an_area_may_be_given_by_name(home):
    assert rows_of(home, "completed", "--area", web_release.NAMES[5])[0]["area"] == "S05"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("complete",), 'complete: is not an indicator. Did you mean "completed"?'),
        (("completed", "--area-type", "icb"), "completed, 2026-03: is not explained for areas of type icb."),
        (("completed", "--area", web_release.MISSING), "S02, 2026-03: has no explained gap for completed."),
        (("completed", "--period", "1999-01"), "1999-01"),
    ],
)
def test_what_is_not_explained_is_one_clear_message(home, words, says):
    told = explain(home, *words)
    assert told.exit_code == 2
    assert says in told.stderr
    assert "Traceback" not in told.stderr
