"""What an example did: measured from a release, never claimed.

*Proven* only where the 95 % interval of the effect excludes that nothing happened, in the direction stated, after what
would have come back by itself is taken off (``in_turn``). Where indicator, area, date and direction were fixed before
the time they are judged by, that is one test. Where they were not, the area may have been shown at its best: its
effect must then also beat the best of other areas over every indicator and date on offer (``on_offer``), as at most
one in twenty of those without effect would. Everything else is *proposed*, with the reason (``hindrances``).
"""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from scipy.special import stdtr

from careatlas.engine.release import Release
from careatlas.improve.evidence.measuring.hindrances import hindrance
from careatlas.improve.evidence.measuring.in_turn import LONGEST, InTurn, by_period
from careatlas.improve.evidence.measuring.on_offer import (
    IMPROVES,
    Tried,
    area_row,
    best_of_all,
    dates_on_offer,
    indicators_on_offer,
    placebos_of,
    polarity,
    start_position,
    tried,
)
from careatlas.improve.evidence.models import Verdict
from careatlas.present.numbers import FULL_RETURN
from careatlas.present.series import COUNTED, SPELL, Series

__all__ = [
    "Effect",
    "Point",
    "dates_on_offer",
    "indicators_on_offer",
    "measure",
]

LEVEL = 0.05  # of those without effect, how many may be proven
FEWEST_PLACEBOS = 19  # with fewer the best of twenty cannot be told from luck
REGISTERED, PLACEBO = "registered", "placebo"


@dataclass(frozen=True)
class Point:
    """One period of the chart, in the indicator's unit. ``counterfactual`` and its 95 % limits are what would have come
    otherwise: from the start on, where the period has a full return."""

    period_start: date
    period_end: date
    actual: float | None
    counterfactual: float | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Effect:
    """What was measured, how, and on what. ``percent`` of the area's own rate with its 95 % limits, below 0 where it is
    lower than it would have been; ``size``: without sign, of a share above a half in percent of those who have it not;
    ``regression_percent``: what came back by itself and is already taken off; ``looks``: indicators x dates that one
    could have chosen among; ``months``: the length of a period. None where nothing could be measured."""

    indicator: str
    area: str
    area_type: str
    starts_on: date
    direction: str
    release: str
    tested: str
    verdict: str
    reason: str
    percent: float | None = None
    lower: float | None = None
    upper: float | None = None
    size: float | None = None
    p: float | None = None
    regression_percent: float | None = None
    controls: tuple[str, ...] = ()
    matched_by: str = ""
    placebos: int = 0
    looks: int = 0
    periods_before: int = 0
    periods_after: int = 0
    months: int = 0
    first_period: date | None = None
    last_period: date | None = None
    series: tuple[Point, ...] = ()

    @property
    def is_proven(self) -> bool:
        return self.verdict == Verdict.PROVEN

    def as_rows(self) -> list[dict[str, Any]]:
        """A row a period, what was measured first: the chart as a table."""
        asked = ("indicator", "area", "starts_on", "direction", "release")
        return [{name: getattr(self, name) for name in asked} | asdict(point) for point in self.series]

    def to_json(self) -> dict[str, Any]:
        """As it is kept with an example: days as text."""
        return _with_days(asdict(self), lambda day: day.isoformat() if isinstance(day, date) else day)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Effect":
        days = ("starts_on", "first_period", "last_period", "period_start", "period_end")
        points = [
            {name: _day(name, value, days) for name, value in point.items()} for point in kept["series"]
        ]
        told = {name: _day(name, value, days) for name, value in kept.items()}
        return cls(
            **told
            | {"series": tuple(Point(**point) for point in points), "controls": tuple(kept["controls"])}
        )


