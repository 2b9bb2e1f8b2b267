"""The control chart of an example: what lies before and after the start, and what would have come otherwise."""

from dataclasses import dataclass
from datetime import date

import pytest

from careatlas.present.measure_chart import OTHERWISE, measure_chart, measure_points
from careatlas.present.theme import to_svg

ABOUT = {"title": "Delays", "unit": "days", "decimals": 1, "polarity": "lower_is_better", "multiplier": 1.0}


@dataclass(frozen=True)
class Otherwise:
    period_end: date
    counterfactual: float | None
    lower: float | None = None
    upper: float | None = None


def row(month: int, value: float | None, reported: float | None = None) -> dict:
    start, end = date(2025, month, 1), date(2025, month, 28)
    given = {"value": value, "reported_value": value if reported is None else reported}
    held = {"mean": 10.0, "lower": 8.0, "upper": 12.0, "point": "common_cause" if value else "missing"}
    return (
        {
            "period_start": start,
            "period_end": end,
            "is_trial": False,
            "rebase": None,
            "adjustment": "as reported",
        }
        | given
        | held
    )


ROWS = [row(month, 10.0 + month) for month in range(1, 7)]


def test_a_period_is_before_or_after_or_has_the_start_in_it():
    points = measure_points(ROWS, ABOUT, date(2025, 3, 15))
    assert [one["side"] for one in points] == ["before", "before", "the start", "after", "after", "after"]


def test_what_would_have_come_stands_beside_its_own_period():
    points = measure_points(ROWS, ABOUT, date(2025, 5, 1), [Otherwise(date(2025, 6, 28), 15.0, 14.0, 16.5)])
    assert [one["expected"] for one in points] == [None] * 5 + [15.0]
    assert (points[5]["expected_lower_text"], points[5]["expected_upper_text"]) == ("14.0", "16.5")


def test_the_season_is_taken_out_of_both():
    """Reported 20, without the season 17: 3 are the season's, and so what would have come is 22 - 3 = 19."""
    rows = [*ROWS[:5], row(6, 17.0, 20.0)]
    points = measure_points(rows, ABOUT, date(2025, 6, 1), [Otherwise(date(2025, 6, 28), 22.0, 21.0, 23.0)])
    assert [points[5][name] for name in ("expected", "expected_lower", "expected_upper")] == [
        19.0,
        18.0,
        20.0,
    ]


def test_a_gap_has_no_counterfactual():
    rows = [*ROWS[:5], row(6, None)]
    points = measure_points(rows, ABOUT, date(2025, 6, 1), [Otherwise(date(2025, 6, 28), 22.0, 21.0, 23.0)])
    assert points[5]["expected"] is None


@pytest.mark.parametrize("width", [720, 340])
@pytest.mark.parametrize("start", [date(2024, 1, 1), date(2025, 4, 1), date(2030, 1, 1)])
def test_it_draws_wherever_the_start_lies(width, start):
    otherwise = [Otherwise(date(2025, month, 28), 12.0, 11.0, 13.0) for month in (5, 6)]
    spec = measure_chart(ROWS, ABOUT, "Alderbrook", start, otherwise, width=width)
    assert " ".join(spec["title"]["subtitle"]).endswith(OTHERWISE)
    drawn = to_svg(spec)
    assert ("Started" in drawn) == (width == 720)


def test_without_rows_it_says_so():
    assert "No figures" in to_svg(measure_chart([], ABOUT, "Alderbrook", date(2025, 1, 1)))


def test_its_description_says_how_much_came_after():
    spec = measure_chart(ROWS, ABOUT, "Alderbrook", date(2025, 4, 1))
    assert spec["description"].endswith("Started 1 April 2025: 3 of the 6 periods lie after it.")
    assert OTHERWISE not in " ".join(spec["title"]["subtitle"])
