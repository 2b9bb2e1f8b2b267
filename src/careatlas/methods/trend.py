"""Whether a figure has risen or fallen over its last five points, by the rule Fingertips publishes.

Use it for five or more yearly figures, to show the arrow that Fingertips shows: ``recent_trend`` for a value
with its 95 % limits, ``recent_proportion_trend`` for counts.

Not for overlapping periods (three-year averages share data and always seem to trend), nor for monthly series
(``spc``), nor as a forecast. Not for a nation, or any area so large that chance is nothing: where its years
differ by 1 % for no reason, 45 in 100 such series are called a trend. ``area_trends`` says how fast, and
allows for that.

Formula::

    weight = (3.92 / (upper - lower))^2        t = 1, 2, 3, 4, 5 of the last five valid points
    D = sum(weight) x sum(weight t^2) - sum(weight t)^2
    slope = (sum(weight) x sum(weight t value) - sum(weight t) x sum(weight value)) / D
    chi square = slope^2 x D / sum(weight)
    a trend if chi square > 9.5495 (p = .002) and the slope keeps its sign when any one point is left out

    proportions: chi square = N (N sum(c t) - R sum(n t))^2 / (R (N - R) (N sum(n t^2) - sum(n t)^2)),
    c of n at each point, R = sum(c), N = sum(n); the slopes are those of log(c / (n - c)), unweighted

Source: Fingertips (Office for Health Improvement and Disparities), recent trends, and its published source
code; Armitage 1955, Biometrics 11:375, 10.2307/3001775 (trend in proportions).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import Numbers, alike, as_numbers, divide, refuse_where, require_axes

CHAPTER = "Time"

POINTS = 5
CHI_SQUARE_AT_998 = 9.54953570608324  # p = .002 at one degree of freedom
DIRECTIONS = ("cannot_be_calculated", "increasing", "decreasing", "no_change")  # in the order of the codes
ALL_AND_EACH_LEFT_OUT = np.vstack([np.ones(POINTS), 1 - np.eye(POINTS)])
ROUNDING = 1e-12  # share of its terms that a slope of nought may be out by


class RecentTrend(NamedTuple):
    """Of each series: Fingertips' ``code`` (0 to 3) and its ``direction`` in words, and the ``slope`` a point
    and ``chi_square`` it rests on, NaN where it cannot be calculated."""

    code: NDArray[np.int8]
    direction: NDArray[np.str_]
    slope: Numbers
    chi_square: Numbers


def recent_trend(value: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> RecentTrend:
    """The direction of the last five valid points, by values and their 95 % limits.

    All ``[..., period]``, oldest first, in one unit; the result is ``[...]``. A point is valid where value
    and both limits are known; gaps between valid points are ignored, as Fingertips does. Fewer than five:
    cannot be calculated. Refuses limits that do not lie apart in the last five, because their weight would be
    endless.

    Fingertips, comparator methods other than 5.

    Values 1 to 5, limits .98 to each side: a weight of 4 each, so D = 20 x 220 - 60^2 = 800, slope 1 and
    chi square 1 x 800 / 20 = 40:

    >>> found = recent_trend([1, 2, 3, 4, 5], [0.02, 1.02, 2.02, 3.02, 4.02], [1.98, 2.98, 3.98, 4.98, 5.98])
    >>> str(found.direction), float(found.chi_square.round(6))
    ('increasing', 40.0)
    """
    value, lower, upper = np.broadcast_arrays(*alike(as_numbers, value=value, lower=lower, upper=upper))
    require_axes("value", value, "period")
    is_valid = ~np.isnan(value + lower + upper)
    has_five, value, width = _last_five(is_valid, value, upper - lower)
    refuse_where(width <= 0, "upper is not above lower, counting the last five valid points,")
    weight = (2 * 1.96 / width) ** 2
    slopes, signs = _slopes(weight, value)
    time = np.arange(1.0, POINTS + 1)
    weights = weight.sum(axis=-1)
    spread = weights * (weight * time**2).sum(axis=-1) - (weight * time).sum(axis=-1) ** 2
    return _verdict(has_five, slopes, signs, slopes[..., 0] ** 2 * spread / weights)


def recent_proportion_trend(count: ArrayLike, denominator: ArrayLike) -> RecentTrend:
    """The direction of the last five valid points of a proportion, by the chi-square test for trend.

    ``count`` of the ``denominator`` have the property, both ``[..., period]``, oldest first; the result is
    ``[...]``, its slope on the log-odds scale. A point is valid where both are known and the denominator is
    above 0. Fewer than five, or none or all having the property at one of them (no log-odds): cannot be
    calculated. Refuses a count above its denominator and numbers below zero.

    Fingertips, comparator method 5; the direction is that of the slope of all five points.

    10, 20, 30, 40, 50 of 100: N = 500, R = 150, sum(ct) = 550, sum(nt) = 1500, sum(nt^2) = 5500, so
    500 x (500 x 550 - 150 x 1500)^2 / (150 x 350 x (500 x 5500 - 1500^2)) = 47.62:

    >>> found = recent_proportion_trend([10, 20, 30, 40, 50], [100, 100, 100, 100, 100])
    >>> str(found.direction), float(found.chi_square.round(2))
    ('increasing', 47.62)
    """
    count, denominator = np.broadcast_arrays(*alike(count=count, denominator=denominator))
    require_axes("count", count, "period")
    refuse_where(count > denominator, "count is larger than its denominator")
    is_valid = ~np.isnan(count) & (denominator > 0)
    has_five, count, denominator = _last_five(is_valid, count, denominator)
    has_odds = ((count > 0) & (count < denominator)).all(axis=-1)
    odds = np.where(has_odds[..., None], divide(count, denominator - count), 1)
    slopes, signs = _slopes(np.ones(POINTS), np.log(odds))
    return _verdict(has_five & has_odds, slopes, signs, _armitage(count, denominator))


def _last_five(is_valid: NDArray[np.bool_], *series: Numbers) -> tuple:
    """Whether there are five valid points, and the last five of each series; ones where there are not."""
    missing = max(POINTS - is_valid.shape[-1], 0)
    pad = [(0, 0)] * (is_valid.ndim - 1) + [(missing, 0)]
    is_valid = np.pad(is_valid, pad)
    last = np.argsort(is_valid, axis=-1, kind="stable")[..., -POINTS:]  # the valid ones last, in their order
    has_five = is_valid.sum(axis=-1) >= POINTS
    taken = (np.take_along_axis(np.pad(each, pad), last, axis=-1) for each in series)
    return has_five, *(np.where(has_five[..., None], each, 1.0) for each in taken)


def _slopes(weight: Numbers, value: Numbers) -> tuple[Numbers, NDArray[np.int_]]:
    """Weighted slopes ``[..., 6]`` of all points and with each left out, and the sum of their signs."""
    kept = weight[..., None, :] * ALL_AND_EACH_LEFT_OUT
    value, time = value[..., None, :], np.arange(1.0, POINTS + 1)
    total, at = kept.sum(axis=-1), (kept * time).sum(axis=-1)
    rise = total * (kept * time * value).sum(axis=-1) - at * (kept * value).sum(axis=-1)
    terms = total * (kept * time * np.abs(value)).sum(axis=-1)
    signs = np.where(rise < -ROUNDING * terms, -1, 1)  # a slope of 0 counts as rising, as in Fingertips
    return rise / (total * (kept * time**2).sum(axis=-1) - at**2), signs.sum(axis=-1)


def _armitage(count: Numbers, denominator: Numbers) -> Numbers:
    time = np.arange(1.0, POINTS + 1)
    people, events = denominator.sum(axis=-1), count.sum(axis=-1)
    rise = people * (count * time).sum(axis=-1) - events * (denominator * time).sum(axis=-1)
    spread = people * (denominator * time**2).sum(axis=-1) - (denominator * time).sum(axis=-1) ** 2
    return divide(people * rise**2, events * (people - events) * spread)


def _verdict(can: NDArray[np.bool_], slopes: Numbers, signs: Numbers, chi_square: Numbers) -> RecentTrend:
    slope = slopes[..., 0]
    is_trend = (chi_square > CHI_SQUARE_AT_998) & (np.abs(signs) == len(ALL_AND_EACH_LEFT_OUT))
    code = np.select([~can, is_trend & (slope > 0), is_trend & (slope < 0)], [0, 1, 2], 3)
    slope, chi_square = (np.where(can, each, np.nan) for each in (slope, chi_square))
    return RecentTrend(code.astype(np.int8), np.array(DIRECTIONS)[code], slope, chi_square)
