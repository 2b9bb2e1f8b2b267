"""Referral-to-treatment waits: the monthly full extract of NHS England, one zipped CSV.

A row is one provider, commissioner, part and specialty, with its pathways by week waited in 105 columns (53
in the extracts of 2020 and before). The weeks are summed here, never unpivoted: nine in ten are zero. They stay
apart by commissioner and by provider (``rtt_weeks``), not by both.

What is easily misread. The ``C_999`` row repeats its specialties; ``Part_2A`` is a subset of ``Part_2``;
``Total`` leaves out pathways with an unknown clock start and is blank for the waiting list, so ``Total All``
is what is counted. Within a row that has weeks, a blank week is none (the weeks given add up to the total,
which is checked); a row without any weeks (new periods) has no waits to tell.
"""

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
from careatlas.sources._links import FINANCIAL_YEAR, MONTH_AND_YEAR, Link, LinkPattern
from careatlas.sources._names import in_title_case, without_nhs
from careatlas.sources._weeks import weeks_by_body
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

PARTS = {
    "Part_1A": "completed_admitted",
    "Part_1B": "completed_non_admitted",
    "Part_2": "incomplete",
    "Part_2A": "incomplete_with_decision_to_admit",
    "Part_3": "new_periods",
}
NAMES = (
    "Period",
    "Provider Parent Org Code",
    "Provider Org Code",
    "Provider Org Name",
    "Commissioner Parent Org Code",
    "Commissioner Parent Name",
    "Commissioner Org Code",
    "Commissioner Org Name",
)
TEXT = (*NAMES, "RTT Part Type", "Treatment Function Code")
TOTALS = ("Total", "Patients with unknown clock start date", "Total All")


def _weeks(last: int) -> list[str]:
    """The headings of the weekly bands, the last one open-ended: the band at place n begins at n weeks."""
    return [*(f"Gt {n:02d} To {n + 1:02d} Weeks SUM 1" for n in range(last)), f"Gt {last:02d} Weeks SUM 1"]


WEEKS_TO_104, WEEKS_TO_52 = _weeks(104), _weeks(52)
LONG_WAITS_WEEKS = (52, 65, 78, 104)
SUB_ICB = "(SUB ICB LOCATION)"

SOURCE = Source(
    title="Referral-to-treatment waiting times, full extract",
    publisher="NHS England",
    page="https://www.england.nhs.uk/statistics/statistical-work-areas/rtt-waiting-times/",
    licence="Open Government Licence v3.0",
    tables=("rtt", "rtt_weeks", "area_list"),
    layouts=(Layout((*TEXT, *WEEKS_TO_104, *TOTALS)), Layout((*TEXT, *WEEKS_TO_52, *TOTALS))),
    precedence=1,  # it has providers; the commissioner workbooks of the same month do not
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
            address=rf"/Full-CSV-data-file-{MONTH_AND_YEAR}.*\.zip$",
            example=Link(
                "Full CSV data file Jan26 (ZIP, 4M)",
                "https://www.england.nhs.uk/statistics/wp-content/uploads/sites/2/2026/03/"
                "Full-CSV-data-file-Jan26-ZIP-4M-WL5BiP.zip",
            ),
            names=(date(2026, 1, 1), date(2026, 1, 31)),
        ),
    ),
)


