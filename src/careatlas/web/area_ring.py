"""Who to ring: areas that had this and got better, neighbours that differ most, and the areas most like it."""

import functools
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.explanation_words import signed, size_of_change
from careatlas.present.learn import got_better
from careatlas.present.neighbour_gaps import list_gaps
from careatlas.present.numbers import interval, number
from careatlas.present.peers import peers_of
from careatlas.present.provider_figures import PROVIDER
from careatlas.present.standing_out_words import q_in_words
from careatlas.web import own_peers, reading
from careatlas.web.reading import Row

MOST_BETTER = 5  # areas to ring about one indicator
MOST_PAIRS = 8
AREA_WORDS = {  # what the part about peers says of areas
    "pages": "/areas/",
    "one": "area",
    "title": "Areas most like it",
    "ten": "The ten areas most like {name} in their people, nearest first",
    "distance": "root mean square difference in population, age, deprivation, density and size",
    "none": "No areas like it are worked out: what its people are like is not on file. Choose a set of your own.",
    "no_good": "No good match: fewer than five areas are like it, so it is held beside none.",
}
PROVIDER_WORDS = {
    "pages": "/areas/",
    "one": "provider",
    "title": "Providers most like it",
    "ten": "The ten providers most like {name} in kind and size, nearest first",
    "distance": "root mean square difference in size and in what staff, beds and emergency departments it has",
    "none": "No providers like it are worked out: its kind and size are not on file. Choose a set of your own.",
    "no_good": "No good match: fewer than five providers are like it, so it is held beside none.",
}


def section(
    release: Release, own: Row, cards: Sequence[dict[str, Any]], peers: Sequence[str], own_set: Sequence[str]
) -> dict[str, Any]:
    """``peers``: codes that the page compares with; ``own_set``: what the reader named, empty for the computed."""
    worse = [card for card in cards if card["significance"] == "worse"]
    said = PROVIDER_WORDS if own["area_type"] == PROVIDER else AREA_WORDS
    return {
        "country": reading.country(release)["name"],
        "above": release.areas[own["parent_code"]]["name"] if own["parent_code"] in release.areas else "",
        "better": [_better(release, own, card, own_set) for card in worse],
        "pairs": _pairs(release, own, [card["indicator"] for card in cards]),
        **peers_shown(release, own, peers, own_set, said),
    }


def peers_shown(
    release: Release, own: Row, peers: Sequence[str], own_set: Sequence[str], said: dict[str, str]
) -> dict[str, Any]:
    """What ``_area_peers.html`` shows: who the peers are, how near, and how to choose others; ``said``: AREA_WORDS or
    the like."""
    return {
        "peers": _own_set(release, peers) if own_set else _most_like_it(release, own, said),
        "is_own_set": bool(own_set),
        "has_peers": bool(peers),
        "choose": _choose(release, own, peers, said),
        "said": said,
    }


def _better(release: Release, own: Row, card: dict[str, Any], own_set: Sequence[str]) -> dict[str, Any]:
    """Who was on the worse side of the country in this, and improved."""
    found = got_better(release, card["indicator"], own["code"], own["area_type"], own_set)
    lines = [
        {
            "name": row["name"],
            "is_peer": row["is_peer"],
            "before": signed(row["before"]),
            "since": f"{row['change_start']:%B %Y}",
            "change": size_of_change(row),
            "q": q_in_words(row["change_q"]),
            "address": f"/indicators/{card['indicator']}/over-time/?"
            + urlencode({"area_type": own["area_type"], "area": row["area"]}),
        }
        for row in found[:MOST_BETTER]
    ]
    return {"title": card["title"], "indicator": card["indicator"], "rows": lines, "all": len(found)}


