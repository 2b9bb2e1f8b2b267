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
