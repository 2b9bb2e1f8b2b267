"""The list at the margin: what a budget funds, what could be released for the next, and how sure either is.

One weighing of all options, by ``methods.prioritisation``: benefit x people x likelihood, as a share of the largest
(0 to 100) beside the group's own criteria where it has any. Bands are of ``DRAWS`` seeded draws, in which each figure
with a range varies by itself in a triangle from its low over its likely to its high end. Options
that exclude or need one another, and benefits that count the same people, are not known to it.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from careatlas.errors import raise_all
from careatlas.methods.estimate import Numbers, divide
from careatlas.methods.prioritisation import candidates_for_release, expected_value, fund, funding_share
from careatlas.present.worksheet import read_worksheet
from careatlas.present.worksheet_checks import OF_A_GAP, Figure, Option, Worksheet, checked

DRAWS, SEED = 1000, 0
BAND = (2.5, 97.5)  # centiles of the draws
PER = 1000  # pounds, for value for money

Row = dict[str, Any]
COLUMNS = (
    "key", "option", "kind", "decision", "place", "value", "unit", "points", "net_cost", "value_for_money",
    "value_for_money_low", "value_for_money_high", "value_for_money_in", "left_of_budget",
    "chosen_over_weights", "chosen_over_ranges", "likelihood_of", "note",
)  # fmt: skip


class Priorities(NamedTuple):
    """``rows`` by ``COLUMNS``: invest in order, then disinvest, the first to release first, then what is not weighed.

    ``waiting``: the first that the budget does not hold, for which ``needed`` pounds lack and ``released`` could come
    from those named. ``points_lost`` beside ``points_gained``: what that exchange would cost and give.
    """

    rows: list[Row]
    counted_in: str
    left: float | None
    waiting: Row | None
    needed: float
    released: float
    points_gained: float
    points_lost: float
    has_ranges: bool


def list_priorities(text: str, where: str) -> list[Row]:
    """What ``careatlas priorities`` prints of a worksheet's text. Every fault in it is raised together."""
    worksheet, faults = checked(read_worksheet(text, where))
    raise_all([fault.as_error(where) for fault in faults])
    return priorities(worksheet).rows


def priorities(sheet: Worksheet) -> Priorities:
    """The options of a sheet, weighed. Those that lack a figure or a score are listed and not weighed."""
    invest = [one for one in sheet.options if not one.lacks and one.is_invest]
    disinvest = [one for one in sheet.options if not one.lacks and not one.is_invest]
    scale = max([*(float(_value(one)) for one in (*invest, *disinvest)), 0.0]) or 1.0
    gains, loses = _Weighed(sheet, invest, scale), _Weighed(sheet, disinvest, scale)
    margin = _margin(gains.points, gains.cost, loses.points, loses.cost, sheet.budget)
    has_ranges = any(_has_range(one) for one in (*invest, *disinvest))
    # Without a budget nothing is funded in any draw, and that would read as never.
    drawn = _drawn_margins(sheet, gains, loses) if has_ranges and not math.isnan(sheet.budget) else None
    rows, released = _invest_rows(sheet, gains, margin, drawn), _disinvest_rows(loses, margin, drawn)
    waiting = next((row for row in rows if row["decision"] == "not funded"), None)
    named = [row for row in released if row["decision"] == "release"]
    return Priorities(
        rows=[*rows, *released, *(_not_weighed(sheet, one) for one in sheet.options if one.lacks)],
        counted_in=_counted_in(sheet),
        left=None if math.isnan(sheet.budget) else float(margin.left),
        waiting=waiting,
        needed=float(margin.needed),
        released=sum(row["net_cost"] for row in named),
        points_gained=_in_points(waiting) if waiting else 0.0,
        points_lost=sum(_in_points(row) for row in named),
        has_ranges=has_ranges,
    )


class _Margin(NamedTuple):
    """Arrays ``[..., option]`` of invest and of disinvest options; ``left`` and ``needed`` ``[...]``."""

    rank: Numbers
    is_funded: np.ndarray
    is_released: np.ndarray
    left: Numbers
    needed: Numbers


