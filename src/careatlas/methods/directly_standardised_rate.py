"""The rate an area would have if its people had the age and sex of a standard population.

Use it to compare areas of different age, with each other and over the years. Where one person can have several
events (admissions), give the sums of squares too (``repeat_events``), or the limits are too narrow.

Not below ten events (withheld: show the count, or an ``indirectly_standardised_ratio``), and not where strata
are missing. From ten to twenty expected events, where areas with fewer are withheld, limits of 95 % hold the
truth 97 to 99 times in 100. For few events, or weights far larger in some strata than in others
(the lower limit is then often 0), ``gamma_limited_standardised_rate`` keeps its promise where the usual limits
do not, and is wider.

Formula::

    rate      = multiplier x sum(weight x count/people) / sum(weight)
    variance  = sum(squares x (weight/people)^2) / sum(weight)^2
    lower     = rate + multiplier x root(variance/events) x (lower limit of the events - events), at least 0
    upper     = rate + multiplier x root(variance/events) x (upper limit of the events - events)
    events    = sum of the counts; their limits are Byar's (see intervals)
    squares   = the counts where events are independent; else, over persons, the sum of (events of one person)^2

Source: Dobson, Kuulasmaa, Eberle & Scherer 1991, Statistics in Medicine 10:457, 10.1002/sim.4780100317; Fay &
Feuer 1997, Statistics in Medicine 16:791,
10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#; Stukel, Glynn, Fisher, Sharp, Lu-Yao &
Wennberg 1994, Statistics in Medicine 13:1781 (repeat events).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainccinv, gammaincinv

from careatlas.methods.estimate import (
    Estimate,
    Numbers,
    as_counts,
    divide,
    positive,
    refuse_where,
    require_axes,
    require_same_labels,
)
from careatlas.methods.intervals import count_limits, tail

CHAPTER = "Rates"
MINIMUM_EVENTS = 10


class RepeatEvents(NamedTuple):
    """``count`` of events, and over persons the sum of ``squares`` of their number of events."""

    count: Numbers
    squares: Numbers


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
    ``standard_population`` ``[stratum]``, weights on any scale. Sex and age make one stratum together ("F
    0-64"), in one order in all three: labels are held together where all are of pandas, else by position.
    Where one person can have several events (repeat admissions), ``squares_by_stratum`` is the sum over
    persons of the square of their number of events: it widens the limits as it should; None says that events
    are independent. Strata of weight 0 are left out altogether.

    Value and limits are ``[..., area]``. NaN in any weighted stratum, or fewer than ten events, gives NaN.
    Where one event among few people of a heavy stratum makes most of the variance, Dobson's lower limit would
    lie below 0, and is 0: ``gamma_limited_standardised_rate`` has a better one. Refuses a weighted stratum
    without people (no rate exists there, and leaving the band out would change what is compared), inputs
    whose strata differ in number, numbers below zero, squares smaller than their count, and a standard
    population of nobody.

    Dobson, Kuulasmaa, Eberle & Scherer 1991, 10.1002/sim.4780100317.

    Rates of 1 % and 3 % in halves of equal weight average 2 %:

    >>> rate = directly_standardised_rate([[10, 30]], [[1000, 1000]], [5000, 5000], multiplier=100)
    >>> float(rate.value[0].round(6)), float(rate.lower[0].round(2)), float(rate.upper[0].round(2))
    (2.0, 1.43, 2.72)
    """
    multiplier = positive("multiplier", multiplier)
    require_same_labels(count_by_stratum=count_by_stratum, denominator_by_stratum=denominator_by_stratum)
    weight, has_weight = _weight_per_person(denominator_by_stratum, standard_population)
    count = _of_strata("count_by_stratum", count_by_stratum, standard_population)
    squares = count
    if squares_by_stratum is not None:
        squares = _of_strata("squares_by_stratum", squares_by_stratum, standard_population)
        refuse_where(squares < count * (1 - 1e-9), "squares_by_stratum is smaller than count_by_stratum")
    count, squares = count[..., has_weight], squares[..., has_weight]
    rate, variance = _over_strata(count, weight), _over_strata(squares, weight, weight)
    _refuse_nobody(rate, denominator_by_stratum, standard_population)
    return _dobson_limits(rate, variance, _over_strata(count), multiplier, confidence)


