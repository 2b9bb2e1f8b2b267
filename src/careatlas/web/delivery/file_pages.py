"""A plan as a spreadsheet: taken out; brought back, looked at cell by cell, and kept by a second step or discarded.

What becomes of a row is in `improve.delivery.reporting.spreadsheet_changes`.
"""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careatlas.errors import AtlasError, NotKnownError
from careatlas.improve.delivery.models import Plan
from careatlas.improve.delivery.planning import plans
from careatlas.improve.delivery.reporting import spreadsheet, spreadsheet_changes, spreadsheet_reading
from careatlas.improve.delivery.reporting.spreadsheet_changes import Otherwise, Preview
from careatlas.improve.delivery.reporting.spreadsheet_sheets import SHEETS, written_by_people
from careatlas.improve.evidence.writing import aside
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people.models import Role, User
from careatlas.improve.record import keeping
from careatlas.web.current import current_release
from careatlas.web.delivery.pages import DELIVERY
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, needs, signed_in
from careatlas.web.sent import number_in, see_other

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 200  # rows of a table: a person reads no more, and the file has them all
KIND = "xlsx"


@signed_in()
def workbook(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/plans/<number>/plan.xlsx``: what the person sees of it."""
    plan = plans.plan_seen(number, request.user)
    data = spreadsheet.as_workbook(plan, request.user, current_release())
    response = HttpResponse(data, content_type=WORKBOOK)
    response["Content-Disposition"] = f'attachment; filename="care-atlas-plan-{number}.xlsx"'
    return response


@needs(Role.PLAN_MANAGER, verbs=READ_AND_WRITE)
def start(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/plans/<number>/import/``: a file comes by POST."""
    plan = _written(request, number)
    if request.method != "POST":
        return _start(request, plan)
    try:
        token = _set_aside(request)
        _seen(request, plan, token)
    except AtlasError as fault:
        return _start(request, plan, fault)
    return see_other(f"{_place(number)}{token}/")


@needs(Role.PLAN_MANAGER, verbs=READ_AND_WRITE)
def looked_at(request: HttpRequest, number: int, token: str) -> HttpResponse:
    """``/delivery/plans/<number>/import/<token>/``: every difference; kept by POST, once however often it is sent."""
    plan = _written(request, number)
    try:
        if request.method != "POST":
            return _preview(request, token, plan, _seen(request, plan, token))
        leads_to = _kept_once(request, plan, token)
    except Wrong as fault:
        return _preview(request, token, plan, _seen(request, plan, token), 422, fault.faults)
    except Otherwise as fault:
        return _preview(request, token, plan, fault.seen, 409)
    except AtlasError as fault:
        return _start(request, plan, fault)
    aside.forget(settings.HOME, request.user, token)
    return see_other(leads_to)


@needs(Role.PLAN_MANAGER, verbs=WRITE)
def discard(request: HttpRequest, number: int, token: str) -> HttpResponse:
    """``/delivery/plans/<number>/import/<token>/discard/``"""
    aside.forget(settings.HOME, request.user, token)
    return see_other(_place(_written(request, number).pk))


def _set_aside(request: HttpRequest) -> str:
    """The token of a file that was sent."""
    file, most = request.FILES.get("file"), spreadsheet_reading.MOST_BYTES
    if file is None or not file.size:
        raise AtlasError("The file", "is not there, or is empty.", "Choose a file, then look at it.")
    if file.size > most:
        raise AtlasError(
            "The file", f"is larger than {most // 1024**2} MB.", "Divide it: sheets may be left out."
        )
    return aside.put(settings.HOME, request.user, KIND, file.read())


def _seen(request: HttpRequest, plan: Plan, token: str) -> Preview:
    brought = spreadsheet_reading.read(aside.found(settings.HOME, request.user, token)[1])
    return spreadsheet_changes.preview(plan, brought, request.user, current_release())


@transaction.atomic
def _kept_once(request: HttpRequest, plan: Plan, token: str) -> str:
    """Where it leads. Sent twice at one moment, the second waits and is led to the same place."""
    User.objects.select_for_update().get(pk=request.user.pk)
    return keeping.once(request.user.email, f"bring {token}", lambda: _kept(request, plan, token))


def _kept(request: HttpRequest, plan: Plan, token: str) -> str:
    brought = spreadsheet_reading.read(aside.found(settings.HOME, request.user, token)[1])
    why, shown = request.POST.get("why", ""), request.POST.get("shown", "")
    kept = spreadsheet_changes.keep(plan, brought, request.user, current_release(), why, shown)
    return f"{_place(plan.pk)}?kept={len(kept.changed) + len(kept.new)}"


def _preview(
    request: HttpRequest,
    token: str,
    plan: Plan,
    seen: Preview,
    status: int = 200,
    wrong: dict[str, str] | None = None,
) -> HttpResponse:
    page = {
        "plan": plan,
        "token": token,
        "seen": seen,
        "changed": [(one, each) for one in seen.changed for each in one.differences][:SHOWN],
        "new": seen.new[:SHOWN],
        "faults": seen.faults[:SHOWN],
        "shown": SHOWN,
        "left_out": seen.left_out.items(),
        "is_otherwise": status == 409,
        "wrong": wrong or {},
        "why": request.POST.get("why", ""),
        "longest_why": spreadsheet_changes.LONGEST_WHY,
        "crumbs": [*_crumbs(plan), crumb("Bring in a spreadsheet", _place(plan.pk))],
    }
    return render(request, "delivery/import_preview.html", page, status=status)


def _start(request: HttpRequest, plan: Plan, fault: AtlasError | None = None) -> HttpResponse:
    page: dict[str, Any] = {
        "plan": plan,
        "fault": fault,
        "kept": number_in(request.GET.dict(), "kept"),
        "megabytes": spreadsheet_reading.MOST_BYTES // 1024**2,
        "most_rows": spreadsheet_reading.MOST_ROWS,
        "sheets": [(sheet, list(written_by_people(sheet))) for sheet in SHEETS],
        "crumbs": _crumbs(plan),
    }
    return render(request, "delivery/import.html", page, status=422 if fault else 200)


def _written(request: HttpRequest, number: int) -> Plan:
    """A plan that the person writes, or of which an initiative. Raises NotKnownError."""
    plan = plans.plan_seen(number, request.user)
    if not spreadsheet_changes.may_bring(plan, request.user):
        raise NotKnownError(f"Plan {number}", "is none that you may write on.", "See the list of yours.")
    return plan


def _crumbs(plan: Plan) -> list[dict[str, str]]:
    return [DELIVERY, crumb(plan.title, f"/delivery/plans/{plan.pk}/")]


def _place(number: int) -> str:
    return f"/delivery/plans/{number}/import/"
