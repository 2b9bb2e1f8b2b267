"""Published claims held against 24 months that were fetched, built and shown: judged only when all are on file."""

import functools
import http.server
import json
import re
import shutil
import threading
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from web_release import client_of

from careatlas.build import pipeline
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.release import open_release
from careatlas.present.reproduction import reproductions
from careatlas.sources import rtt_waiting_times, simulated_country

FIRST, LAST = date(2021, 12, 1), date(2023, 11, 30)
WITHOUT_WAITS = ("write_deprivation", "write_payments", "write_accident_emergency", "write_activity")
WITHOUT_WAITS += ("write_trust_discharges", "write_hospital_episodes")
ALL, ADMITTED = "completed_pathways", "completed_admitted_pathways"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The simulated country's extracts, fetched from a page a financial year as the publisher has them, and built."""
    folder = tmp_path_factory.mktemp("window")
    with pytest.MonkeyPatch.context() as patch:
        for writer in WITHOUT_WAITS:
            patch.setattr(simulated_country, writer, lambda *_: None)
        data = simulated_country.write_country(folder / "country", months=24, last_month=(2023, 11))
    _publish(data, folder / "site")
    handler = functools.partial(Quiet, directory=folder / "site")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        page = f"http://127.0.0.1:{server.server_port}/"
        fetched = rtt_waiting_times.fetch(FIRST, LAST, data / "rtt", page=page, allowed_hosts=["127.0.0.1"])
        server.shutdown()
    assert len(fetched) == 24
    catalogue = load_catalogue()
    only = replace(catalogue, indicators={id: catalogue.indicators[id] for id in (ALL, ADMITTED)})
    with pytest.MonkeyPatch.context() as patch:  # two indicators are enough, and quicker
        patch.setattr(pipeline, "load_catalogue", lambda: only)
        pipeline.build(data, folder / "home")
    return folder / "home"


def _publish(data, site):
    """Move the monthly extracts to a site: an index, and a page for each financial year."""
    years = {}
    for path in sorted((data / "rtt").glob("Full-CSV*.zip")):
        month = pd.to_datetime(path.name.split("-")[4], format="%b%y")
        first = month.year - (month.month < 4)
        year = site / f"rtt-data-{first}-{(first + 1) % 100:02d}"
        year.mkdir(parents=True, exist_ok=True)
        shutil.move(path, year / path.name)
        years.setdefault(year, []).append(path.name)
    for year, names in years.items():
        (year / "index.html").write_text("".join(f'<a href="{name}">{name}</a>' for name in names))
    links = [f'<a href="{year.name}/">Waiting Times Data {year.name[9:]}</a>' for year in years]
    (site / "index.html").write_text("".join(links))


def summed(release, indicator):
    """Pathways of the 24 months by area, and per need-weighted person, as the indicators count them: another route."""
    rows = release.arrow("values", indicator=indicator, area_type="sub_icb", sex="persons").to_pandas()
    of_area = rows.groupby("area")["count"].sum(min_count=1)
    people = rows.groupby("area")["denominator"].mean()
    return of_area, (of_area / people).sort_values(ascending=False)


def given(claims, last=LAST):
    empty = {"area": None, "rank": None, "total": None}
    return {
        "id": "given",
        "title": "A comparison",
        "publisher": "A publisher",
        "published": "2024",
        "source": {"title": "A report", "url": "https://example.org/"},
        "first_month": FIRST.isoformat(),
        "last_month": last.isoformat(),
        "claims": [empty | claim for claim in claims],
    }


def verdicts(release, one):
    release.catalogue["reproductions"] = {"given": one}
    (held,) = reproductions(release)
    return held, {claim["id"]: claim for claim in held["claims"]}


def agreeing(claim):
    return {(row["part"], row["people"]) for row in claim["readings"] if row["agrees"]}


def test_with_all_months_on_file_a_claim_is_judged_under_each_reading(home):
    release = open_release(home)
    count, rate = summed(release, ALL)
    _, admitted = summed(release, ADMITTED)
    held, found = verdicts(
        release,
        given(
            [
                {"id": "first", "kind": "rank", "words": "first", "area": rate.index[0], "rank": 1},
                {"id": "wrong", "kind": "rank", "words": "last", "area": rate.index[0], "rank": len(rate)},
                {"id": "admitted", "kind": "rank", "words": "first", "area": admitted.index[0], "rank": 1},
                {"id": "low", "kind": "lowest_fifth", "words": "low", "area": rate.dropna().index[-1]},
                {"id": "all", "kind": "total", "words": "all", "total": float(count.sum())},
                {"id": "half", "kind": "total", "words": "half", "total": float(count.sum()) / 2},
            ]
        ),
    )
    assert (held["months_on_file"], held["is_testable"]) == (24, True)
    assert ("completed", "need_weighted") in agreeing(found["first"])
    assert not agreeing(found["wrong"])
    assert found["wrong"]["verdict"].startswith("Does not agree")
    assert ("completed_admitted", "need_weighted") in agreeing(found["admitted"])
    assert ("completed", "need_weighted") in agreeing(found["low"])
    assert agreeing(found["all"]) == {("completed", None)}
    assert ("completed", None) not in agreeing(found["half"])
    first = next(
        r for r in found["first"]["readings"] if (r["part"], r["people"]) == ("completed", "need_weighted")
    )
    assert first["value"] == pytest.approx(1000 * rate.iloc[0] / 24)
    assert first["rank_lower"] <= first["rank"] == 1 <= first["rank_upper"]
    assert first["edition"]


def test_with_a_month_to_come_nothing_is_judged(home):
    release = open_release(home)
    _, rate = summed(release, ALL)
    claim = {"id": "first", "kind": "rank", "words": "first", "area": rate.index[0], "rank": 1}
    held, found = verdicts(release, given([claim], last=date(2023, 12, 31)))
    assert (held["months_wanted"], held["is_testable"]) == (25, False)
    assert found["first"]["verdict"] == "Not testable: 24 of 25 months on file."
    assert not agreeing(found["first"])
    assert {row["verdict"] for row in found["first"]["readings"]} == {"not testable"}


def test_the_page_says_what_was_found(home):
    release = open_release(home)
    count, rate = summed(release, ALL)
    claims = [
        {"id": "first", "kind": "rank", "words": "It was first", "area": rate.index[0], "rank": 1},
        {"id": "all", "kind": "total", "words": "So many", "total": float(count.sum())},
    ]
    catalogue = release.folder / "catalogue.json"
    whole = json.loads(catalogue.read_text())
    catalogue.write_text(json.dumps(whole | {"reproductions": {"given": given(claims)}}))
    with client_of(home) as client:
        page = re.sub(r"\s+", " ", client.get("/waiting-times/reproduction/").content.decode())
    assert "All 24 months, December 2021 to November 2023, are on file." in page
    assert "Agrees under pathways completed." in page
    assert "confirm" not in page.split("<main")[1].split("</main>")[0]
