"""Whether an area's level differs from the country's for good, where months resemble the month before.

Use it on scores of all areas over many periods: a bad month is often followed by another, so that twelve
months are not twelve independent looks. The variances and that resemblance are fitted to all areas together;
each area's mean distance then carries limits and a p that allow for them. ``trend_p`` says whether the area
moves away from the country or back, ``following`` where it is to be expected next: nearer the middle.

Not with fewer than four periods or three areas; six periods that resemble each other strongly (.6) declare 8 %
of areas at .05 though there is nothing, 24 periods 4 %. Not for a level that changed once (``change_point``), nor as
the last word on an area whose return is doubted. Areas are taken to come and go alike; one that swings more
than the model says has wider limits, one that swings less has none the narrower.

Formula::

    score = u(area) + d(area) x (period - middle) + e(area, period) + chance
    e(period) resembles e(period before) by a correlation, the likeliest of 0, .3, .6, .8, .95
    V = its covariance without u, for one area;  1 = a vector of ones
    difference = 1' V^-1 score / 1' V^-1 1;  variance = widened / 1' V^-1 1
    widened = the larger of 1 and (score - difference)' V^-1 (score - difference) / (periods - 1)
    following = k' (V + var u)^-1 score, where k is the covariance of the next period with those known

Source: Patterson & Thompson 1971, 10.1093/biomet/58.3.545 (restricted likelihood); Aitken 1936,
10.1017/S0370164600014346 (weights by the inverse covariance); Birge 1932, 10.1103/PhysRev.40.207 (limits
widened where scatter exceeds what is stated); Robinson 1991, 10.1214/ss/1177011926 (the prediction).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from careatlas.methods.estimate import (
    Numbers,
    alike,
    as_counts,
    as_numbers,
    divide,
    refuse_where,
    require_axes,
)
from careatlas.methods.intervals import normal_quantile
from careatlas.methods.restricted_likelihood import restricted_likelihood

CHAPTER = "Variation"
FEWEST_PERIODS, FEWEST_AREAS = 4, 3
CORRELATIONS = (0.0, 0.3, 0.6, 0.8, 0.95)


class Course(NamedTuple):
    """How areas of one map, ``[...]``, differ and swing: the variances ``permanent``, ``drift`` (per period
    squared) and ``come_and_go``, and the ``correlation`` of what comes and goes with the period before."""

    permanent: Numbers
    drift: Numbers
    come_and_go: Numbers
    correlation: Numbers


class LastingDifference(NamedTuple):
    """Of each area, ``[..., area]``: the lasting difference (``value``) with its limits and ``p`` of there
    being none; ``trend`` per period with its ``trend_p``; the score ``following`` the last period. ``course``
    is what was fitted to all areas. All in units of the score."""

    value: Numbers
    lower: Numbers
    upper: Numbers
    p: Numbers
    trend: Numbers
    trend_p: Numbers
    following: Numbers
    course: Course


def lasting_difference(score: ArrayLike, chance: ArrayLike, confidence: float = 0.95) -> LastingDifference:
    """Of ``score``, distances from the country's level whose ``chance`` variance is known, both ``[..., area,
    period]`` at equal steps of time, oldest first.

    NaN in either leaves that area out of that period. An area known in fewer than four periods, or a map of
    fewer than three areas, is NaN. Refuses a chance variance of zero or less.

    Aitken 1936, 10.1017/S0370164600014346.

    Three areas steady at -.2, 0 and .2, chance variance .01: the mean of four has an error of .05, so limits
    of .2 -/+ 1.96 x .05:

    >>> found = lasting_difference([[-0.2] * 4, [0] * 4, [0.2] * 4], [[0.01] * 4] * 3)
    >>> found.lower.round(3), found.upper.round(3)
    (array([-0.298, -0.098,  0.102]), array([-0.102,  0.098,  0.298]))
    """
    score, chance = _checked(score, chance)
    course = fitted_course(score, chance)
    covariance = covariance_of(course, chance, with_permanent=False)
    weight = np.linalg.inv(covariance)
    known = np.where(np.isnan(score), 0, score)
    counted = (~np.isnan(score)).astype(float)
    has_enough = counted.sum(axis=-1) >= FEWEST_PERIODS
    value, error = _level(weight, known, counted)
    error = np.where(has_enough & ~np.isnan(course.come_and_go)[..., None], error, np.nan)
    reach = normal_quantile(confidence) * error
    trend, trend_p = _trend(course, chance, known, counted)
    return LastingDifference(
        np.where(np.isnan(error), np.nan, value),
        value - reach,
        value + reach,
        2 * ndtr(-np.abs(value / error)),
        np.where(np.isnan(error), np.nan, trend),
        np.where(np.isnan(error), np.nan, trend_p),
        np.where(np.isnan(error), np.nan, _following(course, chance, known)),
        course,
    )


def fitted_course(score: ArrayLike, chance: ArrayLike) -> Course:
    """The variances and the month-to-month correlation that make the scores of all areas likeliest.

    As in ``lasting_difference``. NaN where fewer than three areas or four periods are known.

    Patterson & Thompson 1971, 10.1093/biomet/58.3.545.

    >>> course = fitted_course([[-0.2] * 4, [0] * 4, [0.2] * 4], [[0.01] * 4] * 3)
    >>> float(course.permanent.round(4)), float(course.come_and_go)
    (0.0375, 0.0)
    """
    score, chance = _checked(score, chance)
    best, likeliest, start = None, None, None
    for correlation in CORRELATIONS:
        fit = restricted_likelihood(score, chance, _forms(score.shape[-1], correlation), start)
        found = np.concatenate([fit.variance, np.full((*score.shape[:-2], 1), correlation)], axis=-1)
        if best is None:
            best, likeliest = found, fit.log_likelihood
        is_better = fit.log_likelihood > likeliest + 1e-9
        best = np.where(is_better[..., None], found, best)
        likeliest, start = np.maximum(likeliest, fit.log_likelihood), fit.variance
    is_known = ~np.isnan(score)
    has_enough = (is_known.any(axis=-2).sum(axis=-1) >= FEWEST_PERIODS) & (
        is_known.any(axis=-1).sum(axis=-1) >= FEWEST_AREAS
    )
    return Course(*np.moveaxis(np.where(has_enough[..., None], best, np.nan), -1, 0))


def covariance_of(course: Course, chance: Numbers, with_permanent: bool) -> Numbers:
    """The covariance of each area's periods, ``[..., area, period, period]``. A period not known is one of
    its own, with a variance of one, so that inverses exist; its score must be left out.

    >>> course = Course(*(np.array(x) for x in (0.04, 0.0, 0.01, 0.5)))
    >>> covariance_of(course, np.array([[0.1, 0.1]]), with_permanent=True)
    array([[[0.15 , 0.045],
            [0.045, 0.15 ]]])
    """
    periods = chance.shape[-1]
    step, apart = _steps(periods), np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    permanent, drift, come_and_go, correlation = (np.nan_to_num(part)[..., None, None] for part in course)
    between = drift * np.outer(step, step) + come_and_go * correlation**apart
    between = (between + permanent * with_permanent)[..., None, :, :]
    is_known = ~np.isnan(chance)
    pairs = is_known[..., :, None] & is_known[..., None, :]
    own = np.where(is_known, chance, 1)[..., None] * np.eye(periods)
    return np.where(pairs, between, 0) + own


def _checked(score: ArrayLike, chance: ArrayLike) -> tuple[Numbers, Numbers]:
    score, chance = np.broadcast_arrays(*alike(as_numbers, score=score, chance=chance))
    as_counts("chance", chance)
    require_axes("score", score, "area", "period")
    refuse_where(chance == 0, "chance is zero")
    is_known = ~np.isnan(score + chance)
    return np.where(is_known, score, np.nan), np.where(is_known, chance, np.nan)


def _level(weight: Numbers, known: Numbers, counted: Numbers) -> tuple[Numbers, Numbers]:
    """The level by generalised least squares, and its error, widened where the scatter is beyond the model."""
    weighted = weight @ counted[..., None]
    total = (weighted[..., 0] * counted).sum(axis=-1)
    value = divide((weighted[..., 0] * known).sum(axis=-1), total)
    residual = (known - value[..., None]) * counted
    scatter = (residual * (weight @ residual[..., None])[..., 0]).sum(axis=-1)
    widened = np.maximum(1, divide(scatter, counted.sum(axis=-1) - 1))
    return value, np.sqrt(divide(widened, total))


def _trend(course: Course, chance: Numbers, known: Numbers, counted: Numbers) -> tuple[Numbers, Numbers]:
    """A straight line by generalised least squares, held against what comes and goes, no drift allowed."""
    steady = course._replace(drift=np.zeros_like(course.drift))
    weight = np.linalg.inv(covariance_of(steady, chance, with_permanent=False))
    line = np.stack([np.ones(known.shape[-1]), _steps(known.shape[-1])], axis=-1) * counted[..., None]
    pushed = np.swapaxes(line, -1, -2) @ weight
    spread = np.linalg.pinv(pushed @ line, hermitian=True)
    found = (spread @ pushed @ known[..., None])[..., 0]
    residual = known - (line @ found[..., None])[..., 0]
    scatter = (residual * (weight @ residual[..., None])[..., 0]).sum(axis=-1)
    widened = np.maximum(1, divide(scatter, counted.sum(axis=-1) - 2))
    slope = found[..., 1]
    return slope, 2 * ndtr(-np.abs(divide(slope, np.sqrt(widened * spread[..., 1, 1]))))


def _following(course: Course, chance: Numbers, known: Numbers) -> Numbers:
    """The best linear prediction one period on, by all of the area's own periods."""
    periods, step = known.shape[-1], _steps(known.shape[-1])
    permanent, drift, come_and_go, correlation = (np.nan_to_num(part)[..., None] for part in course)
    with_next = permanent + drift * step * (step[-1] + 1)
    with_next = with_next + come_and_go * correlation ** np.arange(periods, 0, -1)
    solved = np.linalg.solve(covariance_of(course, chance, with_permanent=True), known[..., None])[..., 0]
    return (with_next[..., None, :] * solved).sum(axis=-1)


def _steps(periods: int) -> Numbers:
    """Periods from the middle one."""
    return np.arange(periods) - (periods - 1) / 2


def _forms(periods: int, correlation: float) -> Numbers:
    """The marks of what is permanent, of a drift, and of what comes and goes."""
    step = _steps(periods)
    apart = np.abs(np.subtract.outer(step, step))
    return np.stack([np.ones((periods, periods)), np.outer(step, step), correlation**apart])
