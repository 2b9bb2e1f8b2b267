"""What the ratio of each area may really be, drawn many times, with chance and coming and going taken out.

Use it for any question about several areas at once (a gap to peers, a place, a sum): work the question in every
draw, and look at the spread of the answers. ``opportunity`` does.

Not where neighbours resemble one another and counts are small: draws of a map (``spatial_smoothing``) know
more. Not for areas that change over time: all periods are one ratio here.

Formula::

    ratio(area) ~ Gamma(k observed + a, k expected + a x sum of k expected / sum of k observed)
        a = 1 / variance between areas, by maximum likelihood; none where areas are alike: all have that level
        k = 1 / (1 + swing x sum of expected^2 / sum of expected), sums over the area's periods
    swing = (sum of (O - m)^2 / m - f x sum of (1 - s)) / (f x sum of m (1 - s)), if positive
        m = expected x the area's ratio over all periods; s = the period's share of the area's expected
        f = 1 - 1 / areas, as each period's national level was fitted too

Source: Clayton & Kaldor 1987, 10.2307/2532003 (the Gamma posterior); Böhning, Malzahn, Sarol, Rattanasiri & Biggeri
2002, Annals of the Institute of Statistical Mathematics 54:827 (variances by moments, weighted by expected).
"""

from math import prod

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import (
    Numbers,
    as_counts,
    counts_with_axes,
    divide,
    require_axes,
    whole_number,
)
from careatlas.methods.negative_binomial import negative_binomial

CHAPTER = "Smoothing and maps"


def smoothed_draws(observed: ArrayLike, expected: ArrayLike, draws: int = 1000, seed: int = 0) -> Numbers:
    """Draws ``[..., draw, area]`` of the ratios that ``observed`` and ``expected`` ``[..., area, period]``
    allow.

    Gamma posteriors of all periods together. Their prior is the variance between areas by maximum likelihood;
    events count for less by how much areas swing from period to period beyond chance (one period cannot
    show that). Where areas differ no more than chance, all are drawn alike, at the national level.

    Clayton & Kaldor 1987, 10.2307/2532003.

    >>> smoothed_draws([[100, 100], [100, 100], [100, 100]], [[100, 100]] * 3, draws=2)
    array([[1., 1., 1.],
           [1., 1., 1.]])
    """
    whole_number("draws", draws, fewest=1)
    observed, expected = at_national_level(observed, expected)
    events, reference = total(observed), total(expected)
    kept = share_kept(expected, swing(observed, expected)[..., None])
    events, reference = events * kept, reference * kept
    level = divide(_over_areas(events), _over_areas(reference))
    variance = negative_binomial(events, reference).variance[..., None]
    prior = divide(1.0, variance)  # NaN where areas are alike
    shape, rate = events + prior, reference + prior / level
    *leading, areas = shape.shape
    maps = prod(leading)
    gamma = np.empty((maps, draws, areas))
    for one, of_map in zip(gamma, np.nan_to_num(shape).reshape(maps, areas), strict=True):
        # A generator for each map: then it has the same answer alone as among others.
        one[:] = np.random.default_rng(seed).standard_gamma(of_map, (draws, areas))
    theta = divide(gamma.reshape(*leading, draws, areas), rate[..., None, :])
    theta = np.where(np.isnan(theta), level[..., None, :], theta)
    return np.where(np.isnan(kept)[..., None, :], np.nan, theta)


def swing(observed: ArrayLike, expected: ArrayLike) -> Numbers:
    """The variance of areas' true ratios from period to period, beyond chance, by moments.

    ``observed`` and ``expected`` events ``[..., area, period]``; the answer ``[...]`` is relative: .01 is
    swings of 10 %. 0 with one period, or where periods differ no more than chance; NaN where nothing is known.

    Two areas, 80 and 120 about 100 a period: four squares of 4 less 1 (one degree of freedom, for areas and
    periods each lose one), over 4 x 100 x 1/2 x 1/2:

    >>> float(swing([[80, 120], [120, 80]], [[100, 100], [100, 100]]))
    0.15
    """
    observed, expected = at_national_level(observed, expected)
    mean = expected * divide(total(observed), total(expected))[..., None]
    weight = np.where(mean > 0, 1 - divide(expected, total(expected)[..., None]), np.nan)
    areas = (~np.isnan(weight)).any(axis=-1).sum(axis=-1).astype(float)
    lost = 1 - divide(1.0, areas)  # the national level of each period was fitted too
    squares = np.nansum(divide((observed - mean) ** 2, mean), axis=(-1, -2))
    excess = squares - lost * np.nansum(weight, axis=(-1, -2))
    found = divide(excess, lost * np.nansum(weight * mean, axis=(-1, -2)))
    return np.where(areas > 0, np.maximum(np.nan_to_num(found), 0), np.nan)


def share_kept(expected: ArrayLike, swing: ArrayLike) -> Numbers:
    """The share of an area's events that count, given how far it swings from period to period.

    ``expected`` ``[..., area, period]``, ``swing`` a relative variance that broadcasts to ``[..., area]``.
    NaN where nothing is expected in any period. However many events a period has, it tells no more than 1 /
    swing of them would.

    A period of 100 events and a swing of .01 is half chance, half coming and going:

    >>> share_kept([[100, 100]], 0.01)
    array([0.5])
    """
    expected = as_counts("expected", expected)
    require_axes("expected", expected, "period")
    return 1 / (1 + as_counts("swing", swing) * divide(total(expected**2), total(expected)))


def at_national_level(observed: ArrayLike, expected: ArrayLike) -> tuple[Numbers, Numbers]:
    """Both NaN where either is or nothing is expected; expected scaled to the sum of events each period.

    Arguments ``[..., area, period]``. A period without events tells nothing, and is NaN.

    >>> observed, expected = at_national_level([[1], [3], [None]], [[1], [1], [1]])
    >>> observed.ravel(), expected.ravel()
    (array([ 1.,  3., nan]), array([ 2.,  2., nan]))
    """
    observed, expected = counts_with_axes("area", "period", observed=observed, expected=expected)
    is_known = ~np.isnan(observed) & (expected > 0)
    events, reference = (
        np.where(is_known, each, 0).sum(axis=-2, keepdims=True) for each in (observed, expected)
    )
    is_known &= events > 0
    return (
        np.where(is_known, observed, np.nan),
        np.where(is_known, expected, np.nan) * divide(events, reference),
    )


def total(numbers: Numbers) -> Numbers:
    """Over the last axis, of what is known; NaN without any.

    >>> total(np.array([[1, np.nan], [np.nan, np.nan]]))
    array([ 1., nan])
    """
    return np.where(np.isnan(numbers).all(axis=-1), np.nan, np.nansum(numbers, axis=-1))


def _over_areas(numbers: Numbers) -> Numbers:
    return np.nansum(numbers, axis=-1, keepdims=True)
