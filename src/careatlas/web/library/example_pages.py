"""Writing an example: the list of one's own, the form in sections, handing in. What may be done is in
`improve.evidence.examples`; here it is parsed and shown.

A section answers in two ways: with a page, and to `autosave.js` (it asks for JSON) with when it was saved.
"""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing import answers, drafting, examples, sections
from careatlas.improve.evidence.writing.sections import SECTIONS, Section
from careatlas.improve.people import roles
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.web.current import current_release
from careatlas.web.library import measure_figure
from careatlas.web.library.example_forms import advice_on, owners, questions, said_in
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, needs, signed_in
from careatlas.web.sent import number_in, see_other, version_seen

MINE = "/library/mine/"
FILES = "files"
LONGEST_KEY = 64
MOST_LISTED = 200  # examples, the latest: who writes for a whole country finds the others by searching


@signed_in()
def mine(request: HttpRequest) -> HttpResponse:
    """``/library/mine/``: examples one works on, and improvements that the atlas asks to be written up."""
    found = [_listed(one) for one in examples.worked_on_by(request.user).order_by("-pk")[:MOST_LISTED]]
    page = {
        "own": [one for one in found if one["example"].author_id == request.user.pk],
        "others": [one for one in found if one["example"].author_id != request.user.pk],
        "invitations": examples.invitations(request.user),
        "most": MOST_LISTED if len(found) == MOST_LISTED else 0,
        "writes": roles.has(request.user, Role.AUTHOR),
        "brought": number_in(request.GET, "brought"),
        "indicators": current_release().catalogue["indicators"],
        "crumbs": [crumb("Library", "/library/")],
    }
    return render(request, "library/mine.html", page)


@needs(Role.AUTHOR, verbs=READ_AND_WRITE)
def new(request: HttpRequest) -> HttpResponse:
    """``/library/new/[?invitation=]``: a title and whose it is; an invitation brings both."""
    if request.method == "POST":
        try:
            return see_other(keeping.once(request.user.email, key_of(request), lambda: _started(request)))
        except answers.Wrong as fault:
            return _start_page(request, fault.faults, 422)
    return _start_page(request)


@needs(Role.AUTHOR)
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/<number>/edit/``: where it stands, what is missing, and handing in."""
    return _overview(request, _found(request, number))


@needs(Role.AUTHOR, verbs=READ_AND_WRITE)
def section(request: HttpRequest, number: int, key: str) -> HttpResponse:
    """``/library/<number>/edit/<section>/``"""
    if key not in sections.BY_KEY:
        raise NotKnownError(key, "is no section of an example.", f"Sections: {', '.join(sections.BY_KEY)}.")
    if request.method == "POST":
        return _saved(request, number, sections.BY_KEY[key])
    example = _found(request, number)
    if example.stage not in examples.OPEN:
        return HttpResponseRedirect(_address(example))
    return _section_page(request, example, sections.BY_KEY[key], example.version)


@needs(Role.AUTHOR, verbs=WRITE)
def submit(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/<number>/submit/``: hand in; sent twice it is handed in once."""
    version = version_seen(request)

    def hand_in() -> str:
        return _address(drafting.submit(number, request.user, version))

    try:
        return see_other(keeping.once(request.user.email, key_of(request), hand_in))
    except examples.NotOpen as fault:
        return HttpResponseRedirect(_address(fault.example))
    except drafting.NotReady:
        return _overview(request, _found(request, number), 422)
    except keeping.EditedMeanwhile:
        told = "Somebody changed it after you opened this page. Look at it as it stands now, then hand it in."
        return _overview(request, _found(request, number), 409, told)


