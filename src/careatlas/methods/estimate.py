"""What every method usable in an indicator gives back, and the checks they all make on what they are given.

An array of one axis holds areas; more axes go in front (``[indicator, period, area]``) and are worked in one
call. NaN is missing, coming in and going out. It never becomes zero, and zero never becomes NaN unless a
method says so. What cannot be (a count below zero, events among nobody) is refused with ``ValueError`` naming
its position, because a wrong number would be worse than none.

Areas are held to each other by position, and what a method gives back has no labels. Where two inputs of pandas
carry labels that differ, or are in another order, they are refused (``alike``); give arrays to go by position.
"""

from collections.abc import Callable
from numbers import Real
from operator import index
from typing import Any, NamedTuple

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
    numbers = _as_floats(name, values)
    if not _lie_within(numbers, -LARGEST):
        refuse_where(np.isinf(numbers), f"{name} is infinite")
    return numbers


def as_counts(name: str, values: ArrayLike) -> Numbers:
    """The values as floats; refused where infinite or below zero.

    >>> as_counts("count", [4, -1])
    Traceback (most recent call last):
    ValueError: count is below zero at position 1
    """
    numbers = _as_floats(name, values)
    if not _lie_within(numbers, 0):
        refuse_where(np.isinf(numbers), f"{name} is infinite")
        refuse_where(numbers < 0, f"{name} is below zero")
    return numbers


def as_truths(name: str, values: ArrayLike, not_known: bool | None = None) -> NDArray[np.bool_]:
    """Truths, given as such or as 1 and 0; what is not known (NaN, None) is ``not_known``, or else refused.

    Text is refused, because any would be true, and so are other numbers.

    >>> as_truths("is_changed", [1, 0, True]), as_truths("is_held", [True, None], not_known=False)
    (array([ True, False,  True]), array([ True, False]))
    """
    if np.asarray(values).dtype.kind in "OSU":
        is_text = np.vectorize(lambda each: isinstance(each, str | bytes), otypes=[bool])(values)
        refuse_where(is_text, f"{name} must be true or false, and is text")
    numbers = _as_floats(name, values)
    is_known = ~np.isnan(numbers)
    refuse_where(
        is_known & (numbers != 0) & (numbers != 1), f"{name} must be true or false, and is another number"
    )
    if not_known is None:
        refuse_where(~is_known, f"{name} must be true or false, and is not known")
    return np.where(is_known, numbers == 1, bool(not_known))


def _as_floats(name: str, values: ArrayLike) -> Numbers:
    if isinstance(values, np.ma.MaskedArray):
        values = values.astype(np.float64).filled(np.nan)
    if hasattr(values, "_fields"):
        raise ValueError(
            f"{name} is a whole {type(values).__name__}: give one of {', '.join(values._fields)}"
        )
    try:
        if np.asarray(values).dtype.kind not in "mM":
            return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        _refuse_what_is_no_number(name, values)
    raise ValueError(f"{name} must be numbers; it is dates or times")


def _refuse_what_is_no_number(name: str, values: ArrayLike) -> None:
    """Say what could not be read as numbers, and where."""
    try:
        each_value = np.asarray(values, dtype=object)
    except ValueError:
        raise ValueError(f"{name} must have rows of one length") from None
    for position, each in np.ndenumerate(each_value):
        if np.ndim(each):
            raise ValueError(f"{name} must have rows of one length")
        try:
            np.float64(each)
        except (TypeError, ValueError):
            place = ", ".join(map(str, position)) or "0"
            raise ValueError(
                f"{name} must be numbers; it is {each!r} at position {place} (give NaN for what is suppressed or"
                " missing)"
            ) from None


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


def require_axes(name: str, numbers: NDArray[Any], *axes: str, **lengths: int) -> None:
    """Raise ``ValueError`` unless there are as many axes as named, so that one number is not taken for a map.

    Axes named with a length are the last ones, and have just that: one truth is not spread over all areas.

    >>> require_axes("count", as_counts("count", 4), "area", "period")
    Traceback (most recent call last):
    ValueError: count must be [..., area, period]; it has 0 axes
    >>> require_axes("is_changed", as_truths("is_changed", [True]), area=3)
    Traceback (most recent call last):
    ValueError: is_changed must have 3 along its axis area; it has 1
    """
    if numbers.ndim < len(axes) + len(lengths):
        raise ValueError(f"{name} must be [..., {', '.join([*axes, *lengths])}]; it has {numbers.ndim} axes")
    for back, (axis, length) in enumerate(reversed(lengths.items()), start=1):
        if numbers.shape[-back] != length:
            raise ValueError(
                f"{name} must have {length} along its axis {axis}; it has {numbers.shape[-back]}"
            )


