"""From home to what has come up at a trust, to its chart and peers of one's own: by mouse, keys, without scripts."""

import re

import pytest
from journey_steps import become_live, follow, tab_to
from playwright.sync_api import expect

pytestmark = pytest.mark.journey


def test_what_has_come_up_and_beside_whom_by_mouse(open_page):
    page = open_page("/")
    page.get_by_role("navigation").get_by_role("link", name="Providers").click()
    page.get_by_label("News").select_option("improving")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("news=improving"))
    expect(page.locator("#inbox-table tbody tr")).to_have_count(1)
    page.locator("#inbox-table").get_by_role("link", name="Birchcombe Infirmary").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Birchcombe Infirmary")

    page.locator("#row-four_hours").get_by_role("link", name="special cause").click()
    become_live(page, 1)
    page.get_by_role("link", name="Close the chart").click()
    expect(page.locator("figure.chart")).to_have_count(0)

    page.get_by_role("link", name="Leave out Alderbrook Infirmary").click()
    expect(page).to_have_url(re.compile(r"/providers/T01/\?peers=T02#peers"))
    expect(page.locator("#row-four_hours")).to_contain_text("1 of 1 on file")
    page.get_by_label("Add a provider").select_option(label="Alderbrook Infirmary")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#row-four_hours")).to_contain_text("2 of 2 on file")
    page.get_by_role("link", name="Back to those most like it").click()
    expect(page.get_by_role("heading", name="Providers most like it")).to_be_visible()


def test_what_has_come_up_and_beside_whom_by_keyboard_alone(open_page):
    page = open_page("/")
    follow(page, page.get_by_role("navigation").get_by_role("link", name="Providers"))
    tab_to(page, page.get_by_label("News"))
    page.keyboard.press("p")  # persistent
    follow(page, page.get_by_role("button", name="Show"))
    expect(page).to_have_url(re.compile("news=persistent"))
    follow(page, page.locator("#inbox-table").get_by_role("link", name="Cragford Infirmary"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Cragford Infirmary")
    tab_to(page, page.get_by_label("Add a provider"))
    page.keyboard.press("b")  # Birchcombe
    follow(page, page.get_by_role("button", name="Add"))
    expect(page).to_have_url(re.compile(r"peers=T01#peers"))
    expect(page.locator("#row-four_hours")).to_contain_text("1 of 1 on file")


def test_the_inbox_and_peers_without_scripts(open_page):
    page = open_page("/providers/", java_script_enabled=False)
    page.get_by_label("Compartment").select_option(label="Urgent care")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#inbox-table tbody tr")).to_have_count(2)
    page.locator("#inbox-table").get_by_role("link", name="Birchcombe Infirmary").click()
    page.locator("#row-four_hours").get_by_role("link", name="special cause").click()
    figure = page.locator("figure.chart")
    figure.scroll_into_view_if_needed()
    expect(figure.get_by_role("img")).to_be_visible()
    page.get_by_role("link", name="Leave out Cragford Infirmary").click()
    expect(page.get_by_role("heading", name="Your own peers")).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_a_set_of_peers_kept_on_one_trust_s_page_is_there_on_another_s(open_page):
    page = open_page("/providers/T01/?peers=T00")
    page.get_by_label("Keep this set in this browser under the name").fill("Best")
    page.get_by_role("button", name="Keep").click()
    page.goto("/providers/T02/")
    page.get_by_role("link", name="Best").click()
    expect(page).to_have_url(re.compile(r"/providers/T02/\?peers=T00#peers"))
