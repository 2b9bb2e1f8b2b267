"""Monthly returns: those that wait for somebody, and the return of an initiative for a month, pre-filled."""

from datetime import date
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from careatlas.catalogue.delivery_gates import load_delivery_gates
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger.money import in_pounds
from careatlas.improve.delivery.models import Initiative, Milestone, Plan, Return, Status
from careatlas.improve.delivery.planning import initiatives
from careatlas.improve.delivery.reporting import returns, sending
from careatlas.improve.delivery.reporting.prefill import Line
from careatlas.improve.delivery.reporting.returns import Asked
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.present.numbers import pounds
from careatlas.web.current import current_release
from careatlas.web.delivery.changes import figures_in_words
from careatlas.web.delivery.forms import NOTHING, Sent, fresh_key
from careatlas.web.delivery.initiative_pages import address
from careatlas.web.delivery.pages import DELIVERY
from careatlas.web.library.example_pages import key_of
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, needs, signed_in
from careatlas.web.sent import number_in, see_other, version_seen

RETURNS = crumb("Returns", "/delivery/returns/")


@signed_in()
def waiting(request: HttpRequest) -> HttpResponse:
    """``/delivery/returns/[?month=&plan=]``: the month just ended, a plan at a time."""
    month = _month_asked(request)
    plans = list(returns.plans_asked(request.user, month))
    chosen = _chosen(plans, number_in(request.GET, "plan"))
    asked = returns.asked_of_plan(chosen, month, current_release()) if chosen else []
    page = {
        "month": _named(month),
        "before": _named(months.first_day(months.month_of(month) - 1)),
        "after": _named(months.first_day(months.month_of(month) + 1)) if month < _latest() else None,
        "plans": plans,
        "chosen": chosen,
        "asked": asked,
        "ready": sum(one.is_ready for one in asked),
        "sent": sum(one.is_sent for one in asked),
        "with_exceptions": sum(not one.is_sent and bool(one.exceptions) for one in asked),
        "crumbs": [DELIVERY],
    }
    return render(request, "delivery/returns.html", page)


@needs(Role.PLAN_MANAGER, verbs=WRITE)
def send_ready(request: HttpRequest, number: int, month: str) -> HttpResponse:
    """``/delivery/plans/<number>/returns/<yyyy-mm>/``: all of the plan that need no words, in one press."""
    sending.send_ready(number, returns.month_named(month), request.user, current_release())
    return see_other(f"{RETURNS['address']}?plan={number}&month={month}")


@signed_in(*READ_AND_WRITE)
def one(request: HttpRequest, number: int, month: str) -> HttpResponse:
    """``/delivery/initiatives/<number>/returns/<yyyy-mm>/``; ``do``: send, or excuse."""
    day = returns.month_named(month)
    if request.method != "POST":
        return _page(request, number, day)
    said = request.POST.dict()
    try:
        return see_other(
            keeping.once(request.user.email, key_of(request), lambda: _done(request, number, day))
        )
    except Wrong as fault:
        return _page(request, number, day, Sent(said, fault.faults))
    except keeping.EditedMeanwhile as meanwhile:
        return _page(request, number, day, Sent(said, now=meanwhile.now))
    except initiatives.NotOpen as fault:
        words = f"It is {fault.initiative.get_status_display().lower()} by now: nothing was sent in."
        return _page(request, number, day, Sent(said, {"status": words}))


def _done(request: HttpRequest, number: int, month: date) -> str:
    said, version, release = request.POST.dict(), version_seen(request), current_release()
    if said.get("do") == "excuse":
        sending.excuse(number, month, said.get("excuse", ""), request.user, version, release)
    else:
        sending.send(number, month, said, request.user, version, release)
    return request.path


