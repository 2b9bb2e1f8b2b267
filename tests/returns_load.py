"""Fifty people who send in their monthly returns at once, over a real server with 2,000 initiatives behind it.

For the test that takes their database away in the middle. ``python tests/returns_load.py prepare|account HOME`` is
what runs in processes of its own; the test uses `Office`. Each person opens a return, thinks, and sends it; who gets no
answer sends the same form again with the same key. Everybody notes how long each answer took.
"""

import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

HERE = Path(__file__).parent
PEOPLE, FEWEST, MOST, SEED = 50, 4, 6, 7
MONTH, YEAR = "2024-03", 2023  # the last month of the planted ledger
THINKS_SECONDS = 3.0  # on average; exponential
CHANCE_OF_DOUBLE_CLICK = 0.2
ASKS_AGAIN_SECONDS = 1.0
LONGEST_OUTAGE_SECONDS = 120
COMMAND = """
import sys
from careatlas.cli import main
main(["serve", "--release", sys.argv[1], "--port", sys.argv[2]])
"""


@dataclass
class Answer:
    """``seconds`` from asking to the last byte; ``status`` 0: there was none."""

    what: str
    began: float
    seconds: float
    status: int
    page: str = ""
    cookie: str = ""
    place: str = ""


@dataclass
class Person:
    """``session``: the cookie of one who signed in; ``work``: initiative -> its claims."""

    session: str
    work: dict[str, list[int]]
    chance: random.Random
    port: int
    sent: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    refused: list[Answer] = field(default_factory=list)

    def sends_all(self) -> None:
        time.sleep(self.chance.uniform(0, THINKS_SECONDS))
        for number, claims in self.work.items():
            path = _path(number)
            page = self._until_answered("page", path)
            if page.status != 200:
                self.refused.append(page)
                continue
            time.sleep(self.chance.expovariate(1 / THINKS_SECONDS))
            form, cookie = self._filled_in(page.page, number, claims), page.cookie
            times = 1 + (self.chance.random() < CHANCE_OF_DOUBLE_CLICK)
            clicks = [
                threading.Thread(target=self._send, args=(number, path, form, cookie)) for _ in range(times)
            ]
            for click in clicks:
                click.start()
            for click in clicks:
                click.join()

    def looks_at_one(self) -> None:
        """A page that nobody times: what a server makes once is made."""
        self._asked("page", _path(next(iter(self.work))), None, "")

    def _send(self, number: str, path: str, form: dict[str, str], cookie: str) -> None:
        answer = self._until_answered("send", path, form, cookie)
        if answer.status == 303 and answer.place == path:
            self.sent[number] = form
        else:
            self.refused.append(answer)

    def _filled_in(self, page: str, number: str, claims: list[int]) -> dict[str, str]:
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        figures = {
            f"{name}-{claim}": str(self.chance.randrange(1000, 1_000_000))
            for claim in claims
            for name in ("actual", "outturn")
        }
        return {name: hidden[name] for name in ("csrfmiddlewaretoken", "key", "version")} | figures | {
            "words": f"What we do about {number}, in {len(claims)} parts."
        }  # fmt: skip

    def _until_answered(
        self, what: str, path: str, form: dict[str, str] | None = None, cookie: str = ""
    ) -> Answer:
        """Ask until an answer comes that is no apology."""
        until = time.monotonic() + LONGEST_OUTAGE_SECONDS
        while time.monotonic() < until:
            answer = self._asked(what, path, form, cookie)
            self.answers.append(answer)
            if 0 < answer.status < 500:
                return answer
            time.sleep(ASKS_AGAIN_SECONDS)
        raise AssertionError(f"no answer for {LONGEST_OUTAGE_SECONDS} s: {path}")

    def _asked(self, what: str, path: str, form: dict[str, str] | None, cookie: str) -> Answer:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": f"sessionid={self.session}; {cookie}"}
        try:
            if form is None:
                connection.request("GET", path, headers=headers)
            else:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                connection.request("POST", path, urlencode(form), headers)
            reply = connection.getresponse()
            page = reply.read().decode()
        except (OSError, http.client.HTTPException):
            return Answer(what, began, time.monotonic() - began, 0)
        finally:
            connection.close()
        seconds = time.monotonic() - began
        token = re.search(r"csrftoken=[^;]+", reply.getheader("Set-Cookie") or "")
        place = reply.getheader("Location") or ""
        return Answer(what, began, seconds, reply.status, page, token[0] if token else cookie, place)


def _path(number: str) -> str:
    return f"/delivery/initiatives/{number}/returns/{MONTH}/"


