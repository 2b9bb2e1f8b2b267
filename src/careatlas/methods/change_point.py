"""Which areas changed for good, and when, where nobody stated a date: a searched step, beside placebos.

Use it on scores of all areas over many periods, to screen for improvement: every date is tried in every area,
and an area's largest step is held against the largest that chance, coming and going and a search as wide bring
about in an area that did not change. Initiatives often follow bad spells, which end by themselves; a bad spell
is part of what comes and goes, so what comes back is not counted. Give p of all areas and indicators together
to ``false_discovery``, and measure the step found by ``improvement.adjusted_difference`` on matched areas.

Not where a date was stated beforehand (``improvement``, ``synthetic_control``): a search costs power. Not for a
slow course (``lasting_difference`` gives the trend). Where many areas change at once the rest look too alike.

Formula::

    V = covariance of an area's periods (``lasting_difference.Course``), of the areas that did not change
    step(start) = by generalised least squares, weights V^-1;  z = step / its error
    found: the start with the largest |z|, divided by how far its area swings beyond V
    p = share of simulated areas whose largest |z| is as large, each of them made larger by
        (middle placebo's largest |z|) / (middle simulated one), if above 1

Placebos are the other areas: where they jump about more than the model says, every p becomes larger.

Source: Andrews 1993, Econometrica 61:821, 10.2307/2951764 (the largest of many looks); Abadie, Diamond &
Hainmueller 2010, 10.1198/jasa.2009.ap08746 (areas as placebos); Devlin & Roeder 1999,
10.1111/j.0006-341X.1999.00997.x (scaled by the middle one); Benjamini & Hochberg 1995 (see ``false_discovery``).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr

from careatlas.methods.estimate import Numbers, alike, as_numbers, divide, require_axes, whole_number
from careatlas.methods.lasting_difference import Course, covariance_of, fitted_course

CHAPTER = "Time"
SET_ASIDE = 0.01  # areas with a smaller p may have changed: what is usual is learnt from the others
TAIL = 0.01  # beyond this share of simulations the normal curve says how rare
LEAST_P = 1e-6  # no model of months is right to more digits than that


class ChangePoint(NamedTuple):
    """Of each area, ``[..., area]``: the ``start`` of the largest step (position of its first period), the
    ``step`` in units of the score, and ``p`` of so large a one where nothing changed."""

    start: Numbers
    step: Numbers
    p: Numbers


def change_point(
    score: ArrayLike,
    chance: ArrayLike,
    fewest: int = 6,
    course: Course | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> ChangePoint:
    """Of ``score`` whose ``chance`` variance is known, both ``[area, period]`` at equal steps, oldest first.

    NaN in either leaves that area out of that period. A step needs ``fewest`` known periods of the area before
    it and after it; areas without are NaN, as is every area of fewer than three. ``course``: what
    ``lasting_difference`` fitted to the same areas, where it has been asked already. Refuses a chance variance
    of zero or less.

    Andrews 1993, 10.2307/2951764.

    Thirty areas that hardly differ, and one that falls by 1 at the seventh of twelve periods:

    >>> score = np.random.default_rng(1).normal(0, 0.1, (30, 12))
    >>> score[0, 6:] -= 1
    >>> found = change_point(score, np.full((30, 12), 0.01))
    >>> float(found.start[0]), round(float(found.step[0]), 1), float(found.p[0])
    (6.0, -1.0, 1e-06)
    """
    score, chance = alike(as_numbers, score=score, chance=chance)
    require_axes("score", score, "area", "period")
    fewest, replicates = (
        whole_number("fewest", fewest, fewest=1),
        whole_number("replicates", replicates, fewest=100),
    )
    course = fitted_course(score, chance) if course is None else course
    first = _search(score, chance, course, fewest, replicates, seed)
    is_usual = ~(first.p < SET_ASIDE)
    course = fitted_course(np.where(is_usual[:, None], score, np.nan), chance)
    return _search(score, chance, course, fewest, replicates, seed)


def _search(
    score: Numbers, chance: Numbers, course: Course, fewest: int, replicates: int, seed: int
) -> ChangePoint:
    areas, periods = score.shape
    is_known = ~np.isnan(score + chance)
    starts = np.arange(fewest, periods - fewest + 1)
    nothing = np.full(areas, np.nan)
    if np.isnan(course.come_and_go) or not len(starts):
        return ChangePoint(nothing, nothing, nothing)
    covariance = covariance_of(course, np.where(is_known, chance, np.nan), with_permanent=True)
    inverse, known = np.linalg.inv(covariance), np.where(is_known, score, 0)
    weights = _weights_of_steps(inverse, is_known, starts, fewest)
    steps = np.einsum("asp,ap->as", weights, known)
    error = np.sqrt(np.einsum("asp,apq,asq->as", weights, covariance, weights, optimize=True))
    z = np.nan_to_num(np.abs(divide(steps, error)))
    at, best = np.arange(areas), z.argmax(axis=1)
    after = is_known & (np.arange(periods) >= starts[best][:, None])
    largest = z[at, best] / _scatter(known - steps[at, best][:, None] * after, inverse, is_known)
    simulated = _largest_by_chance(weights, covariance, error, replicates, seed)
    can_be_seen = largest > 0
    p = np.where(can_be_seen, _how_rare(largest, simulated, can_be_seen), np.nan)
    return ChangePoint(
        np.where(can_be_seen, starts[best], np.nan), np.where(can_be_seen, steps[at, best], np.nan), p
    )


def _scatter(residual: Numbers, inverse: Numbers, is_known: Numbers) -> Numbers:
    """How many times more than the model says an area swings about its step; 1 where it swings less."""
    squares = np.einsum("ap,apq,aq->a", residual, inverse, residual, optimize=True)
    return np.sqrt(np.maximum(1, divide(squares, is_known.sum(axis=1) - 1.0)))


def _weights_of_steps(inverse: Numbers, is_known: Numbers, starts: Numbers, fewest: int) -> Numbers:
    """What each period adds to the step at each start, ``[area, start, period]``; zero where it cannot be seen.

    The permanent level is a part of the covariance: where areas hardly differ, one that lay off before is
    expected back at the country's level, and so credited with less.
    """
    periods = np.arange(is_known.shape[1])
    after = (periods >= starts[:, None]) & is_known[:, None, :]
    before = ~(periods >= starts[:, None]) & is_known[:, None, :]
    enough = (before.sum(axis=-1) >= fewest) & (after.sum(axis=-1) >= fewest)
    weighted = after.astype(float) @ inverse
    return weighted * np.where(enough, divide(1.0, (weighted * after).sum(axis=-1)), 0)[..., None]


def _largest_by_chance(
    weights: Numbers, covariance: Numbers, error: Numbers, replicates: int, seed: int
) -> Numbers:
    """The largest |z| of simulated areas without a step, ``[area, replicate]``, smallest first."""
    noise = np.random.default_rng(seed).standard_normal((covariance.shape[-1], replicates))
    standardised = divide(weights, error[..., None])
    spread = np.nan_to_num(standardised) @ np.linalg.cholesky(covariance)
    return np.sort(np.stack([np.abs(each @ noise).max(axis=0) for each in spread]), axis=1)


def _how_rare(largest: Numbers, simulated: Numbers, can_be_seen: Numbers) -> Numbers:
    """Beyond the simulations' own tail, that of as many independent looks as they were worth."""
    middle = np.median(simulated, axis=1)
    scale = max(1.0, np.median(divide(largest, middle)[can_be_seen], axis=None)) if can_be_seen.any() else 1.0
    asked = largest / scale
    replicates = simulated.shape[1]
    as_large = np.array([(each >= one).sum() for each, one in zip(simulated, asked, strict=True)])
    edge = simulated[:, int(replicates * (1 - TAIL))]
    in_tail = TAIL * np.exp(log_ndtr(-np.maximum(asked, edge)) - log_ndtr(-edge))
    return np.maximum(LEAST_P, np.where(asked > edge, in_tail, (1 + as_large) / (1 + replicates)))
