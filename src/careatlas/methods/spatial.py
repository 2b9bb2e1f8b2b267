"""Whether areas that share a border have more alike values than chance would give: Moran's I of a whole map.

Use it on what is left after age, sex and deprivation are allowed for: neighbours that are still alike share
something not yet named (a hospital, a way of coding, a way of practising). For rates use
``empirical_bayes_index`` first, so that areas with few people do not set the answer; for many maps give all at
once, as they then share their permutations.

Not for raw rates: neighbours have similar ages and needs, so every map looks patterned, and with few people at
one end of a map chance alone is called a pattern four times as often as stated (the index: as stated). Not to say
which areas are alike (``local_clusters``), and not with fewer than about twenty areas. A p value says that a
pattern exists, never why.

Formula::

    z      = value - mean of values
    lag    = mean of z over the area's neighbours
    I      = (areas / areas with neighbours) x sum of z x lag / sum of z squared
    p      = (1 + permuted maps with an I as large) / (1 + permutations)

    rates:  rate = count / people;  b = sum of counts / sum of people
            a = sum of people x (rate - b)^2 / sum of people - b / mean people
            index = (rate - b) / sqrt(a + b / people), with b / people where a + b / people is not above zero

Source: Moran 1950, Biometrika 37:17, 10.1093/biomet/37.1-2.17; Cliff & Ord 1981, Spatial processes; Assunção &
Reis 1999, Statistics in Medicine 18:2147.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from careatlas.methods.estimate import (
    Numbers,
    alike,
    as_numbers,
    divide,
    labels_of,
    refuse_where,
    require_axes,
    require_same_labels,
)

CHAPTER = "Smoothing and maps"
AT_A_TIME = 60_000  # values shuffled at a time: as many as stay in the processor's cache
SAME = 1e-9  # permuted sums this near the observed one (relative) are equal: the order of adding up differs
ROUNDING = 1e-12  # values this near one another (relative) differ by rounding and no more


class Moran(NamedTuple):
    """Of each map, ``[...]``: ``value`` (I), its ``expected`` value without pattern, ``z``, two p values that
    neighbours are this much alike (``p_normal`` by normal theory, ``p_permutation``), the number of ``areas``
    with a value and how many of them are ``unlinked`` (no neighbour with a value)."""

    value: Numbers
    expected: Numbers
    z: Numbers
    p_normal: Numbers
    p_permutation: Numbers
    areas: Numbers
    unlinked: Numbers


class Linked(NamedTuple):
    """``neighbours`` of the kind given, and ``is_linked``: areas that had none and were given the nearest."""

    neighbours: ArrayLike
    is_linked: NDArray[np.bool_]


def morans_i(value: ArrayLike, neighbours: ArrayLike, permutations: int = 999, seed: int = 0) -> Moran:
    """Moran's I with row-standardised weights, and one-sided p values against "no more alike than chance".

    ``value`` is ``[..., area]``, any unit; ``neighbours`` a symmetric 0/1 matrix ``[area, area]``, dense or
    scipy.sparse. An area without a value is left out of that map, and its neighbours do without it. Areas
    without neighbours count in the mean but have nobody to be like: link them first (``link_islands``), and
    look at the answer without links as well. All values equal, fewer than three areas, or no links: NaN. The
    smallest p by permutation is 1 / (1 + permutations); with 0 permutations it is NaN. Refuses neighbours that
    are not symmetric 0/1.

    Four areas in a row, 1 1 5 5: z is -2 -2 2 2, the neighbours' means -2 0 0 2, so I = 8/16; without pattern
    -1/3 is expected:

    >>> row = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    >>> moran = morans_i([1, 1, 5, 5], row)
    >>> float(moran.value), float(moran.expected.round(4))
    (0.5, -0.3333)
    """

    def of_complete_maps(values: Numbers, links: "Links") -> Iterator[Numbers]:
        found = _moran(values, links)
        yield from found
        yield _share_as_large(values, links, permutations, seed)
        yield from np.broadcast_arrays(float(links.areas), float(links.unlinked), found[0])[:2]

    return Moran(*by_map(value, neighbours, of_complete_maps, 7, keeps_areas=False))


def empirical_bayes_index(count: ArrayLike, denominator: ArrayLike) -> Numbers:
    """How far each rate lies from that of all areas, in standard errors that allow for its few or many people.

    ``count`` events among a ``denominator`` of people (or expected events), ``[..., area]``; give the answer
    to ``morans_i`` or ``local_clusters``. NaN in either, or nobody, gives NaN and leaves the area out, as do
    no events in any area; areas of equal rates have 0. Refuses events among nobody, and numbers below zero.

    Rates 1, 2 and 3 % of 100 people each: b = 2 %, a = .0002/3 - .02/100 < 0; a + b/100 = .0002/3, so the
    ends lie .01 / .00816 = 1.2247 off:

    >>> empirical_bayes_index([1, 2, 3], [100, 100, 100]).round(4).tolist()
    [-1.2247, 0.0, 1.2247]
    """
    count, people = np.broadcast_arrays(*alike(count=count, denominator=denominator))
    require_axes("count", count, "area")
    refuse_where((people == 0) & (count > 0), "there are events among nobody")
    rate = divide(count, people)
    is_known = ~np.isnan(rate)
    count, people = (np.where(is_known, numbers, 0) for numbers in (count, people))
    all_people = _sum(people)
    overall = divide(_sum(count), all_people)
    spread = divide(_sum(people * np.where(is_known, rate - overall, 0) ** 2), all_people)
    between = spread - divide(overall * _sum(is_known), all_people)
    chance = divide(overall, people)
    variance = np.where(between + chance > 0, between + chance, chance)
    distance = rate - overall
    distance = np.where(np.abs(distance) > ROUNDING * overall, distance, 0 * distance)
    return divide(distance, np.sqrt(variance))


def link_islands(neighbours: ArrayLike, coordinates: ArrayLike) -> Linked:
    """Each area without neighbours linked to the area nearest to it, both ways, and flagged.

    ``neighbours`` ``[area, area]`` as in ``morans_i``; ``coordinates`` ``[area, 2]`` of a point in each area,
    on a flat grid (metres, not degrees). Refuses missing coordinates.

    >>> linked = link_islands([[0, 1, 0], [1, 0, 0], [0, 0, 0]], [[0, 0], [1, 0], [3, 0]])
    >>> linked.neighbours.tolist(), linked.is_linked.tolist()
    ([[0, 1, 0], [1, 0, 1], [0, 1, 0]], [False, False, True])
    """
    place = as_numbers("coordinates", coordinates)
    require_axes("coordinates", place, "area", coordinate=2)
    refuse_where(np.isnan(place), "coordinates are missing")
    links = as_links(neighbours, len(place))
    is_island = links.degree == 0
    islands = np.flatnonzero(is_island)
    distance = np.linalg.norm(place[islands, None] - place, axis=-1)
    distance[np.arange(len(islands)), islands] = np.inf
    linked = links.matrix.tolil()
    if len(place) > 1:
        for island, nearest in zip(islands, distance.argmin(axis=1), strict=True):
            linked[island, nearest] = linked[nearest, island] = 1
    is_dense = not hasattr(neighbours, "tocsr")
    linked = linked.toarray().astype(int) if is_dense else type(links.matrix)(linked)
    return Linked(linked, is_island & (len(place) > 1))


class Links(NamedTuple):
    """Who borders whom, among areas that all have a value: ``matrix`` (scipy.sparse, 0/1) and ``degree``, each
    area's number of neighbours."""

    matrix: "object"
    degree: Numbers

    @property
    def areas(self) -> int:
        return len(self.degree)

    @property
    def unlinked(self) -> int:
        return int((self.degree == 0).sum())

    def mean_of_neighbours(self, values: Numbers) -> Numbers:
        """``[map, area]``; 0 where there are none."""
        return (self.matrix @ values.T).T / np.maximum(self.degree, 1)


