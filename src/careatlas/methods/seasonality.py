"""Whether a series repeats itself every year, and the series without its season.

Use it before a control chart of monthly figures: each winter would otherwise be a special cause, and the
limits too wide to find another. Chart what ``take_out_season`` leaves and say so on the chart.

Not below two whole years, and not for a season that changes its shape from year to year. Taking out a season
that is not there makes points look steadier than they are, so take it out only where ``seasonality`` finds
one. Two years rarely suffice: a season as large as the noise is found in a third of series of 24 months,
in 84 % of 36 and in 99 % of 60.

Formula::

    d = value - straight line through the series
    correlation = sum(d x d twelve months on) / sum(d^2)
    seasonal if correlation / error > 1.645, error^2 = pairs / (n (n + 2))
    without season = value - mean d of its calendar month

Source: Ljung & Box 1978, Biometrika 65:297, 10.1093/biomet/65.2.297 (the error of the correlation); Cleveland
et al 1990, Journal of Official Statistics 6:3 (line and season fitted in turn).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from careatlas.methods.estimate import Numbers, as_numbers, divide, require_axes, whole_number

CHAPTER = "Time"

YEARS = 2
ROUNDING = 1e-12  # share of the values by which the line may be out: nothing so near it is a season
TURNS = 20  # line and season settle within a dozen


class Seasonality(NamedTuple):
    """Of each series, ``[...]``: the ``correlation`` with itself a year on, the chance ``p`` of so high a one
    without a season, and ``is_seasonal`` (p below .05). NaN, and not seasonal, where fewer than two years are
    known or nothing departs from a straight line."""

    correlation: Numbers
    p: Numbers
    is_seasonal: NDArray[np.bool_]


class Parts(NamedTuple):
    """Of a series, ``[..., period]``: its ``season``, and what remains ``without_season``."""

    season: Numbers
    without_season: Numbers


def seasonality(value: ArrayLike, periods: int = 12) -> Seasonality:
    """Whether the series repeats itself every ``periods`` (12 months, 4 quarters).

    ``value`` is ``[..., period]``, oldest first, a missing month NaN and never left out. A straight trend is
    taken out first. Needs known values as many as two years have, and pairs a year apart as many as one has.
    NaN, and not seasonal, where all lie on the line. Refuses fewer than two periods.

    Ljung & Box 1978.

    Three years of quarters 0, 1, 0, -1: 8 of 12 pairs a year apart, all alike, .667:

    >>> found = seasonality([0, 1, 0, -1] * 3, periods=4)
    >>> bool(found.is_seasonal), bool(abs(found.correlation - 0.667) < 0.05)
    (True, True)
    """
    value, periods = _series(value), whole_number("periods", periods, fewest=2)
    deviation = value - _line(value)
    product = deviation[..., periods:] * deviation[..., :-periods]
    known, pairs = ((~np.isnan(each)).sum(axis=-1) for each in (value, product))
    squares, size = (np.nansum(each**2, axis=-1) for each in (deviation, value))
    has_enough = (known >= YEARS * periods) & (pairs >= periods) & (squares > ROUNDING**2 * size)
    scale = np.where(has_enough, squares, np.nan)
    correlation = divide(np.nansum(product, axis=-1), scale)
    error = np.sqrt(np.maximum(pairs, 1) / np.maximum(known * (known + 2), 1))
    p = ndtr(-correlation / error)
    return Seasonality(correlation, p, p < 0.05)


def take_out_season(value: ArrayLike, periods: int = 12) -> Parts:
    """The series with its season taken out: the same trend and the same mean over a year.

    ``value`` as in ``seasonality``. NaN stays NaN; all are NaN where any month of the year was seen fewer
    than twice, because its share is not known.

    A season of 3, 1, -1, -3 about a level of 10:

    >>> take_out_season([13, 11, 9, 7] * 3, periods=4).without_season.round(6)
    array([10., 10., 10., 10., 10., 10., 10., 10., 10., 10., 10., 10.])
    """
    value, periods = _series(value), whole_number("periods", periods, fewest=2)
    years = -(-value.shape[-1] // periods)
    season = np.zeros_like(value)
    for _ in range(TURNS):
        season = _season(value - _line(value - season), periods, years)
    return Parts(season, value - season)


def _series(value: ArrayLike) -> Numbers:
    value = as_numbers("value", value)
    require_axes("value", value, "period")
    return value


def _line(value: Numbers) -> Numbers:
    """The straight line through the known points; level where there is but one."""
    is_known = ~np.isnan(value)
    number = is_known.sum(axis=-1, keepdims=True).astype(float)
    time = np.arange(value.shape[-1], dtype=float)
    middle = divide((is_known * time).sum(axis=-1, keepdims=True), number)
    mean = divide(np.where(is_known, value, 0).sum(axis=-1, keepdims=True), number)
    from_middle = np.where(is_known, time - middle, 0)
    rise = (from_middle * np.where(is_known, value, 0)).sum(axis=-1, keepdims=True)
    slope = np.nan_to_num(divide(rise, (from_middle**2).sum(axis=-1, keepdims=True)))
    return mean + slope * (time - middle)


def _season(deviation: Numbers, periods: int, years: int) -> Numbers:
    """The mean deviation of each period of the year, summing to 0 over the year, along the series."""
    length = deviation.shape[-1]
    pad = [(0, 0)] * (deviation.ndim - 1) + [(0, years * periods - length)]
    padded = np.pad(deviation, pad, constant_values=np.nan)
    by_year = padded.reshape(*deviation.shape[:-1], years, periods)
    times_seen = (~np.isnan(by_year)).sum(axis=-2, keepdims=True)
    seen = np.where(times_seen >= YEARS, times_seen, np.nan)
    month = np.nansum(by_year, axis=-2, keepdims=True) / seen
    month = month - month.mean(axis=-1, keepdims=True)
    return np.broadcast_to(month, by_year.shape).reshape(padded.shape)[..., :length]
