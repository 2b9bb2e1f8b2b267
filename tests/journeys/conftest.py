"""A real server and a real browser: Granian on a free port of this machine, Chromium without a window."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import web_release

IN_CI = os.environ.get("CI") == "true"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [  # a browser that calls nobody
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS_TO_START = 60


@dataclass(frozen=True)
class Site:
    address: str
    release_id: str


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[Site]:
    """The pages of the small fictional country, served as a user would serve them."""
    home = tmp_path_factory.mktemp("home")
    release = web_release.make_release(home)
    port = _free_port()
    program = "import sys; from pathlib import Path; from careatlas.web.server import serve; "
    program += "serve(Path(sys.argv[1]), int(sys.argv[2]), workers=1, allow_upload=True)"
    log = (home / "server.log").open("w")
    with (
        log,
        subprocess.Popen(
            [sys.executable, "-c", program, str(home), str(port)], stdout=log, stderr=log
        ) as server,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", server)
            yield Site(f"http://127.0.0.1:{port}", release.id)
        finally:
            server.terminate()
            server.wait(timeout=30)


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    if CHROMIUM is None:
        reason = "Chromium is not installed: apt-get install chromium"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET + as_root)
        yield browser
        browser.close()


@pytest.fixture
def open_page(site, browser) -> Iterator[object]:
    """Opens an address in a fresh browser profile; whatever the console complains of fails the test."""
    contexts, complaints = [], []

    def opened(address: str = "/", width: int = 1280, **profile: object) -> object:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, base_url=site.address, **profile
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


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
