"""The list of areas, and one area's page: what stands out, what changed, who to ring, then every indicator."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.present.peers import chosen_peers
from careatlas.present.words import area_in_brief
from careatlas.web import (
    area_beside,
    area_cards,
    area_opportunities,
    area_people,
    area_ring,
    area_rows,
    area_signals,
    figures,
    own_peers,
    reading,
)
from careatlas.web.current import current_release
from careatlas.web.pages import crumb, show
from careatlas.web.pictures import pictures
from careatlas.web.reading import Row

MOST_OPEN = 120  # a longer list of areas is folded away: its names are found by search


def areas(request: HttpRequest) -> HttpResponse:
    release = current_release()
    groups = [
        {
            "id": one["id"],
            "plural": one["plural"],
            "parts": _under_parents(release, one["id"]),
            "number": len(reading.areas_by_type(release)[one["id"]]),
        }
        for one in sorted(release.catalogue["area_types"].values(), key=lambda one: one["order"])
        if one["id"] in reading.areas_by_type(release) and one["id"] != "country"
    ]
    page = {
        "groups": groups,
        "whole": reading.country(release),
        "most_open": MOST_OPEN,
    }
    return show(request, "areas.html", page)


def area(request: HttpRequest, code: str) -> HttpResponse:
    """``/areas/<code>/?peers=03R,15F&beside=``: comparisons with peers use the set named, else the computed one."""
    release = current_release()
    own = reading.area(release, code)
    values, comparisons = figures.latest_of_area(release, own)
    indicators = release.catalogue["indicators"]
    own_set = own_peers.asked_for(request.GET)
    peers = chosen_peers(release, own["code"], own_set or None)
    rows = area_rows.rows(release, own, values, comparisons, peers)
    lasting = area_cards.lasting_of(release, own)
    cards = area_cards.cards(release, values, comparisons, lasting, rows)
    parent = release.areas.get(own["parent_code"]) if own["parent_code"] else None
    has_pack = bool(rows) and own["area_type"] != "country"
    page = {
        "area": own,
        "type": release.catalogue["area_types"].get(own["area_type"], {}).get("title", own["area_type"]),
        "parent": parent,
        "within": _within(release, own),
        "also_called": _also_called(release, own),
        "sentences": area_in_brief(own["name"], comparisons, indicators, values) if values else [],
        "cards": cards,
        "rows": rows,
        "has_peers": any(row["peers"] for row in rows),
        "is_own_set": bool(own_set),
        "ring": area_ring.section(release, own, cards, peers, own_set)
        if own["area_type"] != "country"
        else None,
        "look": area_opportunities.section(release, own) if has_pack else None,
        "quality": release.rows("completeness", submitter=own["code"]),
        "figure": _figure(release, own) if any(row["national"] for row in rows) else None,
        "heat": area_beside.heat_section(release, own, request.GET),
        "signals": area_signals.section(release, own, lasting),
        "people": area_people.section(release, own),
        "crumbs": [crumb("Areas", "/areas/")]
        + ([crumb(parent["name"], f"/areas/{parent['code']}/")] if parent else []),
    }
    return show(request, "area.html", page)


def _under_parents(release: Release, area_type: str) -> list[dict[str, Any]]:
    """Areas under the names of those they lie in; without headings where that would be a heading each."""
    areas = reading.areas_by_type(release)[area_type]
    parents: dict[str, list[Row]] = {}
    for one in areas:
        parents.setdefault(one["parent_code"] or "", []).append(one)
    if len(parents) < 2 or any(code not in release.areas for code in parents):
        return [{"name": "", "areas": areas}]
    parts = [{"name": release.areas[code]["name"], "areas": members} for code, members in parents.items()]
    return sorted(parts, key=lambda part: part["name"])


def _within(release: Release, own: Row) -> list[dict[str, Any]]:
    """The areas that lie directly in this one, by type."""
    found = []
    for area_type, areas in reading.areas_by_type(release).items():
        members = [one for one in areas if one["parent_code"] == own["code"]]
        if members and len(members) <= MOST_OPEN:
            found.append({"plural": release.catalogue["area_types"][area_type]["plural"], "areas": members})
    return found


def _also_called(release: Release, own: Row) -> list[str]:
    names = {row["name"] for row in release.of_area("area_names", own["code"]) if row["kind"] != "area"}
    return sorted(names - {own["name"], own["official_name"]})[:24]


def _figure(release: Release, own: Row) -> dict[str, Any]:
    base = f"/charts/{release.id}/areas/{own['code']}/spine"
    return {
        "name": "spine",
        "title": "Profile",
        "alt": f"Each indicator of {own['name']} beside the others. The table below has the same numbers.",
        **pictures(base, width="desk"),
        "csv": f"/data/values.csv?area={own['code']}",
        "link": f"/areas/{own['code']}/",
    }
