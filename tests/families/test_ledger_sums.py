"""Sums of the ledger, of random plans: equal to the penny whichever way; no pool over-drawn; order decides nothing."""

from collections import Counter, defaultdict
from datetime import date

import pytest
import web_release
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from careatlas.improve.delivery.ledger.claims import phased_as
from careatlas.improve.delivery.ledger.quality import Quality
from careatlas.improve.delivery.ledger.shares import SPLITS, shares_of
from careatlas.improve.delivery.ledger.sums import WAYS, worked_out
from careatlas.improve.delivery.models import Claim, Form, Initiative, Pool, PoolSize, Timing
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Organisation

pytestmark = pytest.mark.django_db
of_random_plans = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PLACES = ("SIM", "R0", "R1", "B0", "B1", "B3", "S00", "S01", "S08", "S31", "T00")
STAGES = ("claimed", "deduplicated", "evidenced", "cautious", "untold")
PENCE = (
    some.integers(-2, 5) | some.integers(-(10**6), 10**6) | some.integers(-(10**13), 10**13)
)  # small ones tie


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home"))


@pytest.fixture(autouse=True)
def places(release, db):
    organisations.take_from(release)


@some.composite
def sizes(draw, pool):
    if draw(some.booleans()) and draw(some.booleans()):
        return PoolSize(pool=pool, reason="Not enough history")
    pence, reach = draw(PENCE), draw(some.integers(0, 10**6))
    last_day = date(2025, draw(some.integers(4, 12)), 28) if draw(some.booleans()) else date(2026, 3, 31)
    changed = draw(some.sampled_from(["", "", "Counting changed in June 2025: recoded."]))
    return PoolSize(pool=pool, pence=pence, lower_pence=pence - reach, last_day=last_day, reason=changed)


@some.composite
def claims(draw, number, pools, workstreams):
    whose = Organisation.objects.get(pk=draw(some.sampled_from(PLACES)))
    initiative = Initiative(pk=number, organisation=whose, workstream=draw(some.sampled_from(workstreams)))
    pence = draw(PENCE.filter(bool))
    weights = draw(some.lists(some.integers(0, 9), min_size=12, max_size=12).filter(any))
    return Claim(
        pk=number,
        initiative=initiative,
        pool=draw(some.sampled_from(pools)),
        pence=pence,
        phasing=phased_as(weights, pence),
        timing=draw(some.sampled_from(Timing.values)),
        form=draw(some.sampled_from(Form.values)),
        share=draw(some.none() | some.floats(0.01, 1)),
    )


@some.composite
def plans(draw):
    """Claims, the sizes of their pools, and whether quality held."""
    pools = [Pool(pk=number, area_id="SIM", programme=f"p{number % 2}", year=2025) for number in range(1, 4)]
    workstreams = ["", "back_office", "workforce", "right_care", "unknown"]
    found = [draw(claims(number, pools, workstreams)) for number in range(1, draw(some.integers(1, 9)) + 1)]
    sized = {pool.pk: draw(sizes(pool)) for pool in pools}
    judged = {one.pk: Quality(1, worse=draw(some.sampled_from([(), (), ("Falls",)]))) for one in found}
    return found, sized, judged


@of_random_plans
@given(data=some.data())
def test_sums_are_equal_to_the_penny_whichever_way_and_at_every_level(release, data):
    found, sized, judged = data.draw(plans())
    whole = worked_out(release, found, found, sized, judged, data.draw(some.sampled_from(sorted(SPLITS))))
    wanted = {
        kind: {stage: getattr(each, stage) for stage in STAGES} for kind, each in whole.totals().items()
    }
    for way in WAYS:
        added = defaultdict(Counter)
        for each in whole.sums(way):
            added[each.kind].update({stage: getattr(each.amounts, stage) for stage in STAGES})
        assert {kind: dict(each) for kind, each in added.items()} == wanted, way
    assert sum(each["claimed"] for each in wanted.values()) == sum(claim.pence for claim in found)


@of_random_plans
@given(data=some.data())
def test_a_part_seen_by_itself_says_what_the_whole_says_of_it(release, data):
    found, sized, judged = data.draw(plans())
    whole = worked_out(release, found, found, sized, judged)
    below = [claim for claim in found if claim.initiative.organisation.path.startswith("SIM/R0/")]
    of_part = worked_out(release, found, below, sized, judged)
    assert {line.claim.pk: line.by_month for line in of_part.lines}.items() <= {
        line.claim.pk: line.by_month for line in whole.lines
    }.items()


@of_random_plans
@given(data=some.data(), split=some.sampled_from(sorted(SPLITS)))
def test_no_pool_is_overdrawn_and_no_stage_gives_more_than_was_asked(data, split):
    found, sized, judged = data.draw(plans())
    told = shares_of(found, sized, {number: one.is_held for number, one in judged.items()}, split)
    drawn, sure = Counter(), Counter()
    for claim in found:
        share = told[claim.pk]
        if share.asked > 0 and share.deduplicated is not None:
            assert 0 <= share.evidenced <= share.deduplicated <= share.asked
            assert 0 <= share.cautious <= share.asked
            drawn[claim.pool_id] += share.deduplicated
            sure[claim.pool_id] += share.cautious
    assert all(drawn[pool] <= max(0, sized[pool].pence) for pool in drawn)
    assert all(sure[pool] <= max(0, sized[pool].lower_pence) for pool in sure)


@of_random_plans
@given(data=some.data())
def test_one_claim_more_never_lifts_a_pool_beyond_what_it_has_nor_lowers_what_is_shared(data):
    """De-duplicated is what was asked, or all there is."""
    found, sized, _ = data.draw(plans())
    before, after = (_shared(each, sized) for each in (found[:-1], found))
    for pool, size in sized.items():
        if size.pence is not None:
            assert before[pool] <= after[pool] <= max(0, size.pence)


@of_random_plans
@given(data=some.data(), split=some.sampled_from(sorted(SPLITS)))
def test_the_order_of_entry_decides_nothing_not_even_the_last_penny(data, split):
    found, sized, judged = data.draw(plans())
    held = {number: one.is_held for number, one in judged.items()}
    for claim in found:  # told apart by what they say
        claim.initiative.title = str(claim.pk)
    shuffled = data.draw(some.permutations(found))
    assert shares_of(shuffled, sized, held, split) == shares_of(found, sized, held, split)


def _shared(found, sized):
    """What each pool gives to savings; nothing where it cannot be told."""
    shared = Counter()
    told = shares_of(found, sized, {}) if found else {}
    for claim in found:
        if claim.pence > 0:
            shared[claim.pool_id] += told[claim.pk].deduplicated or 0
    return shared
