"""A person's path through the pages: by mouse, by keyboard alone, without scripts. Every page under axe."""

import re
from urllib.parse import urlencode

import pytest
from journey_steps import become_live, follow, objections, tab_to
from playwright.sync_api import expect

from careatlas.present.priorities_start import example
from careatlas.present.worksheet import worksheet_text

pytestmark = pytest.mark.journey

INDICATOR = "/indicators/completed/"
EXAMPLE = "/priorities/?" + urlencode({"sheet": worksheet_text(example())})
PAGE_KINDS = {
    "home": "/",
    "search": "/search/?q=wideshire",
    "search without an answer": "/search/?q=widdeshire",
    "indicators": "/indicators/",
    "indicator": "/indicators/completed/?area=S05",
    "indicator on hexagons": "/indicators/completed/?map=hexagons",
    "indicator with standards": "/indicators/four_hours/?area=T01",
    "two indicators": "/compare/?x=completed&y=antibiotics&area=S20",
    "over time": "/indicators/completed/over-time/?area=S20",
    "business as usual": "/indicators/completed/over-time/?area=S20&start=2025-12&target=-10",
    "area beside its peers": "/areas/S20/?beside=peers",
    "pack": "/areas/S20/pack/",
    "area with opportunities": "/areas/S20/",
    "collection": "/collections/atlas/",
    "areas": "/areas/",
    "area": "/areas/S05/",
    "area that stands out": "/areas/S00/",
    "trust with somebody to ring": "/areas/T02/",
    "area beside peers of one's own": "/areas/S20/?peers=S30,S31",
    "providers": "/providers/",
    "providers without news": "/providers/?news=new",
    "provider": "/providers/T01/",
    "provider with a chart and own peers": "/providers/T01/?chart=four_hours&peers=T02",
    "provider without peers": "/providers/T02/",
    "waiting times": "/waiting-times/?area=S00&by=2026-09&target=80",
    "waiting times over time": "/waiting-times/over-time/?area=S05",
    "waiting times by hospital": "/waiting-times/hospitals/?area=S05",
    "published claims": "/waiting-times/reproduction/",
    "library without examples": "/library/",
    "priorities": "/priorities/?area=S20",
    "priorities weighed": EXAMPLE,
    "own figures": "/own-figures/",
    "sources": "/sources/",
    "methods": "/methods/",
    "method": "/methods/crude_rate/",
    "content page": "/pages/about/",
    "api": "/api/",
    "fault": "/areas/X99/",
}


def test_from_home_to_a_csv_by_mouse(open_page, site, tmp_path):
    page = open_page("/")
    page.get_by_role("link", name="Waiting", exact=True).click()
    page.get_by_role("link", name="Referral-to-treatment pathways completed").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Referral-to-treatment pathways completed")

    choose_by_pointer(page, "Period", "2026-01")
    expect(page).to_have_url(re.compile("period=2026-01"))
    choose_by_pointer(page, "Compare", "icb")
    expect(page.locator("#ranking tr[data-area]")).to_have_count(4)
    expect(page.get_by_label("Period")).to_have_value("2026-01")

    become_live(page, 3)  # a picture that arrives moves what stands below it: point when the page is at rest
    page.locator("#ranking").get_by_role("link", name="Upper Board").click()
    expect(page.locator("#headline")).to_have_text("Upper Board, January 2026")
    page.get_by_role("link", name="All indicators of Upper Board").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Upper Board")
    become_live(page, page.locator("figure[data-spec]").count())
    with page.expect_download() as download:
        page.get_by_role("link", name="Every period (CSV)").click()
    lines = saved(download.value, tmp_path)
    assert lines[0].startswith("indicator,area_type,area,period_start")
    assert len(lines) == 1 + 15  # one row a month
    assert site.release_id in download.value.suggested_filename


