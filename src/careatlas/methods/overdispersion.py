"""How much areas differ beyond chance, and funnel limits that allow for it.

Use it wherever areas are large: they differ from one another for a hundred small reasons, and limits for
chance alone call 7 % of ordinary areas outliers at 99.8 % (200 events expected, true rates that vary by 10 %).
The variance between areas (tau squared) is estimated from the z scores, with the extreme tenth at each end
drawn in to the rest (winsorised) so that true outliers do not hide themselves, and is what leaves of them as
much as pure chance would. In simulation that flags .1-.3 % of ordinary areas where .2 % is stated and 4-5 %
where 5 % is, whether areas are alike in size or not (up to .5 % where there are only 20). Below twenty areas
this is unstable, and Paule and Mandel's estimate is used, which flags fewer: ``has_few_areas`` says so.
``shmi_overdispersion`` and ``cqc_overdispersion`` are two published rules, kept for comparison: they flag 3.5 %
and 1.1 % of ordinary areas at 99.8 %, and more where sizes differ.

Not with people for ``expected``, which are not scaled here: multiply them by the overall rate first. Not for
saying why areas differ, nor for a handful of areas: Paule and Mandel's estimate takes one that is far out for
variance, and of ten areas or fewer none can lie outside 99.8 %. Where nothing but chance is at work,
``funnel`` is exact.

Formula::

    score    = sqrt(observed / expected), error = 1 / (2 sqrt(expected)), target = 1      rates
             = asin(sqrt(share)),         error = 1 / (2 sqrt(denominator))               proportions
             = ln((count + .5) / (other + .5)),
                 error = sqrt(1 / (count + .5) + 1 / (other + .5))                        ratios of counts
    z        = (score - target) / error
    phi      = mean(winsorised z^2) / .6787
    tau2     : the sum of winsorised (score - target)^2 / (error^2 + tau2) is .6787 x (areas - 1); at least 0
               below twenty areas: the sum of (score - target)^2 / (error^2 + tau2) is areas - 1
    limits   = target -/+ reach x sqrt(error^2 + tau2), brought back to the scale of the rate

Source: Spiegelhalter 2005, Quality and Safety in Health Care 14:347, 10.1136/qshc.2005.013755, and Statistics
in Medicine 24:1185, 10.1002/sim.1970; DerSimonian & Laird 1986, Controlled Clinical Trials 7:177,
10.1016/0197-2456(86)90046-2; Paule & Mandel 1982, 10.6028/jres.087.022 (about the mean in place of a target); the
error of a ratio of counts: Gart & Zweifel 1967, Biometrika 54:181, 10.1093/biomet/54.1-2.181 (Spiegelhalter's has
none where a count is 0, and so takes areas without events for the surest of all).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from careatlas.methods._variance_between import (
    paule_mandel,
    total,
    variance_between,
    variance_left_by_winsorising,
    winsorised_mean_square,
    winsorised_paule_mandel,
)
from careatlas.methods.estimate import (
    Limits,
    Numbers,
    alike,
    as_counts,
    as_numbers,
    counts_with_axes,
    divide,
    refuse_where,
    require_axes,
)
from careatlas.methods.intervals import normal_quantile, tail

CHAPTER = "Limits and outliers"
FEW_AREAS = 20
FEW_EVENTS = 10  # expected in an area on average: below, chance alone may give three times as many


class Overdispersion(NamedTuple):
    """Of each area ``z`` (chance alone) and ``z_adjusted``; of each set of areas, with a last axis of 1,
    ``phi`` (1 = chance alone), ``tau2`` (variance between areas, on the scale of the score) and
    ``has_few_areas``."""

    z: Numbers
    z_adjusted: Numbers
    phi: Numbers
    tau2: Numbers
    has_few_areas: NDArray[np.bool_]


class DispersionTest(NamedTuple):
    """Of each set of areas, with a last axis of 1: ``phi``, the mean square of all z scores, and ``p``, how
    often chance alone gives as much."""

    phi: Numbers
    p: Numbers


def rate_overdispersion(observed: ArrayLike, expected: ArrayLike) -> Overdispersion:
    """Of ``observed`` events beside those ``expected`` at the national rate, on the square-root scale.

    Both ``[..., area]``, by position. People are not expected events and are refused: where ten or more are
    expected in each of two areas or more, and less than a third or more than three times of all was observed.
    NaN in either, or nothing expected, leaves the area out and its z scores NaN; none observed is an ordinary
    value. Refuses numbers below zero. One area by itself has a z and no tau2 (NaN).

    Square roots 1.2 and .8 of 144/100 and 64/100, each .05 from a chance of 1/(2 x 10), lie 4 errors off:

    >>> rate_overdispersion([144, 64], [100, 100]).z.round(6)
    array([ 4., -4.])
    """
    observed, expected = _events(observed, expected)
    score = np.sqrt(divide(observed, expected))
    return score_overdispersion(score, divide(1.0, 2 * np.sqrt(expected)), 1.0)


def proportion_overdispersion(count: ArrayLike, denominator: ArrayLike) -> Overdispersion:
    """Of proportions about that of all areas together, on the scale of arcsine of the square root.

    ``count`` of the ``denominator`` have the property, both ``[..., area]``. NaN in either, or a denominator
    of 0, leaves the area out. Refuses a count larger than its denominator and numbers below zero.

    >>> proportion_overdispersion([50, 50], [100, 100]).z
    array([0., 0.])
    """
    count, denominator = counts_with_axes("area", count=count, denominator=denominator)
    refuse_where(count > denominator, "count is larger than its denominator")
    share = divide(count, denominator)
    is_known = ~np.isnan(share)
    overall = divide(total(np.where(is_known, count, 0)), total(np.where(is_known, denominator, 0)))
    standard_error = divide(1.0, 2 * np.sqrt(denominator))
    return score_overdispersion(np.arcsin(np.sqrt(share)), standard_error, np.arcsin(np.sqrt(overall)))


def ratio_overdispersion(count: ArrayLike, other: ArrayLike) -> Overdispersion:
    """Of ratios of two counts (admissions to attendances) about that of all areas, on the logarithmic scale.

    Both ``[..., area]``; half an event is added to each, so that none is an ordinary value. NaN in either, or
    none of both, leaves the area out; where no area has any of one of them, there is no ratio, and all are NaN.
    Refuses numbers below zero.

    20 to 10 beside 10 to 20: the scores are ln 20.5/10.5 = .669 either side of none, with an error of
    (1/20.5 + 1/10.5)^.5 = .3795.

    >>> ratio_overdispersion([20, 10], [10, 20]).z.round(4)
    array([ 1.763, -1.763])
    """
    count, other = counts_with_axes("area", count=count, other=other)
    is_known = ~np.isnan(count + other)
    all_counts, all_others = (total(np.where(is_known, each, 0)) for each in (count, other))
    has_ratio = (all_counts > 0) & (all_others > 0)
    target = np.where(has_ratio, np.log(divide(all_counts + 0.5, all_others + 0.5)), np.nan)
    return score_overdispersion(np.log(divide(count + 0.5, other + 0.5)), _ratio_error(count, other), target)


def score_overdispersion(score: ArrayLike, standard_error: ArrayLike, target: ArrayLike) -> Overdispersion:
    """Of any scores whose errors are about normal: the shared rule.

    ``score`` and the ``standard_error`` chance gives it are ``[..., area]``; ``target``, what scores would
    centre on without differences, is one number or ``[..., 1]``. NaN in any, or an error of 0, leaves the
    area out. Areas that all lie off the target differ from it, so that counts as variance.

    Differences .2 and errors .1: 2 x .04 / (.01 + tau2) is 2 - 1 at .07.

    >>> score_overdispersion([1.2, 0.8], [0.1, 0.1], 1.0).tau2.round(6)
    array([0.07])
    """
    score, standard_error, target = alike(
        as_numbers, "target", score=score, standard_error=standard_error, target=target
    )
    as_counts("standard_error", standard_error)
    difference = score - target
    require_axes("score", difference, "area")
    z = divide(difference, standard_error)
    is_known = ~np.isnan(z)
    standard_error = np.where(is_known, standard_error, np.nan)
    areas = total(is_known.astype(float))
    phi = winsorised_mean_square(z) / variance_left_by_winsorising()
    tau2 = np.where(areas > 1, winsorised_paule_mandel(difference, standard_error), np.nan)
    has_few_areas = areas < FEW_AREAS
    if has_few_areas.any():
        tau2 = np.where(has_few_areas & (areas > 1), paule_mandel(difference, standard_error), tau2)
    return _adjusted(z, difference, standard_error, phi, tau2)


def shmi_overdispersion(observed: ArrayLike, expected: ArrayLike) -> Overdispersion:
    """As NHS England's hospital mortality indicator (SHMI) does: logarithms, the outer tenth of z left out.

    Both ``[..., area]``. What is left is taken for the whole, so limits are too narrow: 3.5 % of ordinary
    areas lie outside 99.8 %. No events have no logarithm: such an area is scored by (observed + .5) over (expected
    + .5). NaN in either, or nothing expected, leaves the area out. Refuses numbers below zero.

    The logarithm of 150/100 is .4055, which is 4.055 errors of 1/10:

    >>> shmi_overdispersion([150, 100], [100, 100]).z.round(3)
    array([4.055, 0.   ])
    """
    observed, expected = _events(observed, expected)
    half = np.where(observed == 0, 0.5, 0.0)
    score, error = np.log(divide(observed + half, expected + half)), divide(1.0, np.sqrt(expected))
    z = divide(score, error)
    is_known = ~np.isnan(z)
    rank = 1 + z.argsort(axis=-1, kind="stable").argsort(axis=-1, kind="stable")
    tenth = np.floor(10 * rank / (total(is_known) + 1))
    is_kept = is_known & (tenth > 0) & (tenth < 9)
    phi = divide(total(np.where(is_kept, z, 0) ** 2), total(is_kept.astype(float)))
    return _adjusted(z, score, error, phi, variance_between(phi, error, is_kept))


def cqc_overdispersion(observed: ArrayLike, expected: ArrayLike) -> Overdispersion:
    """As the Care Quality Commission does: square roots, z winsorised, without correcting for that.

    Both ``[..., area]``. ``phi`` of pure chance is then .68, and 1.1 % of ordinary areas lie outside 99.8 %.
    NaN in either, or nothing expected, leaves the area out. Refuses numbers below zero.

    Two areas 4 and -4 errors off: the 10 % quantile of two values lies a tenth of the way from -4 to 4, at
    -3.2, and 3.2 squared is 10.24.

    >>> cqc_overdispersion([144, 64], [100, 100]).phi.round(2)
    array([10.24])
    """
    observed, expected = _events(observed, expected)
    difference, error = np.sqrt(divide(observed, expected)) - 1, divide(1.0, 2 * np.sqrt(expected))
    z = divide(difference, error)
    phi = winsorised_mean_square(z)
    return _adjusted(z, difference, error, phi, variance_between(phi, error, ~np.isnan(z)))


def dispersion_test(z: ArrayLike) -> DispersionTest:
    """Whether z scores, ``[..., area]``, are more spread than chance: their sum of squares beside chi-square.

    Nothing is drawn in or left out. With thousands of events in each area this is always significant: print
    it beside ``tau2``. NaN leaves an area out; no area gives NaN. Spiegelhalter 2005.

    Squares of 1 and 9 have the mean 5; two degrees of freedom leave exp(-10/2) = .0067 above 10:

    >>> test = dispersion_test([1, -3])
    >>> test.phi, test.p.round(4)
    (array([5.]), array([0.0067]))
    """
    z = as_numbers("z", z)
    require_axes("z", z, "area")
    areas = total((~np.isnan(z)).astype(float))
    squares = total(np.nan_to_num(z) ** 2)
    return DispersionTest(divide(squares, areas), np.where(areas > 0, chdtrc(areas, squares), np.nan))


def expected_false_flags(z: ArrayLike, confidence: float = 0.998) -> Numbers:
    """How many of the areas scored would lie outside by chance, with a last axis of 1. For every funnel's
    caption.

    One area in five hundred, of 106 areas of which one is missing:

    >>> expected_false_flags([0.5] * 105 + [float("nan")]).round(2)
    array([0.21])
    """
    z = as_numbers("z", z)
    require_axes("z", z, "area")
    return 2 * tail(confidence) * total((~np.isnan(z)).astype(float))


def adjusted_rate_limits(expected: ArrayLike, tau2: ArrayLike, confidence: float = 0.998) -> Limits:
    """Funnel limits of observed/expected, with the ``tau2`` of ``rate_overdispersion``; NaN where none is
    expected.

    >>> lower, upper = adjusted_rate_limits([100], 0.01, confidence=0.95)
    >>> lower.round(4), upper.round(4)
    (array([0.6098]), array([1.4863]))
    """
    variance = divide(1.0, 4 * as_counts("expected", expected)) + as_counts("tau2", tau2)
    reach = normal_quantile(confidence) * np.sqrt(variance)
    return Limits(np.maximum(1 - reach, 0) ** 2, (1 + reach) ** 2)


def adjusted_proportion_limits(
    denominator: ArrayLike, overall: ArrayLike, tau2: ArrayLike, confidence: float = 0.998
) -> Limits:
    """Funnel limits about the ``overall`` share, with the ``tau2`` of ``proportion_overdispersion``.

    NaN where the denominator is 0. Refuses a share outside 0 to 1.

    >>> lower, upper = adjusted_proportion_limits([100], 0.5, 0.0, confidence=0.95)
    >>> lower.round(4), upper.round(4)
    (array([0.4026]), array([0.5974]))
    """
    overall = as_counts("overall", overall)
    refuse_where(overall > 1, "overall is above 1")
    variance = divide(1.0, 4 * as_counts("denominator", denominator)) + as_counts("tau2", tau2)
    reach, middle = normal_quantile(confidence) * np.sqrt(variance), np.arcsin(np.sqrt(overall))
    lower, upper = (np.clip(end, 0, np.pi / 2) for end in (middle - reach, middle + reach))
    return Limits(np.sin(lower) ** 2, np.sin(upper) ** 2)


def adjusted_ratio_limits(
    count: ArrayLike, other: ArrayLike, overall: ArrayLike, tau2: ArrayLike, confidence: float = 0.998
) -> Limits:
    """Limits about the ``overall`` ratio for areas of these counts, with the ``tau2`` of
    ``ratio_overdispersion`` and the same error, so that what is flagged lies outside what is drawn.

    >>> lower, upper = adjusted_ratio_limits([100], [100], 1.0, 0.0, confidence=0.95)
    >>> lower.round(4), upper.round(4)
    (array([0.7584]), array([1.3185]))
    """
    error = _ratio_error(*alike(count=count, other=other))
    overall, reach = as_counts("overall", overall), normal_quantile(confidence)
    reach = reach * np.sqrt(error**2 + as_counts("tau2", tau2))
    return Limits(overall * np.exp(-reach), overall * np.exp(reach))


def adjusted_shmi_limits(expected: ArrayLike, tau2: ArrayLike, confidence: float = 0.998) -> Limits:
    """Funnel limits of observed/expected, with the ``tau2`` of ``shmi_overdispersion``; NaN where none is
    expected.

    One error of 1/10 and 1.96 of them: exp(-/+ .196).

    >>> lower, upper = adjusted_shmi_limits([100], 0.0, confidence=0.95)
    >>> lower.round(4), upper.round(4)
    (array([0.822]), array([1.2165]))
    """
    variance = divide(1.0, as_counts("expected", expected)) + as_counts("tau2", tau2)
    reach = normal_quantile(confidence) * np.sqrt(variance)
    return Limits(np.exp(-reach), np.exp(reach))


def _events(observed: ArrayLike, expected: ArrayLike) -> tuple[Numbers, Numbers]:
    """Both ``[..., area]``, where ``expected`` can be events.

    >>> _events([12, 8], [4000, 2500])
    Traceback (most recent call last):
    ValueError: expected must be events at the reference rate, not people: 20 were observed and 6,500 expected
    """
    observed, expected = counts_with_axes("area", observed=observed, expected=expected)
    is_known = ~np.isnan(observed + expected)
    areas, seen, due = (total(np.where(is_known, each, 0)) for each in (1, observed, expected))
    is_wrong = (areas > 1) & (due >= FEW_EVENTS * areas) & ((3 * seen < due) | (seen > 3 * due))
    if is_wrong.any():
        raise ValueError(
            "expected must be events at the reference rate, not people: "
            f"{seen[is_wrong][0]:,.0f} were observed and {due[is_wrong][0]:,.0f} expected"
        )
    return observed, expected


def _ratio_error(count: Numbers, other: Numbers) -> Numbers:
    """The error of a logarithm of a ratio of counts with half an event added; NaN without an event."""
    return np.sqrt(np.where(count + other == 0, np.nan, 1 / (count + 0.5) + 1 / (other + 0.5)))


def _adjusted(
    z: Numbers, difference: Numbers, standard_error: Numbers, phi: Numbers, tau2: Numbers
) -> Overdispersion:
    z_adjusted = np.where(np.isnan(z), np.nan, difference / np.sqrt(standard_error**2 + tau2))
    return Overdispersion(z, z_adjusted, phi, tau2, total(~np.isnan(z)) < FEW_AREAS)
