"""How much of the variation lies between larger units, and how much between the areas inside them.

Use it to learn at which level differences arise: whether sub-areas of one board are alike and boards differ
(look at the board's contracts and pathways), or boards are alike and their sub-areas differ (look inside). It
takes chance off both levels first, which a plain comparison of boards and areas does not: small areas always
seem to differ more.

Not with fewer than ten larger units (NaN), and not to blame a level: a share is no cause. The limits are wide
with few units: print them.

Formula::

    true ratio = (ratio of the unit) x (ratio of the area in its unit); their logarithms vary by s2_between and
                 s2_within
    share      = s2_between / (s2_between + s2_within)
    found from the squares of observed / expected between units and within them, weighted by
                 1 / (1 / expected + variance), less what chance and the lower level add to each
    limits     : units, areas and events drawn again 1,000 times by what was found

Source: Leckie et al 2020, Psychological Methods 25:787, 10.1037/met0000265, for the share; Searle, Casella &
McCulloch 1992, Variance components, Wiley, chapter 5, for unbalanced sums of squares.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import Numbers, counts_with_axes, divide, require_same_labels, whole_number
from careatlas.methods.intervals import tail
from careatlas.methods.negative_binomial import known_counts, negative_binomial

CHAPTER = "Variation"
FEW_UNITS = 10


class NestedVariation(NamedTuple):
    """Of each set of areas ``[...]``: the variance of logarithms of true ratios ``between`` larger units and
    ``within`` them, the ``share`` between with its ``lower`` and ``upper`` limits, and the number of
    ``units``. Where neither level varies more than by chance there is nothing to share: NaN."""

    between: Numbers
    within: Numbers
    share: Numbers
    lower: Numbers
    upper: Numbers
    units: Numbers


def nested_variation(
    observed: ArrayLike,
    expected: ArrayLike,
    unit: ArrayLike,
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
) -> NestedVariation:
    """The share of the variation that lies between the larger units to which areas belong.

    ``observed`` events and those ``expected`` at the average rate, ``[..., area]``; ``unit``, the name or
    number of each area's unit, ``[area]``. NaN in observed or expected, nothing expected, or a unit of None or
    NaN leaves the area out. Fewer than ten units give NaN, and so does one area in every unit. Refuses
    numbers below zero and events where none can be expected.

    Ten pairs of areas, each pair alike and pairs apart, have all their variation between:

    >>> pairs = [ratio * 1000 for ratio in (0.6, 0.7, 0.8, 0.9, 1, 1, 1.1, 1.2, 1.3, 1.4) for _ in "ab"]
    >>> found = nested_variation(pairs, [1000] * 20, [pair for pair in range(10) for _ in "ab"])
    >>> float(found.share), float(found.between.round(2))
    (1.0, 0.06)
    """
    replicates = whole_number("replicates", replicates, fewest=1)
    require_same_labels(observed=observed, unit=unit)
    observed, expected = counts_with_axes("area", observed=observed, expected=expected)
    members = _members(unit, observed.shape[-1])
    in_a_unit = np.where(members.any(axis=-1), observed, np.nan)
    observed, expected, is_known = known_counts(in_a_unit, expected)
    units = (is_known @ members > 0).sum(axis=-1).astype(float)
    variance = np.nan_to_num(negative_binomial(observed, expected).variance)
    weight = divide(expected, 1 + expected * variance[..., None])
    levels = np.full((2, *units.shape), np.nan)
    limits = np.full((2, *units.shape), np.nan)
    for place in np.ndindex(units.shape):
        if units[place] >= FEW_UNITS and observed[place].sum() > 0:
            known = is_known[place]
            given = expected[place][known], np.nan_to_num(weight[place][known]), members[known]
            found = _levels(observed[place][known], *given)
            if np.isnan(found).any():
                continue
            levels[:, *place] = found
            drawn = _share(_levels(_drawn(*found, given[0], given[2], replicates, seed), *given))
            limits[:, *place] = _limits(drawn, confidence)
    share = _share(levels)
    lower, upper = np.where(np.isnan(share), np.nan, limits)
    return NestedVariation(*levels, share, lower, upper, units)


def _members(unit: ArrayLike, areas: int) -> Numbers:
    """1 where the area ``[area, unit]`` belongs to the unit."""
    unit = np.asarray(unit, dtype=object)  # else a missing name would become a unit called "nan"
    if unit.shape != (areas,):
        raise ValueError(f"unit has the shape {unit.shape}; there are {areas} areas")
    is_missing = np.array([each is None or each != each for each in unit], dtype=bool)
    names = np.array(list(dict.fromkeys(unit[~is_missing])), dtype=object)
    return (unit[:, None] == names).astype(float)


def _levels(observed: Numbers, expected: Numbers, weight: Numbers, members: Numbers) -> Numbers:
    """Variances of logarithms ``[2, ...]``, between units and within, of maps ``[..., area]`` without gaps. NaN
    without an event, or where no unit has two areas."""
    ratio = divide(observed * expected.sum(), observed.sum(axis=-1, keepdims=True)) / expected
    of_unit, total = weight @ members, weight.sum()
    mean_of_unit = divide((weight * ratio) @ members, of_unit)
    overall = (weight * ratio).sum(axis=-1, keepdims=True) / total
    squares_between = (of_unit * (np.nan_to_num(mean_of_unit) - overall) ** 2 * (of_unit > 0)).sum(axis=-1)
    departure = ratio - np.nan_to_num(mean_of_unit) @ members.T
    squares_within = (weight * departure**2).sum(axis=-1)
    # What an error of variance e in each area adds to the squares: between, within.
    own, apart = weight / (members @ of_unit), weight / total
    chance_within = (weight * (1 - own) / expected).sum()
    chance_between = (weight * (own - apart) / expected).sum()
    within = divide(np.maximum(squares_within - chance_within, 0), (weight * (1 - own)).sum())
    squares_between = squares_between - chance_between - within * (weight * (own - apart)).sum()
    between = np.maximum(squares_between, 0) / (total - (of_unit**2).sum() / total)
    return np.array([np.log1p(between), np.log1p(within / (1 + between))])


def _drawn(
    between: Numbers, within: Numbers, expected: Numbers, members: Numbers, replicates: int, seed: int
) -> Numbers:
    """Events ``[replicate, area]`` of units and areas drawn from lognormal laws of these variances, mean 1."""
    rng = np.random.default_rng(seed)
    of_unit = rng.normal(-between / 2, np.sqrt(between), (replicates, members.shape[1]))
    of_area = rng.normal(-within / 2, np.sqrt(within), (replicates, len(expected)))
    return rng.poisson(expected * np.exp(of_unit @ members.T + of_area)).astype(float)


def _share(levels: Numbers) -> Numbers:
    return divide(levels[0], levels[0] + levels[1])


def _limits(share: Numbers, confidence: float) -> Numbers:
    """Percentiles of the replicates in which either level varied."""
    share = share[~np.isnan(share)]
    ends = [tail(confidence), 1 - tail(confidence)]
    return np.quantile(share, ends) if share.size else np.full(2, np.nan)