def recognise(file: SourceFile) -> bool:
    return file.kind in ("csv", "gzipped_csv", "zip") and any(
        layout.fits(file.header) for layout in SOURCE.layouts
    )


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    layout = next(layout for layout in SOURCE.layouts if layout.fits(file.header))
    weeks = WEEKS_TO_104 if layout is SOURCE.layouts[0] else WEEKS_TO_52
    with file.csv_on_disk() as path, explaining(file):
        published = engine.read_csv(path, TEXT, (*weeks, *TOTALS), layout.headings(file.header))
        rows = engine.to_arrow(_figures(published, weeks))
        names = engine.to_arrow(published.select(*NAMES).distinct())
    start, end = _month(file, names)
    _refuse_figures_that_cannot_be(file, rows)
    refusals = _refusals(rows)
    if refusals:
        rows = rows.filter(pc.and_(rows["has_codes"], pc.is_valid(rows["part"])))
    by_week = weeks_by_body(rows, start, end)
    longer_waits = {f"over_{n}_weeks": ibis.null(float) for n in LONG_WAITS_WEEKS if n >= len(weeks)}
    rtt = engine.from_arrow(rows.drop_columns("weeks")).mutate(
        period_start=ibis.literal(start), period_end=ibis.literal(end), **longer_waits
    )
    rtt = rtt.select(*TIDIED["rtt"].column_names)
    refuse_repeated_keys(file, engine, "rtt", rtt)
    return Tidied(
        tables={
            "rtt": rtt,
            "rtt_weeks": engine.from_arrow(by_week),
            "area_list": engine.from_arrow(_areas(names, end.year)),
        },
        rows_read=rows.num_rows + sum(refusal.rows for refusal in refusals),
        rows_kept=rows.num_rows,
        refusals=refusals,
        totals=_totals_of_specialties(file, rtt, engine),
    )


def _figures(published: ibis.Table, weeks: list[str]) -> ibis.Table:
    """One narrow row for each wide one: who, what, sums of weeks, and whether the row agrees with itself."""
    counts = ibis.array([published[column] for column in (*weeks, *TOTALS)])
    rows = published.select(
        provider=_["Provider Org Code"].strip(),
        commissioner=_["Commissioner Org Code"].strip(),
        published_part=_["RTT Part Type"],
        part=_["RTT Part Type"].strip().cases(*PARTS.items()),
        specialty=_["Treatment Function Code"].strip().substitute({"C_999": "total"}).replace("C_", ""),
        pathways=_["Total All"],
        known=_["Total"],
        unknown=_["Patients with unknown clock start date"],
        in_weeks=_sum(published, weeks),
        within_18=_sum(published, weeks[:18]),
        least=counts.mins(),
        greatest=counts.maxs(),
        **{f"over_{n}": _sum(published, weeks[n:]) for n in LONG_WAITS_WEEKS if n < len(weeks)},
        weeks=ibis.array([published[column].try_cast("int32").fill_null(0) for column in weeks]),
    )
    is_waiting_list = rows.part.isin(["incomplete", "incomplete_with_decision_to_admit"])
    known_clock_start = rows.known.coalesce(is_waiting_list.ifelse(rows.pathways, ibis.null(float)))
    has_weeks = rows.in_weeks.notnull()
    return rows.mutate(
        known_clock_start=known_clock_start,
        has_weeks=has_weeks,
        within_18_weeks=has_weeks.ifelse(rows.within_18.fill_null(0.0), ibis.null(float)),
        **{
            f"over_{n}_weeks": has_weeks.ifelse(rows[f"over_{n}"].fill_null(0.0), ibis.null(float))
            for n in LONG_WAITS_WEEKS
            if n < len(weeks)
        },
        has_codes=rows.provider.notnull() & rows.commissioner.notnull() & rows.specialty.notnull(),
        is_impossible=rows.pathways.isnull()
        | (rows.least < 0)
        | rows.greatest.isnan()
        | rows.greatest.isinf()
        | (rows.weeks.sums() != rows.in_weeks).fill_null(False),
        weeks_differ=(rows.in_weeks != known_clock_start).fill_null(False),
        totals_differ=(rows.known + rows.unknown.fill_null(0.0) != rows.pathways).fill_null(False),
    )


def _sum(rows: ibis.Table, columns: list[str]) -> ibis.Value:
    """The sum of the columns that are not blank; missing where all are."""
    return ibis.array([rows[column] for column in columns]).sums()


def _month(file: SourceFile, names: pa.Table) -> tuple[date, date]:
    named = pc.unique(names["Period"]).to_pylist()
    if len(named) != 1:
        found = "no rows" if not named else f"{len(named)} periods ({named[0]}, {named[1]} ...)"
        raise SourceFileError(file, f"the file has {found}; an extract is of one month.", DOWNLOAD_AGAIN)
    try:
        return month_named(named[0] or "")
    except ValueError as fault:
        raise SourceFileError(
            file, f'column "Period" says {named[0]!r}, not a month such as RTT-January-2026.', DOWNLOAD_AGAIN
        ) from fault


