"""An area beside its peers taken together."""

import pytest

from careatlas.present.beside_peers import beside_peers

SHARE = {"method": "proportion", "multiplier": 100.0, "polarity": "higher_is_better"}
RATE = {"method": "crude_rate", "multiplier": 100.0, "polarity": "neither"}
MEAN = {"method": "mean", "multiplier": 1.0, "polarity": "lower_is_better"}


def share(count, among, status="reported"):
    half = 196 * (count / among * (1 - count / among) / among) ** 0.5
    value = 100 * count / among
    return {
        "count": count, "denominator": among, "value": value, "lower_95": value - half, "upper_95": value + half,
        "status": status,
    }  # fmt: skip


def mean(value, reach):
    return {
        "count": None, "denominator": 50.0, "value": value, "lower_95": value - reach, "upper_95": value + reach,
        "status": "reported",
    }  # fmt: skip


def test_peers_are_summed_and_not_averaged():
    """90 of 100 and 100 of 900 are 190 of 1,000."""
    found = beside_peers(share(300, 1_000), [share(90, 100), share(100, 900)], SHARE)
    assert found["value"] == pytest.approx(19.0)
    assert found["areas"] == 2
    assert found["significance"] == "better"


def test_without_a_better_end_it_is_only_higher_or_lower():
    assert beside_peers(share(300, 1_000), [share(100, 1_000)], RATE)["significance"] == "higher"
    assert beside_peers(share(100, 1_000), [share(300, 1_000)], RATE)["significance"] == "lower"


def test_both_figures_errors_count():
    """50 of 100 (40 to 60) and 62 of 100 (52 to 71): each interval leaves out the other's value, and yet the
    difference of 12 has an error of 1.96 x root(.25 / 100 + .2356 / 100) = 13.7."""
    assert beside_peers(share(50, 100), [share(62, 100)], SHARE)["significance"] == "similar"


def test_figures_that_are_no_quotient_of_counts_are_averaged():
    """20 and 30, each within 4: their mean is 25, within root(16 + 16) / 2 = 2.83."""
    found = beside_peers(mean(40.0, 4.0), [mean(20.0, 4.0), mean(30.0, 4.0)], MEAN)
    assert (found["value"], found["lower_95"]) == pytest.approx((25.0, 25 - 2.828), abs=1e-3)
    assert found["significance"] == "worse"


def test_peers_without_a_full_return_take_no_part():
    absent = {**share(90, 100), "status": "incomplete"}
    assert beside_peers(share(30, 100), [absent, share(31, 100)], SHARE)["areas"] == 1
    assert beside_peers(share(30, 100), [absent], SHARE) is None
    assert beside_peers(absent, [share(30, 100)], SHARE) is None
