"""Who asks the API: by a key, made on the account page and sent as ``Authorization: Bearer …``; and how often.

Set once for a router: reading and writing are told apart by the verb. And what programs send beside their words: an
``Idempotency-Key`` with what may be done once only, the version that they read (``If-Match``) with what they change.
"""

import hashlib
import time
from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle

from careatlas.improve.evidence import tokens
from careatlas.improve.evidence.models import Token
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping
from careatlas.web.policies import READ
from careatlas.web.sign_in import KEYS, has_too_many_failures, note_failed_key

READS_A_MINUTE, WRITES_A_MINUTE = 600, 60
LONGEST_IDEMPOTENCY_KEY = 200


class WaitAMinute(HttpError):
    """Too many wrong keys came from one network address: for a minute none of it is looked at."""

    def __init__(self) -> None:
        super().__init__(429, "Too many wrong keys from here. Wait a minute.")


class Key(HttpBearer):
    """The owner of a key; who changes something needs one that may write."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = _opened(request, token)
        if found is not None and request.method not in READ and not found.may_write:
            raise HttpError(403, "This key may only read. Make one that may write on your account page.")
        return found.user if found else None


class KeyOrNobody(Key):
    """Everybody reads; with a key its owner. A key that is not good is refused, so that nobody reads as nobody
    unawares."""

    def __call__(self, request: HttpRequest) -> User | AnonymousUser | None:
        if request.method in READ and "Authorization" not in request.headers:
            return AnonymousUser()
        return super().__call__(request)


class Pace(BaseThrottle):
    """So many requests a minute of one person or, without a key, one network address; in each process of a server."""

    def __init__(self, reads: int, writes: int) -> None:
        self._reads, self._writes = reads, writes

    def allow_request(self, request: HttpRequest) -> bool:
        user, is_read = request.auth, request.method in READ
        who = f"user-{user.pk}" if user.is_authenticated else request.META["REMOTE_ADDR"]
        name = "reading" if is_read else "writing"
        key = f"pace-{name}-{hashlib.sha256(who.encode()).hexdigest()}-{int(time.time() // 60)}"
        cache.add(key, 0, 120)
        return cache.incr(key) <= (self._reads if is_read else self._writes)

    def wait(self) -> float:
        return 60 - time.time() % 60


pace = Pace(READS_A_MINUTE, WRITES_A_MINUTE)


def version_read(request: HttpRequest) -> int:
    """That of what is to be changed, as the program read it."""
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise HttpError(428, 'Send the version that you read as If-Match, such as If-Match: "3".')
    return int(text)


def done_once(request: HttpRequest, what: str, do: Callable[[], int]) -> int:
    """The number of what was made; sent again with the same key it is made no second time."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not 0 < len(key) <= LONGEST_IDEMPOTENCY_KEY:
        raise HttpError(400, "Send an Idempotency-Key: a word of your own, a new one for each new request.")
    kept_as = hashlib.sha256(f"api {what} {key}".encode()).hexdigest()
    return int(keeping.once(request.auth.email, kept_as, lambda: str(do())))


def _opened(request: HttpRequest, words: str) -> Token | None:
    """The key of these words; a wrong one counts as a wrong password does."""
    if has_too_many_failures(request, KEYS):
        raise WaitAMinute
    found = tokens.opened_by(words.strip())
    if found is None:
        note_failed_key(request)
    return found
