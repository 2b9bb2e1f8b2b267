"""Charts of why places differ: parts of the variance, parts of one area's gap, fifths by deprivation.

They take rows of the release tables ``shares``, ``gaps`` and ``inequality``, and words for the components. Every
bar has its interval; what goes against need is told by outline as well as by colour.
"""

from collections.abc import Sequence

from careatlas.present import colour, marks
from careatlas.present.explanation_words import COMPONENTS, share_text, signed
from careatlas.present.marks import Indicator
from careatlas.present.numbers import interval, number, value_or_status
from careatlas.present.theme import DESK, Row, Spec, chart

BAR_HEIGHT, LETTER = 30, 7.2  # pixels
PAINT = {
    "chance": "#9aa7b1",
    "comes_and_goes": "#b9c6d0",
    "need": "#2c70b0",
    "against_need": colour.WORSE,
    "supply": "#5e7f9b",
    "spatial": "#6fa6d3",
    "unexplained": "#08306b",
    "all": colour.INK,
}
TOOLTIP = [
    {"field": "component_name", "title": "Part"},
    {"field": "text", "title": "Size"},
    {"field": "limits", "title": "95% interval"},
    {"field": "said", "title": "Read with care"},
]


def shares_chart(
    rows: Sequence[Row], *, title: str, subtitle: str, source: str = "", width: int = DESK
) -> Spec:
    """A waterfall: the parts of the variance between areas, one after another from none to all of it."""
    points, start = [], 0.0
    for row in rows:
        points.append(
            _component_point(
                row, share_text(row["share"]), f"{share_text(row['lower'])} to {share_text(row['upper'])}"
            )
            | {"start": start, "end": start + row["share"]}
            | {"low": start + row["lower"], "high": start + row["upper"], "text_at": start + row["upper"]}
        )
        start += row["share"]
    said = "; ".join(f"{point['component_name']} {point['text']} ({point['limits']})" for point in points)
    return _bars(
        points,
        {"axis": {"title": None, "format": ".0%", "tickCount": 5}},
        title=title,
        subtitle=[subtitle, "Each bar starts where the last one ends. Line: its 95% interval."],
        description=f"{title}: {said}.",
        source=source,
        width=width,
    )


def gap_chart(rows: Sequence[Row], *, title: str, subtitle: str, source: str = "", width: int = DESK) -> Spec:
    """How far each part moves one area from the country, in per cent; below them, all of it."""
    points = [
        _component_point(row, signed(row["percent"]), f"{signed(row['lower'])} to {signed(row['upper'])}")
        | {"start": 0, "end": row["percent"], "low": row["lower"], "high": row["upper"]}
        | {"text_at": max(row["upper"], 0)}
        for row in rows
        if row["percent"] is not None
    ]
    said = "; ".join(f"{point['component_name']} {point['text']} ({point['limits']})" for point in points)
    return _bars(
        points,
        {
            "axis": {
                "title": None,
                "labelExpr": "(datum.value > 0 ? '+' : '') + datum.value + '%'",
                "tickCount": 6,
            }
        },
        title=title,
        subtitle=[subtitle, "Line: 95% interval. The parts multiply to all of it."],
        description=f"{title}: {said}.",
        source=source,
        width=width,
        zero_line=True,
    )


