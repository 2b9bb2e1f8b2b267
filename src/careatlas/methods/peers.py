"""The areas most like an area in what its people need, and whether any are like it at all.

Use it to hold an area against areas that face the same task: young cities with young cities, old coasts with
old coasts. Show the peers, their distances and the variables on the page; people may change the set.

Not with outcomes or supply among the variables: peers chosen for doing the same show no opportunity. Not
where ``has_good_match`` is false: the most unusual areas have no peers, and a benchmark made of poor matches
is worse than none. A position of -1 is nobody: taken as a position it would name the last area of the list.

Formula::

    z(area, variable) = (value - mean of the areas) / their standard deviation
    distance(i, j) = sqrt(sum over variables of weight x (z(i) - z(j))^2), weights summing to 1
    peers = the nearest 10, without those farther than the caliper
    caliper = 95th percentile, over areas, of the distance to the 10th nearest

Equal weights unless others are given. Fewer than five peers within the caliper are no good match.

Source: NHS RightCare 2016, Similar CCG methodology (nearest in standardised variables); Cochran & Rubin 1973,
Sankhya A 35:417 (caliper); Hoerl & Kennard 1970, 10.1080/00401706.1970.10488634, and Golub, Heath & Wahba
1979, 10.1080/00401706.1979.10489751 (ridge weights and their penalty); Mahalanobis 1936, Proc Natl Inst Sci
India 2:49.
"""

from collections.abc import Mapping
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import (
    Numbers,
    as_counts,
    as_numbers,
    divide,
    labels_of,
    refuse_where,
    require_axes,
    require_same_labels,
    whole_number,
)

CHAPTER = "Ranks and comparison"
NUMBER = 10
FEWEST, CALIPER_SHARE = 5, 0.95
NONE = -1


class Peers(NamedTuple):
    """``peer`` ``[..., area, place]``: the positions of an area's peers, nearest first, -1 for none (beyond
    the caliper, or no good match): mask it, ``np.where(peer < 0, "", names[peer])``, because ``names[-1]`` is
    the last area. ``nearest`` and ``distance``, alike in shape, have also those left out. ``caliper``
    ``[...]``, NaN (none) where no area has so many others; ``has_good_match`` ``[..., area]``."""

    peer: NDArray[np.int64]
    nearest: NDArray[np.int64]
    distance: Numbers
    caliper: Numbers
    has_good_match: NDArray[np.bool_]


def peers(variables: ArrayLike, weights: ArrayLike | None = None, number: int = NUMBER) -> Peers:
    """The ``number`` areas nearest to each in ``variables`` ``[..., area, variable]``, of any units.

    ``weights`` ``[variable]`` on any scale, equal by default; a variable of weight 0 is not looked at. An
    area with a missing variable has no peers and is nobody's peer. A variable in which all areas are equal
    tells none apart. Of those equally far the first in the list comes first. With fewer other areas than
    ``number``, the last places are -1 and their distances NaN; with a ``number`` below five no match is good.
    Refuses a number below one, and weights below zero, missing, all zero, or not one a variable.

    RightCare 2016.

    Six areas in two groups of three; each is nearest to the other two of its own:

    >>> peers([[1], [2], [3], [21], [22], [23]], number=2).nearest.tolist()
    [[1, 2], [0, 2], [1, 0], [4, 5], [3, 5], [4, 3]]
    """
    z = _standardised(_by_area(variables))
    return _peers(z * np.sqrt(_weights(weights, z.shape[-1])), number)


def mahalanobis_peers(variables: ArrayLike, number: int = NUMBER) -> Peers:
    """As ``peers``, with differences measured along uncorrelated directions, each of them counting alike.

    Use it when several variables say nearly the same (three measures of age), which would count three times.
    Variables that follow exactly from others add nothing.

    Mahalanobis 1936, Proc Natl Inst Sci India 2:49.

    The second variable twice the first is one direction only, so the answer is that of the first alone:

    >>> mahalanobis_peers([[1, 2], [2, 4], [4, 8]], number=1).nearest.tolist()
    [[1], [0], [1]]
    """
    z = _standardised(_by_area(variables))
    is_known = ~np.isnan(z).any(axis=-1, keepdims=True)
    known = np.where(is_known, z, 0)
    covariance = np.swapaxes(known, -1, -2) @ known / np.maximum(is_known.sum(axis=-2, keepdims=True), 1)
    variance, direction = np.linalg.eigh(covariance)
    is_real = variance > 1e-10 * variance[..., -1:]
    scale = np.where(is_real, 1 / np.sqrt(np.where(is_real, variance, 1)), 0)
    directions = np.maximum(is_real.sum(axis=-1), 1)[..., None, None]
    return _peers(z @ (direction * scale[..., None, :]) / np.sqrt(directions), number)


