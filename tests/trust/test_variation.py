"""Indices of variation on maps of pure chance, and limits that hold the truth."""

import numpy as np
import pytest

from careatlas.methods import overdispersion, variation
from careatlas.methods.negative_binomial import negative_binomial, variance_limits
from careatlas.methods.nested_variation import nested_variation

AREAS = 106
MAPS = 20_000


def simulated(rng, maps, expected, variance):
    truth = rng.gamma(1 / variance, variance, (maps, len(expected))) if variance else 1.0
    return rng.poisson(expected * truth, (maps, len(expected))).astype(float)


# mean events, max/min, 5 and 7 left out at each end, 95 % over 5 %, systematic component x 100: METHODS 18,
# printed to .01 from simulations of its own
@pytest.mark.parametrize(
    "row",
    [
        (50, 2.09, 1.60, 1.53, 1.59, 0.03),
        (200, 1.43, 1.26, 1.23, 1.26, 0.00),
        (1000, 1.17, 1.11, 1.10, 1.11, 0.00),
    ],
    ids=lambda row: f"{row[0]} events",
)
def test_the_folds_of_pure_chance_are_the_tabulated_ones(measured, row):
    mean_events, *tabulated = row
    observed = simulated(np.random.default_rng(mean_events), MAPS, np.full(AREAS, float(mean_events)), 0)
    found = variation.indices(observed, np.ones(AREAS))
    figures = [
        found.max_min.mean(),
        variation.fold(observed, 5).mean(),
        variation.fold(observed, 7).mean(),
        found.fold_5_95.mean(),
        100 * found.scv.mean(),
    ]
    measured(
        f"pure chance, 106 areas, {mean_events} events: max/min, 5 cut, 7 cut, EQ95/5, SCV x 100",
        ", ".join(f"{figure:.3f}" for figure in figures),
        ", ".join(f"{figure:.2f}" for figure in tabulated),
    )
    np.testing.assert_allclose(figures[:4], tabulated[:4], atol=0.015)
    assert figures[4] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("sizes", ["alike", "from 20 to 5,000"])
def test_maps_of_pure_chance_hold_no_variance(measured, sizes):
    expected = np.full(AREAS, 200.0) if sizes == "alike" else np.geomspace(20, 5000, AREAS)
    observed = simulated(np.random.default_rng(41), 4000, expected, 0)
    found = variation.indices(observed, expected)
    tau2 = overdispersion.rate_overdispersion(observed, np.broadcast_to(expected, observed.shape)).tau2
    rejected = (negative_binomial(observed, expected).p < 0.05).mean()
    measured(
        f"pure chance, sizes {sizes}: SCV, variance, tau2, called significant",
        f"{found.scv.mean():.5f}, {found.variance.mean():.5f}, {tau2.mean():.5f}, {rejected:.1%}",
        "0, 0, 0, <= 5 %",
    )
    assert abs(found.scv.mean()) <= 3 * found.scv.std() / np.sqrt(len(observed)) + 1 / expected.sum()
    assert found.variance.mean() < 0.1 * (1 / expected).mean()
    assert tau2.mean() < 0.1 * (1 / (4 * expected)).mean()
    assert rejected <= 0.05 + 3 * np.sqrt(0.0475 / len(observed))


@pytest.mark.parametrize("areas", [42, 106])
@pytest.mark.parametrize("variance", [0.0025, 0.01, 0.04])
def test_limits_of_the_variance_hold_the_truth(measured, areas, variance):
    expected = 200 * np.exp(np.random.default_rng(42).normal(-0.125, 0.5, areas))
    observed = simulated(np.random.default_rng(43), 3000, expected, variance)
    lower, upper = variance_limits(observed, expected)
    covered = ((lower <= variance) & (upper >= variance)).mean()
    fitted = negative_binomial(observed, expected).variance.mean()
    measured(
        f"95 % limits of the variance {variance}, {areas} areas, and its mean estimate",
        f"{covered:.1%}, {fitted:.5f}",
        "94-95 %",
    )
    error = 3 * np.sqrt(0.0475 / len(observed))
    assert 0.94 - error <= covered <= 0.95 + error
    assert fitted == pytest.approx(variance, rel=0.15)


