"""What BYM2 supposes of ln risk before any events are seen. Supports ``spatial_smoothing``.

Only the precision of ln risk is needed: the spatial and the own part of each area, and the coefficients, are
integrated out. With the eigenvectors of the scaled spatial covariance at hand it costs one product of
matrices at each rho, and less at each sigma.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from careatlas.methods.estimate import Numbers

PRIOR_VARIANCE = 25.0  # of the intercept and of the coefficients of standardised covariates
SMALL_PRODUCT = 250_000  # multiplications, below which OpenBLAS starts no threads


class Neighbourhood(NamedTuple):
    """The scaled spatial covariance of areas by its eigenvectors (columns) and eigenvalues; its diagonal
    where areas have neighbours and 0 where they have none; and whether any has."""

    vectors: Numbers
    values: Numbers
    spatial: Numbers
    is_connected: bool


def neighbourhood(adjacency: NDArray[np.bool_]) -> Neighbourhood:
    """Each connected part of the map scaled by itself to geometric mean variance 1.

    An area without neighbours has variance 1 of its own (Freni-Sterrantino 2018), none of it spatial.
    """
    from scipy.sparse.csgraph import connected_components

    _, part = connected_components(adjacency, directed=False)
    covariance = np.eye(len(adjacency))
    for members in (np.flatnonzero(part == label) for label in np.unique(part)):
        if len(members) > 1:
            own = adjacency[np.ix_(members, members)].astype(float)
            inverse = np.linalg.pinv(np.diag(own.sum(axis=0)) - own, hermitian=True)
            covariance[np.ix_(members, members)] = inverse / np.exp(np.log(np.diag(inverse)).mean())
    has_neighbours = adjacency.any(axis=0)
    values, vectors = np.linalg.eigh(covariance)
    spatial = np.where(has_neighbours, np.diag(covariance), 0.0)
    return Neighbourhood(vectors, np.maximum(values, 0), spatial, bool(has_neighbours.any()))


class Prior:
    """The precision of ln risk, the coefficients integrated out, at one rho and any sigma."""

    def __init__(self, around: Neighbourhood, design: Numbers, rho: float) -> None:
        spectrum = rho * around.values + 1 - rho
        self.rho = rho
        self._field = _times_its_transpose(around.vectors / np.sqrt(spectrum))
        self._log_determinant = -np.log(spectrum).sum()
        self._information, self._axes = np.linalg.eigh(design.T @ self._field @ design)
        self._along_axes = self._field @ design @ self._axes

    def precision(self, sigma: float) -> Numbers:
        known = self._information + sigma**2 / PRIOR_VARIANCE
        return (self._field - (self._along_axes / known) @ self._along_axes.T) / sigma**2

    def log_determinant(self, sigma: float) -> float:
        of_coefficients = np.log1p(self._information * PRIOR_VARIANCE / sigma**2).sum()
        return self._log_determinant - 2 * len(self._field) * np.log(sigma) - of_coefficients

    def coefficients(self, sigma: float) -> tuple[Numbers, Numbers]:
        """The matrix that takes ln risk to the mean of the coefficients, and their covariance about it."""
        known = self._axes / (self._information + sigma**2 / PRIOR_VARIANCE)
        return known @ self._along_axes.T, sigma**2 * known @ self._axes.T


class Factor:
    """A precision plus a diagonal, factored."""

    def __init__(self, precision: Numbers, diagonal: Numbers) -> None:
        from scipy.linalg import lapack

        self._lapack = lapack
        matrix = precision.copy()
        matrix.flat[:: len(matrix) + 1] += diagonal
        self._lower = lapack.dpotrf(matrix.T, lower=1, clean=0, overwrite_a=1)[0]

    def solve(self, right: Numbers) -> Numbers:
        return self._lapack.dpotrs(self._lower, right, lower=1)[0]

    def half_solve(self, right: Numbers) -> Numbers:
        """Standard normals become draws with this precision."""
        return self._lapack.dtrtrs(self._lower, right, lower=1, trans=1)[0]

    def log_determinant(self) -> float:
        return 2 * np.log(np.diag(self._lower)).sum()

    def variance(self) -> Numbers:
        """The diagonal of the inverse. By the inverse of the factor: LAPACK's ``potri`` would start threads and,
        on a busy machine, wait for them sixty times as long as the sum takes."""
        inverse = np.tril(self._lapack.dtrtri(self._lower, lower=1)[0])
        return np.einsum("ij,ij->j", inverse, inverse)


def _times_its_transpose(matrix: Numbers) -> Numbers:
    """As ``matrix @ matrix.T``, in blocks too small for threads, for which a busy machine waits too."""
    rows = max(8, SMALL_PRODUCT // matrix.size)
    blocks = [matrix[first : first + rows] @ matrix.T for first in range(0, len(matrix), rows)]
    return np.concatenate(blocks)
