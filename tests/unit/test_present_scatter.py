"""The scatter plot: who is drawn, who is left out, and a correlation that never goes without its interval."""

import re
from datetime import date

import pytest

from careatlas.present import scatter
from careatlas.present.theme import DESK, PHONE, to_svg

SEEN = {"title": "Seen in time", "unit": "%", "decimals": 1, "polarity": "higher_is_better"}
DONE = {"title": "Done", "unit": "per 1,000", "decimals": 1, "polarity": "neither"}
NAMES = {"A": "Alder Vale"}


def row(area, number, status="reported", people=100.0, month=1):
    return {
        "area": area,
        "value": number,
        "lower_95": None if number is None else number - 1,
        "upper_95": None if number is None else number + 1,
        "denominator": people,
        "status": status,
        "period_start": date(2026, month, 1),
        "period_end": date(2026, month, 28),
    }


# Deviations -2, -1, 0, 1, 2 and -1, -2, 0, 2, 1: products sum to 8, squares to 10 and 10, so r = .8.
X = [row(area, number) for area, number in zip("ABCDE", (1.0, 2.0, 3.0, 4.0, 5.0), strict=True)]
Y = [row(area, number) for area, number in zip("ABCDE", (2.0, 1.0, 3.0, 5.0, 4.0), strict=True)]
LEFT_OUT_X = [row("F", 30.0, "incomplete"), row("G", None, "missing"), row("H", 9.0)]
LEFT_OUT_Y = [row("F", 30.0), row("G", 1.0), row("I", 9.0)]


def test_only_full_returns_of_both_are_drawn():
    pairs = scatter.paired(X + LEFT_OUT_X, Y + LEFT_OUT_Y)
    assert [area for area, _, _ in pairs.both] == list("ABCDE")
    assert [(area, x is None, y is None) for area, x, y in pairs.without] == [
        ("F", False, False),
        ("G", False, False),
        ("H", False, True),
        ("I", True, False),
    ]


def test_those_left_out_do_not_move_the_correlation():
    said = scatter.in_words(scatter.correlations(scatter.paired(X + LEFT_OUT_X, Y + LEFT_OUT_Y)))
    assert said == (
        "Correlation 0.80 (95% interval −0.28 to 0.99) over 5 areas; "
        "weighted by size 0.80 (95% interval −0.28 to 0.99)."
    )


def test_weights_are_the_denominators():
    large = [{**row, "denominator": 1e6 if row["area"] in "AD" else 1.0} for row in X]
    found = scatter.correlations(scatter.paired(large, [{**row, "denominator": 1.0} for row in Y]))
    assert float(found["by_size"].effective_areas) == pytest.approx(
        2.0, abs=0.02
    )  # A and D are all that counts
    assert float(found["alike"].value) == pytest.approx(0.8)
    assert "too few for an interval" in scatter.in_words(found)


def test_without_denominators_there_is_no_weighted_correlation():
    pairs = scatter.paired([{**row, "denominator": None} for row in X], Y)
    assert "weighted" not in scatter.in_words(scatter.correlations(pairs))


def test_too_few_areas_have_no_correlation():
    said = scatter.in_words(scatter.correlations(scatter.paired(X[:3], Y)))
    assert said == "No correlation can be given: 3 areas have a full return in both."


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_each_point_has_both_intervals(width):
    pairs = scatter.paired(X + LEFT_OUT_X, Y + LEFT_OUT_Y)
    spec = scatter.scatter(
        pairs, SEEN, DONE, NAMES, national=(row("SIM", 3.0), row("SIM", 3.0)), selected="A", width=width
    )
    svg = to_svg(spec)
    rules = re.findall(r'<g class="mark-rule role-mark[^"]*"[^>]*>(.*?)</g>', svg)
    assert [rule.count("<line") for rule in rules] == [
        1,
        1,
        5,
        5,
    ]  # the country both ways, then the areas both ways
    words = re.sub(r"<[^>]+>", " ", svg)
    assert "Alder Vale" in words
    assert "4 without a full return in both are left out" in re.sub(r"\s+", " ", words)
    assert "cause" not in words


def test_no_area_at_all_is_not_a_fault():
    assert "No figures" in to_svg(scatter.scatter(scatter.paired([], []), SEEN, DONE, NAMES))
