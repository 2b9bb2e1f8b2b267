"""Options in order of what they give for what they cost."""

from itertools import permutations

import numpy as np
import pytest

from careatlas.methods.prioritisation import candidates_for_release, expected_value, fund, funding_share


def test_value_is_benefit_by_patients_by_the_chance_of_success():
    np.testing.assert_allclose(expected_value([0.1, 0.2], [1000, 10], [0.5, 1]), [50, 2])
    assert np.isnan(expected_value(np.nan, 10, 1))
    with pytest.raises(ValueError, match="probability_of_success is above 1 at position 1"):
        expected_value(1, 1, [0.5, 50])


def test_the_best_value_for_money_is_funded_first_until_the_budget_is_spent():
    funding = fund([10, 30, 24], [10, 10, 12], budget=25)
    assert funding.slope.tolist() == [1, 3, 2]
    assert funding.rank.tolist() == [3, 1, 2]
    assert funding.is_funded.tolist() == [False, True, True]
    assert funding.left == 3


def test_an_option_too_dear_is_passed_over_for_the_next_that_fits():
    assert fund([90, 10, 6], [100, 20, 20], budget=30).is_funded.tolist() == [False, True, False]


def test_a_budget_that_just_holds_all_holds_all():
    """.3 less .1 is a little below .2 in a computer, and .7 and .1 a little below .8."""
    funding = fund([1, 1], [0.1, 0.2], budget=0.3)
    assert funding.is_funded.all()
    assert funding.left == 0
    assert candidates_for_release([1, 1, 9], [0.7, 0.1, 0.5], needed=0.8).tolist() == [True, True, False]


def test_a_budget_not_known_funds_nothing_and_leaves_nothing_known():
    funding = fund([1, 2], [1, 1], budget=np.nan)
    assert not funding.is_funded.any()
    assert np.isnan(funding.left)
    share = funding_share(np.ones((2, 2, 3)), [1, 1], budget=[1, np.nan])
    assert np.isnan(share).tolist() == [[False, False], [True, True]]


def test_what_costs_nothing_comes_first_and_its_savings_pay_for_others():
    funding = fund([1, 9, 5], [-20, 0, 20], budget=0)
    assert funding.is_dominant.tolist() == [True, True, False]
    assert funding.rank.tolist() == [2, 1, 3]
    assert funding.is_funded.all()
    assert np.isnan(funding.slope[:2]).all()


def test_a_saving_that_harms_and_a_cost_without_value_are_never_funded():
    funding = fund([-5, 0, -1], [-20, 10, 10], budget=100)
    assert not funding.is_funded.any()
    assert np.isnan(funding.rank).all()


def test_options_of_equal_value_for_money_stay_in_the_order_given():
    assert fund([2, 4, 2], [1, 2, 1], budget=10).rank.tolist() == [1, 2, 3]


def test_an_option_not_known_has_no_rank_and_harms_no_other():
    funding = fund([10, np.nan, 4], [10, 1, np.nan], budget=10)
    assert funding.is_funded.tolist() == [True, False, False]
    np.testing.assert_array_equal(funding.rank, [1, np.nan, np.nan])


def test_many_budgets_in_one_call_equal_one_by_one():
    rng = np.random.default_rng(1)
    value, cost, budget = rng.normal(5, 5, (4, 9)), rng.normal(3, 3, (4, 9)), rng.uniform(0, 20, 4)
    together = fund(value, cost, budget)
    release = candidates_for_release(value, abs(cost), budget)
    for at in range(4):
        for one, both in zip(fund(value[at], cost[at], budget[at]), together, strict=True):
            np.testing.assert_array_equal(one, both[at])
        np.testing.assert_array_equal(
            candidates_for_release(value[at], abs(cost[at]), budget[at]), release[at]
        )
    score = rng.uniform(0, 100, (4, 9, 3))
    share = funding_share(score, abs(cost), budget, draws=50)
    np.testing.assert_allclose(share[2], funding_share(score[2], abs(cost[2]), budget[2], draws=50))


def test_release_takes_the_least_value_for_money_until_enough():
    value, cost = np.array([8.0, 1.0, 6.0, 2.0]), np.array([10.0, 10.0, 10.0, 10.0])
    expected = {5: [1], 10: [1], 11: [1, 3], 25: [1, 2, 3], 99: [0, 1, 2, 3], 0: []}
    for needed, options in expected.items():
        assert np.flatnonzero(candidates_for_release(value, cost, needed)).tolist() == options


def test_what_is_free_or_unknown_releases_nothing():
    assert candidates_for_release([1, 1, np.nan], [0, 5, 5], 100).tolist() == [False, True, False]


def test_the_share_funded_is_the_share_of_weights_under_which_it_is_best():
    """Of two options, 90/10 and 30/40 on two criteria, the first is best while 90 w + 10 (1 - w) is more than
    30 w + 40 (1 - w): w > 1/3. The weight of the first criterion is even between 0 and 1."""
    share = funding_share([[90, 10], [30, 40]], [1, 1], budget=1, draws=20_000)
    np.testing.assert_allclose(share, [2 / 3, 1 / 3], atol=4 * np.sqrt(2 / 9 / 20_000))
    assert share.sum() == 1


def test_the_order_of_the_criteria_does_not_matter_beyond_the_draws():
    score = np.array([[80.0, 20.0, 40.0], [50.0, 50.0, 50.0], [10.0, 90.0, 60.0]])
    shares = [
        funding_share(score[:, list(order)], [1, 1, 1], 1, draws=4000) for order in permutations(range(3))
    ]
    assert np.ptp(shares, axis=0).max() < 0.05


def test_the_same_seed_gives_the_same_and_an_unknown_score_none():
    score = [[80, 20], [20, 80], [np.nan, 5]]
    first, again, other = (funding_share(score, [1, 1, 1], 1, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first[:2] != other[:2]).all()
    assert np.isnan(first[2])


def test_inputs_are_left_as_they_were_and_impossible_ones_refused():
    value, cost = np.array([1.0, 2.0]), np.array([3.0, 1.0])
    fund(value, cost, 2)
    candidates_for_release(value, cost, 2)
    assert value.tolist() == [1, 2]
    assert cost.tolist() == [3, 1]
    with pytest.raises(ValueError, match="budget is below zero"):
        fund(value, cost, -1)
    with pytest.raises(ValueError, match="cost is below zero at position 1"):
        candidates_for_release([1, 1], [1, -1], 1)
    with pytest.raises(ValueError, match="draws must be a whole number of at least 1; it is 0"):
        funding_share([[1, 2], [2, 1]], [1, 1], 1, draws=0)


def test_one_number_is_not_taken_for_that_of_all_options():
    with pytest.raises(
        ValueError, match=r"value is \[2\] and net_cost \[1\]: their last axes must have one length"
    ):
        fund([1, 2], [3], 2)
    with pytest.raises(ValueError, match=r"value must be \[..., option\]; it has 0 axes"):
        fund(1, 3, 2)
    with pytest.raises(ValueError, match=r"cost must be \[..., option\]; it has 0 axes"):
        candidates_for_release([1, 2], 3, 2)
    with pytest.raises(ValueError, match=r"score must be \[..., option, criterion\]; it has 1 axes"):
        funding_share([1, 2], [1, 1], 1)
