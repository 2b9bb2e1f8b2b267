"""What forms send besides their answers: the version their writer saw, days; and where a form that was taken leads."""

from collections.abc import Mapping
from datetime import date

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


def version_seen(request: HttpRequest) -> int:
    """0, which no row has, where it is no number."""
    return number_in(request.POST, "version")


def number_in(said: Mapping[str, str], name: str) -> int:
    """0 where it is none, or not there."""
    text = said.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def day(request: HttpRequest, name: str) -> date | None:
    try:
        return date.fromisoformat(request.POST.get(name, "").strip())
    except ValueError:
        return None


def see_other(address: str) -> HttpResponse:
    """To be read there: loading that page again sends nothing again."""
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response
