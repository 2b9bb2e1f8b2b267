"""Funnels with over-dispersion: ordinary areas flagged, and an area truly far out found."""

import numpy as np
import pytest

from careatlas.methods import overdispersion

MAPS = 6000
REACH = {"99.8 %": 3.090232, "95 %": 1.959964}


def simulated(rng, areas, expected, variation):
    """Events of areas whose true ratios vary about 1 by a gamma distribution."""
    shape = 1 / max(variation, 1e-9) ** 2
    truth = rng.gamma(shape, 1 / shape, (MAPS, areas)) if variation else 1.0
    return rng.poisson(expected * truth, (MAPS, areas)).astype(float)


def flagged(rule, observed, expected):
    z = np.abs(rule(observed, np.broadcast_to(expected, observed.shape)).z_adjusted)
    return {name: (z > reach).mean() for name, reach in REACH.items()}


def within(share, limit, tries):
    """Three binomial standard errors; areas of one map share its variance, so maps are counted, not areas."""
    return share <= limit + 3 * np.sqrt(limit * (1 - limit) / tries)


@pytest.mark.parametrize("areas", [20, 42, 106, 130])
@pytest.mark.parametrize("variation", [0, 0.05, 0.1, 0.2])
def test_ordinary_areas_are_flagged_no_more_often_than_allowed(measured, areas, variation):
    found = flagged(
        overdispersion.rate_overdispersion,
        simulated(np.random.default_rng(31), areas, 200.0, variation),
        200.0,
    )
    figure = ", ".join(f"{share:.2%} at {name}" for name, share in found.items())
    measured(f"false flags, {areas} areas, variation {variation}", figure, "<= .5 %, <= 6.5 %")
    assert within(found["99.8 %"], 0.005, MAPS)
    assert within(found["95 %"], 0.065, MAPS)


@pytest.mark.parametrize("areas", [20, 42, 106])
@pytest.mark.parametrize("variation", [0, 0.05, 0.1, 0.2])
def test_areas_of_very_different_size_are_flagged_no_more_often(measured, areas, variation):
    expected = np.geomspace(20, 5000, areas)
    observed = simulated(np.random.default_rng(32), areas, expected, variation)
    found = flagged(overdispersion.rate_overdispersion, observed, expected)
    figure = ", ".join(f"{share:.2%} at {name}" for name, share in found.items())
    measured(
        f"false flags, {areas} areas of 20 to 5,000 expected, variation {variation}",
        figure,
        "<= .5 %, <= 6.5 %",
    )
    assert within(found["99.8 %"], 0.005, MAPS)
    assert within(found["95 %"], 0.065, MAPS)


@pytest.mark.parametrize("areas", [3, 10, 15, 19])
@pytest.mark.parametrize("variation", [0, 0.1])
@pytest.mark.parametrize("sizes", ["alike", "from 20 to 5,000"])
def test_of_fewer_than_twenty_areas_fewer_are_flagged(measured, areas, variation, sizes):
    expected = np.full(areas, 200.0) if sizes == "alike" else np.geomspace(20, 5000, areas)
    observed = simulated(np.random.default_rng(37), areas, expected, variation)
    found = flagged(overdispersion.rate_overdispersion, observed, expected)
    figure = ", ".join(f"{share:.2%} at {name}" for name, share in found.items())
    measured(f"false flags, {areas} areas, sizes {sizes}, variation {variation}", figure, "<= .2 %, <= 5 %")
    assert within(found["99.8 %"], 0.002, MAPS)
    assert within(found["95 %"], 0.05, MAPS)


def test_limits_of_chance_alone_flag_many_areas_that_differ_by_a_tenth(measured):
    observed = simulated(np.random.default_rng(38), 106, 200.0, 0.1)
    z = np.abs(overdispersion.rate_overdispersion(observed, np.full(observed.shape, 200.0)).z)
    share = (z > REACH["99.8 %"]).mean()
    measured(
        "false flags of chance alone at 99.8 %, variation .1, 200 expected", f"{share:.2%}", "7 % as stated"
    )
    assert share == pytest.approx(0.07, abs=0.005)


@pytest.mark.parametrize(
    ("rule", "low", "high", "stated"),
    [
        (overdispersion.cqc_overdispersion, 0.01, 0.014, "1.1 %"),
        (overdispersion.shmi_overdispersion, 0.03, 0.045, "3.5 %"),
    ],
    ids=["cqc", "shmi"],
)
def test_published_rules_flag_more_than_they_say(measured, rule, low, high, stated):
    found = flagged(rule, simulated(np.random.default_rng(33), 106, 200.0, 0.1), 200.0)
    figure = ", ".join(f"{share:.2%} at {name}" for name, share in found.items())
    measured(f"false flags of the published rule {rule.__name__}", figure, f"{stated} at 99.8 %, as stated")
    assert low <= found["99.8 %"] <= high
    expected = np.geomspace(20, 5000, 106)
    where_sizes_differ = flagged(rule, simulated(np.random.default_rng(39), 106, expected, 0.1), expected)[
        "99.8 %"
    ]
    measured(
        f"false flags of {rule.__name__}, 20 to 5,000 expected",
        f"{where_sizes_differ:.2%}",
        "more, as stated",
    )
    assert where_sizes_differ > found["99.8 %"]


def test_an_area_with_60_percent_more_events_is_found(measured):
    observed = simulated(np.random.default_rng(34), 106, 200.0, 0.1)
    observed[:, 0] = np.random.default_rng(35).poisson(320, MAPS)
    z = overdispersion.rate_overdispersion(observed, np.full(observed.shape, 200.0)).z_adjusted
    power = (z[:, 0] > REACH["99.8 %"]).mean()
    measured("power at 99.8 %, 60 % more events, 200 expected, variation .1", f"{power:.3f}", ">= .9")
    assert power >= 0.9


@pytest.mark.parametrize("events", [1, 2, 5, 20])
def test_ratios_of_few_events_are_flagged_no_more_often(measured, events):
    rng = np.random.default_rng([36, events])
    count, other = rng.poisson(events, (MAPS, 106)), rng.poisson(1000, (MAPS, 106))
    found = flagged(overdispersion.ratio_overdispersion, count, other)
    figure = ", ".join(f"{share:.2%} at {name}" for name, share in found.items())
    measured(f"false flags of ratios of {events} to 1,000 events, no variation", figure, "<= .5 %, <= 6.5 %")
    assert within(found["99.8 %"], 0.005, MAPS)
    assert within(found["95 %"], 0.065, MAPS)
