"""Fingertips: the "all data" CSV of any profile of England's public health profiles.

One file holds one or more indicators for many kinds of area and many years. Traps, all met in real files:
codes of sub-ICB locations and boards carry a leading n, and their names end in the ODS code and a space;
rows with a category type are deprivation groups and not areas; an area is repeated once for each kind of
parent area; and -1 stands for missing in older files.
"""

import calendar
import re
from datetime import date, timedelta
from pathlib import Path

import ibis
import pyarrow as pa
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.sources import download
from careatlas.sources._links import Address
from careatlas.sources.source import (
    ControlTotal,
    Layout,
    Source,
    SourceFile,
    Tidied,
    account_of,
    month_period,
    refuse_repeated_keys,
)

MEASURES = {
    "count": "Count",
    "denominator": "Denominator",
    "value": "Value",
    "lower_95": "Lower CI 95.0 limit",
    "upper_95": "Upper CI 95.0 limit",
}
TEXT = (
    *("Indicator Name", "Parent Code", "Area Code", "Area Name", "Area Type", "Sex", "Age"),
    *("Category Type", "Time period", "Value note"),
)
NUMERIC = ("Indicator ID", *MEASURES.values())
COLUMNS = (
    *("Indicator ID", "Indicator Name", "Parent Code", "Area Code", "Area Name", "Area Type", "Sex", "Age"),
    *("Category Type", "Time period", "Value", "Lower CI 95.0 limit", "Upper CI 95.0 limit", "Count"),
    *("Denominator", "Value note", "Time period Sortable", "Time period range"),
)
AREA_TYPES = {
    "England": "country",
    "NHS region": "region",
    "NHS regions": "region",
    "NHS regions - new due to ICB changes": "region",
    "ICBs": "icb",
    "ICB sub-locations": "sub_icb",
}  # others keep the publisher's own words: older CCGs, councils, practices, superseded groups
MISSING = -1

INDICATORS = (91547,)  # Fingertips' numbers of what the atlas's indicators ask for: what `fetch` brings

SOURCE = Source(
    title="Fingertips public health profiles",
    publisher="Department of Health and Social Care",
    page="https://fingertips.phe.org.uk/",
    licence="Open Government Licence v3.0",
    tables=("fingertips",),
    layouts=(Layout(columns=COLUMNS),),
    addresses=tuple(
        Address(
            f"https://fingertips.phe.org.uk/api/all_data/csv/for_one_indicator?indicator_id={indicator}",
            f"fingertips_{indicator}.csv",
        )
        for indicator in INDICATORS
    ),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "csv" and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    with explaining(file):
        published = engine.read_csv(file.path, TEXT, NUMERIC, SOURCE.layouts[0].headings(file.header))
        labels = engine.to_arrow(published.select("Time period").distinct())["Time period"].to_pylist()
        rows = engine.from_arrow(engine.to_arrow(_with_reasons(published, _periods(engine, labels))))
    kept, refusals = account_of(engine, rows, example="shown")
    figures = rows.filter(_.why_refused.isnull()).drop("why_refused", "shown")
    refuse_repeated_keys(file, engine, "fingertips", figures)
    return Tidied(
        tables={"fingertips": figures},
        rows_read=kept + sum(refusal.rows for refusal in refusals),
        rows_kept=kept,
        refusals=refusals,
        totals=_england_against_its_parts(engine, figures),
    )


def _with_reasons(published: ibis.Table, periods: ibis.Table) -> ibis.Table:
    """The file's rows in the atlas's columns, each with the reason why it does not enter."""
    dated = published.left_join(periods, published["Time period"] == periods.label)
    name, kind = dated["Area Name"].strip(), dated["Area Type"].strip()
    area_type = kind.cases(*AREA_TYPES.items(), else_=kind)
    ods_code = ibis.cases((area_type.isin(("sub_icb", "icb")), name.re_extract(r" - ([A-Z0-9]{3,5})$", 1)))
    ons_code = dated["Area Code"].strip().re_replace(r"^n([A-Z]\d{8})$", r"\1")
    measures = {column: dated[heading].nullif(MISSING) for column, heading in MEASURES.items()}
    rows = dated.select(
        period_start=dated.period_start,
        period_end=dated.period_end,
        indicator_id=dated["Indicator ID"].cast("int64"),
        indicator_name=dated["Indicator Name"].strip(),
        area_type=area_type,
        area=ods_code.nullif("").coalesce(ons_code.nullif("")),
        sex=dated["Sex"].strip().lower(),
        age=dated["Age"].strip(),
        **measures,
        value_note=dated["Value note"].strip().nullif(""),
        shown=name + ", " + dated["Time period"],
        parent=dated["Parent Code"],
        why_refused=ibis.cases(
            (dated["Category Type"].notnull(), "a deprivation or other category group, not an area"),
            (dated["Indicator ID"].isnull(), "no indicator number"),
            (dated["Sex"].isnull() | dated["Age"].isnull(), "no sex or no age"),
            (dated.period_end.isnull(), "the time period is in no form the atlas knows"),
            (ons_code.fill_null("") == "", "no area code"),
            (measures["lower_95"] > measures["upper_95"], "the lower limit is above the upper one"),
        ),
    )
    figures = [rows[column] for column in rows.columns if column != "parent"]
    copy = ibis.dense_rank().over(group_by=figures, order_by=rows.parent)
    repeated = ibis.cases((copy > 0, "a copy of another row, for another parent area"))
    return rows.mutate(why_refused=rows.why_refused.coalesce(repeated)).drop("parent")


def _england_against_its_parts(engine: Engine, figures: ibis.Table) -> list[ControlTotal]:
    """England's own count against the sum over a level, wherever that level's denominators make up England's.

    A level that is not complete in the file (92 of 106 areas in 2019/20) has no total to reconcile. Not
    exact, because publishers withhold small counts.
    """
    same = ("indicator_id", "sex", "age", "period_end")
    england = figures.filter(_.area_type == "country").select(*same, whole="denominator", published="count")
    levels = figures.filter(_.area_type.isin(("sub_icb", "icb", "region")))
    parts = levels.group_by(*same, "area_type").aggregate(sum_of_parts=_.denominator.sum())
    complete = parts.inner_join(england, same).filter((_.sum_of_parts - _.whole).abs() < 0.5)
    return [
        ControlTotal(
            "fingertips",
            "count",
            row["published"],
            {column: row[column] for column in (*same, "area_type")},
            exact=False,
        )
        for row in engine.to_arrow(complete.order_by(*same, "area_type")).to_pylist()
    ]


_YEAR = re.compile(r"(\d{4})")
_FINANCIAL_YEAR = re.compile(r"(\d{4})/(\d\d)")
_QUARTER = re.compile(r"(\d{4})(/\d\d)? Q([1-4])")
_MONTH = re.compile(r"([A-Z][a-z]{2})[a-z]* (\d{4})")
_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}


