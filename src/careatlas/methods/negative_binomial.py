"""The variance of true rates between areas, by maximum likelihood: chance taken off, in one number.

Use it as the plainest answer to "how much do areas really differ": events follow a Poisson law about a true
ratio, and true ratios vary about 1 by a gamma law, so that counts are negative binomial. Its root is the
coefficient of variation: .01 means that true rates typically lie 10 % from the average. Of all indices of
variation it is the one least led astray by small areas (Ibanez 2009). Smoothing shrinks by it. Here people
will do for expected, because both are scaled to one sum; ``overdispersion`` and ``funnel`` take events only.

Not for fewer than eight areas, nor where one area alone is far out (see ``overdispersion``); and no measure
of whether the differences are wanted. Not where one area has a third of all events or more: it sets the average
that all are held against, and 95 % limits hold the truth 89-91 times in 100 where it has 42 %, 71-80 times where
it has 71 %. Zero is an answer: no more than chance.

Formula::

    observed ~ Poisson(expected x ratio), ratio ~ Gamma(mean 1, variance v), alpha = 1 / v
    log likelihood of v = sum[ ln gamma(alpha + observed) - ln gamma(alpha) + alpha ln alpha
                               + observed ln expected - (alpha + observed) ln(alpha + expected) ]
    likelihood ratio = 2 x (log likelihood at its highest - that of Poisson)
    p = half the chance that chi-square with one degree of freedom is larger; 1 where v is 0

Source: Clayton & Kaldor 1987, Biometrics 43:671, 10.2307/2532003; Ibanez et al 2009, BMC Health Services
Research 9:60, 10.1186/1472-6963-9-60; the half chi-square: Self & Liang 1987, Journal of the American
Statistical Association 82:605, 10.1080/01621459.1987.10478472.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, digamma, gammaln, zeta

from careatlas.methods.estimate import Limits, Numbers, counts_with_axes, divide, refuse_where
from careatlas.methods.intervals import normal_quantile

CHAPTER = "Variation"
SERIES_FROM = 30.0  # Stirling's series, cut where they are here, are right to 1e-13 from this argument
CLOSE = 1e-3  # share of itself: Newton's steps square what is left, so that after such a step 1e-6 is
NEGLIGIBLE = 0.01  # of its own standard error under chance alone: a smaller variance is called none


class NegativeBinomial(NamedTuple):
    """Of each set of areas ``[...]``: ``variance`` of true ratios about 1, ``likelihood_ratio`` against chance
    alone, its ``p``, and the number of ``areas``."""

    variance: Numbers
    likelihood_ratio: Numbers
    p: Numbers
    areas: Numbers


def negative_binomial(observed: ArrayLike, expected: ArrayLike) -> NegativeBinomial:
    """The variance of true ratios between areas, and whether chance alone would do.

    ``observed`` events and those ``expected`` at the average rate, ``[..., area]``; people will do for
    expected, as they are scaled so that both have one sum. NaN in either, or nothing expected, leaves the
    area out. One area, or no event at all, gives NaN. Counts need not be whole. Refuses numbers below zero
    and events where none can be expected.

    Two areas with as many events as expected hold no more than chance:

    >>> fit = negative_binomial([100, 200], [1000, 2000])
    >>> fit.variance, fit.p
    (array(0.), array(1.))
    """
    observed, expected, areas, is_usable = _usable(observed, expected)
    variance, ratio = (np.full(areas.shape, np.nan) for _ in range(2))
    variance[is_usable], ratio[is_usable] = maximum_likelihood(observed[is_usable], expected[is_usable])
    p = np.where(variance == 0, 1.0, chdtrc(1, ratio) / 2)
    return NegativeBinomial(variance, ratio, p, areas.astype(float))


def variance_limits(observed: ArrayLike, expected: ArrayLike, confidence: float = 0.95) -> Limits:
    """Limits of the variance: the values that the counts do not make much less likely (profile likelihood).

    As ``negative_binomial`` in all else. The lower limit is 0 where chance alone is not ruled out. Cover the
    truth 94-95 % of the time for 95 % stated, with 42 or 106 areas of which none is far larger than the rest.

    >>> limits = variance_limits([60, 100, 140, 100], [1, 1, 1, 1])
    >>> float(limits.lower.round(4)), float(limits.upper.round(3))
    (0.0173, 0.473)
    """
    observed, expected, _, is_usable = _usable(observed, expected)
    given = observed[is_usable], expected[is_usable]
    variance, ratio = maximum_likelihood(*given)
    lowest = ratio / 2 - normal_quantile(confidence) ** 2 / 2  # the log likelihood at both limits
    least = NEGLIGIBLE * np.sqrt(2 / (given[1] ** 2).sum(axis=-1))
    high = np.maximum(variance, least)
    while (is_inside := likelihood_gain(high, *given) > lowest).any():
        high = np.where(is_inside, 4 * high, high)
    upper = _bisected(np.maximum(variance, least), high, lowest, given)
    lower = _bisected(np.maximum(variance, least), least, lowest, given)
    limits = np.full((2, *is_usable.shape), np.nan)
    limits[:, is_usable] = np.where(lowest > 0, lower, 0.0), upper
    return Limits(*limits)


def _bisected(inside: Numbers, outside: Numbers, lowest: Numbers, given: tuple[Numbers, Numbers]) -> Numbers:
    """The variance between ``inside`` and ``outside`` at which the log likelihood passes ``lowest``."""
    for _ in range(45):
        middle = np.sqrt(inside * outside)
        is_inside = likelihood_gain(middle, *given) > lowest
        inside, outside = np.where(is_inside, middle, inside), np.where(is_inside, outside, middle)
    return inside


def known_counts(observed: ArrayLike, expected: ArrayLike) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Observed, expected scaled to the same sum, and which areas are known; 0 and 0 where an area is not.

    An area of 0 and 0 adds nothing to any sum over areas, so that maps with and without it agree.

    >>> observed, expected, is_known = known_counts([30, 10, None], [1, 1, 1])
    >>> observed, expected, is_known
    (array([30., 10.,  0.]), array([20., 20.,  0.]), array([ True,  True, False]))
    """
    observed, expected = counts_with_axes("area", observed=observed, expected=expected)
    refuse_where((observed > 0) & (expected == 0), "events observed where none were expected")
    is_known = (observed >= 0) & (expected > 0)
    observed, expected = (np.where(is_known, each, 0.0) for each in (observed, expected))
    scale = divide(observed.sum(axis=-1, keepdims=True), expected.sum(axis=-1, keepdims=True))
    return observed, expected * np.nan_to_num(scale), is_known


