"""Where an area could do better: each indicator's amount as a share of the area's own events, with its interval.

Amounts of unlike things share no scale; their shares of what happens there do. A tick says what chance alone shows.
"""

from collections.abc import Sequence

from careatlas.present import colour, marks
from careatlas.present.theme import DESK, Row, Spec, chart

ROW_HEIGHT = 30
LETTER = 7.2  # pixels


def opportunity_chart(rows: Sequence[Row], *, title: str, source: str = "", width: int = DESK) -> Spec:
    """``rows``: name, percent, lower, upper, chance (all in per cent of the area's own events) and ``is_headline``."""
    points = [{**row, "text": f"{row['percent']:.0f}%"} for row in rows]
    order = [point["name"] for point in points]
    room = 10 + LETTER * max(map(len, order), default=0)
    y = {
        "field": "name",
        "type": "nominal",
        "sort": order,
        "scale": {"domain": order},
        "axis": {"title": None, "minExtent": room, "maxExtent": room, "ticks": False, "domain": False}
        | {"labelOverlap": False},
    }
    x = {
        "type": "quantitative",
        "axis": {"title": "per cent of its own events", "labelExpr": "datum.value + '%'", "tickCount": 6},
        "scale": {"domainMin": 0},
    }
    data = {"values": points}
    paint = {
        "condition": {"test": "datum.is_headline", "value": colour.HIGHER},
        "value": colour.MUTED,
    }
    layers = [
        {
            "data": data,
            "mark": {"type": "rule", "strokeWidth": 3},
            "encoding": {"y": y, "x": {**x, "field": "lower"}, "x2": {"field": "upper"}, "color": paint},
        },
        {
            "data": data,
            "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
            "encoding": {"y": y, "x": {**x, "field": "percent"}, "color": paint},
        },
        {
            "data": data,
            "mark": {"type": "tick", "thickness": 2, "size": 18, "color": colour.INK},
            "encoding": {"y": y, "x": {**x, "field": "chance"}},
        },
        *marks.with_halo(
            {"type": "text", "align": "center", "dy": -12},
            {"data": data, "encoding": {"y": y, "x": {**x, "field": "percent"}, "text": {"field": "text"}}},
        ),
    ]
    said = "; ".join(
        f"{point['name']} {point['text']} ({point['lower']:.0f}% to {point['upper']:.0f}%)"
        for point in points
    )
    return chart(
        layers if points else [],
        title=title,
        subtitle=["Line: 95% interval. Upright tick: what equal areas would show by chance. Grey: not sure."],
        description=f"{title}: {said}.",
        caption=source,
        width=width,
        height=max(60, ROW_HEIGHT * len(points)),
        selected=None,
        caption_offset=52,
        caption_left=room,
    )
