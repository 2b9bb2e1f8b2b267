"""The posterior of the BYM2 model for one map, by nested Laplace. Supports ``spatial_smoothing``.

The two numbers that say how areas vary, sigma and rho, are laid on a grid. Polar coordinates suit them: with
angle a, rho = sin(a)^2, so that ln risk varies by sigma sin(a) along the map and by sigma cos(a) area by
area. The prior of rho is then uniform in the angle, and the posterior is an even function of sigma and of the
angle about either end; midpoints of equal cells sum such functions almost without error, and no point lies
where rho is 0 or 1. At each point the posterior of ln risk is nearly normal: its mode is found by Newton's
method, its mean is moved to where the expected score is nil.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from careatlas.methods._bym2_prior import Factor, Neighbourhood, Prior
from careatlas.methods.estimate import Numbers

EDGE = 0.02  # the density allowed on an outermost row of grid points, that of an even spread being 1
NEGLIGIBLE = 5e-4  # of the greatest weight: grid points of less are left out of the mixture
RIGHT_ANGLE = np.pi / 2


class Map(NamedTuple):
    """Counts and expected counts, both 0 where the likelihood has no term, expected of the same sum as
    observed; the design, intercept first."""

    observed: Numbers
    expected: Numbers
    design: Numbers


class Posterior(NamedTuple):
    """Of grid points ``[point]`` that matter: ``sigma``, ``rho``, ``weight``; the mean and variance of ln
    risk ``[point, area]``; the mean ``[point, coefficient]`` and covariance of coefficients; the mode, at
    which the joint precision of ln risk is taken. ``log_density`` ``[sigma, angle]`` of all points over
    ``box``, and whether it is cut at an edge."""

    sigma: Numbers
    rho: Numbers
    weight: Numbers
    mean: Numbers
    variance: Numbers
    coefficients: Numbers
    coefficient_covariance: Numbers
    mode: Numbers
    log_density: Numbers
    box: Numbers
    is_cut: bool


def posterior(data: Map, around: Neighbourhood, points: tuple[int, int]) -> Posterior:
    """The posterior over a grid of ``points`` for sigma and the angle, placed where it lies."""
    start = _first_guess(data)
    reach = 2 * start.std() + 1 / np.sqrt(data.observed.mean() + 1)
    box = np.array([[0.0, reach], [0.0, RIGHT_ANGLE]])
    if not around.is_connected:
        points = (points[0], 1)  # every angle is the same model

    middle = Prior(around, data.design, 0.5)
    start, _ = _mode(data, middle.precision(reach / 2), start)
    rate = data.expected * np.exp(start)
    # About its mode the likelihood is nearly that of normal data, which needs no search for a mode.
    rough = Map(rate * start + data.observed - rate, rate, data.design)
    few_angles = (points[0], min(points[1], 3))
    box, _, _ = _settle(lambda box: _explore(rough, around, box, few_angles), box)
    modes = np.tile(start, (*points, 1))
    box, log_density, is_cut = _settle(lambda box: _laplace(data, around, box, modes), box)
    return _mixture(data, around, box, log_density, is_cut, modes)


def midpoints(low: float, high: float, number: int) -> Numbers:
    """The middles of ``number`` equal cells between the two."""
    return low + (high - low) * (np.arange(number) + 0.5) / number


def shares(log_density: Numbers) -> Numbers:
    """Densities that add up to 1."""
    density = np.exp(log_density - log_density.max())
    return density / density.sum()


def _first_guess(data: Map) -> Numbers:
    """Logarithms of risks drawn a little to that of all areas, so that no count gives minus infinity."""
    return np.log((data.observed + 1) / (data.expected + 1))


def _settle(
    evaluate: Callable[[Numbers], Numbers], box: Numbers, tries: int = 25
) -> tuple[Numbers, Numbers, bool]:
    """Move the box until the posterior fills it and no more: the box, its densities, whether it is cut."""
    for _ in range(tries):
        log_density = evaluate(box)
        weight = shares(log_density)
        better = np.array(
            [
                _better_range(*box[0], weight.sum(axis=1), np.inf),
                _better_range(*box[1], weight.sum(axis=0), RIGHT_ANGLE),
            ]
        )
        if np.array_equal(better, box):
            return box, log_density, False
        box = better
    return box, evaluate(box), True


def _better_range(low: float, high: float, weight: Numbers, ceiling: float) -> tuple[float, float]:
    """Wider where weight lies on an edge that is not an end; narrower where two thirds of it would do.

    It widens by less than it narrows, so that it cannot go to and fro.
    """
    if len(weight) == 1:
        return low, high
    width, allowed = high - low, EDGE / len(weight)
    if weight[-1] > allowed and high < ceiling:
        return low, min(high + width / (1 if weight[-1] == weight.max() else 3), ceiling)
    if weight[0] > allowed and low > 0:
        return max(low - width / 3, 0.0), high
    first, last = np.flatnonzero(weight > allowed)[[0, -1]]
    cell = width / len(weight)
    needed = max(low + cell * (first - 0.5), low), min(low + cell * (last + 1.5), high)
    return needed if needed[1] - needed[0] < 0.67 * width else (low, high)


def _over_grid(
    around: Neighbourhood, design: Numbers, box: Numbers, points: tuple[int, ...]
) -> Iterator[tuple[tuple[int, int], float, Prior]]:
    """Every point of the grid, each beside the last: its place, its sigma and the prior there."""
    sigmas, angles = (midpoints(*ends, number) for ends, number in zip(box, points, strict=True))
    rows = list(enumerate(sigmas))
    for column, angle in enumerate(angles):
        prior = Prior(around, design, np.sin(angle) ** 2)
        for row, sigma in rows:
            yield (row, column), sigma, prior
        rows.reverse()


def _log_prior(sigma: float) -> float:
    """Of sigma, half-normal; the angle is uniform."""
    return -(sigma**2) / 2


def _explore(rough: Map, around: Neighbourhood, box: Numbers, points: tuple[int, int]) -> Numbers:
    """Log densities of the grid for data as good as normal: ``observed`` is weight times response."""
    log_density = np.empty(points)
    for place, sigma, prior in _over_grid(around, rough.design, box, points):
        factor = Factor(prior.precision(sigma), rough.expected)
        log_density[place] = (
            _log_prior(sigma)
            + (
                rough.observed @ factor.solve(rough.observed)
                + prior.log_determinant(sigma)
                - factor.log_determinant()
            )
            / 2
        )
    return log_density


def _laplace(data: Map, around: Neighbourhood, box: Numbers, modes: Numbers) -> Numbers:
    """Log densities of the grid. ``modes`` ``[sigma, angle, area]`` take the mode at each point."""
    log_density, mode = np.empty(modes.shape[:2]), modes[0, 0]
    for place, sigma, prior in _over_grid(around, data.design, box, log_density.shape):
        precision = prior.precision(sigma)
        mode, factor = _mode(data, precision, mode)
        modes[place] = mode
        log_density[place] = (
            _log_prior(sigma)
            + data.observed @ mode
            - data.expected @ np.exp(mode)
            - mode @ precision @ mode / 2
            + (prior.log_determinant(sigma) - factor.log_determinant()) / 2
        )
    return log_density


def _mode(data: Map, precision: Numbers, start: Numbers) -> tuple[Numbers, Factor]:
    """Where the posterior of ln risk is highest, by Newton's method, and its precision there, factored."""
    mode = start
    for _ in range(50):
        rate = data.expected * np.exp(mode)
        factor = Factor(precision, rate)
        step = np.clip(factor.solve(data.observed - rate - precision @ mode), -2, 2)
        mode = mode + step
        if np.abs(step).max() < 1e-4:
            break
    return mode, factor


