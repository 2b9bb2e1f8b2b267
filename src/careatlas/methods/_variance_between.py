"""The variance between areas from z scores: the arithmetic that ``overdispersion`` chooses from.

Arrays are ``[..., area]``, NaN where an area is left out; answers keep a last axis of 1.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from careatlas.methods.estimate import Numbers, divide

WINSORISED = 0.1  # share of the areas drawn in at each end


def total(numbers: Numbers) -> Numbers:
    return numbers.sum(axis=-1, keepdims=True)


def variance_between(phi: Numbers, standard_error: Numbers, is_kept: NDArray[np.bool_]) -> Numbers:
    """DerSimonian and Laird's estimate from the mean square of z: never below zero, NaN below two areas."""
    areas = total(is_kept.astype(float))
    weight = np.where(is_kept, divide(1.0, standard_error**2), 0)
    spread = total(weight) - divide(total(weight**2), total(weight))
    return divide(np.maximum(areas * phi - (areas - 1), 0), np.where(areas > 1, spread, np.nan))


def variance_left_by_winsorising() -> float:
    """The variance of a standard normal once its outer tenths are drawn in (about .679)."""
    cut = -ndtri(WINSORISED)
    density = np.exp(-(cut**2) / 2) / np.sqrt(2 * np.pi)
    return float(2 * (0.5 - WINSORISED - cut * density) + 2 * WINSORISED * cut**2)


def winsorised_mean_square(z: Numbers) -> Numbers:
    """Mean square of z about 0 with the ends drawn in. NaN without areas."""
    areas = total((~np.isnan(z)).astype(float))
    in_order = np.sort(z, axis=-1)  # missing ones come last
    low, high = (quantile(in_order, areas, share) for share in (WINSORISED, 1 - WINSORISED))
    return divide(total(np.nan_to_num(np.clip(z, low, high)) ** 2), areas)


def quantile(in_order: Numbers, areas: Numbers, share: float) -> Numbers:
    """Type 7: the straight line between the two nearest of the known values. NaN without any."""
    if not in_order.shape[-1]:
        return np.full(np.shape(areas), np.nan)
    place = share * np.maximum(areas - 1, 0)
    below = np.floor(place).astype(int)
    above = np.ceil(place).astype(int)
    at_below, at_above = (np.take_along_axis(in_order, at, axis=-1) for at in (below, above))
    return at_below + (place - below) * (at_above - at_below)


def winsorised_paule_mandel(difference: Numbers, standard_error: Numbers) -> Numbers:
    """The variance between areas at which the winsorised squares of z are what chance would leave.

    With errors of one size this is DerSimonian and Laird's estimate from phi. With areas large and small that
    one is far too low, as winsorising cuts the largest areas' z. Newton's steps; the slope counts that the ends
    drawn in to move as well.
    """
    areas = total((~np.isnan(difference / standard_error)).astype(float))
    allowed = (areas - 1) * variance_left_by_winsorising()
    tau2 = np.zeros_like(areas)
    for _ in range(100):
        weight = 1 / (standard_error**2 + tau2)
        z = difference * np.sqrt(weight)
        order = z.argsort(axis=-1)
        in_order, move = (np.take_along_axis(each, order, axis=-1) for each in (z, z * weight))
        low, high, low_move, high_move = (
            quantile(each, areas, share)
            for each in (in_order, move)
            for share in (WINSORISED, 1 - WINSORISED)
        )
        move = np.where(in_order < low, low_move, np.where(in_order > high, high_move, move))
        drawn_in = np.nan_to_num(np.clip(in_order, low, high))
        excess, slope = total(drawn_in**2) - allowed, total(drawn_in * np.nan_to_num(move))
        step = np.maximum(np.where(slope > 0, divide(excess, slope), 0), -tau2)
        tau2 = tau2 + step
        if not (np.abs(step) > 1e-12 * tau2).any():
            break
    return tau2


def paule_mandel(difference: Numbers, standard_error: Numbers) -> Numbers:
    """The variance between areas that brings weighted squares about the target to the areas less one.

    The excess falls and flattens as the variance grows, so Newton's steps from 0 never pass the answer.
    """
    is_known = ~np.isnan(difference / standard_error)
    difference2, error2 = np.where(is_known, difference**2, 0), np.where(is_known, standard_error**2, 1)
    freedom = total(is_known.astype(float)) - 1
    tau2 = np.zeros_like(freedom)
    for _ in range(100):
        weight = 1 / (error2 + tau2)
        excess, slope = total(weight * difference2) - freedom, total(weight**2 * difference2)
        step = np.where((excess > 0) & (slope > 0), divide(excess, slope), 0)
        tau2 = tau2 + step
        if not (step > 1e-13 * tau2).any():
            break
    return tau2
