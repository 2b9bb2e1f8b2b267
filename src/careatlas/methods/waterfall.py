"""How much of what separates areas is chance, need, supply, place, or not explained by any of these.

Use it to say, before anybody asks an area why it differs, what differences could come from: a bar for chance,
one for each block of covariates (need, supply), one for what neighbours share (spatial), one for what
remains. Say with ``expected_signs`` which way need should work: care that falls where need rises is then
shown as going against need, and never as explained. With twelve periods or more use
``waterfall_of_periods``, which tells what lasts from what comes and goes.

Not for causes: a block takes the credit of whatever goes along with it, and prevalence measured by the
providers themselves carries supply into need (run it without, too). Not for a standard owed to everyone, such
as being seen within 18 weeks: it has no need covariates. Not with a need-weighted denominator and the
covariates already inside it. Not below 30 areas, where nothing can be told apart, nor above about 1,000 (time
grows with the cube). What remains is *unexplained*: only people decide "unwarranted".

Formula::

    ln(observed / expected) = level + blocks + spatial + unexplained + counting error
    difference   = blocks + spatial + unexplained        (what would separate areas if nothing were chance)
    chance       = mean(1 / expected)                    (expected at the level of these areas)
    explained(S) = covariance(what the blocks in S can follow of all blocks, difference)
    block        = mean, over all orders of entry, of what explained gains as the block enters (Shapley)
    spatial      = covariance(spatial, difference)
    unexplained  = covariance(unexplained, difference)
    total        = chance + variance(difference)         (the bars sum to it, whatever the data)
    share        = bar / total

Variances are those between these areas, not of areas in general. The parts come from their joint posterior,
exact once counts are taken as normal about their fitted means, over a grid of sigma and rho (BYM2). Bars are
means over its draws, less what the error of coefficients adds to a square; limits are quantiles of the draws.
Spatial and unexplained are the hardest to tell apart: in simulation a bar far shorter than the other is drawn
towards it by up to 6 points of the total. Bars other than chance are short but never 0 on maps of chance alone:
a lower limit below half a percent is given as 0, and where no bar but chance has one above, the upper limit of
chance is 1.

Source: Riebler, Sorbye, Simpson & Rue 2016, 10.1177/0962280216660421 (BYM2); Lindeman, Merenda & Gold 1980 and
Gromping 2007, 10.1198/000313007X188252 (the split between blocks); Gelman 2005, 10.1214/009053604000001048
(variances of the areas there are).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods._between_periods import between_periods
from careatlas.methods._log_ratio_parts import draw_parts
from careatlas.methods._waterfall_bars import Bars
from careatlas.methods._waterfall_input import (
    Given,
    at_level_of_period,
    of_one_period,
    of_periods,
)
from careatlas.methods.estimate import Numbers, counts_with_axes

CHAPTER = "Variation"


class Waterfall(NamedTuple):
    """``component``, the names of the bars, and for each of them, ``[..., component]``: its ``share`` of the
    total (0 where ``is_negative``) with ``lower`` and ``upper`` limits; ``variance``, signed, which sums to
    ``total`` ``[...]``; ``sequential``, its signed share if blocks enter in the order given; ``is_negative``;
    ``is_separable`` (at least 30 areas, and limits no further apart than the bar is long); ``note``, words to
    print beside it."""

    component: tuple[str, ...]
    share: Numbers
    lower: Numbers
    upper: Numbers
    variance: Numbers
    total: Numbers
    sequential: Numbers
    is_negative: NDArray[np.bool_]
    is_separable: NDArray[np.bool_]
    note: NDArray[np.str_]


def waterfall(
    observed: ArrayLike,
    expected: ArrayLike,
    neighbours: ArrayLike | None,
    blocks: Mapping[str, ArrayLike],
    expected_signs: Mapping[str, Sequence[int]] | None = None,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Waterfall:
    """The split for one period, in which chance is counting error only.

    ``observed`` events beside those ``expected`` at the reference rates of each age and sex, both
    ``[..., area]``; ``neighbours`` a symmetric 0/1 matrix ``[area, area]``, dense or scipy.sparse, or None
    for bodies without borders (an area without neighbours has no spatial part); ``blocks`` names each block
    and gives its covariates, ``[area, covariate]`` or ``[..., area, covariate]``, in any units; a single one
    may be ``[area]``. ``expected_signs`` gives, for a block of need, 1 or -1 for each covariate. The bar of
    such a block holds what covariates of the expected sign explain; the rest of it is the bar "against
    (block)". The fitted sign must be the expected one both beside the other blocks and without them: need
    that is not met because supply is elsewhere is not met.

    NaN in a count or covariate, or nothing expected, leaves the area out of the variances. No events at all,
    or fewer known areas than covariates and three, give NaN throughout. Refuses numbers below zero, infinite
    covariates, signs that do not fit their block, and a block with the name of another bar.

    Four areas tell nothing apart, but chance is known: at 100 expected its variance is 1/100:

    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> split = waterfall([150, 50, 150, 50], [100] * 4, ring, {"need": [[1], [0], [1], [0]]})
    >>> split.component, float(split.variance[0].round(6)), bool(split.is_separable.any())
    (('chance', 'need', 'spatial', 'unexplained'), 0.01, False)
    """
    return _split(
        of_one_period(observed, expected, neighbours, blocks, expected_signs, confidence, draws, seed)
    )


def waterfall_of_periods(
    observed: ArrayLike,
    expected: ArrayLike,
    neighbours: ArrayLike | None,
    blocks: Mapping[str, ArrayLike],
    expected_signs: Mapping[str, Sequence[int]] | None = None,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Waterfall:
    """The split for all of at least twelve periods together, with a bar "comes and goes" after chance.

    ``observed`` and ``expected`` are ``[..., area, period]``; a missing period of an area is left out of both
    its sums. ``come_and_go`` says what the new bar is. All else is as in ``waterfall``. Refuses fewer than
    twelve periods: give ``waterfall`` their sum.
    """
    return _split(of_periods(observed, expected, neighbours, blocks, expected_signs, confidence, draws, seed))


def come_and_go(observed: ArrayLike, expected: ArrayLike) -> Numbers:
    """The variance, ``[...]``, of ln(observed / expected) from period to period beyond counting error.

    ``observed`` and ``expected`` are ``[..., area, period]``. About each area's own straight line, and the
    level of each period: what all areas do at once, and what an area does steadily, neither comes nor goes.
    One number for all areas of a map, and 0 where periods differ no more than counts must. Where a period
    clearly resembles the one before (a correlation of .3, .6 or .8), that is allowed for. NaN leaves a period
    out; NaN where no area has three.

    80 and 120 by turns where 100 are expected vary by .04 about their mean, .01 of it counting error:

    >>> by_turns = [[80, 120] * 500, [120, 80] * 500]
    >>> float(come_and_go(by_turns, [[100] * 1000] * 2).round(3))
    0.03
    """
    observed, expected = counts_with_axes("area", "period", observed=observed, expected=expected)
    return between_periods(*at_level_of_period(observed, expected)).variance


def _split(given: Given) -> Waterfall:
    """All maps, one after another."""
    bars = Bars(given)
    for at, data in given.each():
        bars.add(at, data, draw_parts(data, given.around, given.draws, given.seed))
    return Waterfall(*bars.described())
