"""What entering a claim rests on: what it would come to, pounds as people write them, shares, proposals, costs."""

import doctest
import importlib
from datetime import date

import pytest
from authored import person
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from ledger_small import claim, held, initiative, pool, sized

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.ledger import claims, costs, foreseen, proposals, sums
from careatlas.improve.delivery.ledger.money import in_pounds, read_pounds
from careatlas.improve.delivery.models import Claim, Proposal, Status
from careatlas.improve.delivery.planning import who
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

SAID = {"timing": "recurrent", "form": "capacity", "phasing": [5] * 12, "share": None, "pence": 60}


@pytest.fixture
def places(release, db):
    organisations.take_from(release)


@pytest.fixture
def ann(places):
    return person("Ann", (Role.PLAN_MANAGER, "B0"))


@pytest.mark.parametrize("name", ["claims", "money", "costs"])
def test_the_examples_of_these_modules_are_right(name):
    module = importlib.import_module(f"careatlas.improve.delivery.ledger.{name}")
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


# Pounds


@given(some.integers(-(10**14), 10**14))
def test_every_amount_is_read_again_as_it_was_written(pence):
    assert read_pounds(in_pounds(pence), "amount") == pence


@pytest.mark.parametrize(
    "said", ["12,5", "1.234,50", "1e5", "12.345", "١٢", "１２", "12 per cent", "--5", ".", "£"]
)
def test_what_may_mean_two_things_is_refused_or_nothing(said):
    if said == "£":
        assert read_pounds(said, "amount") is None
        return
    with pytest.raises(Wrong, match="Give pounds"):
        read_pounds(said, "amount")


def test_parts_of_a_penny_are_refused_with_their_month(db):
    with pytest.raises(Wrong, match="April 2026 has parts of a penny"):
        costs.read_costs("2026-04,10.005")


