"""What pages, charts, downloads and the API ask of a release, each answered from Arrow tables kept in memory.

Every face goes through `select`, so that a page, its CSV and the API cannot show different rows.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from careatlas.engine.release import Release
from careatlas.engine.tables import RELEASE
from careatlas.errors import NotKnownError
from careatlas.present.periods import parse_period, period_code, period_name

WHOLE_TABLE = {"sex": "persons", "age_band": "all"}  # the answer for everybody; strata are rows of their own
TOO_LARGE = {"waits": {"area", "specialty"}}  # hundreds of megabytes: one of these columns must be asked for
Row = dict[str, Any]


@dataclass(frozen=True)
class Period:
    start: date
    end: date

    @property
    def code(self) -> str:
        return period_code(self.start, self.end)

    @property
    def name(self) -> str:
        return period_name(self.start, self.end)


def select(release: Release, table: str, asked: Mapping[str, str]) -> pa.Table:
    """Rows of one release table: any of its columns = a value, and ``period`` = a period by code or name.

    Raises NotKnownError for a table, column, indicator, area, area type or period that nothing answers to.
    """
    if table not in RELEASE:
        raise NotKnownError(table, "is not a table of a release.", f"Tables: {', '.join(RELEASE)}.")
    where = {
        column: _wanted(release, table, column, text) for column, text in asked.items() if column != "period"
    }
    if table in TOO_LARGE and not TOO_LARGE[table] & set(where):
        raise NotKnownError(
            table,
            "is too large to be given whole.",
            f"Ask for one of: {', '.join(sorted(TOO_LARGE[table]))}.",
        )
    rows = release.arrow(table, **where)
    return _in_period(rows, asked["period"]) if asked.get("period") else rows


def values(release: Release, indicator: str, area_type: str) -> pa.Table:
    """Every period's values of one indicator at one level, for everybody (no strata)."""
    return _kept(release, "values", indicator, area_type)


def comparisons(release: Release, indicator: str, area_type: str) -> pa.Table:
    return _kept(release, "comparisons", indicator, area_type)


def of_table(release: Release, table: str, indicator: str, area_type: str) -> pa.Table:
    """Every period's rows of one indicator at one level, of any table that has both."""
    return _kept(release, table, indicator, area_type)


def periods(rows: pa.Table) -> list[Period]:
    """The periods on file, latest first."""
    pairs = rows.select(["period_start", "period_end"]).group_by(["period_start", "period_end"]).aggregate([])
    found = [
        Period(pair["period_start"], pair["period_end"]) for pair in pairs.to_pylist() if pair["period_end"]
    ]
    return sorted(found, key=lambda period: (period.end, period.start), reverse=True)


def latest(rows: pa.Table) -> Period:
    """The latest period in which anybody has a value: publishers drop columns while their files go on."""
    return (periods(rows.filter(pc.is_valid(rows["value"]))) or periods(rows))[0]


@functools.lru_cache(maxsize=512)
def latest_period(release: Release, indicator_id: str, area_type: str) -> Period:
    """The latest period of one indicator at one level; a page on all indicators asks it of each."""
    return latest(values(release, indicator_id, area_type))


@functools.lru_cache(maxsize=512)
def latest_by_area(release: Release, table: str, indicator_id: str, area_type: str) -> dict[str, list[Row]]:
    """Rows of ``values`` or ``comparisons`` in that period, by area: pages on all indicators share them."""
    found: dict[str, list[Row]] = {}
    if not len(values(release, indicator_id, area_type)):
        return found
    period = latest_period(release, indicator_id, area_type)
    for row in in_period(_kept(release, table, indicator_id, area_type), period):
        found.setdefault(row["area"], []).append(row)
    return found


def in_period(rows: pa.Table, period: Period) -> list[Row]:
    here = pc.and_(
        pc.equal(rows["period_start"], pa.scalar(period.start)),
        pc.equal(rows["period_end"], pa.scalar(period.end)),
    )
    return rows.filter(here).to_pylist()