def _usable(
    observed: ArrayLike, expected: ArrayLike
) -> tuple[Numbers, Numbers, NDArray[np.int_], NDArray[np.bool_]]:
    """Known counts, the number of areas, and whether they are two or more with an event among them."""
    observed, expected, is_known = known_counts(observed, expected)
    areas = is_known.sum(axis=-1)
    return observed, expected, areas, (areas > 1) & (observed.sum(axis=-1) > 0)


def maximum_likelihood(observed: Numbers, expected: Numbers) -> tuple[Numbers, Numbers]:
    """Variance and likelihood ratio of each row of ``observed``, ``[row, area]``; the solver, unchecked.

    ``expected`` has the same shape and each row's sum; an area of 0 and 0 counts for nothing. The likelihood
    can have two peaks, one at no variance where the largest areas are alike, so Newton's steps begin from the
    largest of three estimates from moments, and the peak found is held against chance alone.

    >>> maximum_likelihood(np.array([[90.0, 110.0]]), np.array([[100.0, 100.0]]))
    (array([0.]), array([0.]))
    """
    squares, start = _moments(observed, expected)
    variance, ratio = np.maximum(start, 0), np.zeros(len(observed))
    least = NEGLIGIBLE * np.sqrt(2 / squares)
    active = np.flatnonzero(variance > least)
    for _ in range(100):
        if not active.size:
            break
        now = variance[active]
        step = _newton_step(now, observed[active], expected[active])
        variance[active] = now + step
        active = active[(np.abs(step) > CLOSE * now) & (variance[active] > least[active])]
    found = np.flatnonzero(variance > least)
    ratio[found] = 2 * likelihood_gain(variance[found], observed[found], expected[found])
    is_above = ratio > 0
    return np.where(is_above, variance, 0), np.where(is_above, ratio, 0)


