"""Which areas stand among neighbours like themselves, and which stand out from theirs.

Use it after ``spatial`` has found that a map is patterned, to show where: high among high, low among low, and the
odd ones out. ``local_morans_i`` labels areas by themselves and their neighbours; ``local_g`` asks of the
neighbours only (is this the edge of something high?); ``local_g_star`` of the area with its neighbours (hot and
cold spots).

Not one by one: with 106 areas five are flagged by chance at 5 %. Give the p values of all areas and indicators
together to ``false_discovery`` and label what it keeps (``cluster_labels``). An area without a label may still be
in a cluster: of those inside a block 1.5 standard deviations high 6 % are kept. Not where areas have few
neighbours and values are far from normal: there use the p value by permutation, not ``p_normal``.

Formula::

    z               = value - mean of values
    I of an area    = (areas - 1) x z x (mean of z over its k neighbours) / sum of z squared
    G of an area    = (mean of neighbours - m) / sqrt(s^2 / k x (areas - 1 - k) / (areas - 2))
                      m, s^2: mean and variance (divisor areas - 1) of the areas other than itself
    G* of an area   = the same for itself with its neighbours, among all areas
    p               = 2 x the smaller tail, of the mean of k others drawn at random (itself held still)

Source: Anselin 1995, Geographical Analysis 27:93, 10.1111/j.1538-4632.1995.tb00338.x; Ord & Getis 1995,
Geographical Analysis 27:286, 10.1111/j.1538-4632.1995.tb00912.x.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from careatlas.methods.estimate import Numbers, as_truths, divide
from careatlas.methods.spatial import SAME, Links, by_map, deviations, shuffles

CHAPTER = "Smoothing and maps"


class LocalMoran(NamedTuple):
    """Of each area, ``[..., area]``: ``value`` (its I), ``z`` (its neighbours' mean in standard errors from what
    a random set of areas would have, positive where they are like it), ``p_normal`` and ``p_permutation``, both
    two-sided, and ``quadrant``: ``high_high``, ``low_low``, ``high_low`` (high among low), ``low_high``,
    ``not_known``."""

    value: Numbers
    z: Numbers
    p_normal: Numbers
    p_permutation: Numbers
    quadrant: NDArray[np.str_]


class LocalG(NamedTuple):
    """Of each area, ``[..., area]``: ``value`` in standard errors (above 0 hot, below 0 cold), and two-sided
    ``p_normal`` and ``p_permutation``."""

    value: Numbers
    p_normal: Numbers
    p_permutation: Numbers


def local_morans_i(
    value: ArrayLike, neighbours: ArrayLike, permutations: int = 999, seed: int = 0
) -> LocalMoran:
    """Moran's I of each area with row-standardised weights.

    ``value`` ``[..., area]`` and ``neighbours`` ``[area, area]`` as in ``spatial.morans_i``. An area without a
    value, or without a neighbour that has one, is NaN and ``not_known``; so are all where values are equal.
    Exactly the mean counts as high. p by permutation holds the area still and draws its neighbours from the
    others; it is twice the smaller tail, and never below 2 / (1 + permutations), or NaN with 0 permutations.

    Four areas in a row, 1 1 5 5: z is -2 -2 2 2 and the neighbours' means -2 0 0 2, so the ends have
    3 x 4 / 16 = .75 and the middle two 0:

    >>> row = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    >>> local = local_morans_i([1, 1, 5, 5], row)
    >>> local.value[[0, 3]].tolist(), local.quadrant[[0, 3]].tolist()
    ([0.75, 0.75], ['low_low', 'high_high'])
    """

    def of_complete_maps(values: Numbers, links: Links) -> Iterator[Numbers]:
        z = deviations(values)
        lag = np.where(links.degree > 0, links.mean_of_neighbours(z), np.nan)
        own = divide((links.areas - 1) * z * lag, (z**2).sum(axis=-1, keepdims=True))
        score = _distance_from_others(z, lag, links)
        yield own
        yield np.where(z < 0, -1, 1) * score
        yield _two_sided(score)
        yield _drawn_p(z, links, permutations, seed)
        yield np.where(np.isnan(z + lag), np.nan, 2 * (z < 0) + (lag < 0))

    *numbers, quadrant = by_map(value, neighbours, of_complete_maps, 5)
    names = np.array(["high_high", "high_low", "low_high", "low_low", "not_known"])
    return LocalMoran(*numbers, names[np.where(np.isnan(quadrant), 4, quadrant).astype(int)])


def local_g(value: ArrayLike, neighbours: ArrayLike, permutations: int = 999, seed: int = 0) -> LocalG:
    """Getis and Ord's G of each area's neighbours, without the area itself, as Ord & Getis 1995 standardise it.

    Arguments, missing values and p as in ``local_morans_i``. The permutation p of G, G* and local I is the same
    number: all ask whether the neighbours' mean is one that chance would draw.

    1 1 5 5 in a row: beside the first stands a 1, and the others (1 5 5) have mean 11/3 and s^2 32/9:

    >>> row = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    >>> local_g([1, 1, 5, 5], row).value.round(4).tolist()[0]  # (1 - 11/3) / sqrt(32/9)
    -1.4142
    """
    return _local_g(value, neighbours, _distance_from_others, permutations, seed)


def local_g_star(value: ArrayLike, neighbours: ArrayLike, permutations: int = 999, seed: int = 0) -> LocalG:
    """Getis and Ord's G* of each area together with its neighbours: hot spots and cold spots.

    Arguments, missing values and p as in ``local_g``.

    1 1 5 5 in a row: the first with its neighbour has mean 1 among all (mean 3, s^2 4), 2 of 4 areas:

    >>> row = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    >>> local_g_star([1, 1, 5, 5], row).value.round(4).tolist()[0]  # (1 - 3) / sqrt(4/2 x (4-2)/3)
    -1.7321
    """
    return _local_g(value, neighbours, _distance_from_all, permutations, seed)


def cluster_labels(quadrant: ArrayLike, is_significant: ArrayLike) -> NDArray[np.str_]:
    """``quadrant`` of ``local_morans_i`` where significant, ``not_significant`` elsewhere; ``not_known`` stays.

    >>> cluster_labels(["high_high", "low_high", "not_known"], [True, False, False]).tolist()
    ['high_high', 'not_significant', 'not_known']
    """
    quadrant = np.asarray(quadrant, dtype=np.str_)
    is_named = as_truths("is_significant", is_significant) | (quadrant == "not_known")
    return np.where(is_named, quadrant, "not_significant")


Distance = Callable[[Numbers, Numbers, Links], Numbers]


def _local_g(
    value: ArrayLike, neighbours: ArrayLike, distance: Distance, permutations: int, seed: int
) -> LocalG:
    def of_complete_maps(values: Numbers, links: Links) -> Iterator[Numbers]:
        z = deviations(values)
        score = distance(z, np.where(links.degree > 0, links.mean_of_neighbours(z), np.nan), links)
        yield score
        yield _two_sided(score)
        yield _drawn_p(z, links, permutations, seed)

    return LocalG(*by_map(value, neighbours, of_complete_maps, 3))


def _distance_from_others(z: Numbers, lag: Numbers, links: Links) -> Numbers:
    """The neighbours' mean, in standard errors of as many areas drawn from the others without replacement."""
    others = links.areas - 1
    mean = -z / others
    variance = (np.sum(z**2, axis=-1, keepdims=True) - z**2) / others - mean**2
    return _standardised(lag - mean, variance, links.degree, others)


