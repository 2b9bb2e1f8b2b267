"""Assessing and deciding: an assessor's queue and assessment, a round's result, and a publisher's decisions.

The rules are in `improve.evidence.assessing`, `rounds` and `deciding`; here is what the forms say and what comes back.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from careatlas.catalogue.library import load_gates
from careatlas.improve.evidence.assessing import deciding, rounds, scoring
from careatlas.improve.evidence.assessing.scoring import NotNow
from careatlas.improve.evidence.impartial import OPEN_ROUND, assessable, decidable_by
from careatlas.improve.evidence.models import Assessment, Example
from careatlas.improve.evidence.writing.answers import Wrong, cleaned
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.web.current import current_release
from careatlas.web.library.assess_words import example_told, gates_asked, result_told
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, needs, public
from careatlas.web.sent import version_seen

QUEUE, DECISIONS = "/library/assess/", "/library/decisions/"
SOON = timedelta(days=90)
LONGEST_KEY = 64
CHANGED = (
    "Somebody decided, or the atlas measured anew, since you opened this page. It shows how things stand now; what you "
    "wrote is still below."
)


@needs(Role.ASSESSOR)
def queue(request: HttpRequest) -> HttpResponse:
    page = {"queue": scoring.queue(request.user), "handed_in": scoring.handed_in_by(request.user)}
    return _page(request, "assess.html", page, [])


@needs(Role.ASSESSOR, verbs=READ_AND_WRITE)
def assess(request: HttpRequest, number: int) -> HttpResponse:
    """One example and the assessor's own assessment of it."""
    example = Example.objects.filter(assessable(request.user), pk=number).select_related("owner").first()
    if example is None:
        return _to_the_result_if_mine(request, number)
    mine = Assessment.objects.filter(example=example, round=example.round, assessor=request.user).first()
    if request.method == "POST":
        return _assessed(request, example, mine)
    if mine is not None and mine.handed_in_at:
        return HttpResponseRedirect(_result_of(example))
    return _assessment(request, example, mine)


def _to_the_result_if_mine(request: HttpRequest, number: int) -> HttpResponse:
    """A form sent again, or a bookmark opened, after the round was decided."""
    mine = Assessment.objects.filter(example=number, assessor=request.user, handed_in_at__isnull=False)
    if not mine.exists():
        raise Http404
    return HttpResponseRedirect(f"{QUEUE}{number}/result/")


def _assessed(request: HttpRequest, example: Example, mine: Assessment | None) -> HttpResponse:
    here, user, asked = f"{QUEUE}{example.pk}/", request.user, request.POST.get("do", "")

    def do() -> str:
        if asked == "take":
            scoring.take(example, user)
            return here
        if mine is None:
            raise Http404
        if asked == "leave":
            scoring.leave(mine, user)
            return QUEUE
        said = (version_seen(request), *_typed(request.POST))
        if asked == "hand_in":
            scoring.hand_in(mine, user, *said)
            return _result_of(example)
        scoring.save(mine, user, *said)
        return f"{here}?saved"

    try:
        return _once(request, do)
    except Wrong as fault:
        return _assessment(request, example, mine, 422, faults=fault.faults)
    except keeping.EditedMeanwhile as meanwhile:
        return _assessment(request, example, meanwhile.now, 409, meanwhile=meanwhile.now)
    except NotNow as fault:
        return _assessment(request, example, mine, 409, told=fault.words)


def _assessment(
    request: HttpRequest,
    example: Example,
    mine: Assessment | None,
    status: int = 200,
    faults: Mapping[str, str] | None = None,
    meanwhile: Assessment | None = None,
    told: str = "",
) -> HttpResponse:
    typed = _typed(request.POST) if request.method == "POST" else None
    if typed is None and mine is not None:
        typed = mine.scores, mine.comments, mine.comment
    scores, comments, comment = typed or ({}, {}, "")
    now = rounds.round_of(example)
    page = {
        "example": example,
        "sections": example_told(example, current_release()),
        "mine": mine,
        "asked": gates_asked(scores, comments, faults or {}, meanwhile),
        "comment": comment,
        "faults": faults or {},
        "meanwhile": meanwhile,
        "told": told,
        "saved": "saved" in request.GET,
        "has_place": now.has_place,
        "is_third": mine.is_third if mine else now.wants_third,
        "result": rounds.result_seen_by(example, request.user) and _result_of(example),
        "key": _key(),
        "longest": scoring.LONGEST_COMMENT,
    }
    return _page(request, "assess_one.html", page, [crumb("To assess", QUEUE)], status)


