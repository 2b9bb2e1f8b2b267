"""Bringing in a collection of examples: a file is sent, looked at row by row, and kept as drafts or discarded.

What becomes of a row is in `improve.evidence.writing.carrying`, the same as for `careatlas library import`.
"""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careatlas.catalogue.care_setting import load_care_settings
from careatlas.errors import AtlasError
from careatlas.improve.evidence.models import Direction
from careatlas.improve.evidence.writing import answers, aside, carrying, sections
from careatlas.improve.evidence.writing.carrying import Preview
from careatlas.improve.evidence.writing.files import MOST_BYTES
from careatlas.improve.people.models import Role, User
from careatlas.improve.record import keeping
from careatlas.web.current import current_release
from careatlas.web.library.example_pages import MINE
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, needs
from careatlas.web.sent import see_other

IMPORT = "/library/import/"
SHOWN = 200  # rows of a table; the command line lists them all
CRUMBS = [crumb("Library", "/library/"), crumb("My examples", MINE)]


@needs(Role.AUTHOR, verbs=READ_AND_WRITE)
def start(request: HttpRequest) -> HttpResponse:
    """``/library/import/``: what a file looks like; one comes by POST."""
    if request.method != "POST":
        return _start(request)
    try:
        return see_other(f"{IMPORT}{_sent(request)}/")
    except AtlasError as fault:
        return _start(request, fault)


@needs(Role.AUTHOR, verbs=READ_AND_WRITE)
def looked_at(request: HttpRequest, token: str) -> HttpResponse:
    """``/library/import/<token>/``: what would become of each row; kept by POST, once however often it is sent."""
    try:
        if request.method != "POST":
            return _preview(request, token)
        leads_to = _kept_once(request, token)
    except (_Otherwise, answers.Wrong):
        return _preview(request, token, 409)
    except AtlasError as fault:
        return _start(request, fault)
    aside.forget(settings.HOME, request.user, token)
    return see_other(leads_to)


@needs(Role.AUTHOR, verbs=WRITE)
def discard(request: HttpRequest, token: str) -> HttpResponse:
    """``/library/import/<token>/discard/``"""
    aside.forget(settings.HOME, request.user, token)
    return see_other(IMPORT)


class _Otherwise(Exception):
    """Other rows would be kept than those that the person was shown."""


def _sent(request: HttpRequest) -> str:
    """The token of a file that was sent and set aside."""
    file = request.FILES.get("file")
    if file is None or not file.size:
        raise AtlasError("The file", "is not there, or is empty.", "Choose a file, then look at it.")
    if file.size > MOST_BYTES:
        raise AtlasError("The file", f"is larger than {MOST_BYTES // 1024**2} MB.", "Divide it.")
    return aside.put(settings.HOME, request.user, carrying.kind_of(file.name), file.read())


def _seen(request: HttpRequest, token: str) -> Preview:
    kind, data = aside.found(settings.HOME, request.user, token)
    return carrying.preview(data, kind, request.user, current_release())


@transaction.atomic
def _kept_once(request: HttpRequest, token: str) -> str:
    """Where it leads. Sent twice at one moment, the second waits and is led to the same place."""
    User.objects.select_for_update().get(pk=request.user.pk)
    return keeping.once(request.user.email, f"import {token}", lambda: _kept(request, token))


def _kept(request: HttpRequest, token: str) -> str:
    """Keep what the person was shown, and say where it is found."""
    seen = _seen(request, token)
    if request.POST.get("rows") != _rows(seen):
        raise _Otherwise
    drafts = carrying.carry_in(seen, request.user, current_release())
    return f"{MINE}?brought={len(drafts)}"


def _rows(seen: Preview) -> str:
    """Which rows would be kept: what the person says yes to."""
    return " ".join(str(row.number) for row in seen.accepted)


def _preview(request: HttpRequest, token: str, status: int = 200) -> HttpResponse:
    seen = _seen(request, token)
    page = {
        "token": token,
        "seen": seen,
        "rows": _rows(seen),
        "accepted": [(row, row.fields["owner"].name) for row in seen.accepted[:SHOWN]],
        "refused": seen.refused[:SHOWN],
        "shown": SHOWN,
        "is_otherwise": status == 409,
        "crumbs": [*CRUMBS, crumb("Bring in a collection", IMPORT)],
    }
    return render(request, "library/import_preview.html", page, status=status)


def _start(request: HttpRequest, fault: AtlasError | None = None) -> HttpResponse:
    page = {
        "fault": fault,
        "megabytes": MOST_BYTES // 1024**2,
        "most_rows": carrying.MOST_ROWS,
        "columns": [_column(question) for question in sections.QUESTIONS.values()],
        "crumbs": CRUMBS,
    }
    return render(request, "library/import.html", page, status=422 if fault else 200)


def _column(question: sections.Question) -> dict[str, Any]:
    """A column as a file names it, and what may stand in it."""
    release = current_release()
    words = {
        "text": "Text; Markdown is shown as such.",
        "pounds": "Whole pounds, such as 125000. Empty is not nought.",
        "day": "Year, month and day, such as 2025-09-01.",
        "organisation": "Its code or its name.",
        "area": "Its code or its name.",
        "direction": " or ".join(Direction.values) + ".",
    }
    known = {
        "setting": load_care_settings,
        "programme": lambda: sections.programmes(release),
        "workstreams": lambda: sections.workstreams(release),
        "indicator": lambda: {id: one["title"] for id, one in release.catalogue["indicators"].items()},
    }
    return {
        "question": question,
        "holds": words.get(question.kind, ""),
        "choices": known[question.kind]().items() if question.kind in known else [],
    }
