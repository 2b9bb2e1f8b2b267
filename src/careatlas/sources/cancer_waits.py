"""Cancer waiting times by provider: the data extract of NHS England, several months in one workbook.

One row is a provider, month, standard, route and either a cancer type or a kind of treatment. For the two standards
of treatment the file says everything twice: rows of ALL MODALITIES are cut by cancer type, rows of ALL CANCERS by
kind of treatment. Both cuts are kept and each has "all" in the column that it does not cut by, so that only rows of
modality "all" may be added up over cancers. A file whose two cuts differ is damaged. The standard of 28 days has
the cut by suspected cancer alone. A patient whom two providers share counts half at each.

The extract names no provider: names come from other publications.
"""

from collections import defaultdict
from datetime import date
from pathlib import Path

import pyarrow as pa

from careatlas.engine.connect import Engine
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import FIRST_MONTH_AND_YEAR, MONTH_AND_YEAR, Link, LinkPattern
from careatlas.sources._workbook import Sheet, column_at, count_in, read_sheet, text_in
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    ControlTotal,
    Source,
    SourceFile,
    Tidied,
    month_period,
    refuse_repeated_keys,
)

SHEET = "CWT CRS Provider Extract"
STANDARDS = {
    "28-day FDS": "28_days_to_diagnosis",
    "31-day Combined": "31_days_to_treatment",
    "62-day Combined": "62_days_to_treatment",
}
CUT_TWICE = ("31_days_to_treatment", "62_days_to_treatment")
PERIOD, PROVIDER, STANDARD = "PERIOD", "ORG CODE", "STANDARD"
ROUTE, MODALITY, CANCER = "STAGE/ROUTE", "TREATMENT MODALITY", "CANCER TYPE"
ENDED, WITHIN, LATE = "TOTAL TREATED", "WITHIN STANDARD", "BREACHES"
HEADINGS = (PERIOD, STANDARD, PROVIDER, ROUTE, MODALITY, CANCER, ENDED, WITHIN, LATE)
ALL = ("ALL MODALITIES", "ALL CANCERS", "")

SOURCE = Source(
    title="Cancer waiting times, extract by provider",
    publisher="NHS England",
    page="https://www.england.nhs.uk/statistics/statistical-work-areas/cancer-waiting-times/",
    licence="Open Government Licence v3.0",
    tables=("cancer_waits", "area_list"),
    links=(
        LinkPattern(
            address=rf"/CWT-CRS-{FIRST_MONTH_AND_YEAR}-to-{MONTH_AND_YEAR}-Data-Extract-Provider.*\.xlsx$",
            example=Link(
                "CWT CRS Apr 2024 to Sep 2024 Data Extract Provider Final (XLSX, 2MB)",
                "https://www.england.nhs.uk/statistics/wp-content/uploads/sites/2/2025/03/"
                "CWT-CRS-Apr-2024-to-Sep-2024-Data-Extract-Provider-Final.xlsx",
            ),
            names=(date(2024, 4, 1), date(2024, 9, 30)),
        ),
    ),
)


def recognise(file: SourceFile) -> bool:
    return SHEET in file.sheets


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    sheet = read_sheet(file, SHEET, lambda headings: STANDARD in headings and PROVIDER in headings)
    at = {heading: column_at(file, sheet, heading) for heading in HEADINGS}
    rows = [_row(file, sheet, index, at) for index in range(len(sheet.rows))]
    _refuse_cuts_that_differ(file, rows)
    waits = engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED["cancer_waits"].schema))
    refuse_repeated_keys(file, engine, "cancer_waits", waits)
    return Tidied(
        tables={"cancer_waits": waits, "area_list": engine.from_arrow(_providers(rows))},
        rows_read=len(sheet.rows),
        rows_kept=len(rows),
        totals=_totals(rows),
    )


def _row(file: SourceFile, sheet: Sheet, index: int, at: dict[str, int]) -> dict[str, object]:
    cells = sheet.rows[index]
    texts = {name: text_in(cells[at[name]]) for name in (PROVIDER, STANDARD, ROUTE, MODALITY, CANCER)}
    ended, within, late = (count_in(file, sheet, index, at[name]) for name in (ENDED, WITHIN, LATE))
    where = f'sheet "{sheet.name}", row {sheet.first_row + index}: '
    if texts[STANDARD] not in STANDARDS:
        known = ", ".join(STANDARDS)
        fault = f'{where}the standard "{texts[STANDARD]}" is none of {known}.'
        raise SourceFileError(file, fault, "If the publisher renamed it, change sources/cancer_waits.py.")
    if not texts[PROVIDER]:
        raise SourceFileError(file, f'{where}"{PROVIDER}" is empty.', DOWNLOAD_AGAIN)
    if ended is None or within is None or late is None or within + late != ended:
        fault = (
            f"{where}{within or 0:g} within the standard and {late or 0:g} late do not make {ended or 0:g}."
        )
        raise SourceFileError(file, fault, DOWNLOAD_AGAIN)
    start, end = _month(file, where, cells[at[PERIOD]])
    return {
        "period_start": start,
        "period_end": end,
        "provider": texts[PROVIDER],
        "standard": STANDARDS[texts[STANDARD]],
        "route": texts[ROUTE],
        "modality": "all" if texts[MODALITY] in ALL else texts[MODALITY],
        "cancer_type": "all" if texts[CANCER] in ALL else texts[CANCER],
        "waits_ended": ended,
        "within_standard": within,
    }


def _month(file: SourceFile, where: str, cell: object) -> tuple[date, date]:
    if not isinstance(cell, date) or cell.day != 1:
        fault = f'{where}"{PERIOD}" says "{cell}", not the first day of a month.'
        raise SourceFileError(file, fault, DOWNLOAD_AGAIN)
    return month_period(cell.year, cell.month)


def _refuse_cuts_that_differ(file: SourceFile, rows: list[dict]) -> None:
    """By cancer type and by kind of treatment the same people are counted: a cut that lacks rows shows here."""
    by_cancer, by_modality = (defaultdict(float) for _ in range(2))
    for row in rows:
        if row["standard"] in CUT_TWICE:
            key = row["period_end"], row["provider"], row["standard"], row["route"]
            cut = by_cancer if row["modality"] == "all" else by_modality
            cut[key] += row["waits_ended"]
    for key in sorted({*by_cancer, *by_modality}):
        if by_cancer[key] != by_modality[key]:
            raise SourceFileError(
                file,
                f"{key[1]}, {key[2].replace('_', ' ')}, {key[3]}, {key[0]:%B %Y}: the cancer types add up to "
                f"{by_cancer[key]:,g} and the kinds of treatment to {by_modality[key]:,g}.",
                DOWNLOAD_AGAIN,
            )


def _totals(rows: list[dict]) -> list[ControlTotal]:
    """By standard: what the rows of ALL CANCERS add up to; the standard of 28 days has none."""
    by_modality = defaultdict(float)
    for row in rows:
        if row["modality"] != "all":
            by_modality[row["standard"]] += row["waits_ended"]
    return [
        ControlTotal(
            "cancer_waits",
            "waits_ended",
            by_modality.get(standard),
            {"standard": standard, "modality": "all"},
        )
        for standard in sorted({row["standard"] for row in rows})
    ]


def _providers(rows: list[dict]) -> pa.Table:
    """The providers by code alone, so that those whom no other publication names are not lost."""
    latest = {row["provider"]: row["period_end"].year for row in rows}
    listed = [
        {"code": code, "area_type": "provider", "vintage": year} for code, year in sorted(latest.items())
    ]
    return pa.Table.from_pylist(listed, schema=TIDIED["area_list"].schema)
