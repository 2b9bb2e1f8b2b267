"""People who write at once through the pages, each in a process of their own, on a database that may be pulled away.

For the tests that kill them. ``python tests/writers.py prepare|write|account HOME ...`` is what the processes run; the
tests use `Atlas`. Whoever gets no answer sends the same form again with the same key, as a person would, and says what
was acknowledged on standard output, a line at a time.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PERSON, PASSWORD = "writer@nhs.test", "a rather long sentence"
OWNER, SECTION = "B0", "problem"
LONGEST_OUTAGE_SECONDS = 60


class Atlas:
    """A home with a small release and one example that everybody writes on."""

    def __init__(self, home: Path, database: str = "") -> None:
        self.home, self.database = home, database
        self.writers: list[Writer] = []
        home.mkdir(parents=True, exist_ok=True)
        self.example = json.loads(self._run("prepare"))["example"]

    def writer(self, name: str, keys: str, count: int) -> "Writer":
        """Who sends the forms ``keys``-0, ``keys``-1 ..., and words that name the writer."""
        self.writers.append(Writer(self._start("write", str(self.example), name, keys, str(count))))
        return self.writers[-1]

    def account(self) -> dict[str, Any]:
        """What is in the database, read by a process that begins now: whole, or the test fails."""
        account = json.loads(self._run("account", str(self.example)))
        _is_whole(account, [tuple(line) for writer in self.writers for line in writer.acknowledged])
        return account

    def _start(self, *command: str) -> subprocess.Popen:
        told = {"CAREATLAS_HOME": str(self.home), "CAREATLAS_DATABASE": self.database}
        return subprocess.Popen(
            [sys.executable, str(HERE / "writers.py"), command[0], str(self.home), *command[1:]],
            env=os.environ | told | {"DJANGO_SETTINGS_MODULE": "careatlas.web.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _run(self, *command: str) -> str:
        said, complaint = (process := self._start(*command)).communicate(timeout=300)
        assert process.returncode == 0, complaint
        return said.splitlines()[-1]


class Writer:
    """One process. ``go`` lets it write; ``acknowledged`` is what it was told was kept."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self.acknowledged: list[list[Any]] = []
        self.complaint = ""

    def ready(self) -> "Writer":
        assert self.process.stdout.readline() == "ready\n", self.process.stderr.read()
        return self

    def go(self) -> None:
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.finish()

    def finish(self) -> list[list[Any]]:
        said, self.complaint = self.process.communicate(timeout=600)
        whole = said[: said.rfind("\n") + 1]  # who was killed may have been in the middle of a line
        self.acknowledged = [json.loads(line) for line in whole.splitlines()]
        return self.acknowledged


def began(writers: list[Writer]) -> list[Writer]:
    """All at one moment: each has read its modules before any of them writes."""
    for writer in writers:
        writer.ready()
    for writer in writers:
        writer.go()
    return writers


def _is_whole(account: dict[str, Any], told: list[tuple[str, ...]]) -> None:
    """What was acknowledged is there, once; what was not is there once or not at all; the record says the same."""
    started = {line[1:] for line in told if line[0] == "started"}
    assert started <= set(account["places"].items())
    assert len(account["titles"]) == len(set(account["titles"])) == len(account["places"])
    assert account["titles"] == account["keys"]
    assert account["created"] == len(account["titles"])
    saved = {line[1] for line in told if line[0] == "saved"}
    written = account["written"]
    assert saved <= set(written)
    assert len(written) == len(set(written)) == account["version"] - 1
    assert account["problem"] == (written[-1] if written else "")
    assert account["faults"] == []


# In the processes


def prepare(home: Path) -> dict[str, Any]:
    import web_release

    from careatlas.web.authored import prepare as bring_up
    from careatlas.web.authored import take_organisations

    web_release.make_release(home)
    bring_up(home)
    take_organisations()
    from careatlas.improve.evidence.writing import drafting
    from careatlas.improve.people import roles
    from careatlas.improve.people.models import Organisation, Role, User

    user, owner = User.objects.create(email=PERSON, name="Writer"), Organisation.objects.get(pk=OWNER)
    roles.grant(user, Role.AUTHOR, owner, "the test", "needed")
    return {"example": drafting.start(User.objects.get(), owner, "The one that all write on").pk}


def write(home: Path, example: str, name: str, keys: str, count: str) -> None:
    """By turns: start an example with the next key, and change the words of the one that all write on."""
    client, page = _signed_in(), f"/library/{example}/edit/{SECTION}/"
    _until_answered(lambda: client.get(page))
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(count)):
        key = f"{keys}-{number}"
        begun = _until_answered(
            lambda key=key: client.post("/library/new/", {"title": key, "owner": OWNER, "key": key})
        )
        _say("started", key, begun.headers["Location"])
        text = f"Words {name}-{number}."
        version = _version(_until_answered(lambda: client.get(page)))
        said = {"problem": text, "version": version}
        saved = _until_answered(lambda said=said: client.post(page, said))
        _say("saved" if saved.status_code == 303 else "refused", text)


def _version(page: Any) -> str:
    return re.search(r'name="version" value="(\d+)"', page.content.decode())[1]


def _until_answered(send: Any) -> Any:
    """Send until an answer comes that is no apology."""
    from django.db import close_old_connections

    for _ in range(LONGEST_OUTAGE_SECONDS * 20):
        close_old_connections()  # as a server does before every request; the test client leaves it out
        answer = send()
        if answer.status_code in (200, 303, 409):
            return answer
        if answer.status_code < 500:
            raise SystemExit(f"{answer.status_code}: {answer.content.decode()[:2000]}")
        time.sleep(0.05)
    raise SystemExit("no answer for a minute")


def account(home: Path, example: str) -> dict[str, Any]:
    from careatlas.improve.evidence.models import Example
    from careatlas.improve.record import chain
    from careatlas.improve.record.models import Answered, Entry

    shared = Example.objects.get(pk=example)
    entries = Entry.objects.filter(kind="evidence.example")
    of_shared = entries.filter(key=example, action="changed").order_by("number")
    started = Example.objects.exclude(pk=example)
    return {
        "faults": list(chain.faults()),
        "titles": sorted(started.values_list("title", flat=True)),
        "keys": sorted(Answered.objects.values_list("key", flat=True)),
        "places": {one.title: f"/library/{one.pk}/edit/" for one in started},
        "created": entries.filter(action="created").count() - 1,
        "version": shared.version,
        "problem": shared.problem,
        "written": [entry.after["problem"] for entry in of_shared],
    }


def _signed_in() -> Any:
    import django

    django.setup()
    from django.test import Client

    from careatlas.improve.people.models import User
    from careatlas.web import sign_in

    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(email=PERSON), backend="careatlas.web.sign_in.ByPassword")
    session = client.session
    session[sign_in.SIGNED_IN_AT] = time.time()
    session.save()
    return client


def _say(*words: str) -> None:
    print(json.dumps(words), flush=True)


def main(command: str, home: str, *more: str) -> None:
    import logging

    logging.disable(logging.CRITICAL)  # what an outage makes the server say
    sys.path.insert(0, str(HERE))
    if command == "account":
        import django

        django.setup()
    answer = {"prepare": prepare, "write": write, "account": account}[command](Path(home), *more)
    if answer is not None:
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
