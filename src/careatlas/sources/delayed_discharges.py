"""Hospital discharges and delays: who left, and who stayed without a clinical need to.

Four layouts. By board and day: patients who no longer meet the criteria to reside, and patients discharged. By
trust and day: patients discharged. By trust and month: patients delayed, by reason. That file's one date a
month is the month's first day and its figures are a level, not a sum of the month's days: all trusts' reasons
together make about 9,000, and on any one day more patients than that are beyond need. It seems to be the average
day's, days without a return counted as 0: trusts that began on 26 August 2024 have about a sixth of their
September figure in August.

The split by 17:00 was published until May 2023 and is missing since. When a board or trust did not report its
figure is blank or 0: on 19 June 2022 every board's. Where the usual figure (of all reasons together) is more
than twenty patients, a 0 is missing, never zero. Reasons are written with an en dash, one space on either side,
after the group ("Hospital process – Awaiting ..."), whatever dash, no-break space or lost character the file has.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import MONTH_AND_YEAR, Link, LinkPattern
from careatlas.sources._names import in_title_case
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    Layout,
    Source,
    SourceFile,
    Tidied,
    account_of,
    refuse_repeated_keys,
)

REMAINING = "do_not_meet_criteria_to_reside"
BY_17, AFTER_17, DISCHARGED = "discharged_by_1700", "discharged_between_1701_2359", "discharged_total"
TRUST_NAME, REASON, DELAYED = "nhs_trust22_name", "delay_reason", "delay_count"
USUAL_PATIENTS_THAT_RULE_OUT_ZERO = 20  # a median above this: zero would be a one in millions chance


@dataclass(frozen=True)
class Kind:
    """One kind of file: the table it gives, the column there that says whose figures they are (``body``), the
    file's layout, and the heading of each measure, the first of which tells whether the body reported."""

    table: str
    body: str
    layout: Layout
    measures: dict[str, str]

    @property
    def code(self) -> str:
        return CODES[self.body]


CODES = {"icb": "icb22_code", "provider": "nhs_trust22_code"}
WHOSE = {"icb": "board", "provider": "trust"}
SPLIT = {"discharged": DISCHARGED, "by_17": BY_17, "after_17": AFTER_17}
KINDS = (
    Kind(
        "delayed_discharges",
        "icb",
        Layout((CODES["icb"], "date", REMAINING)),
        {"no_longer_meet_criteria_to_reside": REMAINING},
    ),
    Kind("discharges", "icb", Layout((CODES["icb"], "date", BY_17, AFTER_17, DISCHARGED)), SPLIT),
    Kind(
        "trust_discharges",
        "provider",
        Layout((CODES["provider"], "date", BY_17, AFTER_17, DISCHARGED)),
        SPLIT,
    ),
    Kind(
        "delayed_discharge_reasons",
        "provider",
        Layout((TRUST_NAME, CODES["provider"], "date", REASON, DELAYED)),
        {"patients": DELAYED},
    ),
)

