"""The calendar of milestones: its file, and the page where a person gets the address that a program subscribes to."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import CalendarKey
from careatlas.improve.delivery.planning import plans
from careatlas.improve.delivery.reporting import calendar
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping
from careatlas.web.delivery.forms import fresh_key
from careatlas.web.delivery.pages import DELIVERY
from careatlas.web.library.example_pages import key_of
from careatlas.web.policies import READ_AND_WRITE, public, signed_in
from careatlas.web.sent import number_in, see_other

PAGE, FILE = "/delivery/calendar/", "/delivery/milestones.ics"


@public()
def milestones(request: HttpRequest) -> HttpResponse:
    """``/delivery/milestones.ics?key=…[&plan=]``; without a key, what the person who has signed in sees."""
    user = _who_asks(request)
    number = request.GET.get("plan", "")
    plan = plans.plan_seen(number_in({"plan": number}, "plan"), user) if number else None
    site = request.build_absolute_uri("/").rstrip("/")
    name = f"Milestones: {plan.title}" if plan else "Milestones – Care Atlas"
    text = calendar.as_text(calendar.milestones_seen(user, plan), name, site)
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="care-atlas-milestones.ics"'
    return response


@signed_in(*READ_AND_WRITE)
def subscribe(request: HttpRequest) -> HttpResponse:
    """``/delivery/calendar/``; ``do``: make or withdraw. A new address is on the page that answers the form, and
    nowhere else."""
    if request.method != "POST":
        return _page(request)
    if request.POST.get("do") == "withdraw":
        calendar.withdraw_key(request.user)
        return see_other(PAGE)
    made: list[str] = []

    def make() -> str:
        made.append(calendar.make_key(request.user))
        return PAGE

    keeping.once(request.user.email, key_of(request), make)
    if made and calendar.opened_by(made[0]):  # of two forms at one moment only one made hers
        return _page(request, address=request.build_absolute_uri(f"{FILE}?key={made[0]}"))
    return _page(
        request, told="This form was sent already. Its address was shown then, and cannot be shown again."
    )


def _page(request: HttpRequest, **more: Any) -> HttpResponse:
    page = {
        "kept": CalendarKey.objects.filter(user=request.user).first(),
        "most": calendar.MOST,
        "key": fresh_key(),
        "crumbs": [DELIVERY],
        **more,
    }
    return render(request, "delivery/calendar.html", page)


def _who_asks(request: HttpRequest) -> User:
    """By the key alone where there is one. Raises NotKnownError."""
    words = request.GET.get("key", "")
    user = calendar.opened_by(words) if words else request.user
    if user is None or not user.is_authenticated:
        raise NotKnownError(
            "This calendar", "is opened by no such key.", "Make a new address on the page of the calendar."
        )
    return user
