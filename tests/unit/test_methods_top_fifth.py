"""Who truly stands in the top fifth, as far as chance lets it be said."""

import numpy as np
import pytest

from careatlas.methods.ranking import Scores, rate_scores
from careatlas.methods.top_fifth import top_fifth

NAN = np.nan


def test_the_top_fifth_holds_a_fifth_of_the_areas_on_average():
    rng = np.random.default_rng(3)
    count = rng.poisson(300 * rng.gamma(50, 1 / 50, (3, 40))).astype(float)
    p = top_fifth(rate_scores(count, np.full((3, 40), 300.0)))
    np.testing.assert_allclose(p.sum(axis=-1), 8)
    assert (np.take_along_axis(p, count.argmax(axis=-1)[:, None], axis=-1) > 0.9).all()


def test_areas_that_do_not_differ_beyond_chance_have_equal_chances_of_the_top_fifth():
    p = top_fifth(rate_scores([100, 101, 99, 100, NAN, 100], [100] * 6))
    np.testing.assert_array_equal(p, [0.2, 0.2, 0.2, 0.2, NAN, 0.2])


def test_two_normal_areas_have_the_probability_that_one_exceeds_the_other():
    # scores 1 and 0, chance 1, between 1: shrunk to .75 and .25 with variance .5 each; P(first) = Phi(.5 / 1)
    scores = Scores(*np.array([[1.0, 0], [1, 0], [1, 1], [1, 1]]))
    p = top_fifth(scores, draws=20_000)
    assert p[0] == pytest.approx(0.6915, abs=0.01)
    assert p.sum() == pytest.approx(1)


def test_a_small_area_with_an_extreme_rate_is_less_surely_at_the_top_than_a_large_one_behind_it():
    count = np.array([9.0, 1300, *[1000, 900] * 10])
    expected = np.array([6.0, 1000, *[1000] * 20])
    p = top_fifth(rate_scores(count, expected))
    assert count[0] / expected[0] > count[1] / expected[1]
    assert p[0] < p[1]


def test_top_fifths_of_many_maps_equal_one_by_one_and_seeds_repeat():
    rng = np.random.default_rng(4)
    count, expected = rng.poisson(300 * rng.gamma(50, 1 / 50, (3, 20))).astype(float), np.full((3, 20), 300.0)
    count[1, 4] = NAN
    at_once = top_fifth(rate_scores(count, expected), seed=5)
    for one in range(3):
        alone = top_fifth(rate_scores(count[one], expected[one]), seed=5)
        np.testing.assert_allclose(at_once[one], alone)
    other = top_fifth(rate_scores(count, expected), seed=6)
    assert (np.nan_to_num(other) != np.nan_to_num(at_once)).any()


def test_no_ranked_area_has_no_chance_of_the_top_fifth():
    assert np.isnan(top_fifth(rate_scores([NAN, NAN], [1, 1]))).all()


def test_without_draws_or_a_list_there_is_no_answer():
    with pytest.raises(ValueError, match="draws must be a whole number of at least 1; it is 0"):
        top_fifth(rate_scores([1, 2], [1, 1]), draws=0)
    with pytest.raises(ValueError, match=r"value must be \[..., area\]; it has 0 axes"):
        top_fifth(Scores(1.0, 1.0, 1.0, 1.0))
