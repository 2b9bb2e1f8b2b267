"""Rates, proportions and means: what each does at its edges, by hand."""

import numpy as np
import pytest
from scipy.special import gammaln

from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.directly_standardised_rate import (
    directly_standardised_rate,
    gamma_limited_standardised_rate,
    repeat_events,
)
from careatlas.methods.funnel import outlying_proportions
from careatlas.methods.intervals import count_limits, exact_limits, wilson_limits
from careatlas.methods.mean import mean
from careatlas.methods.need_weighted_rate import need_weighted_rate
from careatlas.methods.proportion import proportion

NAN = np.nan


def test_no_events_among_people_is_a_rate_of_zero_with_an_upper_limit():
    rate = crude_rate([0], [1000], multiplier=1000)
    assert rate.value[0] == 0
    assert rate.lower[0] == 0
    assert round(rate.upper[0], 3) == 3.689


def test_what_a_masked_array_hides_is_missing():
    rate = crude_rate(np.ma.array([5, 999], mask=[False, True]), [100, 100], multiplier=100)
    np.testing.assert_array_equal(rate.value, [5, NAN])


def test_an_area_without_people_has_no_rate():
    assert np.isnan(crude_rate([0], [0])).all()


def test_events_among_nobody_are_refused():
    with pytest.raises(ValueError, match="events among nobody at position 1 and 1 more"):
        crude_rate([0, 3, 4], [0, 0, 0])


def test_a_count_below_zero_is_refused():
    with pytest.raises(ValueError, match="count is below zero at position 0"):
        crude_rate([-1], [10])


def test_limits_are_exact_below_ten_events_and_byars_from_ten():
    lower, _ = count_limits([9, 10])
    assert round(lower[0], 4) == 4.1154  # exact; Byar's is 4.1069
    assert round(lower[1], 4) == 4.7874  # Byar's; exact is 4.7954


def test_one_number_is_enough_for_limits():
    lower, upper = count_limits(5)
    assert lower < 5 < upper


def test_the_waits_of_wakefield_per_need_weighted_head():
    # 14,008 pathways at 32.3 per 1,000: about 433,700 need-weighted people
    rate = need_weighted_rate([14_008], [433_700], multiplier=1000)
    assert round(rate.value[0], 1) == 32.3


def test_none_and_all_have_limits_inside_zero_and_a_hundred_percent():
    share = proportion([0, 20], [20, 20])
    assert share.value.tolist() == [0, 100]
    assert share.lower[0] == 0
    assert share.upper[1] == 100
    assert round(share.upper[0], 2) == 16.11
    assert round(share.lower[1], 2) == 83.89


def test_a_share_of_nobody_is_missing_and_not_zero():
    assert np.isnan(proportion([0], [0])).all()


def test_more_seen_than_there_were_is_refused():
    with pytest.raises(ValueError, match="count is larger than its denominator at position 1"):
        proportion([1, 11], [10, 10])


def test_a_count_that_rounding_carried_past_its_denominator_is_all_of_it():
    weights = [0.1, 0.2, 0.3]
    forwards, backwards = sum(weights), sum(weights[::-1])
    assert forwards > backwards
    share = proportion([forwards], [backwards])
    assert share.value == share.upper == 100
    assert outlying_proportions([forwards], [backwards], 0.5) == 0
    with pytest.raises(ValueError, match="count is larger than its denominator at position 0"):
        proportion([backwards * 1.001], [backwards])


def test_one_observation_has_no_mean_to_publish():
    days = mean([7, 0], [49, 0], [1, 0])
    assert np.isnan(days).all()


def test_a_sum_of_no_observations_is_refused():
    with pytest.raises(ValueError, match="there is a sum of no observations at position 1 and 1 more"):
        mean([7, 7, 0, NAN], [49, 49, 4, NAN], [2, 0, 0, 0])


def test_observations_all_alike_have_limits_at_their_mean():
    # .1 seven times: floating-point sums put the spread a little below zero
    days = mean([0.7], [0.07], [7])
    assert days.lower[0] == pytest.approx(0.1)
    assert days.upper[0] == pytest.approx(0.1)


def test_squares_too_small_for_their_sum_are_refused():
    with pytest.raises(ValueError, match="sum_of_squares is smaller than the sum allows"):
        mean([10], [20], [2])


def test_a_mean_may_be_below_zero():
    assert mean([-6], [20], [2]).value[0] == -3


def test_with_one_stratum_the_standardised_rate_is_the_crude_rate():
    standardised = directly_standardised_rate([[25]], [[1000]], [1], multiplier=1000)
    crude = crude_rate([25], [1000], multiplier=1000)
    np.testing.assert_allclose(np.array(standardised), np.array(crude), rtol=1e-12)