def test_from_home_to_a_csv_by_keyboard_alone(open_page, tmp_path):
    page = open_page("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    follow(page, page.get_by_role("link", name="Waiting", exact=True))
    follow(page, page.get_by_role("link", name="Referral-to-treatment pathways completed"))

    tab_to(page, page.get_by_label("Compare", exact=True))
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_label("Period"))
    page.keyboard.press("ArrowDown")
    follow(page, page.get_by_role("button", name="Show"))
    expect(page).to_have_url(re.compile("area_type=icb.*period=2026-02"))

    follow(page, page.locator("#ranking").get_by_role("link", name="Upper Board"))
    expect(page.locator("#headline")).to_have_text("Upper Board, February 2026")
    follow(page, page.get_by_role("link", name="All indicators of Upper Board"))
    tab_to(page, page.get_by_role("link", name="Every period (CSV)"))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert len(saved(download.value, tmp_path)) == 1 + 15


def test_from_home_to_a_csv_without_scripts(open_page, tmp_path):
    page = open_page("/", java_script_enabled=False)
    pictures = []
    page.on("response", lambda answer: pictures.append(answer) if "/charts/" in answer.url else None)
    page.get_by_label("Search for a topic").fill("pathways")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Referral-to-treatment pathways completed").click()
    page.get_by_label("Compare", exact=True).select_option("region")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#ranking tr[data-area]")).to_have_count(2)
    for figure in page.locator("figure.chart").all():
        figure.scroll_into_view_if_needed()
        expect(figure.get_by_role("img")).to_be_visible()
    assert pictures
    assert {(answer.status, answer.headers["content-type"]) for answer in pictures} == {
        (200, "image/svg+xml")
    }
    page.wait_for_load_state("networkidle")
    page.get_by_text("Table: trend").click()
    expect(page.locator("#trend-table tbody tr")).to_have_count(15)
    with page.expect_download() as download:
        page.get_by_role("link", name="This page's values (CSV)").click()
    assert len(saved(download.value, tmp_path)) == 1 + 2


