"""Recent trends as Fingertips publishes them."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careatlas.methods import trend

NAN = np.nan
GOLD = Path(__file__).parent.parent / "gold"


def gold():
    with (GOLD / "recent_trend.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", gold(), ids=lambda row: f"{row['function']}: {row['series']}")
def test_directions_are_the_published_ones(row):
    names = ("value", "lower", "upper") if row["function"] == "recent_trend" else ("count", "denominator")
    found = getattr(trend, row["function"])(*([float(v) for v in row[name].split()] for name in names))
    assert found.direction == row["direction"]
    if row["chi_square"]:
        assert round(float(found.chi_square), 2) == float(row["chi_square"])
    assert row["citation"]


def line(points):
    """Weighted least squares by its normal equations: the slope, and the variance of it."""
    design = np.array([[1.0, t] for t, _, _ in points])
    weight = np.diag([w for _, _, w in points])
    covariance = np.linalg.inv(design.T @ weight @ design)
    return (covariance @ design.T @ weight @ np.array([v for _, v, _ in points]))[1], covariance[1, 1]


def plain_recent_trend(values, lowers, uppers):
    """One series by the published text, step by step."""
    given = list(zip(values, lowers, uppers, strict=True))
    valid = [one for one in given if not any(math.isnan(number) for number in one)][-5:]
    if len(valid) < 5:
        return "cannot_be_calculated"
    points = [(t, v, (3.92 / (u - low)) ** 2) for t, (v, low, u) in enumerate(valid, start=1)]
    slope, variance = line(points)
    rising = [slope >= 0, *(line(points[:left] + points[left + 1 :])[0] >= 0 for left in range(5))]
    if slope**2 / variance <= 9.54953570608324 or len(set(rising)) == 2:
        return "no_change"
    return "increasing" if slope > 0 else "decreasing"


# Values that no two lines share: whether a slope of exactly 0 rises is tested by itself.
value = st.one_of(st.floats(1, 9).map(lambda v: round(v, 6)), st.just(NAN))
half_width = st.floats(0.05, 2).map(lambda v: round(v, 6))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(value, half_width), min_size=1, max_size=9, unique_by=lambda point: point[0]))
def test_directions_are_those_of_a_plain_reading(points):
    values, halves = np.array(points).T
    found = trend.recent_trend(values, values - halves, values + halves)
    assert found.direction == plain_recent_trend(values, values - halves, values + halves)


def test_the_chi_square_of_proportions_is_armitages_by_its_expected_counts():
    count, people = np.array([30.0, 34, 41, 44, 60]), np.array([100.0, 110, 120, 100, 130])
    share, time = count.sum() / people.sum(), np.arange(1.0, 6)
    score = ((count - people * share) * time).sum()
    spread = (people * time**2).sum() - (people * time).sum() ** 2 / people.sum()
    found = trend.recent_proportion_trend(count, people)
    assert found.chi_square == pytest.approx(score**2 / (share * (1 - share) * spread))
    assert found.slope == pytest.approx(np.polyfit(time, np.log(count / (people - count)), 1)[0])


def test_one_odd_point_makes_no_trend():
    # without the last point the others fall
    values = np.array([14.0, 13, 12, 11, 30])
    found = trend.recent_trend(values, values - 0.5, values + 0.5)
    assert found.chi_square > trend.CHI_SQUARE_AT_998
    assert found.direction == "no_change"


def test_a_slope_of_nought_counts_as_rising_as_it_does_in_fingertips():
    # without the last point the slope is exactly 0: a jump up is a trend, the same jump down is none
    up, down = (np.array([7.1, 7.1, 7.1, 7.1, end]) for end in (20.0, -5.8))
    assert trend.recent_trend(up, up - 1, up + 1).direction == "increasing"
    assert trend.recent_trend(down, down - 1, down + 1).direction == "no_change"


def test_only_the_last_five_valid_points_count_whatever_the_gaps():
    last = [1.0, 2, 3, 4, 5]
    values = np.array([90.0, 80, 1, NAN, 2, 3, NAN, 4, 5, NAN])
    five, ten = (trend.recent_trend(v, v - 0.5, v + 0.5) for v in (np.array(last), values))
    assert ten.direction == five.direction == "increasing"
    assert ten.chi_square == five.chi_square


@pytest.mark.parametrize("values", [[1, 2, 3, 4], [1, 2, NAN, 4, 5], []])
def test_fewer_than_five_points_cannot_be_calculated(values):
    values = np.array(values)
    found = trend.recent_trend(values, values - 1, values + 1)
    assert (found.code, found.direction) == (0, "cannot_be_calculated")
    assert np.isnan([found.slope, found.chi_square]).all()


def test_a_point_without_a_limit_is_not_valid():
    lower = np.array([0.0, 1, 2, NAN, 4])
    assert trend.recent_trend([1, 2, 3, 4, 5], lower, [2, 3, 4, 5, 6]).direction == "cannot_be_calculated"


@pytest.mark.parametrize("count", [[0, 1, 2, 3, 4], [6, 7, 8, 9, 10]])
def test_none_or_all_at_a_point_have_no_odds_and_cannot_be_calculated(count):
    found = trend.recent_proportion_trend(count, [10] * 5)
    assert found.direction == "cannot_be_calculated"
    assert np.isnan(found.slope)


def test_limits_that_do_not_lie_apart_are_refused_only_where_they_count():
    flat_before = [5, 1, 2, 3, 4, 5], [5, 0, 1, 2, 3, 4], [5, 2, 3, 4, 5, 6]
    assert trend.recent_trend(*flat_before).code == 1
    with pytest.raises(ValueError, match="upper is not above lower"):
        trend.recent_trend([1, 2, 3, 4, 5], [0, 1, 3, 3, 4], [2, 3, 3, 5, 6])


def test_many_series_at_once_equal_one_by_one():
    rng = np.random.default_rng(5)
    values = rng.normal(5, 1, (4, 3, 8)).cumsum(axis=-1)
    values[1, 2, 3] = values[0, 0, :4] = NAN
    together = trend.recent_trend(values, values - 1, values + 2)
    count, people = rng.binomial(80, 0.3, (4, 3, 8)), np.full((4, 3, 8), 80)
    proportions = trend.recent_proportion_trend(count, people)
    for at in np.ndindex(4, 3):
        alone = trend.recent_trend(values[at], values[at] - 1, values[at] + 2)
        for all_series, one in zip(together, alone, strict=True):
            np.testing.assert_array_equal(all_series[at], one)
        for all_series, one in zip(
            proportions, trend.recent_proportion_trend(count[at], people[at]), strict=True
        ):
            np.testing.assert_array_equal(all_series[at], one)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="count is larger than its denominator at position 2"):
        trend.recent_proportion_trend([1, 1, 3], [2, 2, 2])


def test_what_it_was_given_is_left_as_it_was():
    count = np.array([1.0, NAN, 3, 4, 5, 6])
    before = count.copy()
    trend.recent_proportion_trend(count, count * 0 + 9)
    trend.recent_trend(count, count - 1, count + 1)
    np.testing.assert_array_equal(count, before)
