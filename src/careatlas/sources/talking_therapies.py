"""NHS talking therapies (IAPT): monthly activity by sub-ICB location, one row an area, month and measure.

Values are text, rounded to 5 by the publisher; blank, * and - are missing, never zero. Areas are named by
the ONS codes of 2022.
"""

from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import MONTH_AND_YEAR, Link, LinkPattern
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    Layout,
    Source,
    SourceFile,
    Tidied,
    account_of,
    month_named,
    refuse_repeated_keys,
)

COLUMNS = ("sicbl22_code", "date", "name", "value")
MEASURES = {
    "referrals_received": "Count_ReferralsReceived",
    "accessing_services": "Count_AccessingServices",
    "ended_referrals": "Count_EndedReferrals",
    "finished_course": "Count_FinishedCourseTreatment",
    "recovery_percent": "Percentage_Recovery",
    "reliable_recovery_percent": "Percentage_ReliableRecovery",
}
MISSING = ("", "*", "-")

SOURCE = Source(
    title="NHS talking therapies (IAPT) activity",
    publisher="NHS England",
    page="https://digital.nhs.uk/data-and-information/publications/statistical/"
    "nhs-talking-therapies-monthly-statistics-including-employment-advisors",
    licence="Open Government Licence v3.0",
    tables=("talking_therapies",),
    layouts=(Layout(columns=COLUMNS),),
    year_pages=(
        LinkPattern(
            address=rf"/performance-{MONTH_AND_YEAR}",
            example=Link(
                "NHS Talking Therapies Monthly Statistics Including Employment Advisors, May 2023",
                "https://digital.nhs.uk/data-and-information/publications/statistical/"
                "nhs-talking-therapies-monthly-statistics-including-employment-advisors/performance-may-2023",
            ),
            names=(date(2023, 5, 1), date(2023, 5, 31)),
        ),
    ),
    links=(
        LinkPattern(
            address=rf"_{MONTH_AND_YEAR}.*\.csv$",
            words="activity data file",
            example=Link(
                "NHS Talking Therapies Monthly Activity Data File - May 2026",
                "https://files.digital.nhs.uk/50/96081C/nhstalkingtherapies_month_may_2026_activity_performance.csv",
            ),
            names=(date(2026, 5, 1), date(2026, 5, 31)),
        ),
    ),
    hosts=("files.digital.nhs.uk",),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "parquet" and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    with explaining(file):
        published = engine.to_arrow(_published(engine.read_parquet(file.path).select(*COLUMNS)))
    rows = engine.from_arrow(published)
    _refuse_measures_that_are_gone(file, engine, rows)
    _refuse_text_in_numbers(file, engine, rows)
    kept, refusals = account_of(engine, rows, example="name")
    dated = _dated(file, engine, rows.filter(_.why_refused.isnull()))
    for name in MEASURES.values():
        refuse_repeated_keys(file, engine, "talking_therapies", dated.filter(dated.name == name))
    wide = dated.group_by("period_start", "period_end", "sub_icb").aggregate(
        **{column: dated.number.max(where=dated.name == name) for column, name in MEASURES.items()}
    )
    return Tidied({"talking_therapies": wide}, published.num_rows, kept, refusals)


def _published(rows: ibis.Table) -> ibis.Table:
    """The file's rows, each with the reason why it does not enter the atlas."""
    sub_icb, value = rows.sicbl22_code.strip(), rows.value.cast(str).strip()
    return rows.select(
        sub_icb=sub_icb,
        month=rows.date.strip(),
        name=rows.name.strip(),
        text=value,
        number=value.isin(MISSING).ifelse(ibis.null(float), value.try_cast(float)),
        why_refused=ibis.cases(
            (~rows.name.strip().isin(MEASURES.values()), "a measure the atlas does not use"),
            (sub_icb.fill_null("") == "", "no area code"),
        ),
    )


def _refuse_measures_that_are_gone(file: SourceFile, engine: Engine, rows: ibis.Table) -> None:
    named = set(engine.to_arrow(rows.select("name").distinct())["name"].to_pylist())
    gone = [name for name in MEASURES.values() if name not in named]
    if gone:
        raise SourceFileError(
            file,
            f'column "name" never says {gone[0]!r}'
            + (f" ({len(gone)} measures missing in all)." if gone[1:] else "."),
            "Download the file again; if the publisher renamed the measure, put the new name "
            "into sources/talking_therapies.py.",
        )


def _refuse_text_in_numbers(file: SourceFile, engine: Engine, rows: ibis.Table) -> None:
    not_numbers = rows.filter(rows.number.isnull() & ~rows.text.isin(MISSING) & rows.why_refused.isnull())
    first = engine.to_arrow(not_numbers.order_by("sub_icb", "month", "name").limit(1)).to_pylist()
    if first:
        row = first[0]
        raise SourceFileError(
            file,
            f'"{row["text"]}" stands where a number should in column "value" '
            f"({row['name']}, {row['sub_icb']}, {row['month']}).",
            DOWNLOAD_AGAIN,
        )


def _dated(file: SourceFile, engine: Engine, rows: ibis.Table) -> ibis.Table:
    """The rows with the first and last day of their months ("July 2022")."""
    names = engine.to_arrow(rows.select("month").distinct().order_by("month"))["month"].to_pylist()
    try:
        periods = [month_named(name or "") for name in names]
    except ValueError as fault:
        raise SourceFileError(
            file, f'column "date": {fault}; it should be like July 2022.', DOWNLOAD_AGAIN
        ) from fault
    months = pa.table(
        {
            "month": pa.array(names, pa.string()),
            "period_start": pa.array([start for start, _end in periods], pa.date32()),
            "period_end": pa.array([end for _start, end in periods], pa.date32()),
        }
    )
    return rows.inner_join(engine.from_arrow(months), "month")
