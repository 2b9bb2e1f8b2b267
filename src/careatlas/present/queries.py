"""What people ask of a release, as rows: the command line and the API give these same answers.

Rows start with their keys and carry the column names of the release tables; missing is None.
"""

import difflib
import math
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.methods.ranking import rank_by_method
from careatlas.present.periods import period_code, period_on_file

Row = dict[str, Any]
Period = tuple[date, date]
RANKED = ("reported", "zero")
RANK_COLUMNS = (
    "indicator", "area_type", "area", "name", "period_start", "period_end", "count", "denominator", "value",
    "lower_95", "upper_95", "status", "rank", "rank_lower", "rank_upper", "ranked_areas", "note",
)  # fmt: skip


def list_indicators(release: Release) -> list[Row]:
    """Every indicator of the catalogue; those without values say so by having no period."""
    coverage: dict[str, list[Row]] = {}
    for row in (
        release.arrow("values", ["indicator", "area_type", "period_start", "period_end"])
        .to_pandas()
        .drop_duplicates()
        .to_dict("records")
    ):
        coverage.setdefault(row["indicator"], []).append(row)
    return [
        {
            "indicator": id,
            "title": about["title"],
            "theme": about["theme"],
            "programme": about["programme"],
            "polarity": about["polarity"],
            "unit": about["unit"],
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
    return [_named(release, row) for row in sorted(rows, key=lambda row: (row["area"], row["period_end"]))]


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
        {**_named(release, row), **{c: national.get((id, row["period_end"]), {}).get(c) for c in compared}}
        for id, row in sorted(latest.items())
    ]


def rank_areas(
    release: Release,
    indicator: str,
    period: str | None = None,
    area_type: str | None = None,
    include_incomplete: bool = False,
) -> list[Row]:
    """All areas of one type in one period, highest value first, each rank with its interval.

    Incomplete values stand at the end without a rank, unless ``include_incomplete`` ranks them as they are.
    """
    about = known_indicator(release, indicator)
    where: Row = {"indicator": indicator, "area_type": level_of(release, indicator, area_type)}
    _, where["period_end"] = period_of(release, where, period)
    rows = release.rows("values", **where)
    if include_incomplete and release.catalogue["area_types"][where["area_type"]]["ranked"]:
        ranks = _ranks_of_all(rows, about["method"])
    else:
        ranks = {row["area"]: row for row in release.rows("comparisons", benchmark="national", **where)}
    ranked = [
        {**_named(release, row), **{c: ranks.get(row["area"], {}).get(c) for c in RANK_COLUMNS[12:16]}}
        for row in rows
    ]
    ranked.sort(key=lambda row: (row["rank"] is None, row["rank"] or 0, row["area"]))
    return [{column: row[column] for column in RANK_COLUMNS} for row in ranked]


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
    table = release.arrow("values", ["period_start", "period_end"], **where)
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


def _ranks_of_all(rows: list[Row], method: str) -> dict[str, Row]:
    known = [row for row in rows if row["status"] in (*RANKED, "incomplete") and row["value"] is not None]
    columns = ("value", "lower_95", "upper_95", "count", "denominator")
    given = [np.array([np.nan if row[c] is None else row[c] for row in known], dtype=float) for c in columns]
    ranking = rank_by_method(method, *given)
    return {
        row["area"]: {
            "rank": float(ranking.rank[i]),
            "rank_lower": float(ranking.lower[i]),
            "rank_upper": float(ranking.upper[i]),
            "ranked_areas": int(ranking.ranked_areas),
        }
        for i, row in enumerate(known)
    }


def _named(release: Release, row: Row) -> Row:
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
