"""Figures that a reader loads: a simple tidy layout, Fingertips' two upload layouts, as CSV or as a spreadsheet.

Simple: a row of headings figure, area, period, count, denominator (in any order, capitals or not; area_type may stand
beside, other columns are not read), then a row a figure. Periods as the atlas writes them: 2024-06, 2024-Q2 (of the
financial year), 2024, 2024/25.

Fingertips' batch layout: IndicatorId, Year, YearRange, Quarter, Month, AgeId, SexId, AreaCode, Count, Value, limits,
Denominator, ValueNoteId and more, -1 where nothing is said; in a workbook on the sheet "Pholio". Its simple layout: a
workbook with the sheets "IndicatorDetails" (label and value: IndicatorId, Year, YearRange, Quarter, Month, AgeId,
SexId) and "PholioData" (AreaCode, Count, Value ... a row an area). Neither says whether a year is a calendar or a
financial one, so years and quarters are read only where the reader says (`careatlas load --years`).

In a folder of publishers' files an area's code must tell its type by its form, or ``area_type`` does; `careatlas load`
and the upload page (`careatlas.build.own_values`) look every area up instead, by code or name.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from careatlas.engine.connect import Engine
from careatlas.engine.tables import TIDIED
from careatlas.errors import DownloadError, SourceFileError
from careatlas.sources._own_rows import OwnRow, fingertips_row, simple_row, without_repeats
from careatlas.sources._spreadsheet_size import check_cells
from careatlas.sources._workbook import Sheet, read_sheet
from careatlas.sources.source import Refusal, Source, SourceFile, Tidied

SIMPLE = ("figure", "area", "period", "count", "denominator")
DETAILS = ("indicatorid", "year", "yearrange", "quarter", "month", "ageid", "sexid")
PHOLIO = ("areacode", "count", "value", "denominator")
SIMPLE_SHEETS = ("IndicatorDetails", "PholioData")
SEPARATORS = ",;\t"
SHAPES = (
    (r"Q[A-Z0-9]{2}|E54[0-9]{6}|ZB[0-9]{2,}", "icb"),
    (r"[0-9]{2}[A-Z]|E38[0-9]{6}|ZA[0-9]+", "sub_icb"),
    (r"[A-Z][0-9][A-Z][0-9][A-Z]", None),  # sub-ICB locations since 2020 and independent hospitals look alike
    (r"[A-Z0-9]{3,6}", "provider"),
)  # codes in Z are the simulated country's
LARGEST_WORKBOOK_BYTES = 5 * 1024**2

SOURCE = Source(
    title="Own figures",
    publisher="The reader who loaded them",
    page="",
    licence="The reader's own",
    tables=("own_figures",),
    attribution="",
)


def recognise(file: SourceFile) -> bool:
    if file.kind == "csv":
        return any(set(layout) <= set(_separated(file.header)) for layout in (SIMPLE, (*DETAILS, *PHOLIO)))
    if file.kind != "xlsx" or file.path.stat().st_size > LARGEST_WORKBOOK_BYTES:
        return False
    return set(SIMPLE_SHEETS) <= set(file.sheets) or _sheet(file) is not None


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    raise DownloadError(
        "own_figures",
        "a reader's own figures are nowhere to download.",
        "Run `careatlas load FILE`, or put the file into the data folder.",
    )


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    rows = without_repeats([_placed(row) for row in read_rows(file)])
    kept = [row for row in rows if row.refused is None]
    table = pa.Table.from_pylist([as_tidied(row) for row in kept], TIDIED["own_figures"].schema)
    return Tidied(
        {"own_figures": engine.from_arrow(table)},
        rows_read=len(rows),
        rows_kept=len(kept),
        refusals=_refusals(rows),
    )


def _refusals(rows: Sequence[OwnRow]) -> list[Refusal]:
    refused: dict[str, list[OwnRow]] = {}
    for row in rows:
        if row.refused is not None:
            refused.setdefault(row.refused, []).append(row)
    return [Refusal(why, len(members), f"row {members[0].number}") for why, members in refused.items()]


def as_tidied(row: OwnRow) -> dict[str, object]:
    """A row that was kept, in the columns of the tidied table ``own_figures``."""
    start, end = row.period
    return {
        "period_start": start,
        "period_end": end,
        "figure": row.figure,
        **{kind: row.area if kind == row.area_type else None for kind in ("sub_icb", "icb", "provider")},
        "count": row.count,
        "denominator": row.denominator,
    }


def read_rows(file: SourceFile, year_type: str | None = None) -> list[OwnRow]:
    """Every row of the file, read or refused with its reason. ``year_type``: calendar or financial, for Fingertips'
    layouts. A file that is no table of figures at all is a fault."""
    file.check_container()
    if file.kind == "csv":
        return _rows_of_text(file, year_type)
    if file.kind == "xlsx":
        check_cells(file.path)
        return _rows_of_workbook(file, year_type)
    raise SourceFileError(file, f"it is of the kind {file.kind}.", "Save it as CSV (UTF-8) or as .xlsx.")


def _rows_of_text(file: SourceFile, year_type: str | None) -> list[OwnRow]:
    try:
        text = file.path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise SourceFileError(
            file, "the text is not UTF-8.", 'Save it as "CSV UTF-8"; the atlas does not guess encodings.'
        ) from fault
    separator = max(SEPARATORS, key=text.partition("\n")[0].count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as fault:
        raise SourceFileError(
            file, f"it cannot be cut into cells ({fault}).", "Look for a quotation mark that is not closed."
        ) from fault
    while lines and not any(cell.strip() for cell in lines[-1]):
        lines.pop()
    headings, *rows = lines or [[]]
    reading = _reading(file, [_heading(cell) for cell in headings], year_type)
    return [reading(number, cells) for number, cells in enumerate(rows, start=2)]


def _rows_of_workbook(file: SourceFile, year_type: str | None) -> list[OwnRow]:
    stated: dict[str, object] = {}
    if set(SIMPLE_SHEETS) <= set(file.sheets):
        stated = _details(file)
        sheet = read_sheet(file, SIMPLE_SHEETS[1], lambda cells: set(PHOLIO) <= {_heading(c) for c in cells})
    else:
        sheet = _sheet(file) or Sheet(file.sheets[0] if file.sheets else "", [], [], [], 1)
    reading = _reading(file, [_heading(cell) for cell in sheet.headings], year_type, stated)
    return [reading(number, cells) for number, cells in enumerate(sheet.rows, start=sheet.first_row)]


def _sheet(file: SourceFile) -> Sheet | None:
    """The sheet "Pholio", else the first; None where it has no headings of ours."""
    names = file.sheets
    if not names:
        return None
    check_cells(file.path)
    known = ({*SIMPLE}, {*DETAILS, *PHOLIO})
    name = "Pholio" if "Pholio" in names else names[0]
    sheet = read_sheet(file, name, lambda cells: any(each <= {_heading(c) for c in cells} for each in known))
    return sheet if sheet.headings else None


def _details(file: SourceFile) -> dict[str, object]:
    """What the sheet IndicatorDetails says of every row: a label and a value a line, in Fingertips' order."""
    lines = read_sheet(file, SIMPLE_SHEETS[0], lambda cells: False).head  # it has no row of headings
    stated = {_heading(line[0]): line[1] for line in lines if len(line) > 1}
    lacking = [name for name in DETAILS if name not in stated]
    if lacking:
        raise SourceFileError(
            file,
            f'sheet "{SIMPLE_SHEETS[0]}" does not say {", ".join(lacking)}.',
            "Use Fingertips' own template.",
        )
    return {name: stated[name] for name in DETAILS}


