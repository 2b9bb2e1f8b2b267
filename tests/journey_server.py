"""A real server for the journeys: the pages of one home, served as a user would serve them, on a free port."""

import contextlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SECONDS_TO_START = 60
PROGRAM = """
import sys
from pathlib import Path
from careatlas.web.server import serve
serve(Path(sys.argv[1]), int(sys.argv[2]), workers=1, allow_upload=True)
"""


@dataclass(frozen=True)
class Site:
    address: str
    release_id: str


@contextlib.contextmanager
def served(home: Path, release_id: str) -> Iterator[Site]:
    port = _free_port()
    command = [sys.executable, "-X", "faulthandler", "-c", PROGRAM, str(home), str(port)]
    with (
        (home / "server.log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as server,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", server)
            yield Site(f"http://127.0.0.1:{port}", release_id)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(address: str, server: subprocess.Popen) -> None:
    for _ in range(SECONDS_TO_START * 5):
        if server.poll() is not None:
            pytest.fail(f"the server stopped with {server.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail("the server did not start")
