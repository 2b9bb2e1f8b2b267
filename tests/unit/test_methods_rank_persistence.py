"""Who keeps their place, beside who would by chance."""

import numpy as np
import pytest
from scipy.stats import friedmanchisquare, spearmanr

from careatlas.methods.persistence import persistence
from careatlas.methods.rank_persistence import (
    chance_transitions,
    fitted_transitions,
    kendall_w,
    transitions,
    window_correlation,
)

NAN = np.nan


def test_areas_that_keep_their_order_stay_in_their_fifth():
    found = transitions(np.arange(20.0), np.arange(20.0) * 3 + 7)
    np.testing.assert_array_equal(found.count, 4 * np.eye(5))
    np.testing.assert_array_equal(found.share, np.eye(5))
    assert found.lower[0, 0] == pytest.approx(4 / (4 + 1.959964**2))  # Wilson's, all of four


def test_only_areas_known_in_both_count_and_the_fifths_are_theirs():
    first = [1.0, 2, 3, 4, 5, NAN, 100]
    later = [1.0, 2, 3, 4, 5, -3, NAN]
    np.testing.assert_array_equal(transitions(first, later).count, np.eye(5))


def test_equal_values_are_in_one_fifth_and_the_others_have_no_share():
    found = transitions([3.0] * 10, np.arange(10.0))
    assert found.count[2].tolist() == [2] * 5
    assert found.count.sum() == 10
    assert np.isnan(found.share[0]).all()


def test_rank_correlation_and_w_are_scipys():
    rng = np.random.default_rng(1)
    observed = rng.poisson(20, (40, 6)).astype(float)  # with ties
    found = window_correlation(observed, np.full((40, 6), 20.0), 2)
    early, middle, late = (observed[:, i : i + 2].sum(axis=1) for i in (0, 2, 4))
    expected = [spearmanr(early, middle).statistic, spearmanr(middle, late).statistic]
    np.testing.assert_allclose(found.value, expected)
    friedman = friedmanchisquare(*observed).statistic  # areas are its treatments, periods its blocks
    assert kendall_w(observed) == pytest.approx(friedman / (6 * 39))


def test_windows_are_counted_back_from_the_last_period():
    observed = np.array([[900.0, 1, 2], [1, 2, 1], [1, 3, 3], [1, 4, 4], [1, 5, 5]])
    assert window_correlation(observed[:, 1:], np.ones((5, 2)), 1).value == pytest.approx([0.9])
    seven = np.concatenate([np.full((5, 3), NAN), np.repeat(observed[:, 1:], 2, axis=1)], axis=1)
    assert window_correlation(seven, np.ones((5, 7)), 2).value[-1] == pytest.approx(0.9)


def test_a_missing_year_leaves_the_rest_of_its_window():
    observed = np.array([[1, 1, 2.0, 2], [NAN, 4, 4, 4], [6, 6, 6, 6], [8, 8, 8, 8]])
    assert window_correlation(observed, np.full((4, 4), 10.0), 2).value[0] == pytest.approx(1)


def test_too_few_areas_or_no_differences_have_no_correlation():
    assert np.isnan(window_correlation([[1, 2]] * 3, [[1, 1]] * 3, 1)).all()
    assert np.isnan(window_correlation([[1, 2]] * 8, [[1, 1]] * 8, 1)).all()
    assert np.isnan(kendall_w([[5, 5, 5]] * 4))
    assert np.isnan(kendall_w([[1], [2], [3]]))
    assert np.isnan(kendall_w([[1, NAN], [NAN, 2]]))


def test_two_windows_are_needed():
    for size in (2, 0, -1):
        with pytest.raises(ValueError, match=f"3 periods hold no two windows of {size}"):
            window_correlation(np.ones((9, 3)), np.ones((9, 3)), size)


def test_a_handful_of_areas_in_the_same_order_is_not_certainty():
    same = window_correlation([[1, 1], [2, 2], [3, 3], [4, 4]], np.ones((4, 2)), 1)
    assert same.value == pytest.approx([1])
    assert np.isnan([same.lower, same.upper]).all()


