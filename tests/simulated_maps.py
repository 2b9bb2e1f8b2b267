"""Maps whose parts are known, for the waterfall: what need, supply, place and the rest did to each area.

Truth is what readers mean: the variances between these very areas, of what was drawn for them, and not of an
imagined population of areas. Where two parts happen to overlap on this map, each is given half of it.
"""

from itertools import permutations
from math import factorial
from typing import NamedTuple

import numpy as np
from scipy.spatial import Delaunay

PARTS = ("chance", "need", "supply", "spatial", "unexplained")


class SimulatedMap(NamedTuple):
    """Counts, and ``truth``: the share of each of ``PARTS``, need whatever its sign."""

    observed: np.ndarray
    expected: np.ndarray
    blocks: dict[str, np.ndarray]
    truth: np.ndarray


def country(areas: int, rng: np.random.Generator) -> np.ndarray:
    """Neighbours of areas about random points: those joined by a short side of a triangle."""
    place = rng.random((areas, 2))
    neighbours = np.zeros((areas, areas))
    for triangle in Delaunay(place).simplices:
        for one, other in permutations(triangle, 2):
            if np.linalg.norm(place[one] - place[other]) < 3 / np.sqrt(areas):
                neighbours[one, other] = 1
    return neighbours


def smooth_fields(neighbours: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """``[field, area]`` that neighbours share (intrinsic autoregressive), of typical variance 1."""
    covariance = np.linalg.pinv(np.diag(neighbours.sum(axis=0)) - neighbours, hermitian=True)
    values, vectors = np.linalg.eigh(covariance / np.exp(np.log(np.diag(covariance)).mean()))
    return (vectors * np.sqrt(np.maximum(values, 0)) @ rng.standard_normal((len(values), number))).T


def simulated_map(
    neighbours: np.ndarray,
    shares: tuple[float, float, float, float],
    variation: float,
    rng: np.random.Generator,
    expected: tuple[float, float] = (20, 5000),
) -> SimulatedMap:
    """A map on which need (below 0: against need), supply, place and the rest have these shares of a
    coefficient of ``variation``. Need is two covariates and supply a third that goes along with the first, all
    of them more or less smooth along the map."""
    areas = len(neighbours)
    smoothness = rng.random()
    raw = np.sqrt(smoothness) * smooth_fields(neighbours, 3, rng)
    raw = raw + np.sqrt(1 - smoothness) * rng.standard_normal((3, areas))
    deprivation, age, beds = (raw - raw.mean(axis=1, keepdims=True)) / raw.std(axis=1, keepdims=True)
    beds = 0.3 * deprivation + np.sqrt(1 - 0.3**2) * beds
    variance = np.log1p(variation**2) * np.abs(shares)
    needed = 0.8 * deprivation + 0.6 * age
    parts = np.sqrt(variance)[:, None] * [
        np.sign(shares[0]) * needed / needed.std(),
        beds / beds.std(),
        smooth_fields(neighbours, 1, rng)[0],
        rng.standard_normal(areas),
    ]
    reference = np.exp(rng.uniform(*np.log(expected), areas))
    risk = np.exp(parts.sum(axis=0))
    observed = rng.poisson(reference * risk * reference.sum() / (reference * risk).sum()).astype(float)
    blocks = {"need": np.stack([deprivation, age], axis=-1), "supply": beds[:, None]}
    return SimulatedMap(observed, reference, blocks, true_shares(observed, reference, blocks, parts))


def true_shares(
    observed: np.ndarray, expected: np.ndarray, blocks: dict[str, np.ndarray], parts: np.ndarray
) -> np.ndarray:
    """Of the variance between areas: chance, each block, and the two random parts (last of ``parts``)."""
    parts = parts - parts.mean(axis=1, keepdims=True)
    difference, explained = parts.sum(axis=0), parts[:-2].sum(axis=0)
    freedom = len(observed) - 1
    by_block = gains_over_all_orders(
        list(blocks.values()), lambda design: _followed(design, explained) @ difference / freedom
    )
    chance = (expected.sum() / observed.sum() / expected).mean()
    bars = np.array([chance, *by_block, *(parts[-2:] @ difference / freedom)])
    return bars / bars.sum()


def gains_over_all_orders(blocks: list[np.ndarray], explained) -> np.ndarray:
    """Shapley's split by trying every order in which blocks may enter."""
    gains = np.zeros(len(blocks))
    for order in permutations(range(len(blocks))):
        before = 0.0
        for entered, block in enumerate(order, start=1):
            now = explained(np.concatenate([blocks[other] for other in order[:entered]], axis=1))
            gains[block] += now - before
            before = now
    return gains / factorial(len(blocks))


def _followed(design: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The part of the values that a straight-line combination of the columns can follow."""
    design = design - design.mean(axis=0)
    return design @ np.linalg.lstsq(design, values)[0]