def test_a_place_is_found_by_typing_the_start_of_its_name(open_page):
    page = open_page("/")
    question = page.get_by_label("Search for a topic")
    question.press_sequentially("old roy")
    expect(page.get_by_role("option", name="The Old Royal")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(question).to_have_attribute("aria-activedescendant", "suggestions-0-0")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Alderbrook Infirmary")


def test_charts_become_live_and_point_at_the_same_area_as_the_table(open_page):
    page = open_page(INDICATOR)
    become_live(page, 4)
    page.locator('tr[data-area="S20"]').hover()
    expect(page.locator('tr[data-area="S20"]')).to_have_class("lit")
    bar = page.locator("#ranked .live svg .mark-rect path").nth(3)
    bar.hover()
    expect(page.locator("tr.lit")).to_have_count(1)
    expect(page.locator("tr.lit")).not_to_have_attribute("data-area", "S20")
    expect(page.locator("#vg-tooltip-element")).to_be_visible()


def test_choosing_an_area_in_a_chart_chooses_it_on_the_page(open_page):
    page = open_page(INDICATOR + "?period=2026-01")
    become_live(page, 4)
    page.locator("#ranked .live svg .mark-rect path").first.click()
    expect(page).to_have_url(re.compile("area=S31.*#compare"))
    expect(page.locator("#headline")).to_have_text("Heatherbottom, January 2026")
    expect(page.locator("tr.chosen")).to_have_attribute("data-area", "S31")


def test_is_a_figure_of_ours_like_that_of_areas_like_us(open_page):
    """From an area to those most like it, to a set of one's own, to a page whose address keeps it."""
    page = open_page("/areas/S20/")
    page.get_by_role("link", name="Most like it").click()
    expect(page.get_by_role("heading", name="Underhill beside those most like it")).to_be_visible()
    page.get_by_role("link", name="Choose the areas to compare with").click()
    page.get_by_label("Add an area").select_option(label="Yarrowby")
    page.get_by_role("button", name="Add").click()
    expect(page).to_have_url(re.compile("peers=S21%2CS22&peers=S23#peers"))
    page.get_by_role("link", name="Leave out Vexford").click()
    expect(page).to_have_url(re.compile("peers=S22,S23#peers"))
    page.get_by_text("Table: every figure of the heat map").click()
    expect(page.locator("#heat-table thead th")).to_have_text(
        ["Indicator", "Underhill", "Westmarch", "Yarrowby"]
    )
    page.locator("#heat").get_by_role("link", name="Link to this chart").click()
    expect(page).to_have_url(re.compile("beside=own&peers=S22,S23#heat"))


def test_is_my_areas_low_rate_real_by_mouse(open_page):
    """From home to an area by its name, to its card, to why: the last page has a link to share."""
    page = open_page("/")
    page.get_by_label("Search for a topic").fill("Alderbrook")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Alderbrook", exact=True).first.click()
    card = page.locator(".card", has_text="Pathways completed")
    expect(card).to_contain_text("lower Simland")
    expect(card).to_contain_text("Persistently below Simland")
    card.get_by_role("link", name="Why: Pathways completed").click()
    is_it_real(page)


def test_is_my_areas_low_rate_real_by_keyboard_alone(open_page):
    page = open_page("/")
    follow(page, page.get_by_role("navigation").get_by_role("link", name="Areas"))
    follow(page, page.get_by_role("link", name="Alderbrook", exact=True))
    follow(page, page.get_by_role("link", name="Why: Pathways completed"))
    is_it_real(page)


def is_it_real(page) -> None:
    expect(page.locator("main")).to_contain_text("Alderbrook is 20% below Simland")
    expect(page.locator("main")).to_contain_text("By the rule below this is unexplained")
    expect(page.locator("main")).to_contain_text(
        "Over 15 periods Alderbrook has been persistently below Simland"
    )
    can_be_shared(page, "area=S00&period=2026-03")


def test_who_should_we_ring_by_mouse(open_page):
    """From home to a trust that is worse, to one that was and got better, to the chart that shows it."""
    page = open_page("/")
    page.get_by_label("Search for a topic").fill("Cragford Infirmary")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Cragford Infirmary", exact=True).first.click()
    expect(page.get_by_role("heading", name="Who to ring")).to_be_visible()
    page.get_by_role("link", name="Birchcombe Infirmary").first.click()
    someone_got_better(page)


def test_who_should_we_ring_by_keyboard_alone(open_page):
    page = open_page("/")
    follow(page, page.get_by_role("navigation").get_by_role("link", name="Areas"))
    follow(page, page.get_by_role("link", name="Cragford Infirmary", exact=True))
    follow(page, page.get_by_role("link", name="Birchcombe Infirmary").first)
    someone_got_better(page)


def someone_got_better(page) -> None:
    expect(page.locator("main")).to_contain_text("Whether anything changed in Birchcombe Infirmary")
    become_live(page, 2)
    can_be_shared(page, "area=T01")


def can_be_shared(page, chosen: str) -> None:
    """Every chart of the page has a link of its own that names what was chosen, and it leads here again."""
    link = page.get_by_role("link", name="Link to this chart").first.get_attribute("href")
    assert chosen in link
    heading = page.get_by_role("heading", level=1).inner_text()
    colleague = page.context.new_page()
    assert colleague.goto(link).status == 200
    expect(colleague.get_by_role("heading", level=1)).to_have_text(heading)


def test_a_set_of_peers_is_kept_under_a_name_in_the_browser_and_in_the_address(open_page):
    page = open_page("/areas/S20/")
    expect(page.locator(".own-sets")).to_be_hidden()  # nothing is kept yet, and nothing chosen
    page.get_by_label("Add an area").select_option(label="Glenhollow")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("link", name="Leave out Vexford").click()
    expect(page).to_have_url(re.compile("peers=S22,S30#peers"))
    page.get_by_label("Keep this set in this browser under the name").fill("Hill towns")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("status")).to_have_text("Kept as Hill towns.")

    page.goto("/areas/S30/")  # one of the set: there it is left out of it
    page.get_by_role("link", name="Hill towns").click()
    expect(page).to_have_url(re.compile(r"/areas/S30/\?peers=S22#peers"))
    expect(page.get_by_role("heading", name="Your own peers")).to_be_visible()
    page.get_by_role("button", name="Forget Hill towns").click()
    page.goto("/areas/S20/")
    expect(page.locator(".own-sets")).to_be_hidden()


