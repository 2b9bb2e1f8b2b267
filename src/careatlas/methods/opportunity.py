"""How many events an area would be spared, or would gain, if it did as well as the best of its peers.

Use it to say where an improvement is worth looking for, and how much it could be, with an interval. The best
peers are chosen on the earlier half of the periods, so that last year's luck is not taken for an example; all
ratios are smoothed by as much as chance, and coming and going from year to year, make them swing.

Not where neither high nor low is better, and not for adding up: opportunities of indicators that overlap are
the same people twice. With one period nothing is chosen beforehand: the amount is then shown beside the
amount that chance alone gives, and is never a headline. Areas with fewer than ten events, or without five
peers (``peers``), have none.

Formula::

    ratio(area) ~ Gamma(k observed + a, k expected + a / level), all periods together
        a = 1 / variance between areas; level = sum of k observed / sum of k expected
        k = 1 / (1 + variance from period to period x sum of expected^2 / sum of expected), and less where a
            swing carries over to the next period (``smoothed_draws``)
    benchmark = mean ratio of the five peers that were best in the earlier half of the periods
    gap = ratio - benchmark (where lower is better; benchmark - ratio where higher is)
    opportunity = max(0, gap) x events expected a period, in the later half
    headline: P(gap > 0) >= .95, and the median is more than the chance-only amount

In simulation (106 areas that vary by 5-20 %, four periods), declared are: of equal areas .1 %, of areas without
a gap under 2 %; of gaps of two standard errors as one period shows them 93-99 %, and of two errors of both
later periods together 79-91 %. What is declared sums to the truth within 5 %. A few odd areas among equal ones
are smoothed like the rest: 85 % and 36 %. In whole simulated countries, built from files, of twelve months whose
swings carry over: .4 % of areas without a gap, 99 % and 84 %; of two errors of all months together 66 %.

Source: Clayton & Kaldor 1987, 10.2307/2532003 (Gamma smoothing); Dropkin 2018, 10.1093/pubmed/fdx136 (the rule
it replaces finds opportunities in chance); Böhning, Malzahn, Sarol, Rattanasiri & Biggeri 2002,
Annals of the Institute of Statistical Mathematics 54:827 (variances by moments).
"""

from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods._best_peers import RUNGS, checked_peers, level_of_best, of_peers
from careatlas.methods.estimate import (
    Numbers,
    as_counts,
    as_numbers,
    divide,
    mean_of_known,
    require_axes,
    whole_number,
)
from careatlas.methods.smoothed_draws import at_national_level, smoothed_draws, total

CHAPTER = "Opportunity and benefit"
DIRECTION = {"lower_is_better": 1, "higher_is_better": -1}
FEWEST_EVENTS, SURE, ROUNDING = 10, 0.95, 1e-9
LARGEST_BLOCK = 2_000_000  # areas x peers x replicates worked at once


class Opportunity(NamedTuple):
    """``[..., area]``, in events a period: the ``median`` with ``lower`` and ``upper`` 95 % limits, and the
    ``chance_only`` amount; ``probability`` that there is a gap at all (NaN with one period), and
    ``is_headline``, whether it may be declared. NaN where an area has none.

    Never add them: opportunities of overlapping indicators are the same people twice, and so are rungs of the
    ladder; medians and limits do not add up to those of a sum."""

    median: Numbers
    lower: Numbers
    upper: Numbers
    probability: Numbers
    chance_only: Numbers
    is_headline: NDArray[np.bool_]


def opportunity(
    observed: ArrayLike,
    expected: ArrayLike,
    peers: ArrayLike,
    polarity: str,
    rung: str = "best_five",
    draws: int = 1000,
    seed: int = 0,
) -> Opportunity:
    """Against the best five of its peers, or another rung of ``ladder``.

    ``observed`` events and those ``expected`` at national rates, ``[..., area, period]`` in order of time;
    expected are scaled to each period's events. ``peers`` ``[area, place]``, positions with -1 for none, as
    ``peer`` of ``careatlas.methods.peers`` has them; ``polarity`` ``lower_is_better`` or ``higher_is_better``. NaN in
    either, or nothing expected, leaves an area out of that period. Refuses numbers below zero, peers that do
    not exist or are given twice, an area among its own peers, another polarity or rung.

    Six areas over two periods, one with half as many events again: about 500 a period more than its peers,
    less what smoothing takes off.

    >>> events = [[1500, 1500], [1000, 1000], [1000, 1000], [1000, 1000], [1000, 1000], [1000, 1000]]
    >>> others = [[other for other in range(6) if other != area] for area in range(6)]
    >>> found = opportunity(events, [[1000, 1000]] * 6, others, "lower_is_better")
    >>> found.median.round(-1), found.is_headline
    (array([490.,   0.,   0.,   0.,   0.,   0.]), array([ True, False, False, False, False, False]))
    """
    observed, expected = at_national_level(observed, expected)
    _, later = _halves(observed.shape[-1])
    order = best_first(_choosing_ratio(observed, expected), peers, polarity)
    theta = smoothed_draws(observed, expected, draws, seed)
    by_chance = chance_only(expected, peers, polarity, rung, seed=seed)
    found = opportunity_of_draws(theta, mean_of_known(expected[..., later]), order, polarity, by_chance, rung)
    has_enough = total(observed) >= FEWEST_EVENTS
    numbers = (np.where(has_enough, each, np.nan) for each in found[:-1])
    found = Opportunity(*numbers, found.is_headline & has_enough)
    if observed.shape[-1] > 1:
        return found
    # The best were chosen on the luck they are valued by: a size, but no evidence of a gap.
    return found._replace(
        probability=np.full_like(found.median, np.nan), is_headline=np.zeros_like(found.is_headline)
    )


