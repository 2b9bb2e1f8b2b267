"""A person's path with a file of own figures: sent, looked at, discarded or published; with and without scripts."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.journey

LINES = """figure,area,period,count,denominator
sickness_absence,T01,2026-01,120,3000
sickness_absence,Foxley Infirmary,2026-01,90,3000
sickness_absence,T02,2026-01,"1,200",3000
"""


def mine(folder: Path) -> Path:
    path = folder / "mine.csv"
    path.write_text(LINES)
    return path


def look_at(page, path: Path) -> None:
    page.get_by_label(re.compile("^File")).set_input_files(path)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("mine.csv")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_file_is_looked_at_and_discarded(open_page, tmp_path, scripts):
    page = open_page("/", java_script_enabled=scripts)
    page.get_by_role("link", name="Own figures").click()
    look_at(page, mine(tmp_path))
    expect(page.locator("#account")).to_have_text("3 rows: 1 accepted, 2 refused. Nothing is published yet.")
    accepted = page.locator("#accepted-table tbody tr")
    expect(accepted).to_have_count(1)
    expect(accepted).to_contain_text("4.0%")  # 120 of 3,000 days
    refused = page.locator("#refused-table tbody tr")
    expect(refused).to_have_count(2)
    expect(refused.nth(1)).to_contain_text("commas and spaces may mean two things")
    page.get_by_role("button", name="Discard the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Own figures")


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_in_a_preview(open_page, tmp_path, width):
    page = open_page("/own-figures/", width=width)
    look_at(page, mine(tmp_path))
    found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:160]) for one in found] == []
    assert not page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")


def test_publishing_says_what_became_of_it(open_page, tmp_path):
    """This atlas was not built from a folder of files, so no release can be built with the file: the page says it."""
    page = open_page("/own-figures/")
    look_at(page, mine(tmp_path))
    page.get_by_label("Who publishes it").fill("A. Nalyst")
    page.get_by_role("button", name="Publish 1 row").click()
    expect(page.get_by_role("status")).to_be_visible()
    for _ in range(100):
        if not page.get_by_role("link", name="Look again").count():
            break
        page.wait_for_timeout(300)
        page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("status")).to_contain_text("The file was not published.")
    expect(page.locator("#versions-table tbody tr").first).to_contain_text("withdrawn by the atlas")
