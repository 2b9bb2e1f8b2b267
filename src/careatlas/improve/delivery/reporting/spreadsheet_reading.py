"""A spreadsheet of a plan as it comes back: looked through before it is opened, then read cell by cell.

A file is an archive that anybody may have made: what would grow too large, has a cell far away, or is no workbook at
all is refused in one sentence. A cell that says something else than it shows (a formula that was never worked out, an
error) is a fault of its own: it never counts as empty.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.parsers import expat

import python_calamine

from careatlas.errors import AtlasError
from careatlas.improve.delivery.reporting.spreadsheet import TOLD_SHEETS
from careatlas.improve.delivery.reporting.spreadsheet_sheets import (
    BY_TITLE,
    NUMBER,
    VERSION,
    Column,
    Sheet,
    text_of,
)

MOST_BYTES, MOST_UNPACKED_BYTES, MOST_PARTS = 5 * 1024**2, 40 * 1024**2, 500
MOST_ROWS, MOST_COLUMNS = 5_000, 60
BLOCK = 64 * 1024
THE_FILE = "The file"
AGAIN = "Take the plan out again, and put your changes into that file."
DAMAGED = AtlasError(
    THE_FILE, "is damaged, locked with a password, or no spreadsheet (.xlsx).", "Save it as .xlsx again."
)
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


class Row(NamedTuple):
    """``line``: as the spreadsheet counts; ``cells``: field -> text, of the columns that the file has."""

    sheet: Sheet
    line: int
    cells: dict[str, str]


class Fault(NamedTuple):
    """What cannot be kept: where (``column``: its heading, empty for the whole row), what stands there, what to do."""

    sheet: str
    line: int
    column: str
    said: str
    words: str


class Brought(NamedTuple):
    """``passed_over``: sheets that are not ours."""

    rows: list[Row]
    faults: list[Fault]
    passed_over: list[str]


def read(data: bytes) -> Brought:
    """Raises AtlasError where the file cannot be read as a whole."""
    if len(data) > MOST_BYTES:
        raise AtlasError(
            THE_FILE, f"is larger than {MOST_BYTES // 1024**2} MB.", "Divide it: sheets may be left out."
        )
    unreadable = _looked_through(data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names
        }
    except (python_calamine.CalamineError, OSError, ValueError, zipfile.BadZipFile):
        raise DAMAGED from None
    ours = {BY_TITLE[name]: cells for name, cells in sheets.items() if name in BY_TITLE}
    if not ours:
        raise AtlasError(THE_FILE, "has none of the sheets of a plan.", AGAIN)
    brought = Brought([], [], [name for name in sheets if name not in BY_TITLE and name not in TOLD_SHEETS])
    for sheet, cells in ours.items():
        _read_sheet(sheet, cells, unreadable.get(sheet.title, {}), brought)
    if len(brought.rows) > MOST_ROWS:
        raise AtlasError(THE_FILE, f"has more than {MOST_ROWS:,} rows.", "Divide it: rows may be left out.")
    return brought


def _read_sheet(
    sheet: Sheet, cells: list[list[Any]], unreadable: dict[tuple[int, int], str], brought: Brought
) -> None:
    columns = _columns(sheet, cells[0] if cells else [])
    for line, values in enumerate(cells[1:], 2):
        of = {place: column for place, column in columns.items() if place < len(values)}
        row = Row(sheet, line, {column.field: text_of(column, values[place]) for place, column in of.items()})
        bad = {
            columns[place]: words
            for (at, place), words in unreadable.items()
            if at == line and place in columns
        }
        if bad or any(_plain(values[place]) for place in of):
            brought.rows.append(row)
            for column, words in bad.items():
                brought.faults.append(Fault(sheet.title, line, column.heading, "", words))


def _columns(sheet: Sheet, headings: list[Any]) -> dict[int, Column]:
    """Place -> column. Raises AtlasError where one is unknown, stands twice, or is needed and not there."""
    known = {column.heading.casefold(): column for column in sheet.columns}
    found: dict[int, Column] = {}
    for place, heading in enumerate(map(_plain, headings)):
        column = known.get(heading.casefold().replace("'", "’"))
        if heading and column is None:
            raise AtlasError(f"Sheet {sheet.title}", f"has a column that a plan has not: {heading[:80]}.",
                             f"Take it out. Columns: {', '.join(one.heading for one in sheet.columns)}.")  # fmt: skip
        if column is not None and column in found.values():
            raise AtlasError(
                f"Sheet {sheet.title}", f"has the column {heading} twice.", "Take one of them out."
            )
        if column is not None:
            found[place] = column
    lacking = {NUMBER, VERSION} - {column.field for column in found.values()}
    if lacking:
        raise AtlasError(f"Sheet {sheet.title}", "has no columns Number and Version in its first row.", AGAIN)
    return found


def _plain(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _looked_through(data: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """Whether it may be opened; by sheet, cells that cannot be read (line, place), and why. Raises AtlasError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
                raise AtlasError(THE_FILE, "would be too large unpacked.", AGAIN)
            if "xl/workbook.xml" not in archive.namelist():
                raise DAMAGED
            for part in parts:  # to its end: what says that it is smaller than it is, is damaged
                if not part.filename.startswith("xl/worksheets/"):
                    for _ in _blocks(archive, part):
                        pass
            return {
                name: _cells_looked_at(archive, archive.getinfo(path))
                for name, path in _paths_of_sheets(archive)
            }
    except (zipfile.BadZipFile, expat.ExpatError, NotImplementedError, RuntimeError, OSError, EOFError, KeyError,
            ValueError, struct.error, zlib.error):  # fmt: skip
        raise DAMAGED from None


