"""How an initiative stands at the end of a month, in words that a colour may stand beside but never for.

Green takes all three: its milestones on time, its money as planned, its quality held. Quality that got worse, or cannot
be told, keeps it from green whatever it saves, until a named person says why (METHODS 13.3); without a return it is not
known.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from careatlas.improve.delivery.ledger.quality import Quality
from careatlas.improve.delivery.models import Initiative, Status
from careatlas.improve.delivery.reporting.card_money import Part
from careatlas.improve.delivery.reporting.exceptions import is_short

BLOCKED, BEHIND, NOT_TOLD, ON_PLAN = "blocked", "amber", "not known", "green"
NOT_STARTED, STOPPED = "not started", "stopped"
WORDS = {
    BLOCKED: "quality got worse, or cannot be told",
    BEHIND: "a milestone is late, or it saves less than planned",
    NOT_TOLD: "what it saves was not returned",
    ON_PLAN: "milestones on time, saving as planned, quality held",
    NOT_STARTED: "planned, and not due to start yet",
    STOPPED: "goes on no longer",
}
ORDER = tuple(WORDS)  # a line stands as the worst of its initiatives
AS_PLANNED = 0.005  # a difference that three figures do not show


class Standing(NamedTuple):
    word: str
    why: tuple[str, ...] = ()


def standing(initiative: Initiative, quality: Quality, kinds: Mapping[str, Part], after: date) -> Standing:
    """``after``: the first day after the month; ``kinds``: its money. Not of ideas, which are not reported."""
    if initiative.status == Status.STOPPED:
        return Standing(STOPPED)
    late = _late(initiative, after)
    if initiative.status == Status.PLANNED:
        return Standing(BEHIND if late else NOT_STARTED, late)
    if not quality.lets_through:
        return Standing(BLOCKED, (quality.words,))
    behind = (*late, *_below_plan(kinds))
    if behind:
        return Standing(BEHIND, behind)
    if any(part.plan_to_date and not part.told for part in kinds.values()):
        return Standing(NOT_TOLD)
    return Standing(ON_PLAN, (quality.words,) if quality.excuse else ())


def worst(standings: Iterable[Standing]) -> tuple[str, dict[str, int]]:
    """A line's word, empty without initiatives, and how many of its initiatives have which."""
    counts = Counter(one.word for one in standings)
    ordered = {word: counts[word] for word in ORDER if counts[word]}
    return next(iter(ordered), ""), ordered


def _late(initiative: Initiative, after: date) -> tuple[str, ...]:
    found = sum(one.done_on is None and one.due_on < after for one in initiative.milestones.all())
    words = [f"{found} milestone{'s are' if found > 1 else ' is'} late"] if found else []
    if initiative.status == Status.PLANNED and initiative.starts_on and initiative.starts_on < after:
        words.append("it was to have started")
    if initiative.status == Status.RUNNING and initiative.ends_on and initiative.ends_on < after:
        words.append("it was to have ended")
    return tuple(words)


def _below_plan(kinds: Mapping[str, Part]) -> list[str]:
    return [
        f"{kind} below plan"
        for kind, part in kinds.items()
        if part.told and part.actual < part.plan_returned - AS_PLANNED * abs(part.plan_returned)
    ]


def falls_short(kinds: Mapping[str, Part]) -> list[str]:
    """Kinds of which so much less came than was planned that a return asks for words."""
    return [kind for kind, part in kinds.items() if part.told and is_short(part.plan_returned, part.actual)]
