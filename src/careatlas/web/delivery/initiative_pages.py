"""An initiative: its page with all that belongs to it, starting one, bringing it into a plan, stopping it."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from careatlas.catalogue.delivery_gates import load_delivery_gates
from careatlas.engine.release import Release
from careatlas.improve.delivery.ledger import stopping
from careatlas.improve.delivery.models import Initiative, Plan, Status
from careatlas.improve.delivery.planning import (
    asks,
    beginnings,
    due,
    gateways,
    history,
    initiatives,
    plans,
    seen,
    who,
)
from careatlas.improve.delivery.reporting import returns
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.evidence.writing.sections import workstreams
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.present.numbers import pounds
from careatlas.web.current import current_release
from careatlas.web.delivery import claim_parts
from careatlas.web.delivery.changes import with_amounts
from careatlas.web.delivery.forms import NOTHING, Sent, asked, fresh_key, organisation_named, organisations
from careatlas.web.delivery.pages import DELIVERY
from careatlas.web.library.example_pages import key_of
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, needs, signed_in
from careatlas.web.sent import day, number_in, see_other, version_seen

WEEKS_AHEAD = timedelta(weeks=12)  # a start that leaves time for what comes before it
OF_NEW = tuple(ask for ask in asks.INITIATIVE if ask.field in ("title", "aim", "owner"))


@signed_in(*READ_AND_WRITE)
def new(request: HttpRequest) -> HttpResponse:
    """``/delivery/initiatives/new/[?example=|opportunity=|plan=]``"""
    if request.method == "POST":
        try:
            return see_other(keeping.once(request.user.email, key_of(request), lambda: _started(request)))
        except Wrong as fault:
            return _new_page(request, Sent(request.POST.dict(), fault.faults))
    return _new_page(request)


@signed_in(*READ_AND_WRITE)
def initiative(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/initiatives/<number>/``"""
    if request.method == "POST":
        said, version = request.POST.dict(), version_seen(request)
        try:
            initiatives.change(number, said, request.user, version, said.get("why", ""), current_release())
        except Wrong as fault:
            return page_of(request, number, Sent(said, fault.faults), "about")
        except (keeping.EditedMeanwhile, initiatives.NotOpen) as fault:
            return meanwhile(request, number, fault, said, "about")
        return see_other(address(number))
    return page_of(request, number)