def test_did_anything_change_and_does_it_go_with_another_figure(open_page):
    """From an indicator to its control chart and ranks, then beside another, by choosing only."""
    page = open_page(INDICATOR + "?area=S20")
    page.get_by_role("link", name="Did anything change?").click()
    become_live(page, 2)
    expect(page.locator("#spc-table tbody tr")).to_have_count(15)
    page.go_back()
    page.get_by_role("link", name="Beside another indicator").click()
    expect(page.get_by_text("Correlation")).not_to_have_count(0)
    become_live(page, 1)
    page.locator('#scatter-table tr[data-area="S10"]').hover()
    expect(page.locator("#scatter .live svg")).to_contain_text("Kestrelby")
    choose_by_pointer(page, "Area", "S10")
    expect(page).to_have_url(re.compile("x=completed&y=antibiotics.*area=S10"))
    expect(page.locator("tr.chosen")).to_have_attribute("data-area", "S10")


def test_which_neighbour_waits_less_and_does_it_last_by_mouse(open_page):
    page = open_page("/")
    page.get_by_role("link", name="Waiting times", exact=True).click()
    choose_by_pointer(page, "Area", "S00")
    expect(page.locator("#headline")).to_have_text("Alderbrook, October 2025 to March 2026")
    choose_by_pointer(page, "People counted", "need_weighted")
    expect(page).to_have_url(re.compile("denominator=need_weighted.*area=S00"))
    expect(page.locator("#gaps-table tbody tr")).to_have_count(2)
    page.locator("#gaps-table").get_by_role("link", name="Inglewick").click()
    expect(page.locator("#headline")).to_have_text("Inglewick, October 2025 to March 2026")
    page.get_by_role("link", name="Over time").click()
    expect(page.get_by_role("heading", name="Do the differences last?")).to_be_visible()
    become_live(page, 1)
    link = page.get_by_role("link", name="Link to this page as it is")
    expect(link).to_have_attribute("href", re.compile("denominator=need_weighted.*area=S08"))


def test_what_would_it_take_by_keyboard_alone(open_page):
    page = open_page("/waiting-times/?area=S05")
    tab_to(page, page.get_by_label("Target, %"))
    page.keyboard.press("Control+a")
    page.keyboard.type("80")
    follow(page, page.get_by_role("button", name="Work it out"))
    expect(page.locator("#answer")).to_contain_text("80% of its list within 18 weeks")
    expect(page.locator("#orders tbody tr")).to_have_count(3)


def test_a_hospital_s_waits_without_scripts(open_page):
    page = open_page("/waiting-times/", java_script_enabled=False)
    page.get_by_label("Specialty").select_option("110")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Hospitals").click()
    expect(
        page.get_by_role("heading", name="What this does not tell you about your own wait")
    ).to_be_visible()
    expect(page.locator("#lengths tr[data-area]")).to_have_count(3)
    figure = page.locator("figure.chart")
    figure.scroll_into_view_if_needed()
    expect(figure.get_by_role("img")).to_be_visible()


def test_choosing_a_setting_of_a_methods_chart_redraws_it(open_page):
    page = open_page("/methods/crude_rate/")
    become_live(page, 1)
    chart = page.locator("figure.chart .live")
    before = chart.locator("svg").inner_html()
    chart.get_by_role("combobox").select_option(index=1)
    expect(chart.locator("svg")).not_to_have_js_property("innerHTML", before)


def test_the_map_switches_to_equal_areas(open_page):
    page = open_page(INDICATOR)
    page.get_by_role("link", name="Equal areas").click()
    expect(page.locator("figure#hexagons")).to_be_visible()
    become_live(page, 4)


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("address", PAGE_KINDS.values(), ids=PAGE_KINDS.keys())
def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser, site, address, width):
    assert objections(browser, site, address, width) == []


@pytest.mark.parametrize(
    "address", ["/", "/indicators/completed/?area=S05", "/areas/S05/", "/sources/", "/api/"]
)
def test_axe_finds_nothing_in_the_dark(browser, site, address):
    assert objections(browser, site, address, 1280, color_scheme="dark") == []


def choose_by_pointer(page, label: str, value: str) -> None:
    """A list opened with the pointer: picking an entry of the browser's own pop-up is `select_option`."""
    page.get_by_label(label, exact=True).dispatch_event("pointerdown")
    page.get_by_label(label, exact=True).select_option(value)


def saved(download, folder) -> list[str]:
    download.save_as(folder / "rows.csv")
    return (folder / "rows.csv").read_text(encoding="utf-8").splitlines()
