"""What the ratio of each area may really be, drawn many times, with chance and coming and going taken out.

Use it for any question about several areas at once (a gap to peers, a place, a sum): work the question in every
draw, and look at the spread of the answers. ``opportunity`` does.

Not where neighbours resemble one another and counts are small: draws of a map (``spatial_smoothing``) know
more. Not for areas that change over time: all periods are one ratio here.

Formula::

    ratio(area) ~ Gamma(k observed + a, k expected + a x sum of k expected / sum of k observed)
        a = 1 / variance between areas, by maximum likelihood; none where areas are alike: all have that level
        k = 1 / (1 + swing x A / sum of expected), sums over the area's periods
        A = sum over pairs of periods of expected x expected x c^(periods apart)
    swing = (sum of (O - m)^2 / m - f x sum of (1 - s)) / (f x sum of m (1 - A / (sum of expected)^2)), if positive
        m = expected x the area's ratio over all periods; s = the period's share of the area's expected
        f = 1 - 1 / areas, as each period's national level was fitted too
    c = how like the swing before it a swing is: at which neighbours' products (O - m)(O' - m') / sqrt(m m') are as
        large beside the squares as observed, with six periods and more than chance makes them (2 errors); else 0

Source: Clayton & Kaldor 1987, 10.2307/2532003 (the Gamma posterior); Böhning, Malzahn, Sarol, Rattanasiri & Biggeri
2002, Annals of the Institute of Statistical Mathematics 54:827 (variances by moments, weighted by expected).
"""

from math import prod

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import (
    Numbers,
    as_counts,
    as_numbers,
    counts_with_axes,
    divide,
    require_axes,
    whole_number,
)
from careatlas.methods.negative_binomial import negative_binomial

CHAPTER = "Smoothing and maps"
CARRIED, FEWEST_PERIODS, SHOWN = np.linspace(0, 0.9, 19), 6, 2.0  # shown: in errors of what chance gives


def smoothed_draws(observed: ArrayLike, expected: ArrayLike, draws: int = 1000, seed: int = 0) -> Numbers:
    """Draws ``[..., draw, area]`` of the ratios that ``observed`` and ``expected`` ``[..., area, period]``
    allow.

    Gamma posteriors of all periods together. Their prior is the variance between areas by maximum likelihood;
    events count for less by how much areas swing from period to period beyond chance (one period cannot
    show that), and for less again where a swing carries over to the next period. Where areas differ no more
    than chance, all are drawn alike, at the national level.

    Clayton & Kaldor 1987, 10.2307/2532003.

    >>> smoothed_draws([[100, 100], [100, 100], [100, 100]], [[100, 100]] * 3, draws=2)
    array([[1., 1., 1.],
           [1., 1., 1.]])
    """
    whole_number("draws", draws, fewest=1)
    observed, expected = at_national_level(observed, expected)
    events, reference = total(observed), total(expected)
    carried = carried_over(observed, expected)
    kept = share_kept(expected, swing(observed, expected, carried)[..., None], carried[..., None])
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


def swing(observed: ArrayLike, expected: ArrayLike, carried_over: ArrayLike = 0.0) -> Numbers:
    """The variance of areas' true ratios from period to period, beyond chance, by moments.

    ``observed`` and ``expected`` events ``[..., area, period]``, ``carried_over`` as the function of that name
    gives it; the answer ``[...]`` is relative: .01 is swings of 10 %. 0 with one period, or where periods differ no
    more than chance; NaN where nothing is known.

    Two areas, 80 and 120 about 100 a period: four squares of 4 less 1 (one degree of freedom, for areas and
    periods each lose one), over 4 x 100 x 1/2 x 1/2:

    >>> float(swing([[80, 120], [120, 80]], [[100, 100], [100, 100]]))
    0.15
    """
    mean, excess, left, areas = _beyond_chance(*at_national_level(observed, expected))
    together = _products(mean, as_numbers("carried_over", carried_over)[..., None])
    apart = 1 - divide(together, total(mean) ** 2)
    found = divide(excess, left * np.nansum(total(mean) * apart, axis=-1))
    return np.where(areas > 0, np.maximum(np.nan_to_num(found), 0), np.nan)


