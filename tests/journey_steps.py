"""Steps that journeys share: by Tab to a thing and into it, and until the charts of a page are live."""

import pytest
from playwright.sync_api import expect


def tab_to(page, wanted) -> None:
    for _ in range(150):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            outline = wanted.evaluate(
                "one => getComputedStyle(one).boxShadow + getComputedStyle(one).outlineStyle"
            )
            assert outline != "nonenone"  # whoever cannot see where she is cannot go on
            return
    pytest.fail(f"{wanted} cannot be reached with the Tab key")


def follow(page, link) -> None:
    tab_to(page, link)
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def become_live(page, number: int) -> None:
    for figure in page.locator("figure.chart").all():
        figure.scroll_into_view_if_needed()
    expect(page.locator('figure[data-live="yes"]')).to_have_count(number)
    page.evaluate("() => window.scrollTo(0, 0)")
