"""What a reader sees when something cannot be answered: the fault in plain words, never a traceback.

Faults of the AtlasError family become 404 (nothing answers to that name) or 503 (no release to read);
anything else is our own mistake: logged in full, shown as a short apology.
"""

import logging
from collections.abc import Callable

from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from careatlas.errors import AtlasError, BusyError, NotKnownError, ReleaseError
from careatlas.web.same_origin import PLACE, takes_files

log = logging.getLogger("django.request")


class PlainFaults:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            request.path.startswith(PLACE)
            and request.method not in ("GET", "HEAD")
            and not takes_files(request)
        ):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        return explained(request, fault) if isinstance(fault, AtlasError) else None


def explained(request: HttpRequest, fault: AtlasError) -> HttpResponse:
    """One fault as a page, or as JSON under /api/."""
    if not isinstance(fault, NotKnownError | BusyError):
        log.error("%s: %s", request.path, fault)
    if isinstance(fault, ReleaseError):
        return _answer(
            request, 503, "There is no atlas to show yet", f"{fault.found} {fault.remedy}", "This atlas"
        )
    if isinstance(fault, BusyError):
        return _answer(
            request, 503, "Many people are signing in", f"{fault.found} {fault.remedy}", fault.where
        )
    return _answer(request, 404, "Not found", f"{fault.found} {fault.remedy}".strip(), fault.where)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(
        request, 404, "Page not found", "Check the address, or search from the home page.", request.path
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, SessionInterrupted):  # signed out in another window, or the database went away
        return _answer(
            request,
            503,
            "That could not be finished",
            "Go back and send it again: what was done already is not done twice.",
            request.path,
        )
    return _answer(request, 400, "That request cannot be read", "Go back and try again.", request.path)


def not_from_here(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(
        request,
        403,
        "That form did not come from this atlas",
        "Nothing was changed. Open the page again, allow cookies for this site, and send the form from there.",
        request.path,
    )


def our_mistake(request: HttpRequest) -> HttpResponse:
    return _answer(
        request,
        500,
        "Sorry, something went wrong",
        "It is our mistake, and it has been written down.",
        request.path,
    )


def _answer(request: HttpRequest, status: int, title: str, message: str, where: str) -> HttpResponse:
    if request.path.startswith("/api/v"):
        return JsonResponse({"detail": f"{where}: {message}"}, status=status)
    return render(request, "fault.html", {"title": title, "message": message, "where": where}, status=status)