def ladder(
    observed: ArrayLike,
    expected: ArrayLike,
    peers: ArrayLike,
    polarity: str,
    draws: int = 1000,
    seed: int = 0,
) -> Opportunity:
    """Against each of ``RUNGS``: ``[rung, ..., area]``, otherwise as ``opportunity``.

    Mean and median of all peers; then the means of the best five, the best quarter and the best tenth (3 and
    1 of ten), each chosen on the earlier periods.

    >>> events, others = [[1500, 1500]] + [[1000, 1000]] * 5, [[i for i in range(6) if i != j] for j in range(6)]
    >>> ladder(events, [[1000, 1000]] * 6, others, "lower_is_better").median.shape
    (5, 6)
    """
    each = [opportunity(observed, expected, peers, polarity, rung, draws, seed) for rung in RUNGS]
    return Opportunity(*(np.stack(parts) for parts in zip(*each, strict=True)))


def opportunity_of_draws(
    draws: ArrayLike,
    expected: ArrayLike,
    order: ArrayLike,
    polarity: str,
    chance_only: ArrayLike = 0.0,
    rung: str = "best_five",
) -> Opportunity:
    """The same from joint ``draws`` ``[..., draw, area]`` of ratios by any model, such as a map's.

    ``expected`` events a period ``[..., area]``, ``order`` of the peers by ``best_first``. Where order was
    taken from the very data that the draws know, the five owe their place partly to luck: choose earlier.

    Draws 1.2, 1.3 and 1.4 against peers at 1: gaps of .2, .3 and .4 of 100 events.

    >>> draws = [[1.2, 1, 1, 1, 1, 1], [1.3, 1, 1, 1, 1, 1], [1.4, 1, 1, 1, 1, 1]]
    >>> found = opportunity_of_draws(draws, [100] * 6, [[1, 2, 3, 4, 5]] + [[-1] * 5] * 5, "lower_is_better")
    >>> found.median[:2].round(6), found.probability[:2]
    (array([30., nan]), array([ 1., nan]))
    """
    draws, expected = as_numbers("draws", draws), as_counts("expected", expected)
    require_axes("draws", draws, "draw", "area")
    order = checked_peers("order", order, draws.shape[-1])
    gap = _direction(polarity) * (draws - level_of_best(draws, order, rung))
    gap = np.where(np.abs(gap) > ROUNDING * np.abs(draws), gap, 0 * gap)  # alike is no gap, also in rounding
    lower, median, upper = np.quantile(np.maximum(gap, 0), [0.025, 0.5, 0.975], axis=-2) * expected
    probability = np.where(np.isnan(median), np.nan, (gap > 0).mean(axis=-2))
    by_chance = np.where(np.isnan(median), np.nan, chance_only)
    return Opportunity(
        median, lower, upper, probability, by_chance, (probability >= SURE) & (median > by_chance)
    )


def best_first(ratio: ArrayLike, peers: ArrayLike, polarity: str) -> NDArray[np.int64]:
    """Each area's ``peers`` ``[..., area, place]``, those with the best ``ratio`` ``[..., area]`` first, -1
    last.

    Of equals the first given (the nearest) comes first; a peer without a ratio is none. Refuses an area among
    its own peers, one given twice, and peers that do not exist.

    >>> best_first([1.0, 1.2, 0.8], [[1, 2], [0, 2], [0, -1]], "lower_is_better").tolist()
    [[2, 1], [2, 0], [0, -1]]
    """
    ratio = as_numbers("ratio", ratio)
    require_axes("ratio", ratio, "area")
    peers = checked_peers("peers", peers, ratio.shape[-1])
    by_place = (of_peers(ratio, peers[..., place]) for place in range(peers.shape[-1]))
    value = _direction(polarity) * np.stack(list(by_place), axis=-1)
    order = np.argsort(value, axis=-1, kind="stable")
    return np.take_along_axis(np.where(np.isnan(value), -1, peers), order, axis=-1)


