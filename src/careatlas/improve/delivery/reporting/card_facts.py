"""What a report card is made from, gathered once: who is reported, what they claim, returned and planned, how they
stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from careatlas.engine.release import Release
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger import quality
from careatlas.improve.delivery.ledger.quality import Quality
from careatlas.improve.delivery.ledger.sums import Ledger, claims_of, ledger
from careatlas.improve.delivery.models import Claim, Initiative, PoolSize, Status
from careatlas.improve.delivery.planning import due
from careatlas.improve.delivery.planning.plans import year_of
from careatlas.improve.delivery.reporting.baselines import Planned, planned
from careatlas.improve.delivery.reporting.card_money import Latest, Parts, latest_returns, parts_of
from careatlas.improve.delivery.reporting.card_status import Standing, standing
from careatlas.improve.people.models import Organisation


@dataclass(frozen=True)
class Facts:
    """``initiatives``: those past being an idea; ``after``: the first day after the month; ``judged``, ``standings``,
    ``parts`` and ``latest`` by initiative, ``sizes`` by pool."""

    release: Release
    organisation: Organisation
    month: date
    after: date
    initiatives: list[Initiative]
    ideas: list[Initiative]
    idle: list[Claim]
    ledger: Ledger
    judged: Mapping[int, Quality]
    plan: list[Planned]
    latest: Mapping[int, Latest]
    parts: Parts
    standings: Mapping[int, Standing]
    sizes: Mapping[int, PoolSize]


def gathered(
    release: Release,
    organisation: Organisation,
    month: date,
    workstream: str | None,
    seen: QuerySet[Initiative],
) -> Facts:
    """Of those that are ``seen``."""
    year, after = year_of(month), months.first_day(months.month_of(month) + 1)
    reported = _reported(organisation, year, workstream, seen)
    everybody = list(reported.prefetch_related(*due.LOOKED_AT).order_by("pk"))
    found = [one for one in everybody if one.status != Status.IDEA]
    ideas = [one for one in everybody if one.status == Status.IDEA]
    whole = ledger(release, claims_of(year).filter(initiative__in=[one.pk for one in found]))
    judged = {line.claim.initiative_id: line.quality for line in whole.lines}
    judged |= quality.judged([one for one in found if one.pk not in judged], release)
    plan = planned(found, [line.claim for line in whole.lines], year)
    latest = latest_returns([one.pk for one in found], month)
    parts = parts_of(whole, plan, latest, month)
    return Facts(
        release,
        organisation,
        month,
        after,
        found,
        ideas,
        list(Claim.objects.filter(initiative__in=[one.pk for one in ideas], pool__year=year)),
        whole,
        judged,
        plan,
        latest,
        parts,
        {one.pk: standing(one, judged[one.pk], parts.get(one.pk, {}), after) for one in found},
        {line.claim.pool_id: line.size for line in whole.lines if line.size is not None},
    )


def _reported(
    organisation: Organisation, year: int, workstream: str | None, seen: QuerySet[Initiative]
) -> QuerySet[Initiative]:
    """Of plans of the year; without a plan, what goes on in it; and whatever claims on a pool of it."""
    first = months.first_of_year(year)
    begin, end = months.first_day(first), months.last_day(first + months.YEAR - 1)
    of_year = Q(plan__year=year) | Q(pk__in=Claim.objects.filter(pool__year=year).values("initiative"))
    of_year |= (
        Q(plan=None) & (Q(starts_on=None) | Q(starts_on__lte=end)) & (Q(ends_on=None) | Q(ends_on__gte=begin))
    )
    found = seen.filter(of_year, organisation__path__startswith=organisation.path)
    found = found if workstream is None else found.filter(workstream=workstream)
    return found.select_related("organisation", "plan", "example")
