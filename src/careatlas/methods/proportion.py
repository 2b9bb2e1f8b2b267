"""The share of people or events that have a property, such as the percentage seen within 18 weeks.

Use it where each unit of the denominator either counts or does not.

Not for events that one person can have twice: that is a ``crude_rate``. The limits are too narrow where cases
come in clusters (patients of one ward, waits of one consultant): hold such shares against a funnel that allows
for over-dispersion. Where less than one person is expected to have the property, limits of 95 % hold the truth
only 84 times in 100 at worst.

Formula::

    share = multiplier x count / denominator
    lower = multiplier x (2 count + z^2 - z root(z^2 + 4 count (1 - count/denominator))) / (2 (denominator + z^2))
    upper = the same with + before the root
    z     = 1.96 for 95 % (Wilson's limits)

Source: Wilson 1927, JASA 22:209, 10.1080/01621459.1927.10502953; Newcombe 1998, Statistics in Medicine 17:857,
10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E.
"""

from numpy.typing import ArrayLike

from careatlas.methods.estimate import Estimate, divide, positive
from careatlas.methods.intervals import as_part, wilson_limits

CHAPTER = "Rates"


def proportion(
    count: ArrayLike, denominator: ArrayLike, multiplier: float = 100, confidence: float = 0.95
) -> Estimate:
    """The share, times ``multiplier`` (100 for a percentage), with Wilson's limits.

    ``count`` of the ``denominator`` have the property, both ``[..., area]``. NaN in either, or a denominator
    of 0, gives NaN; 0 of some is a share of 0 with an upper limit. Refuses a count larger than its
    denominator, and numbers below zero. The limits are too narrow where cases come in clusters.

    Wilson 1927, 10.1080/01621459.1927.10502953.

    Five of ten are half:

    >>> share = proportion(count=[5], denominator=[10], multiplier=100)
    >>> float(share.value[0]), float(share.lower[0].round(2)), float(share.upper[0].round(2))
    (50.0, 23.66, 76.34)
    """
    multiplier = positive("multiplier", multiplier)
    count, denominator = as_part(count, denominator)
    lower, upper = wilson_limits(count, denominator, confidence)
    return Estimate(multiplier * divide(count, denominator), multiplier * lower, multiplier * upper)