def as_links(neighbours: ArrayLike, areas: int) -> Links:
    """``neighbours`` checked: a symmetric 0/1 matrix of that many areas, none its own neighbour."""
    from scipy.sparse import csr_array

    is_sparse = hasattr(neighbours, "tocsr")
    matrix = csr_array(neighbours if is_sparse else np.atleast_2d(neighbours), dtype=np.float64)
    if matrix.shape != (areas, areas):
        raise ValueError(f"neighbours is {matrix.shape[0]} x {matrix.shape[1]}; there are {areas} areas")
    matrix.eliminate_zeros()
    rows, columns = matrix.nonzero()
    if (matrix.data != 1).any() or (matrix != matrix.T).nnz or (rows == columns).any():
        raise ValueError("neighbours must be a symmetric matrix of 0 and 1 with zeros on its diagonal")
    return Links(matrix, np.asarray(matrix.sum(axis=1)))


def by_map(
    value: ArrayLike,
    neighbours: ArrayLike,
    of_complete_maps: Callable[[Numbers, Links], Iterator[Numbers]],
    parts: int,
    keeps_areas: bool = True,
) -> list[Numbers]:
    """The parts that ``of_complete_maps`` gives of maps ``[map, area]``, for maps in which areas may be missing.

    Maps with the same areas missing are worked together, in the network of the areas they have.
    """
    require_same_labels(value=labels_of(value), neighbours=labels_of(neighbours))
    value = as_numbers("value", value)
    require_axes("value", value, "area")
    links = as_links(neighbours, value.shape[-1])
    maps = value.reshape(-1, links.areas)
    shape = maps.shape if keeps_areas else maps.shape[:1]
    answers = [np.full(shape, np.nan) for _ in range(parts)]
    patterns, pattern_of_map = np.unique(~np.isnan(maps), axis=0, return_inverse=True)
    for number, has_value in enumerate(patterns):
        here, areas = np.flatnonzero(pattern_of_map == number), np.flatnonzero(has_value)
        if not len(areas):
            continue
        place = np.ix_(here, areas) if keeps_areas else here
        among = links.matrix[areas][:, areas]
        complete = Links(among, np.asarray(among.sum(axis=1)))
        for answer, part in zip(answers, of_complete_maps(maps[np.ix_(here, areas)], complete), strict=True):
            answer[place] = part
    return [answer.reshape(value.shape if keeps_areas else value.shape[:-1]) for answer in answers]


