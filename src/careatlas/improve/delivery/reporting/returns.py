"""Monthly returns: whose are due, and one as it stands: what was sent in, else what is pre-filled, and what in it is
not as planned. How one is sent in is in `sending`.

An initiative that is planned or running, in a plan, is asked for a return of every month of the plan's year once the
month has ended. Ideas are asked for nothing, and improvement projects without a plan may send one in.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Count, Q, QuerySet

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger import quality
from careatlas.improve.delivery.ledger.quality import Quality
from careatlas.improve.delivery.models import Initiative, Plan, Return, Status
from careatlas.improve.delivery.planning import due, who
from careatlas.improve.delivery.planning.plans import in_words, year_of
from careatlas.improve.delivery.reporting.exceptions import exceptions
from careatlas.improve.delivery.reporting.prefill import Line, prefilled
from careatlas.improve.people.models import User

ASKED_OF = (Status.PLANNED, Status.RUNNING)
AS_SENT = "As it was sent in."


@dataclass(frozen=True)
class Asked:
    """A return as it stands; ``quality``: as the release has it now."""

    initiative: Initiative
    month: date
    standing: Return | None
    lines: tuple[Line, ...]
    quality: Quality

    @functools.cached_property
    def exceptions(self) -> list[str]:
        """What in it needs words."""
        return exceptions(self.initiative, self.lines, self.quality, self.month)

    @property
    def of_withdrawn(self) -> dict[str, dict[str, int | None]]:
        """What it said of claims that were withdrawn since: it stays."""
        own = {str(line.claim.pk) for line in self.lines}
        kept = self.standing.figures if self.standing is not None else {}
        return {number: said for number, said in kept.items() if number not in own}

    @property
    def is_sent(self) -> bool:
        return self.standing is not None and self.standing.sent_in_at is not None

    @property
    def is_ready(self) -> bool:
        """Whether one press sends it in."""
        return not self.is_sent and not self.exceptions

    @property
    def version(self) -> int:
        return self.standing.version if self.standing is not None else 0


def month_named(text: str) -> date:
    """``2026-10``, as in an address. Raises NotKnownError."""
    found = re.fullmatch("(20[0-9]{2})-(0[1-9]|1[0-2])", text)
    if found is None:
        raise NotKnownError(text, "is no month.", "Give it as 2026-10.")
    return date(int(found[1]), int(found[2]), 1)


def last_month(today: date) -> date:
    """The one that has just ended.

    >>> last_month(date(2027, 1, 31))
    datetime.date(2026, 12, 1)
    """
    return months.first_day(months.month_of(today) - 1)


def plans_asked(user: User, month: date) -> QuerySet[Plan]:
    """Plans of the month's year that the person writes, each with how many returns are ``due`` and ``sent``."""
    is_due = Q(initiatives__status__in=ASKED_OF)
    is_sent = Q(initiatives__returns__month=month, initiatives__returns__sent_in_at__isnull=False)
    found = Plan.objects.filter(organisation__in=who.managed_by(user), year=year_of(month))
    counted = found.select_related("organisation").annotate(
        due=Count("initiatives", filter=is_due, distinct=True),
        sent=Count("initiatives", filter=is_due & is_sent, distinct=True),
    )
    return counted.order_by("organisation__path")


def latest_asked(user: User, today: date) -> date:
    """The month that has just ended, or, where the person has nothing under way in its year, the last month of the
    latest plan that has."""
    just_ended = last_month(today)
    plans = Plan.objects.filter(
        organisation__in=who.managed_by(user), initiatives__status__in=ASKED_OF, year__lte=year_of(just_ended)
    )
    year = plans.order_by("-year").values_list("year", flat=True).first()
    return (
        just_ended
        if year is None
        else min(just_ended, months.first_day(months.first_of_year(year) + months.YEAR - 1))
    )


def asked_of_plan(plan: Plan, month: date, release: Release) -> list[Asked]:
    found = Initiative.objects.filter(plan=plan, status__in=ASKED_OF).select_related("organisation", "plan")
    return asked_of_many(found.prefetch_related(*due.LOOKED_AT).order_by("title", "pk"), month, release)


def asked_of(initiative: Initiative, month: date, release: Release) -> Asked:
    """Raises NotKnownError where the month is none of its plan's."""
    if initiative.plan is not None and initiative.plan.year != year_of(month):
        raise NotKnownError(
            f"{month:%Y-%m}", "is no month of its plan.", f"Its plan is of {in_words(initiative.plan.year)}."
        )
    return asked_of_many([initiative], month, release)[0]


def asked_of_many(found: Iterable[Initiative], month: date, release: Release) -> list[Asked]:
    found = list(found)
    sent = Return.objects.filter(initiative__in=found, month=month).select_related("sent_in_by", "excused_by")
    standing = {one.initiative_id: one for one in sent}
    lines, judged = prefilled(found, month, release), quality.judged(found, release)
    return [_asked(one, month, standing.get(one.pk), lines[one.pk], judged[one.pk]) for one in found]


def returns_of(initiative: Initiative) -> QuerySet[Return]:
    """Those that were sent in, the newest first."""
    sent = initiative.returns.exclude(sent_in_at=None)
    return sent.select_related("sent_in_by", "excused_by").order_by("-month")


def waiting_months(initiative: Initiative, today: date) -> list[date]:
    """Months of its plan's year that have ended since its last return, the oldest first; before any return, only the
    last that ended. Figures run from April, so that a month that was left out is in the next."""
    if initiative.plan is None or initiative.status not in ASKED_OF:
        return []
    april = months.first_of_year(initiative.plan.year)
    after = min(months.month_of(today), april + months.YEAR)
    last = returns_of(initiative).filter(month__gte=months.first_day(april)).first()
    begin = max(april, after - 1) if last is None else months.month_of(last.month) + 1
    return [months.first_day(month) for month in range(begin, after)]


def _asked(
    initiative: Initiative, month: date, standing: Return | None, lines: tuple[Line, ...], judged: Quality
) -> Asked:
    if standing is not None and standing.sent_in_at is not None:
        lines = tuple(_as_sent(line, standing.figures) for line in lines)
    return Asked(initiative, month, standing, lines, judged)


def _as_sent(line: Line, figures: Mapping[str, Mapping[str, int | None]]) -> Line:
    """A claim that was made afterwards stays pre-filled."""
    said = figures.get(str(line.claim.pk))
    if said is None:
        return line
    return replace(line, actual=said["actual"], outturn=said["outturn"], basis=AS_SENT)