def _mixture(
    data: Map, around: Neighbourhood, box: Numbers, log_density: Numbers, is_cut: bool, modes: Numbers
) -> Posterior:
    """The normal posteriors of ln risk at the points that matter, with corrected means."""
    weight = shares(log_density)
    parts = []
    for place, sigma, prior in _over_grid(around, data.design, box, weight.shape):
        if weight[place] < NEGLIGIBLE * weight.max():
            continue
        mode, precision = modes[place], prior.precision(sigma)
        factor = Factor(precision, data.expected * np.exp(mode))
        variance = factor.variance()
        # The mean that leaves no expected score, its variance kept (van Niekerk & Rue 2024).
        mean, _ = _mode(data._replace(expected=data.expected * np.exp(variance / 2)), precision, mode)
        to_mean, about_it = prior.coefficients(sigma)
        covariance = about_it + to_mean @ factor.solve(to_mean.T)
        parts.append((sigma, prior.rho, weight[place], mean, variance, to_mean @ mean, covariance, mode))
    sigma, rho, kept, *rest = (np.array(part) for part in zip(*parts, strict=True))
    return Posterior(sigma, rho, kept / kept.sum(), *rest, log_density, box, is_cut)


def draw(fit: Posterior, data: Map, around: Neighbourhood, number: int, seed: Any) -> Numbers:
    """Joint draws ``[draw, area]`` of ln risk, grid points taken in proportion to their weight."""
    random = np.random.default_rng(seed)
    drawn = np.empty((number, fit.mean.shape[1]))
    point = random.choice(len(fit.weight), size=number, p=fit.weight)
    for each in np.unique(point):
        precision = Prior(around, data.design, fit.rho[each]).precision(fit.sigma[each])
        factor = Factor(precision, data.expected * np.exp(fit.mode[each]))
        normal = random.standard_normal((len(precision), (point == each).sum()))
        drawn[point == each] = fit.mean[each] + factor.half_solve(normal).T
    return drawn


def fine_grid(fit: Posterior, finer: int = 8) -> tuple[Numbers, Numbers, Numbers]:
    """Sigma, rho and weight at more points, the log density drawn smoothly through those worked out.

    The points are strewn within their cells, so that quantiles do not move by whole cells.
    """
    from scipy.interpolate import CubicSpline

    log_density, places, cells = fit.log_density, [], []
    for axis, ends in enumerate(fit.box):
        number = log_density.shape[axis]
        places.append(midpoints(*ends, finer * number if number > 1 else 1))
        cells.append((ends[1] - ends[0]) / len(places[axis]))
        if number > 1:
            log_density = CubicSpline(midpoints(*ends, number), log_density, axis=axis)(places[axis])
    steps = np.arange(log_density.size)
    sigma, angle = (
        place.ravel() + cell * ((steps * turn + 0.5) % 1 - 0.5)
        for place, cell, turn in zip(
            np.meshgrid(*places, indexing="ij"), cells, (0.618034, 0.414214), strict=True
        )
    )
    return sigma, np.sin(angle) ** 2, shares(log_density).ravel()


def grid(fit: Posterior) -> tuple[Numbers, Numbers, Numbers]:
    """Sigma, rho and weight of every grid point."""
    places = (midpoints(*ends, number) for ends, number in zip(fit.box, fit.log_density.shape, strict=True))
    sigma, angle = (place.ravel() for place in np.meshgrid(*places, indexing="ij"))
    return sigma, np.sin(angle) ** 2, shares(fit.log_density).ravel()
