"""Where an area could do better: each indicator's amount as a share of the area's own events, with its interval.

Amounts of unlike things share no scale; their shares of what happens there do. A tick says what chance alone shows.
"""

from collections.abc import Sequence

from careatlas.present import colour, marks
from careatlas.present.theme import DESK, PHONE, Row, Spec, chart, wrapped

ROW_HEIGHT = 34
MOST_FOR_NAMES = 0.5  # of the width: on a phone, names take several lines
TOOLTIP = [
    {"field": "name", "title": "Indicator"},
    {"field": "text", "title": "Of its own events"},
    {"field": "between", "title": "95% interval"},
    {"field": "by_chance", "title": "By chance alone"},
    {"field": "declared", "title": "May be declared"},
]


def opportunity_chart(rows: Sequence[Row], *, title: str, source: str = "", width: int = DESK) -> Spec:
    """``rows``: name, percent, lower, upper, chance (all in per cent of the area's own events), ``is_headline`` and
    ``between``, the interval in the indicator's own events."""
    points = [{**row, "text": f"{row['percent']:.0f}%", **_for_the_pointer(row)} for row in rows]
    order = [point["name"] for point in points]
    letters = 13 if width > PHONE else 12  # pixels
    room = min(18 + 0.55 * letters * max(map(len, order), default=0), MOST_FOR_NAMES * width)
    in_lines = {name: "\n".join(wrapped(name, int(room - 14), letters)) for name in order}
    y = {
        "field": "name",
        "type": "nominal",
        "sort": order,
        "scale": {"domain": order},
        "axis": {"title": None, "minExtent": room, "maxExtent": room, "ticks": False, "domain": False}
        | {"labelOverlap": False, "labelPadding": 12}
        | {"labelExpr": f"split({marks.lookup(in_lines)}, '\\n')"},
    }
    x = {
        "type": "quantitative",
        "axis": {"title": "% of its own events", "labelExpr": "datum.value + '%'"}
        | {"tickCount": 6 if width > PHONE else 3},
        "scale": {"domainMin": 0, "nice": True},
    }
    at = {"y": y, "tooltip": TOOLTIP}
    data = {"values": points}
    paint = _if_headline(colour.HIGHER, colour.MUTED)
    layers = [
        {
            "data": data,
            "mark": {"type": "rule", "strokeWidth": 3},
            "encoding": {**at, "x": {**x, "field": "lower"}, "x2": {"field": "upper"}, "color": paint},
        },
        {
            "data": data,
            "mark": {"type": "point", "size": 110, "opacity": 1, "strokeWidth": 2},
            "encoding": {
                **at,
                "x": {**x, "field": "percent"},
                "stroke": paint,
                "fill": _if_headline(colour.HIGHER, colour.PAPER),
            },
        },
        {
            "data": data,
            "mark": {"type": "tick", "thickness": 2, "size": 18, "color": colour.INK},
            "encoding": {**at, "x": {**x, "field": "chance"}},
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
        subtitle=[
            "Line: 95% interval. Upright tick: what equal areas would show by chance. Hollow, grey: not sure."
        ],
        description=f"{title}: {said}.",
        caption=source,
        width=width,
        height=max(60, ROW_HEIGHT * len(points)),
        selected=None,
        caption_offset=52,
        caption_left=room,
    )


def _if_headline(then: str, otherwise: str) -> Spec:
    return {"condition": {"test": "datum.is_headline", "value": then}, "value": otherwise}


def _for_the_pointer(row: Row) -> Row:
    return {"by_chance": f"{row['chance']:.1f}%", "declared": "yes" if row["is_headline"] else "no"}
