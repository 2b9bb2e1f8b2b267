"""Limits of a funnel plot, and whether an area lies outside: chance alone.

Use it to hold areas against one expected value: ``outlying`` and ``outlying_proportions`` flag by exact tails,
the limits are for drawing, and the sum of ``false_flag_chance`` over the areas is how many ordinary ones would
be flagged: print it on the plot.

Not with people for ``expected``, which are not scaled here and would leave every area with too few: multiply
them by the overall rate first. Not where areas differ for many small reasons: these limits then flag too
many, and ``overdispersion`` gives wider ones. Not the areas' own confidence intervals (Seaton & Manktelow
2012). The limits are conventions, which differ below about twenty expected events: name the one drawn. Do not
flag by the lines: a count has to be whole, so that an area beyond an interpolated line may be within chance.

Formula::

    flag        1 where P(count or more | expected) <= tail, -1 where P(count or fewer | expected) <= tail
    inverted    the expected numbers at which a count lies just at a tail
    precision   lower = (mean of which `expected` events or more have a chance of tail) / expected
                upper = (mean of which `expected` events or fewer have a chance of tail) / expected
    prediction  Poisson quantiles of the expected number at tail and 1 - tail, interpolated, / expected
                (of shares: binomial quantiles / denominator)
    proportion  (2 n p + z^2 -/+ z root(z^2 + 4 n p (1 - p))) / (2 (n + z^2)); n: denominator, p: overall share
    tail = (1 - confidence)/2

Source: Spiegelhalter 2005, Statistics in Medicine 24:1185, 10.1002/sim.1970; Seaton & Manktelow 2012, BMC Medical
Research Methodology 12:98, 10.1186/1471-2288-12-98.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, gammainc, gammaincc, gammainccinv, gammaincinv

from careatlas.methods.estimate import Limits, Numbers, alike, as_counts, divide, refuse_where
from careatlas.methods.intervals import as_part, exact_limits, tail, wilson_limits

CHAPTER = "Limits and outliers"


def outlying(observed: ArrayLike, expected: ArrayLike, confidence: float = 0.998) -> Numbers:
    """1 where observed events are too many for chance, -1 where too few, else 0; by the exact Poisson tails.

    ``observed`` and ``expected`` events, ``[..., area]``, by position. Not people: every area would then have
    too few. At 99.8 % each tail is .1 %; because counts are whole, in fact fewer are flagged. NaN in either,
    or nothing expected, gives NaN. Refuses numbers below zero.

    With 1 expected, 5 or more come by chance 3.7 times in a thousand, 6 or more .6 times:

    >>> outlying([5, 6], [1, 1]).tolist()
    [0.0, 1.0]
    """
    observed, expected = np.broadcast_arrays(*alike(observed=observed, expected=expected))
    flag = _flag(gammainc(observed, expected), gammaincc(observed + 1, expected), tail(confidence))
    return np.where(np.isnan(observed) | np.isnan(expected) | (expected == 0), np.nan, flag)


def outlying_proportions(
    count: ArrayLike, denominator: ArrayLike, overall: ArrayLike, confidence: float = 0.998
) -> Numbers:
    """1 where too many of the denominator have the property, -1 where too few, else 0; by binomial tails.

    ``count`` of the ``denominator`` ``[..., area]``; ``overall`` share (0 to 1), of shapes that broadcast. NaN
    in any, or a denominator of 0, gives NaN. Refuses a count larger than its denominator, a share outside 0 to
    1 and numbers below zero.

    Ten heads of ten come once in 1,024 throws; nine or more come 11 times, which is more than once in 1,000:

    >>> outlying_proportions([9, 10, 0], [10, 10, 10], 0.5).tolist()
    [0.0, 1.0, -1.0]
    """
    count, denominator, overall = np.broadcast_arrays(*as_part(count, denominator), _as_share(overall))
    chance = _binomial(denominator, overall)
    flag = _flag(chance.as_many(count), chance.as_few(count), tail(confidence))
    is_unknown = np.isnan(count) | np.isnan(denominator) | np.isnan(overall) | (denominator == 0)
    return np.where(is_unknown, np.nan, flag)


def false_flag_chance(expected: ArrayLike, confidence: float = 0.998) -> Numbers:
    """The chance that ``outlying`` flags an area in which nothing but chance is at work, exactly.

    ``expected`` events ``[..., area]``. Summed over areas it is the number of false flags a funnel must be read
    with. Never above 1 - confidence, and less where few are expected. NaN, or nothing expected, gives NaN.
    Refuses numbers below zero.

    With 1 expected only 6 or more are flagged, never too few: .000594:

    >>> false_flag_chance([1]).round(6)
    array([0.000594])
    """
    expected = as_counts("expected", expected)
    return _outside(_poisson(np.where(expected == 0, np.nan, expected)), tail(confidence))


def false_flag_chance_of_proportions(
    denominator: ArrayLike, overall: ArrayLike, confidence: float = 0.998
) -> Numbers:
    """The chance that ``outlying_proportions`` flags an area in which nothing but chance is at work, exactly.

    ``denominator`` ``[..., area]`` and ``overall`` share (0 to 1), of shapes that broadcast. NaN, or a
    denominator of 0, gives NaN. Refuses a share outside 0 to 1 and numbers below zero.

    Of ten throws only ten heads and none are flagged, once in 1,024 each:

    >>> false_flag_chance_of_proportions([10], 0.5).round(6)
    array([0.001953])
    """
    denominator, overall = np.broadcast_arrays(as_counts("denominator", denominator), _as_share(overall))
    return _outside(_binomial(np.where(denominator == 0, np.nan, denominator), overall), tail(confidence))


def inverted_limits(observed: ArrayLike, confidence: float = 0.998) -> Limits:
    """The expected counts at which ``observed`` events would lie just at a tail. For rates and ratios.

    Areas expected to have more than the upper, or fewer than the lower, have too few or too many. Any shape.
    NaN gives NaN. Refuses counts below zero.

    No events, where 3.689 were expected, have a chance of .025:

    >>> lower, upper = inverted_limits([0], confidence=0.95)
    >>> lower.round(3), upper.round(3)
    (array([0.]), array([3.689]))
    """
    return exact_limits(observed, confidence)


def precision_limits(expected: ArrayLike, confidence: float = 0.998) -> Limits:
    """Smooth limits of observed/expected at each precision, as the R package FunnelPlotR draws them.

    Any shape. NaN, or nothing expected, gives NaN. Refuses numbers below zero.

    >>> lower, upper = precision_limits([20], confidence=0.95)
    >>> lower.round(4), upper.round(4)
    (array([0.6108]), array([1.5444]))
    """
    expected = as_counts("expected", expected)
    expected = np.where(expected == 0, np.nan, expected)
    lower = gammaincinv(expected, tail(confidence)) / expected
    return Limits(lower, gammainccinv(expected + 1, tail(confidence)) / expected)


def prediction_limits(expected: ArrayLike, confidence: float = 0.998) -> Limits:
    """Limits of observed/expected between which chance keeps an area: interpolated Poisson quantiles.

    Any shape. The lower limit is 0 where even no events would not be too few. NaN, or nothing expected, gives
    NaN. Refuses numbers below zero. Above the upper line lie more ordinary areas than stated (``outlying`` flags
    fewer): a quantile is the last count that is not too many, and interpolation puts the line below it.

    Spiegelhalter 2005, 10.1002/sim.1970, appendix.

    With 1 expected, 4 events or fewer come 996.3 and 5 or fewer 999.4 times in 1,000: the limit at 999 lies
    5 - .4/3.1 = 4.87 of the way:

    >>> lower, upper = prediction_limits([1])
    >>> lower, upper.round(2)
    (array([0.]), array([4.87]))
    """
    expected = as_counts("expected", expected)
    known = np.where(expected == 0, np.nan, expected)
    lower, upper = _interpolated(_poisson(known), tail(confidence))
    return Limits(lower / known, upper / known)


def proportion_prediction_limits(
    denominator: ArrayLike, overall: ArrayLike, confidence: float = 0.998
) -> Limits:
    """Limits of a share between which chance keeps an area: interpolated binomial quantiles.

    ``denominator`` and ``overall`` share (0 to 1), of shapes that broadcast. NaN, or a denominator of 0, gives
    NaN. Refuses a share outside 0 to 1 and numbers below zero.

    Spiegelhalter 2005, 10.1002/sim.1970, appendix.

    Of ten throws 0, 1 and 2 heads or fewer come .1, 1.1 and 5.5 % of the time: 2.5 % lies 1.32 of the way:

    >>> lower, upper = proportion_prediction_limits([10], 0.5, confidence=0.95)
    >>> lower.round(3), upper.round(3)
    (array([0.132]), array([0.768]))
    """
    denominator, overall = np.broadcast_arrays(as_counts("denominator", denominator), _as_share(overall))
    known = np.where(denominator == 0, np.nan, denominator)
    lower, upper = _interpolated(_binomial(known, overall), tail(confidence))
    return Limits(lower / known, upper / known)


def proportion_limits(denominator: ArrayLike, overall: ArrayLike, confidence: float = 0.998) -> Limits:
    """Limits about the ``overall`` share (0 to 1) for areas of each ``denominator``: Wilson's, around that
    share.

    The convention of many published funnels, and lopsided the wrong way: about a share of 10 % in hundreds,
    5.8 % of ordinary areas lie below the lower limit of 95 % and 1.0 % above the upper, where 2.5 % are stated.
    ``proportion_prediction_limits`` are right. Shapes that broadcast. NaN, or a denominator of 0, gives NaN.
    Refuses a share outside 0 to 1.

    >>> lower, upper = proportion_limits([10], 0.5, confidence=0.95)
    >>> lower.round(4), upper.round(4)
    (array([0.2366]), array([0.7634]))
    """
    denominator, overall = as_counts("denominator", denominator), _as_share(overall)
    return wilson_limits(denominator * overall, denominator, confidence)


def _as_share(overall: ArrayLike) -> Numbers:
    overall = as_counts("overall", overall)
    refuse_where(overall > 1, "overall is above 1")
    return overall


def _flag(as_many: Numbers, as_few: Numbers, limit: float) -> Numbers:
    return np.where(as_many <= limit, 1.0, np.where(as_few <= limit, -1.0, 0.0))


class _Chance(NamedTuple):
    """Of counts under chance alone: their mean, and the chance of as many or more and of as few or fewer."""

    mean: Numbers
    as_many: Callable[[Numbers], Numbers]
    as_few: Callable[[Numbers], Numbers]


def _poisson(expected: Numbers) -> _Chance:
    return _Chance(
        expected,
        lambda count: gammainc(np.maximum(count, 0), expected),
        lambda count: gammaincc(np.maximum(count + 1, 0), expected),
    )


def _binomial(denominator: Numbers, share: Numbers) -> _Chance:
    def at_least(number: Numbers, chance: Numbers) -> Numbers:
        inside = betainc(np.maximum(number, 1e-300), np.maximum(denominator - number + 1, 1e-300), chance)
        return np.where(number <= 0, 1.0, np.where(number > denominator, 0.0, inside))

    return _Chance(
        denominator * share,
        lambda count: at_least(count, share),
        lambda count: at_least(denominator - count, 1 - share),
    )


def _outside(chance: _Chance, limit: float) -> Numbers:
    few, many = _outermost(chance, limit)
    return np.where(np.isnan(chance.mean), np.nan, chance.as_few(few) + chance.as_many(many))


def _outermost(chance: _Chance, limit: float) -> tuple[Numbers, Numbers]:
    """The largest count that is too few (-1: none is) and the smallest that is too many.

    Half of all counts lie within one of the mean or beyond it, and none forty standard deviations away.
    """
    reach = 40 * np.sqrt(chance.mean) + 40
    lowest, highest = np.maximum(np.floor(chance.mean - reach), -1), np.ceil(chance.mean + reach)
    few = _last(lambda count: chance.as_few(count) <= limit, lowest, np.ceil(chance.mean) + 1)
    many = _last(lambda count: chance.as_many(count) > limit, np.floor(chance.mean) - 2, highest) + 1
    return few, many


def _last(is_so: Callable[[Numbers], Numbers], low: Numbers, high: Numbers) -> Numbers:
    """The last whole number at which something is so, that is so at ``low`` and no more at ``high``."""
    while (high - low > np.maximum(1, 1e-15 * high)).any():
        middle = np.floor((low + high) / 2)
        so = is_so(middle)
        low, high = np.where(so, middle, low), np.where(so, high, middle)
    return low


def _interpolated(chance: _Chance, limit: float) -> tuple[Numbers, Numbers]:
    """Where between two counts the distribution reaches ``limit`` from below, and from above."""
    few, many = _outermost(chance, limit)
    outer, inner = chance.as_few(few), chance.as_few(few + 1)
    lower = few + divide(limit - outer, inner - outer)
    outer, inner = chance.as_many(many), chance.as_many(many - 1)
    upper = many - 1 - divide(limit - outer, inner - outer)
    return np.maximum(lower, 0), np.maximum(upper, 0)
