"""Who changed what of an initiative, a plan, a pool or a claim, when and why; and what a row said at a moment, such as
a baseline's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from careatlas.improve.delivery.models import (
    Claim,
    Cost,
    Cycle,
    Gateway,
    Initiative,
    Measure,
    Milestone,
    Plan,
    Pool,
    Proposal,
    Return,
    Risk,
)
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry, Kept

PARTS = (Milestone, Measure, Risk, Cycle, Gateway, Proposal, Claim, Return)
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
    condition = _of(initiative)
    for part in PARTS:
        condition |= _of_parts(part, initiative_id=initiative.pk)
    return _changes(condition)


def of_plan(plan: Plan) -> list[Change]:
    return _changes(_of(plan))


def of_pool(pool: Pool) -> list[Change]:
    """With the costs entered of it."""
    return _changes(_of(pool) | _of_parts(Cost, pool_id=pool.pk))


def of_claim(claim: Claim) -> list[Change]:
    return _changes(_of(claim))


def as_it_was(row: Kept, moment: datetime) -> dict[str, Any]:
    """Column -> what it said then, as the record has it (days as text). A row that is younger said nothing: empty."""
    entries = Entry.objects.filter(kind=keeping.kind_of(row), key=str(row.pk)).order_by("number")
    said: dict[str, Any] = {}
    for entry in entries.filter(at__lte=moment):
        said = {} if entry.action == "removed" else said | entry.after
    return said


def _of(row: Kept) -> Q:
    return Q(kind=keeping.kind_of(row), key=str(row.pk))


def _of_parts(part: type[Kept], **whole: int) -> Q:
    """Every entry of rows that were begun as parts of it, also of those that are gone."""
    kind = keeping.kind_of(part)
    of_it = {f"after__{name}": number for name, number in whole.items()}
    begun = Entry.objects.filter(kind=kind, action="created", **of_it)
    return Q(kind=kind, key__in=begun.values("key"))


def at_version(row: Kept, version: str) -> Kept | None:
    """The row as it was when its version was that one, not to be kept; None where the record cannot tell."""
    undone = row.version - int(version) if version.isdecimal() and len(version) < 10 else 0
    entries = Entry.objects.filter(kind=keeping.kind_of(row), key=str(row.pk), action="changed")
    last = list(entries.order_by("-number")[:undone]) if 0 < undone < row.version else []
    if not last or len(last) < undone:
        return None
    said = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    for entry in last:
        said |= entry.before
    return type(row)(**said)


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
