"""Small counts are hidden before anything restricted is shown: the rule for hospital episodes.

Below the national figure, counts of 1 to 7 are hidden, the others rounded to the nearest five, and zeros
shown. Totals are rounded from what was counted, never summed from rounded parts. Hide before dividing: a rate
to one decimal and a public population give the count back, so a hidden count has no rate, interval or point
on a chart.

This is the first line. It does not prove that no hidden cell can be worked out from everything published
together.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import Numbers, as_counts

SMALLEST_SHOWN = 8
ROUNDED_TO = 5


class Disclosed(NamedTuple):
    """``count`` as it may be shown, NaN where hidden or missing; ``is_hidden`` tells the two apart."""

    count: Numbers
    is_hidden: NDArray[np.bool_]


def hide_small(count: ArrayLike) -> Disclosed:
    """Counts each by itself, of any shape. NaN stays missing. Refuses counts below zero.

    >>> shown, is_hidden = hide_small([0, 1, 7, 8, 12, 13, np.nan])
    >>> shown.tolist()
    [0.0, nan, nan, 10.0, 10.0, 15.0, nan]
    >>> is_hidden.tolist()
    [False, True, True, False, False, False, False]
    """
    count = as_counts("count", count)
    return _shown(count, _is_small(count))


def hide_small_siblings(count: ArrayLike) -> Disclosed:
    """Counts ``[..., sibling]`` whose total is shown beside them (areas of a board, ages of an area).

    One hidden sibling could be had by taking the rest from the total, so the smallest other count above zero
    is hidden with it. A total of 1 to 7 is hidden itself and needs no second. NaN stays missing.

    >>> shown, is_hidden = hide_small_siblings([3, 40, 20, 0])
    >>> shown.tolist()
    [nan, 40.0, nan, 0.0]
    """
    count = as_counts("count", count)
    is_small = _is_small(count)
    is_exposed = is_small.sum(axis=-1, keepdims=True) == 1
    candidate = np.where(~is_small & (count > 0), count, np.inf)
    smallest = candidate.argmin(axis=-1)[..., None]
    is_second = (np.arange(count.shape[-1]) == smallest) & np.isfinite(candidate)
    return _shown(count, is_small | (is_exposed & is_second))


def _is_small(count: Numbers) -> NDArray[np.bool_]:
    return (count > 0) & (count < SMALLEST_SHOWN)


def _shown(count: Numbers, is_hidden: NDArray[np.bool_]) -> Disclosed:
    return Disclosed(np.where(is_hidden, np.nan, ROUNDED_TO * np.rint(count / ROUNDED_TO)), is_hidden)
