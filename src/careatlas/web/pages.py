"""Home, search, the list of indicators, and the health check."""

import math
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from careatlas.engine.release import Release
from careatlas.present.numbers import (
    is_full_return,
    lower_first,
    number,
    number_with_unit,
    unit_in_words,
    value_or_status,
)
from careatlas.present.provider_figures import PROVIDER
from careatlas.web import reading
from careatlas.web.current import current_release, serving
from careatlas.web.reading import Row
from careatlas.web.search import Place
from careatlas.web.search import search as search_names
from careatlas.web.template_words import heading

LEFT_OUT = 5  # areas at each end, as the 2010 atlas of variation did: the extremes are mostly small numbers
FEWEST_AREAS = 20  # with fewer, leaving ten out leaves too little to compare
CARDS = 6


def show(request: HttpRequest, template: str, page: dict[str, Any]) -> HttpResponse:
    """A page that may be kept until the next release (see `careatlas.web.cache`)."""
    response = render(request, template, page)
    response.keep = True
    return response


def crumb(name: str, address: str) -> dict[str, str]:
    return {"name": name, "address": address}


def health(request: HttpRequest) -> JsonResponse:
    """For whoever watches the server: 200 while a release can be served."""
    name = serving()
    return JsonResponse(
        {"status": "ok" if name else "no release", "release": name}, status=200 if name else 503
    )


def home(request: HttpRequest) -> HttpResponse:
    release = current_release()
    page = {
        "varies_most": _varies_most(release),
        "themes": by_theme(release),
        "programmes": _by_programme(release),
        "area_types": _area_types(release),
    }
    return show(request, "home.html", page)


def search(request: HttpRequest) -> HttpResponse:
    release = current_release()
    asked = request.GET.get("q", "").strip()
    found = search_names(release, asked)
    page = {
        "asked": asked,
        "found": found,
        "places": _grouped(release, found.places),
    }
    return show(request, "search.html", page)


def indicators(request: HttpRequest) -> HttpResponse:
    release = current_release()
    themes = by_theme(release)
    for theme in themes:
        theme["indicators"] = [one | _latest_for_the_country(release, one) for one in theme["indicators"]]
    page = {
        "themes": themes,
        "number": sum(len(theme["indicators"]) for theme in themes),
        "collections": list(release.catalogue.get("collections", {}).values()),
    }
    return show(request, "indicators.html", page)


def by_theme(release: Release) -> list[dict[str, Any]]:
    """Indicators that have figures, under their theme."""
    themes: dict[str, list[dict[str, Any]]] = {}
    for one in reading.indicators_with_values(release):
        themes.setdefault(one["theme"], []).append(one)
    return [
        {
            "id": theme,
            "title": heading(theme),
            "indicators": sorted(members, key=lambda one: one["short_title"]),
        }
        for theme, members in sorted(themes.items())
    ]


def trimmed_fold(values: list[float]) -> tuple[float, float, float] | None:
    """Highest / lowest, lowest and highest, after leaving out five at each end; None where it cannot be said.

    >>> trimmed_fold([0.0] * 5 + [float(n) for n in range(10, 21)] + [99.0] * 5)
    (2.0, 10.0, 20.0)
    """
    kept = sorted(values)[LEFT_OUT:-LEFT_OUT] if len(values) >= FEWEST_AREAS else []
    return (kept[-1] / kept[0], kept[0], kept[-1]) if kept and kept[0] > 0 else None


def _varies_most(release: Release) -> list[dict[str, Any]]:
    """The indicators with the widest spread between areas that can be compared, widest first."""
    cards = [card for one in reading.indicators_with_values(release) if (card := _spread(release, one))]
    return sorted(cards, key=lambda card: -card["fold"])[:CARDS]


def _spread(release: Release, indicator: dict[str, Any]) -> dict[str, Any] | None:
    area_type = reading.area_types_of(release, indicator["id"])[0]
    rows = reading.values(release, indicator["id"], area_type)
    latest = reading.latest(rows)
    compared = [row for row in reading.in_period(rows, latest) if is_full_return(row)]
    spread = trimmed_fold([row["value"] for row in compared if row["value"] is not None])
    if spread is None:
        return None
    fold, low, high = spread
    return {
        "title": indicator["short_title"],
        "address": f"/indicators/{indicator['id']}/",
        "fold": math.floor(fold * 10) / 10,  # never more than it is
        "low": number(low, indicator),
        "high": number_with_unit(high, indicator),
        "areas": len(compared) - 2 * LEFT_OUT,
        "plural": lower_first(release.catalogue["area_types"][area_type]["plural"]),
        "period": latest.name,
        "beyond_chance": _beyond_chance(release, indicator["id"], compared, latest),
        "compared": len(compared),
    }


def _beyond_chance(release: Release, indicator: str, compared: list[Row], period: reading.Period) -> int:
    """How many areas' 99.8 % intervals leave out the country's value."""
    national = reading.in_period(reading.values(release, indicator, "country"), period)
    value = national[0]["value"] if national else None
    if value is None:
        return 0
    judged = [row for row in compared if row["lower_998"] is not None and row["upper_998"] is not None]
    return sum(not row["lower_998"] <= value <= row["upper_998"] for row in judged)


def _latest_for_the_country(release: Release, indicator: dict[str, Any]) -> dict[str, Any]:
    whole = reading.country(release)
    rows = reading.values(release, indicator["id"], "country")
    titles = [
        release.catalogue["area_types"][one]["title"]
        for one in reading.area_types_of(release, indicator["id"])
    ]
    levels = [lower_first(title) for title in titles]
    if not len(rows):
        return {"latest": None, "levels": ", ".join(levels)}
    period = reading.latest(rows)
    latest = next(row for row in reading.in_period(rows, period) if row["area"] == whole["code"])
    return {
        "latest": {"value": value_or_status(latest, indicator), "period": period.name},
        "unit": unit_in_words(indicator),
        "levels": ", ".join(levels),
    }


def _by_programme(release: Release) -> list[dict[str, Any]]:
    programmes: dict[str, list[dict[str, Any]]] = {}
    for one in reading.indicators_with_values(release):
        programmes.setdefault(one["programme"], []).append(one)
    known = release.catalogue["programmes"]
    return sorted(
        (
            {"title": known.get(name, {}).get("title", heading(name)), "indicators": members}
            for name, members in programmes.items()
        ),
        key=lambda programme: programme["title"],
    )


def _area_types(release: Release) -> list[dict[str, Any]]:
    found = reading.areas_by_type(release)
    return [
        {"id": one["id"], "plural": one["plural"], "number": len(found[one["id"]])}
        for one in sorted(release.catalogue["area_types"].values(), key=lambda one: one["order"])
        if one["id"] in found and one["id"] != "country"
    ]


def _grouped(release: Release, places: list[Place]) -> list[dict[str, Any]]:
    """One entry for each name, with every area that it leads to."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for place in places:
        title = release.catalogue["area_types"].get(place.area_type, {}).get("title", place.area_type)
        part = place.share is not None and place.share < 0.995
        groups.setdefault((place.name, place.kind), []).append(
            {
                "area": place.area,
                "area_name": place.area_name,
                "type_title": title,
                "is_provider": place.area_type == PROVIDER,
                "percent": max(1, round(100 * place.share)) if part else None,
            }
        )
    return [{"name": name, "kind": kind, "areas": areas} for (name, kind), areas in groups.items()]
