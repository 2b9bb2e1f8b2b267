"""The rows that a figure of the ledger is the sum of: a claim in a month each, in whole pence, with all that it rests
on; and the same a claim a row, as a page shows them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger import sums
from careatlas.improve.delivery.ledger.sums import Amounts, Leaf, Line
from careatlas.improve.delivery.models import Pool
from careatlas.methods.attribution import KINDS

COLUMNS = (
    "initiative", "initiative_title", "organisation", "organisation_name", "workstream", "claim", "month", "kind",
    "claimed_pence", "deduplicated_pence", "evidenced_pence", "headline_pence", "not_told_yet_pence", "pool",
    "pool_area", "programme", "cost_line", "pool_pence", "pool_lower_95_pence", "pool_upper_95_pence",
    "pool_months_told", "pool_last_day", "pool_note", "quality", "split", "release",
)  # fmt: skip


class OfClaim(NamedTuple):
    """``months`` in words."""

    line: Line
    pool: Pool
    kind: str
    months: str
    amounts: Amounts


def as_rows(leaves: Iterable[Leaf], release: str, split: str) -> list[dict[str, Any]]:
    """By COLUMNS; what cannot be told is null, and never 0."""
    return [_row(leaf, release, split) for leaf in leaves]


def by_claim(leaves: Sequence[Leaf]) -> list[OfClaim]:
    """The largest claims first."""
    pools = pools_of(leaves)
    together: dict[tuple[int, str], list[Leaf]] = {}
    for leaf in leaves:
        together.setdefault((leaf.line.claim.pk, leaf.kind), []).append(leaf)
    found = [
        OfClaim(
            own[0].line,
            pools[own[0].line.claim.pool_id],
            kind,
            _span(own),
            sums.added(leaf.amounts for leaf in own),
        )
        for (_, kind), own in together.items()
    ]
    return sorted(found, key=lambda one: (-abs(one.amounts.claimed), one.line.claim.pk, one.kind))


def kinds_of(leaves: Iterable[Leaf]) -> list[str]:
    return sorted({leaf.kind for leaf in leaves}, key=KINDS.index)


def sum_of(leaves: Iterable[Leaf], kind: str) -> Amounts:
    return sums.added(leaf.amounts for leaf in leaves if leaf.kind == kind)


def pools_of(leaves: Iterable[Leaf]) -> dict[int, Pool]:
    """By number, with their areas."""
    numbers = {leaf.line.claim.pool_id for leaf in leaves}
    return Pool.objects.select_related("area").in_bulk(numbers)


def _span(leaves: Sequence[Leaf]) -> str:
    first, last = min(leaf.month for leaf in leaves), max(leaf.month for leaf in leaves)
    said = months.in_words(first)
    return said if first == last else f"{said} to {months.in_words(last)}"


def _row(leaf: Leaf, release: str, split: str) -> dict[str, Any]:
    line, own = leaf.line, leaf.amounts
    claim, size = line.claim, line.size
    initiative, pool = claim.initiative, claim.pool
    later = (own.deduplicated, own.evidenced, own.cautious)
    is_told = own.untold != own.claimed or any(later) or not own.claimed
    return dict(
        zip(
            COLUMNS,
            (
                initiative.pk, initiative.title, initiative.organisation_id, initiative.organisation.name,
                initiative.workstream, claim.pk, f"{months.first_day(leaf.month):%Y-%m}", leaf.kind,
                own.claimed, *(later if is_told else (None, None, None)), own.untold, pool.pk,
                pool.area_id, pool.programme, pool.cost_line,
                *((size.pence, size.lower_pence, size.upper_pence, size.months) if size else (None,) * 4),
                size.last_day.isoformat() if size and size.last_day else None, size.reason if size else "",
                line.quality.words, split, release,
            ),
            strict=True,
        )
    )  # fmt: skip
