"""From an area to its pack: where to look, spend beside outcome, the ladder, a pathway, and the PDF to take away."""

import io

import pikepdf
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.journey


def test_from_an_area_to_its_pack_on_paper_by_mouse(open_page, tmp_path):
    page = open_page("/areas/S20/")
    opportunities = page.locator("#opportunities-table")
    expect(opportunities.get_by_role("row", name="Broad-spectrum antibiotics")).to_contain_text("5 to 15")
    page.get_by_text("The ladder: the same beside other levels").first.click()
    expect(page.locator("#ladder").get_by_role("row", name="Broad-spectrum")).to_contain_text("16 (8 to 24)")

    page.get_by_role("link", name="Pack for a meeting").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("where to look, and whom to ask")
    quadrant = page.locator("figure#spend")
    quadrant.scroll_into_view_if_needed()
    expect(quadrant).to_have_attribute("data-live", "yes")
    expect(quadrant.locator(".live svg")).to_contain_text("Medicines")
    scores = page.locator("#spend-table")
    # £20.20 a person where sub-areas spend 20 to 20.31: (0.2 - 0.155) / 0.094; antibiotics 4.0 %, mean of 31: 4.4 %
    expect(scores.get_by_role("row", name="Medicines")).to_contain_text("+0.5+0.41")
    expect(page.locator("#ladder").get_by_role("row", name="Broad-spectrum")).to_be_visible()
    expect(page.get_by_role("heading", name="Pathway on a page: planned care")).to_be_visible()
    expect(page.get_by_text("How patients fare.")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="Pack to print (PDF)").click()
    assert download.value.suggested_filename == "care-atlas-pack-S20.pdf"
    pdf = taken(download.value, tmp_path)
    assert pdf.startswith(b"%PDF")
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert bool(opened.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in opened.Root


def test_from_an_area_to_its_pack_on_paper_by_keyboard_alone(open_page, tmp_path):
    page = open_page("/areas/S20/")
    ladder = page.locator("summary", has_text="The ladder")
    tab_to(page, ladder)
    page.keyboard.press("Enter")
    expect(page.locator("#ladder")).to_be_visible()
    page.goto("/areas/S20/")
    tab_to(page, page.get_by_role("link", name="Pack for a meeting"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Spend and outcome")).to_be_visible()
    tab_to(page, page.get_by_role("link", name="Pack to print (PDF)"))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert taken(download.value, tmp_path).startswith(b"%PDF")


def test_a_pack_without_scripts_has_its_pictures_and_tables(open_page):
    page = open_page("/areas/S20/pack/", java_script_enabled=False)
    for name in ("opportunities", "spend"):
        picture = page.locator(f"figure#{name}").get_by_role("img")
        picture.scroll_into_view_if_needed()
        expect(picture).to_be_visible()
        assert len(picture.get_attribute("alt")) > 40
    expect(page.locator("#ladder")).to_be_visible()


def test_an_opportunity_says_under_the_pointer_what_the_table_says(open_page):
    page = open_page("/areas/S20/")
    figure = page.locator("figure#opportunities")
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-live", "yes")
    figure.locator(".live svg .mark-symbol path").first.hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text("5 to 15 fewer a month")


def test_a_collection_leads_to_its_indicators_and_their_maps(open_page):
    page = open_page("/indicators/")
    page.get_by_role("link", name="The atlas collection").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The atlas collection")
    page.get_by_role("link", name="Map of Pathways completed by Sub-areas").click()
    expect(page.locator("figure#map")).to_be_in_viewport()


def taken(download, folder) -> bytes:
    download.save_as(folder / "pack.pdf")
    return (folder / "pack.pdf").read_bytes()


def tab_to(page, wanted) -> None:
    for _ in range(150):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"{wanted} cannot be reached with the Tab key")
