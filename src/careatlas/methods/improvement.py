"""Whether areas changed after something began there, beyond what their peers did anyway.

Use it for one or several areas where an initiative began at a date stated beforehand, beside peers where
nothing began: ``difference_in_differences``, or ``adjusted_difference`` where areas may have been picked
because their figures were bad, and some of that would have come back by itself. Give the logarithm of rates:
an effect of -.1 is then about a tenth less, whatever the level.

Not where changed areas and peers drifted apart before (``trend_p``, and the event study): see
``synthetic_control``. Not for an area's own before and after without others, nor for a small area among large
ones, whose changes vary less. Add up counts below about ten to longer periods first, and when many areas are
screened give their p to ``false_discovery``.

Formula::

    change   = mean of an area after - its mean before
    effect   = mean change of the changed areas - mean change of their peers
    error^2  = variance of changes / changed areas + variance of changes / peers   (areas are the clusters)
    adjusted = effect - slopes x (changed areas - peers), in the mean before and in the last periods before

Source: Bertrand, Duflo & Mullainathan 2004, Q J Econ 119:249, 10.1162/003355304772839588; Donald & Lang 2007,
Rev Econ Stat 89:221, 10.1162/rest.89.2.221; Barnett, van der Pols & Dobson 2005, Int J Epidemiol 34:215,
10.1093/ije/dyh299.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from careatlas.methods._panel import panel
from careatlas.methods.estimate import Numbers, divide, refuse_where
from careatlas.methods.intervals import t_half_width

CHAPTER = "Opportunity and benefit"
FEW_CHANGED = 5  # areas: below this their own spread says little, and that of all areas is used
FEWEST_TO_LEARN_FROM = 10  # areas
ROUNDING = 1e-12  # share of the level: a smaller standard error is that of floating-point numbers, and none


class DifferenceInDifferences(NamedTuple):
    """``value`` (the effect), its limits and ``p``; ``trend_p``: whether changed areas and peers already
    drifted apart before; ``peers``: how many it rests on. All ``[...]``.

    The event study ``[..., period]``: ``by_period`` with its limits is how far the changed areas stood from
    their peers, beyond their mean distance before.
    """

    value: Numbers
    lower: Numbers
    upper: Numbers
    p: Numbers
    trend_p: Numbers
    peers: Numbers
    by_period: Numbers
    by_period_lower: Numbers
    by_period_upper: Numbers


class AdjustedDifference(NamedTuple):
    """``value`` (the effect), its limits and ``p``, with ``expected_change``: how much more than their peers
    the changed areas would have changed because of their past alone. All ``[...]``."""

    value: Numbers
    lower: Numbers
    upper: Numbers
    p: Numbers
    expected_change: Numbers


def difference_in_differences(
    value: ArrayLike,
    is_changed: ArrayLike,
    is_peer: ArrayLike,
    start: int,
    confidence: float = 0.95,
) -> DifferenceInDifferences:
    """How much more the changed areas changed than their peers, with area and period effects taken out.

    ``value`` ``[..., area, period]``; ``is_changed`` and ``is_peer`` ``[..., area]``; ``start`` is the
    position of the first period after. To screen areas one by one, put them on a leading axis of the two.

    Each area counts once, by its change, so that its months may depend on one another as they like (errors
    clustered by area). Below five changed areas the spread of changes is that of changed and peers together;
    with one, that of its peers: the usual clustered error would be 0 there. From five on, each group has its
    own. Student's t, with Welch's degrees of freedom.

    A period missing in a changed area is left out, and so are peers with gaps in what remains. Fewer than two
    peers, or nothing before or after, give NaN; ``trend_p`` needs three periods before; where all changes are
    the same, p is NaN. Refuses an area that is both changed and peer, and truths that are not known or not
    given for each area.

    Bertrand, Duflo & Mullainathan 2004, 10.1162/003355304772839588; Donald & Lang 2007, 10.1162/rest.89.2.221.

    The changed area went from 5 to 2, peers from 4 to 5 and 6 to 9: -3 less the mean of 1 and 3 is -5. Changes
    of peers have variance 2, so its error is the root of 2 (1 + 1/2) = 1.732 with one degree of freedom:

    >>> effect = difference_in_differences([[5, 2], [4, 5], [6, 9]], [1, 0, 0], [0, 1, 1], start=1)
    >>> float(effect.value), round(float(effect.upper - effect.value) / 12.706, 3)  # t, 1 degree, 95 %
    (-5.0, 1.732)
    """
    value, is_changed, is_peer, is_used = _groups(value, is_changed, is_peer, start)
    effect, error, freedom = _compare(_of_areas(value, _contrasts(is_used, start)), is_changed, is_peer)
    error = _beyond_rounding(error, _level(value)[..., None])
    reach, p = t_half_width(error, freedom, confidence), _two_sided(effect, error, freedom)
    lower, upper = effect - reach, effect + reach
    peers = is_peer.sum(axis=-1).astype(float)
    of_change = (effect[..., 0], lower[..., 0], upper[..., 0], p[..., 0], p[..., 1])
    return DifferenceInDifferences(*of_change, peers, effect[..., 2:], lower[..., 2:], upper[..., 2:])


def adjusted_difference(
    value: ArrayLike,
    is_changed: ArrayLike,
    is_peer: ArrayLike,
    start: int,
    spell: int = 3,
    confidence: float = 0.95,
) -> AdjustedDifference:
    """The difference in differences, less what would have come back to the mean by itself.

    As ``difference_in_differences``, for areas whose bad figures may be why something began there: changes
    are also regressed on how each area stood before, and how much further off in its last ``spell`` periods
    before. Areas where nothing began so teach how far such a past comes back. Needs ten peers (all areas
    where nothing began are better than a few); with fewer, or no known period in the spell, NaN. Refuses a
    spell that is not shorter than the time before.

    Barnett, van der Pols & Dobson 2005, 10.1093/ije/dyh299.

    Where all areas come back halfway, one that lay 4 above them and fell by 3 has won 1 beyond the 2 expected:

    >>> before = np.append(np.arange(-5.0, 6.0), 4.0)
    >>> value = np.stack([before, before, before / 2], axis=-1)
    >>> value[11, 2] = 1.0
    >>> effect = adjusted_difference(value, np.arange(12) == 11, np.arange(12) < 11, start=2, spell=1)
    >>> float(effect.value.round(6)), float(effect.expected_change.round(6))
    (-1.0, -2.0)
    """
    value, is_changed, is_peer, is_used = _groups(value, is_changed, is_peer, start)
    if not 0 < spell < start:
        raise ValueError(f"spell must lie between 0 and the {start} periods before; it is {spell}")
    before, after = _means_over(is_used, start)
    in_spell = np.arange(is_used.shape[-1]) >= start - spell
    recent, _ = _means_over(is_used & in_spell, start)
    change, stood, spelled = np.moveaxis(
        _of_areas(value, np.stack([after - before, before, recent - before], axis=-1)), -1, 0
    )
    has_enough = is_peer.sum(axis=-1) >= FEWEST_TO_LEARN_FROM
    is_known = has_enough & is_changed.any(axis=-1) & ~np.isnan(change + stood + spelled).any(axis=-1)
    is_in = is_changed | is_peer
    past = [_standardised(each, is_in) for each in (stood, spelled)]
    terms = np.where(is_in[..., None], np.stack([np.ones(stood.shape), is_changed, *past], axis=-1), 0)
    change = np.where(is_in & is_known[..., None], change, 0)[..., None]
    spread = np.linalg.pinv(np.swapaxes(terms, -1, -2) @ terms, rcond=1e-12, hermitian=True)
    slopes = spread @ np.swapaxes(terms, -1, -2) @ change
    freedom = np.where(is_known, is_in.sum(axis=-1) - terms.shape[-1], np.nan)
    error = np.sqrt(divide(((change - terms @ slopes) ** 2).sum(axis=(-2, -1)), freedom) * spread[..., 1, 1])
    error = _beyond_rounding(error, _level(value))
    effect = np.where(is_known, slopes[..., 1, 0], np.nan)
    reach = t_half_width(error, freedom, confidence)
    p = _two_sided(effect, error, freedom)
    crude = _compare(change, is_changed, is_peer)[0][..., 0]
    return AdjustedDifference(effect, effect - reach, effect + reach, p, crude - effect)


def _groups(
    value: ArrayLike, is_changed: ArrayLike, is_peer: ArrayLike, start: int
) -> tuple[Numbers, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Values, changed areas, peers without gaps and periods known in every changed area, on the same leading
    axes."""
    value, (is_changed, is_peer) = panel(value, start, is_changed=is_changed, is_peer=is_peer)
    refuse_where(is_changed & is_peer, "an area is both changed and peer")
    is_used = ~np.any(np.isnan(value) & is_changed[..., None], axis=-2)
    is_peer = is_peer & ~np.any(np.isnan(value) & is_used[..., None, :], axis=-1)
    return value, is_changed, is_peer, is_used