@public()
def result(request: HttpRequest, number: int) -> HttpResponse:
    """What came of a round, for those who may see it; an assessor's own scores while the other's are not in."""
    example = Example.objects.filter(pk=number).select_related("owner").first()
    if example is None:
        raise Http404
    shown = rounds.result_seen_by(example, request.user)
    own = Assessment.objects.filter(example=example, assessor_id=request.user.pk, handed_in_at__isnull=False)
    newest = own.order_by("-round").first()
    if shown is None and newest is None:
        raise Http404
    is_ahead = newest is not None and (shown is None or newest.round > shown.number)
    page = {
        "example": example,
        "result": result_told(shown, example, request.user) if shown else None,
        "own": gates_asked(newest.scores, newest.comments) if is_ahead else None,
        "own_comment": newest.comment if is_ahead else "",
        "measured": list(deciding.measured(example)),
    }
    return _page(request, "assess_result.html", page, [])


@needs(Role.PUBLISHER)
def decisions(request: HttpRequest) -> HttpResponse:
    """What waits for a publisher of the country: rounds, and reviews due."""
    mine = Example.objects.filter(decidable_by(request.user))
    due = deciding.reviews_due((timezone.now() + SOON).date())
    page = {
        "standing": deciding.standing(request.user),
        "due": due.filter(pk__in=mine),
        "today": timezone.now().date(),
        "decided": mine.filter(published_at__isnull=False).order_by("-published_at", "-pk")[:20],
    }
    return _page(request, "decisions.html", page, [])


@needs(Role.PUBLISHER, verbs=READ_AND_WRITE)
def decision(request: HttpRequest, number: int) -> HttpResponse:
    example = Example.objects.filter(decidable_by(request.user), pk=number).select_related("owner").first()
    if example is None:
        raise Http404
    if request.method != "POST":
        return _decision(request, example)
    try:
        return _once(request, lambda: _decided(request, example))
    except Wrong as fault:
        return _decision(request, example, 422, faults=fault.faults)
    except keeping.EditedMeanwhile as meanwhile:
        return _decision(request, meanwhile.now, 409, told=CHANGED)
    except NotNow as fault:
        return _decision(request, Example.objects.get(pk=number), 409, told=fault.words)


def _decided(request: HttpRequest, example: Example) -> str:
    """Carry the decision out, and say where it leads."""
    user, version, words = request.user, version_seen(request), request.POST.get("words", "")
    here, asked = f"{DECISIONS}{example.pk}/", request.POST.get("do", "")
    if asked == "publish":
        deciding.publish(example, user, version, current_release())
    elif asked == "return":
        deciding.return_to_author(example, user, version, words)
        return DECISIONS
    elif asked == "withdraw":
        deciding.withdraw(example, user, version, words)
    elif asked == "review":
        deciding.open_review(example, user, version)
    elif asked == "free":
        place = example.assessments.filter(pk=_number(request.POST.get("assessment"))).first()
        if place is None:
            raise Http404
        deciding.free_place(place, user, words)
    else:
        raise Wrong({"do": "Choose what to do."})
    return here


def _decision(
    request: HttpRequest,
    example: Example,
    status: int = 200,
    faults: Mapping[str, str] | None = None,
    told: str = "",
) -> HttpResponse:
    shown = rounds.result_seen_by(example, request.user)
    now = rounds.round_of(example)
    is_open = Example.objects.filter(OPEN_ROUND, pk=example.pk).exists()
    page = {
        "example": example,
        "sections": example_told(example, current_release()),
        "round": now,
        "is_open": is_open,
        "result": result_told(shown, example, request.user) if shown else None,
        "verdict": deciding.verdict_of(example, current_release()) if is_open else example.effect,
        "measured": list(deciding.measured(example)),
        "faults": faults or {},
        "told": told,
        "asked": request.POST.get("do", ""),
        "words": request.POST.get("words", ""),
        "key": _key(),
        "longest": deciding.LONGEST_WORDS,
    }
    return _page(request, "decision.html", page, [crumb("To decide", DECISIONS)], status)


def _page(
    request: HttpRequest, template: str, page: dict[str, Any], crumbs: list[dict[str, str]], status: int = 200
) -> HttpResponse:
    crumbs = [crumb("Library", "/library/"), *crumbs]
    said = {"gates": load_gates(), "crumbs": crumbs, **page}
    return render(request, f"library/{template}", said, status=status)


def _once(request: HttpRequest, do: Callable[[], str]) -> HttpResponse:
    """Sent twice it is done once: the key came with the form."""
    key = cleaned(request.POST.get("key", ""))[:LONGEST_KEY] or _key()
    return HttpResponseRedirect(keeping.once(request.user.email, key, do))


def _typed(said: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str], str]:
    """Scores, words at the gates, words on the whole."""
    ids = load_gates().ids
    scores = {gate: number for gate in ids if (number := _number(said.get(f"score-{gate}"))) is not None}
    return scores, {gate: said.get(f"comment-{gate}", "") for gate in ids}, said.get("comment", "")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _key() -> str:
    return secrets.token_urlsafe(24)


def _result_of(example: Example) -> str:
    return f"{QUEUE}{example.pk}/result/"
