"""Practices and the areas above them: NHS England's table of practices, sub-ICB locations, boards, regions.

The atlas takes the three area levels from it (codes, official names, who belongs to whom). The official
name of a sub-ICB location, "NHS West Yorkshire ICB - 03R", is no name people use: that comes from other
sources.
"""

from datetime import date
from pathlib import Path

import pyarrow as pa

from careatlas.engine.connect import Engine, explaining
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._names import without_nhs
from careatlas.sources.source import (
    Layout,
    Refusal,
    Source,
    SourceFile,
    Tidied,
    financial_year_named,
)

REGION = ("REGION_ODS_CODE", "REGION_ONS_CODE", "REGION_NAME")
BOARD = ("ICB_ODS_CODE", "ICB_ONS_CODE", "ICB_NAME")
SUB_ICB = ("SUB_ICB_ODS_CODE", "SUB_ICB_ONS_CODE", "SUB_ICB_NAME")
COLUMNS = (*REGION, *BOARD, *SUB_ICB, "PRACTICE_CODE")

SOURCE = Source(
    title="Practices, sub-ICB locations, boards and regions",
    publisher="NHS England",
    page="https://digital.nhs.uk/data-and-information/publications/statistical/quality-and-outcomes-framework-"
    "achievement-prevalence-and-exceptions-data",
    licence="Open Government Licence v3.0",
    tables=("area_list",),
    layouts=(Layout(columns=COLUMNS),),
)


def recognise(file: SourceFile) -> bool:
    return file.kind in ("csv", "parquet") and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    vintage = _vintage(file)
    with explaining(file):
        rows = (
            engine.read_parquet(file.path)
            if file.kind == "parquet"
            else engine.read_csv(file.path, COLUMNS, headings=SOURCE.layouts[0].headings(file.header))
        )
        practices = engine.to_arrow(
            rows.select(*(rows[name].cast(str).strip().nullif("").name(name) for name in COLUMNS))
        )
    placed = [row for row in practices.to_pylist() if all(row[name] for name in COLUMNS)]
    unplaced = practices.num_rows - len(placed)
    areas = [
        *_areas(placed, SUB_ICB, "sub_icb", parent=BOARD[0], vintage=vintage),
        *_areas(placed, BOARD, "icb", parent=REGION[0], vintage=vintage),
        *_areas(placed, REGION, "region", parent=None, vintage=vintage),
    ]
    return Tidied(
        tables={"area_list": engine.from_arrow(pa.Table.from_pylist(areas, TIDIED["area_list"].schema))},
        rows_read=practices.num_rows,
        rows_kept=len(placed),
        refusals=[Refusal("the practice's areas are not all stated", unplaced)] if unplaced else [],
    )


def _vintage(file: SourceFile) -> int:
    """The year the table is of; no column says it, so the file's name must."""
    try:
        return financial_year_named(file.path.name)[0].year
    except ValueError as fault:
        raise SourceFileError(
            file,
            "no column of this look-up says which year it is of, and neither does its name.",
            "Put the financial year into the file's name, such as practice_structures_2022_2023.parquet.",
        ) from fault


def _areas(
    practices: list[dict], level: tuple[str, str, str], area_type: str, parent: str | None, vintage: int
) -> list[dict]:
    """Each area of one level once, however many practices it has."""
    code, ons_code, name = level
    found = {}
    for row in practices:
        found[row[code], row[ons_code], row[parent] if parent else None, row[name]] = {
            "code": row[code],
            "name": None if area_type == "sub_icb" else without_nhs(row[name]),
            "official_name": row[name],
            "area_type": area_type,
            "parent_code": row[parent] if parent else None,
            "ons_code": row[ons_code],
            "vintage": vintage,
        }
    return [found[key] for key in sorted(found, key=str)]
