"""Which part of a saving each initiative may claim, so that claims never add up to more than was saved.

Use it where several initiatives say they lowered the same activity or cost: claims are first held to what the
pool (area x programme x cost line x period, business as usual minus actual) has, then to what is proven.
Amounts are whole pence, so that sums by area, workstream or nation agree to the penny. Claims on all pools of
all periods are one long list, worked in one call. The headline is ``cautious``, what the lower limit of the
pool allows: an empty pool looks full half of the time.

Not to say what an initiative achieved: the data show the pool, and how it is shared is a rule, worded
"allocated by rule", never "achieved by". Not to add amounts of different kinds (recurrent and one-off; cash,
cost avoided and capacity released): ``totals`` keeps them apart. Not to call it cash because activity fell:
cash also needs the finance assurer's named confirmation that a budget line fell (``evidenced_kinds``). Where
quality fell or counting changed there is neither headline nor evidence, and what such a claim would have had
goes to no other.

Formula::

    claimed       = sum of claims above 0;  what replaces the old service (reprovision) is a line below 0,
                    subtracted in full at every stage
    de-duplicated = min(claimed, max(0, pool)), shared by claim, by agreed shares, or by
    Shapley       : mean of v(with me) - v(without me) over all orders,  v(set) = min(max(0, pool), its claims)
    evidenced     = share if the pool's lower limit > 0, quality was measured and held and counting did not
                    change, else 0
    cautious      = min(claimed, max(0, lower limit of the pool)), shared in the same way, if quality was
                    measured and held and counting did not change, else 0
    pence         = whole part of each share, then one more to the largest remainders

Source: Shapley 1953, in Contributions to the theory of games II, 10.1515/9781400881970-018; Balinski & Young
1982, Fair representation (largest remainders); Castro, Gomez & Tejada 2009, Comput Oper Res 36:1726,
10.1016/j.cor.2008.04.004 (sampled orders).
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import (
    Numbers,
    as_counts,
    as_numbers,
    as_truths,
    divide,
    refuse_where,
    require_axes,
    require_same_labels,
)

CHAPTER = "Opportunity and benefit"
TIMINGS, FORMS = ("recurrent", "one-off"), ("cash", "cost avoided", "capacity")
KINDS = tuple(f"{timing} {form}" for timing in TIMINGS for form in FORMS)
EXACT_TO, ORDERS = 12, 10_000  # claims in a pool that Shapley is exact to; orders drawn above that
CELLS = 2**18  # places in orders that are held at once
LARGEST = 2.0**53  # pence: above this, whole numbers are no longer told apart


class Attribution(NamedTuple):
    """The headline is ``cautious``: what the lower limit of the pool allows. Before it, also in whole pence by
    claim: ``claimed``, ``deduplicated`` (held to the pool) and ``evidenced`` (where the pool is proven)."""

    claimed: Numbers
    deduplicated: Numbers
    evidenced: Numbers
    cautious: Numbers


def attribute(
    claim: ArrayLike,
    pool: ArrayLike,
    value: ArrayLike,
    lower: ArrayLike,
    is_quality_held: ArrayLike,
    is_counting_changed: ArrayLike,
    split: Callable[[ArrayLike, ArrayLike, ArrayLike], Numbers] | None = None,
) -> Attribution:
    """Claims held to their pools, and then to what is proven.

    ``claim`` ``[claim]`` in pence, below 0 for reprovision; ``pool`` ``[claim]``, the position of each claim's
    pool; ``value`` and ``lower``, the pools' size in pence and its lower limit, and ``is_counting_changed``
    (a registered change of what is counted, inside the window), ``[pool]``; ``is_quality_held`` ``[claim]``
    (``quality_gate``: at least one measure, none missing, none worse). ``split`` shares a pool:
    ``split_proportionally`` unless another function is given, such as ``split=split_by_shapley``; agreed shares
    go with theirs, ``split=functools.partial(split_by_agreed_shares, share=[.5, .5])``.

    A pool or lower limit that is not known (NaN) leaves what rests on it NaN, and what is evidenced. Quality
    not known has not held, and counting not known has changed. Reprovision is spent whatever was saved, so it
    stands in full at every stage. Refuses claims that are not whole pence, truths that are text, and anything
    that is not given for each claim or each pool.

    Claims of 60 and 90 on a pool of 100 (limits from 30) get 40 and 60, or 12 and 18 at the lower limit; the
    second lost quality:

    >>> shared = attribute([60, 90], [0, 0], [100], [30], [True, False], [False])
    >>> shared.evidenced.tolist(), shared.cautious.tolist()
    ([40.0, 0.0], [12.0, 0.0])
    """
    split = _split(split)
    require_same_labels(claim=claim, pool=pool, is_quality_held=is_quality_held)
    require_same_labels(value=value, lower=lower, is_counting_changed=is_counting_changed)
    claim, pool, value = _claims(claim, pool, value, "value")
    lower = as_numbers("lower", lower)
    is_changed = as_truths("is_counting_changed", is_counting_changed, not_known=True)
    is_held = as_truths("is_quality_held", is_quality_held, not_known=False)
    for name, each in (("lower", lower), ("is_counting_changed", is_changed)):
        require_axes(name, each, pool=len(value))
    require_axes("is_quality_held", is_held, claim=len(claim))
    refuse_where(lower > value, "lower is above value")
    deduplicated, cautious = split(claim, pool, value), split(claim, pool, lower)
    may_count = is_held & ~is_changed[pool]
    is_proven = may_count & (lower > 0)[pool]
    evidenced = _only_where(is_proven, deduplicated, claim)
    evidenced[np.isnan(cautious)] = np.nan
    return Attribution(claim, deduplicated, evidenced, _only_where(may_count, cautious, claim))


def split_proportionally(claim: ArrayLike, pool: ArrayLike, available: ArrayLike) -> Numbers:
    """Each pool's pence by the size of the claims on it.

    ``claim`` ``[claim]`` in pence and ``pool`` its pool's position; ``available`` ``[pool]`` in pence, below 0
    as good as 0, NaN where not known (then so are the shares). No claim gets more than it asked; claims below
    0 (reprovision) take no part and are returned as they are.

    >>> split_proportionally([60, 90, -20], [0, 0, 0], [100]).tolist()
    [40.0, 60.0, -20.0]
    """
    claim, pool, available = _claims(claim, pool, available)
    asked = np.maximum(claim, 0)
    total = _deduplicated(asked, pool, available)
    per_penny_asked = total / np.maximum(_by_pool(asked, pool, len(total)), 1)
    return _in_pence(asked * per_penny_asked[pool], pool, total, claim)


def split_by_agreed_shares(
    claim: ArrayLike, pool: ArrayLike, available: ArrayLike, share: ArrayLike
) -> Numbers:
    """Each pool's pence by shares that the claimants agreed, none getting more than it asked.

    As ``split_proportionally``, with ``share`` ``[claim]`` on any scale; what a capped claim leaves goes to
    the others by their shares. Refuses shares that leave part of a pool to nobody.

    Halves of 100, but the first asked for 30 only:

    >>> split_by_agreed_shares([30, 90], [0, 0], [100], [0.5, 0.5]).tolist()
    [30.0, 70.0]
    """
    claim, pool, available = _claims(claim, pool, available)
    share = as_counts("share", share)
    require_axes("share", share, claim=len(claim))
    asked = np.maximum(claim, 0)
    total = _deduplicated(asked, pool, available)
    weight = np.where(asked > 0, share, 0.0)
    refuse_where(np.isnan(weight), "share is missing")
    reachable = _by_pool(np.where(weight > 0, asked, 0), pool, len(total))
    refuse_where(reachable < total, "shares leave part of the pool to nobody")
    quota = np.zeros(asked.shape)
    for _ in range(len(asked)):
        is_open = quota < asked
        left = np.maximum(total - _by_pool(quota, pool, len(total)), 0)
        rise = divide(left, _by_pool(np.where(is_open, weight, 0), pool, len(total)))[pool]
        quota = np.minimum(quota + np.where(is_open, weight, 0) * np.nan_to_num(rise), asked)
        if not (left > 1e-6).any():
            break
    return _in_pence(np.where(np.isnan(total)[pool], np.nan, quota), pool, total, claim)


def split_by_shapley(claim: ArrayLike, pool: ArrayLike, available: ArrayLike, seed: int = 0) -> Numbers:
    """Each pool's pence by what each claim adds, on average over all orders of coming first.

    As ``split_proportionally``; small claims get more than by their size, because they fit beside any other.
    Exact to twelve claims in a pool; above that, the mean of 10,000 orders.

    A pool of 100 with claims of 60 and 90. First come 60 or 90, and the other gets the rest, 40 or 10: the
    means are (60 + 10) / 2 and (90 + 40) / 2:

    >>> split_by_shapley([60, 90], [0, 0], [100]).tolist()
    [35.0, 65.0]
    """
    claim, pool, available = _claims(claim, pool, available)
    asked = np.maximum(claim, 0)
    total = _deduplicated(asked, pool, available)
    quota = np.where(np.isnan(total)[pool], np.nan, 0.0)
    for one in np.flatnonzero(total > 0):
        inside = np.flatnonzero((pool == one) & (asked > 0))
        shapley = _shapley if len(inside) <= EXACT_TO else _sampled_shapley
        quota[inside] = shapley(asked[inside], total[one], np.random.default_rng(seed))
    return _in_pence(quota, pool, total, claim)


def totals(amount: ArrayLike, kind: Sequence[str], group: ArrayLike, groups: int) -> Numbers:
    """Sums by group and kind ``[group, kind]``, in the order of ``KINDS``: never over kinds.

    ``amount`` ``[claim]`` in pence, ``kind`` one of ``KINDS`` each, ``group`` the position of its group (area,
    workstream...). NaN makes its own sum NaN. Refuses a kind that is none of these.

    >>> totals([500, 200, -50], ["recurrent cash", "one-off cash", "recurrent cash"], [0, 0, 0], 1)[0, :4]
    array([450.,   0.,   0., 200.])
    """
    unknown = sorted(set(kind) - set(KINDS))
    if unknown:
        raise ValueError(f"kind is {unknown[0]!r}; it must be one of {', '.join(KINDS)}")
    amount, column = as_numbers("amount", amount), np.array([KINDS.index(each) for each in kind], dtype=int)
    require_axes("amount", amount, claim=len(column))
    cell = _pools("group", group, groups, len(column)) * len(KINDS) + column
    return _by_pool(amount, cell, groups * len(KINDS)).reshape(groups, len(KINDS))


def evidenced_kinds(amount: ArrayLike, kind: Sequence[str], is_confirmed: ArrayLike) -> list[str]:
    """The kind that may be evidenced: cash only where the finance assurer confirmed that a budget line fell,
    else capacity.

    ``amount``, ``kind`` and ``is_confirmed`` are ``[claim]``. Not known (NaN) is not confirmed. Amounts below 0
    (reprovision) were spent, so they need nobody's word and stay in their kind: as capacity they would no
    longer stand against the cash they cost.

    >>> evidenced_kinds([90, 60, -20], ["recurrent cash", "one-off cash", "one-off cash"], [True, False, False])
    ['recurrent cash', 'one-off capacity', 'one-off cash']
    """
    amount = as_numbers("amount", amount)
    confirmed = as_truths("is_confirmed", is_confirmed, not_known=False)
    for name, each in (("amount", amount), ("is_confirmed", confirmed)):
        require_axes(name, each, claim=len(kind))
    stays = confirmed | (amount < 0)
    return [one if stay else one.replace("cash", "capacity") for one, stay in zip(kind, stays, strict=True)]


def refuse_overlapping_pools(is_in_pool: ArrayLike) -> None:
    """Raise ``ValueError`` where two pools hold the same cell: what both share would be saved twice.

    ``is_in_pool`` ``[pool, cell]``; cells are the finest area x programme x cost line x month.

    >>> refuse_overlapping_pools([[True, True, False], [False, True, True]])
    Traceback (most recent call last):
    ValueError: pools 0 and 1 overlap at cell 1
    """
    is_in_pool = as_truths("is_in_pool", is_in_pool)
    require_axes("is_in_pool", is_in_pool, "pool", "cell")
    twice = np.flatnonzero(is_in_pool.sum(axis=0) > 1)
    if len(twice):
        pools = " and ".join(str(each) for each in np.flatnonzero(is_in_pool[:, twice[0]]))
        others = f" and {len(twice) - 1} more" if len(twice) > 1 else ""
        raise ValueError(f"pools {pools} overlap at cell {twice[0]}{others}")


def _split(split: Callable[..., Numbers] | None) -> Callable[..., Numbers]:
    if split is split_by_agreed_shares:
        raise ValueError(
            "split_by_agreed_shares needs the shares: "
            "give split=functools.partial(split_by_agreed_shares, share=[...]), one a claim"
        )
    if split is not None and not callable(split):
        raise ValueError(f"split must be a function, such as split_by_shapley; it is {split!r}")
    return split or split_proportionally


def _claims(
    claim: ArrayLike, pool: ArrayLike, available: ArrayLike, name: str = "available"
) -> tuple[Numbers, NDArray[np.intp], Numbers]:
    """Claims in whole pence, the position of each one's pool, and what pools have."""
    claim, available = as_numbers("claim", claim), as_numbers(name, available)
    require_axes("claim", claim, "claim")
    require_axes(name, available, "pool")
    refuse_where(~(claim == np.floor(claim)), "claim is not whole pence")
    refuse_where(np.abs(claim) >= LARGEST, "claim is too large to count in pence")
    return claim, _pools("pool", pool, len(available), len(claim)), available


