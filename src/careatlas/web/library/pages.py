"""Reading the library: the list with its search, and a page an example, which is also a PDF, CSV and JSON."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from careatlas.catalogue.library import load_gates
from careatlas.engine.release import Release
from careatlas.improve.evidence import finding, printing
from careatlas.improve.evidence.assessing import deciding, rounds
from careatlas.improve.evidence.following import follows
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing import carrying, examples
from careatlas.improve.evidence.writing.history import history_of
from careatlas.improve.people import roles
from careatlas.improve.people.models import Role
from careatlas.present.typeset import to_pdf
from careatlas.web.current import current_release
from careatlas.web.library import adopt_pages, match_pages, measure_figure, talk_pages
from careatlas.web.library.assess_words import example_told, result_told
from careatlas.web.pages import crumb
from careatlas.web.policies import public

LIBRARY = crumb("Library", "/library/")
MOST_GAINING = 10
COLUMNS = (*carrying.STANDING[:1], *carrying.ANSWERS, *carrying.STANDING[1:])
KINDS = ("csv", "json")


@public()
def library(request: HttpRequest) -> HttpResponse:
    """``/library/?words=&programme=&setting=&rating=&verdict=&saving=&indicator=&region=&order=&page=``"""
    asked, release = finding.Asked.read(request.GET), current_release()
    found = finding.find(request.user, asked, release)
    here = asked.as_text()
    page = {
        "asked": asked,
        "found": found,
        "listed": [_listed(one, release) for one in found.examples],
        "orders": finding.ORDERS,
        "without": [_without(asked, facet) for facet in found.facets if getattr(asked, facet.name)],
        "query": here,
        "before": _at(asked, asked.page - 1) if asked.page > 1 else "",
        "after": _at(asked, asked.page + 1) if asked.page < found.pages else "",
        "is_for_real": not release.manifest["simulated"],
        **({"follow": _follow(request, "search", here)} if here else {}),
    }
    return render(request, "library/list.html", page)


@public()
def listed(request: HttpRequest, kind: str) -> HttpResponse:
    """``/library/examples.<csv|json>?...``: all that the list would show, on however many pages."""
    asked = finding.Asked.read(request.GET)
    finding.check(asked, finding.titles_of(current_release()))
    numbers = finding.matching(asked)
    by_number = examples.visible_to(request.user).in_bulk(numbers)
    return _file((by_number[number] for number in numbers if number in by_number), kind, "library")


@public()
def example(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/<number>/``: for as long as there is an atlas; withdrawn, it says so and why."""
    found = _found(request, number)
    is_worked_on = examples.worked_on_by(request.user).filter(pk=number).exists()
    page: dict[str, Any] = {
        "example": found,
        "crumbs": [LIBRARY],
        "is_worked_on": is_worked_on,
        "is_public": found.stage == Stage.PUBLISHED,
        "is_withdrawn": found.stage == Stage.WITHDRAWN,
    }
    if found.stage == Stage.WITHDRAWN and not is_worked_on:
        return render(request, "library/example.html", page, status=410)
    return render(request, "library/example.html", page | _told(request, current_release(), found))


@public()
def carried(request: HttpRequest, number: int, kind: str) -> HttpResponse:
    """``/library/<number>/example.<pdf|csv|json>``"""
    found, release = examples.handed_out_to(request.user).filter(pk=number).first(), current_release()
    if found is None:
        raise Http404
    if kind != "pdf":
        return _file([found], kind, f"example-{number}")
    draw = measure_figure.drawing(release, found)
    document = printing.document_of(found, release, rounds.result_seen_by(found, request.user), draw)
    response = HttpResponse(to_pdf(document), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="care-atlas-example-{number}.pdf"'
    return response


def _told(request: HttpRequest, release: Release, found: Example) -> dict[str, Any]:
    """All that a page says of an example that may be read."""
    shown = rounds.result_seen_by(found, request.user)
    measure = measure_figure.of_page(release, found)
    if "figure" in measure:
        measure["figure"]["link"] = f"/library/{found.pk}/"
    if (found.effect or {}).get("release") == release.id:
        measure["measured"] = None  # the verdict above says the same
    gaining = match_pages.gaining(release, found) if found.stage == Stage.PUBLISHED else []
    return {
        "listed": _listed(found, release),
        "sections": example_told(found, release),
        "gates": load_gates(),
        "result": result_told(shown, found, request.user) if shown else None,
        "measure": measure,
        "measured": list(deciding.measured(found)),
        "about": release.catalogue["indicators"].get(found.indicator),
        "rows": gaining[:MOST_GAINING],
        "more_gaining": max(0, len(gaining) - MOST_GAINING),
        "threads": talk_pages.of_example(request, release, found),
        "to_decide": deciding.round_decided_by(found, request.user),
        "history": history_of(found, request.user),
        **adopt_pages.of_example(request, found),
        "follow": _follow(request, "example", str(found.pk)),
        "plans": found.stage == Stage.PUBLISHED and roles.has(request.user, Role.PLAN_MANAGER),
    }


def _follow(request: HttpRequest, kind: str, key: str) -> dict[str, Any]:
    """What the button sends; nothing without an account."""
    if not request.user.is_authenticated:
        return {}
    words = "Tell me when there is something new on this search" if kind == "search" else ""
    following_now = follows.is_following(request.user, kind, key)
    return {"kind": kind, "key": key, "is_following": following_now, "words": words}


def _listed(one: Example, release: Release) -> dict[str, Any]:
    """An example as the list has it."""
    titles = release.catalogue["programmes"]
    about = release.catalogue["indicators"].get(one.indicator)
    return {
        "example": one,
        "rating": load_gates().title_of(one.rating) if one.overall is not None else "",
        "programme": titles.get(one.programme, {}).get("title", one.programme),
        "indicator": about["title"] if about else "",
        "effect": one.effect if one.effect and one.effect.get("percent") is not None else None,
    }


def _without(asked: finding.Asked, facet: finding.Facet) -> dict[str, str]:
    """A choice that was made, and the address of the list without it."""
    chosen = next(choice.title for choice in facet.choices if choice.is_chosen)
    kept = {name: value for name, value in asked.as_dict().items() if name != facet.name}
    return {"title": f"{facet.title}: {chosen}", "address": f"/library/?{urlencode(kept)}"}


def _at(asked: finding.Asked, page: int) -> str:
    return f"/library/?{urlencode(asked.as_dict() | {'page': page})}"


def _found(request: HttpRequest, number: int) -> Example:
    found = examples.visible_to(request.user).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _file(found: Iterable[Example], kind: str, name: str) -> HttpResponse | StreamingHttpResponse:
    if kind not in KINDS:
        raise Http404
    rows = map(carrying.row_of, found)
    if kind == "csv":
        lines = carrying.as_csv(rows, COLUMNS)
        response: Any = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(carrying.as_json(rows), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="care-atlas-{name}.{kind}"'
    return response
