"""Figures of a measure that the atlas does not have: a month a line, pasted or from a file.

A line is read as `careatlas load` reads one: nothing is guessed, and one that cannot be meant stops all of them. An
empty cell is a month that is not known, and is left out. A month that is on file is changed only with the reason.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from django.db import transaction

from careatlas.improve.delivery.models import Figure, Measure
from careatlas.improve.delivery.planning import answers, initiatives, parts
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping
from careatlas.sources._own_rows import OwnRow, simple_row, without_repeats

MOST_LINES, LONGEST_TEXT = 400, 40_000
HEADINGS = {"month", "period"}
TOLD = 5


class Kept(NamedTuple):
    """How many months came in, how many say something else than before."""

    new: int
    changed: int


def read_months(text: str) -> dict[date, float]:
    """``2026-04,12`` a line; tabs and semicolons do as well. Raises Wrong.

    >>> read_months("month,value\\n2026-04,12\\n2026-05,")
    {datetime.date(2026, 4, 1): 12.0}
    """
    if len(text) > LONGEST_TEXT:
        raise Wrong({"months": f"{len(text):,} characters are too many: keep to {LONGEST_TEXT:,}."})
    rows = [_told(row) for row in without_repeats(list(_rows(text)))]
    faults = [f"Line {row.number}: {row.refused}." for row in rows if row.refused]
    if faults:
        more = f" And {len(faults) - TOLD} more." if len(faults) > TOLD else ""
        raise Wrong({"months": " ".join(faults[:TOLD]) + more})
    if not rows or len(rows) > MOST_LINES:
        raise Wrong(
            {"months": f"Give 1 to {MOST_LINES} lines, each a month and its figure, such as 2026-04,12."}
        )
    return {row.period[0]: row.count for row in rows if row.count is not None}


@transaction.atomic
def keep(number: int, text: str, user: User, why: str = "") -> Kept:
    """Raises Wrong; NotOpen; NotKnownError."""
    measure = _entered(number, user)
    return _keep(measure, read_months(text), user, why)


@transaction.atomic
def keep_months(number: int, months: Mapping[date, float], user: User, why: str = "") -> Kept:
    """The same of figures by the first days of months. Raises as `keep` does."""
    faults = [month for month in months if month.day != 1]
    if faults:
        raise Wrong({"month": f"{faults[0]} is no first day of a month."})
    return _keep(_entered(number, user), months, user, why)


def _entered(number: int, user: User) -> Measure:
    """A measure whose figures people enter, its initiative held until the end of the transaction."""
    measure: Measure = parts.part_seen("measures", number, user)
    initiatives.opened(measure.initiative_id, user)
    if measure.indicator:
        raise Wrong({"months": "Figures of this measure come from the atlas: none are entered."})
    return measure


def _keep(measure: Measure, months: Mapping[date, float], user: User, why: str) -> Kept:
    reason = answers.read_why(why)
    on_file = {figure.month: figure for figure in measure.figures.filter(month__in=list(months))}
    changed = [month for month, figure in on_file.items() if figure.value != months[month]]
    if changed and not reason:
        named = ", ".join(f"{month:%B %Y}" for month in sorted(changed)[:TOLD])
        raise Wrong({"why": f"Other figures are on file for {named}: say why they change."})
    for month in changed:
        keeping.change(on_file[month], user.email, reason, on_file[month].version, value=months[month])
    new = sorted(set(months) - set(on_file))
    for month in new:
        keeping.create(
            Figure, user.email, reason or "entered", measure=measure, month=month, value=months[month]
        )
    return Kept(len(new), len(changed))


def as_text(measure: Measure) -> str:
    """All that is on file, as it could be pasted again."""
    lines = [f"{month:%Y-%m},{value:.10g}" for month, value in _on_file(measure)]
    return "\n".join(["month,value", *lines, ""])


def _on_file(measure: Measure) -> Iterator[tuple[date, float]]:
    return measure.figures.order_by("month").values_list("month", "value").iterator()


def _rows(text: str) -> Iterator[OwnRow]:
    separated = re.sub(r"[;\t]", ",", text.lstrip("\ufeff"))
    for number, cells in enumerate(csv.reader(io.StringIO(separated)), 1):
        cells = [cell.strip() for cell in cells]
        if not any(cells) or (number == 1 and cells[0].lower() in HEADINGS):
            continue
        month, value, *more = [*cells, ""]
        row = simple_row(
            number, {"figure": "value", "area": "here", "period": month, "count": value, "denominator": ""}
        )
        yield replace(row, refused="more than a month and a figure stand there") if any(more) else row


def _told(row: OwnRow) -> OwnRow:
    """A row that is of no month is refused in the words of this list."""
    if row.refused is not None:
        return replace(row, refused=row.refused.replace("count says", "the figure says"))
    first, last = row.period
    is_month = first.day == 1 and (first.year, first.month) == (last.year, last.month)
    return row if is_month else replace(row, refused="the period is no month such as 2026-04")
