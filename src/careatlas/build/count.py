"""Counting: the heavy sums, by area, period and stratum, on whichever engine holds the table.

``counting_expression`` is the one query of every indicator. It says nothing that only one engine understands, and
only its small answer comes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd
from ibis import _

from careatlas.catalogue.indicator import Counted, Indicator
from careatlas.engine.connect import Engine
from careatlas.engine.table import Table
from careatlas.engine.tables import TIDIED

AGE_BAND_YEARS, OLDEST_BAND = 5, 90
SUMS = ["count", "sum_of_squares", "observations", "rows"]
PERIOD_LENGTHS_MONTHS = {"month": 1, "quarter": 3, "year": 12, "financial_year": 12}


@dataclass(frozen=True)
class Grain:
    """What a count is counted by: the area type read straight from the table, the period, age-sex strata, and a
    further column of the table, such as its specialty."""

    area_type: str
    period: str | None = None
    by_age_and_sex: bool = False
    also_by: str | None = None

    @property
    def strata(self) -> list[str]:
        return [*(["sex", "age_band"] if self.by_age_and_sex else []), *filter(None, [self.also_by])]


def counting_expression(
    rows: ibis.Table, side: Counted, grain: Grain, also_present: str | None = None
) -> ibis.Table:
    """Sums of one side (numerator or denominator) of an indicator.

    Columns: area, period (start and end, or an index of months for tables of days), sex and age_band where asked,
    and the sums: ``count``; ``sum_of_squares`` (of the measure, or of each person's number of events in
    record-level tables); ``observations`` (rows with a value); ``rows``. ``also_present`` names the other side's
    measure in the same row: where it is missing the row counts as missing here too.
    """
    table = TIDIED[side.table]
    measured = _selected(rows, table, side, grain).mutate(measure=_[side.measure])
    if also_present:
        measured = measured.mutate(
            measure=measured[also_present].notnull().ifelse(measured.measure, ibis.null(float))
        )
    keys = ["area", *_period_columns(table), *grain.strata]
    measured = _with_period(measured, table, grain).mutate(area=_[table.area_columns[grain.area_type]])
    if grain.by_age_and_sex:
        measured = measured.mutate(age_band=_age_band(measured[table.age]))
    if table.person:
        per_person = [*keys, table.person]
        measured = measured.group_by(per_person).aggregate(measure=_.measure.sum())
    return measured.group_by(keys).aggregate(
        count=_.measure.sum().cast("float64"),
        sum_of_squares=(_.measure * _.measure).sum().cast("float64"),
        observations=_.measure.count(),
        rows=_.count(),
    )


def presence_expression(rows: ibis.Table, table: Table, grain: Grain) -> ibis.Table:
    """Which areas appear in a table at all in each period: absence there is missing, not zero."""
    keys = ["area", *_period_columns(table)]
    placed = _with_period(_of_area_type(rows, table, grain.area_type), table, grain)
    return placed.mutate(area=_[table.area_columns[grain.area_type]]).select(keys).distinct()


def published_expression(rows: ibis.Table, side: Counted, grain: Grain) -> ibis.Table:
    """The value and 95 % limits that the publisher worked out for each area and period, beside the measure. ``rows``:
    how many rows were meant, of which there must be one."""
    table = TIDIED[side.table]
    value, lower, upper = table.published
    placed = _selected(rows, table, side, grain).mutate(area=_[table.area_columns[grain.area_type]])
    return placed.group_by(["area", *_period_columns(table)]).aggregate(
        count=_[side.measure].sum().cast("float64"),
        published_value=_[value].max(),
        published_lower_95=_[lower].max(),
        published_upper_95=_[upper].max(),
        rows=_.count(),
    )


def listed_values_expression(
    rows: ibis.Table, table: Table, grain: Grain, columns: Sequence[str]
) -> ibis.Table:
    """Which values of ``columns`` each period has on file."""
    return _with_period(rows, table, grain).select(*_period_columns(table), *columns).distinct()


def run(engine: Engine, expression: ibis.Table) -> pd.DataFrame:
    """The small answer, with period_start and period_end as timestamps. In order, because engines answer in any,
    and what is added up in another order differs in the last digit."""
    frame = engine.to_arrow(expression).to_pandas()
    for column in ("period_start", "period_end"):
        if column in frame:
            frame[column] = pd.to_datetime(frame[column])
    if "age_band" in frame:
        frame["sex"], frame["age_band"] = frame["sex"].astype(str), frame["age_band"].astype("int64")
    return frame.sort_values(list(frame.columns), ignore_index=True)


def dated(frame: pd.DataFrame, period: str | None) -> pd.DataFrame:
    """Counts of tables of days: the month index becomes the first and last day of the indicator's period."""
    if "first_month" not in frame:
        return frame
    first = pd.to_datetime(
        {"year": frame["first_month"] // 12, "month": frame["first_month"] % 12 + 1, "day": 1}
    )
    months = PERIOD_LENGTHS_MONTHS[period or "month"]
    last = (first.dt.to_period("M") + (months - 1)).dt.to_timestamp(how="end").dt.normalize()
    return frame.drop(columns="first_month").assign(period_start=first, period_end=last)


def _period_columns(table: Table) -> list[str]:
    return ["first_month"] if table.day else ["period_start", "period_end"]


def _with_period(rows: ibis.Table, table: Table, grain: Grain) -> ibis.Table:
    """Tables of days get ``first_month``: the first month of the period, counted from the year 0."""
    if not table.day:
        return rows
    day = rows[table.day]
    month = (day.year() * 12 + day.month() - 1).cast("int64")
    length = PERIOD_LENGTHS_MONTHS[grain.period or "month"]
    offset = 3 if grain.period == "financial_year" else 0
    return rows.mutate(first_month=month - (month - offset) % length)


def _age_band(age: ibis.Value) -> ibis.Value:
    band = (age - age % AGE_BAND_YEARS).cast("int64")
    return (age >= OLDEST_BAND).ifelse(OLDEST_BAND, band)


def _of_area_type(rows: ibis.Table, table: Table, area_type: str) -> ibis.Table:
    rows = rows.filter(rows[table.area_columns[area_type]].notnull())
    return rows.filter(rows["area_type"] == area_type) if "area_type" in table.column_names else rows


def _selected(rows: ibis.Table, table: Table, side: Counted, grain: Grain) -> ibis.Table:
    rows = _of_area_type(rows, table, grain.area_type)
    for column, wanted in side.equal_to.items():
        rows = rows.filter(rows[column].isin(wanted))
    if side.age_from is not None:
        rows = rows.filter(rows[table.age] >= side.age_from)
    if side.age_to is not None:
        rows = rows.filter(rows[table.age] <= side.age_to)
    if edition := getattr(side, "edition", None):
        rows = rows.filter(rows["edition"] == edition)
    return rows


def same_rows(indicator: Indicator) -> bool:
    """Whether both sides are measured on the same rows, so that a row missing in one is left out of both."""
    top, bottom = indicator.numerator, indicator.denominator
    return bottom is not None and (top.table, top.where) == (bottom.table, bottom.where)


def paired_measures(indicator: Indicator) -> Mapping[str, str | None]:
    """For each side, the other side's measure where both are measured on the same rows."""
    if not same_rows(indicator):
        return {"numerator": None, "denominator": None}
    return {"numerator": indicator.denominator.measure, "denominator": indicator.numerator.measure}
