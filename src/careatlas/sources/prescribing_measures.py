"""Prescribing measures: one measure a file, monthly numerators and denominators by area (OpenPrescribing).

The measure's id stands only in the file's name (``ccg_data_saba.csv``, gzipped or not): a name without one
is refused. Files carry the codes of areas that closed years ago, with 0 in every month; those are refused.
A 0 under a code that has activity in any other month is a real zero.
"""

import re
from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import Address
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    Layout,
    Source,
    SourceFile,
    Tidied,
    account_of,
    refuse_repeated_keys,
)

TEXT, NUMERIC = ("month", "code"), ("numerator", "denominator")
FROM_THE_INTERFACE = {"code": "org_id", "month": "date"}  # what openprescribing.net/api calls them
_NAMED = re.compile(r"ccg_data_(?P<measure>[a-z0-9_]+)\.csv(\.gz)?", re.IGNORECASE)

MEASURES = (  # those that the atlas's indicators ask for: what `fetch` brings
    *("broad_spectrum", "cgm_sensors", "environmental_inhalers", "fluoroquinolones_list", "methotrexate"),
    *("nhse_bgts", "opioidper1000", "ppidose", "saba", "uti_antibiotics_3_day", "vitbper1000"),
)

SOURCE = Source(
    title="Prescribing measures",
    publisher="OpenPrescribing, from NHS Business Services Authority data",
    page="https://openprescribing.net/measure/",
    licence="Open Government Licence v3.0",
    tables=("prescribing",),
    layouts=(
        Layout(columns=(*TEXT, *NUMERIC)),
        Layout(columns=(*FROM_THE_INTERFACE.values(), *NUMERIC)),
    ),
    addresses=tuple(
        Address(
            f"https://openprescribing.net/api/1.0/measure_by_sicbl/?measure={measure}&format=csv",
            f"ccg_data_{measure}.csv",
        )
        for measure in MEASURES
    ),
)


def recognise(file: SourceFile) -> bool:
    return file.kind in ("csv", "gzipped_csv") and any(layout.fits(file.header) for layout in SOURCE.layouts)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    measure = _measure(file)
    with explaining(file):
        headings = {} if SOURCE.layouts[0].fits(file.header) else FROM_THE_INTERFACE
        rows = engine.read_csv(file.path, TEXT, NUMERIC, headings)
        published = engine.to_arrow(_published(rows))
    _refuse_unreadable_months(file, published)
    rows = engine.from_arrow(published)
    kept, refusals = account_of(engine, rows, example="area")
    figures = rows.filter(_.why_refused.isnull()).select(
        period_start=_.first_day,
        period_end=(_.first_day + ibis.interval(months=1) - ibis.interval(days=1)).cast("date"),
        measure=ibis.literal(measure),
        area=_.area,
        numerator=_.numerator,
        denominator=_.denominator,
    )
    refuse_repeated_keys(file, engine, "prescribing", figures)
    return Tidied({"prescribing": figures}, published.num_rows, kept, refusals)


def _published(rows: ibis.Table) -> ibis.Table:
    """The file's rows, each with the reason why it does not enter the atlas."""
    has_activity = (rows.numerator.fill_null(0) != 0) | (rows.denominator.fill_null(0) != 0)
    return rows.select(
        month=rows.month,
        first_day=rows.month.try_cast("date").truncate("M"),
        area=rows.code.strip(),
        numerator=rows.numerator,
        denominator=rows.denominator,
        why_refused=ibis.cases(
            (rows.code.strip().fill_null("") == "", "no area code"),
            (~has_activity.any().over(group_by=rows.code), "closed area: no activity in the file"),
        ),
    )


def _measure(file: SourceFile) -> str:
    named = _NAMED.search(file.path.name)
    if not named:
        raise SourceFileError(
            file,
            "no column says which prescribing measure it holds, and neither does its name.",
            "Name the file ccg_data_MEASURE.csv, with the measure's id, such as ccg_data_saba.csv.",
        )
    return named["measure"].lower()


def _refuse_unreadable_months(file: SourceFile, published: pa.Table) -> None:
    unreadable = published.filter(pc.is_null(published["first_day"]))["month"]
    if len(unreadable):
        raise SourceFileError(
            file,
            f'column "month" says {unreadable[0].as_py()!r}, not a day such as 2025-11-01 '
            f"({len(unreadable):,} such rows).",
            DOWNLOAD_AGAIN,
        )
