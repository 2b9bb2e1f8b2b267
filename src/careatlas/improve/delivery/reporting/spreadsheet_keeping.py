"""What becomes of one row of a plan's spreadsheet: through which function it is changed or added, and by whom.

Each sheet has a way to change and a way to add; they only turn cells into what the functions of the pages take.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from careatlas.engine.release import Release
from careatlas.improve.delivery.ledger import claims
from careatlas.improve.delivery.ledger.money import read_pounds
from careatlas.improve.delivery.models import Plan
from careatlas.improve.delivery.planning import asks, figures, initiatives, parts, plans, who
from careatlas.improve.delivery.reporting.spreadsheet_reading import Row
from careatlas.improve.delivery.reporting.spreadsheet_sheets import NUMBER, PHASING, text_in
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people.models import Organisation, User
from careatlas.improve.record.models import Kept

Do = Callable[[], None]
CELL_OF = {"phasing": "pence", "months": "measure", "plan": ""}  # where a fault of that name is told
MONTHS = tuple(column.field for column in PHASING)


@dataclass
class By:
    """Who brings the file, and why; ``rows``: by sheet and number, what is there; ``made``: by sheet and word, the
    number that a new row was given."""

    user: User
    release: Release
    why: str
    plan: Plan
    rows: dict[str, dict[str, Kept]] = field(default_factory=dict)
    made: dict[tuple[str, str], int] = field(default_factory=dict)

    def number_of(self, sheet: str, said: str, cell: str) -> int:
        """What a cell names by a number, or by the word of a new row. Raises Wrong."""
        if said in self.rows[sheet]:
            return int(said)
        found = self.made.get((sheet, said.casefold())) if said else None
        if found is None:
            words = "no number" if not said else f"“{said}”"
            raise Wrong(
                {cell: f"Nothing that could be kept on the sheet of {sheet} has {words}. Give its number."}
            )
        return found


def change(by: By, row: Row, now: Kept, differing: Collection[str]) -> None:
    """Raises what the functions of the pages raise."""
    said = {name: row.cells[name] for name in differing}
    if row.sheet.key in asks.PARTS:
        _change_part(by, row, now, said)
    else:
        _CHANGES[row.sheet.key](by, row, now, said)


def add(by: By, row: Row) -> None:
    """Raises what the functions of the pages raise."""
    number = _add_part(by, row) if row.sheet.key in asks.PARTS else _ADDITIONS[row.sheet.key](by, row)
    if row.cells[NUMBER]:
        by.made[row.sheet.key, row.cells[NUMBER].casefold()] = number


def _change_plan(by: By, row: Row, now: Kept, said: dict[str, str]) -> None:
    plans.change(now.pk, said, by.user, now.version, by.why, by.release)


def _change_initiative(by: By, row: Row, now: Kept, said: dict[str, str]) -> None:
    initiatives.change(now.pk, said, by.user, now.version, by.why, by.release)


def _change_part(by: By, row: Row, now: Kept, said: dict[str, str]) -> None:
    """A box that is not ticked cannot be told from one that was not sent, so that ticks always are."""
    ticks = {column.field: text_in(column, now) for column in row.sheet.columns if column.kind == "tick"}
    _check_ticks(ticks | said, ticks)
    said = _with_measure(by, said)
    parts.change(row.sheet.key, now.pk, ticks | said, by.user, now.version, by.release, by.why)


def _change_figure(by: By, row: Row, now: Any, said: dict[str, str]) -> None:
    if "month" in said:
        raise Wrong({"month": "The month of a figure stays: add a row for another month."})
    figures.keep_months(now.measure_id, {now.month: _number(said["value"], "value")}, by.user, by.why)


def _change_claim(by: By, row: Row, now: Any, said: dict[str, str]) -> None:
    """A new amount alone is phased as the old one was."""
    fields: dict[str, Any] = {name: said[name] for name in ("timing", "form") if name in said}
    if "pence" in said:
        fields["pence"] = _pence(said["pence"], "pence")
    if any(name in said for name in MONTHS):
        fields["phasing"] = _phasing({column.field: text_in(column, now) for column in PHASING} | said)
    if "share" in said:
        fields["share"] = _share(said["share"])
    claims.change(now.pk, by.user, now.version, by.why, fields)


def _add_plan(by: By, row: Row) -> int:
    raise Wrong({NUMBER: "A file holds one plan: its row keeps its number. Another plan is begun on a page."})


def _add_initiative(by: By, row: Row) -> int:
    if row.cells.get("status", "") not in ("", "idea"):
        raise Wrong({"status": "A new initiative is an idea: its gates move it on. Leave this empty."})
    code = row.cells.get("organisation", "").upper() or by.plan.organisation_id
    organisation = Organisation.objects.filter(pk=code[:20]).first()
    if organisation is None:
        raise Wrong({"organisation": "No organisation has this code."})
    return initiatives.start(by.user, organisation, row.cells, by.release, by.plan).pk


def _add_part(by: By, row: Row) -> int:
    initiative = by.number_of("initiatives", row.cells.get("initiative", ""), "initiative")
    _check_ticks(row.cells, [column.field for column in row.sheet.columns if column.kind == "tick"])
    said = _with_measure(by, dict(row.cells))
    return parts.add(initiative, row.sheet.key, said, by.user, by.release, by.why).pk


def _add_figure(by: By, row: Row) -> int:
    measure = by.number_of("measures", row.cells.get("measure", ""), "measure")
    month, value = _month(row.cells.get("month", "")), _number(row.cells.get("value", ""), "value")
    here = by.rows["figures"].values()
    if any((one.measure_id, one.month) == (measure, month) for one in here):
        raise Wrong({"month": "A figure of this month is there: change that row."})
    figures.keep_months(measure, {month: value}, by.user, by.why)
    return measure


def _add_claim(by: By, row: Row) -> int:
    cells = row.cells
    number = by.number_of("initiatives", cells.get("initiative", ""), "initiative")
    pool = cells.get("pool", "")
    drawn_on = (
        who.visible_pools(by.user).filter(pk=pool).first() if pool.isdecimal() and len(pool) < 12 else None
    )
    if drawn_on is None:
        raise Wrong(
            {"pool": "No pool that you see has this number: see the sheet “Pools”, or make one on its page."}
        )
    pence, phasing = _pence(cells.get("pence", ""), "pence"), _phasing(cells)
    share = _share(cells.get("share", ""))
    said = (cells.get("timing", ""), cells.get("form", ""))
    found = initiatives.opened(number, by.user)
    return claims.add(found, drawn_on, by.user, pence, *said, phasing=phasing, share=share).pk


_CHANGES: dict[str, Callable[[By, Row, Kept, dict[str, str]], None]] = {
    "plan": _change_plan,
    "initiatives": _change_initiative,
    "figures": _change_figure,
    "claims": _change_claim,
}
_ADDITIONS: dict[str, Callable[[By, Row], int]] = {
    "plan": _add_plan,
    "initiatives": _add_initiative,
    "figures": _add_figure,
    "claims": _add_claim,
}


def _with_measure(by: By, said: dict[str, str]) -> dict[str, str]:
    """A measure by its number, where a cycle names one by the word of a new row."""
    if not said.get("measure"):
        return said
    return said | {"measure": str(by.number_of("measures", said["measure"], "measure"))}


def _check_ticks(said: Any, ticks: Collection[str]) -> None:
    faults = {name: "Give yes or no." for name in ticks if said.get(name, "no") not in ("yes", "no")}
    if faults:
        raise Wrong(faults)


def _phasing(cells: dict[str, str]) -> list[int] | None:
    """None where no month is said."""
    said = {name: cells.get(name, "") for name in MONTHS}
    if not any(said.values()):
        return None
    lacking = {name: "Give all twelve months: empty is not 0." for name, text in said.items() if not text}
    if lacking:
        raise Wrong(lacking)
    return [_pence(text, name) for name, text in said.items()]


def _pence(said: str, cell: str) -> int:
    pence = read_pounds(said, cell)
    if pence is None:
        raise Wrong({cell: "Give the amount in pounds."})
    return pence


def _share(said: str) -> float | None:
    return _number(said, "share") if said else None


def _number(said: str, cell: str) -> float:
    if not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]+)?", said):
        raise Wrong({cell: "Give a number such as 12 or 0.5."})
    return float(said)


def _month(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise Wrong({"month": "Give the first day of a month, such as 2026-04-01."}) from None
