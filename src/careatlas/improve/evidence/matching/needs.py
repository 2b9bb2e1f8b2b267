"""Where an area could use somebody's example: its gaps that last and that chance, need and supply do not explain.

What lies within chance, comes and goes, or is in line with need is no need of anything. A gap on the better side is
none either. Where more of an indicator is neither better nor worse, a lasting distance is shown and people judge it.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from careatlas.engine.release import Release
from careatlas.improve.evidence.models import Direction
from careatlas.present.persistence import lasting_rows

SIDES = {"persistently_high": 1, "persistently_low": -1}
NOT_BROKEN_DOWN = "not_broken_down"  # of trusts: need and supply are not on file
OPEN_VERDICTS = ("unexplained", "against_need", NOT_BROKEN_DOWN)
BETTER = {"lower_is_better": Direction.LOWER, "higher_is_better": Direction.HIGHER}
Row = dict[str, Any]


@dataclass(frozen=True)
class Need:
    """One lasting gap. ``wanted``: the direction that would close it; ``deviation``: mean distance from the country in
    percent with its 95 % limits over ``periods``; ``verdict``: unexplained, against_need or not_broken_down."""

    indicator: str
    area_type: str
    area: str
    wanted: str
    deviation: float
    lower: float
    upper: float
    periods: int
    verdict: str
    has_better: bool

    @property
    def at_least(self) -> float:
        """Percent from the country to the nearer limit: what the gap is even if luck made some of it."""
        return max(0.0, min(abs(self.lower), abs(self.upper)) if self.lower * self.upper > 0 else 0.0)


def of_area(release: Release, area: str) -> list[Need]:
    """The area's needs, the largest sure gap first."""
    latest = _latest(release.of_area("gaps", area, component="all"), "indicator")
    rows = release.of_area("persistence", area)
    found = [_need(release, row, latest.get(row["indicator"])) for row in rows]
    return sorted(filter(None, found), key=_largest_first)


@functools.lru_cache(maxsize=256)
def of_indicator(release: Release, indicator: str, area_type: str) -> tuple[Need, ...]:
    """Areas of one level with a need there, the largest sure gap first."""
    columns = ["area", "period_end", "percent", "verdict"]
    gaps = release.rows("gaps", columns, indicator=indicator, area_type=area_type, component="all")
    latest = _latest(gaps, "area")
    found = [
        _need(release, row, latest.get(row["area"])) for row in lasting_rows(release, indicator, area_type)
    ]
    return tuple(sorted(filter(None, found), key=_largest_first))


def _need(release: Release, lasting: Row, gap: Row | None) -> Need | None:
    about = release.catalogue["indicators"].get(lasting["indicator"])
    side = SIDES.get(lasting["verdict"])
    if about is None or side is None or release.areas.get(lasting["area"], {}).get("valid_to"):
        return None
    wanted = Direction.LOWER if side > 0 else Direction.HIGHER
    if BETTER.get(about["polarity"], wanted) != wanted:
        return None
    verdict = gap["verdict"] if gap and gap["verdict"] else NOT_BROKEN_DOWN
    if verdict not in OPEN_VERDICTS or (gap and gap["percent"] is not None and gap["percent"] * side < 0):
        return None
    return Need(
        indicator=lasting["indicator"],
        area_type=lasting["area_type"],
        area=lasting["area"],
        wanted=wanted.value,
        deviation=lasting["deviation"],
        lower=lasting["deviation_lower"],
        upper=lasting["deviation_upper"],
        periods=lasting["periods"],
        verdict=verdict,
        has_better=about["polarity"] in BETTER,
    )


def _latest(rows: Iterable[Row], key: str) -> dict[str, Row]:
    return {row[key]: row for row in sorted(rows, key=lambda row: row["period_end"])}


def _largest_first(need: Need) -> tuple[float, str, str]:
    return -need.at_least, need.indicator, need.area
