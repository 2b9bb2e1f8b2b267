"""Signing in: how passwords are hashed, whom a password lets in, how often from one place, and when a session ends."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from axes.helpers import get_client_http_accept, get_client_path_info, get_client_user_agent
from axes.models import AccessFailureLog
from django.contrib.auth import login, logout
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from careatlas.errors import BusyError
from careatlas.improve.people import one_time_codes
from careatlas.improve.people.models import User
from careatlas.web.configuration import THREADS, WORKERS

IDLE_SECONDS, LONGEST_SECONDS = 30 * 60, 12 * 3600
SEEN_AT_MOST_EVERY_SECONDS = 60  # or every page that is read would write, and wait for whoever writes
SIGNED_IN_AT, SEEN_AT = "signed_in_at", "seen_at"
MOST_FAILURES_A_MINUTE = 20  # of one network address: people of one hospital share theirs
PASSWORDS, KEYS = "/account/", "/api/"  # two doors: a program with an old key keeps nobody from signing in
FAILED_KEYS_ARE_KEPT = timedelta(days=1)
# The workers of a server together hash as many passwords at one moment as there are cores. Who waits for it holds a
# thread: of each worker's half, and the others are told to try again, so that a thousand who come keep no reader out.
_hashing = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) // WORKERS))
_waiting = threading.BoundedSemaphore(THREADS // 2)


@contextmanager
def _turn() -> Iterator[None]:
    if not _waiting.acquire(blocking=False):
        raise BusyError(
            "Signing in",
            "is more than we can do at this moment.",
            "Go back, and send it again in a few seconds.",
        )
    try:
        with _hashing:
            yield
    finally:
        _waiting.release()


class Argon2(Argon2PasswordHasher):
    """19 MiB, two passes, one lane (OWASP's figures), and no more at one moment than there are cores: Django's own
    setting takes 100 MiB each, so that twenty people who sign in together would take 2 GB.

    Raises BusyError where too many wait already."""

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _turn():
            return super().verify(password, encoded)


class ByPassword(BaseBackend):
    """Whom an address and a password let in. It grants nothing: rights are asked of `improve.people.roles`."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None
    ) -> User | None:
        user = _known(username)
        if user is None:
            make_password(password)  # takes as long as a check, so that who is here cannot be timed
            return None
        return user if check_password(password or "", user.password) else None

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()


class ByCode(BaseBackend):
    """The second step: whom a one-time code lets in, whose password was right. Failures are counted as the first's."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, code: str | None = None
    ) -> User | None:
        user = _known(username)
        return user if user and code and one_time_codes.is_right(user, code) else None


def has_too_many_failures(request: HttpRequest, door: str) -> bool:
    since = timezone.now() - timedelta(minutes=1)
    here = _failures(door).filter(ip_address=request.META["REMOTE_ADDR"], attempt_time__gt=since)
    return here.count() >= MOST_FAILURES_A_MINUTE


def note_failed_key(request: HttpRequest) -> None:
    """As wrong passwords are noted, but for the words: whose key it was meant to be is not known."""
    AccessFailureLog.objects.create(
        ip_address=request.META["REMOTE_ADDR"],
        user_agent=get_client_user_agent(request),
        http_accept=get_client_http_accept(request),
        path_info=get_client_path_info(request),
    )
    _failures(KEYS).filter(attempt_time__lt=timezone.now() - FAILED_KEYS_ARE_KEPT).delete()


def _failures(door: str) -> QuerySet[AccessFailureLog]:
    return AccessFailureLog.objects.filter(path_info__startswith=door)


def _known(email: str | None) -> User | None:
    return User.objects.filter(email=(email or "").strip().lower(), is_active=True).first()


def begin(request: HttpRequest, user: User) -> None:
    """Sign a person in, with a new session key: one that was planted before is worth nothing."""
    login(request, user, backend=f"{__name__}.{ByPassword.__name__}")
    request.session[SIGNED_IN_AT] = time.time()


def end_if_old(request: HttpRequest) -> None:
    """End the session after half an hour without a request, and after twelve hours in any case."""
    if not request.user.is_authenticated:
        return
    now = time.time()
    began = request.session[SIGNED_IN_AT]
    seen = request.session.get(SEEN_AT, began)
    if now - seen > IDLE_SECONDS or now - began > LONGEST_SECONDS:
        logout(request)
    elif now - seen > SEEN_AT_MOST_EVERY_SECONDS:
        request.session[SEEN_AT] = now
