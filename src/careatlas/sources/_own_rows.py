"""A reader's own file, row by row: each row is read as a figure, or refused with the reason. Not a source itself.

Nothing is guessed. A number is digits with at most one point: "1,234" may be one thousand or one and a bit, "12%" is
no count, and both are refused. A spreadsheet's number is taken as it is stored, a formula's as last worked out; one
that failed (#N/A) stands as blank, which means not known. A blank count or denominator is not known, never zero.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from careatlas.engine.period_written import days_of_period, months_from

LARGEST_NUMBER = 1e15  # beyond it a computer's numbers are no longer whole
FINGERTIPS_MISSING = -1
PERSONS = 4  # Fingertips' number for both sexes together
YEAR_TYPES = ("calendar", "financial")
BLANK = "nothing is written in the row"
NO_YEAR_TYPE = "Fingertips' files do not say whether a year is a calendar or a financial one: say which"

Cells = Mapping[str, object]
Period = tuple[date, date]


@dataclass(frozen=True)
class OwnRow:
    """One row of a reader's file. ``number`` is the row's own in the file, its heading's being 1 in a CSV.

    ``refused`` says why it does not enter; None where it does. ``area`` is as written, code or name.
    """

    number: int
    written: str
    figure: str = ""
    area: str = ""
    area_type: str | None = None
    period: Period | None = None
    count: float | None = None
    denominator: float | None = None
    refused: str | None = None

    @property
    def key(self) -> tuple[object, ...]:
        return self.figure, self.area_type, self.area, self.period


class Unreadable(ValueError):
    """Why a row cannot be read, in a few words."""


def simple_row(number: int, cells: Cells) -> OwnRow:
    """A row of the simple layout: figure, area, period, count, denominator; area_type where the file has it."""
    return _read(number, cells, _simple)


def fingertips_row(number: int, cells: Cells, year_type: str | None) -> OwnRow:
    """A row of Fingertips' batch layout, or of its simple one with what the sheet of details says of all rows."""
    return _read(number, cells, lambda given: _fingertips(given, year_type))


def without_repeats(rows: Sequence[OwnRow]) -> list[OwnRow]:
    """Rows that give one thing twice are refused, each of them: which is right is not ours to choose."""
    places: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for row in rows:
        if row.refused is None:
            places[row.key].append(row.number)
    told = {
        number: f"rows {', '.join(map(str, numbers[:5]))} give the same figure, area and period"
        for numbers in places.values()
        if len(numbers) > 1
        for number in numbers
    }
    return [replace(row, refused=told.get(row.number, row.refused)) for row in rows]


def _read(number: int, cells: Cells, reading) -> OwnRow:
    written = ", ".join(_shown(cell) for cell in cells.values())[:200]
    if not any(_shown(cell) for cell in cells.values()):
        return OwnRow(number, written, refused=BLANK)
    try:
        return OwnRow(number, written, **reading(cells))
    except Unreadable as fault:
        return OwnRow(number, written, refused=str(fault))


def _simple(cells: Cells) -> dict[str, object]:
    area_type = _text(cells.get("area_type", "")).lower() or None
    if area_type not in (None, "sub_icb", "icb", "provider"):
        raise Unreadable(f'area_type says "{area_type}", not sub_icb, icb or provider')
    return {
        "figure": _figure(cells["figure"]),
        "area": _area(cells["area"]),
        "area_type": area_type,
        "period": _period(cells["period"]),
        "count": _number(cells["count"], "count"),
        "denominator": _number(cells["denominator"], "denominator"),
    }


def _fingertips(cells: Cells, year_type: str | None) -> dict[str, object]:
    for column, wanted, why in (
        (
            "categorytypeid",
            FINGERTIPS_MISSING,
            "a category group, not an area: own figures are of whole areas",
        ),
        ("sexid", PERSONS, f"of one sex: own figures are of persons (SexId {PERSONS})"),
    ):
        found = _whole(cells.get(column, ""), column)
        if found not in (None, wanted):
            raise Unreadable(why)
    count = _number(cells["count"], "count", FINGERTIPS_MISSING)
    if count is None and _number(cells["value"], "value", FINGERTIPS_MISSING) is not None:
        raise Unreadable("a value without its count: the atlas works values out from counts")
    return {
        "figure": _fingertips_figure(cells["indicatorid"]),
        "area": _area(cells["areacode"]),
        "period": _fingertips_period(cells, year_type),
        "count": count,
        "denominator": _number(cells["denominator"], "denominator", FINGERTIPS_MISSING),
    }


