"""The marks that charts are made of: an area's point, bars, dots, lines, boxes, axes, and the three kinds of
nothing.

For `charts` and `maps` only; a page asks those.
"""

import calendar
import json
from collections.abc import Iterable, Mapping
from typing import Any

from careatlas.present import colour
from careatlas.present.numbers import (
    HIDDEN_SIGN,
    INCOMPLETE_SIGN,
    STATUS_WORDS,
    axis_format,
    interval,
    value_or_status,
)
from careatlas.present.periods import period_name
from careatlas.present.theme import IS_HIGHLIGHTED, IS_SELECTED, PHONE, Row, Spec

MOST_NAMED_BARS = 45  # with more areas the names no longer fit: thin marks in order, and the table names them
MOST_PERIODS_NAMED = 12

Indicator = Mapping[str, Any]
Point = dict[str, Any]
TOOLTIP = [
    {"field": "name", "title": "Area"},
    {"field": "text", "title": "Value"},
    {"field": "limits", "title": "95% interval"},
    {"field": "said", "title": "Status"},
]
RANKED_TOOLTIP = [*TOOLTIP, {"field": "compared", "title": "Against the country"}]
HOLLOW = {"test": "datum.status === 'incomplete' || datum.status === 'zero'", "value": colour.PAPER}


def area_point(row: Row, indicator: Indicator, names: Mapping[str, str]) -> Point:
    name = names.get(row["area"], row["area"])
    return {
        "area": row["area"],
        "name": f"{name} {INCOMPLETE_SIGN}" if row["status"] == "incomplete" else name,
        "value": row.get("value"),
        "lower": row.get("lower_95"),
        "upper": row.get("upper_95"),
        "status": row["status"],
        "text": value_or_status(row, indicator),
        "limits": interval(row, indicator) or "none",
        "said": STATUS_WORDS[row["status"]],
        "period": row["period_end"].isoformat(),
        "period_name": period_name(row["period_start"], row["period_end"]),
    }


# --- ranked ---------------------------------------------------------------------------------------------


def named_bars(points: list[Point], indicator: Indicator, width: int) -> list[Spec]:
    """One bar an area, in the order of ``points``, with its name and its 95 % interval."""
    codes = [point["area"] for point in points]
    room = name_room(points, width)
    y = {
        "field": "area",
        "type": "nominal",
        "sort": codes,
        "scale": {"domain": codes},
        "axis": {
            "title": None,
            "minExtent": room,
            "maxExtent": room,
            "labelLimit": room - 10,
            "ticks": False,
            "domain": False,
            "labelOverlap": False,
            "labelPadding": 10,
            "labelExpr": lookup({point["area"]: point["name"] for point in points}),
            "labelFontWeight": {
                "condition": {"test": "datum.value === selected", "value": "bold"},
                "value": "normal",
            },
        },
    }
    x = {**value_axis(indicator), "scale": {"zero": True}}
    shown = [point for point in points if point["value"] is not None and point["status"] != "zero"]
    data = {"values": shown}
    bar = {
        "data": data,
        "mark": {"type": "bar", "height": {"band": 0.72}, "strokeWidth": 1.5},
        "encoding": {
            "y": y,
            "x": {**x, "field": "value"},
            "fill": _fill(),
            "stroke": _stroke(),
            "tooltip": RANKED_TOOLTIP,
        },
    }
    whisker = {
        "data": data,
        "mark": {"type": "rule", "color": colour.INK, "strokeWidth": 1.25},
        "encoding": {
            "y": y,
            "x": {**x, "field": "lower"},
            "x2": {"field": "upper"},
            "tooltip": RANKED_TOOLTIP,
        },
    }
    return [*([bar, whisker] if shown else []), *status_marks(points, x, y, "x")]


def name_room(points: list[Point], width: int) -> int:
    """Pixels to the left of the bars, for the longest name or as much of it as fits."""
    longest = max((len(point["name"]) for point in points), default=0)
    return min(20 + 7 * longest, max(135, int(width * 0.38)))


