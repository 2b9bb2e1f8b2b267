"""The report card's pages: as it stands now, as files, kept, signed, printed again; and who reaches what."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime

import pytest
import web_release
from authored import person, signed_in
from django.utils import timezone
from ledger_small import YEAR, claim, held, initiative, pool

from careatlas.improve.delivery.models import Claim, Initiative, Milestone, Plan, Report
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role

HERE = f"/delivery/report/?organisation=B0&month={YEAR}-07"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(YEAR, 9, 10, 12, tzinfo=UTC))


@pytest.fixture
def atlas(release, db):
    organisations.take_from(release)
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


@pytest.fixture
def client(atlas):
    return signed_in(person("Ann", (Role.PLAN_MANAGER, "B0")))


@pytest.fixture
def one(atlas):
    """Of a plan that is fixed: 12 pounds in the year, and a milestone that is late."""
    plan = Plan.objects.create(
        organisation_id="B0", year=YEAR, title="Ours", baselined_at=datetime(YEAR, 4, 1, tzinfo=UTC)
    )
    made = held(initiative(status="running", workstream="planned_care", plan=plan))
    claim(made, pool(), 1200)
    Milestone.objects.create(initiative=made, title="Begin", due_on=date(YEAR, 5, 1))
    return made


def text_of(answer) -> str:
    return answer.content.decode()


def kept(client, key="k"):
    return client.post("/delivery/report/keep/", {"organisation": "B0", "month": f"{YEAR}-07", "key": key})


def test_the_card_says_how_it_stands_what_is_late_and_what_is_not_known(client, one):
    page = text_of(client.get(HERE))
    assert f"<h1>Report card: Upper Board, July {YEAR}</h1>" in page
    assert '<td data-label="Actual to date" class="n">not known</td>' in page
    assert '<span class="tag amber">amber</span>' in page
    assert f"Late since 1 May {YEAR}: Begin." in page
    assert f'<a href="/delivery/initiatives/{one.pk}/">Hospital at home</a>' in page
    assert "Not kept, and not signed" not in page
    assert "not kept, and not signed" in page


def test_without_being_asked_it_is_of_ones_own_place_and_the_last_month(client, one):
    page = text_of(client.get("/delivery/report/"))
    assert f"<h1>Report card: Upper Board, August {YEAR}</h1>" in page
    assert f'<option value="{YEAR}-08" selected>August {YEAR}</option>' in page
    assert f'value="{YEAR}-09"' not in page  # September has not ended


def test_a_region_has_a_line_for_each_board_and_one_a_workstream(one, atlas):
    client = signed_in(person("Reg", (Role.READER, "R0")))
    page = text_of(client.get(f"/delivery/report/?organisation=R0&month={YEAR}-07"))
    assert "By organisation" not in page  # only one of its boards has anything
    claim(held(initiative("B1", "Elsewhere", status="running")), pool("B1"), 600)
    page = text_of(client.get(f"/delivery/report/?organisation=R0&month={YEAR}-07"))
    assert f'<a href="/delivery/report/?month={YEAR}-07&amp;organisation=B1">Middle Board</a>' in page
    link = f"/delivery/report/?month={YEAR}-07&amp;organisation=R0&amp;workstream=planned_care"
    assert f'<a href="{link}">Planned care</a>' in page
    narrowed = text_of(
        client.get(f"/delivery/report/?month={YEAR}-07&organisation=R0&workstream=planned_care")
    )
    assert "Report card: North, Planned care" in narrowed
    assert "Elsewhere" not in narrowed


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("organisation=NOWHERE", "is no organisation here"),
        (f"month={YEAR}-09", "has not ended yet"),
        ("month=soon", "is no month"),
        ("workstream=sewing", "is no workstream"),
    ],
)
def test_what_there_is_no_card_of_is_said_in_words(client, asked, words):
    answer = client.get(f"/delivery/report/?{asked}")
    assert answer.status_code == 404
    assert words in text_of(answer)


def test_files_hold_what_the_page_shows(client, one):
    query = HERE.partition("?")[2]
    rows = list(csv.DictReader(io.StringIO(text_of(client.get(f"/delivery/report.csv?{query}")))))
    assert {row["net_pence"] for row in rows} == {"1200"}
    answer = client.get(f"/delivery/report.json?{query}")
    assert json.loads(answer.content)["card"]["whole"]["milestones_late"] == 1
    assert answer.headers["Content-Disposition"] == f'attachment; filename="report-B0-{YEAR}-07.json"'
    assert client.get(f"/delivery/report.pdf?{query}").content.startswith(b"%PDF-")
    assert client.get(f"/delivery/report.doc?{query}").status_code == 404


def test_a_card_is_kept_once_signed_and_printed_as_it_was(client, one):
    answer = kept(client)
    place = answer.headers["Location"]
    assert answer.status_code == 303
    assert kept(client).headers["Location"] == place  # sent twice, kept once
    before = {kind: client.get(f"{place[:-1]}.{kind}").content for kind in ("pdf", "csv", "json")}
    Claim.objects.update(pence=99_999)
    Initiative.objects.update(title="Renamed")
    assert {kind: client.get(f"{place[:-1]}.{kind}").content for kind in before} == before
    page = text_of(client.get(place))
    assert "Hospital at home" in page
    assert "Renamed" not in page
    assert "Nobody has signed it yet." in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    refused = client.post(f"{place}sign/", {"version": version, "post": "", "words": "Ours."})
    assert refused.status_code == 422
    assert "Ours." in text_of(refused)
    signed = client.post(f"{place}sign/", {"version": version, "post": "Director", "words": "Ours."})
    assert signed.status_code == 303
    page = text_of(client.get(place))
    assert f"Signed by Ann, Director, on 10 September {YEAR}." in page
    assert "“Ours.”" in page
    assert "Sign this report" not in page


def test_readers_see_a_kept_report_once_it_is_signed_and_others_never(client, one, atlas):
    place = kept(client).headers["Location"]
    reader, far = (
        signed_in(person(name, (Role.READER, code))) for name, code in (("Rea", "B0"), ("Far", "B1"))
    )
    assert reader.get(place).status_code == 404
    assert "None that you see." in text_of(reader.get("/delivery/reports/"))
    assert reader.post("/delivery/report/keep/", {"organisation": "B0"}).status_code == 404
    client.post(f"{place}sign/", {"version": 1, "post": "Director"})
    assert reader.get(place).status_code == 200
    assert f'<a href="{place}">Report {Report.objects.get().pk}: Upper Board</a>' in text_of(
        reader.get("/delivery/reports/")
    )
    assert far.get(place).status_code == 404
    assert far.get(f"{place[:-1]}.json").status_code == 404
    assert reader.post(f"{place}sign/", {"version": 2, "post": "Anybody"}).status_code == 404


def test_of_another_place_nothing_is_kept_and_the_page_says_who_may(client, one):
    answer = client.post("/delivery/report/keep/", {"organisation": "B1", "month": f"{YEAR}-07", "key": "k"})
    assert answer.status_code == 422
    assert "of Middle Board: they keep its reports" in text_of(answer)
    assert not Report.objects.exists()


def test_a_sign_off_of_another_version_is_told_and_changes_nothing(client, one):
    place = kept(client).headers["Location"]
    answer = client.post(f"{place}sign/", {"version": 7, "post": "Director"})
    assert answer.status_code == 409
    assert "Nothing was changed." in text_of(answer)
    assert Report.objects.get().signed_by is None


def test_what_a_kept_report_holds_is_what_its_readers_may_see(client, one):
    draft = Plan.objects.create(organisation_id="S00", year=YEAR, title="Draft")
    held(initiative("S00", "Only thought of", status="planned", plan=draft))
    held(initiative("B0", "Perhaps", status="idea"))
    assert "2 initiatives, and 1 idea not reported" in text_of(client.get(HERE))
    page = text_of(client.get(kept(client).headers["Location"]))
    assert "1 initiative:" in page
    assert "Only thought of" not in page
    assert "Ideas, and plans that are not fixed as a baseline yet, are left out." in page
