"""scikit-learn finds the same neighbours and the same ridge."""

import numpy as np
import pytest

from careatlas.methods.peers import learnt_weights, mahalanobis_peers, peers

neighbors = pytest.importorskip("sklearn.neighbors")
linear_model = pytest.importorskip("sklearn.linear_model")
preprocessing = pytest.importorskip("sklearn.preprocessing")


@pytest.mark.parametrize(("areas", "variables"), [(42, 3), (106, 8), (6500, 5)])
def test_nearest_neighbours_are_those_of_scikit_learn(areas, variables):
    rng = np.random.default_rng(areas)
    need, weights = rng.lognormal(size=(areas, variables)), rng.uniform(0.2, 1, variables)
    place = preprocessing.StandardScaler().fit_transform(need) * np.sqrt(weights / weights.sum())
    distance, index = neighbors.NearestNeighbors(n_neighbors=10).fit(place).kneighbors()
    found = peers(need, weights)
    np.testing.assert_array_equal(found.nearest, index)
    np.testing.assert_allclose(found.distance, distance, rtol=1e-10)


def test_mahalanobis_neighbours_are_those_of_scikit_learn():
    rng = np.random.default_rng(2)
    need = rng.standard_normal((106, 6)) @ rng.standard_normal((6, 6))
    inverse = np.linalg.inv(np.cov(need.T, ddof=0))
    search = neighbors.NearestNeighbors(
        n_neighbors=10, algorithm="brute", metric="mahalanobis", metric_params={"VI": inverse}
    )
    distance, index = search.fit(need).kneighbors()
    found = mahalanobis_peers(need)
    np.testing.assert_array_equal(found.nearest, index)
    np.testing.assert_allclose(found.distance, distance / np.sqrt(6), rtol=1e-8)


def test_ridge_weights_are_those_of_scikit_learn_at_one_of_our_penalties():
    rng = np.random.default_rng(3)
    variables = rng.standard_normal((106, 5)) @ rng.standard_normal((5, 5))
    need = variables @ rng.standard_normal(5) + rng.normal(0, 2, 106)
    z = preprocessing.StandardScaler().fit_transform(variables)
    ours = learnt_weights(variables, need)
    gaps = []
    for penalty in 106 * np.logspace(-3, 3, 61):
        squared = linear_model.Ridge(alpha=penalty).fit(z, need).coef_ ** 2
        gaps.append(np.abs(squared / squared.sum() - ours).max())
    assert min(gaps) < 1e-10
    assert np.argmin(gaps) < 60
