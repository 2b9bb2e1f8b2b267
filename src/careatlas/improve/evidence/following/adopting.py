"""“We are doing this”: an organisation that does what an example did, from a day on, and what the atlas measures of it.

An adoption is registered with the day up to which figures were known, so that nobody chooses the day by the result.
While nothing is known of the time after the start it can be taken back; from then on it can only stop, and it stays
with its result, good or bad.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.evidence import voices
from careatlas.improve.evidence.matching.reasons import Size, change_in_words, size_of
from careatlas.improve.evidence.measuring import effect
from careatlas.improve.evidence.measuring.fixed import is_fixed_before, known_until
from careatlas.improve.evidence.models import Adoption, Example, Stage, Verdict
from careatlas.improve.evidence.notices import telling
from careatlas.improve.evidence.writing import examples
from careatlas.improve.evidence.writing.answers import FIRST_DAY, Wrong, cleaned
from careatlas.improve.people.models import Organisation, Role, User
from careatlas.improve.record import keeping

ADOPTERS = (Role.AUTHOR, Role.PLAN_MANAGER)
THE_RELEASE = "the release"
LONGEST_NOTE = 1_000
FURTHEST = timedelta(days=3 * 366)  # a start that is planned, not dreamt of
OUTCOMES = {
    "worked": "It worked",
    "not_shown": "No effect could be shown",
    "wrong_way": "It went the other way",
    "not_yet": "It cannot be told yet",
}


class HasResult(Exception):
    """Figures of the time after the start are on file: the adoption can stop, and it stays."""


@dataclass(frozen=True)
class Adopter:
    """One organisation that does it, as readers see it. ``outcome``: a key of OUTCOMES."""

    adoption: Adoption
    outcome: str
    size: Size | None
    reason: str
    is_before: bool

    @property
    def words(self) -> str:
        return OUTCOMES[self.outcome]

    @property
    def change(self) -> str:
        """What was measured, in words; empty where nothing could be."""
        return change_in_words(self.adoption.effect) if self.size else ""


def may_adopt(user: User, example: Example) -> QuerySet[Organisation]:
    """The organisations that the person could register for an example: not the owner, none that does it already."""
    own = (example.owner_id, example.area)
    taken = example.adoptions.values("organisation")
    found = voices.organisations_of(user, *ADOPTERS).exclude(pk__in=own).exclude(pk__in=taken)
    return found.order_by("kind", "name")


def kept_by(user: User) -> QuerySet[Adoption]:
    """Adoptions that the person may stop or take back."""
    found = Adoption.objects.filter(organisation__in=voices.organisations_of(user, *ADOPTERS))
    return found.select_related("example", "organisation", "user")


def visible_to(user: User) -> QuerySet[Adoption]:
    """Those of examples that the person sees: results are for everybody."""
    return Adoption.objects.filter(example__in=examples.visible_to(user)).select_related(
        "example", "example__owner", "organisation"
    )


@transaction.atomic
def register(
    number: int, user: User, organisation: Organisation, starts_on: date | None, note: str, release: Release
) -> Adoption:
    """Say that an organisation does what a published example did. Raises answers.Wrong; NotKnownError."""
    example = examples.visible_to(user).filter(pk=number, stage=Stage.PUBLISHED).first()
    if example is None:
        raise NotKnownError(f"Example {number}", "is not published.", "See the library.")
    note = cleaned(note)
    _refuse(_faults(user, example, organisation, starts_on, note))
    fields = {
        "example": example,
        "organisation": organisation,
        "user": user,
        "starts_on": starts_on,
        "note": note,
        "fixed_at": timezone.now(),
        "fixed_in": release.id,
        "known_until": _known_until(release, example, organisation),
    }
    fields["effect"] = measured(Adoption(**fields), release)
    try:
        with transaction.atomic():
            adoption = keeping.create(Adoption, user.email, "registered: we are doing this", **fields)
    except IntegrityError:  # two of one organisation at one moment
        raise Wrong({"organisation": f"{organisation.name} is registered already."}) from None
    telling.of_adoption(adoption)
    return adoption


@transaction.atomic
def take_back(adoption: Adoption, user: User, version: int, why: str, release: Release) -> None:
    """Registered by mistake, or not done after all. Raises HasResult; EditedMeanwhile; NotKnownError."""
    now = _held(adoption, user, version)
    if has_figures_after(now, release):
        raise HasResult
    keeping.remove(now, user.email, cleaned(why)[:LONGEST_NOTE] or "taken back before there was a result")


@transaction.atomic
def stop(adoption: Adoption, user: User, version: int, stopped_on: date | None, why: str) -> Adoption:
    """It is done no longer; what came of it stays. Raises answers.Wrong; EditedMeanwhile; NotKnownError."""
    now = _held(adoption, user, version)
    why = cleaned(why)
    faults = {}
    if stopped_on is None or not now.starts_on <= stopped_on <= timezone.now().date():
        faults["stopped_on"] = "Give the day it stopped: after the start, and not after today."
    if not why or len(why) > LONGEST_NOTE:
        faults["why"] = f"Say to readers why it stopped, in at most {LONGEST_NOTE:,} characters."
    _refuse(faults)
    return keeping.change(now, user.email, "stopped", version, stopped_on=stopped_on, stopped_why=why)


def has_figures_after(adoption: Adoption, release: Release) -> bool:
    until = _known_until(release, adoption.example, adoption.organisation)
    return until is not None and until >= adoption.starts_on


def adopters(example: Example) -> list[Adopter]:
    """All who do it or did, those it worked for and those it did not, in order of start."""
    found = example.adoptions.select_related("organisation").order_by("starts_on", "pk")
    return [told(adoption, example) for adoption in found]


def told(adoption: Adoption, example: Example) -> Adopter:
    kept = adoption.effect or {}
    size = size_of(kept, example.direction)
    reason = kept.get("reason") or "It is measured when the next figures arrive."
    return Adopter(adoption, outcome_of(kept, size), size, reason, is_fixed_before(adoption))


def outcome_of(kept: Mapping[str, Any], size: Size | None) -> str:
    """By the verdict and the limits alone: worked, not_shown, wrong_way or not_yet."""
    if kept.get("verdict") == Verdict.PROVEN:
        return "worked"
    if size is None:
        return "not_yet"
    return "wrong_way" if size.at_most < 0 else "not_shown"


def measured(adoption: Adoption, release: Release) -> dict[str, Any]:
    """What a release shows of an adoption, as it is kept: always a verdict, its reason, the release."""
    example = adoption.example
    try:
        return effect.measure(
            release,
            example.indicator,
            adoption.organisation_id,
            adoption.starts_on,
            example.direction,
            fixed_before=is_fixed_before(adoption),
        ).to_json()
    except NotKnownError as fault:
        reason = f"The atlas cannot measure it: {fault.where} {fault.found}"
        return {"release": release.id, "verdict": Verdict.PROPOSED.value, "reason": reason}


def remeasure(release: Release) -> int:
    """Measure every adoption in a release that arrived, and give how many were; asked again it does nothing."""
    found = Adoption.objects.select_related("example", "organisation", "user").order_by("pk")
    return sum(_remeasured(adoption, release) for adoption in found)


def _remeasured(adoption: Adoption, release: Release) -> bool:
    if (adoption.effect or {}).get("release") == release.id:
        return False
    found, before = measured(adoption, release), told(adoption, adoption.example).outcome
    why = f"measured in release {release.id}: {found['verdict']}"
    try:
        changed = keeping.change(adoption, THE_RELEASE, why, adoption.version, effect=found)
    except (keeping.EditedMeanwhile, Adoption.DoesNotExist):  # stopped or taken back: the next round has it
        return False
    if told(changed, adoption.example).outcome != before:
        telling.of_result(changed, OUTCOMES[told(changed, adoption.example).outcome])
    return True


def _faults(
    user: User, example: Example, organisation: Organisation, starts_on: date | None, note: str
) -> dict[str, str]:
    faults = {}
    if organisation.pk in (example.owner_id, example.area):
        faults["organisation"] = f"This is what {organisation.name} did itself."
    elif example.adoptions.filter(organisation=organisation).exists():
        faults["organisation"] = f"{organisation.name} is registered already."
    elif not may_adopt(user, example).filter(pk=organisation.pk).exists():
        faults["organisation"] = (
            f"You are no author and no plan manager of {organisation.name}. Its publishers can make you one."
        )
    if starts_on is None or not FIRST_DAY <= starts_on <= timezone.now().date() + FURTHEST:
        faults["starts_on"] = "Give the day it starts there, at most three years from now."
    if len(note) > LONGEST_NOTE:
        faults["note"] = f"{len(note):,} characters are too many: keep to {LONGEST_NOTE:,}."
    return faults


def _refuse(faults: dict[str, str]) -> None:
    if faults:
        raise Wrong(faults)


def _known_until(release: Release, example: Example, organisation: Organisation) -> date | None:
    if example.indicator not in release.catalogue["indicators"] or organisation.pk not in release.areas:
        return None
    return known_until(release, example.indicator, organisation.pk)


def _held(adoption: Adoption, user: User, version: int) -> Adoption:
    """As it stands, held until the end of the transaction. Raises EditedMeanwhile; NotKnownError."""
    if not kept_by(user).filter(pk=adoption.pk).exists():
        raise NotKnownError("This adoption", "is none of yours.", "See the example's page.")
    now = Adoption.objects.select_for_update().get(pk=adoption.pk)
    if now.version != version:
        raise keeping.EditedMeanwhile(now)
    return now
