"""A&E attendances and emergency admissions: the monthly CSV of NHS England, one row a provider.

Fourteen trusts that tested other standards did not report four-hour waits until spring 2023: their files
carry 0 over four hours beside thousands of attendances. A provider-month with more than 1,000 type 1
attendances and none over four hours did not report: its waits are missing, never perfect.
"""

from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import FINANCIAL_YEAR, MONTH_AND_YEAR, Link, LinkPattern
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    ControlTotal,
    Layout,
    Refusal,
    Source,
    SourceFile,
    Tidied,
    month_named,
    refuse_repeated_keys,
)

_BOOKED = ("Booked Appointments Type 1", "Booked Appointments Type 2", "Booked Appointments Other Department")
ATTENDANCES = [f"A&E attendances {kind}" for kind in ("Type 1", "Type 2", "Other A&E Department", *_BOOKED)]
_OVER = ("Type 1", "Type 2", "Other Department", *_BOOKED)
OVER_FOUR_HOURS = [f"Attendances over 4hrs {kind}" for kind in _OVER]
WAITED_4_TO_12 = "Patients who have waited 4-12 hs from DTA to admission"
WAITED_OVER_12 = "Patients who have waited 12+ hrs from DTA to admission"
_ADMITTED = ("Type 1", "Type 2", "Other A&E department")
ADMISSIONS = [f"Emergency admissions via A&E - {kind}" for kind in _ADMITTED]
OTHER_ADMISSIONS = "Other emergency admissions"
TEXT = ("Period", "Org Code", "Parent Org", "Org name")
NUMERIC = (*ATTENDANCES, *OVER_FOUR_HOURS, WAITED_4_TO_12, WAITED_OVER_12, *ADMISSIONS, OTHER_ADMISSIONS)
TYPE_1_ATTENDANCES_WITHOUT_A_WAIT = 1000  # more than this with none over four hours: not reported

SOURCE = Source(
    title="A&E attendances and emergency admissions",
    publisher="NHS England",
    page="https://www.england.nhs.uk/statistics/statistical-work-areas/ae-waiting-times-and-activity/",
    licence="Open Government Licence v3.0",
    tables=("accident_emergency", "area_list"),
    layouts=(Layout(columns=(*TEXT, *NUMERIC)),),
    year_pages=(
        LinkPattern(
            address=rf"ae-attendances-and-emergency-admissions-{FINANCIAL_YEAR}",
            example=Link(
                "A&E Attendances and Emergency Admissions 2025-26",
                "https://www.england.nhs.uk/statistics/statistical-work-areas/ae-waiting-times-and-activity/"
                "ae-attendances-and-emergency-admissions-2025-26/",
            ),
            names=(date(2025, 4, 1), date(2026, 3, 31)),
        ),
    ),
    links=(
        LinkPattern(
            address=r"\.csv$",
            words=rf"A&E {MONTH_AND_YEAR}",
            example=Link(
                "Monthly A&E August 2025 revised (CSV, 25KB)",
                "https://www.england.nhs.uk/statistics/wp-content/uploads/sites/2/2025/11/August-2025-CSV-revised.csv",
            ),
            names=(date(2025, 8, 1), date(2025, 8, 31)),
        ),
    ),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "csv" and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    with explaining(file):
        headings = SOURCE.layouts[0].headings(file.header)
        published = engine.to_arrow(engine.read_csv(file.path, TEXT, NUMERIC, headings))
    _refuse_more_waits_than_attendances(file, published)
    rows = engine.from_arrow(published).mutate(
        provider=_["Org Code"].strip(), is_total=_["Org Code"].strip().upper() == "TOTAL"
    )
    account = engine.to_arrow(
        rows.aggregate(
            read=_.count(),
            totals=_.is_total.sum(),
            attendances=ibis.cases((_.is_total, _sum(_, ATTENDANCES))).sum(),
            named=_.Period.max(where=~_.is_total),
        )
    ).to_pylist()[0]
    if not account["totals"]:
        raise SourceFileError(
            file, 'the last row, the publisher\'s "TOTAL", is not there: it is cut short.', DOWNLOAD_AGAIN
        )
    start, end = _month(file, account["named"])
    figures = _figures(rows.filter(~_.is_total)).mutate(
        period_start=ibis.literal(start), period_end=ibis.literal(end)
    )
    figures = engine.from_arrow(engine.to_arrow(figures))
    refuse_repeated_keys(file, engine, "accident_emergency", figures)
    providers = rows.filter(~_.is_total).select(
        code=_.provider,
        name=_["Org name"].strip(),
        official_name=_["Org name"].strip(),
        area_type=ibis.literal("provider"),
        parent_code=ibis.null(str),
        ons_code=ibis.null(str),
        vintage=ibis.literal(end.year, type="int64"),
    )
    return Tidied(
        tables={"accident_emergency": figures, "area_list": providers},
        rows_read=account["read"],
        rows_kept=account["read"] - account["totals"],
        refusals=[Refusal("the publisher's own total, kept as a control", account["totals"])],
        totals=[ControlTotal("accident_emergency", "attendances", account["attendances"])],
    )


def _refuse_more_waits_than_attendances(file: SourceFile, published: pa.Table) -> None:
    """Figures in one another's columns: nobody can wait over four hours who did not attend."""
    for attended, over in zip(ATTENDANCES, OVER_FOUR_HOURS, strict=True):
        wrong = published.filter(pc.greater(published[over], published[attended]))
        if wrong.num_rows:
            row = wrong.slice(0, 1).to_pylist()[0]
            raise SourceFileError(
                file,
                f"{row['Org Code']} has {row[over]:,.0f} in column {over!r} but only {row[attended]:,.0f} in "
                f"{attended!r} ({wrong.num_rows} such rows): figures stand in the wrong columns.",
                DOWNLOAD_AGAIN,
            )


def _month(file: SourceFile, named: str) -> tuple[date, date]:
    try:
        return month_named(named or "")
    except ValueError as fault:
        raise SourceFileError(
            file, f'column "Period" says {named!r}, not a month such as MSitAE-APRIL-2021.', DOWNLOAD_AGAIN
        ) from fault


def _figures(rows: ibis.Table) -> ibis.Table:
    type_1 = _sum(rows, (ATTENDANCES[0], ATTENDANCES[3]))
    attendances, over = _sum(rows, ATTENDANCES), _sum(rows, OVER_FOUR_HOURS)
    did_not_report = (type_1 > TYPE_1_ATTENDANCES_WITHOUT_A_WAIT) & (over == 0)
    return rows.select(
        provider=rows.provider,
        attendances=attendances,
        attendances_type_1=type_1,
        attendances_timed=did_not_report.ifelse(ibis.null(float), attendances),
        within_four_hours=did_not_report.ifelse(ibis.null(float), attendances - over),
        over_four_hours=did_not_report.ifelse(ibis.null(float), over),
        emergency_admissions=_sum(rows, (*ADMISSIONS, OTHER_ADMISSIONS)),
        waited_4_to_12_hours=rows[WAITED_4_TO_12],
        waited_over_12_hours=rows[WAITED_OVER_12],
    )


def _sum(rows: ibis.Table, columns: tuple[str, ...] | list[str]) -> ibis.Value:
    total = rows[columns[0]]
    for column in columns[1:]:
        total = total + rows[column]
    return total
