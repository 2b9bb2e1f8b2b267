"""Ranks: 1 is the highest, the unknown have none, and limits are honest."""

import numpy as np
import pytest

from careatlas.methods import ranking

NAN = np.nan


def test_rank_1_is_the_highest_value():
    assert ranking.rank_rates([10, 30, 20], [100, 100, 100]).rank.tolist() == [3, 1, 2]


def test_areas_without_a_value_have_no_rank_and_are_not_counted():
    found = ranking.rank_rates([10, NAN, 20, 5], [100, 100, 100, 0])
    np.testing.assert_array_equal(found.rank, [2, NAN, 1, NAN])
    assert np.isnan(found.lower).tolist() == [False, True, False, True]
    assert found.ranked_areas == 2


def test_ties_share_the_middle_rank():
    assert ranking.rank_rates([20, 20, 20, 30], [100] * 4).rank.tolist() == [3, 3, 3, 1]


def test_areas_without_events_share_the_last_rank():
    assert ranking.rank_rates([0, 0, 9], [100, 300, 100]).rank.tolist() == [2.5, 2.5, 1]
    assert ranking.rank_rates([0, 0], [100, 300]).rank.tolist() == [1.5, 1.5]


def test_one_area_ranks_first_of_one_and_has_no_pair():
    found = ranking.rank_rates([5], [100])
    assert (found.rank, found.lower, found.upper) == (1, 1, 1)
    assert np.isnan(found.separable_share)


def test_no_area_at_all_has_no_rank():
    found = ranking.rank_rates([NAN, NAN], [100, 100])
    assert np.isnan(found.rank).all()
    assert found.ranked_areas == 0


def test_areas_far_apart_are_separable_and_areas_alike_are_not():
    # log scores with error .01 of 1,000 events each side: ten times as many is beyond any doubt
    score = np.log([10_000, 1000, 1001])
    found = ranking.ranks([100, 10, 10.01], score, [0.0001, 0.001, 0.001])
    assert found.rank.tolist() == [1, 3, 2]
    assert found.lower.tolist() == [1, 2, 2]
    assert found.upper.tolist() == [1, 3, 3]
    assert found.separable_share == pytest.approx(2 / 3)


def test_the_rank_lies_between_its_limits_and_the_limits_in_the_list():
    rng = np.random.default_rng(3)
    count, people = rng.poisson(40, (4, 30)).astype(float), rng.uniform(500, 900, (4, 30))
    found = ranking.rank_rates(count, people)
    assert (found.lower >= 1).all()
    assert (found.lower <= found.rank).all()
    assert (found.rank <= found.upper).all()
    assert (found.upper <= 30).all()


def test_people_and_expected_events_give_the_same_ranks():
    count, people = np.array([30.0, 45, 80, 20]), np.array([1000.0, 1200, 1500, 900])
    by_people, by_expected = ranking.rank_rates(count, people), ranking.rank_rates(count, people * 0.037)
    for one, other in zip(by_people, by_expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_many_periods_at_once_equal_one_by_one():
    rng = np.random.default_rng(8)
    count, people = rng.poisson(200, (3, 25)).astype(float), np.full((3, 25), 1000.0)
    count[1, 4] = NAN
    at_once = ranking.rank_rates(count, people)
    for period in range(3):
        alone = ranking.rank_rates(count[period], people[period])
        for together, apart in zip(at_once, alone, strict=True):
            np.testing.assert_array_equal(together[period], apart)


def test_proportions_and_estimates_rank_by_their_value():
    assert ranking.rank_proportions([0, 10, 5, NAN], [10, 10, 10, 10]).rank[:3].tolist() == [3, 1, 2]
    found = ranking.rank_estimates([5, NAN, -2], [4, 1, -3], [6, 2, -1])
    np.testing.assert_array_equal(found.rank, [1, NAN, 2])


def test_two_and_a_half_errors_apart_is_enough_for_one_comparison_and_not_for_a_hundred():
    apart = 2.5 * np.sqrt(2)
    assert ranking.ranks([2, 1], [apart, 0], [1, 1]).upper.tolist() == [1, 2]
    among_a_hundred = ranking.ranks([2] + [1] * 99, [apart] + [0] * 99, [1] * 100)
    assert among_a_hundred.upper[0] == 100


def test_evenly_spread_areas_are_not_told_apart_however_many_their_events():
    # ratios .7 to 1.3: their logarithms vary by .18, and 3.2 x root 2 x .18 is more than ln 1.3/.7
    count = 1_000_000 * np.linspace(0.7, 1.3, 40)
    assert ranking.rank_rates(count, np.full(40, 1_000_000.0)).separable_share == 0


def test_one_number_is_no_list_to_be_ranked():
    for rank, given in (
        (ranking.rank_rates, (3, 10)),
        (ranking.rank_proportions, (3, 10)),
        (ranking.rank_estimates, (3, 2, 4)),
        (ranking.ranks, (3, 3, 1)),
    ):
        with pytest.raises(ValueError, match=r"must be \[..., area\]; it has 0 axes"):
            rank(*given)


def test_allowing_for_differences_between_areas_separates_fewer_pairs_than_chance_alone():
    count = np.random.default_rng(6).poisson(500 * np.linspace(0.7, 1.3, 40)).astype(float)
    by_chance_alone = ranking.ranks(count / 500, np.log((count + 0.5) / 500), 1 / (count + 0.5))
    assert ranking.rank_rates(count, np.full(40, 500.0)).separable_share < by_chance_alone.separable_share


@pytest.mark.parametrize("variation", [0.02, 0.05, 0.2])
def test_limits_hold_the_true_rank_95_times_in_100(variation):
    rng, maps, areas = np.random.default_rng(9), 200, 50
    shape = 1 / variation**2
    truth = rng.gamma(shape, 1 / shape, (maps, areas))
    count = rng.poisson(200 * truth).astype(float)
    true_rank = 1 + (truth[:, None, :] > truth[:, :, None]).sum(axis=-1)
    found = ranking.ranks(count, np.log((count + 0.5) / 200), 1 / (count + 0.5))
    assert ((found.lower <= true_rank) & (true_rank <= found.upper)).mean() >= 0.95


def test_limits_the_wrong_way_round_and_areas_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match="lower is above upper at position 1"):
        ranking.rank_estimates([1, 2], [0, 3], [2, 1])
    with pytest.raises(ValueError, match="upper is infinite at position 0"):
        ranking.rank_estimates([1, 2], [0, 1], [np.inf, 3])
    for area in (-1, 3):
        with pytest.raises(ValueError, match=f"area must be one of 0 to 2; it is {area}"):
            ranking.not_apart_from(ranking.rate_scores([1, 2, 3], [1, 1, 1]), area)


