"""Moran's I, local Moran and Getis-Ord beside PySAL's esda, on maps of many shapes."""

import warnings

import numpy as np
import pytest
from scipy.special import ndtr

from careatlas.methods import local_clusters, spatial

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # other packages' deprecations
    import esda
    import libpysal

MAPS = [(seed, areas) for areas in (12, 42, 106) for seed in range(8)]
pytestmark = pytest.mark.filterwarnings("ignore")


def random_map(seed, areas):
    """Values, people, neighbours and PySAL's weights of areas each linked to its four nearest."""
    rng = np.random.default_rng(seed)
    place = rng.uniform(size=(areas, 2))
    distance = np.linalg.norm(place[:, None] - place, axis=-1) + np.where(np.eye(areas), np.inf, 0)
    nearest = np.zeros((areas, areas))
    np.put_along_axis(nearest, distance.argsort(axis=1)[:, :4], 1, axis=1)
    links = np.maximum(nearest, nearest.T)
    people = rng.integers(200, 20_000, areas).astype(float)
    count = rng.poisson(people * 0.01 * np.exp(0.3 * np.sin(5 * place[:, 0]))).astype(float)
    return count, people, links


def weights(links):
    return libpysal.weights.full2W(links)


@pytest.mark.parametrize(("seed", "areas"), MAPS)
def test_morans_i_agrees(seed, areas):
    count, people, links = random_map(seed, areas)
    ours, theirs = (
        spatial.morans_i(count / people, links),
        esda.Moran(count / people, weights(links), two_tailed=False),
    )
    assert ours.value == pytest.approx(theirs.I, rel=1e-10)
    assert ours.z == pytest.approx(theirs.z_norm, rel=1e-10)
    assert ours.p_normal == pytest.approx(ndtr(-theirs.z_norm), rel=1e-10)
    directed = min(
        ours.p_permutation, 1 - ours.p_permutation + 0.001
    )  # theirs is of whichever side is smaller
    assert directed == pytest.approx(theirs.p_sim, abs=5 * np.sqrt(2 * max(theirs.p_sim, 0.003) / 1000))


@pytest.mark.parametrize(("seed", "areas"), MAPS)
def test_morans_i_of_rates_agrees(seed, areas):
    count, people, links = random_map(seed, areas)
    theirs = esda.Moran_Rate(count, people, weights(links), two_tailed=False)
    index = spatial.empirical_bayes_index(count, people)
    np.testing.assert_allclose(index, esda.smoothing.assuncao_rate(count, people), rtol=1e-10, atol=1e-12)
    assert spatial.morans_i(index, links).value == pytest.approx(theirs.I, rel=1e-10)


@pytest.mark.parametrize(("seed", "areas"), MAPS)
def test_local_morans_i_agrees(seed, areas):
    count, people, links = random_map(seed, areas)
    ours = local_clusters.local_morans_i(count / people, links)
    theirs = esda.Moran_Local(count / people, weights(links), seed=seed)
    np.testing.assert_allclose(ours.value, theirs.Is, rtol=1e-10, atol=1e-12)
    names = np.array(["", "high_high", "low_high", "low_low", "high_low"])
    assert (ours.quadrant == names[theirs.q]).all()
    one_sided = ours.p_permutation / 2
    error = 5 * np.sqrt(2 * np.maximum(one_sided, 0.003) / 1000)
    assert (np.abs(one_sided - np.minimum(theirs.p_sim, 0.5)) < error).all()


@pytest.mark.parametrize(("seed", "areas"), MAPS)
@pytest.mark.parametrize("star", [False, True])
def test_getis_ord_agrees(seed, areas, star):
    count, people, links = random_map(seed, areas)
    ours = (local_clusters.local_g_star if star else local_clusters.local_g)(count / people, links)
    theirs = esda.G_Local(count / people, weights(links), transform="B", star=star, permutations=0)
    np.testing.assert_allclose(ours.value, theirs.Zs, rtol=1e-10, atol=1e-12)


def test_the_peers_row_standardised_z_takes_every_area_to_have_one_neighbour():
    """esda 2.9: the sum of row-standardised weights stands for the number of neighbours in the variance.

    The z score of a mean of four neighbours must then come out about half of what it is. Ours equals theirs with
    plain 0/1 weights, where the number is right, and dividing by it cannot change a z score.
    """
    count, people, links = random_map(1, 42)
    standardised = esda.G_Local(count / people, weights(links), transform="R", permutations=0)
    ours = local_clusters.local_g(count / people, links).value
    neighbours = links.sum(axis=1)
    too_wide = np.sqrt(neighbours * (41 - 1) / (41 - neighbours))
    np.testing.assert_allclose(standardised.Zs * too_wide, ours, rtol=1e-9)
    assert np.abs(standardised.Zs / ours).max() < 0.6


def test_an_island_counts_in_the_mean_in_both():
    count, people, links = random_map(3, 42)
    links[5] = links[:, 5] = 0
    ours = spatial.morans_i(count / people, links)
    assert ours.unlinked == 1
    assert ours.value == pytest.approx(esda.Moran(count / people, weights(links)).I, rel=1e-10)
