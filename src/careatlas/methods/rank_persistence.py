"""Whether areas keep their places: from fifth to fifth, between windows of years, and over all periods.

Use it to say in plain words how much of a league table is the same league table later ("of 21 areas in the
highest fifth, 9 still are"), beside what chance alone would keep there; and where two or three periods are
too few for ``persistence``.

Not between windows that share a period: they agree with themselves. Not without the chance-only table: small
areas swing furthest, so chance alone fills the outer fifths with the same small areas again and again.

Formula::

    share(a, b) = areas that went from fifth a to fifth b / areas that were in fifth a, with Wilson's limits
    rank correlation = correlation of the ranks in one window and in the next;
        limits tanh(atanh r -/+ z x sqrt((1 + r^2 / 2) / (areas - 3)))
    W = sum over areas of (sum of ranks - its mean)^2
        / (periods x sum over areas and periods of (rank - mean rank)^2)

Source: Spearman 1904, 10.2307/1412159; Bonett & Wright 2000, 10.1007/BF02294183 (its limits); Kendall &
Babington Smith 1939, 10.1214/aoms/1177732186 (W); Wilson 1927, 10.1080/01621459.1927.10502953.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import (
    Estimate,
    Numbers,
    alike,
    as_numbers,
    counts_with_axes,
    divide,
    require_axes,
    whole_number,
)
from careatlas.methods.intervals import normal_quantile, wilson_limits
from careatlas.methods.persistence import Persistence

CHAPTER = "Variation"
FIFTHS = 5
AT_A_TIME = 50  # simulated countries


class Transitions(NamedTuple):
    """``[..., fifth, later fifth]``, lowest values first: ``count`` of areas, and the ``share`` of the areas of
    a fifth that it is, with 95 % limits. A fifth without areas has NaN."""

    count: Numbers
    share: Numbers
    lower: Numbers
    upper: Numbers


def transitions(first: ArrayLike, later: ArrayLike, confidence: float = 0.95) -> Transitions:
    """Of the areas of each fifth, in which fifth they are later.

    ``first`` and ``later`` values ``[..., area]``, of periods that do not overlap. Only areas known in both
    count, and the fifths are theirs. Ties share the middle rank, so equal values are in one fifth.

    Wilson 1927, 10.1080/01621459.1927.10502953.

    Five areas, the lowest two of which change places:

    >>> transitions([1, 2, 3, 4, 5], [2, 1, 3, 4, 5]).count[:3, :3]
    array([[0., 1., 0.],
           [1., 0., 0.],
           [0., 0., 1.]])
    """
    first, later = np.broadcast_arrays(*alike(as_numbers, first=first, later=later))
    require_axes("first", first, "area")
    is_known = ~np.isnan(first + later)
    count = _count_transitions(np.where(is_known, first, np.nan), np.where(is_known, later, np.nan))
    areas = np.broadcast_to(count.sum(axis=-1, keepdims=True), count.shape)
    return Transitions(count, divide(count, areas), *wilson_limits(count, areas, confidence))


def chance_transitions(found: Persistence, replicates: int = 1000, seed: int = 0) -> Numbers:
    """The shares of ``transitions`` from the first to the last period if areas differed by chance alone.

    ``found`` by ``persistence``; the answer ``[..., fifth, later fifth]``. Areas of one size would go
    anywhere, a fifth to each; small ones are in the outer fifths more often than that.

    Five areas of one size, each as likely in any fifth:

    >>> from careatlas.methods.persistence import persistence
    >>> found = persistence([[900] * 4, [950] * 4, [1000] * 4, [1050] * 4, [1100] * 4], [[1000] * 4] * 5)
    >>> chance_transitions(found, replicates=4000).round(1)[0]
    array([0.2, 0.2, 0.2, 0.2, 0.2])
    """
    return _simulated_transitions(found, 0.0, replicates, seed)


def fitted_transitions(found: Persistence, replicates: int = 1000, seed: int = 0) -> Numbers:
    """The shares of ``transitions`` from the first to the last period that the fitted ``persistence`` expects.

    As ``chance_transitions``, with the variances found. Where the counted shares lie far from these, the
    model does not describe the areas.

    Five areas that never change and lie several errors apart: nearly all of the highest stay so.

    >>> from careatlas.methods.persistence import persistence
    >>> found = persistence([[400] * 4, [700] * 4, [1000] * 4, [1500] * 4, [2500] * 4], [[1000] * 4] * 5)
    >>> bool(fitted_transitions(found)[4, 4] > 0.9)
    True
    """
    return _simulated_transitions(found, 1.0, replicates, seed)


def window_correlation(
    observed: ArrayLike, expected: ArrayLike, periods_per_window: int, confidence: float = 0.95
) -> Estimate:
    """The correlation of the areas' ranks in each window of periods with those in the next.

    ``observed`` and ``expected`` events ``[..., area, period]``, in order of time; windows do not overlap and
    are counted back from the last period, so the oldest periods may be left over. The answer
    ``[..., windows - 1]``. Within a window an area has the ratio of its known periods together, without those in
    which nothing was expected. Pairs of windows with fewer than four areas in both, or with all areas equal, are
    NaN; so are the limits of a correlation of 1 or -1, which a handful of areas may have by chance. Refuses fewer
    than two windows.

    Bonett & Wright 2000, 10.1007/BF02294183.

    Ranks 1 2 3 4 5 become 2 1 3 4 5: differences 1 and 1, and 1 - 6 x 2 / (5 x 24) = .9:

    >>> window_correlation([[1, 2], [2, 1], [3, 3], [4, 4], [5, 5]], [[10, 10]] * 5, 1).value.round(4)
    array([0.9])
    """
    observed, expected = counts_with_axes("area", "period", observed=observed, expected=expected)
    windows = observed.shape[-1] // max(periods_per_window, 1)
    if periods_per_window < 1 or windows < 2:
        raise ValueError(f"{observed.shape[-1]} periods hold no two windows of {periods_per_window}")
    is_known = ~np.isnan(observed) & (expected > 0)
    events, reference = (
        np.where(is_known, each, 0)[..., -windows * periods_per_window :]
        .reshape(*each.shape[:-1], windows, periods_per_window)
        .sum(axis=-1)
        for each in (observed, expected)
    )
    ratio = np.swapaxes(divide(events, reference), -1, -2)  # [..., window, area]
    return _rank_correlation(ratio[..., :-1, :], ratio[..., 1:, :], confidence)


def kendall_w(value: ArrayLike) -> Numbers:
    """How far all periods agree on the order of the areas: 1 when fully, about 1 / periods by chance.

    ``value`` ``[..., area, period]``; the answer ``[...]``. Areas not known in every period are left out;
    ties share the middle rank and are allowed for. Fewer than two areas or periods, or no differences, give
    NaN.

    Kendall & Babington Smith 1939, 10.1214/aoms/1177732186.

    Orders 1 2 3, 1 2 3 and 1 3 2: sums of ranks 3, 7 and 8 about 6, so 14 / (3 x 6):

    >>> round(float(kendall_w([[1, 1, 1], [2, 2, 3], [3, 3, 2]])), 4)
    0.7778
    """
    value = as_numbers("value", value)
    require_axes("value", value, "area", "period")
    is_known = ~np.isnan(value).any(axis=-1, keepdims=True)
    deviation = _centred_ranks(np.swapaxes(np.where(is_known, value, np.nan), -1, -2))  # [..., period, area]
    periods = value.shape[-1] if value.shape[-1] > 1 else np.nan
    agreement = (deviation.sum(axis=-2) ** 2).sum(axis=-1)
    return divide(agreement, periods * (deviation**2).sum(axis=(-1, -2)))


def _rank_correlation(first: Numbers, later: Numbers, confidence: float) -> Estimate:
    is_known = ~np.isnan(first + later)
    one, other = (_centred_ranks(np.where(is_known, each, np.nan)) for each in (first, later))
    spread = np.sqrt((one**2).sum(axis=-1) * (other**2).sum(axis=-1))
    areas = is_known.sum(axis=-1).astype(float)
    r = np.where(areas > 3, divide((one * other).sum(axis=-1), spread), np.nan)
    reach = normal_quantile(confidence) * np.sqrt(divide(1 + r**2 / 2, areas - 3))
    middle = np.arctanh(np.where(np.abs(r) < 1 - 1e-12, r, np.nan))
    return Estimate(r, np.tanh(middle - reach), np.tanh(middle + reach))


def _ranks(value: Numbers) -> Numbers:
    """From 1, lowest first; ties share the middle rank, NaN has none."""
    from scipy.stats import rankdata

    is_known = ~np.isnan(value)
    return np.where(is_known, rankdata(np.where(is_known, value, np.inf), axis=-1), np.nan)


def _centred_ranks(value: Numbers) -> Numbers:
    """Ranks less their mean; 0 where missing."""
    ranks, areas = _ranks(value), (~np.isnan(value)).sum(axis=-1, keepdims=True)
    return np.nan_to_num(ranks - (areas + 1) / 2)


def _count_transitions(first: Numbers, later: Numbers) -> Numbers:
    areas = np.maximum((~np.isnan(first)).sum(axis=-1, keepdims=True), 1)
    fifths = (
        np.floor(FIFTHS * (_ranks(each) - 0.5) / areas)[..., None] == np.arange(FIFTHS)
        for each in (first, later)
    )
    was, became = (each.astype(float) for each in fifths)
    return np.swapaxes(was, -1, -2) @ became


def _simulated_transitions(found: Persistence, differing: float, replicates: int, seed: int) -> Numbers:
    rng = np.random.default_rng(seed)
    areas, periods = found.deviation.shape[-2:]
    chance, ends = found.chance[..., [0, -1]], np.array([-1, 1]) * (periods - 1) / 2
    permanent, drift, come_and_go = (
        differing * each[..., None, None] for each in (found.permanent, found.drift, found.come_and_go)
    )
    count = np.zeros((*found.permanent.shape, FIFTHS, FIFTHS))
    for drawn in _in_batches(whole_number("replicates", replicates, fewest=1)):
        # The same noise for every map: then a map has the same answer alone as among others.
        noise = rng.standard_normal((drawn, *[1] * permanent[..., 0, 0].ndim, 4 * areas))
        u, d, new = np.split(noise, [areas, 2 * areas], axis=-1)
        new = new.reshape(*new.shape[:-1], areas, 2)
        score = np.sqrt(permanent) * u[..., None] + np.sqrt(drift) * d[..., None] * ends
        score = score + np.sqrt(come_and_go + chance) * new
        is_known = ~np.isnan(score).any(axis=-1, keepdims=True)
        score = np.where(is_known, score, np.nan)
        count += _count_transitions(score[..., 0], score[..., 1]).sum(axis=0)
    return divide(count, count.sum(axis=-1, keepdims=True))


def _in_batches(replicates: int) -> list[int]:
    """So many replicates at a time: all at once would not fit into memory, one by one takes ten times as long."""
    whole, rest = divmod(replicates, AT_A_TIME)
    return [AT_A_TIME] * whole + [rest] * (rest > 0)