@needs(Role.PLAN_MANAGER, verbs=WRITE)
def join(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/initiatives/<number>/join/``"""
    said, version = request.POST.dict(), version_seen(request)
    try:
        chosen = number_in(said, "plan")
        initiatives.join(number, chosen, request.user, version, said.get("why", ""))
    except Wrong as fault:
        return page_of(request, number, Sent(said, fault.faults), "join")
    except (keeping.EditedMeanwhile, initiatives.NotOpen) as fault:
        return meanwhile(request, number, fault, said, "join")
    return see_other(address(number))


@needs(Role.PLAN_MANAGER, verbs=WRITE)
def stop(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/initiatives/<number>/stop/``"""
    said = request.POST.dict()
    try:
        stopping.stop(number, request.user, version_seen(request), said.get("why", ""))
    except Wrong as fault:
        return page_of(request, number, Sent(said, fault.faults), "stop")
    except (keeping.EditedMeanwhile, initiatives.NotOpen) as fault:
        return meanwhile(request, number, fault, said, "stop")
    return see_other(address(number))


@needs(Role.PLAN_MANAGER, verbs=WRITE)
def take_up(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/initiatives/<number>/take-up/``"""
    try:
        gateways.take_up(number, request.user, version_seen(request))
    except keeping.EditedMeanwhile as fault:
        return meanwhile(request, number, fault, {}, "stop")
    return see_other(address(number))


@signed_in()
def changes(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/initiatives/<number>/history/``"""
    found = initiatives.seen(number, request.user)
    page = {"initiative": found, "history": with_amounts(history.of_initiative(found)), "most": history.MOST}
    page["crumbs"] = [DELIVERY, crumb(found.title, address(number))]
    return render(request, "delivery/history.html", page)


def page_of(request: HttpRequest, number: int, sent: Sent = NOTHING, form: str = "") -> HttpResponse:
    """The initiative's page. ``form``: which of its forms was sent and could not be taken."""
    found, release = initiatives.seen(number, request.user), current_release()
    writes = initiatives.may_write(found, request.user)
    is_open = writes and found.status not in initiatives.OVER
    about = sent if form == "about" else NOTHING
    page = {
        "initiative": found,
        "workstream": workstreams(release).get(found.workstream, found.workstream),
        "gates": gateways.standings(found),
        "exceptions": due.exceptions(found, timezone.now().date()),
        "parts": [_part(kind, found, release, is_open, sent, form) for kind in asks.PARTS.values()],
        **_savings(found, release),
        "returns": returns.returns_of(found),
        "returns_waiting": returns.waiting_months(found, timezone.now().date()) if writes else [],
        "writes": writes,
        "is_open": is_open,
        "is_stopped": found.status == Status.STOPPED,
        "is_baselined": initiatives.is_baselined(found),
        "asked": asked(asks.INITIATIVE, release, found, found, about) if is_open else [],
        "plans": _joined(found, request) if is_open else [],
        "form": form,
        "sent": sent,
        "opportunity": _opportunity(found, release),
        "crumbs": [DELIVERY, *_crumb_of_plan(found, request)],
    }
    return render(request, "delivery/initiative.html", page, status=sent.status)


def meanwhile(
    request: HttpRequest, number: int, fault: Exception, said: dict[str, str], form: str
) -> HttpResponse:
    """Somebody else was first: their words beside what was sent, and nothing of either lost."""
    if isinstance(fault, initiatives.NotOpen):
        words = {
            "status": f"It is {fault.initiative.get_status_display().lower()} by now: nothing was changed."
        }
        return page_of(request, number, Sent(said, words), form)
    return page_of(request, number, Sent(said, now=fault.now), form)


def address(number: int) -> str:
    return f"/delivery/initiatives/{number}/"


def _part(
    kind: asks.PartKind, found: Initiative, release: Release, is_open: bool, sent: Sent, form: str
) -> dict[str, Any]:
    here = sent if form == kind.key else NOTHING
    first = {"milestones": "due_on", "cycles": "began_on"}.get(kind.key, "pk")
    rows = getattr(found, kind.key).order_by(first, "pk")
    return {
        "kind": kind,
        "template": f"delivery/_{kind.key}.html",
        "rows": [_row(kind, row, found, release) for row in rows],
        "asked": asked(kind.asks, release, found, sent=here, within=kind.key) if is_open else [],
        "is_sent": form == kind.key,
        "wrong": here.wrong,
        "key": fresh_key(here),
        "not_here": _not_here(kind, found, release),
        "asks_why": bool(kind.fixed) and initiatives.is_baselined(found),
    }


def _savings(found: Initiative, release: Release) -> dict[str, Any]:
    """What it claims, and what was proposed and is no claim yet."""
    claims = claim_parts.of_initiative(found, release)
    return {
        "claims": claims,
        "claims_quality": claim_parts.quality_of(found, claims),
        "proposals": [
            {"is": one, "spent": pounds(-one.pence / 100), "form": f"aside-{one.pk}"}
            for one in found.proposals.order_by("pk")
        ],
    }


def _not_here(kind: asks.PartKind, found: Initiative, release: Release) -> str:
    """What the example that it was begun from is measured by, where that could not come along."""
    if kind is not asks.MEASURES or found.example is None:
        return ""
    return release.catalogue["indicators"].get(found.example.indicator, {}).get("title", "")


def _row(kind: asks.PartKind, row: Any, found: Initiative, release: Release) -> dict[str, Any]:
    told: dict[str, Any] = {"is": row}
    if kind is asks.MEASURES:
        told |= {"last": seen.last(row, release), "before": seen.before(row, release, found.starts_on)}
        told |= {
            "area": release.areas.get(row.area, {}).get("name", row.area),
            "figures": row.figures.count(),
        }
    if kind is asks.RISKS:
        quality = load_delivery_gates().quality
        score = row.likelihood * row.impact
        told |= {"score": score, "band": quality.band(score).title}
    return told


def _started(request: HttpRequest) -> str:
    said, release = request.POST, current_release()
    plan = _plan_asked(request, said.get("plan", ""))
    organisation = organisation_named(request)
    if not said.get("example") and not said.get("opportunity"):
        return address(initiatives.start(request.user, organisation, said.dict(), release, plan).pk)
    starts_on = day(request, "starts_on")
    if starts_on is None or not date(2000, 1, 1) <= starts_on <= date(2098, 12, 31):
        raise Wrong({"starts_on": "Give the day from which it could have an effect."})
    if said.get("example"):
        example = beginnings.published_example(number_in(said, "example"), request.user)
        made = beginnings.from_example(example, request.user, organisation, starts_on, release, plan)
    else:
        key = said["opportunity"]
        made = beginnings.from_opportunity(key, request.user, organisation, starts_on, release, plan)
    return address(made.pk)


def _new_page(request: HttpRequest, sent: Sent = NOTHING) -> HttpResponse:
    release, said = current_release(), sent.said or request.GET
    mine = who.managed_by(request.user).order_by("path")
    example = opportunity = None
    chosen = said.get("organisation", "")
    if said.get("example"):
        example = beginnings.published_example(number_in(said, "example"), request.user)
    elif said.get("opportunity"):
        opportunity = beginnings.opportunity(said["opportunity"], release)
        chosen = chosen or opportunity["area"]
    plan = _plan_asked(request, said.get("plan", ""))
    if plan is not None:
        mine = mine.filter(path__startswith=plan.organisation.path)
        chosen = chosen or plan.organisation_id
    page = {
        "example": example,
        "opportunity": said.get("opportunity", "") if opportunity else "",
        "aim": _aim(opportunity, release) if opportunity else "",
        "plan": plan,
        "asked": [] if example or opportunity else asked(OF_NEW, release, sent=sent),
        "organisations": organisations(mine, chosen),
        "organisation": chosen,
        "may": mine.exists(),
        "starts_on": said.get("starts_on") or (timezone.now().date() + WEEKS_AHEAD).isoformat(),
        "sent": sent,
        "key": fresh_key(sent),
        "crumbs": [DELIVERY],
    }
    return render(request, "delivery/initiative_new.html", page, status=sent.status)


def _aim(row: dict[str, Any], release: Release) -> str:
    return beginnings.aim_of(row, release.catalogue["indicators"][row["indicator"]])


def _opportunity(found: Initiative, release: Release) -> dict[str, str] | None:
    area, _, indicator = found.opportunity.partition(":")
    about = release.catalogue["indicators"].get(indicator)
    if about is None or area not in release.areas:
        return None
    return {
        "title": about["title"],
        "indicator": indicator,
        "area": area,
        "name": release.areas[area]["name"],
    }


def _plan_asked(request: HttpRequest, text: str) -> Plan | None:
    return plans.plan_seen(number_in({"plan": text}, "plan"), request.user) if text else None


def _joined(found: Initiative, request: HttpRequest) -> list[dict[str, Any]]:
    offered = (
        plans.joined_by(found, request.user).exclude(pk=found.plan_id or 0).select_related("organisation")
    )
    return [{"plan": one, "year": plans.in_words(one.year)} for one in offered]


def _crumb_of_plan(found: Initiative, request: HttpRequest) -> list[dict[str, str]]:
    if found.plan is None or not who.visible_plans(request.user).filter(pk=found.plan_id).exists():
        return []
    return [crumb(found.plan.title, f"/delivery/plans/{found.plan_id}/")]