def _distance_from_all(z: Numbers, lag: Numbers, links: Links) -> Numbers:
    size = links.degree + 1
    with_itself = (links.degree * lag + z) / size
    return _standardised(with_itself, (z**2).mean(axis=-1, keepdims=True), size, links.areas)


def _standardised(distance: Numbers, variance: Numbers, drawn: Numbers, drawn_from: int) -> Numbers:
    """NaN where nothing could be otherwise: everyone else drawn, or all others equal."""
    left = (drawn_from - drawn) / max(drawn_from - 1, 1) / np.maximum(drawn, 1)
    is_open = variance * left > SAME * np.max(variance, axis=-1, keepdims=True)
    return divide(distance, np.sqrt(np.where(is_open, variance * left, 0)))


def _two_sided(score: Numbers) -> Numbers:
    return 2 * ndtr(-np.abs(score))


def _drawn_p(z: Numbers, links: Links, permutations: int, seed: int) -> Numbers:
    """Twice the smaller tail of the neighbours' sum among sums of as many areas drawn from the others.

    One shuffle of all areas serves every area: its draw is the head of the shuffled list, skipping itself.
    """
    z, size = np.ascontiguousarray(z.T), links.degree.astype(int)
    observed = links.matrix @ z
    slack = SAME * np.sqrt((z**2).sum(axis=0))
    as_large, as_small = np.zeros(z.shape), np.zeros(z.shape)
    for orders in shuffles(links.areas, permutations, seed, z.shape[1]):
        is_in_head = orders.argsort(axis=0) < size[:, None]  # [area, order]
        heads = z[orders[: size.max() + 1]].cumsum(axis=0)
        heads = np.concatenate([np.zeros((1, *heads.shape[1:])), heads])
        drawn = heads[size[:, None] + is_in_head, np.arange(orders.shape[1])]  # [area, order, map]
        drawn -= np.where(is_in_head[..., None], z[:, None], 0)
        as_large += (drawn >= (observed - slack)[:, None]).sum(axis=1)
        as_small += (drawn <= (observed + slack)[:, None]).sum(axis=1)
    p = np.minimum(1, 2 * (1 + np.minimum(as_large, as_small)) / (1 + permutations))
    is_open = (size > 0) & (size < links.areas - 1) & (permutations > 0)
    return np.where(np.isnan(observed) | ~is_open[:, None], np.nan, p).T
