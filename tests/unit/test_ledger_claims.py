"""Claims: entered, phased by month, confirmed by finance, changed and withdrawn."""

from datetime import date

import pytest
from authored import person
from hypothesis import given
from hypothesis import strategies as some
from ledger_small import YEAR, initiative, org, pool

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.ledger import claims, pools
from careatlas.improve.delivery.models import Claim, Initiative, Measure, Plan, Status
from careatlas.improve.delivery.planning.initiatives import NotOpen
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
    return person("Ann", (Role.PLAN_MANAGER, "B0"))


@pytest.fixture
def cfo(places):
    return person("Carl", (Role.FINANCE_ASSURER, "R0"))


def entered(user, pence=1000, form="cash", **more):
    return claims.add(initiative(starts_on=date(YEAR, 4, 1)), pool(), user, pence, "recurrent", form, **more)


def test_without_phasing_it_is_spread_over_the_months_that_the_initiative_runs_whole(ann):
    """1,000 from mid-December on, over January, February and March: 334, 333 and 333."""
    late = initiative(starts_on=date(2025, 12, 15), ends_on=date(2026, 6, 30))
    made = claims.add(late, pool(), ann, 1000, "one-off", "capacity")
    assert made.phasing == [0] * 9 + [334, 333, 333]


def test_without_phasing_nothing_falls_before_the_pool_begins(ann):
    """1,000 from February on: 500 and 500, though the initiative began in April."""
    april = initiative(starts_on=date(2025, 4, 1))
    made = claims.add(april, pool(began_on=date(2026, 2, 1)), ann, 1000, "one-off", "capacity")
    assert made.phasing == [0] * 10 + [500, 500]


def test_where_it_ended_before_the_year_nothing_claimed_is_lost(places):
    """24 over the six months from October on, where the pool begins."""
    ended = Initiative(starts_on=date(2020, 1, 1), ends_on=date(2021, 1, 1))
    on = pool(began_on=date(YEAR, 10, 1))
    assert claims.even_phasing(ended, on, 24) == [0] * 6 + [4] * 6


@pytest.mark.parametrize(
    ("starts_on", "began_on", "first"),
    [
        (date(2025, 4, 1), date(2025, 10, 1), "October 2025"),
        (date(2025, 9, 2), date(2025, 4, 1), "October 2025"),
        (None, date(2025, 4, 2), "May 2025"),
    ],
)
def test_no_saving_is_claimed_of_months_before_the_initiative_and_its_pool_began(
    ann, starts_on, began_on, first
):
    one, on = initiative(starts_on=starts_on), pool(began_on=began_on)
    whole_year = {"phasing": [100] * 12}
    with pytest.raises(Wrong, match=f"Nothing is saved before {first}"):
        claims.add(one, on, ann, 1200, "recurrent", "capacity", **whole_year)
    made = claims.add(one, on, ann, 1200, "recurrent", "capacity")
    with pytest.raises(Wrong, match=f"Nothing is saved before {first}"):
        claims.change(made.pk, ann, made.version, "sooner", whole_year)


def test_a_pool_does_not_begin_later_than_what_is_claimed_of_it(ann, release):
    """What is claimed from October on lets it begin in October and no day later."""
    on = pool()
    made = claims.add(initiative(), on, ann, 600, "recurrent", "capacity", phasing=[0] * 6 + [100] * 6)
    with pytest.raises(Wrong, match=f"before it: change those of claim {made.pk} ") as fault:
        pools.change(on.pk, ann, 1, {"began_on": date(YEAR, 10, 2)}, "It was later.", release)
    assert set(fault.value.faults) == {"began_on"}
    moved = pools.change(on.pk, ann, 1, {"began_on": date(YEAR, 10, 1)}, "It was later.", release)
    assert moved.began_on == date(YEAR, 10, 1)


def test_what_it_costs_to_begin_is_spent_before_anything_is_saved(ann):
    one = initiative(starts_on=date(2025, 10, 1))
    spent = claims.add(one, pool(), ann, -300, "one-off", "cash", phasing=[-100] * 3 + [0] * 9)
    assert spent.pence == -300


def test_a_pool_whose_year_ended_before_the_start_is_refused(ann):
    """From 2 March 2026 on, April is the first whole month."""
    one = initiative(starts_on=date(2026, 3, 2))
    with pytest.raises(Wrong, match="It starts on 2 March 2026: no whole month of 2025/26"):
        claims.add(one, pool(), ann, 100, "recurrent", "capacity")
    made = claims.add(one, pool(year=YEAR + 1), ann, 1200, "recurrent", "capacity")
    assert made.phasing == [100] * 12


@pytest.mark.parametrize("status", [Status.STOPPED, Status.FINISHED])
def test_what_is_over_takes_no_claim_and_no_change_and_a_claim_is_still_withdrawn(ann, status):
    made = entered(ann)
    one = made.initiative
    Initiative.objects.filter(pk=one.pk).update(status=status)
    for act in (
        lambda: claims.add(one, made.pool, ann, 5, "recurrent", "cash"),
        lambda: claims.change(made.pk, ann, made.version, "more", {"pence": 10**6}),
        lambda: claims.agree(made.pool, ann, {made.pk: (made.version, 0.5)}, "We agreed."),
    ):
        with pytest.raises(NotOpen):
            act()
    assert Claim.objects.get().pence == 1000
    claims.withdraw(made.pk, ann, made.version, "counted twice")
    assert not Claim.objects.exists()


@given(
    some.lists(some.integers(0, 10**12), min_size=12, max_size=12).filter(any),
    some.integers(-(10**14), 10**14),
)
def test_any_amount_over_any_months_adds_up_to_the_penny_and_keeps_its_sign(phasing, pence):
    spread = claims.phased_as(phasing, pence)
    assert sum(spread) == pence
    assert all(each * pence >= 0 for each in spread)
    assert all(each == 0 for each, weight in zip(spread, phasing, strict=True) if weight == 0)


