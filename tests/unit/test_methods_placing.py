"""Places: ranks with limits by chance and by what comes and goes, halves that never contradict a pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careatlas import methods
from careatlas.methods import ranking
from careatlas.methods.persistence import score_persistence
from careatlas.methods.placing import placing, scores_by_method
from careatlas.methods.ranking import Scores
from careatlas.methods.waterfall import come_and_go

NAN = np.nan


def scores(value, chance=1.0, between=0.0):
    return Scores(np.array(value, float), np.array(value, float), np.asarray(chance), np.asarray(between))


def months(areas=40, periods=12, events=4000, swing=0.1, seed=0):
    """Counts of areas that differ for good by a tenth and come and go by ``swing``, and people enough for them."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 0.1, areas) + rng.normal(0, swing, (periods, areas))
    return rng.poisson(events * np.exp(truth)).astype(float), np.full((periods, areas), float(events))


def test_areas_are_put_in_the_half_that_their_limits_lie_in():
    # errors of a difference: 1.41; four others to be compared with: beyond 2.50 x 1.41 = 3.53
    found = placing(scores([[9, 8.9, 5, 1, 0.9]]))
    assert found.rank[0].tolist() == [1, 2, 3, 4, 5]
    assert found.lower[0].tolist() == [1, 1, 3, 4, 4]
    assert found.upper[0].tolist() == [2, 2, 3, 5, 5]
    assert found.group[0].tolist() == ["higher_half"] * 2 + ["neither_half"] + ["lower_half"] * 2


def test_the_middle_one_of_an_odd_number_is_in_nneither_half():
    assert placing(scores([[20, 10, 0]])).group[0].tolist() == ["higher_half", "neither_half", "lower_half"]


def test_under_a_tenth_of_pairs_apart_nobody_has_a_rank_and_all_are_one_group():
    found = placing(scores([[0, *[4] * 8, 8]], chance=2.0))  # one of 45 pairs is apart
    assert np.isnan([found.rank, found.lower, found.upper]).all()
    assert set(found.group[0]) == {"not_apart"}
    assert found.compared_areas == 10


def test_an_area_without_a_value_has_no_group_and_is_not_counted():
    found = placing(scores([[20, NAN, 0]]))
    assert found.group[0].tolist() == ["higher_half", "", "lower_half"]
    assert found.compared_areas == 2


def test_one_area_alone_is_apart_from_nobody():
    assert placing(scores([[5.0]])).group[0].tolist() == ["not_apart"]


lists = st.lists(
    st.tuples(st.floats(-20, 20), st.floats(0.01, 9)), min_size=2, max_size=14, unique_by=lambda pair: pair[0]
)


@settings(max_examples=120, deadline=None)
@given(lists)
def test_no_group_contradicts_a_pair(drawn):
    value, chance = np.array(drawn).T
    given_scores = scores([value], chance)
    found, alone = placing(given_scores), scores(value, chance, np.zeros(len(value)))
    group, areas = found.group[0], len(value)
    pairs = [~ranking.not_apart_from(alone, area) for area in range(areas)]
    if "not_apart" in group:
        assert set(group) == {"not_apart"}
        assert sum(map(sum, pairs)) / 2 < 0.1 * areas * (areas - 1) / 2
        return
    for area in np.flatnonzero(group == "higher_half"):
        assert all(pairs[area][group == "lower_half"])  # not apart: never in opposite halves
        assert (value[area] > value[group == "lower_half"]).all()
        assert (pairs[area] & (value < value[area])).sum() >= areas - areas // 2
    for area in np.flatnonzero(group == "lower_half"):
        assert (pairs[area] & (value > value[area])).sum() >= areas - areas // 2
    for area in np.flatnonzero(group == "neither_half"):
        above, below = (
            (pairs[area] & (value > value[area])).sum(),
            (pairs[area] & (value < value[area])).sum(),
        )
        assert below < areas - areas // 2
        assert above < areas - areas // 2


def test_with_twelve_periods_what_comes_and_goes_counts_as_chance():
    count, people = months()
    by_period = ranking.rate_scores(count, people)
    found = placing(by_period)
    assert found.come_and_go == pytest.approx(0.01, rel=0.2)  # planted: a tenth, squared
    np.testing.assert_allclose(found.scores.chance, by_period.chance + found.come_and_go)
    np.testing.assert_allclose(
        found.scores.between, np.maximum(by_period.between - found.come_and_go, 0) + 0 * count
    )
    pure = ranking.chance_alone(by_period)
    assert (found.compared_areas == pure.ranked_areas).all()
    assert np.nanmean(pure.separable_share) > 0.5
    held = ranking.chance_alone(found.scores)
    assert np.nanmean(held.separable_share) < 0.2


def test_with_eleven_periods_or_two_areas_it_is_not_known_and_taken_for_none():
    for few in (months(periods=11), months(areas=2)):
        by_period = ranking.rate_scores(*few)
        found = placing(by_period)
        assert np.isnan(found.come_and_go)
        np.testing.assert_array_equal(found.scores.chance, by_period.chance)


def test_what_comes_and_goes_is_what_two_other_methods_find():
    count, people = months(areas=100, periods=24)
    found = placing(ranking.rate_scores(count, people)).come_and_go
    assert found == pytest.approx(come_and_go(count.T, people.T), rel=0.05)
    share = ranking.proportion_scores(count / 2, people)
    alike = score_persistence(share.score.T, share.chance.T).come_and_go
    assert placing(share).come_and_go == pytest.approx(float(alike), rel=1e-3)


def test_a_value_known_without_error_is_left_out_of_what_comes_and_goes():
    value = np.random.default_rng(1).normal(0, 1, (12, 5))
    chance = np.full((12, 5), 0.1)
    with_certain = chance.copy()
    with_certain[3, 2] = 0.0
    hidden = np.where(with_certain == 0, NAN, value)
    found, expected = (
        placing(scores(value, with_certain)),
        placing(Scores(hidden, hidden, chance, np.zeros(1))),
    )
    assert found.come_and_go == pytest.approx(float(expected.come_and_go))
    assert found.compared_areas[3] == 5


def test_each_method_is_scored_on_the_scale_that_suits_it():
    value, lower, upper = [90.0, 50.0, 70.0], [80.0, 40.0, 60.0], [95.0, 60.0, 80.0]
    count, denominator = [9.0, 50.0, 700.0], [10.0, 100.0, 1000.0]
    for method, alike in (
        ("proportion", ranking.proportion_scores(count, denominator)),
        ("crude_rate", ranking.rate_scores(count, denominator)),
        ("need_weighted_rate", ranking.rate_scores(count, denominator)),
        ("mean", ranking.estimate_scores(value, lower, upper)),
        ("directly_standardised_rate", ranking.estimate_scores(value, lower, upper)),
    ):
        found = scores_by_method(method, value, lower, upper, count, denominator)
        for one, other in zip(found, alike, strict=True):
            np.testing.assert_array_equal(one, other)


def test_every_method_that_an_indicator_may_name_is_scored_and_no_other():
    given_numbers = [3.0, 9.0], [2, 8], [4, 10], [30, 90], [100, 100]
    for method in methods.estimators():
        found = scores_by_method(method, *given_numbers)
        assert found.value[0] < found.value[1]
    with pytest.raises(ValueError, match=r"method must be one of crude_rate, .*; it is 'proportoin'"):
        scores_by_method("proportoin", *given_numbers)


def test_a_list_without_periods_is_refused():
    with pytest.raises(ValueError, match=r"scores must be \[..., period, area\]"):
        placing(scores([1, 2, 3]))
