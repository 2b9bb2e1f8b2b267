"""Pools: who may make one, why two may not hold the same, and who draws on one."""

from datetime import date

import pytest
from authored import person
from ledger_small import YEAR, claim, initiative, org, pool, sized

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.ledger import pools
from careatlas.improve.delivery.models import Pool, PoolSize
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def places(release, db):
    organisations.take_from(release)


@pytest.fixture
def ann(places):
    return person("Ann", (Role.FINANCE_ASSURER, "R0"))


def asked(release, **more):
    said = {"programme": next(iter(release.catalogue["programmes"])), "cost_line": "emergency_admissions"}
    said |= {
        "year": YEAR,
        "began_on": date(YEAR, 4, 1),
        "indicator": "completed",
        "unit_cost_pence": 250_00,
    }
    return said | {"unit_cost_source": "National cost collection 2024/25"} | more


def test_a_pool_is_made_and_the_record_says_by_whom(release, ann):
    made = pools.make(ann, org("B0"), asked(release), release)
    assert (made.area_id, made.unit_cost_pence) == ("B0", 250_00)
    assert Entry.objects.filter(kind="delivery.pool", key=str(made.pk), who=ann.email).exists()


@pytest.mark.parametrize(
    ("there", "words"), [("B0", "here"), ("R0", "North, above it"), ("S00", ", below it")]
)
def test_a_pool_at_above_or_below_stands_in_the_way_whatever_its_programme(release, ann, there, words):
    stands = pool(there, programme="another")
    with pytest.raises(Wrong) as fault:
        pools.make(ann, org("B0"), asked(release), release)
    assert words in fault.value.faults["area"]
    assert f"Pool {stands.pk}" in fault.value.faults["area"]
    assert Pool.objects.count() == 1


@pytest.mark.parametrize(
    "other", [{"area": "B1"}, {"cost_line": "maternity"}, {"year": YEAR + 1}, {"area": "S08"}]
)
def test_another_place_line_or_year_does_not(release, ann, other):
    pool(**other)
    assert pools.make(ann, org("B0"), asked(release), release).pk


@pytest.mark.parametrize(
    ("there", "words"), [("B0", "here"), ("R0", "North, above it"), ("S00", ", below it")]
)
def test_what_one_indicator_counts_is_one_pool_whatever_cost_line_it_is_put_on(release, ann, there, words):
    stands = pool(there, "maternity", indicator="completed")
    with pytest.raises(Wrong) as fault:
        pools.make(ann, org("B0"), asked(release), release)
    assert f"Pool {stands.pk} (Maternity" in fault.value.faults["indicator"]
    assert words in fault.value.faults["indicator"]
    entered = asked(release, indicator="", unit_cost_pence=0, unit_cost_source="")
    made = pools.make(ann, org("B0"), entered, release)
    counted = {"indicator": "completed", "unit_cost_pence": 250_00, "unit_cost_source": "Collection"}
    with pytest.raises(Wrong, match="counts the same"):
        pools.change(made.pk, ann, made.version, counted, "not entered any more", release)
    stands.delete()
    changed = pools.change(made.pk, ann, made.version, counted, "not entered any more", release)
    assert pools.change(made.pk, ann, changed.version, {"unit_cost_pence": 1}, "cheaper", release)  # its own


@pytest.mark.parametrize("other", [{"area": "B1"}, {"year": YEAR + 1}, {"indicator": ""}])
def test_another_place_or_year_of_one_indicator_or_costs_that_are_entered_do_not(release, ann, other):
    pool(**{"cost_line": "maternity", "indicator": "completed"} | other)
    assert pools.make(ann, org("B0"), asked(release), release).pk


def test_who_has_no_role_over_the_area_makes_none(release):
    with pytest.raises(Wrong, match="Upper Board"):
        pools.make(person("Ben", (Role.PLAN_MANAGER, "B1")), org("B0"), asked(release), release)


def test_every_fault_is_said_at_once(release, ann):
    said = asked(release, programme="none", cost_line="none", year=26, unit_cost_pence=0)
    with pytest.raises(Wrong) as fault:
        pools.make(ann, org("B0"), said, release)
    assert fault.value.faults.keys() >= {"programme", "cost_line", "year", "unit_cost_pence"}


