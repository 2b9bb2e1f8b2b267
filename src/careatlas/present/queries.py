"""What people ask of a release, as rows: the command line and the API give these same answers.

Rows start with their keys and carry the column names of the release tables; missing is None.
"""

import difflib
import math
from collections.abc import Iterable
from datetime import date
from typing import Any

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present import standards
from careatlas.present.periods import period_code, period_on_file

Row = dict[str, Any]
Period = tuple[date, date]


def list_indicators(release: Release) -> list[Row]:
    """Every indicator of the catalogue; those without values say so by having no period."""
    columns = ["indicator", "area_type", "period_start", "period_end"]
    coverage: dict[str, list[Row]] = {}
    for row in release.arrow("values", columns).group_by(columns).aggregate([]).to_pylist():
        coverage.setdefault(row["indicator"], []).append(row)
    return [
        {
            "indicator": id,
            "title": about["title"],
            "theme": about["theme"],
            "programme": about["programme"],
            "polarity": about["polarity"],
            "unit": about["unit"],
            "is_own_figures_only": about.get("is_own_figures_only", False),
            "area_types": sorted({row["area_type"] for row in coverage.get(id, [])} - {"country"}),
            "periods": len({row["period_end"] for row in coverage.get(id, [])}),
            **_span(coverage.get(id, [])),
        }
        for id, about in release.catalogue["indicators"].items()
    ]


def show_values(
    release: Release,
    indicator: str,
    area: str | None = None,
    period: str | None = None,
    area_type: str | None = None,
) -> list[Row]:
    """Values of one indicator: of one area over time, or of all areas in one period."""
    known_indicator(release, indicator)
    where: Row = {"indicator": indicator}
    if area is not None:
        where["area"] = area_named(release, area)
    if area_type or area is None:
        where["area_type"] = level_of(release, indicator, area_type)
    if period or area is None:
        _, where["period_end"] = period_of(release, where, period)
    rows = release.rows("values", **where)
    if not rows:
        raise NotKnownError(
            indicator, f"has no values for {area or area_type}.", "See `careatlas indicators`."
        )
    ordered = sorted(rows, key=lambda row: (row["area"], row["period_end"]))
    return [named(release, with_notes(row, standards_in_force(release, row))) for row in ordered]


def area_profile(release: Release, code: str, period: str | None = None) -> list[Row]:
    """One area: the latest value of every indicator (or that of one period) beside the country's."""
    area = area_named(release, code)
    rows = release.rows("values", area=area)
    if period:
        asked = period_on_file(period, {(row["period_start"], row["period_end"]) for row in rows})
        rows = [row for row in rows if (row["period_start"], row["period_end"]) == asked]
    latest: dict[str, Row] = {}
    for row in rows:
        if row["indicator"] not in latest or row["period_end"] > latest[row["indicator"]]["period_end"]:
            latest[row["indicator"]] = row
    national = {
        (row["indicator"], row["period_end"]): row
        for row in release.rows("comparisons", area=area, benchmark="national")
    }
    compared = (
        "benchmark_value",
        "difference",
        "significance",
        "rank",
        "rank_lower",
        "rank_upper",
        "ranked_areas",
    )
    return [
        {**named(release, row), **{c: national.get((id, row["period_end"]), {}).get(c) for c in compared}}
        for id, row in sorted(latest.items())
    ]


def standards_in_force(release: Release, row: Row) -> list[str]:
    """The national standards that held for a row of ``values`` on its period's last day, a sentence each."""
    about, targets = release.catalogue["indicators"][row["indicator"]], release.catalogue["targets"]
    found = standards.in_force(targets, about, row["area_type"], row["period_end"])
    return [standards.in_words(one) for one in found]


def with_notes(row: Row, said: Iterable[str]) -> Row:
    """The row with what is said of all rows before its own note, a line each; None where nothing is said."""
    lines = [line for line in (*said, row["note"]) if line]
    return {**row, "note": "\n".join(lines) or None}


