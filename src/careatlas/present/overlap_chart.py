"""Pools and who draws on them: a bar a pool, a piece of it for each initiative, and beside it what the pool holds.

What is asked stands for the months that the pool can be told of, so that it may be held against the pool's size. Where
that cannot be told the bar is hollow, of the whole year, and nothing is held against it.
"""

from collections.abc import Sequence
from typing import Any

from careatlas.present import colour, marks
from careatlas.present.numbers import axis_format, pounds
from careatlas.present.theme import DESK, PHONE, Row, Spec, chart, wrapped

MOST_POOLS = 12  # beyond that a table is read more easily
ROW_HEIGHT = 46
MOST_FOR_NAMES = 0.42  # of the width: on a phone, names take several lines
TOOLTIP = [
    {"field": "who", "title": "Asks"},
    {"field": "text", "title": "Amount"},
    {"field": "name", "title": "Pool"},
]
POOL_TOOLTIP = [
    {"field": "name", "title": "Pool"},
    {"field": "text", "title": "Holds"},
    {"field": "limits", "title": "95% interval"},
]


def overlap_chart(pools: Sequence[Row], *, title: str, source: str = "", width: int = DESK) -> Spec:
    """``pools``: name; ``there``, ``lower``, ``upper`` in pounds, None where they cannot be told; ``asked``: a list of
    who and pounds, of the months told of, or of the year where there are none."""
    order = [pool["name"] for pool in pools]
    pieces = {"values": [piece for pool in pools for piece in _pieces(pool)]}
    held = {"values": [_held(pool) for pool in pools if pool["there"] is not None]}
    letters = 13 if width > PHONE else 12  # pixels
    room = min(18 + 0.55 * letters * max(map(len, order), default=0), MOST_FOR_NAMES * width)
    y, x = _names(order, room, letters), _pounds(width)
    layers = [
        {
            "data": pieces,
            "mark": {"type": "bar", "height": 16, "yOffset": -5, "strokeWidth": 1.5},
            "encoding": {
                "y": y,
                "x": {**x, "field": "from"},
                "x2": {"field": "to"},
                "tooltip": TOOLTIP,
                "fill": {"condition": {"test": "datum.is_told", "value": "#b3d0ea"}, "value": colour.PAPER},
                "stroke": {"value": colour.HIGHER},
            },
        },
        {
            "data": held,
            "mark": {"type": "rule", "strokeWidth": 3, "yOffset": 12, "color": colour.SELECTED},
            "encoding": {
                "y": y,
                "x": {**x, "field": "lower"},
                "x2": {"field": "upper"},
                "tooltip": POOL_TOOLTIP,
            },
        },
        {
            "data": held,
            "mark": {"type": "point", "shape": "diamond", "size": 80, "filled": True, "opacity": 1}
            | {"yOffset": 12, "color": colour.SELECTED},
            "encoding": {"y": y, "x": {**x, "field": "there"}, "tooltip": POOL_TOOLTIP},
        },
    ]
    return chart(
        layers if pools else [],
        title=title,
        subtitle=[
            "Bar: what is asked of the months told of, a piece for each initiative. Diamond and line below it: what "
            "the pool holds, with its 95% interval. Hollow: what it holds cannot be told."
        ],
        description=f"{title}: {'; '.join(map(_in_words, pools))}.",
        caption=source,
        width=width,
        height=max(60, ROW_HEIGHT * len(pools)),
        selected=None,
        caption_offset=52,
        caption_left=room,
    )


def _pieces(pool: Row) -> list[dict[str, Any]]:
    found, end = [], 0.0
    for one in pool["asked"]:
        start, end = end, end + one["pounds"]
        found.append(
            {"name": pool["name"], "from": start, "to": end, "who": one["who"], "text": pounds(one["pounds"])}
            | {"is_told": pool["there"] is not None}
        )
    return found


def _held(pool: Row) -> dict[str, Any]:
    limits = f"{pounds(pool['lower'])} to {pounds(pool['upper'])}"
    numbers = {name: pool[name] for name in ("there", "lower", "upper")}
    return {"name": pool["name"], "text": pounds(pool["there"]), "limits": limits, **numbers}


def _names(order: list[str], room: float, letters: int) -> Spec:
    in_lines = {name: "\n".join(wrapped(name, int(room - 14), letters)) for name in order}
    axis = {"title": None, "minExtent": room, "maxExtent": room, "ticks": False, "domain": False}
    axis |= {"labelOverlap": False, "labelPadding": 12}
    axis |= {"labelExpr": f"split({marks.lookup(in_lines)}, '\\n')"}
    return {"field": "name", "type": "nominal", "sort": order, "scale": {"domain": order}, "axis": axis}


def _pounds(width: int) -> Spec:
    ticks = 6 if width > PHONE else 3
    return {
        "type": "quantitative",
        "axis": {"title": "Pounds", "labelExpr": axis_format({"unit": "£"}), "tickCount": ticks},
        "scale": {"nice": True, "zero": True},
    }


def _in_words(pool: Row) -> str:
    number = len(pool["asked"])
    asked = f"{number} ask{'s' if number == 1 else ''} {pounds(sum(one['pounds'] for one in pool['asked']))}"
    holds = "it cannot be told" if pool["there"] is None else f"it holds {pounds(pool['there'])}"
    return f"{pool['name']}: {asked}, {holds}"
