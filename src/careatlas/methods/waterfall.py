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
towards it by up to 6 points of the total. Bars other than chance are short but never 0 on maps of chance alone.

Source: Riebler, Sorbye, Simpson & Rue 2016, 10.1177/0962280216660421 (BYM2); Lindeman, Merenda & Gold 1980 and
Gromping 2007, 10.1198/000313007X188252 (the split between blocks); Gelman 2005, 10.1214/009053604000001048
(variances of the areas there are).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods._bym2_prior import Neighbourhood, neighbourhood
from careatlas.methods._waterfall import Blocks, difference_bars, known_map
from careatlas.methods.estimate import Numbers, as_numbers, counts_with_axes, divide, whole_number
from careatlas.methods.intervals import tail
from careatlas.methods.spatial import as_links

CHAPTER = "Variation"
FEW_AREAS = 30  # below, no bar can be told from another
ENOUGH_PERIODS = 12
OTHER_BARS = ("chance", "comes and goes", "spatial", "unexplained")


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
    observed, expected = counts_with_axes("area", observed=observed, expected=expected)
    areas = observed.shape[-1]
    named = _blocks(blocks, expected_signs or {}, areas)
    how = _drawing(neighbours, areas, confidence, draws, seed)
    return _waterfalls(observed, expected, np.zeros(areas), named, how, ("chance",))


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
    observed, expected = counts_with_axes("area", "period", observed=observed, expected=expected)
    if observed.shape[-1] < ENOUGH_PERIODS:
        raise ValueError(f"there are {observed.shape[-1]} periods; {ENOUGH_PERIODS} are needed")
    areas = observed.shape[-2]
    named = _blocks(blocks, expected_signs or {}, areas)
    how = _drawing(neighbours, areas, confidence, draws, seed)
    count, reference = _at_level_of_period(observed, expected)
    sums = reference.sum(axis=-1)
    is_known = sums > 0
    weight = divide(reference, sums[..., None])
    variance = come_and_go(observed, expected)[..., None] * (weight**2).sum(axis=-1)
    return _waterfalls(
        np.where(is_known, count.sum(axis=-1), np.nan),
        np.where(is_known, sums, np.nan),
        variance,
        named,
        how,
        ("chance", "comes and goes"),
    )


def come_and_go(observed: ArrayLike, expected: ArrayLike) -> Numbers:
    """The variance, ``[...]``, of ln(observed / expected) from period to period beyond counting error.

    ``observed`` and ``expected`` are ``[..., area, period]``. About each area's own straight line, and the
    level of each period: what all areas do at once, and what an area does steadily, neither comes nor goes.
    One number for all areas of a map, and 0 where periods differ no more than counts must. Periods are taken
    as independent: where a backlog takes several to clear, this is too small. NaN leaves a period out; NaN where
    no area has three.

    80 and 120 by turns where 100 are expected vary by .04 about their mean, .01 of it counting error:

    >>> by_turns = [[80, 120] * 500, [120, 80] * 500]
    >>> float(come_and_go(by_turns, [[100] * 1000] * 2).round(3))
    0.03
    """
    count, reference = _at_level_of_period(
        *counts_with_axes("area", "period", observed=observed, expected=expected)
    )
    period = np.linspace(-1, 1, count.shape[-1])
    line = np.stack([np.ones_like(period), period], axis=-1)
    by_line = np.linalg.pinv(np.einsum("...t,tk,tl->...kl", reference, line, line), hermitian=True)
    ratio = (by_line @ (count @ line)[..., None])[..., 0] @ line.T
    leverage = reference * np.einsum("tk,...kl,tl->...t", line, by_line, line)
    left_free = reference * np.where(leverage < 1 - 1e-9, 1 - leverage, 0)
    misfit = divide((count - reference * ratio) ** 2, reference)
    excess = np.nan_to_num(misfit) - ratio * divide(left_free, reference)
    return np.maximum(divide(np.nansum(excess, axis=(-2, -1)), (ratio**2 * left_free).sum(axis=(-2, -1))), 0)


