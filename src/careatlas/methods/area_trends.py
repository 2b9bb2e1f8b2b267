"""How fast each area's rate changes from period to period, and which changes stand out among all areas.

Use it for counts of every area over three or more equal periods: it asks whether a change is more than chance
and more than the ups and downs that all areas share. ``shrunk`` is the change to show and to compare areas by;
``q`` is what a list of changed areas rests on.

Not where the course is not steady: a rise and a fall leave no slope (look at the series, ``spc``). Not before
and after an event (``improvement``). An area among ten has a shrunk change that leans on few others, so
that its limits hold the truth 94 times in 100, not 95, where those differ much.

Formula::

    log(expected count) = log(denominator) + level + slope x period
    variance of a count = expected + dispersion x expected^2, one dispersion for all areas:
    the one that brings sum((count - expected)^2 / variance) to its degrees of freedom
    change = exp(slope);  p by Student's t;  q by Benjamini and Hochberg over the areas
    shrunk = mean of all areas + share kept x (slope - mean),
    share kept = slope variance / (slope variance + own variance), averaged over likely slope variances

Source: Breslow 1984, Applied Statistics 33:38, 10.2307/2347661 (variation beyond chance, by moments);
Morris 1983, JASA 78:47, 10.1080/01621459.1983.10477920 (every variance between areas as likely);
Benjamini & Hochberg 1995, JRSS B 57:289, 10.1111/j.2517-6161.1995.tb02031.x.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from careatlas.methods.estimate import Numbers, counts_with_axes, divide, refuse_where
from careatlas.methods.false_discovery import false_discovery
from careatlas.methods.intervals import normal_quantile

CHAPTER = "Time"

SHRINKAGE_STEPS = 50


class AreaTrends(NamedTuple):
    """Of each area, ``[..., area]``: ``change``, the ratio of one period to the one before (1.02: up 2 %), by
    its own data alone; ``shrunk``, the same drawn towards all areas, with ``lower`` and ``upper``; ``p`` of no
    change, and ``q``, the share of false findings if it and all with a smaller p are reported.

    Of each set of areas, with a last axis of 1: ``dispersion``, the squared coefficient of variation from
    period to period beyond chance, and ``slope_variance`` between areas on the log scale; NaN where none can
    be known."""

    change: Numbers
    shrunk: Numbers
    lower: Numbers
    upper: Numbers
    p: Numbers
    q: Numbers
    dispersion: Numbers
    slope_variance: Numbers


def area_trends(count: ArrayLike, denominator: ArrayLike, confidence: float = 0.95) -> AreaTrends:
    """How fast each area's rate changes from period to period, and which changes stand out among all areas.

    ``count`` events among the ``denominator`` (people, or events expected), both ``[..., area, period]``, the
    periods equally long and all there: a missing one is NaN. What varies from period to period beyond chance
    is estimated once for all areas. NaN where an area has fewer than three known periods, no event, or all its
    events in its first or in its last. A single area is not shrunk and has no ``slope_variance``. In simulation
    the limits hold the truth 94 to 100 times in 100. Refuses numbers below zero, and events where the
    denominator is 0.

    Breslow 1984 (moments of the negative binomial); Benjamini & Hochberg 1995.

    A rate that doubles every period changes by 2, one that halves by a half:

    >>> area_trends([[10, 20, 40, 80], [80, 40, 20, 10]], [[100] * 4] * 2).change.round(6)
    array([2. , 0.5])
    """
    count, denominator = counts_with_axes("area", "period", count=count, denominator=denominator)
    refuse_where((count > 0) & (denominator == 0), "events among nobody")
    reach = normal_quantile(confidence)
    is_used = ~np.isnan(count) & (denominator > 0)
    is_used &= _has_slope(np.where(is_used, count, 0), is_used)[..., None]
    slope, variance, dispersion, freedom = _log_linear_fit(count, denominator, is_used)
    p = 2 * stdtr(freedom, -np.abs(slope) / np.sqrt(variance))

    shrunk, error, between = _shrink(slope, variance)
    lower, upper = np.exp(shrunk - reach * error), np.exp(shrunk + reach * error)
    return AreaTrends(
        np.exp(slope),
        np.exp(shrunk),
        lower,
        upper,
        p,
        false_discovery(np.minimum(p, 1)),
        np.where(np.isnan(freedom), np.nan, dispersion[..., 0]),
        np.where(_sum(~np.isnan(slope)) > 1, between, np.nan),
    )


def _has_slope(count: Numbers, is_known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a slope exists: three periods, and events not all in the first or in the last of them."""
    if is_known.shape[-1] < 3:
        return np.zeros(is_known.shape[:-1], dtype=bool)
    first = np.argmax(is_known, axis=-1)[..., None]
    last = (is_known.shape[-1] - 1 - np.argmax(is_known[..., ::-1], axis=-1))[..., None]
    events = count.sum(axis=-1)
    ends = (np.take_along_axis(count, at, axis=-1)[..., 0] for at in (first, last))
    return (is_known.sum(axis=-1) >= 3) & np.logical_and.reduce([end < events for end in ends])


