"""Maternity: the yearly CSV of NHS England from the Maternity Services Data Set, one row a body and kind of record.

Country, regions and trusts stand in one column, one below the other. Counts are rounded to 5, so that regions and
trusts do not add up to the country's figure; small counts seem to be rounded up. A baby recorded by two trusts is one
in the country's figure.

Many records lack a valid value: of smoking at booking in 2021-22, six in ten. They stand in a category of their own,
which ``count_where_known`` leaves out; how many are too many is for the build to say.
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
from careatlas.sources._names import in_title_case
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    ControlTotal,
    Layout,
    Source,
    SourceFile,
    Tidied,
    account_of,
    financial_year_named,
    refuse_repeated_keys,
)

TEXT = ("Period", "Dimension", "Org_Level", "Org_Code", "Org_Name", "Measure", "Count_Of")
VALUE = "Value"
LEVELS = {"National": "country", "NHS England (Region)": "region", "Provider": "provider"}
NOT_KNOWN = "Missing value / Value outside reporting parameters"
DELIVERIES, BABIES = "TotalDeliveries", "TotalBabies"
WHOLE_OF = {"DeliveryMethodBabyGroup": DELIVERIES, "BirthweightTermGroup2500": BABIES}  # that everyone is in
ROUNDED_BY = 5  # a category may be off by almost as much

SOURCE = Source(
    title="NHS maternity statistics, Maternity Services Data Set",
    publisher="NHS England",
    page="https://digital.nhs.uk/data-and-information/publications/statistical/nhs-maternity-statistics",
    licence="Open Government Licence v3.0",
    tables=("maternity", "area_list"),
    layouts=(Layout(columns=(*TEXT, VALUE)),),
    year_pages=(
        LinkPattern(
            address=rf"/nhs-maternity-statistics/{FINANCIAL_YEAR}",
            example=Link(
                "NHS Maternity Statistics, England, 2022-23",
                "https://digital.nhs.uk/data-and-information/publications/statistical/nhs-maternity-statistics/2022-23",
            ),
            names=(date(2022, 4, 1), date(2023, 3, 31)),
        ),
    ),
    links=(
        LinkPattern(
            address=rf"/hosp-epis-stat-mat-msds-?csv-{FINANCIAL_YEAR}.*\.csv$",
            example=Link(
                "NHS Maternity Statistics, England, 2022-23: MSDS CSV",
                "https://files.digital.nhs.uk/hosp-epis-stat-mat-msdscsv-2022-23.csv",
            ),
            names=(date(2022, 4, 1), date(2023, 3, 31)),
        ),
    ),
    hosts=("files.digital.nhs.uk",),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "csv" and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    with explaining(file):
        headings = SOURCE.layouts[0].headings(file.header)
        published = engine.to_arrow(_published(engine.read_csv(file.path, TEXT, (VALUE,), headings)))
    start, end = _financial_year(file, published)
    rows = engine.from_arrow(published)
    kept, refusals = account_of(engine, rows, example="level")
    counts = rows.filter(_.why_refused.isnull()).mutate(
        period_start=ibis.literal(start), period_end=ibis.literal(end)
    )
    refuse_repeated_keys(file, engine, "maternity", counts)
    _refuse_values_out_of_place(file, engine, counts)
    known = (counts.category == NOT_KNOWN).ifelse(ibis.null(float), counts["count"])
    figures = counts.mutate(count_where_known=known).select(TIDIED["maternity"].column_names)
    return Tidied(
        tables={"maternity": figures, "area_list": engine.from_arrow(_providers(engine, counts, end.year))},
        rows_read=published.num_rows,
        rows_kept=kept,
        refusals=refusals,
        totals=_totals(engine, counts),
    )


def _published(rows: ibis.Table) -> ibis.Table:
    """The file's rows, each with the reason why it does not enter the atlas."""
    level, area = rows.Org_Level.strip(), rows.Org_Code.strip()
    return rows.select(
        period=rows.Period.strip(),
        level=level,
        area_type=level.cases(*LEVELS.items(), else_=ibis.null(str)),
        area=area,
        name=rows.Org_Name.strip(),
        dimension=rows.Dimension.strip(),
        category=rows.Measure.strip().fill_null("all"),
        counted=rows.Count_Of.strip().lower(),
        count=rows[VALUE],
        why_refused=ibis.cases(
            (~level.fill_null("").isin(list(LEVELS)), "a level of area that the atlas does not use"),
            (area.fill_null("") == "", "no code of a trust or region"),
        ),
    )


def _financial_year(file: SourceFile, published: pa.Table) -> tuple[date, date]:
    named = published["period"].unique().to_pylist()
    try:
        (only,) = named
        return financial_year_named(only or "")
    except ValueError as fault:
        raise SourceFileError(
            file,
            f'column "Period" says {", ".join(repr(year) for year in named[:3])}, not one year such as 2022-23.',
            DOWNLOAD_AGAIN,
        ) from fault


def _refuse_values_out_of_place(file: SourceFile, engine: Engine, counts: ibis.Table) -> None:
    """The categories that everyone is in make the total but for rounding; else a row is lost or in another's place."""
    bodies = counts.group_by("area_type", "area")
    for dimension, whole in WHOLE_OF.items():
        of_it, total = counts.dimension == dimension, counts.dimension == whole
        sums = bodies.aggregate(
            parts=counts["count"].sum(where=of_it),
            categories=of_it.sum(),
            whole=counts["count"].sum(where=total),
        )
        wrong = sums.filter((sums.parts - sums.whole).abs() > ROUNDED_BY * (sums.categories + 1))
        found = engine.to_arrow(wrong.order_by("area_type", "area").limit(1)).to_pylist()
        if found:
            raise SourceFileError(
                file,
                f'{found[0]["area"]}: the rows of "{dimension}" add up to {found[0]["parts"]:,.0f}, '
                f'but "{whole}" says {found[0]["whole"]:,.0f}.',
                DOWNLOAD_AGAIN,
            )


def _totals(engine: Engine, counts: ibis.Table) -> list[ControlTotal]:
    """The country's own deliveries, beside the sums of regions and of trusts; rounding keeps them apart."""
    own = counts.filter((_.area_type == "country") & (_.dimension == DELIVERIES))
    (national,) = engine.to_arrow(own.aggregate(all=own["count"].sum()))["all"].to_pylist()
    return [
        ControlTotal(
            "maternity", "count", national, {"area_type": level, "dimension": DELIVERIES}, exact=False
        )
        for level in ("region", "provider")
    ]


def _providers(engine: Engine, counts: ibis.Table, year: int) -> pa.Table:
    """The trusts by name."""
    named = (
        counts.filter(_.area_type == "provider")
        .group_by("area")
        .aggregate(name=_.name.max())
        .order_by("area")
    )
    listed = [
        {
            "code": trust["area"],
            "name": in_title_case(trust["name"]),
            "official_name": trust["name"],
            "area_type": "provider",
            "vintage": year,
        }
        for trust in engine.to_arrow(named).to_pylist()
        if trust["name"]
    ]
    return pa.Table.from_pylist(listed, schema=TIDIED["area_list"].schema)
