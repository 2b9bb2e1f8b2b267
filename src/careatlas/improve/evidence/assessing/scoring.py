"""Assessing: an assessor takes a place in a round, scores every gate, says why, and hands in.

A draft may be left and resumed; what is handed in is final for the round. Places are given under a lock on the
example, so that two who take the last one at a moment do not both have it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from careatlas.catalogue.gates import SCORES
from careatlas.catalogue.library import load_gates
from careatlas.errors import NotKnownError
from careatlas.improve.evidence.assessing.rounds import Round, round_of
from careatlas.improve.evidence.impartial import assessable, may_assess
from careatlas.improve.evidence.models import Assessment, Example
from careatlas.improve.evidence.notices import telling
from careatlas.improve.evidence.writing.answers import Wrong, cleaned
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping

LONGEST_COMMENT = 4_000


class NotNow(Exception):
    """What was asked cannot be done as things stand: ``words`` say why, to whoever asked."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


@dataclass(frozen=True)
class Waiting:
    """An example in an assessor's queue: with an assessment of theirs, or with a place for them."""

    example: Example
    mine: Assessment | None
    is_third: bool


def queue(user: User) -> list[Waiting]:
    """What the person has begun, then what waits for an assessor, oldest first; handed in is no longer here."""
    waiting = []
    for example in (
        Example.objects.filter(assessable(user)).select_related("owner").order_by("submitted_at", "pk")
    ):
        now = round_of(example)
        mine = _of(user, now)
        if (mine is not None and not mine.handed_in_at) or (mine is None and now.has_place):
            waiting.append(Waiting(example, mine, mine.is_third if mine else now.wants_third))
    return sorted(waiting, key=lambda one: one.mine is None)


def handed_in_by(user: User) -> list[Assessment]:
    found = Assessment.objects.filter(assessor=user, handed_in_at__isnull=False)
    return list(found.select_related("example").order_by("-handed_in_at"))


@transaction.atomic
def take(example: Example, user: User) -> Assessment:
    """Take a place in the open round; whoever has one keeps it. Raises NotNow where there is none left."""
    now = _locked_round(example, user)
    mine = _of(user, now)
    if mine is not None:
        return mine
    if not now.has_place:
        raise NotNow("Others have taken the places in this round meanwhile.")
    if now.wants_third:
        telling.third_found(example)
    return keeping.create(
        Assessment,
        user.email,
        "took a place as third assessor" if now.wants_third else "took a place",
        example=example,
        round=now.number,
        assessor=user,
        is_third=now.wants_third,
    )


@transaction.atomic
def leave(assessment: Assessment, user: User) -> None:
    """Give one's place back, with what was drafted. Nothing that was handed in."""
    keeping.remove(_to_write_in(assessment, user), user.email, "gave the place back")
    tell_who_is_wanted(assessment.example)


@transaction.atomic
def save(
    assessment: Assessment,
    user: User,
    version: int,
    scores: Mapping[str, int],
    comments: Mapping[str, str],
    comment: str,
) -> Assessment:
    """Keep a draft, however little of it there is.

    Raises EditedMeanwhile where it was saved elsewhere since, and Wrong where words are too many to keep."""
    mine = _to_write_in(assessment, user)
    return keeping.change(mine, user.email, "draft saved", version, **_said(scores, comments, comment))


@transaction.atomic
def hand_in(
    assessment: Assessment,
    user: User,
    version: int,
    scores: Mapping[str, int],
    comments: Mapping[str, str],
    comment: str,
) -> Assessment:
    """Final for the round. Raises Wrong where a gate has no score or no words."""
    mine = _to_write_in(assessment, user)
    said = _said(scores, comments, comment)
    if missing := _missing(said):
        raise Wrong(missing)
    handed_in = keeping.change(mine, user.email, "handed in", version, **said, handed_in_at=timezone.now())
    tell_who_is_wanted(assessment.example)
    return handed_in


def tell_who_is_wanted(example: Example) -> None:
    """A publisher where all scores are in, a third assessor where two disagree and none has taken the place."""
    now = round_of(example)
    if now.is_finished:
        telling.of_decision_due(example)
    elif now.wants_third and now.third is None:
        telling.of_third_wanted(example)


def _locked_round(example: Example, user: User) -> Round:
    """The round as it stands while nobody else can take a place, decide or withdraw."""
    locked = Example.objects.select_for_update().filter(pk=example.pk).first()
    if locked is None or not may_assess(user, locked):
        raise NotKnownError("This example", "is not among those that you may assess.")
    return round_of(locked)


def _to_write_in(assessment: Assessment, user: User) -> Assessment:
    mine = _of(user, _locked_round(assessment.example, user))
    if mine is None or mine.pk != assessment.pk:
        raise NotKnownError("This assessment", "is not one that you are writing.")
    if mine.handed_in_at:
        raise NotNow("You have handed this in: it is final for this round.")
    return mine


def _of(user: User, now: Round) -> Assessment | None:
    return next((one for one in now.assessments if one.assessor_id == user.pk), None)


def _said(scores: Mapping[str, int], comments: Mapping[str, str], comment: str) -> dict[str, Any]:
    """What the gates ask for, as it is kept."""
    gates = load_gates().ids
    words = {f"comment-{gate}": cleaned(comments.get(gate, "")) for gate in gates} | {
        "comment": cleaned(comment)
    }
    faults = {
        field: f"{len(text):,} characters are too many: keep to {LONGEST_COMMENT:,}."
        for field, text in words.items()
        if len(text) > LONGEST_COMMENT
    }
    faults |= {
        f"score-{gate}": "Choose a score from 0 to 4."
        for gate in gates
        if gate in scores and scores[gate] not in SCORES
    }
    if faults:
        raise Wrong(faults)
    return {
        "scores": {gate: scores[gate] for gate in gates if gate in scores},
        "comments": {gate: text for gate in gates if (text := words[f"comment-{gate}"])},
        "comment": words["comment"],
    }


def _missing(said: Mapping[str, Any]) -> dict[str, str]:
    missing = {}
    for gate in load_gates().gates:
        if gate.id not in said["scores"]:
            missing[f"score-{gate.id}"] = "Choose a score."
        if gate.id not in said["comments"]:
            missing[f"comment-{gate.id}"] = "Say why."
    return missing
