"""Referral-to-treatment waits by commissioner: the monthly workbooks of NHS England.

One workbook is one month and one part: completed admitted, completed non-admitted, or incomplete pathways.
They count where the full extract (`rtt_waiting_times`) of the month is not at hand; they have no providers.
Those of 2014 list clinical commissioning groups and 52 weekly bands, today's sub-ICB locations and 104.

The sheets by region, board and area team repeat the same pathways and are not read. Commissioners that are no
areas (regional teams) are kept: England's total needs them. Adjusted admitted pathways, a series that ended
in 2015, are another measure and are left alone, and so are the workbooks of new periods.
"""

import re
from datetime import date
from pathlib import Path

import pyarrow as pa

from careatlas.engine.connect import Engine
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import FINANCIAL_YEAR, MONTH_AND_YEAR, Link, LinkPattern
from careatlas.sources._weeks import weeks_by_body
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

TITLE = "Referral to Treatment (RTT) Waiting Times"
NATIONAL_SHEET, COMMISSIONER_SHEETS = "National", ("Sub-ICB", "Commissioner")
SPECIALTY_HEADING = "Treatment Function Code"
PARTS = {
    "completed admitted pathways": "completed_admitted",
    "completed non-admitted pathways": "completed_non_admitted",
    "incomplete pathways": "incomplete",
}
COMPLETED_HEADINGS = (
    "Total number of completed pathways (all)",
    "Total number of completed pathways (with a known clock start)",
)
WAITING_HEADINGS = ("Total number of incomplete pathways", "Total number of incomplete pathways")
LONG_WAITS_WEEKS = (52, 65, 78, 104)
# The publisher's own sums of weeks, where the workbook has them: what our sums must equal.
CHECKS = {
    "Total (with a known clock start) within 18 weeks": "within_18_weeks",
    "Total within 18 weeks": "within_18_weeks",
    "Total 52 plus weeks": "over_52_weeks",
    "Total 65 plus weeks": "over_65_weeks",
    "Total 78 plus weeks": "over_78_weeks",
}

SOURCE = Source(
    title="Referral-to-treatment waiting times, commissioner workbooks",
    publisher="NHS England",
    page="https://www.england.nhs.uk/statistics/statistical-work-areas/rtt-waiting-times/",
    licence="Open Government Licence v3.0",
    tables=("rtt", "rtt_weeks"),
    year_pages=(
        LinkPattern(
            address=rf"/rtt-data-{FINANCIAL_YEAR}",
            example=Link(
                "Consultant-led Referral to Treatment Waiting Times Data 2025-26",
                "https://www.england.nhs.uk/statistics/statistical-work-areas/rtt-waiting-times/rtt-data-2025-26/",
            ),
            names=(date(2025, 4, 1), date(2026, 3, 31)),
        ),
    ),
    links=(
        LinkPattern(
            address=rf"/(Admitted|NonAdmitted|Incomplete)-Commissioner-{MONTH_AND_YEAR}.*\.xlsx?$",
            example=Link(
                "Admitted Commissioner Dec24 (XLSX, 2M) revised",
                "https://www.england.nhs.uk/statistics/wp-content/uploads/sites/2/2025/07/"
                "Admitted-Commissioner-Dec24-XLSX-2M-revised.xlsx",
            ),
            names=(date(2024, 12, 1), date(2024, 12, 31)),
        ),
    ),
)


def recognise(file: SourceFile) -> bool:
    if NATIONAL_SHEET not in file.sheets or not set(COMMISSIONER_SHEETS) & set(file.sheets):
        return False
    head = lines_above(_national(file))
    return head.get("Title") == TITLE and head.get("Basis") == "Commissioner" and _part(head) is not None


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    national = _national(file)
    head = lines_above(national)
    part = _part(head)
    start, end = _month(file, head)
    sheet = _commissioner_sheet(file)
    rows, refusals = _figures(file, sheet, part)
    for row in rows:
        row |= {"period_start": start, "period_end": end, "part": part}
    _refuse_specialties_that_do_not_add_up(file, sheet, rows)
    rtt = engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED["rtt"].schema))
    refuse_repeated_keys(file, engine, "rtt", rtt)
    return Tidied(
        tables={"rtt": rtt, "rtt_weeks": engine.from_arrow(_by_week(rows, start, end))},
        rows_read=len(sheet.rows),
        rows_kept=len(rows),
        refusals=refusals,
        totals=[
            ControlTotal(
                "rtt", "pathways", _national_total(file, national, part), {"part": part, "specialty": "total"}
            )
        ],
        published=published_on(file, head),
    )


def _national(file: SourceFile) -> Sheet:
    return read_sheet(file, NATIONAL_SHEET, lambda headings: SPECIALTY_HEADING in headings)


def _part(head: dict[str, str]) -> str | None:
    counted = re.search(r"waiting times for (.+?)\.?$", head.get("Summary", ""))
    return PARTS.get(counted[1]) if counted else None


def _month(file: SourceFile, head: dict[str, str]) -> tuple[date, date]:
    try:
        return month_named(head.get("Period", ""))
    except ValueError as fault:
        raise SourceFileError(
            file,
            f'sheet "{NATIONAL_SHEET}" gives no month such as December 2024 beside "Period:".',
            DOWNLOAD_AGAIN,
        ) from fault


