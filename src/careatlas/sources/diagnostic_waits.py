"""Diagnostic waits and activity (DM01): the monthly workbook of NHS England, one row a provider and test.

Test 16, "Total", stands beside the fifteen tests of each provider: adding up all rows counts everybody twice. The
sheet by provider repeats those totals and is not read. A provider that did not submit is named on the sheet of
notes; it stands in the table without figures, for it is missing and not without patients.
"""

from collections import defaultdict
from datetime import date
from pathlib import Path

import pyarrow as pa

from careatlas.engine.connect import Engine
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import FINANCIAL_YEAR, MONTH_AND_YEAR, Link, LinkPattern
from careatlas.sources._names import in_title_case
from careatlas.sources._workbook import (
    Sheet,
    column_at,
    count_in,
    lines_above,
    published_on,
    read_sheet,
    text_in,
)
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    ControlTotal,
    Refusal,
    Source,
    SourceFile,
    Tidied,
    month_named,
    refuse_repeated_keys,
)

SHEET, NOTES = "Provider by Test", "Notes"
PROVIDER, PROVIDER_NAME, TEST = "Provider Code", "Provider Name", "Diagnostic Test Name"
TOTAL = "total"
TESTS = {
    "Magnetic Resonance Imaging": "magnetic_resonance_imaging",
    "Computed Tomography": "computed_tomography",
    "Non-obstetric Ultrasound": "non_obstetric_ultrasound",
    "Barium Enema": "barium_enema",
    "DEXA Scan": "bone_density_scan",
    "Audiology - Audiology Assessments": "audiology_assessment",
    "Cardiology - Echocardiography": "echocardiography",
    "Cardiology - Electrophysiology": "electrophysiology",
    "Neurophysiology - Peripheral Neurophysiology": "peripheral_neurophysiology",
    "Respiratory physiology - Sleep Studies": "sleep_study",
    "Urodynamics - Pressures & Flows": "urodynamics",
    "Colonoscopy": "colonoscopy",
    "Flexi Sigmoidoscopy": "flexible_sigmoidoscopy",
    "Cystoscopy": "cystoscopy",
    "Gastroscopy": "gastroscopy",
    "Total": TOTAL,
}
WEEKS = ["0 <01 weeks", *(f"{week:02} <{week + 1:02} weeks" for week in range(1, 13)), "13+ weeks"]
MEASURES = {
    "waiting": "Total Waiting List",
    "over_6_weeks": "Number waiting 6+ Weeks",
    "over_13_weeks": "Number waiting 13+ Weeks",
    "planned_tests": "Planned tests / procedures",
    "unscheduled_tests": "Unscheduled tests / procedures",
    "waiting_list_tests": "Waiting list tests / procedures (excluding planned)",
}
FIRST_WEEK_OF = {
    "waiting": 0,
    "over_6_weeks": 6,
    "over_13_weeks": 13,
}  # what the weekly columns must add up to

SOURCE = Source(
    title="Diagnostic waiting times and activity (DM01)",
    publisher="NHS England",
    page="https://www.england.nhs.uk/statistics/statistical-work-areas/diagnostics-waiting-times-and-activity/"
    "monthly-diagnostics-waiting-times-and-activity/",
    licence="Open Government Licence v3.0",
    tables=("diagnostic_waits", "area_list"),
    year_pages=(
        LinkPattern(
            address=rf"/monthly-diagnostics-data-{FINANCIAL_YEAR}",
            example=Link(
                "Monthly Diagnostics Data 2024-25",
                "https://www.england.nhs.uk/statistics/statistical-work-areas/diagnostics-waiting-times-and-activity/"
                "monthly-diagnostics-waiting-times-and-activity/monthly-diagnostics-data-2024-25/",
            ),
            names=(date(2024, 4, 1), date(2025, 3, 31)),
        ),
    ),
    links=(
        LinkPattern(
            address=rf"/Monthly-Diagnostics-Web-File-Provider-{MONTH_AND_YEAR}.*\.xlsx?$",
            example=Link(
                "Monthly Diagnostics Web File Provider November 2024 (XLS, 1.1MB)",
                "https://www.england.nhs.uk/statistics/wp-content/uploads/sites/2/2025/07/"
                "Monthly-Diagnostics-Web-File-Provider-November-2024.xls",
            ),
            names=(date(2024, 11, 1), date(2024, 11, 30)),
        ),
    ),
)


def recognise(file: SourceFile) -> bool:
    if SHEET not in file.sheets:
        return False
    sheet = _by_test(file)
    return TEST in sheet.headings and lines_above(sheet).get("Title") == "Monthly Diagnostics"


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    sheet = _by_test(file)
    lines = lines_above(sheet)
    start, end = _month(file, lines)
    rows, country, rows_read = _rows(file, sheet)
    _refuse_tests_that_do_not_add_up(file, rows)
    silent = _did_not_submit(file)
    for row in (*rows, *silent):
        row |= {"period_start": start, "period_end": end}
    declared = TIDIED["diagnostic_waits"].schema
    waits = engine.from_arrow(pa.Table.from_pylist([*rows, *silent], schema=declared))
    refuse_repeated_keys(file, engine, "diagnostic_waits", waits)
    return Tidied(
        tables={
            "diagnostic_waits": waits,
            "area_list": engine.from_arrow(_providers([*rows, *silent], end.year)),
        },
        rows_read=rows_read,
        rows_kept=len(rows),
        refusals=[Refusal("the publisher's own total, kept as a control", rows_read - len(rows))],
        totals=[
            ControlTotal("diagnostic_waits", measure, total, {"test": TOTAL})
            for measure, total in country.items()
        ],
        published=published_on(file, lines),
    )


