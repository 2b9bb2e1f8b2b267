"""People registered with each practice, weighted by need: the allocations workbook of NHS England, as CSV.

A practice's patients are weighted for each kind of care (acute, community, mental health ...) by what
patients like them cost. Every weighted column is rescaled to add up to the registered population, which is
checked. Two years' editions have the same headings (both "pop 2022/23"), so the file's name alone tells the
edition: 2023_2024.csv. Weights are by practice; no age or sex can be told from them.
"""

from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import FINANCIAL_YEAR, Link, LinkPattern
from careatlas.sources._names import without_nhs
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    ControlTotal,
    Layout,
    Source,
    SourceFile,
    Tidied,
    financial_year_named,
    refuse_repeated_keys,
)

REGISTERED = "pop 2022/23"
NEEDS = {
    REGISTERED: "registered",
    "G&A WP": "general_and_acute",
    "CS WP": "community",
    "MH WP": "mental_health",
    "Mat WP": "maternity",
    "Health Ineq WP": "health_inequalities",
    "Prescr WP": "prescribing",
    "Final WP": "overall",
    "Primary Medical Care WP": "primary_medical_care",
    "Final PMC WP": "overall_primary_medical_care",
}
TEXT = {
    "Practice_Code": "practice",
    "CCG21": "sub_icb",
    "Former CCG": "sub_icb_name",
    "ICS22": "icb",
    "ICS22name": "icb_name",
    "R22": "region",
    "Region22": "region_name",
    "LTLA21": "council",
}
AREAS_VINTAGE = 2022

SOURCE = Source(
    title="Need-weighted populations by practice (ICB allocations)",
    publisher="NHS England",
    page="https://www.england.nhs.uk/allocations/",
    licence="Open Government Licence v3.0",
    tables=("need_weights", "area_list", "place_names"),
    layouts=(Layout((*TEXT, *NEEDS)),),
    links=(
        LinkPattern(
            address=rf"/j-+overall-weighted-populations-{FINANCIAL_YEAR}.*\.xlsx$",
            example=Link(
                "J - Overall weighted populations by ICB and GP practice",
                "https://www.england.nhs.uk/wp-content/uploads/2023/01/"
                "j-overall-weighted-populations-2023-24-v1.xlsx",
            ),
            names=(date(2023, 4, 1), date(2024, 3, 31)),
        ),
    ),
)


def recognise(file: SourceFile) -> bool:
    return file.kind in ("csv", "gzipped_csv") and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    start, end = _financial_year(file)
    headings = SOURCE.layouts[0].headings(file.header)
    with explaining(file):
        practices = _practices(engine.read_csv(file.path, tuple(TEXT), tuple(NEEDS), headings))
        account = engine.to_arrow(
            practices.aggregate(read=_.count(), registered=_.registered.sum())
        ).to_pylist()[0]
        _refuse_figures_that_cannot_be(file, practices, engine)
    weights = practices.pivot_longer(
        ibis.selectors.cols(*NEEDS.values()), names_to="need", values_to="weighted_population"
    ).select(
        period_start=ibis.literal(start),
        period_end=ibis.literal(end),
        edition=ibis.literal(f"{start.year}_{end.year}"),
        practice=_.practice,
        sub_icb=_.sub_icb,
        need=_.need,
        weighted_population=_.weighted_population,
    )
    refuse_repeated_keys(file, engine, "need_weights", weights)
    return Tidied(
        tables={
            "need_weights": weights,
            "area_list": engine.from_arrow(_areas(practices, engine)),
            "place_names": engine.from_arrow(_councils(practices, engine)),
        },
        rows_read=account["read"],
        rows_kept=account["read"],
        totals=[
            ControlTotal("need_weights", "weighted_population", account["registered"], {"need": need})
            for need in NEEDS.values()
        ],
    )


def _financial_year(file: SourceFile) -> tuple[date, date]:
    try:
        return financial_year_named(file.path.stem)
    except ValueError as fault:
        raise SourceFileError(
            file,
            "neither its columns nor its name say which year's allocations it holds.",
            "Name it after the financial year, such as 2023_2024.csv.",
        ) from fault


def _practices(published: ibis.Table) -> ibis.Table:
    return published.select(
        **{name: published[column].strip().nullif("") for column, name in TEXT.items()},
        **{need: published[column] for column, need in NEEDS.items()},
    )


def _refuse_figures_that_cannot_be(file: SourceFile, practices: ibis.Table, engine: Engine) -> None:
    weights = ibis.array([practices[need] for need in NEEDS.values()])
    greatest = weights.maxs()
    wrong = practices.filter(
        practices.practice.isnull() | (weights.mins() < 0) | greatest.isnan() | greatest.isinf()
    ).select("practice")
    found = engine.to_arrow(wrong.aggregate(rows=_.count(), first=_.practice.min())).to_pylist()[0]
    if found["rows"]:
        raise SourceFileError(
            file,
            f"{found['rows']:,} practices have no code, or a population that is negative or no number "
            f"(first: {found['first']}).",
            DOWNLOAD_AGAIN,
        )


def _areas(practices: ibis.Table, engine: Engine) -> pa.Table:
    levels = (("sub_icb", "icb"), ("icb", "region"), ("region", None))
    listed = []
    for level, above in levels:
        columns = [level, f"{level}_name", *([above] if above else [])]
        named = practices.select(*columns).distinct().drop_null(level).order_by(*columns)
        for area in engine.to_arrow(named).to_pylist():
            name = area[f"{level}_name"]
            listed.append(
                {
                    "code": area[level],
                    "name": without_nhs(name) if name else None,
                    "official_name": name,
                    "area_type": level,
                    "parent_code": area.get(above),
                    "vintage": AREAS_VINTAGE,
                }
            )
    return pa.Table.from_pylist(listed, schema=TIDIED["area_list"].schema)


def _councils(practices: ibis.Table, engine: Engine) -> pa.Table:
    """Each council's sub-ICB locations, by where the patients of its practices are registered."""
    located = practices.select("sub_icb", "registered", place="council").drop_null(["sub_icb", "place"])
    people = located.group_by("place", "sub_icb").aggregate(people=_.registered.sum())
    shares = people.mutate(share=_.people / _.people.sum().over(ibis.window(group_by="place")))
    named = (
        shares.filter(_.people > 0)
        .order_by("place", "sub_icb")
        .select(
            place=_.place,
            kind=ibis.literal("council"),
            area=_.sub_icb,
            area_type=ibis.literal("sub_icb"),
            share=_.share,
        )
    )
    return engine.to_arrow(named, TIDIED["place_names"].schema)