def test_an_indicator_without_figures_of_the_place_is_refused(release, ann):
    with pytest.raises(Wrong, match="has no figures of Upper Board"):
        pools.make(ann, org("B0"), asked(release, indicator="antibiotics"), release)


def test_what_begins_after_its_year_is_refused(release, ann):
    with pytest.raises(Wrong, match="after its year, 2025/26"):
        pools.make(ann, org("B0"), asked(release, began_on=date(2026, 4, 1)), release)


def test_a_changed_pool_is_worked_out_anew_and_two_writers_do_not_overwrite_each_other(release, ann):
    made = pools.make(ann, org("B0"), asked(release), release)
    sized(made, release, 100, 50)
    pools.change(made.pk, ann, made.version, {"unit_cost_pence": 300_00}, "a newer collection", release)
    assert not PoolSize.objects.exists()
    with pytest.raises(keeping.EditedMeanwhile):
        pools.change(made.pk, ann, made.version, {"unit_cost_pence": 200_00}, "an older one", release)


def test_a_pool_that_somebody_draws_on_is_not_removed(release, ann):
    made = pool()
    drawn = claim(initiative(), made, 100)
    with pytest.raises(Wrong, match="Claims draw on it"):
        pools.remove(made.pk, ann, made.version, "a mistake")
    drawn.delete()
    pools.remove(made.pk, ann, made.version, "a mistake")
    assert not Pool.objects.exists()


def test_costs_are_entered_by_month_changed_and_taken_away_again(release, ann):
    made, april = pool(), date(2025, 4, 1)
    assert pools.enter_cost(made.pk, ann, april, 500, "from the ledger").pence == 500
    assert pools.enter_cost(made.pk, ann, april, 600, "corrected").version == 2
    assert pools.enter_cost(made.pk, ann, april, None, "not final") is None
    assert not made.costs.exists()
    with pytest.raises(Wrong, match="not below 0"):
        pools.enter_cost(made.pk, ann, april, -1, "a refund")


def test_nothing_is_entered_where_the_atlas_has_the_figures(release, ann):
    with pytest.raises(Wrong, match="come from the atlas"):
        pools.enter_cost(pool(indicator="antibiotics").pk, ann, date(2025, 4, 1), 5, "typed in")


def test_somebody_elses_pool_is_not_known(release):
    with pytest.raises(NotKnownError):
        pools.change(pool().pk, person("Ben", (Role.READER, "B0")), 1, {}, "mine", release)


# --- who draws on it --------------------------------------------------------------------------------------------


def test_claims_of_60_and_90_ask_for_more_than_100(release):
    made = pool()
    sized(made, release, 100, 30)
    for title, pence in (("A", 60), ("B", 90), ("C", -20)):
        claim(initiative(title=title), made, pence)
    draw = pools.drawn_on(made, release)
    assert (draw.asked, draw.there, draw.lower, draw.is_over, draw.is_shared) == (150, 100, 30, True, True)
    assert [one.initiative.title for one in draw.claims] == ["A", "B", "C"]


def test_half_way_through_the_year_a_pool_is_held_against_half_of_what_is_claimed(release):
    made = pool()
    sized(made, release, 70, 10, last_day=date(YEAR, 9, 30))
    claim(initiative(), made, 120)
    draw = pools.drawn_on(made, release)
    assert (draw.asked, draw.asked_so_far, draw.is_over) == (120, 60, False)


def test_of_a_pool_that_cannot_be_told_it_is_not_known_whether_it_is_overdrawn(release):
    made = pool()
    sized(made, release, None, reason="Not enough history", last_day=None)
    claim(initiative(), made, 120)
    assert pools.drawn_on(made, release).is_over is None


def test_the_map_has_a_boards_own_pools_and_those_it_draws_on(release):
    own, regional, other = pool("S00"), pool("R0", "maternity"), pool("B1", "pathology")
    claim(initiative("B0"), regional, 10)
    for each in (own, regional, other):
        sized(each, release, 10, 1)
    assert {draw.pool for draw in pools.overlaps(org("B0"), YEAR, release)} == {own, regional}
    assert [len(draw.claims) for draw in pools.overlaps(org("SIM"), YEAR, release)] == [1, 0, 0]
