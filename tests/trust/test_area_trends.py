"""Rates of change: false findings and coverage."""

import numpy as np
import pytest

from careatlas.methods.area_trends import area_trends

AREAS, PERIODS, MAPS = 42, 8, 500


def simulated(dispersion, slope_sd, seed=0, mean_slope=0.01):
    rng = np.random.default_rng(seed)
    people = rng.uniform(2e4, 2e5, (MAPS, AREAS, 1)) * np.ones(PERIODS)
    slope = mean_slope + slope_sd * rng.standard_normal((MAPS, AREAS, 1))
    level = rng.normal(0, 0.2, (MAPS, AREAS, 1))
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


@pytest.mark.parametrize("slope_sd", [0.0, 0.01, 0.02, 0.04])
def test_intervals_of_shrunk_changes_cover_the_truth_and_lie_closer_to_it(slope_sd, measured):
    count, people, slope = simulated(0.01, slope_sd, seed=4)
    found = area_trends(count, people)
    covered = ((np.log(found.lower) <= slope) & (slope <= np.log(found.upper))).mean()
    own, shrunk = (np.sqrt(((np.log(c) - slope) ** 2).mean()) for c in (found.change, found.shrunk))
    measured(
        f"shrunk change, slopes differing by {slope_sd}: coverage, error beside that of the own slope",
        f"{covered:.3f}, {shrunk / own:.2f}",
        ">= .92, < 1",
    )
    assert covered >= 0.92 - 3 * np.sqrt(0.05 * 0.95 / MAPS)
    assert shrunk < own