def thin_dots(points: list[Point], indicator: Indicator) -> list[Spec]:
    x = {
        "field": "place",
        "type": "quantitative",
        "scale": {"domain": [-1, len(points)], "nice": False},
        "axis": None,
    }
    y = {**value_axis(indicator), "scale": {"zero": True}}
    shown = [
        point | {"to_left": point["place"] > len(points) / 2}
        for point in points
        if point["value"] is not None and point["status"] != "zero"
    ]
    emphasis = {
        "condition": [{"test": IS_SELECTED, "value": 110}, {"test": IS_HIGHLIGHTED, "value": 110}],
        "value": 22,
    }
    whisker = {
        "data": {"values": shown},
        "mark": {"type": "rule", "strokeWidth": 1.25, "opacity": 0.75},
        "encoding": {
            "x": x,
            "y": {**y, "field": "lower"},
            "y2": {"field": "upper"},
            "color": _fill(solid=True),
        },
    }
    dot = {
        "data": {"values": shown},
        "mark": {"type": "point", "opacity": 1, "strokeWidth": 1.25},
        "encoding": {
            "x": x,
            "y": {**y, "field": "value"},
            "fill": _fill(),
            "stroke": _stroke(),
            "size": emphasis,
            "tooltip": RANKED_TOOLTIP,
        },
    }
    labels = with_halo(
        {"type": "text", "dy": -14, "align": {"expr": "datum.to_left ? 'right' : 'left'"}},
        {
            "data": {"values": shown},
            "transform": [{"filter": f"{IS_SELECTED} || {IS_HIGHLIGHTED}"}],
            "encoding": {"x": x, "y": {**y, "field": "upper"}, "text": {"field": "name"}},
        },
    )
    return [*([whisker, dot, *labels] if shown else []), *status_marks(points, x, y, "y")]


def with_halo(mark: Spec, rest: Spec) -> list[Spec]:
    """Bold words that stay readable over lines: once in paper colour, broad, and once in ink."""
    bold = {**mark, "fontWeight": "bold"}
    halo = {**bold, "color": colour.PAPER, "stroke": colour.PAPER, "strokeWidth": 5, "strokeJoin": "round"}
    return [{**rest, "mark": halo}, {**rest, "mark": bold}]


def _fill(solid: bool = False) -> Spec:
    incomplete = [] if solid else [{"test": "datum.status === 'incomplete'", "value": colour.PAPER}]
    return {"condition": [*incomplete, {"test": IS_SELECTED, "value": colour.SELECTED}], "value": colour.AREA}


def _stroke() -> Spec:
    return {
        "condition": [
            {"test": IS_HIGHLIGHTED, "value": colour.HIGHLIGHT},
            {"test": IS_SELECTED, "value": colour.SELECTED},
        ],
        "value": colour.AREA,
    }


def country_line(value: float, label: str, *, upright: bool) -> list[Spec]:
    data = {"values": [{"value": value, "label": label}]}
    along, ends = ("x", {"y": {"value": 0}}) if upright else ("y", {"x": {"value": "width"}})
    place = {along: {"field": "value", "type": "quantitative"}}
    words = {"type": "text", "color": colour.NATIONAL, "text": label}
    words |= {"align": "center", "dy": -9} if upright else {"align": "right", "dy": -9, "dx": -2}
    rule = {"type": "rule", "color": colour.NATIONAL, "strokeWidth": 1.75, "strokeDash": [6, 4]}
    return [
        {"data": data, "mark": rule, "encoding": place},
        *with_halo(words, {"data": data, "encoding": place | ends}),
    ]


