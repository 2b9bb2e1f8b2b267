"""Areas over periods, some of which changed: the checks that methods of before and after share."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import (
    Numbers,
    as_numbers,
    as_truths,
    labels_of,
    require_axes,
    require_same_labels,
)


def panel(value: ArrayLike, start: int, **truths: ArrayLike) -> tuple[Numbers, tuple[NDArray[np.bool_], ...]]:
    """Values ``[..., area, period]``, and truths by area ``[..., area]`` in the order given, all on the same
    leading axes."""
    by_label = {name: labels_of(each) for name, each in truths.items()}
    require_same_labels(value=labels_of(value, -2), **by_label)
    value = as_numbers("value", value)
    require_axes("value", value, "area", "period")
    refuse_start(start, value.shape[-1])
    by_area = {name: as_truths(name, each) for name, each in truths.items()}
    for name, each in by_area.items():
        require_axes(name, each, area=value.shape[-2])
    shape = np.broadcast_shapes(value.shape[:-1], *(each.shape for each in by_area.values()))
    value = np.broadcast_to(value, (*shape, value.shape[-1]))
    return value, tuple(np.broadcast_to(each, shape) for each in by_area.values())


def refuse_start(start: int, periods: int) -> None:
    """Raise ``ValueError`` where the first period after a change is none, or has nothing before it."""
    if not isinstance(start, int | np.integer) or not 0 < start < periods:
        raise ValueError(
            "start must be a position that leaves periods before and after; "
            f"it is {start!r} of {periods} periods, counted from 0"
        )
