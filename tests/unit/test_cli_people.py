"""The commands about people and the record, run as a person runs them: each in a process of its own."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import web_release


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return web_release.make_release(tmp_path_factory.mktemp("home")).folder.parent.parent


MAIN = "from careatlas.cli import main; main()"


def run(home: Path, *words: str) -> subprocess.CompletedProcess:
    # Its own SQLite, whatever database the tests run on.
    environment = {key: value for key, value in os.environ.items() if key != "CAREATLAS_DATABASE"}
    command = [sys.executable, "-c", MAIN, *words, "--release", str(home)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


def test_the_first_publisher_is_let_in_and_the_record_says_so(home):
    invited = run(home, "people", "invite", "Pat@nhs.test", "--role", "publisher", "--organisation", "SIM")
    assert invited.returncode == 0, invited.stderr
    assert invited.stdout.startswith("http://127.0.0.1:8000/account/letter/")
    assert json.loads(run(home, "people", "list", "--json").stdout) == []  # nobody has joined yet
    kept = run(home, "audit", "head").stdout.strip()
    assert "each as it was written" in run(home, "audit", "verify", "--head", kept).stdout


def test_whoever_wrote_into_the_record_is_found(home):
    run(home, "people", "invite", "ann@nhs.test", "--role", "author", "--organisation", "SIM")
    kept = run(home, "audit", "head").stdout.strip()
    with sqlite3.connect(home / "authored" / "careatlas.sqlite3") as database:
        database.execute("DROP TRIGGER record_entry_no_UPDATE")
        database.execute(
            "UPDATE record_entry SET who = 'nobody' WHERE number = (SELECT max(number) FROM record_entry)"
        )
    database.close()
    found = run(home, "audit", "verify", "--head", kept)
    assert found.returncode == 2
    assert "is not what was written" in found.stdout
    assert found.stderr == "careatlas: the record: has 1 fault. Restore a backup.\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("people", "invite", "x@nhs.test", "--role", "king", "--organisation", "SIM"), "king: is no role."),
        (
            ("people", "invite", "x@nhs.test", "--role", "reader", "--organisation", "QQQ"),
            "QQQ: is no organisation",
        ),
        (("people", "disable", "x@nhs.test", "--why", "left"), "x@nhs.test: is nobody here."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(home, words, told):
    refused = run(home, *words)
    assert refused.returncode == 2
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_database_that_is_not_there_is_one_sentence(home, monkeypatch):
    monkeypatch.setenv("CAREATLAS_DATABASE", "postgresql://nobody@127.0.0.1:1/none")
    command = [sys.executable, "-c", MAIN, "people", "list", "--release", str(home)]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert refused.returncode == 2
    assert refused.stderr.startswith("careatlas: the database: cannot be used:")
    assert "Traceback" not in refused.stderr
