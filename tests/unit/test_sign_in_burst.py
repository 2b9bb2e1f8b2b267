"""W8: hashing passwords does not become the outage: what it takes is fixed, and only so much of it at one moment."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import argon2
import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

from careatlas.errors import BusyError
from careatlas.web import sign_in
from careatlas.web.configuration import THREADS, WORKERS

PASSWORD, SECONDS = "a rather long sentence", 30


def test_a_password_takes_19_mib_two_passes_and_one_lane():
    assert settings.PASSWORD_HASHERS == ["careatlas.web.sign_in.Argon2"]
    encoded = make_password(PASSWORD)
    told = argon2.extract_parameters(encoded.removeprefix("argon2"))
    assert (told.memory_cost, told.time_cost, told.parallelism) == (19 * 1024, 2, 1)
    assert told.type is argon2.Type.ID
    assert check_password(PASSWORD, encoded)
    assert not check_password("another sentence", encoded)


@pytest.fixture
def slow(monkeypatch):
    """Hashing that takes until it is told to end, and counts how many do it at once."""

    class Slow:
        now = most = 0
        lock, begun, end = threading.Lock(), threading.Event(), threading.Event()

        def encode(hasher, password: str, salt: str) -> str:
            with Slow.lock:
                Slow.now += 1
                Slow.most = max(Slow.most, Slow.now)
            Slow.begun.set()
            assert Slow.end.wait(SECONDS)
            with Slow.lock:
                Slow.now -= 1
            return "argon2$"

    monkeypatch.setattr(Argon2PasswordHasher, "encode", Slow.encode)
    return Slow


def test_a_worker_hashes_its_share_of_the_cores_and_keeps_half_its_threads_for_readers(slow):
    share = max(1, os.cpu_count() // WORKERS)
    with ThreadPoolExecutor(THREADS) as people:
        sent = [people.submit(make_password, PASSWORD) for _ in range(THREADS)]
        refused = [one for one in sent if _is_refused(one, slow)]
        slow.end.set()
        assert [one.result() for one in sent if one not in refused] == ["argon2$"] * (THREADS // 2)
    assert len(refused) == THREADS - THREADS // 2
    assert slow.most <= share
    assert make_password(PASSWORD) == "argon2$"  # whoever comes later finds room again


def _is_refused(one, slow) -> bool:
    """Who is refused is so at once; who is not waits for the slow hashing to end."""
    assert slow.begun.wait(SECONDS)
    try:
        return isinstance(one.exception(timeout=0.5), BusyError)
    except TimeoutError:
        return False


@pytest.mark.django_db
def test_who_cannot_be_let_in_now_is_told_so_and_is_not_counted_as_wrong(client, monkeypatch):
    from axes.models import AccessFailureLog

    monkeypatch.setattr(sign_in, "_waiting", threading.BoundedSemaphore(1))
    with sign_in._turn():
        answer = client.post("/account/sign-in/", {"email": "ann@nhs.test", "password": PASSWORD})
    assert answer.status_code == 503
    assert "Many people are signing in" in answer.content.decode()
    assert "send it again in a few seconds" in answer.content.decode()
    assert not AccessFailureLog.objects.exists()
