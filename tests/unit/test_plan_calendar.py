"""Milestones as a calendar: what programs read of it, whose they are, and the address that opens it."""

import re
from datetime import UTC, date, datetime

import planned
import pytest
import web_release
from authored import person, signed_in
from django.utils import timezone
from hostile import texts
from icalendar import Calendar

from careatlas.improve.delivery.models import CalendarKey, Initiative, Milestone
from careatlas.improve.delivery.planning import parts, plans
from careatlas.improve.delivery.reporting import calendar
from careatlas.improve.people import organisations, roles
from careatlas.improve.people.models import Role
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db
FILE, PAGE = "/delivery/milestones.ics", "/delivery/calendar/"
SITE = "https://atlas.test"


class Clock:
    now = datetime(2026, 4, 10, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(Clock, "now", Clock.now)
    monkeypatch.setattr(timezone, "now", lambda: Clock.now)
    return Clock


@pytest.fixture
def ann(release, db):
    organisations.take_from(release)
    with web_release.client_of(release.folder.parent.parent):
        yield person("ann", (Role.PLAN_MANAGER, "B0"))


@pytest.fixture
def milestone(ann, release):
    within = planned.plan(ann, release)
    return planned.add("milestones", planned.initiative(ann, release, within=within), ann, release)


def of(user, plan=None) -> list:
    text = calendar.as_text(calendar.milestones_seen(user, plan), "Ours", SITE)
    return Calendar.from_ical(text).walk("VEVENT")


def address_made(browser, key="one") -> str:
    page = browser.post(PAGE, {"do": "make", "key": key}).content.decode()
    return re.search(r"<code[^>]*>http://testserver(/delivery/milestones\.ics\?key=[^<]+)</code>", page)[1]


def test_a_milestone_is_an_event_of_the_day_it_is_due(ann, milestone):
    (event,) = of(ann)
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (date(2026, 5, 1), date(2026, 5, 2))
    assert event["summary"] == "Due: First test (Ringing patients)"
    assert event["uid"] == f"milestone-{milestone.pk}@atlas.test"
    assert event["url"] == f"{SITE}/delivery/initiatives/{milestone.initiative_id}/#milestones"
    assert event["description"].split("\n") == [
        "Status: Due",
        "Due on: 1 May 2026",
        "Owner: Dr Ray",
        "Initiative: Ringing patients",
        "Organisation: Upper Board",
    ]
    assert event["status"] == "CONFIRMED"


def test_it_moves_with_what_is_expected_and_stays_where_it_was_done(ann, milestone, release):
    changed = parts.change("milestones", milestone.pk, {"forecast_on": "2026-06-05"}, ann, 1, release)
    (event,) = of(ann)
    assert event.decoded("dtstart") == date(2026, 6, 5)
    assert event["summary"].startswith("Expected, was due 1 May 2026: First test")
    parts.change("milestones", milestone.pk, {"done_on": "2026-04-09"}, ann, changed.version, release)
    (event,) = of(ann)
    assert event.decoded("dtstart") == date(2026, 4, 9)
    assert event["summary"].startswith("Done: First test")
    assert event["sequence"] == 2


def test_when_it_changed_last_is_told_by_the_record_and_not_by_the_clock(ann, milestone, release, clock):
    made = clock.now
    clock.now = datetime(2026, 4, 11, 8, 0, tzinfo=UTC)
    assert of(ann)[0].decoded("dtstamp") == made
    parts.change("milestones", milestone.pk, {"owner": "Sue"}, ann, 1, release)
    clock.now = datetime(2027, 1, 1, tzinfo=UTC)
    assert of(ann)[0].decoded("dtstamp") == datetime(2026, 4, 11, 8, 0, tzinfo=UTC)


def test_what_is_over_and_not_done_is_cancelled_so_that_programs_take_it_away(ann, milestone):
    Initiative.objects.update(status="stopped")
    assert of(ann)[0]["status"] == "CANCELLED"
    assert of(ann)[0]["summary"].startswith("Not done, and over: ")
    Milestone.objects.update(done_on=date(2026, 4, 1))
    assert of(ann)[0]["status"] == "CONFIRMED"


def test_lines_end_fold_and_escape_as_the_standard_says(ann, milestone):
    """By hand: CR LF, at most 75 octets a line, a blank before what goes on; backslash before , ; and itself."""
    Milestone.objects.update(title="Zoë’s wards, all; a\\b\nEND:VEVENT " + "ü" * 60)
    text = calendar.as_text(calendar.milestones_seen(ann), "Ours", SITE)
    assert text.endswith(b"END:VCALENDAR\r\n")
    lines = text.split(b"\r\n")
    assert max(map(len, lines)) == 75
    assert b"\n" not in text.replace(b"\r\n", b"")
    whole = text.replace(b"\r\n ", b"").decode()
    assert "SUMMARY:Due: Zoë’s wards\\, all\\; a\\\\b\\nEND:VEVENT ü" in whole
    assert whole.count("\r\nEND:VEVENT\r\n") == 1


def test_no_text_writes_a_line_of_its_own(ann, milestone):
    for text in ["x\rATTENDEE:mailto:eve@evil.test", "x\r\nATTENDEE:y", *list(texts())[:300:7]]:
        Milestone.objects.update(title=text.replace("\x00", ""))
        told = calendar.as_text(calendar.milestones_seen(ann), "Ours", SITE)
        assert len(Calendar.from_ical(told).walk("VEVENT")) == 1
        assert not re.search(rb"[\r\n]ATTENDEE", told)


def test_of_one_plan_or_of_all_that_a_person_sees(ann, milestone, release):
    planned.add("milestones", planned.initiative(ann, release), ann, release, title="Of a project")
    assert [event["summary"].split(" (")[0] for event in of(ann)] == ["Due: First test", "Due: Of a project"]
    plan = milestone.initiative.plan
    assert [event["summary"].split(" (")[0] for event in of(ann, plan)] == ["Due: First test"]
    reader = person("rae", (Role.READER, "B0"))
    assert of(reader) == []
    Initiative.objects.filter(plan=plan).update(status="planned")
    plans.baseline(plan.pk, ann, 1)
    assert len(of(reader)) == 1
    assert of(person("eve", (Role.PLAN_MANAGER, "B1"))) == []


def test_the_address_opens_the_calendar_without_signing_in(ann, milestone, client):
    address = address_made(signed_in(ann))
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    assert b"SUMMARY:Due: First test" in answer.content
    assert client.get(f"{address}&plan={milestone.initiative.plan_id}").content.count(b"BEGIN:VEVENT") == 1
    assert client.get(f"{address}&plan=999").status_code == 404
    assert client.get(FILE).status_code == client.get(f"{FILE}?key=calendar_wrong").status_code == 404


def test_the_key_opens_nothing_but_the_calendar(ann, milestone, client):
    words = address_made(signed_in(ann)).partition("key=")[2]
    assert client.get(f"/delivery/?key={words}").status_code == 302
    wrong = client.get("/api/v1/library/examples", headers={"Authorization": f"Bearer {words}"})
    assert wrong.status_code == 401


def test_a_wrong_key_is_refused_also_of_who_has_signed_in(ann, milestone):
    """Else somebody whose key was withdrawn would not find out in their own browser."""
    assert signed_in(ann).get(f"{FILE}?key=calendar_wrong").status_code == 404
    assert signed_in(ann).get(FILE).status_code == 200


def test_a_new_address_ends_the_one_before_and_withdrawing_ends_both(ann, milestone, client):
    browser = signed_in(ann)
    first, second = address_made(browser), address_made(browser, "two")
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)
    assert browser.post(PAGE, {"do": "withdraw"}).status_code == 303
    assert client.get(second).status_code == 404
    assert not CalendarKey.objects.exists()


def test_the_same_form_sent_twice_makes_one_address(ann):
    browser = signed_in(ann)
    first = address_made(browser)
    again = browser.post(PAGE, {"do": "make", "key": "one"}).content.decode()
    assert "was sent already" in again
    assert browser.get(first).status_code == 200


def test_who_is_no_longer_let_in_or_has_lost_the_role_sees_no_more(ann, milestone, client):
    address = address_made(signed_in(ann))
    roles.withdraw(ann.grants.get(), "the test", "moved on")
    assert b"BEGIN:VEVENT" not in client.get(address).content
    roles.disable(ann, "the test", "left")
    assert client.get(address).status_code == 404


def test_only_the_hash_of_an_address_is_kept(ann):
    words = calendar.make_key(ann)
    kept = "".join(f"{entry.before}{entry.after}" for entry in Entry.objects.all())
    assert words not in kept
    assert CalendarKey.objects.get().token_digest not in kept
    assert words != CalendarKey.objects.get().token_digest
