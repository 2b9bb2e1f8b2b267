"""What could be gained by doing as well as the best peers, and what chance alone would seem to offer."""

import numpy as np
import pytest

from careatlas.methods.opportunity import (
    RUNGS,
    best_first,
    chance_only,
    ladder,
    opportunity,
    opportunity_of_draws,
    two_figures,
)
from careatlas.methods.peers import peers

NAN = np.nan
LOWER, HIGHER = "lower_is_better", "higher_is_better"


def all_others(areas):
    return np.array([[other for other in range(areas) if other != area] for area in range(areas)])


def country(variation=0.1, areas=40, periods=4, events=300, maps=1, seed=1):
    rng = np.random.default_rng(seed)
    ratio = np.exp(rng.normal(0, variation, (maps, areas, 1)))
    expected = np.full((maps, areas, periods), float(events))
    peers = np.argsort(rng.random((areas, areas)) + 9 * np.eye(areas), axis=1)[:, :10]
    return rng.poisson(expected * ratio).astype(float), expected, peers


def test_an_area_far_above_its_peers_has_the_gap_times_its_events():
    observed = np.array([[3000.0, 3000]] + [[1000, 1000]] * 8)
    found = opportunity(observed, np.full((9, 2), 1000.0), all_others(9), LOWER)
    assert found.median[0] == pytest.approx(2000, rel=0.05)
    assert found.lower[0] < found.median[0] < found.upper[0]
    assert found.is_headline.tolist() == [True] + [False] * 8


def test_the_same_counts_are_an_opportunity_one_way_only():
    observed = np.array([[700.0, 700]] + [[1000, 1000]] * 8)
    expected, peers = np.full((9, 2), 1000.0), all_others(9)
    assert opportunity(observed, expected, peers, HIGHER).is_headline[0]
    assert opportunity(observed, expected, peers, LOWER).probability[0] < 0.01


def test_the_best_are_chosen_on_the_earlier_periods():
    # six areas do well at first and five later, these by more; seen backwards, the five are the example
    early = np.array([1.2] + [0.9] * 6 + [1.1] * 5)
    late = np.array([1.2] + [1.0] * 6 + [0.6] * 5)
    forwards = 1000 * np.stack([early, early, late, late], axis=1)
    expected = np.full((12, 4), 1000.0)
    first, last = (
        opportunity(each, expected, all_others(12), LOWER) for each in (forwards, forwards[:, ::-1])
    )
    assert set(best_first(early, all_others(12), LOWER)[0, :5]) <= {1, 2, 3, 4, 5, 6}
    assert first.median[0] < last.median[0]


def test_equal_areas_have_next_to_nothing_declared():
    observed, expected, peers = country(variation=0, areas=106, maps=15)
    found = opportunity(observed, expected, peers, LOWER, draws=300)
    assert (found.probability >= 0.95).mean() < 0.02
    assert found.is_headline.mean() < 0.01
    assert found.median.sum() / expected[..., -1].sum() < 0.01


def test_areas_equal_to_the_last_digit_have_no_gap_by_rounding():
    draws = np.full((50, 8), 1 / 3)
    found = opportunity_of_draws(draws, np.full(8, 300.0), all_others(8), LOWER)
    assert found.probability.tolist() == [0] * 8


def test_a_few_areas_with_gaps_of_two_standard_errors_are_declared():
    rng = np.random.default_rng(6)
    declared = []
    for _ in range(12):
        ratio = np.exp(rng.normal(0, 0.1, 106))
        peers = np.argsort(rng.random((106, 106)) + 9 * np.eye(106), axis=1)[:, :10]
        expected = np.full((106, 4), 200.0)
        observed = rng.poisson(expected * ratio[:, None]).astype(float)
        for area in range(5):
            five = best_first(observed[:, :2].sum(axis=1), peers, LOWER)[area, :5]
            error = np.sqrt((ratio[five].mean() + ratio[five].mean() / 5) / 200)  # of one period's gap
            observed[area] = rng.poisson(200 * (ratio[five].mean() + 2 * error), 4)
        declared.append(opportunity(observed, expected, peers, LOWER, draws=300).is_headline[:5])
    assert np.mean(declared) >= 0.8


