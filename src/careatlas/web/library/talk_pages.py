"""Conversations: topics, peer groups, questions to an example's owner; and taking down and closing.

Who may is in `improve.evidence.talking`; here is what the forms say and what comes back.
"""

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.evidence.following import follows, talking
from careatlas.improve.evidence.models import Example, Post, Thread
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people.models import Organisation
from careatlas.improve.record import keeping
from careatlas.present.queries import known_indicator
from careatlas.web.current import current_release
from careatlas.web.library.example_pages import key_of
from careatlas.web.library.match_pages import LIBRARY, published
from careatlas.web.library.talk_parts import (
    TOPICS,
    about_examples,
    address_of,
    listed,
    own_gaps,
    own_groups,
    pinned_to,
    topic_address,
    way_to,
)
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, public, signed_in
from careatlas.web.sent import see_other, version_seen


@public()
def topics(request: HttpRequest) -> HttpResponse:
    """``/library/topics/``: what is talked about, and what one's own areas have reason to talk about."""
    release = current_release()
    titles = release.catalogue["indicators"]
    threads = list(talking.visible_to(request.user, release)[:100])
    page = {
        "threads": [listed(release, one) for one in threads],
        "topics": sorted(
            ({"id": id, "title": about["title"]} for id, about in titles.items()),
            key=lambda one: one["title"],
        ),
        "own": own_gaps(request, release),
        "crumbs": [LIBRARY],
    }
    return render(request, "library/topics.html", page)


@public(*READ_AND_WRITE)
def topic(request: HttpRequest, indicator: str) -> HttpResponse:
    """``/library/topics/<indicator>/[?peers=CODE]``: its conversations, with examples and areas pinned."""
    release = current_release()
    known_indicator(release, indicator)
    group = _group(request)
    if request.method == "POST":
        return _opened(request, release, indicator=indicator, organisation=group)
    return _topic_page(request, release, indicator, group)


