"""How large a spreadsheet would be in memory, before it is read into it. Not a source itself.

A cell written far from the others makes a sheet of millions of empty ones, which a reader of workbooks lays out whole.
"""

import re
import zipfile
from pathlib import Path

from careatlas.errors import SourceFileError

LARGEST_SHEET_BYTES = 64 * 1024**2
MOST_CELLS = 4_000_000
_PLACE = re.compile(rb'\br="([A-Z]{0,3})([0-9]{1,7})"')


def check_cells(path: Path) -> None:
    """Refuse a workbook of which any sheet is too long or too wide; what is no workbook at all is a fault."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.filename.startswith("xl/worksheets/"):
                    _check(path, _read(path, archive, member))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as fault:
        raise SourceFileError(path.name, f"it is damaged ({fault}).", "Save the workbook again.") from fault


def _read(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as stream:
        content = stream.read(LARGEST_SHEET_BYTES + 1)
    if len(content) > LARGEST_SHEET_BYTES:
        raise SourceFileError(
            path.name, f"{member.filename} is larger than 64 MB.", "Save only the table of figures."
        )
    return content


def _check(path: Path, sheet: bytes) -> None:
    rows = columns = 1
    for letters, row in _PLACE.findall(sheet):
        rows, columns = max(rows, int(row)), max(columns, _column(letters))
    if rows * columns > MOST_CELLS:
        raise SourceFileError(
            path.name,
            f"a sheet reaches to row {rows:,} and column {columns:,}.",
            "Delete the empty rows and columns around the table of figures and save it again.",
        )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
