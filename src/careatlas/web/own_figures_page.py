"""Own figures: a file is sent, looked at beside the country's figures, and published or discarded.

Switched on by `careatlas serve --allow-upload`, on one's own machine: there are no accounts to tell readers apart.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render

from careatlas.errors import AtlasError
from careatlas.present.numbers import interval, number, value_or_status
from careatlas.present.periods import period_name
from careatlas.web.current import current_release
from careatlas.web.pages import crumb
from careatlas.web.policies import takes_no_cookie
from careatlas.web.same_origin import PLACE
from careatlas.web.sent import see_other

SHOWN = 200  # rows of a table; the command line lists them all
ROOM_FOR_THE_FORM_BYTES = 20_000
LONGEST_WHO = 100


@takes_no_cookie
def own_figures(request: HttpRequest) -> HttpResponse:
    """``/own-figures/``: what may be loaded and what was; a file comes by POST."""
    return _sent(request) if request.method == "POST" else _start(request)


@takes_no_cookie
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """``/own-figures/<token>/``: a file that was sent, beside what is on file."""
    from careatlas.build import own_values

    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    if not settings.ALLOW_UPLOAD:
        return _start(request)
    try:
        seen = own_values.preview_staged(_home(), token)
    except AtlasError as fault:
        return _start(request, fault)
    page = {
        "token": token,
        "seen": seen,
        "figures": [_in_words(row, seen.about[row["indicator"]]) for row in seen.figures[:SHOWN]],
        "refused": seen.refused[:SHOWN],
        "shown": SHOWN,
        "crumbs": [crumb("Own figures", PLACE)],
    }
    return _answer(request, "own_figures_preview.html", page)


@takes_no_cookie
def publish(request: HttpRequest, token: str) -> HttpResponse:
    from careatlas.build import own_values

    return _done(request, lambda who: own_values.publish_staged(_home(), token, who))


@takes_no_cookie
def discard(request: HttpRequest, token: str) -> HttpResponse:
    from careatlas.build import own_values

    return _done(request, lambda who: own_values.discard_staged(_home(), token))


@takes_no_cookie
def withdraw(request: HttpRequest) -> HttpResponse:
    from careatlas.build import own_values

    asked = request.POST.get("version", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0
    return _done(request, lambda who: own_values.withdraw_aside(_home(), number, who))


def _done(request: HttpRequest, act: Any) -> HttpResponse:
    """Do what a button says, then show the start page."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        act(request.POST.get("who", "").strip()[:LONGEST_WHO] or "not named")
    except AtlasError as fault:
        return _start(request, fault)
    return see_other(PLACE)


def _sent(request: HttpRequest) -> HttpResponse:
    from careatlas.build import own_values

    room = own_values.LARGEST_BYTES + ROOM_FOR_THE_FORM_BYTES
    announced = request.headers.get("Content-Length", "")
    try:
        if not announced.isdigit() or int(announced) > room:  # before a byte of it is read
            megabytes = own_values.LARGEST_BYTES // 1024**2
            raise AtlasError("The file", "is too large.", f"Send a file of up to {megabytes} MB.")
        file = request.FILES.get("file")
        if file is None or not file.size:
            raise AtlasError("The file", "is not there, or is empty.", "Choose a file, then look at it.")
        years = request.POST.get("years")
        years = years if years in ("financial", "calendar") else None
        token = own_values.stage(_home(), file.chunks(), file.name, years)
    except AtlasError as fault:
        return _start(request, fault)
    return see_other(f"{PLACE}{token}/")


def _start(request: HttpRequest, fault: AtlasError | None = None) -> HttpResponse:
    page: dict[str, Any] = {"allowed": settings.ALLOW_UPLOAD, "fault": fault, "figures": _figures()}
    if settings.ALLOW_UPLOAD:
        from careatlas.build import own_values

        is_building, told = own_values.building(_home())
        page |= {"versions": own_values.versions(_home())[::-1], "is_building": is_building, "told": told}
    return _answer(request, "own_figures.html", page, 400 if fault else 200)


def _figures() -> list[dict[str, Any]]:
    """What may be loaded: the figure's name, and the indicator it makes."""
    return [
        {"figure": figure, "title": one["title"], "unit": one["unit"], "levels": one["area_types"]}
        for one in current_release().catalogue["indicators"].values()
        if one.get("is_own_figures_only")
        for figure in [one["numerator"]["where"].get("figure")]
    ]


def _in_words(row: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    country = row["country_value"]
    return row | {
        "title": about["short_title"],
        "period": period_name(row["period_start"], row["period_end"]),
        "value": value_or_status(row, about),
        "interval": interval(row, about),
        "replaces": number(row["replaces"], about),
        "country": number(country, about),
        "country_period": period_name(row["country_period_start"], row["country_period_end"])
        if country
        else "",
        "peers": f"{number(row['peers_value'], about)} ({row['peers']} peers)" if row["peers"] else "",
    }


def _answer(request: HttpRequest, template: str, page: dict[str, Any], status: int = 200) -> HttpResponse:
    response = render(request, template, page, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _home() -> Path:
    return settings.HOME
