"""Rates drawn towards the average by as much as their smallness warrants (empirical Bayes).

Use it to draw a map that small areas do not set alight: among areas that differ in nothing the highest and
the lowest rates are always those of the smallest. ``gamma_poisson`` (the default) says what each true ratio
is likely to be, with limits that also allow for not knowing how much areas vary; ``marshall`` needs no
distribution and is what other packages give; ``marshall_local`` draws towards the average of an area and its
neighbours, and keeps gradients. Each says how far it drew: ``shrinkage`` 1 is all the way. People will do for
expected, because both are scaled to one sum.

Not for judging one area (its limits belong to it only if it is like the rest: use a funnel), not for ranking
by the smoothed value alone, and not before disclosure control: a smoothed rate still gives its count away.

Formula::

    gamma_poisson : true ratio ~ Gamma(observed + alpha, expected + alpha), 1 / alpha the variance between areas
                    value = (observed + alpha) / (expected + alpha),  shrinkage = alpha / (expected + alpha)
                    limits: of that law averaged over the variance, each value weighed by its likelihood
    marshall      : b = sum count / sum denominator
                    a = max(0, sum denominator (rate - b)^2 / sum denominator - b / mean denominator)
                    shrinkage = (b / denominator) / (a + b / denominator)
                    value = rate + shrinkage x (b - rate)

Source: Clayton & Kaldor 1987, Biometrics 43:671, 10.2307/2532003; Marshall 1991, Applied Statistics 40:283,
10.2307/2347593. Limits that allow for the variance: Laird & Louis 1987, Journal of the American Statistical
Association 82:739; every variance as likely beforehand: Morris 1983, same journal 78:47,
10.1080/01621459.1983.10477920.
"""

from collections.abc import Callable
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, gammaincinv, gammaln

from careatlas.methods.estimate import (
    Numbers,
    counts_with_axes,
    divide,
    labels_of,
    refuse_where,
    require_same_labels,
)
from careatlas.methods.intervals import tail
from careatlas.methods.negative_binomial import (
    known_counts,
    likelihood_gain,
    negative_binomial,
    variance_limits,
)
from careatlas.methods.spatial import as_links

CHAPTER = "Smoothing and maps"
VARIANCES = 10  # averaged over: limits lie within .001 of those of 120, for 42 areas or more within .0005
LEAST = 1e-300  # a lower limit nearer 0 may be 0: few events in very many areas


class Smoothed(NamedTuple):
    """Of each area ``[..., area]``: the smoothed ``value`` with its ``lower`` and ``upper`` limits, as a ratio
    to the average of the areas, and its ``shrinkage``; of each set of areas, with a last axis of 1, the
    ``variance`` of true ratios. Where that is 0 all areas are given the average: say so on the map."""

    value: Numbers
    lower: Numbers
    upper: Numbers
    shrinkage: Numbers
    variance: Numbers


class Marshall(NamedTuple):
    """Of each area ``[..., area]``: the smoothed ``value``, a rate per person of the denominator, and its
    ``shrinkage``; of each set of areas that were averaged, ``overall``, the rate drawn towards (b), and
    ``variance``, that of true rates (a). Where that is 0 all of a set are given its average."""

    value: Numbers
    shrinkage: Numbers
    overall: Numbers
    variance: Numbers


def gamma_poisson(observed: ArrayLike, expected: ArrayLike, confidence: float = 0.95) -> Smoothed:
    """The true ratio of each area to the average, given all areas.

    ``observed`` events and those ``expected`` at the average rate, ``[..., area]``; people will do for
    expected, as they are scaled so that both have one sum. NaN in either, or nothing expected, gives NaN;
    no events are an ordinary value. Fewer than two areas, or no event at all, give NaN. Counts need not be
    whole. In simulation 95 % limits hold the truth 94-95 times in 100, and up to 99 where areas hardly differ.
    Refuses numbers below zero and events where none can be expected.

    Areas that differ no more than by chance are all given the average, and limits say how sure that is:

    >>> smoothed = gamma_poisson([100, 110, 90, 100], [100, 100, 100, 100])
    >>> smoothed.value.tolist(), smoothed.shrinkage.tolist()
    ([1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0])
    >>> smoothed.upper.round(2)
    array([1.16, 1.24, 1.08, 1.16])
    """
    observed, expected, is_known = known_counts(observed, expected)
    variance = negative_binomial(observed, expected).variance[..., None]
    is_smoothed = is_known & ~np.isnan(variance)
    product = expected * variance
    shrinkage = np.where(is_smoothed, 1 / (1 + product), np.nan)
    value = np.where(is_smoothed, (observed * variance + 1) / (1 + product), np.nan)
    limits = np.full((2, *value.shape), np.nan)
    rows = is_smoothed.any(axis=-1)
    limits[:, rows] = _limits(observed[rows], expected[rows], confidence)
    lower, upper = np.where(is_smoothed, limits, np.nan)
    return Smoothed(value, lower, upper, shrinkage, variance)


def marshall(count: ArrayLike, denominator: ArrayLike) -> Marshall:
    """Rates drawn towards the rate of all areas together (Marshall's global estimate).

    ``count`` among the ``denominator``, ``[..., area]``; ``overall`` and ``variance`` have a last axis of 1.
    NaN in either, or a denominator of 0, leaves the area out. One area by itself keeps its rate. Refuses
    numbers below zero and events among nobody.

    Rates .1 and .3 of 100 each: b = .2, a = .01 - .2/100 = .008, and 2/10 of the way to b:

    >>> marshall([10, 30], [100, 100]).value
    array([0.12, 0.28])
    """
    count, denominator, is_known = _known(count, denominator)
    everyone = np.broadcast_to(is_known.any(axis=-1, keepdims=True), (*count.shape[:-1], 1))
    return _marshall(count, denominator, is_known, lambda each: each.sum(axis=-1, keepdims=True), everyone)


