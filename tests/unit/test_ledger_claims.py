"""Claims: entered, phased by month, confirmed by finance, changed and withdrawn."""

from datetime import date

import pytest
from authored import person
from hypothesis import given
from hypothesis import strategies as some
from ledger_small import YEAR, initiative, org, pool

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.ledger import claims
from careatlas.improve.delivery.models import Claim, Initiative, Measure, Plan
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


def test_without_phasing_it_is_spread_over_the_months_that_the_initiative_runs(ann):
    """1,000 over January, February and March: 334, 333 and 333."""
    late = initiative(starts_on=date(2026, 1, 15), ends_on=date(2026, 6, 30))
    made = claims.add(late, pool(), ann, 1000, "one-off", "capacity")
    assert made.phasing == [0] * 9 + [334, 333, 333]


def test_where_it_runs_in_no_month_of_the_year_nothing_claimed_is_lost():
    assert claims.even_phasing(Initiative(starts_on=date(2030, 1, 1)), YEAR, 24) == [2] * 12


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