def shuffles(areas: int, permutations: int, seed: int, maps: int) -> Iterator[NDArray[np.intp]]:
    """Random orders of the areas, a few at a time ``[area, order]``; the same orders for any number of maps."""
    rng, at_a_time = np.random.default_rng(seed), max(1, AT_A_TIME // (areas * maps))
    for start in range(0, permutations, at_a_time):
        many = min(at_a_time, permutations - start)
        yield np.stack([rng.permutation(areas) for _ in range(many)], axis=1)


def deviations(values: Numbers) -> Numbers:
    """Each value less the mean of its map; NaN where all values of the map are equal but for rounding."""
    size = np.abs(values).max(axis=-1, keepdims=True)
    is_flat = np.ptp(values, axis=-1, keepdims=True) <= ROUNDING * size
    return np.where(is_flat, np.nan, values - values.mean(axis=-1, keepdims=True))


def _moran(values: Numbers, links: Links) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """I, its mean and z where values are normal and unpatterned, and p (Cliff & Ord 1981)."""
    z, areas, linked = deviations(values), links.areas, links.areas - links.unlinked
    if areas < 3 or not linked:
        return (np.full(len(values), np.nan),) * 4
    total = (z * links.mean_of_neighbours(z)).sum(axis=-1)
    moran = areas / linked * total / (z**2).sum(axis=-1)
    weights = _weights(links)
    both_ways = weights + weights.T
    s1 = (both_ways.multiply(both_ways)).sum() / 2
    s2 = ((weights.sum(axis=0) + weights.sum(axis=1)) ** 2).sum()
    mean = -1 / (areas - 1)
    variance = (areas**2 * s1 - areas * s2 + 3 * linked**2) / ((areas**2 - 1) * linked**2) - mean**2
    score = (moran - mean) / np.sqrt(variance)
    return moran, np.where(np.isnan(moran), np.nan, mean), score, ndtr(-score)


def _share_as_large(values: Numbers, links: Links, permutations: int, seed: int) -> Numbers:
    """The permutation p: every map is shuffled the same way, and only the cross-products change."""
    from scipy.sparse import triu

    z = np.ascontiguousarray(deviations(values).T)
    weights = _weights(links)
    pairs = triu(weights + weights.T, format="csr")  # each border once

    def cross_products(z: Numbers) -> Numbers:
        with_neighbours = (pairs @ z.reshape(len(z), -1)).reshape(z.shape)
        return np.einsum("a...,a...->...", z, with_neighbours)

    observed = cross_products(z) - SAME * (z**2).sum(axis=0)
    as_large = np.zeros(len(values))
    for orders in shuffles(links.areas, permutations, seed, len(values)):
        as_large += (cross_products(z[orders]) >= observed).sum(axis=0)
    is_known = ~np.isnan(observed) & (links.areas >= 3) & (pairs.nnz > 0) & (permutations > 0)
    return np.where(is_known, (1 + as_large) / (1 + permutations), np.nan)


def _weights(links: Links) -> "object":
    from scipy.sparse import diags_array

    return diags_array(1 / np.maximum(links.degree, 1)) @ links.matrix


def _sum(numbers: Numbers) -> Numbers:
    return numbers.sum(axis=-1, keepdims=True)
