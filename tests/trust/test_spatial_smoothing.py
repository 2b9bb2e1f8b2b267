"""BYM2: how often its limits hold on maps that are as the model says, and what the corrected mean is for.

The map: 106 areas, each linked to the nearest about it, one an island. Events expected vary sevenfold.
"""

import numpy as np
import pytest
from scipy.spatial import Delaunay

from careatlas.methods import _bym2, _bym2_prior
from careatlas.methods.spatial_smoothing import spatial_smoothing

AREAS, MAPS, ISLAND = 106, 100, 5
COMMON, RARE = 200, 5


def country():
    random = np.random.default_rng(20250401)
    corners = Delaunay(random.random((AREAS, 2))).simplices
    adjacency = np.zeros((AREAS, AREAS), dtype=bool)
    for first, second in ((0, 1), (1, 2), (2, 0)):
        adjacency[corners[:, first], corners[:, second]] = True
    adjacency |= adjacency.T
    adjacency[ISLAND] = adjacency[:, ISLAND] = False
    return adjacency, _bym2_prior.neighbourhood(adjacency)


ADJACENCY, AROUND = country()


def simulated(expected, sigma, rho, seed):
    """Expected events, true ln risks and counts of many maps."""
    random = np.random.default_rng(seed)
    expected = expected * np.exp(random.uniform(-1, 1, (MAPS, AREAS)))
    spread = sigma * np.sqrt(rho * AROUND.values + 1 - rho)
    log_risk = (random.standard_normal((MAPS, AREAS)) * spread) @ AROUND.vectors.T
    return expected, log_risk, random.poisson(expected * np.exp(log_risk))


def error_of_mean(by_map):
    return by_map.std() / np.sqrt(len(by_map))


@pytest.mark.parametrize("rho", [0.2, 0.8])
@pytest.mark.parametrize("expected", [RARE, COMMON])
def test_limits_of_risks_hold_as_often_as_they_say(measured, expected, rho):
    events, log_risk, observed = simulated(expected, 0.3, rho, seed=20250402)
    ours = spatial_smoothing(observed, events, ADJACENCY)
    holds = (np.log(ours.lower) <= log_risk) & (log_risk <= np.log(ours.upper))
    by_map = holds.mean(axis=1)
    what = f"BYM2, 95 % limits, about {expected} events, sigma .3, rho {rho}"
    measured(what, f"{by_map.mean():.1%} of areas, {holds[:, ISLAND].mean():.0%} of islands", "93-97 %")
    assert 0.93 - 3 * error_of_mean(by_map) <= by_map.mean() <= 0.97 + 3 * error_of_mean(by_map)
    assert abs(holds[:, ISLAND].mean() - 0.95) <= 0.02 + 3 * np.sqrt(0.95 * 0.05 / MAPS)
    assert not ours.is_grid_cut.any()

    truths = {
        "sigma": 0.3,
        "rho": rho,
        "spatial_variance": 0.09 * rho * AROUND.spatial.mean(),
        "unexplained_variance": 0.09 * (1 - rho * (AREAS - 1) / AREAS),
    }
    for name, truth in truths.items():
        median, lower, upper = getattr(ours, name)
        held = ((lower <= truth) & (truth <= upper)).mean()
        figure = f"{held:.0%}, median {np.mean(median):.3f} of {truth:.3f}"
        measured(f"{what}: {name.replace('_', ' ')}", figure, "90-100 %")
        assert held >= 0.90 - 3 * np.sqrt(0.9 * 0.1 / MAPS)


@pytest.mark.parametrize(("expected", "sigma"), [(RARE, 0.1), (RARE, 0.0), (COMMON, 0.1), (COMMON, 0.0)])
def test_where_areas_hardly_differ_limits_hold_oftener_and_never_less(measured, expected, sigma):
    events, log_risk, observed = simulated(expected, sigma, 0.5, seed=20250403)
    ours = spatial_smoothing(observed, events, ADJACENCY)
    by_map = ((np.log(ours.lower) <= log_risk) & (log_risk <= np.log(ours.upper))).mean(axis=1)
    figure = f"{by_map.mean():.1%}, median sigma {ours.sigma.value.mean():.3f}"
    measured(f"BYM2, 95 % limits, about {expected} events, sigma {sigma}", figure, ">= 93 %")
    assert by_map.mean() >= 0.93 - 3 * error_of_mean(by_map)
    assert ours.sigma.value.mean() <= sigma + 0.5 / np.sqrt(expected)


def test_the_corrected_mean_has_no_bias_and_the_mode_has(measured):
    events, log_risk, observed = simulated(RARE, 0.5, 0.5, seed=20250404)
    design = np.ones((AREAS, 1))
    corrected, uncorrected = [], []
    for expected, truth, counts in zip(events, log_risk, observed, strict=True):
        overall = counts.sum() / expected.sum()
        fit = _bym2.posterior(_bym2.Map(counts.astype(float), expected * overall, design), AROUND, (8, 6))
        corrected.append((fit.weight @ fit.mean + np.log(overall) - truth).mean())
        uncorrected.append((fit.weight @ fit.mode + np.log(overall) - truth).mean())
    corrected, uncorrected = np.array(corrected), np.array(uncorrected)
    figure = f"{corrected.mean():+.3f} (the mode: {uncorrected.mean():+.3f})"
    measured("BYM2, mean error of ln risk, about 5 events", figure, "0 within .01")
    assert abs(corrected.mean()) <= 0.01 + 3 * error_of_mean(corrected)
    assert uncorrected.mean() - corrected.mean() > 0.02
