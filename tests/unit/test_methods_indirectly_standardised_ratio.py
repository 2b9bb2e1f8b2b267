"""Observed beside expected: by hand, at its edges, and beside the methods it must agree with."""

import numpy as np
import pytest

from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.indirectly_standardised_ratio import expected_events, indirectly_standardised_ratio
from careatlas.methods.need_weighted_rate import need_weighted_rate

NAN = np.nan


def test_people_times_reference_rates_are_what_is_expected():
    # 1,000 x .01 + 500 x .04 = 30, and 2,000 x .01 + 100 x .04 = 24
    assert expected_events([[1000, 500], [2000, 100]], [0.01, 0.04]).tolist() == [30, 24]


def test_a_stratum_in_which_an_area_has_nobody_adds_nothing_even_where_the_rate_is_not_known():
    assert expected_events([[1000, 0]], [0.01, NAN]).tolist() == [10]


@pytest.mark.parametrize(("people", "rate"), [([[1000, NAN]], [0.01, 0.04]), ([[1000, 500]], [0.01, NAN])])
def test_people_or_rates_not_known_leave_the_expected_unknown(people, rate):
    assert np.isnan(expected_events(people, rate)).all()


def test_one_reference_rate_is_not_spread_over_all_strata():
    with pytest.raises(ValueError, match="reference_rate must have 2 along its axis stratum; it has 1"):
        expected_events([[1000, 500]], [0.01])
    with pytest.raises(ValueError, match=r"reference_rate must be \[..., stratum\]; it has 0 axes"):
        expected_events([[1000, 500]], 0.01)


def test_every_indicator_may_have_its_own_reference_rates():
    people = np.array([[1000.0, 500], [2000, 100]])
    rates = np.array([[0.01, 0.04], [0.1, 0.2]])
    at_once = expected_events(people, rates[:, None, :])
    np.testing.assert_array_equal(at_once, [expected_events(people, rate) for rate in rates])


def test_the_country_itself_has_a_ratio_of_one():
    count, people = np.array([[12.0, 40, 31], [90, 15, 60]]), np.array([[900.0, 800, 300], [1000, 600, 500]])
    expected = expected_events(people, count.sum(axis=0) / people.sum(axis=0))
    assert expected.sum() == pytest.approx(count.sum(), rel=1e-14)
    assert indirectly_standardised_ratio(count.sum(), expected.sum()).value == pytest.approx(1, rel=1e-14)


def test_nothing_expected_has_no_ratio_even_with_events():
    ratio = indirectly_standardised_ratio([0, 3], [0, 0])
    assert np.isnan(np.array(ratio)).all()


def test_no_events_are_a_ratio_of_zero_with_an_upper_limit():
    ratio = indirectly_standardised_ratio([0], [2])
    assert (ratio.value[0], ratio.lower[0]) == (0, 0)
    assert ratio.upper[0] == pytest.approx(-np.log(0.025) / 2)


def test_one_stratum_times_the_national_rate_is_the_crude_rate():
    national = 0.02
    expected = expected_events([[4000], [1500]], [national])
    ratio = indirectly_standardised_ratio([60, 40], expected, multiplier=1000 * national)
    np.testing.assert_allclose(
        np.array(ratio), np.array(crude_rate([60, 40], [4000, 1500], 1000)), rtol=1e-14
    )


def test_need_weights_that_are_national_age_rates_give_the_ratio_times_the_national_rate():
    rng = np.random.default_rng(4)
    people = rng.uniform(500, 5000, (3, 20, 6))
    count = rng.poisson(people * [0.001, 0.002, 0.01, 0.02, 0.05, 0.1]).astype(float)
    rate = (count.sum(axis=-2) / people.sum(axis=-2))[:, None, :]
    expected, events = expected_events(people, rate), count.sum(axis=-1)
    national = events.sum(axis=-1, keepdims=True) / people.sum(axis=(-2, -1))[:, None]
    weighted = expected / national  # the weights, scaled so that the country keeps its people
    np.testing.assert_allclose(weighted.sum(axis=-1), people.sum(axis=(-2, -1)), rtol=1e-12)
    by_need = need_weighted_rate(events, weighted, multiplier=1000)
    by_ratio = indirectly_standardised_ratio(events, expected)
    for need, ratio in zip(by_need, by_ratio, strict=True):
        np.testing.assert_allclose(need, 1000 * national * ratio, rtol=1e-12)


def test_all_periods_at_once_equal_period_by_period():
    count, expected = np.array([[12.0, 0, NAN], [4, 250, 1e7]]), np.array([[10.0, 3, 5], [0, NAN, 9.9e6]])
    at_once = np.array(indirectly_standardised_ratio(count, expected))
    apart = [np.array(indirectly_standardised_ratio(*each)) for each in zip(count, expected, strict=True)]
    np.testing.assert_array_equal(at_once, np.stack(apart, axis=1))


def test_a_reference_that_moves_hides_the_trend():
    # deaths halve everywhere: against each year's own rates every ratio is 1, against the first year's .5
    people, rates = np.array([[1000.0, 500]]), np.array([[0.02, 0.08], [0.01, 0.04]])
    count = np.array([60.0, 30.0])
    own, frozen = (expected_events(people, each[:, None, :])[:, 0] for each in (rates, rates[[0, 0]]))
    assert indirectly_standardised_ratio(count, own).value.tolist() == [1, 1]
    assert indirectly_standardised_ratio(count, frozen).value.tolist() == [1, 0.5]


@pytest.mark.parametrize(
    ("count", "expected", "says"),
    [([-1], [2], "count is below zero"), ([1], [-2], "expected is below zero"), ([1], [np.inf], "infinite")],
)
def test_impossible_numbers_are_refused(count, expected, says):
    with pytest.raises(ValueError, match=says):
        indirectly_standardised_ratio(count, expected)


def test_what_it_was_given_is_left_as_it_was():
    people, rate = np.array([[1000.0, 0]]), np.array([0.01, NAN])
    expected_events(people, rate)
    np.testing.assert_array_equal(people, [[1000, 0]])
    np.testing.assert_array_equal(rate, [0.01, NAN])