def _margin(points: Numbers, cost: Numbers, lost: Numbers, saved: Numbers, budget: float) -> _Margin:
    """What the budget funds, and the least value for money of what is paid now that would fund the next."""
    funding = fund(points, cost, budget)
    waits = np.where(
        funding.is_funded | np.isnan(funding.rank) | np.isnan(funding.left)[..., None], np.inf, funding.rank
    )
    if waits.shape[-1]:
        first = waits.argmin(axis=-1)[..., None]
        lacking = np.take_along_axis(cost, first, axis=-1)[..., 0] - funding.left
        needed = np.where(np.isfinite(waits.min(axis=-1)), lacking, 0.0)
    else:
        needed = np.zeros(waits.shape[:-1])
    return _Margin(
        funding.rank, funding.is_funded, candidates_for_release(lost, saved, needed), funding.left, needed
    )


class _Weighed:
    """Options of one kind with their likely figures."""

    def __init__(self, sheet: Worksheet, options: Sequence[Option], scale: float) -> None:
        self.sheet, self.options, self.scale = sheet, options, scale
        self.value = np.array([float(_value(one)) for one in options])
        self.cost = np.array([one.cost.likely for one in options])
        self.scores = np.array([one.scores for one in options]).reshape(len(options), len(sheet.criteria))
        self.points = self.points_of(self.value)

    def points_of(self, value: Numbers) -> Numbers:
        """Value itself without further criteria; else the weighted mean of value's share and the scores."""
        if not self.sheet.criteria:
            return value
        weights = np.array(self.sheet.weights) / sum(self.sheet.weights)
        return weights[0] * 100 * value / self.scale + self.scores @ weights[1:]

    def draws(self, random: np.random.Generator) -> tuple[Numbers, Numbers]:
        """Points and costs ``[draw, option]``."""
        benefit, people, likelihood, cost = (
            np.array([_triangle(getattr(one, name), random.random(DRAWS)) for one in self.options])
            .reshape(len(self.options), DRAWS)
            .T
            for name in ("benefit", "people", "likelihood", "cost")
        )
        return self.points_of(expected_value(benefit, people, likelihood)), cost

    def row(self, n: int, decision: str) -> Row:
        one = self.options[n]
        for_money = PER * float(divide(self.points[n], self.cost[n])) if self.cost[n] > 0 else None
        low, high = self._band(one) if for_money is not None and _has_range(one) else (None, None)
        return _row(self.sheet, one) | {
            "decision": decision,
            "value": float(self.value[n]),
            "points": float(self.points[n]) if self.sheet.criteria else None,
            "net_cost": float(self.cost[n]),
            "value_for_money": for_money,
            "value_for_money_low": low,
            "value_for_money_high": high,
        }

    def _band(self, one: Option) -> tuple[float | None, float | None]:
        """Of one option alone, so that it stays when another is added. None where it may save: a ratio says nothing."""
        points, cost = _Weighed(self.sheet, [one], self.scale).draws(np.random.default_rng(SEED))
        if (cost <= 0).any():
            return None, None
        low, high = np.percentile(PER * points[:, 0] / cost[:, 0], BAND)
        return float(low), float(high)


def _invest_rows(sheet: Worksheet, gains: _Weighed, margin: _Margin, drawn: _Margin | None) -> list[Row]:
    """In order of value for money, with what is left of the budget after each that it funds."""
    weights = _share_over_weights(sheet, gains)
    rows = [gains.row(n, _funded(sheet, margin, n)) for n in range(len(gains.options))]
    for n, row in enumerate(rows):
        row["place"] = _whole(margin.rank[n])
        row["chosen_over_weights"] = None if weights is None else float(weights[n])
        row["chosen_over_ranges"] = None if drawn is None else float(drawn.is_funded.mean(axis=0)[n])
    rows.sort(key=lambda row: (row["place"] is None, row["place"] or 0))
    _run_down(rows, sheet.budget)
    return rows


