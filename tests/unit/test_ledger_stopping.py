"""Stopping an initiative: what it claimed of the months that it ran stays."""

from datetime import UTC, datetime

import pytest
from authored import person
from django.utils import timezone
from ledger_small import YEAR, claim, initiative, pool, sized

from careatlas.improve.delivery.ledger import pools, stopping
from careatlas.improve.delivery.ledger.sums import claims_of, ledger
from careatlas.improve.delivery.models import Claim, Status
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def june(monkeypatch, release, db):
    organisations.take_from(release)
    monkeypatch.setattr(timezone, "now", lambda: datetime(YEAR, 6, 15, 12, tzinfo=UTC))


@pytest.fixture
def ann():
    return person("Ann", (Role.PLAN_MANAGER, "B0"))


def test_stopped_in_june_it_claims_april_to_june(ann):
    """1,200 over a year are 100 a month; of 30 spent instead in January nothing is left."""
    one, on = initiative(), pool()
    saved = claim(one, on, 1200, confirmed_by=ann, confirmed_at=timezone.now(), confirmed_why="Agency staff.")
    later = claim(one, on, -30, phasing=[0] * 9 + [-10] * 3)
    stopped = stopping.stop(one.pk, ann, one.version, "No staff.")
    (kept,) = Claim.objects.all()
    assert (stopped.status, kept.pk) == (Status.STOPPED, saved.pk)
    assert (kept.pence, kept.phasing) == (300, [100] * 3 + [0] * 9)
    assert kept.confirmed_at is None  # finance confirmed another amount
    told = Entry.objects.filter(kind="delivery.claim", why=stopping.WHY)
    assert {(entry.key, entry.action) for entry in told} == {
        (str(saved.pk), "changed"),
        (str(later.pk), "removed"),
    }


def test_what_it_claimed_of_a_year_that_is_over_is_not_touched(ann):
    one = initiative()
    claim(one, pool(year=YEAR - 1), 1200)
    stopping.stop(one.pk, ann, one.version, "No staff.")
    assert (Claim.objects.get().pence, Claim.objects.get().version) == (1200, 1)


def test_what_it_claimed_of_a_year_to_come_is_gone(ann):
    one = initiative()
    claim(one, pool(year=YEAR + 1), 1200)
    stopping.stop(one.pk, ann, one.version, "No staff.")
    assert not Claim.objects.exists()


def test_an_idea_that_is_stopped_takes_nothing_from_others_and_claims_nothing_any_more(release, ann):
    """Of 100, both ask 60 of the year: what runs has its 60 before and after."""
    on = pool()
    sized(on, release, 100, 30)
    idea = initiative("S00", title="Idea", status=Status.IDEA)
    claim(idea, on, 60)
    claim(idea, pool(year=YEAR - 1), 60)  # of a year that is over, too
    claim(initiative(title="Runs"), on, 60)
    stopping.stop(idea.pk, ann, idea.version, "Never began.")
    assert [one.initiative.title for one in Claim.objects.all()] == ["Runs"]
    (line,) = ledger(release, claims_of(YEAR)).lines
    assert line.whole.deduplicated == 60
    told = Entry.objects.filter(kind="delivery.claim", action="removed")
    assert [entry.why for entry in told] == [stopping.WHY_IDEA] * 2


def test_an_idea_takes_nothing_from_others_until_its_first_gate_is_open(release, ann):
    on = pool()
    sized(on, release, 100, 30)
    idea = initiative("S00", title="Idea", status=Status.IDEA)
    claim(idea, on, 900)
    claim(initiative(title="Runs"), on, 60)
    (line,) = ledger(release, claims_of(YEAR)).lines
    assert (line.claim.initiative.title, line.whole.deduplicated) == ("Runs", 60)
    draw = pools.drawn_on(on, release)
    assert (draw.asked, [one.initiative.title for one in draw.ideas]) == (60, ["Idea"])
    idea.status = Status.PLANNED
    idea.save()
    assert {
        line.claim.initiative.title: line.whole.deduplicated
        for line in ledger(release, claims_of(YEAR)).lines
    } == {
        "Idea": 94,  # of 100 shared out 900 to 60: 93.75 and 6.25
        "Runs": 6,
    }
