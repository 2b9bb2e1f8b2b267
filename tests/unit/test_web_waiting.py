"""The pages on waiting times: what they say is what the rows hold, and nothing is ranked that cannot be."""

import json
import re

import pytest
import waiting_rows
from web_release import client_of, make_release

PAGE = "/waiting-times/"
OVER_TIME, HOSPITALS, CLAIMS = PAGE + "over-time/", PAGE + "hospitals/", PAGE + "reproduction/"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    home = tmp_path_factory.mktemp("waiting")
    make_release(home)
    with client_of(home) as client:
        yield client


@pytest.fixture(scope="module")
def gapped_home(tmp_path_factory):
    """The same without January 2026; S04 has no pathways at all, and T02 has ten of each kind a month."""
    home, of_all = tmp_path_factory.mktemp("gapped"), waiting_rows.tables

    def tables(months, country):
        rows = of_all([*months[:-3], *months[-2:]], country)
        for row in rows["waits"]:
            if row["area"] in ("S04", "T02") and row["weeks"]:
                few = 0 if row["area"] == "S04" else 1
                row |= {"pathways": float(few), "weeks": [few, *[0] * 104]}
                row["status"] = "reported" if few else "zero"
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting_rows, "tables", tables)
        make_release(home)
    return home


@pytest.fixture
def gapped(gapped_home):
    with client_of(gapped_home) as client:
        yield client


def text_of(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()[:500]
    words = re.sub(r"<[^>]*>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", words).replace("&#x27;", "'").replace(" ,", ",").replace(" .", ".")


def row_of(client, address, table, area):
    page = re.sub(r"\s+", " ", client.get(address).content.decode())
    table = re.search(rf'<table id="{table}"[^>]*>(.*?)</table>', page).group(1)
    (row,) = re.findall(rf'<tr data-area="{area}".*?</tr>', table)
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", cell)).strip() for cell in cells]


def test_the_headline_is_of_the_chosen_area_over_the_window(client):
    page = text_of(client, PAGE + "?area=S05")
    # 150 with and 400 without admission, of 10,000, in each of six months
    assert "Fernhollow, October 2025 to March 2026" in page
    assert "55.0 pathways completed per 1,000 registered people and month" in page
    assert "3,300 pathways in 6 months among 10,000 registered people (2023/24)" in page


def test_the_standard_comes_first_and_is_told_of_the_list(client):
    page = text_of(client, PAGE + "?area=S05")
    assert "Constitutional standard: at least 92.0%" in page
    assert "Fernhollow: 65.0%, not met." in page
    assert (
        "Of 30 sub-areas with a full return, 0 are at that level" in page
    )  # 32 less one missing, one incomplete
    assert page.index("Constitutional standard") < page.index("per 1,000 registered people")


def test_ranks_are_shown_under_each_way_to_count_people(client):
    cells = row_of(client, PAGE, "rates-table", "S31")
    assert cells[1] == "81.0"  # 410 + 400 of 10,000
    # By need it is 810 of 26,600, lower than the 500 of 8,000 of S00: last of the 30 ranked.
    assert [cells[3].split()[0], cells[5].split()[0]] == ["1", "30"]
    assert "Counting need-weighted people instead" in text_of(client, PAGE)


def test_who_did_not_report_is_named_and_not_ranked(client):
    page = text_of(client, PAGE)
    assert "Incomplete or missing, and so in no rank and no pair: Cragford, Dunmere" in page
    assert "Birchcombe Infirmary" in page or "Alderbrook Infirmary (T01), March 2026: absent" in page
    assert "not ranked" in row_of(client, PAGE, "rates-table", "S03")


def test_lengths_of_waits_carry_their_limits(client):
    cells = row_of(client, PAGE + "?part=incomplete", "lengths", "S05")
    # 650 of 1,000 within 18 weeks; the 500th of 650 spread over the sixth week: 5.77; 10 over 52, none over 65
    assert cells[2].startswith("65.0%")
    assert cells[3].startswith("5.8")
    assert cells[5:9] == ["10", "0", "0", "0"]
    assert cells[9].startswith("8.1")  # 1,000 waiting, 3,300 completed in 182 days: 1000 x 26 / 3300 = 7.88


def test_new_pathways_have_no_waits(client):
    page = text_of(client, PAGE + "?part=new_periods")
    assert "New pathways have not waited yet" in page
    assert '<table id="lengths">' not in client.get(PAGE + "?part=new_periods").content.decode()


def test_gaps_between_neighbours_say_what_they_show(client):
    page = text_of(client, PAGE + "?area=S00")
    assert "further apart than areas ordinarily are" in page
    assert "Neighbours that differ from Alderbrook" in page
    assert "Share a border, among the nearest three, same board" in page
    assert "q: false discovery rate among the 2 pairs" in page  # S01 and S08
    # S08 has 580 of 10,000 where S00 has 500 in every month; 80 beside a counting error of 33 is beyond 95 %
    assert re.search(
        r"Inglewick 58\.0 [0-9. to]+ Alderbrook 50\.0 [0-9. to]+ 1\.16 [0-9. to]+ 8\.0 [0-9.]+ 6 of 6", page
    )


def test_a_false_discovery_rate_is_never_none_at_all(client):
    table = client.get(PAGE).content.decode().split('<table id="gaps-table">')[1].split("</table>")[0]
    found = [re.findall(r"<td[^>]*>([^<]*)", row)[5] for row in table.split("<tr>")[2:]]
    assert found
    assert all(re.fullmatch(r"under 0\.001|[01]\.\d{3}", q) for q in found), found
    assert "0.000" not in found


def test_with_one_month_no_gap_is_said_to_last(client):
    page = text_of(client, PAGE + "?period=2025-10&months=1")
    assert "Counting error only: cannot show persistence" in page
    assert "cannot be told" in page


def test_what_it_would_take_states_its_assumptions(client):
    page = text_of(client, PAGE + "?area=S05&target=80&by=2026-09&arrivals=5&treated=longest_first")
    # 550 new a month, six months of 182 days: 550 x 6 / 26 = 126.9 a week, and 5 % more
    assert "each week 133 join, 127 are completed" in page
    assert "Arrivals 5% above those of that time" in page or "arrivals 5% above those of that time" in page
    assert "80% of its list within 18 weeks by the end of September 2026" in page


def test_the_target_is_said_as_it_was_asked_for(client):
    page = text_of(client, PAGE + "?area=S05&target=92.5&by=2026-09")
    assert "92.5% of the list within 18 weeks" in page
    assert "92% of the list" not in page


def test_each_order_of_treatment_has_its_own_answer(client):
    page = text_of(client, PAGE + "?area=S05&target=80&by=2026-09")
    assert "what each order of treatment would take" in page
    assert all(order in page for order in ("The longest waits first", "In random order", "By week waited"))


def test_an_area_without_a_full_return_gets_no_projection(client):
    assert "Cragford has no full return to work this out from" in text_of(
        client, PAGE + "?area=S02&by=2026-09"
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("specialty=999", "is not a specialty of this release"),
        ("part=admitted", "is not a part of the pathways"),
        ("denominator=everybody", "is not a way to count people"),
        ("months=99", "is not a number from 1 to 24"),
        ("months=²", "is not a number from 1 to 24"),
        ("area=X99", "is not an area of this release"),
        ("by=2026-09&target=120", "is not a number from 1 to 99"),
        ("by=2026-09&treated=first", "is not an order of treatment"),
        ("by=2020-01", "is not within five years"),
    ],
)
def test_what_cannot_be_shown_is_a_page_that_says_so(client, asked, told):
    answer = client.get(f"{PAGE}?{asked}")
    assert answer.status_code == 404
    assert told in re.sub(r"&#x27;", "'", answer.content.decode())