def status_marks(points: list[Point], x: Spec, y: Spec, value_on: str) -> list[Spec]:
    """Zero as an open mark on the axis, hidden as a cross and missing as a grey word at the axis."""
    at_zero = {value_on: {**(x if value_on == "x" else y), "datum": 0}}
    other = {"y": y} if value_on == "x" else {"x": x}
    zero = [point for point in points if point["status"] == "zero"]
    nothing = [point for point in points if point["value"] is None]
    layers: list[Spec] = []
    if zero:
        mark = {
            "type": "point",
            "shape": "circle",
            "size": 45,
            "fill": colour.PAPER,
            "stroke": colour.AREA,
            "opacity": 1,
        }
        layers.append(
            {"data": {"values": zero}, "mark": mark, "encoding": {**other, **at_zero, "tooltip": TOOLTIP}}
        )
    if nothing:
        crowded = value_on == "y" and len(points) > MOST_NAMED_BARS
        words = {
            "type": "text",
            "fontSize": 15 if crowded else 12,
            "fontStyle": "italic",
            "align": "center" if crowded else "left",
            "dx": 0 if crowded else 5,
            "dy": -8 if crowded else 0,
            "angle": -90 if value_on == "y" and not crowded else 0,
        }
        text = (
            {"condition": {"test": "datum.status === 'hidden'", "value": HIDDEN_SIGN}, "value": "–"}
            if crowded
            else {"field": "text"}
        )
        at_edge = {value_on: {"value": 0 if value_on == "x" else {"expr": "height"}}}
        paint = {"condition": {"test": IS_SELECTED, "value": colour.SELECTED}, "value": colour.WITHOUT_VALUE}
        layers.append(
            {
                "data": {"values": nothing},
                "mark": words,
                "encoding": {**other, **at_edge, "text": text, "color": paint, "tooltip": TOOLTIP},
            }
        )
    return layers


# --- time -----------------------------------------------------------------------------------------------


def points_over_time(rows: Iterable[Row], indicator: Indicator, name: str) -> list[Point]:
    """One area's points in order of time, each with its ``run``: no line is drawn over a gap."""
    points, gaps = [], 0
    for row in sorted(rows, key=lambda row: row["period_end"]):
        gaps += row.get("value") is None
        points.append(area_point(row, indicator, {row["area"]: name}) | {"run": f"{row['area']} {gaps}"})
    return points


def interval_ribbon(points: list[Point], x: Spec, y: Spec, paint: str) -> list[Spec]:
    """The 95 % limits as a ribbon, and as an upright line where a point stands alone between gaps."""
    runs = [point["run"] for point in points if point["value"] is not None]
    alone = [point for point in points if point["value"] is not None and runs.count(point["run"]) == 1]
    limits = {"x": x, "y": {**y, "field": "lower"}, "y2": {"field": "upper"}}
    area = {"type": "area", "color": paint, "opacity": 0.22, "line": False}
    rule = {"type": "rule", "color": paint, "strokeWidth": 2, "opacity": 0.6}
    ribbon = {"data": {"values": points}, "mark": area, "encoding": limits | {"detail": {"field": "run"}}}
    upright = {"data": {"values": alone}, "mark": rule, "encoding": limits}
    return ([ribbon] if runs else []) + ([upright] if alone else [])


def line_with_dots(points: list[Point], x: Spec, y: Spec, look: Spec) -> list[Spec]:
    """A line within each run, and a dot at each period: hollow where zero or the return was incomplete."""
    shown = [point for point in points if point["value"] is not None]
    place = {"x": x, "y": {**y, "field": "value"}}
    dots = {
        **place,
        "fill": {"condition": HOLLOW, "value": look["color"]},
        "size": {"condition": {"test": IS_HIGHLIGHTED, "value": 60}, "value": 22},
        "tooltip": [{"field": "period_name", "title": "Period"}, *TOOLTIP],
    }
    dot = {"type": "point", "opacity": 1, "stroke": look["color"], "strokeWidth": 1.5}
    line = place | {"detail": {"field": "run"}}
    layers = [
        {"data": {"values": shown}, "mark": {"type": "line", **look}, "encoding": line},
        {"data": {"values": shown}, "mark": dot, "encoding": dots},
    ]
    return layers if shown else []


def end_labels(own: list[Point], whole: list[Point], name: str, country: str, x: Spec, y: Spec) -> list[Spec]:
    """Each line's name at its last point, the higher one above and the lower one below."""
    ends = [[point for point in points if point["value"] is not None][-1:] for points in (own, whole)]
    above = not all(ends) or ends[0][0]["value"] >= ends[1][0]["value"]
    labels = []
    for end, words, paint, up in (
        (ends[0], name, colour.SELECTED, above),
        (ends[1], country, colour.NATIONAL, not above),
    ):
        mark = {"type": "text", "align": "right", "dy": -14 if up else 16, "color": paint, "text": words}
        place = {"x": x, "y": {**y, "field": "value"}}
        labels += with_halo(mark, {"data": {"values": end}, "encoding": place}) if end else []
    return labels


