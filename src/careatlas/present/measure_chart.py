"""The control chart of an example's indicator, with the day it started and what would have come otherwise.

The counterfactual is drawn from the start on, with its 95 % limits, where there is one. Where the season was taken out
of the points it is taken out of the counterfactual too, by the same amount in each period.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from careatlas.present import colour, marks
from careatlas.present.marks import Indicator
from careatlas.present.numbers import number
from careatlas.present.spc_chart import SIGNS, spc_chart, spc_points
from careatlas.present.theme import DESK, PHONE, Row, Spec, wrapped

OTHERWISE = "Grey band: what would have come otherwise, with its 95% limits."


class Counterfactual(Protocol):
    """What would have come in one period; None where it cannot be said."""

    period_end: date
    counterfactual: float | None
    lower: float | None
    upper: float | None


def measure_points(
    rows: Sequence[Row], indicator: Indicator, starts_on: date, otherwise: Sequence[Counterfactual] = ()
) -> list[dict[str, Any]]:
    """The chart's points in words, each said to be before or after the start, with its counterfactual if it has one."""
    by_end = {one.period_end: one for one in otherwise}
    points = []
    for row, point in zip(rows, spc_points(rows, indicator), strict=True):
        expected = _without_season(by_end.get(row["period_end"]), row)
        words = {f"{name}_text": number(value, indicator) for name, value in expected.items()}
        is_after = row["period_start"] >= starts_on
        side = "after" if is_after else "the start" if row["period_end"] >= starts_on else "before"
        points.append(point | expected | words | {"side": side, "sign": SIGNS[point["special"]]})
    return points


def measure_chart(
    rows: Sequence[Row],
    indicator: Indicator,
    name: str,
    starts_on: date,
    otherwise: Sequence[Counterfactual] = (),
    *,
    source: str = "",
    width: int = DESK,
) -> Spec:
    spec = spc_chart(rows, indicator, name, source=source, width=width)
    if not rows:
        return spec
    points = measure_points(rows, indicator, starts_on, otherwise)
    x, y = marks.time_axis(points, width), marks.value_axis(indicator)
    expected = [point for point in points if point["expected"] is not None]
    lines = spec["title"]["subtitle"]
    if expected:
        lines = [*lines, *wrapped(OTHERWISE, width - 12, 13)]
    return spec | {
        "title": spec["title"] | {"subtitle": lines},
        "description": spec["description"] + _said(points, starts_on),
        "layer": [*_band(expected, x, y), *spec["layer"], *_start(points, x, starts_on, width > PHONE)],
    }


def _without_season(one: Counterfactual | None, row: Mapping[str, Any]) -> dict[str, float | None]:
    if one is None or one.counterfactual is None or row["value"] is None or row["reported_value"] is None:
        return dict.fromkeys(("expected", "expected_lower", "expected_upper"))
    season = row["reported_value"] - row["value"]
    return {
        "expected": one.counterfactual - season,
        "expected_lower": None if one.lower is None else one.lower - season,
        "expected_upper": None if one.upper is None else one.upper - season,
    }


def _band(points: list[dict[str, Any]], x: Spec, y: Spec) -> list[Spec]:
    if not points:
        return []
    data = {"data": {"values": points}}
    limits = {"x": x, "y": {**y, "field": "expected_lower"}, "y2": {"field": "expected_upper"}}
    line = {"type": "line", "color": colour.INK, "strokeWidth": 1.5, "strokeDash": [2, 3]}
    return [
        {**data, "mark": {"type": "area", "color": colour.MUTED, "opacity": 0.22}, "encoding": limits},
        {**data, "mark": line, "encoding": {"x": x, "y": {**y, "field": "expected"}}},
    ]


def _start(points: list[dict[str, Any]], x: Spec, starts_on: date, is_named: bool) -> list[Spec]:
    """An upright line in the period the start lies in; at the edge where it lies outside."""
    at = next((n for n, point in enumerate(points) if point["side"] != "before"), len(points) - 1)
    place = {"data": {"values": [{"period": points[at]["period"]}]}, "encoding": {"x": x}}
    rule = {"type": "rule", "color": colour.SELECTED, "strokeWidth": 2}
    is_late = at > len(points) / 2
    words = {"type": "text", "align": "right" if is_late else "left", "dx": -6 if is_late else 6}
    words |= {"text": f"Started {_day(starts_on)}", "baseline": "bottom", "y": -2}
    return [{**place, "mark": rule}, *(marks.with_halo(words, place) if is_named else [])]


def _said(points: list[dict[str, Any]], starts_on: date) -> str:
    after = sum(point["side"] == "after" for point in points)
    return f" Started {_day(starts_on)}: {after} of the {len(points)} periods lie after it."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