def _refuse_figures_that_cannot_be(file: SourceFile, rows: pa.Table) -> None:
    """A row at odds with itself means damage or a changed layout, so nothing of the file is trusted."""
    faults = {
        "is_impossible": 'a count is negative, not a whole number, or blank in "Total All"',
        "weeks_differ": "the weekly columns do not add up to the total of known clock starts",
        "totals_differ": '"Total" and the unknown clock starts do not add up to "Total All"',
    }
    for flag, found in faults.items():
        wrong = rows.filter(rows[flag])
        if wrong.num_rows:
            raise SourceFileError(
                file, f"{found} for {_row_in_words(wrong)} ({wrong.num_rows:,} such rows).", DOWNLOAD_AGAIN
            )


def _row_in_words(rows: pa.Table) -> str:
    first = rows.slice(0, 1).to_pylist()[0]
    return (
        f"provider {first['provider']}, commissioner {first['commissioner']}, {first['published_part']}, "
        f"specialty {first['specialty']}"
    )


def _refusals(rows: pa.Table) -> list[Refusal]:
    found = {
        "no provider, commissioner or treatment function code": pc.invert(rows["has_codes"]),
        "an RTT part that the atlas does not know": pc.and_(rows["has_codes"], pc.is_null(rows["part"])),
    }
    refused = {reason: rows.filter(which) for reason, which in found.items()}
    return [
        Refusal(reason, some.num_rows, _row_in_words(some))
        for reason, some in refused.items()
        if some.num_rows
    ]


def _totals_of_specialties(file: SourceFile, rtt: ibis.Table, engine: Engine) -> list[ControlTotal]:
    """The specialties must add up to the total row beside them: the file's one check on itself."""
    is_total = rtt.specialty == "total"
    sums = rtt.group_by("part", "provider", "commissioner").aggregate(
        total=rtt.pathways.sum(where=is_total), specialties=rtt.pathways.sum(where=~is_total)
    )
    differing = sums.filter(sums.total.fill_null(-1.0) != sums.specialties.fill_null(-1.0))
    first = engine.to_arrow(differing.order_by("part", "provider", "commissioner").limit(1)).to_pylist()
    for wrong in first:
        raise SourceFileError(
            file,
            f"{wrong['part']}, provider {wrong['provider']}, commissioner {wrong['commissioner']}: "
            f"the specialties add up to {_in_words(wrong['specialties'])}, the total row (C_999) says "
            f"{_in_words(wrong['total'])}.",
            DOWNLOAD_AGAIN,
        )
    by_part = engine.to_arrow(
        sums.group_by("part").aggregate(published=sums.specialties.sum()).order_by("part")
    )
    return [
        ControlTotal("rtt", "pathways", row["published"], {"part": row["part"], "specialty": "total"})
        for row in by_part.to_pylist()
    ]


def _in_words(pathways: float | None) -> str:
    return "nothing" if pathways is None else f"{pathways:,.0f} pathways"


def _areas(names: pa.Table, year: int) -> pa.Table:
    """Providers, and the commissioners that are areas: sub-ICB locations with a board above them."""
    providers, sub_icbs, boards = {}, {}, {}
    for row in names.sort_by([(column, "ascending") for column in NAMES]).to_pylist():
        named = {column: (text or "").strip() for column, text in row.items()}
        code, name = named["Provider Org Code"], named["Provider Org Name"]
        providers[code] = (in_title_case(name), name, "provider", named["Provider Parent Org Code"] or None)
        code, name, board = (
            named[f"Commissioner {column}"] for column in ("Org Code", "Org Name", "Parent Org Code")
        )
        if board and SUB_ICB in name.upper():
            sub_icbs[code] = (without_nhs(name), name, "sub_icb", board)
            board_name = named["Commissioner Parent Name"]
            boards[board] = (without_nhs(board_name), board_name, "icb", None)
    columns = ("name", "official_name", "area_type", "parent_code")
    listed = [
        {"code": code, **dict(zip(columns, area, strict=True)), "vintage": year}
        for areas in (providers, sub_icbs, boards)
        for code, area in areas.items()
        if code
    ]
    return pa.Table.from_pylist(listed, schema=TIDIED["area_list"].schema)
