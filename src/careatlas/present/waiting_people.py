"""The people whom pathways are counted against: registered, resident or need-weighted, and the edition used."""

import functools
from datetime import date
from typing import Any

from careatlas.engine.release import Release

Row = dict[str, Any]
PEOPLE = ("registered", "resident", "need_weighted")
PEOPLE_OF = (
    "completed_pathways"  # the indicator whose edition of registered and weighted people is used here too
)
FURTHEST_EDITION_YEARS = 5


def people_counted(
    release: Release, kind: str, area_type: str, end: date
) -> tuple[str | None, dict[str, float]]:
    """The edition that stands for a window with this last day, and its people by area; (None, {}) without any.

    It is the edition that the indicators of pathways name, else the latest that had begun; at most five years off.
    """
    rows = _denominators(release, kind, area_type)
    fixed = release.catalogue["indicators"].get(PEOPLE_OF, {}).get("denominator") or {}
    named = [row for row in rows if row["edition"] == fixed.get("edition") and kind != "resident"]
    near = [
        row
        for row in named or [row for row in rows if row["period_start"] <= end]
        if abs((row["period_start"] - end).days) <= FURTHEST_EDITION_YEARS * 365.25
    ]
    if not near:
        return None, {}
    edition = max(near, key=lambda row: row["period_end"])["edition"]
    return edition, {row["area"]: row["people"] for row in near if row["edition"] == edition}


@functools.lru_cache(maxsize=32)
def _denominators(release: Release, kind: str, area_type: str) -> list[Row]:
    return release.rows("denominators", people_counted=kind, area_type=area_type)
