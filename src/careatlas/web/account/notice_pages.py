"""What one is told: notices, what one follows, how often letters come, and the link that stops them.

The link works without signing in: a page asks first, because programs that look through letters open every link; a
mail program's own button (RFC 8058) sends the form at once.
"""

from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt

from careatlas.improve.evidence.following import follows
from careatlas.improve.evidence.notices import digests, telling
from careatlas.improve.evidence.notices.digests import Digest
from careatlas.improve.record import keeping
from careatlas.web.current import current_release
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, public, signed_in
from careatlas.web.sent import see_other, version_seen

NOTICES = "/account/notices/"
MOST = 100
CHOICES = (
    ("never", "Never: I look here"),
    ("daily", "Once a day, if there is something"),
    ("weekly", "Once a week, if there is something"),
)


@signed_in()
def notices(request: HttpRequest) -> HttpResponse:
    return _page(request)


@signed_in(*WRITE)
def read(request: HttpRequest) -> HttpResponse:
    """``/account/notices/read/``: all up to the newest that the page showed."""
    up_to = request.POST.get("up_to", "")
    if up_to.isascii() and up_to.isdecimal() and len(up_to) < 16:
        telling.mark_read(request.user, int(up_to))
    return see_other(NOTICES)


@signed_in(*WRITE)
def letters(request: HttpRequest) -> HttpResponse:
    """``/account/notices/letters/``"""
    try:
        digests.prefer(request.user, request.POST.get("letters", ""), version_seen(request))
    except keeping.EditedMeanwhile:
        return _page(request, 409, "It was changed elsewhere since you opened this page. Look, then choose.")
    return see_other(NOTICES)


@signed_in(*WRITE)
def follow(request: HttpRequest) -> HttpResponse:
    """``/library/follow/``: follow or leave; sent twice it is done once. Back to where the button was."""
    said = request.POST
    kind, key = said.get("kind", ""), said.get("key", "")
    if said.get("do") == "leave":
        follows.unfollow(request.user, kind, key)
    else:
        follows.follow(request.user, kind, key, current_release())
    return see_other(_back(said.get("next", "")))


@csrf_exempt
@public(*READ_AND_WRITE)
def stop_letters(request: HttpRequest, token: str) -> HttpResponse:
    """``/account/letters/stop/<token>/``: the token is what shows whose letters they are, so it needs no other."""
    user = digests.owner_of(token)
    if request.method == "POST":
        digests.stop(token)
    page = {"email": user.email, "is_stopped": request.method == "POST", "crumbs": []}
    return render(request, "account/stop_letters.html", page)


def post_digest(digest: Digest) -> None:
    """Links' host is the one this atlas was told it has."""
    address = settings.CONFIGURATION.address.rstrip("/")
    stop = f"{address}/account/letters/stop/{digest.token}/"
    lines = [f"- {words}\n  {address}{place}" for words, place in digest.lines]
    if digest.left_out:
        lines.append(f"- and {digest.left_out} more: {address}{NOTICES}")
    body = "\n\n".join(
        [
            f"{digest.name}, this is new in Care Atlas:",
            *lines,
            f"You asked for this letter. To get no more, open {stop}\nOther choices: {address}{NOTICES}",
        ]
    )
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    number = len(digest.lines) + digest.left_out
    subject = f"Care Atlas: {number} thing{'s' * (number != 1)} you follow"
    EmailMessage(subject, body, None, [digest.email], headers=headers).send()


def _page(request: HttpRequest, status: int = 200, told: str = "") -> HttpResponse:
    found = list(telling.notices(request.user)[:MOST])
    preference = digests.preference_of(request.user)
    page = {
        "unread": [one for one in found if one.seen_at is None],
        "read": [one for one in found if one.seen_at is not None],
        "up_to": max((one.pk for one in found), default=0),
        "followed": list(follows.followed(request.user, current_release())),
        "preference": preference,
        "choices": CHOICES,
        "told": told,
        "crumbs": [crumb("Account", "/account/")],
    }
    return render(request, "account/notices.html", page, status=status)


def _back(wanted: str) -> str:
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return wanted if ours else NOTICES
