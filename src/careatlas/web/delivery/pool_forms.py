"""A pool as a form asks it: where and when, what it is worked out from, a change of counting."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from careatlas.catalogue.delivery_gates import load_cost_lines
from careatlas.engine.release import Release
from careatlas.improve.delivery.ledger.money import in_pounds, read_pounds
from careatlas.improve.delivery.models import Pool
from careatlas.improve.delivery.planning import answers
from careatlas.improve.delivery.planning.asks import Ask
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.evidence.writing.sections import programmes
from careatlas.web.delivery.forms import NOTHING, Sent, asked

COST = Ask("unit_cost", "What one of them costs, in pounds", "number",
    "Empty where the indicator is itself in pounds, or costs are entered.")  # fmt: skip
YEAR = Ask(
    "year", "Year", "line", "The one in which it begins: 2026 for April 2026 to March 2027.", True, most=4
)
COUNTING = (
    Ask(
        "counting_changed_on",
        "Counted in another way since",
        "day",
        "Such as a merger, or a unit that moved.",
    ),
    Ask("counting_changed_why", "What changed", "line", most=400),
)


def asks_of(release: Release) -> tuple[Ask, ...]:
    """What a pool is worked out from."""
    return (
        Ask("programme", "Programme", "choice", "", True, choices=tuple(programmes(release).items())),
        Ask("began_on", "Compared from", "day", "The day from which something was done: it is held against the months "
            "before.", True),
        Ask("indicator", "What is counted", "indicator", "An indicator with figures by month for this area; "
            "or none, and its costs are entered by month."),
        COST,
        Ask("unit_cost_source", "Where that cost comes from", "line", "Such as: National cost collection 2024/25.",
            most=300),
    )  # fmt: skip


def new_asks(release: Release) -> tuple[Ask, ...]:
    lines = tuple((line.id, f"{line.title}: {line.covers}") for line in load_cost_lines().values())
    return (Ask("cost_line", "Cost line", "choice", "What the money goes on.", True, choices=lines), YEAR,
        *asks_of(release))  # fmt: skip


def read_new(said: Mapping[str, str], release: Release) -> dict[str, Any]:
    """As the model keeps it. Raises Wrong."""
    faults: dict[str, str] = {}
    fields = _read(
        new_asks(release), {ask.field: "" for ask in new_asks(release)} | dict(said), release, faults
    )
    year = fields.pop("year", "")
    fields["year"] = int(year) if year.isascii() and year.isdecimal() else 0
    answers.refuse(faults)
    return fields


def read_change(said: Mapping[str, str], release: Release) -> dict[str, Any]:
    """What it is worked out from, or a change of counting; what was not asked stays. Raises Wrong."""
    faults: dict[str, str] = {}
    fields = _read((*asks_of(release), *COUNTING), said, release, faults)
    answers.refuse(faults)
    return fields


def written(pool: Pool) -> dict[str, str]:
    """A pool as the form shows it."""
    days = {name: getattr(pool, name) for name in ("began_on", "counting_changed_on")}
    return {
        "programme": pool.programme,
        "indicator": pool.indicator,
        "unit_cost": in_pounds(pool.unit_cost_pence) if pool.unit_cost_pence else "",
        "unit_cost_source": pool.unit_cost_source,
        "counting_changed_why": pool.counting_changed_why,
        **{name: "" if day is None else day.isoformat() for name, day in days.items()},
    }


def questions(
    asks: tuple[Ask, ...],
    release: Release,
    values: Mapping[str, str],
    sent: Sent = NOTHING,
    within: str = "ask",
) -> list[dict[str, Any]]:
    """As `forms.asked` gives them."""
    if isinstance(sent.now, Pool):
        sent = Sent(sent.said, sent.wrong, _words(asks, written(sent.now)))
    return asked(asks, release, row=_words(asks, values), sent=sent, within=within)


def _words(asks: tuple[Ask, ...], values: Mapping[str, str]) -> Any:
    """What a form says, where a row would stand."""
    return SimpleNamespace(**({ask.field: "" for ask in asks} | dict(values)))


def _read(
    asks: tuple[Ask, ...], said: Mapping[str, str], release: Release, faults: dict[str, str]
) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    try:
        fields = answers.read([ask for ask in asks if ask is not COST], said, release)
    except Wrong as fault:
        faults |= fault.faults
    try:
        if COST.field in said:
            fields["unit_cost_pence"] = read_pounds(said[COST.field], COST.field) or 0
    except Wrong as fault:
        faults |= fault.faults
    return fields
