"""Whether a series behaves as it did, or something changed it: statistical process control.

Use it for a figure over time, best monthly with 12 points or more: ``xmr`` for any figure, with the rules of
NHS England's Making Data Count; ``p_prime`` and ``u_prime`` for proportions and rates among changing numbers
of people. Each gives one ``Chart``; ``variation`` and ``assurance`` put it into the words of the icons.

Not for a seasonal series (take the season out first: ``seasonality``), nor for fewer than 12 points without
saying that the limits are trial ones. Rules give false alarms: of stable series of 24 points 18 % show a
special cause, of 36 points 29 %, of 60 points 47 % (15, 26 and 44 % with no moving range left out), so among
many charts expect many; ``run_chart`` gives fewer. The side of the mean decides between improvement and
concern, not the slope: a steady rise below the mean reads "concern" where up is good.

Formula::

    moving range = |value - value before|;  A = mean moving range
    ranges of 3.267 A or more are left out once, and A is worked again (Making Data Count's Excel does not)
    limits = mean -/+ 2.66 A;  near limits = mean -/+ 2/3 x 2.66 A
    special cause: (a) outside the limits; (b) among 7 in a row on one side of the mean;
    (c) among 7 in a row rising, or falling; (d) near a limit, one of 2 of 3 in a row on one side

    P', U' (Laney): error = (mean (1 - mean) / n)^.5, or (mean / n)^.5;  z = (value - mean) / error;
    limits = mean -/+ 3 x error x mean |z - z before| / 1.128

Source: Making Data Count (NHS England), as in the R package NHSRplotthedots; Wheeler & Chambers 1992,
Understanding statistical process control; Nelson 1982, Journal of Quality Technology 14:172,
10.1080/00224065.1982.11978811 (leaving out large ranges); Laney 2002, Quality Engineering 14:531,
10.1081/QEN-120003555.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import (
    Numbers,
    alike,
    as_numbers,
    counts_with_axes,
    divide,
    refuse_where,
    require_axes,
    whole_number,
)

CHAPTER = "Time"

SCREENED = 3.267  # mean moving ranges: the upper limit of a moving range
REACH = 2.66  # mean moving ranges from the mean to a limit: 3 / 1.128
RUN = 7
TRIAL_BELOW = 12  # points
ROUNDING = 1e-12  # share of the values by which the mean may be out: such points lie on it
GOOD_SIDE = {"higher_is_better": 1, "lower_is_better": -1, "neither": 0}


class Rebase(NamedTuple):
    """A restart of mean and limits ``at`` a position in the series (0 is its first), for a ``reason`` that a
    named person gave: a ward opened, the counting changed."""

    at: int
    reason: str


class Chart(NamedTuple):
    """All ``[..., period]``: the ``value`` charted (NaN is a gap), the ``mean`` with ``lower`` and ``upper``
    limits, the ``side`` of the mean (1, -1; 0 on it or in a gap), whether a point ``is_outside`` the limits,
    ``is_run`` (7 on one side), ``is_trend`` (7 rising or falling), ``is_near_limit`` (2 of 3), or any of them
    (``is_special``), and whether its limits rest on fewer than 12 points (``is_trial``)."""

    value: Numbers
    mean: Numbers
    lower: Numbers
    upper: Numbers
    side: NDArray[np.int8]
    is_outside: NDArray[np.bool_]
    is_run: NDArray[np.bool_]
    is_trend: NDArray[np.bool_]
    is_near_limit: NDArray[np.bool_]
    is_special: NDArray[np.bool_]
    is_trial: NDArray[np.bool_]


def xmr(
    value: ArrayLike,
    rebases: Sequence[Rebase] = (),
    baseline: int | None = None,
    screen: bool = True,
) -> Chart:
    """The chart of individual values by the rules of Making Data Count.

    ``value`` is ``[..., period]``, oldest first, in any unit; any number of series in one call. NaN is a gap:
    no moving range, run, trend or pair reaches across it. Each of ``rebases`` starts a new segment in every
    series of the call: ``rebases=[Rebase(at=18, reason="evening clinic opened; ward manager")]``. With a
    ``baseline``, mean and limits are those of the first so many points of each segment. ``screen=False``
    keeps large moving ranges, as the Excel tool does. A segment without two neighbouring points has no limits
    (NaN) and only (b) and (c) can be seen. All values equal: limits at the mean, nothing special. Refuses
    infinite values, a rebase without a reason or outside the series, and a baseline below 2.

    Mean 16 / 8 = 2; every moving range is 1, so the limits are 2 -/+ 2.66:

    >>> chart = xmr([2, 3, 2, 1, 2, 3, 2, 1])
    >>> float(chart.mean[0]), float(chart.lower[0].round(2)), float(chart.upper[0].round(2))
    (2.0, -0.66, 4.66)

    Counting changed at position 4, so the mean of 2 restarts there, at 6:

    >>> moved = Rebase(at=4, reason="day cases counted from April; head of coding")
    >>> xmr([2, 3, 2, 1, 6, 7, 6, 5], rebases=[moved]).mean.tolist()
    [2.0, 2.0, 2.0, 2.0, 6.0, 6.0, 6.0, 6.0]
    """
    value = as_numbers("value", value)
    require_axes("value", value, "period")
    if baseline is not None:
        baseline = whole_number("baseline", baseline, fewest=2)
    return _in_segments(lambda part: _xmr_segment(part, baseline, screen), rebases, value)


def p_prime(count: ArrayLike, denominator: ArrayLike, rebases: Sequence[Rebase] = ()) -> Chart:
    """Laney's P' chart: proportions among changing numbers, allowing for more variation than chance.

    ``count`` of the ``denominator`` have the property, both ``[..., period]``, oldest first; values and
    limits are shares of 1. NaN or a denominator of 0 is a gap. Refuses a count above its denominator and
    numbers below zero. The four rules are those of ``xmr``, a near limit being two thirds of the way.

    10, 20, 30 of 100: mean .2, error .04, z of -2.5, 0, 2.5, so 2.5 / 1.128 = 2.216 errors' worth, x 3:

    >>> chart = p_prime([10, 20, 30], [100, 100, 100])
    >>> chart.upper.round(3).tolist()
    [0.466, 0.466, 0.466]
    """
    count, denominator = counts_with_axes("period", count=count, denominator=denominator)
    refuse_where(count > denominator, "count is larger than its denominator")
    return _in_segments(lambda *part: _laney_segment(*part, most=1.0), rebases, count, denominator)


def u_prime(count: ArrayLike, denominator: ArrayLike, rebases: Sequence[Rebase] = ()) -> Chart:
    """Laney's U' chart: events for each of the denominator, allowing for more variation than chance.

    As ``p_prime``, but events may be more than the denominator (falls for each 1,000 bed days, say). Refuses
    events where the denominator is 0, and numbers below zero.

    1, 3, 5 falls in 4 beds: mean .75, error .433, z of -1.155, 0, 1.155, limits .75 -/+ 3 x .433 x 1.0236:

    >>> chart = u_prime([1, 3, 5], [4, 4, 4])
    >>> chart.upper.round(3).tolist(), chart.lower.tolist()
    ([2.08, 2.08, 2.08], [0.0, 0.0, 0.0])
    """
    count, denominator = counts_with_axes("period", count=count, denominator=denominator)
    refuse_where((count > 0) & (denominator == 0), "events among nobody")
    return _in_segments(lambda *part: _laney_segment(*part, most=np.inf), rebases, count, denominator)


def variation(chart: Chart, polarity: str) -> NDArray[np.str_]:
    """Each point in words: ``common_cause``, ``improvement``, ``concern`` (``high``, ``low`` where polarity is
    ``neither``), or ``missing`` in a gap. The variation icon of a series is its last point.

    ``polarity`` is ``higher_is_better``, ``lower_is_better`` or ``neither``; others are refused. A special
    cause on the mean itself counts as concern, or low, as in Making Data Count.

    >>> variation(xmr([5, 6, 5, 4, 5, 6, 4, 12]), "lower_is_better").tolist()[-2:]
    ['common_cause', 'concern']
    """
    good = _good_side(polarity)
    if good == 0:
        word = np.where(chart.side > 0, "high", "low")
    else:
        word = np.where(chart.side == good, "improvement", "concern")
    return np.select([np.isnan(chart.value), ~chart.is_special], ["missing", "common_cause"], word)


def assurance(chart: Chart, target: ArrayLike, polarity: str) -> NDArray[np.str_]:
    """Whether each series can be relied on to meet its target: ``consistent_pass``, ``consistent_fail``,
    ``inconsistent``, or ``none``.

    By the limits at the last period; ``target`` has the shape of the series without their periods, ``[...]``,
    or is one for all along its last axis. ``none`` where the target or the limits are missing, or polarity is
    ``neither``.

    A target of 9 above an upper limit of 7.66, where higher is better, will not be met by this process:

    >>> str(assurance(xmr([5, 6, 5, 4, 5, 6, 4, 5, 5, 5, 5, 5]), 9, "higher_is_better"))
    'consistent_fail'
    """
    good = _good_side(polarity)
    lower, upper = _at_last_period(chart.lower), _at_last_period(chart.upper)
    lower, upper, target = np.broadcast_arrays(
        *alike(as_numbers, "target", lower=lower, upper=upper, target=target)
    )
    is_unknown = np.isnan(lower + upper + target) | (good == 0)
    above, below = ("consistent_fail", "consistent_pass")[:: good or 1]
    return np.select([is_unknown, target > upper, target < lower], ["none", above, below], "inconsistent")


def _at_last_period(numbers: Numbers) -> Numbers:
    return numbers[..., -1] if numbers.shape[-1] else np.full(numbers.shape[:-1], np.nan)


def _good_side(polarity: str) -> int:
    if polarity not in GOOD_SIDE:
        raise ValueError(f"polarity must be one of {', '.join(GOOD_SIDE)}; it is {polarity!r}")
    return GOOD_SIDE[polarity]


def _in_segments(chart_of, rebases: Sequence[Rebase], *series: Numbers) -> Chart:
    """One chart of the segments' charts, end to end."""
    periods = series[0].shape[-1]
    edges = [0, *_restarts(rebases, periods), periods]
    parts = [chart_of(*(each[..., start:end] for each in series)) for start, end in pairwise(edges)]
    if len(parts) == 1:
        return parts[0]
    return Chart(*(np.concatenate(fields, axis=-1) for fields in zip(*parts, strict=True)))