def _means_over(is_used: NDArray[np.bool_], start: int) -> tuple[Numbers, Numbers]:
    """Weights of the periods that make the mean before and the mean after. NaN where there are none."""
    is_before = is_used & (np.arange(is_used.shape[-1]) < start)
    before, after = (
        divide(mask.astype(float), mask.sum(axis=-1, keepdims=True))
        for mask in (is_before, is_used & ~is_before)
    )
    return before, after


def _contrasts(is_used: NDArray[np.bool_], start: int) -> Numbers:
    """Weights of the periods ``[..., period, contrast]``: the change, the slope before, then each period less
    the mean before. NaN where it cannot be known."""
    before, after = _means_over(is_used, start)
    position = np.arange(is_used.shape[-1])
    time = np.where(before > 0, position - (before * position).sum(axis=-1, keepdims=True), 0)
    slope = divide(time, np.where((before > 0).sum(axis=-1) > 2, (time**2).sum(axis=-1), np.nan)[..., None])
    single = np.where(is_used[..., None, :], np.eye(len(position)) - before[..., :, None], np.nan)
    return np.concatenate([(after - before)[..., None], slope[..., None], single], axis=-1)


def _of_areas(value: Numbers, contrasts: Numbers) -> Numbers:
    """Each contrast of the periods, of each area; NaN where the contrast is, and 0 for a missing value (whose
    area, or period, is left out elsewhere)."""
    numbers = np.nan_to_num(value) @ np.nan_to_num(contrasts)
    return np.where(np.isnan(contrasts).any(axis=-2)[..., None, :], np.nan, numbers)