def carried_over(observed: ArrayLike, expected: ArrayLike) -> Numbers:
    """How much of a swing carries over to the next period: the correlation of neighbours, 0 to .9, by moments.

    ``observed`` and ``expected`` events ``[..., area, period]``, the answer ``[...]``. 0 with fewer than six
    periods, which cannot show it, and where neighbours resemble each other no more than chance makes them: then
    each swing is taken to come anew. Areas whose level changed half-way show as carrying over, for their periods
    are not so many separate witnesses.

    Areas that are high for three periods and low for three, by turns, and every other period:

    >>> spells = [[130, 130, 130, 70, 70, 70] * 2, [70, 70, 70, 130, 130, 130] * 2] * 5
    >>> turns = [[130, 70] * 6, [70, 130] * 6] * 5
    >>> float(carried_over(spells, [[100] * 12] * 10).round(2)), float(carried_over(turns, [[100] * 12] * 10))
    (0.71, 0.0)
    """
    observed, expected = at_national_level(observed, expected)
    mean, excess, left, _ = _beyond_chance(observed, expected)
    apart = (observed - mean) / np.sqrt(np.where(mean > 0, mean, np.nan))
    share = divide(mean, total(mean)[..., None])
    by_chance = left * np.nansum(np.sqrt(share[..., :-1] * share[..., 1:]), axis=(-1, -2))
    alike = np.nansum(apart[..., :-1] * apart[..., 1:], axis=(-1, -2)) + by_chance
    squares, products = (
        left[..., None] * np.stack(parts, axis=-1)
        for parts in zip(*(_swings_alone(mean, share, each) for each in CARRIED), strict=True)
    )
    variance = np.maximum(np.nan_to_num(divide(excess, squares[..., 0])), 0)
    spread = 1 + mean * variance[..., None, None]
    error = np.sqrt(np.nansum(spread[..., :-1] * spread[..., 1:], axis=(-1, -2)))
    has_enough = observed.shape[-1] >= FEWEST_PERIODS
    is_shown = has_enough & (excess > 0) & (alike - variance * products[..., 0] > SHOWN * error)
    found = _where_equal(np.where(is_shown, divide(alike, excess), -np.inf), divide(products, squares))
    return np.where(is_shown, found, 0.0)


def share_kept(expected: ArrayLike, swing: ArrayLike, carried_over: ArrayLike = 0.0) -> Numbers:
    """The share of an area's events that count, given how far it swings from period to period.

    ``expected`` ``[..., area, period]``; ``swing``, a relative variance, and ``carried_over`` broadcast to
    ``[..., area]``. NaN where nothing is expected in any period. However many events a period has, it tells no
    more than 1 / swing of them would.

    A period of 100 events and a swing of .01 is half chance, half coming and going:

    >>> share_kept([[100, 100]], 0.01), share_kept([[100, 100]], 0.01, carried_over=0.5)
    (array([0.5]), array([0.4]))
    """
    expected = as_counts("expected", expected)
    require_axes("expected", expected, "period")
    together = _products(expected, as_numbers("carried_over", carried_over))
    return 1 / (1 + as_counts("swing", swing) * divide(together, total(expected)))


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


def _beyond_chance(observed: Numbers, expected: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """``mean`` events if each area kept its ratio; the squares beyond chance about it; the share of squares that is
    left once each period's national level is fitted; and how many areas."""
    mean = expected * divide(total(observed), total(expected))[..., None]
    weight = np.where(mean > 0, 1 - divide(expected, total(expected)[..., None]), np.nan)
    areas = (~np.isnan(weight)).any(axis=-1).sum(axis=-1).astype(float)
    left = 1 - divide(1.0, areas)
    squares = np.nansum(divide((observed - mean) ** 2, mean), axis=(-1, -2))
    return mean, squares - left * np.nansum(weight, axis=(-1, -2)), left, areas


def _products(events: Numbers, carried_over: Numbers) -> Numbers:
    """Over all pairs of periods, the product of their events, times what carries over from one to the other."""
    of_period = total(events**2)
    periods = events.shape[-1]
    pairs = (
        np.nansum(events[..., lag:] * events[..., : periods - lag], axis=-1) for lag in range(1, periods)
    )
    return of_period + 2 * sum(carried_over**lag * each for lag, each in enumerate(pairs, 1))


def _swings_alone(mean: Numbers, share: Numbers, carried_over: float) -> tuple[Numbers, Numbers]:
    """What swings of variance 1 add to the sum of squares and to that of neighbours' products, about the mean of
    their area: it is fitted to them."""
    periods = np.arange(mean.shape[-1])
    alike = carried_over ** np.abs(np.subtract.outer(periods, periods))
    with_mean = np.nan_to_num(share) @ alike
    of_mean = np.nansum(share * with_mean, axis=-1, keepdims=True)
    neighbours = carried_over - with_mean[..., :-1] - with_mean[..., 1:] + of_mean
    products = np.sqrt(mean[..., :-1] * mean[..., 1:]) * neighbours
    squares = np.nansum(total(mean) * (1 - of_mean[..., 0]), axis=-1)
    return squares, np.nansum(products, axis=(-1, -2))


def _where_equal(wanted: Numbers, rising: Numbers) -> Numbers:
    """At which of ``CARRIED`` the last axis of ``rising`` comes to ``wanted`` ``[...]``."""
    interpolated = np.vectorize(np.interp, excluded=(2,), signature="(),(n)->()", otypes=[float])
    return interpolated(wanted, rising, CARRIED)


def _over_areas(numbers: Numbers) -> Numbers:
    return np.nansum(numbers, axis=-1, keepdims=True)
