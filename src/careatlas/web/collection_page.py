"""A collection of indicators: by programme-budget category, what each shows, where, since when, and what stands out."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.present.collections import collection_named, extent, list_collection
from careatlas.present.periods import period_name
from careatlas.present.publications import publications_of
from careatlas.web import reading
from careatlas.web.current import current_release
from careatlas.web.pages import crumb, lower_first, show
from careatlas.web.reading import Row

FAR, NEAR = "99.8", "95"  # the limits that 1 of 500 equal areas leaves by chance, and 1 of 20


def collection(request: HttpRequest, id: str) -> HttpResponse:
    """``/collections/<id>/``"""
    release = current_release()
    found = collection_named(release, id)
    listed = list_collection(release, id)
    rows = [_row(release, row) for row in listed]
    levels = release.catalogue["area_types"]
    held = extent(release, listed)
    page = {
        "collection": found,
        "held": held,
        "levels": [lower_first(levels[level]["plural"]) for level in _in_order(release, held.levels)],
        "parts": [_part(release, part["category"], rows) for part in found["parts"]],
        "others": [one for one in release.catalogue["collections"].values() if one["id"] != id],
        "crumbs": [crumb("Indicators", "/indicators/")],
    }
    return show(request, "collection.html", page)


def _part(release: Release, category: str, rows: list[Row]) -> dict[str, Any]:
    of_care = release.catalogue["programmes"].get(category, {})
    return {
        "id": category,
        "title": of_care.get("title", "Care of every kind"),
        "covers": of_care.get(
            "covers", "No programme-budget category: they are about care for any condition."
        ),
        "rows": [row for row in rows if row["category"] == category],
    }


def _row(release: Release, listed: Row) -> dict[str, Any]:
    id = listed["indicator"]
    indicator = release.catalogue["indicators"][id]
    levels = _in_order(release, listed["area_types"])
    page = f"/indicators/{id}/"
    return {
        "title": indicator["short_title"],
        "address": page,
        "category": listed["category"],
        "is_own": listed["is_own_figures_only"],
        "levels": [
            {"name": release.catalogue["area_types"][level]["plural"], "address": f"{page}?area_type={level}"}
            | {"has_map": release.catalogue["area_types"][level]["boundaries"]}
            for level in levels
        ],
        "periods": listed["periods"],
        "stands_out": _stands_out(release, id, levels[0]) if levels else None,
        "publications": [one["title"] for one in publications_of(release, [indicator])] if levels else [],
    }


def _in_order(release: Release, levels: Any) -> list[str]:
    return sorted(levels, key=lambda level: release.catalogue["area_types"][level]["order"])


def _stands_out(release: Release, indicator: str, level: str) -> dict[str, Any] | None:
    """How many areas of the level lie beyond limits of chance, and which lies furthest out."""
    period = reading.latest_period(release, indicator, level)
    compared = [
        row
        for rows in reading.latest_by_area(release, "comparisons", indicator, level).values()
        for row in rows
        if row["benchmark"] == "national" and row["significance"] not in (None, "not_compared")
    ]
    if not compared:
        return None
    limits = _limits(release, indicator, level)
    apart = [row for row in compared if row["significance"] != "similar"]
    beyond = [row for row in apart if limits == NEAR or row["limits"] == FAR]
    told = [row for row in beyond if row["z"] is not None]
    furthest = max(told, key=lambda row: abs(row["z"]), default=None)
    return {
        "period": period_name(period.start, period.end),
        "limits": limits,
        "compared": len(compared),
        "plural": lower_first(release.catalogue["area_types"][level]["plural"]),
        "beyond": len(beyond),
        "higher": sum(row["difference"] > 0 for row in beyond),
        "lower": sum(row["difference"] < 0 for row in beyond),
        "furthest": release.areas[furthest["area"]] if furthest else None,
    }


def _limits(release: Release, indicator: str, level: str) -> str:
    """The narrower where a publisher worked out the figures and prints no others: nobody would lie beyond the wide."""
    rows = reading.latest_by_area(release, "values", indicator, level).values()
    return FAR if any(row["lower_998"] is not None for found in rows for row in found) else NEAR
