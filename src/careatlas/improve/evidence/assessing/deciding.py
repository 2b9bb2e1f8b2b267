"""Deciding: a publisher publishes, returns or withdraws; what the atlas measures decides between proposed and proven.

The verdict is taken from the release served at publishing, and kept with its id; a newer release measures again, and
every change of it stays in the record. After two years a round is opened again while the page stays.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from careatlas.catalogue.library import load_gates
from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.evidence.assessing.rounds import Round, round_of
from careatlas.improve.evidence.assessing.scoring import NotNow, tell_who_is_wanted
from careatlas.improve.evidence.impartial import OPEN_ROUND, decidable_by, may_decide
from careatlas.improve.evidence.measuring import effect
from careatlas.improve.evidence.measuring.fixed import is_fixed_before
from careatlas.improve.evidence.models import Assessment, Example, Stage, Verdict
from careatlas.improve.evidence.notices import telling
from careatlas.improve.evidence.writing.answers import Wrong, cleaned
from careatlas.improve.evidence.writing.sections import MEASURE
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

THE_RELEASE = "the release"
LONGEST_WORDS = 4_000


@dataclass(frozen=True)
class Standing:
    """An example with an open round, as a publisher sees it before anything is decided."""

    example: Example
    round: Round


@dataclass(frozen=True)
class Measured:
    """One entry of what the atlas measured, release after release."""

    at: datetime
    release: str
    verdict: str
    reason: str
    percent: float | None
    lower: float | None
    upper: float | None


def standing(user: User) -> list[Standing]:
    """Examples with an open round that the person may decide on; those that can be decided now come first."""
    found = Example.objects.filter(OPEN_ROUND, decidable_by(user)).select_related("owner")
    rows = [Standing(example, round_of(example)) for example in found.order_by("submitted_at", "pk")]
    return sorted(rows, key=lambda row: not row.round.is_finished)


def round_decided_by(example: Example, user: User) -> Round | None:
    """The open round of an example, if the person may decide on it."""
    found = Example.objects.filter(OPEN_ROUND, decidable_by(user), pk=example.pk).exists()
    return round_of(example) if found else None


@transaction.atomic
def publish(example: Example, user: User, version: int, release: Release) -> Example:
    """With rating and verdict. Raises NotNow before the round is finished."""
    now, scored = _locked(example, user, version)
    if not _is_open(now):
        raise NotNow("No round is open: it was decided already.")
    if not scored.is_finished:
        raise NotNow("The scores are not all in.")
    measured = verdict_of(now, release)
    today = timezone.now()
    published = keeping.change(
        now,
        user.email,
        f"published after round {scored.number}",
        version,
        stage=Stage.PUBLISHED,
        published_at=today,
        review_due=months_later(today.date(), load_gates().review_after_months),
        overall=scored.overall,
        rating=scored.rating,
        effect=measured,
        verdict=measured["verdict"],
        round_decided=scored.number,
        comment="",
    )
    telling.round_is_over(published)
    if now.stage != Stage.PUBLISHED:
        telling.of_publication(published)
    return published


@transaction.atomic
def return_to_author(example: Example, user: User, version: int, why: str) -> Example:
    """The author may work on and submit again, for a new round. Also before the scores are in: the round is over."""
    now, scored = _locked(example, user, version)
    if now.stage != Stage.SUBMITTED:
        raise NotNow("Only what is with the assessors can be returned.")
    returned = keeping.change(
        now,
        user.email,
        f"returned in round {scored.number}",
        version,
        stage=Stage.RETURNED,
        comment=_words(why, "Say what the author should do."),
        round_decided=scored.number,
    )
    telling.round_is_over(returned)
    telling.tell(
        [returned.author],
        f"“{returned.title}” came back to you, with reasons.",
        f"/library/{returned.pk}/edit/",
    )
    return returned


@transaction.atomic
def withdraw(example: Example, user: User, version: int, words: str) -> Example:
    """Take a published example away from the lists; its address says why, to readers."""
    now, scored = _locked(example, user, version)
    if now.stage != Stage.PUBLISHED:
        raise NotNow("Only what is published can be withdrawn.")
    withdrawn = keeping.change(
        now,
        user.email,
        "withdrawn",
        version,
        stage=Stage.WITHDRAWN,
        comment=_words(words, "Say to readers why it is withdrawn."),
        round_decided=scored.number,
        review_due=None,
    )
    telling.round_is_over(withdrawn)
    told = {withdrawn.author, *telling.followers(("example", str(withdrawn.pk)))}
    telling.tell(told, f"“{withdrawn.title}” was withdrawn from the library.", f"/library/{withdrawn.pk}/")
    return withdrawn


@transaction.atomic
def open_review(example: Example, user: User, version: int) -> Example:
    """A new round for a published example, which readers go on seeing with the scores it has."""
    now, scored = _locked(example, user, version)
    if now.stage != Stage.PUBLISHED or _is_open(now):
        raise NotNow("A round is open already, or the example is not published.")
    return keeping.change(now, user.email, "opened a new round", version, round=scored.number + 1)


@transaction.atomic
def free_place(assessment: Assessment, user: User, why: str) -> None:
    """Give the place of an assessor who will not hand in to another; the draft is not read, and is gone."""
    locked, _ = _locked(assessment.example, user, None)
    mine = Assessment.objects.filter(pk=assessment.pk, example=locked, handed_in_at=None).first()
    if mine is None:
        raise NotNow("They have handed in meanwhile, or given the place back.")
    keeping.remove(mine, user.email, _words(why, "Say why."))
    tell_who_is_wanted(locked)


def reviews_due(day: date) -> QuerySet[Example]:
    """Published examples whose review is due by a day and has not been opened, longest due first."""
    due = Example.objects.filter(stage=Stage.PUBLISHED, round=F("round_decided"), review_due__lte=day)
    return due.select_related("owner").order_by("review_due", "pk")


def verdict_of(example: Example, release: Release) -> dict[str, Any]:
    """What the atlas measures of an example in a release, as it is kept: always a verdict, its reason, the release."""
    if not all(getattr(example, field) for field in MEASURE):
        return _not_measured(
            example, release, "Nothing was named to measure it by: indicator, area, start and direction."
        )
    try:
        measured = effect.measure(
            release,
            example.indicator,
            example.area,
            example.starts_on,
            example.direction,
            fixed_before=is_fixed_before(example),
        )
    except NotKnownError as fault:
        return _not_measured(example, release, f"This release cannot measure it: {fault.where} {fault.found}")
    return measured.to_json()


def remeasure(release: Release) -> int:
    """Measure every published example again in a release that arrived, and give how many were. Asked again of the same
    release it does nothing."""
    published = Example.objects.filter(stage=Stage.PUBLISHED).order_by("pk")
    return sum(_remeasured(example, release) for example in published.iterator())


def measured(example: Example) -> Iterator[Measured]:
    """Every verdict there was, the first at publishing, the last in force."""
    entries = Entry.objects.filter(
        kind=keeping.kind_of(Example), key=str(example.pk), after__has_key="effect"
    )
    for entry in entries.order_by("number"):
        kept = entry.after["effect"]
        if kept:
            figures = (kept.get(name) for name in ("percent", "lower", "upper"))
            yield Measured(entry.at, kept["release"], kept["verdict"], kept["reason"], *figures)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last.

    >>> months_later(date(2024, 2, 29), 24)
    datetime.date(2026, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _remeasured(example: Example, release: Release) -> bool:
    if (example.effect or {}).get("release") == release.id:
        return False
    found = verdict_of(example, release)
    while example.stage == Stage.PUBLISHED:
        changed = "" if found["verdict"] == example.verdict else f": was {example.verdict}"
        why = f"measured in release {release.id}: {found['verdict']}{changed}"
        try:
            keeping.change(example, THE_RELEASE, why, example.version, effect=found, verdict=found["verdict"])
            return True
        except (
            keeping.EditedMeanwhile
        ) as meanwhile:  # somebody decided while it was measured: their words stay
            example = meanwhile.now
    return False


def _locked(example: Example, user: User, version: int | None) -> tuple[Example, Round]:
    """As it stands, while nobody else can decide or take a place. Raises EditedMeanwhile where it changed since."""
    now = Example.objects.select_for_update().filter(pk=example.pk).first()
    if now is None or not may_decide(user, now):
        raise NotKnownError("This example", "is not among those that you decide on.")
    if version is not None and now.version != version:
        raise keeping.EditedMeanwhile(now)
    return now, round_of(now)


def _is_open(example: Example) -> bool:
    return Example.objects.filter(OPEN_ROUND, pk=example.pk).exists()


def _words(text: str, otherwise: str) -> str:
    text = cleaned(text)
    if not text:
        raise Wrong({"words": otherwise})
    if len(text) > LONGEST_WORDS:
        raise Wrong({"words": f"{len(text):,} characters are too many: keep to {LONGEST_WORDS:,}."})
    return text


def _not_measured(example: Example, release: Release, reason: str) -> dict[str, Any]:
    """In the words of what is measured, so that whoever reads one reads the other."""
    return effect.Effect(
        indicator=example.indicator,
        area=example.area,
        area_type="",
        starts_on=example.starts_on,
        direction=example.direction,
        release=release.id,
        tested="",
        verdict=Verdict.PROPOSED,
        reason=reason,
    ).to_json()
