"""The page that says why places differ: sentences, tables and charts from the same rows."""

import json
import re

import pytest
import web_release
from web_release import client_of, make_release

PAGE = "/indicators/completed/why/"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    home = tmp_path_factory.mktemp("why")
    make_release(home)
    with client_of(home) as client:
        yield client


def text_of(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_spread_is_told_in_words_and_in_a_table(client):
    page = text_of(client, PAGE)
    assert "need 30% (25% to 35%); chance 20% (15% to 25%)" in page
    assert "15% (10% to 20%) goes against need" in page
    assert '<th scope="row">Need</th><td>all</td><td class="n">30%</td>' in page
    assert "The area at the 95th percentile has 1.50 times the value" in page
    assert "Areas differ by more than chance." in page


def test_one_area_is_told_with_its_verdict_and_how_lasting_it_is(client):
    page = text_of(client, PAGE + "?area=S05")
    assert "Fernhollow is 20% below Simland (95% interval -23% to -17%)" in page
    assert "against need: possible inequity" in page
    assert "has been persistently below Simland: -18% (-22% to -14%)" in page


def test_the_few_parts_that_make_half_of_an_area_s_gap_stand_in_words_and_in_a_table(client):
    page = text_of(client, PAGE + "?area=S05")
    assert "Fernhollow counted 720 pathways. At Simland&#x27;s rate per 1,000 people it would be 900" in page
    assert (
        "One of its 8 specialties and their mix are enough for half of it (together 67%): Trauma and orthopaedics "
        "(-90) and Mix of specialties (-30)."
    ) in page
    cells = ("110", "10,000", "200", "-90", "-110 to -70", "50%")
    assert "".join(f'<td class="n">{cell}</td>' for cell in cells) in page
    assert '<th scope="row">Mix of specialties</th>' in page  # no page says more of it
    waits = re.search(r'href="(/waiting-times/\?specialty=110[^"]*)"', page).group(1).replace("&amp;", "&")
    assert "part=completed_admitted" in waits
    assert client.get(waits).status_code == 200


def test_a_part_that_is_an_area_leads_to_its_own_page(client):
    page = text_of(client, PAGE + "?area=B0&area_type=icb")
    assert "One of its 8 sub-areas is enough for half of it (67%): Fernhollow (-120)." in page
    assert "What its difference comes from is not worked out here" in page  # there are four boards
    assert "no full return" not in page
    address = re.search(r'<th scope="row"><a href="([^"]*)">Fernhollow', page).group(1).replace("&amp;", "&")
    assert "area=S05" in address
    assert "Fernhollow is 20% below Simland" in text_of(client, address)


def test_an_area_whose_value_cannot_be_told_from_the_country_s_has_no_parts_to_list(client):
    page = text_of(client, PAGE + "?area=S17")
    assert "Its value cannot be told apart from Simland&#x27;s, so there is no gap to cut into parts." in page
    assert "that make half of the gap" not in page


def test_an_area_without_a_full_return_is_not_explained(client):
    assert "Dunmere has no full return for this period" in text_of(client, PAGE + "?area=S03")


def test_the_gradient_by_deprivation_stands_on_the_page(client):
    page = text_of(client, PAGE)
    assert "In the most deprived fifth of areas it is 11.0 (10.7 to 11.3)" in page
    assert "Relative index: least over most deprived" in page


@pytest.mark.parametrize("chart", ["shares", "gap", "fifths"])
def test_every_chart_has_its_own_address_and_the_numbers_of_its_table(client, chart):
    page = text_of(client, PAGE + "?area=S05")
    address = (
        re.search(rf'data-spec="(/charts/[^"]*/{chart}\.json[^"]*)"', page).group(1).replace("&amp;", "&")
    )
    spec = json.loads(client.get(address).content)
    assert spec["datasets"]
    assert client.get(address.replace(".json", ".svg")).status_code == 200
    said = {"shares": "Need 30% (25% to 35%)", "gap": "All of it -20%", "fifths": "fifth 1 11.0"}[chart]
    assert said in spec["description"]


def test_a_period_without_explanation_says_so_and_draws_nothing(client):
    page = text_of(client, PAGE + "?period=2025-02&area=S05")
    assert "There are too few sub-areas with a full return" in page
    assert "shares.svg" not in page


@pytest.fixture(scope="module")
def client_of_one_period(tmp_path_factory):
    """The same release, but that its breakdowns rest on one period; S05 has no known persistence."""
    given = web_release.explanations()
    for name in ("shares", "gaps"):
        given[name] = [row | {"periods": 1} for row in given[name]]
    given["persistence"] = [row for row in given["persistence"] if row["area"] != "S05"]
    home = tmp_path_factory.mktemp("one_period")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web_release, "explanations", lambda: given)
        make_release(home)
    with client_of(home) as client:
        yield client


def test_a_breakdown_of_one_period_never_stands_against_a_difference_that_lasts(client_of_one_period):
    page = text_of(client_of_one_period, PAGE + "?area=S00")
    assert "has been persistently below Simland" in page
    assert "This breakdown rests on one period" in page
    assert "cannot show what persists" not in page
    assert "cannot show what persists" in text_of(client_of_one_period, PAGE + "?area=S05")


def test_a_card_of_one_period_says_the_same(client_of_one_period):
    page = text_of(client_of_one_period, "/areas/S00/")
    assert "Unexplained (this breakdown rests on one period)." in page
    assert "Persistently below Simland" in page
    assert "cannot show persistence" not in page


def test_an_unknown_indicator_is_a_page_of_its_own(client):
    assert client.get("/indicators/nothing/why/").status_code == 404
