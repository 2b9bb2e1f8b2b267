"""The plan of an organisation for a financial year: begun, changed, and fixed as the baseline.

Fixing it stamps the day. From then on its readers see it, and whoever changes what was planned says why; what it said
on that day is read back from the record (`history.as_it_was`).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import Initiative, Plan
from careatlas.improve.delivery.planning import answers, asks, who
from careatlas.improve.people.models import Organisation, User
from careatlas.improve.record import keeping

FIRST_YEAR, LAST_YEAR = 2000, 2099
APRIL = 4


def year_of(day: date) -> int:
    """The financial year that a day lies in, by the year it began in.

    >>> year_of(date(2026, 3, 31)), year_of(date(2026, 4, 1))
    (2025, 2026)
    """
    return day.year if day.month >= APRIL else day.year - 1


def in_words(year: int) -> str:
    """
    >>> in_words(2026)
    '2026/27'
    """
    return f"{year}/{(year + 1) % 100:02d}"


def plan_seen(number: int, user: User) -> Plan:
    """Raises NotKnownError."""
    found = who.visible_plans(user).filter(pk=number).first()
    if found is None:
        raise NotKnownError(f"Plan {number}", "is none that you may see.", "See the list of yours.")
    return found


def may_write(plan: Plan, user: User) -> bool:
    return who.has(user, plan.organisation, *who.WRITERS)


def start(
    user: User, organisation: Organisation, year: int, said: Mapping[str, Any], release: Release
) -> Plan:
    """Raises answers.Wrong: one organisation has one plan a year."""
    fields = answers.read_new(asks.PLAN, said, release)
    faults = {}
    if not who.managed_by(user).filter(pk=organisation.pk).exists():
        faults["organisation"] = (
            f"You are no plan manager of {organisation.name}. Its publishers can make you one."
        )
    if not FIRST_YEAR <= year <= LAST_YEAR:
        faults["year"] = "Give the year in which it begins, such as 2026 for April 2026 to March 2027."
    answers.refuse(faults)
    try:
        with transaction.atomic():
            return keeping.create(
                Plan,
                user.email,
                "a new plan",
                organisation=organisation,
                year=year,
                is_simulated=release.manifest["simulated"],
                **fields,
            )
    except IntegrityError:
        raise answers.Wrong(
            {"year": f"{organisation.name} has a plan for {in_words(year)} already: add to that one."}
        ) from None


@transaction.atomic
def change(
    number: int, said: Mapping[str, Any], user: User, version: int, why: str, release: Release
) -> Plan:
    """Raises answers.Wrong; EditedMeanwhile; NotKnownError."""
    plan = _written(number, user)
    fields = answers.read(asks.PLAN, said, release)
    return keeping.change(plan, user.email, answers.read_why(why) or "changed the plan", version, **fields)


@transaction.atomic
def baseline(number: int, user: User, version: int) -> Plan:
    """Fix what is planned, from now on and for its readers. Fixed already: as it is. Raises as `change` does."""
    plan = _written(number, user)
    if plan.baselined_at is not None:
        return plan
    if not plan.initiatives.exists():
        raise answers.Wrong({"baseline": "There is nothing in it yet: add an initiative first."})
    return keeping.change(plan, user.email, "fixed as the baseline", version, baselined_at=timezone.now())


def initiatives_seen(plan: Plan, user: User) -> QuerySet[Initiative]:
    return who.visible_initiatives(user).filter(plan=plan).order_by("workstream", "title", "pk")


def joined_by(initiative: Initiative, user: User) -> QuerySet[Plan]:
    """Plans that the person writes and that the initiative may belong to: its organisation's own, or of one that it
    lies in."""
    above = initiative.organisation.path.strip("/").split("/")
    mine = who.managed_by(user).filter(pk__in=above)
    return Plan.objects.filter(organisation__in=mine).order_by("-year", "pk")


def _written(number: int, user: User) -> Plan:
    """Held until the end of the transaction."""
    if not may_write(plan_seen(number, user), user):
        raise NotKnownError(f"Plan {number}", "is none that you may write on.", "See the list of yours.")
    return Plan.objects.select_for_update().get(pk=number)
