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
    rows = {row["area"]: row for row in release.rows("persistence", **where)}
    peers = {row["peer"]: row for row in release.of_area("peers", code, area_type=where["area_type"])}
    alike = set(chosen_peers(release, code, own_set or None))
    found = []
    for row in rows.values():
        if row["verdict"] != "improved" or row["area"] == code:
            continue
        before = _before(release, where, row["area"], row["change_start"])
        if before is not None and (before < 0) == (about["polarity"] == "higher_is_better"):
            own = rows.get(code, {}).get("deviation")
            is_peer = row["area"] in alike
            found.append(_told(release, row, is_peer, peers.get(row["area"]), before, own))
    return sorted(found, key=_most_telling)


def _told(
    release: Release, row: Row, is_peer: bool, peer: Row | None, before: float, own: float | None
) -> Row:
    return {
        **{key: row[key] for key in ("indicator", "area_type", "area")},
        "name": release.areas.get(row["area"], {}).get("name"),
        "is_peer": is_peer,
        "peer_rank": peer["rank"] if peer else None,
        "good_match": peer["good_match"] if peer else None,
        "before": before,
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