def _restarts(rebases: Sequence[Rebase], periods: int) -> list[int]:
    """Where segments after the first begin. A rebase may be written as a pair, as pages of the manual do."""
    is_list = isinstance(rebases, list | tuple) and not isinstance(rebases, Rebase)
    if not is_list or not all(isinstance(each, list | tuple) and len(each) == 2 for each in rebases):
        raise ValueError(
            "rebases must be a list, each with its reason: [Rebase(at=18, reason='what changed, and who says so')]; "
            f"it is {rebases!r}"
        )
    for at, reason in rebases:
        if not (isinstance(reason, str) and reason.strip()):
            raise ValueError(f"the rebase at {at} has no reason: say what changed, and who says so")
        if whole_number("the position of a rebase", at, fewest=1) >= periods:
            raise ValueError(f"the rebase at {at} is outside the series of {periods} periods")
    return sorted({at for at, _ in rebases})


def _xmr_segment(value: Numbers, baseline: int | None, screen: bool) -> Chart:
    based = value
    if baseline is not None:
        order = np.cumsum(~np.isnan(value), axis=-1)
        based = np.where(order <= baseline, value, np.nan)
    mean, points = _mean(based)
    moving_range = np.abs(based[..., 1:] - based[..., :-1])
    average, _ = _mean(moving_range)
    if screen:
        # A series that never moves has nothing to leave out; without the second test all would be.
        is_large = (moving_range >= SCREENED * average) & (average > 0)
        average, _ = _mean(np.where(is_large, np.nan, moving_range))
    reach = REACH * average
    return _chart(value, mean, reach, mean - reach, mean + reach, points)