# What a claim would come to


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.integers(1, 200), max_size=4), some.integers(1, 200), some.integers(-50, 400))
def test_what_is_foreseen_is_what_the_ledger_says_once_it_is_kept(release, places, others, pence, there):
    with transaction.atomic():
        made, one = pool(), held(initiative(title="New"))
        sized(made, release, there, min(there, there // 2))
        for each in others:
            claim(initiative(), made, each)
        phasing = [pence, *[0] * 11]
        ahead = foreseen.foreseen(one, made, SAID | {"pence": pence, "phasing": phasing}, release).foreseen
        assert not one.claims.exists()
        claim(one, made, pence, phasing=phasing)
        found = sums.ledger(release, one.claims.all()).lines[0]
        assert ahead.whole == found.whole
        transaction.set_rollback(True)


def test_what_an_idea_would_come_to_is_told_and_its_status_stays(release, places):
    made = pool()
    sized(made, release, 100, 30)
    one = held(initiative(status=Status.IDEA))
    assert foreseen.foreseen(one, made, SAID, release).foreseen.whole.cautious == 30
    assert one.status == Status.IDEA


def test_a_change_is_foreseen_in_place_of_the_claim_and_not_beside_it(release, places):
    made = pool()
    sized(made, release, 100, 30)
    one = held(initiative())
    standing = claim(one, made, 90)
    shared = foreseen.foreseen(one, made, SAID, release, standing.pk)
    assert [line.claim.pence for line in shared.lines] == [60]
    assert shared.foreseen.whole.deduplicated == 60


# Agreed shares


def test_somebody_elses_share_is_not_for_me_to_enter_and_nothing_is_kept(ann):
    made = pool()
    mine, theirs = claim(initiative(), made, 60), claim(initiative("R0"), made, 60)
    with pytest.raises(NotKnownError):
        claims.agree(made, ann, {mine.pk: (1, 0.5), theirs.pk: (1, 0.5)}, "We agreed.")
    mine.refresh_from_db()
    assert mine.share is None


def test_a_claim_on_another_pool_is_refused(ann):
    elsewhere = claim(initiative(), pool("B0", "maternity"), 60)
    with pytest.raises(NotKnownError, match="does not draw on this pool"):
        claims.agree(pool(), ann, {elsewhere.pk: (1, 0.5)}, "We agreed.")


def test_a_share_once_agreed_is_taken_away_again_with_a_reason(ann):
    made = pool()
    mine = claim(initiative(), made, 60, share=0.5)
    claims.agree(made, ann, {mine.pk: (1, None)}, "They left.")
    mine.refresh_from_db()
    assert mine.share is None
    assert Entry.objects.get(action="changed").why == "They left."


def test_nobody_alone_gives_themselves_more_than_all_agreed(release, ann):
    """Of 100, two who ask 80 each agree on three to one: 75 and 25. Once one says 100% alone, they have 50 each, by
    what they claim, until both shares add up to 100% again."""
    ben = person("Ben", (Role.PLAN_MANAGER, "S00"))
    made = pool()
    sized(made, release, 100, 30)
    mine, his = claim(initiative(), made, 80), claim(initiative("S00"), made, 80)

    def allocated():
        shared = foreseen.shared(made, release)
        found = {line.claim.pk: line.whole.deduplicated for line in shared.lines}
        return found[mine.pk], found[his.pk], shared.is_by_agreement

    claims.agree(made, ann, {mine.pk: (1, 0.75)}, "On 3 March.")
    assert allocated() == (50, 50, False)  # one share alone is no agreement
    claims.agree(made, ben, {his.pk: (1, 0.25)}, "On 3 March.")
    assert allocated() == (75, 25, True)
    claims.agree(made, ben, {his.pk: (2, 1.0)}, "I did more.")
    assert allocated() == (50, 50, False)
    claims.change(mine.pk, ann, 2, "I did more.", {"share": 1.0})
    assert allocated() == (50, 50, False)
    claims.agree(made, ben, {his.pk: (3, 0.1)}, "On 9 March.")
    claims.agree(made, ann, {mine.pk: (3, 0.9)}, "On 9 March.")
    assert allocated() == (80, 20, True)  # none gets more than it asks


def test_thirds_that_add_up_to_the_whole_are_agreed(release, places):
    made = pool()
    for share in (0.3333, 0.3333, 0.3334):
        claim(initiative(), made, 80, share=share)
    claim(initiative(), made, -10)  # who spends instead has no share in what is saved
    assert foreseen.shared(made, release).is_by_agreement


# Proposals


def test_a_proposal_that_somebody_took_meanwhile_is_not_taken_twice(ann):
    one, made = initiative(), pool()
    kept = keeping.create(
        Proposal, ann.email, "begun", initiative=one, timing="one-off", form="cash", pence=-500, source="-"
    )

    def claimed():
        return claims.add(one, made, ann, -500, "one-off", "cash")

    proposals.made_a_claim(kept.pk, ann, claimed)
    with pytest.raises(NotKnownError):
        proposals.made_a_claim(kept.pk, ann, claimed)
    assert Claim.objects.count() == 1


def test_a_claim_that_is_refused_leaves_its_proposal_where_it_was(ann):
    one = initiative()
    kept = keeping.create(
        Proposal, ann.email, "begun", initiative=one, timing="one-off", form="cash", pence=-500, source="-"
    )
    with pytest.raises(Wrong):
        proposals.made_a_claim(
            kept.pk, ann, lambda: claims.add(one, pool("B1"), ann, -500, "one-off", "cash")
        )
    assert Proposal.objects.filter(pk=kept.pk).exists()


# Who sees pools


@pytest.mark.parametrize(
    ("role", "where", "sees"),
    [(Role.READER, "R0", True), (Role.READER, "S00", True), (Role.READER, "B1", False)],
)
def test_pools_are_seen_above_and_below_them(places, role, where, sees):
    made = pool("B0")
    assert who.visible_pools(person("Who", (role, where))).filter(pk=made.pk).exists() == sees


def test_what_somebody_only_said_of_themselves_shows_no_pool(places):
    pool("B0")
    assert not who.visible_pools(person("Who", (Role.AUTHOR, "B0"), claimed=True)).exists()


def test_months_that_somebody_else_entered_meanwhile_are_not_overwritten(ann):
    made = pool()
    seen = costs.stamp(made)
    costs.enter(made.pk, ann, seen, {date(2025, 4, 1): 500}, "From the accounts.")
    with pytest.raises(keeping.EditedMeanwhile):
        costs.enter(made.pk, ann, seen, {date(2025, 5, 1): 600}, "Mine.")
    assert made.costs.count() == 1


def test_a_month_taken_away_and_entered_anew_is_another(ann):
    made, april = pool(), date(2025, 4, 1)
    costs.enter(made.pk, ann, costs.stamp(made), {april: 500}, "From the accounts.")
    seen = costs.stamp(made)
    costs.enter(made.pk, ann, seen, {april: None}, "Not final.")
    costs.enter(made.pk, ann, costs.stamp(made), {april: 777}, "Final.")
    with pytest.raises(keeping.EditedMeanwhile):
        costs.enter(made.pk, ann, seen, {april: 2}, "From a page left open.")
    assert made.costs.get().pence == 777
