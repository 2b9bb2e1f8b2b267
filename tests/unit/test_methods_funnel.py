"""Limits of a funnel and who lies outside, beside a plain enumeration of all counts."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from careatlas.methods import funnel

NAN = np.nan
GOLD = (Path(__file__).parent.parent / "gold" / "funnel_false_flags.csv").read_text(encoding="utf-8")
EXPECTED = [0.3, 1, 2.5, 7, 20, 101.5, 1001]


def chance_flagged(flags, probability):
    """The chance of each flag, summed over all counts: low, high."""
    return (probability * (flags == -1)).sum(axis=0), (probability * (flags == 1)).sum(axis=0)


@pytest.mark.parametrize("confidence", [0.95, 0.998])
def test_the_chance_of_a_false_flag_is_that_of_all_flagged_counts_together(confidence):
    count = np.arange(1500.0)[:, None]
    flags = funnel.outlying(*np.broadcast_arrays(count, EXPECTED), confidence)
    by_counting = sum(chance_flagged(flags, stats.poisson.pmf(count, EXPECTED)))
    np.testing.assert_allclose(funnel.false_flag_chance(EXPECTED, confidence), by_counting, atol=1e-13)
    assert (by_counting <= 1 - confidence).all()


@pytest.mark.parametrize("confidence", [0.95, 0.998])
@pytest.mark.parametrize("denominator", [1, 3, 10, 57, 400])
def test_the_same_of_proportions(denominator, confidence):
    share, count = np.array([0, 0.004, 0.1, 0.5, 0.93, 1]), np.arange(denominator + 1.0)[:, None]
    flags = funnel.outlying_proportions(count, denominator, share, confidence)
    by_counting = sum(chance_flagged(flags, stats.binom.pmf(count, denominator, share)))
    chance = funnel.false_flag_chance_of_proportions(denominator, share, confidence)
    np.testing.assert_allclose(chance, by_counting, atol=1e-13)
    assert (by_counting <= 1 - confidence).all()


def test_flags_are_the_exact_tails():
    # two expected: 8 or more come .0011 times, 9 or more .0002; none comes .135 times
    assert funnel.outlying([8, 9, 0], [2, 2, 2]).tolist() == [0, 1, 0]
    # eight expected: none comes .0003 times, one or none .0030
    assert funnel.outlying([0, 1], [8, 8]).tolist() == [-1, 0]


def test_flags_of_counts_that_are_not_whole_and_of_ten_million():
    assert funnel.outlying([20.5, 1e7, 1.002e7], [10, 1e7, 1e7]).tolist() == [0, 0, 1]
    assert funnel.outlying_proportions([5e6, 5.01e6], [1e7, 1e7], 0.5).tolist() == [0, 1]


def test_what_is_missing_or_not_expected_has_no_flag():
    assert np.isnan(funnel.outlying([NAN, 3, 3], [3, NAN, 0])).all()
    assert np.isnan(funnel.outlying_proportions([NAN, 3, 0, 3], [5, NAN, 0, 5], [0.5, 0.5, 0.5, NAN])).all()
    assert np.isnan(funnel.false_flag_chance([NAN, 0])).all()
    assert np.isnan(funnel.false_flag_chance_of_proportions([NAN, 0, 5], [0.5, 0.5, NAN])).all()
    for limits in (funnel.precision_limits, funnel.prediction_limits):
        assert np.isnan(np.array(limits([NAN, 0]))).all()


def test_nobody_is_flagged_where_all_or_none_must_have_the_property():
    assert funnel.outlying_proportions([0, 9], [9, 9], [0, 1]).tolist() == [0, 0]
    assert funnel.outlying_proportions([1, 8], [9, 9], [0, 1]).tolist() == [1, -1]


def test_a_funnel_of_a_hundred_ordinary_areas_flags_the_sum_of_their_chances():
    expected = np.random.default_rng(2).gamma(2, 20, 100)
    observed = np.random.default_rng(3).poisson(expected, (4000, 100))
    flagged = (funnel.outlying(observed, expected, 0.95) != 0).sum(axis=-1)
    promised = funnel.false_flag_chance(expected, 0.95).sum()
    assert abs(flagged.mean() - promised) < 3 * flagged.std() / np.sqrt(4000)


def test_prediction_limits_are_interpolated_between_whole_counts():
    # of 20 expected, P(9 or fewer) = .0050, 10: .0108; P(30 or fewer) = .9865, 31: .9919
    nine, ten, thirty, thirty_one = stats.poisson.cdf([9, 10, 30, 31], 20)
    lower, upper = funnel.prediction_limits([20], 0.98)
    assert lower[0] == pytest.approx((10 - (ten - 0.01) / (ten - nine)) / 20)
    assert upper[0] == pytest.approx((31 - (thirty_one - 0.99) / (thirty_one - thirty)) / 20)
    narrow_lower, narrow_upper = funnel.prediction_limits([20], 0.5)
    assert lower < narrow_lower < 1 < narrow_upper < upper


def test_prediction_limits_of_shares_are_interpolated_between_whole_counts():
    # of 20 at 10 %, P(4 or fewer) = .9568 and 5: .9887
    four, five = stats.binom.cdf([4, 5], 20, 0.1)
    lower, upper = funnel.proportion_prediction_limits([20], 0.1, 0.95)
    assert lower[0] == 0
    assert upper[0] == pytest.approx((5 - (five - 0.975) / (five - four)) / 20)


def test_wilsons_limits_around_the_overall_share_flag_twice_as_many_low_as_stated():
    count = np.arange(101.0)
    probability = stats.binom.pmf(count, 100, 0.1)
    lower, upper = funnel.proportion_limits(100, 0.1, 0.95)
    assert probability[count / 100 < lower].sum() == pytest.approx(0.0576, abs=1e-4)
    assert probability[count / 100 > upper].sum() == pytest.approx(0.0100, abs=1e-4)
    exact = funnel.outlying_proportions(count, 100, 0.1, 0.95)
    assert probability[exact == -1].sum() == pytest.approx(0.0237, abs=1e-4)
    assert probability[exact == 1].sum() == pytest.approx(0.0206, abs=1e-4)


def test_prediction_limits_of_few_expected_begin_at_zero_and_never_fall_below():
    lower, upper = funnel.prediction_limits([1e-6, 0.01, 1, 6, 8], 0.998)
    assert (lower[:4] == 0).all()
    assert lower[4] > 0
    assert (upper >= 0).all()


def test_all_conventions_meet_where_many_are_expected():
    limits = [each(1e6) for each in (funnel.precision_limits, funnel.prediction_limits)]
    np.testing.assert_allclose(*limits, rtol=1e-5)
    normal = 1 + stats.norm.ppf(0.999) / 1000
    assert limits[1].upper == pytest.approx(normal, rel=1e-5)


def test_numbers_beyond_any_country_are_worked_too():
    for many in (1e7, 1e12, 1e15):
        assert funnel.false_flag_chance([many]) == pytest.approx(0.002, rel=2e-3)
        assert funnel.false_flag_chance_of_proportions([many], 0.3) == pytest.approx(0.002, rel=3e-3)
        reach = stats.norm.ppf(0.999) / np.sqrt(many)
        assert funnel.prediction_limits([many]).upper - 1 == pytest.approx(reach, rel=1e-2)


def test_more_ordinary_areas_than_stated_lie_above_the_interpolated_line_and_never_more_are_flagged():
    expected, count = np.linspace(2, 50, 97), np.arange(200.0)[:, None]
    probability = stats.poisson.pmf(count, expected)
    above_line = (probability * (count / expected > funnel.prediction_limits(expected).upper)).sum(axis=0)
    _, flagged = chance_flagged(funnel.outlying(*np.broadcast_arrays(count, expected)), probability)
    assert (above_line >= 0.001).all()
    assert (flagged <= 0.001).all()


def flagged_by(name, count, expected, confidence):
    if name == "outlying":
        return funnel.outlying(*np.broadcast_arrays(count, expected), confidence)
    lower, upper = getattr(funnel, name)(expected, confidence)
    return np.where(count < lower * expected, -1, np.where(count > upper * expected, 1, 0))


@pytest.mark.parametrize(
    "row",
    list(csv.DictReader(GOLD.splitlines())),
    ids=lambda r: f"{r['flagged_by']} {r['end']} to {r['expected_to']}",
)
def test_the_chances_of_false_flags_are_the_published_ones(row):
    first, last = float(row["expected_from"]), float(row["expected_to"])
    expected = np.arange(first * 100 + (first > 1), last * 100 + 1) / 100
    count = np.arange(max(0, first - 10 * first**0.5), last + 10 * last**0.5).round()[:, None]
    flags = flagged_by(row["flagged_by"], count, expected, float(row["confidence"]))
    low, high = chance_flagged(flags, stats.poisson.pmf(count, expected))
    chance = low if row["end"] == "low" else high
    found = np.median(chance), chance.min(), chance.max()
    for each, published in zip(found, ("median", "smallest", "largest"), strict=True):
        assert round(each, 4) == float(row[published])


def test_impossible_input_is_refused():
    with pytest.raises(ValueError, match="observed is below zero at position 0"):
        funnel.outlying([-1], [3])
    with pytest.raises(ValueError, match="count is larger than its denominator at position 1"):
        funnel.outlying_proportions([1, 4], [3, 3], 0.5)
    for given in (funnel.proportion_limits, funnel.false_flag_chance_of_proportions):
        with pytest.raises(ValueError, match="overall is above 1"):
            given([10], 50)


def test_many_indicators_at_once_equal_one_by_one():
    rng = np.random.default_rng(1)
    expected = rng.gamma(2, 30, (3, 40))
    observed = rng.poisson(expected * 1.3).astype(float)
    observed[1, 4], expected[2, 5] = NAN, NAN
    calls = (
        lambda o, e: funnel.outlying(o, e),
        lambda o, e: funnel.outlying_proportions(o, e * 9, 0.1),
        lambda _, e: funnel.false_flag_chance(e),
        lambda _, e: (
            np.array(funnel.prediction_limits(e)).swapaxes(0, 1)
            if e.ndim > 1
            else np.array(funnel.prediction_limits(e))
        ),
    )
    for call in calls:
        one_by_one = [call(*each) for each in zip(observed, expected, strict=True)]
        np.testing.assert_allclose(call(observed, expected), one_by_one, rtol=1e-12)
