"""Who like us had this and got better: areas that lay on the worse side, changed, and stayed changed.

What is called better was found without being told where to look, measured on matched areas, with regression to
the mean removed (table ``persistence``). It says where to ask, not why it worked.
"""

from collections.abc import Sequence
from datetime import date

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.numbers import is_full_return
from careatlas.present.peers import chosen_peers
from careatlas.present.queries import Row, area_named, known_indicator, level_of


def got_better(
    release: Release,
    indicator: str,
    area: str,
    area_type: str | None = None,
    own_set: Sequence[str] | None = None,
) -> list[Row]:
    """Areas of the same type that improved from the worse side of the country, the most telling first.

    Those like the area in their people (good matches of table ``peers``, or the reader's ``own_set`` of codes)
    stand before others; then by the limit nearer to no change. ``before`` is how far an area stood from the
    country before, ``own_deviation`` how far the asking area stands, both in percent of the country's value.
    Empty where nobody did.
    """
    about, code = known_indicator(release, indicator), area_named(release, area)
    if about["polarity"] == "neither":
        raise NotKnownError(
            indicator,
            "has no better direction: more of it is neither better nor worse.",
            "Ask for an indicator with a direction; `careatlas indicators` shows each one's polarity.",
        )
    where = {
        "indicator": indicator,
        "area_type": level_of(release, indicator, area_type or _type(release, code)),
    }
    own = next((row["deviation"] for row in release.rows("persistence", **where, area=code)), None)
    peers = {row["peer"]: row for row in release.of_area("peers", code, area_type=where["area_type"])}
    alike = set(chosen_peers(release, code, own_set or None))
    found = [
        _told(release, row, row["area"] in alike, peers.get(row["area"]), own)
        for row in improvers(release, **where)
        if row["area"] != code
    ]
    return sorted(found, key=_most_telling)


def improvers(release: Release, indicator: str, area_type: str) -> list[Row]:
    """Rows of ``persistence`` of areas that improved from the worse side of the country, with ``before``: how far they
    stood from it before, in percent of its value."""
    about, where = known_indicator(release, indicator), {"indicator": indicator, "area_type": area_type}
    found = []
    for row in release.rows("persistence", **where, verdict="improved"):
        before = _before(release, where, row["area"], row["change_start"])
        if before is not None and (before < 0) == (about["polarity"] == "higher_is_better"):
            found.append(row | {"before": before})
    return found


def _told(release: Release, row: Row, is_peer: bool, peer: Row | None, own: float | None) -> Row:
    return {
        **{key: row[key] for key in ("indicator", "area_type", "area")},
        "name": release.areas.get(row["area"], {}).get("name"),
        "is_peer": is_peer,
        "peer_rank": peer["rank"] if peer else None,
        "good_match": peer["good_match"] if peer else None,
        "before": row["before"],
        "own_deviation": own,
        **{key: row[key] for key in ("change_start", "change", "change_lower", "change_upper", "change_p")},
        "change_q": row["change_q"],
    }


def _most_telling(row: Row) -> tuple:
    return not row["is_peer"], -min(abs(row["change_lower"]), abs(row["change_upper"])), row["area"]


def _type(release: Release, code: str) -> str:
    return release.areas[code]["area_type"]


def _before(release: Release, where: Row, area: str, change: date) -> float | None:
    """The mean distance from the country before the change, in percent of the country's value."""
    whole = next(code for code, about in release.areas.items() if about["area_type"] == "country")
    national = release.of_area("values", whole, indicator=where["indicator"])
    country = {row["period_end"]: row["value"] for row in national}
    distances = [
        100 * (row["value"] / country[row["period_end"]] - 1)
        for row in release.of_area("values", area, **where)
        if is_full_return(row) and row["period_start"] < change and country.get(row["period_end"])
    ]
    return sum(distances) / len(distances) if distances else None
