"""How much areas differ beyond chance, and limits that allow for it.

Large areas differ from one another for a hundred small reasons: with limits for chance alone, a tenth of
ordinary areas would be flagged at 99.8 %. The variance between areas (tau squared) is estimated from the z
scores, with the extreme tenth at each end drawn in to the rest (winsorised) so that true outliers do not hide
themselves, and divided by what winsorising takes from pure chance. In simulation that flags .3 % where .2 %
is stated, and 5.5 % where 5 % is. Below twenty areas this is unstable, and Paule and Mandel's estimate is
used: ``has_few_areas`` says so.

Spiegelhalter 2005, 10.1136/qshc.2005.013755 and 10.1002/sim.1970; Paule & Mandel 1982, 10.6028/jres.087.022.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from careatlas.methods.estimate import Limits, Numbers, as_counts, as_numbers, divide, refuse_where
from careatlas.methods.intervals import normal_quantile

WINSORISED = 0.1  # share of the areas drawn in at each end
FEW_AREAS = 20


class Overdispersion(NamedTuple):
    """Of each area ``z`` (chance alone) and ``z_adjusted``; of each set of areas, with a last axis of 1,
    ``phi`` (1 = chance alone), ``tau2`` (variance between areas, on the scale of the score) and
    ``has_few_areas``."""

    z: Numbers
    z_adjusted: Numbers
    phi: Numbers
    tau2: Numbers
    has_few_areas: NDArray[np.bool_]


def rate_overdispersion(observed: ArrayLike, expected: ArrayLike) -> Overdispersion:
    """Of ``observed`` events beside those ``expected`` at the national rate, on the square-root scale.

    Both ``[..., area]``. NaN in either, or nothing expected, leaves the area out and its z scores NaN; none
    observed is an ordinary value. Refuses numbers below zero. Fewer than two areas give NaN.

    Square roots 1.2 and .8 of 144/100 and 64/100, each .05 from a chance of 1/(2 x 10), lie 4 errors off:

    >>> rate_overdispersion([144, 64], [100, 100]).z.round(6)
    array([ 4., -4.])
    """
    observed, expected = as_counts("observed", observed), as_counts("expected", expected)
    score = np.sqrt(divide(observed, expected))
    return score_overdispersion(score, divide(1.0, 2 * np.sqrt(expected)), 1.0)


def proportion_overdispersion(count: ArrayLike, denominator: ArrayLike) -> Overdispersion:
    """Of proportions about that of all areas together, on the scale of arcsine of the square root.

    ``count`` of the ``denominator`` have the property, both ``[..., area]``. NaN in either, or a denominator
    of 0, leaves the area out. Refuses a count larger than its denominator and numbers below zero.

    >>> proportion_overdispersion([50, 50], [100, 100]).z
    array([0., 0.])
    """
    count, denominator = as_counts("count", count), as_counts("denominator", denominator)
    refuse_where(count > denominator, "count is larger than its denominator")
    share = divide(count, denominator)
    is_known = ~np.isnan(share)
    overall = divide(_sum(np.where(is_known, count, 0)), _sum(np.where(is_known, denominator, 0)))
    standard_error = divide(1.0, 2 * np.sqrt(denominator))
    return score_overdispersion(np.arcsin(np.sqrt(share)), standard_error, np.arcsin(np.sqrt(overall)))


def score_overdispersion(score: ArrayLike, standard_error: ArrayLike, target: ArrayLike) -> Overdispersion:
    """Of any scores whose errors are about normal: the shared rule.

    ``score`` and the ``standard_error`` chance gives it are ``[..., area]``; ``target``, what scores would
    centre on without differences, is one number or ``[..., 1]``. NaN in any, or an error of 0, leaves the
    area out.
    """
    score, standard_error = as_numbers("score", score), as_counts("standard_error", standard_error)
    z = divide(score - as_numbers("target", target), standard_error)
    is_known = ~np.isnan(z)
    areas = _sum(is_known.astype(float))
    weight = np.where(is_known, divide(1.0, standard_error**2), 0)
    phi = _winsorised_variance(z, areas) / _variance_left_by_winsorising()
    spread = _sum(weight) - divide(_sum(weight**2), _sum(weight))
    tau2 = divide(np.maximum(areas * phi - (areas - 1), 0), np.where(areas > 1, spread, np.nan))
    has_few_areas = areas < FEW_AREAS
    if has_few_areas.any():
        tau2 = np.where(has_few_areas & (areas > 1), _paule_mandel(score, standard_error, is_known), tau2)
    z_adjusted = (score - target) / np.sqrt(standard_error**2 + tau2)
    return Overdispersion(z, np.where(is_known, z_adjusted, np.nan), phi, tau2, has_few_areas)


def adjusted_rate_limits(expected: ArrayLike, tau2: ArrayLike, confidence: float = 0.998) -> Limits:
    """Funnel limits of observed/expected, with the ``tau2`` of ``rate_overdispersion``; NaN where none is
    expected.

    >>> lower, upper = adjusted_rate_limits([100], 0.01, confidence=0.95)
    >>> lower.round(4), upper.round(4)
    (array([0.6098]), array([1.4863]))
    """
    variance = divide(1.0, 4 * as_counts("expected", expected)) + as_counts("tau2", tau2)
    reach = normal_quantile(confidence) * np.sqrt(variance)
    return Limits(np.maximum(1 - reach, 0) ** 2, (1 + reach) ** 2)


def adjusted_proportion_limits(
    denominator: ArrayLike, overall: ArrayLike, tau2: ArrayLike, confidence: float = 0.998
) -> Limits:
    """Funnel limits about the ``overall`` share, with the ``tau2`` of ``proportion_overdispersion``.

    >>> lower, upper = adjusted_proportion_limits([100], 0.5, 0.0, confidence=0.95)
    >>> lower.round(4), upper.round(4)
    (array([0.4026]), array([0.5974]))
    """
    variance = divide(1.0, 4 * as_counts("denominator", denominator)) + as_counts("tau2", tau2)
    reach, middle = normal_quantile(confidence) * np.sqrt(variance), np.arcsin(np.sqrt(overall))
    lower, upper = (np.clip(end, 0, np.pi / 2) for end in (middle - reach, middle + reach))
    return Limits(np.sin(lower) ** 2, np.sin(upper) ** 2)


def _sum(numbers: Numbers) -> Numbers:
    return numbers.sum(axis=-1, keepdims=True)


def _variance_left_by_winsorising() -> float:
    """The variance of a standard normal once its outer tenths are drawn in (about .679)."""
    cut = -ndtri(WINSORISED)
    density = np.exp(-(cut**2) / 2) / np.sqrt(2 * np.pi)
    return float(2 * (0.5 - WINSORISED - cut * density) + 2 * WINSORISED * cut**2)


def _winsorised_variance(z: Numbers, areas: Numbers) -> Numbers:
    """Mean square of z about 0 with the ends drawn in. NaN without areas."""
    in_order = np.sort(z, axis=-1)  # missing ones come last
    low, high = (_quantile(in_order, areas, share) for share in (WINSORISED, 1 - WINSORISED))
    squares = np.clip(z, low, high) ** 2
    return divide(_sum(np.where(np.isnan(z), 0, squares)), areas)


def _quantile(in_order: Numbers, areas: Numbers, share: float) -> Numbers:
    """Type 7: the straight line between the two nearest of the known values."""
    place = share * np.maximum(areas - 1, 0)
    below = np.floor(place).astype(int)
    above = np.ceil(place).astype(int)
    at_below, at_above = (np.take_along_axis(in_order, at, axis=-1) for at in (below, above))
    return at_below + (place - below) * (at_above - at_below)


def _paule_mandel(score: Numbers, standard_error: Numbers, is_known: NDArray[np.bool_]) -> Numbers:
    """The variance between areas that brings weighted squares about their mean to the areas less one.

    The excess falls and flattens as the variance grows, so Newton's steps from 0 never pass the answer.
    """
    score, error2 = np.where(is_known, score, 0), np.where(is_known, standard_error**2, 1)
    freedom = _sum(is_known.astype(float)) - 1
    tau2 = np.zeros_like(freedom)
    for _ in range(100):
        weight = np.where(is_known, 1 / (error2 + tau2), 0)
        deviation2 = (score - divide(_sum(weight * score), _sum(weight))) ** 2
        excess, slope = _sum(weight * deviation2) - freedom, _sum(weight**2 * deviation2)
        step = np.where((excess > 0) & (slope > 0), divide(excess, slope), 0)
        tau2 = tau2 + step
        if not (step > 1e-13 * tau2).any():
            break
    return tau2
