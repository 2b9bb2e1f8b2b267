"""Steps that journeys share: by Tab to a thing and into it, and until the charts of a page are live."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from careatlas.improve.people.simulated import PASSWORD

RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


def tab_to(page, wanted) -> None:
    one = wanted.element_handle()  # looked up by its name once, not at every step
    for _ in range(150):
        page.keyboard.press("Tab")
        if one.evaluate("one => one === document.activeElement"):
            outline = one.evaluate(
                "one => getComputedStyle(one).boxShadow + getComputedStyle(one).outlineStyle"
            )
            assert outline != "nonenone"  # whoever cannot see where she is cannot go on
            return
    pytest.fail(f"{wanted} cannot be reached with the Tab key")


def follow(page, link) -> None:
    tab_to(page, link)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def entered(open_page, email: str) -> Any:
    """Signed in by keyboard."""
    page = open_page("/account/")
    write(page, "E-mail address", email)
    write(page, "Password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What you may do")).to_be_visible()
    return page


def write(page, label: str, text: str, within: Any = None) -> None:
    """Into a field that is reached with the Tab key, by its name."""
    tab_to(page, (within or page).get_by_label(re.compile(f"^{re.escape(label)}")))
    page.keyboard.type(text)


def choose(page, label: str, title: str, within: Any = None) -> None:
    """An entry of a list, by typing how it begins."""
    field = (within or page).get_by_label(label, exact=True)
    tab_to(page, field)
    page.keyboard.type(title)
    assert field.evaluate("one => one.selectedOptions[0].textContent").startswith(title)


def become_live(page, number: int) -> None:
    for figure in page.locator("figure.chart").all():
        figure.scroll_into_view_if_needed()
    expect(page.locator('figure[data-live="yes"]')).to_have_count(number)
    page.evaluate("() => window.scrollTo(0, 0)")


def type_day(page, field, day) -> None:
    """Into a field of days that has the focus: some browsers ask for the month first, some for the day."""
    for order in ("%m%d%Y", "%d%m%Y"):
        for _ in range(2):
            page.keyboard.press("ArrowLeft")
        page.keyboard.type(day.strftime(order))
        if field.input_value() == day.isoformat():
            return
    pytest.fail(f"{field} does not take {day}")


def objections(browser, site, address: str, width: int, **profile) -> list[str]:
    """What `found_by_axe` and the content policy object to on a page that is opened for it."""
    context = browser.new_context(viewport={"width": width, "height": 900}, base_url=site.address, **profile)
    page = context.new_page()
    said = []
    page.on(
        "console", lambda line: said.append(line.text) if "Content Security Policy" in line.text else None
    )
    page.on("pageerror", lambda fault: said.append(str(fault)))
    page.goto(address)
    become_live(page, page.locator("figure[data-spec]").count())
    said += found_by_axe(page)
    context.close()
    return said


def found_by_axe(page) -> list[str]:
    """What axe-core (target size included) says of a page with everything folded out; and sideways scrolling."""
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = Axe().run(page, options=RULES).response["violations"]
    too_wide = page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")
    said = [f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found]
    return said + (["the page scrolls sideways"] if too_wide else [])
