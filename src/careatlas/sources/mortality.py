"""Mortality by cause: deaths and directly standardised rates by council, as the compendium of NHS Digital gives them.

The publisher's rate is already standardised for age (European standard population of 2013) and comes with its 95 %
limits; neither is worked out again here. Deaths are rounded to 5. What a file is about stands in its column
``Filename``, such as ``06A_076DR00++``: the cause, DR for three years taken together (YEAR is the last of them; DRT,
one year at a time and without limits, is another publication), and the ages, 00++ for all. Areas are those of April
2009: councils that have merged since are still apart, and one row is of two (Cornwall and the Isles of Scilly).
Regions and counties are kept in the publisher's words, because they are not today's NHS regions. A rate that rests
on too few deaths is withheld: missing, while the deaths stand.
"""

import re
from collections.abc import Mapping
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
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    ControlTotal,
    Layout,
    Source,
    SourceFile,
    Tidied,
    account_of,
    refuse_repeated_keys,
)

TEXT = ("YEAR", "Filename", "ORG_TYPE_DESCRIPTION", "ORG_CODE", "NEW_CODE", "ORG_TITLE", "SEX_CODE")
MEASURES = {"deaths": "OBS", "rate": "DSR", "lower_95": "LOWER", "upper_95": "UPPER"}
CAUSES = {  # the publisher's code, and the causes of death (ICD-10) it stands for
    "06A_076": "circulatory_disease",  # I00-I99
    "10A_158": "stroke",  # I60-I69
    "11B_075": "cancer",  # C00-C97
    "14B_105": "lung_cancer",  # C33-C34
    "16B_034": "breast_cancer",  # C50
    "24B_038": "chronic_obstructive_pulmonary_disease",  # J40-J44
}
AGES = {"00++": "all_ages", "0074": "under_75"}
SEXES = {"P": "persons", "F": "female", "M": "male"}
AREA_TYPES = {
    "NATIONAL": "england_and_wales",
    "REGIONS": "government_region",
    "COUNTIES": "county",
    "LONDON AUTHORITIES": "part_of_london",
    "LOCAL AUTHORITIES": "local_authority",
}
COUNTRY_CODE = "92000001"  # after the letter of the country
IN_PLAIN_WORDS = {
    "MCD": "metropolitan district",
    "LB": "London borough",
    "UA": "unitary authority",
    "CD": "district",
}
_ABOUT = re.compile(r"(?P<cause>\d\d[A-Z]_\d{3})DR(?P<ages>\d\d(?:\d\d|\+\+))")
_YEARS_TAKEN_TOGETHER = 3

