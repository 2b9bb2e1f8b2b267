"""Coverage of the limits of both indices of inequality, by the counts behind them."""

import numpy as np
import pytest

from careatlas.methods import inequality
from careatlas.methods.intervals import count_limits, wilson_limits

PEOPLE = np.linspace(8000, 12000, 10)
AREAS = 10_000


def coverage(found, truth):
    """The share of areas whose limits cover the true indices: slope, ratio. No ratio is not covered."""
    return [
        ((getattr(found, f"{name}_lower") <= true) & (true <= getattr(found, f"{name}_upper"))).mean()
        for name, true in (("sii", truth.sii), ("rii", truth.rii))
    ]


def check(what, found, truth, measured, low=0.94, high=0.97):
    covered = coverage(found, truth)
    measured(f"{what}: SII, RII", ", ".join(f"{c:.3f}" for c in covered), f"{low} to {high}")
    error = 3 * np.sqrt(0.05 * 0.95 / len(found.sii))
    assert all(low - error <= c <= high + error for c in covered)


@pytest.mark.parametrize("gradient", [0.0, 3.0])
def test_limits_of_values_with_a_standard_error(gradient, measured):
    true = 80 + np.linspace(-gradient, gradient, 10)
    error = np.linspace(1.5, 0.5, 10)
    drawn = np.random.default_rng(1).normal(true, error, (AREAS, 10))
    truth = inequality.slope_index(true, np.zeros(10), PEOPLE)
    check(
        f"years of life, gradient {gradient}", inequality.slope_index(drawn, error, PEOPLE), truth, measured
    )


@pytest.mark.parametrize("events", [20, 50, 500])
def test_limits_of_rates(events, measured):
    true = np.linspace(1.6, 0.7, 10) * events / PEOPLE.mean()
    count = np.maximum(np.random.default_rng(events).poisson(true * PEOPLE, (AREAS, 10)), 1).astype(float)
    lower, upper = count_limits(count)
    found = inequality.slope_index_of_rates(count / PEOPLE, lower / PEOPLE, upper / PEOPLE, PEOPLE)
    truth = inequality.slope_index(true, np.zeros(10), PEOPLE)
    check(f"rates, {events} events a group", found, truth, measured, high=0.98)


@pytest.mark.parametrize("people", [100, 1000])
def test_limits_of_proportions(people, measured):
    true = np.linspace(0.35, 0.12, 10)
    count = np.random.default_rng(people).binomial(people, true, (2000, 10)).astype(float)
    count = np.clip(count, 1, people - 1)
    lower, upper = wilson_limits(count, np.full(count.shape, people))
    found = inequality.slope_index_of_proportions(count / people, lower, upper, PEOPLE, draws=20_000)
    truth = inequality.slope_index(true, np.zeros(10), PEOPLE)
    check(f"proportions of {people} a group", found, truth, measured)
