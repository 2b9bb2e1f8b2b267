"""A worksheet as a file on disk: started from an area, weighed, and its list written out."""

import csv
from pathlib import Path

from careatlas.engine.release import Release
from careatlas.errors import AtlasError, raise_all
from careatlas.present.priorities import COLUMNS, Row, priorities
from careatlas.present.priorities_start import worksheet_of_area
from careatlas.present.priorities_words import in_words
from careatlas.present.priority_chart import chart_of
from careatlas.present.tables import safe_for_spreadsheet
from careatlas.present.theme import to_svg
from careatlas.present.worksheet import LONGEST_TEXT, read_worksheet, worksheet_text
from careatlas.present.worksheet_checks import Worksheet, checked


def start(path: Path, release: Release, area: str) -> int:
    """Write a worksheet of an area's opportunities; how many options it has. Never over a file that is there."""
    sheet = worksheet_of_area(release, area)
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(worksheet_text(sheet))
    except FileExistsError:
        raise AtlasError(
            path, "is there already.", "Name a new file: what a group wrote is not written over."
        ) from None
    except OSError as fault:
        raise AtlasError(
            path, f"cannot be written ({fault.strerror}).", "Name a file in a folder of yours."
        ) from None
    return len(sheet.options)


def weigh(path: Path) -> tuple[list[Row], list[str]]:
    """The list of a worksheet's file, and the list in words. Every fault in the file is raised together."""
    sheet = _read(path)
    found = priorities(sheet)
    counted = f"Value is counted in {sheet.unit}, value for money in {found.counted_in}."
    return found.rows, [counted, *in_words(found, sheet)]


def write(path: Path, folder: Path) -> list[Path]:
    """The list as CSV and its chart as SVG, named after the worksheet."""
    sheet = _read(path)
    found = priorities(sheet)
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / f"{path.stem}-list.csv"]
    with written[0].open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([safe_for_spreadsheet(row[name]) for name in COLUMNS] for row in found.rows)
    if any(row["place"] for row in found.rows):
        written.append(folder / f"{path.stem}-chart.svg")
        written[1].write_text(to_svg(chart_of(found, sheet)), encoding="utf-8")
    return written


def _read(path: Path) -> Worksheet:
    try:
        if path.stat().st_size > 4 * LONGEST_TEXT:  # bytes of its letters at most
            raise AtlasError(
                path, "is too large to be a worksheet.", "Give the file that the worksheet was saved as."
            )
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise AtlasError(
            path,
            f"cannot be read ({fault.strerror}).",
            "To start one: careatlas priorities FILE --area CODE.",
        ) from None
    except UnicodeDecodeError:
        raise AtlasError(
            path, "is no text in UTF-8.", 'Save it from the spreadsheet as "CSV UTF-8".'
        ) from None
    sheet, faults = checked(read_worksheet(text, str(path)))
    raise_all([fault.as_error(str(path)) for fault in faults])
    return sheet
