"""Who is independent of what an initiative claims: whoever wrote none of its claims, those withdrawn among them.

They alone say why quality that got worse does not count against it. And from its first day on, they alone change what
its quality is judged by (its start, and its measures of quality): else whoever gains by a claim could take the measure
that got worse away, turn it round, or hide it among many. It is asked of the record, which a withdrawal does not empty,
and a gate that is shut again does not make an idea of what was past being one.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from careatlas.improve.delivery.models import Claim, Initiative, Measure, MeasureKind, Status
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

OF_CLAIMS = keeping.kind_of(Claim)
# Whoever only confirms a claim, or agrees its share, did not write it.
WRITTEN = frozenset({"pence", "timing", "form", "phasing"})
JUDGED_BY = ("kind", "indicator", "area", "better")
CLAIMS_ON_IT = (
    "You claim what it saves: what its quality is judged by is changed by a plan manager who wrote none of its "
    "claims."
)


def claimants(initiatives: Collection[int]) -> dict[int, set[str]]:
    """By initiative, everybody who ever wrote what one of its claims says."""
    made = Entry.objects.filter(
        kind=OF_CLAIMS, action="created", after__initiative_id__in=list(initiatives)
    ).values_list("key", "after")
    whose = {key: after["initiative_id"] for key, after in made}
    found = defaultdict(set)
    for entry in Entry.objects.filter(kind=OF_CLAIMS, key__in=list(whose)):
        if WRITTEN & set(entry.after):
            found[whose[entry.key]].add(entry.who)
    return {number: found[number] for number in initiatives}


def is_independent(user: User, initiative: Initiative) -> bool:
    return user.email not in claimants([initiative.pk])[initiative.pk]


def check_start(initiative: Initiative, starts_on: date | None, user: User, why: str) -> None:
    """Before it starts on another day; one that lies ahead is put off by whoever writes it. Raises Wrong."""
    if starts_on != initiative.starts_on and _is_judged(initiative, starts_on):
        _require(initiative, user, "starts_on")
        _require_reason(why)


def check_measure(
    initiative: Initiative, measure: Measure, fields: Mapping[str, Any], user: User, why: str
) -> None:
    """Before a measure becomes what ``fields`` say. Raises Wrong."""
    changed = [name for name in JUDGED_BY if name in fields and fields[name] != getattr(measure, name)]
    is_of_quality = MeasureKind.QUALITY in (measure.kind, fields.get("kind"))
    if changed and is_of_quality and _is_judged(initiative):
        _require(initiative, user, changed[0])
        _require_reason(why)


def check_new_measure(initiative: Initiative, kind: str, user: User) -> None:
    """Before a second one of quality is added, with which the limits of each grow wider. Raises Wrong."""
    has_one = initiative.measures.filter(kind=MeasureKind.QUALITY).exists()
    if kind == MeasureKind.QUALITY and has_one and _is_judged(initiative):
        _require(initiative, user, "kind")


def check_removal(initiative: Initiative, measure: Measure, user: User, why: str) -> None:
    """Before a measure is taken out. Raises Wrong."""
    if measure.kind == MeasureKind.QUALITY and _is_judged(initiative):
        _require(initiative, user, "why")
        _require_reason(why)


def _require(initiative: Initiative, user: User, field: str) -> None:
    if not is_independent(user, initiative):
        raise Wrong({field: CLAIMS_ON_IT})


def _require_reason(why: str) -> None:
    if not why.strip():
        raise Wrong({"why": "Its quality is judged by this already: say why it changes."})


def _is_judged(initiative: Initiative, starts_on: date | None = None) -> bool:
    """Whether it has begun, past being an idea; by the day that stands, or the one that it is to become."""
    days = [day for day in (initiative.starts_on, starts_on) if day is not None]
    has_begun = not days or min(days) <= timezone.now().date()
    return has_begun and _was_past_idea(initiative) and _was_claimed(initiative)


def _was_claimed(initiative: Initiative) -> bool:
    return initiative.claims.exists() or bool(claimants([initiative.pk])[initiative.pk])


def _was_past_idea(initiative: Initiative) -> bool:
    if initiative.status != Status.IDEA:
        return True
    left = {"action": "changed", "before__status": Status.IDEA.value}
    entries = Entry.objects.filter(kind=keeping.kind_of(initiative), key=str(initiative.pk), **left)
    return entries.exists()