def measure(
    release: Release, indicator: str, area: str, starts_on: date, direction: str, *, fixed_before: bool
) -> Effect:
    """What happened at an area after a day, and whether that is proven. ``fixed_before``: see ``fixed``.

    Refuses an indicator or area that the release does not have; whatever else stands in the way is the reason."""
    better = IMPROVES[polarity(release, indicator)]
    area_type = area_row(release, area)["area_type"]
    asked = {
        "indicator": indicator, "area": area, "area_type": area_type, "starts_on": starts_on,
        "direction": str(direction), "release": release.id, "tested": REGISTERED if fixed_before else PLACEBO,
    }  # fmt: skip
    each = tried(release, indicator, area_type)
    hindered = hindrance(release, each, area, starts_on, str(direction), better)
    seen = _seen(each, area, starts_on) if each is not None and area in each.series.areas else {}
    if each is None or "percent" not in seen:
        return Effect(
            **asked, **seen, verdict=Verdict.PROPOSED.value, reason=hindered or "It could not be measured."
        )
    of_start, place = each.starts[start_position(each.series, starts_on)], each.series.areas.index(area)
    tested = _one_test(of_start, place) if fixed_before else _placebo_test(release, of_start, place, asked)
    reason = hindered or _what_is_lacking(seen, tested, asked)
    verdict = (Verdict.PROPOSED if reason else Verdict.PROVEN).value
    return Effect(**asked, **seen, **tested, verdict=verdict, reason=reason or _proven(seen, tested, asked))


def _seen(each: Tried, area: str, starts_on: date) -> dict[str, Any]:
    """All that there is to see, whatever its verdict: the periods, and the effect where it can be measured."""
    series, place = each.series, each.series.areas.index(area)
    start = start_position(series, starts_on)
    first, last = max(0, start - LONGEST), min(series.score.shape[1], start + LONGEST)
    known = ~np.isnan(series.score[place])
    told = {
        "months": series.months,
        "periods_before": int(known[first : min(start, last)].sum()),
        "periods_after": int(known[max(start, 0) : last].sum()),
        "series": _points(each, area, start, first, last),
    }
    if first < last:
        told |= {"first_period": series.start(first), "last_period": series.start(last) - timedelta(days=1)}
    of_start = each.starts.get(start)
    if of_start is None or np.isnan(of_start.error[place]):
        return told
    return told | _in_percent(series, of_start, place, start) | _who_was_beside(series, of_start, place)


def _in_percent(series: Series, of_start: InTurn, place: int, start: int) -> dict[str, float]:
    """Effects are distances from what would have come otherwise, and so percent of it."""
    effect, reach = of_start.effect[place], of_start.reach[place]
    otherwise = np.nanmean(series.score[place, start : start + LONGEST]) - effect

    def percent(score: float, of: Any = series.percent) -> float:
        every = np.ones(len(series.areas))
        return round(float(of(score * every, otherwise * every)[place]), 4)

    return {
        "percent": percent(effect),
        "lower": percent(effect - reach),
        "upper": percent(effect + reach),
        "size": percent(effect, series.size),
        "regression_percent": percent(of_start.came_back[place]),
    }


def _who_was_beside(series: Series, of_start: InTurn, place: int) -> dict[str, Any]:
    beside = np.flatnonzero(of_start.is_control & (np.arange(len(series.areas)) != place))
    return {"controls": tuple(series.areas[other] for other in beside), "matched_by": "level"}


def _one_test(of_start: InTurn, place: int) -> dict[str, Any]:
    p = 2 * stdtr(of_start.freedom, -abs(of_start.z[place]))
    return {"p": float(p), "looks": 1}


def _placebo_test(release: Release, of_start: InTurn, place: int, asked: dict[str, Any]) -> dict[str, Any]:
    """The share of placebos, itself among them, whose best is as good as what was chosen here."""
    placebos = placebos_of(release, asked["area"], asked["area_type"])
    z = of_start.z[place] * (-1 if asked["direction"] == "lower" else 1)
    return {
        "p": float((1 + (placebos >= z).sum()) / (1 + len(placebos))),
        "placebos": len(placebos),
        "looks": best_of_all(release, asked["area_type"]).looks.get(asked["area"], 0),
    }