def gamma_limited_standardised_rate(
    count_by_stratum: ArrayLike,
    denominator_by_stratum: ArrayLike,
    standard_population: ArrayLike,
    multiplier: float = 100_000,
    confidence: float = 0.95,
) -> Estimate:
    """The same rate with Fay and Feuer's gamma limits: never too narrow in any case known, often too wide.

    Arguments, shapes and refusals as in ``directly_standardised_rate``. Nothing is withheld: no events are a
    rate of 0 with an upper limit. Events are taken to be independent.

    Fay & Feuer 1997, Statistics in Medicine 16:791.

    No event among two people of equal weight: at most 3.689 events of the larger weight, 1/2 each:

    >>> rate = gamma_limited_standardised_rate([[0, 0]], [[1, 1]], [1, 1], multiplier=1)
    >>> float(rate.value[0]), float(rate.lower[0]), float(rate.upper[0].round(4))
    (0.0, 0.0, 1.8444)
    """
    multiplier = positive("multiplier", multiplier)
    require_same_labels(count_by_stratum=count_by_stratum, denominator_by_stratum=denominator_by_stratum)
    weight, has_weight = _weight_per_person(denominator_by_stratum, standard_population)
    count = _of_strata("count_by_stratum", count_by_stratum, standard_population)[..., has_weight]
    rate, variance = _over_strata(count, weight), _over_strata(count, weight, weight)
    _refuse_nobody(rate, denominator_by_stratum, standard_population)
    largest = weight.max(axis=-1)
    # One more event, of the largest weight there is, is what the area might have had.
    more, more_variance = rate + largest, variance + largest**2
    scale = np.where(rate == 0, 0, divide(variance, rate))
    lower = scale * gammaincinv(np.where(rate == 0, 1, divide(rate**2, variance)), tail(confidence))
    upper = more_variance / more * gammainccinv(more**2 / more_variance, tail(confidence))
    return Estimate(multiplier * rate, multiplier * lower, multiplier * upper)


def repeat_events(persons: ArrayLike) -> RepeatEvents:
    """Counts and sums of squares, from how many persons had exactly one, two, three ... events.

    ``persons`` ``[..., events]``, whose first place along the last axis is one event each. NaN gives NaN.
    Refuses numbers below zero.

    Stukel et al. 1994, Statistics in Medicine 13:1781.

    6 people once and 2 people twice are 6 + 4 = 10 events, whose squares are 6 x 1 + 2 x 4 = 14:

    >>> repeat_events([6, 2])
    RepeatEvents(count=np.float64(10.0), squares=np.float64(14.0))
    """
    persons = as_counts("persons", persons)
    require_axes("persons", persons, "events")
    events = np.arange(1.0, persons.shape[-1] + 1)
    return RepeatEvents(persons @ events, persons @ events**2)


def _weight_per_person(
    denominator_by_stratum: ArrayLike, standard_population: ArrayLike
) -> tuple[Numbers, slice | NDArray[np.bool_]]:
    """The weight of one person in each stratum that has weight, and which those are: a slice where all have,
    which copies nothing."""
    weight = as_counts("standard_population", standard_population)
    if weight.ndim != 1:
        raise ValueError(
            f"standard_population must be [stratum], one axis; it has {weight.ndim} axes (sex and age make one"
            " stratum together, in the same order in counts and people)"
        )
    refuse_where(np.isnan(weight), "standard_population is missing")
    if not weight.sum() > 0:
        raise ValueError("standard_population has nobody in it")
    people = _of_strata("denominator_by_stratum", denominator_by_stratum, standard_population)
    has_weight = slice(None) if (weight > 0).all() else weight > 0
    with np.errstate(divide="ignore"):  # infinite among nobody: see _refuse_nobody
        return weight[has_weight] / weight.sum() / people[..., has_weight], has_weight


def _refuse_nobody(rate: Numbers, denominator_by_stratum: ArrayLike, standard_population: ArrayLike) -> None:
    """People are looked at again only where a rate is missing or infinite, as it is among nobody."""
    if np.isfinite(rate).all():
        return
    people, weight = np.asarray(denominator_by_stratum), np.asarray(standard_population)
    nobody = "denominator_by_stratum has nobody in a stratum of the standard population"
    refuse_where((people == 0) & (weight > 0), nobody)


def _of_strata(name: str, by_stratum: ArrayLike, standard_population: ArrayLike) -> Numbers:
    """Counts, as many on the last axis as the standard population has: a single one would be spread over all."""
    require_same_labels(**{name: by_stratum, "standard_population": standard_population})
    numbers = as_counts(name, by_stratum)
    require_axes(name, numbers, stratum=np.size(standard_population))
    return numbers


def _over_strata(*factors: Numbers) -> Numbers:
    """Sums of products over the last axis, without the products ever being held."""
    with np.errstate(invalid="ignore"):  # no events among nobody: see _refuse_nobody
        return np.einsum(",".join(["...k"] * len(factors)) + "->...", *factors)


def _dobson_limits(
    rate: Numbers, variance: Numbers, events: Numbers, multiplier: float, confidence: float
) -> Estimate:
    """The limits of the count of events, moved to the rate and scaled by its standard error."""
    known = np.where((events >= MINIMUM_EVENTS) & ~np.isnan(rate + variance), events, np.nan)
    lower, upper = count_limits(known, confidence)
    scale = np.sqrt(divide(variance, known))
    value = np.where(np.isnan(known), np.nan, rate)
    return Estimate(
        multiplier * value,
        multiplier * np.maximum(value + scale * (lower - known), 0),
        multiplier * (value + scale * (upper - known)),
    )
