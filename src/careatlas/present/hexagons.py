"""An equal-area hexagon for every area, laid out so that neighbours stay near and the shape is kept.

On a map of true outlines the eye sees the large, empty areas; here each area counts the same. Method:
Delaunay neighbours are drawn to one hexagon's width, each keeping its compass direction, and areas that
overlap are pushed apart (after Dorling, Area Cartograms, 1996), which evens out the density; the points are
then matched to the cells of a hexagonal grid at the least total squared distance (an optimal assignment), for
several positions of the grid; last, cells are exchanged while that brings neighbours together. No randomness:
equal input, equal layout.

The cells are axial coordinates of hexagons standing on a corner: ``x = sqrt(3) * (q + r / 2)``, ``y = -1.5 *
r`` in units of the side, so r grows southward.
"""

import numpy as np

KM_PER_DEGREE = 111.32
WIDTH = np.sqrt(3)  # of a hexagon of side 1: the distance between the centres of neighbours
RELAXATION_STEPS = 400
GRID_SHIFTS = 3  # positions of the grid tried along each axis
EXCHANGE_ROUNDS = 30
TURNED_WEIGHT = 0.2  # of a neighbour in another direction than on the ground, against one that does not touch
PIECE_WEIGHT = 20.0  # of a piece cut off from the rest
NEIGHBOUR_WEIGHT, SAME_GROUP_WEIGHT = 1.0, 2.5
_AROUND = np.array([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)])


