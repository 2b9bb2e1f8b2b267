"""The variance of true rates between areas: found by Newton, held against a plain search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln

from careatlas.methods.negative_binomial import known_counts, negative_binomial

NAN = np.nan


def log_likelihood(variance, observed, expected):
    """The formula of the page, as written."""
    alpha = 1 / variance
    terms = gammaln(alpha + observed) - gammaln(alpha) + alpha * np.log(alpha)
    return (terms + observed * np.log(expected) - (alpha + observed) * np.log(alpha + expected)).sum()


def plain_search(observed, expected):
    """The highest likelihood ratio on a fine grid, or 0 where chance alone is likelier."""
    expected = expected * observed.sum() / expected.sum()
    grid = np.geomspace(1e-6, 50, 4000)
    likelihood = np.array([log_likelihood(variance, observed, expected) for variance in grid])
    by_chance = (observed * np.log(expected) - expected).sum()
    best = likelihood.argmax()
    ratio = 2 * (likelihood[best] - by_chance)
    return (grid[best], ratio) if ratio > 0 else (0.0, 0.0)


def simulated(rng, maps, expected, variance):
    truth = rng.gamma(1 / variance, variance, (maps, len(expected)))
    return rng.poisson(expected * truth).astype(float)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000), areas=st.integers(8, 60), variance=st.sampled_from([0.001, 0.02, 0.3, 2.0])
)
def test_no_variance_on_a_fine_grid_is_likelier(seed, areas, variance):
    rng = np.random.default_rng(seed)
    expected = np.exp(rng.uniform(np.log(2), np.log(3000), areas))
    observed = simulated(rng, 1, expected, variance)[0]
    fit = negative_binomial(observed, expected)
    _, ratio = plain_search(observed, expected)
    # a second peak, lower by less than chance would ever notice, may be missed
    assert fit.likelihood_ratio >= ratio - 0.2
    if fit.variance > 0:
        scaled = expected * observed.sum() / expected.sum()
        beside = [log_likelihood(fit.variance * factor, observed, scaled) for factor in (0.999, 1, 1.001)]
        assert max(beside) == pytest.approx(beside[1], abs=1e-9)


def test_the_answer_is_that_of_the_plain_search():
    rng = np.random.default_rng(3)
    expected = rng.uniform(5, 400, 106)
    observed = simulated(rng, 1, expected, 0.05)[0]
    fit = negative_binomial(observed, expected)
    variance, ratio = plain_search(observed, expected)
    assert fit.variance == pytest.approx(variance, rel=0.005)
    assert fit.likelihood_ratio == pytest.approx(ratio, rel=1e-5)
    assert fit.areas == 106


def test_large_areas_alike_do_not_hide_that_small_ones_differ():
    # the likelihood falls at no variance, because the two largest have exactly what is expected
    small = [2.0, 25, 1, 22, 3, 20, 2, 21, 1, 23] * 3
    observed = np.array([10_000.0, 10_000, *small])
    expected = np.array([10_000.0, 10_000, *[12.0] * 30])
    assert (((observed - expected) ** 2 - observed).sum()) < 0
    assert negative_binomial(observed, expected).variance > 0.1


def test_less_spread_than_chance_is_no_variance_and_p_of_one():
    fit = negative_binomial([100, 101, 99, 100], [1, 1, 1, 1])
    assert (fit.variance, fit.likelihood_ratio, fit.p) == (0, 0, 1)


def test_the_scale_of_expected_does_not_matter():
    observed, people = [30.0, 45, 80, 20], np.array([1000.0, 1200, 1500, 900])
    by_people, by_expected = (negative_binomial(observed, each) for each in (people, people * 0.037))
    assert by_people.variance == pytest.approx(by_expected.variance, rel=1e-9)


def test_missing_areas_and_those_of_nobody_are_left_out():
    observed, expected = [30.0, 45, 80, 20, NAN, 7, 0], [40.0, 40, 40, 40, 40, NAN, 0]
    assert (
        negative_binomial(observed, expected).variance
        == negative_binomial(observed[:4], expected[:4]).variance
    )
    assert negative_binomial(observed, expected).areas == 4


def test_one_area_no_area_and_no_event_say_nothing():
    fit = negative_binomial([[5, NAN], [NAN, NAN], [0, 0]], [[4, 4], [4, 4], [4, 4]])
    assert np.isnan(fit.variance).all()
    assert np.isnan(fit.p).all()


def test_events_where_none_are_expected_are_refused():
    with pytest.raises(ValueError, match="events observed where none were expected at position 1"):
        negative_binomial([5, 3], [4, 0])


def test_many_maps_at_once_equal_one_by_one():
    rng = np.random.default_rng(4)
    expected = rng.uniform(5, 900, 40)
    observed = simulated(rng, 6, expected, 0.03).reshape(2, 3, 40)
    observed[1, 1, 5:20] = NAN
    at_once = negative_binomial(observed, expected)
    for place in np.ndindex(2, 3):
        alone = negative_binomial(observed[place], expected)
        for together, apart in zip(at_once, alone, strict=True):
            np.testing.assert_allclose(together[place], apart, rtol=1e-10)


def test_ten_million_events_and_parts_of_events_keep_their_digits():
    rng = np.random.default_rng(6)
    truth = rng.gamma(1e4, 1e-4, 200)
    fit = negative_binomial(1e7 * truth + 0.25, np.full(200, 1e7))
    assert fit.variance == pytest.approx(truth.var(), rel=0.02)


def test_what_was_given_is_left_as_it_was():
    observed, expected = np.array([3.0, NAN, 5.0]), np.array([1.0, 2.0, 0.0])
    known_counts(observed[:2], expected[:2])
    np.testing.assert_array_equal(observed, [3, NAN, 5])
    np.testing.assert_array_equal(expected, [1, 2, 0])


def test_half_the_maps_of_pure_chance_have_no_variance_and_p_keeps_its_word():
    observed = np.random.default_rng(10).poisson(200, (2000, 106)).astype(float)
    fit = negative_binomial(observed, np.full(106, 200.0))
    assert 0.45 <= (fit.variance == 0).mean() <= 0.65
    assert (fit.p < 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)
    assert fit.variance.mean() < 0.02**2


def test_one_number_is_no_set_of_areas():
    with pytest.raises(ValueError, match=r"observed or expected must be \[\.\.\., area\]; it has 0 axes"):
        negative_binomial(3, 5)