def _pools(name: str, position: ArrayLike, pools: int, claims: int) -> NDArray[np.intp]:
    position = as_numbers(name, position)
    require_axes(name, position, claim=claims)
    is_one = (position >= 0) & (position < pools) & (position == np.floor(position))
    refuse_where(~is_one, f"{name} is not among the {pools} positions there are")
    return position.astype(np.intp)


def _only_where(may_count: NDArray[np.bool_], shared: Numbers, claim: Numbers) -> Numbers:
    """Nothing where a share may not count; what was spent in place of the old service stands all the same."""
    return np.where(may_count | (claim < 0) | np.isnan(shared), shared, 0.0)


def _by_pool(amounts: Numbers, pool: NDArray[np.intp], pools: int) -> Numbers:
    return np.bincount(pool, weights=amounts, minlength=pools)


def _deduplicated(asked: Numbers, pool: NDArray[np.intp], available: Numbers) -> Numbers:
    """Whole pence to share out in each pool; a part of a penny stays in the pool."""
    there = np.floor(np.maximum(available, 0))
    return np.minimum(_by_pool(asked, pool, len(there)), there)


def _in_pence(quota: Numbers, pool: NDArray[np.intp], total: Numbers, claim: Numbers) -> Numbers:
    """Whole pence that add up to the total: the largest remainders are rounded up, earlier claims first."""
    whole = np.floor(quota)
    missing = total - _by_pool(whole, pool, len(total))
    # Rounded, so that an error in the last digit does not decide between equal remainders.
    remainder = np.round(quota - whole, 6)
    order = np.lexsort((np.arange(len(pool)), -remainder, pool))
    first = np.searchsorted(pool[order], np.arange(len(total)))
    place = np.empty(len(pool))
    place[order] = np.arange(len(pool)) - first[pool[order]]
    pence = whole + np.where(np.nan_to_num(place < missing[pool]), 1.0, 0.0)
    return np.where(claim < 0, claim, pence)


