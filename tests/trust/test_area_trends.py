"""Rates of change: false findings and coverage."""

import numpy as np
import pytest

from careatlas.methods.area_trends import area_trends

PERIODS, MAPS = 8, 500


def simulated(dispersion, slope_sd, seed=0, mean_slope=0.01, areas=42):
    rng = np.random.default_rng(seed)
    people = rng.uniform(2e4, 2e5, (MAPS, areas, 1)) * np.ones(PERIODS)
    slope = mean_slope + slope_sd * rng.standard_normal((MAPS, areas, 1))
    level = rng.normal(0, 0.2, (MAPS, areas, 1))
    expected = people * 1e-3 * np.exp(level + slope * (np.arange(PERIODS) - PERIODS / 2))
    extra = rng.gamma(1 / dispersion, dispersion, expected.shape) if dispersion else 1
    return rng.poisson(expected * extra).astype(float), people, slope[..., 0]


@pytest.mark.parametrize("dispersion", [0.0, 0.01])
def test_where_nothing_changes_5_percent_have_p_below_5_percent_and_few_maps_a_finding(dispersion, measured):
    count, people, _ = simulated(dispersion, 0.0, seed=3, mean_slope=0.0)
    found = area_trends(count, people)
    low, any_finding = (found.p < 0.05).mean(), (found.q < 0.05).any(axis=-1).mean()
    measured(
        f"no area changes, dispersion {dispersion}: p < .05, maps with a finding at q < .05",
        f"{low:.4f}, {any_finding:.3f}",
        ".05, <= .05",
    )
    assert abs(low - 0.05) <= 0.005 + 3 * np.sqrt(0.05 * 0.95 / count[..., 0].size)
    assert any_finding <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / MAPS)


@pytest.mark.parametrize("areas", [10, 42, 106])
@pytest.mark.parametrize("slope_sd", [0.0, 0.01, 0.015, 0.02, 0.04])
def test_intervals_of_shrunk_changes_cover_the_truth_and_lie_closer_to_it(slope_sd, areas, measured):
    count, people, slope = simulated(0.01, slope_sd, seed=4, areas=areas)
    found = area_trends(count, people)
    of_each_map = ((np.log(found.lower) <= slope) & (slope <= np.log(found.upper))).mean(axis=-1)
    covered = of_each_map.mean()
    own, shrunk = (np.sqrt(((np.log(c) - slope) ** 2).mean()) for c in (found.change, found.shrunk))
    measured(
        f"shrunk change, {areas} areas, slopes differing by {slope_sd}: coverage, error beside the own slope's",
        f"{covered:.3f}, {shrunk / own:.2f}",
        ">= .94, < 1",
    )
    # areas of one map share its variance
    assert covered >= 0.94 - 3 * of_each_map.std() / np.sqrt(MAPS)
    assert shrunk < own