def test_periods_that_agree_fully_have_w_of_1_and_unrelated_ones_about_1_in_their_number():
    value = np.random.default_rng(6).random((300, 50, 4))
    assert kendall_w(value).mean() == pytest.approx(1 / 4, abs=0.01)
    assert kendall_w(np.repeat(value[0, :, :1], 4, axis=1)) == pytest.approx(1)


def test_many_maps_at_once_equal_one_by_one():
    rng = np.random.default_rng(7)
    value = rng.random((3, 30, 4))
    value[1, 3, 2] = NAN
    observed, expected = np.round(100 * value), np.full(value.shape, 50.0)
    np.testing.assert_array_equal(kendall_w(value), [kendall_w(one) for one in value])
    at_once = window_correlation(observed, expected, 2), transitions(value[..., 0], value[..., 3])
    for index in range(3):
        alone = (
            window_correlation(observed[index], expected[index], 2),
            transitions(value[index, :, 0], value[index, :, 3]),
        )
        for together, apart in zip(at_once, alone, strict=True):
            for one, other in zip(together, apart, strict=True):
                np.testing.assert_array_equal(one[index], other)


def test_chance_alone_keeps_small_areas_in_the_outer_fifths():
    # half of the areas expect 20 events and half 2,000: the small fill the outer fifths by chance
    expected = np.repeat(np.repeat([20.0, 2000.0], 25)[:, None], 4, axis=1)
    found = persistence(np.random.default_rng(9).poisson(expected).astype(float), expected)
    by_chance = chance_transitions(found, replicates=400)
    np.testing.assert_allclose(by_chance.sum(axis=1), 1)
    assert by_chance[4, 4] == pytest.approx(
        0.4, abs=0.05
    )  # of the highest, nearly all are small: 1 in 2 of 25
    assert by_chance[2, 2] > 0.25


def test_areas_with_permanent_differences_keep_their_fifth_as_the_model_expects():
    rng = np.random.default_rng(10)
    expected = np.full((400, 5), 500.0)
    observed = rng.poisson(expected * np.exp(rng.normal(0, 0.1, (400, 1)))).astype(float)
    found = persistence(observed, expected)
    counted = transitions(observed[:, 0] / expected[:, 0], observed[:, -1] / expected[:, -1])
    fitted, by_chance = fitted_transitions(found, 200), chance_transitions(found, 200)
    np.testing.assert_allclose(counted.share.diagonal(), fitted.diagonal(), atol=0.12)
    np.testing.assert_allclose(by_chance, 0.2, atol=0.02)
    assert fitted[4, 4] > 0.6


def test_simulated_shares_of_many_maps_equal_one_by_one():
    rng = np.random.default_rng(11)
    observed, expected = rng.poisson(80, (2, 20, 4)).astype(float), np.full((2, 20, 4), 80.0)
    observed[1, 3, 0] = NAN
    found = persistence(observed, expected)
    at_once = chance_transitions(found, 50)
    for index in range(2):
        alone = chance_transitions(persistence(observed[index], expected[index]), 50)
        np.testing.assert_array_equal(at_once[index], alone)


def test_a_period_with_events_but_nothing_expected_is_left_out_as_a_missing_one_is():
    observed = np.array([[1, 1, 2.0, 2], [50, 4, 4, 4], [6, 6, 6, 6], [8, 8, 8, 8]])
    expected = np.full((4, 4), 10.0)
    expected[1, 0] = 0
    missing = np.where(expected > 0, observed, NAN)
    found = window_correlation(observed, expected, 2)
    assert found.value[0] == pytest.approx(1)
    np.testing.assert_array_equal(found, window_correlation(missing, np.full((4, 4), 10.0), 2))


def test_one_number_is_no_list_of_areas():
    with pytest.raises(ValueError, match=r"first must be \[..., area\]; it has 0 axes"):
        transitions(1.0, 2.0)
    with pytest.raises(ValueError, match=r"value must be \[..., area, period\]; it has 1 axes"):
        kendall_w([1.0, 2])
    with pytest.raises(
        ValueError, match=r"observed or expected must be \[..., area, period\]; it has 1 axes"
    ):
        window_correlation([1.0, 2], [1, 1], 1)
    found = persistence([[800] * 4, [1000] * 4, [1200] * 4], [[1000] * 4] * 3)
    with pytest.raises(ValueError, match="replicates must be a whole number of at least 1; it is 0"):
        chance_transitions(found, replicates=0)
