"""Pages: what a reader sees, and what must never be seen."""

import itertools
import re
from datetime import date

import pytest
import web_release
from web_release import HIDDEN, INCOMPLETE, MISSING, ZERO

PAGES = [
    "/",
    "/search/",
    "/search/?q=wideshire",
    "/search/?q=nothing+like+it",
    "/indicators/",
    "/indicators/completed/",
    "/indicators/completed/?area=S05&map=hexagons",
    "/indicators/completed/?area_type=region",
    "/indicators/four_hours/?area=T01",
    "/indicators/completed/why/?area=S05",
    "/indicators/four_hours/why/",
    "/areas/",
    "/areas/S05/",
    "/areas/B0/",
    "/areas/SIM/",
    "/sources/",
    "/methods/",
    "/methods/crude_rate/",
    "/pages/about/",
    "/api/",
]
FAULTS = [
    "/nowhere/",
    "/indicators/nowhere/",
    "/areas/X99/",
    "/methods/nowhere/",
    "/pages/nowhere/",
    "/data/nowhere.csv",
]


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def client(release):
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


def text_of(response) -> str:
    """The page as words: tags out, spaces one."""
    page = response.content.decode()
    page = re.sub(r"<script.*?</script>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(page.split())


def row_of(response, code: str) -> str:
    found = re.search(rf'<tr data-area="{code}".*?</tr>', response.content.decode(), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


@pytest.mark.parametrize("address", PAGES)
def test_every_page_names_its_release_and_says_that_the_country_is_simulated(client, release, address):
    response = client.get(address)
    assert response.status_code == 200
    assert f"Release {release.id}" in text_of(response)
    assert "Simulated country: fictional places, no real figures." in text_of(response)
    assert "Contains fictional information." in text_of(response)


@pytest.mark.parametrize("address", FAULTS)
def test_what_does_not_exist_is_answered_in_plain_words(client, address):
    response = client.get(address)
    assert response.status_code == 404
    assert "Traceback" not in text_of(response)
    assert "Go to the home page" in text_of(response)


@pytest.mark.parametrize(
    "address", PAGES + FAULTS + ["/healthz", "/data/areas.csv", "/api/v1/release", "/api/v1/x"]
)
def test_every_answer_carries_the_strict_headers_and_no_cookie(client, address):
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Set-Cookie" not in headers


def test_a_level_without_outlines_says_that_there_is_no_map(client):
    said = "no outlines of them are on file"
    assert f"There is no map of trusts: {said}." in text_of(client.get("/indicators/four_hours/"))
    assert said not in text_of(client.get("/indicators/completed/"))


@pytest.mark.parametrize("address", PAGES)
def test_no_page_has_inline_script_or_style_or_loads_from_elsewhere(client, address):
    page = client.get(address).content.decode()
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page)
    loaded = re.findall(r'<(?:script|img|source|link)[^>]+(?:src|srcset|href)="([^"]+)"', page)
    assert loaded
    assert all(found.startswith("/") and not found.startswith("//") for found in loaded)


@pytest.mark.parametrize("address", PAGES)
def test_headings_go_down_one_step_at_a_time_and_start_at_one(client, address):
    levels = [int(level) for level in re.findall(r"<h([1-6])", client.get(address).content.decode())]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_headline_is_the_area_s_own_value_with_its_interval(client):
    page = text_of(client.get("/indicators/completed/?area=S10&period=2026-01"))
    # Month 12 (from 0) of sub-area 10: 100 + 2 x 10 + 3 x 12 = 156 of 10,000 people, 15.6 per 1,000;
    # 15.6 +- 1.96 x sqrt(156) / 10 = 13.2 to 18.0.
    assert "Kestrelby, January 2026 15.6 per 1,000 people 95% interval 13.2 to 18.0: 156 among 10,000" in page


def test_each_kind_of_nothing_has_its_own_word_in_the_table(client):
    response = client.get("/indicators/completed/?period=2026-03")
    assert " 0.0 " in row_of(response, ZERO)
    assert " zero" in row_of(response, ZERO)
    assert " missing " in row_of(response, MISSING)
    assert "Its trust did not report." in row_of(response, MISSING)
    assert " hidden " in row_of(response, HIDDEN)
    assert " incomplete " in row_of(response, INCOMPLETE)
    assert " not ranked " in row_of(response, INCOMPLETE)
    assert " 0.0 " not in row_of(response, MISSING) + row_of(response, HIDDEN)


def sections_of(response) -> dict[str, list[str]]:
    """The ranking table's group headings, each with the codes of its areas."""
    table = re.search(r'<table id="ranking".*?</table>', response.content.decode(), re.DOTALL)[0]
    return {
        (re.findall(r"<span>([^<]*): \d+</span>", body) or [""])[0]: re.findall(r'data-area="(\w+)"', body)
        for body in re.findall(r"<tbody>.*?</tbody>", table, re.DOTALL)
    }


def test_areas_without_a_better_end_stand_in_groups_by_name_and_not_as_a_league(client):
    """29 sub-areas are ranked, each within three places of its own: 11 and 11 are surely in a half."""
    response = client.get("/indicators/completed/?period=2026-03")
    sections = sections_of(response)
    assert list(sections) == [
        "In the higher half",
        "In neither half for certain",
        "In the lower half",
        "Not ranked",
    ]
    assert [len(codes) for codes in sections.values()] == [11, 7, 11, 3]
    names = [web_release.NAMES[int(code[1:])] for code in sections["In the higher half"]]
    assert names == sorted(names)
    assert "Of 29 areas 11 are in the higher half of values and 11 in the lower half; 7 are in neither" in (
        text_of(response)
    )
    assert " 1 to 4 " in row_of(response, "S31")  # an interval, and no rank


def test_on_request_the_same_areas_stand_in_order_with_their_ranks(client):
    response = client.get("/indicators/completed/?period=2026-03&order=rank")
    (codes,) = sections_of(response).values()
    assert codes[:3] == ["S31", "S30", "S29"]
    assert codes[-4:] == [
        ZERO,
        INCOMPLETE,
        MISSING,
        HIDDEN,
    ]  # none at all is the lowest; three have no rank
    assert " 1 (1 to 4) " in row_of(response, "S31")
    assert "order=rank" in re.search(r'<tr data-area="S31".*?</tr>', response.content.decode(), re.DOTALL)[0]
    assert '<input type="hidden" name="order" value="rank">' in response.content.decode()


def test_an_indicator_with_a_better_end_stands_in_order_unasked_and_in_groups_on_request(client):
    (codes,) = sections_of(client.get("/indicators/four_hours/?period=2026-03")).values()
    assert codes == ["T00", "T01", "T02"]
    assert list(sections_of(client.get("/indicators/four_hours/?period=2026-03&order=group"))) == [
        "In neither half for certain"
    ]


def test_an_order_that_is_not_known_is_taken_for_none(client):
    plain, odd = (client.get(f"/indicators/completed/{asked}") for asked in ("", "?order=best"))
    assert sections_of(plain) == sections_of(odd)


def test_a_missing_headline_is_the_word_and_not_a_number(client):
    page = text_of(client.get(f"/indicators/completed/?area={MISSING}&period=2026-03"))
    assert "Cragford, March 2026 missing" in page
    assert "not zero" in page


def test_the_national_standard_comes_first_constitutional_before_interim(client):
    page = text_of(client.get("/indicators/four_hours/?area=T01&period=2026-03"))
    constitutional = page.index("Constitutional standard: at least 95.0%")
    interim = page.index("Interim ambition: at least 70.0%")
    assert constitutional < interim < page.index("Birchcombe Infirmary, March 2026 75.0%")
    # 90, 75 and 60 per cent: none reaches 95, two reach 70.
    assert "Birchcombe Infirmary: not met . Of 3 trusts with a full return, 0 meet it." in page
    assert "Birchcombe Infirmary: met . Of 3 trusts with a full return, 2 meet it." in page


def test_an_ambition_is_not_shown_before_it_came_into_force(client):
    page = text_of(client.get("/indicators/four_hours/?period=2025-03"))
    assert "Constitutional standard" in page
    assert "Interim ambition" not in page


def test_a_period_that_is_not_on_file_is_replaced_and_the_page_says_so(client):
    page = text_of(client.get("/indicators/completed/?period=1999-01"))
    assert "There are no figures for 1999-01 at this level. March 2026 is shown." in page


def test_an_area_of_another_level_leads_to_the_body_it_lies_in(client):
    page = text_of(client.get("/indicators/completed/?area=S05&area_type=icb"))
    assert "Fernhollow is not one of the boards: Upper Board is shown." in page
    assert "Upper Board, March 2026" in page


def test_an_indicator_without_a_map_shows_the_order_alone(client):
    page = client.get("/indicators/four_hours/").content.decode()
    assert 'id="map"' not in page
    assert 'id="ranked"' in page


def test_missing_returns_are_warned_of_on_the_page_of_their_period(client):
    assert "Alderbrook Infirmary: absent." in text_of(client.get("/indicators/completed/?period=2026-03"))
    assert "Completeness" not in text_of(client.get("/indicators/completed/?period=2026-01"))


def test_every_figure_has_its_pictures_its_rows_and_its_own_link(client):
    page = client.get("/indicators/completed/?area=S05").content.decode()
    figures = re.findall(r'<figure class="chart" id="(\w+)".*?</figure>', page, re.DOTALL)
    assert figures == ["map", "ranked", "trend", "distribution"]
    for whole in re.finditer(r'<figure class="chart".*?</figure>', page, re.DOTALL):
        links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"#]+)', whole[0])]
        kinds = {
            link.split("?")[0].rsplit(".", 1)[-1] for link in links if "?" in link and "/charts/" in link
        }
        assert kinds == {"svg", "png"}
        assert any(link.startswith("/data/values.csv") for link in links)
        assert all(client.get(link).status_code == 200 for link in links)


def test_the_table_of_the_spread_has_the_numbers_of_its_chart(client, release):
    page = client.get("/indicators/completed/").content.decode()
    table = re.search(r'<table id="distribution-table".*?</table>', page, re.DOTALL)[0]
    shown = re.findall(r"<td[^>]*>([^<]*)</td>", re.search(r"<tbody><tr>.*?</tr>", table)[0])
    spec = client.get(f"/charts/{release.id}/completed/distribution.json?period=2026-03").json()
    boxes = [box for rows in spec["datasets"].values() for box in rows if "p50_text" in box]
    latest = max(boxes, key=lambda box: box["period"])
    keys = ("lowest", "p5", "p25", "p50", "p75", "p95", "highest")
    assert shown == [str(latest["n"]), *(latest[f"{key}_text"] for key in keys)]


def test_what_varies_most_leaves_out_five_at_each_end(client):
    from careatlas.web.pages import trimmed_fold

    assert trimmed_fold([0.0] * 5 + [float(n) for n in range(10, 21)] + [99.0] * 5) == (2.0, 10.0, 20.0)
    assert trimmed_fold([1.0, 2.0, 3.0]) is None  # too few areas to leave ten out
    assert trimmed_fold([0.0] * 30) is None  # nothing can be divided by zero
    page = text_of(client.get("/"))
    # Of 29 full returns of March 2026, zero included, five go at each end: sub-areas 8 (15.8) to 26 (19.4).
    assert "1.2-fold From 15.8 to 19.4 per 1,000 people" in page


def test_an_area_s_page_says_what_its_table_says(client):
    page = text_of(client.get("/areas/T02/"))
    assert "A&amp;E within four hours (lower, worse)" in page
    assert "▼ worse" in page


def test_an_area_that_a_town_leads_to_names_the_town(client):
    assert "Places it serves: St Éloi&#x27;s." in text_of(client.get("/areas/S05/"))


def test_sources_list_the_files_that_were_not_read_and_why(client):
    page = text_of(client.get("/sources/"))
    assert "holiday.xlsx No source knows this layout." in page
    assert "superseded: rtt/march.zip is the later edition." in page
    assert "1 of 1 published totals are equal to ours." in page


def test_a_second_visit_costs_nothing_when_nothing_changed(client):
    first = client.get("/indicators/")
    again = client.get("/indicators/", headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert "default-src 'none'" in again.headers["Content-Security-Policy"]


def test_a_compressed_answer_holds_the_same_page(client):
    import gzip

    plain = client.get("/areas/").content
    compressed = client.get("/areas/", headers={"accept-encoding": "gzip"})
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(compressed.content) == plain


def test_before_the_first_build_the_page_says_what_to_run(tmp_path):
    with web_release.client_of(tmp_path) as client:
        response = client.get("/")
        assert response.status_code == 503
        assert "careatlas build --data DIR" in text_of(response)
        assert client.get("/api/v1/release").status_code == 503
        assert client.get("/healthz").json() == {"status": "no release", "release": None}


def test_a_new_release_is_served_from_the_next_request_on(tmp_path, monkeypatch):
    first = web_release.make_release(tmp_path)
    with web_release.client_of(tmp_path) as client:
        assert f"Release {first.id}" in text_of(client.get("/"))
        monkeypatch.setattr(web_release, "MONTHS", 14)
        second = web_release.make_release(tmp_path)
        assert f"Release {second.id}" in text_of(client.get("/"))
        assert client.get(f"/charts/{first.id}/completed/ranked.svg?period=2026-03").status_code == 200


def test_our_own_mistake_is_an_apology_without_a_traceback(client, monkeypatch):
    from careatlas.web import pages

    monkeypatch.setattr(pages, "_varies_most", lambda release: 1 / 0)
    with web_release.client_of(web_release_home(client)) as fresh:
        response = fresh.get("/?fresh")
    assert response.status_code == 500
    assert "It is our mistake" in text_of(response)
    assert "ZeroDivisionError" not in text_of(response)


def web_release_home(client):
    from django.conf import settings

    return settings.HOME


def test_periods_are_listed_latest_first():
    import pyarrow as pa

    from careatlas.web.reading import periods

    days = [date(2025, 1, 1), date(2025, 2, 1)], [date(2025, 1, 31), date(2025, 2, 28)]
    rows = pa.table({"period_start": days[0], "period_end": days[1]})
    assert [period.code for period in periods(rows)] == ["2025-02", "2025-01"]


def test_the_page_opens_on_the_latest_period_in_which_anybody_has_a_value():
    import pyarrow as pa

    from careatlas.web.reading import latest

    starts, ends = [date(2025, 1, 1), date(2025, 2, 1)], [date(2025, 1, 31), date(2025, 2, 28)]
    dropped = pa.table({"period_start": starts, "period_end": ends, "value": pa.array([1.0, None])})
    never = pa.table(
        {"period_start": starts, "period_end": ends, "value": pa.array([None, None], pa.float64())}
    )
    assert (latest(dropped).code, latest(never).code) == ("2025-01", "2025-02")
