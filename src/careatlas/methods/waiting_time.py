"""How long people wait, from counts by whole weeks waited, and what it would take to keep a promise.

Use it on the weekly bands that waiting times are published in: ``wait_quantile`` for the median wait and for
the wait that 92 in 100 do not exceed, ``within`` and ``over`` for counts (their shares and limits are a
``proportion``), ``clearance_weeks`` for how long the list would last, and ``pathways_needed`` for the extra
treatments a week that bring the share within 18 weeks to a standard by a date.

Not for how long a person who joins today will wait: waits so far of those still waiting are no waits of those
treated, and neither is the future. Not for ``pathways_needed`` without its assumptions beside it: inflow, removals
and the order of treatment are arguments, because the answer is theirs. Orders by chance treat a week's arrivals
like everyone else who waits; nobody's clinical priority is known.

Formula::

    quantile of share p   k + (p N - N_k) / n_k weeks, in the first week k with N_k + n_k >= p N
                          n_k waited k to k + 1 weeks, N_k fewer than k, N all; in the open last week: not known
    its limits            the same at the order statistics r and s of N waits:
                          r - 1 below and s above, r = Q(tail), s = Q(1 - tail) + 1, Q of Binomial(N, p);
                          where s > N there are too few waits for an upper limit
    clearance             waiting x weeks in the period / completed in the period
    each week ahead       all waits grow by a week, new pathways arrive, some are removed at random,
                          completed + extra are treated in the stated order
    needed                least extra at which the share within the weeks reaches the target at the end

Source: order statistics David & Nagaraja 2003, Order Statistics, section 7.1, 10.1002/0471722162; interpolation
inside a week as NHS England does, Recording and reporting referral to treatment waiting times; the forecast is the
atlas's own, a cohort model in steps of a week.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, bdtrik

from careatlas.methods.estimate import (
    Estimate,
    Numbers,
    alike,
    as_counts,
    as_numbers,
    divide,
    refuse_where,
    require_axes,
    whole_number,
)
from careatlas.methods.intervals import count_limits, tail

CHAPTER = "Time"

CANDIDATES, REFINEMENTS = 33, 4  # of the extra pathways tried: to one part in 32^4 of all that wait
MOST_ROUNDS = 8  # of handing on what is left over where everyone who waited so long is treated
NOBODY = 1e-6  # pathways: what rounding may leave of a list that was emptied


class WaitQuantile(NamedTuple):
    """A wait in weeks and its limits, ``[...]``. One that lies in the open last week is NaN, and ``open_ends`` counts
    them: 1 the upper limit, 2 the wait too, 3 all; NaN where nobody waited or a week is not known. An upper limit
    that is NaN and not counted has too few waits to be had."""

    weeks: Numbers
    lower: Numbers
    upper: Numbers
    open_ends: Numbers


class Needed(NamedTuple):
    """``extra`` completed pathways a week, ``[...]``; NaN where no number of them is enough in this order. ``share``
    within the weeks at the end with them, and ``share_without``; ``waiting`` then, and ``waiting_without``."""

    extra: Numbers
    share: Numbers
    share_without: Numbers
    waiting: Numbers
    waiting_without: Numbers


def wait_quantile(pathways: ArrayLike, share: float = 0.5, confidence: float = 0.95) -> WaitQuantile:
    """The wait in weeks that this ``share`` of pathways do not exceed: .5 for the median, .92 for the standard's.

    ``pathways`` is ``[..., week]``: how many waited 0-1, 1-2, ... weeks, the last week open. Inside a week waits are
    taken to be spread evenly. The limits are free of any distribution; they allow for chance alone. Where waits are
    so few that not even the longest is an upper limit there is none, which is counted as open only where the longest
    lies in the open last week.

    David & Nagaraja 2003, 10.1002/0471722162.

    Four waited under a week, four 1-2, two 2-3 and ten longer than 3: the median is where the tenth of twenty ends.

    >>> found = wait_quantile([4, 4, 2, 10], 0.5)
    >>> float(found.weeks), float(found.lower), float(found.open_ends)
    (3.0, 1.25, 1.0)
    """
    pathways = _by_week(pathways)
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, such as 0.92; it is {share}")
    total = pathways.sum(axis=-1)
    first, last = _order_statistics(total, share, tail(confidence))
    places = (share * total, first - 1, np.minimum(last, total))
    found = [_wait_at(pathways, place) for place in places]
    open_ends = np.where(total > 0, sum(np.isnan(each).astype(float) for each in found), np.nan)
    weeks, lower, longest = found
    return WaitQuantile(weeks, lower, np.where(last > total, np.nan, longest), open_ends)


def within(pathways: ArrayLike, weeks: int) -> Numbers:
    """How many waited no longer than this, ``[...]``. NaN where the bands published do not reach so far.

    ``pathways`` is ``[..., week]``, the last week open.

    >>> float(within([5, 4, 1], 2)), float(within([5, 4, 1], 3))
    (9.0, nan)
    """
    pathways = _by_week(pathways)
    weeks = whole_number("weeks", weeks, fewest=1)
    is_open = weeks >= pathways.shape[-1]
    return np.full(pathways.shape[:-1], np.nan) if is_open else pathways[..., :weeks].sum(axis=-1)


def over(pathways: ArrayLike, weeks: int) -> Numbers:
    """How many waited longer than this, ``[...]``. NaN where the bands published do not reach so far.

    ``pathways`` is ``[..., week]``, the last week open.

    >>> float(over([5, 4, 1], 2)), float(over([5, 4, 1], 3))
    (1.0, nan)
    """
    return _by_week(pathways).sum(axis=-1) - within(pathways, weeks)


def clearance_weeks(
    waiting: ArrayLike, completed: ArrayLike, weeks: ArrayLike, confidence: float = 0.95
) -> Estimate:
    """How many weeks the list would last if nobody joined it and treatment went on as it was.

    ``waiting`` at the end of a period of so many ``weeks`` in which so many were ``completed``, each ``[..., area]``
    (the weeks may be one number for all). Where none were, NaN. The limits allow for chance in the pathways
    completed; the list is as it was counted.

    120 wait and 31 were completed in a month of 31 days, 7 a week:

    >>> found = clearance_weeks([120], [31], weeks=31 / 7)
    >>> float(found.value[0].round(2))
    17.14
    """
    waiting, completed, weeks = alike(waiting=waiting, completed=completed, weeks=weeks)
    refuse_where(weeks == 0, "weeks is zero")
    fewest, most = count_limits(completed, confidence)
    limits = [np.where(completed > 0, divide(waiting * weeks, each), np.nan) for each in (most, fewest)]
    return Estimate(divide(waiting * weeks, completed), *limits)


def chance_by_week(pathways: ArrayLike, completed: ArrayLike) -> Numbers:
    """The chance of being completed by week waited, as an order for ``pathways_needed``: treatment as it is now.

    Both ``[..., week]``: who waits, and who was completed after waiting so long. 0 where nobody waits.

    >>> chance_by_week([10, 5, 0], [1, 2, 0]).tolist()
    [0.1, 0.4, 0.0]
    """
    pathways, completed = alike(pathways=pathways, completed=completed)
    return np.where(pathways > 0, divide(completed, pathways), np.where(np.isnan(pathways), np.nan, 0))


def pathways_needed(
    pathways: ArrayLike,
    new: ArrayLike,
    completed: ArrayLike,
    removed: ArrayLike,
    *,
    target: float,
    within_weeks: int,
    by_weeks: int,
    order: str | Numbers,
) -> Needed:
    """The least extra pathways to complete each week so that the ``target`` share waits within so many weeks by then.

    ``pathways`` is ``[..., week]``: who waits now, the last week open. ``new`` join each week, ``completed`` are
    treated and ``removed`` leave untreated, ``[...]``; all three stay as they are, and the extra comes on top.
    ``order`` says who is treated first: ``longest_first``, ``random``, or chances by week waited that are kept in
    proportion (``chance_by_week``); then more treatment need not help, and the least extra that does is given, or
    NaN. An empty list keeps any promise. NaN in any gives NaN.

    Ten new a week, all treated two weeks later, keep 10, 10 and 10 waiting; to have 75 % within two weeks next week
    four of the eldest must go besides: 20 of 26 is 77 %, and 20 / .75 is 26.67, so 3.33 will do.

    >>> found = pathways_needed([10, 10, 10, 0], 10, 10, 0, target=0.75, within_weeks=2, by_weeks=1,
    ...                         order="longest_first")
    >>> float(found.extra.round(2)), float(found.share_without.round(3))
    (3.33, 0.667)
    """
    start, chance = _by_week(pathways), _chances(order, pathways)
    new, completed, removed = alike(new=new, completed=completed, removed=removed)
    flows = [each[..., None] for each in (new, completed, removed)]
    whole_number("by_weeks", by_weeks, fewest=1)
    if not 0 < target < 1:
        raise ValueError(f"target must lie between 0 and 1, such as 0.92; it is {target}")
    if not 1 <= whole_number("within_weeks", within_weeks, fewest=1) < start.shape[-1]:
        raise ValueError(
            f"within_weeks must be below the {start.shape[-1]} weeks published; it is {within_weeks}"
        )

    def at_the_end(extra: Numbers) -> tuple[Numbers, Numbers]:
        end = _weeks_later(start[..., None, :], *flows, extra, chance, by_weeks)
        waiting = end.sum(axis=-1)
        share = divide(end[..., :within_weeks].sum(axis=-1), waiting)
        return np.where(waiting < NOBODY, 1.0, share), waiting

    low = np.zeros(np.broadcast_shapes(start.shape[:-1], new.shape, completed.shape, removed.shape))
    high = low + start.sum(axis=-1) + new
    for _ in range(REFINEMENTS):
        tried = low[..., None] + (high - low)[..., None] * np.linspace(0, 1, CANDIDATES)
        enough = at_the_end(tried)[0] >= target
        place = np.argmax(enough, axis=-1)
        high = np.where(enough.any(axis=-1), _at(tried, place), np.nan)
        low = np.where(np.isnan(high), np.nan, _at(tried, np.maximum(place - 1, 0)))
    share, waiting = (np.where(np.isnan(high), np.nan, each[..., 0]) for each in at_the_end(high[..., None]))
    share_without, waiting_without = (each[..., 0] for each in at_the_end(np.zeros_like(high)[..., None]))
    return Needed(high, share, share_without, waiting, waiting_without)


def _by_week(pathways: ArrayLike) -> Numbers:
    pathways = as_counts("pathways", pathways)
    require_axes("pathways", pathways, "week")
    return pathways


def _wait_at(pathways: Numbers, place: Numbers) -> Numbers:
    """The wait in weeks of the one at this place in the queue of waits, shortest first; NaN in the open last week."""
    below = np.cumsum(pathways, axis=-1)
    is_reached = below >= np.maximum(place, np.finfo(float).tiny)[..., None] * (1 - 1e-12)
    week = np.argmax(is_reached, axis=-1)
    here = _at(pathways, week)
    inside = divide(place - (_at(below, week) - here), here)
    is_known = is_reached.any(axis=-1) & (week < pathways.shape[-1] - 1) & (below[..., -1] > 0)
    return np.where(is_known, week + np.clip(inside, 0, 1), np.nan)


def _order_statistics(total: Numbers, share: float, outside: float) -> tuple[Numbers, Numbers]:
    """First and last of the waits between which the quantile lies: binomial quantiles, exactly."""
    among = np.where(total > 0, total, 1)
    first, last = (_binomial_quantile(each, among, share) for each in (outside, 1 - outside))
    return np.maximum(first, 1), last + 1


def _binomial_quantile(chance: float, among: Numbers, share: float) -> Numbers:
    """The least number with this chance at or below it."""
    among = among.astype(np.int64)
    least = np.clip(np.ceil(np.nan_to_num(bdtrik(chance, among, share))), 0, among)
    below = np.maximum(least - 1, 0)  # where rounding carried the answer past it
    return np.where(bdtr(below, among, share) >= chance, below, least)


def _at(numbers: Numbers, place: Numbers) -> Numbers:
    return np.take_along_axis(numbers, place[..., None], axis=-1)[..., 0]


def _chances(order: str | Numbers, pathways: ArrayLike) -> Numbers | None:
    """Relative chances by week waited; None for the longest first."""
    if isinstance(order, str):
        if order not in ("longest_first", "random"):
            raise ValueError(
                f"order must be longest_first, random or chances by week waited; it is {order!r}"
            )
        return np.ones(np.shape(pathways)[-1]) if order == "random" else None
    chances, _ = alike(as_numbers, order=order, pathways=pathways)
    refuse_where(chances < 0, "order is below zero")
    return chances[..., None, :]


def _weeks_later(
    waiting: Numbers,
    new: Numbers,
    completed: Numbers,
    removed: Numbers,
    extra: Numbers,
    chance: Numbers | None,
    weeks: int,
) -> Numbers:
    """Who waits so many weeks later, ``[..., candidate, week]``, for each number of extra pathways tried."""
    treated = completed + extra
    waiting = np.broadcast_to(
        waiting, (*np.broadcast_shapes(waiting.shape[:-1], treated.shape), waiting.shape[-1])
    )
    for _ in range(weeks):
        older = np.empty_like(waiting)
        older[..., 0], older[..., 1:] = new, waiting[..., :-1]
        older[..., -1] += waiting[..., -1]
        older *= 1 - _share_of(removed, older)
        waiting = older - (_longest(older, treated) if chance is None else _by_chance(older, treated, chance))
    return waiting


def _share_of(some: Numbers, waiting: Numbers) -> Numbers:
    return np.minimum(divide(some, waiting.sum(axis=-1)), 1)[..., None]


def _longest(waiting: Numbers, treated: Numbers) -> Numbers:
    """Who is treated where the longest waits go first."""
    as_long = np.cumsum(waiting[..., ::-1], axis=-1)[..., ::-1]
    return np.clip(treated[..., None] - (as_long - waiting), 0, waiting)


def _by_chance(waiting: Numbers, treated: Numbers, chance: Numbers) -> Numbers:
    """Who is treated where chances are in proportion: nobody twice, so what is left over goes to the others."""
    gone = np.zeros_like(waiting)
    left = np.broadcast_to(treated, waiting.shape[:-1])
    for _ in range(MOST_ROUNDS):
        if not np.any(left > NOBODY):
            break
        weighted = (waiting - gone) * chance
        share = divide(left, weighted.sum(axis=-1))
        gone = np.minimum(gone + np.nan_to_num(share)[..., None] * weighted, waiting)
        left = treated - gone.sum(axis=-1)
    return gone
