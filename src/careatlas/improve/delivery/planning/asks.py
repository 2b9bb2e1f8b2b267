"""What is asked of a plan, an initiative and each of its parts: one list, so that page, file and API carry the same.

How an answer is read is in `answers`; which parts there are, and how they are changed, in `parts`.
"""

from dataclasses import dataclass

from careatlas.improve.delivery.models import Cycle, Direction, Measure, MeasureKind, Milestone, Risk
from careatlas.improve.record.models import Kept

LONGEST_LINE, LONGEST_TEXT = 160, 4_000
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Ask:
    """``kind``: line, text, day, number, percent, score (1 to 5), choice, tick, indicator, area, workstream or measure
    (one of the initiative's). ``is_fixed``: once baselined, whoever changes it says why."""

    field: str
    label: str
    kind: str
    hint: str = ""
    is_needed: bool = False
    is_fixed: bool = False
    most: int = LONGEST_LINE
    choices: Pairs = ()


@dataclass(frozen=True)
class PartKind:
    """A kind of part of an initiative. ``key``: its name in addresses, and the initiative's own name for its rows."""

    key: str
    model: type[Kept]
    title: str
    one: str
    asks: tuple[Ask, ...]
    lead: str = ""

    @property
    def fixed(self) -> frozenset[str]:
        return frozenset(ask.field for ask in self.asks if ask.is_fixed)


def _text(field: str, label: str, hint: str = "") -> Ask:
    return Ask(field, label, "text", hint, most=LONGEST_TEXT)


_OWNER = Ask("owner", "Owner", "line", "A name: whoever answers for it.", most=120)
PLAN = (
    Ask("title", "Title", "line", "Such as: Plan for 2026/27.", True),
    Ask("lead", "Lead", "line", "A name: whoever answers for the whole plan.", most=120),
)
INITIATIVE = (
    Ask("title", "Title", "line", "What is done, in one line.", True),
    _text("aim", "Aim", "What will be different, for whom, by how much, by when."),
    _OWNER,
    Ask("workstream", "Workstream", "workstream", "Needed once it belongs to a plan.", is_fixed=True),
    Ask("starts_on", "Starts on", "day", "The day from which it can have an effect.", is_fixed=True),
    Ask("ends_on", "Ends on", "day", "The day by which it is done, or has become usual work.", is_fixed=True),
    Ask("confidence", "Confidence, in percent", "percent", "How sure it is to deliver what it plans.", is_fixed=True),
)  # fmt: skip
MILESTONES = PartKind(
    "milestones",
    Milestone,
    "Milestones",
    "milestone",
    (
        Ask("title", "What is done then", "line", is_needed=True),
        Ask("due_on", "Due on", "day", is_needed=True, is_fixed=True),
        Ask("forecast_on", "Expected on", "day", "Where it will not be the day it is due."),
        Ask("done_on", "Done on", "day"),
        _OWNER,
    ),
)
MEASURES = PartKind(
    "measures",
    Measure,
    "Measures",
    "measure",
    (
        Ask("kind", "Kind", "choice", "", True, True, choices=tuple(MeasureKind.choices)),
        Ask("title", "What is measured", "line", is_needed=True, is_fixed=True),
        Ask("indicator", "Indicator of the atlas", "indicator", "Its figures then come by themselves.", is_fixed=True),
        Ask("area", "Area", "area", "The organisation's own, a part of it, or one that it lies in.", is_fixed=True),
        Ask("unit", "Unit", "line", "For figures entered by month: what one of them is.", most=60),
        Ask("better", "Better is", "choice", "", True, True, choices=tuple(Direction.choices)),
        Ask("target_percent", "Target, in percent of business as usual", "number",
            "-10: a tenth less than without the initiative. Or a value, not both.", is_fixed=True),
        Ask("target", "Target, as a value", "number", "In the measure's own unit.", is_fixed=True),
    ),
    "At least one of quality: nothing that is saved counts without.",
)  # fmt: skip
RISKS = PartKind(
    "risks",
    Risk,
    "Risks",
    "risk",
    (
        Ask("title", "What could go wrong", "line", is_needed=True, most=300),
        Ask("likelihood", "Likelihood", "score", is_needed=True),
        Ask("impact", "Impact", "score", is_needed=True),
        _text("mitigation", "What is done about it"),
        _OWNER,
        Ask("is_closed", "Closed", "tick"),
    ),
)
CYCLES = PartKind(
    "cycles",
    Cycle,
    "Plan-do-study-act cycles",
    "cycle",
    (
        Ask("began_on", "Began on", "day", is_needed=True),
        Ask("ended_on", "Ended on", "day", "From then on it says what was learned."),
        Ask("measure", "Seen by", "measure"),
        _text("plan", "Plan", "What is tried, and what you expect to see."),
        _text("do", "Do", "What was done, and what was unexpected."),
        _text("study", "Study", "What the figures say, beside what you expected."),
        _text("act", "Act", "Kept, changed or dropped; what is tried next."),
    ),
)
PARTS = {kind.key: kind for kind in (MILESTONES, MEASURES, RISKS, CYCLES)}
