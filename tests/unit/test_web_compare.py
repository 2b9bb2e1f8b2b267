"""Pages that hold indicators and areas beside each other, and the charts and downloads they point to."""

import csv
import io
import re

import pytest
import web_release

from careatlas.web import area_beside

COMPARE = "/compare/?x=completed&y=antibiotics"


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


def table_of(page, id):
    """The cells of each row of a table, headings first, without their mark-up."""
    table = re.search(rf'<table id="{id}".*?</table>', page, re.DOTALL)[0]
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    return [
        [
            re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip()
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def rows_of(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def charts_on(page):
    return re.findall(r'(?:data-spec|src|srcset)="(/charts/[^"]+)"', page.replace("&amp;", "&"))


@pytest.mark.parametrize(
    "address", ["/areas/S20/", COMPARE + "&area=S20", "/indicators/completed/over-time/?area=S20"]
)
def test_every_chart_of_the_page_can_be_drawn_and_has_a_table_and_a_download(client, address):
    page = page_of(client, address)
    for chart in charts_on(page):
        assert client.get(chart).status_code == 200, chart
    figures = re.findall(r'<figure class="chart" id="(\w+)".*?</figure>', page, re.DOTALL)
    for name in figures:
        assert f'<table id="{name}-table"' in page
    for link in re.findall(r'<a href="(/data/[^"]+)">CSV', page.replace("&amp;", "&")):
        assert len(rows_of(client, link)) > 1


# --- heat map ---------------------------------------------------------------------------------------------


def test_an_area_is_held_beside_the_others_under_its_board(client):
    heads, *rows = table_of(page_of(client, "/areas/S05/"), "heat-table")
    assert heads[:3] == ["Indicator", "Fernhollow", "Alderbrook"]
    assert len(heads) == 1 + 8  # the eight sub-areas of its board
    assert [row for row in rows if len(row) == 1] == [["Prescribing"], ["Spend"], ["Waiting"]]


def test_each_cell_says_in_words_why_it_has_no_comparison(client):
    rows = {row[0]: row[1:] for row in table_of(page_of(client, "/areas/S05/"), "heat-table")}
    pathways = rows["Pathways completed per 1,000 people, March 2026"]
    by_area = dict(zip(("S05", "S00", "S01", "S02", "S03", "S04"), pathways, strict=False))
    assert by_area["S01"] == "0.0 0.0 to 0.2 ◆ lower"  # zero is a figure
    assert by_area["S02"] == "missing"
    assert "†" in by_area["S03"]
    assert "incomplete return" in by_area["S03"]
    assert by_area["S04"] == "× hidden"


def test_peers_are_the_good_matches_only(client):
    heads = table_of(page_of(client, "/areas/S20/?beside=peers"), "heat-table")[0]
    assert heads == ["Indicator", "Underhill", "Vexford", "Westmarch"]  # S23 is too unlike


def test_a_set_of_ones_own_is_in_the_address_of_page_chart_and_download(client):
    page = page_of(client, "/areas/S05/?beside=own&peers=S30,S31")
    assert table_of(page, "heat-table")[0] == ["Indicator", "Fernhollow", "Glenhollow", "Heatherbottom"]
    own = [chart for chart in charts_on(page) if "heat" in chart]
    assert all("beside=own&peers=S30,S31" in chart for chart in own)
    rows = rows_of(client, "/data/areas/S05/heat.csv?beside=own&peers=S30,S31")
    assert {row["area"] for row in rows} == {"S05", "S30", "S31"}
    assert {row["indicator"] for row in rows} == {"completed", "antibiotics", "medicines_spend"}


def test_an_area_of_another_type_or_none_is_refused_with_the_reason(client):
    for wrong, said in (("B0", "is of another type (Board)"), ("X99", "X99"), ("S05", "is the area itself")):
        response = client.get(f"/areas/S05/?peers={wrong}")
        assert response.status_code == 404
        assert said in response.content.decode()


def test_a_group_that_an_area_has_not_is_refused_by_its_chart(client, release):
    assert client.get(f"/charts/{release.id}/areas/S05/heat.svg?beside=peers").status_code == 404
    assert client.get(f"/charts/{release.id}/areas/S05/pie.svg").status_code == 404


def test_a_trust_found_absent_from_a_table_is_missing_there_and_not_left_out(release):
    trusts = [area for area in release.areas.values() if area["area_type"] == "provider"]
    group = area_beside.Group("region", "Trusts", "Trusts in North", trusts)
    waits = {
        "four_hours": {"numerator": {"table": "rtt"}}
    }  # as if it were counted from the table T01 is absent from
    (row,) = area_beside.not_submitted(release, waits, group, [])
    assert (row["area"], row["status"], row["value"]) == ("T01", "missing", None)
    assert row["note"].startswith("Reported in 14 of the last 14 months")
    assert (
        area_beside.not_submitted(release, waits, group, [{"indicator": "four_hours", "area": "T01"}]) == []
    )


# --- people -----------------------------------------------------------------------------------------------


def test_who_lives_in_an_area_stands_beside_the_country(client):
    page = page_of(client, "/areas/S05/")
    oldest, youngest = table_of(page, "population-table")[1:]
    # 105 of each sex under 5 and 50 over 90: 105 / 310 = 33.9 %. The country: 3,696 of each and 1,600, so 34.9 %.
    assert youngest == ["0 to 4", "105", "33.9%", "34.9%", "105", "33.9%", "34.9%"]
    assert oldest[0] == "90 and over"
    assert "Of 310 residents of Fernhollow, 32.3% are 75 and over" in page


def test_an_area_without_residents_on_file_has_no_pyramid(client, release):
    assert "population-table" not in page_of(client, "/areas/T00/")
    assert client.get(f"/charts/{release.id}/areas/T00/population.svg").status_code == 404


# --- two indicators ---------------------------------------------------------------------------------------


def test_areas_without_a_full_return_in_both_are_listed_with_the_reason(client):
    page = page_of(client, COMPARE)
    drawn = {row[0] for row in table_of(page, "scatter-table")[1:]}
    left_out = {row[0]: row[3] for row in table_of(page, "without-table")[1:]}
    assert len(drawn) == 28
    assert left_out == {
        "Cragford": "Its trust did not report.",
        "Dunmere": "Alderbrook Infirmary did not report.",
        "Elmstow": "Fewer than 8.",
        "Fernhollow": "It did not report.",
    }
    assert not drawn & set(left_out)


def test_the_correlation_is_printed_with_its_interval_and_number_of_areas(client):
    # In sub-area n pathways rise with 2n and antibiotics fall with n: all but the zero of S01 lie on one line.
    page = page_of(client, COMPARE)
    said = re.search(r"Correlation −0\.(\d\d) \(95% interval −0\.\d\d to −0\.\d\d\) over 28 areas", page)
    assert said
    assert "weighted by size" in page
    for word in ("because", "leads to", "due to"):
        assert word not in page.split("<main")[1].split("Read with care")[0]


def test_the_download_has_both_figures_and_says_who_is_drawn(client):
    rows = rows_of(client, "/data/compare.csv?x=completed&y=antibiotics")
    assert len(rows) == 32
    assert sum(row["drawn"] == "True" for row in rows) == 28
    hidden = next(row for row in rows if row["area"] == "S04")
    assert (hidden["x_status"], hidden["x_value"], hidden["y_status"]) == ("hidden", "", "reported")


def test_two_periods_are_never_passed_off_as_one(client):
    page = page_of(client, COMPARE + "&period=2025-06")
    assert "The two are not of one period" in page
    assert "of March 2026, the nearest on file" in page
    assert "The two are not of one period" not in page_of(client, COMPARE)


def test_indicators_without_a_common_level_cannot_be_compared(client):
    response = client.get("/compare/?x=completed&y=four_hours")
    assert response.status_code == 404
    assert "not counted for the same kind of area" in response.content.decode()


def test_with_nothing_chosen_two_that_go_together_are_shown(client):
    assert "scatter-table" in page_of(client, "/compare/")
    assert "scatter-table" in page_of(client, "/compare/?x=completed")


def test_a_level_that_only_one_has_is_said(client):
    assert "Not both are counted at the level asked for" in page_of(client, COMPARE + "&area_type=icb")


# --- over time --------------------------------------------------------------------------------------------


def test_the_control_chart_covers_every_month_and_leaves_a_gap_where_a_return_is_missing(client):
    steady = table_of(page_of(client, "/indicators/completed/over-time/?area=S20"), "spc-table")
    assert len(steady) == 1 + web_release.MONTHS
    gap = table_of(page_of(client, "/indicators/completed/over-time/?area=S02"), "spc-table")[1]
    assert gap[0] == "March 2026"
    assert gap[1] == "none"
    assert "no full return" in gap[-1]


def test_ranks_are_those_of_the_area_and_its_board_with_their_intervals(client):
    heads, latest, *_ = table_of(page_of(client, "/indicators/completed/over-time/?area=S20"), "ranks-table")
    assert heads[:2] == ["Period", "Underhill"]
    assert len(heads) == 1 + 8
    assert re.fullmatch(r"\d+ of 29 \d+ to \d+", latest[1])


def test_areas_may_be_added_and_left_out(client):
    page = page_of(client, "/indicators/completed/over-time/?area=S20&areas=S01&areas=S05")
    assert table_of(page, "ranks-table")[0] == ["Period", "Underhill", "Birchcombe", "Fernhollow"]
    assert "Leave out Birchcombe" in page
    assert "Leave out Underhill" not in page


def test_no_more_lines_are_drawn_than_can_be_followed(client):
    many = "&".join(f"areas=S{n:02d}" for n in range(20))
    page = page_of(client, f"/indicators/completed/over-time/?area=S20&{many}")
    assert len(table_of(page, "ranks-table")[0]) == 1 + 10
    assert "ranks-add" not in page


def test_with_no_area_chosen_nobody_is_ranked(client):
    page = page_of(client, "/indicators/completed/over-time/")
    assert "ranks-table" not in page
    assert "Choose an area above" in page


def test_the_icons_of_an_area_lead_to_their_control_charts(client):
    page = page_of(client, "/areas/S20/")
    (line,) = [row for row in table_of(page, "signals-table") if row[0].startswith("Pathways")]
    assert line[1] == "March 2026"
    assert line[5] == "15"
    assert "/indicators/completed/over-time/?area_type=sub_icb&amp;area=S20" in page