class Office:
    """A home with the planted ledger, its people, and the server that they write to."""

    def __init__(self, home: Path, database: str = "") -> None:
        self.home, self.database = home, database
        home.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        told = json.loads(self._run("prepare"))
        self.people = [
            Person(one["session"], one["work"], random.Random(SEED + place), self.port)
            for place, one in enumerate(told)
        ]
        self.server: subprocess.Popen | None = None

    def serve(self) -> None:
        """Until it answers."""
        with (self.home / "server.log").open("a") as log:
            self.server = subprocess.Popen(
                [sys.executable, "-c", COMMAND, str(self.home), str(self.port)],
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=self._environment(),
            )
        for _ in range(LONGEST_OUTAGE_SECONDS * 5):
            assert self.server.poll() is None, (self.home / "server.log").read_text()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """As a loss of power would: every process of the server, without a word."""
        if self.server is not None:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()
            self.server = None

    def account(self) -> dict[str, Any]:
        """What is in the database, read by a process that begins now."""
        return json.loads(self._run("account"))

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CAREATLAS_")}
        told = {"CAREATLAS_HOME": str(self.home), "CAREATLAS_DATABASE": self.database}
        return kept | told | {"DJANGO_SETTINGS_MODULE": "careatlas.web.settings"}

    def _run(self, command: str) -> str:
        done = subprocess.run(
            [sys.executable, str(HERE / "returns_load.py"), command, str(self.home)],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]


# In the processes


def prepare(home: Path) -> list[dict[str, Any]]:
    from careatlas.web.authored import prepare as bring_up

    bring_up(home)
    from planted_ledger import planted_ledger

    from careatlas.improve.delivery.ledger.sizes import take_sizes
    from careatlas.improve.people.models import Organisation

    release = planted_ledger(home, SEED).release
    _make_known(release)
    take_sizes(release)
    boards = list(Organisation.objects.filter(code__startswith="B").order_by("code"))
    _plan(boards)
    chance, taken = random.Random(SEED), {}
    return [_person(place, boards[place % len(boards)], chance, taken) for place in range(PEOPLE)]


def _make_known(release: Any) -> None:
    """The planted indicators have words on the disk too: a server reads them there."""
    import web_release

    file = release.folder / "catalogue.json"
    told = json.loads(file.read_text())
    for id in release.catalogue["indicators"]:
        told["indicators"].setdefault(id, {**web_release._completed(), "id": id, "area_types": ["icb"]})
    file.write_text(json.dumps(told))


def _plan(boards: list[Any]) -> None:
    from django.utils import timezone

    from careatlas.improve.delivery.models import Initiative, Plan

    for board in boards:
        plan = Plan.objects.create(
            organisation=board, year=YEAR, title="Plan", baselined_at=timezone.now(), is_simulated=True
        )
        Initiative.objects.filter(organisation=board).update(plan=plan)


def _person(place: int, board: Any, chance: random.Random, taken: dict[str, int]) -> dict[str, Any]:
    """A plan manager who has signed in, and initiatives that are nobody else's to report on."""
    from authored import person, signed_in

    from careatlas.improve.delivery.models import Initiative
    from careatlas.improve.people.models import Role

    user = person(f"manager{place}", (Role.PLAN_MANAGER, board.pk))
    first, count = taken.get(board.pk, 0), chance.randint(FEWEST, MOST)
    taken[board.pk] = first + count
    own = Initiative.objects.filter(organisation=board).order_by("pk")[first : first + count]
    return {
        "session": signed_in(user).cookies["sessionid"].value,
        "work": {str(one.pk): list(one.claims.order_by("pk").values_list("pk", flat=True)) for one in own},
    }


def account(home: Path) -> dict[str, Any]:
    from careatlas.improve.delivery.models import Return
    from careatlas.improve.record import chain
    from careatlas.improve.record.models import Answered, Entry

    entries = Entry.objects.filter(kind="delivery.return").order_by("number")
    return {
        "faults": list(chain.faults()),
        "keys": sorted(Answered.objects.values_list("key", flat=True)),
        "entries": [[one.action, one.key] for one in entries],
        "returns": [
            {
                "key": str(one.pk),
                "number": str(one.initiative_id),
                "month": f"{one.month:%Y-%m}",
                "words": one.words,
                "figures": one.figures,
                "is_sent": one.sent_in_at is not None and one.sent_in_by is not None,
            }
            for one in Return.objects.order_by("pk")
        ],
    }


def main(command: str, home: str) -> None:
    sys.path.insert(0, str(HERE))
    if command == "account":
        import django

        django.setup()
    print(json.dumps({"prepare": prepare, "account": account}[command](Path(home))))


if __name__ == "__main__":
    main(*sys.argv[1:])
