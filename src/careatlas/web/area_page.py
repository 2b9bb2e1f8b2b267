"""The list of areas, and one area's page: three sentences, headline cards, spine chart, table."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.present.numbers import interval, number, unit_in_words, value_or_status
from careatlas.present.periods import period_code, period_name
from careatlas.present.words import area_in_brief
from careatlas.web import figures, reading
from careatlas.web.current import current_release
from careatlas.web.pages import crumb, show
from careatlas.web.reading import Row

CARDS = 4
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
    release = current_release()
    own = reading.area(release, code)
    values, comparisons = figures.latest_of_area(release, own)
    indicators = release.catalogue["indicators"]
    rows = [_row(release, own, value, comparisons) for value in values]
    parent = release.areas.get(own["parent_code"]) if own["parent_code"] else None
    page = {
        "area": own,
        "type": release.catalogue["area_types"].get(own["area_type"], {}).get("title", own["area_type"]),
        "parent": parent,
        "within": _within(release, own),
        "also_called": _also_called(release, own),
        "sentences": area_in_brief(own["name"], comparisons, indicators, values) if values else [],
        "cards": _cards(rows),
        "rows": sorted(rows, key=lambda row: (row["theme"], row["title"])),
        "quality": release.rows("completeness", submitter=own["code"]),
        "figure": _figure(release, own) if any(row["national"] for row in rows) else None,
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
    names = {row["name"] for row in release.rows("area_names", area=own["code"]) if row["kind"] != "area"}
    return sorted(names - {own["name"], own["official_name"]})[:24]


def _row(release: Release, own: Row, value: Row, comparisons: list[Row]) -> dict[str, Any]:
    indicator = release.catalogue["indicators"][value["indicator"]]
    compared = [row for row in comparisons if row["indicator"] == value["indicator"]]
    national = next((row for row in compared if row["benchmark"] == "national"), None)
    code = period_code(value["period_start"], value["period_end"])
    chosen = {"area_type": own["area_type"], "area": own["code"], "period": code}
    return {
        "title": indicator["short_title"],
        "theme": indicator["theme"],
        "unit": unit_in_words(indicator),
        "full_unit": indicator["unit"],
        "address": f"/indicators/{indicator['id']}/?" + urlencode(chosen),
        "period": period_name(value["period_start"], value["period_end"]),
        "value": value_or_status(value, indicator),
        "interval": interval(value, indicator),
        "status": value["status"],
        "note": value["note"] or "",
        "national": national,
        "benchmark": number(national["benchmark_value"], indicator) if national else "",
        "significance": national["significance"] if national else "not_compared",
        "rank": _rank(national),
        "standards": [_standard(row, indicator) for row in compared if row["benchmark"] == "standard"],
    }


def _standard(row: Row, indicator: dict[str, Any]) -> dict[str, str]:
    """A standard in force in the period, and whether the value meets it."""
    at_most = indicator["polarity"] == "lower_is_better"
    is_met = row["difference"] <= 0 if at_most else row["difference"] >= 0
    level = f"{'at most' if at_most else 'at least'} {number(row['benchmark_value'], indicator)}"
    return {"name": row["benchmark_name"], "level": level, "met": "met" if is_met else "not met"}


def _rank(national: Row | None) -> str:
    """The rank never goes without its interval."""
    if national is None or national["rank"] is None or national["rank_lower"] is None:
        return ""
    between = f"{national['rank_lower']:g} to {national['rank_upper']:g}"
    return f"{national['rank']:g} ({between}) of {national['ranked_areas']}"


def _cards(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """National standards first, then what differs most from the country in standard errors."""

    def order(row: dict[str, Any]) -> tuple[bool, float]:
        z = row["national"]["z"] if row["national"] else None
        return not row["standards"], -abs(z or 0)

    shown = [
        row for row in rows if row["standards"] or row["significance"] not in ("similar", "not_compared")
    ]
    return sorted(shown, key=order)[:CARDS]


def _figure(release: Release, own: Row) -> dict[str, Any]:
    base = f"/charts/{release.id}/areas/{own['code']}/spine"
    return {
        "name": "spine",
        "title": "Profile",
        "alt": f"Each indicator of {own['name']} beside the others. The table below has the same numbers.",
        "svg": f"{base}.svg?width=desk",
        "svg_phone": f"{base}.svg?width=phone",
        "json": f"{base}.json?width=desk",
        "json_phone": f"{base}.json?width=phone",
        "svg_file": f"{base}.svg",
        "png": f"{base}.png",
        "csv": f"/data/values.csv?area={own['code']}",
        "link": f"/areas/{own['code']}/",
    }
