"""Limits of smoothed ratios hold the truth, also for few areas and where no variance is found."""

import numpy as np
import pytest
from scipy.special import gammaincinv

from careatlas.methods import smoothing

MAPS = {10: 2000, 42: 800, 106: 400}


@pytest.mark.parametrize("areas", [10, 42, 106])
@pytest.mark.parametrize("variance", [0.0025, 0.005, 0.01, 0.04, 0.16])
def test_limits_hold_the_true_ratio(measured, areas, variance):
    rng = np.random.default_rng(51)
    expected = 100 * np.exp(rng.normal(-0.245, 0.7, areas))
    truth = rng.gamma(1 / variance, variance, (MAPS[areas], areas))
    observed = rng.poisson(expected * truth).astype(float)
    truth *= expected.sum() / (expected * truth).sum(axis=-1, keepdims=True)  # to the average of these areas
    found = smoothing.gamma_poisson(observed, expected)
    of_each_map = ((found.lower <= truth) & (truth <= found.upper)).mean(axis=-1)
    covered = of_each_map.mean()
    scaled = expected * observed.sum(axis=-1, keepdims=True) / expected.sum()
    alpha = 1 / np.maximum(found.variance, 1e-9)
    lower, upper = (gammaincinv(observed + alpha, share) / (scaled + alpha) for share in (0.025, 0.975))
    as_if_known = ((lower <= truth) & (truth <= upper)).mean()
    nearer = ((found.value - truth) ** 2).mean() / ((observed / scaled - truth) ** 2).mean()
    measured(
        f"95 % limits of smoothed ratios, {areas} areas, variance {variance} (as if alpha were known; error)",
        f"{covered:.1%} ({as_if_known:.1%}; {nearer:.0%} of the plain ratio's)",
        "94-99 %",
    )
    error = 3 * of_each_map.std() / np.sqrt(len(observed))  # areas of one map share its variance
    assert 0.94 - error <= covered <= 0.99 + error
    assert nearer < 1
