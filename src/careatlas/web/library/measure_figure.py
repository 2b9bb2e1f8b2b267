"""What an example is measured by, drawn: the control chart with its start and what would have come otherwise."""

import functools
import json
from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.evidence.measuring import effect
from careatlas.improve.evidence.measuring.effect import Effect
from careatlas.improve.evidence.measuring.fixed import is_fixed_before
from careatlas.improve.evidence.models import Example
from careatlas.improve.evidence.writing import examples
from careatlas.present import spc_chart, spc_signals
from careatlas.present.measure_chart import measure_chart, measure_points
from careatlas.present.theme import Spec, to_png, to_svg
from careatlas.web import reading
from careatlas.web.current import current_release, source_line
from careatlas.web.figures import WIDTHS
from careatlas.web.pictures import pictures
from careatlas.web.policies import public

KINDS = {"svg": "image/svg+xml", "png": "image/png", "json": "application/json"}


@public()
def picture(request: HttpRequest, number: int, kind: str) -> HttpResponse:
    """``/library/<number>/measure.<svg|png|json>?width=``: to whom the example is handed out."""
    example = examples.handed_out_to(request.user).filter(pk=number).first()
    if example is None or kind not in KINDS or not _is_chosen(current_release(), example):
        raise NotKnownError("That picture", "is not here.", "")
    width = WIDTHS.get(request.GET.get("width", "desk"), WIDTHS["desk"])
    spec = _spec(current_release(), example, width)
    body = {"svg": to_svg, "png": to_png, "json": json.dumps}[kind](spec)
    return HttpResponse(body, content_type=KINDS[kind])


def of_page(release: Release, example: Example) -> dict[str, Any]:
    """Chart, table and sentences; nothing before an indicator, an area and a day were chosen."""
    page: dict[str, Any] = {"is_before": is_fixed_before(example)}
    if not _is_chosen(release, example):
        return page
    rows, about = _rows(release, example), release.catalogue["indicators"][example.indicator]
    measured = _measured(release, example)
    points = measure_points(rows, about, example.starts_on, measured.series if measured else ())
    return page | {
        "about": about,
        "area": release.areas[example.area]["name"],
        "measured": measured,
        "points": points[::-1],
        "is_adjusted": bool(rows) and rows[0]["adjustment"] == "season taken out",
        "has_expected": any(point["expected"] is not None for point in points),
        "sentences": spc_chart.in_words(rows, about),
        "span": spc_chart.span(points),
        "figure": {
            "name": "chart",
            "title": "",
            "alt": f"Control chart with the start marked: {about['title']}. The table below has the same numbers.",
            **pictures(f"/library/{example.pk}/measure", f"?version={example.version}", "desk"),
            "link": f"/library/{example.pk}/edit/measure/",
        },
    }


def drawing(release: Release, example: Example) -> Callable[[int], Spec] | None:
    """The chart at a width in pixels, for a document; None where nothing is chosen, or too little is on file."""
    if not _is_chosen(release, example) or not _rows(release, example):
        return None
    return lambda width: _spec(release, example, width)


def _spec(release: Release, example: Example, width: int) -> Spec:
    about = release.catalogue["indicators"][example.indicator]
    measured = _measured(release, example)
    return measure_chart(
        _rows(release, example),
        about,
        release.areas[example.area]["name"],
        example.starts_on,
        measured.series if measured else (),
        source=source_line(release, about),
        width=width,
    )


def _is_chosen(release: Release, example: Example) -> bool:
    known = example.indicator in release.catalogue["indicators"] and example.area in release.areas
    return known and example.starts_on is not None


def _rows(release: Release, example: Example) -> list[reading.Row]:
    return spc_signals.chart_points(release, example.indicator, example.area)


def _measured(release: Release, example: Example) -> Effect | None:
    """As figures stand now; what the verdict rests on is measured when it is given."""
    if not example.direction:
        return None
    is_before = is_fixed_before(example)
    return _effect(release, example.indicator, example.area, example.starts_on, example.direction, is_before)


@functools.lru_cache(maxsize=256)  # the page asks, and then each of its pictures
def _effect(
    release: Release, indicator: str, area: str, starts_on: date, direction: str, before: bool
) -> Effect:
    return effect.measure(release, indicator, area, starts_on, direction, fixed_before=before)
