"""What the routes of ``/api/v1/delivery/`` answer: rows whose fields are named as the models name them.

Money is whole pence; missing is null, and never 0.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from ninja import Schema
from pydantic import Field, create_model

from careatlas.improve.delivery.ledger.shares import SPLITS
from careatlas.improve.delivery.models import Form, MeasureKind, Status, Timing
from careatlas.improve.record.models import Kept

Meanings = dict[str, tuple[Any, str]]
NUMBER: Meanings = {"number": (int, "of the row"), "version": (int, "to be sent as If-Match with a change")}
OF_INITIATIVE: Meanings = {"initiative": (int, "number of the initiative")}
PENCE = "whole pence; null: not known"


def _shape(name: str, one_row_is: str, fields: Meanings) -> Any:
    said = {field: (kind, Field(..., description=meaning)) for field, (kind, meaning) in fields.items()}
    return create_model(name, __base__=Schema, __doc__=f"{one_row_is}.", **said)  # type: ignore[call-overload]


PlanRow = _shape("PlanRow", "A plan", NUMBER | {
    "organisation": (str, "code"),
    "year": (int, "2026 is April 2026 to March 2027"),
    "title": (str, "title"),
    "lead": (str, "who answers for it"),
    "baselined_at": (datetime | None, "when it was fixed; null: a draft"),
    "is_simulated": (bool, "made up for the simulated country"),
})  # fmt: skip
InitiativeRow = _shape("InitiativeRow", "An initiative", NUMBER | {
    "plan": (int | None, "number of its plan; null: an improvement project"),
    "organisation": (str, "code"),
    "workstream": (str, "id, or empty"),
    "title": (str, "title"),
    "aim": (str, "what will be different"),
    "owner": (str, "who answers for it"),
    "status": (str, f"one of {', '.join(Status.values)}"),
    "starts_on": (date | None, "the day from which it can have an effect"),
    "ends_on": (date | None, "the day by which it is done"),
    "confidence": (int | None, "percent: that it delivers what it plans"),
    "example": (int | None, "number of the library's example that it was begun from"),
    "opportunity": (str, "area:indicator that it was begun from, or empty"),
    "stopped_why": (str, "why it was stopped, or empty"),
    "is_simulated": (bool, "made up for the simulated country"),
})  # fmt: skip
MilestoneRow = _shape("MilestoneRow", "A milestone", NUMBER | OF_INITIATIVE | {
    "title": (str, "what is done then"),
    "due_on": (date, "the day it is due"),
    "forecast_on": (date | None, "the day it is expected, where that is another"),
    "done_on": (date | None, "the day it was done"),
    "owner": (str, "who answers for it"),
})  # fmt: skip
MeasureRow = _shape("MeasureRow", "A measure", NUMBER | OF_INITIATIVE | {
    "kind": (str, f"one of {', '.join(MeasureKind.values)}"),
    "title": (str, "what is measured"),
    "indicator": (str, "id of the atlas's indicator; empty: figures are entered by month"),
    "area": (str, "code of the area that the indicator is looked at, or empty"),
    "unit": (str, "what one of the figures is"),
    "better": (str, "higher or lower"),
    "target_percent": (float | None, "target, in percent of business as usual"),
    "target": (float | None, "target, as a value"),
})  # fmt: skip
FigureRow = _shape("FigureRow", "A month of a measure whose figures are entered", NUMBER | {
    "measure": (int, "number of the measure"),
    "month": (date, "its first day"),
    "value": (float, "in the measure's unit"),
})  # fmt: skip
ClaimRow = _shape("ClaimRow", "A claim on a pool", NUMBER | OF_INITIATIVE | {
    "pool": (int, "number of the pool"),
    "timing": (str, f"one of {', '.join(Timing.values)}; kinds are never added together"),
    "form": (str, f"one of {', '.join(Form.values)}; kinds are never added together"),
    "pence": (int, "of the year; above 0 saved, below 0 spent instead"),
    "phasing": (list[int], "twelve months, April first; they add up to pence"),
    "share": (float | None, "as agreed with all who draw on the pool, 0 to 1"),
    "confirmed_by": (str | None, "who confirmed for finance which budget line fell"),
    "confirmed_at": (datetime | None, "when"),
    "confirmed_why": (str, "which line, from what to what"),
})  # fmt: skip
PoolRow = _shape("PoolRow", "A pool: what is saved once, whoever saves it; its size as the release has it", NUMBER | {
    "area": (str, "code"),
    "programme": (str, "id"),
    "cost_line": (str, "id"),
    "year": (int, "2026 is April 2026 to March 2027"),
    "began_on": (date, "from here on it is compared with the months before"),
    "indicator": (str, "id; empty: costs are entered by month"),
    "unit_cost_pence": (int, "what one of the indicator's count costs; 0: it is itself in pounds"),
    "unit_cost_source": (str, "where that comes from"),
    "counting_changed_on": (date | None, "a registered change of counting"),
    "counting_changed_why": (str, "what it was"),
    "is_simulated": (bool, "made up for the simulated country"),
    "pence": (int | None, "business as usual less what was seen; null: it cannot be told"),
    "lower_pence": (int | None, "lower 95% limit"),
    "upper_pence": (int | None, "upper 95% limit"),
    "months": (int | None, "of its year, told of"),
    "last_day": (date | None, "the last day it is told of"),
    "reason": (str, "why it cannot be told, or not be evidenced; or empty"),
})  # fmt: skip
ReturnRow = _shape("ReturnRow", "A monthly return that was sent in", NUMBER | OF_INITIATIVE | {
    "month": (date, "its first day"),
    "figures": (dict[str, dict[str, int | None]], "by claim, actual from April to the month's end and outturn of the "
                f"year: {PENCE}"),
    "words": (str, "what was said of exceptions"),
    "excuse": (str, "why worse quality does not count against it, or empty"),
    "excused_by": (str | None, "who says so"),
    "sent_in_at": (datetime | None, "when"),
    "sent_in_by": (str | None, "by whom"),
})  # fmt: skip
ReturnLine = _shape("ReturnLine", "A claim in a return", {
    "claim": (int, "number of the claim"),
    "planned": (int, "whole pence, from April to the month's end"),
    "actual": (int | None, f"from April to the month's end; {PENCE}"),
    "outturn": (int | None, f"of the year; {PENCE}"),
    "basis": (str, "where actual comes from; a share of a pool is allocated by rule"),
})  # fmt: skip
AskedReturn = _shape("AskedReturn", "A return as it stands: what was sent in, else what is pre-filled", {
    "initiative": (int, "number of the initiative"),
    "month": (date, "its first day"),
    "version": (int, "to be sent as If-Match; 0: nothing is kept yet"),
    "is_sent": (bool, "sent in already"),
    "lines": (list[ReturnLine], "a claim each"),
    "exceptions": (list[str], "what is not as planned: sent in only with words"),
    "words": (str, "what was said of them"),
    "quality": (str, "whether quality held, as the release has it"),
})  # fmt: skip
SumRow = _shape("SumRow", "What claims of one kind add up to", {
    "key": (str, "of the group: a code, an id, a number or a month; empty: it has none"),
    "label": (str, "in words"),
    "kind": (str, "recurrent or one-off, and in which form; there is no sum over kinds"),
    "claimed_pence": (int, "whole pence; what is spent instead is below 0"),
    "deduplicated_pence": (int | None, "never more than the pools hold; null: not told yet"),
    "evidenced_pence": (int | None, "of pools whose interval excludes that nothing happened, and whose quality held"),
    "headline_pence": (int | None, "the cautious figure: by the pools' lower limits"),
    "not_told_yet_pence": (int, "the part of claimed of which no data tell yet"),
})  # fmt: skip
LEDGER_MEANS = f"splits: {'; '.join(f'{name}: {words}' for name, words in SPLITS.items())}"


def rows_of(row: Any) -> Any:
    """A page of rows."""
    return create_model(
        f"{row.__name__}s",
        __base__=Schema,
        release=(str, Field(..., description="the release that the atlas shows")),
        total=(int, Field(..., description="rows that answer, before limit and offset")),
        limit=(int, ...),
        offset=(int, ...),
        rows=(list[row], ...),
    )


def as_row(shape: Any, row: Kept, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A row by the fields of its shape; ``more``: those that are not the row's own."""
    more = more or {}
    return {name: more[name] if name in more else _value(row, name) for name in shape.model_fields}


def as_rows(shape: Any, rows: Iterable[Kept]) -> list[dict[str, Any]]:
    return [as_row(shape, row) for row in rows]


def _value(row: Kept, name: str) -> Any:
    """Of another row its number or code, of a person the name."""
    if name == "number":
        return row.pk
    if name.endswith("_by"):
        person = getattr(row, name)
        return person.name if person else None
    field = row._meta.get_field(name)
    return getattr(row, field.attname)
