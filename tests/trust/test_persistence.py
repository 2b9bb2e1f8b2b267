"""A planted permanent share comes back, its interval covers it, and areas without one are not persistent."""

import numpy as np
import pytest

from careatlas.methods.persistence import persistence, run_length

AREAS = 106
WORLDS = {  # variances: permanent, drift, come and go; events expected; periods
    "half permanent, 200 events, 5 years": (0.01, 0.0, 0.01, 200, 5, 300),
    "three quarters permanent, 200 events, 6 years": (0.01, 0.0, 0.01 / 3, 200, 6, 300),
    "a third permanent, 50 events, 5 years": (0.005, 0.0, 0.01, 50, 5, 300),
    "half permanent with a drift, 500 events, 8 years": (0.01, 0.001, 0.00475, 500, 8, 100),
}


def simulated(rng, maps, permanent, drift, come_and_go, events, periods):
    """Areas whose expected events differ as English boards' do (about a factor of three)."""
    step = np.arange(periods) - (periods - 1) / 2
    log_ratio = (
        rng.normal(0, permanent**0.5, (maps, AREAS, 1))
        + rng.normal(0, drift**0.5, (maps, AREAS, 1)) * step
        + rng.normal(0, come_and_go**0.5, (maps, AREAS, periods))
    )
    expected = events * np.exp(rng.normal(0, 0.5, (maps, AREAS, 1))) * np.ones(periods)
    return rng.poisson(expected * np.exp(log_ratio)).astype(float), expected


@pytest.mark.parametrize("world", WORLDS)
def test_a_planted_permanent_share_is_recovered(measured, world):
    permanent, drift, come_and_go, events, periods, maps = WORLDS[world]
    rng = np.random.default_rng(20250310)
    found = persistence(*simulated(rng, maps, permanent, drift, come_and_go, events, periods))
    step = np.arange(periods) - (periods - 1) / 2
    truth = permanent / (permanent + drift * (step**2).mean() + come_and_go)
    bias = found.permanent_share.mean() - truth
    covered = ((found.lower <= truth) & (truth <= found.upper)).mean()
    width = (found.upper - found.lower).mean()
    figure = f"bias {bias:+.3f}, interval covers {covered:.1%}, width {width:.2f}"
    measured(f"permanent share, {world} (true {truth:.2f})", figure, "bias within .03, covers 95 %")
    assert abs(bias) <= 0.03
    assert covered >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / maps)


def test_what_is_not_permanent_is_not_called_so(measured):
    rng = np.random.default_rng(20250311)
    found = persistence(*simulated(rng, 300, 0.0, 0.0, 0.01, 200, 5))
    above_zero = (found.lower > 0).mean()
    measured("maps without permanence whose limits say there is some", f"{above_zero:.1%}", "<= 5 %")
    assert above_zero <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


@pytest.mark.parametrize("come_and_go", [0.0, 0.003, 0.02])
def test_areas_without_a_permanent_difference_are_persistent_no_more_often_than_stated(measured, come_and_go):
    rng = np.random.default_rng(20250312)
    maps = 40
    runs = run_length(persistence(*simulated(rng, maps, 0.0, 0.0, come_and_go, 200, 6)))
    by_p, any_listed = (runs.p <= 0.05).mean(), (runs.q <= 0.1).any(axis=1).mean()
    figure = f"p <= .05 in {by_p:.2%} of areas; any listed at q <= .1 on {any_listed:.0%} of maps"
    measured(f"persistent without permanence, coming and going {come_and_go}", figure, "<= 5 %; <= 10 %")
    assert by_p <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / (maps * AREAS))
    assert any_listed <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / maps)


def test_areas_a_third_above_are_found_persistent(measured):
    rng = np.random.default_rng(20250313)
    maps, planted = 40, 5
    observed, expected = simulated(rng, maps, 0.0, 0.0, 0.003, 200, 6)
    observed[:, :planted] = rng.poisson(expected[:, :planted] * 4 / 3)
    runs = run_length(persistence(observed, expected))
    power, false = (runs.q[:, :planted] <= 0.1).mean(), (runs.q[:, planted:] <= 0.1).mean()
    figure = f"{power:.0%} found, {false:.2%} of the others"
    measured("persistent: 5 of 106 areas a third above for six years", figure, "most; few")
    assert power > 0.5
    assert false < 0.01