def learnt_weights(variables: ArrayLike, need: ArrayLike) -> Numbers:
    """What each variable counts, from how well it foretells a ``need``: squared ridge coefficients.

    ``variables`` ``[area, variable]``, one set for every ``need`` ``[..., area]``, such as ln(observed /
    expected) of an indicator of need, and not of care given. Weights ``[..., variable]`` sum to 1; for a family of
    indicators, average them. The penalty is that of generalised cross-validation, of 61 between a
    thousandth and a thousand for each area. Areas missing in either are left out; where need does not differ,
    weights are equal; with no more areas than variables and one, they are NaN.

    Hoerl & Kennard 1970, 10.1080/00401706.1970.10488634; Golub, Heath & Wahba 1979,
    10.1080/00401706.1979.10489751.

    Need follows the first variable and not the second:

    >>> learnt_weights([[1, 1], [2, -1], [3, -1], [4, 1]], [10, 20, 30, 40]).round(3)
    array([1., 0.])
    """
    require_same_labels(variables=labels_of(variables, -2), need=labels_of(need))
    variables, need = _one_set(variables), as_numbers("need", need)
    require_axes("need", need, area=len(variables))
    flat = need.reshape(-1, need.shape[-1])
    weights = [_ridge_weights(variables, one) for one in flat]
    return np.array(weights).reshape(*need.shape[:-1], variables.shape[-1])


def inclusion_share(
    variables: ArrayLike,
    weights: ArrayLike | None = None,
    number: int = NUMBER,
    draws: int = 1000,
    seed: int = 0,
) -> Numbers:
    """How often each of an area's ``nearest`` stays among them when the weights are drawn anew.

    Arguments as in ``peers``, for one set of areas ``[area, variable]``; the answer ``[area, place]`` is in
    the order of ``peers(...).nearest``, NaN for none. Weights are Dirichlet about those given (equal weights:
    any weights alike). A peer included in few draws owes its place to the weights: say so beside it.

    With one variable there is nothing to draw:

    >>> inclusion_share([[1], [2], [4], [8]], number=1).tolist()
    [[1.0], [1.0], [1.0], [1.0]]
    """
    z = _standardised(_one_set(variables))
    centre = _weights(weights, z.shape[-1])
    listed, _ = _nearest(z * np.sqrt(centre), number)
    rng, count = np.random.default_rng(seed), np.zeros(listed.shape)
    concentration = np.where(centre > 0, centre * np.count_nonzero(centre), 1)
    for _ in range(whole_number("draws", draws, fewest=1)):
        drawn = np.where(centre > 0, rng.gamma(concentration), 0)
        nearest, _ = _nearest(z * np.sqrt(drawn / drawn.sum()), number)
        count += (listed[:, :, None] == nearest[:, None, :]).any(axis=-1)
    return np.where(listed == NONE, np.nan, count / draws)


def _by_area(variables: ArrayLike) -> Numbers:
    variables = as_numbers("variables", variables)
    require_axes("variables", variables, "area", "variable")
    return variables


def _one_set(variables: ArrayLike) -> Numbers:
    variables = _by_area(variables)
    if variables.ndim > 2:
        raise ValueError(f"variables must be [area, variable]; it has {variables.ndim} axes")
    return variables


def _standardised(variables: Numbers) -> Numbers:
    """Each variable less its mean over its deviation, among areas with all variables known."""
    is_known = ~np.isnan(variables).any(axis=-1, keepdims=True)
    known, areas = np.where(is_known, variables, 0), is_known.sum(axis=-2, keepdims=True).astype(float)
    mean = divide(known.sum(axis=-2, keepdims=True), areas)
    centred = np.where(is_known, variables - mean, np.nan)
    deviation = np.sqrt(divide((np.nan_to_num(centred) ** 2).sum(axis=-2, keepdims=True), areas))
    # Equal values have a deviation that is rounding and no more.
    is_real = deviation > 1e-12 * np.abs(mean)
    return np.where(is_known, np.nan_to_num(divide(centred, np.where(is_real, deviation, np.nan))), np.nan)


def _weights(weights: ArrayLike | None, variables: int) -> Numbers:
    if isinstance(weights, Mapping):
        raise ValueError(
            f"weights must be a list, one a variable in the order of the variables; it names them: {weights}"
        )
    weights = np.ones(variables) if weights is None else as_counts("weights", weights)
    refuse_where(np.isnan(weights), "weights is missing")
    if weights.shape != (variables,) or not weights.sum() > 0:
        raise ValueError(f"weights must be {variables}, one a variable, not all zero; they are {weights}")
    return weights / weights.sum()


