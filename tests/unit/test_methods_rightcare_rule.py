"""The packs' rule, kept for comparison: what it counts, and what it makes of chance."""

import numpy as np
import pytest

from careatlas.methods.intervals import count_limits
from careatlas.methods.rightcare_rule import rightcare_rule

NAN = np.nan
RATES = [14.0, 8, 9, 10, 11, 12, 13]
PEERS = np.array([[other for other in range(7) if other != area] for area in range(7)])


def rule(rates=RATES, peers=PEERS, polarity="lower_is_better", reach=3):
    rates = np.array(rates)
    return rightcare_rule(rates, rates - reach, rates + reach, np.full(rates.shape, 100), peers, polarity)


def test_the_benchmark_is_the_mean_of_the_five_best_of_the_peers():
    found = rule()
    assert found.benchmark.tolist() == [10, 11, 10.8, 10.6, 10.4, 10.2, 10]
    assert found.amount[0] == 400
    assert found.is_significant.tolist() == [True] + [False] * 6


def test_where_higher_is_better_the_gap_is_what_is_lacking():
    found = rule(polarity="higher_is_better")
    assert found.benchmark[1] == 12
    assert found.amount[[0, 1]].tolist() == [0, 400]
    assert found.is_significant[1]


def test_below_the_benchmark_there_is_nothing_and_never_less():
    assert (rule().amount >= 0).all()
    assert rule().amount[1] == 0


def test_an_area_or_peer_without_a_rate_is_left_out():
    found = rule([NAN, 8, 9, 10, 11, 12, 13])
    assert np.isnan(found.amount[0])
    assert not found.is_significant[0]
    assert found.benchmark[6] == 10  # 8, 9, 10, 11 and 12
    assert np.isnan(rule([NAN, NAN, 9, 10, 11, 12, 13]).benchmark).tolist() == [False] * 2 + [True] * 5


def test_fewer_than_five_peers_are_no_benchmark():
    assert np.isnan(rule(peers=np.where(np.arange(6) < 4, PEERS, -1)).benchmark).all()
    assert np.isnan(rule(peers=PEERS[:, :4]).benchmark).all()


def test_periods_at_once_equal_one_by_one():
    rates = np.random.default_rng(1).gamma(20, 1, (3, 7))
    at_once = rule(rates)
    for index in range(3):
        for together, alone in zip(at_once, rule(rates[index]), strict=True):
            np.testing.assert_array_equal(together[index], alone)


def test_three_quarters_of_equal_areas_have_an_opportunity_by_it():
    rng = np.random.default_rng(2)
    observed = rng.poisson(50, (200, 106)).astype(float)
    peers = np.argsort(rng.random((106, 106)) + 9 * np.eye(106), axis=1)[:, :10]
    found = rightcare_rule(observed, *count_limits(observed), np.ones(106), peers, "lower_is_better")
    assert found.amount.sum() / observed.sum() == pytest.approx(0.126, abs=0.005)
    assert (found.amount > 0).mean() == pytest.approx(0.75, abs=0.02)


def test_neither_is_no_direction():
    with pytest.raises(
        ValueError, match="polarity must be one of lower_is_better, higher_is_better; it is 'neither'"
    ):
        rule(polarity="neither")


def test_where_nobody_is_counted_there_is_no_amount_and_nothing_is_shown():
    rates = np.array(RATES)
    for people in (0, NAN):
        denominator = np.where(np.arange(7) == 0, people, 100)
        found = rightcare_rule(rates, rates - 3, rates + 3, denominator, PEERS, "lower_is_better")
        assert np.isnan(found.amount[0])
        assert not found.is_significant[0]
        assert found.benchmark[0] == 10


def test_an_interval_on_the_better_side_is_not_shown():
    assert rule(reach=0.1).is_significant.tolist() == [True] + [False] * 3 + [True] * 3


def test_limits_the_wrong_way_round_are_refused():
    with pytest.raises(ValueError, match="lower is above upper at position 0 and 6 more"):
        rule(reach=-3)
