"""What activity or cost would have been had nothing begun: business as usual, and the saving beside it.

Use it for one area's monthly series with three years or more before the start: the trend, the season and
(where given) the working days of those years are carried on as 2,000 possible futures. Limits of a sum are
those of the futures' sums: monthly limits added up would be far too wide. How much level and slope wander is
averaged over, not fitted: fitted it is often 0, and the limits are then too narrow. Set months that are no
guide, such as those of Covid, to missing first.

Not for series with empty months, nor for fewer than two years before: ``assumed_growth`` then carries a
growth that somebody must name, without limits. Between two and three years the answer is marked limited. Where
the level itself wanders nearly as much as months scatter about it, three years cannot show it, and limits of a
year hold less often than stated; where neither level nor slope wanders at all, limits of 95 % hold 97 to 99
times in 100, two years ahead 99 or more. Not for a sum of areas by adding their limits: add up the areas
first. It cannot tell the initiative from whatever else began at that time: compare with others
(``improvement``). Less activity than usual, even times its cost, is not cash: see ``attribution``.

Formula::

    ln(activity per head) = level + month of the year + effect x ln(working days) + error
    level    = level before + slope + a step of chance;  slope = slope before + a step of chance
    error    = carry-over x error before + chance
    weight of a setting (size of steps, carry-over) = its chance beforehand x its restricted likelihood given
               the years before;  chances are learnt, where there are many series, as the weights' means over them
    future   = one draw from a setting picked by weight: its forecast and all that is uncertain in it
    saving   = sum of a future - sum of what was seen;  limits = quantiles over the futures
    trend    : in full for 12 months, then each month's part is .9 of the one before

Source: Harvey 1989, Forecasting, structural time series models and the Kalman filter, 10.1017/CBO9781107049994;
Brodersen, Gallusser, Koehler, Remy & Scott 2015, Ann Appl Stat 9:247, 10.1214/14-AOAS788; Gardner & McKenzie
1985, Manag Sci 31:1237, 10.1287/mnsc.31.10.1237; Patterson & Thompson 1971, Biometrika 58:545,
10.1093/biomet/58.3.545.
"""

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

from careatlas.methods._panel import refuse_start
from careatlas.methods.estimate import (
    Numbers,
    as_counts,
    divide,
    refuse_where,
    require_axes,
    require_same_labels,
)
from careatlas.methods.intervals import tail

CHAPTER = "Opportunity and benefit"
FULL_HISTORY, LEAST_HISTORY = 36, 24  # known months before the start
UNDAMPED = 12  # months that the trend is carried on in full
DAMPING = 0.9  # of a month's trend in the next, after those
# Settings, each with its probability beforehand. Standard deviations of the monthly steps are beside that of
# the error; what carries over is the share of the last month's error.
LEVEL_STEPS = {0.0: 0.5, 0.1: 0.1, 0.25: 0.15, 0.6: 0.15, 1.2: 0.1}
SLOPE_STEPS = {0.0: 0.75, 0.01: 0.25}
CARRIED_OVER = {0.0: 0.4, 0.3: 0.5, 0.6: 0.1}
SETTINGS = np.array(list(product(LEVEL_STEPS, SLOPE_STEPS, CARRIED_OVER)))
CHANCES = np.prod(list(product(LEVEL_STEPS.values(), SLOPE_STEPS.values(), CARRIED_OVER.values())), axis=1)
PATHS = 2000  # futures of each series
AS_MANY_SERIES = 5  # what is known beforehand counts as much as so many of those learnt from
ROUNDS = 50  # of learning
MONTHS_AT_ONCE = 2_400_000  # of futures held in memory together: of 100 series a year ahead, about 100 MB


