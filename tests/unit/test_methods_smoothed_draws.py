"""Draws of ratios that allow for chance and for coming and going."""

import numpy as np
import pytest
from scipy.special import gammaincinv

from careatlas.methods.negative_binomial import negative_binomial
from careatlas.methods.smoothed_draws import (
    at_national_level,
    carried_over,
    share_kept,
    smoothed_draws,
    swing,
    total,
)

NAN = np.nan


def simulated(variation, swinging, maps=1, areas=80, periods=4, events=300.0, seed=1, carried=0.0):
    rng = np.random.default_rng(seed)
    ratio = np.exp(rng.normal(0, variation, (maps, areas, 1)))
    expected = np.full((maps, areas, periods), events)
    swings = rng.normal(0, swinging, expected.shape)
    for period in range(1, periods):
        swings[..., period] *= np.sqrt(1 - carried**2)
        swings[..., period] += carried * swings[..., period - 1]
    return rng.poisson(expected * ratio * np.exp(swings)).astype(float), expected, ratio


def test_one_period_has_the_gamma_posterior_of_its_counts():
    observed, expected, _ = simulated(0.2, 0, periods=1)
    theta = smoothed_draws(observed[0], expected[0], draws=4000)
    prior = 1 / float(negative_binomial(observed[0, :, 0], expected[0, :, 0]).variance)
    level = observed.sum() / expected.sum()
    shape, rate = observed[0, :, 0] + prior, expected[0, :, 0] * level + prior
    np.testing.assert_allclose(theta.mean(axis=0), shape / rate, rtol=0.01)
    np.testing.assert_allclose(np.quantile(theta, 0.975, axis=0), gammaincinv(shape, 0.975) / rate, rtol=0.02)


def test_swings_are_found_and_chance_alone_has_none():
    observed, expected, _ = simulated(0.1, 0.1, maps=20)
    assert swing(observed, expected).mean() == pytest.approx(0.01, rel=0.15)
    observed, expected, _ = simulated(0.1, 0, maps=20)
    assert swing(observed, expected).mean() < 0.0005


@pytest.mark.parametrize("carried", [0.0, 0.3, 0.6])
def test_what_carries_over_to_the_next_period_is_found_and_the_swing_is_not_taken_for_smaller(carried):
    observed, expected, _ = simulated(0.1, 0.06, maps=30, periods=12, events=600.0, carried=carried)
    observed[:, 5, 3] = NAN
    found = carried_over(observed, expected)
    assert found.mean() == pytest.approx(carried, abs=0.05)
    assert swing(observed, expected, found).mean() == pytest.approx(0.0036, rel=0.1)


def test_too_few_periods_and_chance_alone_show_nothing_that_carries_over():
    for periods in (1, 2, 5):
        observed, expected, _ = simulated(0.1, 0.1, maps=5, periods=periods, carried=0.6)
        assert (carried_over(observed, expected) == 0).all()
    observed, expected, _ = simulated(0.1, 0, maps=50, periods=12)
    assert (carried_over(observed, expected) > 0).mean() < 0.1
    assert carried_over([[NAN] * 8] * 3, np.ones((3, 8))) == 0


@pytest.mark.parametrize("areas", [3, 12])
def test_swings_of_few_areas_are_not_taken_for_smaller(areas):
    rng = np.random.default_rng(7)
    expected = np.full((3000, areas, 4), 400.0)
    observed = rng.poisson(expected * rng.gamma(25, 1 / 25, expected.shape)).astype(float)  # variance .04
    assert swing(observed, expected).mean() == pytest.approx(0.04, rel=0.04)


def test_where_nothing_is_known_the_swing_is_not_known():
    assert np.isnan(swing([[NAN, NAN], [NAN, NAN]], np.ones((2, 2))))


def test_no_map_at_all_has_no_draws():
    assert smoothed_draws(np.zeros((0, 4, 2)), np.ones((0, 4, 2)), draws=3).shape == (0, 3, 4)


def test_swings_of_the_whole_country_are_not_those_of_areas():
    observed, expected, _ = simulated(0.1, 0, maps=10)
    observed[..., 2] = np.random.default_rng(3).poisson(observed[..., 2] * 2)
    assert swing(observed, expected).mean() < 0.002


