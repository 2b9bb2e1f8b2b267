"""Who changed what of an initiative or a plan, when and why; and what a row said at a moment, such as a baseline's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from careatlas.improve.delivery.models import (
    Cycle,
    Gateway,
    Initiative,
    Measure,
    Milestone,
    Plan,
    Proposal,
    Risk,
)
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry, Kept

PARTS = (Milestone, Measure, Risk, Cycle, Gateway, Proposal)
MOST = 200


@dataclass(frozen=True)
class Change:
    """``fields``: name -> what it said before and after."""

    at: datetime
    who: str
    why: str
    kind: str
    action: str
    fields: dict[str, tuple[Any, Any]]

    @property
    def named(self) -> str:
        """What was made or taken out, where it has a name."""
        was, became = self.fields.get("title" if self.kind != "gateway" else "gate", ("", ""))
        return "" if self.action == "changed" else became or was or ""


def of_initiative(initiative: Initiative) -> list[Change]:
    """Its own changes and those of its parts, also of parts that were taken out; newest first, the latest ``MOST``."""
    condition = Q(kind=keeping.kind_of(Initiative), key=str(initiative.pk))
    for part in PARTS:
        kind = keeping.kind_of(part)
        begun = Entry.objects.filter(kind=kind, action="created", after__initiative_id=initiative.pk)
        condition |= Q(kind=kind, key__in=begun.values("key"))
    return _changes(condition)


def of_plan(plan: Plan) -> list[Change]:
    return _changes(Q(kind=keeping.kind_of(Plan), key=str(plan.pk)))


def as_it_was(row: Kept, moment: datetime) -> dict[str, Any]:
    """Column -> what it said then, as the record has it (days as text). A row that is younger said nothing: empty."""
    entries = Entry.objects.filter(kind=keeping.kind_of(row), key=str(row.pk)).order_by("number")
    said: dict[str, Any] = {}
    for entry in entries.filter(at__lte=moment):
        said = {} if entry.action == "removed" else said | entry.after
    return said


def _changes(condition: Q) -> list[Change]:
    found = Entry.objects.filter(condition).order_by("-number")[:MOST]
    return [
        Change(
            entry.at,
            entry.who,
            entry.why,
            entry.kind.partition(".")[2],
            entry.action,
            {name: (entry.before.get(name), entry.after.get(name)) for name in entry.before | entry.after},
        )
        for entry in found
    ]
