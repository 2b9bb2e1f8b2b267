"""Of each claim, what its pool has for it and what is proven: worked over whole pools, whoever looks.

A board's view and the nation's therefore say the same of one claim. A pool is held against what is claimed of the
months it can be told of; what is claimed of later months, or of a pool whose size is not known, is not told yet: not 0.
The order in which claims were entered decides nothing, not even the last penny.
"""

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger.sizes import is_barred
from careatlas.improve.delivery.models import Claim, PoolSize
from careatlas.methods.attribution import (
    attribute,
    evidenced_kinds,
    split_by_agreed_shares,
    split_by_shapley,
    split_proportionally,
)
from careatlas.methods.estimate import Numbers

Split = Callable[[Numbers, Numbers, Numbers], Numbers]
SPLITS = {
    "agreed": "as agreed where all who claim on a pool agreed, else by what they claim",
    "proportional": "by what they claim",
    "shapley": "by what each adds, on average over all orders of coming first",
}


class Share(NamedTuple):
    """Whole pence of a claim. ``months``: how many of its year, April first, can be told of; ``asked``: of them. The
    stages are None where the pool's size is not known and the claim is a saving."""

    months: int
    asked: int
    deduplicated: int | None
    evidenced: int | None
    cautious: int | None


def shares_of(
    claims: Sequence[Claim], sizes: Mapping[int, PoolSize], held: Mapping[int, bool], split: str = "agreed"
) -> dict[int, Share]:
    """By claim. ``claims``: all on the pools they draw on. ``held``: by initiative, whether quality lets it count;
    one that is not there does not."""
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}; it must be one of {', '.join(SPLITS)}")
    # Claims that say the same are interchangeable, so that it does not matter which of them is first.
    claims = sorted(claims, key=lambda claim: (*_what_it_says(claim), held.get(claim.initiative_id, False)))
    pools = sorted({claim.pool_id for claim in claims})
    place = {pool: number for number, pool in enumerate(pools)}
    pool = np.array([place[claim.pool_id] for claim in claims], dtype=int)
    told = [_months_told(claim, sizes.get(claim.pool_id)) for claim in claims]
    asked = [sum(claim.phasing[:number]) for claim, number in zip(claims, told, strict=True)]
    stages = attribute(
        np.array(asked, dtype=float),
        pool,
        _sizes(pools, sizes, "pence"),
        _sizes(pools, sizes, "lower_pence"),
        np.array([held.get(claim.initiative_id, False) for claim in claims], dtype=bool),
        np.array([pool in sizes and is_barred(sizes[pool]) for pool in pools], dtype=bool),
        split=_split(split, claims, pool, len(pools)),
    )
    return {
        claim.pk: Share(number, of_it, *(None if np.isnan(each) else int(each) for each in of_stages))
        for claim, number, of_it, *of_stages in zip(claims, told, asked, *stages[1:], strict=True)
    }


def are_agreed(on_pool: Iterable[Claim]) -> bool:
    """Whether all who ask for something of a pool have a share and their shares add up to the whole, so that nobody
    gives themselves more without another who enters less."""
    shares = [claim.share or 0.0 for claim in on_pool if claim.pence > 0]
    return all(shares) and math.isclose(sum(shares), 1.0, abs_tol=1e-9)


def kind_of(claim: Claim) -> str:
    """As it is claimed, such as ``recurrent cash``."""
    return f"{claim.timing} {claim.form}"


def kinds_evidenced(claims: Sequence[Claim]) -> list[str]:
    """As it may be evidenced: cash only where finance confirmed it."""
    confirmed = [claim.confirmed_at is not None for claim in claims]
    return evidenced_kinds(
        [float(claim.pence) for claim in claims], [kind_of(claim) for claim in claims], confirmed
    )


def _what_it_says(claim: Claim) -> tuple[object, ...]:
    of, share = claim.initiative, claim.share or 0.0
    said = (kind_of(claim), claim.pence, claim.phasing, share)
    return (claim.pool_id, of.organisation_id, of.workstream, of.title, *said)


def _months_told(claim: Claim, size: PoolSize | None) -> int:
    """All of its year where the pool's size is not known: nothing can be said of any, and what is spent is spent."""
    if size is None or size.pence is None or size.last_day is None:
        return months.YEAR
    first = months.first_of_year(claim.pool.year)
    return min(max(months.month_of(size.last_day) + 1 - first, 0), months.YEAR)


def _sizes(pools: Sequence[int], sizes: Mapping[int, PoolSize], field: str) -> Numbers:
    known = (getattr(sizes[pool], field) if pool in sizes else None for pool in pools)
    return np.array([np.nan if each is None else each for each in known], dtype=float)


def _split(name: str, claims: Sequence[Claim], pool: Numbers, pools: int) -> Split:
    if name == "shapley":
        return split_by_shapley
    if name == "proportional":
        return split_proportionally
    on_pools: list[list[Claim]] = [[] for _ in range(pools)]
    for place, claim in zip(pool, claims, strict=True):
        on_pools[place].append(claim)
    is_agreed = np.array([are_agreed(on_pool) for on_pool in on_pools], dtype=bool)
    share = np.array([claim.share or 1.0 for claim in claims])
    return functools.partial(_agreed_else_proportional, is_agreed=is_agreed, share=share)


def _agreed_else_proportional(
    claim: Numbers, pool: Numbers, available: Numbers, *, is_agreed: Numbers, share: Numbers
) -> Numbers:
    agreed = split_by_agreed_shares(claim, pool, available, share=np.where(is_agreed[pool], share, 1.0))
    return np.where(is_agreed[pool], agreed, split_proportionally(claim, pool, available))
