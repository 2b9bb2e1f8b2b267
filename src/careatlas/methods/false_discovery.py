"""How many of the findings could be chance, when many areas or indicators were asked at once.

Use it whenever one p value an area, or an indicator and area, becomes a list of findings. List those with a q
value of at most .1, say, and of the areas listed a tenth or fewer are expected to be chance.

Not for one question asked once (its own p value answers that), nor where one false finding would do harm: a
funnel's 99.8 % limits are stricter. Nor for p values that pull against each other; those of areas and
indicators, which lean the same way if at all, are safe.

Formula::

    put the p values in order, smallest first: p(1) <= ... <= p(tests)
    q(i) = smallest of  tests x p(j) / j  over all j >= i

Source: Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57:289,
10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli 2001, 10.1214/aos/1013699998 (tests that lean the
same way); Yekutieli & Benjamini 1999, 10.1016/S0378-3758(99)00041-5 (q as an adjusted p value).
"""

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import Numbers, as_counts, refuse_where, require_axes

CHAPTER = "Limits and outliers"


def false_discovery(p: ArrayLike) -> Numbers:
    """The q value of each test: the false discovery rate of a list that goes down to it.

    ``p`` are p values ``[..., area]``, and each last axis is a list of its own; the q values have that shape.
    NaN was not tested: it stays NaN and does not count among the tests. One test alone keeps its p value, and
    p of 1 has a q of 1. Refuses p values outside 0 to 1.

    Benjamini & Hochberg 1995, 10.1111/j.2517-6161.1995.tb02031.x.

    Two areas of three were tested: .01 is the first of two, so 2 x .01 / 1; .04 the second, 2 x .04 / 2:

    >>> false_discovery([0.04, None, 0.01])
    array([0.04,  nan, 0.02])
    """
    p = as_counts("p", p)
    require_axes("p", p, "area")
    refuse_where(p > 1, "p is above 1")
    order = np.argsort(p, axis=-1)  # those not tested come last
    place = np.arange(1, p.shape[-1] + 1)
    tests = np.count_nonzero(~np.isnan(p), axis=-1, keepdims=True)
    in_order = np.take_along_axis(p, order, axis=-1) * tests / place
    # Of this and all later ones the smallest: no finding has a larger q value than a weaker one.
    smallest = np.fmin.accumulate(in_order[..., ::-1], axis=-1)[..., ::-1]
    q = np.empty(p.shape)
    np.put_along_axis(q, order, smallest, axis=-1)
    return np.where(np.isnan(p), np.nan, q)


def false_discovery_together(p: ArrayLike) -> Numbers:
    """The q value of each test when all axes are one list, such as areas and indicators together.

    ``p`` of any shape, ``[indicator, area]`` for one; otherwise as ``false_discovery``. Use it when the page
    lists findings of all indicators at once.

    Four tests in one list: 4 x .01 / 1, 4 x .02 / 2, and both .6 4 x .6 / 4:

    >>> false_discovery_together([[0.01, 0.6], [0.6, 0.02]])
    array([[0.04, 0.6 ],
           [0.6 , 0.04]])
    """
    p = as_counts("p", p)
    refuse_where(p > 1, "p is above 1")
    return false_discovery(p.ravel()).reshape(p.shape)


def expected_false(q: ArrayLike, threshold: float) -> Numbers:
    """How many of the findings listed at ``q <= threshold`` are chance, at most and on average: print it.

    ``q`` ``[..., area]``; the answer ``[...]`` is the threshold times the findings, 0 where nothing is found.

    Two findings at .04 or less, a tenth of which may be chance:

    >>> float(expected_false([0.04, 0.03, 0.5, None], 0.1))
    0.2
    """
    q = as_counts("q", q)
    require_axes("q", q, "area")
    return threshold * np.count_nonzero(q <= threshold, axis=-1)
