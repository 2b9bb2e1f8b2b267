"""Confidence limits of counts, proportions and means: the parts that other methods are built from.

Use it to put limits on a number for which no method here does: ``count_limits`` for events,
``wilson_limits`` for a share, ``t_half_width`` for a mean.

Not the Wald interval of a proportion, which is not here: for a share of 2 % of 50 people its limits of 95 % hold
the truth 64 times in 100. Not limits of a funnel either: those belong to what is expected, not to what was seen
(``funnel``).

Formula::

    exact   lower = the mean at which as many events or more have a chance of tail (0 for no events)
            upper = the mean at which as few events or fewer have a chance of tail
    Byar    lower = count (1 - 1/(9 count) - z/(3 root count))^3
            upper = (count+1) (1 - 1/(9 (count+1)) + z/(3 root(count+1)))^3
    Wilson  (2 count + z^2 -/+ z root(z^2 + 4 count (1 - share))) / (2 (denominator + z^2))
    Student t x standard error
    tail = (1 - confidence)/2; z is the normal's and t is Student's quantile at 1 - tail

Source: Garwood 1936, Biometrika 28:437, 10.1093/biomet/28.3-4.437; Breslow & Day 1987, Statistical methods in
cancer research II, IARC; Wilson 1927, JASA 22:209, 10.1080/01621459.1927.10502953; Student 1908, Biometrika
6:1, 10.1093/biomet/6.1.1.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainccinv, gammaincinv, ndtri, stdtrit

from careatlas.methods.estimate import Limits, Numbers, alike, as_counts, as_numbers, divide, refuse_where

CHAPTER = "Limits and outliers"

EXACT_BELOW = 10  # events: Byar's approximation is 48 % off at one event, 2.5 % at three, .2 % at ten
ROUNDING = 1e-9  # share of a denominator that floating-point sums may be out by


def tail(confidence: float) -> float:
    """The probability left out at each end.

    >>> round(tail(0.95), 6)
    0.025
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, such as 0.95; it is {confidence}")
    return (1 - confidence) / 2


def normal_quantile(confidence: float) -> float:
    """How many standard errors a normal interval reaches to each side.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    return float(-ndtri(tail(confidence)))


def count_limits(count: ArrayLike, confidence: float = 0.95) -> Limits:
    """Limits of a Poisson count: exact below ten events, Byar's approximation above.

    Garwood 1936, 10.1093/biomet/28.3-4.437; Breslow & Day 1987, Statistical methods in cancer research II.

    Any shape; counts need not be whole. NaN gives NaN; no events gives (0, upper). Refuses counts below zero.

    >>> lower, upper = count_limits([0, 1, 65])
    >>> lower.round(3).tolist(), upper.round(3).tolist()
    ([0.0, 0.025, 50.163], [3.689, 5.572, 82.849])
    """
    count = as_counts("count", count)
    lower, upper = map(np.array, byar_limits(np.maximum(count, EXACT_BELOW), confidence))
    is_few = count < EXACT_BELOW
    lower[is_few], upper[is_few] = exact_limits(count[is_few], confidence)
    return Limits(lower, upper)


def exact_limits(count: ArrayLike, confidence: float = 0.95) -> Limits:
    """Exact limits of a Poisson count (Garwood 1936): the means at which it lies just at a tail.

    Any shape. NaN gives NaN. Refuses counts below zero.

    >>> lower, upper = exact_limits([65])
    >>> float(lower[0].round(6)), float(upper[0].round(6))
    (50.165628, 82.847836)
    """
    count = as_counts("count", count)
    lower = np.where(count == 0, 0.0, gammaincinv(np.where(count == 0, 1.0, count), tail(confidence)))
    return Limits(lower, gammainccinv(count + 1, tail(confidence)))


def byar_limits(count: ArrayLike, confidence: float = 0.95) -> Limits:
    """Byar's limits of a Poisson count (Breslow & Day 1987). For counts above zero; poor below ten.

    >>> lower, upper = byar_limits([1])
    >>> float(lower[0].round(6)), float(upper[0].round(6))
    (0.013072, 5.563756)
    """
    count = as_numbers("count", count)
    refuse_where(count <= 0, "count is not above zero")
    z, above = normal_quantile(confidence), count + 1
    lower_root = 1 - 1 / (9 * count) - z / (3 * np.sqrt(count))
    upper_root = 1 - 1 / (9 * above) + z / (3 * np.sqrt(above))
    # Cubes as products: powers take five times as long as all the rest.
    lower = count * lower_root * lower_root * lower_root
    upper = above * upper_root * upper_root * upper_root
    return Limits(lower, upper)


def wilson_limits(count: ArrayLike, denominator: ArrayLike, confidence: float = 0.95) -> Limits:
    """Limits of a proportion, as a share of 1 (Wilson 1927, JASA 22:209).

    ``count`` of the ``denominator`` have the property; shapes that go together (``estimate.alike``). NaN, or
    a denominator of zero, gives NaN. Refuses a count larger than its denominator (``as_part``).

    >>> lower, upper = wilson_limits([0, 5], [10, 10])
    >>> lower.round(4), upper.round(4)
    (array([0.    , 0.2366]), array([0.2775, 0.7634]))
    """
    count, denominator = as_part(count, denominator)
    z, share = normal_quantile(confidence), divide(count, denominator)
    middle = 2 * count + z**2
    half = z * np.sqrt(z**2 + 4 * count * (1 - share))
    width = 2 * (denominator + z**2)
    # Rounding can carry a limit past the share itself when none or all have the property.
    return Limits(np.clip((middle - half) / width, 0, share), np.clip((middle + half) / width, share, 1))


def as_part(count: ArrayLike, denominator: ArrayLike) -> tuple[Numbers, Numbers]:
    """Both as numbers; a count larger than its denominator is refused, unless rounding alone made it so.

    Sums of weights in another order may differ in the last digits: such a count is all of the denominator.

    >>> count, denominator = as_part([0.1 + 0.2], [0.3])
    >>> bool(count[0] == denominator[0])
    True
    """
    count, denominator = alike(count=count, denominator=denominator)
    is_larger = count > denominator
    if np.any(is_larger):
        refuse_where(count > denominator * (1 + ROUNDING), "count is larger than its denominator")
        count = np.where(is_larger, denominator, count)
    return count, denominator


def t_half_width(
    standard_error: ArrayLike, degrees_of_freedom: ArrayLike, confidence: float = 0.95
) -> Numbers:
    """Half the width of Student's interval for a mean. NaN where there are no degrees of freedom.

    >>> round(float(t_half_width(1.0, 9)), 4)
    2.2622
    """
    degrees_of_freedom = np.asarray(degrees_of_freedom, dtype=np.float64)
    known = np.where(degrees_of_freedom > 0, degrees_of_freedom, np.nan)
    return stdtrit(known, 1 - tail(confidence)) * as_counts("standard_error", standard_error)
