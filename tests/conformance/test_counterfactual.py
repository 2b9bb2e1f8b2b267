"""Business as usual beside the structural model of statsmodels, fitted by maximum likelihood."""

import warnings

import numpy as np
from statsmodels.tsa.statespace.structural import UnobservedComponents

from careatlas.methods.counterfactual import business_as_usual


def series(seed, months=60):
    rng = np.random.default_rng(seed)
    time = np.arange(months)
    level = 0.002 * rng.normal() * time + np.cumsum(rng.normal(0, 0.01, months))
    return 1000 * np.exp(level + 0.06 * np.sin(2 * np.pi * time / 12) + rng.normal(0, 0.04, months))


def fitted_by_likelihood(activity, start, paths=2000):
    """A year's sum: its median and limits over simulated futures of a local linear trend and a fixed season."""
    model = UnobservedComponents(
        np.log(activity[:start]), "lltrend", seasonal=12, stochastic_seasonal=False, use_exact_diffuse=True
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # variances at their bound of 0 are ordinary here
        fit = model.fit(disp=False, maxiter=200)
    futures = fit.simulate(12, anchor="end", repetitions=paths, rng=1)
    sums = np.exp(np.asarray(futures).reshape(12, paths)).sum(axis=0)
    return np.quantile(sums, [0.5, 0.025, 0.975])


def test_a_years_sum_lies_where_statsmodels_puts_it_and_is_no_surer_of_itself():
    ours = [business_as_usual(series(seed), 48) for seed in range(25)]
    theirs = np.array([fitted_by_likelihood(series(seed), 48) for seed in range(25)])
    middle, width = np.array(
        [[usual.cumulative[-1], usual.cumulative_upper[-1] - usual.cumulative_lower[-1]] for usual in ours]
    ).T
    apart = np.abs(middle - theirs[:, 0]) / (width / 3.92)
    assert np.median(apart) < 0.5  # of a standard error
    assert (apart < 2).mean() >= 0.95
    # Theirs takes the fitted variances, often 0, for the truth; ours averages over what they may be.
    ratio = width / (theirs[:, 2] - theirs[:, 1])
    assert 0.9 < np.median(ratio) < 2
