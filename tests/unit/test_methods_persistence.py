"""What stays, what comes and goes, and how long areas stay out by chance."""

import numpy as np
import pytest

from careatlas.methods.persistence import next_deviation, persistence, run_length, score_persistence

NAN = np.nan


def simulated(permanent, come_and_go, maps=1, areas=60, periods=6, events=300, seed=0):
    rng = np.random.default_rng(seed)
    log_ratio = rng.normal(0, permanent**0.5, (maps, areas, 1)) + rng.normal(
        0, come_and_go**0.5, (maps, areas, periods)
    )
    expected = np.full((maps, areas, periods), float(events))
    return rng.poisson(expected * np.exp(log_ratio)).astype(float), expected


def test_a_planted_permanent_share_is_found():
    found = persistence(*simulated(0.01, 0.005, maps=12))
    assert found.permanent_share.mean() == pytest.approx(2 / 3, abs=0.06)
    assert found.permanent.mean() == pytest.approx(0.01, rel=0.15)
    assert found.come_and_go.mean() == pytest.approx(0.005, rel=0.25)
    assert ((found.lower < 2 / 3) & (found.upper > 2 / 3)).sum() >= 9


def test_what_changes_hands_every_year_is_not_permanent():
    found = persistence(*simulated(0, 0.02))
    assert found.permanent_share[0] < 0.1
    assert found.lower[0] == 0
    assert (np.abs(found.next_deviation) < 0.1 * np.abs(found.deviation)).all()


def test_areas_alike_have_nothing_to_be_permanent():
    found = persistence([[100] * 4] * 5, [[100] * 4] * 5)
    assert np.isnan(found.permanent_share)
    assert (found.lower, found.upper, found.permanent) == (0, 1, 0)


def test_three_periods_or_two_areas_say_nothing():
    for shape in ((20, 3), (2, 6), (1, 6)):
        found = persistence(np.full(shape, 50.0), np.full(shape, 60.0))
        assert np.isnan(np.array(found[:6])).all()
        assert np.isnan(found.deviation).all()


def test_a_drift_is_not_taken_for_permanence():
    rng = np.random.default_rng(2)
    drift = rng.normal(0, 0.1, (80, 1)) * (np.arange(7) - 3)
    observed = rng.poisson(500 * np.exp(drift)).astype(float)
    found = persistence(observed, np.full((80, 7), 500.0))
    assert found.permanent_share < 0.05
    assert found.drift == pytest.approx(0.01, rel=0.4)


def test_a_missing_year_is_missing_in_its_own_place_only():
    observed, expected = simulated(0.01, 0.002)
    observed[0, 5, 2] = NAN
    expected[0, 6, 3] = 0
    observed[0, 6, 3] = 0
    found = persistence(observed, expected)
    assert np.argwhere(np.isnan(found.deviation)).tolist() == [[0, 5, 2], [0, 6, 3]]
    assert np.isnan(found.next_deviation).sum() == 2
    assert 0 < found.permanent_share[0] <= 1


def test_a_year_without_events_is_a_year_and_not_a_gap():
    observed, expected = simulated(0.05, 0.02, events=4)
    assert (observed == 0).any()
    assert np.isfinite(persistence(observed, expected).deviation).all()


def test_ten_million_events_and_counts_that_are_not_whole_are_worked():
    observed, expected = simulated(0.01, 0.0, events=10_000_000)
    assert persistence(observed, expected).permanent_share[0] > 0.99
    halves = persistence(observed / 4e4 + 0.5, expected / 4e4)
    assert np.isfinite(halves.permanent_share).all()


def test_all_maps_at_once_equal_one_by_one():
    observed, expected = simulated(0.01, 0.01, maps=4, areas=25, periods=5)
    observed[2, 4, 1] = NAN
    at_once = persistence(observed, expected)
    runs = run_length(at_once, replicates=50)
    for index in range(4):
        alone = persistence(observed[index], expected[index])
        for together, apart in zip(at_once, alone, strict=True):
            np.testing.assert_allclose(together[index], apart, rtol=1e-9, atol=1e-12)
        by_itself = run_length(alone, replicates=50)
        np.testing.assert_array_equal(runs.p[index], by_itself.p)
        np.testing.assert_array_equal(runs.longest[index], by_itself.longest)


def test_more_confidence_reaches_further():
    observed, expected = simulated(0.01, 0.01)
    narrow, wide = persistence(observed, expected), persistence(observed, expected, 0.99)
    assert wide.lower < narrow.lower < narrow.upper < wide.upper