def _laney_segment(count: Numbers, denominator: Numbers, most: float) -> Chart:
    value = divide(count, denominator)
    is_known = ~np.isnan(value)
    people = np.where(is_known, denominator, 0).sum(axis=-1, keepdims=True)
    mean = divide(np.where(is_known, count, 0).sum(axis=-1, keepdims=True), people)
    chance = mean if np.isinf(most) else mean * (1 - mean)
    error = np.sqrt(divide(chance, np.where(is_known, denominator, 0)))
    z = np.where(error == 0, np.where(is_known, 0, np.nan), divide(value - mean, error))
    spread, _ = _mean(np.abs(z[..., 1:] - z[..., :-1]))
    reach = 3 * error * spread / 1.128
    lower, upper = np.maximum(mean - reach, 0), np.minimum(mean + reach, most)
    return _chart(value, mean, reach, lower, upper, is_known.sum(axis=-1, keepdims=True))


def _chart(
    value: Numbers, mean: Numbers, reach: Numbers, lower: Numbers, upper: Numbers, points: NDArray
) -> Chart:
    """The four rules. A comparison with NaN is false, so gaps break runs and pairs by themselves."""
    deviation = value - mean
    distance = np.abs(deviation)
    tolerance = ROUNDING * np.abs(mean)
    is_above, is_below = deviation > tolerance, deviation < -tolerance
    is_outside = distance > reach + tolerance
    is_close = (distance > 2 / 3 * reach + tolerance) & ~is_outside
    is_run = _in_a_row(is_above, RUN) | _in_a_row(is_below, RUN)
    step = value[..., 1:] - value[..., :-1]
    is_trend = _joins(step > 0, value.shape) | _joins(step < 0, value.shape)
    is_near_limit = is_close & (_two_of_three(is_above, is_close) | _two_of_three(is_below, is_close))
    return Chart(
        value,
        *(np.broadcast_to(each, value.shape) for each in (mean, lower, upper)),
        side=is_above.view(np.int8) - is_below.view(np.int8),
        is_outside=is_outside,
        is_run=is_run,
        is_trend=is_trend,
        is_near_limit=is_near_limit,
        is_special=is_outside | is_run | is_trend | is_near_limit,
        is_trial=np.broadcast_to(points < TRIAL_BELOW, value.shape),
    )