def test_a_month_that_is_not_on_file_is_said_and_the_latest_shown(client):
    page = text_of(client, PAGE + "?period=2020-01")
    assert "There are no figures for 2020-01 of this part. March 2026 is shown." in page


def test_where_a_month_is_missing_only_those_that_follow_one_another_are_summed(gapped):
    page = text_of(gapped, PAGE + "?area=S05&months=6")
    assert "Of the 6 months asked for only 2 follow one another up to March 2026." in page
    assert "1,100 pathways in 2 months" in page  # 550 each


def test_nobody_who_waited_is_none_and_not_missing(gapped):
    cells = row_of(gapped, PAGE + "?part=incomplete", "lengths", "S04")
    assert cells[1:5] == ["0", "none", "none", "none"]


def test_ranks_over_time_and_persistence(client):
    page = text_of(client, OVER_TIME + "?months=6")
    assert "of the variance between sub-areas beyond chance" in page
    assert "over 6 months, October 2025 to March 2026" in page
    assert "Longest runs of months" in page


def test_one_month_cannot_show_persistence(client):
    page = text_of(client, OVER_TIME + "?period=2025-10")
    assert "1 month is on file here. Counting error only: cannot show persistence" in page


def test_hospitals_come_with_what_they_do_not_tell(client):
    page = text_of(client, HOSPITALS + "?specialty=110&area=S05")
    assert "What this does not tell you about your own wait" in page
    assert row_of(client, HOSPITALS + "?months=1", "lengths", "T00")[2].startswith("70.0%")
    assert row_of(client, HOSPITALS + "?months=1", "lengths", "T01")[1] == "missing"
    assert "Greyburn" not in row_of(client, HOSPITALS, "lengths", "T00")[0]


def test_hospitals_stand_in_an_order_that_is_said_and_is_no_ranking(client):
    page = text_of(client, HOSPITALS + "?months=1")
    assert "The chart has them in order of the share within 18 weeks, the table by board and name." in page
    assert "fewer than 20" not in page  # T01 sent nothing
    assert "In England" not in page
    shown = client.get(HOSPITALS).content.decode()
    assert 'alt="Providers in order: Completed within 18 weeks.' in shown