@pytest.mark.parametrize(
    "phasing", [[1000], [100] * 12, [1100, -100, *[0] * 10], [1000.0, *[0] * 11], [True, 999, *[0] * 10]]
)
def test_phasing_that_does_not_add_up_in_whole_pence_of_one_sign_is_refused(ann, phasing):
    with pytest.raises(Wrong, match="add up to the whole"):
        entered(ann, phasing=phasing)


def test_every_fault_of_an_amount_is_said_at_once(ann):
    with pytest.raises(Wrong) as fault:
        claims.add(initiative(), pool(), ann, 0, "sometimes", "hope", share=2.0)
    assert fault.value.faults.keys() == {"pence", "timing", "form", "share"}


def test_what_is_spent_instead_is_below_zero(ann):
    assert sum(entered(ann, -1200).phasing) == -1200


def test_a_pool_elsewhere_or_of_another_year_than_the_plan_is_refused(ann):
    with pytest.raises(Wrong, match="Middle Board lies neither in Upper Board nor around it"):
        claims.add(initiative(), pool("B1"), ann, 10, "recurrent", "cash")
    planned = initiative(plan=Plan.objects.create(organisation=org("B0"), year=YEAR + 1, title="Next year"))
    with pytest.raises(Wrong, match="plan is of 2026/27, and this pool of 2025/26"):
        claims.add(planned, pool(), ann, 10, "recurrent", "cash")


def test_who_may_not_write_the_initiative_claims_nothing():
    with pytest.raises(NotKnownError):
        entered(person("Ben", (Role.PLAN_MANAGER, "B1")))


def test_finance_confirms_with_the_budget_line_and_a_change_asks_for_it_anew(ann, cfo):
    made = claims.confirm(entered(ann).pk, cfo, 1, "Ward 7 staffing, from 2.1 to 1.9 million")
    assert made.confirmed_by == cfo
    assert made.confirmed_why.startswith("Ward 7")
    less = claims.change(made.pk, ann, made.version, "one ward less", {"pence": 600})
    assert (less.confirmed_by, less.confirmed_at, less.phasing) == (None, None, [50] * 12)


def test_what_finance_confirmed_is_not_confirmed_again_by_another(ann, cfo):
    made = claims.confirm(entered(ann).pk, cfo, 1, "Ward 7 staffing fell")
    other = person("Fay", (Role.FINANCE_ASSURER, "B0"))
    with pytest.raises(Wrong, match="Carl confirmed it on"):
        claims.confirm(made.pk, other, made.version, "x")
    made.refresh_from_db()
    assert (made.confirmed_by, made.confirmed_why) == (cfo, "Ward 7 staffing fell")


def test_an_agreed_share_changes_nothing_that_finance_confirmed(ann, cfo):
    made = claims.confirm(entered(ann).pk, cfo, 1, "Ward 7 staffing fell")
    assert claims.change(made.pk, ann, made.version, "agreed", {"share": 0.5}).confirmed_by == cfo


def test_nobody_confirms_what_they_wrote_themselves_even_if_somebody_entered_it_first(ann):
    both = person("Dora", (Role.PLAN_MANAGER, "B0"), (Role.FINANCE_ASSURER, "B0"))
    made = entered(ann)
    more = claims.change(made.pk, both, made.version, "counted again", {"pence": 2000})
    with pytest.raises(Wrong, match="You wrote this claim"):
        claims.confirm(more.pk, both, more.version, "Ward 7 staffing fell")


def test_only_an_assurer_over_the_pools_area_confirms_and_only_savings_in_cash(ann, cfo):
    made = entered(ann, form="capacity")
    with pytest.raises(Wrong, match="Only a saving in cash"):
        claims.confirm(made.pk, cfo, made.version, "Ward 7 staffing fell")
    with pytest.raises(NotKnownError):
        claims.confirm(made.pk, person("Eve", (Role.FINANCE_ASSURER, "B1")), made.version, "Ward 7")


def test_without_words_nothing_is_confirmed_changed_or_withdrawn(ann, cfo):
    made = entered(ann)
    for act in (
        lambda: claims.confirm(made.pk, cfo, 1, " "),
        lambda: claims.change(made.pk, ann, 1, "", {"pence": 5}),
        lambda: claims.withdraw(made.pk, ann, 1, ""),
    ):
        with pytest.raises(Wrong) as fault:
            act()
        assert "why" in fault.value.faults


def test_withdrawn_it_is_gone_and_the_record_keeps_what_it_was_and_why(ann):
    made = entered(ann)
    claims.withdraw(made.pk, ann, made.version, "counted twice with the ward's own")
    assert not Claim.objects.exists()
    entry = Entry.objects.get(kind="delivery.claim", action="removed")
    assert (entry.before["pence"], entry.why) == (1000, "counted twice with the ward's own")


def test_two_who_change_a_claim_do_not_overwrite_each_other(ann):
    made = entered(ann)
    claims.change(made.pk, ann, made.version, "first", {"pence": 500})
    with pytest.raises(keeping.EditedMeanwhile):
        claims.change(made.pk, ann, made.version, "second", {"pence": 700})
    with pytest.raises(keeping.EditedMeanwhile):
        claims.withdraw(made.pk, ann, made.version, "third")


def test_a_claim_counts_only_beside_a_measure_of_quality():
    one = initiative()
    Measure.objects.create(initiative=one, kind="finance", title="Spend", better="lower")
    assert not claims.may_count(one)
    Measure.objects.create(initiative=one, kind="quality", title="Readmissions", better="lower")
    assert claims.may_count(one)
