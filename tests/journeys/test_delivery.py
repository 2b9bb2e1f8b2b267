"""Delivery as a programme office uses it: from an opportunity of the atlas to a report card, by keyboard; a whole plan
taken out as a spreadsheet and brought back in.
"""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from journey_server import Site
from journey_steps import choose, entered, follow, tab_to, type_day, write
from plan_file import File
from playwright.sync_api import expect

pytestmark = pytest.mark.journey
STARTS = date(2025, 4, 1)
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def site(library_site) -> Site:
    """The simulated country, where plans are."""
    return library_site


def test_from_an_opportunity_to_the_report_card_by_keyboard_alone(open_page, known, simulated_release):
    page = entered(open_page, known["plan.manager"])
    begun(page, simulated_release)
    completed(page)
    joined(page, known)
    gates_opened(page)
    claimed(page)
    returned(page, known)
    reported(page, known)


def begun(page, release) -> None:
    """From a gap of the board, with aim, measure and milestones as they come."""
    board = next(code for code, area in sorted(release.areas.items()) if area["area_type"] == "icb")
    page.goto(f"/areas/{board}/")
    tab_to(page, page.get_by_label("An initiative about"))
    page.keyboard.type("Discharge")
    follow(page, page.get_by_role("button", name="Begin it"))
    expect(page.get_by_role("heading", level=1)).to_have_text("A new initiative")
    tab_to(page, page.get_by_label("Starts on"))
    type_day(page, page.get_by_label("Starts on"), STARTS)
    follow(page, page.get_by_role("button", name="Begin the initiative"))
    expect(page.locator(".tag")).to_have_text("Idea")
    expect(page.get_by_role("heading", name="Milestones")).to_be_visible()


def completed(page) -> None:
    """What only its people know: who answers for it, how sure they are, a measure of quality, a risk."""
    about = unfolded(page, "Change this")
    write(page, "Owner", "Dr Ray", about)
    write(page, "Confidence", "80", about)
    follow(page, about.get_by_role("button", name="Save"))
    measure = unfolded(page, "Add a measure")
    choose(page, "Kind", "Quality", measure)
    write(page, "What is measured", "Complaints", measure)
    write(page, "Unit", "complaints a month", measure)
    choose(page, "Better is", "lower", measure)
    write(page, "Target, as a value", "5", measure)
    follow(page, measure.get_by_role("button", name="Add it"))
    risk = unfolded(page, "Add a risk")
    write(page, "What could go wrong", "Nobody answers the telephone", risk)
    choose(page, "Likelihood", "2", risk)
    choose(page, "Impact", "3", risk)
    write(page, "What is done about it", "Ring twice.", risk)
    follow(page, risk.get_by_role("button", name="Add it"))


def gates_opened(page) -> None:
    """Idea, case and start: what each could do to quality is judged, and signed."""
    for gate, status in (("Idea", "Idea"), ("Case", "Planned"), ("Start", "Running")):
        follow(page, page.get_by_role("link", name=gate, exact=True))
        if gate == "Case":
            judged(page)
        if gate == "Start":  # what was judged for the case is there, and stands
            follow(page, page.get_by_role("button", name="Keep what was judged"))
        follow(page, page.get_by_role("button", name="Open the gate"))
        follow(page, page.get_by_role("link", name="Back to the initiative"))
        expect(page.locator(".tag")).to_have_text(status)


def judged(page) -> None:
    for domain in page.locator("fieldset").all():
        choose(page, "How likely", "2", domain)
        choose(page, "How much worse or better", "0", domain)
    follow(page, page.get_by_role("button", name="Keep what was judged"))


def joined(page, known) -> None:
    """Part of the board's plan, which is fixed as a baseline."""
    part = unfolded(page, "Bring it into a plan")
    choose(page, "Plan", known["plan_title"], part)
    follow(page, part.get_by_role("button", name="Bring it in"))
    expect(page.get_by_role("navigation", name="Breadcrumb")).to_contain_text(known["plan_title"])


