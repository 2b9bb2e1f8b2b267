"""Peers as positions in the list of areas, and the level of the best of them, for ``opportunity``."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import Numbers, refuse_where, require_axes

RUNGS = ("mean", "median", "best_five", "best_quarter", "best_tenth")
FEWEST_PEERS = 5


def checked_peers(name: str, peers: ArrayLike, areas: int) -> NDArray[np.int64]:
    """``[..., area, place]``; refused where no area, the area itself or the same one twice.

    >>> checked_peers("peers", [[1, 1], [0, -1]], areas=2)
    Traceback (most recent call last):
    ValueError: peers has an area twice at position 0
    """
    if hasattr(peers, "peer"):
        raise ValueError(f"{name} must be positions; it is all that methods.peers gives: take its .peer")
    peers = np.asarray(peers)
    require_axes(name, peers, "area", "place")
    if not peers.shape[-1]:
        raise ValueError(f"{name} has no place for a peer: -1 stands for none")
    require_axes(name, peers[..., 0], area=areas)
    if not np.issubdtype(peers.dtype, np.integer):
        raise ValueError(f"{name} must be whole numbers, positions of areas with -1 for none")
    refuse_where((peers < -1) | (peers >= areas), f"{name} has a position that none of the {areas} areas has")
    refuse_where(peers == np.arange(areas)[:, None], f"{name} has an area as its own")
    in_order = np.sort(peers, axis=-1)
    is_same = (in_order[..., 1:] == in_order[..., :-1]) & (in_order[..., 1:] >= 0)
    refuse_where(is_same.any(axis=-1), f"{name} has an area twice")
    return peers


def of_peers(values: Numbers, position: NDArray[np.int64]) -> Numbers:
    """What each area's peer at ``position`` ``[..., area]`` has of ``values``; NaN for -1, none.

    >>> of_peers(np.array([5.0, 6.0]), np.array([1, -1]))
    array([ 6., nan])
    """
    shape = np.broadcast_shapes(values.shape, position.shape)
    at = np.broadcast_to(np.maximum(position, 0), shape)
    found = np.take_along_axis(np.broadcast_to(values, shape), at, axis=-1)
    return np.where(position < 0, np.nan, found)


def level_of_best(draws: Numbers, order: NDArray[np.int64], rung: str) -> Numbers:
    """Of ratios ``[..., draw, area]`` the level of the best peers, which ``order`` by ``best_first`` gives first.

    NaN for areas with fewer than five peers.
    """
    if rung not in RUNGS:
        raise ValueError(f"rung must be one of {', '.join(RUNGS)}; it is {rung!r}")
    peers = (order >= 0).sum(axis=-1)[..., None, :]
    known = np.where(peers >= FEWEST_PEERS, peers, np.nan)
    by_place = (of_peers(draws, order[..., None, :, place]) for place in range(order.shape[-1]))
    if rung == "median":
        in_order = np.sort(np.stack(list(by_place), axis=-1), axis=-1)
        ends = (np.maximum(peers - 1, 0) // 2, np.minimum(peers // 2, order.shape[-1] - 1))
        shape = in_order.shape[:-1]
        middle = (
            np.take_along_axis(in_order, np.broadcast_to(end, shape)[..., None], axis=-1) for end in ends
        )
        return np.where(np.isnan(known), np.nan, sum(middle)[..., 0] / 2)
    best = {
        "mean": known,
        "best_five": np.where(np.isnan(known), np.nan, 5),
        "best_quarter": np.ceil(known / 4),
        "best_tenth": np.ceil(known / 10),
    }[rung]
    return sum(np.where(place < best, value, 0) for place, value in enumerate(by_place)) / best
