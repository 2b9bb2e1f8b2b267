"""How closely two figures of the same areas go together.

Use it beside a scatter plot of two indicators, with its interval and how many areas it rests on. Each area may
count alike, or by its people (``weight``): a small area's figures swing by chance, and should not decide.

Not as a cause: places differ in much else at once, and what holds of areas need not hold of persons. Chance in
either figure brings the correlation nearer to 0 than that of the true rates; figures divided by the same people
go together for that alone. Neighbours are alike, so that the limits are narrower than they should be.

Formula::

    r = sum of w (x - mean x)(y - mean y) / (sum of w (x - mean x)^2 x sum of w (y - mean y)^2)^.5
    effective areas n = (sum of w)^2 / sum of w^2;  all weights alike: the number of areas
    limits = tanh(arctanh r -/+ z / (n - 3)^.5)

Source: Fisher 1921, Metron 1:3 (limits); Kish 1965, Survey sampling (effective number); Pearson 1897,
Proceedings of the Royal Society 60:489, 10.1098/rspl.1896.0076 (a shared denominator).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import Numbers, alike, as_counts, as_numbers, divide, require_axes
from careatlas.methods.intervals import normal_quantile

CHAPTER = "Ranks and comparison"
FEWEST_AREAS = 4  # (n - 3) must be above zero


class Correlation(NamedTuple):
    """``value`` from -1 to 1 with ``lower`` and ``upper`` limits, how many ``areas`` have both figures, and how
    many equal ones they count for (``effective_areas``), all ``[...]``. NaN where it is not defined."""

    value: Numbers
    lower: Numbers
    upper: Numbers
    areas: Numbers
    effective_areas: Numbers


def correlation(
    x: ArrayLike, y: ArrayLike, weight: ArrayLike | None = None, confidence: float = 0.95
) -> Correlation:
    """Pearson's correlation of ``x`` and ``y``, both ``[..., area]``, with its limits.

    ``weight``, of the same shape, is at least 0; without it all areas count alike. An area with NaN in any is
    left out. Not defined with fewer than 4 areas, or where either figure is the same everywhere; limits need
    more than 3 effective areas, and close on a correlation of -1 or 1. Refuses infinite figures and weights
    below zero.

    Fisher 1921.

    Deviations -2, -1, 0, 1, 2 and -1, -2, 0, 2, 1: products 2 + 2 + 0 + 2 + 2 = 8, squares 10 and 10:

    >>> found = correlation([1, 2, 3, 4, 5], [2, 1, 3, 5, 4])
    >>> float(found.value.round(12)), float(found.areas)
    (0.8, 5.0)
    """
    given = {"x": x, "y": y} | ({} if weight is None else {"weight": weight})
    x, y, *weights = alike(as_numbers, **given)
    require_axes("x", x, "area")
    w = as_counts("weight", weights[0]) if weights else np.ones(())
    x, y, w = np.broadcast_arrays(x, y, w)
    is_known = ~np.isnan(x + y + w) & (w > 0)
    w = np.where(is_known, w, 0.0)
    areas, effective = is_known.sum(axis=-1).astype(float), divide(w.sum(axis=-1) ** 2, (w**2).sum(axis=-1))
    from_x, from_y = (_deviations(each, w, is_known) for each in (x, y))
    both = np.sqrt((w * from_x**2).sum(axis=-1) * (w * from_y**2).sum(axis=-1))
    value = np.clip(divide((w * from_x * from_y).sum(axis=-1), both), -1, 1)
    value = np.where(areas >= FEWEST_AREAS, value, np.nan)
    lower, upper = _limits(value, effective, confidence)
    return Correlation(value, lower, upper, areas, np.where(areas > 0, effective, 0.0))


def _deviations(numbers: Numbers, weight: Numbers, is_known: Numbers) -> Numbers:
    """From the weighted mean; exactly 0 where all figures are the same, whatever the rounding of their mean."""
    known = np.where(is_known, numbers, 0.0)
    mean = divide((weight * known).sum(axis=-1, keepdims=True), weight.sum(axis=-1, keepdims=True))
    lowest = np.where(is_known, numbers, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
    highest = np.where(is_known, numbers, -np.inf).max(axis=-1, keepdims=True, initial=-np.inf)
    return np.where(is_known & (lowest < highest), known - mean, 0.0)


def _limits(value: Numbers, effective: Numbers, confidence: float) -> tuple[Numbers, Numbers]:
    with np.errstate(divide="ignore"):  # a correlation of 1 is infinitely far, and its limits are 1
        centre = np.arctanh(value)
    error = divide(1.0, np.sqrt(np.where(effective > 3, effective - 3, np.nan)))
    reach = normal_quantile(confidence) * error
    return np.tanh(centre - reach), np.tanh(centre + reach)
