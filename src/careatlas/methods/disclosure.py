"""Small counts hidden and the others rounded, before anything made from restricted records is shown.

Use it on every count below the national figure, before dividing: a rate to one decimal and a public population
give the count back (``disclosure_audit``), so a hidden count has no rate, interval or point on a chart. Two
profiles: ``hes``, the rule for hospital episodes (1 to 7 hidden, others to the nearest five, zeros shown), and
``opensafely``, stricter (0 to 7 hidden alike, others to the nearest five).

Not as a proof: this is the first line. Where exact totals, nested areas or several releases are published, what
is hidden can be worked out from what is not: ``complementary_suppression`` hides more, and ``disclosure_audit``
tries to find what is hidden as an attacker would.

Formula::

    hidden    where 0 < count < 8                (opensafely: 0 <= count < 8)
    shown     = 5 x count / 5 to the nearest whole number
    total     hes: counted, then rounded          opensafely: the rounded parts added up

Source: NHS England, Hospital Episode Statistics analysis guide (small numbers); OpenSAFELY, Statistical disclosure
control for outputs (threshold 7, base 5).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import Limits, Numbers, as_counts

CHAPTER = "Data quality and disclosure"
SMALLEST_SHOWN = 8
ROUNDED_TO = 5
SMALLEST_HIDDEN = {"hes": 1, "opensafely": 0}


class Disclosed(NamedTuple):
    """``count`` as it may be shown, NaN where hidden or missing; ``is_hidden`` tells the two apart."""

    count: Numbers
    is_hidden: NDArray[np.bool_]


def hide_small(count: ArrayLike, profile: str = "hes") -> Disclosed:
    """Counts each by itself, of any shape. NaN stays missing. Refuses counts below zero, and other profiles.

    >>> shown, is_hidden = hide_small([0, 1, 7, 8, 12, 13, np.nan])
    >>> shown.tolist()
    [0.0, nan, nan, 10.0, 10.0, 15.0, nan]
    >>> is_hidden.tolist()
    [False, True, True, False, False, False, False]
    """
    count = as_counts("count", count)
    return _shown(count, is_small(count, profile))


def hide_small_siblings(count: ArrayLike, profile: str = "hes") -> Disclosed:
    """Counts ``[..., sibling]`` whose total is shown beside them (areas of a board, ages of an area).

    One hidden sibling could be had by taking the rest from the total, so the smallest other count above zero
    is hidden with it. A total of 1 to 7 is hidden itself and needs no second. NaN stays missing.

    >>> shown, is_hidden = hide_small_siblings([3, 40, 20, 0])
    >>> shown.tolist()
    [nan, 40.0, nan, 0.0]
    """
    count = as_counts("count", count)
    is_hidden = is_small(count, profile)
    is_exposed = is_hidden.sum(axis=-1, keepdims=True) == 1
    candidate = np.where(~is_hidden & (count > 0), count, np.inf)
    smallest = candidate.argmin(axis=-1)[..., None]
    is_second = (np.arange(count.shape[-1]) == smallest) & np.isfinite(candidate)
    return _shown(count, is_hidden | (is_exposed & is_second))


def counted_total(count: ArrayLike, profile: str = "hes") -> Disclosed:
    """The total over ``[..., sibling]`` as it may be shown: added up as counted, then hidden or rounded.

    Missing where any part is missing. Never made from rounded parts, whose errors would add up.

    >>> counted_total([[3, 4, 12], [1, 2, 0]]).count.tolist()
    [20.0, nan]
    """
    return hide_small(as_counts("count", count).sum(axis=-1), profile)


def resummed_total(shown: Disclosed, profile: str = "hes") -> Limits:
    """What the total over ``[..., sibling]`` of figures already shown lies between, without asking the records.

    The rounded parts added up, with each hidden part at its least and at its most. Lower and upper are one number
    where nothing is hidden. Missing where any part is missing.

    >>> resummed_total(Disclosed(np.array([10.0, 20, np.nan]), np.array([False, False, True])))
    Limits(lower=array(31.), upper=array(37.))
    """
    ends = (smallest_hidden(profile), SMALLEST_SHOWN - 1)
    return Limits(*(np.asarray(np.where(shown.is_hidden, end, shown.count).sum(axis=-1)) for end in ends))


def is_small(count: ArrayLike, profile: str = "hes") -> NDArray[np.bool_]:
    """Whether counts, of any shape, must be hidden; a missing one is not small, a part of an event is.

    >>> is_small([0, 1, 7, 8]).tolist(), is_small([0, 1, 7, 8], "opensafely").tolist()
    ([False, True, True, False], [True, True, True, False])
    """
    count = as_counts("count", count)
    return (count > smallest_hidden(profile) - 1) & (count < SMALLEST_SHOWN)


def smallest_hidden(profile: str) -> int:
    """The smallest count that a profile hides. Refuses other profiles.

    >>> smallest_hidden("hes"), smallest_hidden("opensafely")
    (1, 0)
    """
    if profile not in SMALLEST_HIDDEN:
        raise ValueError(f"profile must be one of {', '.join(SMALLEST_HIDDEN)}; it is {profile!r}")
    return SMALLEST_HIDDEN[profile]


def _shown(count: Numbers, is_hidden: NDArray[np.bool_]) -> Disclosed:
    return Disclosed(np.where(is_hidden, np.nan, ROUNDED_TO * np.rint(count / ROUNDED_TO)), is_hidden)
