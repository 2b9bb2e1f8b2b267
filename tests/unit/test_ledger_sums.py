"""Claimed, de-duplicated, evidenced and the headline, by hand; what each rests on, and what is not told yet."""

from datetime import date

import pytest
from authored import person
from django.utils import timezone
from ledger_small import YEAR, claim, held, initiative, measure, org, pool, sent, sized

from careatlas.improve.delivery.ledger import sums
from careatlas.improve.delivery.ledger.shares import shares_of
from careatlas.improve.delivery.ledger.sums import Amounts, claims_of, ledger
from careatlas.improve.delivery.models import Claim
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Organisation, Role

pytestmark = pytest.mark.django_db
CAPACITY = "recurrent capacity"


@pytest.fixture(autouse=True)
def places(release, db):
    organisations.take_from(release)


def whole(release, organisation=None, **more):
    return ledger(release, claims_of(YEAR, organisation), **more)


def by_title(found):
    return {line.claim.initiative.title: line.whole for line in found.lines}


def two_on_a_pool_of_100(release, **more):
    one = pool()
    sized(one, release, 100, 30, **more)
    first, second = held(initiative(title="First")), held(initiative("S00", title="Second"))
    return claim(first, one, 60), claim(second, one, 90)


def test_claims_of_60_and_90_on_a_pool_of_100_get_40_and_60_and_12_and_18_at_its_lower_limit(release):
    two_on_a_pool_of_100(release)
    assert by_title(whole(release)) == {
        "First": Amounts(60, 40, 40, 12, 0),
        "Second": Amounts(90, 60, 60, 18, 0),
    }


def test_a_board_sees_of_its_part_what_the_nation_sees(release):
    two_on_a_pool_of_100(release)
    assert by_title(whole(release, org("S00"))) == {"Second": Amounts(90, 60, 60, 18, 0)}


def test_where_the_lower_limit_is_below_nothing_nothing_is_evidenced_and_the_headline_is_empty(release):
    one = pool()
    sized(one, release, 100, -5)
    claim(held(initiative()), one, 60)
    assert by_title(whole(release)) == {"Hospital at home": Amounts(60, 60, 0, 0, 0)}


def test_worse_quality_blocks_evidence_and_headline_and_frees_nothing_for_others(release):
    one = pool()
    sized(one, release, 100, 30)
    harmed = initiative(title="Harmed", starts_on=date(YEAR, 4, 1))
    measure(harmed, [9.0, 11.0] * 18 + [20.0] * 12)
    claim(harmed, one, 60)
    claim(held(initiative(title="Held")), one, 90)
    assert by_title(whole(release)) == {
        "Harmed": Amounts(60, 40, 0, 0, 0),
        "Held": Amounts(90, 60, 60, 18, 0),
    }
    sent(harmed, date(2026, 3, 1), "The coding changed.", person("Ann", (Role.PLAN_MANAGER, "B0")))
    assert by_title(whole(release))["Harmed"] == Amounts(60, 40, 40, 12, 0)


def test_a_change_of_counting_leaves_the_share_and_takes_the_evidence(release):
    two_on_a_pool_of_100(release, reason="Counting changed in June 2025: recoded.")
    assert by_title(whole(release))["First"] == Amounts(60, 40, 0, 0, 0)


def test_half_way_through_the_year_only_half_of_it_is_told(release):
    """Of 120 claimed evenly, 60 until September; there were 36, six a month, and at least 12."""
    one = pool()
    sized(one, release, 36, 12, last_day=date(YEAR, 9, 30))
    claim(held(initiative()), one, 120)
    (line,) = whole(release).lines
    assert line.whole == Amounts(120, 36, 36, 12, 60)
    assert line.by_month == (*[Amounts(10, 6, 6, 2, 0)] * 6, *[Amounts(10, 0, 0, 0, 10)] * 6)


def test_of_a_pool_that_cannot_be_told_nothing_is_said_and_what_is_spent_is_spent(release):
    one = pool()
    sized(one, release, None, reason="Not enough history", last_day=None)
    doing = held(initiative())
    claim(doing, one, 120)
    claim(doing, one, -24)
    assert whole(release).totals() == {CAPACITY: Amounts(96, -24, -24, -24, 120)}


def test_what_replaces_the_old_service_is_subtracted_in_full_at_every_stage(release):
    one = pool()
    sized(one, release, 100, 30)
    doing = held(initiative())
    claim(doing, one, 200)
    claim(doing, one, -40)
    assert whole(release).totals() == {CAPACITY: Amounts(160, 60, 60, -10, 0)}


