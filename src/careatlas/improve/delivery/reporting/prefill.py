"""What a monthly return says before anybody has touched it: per claim the plan to the month's end, what came of it, and
what the year will end at.

What came of a claim is read from the data where its pool can be told: what is allocated to it by rule in the months
told of, and the plan of those that are not told yet. Else it is the last return's figure and the plan since. Where
neither is known there is no figure, and never 0. A person may say otherwise; which of these it is, is always told.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from careatlas.catalogue.delivery_gates import load_cost_lines
from careatlas.engine.release import Release
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger import shares
from careatlas.improve.delivery.ledger.claims import that_draw
from careatlas.improve.delivery.ledger.sums import months_of
from careatlas.improve.delivery.models import Claim, Initiative, PoolSize, Return
from careatlas.improve.delivery.planning.plans import year_of
from careatlas.present.numbers import lower_first, pounds

UNKNOWN = "Not known: no data tell of it, and no return was sent in before."


@dataclass(frozen=True)
class Line:
    """A claim in a return; whole pence, below 0 what is spent. ``planned`` and ``actual``: from April to the month's
    end; ``outturn``: of the whole year. ``basis``: where ``actual`` comes from, in words."""

    claim: Claim
    planned: int
    actual: int | None
    outturn: int | None
    basis: str

    @property
    def title(self) -> str:
        """Such as: Recurrent cash, A&E attendances at Near Board."""
        pool = self.claim.pool
        line = (
            load_cost_lines()[pool.cost_line].title if pool.cost_line in load_cost_lines() else pool.cost_line
        )
        return f"{shares.kind_of(self.claim).capitalize()}, {lower_first(line)} at {pool.area.name}"

    @property
    def year_plan(self) -> int:
        return self.claim.pence


class _Known(NamedTuple):
    """What came of a claim in so many months of its year, by words that say how that is known."""

    pence: int | None
    months: int
    words: str


def prefilled(
    initiatives: Iterable[Initiative], month: date, release: Release
) -> dict[int, tuple[Line, ...]]:
    """By initiative, its claims on pools of the month's financial year; worked over their pools alone."""
    numbers = [one.pk for one in initiatives]
    claims = Claim.objects.filter(initiative__in=numbers, pool__year=year_of(month))
    own = list(claims.select_related("pool__area", "initiative__organisation").order_by("pk"))
    told, said = _told_by_data(own, month, release), _said_before(numbers, month)
    found: dict[int, list[Line]] = {number: [] for number in numbers}
    for claim in own:
        before = said.get(claim.initiative_id)
        found[claim.initiative_id].append(_line(claim, month, told.get(claim.pk), before))
    return {number: tuple(lines) for number, lines in found.items()}


def months_so_far(month: date) -> int:
    """How many months of its financial year have passed at a month's end.

    >>> months_so_far(date(2026, 4, 1)), months_so_far(date(2027, 3, 1))
    (1, 12)
    """
    return months.month_of(month) + 1 - months.first_of_year(year_of(month))


def figures_of(lines: Iterable[Line]) -> dict[str, dict[str, int | None]]:
    """As a return keeps them."""
    return {str(line.claim.pk): {"actual": line.actual, "outturn": line.outturn} for line in lines}


def _line(claim: Claim, month: date, told: _Known | None, before: Return | None) -> Line:
    so_far = months_so_far(month)
    last = before.figures.get(str(claim.pk), {}) if before is not None else {}
    known = told or _from_last(claim, so_far, before, last)
    actual = None if known.pence is None else known.pence + sum(claim.phasing[known.months : so_far])
    outturn = last.get("outturn")
    return Line(
        claim, sum(claim.phasing[:so_far]), actual, claim.pence if outturn is None else outturn, known.words
    )


def _from_last(claim: Claim, so_far: int, before: Return | None, last: Mapping[str, int | None]) -> _Known:
    """The last return of the year and the plan since; where nothing was planned before, the plan alone."""
    if before is not None and last.get("actual") is not None:
        since = months_so_far(before.month)
        words = (
            f"As the return of {months.in_words(months.month_of(before.month))} said, and as planned since."
        )
        return _Known(last["actual"], since, words)
    if not any(claim.phasing[: so_far - 1]):
        return _Known(0, so_far - 1, "As planned: this is its first month.")
    return _Known(None, so_far, UNKNOWN)


def _said_before(numbers: Collection[int], month: date) -> dict[int, Return]:
    """By initiative, the latest return of the same financial year that was sent in for an earlier month."""
    april = months.first_day(months.first_of_year(year_of(month)))
    sent = Return.objects.filter(initiative__in=numbers, month__gte=april, month__lt=month)
    return {one.initiative_id: one for one in sent.exclude(sent_in_at=None).order_by("month")}


def _told_by_data(own: Sequence[Claim], month: date, release: Release) -> dict[int, _Known]:
    """By claim, where its pool's size was worked out from the release: nothing is worked out here, since that reads
    every area's history."""
    pools = {claim.pool_id for claim in own if claim.pence > 0}
    kept = PoolSize.objects.filter(release=release.id, pool__in=pools, pence__isnull=False)
    sizes = {size.pool_id: size for size in kept}
    drawing = that_draw(Claim.objects.filter(pool__in=list(sizes)))
    everybody = list(drawing.select_related("pool", "initiative").order_by("pk"))
    found = shares.shares_of(everybody, sizes, {}) if everybody else {}
    so_far = months_so_far(month)
    return {
        claim.pk: _allocated(claim, found[claim.pk], sizes[claim.pool_id], so_far)
        for claim in own
        if claim.pence > 0 and claim.pk in found and found[claim.pk].asked
    }


def _allocated(claim: Claim, share: shares.Share, size: PoolSize, so_far: int) -> _Known:
    told = min(share.months, so_far)
    pence = sum(each.deduplicated for each in months_of(claim, share)[:told])
    last = months.in_words(months.first_of_year(claim.pool.year) + told - 1)
    since = ", and as planned since" if told < so_far else ""
    value, lower, upper = (pounds(each / 100) for each in (size.pence, size.lower_pence, size.upper_pence))
    of_pool = f"of a pool of {value} (95% interval {lower} to {upper})"
    return _Known(pence, told, f"Allocated by rule to {last}, {of_pool}{since}.")
