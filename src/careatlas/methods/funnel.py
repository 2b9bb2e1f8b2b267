"""Limits of a funnel plot, and whether an area lies outside: chance alone.

Use ``outlying`` to flag, and the limits to draw. Where areas differ for many small reasons these flag too
many: use ``overdispersion``. Confidence intervals of the areas are the wrong limits (Seaton & Manktelow
2012). Each limit below is another convention: name the one drawn.

Spiegelhalter 2005, 10.1002/sim.1970.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc, gammaincc, gammainccinv, gammaincinv

from careatlas.methods.estimate import Limits, Numbers, as_counts, refuse_where
from careatlas.methods.intervals import exact_limits, tail, wilson_limits


def outlying(observed: ArrayLike, expected: ArrayLike, confidence: float = 0.998) -> Numbers:
    """1 where observed events are too many for chance, -1 where too few, else 0; by the exact Poisson tails.

    ``observed`` and ``expected`` events, ``[..., area]``. At 99.8 % each tail is .1 %; because counts are
    whole, in fact fewer are flagged. NaN in either, or nothing expected, gives NaN. Refuses numbers below
    zero.

    With 1 expected, 5 or more come by chance 3.7 times in a thousand, 6 or more .6 times:

    >>> outlying([5, 6], [1, 1]).tolist()
    [0.0, 1.0]
    """
    observed, expected = np.broadcast_arrays(as_counts("observed", observed), as_counts("expected", expected))
    as_many = gammainc(observed, expected)
    as_few = gammaincc(observed + 1, expected)
    limit = tail(confidence)
    flag = np.where(as_many <= limit, 1.0, np.where(as_few <= limit, -1.0, 0.0))
    return np.where(np.isnan(observed) | np.isnan(expected) | (expected == 0), np.nan, flag)


def inverted_limits(observed: ArrayLike, confidence: float = 0.998) -> Limits:
    """The expected counts at which ``observed`` events would lie just at a tail. For rates and ratios.

    NaN gives NaN. Refuses counts below zero.

    >>> lower, upper = inverted_limits([0], confidence=0.95)
    >>> lower.round(3), upper.round(3)
    (array([0.]), array([3.689]))
    """
    return exact_limits(observed, confidence)


def precision_limits(expected: ArrayLike, confidence: float = 0.998) -> Limits:
    """Smooth limits of observed/expected at each precision, as the R package FunnelPlotR draws them.

    NaN, or nothing expected, gives NaN. Refuses numbers below zero.

    >>> lower, upper = precision_limits([20], confidence=0.95)
    >>> lower.round(4), upper.round(4)
    (array([0.6108]), array([1.5444]))
    """
    expected = as_counts("expected", expected)
    expected = np.where(expected == 0, np.nan, expected)
    lower = gammaincinv(expected, tail(confidence)) / expected
    return Limits(lower, gammainccinv(expected + 1, tail(confidence)) / expected)


def proportion_limits(denominator: ArrayLike, overall: ArrayLike, confidence: float = 0.998) -> Limits:
    """Limits about the ``overall`` share (0 to 1) for areas of each ``denominator``: Wilson's, around that
    share.

    Shapes that broadcast. NaN, or a denominator of 0, gives NaN. Refuses a share outside 0 to 1.

    >>> lower, upper = proportion_limits([10], 0.5, confidence=0.95)
    >>> lower.round(4), upper.round(4)
    (array([0.2366]), array([0.7634]))
    """
    denominator, overall = as_counts("denominator", denominator), as_counts("overall", overall)
    refuse_where(overall > 1, "overall is above 1")
    return wilson_limits(denominator * overall, denominator, confidence)
