"""Events per so many people weighted by need: the denominator already holds age and need.

Use it where events have no age or sex on file (referral-to-treatment waits) but the people do have a
published need weight.

Not beside covariates already inside the weights, and not alone: weights fitted to past use carry past supply
into "need", so show the plain rate beside it.

Formula::

    weighted people = people x weight, scaled so that all areas together keep their people
    rate            = multiplier x count / weighted people
    limits          = multiplier x (limits of the count) / weighted people
    where the weights are national rates by age and sex:
    rate            = national rate x count / expected (the indirectly standardised ratio)

Source: Carr-Hill, Sheldon, Smith, Martin, Peacock & Hardman 1994, Allocating resources to health authorities,
BMJ 309:1046, 10.1136/bmj.309.6961.1046; limits as in ``crude_rate``.
"""

from numpy.typing import ArrayLike

from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.estimate import Estimate

CHAPTER = "Rates"


def need_weighted_rate(
    count: ArrayLike, denominator: ArrayLike, multiplier: float = 1000, confidence: float = 0.95
) -> Estimate:
    """The rate per ``multiplier`` need-weighted people, with limits that treat the count as Poisson.

    ``count`` events and ``denominator`` need-weighted people, both ``[..., area]``. The weighted people of
    all areas together should equal the unweighted, as publishers of weights scale them; then the national
    rate is the plain one. Where the weights are national age-sex rates this is the indirectly standardised
    ratio times the national rate. The limits hold no error of the weights. NaN, zero and refusals as in
    ``crude_rate``.

    30 events, where 2,000 people are as needy as 2,500 average ones, are 12 per 1,000 and not 15:

    >>> rate = need_weighted_rate(count=[30], denominator=[2500], multiplier=1000)
    >>> float(rate.value[0]), float(rate.lower[0].round(2)), float(rate.upper[0].round(2))
    (12.0, 8.09, 17.13)
    """
    return crude_rate(count, denominator, multiplier, confidence)