def _blocks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(part) as file:
        while block := file.read(BLOCK):
            yield block


def _paths_of_sheets(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Name -> part, for every sheet, and every part that could be one: none is opened unseen."""
    named: dict[str, str] = {}
    targets: dict[str, str] = {}

    def relation(tag: str, said: dict[str, str]) -> None:
        if tag.endswith("Relationship"):
            path = said.get("Target", "").removeprefix("/xl/").removeprefix("./")
            targets[said.get("Id", "")] = f"xl/{path}"

    def sheet(tag: str, said: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet":
            named[said.get("name", "")] = next((said[key] for key in said if key.endswith(":id")), "")

    _parsed(archive, archive.getinfo("xl/_rels/workbook.xml.rels"), relation)
    _parsed(archive, archive.getinfo("xl/workbook.xml"), sheet)
    found = [(name, targets[id]) for name, id in named.items()]
    seen = {path for _, path in found}
    others = (name for name in archive.namelist() if name.endswith(".xml") and "sheets/" in name)
    return found + [(path, path) for path in others if path not in seen]


def _cells_looked_at(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> dict[tuple[int, int], str]:
    """Cells that say something else than they show. Raises AtlasError where one stands too far out."""
    bad: dict[tuple[int, int], str] = {}
    at = (0, 0)
    has_formula = False

    def start(tag: str, said: dict[str, str]) -> None:
        nonlocal at, has_formula
        tag = tag.rpartition(":")[2]
        if tag == "c":
            at, has_formula = _place(said.get("r", "")), False
            if said.get("t") == "e":
                bad[at] = "The cell shows an error: give what is meant."
        elif tag == "f":
            has_formula = True
            bad.setdefault(
                at, "A formula that no spreadsheet has worked out: open the file, save it, send it again."
            )
        elif tag in ("v", "is"):
            if at[0] > MOST_ROWS + 1 or at[1] >= MOST_COLUMNS:
                raise AtlasError(THE_FILE, f"has a cell in row {at[0]:,}, column {at[1] + 1:,}.",
                                 f"Keep to {MOST_ROWS:,} rows and {MOST_COLUMNS} columns a sheet.")  # fmt: skip
            if has_formula and bad.get(at, "").startswith("A formula"):
                del bad[at]

    _parsed(archive, part, start)
    return bad


def _place(reference: str) -> tuple[int, int]:
    """``B3`` -> line 3, place 1."""
    found = _PLACE.fullmatch(reference)
    if found is None:
        raise ValueError(reference)
    place = 0
    for letter in found[1]:
        place = place * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), place - 1


def _parsed(archive: zipfile.ZipFile, part: zipfile.ZipInfo, start: Any) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _no_doctype  # no spreadsheet has one, and entities grow
    for block in _blocks(archive, part):
        parser.Parse(block)
    parser.Parse(b"", True)


def _no_doctype(*said: Any) -> None:
    raise ValueError("a workbook declares no document type")
