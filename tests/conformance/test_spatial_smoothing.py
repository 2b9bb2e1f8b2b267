"""BYM2 by nested Laplace beside the same model by sampling (NumPyro's NUTS), which takes no approximation.

The sampler draws the spatial and the own part of each area apart, as the model is written; ours never does.
Posterior means must agree within two Monte Carlo standard errors and what the approximation is allowed.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

numpyro = pytest.importorskip("numpyro")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpyro.distributions as dist  # noqa: E402
from numpyro.diagnostics import effective_sample_size  # noqa: E402

from careatlas.methods.spatial_smoothing import draws, spatial_smoothing  # noqa: E402

GOLD = Path(__file__).parent.parent / "gold"
CHAINS, KEPT = 4, 2500
ALLOWED = {"log_risk": 0.01, "beta": 0.005, "sigma": 0.005, "rho": 0.005}  # beyond Monte Carlo error


def lip_cancer():
    with (GOLD / "scottish_lip_cancer.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    observed, expected, outdoors = (
        np.array([float(row[name]) for row in rows]) for name in ("observed", "expected", "percent_outdoors")
    )
    adjacency = np.zeros((len(rows), len(rows)))
    for area, row in enumerate(rows):
        adjacency[area, [int(other) - 1 for other in row["neighbours"].split()]] = 1
    return observed, expected, adjacency, outdoors[:, np.newaxis] / 10


def map_in_two_parts_with_an_island():
    """Forty areas in a ring, eight in a row and one alone; one count is missing."""
    random = np.random.default_rng(20)
    adjacency = np.zeros((49, 49))
    for first, second in [(i, (i + 1) % 40) for i in range(40)] + [(i, i + 1) for i in range(40, 47)]:
        adjacency[first, second] = adjacency[second, first] = 1
    wave = 0.4 * np.sin(np.arange(49) / 5) + 0.15 * random.standard_normal(49)
    expected = random.uniform(5, 40, 49)
    observed = random.poisson(expected * np.exp(wave)).astype(float)
    observed[3] = np.nan
    return observed, expected, adjacency, random.standard_normal((49, 1))


def spatial_basis(adjacency):
    """Columns that make independent standard normals a spatial effect, part by part of the map."""
    unseen, columns = set(range(len(adjacency))), []
    while unseen:
        part, edge = set(), {min(unseen)}
        while edge:
            part |= edge
            edge = {j for i in edge for j in np.flatnonzero(adjacency[i])} - part
        unseen -= part
        members = sorted(part)
        if len(members) == 1:
            columns.append(np.eye(len(adjacency))[:, members])
            continue
        own = adjacency[np.ix_(members, members)]
        values, vectors = np.linalg.eigh(np.diag(own.sum(axis=0)) - own)
        basis = vectors[:, 1:] / np.sqrt(values[1:])
        basis /= np.sqrt(np.exp(np.log((basis**2).sum(axis=1)).mean()))
        columns.append(np.eye(len(adjacency))[:, members] @ basis)
    return np.hstack(columns)


def sampled(observed, expected, adjacency, covariates):
    basis = spatial_basis(adjacency)
    known = ~np.isnan(observed)
    overall = np.log(observed[known].sum() / expected[known].sum())
    standard = (covariates - covariates.mean(axis=0)) / covariates.std(axis=0)

    def model():
        intercept = numpyro.sample("intercept", dist.Normal(overall, 5))
        slope = numpyro.sample("slope", dist.Normal(0, 5).expand([standard.shape[1]]))
        sigma = numpyro.sample("sigma", dist.HalfNormal(1))
        rho = numpyro.sample("rho", dist.Beta(0.5, 0.5))
        spatial = basis @ numpyro.sample("spatial", dist.Normal().expand([basis.shape[1]]))
        own = numpyro.sample("own", dist.Normal().expand([len(expected)]))
        log_risk = numpyro.deterministic(
            "log_risk",
            intercept + standard @ slope + sigma * (jnp.sqrt(rho) * spatial + jnp.sqrt(1 - rho) * own),
        )
        rate = expected[known] * jnp.exp(log_risk[known])
        numpyro.sample("observed", dist.Poisson(rate), obs=observed[known])

    sampler = numpyro.infer.MCMC(
        numpyro.infer.NUTS(model, target_accept_prob=0.95),
        num_warmup=1000,
        num_samples=KEPT,
        num_chains=CHAINS,
        chain_method="vectorized",
        progress_bar=False,
    )
    sampler.run(jax.random.PRNGKey(0))
    draw = {name: np.asarray(value) for name, value in sampler.get_samples(group_by_chain=True).items()}
    slope = draw["slope"] / covariates.std(axis=0)
    at_nought = draw["intercept"] - slope @ covariates.mean(axis=0)
    return {
        "log_risk": draw["log_risk"],
        "beta": np.concatenate([at_nought[..., np.newaxis], slope], axis=-1),
        "sigma": draw["sigma"],
        "rho": draw["rho"],
    }


@pytest.fixture(
    scope="module", params=[lip_cancer, map_in_two_parts_with_an_island], ids=lambda make: make.__name__
)
def both(request):
    data = request.param()
    return data, spatial_smoothing(*data), sampled(*data)


def monte_carlo_error(chains):
    return chains.std(axis=(0, 1)) / np.sqrt(effective_sample_size(chains))


def assert_agree(ours, chains, allowed):
    difference = np.abs(ours - chains.mean(axis=(0, 1)))
    assert (difference <= 2 * monte_carlo_error(chains) + allowed).all(), difference.max()


def test_risks_agree(both):
    _, ours, chains = both
    assert_agree(ours.log_mean, chains["log_risk"], ALLOWED["log_risk"])
    spread = chains["log_risk"].std(axis=(0, 1))
    np.testing.assert_allclose(ours.log_sd, spread, rtol=0.06)


def test_limits_agree(both):
    _, ours, chains = both
    low, middle, high = np.quantile(chains["log_risk"], [0.025, 0.5, 0.975], axis=(0, 1))
    np.testing.assert_allclose(np.log(ours.value), middle, atol=0.025)
    np.testing.assert_allclose(np.log(ours.lower), low, atol=0.09)  # areas without events differ most
    np.testing.assert_allclose(np.log(ours.upper), high, atol=0.05)
    np.testing.assert_allclose(ours.probability_above, (chains["log_risk"] > 0).mean(axis=(0, 1)), atol=0.025)


def test_coefficients_agree(both):
    _, ours, chains = both
    assert_agree(ours.coefficients, chains["beta"], ALLOWED["beta"])
    np.testing.assert_allclose(ours.coefficient_errors, chains["beta"].std(axis=(0, 1)), rtol=0.06)


@pytest.mark.parametrize("name", ["sigma", "rho"])
def test_what_varies_agrees(both, name):
    _, ours, chains = both
    mean = ours.grid_weight @ getattr(ours, f"grid_{name}")
    assert_agree(mean, chains[name], ALLOWED[name])
    quantiles = np.quantile(chains[name], [0.5, 0.025, 0.975])
    np.testing.assert_allclose(getattr(ours, name), quantiles, atol=0.02)


def test_joint_draws_agree(both):
    data, _, chains = both
    ours = np.log(draws(*data, number=4000))
    correlation = np.corrcoef(ours, rowvar=False) - np.corrcoef(
        chains["log_risk"].reshape(-1, ours.shape[1]).T
    )
    assert np.abs(correlation).max() < 0.1
    assert np.sqrt((correlation**2).mean()) < 0.025
