"""The sheets of a plan's spreadsheet: which columns each has, and what stands in a cell.

Columns are the questions that pages ask (`planning.asks`), so that page, file and API carry the same. Every cell has
one *text* that is told from others by its letters alone (``12.5``, ``2026-04-01``, ``yes``): what is in the atlas and
what is in a file differ where these do.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from careatlas.catalogue.delivery_gates import load_cost_lines
from careatlas.engine.period_written import MONTH_NAMES
from careatlas.improve.delivery.ledger.money import in_pounds, read_pounds
from careatlas.improve.delivery.models import (
    Claim,
    Cycle,
    Figure,
    Form,
    Measure,
    Milestone,
    Plan,
    Risk,
    Timing,
)
from careatlas.improve.delivery.planning import asks, plans
from careatlas.improve.delivery.planning.asks import Ask, PartKind
from careatlas.improve.evidence.writing.answers import Wrong, cleaned
from careatlas.improve.people.models import User
from careatlas.improve.record.models import Kept

# Kinds of column besides those of asks: "own" (the row's number and version), "row" (another row's number), "fixed"
# (told, and refused where it differs), "told" (only to be read by people), "pounds", "share" and "month".
NUMBER, VERSION = "number", "version"
NOT_ASKED = ("own", "row", "fixed", "told")
YES, NO = "yes", "no"
_NOT_IN_FILES = str.maketrans("", "", "\ufffe\uffff")


@dataclass(frozen=True)
class Column:
    """``of``: what stands there for a row. ``note``: what may, with its unit."""

    field: str
    heading: str
    kind: str
    of: Callable[[Any], Any]
    note: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """``one``: what a row is."""

    key: str
    title: str
    one: str
    columns: tuple[Column, ...]

    def named(self, field: str) -> Column | None:
        return next((column for column in self.columns if column.field == field), None)


def text_in(column: Column, row: Any) -> str:
    """The text of a row's cell."""
    return text_of(column, column.of(row))


def text_of(column: Column, value: Any) -> str:
    """The same of a value at hand, as it came from a file or from the atlas."""
    text = _plain(value)
    if column.kind == "line":
        return " ".join(text.split())
    if column.kind == "tick":
        return {"": NO, "no": NO, "yes": YES}.get(text.lower(), text)
    if column.kind == "month" and len(text) == len("2026-04"):
        return f"{text}-01"
    return _pounds(text) if column.kind == "pounds" else text


def rows_of(plan: Plan, user: User) -> dict[str, list[Kept]]:
    """By sheet, what the person sees of a plan, in an order that stays."""
    initiatives = list(plans.initiatives_seen(plan, user).order_by("pk"))
    within = {"initiative__in": initiatives}

    def of(model: type[Kept], *related: str, order: str = "initiative", **where: Any) -> list[Kept]:
        return list(model.objects.filter(**where).select_related(*related).order_by(order, "pk"))

    parts = {kind.key: of(kind.model, "initiative", **within) for kind in asks.PARTS.values()}
    measured = {"measure__initiative__in": initiatives}
    return {
        "plan": [plan],
        "initiatives": initiatives,
        **parts,
        "figures": of(Figure, "measure", order="measure", **measured),
        "claims": of(Claim, "initiative", "pool__area", "confirmed_by", **within),
    }


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, datetime):
        value = value.date() if value.time().isoformat() == "00:00:00" else value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):  # a spreadsheet keeps fifteen figures
        return f"{Decimal(f'{value:.15g}'):f}"
    return cleaned(str(value).translate(_NOT_IN_FILES))


def _pounds(text: str) -> str:
    try:
        pence = read_pounds(text, "")
    except Wrong:
        return text
    return "" if pence is None else in_pounds(pence)


def _field(name: str) -> Callable[[Any], Any]:
    return lambda row: getattr(row, name)


_OWN = (
    Column(NUMBER, "Number", "own", _field("pk"),
           "Stays as it is. Empty: a new row. Where other rows name a new one: a word of your own, such as new-1."),
    Column(VERSION, "Version", "own", _field("version"),
           "Stays as it is, so that nobody's change is lost. Empty for a new row."),
)  # fmt: skip
_INITIATIVE = (
    Column("initiative", "Initiative", "row", _field("initiative_id"), "The number of an initiative of this file."),
    Column("of", "Initiative’s title", "told", lambda row: row.initiative.title, "Only to be read."),
)  # fmt: skip
_HOLDS = {
    "line": "Text.",
    "text": "Text, over several lines if need be.",
    "day": "A day, such as 2026-09-01.",
    "number": "A number.",
    "percent": "A whole number from 0 to 100.",
    "score": "1 to 5.",
    "tick": f"{YES} or {NO}.",
    "indicator": "The id of an indicator, as in its address; or empty.",
    "area": "The code or the name of an area; or empty.",
    "measure": "The number of a measure of this file; or empty.",
    "workstream": "The id of a workstream: see the sheet “Read me”.",
}


