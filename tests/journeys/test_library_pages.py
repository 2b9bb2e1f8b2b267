"""Each kind of the library's pages, and of the account's, as whoever may see it: under axe, at two widths."""

import re

import pytest
from journey_server import Site
from journey_steps import found_by_axe, objections
from playwright.sync_api import expect

pytestmark = pytest.mark.journey
PAGE_KINDS = {  # whose page it is, and where
    "library": ("", "/library/"),
    "library searched": ("owner", "/library/?words=clinic+patients&verdict=proven"),
    "library without an answer": ("", "/library/?words=widdeshire"),
    "example": ("", "/library/{published}/"),
    "example of one's own": ("owner", "/library/{published}/"),
    "example that was withdrawn": ("", "/library/{withdrawn}/"),
    "examples for an area": ("", "/library/for/{gap}/"),
    "examples for an area without a gap": ("", "/library/for/{even}/"),
    "who could gain": ("", "/library/{published}/gain/"),
    "adopters": ("", "/library/{published}/adopters/"),
    "to adopt": ("plan.manager", "/library/{published}/adopt/"),
    "adoption": ("adopter", "/library/adoptions/{adoption}/"),
    "to bring in a collection": ("drafter", "/library/import/"),
    "topics": ("plan.manager", "/library/topics/"),
    "topic": ("adopter", "/library/topics/{indicator}/"),
    "thread": ("plan.manager", "/library/threads/{thread}/"),
    "question": ("plan.manager", "/library/{published}/ask/"),
    "post to take down": ("plan.manager", "/library/posts/{post}/take-down/"),
    "my examples": ("drafter", "/library/mine/"),
    "new example": ("drafter", "/library/new/"),
    "form": ("drafter", "/library/{draft}/edit/"),
    "form that was returned": ("returner", "/library/{returned}/edit/"),
    "form: lines and choices": ("drafter", "/library/{draft}/edit/about/"),
    "form: text": ("drafter", "/library/{draft}/edit/problem/"),
    "form: pounds": ("drafter", "/library/{draft}/edit/savings/"),
    "form: measure": ("drafter", "/library/{draft}/edit/measure/"),
    "form: files": ("drafter", "/library/{draft}/edit/files/"),
    "to assess": ("assessor.one", "/library/assess/"),
    "assessment with a place free": ("assessor.two", "/library/assess/{waiting}/"),
    "assessment": ("assessor.three", "/library/assess/{disputed}/"),
    "result of assessors who disagree": ("assessor.one", "/library/assess/{disputed}/result/"),
    "decisions": ("publisher", "/library/decisions/"),
    "decision that waits": ("publisher", "/library/decisions/{disputed}/"),
    "decision on what is published": ("publisher", "/library/decisions/{published}/"),
    "account": ("publisher", "/account/"),
    "people": ("publisher", "/account/people/"),
    "keys": ("publisher", "/account/tokens/"),
    "one-time codes": ("publisher", "/account/one-time-codes/"),
    "notices": ("owner", "/account/notices/"),
    "sign in": ("", "/account/sign-in/"),
    "register": ("", "/account/register/"),
    "forgotten password": ("", "/account/forgotten/"),
}


@pytest.fixture
def site(library_site) -> Site:
    """The library is what is opened here."""
    return library_site


@pytest.mark.parametrize("kind", PAGE_KINDS)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser, site, session_of, known, kind):
    who, address = PAGE_KINDS[kind]
    session = session_of(who)
    for width in (1280, 320):
        found = objections(browser, site, address.format(**known), width, storage_state=session)
        assert found == [], f"{width} wide"


def test_axe_finds_nothing_in_refusals(browser, site, session_of, known):
    """Answers that cannot be meant are named, with a link to where they are."""
    context = browser.new_context(base_url=site.address, storage_state=session_of("plan.manager"))
    page = context.new_page()
    page.goto(f"/library/{known['published']}/adopt/")
    page.get_by_label("From which day?").fill("2199-01-01")
    page.get_by_role("button", name="Register it").click()
    expect(page.get_by_role("alert")).to_contain_text("at most three years from now")
    assert found_by_axe(page) == []
    context.close()


def test_axe_finds_nothing_in_a_collection_that_is_looked_at(open_page, session_of):
    page = open_page("/library/import/", width=320, storage_state=session_of("drafter"))
    rows = b"title,owner\nRinging before they come,\nOf nobody here,X99\n"
    file = {"name": "ours.csv", "mimeType": "text/csv", "buffer": rows}
    page.get_by_label(re.compile("^File")).set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("Of nobody here")).to_be_visible()
    assert found_by_axe(page) == []
