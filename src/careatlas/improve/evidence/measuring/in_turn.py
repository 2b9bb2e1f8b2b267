"""Every area in turn, as if something had begun there: how far its change lies beyond what others with its past did.

Arrays in, arrays out. What belongs to one area, where something did begin, is thereby known beside its placebos.

    before   = mean of the last ``LONGEST`` periods before the start, less the last ``spell`` of them
    change   = mean of as many after - before
    expected = a + b x before, by weighted least squares over the areas that serve as controls, itself left out
    effect   = change - expected;  error^2 = (shared variance + chance of its own change) / (1 - leverage),
               widened where the area swings more than others, and where controls lie further out than Student's t

The ``spell`` is left out because bad periods are often why something began: an area picked for them has them in its
mean before, and what comes back by itself would look like an effect. The shared variance is the one at which the
weighted squares of what is left are as many as their degrees of freedom.

Source: Barnett, van der Pols & Dobson 2005, Int J Epidemiol 34:215, 10.1093/ije/dyh299 (regression to the mean);
Abadie, Diamond & Hainmueller 2010, J Am Stat Assoc 105:493, 10.1198/jasa.2009.ap08746 (areas as placebos); Paule &
Mandel 1982, J Res Natl Bur Stand 87:377, 10.6028/jres.087.022 (the shared variance); Smyth 2004, Stat Appl Genet Mol
Biol 3:3, 10.2202/1544-6115.1027 (how far an area's own scatter is to be believed).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import polygamma, stdtrit

from careatlas.methods.estimate import Numbers, divide

LONGEST = 24  # periods before, and after: what is older, or later, tells of other things as well
FEWEST_CONTROLS = 19  # fewer placebos can never show that something happens once in twenty times
TAIL = 0.975

Truths = NDArray[np.bool_]


class InTurn(NamedTuple):
    """Of each area: the ``effect`` and its ``error`` in units of the score; ``came_back``, how much more than the
    controls it changed from all periods before without that being an effect; the known periods ``before`` and
    ``after``; ``level``, its mean before; ``swing``, its scatter about its two means beside that of the controls (1:
    the same). ``is_control``: who served; ``freedom``: degrees of freedom of t."""

    effect: Numbers
    error: Numbers
    came_back: Numbers
    before: Numbers
    after: Numbers
    level: Numbers
    swing: Numbers
    is_control: Truths
    freedom: int

    @property
    def z(self) -> Numbers:
        return divide(self.effect, self.error)

    @property
    def reach(self) -> Numbers:
        """From the effect to either end of its 95 % interval."""
        return stdtrit(self.freedom, TAIL) * self.error


class ByPeriod(NamedTuple):
    """What each area was to be ``expected`` at in each period, had nothing begun, and how far its interval of 95 %
    reaches to either side; ``[area, period]``, NaN before the start."""

    expected: Numbers
    reach: Numbers


class _Left(NamedTuple):
    """What is left of a change when that of the controls is taken off, of each area."""

    effect: Numbers
    error: Numbers
    is_control: Truths


def every_area_in_turn(
    score: Numbers, chance: Numbers, start: int, can_serve: Truths, spell: int, fewest: int
) -> InTurn | None:
    """Of ``score`` and its ``chance`` variance ``[area, period]``, NaN where not known; ``start``: the position of the
    first period after. An area needs ``fewest`` known periods on either side; ``can_serve``: those in which, as far as
    is known, nothing happened. None with fewer than 19 controls."""
    known = ~np.isnan(score + chance)
    whole, base, after = (known & period for period in _windows(score.shape[1], start, spell))
    enough = (_count(whole) >= fewest) & (_count(after) >= fewest) & (_count(base) >= 2)
    level, level_chance = _mean(score, chance, base & enough[:, None])
    later, later_chance = _mean(score, chance, after & enough[:, None])
    earlier, _ = _mean(score, chance, whole & enough[:, None])
    left = _beyond_controls(later - level, level_chance + later_chance, level, can_serve)
    if left is None:
        return None
    freedom = int(left.is_control.sum()) - 2
    swing, widened = _swing(score, chance, base, after, left.is_control)
    error = left.error * widened
    z = np.abs(divide(left.effect, error))[left.is_control]
    error = error * max(1.0, float(np.quantile(z, 2 * TAIL - 1)) / stdtrit(freedom, TAIL))
    crude = later - earlier
    came_back = crude - crude[left.is_control].mean() - left.effect
    return InTurn(
        left.effect, error, came_back, _count(whole), _count(after), level, swing, left.is_control, freedom,
    )  # fmt: skip


def by_period(score: Numbers, chance: Numbers, start: int, can_serve: Truths, spell: int) -> ByPeriod:
    """What would have come otherwise, a period at a time: the same, with that period alone for the time after."""
    known = ~np.isnan(score + chance)
    _, base, after = _windows(score.shape[1], start, spell)
    level, level_chance = _mean(score, chance, known & base)
    expected, reach = (np.full(score.shape, np.nan) for _ in range(2))
    for period in np.flatnonzero(after):
        left = _beyond_controls(
            score[:, period] - level, chance[:, period] + level_chance, level, can_serve & known[:, period]
        )
        if left is not None:
            expected[:, period] = score[:, period] - left.effect
            reach[:, period] = stdtrit(int(left.is_control.sum()) - 2, TAIL) * left.error
    return ByPeriod(expected, reach)


def drift_before(score: Numbers, chance: Numbers, start: int, can_serve: Truths, spell: int) -> Numbers:
    """Of each area, how steeply it was moving before, beside the controls, in errors of the slope; NaN where it has
    fewer than six periods to tell."""
    known = ~np.isnan(score + chance)
    base = known & _windows(score.shape[1], start, spell)[1]
    level, _ = _mean(score, chance, base)
    base = base & (_count(base) >= 6)[:, None]
    place = np.arange(score.shape[1], dtype=float)
    from_middle = np.where(base, place - divide(base @ place, _count(base))[:, None], 0)
    per_step = divide(from_middle, (from_middle**2).sum(axis=1)[:, None])
    slope = np.where(base, np.nan_to_num(score) * per_step, 0).sum(axis=1)
    by_chance = np.where(base, np.nan_to_num(chance) * per_step**2, 0).sum(axis=1)
    is_steady = base.any(axis=1)
    left = _beyond_controls(np.where(is_steady, slope, np.nan), by_chance, level, can_serve & is_steady)
    return np.full(len(score), np.nan) if left is None else divide(left.effect, left.error)


def _windows(periods: int, start: int, spell: int) -> tuple[Truths, Truths, Truths]:
    """All periods before that count, those of them without the spell, and those after."""
    place = np.arange(periods)
    before = (place < start) & (place >= start - LONGEST)
    return before, before & (place < start - spell), (place >= start) & (place < start + LONGEST)


def _count(known: Truths) -> Numbers:
    return known.sum(axis=1).astype(float)


def _mean(score: Numbers, chance: Numbers, known: Truths) -> tuple[Numbers, Numbers]:
    """Of the known periods, and its variance by chance; NaN without any."""
    periods = _count(known)
    mean = divide(np.where(known, score, 0).sum(axis=1), periods)
    return mean, divide(np.where(known, chance, 0).sum(axis=1), periods**2)


def _beyond_controls(change: Numbers, chance: Numbers, level: Numbers, can_serve: Truths) -> _Left | None:
    """Each area's change less what controls at its level changed, itself not among them."""
    is_known = ~np.isnan(change + level)
    is_control = can_serve & is_known
    if is_control.sum() < FEWEST_CONTROLS:
        return None
    middle, spread = level[is_control].mean(), level[is_control].std() or 1.0
    terms = np.where(is_known[:, None], np.stack([np.ones(len(level)), (level - middle) / spread], axis=1), 0)
    shared = _shared_variance(change[is_control], chance[is_control], terms[is_control])
    variance = np.where(is_known, shared + chance, np.nan)
    slopes, inverse = _fit(change[is_control], terms[is_control], 1 / variance[is_control])
    left = change - terms @ slopes
    leverage = np.einsum("ai,ij,aj->a", terms, inverse, terms) / variance
    # A control was in the fit itself; taking it out again makes its distance, and the error, larger.
    effect = np.where(is_control, divide(left, 1 - np.minimum(leverage, 1)), left)
    outside = np.where(is_control, divide(1.0, 1 - np.minimum(leverage, 1)), 1 + leverage)
    return _Left(effect, np.sqrt(variance * outside), is_control)