def _peers(place: Numbers, number: int) -> Peers:
    """Of places in a space where straight distance is what counts, ``[..., area, dimension]``."""
    *leading, areas, dimensions = place.shape
    found = [_nearest(one, number) for one in place.reshape(prod(leading), areas, dimensions)]
    nearest = np.array([each for each, _ in found]).reshape(*leading, areas, number)
    distance = np.array([each for _, each in found]).reshape(*leading, areas, number)
    caliper = _percentile(distance[..., -1])
    is_close = (nearest != NONE) & ~(distance > caliper[..., None, None])
    has_good_match = is_close.sum(axis=-1) >= FEWEST
    peer = np.where(is_close & has_good_match[..., None], nearest, NONE)
    return Peers(peer, nearest, distance, caliper, has_good_match)


def _percentile(farthest: Numbers) -> Numbers:
    """Of the areas known, the straight line between the two nearest; NaN without any."""
    areas = (~np.isnan(farthest)).sum(axis=-1, keepdims=True)
    in_order = np.sort(farthest, axis=-1)  # missing ones come last
    at = CALIPER_SHARE * np.maximum(areas - 1, 0)
    below, above = (np.take_along_axis(in_order, end(at).astype(int), axis=-1) for end in (np.floor, np.ceil))
    return (below + (at - np.floor(at)) * (above - below))[..., 0]


def _nearest(place: Numbers, number: int) -> tuple[NDArray[np.int64], Numbers]:
    """Of each area the others nearest to it and how far they are; those equally far in the order of the list."""
    from scipy.spatial import KDTree

    whole_number("number", number, fewest=1)
    own = np.flatnonzero(~np.isnan(place).any(axis=-1))
    nearest, distance = np.full((len(place), number), NONE), np.full((len(place), number), np.nan)
    if len(own) < 2:
        return nearest, distance
    others, known = min(number, len(own) - 1), place[own]
    # One more than the area itself and its peers shows whether the last peer has equals that were left out.
    far, found = KDTree(known).query(known, k=min(others + 2, len(own)))
    far, found = _in_order(far, found, np.arange(len(own))[:, None])
    is_cut = (others + 1 < len(own)) & (_rounded(far[:, others]) == _rounded(far[:, -1]))
    for area in np.flatnonzero(is_cut):
        to_all = np.linalg.norm(known - known[area], axis=-1)
        all_far, all_found = _in_order(to_all, np.arange(len(own)), area)
        far[area, : others + 1], found[area, : others + 1] = all_far[: others + 1], all_found[: others + 1]
    nearest[own, :others], distance[own, :others] = own[found[:, 1 : others + 1]], far[:, 1 : others + 1]
    return nearest, distance


def _in_order(
    far: Numbers, found: NDArray[np.int64], itself: NDArray[np.int64] | int
) -> tuple[Numbers, NDArray[np.int64]]:
    """Nearest first, with the area itself before all others, whoever else stands on its spot."""
    far = np.where(found == itself, -1.0, far)
    order = np.lexsort((found, _rounded(far)), axis=-1)
    return np.take_along_axis(far, order, axis=-1), np.take_along_axis(found, order, axis=-1)


def _rounded(far: Numbers) -> Numbers:
    """Without the last digits, in which equal distances differ by the order of adding up."""
    fraction, exponent = np.frexp(far)
    return np.ldexp(np.round(fraction * 2**32), exponent)


def _ridge_weights(variables: Numbers, need: Numbers) -> Numbers:
    is_known = ~np.isnan(need) & ~np.isnan(variables).any(axis=-1)
    if is_known.sum() < variables.shape[-1] + 2:
        return np.full(variables.shape[-1], np.nan)
    z, centred = _standardised(variables[is_known]), need[is_known] - need[is_known].mean()
    left, strength, right = np.linalg.svd(z, full_matrices=False)
    along, areas = left.T @ centred, len(centred)
    penalties = areas * np.logspace(-3, 3, 61)
    kept = strength**2 / (strength**2 + penalties[:, None])  # [penalty, direction]
    misfit = (centred**2).sum() - (along**2 * (2 * kept - kept**2)).sum(axis=1)
    best = penalties[np.argmin(misfit / (areas - 1 - kept.sum(axis=1)) ** 2)]
    squared = ((strength / (strength**2 + best) * along) @ right) ** 2
    total = squared.sum()
    return squared / total if total > 0 else np.full(len(squared), 1 / len(squared))
