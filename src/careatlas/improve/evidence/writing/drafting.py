"""Drafting an example: starting, saving a section, fixing what it is measured by, handing it in, putting it away.

Several people of one organisation may write at once: only words that two of them changed differently collide, and
then the second is shown both. Assessing and publishing are in `assessing`, files in `files`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from careatlas.engine.release import Release
from careatlas.improve.evidence.measuring.fixed import known_until
from careatlas.improve.evidence.models import Direction, Example, Invitation, Stage
from careatlas.improve.evidence.writing import answers, sections
from careatlas.improve.evidence.writing.examples import may_write_for, opened
from careatlas.improve.people.models import Organisation, User
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

NOT_FIXED: dict[str, Any] = {"fixed_at": None, "fixed_in": "", "known_until": None}


class NotReady(Exception):
    """What has to be there before an example is handed in."""

    def __init__(self, missing: list["Missing"]) -> None:
        self.missing = missing
        super().__init__("; ".join(one.words for one in missing))


@dataclass(frozen=True)
class Missing:
    """A question that has to be answered: where it is, and what to do."""

    section: str
    field: str
    words: str


def start(user: User, owner: Organisation, title: str, **more: Any) -> Example:
    """A draft. Raises answers.Wrong where the person is no author there, or the title is empty."""
    may_write_for(user, owner)
    said = " ".join(answers.cleaned(title).split())
    if not said or len(said) > sections.QUESTIONS["title"].most:
        raise answers.Wrong({"title": "Give a title of at most 160 characters: it can be changed later."})
    return keeping.create(
        Example, user.email, "a new example", owner=owner, author=user, title=said, stage=Stage.DRAFT, **more
    )


@transaction.atomic
def start_from(invitation: Invitation, user: User, release: Release) -> Example:
    """A draft with what the atlas knows filled in; asked for again, the one there is."""
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.example is not None:
        return invitation.example
    about = release.catalogue["indicators"].get(invitation.indicator)
    named = about["short_title"] if about else invitation.indicator
    found = (
        f"Care Atlas found a lasting change of {invitation.percent:+.0f}% "
        f"({invitation.percent_lower:+.0f}% to {invitation.percent_upper:+.0f}%) from {invitation.change_start} on."
    )
    example = start(
        user,
        invitation.organisation,
        f"{named}: {invitation.organisation.name}"[:160],
        programme=about["programme"] if about else "",
        indicator=invitation.indicator,
        area=invitation.organisation_id,
        starts_on=invitation.change_start,
        direction=Direction.LOWER if invitation.percent < 0 else Direction.HIGHER,
        how_measured=found,
        is_simulated=release.manifest["simulated"],
    )
    keeping.change(invitation, user.email, "written up", invitation.version, example=example)
    return example


@transaction.atomic
def save(
    number: int, key: str, said: Mapping[str, Any], user: User, version: int, release: Release
) -> Example:
    """Keep the answers of one section. Raises answers.Wrong; NotOpen; EditedMeanwhile where somebody changed the
    same words since the version that was seen."""
    example = opened(number, user)
    section = sections.BY_KEY[key]
    fields = answers.read(section, said, release)
    if "owner" in fields and fields["owner"].pk != example.owner_id:
        may_write_for(user, fields["owner"])
    if key == "measure":
        check_area(fields.get("area", example.area), example.owner)
    fields = _not_colliding(example, fields, version)
    if any(fields.get(name, getattr(example, name)) != getattr(example, name) for name in sections.MEASURE):
        if "fixed_at" in _before(example, version):  # somebody fixed it, while this writer was changing it
            raise keeping.EditedMeanwhile(example)
        fields |= NOT_FIXED
    return keeping.change(example, user.email, f"wrote “{section.title}”", example.version, **fields)


@transaction.atomic
def fix_measure(number: int, user: User, version: int, release: Release) -> Example:
    """Stamp indicator, area, day and direction with the time, the release, and how far its figures reach.

    A change of any of the four takes the stamp away. Raises as `save` does."""
    example = opened(number, user)
    if set(sections.MEASURE) & set(_before(example, version)):
        raise keeping.EditedMeanwhile(example)
    if example.fixed_at is not None:
        return example
    empty = {name: "This has to be chosen first." for name in sections.MEASURE if not getattr(example, name)}
    if empty:
        raise answers.Wrong(empty)
    until = known_until(release, example.indicator, example.area)
    if until is None:
        raise answers.Wrong({"area": "The atlas has no figures of this indicator there."})
    return keeping.change(
        example,
        user.email,
        "fixed what it is measured by",
        example.version,
        fixed_at=timezone.now(),
        fixed_in=release.id,
        known_until=until,
    )


def missing(example: Example) -> list[Missing]:
    """What has to be answered before the example can be handed in, in the order of the form."""
    found = []
    for section in sections.SECTIONS:
        found += [
            Missing(section.key, question.field, f"{question.label.rstrip('?')}: not answered yet.")
            for question in section.questions
            if question.is_needed and not getattr(example, question.field)
        ]
        found += _of_costs(example) if section.key == "costs" else []
        found += _of_measure(example) if section.key == "measure" else []
    return found


def _of_costs(example: Example) -> list[Missing]:
    if example.cost_to_start_gbp is None and example.cost_a_year_gbp is None:
        return [
            Missing(
                "costs", "cost_to_start_gbp", "What it cost: give one of the two, 0 where it cost nothing."
            )
        ]
    return []


def _of_measure(example: Example) -> list[Missing]:
    given = [name for name in sections.MEASURE if getattr(example, name)]
    if given:
        return [
            Missing("measure", name, f"{sections.QUESTIONS[name].label}: not chosen yet.")
            for name in sections.MEASURE
            if name not in given
        ]
    if not example.how_measured:
        return [Missing("measure", "indicator", "Choose an indicator, or say how else it was measured.")]
    return []


@transaction.atomic
def submit(number: int, user: User, version: int) -> Example:
    """Hand the example to the assessors. Raises NotReady; NotOpen; EditedMeanwhile where anything was changed since
    it was looked at."""
    example = opened(number, user)
    if example.version != version:
        raise keeping.EditedMeanwhile(example)
    lacking = missing(example)
    if lacking:
        raise NotReady(lacking)
    return keeping.change(
        example,
        user.email,
        "handed in",
        version,
        stage=Stage.SUBMITTED,
        round=example.round + 1,
        submitted_at=timezone.now(),
        comment="",
    )


@transaction.atomic
def withdraw_draft(number: int, user: User, version: int, why: str) -> Example:
    """Put a draft away. It stays in the record, and its writers see it."""
    example = opened(number, user)
    said = answers.cleaned(why)[:400]
    return keeping.change(
        example, user.email, said or "withdrawn by its writer", version, stage=Stage.WITHDRAWN, comment=said
    )


def check_area(code: str, owner: Organisation) -> None:
    """Another's figures are not one's own result."""
    area = Organisation.objects.filter(pk=code).first() if code else None
    if code and (area is None or not (area.path.startswith(owner.path) or owner.path.startswith(area.path))):
        raise answers.Wrong(
            {"area": f"Choose {owner.name} itself, a part of it, or an area that it lies in."}
        )


def _not_colliding(example: Example, fields: dict[str, Any], version: int) -> dict[str, Any]:
    """Without the answers that the writer left as they were and somebody else has changed."""
    before = _before(example, version)
    kept = {}
    for name, mine in fields.items():
        column = Example._meta.get_field(name).attname
        if column in before and _as_recorded(mine) == before[column]:
            continue
        if column in before and _as_recorded(mine) != _as_recorded(getattr(example, column)):
            raise keeping.EditedMeanwhile(example)
        kept[name] = mine
    return kept


def _before(example: Example, version: int) -> dict[str, Any]:
    """What was changed since that version, column -> what stood there then. Each entry of the record is a version."""
    if version == example.version:
        return {}
    if not 1 <= version < example.version:
        raise keeping.EditedMeanwhile(example)
    entries = Entry.objects.filter(
        kind=keeping.kind_of(Example), key=str(example.pk), action="changed"
    ).order_by("number")
    found: dict[str, Any] = {}
    for entry in entries[version - 1 :]:
        found = entry.before | found
    return found


def _as_recorded(value: Any) -> Any:
    if isinstance(value, Organisation):
        return value.pk
    return value.isoformat() if isinstance(value, date) else value
