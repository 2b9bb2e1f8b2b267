"""Where an area stands among the rest, and how far its place could be chance.

Rank 1 is the highest value whatever the polarity: the page says which end is better. Areas without a value
(missing, incomplete, hidden) have no rank, and the rest are ranked without them. Limits are pairwise: an area
could stand anywhere among those it cannot be told apart from, with all its comparisons allowed for at once.
Ranks of draws are narrower but too sure of themselves where areas are alike (coverage 78 % at a coefficient
of variation of .02). Below a tenth of the pairs told apart, show no ranks: "these areas cannot be
separated".

``rank_rates``, ``rank_proportions`` and ``rank_estimates`` add the variance between areas
(``overdispersion``) to that of chance. For chance alone give ``ranks`` a score and its own variance.

Mogstad, Romano, Shaikh & Wilhelm 2024, 10.1093/restud/rdad006; Goldstein & Spiegelhalter 1996,
10.2307/2983325.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from careatlas.methods.estimate import Numbers, as_counts, as_numbers, divide
from careatlas.methods.intervals import normal_quantile, tail
from careatlas.methods.overdispersion import (
    proportion_overdispersion,
    rate_overdispersion,
    score_overdispersion,
)


class Ranking(NamedTuple):
    """``rank``, ``lower`` and ``upper`` ``[..., area]``, NaN where unranked; ``separable_share``, of all
    pairs of ranked areas, and ``ranked_areas`` ``[...]``."""

    rank: Numbers
    lower: Numbers
    upper: Numbers
    separable_share: Numbers
    ranked_areas: Numbers


def rank_rates(count: ArrayLike, expected: ArrayLike) -> Ranking:
    """Ranks of count/expected: rates (expected at the national rate, or people) and standardised ratios.

    ``count`` and ``expected`` events, ``[..., area]``; told apart on the log scale. NaN, or nothing expected:
    no rank. Where people are given for expected, they are scaled to events first; ranks do not depend on the
    scale. Refuses numbers below zero.

    >>> rank_rates([150, 100, 50], [1000, 1000, 1000]).rank.tolist()
    [1.0, 2.0, 3.0]
    """
    count, expected = np.broadcast_arrays(as_counts("count", count), as_counts("expected", expected))
    value = divide(count, expected)
    is_known = ~np.isnan(value)
    events, reference = (np.where(is_known, n, 0).sum(axis=-1, keepdims=True) for n in (count, expected))
    expected = np.where(is_known, expected, np.nan) * divide(np.where(events > 0, events, 1), reference)
    tau2 = rate_overdispersion(count, expected).tau2
    # A root moves half as far as the logarithm (at observed = expected), so its variance is a quarter.
    return ranks(value, np.log(divide(count + 0.5, expected)), 1 / (count + 0.5) + 4 * np.nan_to_num(tau2))


def rank_proportions(count: ArrayLike, denominator: ArrayLike) -> Ranking:
    """Ranks of proportions, told apart on the scale of arcsine of the square root.

    ``count`` of the ``denominator`` have the property, ``[..., area]``. NaN, or a denominator of 0: no rank.
    Refuses a count larger than its denominator and numbers below zero.

    >>> rank_proportions([9, 5, 9], [10, 10, 10]).rank.tolist()
    [1.5, 3.0, 1.5]
    """
    count, denominator = as_counts("count", count), as_counts("denominator", denominator)
    share = divide(count, denominator)
    tau2 = proportion_overdispersion(count, denominator).tau2
    variance = divide(1.0, 4 * denominator) + np.nan_to_num(tau2)
    return ranks(share, np.arcsin(np.sqrt(share)), variance)


def rank_estimates(value: ArrayLike, lower: ArrayLike, upper: ArrayLike, confidence: float = 0.95) -> Ranking:
    """Ranks of values known by their limits (means, directly standardised rates), told apart on their own
    scale.

    All ``[..., area]``, the limits at ``confidence``. NaN in any: no rank.

    >>> rank_estimates([3, 9, 6], [2, 8, 5], [4, 10, 7]).rank.tolist()
    [3.0, 1.0, 2.0]
    """
    value, lower, upper = (as_numbers("value", each) for each in (value, lower, upper))
    standard_error = (upper - lower) / (2 * normal_quantile(confidence))
    weight = np.nan_to_num(divide(1.0, standard_error**2))
    centre = divide(
        (weight * np.nan_to_num(value)).sum(axis=-1, keepdims=True), weight.sum(axis=-1, keepdims=True)
    )
    tau2 = score_overdispersion(value, standard_error, centre).tau2
    return ranks(value, value, standard_error**2 + np.nan_to_num(tau2))


def rank_by_method(
    method: str,
    value: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    count: ArrayLike,
    denominator: ArrayLike,
) -> Ranking:
    """Ranks of values that ``method`` gave: proportions and rates by counts, others by their 95 % limits.

    All ``[..., area]``; NaN in what the method's ranking needs: no rank.

    >>> rank_by_method("mean", [3, 9], [2, 8], [4, 10], [30, 90], [10, 10]).rank.tolist()
    [2.0, 1.0]
    """
    if method == "proportion":
        return rank_proportions(count, denominator)
    if method in ("crude_rate", "need_weighted_rate"):
        return rank_rates(count, denominator)
    return rank_estimates(value, lower, upper)


def ranks(value: ArrayLike, score: ArrayLike, variance: ArrayLike, confidence: float = 0.95) -> Ranking:
    """Ranks of ``value`` (ties share the middle rank) with limits from its ``score``, a scale of normal
    error.

    All ``[..., area]``. NaN in any: no rank. One area ranks 1 and no pair exists, so the separable share is
    NaN. Errors are corrected for comparing each area with all others (Bonferroni).

    Scores 10 and 0 with variance 1 are 7 errors apart; 0 and 0.1 cannot be told apart:

    >>> ranking = ranks([30, 20, 21], [10, 0, 0.1], [1, 1, 1])
    >>> ranking.rank.tolist(), ranking.lower.tolist(), ranking.upper.tolist()
    ([1.0, 3.0, 2.0], [1.0, 2.0, 2.0], [1.0, 3.0, 3.0])
    """
    value, score, variance = np.broadcast_arrays(
        as_numbers("value", value), as_numbers("score", score), as_counts("variance", variance)
    )
    is_ranked = ~np.isnan(value + score + variance)
    value, score, variance = (np.where(is_ranked, each, np.nan) for each in (value, score, variance))
    areas = is_ranked.sum(axis=-1, keepdims=True).astype(float)
    apart = -ndtri(tail(confidence) / np.maximum(areas - 1, 1))

    rank, lower, upper = (np.full(value.shape, np.nan) for _ in range(3))
    pairs_apart = np.zeros(areas.shape)
    # One area against all at a time: the whole square would not fit in memory for 7,000 practices.
    for area in range(value.shape[-1]):
        own = slice(area, area + 1)
        difference = score[..., own] - score
        error = np.sqrt(variance[..., own] + variance)
        is_above = (value[..., own] > value) & (difference > apart * error)
        is_below = (value[..., own] < value) & (difference < -apart * error)
        ties = _count(value == value[..., own])
        rank[..., own] = 1 + _count(value > value[..., own]) + (ties - 1) / 2
        lower[..., own] = 1 + _count(is_below)
        upper[..., own] = areas - _count(is_above)
        pairs_apart += _count(is_above)
    rank, lower, upper = (np.where(is_ranked, each, np.nan) for each in (rank, lower, upper))
    separable_share = divide(pairs_apart, areas * (areas - 1) / 2)
    return Ranking(rank, lower, upper, separable_share[..., 0], areas[..., 0])


def _count(truths: np.ndarray) -> Numbers:
    return truths.sum(axis=-1, keepdims=True)
