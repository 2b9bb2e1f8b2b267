"""Events per so many people, such as admissions per 1,000 residents.

Use it where ages differ little between areas, or where the page should show the load as it is.

Not for comparing areas of different age: use ``directly_standardised_rate``, or ``need_weighted_rate`` where
ages are unknown. Not for a share of people who either have a property or do not: use ``proportion``. Where one
person can have many events the limits are too narrow.

Formula::

    rate  = multiplier x count / denominator
    lower = multiplier x (lower limit of the count) / denominator
    upper = multiplier x (upper limit of the count) / denominator
    limits of a count: exact Poisson below ten events, Byar's approximation from ten (see intervals)

Source: Breslow & Day 1987, Statistical methods in cancer research II, IARC; Garwood 1936, Biometrika 28,
10.1093/biomet/28.3-4.437.
"""

from numpy.typing import ArrayLike

from careatlas.methods.estimate import Estimate, alike, divide, positive, refuse_where
from careatlas.methods.intervals import count_limits

CHAPTER = "Rates"


def crude_rate(
    count: ArrayLike, denominator: ArrayLike, multiplier: float = 100_000, confidence: float = 0.95
) -> Estimate:
    """The rate per ``multiplier`` people, with limits that treat the count as Poisson.

    ``count`` events among a ``denominator`` of people or person-years, both ``[..., area]``, by position.
    Limits are exact below ten events and Byar's above (``intervals.count_limits``), so they are too narrow
    where one person can have many events. NaN in either, or nobody in the denominator, gives NaN; no events
    among people is a rate of 0 with an upper limit. Refuses events among nobody, and numbers below zero.

    Breslow & Day 1987, Statistical methods in cancer research II; Garwood 1936, 10.1093/biomet/28.3-4.437.

    Ten events among 1,000 people are 1 in a hundred:

    >>> rate = crude_rate(count=[10], denominator=[1000], multiplier=100)
    >>> float(rate.value[0]), float(rate.lower[0].round(3)), float(rate.upper[0].round(3))
    (1.0, 0.479, 1.839)
    """
    multiplier = positive("multiplier", multiplier)
    count, denominator = alike(count=count, denominator=denominator)
    refuse_where((denominator == 0) & (count > 0), "there are events among nobody")
    lower, upper = count_limits(count, confidence)
    per_person = (divide(numerator, denominator) for numerator in (count, lower, upper))
    return Estimate(*(multiplier * rate for rate in per_person))
