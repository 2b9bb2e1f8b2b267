"""Keys for the API on one's own account: listed, made, shown once, withdrawn."""

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from careatlas.improve.evidence import tokens
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.record import keeping
from careatlas.web.library.example_pages import key_of
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, signed_in
from careatlas.web.sent import see_other

TOKENS = "/account/tokens/"


@signed_in(*READ_AND_WRITE)
def account_tokens(request: HttpRequest) -> HttpResponse:
    """``/account/tokens/``. The words of a new key are on the page that answers the form, and nowhere else."""
    return _made(request) if request.method == "POST" else _page(request)


@signed_in(*WRITE)
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """``/account/tokens/<number>/withdraw/``; gone already, nothing happens."""
    if tokens.of(request.user).filter(pk=number).exists():
        tokens.withdraw(number, request.user)
    return see_other(TOKENS)


def _made(request: HttpRequest) -> HttpResponse:
    said, words = request.POST, []

    def make() -> str:
        days = said.get("days", "")
        token, secret = tokens.make(
            request.user,
            said.get("name", ""),
            int(days) if days in map(str, tokens.GOOD_FOR_DAYS) else 0,
            said.get("may_write") == "yes",
        )
        words.append(secret)
        return f"{TOKENS}#token-{token.pk}"

    try:
        keeping.once(request.user.email, key_of(request), make)
    except Wrong as fault:
        return _page(request, 422, faults=fault.faults, said=said)
    if words and tokens.is_kept(words[0]):
        return _page(request, words=words[0])
    return _page(
        request, told="This form was sent already. Its key was shown then, and cannot be shown again."
    )


def _page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    now = timezone.now()
    page = {
        "tokens": [{"token": one, "is_over": one.expires_at <= now} for one in tokens.of(request.user)],
        "days": tokens.GOOD_FOR_DAYS,
        "key": secrets.token_urlsafe(16),
        "crumbs": [crumb("Account", "/account/")],
        **more,
    }
    return render(request, "account/tokens.html", page, status=status)
