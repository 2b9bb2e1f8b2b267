"""How high each area truly stands, borrowing strength from its neighbours and from all areas (BYM2).

Use it to map events that are few in each area, and to ask how much of the variation between areas follows
the map. An area with many events keeps its own figure; one with few is drawn towards its neighbours where
neighbours are alike, and towards all areas where they are not. The data say how much of either.

Not to judge a single area against a limit (a smoothed figure has given some of its own evidence away: use
``funnel``), and not above 2,000 areas: smooth within groups of areas, or without the map (``smoothing``).

Formula::

    observed ~ Poisson(expected x risk)
    ln risk = intercept + covariates x coefficients + sigma x (sqrt(rho) x spatial + sqrt(1 - rho) x own)

    spatial: each area about the mean of its neighbours, scaled to variance 1; own: independent, variance 1
    sigma ~ half-normal(0, 1); rho ~ Beta(1/2, 1/2); intercept and coefficients ~ normal(0, 5)

Source: Riebler, Sorbye, Simpson & Rue 2016, Statistical Methods in Medical Research,
10.1177/0962280216660421; Rue, Martino & Chopin 2009, JRSS B, 10.1111/j.1467-9868.2008.00700.x (nested
Laplace); van Niekerk & Rue 2024, JMLR, arXiv 2111.12945 (correction of the mean); Freni-Sterrantino,
Ventrucci & Rue 2018, Spatial and Spatio-temporal Epidemiology, 10.1016/j.sste.2018.04.002 (maps in parts).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from careatlas.methods import _bym2, _bym2_prior
from careatlas.methods.estimate import (
    Estimate,
    Numbers,
    alike,
    as_numbers,
    labels_of,
    refuse_where,
    require_axes,
    require_same_labels,
)
from careatlas.methods.intervals import tail

CHAPTER = "Smoothing and maps"

LARGEST_MAP = 2000  # areas: it takes a minute, and eight times as long for twice as many
POINTS = (8, 6)  # of the grid, over sigma and over rho


class SpatialSmoothing(NamedTuple):
    """Of each area ``[..., area]``: ``value``, the posterior median of its risk relative to expected, with
    ``lower`` and ``upper`` limits; ``probability_above``, that its risk is above 1; ``log_mean`` and
    ``log_sd`` of the logarithm of its risk. Of the covariates ``[..., 1 + covariate]``, the intercept first:
    ``coefficients`` and ``coefficient_errors``, per unit of the covariate as given. Of each map ``[...]``,
    posterior median with limits: ``sigma``; ``rho``, the share that follows the map (NaN where no area has
    a neighbour); and the variances of ln risk ``total_variance`` = ``spatial_variance`` +
    ``unexplained_variance`` (medians add up only about). ``grid_sigma``, ``grid_rho`` and ``grid_weight``
    ``[..., point]`` are the posterior; ``is_grid_cut``: more than 1 % of it may lie outside."""

    value: Numbers
    lower: Numbers
    upper: Numbers
    probability_above: Numbers
    log_mean: Numbers
    log_sd: Numbers
    coefficients: Numbers
    coefficient_errors: Numbers
    sigma: Estimate
    rho: Estimate
    total_variance: Estimate
    spatial_variance: Estimate
    unexplained_variance: Estimate
    grid_sigma: Numbers
    grid_rho: Numbers
    grid_weight: Numbers
    is_grid_cut: NDArray[np.bool_]


def spatial_smoothing(
    observed: ArrayLike,
    expected: ArrayLike,
    neighbours: Any,
    covariates: ArrayLike | None = None,
    confidence: float = 0.95,
    points: tuple[int, int] = POINTS,
) -> SpatialSmoothing:
    """The risk of each area relative to expected, and how areas vary.

    ``observed`` and ``expected`` events ``[..., area]``; ``neighbours`` ``[area, area]``, 1 where two areas
    share a border and 0 elsewhere, dense or sparse; ``covariates`` ``[area, covariate]`` or ``[..., area,
    covariate]``, on any scale (standardised inside). ``points`` of the grid over sigma and over rho: more
    change little. Maps share nothing but their neighbours: one call gives what a loop over maps would.

    An area with NaN in ``observed`` or ``expected``, or nothing expected, is predicted from its neighbours,
    the rest and its covariates. NaN in a covariate: the area has no value, and its events are left out. No
    area known, or no event on the whole map: NaN, for nothing says how areas differ.

    Parts of a map that do not touch are scaled each by itself and vary about one level: where one part lies
    higher, give a covariate that tells them apart. An area without neighbours is drawn to all areas only, and
    all its variance is its own. The prior of the intercept is about the logarithm of all events over all
    expected, so that people may be given for expected.

    Beside sampling of the same model, means of ln risk agree within .01 and limits within .05, or .09 where an
    area has no events at all.

    Refuses numbers below zero, events where none are expected, neighbours that are not a symmetric matrix of
    0 and 1, a covariate that is the same everywhere, and more than 2,000 areas.

    Four areas in a row, each expecting ten events. The none of the fourth is drawn up, its neighbour down:

    >>> row = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    >>> spatial_smoothing([9, 11, 9, 0], [10, 10, 10, 10], row).value.round(1)
    array([0.8, 1. , 0.8, 0.1])
    """
    maps = _Maps.of(observed, expected, neighbours, covariates)
    answers = [_summary(each, maps.around, confidence, points) for each in maps.each]
    stacked = (np.stack(part) for part in zip(*answers, strict=True))
    shaped = [part.reshape(maps.shape + part.shape[1:]) for part in stacked]
    return SpatialSmoothing(
        *shaped[:8], *(Estimate(*np.moveaxis(part, -1, 0)) for part in shaped[8:13]), *shaped[13:]
    )


def draws(
    observed: ArrayLike,
    expected: ArrayLike,
    neighbours: Any,
    covariates: ArrayLike | None = None,
    number: int = 1000,
    seed: int = 0,
) -> Numbers:
    """Joint draws ``[..., draw, area]`` from the posterior of each area's risk relative to expected.

    Given as to ``spatial_smoothing``; the share of draws in which something holds is its probability. Draws
    of different maps are independent. NaN where ``spatial_smoothing`` has no value.

    In how many of 1,000 draws is the first area higher than the second, of 40 and 20 events?

    >>> risk = draws([[40, 20]], [[30, 30]], [[0, 1], [1, 0]])
    >>> risk.shape, bool((risk[0, :, 0] > risk[0, :, 1]).mean() > 0.9)
    ((1, 1000, 2), True)
    """
    maps = _Maps.of(observed, expected, neighbours, covariates)
    seeds = np.random.SeedSequence(seed).spawn(len(maps.each))
    risks = [
        _bym2.draw(_bym2.posterior(each.data, maps.around, POINTS), each.data, maps.around, number, own)
        + each.log_overall
        for each, own in zip(maps.each, seeds, strict=True)
    ]
    blank = np.stack([each.blank for each in maps.each])[:, np.newaxis, :]
    return (np.exp(np.stack(risks)) * blank).reshape(*maps.shape, number, -1)


class _OneMap(NamedTuple):
    """What the engine is given, and what turns its answer into ours: the logarithm of all events over all
    expected, the matrix that takes coefficients of standardised covariates to those of covariates as given,
    and 1 for areas with an answer and NaN for others."""

    data: _bym2.Map
    log_overall: float
    to_given: Numbers
    blank: Numbers

    @classmethod
    def of(cls, observed: Numbers, expected: Numbers, covariates: Numbers) -> "_OneMap":
        has_covariates = ~np.isnan(covariates).any(axis=-1)
        is_known = ~np.isnan(observed + expected) & (expected > 0) & has_covariates
        observed, expected = (np.where(is_known, each, 0.0) for each in (observed, expected))
        has_events = observed.sum() > 0
        overall = observed.sum() / expected.sum() if has_events else 1.0
        with_values = covariates[has_covariates]
        centre, scale = (
            (with_values.mean(axis=0), with_values.std(axis=0))
            if has_covariates.any()
            else np.array([[0.0], [1.0]]) * np.ones(covariates.shape[1])
        )
        refuse_where(scale == 0, "a covariate is the same in all areas,")
        standard = np.where(has_covariates[:, np.newaxis], (covariates - centre) / scale, 0)
        design = np.column_stack([np.ones(len(observed)), standard])
        to_given = np.diag(np.concatenate([[1.0], 1 / scale]))
        to_given[0, 1:] = -centre / scale
        blank = np.where(has_covariates & has_events, 1.0, np.nan)
        return cls(_bym2.Map(observed, expected * overall, design), np.log(overall), to_given, blank)


class _Maps(NamedTuple):
    """The maps of one call, the shape they came in, and their neighbourhood."""

    each: list[_OneMap]
    shape: tuple[int, ...]
    around: _bym2_prior.Neighbourhood

    @classmethod
    def of(
        cls, observed: ArrayLike, expected: ArrayLike, neighbours: Any, covariates: ArrayLike | None
    ) -> "_Maps":
        require_same_labels(
            observed=labels_of(observed),
            neighbours=labels_of(neighbours),
            covariates=labels_of(covariates, axis=-2),
        )
        observed, expected = np.broadcast_arrays(*alike(observed=observed, expected=expected))
        require_axes("observed", observed, "area")
        refuse_where((expected == 0) & (observed > 0), "there are events where none are expected")
        *shape, areas = observed.shape
        around = _bym2_prior.neighbourhood(_adjacency(neighbours, areas))
        given = as_numbers("covariates", np.empty((areas, 0)) if covariates is None else covariates)
        if given.ndim < 2 or given.shape[-2] != areas:
            raise ValueError(
                f"covariates must have a row for each of {areas} areas; its shape is {given.shape}"
            )
        number, one = int(np.prod(shape)), given.shape[-2:]
        given = np.broadcast_to(given, (*shape, *one)).reshape(number, *one)
        by_map = (counts.reshape(number, areas) for counts in (observed, expected))
        rows = zip(*by_map, given, strict=True)
        return cls([_OneMap.of(*row) for row in rows], tuple(shape), around)


def _adjacency(neighbours: Any, areas: int) -> NDArray[np.bool_]:
    if areas > LARGEST_MAP:
        raise ValueError(
            f"there are {areas:,} areas and spatial_smoothing takes {LARGEST_MAP:,}: "
            "smooth within groups of areas, or without the map"
        )
    matrix = np.asarray(neighbours.toarray() if hasattr(neighbours, "toarray") else neighbours, dtype=float)
    if matrix.shape != (areas, areas):
        size = " x ".join(map(str, matrix.shape))
        raise ValueError(f"neighbours must be {areas} x {areas}, one row an area; it is {size}")
    refuse_where((matrix != 0) & (matrix != 1), "neighbours is neither 0 nor 1")
    refuse_where(matrix != matrix.T, "neighbours is not symmetric")
    refuse_where(np.diag(matrix) != 0, "an area is its own neighbour")
    return matrix == 1


def _summary(
    one: _OneMap, around: _bym2_prior.Neighbourhood, confidence: float, points: tuple[int, int]
) -> tuple[Numbers, ...]:
    """The parts of ``SpatialSmoothing`` for one map, limits along a last axis."""
    fit = _bym2.posterior(one.data, around, points)
    levels = np.array([0.5, tail(confidence), 1 - tail(confidence)])
    mean, spread = fit.mean + one.log_overall, np.sqrt(fit.variance)
    risks = np.exp(_mixture_quantiles(mean, spread, fit.weight, levels)) * one.blank
    above = fit.weight @ ndtr(mean / spread) * one.blank
    log_mean, log_variance = _mixed(fit.weight, mean, fit.variance)

    coefficients = fit.coefficients @ one.to_given.T
    coefficients[:, 0] += one.log_overall
    own = np.einsum("ij,pjk,ik->pi", one.to_given, fit.coefficient_covariance, one.to_given)
    is_known = np.nan if np.isnan(one.blank).all() else 1.0
    coefficient, coefficient_variance = _mixed(fit.weight, coefficients, own)

    sigma, rho, weight = _bym2.fine_grid(fit)
    spatial = sigma**2 * rho * around.spatial.mean()
    unexplained = sigma**2 * (1 - rho * (around.spatial > 0).mean())
    of_the_map = np.stack([sigma, rho, spatial + unexplained, spatial, unexplained])
    limits = _weighted_quantiles(of_the_map, weight, levels) * is_known
    grid_sigma, grid_rho, grid_weight = _bym2.grid(fit)
    if not around.is_connected:
        limits[1], grid_rho = np.nan, np.full_like(grid_rho, np.nan)
    return (
        *risks,
        above,
        log_mean * one.blank,
        np.sqrt(log_variance) * one.blank,
        coefficient * is_known,
        np.sqrt(coefficient_variance) * is_known,
        *limits,
        grid_sigma,
        grid_rho,
        grid_weight,
        np.array(fit.is_cut),
    )


def _mixed(weight: Numbers, mean: Numbers, variance: Numbers) -> tuple[Numbers, Numbers]:
    """Mean and variance of a mixture, whose parts lie along the first axis."""
    overall = weight @ mean
    return overall, weight @ (variance + (mean - overall) ** 2)


def _mixture_quantiles(mean: Numbers, spread: Numbers, weight: Numbers, levels: Numbers) -> Numbers:
    """Quantiles ``[level, area]`` of mixtures of normals ``[part, area]``, by halving the bracket."""
    reach = 6 * spread
    low, high = (np.tile(end, (len(levels), 1)) for end in ((mean - reach).min(0), (mean + reach).max(0)))
    for _ in range(30):
        middle = (low + high) / 2
        below = np.einsum("p,pla->la", weight, ndtr((middle - mean[:, None]) / spread[:, None]))
        is_low = below < levels[:, np.newaxis]
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    return (low + high) / 2


def _weighted_quantiles(values: Numbers, weight: Numbers, levels: Numbers) -> Numbers:
    """Quantiles ``[row, level]`` of each row of values."""
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    middles = np.cumsum(weight[order], axis=1) - weight[order] / 2
    return np.array([np.interp(levels, *row) for row in zip(middles, ordered, strict=True)])