def _reading(
    file: SourceFile, headings: list[str], year_type: str | None, stated: dict[str, object] | None = None
) -> Callable[[int, Sequence[object]], OwnRow]:
    """How a row under these headings is read; a fault where they are of no layout."""
    given = {**(stated or {})}
    layout = next((each for each in (SIMPLE, (*DETAILS, *PHOLIO)) if set(each) <= {*headings, *given}), None)
    if layout is None:
        found = ", ".join(filter(None, headings))[:200] or "nothing"
        raise SourceFileError(
            file, f"its headings are {found}.", f"A simple file has {', '.join(SIMPLE)} in its first row."
        )
    twice = next((name for name in (*layout, "area_type") if headings.count(name) > 1), None)
    if twice:
        raise SourceFileError(file, f'"{twice}" heads two columns.', "Leave the one that is meant.")

    def read(number: int, cells: Sequence[object]) -> OwnRow:
        why = _misplaced(headings, cells)
        if why:
            return OwnRow(number, ", ".join(map(str, cells))[:200], refused=why)
        named = given | dict(zip(headings, cells or [""] * len(headings), strict=True))
        return simple_row(number, named) if layout is SIMPLE else fingertips_row(number, named, year_type)

    return read


def _misplaced(headings: list[str], cells: Sequence[object]) -> str | None:
    """Why a row's cells do not stand under the headings they belong to, as far as it shows."""
    if cells and len(cells) != len(headings):
        return f"the row has {len(cells)} cells, the headings {len(headings)}"
    if any(not heading and str(cell).strip() for heading, cell in zip(headings, cells, strict=False)):
        return "a cell stands under no heading: the row may have moved"
    return None


def _placed(row: OwnRow) -> OwnRow:
    """The row with the type of its area, told by the form of the code where the file does not say it."""
    if row.refused is not None or row.area_type is not None:
        return row
    shape = next((kind for shape, kind in SHAPES if re.fullmatch(shape, row.area)), None)
    if shape is None:
        why = (
            f'"{row.area[:60]}" does not tell its type by its form: give area_type (sub_icb, icb or provider)'
        )
        return replace(row, refused=why)
    return replace(row, area_type=shape)


def _heading(cell: object) -> str:
    return str(cell).strip().lower()


def _separated(header: Sequence[str]) -> list[str]:
    """A CSV's headings, whichever separator it uses."""
    names = header if len(header) > 1 else re.split(f"[{SEPARATORS}]", header[0] if header else "")
    return [_heading(name) for name in names]
