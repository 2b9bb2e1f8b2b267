"""Figures of a measure that the atlas does not have: a month a line, pasted or from a file.

A line is read as `careatlas load` reads one: nothing is guessed, and one that cannot be meant stops all of them. An
empty cell is a month that is not known, and is left out. A month that is on file is changed only with the reason.

What is pasted comes with the stamp of what was on file when its writer looked, and a file that was fetched here brings
its own: what somebody else corrected since is not set back unseen.
"""

import csv
import hashlib
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
FETCHED = "fetched "  # before the stamp, in the heading of a file that was fetched here
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
def keep(number: int, user: User, seen: str, text: str, why: str = "") -> Kept:
    """``seen``: the stamp of what its writer saw. Raises Wrong; EditedMeanwhile; NotOpen; NotKnownError."""
    measure, months = _entered(number, user), read_months(text)
    if stamp(measure) != seen:
        raise keeping.EditedMeanwhile(measure)
    return _keep(measure, months, user, why)


@transaction.atomic
def keep_months(number: int, months: Mapping[date, float], user: User, why: str = "") -> Kept:
    """Figures by the first days of months, each meant as it is sent. Raises Wrong; NotOpen; NotKnownError."""
    faults = [month for month in months if month.day != 1]
    if faults:
        raise Wrong({"month": f"{faults[0]} is no first day of a month."})
    return _keep(_entered(number, user), months, user, why)


def differing(measure: Measure, months: Mapping[date, float]) -> list[Figure]:
    """Those on file that say something else, by month."""
    on_file = measure.figures.filter(month__in=list(months)).order_by("month")
    return [figure for figure in on_file if figure.value != months[figure.month]]


def _entered(number: int, user: User) -> Measure:
    """A measure whose figures people enter, its initiative held until the end of the transaction."""
    measure: Measure = parts.part_seen("measures", number, user)
    initiatives.opened(measure.initiative_id, user)
    if measure.indicator:
        raise Wrong({"months": "Figures of this measure come from the atlas: none are entered."})
    return measure


def _keep(measure: Measure, months: Mapping[date, float], user: User, why: str) -> Kept:
    reason = answers.read_why(why)
    changed = differing(measure, months)
    if changed and not reason:
        named = ", ".join(f"{figure.month:%B %Y}" for figure in changed[:TOLD])
        raise Wrong({"why": f"Other figures are on file for {named}: say why they change."})
    for figure in changed:
        keeping.change(figure, user.email, reason, figure.version, value=months[figure.month])
    new = sorted(set(months) - set(measure.figures.values_list("month", flat=True)))
    for month in new:
        keeping.create(
            Figure, user.email, reason or "entered", measure=measure, month=month, value=months[month]
        )
    return Kept(len(new), len(changed))


def stamp(measure: Measure) -> str:
    """Differs as soon as any month of it does."""
    on_file = measure.figures.order_by("month").values_list("pk", "version", "value")
    return hashlib.sha256(repr(list(on_file)).encode()).hexdigest()[:16]


def as_text(measure: Measure) -> str:
    """All that is on file, as it could be brought back."""
    lines = [f"{month:%Y-%m},{value:.10g}" for month, value in _on_file(measure)]
    return "\n".join([f"month,value,{FETCHED}{stamp(measure)}", *lines, ""])


def stamp_in(text: str) -> str:
    """Of a file that was fetched here; of anything else there is none."""
    heading = next(_cells(text[:LONGEST_TEXT]), [])
    return next((cell.removeprefix(FETCHED) for cell in heading[2:] if cell.startswith(FETCHED)), "")


def without_stamp(text: str) -> str:
    """The same, to be looked at again beside what is on file now."""
    return re.sub(rf"[,;\t]\s*\"?{FETCHED}\w+\"?", "", text, count=1)


def _on_file(measure: Measure) -> Iterator[tuple[date, float]]:
    return measure.figures.order_by("month").values_list("month", "value").iterator()


def _cells(text: str) -> Iterator[list[str]]:
    separated = re.sub(r"[;\t]", ",", text.lstrip("\ufeff"))
    for cells in csv.reader(separated.splitlines()):
        yield [cell.strip() for cell in cells]


def _rows(text: str) -> Iterator[OwnRow]:
    for number, cells in enumerate(_cells(text), 1):
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
