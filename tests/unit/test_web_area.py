"""An area's page: what stands out, what changed, who to ring, and a set of peers of one's own."""

import re

import pytest
import web_release

from careatlas.present.area_priorities import area_by_priority
from careatlas.present.standing_out import standing_out
from careatlas.web import area_cards, figures


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def client(release):
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


def page_of(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def cards_of(client, address):
    return [
        words(card) for card in re.findall(r'<li class="card">.*?</li>', page_of(client, address), re.DOTALL)
    ]


def lines_of(page, table):
    found = re.search(rf'<table id="{table}".*?</table>', page, re.DOTALL)[0]
    return [
        [words(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", line, re.DOTALL)]
        for line in re.findall(r"<tr.*?</tr>", found, re.DOTALL)
    ]


def test_a_card_has_figure_interval_denominator_period_verdict_and_what_to_expect(client):
    (card,) = cards_of(client, "/areas/S00/")[:1]
    for said in (
        "Pathways completed",
        "14.2 per 1,000 people, March 2026",
        "95% interval 11.9 to 16.5. Numerator 142, denominator 10,000.",
        "↓ lower Simland",
        "Unexplained.",
        "Persistently below Simland: -21% (-25% to -17%) on average over 15 periods to March 2026.",
        "Expect -18% from Simland next, by regression to the mean.",
    ):
        assert said in card


def test_a_card_leads_to_why_and_is_spoken_of_by_its_name(client):
    page = page_of(client, "/areas/S00/")
    address = re.search(r'<a href="([^"]+)">Why: Pathways completed</a>', page)[1].replace("&amp;", "&")
    assert address == "/indicators/completed/why/?area_type=sub_icb&area=S00&period=2026-03"
    assert "Alderbrook" in page_of(client, address)


def test_standards_are_the_first_card(client):
    first = cards_of(client, "/areas/T02/")[0]
    assert first.startswith("A&amp;E within four hours 60.0% March 2026")
    assert "Seen within four hours (constitutional standard), at least 95.0%: not met" in first


@pytest.mark.parametrize("code", [web_release.INCOMPLETE, web_release.MISSING, web_release.ZERO])
def test_who_did_not_return_in_full_has_no_card_of_it(client, code):
    assert not any("Pathways completed" in card for card in cards_of(client, f"/areas/{code}/"))


def test_a_change_that_lasted_is_told_with_its_size_beyond_regression_to_the_mean(client):
    page = words(page_of(client, "/areas/T01/"))
    assert (
        "Improved from September 2025: +24% (+18% to +30%), against areas like it and beyond regression to the "
        "mean. False discovery rate (q) 0.010." in page
    )
    assert "No change that lasted was found" in words(page_of(client, "/areas/T02/"))


def test_icons_stand_with_their_words_and_lead_to_their_chart(client):
    page = page_of(client, "/areas/T02/")
    row = lines_of(page, "signals-table")[1]
    assert row[0].startswith("A&amp;E within four hours")
    assert "common cause" in row[3]
    assert "will not meet it unless something changes" in row[4]
    assert '<a href="/indicators/four_hours/over-time/?area_type=provider&amp;area=T02">' in page
    assert "icons of variation about" in words(page)


def test_who_had_this_and_got_better_is_named_with_the_size_of_the_change(client):
    page = words(page_of(client, "/areas/T02/"))  # T01 had 60 % where the country had 75 %
    assert "A&amp;E within four hours: were worse than Simland, and improved" in page
    assert "Birchcombe Infirmary not worked out -20% September 2025 +24% (+18% to +30%) 0.010" in page


def test_an_area_that_is_worse_in_nothing_is_told_so(client):
    assert "Nothing above is worse than Simland" in words(page_of(client, "/areas/T00/"))


def test_neighbours_stand_with_both_figures_their_ratio_and_what_it_allows_for(client):
    lines = lines_of(page_of(client, "/areas/S00/"), "pairs-table")
    by_area = {line[0].split()[0]: line for line in lines[1:]}
    assert by_area["Inglewick"][0] == "Inglewick Shares a border, 8 miles"
    # 100 + 2 x 8 + 3 x 14 = 158 of 10,000 beside 142
    assert by_area["Inglewick"][2:4] == ["14.2 11.9 to 16.5", "15.8 13.3 to 18.3"]
    assert by_area["Inglewick"][4].startswith("1.11")
    assert by_area["Inglewick"][7] == "Allows for what comes and goes between 15 periods"


def test_peers_stand_with_their_distance_and_whether_they_are_compared(client):
    lines = lines_of(page_of(client, "/areas/S20/"), "peers-table")
    assert [line[:3] for line in lines[1:]] == [
        ["Vexford", "0.20", "yes, a good match"],
        ["Westmarch", "0.40", "yes, a good match"],
        ["Yarrowby", "2.50", "no"],
    ]


def test_an_area_without_peers_is_told_why(client):
    assert "No areas like it are worked out" in words(page_of(client, "/areas/S05/"))


# --- a set of one's own -----------------------------------------------------------------------------------


def peers_column(client, address):
    heads, *lines = lines_of(page_of(client, address), "spine-table")
    return {line[0]: line[heads.index(next(h for h in heads if "eers, 95%" in h))] for line in lines}


def test_every_comparison_with_peers_uses_the_set_of_the_address(client):
    """S30 and S31 have 100 + 60 + 42 = 202 and 204 of 10,000: 406 of 20,000 is 20.3. The computed peers, S21 and
    S22, have 184 and 186: 18.5."""
    assert peers_column(client, "/areas/S20/")["Pathways completed"].startswith("18.5")
    address = "/areas/S20/?peers=S30,S31"
    assert peers_column(client, address)["Pathways completed"].startswith("20.3")
    page = page_of(client, address)
    assert lines_of(page, "heat-table")[0] == ["Indicator", "Underhill", "Glenhollow", "Heatherbottom"]
    assert "Your own peers" in page


def test_an_own_set_larger_than_can_be_drawn_says_how_many_are_and_keeps_them_all(client):
    codes = [f"S{n:02d}" for n in range(26) if n != 20]  # 25
    page = page_of(client, f"/areas/S20/?peers={','.join(codes)}")
    assert "Underhill beside areas of your own choice: the first 23 of 25" in words(page)
    assert len(lines_of(page, "heat-table")[0]) == 1 + 1 + 23
    address = re.search(r'href="(/data/areas/S20/heat\.csv[^"]*)"', page)[1].replace("&amp;", "&")
    assert address.endswith(f"peers={','.join(codes)}")
    assert client.get(address).status_code == 200
    small = words(page_of(client, f"/areas/S20/?peers={','.join(codes[:23])}"))
    assert "areas of your own choice" in small
    assert "the first 23" not in small


def test_of_those_who_got_better_the_own_set_is_said_to_be_ones_peers(client):
    page = words(page_of(client, "/areas/T02/?peers=T01"))
    assert "Birchcombe Infirmary among its peers" in page
    other = words(page_of(client, "/areas/T02/?peers=T00"))
    assert "Birchcombe Infirmary not among its peers" in other


def test_where_nobody_is_a_good_match_who_got_better_is_not_said_to_be_among_the_peers(tmp_path, monkeypatch):
    far = {"area_type": "provider", "area": "T02", "peer": "T01", "rank": 1, "distance": 2.5}
    unlike = [far | {"good_match": False, "inclusion_share": 1.0}]
    monkeypatch.setattr(web_release, "_peers", lambda: unlike)
    web_release.make_release(tmp_path)
    with web_release.client_of(tmp_path) as client:
        page = words(page_of(client, "/areas/T02/"))
    assert "Birchcombe Infirmary no good match -20% September 2025" in page


def test_a_set_may_be_given_by_a_form_one_name_at_a_time(client):
    page = page_of(client, "/areas/S20/?peers=S30,S31&peers=Fernhollow")
    assert 'value="S30,S31,S05"' in page
    assert "/areas/S20/?peers=S31,S05#peers" in page  # without Glenhollow


def test_an_address_whose_set_cannot_be_compared_with_is_refused_with_the_reason(client):
    for wrong, said in (("B0", "is of another type (Board)"), ("X99", "X99"), ("S20", "is the area itself")):
        response = client.get(f"/areas/S20/?peers={wrong}")
        assert response.status_code == 404
        assert said in response.content.decode()


# --- the command and the real release ---------------------------------------------------------------------


def test_the_command_gives_the_same_order_with_what_is_known_of_each(release):
    first, *others = area_by_priority(release, "S00")
    assert (first["indicator"], first["verdict"]) == ("completed", "unexplained")
    assert (first["persistence"], first["next_deviation"]) == ("persistently_low", -18.0)
    # 16.85 in the country and 14.2 + 1.96 x root(142) / 10 = 16.54 the nearer limit: 1.86 %. z = -2.65 / 1.685 is
    # p = .116, the larger of two and so q; lasting q = .001.
    assert first["priority"] == pytest.approx(1.86 * (1 - 0.116) * (1 - 0.001), abs=0.02)
    assert all(one["priority"] <= first["priority"] for one in others)


def test_no_real_card_rests_on_fewer_than_ten_events_or_on_part_of_a_return(real_release):
    indicators = real_release.catalogue["indicators"]
    seen = 0
    for own in real_release.areas.values():
        if own["area_type"] != "sub_icb" or own["valid_to"] is not None:
            continue
        values, comparisons = figures.latest_of_area(real_release, own)
        by_indicator = {row["indicator"]: row for row in values}
        lasting = list(area_cards.lasting_of(real_release, own).values())
        for card in standing_out(values, comparisons, lasting, indicators):
            row = by_indicator[card["indicator"]]
            assert row["status"] == "reported"
            assert min(row["count"], row["denominator"]) >= 10
            seen += 1
    assert seen > 106  # every area has something to look at


def test_an_areas_rows_from_memory_are_those_of_the_file(release):
    for table in ("values", "persistence", "peers"):
        assert release.of_area(table, "S20") == release.rows(table, area="S20")
    in_march = {"indicator": "completed", "period_end": web_release.months()[-1][1]}
    assert release.of_area("values", "S20", **in_march) == release.rows("values", area="S20", **in_march)
    assert release.of_area("values", "nobody") == []
