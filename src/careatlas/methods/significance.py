"""Whether an area differs from what it is held against, in the words and by the rules that Fingertips uses.

Use it for the colours of a table or chart. ``significance`` gives words, by the rule for most indicators: a
comparator inside the 95 % interval, ends included, is "similar". The functions ``by_...`` give the codes of
Fingertips' comparator methods: ``by_interval`` (1), ``by_proportion_limits`` (5), ``by_count_limits`` (6),
``by_overlap`` (12), ``by_quantile`` (15 quintiles, 16 quartiles) and ``by_two_intervals`` (17).

Not to count outliers: none of them says how many areas would be flagged by chance, or allows for
over-dispersion (``funnel`` and ``overdispersion`` do), and "similar" is not "the same". Two intervals that
overlap may still differ: method 12 flags less than a test of the difference would. Quintiles always name a
fifth of the areas worst, even where they differ in nothing but chance.

Formula::

    1: lower_95 <= comparator <= upper_95 -> similar      17: also outside the 99.8 % limits -> worst or best
    5: E = comparator x n;  limits = (2 E + z^2 -/+ z (z^2 + 4 E (1 - E / n))^.5) / (2 (n + z^2))
    6: E = comparator x people / unit;  limits = the exact limits of a count of E, x unit / people
    12: the intervals of area and comparator overlap -> similar
    15, 16: the fifth or quarter of all areas that the value lies in

    code: 0 not compared, 1 worse (or lower), 2 similar, 3 better (or higher), 4 worst, 5 best

Source: Fingertips (Office for Health Improvement and Disparities), comparator methods and their published
source code; Wilson 1927, JASA 22:209, 10.1080/01621459.1927.10502953 (method 5); Garwood 1936, Biometrika
28:437, 10.1093/biomet/28.3-4.437 (method 6).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods._variance_between import quantile
from careatlas.methods.estimate import Numbers, alike, as_counts, as_numbers, divide, positive, refuse_where
from careatlas.methods.funnel import proportion_limits
from careatlas.methods.intervals import exact_limits

CHAPTER = "Limits and outliers"

BELOW_AND_ABOVE = {
    "higher_is_better": ("worse", "better"),
    "lower_is_better": ("better", "worse"),
    "neither": ("lower", "higher"),
}
NOT_COMPARED, BELOW, SIMILAR, ABOVE, FAR_BELOW, FAR_ABOVE = range(6)
WHERE_LOW_IS_GOOD = np.array([NOT_COMPARED, ABOVE, SIMILAR, BELOW, FAR_ABOVE, FAR_BELOW], np.int8)
FURTHER = np.array([NOT_COMPARED, FAR_BELOW, SIMILAR, FAR_ABOVE], np.int8)

Codes = NDArray[np.int8]


def significance(
    lower: ArrayLike, upper: ArrayLike, comparator: ArrayLike, polarity: str
) -> NDArray[np.str_]:
    """One of ``better``, ``similar``, ``worse`` (or ``higher``, ``similar``, ``lower``) or ``not_compared``.

    ``lower`` and ``upper`` are the limits of the value, ``[..., area]``; the ``comparator`` (England, a
    standard, a peer) is one number, ``[..., 1]`` or ``[..., area]``, all in one unit. ``polarity`` is
    ``higher_is_better``, ``lower_is_better`` or ``neither``. Where a limit or the comparator is missing:
    ``not_compared``. Refuses another polarity, and an upper limit below the lower.

    Fingertips (Office for Health Improvement and Disparities), comparator method 1.

    >>> significance([2, 5, 7], [4, 8, 9], 5, "lower_is_better").tolist()
    ['better', 'similar', 'worse']
    """
    below, above = _good_words(polarity)
    lower, upper, comparator = _numbers(lower=lower, upper=upper, comparator=comparator)
    refuse_where(upper < lower, "upper is below lower")
    is_unknown = np.isnan(lower) | np.isnan(upper) | np.isnan(comparator)
    return np.select(
        [is_unknown, upper < comparator, lower > comparator], ["not_compared", below, above], "similar"
    )


def by_interval(lower: ArrayLike, upper: ArrayLike, comparator: ArrayLike, polarity: str) -> Codes:
    """Method 1, as codes: 2 where the ``comparator`` lies within the 95 % limits, ends included.

    Arguments, shapes and refusals as in ``significance``; ``[..., area]``. 0 where anything is missing.

    >>> by_interval([2, 5, 7], [4, 8, 9], 5, "lower_is_better").tolist()
    [3, 2, 1]
    """
    lower, upper, comparator = _numbers(lower=lower, upper=upper, comparator=comparator)
    refuse_where(upper < lower, "upper is below lower")
    return _codes(lower + upper + comparator, upper < comparator, lower > comparator, polarity)


def by_two_intervals(
    lower: ArrayLike,
    upper: ArrayLike,
    outer_lower: ArrayLike,
    outer_upper: ArrayLike,
    comparator: ArrayLike,
    polarity: str,
) -> Codes:
    """Method 17: as method 1, and 4 (worst) or 5 (best) where the ``comparator`` lies outside the 99.8 %
    limits too, ``outer_lower`` and ``outer_upper``.

    Shapes as in ``significance``. 0 where anything is missing. Refuses outer limits within the inner ones.

    >>> by_two_intervals([6, 9], [8, 11], [4, 7], [10, 13], 5, "lower_is_better").tolist()
    [1, 4]
    """
    lower, upper, outer_lower, outer_upper, comparator = _numbers(
        lower=lower, upper=upper, outer_lower=outer_lower, outer_upper=outer_upper, comparator=comparator
    )
    refuse_where(upper < lower, "upper is below lower")
    refuse_where((outer_lower > lower) | (outer_upper < upper), "the 99.8 % limits lie within the 95 % ones")
    known = lower + upper + outer_lower + outer_upper + comparator
    codes = _codes(known, upper < comparator, lower > comparator, polarity)
    is_far = (outer_upper < comparator) | (outer_lower > comparator)
    return np.where(is_far, FURTHER[codes], codes)


def by_overlap(
    lower: ArrayLike,
    upper: ArrayLike,
    comparator_lower: ArrayLike,
    comparator_upper: ArrayLike,
    polarity: str,
) -> Codes:
    """Method 12: 2 where the interval of the area and that of the comparator share a point.

    Shapes as in ``significance``. 0 where anything is missing.

    >>> by_overlap([2, 5, 7], [4, 8, 9], 4, 6, "higher_is_better").tolist()
    [2, 2, 3]
    """
    lower, upper, comparator_lower, comparator_upper = _numbers(
        lower=lower, upper=upper, comparator_lower=comparator_lower, comparator_upper=comparator_upper
    )
    refuse_where(upper < lower, "upper is below lower")
    refuse_where(comparator_upper < comparator_lower, "comparator_upper is below comparator_lower")
    known = lower + upper + comparator_lower + comparator_upper
    return _codes(known, upper < comparator_lower, lower > comparator_upper, polarity)


def by_proportion_limits(
    value: ArrayLike,
    denominator: ArrayLike,
    comparator: ArrayLike,
    polarity: str,
    multiplier: float = 100,
    confidence: float = 0.95,
) -> Codes:
    """Method 5: 2 where the proportion lies within the limits about the ``comparator`` for its size.

    ``value`` and ``comparator`` in units of ``multiplier`` (100: per cent), ``denominator`` the people;
    ``[..., area]``. Fingertips uses ``confidence`` .95 or .998. 0 where anything is missing or nobody is in
    the denominator. Refuses a value or comparator below zero or above the multiplier.

    Shares of 100 people against 50 %: limits 40.4 and 59.6:

    >>> by_proportion_limits([40, 41, 60], [100, 100, 100], 50, "higher_is_better").tolist()
    [1, 2, 3]
    """
    multiplier = positive("multiplier", multiplier)
    value, denominator, comparator = _numbers(value=value, denominator=denominator, comparator=comparator)
    for name, each in (("value", value), ("comparator", comparator)):
        refuse_where((each < 0) | (each > multiplier), f"{name} is not between 0 and {multiplier:g}")
    lower, upper = proportion_limits(
        as_counts("denominator", denominator), comparator / multiplier, confidence
    )
    return _beside(value / multiplier, lower, upper, polarity)


def by_count_limits(
    value: ArrayLike,
    denominator: ArrayLike,
    comparator: ArrayLike,
    polarity: str,
    multiplier: float = 100_000,
    confidence: float = 0.95,
) -> Codes:
    """Method 6: 2 where the rate lies within the limits of as many events as the ``comparator`` would bring.

    ``value`` and ``comparator`` per ``multiplier`` people, ``denominator`` the people; ``[..., area]``. For
    directly standardised rates too, as Fingertips does, though their error is not that of a count. 0 where
    anything is missing or nobody is in the denominator. Refuses numbers below zero, such as -1 for missing.

    100 events expected among 100,000: limits 81.4 and 121.6:

    >>> by_count_limits([81, 82, 122], [1e5, 1e5, 1e5], 100, "lower_is_better").tolist()
    [3, 2, 1]
    """
    multiplier = positive("multiplier", multiplier)
    value, denominator, comparator = _numbers(value=value, denominator=denominator, comparator=comparator)
    people = as_counts("denominator", denominator) / multiplier
    limits = exact_limits(as_counts("comparator", comparator) * people, confidence)
    lower, upper = (divide(limit, people) for limit in limits)
    return _beside(as_counts("value", value), lower, upper, polarity)


def by_quantile(value: ArrayLike, groups: int, polarity: str) -> Codes:
    """Methods 15 (5 ``groups``) and 16 (4): the fifth or quarter of all areas that each lies in, from 1.

    ``value`` is ``[..., area]``. Counted from the lowest value; from the highest where higher is better, so
    that 1 is the better end, as in Fingertips. A value on a boundary lies in the lower group. Boundaries are
    quantiles of the known values (type 7): where all values are equal, all lie in the lowest group. All are 0
    where fewer areas than groups have a value. Refuses fewer than two groups.

    >>> by_quantile([1, 2, 3, 4, 5, 6, 7, 8], 4, "neither").tolist()
    [1, 1, 2, 2, 3, 3, 4, 4]
    """
    _good_words(polarity)
    if groups < 2:
        raise ValueError(f"groups must be 2 or more, such as 5; it is {groups}")
    (value,) = _numbers(value=value)
    known = (~np.isnan(value)).sum(axis=-1, keepdims=True)
    in_order = np.sort(value, axis=-1)  # missing ones come last
    group = np.ones(value.shape, int)
    for share in np.arange(1, groups) / groups:
        group += value > quantile(in_order, known, share)
    if polarity == "higher_is_better":
        group = groups + 1 - group
    return np.where(np.isnan(value) | (known < groups), NOT_COMPARED, group).astype(np.int8)


def _good_words(polarity: str) -> tuple[str, str]:
    if polarity not in BELOW_AND_ABOVE:
        raise ValueError(f"polarity must be one of {', '.join(BELOW_AND_ABOVE)}; it is {polarity!r}")
    return BELOW_AND_ABOVE[polarity]


def _numbers(**given: ArrayLike) -> list[Numbers]:
    """All as floats of one shape, refused as in ``alike``; what is held against may be one for all areas."""
    held_against = [name for name in given if name.startswith("comparator")]
    return list(np.broadcast_arrays(*alike(as_numbers, *held_against, **given)))


def _beside(value: Numbers, lower: Numbers, upper: Numbers, polarity: str) -> Codes:
    """The code of a value beside limits about the comparator."""
    return _codes(value + lower + upper, value < lower, value > upper, polarity)


def _codes(known: Numbers, is_below: NDArray[np.bool_], is_above: NDArray[np.bool_], polarity: str) -> Codes:
    _good_words(polarity)
    codes = np.select([np.isnan(known), is_below, is_above], [NOT_COMPARED, BELOW, ABOVE], SIMILAR)
    codes = codes.astype(np.int8)
    return WHERE_LOW_IS_GOOD[codes] if polarity == "lower_is_better" else codes
