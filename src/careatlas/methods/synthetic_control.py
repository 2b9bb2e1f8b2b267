"""Whether an area changed after something began there, beyond a mixture of others that was like it before.

Use it for one area among twenty or more others, with a long series and a date stated beforehand. Give the
logarithm of rates: an effect of -.1 is then about a tenth less, whatever the level. Matching the whole past
also keeps an area that began in a bad spell from being credited with what comes back by itself.

Not for several areas at once or few others (``improvement``), nor where the area lies outside all others, so
that no mixture comes near it. With more donors than periods before, a close fit may be luck. When many areas
are screened, give their p to ``false_discovery``.

Formula::

    weights >= 0 with sum 1, so that sum over periods before of (own - sum of weight x donor)^2 is least
    gap     = own - sum of weight x donor
    effect  = mean gap after
    ratio   = root mean square of the gaps after / the same before
    p       = (1 + number of placebos with as large a ratio) / (number of placebos + 1)
    limits  = effect -/+ root mean square before x quantile of (|effect| / root mean square before) of placebos

Source: Abadie, Diamond & Hainmueller 2010, J Am Stat Assoc 105:493, 10.1198/jasa.2009.ap08746.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods._panel import panel
from careatlas.methods.estimate import Numbers, as_counts, divide, mean_of_known, require_same_labels
from careatlas.methods.intervals import tail

CHAPTER = "Opportunity and benefit"
POOR_FIT = 2  # times the standard error: a mixture further off than this before is no comparison
EXACT_FIT = 1e-9  # share of the level: a closer fit before than this is rounding


class SyntheticControl(NamedTuple):
    """For every area, the changed and (as placebos) the donors.

    ``effect``, ``lower`` and ``upper``: the mean gap after and its limits; ``p``: of the changed areas;
    ``before_error``: root mean square of the gaps before, ``ratio``: how many times as large it is after;
    ``is_poor_fit``: too far off before to be used. All these ``[..., area]``; ``gap`` is ``[..., area,
    period]``, ``weight`` ``[..., area, donor]``, and ``placebos``, how many p rests on, ``[...]``: fewer than
    19 can never give p of .05.
    """

    effect: Numbers
    lower: Numbers
    upper: Numbers
    p: Numbers
    gap: Numbers
    weight: Numbers
    before_error: Numbers
    ratio: Numbers
    is_poor_fit: NDArray[np.bool_]
    placebos: Numbers


class SearchedStart(NamedTuple):
    """Of the changed areas, ``[..., area]``: the ``start`` with the largest ratio, and its ``p`` among the
    largest ratios of placebos, searched in the same way. NaN elsewhere."""

    start: Numbers
    p: Numbers


def synthetic_control(
    value: ArrayLike,
    is_changed: ArrayLike,
    start: int,
    standard_error: ArrayLike | None = None,
    confidence: float = 0.95,
) -> SyntheticControl:
    """Each changed area beside the mixture of others that was nearest to it before ``start``.

    ``value`` ``[..., area, period]``; ``is_changed`` ``[..., area]``, the areas where something began, whose
    donors are all the rest; ``start`` is the position of the first period after the change. Where the
    sampling ``standard_error`` of the values is given, an area whose fit before is off by more than twice
    that has no effect and no p, and is no placebo to others either: leaving it among them would make fits
    look rare that are not. Nor has an area of which no error before is known (NaN). Every donor sits the same
    test with the other donors, and p is the place of the changed area among them. Where any area could as well
    have been the changed one that is exact, but for the one donor fewer of the placebos: in simulation 5 to
    6 % at .05.

    An area's missing periods are left out for it, and donors with gaps elsewhere are not used for it. Fewer
    than two donors, or no period known before or after, give NaN. Limits are NaN with too few placebos for
    the confidence asked (19 for 95 %). One call fits as many mixtures as there are areas, about a
    millisecond each. Refuses a start with nothing before or after, and negative standard errors.

    Abadie, Diamond & Hainmueller 2010, 10.1198/jasa.2009.ap08746.

    An area halfway between two donors, with 2, 4 before, stays there (6) had nothing begun; it is at 3:

    >>> fit = synthetic_control([[2, 4, 3], [1, 3, 5], [3, 5, 7]], [True, False, False], start=2)
    >>> fit.weight[0].round(6).tolist(), float(fit.effect[0].round(6))
    ([0.0, 0.5, 0.5], -3.0)
    """
    require_same_labels(value=value, standard_error=standard_error)
    value, (is_changed,) = panel(value, start, is_changed=is_changed)
    lead, areas = value.shape[:-2], value.shape[-2]
    gap, weight = np.full(value.shape, np.nan), np.full((*lead, areas, areas), np.nan)
    for at in np.ndindex(*lead):
        for area in range(areas):
            is_donor = ~is_changed[at] & (np.arange(areas) != area)
            gap[at][area], weight[at][area] = _fit(value[at], area, is_donor, start)

    before_error = _root_mean_square(gap[..., :start])
    is_poor_fit = np.zeros(before_error.shape, dtype=bool)
    if standard_error is not None:
        error = np.broadcast_to(as_counts("standard_error", standard_error), value.shape)
        is_close = before_error <= POOR_FIT * _root_mean_square(error[..., :start])
        is_poor_fit = ~is_close & ~np.isnan(before_error)
    effect = np.where(is_poor_fit, np.nan, mean_of_known(gap[..., start:]))
    # A mixture that passes through every point leaves an error of rounding alone; a ratio to it means nothing.
    level = np.abs(np.nan_to_num(value)).max(axis=(-2, -1))
    floored = np.maximum(before_error, EXACT_FIT * level[..., None])
    is_placebo = ~is_changed & ~np.isnan(effect)
    after_error = _root_mean_square(gap[..., start:])
    ratio = np.where(after_error == 0, 0.0, divide(after_error, floored))
    p = _place(ratio, is_changed & ~np.isnan(effect), is_placebo)
    reach = floored * _quantile(divide(np.abs(effect), floored), is_placebo, confidence)
    placebos = is_placebo.sum(axis=-1).astype(float)
    limits = effect - reach, effect + reach
    return SyntheticControl(effect, *limits, p, gap, weight, before_error, ratio, is_poor_fit, placebos)


def searched_start(value: ArrayLike, is_changed: ArrayLike, starts: ArrayLike) -> SearchedStart:
    """The start, of those given, after which a changed area left its mixture most; where no date was stated.

    ``value`` and ``is_changed`` as in ``synthetic_control``; ``starts``, a list of positions. Placebos search
    the same starts, so that looking in many places is paid for. NaN where a start could not be fitted.

    An area between two others, off by half in its first two periods, falls by 5 from the fifth on:

    >>> rise = np.arange(6.0)
    >>> value = [rise - [0.5, -0.5, 0, 0, 5, 5], rise + 1, rise - 1]
    >>> searched_start(value, [True, False, False], starts=[3, 4]).start.tolist()
    [4.0, nan, nan]
    """
    starts = list(np.ravel(starts))
    if not starts:
        raise ValueError("starts must name at least one position; there is none")
    fits = [synthetic_control(value, is_changed, start) for start in starts]
    ratios = np.stack([fit.ratio for fit in fits])
    is_fitted = ~np.isnan(ratios).any(axis=0)
    _, (is_changed,) = panel(value, starts[0], is_changed=is_changed)
    ratio = np.where(is_fitted, ratios.max(axis=0), np.nan)
    is_asked = is_changed & is_fitted
    best = np.where(is_asked, np.array(starts)[np.argmax(ratios, axis=0)], np.nan)
    return SearchedStart(best, _place(ratio, is_asked, ~is_changed & is_fitted))


def _fit(value: Numbers, area: int, is_donor: NDArray[np.bool_], start: int) -> tuple[Numbers, Numbers]:
    """The gap by period and the weight by area.

    The nearest point of the donors' hull: with a row of ones for the sum of the weights, its non-negative
    least squares is proportional to the answer whatever the scale, so that no penalty need be chosen.
    """
    from scipy.optimize import nnls

    is_known = ~np.isnan(value[area])
    donors = np.flatnonzero(is_donor & ~np.isnan(value[:, is_known]).any(axis=-1))
    gap, weight = np.full(value.shape[1], np.nan), np.full(value.shape[0], np.nan)
    is_before = is_known & (np.arange(len(is_known)) < start)
    if len(donors) < 2 or not is_before.any() or is_before.sum() == is_known.sum():
        return gap, weight
    off = (value[donors] - value[area])[:, is_before].T
    off = off / (_root_mean_square(off.ravel()) or 1)
    shares, _ = nnls(np.vstack([off, np.ones(len(donors))]), np.append(np.zeros(len(off)), 1))
    weight[:] = 0
    weight[donors] = shares / shares.sum()
    gap[is_known] = value[area, is_known] - weight[donors] @ value[donors][:, is_known]
    return gap, weight


def _place(ratio: Numbers, is_asked: NDArray[np.bool_], is_placebo: NDArray[np.bool_]) -> Numbers:
    """The share of the placebos and itself that are as far out, of each asked for."""
    is_as_far = ratio[..., None, :] >= ratio[..., :, None] * (1 - 1e-12)
    as_far = (is_as_far & is_placebo[..., None, :]).sum(axis=-1)
    return np.where(is_asked, (1 + as_far) / (1 + is_placebo.sum(axis=-1, keepdims=True)), np.nan)


def _quantile(ratio: Numbers, is_placebo: NDArray[np.bool_], confidence: float) -> Numbers:
    """The placebo that a new one lies within, with at least the confidence asked; NaN where too few."""
    in_order = np.sort(np.where(is_placebo, ratio, np.nan), axis=-1)
    placebos = is_placebo.sum(axis=-1, keepdims=True)
    place = np.ceil((placebos + 1) * (1 - 2 * tail(confidence)) - 1e-9).astype(int) - 1
    found = np.take_along_axis(in_order, np.clip(place, 0, ratio.shape[-1] - 1), axis=-1)
    return np.where(place < placebos, found, np.nan)


def _root_mean_square(numbers: Numbers) -> Numbers:
    return np.sqrt(mean_of_known(numbers**2))
