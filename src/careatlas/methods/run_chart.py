"""Whether a series shifted, by runs about its median alone: no limits, no assumption about its spread.

Use it for a first look at a series of 10 points or more, for one whose spread is odd, and where false alarms
must be few: of stable series of 12 points 1 % show a signal, of 24 points 3 %, of 36 or more 4-5 %.

Not to find a single odd point (``spc`` does), nor for points on the median, which say nothing and are left
out. Below 10 points that say something there is no verdict.

Formula::

    n = points not on the median
    signal if the longest run on one side > round(log2 n) + 3,
    or the median is crossed fewer times than the 5 % quantile of Binomial(n - 1, 1/2)

Source: Anhøj & Olesen 2014, PLoS ONE 9:e113825, 10.1371/journal.pone.0113825; Schilling 2012, Mathematics
Magazine 85:141, 10.4169/math.mag.85.2.141 (longest run); Chen 2010, Model Assisted Statistics and Applications
5:73 (crossings).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from careatlas.methods.estimate import Numbers, as_numbers, require_axes

CHAPTER = "Time"

FEWEST = 10  # points that say something


class RunChart(NamedTuple):
    """Of each series, ``[...]``: its ``median``; ``points`` not on it; the ``longest_run`` on one side and the
    ``longest_usual``; the ``crossings`` and the ``fewest_usual``; and ``signal``, 1 or 0. Beside the median
    and the points, all are NaN where fewer than 10 points say something."""

    median: Numbers
    points: Numbers
    longest_run: Numbers
    longest_usual: Numbers
    crossings: Numbers
    fewest_usual: Numbers
    signal: Numbers


def run_chart(value: ArrayLike) -> RunChart:
    """Runs and crossings of the median by Anhøj's rules.

    ``value`` is ``[..., period]``, oldest first, in any unit. NaN is left out, as are points on the median;
    the run goes on past them. Without a known value the median is NaN.

    Anhøj & Olesen 2014.

    Ten points, five low and then five high, cross the median once; by chance 9 chances to cross give fewer
    than 2 once in 51 times:

    >>> found = run_chart([1, 2, 1, 2, 1, 8, 9, 8, 9, 8])
    >>> float(found.crossings), float(found.fewest_usual), float(found.longest_run), float(found.signal)
    (1.0, 2.0, 5.0, 1.0)
    """
    value = as_numbers("value", value)
    require_axes("value", value, "period")
    median = _median(value)
    longest, crossings, points = _runs(np.nan_to_num(np.sign(value - median[..., None])))
    usual = np.round(np.log2(np.maximum(points, 1))) + 3
    fewest = _fewest_crossings(points)
    signal = ((longest > usual) | (crossings < fewest)).astype(float)
    parts = (np.where(points < FEWEST, np.nan, each) for each in (longest, usual, crossings, fewest, signal))
    return RunChart(median, points, *parts)


def _median(value: Numbers) -> Numbers:
    """The middle of the known values; NaN where there are none."""
    if not value.shape[-1]:
        return np.full(value.shape[:-1], np.nan)
    in_order = np.sort(value, axis=-1)  # missing ones come last
    known = np.maximum((~np.isnan(value)).sum(axis=-1, keepdims=True), 1)
    low, high = (np.take_along_axis(in_order, at, axis=-1)[..., 0] for at in ((known - 1) // 2, known // 2))
    return (low + high) / 2


def _runs(side: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The longest run, the crossings and the points that are on a side (1 or -1; 0 says nothing)."""
    before, run, longest, crossings = (np.zeros(side.shape[:-1]) for _ in range(4))
    for now in np.moveaxis(side, -1, 0):
        says = now != 0
        crosses = says & (before == -now)
        run = np.where(crosses, 1, run + says)
        longest, crossings = np.maximum(longest, run), crossings + crosses
        before = np.where(says, now, before)
    return longest, crossings, np.abs(side).sum(axis=-1)


def _fewest_crossings(points: Numbers) -> Numbers:
    """For each number of points, the smallest number of crossings with 5 % of chance at or below it."""
    numbers, at = np.unique(np.maximum(points, 1), return_inverse=True)
    fewest = [np.argmax(bdtr(np.arange(n), int(n) - 1, 0.5) >= 0.05) for n in numbers]
    return np.array(fewest, dtype=float)[at].reshape(points.shape)
