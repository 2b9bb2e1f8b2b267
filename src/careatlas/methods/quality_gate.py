"""Did quality hold while money was saved? What must be known before a claim counts.

Use it for the quality measures linked to an initiative, by month: at least one is mandatory. Each is compared
with its own level before the start; it got worse if a month lies outside limits on the wrong side, or too
many months in a row lie on the wrong side of the mean. Limits are wide enough, and rows long enough, that a
stable set of measures is blocked wrongly in at most 5 % of years.

Not to find improvement (``spc``, ``improvement``): it looks to the wrong side only. Not for measures with a
season or a trend before (adjust them first), nor where months depend on one another: both blocks more, as do
many gaps before.

Formula::

    sigma   = mean |month - last known month before it| / 1.128, before the start
    z       = (mean before - month) / sigma, turned so that above 0 is worse
    worse   = any z > limit, or as many months in a row with z > 0 as the run
    limit, run: at least 3 and 7, raised until all measures together give .05 of stable years (simulated)

Source: Shewhart 1931, Economic control of quality of manufactured product; Montgomery 2020, Introduction to
statistical quality control (limits from moving ranges); Nelson 1984, J Qual Technol 16:237,
10.1080/00224065.1984.11978921 (runs).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import Numbers, as_numbers, divide

CHAPTER = "Opportunity and benefit"
LEAST_LIMIT, LEAST_RUN = 3.0, 7  # standard deviations, months: what charts use for one measure
LEAST_BEFORE = 12  # months known: with fewer there is no level to compare with
RANGE_PER_SIGMA = 1.128  # mean absolute difference of two normal draws, in standard deviations
STABLE_SETS = 20_000  # simulated
ROUNDING = 1e-9  # share of the level: months that differ by less are the same


class Rule(NamedTuple):
    """A measure is worse beyond ``limit`` standard deviations, or after a ``run`` of months on the wrong side;
    ``false_alarm`` is the share of stable years in which any of the measures then is."""

    limit: Numbers
    run: Numbers
    false_alarm: Numbers


class QualityGate(NamedTuple):
    """``is_held`` ``[...]``: at least one measure, none missing and none worse; ``is_worse`` and ``is_missing``
    ``[..., measure]``; and the ``rule`` by which, single numbers."""

    is_held: NDArray[np.bool_]
    is_worse: NDArray[np.bool_]
    is_missing: NDArray[np.bool_]
    rule: Rule


def quality_gate(
    value: ArrayLike,
    start: int,
    is_higher_better: ArrayLike,
    yearly_false_alarm: float = 0.05,
    seed: int = 0,
) -> QualityGate:
    """Whether each initiative's quality measures held from ``start`` on.

    ``value`` ``[..., measure, month]``; ``start`` is the position of the first month after the change;
    ``is_higher_better`` ``[measure]``. A measure is missing with fewer than twelve known months before or none
    after, and missing blocks as worse does; single missing months are passed over. A measure that never
    varied before is worse at its first change for the worse. The rule (``stable_rule``) depends on the number
    of measures and months only, so that one call holds all initiatives to the same, and on whole years since
    the start, so that to look every month adds no false alarms. Refuses a start with nothing before or after
    and false alarms not between 0 and 1.

    Nelson 1984, 10.1080/00224065.1984.11978921.

    A measure that swings between 90 and 92 stays so; another, beside it, falls to 80:

    >>> steady, falls = [90, 92] * 12 + [91] * 3, [90, 92] * 12 + [91, 80, 91]
    >>> gate = quality_gate([steady, falls], start=24, is_higher_better=[True, True])
    >>> bool(gate.is_held), gate.is_worse.tolist()
    (False, [False, True])
    """
    value = as_numbers("value", value)
    measures, months = value.shape[-2:]
    if not 0 < start < months:
        raise ValueError(f"start must leave months before and after; it is {start} of {months} months")
    years_begun = -(-(months - start) // 12)
    rule = stable_rule(measures, max(start, LEAST_BEFORE), 12 * years_begun, yearly_false_alarm, seed)
    sign = np.where(np.asarray(is_higher_better, dtype=bool), -1.0, 1.0)[..., None]
    furthest, longest = _worst(sign * value, start)
    is_known = ~np.isnan(value)
    is_missing = (is_known[..., :start].sum(axis=-1) < LEAST_BEFORE) | ~is_known[..., start:].any(axis=-1)
    is_worse = ~is_missing & ((furthest > rule.limit) | (longest >= rule.run))
    is_held = ~(is_worse | is_missing).any(axis=-1) & (measures > 0)
    return QualityGate(is_held, is_worse, is_missing, rule)


def stable_rule(
    measures: ArrayLike, before: int, after: int, yearly_false_alarm: float = 0.05, seed: int = 0
) -> Rule:
    """The least limit and run that keep to the false alarms allowed for all ``measures`` together, half to each.

    ``measures``, how many are watched, of any shape; ``before`` and ``after``, months. From 20,000 simulated
    stable series, normal and independent, whose level is learnt from the months before as in the gate. Refuses
    fewer than two months before, none after, and false alarms not between 0 and 1.

    With one measure, two years before and a year after, three standard deviations and seven in a row would
    block too often: eight are needed, and a little more than three:

    >>> rule = stable_rule(1, before=24, after=12)
    >>> float(rule.limit.round(1)), float(rule.run), float(rule.false_alarm.round(2))
    (3.2, 8.0, 0.05)
    """
    if not 0 < yearly_false_alarm < 1:
        raise ValueError(f"yearly_false_alarm must lie between 0 and 1; it is {yearly_false_alarm}")
    if before < 2 or after < 1:
        raise ValueError(f"a rule needs two months before and one after; it has {before} and {after}")
    measures = np.maximum(np.asarray(measures, dtype=np.float64), 1)
    years = max(after / 12, 1)
    stable = np.random.default_rng(seed).standard_normal((STABLE_SETS, before + after))
    furthest, longest = _worst(stable, before)
    allowed = 1 - (1 - yearly_false_alarm) ** (years / measures)
    parts = [_least(furthest, longest, share) for share in allowed.ravel()]
    limit, run, of_one = (np.reshape(part, measures.shape) for part in np.transpose(parts))
    return Rule(limit, run, 1 - (1 - of_one) ** (measures / years))


def _worst(value: Numbers, start: int) -> tuple[Numbers, Numbers]:
    """How far the worst month lies out, and the longest row of months on the wrong side; higher is worse."""
    before, after = value[..., :start], value[..., start:]
    middle = _mean(before)
    sigma = _mean(_ranges(before)) / RANGE_PER_SIGMA
    worse_by = np.nan_to_num(after - middle[..., None])
    worse_by = np.where(worse_by > ROUNDING * np.abs(middle[..., None]), worse_by, 0)
    furthest = np.where(worse_by > 0, np.inf, 0.0)
    np.divide(worse_by, sigma[..., None], out=furthest, where=(sigma > 0)[..., None])
    row, longest = np.zeros(middle.shape), np.zeros(middle.shape)
    for month in range(after.shape[-1]):
        is_known = ~np.isnan(after[..., month])
        row = np.where(is_known, np.where(worse_by[..., month] > 0, row + 1, 0), row)
        longest = np.maximum(longest, row)
    return furthest.max(axis=-1), longest


def _ranges(value: Numbers) -> Numbers:
    """How far each month is from the last known before it."""
    position = np.arange(value.shape[-1])
    last = np.maximum.accumulate(np.where(np.isnan(value), 0, position), axis=-1)
    return np.abs(value[..., 1:] - np.take_along_axis(value, last[..., :-1], axis=-1))


def _least(furthest: Numbers, longest: Numbers, allowed: float) -> tuple[float, float, float]:
    """Limit and run that give one measure the false alarms ``allowed``, and those they give."""
    run = LEAST_RUN
    while (longest >= run).mean() > allowed / 2:
        run += 1
    is_run = longest >= run
    left = int(len(furthest) * allowed) - is_run.sum()
    limit = max(LEAST_LIMIT, np.sort(furthest[~is_run])[-left - 1])
    return limit, run, (is_run | (furthest > limit)).mean()


def _mean(numbers: Numbers) -> Numbers:
    is_known = ~np.isnan(numbers)
    return divide(np.where(is_known, numbers, 0).sum(axis=-1), is_known.sum(axis=-1))