def likelihood_gain(variance: Numbers, observed: Numbers, expected: Numbers) -> Numbers:
    """The log likelihood at ``variance`` ``[row]`` less that of chance alone, of rows ``[row, area]``; unchecked.

    So written that nothing large cancels. An area of 0 and 0 counts for nothing.

    >>> likelihood_gain(np.array([0.05]), np.array([[60.0, 140.0]]), np.array([[100.0, 100.0]])).round(3)
    array([11.852])
    """
    alpha = (1 / variance)[:, None]
    argument = alpha + observed
    share = (observed - expected) / (alpha + expected)
    gain = argument * np.log1p(share) - (observed - expected) - 0.5 * np.log1p(observed / alpha)
    return (gain + _log_gamma_beyond_stirling(argument) - _log_gamma_beyond_stirling(alpha)).sum(axis=-1)


def _moments(observed: Numbers, expected: Numbers) -> tuple[Numbers, Numbers]:
    """The sum of squares of expected, and the largest of three moment estimates of the variance.

    They differ in weight: by expected squared (its sign is the slope of the likelihood at no variance), by
    expected, and all areas alike.
    """
    excess = (observed - expected) ** 2 - expected
    is_known = expected > 0
    inverse = np.where(is_known, 1 / np.where(is_known, expected, 1), 0)
    squares = (expected**2).sum(axis=-1)
    by_squares = (excess + expected - observed).sum(axis=-1) / squares
    excess = excess * inverse
    by_size = excess.sum(axis=-1) / expected.sum(axis=-1)
    alike = (excess * inverse).sum(axis=-1) / is_known.sum(axis=-1)
    return squares, np.maximum(np.maximum(by_squares, by_size), alike)


def _newton_step(variance: Numbers, observed: Numbers, expected: Numbers) -> Numbers:
    """One step uphill from ``variance`` ``[row]``, to between a fifth and five times of it."""
    alpha = (1 / variance)[:, None]
    argument = alpha + observed
    share = (observed - expected) / (alpha + expected)
    (first, second), (first_alpha, second_alpha) = _psi_beyond_log(argument), _psi_beyond_log(alpha)
    slope = (np.log1p(share) - share + first - first_alpha).sum(axis=-1)  # by alpha
    bend = (share**2 / argument + second - second_alpha).sum(axis=-1)
    alpha = alpha[:, 0]
    slope, bend = -(alpha**2) * slope, alpha**4 * bend + 2 * alpha**3 * slope  # by the variance
    is_hill = bend < 0
    newton = -slope / np.where(is_hill, bend, 1)
    return np.clip(np.where(is_hill, newton, 4 * variance * np.sign(slope)), -0.8 * variance, 4 * variance)


def _psi_beyond_log(argument: Numbers) -> tuple[Numbers, Numbers]:
    """digamma(x) - ln x, and its slope: Stirling's series, five times as fast as the functions themselves."""
    inverse = 1 / argument
    square = inverse**2
    first = -inverse / 2 - square * (1 / 12 - square * (1 / 120 - square / 252))
    second = square / 2 + square * inverse * (1 / 6 - square * (1 / 30 - square / 42))
    is_small = argument < SERIES_FROM
    if is_small.any():
        small = argument[is_small]
        first[is_small] = digamma(small) - np.log(small)
        second[is_small] = zeta(2, small) - 1 / small  # zeta(2, x) is trigamma
    return first, second


def _log_gamma_beyond_stirling(argument: Numbers) -> Numbers:
    """ln gamma(x) - ((x - 1/2) ln x - x + ln(2 pi) / 2)."""
    inverse = 1 / argument
    square = inverse**2
    beyond = inverse * (1 / 12 - square * (1 / 360 - square / 1260))
    is_small = argument < SERIES_FROM
    if is_small.any():
        small = argument[is_small]
        beyond[is_small] = gammaln(small) - (small - 0.5) * np.log(small) + small - 0.5 * np.log(2 * np.pi)
    return beyond
