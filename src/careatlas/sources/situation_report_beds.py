"""Beds in the daily situation reports of acute trusts: a Parquet copy, one row a trust and month.

Beds open and beds occupied at 8 in the morning, on the average day of the month, to a whole bed: a share worked out
from them differs from the published one, which is made before rounding, by up to half a bed. Cells are blank where a
trust reported no such figure. Beds of adults and children for general and acute care add up to the trust's own.

In the copy that the atlas knows, all trusts have the same figures in August 2022 as in July 2022. Which of the two
months they belong to cannot be told, so neither is read.
"""

import itertools
from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.engine.tables import TIDIED
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

PROVIDER, MONTH = "nhs_trust22_code", "date"
KINDS = {
    "adult_general_and_acute": "adult_general_acute_beds",
    "children_general_and_acute": "paediatric_general_acute_beds",
    "adult_critical_care": "adult_critical_care_beds",
    "children_intensive_care": "paediatric_intensive_cared_beds",  # the heading's own spelling
    "neonatal_intensive_care": "neonatal_intensive_care_bed",
}
FIGURES = [f"{kind}_{what}" for kind in KINDS.values() for what in ("available", "occupied")]
REPEATED = "the same figures for all trusts in two months: whose they are cannot be told"
TRUSTS_ALIKE_BY_NO_CHANCE = 10  # a few trusts may well have equal figures, to a whole bed, two months running
ROUNDING_BEDS = 1  # the published share is of beds before rounding: half a bed on either side

SOURCE = Source(
    title="Critical care and general and acute beds, urgent and emergency care daily situation reports",
    publisher="NHS England",
    page="https://www.england.nhs.uk/statistics/statistical-work-areas/bed-availability-and-occupancy/"
    "critical-care-and-general-acute-beds-urgent-and-emergency-care-daily-situation-reports/",
    licence="Open Government Licence v3.0",
    tables=("situation_report_beds",),
    layouts=(Layout((PROVIDER, MONTH, *FIGURES)),),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "parquet" and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    with explaining(file):
        published = engine.to_arrow(engine.read_parquet(file.path).select(PROVIDER, MONTH, *FIGURES))
    rows = _with_reasons(file, engine, engine.from_arrow(published))
    kept, refusals = account_of(engine, rows, example=MONTH)
    figures = rows.filter(_.why_refused.isnull())
    beds = ibis.union(*(_of_kind(figures, kind) for kind in KINDS))
    # who has no such beds, or says nothing of them, is not asked how full they are
    reported = beds.filter((beds.available.fill_null(0) > 0) | (beds.occupied.fill_null(0) > 0))
    _refuse_more_patients_than_beds(file, engine, reported)
    refuse_repeated_keys(file, engine, "situation_report_beds", reported)
    return Tidied({"situation_report_beds": reported}, published.num_rows, kept, refusals)


def _with_reasons(file: SourceFile, engine: Engine, published: ibis.Table) -> ibis.Table:
    """The file's rows with the first and last day of their month, and why those that are not read are not."""
    code = published[PROVIDER].strip()
    months = engine.from_arrow(_months(file, engine, published))
    rows = published.inner_join(months, MONTH)
    return rows.mutate(
        provider=code,
        why_refused=ibis.cases((code.fill_null("") == "", "no trust code"), (rows.repeated, REPEATED)),
    )


def _months(file: SourceFile, engine: Engine, published: ibis.Table) -> pa.Table:
    """Each month named, its days, and whether every figure of it stands in a neighbouring month too."""
    figures: dict[str, list] = {}
    for row in engine.to_arrow(published.order_by(MONTH, PROVIDER)).to_pylist():
        figures.setdefault(row.pop(MONTH), []).append(tuple(row.values()))
    try:
        months = sorted((*month_named(name or ""), name) for name in figures)
    except ValueError as fault:
        raise SourceFileError(
            file, f'column "{MONTH}": {fault}; it should be like July 2022.', DOWNLOAD_AGAIN
        ) from fault
    names = [name for _start, _end, name in months]
    alike = [
        figures[one] == figures[next_one] and len(figures[one]) >= TRUSTS_ALIKE_BY_NO_CHANCE
        for one, next_one in itertools.pairwise(names)
    ]
    return pa.table(
        {
            MONTH: pa.array(names, pa.string()),
            "period_start": pa.array([start for start, _end, _name in months], pa.date32()),
            "period_end": pa.array([end for _start, end, _name in months], pa.date32()),
            "repeated": [
                before or after for before, after in zip([False, *alike], [*alike, False], strict=True)
            ],
        }
    )


def _of_kind(rows: ibis.Table, kind: str) -> ibis.Table:
    return rows.select(
        "period_start",
        "period_end",
        "provider",
        kind=ibis.literal(kind),
        available=rows[f"{KINDS[kind]}_available"].cast(float),
        occupied=rows[f"{KINDS[kind]}_occupied"].cast(float),
    ).select(TIDIED["situation_report_beds"].column_names)


def _refuse_more_patients_than_beds(file: SourceFile, engine: Engine, beds: ibis.Table) -> None:
    """Far more patients than beds are figures in one another's columns; a bed or so over may be true."""
    wrong = beds.filter(
        (_.occupied > _.available * 1.1 + ROUNDING_BEDS) | (_.available < 0) | (_.occupied < 0)
    )
    first = engine.to_arrow(wrong.order_by("provider", "period_end", "kind").limit(1)).to_pylist()
    if first:
        row = first[0]
        raise SourceFileError(
            file,
            f"{row['provider']}, {row['period_end']:%B %Y}: {row['occupied']:g} patients in {row['available']:g} "
            f"beds ({row['kind']}).",
            DOWNLOAD_AGAIN,
        )