@pytest.mark.parametrize("variance", [0.01, 0.04])
@pytest.mark.parametrize(("times", "low", "high"), [(30, 0.89, 0.91), (100, 0.71, 0.80)])
def test_one_area_far_larger_than_the_rest_takes_cover_from_the_limits(measured, times, low, high, variance):
    expected = np.full(42, 100.0)
    expected[0] *= times
    lower, upper = variance_limits(simulated(np.random.default_rng(48), 3000, expected, variance), expected)
    covered = ((lower <= variance) & (upper >= variance)).mean()
    measured(
        f"95 % limits of the variance {variance}, one area with {expected[0] / expected.sum():.0%} of events",
        f"{covered:.1%}",
        f"{low:.0%}-{high:.0%} as stated",
    )
    assert low - 0.015 <= covered <= high + 0.015


@pytest.mark.parametrize("areas", [42, 106])
@pytest.mark.parametrize("variance", [0.0025, 0.01, 0.04])
def test_limits_of_the_systematic_component_hold_the_truth(measured, areas, variance):
    expected = 200 * np.exp(np.random.default_rng(44).normal(-0.125, 0.5, areas))
    observed = simulated(np.random.default_rng(45), 1500, expected, variance)
    limits = variation.limits(observed, expected, replicates=300)
    covered = ((limits.lower.scv <= variance) & (limits.upper.scv >= variance)).mean()
    measured(f"95 % limits of the SCV {variance}, {areas} areas", f"{covered:.1%}", "91-99 %")
    assert 0.91 - 3 * np.sqrt(0.0819 / len(observed)) <= covered <= 0.99 + 3 * np.sqrt(0.0099 / len(observed))


def test_p_of_pure_chance_keeps_its_word(measured):
    expected = np.geomspace(20, 400, 60)
    observed = simulated(np.random.default_rng(46), 800, expected, 0)
    p = variation.chance_only(observed, expected, replicates=199).p
    called = {name: float((value <= 0.05).mean()) for name, value in p._asdict().items()}
    measured(
        "maps of pure chance called above chance, by index", f"at most {max(called.values()):.1%}", "<= 5 %"
    )
    assert max(called.values()) <= 0.05 + 3 * np.sqrt(0.0475 / len(observed))


@pytest.mark.parametrize(("between", "within"), [(0.01, 0.01), (0.02, 0.005), (0.002, 0.02), (0.0, 0.02)])
def test_the_share_between_larger_units_is_found_and_its_limits_hold_it(measured, between, within):
    rng, maps = np.random.default_rng(47), 1200
    unit = rng.permutation(np.arange(AREAS) % 42)
    expected = 200 * np.exp(rng.normal(-0.125, 0.5, AREAS))
    units = rng.normal(-between / 2, np.sqrt(between), (maps, 42))[:, unit]
    areas = rng.normal(-within / 2, np.sqrt(within), (maps, AREAS))
    found = nested_variation(rng.poisson(expected * np.exp(units + areas)), expected, unit, replicates=300)
    truth = between / (between + within)
    covered = ((found.lower <= truth) & (found.upper >= truth)).mean()
    measured(
        f"share between 42 units of 106 areas, truth {truth:.2f}: mean, cover of 95 % limits, width",
        f"{found.share.mean():.2f}, {covered:.1%}, {(found.upper - found.lower).mean():.2f}",
        ">= 95 %",
    )
    assert covered >= 0.95 - 3 * np.sqrt(0.0475 / maps)
    assert found.between.mean() == pytest.approx(between, abs=0.0012)
    assert found.within.mean() == pytest.approx(within, abs=0.0012)