def of_area(rows: pa.Table, area: str) -> list[Row]:
    """One area's rows, earliest period first."""
    chosen = rows.filter(pc.equal(rows["area"], area))
    return chosen.sort_by([("period_end", "ascending"), ("period_start", "ascending")]).to_pylist()


def indicator(release: Release, indicator_id: str) -> dict[str, Any]:
    known = release.catalogue["indicators"]
    if indicator_id not in known:
        raise NotKnownError(
            indicator_id, "is not an indicator of this release.", "See the list of indicators."
        )
    return known[indicator_id]


def area(release: Release, code: str) -> Row:
    """The area with this code. ODS codes are written in capitals; small letters are forgiven."""
    found = release.areas.get(code) or release.areas.get(code.upper())
    if found is None:
        raise NotKnownError(code, "is not an area of this release.", "Search for it by name.")
    return found


def country(release: Release) -> Row:
    """The country as a whole: the benchmark of every base type."""
    return next(row for row in release.areas.values() if row["area_type"] == "country")


@functools.lru_cache(maxsize=4)
def areas_by_type(release: Release) -> dict[str, list[Row]]:
    """Areas of today, by area type, in order of name."""
    found: dict[str, list[Row]] = {}
    for row in sorted(release.areas.values(), key=lambda row: row["name"]):
        if row["valid_to"] is None:
            found.setdefault(row["area_type"], []).append(row)
    return found


def area_types_of(release: Release, indicator_id: str) -> list[str]:
    """The levels at which an indicator has values, in the order its definition lists them."""
    on_file = set(_levels(release).get(indicator_id, ()))
    return [level for level in indicator(release, indicator_id)["area_types"] if level in on_file]


def indicators_with_values(release: Release) -> list[dict[str, Any]]:
    return [entry for name, entry in release.catalogue["indicators"].items() if area_types_of(release, name)]


@functools.lru_cache(maxsize=4)
def _levels(release: Release) -> dict[str, list[str]]:
    pairs = release.arrow("values", columns=["indicator", "area_type"]).group_by(["indicator", "area_type"])
    found: dict[str, list[str]] = {}
    for pair in pairs.aggregate([]).to_pylist():
        found.setdefault(pair["indicator"], []).append(pair["area_type"])
    return found


@functools.lru_cache(maxsize=512)  # every indicator at every level: an area's page reads them all
def _kept(release: Release, table: str, indicator_id: str, area_type: str) -> pa.Table:
    strata = WHOLE_TABLE if table == "values" else {}
    return release.arrow(table, indicator=indicator_id, area_type=area_type, **strata)


def _wanted(release: Release, table: str, column: str, text: str) -> Any:
    declared = {one.name: one.type for one in RELEASE[table].columns}
    if column not in declared:
        raise NotKnownError(
            column, f"is not a column of {table}.", f"Columns: {', '.join([*declared, 'period'])}."
        )
    if column == "indicator":
        indicator(release, text)
    if column == "area":
        return area(release, text)["code"]
    if column == "area_type" and text not in release.catalogue["area_types"]:
        raise NotKnownError(
            text, "is not an area type.", f"Types: {', '.join(release.catalogue['area_types'])}."
        )
    try:
        return pa.scalar(text).cast(declared[column]).as_py()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as fault:  # the latter of lists
        raise NotKnownError(column, f'"{text}" is not a {declared[column]}.', "") from fault


def _in_period(rows: pa.Table, text: str) -> pa.Table:
    if "period_end" not in rows.column_names:
        raise NotKnownError("period", "these rows have no period.", "Leave it out.")
    code = period_code(*parse_period(text))
    meant = [period for period in periods(rows) if period.code == code]
    if not meant:
        on_file = ", ".join(period.code for period in periods(rows)[:6]) or "none"
        raise NotKnownError(
            text, "there are no figures for that period here.", f"The latest on file: {on_file}."
        )
    masks = [
        pc.and_(
            pc.equal(rows["period_start"], pa.scalar(p.start)), pc.equal(rows["period_end"], pa.scalar(p.end))
        )
        for p in meant
    ]
    return rows.filter(functools.reduce(pc.or_, masks))
