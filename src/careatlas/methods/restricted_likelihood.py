"""How much each of several causes adds to the differences between areas, where chance's own part is known.

Use it where areas are seen in several periods and the causes leave different marks: what is permanent is
shared by all periods of an area, a drift grows with time, the rest is new every time. ``persistence`` stands
on it; give other marks for other questions.

Not for one period (nothing tells the causes apart), nor for few areas: below about twenty the answers are
rough, so take limits from the likelihood (``persistence`` does) and not from the curve at its top.

Formula::

    covariance of an area's periods  V = sum over parts of (variance x form) + diagonal(chance)
    level(period) by weighted least squares, weights V^-1
    log likelihood = -1/2 x sum over areas of (log det V + r' V^-1 r) - 1/2 x log det (sum over areas of V^-1)
        where r = scores less the levels

It is climbed by average information steps, kept at zero or above; a part that the data would make negative is
zero. What lasts and what drifts take two directions beside the diagonal, so V is inverted in two dimensions
and not in as many as there are periods; a form of full rank (periods that resemble the one before) saves nothing.

Source: Patterson & Thompson 1971, 10.1093/biomet/58.3.545; Harville 1977, 10.1080/01621459.1977.10480998;
Gilmour, Thompson & Cullis 1995, 10.2307/2533274; Hager 1989, 10.1137/1031049 (inverse of a changed matrix).
"""

from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import (
    Numbers,
    alike,
    as_counts,
    as_numbers,
    divide,
    refuse_where,
    require_axes,
)

CHAPTER = "Variation"
MOST_STEPS, ENOUGH = 100, 1e-8  # in log likelihood
ROUNDING = 1e-12  # of a form, what may be nothing else
LEAST_CHANCE = 1e-11  # beside the square of the scores' range: below it the arithmetic has no digits left


class Parts(NamedTuple):
    """``variance`` ``[..., part]``, each period's ``level`` ``[..., period]`` (NaN where no area is known),
    and the restricted ``log_likelihood`` ``[...]`` without its constant."""

    variance: Numbers
    level: Numbers
    log_likelihood: Numbers


def restricted_likelihood(
    score: ArrayLike, chance: ArrayLike, forms: ArrayLike, start: ArrayLike | None = None
) -> Parts:
    """The variances of the parts that make the scores most likely.

    ``score`` and its ``chance`` variance are ``[..., area, period]``, NaN where unknown; ``forms`` ``[part,
    period, period]`` or ``[..., part, period, period]`` are the marks each part leaves: all ones for what is
    permanent, the identity for what is new every period. ``start`` ``[..., part]`` is where to begin; by
    default the spread of the scores, shared out. Without an area seen twice the split is arbitrary. Fewer
    than two areas in every period leave nothing to estimate: variances of zero. Refuses a chance variance of
    zero or less, or so far below the spread of the scores that nothing can be worked with it, and forms that are
    not symmetric, no covariance, or add nothing.

    Scores 1, 2 and 3, the same in both periods, with a chance variance of .01: all that is not chance is
    permanent, and their mean over two periods varies by 1, of which .005 is chance:

    >>> found = restricted_likelihood([[1, 1], [2, 2], [3, 3]], [[0.01] * 2] * 3, [np.ones((2, 2)), np.eye(2)])
    >>> found.variance.round(4), found.level.round(4)
    (array([0.995, 0.   ]), array([2., 2.]))
    """
    score, chance = np.broadcast_arrays(*alike(as_numbers, score=score, chance=chance))
    as_counts("chance", chance)
    require_axes("score", score, "area", "period")
    refuse_where(chance == 0, "chance is zero")
    refuse_where(chance < LEAST_CHANCE * _range(score) ** 2, "chance is too small beside the spread of score")
    forms = as_numbers("forms", forms)
    *leading, areas, periods = score.shape
    if forms.ndim < 3 or forms.shape[-2:] != (periods, periods):
        raise ValueError(f"forms must be [part, {periods}, {periods}], as score has {periods} periods")
    refuse_where(forms != _turned(forms), "forms is not symmetric")
    refuse_where(_size(forms) <= 0, "forms adds nothing to any period")
    refuse_where(_least(forms) < -ROUNDING * periods * _size(forms), "forms is no covariance")
    parts, maps = forms.shape[-3], prod(leading)
    score, chance = (each.reshape(maps, areas, periods) for each in (score, chance))
    forms = np.broadcast_to(forms, (*leading, parts, periods, periods)).reshape(maps, parts, periods, periods)
    variance = _spread(score, forms) if start is None else as_counts("start", start).reshape(maps, parts)
    variance, level, log_likelihood = _climb(score, chance, forms, variance)
    level = np.where(np.isnan(score).all(axis=1), np.nan, level)
    return Parts(
        variance.reshape(*leading, parts),
        level.reshape(*leading, periods),
        log_likelihood.reshape(leading),
    )