@public(*READ_AND_WRITE)
def ask(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/<number>/ask/``: conversations about an example, and a question to its owner."""
    release, example = current_release(), published(request, number)
    if request.method == "POST":
        return _opened(request, release, example=example)
    return _ask_page(request, release, example)


@public(*READ_AND_WRITE)
def thread(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/threads/<number>/``"""
    release = current_release()
    found = talking.found(number, request.user, release)
    if request.method == "POST":
        return _replied(request, release, found)
    return _thread_page(request, release, found)


@signed_in(*WRITE)
def close(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/threads/<number>/close/``"""
    return _set_closed(request, number, talking.close)


@signed_in(*WRITE)
def open_again(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/threads/<number>/open/``"""
    return _set_closed(request, number, talking.open_again)


@signed_in(*READ_AND_WRITE)
def take_down(request: HttpRequest, number: int) -> HttpResponse:
    """``/library/posts/<number>/take-down/``"""
    release, faults = current_release(), {}
    found = Post.objects.filter(pk=number).select_related("author").first()
    if found is None:
        raise NotKnownError("This post", "is not here.", "")
    of_thread = talking.found(found.thread_id, request.user, release)
    if found.author_id != request.user.pk and not talking.moderates(request.user, of_thread):
        raise NotKnownError("This post", "is none that you may take down.", "")
    if request.method == "POST" and not found.is_taken_down:
        try:
            talking.take_down(
                number, request.user, release, version_seen(request), request.POST.get("why", "")
            )
            return see_other(address_of(of_thread))
        except Wrong as fault:
            faults = fault.faults
        except keeping.EditedMeanwhile:
            faults = {"why": "It was changed since you opened this page. Look at it, then decide."}
    if found.is_taken_down:
        return HttpResponseRedirect(address_of(of_thread))
    page = {
        "post": found,
        "thread": of_thread,
        "faults": faults,
        "said": request.POST,
        "crumbs": [TOPICS, crumb(of_thread.title, address_of(of_thread))],
    }
    return render(request, "library/take_down.html", page, status=422 if faults else 200)


def of_example(request: HttpRequest, release: Release, example: Example) -> list[dict[str, Any]]:
    """Conversations about an example, as a list on its page."""
    return [listed(release, one) for one in talking.visible_to(request.user, release).filter(example=example)]


def _opened(
    request: HttpRequest,
    release: Release,
    *,
    example: Example | None = None,
    indicator: str = "",
    organisation: Organisation | None = None,
) -> HttpResponse:
    said = request.POST

    def do() -> str:
        return address_of(
            talking.start(
                request.user,
                release,
                said.get("title", ""),
                said.get("text", ""),
                example=example,
                indicator=indicator,
                organisation=organisation,
            )
        )

    _must_be_in(request)
    try:
        return see_other(keeping.once(request.user.email, key_of(request), do))
    except Wrong as fault:
        if example is not None:
            return _ask_page(request, release, example, fault.faults)
        return _topic_page(request, release, indicator, organisation, fault.faults)


def _replied(request: HttpRequest, release: Release, found: Thread) -> HttpResponse:
    def do() -> str:
        post = talking.reply(found.pk, request.user, release, request.POST.get("text", ""))
        return f"{address_of(found)}#post-{post.pk}"

    _must_be_in(request)
    try:
        return see_other(keeping.once(request.user.email, key_of(request), do))
    except Wrong as fault:
        return _thread_page(request, release, found, 422, fault.faults)
    except talking.Closed:
        told = {"text": "This conversation was closed meanwhile. Your words are below."}
        return _thread_page(request, release, found, 409, told)


def _must_be_in(request: HttpRequest) -> None:
    if not request.user.is_authenticated:
        raise NotKnownError("This form", "is for people who have signed in.", "Sign in, then send it again.")


def _topic_page(
    request: HttpRequest,
    release: Release,
    indicator: str,
    group: Organisation | None,
    faults: dict[str, str] | None = None,
) -> HttpResponse:
    user = request.user
    about = release.catalogue["indicators"][indicator]
    threads = talking.visible_to(user, release).filter(indicator=indicator, example=None, organisation=group)
    may_open = talking.may_open(user, release, example=None, indicator=indicator, organisation=group)
    if group is not None and not (may_open or threads.exists()):
        raise NotKnownError("This peer group", "is not here.", "")
    page = {
        "about": about,
        "group": group,
        "threads": [listed(release, one) for one in threads],
        "of_examples": [] if group else about_examples(user, release, indicator),
        "may_open": may_open,
        "groups": [] if group else own_groups(request, release, indicator),
        "crumbs": [LIBRARY, TOPICS] + ([crumb(about["title"], topic_address(indicator))] if group else []),
        **pinned_to(release, indicator, group),
        **_form(request, faults),
        **_follow(request, "indicator", indicator),
    }
    return render(request, "library/topic.html", page, status=422 if faults else 200)


def _ask_page(
    request: HttpRequest, release: Release, example: Example, faults: dict[str, str] | None = None
) -> HttpResponse:
    page = {
        "example": example,
        "threads": of_example(request, release, example),
        "may_open": request.user.is_authenticated,
        "crumbs": [LIBRARY, crumb(example.title, f"/library/{example.pk}/")],
        **_form(request, faults),
        **_follow(request, "example", str(example.pk)),
    }
    return render(request, "library/ask.html", page, status=422 if faults else 200)


def _thread_page(
    request: HttpRequest,
    release: Release,
    found: Thread,
    status: int = 200,
    faults: dict[str, str] | None = None,
) -> HttpResponse:
    user = request.user
    moderates = talking.moderates(user, found)
    posts = [
        {"post": post, "may_take_down": not post.is_taken_down and (moderates or post.author_id == user.pk)}
        for post in found.posts.select_related("author").order_by("pk")
    ]
    page = {
        "thread": found,
        "posts": posts,
        "may_write": talking.may_write(user, found, release),
        "may_close": talking.may_close(user, found),
        "of": listed(release, found),
        "crumbs": way_to(release, found),
        **(pinned_to(release, found.indicator, found.organisation) if not found.example_id else {}),
        **_form(request, faults),
        **_follow(request, "thread", str(found.pk)),
    }
    return render(request, "library/thread.html", page, status=status)


def _form(request: HttpRequest, faults: dict[str, str] | None) -> dict[str, Any]:
    key = request.POST.get("key") or secrets.token_urlsafe(16)
    return {"key": key, "said": request.POST, "faults": faults or {}}


def _follow(request: HttpRequest, kind: str, key: str) -> dict[str, Any]:
    """What the button to follow sends; nothing to follow without an account."""
    if not request.user.is_authenticated:
        return {}
    following_now = follows.is_following(request.user, kind, key)
    return {"follow": {"kind": kind, "key": key, "is_following": following_now}}


def _group(request: HttpRequest) -> Organisation | None:
    code = request.GET.get("peers", "")
    if not code:
        return None
    found = Organisation.objects.filter(pk=code[:20].upper()).first()
    if found is None:
        raise NotKnownError(code[:20], "is no organisation here.", "")
    return found


def _set_closed(request: HttpRequest, number: int, do: Any) -> HttpResponse:
    release = current_release()
    try:
        return see_other(address_of(do(number, request.user, release, version_seen(request))))
    except keeping.EditedMeanwhile:  # closed or opened already: the page shows how it stands
        return see_other(f"/library/threads/{number}/")
