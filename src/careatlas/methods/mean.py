"""The average of what was observed, such as days in hospital or pounds per patient.

Use it where each observation carries a number. It is worked from sums, because only sums leave the engine.

Not where a few observations hold most of the total (costs, long stays) and there are fewer than about a
hundred: Student's limits then reach too far down and not far enough up. Show the median beside it.

Formula::

    mean  = sum / observations
    s^2   = (sum of squares - sum^2 / observations) / (observations - 1)
    lower = mean - t root(s^2 / observations)
    upper = mean + t root(s^2 / observations)
    t     = Student's quantile with observations - 1 degrees of freedom

Source: Student 1908, Biometrika 6:1, 10.1093/biomet/6.1.1.
"""

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import Estimate, alike, as_counts, as_numbers, divide, refuse_where
from careatlas.methods.intervals import t_half_width

CHAPTER = "Rates"

ROUNDING = 1e-9  # share of the sum of squares that floating-point sums may be out by


def mean(
    count: ArrayLike, sum_of_squares: ArrayLike, observations: ArrayLike, confidence: float = 0.95
) -> Estimate:
    """The mean with Student's t limits.

    ``count`` is the sum of what was observed, ``sum_of_squares`` the sum of its squares, ``observations`` how
    many there were; all ``[..., area]``. The unit is that of what was observed. Fewer than two observations
    say nothing of the spread and give NaN, as does NaN in any of the three. Refuses a sum of no observations,
    a sum of squares smaller than the sum allows, infinite numbers, and fewer than no observations.

    Student 1908, 10.1093/biomet/6.1.1.

    2, 4 and 6 sum to 12 and their squares to 56. Mean 4, standard deviation 2, limits 4 -/+ 4.303 x 2 / 3^.5:

    >>> days = mean(count=[12], sum_of_squares=[56], observations=[3])
    >>> float(days.value[0]), float(days.lower[0].round(3)), float(days.upper[0].round(3))
    (4.0, -0.968, 8.968)
    """
    total, squares, observations = alike(
        as_numbers, count=count, sum_of_squares=sum_of_squares, observations=observations
    )
    squares = as_counts("sum_of_squares", squares)
    observations = as_counts("observations", observations)
    is_something = (np.abs(total) > 0) | (squares > 0)
    refuse_where((observations == 0) & is_something, "there is a sum of no observations")
    value = divide(total, np.where(observations < 2, np.nan, observations))
    spread = squares - total * value  # sum of squared deviations from the mean
    refuse_where(spread < -ROUNDING * squares, "sum_of_squares is smaller than the sum allows")
    variance = divide(np.maximum(spread, 0), observations - 1)
    half_width = t_half_width(np.sqrt(divide(variance, observations)), observations - 1, confidence)
    return Estimate(np.where(np.isnan(half_width), np.nan, value), value - half_width, value + half_width)
