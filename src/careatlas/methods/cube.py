"""A long table, one row for each area, period and stratum, as the arrays that the methods take.

Use it to go from a data frame to ``[..., area, stratum]``. Every method then works all of it in one call.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import Numbers, as_numbers, refuse_where


class Cube(NamedTuple):
    """``values`` by column, arrays with one axis for each of the ``labels``, in that order; NaN where the table
    has no row."""

    values: dict[str, Numbers]
    labels: dict[str, NDArray[Any]]


def cube(columns: Mapping[str, ArrayLike], by: Mapping[str, ArrayLike]) -> Cube:
    """The ``columns`` of numbers laid out along the axes that the columns of labels in ``by`` make, in order.

    Both are columns by name: a dict, or those columns of a frame (``table[["events", "people"]]``). All
    columns are of one length. Labels come in the order in which the table first has them, so that a table
    sorted by age keeps its ages in order; pandas categories, which need no hashing,
    come in their own order where all of them are in the table. A combination of labels without a row is NaN,
    as is a missing number. Refuses two rows for one combination (sum them first, or name the column that
    tells them apart), a missing label, infinite numbers, and columns of different lengths.

    >>> table = {"area": ["A", "A", "B"], "age": ["0-64", "65+", "0-64"], "events": [3, 9, 4]}
    >>> found = cube({"events": table["events"]}, by={"area": table["area"], "age": table["age"]})
    >>> found.values["events"]
    array([[ 3.,  9.],
           [ 4., nan]])
    >>> [each.tolist() for each in found.labels.values()]
    [['A', 'B'], ['0-64', '65+']]

    Methods that standardise take one axis of strata, so that sex and age are first joined into one column; the
    standard population then follows the order in which the strata came out:

    >>> import pandas as pd
    >>> table = pd.DataFrame({"area": ["A"] * 4, "sex": ["F", "F", "M", "M"], "age": ["0-64", "65+"] * 2})
    >>> table = table.assign(events=[10, 30, 12, 36], people=[900, 400, 1000, 300])
    >>> table["stratum"] = table["sex"] + " " + table["age"]
    >>> found = cube(table[["events", "people"]], by=table[["area", "stratum"]])
    >>> standard = {"M 65+": 900, "M 0-64": 4100, "F 65+": 1100, "F 0-64": 3900}
    >>> [standard[stratum] for stratum in found.labels["stratum"]]
    [3900, 1100, 4100, 900]
    """
    for name, given in {"columns": columns, "by": by}.items():
        if not hasattr(given, "items") or getattr(given, "ndim", 2) != 2:
            raise ValueError(f"{name} must be columns by name: table[['area', 'age']], or a dict of columns")
    if not len(by):
        raise ValueError("by must name at least one column of labels, one for each axis; it names none")
    lengths = {name: _length(name, column) for name, column in {**columns, **by}.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns must have one length; they have {lengths}")
    codes, labels = zip(*(_numbered(name, column) for name, column in by.items()), strict=True)
    shape = tuple(len(each) for each in labels)
    place = _places(codes, shape)
    if len(place) == np.prod(shape) and (place[1:] > place[:-1]).all():  # whole, and in order already
        values = {name: as_numbers(name, column).reshape(shape).copy() for name, column in columns.items()}
        return Cube(values, dict(zip(by, labels, strict=True)))
    _refuse_repeats(place, shape, list(by))
    values = {name: np.empty(shape) for name in columns}
    for name, column in columns.items():
        if len(place) < values[name].size:
            values[name].fill(np.nan)
        values[name].ravel()[place] = as_numbers(name, column)
    return Cube(values, dict(zip(by, labels, strict=True)))


def _length(name: str, column: ArrayLike) -> int:
    if getattr(column, "ndim", 1) != 1 or not hasattr(column, "__len__"):
        raise ValueError(f"{name} must be a column, with one value for each row of the table")
    return len(column)


def _numbered(name: str, column: ArrayLike) -> tuple[NDArray[np.integer], NDArray[Any]]:
    """The place of each row's label among the labels, and the labels."""
    from pandas import CategoricalDtype, factorize  # hashing takes a tenth of the time of sorting

    if isinstance(getattr(column, "dtype", None), CategoricalDtype):
        categories = getattr(column, "cat", column)
        codes, labels = np.asarray(categories.codes), np.asarray(categories.categories)
        once = codes[: _period(codes)]
        is_in_table = np.bincount(once[_starts_of_runs(once)] + np.intp(1), minlength=len(labels) + 1) > 0
        if is_in_table[1:].all():
            refuse_where(codes < 0, f"{name} is missing")
            return codes, labels
    column = column if hasattr(column, "dtype") else np.asarray(column, dtype=object)
    if isinstance(column.dtype, np.dtype):
        codes, labels = _numbered_by_run(np.asarray(column))
    else:
        codes, labels = factorize(column)
    refuse_where(codes < 0, f"{name} is missing")
    return codes, np.asarray(labels)


def _numbered_by_run(column: NDArray[Any]) -> tuple[NDArray[np.integer], NDArray[Any]]:
    """A table mostly repeats a list of labels, holds them in runs, and has equal texts as one object.

    So what is hashed is the first row of each run of one list, texts by their addresses, and then the few
    labels found.
    """
    from pandas import factorize

    keys = np.asarray(_Addresses(column)) if column.dtype == object else column
    once = keys[: _period(keys)]
    starts = _starts_of_runs(once)
    codes, known = factorize(once[starts], use_na_sentinel=False)
    first_row = np.empty(len(known), dtype=np.intp)
    first_row[codes[::-1]] = starts[::-1]
    codes_of_known, labels = factorize(column[first_row])
    codes = codes_of_known.astype(np.min_scalar_type(-len(labels) - 1))[codes]
    return np.resize(np.repeat(codes, np.diff(starts, append=len(once))), len(keys)), labels


def _period(keys: NDArray[Any]) -> int:
    """After how many rows the column begins again and is the same to its end; all of them, if it does not."""
    is_first = keys == keys[:1]
    begins_again = is_first[1:] > is_first[:-1]
    period = 1 + int(begins_again.argmax()) if begins_again.any() else len(keys)
    return period if (keys[period:] == keys[: len(keys) - period]).all() else len(keys)


def _starts_of_runs(keys: NDArray[Any]) -> NDArray[np.intp]:
    is_new = np.ones(len(keys), dtype=bool)
    is_new[1:] = keys[1:] != keys[:-1]
    return np.flatnonzero(is_new)


class _Addresses:
    """An array of objects seen as the numbers of where they lie in memory."""

    def __init__(self, column: NDArray[np.object_]) -> None:
        self.column = column  # kept alive as long as it is looked at
        whole_number = np.dtype(np.intp).str
        self.__array_interface__ = column.__array_interface__ | {
            "typestr": whole_number,
            "descr": [("", whole_number)],
        }


def _places(codes: tuple[NDArray[np.integer], ...], shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Where in the array, taken as one line, each row belongs."""
    place = codes[0].astype(np.intp)
    for more, length in zip(codes[1:], shape[1:], strict=True):
        place *= length
        place += more
    return place


def _refuse_repeats(place: NDArray[np.intp], shape: tuple[int, ...], axes: list[str]) -> None:
    is_taken = np.zeros(int(np.prod(shape)), dtype=bool)
    is_taken[place] = True
    if np.count_nonzero(is_taken) == len(place):
        return
    last_row = np.zeros(len(is_taken), dtype=np.intp)
    last_row[place] = rows = np.arange(len(place))
    refuse_where(last_row[place] != rows, f"there are two rows of one {' and '.join(axes)}: the first")
