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
RHO = np.sin(np.pi / 2 * (np.arange(6) + 0.5) / 6) ** 2
LOG_PRIOR = 0.25 * np.log(1 - RHO)
SIGMA = np.geomspace(0.01, 5, 60)  # its size, in units of the spread left by covariates; flat beforehand
COEFFICIENT_VARIANCE = 25.0  # beforehand, of a standardised covariate: matters only where two are one
PASSES = 3  # of taking counts as normal about their fitted means
HALF = 0.5  # the spatial share to find those means by: they hardly depend on it
SETTLED = 0.02  # means that move by no more than this share of themselves are found


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
    field = _Field(around)
    normal = _as_normal(data, _fitted(data, field))
    grid = [_GivenRho(rho, normal, field) for rho in RHO]
    weight = shares(LOG_PRIOR[:, None] + np.array([given.log_density for given in grid]))

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


class _Field:
    """The spatial part at variance 1, before any events are seen: its covariance ``[area, area]`` and the root of
    that, which makes draws of it from as many independent ones."""

    def __init__(self, around: Neighbourhood) -> None:
        self.covariance = (around.vectors * around.values) @ around.vectors.T
        self.root = around.vectors * np.sqrt(around.values)


def _fitted(data: Map, field: _Field) -> Numbers:
    """The log ratios ``[area]`` about whose means counts are taken as normal."""
    fitted = np.log((data.observed + 1) / (data.expected + 1))
    for _ in range(PASSES - 1):
        before, fitted = fitted, _GivenRho(HALF, _as_normal(data, fitted), field).log_ratio()
        if np.abs(fitted - before)[data.expected > 0].max() <= SETTLED:
            break
    return fitted


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

    def __init__(self, rho: float, data: _Normal, field: _Field) -> None:
        self.rho, self.data, self.field = rho, data, field
        relative = rho * field.covariance + (1 - rho) * np.eye(len(data.root))
        values, self.axes = np.linalg.eigh(data.root[:, None] * relative * data.root)
        self.precision = 1 / (data.sigma[:, None] ** 2 * np.maximum(values, 0) + 1)
        response = self.axes.T @ (data.root * data.response)
        design = self.axes.T @ (data.root[:, None] * data.design)

        columns = design.shape[1]
        products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
        information = (self.precision @ products).reshape(-1, columns, columns)
        beyond_intercept = np.arange(1, columns)
        information[:, beyond_intercept, beyond_intercept] += 1 / COEFFICIENT_VARIANCE
        self.covariance = np.linalg.inv(information)
        projected = self.precision @ (response[:, None] * design)
        self.coefficient = (self.covariance @ projected[..., None])[..., 0]
        self.residual = (response - self.coefficient @ design.T) * self.precision
        log_determinant = np.linalg.slogdet(information)[1] - np.log(self.precision).sum(axis=-1)
        # A flat sigma on points that lie further apart the larger they are.
        self.log_density = np.log(data.sigma) - (log_determinant + self.residual @ response) / 2

    def log_ratio(self) -> Numbers:
        """Its mean ``[area]`` over every sigma."""
        weight = shares(self.log_density)
        pull = self.data.root * (self.axes @ ((weight * self.data.sigma**2) @ self.residual))
        random = self.rho * (self.field.covariance @ pull) + (1 - self.rho) * pull
        return self.data.design @ (weight @ self.coefficient) + random

    def draw(self, at: NDArray[np.intp], rng: np.random.Generator) -> tuple[Numbers, Numbers, Numbers]:
        """Coefficients, spatial and own parts, a draw for each place ``at`` in sigma.

        Parts drawn beforehand are moved by what the data say of the difference (Matheron's rule).
        """
        root, sigma = self.data.root[:, None], self.data.sigma[at]
        areas, columns = self.data.design.shape
        error = np.linalg.cholesky(self.covariance[at]) @ rng.standard_normal((len(at), columns, 1))
        coefficient = (self.coefficient[at] + error[..., 0]).T
        spatial_size, own_size = sigma * np.sqrt(self.rho), sigma * np.sqrt(1 - self.rho)
        spatial = spatial_size * (self.field.root @ rng.standard_normal((areas, len(at))))
        own = own_size * rng.standard_normal((areas, len(at)))
        fitted = self.data.design @ coefficient + spatial + own
        gap = root * (self.data.response[:, None] - fitted) - rng.standard_normal((areas, len(at)))
        pull = root * (self.axes @ ((self.axes.T @ gap) * self.precision[at].T))
        spatial += spatial_size**2 * (self.field.covariance @ pull)
        own += own_size**2 * pull
        return coefficient, spatial, own
