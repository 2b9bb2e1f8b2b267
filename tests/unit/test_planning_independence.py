"""What quality is judged by, once money is claimed and it has begun: changed only by somebody who claims none of it."""

from datetime import UTC, date, datetime

import ledger_small as small
import planned
import pytest
from authored import person
from django.utils import timezone

from careatlas.improve.delivery.ledger import claims
from careatlas.improve.delivery.ledger.sums import claims_of, ledger
from careatlas.improve.delivery.models import Initiative, Measure
from careatlas.improve.delivery.planning import gateways, independence, initiatives, parts
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping

WORSE = [9.0, 11.0] * 18 + [20.0] * 12
WHY = "It counted what nobody does any more."


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 4, 20, 12, tzinfo=UTC))


@pytest.fixture
def ann(release, db):
    organisations.take_from(release)
    return person("Ann", (Role.PLAN_MANAGER, "B0"))


@pytest.fixture
def bea(ann):
    return person("Bea", (Role.PLAN_MANAGER, "B0"))


@pytest.fixture
def one(ann, release):
    """It runs since April 2025 without a plan, Falls got worse, and Ann claims 120 pounds of a pool of 100."""
    on = small.pool()
    small.sized(on, release, 10_000, 5_000)
    made = small.initiative(starts_on=small.APRIL)
    small.measure(made, WORSE, title="Falls", unit="falls")
    claims.add(made, on, ann, 12_000, "recurrent", "capacity")
    return made


@pytest.fixture
def falls(one):
    return one.measures.get()


def evidenced(release):
    [line] = ledger(release, claims_of(small.YEAR)).lines
    return line.whole.evidenced


def test_who_claims_does_not_take_out_what_got_worse_and_somebody_else_does_with_a_reason(
    one, falls, ann, bea, release
):
    small.measure(one, [9.0, 11.0] * 24, title="Complaints")
    with pytest.raises(Wrong, match="You claim what it saves"):
        parts.remove("measures", falls.pk, ann, 1, WHY)
    with pytest.raises(Wrong, match="say why it changes"):
        parts.remove("measures", falls.pk, bea, 1)
    assert evidenced(release) == 0
    parts.remove("measures", falls.pk, bea, 1, WHY)
    assert evidenced(release) == 10_000


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"better": "higher"}, "better"),
        ({"kind": "activity"}, "kind"),
        ({"indicator": "antibiotics", "area": "S00"}, "indicator"),
    ],
)
def test_nor_turns_it_round_nor_points_it_elsewhere(falls, ann, bea, release, said, field):
    with pytest.raises(Wrong) as fault:
        parts.change("measures", falls.pk, said, ann, 1, release, WHY)
    assert list(fault.value.faults) == [field]
    with pytest.raises(Wrong, match="say why it changes"):
        parts.change("measures", falls.pk, said, bea, 1, release)
    assert parts.change("measures", falls.pk, said, bea, 1, release, WHY).version == 2


def test_what_it_is_called_and_aims_at_they_do_change(falls, ann, release):
    changed = parts.change("measures", falls.pk, {"title": "Falls on wards", "target": "8"}, ann, 1, release)
    assert (changed.title, changed.target) == ("Falls on wards", 8.0)


def test_nor_adds_measures_behind_which_it_hides(one, ann, bea, release):
    """Each more of quality widens the limits of all; of another kind it does not."""
    with pytest.raises(Wrong, match="You claim what it saves"):
        planned.add("measures", one, ann, release)
    planned.add("measures", one, ann, release, kind="activity")
    planned.add("measures", one, bea, release)
    assert Measure.objects.count() == 3


def test_the_first_measure_of_quality_anybody_adds_who_writes_it(one, falls, ann, release):
    falls.delete()
    assert planned.add("measures", one, ann, release).kind == "quality"


def test_a_start_that_has_come_is_not_moved_by_who_claims(one, ann, bea, release):
    said = {"starts_on": "2025-03-01"}
    with pytest.raises(Wrong) as fault:
        initiatives.change(one.pk, said, ann, 1, WHY, release)
    assert list(fault.value.faults) == ["starts_on"]
    with pytest.raises(Wrong, match="say why it changes"):
        initiatives.change(one.pk, said, bea, 1, "", release)
    assert initiatives.change(one.pk, said, bea, 1, WHY, release).starts_on == date(2025, 3, 1)


def test_one_that_lies_ahead_is_put_off_by_who_claims_and_not_brought_forward_into_the_past(
    one, ann, release
):
    Initiative.objects.filter(pk=one.pk).update(starts_on=date(2026, 5, 1))
    one.claims.all().delete()  # of months before that start; who wrote it stays in the record
    moved = initiatives.change(one.pk, {"starts_on": "2026-06-01"}, ann, 1, "", release)
    with pytest.raises(Wrong, match="You claim what it saves"):
        initiatives.change(one.pk, {"starts_on": "2026-04-01"}, ann, moved.version, WHY, release)


def test_taking_the_claim_back_makes_nobody_independent(one, falls, ann, release):
    claim = one.claims.get()
    claims.withdraw(claim.pk, ann, claim.version, "For a moment.")
    assert independence.claimants([one.pk]) == {one.pk: {ann.email}}
    with pytest.raises(Wrong, match="You claim what it saves"):
        parts.change("measures", falls.pk, {"better": "higher"}, ann, 1, release, WHY)


def test_an_idea_is_changed_freely_and_what_became_one_again_is_not(one, falls, ann, release):
    Initiative.objects.filter(pk=one.pk).update(status="idea")
    changed = parts.change("measures", falls.pk, {"better": "higher"}, ann, 1, release)
    one.refresh_from_db()
    keeping.change(one, ann.email, "as its gates stand", one.version, status="running")
    gateways.keep_shut(one.pk, "idea", ann, 0, "Let us look again.")
    one.refresh_from_db()
    assert one.status == "idea"
    with pytest.raises(Wrong, match="You claim what it saves"):
        parts.change("measures", falls.pk, {"better": "lower"}, ann, changed.version, release, WHY)


def test_where_nothing_is_claimed_nothing_is_asked(falls, one, ann, release):
    free = small.initiative(title="Free", starts_on=small.APRIL)
    measure = small.measure(free, WORSE)
    parts.remove("measures", measure.pk, ann, 1)
    assert not free.measures.exists()