def test_the_scale_of_the_standard_population_does_not_matter():
    small, large = (
        directly_standardised_rate([[10, 30]], [[900, 1000]], weight) for weight in ([1, 3], [500, 1500])
    )
    np.testing.assert_allclose(np.array(small), np.array(large), rtol=1e-12)


def test_fewer_than_ten_events_are_withheld():
    rate = directly_standardised_rate([[4, 5], [5, 5]], [[100, 100], [100, 100]], [1, 1])
    assert np.isnan(np.array(rate)[:, 0]).all()
    assert np.isfinite(np.array(rate)[:, 1]).all()


def test_people_admitted_twice_widen_the_limits_by_the_root_of_two():
    # 20 admissions of 10 people, two each: the squares of 2 sum to 40
    once = directly_standardised_rate([[20, 20]], [[500, 500]], [1, 1])
    twice = directly_standardised_rate([[20, 20]], [[500, 500]], [1, 1], squares_by_stratum=[[40, 40]])
    assert twice.value == once.value
    assert twice.upper - twice.value == pytest.approx(np.sqrt(2) * (once.upper - once.value))
    assert twice.value - twice.lower == pytest.approx(np.sqrt(2) * (once.value - once.lower))


def test_squares_below_the_count_are_refused():
    with pytest.raises(
        ValueError, match="squares_by_stratum is smaller than count_by_stratum at position 0, 1"
    ):
        directly_standardised_rate([[20, 20]], [[500, 500]], [1, 1], squares_by_stratum=[[20, 19]])


@pytest.mark.parametrize("standardised", [directly_standardised_rate, gamma_limited_standardised_rate])
def test_one_stratum_is_not_spread_over_those_of_the_standard_population(standardised):
    with pytest.raises(
        ValueError, match="denominator_by_stratum must have 2 along its axis stratum; it has 1"
    ):
        standardised([[10, 10]], [[1000]], [1, 1])
    with pytest.raises(ValueError, match="count_by_stratum must have 2 along its axis stratum; it has 1"):
        standardised([[10]], [[1000, 1000]], [1, 1])
    with pytest.raises(
        ValueError, match="denominator_by_stratum must have 1 along its axis stratum; it has 2"
    ):
        standardised([[10, 10]], [[1000, 1000]], [1])
    with pytest.raises(ValueError, match=r"standard_population must be \[stratum\], one axis; it has 2 axes"):
        standardised([[10, 10]], [[1000, 1000]], [[1, 1]])
    with pytest.raises(ValueError, match=r"denominator_by_stratum must be \[..., stratum\]; it has 0 axes"):
        standardised(10, 1000, [1])


def test_squares_of_one_stratum_are_not_spread_over_all():
    with pytest.raises(ValueError, match="squares_by_stratum must have 2 along its axis stratum; it has 1"):
        directly_standardised_rate([[20, 20]], [[500, 500]], [1, 1], squares_by_stratum=[[40]])


def test_the_lower_limit_is_none_where_one_event_among_few_makes_the_rate():
    # 10 people stand for half of the standard population: Dobson's lower limit would be -32 per 1,000
    count, people = [[1, 9]], [[10, 1_000_000]]
    rate = directly_standardised_rate(count, people, [1, 1], multiplier=1000)
    assert rate.lower == 0
    assert 0 < gamma_limited_standardised_rate(count, people, [1, 1], multiplier=1000).lower < rate.value


def test_a_band_without_people_is_refused_by_its_position_and_never_dropped():
    with pytest.raises(ValueError, match=r"nobody in a stratum of the standard population at position 1, 0"):
        directly_standardised_rate([[20, 20], [0, 20]], [[500, 500], [0, 500]], [1, 1])


def test_a_band_of_no_weight_counts_for_nothing():
    # under 75 only: what is on file for the oldest, or missing, changes nothing
    without = directly_standardised_rate([[20, 20]], [[500, 600]], [1, 1])
    for oldest_count, oldest_people in ((90, 100), (NAN, NAN), (0, 0)):
        with_oldest = directly_standardised_rate(
            [[20, 20, oldest_count]], [[500, 600, oldest_people]], [1, 1, 0]
        )
        np.testing.assert_allclose(np.array(with_oldest), np.array(without), rtol=1e-14)


@pytest.mark.parametrize(
    ("weights", "says"), [([0, 0], "nobody"), ([1, NAN], "missing"), ([1, -1], "below zero")]
)
def test_a_standard_population_of_nobody_is_refused(weights, says):
    with pytest.raises(ValueError, match=says):
        directly_standardised_rate([[20, 20]], [[500, 500]], weights)


def test_gamma_limits_of_one_stratum_are_the_exact_limits_of_its_count():
    rate = gamma_limited_standardised_rate([[25], [0], [3]], [[1000], [1000], [1000]], [7], multiplier=1000)
    lower, upper = exact_limits([25, 0, 3])
    np.testing.assert_allclose(np.array(rate), [[25, 0, 3], lower, upper], rtol=1e-12)