def _range(score: Numbers) -> Numbers:
    """From the lowest to the highest score of a map, ``[..., 1, 1]``; NaN without any."""
    axes, is_known = (-2, -1), ~np.isnan(score)
    if not score.shape[-1] * score.shape[-2]:
        return np.full((*score.shape[:-2], 1, 1), np.nan)
    highest = np.where(is_known, score, -np.inf).max(axis=axes, keepdims=True)
    lowest = np.where(is_known, score, np.inf).min(axis=axes, keepdims=True)
    return np.where(is_known.any(axis=axes, keepdims=True), highest - lowest, np.nan)


def _spread(score: Numbers, forms: Numbers) -> Numbers:
    """The mean square of the scores about their period's mean, shared out among the parts."""
    is_known = ~np.isnan(score)
    known = np.where(is_known, score, 0)
    mean = divide(known.sum(axis=1), is_known.sum(axis=1).astype(float))
    square = np.where(is_known, known - mean[:, None, :], 0) ** 2
    total = divide(square.sum(axis=(1, 2)), is_known.sum(axis=(1, 2)).astype(float))
    return np.nan_to_num(total)[:, None] / (_size(forms) * forms.shape[1])


def _size(forms: Numbers) -> Numbers:
    """What one unit of each part adds to a score, ``[..., part]``."""
    return forms.diagonal(axis1=-2, axis2=-1).mean(axis=-1)


def _least(forms: Numbers) -> Numbers:
    return np.linalg.eigvalsh(forms).min(axis=-1, initial=np.inf)


def _climb(score: Numbers, chance: Numbers, forms: Numbers, variance: Numbers) -> Parts:
    """Average information steps, a quarter as long where the last one overshot, until none gains."""
    is_known = ~np.isnan(score + chance)
    data = np.where(is_known, score, 0), np.where(is_known, chance, 1), is_known, forms, _marks(forms)
    # More than the scores' range squared, twice, no part can be; a step across a flat ridge would go anywhere.
    most = 2 * np.nan_to_num(_range(score)[:, 0]) ** 2 / _size(forms)
    best, length, is_open = _likelihood(*data, variance), np.ones(len(score)), np.full(len(score), True)
    for _ in range(MOST_STEPS):
        # A part at zero that the slope would pull lower stays out of the step.
        is_free = (variance > 0) | (best.slope > 0)
        step = length[:, None] * _step(best.slope, best.information, is_free)
        tried = np.clip(variance + step, 0, np.maximum(most, variance))
        new = _likelihood(*data, tried)
        gain = new.log_likelihood - best.log_likelihood
        is_better = is_open & (gain >= 0)  # one that has arrived stays, whatever the others still need
        variance = _where(is_better, tried, variance)
        best = _Point(*(_where(is_better, *each) for each in zip(new, best, strict=True)))
        length = np.where(is_better, 1, length / 4)
        is_open &= np.abs(gain) >= ENOUGH
        if not is_open.any():
            break
    return Parts(variance, best.level, best.log_likelihood)


class _Point(NamedTuple):
    log_likelihood: Numbers
    level: Numbers
    slope: Numbers
    information: Numbers


def _where(is_first: np.ndarray, first: Numbers, second: Numbers) -> Numbers:
    return np.where(is_first.reshape(-1, *[1] * (first.ndim - 1)), first, second)


def _step(slope: Numbers, information: Numbers, is_free: np.ndarray) -> Numbers:
    both_free = is_free[:, :, None] & is_free[:, None, :]
    own = np.where(is_free, 1e-9 * information.diagonal(axis1=1, axis2=2) + 1e-300, 1)
    matrix = np.where(both_free, information, 0) + own[:, :, None] * np.eye(slope.shape[1])
    return np.linalg.solve(matrix, np.where(is_free, slope, 0)[:, :, None])[:, :, 0]


class _Marks(NamedTuple):
    """Forms as what they add ``even``ly to every period alone, ``[map, part]``, and the rest, which lies in a
    few directions: ``basis`` ``[map, direction, period]``, ``within`` ``[map, part, direction, direction]``."""

    even: Numbers
    basis: Numbers
    within: Numbers


def _marks(forms: Numbers) -> _Marks:
    """What areas keep and drift by lies in two directions. A mark of its own for every pair of periods takes as
    many as there are periods, and no time is saved."""
    maps, parts, periods, _ = forms.shape
    least = _least(forms)
    even = np.where(least > ROUNDING * _size(forms), least, 0)
    rest = forms - even[..., None, None] * np.eye(periods)
    comparable = (rest / _size(forms)[..., None, None]).reshape(maps, parts * periods, periods)
    _, size, direction = np.linalg.svd(comparable, full_matrices=False)
    basis = direction[:, : (size > ROUNDING * periods).sum(axis=1).max(initial=0)]
    return _Marks(even, basis, basis[:, None] @ rest @ _turned(basis)[:, None])


