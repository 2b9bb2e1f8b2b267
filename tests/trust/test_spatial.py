"""Spatial patterns: maps without one are called patterned at the stated rate, and planted ones are found."""

import numpy as np
import pytest

from careatlas.methods import local_clusters, spatial
from careatlas.methods.false_discovery import false_discovery_together

AREAS, MAPS = 106, 2000


def nearest_neighbours(rng, areas=AREAS, links=4):
    place = rng.uniform(size=(areas, 2))
    distance = np.linalg.norm(place[:, None] - place, axis=-1) + np.where(np.eye(areas), np.inf, 0)
    nearest = np.zeros((areas, areas))
    np.put_along_axis(nearest, distance.argsort(axis=1)[:, :links], 1, axis=1)
    return np.maximum(nearest, nearest.T), place


@pytest.mark.parametrize("kind", ["normal values", "rates of unequal populations (index)"])
def test_maps_without_pattern_are_called_patterned_at_the_stated_rate(measured, kind):
    rng = np.random.default_rng(41)
    links, place = nearest_neighbours(rng)
    if kind == "normal values":
        values = rng.normal(size=(MAPS, AREAS))
    else:  # small areas together at one end of the map
        people = np.broadcast_to(500 * np.exp(4 * place[:, 0]), (MAPS, AREAS))
        values = spatial.empirical_bayes_index(rng.poisson(people * 0.005), people)
    moran = spatial.morans_i(values, links)
    for name, p in (("permutation", moran.p_permutation), ("normal theory", moran.p_normal)):
        rate = (p <= 0.05).mean()
        measured(f"Moran, no pattern, {kind}, {name} p <= .05", f"{rate:.2%}", "<= 5 %, within 3 s.e.")
        assert rate <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / MAPS)


def test_raw_rates_of_small_areas_side_by_side_are_called_patterned_more_often_than_their_index(measured):
    """Half the map has few people: what their rates do by chance outweighs all the rest."""
    rng = np.random.default_rng(44)
    links, place = nearest_neighbours(rng)
    people = np.broadcast_to(np.where(place[:, 0] < 0.15, 300, 30_000), (MAPS, AREAS))
    count = rng.poisson(people * 0.005)
    raw = spatial.morans_i(count / people, links).p_normal
    index = spatial.morans_i(spatial.empirical_bayes_index(count, people), links).p_normal
    for name, p in (("raw rates", raw), ("index", index)):
        measured(f"Moran, few people at one end, {name}, p <= .05", f"{(p <= 0.05).mean():.1%}", "printed")
    assert abs((index <= 0.05).mean() - 0.05) < abs((raw <= 0.05).mean() - 0.05)


def test_a_pattern_of_half_the_variance_is_found(measured):
    rng = np.random.default_rng(42)
    links, place = nearest_neighbours(rng)
    distance = np.linalg.norm(place[:, None] - place, axis=-1)
    smooth = rng.multivariate_normal(np.zeros(AREAS), np.exp(-distance / 0.2), MAPS)
    power = (spatial.morans_i(smooth + rng.normal(size=smooth.shape), links).p_permutation <= 0.05).mean()
    measured(
        "Moran, half the variance smooth over a fifth of the map: found at .05", f"{power:.1%}", ">= 80 %"
    )
    assert power >= 0.8


def test_labels_kept_by_false_discovery_are_false_as_often_as_stated(measured):
    """34 indicators of 106 areas together; one in four has a high block, and only areas inside or beside it are
    truly among unlike values."""
    rng = np.random.default_rng(43)
    links, place = nearest_neighbours(rng)
    block = np.linalg.norm(place - 0.5, axis=1) < 0.25
    is_touched = block | (links @ block > 0)
    has_block = np.arange(34) % 4 == 0
    shares, found = [], []
    for _ in range(100):
        values = rng.normal(size=(34, AREAS)) + 1.5 * np.outer(has_block, block)
        q = false_discovery_together(local_clusters.local_morans_i(values, links, permutations=0).p_normal)
        is_listed, is_true = q <= 0.1, np.outer(has_block, is_touched)
        shares.append((is_listed & ~is_true).sum() / max(is_listed.sum(), 1))
        found.append(is_listed[np.outer(has_block, block & (links @ ~block == 0))].mean())
    measured("local Moran, 34 x 106 together, q <= .1: false share", f"{np.mean(shares):.1%}", "<= 10 %")
    measured("local Moran, inside a block 1.5 s.d. high: found", f"{np.mean(found):.0%}", "printed")
    assert np.mean(shares) <= 0.1 + 3 * np.std(shares) / np.sqrt(len(shares))
