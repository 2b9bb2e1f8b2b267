"""What the ledger says of a country whose savings, double claims and harm are known: see `planted_ledger`.

Seeds 1 to 3 served while it was made; these did not.
"""

import time

import numpy as np
import pandas as pd
import pytest
from django.db import transaction
from planted_ledger import IN_THE_PANDEMIC, POOLS, UNKNOWN_SHOCK, YEAR, planted_ledger

from careatlas.improve.delivery.ledger.sizes import take_sizes
from careatlas.improve.delivery.ledger.sums import claims_of, ledger
from careatlas.improve.delivery.models import PoolSize

SEEDS = (901, 902, 903)
pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def country(db, kept, tmp_path_factory):
    """By seed and shock: a table of pools, one of initiatives, and the processor's seconds. Each is made once."""

    def of(seed, shock=IN_THE_PANDEMIC):
        if (seed, shock) not in kept:
            with transaction.atomic():
                kept[seed, shock] = _worked(tmp_path_factory.mktemp("planted"), seed, shock)
                transaction.set_rollback(True)
        return kept[seed, shock]

    return of


def _worked(home, seed, shock):
    planted = planted_ledger(home, seed, shock)
    started = time.process_time()
    take_sizes(planted.release)
    sized = time.process_time()
    whole = ledger(planted.release, claims_of(YEAR))
    added = time.process_time()
    pools = pd.DataFrame(PoolSize.objects.values("pool", "pence", "lower_pence", "upper_pence", "reason"))
    pools["effect"], pools["saved"] = (
        pools["pool"].map(planted.effect),
        pools["pool"].map(planted.saved_pence),
    )
    by_pool = {int(one.key): one.amounts for one in whole.sums("pool")}
    for stage in ("claimed", "deduplicated", "evidenced", "cautious"):
        pools[stage] = [getattr(by_pool[pool], stage) for pool in pools["pool"]]
    told = {line.claim.initiative_id: line.quality for line in whole.lines}
    initiatives = pd.DataFrame(
        {
            "is_harmed": planted.is_harmed[number],
            "is_blocked": not one.is_held,
            "false_alarm": one.false_alarm,
        }
        for number, one in told.items()
    )
    return pools, initiatives, (sized - started, added - sized)


def _pools(country, shock=IN_THE_PANDEMIC):
    return pd.concat([country(seed, shock)[0] for seed in SEEDS], ignore_index=True)


def _share(truths):
    return f"{np.mean(truths):.1%} of {len(truths)}"


def test_every_pool_can_be_told_and_500_of_them_take_seconds(country, measured):
    pools, _, (sizes, sums) = country(SEEDS[0])
    measured(
        f"{POOLS} pools: sizes from a release; the ledger of 2,000 claims",
        f"{sizes:.1f} s; {sums:.1f} s",
        "seconds",
    )
    assert len(pools) == POOLS
    assert pools["pence"].notna().all()
    assert sizes < 60
    assert sums < 10


def test_intervals_of_pools_cover_the_planted_saving(country, measured):
    pools = _pools(country)
    is_covered = pools["saved"].between(pools["lower_pence"], pools["upper_pence"])
    measured("pools: 95 % interval covers the planted saving", _share(is_covered), "90-98 %")
    for effect, each in is_covered.groupby(pools["effect"]):
        measured(f"pools with {effect:.0%}: covered", _share(each), "printed")
    assert 0.90 <= is_covered.mean() <= 0.98


def test_evidence_is_given_to_few_pools_without_effect_and_most_with_a_fifth(country, measured):
    pools = _pools(country)
    given = (pools["evidenced"] > 0).groupby(pools["effect"])
    targets = {0.0: "<= 5 %", 0.05: "printed", 0.1: "printed", 0.2: ">= 80 %"}
    for effect, each in given:
        measured(f"pools with {effect:.0%}: evidenced", _share(each), targets[effect])
    assert given.mean()[0.0] <= 0.05
    assert given.mean()[0.2] >= 0.80


def test_the_deduplicated_total_is_the_planted_one(country, measured):
    biases = []
    for seed in SEEDS:
        pools, *_ = country(seed)
        planted, found = pools["saved"].sum(), pools["deduplicated"].sum()
        error = np.sqrt((((pools["upper_pence"] - pools["lower_pence"]) / 3.92) ** 2).sum())
        claimed = pools["claimed"].sum() / planted - 1
        biases.append(found / planted - 1)
        within = f"planted +- {1.96 * error / planted:.1%}"
        measured(f"seed {seed}: claimed above the truth", f"{claimed:.0%}", ">= 25 %")
        measured(f"seed {seed}: de-duplicated total beside the planted one", f"{biases[-1]:+.1%}", within)
        headline, evidenced = (f"{pools[stage].sum() / planted:.0%}" for stage in ("cautious", "evidenced"))
        measured(f"seed {seed}: headline; evidenced, of the planted", f"{headline}; {evidenced}", "printed")
        assert claimed >= 0.25
        assert abs(found - planted) <= 1.96 * error
    measured("de-duplicated total: bias over all seeds", f"{np.mean(biases):+.1%}", "<= 5 %")
    assert abs(np.mean(biases)) <= 0.05


def test_no_pool_is_overdrawn(country):
    pools = _pools(country)
    assert (pools["deduplicated"] <= pools["pence"].clip(lower=0)).all()
    assert (pools["cautious"] <= pools["lower_pence"].clip(lower=0)).all()


def test_quality_blocks_few_unharmed_initiatives_and_most_harmed(country, measured):
    told = pd.concat([country(seed)[1] for seed in SEEDS], ignore_index=True)
    blocked = told.groupby("is_harmed")["is_blocked"]
    measured("initiatives without harm: blocked in a year", _share(blocked.get_group(False)), "<= 5 %")
    measured(
        "initiatives harmed by 2 standard deviations: blocked", _share(blocked.get_group(True)), ">= 80 %"
    )
    measured("false alarms, as printed to readers", f"{told['false_alarm'].max():.1%}", "<= 5 %")
    assert blocked.mean()[False] <= 0.05
    assert blocked.mean()[True] >= 0.80


def test_a_year_of_shock_that_nobody_registered_makes_intervals_wider_and_nothing_wrongly_sure(
    country, measured
):
    pools = _pools(country, UNKNOWN_SHOCK)
    is_covered = pools["saved"].between(pools["lower_pence"], pools["upper_pence"])
    measured("shock not registered: 95 % interval covers the planted saving", _share(is_covered), "printed")
    given = (pools["evidenced"] > 0).groupby(pools["effect"])
    for effect, each in given:
        measured(f"shock not registered, pools with {effect:.0%}: evidenced", _share(each), "printed")
    assert is_covered.mean() >= 0.90
    assert given.mean()[0.0] <= 0.05
