"""How far a figure differs between the least and the most deprived, over everybody: SII and RII.

Use it with 5 to 100 groups ordered from least to most advantaged (deprivation deciles). The slope index of
inequality (SII) is the difference, in the figure's unit, along the line through all groups; the relative
index (RII) is the ratio of its two ends. ``slope_index`` is for values with a standard error (life
expectancy, means), ``slope_index_of_rates`` for rates and ``slope_index_of_proportions`` for proportions. A
SII below 0, and a RII below 1, say that the least advantaged have more: of a rate of illness or admission,
that they are worse off.

Not where the groups do not lie along a line: always draw them beside it. Not the ratio where the line comes
near 0. Not to compare areas with different groups; and all the difference between the groups is counted,
whoever could change it.

Formula::

    a = a group's share of the people;  b = share of people below its middle
    h = a (b - 1/2) / sum(a (b - 1/2)^2);  SII = sum(h x value), variance = sum(h^2 x error^2)
    least = the line's value at the least advantaged end = sum((a - h / 2) x value)
    most  = its value at the most advantaged end = least + SII;  RII = most / least
    variance of RII = sum(error^2 x (h / least - SII (a - h / 2) / least^2)^2)
    limits = SII -/+ z x error, and RII x exp(-/+ z x error / RII)

    rates: a log-normal error about each value;  proportions: a logistic-normal one, drawn 100,000 times

Source: Low & Low 2004, Journal of Public Health 26:388, 10.1093/pubmed/fdh175; Pamuk 1985, Population Studies
39:17, 10.1080/0032472031000141256; Hayes & Berry 2002, Journal of Epidemiology and Community Health 56:762,
10.1136/jech.56.10.762 (limits of the ratio).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from careatlas.methods.estimate import (
    Numbers,
    alike,
    as_counts,
    as_numbers,
    divide,
    refuse_where,
    require_axes,
)
from careatlas.methods.intervals import normal_quantile, tail

CHAPTER = "Variation"

FEWEST, MOST = 5, 100  # groups
AREAS_AT_ONCE = 50  # of 100,000 draws each, in memory


class SlopeIndex(NamedTuple):
    """Of each area, ``[...]``: the slope index ``sii`` (most advantaged less least) and the relative index
    ``rii`` (most over least) with their limits, the line's values ``at_least_advantaged`` and
    ``at_most_advantaged``, its two ends, and the ``reason`` for a missing ``sii``: ``value missing``,
    ``nobody in a group``, or none (empty).

    ``rii`` is also NaN where either end of the line is below 0 or cannot be told from it."""

    sii: Numbers
    sii_lower: Numbers
    sii_upper: Numbers
    rii: Numbers
    rii_lower: Numbers
    rii_upper: Numbers
    at_least_advantaged: Numbers
    at_most_advantaged: Numbers
    reason: NDArray[np.str_]


def slope_index(
    value: ArrayLike, standard_error: ArrayLike, population: ArrayLike, confidence: float = 0.95
) -> SlopeIndex:
    """Both indices of values with a normal error.

    ``value`` and its ``standard_error`` in one unit, and the ``population`` the group stands for, all
    ``[..., group]`` from least to most advantaged. A missing figure or a group of nobody leaves the area out,
    because the groups above it would slip down. Refuses fewer than 5 or more than 100 groups, and populations
    or errors below zero.

    Low & Low 2004.

    Five equal groups at 60, 63, 66, 69, 72 lie on the line from 58.5 to 73.5:

    >>> found = slope_index([60, 63, 66, 69, 72], [1, 1, 1, 1, 1], [10, 10, 10, 10, 10])
    >>> float(found.sii.round(6)), float(found.at_least_advantaged.round(6)), float(found.rii.round(4))
    (15.0, 58.5, 1.2564)
    """
    given = alike(as_numbers, value=value, standard_error=standard_error, population=population)
    as_counts("standard_error", given[1])
    value, error, population, reason = _prepare(*given)
    return _index(value, value, error**2, population, reason, confidence)


def slope_index_of_rates(
    value: ArrayLike, lower: ArrayLike, upper: ArrayLike, population: ArrayLike, confidence: float = 0.95
) -> SlopeIndex:
    """Both indices of rates, whose errors are about normal on the log scale.

    ``value`` with its 95 % limits ``lower`` and ``upper``, and ``population``, all ``[..., group]`` as in
    ``slope_index``. The limits are centred where the log-normal error has its mean, a little above the value.
    Refuses values and limits that are not above 0: a rate without events has no log. ``confidence`` is that
    of the answer.

    Low & Low 2004.

    With rates 10 to 50 the line through equal groups falls 50 from 55 to 5, if the least advantaged come
    first:

    >>> rate = np.array([50, 40, 30, 20, 10])
    >>> float(slope_index_of_rates(rate, 0.9 * rate, rate / 0.9, [1, 1, 1, 1, 1]).sii.round(6))
    -50.0
    """
    value, spread, population, reason = _prepare_by_limits(np.log, "above 0", value, lower, upper, population)
    middle = value * np.exp(spread**2 / 2)
    return _index(value, middle, middle**2 * np.expm1(spread**2), population, reason, confidence)


def slope_index_of_proportions(
    value: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    population: ArrayLike,
    confidence: float = 0.95,
    draws: int = 100_000,
    seed: int = 0,
) -> SlopeIndex:
    """Both indices of proportions (shares of 1), whose errors are about normal on the log-odds scale.

    ``value`` with its 95 % limits ``lower`` and ``upper``, and ``population``, all ``[..., group]`` as in
    ``slope_index``. The limits are quantiles of the indices of ``draws``, the same draws for every area.
    Refuses values and limits of 0 or 1 and beyond: they have no log-odds.

    Low & Low 2004.

    >>> share = np.array([0.3, 0.4, 0.5, 0.6, 0.7])
    >>> found = slope_index_of_proportions(share, share - 0.05, share + 0.05, [1, 1, 1, 1, 1])
    >>> float(found.sii.round(6)), bool(found.sii_lower < 0.5 < found.sii_upper)
    (0.5, True)
    """
    value, spread, population, reason = _prepare_by_limits(
        logit, "between 0 and 1", value, lower, upper, population
    )
    flat = [each.reshape(-1, value.shape[-1]) for each in (value, spread, population)]
    normal = np.random.default_rng(seed).standard_normal((draws, value.shape[-1]))
    limits = np.empty((4, len(flat[0])))
    for start in range(0, len(flat[0]), AREAS_AT_ONCE):
        part = slice(start, start + AREAS_AT_ONCE)
        limits[:, part] = _drawn_limits(normal, *(each[part] for each in flat), confidence)
    limits = limits.reshape(4, *value.shape[:-1])
    found = _index(value, value, (value * (1 - value) * spread) ** 2, population, reason, confidence)
    has_ratio = ~np.isnan(found.rii) & (limits[2] > 0) & np.isfinite(limits[3])
    ratio = (np.where(has_ratio, each, np.nan) for each in (found.rii, *limits[2:]))
    return SlopeIndex(found.sii, *limits[:2], *ratio, *found[6:8], reason)


def _prepare(value: Numbers, error: Numbers, population: Numbers) -> tuple:
    """All in one shape, and NaN or a standard population where an area is left out, with the reason."""
    value, error, population = np.broadcast_arrays(value, error, as_counts("population", population))
    require_axes("value", value, "group")
    groups = value.shape[-1]
    if not FEWEST <= groups <= MOST:
        raise ValueError(f"there must be {FEWEST} to {MOST} groups; there are {groups}")
    is_missing = np.isnan(value + error + population).any(axis=-1)
    is_empty = (population == 0).any(axis=-1)
    reason = np.select([is_missing, is_empty], ["value missing", "nobody in a group"], "")
    is_out = (is_missing | is_empty)[..., None]
    return np.where(is_out, np.nan, value), error, np.where(is_out, 1.0, population), reason


def _prepare_by_limits(scale, allowed: str, value, lower, upper, population) -> tuple:
    """As ``_prepare``, with the standard error on the ``scale`` from the 95 % limits."""
    value, lower, upper, population = alike(
        as_numbers, value=value, lower=lower, upper=upper, population=population
    )
    for name, each in (("value", value), ("lower", lower), ("upper", upper)):
        is_wrong = (each <= 0) | ((each >= 1) & (scale is logit))
        refuse_where(is_wrong, f"{name} is not {allowed}")
    refuse_where(upper < lower, "upper is below lower")
    refuse_where((value < lower) | (value > upper), "value is not between its limits")
    spread = (scale(upper) - scale(lower)) / (2 * normal_quantile(0.95))
    return _prepare(value, spread, population)


def _weights(population: Numbers) -> tuple[Numbers, Numbers]:
    """What each group's value counts for in the slope, and in the start of the line."""
    share = population / population.sum(axis=-1, keepdims=True)
    place = np.cumsum(share, axis=-1) - share / 2 - 0.5
    slope = share * place / (share * place**2).sum(axis=-1, keepdims=True)
    return slope, share - slope / 2


