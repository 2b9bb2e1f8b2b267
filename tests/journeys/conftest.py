"""A real server and a real browser: Granian on a free port of this machine, Chromium without a window."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import web_release
from journey_server import Site, served

from careatlas.improve.evidence.matching import needs
from careatlas.improve.people.simulated import PASSWORD

LIVED_IN = Path(__file__).parent.parent / "library_lived_in.py"
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


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[Site]:
    """The pages of the small fictional country."""
    home = tmp_path_factory.mktemp("home")
    with served(home, web_release.make_release(home).id) as site:
        yield site


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


@pytest.fixture(scope="session")
def library_home(simulated_release, tmp_path_factory) -> Path:
    """The simulated country's release in a home of its own, where addresses at nhs.test may register."""
    home, built = tmp_path_factory.mktemp("library"), simulated_release.folder.parent.parent
    shutil.copytree(built / "releases", home / "releases")
    (home / "country").mkdir()
    shutil.copy(built / "country" / "truth.json", home / "country")
    (home / "careatlas.toml").write_text('staff_domains = ["nhs.test"]\n', encoding="utf-8")
    return home


@pytest.fixture(scope="session")
def known(library_home, simulated_release) -> dict[str, Any]:
    """Numbers of examples and addresses of people, by names, as they are in that library."""
    filled = subprocess.run(
        [sys.executable, str(LIVED_IN), str(library_home)], capture_output=True, text=True
    )
    assert filled.returncode == 0, filled.stderr
    gaps = needs.of_indicator(simulated_release, "broad_spectrum_antibiotics", "sub_icb")
    even = next(
        code
        for code, area in simulated_release.areas.items()
        if area["area_type"] == "sub_icb" and not needs.of_area(simulated_release, code)
    )
    return json.loads(filled.stdout) | {"gap": gaps[0].area, "even": even}


@pytest.fixture(scope="session")
def library_site(library_home, known, simulated_release) -> Iterator[Site]:
    with served(library_home, simulated_release.id) as site:
        yield site


@pytest.fixture(scope="session")
def session_of(browser, library_site, known) -> Callable[[str], Any]:
    """The cookies of somebody who has signed in; nobody's for nobody."""
    kept: dict[str, Any] = {"": None}

    def signed_in(who: str) -> Any:
        if who not in kept:
            context = browser.new_context(base_url=library_site.address)
            _sign_in(context.new_page(), known[who])
            kept[who] = context.storage_state()
            context.close()
        return kept[who]

    return signed_in


def _sign_in(page, email: str) -> None:
    page.goto("/account/sign-in/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/")