def test_one_period_has_a_size_beside_chance_and_no_evidence():
    observed, expected, peers = country(periods=1)
    found = opportunity(observed, expected, peers, LOWER, draws=200)
    assert np.isnan(found.probability).all()
    assert not found.is_headline.any()
    assert (found.median > 0).any()
    chosen_before = opportunity(*country(periods=2)[:2], peers, LOWER, draws=200)
    assert found.chance_only.mean() > 1.5 * chosen_before.chance_only.mean()


def test_fewer_than_ten_events_or_five_peers_have_none():
    observed, expected, peers = country(areas=20)
    observed[0, 3] = [2, 3, 2, 2]
    expected[0, 3] = 5
    peers[4, 4:] = -1
    observed[0, 5] = NAN
    found = opportunity(observed, expected, peers, LOWER, draws=100)
    for part in found[:-1]:
        assert np.isnan(part[0]).nonzero()[0].tolist() == [3, 4, 5]
    assert not found.is_headline[0, [3, 4, 5]].any()


def test_a_peer_that_later_periods_do_not_know_is_no_peer():
    observed, expected, peers = country(areas=20)
    observed[0, 7, 2:] = NAN
    without = np.where(peers == 7, -1, peers)
    holed = opportunity(observed, expected, peers, LOWER, draws=100)
    left_out = opportunity(observed, expected, without, LOWER, draws=100)
    np.testing.assert_array_equal(holed.median, left_out.median)


def test_a_nation_that_halves_is_no_opportunity():
    observed, expected, peers = country()
    halved = observed * [1, 1, 0.5, 0.5]
    found = opportunity(halved, expected, peers, LOWER, draws=300)
    assert found.median.sum() == pytest.approx(
        opportunity(observed, expected, peers, LOWER, draws=300).median.sum() / 2, rel=0.15
    )


def test_each_rung_by_hand():
    # one draw; peers 1 to 8 are best in that order, with ratios 2 1 4 3 6 5 8 7
    draws = np.array([[9.0, 2, 1, 4, 3, 6, 5, 8, 7]])
    order = np.full((9, 8), -1)
    order[0] = np.arange(1, 9)
    gaps = [opportunity_of_draws(draws, np.ones(9), order, LOWER, rung=rung).median[0] for rung in RUNGS]
    assert gaps == pytest.approx([9 - 4.5, 9 - 4.5, 9 - 3.2, 9 - 1.5, 9 - 2])
    odd = np.where(np.arange(8) < 7, order, -1)
    assert opportunity_of_draws(draws, np.ones(9), odd, LOWER, rung="median").median[0] == 9 - 4


def test_the_ladder_climbs_and_holds_the_best_five():
    observed, expected, peers = country(variation=0.3)
    rungs = ladder(observed, expected, peers, LOWER, draws=100)
    totals = np.nansum(rungs.median, axis=(1, 2))
    assert totals[0] < totals[2] < totals[3]
    np.testing.assert_array_equal(
        rungs.median[RUNGS.index("best_five")],
        opportunity(observed, expected, peers, LOWER, draws=100).median,
    )


def test_chance_alone_offers_what_ordered_normal_draws_say():
    # one period, 106 equal areas of 200 events: RightCare's 6.3 % of activity; chosen before, .4 of an error
    peers = country(areas=106)[2]
    one = chance_only(np.full((106, 1), 200.0), peers, LOWER)
    assert one.mean() / 200 == pytest.approx(0.063, abs=0.002)
    two = chance_only(np.full((106, 2), 200.0), peers, LOWER)
    assert two.mean() == pytest.approx(np.sqrt(240 / (2 * np.pi)), rel=0.05)


def test_draws_by_another_model_are_taken_as_they_are():
    draws = np.random.default_rng(3).gamma(100, 0.01, (500, 12))
    draws[:, 0] += 1
    found = opportunity_of_draws(draws, np.full(12, 50.0), all_others(12), LOWER, chance_only=60)
    assert found.probability[0] == 1
    assert found.median[0] == pytest.approx(50, rel=0.05)
    assert not found.is_headline[0]  # chance alone would give more


def test_one_area_alone_and_areas_never_known_have_none():
    assert np.isnan(opportunity([[50, 60]], [[50, 50]], [[-1] * 10], LOWER).median).all()
    observed, expected, peers = country(areas=12)
    assert np.isnan(opportunity(observed * NAN, expected, peers, LOWER, draws=9).median).all()


def test_no_map_at_all_has_no_opportunity():
    observed, expected, peers = country(maps=2, areas=12)
    assert opportunity(observed[:0], expected[:0], peers, LOWER).median.shape == (0, 12)


