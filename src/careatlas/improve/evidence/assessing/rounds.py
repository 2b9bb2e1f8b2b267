"""A round of assessment: who has scored, where they disagree, what comes of it; and who may see which scores when.

Nobody sees another's scores before two are in. Then the assessors of the round and the publishers do; the owner once a
publisher has decided; everybody while the example is published. Where two disagree a third is called in, who reads
both, and whose scores stand.
"""

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from careatlas.catalogue.gates import Gates
from careatlas.catalogue.library import load_gates
from careatlas.improve.evidence.impartial import decidable_by, owned_by
from careatlas.improve.evidence.models import Assessment, Example, Stage
from careatlas.improve.people.models import User
from careatlas.improve.record.keeping import kind_of
from careatlas.improve.record.models import Entry

ASSESSORS = 2
HIDDEN = "not shown"


@dataclass(frozen=True)
class Round:
    """``assessments``: in the order in which places were taken, the third's last."""

    number: int
    assessments: tuple[Assessment, ...]
    gates: Gates

    @cached_property
    def pair(self) -> tuple[Assessment, ...]:
        """The first two who handed in."""
        return tuple(one for one in self.assessments if one.handed_in_at and not one.is_third)

    @cached_property
    def third(self) -> Assessment | None:
        return next((one for one in self.assessments if one.is_third), None)

    @property
    def is_complete(self) -> bool:
        return len(self.pair) == ASSESSORS

    @cached_property
    def differing(self) -> list[str]:
        """Gates at which the first two are too far apart."""
        return self.gates.differing(*(one.scores for one in self.pair)) if self.is_complete else []

    @cached_property
    def ratings(self) -> list[str]:
        """What the example would be called by each of the first two alone."""
        return [self.gates.rating(one.scores) for one in self.pair]

    @property
    def is_disputed(self) -> bool:
        return bool(self.differing) or len(set(self.ratings)) > 1

    @property
    def wants_third(self) -> bool:
        return self.is_complete and self.is_disputed

    @property
    def is_finished(self) -> bool:
        """Whether a publisher can decide."""
        if not self.wants_third:
            return self.is_complete
        return self.third is not None and self.third.handed_in_at is not None

    @property
    def has_place(self) -> bool:
        """Whether another assessor is wanted now."""
        if self.wants_third:
            return self.third is None
        return len(self.assessments) < ASSESSORS

    @cached_property
    def scores(self) -> dict[str, float]:
        """Gate by gate: the mean of two, or what the third says. Empty before the round is finished."""
        if not self.is_finished:
            return {}
        standing = [self.third.scores] if self.wants_third else [one.scores for one in self.pair]
        return self.gates.mean(standing)

    @property
    def overall(self) -> float | None:
        return self.gates.overall(self.scores) if self.scores else None

    @property
    def rating(self) -> str:
        return self.gates.rating(self.scores) if self.scores else ""


def round_of(example: Example, number: int | None = None) -> Round:
    """The newest round, or one by its number."""
    number = example.round if number is None else number
    taken = example.assessments.filter(round=number).select_related("assessor").order_by("is_third", "pk")
    return _round(number, taken)


def result_seen_by(example: Example, user: User) -> Round | None:
    """The newest round whose scores the person may see, with those only; None where there is none."""
    seen = assessments_visible_to(user).filter(example=example, handed_in_at__isnull=False)
    others = seen.exclude(assessor_id=user.pk)
    number = others.order_by("-round").values_list("round", flat=True).first()
    if number is None:
        return None
    shown = seen.filter(round=number).select_related("assessor").order_by("is_third", "pk")
    return _round(number, shown)


def assessments_visible_to(user: User) -> QuerySet[Assessment]:
    """One's own, and others' as this module's head says: the one place that keeps assessors blind."""
    in_round = Assessment.objects.filter(example=OuterRef("example"), round=OuterRef("round")).order_by()
    handed_in = in_round.filter(handed_in_at__isnull=False)
    counted = handed_in.values("example").annotate(how_many=Count("pk")).values("how_many")
    is_known = Q(handed_in_at__isnull=False, together__gte=ASSESSORS)
    is_decided = Q(round__lte=F("example__round_decided"))
    seen = (
        Q(example__stage=Stage.PUBLISHED, round=F("example__round_decided"))
        | is_decided & Q(example__in=Example.objects.filter(owned_by(user)))
        | Q(Exists(in_round.filter(assessor_id=user.pk)))
        | Q(example__in=Example.objects.filter(decidable_by(user)))
    )
    together = Assessment.objects.annotate(together=Subquery(counted))
    return together.filter(Q(assessor_id=user.pk) | is_known & seen)


def entries_seen_by(user: User, entries: Iterable[Entry]) -> Iterator[Entry]:
    """The record as a person may read it: every entry is there, but not what others scored before it may be seen,
    nor who they are. Whatever shows the record to anybody shows it through this."""
    kind = kind_of(Assessment)
    visible = assessments_visible_to(user)
    seen = {str(key) for key in visible.values_list("pk", flat=True)}
    own = {str(key) for key in visible.filter(assessor_id=user.pk).values_list("pk", flat=True)}
    for entry in entries:
        is_told = entry.kind != kind or entry.key in own
        yield entry if is_told else _without_scores(entry, entry.key in seen)


def _round(number: int, assessments: Iterable[Assessment]) -> Round:
    found = tuple(assessments)
    return Round(number, found, load_gates().scored_in([one.scores for one in found if one.handed_in_at]))


def _without_scores(entry: Entry, may_be_known: bool) -> Entry:
    """What was handed in stays where it may be known; drafts on the way there are nobody else's."""
    shown = copy(entry)
    shown.who = "an assessor"
    if not (may_be_known and "handed_in_at" in entry.after):
        shown.before = dict.fromkeys(entry.before, HIDDEN)
        shown.after = dict.fromkeys(entry.after, HIDDEN)
    else:
        shown.before = {}  # the draft before
    return shown
