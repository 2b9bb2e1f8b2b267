"""Who may open which address: every view says it, and one that does not is refused.

A policy is about the address; which rows a person sees there is for ``visible_to`` of the rows, and what they may not
see answers 404, as if it were not there.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import (
    Http404,
    HttpRequest,
    HttpResponseForbidden,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt

from careatlas.improve.people import roles
from careatlas.improve.people.models import Role
from careatlas.web.authored import take_organisations
from careatlas.web.sign_in import end_if_old

View = TypeVar("View", bound=Callable[..., Any])
Address = URLPattern | URLResolver
READ, WRITE = ("GET", "HEAD"), ("POST",)
READ_AND_WRITE = READ + WRITE
OURS = ("same-origin", "none")


@dataclass(frozen=True)
class Policy:
    """``is_public``: everybody opens it; else one of ``roles`` does, or without any whoever has signed in.
    ``verbs``: what may be asked. ``knows_readers``: false for pages made from releases, which are the same for all."""

    is_public: bool
    roles: tuple[Role, ...] = ()
    verbs: tuple[str, ...] = READ
    knows_readers: bool = True


def public(*verbs: str) -> Callable[[View], View]:
    """Everybody may open it. Without verbs it is read only."""
    return _given(Policy(True, verbs=verbs or READ))


def signed_in(*verbs: str) -> Callable[[View], View]:
    """Whoever has signed in."""
    return _given(Policy(False, verbs=verbs or READ))


def needs(*wanted: Role, verbs: tuple[str, ...] = READ) -> Callable[[View], View]:
    """Whoever has one of the roles anywhere; where, is for the view to ask of the row."""
    return _given(Policy(False, wanted, verbs))


def takes_no_cookie(view: View) -> View:
    """A page of releases that is sent files, with no account: `same_origin` says which requests pass."""
    return csrf_exempt(_given(Policy(True, verbs=READ_AND_WRITE, knows_readers=False))(view))


def of_releases(addresses: Iterable[Address]) -> list[Address]:
    """Addresses of pages that are made from releases: everybody may read them, and nobody write."""
    found = list(addresses)
    for each in found:
        if isinstance(each, URLResolver):
            of_releases(each.url_patterns)
        elif not hasattr(each.callback, "policy"):
            each.callback.policy = Policy(True, knows_readers=False)
    return found


def of_tokens(addresses: tuple[list[Address], str, str], *starts: str) -> tuple[list[Address], str, str]:
    """Routes of the API that begin so: everybody may ask, and who is asking, and whether they may write, is told by a
    key (web/api_keys.py), never by a cookie. What they answer is kept nowhere."""
    for each in addresses[0]:
        if str(each.pattern).startswith(starts):
            each.callback.policy = Policy(True, verbs=(*READ_AND_WRITE, "PATCH"))
    return addresses


class Policies:
    """Middleware: asks the view's policy before the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if getattr(request, "knows_reader", False):  # what one person sees is kept nowhere on the way
            add_never_cache_headers(response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        policy = getattr(view, "policy", None)
        if policy is None:
            raise ImproperlyConfigured(f"{request.path}: its view has no policy (web/policies.py)")
        if request.method not in policy.verbs:
            return HttpResponseNotAllowed(policy.verbs)
        if request.method not in READ and request.headers.get("Sec-Fetch-Site", OURS[0]) not in OURS:
            return HttpResponseForbidden("This came from another site.")
        if policy.knows_readers:
            request.knows_reader = True
            take_organisations()
            end_if_old(request)
        return None if policy.is_public else _refused(request, policy)


def _refused(request: HttpRequest, policy: Policy) -> HttpResponseBase | None:
    if not request.user.is_authenticated:
        here = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{settings.SIGN_IN_ADDRESS}?{here}")
    if policy.roles and not any(roles.has(request.user, role) for role in policy.roles):
        raise Http404
    return None


def _given(policy: Policy) -> Callable[[View], View]:
    def give(view: View) -> View:
        view.policy = policy
        return view

    return give
