"""Reading publishers' workbooks: the rows under a heading, and numbers in cells; faults name the cell.

For sources whose files are workbooks (.xlsx or .xls). Not a source itself. Headings are found by their text,
not at a fixed row: publishers add and remove lines of notes above them.
"""

import math
import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from careatlas.errors import SourceFileError
from careatlas.sources.source import DOWNLOAD_AGAIN, MONTHS, SourceFile

ROWS_SEARCHED_FOR_HEADINGS = 30
MISSING = ("", "-")


class Sheet(NamedTuple):
    """One table of a workbook. ``first_row`` is the spreadsheet's own number of ``rows[0]``."""

    name: str
    head: list[list[object]]
    headings: list[str]
    rows: list[list[object]]
    first_row: int


def read_sheet(file: SourceFile, name: str, is_heading_row: Callable[[list[str]], bool]) -> Sheet:
    """The sheet from its heading row down, less blank rows at its end; without headings if none is found."""
    import python_calamine

    try:
        cells = file.workbook().get_sheet_by_name(name).to_python(skip_empty_area=False)
    except python_calamine.CalamineError as fault:
        raise SourceFileError(file, f'sheet "{name}" is damaged ({fault}).', DOWNLOAD_AGAIN) from fault
    while cells and not any(str(cell).strip() for cell in cells[-1]):
        cells.pop()
    for index, row in enumerate(cells[:ROWS_SEARCHED_FOR_HEADINGS]):
        headings = [str(cell).strip() for cell in row]
        if is_heading_row(headings):
            return Sheet(name, cells[:index], headings, cells[index + 1 :], index + 2)
    return Sheet(name, cells[:ROWS_SEARCHED_FOR_HEADINGS], [], [], ROWS_SEARCHED_FOR_HEADINGS)


def column_at(file: SourceFile, sheet: Sheet, heading: str) -> int:
    """Where the heading stands. Absent or repeated headings are a fault: a column is never guessed."""
    places = [index for index, name in enumerate(sheet.headings) if name == heading]
    if len(places) == 1:
        return places[0]
    if sheet.headings:
        where = f'sheet "{sheet.name}", row {sheet.first_row - 1}: '
        found = f'the heading "{heading}" ' + (f"stands {len(places)} times." if places else "is not there.")
    else:
        where = f'sheet "{sheet.name}": '
        found = f'the first {ROWS_SEARCHED_FOR_HEADINGS} rows hold no row of headings with "{heading}".'
    raise SourceFileError(file, where + found, DOWNLOAD_AGAIN)


def count_in(file: SourceFile, sheet: Sheet, row: int, column: int) -> float | None:
    """The count in ``sheet.rows[row][column]``; None where the publisher left it blank or wrote a dash."""
    cell = sheet.rows[row][column]
    if isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell) and cell >= 0:
        return float(cell)
    if isinstance(cell, str) and cell.strip() in MISSING:
        return None
    raise SourceFileError(
        file,
        f'sheet "{sheet.name}", row {sheet.first_row + row}, column "{sheet.headings[column]}": '
        f'"{cell}" stands where a count should.',
        "Download the file again; if it is still so, tell the publisher.",
    )


def text_in(cell: object) -> str:
    """A code or name as text, without the spaces left around it; codes of digits may come as numbers."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def lines_above(sheet: Sheet) -> dict[str, str]:
    """The lines above the headings, "Period:" beside "December 2024", as a dictionary."""
    lines = [[text for text in map(text_in, row) if text] for row in sheet.head]
    return {line[0].rstrip(":"): line[1] for line in lines if len(line) > 1}


def published_on(file: SourceFile, lines: dict[str, str]) -> date | None:
    """The day this edition came out: of the revision where there was one."""
    for label in ("Revised", "Published"):
        if day := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)? (\w+) (\d{4})", lines.get(label, "")):
            if day[2].lower() not in MONTHS:
                raise SourceFileError(file, f'"{label}:" says "{day[0]}", which is no date.', DOWNLOAD_AGAIN)
            return date(int(day[3]), MONTHS[day[2].lower()], int(day[1]))
    return None
