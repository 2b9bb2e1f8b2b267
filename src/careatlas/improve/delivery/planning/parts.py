"""Milestones, measures, risks and cycles of an initiative: added, changed, taken out; each under the version its writer
saw, and once the plan is baselined with the reason. A measure that quality is judged by already is changed by somebody
who claims nothing (`independence`).
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import Initiative, Measure
from careatlas.improve.delivery.planning import answers, asks, independence, initiatives, who
from careatlas.improve.delivery.planning.asks import PARTS, PartKind
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.evidence.writing.drafting import check_area
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping

MOST = 60  # of a kind: whoever needs more has two initiatives


def part_seen(key: str, number: int, user: User) -> Any:
    """Raises NotKnownError."""
    kind = kind_named(key)
    found = kind.model.objects.filter(pk=number, initiative__in=who.visible_initiatives(user)).first()
    if found is None:
        raise NotKnownError(f"That {kind.one}", "is none that you may see.", "See the initiative's page.")
    return found


def kind_named(key: str) -> PartKind:
    if key not in PARTS:
        raise NotKnownError(key, "is no part of an initiative.", f"Parts: {', '.join(PARTS)}.")
    return PARTS[key]


@transaction.atomic
def add(number: int, key: str, said: Mapping[str, Any], user: User, release: Release, why: str = "") -> Any:
    """Raises answers.Wrong; NotOpen; NotKnownError."""
    kind, initiative = kind_named(key), initiatives.opened(number, user)
    fields = answers.read_new(kind.asks, said, release, initiative)
    answers.refuse(_CHECKS[key](fields, initiative, release))
    if getattr(initiative, key).count() >= MOST:
        raise Wrong({kind.asks[0].field: f"There are {MOST} already: make a second initiative of it."})
    if kind is asks.MEASURES:
        independence.check_new_measure(initiative, fields["kind"], user)
    reason = answers.read_why(why)
    if kind.fixed and not reason and initiatives.is_baselined(initiative):
        raise Wrong({"why": f"The plan was baselined: say why a {kind.one} is added."})
    return keeping.create(
        kind.model, user.email, reason or f"a new {kind.one}", initiative=initiative, **fields
    )


@transaction.atomic
def change(
    key: str, number: int, said: Mapping[str, Any], user: User, version: int, release: Release, why: str = ""
) -> Any:
    """Raises answers.Wrong; NotOpen; EditedMeanwhile; NotKnownError."""
    kind, row = kind_named(key), part_seen(key, number, user)
    initiative = initiatives.opened(row.initiative_id, user)
    row.refresh_from_db()  # as it is now that its initiative is held
    fields = answers.read(kind.asks, said, release, initiative)
    now = {ask.field: getattr(row, ask.field) for ask in kind.asks}
    answers.refuse(_CHECKS[key](now | fields, initiative, release))
    if isinstance(row, Measure):
        independence.check_measure(initiative, row, fields, user, why)
    reason = initiatives.reason_for(initiative, row, fields, kind.fixed, why)
    return keeping.change(row, user.email, reason or f"changed a {kind.one}", version, **fields)


@transaction.atomic
def remove(key: str, number: int, user: User, version: int, why: str = "") -> Initiative:
    """Take it out; the record keeps what it said. Raises as `change` does."""
    kind, row = kind_named(key), part_seen(key, number, user)
    initiative = initiatives.opened(row.initiative_id, user)
    row.refresh_from_db()
    if row.version != version:
        raise keeping.EditedMeanwhile(row)
    if isinstance(row, Measure):
        independence.check_removal(initiative, row, user, why)
    reason = answers.read_why(why)
    if not reason and initiatives.is_baselined(initiative):
        raise Wrong({"why": f"The plan was baselined: say why the {kind.one} is taken out."})
    reason = reason or f"took out a {kind.one}"
    if isinstance(row, Measure):
        _let_go(row, user, reason)
    keeping.remove(row, user.email, reason)
    return initiative


def _let_go(measure: Measure, user: User, reason: str) -> None:
    """What hangs on it goes by the record too, and not only by the database."""
    for cycle in measure.cycle_set.all():
        keeping.change(cycle, user.email, reason, cycle.version, measure=None)
    for figure in measure.figures.all():
        keeping.remove(figure, user.email, reason)


def _of_milestone(fields: Mapping[str, Any], initiative: Initiative, release: Release) -> dict[str, str]:
    return _not_to_come(fields, "done_on", "What is done lies behind us: leave it empty until then.")


def _of_measure(fields: Mapping[str, Any], initiative: Initiative, release: Release) -> dict[str, str]:
    faults = {}
    indicator, area = fields["indicator"], fields["area"]
    if fields["target"] is not None and fields["target_percent"] is not None:
        faults["target"] = "Give one target: in percent of business as usual, or as a value."
    if indicator and not area:
        faults["area"] = "Choose the area at which the indicator is looked at."
    elif area and not indicator:
        faults["indicator"] = "Choose the indicator, or leave the area empty and enter figures by month."
    elif indicator:
        faults |= _of_place(indicator, area, initiative, release)
    elif not fields["unit"]:
        faults["unit"] = "Say what one of the figures is, such as: falls, or % of visits."
    return faults


def _of_place(indicator: str, area: str, initiative: Initiative, release: Release) -> dict[str, str]:
    about, level = release.catalogue["indicators"][indicator], release.areas[area]["area_type"]
    if level not in about["area_types"]:
        return {"area": f"{release.areas[area]['name']} has no figures of “{about['title']}”."}
    try:
        check_area(area, initiative.organisation)
    except Wrong as fault:
        return fault.faults
    return {}


def _of_cycle(fields: Mapping[str, Any], initiative: Initiative, release: Release) -> dict[str, str]:
    faults = _not_to_come(fields, "ended_on", "It ends on the day that you know what was learned.")
    if fields["began_on"] and fields["ended_on"] and fields["ended_on"] < fields["began_on"]:
        faults["ended_on"] = "It ended before it began: give a later day."
    if fields["ended_on"]:
        faults |= {
            name: "A cycle that ended says what was learned, and what is done with it."
            for name in ("study", "act")
            if not fields[name]
        }
    return faults


def _not_to_come(fields: Mapping[str, Any], name: str, words: str) -> dict[str, str]:
    day: date | None = fields[name]
    return {name: words} if day is not None and day > timezone.now().date() else {}


_CHECKS: dict[str, Callable[[Mapping[str, Any], Initiative, Release], dict[str, str]]] = {
    asks.MILESTONES.key: _of_milestone,
    asks.MEASURES.key: _of_measure,
    asks.RISKS.key: lambda fields, initiative, release: {},
    asks.CYCLES.key: _of_cycle,
}