class BusinessAsUsual(NamedTuple):
    """By month from the start on, ``[..., month]``: ``value`` and its limits, and ``cumulative`` (the sum so far)
    with its limits. Over all months whose actual is known, ``[...]``: ``saving`` (below 0: more than usual)
    with its limits, and ``is_limited``: fewer than 36 months before to go by."""

    value: Numbers
    lower: Numbers
    upper: Numbers
    cumulative: Numbers
    cumulative_lower: Numbers
    cumulative_upper: Numbers
    saving: Numbers
    saving_lower: Numbers
    saving_upper: Numbers
    is_limited: NDArray[np.bool_]


class AssumedGrowth(NamedTuple):
    """``value`` by month from the start on, ``[..., month]``, and the ``saving`` ``[...]``: an assumption, so
    without limits."""

    value: Numbers
    saving: Numbers


def business_as_usual(
    activity: ArrayLike,
    start: int,
    working_days: ArrayLike | None = None,
    weighted_heads: ArrayLike | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    chances: ArrayLike | None = None,
) -> BusinessAsUsual:
    """The months from ``start`` on had the years before gone on, and how far what was seen lies below.

    ``activity`` (or cost) ``[..., month]``, consecutive months; ``start`` is the position, counted from 0, of
    the first month after the change (``list(months).index("2024-04")``); ``working_days`` ``[month]`` (left
    out where they are the same every year); ``weighted_heads`` ``[..., month]`` where the population changes:
    the trend is then that per head; ``chances`` as ``learnt_chances`` gives them, where many series of one kind
    are on file. Answers are in the unit of activity. Value and saving are medians.

    NaN before is left out; NaN after takes the month out of the saving on both sides, so that the saving of a
    window, such as a second year, comes of the sums over its months alone: set all others after to NaN. A series
    with an empty month before, with fewer than 24 known, or with a month of the year never seen has NaN. One
    call works many series with the same random numbers, about a hundredth of a second each. Refuses activity below zero
    and heads or working days that are not above zero.

    Harvey 1989, 10.1017/CBO9781107049994; Brodersen and others 2015, 10.1214/14-AOAS788.

    Four years at 100 a month, a little more in every other, then 90 for a year: about 120 fewer, of which the
    last six months make half.

    >>> before = [99, 101, 100, 100] * 12
    >>> usual = business_as_usual(before + [90] * 12, start=48)
    >>> round(float(usual.saving), -1), bool(usual.saving_lower > 0)
    (120.0, True)
    >>> last_six = business_as_usual(before + [float("nan")] * 6 + [90] * 6, start=48)
    >>> round(float(last_six.saving), -1), bool(last_six.saving_lower > 0)
    (60.0, True)
    """
    require_same_labels(activity=activity, working_days=working_days, weighted_heads=weighted_heads)
    activity = _activity(activity, start)
    months, ahead = activity.shape[-1], activity.shape[-1] - start
    heads = _above_zero("weighted_heads", weighted_heads, activity.shape).reshape(-1, months)
    rows = activity.reshape(-1, months)
    design, noise = _design(months, start, working_days), _noise(ahead, seed)
    ends = 0.5, tail(confidence), 1 - tail(confidence)
    chances = _chances(chances)
    found = np.full((len(ends), len(rows), 2 * ahead + 1), np.nan)
    log_rate = _log_rate(rows[:, :start], heads[:, :start])
    at_once = max(MONTHS_AT_ONCE // (PATHS * ahead), 1)
    patterns, which = np.unique(~np.isnan(log_rate), axis=0, return_inverse=True)
    for pattern, is_seen in enumerate(patterns):
        model = _forecasts(design, is_seen)
        alike = np.flatnonzero(which.ravel() == pattern) if model else []
        for first in range(0, len(alike), at_once):
            at = alike[first : first + at_once]
            drawn = _draws(model, log_rate[at][:, is_seen], noise, chances)
            futures = np.exp(drawn) * heads[at, None, start:]
            found[:, at] = np.quantile(_with_sums(futures, rows[at, start:]), ends, axis=1)
    found = found.reshape(len(ends), *activity.shape[:-1], 2 * ahead + 1)
    by_month, cumulative, saving = np.split(found, [ahead, 2 * ahead], axis=-1)
    is_limited = (~np.isnan(activity[..., :start])).sum(axis=-1) < FULL_HISTORY
    return BusinessAsUsual(*by_month, *cumulative, *saving[..., 0], is_limited)


def assumed_growth(activity: ArrayLike, start: int, yearly_growth: float) -> AssumedGrowth:
    """The months from ``start`` on at the growth stated, where there is too little history to learn one.

    ``activity`` ``[..., month]``; ``yearly_growth`` .02 is 2 % a year. Each month is the same month of the year
    before, grown; one that is not known, the mean of the known months of that year, grown. NaN after takes the
    month out of the saving; nothing known in the year before gives NaN. Refuses activity below zero and a
    growth of less than -1.

    A month of 100 at 10 % a year is 110 a year later; 105 was seen:

    >>> round(float(assumed_growth([100] * 12 + [105], start=12, yearly_growth=0.1).saving), 6)
    5.0
    """
    activity = _activity(activity, start)
    months = activity.shape[-1]
    if not yearly_growth >= -1:
        raise ValueError(f"yearly_growth is a share, .02 for 2 %, and not below -1; it is {yearly_growth}")
    year_before = activity[..., max(start - 12, 0) : start]
    is_known = ~np.isnan(year_before)
    mean = divide(np.where(is_known, year_before, 0).sum(axis=-1), is_known.sum(axis=-1))
    position = np.arange(start, months)
    year = np.broadcast_to(mean[..., None], (*activity.shape[:-1], 12)).copy()
    year[..., 12 - year_before.shape[-1] :] = np.where(is_known, year_before, mean[..., None])
    value = year[..., (position - start) % 12] * (1 + yearly_growth) ** ((position - start) // 12 + 1)
    actual = activity[..., start:]
    saving = np.where(np.isnan(actual), 0, value - actual).sum(axis=-1)
    return AssumedGrowth(value, np.where(np.isnan(mean) | np.isnan(actual).all(axis=-1), np.nan, saving))


def learnt_chances(
    activity_before: ArrayLike,
    working_days: ArrayLike | None = None,
    weighted_heads: ArrayLike | None = None,
) -> Numbers:
    """How often levels and slopes wander, and errors carry over, among series of one kind: for ``chances``.

    ``activity_before`` ``[..., month]``, such as one indicator at every area of a type in the months before a
    start; ``working_days`` and ``weighted_heads`` as in ``business_as_usual``. One series says little of how much
    its own level wanders, and limits then allow for more than there is; many say it together. What is known
    beforehand counts as much as five series, so that few of them change little; one with too little history
    teaches nothing. Gives the chance of each of ``SETTINGS``.

    Dempster, Laird & Rubin 1977, J R Stat Soc B 39:1, 10.1111/j.2517-6161.1977.tb01600.x.

    Sixty series whose level stays: beforehand the chance of that is a half, and afterwards most.

    >>> steady = 1000 + 50 * np.random.default_rng(1).standard_normal((60, 48))
    >>> bool(learnt_chances(steady)[SETTINGS[:, 0] == 0].sum() > 0.75)
    True
    """
    activity = as_counts("activity_before", activity_before)
    require_axes("activity_before", activity, "month")
    months = activity.shape[-1]
    heads = _above_zero("weighted_heads", weighted_heads, activity.shape).reshape(-1, months)
    log_rate = _log_rate(activity.reshape(-1, months), heads)
    design = _design(months, months, working_days)
    patterns, which = np.unique(~np.isnan(log_rate), axis=0, return_inverse=True)
    told = [np.empty((0, len(SETTINGS)))]
    for pattern, is_seen in enumerate(patterns):
        model = _forecasts(design, is_seen)
        if model is not None:
            told.append(_log_likelihood(model, log_rate[which.ravel() == pattern][:, is_seen])[0])
    log_likelihood, chances = np.concatenate(told), CHANCES
    for _ in range(ROUNDS):
        weight = _weights(log_likelihood, chances)
        chances = (weight.sum(axis=0) + AS_MANY_SERIES * CHANCES) / (len(weight) + AS_MANY_SERIES)
    return chances


class _Forecasts(NamedTuple):
    """Of each setting: how seen months give the forecast, its covariance, and what its likelihood needs."""

    mean: Numbers  # [setting, future month, seen month]
    root: Numbers  # [setting, future month, future month]
    residual: Numbers  # [setting, seen month, seen month]
    log_weight: Numbers  # [setting], without its chance beforehand
    freedom: int


def _activity(activity: ArrayLike, start: int) -> Numbers:
    activity = as_counts("activity", activity)
    require_axes("activity", activity, "month")
    if activity.ndim > 1 and activity.shape[-1] == 1 < activity.shape[-2]:
        raise ValueError(
            f"activity must have its months along the last axis, and has 1 there and {activity.shape[-2]} before it: "
            "of a frame give one column, frame['activity'], or the frame turned, frame.T"
        )
    refuse_start(start, activity.shape[-1])
    return activity


def _above_zero(name: str, numbers: ArrayLike | None, shape: tuple[int, ...]) -> Numbers:
    numbers = np.ones(shape) if numbers is None else as_counts(name, numbers)
    require_axes(name, numbers, month=shape[-1])
    refuse_where(~(numbers > 0), f"{name} is missing or not above zero")
    return np.broadcast_to(numbers, shape)


def _log_rate(activity: Numbers, heads: Numbers) -> Numbers:
    """Missing throughout where a month is empty: it has no logarithm, and leaving it out would raise the rest."""
    has_empty = (activity == 0).any(axis=-1, keepdims=True)
    return np.log(np.where(has_empty, np.nan, activity) / heads)


def _design(months: int, start: int, working_days: ArrayLike | None) -> Numbers:
    """What is the same in all settings, ``[month, term]``: the months of the year, the trend in years from the
    start, and working days, where these differ between years."""
    position = np.arange(months)
    plain = np.hstack([np.eye(12)[position % 12], (position - start)[:, None] / 12])
    if working_days is None:
        return plain
    log_days = np.log(_above_zero("working_days", working_days, (months,)))
    with_days = np.column_stack([plain, log_days - log_days[:start].mean()])
    teaches = np.linalg.matrix_rank(with_days[:start]) > np.linalg.matrix_rank(plain[:start])
    return with_days if teaches else plain


def _covariances(months: int) -> Numbers:
    """Between all months, of each setting, in units of the error's variance ``[setting, month, month]``."""
    level, slope, carried = (each[:, None, None] for each in SETTINGS.T)
    time = np.arange(months)
    earlier, later = np.minimum.outer(time, time), np.maximum.outer(time, time)
    # A slope's steps add up twice: sum over steps k before the earlier of (earlier - k) x (later - k).
    twice = earlier * (earlier + 1) * (3 * later - earlier + 1) / 6
    return carried ** (later - earlier) + level**2 * earlier + slope**2 * twice


def _forecasts(design: Numbers, is_seen: NDArray[np.bool_]) -> _Forecasts | None:
    """Generalised least squares and its forecast in every setting; None where the months seen are too few."""
    seen, start = np.flatnonzero(is_seen), len(is_seen)
    past, future = design[seen], design[start:]
    if len(seen) < LEAST_HISTORY or np.linalg.matrix_rank(past) < design.shape[1]:
        return None
    covariance = _covariances(len(design))
    own, across = covariance[:, seen[:, None], seen], covariance[:, start:, seen]
    inverse = np.linalg.inv(own)
    information = past.T @ inverse @ past
    spread = np.linalg.inv(information)
    fitted = spread @ past.T @ inverse
    residual = inverse - inverse @ past @ fitted
    left = future - across @ inverse @ past
    unsure = covariance[:, start:, start:] - across @ inverse @ np.swapaxes(across, -1, -2)
    mean = (
        across @ residual + future @ fitted - _lost_to_damping(len(future)) * _slope(seen, residual, fitted)
    )
    log_weight = -(np.linalg.slogdet(own)[1] + np.linalg.slogdet(information)[1]) / 2
    root = np.linalg.cholesky(unsure + left @ spread @ np.swapaxes(left, -1, -2))
    return _Forecasts(mean, root, residual, log_weight, len(seen) - design.shape[1])


def _slope(seen: NDArray[np.intp], residual: Numbers, fitted: Numbers) -> Numbers:
    """The slope by month at the end of what was seen, of each setting ``[setting, 1, seen month]``."""
    steps = SETTINGS[:, 1, None, None] ** 2 * (seen * (seen + 1) / 2)
    return steps @ residual + fitted[:, 12:13] / 12


def _lost_to_damping(months: int) -> Numbers:
    """How many months of trend the damping has taken by each month ahead, ``[month, 1]``."""
    beyond = np.maximum(np.arange(1, months + 1) - UNDAMPED, 0)
    return (beyond - DAMPING * (1 - DAMPING**beyond) / (1 - DAMPING))[:, None]


def _noise(months: int, seed: int) -> tuple[Numbers, Numbers, Numbers]:
    """What picks the setting, the size of the error and the path: the same for every series."""
    rng = np.random.default_rng(seed)
    return rng.random(PATHS), rng.random(PATHS), rng.standard_normal((PATHS, months))


def _log_likelihood(model: _Forecasts, seen: Numbers) -> tuple[Numbers, Numbers]:
    """Of each setting ``[series, setting]``, up to what all have in common; and the sum of squares it rests on."""
    squares = np.einsum("si,gij,sj->sg", seen, model.residual, seen).clip(np.finfo(float).tiny)
    return model.log_weight - 0.5 * model.freedom * np.log(squares), squares


def _weights(log_likelihood: Numbers, chances: Numbers) -> Numbers:
    weight = np.exp(log_likelihood - log_likelihood.max(axis=-1, keepdims=True)) * chances
    return weight / weight.sum(axis=-1, keepdims=True)


def _chances(chances: ArrayLike | None) -> Numbers:
    """One above 0 for each setting, so that every series has a setting to draw from."""
    chances = CHANCES if chances is None else as_counts("chances", chances)
    require_axes("chances", chances, setting=len(SETTINGS))
    refuse_where(~(chances > 0), "chances is missing or not above zero")
    return chances


def _draws(
    model: _Forecasts, seen: Numbers, noise: tuple[Numbers, Numbers, Numbers], chances: Numbers
) -> Numbers:
    """Possible futures of each series ``[series, path, month]``."""
    pick, size, normal = noise
    log_likelihood, squares = _log_likelihood(model, seen)
    weight = _weights(log_likelihood, chances)
    # Given the setting, the error's variance is the sum of squares over a chi-square.
    chi_square = 2 * gammaincinv(model.freedom / 2, size)
    futures = np.empty((len(seen), *normal.shape))
    for series in range(len(seen)):
        share = np.cumsum(weight[series])
        setting = np.minimum(np.searchsorted(share, pick), len(share) - 1)
        for one in np.unique(setting):
            drawn = setting == one
            scale = np.sqrt(squares[series, one] / chi_square[drawn])[:, None]
            futures[series, drawn] = model.mean[one] @ seen[series] + scale * (
                normal[drawn] @ model.root[one].T
            )
    return futures


def _with_sums(futures: Numbers, actual: Numbers) -> Numbers:
    """Futures, their sums so far, and what each has more than was seen over the months seen (NaN where none
    was), side by side on the last axis."""
    is_known = ~np.isnan(actual)[:, None, :]
    saved = np.where(is_known, futures - actual[:, None, :], 0).sum(axis=-1, keepdims=True)
    saved = np.where(is_known.any(axis=-1, keepdims=True), saved, np.nan)
    return np.concatenate([futures, futures.cumsum(axis=-1), saved], axis=-1)