def test_cash_that_finance_did_not_confirm_is_evidenced_as_capacity(release):
    one, doing = pool(), held(initiative())
    sized(one, release, 100, 30)
    made = claim(doing, one, 60, form="cash")
    assert whole(release).totals() == {
        "recurrent cash": Amounts(60, 60, 0, 0, 0),
        CAPACITY: Amounts(0, 0, 60, 30, 0),
    }
    Claim.objects.filter(pk=made.pk).update(confirmed_at=timezone.now())
    assert whole(release).totals() == {"recurrent cash": Amounts(60, 60, 60, 30, 0)}


def test_what_cannot_be_told_has_no_part_of_another_kind_that_would_say_nought(release):
    """Neither where the pool is not known, nor in the months not told yet of one that is."""
    unknown, half = pool(), pool(cost_line="maternity")
    sized(unknown, release, None, reason="Not enough history", last_day=None)
    sized(half, release, 36, 12, last_day=date(YEAR, 9, 30))
    doing = held(initiative())
    claim(doing, unknown, 120, form="cash")
    assert whole(release).totals() == {"recurrent cash": Amounts(120, 0, 0, 0, 120)}
    claim(doing, half, 120, form="cash")
    assert [leaf.kind for leaf in whole(release).leaves].count(CAPACITY) == 6
    assert whole(release).totals()[CAPACITY] == Amounts(0, 0, 36, 12, 0)


def test_shares_that_were_agreed_split_a_pool_and_else_what_is_claimed(release):
    """Three to one of 100 is 75 and 25, but the first asked for 60: the second gets 40."""
    first, second = two_on_a_pool_of_100(release)
    Claim.objects.filter(pk=first.pk).update(share=0.75)
    assert [each.deduplicated for each in by_title(whole(release)).values()] == [40, 60]
    Claim.objects.filter(pk=second.pk).update(share=0.25)
    assert [each.deduplicated for each in by_title(whole(release)).values()] == [60, 40]
    proportional = by_title(whole(release, split="proportional"))
    assert [each.deduplicated for each in proportional.values()] == [40, 60]


def test_shapley_is_asked_for_by_name_and_other_names_are_refused(release):
    """First come 60 or 90, and the other gets the rest, 40 or 10: (60 + 10) / 2 and (90 + 40) / 2."""
    two_on_a_pool_of_100(release)
    assert [each.deduplicated for each in by_title(whole(release, split="shapley")).values()] == [35, 65]
    with pytest.raises(ValueError, match="agreed, proportional, shapley"):
        whole(release, split="alphabetical")


def test_the_last_penny_goes_by_what_claims_say_and_not_by_which_came_first(release):
    """A penny for two claims of one: one of them gets it, and the same one whoever was entered first."""
    one = pool()
    size = {one.pk: sized(one, release, 1, 1)}
    both = [claim(initiative(title=title), one, 1) for title in ("Second", "First")]
    shared = [shares_of(order, size, {}) for order in (both, both[::-1])]
    assert shared[0] == shared[1]
    assert [shared[0][each.pk].deduplicated for each in both] == [0, 1]


def test_each_sum_opens_to_its_leaves(release):
    two_on_a_pool_of_100(release)
    (board,) = whole(release).sums("board")
    assert (board.key, board.label, board.kind, board.amounts.claimed) == ("B0", "Upper Board", CAPACITY, 150)
    assert len(board.leaves) == 24
    assert sum(leaf.amounts.deduplicated for leaf in board.leaves) == board.amounts.deduplicated == 100


def test_what_lies_in_no_board_stands_by_itself(release):
    one = pool("R0")
    sized(one, release, 100, 30)
    for place in ("R0", "S00", "S08"):
        claim(held(initiative(place, title=place)), one, 12)
    found = whole(release)
    assert [each.key for each in found.sums("board")] == ["B0", "B1", "R0"]
    assert [each.key for each in found.sums("region")] == ["R0"]
    assert [each.key for each in found.sums("part")] == ["R0", "S00", "S08"]


def test_months_and_families_have_their_words(release):
    one = pool()
    sized(one, release, 100, 30)
    claim(held(initiative(workstream="")), one, 120)
    found = whole(release)
    assert [(each.key, each.label) for each in found.sums("month")][:2] == [
        ("2025-04", "April 2025"),
        ("2025-05", "May 2025"),
    ]
    assert [each.key for each in found.sums("family")] == [""]
    with pytest.raises(ValueError, match="way is 'colour'"):
        found.sums("colour")


def test_no_claim_is_no_sum_and_no_error(release):
    assert whole(release).totals() == {}
    assert {way: whole(release).sums(way) for way in sums.WAYS} == {way: [] for way in sums.WAYS}


def test_what_the_simulated_country_claimed_vanishes_with_it(release):
    one = pool()
    sized(one, release, 100, 30)
    claim(held(initiative(is_simulated=True)), one, 60)
    assert whole(release).totals()[CAPACITY].claimed == 60
    Organisation.objects.filter(pk="B0").update(is_current=False)
    assert whole(release).totals() == {}