class _Weight(NamedTuple):
    """The inverse of each area's covariance, of known periods: diag(``own``) - ``shared``' ``shared``.
    ``log_determinant`` is that of all areas' covariances together."""

    own: Numbers  # [map, area, period]
    shared: Numbers  # [map, area, direction, period]
    log_determinant: Numbers  # [map]

    def times(self, vectors: Numbers) -> Numbers:
        """Of ``[map, area, any, period]``."""
        return self.own[:, :, None] * vectors - (vectors @ _turned(self.shared)) @ self.shared


def _weight(chance: Numbers, is_known: np.ndarray, marks: _Marks, variance: Numbers) -> _Weight:
    """By Woodbury's identity and its like for determinants: a diagonal and a few directions need no inverse as
    large as there are periods."""
    own_variance = chance + (variance * marks.even).sum(axis=1)[:, None, None]
    own = is_known / own_variance
    size, turn = np.linalg.eigh(np.einsum("mk,mkpq->mpq", variance, marks.within))
    spread = np.sqrt(np.maximum(size, 0))[:, :, None] * (_turned(turn) @ marks.basis)
    seen = own[:, :, None] * spread[:, None]
    root = np.linalg.cholesky(np.eye(spread.shape[1]) + seen @ _turned(spread)[:, None])
    log_determinant = np.log(own_variance).sum(axis=(1, 2), where=is_known)
    log_determinant += 2 * np.log(root.diagonal(axis1=2, axis2=3)).sum(axis=(1, 2))
    return _Weight(own, np.linalg.solve(root, seen), log_determinant)


def _likelihood(
    score: Numbers, chance: Numbers, is_known: np.ndarray, forms: Numbers, marks: _Marks, variance: Numbers
) -> _Point:
    """Of ``[map, area, period]``; an unknown period has no weight."""
    weight = _weight(chance, is_known, marks, variance)
    total = weight.own.sum(axis=1)[..., None] * np.eye(score.shape[2])
    total = total - _over_areas(weight.shared, weight.shared)
    never_known = ~is_known.any(axis=1)[:, :, None] * np.eye(score.shape[2])
    level_covariance = np.linalg.inv(total + never_known)
    level = _times(level_covariance, weight.times(score[:, :, None]).sum(axis=(1, 2)))
    residual = score - level[:, None, :]
    weighted = weight.times(residual[:, :, None])[:, :, 0]
    log_likelihood = -0.5 * (
        weight.log_determinant
        + np.linalg.slogdet(total + never_known)[1]
        + (residual * weighted).sum(axis=(1, 2))
    )
    pushed = np.swapaxes(weighted[:, None] @ forms, 1, 2)  # forms are symmetric: [map, area, part, period]
    pulled = weight.times(pushed)
    over_areas = pulled.sum(axis=1)
    information = 0.5 * (
        _over_areas(_turned(pushed), _turned(pulled)) - over_areas @ level_covariance @ _turned(over_areas)
    )
    seen = (pushed * weighted[:, :, None]).sum(axis=(1, 3))
    slope = 0.5 * (seen - _expected(weight, level_covariance, marks))
    return _Point(log_likelihood, level, slope, information)


def _expected(weight: _Weight, level_covariance: Numbers, marks: _Marks) -> Numbers:
    """What each part's mark on the weighted residuals would be by these variances, ``[map, part]``: the trace of
    form x (weight - weight x covariance of the levels x weight), summed over areas."""
    own, shared, each_level = weight.own, weight.shared, level_covariance.diagonal(axis1=1, axis2=2)
    pressed = shared @ level_covariance[:, None]
    even = (own - own**2 * each_level[:, None]).sum(axis=(1, 2)) - (shared**2).sum(axis=(1, 2, 3))
    even += 2 * (own[:, :, None] * pressed * shared).sum(axis=(1, 2, 3))
    even -= ((pressed @ _turned(shared)) * (shared @ _turned(shared))).sum(axis=(1, 2, 3))
    across = weight.times(marks.basis[:, None])
    within = across.sum(axis=1) @ _turned(marks.basis)
    within = within - (across @ level_covariance[:, None] @ _turned(across)).sum(axis=1)
    return marks.even * even[:, None] + np.einsum("mkpq,mpq->mk", marks.within, within)


def _over_areas(left: Numbers, right: Numbers) -> Numbers:
    """Left' x right, both ``[map, area, any, ...]``, summed over areas and what there is any of."""
    rows = (each.reshape(len(each), prod(each.shape[1:-1]), each.shape[-1]) for each in (left, right))
    return _turned(next(rows)) @ next(rows)


def _turned(matrix: Numbers) -> Numbers:
    return np.swapaxes(matrix, -1, -2)


def _times(matrix: Numbers, vector: Numbers) -> Numbers:
    return (matrix @ vector[..., None])[..., 0]
