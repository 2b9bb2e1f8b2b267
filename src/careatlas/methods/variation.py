"""How much areas vary: every index in use, each beside what chance alone would show.

Use it to say whether a map holds more than noise before anyone reads it. Every index rises by chance, the
ratio of the highest to the lowest most of all (2.1 among 106 areas that expect 50 events each and differ in
nothing), so none is printed without ``chance_only``. The variance of true rates by maximum likelihood
(``variance``, and ``median_rate_ratio``, its plain reading) and the systematic component (``scv``) have
chance taken off; ``shrunk_fold`` is the honest form of "five-fold". Rates standardised directly, and
proportions, come in by ``events_of_rates`` and ``events_of_proportions``. Here people will do for expected,
because both are scaled to one sum; ``overdispersion`` and ``funnel`` do not scale, and take events only.

Not for saying how much of the variation is unwarranted, and not to compare maps by max/min or by chi-square,
which grow with the number of areas and of events. Below eight areas only max/min is given.

Formula::

    ratio = observed / expected, expected scaled so that both have one sum
    max_min           = highest ratio / lowest ratio
    trimmed_fold      = the same without the areas / 30 highest and lowest (5 of 151, 4 of 106)
    fold_5_95         = 95 % quantile / 5 % quantile of the ratios;  fold_25_75 = 75 % / 25 %
    weighted_cv       = root of sum expected (ratio - 1)^2 / sum expected
    scv               = mean[(ratio - 1)^2 - 1 / expected];  below 0: not above chance
    weighted_scv      = the same, weighted by expected
    log_scv           = mean[(ln ratio)^2 - 1 / expected]
    variance          = that of true ratios, by maximum likelihood (see negative_binomial)
    median_rate_ratio = exp(root(2 ln(1 + variance)) x .6745): the median ratio of two areas drawn at random
    shrunk_fold       = fold_5_95 of (observed + 1 / variance) / (expected + 1 / variance)
    chi_square        = sum (observed - expected)^2 / expected
    partition         = m variance / (1 + m variance), m the mean of expected: the share of the variance of
                        counts that is not chance
    chance alone      : observed ~ Poisson(expected), every index again, 1,000 times
    p                 = (1 + number of those as high) / (1,000 + 1)

Source: McPherson, Wennberg et al 1982, New England Journal of Medicine 307:1310,
10.1056/NEJM198211183072104; Diehr et al 1990, Health Services Research 24:741; Coory & Gibberd 1998,
Statistics in Medicine 17:2625; Ibanez et al 2009, 10.1186/1472-6963-9-60; Leckie et al 2020, Psychological
Methods 25:787, 10.1037/met0000265; the median ratio: Larsen & Merlo 2005, 10.1093/aje/kwi017.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods._variation_indices import Indices, of_whole_maps, quantile, readings
from careatlas.methods.estimate import (
    Numbers,
    counts_with_axes,
    divide,
    refuse_where,
    whole_number,
)
from careatlas.methods.intervals import count_limits, tail
from careatlas.methods.negative_binomial import known_counts, variance_limits

CHAPTER = "Variation"
ROUNDING = 1e-9  # share of itself by which an index may be out
DRAWN_AT_ONCE = 20_000  # counts: what fits the processor's cache, whatever the number of maps and areas


class ChanceOnly(NamedTuple):
    """What every index would be by chance alone: its ``mean``, the ``lower`` and ``upper`` end of its 95 %
    range, and ``p``, how often chance gives as much as observed. An index that chance alone leaves undefined
    (a fold, where an area may have no event) has no mean."""

    mean: Indices
    lower: Indices
    upper: Indices
    p: Indices


class IndexLimits(NamedTuple):
    """Lower and upper limits of every index."""

    lower: Indices
    upper: Indices


class Events(NamedTuple):
    """``observed`` events and those ``expected`` at the average, of which a Poisson count varies by chance as
    the values given do. Not whole numbers."""

    observed: Numbers
    expected: Numbers


def indices(observed: ArrayLike, expected: ArrayLike) -> Indices:
    """Every index of variation of ``observed`` events beside those ``expected`` at the average rate.

    Both ``[..., area]``. People will do for expected (the indices are then those of crude rates): they are
    scaled so that observed and expected have one sum. NaN in either, or nothing expected, leaves the area
    out. Counts need not be whole. Refuses numbers below zero and events where none can be expected.

    Ten areas, ratios .8 and 1.2: 1.2/.8 = 1.5, and the variance .04 less 1/100 for chance:

    >>> found = indices([80, 120] * 5, [100] * 10)
    >>> float(found.max_min.round(2)), float(found.scv.round(4))
    (1.5, 0.03)
    """
    observed, expected, is_known = known_counts(observed, expected)
    areas = is_known.sum(axis=-1)
    found = np.full((len(Indices._fields), *areas.shape), np.nan)
    for size in np.unique(areas[areas > 0]):  # maps with as many areas are worked together, without gaps
        rows = areas == size
        given = (each[rows][is_known[rows]].reshape(-1, size) for each in (observed, expected))
        found[:, rows] = of_whole_maps(*given)
    return Indices(*np.where(np.isfinite(found), found, np.nan))


def chance_only(
    observed: ArrayLike, expected: ArrayLike, replicates: int = 1000, seed: int = 0
) -> ChanceOnly:
    """What every index would be if areas differed in nothing: its mean, 95 % range, and p of the one observed.

    As ``indices``; each field is ``[...]``. Counts are drawn anew from Poisson laws of ``expected``
    (scaled), every map from the same seed, so that a map has the same answer alone and among others. Memory
    does not grow with the number of maps. p is never below 1 / (replicates + 1).

    >>> chance = chance_only([60, 140] * 5, [100] * 10, replicates=200)
    >>> float(chance.p.variance.round(3)), bool(chance.upper.variance < 0.05)
    (0.005, True)
    """
    replicates = whole_number("replicates", replicates, fewest=1)
    found = indices(observed, expected)
    summary = np.full((4, len(found), *found.max_min.shape), np.nan)
    for place, row_expected in _each_map(observed, expected):
        drawn = _drawn(row_expected, 0.0, replicates, seed)
        now = np.array([index[place] for index in found])
        # Equal but for rounding is as high, and so is what is not defined: a map drawn without an event.
        is_lower = drawn < (now - ROUNDING * np.abs(now))[:, None]
        p = (1 + (~is_lower).sum(axis=1)) / (replicates + 1)
        summary[:, :, *place] = [
            drawn.mean(axis=1),
            *_quantiles(drawn, 0.95),
            np.where(np.isnan(now), np.nan, p),
        ]
    return ChanceOnly(*(Indices(*np.where(np.isfinite(each), each, np.nan)) for each in summary))


def limits(
    observed: ArrayLike, expected: ArrayLike, confidence: float = 0.95, replicates: int = 1000, seed: int = 0
) -> IndexLimits:
    """Limits of every index, were areas and events drawn again with the variance found.

    As ``chance_only``, with counts from negative binomial laws. The variance, and the median rate ratio and
    partition that follow from it, have the limits of their likelihood (``variance_limits``), which cover the
    truth more often; those of ``scv`` cover it 91-99 % of the time. What still includes chance (max/min,
    the folds, the coefficient of variation, chi-square) has limits of itself, and not of true rates.

    >>> lower, upper = limits([60, 140] * 5, [100] * 10, replicates=200)
    >>> bool(lower.scv < 0.15 < upper.scv)
    True
    """
    replicates = whole_number("replicates", replicates, fewest=1)
    found = indices(observed, expected)
    ends = np.full((2, len(found), *found.max_min.shape), np.nan)
    mean_expected = np.full(found.max_min.shape, np.nan)
    for place, row_expected in _each_map(observed, expected):
        mean_expected[place] = row_expected.mean()
        if np.isfinite(found.variance[place]):
            drawn = _drawn(row_expected, float(found.variance[place]), replicates, seed)
            ends[:, :, *place] = _quantiles(drawn, confidence)
    ends = np.where(np.isfinite(ends) & np.isfinite(found), ends, np.nan)
    ends_of_variance = np.where(
        np.isnan(found.variance), np.nan, variance_limits(observed, expected, confidence)
    )
    return IndexLimits(
        *(
            Indices(*end)._replace(**readings(variance, mean_expected))
            for end, variance in zip(ends, ends_of_variance, strict=True)
        )
    )


def events_of_rates(
    value: ArrayLike, lower: ArrayLike, upper: ArrayLike, count: ArrayLike, confidence: float = 0.95
) -> Events:
    """The events of a crude rate as precise as each directly standardised rate: what ``indices`` and
    ``chance_only`` take in place of counts.

    All ``[..., area]``: the rate, its limits at ``confidence`` as ``directly_standardised_rate`` gives them,
    and the ``count`` it rests on. Weights make such a rate vary more than its count does, and the upper limit
    says by how much (the lower may have been cut at 0). NaN in any, or a rate of zero, which says nothing of its
    own precision, gives NaN. Refuses limits that do not enclose their value.

    Of a crude rate they are the events themselves, and what was expected at the average of 30 / 2,000:

    >>> from careatlas.methods.crude_rate import crude_rate
    >>> events = events_of_rates(*crude_rate([10, 20], [1000, 1000]), [10, 20])
    >>> events.observed.round(6), events.expected.round(6)
    (array([10., 20.]), array([15., 15.]))
    """
    value, lower, upper, count = counts_with_axes("area", value=value, lower=lower, upper=upper, count=count)
    refuse_where((lower > value) | (value > upper), "value does not lie between its limits")
    spread = divide(upper - value + 0 * lower, count_limits(count, confidence).upper - count)
    observed = divide(value**2, count * spread**2)
    people = divide(observed, value)
    average = divide(*(np.nansum(each, axis=-1, keepdims=True) for each in (observed, people)))
    return Events(observed, people * average)


def events_of_proportions(count: ArrayLike, denominator: ArrayLike) -> Events:
    """The events of a rate as precise as each proportion: what ``indices`` and ``chance_only`` take in place
    of counts.

    ``count`` of the ``denominator`` have the property, ``[..., area]``. A share of 90 % varies by chance far
    less than the count it rests on. NaN in either, or a denominator of 0, gives NaN, and so does all of every
    denominator, which cannot vary. Refuses a count larger than its denominator and numbers below zero.

    At a share of .9 the variance of share / .9 is (.1 / .9) / 100, that of 900 events beside 900 expected:

    >>> events_of_proportions([92, 88], [100, 100]).expected.round(6)
    array([900., 900.])
    """
    count, denominator = counts_with_axes("area", count=count, denominator=denominator)
    refuse_where(count > denominator, "count is larger than its denominator")
    is_known = (count >= 0) & (denominator > 0)
    count, denominator = (np.where(is_known, each, np.nan) for each in (count, denominator))
    overall = divide(*(np.nansum(each, axis=-1, keepdims=True) for each in (count, denominator)))
    return Events(divide(count, 1 - overall), divide(denominator * overall, 1 - overall))


def fold(value: ArrayLike, trimmed: int = 0) -> Numbers:
    """The highest value over the lowest, ``[...]``, once the ``trimmed`` highest and lowest are left out.

    ``value`` ``[..., area]``; NaN is left out. The atlases of 2010 trimmed 5 of 151 at each end: print how
    many, and the untrimmed ratio beside it. NaN where the lowest is zero or fewer than two values are left.
    Refuses values below zero and fewer than none to leave out.

    >>> fold([1, 2, 3, 4, 8]), fold([1, 2, 3, 4, 8], trimmed=1)
    (array(8.), array(2.))
    """
    (value,) = counts_with_axes("area", value=value)
    trimmed = whole_number("trimmed", trimmed, fewest=0)
    if value.shape[-1] <= 2 * trimmed:
        return np.full(value.shape[:-1], np.nan)
    in_order = np.sort(value, axis=-1)  # missing ones come last
    last = (~np.isnan(in_order)).sum(axis=-1, keepdims=True) - 1 - trimmed
    highest = np.take_along_axis(in_order, np.maximum(last, 0), axis=-1)[..., 0]
    return divide(np.where(last[..., 0] > trimmed, highest, np.nan), in_order[..., trimmed])


def _each_map(observed: ArrayLike, expected: ArrayLike) -> Iterator[tuple[tuple[int, ...], Numbers]]:
    """The place of each map and what is expected in its known areas; maps without an event are passed over."""
    observed, expected, is_known = known_counts(observed, expected)
    for place in np.ndindex(observed.shape[:-1]):
        if observed[place].sum() > 0:
            yield place, expected[place][is_known[place]]


def _drawn(expected: Numbers, variance: float, replicates: int, seed: int) -> Numbers:
    """Every index ``[index, replicate]`` of counts drawn about ``expected`` ``[area]``."""
    rng = np.random.default_rng(seed)
    rows = max(1, DRAWN_AT_ONCE // expected.size)
    drawn = []
    for start in range(0, replicates, rows):
        size = (min(rows, replicates - start), expected.size)
        truth = rng.gamma(1 / variance, variance, size) if variance > 0 else 1.0
        observed = rng.poisson(expected * truth, size).astype(float)
        scale = observed.sum(axis=-1, keepdims=True) / expected.sum()
        drawn.append(of_whole_maps(observed, expected * scale))
    return np.concatenate(drawn, axis=1)


def _quantiles(drawn: Numbers, confidence: float) -> Numbers:
    """Lower and upper end ``[2, index]`` of replicates; NaN or infinite where they are not all defined."""
    in_order = np.sort(drawn, axis=-1)
    with np.errstate(invalid="ignore"):
        return np.array([quantile(in_order, share) for share in (tail(confidence), 1 - tail(confidence))])
