"""A&E by board: attendances, four-hour waits and emergency admissions, one row a board and month.

A board's figures are those of its providers, whoever came to them; the months add up to the publisher's own files by
trust but for later revisions. Two traps. Fourteen trusts that tested other standards reported no four-hour waits
until June 2023, and their boards carry too few: before that month no board's waits are known. And a month may
have been filled with another's: in one copy February and March 2025 repeat those of 2024 in all boards. A month
in which every board has the very figures of an earlier one is refused.
"""

from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.errors import SourceFileError
from careatlas.sources import download
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

BOARD = "icb22_code"
MEASURES = {
    "attendances": "total_attendances",
    "over_four_hours": "attendances_over_4hours",
    "emergency_admissions": "total_emergency_admissions",
    "waited_over_4_hours_for_a_bed": "emergency_admissions_over_4hours",
}
SHARES = ("pct_attendance_over_4hours", "pct_emergency_admissions_over_4hours")
ALL_TRUSTS_REPORT_WAITS_FROM = date(2023, 6, 1)

SOURCE = Source(
    title="A&E attendances and emergency admissions, by board",
    publisher="NHS England",
    page="https://www.england.nhs.uk/statistics/statistical-work-areas/ae-waiting-times-and-activity/",
    licence="Open Government Licence v3.0",
    tables=("board_accident_emergency",),
    layouts=(Layout(columns=(BOARD, *MEASURES.values(), *SHARES, "date")),),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "parquet" and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    with explaining(file):
        rows = engine.read_parquet(file.path).select(
            icb=_[BOARD].strip(),
            month=_.date,
            **{ours: _[theirs].cast(float) for ours, theirs in MEASURES.items()},
        )
        published = engine.to_arrow(rows)
    _refuse_parts_larger_than_their_whole(file, published)
    rows = _with_reasons(engine.from_arrow(_dated(file, published)))
    kept, refusals = account_of(engine, rows, example="month")
    figures = rows.filter(_.why_refused.isnull())
    refuse_repeated_keys(file, engine, "board_accident_emergency", figures)
    over = figures.over_four_hours
    is_timed = (figures.period_start >= ibis.literal(ALL_TRUSTS_REPORT_WAITS_FROM)) & over.notnull()
    figures = figures.mutate(
        attendances_timed=is_timed.ifelse(figures.attendances, ibis.null(float)),
        within_four_hours=is_timed.ifelse(figures.attendances - over, ibis.null(float)),
    ).drop("over_four_hours", "month", "is_copied", "why_refused")
    return Tidied({"board_accident_emergency": figures}, published.num_rows, kept, refusals)


def _with_reasons(rows: ibis.Table) -> ibis.Table:
    """The file's rows, each with the reason why it does not enter the atlas."""
    return rows.mutate(
        why_refused=ibis.cases(
            (_.icb.fill_null("") == "", "no board code"),
            (_.is_copied, "every board has the figures of an earlier month: a copy of it"),
        )
    )


def _dated(file: SourceFile, published: pa.Table) -> pa.Table:
    """The rows with the first and last day of their month, and whether that month repeats an earlier one."""
    rows = published.to_pylist()
    for row in rows:
        try:
            row["period_start"], row["period_end"] = month_named(row["month"] or "")
        except ValueError as fault:
            raise SourceFileError(
                file, f'column "date" says {row["month"]!r}, not a month such as April 2022.', DOWNLOAD_AGAIN
            ) from fault
    copied = _months_that_repeat_an_earlier_one(rows)
    days = [("period_start", pa.date32()), ("period_end", pa.date32())]
    schema = pa.schema([*published.schema, *days, ("is_copied", pa.bool_())])
    return pa.Table.from_pylist([{**row, "is_copied": row["period_start"] in copied} for row in rows], schema)


def _months_that_repeat_an_earlier_one(rows: list[dict]) -> set[date]:
    figures: dict[date, set[tuple]] = {}
    for row in rows:
        figures.setdefault(row["period_start"], set()).add((row["icb"], *(row[each] for each in MEASURES)))
    seen: set[frozenset] = set()
    copied = set()
    for month in sorted(figures):
        of_month = frozenset(figures[month])
        if of_month in seen:
            copied.add(month)
        seen.add(of_month)
    return copied


def _refuse_parts_larger_than_their_whole(file: SourceFile, published: pa.Table) -> None:
    """Figures in one another's columns: nobody waits over four hours who did not attend or was not admitted."""
    wholes = {"over_four_hours": "attendances", "waited_over_4_hours_for_a_bed": "emergency_admissions"}
    for row in published.to_pylist():
        for part, whole in wholes.items():
            if row[part] is not None and row[whole] is not None and row[part] > row[whole]:
                raise SourceFileError(
                    file,
                    f"{row['icb']} in {row['month']}: {row[part]:,.0f} in column {MEASURES[part]!r} but only "
                    f"{row[whole]:,.0f} in {MEASURES[whole]!r}: figures stand in the wrong columns.",
                    DOWNLOAD_AGAIN,
                )
