"""Did quality hold while money was saved? What must be known before a claim counts.

Use it for the quality measures linked to an initiative, by month: at least one is mandatory. Each is compared
with its own level before the start; it got worse if a month lies outside limits on the wrong side, or too
many months in a row lie on the wrong side of the mean. Limits are wide enough, and rows long enough, that a
stable set of measures is blocked wrongly in at most 5 % of years: the fewer months of a measure are known
before, the less sure its own level is, and the wider they are.

Not to find improvement (``spc``, ``improvement``): it looks to the wrong side only. Not for measures with a
season or a trend before: adjust them first, or they block more. Months that depend on one another do so too,
unless how much they carry over is said.

Formula::

    sigma   = mean |month - last known month before it| / 1.128, before the start
    z       = (mean before - month) / sigma, turned so that above 0 is worse
    worse   = any z > limit, or as many months in a row with z > 0 as the run
    limit, run: at least 3 and 7, raised until all measures together give .05 of stable years (simulated with
                as many months before as are known of the measure)

Source: Shewhart 1931, Economic control of quality of manufactured product; Montgomery 2020, Introduction to
statistical quality control (limits from moving ranges); Nelson 1984, J Qual Technol 16:237,
10.1080/00224065.1984.11978921 (runs).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods._panel import refuse_start
from careatlas.methods.estimate import (
    Numbers,
    alike,
    as_numbers,
    as_truths,
    labels_of,
    mean_of_known,
    require_axes,
    require_same_labels,
    whole_number,
)

CHAPTER = "Opportunity and benefit"
LEAST_LIMIT, LEAST_RUN = 3.0, 7  # standard deviations, months: what charts use for one measure
LEAST_BEFORE = 12  # months known: with fewer there is no level to compare with
RANGE_PER_SIGMA = 1.128  # mean absolute difference of two normal draws, in standard deviations
STABLE_SETS = 50_000  # simulated
ROUNDING = 1e-9  # share of the level: months that differ by less are the same


class Rule(NamedTuple):
    """A measure is worse beyond ``limit`` standard deviations, or after a ``run`` of months on the wrong side;
    ``false_alarm`` is the share of stable years in which any of the measures then is."""

    limit: Numbers
    run: Numbers
    false_alarm: Numbers


class QualityGate(NamedTuple):
    """``is_held`` ``[...]``: at least one measure, none missing and none worse; ``is_worse`` and ``is_missing``
    ``[..., measure]``; and the ``rule`` by which: its limit and run ``[..., measure]``, and the false alarm of
    all measures together ``[...]``."""

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
    carried_over: float = 0.0,
) -> QualityGate:
    """Whether each initiative's quality measures held from ``start`` on.

    ``value`` ``[..., measure, month]``; ``start`` is the position of the first month after the change;
    ``is_higher_better`` ``[measure]``. A measure is missing with fewer than twelve known months before or none
    after, and missing blocks as worse does; single missing months are passed over. A measure that never
    varied before is worse at its first change for the worse. The rule (``stable_rule``) depends on the number
    of measures, on the months known before of each, and on whole years since the start, so that to look every
    month adds no false alarms; and on ``carried_over``, the share of a month's deviation that the next one keeps.
    Refuses a start with nothing before or after, false alarms not between 0 and 1, a share not from 0 to below 1,
    and an ``is_higher_better`` that is not one truth for each measure.

    Nelson 1984, 10.1080/00224065.1984.11978921.

    A measure that swings between 90 and 92 stays so; another, beside it, falls to 80:

    >>> steady, falls = [90, 92] * 12 + [91] * 3, [90, 92] * 12 + [91, 80, 91]
    >>> gate = quality_gate([steady, falls], start=24, is_higher_better=[True, True])
    >>> bool(gate.is_held), gate.is_worse.tolist()
    (False, [False, True])
    """
    require_same_labels(value=labels_of(value, -2), is_higher_better=labels_of(is_higher_better))
    value = as_numbers("value", value)
    require_axes("value", value, "measure", "month")
    measures, months = value.shape[-2:]
    refuse_start(start, months)
    is_higher_better = as_truths("is_higher_better", is_higher_better)
    require_axes("is_higher_better", is_higher_better, measure=measures)
    furthest, longest = _worst(np.where(is_higher_better, -1.0, 1.0)[..., None] * value, start)
    is_known = ~np.isnan(value)
    before = is_known[..., :start].sum(axis=-1)
    years_begun = -(-(months - start) // 12)
    rule = _rule_of_set(
        np.maximum(before, LEAST_BEFORE), 12 * years_begun, yearly_false_alarm, seed, carried_over
    )
    is_missing = (before < LEAST_BEFORE) | ~is_known[..., start:].any(axis=-1)
    is_worse = ~is_missing & ((furthest > rule.limit) | (longest >= rule.run))
    is_held = ~(is_worse | is_missing).any(axis=-1) & (measures > 0)
    return QualityGate(is_held, is_worse, is_missing, rule)


def stable_rule(
    measures: ArrayLike,
    before: ArrayLike,
    after: int,
    yearly_false_alarm: float = 0.05,
    seed: int = 0,
    carried_over: float = 0.0,
) -> Rule:
    """The least limit and run that keep to the false alarms allowed for all ``measures`` together, half to each.

    ``measures``, how many are watched, and ``before``, months known of them, of one shape or one number;
    ``after``, months. From 50,000 simulated stable series, normal, whose level is learnt from the months before as
    in the gate; independent, or such that each month keeps the share ``carried_over`` of the last one's deviation.
    Refuses fewer than two months before, none after, false alarms not between 0 and 1, and a share not from 0 to
    below 1.

    With one measure, two years before and a year after, three standard deviations and seven in a row would
    block too often: eight are needed, and a little more than three:

    >>> rule = stable_rule(1, before=24, after=12)
    >>> float(rule.limit.round(1)), float(rule.run), float(rule.false_alarm.round(2))
    (3.2, 8.0, 0.05)

    Where months keep .3 of the last one, rows are longer by chance, and both grow:

    >>> rule = stable_rule(1, before=24, after=12, carried_over=0.3)
    >>> float(rule.limit.round(1)), float(rule.run), float(rule.false_alarm.round(2))
    (3.7, 10.0, 0.05)
    """
    if not 0 <= carried_over < 1:
        raise ValueError(f"carried_over must be a share from 0 to below 1; it is {carried_over}")
    if not 0 < yearly_false_alarm < 1:
        raise ValueError(f"yearly_false_alarm must lie between 0 and 1; it is {yearly_false_alarm}")
    after = whole_number("after", after, fewest=1)
    alike(measures=measures, before=before)
    measures, before = np.broadcast_arrays(np.maximum(measures, 1), before)
    years = max(after / 12, 1)
    allowed = 1 - (1 - yearly_false_alarm) ** (years / measures)
    parts = [
        _least(*_stable(whole_number("before", months, fewest=2), after, seed, carried_over), share)
        for months, share in zip(before.ravel(), allowed.ravel(), strict=True)
    ]
    limit, run, of_one = (np.reshape(part, measures.shape) for part in np.reshape(parts, (-1, 3)).T)
    return Rule(limit, run, 1 - (1 - of_one) ** (measures / years))


def _rule_of_set(
    before: NDArray[np.intp], after: int, yearly_false_alarm: float, seed: int, carried_over: float
) -> Rule:
    """Limit and run of each measure by the months known before, and the false alarm of all of them."""
    measures = before.shape[-1]
    months, which = np.unique(before, return_inverse=True)
    rule = stable_rule(measures, months, after, yearly_false_alarm, seed, carried_over)
    limit, run, stays = (each[which.reshape(before.shape)] for each in (*rule[:2], 1 - rule.false_alarm))
    return Rule(limit, run, 1 - (stays ** (1 / max(measures, 1))).prod(axis=-1))


@lru_cache(maxsize=32)
def _stable(before: int, after: int, seed: int, carried_over: float) -> tuple[Numbers, Numbers]:
    """How far the worst month of stable series lies out, and their longest rows; kept, as many calls need it."""
    series = np.random.default_rng(seed).standard_normal((STABLE_SETS, before + after))
    if carried_over:
        fresh = np.sqrt(1 - carried_over**2)
        for month in range(1, before + after):
            series[:, month] = carried_over * series[:, month - 1] + fresh * series[:, month]
    return _worst(series, before)


def _worst(value: Numbers, start: int) -> tuple[Numbers, Numbers]:
    """How far the worst month lies out, and the longest row of months on the wrong side; higher is worse."""
    before, after = value[..., :start], value[..., start:]
    middle = mean_of_known(before)
    sigma = mean_of_known(_ranges(before)) / RANGE_PER_SIGMA
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