def _periods(engine: Engine, labels: list[str | None]) -> ibis.Table:
    """The first and last day of each label that can be read; others are left out, and their rows refused."""
    read = {label: period_named(label) for label in labels if label}
    rows = [
        {"label": label, "period_start": period[0], "period_end": period[1]}
        for label, period in read.items()
        if period
    ]
    columns = [("label", pa.string()), ("period_start", pa.date32()), ("period_end", pa.date32())]
    return engine.from_arrow(pa.Table.from_pylist(rows, pa.schema(columns)))


def period_named(label: str) -> tuple[date, date] | None:
    """First and last day of "2013/14", "2019", "2020/21 Q1", "Apr 2020", or of a span such as "2017 - 19"."""
    first, dash, last = (part.strip() for part in re.sub("[\u2013\u2014]", "-", label).partition(" - "))
    start = _one_period(first)
    if not dash:
        return start
    if re.match(r"\d\d(/\d\d)?$", last):
        last = first[:2] + last
    end = _one_period(last)
    return (start[0], end[1]) if start and end and start[0] <= end[0] else None


def _one_period(text: str) -> tuple[date, date] | None:
    if match := _YEAR.fullmatch(text):
        return date(int(match[1]), 1, 1), date(int(match[1]), 12, 31)
    if match := _FINANCIAL_YEAR.fullmatch(text):
        year = int(match[1])
        follows_on = int(match[2]) == (year + 1) % 100
        return (date(year, 4, 1), date(year + 1, 3, 31)) if follows_on else None
    if match := _QUARTER.fullmatch(text):
        return _quarter(int(match[1]), int(match[3]), first_month=4 if match[2] else 1)
    if (match := _MONTH.fullmatch(text)) and match[1] in _MONTHS:
        return month_period(int(match[2]), _MONTHS[match[1]])
    return None


def _quarter(year: int, quarter: int, first_month: int) -> tuple[date, date]:
    """Quarters of a financial year start in April: 2020/21 Q4 is January to March 2021."""
    months_on = first_month - 1 + 3 * (quarter - 1)
    start = date(year + months_on // 12, months_on % 12 + 1, 1)
    after = date(year + (months_on + 3) // 12, (months_on + 3) % 12 + 1, 1)
    return start, after - timedelta(days=1)