def _what_is_lacking(seen: dict[str, Any], tested: dict[str, Any], asked: dict[str, Any]) -> str:
    """Why what was measured proves nothing; empty where it does."""
    is_better = seen["upper"] < 0 if asked["direction"] == "lower" else seen["lower"] > 0
    if not is_better:
        return f"It may as well be chance: {_interval(seen)} includes no change for the better."
    if asked["tested"] == REGISTERED:
        return ""
    if tested["placebos"] < FEWEST_PLACEBOS:
        return (
            f"It was not fixed beforehand, and only {tested['placebos']} other areas have as many indicators and dates"
            f" to choose from: {FEWEST_PLACEBOS} are needed to know how good a best is by luck alone."
        )
    if tested["p"] > LEVEL:
        as_good = round(tested["p"] * (tested["placebos"] + 1)) - 1
        return (
            f"It was not fixed beforehand, and {as_good} of {tested['placebos']} other areas, where no change is known,"
            f" look as good at the best of their indicators and dates."
        )
    return ""


def _proven(seen: dict[str, Any], tested: dict[str, Any], asked: dict[str, Any]) -> str:
    told = (
        f"It is {abs(seen['percent']):.1f}% {asked['direction']} than it would have been ({_interval(seen)})"
    )
    if asked["tested"] == REGISTERED:
        return f"{told}, and what it is measured by was fixed before anybody could know."
    as_good = round(tested["p"] * (tested["placebos"] + 1)) - 1
    return (
        f"{told}; {as_good or 'none'} of {tested['placebos']} other areas, where no change is known, look as good at"
        f" the best of their indicators and dates."
    )


def _interval(seen: dict[str, Any]) -> str:
    return f"95% interval {seen['lower']:+.1f}% to {seen['upper']:+.1f}%"


def _points(each: Tried, area: str, start: int, first: int, last: int) -> tuple[Point, ...]:
    """The periods looked at, with what would have come otherwise from the start on."""
    series, place = each.series, each.series.areas.index(area)
    rows = each.rows[(each.rows["area"] == area) & each.rows["status"].isin(FULL_RETURN)]
    by_day = {row["period_start"].date(): row for row in rows.to_dict("records")}
    otherwise = None
    if start in each.starts:
        otherwise = by_period(series.score, series.chance, start, each.can_serve, SPELL[series.months])
    points = []
    for period in range(first, last):
        days = series.start(period), series.start(period + 1) - timedelta(days=1)
        row, score = by_day.get(days[0]), series.score[place, period]
        if row is None:
            points.append(Point(*days, None))
            continue
        lines: list[float | None] = [None] * 3
        if otherwise is not None and not np.isnan(otherwise.expected[place, period]):
            away, reach = score - otherwise.expected[place, period], otherwise.reach[place, period]
            lines = [_moved(series.method, row, score, by) for by in (away, away + reach, away - reach)]
        points.append(Point(*days, float(row["value"]), *lines))
    return tuple(points)


def _moved(method: str, row: dict[str, Any], score: float, by: float) -> float | None:
    """The value that lies ``by`` below, in scores; None where a value of nothing has no such step."""
    if method in COUNTED:
        return float(row["value"] * np.exp(-by))
    if method != "proportion":
        return float(row["value"] * (1 + score - by) / (1 + score)) if score > -1 else None
    share = row["count"] / row["denominator"]
    there = np.sin(np.clip(np.arcsin(np.sqrt(share)) - by, 0, np.pi / 2)) ** 2
    return float(row["value"] * there / share) if share > 0 else None


def _with_days(told: Any, written: Any) -> Any:
    if isinstance(told, dict):
        return {name: _with_days(value, written) for name, value in told.items()}
    if isinstance(told, list | tuple):
        return [_with_days(value, written) for value in told]
    return written(told)


def _day(name: str, value: Any, days: tuple[str, ...]) -> Any:
    return date.fromisoformat(value) if name in days and value is not None else value
