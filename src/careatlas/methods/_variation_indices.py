"""Every index of variation of many maps at once: the arithmetic of ``variation``."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from careatlas.methods.estimate import Numbers
from careatlas.methods.negative_binomial import maximum_likelihood

FEW_AREAS = 8  # with fewer, only max/min
AREAS_PER_ONE_CUT = 30


class Indices(NamedTuple):
    """Every index of each set of areas ``[...]``, as the page of the method defines them. NaN where the index
    does not exist: a fold or a logarithm where an area has no event, all but max/min below eight areas."""

    max_min: Numbers
    trimmed_fold: Numbers
    fold_5_95: Numbers
    fold_25_75: Numbers
    weighted_cv: Numbers
    scv: Numbers
    weighted_scv: Numbers
    log_scv: Numbers
    variance: Numbers
    median_rate_ratio: Numbers
    shrunk_fold: Numbers
    chi_square: Numbers
    partition: Numbers


def of_whole_maps(observed: Numbers, expected: Numbers) -> Numbers:
    """Every index ``[index, row]`` of rows ``[row, area]`` without gaps. Infinite where a fold or logarithm
    meets an area without events, so that among replicates it counts as larger than any other."""
    areas, events = observed.shape[-1], observed.sum(axis=-1)
    found = np.full((len(Indices._fields), len(observed)), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        in_order = np.sort(observed / expected, axis=-1)
        max_min = in_order[:, -1] / in_order[:, 0]
        if areas < FEW_AREAS:
            found[0] = max_min
            return found
        cut = round(areas / AREAS_PER_ONE_CUT)
        chance = 1 / expected
        squares = (observed - expected) ** 2 * chance
        chi_square = squares.sum(axis=-1)
        variance = np.where(events > 0, maximum_likelihood(observed, expected)[0], np.nan)
        return np.array(
            Indices(
                max_min=max_min,
                trimmed_fold=in_order[:, -1 - cut] / in_order[:, cut],
                fold_5_95=quantile(in_order, 0.95) / quantile(in_order, 0.05),
                fold_25_75=quantile(in_order, 0.75) / quantile(in_order, 0.25),
                weighted_cv=np.sqrt(chi_square / events),
                scv=((squares - 1) * chance).mean(axis=-1),
                weighted_scv=(chi_square - areas) / events,
                log_scv=(np.log(in_order) ** 2).mean(axis=-1) - chance.mean(axis=-1),
                shrunk_fold=_shrunk_fold(observed, expected, variance),
                chi_square=chi_square,
                **readings(variance, events / areas),
            )
        )


def _shrunk_fold(observed: Numbers, expected: Numbers, variance: Numbers) -> Numbers:
    shrunk_fold = np.where(np.isnan(variance), np.nan, 1.0)  # without variance all are shrunk to one
    varies = variance > 0
    alpha = 1 / variance[varies, None]
    in_order = np.sort((observed[varies] + alpha) / (expected[varies] + alpha), axis=-1)
    shrunk_fold[varies] = quantile(in_order, 0.95) / quantile(in_order, 0.05)
    return shrunk_fold


def readings(variance: Numbers, mean_expected: Numbers) -> dict[str, Numbers]:
    """The variance and what is read off it."""
    beyond_chance = mean_expected * variance
    return {
        "variance": variance,
        "median_rate_ratio": np.exp(np.sqrt(2 * np.log1p(variance)) * ndtri(0.75)),
        "partition": beyond_chance / (1 + beyond_chance),
    }


def quantile(in_order: Numbers, share: float) -> Numbers:
    """Type 7 of each row: the straight line between the two nearest."""
    place = share * (in_order.shape[-1] - 1)
    below = int(place)
    above = min(below + 1, in_order.shape[-1] - 1)
    return in_order[..., below] + (place - below) * (in_order[..., above] - in_order[..., below])
