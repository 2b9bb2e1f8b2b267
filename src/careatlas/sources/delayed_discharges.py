"""Hospital discharges and delays by board and day: who left, and who stayed without a clinical need to.

Two layouts: patients who no longer meet the criteria to reside, and patients discharged. The split by 17:00
was published until May 2023 and is missing since. On days when a board did not report its figure is 0: on
19 June 2022 every board's. Where a board's usual day has more than twenty patients, a 0 is missing, never
zero.
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
from careatlas.sources._links import MONTH_AND_YEAR, Link, LinkPattern
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    Layout,
    Source,
    SourceFile,
    Tidied,
    account_of,
    refuse_repeated_keys,
)

BOARD_AND_DAY = ("icb22_code", "date")
REMAINING = "do_not_meet_criteria_to_reside"
BY_17, AFTER_17, DISCHARGED = "discharged_by_1700", "discharged_between_1701_2359", "discharged_total"
USUAL_PATIENTS_THAT_RULE_OUT_ZERO = 20  # a median day above this: zero would be a one in millions chance

SOURCE = Source(
    title="Hospital discharges and delayed discharges",
    publisher="NHS England",
    page="https://www.england.nhs.uk/statistics/statistical-work-areas/discharge-delays/acute-discharge-situation-report/",
    licence="Open Government Licence v3.0",
    tables=("delayed_discharges", "discharges"),
    layouts=(
        Layout(columns=(*BOARD_AND_DAY, REMAINING)),
        Layout(columns=(*BOARD_AND_DAY, BY_17, AFTER_17, DISCHARGED)),
    ),
    links=(
        LinkPattern(
            address=rf"/Daily-discharge-sitrep-monthly-data-web-?file-.*?{MONTH_AND_YEAR}.*\.xlsx$",
            example=Link(
                "Daily-discharge-sitrep-monthly-data-webfile-August2023",
                "https://www.england.nhs.uk/statistics/wp-content/uploads/sites/2/2023/09/"
                "Daily-discharge-sitrep-monthly-data-webfile-August2023.xlsx",
            ),
            names=(date(2023, 8, 1), date(2023, 8, 31)),
        ),
    ),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "parquet" and any(layout.fits(file.header) for layout in SOURCE.layouts)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    if SOURCE.layouts[0].fits(file.header):
        table_name, measures = "delayed_discharges", {"no_longer_meet_criteria_to_reside": REMAINING}
    else:
        table_name, measures = "discharges", {"discharged": DISCHARGED, "by_17": BY_17, "after_17": AFTER_17}
    with explaining(file):
        published = engine.to_arrow(_published(engine.read_parquet(file.path), measures))
    rows = engine.from_arrow(published)
    _refuse_unreadable_days(file, published)
    kept, refusals = account_of(engine, rows, example="day")
    figures = rows.filter(_.why_refused.isnull())
    refuse_repeated_keys(file, engine, table_name, figures)
    if table_name == "discharges":
        _refuse_parts_that_do_not_add_up(file, engine, figures)
        figures = _missing_where_not_reported(figures, "discharged").select(
            day=_.day,
            icb=_.icb,
            discharged=_.discharged,
            discharged_by_17=_.discharged.isnull().ifelse(ibis.null(float), _.by_17),
        )
    else:
        figures = _missing_where_not_reported(figures, *measures).select("day", "icb", *measures)
    return Tidied({table_name: figures}, published.num_rows, kept, refusals)


def _published(rows: ibis.Table, measures: dict[str, str]) -> ibis.Table:
    """The file's rows, each with the reason why it does not enter the atlas."""
    board = rows.icb22_code.strip()
    return rows.select(
        day=rows.date.cast(str).try_cast("date"),
        day_as_written=rows.date.cast(str),
        icb=board,
        **{column: rows[heading].cast(float) for column, heading in measures.items()},
        why_refused=ibis.cases((board.fill_null("") == "", "no board code")),
    )


def _missing_where_not_reported(figures: ibis.Table, column: str) -> ibis.Table:
    usual = figures[column].median().over(group_by=figures.icb)
    not_reported = (figures[column] == 0) & (usual > USUAL_PATIENTS_THAT_RULE_OUT_ZERO)
    return figures.mutate(**{column: not_reported.ifelse(ibis.null(float), figures[column])})


def _refuse_unreadable_days(file: SourceFile, published: pa.Table) -> None:
    unreadable = published.filter(pc.is_null(published["day"]))["day_as_written"]
    if len(unreadable):
        raise SourceFileError(
            file,
            f'column "date" says {unreadable[0].as_py()!r}, not a day such as 2025-08-31 '
            f"({len(unreadable):,} such rows).",
            DOWNLOAD_AGAIN,
        )


def _refuse_parts_that_do_not_add_up(file: SourceFile, engine: Engine, figures: ibis.Table) -> None:
    """Before and after 17:00 make the total; where they do not, headings may have changed places."""
    wrong = figures.filter((_.by_17 + _.after_17 != _.discharged) | (_.by_17 > _.discharged))
    first = engine.to_arrow(wrong.order_by("icb", "day").limit(1)).to_pylist()
    if first:
        raise SourceFileError(
            file,
            f"{first[0]['icb']} on {first[0]['day']}: {first[0]['by_17']:g} discharged by 17:00 and "
            f"{first[0]['after_17']:g} after do not make {first[0]['discharged']:g}.",
            DOWNLOAD_AGAIN,
        )