SOURCE = Source(
    title="Compendium of mortality: directly standardised rates by cause",
    publisher="NHS Digital",
    page="https://digital.nhs.uk/data-and-information/publications/statistical/compendium-mortality",
    licence="Open Government Licence v3.0",
    tables=("mortality", "area_list"),
    layouts=(Layout(columns=(*TEXT, *MEASURES.values())),),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "csv" and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    with explaining(file):
        headings = SOURCE.layouts[0].headings(file.header)
        rows = engine.read_csv(file.path, TEXT, tuple(MEASURES.values()), headings)
        published = engine.to_arrow(_published(rows))
    about = _about(file, published)
    _refuse_values_outside_their_limits(file, published)
    rows = engine.from_arrow(published)
    kept, refusals = account_of(engine, rows, example="title")
    rows = rows.filter(_.why_refused.isnull())
    figures = rows.mutate(**{column: ibis.literal(value) for column, value in about.items()})
    figures = figures.select(TIDIED["mortality"].column_names)
    refuse_repeated_keys(file, engine, "mortality", figures)
    return Tidied(
        tables={"mortality": figures, "area_list": engine.from_arrow(_councils(engine, rows))},
        rows_read=published.num_rows,
        rows_kept=kept,
        refusals=refusals,
        totals=_country_against_its_parts(engine, figures),
    )


def _published(rows: ibis.Table) -> ibis.Table:
    """The file's rows in the atlas's columns, each with the reason why it does not enter."""
    kind, code = rows.ORG_TYPE_DESCRIPTION.strip(), rows.NEW_CODE.strip()
    named = kind.re_replace(r" *\(.*\)$", "")
    is_country = (named == "NATIONAL") & (code.substr(1) == COUNTRY_CODE)
    area_type = is_country.ifelse("country", named.cases(*AREA_TYPES.items(), else_=named))
    return rows.select(
        year=rows.YEAR,
        about=rows.Filename,
        area_type=area_type,
        area=code.substr(0, 9),
        title=rows.ORG_TITLE.strip(),
        boundaries_of=kind.re_extract(r"(\d{4})\)$", 1),
        sex=rows.SEX_CODE.strip().cases(*SEXES.items(), else_=ibis.null(str)),
        **{ours: rows[theirs] for ours, theirs in MEASURES.items()},
        why_refused=ibis.cases(
            (code.fill_null("") == "", "no area code"),
            (~rows.SEX_CODE.strip().isin(list(SEXES)).fill_null(False), "no sex that the atlas knows"),
        ),
    )


def _about(file: SourceFile, published: pa.Table) -> Mapping[str, object]:
    """Cause, ages and period: the same in every row of a file."""
    stated = pc.unique(published["about"]).to_pylist()
    found = _ABOUT.fullmatch(stated[0] or "") if len(stated) == 1 else None
    if found is None:
        raise SourceFileError(
            file,
            f'column "Filename" says {", ".join(map(repr, stated[:3]))}, not one cause such as 06A_076DR00++.',
            DOWNLOAD_AGAIN,
        )
    years = pc.unique(published["year"]).to_pylist()
    if len(years) != 1 or not re.fullmatch(r"(19|20)\d\d", years[0] or ""):
        raise SourceFileError(
            file, f'column "YEAR" says {", ".join(map(repr, years[:3]))}, not one year.', DOWNLOAD_AGAIN
        )
    last = int(years[0])
    return {
        "period_start": date(last - _YEARS_TAKEN_TOGETHER + 1, 1, 1),
        "period_end": date(last, 12, 31),
        "cause": CAUSES.get(found["cause"], found["cause"]),
        "age": AGES.get(found["ages"], found["ages"]),
    }


def _refuse_values_outside_their_limits(file: SourceFile, published: pa.Table) -> None:
    """Figures in one another's columns."""
    outside = pc.or_(
        pc.greater(published["lower_95"], published["rate"]),
        pc.less(published["upper_95"], published["rate"]),
    )
    wrong = published.filter(pc.fill_null(outside, False)).slice(0, 1).to_pylist()
    if wrong:
        raise SourceFileError(
            file,
            f"{wrong[0]['title']}: the rate {wrong[0]['rate']:g} does not lie between its limits "
            f"{wrong[0]['lower_95']:g} and {wrong[0]['upper_95']:g}.",
            DOWNLOAD_AGAIN,
        )


def _councils(engine: Engine, rows: ibis.Table) -> pa.Table:
    """The councils by name, of the year whose boundaries the file has."""
    councils = rows.filter(_.area_type == "local_authority")
    named = councils.select("area", "title", "boundaries_of").distinct().order_by("area")
    listed = [
        {
            "code": each["area"],
            "name": council_named(each["title"]),
            "official_name": each["title"],
            "area_type": "local_authority",
            "vintage": int(each["boundaries_of"] or 0) or None,
        }
        for each in engine.to_arrow(named).to_pylist()
    ]
    return pa.Table.from_pylist(listed, schema=TIDIED["area_list"].schema)


def council_named(title: str) -> str:
    """A council as people read it, and never by the bare name that an NHS area has too.

    >>> council_named("Wakefield MCD"), council_named("Kingston upon Hull, City of UA")
    ('Wakefield metropolitan district', 'Kingston upon Hull unitary authority')
    >>> council_named("Cornwall UA & Isles of Scilly UA"), council_named("City of London LB")
    ('Cornwall and Isles of Scilly unitary authorities', 'City of London local authority')
    """
    names, kinds = zip(*(part.rsplit(" ", 1) for part in title.split(" & ")), strict=True)
    plain = " and ".join(re.sub(r", (City|County) of$", "", name) for name in names)
    kind = "local authority" if plain.endswith("London") else IN_PLAIN_WORDS.get(kinds[0], kinds[0])
    return f"{plain} {kind}" if len(names) == 1 else f"{plain} {kind[:-1]}ies"


def _country_against_its_parts(engine: Engine, figures: ibis.Table) -> list[ControlTotal]:
    """The country's deaths beside the sum over councils, which rounding keeps from being equal."""
    same = ("cause", "age", "sex", "period_end")
    country = engine.to_arrow(
        figures.filter(_.area_type == "country").select(*same, "deaths").order_by("sex")
    )
    return [
        ControlTotal(
            "mortality",
            "deaths",
            row["deaths"],
            {**{column: row[column] for column in same}, "area_type": "local_authority"},
            exact=False,
        )
        for row in country.to_pylist()
    ]
