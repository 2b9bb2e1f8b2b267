"""Limits of smoothed ratios hold the truth, also for few areas and where no variance is found."""

import numpy as np
import pytest
from scipy.special import gammaincinv

from careatlas.methods import smoothing

MAPS = {10: 800, 42: 300, 106: 150}


@pytest.mark.parametrize("areas", [10, 42, 106])
@pytest.mark.parametrize("variance", [0.0025, 0.01, 0.04, 0.16])
def test_limits_hold_the_true_ratio(measured, areas, variance):
    rng = np.random.default_rng(51)
    expected = 100 * np.exp(rng.normal(-0.245, 0.7, areas))
    truth = rng.gamma(1 / variance, variance, (MAPS[areas], areas))
    observed = rng.poisson(expected * truth).astype(float)
    truth *= expected.sum() / (expected * truth).sum(axis=-1, keepdims=True)  # to the average of these areas
    found = smoothing.gamma_poisson(observed, expected)
    covered = ((found.lower <= truth) & (truth <= found.upper)).mean()
    scaled = expected * observed.sum(axis=-1, keepdims=True) / expected.sum()
    alpha = 1 / np.maximum(found.variance, 1e-9)
    lower, upper = (gammaincinv(observed + alpha, share) / (scaled + alpha) for share in (0.025, 0.975))
    as_if_known = ((lower <= truth) & (truth <= upper)).mean()
    nearer = ((found.value - truth) ** 2).mean() / ((observed / scaled - truth) ** 2).mean()
    measured(
        f"95 % limits of smoothed ratios, {areas} areas, variance {variance} (as if alpha were known; error)",
        f"{covered:.1%} ({as_if_known:.1%}; {nearer:.0%} of the plain ratio's)",
        "93-98 %",
    )
    # areas of one map share its variance: maps are counted, not areas
    error = 3 * np.sqrt(0.0475 / len(observed))
    assert 0.93 - error <= covered <= 0.98 + error
    assert nearer < 1
