"""Whether an area differs from what it is held against, in words a reader may use.

The rule is Fingertips' method 1: a comparator inside the 95 % interval, ends included, is "similar". Use it
for the colours of a table or chart. It says nothing of how many areas would be flagged by chance (``funnel``
and ``overdispersion`` do), and "similar" is not "the same".
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import as_numbers

BELOW_AND_ABOVE = {
    "higher_is_better": ("worse", "better"),
    "lower_is_better": ("better", "worse"),
    "neither": ("lower", "higher"),
}


def significance(
    lower: ArrayLike, upper: ArrayLike, comparator: ArrayLike, polarity: str
) -> NDArray[np.str_]:
    """One of ``better``, ``similar``, ``worse`` (or ``higher``, ``similar``, ``lower``) or ``not_compared``.

    ``lower`` and ``upper`` are the limits of the value, ``[..., area]``; the ``comparator`` (England, a
    standard, a peer) has that shape or broadcasts to it, all in one unit. ``polarity`` is
    ``higher_is_better``, ``lower_is_better`` or ``neither``. Where a limit or the comparator is missing:
    ``not_compared``. Refuses another polarity.

    Fingertips (Office for Health Improvement and Disparities), comparator method 1.

    >>> significance([2, 5, 7], [4, 8, 9], 5, "lower_is_better").tolist()
    ['better', 'similar', 'worse']
    """
    if polarity not in BELOW_AND_ABOVE:
        raise ValueError(f"polarity must be one of {', '.join(BELOW_AND_ABOVE)}; it is {polarity!r}")
    below, above = BELOW_AND_ABOVE[polarity]
    lower, upper, comparator = np.broadcast_arrays(
        as_numbers("lower", lower), as_numbers("upper", upper), as_numbers("comparator", comparator)
    )
    is_unknown = np.isnan(lower) | np.isnan(upper) | np.isnan(comparator)
    return np.select(
        [is_unknown, upper < comparator, lower > comparator], ["not_compared", below, above], "similar"
    )