def _disinvest_rows(loses: _Weighed, margin: _Margin, drawn: _Margin | None) -> list[Row]:
    """The least value for money first."""
    rows = [loses.row(n, "release" if margin.is_released[n] else "keep") for n in range(len(loses.options))]
    for n, row in enumerate(rows):
        row["chosen_over_ranges"] = None if drawn is None else float(drawn.is_released.mean(axis=0)[n])
    return sorted(rows, key=lambda row: row["value_for_money"])


def _drawn_margins(sheet: Worksheet, gains: _Weighed, loses: _Weighed) -> _Margin:
    random = np.random.default_rng(SEED)
    return _margin(*gains.draws(random), *loses.draws(random), sheet.budget)


def _share_over_weights(sheet: Worksheet, gains: _Weighed) -> Numbers | None:
    """How often each is funded whatever the weights; None without criteria that could be weighed otherwise."""
    if not sheet.criteria or not gains.options or math.isnan(sheet.budget):
        return None
    share_of_largest = 100 * gains.value[:, None] / gains.scale
    return funding_share(np.hstack([share_of_largest, gains.scores]), gains.cost, sheet.budget, DRAWS, SEED)


def _value(one: Option) -> Numbers:
    return expected_value(one.benefit.likely, one.people.likely, one.likelihood.likely)


def _has_range(one: Option) -> bool:
    return any(figure.low < figure.high for figure in (one.benefit, one.people, one.likelihood, one.cost))


def _triangle(figure: Figure, at: Numbers) -> Numbers:
    """Where shares ``at`` of a triangle's draws lie below. All is likely where there is no range."""
    low, likely, high = figure
    if low == high:
        return np.full_like(at, likely)
    rising = low + np.sqrt(at * (high - low) * (likely - low))
    falling = high - np.sqrt((1 - at) * (high - low) * (high - likely))
    return np.where(at < (likely - low) / (high - low), rising, falling)


def _funded(sheet: Worksheet, margin: _Margin, n: int) -> str:
    if np.isnan(margin.rank[n]):
        return "never"
    if math.isnan(sheet.budget):
        return "no budget"
    return "funded" if margin.is_funded[n] else "not funded"


def _run_down(rows: list[Row], budget: float) -> None:
    """What is left of the budget after each that it funds."""
    left = budget
    for row in rows:
        if row["decision"] == "funded":
            left = max(left - row["net_cost"], 0.0)
            row["left_of_budget"] = left


def _row(sheet: Worksheet, one: Option) -> Row:
    is_of_a_gap = one.likelihood_of == OF_A_GAP and not math.isnan(one.likelihood.likely)
    said = ["the likelihood is of there being a gap, not of success"] if is_of_a_gap else []
    return dict.fromkeys(COLUMNS) | {
        "key": one.key,
        "option": one.name,
        "kind": "invest" if one.is_invest else "disinvest",
        "unit": sheet.unit,
        "value_for_money_in": _counted_in(sheet),
        "likelihood_of": one.likelihood_of,
        "note": "; ".join([*said, *([one.note] if one.note else [])]) or None,
    }


def _not_weighed(sheet: Worksheet, one: Option) -> Row:
    row = _row(sheet, one)
    lacks = f"not weighed, because it lacks: {', '.join(one.lacks)}"
    cost = None if math.isnan(one.cost.likely) else one.cost.likely
    return row | {
        "decision": "not weighed",
        "net_cost": cost,
        "note": "; ".join(filter(None, [lacks, row["note"]])),
    }


def _counted_in(sheet: Worksheet) -> str:
    return f"{'points' if sheet.criteria else sheet.unit} per £{PER:,}"


def _in_points(row: Row) -> float:
    return row["value"] if row["points"] is None else row["points"]


def _whole(rank: float) -> int | None:
    return None if math.isnan(rank) else int(rank)
