"""No form of ours is larger than a file of an example: what announces more is refused before a byte of it is read."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from careatlas.improve.evidence.writing.files import MOST_BYTES
from careatlas.web.same_origin import PLACE

LARGEST_BODY = MOST_BYTES + 1024**2


class BodySize:
    """Middleware, before anything that reads a body. What announces no size has no body for Django."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        announced = request.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced) > LARGEST_BODY and not request.path.startswith(PLACE):
            return too_large(request)
        return self._get_response(request)


def too_large(request: HttpRequest) -> HttpResponse:
    said = {
        "title": "That is too large",
        "message": f"Up to {MOST_BYTES // 1024**2} MB are taken at once. Go back and choose a smaller file.",
        "where": request.path,
    }
    return render(request, "fault.html", said, status=413)
