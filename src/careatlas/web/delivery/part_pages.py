"""Milestones, measures, risks and cycles, each with a page of its own to change it; and figures entered by month."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careatlas.improve.delivery.models import Measure
from careatlas.improve.delivery.planning import figures, initiatives, parts
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.web.current import current_release
from careatlas.web.delivery.forms import NOTHING, Sent, asked
from careatlas.web.delivery.initiative_pages import address, page_of
from careatlas.web.delivery.pages import DELIVERY
from careatlas.web.library.example_pages import key_of
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, needs, signed_in
from careatlas.web.sent import see_other, version_seen

MOST_BYTES = 200_000


@needs(Role.PLAN_MANAGER, verbs=WRITE)
def add(request: HttpRequest, number: int, part: str) -> HttpResponse:
    """``/delivery/initiatives/<number>/add/<part>/``"""
    said = request.POST.dict()

    def added() -> str:
        parts.add(number, part, said, request.user, current_release(), said.get("why", ""))
        return f"{address(number)}#{part}"

    try:
        return see_other(keeping.once(request.user.email, key_of(request), added))
    except Wrong as fault:
        return page_of(request, number, Sent(said, fault.faults), part)
    except initiatives.NotOpen as fault:
        return page_of(request, number, Sent(said, _over(fault)), part)


@needs(Role.PLAN_MANAGER, verbs=READ_AND_WRITE)
def change(request: HttpRequest, part: str, number: int) -> HttpResponse:
    """``/delivery/<part>/<number>/``: changed, or taken out."""
    row = parts.part_seen(part, number, request.user)
    if request.method != "POST":
        return _part_page(request, part, row)
    said, version, why = request.POST.dict(), version_seen(request), request.POST.get("why", "")
    try:
        if said.get("do") == "remove":
            parts.remove(part, number, request.user, version, why)
        else:
            parts.change(part, number, said, request.user, version, current_release(), why)
    except Wrong as fault:
        return _part_page(request, part, row, Sent(said, fault.faults))
    except keeping.EditedMeanwhile as meanwhile:
        return _part_page(request, part, row, Sent(said, now=meanwhile.now))
    except initiatives.NotOpen as fault:
        return _part_page(request, part, row, Sent(said, _over(fault)))
    return see_other(f"{address(row.initiative_id)}#{part}")


@needs(Role.PLAN_MANAGER, verbs=READ_AND_WRITE)
def entered(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/measures/<number>/figures/``: pasted, or a file."""
    measure = _written(request, number)
    if request.method != "POST":
        return _figures_page(request, measure)
    said = request.POST.dict()
    try:
        text = _text_of(request)
        said["months"] = figures.without_stamp(text)  # a file's lines stay in the box, too
        seen = figures.stamp_in(text) or said.get("seen", "")
        figures.keep(number, request.user, seen, text, said.get("why", ""))
    except Wrong as fault:
        return _figures_page(request, measure, Sent(said, fault.faults))
    except keeping.EditedMeanwhile as meanwhile:
        return _figures_page(request, measure, Sent(said, now=meanwhile.now))
    except initiatives.NotOpen as fault:
        return _figures_page(request, measure, Sent(said, _over(fault)))
    return see_other(request.path)


@signed_in()
def entered_csv(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/measures/<number>/figures.csv``: all that is on file, to be changed and brought back."""
    measure: Measure = parts.part_seen("measures", number, request.user)
    response = HttpResponse(figures.as_text(measure), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="care-atlas-measure-{number}.csv"'
    return response


def _part_page(request: HttpRequest, part: str, row: Any, sent: Sent = NOTHING) -> HttpResponse:
    kind = parts.kind_named(part)
    initiative = initiatives.written(row.initiative_id, request.user)
    page = {
        "part": kind,
        "row": row,
        "initiative": initiative,
        "version": sent.now.version if sent.now is not None else row.version,
        "asked": asked(kind.asks, current_release(), initiative, row, sent),
        "asks_why": initiatives.is_baselined(initiative),
        "sent": sent,
        "crumbs": _crumbs(initiative),
    }
    return render(request, "delivery/part.html", page, status=sent.status)


def _figures_page(request: HttpRequest, measure: Measure, sent: Sent = NOTHING) -> HttpResponse:
    initiative = initiatives.written(measure.initiative_id, request.user)
    page = {
        "measure": measure,
        "initiative": initiative,
        "figures": list(measure.figures.order_by("-month")),
        "stamp": figures.stamp(measure),
        "differing": figures.differing(measure, figures.read_months(sent.said["months"])) if sent.now else [],
        "sent": sent,
        "crumbs": _crumbs(initiative),
    }
    return render(request, "delivery/figures.html", page, status=sent.status)


def _text_of(request: HttpRequest) -> str:
    """A file, where one was sent; else what was pasted. Raises Wrong."""
    sent = request.FILES.get("file")
    if sent is None:
        return request.POST.get("months", "")
    if sent.size > MOST_BYTES:
        raise Wrong({"months": "The file is too large: keep to a line a month."})
    try:
        return sent.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Wrong({"months": "The file is no text: save it from the spreadsheet as CSV (UTF-8)."}) from None


def _written(request: HttpRequest, number: int) -> Measure:
    measure = parts.part_seen("measures", number, request.user)
    initiatives.written(measure.initiative_id, request.user)
    return measure


def _crumbs(initiative: Any) -> list[dict[str, str]]:
    return [DELIVERY, crumb(initiative.title, address(initiative.pk))]


def _over(fault: initiatives.NotOpen) -> dict[str, str]:
    return {
        "status": f"The initiative is {fault.initiative.get_status_display().lower()}: nothing was changed."
    }
