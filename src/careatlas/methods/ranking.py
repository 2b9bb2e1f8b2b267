"""Where an area stands among the rest, and how far its place could be chance.

Use it to give an area's place with its limits, "between 12th and 61st of 106", and the areas it cannot be told
apart from. Limits are pairwise: an area could stand anywhere among
those it cannot be told apart from, with all its comparisons allowed for at once. Differences between areas that
have a hundred small reasons count as noise (``overdispersion``); ``chance_alone`` counts only chance.

Not where fewer than a tenth of the pairs can be told apart: ``standing`` says so, and the page then shows no
ranks ("these areas cannot be separated"). With differences between areas counted as noise that is the usual
case, because a spread is seldom wide beside itself. Not by draws: ranks of draws are narrower but too sure of
themselves where areas are alike (coverage 76 % at a coefficient of variation of .02). Rank 1 is the highest value
whatever the polarity: the page says which end is better. Areas without a value (missing, incomplete, hidden) have
no rank, and the rest are ranked without them.

Formula::

    y, v   = value on a scale of normal error, and its variance: of counts ln((count + .5) / expected) and
             1 / (count + .5); of proportions arcsin root p and 1 / (4 x denominator); else the value itself;
             plus the variance between areas, tau2
    apart  = difference of y / root(v + v of the other), beyond the normal quantile at 1 - .025 / (areas - 1)
    lower  = 1 + areas that are higher and apart
    upper  = areas ranked - areas that are lower and apart

Source: Mogstad, Romano, Shaikh & Wilhelm 2024, Review of Economic Studies 91:476, 10.1093/restud/rdad006;
Goldstein & Spiegelhalter 1996, JRSS A 159:385, 10.2307/2983325.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

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
from careatlas.methods.overdispersion import (
    proportion_overdispersion,
    rate_overdispersion,
    score_overdispersion,
)

CHAPTER = "Ranks and comparison"
FEWEST_PAIRS_APART = 0.1  # below it, no ranks are shown


class Ranking(NamedTuple):
    """``rank``, ``lower`` and ``upper`` ``[..., area]``, NaN where unranked; ``separable_share``, of all
    pairs of ranked areas, and ``ranked_areas`` ``[...]``."""

    rank: Numbers
    lower: Numbers
    upper: Numbers
    separable_share: Numbers
    ranked_areas: Numbers


class Scores(NamedTuple):
    """What ranks are made from, ``[..., area]``: ``value``, its ``score`` on a scale of normal error, and on that
    scale the variance by ``chance`` and ``between`` areas (tau2, one number a list)."""

    value: Numbers
    score: Numbers
    chance: Numbers
    between: Numbers


class Standing(NamedTuple):
    """The parts of a sentence. ``is_withheld`` ``[...]``: too few pairs can be told apart to show ranks; of each
    area, ``[..., area]``, whether it ``could_be_first`` or ``could_be_last``, and whether it ``is_apart`` from
    any other area at all."""

    is_withheld: NDArray[np.bool_]
    could_be_first: NDArray[np.bool_]
    could_be_last: NDArray[np.bool_]
    is_apart: NDArray[np.bool_]


def rank_rates(count: ArrayLike, expected: ArrayLike) -> Ranking:
    """Ranks of count/expected: rates (expected at the national rate, or people) and standardised ratios.

    ``count`` and ``expected`` events, ``[..., area]``; told apart on the log scale. NaN, or nothing expected:
    no rank. Where people are given for expected, they are scaled to events first; ranks do not depend on the
    scale. Refuses numbers below zero.

    >>> rank_rates([150, 100, 50], [1000, 1000, 1000]).rank.tolist()
    [1.0, 2.0, 3.0]
    """
    return _ranked(rate_scores(count, expected))


def rank_proportions(count: ArrayLike, denominator: ArrayLike) -> Ranking:
    """Ranks of proportions, told apart on the scale of arcsine of the square root.

    ``count`` of the ``denominator`` have the property, ``[..., area]``. NaN, or a denominator of 0: no rank.
    Refuses a count larger than its denominator and numbers below zero.

    >>> rank_proportions([9, 5, 9], [10, 10, 10]).rank.tolist()
    [1.5, 3.0, 1.5]
    """
    return _ranked(proportion_scores(count, denominator))


def rank_estimates(value: ArrayLike, lower: ArrayLike, upper: ArrayLike, confidence: float = 0.95) -> Ranking:
    """Ranks of values known by their limits (means, directly standardised rates), told apart on their own
    scale.

    All ``[..., area]``, the limits at ``confidence``. NaN in any: no rank. Refuses a lower limit above its upper.

    >>> rank_estimates([3, 9, 6], [2, 8, 5], [4, 10, 7]).rank.tolist()
    [3.0, 1.0, 2.0]
    """
    return _ranked(estimate_scores(value, lower, upper, confidence))


def chance_alone(scores: Scores) -> Ranking:
    """Ranks whose limits allow for chance only: whose figures differ, whatever the many small reasons.

    ``scores`` of ``rate_scores``, ``proportion_scores`` or ``estimate_scores``. Narrower than the others: say
    which is shown.

    Counts 400 and 100 of 1,000 are 27 errors of chance apart, and only as far apart as two areas are:

    >>> chance_alone(rate_scores([400, 100], [1000, 1000])).upper.tolist()
    [1.0, 2.0]
    >>> rank_rates([400, 100], [1000, 1000]).upper.tolist()
    [2.0, 2.0]
    """
    return ranks(scores.value, scores.score, scores.chance)


def standing(ranking: Ranking, fewest_pairs_apart: float = FEWEST_PAIRS_APART) -> Standing:
    """What may be said of a ranking in words: "any of these 14 areas could stand first".

    Fewer than ``fewest_pairs_apart`` of the pairs told apart, or no pair at all: ``is_withheld``. Unranked areas
    are none of the rest.

    Of three areas the first is apart from both; the other two could each be last:

    >>> parts = standing(ranks([30, 20, 21], [10, 0, 0.1], [1, 1, 1]))
    >>> bool(parts.is_withheld), parts.could_be_first.tolist(), parts.could_be_last.tolist()
    (False, [True, False, False], [False, True, True])
    """
    areas = np.asarray(ranking.ranked_areas)[..., None]
    width = ranking.upper - ranking.lower + 1
    return Standing(
        ~(np.asarray(ranking.separable_share) >= fewest_pairs_apart),
        ranking.lower == 1,
        ranking.upper == areas,
        width < areas,
    )


def not_apart_from(scores: Scores, area: int, confidence: float = 0.95) -> NDArray[np.bool_]:
    """Which areas cannot be told apart from one ``area`` (its position): "these k areas cannot be separated".

    ``[..., area]``, the area itself among them; all False where it is unranked. Variance between areas counts as
    noise, as in the ranks; put 0 for ``scores.between`` to allow for chance only. Refuses a position that no
    area has.

    >>> not_apart_from(Scores(*np.array([[30, 20, 21], [10, 0, 0.1], [1, 1, 1], [0, 0, 0]])), 1).tolist()
    [False, True, True]
    """
    value, score, variance, areas = ranked_parts(scores.value, scores.score, scores.chance + scores.between)
    if not 0 <= area < value.shape[-1]:
        raise ValueError(f"area must be one of 0 to {value.shape[-1] - 1}; it is {area}")
    is_above, is_below = _apart_from(area, value, score, variance, areas, confidence)
    is_ranked = ~np.isnan(value)
    return is_ranked & is_ranked[..., area : area + 1] & ~is_above & ~is_below


def rate_scores(count: ArrayLike, expected: ArrayLike) -> Scores:
    """What ``rank_rates`` ranks by: logarithms of count/expected."""
    count, expected = np.broadcast_arrays(*alike(count=count, expected=expected))
    value = divide(count, expected)
    is_known = ~np.isnan(value)
    events, reference = (np.where(is_known, n, 0).sum(axis=-1, keepdims=True) for n in (count, expected))
    expected = np.where(is_known, expected, np.nan) * divide(np.where(events > 0, events, 1), reference)
    tau2 = rate_overdispersion(count, expected).tau2
    # A root moves half as far as the logarithm (at observed = expected), so its variance is a quarter.
    score = np.log(divide(count + 0.5, expected))
    return Scores(value, score, 1 / (count + 0.5), 4 * np.nan_to_num(tau2))


def proportion_scores(count: ArrayLike, denominator: ArrayLike) -> Scores:
    """What ``rank_proportions`` ranks by: arcsines of the root."""
    count, denominator = alike(count=count, denominator=denominator)
    share = divide(count, denominator)
    tau2 = proportion_overdispersion(count, denominator).tau2
    return Scores(share, np.arcsin(np.sqrt(share)), divide(1.0, 4 * denominator), np.nan_to_num(tau2))


def estimate_scores(value: ArrayLike, lower: ArrayLike, upper: ArrayLike, confidence: float = 0.95) -> Scores:
    """What ``rank_estimates`` ranks by: the values, with standard errors from their limits."""
    value, lower, upper = alike(as_numbers, value=value, lower=lower, upper=upper)
    refuse_where(lower > upper, "lower is above upper")
    standard_error = (upper - lower) / (2 * normal_quantile(confidence))
    weight = np.nan_to_num(divide(1.0, standard_error**2))
    centre = divide(_count(weight * np.nan_to_num(value)), _count(weight))
    tau2 = score_overdispersion(value, standard_error, centre).tau2
    return Scores(value, value, standard_error**2, np.nan_to_num(tau2))


def _ranked(scores: Scores) -> Ranking:
    return ranks(scores.value, scores.score, scores.chance + scores.between)


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
    value, score, variance, areas = ranked_parts(value, score, variance)
    rank, lower, upper = (np.full(value.shape, np.nan) for _ in range(3))
    pairs_apart = np.zeros(areas.shape)
    # One area against all at a time: the whole square would not fit in memory for 7,000 practices.
    for area in range(value.shape[-1]):
        is_above, is_below = _apart_from(area, value, score, variance, areas, confidence)
        own = value[..., area : area + 1]
        rank[..., area] = (1 + _count(value > own) + (_count(value == own) - 1) / 2)[..., 0]
        lower[..., area] = 1 + _count(is_below)[..., 0]
        upper[..., area] = (areas - _count(is_above))[..., 0]
        pairs_apart += _count(is_above)
    rank, lower, upper = (np.where(np.isnan(value), np.nan, each) for each in (rank, lower, upper))
    separable_share = divide(pairs_apart, areas * (areas - 1) / 2)
    return Ranking(rank, lower, upper, separable_share[..., 0], areas[..., 0])


def ranked_parts(value: ArrayLike, score: ArrayLike, variance: ArrayLike) -> tuple[Numbers, ...]:
    """The three with one shape, all NaN where one is, and the number of areas that are left, ``[..., 1]``.

    >>> ranked_parts([3, None], [1, 2], 4)
    (array([ 3., nan]), array([ 1., nan]), array([ 4., nan]), array([1.]))
    """
    value, score, variance = np.broadcast_arrays(
        *alike(as_numbers, value=value, score=score, variance=variance)
    )
    as_counts("variance", variance)
    require_axes("value", value, "area")
    is_ranked = ~np.isnan(value + score + variance)
    value, score, variance = (np.where(is_ranked, each, np.nan) for each in (value, score, variance))
    return value, score, variance, _count(is_ranked).astype(float)


def _apart_from(
    area: int, value: Numbers, score: Numbers, variance: Numbers, areas: Numbers, confidence: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which areas this one is beyond doubt above, and which it is below."""
    own = slice(area, area + 1)
    apart = -ndtri(tail(confidence) / np.maximum(areas - 1, 1)) * np.sqrt(variance[..., own] + variance)
    difference = score[..., own] - score
    is_above = (value[..., own] > value) & (difference > apart)
    return is_above, (value[..., own] < value) & (difference < -apart)


def _count(truths: np.ndarray) -> Numbers:
    return truths.sum(axis=-1, keepdims=True)