def test_the_interval_of_the_draws_covers_the_ratio():
    for swinging, periods, carried in ((0, 4, 0), (0.15, 4, 0), (0.15, 12, 0.5)):
        observed, expected, ratio = simulated(0.15, swinging, maps=20, periods=periods, carried=carried)
        theta = smoothed_draws(observed, expected, draws=400)
        lower, upper = np.quantile(theta, [0.025, 0.975], axis=1)
        # ratios are to the country's: its level holds the mean of the ratios and of the swings
        true = ratio[..., 0] / (observed.sum(axis=(1, 2)) / (expected.sum(axis=(1, 2))))[:, None]
        true = true * np.exp(swinging**2 / 2)
        assert ((lower <= true) & (true <= upper)).mean() == pytest.approx(0.95, abs=0.03)


def test_areas_that_differ_no_more_than_chance_are_all_drawn_alike():
    theta = smoothed_draws([[90, 110], [110, 90], [100, 100]], [[100, 100]] * 3, draws=5)
    np.testing.assert_allclose(theta, 1)


def test_a_missing_period_is_left_out_and_an_area_without_any_is_missing():
    observed, expected, _ = simulated(0.2, 0.05)
    observed[0, 3, 1] = NAN
    observed[0, 4] = NAN
    expected[0, 5, 0] = 0
    observed[0, 5, 0] = 0
    theta = smoothed_draws(observed, expected, draws=50)
    assert np.isnan(theta).all(axis=(0, 1)).nonzero()[0].tolist() == [4]
    assert np.isnan(theta).sum() == 50


def test_no_events_is_low_and_not_missing():
    observed, expected, _ = simulated(0.3, 0, events=5.0)
    observed[0, 0] = 0
    theta = smoothed_draws(observed[0], expected[0], draws=300)
    assert 0 < theta[:, 0].mean() < theta.mean()


def test_a_period_without_any_event_tells_nothing():
    observed, _ = at_national_level([[5, 0], [7, 0]], [[6, 6], [6, 6]])
    assert np.isnan(observed[:, 1]).all()
    assert np.isfinite(smoothed_draws([[5, 0], [7, 0], [9, 0]], [[6, 6]] * 3, draws=3)).all()


def test_a_swing_caps_what_many_events_can_tell():
    kept = share_kept([[1e2], [1e4], [1e7]], 0.01)
    np.testing.assert_allclose(kept * [1e2, 1e4, 1e7], [50, 99.0099, 99.9990], rtol=1e-5)
    assert np.isnan(share_kept([[NAN, NAN]], 0.01)).all()


def test_swings_that_carry_over_are_fewer_witnesses():
    # three periods of 100: 3 x 100^2 and, twice, two pairs of neighbours at .5 and one pair at .25
    kept = share_kept([[100, 100, 100]], 0.01, carried_over=0.5)
    np.testing.assert_allclose(kept, 1 / (1 + 0.01 * 100**2 * (3 + 2 * (2 * 0.5 + 0.25)) / 300))


def test_a_sum_of_nothing_known_is_missing():
    np.testing.assert_array_equal(total(np.array([[1, NAN], [NAN, NAN], [0, 0]])), [1, NAN, 0])


def test_all_maps_at_once_equal_one_by_one_and_the_seed_decides():
    observed, expected, _ = simulated(0.1, 0.1, maps=3, areas=20)
    observed[1, 2, 0] = NAN
    at_once = smoothed_draws(observed, expected, draws=20, seed=4)
    for index in range(3):
        alone = smoothed_draws(observed[index], expected[index], draws=20, seed=4)
        np.testing.assert_allclose(at_once[index], alone, rtol=1e-6)
    assert (at_once != smoothed_draws(observed, expected, draws=20, seed=5)).any()


def test_counts_below_zero_are_refused():
    with pytest.raises(ValueError, match="observed is below zero at position 1, 0"):
        smoothed_draws([[1, 1], [-1, 1]], [[1, 1], [1, 1]])


def test_one_series_is_no_map():
    for method in (smoothed_draws, swing, at_national_level):
        with pytest.raises(
            ValueError, match=r"observed or expected must be \[..., area, period\]; it has 1 axes"
        ):
            method([3.0, 4], [3, 3])
    with pytest.raises(ValueError, match=r"expected must be \[..., period\]; it has 0 axes"):
        share_kept(3.0, 0.1)
    with pytest.raises(ValueError, match="draws must be a whole number of at least 1; it is 0"):
        smoothed_draws([[3.0]], [[3]], draws=0)