def _fit(change: Numbers, terms: Numbers, weight: Numbers) -> tuple[Numbers, Numbers]:
    """Mean and slope, and the inverse they come from; without a slope where all stood at one level."""
    weighted = terms.T * weight
    (total, tilt), (_, spread) = weighted @ terms
    if total * spread - tilt**2 > 1e-9 * total * spread:
        inverse = np.array([[spread, -tilt], [-tilt, total]]) / (total * spread - tilt**2)
    else:
        inverse = np.array([[1 / total, 0.0], [0.0, 0.0]])
    return inverse @ (weighted @ change), inverse


def _shared_variance(change: Numbers, chance: Numbers, terms: Numbers) -> float:
    """By Newton's steps from 0: the weighted squares fall and flatten as it grows, so that steps approach."""
    shared = 0.0
    for _ in range(50):
        weight = 1 / (shared + chance)
        left = change - terms @ _fit(change, terms, weight)[0]
        too_many = (weight * left**2).sum() - (len(change) - terms.shape[1])
        step = too_many / ((weight * left) ** 2).sum() if too_many > 0 or shared > 0 else 0.0
        shared, former = max(0.0, shared + step), shared
        if abs(shared - former) <= 1e-6 * shared:
            break
    return shared


def _swing(
    score: Numbers, chance: Numbers, base: Truths, after: Truths, is_control: Truths
) -> tuple[Numbers, Numbers]:
    """An area's scatter about its two means beside that of the controls, and how many times the wider its error is
    for that: the less, the less the controls' own scatters differ beyond chance."""
    squares, freedom = (np.zeros(len(score)) for _ in range(2))
    for known in (base, after):
        mean, _ = _mean(score, chance, known)
        squares += (np.where(known, score - mean[:, None], 0) ** 2).sum(axis=1)
        freedom += np.maximum(_count(known) - 1, 0)
    by_chance, _ = _mean(chance, chance, base | after)
    scatter = divide(squares, freedom)
    shared = max(0.0, float(np.median((scatter - by_chance)[is_control])))
    swing = divide(scatter, shared + by_chance)
    usual = float(np.median(freedom[is_control]))
    excess = np.var(np.log(np.maximum(swing[is_control], 1e-9)), ddof=1) - polygamma(1, usual / 2)
    if excess <= 0:
        return np.sqrt(swing), np.ones(len(score))
    prior = 1 + 2 / excess  # twice the inverse of the trigamma function, which is about .5 + 1 / excess
    return np.sqrt(swing), np.sqrt(np.maximum(1, (prior + freedom * swing) / (prior + freedom)))
