"""Examples for one area's gaps, and areas that could gain from one example: each row with its reasons.

The choosing is in `improve.evidence.matching`; the command line and the API give the same rows.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from careatlas.engine.release import Release
from careatlas.improve.evidence.matching import choosing, inviting, needs
from careatlas.improve.evidence.matching.needs import Need
from careatlas.improve.evidence.matching.reasons import gap_in_words
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing import examples
from careatlas.improve.people.models import Role
from careatlas.web import reading
from careatlas.web.current import current_release
from careatlas.web.downloads import of_rows
from careatlas.web.pages import crumb
from careatlas.web.policies import WRITE, public
from careatlas.web.policies import needs as needs_role
from careatlas.web.sent import see_other

LIBRARY = crumb("Library", "/library/")
MOST_FOR_A_GAP = 3
WEIGHED = {
    "topic": "The same indicator; of the same programme only, three tenths of it",
    "gap": "How large the gap is, by the limit nearer to none",
    "effect": "What the atlas measured, by the limit nearer to none; little where it is not proven",
    "setting": "How alike the people of the two places are",
    "rating": "What the assessors said",
}


@public()
def for_area(request: HttpRequest, code: str) -> HttpResponse:
    """``/library/for/<code>/``"""
    release = current_release()
    area = reading.area(release, code)
    rows = choosing.for_area(release, area["code"])
    found = needs.of_area(release, area["code"])
    page = {
        "area": area,
        "gaps": [_gap(release, need, rows) for need in _in_order(found, rows)],
        "matches": len(rows),
        "weights": [(WEIGHED[name], weight) for name, weight in choosing.WEIGHTS.items()],
        "crumbs": [LIBRARY, crumb(area["name"], f"/areas/{area['code']}/")],
    }
    return render(request, "library/match.html", page)


@public()
def for_area_csv(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """``/library/for/<code>.csv``"""
    release = current_release()
    return of_rows(choosing.for_area(release, reading.area(release, code)["code"]), "examples", request)


@public()
def for_example(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/<number>/gain/``"""
    release, example = current_release(), published(request, number)
    page = {
        "example": example,
        "rows": gaining(release, example),
        "about": release.catalogue["indicators"].get(example.indicator),
        "crumbs": [LIBRARY, crumb(example.title, f"/library/{example.pk}/")],
    }
    return render(request, "library/gain.html", page)


@public()
def for_example_csv(request: HttpRequest, number: int) -> StreamingHttpResponse:
    """``/library/<number>/gain.csv``"""
    return of_rows(choosing.for_example(current_release(), published(request, number)), "gain", request)


@needs_role(Role.AUTHOR, verbs=WRITE)
def decline(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/invitations/<number>/decline/``: not to be written up, and not asked again."""
    inviting.decline(number, request.user)
    return see_other("/library/mine/")


def gaining(release: Release, example: Example) -> list[dict[str, Any]]:
    """`choosing.for_example`, with what a page's table says of each."""
    titles = {id: one["title"] for id, one in release.catalogue["area_types"].items()}
    return [row | {"type": titles[row["area_type"]]} for row in choosing.for_example(release, example)]


def published(request: HttpRequest, number: int) -> Example:
    """A published example by its number, else 404."""
    example = examples.visible_to(request.user).filter(pk=number, stage=Stage.PUBLISHED).first()
    if example is None:
        raise Http404
    return example


def _in_order(found: list[Need], rows: list[dict[str, Any]]) -> list[Need]:
    """Gaps with examples first, the best match first; then the others, the largest first."""
    place = {row["indicator"]: number for number, row in reversed(list(enumerate(rows)))}
    return sorted(found, key=lambda need: place.get(need.indicator, len(rows)))


def _gap(release: Release, need: Need, rows: list[dict[str, Any]]) -> dict[str, Any]:
    about = release.catalogue["indicators"][need.indicator]
    said = gap_in_words(release, need)
    fitting = [
        row | {"about": _capital(row["why"].removeprefix(f"{said}; "))}  # the gap stands above all of them
        for row in rows
        if row["indicator"] == need.indicator
    ]
    return {
        "indicator": need.indicator,
        "title": about["title"],
        "sentence": f"{said}.",
        "why": f"/indicators/{need.indicator}/why/?area_type={need.area_type}&area={need.area}",
        "rows": fitting[:MOST_FOR_A_GAP],
        "left_out": max(0, len(fitting) - MOST_FOR_A_GAP),
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
