"""The rate an area would have if its people had the age and sex of a standard population.

Use it to compare areas of different age. Not below ten events (withheld: show the count, or an indirectly
standardised ratio), and not where strata are missing.
"""

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import Estimate, Numbers, as_counts, divide, refuse_where
from careatlas.methods.intervals import count_limits

MINIMUM_EVENTS = 10


def directly_standardised_rate(
    count_by_stratum: ArrayLike,
    denominator_by_stratum: ArrayLike,
    standard_population: ArrayLike,
    squares_by_stratum: ArrayLike | None = None,
    multiplier: float = 100_000,
    confidence: float = 0.95,
) -> Estimate:
    """The rate per ``multiplier`` people of the standard population, with Dobson's limits.

    ``count_by_stratum`` events among ``denominator_by_stratum`` people, both ``[..., area, stratum]``;
    ``standard_population`` ``[stratum]``, weights on any scale. Where one person can have several events
    (repeat admissions), ``squares_by_stratum`` is the sum over persons of the square of their number of
    events: it widens the limits as it should; None says that events are independent. Strata of weight 0 are
    left out altogether.

    Value and limits are ``[..., area]``. NaN in any weighted stratum, or fewer than ten events, gives NaN.
    Refuses a weighted stratum without people (no rate exists there, and leaving the band out would change
    what is compared), numbers below zero, squares smaller than their count, and a standard population of
    nobody.

    Dobson, Kuulasmaa, Eberle & Scherer 1991, 10.1002/sim.4780100317.

    Rates of 1 % and 3 % in halves of equal weight average 2 %:

    >>> rate = directly_standardised_rate([[10, 30]], [[1000, 1000]], [5000, 5000], multiplier=100)
    >>> float(rate.value[0].round(6)), float(rate.lower[0].round(2)), float(rate.upper[0].round(2))
    (2.0, 1.43, 2.72)
    """
    weight = as_counts("standard_population", standard_population)
    refuse_where(np.isnan(weight), "standard_population is missing")
    if not weight.sum() > 0:
        raise ValueError("standard_population has nobody in it")
    weight, is_weighted = weight / weight.sum(), weight > 0
    count = as_counts("count_by_stratum", count_by_stratum)
    people = as_counts("denominator_by_stratum", denominator_by_stratum)
    refuse_where(
        (people == 0) & is_weighted,
        "denominator_by_stratum has nobody in a stratum of the standard population",
    )
    squares = _squares(count, squares_by_stratum)

    weight_per_person = divide(np.broadcast_to(weight, people.shape), np.where(is_weighted, people, 1))
    rate = _over_strata(count, weight_per_person, is_weighted)
    variance = _over_strata(squares, weight_per_person**2, is_weighted)
    events = np.where(is_weighted, count, 0).sum(axis=-1)
    return _limits(rate, variance, events, multiplier, confidence)


def _squares(count: Numbers, squares_by_stratum: ArrayLike | None) -> Numbers:
    if squares_by_stratum is None:
        return count
    squares = as_counts("squares_by_stratum", squares_by_stratum)
    refuse_where(squares < count * (1 - 1e-9), "squares_by_stratum is smaller than count_by_stratum")
    return squares


def _over_strata(numbers: Numbers, weight_per_person: Numbers, is_weighted: np.ndarray) -> Numbers:
    """Weighted sums over the last axis; what is missing in a stratum of no weight is of no account."""
    return np.where(is_weighted, numbers * weight_per_person, 0).sum(axis=-1)


def _limits(
    rate: Numbers, variance: Numbers, events: Numbers, multiplier: float, confidence: float
) -> Estimate:
    """Dobson's: the limits of the count of events, moved to the rate and scaled by its standard error."""
    known = np.where((events >= MINIMUM_EVENTS) & ~np.isnan(rate + variance), events, np.nan)
    lower, upper = count_limits(known, confidence)
    scale = np.sqrt(divide(variance, known))
    value = np.where(np.isnan(known), np.nan, rate)
    return Estimate(
        multiplier * value,
        multiplier * (value + scale * (lower - known)),
        multiplier * (value + scale * (upper - known)),
    )
