"""A measure's control chart with the day its initiative started, business as usual from then on with its target, and
what was tried on it.
"""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import Measure
from careatlas.improve.delivery.planning import parts, seen, usual
from careatlas.present import spc_chart
from careatlas.present.measure_chart import measure_chart
from careatlas.present.theme import Spec, to_png, to_svg
from careatlas.web import usual_section
from careatlas.web.current import current_release, source_line
from careatlas.web.delivery.initiative_pages import address
from careatlas.web.delivery.pages import DELIVERY
from careatlas.web.figures import WIDTHS
from careatlas.web.library.measure_figure import KINDS
from careatlas.web.pages import crumb
from careatlas.web.pictures import pictures
from careatlas.web.policies import signed_in


@signed_in()
def chart(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/measures/<number>/chart/``"""
    measure, release = parts.part_seen("measures", number, request.user), current_release()
    rows, about = seen.chart_points(measure, release), seen.about(measure, release)
    points = spc_chart.spc_points(rows, about)
    page = {
        "measure": measure,
        "initiative": measure.initiative,
        "area": _place(measure, release),
        "last": seen.last(measure, release),
        "points": points[::-1],
        "span": spc_chart.span(points),
        "sentences": spc_chart.in_words(rows, about),
        "cycles": measure.cycle_set.order_by("began_on", "pk"),
        "figure": _figure(measure, "chart", "Control chart") if rows else None,
        "usual": _usual(measure, release),
        "crumbs": [DELIVERY, crumb(measure.initiative.title, address(measure.initiative_id))],
    }
    return render(request, "delivery/measure.html", page)


@signed_in()
def picture(request: HttpRequest, number: int, kind: str) -> HttpResponse:
    """``/delivery/measures/<number>/chart.<svg|png|json>``"""
    measure = parts.part_seen("measures", number, request.user)
    return _drawn(request, kind, lambda width: _spec(measure, current_release(), width))


@signed_in()
def usual_picture(request: HttpRequest, number: int, kind: str) -> HttpResponse:
    """``/delivery/measures/<number>/usual.<svg|png|json>``"""
    measure, release = parts.part_seen("measures", number, request.user), current_release()
    found = usual.usual_of(measure, release)
    return _drawn(request, kind, lambda width: usual.usual_spec(found, _source(measure, release), width))


def _drawn(request: HttpRequest, kind: str, spec: Callable[[int], Spec]) -> HttpResponse:
    if kind not in KINDS:
        raise NotKnownError("That picture", "is not here.", "")
    drawn = spec(WIDTHS.get(request.GET.get("width", "desk"), WIDTHS["desk"]))
    return HttpResponse(
        {"svg": to_svg, "png": to_png, "json": json.dumps}[kind](drawn), content_type=KINDS[kind]
    )


def _spec(measure: Measure, release: Release, width: int) -> Spec:
    rows, about = seen.chart_points(measure, release), seen.about(measure, release)
    source = _source(measure, release)
    place, starts_on = _place(measure, release), measure.initiative.starts_on
    if starts_on is None:
        return spc_chart.spc_chart(rows, about, place, target=measure.target, source=source, width=width)
    return measure_chart(rows, about, place, starts_on, source=source, width=width)


def _source(measure: Measure, release: Release) -> str:
    about = seen.about(measure, release)
    return source_line(release, about) if measure.indicator and about else "Source: figures entered by month."


def _usual(measure: Measure, release: Release) -> dict[str, Any]:
    """What would have come, and the target; or why nothing can be said."""
    try:
        found = usual.usual_of(measure, release)
    except NotKnownError as fault:
        return {"fault": str(fault)}
    told = usual_section.told(found.before, found.after, found.about)
    return told | {"figure": _figure(measure, "usual", "Business as usual")}


def _place(measure: Measure, release: Release) -> str:
    """The area of the indicator, or whose initiative it is."""
    return release.areas.get(measure.area, {}).get("name") or measure.initiative.organisation.name


def _figure(measure: Measure, name: str, title: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": "",
        "alt": f"{title}: {measure.title}. The table below has the same numbers.",
        **pictures(f"/delivery/measures/{measure.pk}/{name}", width="desk"),
        "link": f"/delivery/measures/{measure.pk}/chart/",
    }
