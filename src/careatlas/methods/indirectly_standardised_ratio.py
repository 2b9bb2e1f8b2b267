"""Events beside those expected if each age and sex had the rates of a reference population.

Use it where areas have too few events for a directly standardised rate, or where events are known by area
only and people by age and sex. Times the reference rate it is the indirectly standardised rate.

Not for comparing two areas with each other: each ratio is weighted by its own people, so ratios compare with
the reference alone. Rank on ``directly_standardised_rate``. Not across years with a reference that moves: keep
one year's rates and print which, or the trend vanishes.

Formula::

    expected = sum over strata of people x reference rate
    ratio    = multiplier x count / expected
    lower    = multiplier x (lower limit of the count) / expected
    upper    = multiplier x (upper limit of the count) / expected
    limits of a count: exact Poisson below ten events, Byar's approximation from ten (see intervals)

Source: Breslow & Day 1987, Statistical methods in cancer research II, IARC, chapter 2; Garwood 1936, Biometrika
28:437, 10.1093/biomet/28.3-4.437.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import (
    Numbers,
    alike,
    as_counts,
    divide,
    positive,
    require_axes,
    require_same_labels,
)
from careatlas.methods.intervals import count_limits

CHAPTER = "Rates"


class StandardisedRatio(NamedTuple):
    """The ratio and its limits, arrays ``[..., area]``. NaN where nothing is expected or not known."""

    value: Numbers
    lower: Numbers
    upper: Numbers


def indirectly_standardised_ratio(
    count: ArrayLike, expected: ArrayLike, multiplier: float = 1, confidence: float = 0.95
) -> StandardisedRatio:
    """Observed over expected, times ``multiplier``, with limits that treat the count as Poisson.

    ``count`` events and ``expected`` events (``expected_events``; not people), both ``[..., area]``, by
    position. ``multiplier`` 100 gives the usual "England = 100"; the reference rate per 100,000 gives the
    indirectly standardised rate. The limits hold no error of the reference. NaN in either, or nothing
    expected, gives NaN (where the reference had no events an area may have one, and no ratio); no events is a
    ratio of 0 with an upper limit. Refuses numbers below zero.

    Breslow & Day 1987, Statistical methods in cancer research II; Garwood 1936, 10.1093/biomet/28.3-4.437.

    15 deaths where 10 are expected are half as many again:

    >>> ratio = indirectly_standardised_ratio(count=[15], expected=[10], multiplier=100)
    >>> float(ratio.value[0]), float(ratio.lower[0].round(1)), float(ratio.upper[0].round(1))
    (150.0, 83.9, 247.4)
    """
    multiplier = positive("multiplier", multiplier)
    count, expected = alike(count=count, expected=expected)
    lower, upper = count_limits(count, confidence)
    return StandardisedRatio(*(multiplier * divide(events, expected) for events in (count, lower, upper)))


def expected_events(denominator_by_stratum: ArrayLike, reference_rate: ArrayLike) -> Numbers:
    """The events each area would have if its people had the reference's rates.

    ``denominator_by_stratum`` people ``[..., area, stratum]``; ``reference_rate`` events per person,
    ``[stratum]``, or any shape that broadcasts (``[indicator, 1, stratum]``). The answer is ``[..., area]``.
    NaN in people or rate gives NaN, except that a stratum in which an area has nobody adds nothing, known rate
    or not. Refuses numbers below zero, and rates that are not as many as the strata.

    1,000 people at 1 % and 500 at 4 % bring 10 and 20:

    >>> expected_events([[1000, 500]], [0.01, 0.04])
    array([30.])
    """
    require_same_labels(denominator_by_stratum=denominator_by_stratum, reference_rate=reference_rate)
    people = as_counts("denominator_by_stratum", denominator_by_stratum)
    rate = as_counts("reference_rate", reference_rate)
    require_axes("denominator_by_stratum", people, "stratum")
    require_axes("reference_rate", rate, stratum=people.shape[-1])
    is_unknown = np.isnan(rate)
    expected = np.einsum("...k,...k->...", people, np.where(is_unknown, 0, rate))
    if is_unknown.any():
        expected = np.where((is_unknown & (people > 0)).any(axis=-1), np.nan, expected)
    return expected
