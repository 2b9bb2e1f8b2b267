"""What one area's distance from all areas is made of: chance, need, supply, place, or none of these.

Use it when an area asks why its figure is high or low: each part with its limits, multiplied to the whole, and
one of five verdicts. The bars of the ``waterfall`` come with it, from the same draws. With twelve periods or
more use ``gap_parts_of_periods``, which tells what lasts from what comes and goes.

Not for causes, not below 30 areas, and not without the signs that need should have: all that is said of the
``waterfall`` holds. Not to excuse: what goes with need the wrong way is a part of its own, "against need", and
an area that lies lower where need is higher is said to do so, even where need works as it should elsewhere.
Nor does "within chance" say that an area is like the others: it may be too small to tell.

Formula::

    ln(observed / expected) = chance + blocks + spatial + unexplained
    blocks and spatial are each shifted so that alone they would leave all areas together as many events:
              sum of expected x exp(part) = sum of expected; what is shifted goes with unexplained
    chance  = ln(observed / expected) - difference; difference = blocks + spatial + level + the area's own
    percent = 100 (exp(mean of the draws) - 1); limits are quantiles of the draws
    all     = observed / expected, with the limits of a count as precise as 1 / (1 / observed + variance
              of what comes and goes)

    verdict, the first of these that holds, of a difference whose limits are the 95 % ones:
    within_chance      it may be 0, and observed is not beyond counting error (q of two sides > .05)
    comes_and_goes     it may be 0
    against_need       it is below 0, where need is more than half a standard deviation above the mean
    in_line_with_need  less the part of need it may be 0, and that part is half of it or more
    unexplained        all else, such as less than need would have, though no less than others

    need = mean of the covariates with signs, each times its sign, standardised

Source: as ``waterfall``; Benjamini & Hochberg 1995, 10.1111/j.2517-6161.1995.tb02031.x (q).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from careatlas.methods._log_ratio_parts import Map, Parts, draw_parts
from careatlas.methods._waterfall import is_as_expected
from careatlas.methods._waterfall_bars import Bars
from careatlas.methods._waterfall_input import Given, of_one_period, of_periods
from careatlas.methods.estimate import Numbers, divide
from careatlas.methods.false_discovery import false_discovery
from careatlas.methods.intervals import count_limits, tail
from careatlas.methods.waterfall import Waterfall

CHAPTER = "Variation"
BEYOND_COUNTING_Q = 0.05  # false discovery over the areas of a map
HIGHER_NEED = 0.5  # standard deviations above the mean area
HALF_OF_IT = 0.5  # the least part of a difference that need must make


class GapParts(NamedTuple):
    """``component``, the names of the parts, ``all`` first; for each of them, ``[..., area, component]``,
    by how many ``percent`` it moves the area from all areas, with ``lower`` and ``upper`` limits; the
    ``verdict`` ``[..., area]``, empty where an area is not known; and the ``bars`` of the ``waterfall``."""

    component: tuple[str, ...]
    percent: Numbers
    lower: Numbers
    upper: Numbers
    verdict: NDArray[np.str_]
    bars: Waterfall


def gap_parts(
    observed: ArrayLike,
    expected: ArrayLike,
    neighbours: ArrayLike | None,
    blocks: Mapping[str, ArrayLike],
    expected_signs: Mapping[str, Sequence[int]] | None = None,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> GapParts:
    """The parts for one period, in which chance is counting error only and nothing can be said to come and go.

    All that is given is as in ``waterfall``, and so is what is left out or refused.

    Thirty areas of 10,000 events and more, high and low by need alone: a fifth more than expected is need:

    >>> need = [1.0, -1.0] * 15
    >>> found = gap_parts([12_000, 8_000] * 15, [10_000] * 30, None, {"need": need}, {"need": [1]})
    >>> found.component
    ('all', 'chance', 'need', 'against need', 'spatial', 'unexplained')
    >>> float(found.percent[0, 0].round(1)), str(found.verdict[0])
    (20.0, 'in_line_with_need')
    """
    given = of_one_period(observed, expected, neighbours, blocks, expected_signs, confidence, draws, seed)
    return _parted(given)


def gap_parts_of_periods(
    observed: ArrayLike,
    expected: ArrayLike,
    neighbours: ArrayLike | None,
    blocks: Mapping[str, ArrayLike],
    expected_signs: Mapping[str, Sequence[int]] | None = None,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> GapParts:
    """The parts for all of at least twelve periods together: ``chance`` holds what comes and goes, too.

    All that is given is as in ``waterfall_of_periods``.
    """
    given = of_periods(observed, expected, neighbours, blocks, expected_signs, confidence, draws, seed)
    return _parted(given)


def _parted(given: Given) -> GapParts:
    """All maps, one after another."""
    bars = Bars(given)
    component = ("all", "chance", *bars.component[len(given.errors) :])
    percent = np.full((3, *given.observed.shape, len(component)), np.nan)
    verdict = np.full(given.observed.shape, "", dtype="<U17")
    for at, data in given.each():
        parts = draw_parts(data, given.around, given.draws, given.seed)
        bars.add(at, data, parts)
        known = np.flatnonzero(data.expected > 0)
        by_name = _log_parts(data, given, parts, known)
        places = (slice(None), *at, known)
        percent[places] = 100 * np.expm1(_summed_up(data, given, by_name, known))
        verdict[(*at, known)] = _verdicts(data, given, by_name, known)
    return GapParts(component, *percent, verdict, Waterfall(*bars.described()))


def _log_parts(data: Map, given: Given, parts: Parts, known: NDArray[np.intp]) -> dict[str, Numbers]:
    """Draws ``[area, draw]`` of every part on the log scale, "difference" and what of it is met need besides."""
    weight = data.expected[known] / data.expected.sum()
    covariates = data.design[known, 1:]
    is_met = is_as_expected(data, given.blocks, parts)
    names, is_signed = given.blocks.name, given.blocks.is_signed()
    signed = [name for name, has_sign in zip(names, is_signed, strict=True) if has_sign]
    blocks: dict[str, Numbers] = {}
    for name, columns in zip(names, given.blocks.columns, strict=True):
        for label, own in ((name, columns[is_met[columns]]), (f"against {name}", columns[~is_met[columns]])):
            if label == name or name in signed:
                blocks[label] = _shifted(covariates[:, own] @ parts.coefficient[own], weight)
    spatial = _shifted(parts.spatial[known], weight)
    difference = data.design[known] @ np.vstack([parts.level, parts.coefficient])
    difference = difference + parts.spatial[known] + parts.own[known]
    with np.errstate(divide="ignore"):
        chance = np.log(data.observed[known] / data.expected[known])[:, None] - difference
    unexplained = difference - sum(blocks.values()) - spatial
    met = sum((blocks[name] for name in signed), np.zeros_like(difference))
    return {
        "chance": chance, **blocks, "spatial": spatial, "unexplained": unexplained,
        "difference": difference, "met": met,
    }  # fmt: skip


def _shifted(part: Numbers, weight: Numbers) -> Numbers:
    """The part ``[area, draw]``, such that by itself it moves areas and not all of them together."""
    return part - np.log1p(weight @ np.expm1(part))


def _summed_up(data: Map, given: Given, by_name: dict[str, Numbers], known: NDArray[np.intp]) -> Numbers:
    """On the log scale: the middle, lower and upper end of the whole and of every part, ``[3, area, part]``."""
    observed, expected = data.observed[known], data.expected[known]
    precise = divide(observed, 1 + observed * data.extra_variance[known])  # a count as precise as the whole
    limits = count_limits(precise, given.confidence)
    ratio = observed / expected
    scale = np.where(observed > 0, divide(ratio, precise), 1 / expected)
    with np.errstate(divide="ignore"):
        whole = np.log(np.stack([ratio, limits.lower * scale, limits.upper * scale]))
    drawn = np.stack([part for name, part in by_name.items() if name not in ("difference", "met")], axis=1)
    ends = [tail(given.confidence), 1 - tail(given.confidence)]
    has_events = np.isfinite(drawn)
    low, high = np.quantile(np.where(has_events, drawn, 0), ends, axis=-1)
    parts = np.stack([drawn.mean(axis=-1), low, high])
    parts[1:, ~has_events[..., 0]] = -np.inf  # no events at all: nothing is left of what was expected
    return np.concatenate([whole[..., None], parts], axis=-1)


def _verdicts(
    data: Map, given: Given, by_name: dict[str, Numbers], known: NDArray[np.intp]
) -> NDArray[np.str_]:
    """Of each known area, by the rule on the method's page."""
    observed, expected = data.observed[known], data.expected[known]
    low, high = np.quantile(by_name["difference"], [0.025, 0.975], axis=-1)
    left_low, left_high = np.quantile(by_name["difference"] - by_name["met"], [0.025, 0.975], axis=-1)
    may_be_none = (low <= 0) & (high >= 0)
    whole, met = by_name["difference"].mean(axis=-1), by_name["met"].mean(axis=-1)
    # Where need is so uncertain that it might explain anything, it explains nothing.
    is_met = (left_low <= 0) & (left_high >= 0) & (met * np.sign(whole) >= HALF_OF_IT * np.abs(whole))
    beyond_counting = false_discovery(chdtrc(1, (observed - expected) ** 2 / expected)) <= BEYOND_COUNTING_Q
    comes_and_goes = beyond_counting & ("comes and goes" in given.errors)
    return np.select(
        [may_be_none & comes_and_goes, may_be_none, (high < 0) & _is_higher_need(data, given, known), is_met],
        ["comes_and_goes", "within_chance", "against_need", "in_line_with_need"],
        "unexplained",
    )


def _is_higher_need(data: Map, given: Given, known: NDArray[np.intp]) -> NDArray[np.bool_]:
    need = data.design[known, 1:] @ given.blocks.sign
    spread = need.std()
    return need > need.mean() + HIGHER_NEED * spread if spread > 0 else np.zeros(len(known), bool)