def _asked(ask: Ask) -> Column:
    choices = tuple(id for id, _ in ask.choices)
    if ask.kind == "tick":
        choices = (YES, NO)
    elif ask.kind == "score":
        choices = tuple("12345")
    holds = f"One of: {', '.join(choices)}." if ask.kind == "choice" else _HOLDS[ask.kind]
    said = (ask.hint, holds, "Needed." if ask.is_needed else "")
    of = _field("measure_id" if ask.kind == "measure" else ask.field)
    return Column(ask.field, ask.label, ask.kind, of, " ".join(filter(None, said)), choices)


def _part(kind: PartKind) -> Sheet:
    return Sheet(kind.key, _TITLES[kind.model], kind.one, (*_OWN, *_INITIATIVE, *map(_asked, kind.asks)))


_TITLES: Mapping[type[Kept], str] = {
    Milestone: "Milestones", Measure: "Measures", Risk: "Risks", Cycle: "Cycles"
}  # fmt: skip


def _in_pounds_of(pence: Callable[[Any], int]) -> Callable[[Any], float]:
    return lambda row: pence(row) / 100


def _month(place: int) -> Column:
    name = MONTH_NAMES[(place + 3) % 12 + 1]
    note = "Pounds. All twelve, which add up to the year; or none for a new claim: then evenly."
    return Column(f"month_{place}", name, "pounds", _in_pounds_of(lambda row: row.phasing[place]), note)


def _pool_in_words(claim: Claim) -> str:
    pool = claim.pool
    line = load_cost_lines().get(pool.cost_line)
    return f"{line.title if line else pool.cost_line}, {pool.area.name}, {plans.in_words(pool.year)}"


PHASING = tuple(_month(place) for place in range(12))
SHEETS = (
    Sheet("plan", "Plan", "plan", (
        *_OWN,
        Column("organisation", "Organisation", "fixed", _field("organisation_id"), "Told. It cannot be changed."),
        Column("year", "Year", "fixed", _field("year"), "Told: 2026 is April 2026 to March 2027."),
        *map(_asked, asks.PLAN),
        Column("baselined_at", "Baseline of", "told", lambda row: row.baselined_at and row.baselined_at.date()),
    )),
    Sheet("initiatives", "Initiatives", "initiative", (
        *_OWN,
        Column("organisation", "Organisation", "fixed", _field("organisation_id"),
               "The code of the plan’s organisation, or of one that lies in it. Given once, of a new row."),
        *map(_asked, asks.INITIATIVE),
        Column("status", "Status", "fixed", _field("status"), "Told. Gates and stopping change it, on its page."),
    )),
    *map(_part, (asks.MILESTONES, asks.MEASURES)),
    Sheet("figures", "Figures", "figure", (
        *_OWN,
        Column("measure", "Measure", "row", _field("measure_id"),
               "The number of a measure of this file whose figures are entered."),
        Column("of", "Measure’s title", "told", lambda row: row.measure.title, "Only to be read."),
        Column("month", "Month", "month", _field("month"), "The first day of a month, such as 2026-04-01. Needed."),
        Column("value", "Figure", "number", _field("value"), "A number, in the measure’s unit. Needed: a month "
               "that is not known has no row."),
    )),
    *map(_part, (asks.RISKS, asks.CYCLES)),
    Sheet("claims", "Claims", "claim", (
        *_OWN,
        *_INITIATIVE,
        Column("pool", "Pool", "row", _field("pool_id"), "The number of a pool: see the sheet “Pools”."),
        Column("drawn_on", "Pool in words", "told", _pool_in_words, "Only to be read."),
        Column("timing", "Timing", "choice", _field("timing"), f"One of: {', '.join(Timing.values)}. Kinds are "
               "never added together.", tuple(Timing.values)),
        Column("form", "Form", "choice", _field("form"), f"One of: {', '.join(Form.values)}. Kinds are never "
               "added together.", tuple(Form.values)),
        Column("pence", "The year", "pounds", _in_pounds_of(lambda row: row.pence),
               "Pounds. Above 0 what is saved; below 0 what is spent instead. Needed."),
        *PHASING,
        Column("share", "Agreed share", "share", _field("share"), "From 0 to 1, where all who draw on the pool "
               "agreed; or empty."),
        Column("confirmed", "Confirmed by finance", "told", lambda row: row.confirmed_by and row.confirmed_by.name,
               "Only to be read. A changed claim is confirmed anew."),
    )),
)  # fmt: skip
BY_TITLE = {sheet.title: sheet for sheet in SHEETS}


def written_by_people(sheet: Sheet) -> Iterator[Column]:
    """The columns whose cells may differ in a file."""
    return (column for column in sheet.columns if column.kind not in NOT_ASKED)
