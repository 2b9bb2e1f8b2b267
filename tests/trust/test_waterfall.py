"""The waterfall on maps whose parts are known: do limits hold, are bars fair, is inequity never excused."""

import numpy as np
import pytest
from simulated_maps import PARTS, country, simulated_map

from careatlas.methods.waterfall import come_and_go, waterfall, waterfall_of_periods

MAPS, AREAS = 100, 106
SIGNS = {"need": [1, 1]}
SCENARIOS = {  # shares of need, supply, place and the rest; need below 0 is care going against need
    "all four alike": (0.35, 0.2, 0.2, 0.25),
    "mostly spatial": (0.15, 0.1, 0.6, 0.15),
    "mostly unexplained": (0.15, 0.1, 0.1, 0.65),
    "against need": (-0.35, 0.2, 0.2, 0.25),
}


@pytest.fixture(scope="module")
def results():
    """Of every scenario: ``truth``, ``bar``, ``lower``, ``upper`` and ``astray``, ``[map, part]`` in points of
    total variance: need with the sign it was given, and astray the other bar of need."""
    found = {}
    for number, (scenario, shares) in enumerate(SCENARIOS.items()):
        rng = np.random.default_rng([2024, number])
        countries = [country(AREAS, rng) for _ in range(10)]
        rows = [split_known_map(shares, countries[each % 10], each, rng) for each in range(MAPS)]
        found[scenario] = dict(
            zip(("truth", "bar", "lower", "upper", "astray"), 100 * np.stack(rows, axis=1), strict=True)
        )
    return found


def split_known_map(shares, neighbours, each, rng):
    data = simulated_map(neighbours, shares, (0.05, 0.1, 0.15, 0.2)[each // 10 % 4], rng)
    split = waterfall(*data[:2], neighbours, data.blocks, SIGNS, draws=500, seed=each)
    need, other = ("need", "against need") if shares[0] > 0 else ("against need", "need")
    at = [split.component.index(need if part == "need" else part) for part in PARTS]
    astray = np.full(len(at), split.share[split.component.index(other)])
    return np.array([data.truth, split.variance[at] / split.total, split.lower[at], split.upper[at], astray])


def three_errors(share, trials):
    return 3 * np.sqrt(share * (1 - share) / trials)


@pytest.mark.parametrize("part", PARTS)
def test_limits_hold_the_truth_90_to_98_times_in_100(results, measured, part):
    at = PARTS.index(part)
    is_held = [
        (each["lower"] <= each["truth"]) & (each["truth"] <= each["upper"]) for each in results.values()
    ]
    maps = len(SCENARIOS) * MAPS
    held = np.mean(is_held, axis=(0, 1))[at]
    measured(f"waterfall: {part}, truth within 95 % limits, {maps} maps", f"{held:.1%}", "90-98 %")
    assert 0.90 - three_errors(0.90, maps) <= held <= 0.98 + three_errors(0.98, maps)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_bars_are_within_5_points_of_the_truth_on_average(results, measured, scenario):
    bias = (results[scenario]["bar"] - results[scenario]["truth"]).mean(axis=0)
    words = ", ".join(f"{part} {points:+.1f}" for part, points in zip(PARTS, bias, strict=True))
    measured(f"waterfall: {scenario}, bias in points of total variance", words, "<= 5")
    assert np.abs(bias).max() <= 5


def test_care_against_need_is_reported_as_such_and_never_as_explained(results, measured):
    bar, lower, explained = (
        results["against need"][name][:, PARTS.index("need")] for name in ("bar", "lower", "astray")
    )
    measured(
        "waterfall: care against need, maps on which it is shown so, and those with its lower limit above 0",
        f"{(bar > 0).mean():.0%}, {(lower > 0).mean():.0%}",
        "all",
    )
    measured("waterfall: of care against need, most points shown as explained", f"{explained.max():.1f}", "0")
    assert (bar > 0).all()
    assert explained.max() == 0


def test_care_that_follows_need_is_not_called_against_it(results, measured):
    for scenario in ("all four alike", "mostly spatial", "mostly unexplained"):
        astray = results[scenario]["astray"].mean()
        measured(f"waterfall: {scenario}, points called against need", f"{astray:.2f}", "<= 1")
        assert astray <= 1


def test_maps_of_chance_alone_are_all_chance(measured):
    rng = np.random.default_rng(2025)
    neighbours = country(AREAS, rng)
    shares, separable = [], []
    for each in range(MAPS):
        data = simulated_map(neighbours, (0, 0, 0, 0), 0.1, rng)
        split = waterfall(*data[:2], neighbours, data.blocks, SIGNS, draws=500, seed=each)
        shares.append(split.share[0])
        separable.append(split.is_separable[1:].any())
    measured("waterfall: share of chance on maps of chance alone", f"{np.mean(shares):.1%}", ">= 97 %")
    measured("waterfall: such maps with another bar said to be there", f"{np.mean(separable):.1%}", "<= 5 %")
    assert np.mean(shares) >= 0.97
    assert np.mean(separable) <= 0.05 + three_errors(0.05, MAPS)


@pytest.mark.parametrize("restless", [0.0, 0.1])
def test_what_comes_and_goes_is_told_from_what_lasts(measured, restless):
    """Twelve periods of a map whose lasting variance is .01, half of it need, and restlessness of each."""
    rng = np.random.default_rng(2026)
    neighbours = country(AREAS, rng)
    variances, errors = [], []
    for each in range(60):
        need = rng.standard_normal(AREAS)
        lasting = np.sqrt(0.005) * (need + rng.standard_normal(AREAS))
        risk = np.exp(lasting[:, None] + restless * rng.standard_normal((AREAS, 12)))
        expected = np.repeat(np.exp(rng.uniform(np.log(10), np.log(200), AREAS))[:, None], 12, axis=1)
        observed = rng.poisson(expected * risk)
        split = waterfall_of_periods(
            observed, expected, neighbours, {"need": need[:, None]}, {"need": [1]}, draws=500, seed=each
        )
        variances.append(come_and_go(observed, expected))
        at = [split.component.index(name) for name in ("comes and goes", "need")]
        truth = np.array([restless**2 / 12, np.cov(np.sqrt(0.005) * need, lasting)[0, 1]])
        errors.append((split.variance[at] - truth) / split.total)
    bias = np.mean(errors, axis=0)
    measured(
        f"waterfall: variance from period to period, {restless**2:.3f} given",
        f"{np.mean(variances):.4f}",
        "within .001",
    )
    measured(
        "waterfall: bias of comes and goes, and of need",
        f"{bias[0]:+.1%}, {bias[1]:+.1%} of total",
        "<= 5 points",
    )
    assert abs(np.mean(variances) - restless**2) <= 0.001
    assert np.abs(bias).max() <= 0.05
