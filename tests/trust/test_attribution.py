"""Savings that agree to the penny, pools that are really empty, and quality gates on stable years."""

import numpy as np
import pytest

from careatlas.methods.attribution import (
    KINDS,
    attribute,
    split_by_agreed_shares,
    split_by_shapley,
    split_proportionally,
    totals,
)
from careatlas.methods.quality_gate import quality_gate


def test_ten_thousand_claims_agree_to_the_penny_by_area_workstream_and_nation(measured):
    rng = np.random.default_rng(1)
    claims, pools = 10_000, 2_000
    claim = rng.integers(-(10**8), 10**10, claims).astype(float)
    pool, area, workstream = (rng.integers(0, number, claims) for number in (pools, 42, 9))
    kind = [KINDS[each] for each in rng.integers(0, len(KINDS), claims)]
    value = rng.normal(10**10, 10**10, pools)
    lower = value - rng.uniform(0, 10**10, pools)
    quality, counting = rng.random(claims) < 0.8, rng.random(pools) < 0.1
    worst = 0.0
    for split in (
        split_proportionally,
        split_by_shapley,
        lambda *given: split_by_agreed_shares(*given, share=np.ones(claims)),
    ):
        stages = attribute(claim, pool, value, lower, quality, counting, split=split)
        for stage in stages:
            nation = totals(stage, kind, np.zeros(claims, dtype=int), 1)[0]
            for group, groups in ((area, 42), (workstream, 9), (pool, pools)):
                worst = max(worst, np.abs(totals(stage, kind, group, groups).sum(axis=0) - nation).max())
        shared = np.where(claim < 0, 0, stages.deduplicated)
        asked = np.bincount(pool, weights=np.maximum(claim, 0), minlength=pools)
        there = np.minimum(asked, np.floor(np.maximum(value, 0)))
        worst = max(worst, np.abs(np.bincount(pool, weights=shared, minlength=pools) - there).max())
    measured("savings: difference between any two ways to add them up, pence", f"{worst:.0f}", "0")
    assert worst == 0


def test_an_empty_pool_is_evidenced_as_rarely_as_its_lower_limit_says(measured):
    """Pools where nothing was saved, known with error: what is de-duplicated is luck, the headline is not."""
    rng = np.random.default_rng(2)
    pools, error = 20_000, 10**6
    value = rng.normal(0, error, pools)
    everything = np.full(pools, 1e9)
    stages = attribute(
        everything, np.arange(pools), value, value - 1.96 * error, np.ones(pools), np.zeros(pools)
    )
    seen_full = (stages.deduplicated > 0).mean()
    evidenced = (stages.evidenced > 0).mean()
    share = stages.cautious.mean() / stages.deduplicated.mean()
    measured("empty pools: something de-duplicated", f"{seen_full:.1%}", "about 50 %, the warning")
    measured("empty pools: something evidenced", f"{evidenced:.1%}", "<= 2.5 %")
    measured("empty pools: headline min(D, PL) beside max(0, P), pence for pence", f"{share:.1%}", "<= 5 %")
    assert evidenced <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / pools)
    assert share <= 0.05


@pytest.mark.parametrize("measures", [1, 4])
def test_stable_quality_blocks_at_most_five_percent_of_years_and_a_clear_fall_most(measures, measured):
    rng = np.random.default_rng(3)
    initiatives, start = 40_000, 24
    stable = rng.normal(0, 1, (initiatives, measures, start + 12))
    better = np.ones(measures, dtype=bool)
    blocked = (~quality_gate(stable, start, better).is_held).mean()
    fallen = stable.copy()
    fallen[:, 0, start:] -= 2
    caught = (~quality_gate(fallen, start, better).is_held).mean()
    measured(f"quality gate, {measures} stable measures: years blocked", f"{blocked:.1%}", "<= 5 %")
    measured(
        f"quality gate, one of {measures} falls by two standard deviations: blocked",
        f"{caught:.0%}",
        ">= 80 %",
    )
    assert blocked <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / initiatives)
    assert caught >= 0.8


@pytest.mark.parametrize("known", [12, 18, 36])
def test_however_few_months_are_known_before_stable_years_are_blocked_no_more(known, measured):
    rng = np.random.default_rng(4)
    initiatives, start = 20_000, 36
    value = rng.normal(0, 1, (initiatives, 2, start + 12))
    position = rng.permuted(np.broadcast_to(np.arange(start), (initiatives, 2, start)), axis=-1)
    value[..., :start][position >= known] = np.nan
    blocked = (~quality_gate(value, start, [True, False]).is_held).mean()
    measured(
        f"quality gate, 2 stable measures, {known} of {start} months before known: years blocked",
        f"{blocked:.1%}",
        "<= 5 %",
    )
    assert blocked <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / initiatives)


def test_an_initiative_whose_quality_fell_has_neither_headline_nor_evidence(measured):
    """Half of the initiatives lose quality by two standard deviations: what of their claims a board then reads."""
    rng = np.random.default_rng(5)
    initiatives, start = 4000, 24
    fell = np.arange(initiatives) % 2 == 0
    quality = rng.normal(0, 1, (initiatives, 1, start + 12))
    quality[fell, 0, start:] -= 2
    is_held = quality_gate(quality, start, [True]).is_held
    pool, claim = np.arange(initiatives), np.full(initiatives, 100.0)
    saved = attribute(claim, pool, claim, 0.5 * claim, is_held, np.zeros(initiatives))
    ungated = 0.5 * claim
    of_fallen, of_stable = (saved.cautious[each].sum() / ungated[each].sum() for each in (fell, ~fell))
    measured("headline of initiatives whose quality fell, of what it would be", f"{of_fallen:.1%}", "<= 20 %")
    measured("headline of initiatives whose quality held, of what it would be", f"{of_stable:.1%}", ">= 95 %")
    assert (saved.cautious[~is_held] == 0).all()
    assert of_fallen <= 0.20
    assert of_stable >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / (initiatives / 2))
