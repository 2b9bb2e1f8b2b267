"""The opportunity as the RightCare packs counted it: the gap to the mean of the best five of ten peers.

Use it only to reproduce or to compare with figures published by that rule.

Not for new figures: use ``opportunity``. The best five of ten noisy rates are partly luck and only gaps on one
side are kept, so 106 areas alike in everything show opportunities in three quarters of them, 12.6 % of all
activity at 50 events an area (6.3 % at 200, 2.8 % at 1,000), and 10-13 % of areas are called significant.

Formula::

    benchmark = mean of the best five rates among the peers, in the same period
    opportunity = max(0, rate - benchmark) x people    (benchmark - rate where higher is better)
    shown where the area's 95 % interval lies wholly on the worse side of the benchmark

Source: NHS RightCare 2016, Commissioning for Value: methodology; Dropkin 2018, 10.1093/pubmed/fdx136 (what
chance makes of it).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods._best_peers import of_peers
from careatlas.methods.estimate import Numbers, alike, as_counts, as_numbers, refuse_where
from careatlas.methods.opportunity import best_first

CHAPTER = "Opportunity and benefit"
BEST = 5


class RightCare(NamedTuple):
    """``[..., area]``: the ``benchmark``, the ``amount`` (0 on the good side of it) and ``is_significant``,
    whether the packs would show it. NaN where the area or five of its peers have no rate, or nobody is counted."""

    benchmark: Numbers
    amount: Numbers
    is_significant: NDArray[np.bool_]


def rightcare_rule(
    value: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    denominator: ArrayLike,
    peers: ArrayLike,
    polarity: str,
) -> RightCare:
    """Against the mean of the five best of its peers in the same period.

    ``value`` with 95 % limits ``lower`` and ``upper``, and the ``denominator`` in the unit of the value (12.5
    for 12,500 people and a rate per 1,000), ``[..., area]``. ``peers`` ``[..., area, place]``, -1 for none;
    ``polarity`` ``lower_is_better`` or ``higher_is_better``. Where the denominator is 0 or missing there is no
    amount and nothing is shown. Refuses another polarity, an area among its own peers, a lower limit above its
    upper and denominators below zero.

    NHS RightCare 2016.

    Rate 14 against peers of 8, 9, 10, 11, 12 and 13, whose best five average 10; 100 people:

    >>> rates = [14, 8, 9, 10, 11, 12, 13]
    >>> peers = [[1, 2, 3, 4, 5, 6]] + [[-1] * 6] * 6
    >>> found = rightcare_rule(rates, [11] * 7, [17] * 7, [100] * 7, peers, "lower_is_better")
    >>> float(found.benchmark[0]), float(found.amount[0]), bool(found.is_significant[0])
    (10.0, 400.0, True)
    """
    value, lower, upper, people = alike(
        as_numbers, value=value, lower=lower, upper=upper, denominator=denominator
    )
    as_counts("denominator", people)
    refuse_where(lower > upper, "lower is above upper")
    order = best_first(value, peers, polarity)[..., :BEST]
    benchmark = sum(of_peers(value, order[..., place]) for place in range(order.shape[-1])) / BEST
    if order.shape[-1] < BEST:
        benchmark = np.full(benchmark.shape, np.nan)
    gap, is_beyond = (
        (value - benchmark, lower > benchmark)
        if polarity == "lower_is_better"
        else (benchmark - value, upper < benchmark)
    )
    amount = np.maximum(gap, 0) * np.where(people > 0, people, np.nan)
    return RightCare(benchmark, amount, is_beyond & ~np.isnan(amount))
