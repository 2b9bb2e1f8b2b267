"""Claims on shared savings: never more than was saved, and equal to the penny however added up."""

import tracemalloc
from functools import partial
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careatlas.methods.attribution import (
    KINDS,
    attribute,
    evidenced_kinds,
    refuse_overlapping_pools,
    split_by_agreed_shares,
    split_by_shapley,
    split_proportionally,
    totals,
)

amounts = st.integers(-(10**12), 10**12)


@st.composite
def ledgers(draw, most=8):
    """Claims in pence on a few pools, each claim in some area and workstream."""
    pools = draw(st.integers(1, 4))
    claims = draw(st.lists(amounts, min_size=1, max_size=most))
    pool = draw(st.lists(st.integers(0, pools - 1), min_size=len(claims), max_size=len(claims)))
    size = draw(st.lists(amounts, min_size=pools, max_size=pools))
    group = draw(st.lists(st.integers(0, 2), min_size=len(claims), max_size=len(claims)))
    return np.array(claims, float), np.array(pool), np.array(size, float), np.array(group)


def agreed_evenly(claim, pool, available):
    return split_by_agreed_shares(claim, pool, available, np.ones(len(claim)))


every_split = pytest.mark.parametrize("split", [split_proportionally, agreed_evenly, split_by_shapley])


@every_split
@settings(max_examples=200, deadline=None)
@given(ledger=ledgers())
def test_shares_are_whole_pence_and_add_up_to_what_there_was_by_any_grouping(split, ledger):
    claim, pool, size, group = ledger
    shared = split(claim, pool, size)
    asked = np.maximum(claim, 0)
    assert (shared == np.floor(shared)).all()
    for one in range(len(size)):
        inside = (pool == one) & (claim >= 0)
        assert shared[inside].sum() == min(asked[inside].sum(), max(size[one], 0))
    assert (shared[claim < 0] == claim[claim < 0]).all()
    by_group = totals(shared, ["one-off cash"] * len(claim), group, 3)
    assert by_group.sum() == shared.sum() == int(shared.sum())


@every_split
@settings(max_examples=50, deadline=None)
@given(ledger=ledgers())
def test_no_claim_gets_more_than_it_asked_nor_less_than_nothing(split, ledger):
    claim, pool, size, _ = ledger
    shared = split(claim, pool, size)
    is_claim = claim >= 0
    assert (shared[is_claim] <= claim[is_claim]).all()
    assert (shared[is_claim] >= 0).all()


@settings(max_examples=50, deadline=None)
@given(ledger=ledgers())
def test_what_is_claimed_deduplicated_evidenced_and_cautious_come_in_order(ledger):
    claim, pool, size, _ = ledger
    claim = np.abs(claim)
    stages = attribute(claim, pool, size, size - 5, np.ones(len(claim)), np.zeros(len(size)))
    assert stages.claimed.sum() >= stages.deduplicated.sum() >= stages.evidenced.sum()
    assert stages.deduplicated.sum() >= stages.cautious.sum()


def test_the_odd_penny_goes_to_the_largest_remainder():
    assert split_proportionally([1, 1, 1], [0, 0, 0], [2]).tolist() == [1, 1, 0]
    # 100 x 50, 30, 17 / 97 are 51.546, 30.928, 17.526, and the pool has 96: 49.485, 29.691, 16.825.
    assert split_proportionally([50, 30, 17], [0, 0, 0], [96]).tolist() == [49, 30, 17]


def test_a_part_of_a_penny_stays_in_the_pool():
    assert split_proportionally([60, 90], [0, 0], [99.9]).sum() == 99


def test_shapley_is_the_mean_over_all_orders():
    claim, size = np.array([500.0, 900.0, 200.0, 1100.0]), 1300.0
    worth = []
    for order in permutations(range(4)):
        before, added = 0.0, np.zeros(4)
        for one in order:
            added[one] = min(size - before, claim[one])
            before += added[one]
        worth.append(added)
    expected = np.mean(worth, axis=0)
    np.testing.assert_allclose(
        split_by_shapley(claim * 1e6, [0] * 4, [size * 1e6]) / 1e6, expected, rtol=1e-6
    )