def _figure(cell: object) -> str:
    figure = _text(cell).lower()
    if not figure:
        raise Unreadable("no figure is named")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", figure):
        raise Unreadable(f'"{figure[:60]}" is no name of a figure (small letters, digits and _)')
    return figure


def _fingertips_figure(cell: object) -> str:
    """Fingertips' number 93553 is the figure fingertips_93553; a figure's own name may stand in the column too."""
    number = _text(cell)
    return f"fingertips_{number}" if re.fullmatch("[1-9][0-9]{0,8}", number) else _figure(cell)


def _area(cell: object) -> str:
    area = " ".join(_text(cell).split())
    if not area:
        raise Unreadable("no area is given")
    return area


def _period(cell: object) -> Period:
    text = " ".join(_text(cell).split())
    if not text:
        raise Unreadable("no period is given")
    if (found := re.fullmatch(r"(20(?:0[0-9]|1[01]))-(0[1-9]|1[0-2])", text)) and int(
        found[1]
    ) % 100 + 1 == int(found[2]):
        raise Unreadable(
            f'"{text}" may be a month or a financial year: write {found[1]}/{found[2]} for the year'
        )
    period = days_of_period(text)
    if period is None or period[0] > period[1]:
        raise Unreadable(f'"{text[:60]}" is not a period such as 2024-06, 2024-Q2, 2024 or 2024/25')
    return period


def _fingertips_period(cells: Cells, year_type: str | None) -> Period:
    """Year and how many years, or a quarter or month of the year; -1 or blank where it is none."""
    year, years = _whole(cells["year"], "year"), _whole(cells["yearrange"], "yearrange")
    quarter, month = (_none_if_missing(_whole(cells[name], name)) for name in ("quarter", "month"))
    if year is None or not 1900 <= year <= 2200:
        raise Unreadable(f'year says "{_shown(cells["year"])}"')
    if years is None or not 1 <= years <= 20 or ((quarter or month) is not None and years != 1):
        raise Unreadable(f'yearrange says "{_shown(cells["yearrange"])}"')
    if quarter is not None and month is not None:
        raise Unreadable("a quarter and a month are both given")
    if month is not None:
        return _known(months_from(year, month, 1) if 1 <= month <= 12 else None, "month", cells)
    if year_type is None:
        raise Unreadable(NO_YEAR_TYPE)
    first_month = 4 if year_type == "financial" else 1
    if quarter is None:
        return _known(months_from(year, first_month, 12 * years), "year", cells)
    months_on = year * 12 + first_month - 1 + 3 * (quarter - 1)
    start = months_from(months_on // 12, months_on % 12 + 1, 3) if 1 <= quarter <= 4 else None
    return _known(start, "quarter", cells)


def _known(period: Period | None, column: str, cells: Cells) -> Period:
    if period is None:
        raise Unreadable(f'{column} says "{_shown(cells[column])}"')
    return period


def _none_if_missing(number: int | None) -> int | None:
    return None if number == FINGERTIPS_MISSING else number


def _whole(cell: object, column: str) -> int | None:
    text = _text(cell)
    if text and not re.fullmatch(r"-1|[0-9]{1,9}", text):
        raise Unreadable(f'{column} says "{text[:60]}", which is no whole number')
    return int(text) if text else None


def _number(cell: object, column: str, missing: float | None = None) -> float | None:
    """A count: zero or more; None where blank, or where it is the layout's own sign for missing."""
    if isinstance(cell, bool | date):
        raise Unreadable(
            f"{column} holds {'a date' if isinstance(cell, date) else 'true or false'}, not a number"
        )
    if not str(cell).strip():
        return None
    text = _shown(cell)
    if isinstance(cell, str) and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        raise Unreadable(_not_a_number(text, column))
    number = float(cell)
    if missing is not None and number == missing:
        return None
    if number < 0:
        raise Unreadable(f'{column} says "{text}": less than nothing')
    if not number <= LARGEST_NUMBER:
        raise Unreadable(f'{column} says "{text[:30]}": too large to be kept exactly')
    return number


def _not_a_number(text: str, column: str) -> str:
    for sign, why in (
        (r"=", "a formula that no spreadsheet has worked out"),
        (r".*%$", "a percentage, not a count"),
        (r"-?[0-9][0-9 ,.']*$", "commas and spaces may mean two things: write 1234 or 1234.5"),
    ):
        if re.match(sign, text):
            return f'{column} says "{text[:30]}": {why}'
    return f'{column} says "{text[:30]}", which is no number'


def _text(cell: object) -> str:
    """A cell as text; codes and years made of digits may come as numbers."""
    if isinstance(cell, bool | date):
        raise Unreadable(f'"{cell}" is a date or a truth in the spreadsheet: write it as text')
    return _shown(cell)


def _shown(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