def _page(request: HttpRequest, number: int, month: date, sent: Sent = NOTHING) -> HttpResponse:
    found, release = initiatives.seen(number, request.user), current_release()
    now = returns.asked_of(found, month, release)
    is_open = found.status not in (*initiatives.OVER, Status.IDEA) and month <= _latest()
    writes = is_open and initiatives.may_write(found, request.user)
    page = {
        "initiative": found,
        "month": _named(month),
        "is_over": month <= _latest(),
        "now": now,
        "lines": [_line(line, sent) for line in now.lines],
        "of_withdrawn": figures_in_words(now.of_withdrawn),
        "milestones": _milestones(found, month, sent),
        "risks": _risks(found),
        "writes": writes,
        "is_to_excuse": _is_to_excuse(now),
        "excuses": is_open and _is_to_excuse(now) and sending.may_excuse(request.user, found),
        "before": returns.returns_of(found).filter(month__lt=month).exclude(words="").first(),
        "words": sent.said.get("words", now.standing.words if now.standing else ""),
        "excuse": sent.said.get("excuse", now.standing.excuse if now.standing else ""),
        "key": fresh_key(sent),
        "sent": sent,
        "crumbs": [DELIVERY, crumb(found.title, address(number))],
    }
    return render(request, "delivery/return.html", page, status=sent.status)


def _line(line: Line, sent: Sent) -> dict[str, Any]:
    return {
        "is": line,
        "planned": pounds(line.planned / 100),
        "year_plan": pounds(line.year_plan / 100),
        "boxes": [_box(line, name, sent) for name in ("actual", "outturn")],
    }


def _box(line: Line, name: str, sent: Sent) -> dict[str, Any]:
    """A figure as it is told, and as its box has it: what was sent, where it could not be kept."""
    field, pence = f"{name}-{line.claim.pk}", getattr(line, name)
    kept = "" if pence is None else in_pounds(pence)
    return {
        "field": field,
        "title": {"actual": "Actual", "outturn": "Outturn"}[name],
        "told": "not known" if pence is None else pounds(pence / 100),
        "value": sent.said.get(field, kept),
        "wrong": sent.wrong.get(field, ""),
        "differs": isinstance(sent.now, Return) and sent.said.get(field, kept) != kept,
        "basis": line.basis if name == "actual" else "",
    }


def _milestones(found: Initiative, month: date, sent: Sent) -> list[dict[str, Any]]:
    """Due by the month's end, and not done before it."""
    after = months.first_day(months.month_of(month) + 1)
    undone = Q(done_on=None) | Q(done_on__gte=month)
    shown = found.milestones.filter(undone, due_on__lt=after).order_by("due_on", "pk")
    return [
        {"is": one, "is_late": one.done_on is None, "boxes": [_day(one, name, sent) for name in sending.DAYS]}
        for one in shown
    ]


def _day(milestone: Milestone, name: str, sent: Sent) -> dict[str, Any]:
    field, day = f"{name}-{milestone.pk}", getattr(milestone, name)
    kept = day.isoformat() if day else ""
    return {
        "field": field,
        "title": {"done_on": "Done on", "forecast_on": "Expected on"}[name],
        "day": day,
        "value": sent.said.get(field, kept),
        "wrong": sent.wrong.get(field, ""),
        "differs": isinstance(sent.now, Milestone) and sent.said.get(field, kept) != kept,
    }


def _risks(found: Initiative) -> list[dict[str, Any]]:
    quality = load_delivery_gates().quality
    scored = [(one.likelihood * one.impact, one) for one in found.risks.filter(is_closed=False)]
    scored.sort(key=lambda pair: (-pair[0], pair[1].pk))
    return [{"is": one, "score": score, "band": quality.band(score).title} for score, one in scored]


def _is_to_excuse(now: Asked) -> bool:
    return bool(now.quality.worse or now.quality.missing)


def _named(month: date) -> dict[str, str]:
    return {"id": f"{month:%Y-%m}", "title": months.in_words(months.month_of(month))}


def _month_asked(request: HttpRequest) -> date:
    text = request.GET.get("month", "")
    if not text:
        return returns.latest_asked(request.user, timezone.now().date())
    return min(returns.month_named(text), _latest())


def _latest() -> date:
    return returns.last_month(timezone.now().date())


def _chosen(plans: list[Plan], number: int) -> Plan | None:
    """The one asked for, else the first of which anything waits."""
    asked = [plan for plan in plans if plan.pk == number]
    waiting = [plan for plan in plans if plan.sent < plan.due]
    return next(iter(asked or waiting or plans), None)
