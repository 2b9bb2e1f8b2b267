"""What every method usable in an indicator gives back, and the checks they all make on what they are given.

An array of one axis holds areas; more axes go in front (``[indicator, period, area]``) and are worked in one
call. NaN is missing, coming in and going out. It never becomes zero, and zero never becomes NaN unless a
method says so. What cannot be (a count below zero, events among nobody) is refused with ``ValueError`` naming
its position, because a wrong number would be worse than none.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
LARGEST = np.finfo(np.float64).max


class Estimate(NamedTuple):
    """A value and its lower and upper confidence limits, arrays of one shape. NaN where not known."""

    value: Numbers
    lower: Numbers
    upper: Numbers


class Limits(NamedTuple):
    """Lower and upper limits, arrays of one shape. NaN where not known."""

    lower: Numbers
    upper: Numbers


def as_numbers(name: str, values: ArrayLike) -> Numbers:
    """The values as floats, what a masked array hides as NaN; refused where infinite.

    >>> as_numbers("count", [3, None])
    array([ 3., nan])
    """
    numbers = _as_floats(values)
    if not _lie_within(numbers, -LARGEST):
        refuse_where(np.isinf(numbers), f"{name} is infinite")
    return numbers


def as_counts(name: str, values: ArrayLike) -> Numbers:
    """The values as floats; refused where infinite or below zero.

    >>> as_counts("count", [4, -1])
    Traceback (most recent call last):
    ValueError: count is below zero at position 1
    """
    numbers = _as_floats(values)
    if not _lie_within(numbers, 0):
        refuse_where(np.isinf(numbers), f"{name} is infinite")
        refuse_where(numbers < 0, f"{name} is below zero")
    return numbers


def _as_floats(values: ArrayLike) -> Numbers:
    if isinstance(values, np.ma.MaskedArray):
        values = values.astype(np.float64).filled(np.nan)
    return np.asarray(values, dtype=np.float64)


def _lie_within(numbers: Numbers, lowest: float) -> bool:
    """Whether none is missing, infinite or below; in one look, where finding out which takes several."""
    return numbers.size == 0 or bool(numbers.min() >= lowest and numbers.max() <= LARGEST)


def refuse_where(wrong: NDArray[np.bool_], what: str) -> None:
    """Raise ``ValueError`` saying what is wrong at the first position where it is, and at how many more."""
    if not np.any(wrong):
        return
    positions = np.argwhere(wrong)
    first = ", ".join(str(index) for index in positions[0]) or "0"
    others = f" and {len(positions) - 1} more" if len(positions) > 1 else ""
    raise ValueError(f"{what} at position {first}{others}")


def divide(numerator: Numbers | float, denominator: Numbers | float) -> Numbers:
    """Quotients; NaN where the denominator is zero or either is missing.

    >>> divide(1.0, np.array([4.0, 0.0]))
    array([0.25,  nan])
    """
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    quotient = np.full(numerator.shape, np.nan)
    return np.divide(numerator, denominator, out=quotient, where=denominator != 0)