def test_ten_million_events_and_counts_that_are_not_whole_are_worked():
    observed, expected, peers = country(events=10_000_000)
    many = opportunity(observed, expected, peers, LOWER, draws=100)
    assert (many.upper - many.lower < 0.01 * expected[..., -1])[many.is_headline].all()
    assert np.isfinite(opportunity(observed / 3e4, expected / 3e4, peers, LOWER, draws=100).median).all()


def test_all_maps_at_once_equal_one_by_one():
    observed, expected, peers = country(maps=3, areas=15)
    observed[1, 2, 3] = NAN
    at_once = opportunity(observed, expected, peers, HIGHER, draws=50)
    for index in range(3):
        alone = opportunity(observed[index], expected[index], peers, HIGHER, draws=50)
        for together, apart in zip(at_once, alone, strict=True):
            np.testing.assert_allclose(together[index], apart, rtol=1e-5)


def test_the_seed_decides_and_what_was_given_is_left_as_it_was():
    observed, expected, peers = country()
    before = observed.copy(), expected.copy(), peers.copy()
    one, again, other = (
        opportunity(observed, expected, peers, LOWER, draws=50, seed=seed).median for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    for kept, given in zip(before, (observed, expected, peers), strict=True):
        np.testing.assert_array_equal(kept, given)


def test_what_cannot_be_is_refused():
    observed, expected, peers = country(areas=12)
    with pytest.raises(ValueError, match="it is 'neither'"):
        opportunity(observed, expected, peers, "neither")
    with pytest.raises(ValueError, match=r"rung must be one of mean, median.*it is 'best'"):
        opportunity(observed, expected, peers, LOWER, rung="best")
    with pytest.raises(
        ValueError, match="peers has a position that none of the 12 areas has at position 0, 0"
    ):
        opportunity(observed, expected, np.full((12, 5), 12), LOWER)
    with pytest.raises(ValueError, match="peers must be whole numbers"):
        opportunity(observed, expected, peers * 1.0, LOWER)
    with pytest.raises(ValueError, match="peers has an area as its own at position 3, 0"):
        opportunity(observed, expected, np.full((12, 5), 3), LOWER)
    with pytest.raises(ValueError, match="peers has an area twice at position 0"):
        opportunity(observed, expected, np.where(np.arange(12)[:, None] == 0, [1, 2, 1, -1, -1], -1), LOWER)
    with pytest.raises(ValueError, match="peers has no place for a peer: -1 stands for none"):
        opportunity(observed, expected, peers[:, :0], LOWER)
    with pytest.raises(ValueError, match="peers must have 12 along its axis area; it has 11"):
        chance_only(expected, peers[:11], LOWER)
    with pytest.raises(ValueError, match="order has an area twice at position 0"):
        opportunity_of_draws(np.ones((3, 12)), expected[0, :, 0], [[1, 1], *[[-1, -1]] * 11], LOWER)


def test_one_number_is_no_country():
    for what, axes, call in (
        ("observed or expected", "area, period", lambda: opportunity(3, 3, [[-1]], LOWER)),
        ("expected", "area, period", lambda: chance_only([3], [[-1]], LOWER)),
        ("draws", "draw, area", lambda: opportunity_of_draws([1], [1], [[-1]], LOWER)),
        ("ratio", "area", lambda: best_first(1, [[-1]], LOWER)),
    ):
        with pytest.raises(ValueError, match=rf"{what} must be \[..., {axes}\]; it has [01] axes"):
            call()
    with pytest.raises(ValueError, match="draws must be a whole number of at least 1; it is 0"):
        opportunity([[3, 3]], [[3, 3]], [[-1]], LOWER, draws=0)


def test_money_has_two_figures():
    found = two_figures([1_284_000, 5_049, 0.0234, -97.6, 0, NAN, 99.6])
    np.testing.assert_array_equal(found, [1_300_000, 5_000, 0.023, -98, 0, NAN, 100])


def test_of_the_whole_answer_of_peers_its_peer_is_meant():
    observed, expected, _ = country()
    found = peers(np.random.default_rng(2).standard_normal((40, 3)))
    with pytest.raises(
        ValueError, match=r"peers must be positions; it is all that methods\.peers gives: take its \.peer"
    ):
        opportunity(observed, expected, found, LOWER)
    assert opportunity(observed, expected, found.peer, LOWER, draws=50).median.shape == (1, 40)
