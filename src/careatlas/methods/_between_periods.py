"""What comes and goes from period to period beyond counting error. Supports ``waterfall`` and ``gap_parts``."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from careatlas.methods.estimate import Numbers, divide

CORRELATIONS = np.array([0.0, 0.3, 0.6, 0.8])  # above, twelve periods cannot tell it from what lasts
SURE = 2.0  # standard errors, beyond which a correlation is too small for how alike neighbouring periods are
FEWEST_PERIODS = 3  # of an area: two are always on a line


class BetweenPeriods(NamedTuple):
    """``variance`` of ln(count / reference) about an area's own course, and its ``correlation`` with the period
    before, both ``[...]``; what they leave in the mean of all its periods, ``of_mean``, and the standard ``error``
    of that, both ``[..., area]``."""

    variance: Numbers
    correlation: Numbers
    of_mean: Numbers
    error: Numbers


def between_periods(count: Numbers, reference: Numbers) -> BetweenPeriods:
    """By what is left of ``count``, ``[..., area, period]``, about each area's own straight line: its squares and
    its products from period to period, summed over areas, less what counting gives, beside what each correlation
    would give. The least correlation is taken that is not surely too small; how much more would be left in the mean
    by the largest that is not surely too large, is in the error. Where ``reference`` is 0 the period is left out."""
    misfit, counting, coming = _moments(count, reference)
    excess, of_all = misfit - counting, coming.sum(axis=-3)
    variance = np.maximum(divide(excess[..., 0].sum(axis=-1)[..., None], of_all[..., 0]), 0)
    unmet = excess[..., None, :] - variance[..., None, :, None] * coming
    scatter = np.sqrt((unmet**2).sum(axis=-3))
    beyond = unmet.sum(axis=-3)[..., 1] / np.where(scatter[..., 1] > 0, scatter[..., 1], np.inf)
    least = np.minimum((beyond > SURE).cumprod(axis=-1).sum(axis=-1), len(CORRELATIONS) - 1)
    most = np.maximum(len(CORRELATIONS) - 1 - (beyond >= -SURE)[..., ::-1].argmax(axis=-1), least)

    weight = divide(reference, reference.sum(axis=-1, keepdims=True))
    left = np.einsum("...t,ctu,...u->...c", weight, _resemblance(weight.shape[-1]), weight)
    of_mean = variance[..., None, :] * left
    error = divide(scatter, of_all)[..., None, :, 0] * left
    may_be = _at(of_mean, most[..., None]) - _at(of_mean, least[..., None])
    return BetweenPeriods(
        _at(variance, least),
        CORRELATIONS[least],
        _at(of_mean, least[..., None]),
        np.hypot(_at(error, least[..., None]), np.maximum(may_be, 0) / SURE),
    )


def _at(by_correlation: Numbers, which: NDArray[np.intp]) -> Numbers:
    """Of ``[..., correlation]``, those at ``which`` ``[...]``."""
    shape = np.broadcast_shapes(by_correlation.shape[:-1], which.shape)
    return np.take_along_axis(by_correlation, np.broadcast_to(which, shape)[..., None], axis=-1)[..., 0]


def _moments(count: Numbers, reference: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Of each area: what is left about its line squared, and times that of the next period, ``[..., area, 2]``; how
    much of either counting gives; and ``[..., area, correlation, 2]``, how much a variance of one gives."""
    period = np.linspace(-1, 1, count.shape[-1])
    line = np.stack([np.ones_like(period), period], axis=-1)
    by_line = np.linalg.pinv(np.einsum("...t,tk,tl->...kl", reference, line, line), hermitian=True)
    ratio = (by_line @ (count @ line)[..., None])[..., 0] @ line.T
    root = np.sqrt(np.where((reference > 0).sum(axis=-1, keepdims=True) >= FEWEST_PERIODS, reference, 0))
    on_line = root[..., :, None] * (line @ by_line @ line.T) * root[..., None, :]
    left = np.eye(len(period)) * (root > 0)[..., None] - on_line
    misfit = np.nan_to_num(divide(count - reference * ratio, root))
    counting = left @ (ratio[..., None] * left)
    steady = left * (root * ratio)[..., None, :]
    coming = steady[..., None, :, :] @ _resemblance(len(period)) @ steady[..., None, :, :].swapaxes(-1, -2)
    products = misfit[..., :, None] * misfit[..., None, :]
    return _first_two(products), _first_two(counting), _first_two(coming)


def _resemblance(periods: int) -> Numbers:
    """``[correlation, period, period]``."""
    apart = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    return CORRELATIONS[:, None, None] ** apart


def _first_two(matrix: Numbers) -> Numbers:
    """The sum along the diagonal, and along the one beside it."""
    return np.stack([np.trace(matrix, offset, -2, -1) for offset in (0, 1)], axis=-1)
