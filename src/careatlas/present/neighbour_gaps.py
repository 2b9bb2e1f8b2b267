"""The gaps between neighbours that a release shows: what ``careatlas gaps`` and pages ask of ``present.gaps``."""

from typing import Any

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.gaps import gap_pairs, panel
from careatlas.present.queries import known_indicator, level_of, period_of

Row = dict[str, Any]
GAP_COLUMNS = (
    "indicator", "area_type", "area", "name", "other_area", "other_name", "period_start", "period_end", "miles",
    "shares_border", "same_parent", "value", "lower_95", "upper_95", "other_value", "other_lower_95",
    "other_upper_95", "ratio", "ratio_lower", "ratio_upper", "difference", "q", "periods_sustained", "note",
)  # fmt: skip


def list_gaps(
    release: Release,
    indicator: str,
    period: str | None = None,
    area_type: str | None = None,
    within_miles: float | None = None,
) -> list[Row]:
    """Pairs of neighbouring areas in one period, the surest gap first, each pair once and its larger value first.

    ``within_miles`` keeps the pairs whose centres are no further apart; q is then of those.
    """
    about = known_indicator(release, indicator)
    where: Row = {"indicator": indicator, "area_type": level_of(release, indicator, area_type)}
    last = period_of(release, where, period)
    pairs = _neighbours(release, where["area_type"], about["area_types"])
    if within_miles is not None:
        pairs = [row for row in pairs if row["miles"] is not None and row["miles"] <= within_miles]
    given = panel(release.arrow("values", sex="persons", age_band="all", **where), last)
    rows = gap_pairs(given, pairs, about["method"], about["multiplier"])
    named = [
        {**where, **row, "name": _name(release, row["area"]), "other_name": _name(release, row["other_area"])}
        for row in rows
    ]
    return [{column: row[column] for column in GAP_COLUMNS} for row in named]


def _neighbours(release: Release, area_type: str, levels: list[str]) -> list[Row]:
    rows = release.rows("neighbours", area_type=area_type)
    if not rows:
        drawn = set(release.arrow("neighbours", ["area_type"])["area_type"].to_pylist())
        choice = ", ".join(level for level in levels if level in drawn)
        raise NotKnownError(
            area_type,
            "has no neighbours on file: only areas with outlines have any.",
            f"Give one of {choice}." if choice else "Ask for an indicator of areas that have them.",
        )
    return rows


def _name(release: Release, code: str) -> str:
    return release.areas[code]["name"]
