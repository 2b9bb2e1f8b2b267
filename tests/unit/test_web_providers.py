"""The pages of providers: all of them with the inbox, and one by compartment beside peers that can be changed."""

import re

import pytest
import web_release


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    release = web_release.make_release(tmp_path_factory.mktemp("home"))
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


def page_of(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def lines_of(page, table):
    found = re.search(rf'<table id="{table}".*?</table>', page, re.DOTALL)[0]
    return [
        [words(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", line, re.DOTALL)]
        for line in re.findall(r"<tr.*?</tr>", found, re.DOTALL)
    ]


def row_of(client, address):
    """The cells of four hours in its compartment."""
    row = re.search(r'<tr id="row-four_hours">.*?</tr>', page_of(client, address), re.DOTALL)[0]
    return [words(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]


# --- one provider -----------------------------------------------------------------------------------------


def test_the_head_says_three_true_things(client):
    page = words(page_of(client, "/providers/T01/"))
    for said in (
        "1 indicator on file.",
        "Of 1 indicator compared, Birchcombe Infirmary differs from Simland on 0; on 1 the two cannot be told apart.",
        "Of 1 figure with a better end the inbox has 1 improving.",
        "It is held beside 2 peers; of 1 indicator weighed, 1 opportunity may be declared beyond chance.",
    ):
        assert said in page


def test_an_indicator_stands_with_all_that_is_asked_of_it(client):
    """7,500 of 10,000; peers at 90 % and 60 %."""
    title, value, count, country, standard, peers, chart, gain = row_of(client, "/providers/T01/")
    assert title == "A&amp;E within four hours March 2026 improving"
    assert value == "75.0% 73.3% to 76.7%"
    assert count == "7,500 of 10,000"
    assert country.startswith("75.0%")
    assert (
        standard == "at least 95.0% (constitutional standard): not met at least 70.0% (interim ambition): met"
    )
    assert peers == "75.0% 2 of 2 on file"
    assert "special cause: improvement" in chart
    assert gain == "500 to 1,500 more a month"


def test_an_opportunity_has_interval_probability_chance_and_is_never_added_up(client):
    page = page_of(client, "/providers/T01/")
    assert lines_of(page, "gain-table")[1] == [
        "A&amp;E within four hours",
        "500 to 1,500 more a month",
        "0.99",
        "20",
        "12",
        "yes, a gap beyond chance",
        "none on file",
    ]
    assert "Never add them up" in words(page)


def test_without_peers_and_opportunities_the_page_says_so(client):
    page = words(page_of(client, "/providers/T02/"))
    assert "It is held beside no peers; what it could gain beside the best of them is not worked out." in page
    assert "No providers like it are worked out" in page
    assert "Not worked out: it takes five peers like it" in page
    assert row_of(client, "/providers/T02/")[5] == "no peers"


def test_a_compartment_without_figures_says_what_is_not_on_file_and_how_to_get_it_in(client):
    page = page_of(client, "/providers/T01/")
    part = page[page.index('<h3 id="staff_experience">') :]
    assert "No figure of Birchcombe Infirmary is on file." in part
    assert (
        'Not on file: The staff survey is not read here. <a href="/own-figures/">Load own figures</a>' in part
    )


def test_a_return_that_did_not_come_is_said(client):
    assert "1 finding about what Birchcombe Infirmary returned" in page_of(client, "/providers/T01/")


def test_a_chart_is_opened_on_demand_with_its_table_and_a_link_of_its_own(client):
    assert "<figure" not in page_of(client, "/providers/T01/")
    page = page_of(client, "/providers/T01/?chart=four_hours")
    assert page.count("<figure") == 1
    assert 'href="/providers/T01/?chart=four_hours#spc"' in page
    over_time = "/indicators/four_hours/over-time/?area_type=provider&amp;area=T01"
    assert over_time in page
    assert client.get(over_time.replace("&amp;", "&")).status_code == 200
    picture = re.search(r'<img src="([^"]+)"', page)[1].replace("&amp;", "&")
    assert client.get(picture)["Content-Type"] == "image/svg+xml"


def test_no_chart_is_opened_of_what_the_provider_does_not_have(client):
    assert "<figure" not in page_of(client, "/providers/T01/?chart=completed")


def test_peers_can_be_changed_and_the_address_keeps_them(client):
    page = page_of(client, "/providers/T01/?peers=T02")
    assert "Your own peers" in page
    assert row_of(client, "/providers/T01/?peers=T02")[5] == "60.0% 1 of 1 on file"
    assert 'action="/providers/T01/#peers"' in page
    assert 'data-page="/providers/T01/"' in page
    assert "not beside your own set" in page  # what there is to gain
    assert "?chart=four_hours&amp;peers=T02#chart" in page
    assert "/api/v1/providers/T01?peers=T02" in page


def test_peers_stand_with_their_distance_and_lead_to_their_pages(client):
    page = page_of(client, "/providers/T01/")
    assert [line[:3] for line in lines_of(page, "peers-table")[1:]] == [
        ["Alderbrook Infirmary", "0.30", "yes, a good match"],
        ["Cragford Infirmary", "0.50", "yes, a good match"],
    ]
    assert '<a href="/providers/T00/">Alderbrook Infirmary</a>' in page
    assert "in kind and size, nearest first" in page


@pytest.mark.parametrize("peers", ["S05", "T01", "X99"])
def test_a_set_that_cannot_be_is_refused(client, peers):
    assert client.get(f"/providers/T01/?peers={peers}").status_code == 404


@pytest.mark.parametrize(
    ("code", "told"), [("X99", "X99: is not an area of this release."), ("S05", "S05: is no provider")]
)
def test_who_is_no_provider_is_told_so(client, code, told):
    response = client.get(f"/providers/{code}/")
    assert response.status_code == 404
    assert told in response.content.decode()


def test_a_trust_s_page_among_areas_leads_here_and_back_and_search_leads_to_both(client):
    assert '<a href="/providers/T01/">' in page_of(client, "/areas/T01/")
    assert '<a href="/areas/T01/">' in page_of(client, "/providers/T01/")
    found = page_of(client, "/search/?q=birchcombe+infirmary")
    assert '<a href="/providers/T01/">Compartments and inbox of Birchcombe Infirmary</a>' in found
    assert "/providers/" not in words(page_of(client, "/areas/S05/"))
    assert '"/providers/S05/"' not in page_of(client, "/areas/S05/")


# --- all providers ----------------------------------------------------------------------------------------


def inbox_lines(client, asked=""):
    page = page_of(client, f"/providers/{asked}")
    return [line[:3] for line in lines_of(page, "inbox-table")[1:]] if 'id="inbox-table"' in page else []


def test_the_inbox_has_who_what_and_why_the_first_to_look_at_first(client):
    page = page_of(client, "/providers/")
    line = lines_of(page, "inbox-table")[1]
    assert line[:2] == ["Cragford Infirmary", "A&amp;E within four hours Urgent care: March 2026"]
    assert line[2:6] == ["persistent", "60.0% 58.5% to 61.5%", "75.0%", "6,000 of 10,000"]
    assert line[6].startswith("Persistently below Simland: -20% (-24% to -16%) on average over 15 periods")
    assert "Of 3 figures looked at, in up to 0.3% of periods one would be beyond these limits" in words(page)


def test_the_inbox_can_be_cut_to_a_compartment_and_a_kind_of_news(client):
    assert [line[2] for line in inbox_lines(client)] == ["persistent", "improving"]
    assert [line[2] for line in inbox_lines(client, "?news=improving")] == ["improving"]
    assert inbox_lines(client, "?news=new") == []
    assert inbox_lines(client, "?compartment=staff_experience") == []
    assert "Nothing new has come up" in words(page_of(client, "/providers/?news=new"))


def test_the_list_has_board_what_is_reported_and_what_is_in_the_inbox(client):
    lines = lines_of(page_of(client, "/providers/"), "providers-table")[1:]
    assert lines[1] == ["Birchcombe Infirmary T01", "North", "Urgent care", "0", "0", "1"]
    assert lines[2] == ["Cragford Infirmary T02", "North", "Urgent care", "0", "1", "0"]


def test_the_list_can_be_cut_to_what_is_reported_and_to_a_board(client):
    assert "1 to 3 of 3" in words(page_of(client, "/providers/?reports=urgent_care&board=R0"))
    assert "0 to 0 of 0" in words(page_of(client, "/providers/?reports=staff_experience"))


def test_long_lists_come_in_pages_that_keep_the_choice(client, monkeypatch):
    monkeypatch.setattr("careatlas.web.provider_page.LINES_A_PAGE", 1)
    page = page_of(client, "/providers/?compartment=urgent_care&page=1")
    assert "1 to 1 of 2" in words(page)
    after = re.search(r'<a href="([^"]+)">Those after</a>', page)[1].replace("&amp;", "&")
    assert after == "?compartment=urgent_care&page=2#inbox"
    assert "2 to 2 of 2" in words(page_of(client, "/providers/" + after.split("#")[0]))


# More digits than Python turns into a number.
LONG_PAGE = pytest.param("page=" + 5_000 * "9", id="page=9...9")


@pytest.mark.parametrize(
    "asked",
    [
        "news=bad",
        "compartment=kitchen",
        "reports=kitchen",
        "board=S05",
        "page=0",
        "page=9",
        LONG_PAGE,
        "from=two",
    ],
)
def test_what_cannot_be_chosen_is_a_clear_fault(client, asked):
    assert client.get(f"/providers/?{asked}").status_code == 404
