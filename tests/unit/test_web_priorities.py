"""The page on which a group weighs options: its address is the worksheet, and what is written in stays text."""

import csv
import html
import io
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import web_release
from django.conf import settings

from careatlas.present.priorities_start import example
from careatlas.present.worksheet import COLUMNS, read_worksheet, worksheet_text
from careatlas.web.priorities_page import address_of

HOSTILE = '"><script>alert(1)</script>'
HEAD = "title,By hand\nbudget,60\nunit,years\n\n"
TABLE = "key,option,kind,benefit,people,likelihood,cost\n"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    release = web_release.make_release(tmp_path_factory.mktemp("home"))
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


def sheet(rows: str, head: str = HEAD) -> str:
    return "/priorities/?" + urlencode({"sheet": head + TABLE + rows})


def page_of(client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def addresses(page: str, pattern: str) -> list[str]:
    return [
        html.unescape(one)
        for one in re.findall(rf'(?:href|src|srcset|data-spec(?:-phone)?)="({pattern}[^"]*)"', page)
    ]


def sent(*options: dict[str, str], **more: object) -> str:
    """The address that a browser asks for when the form is sent."""
    fields = [(name, one.get(name, "")) for name in COLUMNS for one in options]
    return "/priorities/?" + urlencode([("sent", "1"), *fields, *more.items()])


def test_an_empty_page_offers_an_area_an_example_and_a_form(client):
    page = page_of(client, "/priorities/")
    assert len(re.findall(r'<fieldset class="panel" id="option-', page)) == 3
    assert "What the budget funds" not in page
    example_page = page_of(client, addresses(page, "/priorities/")[1])
    assert "<h1>Simulated example: breathing better in Simland</h1>" in example_page
    assert "The budget of £250,000 funds 3 of 5 options" in example_page


def test_everything_the_page_points_to_is_there(client):
    page = page_of(client, address_of(example()))
    pictures = addresses(page, "/charts/")
    assert len(pictures) == 6
    for address in [*pictures, *addresses(page, "/data/priorities"), *addresses(page, r"/priorities/\?")]:
        assert client.get(address).status_code == 200, address
    assert page.count("<table") == 2


def test_what_the_form_sends_becomes_an_address_that_holds_it_all(client):
    option = {
        "option": "Home visits",
        "kind": "invest",
        "benefit": "0.5",
        "people": "100",
        "likelihood": "0.8",
    }
    answer = client.get(sent({**option, "cost": "50"}, {}, title="By hand", budget="60", unit="years"))
    assert answer.status_code == 302
    assert answer["Location"].endswith("#list")
    text = parse_qs(urlsplit(answer["Location"]).query)["sheet"][0]
    assert text == HEAD + TABLE + "home-visits,Home visits,invest,0.5,100,0.8,50\n"
    page = page_of(client, answer["Location"])
    assert (
        "The budget of £60 funds 1 of 1 options, in order of value for money: Home visits. £10 is left."
        in page
    )
    assert page_of(client, answer["Location"]) == page


def test_an_option_and_a_criterion_are_added_by_a_plain_submit(client):
    added = client.get(sent({"option": "A"}, add="option"))["Location"]
    assert added.endswith("#option-2")
    more = client.get(sent(*({"option": name} for name in "ABCD"), add="option"))["Location"]
    assert 'id="option-5"' in page_of(client, more)
    criterion = client.get(sent({"option": "A"}, add="criterion"))["Location"]
    assert criterion.endswith("#criterion-1")
    assert 'id="criterion-1"' in page_of(client, criterion)


def test_an_option_is_removed_by_a_plain_submit(client):
    after = client.get(sent(*({"option": name} for name in "ABC"), remove="2"))["Location"]
    text = parse_qs(urlsplit(after).query)["sheet"][0]
    assert [one.cells["option"] for one in read_worksheet(text).options] == ["A", "C"]


def test_forty_options_on_eight_criteria_can_be_sent(client):
    option = dict.fromkeys(COLUMNS, "1") | {"kind": "invest", "likelihood_of": "success", "key": ""}
    rows = [option | {"option": f"Option {n}"} for n in range(40)]
    scores = [(f"score{n}", "50") for n in range(1, 9) for _ in rows]
    criteria = [(name, f"c{n}") for n in range(8) for name in ("criterion", "weight")]
    fields = [(name, one[name]) for name in COLUMNS for one in rows]
    answer = client.get("/priorities/?" + urlencode([("sent", "1"), *fields, *criteria, *scores]))
    page = page_of(client, answer["Location"])
    assert page.count('<fieldset class="panel" id="option-') == 40
    assert "40 options are the most a list can hold." in page
    over = client.get(sent(*({"option": f"Option {n}"} for n in range(41))))
    assert over.status_code == 400
    assert "has 41 options. Keep to 40" in over.content.decode()


def test_what_would_need_too_long_an_address_is_shown_and_not_lost(client):
    answer = client.get(sent(*({"option": f"Option {n}", "note": "é" * 300} for n in range(40))))
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "letters; 16,000 is the most" in page
    assert 'value="Option 39"' in page


def test_refused_entries_are_named_at_their_fields_and_the_rest_is_weighed(client):
    page = page_of(client, sheet('a,A,invest,1,10,1,50\nb,B,invest,"1,200",1,2,5\n'))
    assert page.count('aria-invalid="true"') == 2
    told = '<span class="fault" id="o2-benefit-fault">&quot;1,200&quot; is no plain number.'
    assert f'<label for="o2-benefit">Benefit per person</label>{told}' in page
    assert page.count('aria-describedby="o2-benefit-fault"') == 1
    assert "Refused entries count as not known" in page
    assert "funds 1 of 1 options" in page
    assert "benefit per person, likelihood, what was refused" in page


def test_a_budget_that_is_refused_gives_no_list(client):
    page = page_of(client, sheet("a,A,invest,1,10,1,50\n", "budget,much\n\n"))
    assert "No list yet: mend what is refused." in page
    assert "What the budget funds" not in page


@pytest.mark.parametrize("head", ["budget,much\n\n", "criterion,value,0\n\n"])
def test_a_sheet_that_gives_no_list_has_no_chart(client, head):
    """Its address can be written by hand: nothing is drawn with a budget or weights that were refused."""
    shown = page_of(client, sheet("a,A,invest,1,10,1,50\n"))
    picture = next(one for one in addresses(shown, "/charts/") if ".json" in one).split("?")[0]
    asked = sheet("a,A,invest,1,10,1,50\n", head).split("?")[1]
    assert client.get(f"{picture}?{asked}").status_code == 404


def test_a_text_that_is_no_worksheet_is_told_and_kept_to_be_mended(client):
    answer = client.get("/priorities/?" + urlencode({"sheet": f"nonsense {HOSTILE}"}))
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "has no table of options" in page
    assert html.escape(f"nonsense {HOSTILE}") in page
    assert HOSTILE not in page


def test_hostile_text_is_inert_wherever_it_is_shown(client):
    option = {"option": HOSTILE, "kind": HOSTILE, "cost": HOSTILE, "note": HOSTILE, "key": HOSTILE}
    shown = {"option": f"{HOSTILE}2", "benefit": "1", "people": "1", "likelihood": "1", "cost": "1"}
    fields = {"title": HOSTILE, "unit": HOSTILE, "area": HOSTILE, "criterion": HOSTILE}
    answer = client.get(sent(option, shown, budget="5", score1="50", **fields))
    page = client.get(answer["Location"]).content.decode()
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") > 5
    without_area = sent(shown, budget="5", title=HOSTILE, unit=HOSTILE)
    page = page_of(client, client.get(without_area)["Location"])
    assert "<script>alert" not in page
    for address in addresses(page, "/charts/"):
        drawn = client.get(address)
        assert drawn.status_code == 200
        if drawn["Content-Type"] == "image/svg+xml":
            assert b"<script" not in drawn.content


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_formulas_are_neutralised_in_both_files(client, start):
    text = HEAD + TABLE + f'a,"{start}HYPERLINK(1)",invest,1,10,1,50\n'
    asked = urlencode({"sheet": text})
    rows = list(
        csv.DictReader(
            io.StringIO(b"".join(client.get(f"/data/priorities.csv?{asked}").streaming_content).decode())
        )
    )
    assert rows[0]["option"] == f"'{start}HYPERLINK(1)"
    saved = client.get(f"/data/priorities-worksheet.csv?{asked}").content.decode()
    assert f"'{start}HYPERLINK(1)" in saved
    assert read_worksheet(saved) == read_worksheet(text)


def test_the_list_as_a_file_has_the_pages_figures(client):
    asked = urlencode({"sheet": worksheet_text(example())})
    response = client.get(f"/data/priorities.csv?{asked}")
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert [row["decision"] for row in rows].count("funded") == 3
    assert rows[1]["value_for_money_in"] == "points per £1,000"


def test_an_areas_opportunities_start_a_worksheet_without_a_claim_of_success(client):
    page = page_of(client, "/priorities/?area=S20")
    assert 'value="Broad-spectrum antibiotics"' in page
    assert '<option value="gap" selected>a gap exists</option>' in page
    assert "a gap being there, never of an action working" in page
    assert "No option to invest in can be weighed yet." in page
    assert '<a href="/areas/S20/">' in page


def test_an_area_without_opportunities_starts_empty_and_says_so(client):
    page = page_of(client, "/priorities/?area=S21")
    assert "S21</strong>: has no opportunities" in page
    assert 'name="area" value="S21"' in page


def test_an_area_nobody_knows_is_not_found(client):
    assert client.get("/priorities/?area=X99").status_code == 404


def test_a_groups_own_worksheet_is_kept_neither_here_nor_on_the_way(client):
    shown = client.get(sheet("a,A,invest,1,10,1,50\n"))
    assert shown["Cache-Control"] == "no-store"
    before = {*settings.HOME.glob("cache/*/*")}
    for address in addresses(shown.content.decode(), "/charts/"):
        assert client.get(address)["Cache-Control"] == "no-store"
    assert {*settings.HOME.glob("cache/*/*")} == before
    assert "no-store" not in client.get("/priorities/").get("Cache-Control", "")


def test_nothing_is_taken_by_post(client):
    assert client.post("/priorities/", {"title": "x"}).status_code == 405


def test_the_menu_the_area_and_its_pack_lead_here(client):
    assert 'href="/priorities/"' in page_of(client, "/")
    for place in ("/areas/S20/", "/areas/S20/pack/"):
        assert 'href="/priorities/?area=S20"' in page_of(client, place)


def test_a_key_that_was_copied_can_be_mended_in_the_form(client):
    page = page_of(client, sheet("a,A,invest,1,10,1,50\na,B,invest,1,1,1,5\n"))
    assert '<input type="hidden" name="key" value="a">' in page
    assert re.search(r'<input id="o2-key" name="key" value="a"', page)
