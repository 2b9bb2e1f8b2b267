"""Signing in: how passwords are hashed, whom a password lets in, and when a session ends."""

import os
import threading
import time

from django.contrib.auth import login, logout
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.http import HttpRequest

from careatlas.improve.people import one_time_codes
from careatlas.improve.people.models import User

IDLE_SECONDS, LONGEST_SECONDS = 30 * 60, 12 * 3600
SIGNED_IN_AT, SEEN_AT = "signed_in_at", "seen_at"
_cores = threading.BoundedSemaphore(os.cpu_count() or 1)


class Argon2(Argon2PasswordHasher):
    """19 MiB, two passes, one lane (OWASP's figures), and no more at one moment than there are cores: Django's own
    setting takes 100 MiB each, so that twenty people who sign in together would take 2 GB."""

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _cores:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _cores:
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
    else:
        request.session[SEEN_AT] = now
