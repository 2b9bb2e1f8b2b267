"""A server that stops leaves no process behind, however far it had come: each is started as a user starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import web_release

from careatlas.web import server

AS_COMMAND = """
import sys
from careatlas.cli import main
main(["serve", "--release", sys.argv[1], "--port", sys.argv[2]])
"""
NEVER_READY = """
import sys, time
from pathlib import Path
from careatlas.web import ready, server

def for_ever(application):
    print("getting ready", flush=True)
    time.sleep(600)

ready.make_ready = for_ever
server.serve(Path(sys.argv[1]), int(sys.argv[2]))
"""


def start(home: Path, program: str) -> subprocess.Popen:
    """In a process group of its own, without the settings of the tests."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return subprocess.Popen(
        [sys.executable, "-c", program, str(home), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("CAREATLAS_")},
    )


def is_anything_left(started: subprocess.Popen) -> bool:
    """Nothing is, after this."""
    try:
        os.killpg(started.pid, signal.SIGKILL)
        is_left = True
    except ProcessLookupError:
        is_left = False
    started.wait()
    started.stdout.close()
    return is_left


def read_until(started: subprocess.Popen, words: bytes) -> None:
    said = b""
    while words not in said:
        line = started.stdout.readline()
        assert line, said.decode()
        said += line


def test_where_pages_cannot_be_made_ready_it_says_so_and_all_of_it_stops(tmp_path):
    release = web_release.make_release(tmp_path)
    catalogue = release.folder / "catalogue.json"
    catalogue.write_text(json.dumps(json.loads(catalogue.read_text()) | {"indicators": None}))
    started = start(tmp_path, AS_COMMAND)
    try:
        said, _ = started.communicate(timeout=120)
    finally:
        left = is_anything_left(started)
    assert not left
    assert started.returncode == 2
    assert "careatlas: the server: could not make its pages ready" in said.decode()
    assert "Traceback" in said.decode()  # of our mistake


def test_stopped_while_it_gets_ready_it_stops_at_once(tmp_path):
    web_release.make_release(tmp_path)
    started = start(tmp_path, NEVER_READY)
    try:
        read_until(started, b"getting ready")
        started.send_signal(signal.SIGINT)
        started.communicate(timeout=server.SECONDS_TO_STOP - 2)  # before anything would be cut off
    finally:
        left = is_anything_left(started)
    assert not left


def test_stopped_while_it_serves_it_stops(tmp_path):
    web_release.make_release(tmp_path)
    started = start(tmp_path, AS_COMMAND)
    try:
        read_until(started, b"Serving at")
        started.send_signal(signal.SIGTERM)
        started.communicate(timeout=server.SECONDS_TO_STOP + 20)
    finally:
        left = is_anything_left(started)
    assert not left
    assert started.returncode == 0
