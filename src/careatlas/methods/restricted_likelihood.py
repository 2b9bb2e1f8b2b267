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
zero.

Source: Patterson & Thompson 1971, 10.1093/biomet/58.3.545; Harville 1977, 10.1080/01621459.1977.10480998;
Gilmour, Thompson & Cullis 1995, 10.2307/2533274.
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
    not symmetric or add nothing.

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
    refuse_where(forms != np.swapaxes(forms, -1, -2), "forms is not symmetric")
    refuse_where(_size(forms) <= 0, "forms adds nothing to any period")
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


def _climb(score: Numbers, chance: Numbers, forms: Numbers, variance: Numbers) -> Parts:
    """Average information steps, a quarter as long where the last one overshot, until none gains."""
    is_known = ~np.isnan(score + chance)
    data = np.where(is_known, score, 0), np.where(is_known, chance, 1), is_known, forms
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


def _likelihood(
    score: Numbers, chance: Numbers, is_known: np.ndarray, forms: Numbers, variance: Numbers
) -> _Point:
    """Of ``[map, area, period]``. An unknown period is a row of the identity, whose inverse is then struck
    out."""
    pairs = is_known[:, :, :, None] & is_known[:, :, None, :]
    between = np.einsum("mk,mkst->mst", variance, forms)[:, None]
    covariance = np.where(pairs, between, 0) + chance[..., None] * np.eye(score.shape[2])
    weight = np.where(pairs, np.linalg.inv(covariance), 0)
    total = weight.sum(axis=1)
    never_known = ~is_known.any(axis=1)[:, :, None] * np.eye(score.shape[2])
    level_covariance = np.linalg.inv(total + never_known)
    level = _times(level_covariance, _times(weight, score).sum(axis=1))
    residual = score - level[:, None, :]
    weighted = _times(weight, residual)
    log_likelihood = -0.5 * (
        np.linalg.slogdet(covariance)[1].sum(axis=1)
        + np.linalg.slogdet(total + never_known)[1]
        + (residual * weighted).sum(axis=(1, 2))
    )
    spent_on_levels = (weight @ level_covariance[:, None] @ weight).sum(axis=1)
    seen = np.swapaxes(weighted, 1, 2) @ weighted
    slope = 0.5 * np.einsum("mkst,mst->mk", forms, seen - total + spent_on_levels)
    pushed = weighted[:, None] @ forms  # forms are symmetric: [map, part, area, period]
    pulled = _times(weight[:, None], pushed)
    over_areas = pulled.sum(axis=2)
    information = 0.5 * (
        np.einsum("mkat,mlat->mkl", pushed, pulled)
        - over_areas @ level_covariance @ np.swapaxes(over_areas, 1, 2)
    )
    return _Point(log_likelihood, level, slope, information)


def _times(matrix: Numbers, vector: Numbers) -> Numbers:
    return (matrix @ vector[..., None])[..., 0]