def data_quality(release: Release) -> list[Row]:
    """Everything that a careful reader would want to be told of the data, one row each."""
    returns = [
        _told("return", f"{row['submitter_name']} ({row['submitter']})", row, row["status"], row["evidence"])
        for row in release.rows("completeness")
    ]
    files = [
        _told("file", row["file"], row, row["outcome"], row["reason"] or row["refusals"])
        for row in release.rows("files")
        if row["outcome"] != "read" or row["rows_refused"]
    ]
    totals = [
        _told(
            "total",
            row["total"],
            row,
            "differs",
            f"published {row['published']:,.12g}, rows sum to {counted:,.12g}",
        )
        for row in release.rows("reconciliation")
        if row["published"] is not None
        and not math.isclose(counted := row["counted"] or 0.0, row["published"], rel_tol=1e-9)
    ]
    return returns + files + totals


def _told(kind: str, what: str, row: Row, status: str, detail: str | None) -> Row:
    period = period_code(row["period_start"], row["period_end"]) if row["period_start"] else None
    return {
        "kind": kind,
        "what": what,
        "source": row["source"],
        "period": period,
        "status": status,
        "detail": detail,
    }


def known_indicator(release: Release, indicator: str) -> Row:
    """The indicator's entry in the catalogue; a fault that names the nearest where there is none."""
    catalogue = release.catalogue["indicators"]
    if indicator not in catalogue:
        raise NotKnownError(
            indicator, "is not an indicator.", _nearest(indicator, catalogue, "See `careatlas indicators`.")
        )
    return catalogue[indicator]


def level_of(release: Release, indicator: str, area_type: str | None) -> str:
    """The area type asked for, where the indicator has it; else its finest."""
    levels = [*known_indicator(release, indicator)["area_types"], "country"]
    if area_type and area_type not in levels:
        raise NotKnownError(
            area_type,
            f"is not an area type of {indicator}.",
            _nearest(area_type, levels, f"It has {', '.join(levels)}."),
        )
    return area_type or levels[0]


def period_of(release: Release, where: Row, period: str | None) -> Period:
    """The period asked for, where there are values; else the latest."""
    ends = ["period_start", "period_end"]
    table = release.arrow("values", ends, **where).group_by(ends).aggregate([])
    periods = {(row["period_start"], row["period_end"]) for row in table.to_pylist()}
    if not periods:
        raise NotKnownError(
            where["indicator"], "has no values in this release.", "See `careatlas indicators`."
        )
    if period is None:
        return max(periods, key=lambda each: each[1])
    return period_on_file(period, periods)


def area_named(release: Release, text: str) -> str:
    """A code, or the one area whose name this is."""
    if text in release.areas:
        return text
    if text.upper() in release.areas:
        return text.upper()
    names = release.rows("area_names")
    called = [row for row in names if row["name"].casefold() == text.casefold()]
    own = {row["area"] for row in called if row["kind"] == "area"}
    same = own or {row["area"] for row in called}  # Leeds is Leeds, though its council reaches into Wakefield
    if len(same) == 1:
        return same.pop()
    if same:
        raise NotKnownError(text, f"is in {len(same)} areas.", f"Give a code: {', '.join(sorted(same))}.")
    known = {row["name"] for row in names} | set(release.areas)
    raise NotKnownError(
        text, "is no area's code or name.", _nearest(text, known, "Give an ODS code such as 03R.")
    )


def named(release: Release, row: Row) -> Row:
    """The row with its area's name after its code."""
    keys = ("indicator", "area_type", "area")
    name = release.areas.get(row["area"], {}).get("name")
    return {
        **{key: row[key] for key in keys},
        "name": name,
        **{k: v for k, v in row.items() if k not in keys},
    }


def _span(rows: list[Row]) -> Row:
    if not rows:
        return {"first_period": None, "last_period": None}
    first, last = min(rows, key=lambda row: row["period_end"]), max(rows, key=lambda row: row["period_end"])
    return {
        "first_period": period_code(first["period_start"], first["period_end"]),
        "last_period": period_code(last["period_start"], last["period_end"]),
    }


def _nearest(word: str, known: Iterable[str], otherwise: str) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f'Did you mean "{near[0]}"?' if near else otherwise