def marshall_local(count: ArrayLike, denominator: ArrayLike, neighbours: ArrayLike) -> Marshall:
    """Rates drawn towards the rate of each area and its neighbours together (Marshall's local estimate).

    As ``marshall``, with ``neighbours`` a symmetric 0/1 matrix ``[area, area]``, dense or scipy.sparse;
    ``overall`` and ``variance`` are ``[..., area]``. An area with no neighbour whose rate is known has none
    to draw on and gives NaN: link islands first. Refuses neighbours that are not symmetric 0/1.

    Three areas in a row. The first and its neighbour have b = .2 and a = .008 as in ``marshall``; all three,
    around the second, b = .2, a = .02/3 - .2/100 = .00467, so 3/10 of the way; the last two no variance:

    >>> row = [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    >>> marshall_local([10, 30, 20], [100, 100, 100], row).value.round(4)
    array([0.12, 0.27, 0.25])
    """
    require_same_labels(count=labels_of(count), neighbours=labels_of(neighbours))
    count, denominator, is_known = _known(count, denominator)
    *maps, areas = count.shape
    links = as_links(neighbours, areas).matrix

    def with_neighbours(each: Numbers) -> Numbers:
        return each + (links @ each.reshape(prod(maps), areas).T).T.reshape(each.shape)

    has_company = with_neighbours(is_known.astype(float)) > 1
    return _marshall(count, denominator, is_known, with_neighbours, has_company)


def _known(count: ArrayLike, denominator: ArrayLike) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Count and denominator, 0 where either is unknown, and which areas are known."""
    count, denominator = counts_with_axes("area", count=count, denominator=denominator)
    refuse_where((count > 0) & (denominator == 0), "events among nobody")
    is_known = (count >= 0) & (denominator > 0)
    return np.where(is_known, count, 0.0), np.where(is_known, denominator, 0.0), is_known


def _marshall(
    count: Numbers,
    denominator: Numbers,
    is_known: NDArray[np.bool_],
    gathered: Callable[[Numbers], Numbers],
    has_company: NDArray[np.bool_],
) -> Marshall:
    """Marshall's estimate, where ``gathered`` sums over the areas that each is drawn towards."""
    people = gathered(denominator)
    overall = divide(gathered(count), people)
    # From the rate of the whole map, so that squares of nearly equal numbers are not subtracted.
    centre = divide(count.sum(axis=-1, keepdims=True), denominator.sum(axis=-1, keepdims=True))
    rate = divide(count, denominator)
    departure = np.where(is_known, rate - centre, 0)
    spread = divide(gathered(denominator * departure**2), people) - (overall - centre) ** 2
    variance = np.maximum(spread - overall * divide(gathered(is_known.astype(float)), people), 0)
    chance = divide(overall, denominator)
    shrinkage = np.where(chance == 0, 1.0, divide(chance, variance + chance))
    is_smoothed = is_known & has_company
    shrinkage = np.where(is_smoothed, shrinkage, np.nan)
    value = rate + shrinkage * (overall - rate)
    return Marshall(value, shrinkage, *(np.where(has_company, each, np.nan) for each in (overall, variance)))


def _limits(observed: Numbers, expected: Numbers, confidence: float) -> Numbers:
    """Lower and upper limits ``[2, row, area]`` of true ratios, whatever the variance between areas may be."""
    lowest, highest = np.sqrt(variance_limits(observed, expected, 0.999))
    place = (np.arange(VARIANCES) + 0.5) / VARIANCES
    deviation = lowest + place[:, None] * (highest - lowest)
    alpha = 1 / deviation**2
    likelihood = np.array([likelihood_gain(1 / each, observed, expected) for each in alpha])
    # An even step of the standard deviation is a longer one of the variance the larger it is. Were all steps as
    # likely as each other, limits would hold the truth too rarely where areas differ less than by chance.
    weight = deviation * np.exp(likelihood - likelihood.max(axis=0))
    weight = (weight / weight.sum(axis=0))[..., None]
    limits = np.empty((2, *observed.shape))
    for row in range(len(observed)):  # one at a time: ten laws of each area are held at once
        shape, rate = (each[row] + alpha[:, row, None] for each in (observed, expected))
        for end, share in enumerate((tail(confidence), 1 - tail(confidence))):
            limits[end, row] = _quantile_of_mixture(share, shape, rate, weight[:, row])
    return limits


def _quantile_of_mixture(share: float, shape: Numbers, rate: Numbers, weight: Numbers) -> Numbers:
    """The quantile ``[area]`` of gamma laws ``[law, area]`` mixed by ``weight``: Newton's steps, held between
    the quantiles of the laws themselves."""
    of_each = gammaincinv(shape, share) / rate
    low, high = of_each.min(axis=0), of_each.max(axis=0)
    value = (weight * of_each).sum(axis=0)
    constant = shape * np.log(rate) - gammaln(shape)
    for _ in range(60):
        excess = (weight * gammainc(shape, value * rate)).sum(axis=0) - share
        logarithm = np.log(np.maximum(value, LEAST))
        density = (weight * np.exp(constant + (shape - 1) * logarithm - value * rate)).sum(axis=0)
        low, high = np.where(excess < 0, value, low), np.where(excess > 0, value, high)
        newton = value - divide(excess, density)
        nearer = np.where((newton > low) & (newton < high), newton, (low + high) / 2)
        if (np.abs(nearer - value) <= 1e-9 * value).all():
            break
        value = nearer
    return value