def test_gamma_limits_are_never_withheld_and_missing_stays_missing():
    count, people = [[1, 2], [NAN, 2], [0, 0]], [[100, 200], [100, 200], [100, 200]]
    rate = np.array(gamma_limited_standardised_rate(count, people, [1, 1]))
    assert np.isfinite(rate[:, [0, 2]]).all()
    assert np.isnan(rate[:, 1]).all()


def test_gamma_limits_reach_further_up_than_the_usual_where_few_people_stand_for_much():
    # 50 people stand for half the standard population: one more event of theirs would add 100 per 10,000
    count, people = [[1, 40]], [[50, 5000]]
    usual, gamma = (
        each(count, people, [1, 1], multiplier=10_000)
        for each in (directly_standardised_rate, gamma_limited_standardised_rate)
    )
    assert gamma.value == usual.value
    assert gamma.upper > usual.upper + 100


def test_gamma_limits_of_all_periods_at_once_equal_period_by_period():
    rng = np.random.default_rng(6)
    people = rng.uniform(50, 500, (2, 7, 4))
    count, weight = rng.poisson(people * 0.02).astype(float), [4, 3, 2, 0]
    at_once = np.array(gamma_limited_standardised_rate(count, people, weight))
    apart = [
        np.array(gamma_limited_standardised_rate(c, p, weight)) for c, p in zip(count, people, strict=True)
    ]
    np.testing.assert_array_equal(at_once, np.stack(apart, axis=1))


def test_ten_million_events_have_gamma_limits_like_the_usual_ones():
    count, people = [[4e6, 6e6]], [[1e9, 1e9]]
    usual, gamma = (
        each(count, people, [1, 1]) for each in (directly_standardised_rate, gamma_limited_standardised_rate)
    )
    np.testing.assert_allclose(np.array(gamma), np.array(usual), rtol=1e-6)


def test_repeat_events_are_counted_and_squared():
    # 100 people once, 10 twice and 2 five times: 130 events, 100 + 40 + 50 squares
    events = repeat_events([[100, 10, 0, 0, 2], [0, 0, 0, 0, 0]])
    assert events.count.tolist() == [130, 0]
    assert events.squares.tolist() == [190, 0]
    with pytest.raises(ValueError, match=r"persons must be \[..., events\]; it has 0 axes"):
        repeat_events(6)


def test_repeat_events_in_strata_widen_the_limits():
    people = [[4000, 1000]]
    once = repeat_events([[[60], [30]]])
    repeated = repeat_events([[[20, 20], [10, 10]]])  # as many events, of fewer people
    np.testing.assert_array_equal(once.count, repeated.count)
    narrow, wide = (
        directly_standardised_rate(events.count, people, [3, 1], squares_by_stratum=events.squares)
        for events in (once, repeated)
    )
    assert wide.value == narrow.value
    # squares 20 + 80 for 60 events: 5/3 of the variance
    assert wide.upper - wide.value == pytest.approx((narrow.upper - narrow.value) * np.sqrt(5 / 3))


@pytest.mark.parametrize("mean_events", [1, 3, 9, 10, 20, 100])
def test_limits_of_a_count_cover_the_truth_at_least_95_times_in_100(mean_events):
    events = np.arange(400.0)
    probability = np.exp(events * np.log(mean_events) - mean_events - gammaln(events + 1))
    lower, upper = count_limits(events)
    covered = (lower <= mean_events) & (mean_events <= upper)
    assert probability[covered].sum() >= 0.95


def test_limits_of_a_proportion_cover_the_truth_95_times_in_100_on_average_and_never_below_90():
    people, seen = 50, np.arange(51.0)
    share = np.linspace(0.02, 0.98, 97)[:, None]
    ways = gammaln(people + 1) - gammaln(seen + 1) - gammaln(people - seen + 1)
    probability = np.exp(ways + seen * np.log(share) + (people - seen) * np.log(1 - share))
    lower, upper = wilson_limits(seen, people)
    coverage = (probability * ((lower <= share) & (share <= upper))).sum(axis=1)
    assert coverage.min() >= 0.90
    assert 0.94 <= coverage.mean() <= 0.96


def test_limits_of_a_standardised_rate_cover_the_truth_94_to_97_times_in_100():
    people, risk, weight = np.array([4000.0, 2000, 500]), np.array([0.004, 0.01, 0.04]), np.array([5.0, 4, 1])
    count = np.random.default_rng(20).poisson(people * risk, size=(20_000, 3)).astype(float)
    rate = directly_standardised_rate(count, np.broadcast_to(people, count.shape), weight, multiplier=1)
    truth = (weight * risk).sum() / weight.sum()
    assert 0.94 <= ((rate.lower <= truth) & (truth <= rate.upper)).mean() <= 0.97
