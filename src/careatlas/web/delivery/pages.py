"""What is mine to deliver, and plans: the list, a plan with its initiatives, starting and fixing one."""

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from careatlas.engine.release import Release
from careatlas.improve.delivery.models import Initiative, Plan
from careatlas.improve.delivery.planning import asks, due, history, plans, who
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.evidence.writing.sections import workstreams
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.web.current import current_release
from careatlas.web.delivery.forms import NOTHING, Sent, asked, fresh_key, organisation_named, organisations
from careatlas.web.library.example_pages import key_of
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, needs, signed_in
from careatlas.web.sent import number_in, see_other, version_seen

DELIVERY = crumb("Delivery", "/delivery/")
MOST_LISTED = 200  # initiatives on one page, the latest
MOST_TOLD, MOST_WORDS = 20, 3  # initiatives that are not as planned, and what is not of each
FAMILIES = {
    "commissioning_and_pathways": "Commissioning and pathways",
    "provider_efficiency": "Provider efficiency",
    "system_enablers": "System enablers",
}


@signed_in()
def mine(request: HttpRequest) -> HttpResponse:
    """``/delivery/``: plans, what is due, what is not as planned."""
    today = timezone.now().date()
    seen = who.visible_initiatives(request.user)
    shown = list(seen.prefetch_related(*due.LOOKED_AT).order_by("-pk")[:MOST_LISTED])
    page = {
        "plans": [
            _named(one) for one in who.visible_plans(request.user).order_by("-year", "organisation__path")
        ],
        "due": due.milestones_due(shown, today),
        **_exceptions(shown, today),
        "projects": [one for one in shown if one.plan_id is None],
        "most": MOST_LISTED if seen.count() > MOST_LISTED else 0,
        "writes": who.managed_by(request.user).exists(),
    }
    return render(request, "delivery/mine.html", page)


@signed_in(*READ_AND_WRITE)
def new(request: HttpRequest) -> HttpResponse:
    """``/delivery/plans/new/``"""
    if request.method == "POST":
        try:
            return see_other(keeping.once(request.user.email, key_of(request), lambda: _started(request)))
        except Wrong as fault:
            return _new_page(request, Sent(request.POST.dict(), fault.faults))
    return _new_page(request)


@signed_in(*READ_AND_WRITE)
def plan(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/plans/<number>/``"""
    if request.method == "POST":
        version, why = version_seen(request), request.POST.get("why", "")
        try:
            plans.change(number, request.POST.dict(), request.user, version, why, current_release())
        except Wrong as fault:
            return _plan_page(request, number, Sent(request.POST.dict(), fault.faults))
        except keeping.EditedMeanwhile as meanwhile:
            return _plan_page(request, number, Sent(request.POST.dict(), now=meanwhile.now))
        return see_other(_address(number))
    return _plan_page(request, number)


@needs(Role.PLAN_MANAGER, verbs=WRITE)
def baseline(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/plans/<number>/baseline/``"""
    try:
        plans.baseline(number, request.user, version_seen(request))
    except Wrong as fault:
        return _plan_page(request, number, Sent({}, fault.faults))
    except keeping.EditedMeanwhile as meanwhile:
        return _plan_page(request, number, Sent(now=meanwhile.now))
    return see_other(_address(number))


def _plan_page(request: HttpRequest, number: int, sent: Sent = NOTHING) -> HttpResponse:
    found, release = plans.plan_seen(number, request.user), current_release()
    today = timezone.now().date()
    shown = list(plans.initiatives_seen(found, request.user).prefetch_related(*due.LOOKED_AT))
    writes = plans.may_write(found, request.user)
    page = {
        **_named(found),
        "workstreams": _by_workstream(shown, release, today),
        "count": len(shown),
        "due": due.milestones_due(shown, today),
        **_exceptions(shown, today),
        "writes": writes,
        "asked": asked(asks.PLAN, release, None, found, sent) if writes else [],
        "sent": sent,
        "history": history.of_plan(found),
        "crumbs": [DELIVERY],
    }
    return render(request, "delivery/plan.html", page, status=sent.status)


def _by_workstream(found: list[Initiative], release: Release, today: Any) -> list[dict[str, Any]]:
    """Workstreams in their families; those without one last."""
    titles, known = workstreams(release), release.catalogue["programmes"]
    order = list(FAMILIES)

    def family(one: Initiative) -> str:
        return known.get(one.workstream, {}).get("family") or ""

    def place(one: Initiative) -> tuple[int, str, str]:
        of = family(one)
        return (order.index(of) if of in order else len(order), one.workstream, one.title.lower())

    return [
        {
            "family": FAMILIES.get(of, ""),
            "title": titles.get(workstream, workstream) or "No workstream yet",
            "initiatives": [
                {"is": one, "exceptions": len(due.exceptions(one, today))} for one in initiatives
            ],
        }
        for (of, workstream), initiatives in groupby(
            sorted(found, key=place), key=lambda one: (family(one), one.workstream)
        )
    ]


def _new_page(request: HttpRequest, sent: Sent = NOTHING) -> HttpResponse:
    release, now = current_release(), timezone.now().date()
    page = {
        "asked": asked(asks.PLAN, release, sent=sent),
        "organisations": organisations(_mine(request), sent.said.get("organisation", "")),
        "may": _mine(request).exists(),
        "year": sent.said.get("year") or plans.year_of(now),
        "sent": sent,
        "key": fresh_key(sent),
        "crumbs": [DELIVERY],
    }
    return render(request, "delivery/plan_new.html", page, status=sent.status)


def _started(request: HttpRequest) -> str:
    year = number_in(request.POST, "year")
    organisation = organisation_named(request)
    found = plans.start(request.user, organisation, year, request.POST.dict(), current_release())
    return _address(found.pk)


def _exceptions(shown: list[Initiative], today: Any) -> dict[str, Any]:
    """What is not as planned, the worst first, as much of it as somebody reads; the rest is counted."""
    found = [(one, due.exceptions(one, today)) for one in shown]
    found = sorted((each for each in found if each[1]), key=lambda each: -len(each[1]))
    told = [
        {"initiative": one, "words": words[:MOST_WORDS], "more": len(words[MOST_WORDS:])}
        for one, words in found[:MOST_TOLD]
    ]
    return {"exceptions": told, "untold": len(found[MOST_TOLD:])}


def _named(found: Plan) -> dict[str, Any]:
    return {"plan": found, "year": plans.in_words(found.year)}


def _mine(request: HttpRequest) -> Any:
    return who.managed_by(request.user).order_by("path")


def _address(number: int) -> str:
    return f"/delivery/plans/{number}/"