def chance_only(
    expected: ArrayLike,
    peers: ArrayLike,
    polarity: str,
    rung: str = "best_five",
    replicates: int = 200,
    seed: int = 0,
) -> Numbers:
    """The amount that the rule without smoothing would show, on average, if all areas were equal.

    ``expected`` events ``[..., area, period]``, in the number there are; the answer ``[..., area]``, a
    period. Counts are Poisson; the best are chosen on the earlier half and valued on the later, or with one
    period on that one. Smoothed amounts are smaller, so this is more than chance gives them.

    About .4 standard errors of the gap, sqrt(100 + 100 / 5) = 11 events, where choice and value are apart:

    >>> others = [[i for i in range(6) if i != j] for j in range(6)]
    >>> bool(abs(chance_only([[100, 100]] * 6, others, "lower_is_better")[0] - 0.4 * 11) < 0.8)
    True
    """
    expected = as_counts("expected", expected)
    require_axes("expected", expected, "area", "period")
    peers = checked_peers("peers", peers, expected.shape[-2])
    whole_number("replicates", replicates, fewest=1)
    *leading, areas, periods = np.broadcast_shapes(expected.shape, (*peers.shape[:-1], 1))
    places, number = peers.shape[-1], prod(leading)
    maps = np.broadcast_to(expected, (*leading, areas, periods)).reshape(number, areas, periods)
    peers = np.broadcast_to(peers, (*leading, areas, places)).reshape(number, areas, places)
    # A generator for each map: then it has the same answer alone as among others.
    gap = [
        _chance_gap(*one, polarity, rung, replicates, np.random.default_rng(seed))
        for one in zip(maps, peers, strict=True)
    ]
    later = _halves(periods)[1]
    return np.reshape(gap, (*leading, areas)) * mean_of_known(expected[..., later])


def two_figures(amount: ArrayLike) -> Numbers:
    """Rounded to two figures, as money is shown: more would claim to be known. NaN stays; any shape.

    >>> two_figures([1_284_000, 0, 97.6, None])
    array([1.3e+06, 0.0e+00, 9.8e+01,     nan])
    """
    amount = as_numbers("amount", amount)
    size = np.floor(np.log10(np.where(amount == 0, 1, np.abs(amount)))) - 1
    # Dividing by a power of ten above 1 keeps whole numbers whole.
    return np.where(
        size > 0, np.round(amount / 10**size) * 10**size, np.round(amount * 10**-size) / 10**-size
    )


def _chance_gap(
    expected: Numbers,
    peers: NDArray[np.int64],
    polarity: str,
    rung: str,
    replicates: int,
    rng: np.random.Generator,
) -> Numbers:
    """Of one map of equal areas, the mean gap above zero; in blocks that fit in memory."""
    gap = np.zeros(len(expected))
    block = max(1, LARGEST_BLOCK // max(peers.size, 1))
    for start in range(0, replicates, block):
        shape = (min(block, replicates - start), *expected.shape)
        observed = np.where(expected > 0, rng.poisson(np.nan_to_num(expected), shape), np.nan)
        order = best_first(_choosing_ratio(observed, expected), peers, polarity)
        ratio = _ratio(observed, expected, _halves(expected.shape[-1])[1])
        benchmark = level_of_best(ratio[:, None, :], order, rung)[:, 0]
        gap += np.maximum(_direction(polarity) * (ratio - benchmark), 0).sum(axis=0)
    return gap / replicates


def _direction(polarity: str) -> int:
    if polarity not in DIRECTION:
        raise ValueError(f"polarity must be one of {', '.join(DIRECTION)}; it is {polarity!r}")
    return DIRECTION[polarity]


def _halves(periods: int) -> tuple[slice, slice]:
    """The earlier periods and the later; one period is both."""
    return slice(0, max(periods // 2, 1)), slice(periods // 2, None)


def _ratio(observed: Numbers, expected: Numbers, periods: slice) -> Numbers:
    return divide(total(observed[..., periods]), total(expected[..., periods]))


def _choosing_ratio(observed: Numbers, expected: Numbers) -> Numbers:
    """Of the earlier periods, for areas that the later ones can value."""
    earlier, later = (_ratio(observed, expected, half) for half in _halves(observed.shape[-1]))
    return np.where(np.isnan(later), np.nan, earlier)
