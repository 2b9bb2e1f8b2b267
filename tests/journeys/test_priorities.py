"""A group's path: a worksheet filled in by keyboard, added to, its address sent round; with and without scripts."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from journey_steps import follow, tab_to
from playwright.sync_api import expect

pytestmark = pytest.mark.journey

FIRST = {
    "Name": "Home visits",
    "Benefit per person": "0.5",
    "Number of people": "100",
    "Likelihood, 0–1": "0.8",
}
SECOND = {
    "Name": "Text messages",
    "Benefit per person": "0.1",
    "Number of people": "900",
    "Likelihood, 0–1": "0.5",
}


def fill_in(page, place: int, figures: dict[str, str], cost: str) -> None:
    """By keyboard alone: each field is reached with the Tab key and typed into."""
    option = page.locator(f"#option-{place}")
    for label, text in {**figures, "Net cost, £": cost}.items():
        tab_to(page, option.get_by_label(label, exact=True))
        page.keyboard.type(text)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_worksheet_is_filled_in_by_keyboard_added_to_and_sent_round(open_page, scripts):
    page = open_page("/priorities/", java_script_enabled=scripts)
    tab_to(page, page.get_by_label("Budget, £"))
    page.keyboard.type("90")
    fill_in(page, 1, FIRST, "50")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The budget of £90 funds 1 of 1 options")).to_be_visible()

    follow(page, page.get_by_role("button", name="Add an option"))
    expect(page).to_have_url(re.compile("#option-2$"))
    fill_in(page, 2, SECOND, "40")
    page.keyboard.press("Enter")
    both = "The budget of £90 funds 2 of 2 options, in order of value for money: Text messages, Home visits."
    expect(page.get_by_text(both)).to_be_visible()  # 45 / £40 comes before 40 / £50
    places = page.locator("#invest-table tbody th")
    expect(places).to_have_text(["Text messages", "Home visits"])

    sent_round = open_page(page.url, java_script_enabled=scripts)
    expect(sent_round.locator("#invest-table tbody th")).to_have_text(["Text messages", "Home visits"])
    expect(sent_round.locator("#option-2").get_by_label("Name", exact=True)).to_have_value("Text messages")
    sent_round.reload()
    expect(sent_round.get_by_text(both)).to_be_visible()


def test_a_refused_entry_is_named_at_its_field_and_mended(open_page):
    page = open_page("/priorities/")
    page.get_by_label("Budget, £").fill("90")
    fill_in(page, 1, FIRST, "1,200")
    page.keyboard.press("Enter")
    cost = page.locator("#option-1").get_by_label("Net cost, £", exact=True)
    expect(cost).to_have_accessible_description(re.compile('"1,200" is no plain number'))
    expect(cost).to_have_value("1,200")
    cost.fill("80")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_text("funds 1 of 1 options")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_in_refusals(open_page, width):
    page = open_page(
        "/priorities/?sheet=option,kind,benefit,people,likelihood,cost%0AA,stop,x,1,2,1", width=width
    )
    found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:160]) for one in found] == []
    assert not page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")


def test_a_saved_worksheet_is_opened_again_from_its_text(open_page, tmp_path):
    page = open_page("/priorities/")
    page.get_by_role("link", name="A simulated example").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="The worksheet as a file (CSV)").click()
    download.value.save_as(tmp_path / "saved.csv")
    page = open_page("/priorities/")
    page.get_by_text("Open a saved worksheet").click()
    page.get_by_label("Text of the file").fill((tmp_path / "saved.csv").read_text(encoding="utf-8"))
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_text("The budget of £250,000 funds 3 of 5 options")).to_be_visible()
