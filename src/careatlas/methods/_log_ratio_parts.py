"""Draws of what ln(observed / expected) of each area is made of. Supports ``waterfall`` and ``gap_parts``.

The parts are covariates, a spatial part and a part of each area's own: the model is BYM2. Counts are taken as
normal about their fitted means. The posterior is then exact at every point of a grid of sigma and rho, and
variance beyond counting can be added; at one rho, one eigendecomposition serves every sigma.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from careatlas.methods._bym2 import Neighbourhood, shares
from careatlas.methods.estimate import Numbers, divide

# The spatial share of the random part, on ``_bym2``'s angles. Beforehand Beta(1/2, 3/4), by which it is below a
# half with probability .62: flat over angles (.5) overstates small shares, Riebler's 2/3 understates large ones.
RHO = np.sin(np.pi / 2 * (np.arange(9) + 0.5) / 9) ** 2
LOG_PRIOR = 0.25 * np.log(1 - RHO)
SIGMA = np.geomspace(0.01, 5, 100)  # its size, in units of the spread left by covariates; flat beforehand
COEFFICIENT_VARIANCE = 25.0  # beforehand, of a standardised covariate: matters only where two are one
PASSES = 3  # of taking counts as normal about their fitted means
COARSE = slice(1, None, 3)  # of rho: enough to find those means by


class Map(NamedTuple):
    """``[area]``: counts, both 0 where unknown; the variance of ln(observed / expected) beyond counting; the
    ``design`` ``[area, 1 + covariate]``, intercept first, rows of 0 where unknown."""

    observed: Numbers
    expected: Numbers
    extra_variance: Numbers
    design: Numbers


class Parts(NamedTuple):
    """``level`` ``[draw]``, ``coefficient`` ``[covariate, draw]``, ``spatial`` and ``own`` ``[area, draw]``."""

    level: Numbers
    coefficient: Numbers
    spatial: Numbers
    own: Numbers


def draw_parts(data: Map, around: Neighbourhood, draws: int, seed: int) -> Parts:
    """Joint draws from the posterior. The counts must not all be 0."""
    log_ratio = np.log((data.observed + 1) / (data.expected + 1))
    for _ in range(PASSES - 1):
        grid, weight = _posterior(data, log_ratio, around, COARSE)
        log_ratio = sum(share @ given.log_ratio for share, given in zip(weight, grid, strict=True))
    grid, weight = _posterior(data, log_ratio, around, slice(None))

    rng = np.random.default_rng(seed)
    number = rng.multinomial(draws, weight.ravel()).reshape(weight.shape)
    drawn = [
        given.draw(np.repeat(np.arange(len(SIGMA)), times), rng)
        for given, times in zip(grid, number, strict=True)
    ]
    coefficient, spatial, own = (np.concatenate(part, axis=-1) for part in zip(*drawn, strict=True))
    no_neighbours = around.spatial[:, None] == 0
    own = own + np.where(no_neighbours, spatial, 0)
    return Parts(coefficient[0], coefficient[1:], np.where(no_neighbours, 0, spatial), own)


def _posterior(
    data: Map, log_ratio: Numbers, around: Neighbourhood, rhos: slice
) -> tuple[list["_GivenRho"], Numbers]:
    """At each rho, and the weight ``[rho, sigma]`` of every point of the grid."""
    normal = _as_normal(data, log_ratio)
    grid = [_GivenRho(rho, normal, around) for rho in RHO[rhos]]
    return grid, shares(LOG_PRIOR[rhos, None] + np.array([given.log_density for given in grid]))


class _Normal(NamedTuple):
    """The response, the root of its precision (0 where unknown), the design, and the sizes sigma may have."""

    response: Numbers
    root: Numbers
    design: Numbers
    sigma: Numbers


def _as_normal(data: Map, log_ratio: Numbers) -> _Normal:
    """What one step of Newton's method makes of counts near these log ratios."""
    mean = data.expected * np.exp(log_ratio)
    is_known = mean > 0
    counting = divide(1.0, mean)
    variance = counting + data.extra_variance
    root = np.where(is_known, 1 / np.sqrt(np.where(is_known, variance, 1)), 0)
    response = np.where(is_known, log_ratio + data.observed * counting - 1, 0)
    coefficient = np.linalg.lstsq(data.design * root[:, None], response * root)[0]
    left = np.abs(response - data.design @ coefficient)[is_known]
    spread = max(1.4826 * np.median(left), np.sqrt(np.median(variance[is_known])) / 10)
    return _Normal(response, root, data.design, SIGMA * spread)


class _GivenRho:
    """The posterior at one rho and every sigma, in the axes in which all areas are independent."""

    def __init__(self, rho: float, data: _Normal, around: Neighbourhood) -> None:
        self.rho, self.data, self.around = rho, data, around
        relative = (around.vectors * (rho * around.values + 1 - rho)) @ around.vectors.T
        values, self.axes = np.linalg.eigh(data.root[:, None] * relative * data.root)
        self.variance = data.sigma[:, None] ** 2 * np.maximum(values, 0) + 1
        response = self.axes.T @ (data.root * data.response)
        design = self.axes.T @ (data.root[:, None] * data.design)

        information = design.T @ (design / self.variance[..., None])
        columns = np.arange(1, design.shape[1])
        information[:, columns, columns] += 1 / COEFFICIENT_VARIANCE
        projected = (response / self.variance) @ design
        self.covariance = np.linalg.inv(information)
        self.coefficient = (self.covariance @ projected[..., None])[..., 0]
        residual = (response - self.coefficient @ design.T) / self.variance
        misfit = residual @ response
        log_determinant = np.log(self.variance).sum(axis=-1) + np.linalg.slogdet(information)[1]
        # A flat sigma on points that lie further apart the larger they are.
        self.log_density = np.log(data.sigma) - (log_determinant + misfit) / 2
        pull = (residual @ self.axes.T) * data.root
        random = data.sigma[:, None] ** 2 * (pull @ relative)
        self.log_ratio = self.coefficient @ data.design.T + random

    def draw(self, at: NDArray[np.intp], rng: np.random.Generator) -> tuple[Numbers, Numbers, Numbers]:
        """Coefficients, spatial and own parts, a draw for each place ``at`` in sigma.

        Parts drawn beforehand are moved by what the data say of the difference (Matheron's rule).
        """
        root, sigma = self.data.root[:, None], self.data.sigma[at]
        areas, columns = self.data.design.shape
        error = np.linalg.cholesky(self.covariance[at]) @ rng.standard_normal((len(at), columns, 1))
        coefficient = (self.coefficient[at] + error[..., 0]).T
        vectors, values = self.around.vectors, self.around.values
        spatial_size, own_size = sigma * np.sqrt(self.rho), sigma * np.sqrt(1 - self.rho)
        spatial = spatial_size * ((vectors * np.sqrt(values)) @ rng.standard_normal((areas, len(at))))
        own = own_size * rng.standard_normal((areas, len(at)))
        fitted = self.data.design @ coefficient + spatial + own
        gap = root * (self.data.response[:, None] - fitted) - rng.standard_normal((areas, len(at)))
        pull = root * (self.axes @ ((self.axes.T @ gap) / self.variance[at].T))
        spatial += spatial_size**2 * ((vectors * values) @ (vectors.T @ pull))
        own += own_size**2 * pull
        return coefficient, spatial, own