def _mean(values: Numbers) -> tuple[Numbers, NDArray]:
    """The mean of the known ones and how many they are, keeping the axis. NaN of none."""
    is_known = ~np.isnan(values)
    number = is_known.sum(axis=-1, keepdims=True)
    total = np.where(is_known, values, 0).sum(axis=-1, keepdims=True)
    return divide(total, number), number


def _in_a_row(truths: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """The points that are among so many neighbours all true."""
    found = np.zeros_like(truths)
    starts = truths.shape[-1] - length + 1
    if starts > 0:
        whole = np.logical_and.reduce([truths[..., i : i + starts] for i in range(length)])
        for i in range(length):
            found[..., i : i + starts] |= whole
    return found


def _joins(steps: NDArray[np.bool_], points: tuple[int, ...]) -> NDArray[np.bool_]:
    """The points joined by 6 steps in a row: each of those steps, and the point it leads from and to."""
    joined = _in_a_row(steps, RUN - 1)
    found = np.zeros(points, bool)
    found[..., 1:] = joined
    found[..., :-1] |= joined
    return found


def _two_of_three(is_on_side: NDArray[np.bool_], is_close: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The points among 3 neighbours on one side, of which 2 or more are close to the limit."""
    found = np.zeros_like(is_close)
    if is_close.shape[-1] < 3:
        return found
    first, second, third = (slice(i, is_close.shape[-1] - 2 + i) for i in range(3))
    on_side = is_on_side[..., first] & is_on_side[..., second] & is_on_side[..., third]
    a, b, c = is_close[..., first], is_close[..., second], is_close[..., third]
    whole = on_side & ((a & b) | (a & c) | (b & c))
    for part in (first, second, third):
        found[..., part] |= whole
    return found
