"""Providers' latest figures, kept for as long as their release is served: what the inbox and providers' pages share."""

import functools
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from careatlas.engine.release import Release
from careatlas.present.periods import unbroken
from careatlas.present.queries import Row

PROVIDER = "provider"
ELSE = {"id": "other", "title": "Everything else", "order": 99, "not_on_file": ""}
Period = tuple[date, date]


@dataclass(frozen=True)
class Latest:
    """One indicator in the latest period in which any provider has a value, rows by provider. ``before``: the period
    that it follows without a gap, None where that is not on file; ``compared_before``: the comparisons then."""

    period: Period
    before: Period | None
    values: dict[str, Row]
    compared: dict[str, Row]
    compared_before: dict[str, Row]


@functools.lru_cache(maxsize=512)
def latest_figures(release: Release, indicator: str) -> Latest | None:
    """Rows of ``values`` and of ``comparisons`` with the country; None where no provider has a value."""
    where = {"indicator": indicator, "area_type": PROVIDER}
    values = release.arrow("values", sex="persons", age_band="all", **where)
    on_file = _periods(values.filter(pc.is_valid(values["value"])))
    if not on_file:
        return None
    latest = on_file[-1]
    run = unbroken(on_file, latest)
    before = run[-2] if len(run) > 1 else None
    compared = release.arrow("comparisons", benchmark="national", **where)
    return Latest(
        latest,
        before,
        _by_area(values, latest),
        _by_area(compared, latest),
        _by_area(compared, before) if before else {},
    )


@functools.lru_cache(maxsize=4)
def lasting_by_provider(release: Release) -> dict[tuple[str, str], Row]:
    """Rows of ``persistence`` by provider and indicator."""
    rows = release.arrow("persistence", area_type=PROVIDER).to_pylist()
    return {(row["area"], row["indicator"]): row for row in rows}


@functools.lru_cache(maxsize=4)
def compartments(release: Release) -> tuple[Row, ...]:
    """The compartments in their order, each with its indicators; last those indicators that stand in none."""
    known = sorted(release.catalogue.get("compartments", {}).values(), key=lambda one: one["order"])
    placed = {indicator for one in known for indicator in one["indicators"]}
    rest = [
        id
        for id, about in release.catalogue["indicators"].items()
        if PROVIDER in about["area_types"] and id not in placed
    ]
    return (*known, {**ELSE, "indicators": rest}) if rest else tuple(known)


@functools.lru_cache(maxsize=4)
def reported_compartments(release: Release) -> dict[str, list[str]]:
    """Which compartments each provider has a value in, in its last or an earlier period: ids in their order."""
    pairs = release.arrow("values", ["indicator", "area", "value"], area_type=PROVIDER)
    pairs = pairs.filter(pc.is_valid(pairs["value"])).group_by(["indicator", "area"]).aggregate([])
    by_indicator: dict[str, set[str]] = {}
    for row in pairs.to_pylist():
        by_indicator.setdefault(row["indicator"], set()).add(row["area"])
    found: dict[str, list[str]] = {}
    for one in compartments(release):
        for area in set().union(*(by_indicator.get(each, set()) for each in one["indicators"])):
            found.setdefault(area, []).append(one["id"])
    return found


def providers(release: Release) -> list[Row]:
    """Providers of today in order of name."""
    rows = [row for row in release.areas.values() if row["area_type"] == PROVIDER and row["valid_to"] is None]
    return sorted(rows, key=lambda row: (row["name"], row["code"]))


def _periods(rows: pa.Table) -> list[Period]:
    ends = rows.group_by(["period_start", "period_end"]).aggregate([]).to_pylist()
    return sorted(
        ((row["period_start"], row["period_end"]) for row in ends), key=lambda each: (each[1], each[0])
    )


def _by_area(rows: pa.Table, period: Period) -> dict[str, Row]:
    start, end = (pa.scalar(day) for day in period)
    here = pc.and_(pc.equal(rows["period_start"], start), pc.equal(rows["period_end"], end))
    return {row["area"]: row for row in rows.filter(here).to_pylist()}
