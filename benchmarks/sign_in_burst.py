"""What readers notice when a thousand people sign in at once: the time of a page with and without them.

    .venv/bin/python benchmarks/sign_in_burst.py HOME

HOME has a release. A server of its own serves it, with people who are thrown away afterwards. Passwords are right and
each takes its hash; all that is printed was measured here, by clients that share the processors with the server.
"""

import itertools
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from socket import create_server
from urllib.parse import urlencode

SIGN_INS, AT_ONCE, READERS, ALONE_SECONDS = 1_000, 50, 2, 15
PAGES = ("/", "/indicators/", "/library/", "/search/?q=care", "/areas/")
EMAIL, PASSWORD = "bench@nhs.test", "a rather long sentence"
PAUSE_SECONDS = 0.05  # a reader who reads


def main(home: Path) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="careatlas-bench-") as folder,
        _served(home, Path(folder)) as port,
    ):
        alone = _read_while(port, lambda: time.sleep(ALONE_SECONDS))
        told: list[tuple[int, float]] = []
        began = time.perf_counter()
        during = _read_while(port, lambda: told.extend(_burst(port)))
        took = time.perf_counter() - began
    _report("reading alone", alone)
    _report("reading in the burst", during)
    _report("signing in", [seconds for status, seconds in told if status == 302])
    answers = {status: sum(one == status for one, _ in told) for status in sorted({one for one, _ in told})}
    print(f"{SIGN_INS:,} sign-ins, {AT_ONCE} at a time, in {took:.0f} s; answers: {answers}")
    print(f"95 of 100 reads take {_p95(during) / _p95(alone):.1f} times as long in the burst")


@contextmanager
def _served(home: Path, folder: Path) -> Iterator[int]:
    (folder / "releases").symlink_to(home.resolve() / "releases")
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    _make_person(folder)
    command = [
        "from careatlas.cli import main; main()",
        "serve",
        "--port",
        str(port),
        "--release",
        str(folder),
    ]
    server = subprocess.Popen([sys.executable, "-c", *command], stderr=subprocess.PIPE, text=True)
    try:
        while not (line := server.stderr.readline()).startswith("Serving"):
            if not line:
                sys.exit("the server did not start")
        yield port
    finally:
        server.terminate()
        server.wait()


def _make_person(folder: Path) -> None:
    from careatlas.web.authored import prepare, take_organisations

    prepare(folder)
    take_organisations()
    from django.db import connection

    from careatlas.improve.people.models import User

    user = User(email=EMAIL, name="Bench")
    user.set_password(PASSWORD)
    user.save()
    connection.close()


def _read_while(port: int, do: Callable[[], object]) -> list[float]:
    """Seconds of every page that readers asked for until it was done."""
    done, seconds = threading.Event(), []

    def read() -> None:
        for page in itertools.cycle(PAGES):
            if done.is_set():
                return
            seconds.append(_asked(port, "GET", page)[1])
            time.sleep(PAUSE_SECONDS)

    readers = [threading.Thread(target=read) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    do()
    done.set()
    for reader in readers:
        reader.join()
    return seconds


def _burst(port: int) -> list[tuple[int, float]]:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/account/sign-in/")
    answer = connection.getresponse()
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.read().decode())[1]
    connection.close()
    said = urlencode({"email": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": token})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    headers["Sec-Fetch-Site"] = "same-origin"
    with ThreadPoolExecutor(AT_ONCE) as people:
        sent = [people.submit(_until_in, port, said, headers) for _ in range(SIGN_INS)]
        return [answer for one in sent for answer in one.result()]


def _until_in(port: int, said: str, headers: dict[str, str]) -> list[tuple[int, float]]:
    """Whoever is told to come back in a few seconds does."""
    answers = [_asked(port, "POST", "/account/sign-in/", said, headers)]
    while answers[-1][0] == 503:
        time.sleep(random.uniform(2, 4))
        answers.append(_asked(port, "POST", "/account/sign-in/", said, headers))
    return answers


def _asked(port: int, verb: str, page: str, said: str = "", headers: dict | None = None) -> tuple[int, float]:
    began = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(verb, page, said or None, headers or {})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, time.perf_counter() - began


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def _report(name: str, seconds: list[float]) -> None:
    if len(seconds) > 1:
        middle, high = 1000 * statistics.median(seconds), 1000 * _p95(seconds)
        print(f"{name:<22} {len(seconds):5}: half {middle:7.1f}, 95 of 100 {high:7.1f} ms")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
