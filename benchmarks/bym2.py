"""BYM2 of many maps: ours, by nested Laplace, beside sampling one of them with NumPyro's NUTS."""

import os

import numpy as np
from compare import Comparison, best_seconds
from maps import random_maps

from careatlas.methods.spatial_smoothing import spatial_smoothing

MAPS, FEW_MAPS, AREAS = 340, 34, 106


def comparisons() -> list[Comparison]:
    observed, expected, neighbours = simulated_maps()
    one_map = best_seconds(lambda: sample_one(observed[0], expected[0], neighbours), 1)
    return [
        Comparison(
            f"BYM2, {maps} maps of {AREAS} areas",
            best_seconds(
                lambda maps=maps: spatial_smoothing(observed[:maps], expected[:maps], neighbours), 1
            ),
            f"NumPyro NUTS, 4,000 draws of one map x {maps}",
            one_map * maps,
            f"< {seconds} s",
        )
        for maps, seconds in ((FEW_MAPS, 2.5), (MAPS, 25))
    ]


def simulated_maps() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts of areas that truly differ by a sixth, of 20 to 5,000 events expected."""
    rng = np.random.default_rng(1)
    _, neighbours = random_maps()
    expected = np.exp(rng.uniform(np.log(20), np.log(5000), (MAPS, AREAS)))
    return rng.poisson(expected * np.exp(rng.normal(0, 0.15, (MAPS, AREAS)))), expected, neighbours


def sample_one(observed: np.ndarray, expected: np.ndarray, neighbours: np.ndarray) -> None:
    """The same model with the same priors: 500 draws to settle, then 2,000 in each of two chains."""
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"  # read when jax is first used
    import jax
    import jax.numpy as jnp
    import numpyro
    from numpyro.distributions import Beta, HalfNormal, Normal, Poisson

    values, vectors = np.linalg.eigh(np.diag(neighbours.sum(axis=0)) - neighbours)
    basis = vectors[:, 1:] / np.sqrt(values[1:])
    basis /= np.sqrt(np.exp(np.log((basis**2).sum(axis=1)).mean()))

    def model() -> None:
        level = numpyro.sample("level", Normal(0, 5))
        sigma, rho = numpyro.sample("sigma", HalfNormal(1)), numpyro.sample("rho", Beta(0.5, 0.5))
        spatial = basis @ numpyro.sample("spatial", Normal().expand([AREAS - 1]))
        own = numpyro.sample("own", Normal().expand([AREAS]))
        log_risk = level + sigma * (jnp.sqrt(rho) * spatial + jnp.sqrt(1 - rho) * own)
        numpyro.sample("observed", Poisson(expected * jnp.exp(log_risk)), obs=observed)

    sampler = numpyro.infer.MCMC(
        numpyro.infer.NUTS(model), num_warmup=500, num_samples=2000, num_chains=2, progress_bar=False
    )
    sampler.run(jax.random.PRNGKey(0))
    sampler.get_samples()["rho"].block_until_ready()