@needs(Role.AUTHOR, verbs=WRITE)
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/<number>/edit/withdraw/``: put a draft away."""
    try:
        drafting.withdraw_draft(number, request.user, version_seen(request), request.POST.get("why", ""))
    except examples.NotOpen as fault:
        return HttpResponseRedirect(_address(fault.example))
    except keeping.EditedMeanwhile:
        told = "Somebody changed it after you opened this page. It was not withdrawn."
        return _overview(request, _found(request, number), 409, told)
    return see_other(MINE)


def key_of(request: HttpRequest) -> str:
    """What tells a form from the same form sent again; one without a key is never the same."""
    return request.POST.get("key", "")[:LONGEST_KEY] or secrets.token_urlsafe(16)


def of_form(example: Example, here: str) -> dict[str, Any]:
    """What every page of the form shows beside its questions."""
    missing = drafting.missing(example)
    lacking = {one.section for one in missing}
    steps = [
        {
            "key": one.key,
            "title": one.title,
            "address": f"{_address(example)}{one.key}/",
            "lacks": one.key in lacking,
        }
        for one in SECTIONS
    ]
    files = {"key": FILES, "title": "Files", "address": f"{_address(example)}{FILES}/", "lacks": False}
    at = [*steps, files]
    keys = [step["key"] for step in at]
    place = keys.index(here) if here in keys else None
    return {
        "example": example,
        "missing": missing,
        "steps": [step | {"here": step["key"] == here} for step in at],
        "onward": at[place + 1] if place is not None and place + 1 < len(at) else None,
        "crumbs": [crumb("My examples", MINE), crumb(example.title, _address(example))],
    }


def _listed(example: Example) -> dict[str, Any]:
    is_open = example.stage in examples.OPEN
    return {
        "example": example,
        "address": _address(example),
        "missing": len(drafting.missing(example)) if is_open else 0,
        "is_open": is_open,
        "is_public": example.stage == Stage.PUBLISHED,
    }


def _start_page(
    request: HttpRequest, wrong: Mapping[str, str] | None = None, status: int = 200
) -> HttpResponse:
    asked = request.POST or request.GET
    invitation = None
    if asked.get("invitation"):
        invitation = _invitation(request, asked["invitation"])
    page = {
        "key": asked.get("key") or secrets.token_urlsafe(16),
        "title": asked.get("title", ""),
        "owner": asked.get("owner", ""),
        "groups": owners(request.user, None, asked.get("owner", "")),
        "wrong": wrong or {},
        "invitation": invitation,
        "indicator": invitation
        and current_release().catalogue["indicators"].get(invitation.indicator, {}).get("title"),
        "crumbs": [crumb("My examples", MINE)],
    }
    return render(request, "library/new.html", page, status=status)


def _started(request: HttpRequest) -> str:
    asked, release = request.POST, current_release()
    if asked.get("invitation"):
        invitation = _invitation(request, asked["invitation"])
        return _address(drafting.start_from(invitation, request.user, release))
    said = {"title": asked.get("title", ""), "owner": asked.get("owner", "")}
    fields = answers.read(sections.BY_KEY["about"], said, release)
    simulated = release.manifest["simulated"]
    return _address(drafting.start(request.user, fields["owner"], fields["title"], is_simulated=simulated))


def _invitation(request: HttpRequest, number: str) -> Any:
    mine = examples.invitations_ever(request.user)
    found = mine.filter(pk=number).first() if number.isdecimal() and len(number) < 12 else None
    if found is None:
        raise NotKnownError("That invitation", "is none of yours.", "See the list of yours.")
    return found


def _found(request: HttpRequest, number: int) -> Example:
    example = examples.worked_on_by(request.user).filter(pk=number).first()
    if example is None:
        raise NotKnownError(f"Example {number}", "is none that you may write on.", "See the list of yours.")
    return example


def _overview(request: HttpRequest, example: Example, status: int = 200, told: str = "") -> HttpResponse:
    page = of_form(example, "") | {
        "told": told,
        "key": secrets.token_urlsafe(16),
        "is_open": example.stage in examples.OPEN,
        "is_public": example.stage == Stage.PUBLISHED,
    }
    page["crumbs"] = page["crumbs"][:1]
    return render(request, "library/edit.html", page, status=status)


def _section_page(
    request: HttpRequest,
    example: Example,
    section: Section,
    version: int,
    said: Mapping[str, Any] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> HttpResponse:
    """``version``: what the writer's next save is held against."""
    release = current_release()
    page = of_form(example, section.key) | {
        "section": section,
        "version": version,
        "questions": questions(section, example, request.user, release, said, wrong),
        "wrong": wrong,
        "was_saved": "saved" in request.GET,
        "advice": advice_on(section, example),
        "texts": [
            (one.label, getattr(example, one.field)) for one in section.questions if one.kind == "text"
        ],
    }
    if section.key == "measure":
        page["measure"] = measure_figure.of_page(release, example)
    return render(request, "library/edit_section.html", page, status=422 if wrong else 200)


def _saved(request: HttpRequest, number: int, section: Section) -> HttpResponse:
    said, release = said_in(request.POST, section), current_release()
    wants_json = "application/json" in request.headers.get("Accept", "")
    version = version_seen(request)
    try:
        example = drafting.save(number, section.key, said, request.user, version, release)
        version = example.version
        if request.POST.get("do") == "fix" and section.key == "measure":
            example = drafting.fix_measure(number, request.user, example.version, release)
    except answers.Wrong as fault:
        if wants_json:
            return JsonResponse({"wrong": fault.faults}, status=422)
        return _section_page(request, _found(request, number), section, version, said, fault.faults)
    except examples.NotOpen as fault:
        return _not_kept(request, fault.example, section, said, wants_json, is_open=False)
    except keeping.EditedMeanwhile:
        return _not_kept(request, _found(request, number), section, said, wants_json, is_open=True)
    if wants_json:
        return JsonResponse({"saved": f"{timezone.now():%H:%M} UTC", "version": example.version})
    return see_other(_after_saving(request, example, section))


def _not_kept(
    request: HttpRequest,
    example: Example,
    section: Section,
    said: Mapping[str, Any],
    wants_json: bool,
    is_open: bool,
) -> HttpResponse:
    """Both versions of what two people wrote; nothing of either is thrown away before somebody chose."""
    if wants_json:
        return JsonResponse({"told": "Somebody else changed this meanwhile."}, status=409)
    release = current_release()
    theirs = questions(section, example, request.user, release)
    mine = questions(section, example, request.user, release, said)
    pairs = [
        {"theirs": now, "mine": own, "differs": _words(now) != _words(own)}
        for now, own in zip(theirs, mine, strict=True)
    ]
    page = of_form(example, section.key) | {
        "section": section,
        "pairs": pairs,
        "is_open": is_open,
        "address": f"{_address(example)}{section.key}/",
    }
    return render(request, "library/edit_both.html", page, status=409)


def _words(question: Mapping[str, Any]) -> Any:
    """An answer as it would be kept; the end of a line is written in two ways."""
    value = question["value"]
    return answers.cleaned(value) if isinstance(value, str) else sorted(value)


def _after_saving(request: HttpRequest, example: Example, section: Section) -> str:
    here = f"{_address(example)}{section.key}/"
    if request.POST.get("do") != "next":
        return f"{here}?{urlencode({'saved': 1})}"
    onward = of_form(example, section.key)["onward"]
    return onward["address"] if onward else _address(example)


def _address(example: Example) -> str:
    return f"/library/{example.pk}/edit/"
