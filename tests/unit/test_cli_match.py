"""Matching, measuring and letters from the command line, each as a person or a clock runs it."""

import json
import os
import subprocess
import sys

import pytest
import web_release

MAIN = "from careatlas.cli import main; main()"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home")).folder.parent.parent


def run(home, *words):
    environment = {key: value for key, value in os.environ.items() if key != "CAREATLAS_DATABASE"}
    command = [sys.executable, "-c", MAIN, *words, "--release", str(home)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


def test_an_empty_library_matches_nothing_and_says_so(home):
    assert json.loads(run(home, "library", "match", "S00", "--json").stdout) == []
    assert "nothing to show" in run(home, "library", "match", "S00").stdout


def test_an_unknown_area_is_refused_without_a_traceback(home):
    refused = run(home, "library", "match", "nowhere")
    assert refused.returncode == 2
    assert "nowhere" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_measuring_asks_who_got_better_and_again_asks_nobody(home):
    first = run(home, "library", "measure")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines() == [
        "examples: 0",
        "verdicts changed: 0",
        "adoptions: 0",
        "invitations: 1",
    ]
    assert "invitations: 0" in run(home, "library", "measure").stdout


def test_no_letter_is_sent_to_whom_nobody_asked(home):
    assert run(home, "letters", "send").stdout == "letters sent: 0\n"
