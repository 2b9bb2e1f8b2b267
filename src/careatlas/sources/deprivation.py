"""The English indices of deprivation: how every small area (LSOA) ranks among all of them, any edition.

Two layouts: "File 7" of the publisher (a CSV with ranks and deciles of every domain), and a Parquet copy of
its ranks and deciles. The year of the edition stands only in the file's name. Ranks run from 1, the most
deprived; small areas with equal scores share a rank. A percentile is worked out from the rank, because a mean of
ranks says nothing to a reader: 100 is the most deprived, and the mean over the country is 50.

Not a measure of persons: most people in a deprived small area are not deprived, and some elsewhere are.
"""

import re
from datetime import date
from pathlib import Path

import ibis
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import Address
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    Layout,
    Refusal,
    Source,
    SourceFile,
    Tidied,
    refuse_repeated_keys,
)

DOMAINS = ("IMD", "Income", "Employment", "Education", "Health", "Crime", "Housing_and_Access", "Environment")
COPY = ("lsoa11_code", *(f"{domain}_decile" for domain in DOMAINS), *(f"{domain}_rank" for domain in DOMAINS))
_RANK, _DECILE = "Rank (where 1 is most deprived)", "Decile (where 1 is most deprived 10% of LSOAs)"
FILE_7 = (
    *("LSOA code (2011)", "LSOA name (2011)"),
    *(f"Index of Multiple Deprivation (IMD) {what}" for what in ("Score", _RANK, _DECILE)),
    *(f"{domain} {what}" for domain in ("Income", "Employment") for what in ("Score (rate)", _RANK, _DECILE)),
)
ROLES = {  # layout's columns: small area, rank, decile
    COPY: (COPY[0], "IMD_rank", "IMD_decile"),
    FILE_7: (FILE_7[0], FILE_7[3], FILE_7[4]),
}
MOST_DEPRIVED_FIFTH = (1, 2)  # deciles
_EDITION = re.compile(r"(?:imd|iod|deprivation)[-_ ]*(20\d\d)", re.IGNORECASE)

SOURCE = Source(
    title="English indices of deprivation, by small area (LSOA)",
    publisher="Ministry of Housing, Communities and Local Government",
    page="https://www.gov.uk/government/statistics/english-indices-of-deprivation-2019",
    licence="Open Government Licence v3.0",
    tables=("deprivation",),
    layouts=(
        Layout(COPY, aliases={"lsoa21_code": COPY[0]}),
        Layout(FILE_7, aliases={"LSOA code (2021)": FILE_7[0], "LSOA name (2021)": FILE_7[1]}),
    ),
    addresses=(
        Address(
            "https://assets.publishing.service.gov.uk/media/5dc407b440f0b6379a7acc8d/"
            "File_7_-_All_IoD2019_Scores__Ranks__Deciles_and_Population_Denominators_3.csv",
            "File_7_-_All_IoD2019_Scores__Ranks__Deciles_and_Population_Denominators_3.csv",
        ),
    ),
    hosts=("assets.publishing.service.gov.uk",),
)


def recognise(file: SourceFile) -> bool:
    return file.kind in ("csv", "parquet") and _layout(file) is not None


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    year = _year(file)
    with explaining(file):
        published = _published(file, engine)
        read, unnamed = _account(published, engine)
        known = published.filter(_.small_area.notnull())
        _refuse_ranks_that_cannot_be(file, known, read - unnamed, engine)
    small_areas = read - unnamed
    deprivation = known.select(
        period_start=ibis.literal(date(year, 1, 1)),
        period_end=ibis.literal(date(year, 12, 31)),
        edition=ibis.literal(f"imd_{year}"),
        small_area=_.small_area,
        rank=_.rank,
        percentile=100 * (small_areas + 0.5 - _.rank) / small_areas,
        in_most_deprived_fifth=_.decile.isin(MOST_DEPRIVED_FIFTH).cast(float),
        small_areas=ibis.literal(1.0),
    )
    refuse_repeated_keys(file, engine, "deprivation", deprivation)
    return Tidied(
        tables={"deprivation": deprivation},
        rows_read=read,
        rows_kept=small_areas,
        refusals=[Refusal("the row names no small area", unnamed)] if unnamed else [],
    )


def _layout(file: SourceFile) -> Layout | None:
    return next((layout for layout in SOURCE.layouts if layout.fits(file.header)), None)


def _year(file: SourceFile) -> int:
    named = _EDITION.search(file.path.name)
    if named is None:
        raise SourceFileError(
            file,
            "no column says which edition of the indices this is, and neither does its name.",
            "Put the edition into the file's name, such as imd2019_england_lsoa11.parquet.",
        )
    return int(named[1])


def _published(file: SourceFile, engine: Engine) -> ibis.Table:
    layout = _layout(file)
    small_area, rank, decile = ROLES[layout.columns]
    headings = layout.headings(file.header)
    if file.kind == "csv":
        rows = engine.read_csv(file.path, (small_area,), (rank, decile), headings)
    else:
        rows = engine.read_parquet(file.path).rename({small_area: headings[small_area]})
    return rows.select(
        small_area=rows[small_area].cast(str).strip().nullif(""),
        rank=rows[rank].cast(float),
        decile=rows[decile].cast(float),
    )


def _account(published: ibis.Table, engine: Engine) -> tuple[int, int]:
    """Rows in the file, and how many of them name no small area."""
    answer = engine.to_arrow(
        published.aggregate(read=_.count(), unnamed=_.small_area.isnull().sum().fill_null(0))
    ).to_pylist()[0]
    return answer["read"], answer["unnamed"]


def _refuse_ranks_that_cannot_be(
    file: SourceFile, known: ibis.Table, small_areas: int, engine: Engine
) -> None:
    """Ranks run from 1 to the number of small areas: one beyond it shows that rows are missing."""
    cannot_be = ~_.rank.between(1, small_areas) | ~_.decile.isin(list(range(1, 11)))
    wrong = known.filter(_.rank.isnull() | _.decile.isnull() | cannot_be)
    found = engine.to_arrow(wrong.aggregate(rows=_.count(), first=_.small_area.min())).to_pylist()[0]
    if found["rows"]:
        raise SourceFileError(
            file,
            f"{found['rows']:,} of its {small_areas:,} small areas have no rank from 1 to {small_areas:,} or no decile "
            f"from 1 to 10 (first: {found['first']}): rows are missing, or ranks are.",
            DOWNLOAD_AGAIN,
        )
