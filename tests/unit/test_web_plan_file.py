"""A plan's spreadsheet in the browser: taken out, looked at, kept once, for whoever sent it alone."""

import re
import shutil

import planned
import pytest
import web_release
from authored import person, signed_in
from django.core.files.uploadedfile import SimpleUploadedFile
from plan_file import File

from careatlas.improve.delivery.models import Milestone
from careatlas.improve.delivery.planning import parts
from careatlas.improve.evidence.writing import aside
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(release, db):
    organisations.take_from(release)
    home = release.folder.parent.parent
    with web_release.client_of(home):
        yield person("ann", (Role.PLAN_MANAGER, "B0"))
    shutil.rmtree(home / aside.FOLDER, ignore_errors=True)


@pytest.fixture
def plan(ann, release):
    made = planned.plan(ann, release)
    planned.whole(ann, release, within=made)
    return made


@pytest.fixture
def browser(ann):
    return signed_in(ann)


def taken(browser, plan) -> File:
    answer = browser.get(f"/delivery/plans/{plan.pk}/plan.xlsx")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="care-atlas-plan-{plan.pk}.xlsx"'
    return File(answer.content)


def send(browser, plan, data: bytes):
    return browser.post(f"/delivery/plans/{plan.pk}/import/", {"file": SimpleUploadedFile("plan.xlsx", data)})


def looked_at(browser, plan, file: File) -> tuple[str, str]:
    """Where it is looked at, and what stands there."""
    address = send(browser, plan, file.saved()).headers["Location"]
    return address, browser.get(address).content.decode()


def keep(browser, address: str, text: str, why: str = "as agreed"):
    shown = re.search(r'name="shown" value="([0-9a-f]{64})"', text)
    return browser.post(address, {"shown": shown[1] if shown else "", "why": why})


def test_nothing_differs_where_nothing_was_changed(browser, plan):
    _, text = looked_at(browser, plan, taken(browser, plan))
    assert "Nothing differs: the file says what the plan says." in text
    assert "Keep all of it" not in text


def test_a_change_is_shown_from_and_to_and_kept_once_however_often_it_is_sent(browser, plan):
    file = taken(browser, plan).put("Milestones", 2, "Owner", "Sue <b>")
    address, text = looked_at(browser, plan, file)
    assert "1 row changed, 0 new, 0 cells refused. Nothing is kept yet." in text
    row = re.sub(r"\s*<[^>]+>\s*", "|", text.split('aria-labelledby="changed-caption"')[1])
    assert re.search(r"Milestones, row 2\|+First test\|+number \d+\|+Owner\|+nothing\|+Sue &lt;b&gt;\|", row)
    assert Milestone.objects.get().owner == ""
    first = keep(browser, address, text)
    assert (first.status_code, first.headers["Location"]) == (
        303,
        f"/delivery/plans/{plan.pk}/import/?kept=1",
    )
    assert keep(browser, address, text).headers["Location"] == first.headers["Location"]
    assert (Milestone.objects.get().owner, Milestone.objects.get().version) == ("Sue <b>", 2)
    assert "1 row came in." in browser.get(first.headers["Location"]).content.decode()


def test_a_refused_cell_is_named_and_nothing_can_be_kept(browser, plan):
    file = taken(browser, plan).put("Milestones", 2, "Due on", "soon").put("Risks", 2, "Owner", "Sue")
    address, text = looked_at(browser, plan, file)
    assert "1 row changed, 0 new, 1 cell refused." in text
    cell = re.sub(r"\s*<[^>]+>\s*", "|", text.split('aria-labelledby="refused-caption"')[1])
    assert re.search(r"Milestones, row 2\|+Due on\|+soon\|+Give a day as year, month and day", cell)
    assert 'name="shown"' not in text
    entries = Entry.objects.count()
    assert keep(browser, address, text).status_code == 409
    assert Entry.objects.count() == entries


def test_where_somebody_changed_the_row_meanwhile_nothing_is_kept_and_both_are_shown(
    browser, plan, ann, release
):
    address, text = looked_at(browser, plan, taken(browser, plan).put("Milestones", 2, "Owner", "Ann’s"))
    ben = person("ben", (Role.PLAN_MANAGER, "B0"))
    parts.change("milestones", Milestone.objects.get().pk, {"owner": "Ben’s"}, ben, 1, release)
    refused = keep(browser, address, text)
    assert refused.status_code == 409
    words = refused.content.decode()
    assert "<strong>Nothing was kept.</strong>" in words
    assert "here “Ben’s”, in the file “Ann’s”" in words
    assert Milestone.objects.get().owner == "Ben’s"


def test_without_a_reason_the_page_asks_for_it_and_loses_nothing(browser, plan):
    address, text = looked_at(browser, plan, taken(browser, plan).put("Milestones", 2, "Owner", "Sue"))
    asked = keep(browser, address, text, why=" ")
    assert asked.status_code == 422
    assert "Say why, in at most 300 characters" in asked.content.decode()
    assert keep(browser, address, asked.content.decode()).status_code == 303


def test_a_file_that_cannot_be_read_is_one_clear_message(browser, plan):
    for data, words in (
        (b"title\n", "no spreadsheet (.xlsx)"),
        (b"", "is not there, or is empty"),
        (b"PK" * 3_000_000, "larger than 5 MB"),
    ):
        answer = send(browser, plan, data)
        assert answer.status_code == 422
        assert words in answer.content.decode()


def test_a_file_is_its_senders_alone_and_gone_once_discarded(browser, plan):
    address, _ = looked_at(browser, plan, taken(browser, plan).put("Risks", 2, "Owner", "Sue"))
    eve = signed_in(person("eve", (Role.PLAN_MANAGER, "B0")))
    assert eve.get(address).status_code == 422
    assert "is not set aside" in eve.get(address).content.decode()
    assert browser.post(f"{address}discard/").status_code == 303
    assert browser.get(address).status_code == 422


def test_who_may_not_write_may_take_out_what_they_see_and_bring_nothing(browser, plan):
    browser.post(f"/delivery/plans/{plan.pk}/baseline/", {"version": 1})
    reader = signed_in(person("rae", (Role.READER, "B0")))
    assert reader.get(f"/delivery/plans/{plan.pk}/plan.xlsx").status_code == 200
    assert reader.get(f"/delivery/plans/{plan.pk}/import/").status_code == 404
    other = signed_in(person("eve", (Role.PLAN_MANAGER, "B1")))
    for path in ("plan.xlsx", "import/"):
        assert other.get(f"/delivery/plans/{plan.pk}/{path}").status_code == 404
    assert (
        f"/delivery/plans/{plan.pk}/import/" not in reader.get(f"/delivery/plans/{plan.pk}/").content.decode()
    )