def _compare(
    of_areas: Numbers, is_changed: NDArray[np.bool_], is_peer: NDArray[np.bool_]
) -> tuple[Numbers, Numbers, Numbers]:
    """Difference of the two groups' means, its standard error and degrees of freedom, of ``[..., area,
    contrast]``."""
    groups = []
    for mask in (is_changed, is_peer):
        number = mask.sum(axis=-1).astype(float)[..., None]
        inside = mask[..., None]
        mean = divide(np.where(inside, of_areas, 0).sum(axis=-2), number)
        squares = np.where(inside, (of_areas - mean[..., None, :]) ** 2, 0).sum(axis=-2)
        groups.append((number, mean, squares))
    (n1, mean1, squares1), (n0, mean0, squares0) = groups
    pooled = divide(squares1 + squares0, np.where(n0 > 1, n1 + n0 - 2, np.nan))
    own1, own0 = divide(squares1, n1 * (n1 - 1)), divide(squares0, n0 * (n0 - 1))
    welch = divide((own1 + own0) ** 2, divide(own1**2, n1 - 1) + divide(own0**2, n0 - 1))
    is_few = n1 < FEW_CHANGED
    variance = np.where(is_few, pooled * (divide(1.0, n1) + divide(1.0, n0)), own1 + own0)
    freedom = np.where(is_few, n1 + n0 - 2, welch)
    effect = np.where(n0 > 1, mean1 - mean0, np.nan)
    return effect, np.sqrt(variance), np.broadcast_to(freedom, mean1.shape)


def _level(value: Numbers) -> Numbers:
    return np.abs(np.nan_to_num(value)).max(axis=(-2, -1), initial=0)


def _beyond_rounding(error: Numbers, level: Numbers) -> Numbers:
    return np.where(error <= ROUNDING * level, 0, error)


def _standardised(past: Numbers, is_in: NDArray[np.bool_]) -> Numbers:
    """About its mean and in units of its spread, so that no unit or level costs the regression its digits."""
    areas = is_in.sum(axis=-1, keepdims=True)
    from_mean = past - divide(np.where(is_in, past, 0).sum(axis=-1, keepdims=True), areas)
    spread = np.sqrt(divide(np.where(is_in, from_mean**2, 0).sum(axis=-1, keepdims=True), areas))
    return np.nan_to_num(from_mean / np.where(spread > 0, spread, 1))


def _two_sided(effect: Numbers, error: Numbers, freedom: Numbers) -> Numbers:
    return 2 * stdtr(np.where(freedom > 0, freedom, np.nan), -np.abs(divide(effect, error)))