def hexagon_layout(
    longitude: np.ndarray, latitude: np.ndarray, group: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Axial coordinates ``(q, r)``, whole, one cell an area; areas of one ``group`` are kept together."""
    points = _plane(np.asarray(longitude, float), np.asarray(latitude, float))
    if len(points) < 2:
        return np.zeros(len(points), int), np.zeros(len(points), int)
    pairs = _neighbour_pairs(points)
    weights = _pair_weights(pairs, group)
    relaxed = _relaxed(points, pairs, weights)
    layouts = [_exchanged(_assigned(relaxed, shift), relaxed, pairs, weights) for shift in _shifts()]
    layouts = [_filled(cells, relaxed, pairs, weights) for cells in layouts]
    best = min(
        layouts,
        key=lambda cells: _cost(centres(*cells.T), relaxed, pairs, weights) + PIECE_WEIGHT * _pieces(cells),
    )
    best = best - best.min(axis=0)
    return best[:, 0], best[:, 1]


def centres(q: np.ndarray, r: np.ndarray) -> np.ndarray:
    """The centres of cells on the plane, ``[area, 2]`` (x east, y north), in units of the hexagon's side."""
    q, r = np.asarray(q, float), np.asarray(r, float)
    return np.stack([WIDTH * (q + r / 2), -1.5 * r], axis=-1)


def _plane(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    shrink = np.cos(np.radians(latitude.mean())) if len(latitude) else 1.0
    return np.stack([longitude * shrink, latitude], axis=-1) * KM_PER_DEGREE


def _neighbour_pairs(points: np.ndarray) -> np.ndarray:
    """Delaunay neighbours, without long edges that pass a third area or only close a coast's outline."""
    from scipy.spatial import Delaunay, QhullError

    try:
        corners = Delaunay(points).simplices
    except (QhullError, ValueError):  # fewer than three areas, or all on a line: each with the next one
        order = np.lexsort(points.T)
        return np.stack([order[:-1], order[1:]], axis=-1)
    edges = np.unique(np.sort(corners[:, [[0, 1], [1, 2], [0, 2]]].reshape(-1, 2), axis=1), axis=0)
    ends = points[edges]
    length = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    near = np.sort(distance, axis=1)[:, 1:5].mean(axis=1)
    from_middle = np.linalg.norm(ends.mean(axis=1)[:, None] - points[None], axis=-1)
    nothing_between = np.sort(from_middle, axis=1)[:, 0] >= length / 2 - 1e-9
    return edges[nothing_between | (length <= 1.7 * near[edges].min(axis=1))]


def _pair_weights(pairs: np.ndarray, group: np.ndarray | None) -> np.ndarray:
    if group is None:
        return np.full(len(pairs), NEIGHBOUR_WEIGHT)
    _, member = np.unique(np.asarray(group), return_inverse=True)
    together = member[pairs[:, 0]] == member[pairs[:, 1]]
    return np.where(together, SAME_GROUP_WEIGHT, NEIGHBOUR_WEIGHT)


def _relaxed(points: np.ndarray, pairs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Positions where neighbours lie about a hexagon apart in about their own direction, and none overlap."""
    first, second = pairs.T
    apart = points[second] - points[first]
    length = np.linalg.norm(apart, axis=1)
    usual = np.median(length)
    # A far neighbour stays a little farther: the square root keeps some of the country's own proportions.
    wanted = apart / length[:, None] * WIDTH * np.clip((length / usual) ** 0.25, 0.8, 1.4)[:, None]
    n = len(points)
    pull = np.zeros((n, n))
    aim = np.zeros((n, 2))
    for i, j, weight, vector in zip(first, second, weights, wanted, strict=True):
        pull[[i, j], [i, j]] += weight
        pull[[i, j], [j, i]] -= weight
        aim[j] += weight * vector
        aim[i] -= weight * vector
    pull += np.eye(n) * 1e-6
    at = np.linalg.solve(pull, aim)
    return _pushed_apart(at, first, second, wanted)


def _pushed_apart(at: np.ndarray, first: np.ndarray, second: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    n = len(at)
    for _ in range(RELAXATION_STEPS):
        between = at[None, :, :] - at[:, None, :]
        distance = np.linalg.norm(between, axis=-1) + np.eye(n) * 1e9
        overlap = np.clip(WIDTH - distance, 0, None)
        move = -(between / distance[..., None] * overlap[..., None]).sum(axis=1) * 0.25
        spring = (at[second] - at[first] - wanted) * 0.02
        np.add.at(move, first, spring)
        np.add.at(move, second, -spring)
        at = at + move
    return at


def _shifts() -> list[tuple[float, float]]:
    return [(a / GRID_SHIFTS, b / GRID_SHIFTS) for a in range(GRID_SHIFTS) for b in range(GRID_SHIFTS)]


def _assigned(at: np.ndarray, shift: tuple[float, float]) -> np.ndarray:
    """The grid cells, ``[area, 2]``, that take the areas at the least total squared distance."""
    from scipy.optimize import linear_sum_assignment

    at = at - at.mean(axis=0) + np.array([WIDTH, 1.5]) * np.array(shift)
    r = np.round(-at[:, 1] / 1.5).astype(int)
    q = np.round(at[:, 0] / WIDTH - r / 2).astype(int)
    cells = np.stack([q, r], axis=-1)
    for _ in range(2):
        cells = np.unique((cells[:, None, :] + _AROUND[None]).reshape(-1, 2), axis=0)
    far = ((at[:, None, :] - centres(*cells.T)[None]) ** 2).sum(axis=-1)
    return cells[linear_sum_assignment(far)[1]]


def _cost(at: np.ndarray, relaxed: np.ndarray, pairs: np.ndarray, weights: np.ndarray) -> float:
    """How far neighbours are from touching, and how far they have turned from where they should lie."""
    apart = at[pairs[:, 1]] - at[pairs[:, 0]]
    wanted = relaxed[pairs[:, 1]] - relaxed[pairs[:, 0]]
    beyond = np.clip(np.linalg.norm(apart, axis=1) - WIDTH, 0, None)
    turned = np.linalg.norm(apart - wanted, axis=1)
    return float((weights * (beyond + TURNED_WEIGHT * turned**2)).sum())


def _exchanged(cells: np.ndarray, relaxed: np.ndarray, pairs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Exchange the cells of two areas, or move one to a free cell beside another, while the cost falls."""
    cells = cells.copy()
    of_area = [np.flatnonzero((pairs == area).any(axis=1)) for area in range(len(cells))]

    def cost_of(*areas: int) -> float:
        near = np.unique(np.concatenate([of_area[area] for area in areas]))
        return _cost(centres(*cells.T), relaxed, pairs[near], weights[near]) if len(near) else 0.0

    for _ in range(EXCHANGE_ROUNDS):
        better = False
        for area in range(len(cells)):
            occupied = {tuple(cell): other for other, cell in enumerate(cells)}
            for cell in [tuple(cell) for cell in cells[area] + _AROUND[1:]]:
                other = occupied.get(cell)
                touched = (area,) if other is None else (area, other)
                before, kept = cost_of(*touched), cells[list(touched)].copy()
                if other is not None:
                    cells[other] = cells[area]
                cells[area] = cell
                if cost_of(*touched) < before - 1e-9:
                    better = True
                    break
                cells[list(touched)] = kept
        if not better:
            break
    return cells


def _filled(cells: np.ndarray, relaxed: np.ndarray, pairs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Close each gap by sliding the areas on one side of it one cell inward, from where it costs least."""
    for _ in range(len(cells)):
        gaps = _gaps(cells)
        if not gaps:
            break
        slid = [_slid(cells, gap, step) for gap in gaps for step in _AROUND[1:]]
        cells = min(
            slid, key=lambda cells: (len(_gaps(cells)), _cost(centres(*cells.T), relaxed, pairs, weights))
        )
    return cells


def _gaps(cells: np.ndarray) -> list[tuple[int, int]]:
    """Free cells with areas on at least five of their six sides."""
    taken = {tuple(cell) for cell in cells.tolist()}
    around = _AROUND[1:].tolist()
    free = {(q + dq, r + dr) for q, r in taken for dq, dr in around} - taken
    return sorted(
        cell for cell in free if sum((cell[0] + dq, cell[1] + dr) in taken for dq, dr in around) >= 5
    )


def _slid(cells: np.ndarray, gap: tuple[int, int], step: np.ndarray) -> np.ndarray:
    cells, at = cells.copy(), np.array(gap)
    while len(area := np.flatnonzero((cells == at + step).all(axis=1))):
        cells[area[-1]] = at
        at = at + step
    return cells


def _pieces(cells: np.ndarray) -> int:
    """Into how many pieces that do not touch the layout falls."""
    left, pieces = {tuple(cell) for cell in cells.tolist()}, 0
    while left:
        pieces += 1
        edge = [left.pop()]
        while edge:
            q, r = edge.pop()
            touching = {(q + dq, r + dr) for dq, dr in _AROUND.tolist()} & left
            left -= touching
            edge.extend(touching)
    return pieces