def claimed(page) -> None:
    """On a pool that others draw on already: that is said before it is kept."""
    follow(page, page.get_by_role("link", name="Enter a claim"))
    choose(page, "Pool", "Temporary staff")
    choose(page, "What it does", "It saves")
    write(page, "Amount of the whole year", "60,000")
    choose(page, "Recurrent or one-off", "Recurrent")
    choose(page, "Form", "Capacity")
    follow(page, page.get_by_role("button", name="See what the pool holds"))
    expect(page.locator("main")).to_contain_text("More is asked than there is")
    follow(page, page.get_by_role("button", name="Keep this claim"))
    expect(page.locator("main")).to_contain_text("£60,000")
    follow(page, page.get_by_role("navigation", name="Breadcrumb").get_by_role("link").last)


def returned(page, known) -> None:
    """It comes filled in; what is late asks for words."""
    follow(page, page.get_by_role("link", name=known["year_end_title"]))
    expect(page.get_by_text("Late since")).not_to_have_count(0)
    write(page, "What is done about", "The ward opens in May.")
    follow(page, page.get_by_role("button", name="Send it in"))
    expect(page.locator(".tag").first).to_have_text("Sent in")


def reported(page, known) -> None:
    """The board's month on one page: kept, signed, and taken away."""
    page.goto("/delivery/")
    follow(page, page.get_by_role("link", name="Report card"))
    choose(page, "Organisation", known["board_name"])
    choose(page, "Month", known["year_end_title"])
    follow(page, page.get_by_role("button", name="Show"))
    expect(page.get_by_role("heading", level=1)).to_have_text(
        f"Report card: {known['board_name']}, {known['year_end_title']}"
    )
    card = page.locator("main").inner_text()
    assert "The ward opens in May." in card
    follow(page, page.get_by_role("button", name="Keep this report"))
    form = unfolded(page, "Sign it")
    write(page, "Your post", "Programme director", form)
    follow(page, form.get_by_role("button", name="Sign this report"))
    expect(page.locator(".tag").first).to_contain_text("signed")
    expect(page.locator("main")).to_contain_text("Programme director")
    address = page.url.rstrip("/")
    assert page.request.get(f"{address}.pdf").body().startswith(b"%PDF")
    assert page.request.get(f"{address}.json").json()["card"]["month"] == known["year_end"]


def test_a_plan_goes_out_as_a_spreadsheet_and_comes_back_with_one_change(open_page, session_of, known):
    page = open_page(f"/delivery/plans/{known['plan']}/import/", storage_state=session_of("plan.manager"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Take the plan out").click()
    file = File(Path(download.value.path()).read_bytes())
    brought_back(page, file)
    expect(page.locator("#account")).to_contain_text("Nothing differs")
    page.get_by_role("button", name="Discard the file").click()

    brought_back(page, file.put("Risks", 2, "What is done about it", "A second nurse at night."))
    expect(page.locator("#account")).to_contain_text("1 row changed, 0 new, 0 cells refused")
    row = page.get_by_role("table", name="Cells that would change").get_by_role("row").last
    expect(row).to_contain_text("A second nurse at night.")
    page.get_by_label("Why does the plan change?").fill("as the board agreed")
    page.get_by_role("button", name="Keep all of it").click()
    expect(page.get_by_role("status")).to_contain_text("1 row came in")
    page.goto(f"/delivery/risks/{file.sheets['Risks'][1][file.place('Risks', 'Number')]:.0f}/")
    expect(page.get_by_label("What is done about it")).to_have_value("A second nurse at night.")


def brought_back(page, file: File) -> None:
    sheet = {"name": "plan.xlsx", "mimeType": SPREADSHEET, "buffer": file.saved()}
    page.get_by_label("Spreadsheet").set_input_files(sheet)
    page.get_by_role("button", name="Look at it").click()


def unfolded(page, words: str) -> Any:
    tab_to(page, page.locator("summary", has_text=words))
    page.keyboard.press("Enter")
    return page.locator("details", has=page.locator("summary", has_text=words))
