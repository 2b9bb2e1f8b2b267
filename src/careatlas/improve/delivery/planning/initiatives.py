"""Initiatives: begun empty, changed, brought into a plan. One without a plan is an improvement project.

How one is begun from an example or an opportunity is in `beginnings`; how it moves on, and stops, in `gateways`.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import Initiative, Plan, Status
from careatlas.improve.delivery.planning import answers, asks, claimed, independence, plans, who
from careatlas.improve.people.models import Organisation, User
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Kept

OVER = (Status.FINISHED, Status.STOPPED)
FIXED = frozenset(ask.field for ask in asks.INITIATIVE if ask.is_fixed)


class NotOpen(Exception):
    """The initiative is finished or stopped: what it says stands."""

    def __init__(self, initiative: Initiative) -> None:
        self.initiative = initiative
        super().__init__(f"initiative {initiative.pk} is {initiative.status}")


def seen(number: int, user: User) -> Initiative:
    """Raises NotKnownError."""
    visible = who.visible_initiatives(user).select_related(None)  # an example is long, and few pages show it
    found = visible.select_related("organisation", "plan__organisation").filter(pk=number).first()
    if found is None:
        raise NotKnownError(f"Initiative {number}", "is none that you may see.", "See the list of yours.")
    return found


def may_write(initiative: Initiative, user: User) -> bool:
    return who.written_by(user).filter(pk=initiative.pk).exists()


def opened(number: int, user: User) -> Initiative:
    """To be changed, held until the end of the transaction. Raises NotKnownError; NotOpen."""
    initiative = held(number, user)
    if initiative.status in OVER:
        raise NotOpen(initiative)
    return initiative


def written(number: int, user: User) -> Initiative:
    """One that the person may change, as it stands and held by nobody. Raises NotKnownError."""
    found = who.written_by(user).filter(pk=number).first()
    if found is None:
        raise NotKnownError(
            f"Initiative {number}", "is none that you may write on.", "See the list of yours."
        )
    return found


def held(number: int, user: User) -> Initiative:
    written(number, user)
    return Initiative.objects.select_for_update().get(pk=number)


def start(
    user: User,
    organisation: Organisation,
    said: Mapping[str, Any],
    release: Release,
    plan: Plan | None = None,
    **more: Any,
) -> Initiative:
    """An idea. ``more``: what it is begun from. Raises answers.Wrong."""
    fields = answers.read_new(asks.INITIATIVE, said, release)
    faults = _faults_of_days(fields)
    if not who.managed_by(user).filter(pk=organisation.pk).exists():
        faults["organisation"] = (
            f"You are no plan manager of {organisation.name}. Its publishers can make you one."
        )
    if plan is not None and not plans.may_write(plan, user):
        faults["plan"] = "You are no plan manager of that plan's organisation."
    elif plan is not None and not organisation.path.startswith(plan.organisation.path):
        faults["plan"] = f"{organisation.name} does not lie in {plan.organisation.name}."
    answers.refuse(faults)
    return keeping.create(
        Initiative,
        user.email,
        "a new initiative",
        organisation=organisation,
        plan=plan,
        is_simulated=release.manifest["simulated"],
        **fields,
        **more,
    )


@transaction.atomic
def change(
    number: int, said: Mapping[str, Any], user: User, version: int, why: str, release: Release
) -> Initiative:
    """Raises answers.Wrong; NotOpen; EditedMeanwhile; NotKnownError."""
    initiative = opened(number, user)
    fields = answers.read(asks.INITIATIVE, said, release)
    days = {name: getattr(initiative, name) for name in ("starts_on", "ends_on")}
    answers.refuse(_faults_of_days(days | fields) | _faults_of_start(initiative, fields))
    independence.check_start(initiative, fields.get("starts_on", initiative.starts_on), user, why)
    reason = reason_for(initiative, initiative, fields, FIXED, why) or "changed what it is"
    return keeping.change(initiative, user.email, reason, version, **fields)


@transaction.atomic
def join(number: int, plan_number: int, user: User, version: int, why: str = "") -> Initiative:
    """Bring it into a plan, or into another one. Raises as `change` does."""
    initiative = opened(number, user)
    plan = plans.joined_by(initiative, user).filter(pk=plan_number).first()
    if plan is None:
        raise answers.Wrong({"plan": "Choose a plan of its organisation, or of one that it lies in."})
    answers.refuse(_faults_of_year(initiative, plan))
    reason = answers.read_why(why)
    if initiative.plan is not None and initiative.plan.baselined_at and not reason:
        raise answers.Wrong({"why": "Its plan was baselined: say why it leaves."})
    return keeping.change(initiative, user.email, reason or "brought into a plan", version, plan=plan)


def is_baselined(initiative: Initiative) -> bool:
    return initiative.plan is not None and initiative.plan.baselined_at is not None


def reason_for(
    initiative: Initiative, row: Kept, fields: Mapping[str, Any], fixed: Collection[str], why: str
) -> str:
    """What was said of why. Raises answers.Wrong where nothing was and what the baseline fixed would change."""
    reason = answers.read_why(why)
    changes = [name for name in fixed if name in fields and getattr(row, name) != fields[name]]
    if changes and not reason and is_baselined(initiative):
        raise answers.Wrong({"why": "This was fixed as the baseline: say why it changes."})
    return reason


def _faults_of_days(fields: Mapping[str, Any]) -> dict[str, str]:
    starts: date | None = fields.get("starts_on")
    ends: date | None = fields.get("ends_on")
    if starts and ends and ends <= starts:
        return {"ends_on": "It ends before it starts: give a later day."}
    return {}


def _faults_of_start(initiative: Initiative, fields: Mapping[str, Any]) -> dict[str, str]:
    starts: date | None = fields.get("starts_on")
    if starts is None or starts == initiative.starts_on:
        return {}
    fault = claimed.fault_of_day(initiative.claims.all(), starts)
    return {"starts_on": fault} if fault else {}


def _faults_of_year(initiative: Initiative, plan: Plan) -> dict[str, str]:
    """A plan of another year than that of which it claims already."""
    others = initiative.claims.exclude(pool__year=plan.year).select_related("pool").order_by("pk")
    if not others:
        return {}
    return {
        "plan": f"The plan is of {plans.in_words(plan.year)}, and it draws on a pool of another year with "
        f"{claimed.in_words(others)}: withdraw that first, or begin a new initiative in this plan."
    }
