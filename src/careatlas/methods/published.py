"""A value and its limits as their publisher issued them, with nothing worked out again.

Use it where only the publisher could work the value out: a rate standardised for ages that its files do not show.

Not where the counts behind the value are on file: work it from them, so that areas can be added up, the limits are
those of every other indicator, and 99.8 % limits exist too. What was published carries the limits it was published
with; others would be ours and are not known.

Formula::

    value = as published
    lower, upper = as published, at 95 % confidence; not known at any other

Source: the publication that the indicator names; how a publisher of rates would do it: Fay & Feuer 1997, Statistics in
Medicine 16:791-801, 10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#.
"""

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import Estimate, alike, as_numbers, refuse_where
from careatlas.methods.intervals import normal_quantile

CHAPTER = "Rates"
PUBLISHED_CONFIDENCE = 0.95


def published(
    published_value: ArrayLike,
    published_lower_95: ArrayLike,
    published_upper_95: ArrayLike,
    confidence: float = 0.95,
) -> Estimate:
    """The published value, with its published limits where they are of the ``confidence`` asked for.

    All ``[..., area]``. NaN in any of the three gives NaN: a value without limits is not shown as one with. At
    another confidence than .95 the limits are NaN. Refuses a value that does not lie between its limits, and
    infinite numbers.

    Fay & Feuer 1997 is how such limits are commonly made.

    >>> rate = published([248.62], [247.85], [249.39])
    >>> float(rate.value[0]), float(rate.lower[0]), float(rate.upper[0])
    (248.62, 247.85, 249.39)
    """
    normal_quantile(confidence)  # refuses what is no share
    value, lower, upper = alike(
        as_numbers,
        published_value=published_value,
        published_lower_95=published_lower_95,
        published_upper_95=published_upper_95,
    )
    refuse_where((lower > value) | (value > upper), "published_value does not lie between its limits")
    is_known = ~np.isnan(value + lower + upper)
    value, lower, upper = (np.where(is_known, each, np.nan) for each in (value, lower, upper))
    if confidence == PUBLISHED_CONFIDENCE:
        return Estimate(value, lower, upper)
    return Estimate(value, np.full(value.shape, np.nan), np.full(value.shape, np.nan))