def _pairs(release: Release, own: Row, indicators: Sequence[str]) -> list[dict[str, Any]]:
    """The widest gaps between the area and a neighbour or one under the same board, the surest first."""
    found = [
        row
        for key in indicators
        for row in _gaps(release, key, own["area_type"])
        if own["code"] in (row["area"], row["other_area"])
    ]
    surest = sorted(found, key=lambda row: -row["ratio_lower"])[:MOST_PAIRS]
    return [_pair(release, own, row) for row in surest]


@functools.lru_cache(maxsize=128)  # the pairs of an indicator serve every area's page
def _gaps(release: Release, indicator: str, area_type: str) -> tuple[Row, ...]:
    try:
        period = reading.latest_period(release, indicator, area_type).code
        return tuple(list_gaps(release, indicator, period, area_type))
    except NotKnownError:  # areas without outlines have no neighbours
        return ()


def _pair(release: Release, own: Row, row: Row) -> dict[str, Any]:
    indicator = release.catalogue["indicators"][row["indicator"]]
    own_side, their_side = ("", "other_") if row["area"] == own["code"] else ("other_", "")
    other = row["other_area"] if own_side == "" else row["area"]
    return {
        "title": indicator["short_title"],
        "unit": indicator["unit"],
        "code": other,
        "name": release.areas[other]["name"],
        "miles": row["miles"],
        "relation": _relation(release, own, row),
        "own": number(row[f"{own_side}value"], indicator),
        "own_interval": interval(_limits(row, own_side), indicator),
        "theirs": number(row[f"{their_side}value"], indicator),
        "their_interval": interval(_limits(row, their_side), indicator),
        "ratio": f"{row['ratio']:.2f}" if row["ratio"] is not None else "",
        "ratio_interval": f"{row['ratio_lower']:.2f} to {row['ratio_upper']:.2f}"
        if row["ratio_upper"] is not None
        else f"{row['ratio_lower']:.2f} or more",
        "q": q_in_words(row["q"]),
        "sustained": row["periods_sustained"],
        "note": row["note"],
        "address": f"/indicators/{row['indicator']}/why/?"
        + urlencode({"area_type": row["area_type"], "area": own["code"]}),
    }


def _relation(release: Release, own: Row, row: Row) -> str:
    under = row["same_parent"] and f"also in {release.areas[own['parent_code']]['name']}"
    said = ", ".join(words for words in (row["shares_border"] and "shares a border", under) if words)
    return (said[:1].upper() + said[1:]) or "Near"


def _limits(row: Row, side: str) -> dict[str, float]:
    return {name: row[f"{side}{name}"] for name in ("lower_95", "upper_95")}


def _most_like_it(release: Release, own: Row, said: dict[str, str]) -> dict[str, Any]:
    ten = said["ten"].format(name=own["name"])
    try:
        found = peers_of(release, own["code"])
    except NotKnownError:
        return {"rows": [], "said": said["none"], "ten": ten}
    any_good = any(row["good_match"] for row in found)
    return {"rows": found, "said": "" if any_good else said["no_good"], "ten": ten}


def _own_set(release: Release, peers: Sequence[str]) -> dict[str, Any]:
    return {"rows": [{"peer": code, "peer_name": release.areas[code]["name"]} for code in peers], "said": ""}


def _choose(release: Release, own: Row, peers: Sequence[str], said: dict[str, str]) -> dict[str, Any]:
    """What a reader may take out of the set shown or add to it; the address then keeps the set."""
    page = f"{said['pages']}{own['code']}/"
    without = [[one for one in peers if one != code] for code in peers]
    known = reading.areas_by_type(release).get(own["area_type"], [])
    return {
        "action": page,
        "anchor": "peers",
        "one": said["one"],
        "name": own_peers.NAME,
        "fields": [(own_peers.NAME, ",".join(peers))] if peers else [],
        "areas": [
            {"name": release.areas[code]["name"]}
            | {"without": f"{page}?{own_peers.address(kept)}#peers" if kept else ""}
            for code, kept in zip(peers, without, strict=True)
        ],
        "others": [area for area in known if area["code"] not in (own["code"], *peers)],
    }
