"""The control chart: signs for special causes, no line across a gap or from one mean to the next."""

import itertools
import re
from datetime import date, timedelta

import pytest

from careatlas.present import spc_chart
from careatlas.present.theme import DESK, PHONE, to_svg

WAITS = {"title": "Waits", "unit": "%", "decimals": 1, "polarity": "lower_is_better"}
STARTS = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(25)]
PERIODS = [(start, after - timedelta(days=1)) for start, after in itertools.pairwise(STARTS)]


def row(at, value, point="common_cause", mean=5.0, **more):
    """As `spc_signals.chart_points` makes them."""
    missing = {"point": "missing"} if value is None else {"point": point}
    return {
        "period_start": PERIODS[at][0],
        "period_end": PERIODS[at][1],
        "value": value,
        "reported_value": value,
        "mean": mean,
        "lower": mean - 2.66,
        "upper": mean + 2.66,
        "is_trial": False,
        "rebase": None,
        "adjustment": "as reported",
        **missing,
        **more,
    }


STEADY = [row(at, value) for at, value in enumerate([5.0, 6.0, 5.0, 4.0] * 6)]
REASON = "evening clinic (ward manager)"
REBASED = [
    *STEADY[:12],
    row(12, 15.0, mean=15.0, rebase=REASON),
    *(row(at, 15.0, mean=15.0) for at in range(13, 24)),
]


def drawn(rows, **more):
    return to_svg(spc_chart.spc_chart(rows, WAITS, "Alder Vale", **more))


def words_of(svg):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", svg))


def test_each_kind_of_special_cause_has_a_shape_a_colour_and_a_sign_of_its_own():
    for looks in (spc_chart.SHAPE, spc_chart.PAINT):
        assert len(set(looks.values())) == len(looks) == 5
    assert len(set(spc_chart.SIGNS.values())) == len(spc_chart.SIGNS)


@pytest.mark.parametrize("word", ["improvement", "concern", "high", "low"])
def test_a_special_cause_is_drawn_by_its_shape_and_named_in_the_key(word):
    spec = spc_chart.spc_chart([*STEADY[:-1], row(23, 12.0, word)], WAITS, "Alder Vale")
    marks = [layer["mark"] for layer in spec["layer"] if layer["mark"].get("shape") == spc_chart.SHAPE[word]]
    assert [mark["fill"] for mark in marks] == [spc_chart.PAINT[word]]
    assert (
        f"{spc_chart.SHAPE[word].replace('-', ' ')}: special cause: {word}" in words_of(to_svg(spec)).lower()
    )


def test_a_missing_period_is_a_gap_and_not_a_zero():
    rows = [*STEADY[:10], row(10, None), *STEADY[11:]]
    found = spc_chart.spc_points(rows, WAITS)[10]
    assert (found["value"], found["value_text"], found["said"]) == (None, "none", "no full return")
    line = re.findall(r'<g class="mark-line[^"]*"[^>]*><path[^>]* d="([^"]*)"', drawn(rows))[-1]
    assert line.count("M") == 2


def test_no_line_joins_two_means_and_the_reason_is_written():
    points = spc_chart.spc_points(REBASED, WAITS)
    assert {(point["segment"], point["mean"]) for point in points} == {(0, 5.0), (1, 15.0)}
    assert f"New mean from January 2025: {REASON}." in words_of(drawn(REBASED))
    assert words_of(drawn(REBASED)).count("ward manager") == 3  # in words, and on the line with its halo
    assert words_of(drawn(REBASED, width=PHONE)).count("ward manager") == 1


def test_what_was_done_to_the_figures_is_said():
    rows = [row(at, 5.0, adjustment="season taken out", reported_value=6.5) for at in range(24)]
    assert "season taken out" in words_of(drawn(rows))
    said = spc_chart.in_words(rows, WAITS)
    assert said[0] == (
        "December 2025: 5.0% without the season (6.5% as reported), mean 5.0%, limits 2.3% to 7.7%: common cause."
    )
    assert "Season taken out." in said


def test_the_sentence_has_the_latest_figures_and_how_many_points_are_special():
    said = spc_chart.in_words([*STEADY[:-1], row(23, 12.0, "concern")], WAITS)
    assert said[0] == "December 2025: 12.0%, mean 5.0%, limits 2.3% to 7.7%: special cause: concern."
    assert said[1].startswith("1 of 24 points are special causes.")


def test_few_points_have_trial_limits():
    rows = [row(at, 5.0, is_trial=True) for at in range(8)]
    assert "trial only" in words_of(drawn(rows))
    assert spc_chart.in_words(rows, WAITS)[-1] == "Limits rest on fewer than 12 points: trial only."


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_a_target_and_a_long_series_fit(width):
    svg = drawn(STEADY, target=3.0, source="Source: made up.", selected="A", width=width)
    assert "Dotted: target." in words_of(svg)
    assert int(re.search(r'<svg[^>]* width="(\d+)', svg)[1]) <= width


def test_a_series_without_a_chart_is_not_a_fault():
    assert "No figures" in drawn([])
    assert spc_chart.in_words([], WAITS) == []
