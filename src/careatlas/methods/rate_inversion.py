"""Which counts a published rate, proportion or ratio and its limits could have been made from.

Use it before showing any figure made from restricted counts: a rate to one decimal beside a public population is
the count in other words. At least five whole numbers must fit what is printed; where fewer do, print fewer
decimals, or make the figure from counts rounded to five (``counted_in`` 5), of which each stands for five.

Not for hidden counts: those have no figure at all. Not for several figures of the same records together: that is
``disclosure_audit``.

Formula::

    fits(count)  = method(count, denominator) to the decimals printed is the value printed,
                   and so are its limits where they are printed
    number       = whole numbers that fit; of counts rounded to five, those they stand for: five each, but 0 for
                   itself alone, and 5 for none, as 1 to 7 are hidden
    is_safe      = number >= 5

Source: Willenborg & de Waal 2001, Elements of statistical disclosure control, 10.1007/978-1-4613-0121-9 (an
attacker who knows the rule); the limits are those of Garwood 1936, 10.1093/biomet/28.3-4.437, Breslow & Day 1987,
and Wilson 1927, JASA 22:209.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.disclosure import ROUNDED_TO, SMALLEST_SHOWN
from careatlas.methods.estimate import Estimate, Numbers, alike, positive
from careatlas.methods.proportion import proportion

CHAPTER = "Data quality and disclosure"
ENOUGH = 5
MOST_TRIED = 500  # counts to each side of the likeliest: more than this need not be told apart
ROUNDING = 1e-9  # a printed half may have been rounded either way
AT_A_TIME = 500  # printed figures, so that memory does not grow with their number


class Inversion(NamedTuple):
    """The ``least`` and ``most`` count that fits what is printed, the ``number`` that do, and whether that
    ``is_safe``; all of the shape of the values. NaN and True where there is no value."""

    least: Numbers
    most: Numbers
    number: Numbers
    is_safe: NDArray[np.bool_]


def rate_counts(
    value: ArrayLike,
    denominator: ArrayLike,
    lower: ArrayLike = np.nan,
    upper: ArrayLike = np.nan,
    multiplier: float = 100_000,
    decimals: int = 1,
    counted_in: int = 1,
    confidence: float = 0.95,
) -> Inversion:
    """The counts a crude rate was made from, or a ratio (with expected events for ``denominator``).

    ``value``, and ``lower`` and ``upper`` where published (NaN where not), per ``multiplier`` people, as printed
    to ``decimals`` (below 0: tens, hundreds); ``denominator`` as the public knows it. All ``[..., area]``.
    ``counted_in`` 5: the rate was made from counts rounded to five. A count that lies on the edge between two
    printed figures fits both. At most 1,001 counts are told apart. NaN in value or denominator: nothing is
    published, and it is safe.

    A rate of 0 among few is the count 0 and nothing else. So it is when made from counts rounded to five, of which
    1 to 7 are hidden: never safe. Where zeros may be shown (profile ``hes``) a gate leaves them out.

    124.0 per 100,000 of 50,000 people is 62 and nothing else; of two million people 2,479 to 2,481 fit:

    >>> rate_counts([124.0], [50_000]).number.tolist()
    [1.0]
    >>> inversion = rate_counts([124.0], [2_000_000])
    >>> inversion.least.tolist(), inversion.most.tolist()
    ([2479.0], [2481.0])
    """

    def method(count: Numbers, denominator: Numbers) -> Estimate:
        return crude_rate(count, denominator, multiplier, confidence)

    return _inversion(method, (value, lower, upper), denominator, multiplier, decimals, counted_in)


def proportion_counts(
    value: ArrayLike,
    denominator: ArrayLike,
    lower: ArrayLike = np.nan,
    upper: ArrayLike = np.nan,
    multiplier: float = 100,
    decimals: int = 1,
    counted_in: int = 1,
    confidence: float = 0.95,
) -> Inversion:
    """The counts a proportion was made from. Arguments as ``rate_counts``.

    12.5 % of 40 is 5; of 4,000, 12.45 to 12.55 % are 498 to 502:

    >>> inversion = proportion_counts([12.5, 12.5], [40, 4000])
    >>> inversion.number.tolist(), inversion.is_safe.tolist()
    ([1.0, 5.0], [False, True])
    """

    def method(count: Numbers, denominator: Numbers) -> Estimate:
        possible = np.minimum(count, denominator)
        parts = proportion(possible, denominator, multiplier, confidence)
        return Estimate(*(np.where(count > denominator, np.nan, part) for part in parts))

    return _inversion(method, (value, lower, upper), denominator, multiplier, decimals, counted_in)


def _inversion(
    method: Callable[[Numbers, Numbers], Estimate],
    printed: tuple[ArrayLike, ArrayLike, ArrayLike],
    denominator: ArrayLike,
    multiplier: float,
    decimals: int,
    counted_in: int,
) -> Inversion:
    multiplier = positive("multiplier", multiplier)
    if counted_in not in (1, ROUNDED_TO):
        raise ValueError(f"counted_in must be 1 or {ROUNDED_TO}; it is {counted_in}")
    printed = dict(zip(Estimate._fields, printed, strict=True))
    given = np.stack(np.broadcast_arrays(*alike(**printed, denominator=denominator)))
    flat, found = given.reshape(4, -1), np.empty((3, given[0].size))
    for start in range(0, flat.shape[1], AT_A_TIME):
        here = slice(start, start + AT_A_TIME)
        found[:, here] = _counts_that_fit(method, flat[:, here, None], multiplier, decimals, counted_in)
    least, most, number = found.reshape(3, *given.shape[1:])
    return Inversion(least, most, number, ~(number < ENOUGH))


def _counts_that_fit(
    method: Callable[[Numbers, Numbers], Estimate],
    given: Numbers,
    multiplier: float,
    decimals: int,
    counted_in: int,
) -> tuple[Numbers, Numbers, Numbers]:
    """The least, the most and their number, of figures ``[figure, 1]`` with their limits and denominators."""
    *printed, people = given
    half = 0.5 * 10.0**-decimals
    per_count = counted_in * np.where(people > 0, multiplier / np.where(people > 0, people, 1), np.nan)
    reach = np.minimum(np.ceil(np.max(half / np.nan_to_num(per_count, nan=1.0))) + 1, MOST_TRIED)
    likeliest = np.rint(printed[0] / per_count)
    count = counted_in * (likeliest + np.arange(-reach, reach + 1))
    fits = ~np.isnan(count) & (count >= 0)
    worked = method(np.where(fits, count, 0), np.broadcast_to(people, count.shape))
    for one, other in zip(printed, worked, strict=True):
        fits &= np.isnan(one) | (np.abs(one - other) <= half * (1 + ROUNDING))
    if counted_in == ROUNDED_TO:
        fits &= (count == 0) | (count >= SMALLEST_SHOWN)  # 5 is never shown: it would stand for hidden counts
    spread = np.where(count > 0, counted_in // 2, 0)  # a zero stands for itself alone
    number = np.where(fits, 1 + 2 * spread, 0).sum(axis=-1)
    number = np.where(np.isnan(likeliest[:, 0]), np.nan, number)
    least = np.where(number > 0, np.where(fits, count - spread, np.inf).min(axis=-1), np.nan)
    most = np.where(number > 0, np.where(fits, count + spread, -np.inf).max(axis=-1), np.nan)
    return least, most, number