def test_a_hospital_with_few_pathways_is_counted_among_those_that_say_little(gapped):
    assert "1 of them has fewer than 20 pathways" in text_of(gapped, HOSPITALS + "?months=1")


def test_a_hospital_can_be_asked_what_it_would_take(client):
    page = text_of(client, HOSPITALS + "?trust=T00&by=2026-09&target=80&treated=longest_first")
    assert "Alderbrook Infirmary would" in page


def test_a_claim_agrees_or_not_where_all_its_months_are_on_file(client):
    page = text_of(client, CLAIMS)
    claims = re.split("[“”]", page.split("A comparison: whole")[1])
    # Its words stand above its verdict and again above its table.
    first, wrong, low, total = (claims[n] + claims[n + 2] for n in (2, 6, 10, 14))
    assert "Agrees under" in first
    # 1st but by need, where it is last
    assert "per 1,000 registered people" in first.split("Does not agree")[0]
    assert "need-weighted" not in first.split("Does not agree")[0]
    assert "Does not agree under" in wrong
    assert "Agrees under" not in wrong
    assert "Agrees under" in low
    # six months of 32 x 500 + 10 x 496
    assert "125,760" in total
    assert "Agrees under pathways completed. Does not agree under pathways completed with admission." in total
    assert "confirmed" not in page


def test_the_months_on_file_of_a_claim_s_window_are_all_read(gapped):
    page = text_of(gapped, CLAIMS)
    assert "Not testable: 5 of 6 months on file" in page
    assert "104,800" in page  # five times 32 x 500 + 10 x 496


def test_a_claim_on_months_that_are_not_on_file_is_not_testable(client):
    page = text_of(client, CLAIMS)
    assert "Not testable: 6 of 15 months on file" in page
    assert "Glenhollow was second" in page


def test_claims_about_other_places_stay_off_a_simulated_country(client):
    assert "Another place was first" not in text_of(client, CLAIMS)


@pytest.mark.parametrize(
    ("page", "chart"), [(PAGE, "ranked"), (OVER_TIME, "ranks"), (HOSPITALS, "hospitals")]
)
def test_every_chart_has_its_own_address(client, page, chart):
    shown = client.get(page).content.decode()
    address = (
        re.search(rf'data-spec="(/charts/[^"]*/{chart}\.json[^"]*)"', shown).group(1).replace("&amp;", "&")
    )
    assert json.loads(client.get(address).content)["datasets"]
    assert client.get(address.replace(".json", ".svg")).status_code == 200


def test_downloads_and_the_api_have_the_page_s_rows(client):
    rows = client.get("/api/v1/waiting-times?area=S05").json()
    assert rows["total"] == 1
    assert rows["rows"][0]["per_1000_registered"] == pytest.approx(55)
    assert client.get("/api/v1/waiting-times?area_type=provider").json()["total"] == 3
    lines = b"".join(client.get("/data/waiting-times.csv").streaming_content).decode().splitlines()
    assert len(lines) == 1 + 32
    assert "pathways" in lines[0]
    assert b"".join(client.get("/data/waiting-gaps.csv").streaming_content).count(b"\n") == 1 + 2
    assert client.get("/data/waiting-nothing.csv").status_code == 404
    assert client.get("/data/waiting-times.csv?period=2020-01").status_code == 404


@pytest.mark.parametrize("asked", ["area=SIM", "area=s20", "period=", "area=S20&period=2025-10"])
def test_what_can_be_shown_exactly_is(client, asked):
    release = client.get("/api/v1/waiting-times").json()["release"]
    assert client.get(f"/charts/{release}/waiting-times/ranked.json?{asked}").status_code == 200


@pytest.mark.parametrize("asked", ["period=2025", "period=2025-Q3", "months=24", "area=S05&area_type=icb"])
def test_a_chart_or_download_of_something_else_than_asked_is_refused(client, asked):
    answer = client.get(f"/api/v1/waiting-times?{asked}")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("area=s20", "S20"),
        ("area=SIM", "SIM"),
        ("area_type=provider&area=T01", "T01"),
        ("area=T00", "T00"),
        ("area=Fernhollow", "S05"),
    ],
)
def test_the_api_gives_the_rows_of_one_area_or_hospital(client, asked, code):
    rows = client.get(f"/api/v1/waiting-times?{asked}").json()["rows"]
    assert [row["area"] for row in rows] == [code]


def test_the_api_says_that_an_area_is_not_a_hospital(client):
    answer = client.get("/api/v1/waiting-times?area_type=provider&area=S05")
    assert answer.status_code == 404
    assert "Fernhollow: is of type sub_icb, not provider" in answer.json()["detail"]


def test_a_second_visit_is_answered_from_memory(client):
    address = PAGE + "?area=S07"
    assert client.get(address)["ETag"] == client.get(address)["ETag"]