def _shapley(asked: Numbers, total: float, _: np.random.Generator) -> Numbers:
    """Over all sets of the others, weighted by how many orders put just them first."""
    members = len(asked)
    sets = np.arange(2**members)
    is_in = (sets[:, None] >> np.arange(members)) & 1 == 1
    worth, size = np.minimum(is_in @ asked, total), is_in.sum(axis=1)
    orders = np.cumprod([1.0, *range(1, members + 1)])
    chance = orders[size] * orders[np.maximum(members - size - 1, 0)] / orders[members]
    added = [worth[sets[~is_in[:, one]] | (1 << one)] - worth[~is_in[:, one]] for one in range(members)]
    return np.array([added[one] @ chance[~is_in[:, one]] for one in range(members)])


def _sampled_shapley(asked: Numbers, total: float, rng: np.random.Generator) -> Numbers:
    """Orders are drawn in blocks: all at once, those of a thousand claims fill the memory."""
    members, added = len(asked), np.zeros(len(asked))
    at_once = max(1, CELLS // members)
    for start in range(0, ORDERS, at_once):
        order = rng.permuted(np.tile(np.arange(members), (min(at_once, ORDERS - start), 1)), axis=1)
        worth = np.minimum(asked[order].cumsum(axis=1), total)
        gains = np.diff(worth, axis=1, prepend=0)
        added += np.bincount(order.ravel(), weights=gains.ravel(), minlength=members)
    return added / ORDERS