def boxes_over_time(boxes: list[Spec], x: Spec, y: Spec, width: int) -> list[Spec]:
    thick = max(4.0, min(22.0, 0.55 * (width - 80) / max(1, len(boxes))))
    shapes = (
        ({"type": "rule", "color": colour.MUTED, "strokeWidth": 1}, "lowest", "highest"),
        ({"type": "bar", "color": "#b3d0ea", "size": thick * 0.4}, "p5", "p95"),
        (
            {"type": "bar", "color": "#6fa6d3", "size": thick, "stroke": colour.OUTLINE, "strokeWidth": 0.75},
            "p25",
            "p75",
        ),
    )
    tooltip = [
        {"field": "period_name", "title": "Period"},
        {"field": "n", "title": "Areas"},
        *(
            {"field": f"{key}_text", "title": title}
            for key, title in (
                ("highest", "Highest"),
                ("p95", "95th percentile"),
                ("p75", "75th percentile"),
                ("p50", "Median"),
                ("p25", "25th percentile"),
                ("p5", "5th percentile"),
                ("lowest", "Lowest"),
            )
        ),
    ]
    layers = [
        {
            "data": {"values": boxes},
            "mark": mark,
            "encoding": {"x": x, "y": {**y, "field": low}, "y2": {"field": high}, "tooltip": tooltip},
        }
        for mark, low, high in shapes
    ]
    median = {"type": "tick", "color": colour.INK, "thickness": 2, "size": thick}
    return [
        *layers,
        {
            "data": {"values": boxes},
            "mark": median,
            "encoding": {"x": x, "y": {**y, "field": "p50"}, "tooltip": tooltip},
        },
    ]


def chosen_dots(dots: list[Point], x: Spec, y: Spec) -> list[Spec]:
    """The chosen area in each period; a word at the axis where it has no value."""
    shown = [dot for dot in dots if dot["value"] is not None]
    dot = {
        "data": {"values": shown},
        "mark": {"type": "point", "opacity": 1, "stroke": colour.SELECTED, "strokeWidth": 1.5},
        "encoding": {
            "x": x,
            "y": {**y, "field": "value"},
            "fill": {"condition": HOLLOW, "value": colour.SELECTED},
            "size": {"condition": {"test": IS_HIGHLIGHTED, "value": 110}, "value": 55},
            "tooltip": [{"field": "period_name", "title": "Period"}, *TOOLTIP],
        },
    }
    absent = [dot for dot in dots if dot["value"] is None]
    return ([dot] if shown else []) + status_marks(absent, x, y, "y")


def time_axis(points: list[Spec], width: int) -> Spec:
    """Periods in order, named by their own names; in a long series only as many as fit."""
    ends = sorted({point["period"] for point in points})
    names = {point["period"]: _short(point["period_name"]) for point in points}
    most = MOST_PERIODS_NAMED if width > PHONE else 6
    every = -(-len(ends) // most) or 1
    shown = [end for n, end in enumerate(reversed(ends)) if n % every == 0]
    slanted = sum(len(names[end]) for end in shown) * 9 > width - 60
    return {
        "field": "period",
        "type": "ordinal",
        "sort": ends,
        "scale": {"domain": ends},
        "axis": {
            "title": None,
            "values": sorted(shown),
            "labelExpr": lookup(names),
            "labelAngle": -40 if slanted else 0,
            "labelOverlap": False,
            "grid": False,
        },
    }


def _short(period: str) -> str:
    """January 2026 as Jan 2026: an axis has little room."""
    for month in calendar.month_name[1:]:
        period = period.replace(month, month[:3])
    return period


def time_caption_offset(x: Spec) -> int:
    return 66 if x["axis"]["labelAngle"] else 34


def value_axis(indicator: Indicator) -> Spec:
    return {
        "type": "quantitative",
        "title": None,
        "scale": {"zero": False, "nice": True},
        "axis": {"labelExpr": axis_format(indicator), "tickCount": 6, "title": None},
    }


def lookup(names: Mapping[str, str]) -> str:
    """A Vega expression that turns an axis value into its name."""
    return f"({json.dumps(dict(names), ensure_ascii=False)})[datum.value]"