def _blocks(
    given: Mapping[str, ArrayLike], expected_signs: Mapping[str, Sequence[int]], areas: int
) -> Blocks:
    for argument, example, each in (
        ("blocks", "covariates", given),
        ("expected_signs", "[1]", expected_signs),
    ):
        if not isinstance(each, Mapping):
            raise ValueError(
                f"{argument} must name its blocks, {{'need': {example}}}; it is {type(each).__name__}"
            )
    arrays = {name: as_numbers(f"blocks: {name}", values) for name, values in given.items()}
    arrays = {name: values[:, None] if values.ndim == 1 else values for name, values in arrays.items()}
    for name, values in arrays.items():
        if values.ndim < 2 or values.shape[-2] != areas:
            raise ValueError(f"blocks: {name} must be [area, covariate], with {areas} areas")
    maps = np.broadcast_shapes(*(values.shape[:-2] for values in arrays.values()))
    covariates = [np.empty((*maps, areas, 0))]
    columns, signs = [], [np.empty(0)]
    for name, values in arrays.items():
        number = values.shape[-1]
        columns.append(sum(map(len, columns)) + np.arange(number))
        covariates.append(np.broadcast_to(values, (*maps, areas, number)))
        signs.append(np.atleast_1d(expected_signs.get(name, [0] * number)))
        if name in expected_signs and (signs[-1].shape != (number,) or not np.isin(signs[-1], (-1, 1)).all()):
            raise ValueError(
                f"expected_signs: {name} must be 1 or -1 for each of its {number} covariates, "
                f"such as {[1] * number}; it is {expected_signs[name]!r}"
            )
    if taken := [name for name in arrays if name in OTHER_BARS]:
        raise ValueError(f"blocks: {taken[0]} is the name of another bar")
    if unknown := [name for name in expected_signs if name not in arrays]:
        raise ValueError(f"expected_signs: {unknown[0]} is not one of the blocks {', '.join(arrays)}")
    return Blocks(tuple(arrays), columns, np.concatenate(covariates, axis=-1), np.concatenate(signs))


def _at_level_of_period(observed: Numbers, expected: Numbers) -> tuple[Numbers, Numbers]:
    """Counts, and those expected at the level of all areas in the period; both 0 where either is missing."""
    is_known = ~np.isnan(observed + expected)
    count, reference = np.where(is_known, observed, 0), np.where(is_known, expected, 0)
    level = divide(count.sum(axis=-2, keepdims=True), reference.sum(axis=-2, keepdims=True))
    return count, reference * np.nan_to_num(level)


class _Drawing(NamedTuple):
    """How the answer is drawn: the same for all maps."""

    around: Neighbourhood
    confidence: float
    draws: int
    seed: int


def _drawing(neighbours: ArrayLike | None, areas: int, confidence: float, draws: int, seed: int) -> _Drawing:
    adjacency = (
        np.zeros((areas, areas)) if neighbours is None else as_links(neighbours, areas).matrix.toarray()
    )
    return _Drawing(neighbourhood(adjacency > 0), confidence, whole_number("draws", draws, fewest=1), seed)


def _waterfalls(
    observed: Numbers,
    expected: Numbers,
    extra_variance: Numbers,
    blocks: Blocks,
    how: _Drawing,
    errors: tuple[str, ...],
) -> Waterfall:
    """All maps, one after another; ``errors`` names the bars that are no difference between areas."""
    maps = np.broadcast_shapes(observed.shape[:-1], blocks.covariates.shape[:-2])
    observed, expected, extra_variance = (
        np.broadcast_to(each, (*maps, each.shape[-1])) for each in (observed, expected, extra_variance)
    )
    covariates = np.broadcast_to(blocks.covariates, (*maps, *blocks.covariates.shape[-2:]))
    names = (*errors, *blocks.bars(), "spatial", "unexplained")
    variance, lower, upper, in_order = (np.full((*maps, len(names)), np.nan) for _ in range(4))
    areas = np.zeros((*maps, 1))
    ends = [tail(how.confidence), 1 - tail(how.confidence)]
    for at in np.ndindex(maps):
        data = known_map(observed[at], expected[at], extra_variance[at], covariates[at])
        is_known = data.expected > 0
        areas[at] = is_known.sum()
        if areas[at] < covariates.shape[-1] + 3:
            continue
        chance, beyond = (1 / data.expected[is_known]).mean(), data.extra_variance[is_known].mean()
        error = np.array([chance, beyond])[: len(errors)]
        draws, means_in_order = difference_bars(data, blocks, how.around, how.draws, how.seed)
        draws = np.concatenate([np.broadcast_to(error[:, None], (len(error), how.draws)), draws])
        variance[at], in_order[at] = draws.mean(axis=-1), [*error, *means_in_order]
        lower[at], upper[at] = np.quantile(draws / draws.sum(axis=0), ends, axis=-1)
    return _described(names, areas, variance, lower, upper, in_order)


def _described(names, areas, variance, lower, upper, sequential) -> Waterfall:
    total = variance.sum(axis=-1, keepdims=True)
    is_negative = variance < 0
    share = np.where(is_negative, 0, variance / total)
    is_separable = (areas >= FEW_AREAS) & (share > 0) & (upper - lower <= share)
    is_against = np.array([name.startswith("against ") for name in names])
    is_counting_only = np.array([name == "chance" and "comes and goes" not in names for name in names])
    note = np.select(
        [is_counting_only & (share > 0), is_negative, (share > 0) & ~is_separable, is_against & is_separable],
        [
            "counting error only: cannot show persistence",
            "below zero: shown as none",
            "not separable",
            "goes against need: possible inequity",
        ],
        "",
    )
    return Waterfall(
        names,
        share,
        lower,
        upper,
        variance,
        total[..., 0],
        sequential / total,
        is_negative,
        is_separable,
        note,
    )