def _by_test(file: SourceFile) -> Sheet:
    return read_sheet(file, SHEET, lambda headings: TEST in headings)


def _month(file: SourceFile, lines: dict[str, str]) -> tuple[date, date]:
    try:
        return month_named(lines.get("Period", ""))
    except ValueError as fault:
        raise SourceFileError(
            file, f'sheet "{SHEET}" gives no month such as November 2024 beside "Period:".', DOWNLOAD_AGAIN
        ) from fault


def _rows(file: SourceFile, sheet: Sheet) -> tuple[list[dict], dict[str, float | None], int]:
    """The rows of providers, the country's figures (the row without a code), and how many rows are not blank."""
    code, name, test = (column_at(file, sheet, heading) for heading in (PROVIDER, PROVIDER_NAME, TEST))
    columns = {measure: column_at(file, sheet, heading) for measure, heading in MEASURES.items()}
    weeks = [column_at(file, sheet, heading) for heading in WEEKS]
    rows, totals = [], []
    for index, cells in enumerate(sheet.rows):
        if not any(map(text_in, cells)):
            continue
        figures = {measure: count_in(file, sheet, index, column) for measure, column in columns.items()}
        by_week = [count_in(file, sheet, index, column) for column in weeks]
        _refuse_weeks_that_do_not_add_up(file, sheet, index, figures, by_week)
        if not text_in(cells[code]) and text_in(cells[name]) == "Total":
            totals.append(figures)
            continue
        named = {"provider": text_in(cells[code]), "name": text_in(cells[name])}
        rows.append(named | {"test": _test(file, sheet, index, text_in(cells[test]))} | figures)
    if len(totals) != 1:
        raise SourceFileError(
            file, f'sheet "{SHEET}" has {len(totals)} rows of the country\'s total, not one.', DOWNLOAD_AGAIN
        )
    return rows, totals[0], len(rows) + 1


def _test(file: SourceFile, sheet: Sheet, row: int, name: str) -> str:
    if name not in TESTS:
        raise SourceFileError(
            file,
            f'sheet "{SHEET}", row {sheet.first_row + row}: "{name}" is not one of the tests.',
            "Download the file again; if the publisher renamed a test or added one, put it "
            "into sources/diagnostic_waits.py.",
        )
    return TESTS[name]


def _refuse_weeks_that_do_not_add_up(
    file: SourceFile, sheet: Sheet, row: int, figures: dict[str, float | None], by_week: list[float | None]
) -> None:
    """Our sums of weeks against the publisher's own: a shifted or swapped column shows here."""
    for measure, first_week in FIRST_WEEK_OF.items():
        ours = sum(count or 0 for count in by_week[first_week:])
        if ours != (figures[measure] or 0):
            raise SourceFileError(
                file,
                f'sheet "{SHEET}", row {sheet.first_row + row}: the weekly columns add up to {ours:,.0f}, but '
                f'"{MEASURES[measure]}" says {figures[measure] or 0:,.0f}.',
                DOWNLOAD_AGAIN,
            )


def _refuse_tests_that_do_not_add_up(file: SourceFile, rows: list[dict]) -> None:
    sums, totals = defaultdict(float), {}
    for row in rows:
        if row["test"] == TOTAL:
            totals[row["provider"]] = row["waiting"]
        else:
            sums[row["provider"]] += row["waiting"] or 0
    for provider in sums.keys() | totals.keys():
        if sums[provider] != totals.get(provider):
            raise SourceFileError(
                file,
                f'sheet "{SHEET}": the tests of {provider} add up to {sums[provider]:,.0f} people waiting, its '
                f'row of "Total" says {totals.get(provider)}.',
                DOWNLOAD_AGAIN,
            )


def _did_not_submit(file: SourceFile) -> list[dict]:
    """Providers that the notes name, under their headings "Code" and "Name"."""
    if NOTES not in file.sheets:
        return []
    notes = read_sheet(file, NOTES, lambda headings: {"Code", "Name"} <= set(headings))
    named = [[text for text in map(text_in, cells) if text] for cells in notes.rows]
    return [{"provider": line[0], "name": line[1], "test": TOTAL} for line in named if len(line) == 2]


def _providers(rows: list[dict], year: int) -> pa.Table:
    names = {row["provider"]: row["name"] for row in rows}
    listed = [
        {
            "code": code,
            "name": in_title_case(name),
            "official_name": name,
            "area_type": "provider",
            "vintage": year,
        }
        for code, name in sorted(names.items())
    ]
    return pa.Table.from_pylist(listed, schema=TIDIED["area_list"].schema)