def fifths_chart(
    rows: Sequence[Row],
    indicator: Indicator,
    *,
    national: Row | None = None,
    country: str = "England",
    source: str = "",
    width: int = DESK,
) -> Spec:
    """The value in each fifth of areas by deprivation with its interval, beside the country's."""
    points = [
        {
            "fifth": place,
            "name": f"fifth {place}",
            "value": row["value"],
            "lower": row["lower_95"],
            "upper": row["upper_95"],
            "text": number(row["value"], indicator),
            "limits": interval(row, indicator) or "none",
        }
        for place in range(1, 6)
        for row in rows
        if row["group"] == f"fifth_{place}" and row["value"] is not None
    ]
    names = "{'1': 'most deprived', '5': 'least deprived'}"
    x = {
        "field": "fifth",
        "type": "ordinal",
        "scale": {"domain": [1, 2, 3, 4, 5], "padding": 0.6},
        "axis": {
            "title": "Fifth of areas",
            "labelAngle": 0,
            "labelExpr": f"{names}[datum.value] || datum.value",
        },
    }
    y = {**marks.value_axis(indicator), "scale": {"zero": True}}
    tooltip = [
        {"field": "name", "title": "Areas"},
        {"field": "text", "title": "Value"},
        {"field": "limits", "title": "95% interval"},
    ]
    data = {"values": points}
    layers = [
        {
            "data": data,
            "mark": {"type": "rule", "color": colour.AREA, "strokeWidth": 3},
            "encoding": {
                "x": x,
                "y": {**y, "field": "lower"},
                "y2": {"field": "upper"},
                "tooltip": tooltip,
            },
        },
        {
            "data": data,
            "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1, "color": colour.HIGHER},
            "encoding": {"x": x, "y": {**y, "field": "value"}, "tooltip": tooltip},
        },
    ]
    key = [f"{indicator['unit']}; areas in fifths of equal population. Line: 95% interval."]
    if national is not None and national.get("value") is not None:
        line, *_ = marks.country_line(national["value"], "", upright=False)  # a label would lie on a dot
        layers.append(line)
        key.append(f"Dashed: {country} {value_or_status(national, indicator)}.")
    said = "; ".join(f"{point['name']} {point['text']}" for point in points)
    return chart(
        layers if points else [],
        title=f"{indicator['title']} by deprivation",
        subtitle=[" ".join(key)],
        description=f"{indicator['title']} by fifth of areas, most deprived first: {said}.",
        caption=source,
        width=width,
        height=230,
        selected=None,
        caption_offset=58,
    )


def _component_point(row: Row, text: str, limits: str) -> Spec:
    return {
        "component": row["component"],
        "component_name": COMPONENTS[row["component"]],
        "text": text,
        "limits": limits,
        "said": row.get("note") or "",
    }


def _bars(
    points: list[Spec],
    axis: Spec,
    *,
    title: str,
    subtitle: list[str],
    description: str,
    source: str,
    width: int,
    zero_line: bool = False,
) -> Spec:
    order = [point["component"] for point in points]
    room = 8 + LETTER * max((len(point["component_name"]) for point in points), default=0)
    y = {
        "field": "component",
        "type": "nominal",
        "sort": order,
        "scale": {"domain": order},
        "axis": {
            "title": None,
            "minExtent": room,
            "maxExtent": room,
            "ticks": False,
            "domain": False,
            "labelOverlap": False,
            "labelExpr": marks.lookup({key: COMPONENTS[key] for key in order}),
        },
    }
    x = {"type": "quantitative", **axis, "scale": _with_room_for_text(points, width - room)}
    paint = {
        "field": "component",
        "type": "nominal",
        "scale": {"domain": order, "range": [PAINT[key] for key in order]},
        "legend": None,
    }
    data = {"values": points}
    limits = {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}, "tooltip": TOOLTIP}
    layers = [
        {
            "data": data,
            "mark": {"type": "bar", "height": {"band": 0.55}},
            "encoding": {
                "y": y,
                "x": {**x, "field": "start"},
                "x2": {"field": "end"},
                "color": paint,
                "tooltip": TOOLTIP,
            },
        },
        *(
            {"data": data, "mark": {"type": "rule", "color": paint, "strokeWidth": thick}, "encoding": limits}
            for paint, thick in ((colour.PAPER, 4), (colour.INK, 1.75))  # seen on dark bars too
        ),
        *marks.with_halo(
            {"type": "text", "align": "left", "dx": 6},
            {"data": data, "encoding": {"y": y, "x": {**x, "field": "text_at"}, "text": {"field": "text"}}},
        ),
    ]
    if zero_line:
        zero = {"type": "rule", "color": colour.NATIONAL, "strokeWidth": 1.5}
        layers.append({"data": {"values": [{}]}, "mark": zero, "encoding": {"x": {**x, "datum": 0}}})
    return chart(
        layers if points else [],
        title=title,
        subtitle=subtitle,
        description=description,
        caption=source,
        width=width,
        height=max(60, BAR_HEIGHT * len(points)),
        selected=None,
        caption_offset=30,
        caption_left=room,
    )


def _with_room_for_text(points: list[Spec], plot_width: int) -> Spec:
    """A scale on which the figure behind the bar that reaches furthest lies on the plot."""
    if not points:
        return {}
    low, furthest = (
        min(0, *(point["low"] for point in points)),
        max(points, key=lambda point: point["text_at"]),
    )
    text = 12 + LETTER * len(furthest["text"])
    room = (furthest["text_at"] - low) * text / (plot_width - text)
    return {"domain": [low, furthest["text_at"] + room], "nice": False}
