"""Moran's I of many maps: ours, which share their permutations, beside PySAL's esda, a map at a time."""

import warnings

import numpy as np
from compare import Comparison, best_seconds

from careatlas.methods.spatial import morans_i

MAPS, AREAS, PERMUTATIONS = 340, 106, 999
TIMED_MAPS = 34  # of esda's, which takes each map for itself; the rest would take as long


def comparisons() -> list[Comparison]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other packages' deprecations
        import esda
        import libpysal
    values, neighbours = random_maps()
    weights = libpysal.weights.full2W(neighbours)
    ours = best_seconds(lambda: morans_i(values, neighbours, PERMUTATIONS), 3)
    one_by_one = best_seconds(
        lambda: [esda.Moran(value, weights, permutations=PERMUTATIONS) for value in values[:TIMED_MAPS]], 1
    )
    return [
        Comparison(
            f"Moran, {MAPS} maps of {AREAS} areas x {PERMUTATIONS} permutations",
            ours,
            f"esda, {TIMED_MAPS} maps x {MAPS // TIMED_MAPS}",
            one_by_one * MAPS / TIMED_MAPS,
            ">= 10x, < .4 s",
        )
    ]


def random_maps() -> tuple[np.ndarray, np.ndarray]:
    """Values without pattern, and areas linked to their four nearest."""
    rng = np.random.default_rng(0)
    place = rng.uniform(size=(AREAS, 2))
    distance = np.linalg.norm(place[:, None] - place, axis=-1) + np.where(np.eye(AREAS), np.inf, 0)
    nearest = np.zeros((AREAS, AREAS))
    np.put_along_axis(nearest, distance.argsort(axis=1)[:, :4], 1, axis=1)
    return rng.normal(size=(MAPS, AREAS)), np.maximum(nearest, nearest.T)