def _commissioner_sheet(file: SourceFile) -> Sheet:
    name = next(name for name in COMMISSIONER_SHEETS if name in file.sheets)
    return read_sheet(file, name, lambda headings: SPECIALTY_HEADING in headings)


def _figures(file: SourceFile, sheet: Sheet, part: str) -> tuple[list[dict], list[Refusal]]:
    specialty = column_at(file, sheet, SPECIALTY_HEADING)
    commissioner = column_at(file, sheet, "CCG Code" if "CCG Code" in sheet.headings else "Org Code")
    totals = WAITING_HEADINGS if part == "incomplete" else COMPLETED_HEADINGS
    pathways, known_clock_start = (column_at(file, sheet, heading) for heading in totals)
    weeks = _week_columns(file, sheet)
    checks = {sheet.headings.index(h): measure for h, measure in CHECKS.items() if h in sheet.headings}
    rows, nameless = [], []
    for index, cells in enumerate(sheet.rows):
        codes = text_in(cells[commissioner]), text_in(cells[specialty])
        if not all(codes):
            nameless.append(sheet.first_row + index)
            continue
        by_week = [count_in(file, sheet, index, column) for column in weeks]
        row = {
            "commissioner": codes[0],
            "specialty": _specialty(codes[1]),
            "pathways": count_in(file, sheet, index, pathways),
            "known_clock_start": count_in(file, sheet, index, known_clock_start),
            "weeks": [int(count or 0) for count in by_week],
            "has_weeks": any(count is not None for count in by_week),
            **_waits(by_week),
        }
        published = {column: count_in(file, sheet, index, column) for column in checks}
        _refuse_weeks_that_do_not_add_up(file, sheet, index, row, checks, published)
        rows.append(row)
    reason = "no code of a commissioner or treatment function"
    return rows, [Refusal(reason, len(nameless), f"row {nameless[0]}")] if nameless else []


def _week_columns(file: SourceFile, sheet: Sheet) -> list[int]:
    last = 104 if "104 plus" in sheet.headings else 52
    headings = [*(f">{week}-{week + 1}" for week in range(last)), f"{last} plus"]
    return [column_at(file, sheet, heading) for heading in headings]


def _by_week(rows: list[dict], start: date, end: date) -> pa.Table:
    """The rows of ``rtt_weeks``: the same rows by commissioner, for a workbook names no provider."""
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("provider", "commissioner", "part", "specialty")),
            ("pathways", pa.float64()),
            ("weeks", pa.list_(pa.int32())),
            ("has_weeks", pa.bool_()),
        ]
    )
    return weeks_by_body(pa.Table.from_pylist(rows, schema=schema), start, end)


def _waits(weeks: list[float | None]) -> dict[str, float | None]:
    """Pathways within 18 weeks and over the long waits; missing where no week is given or none is so fine."""
    has_weeks = any(count is not None for count in weeks)

    def add(counts: list[float | None]) -> float | None:
        return sum(count or 0 for count in counts) if has_weeks and counts else None

    return {
        "in_weeks": add(weeks),
        "within_18_weeks": add(weeks[:18]),
        **{f"over_{n}_weeks": add(weeks[n:]) for n in LONG_WAITS_WEEKS},
    }


def _refuse_weeks_that_do_not_add_up(
    file: SourceFile,
    sheet: Sheet,
    index: int,
    row: dict,
    checks: dict[int, str],
    published: dict[int, float | None],
) -> None:
    """Our sums of weeks against the publisher's own: a shifted or swapped column shows here."""
    pairs = [("total with a known clock start", row["known_clock_start"], row.pop("in_weeks"))]
    pairs += [(sheet.headings[column], published[column], row[measure]) for column, measure in checks.items()]
    for name, theirs, ours in pairs:
        if theirs is not None and ours is not None and theirs != ours:
            raise SourceFileError(
                file,
                f'sheet "{sheet.name}", row {sheet.first_row + index}: the weekly columns add up to '
                f'{ours:,.0f}, but "{name}" says {theirs:,.0f}.',
                DOWNLOAD_AGAIN,
            )


def _refuse_specialties_that_do_not_add_up(file: SourceFile, sheet: Sheet, rows: list[dict]) -> None:
    total = sum(row["pathways"] or 0 for row in rows if row["specialty"] == "total")
    specialties = sum(row["pathways"] or 0 for row in rows if row["specialty"] != "total")
    if total != specialties:
        raise SourceFileError(
            file,
            f'sheet "{sheet.name}": the specialties add up to {specialties:,.0f} pathways, '
            f"the total rows (999) to {total:,.0f}.",
            DOWNLOAD_AGAIN,
        )


def _specialty(code: str) -> str:
    """AP100, NP100, IP100 and C_100 are treatment function 100; 999 is the total of all."""
    function = re.sub(r"^(AP|NP|IP|C_)", "", code)
    return "total" if function == "999" else function


def _national_total(file: SourceFile, national: Sheet, part: str) -> float | None:
    """England's own total, from the sheet of that name."""
    specialty = column_at(file, national, SPECIALTY_HEADING)
    pathways = column_at(
        file, national, (WAITING_HEADINGS if part == "incomplete" else COMPLETED_HEADINGS)[0]
    )
    for index, cells in enumerate(national.rows):
        if _specialty(text_in(cells[specialty])) == "total":
            return count_in(file, national, index, pathways)
    raise SourceFileError(file, f'sheet "{NATIONAL_SHEET}" has no total row (999).', DOWNLOAD_AGAIN)
