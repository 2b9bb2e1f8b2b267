"""“We are doing this”: registering it, who does it and with what result, and one adopter's measured course.

The rules are in `improve.evidence.adopting`; here is what the forms say and what comes back.
"""

import json
import secrets
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.evidence.following import adopting
from careatlas.improve.evidence.measuring import effect
from careatlas.improve.evidence.models import Adoption, Example
from careatlas.improve.evidence.writing import examples
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people.models import Organisation
from careatlas.improve.record import keeping
from careatlas.present import spc_chart, spc_signals
from careatlas.present.measure_chart import measure_chart, measure_points
from careatlas.present.theme import to_png, to_svg
from careatlas.web.current import current_release, source_line
from careatlas.web.downloads import of_rows
from careatlas.web.figures import WIDTHS
from careatlas.web.library.example_pages import key_of
from careatlas.web.library.match_pages import LIBRARY, published
from careatlas.web.library.measure_figure import KINDS
from careatlas.web.pages import crumb
from careatlas.web.pictures import pictures
from careatlas.web.policies import READ_AND_WRITE, WRITE, needs, public
from careatlas.web.sent import day, see_other, version_seen

MOST_LISTED = 60  # organisations: beyond that a code is typed


@needs(*adopting.ADOPTERS, verbs=READ_AND_WRITE)
def adopt(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/<number>/adopt/``"""
    example = published(request, number)
    if request.method == "POST":
        try:
            return see_other(
                keeping.once(request.user.email, key_of(request), lambda: _registered(request, example))
            )
        except Wrong as fault:
            return _adopt_page(request, example, fault.faults)
    return _adopt_page(request, example)


@public()
def adopters(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/<number>/adopters/``: all who do it, those it did not work for too."""
    example = examples.visible_to(request.user).filter(pk=number, published_at__isnull=False).first()
    example = example or published(request, number)
    page = {"example": example, **of_example(request, example)}
    page["crumbs"] = [LIBRARY, crumb(example.title, f"/library/{number}/")]
    return render(request, "library/adopters.html", page)


@public()
def adopters_csv(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/<number>/adopters.csv``"""
    example = published(request, number)
    return of_rows([_as_row(one) for one in adopting.adopters(example)], "adopters", request)


@public()
def adoption(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/adoptions/<number>/``: what came of it at one place."""
    return _adoption_page(request, _found(request, number))


@needs(*adopting.ADOPTERS, verbs=WRITE)
def take_back(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/adoptions/<number>/take-back/``: sent again it finds nothing more to do."""
    mine = adopting.kept_by(request.user).filter(pk=number).first()
    if mine is None:
        return HttpResponseRedirect("/library/")
    place = f"/library/{mine.example_id}/adopters/"
    try:
        adopting.take_back(
            mine, request.user, version_seen(request), request.POST.get("why", ""), current_release()
        )
    except adopting.HasResult:
        return _adoption_page(
            request, mine, 409, "Figures of the time after the start are on file: it can only be stopped."
        )
    except keeping.EditedMeanwhile as meanwhile:
        return _changed(request, meanwhile)
    return see_other(place)


@needs(*adopting.ADOPTERS, verbs=WRITE)
def stop(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/adoptions/<number>/stop/``"""
    mine = adopting.kept_by(request.user).filter(pk=number).first()
    if mine is None:
        raise Http404
    try:
        adopting.stop(
            mine, request.user, version_seen(request), day(request, "stopped_on"), request.POST.get("why", "")
        )
    except Wrong as fault:
        return _adoption_page(request, mine, 422, faults=fault.faults)
    except keeping.EditedMeanwhile as meanwhile:
        return _changed(request, meanwhile)
    return see_other(_address(mine))


@public()
def picture(request: HttpRequest, number: int, kind: str) -> HttpResponse:
    """``/library/adoptions/<number>/result.<svg|png|json|csv>``"""
    found, release = _found(request, number), current_release()
    if kind == "csv":
        return of_rows(_measured(found).as_rows() if _measured(found) else [], "adoption", request)
    if kind not in KINDS or not _is_drawn(release, found):
        raise NotKnownError("That picture", "is not here.", "")
    about = release.catalogue["indicators"][found.example.indicator]
    measured = _measured(found)
    spec = measure_chart(
        spc_signals.chart_points(release, found.example.indicator, found.organisation_id),
        about,
        release.areas[found.organisation_id]["name"],
        found.starts_on,
        measured.series if measured else (),
        source=source_line(release, about),
        width=WIDTHS.get(request.GET.get("width", "desk"), WIDTHS["desk"]),
    )
    return HttpResponse(
        {"svg": to_svg, "png": to_png, "json": json.dumps}[kind](spec), content_type=KINDS[kind]
    )


def of_example(request: HttpRequest, example: Example) -> dict[str, Any]:
    """What a page of an example shows of its adopters, and whether its reader may become one."""
    found = adopting.adopters(example)
    counted = [
        (words, sum(one.outcome == outcome for one in found)) for outcome, words in adopting.OUTCOMES.items()
    ]
    return {
        "adopters": found,
        "outcomes": [(words, count) for words, count in counted if count],
        "adopts": request.user.is_authenticated and adopting.may_adopt(request.user, example).exists(),
    }


def _registered(request: HttpRequest, example: Example) -> str:
    asked = request.POST
    code = asked.get("organisation", "").strip().upper()
    organisation = Organisation.objects.filter(pk=code).first()
    if organisation is None:
        raise Wrong({"organisation": "Choose an organisation, or give the code of one."})
    return _address(
        adopting.register(
            example.pk,
            request.user,
            organisation,
            day(request, "starts_on"),
            asked.get("note", ""),
            current_release(),
        )
    )


def _adopt_page(request: HttpRequest, example: Example, faults: dict[str, str] | None = None) -> HttpResponse:
    mine, release = adopting.may_adopt(request.user, example), current_release()
    page = {
        "example": example,
        "about": release.catalogue["indicators"].get(example.indicator),
        "organisations": list(mine[:MOST_LISTED]) if mine.count() <= MOST_LISTED else [],
        "may": mine.exists(),
        "said": request.POST,
        "faults": faults or {},
        "key": request.POST.get("key") or secrets.token_urlsafe(16),
        "crumbs": [LIBRARY, crumb(example.title, f"/library/{example.pk}/")],
    }
    return render(request, "library/adopt.html", page, status=422 if faults else 200)


def _adoption_page(
    request: HttpRequest, found: Adoption, status: int = 200, told: str = "", faults: Any = None
) -> HttpResponse:
    release, example = current_release(), found.example
    keeps = request.user.is_authenticated and adopting.kept_by(request.user).filter(pk=found.pk).exists()
    page = {
        "adoption": found,
        "example": example,
        "adopter": adopting.told(found, example),
        "measured": _measured(found),
        "about": release.catalogue["indicators"].get(example.indicator),
        "keeps": keeps and found.stopped_on is None,
        "can_take_back": not adopting.has_figures_after(found, release),
        "told": told,
        "faults": faults or {},
        "said": request.POST,
        "crumbs": [
            LIBRARY,
            crumb(example.title, f"/library/{example.pk}/"),
            crumb("Who does it", f"/library/{example.pk}/adopters/"),
        ],
        **_drawn(release, found),
    }
    return render(request, "library/adoption.html", page, status=status)


def _drawn(release: Release, found: Adoption) -> dict[str, Any]:
    if not _is_drawn(release, found):
        return {}
    about = release.catalogue["indicators"][found.example.indicator]
    rows = spc_signals.chart_points(release, found.example.indicator, found.organisation_id)
    measured = _measured(found)
    points = measure_points(rows, about, found.starts_on, measured.series if measured else ())
    return {
        "points": points[::-1],
        "span": spc_chart.span(points),
        "has_expected": any(point["expected"] is not None for point in points),
        "figure": {
            "name": "chart",
            "title": "",
            "alt": f"Control chart with the start marked: {about['title']}. The table below has the same numbers.",
            **pictures(f"/library/adoptions/{found.pk}/result", f"?version={found.version}", "desk"),
            "csv": f"/library/adoptions/{found.pk}/result.csv",
            "link": _address(found),
        },
    }


def _is_drawn(release: Release, found: Adoption) -> bool:
    indicator = found.example.indicator
    known = indicator in release.catalogue["indicators"] and found.organisation_id in release.areas
    return known and bool(spc_signals.chart_points(release, indicator, found.organisation_id))


def _measured(found: Adoption) -> effect.Effect | None:
    """None before the first figures, and where only a reason is kept."""
    return effect.Effect.from_json(found.effect) if found.effect and "series" in found.effect else None


def _as_row(one: adopting.Adopter) -> dict[str, Any]:
    kept = one.adoption.effect or {}
    return {
        "organisation": one.adoption.organisation_id,
        "name": one.adoption.organisation.name,
        "starts_on": one.adoption.starts_on,
        "stopped_on": one.adoption.stopped_on,
        "registered_before_the_result": one.is_before,
        "outcome": one.outcome,
        **{f"effect_{name}": kept.get(name) for name in ("percent", "lower", "upper")},
        "release": kept.get("release"),
        "reason": one.reason,
    }


def _changed(request: HttpRequest, meanwhile: keeping.EditedMeanwhile) -> HttpResponse:
    found = _found(request, meanwhile.now.pk)
    return _adoption_page(
        request, found, 409, "Somebody, or new figures, changed this since you opened it. Look, then decide."
    )


def _found(request: HttpRequest, number: int) -> Adoption:
    found = adopting.visible_to(request.user).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _address(found: Adoption) -> str:
    return f"/library/adoptions/{found.pk}/"
