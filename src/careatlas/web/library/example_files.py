"""The files of an example: sent in on a page of the form, handed out as downloads that no browser shows or runs."""

import secrets
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header

from careatlas.errors import AtlasError
from careatlas.improve.evidence.writing import examples, file_kinds, files
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.web.library.example_pages import FILES, key_of, of_form
from careatlas.web.policies import READ_AND_WRITE, WRITE, needs, public
from careatlas.web.sent import see_other


@needs(Role.AUTHOR, verbs=READ_AND_WRITE)
def of_example(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/<number>/edit/files/``"""
    try:
        if request.method == "POST":
            return _sent(request, number, request.FILES.get("file"))
        return _page(request, number)
    except examples.NotOpen:
        return HttpResponseRedirect(f"/library/{number}/edit/")


@needs(Role.AUTHOR, verbs=WRITE)
def remove(request: HttpRequest, number: int, attachment: int) -> HttpResponse:
    """``/library/<number>/files/<attachment>/remove/``"""
    try:
        files.remove(settings.HOME, number, attachment, request.user)
    except examples.NotOpen:
        return HttpResponseRedirect(f"/library/{number}/edit/")
    return see_other(f"/library/{number}/edit/{FILES}/")


@public()
def download(request: HttpRequest, number: int, attachment: int) -> HttpResponseBase:
    """``/library/<number>/files/<attachment>/``: to whom the example is handed out."""
    row, kind, path = files.found(settings.HOME, number, attachment, request.user)
    response = FileResponse(path.open("rb"), content_type=kind.content_type)
    response["Content-Length"] = str(row.size_bytes)
    response["Content-Disposition"] = content_disposition_header(True, row.name)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _sent(request: HttpRequest, number: int, sent: Any) -> HttpResponse:
    try:
        if sent is None:
            raise file_kinds.FileRefusedError("The file", "is not there.", "Choose one, then send it.")
        examples.opened_now(number, request.user)
        return see_other(
            keeping.once(request.user.email, key_of(request), lambda: _taken(request, number, sent))
        )
    except file_kinds.FileRefusedError as fault:
        return _page(request, number, fault, 422)


def _taken(request: HttpRequest, number: int, sent: Any) -> str:
    files.keep(settings.HOME, number, sent.name, sent.chunks(), request.user)
    return f"/library/{number}/edit/{FILES}/?saved=1"


def _page(
    request: HttpRequest, number: int, fault: AtlasError | None = None, status: int = 200
) -> HttpResponse:
    example = examples.opened_now(number, request.user)
    kept = example.attachments.order_by("pk")
    page = of_form(example, FILES) | {
        "files": [{"row": row, "kind": file_kinds.kind_of_name(row.name)} for row in kept],
        "fault": fault,
        "was_saved": "saved" in request.GET,
        "most": files.MOST_FILES,
        "megabytes": files.MOST_BYTES // 1024**2,
        "kinds": list(file_kinds.KINDS),
        "accept": ",".join(f".{ending}" for ending in (*file_kinds.KINDS, "jpeg")),
        "key": secrets.token_urlsafe(16),
    }
    return render(request, "library/edit_files.html", page, status=status)
