"""How few of an area's practices, hospitals or specialties make half of its gap.

Use it once an area's difference is beyond chance, to say where to look first: in three specialties of twenty, or
everywhere a little. Give each part's events beside those expected at the country's rate for that part.

Not for a gap that may be chance: parts of it are then chance too, and the largest are the luckiest. Not to judge
a single part, which has limits of its own. Parts that pull the other way are counted in the gap, so the few that
make half of it may have more than all of it.

Formula::

    excess = observed - expected of each part;  gap = sum of excess
    share  = excess / gap (of all parts 1; below 0 where a part pulls the other way)
    parts for half = fewest parts, largest share first, whose shares sum to half or more

Source: our own arithmetic: causes in order of size, as in a Pareto chart.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import Numbers, counts_with_axes, divide

CHAPTER = "Ranks and comparison"


class Concentration(NamedTuple):
    """Of each area, ``[...]``: its ``gap`` in events, and ``parts_for_half``, how few of its parts make half of
    it; of each part, ``[..., part]``, its ``share`` of the gap and its ``place``, 1 for the largest share."""

    gap: Numbers
    parts_for_half: Numbers
    share: Numbers
    place: Numbers


def concentration(observed: ArrayLike, expected: ArrayLike) -> Concentration:
    """How the gap between ``observed`` and ``expected`` is spread over parts, both ``[..., part]``.

    NaN in either leaves the part out; an area without any gap, or without a part, has no shares. Refuses numbers
    below zero.

    50, 30 and 20 more than expected, and 10 fewer, are 90 more: the first makes more than half of it alone:

    >>> found = concentration([150, 130, 120, 90], [100, 100, 100, 100])
    >>> float(found.gap), float(found.parts_for_half), found.share.round(2).tolist()
    (90.0, 1.0, [0.56, 0.33, 0.22, -0.11])
    """
    observed, expected = counts_with_axes("part", observed=observed, expected=expected)
    excess = observed - expected
    is_known = ~np.isnan(excess)
    gap = np.where(is_known.any(axis=-1), np.nansum(excess, axis=-1), np.nan)
    share = divide(excess, np.broadcast_to(gap[..., None], excess.shape))
    order = np.argsort(-share, axis=-1, kind="stable")  # those left out come last
    place = np.where(np.isnan(share), np.nan, order.argsort(axis=-1) + 1.0)
    running = np.cumsum(np.nan_to_num(np.take_along_axis(share, order, axis=-1)), axis=-1)
    is_short = running < 0.5 - 1e-12  # but for rounding
    parts_for_half = np.where(np.isnan(divide(1.0, gap)), np.nan, 1.0 + _until_first(is_short))
    return Concentration(gap, parts_for_half, share, place)


def _until_first(is_short: np.ndarray) -> np.ndarray:
    """How many in a row, from the first on, are short."""
    return np.cumprod(is_short, axis=-1).sum(axis=-1)
