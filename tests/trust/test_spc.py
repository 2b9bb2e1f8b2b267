"""How often control charts cry wolf on stable series, and how soon they see a change."""

import numpy as np
import pytest

from careatlas.methods import spc
from careatlas.methods.run_chart import run_chart
from careatlas.methods.seasonality import seasonality, take_out_season

SERIES = 100_000
# Points, large ranges left out, share with any special cause, share outside the limits: of 800,000 series each.
FALSE_ALARMS = [
    (24, False, 0.154, 0.0585),
    (36, False, 0.259, 0.0889),
    (60, False, 0.435, 0.1454),
    (24, True, 0.185, 0.0949),
    (36, True, 0.292, 0.1315),
    (60, True, 0.468, 0.1965),
]


def binomial_error(share, number):
    return np.sqrt(share * (1 - share) / number)


@pytest.mark.parametrize(("points", "screen", "any_rule", "outside"), FALSE_ALARMS)
def test_false_alarms_of_stable_series_are_as_stated(points, screen, any_rule, outside, measured):
    chart = spc.xmr(np.random.default_rng(points).standard_normal((SERIES, points)), screen=screen)
    found = chart.is_special.any(axis=-1).mean(), chart.is_outside.any(axis=-1).mean()
    kept = "large ranges left out" if screen else "all ranges kept"
    measured(
        f"XmR false alarms, {points} stable points, {kept}: any rule, outside",
        f"{found[0]:.3f}, {found[1]:.3f}",
        f"{any_rule}, {outside} as stated",
    )
    assert abs(found[0] - any_rule) <= 0.0005 + 3 * binomial_error(any_rule, SERIES)
    assert abs(found[1] - outside) <= 0.0005 + 3 * binomial_error(outside, SERIES)


@pytest.mark.parametrize(("points", "at_most"), [(12, 0.02), (24, 0.04), (36, 0.05), (60, 0.05)])
def test_run_charts_give_few_false_alarms(points, at_most, measured):
    signals = run_chart(np.random.default_rng(points).standard_normal((SERIES, points))).signal.mean()
    measured(f"run chart false alarms, {points} stable points", f"{signals:.3f}", f"<= {at_most}")
    assert signals <= at_most + 3 * binomial_error(at_most, SERIES)


def test_a_lasting_shift_of_two_standard_deviations_is_seen(measured):
    values = np.random.default_rng(1).standard_normal((20_000, 36))
    values[:, 24:] += 2
    chart = spc.xmr(values, baseline=24)
    xmr, run = chart.is_special[:, 24:].any(axis=-1).mean(), run_chart(values).signal.mean()
    measured(
        "shift of 2 sd after 24 of 36 points seen: XmR with baseline, run chart",
        f"{xmr:.3f}, {run:.3f}",
        ">= .95, >= .4",
    )
    assert xmr >= 0.95
    assert run >= 0.4


def test_laney_limits_hold_where_months_differ_beyond_chance(measured):
    rng = np.random.default_rng(2)
    people = rng.integers(3000, 9000, (20_000, 36)).astype(float)
    share = np.clip(0.2 + 0.02 * rng.standard_normal(people.shape), 0.01, 0.99)
    count = rng.binomial(people.astype(int), share).astype(float)
    outside = spc.p_prime(count, people).is_outside.mean()
    overall = count.sum(axis=-1, keepdims=True) / people.sum(axis=-1, keepdims=True)
    plain = (np.abs(count / people - overall) > 3 * np.sqrt(overall * (1 - overall) / people)).mean()
    measured("stable points outside: P' limits, plain P limits", f"{outside:.4f}, {plain:.3f}", "<= .01")
    assert outside <= 0.01
    assert plain > 0.3


@pytest.mark.parametrize(("points", "power"), [(24, 0.3), (36, 0.8), (60, 0.97)])
def test_season_is_found_where_there_is_one_and_seldom_where_there_is_none(points, power, measured):
    noise = np.random.default_rng(points).standard_normal((20_000, points))
    season = 1.5 * np.sin(2 * np.pi * np.arange(points) / 12)
    false, true = (seasonality(series).is_seasonal.mean() for series in (noise, noise + season))
    measured(
        f"season called, {points} months: none there, as large as the noise",
        f"{false:.3f}, {true:.3f}",
        f"<= .05, >= {power}",
    )
    assert false <= 0.05 + 3 * binomial_error(0.05, len(noise))
    assert true >= power


def test_without_its_season_a_series_alarms_about_as_often_as_a_stable_one(measured):
    noise = np.random.default_rng(5).standard_normal((20_000, 36))
    season = 3 * np.sin(2 * np.pi * np.arange(36) / 12)
    stable, seasonal, adjusted = (
        spc.xmr(series).is_special.any(axis=-1).mean()
        for series in (noise, noise + season, take_out_season(noise + season).without_season)
    )
    measured(
        "36 months with any special cause: stable, seasonal, season taken out",
        f"{stable:.3f}, {seasonal:.3f}, {adjusted:.3f}",
        "within .05 of stable once taken out",
    )
    assert seasonal > 0.95
    assert abs(adjusted - stable) <= 0.05