def alike(
    convert: Callable[[str, ArrayLike], Numbers] = as_counts, /, *for_all: str, **given: ArrayLike
) -> tuple[Numbers, ...]:
    """What is given by name as floats (``as_counts``, or ``as_numbers``) that go together by position.

    Refused where labels differ (``require_same_labels``) and where last axes are of different lengths: a single
    number may stand for all areas, but a column of sixty rows beside a list of sixty would become 60 x 60. Axes
    in front spread as usual. The arrays are not spread themselves. Those named ``for_all`` may also be one for all
    areas of each set, ``[..., 1]`` with no more axes than the areas have, as England's figure in each period is.

    >>> alike(count=[3, None], denominator=2)
    (array([ 3., nan]), array(2.))
    >>> value, england = alike(as_numbers, "england", value=[[3, 4], [5, 6]], england=[[2], [1]])
    >>> (value - england).tolist()
    [[1.0, 2.0], [4.0, 5.0]]
    >>> alike(count=[3, 4], denominator=[[20], [30]])
    Traceback (most recent call last):
    ValueError: count is [2] and denominator [2 x 1]: their last axes must have one length
    """
    numbers = tuple(convert(name, values) for name, values in given.items())
    if len({each.shape for each in numbers}) > 1:
        _require_one_shape(dict(zip(given, numbers, strict=True)), for_all)
    require_same_labels(**given)
    return numbers


def _require_one_shape(given: dict[str, Numbers], for_all: tuple[str, ...]) -> None:
    (first, one), *others = ((name, each.shape) for name, each in given.items() if each.ndim)
    for name, shape in others:
        what = f"{first} is [{' x '.join(map(str, one))}] and {name} [{' x '.join(map(str, shape))}]"
        is_for_all = name in for_all and shape[-1] == 1 and len(shape) <= len(one)
        if shape[-1] != one[-1] and not is_for_all:
            raise ValueError(f"{what}: their last axes must have one length")
        if any(1 != a != b != 1 for a, b in zip(shape[::-1], one[::-1], strict=False)):
            raise ValueError(f"{what}: axes in front must have one length, or 1")


def require_same_labels(**given: object) -> None:
    """Raise ``ValueError`` where two inputs of pandas have other labels along an axis, or in another order.

    Axes are held together from the last one; the labels of one axis (``labels_of``) stand for an input of that
    axis alone. What carries no labels goes by position.
    """
    labelled = {name: list(each.axes)[::-1] for name, each in given.items() if hasattr(each, "iloc")}
    labelled |= {name: [each] for name, each in given.items() if hasattr(each, "get_indexer")}
    for name, axes in labelled.items():
        for other, other_axes in labelled.items():
            for labels, other_labels in zip(axes, other_axes, strict=False):
                if len(labels) == len(other_labels) and not labels.equals(other_labels):
                    _refuse_labels(name, labels, other, other_labels)


def labels_of(values: Any, axis: int = -1) -> Any:
    """The labels along one axis of what pandas made; None of anything else.

    >>> labels_of([3, 4]) is None
    True
    """
    return values.axes[axis] if hasattr(values, "iloc") and len(values.axes) >= -axis else None


def _refuse_labels(name: str, labels: Any, other: str, other_labels: Any) -> None:
    differing = zip(labels.tolist(), other_labels.tolist(), strict=True)
    place, pair = next(
        ((place, pair) for place, pair in enumerate(differing) if pair[0] != pair[1]), (0, ("", ""))
    )
    raise ValueError(
        f"{name} and {other} have different labels, {pair[0]!r} and {pair[1]!r} at position {place}: put them in"
        " one order (reindex), or give arrays to go by position"
    )


def counts_with_axes(*axes: str, **counts: ArrayLike) -> tuple[Numbers, ...]:
    """Counts given by name, as floats of one shape that has at least these axes; refused as in ``alike``.

    >>> counts_with_axes("area", observed=[3, None], expected=2)
    (array([ 3., nan]), array([2., 2.]))
    """
    arrays = np.broadcast_arrays(*alike(**counts))
    require_axes(" or ".join(counts), arrays[0], *axes)
    return arrays


def whole_number(name: str, number: int, fewest: int) -> int:
    """The number of draws, points or places that was asked for; refused if not whole or below ``fewest``.

    >>> whole_number("draws", 0, fewest=1)
    Traceback (most recent call last):
    ValueError: draws must be a whole number of at least 1; it is 0
    """
    try:
        whole = index(number)
    except TypeError:
        whole = fewest - 1
    if whole < fewest:
        raise ValueError(f"{name} must be a whole number of at least {fewest}; it is {number!r}")
    return whole


def positive(name: str, number: float) -> float:
    """The number, refused unless it is one, above zero and finite.

    >>> positive("multiplier", "1000")
    Traceback (most recent call last):
    ValueError: multiplier must be a number above zero; it is '1000'
    """
    if not (isinstance(number, Real) and 0 < number < np.inf):
        raise ValueError(f"{name} must be a number above zero; it is {number!r}")
    return float(number)


def mean_of_known(numbers: Numbers) -> Numbers:
    """Means over the last axis of what is known; NaN where nothing is.

    >>> mean_of_known(np.array([[4.0, np.nan, 6.0], [np.nan, np.nan, np.nan]]))
    array([ 5., nan])
    """
    is_known = ~np.isnan(numbers)
    return divide(np.where(is_known, numbers, 0).sum(axis=-1), is_known.sum(axis=-1))


def divide(numerator: Numbers | float, denominator: Numbers | float) -> Numbers:
    """Quotients; NaN where the denominator is zero or either is missing.

    >>> divide(1.0, np.array([4.0, 0.0]))
    array([0.25,  nan])
    """
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    quotient = np.full(numerator.shape, np.nan)
    return np.divide(numerator, denominator, out=quotient, where=denominator != 0)