def _index(value, middle, variance, population, reason, confidence: float) -> SlopeIndex:
    """Both indices of ``value``; the limits of the slope are centred on that of ``middle``."""
    z = normal_quantile(confidence)
    slope, start = _weights(population)
    sii, least = (slope * value).sum(axis=-1), (start * value).sum(axis=-1)
    most = least + sii
    reach = z * np.sqrt((slope**2 * variance).sum(axis=-1))
    centre = (slope * middle).sum(axis=-1)
    low_reach, high_reach = (
        z * np.sqrt((weight**2 * variance).sum(axis=-1)) for weight in (start, start + slope)
    )
    has_ratio = (least > low_reach) & (most > high_reach)
    below = np.where(has_ratio, least, np.nan)
    rii = most / below
    per_value = slope / below[..., None] - start * (sii / below**2)[..., None]
    factor = np.exp(z * np.sqrt((per_value**2 * variance).sum(axis=-1)) / rii)
    return SlopeIndex(
        sii, centre - reach, centre + reach, rii, divide(rii, factor), rii * factor, least, most, reason
    )


def _drawn_limits(
    normal: Numbers, value: Numbers, spread: Numbers, population: Numbers, confidence: float
) -> Numbers:
    """Limits of the slope and of the ratio, ``[4, area]``, by draws. A line that starts at or below 0 has an
    endless ratio, one that ends there has none."""
    slope, start = _weights(population)
    sii, least = np.zeros((len(value), len(normal))), np.zeros((len(value), len(normal)))
    for group in range(value.shape[-1]):
        drawn = expit(logit(value[:, group, None]) + spread[:, group, None] * normal[:, group])
        sii += slope[:, group, None] * drawn
        least += start[:, group, None] * drawn
    ends = [tail(confidence), 1 - tail(confidence)]
    with np.errstate(invalid="ignore"):
        ratio = np.where(least > 0, np.maximum(least + sii, 0) / np.abs(least), np.inf)
        return np.concatenate([np.quantile(each, ends, axis=-1) for each in (sii, ratio)])
