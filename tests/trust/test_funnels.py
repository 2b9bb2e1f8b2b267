"""How many ordinary areas a funnel flags, by adding up the chance of every count: no simulation, no error."""

import numpy as np
import pytest
from scipy.stats import binom, poisson

from careatlas.methods import funnel


@pytest.mark.parametrize("confidence", [0.95, 0.998])
def test_no_more_ordinary_areas_are_flagged_than_stated_whatever_is_expected(confidence, measured):
    most = []
    for expected in np.array_split(np.arange(0.1, 500, 0.05), 50):
        count = np.arange(expected.max() + 12 * expected.max() ** 0.5 + 20)[:, None]
        flag = funnel.outlying(*np.broadcast_arrays(count, expected), confidence)
        probability = poisson.pmf(count, expected)
        high, low = ((probability * (flag == side)).sum(axis=0) for side in (1, -1))
        most.append((high.max(), low.max(), (high + low).max()))
        np.testing.assert_allclose(funnel.false_flag_chance(expected, confidence), high + low, atol=1e-12)
    high, low, both = np.max(most, axis=0)
    figure = f"{both:.5f} ({high:.5f} high, {low:.5f} low)"
    measured(f"false flags, .1 to 500 expected, {confidence:.1%}: most", figure, f"<= {1 - confidence:.3f}")
    assert max(high, low) <= (1 - confidence) / 2
    assert both <= 1 - confidence


@pytest.mark.parametrize("confidence", [0.95, 0.998])
def test_no_more_ordinary_shares_are_flagged_than_stated(confidence, measured):
    people, share = np.arange(1, 401), np.array([0.005, 0.02, 0.1, 0.3, 0.5, 0.8, 0.99])[:, None]
    chance = funnel.false_flag_chance_of_proportions(people, share, confidence)
    measured(
        f"false flags of shares, {confidence:.1%}: most", f"{chance.max():.5f}", f"<= {1 - confidence:.3f}"
    )
    assert chance.max() <= 1 - confidence
    for number in (7, 60, 400):
        count = np.arange(number + 1)
        flag = funnel.outlying_proportions(count, number, share, confidence)
        by_counting = (binom.pmf(count, number, share) * (flag != 0)).sum(axis=1)
        np.testing.assert_allclose(chance[:, number - 1], by_counting, atol=1e-12)
