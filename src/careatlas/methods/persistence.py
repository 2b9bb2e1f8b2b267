"""How much of the difference between areas is there every year, and how much comes and goes.

Use it before an area is called good or poor, and before a change is called an improvement: where little of
the difference is permanent, an area far out this year will be nearer the middle next year whatever anyone
does. ``next_deviation`` says where it is expected. ``run_length`` finds the areas that stay out for longer
than areas without a permanent difference do.

Not with fewer than four periods (``rank_persistence`` correlates two windows), nor across a change of
boundaries or of counting that has not been rebuilt: that breaks the series. Periods are taken to follow one
another at equal steps, and areas to be alike in how much they come and go.

Formula::

    score(area, period) = ln((observed + 1/2) / (expected + 1/2)), its chance variance 1 / expected
    score = period's level + u(area) + d(area) x (period - middle period) + e(area, period) + chance
    permanent share = var u / (var u + var d x mean (period - middle)^2 + var e)
    next deviation = deviation x (var u + var d x c x (c + 1)) / (var u + var d x c^2 + var e + chance)
        where c = period - middle period

Variances are those of restricted maximum likelihood with the chance variances known; the limits of the share
are those of its profile likelihood.

Source: Patterson & Thompson 1971, 10.1093/biomet/58.3.545 (restricted likelihood); Gilmour, Thompson & Cullis
1995, 10.2307/2533274 (average information, the way to its maximum); Galton 1886, 10.2307/2841583, and Morton &
Torgerson 2003, 10.1136/bmj.326.7398.1083 (regression to the mean).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import (
    Limits,
    Numbers,
    alike,
    as_counts,
    as_numbers,
    counts_with_axes,
    divide,
    refuse_where,
    require_axes,
    whole_number,
)
from careatlas.methods.false_discovery import false_discovery
from careatlas.methods.intervals import normal_quantile
from careatlas.methods.restricted_likelihood import Parts, restricted_likelihood

CHAPTER = "Variation"
FEWEST_PERIODS, FEWEST_AREAS = 4, 3
STEPS = 2**12  # from the estimate to a share of 0 or 1, for its limits


class Persistence(NamedTuple):
    """Of each map, ``[...]``: ``permanent_share`` with ``lower`` and ``upper`` 95 % limits, and the variances
    ``permanent`` (u), ``drift`` (d, per period squared) and ``come_and_go`` (e). Of each area and period,
    ``[..., area, period]``: its ``deviation`` from the period's level, what it is expected to be one period
    on (``next_deviation``), and ``chance``, the variance that chance gives it."""

    permanent_share: Numbers
    lower: Numbers
    upper: Numbers
    permanent: Numbers
    drift: Numbers
    come_and_go: Numbers
    deviation: Numbers
    next_deviation: Numbers
    chance: Numbers


class RunLength(NamedTuple):
    """``[..., area]``: the ``longest`` run of periods beyond the limit on one side, how often an area without
    a permanent difference has one as long (``p``), and its false discovery rate among the areas (``q``)."""

    longest: Numbers
    p: Numbers
    q: Numbers


def persistence(observed: ArrayLike, expected: ArrayLike, confidence: float = 0.95) -> Persistence:
    """Of ``observed`` events beside those ``expected``, both ``[..., area, period]``, in order of time.

    NaN in either, or nothing expected, leaves that area out of that period; none observed is an ordinary
    value. Scores are logarithms, so a deviation of .1 is about 10 %. Fewer than four periods or three areas
    give NaN throughout. Areas that differ no more than chance have nothing to be permanent: a share of NaN
    with limits 0 and 1. Refuses numbers below zero.

    Patterson & Thompson 1971, 10.1093/biomet/58.3.545.

    Three areas a fifth apart in every one of four years, and nothing but their level differs:

    >>> always = [[800] * 4, [1000] * 4, [1200] * 4]
    >>> found = persistence(always, [[1000] * 4] * 3)
    >>> float(found.permanent_share), float(found.come_and_go)
    (1.0, 0.0)
    """
    observed, expected = counts_with_axes("area", "period", observed=observed, expected=expected)
    expected = np.where(expected > 0, expected, np.nan)
    return score_persistence(np.log((observed + 0.5) / (expected + 0.5)), 1 / expected, confidence)


def score_persistence(score: ArrayLike, chance: ArrayLike, confidence: float = 0.95) -> Persistence:
    """Of any ``score`` whose ``chance`` variance is known, both ``[..., area, period]``: for proportions the
    arcsine of the root and 1 / (4 x denominator), for standardised rates the rate and its error squared.

    Otherwise as ``persistence``. Refuses a chance variance of zero or less.

    Scores -1, 0 and 1 in each of four periods vary by 1, of which chance gives their mean .04 / 4:

    >>> found = score_persistence([[-1] * 4, [0] * 4, [1] * 4], [[0.04] * 4] * 3)
    >>> float(found.permanent.round(4)), float(found.permanent_share)
    (0.99, 1.0)
    """
    score, chance = np.broadcast_arrays(*alike(as_numbers, score=score, chance=chance))
    as_counts("chance", chance)
    require_axes("score", score, "area", "period")
    refuse_where(chance == 0, "chance is zero")
    normal_quantile(confidence)  # refuses a percentage
    is_known = ~np.isnan(score + chance) & _has_enough(score + chance)[..., None, None]
    score, chance = (np.where(is_known, each, np.nan) for each in (score, chance))
    fit = restricted_likelihood(score, chance, _forms(score.shape[-1]))
    permanent, drift, come_and_go = parts = np.moveaxis(fit.variance, -1, 0)
    total = permanent + drift * (_steps(score.shape[-1]) ** 2).mean() + come_and_go
    share = divide(permanent, total)
    lower, upper = _share_limits(score, chance, fit, share, confidence)
    per_map = (np.where(_has_enough(score), each, np.nan) for each in (share, lower, upper, *parts))
    deviation, each_map = score - fit.level[..., None, :], (part[..., None, None] for part in parts)
    following = next_deviation(deviation, chance, *each_map, _steps(score.shape[-1]))
    return Persistence(*per_map, deviation, following, chance)


def next_deviation(
    deviation: ArrayLike,
    chance: ArrayLike,
    permanent: ArrayLike,
    drift: ArrayLike = 0.0,
    come_and_go: ArrayLike = 0.0,
    step: ArrayLike = 0.0,
) -> Numbers:
    """Where an area is expected to be next period that lies ``deviation`` from the level in this one.

    ``chance`` is the variance that chance gives this period's score, ``permanent``, ``drift`` and
    ``come_and_go`` the variances between areas (``persistence`` finds them), ``step`` the period less the
    middle one: all broadcast. Chosen for lying far out, an area is expected nearer the middle. NaN in any
    gives NaN, as does no variance at all. Refuses variances below zero.

    Galton 1886, 10.2307/2841583; Morton & Torgerson 2003, 10.1136/bmj.326.7398.1083.

    20 % up on the log scale, with as much chance as permanence: half of it is expected again.

    >>> float(next_deviation(0.2, chance=0.01, permanent=0.01))
    0.1
    """
    deviation, chance = alike(as_numbers, deviation=deviation, chance=chance)
    chance, permanent, drift, come_and_go = (
        as_counts(*each)
        for each in (
            ("chance", chance),
            ("permanent", permanent),
            ("drift", drift),
            ("come_and_go", come_and_go),
        )
    )
    step = as_numbers("step", step)
    kept = permanent + drift * step * (step + 1)
    return deviation * divide(kept, permanent + drift * step**2 + come_and_go + chance)


def run_length(
    found: Persistence, limit: float = 1.959964, replicates: int = 999, seed: int = 0
) -> RunLength:
    """Which areas stay beyond the limits for longer than those without a permanent difference do.

    ``found`` by ``persistence``; a period is beyond where the deviation is more than ``limit`` chance errors.
    Held against ``replicates`` simulations of the same model without u, so that drift, coming and going and
    chance make runs as they do here. A missing period ends a run. Areas never known are NaN. A year or two
    beyond the limits is common: list an area as persistent by ``q``.

    Benjamini & Hochberg 1995, 10.1111/j.2517-6161.1995.tb02031.x (q).

    The outer two of three areas lie beyond the limits in all of four years:

    >>> found = persistence([[800] * 4, [1000] * 4, [1200] * 4], [[1000] * 4] * 3)
    >>> run_length(found).longest
    array([4., 0., 4.])
    """
    rng = np.random.default_rng(seed)
    areas, periods = found.deviation.shape[-2:]
    chance_error, step = np.sqrt(found.chance), _steps(periods)
    drift_error, error = np.sqrt(found.drift)[..., None, None], found.come_and_go[..., None, None]
    longest = _longest_run(divide(found.deviation, chance_error), limit)
    as_long = np.zeros(longest.shape)
    for _ in range(whole_number("replicates", replicates, fewest=1)):
        # The same noise for every map: then a map has the same answer alone as among others.
        drift, noise = rng.standard_normal((areas, 1)), rng.standard_normal((areas, periods))
        simulated = drift_error * drift * step + np.sqrt(error + found.chance) * noise
        as_long += _longest_run(divide(simulated, chance_error), limit) >= longest
    is_known = (~np.isnan(found.deviation)).any(axis=-1)
    p = np.where(is_known, (1 + as_long) / (1 + replicates), np.nan)
    return RunLength(np.where(is_known, longest, np.nan), p, false_discovery(p))


def _has_enough(score: Numbers) -> NDArray[np.bool_]:
    is_known = ~np.isnan(score)
    periods, areas = is_known.any(axis=-2).sum(axis=-1), is_known.any(axis=-1).sum(axis=-1)
    return (periods >= FEWEST_PERIODS) & (areas >= FEWEST_AREAS)


def _share_limits(score: Numbers, chance: Numbers, fit: Parts, share: Numbers, confidence: float) -> Limits:
    """The shares at which the likelihood, the rest refitted, has fallen by as much as chance allows; to .0003.

    With the share p fixed, two parts are left, the drift's and the rest's, each carrying its p of permanence.
    """
    permanent, drift, fresh = _forms(score.shape[-1])
    estimate = np.stack([np.nan_to_num(share, nan=0.5)] * 2)  # without variance any share is as likely
    room = np.stack([np.zeros_like(share), np.ones_like(share)]) - estimate
    inside, outside = np.zeros(room.shape), np.full(room.shape, STEPS + 1.0)  # in steps from the estimate
    inside_fall, outside_fall = np.zeros(room.shape), np.full(room.shape, np.nan)
    tried, rounds, start = np.full(room.shape, float(STEPS)), 0, None
    score, chance = (np.stack([each] * 2) for each in (score, chance))
    while (outside - inside > 1).any():
        p = (estimate + room * tried / STEPS)[..., None, None, None]
        mixed = p * permanent + (1 - p) * np.stack([drift / np.diag(drift).mean(), fresh])
        found = restricted_likelihood(score, chance, mixed, start)
        start, rounds = found.variance, rounds + 1
        # In chance errors: nearly even with the distance, so that a straight line tells where to try next.
        fall = np.sqrt(2 * np.maximum(fit.log_likelihood - found.log_likelihood, 0))
        is_allowed = fall <= normal_quantile(confidence)
        inside, inside_fall = np.where(is_allowed, [tried, fall], [inside, inside_fall])
        outside, outside_fall = np.where(is_allowed, [outside, outside_fall], [tried, fall])
        part = divide(normal_quantile(confidence) - inside_fall, outside_fall - inside_fall)
        part = np.where(rounds % 3 == 0, 0.5, np.nan_to_num(part, nan=0.5))
        # A step beyond it, so that the other end comes near as well.
        tried = np.floor(inside + (outside - inside) * part) + np.where(is_allowed, 2, -1)
        tried = np.where(outside - inside > 1, np.clip(tried, inside + 1, outside - 1), inside)
    return Limits(*(estimate + room * inside / STEPS))


def _longest_run(z: Numbers, limit: float) -> Numbers:
    longest = above = below = np.zeros(z.shape[:-1])
    for period in np.moveaxis(z, -1, 0):
        above, below = (above + 1) * (period > limit), (below + 1) * (period < -limit)
        longest = np.maximum(longest, np.maximum(above, below))
    return longest


def _steps(periods: int) -> Numbers:
    """Periods from the middle one."""
    return np.arange(periods) - (periods - 1) / 2


def _forms(periods: int) -> Numbers:
    """The marks of what is permanent, of a drift, and of what is new every period."""
    step = _steps(periods)
    return np.stack([np.ones((periods, periods)), np.outer(step, step), np.eye(periods)])