def _log_linear_fit(count: Numbers, denominator: Numbers, is_used: NDArray[np.bool_]) -> tuple:
    """Slopes, their variances, the dispersion shared by all areas and its degrees of freedom.

    Level and slope by Fisher scoring; after each step the dispersion that makes Pearson's chi-square equal
    its degrees of freedom. Both settle together.
    """
    count, people = np.where(is_used, count, 0), np.where(is_used, denominator, 0)
    time = np.arange(count.shape[-1], dtype=float)
    freedom = (is_used.sum(axis=-1) - 2.0 * is_used.any(axis=-1)).sum(axis=-1, keepdims=True)
    level = np.log(np.where(is_used.any(axis=-1), divide(count.sum(axis=-1), people.sum(axis=-1)), 1))
    slope, dispersion = np.zeros_like(level), np.zeros((*level.shape[:-1], 1, 1))
    for _ in range(200):
        expected = people * np.exp(level[..., None] + slope[..., None] * time)
        dispersion = _dispersion(count, expected, freedom[..., None], dispersion)
        weight = expected / (1 + dispersion * expected)
        total = np.where(weight.sum(axis=-1) > 0, weight.sum(axis=-1), np.nan)
        middle = (weight * time).sum(axis=-1) / total
        from_middle = time - middle[..., None]
        information = np.where(total > 0, (weight * from_middle**2).sum(axis=-1), np.nan)
        score = (count - expected) / (1 + dispersion * expected)
        step = np.clip((from_middle * score).sum(axis=-1) / information, -1, 1)
        middle_rise = np.clip(score.sum(axis=-1) / total, -1, 1)
        slope, level = slope + step, level + middle_rise - step * middle
        if not np.nanmax(np.abs([step, middle_rise]), initial=0) > 1e-11:
            break
    return slope, 1 / information, dispersion, np.where(freedom > 0, freedom, np.nan)


def _dispersion(count: Numbers, expected: Numbers, freedom: Numbers, start: Numbers) -> Numbers:
    """The dispersion that brings Pearson's chi-square to its degrees of freedom; 0 if it is below already.

    One step of Newton: chi-square falls and flattens as the dispersion grows, so steps from 0 approach.
    """
    variance = expected + start * expected**2
    squares = divide((count - expected) ** 2, variance)
    excess = np.nansum(squares, axis=(-2, -1), keepdims=True) - freedom
    slope = np.nansum(squares * divide(expected**2, variance), axis=(-2, -1), keepdims=True)
    return np.maximum(start + np.where(slope > 0, divide(excess, slope), 0), 0)


def _shrink(slope: Numbers, variance: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Slopes drawn towards the mean of all areas, their standard errors, and the variance between areas.

    Averaged over the variances there may be between areas: with the one best guess, which is often 0,
    intervals cover the truth too rarely.
    """
    is_known = ~np.isnan(slope)
    value, own_variance = np.where(is_known, slope, 0), np.where(is_known, variance, 0)
    precision = np.where(is_known, divide(1.0, own_variance), 0)
    between, likely = _variances_between(value, precision, is_known)  # [..., step, 1], [step, 1]
    precision = divide(precision[..., None, :], 1 + between * precision[..., None, :])
    total = np.maximum(_sum(precision), 1e-300)
    centre = _sum(precision * value[..., None, :]) / total
    distance = value[..., None, :] - centre
    log_weight = np.log(np.where(is_known[..., None, :], precision, 1)) - precision * distance**2
    log_weight = (_sum(log_weight) - np.log(total)) / 2
    weight = likely * np.exp(log_weight - log_weight.max(axis=-2, keepdims=True))
    weight = weight / weight.sum(axis=-2, keepdims=True)

    kept = precision * between
    mean = centre + kept * distance
    shrunk = (weight * mean).sum(axis=-2)
    spread = kept * own_variance[..., None, :] + (1 - kept) ** 2 / total + (mean - shrunk[..., None, :]) ** 2
    error2 = np.where(_sum(is_known) == 1, own_variance, (weight * spread).sum(axis=-2))
    hidden = np.where(is_known, 0, np.nan)
    return shrunk + hidden, np.sqrt(error2) + hidden, (weight * between).sum(axis=-2)


def _variances_between(
    value: Numbers, precision: Numbers, is_known: NDArray[np.bool_]
) -> tuple[Numbers, Numbers]:
    """Squares of even steps up to the largest distance, and how much of a flat prior on the variance each is."""
    middle = _sum(precision * value) / np.maximum(_sum(precision), 1e-300)
    widest = np.where(is_known, np.abs(value - middle), 0).max(axis=-1, keepdims=True, initial=0)
    place = (np.arange(SHRINKAGE_STEPS) + 0.5) / SHRINKAGE_STEPS
    return ((place * widest) ** 2)[..., None], place[:, None]


def _sum(numbers: np.ndarray) -> Numbers:
    return numbers.sum(axis=-1, keepdims=True)
