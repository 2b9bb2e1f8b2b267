"""Correlation: figures worked by hand, an independent route, and limits that hold what they should."""

import numpy as np
import pytest

from careatlas.methods import correlation

X, Y = [1, 2, 3, 4, 5], [2, 1, 3, 5, 4]


def test_the_interval_is_fishers():
    # arctanh .8 = 1.098612; 1.959964 / (5 - 3)^.5 = 1.385904; tanh of their difference and sum: -.27964 and .98620
    found = correlation(X, Y)
    assert found.value == pytest.approx(0.8)
    assert (found.lower, found.upper) == (pytest.approx(-0.27964, abs=5e-6), pytest.approx(0.98620, abs=5e-6))


def test_numpy_answers_the_same():
    x, y = np.random.default_rng(1).normal(size=(2, 40))
    assert correlation(x, y).value == pytest.approx(np.corrcoef(x, y)[0, 1])


def test_a_weight_of_two_is_the_area_twice():
    twice = correlation([*X, 5], [*Y, 4])
    weighted = correlation(X, Y, weight=[1, 1, 1, 1, 2])
    assert weighted.value == pytest.approx(float(twice.value))
    assert float(weighted.areas) == 5
    assert float(weighted.effective_areas) == pytest.approx(36 / 8)


def test_the_size_of_weights_does_not_matter():
    assert correlation(X, Y, weight=[7] * 5).lower == pytest.approx(float(correlation(X, Y).lower))


def test_missing_areas_and_those_of_no_weight_are_left_out():
    found = correlation([*X, np.nan, 99], [*Y, 3, -99], weight=[1, 1, 1, 1, 1, 1, 0])
    assert (float(found.areas), found.value) == (5, pytest.approx(0.8))


def test_what_is_the_same_everywhere_goes_with_nothing():
    assert np.isnan(correlation([0.1] * 6, [1, 2, 3, 4, 5, 6]).value)
    assert np.isnan(correlation(X[:3], Y[:3]).value)
    assert np.isnan(correlation([np.nan] * 5, Y).value)


def test_on_one_line_the_limits_close():
    found = correlation(X, [10, 8, 6, 4, 2])
    assert (found.value, found.lower, found.upper) == (
        pytest.approx(-1),
        pytest.approx(-1),
        pytest.approx(-1),
    )


def test_many_pairs_in_one_call():
    found = correlation([X, X], [Y, Y[::-1]])
    assert found.value.tolist() == [pytest.approx(0.8), pytest.approx(-0.8)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"x": X, "y": Y, "weight": [1, 1, 1, 1, -1]}, "weight is below zero at position 4"),
        ({"x": X, "y": [1, 2]}, "their last axes must have one length"),
        ({"x": 3, "y": 4}, r"x must be \[..., area\]"),
    ],
)
def test_what_cannot_be_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        correlation(**given)


def test_limits_hold_the_true_correlation_weighted_or_not():
    """1,000 maps of 60 areas with a true correlation of .5 and sizes that differ as those of sub-areas do."""
    random = np.random.default_rng(4)
    x = random.normal(size=(1000, 60))
    y = 0.5 * x + 0.75**0.5 * random.normal(size=(1000, 60))
    for weight in (None, np.exp(random.normal(0, 0.6, size=(1000, 60)))):
        found = correlation(x, y, weight)
        held = ((found.lower <= 0.5) & (found.upper >= 0.5)).mean()
        assert 0.93 <= held <= 0.97
