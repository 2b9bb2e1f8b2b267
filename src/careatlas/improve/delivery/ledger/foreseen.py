"""A pool with all who draw on it, as the rule shares it out; and what a claim would come to before it is kept.

Worked as the ledger is (`sums`), of one pool: what is told as a claim is entered is what the ledger says once it is
kept. What an idea would claim is told as if its first gate were open.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from careatlas.engine.release import Release
from careatlas.improve.delivery.ledger import pools, quality, shares, sums
from careatlas.improve.delivery.ledger.pools import Draw
from careatlas.improve.delivery.ledger.sizes import sizes_of
from careatlas.improve.delivery.ledger.sums import Line
from careatlas.improve.delivery.models import Claim, Initiative, Pool, PoolSize, Status

NOT_KEPT = 0  # the number of a claim that is not there yet


@dataclass(frozen=True)
class Shared:
    """``lines``: a claim each with its figures, in the order of ``draw.claims``. ``is_by_agreement``: whether all who
    claim agreed on shares, and the pool is split by these."""

    draw: Draw
    size: PoolSize | None
    lines: tuple[Line, ...]
    is_by_agreement: bool

    @property
    def foreseen(self) -> Line:
        return next(line for line in self.lines if line.claim.pk == NOT_KEPT)

    @property
    def others(self) -> list[Line]:
        """What initiatives other than that of the claim foreseen claim to save."""
        own = self.foreseen.claim.initiative_id
        return [line for line in self.lines if line.claim.initiative_id != own and line.claim.pence > 0]


def shared(pool: Pool, release: Release) -> Shared:
    return _shared(pool, _drawing(pool), release)


def foreseen(
    initiative: Initiative,
    pool: Pool,
    fields: Mapping[str, Any],
    release: Release,
    instead_of: int | None = None,
) -> Shared:
    """``fields``: pence, timing, form, phasing and share. ``instead_of``: the number of the claim that it changes."""
    begun = copy.copy(initiative)
    if begun.status == Status.IDEA:
        begun.status = Status.PLANNED
    others = [one for one in _drawing(pool) if one.pk != instead_of]
    return _shared(pool, [*others, Claim(pk=NOT_KEPT, initiative=begun, pool=pool, **fields)], release)


def _drawing(pool: Pool) -> list[Claim]:
    found = pool.claims.select_related("pool", "initiative__organisation", "confirmed_by")
    return list(found.order_by("initiative__title", "pk"))


def _shared(pool: Pool, claims: list[Claim], release: Release) -> Shared:
    sizes = sizes_of(release, [pool.pk])
    draw = pools.draw_of(pool, claims, sizes.get(pool.pk))
    initiatives = {one.initiative_id: one.initiative for one in draw.claims}.values()
    judged = quality.judged(initiatives, release, [one for one in draw.claims if one.pk == NOT_KEPT])
    worked = sums.worked_out(release, draw.claims, draw.claims, sizes, judged)
    return Shared(draw, sizes.get(pool.pk), worked.lines, shares.are_agreed(draw.claims))