def test_shapley_of_many_claims_is_sampled_near_the_exact_and_the_same_each_time():
    claim = np.arange(1.0, 14.0) * 1e6
    equal = split_by_shapley(np.full(13, 2e6), [0] * 13, [13e6])
    np.testing.assert_allclose(equal, 1e6, rtol=0.03)
    first, again = (split_by_shapley(claim, [0] * 13, [40e6], seed=5) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.sum() == 40e6
    twelve = split_by_shapley(claim[1:], [0] * 12, [40e6])
    np.testing.assert_allclose(first[1:], twelve, rtol=0.08)  # the thirteenth, smallest claim takes a little


def test_shapley_of_a_thousand_claims_does_not_fill_the_memory():
    """All 10,000 orders at once are ten million places, 76 MiB a table, and there are four tables."""
    tracemalloc.start()
    shared = split_by_shapley(np.full(1000, 2e6), [0] * 1000, [1e9])
    peak_mib = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    assert peak_mib < 40
    np.testing.assert_allclose(shared, 1e6, rtol=0.05)


def test_agreed_shares_hold_up_to_what_was_asked():
    assert split_by_agreed_shares([100, 100], [0, 0], [100], [3, 1]).tolist() == [75, 25]
    assert split_by_agreed_shares([10, 100, 100], [0, 0, 0], [100], [2, 1, 1]).tolist() == [10, 45, 45]
    with pytest.raises(ValueError, match="shares leave part of the pool to nobody at position 1"):
        split_by_agreed_shares([5, 5, 5], [0, 1, 1], [10, 10], [1, 0, 0])


def test_an_empty_pool_has_nothing_to_share_but_reprovision_is_still_spent():
    stages = attribute([50, 70, -20], [0, 0, 0], [-30], [-90], [True] * 3, [False])
    assert stages.claimed.sum() == 100
    for stage in (stages.deduplicated, stages.evidenced, stages.cautious):
        assert stage.tolist() == [0, 0, -20]


@pytest.mark.parametrize(
    ("lower", "held", "counting_changed", "evidenced"),
    [(1, True, False, 50), (0, True, False, 0), (1, False, False, 0), (1, True, True, 0)],
)
def test_evidence_needs_a_proven_pool_quality_held_and_counting_unchanged(
    lower, held, counting_changed, evidenced
):
    stages = attribute([80], [0], [50], [lower], [held], [counting_changed])
    assert stages.deduplicated.tolist() == [50]
    assert stages.evidenced.tolist() == [evidenced]
    assert stages.cautious.tolist() == [lower if held and not counting_changed else 0]


def test_where_quality_fell_there_is_no_headline_and_others_do_not_get_it():
    stages = attribute([60, 90, -5], [0, 0, 0], [100], [30], [True, False, False], [False])
    assert stages.cautious.tolist() == [12, 0, -5]
    assert stages.evidenced.tolist() == [40, 0, -5]
    changed = attribute([60, 90, -5], [0, 0, 0], [100], [30], [True] * 3, [True])
    assert changed.cautious.tolist() == changed.evidenced.tolist() == [0, 0, -5]


def test_what_is_not_known_of_quality_or_counting_is_no_evidence():
    """NaN would be true, were it taken for a truth."""
    for held, changed in (([np.nan], [False]), ([None], [False]), ([True], [np.nan])):
        stages = attribute([50], [0], [50], [1], held, changed)
        assert stages.evidenced.tolist() == stages.cautious.tolist() == [0]
    assert evidenced_kinds([50], ["recurrent cash"], [np.nan]) == ["recurrent capacity"]


def test_one_truth_is_not_spread_over_all_claims_or_pools_and_text_is_no_truth():
    with pytest.raises(ValueError, match="is_quality_held must have 2 along its axis claim; it has 1"):
        attribute([1, 1], [0, 1], [1, 1], [1, 1], [True], [False, False])
    with pytest.raises(ValueError, match="is_counting_changed must have 2 along its axis pool; it has 1"):
        attribute([1, 1], [0, 1], [1, 1], [1, 1], [True, True], [False])
    with pytest.raises(ValueError, match="lower must have 2 along its axis pool; it has 1"):
        attribute([1, 1], [0, 1], [1, 1], [1], [True, True], [False, False])
    with pytest.raises(ValueError, match="is_quality_held must be true or false, and is text at position 0"):
        attribute([1], [0], [1], [1], ["no"], [False])
    with pytest.raises(ValueError, match="share must have 2 along its axis claim; it has 1"):
        split_by_agreed_shares([1, 1], [0, 0], [1], [1])
    with pytest.raises(ValueError, match="is_confirmed must have 2 along its axis claim; it has 1"):
        evidenced_kinds([1, 1], ["one-off cash"] * 2, [True])


def test_one_number_where_a_list_is_meant_is_refused_by_name():
    with pytest.raises(ValueError, match=r"claim must be \[..., claim\]; it has 0 axes"):
        attribute(50, 0, [100], [10], [True], [False])
    with pytest.raises(ValueError, match=r"value must be \[..., pool\]; it has 0 axes"):
        attribute([50], [0], 100, 10, [True], False)
    with pytest.raises(ValueError, match=r"available must be \[..., pool\]; it has 0 axes"):
        split_by_shapley([50], [0], 100)
    with pytest.raises(ValueError, match=r"is_in_pool must be \[..., pool, cell\]; it has 1 axes"):
        refuse_overlapping_pools([1, 0])


def test_a_pool_not_known_is_not_an_empty_pool_and_harms_no_other():
    stages = attribute(
        [50, 50, -5, 50], [0, 1, 0, 2], [np.nan, 40, 40], [np.nan, 10, np.nan], [1] * 4, [0] * 3
    )
    np.testing.assert_array_equal(stages.deduplicated, [np.nan, 40, -5, 40])
    np.testing.assert_array_equal(stages.evidenced, [np.nan, 40, -5, np.nan])
    np.testing.assert_array_equal(stages.cautious, [np.nan, 10, -5, np.nan])


def test_many_pools_in_one_call_equal_one_by_one():
    rng = np.random.default_rng(1)
    claim, pool, size = rng.integers(1, 10**9, 40), rng.integers(0, 8, 40), rng.integers(1, 10**10, 8)
    for split in (split_proportionally, split_by_shapley):
        together = split(claim, pool, size)
        for one in range(8):
            inside = pool == one
            alone = split(claim[inside], np.zeros(inside.sum(), dtype=int), size[one : one + 1])
            np.testing.assert_array_equal(together[inside], alone)


def test_another_rule_for_sharing_is_given_as_a_function():
    agreed = partial(split_by_agreed_shares, share=[1, 3])
    stages = attribute([80, 80], [0, 0], [100], [40], [1, 1], [0], split=agreed)
    assert stages.deduplicated.tolist() == [25, 75]
    assert stages.cautious.tolist() == [10, 30]


def test_kinds_are_never_added_together():
    table = totals([1, 2, 4, 8], [KINDS[0], KINDS[1], KINDS[0], KINDS[5]], [0, 0, 1, 1], 2)
    assert table.tolist() == [[1, 2, 0, 0, 0, 0], [4, 0, 0, 0, 0, 8]]
    with pytest.raises(ValueError, match="kind is 'cash'; it must be one of recurrent cash"):
        totals([1], ["cash"], [0], 1)


def test_cash_without_the_finance_assurers_word_is_capacity():
    kind = ["recurrent cash", "one-off cost avoided", "one-off cash"]
    kinds = evidenced_kinds([9, 9, 9], kind, [False, False, True])
    assert kinds == ["recurrent capacity", "one-off cost avoided", "one-off cash"]


def test_what_was_spent_in_place_of_the_old_service_still_stands_against_the_cash():
    amount, kind = [100, -30], ["recurrent cash", "recurrent cash"]
    kinds = evidenced_kinds(amount, kind, [True, False])
    assert totals(amount, kinds, [0, 0], 1)[0, KINDS.index("recurrent cash")] == 70


def test_pools_that_share_a_cell_are_refused():
    refuse_overlapping_pools([[1, 1, 0, 0], [0, 0, 1, 1]])
    with pytest.raises(ValueError, match="pools 0 and 2 overlap at cell 1 and 1 more"):
        refuse_overlapping_pools([[1, 1, 1, 0], [0, 0, 0, 1], [0, 1, 1, 0]])


def test_impossible_claims_are_refused():
    with pytest.raises(ValueError, match="claim is not whole pence at position 1"):
        split_proportionally([1, 0.5], [0, 0], [1])
    with pytest.raises(ValueError, match="claim is not whole pence at position 0"):
        split_proportionally([np.nan], [0], [1])
    with pytest.raises(ValueError, match="pool is not among the 1 positions there are at position 0"):
        split_proportionally([1], [1], [1])
    with pytest.raises(
        ValueError, match="pool is not among the 2 positions there are at position 0 and 1 more"
    ):
        split_proportionally([1, 1], [0.5, np.nan], [1, 1])
    with pytest.raises(ValueError, match="lower is above value"):
        attribute([1], [0], [1], [2], [True], [False])
    with pytest.raises(ValueError, match="too large"):
        split_proportionally([1e16], [0], [1])
    with pytest.raises(ValueError, match="group is not among the 1 positions there are at position 0"):
        totals([1], ["one-off cash"], [1], 1)


def test_a_split_that_is_no_function_or_lacks_its_shares_is_refused():
    facts = ([60, 90], [0, 0], [100], [30], [True, True], [False])
    with pytest.raises(
        ValueError, match="split must be a function, such as split_by_shapley; it is 'shapley'"
    ):
        attribute(*facts, split="shapley")
    with pytest.raises(ValueError, match=r"split=functools.partial\(split_by_agreed_shares, share=\[...\]\)"):
        attribute(*facts, split=split_by_agreed_shares)
    even = attribute(*facts, split=partial(split_by_agreed_shares, share=[0.5, 0.5]))
    assert even.deduplicated.tolist() == [50, 50]