def test_what_was_given_is_left_as_it_was():
    count, people = np.array([3.0, NAN, 5.0]), np.array([10.0, 10.0, NAN])
    ranking.rank_rates(count, people)
    np.testing.assert_array_equal(count, [3, NAN, 5])
    np.testing.assert_array_equal(people, [10, 10, NAN])


def test_chance_alone_is_ranks_by_the_variance_of_counts():
    count = np.random.default_rng(6).poisson(500 * np.linspace(0.7, 1.3, 40)).astype(float)
    found = ranking.chance_alone(ranking.rate_scores(count, np.full(40, 500.0)))
    by_hand = ranking.ranks(count / 500, np.log((count + 0.5) / 500), 1 / (count + 0.5))
    np.testing.assert_array_equal(found.lower, by_hand.lower)
    assert found.separable_share == by_hand.separable_share > 0.3


def test_too_few_pairs_apart_and_no_pair_at_all_are_withheld():
    one_of_45_pairs = ranking.ranks(range(10), [0, *[4] * 8, 8], [2] * 10)
    assert one_of_45_pairs.separable_share == pytest.approx(1 / 45)
    assert ranking.standing(one_of_45_pairs).is_withheld
    assert not ranking.standing(one_of_45_pairs, fewest_pairs_apart=0.01).is_withheld
    assert ranking.standing(ranking.rank_rates([5], [100])).is_withheld
    assert ranking.standing(ranking.rank_rates([NAN], [100])).is_withheld


def test_who_could_be_first_or_last_and_who_is_apart_from_anyone():
    # 0 1 2 with errors .2: all apart; 50 and 50.1 are not told apart from each other, and the unknown is nothing
    found = ranking.ranks([0, 1, 2, 50, 50.1, NAN], [0, 1, 2, 50, 50.1, 0], [0.02] * 6)
    parts = ranking.standing(found)
    assert parts.could_be_first.tolist() == [False, False, False, True, True, False]
    assert parts.could_be_last.tolist() == [True, False, False, False, False, False]
    assert parts.is_apart.tolist() == [True, True, True, True, True, False]
    assert not parts.is_withheld


def test_the_areas_that_cannot_be_separated_from_one_are_named():
    score = np.array([0, 1, 50, 50.1, NAN])
    scores = ranking.Scores(score, score, np.full(5, 0.02), np.zeros(5))
    assert ranking.not_apart_from(scores, 2).tolist() == [False, False, True, True, False]
    assert ranking.not_apart_from(scores, 0).tolist() == [True, False, False, False, False]
    assert not ranking.not_apart_from(scores, 4).any()
    found = ranking.chance_alone(scores)
    for area in range(4):
        assert ranking.not_apart_from(scores, area).sum() == found.upper[area] - found.lower[area] + 1