SOURCE = Source(
    title="Hospital discharges and delayed discharges",
    publisher="NHS England",
    page="https://www.england.nhs.uk/statistics/statistical-work-areas/discharge-delays/acute-discharge-situation-report/",
    licence="Open Government Licence v3.0",
    tables=(*(kind.table for kind in KINDS), "area_list"),
    layouts=tuple(kind.layout for kind in KINDS),
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
    kind = next(kind for kind in KINDS if kind.layout.fits(file.header))
    with explaining(file):
        published = engine.to_arrow(_published(engine.read_parquet(file.path), kind))
    rows = engine.from_arrow(published)
    _refuse_unreadable_days(file, published)
    kept, refusals = account_of(engine, rows, example="day")
    figures = rows.filter(_.why_refused.isnull())
    by_reason = REASON in kind.layout.columns
    if by_reason:
        _refuse_days_within_a_month(file, engine, figures)
        figures = figures.mutate(period_start=_.day, period_end=_last_day_of_month(figures.day))
    refuse_repeated_keys(file, engine, kind.table, figures)
    if kind.measures is SPLIT:
        _refuse_parts_that_do_not_add_up(file, engine, figures, kind.body)
    reported = _missing_where_not_reported(figures, kind)
    if kind.measures is SPLIT:
        reported = reported.mutate(
            discharged_by_17=_.discharged.isnull().ifelse(ibis.null(float), _.by_17),
        )
    tables = {kind.table: reported.select(TIDIED[kind.table].column_names)}
    if by_reason:
        tables["area_list"] = engine.from_arrow(_providers(engine, figures))
    return Tidied(tables, published.num_rows, kept, refusals)


def _published(rows: ibis.Table, kind: Kind) -> ibis.Table:
    """The file's rows, each with the reason why it does not enter the atlas."""
    code = rows[kind.code].strip()
    by_reason = REASON in kind.layout.columns
    texts = {"reason": _reason(rows[REASON]), "name": rows[TRUST_NAME].strip()} if by_reason else {}
    return rows.select(
        day=rows.date.cast(str).try_cast("date"),
        day_as_written=rows.date.cast(str),
        **{kind.body: code},
        **texts,
        **{column: rows[heading].cast(float) for column, heading in kind.measures.items()},
        why_refused=ibis.cases((code.fill_null("") == "", f"no {WHOSE[kind.body]} code")),
    )


def _reason(written: ibis.Value) -> ibis.Value:
    """A reason with plain spaces and an en dash after its group. A question mark is a no-break space that was
    lost on the way: no reason asks anything."""
    spaced = written.replace("\u00a0", " ").replace("?", " ")
    dashed = spaced.re_replace(" *[\u2010-\u2015-] +", " \u2013 ")
    return dashed.re_replace(r" +", " ").re_replace(r" (/)", r"\1").strip()


def _missing_where_not_reported(figures: ibis.Table, kind: Kind) -> ibis.Table:
    """A day's (or month's) figures of a body are missing where together they are 0 and usually they are many."""
    measure, body = next(iter(kind.measures)), kind.body
    together = figures.mutate(together=_[measure].sum().over(group_by=[figures[body], figures.day]))
    usual = together.together.median().over(group_by=together[body])
    not_reported = (together.together == 0) & (usual > USUAL_PATIENTS_THAT_RULE_OUT_ZERO)
    return together.mutate(**{measure: not_reported.ifelse(ibis.null(float), together[measure])})


def _last_day_of_month(day: ibis.Value) -> ibis.Value:
    return (day + ibis.interval(months=1) - ibis.interval(days=1)).cast("date")


def _providers(engine: Engine, figures: ibis.Table) -> pa.Table:
    """The trusts by name, as the latest month has it."""
    named = figures.group_by(code=figures.provider).aggregate(
        name=figures.name.argmax(figures.day), vintage=figures.day.max().year()
    )
    listed = [
        {
            "code": trust["code"],
            "name": in_title_case(trust["name"]),
            "official_name": trust["name"],
            "area_type": "provider",
            "vintage": trust["vintage"],
        }
        for trust in engine.to_arrow(named.filter(_.name.notnull()).order_by("code")).to_pylist()
    ]
    return pa.Table.from_pylist(listed, schema=TIDIED["area_list"].schema)


def _refuse_days_within_a_month(file: SourceFile, engine: Engine, figures: ibis.Table) -> None:
    """Reasons are published once a month; a file of days would need adding up, and this one must not be."""
    within = figures.filter(_.day.day() != 1)
    first = engine.to_arrow(within.order_by("day").limit(1)).to_pylist()
    if first:
        raise SourceFileError(
            file,
            f'column "date" says {first[0]["day"]}, not the first day of a month: reasons for delay are read '
            "by month.",
            DOWNLOAD_AGAIN,
        )


def _refuse_unreadable_days(file: SourceFile, published: pa.Table) -> None:
    unreadable = published.filter(pc.is_null(published["day"]))["day_as_written"]
    if len(unreadable):
        raise SourceFileError(
            file,
            f'column "date" says {unreadable[0].as_py()!r}, not a day such as 2025-08-31 '
            f"({len(unreadable):,} such rows).",
            DOWNLOAD_AGAIN,
        )


def _refuse_parts_that_do_not_add_up(
    file: SourceFile, engine: Engine, figures: ibis.Table, body: str
) -> None:
    """Before and after 17:00 make the total; where they do not, headings may have changed places."""
    wrong = figures.filter((_.by_17 + _.after_17 != _.discharged) | (_.by_17 > _.discharged))
    first = engine.to_arrow(wrong.order_by(body, "day").limit(1)).to_pylist()
    if first:
        raise SourceFileError(
            file,
            f"{first[0][body]} on {first[0]['day']}: {first[0]['by_17']:g} discharged by 17:00 and "
            f"{first[0]['after_17']:g} after do not make {first[0]['discharged']:g}.",
            DOWNLOAD_AGAIN,
        )