def test_other_scores_are_held_against_their_own_chance():
    share = np.random.default_rng(5).normal([[0.5]] * 40, 0.05, (40, 1)) + np.zeros((40, 5))
    found = score_persistence(np.arcsin(np.sqrt(share)), np.full((40, 5), 1 / 4000))
    assert found.permanent_share == pytest.approx(1)


def test_the_limit_is_a_fall_of_the_likelihood_by_1_92():
    from careatlas.methods.restricted_likelihood import restricted_likelihood

    observed, expected = simulated(0.01, 0.01, seed=4)
    found = persistence(observed, expected)
    score, chance = np.log((observed + 0.5) / (expected + 0.5)), 1 / expected
    step = np.arange(6) - 2.5
    ones, drift, new = np.ones((6, 6)), np.outer(step, step), np.eye(6)
    most = restricted_likelihood(score, chance, np.stack([ones, drift, new])).log_likelihood
    p = found.upper[0]
    forms = p * ones + (1 - p) * np.stack([drift / (step**2).mean(), new])
    fallen = most - restricted_likelihood(score, chance, forms).log_likelihood
    assert fallen == pytest.approx(1.9207, abs=0.02)


def test_half_of_a_deviation_is_expected_again_where_chance_equals_permanence():
    assert next_deviation([0.2, NAN], 0.01, 0.01)[0] == pytest.approx(0.1)
    assert np.isnan(next_deviation([0.2, NAN], 0.01, 0.01)[1])
    assert np.isnan(next_deviation(0.0, 0.0, 0.0))


def test_the_next_deviation_is_right_on_average_also_with_a_drift():
    rng = np.random.default_rng(8)
    step = np.arange(6) - 2.5
    u, d = rng.normal(0, 0.1, (200_000, 1)), rng.normal(0, 0.05, (200_000, 1))
    score = u + d * step + rng.normal(0, 0.08, (200_000, 6))
    far_out = score[:, 4] > 0.2
    expected = next_deviation(score[far_out, 4], 0.0014, 0.01, 0.0025, 0.005, step[4])
    assert expected.mean() == pytest.approx(score[far_out, 5].mean(), rel=0.02)


def test_a_run_is_on_one_side_and_a_gap_ends_it():
    deviation = np.array([[1, 1, 1, -1, -1, 1], [1, 1, NAN, 1, 1, 1], [0, 0, 0, 0, 0, 0], [NAN] * 6])
    base = persistence(np.full((4, 6), 100.0), np.full((4, 6), 100.0))
    found = base._replace(deviation=deviation, chance=np.where(np.isnan(deviation), NAN, 0.01))
    np.testing.assert_array_equal(run_length(found, replicates=9).longest, [3, 3, 0, NAN])


def test_an_area_always_far_out_is_persistent_and_ordinary_ones_are_not():
    observed, expected = simulated(0, 0.002, areas=60, seed=3)
    observed[0, 0] = np.round(observed[0, 0] * 1.5)
    runs = run_length(persistence(observed, expected))
    assert runs.longest[0, 0] == 6
    assert runs.q[0, 0] < 0.1
    assert (runs.q[0, 1:] < 0.1).sum() <= 1


def test_without_permanent_differences_few_areas_look_persistent():
    runs = run_length(persistence(*simulated(0, 0.005, maps=10)), replicates=199)
    assert (runs.p <= 0.05).mean() <= 0.05


def test_the_same_seed_gives_the_same_answer_and_another_seed_another():
    found = persistence(*simulated(0.001, 0.004))
    one, again, other = (run_length(found, 1.0, 99, seed).p for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_percentages_and_counts_below_zero_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        persistence([[1] * 4] * 3, [[1] * 4] * 3, 95)
    with pytest.raises(ValueError, match="observed is below zero at position 1, 0"):
        persistence([[1] * 4, [-1] * 4], [[1] * 4] * 2)


def test_one_series_is_no_map():
    for method, name in ((persistence, "observed or expected"), (score_persistence, "score")):
        for axes, one in ((0, 3.0), (1, [3.0] * 4)):
            with pytest.raises(
                ValueError, match=rf"{name} must be \[..., area, period\]; it has {axes} axes"
            ):
                method(one, one)
    found = persistence([[800] * 4, [1000] * 4, [1200] * 4], [[1000] * 4] * 3)
    with pytest.raises(ValueError, match="replicates must be a whole number of at least 1; it is 0"):
        run_length(found, replicates=0)
