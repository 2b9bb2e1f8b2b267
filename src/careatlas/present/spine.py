"""The profile of one area: where it stands on each indicator, between the country's worst and best area.

The country is the middle line. Left is worse and right is better where an indicator has a direction; where it
has none, left is lower, right is higher, and the mark is blue. A mark's shape says the same as its colour.
Each indicator's scale is its own: the farther of its two ends lies at the edge.
"""

from collections.abc import Iterable, Mapping, Sequence

from careatlas.present import colour, marks
from careatlas.present.marks import Indicator, Point
from careatlas.present.numbers import is_full_return, number
from careatlas.present.theme import DESK, PHONE, Row, Spec, chart

ROW_HEIGHT = 26
ORDER = ("better", "similar", "worse", "higher", "lower", "not_compared")


def spine(
    rows: Sequence[Row],
    others: Iterable[Row],
    indicators: Mapping[str, Indicator],
    name: str,
    *,
    national: Iterable[Row] = (),
    country: str = "England",
    comparisons: Iterable[Row] = (),
    source: str = "",
    width: int = DESK,
) -> Spec:
    """One line an indicator, in the order of ``indicators``.

    ``rows``: this area's values, one an indicator. ``others``: every area's values of the same level, in
    those periods. ``national``: the country's, likewise. ``comparisons``: this area's.
    """
    of_area = {row["indicator"]: row for row in rows}
    of_country = {row["indicator"]: row for row in national}
    against = {row["indicator"]: row["significance"] for row in comparisons if row["benchmark"] == "national"}
    spread: dict[str, list[float]] = {}
    for row in others:
        if is_full_return(row) and row.get("value") is not None:
            spread.setdefault(row["indicator"], []).append(row["value"])
    points = [
        _point(of_area[key], indicator, name, of_country.get(key), spread.get(key, []))
        | {"significance": against.get(key, "not_compared")}
        for key, indicator in indicators.items()
        if key in of_area
    ]
    room = marks.name_room([{"name": point["indicator"]} for point in points], width)
    plot_width = width - room - (150 if width > PHONE else 72) - 14
    return chart(
        _layers(points, room, plot_width, country, width > PHONE) if points else [],
        title=f"{name} beside {country}",
        subtitle=[
            f"Left: worse, right: better than {country} (the middle line). Blue: lower or higher, neither is "
            "better. Pale bar: all areas; darker: the middle half.",
            _key(points),
        ],
        description=_description(points, name, country),
        caption=source,
        width=width,
        plot_width=plot_width,
        height=max(40, ROW_HEIGHT * len(points)),
        selected=rows[0]["area"] if rows else None,
        caption_offset=14,
        caption_left=room,
    )


def _point(row: Row, indicator: Indicator, name: str, country: Row | None, spread: list[float]) -> Point:
    import numpy as np

    point = marks.area_point(row, indicator, {row["area"]: name}) | {
        "key": row["indicator"],
        "indicator": indicator.get("short_title") or indicator["title"],
        "country": number(country["value"], indicator) if country else "",
        "position": None,
    }
    centre = country.get("value") if country else None
    if centre is None or len(spread) < 2:
        return point
    direction = -1 if indicator["polarity"] == "lower_is_better" else 1
    reach = max(abs(value - centre) for value in spread) or 1.0
    ends = np.percentile(spread, [0, 25, 75, 100])
    placed = sorted((direction * (ends - centre) / reach).tolist())
    point |= dict(zip(("far_left", "left", "right", "far_right"), placed, strict=True))
    worst, best = (min, max) if direction > 0 else (max, min)
    point |= {"worst": number(worst(spread), indicator), "best": number(best(spread), indicator)}
    if row.get("value") is not None:  # an incomplete return may lie outside the spread of the full ones
        point["position"] = float(np.clip(direction * (row["value"] - centre) / reach, -1.05, 1.05))
    return point


def _layers(points: list[Point], room: int, plot_width: int, country: str, desk: bool) -> list[Spec]:
    keys = [point["key"] for point in points]
    y = {
        "field": "key",
        "type": "nominal",
        "sort": keys,
        "scale": {"domain": keys},
        "axis": {
            "title": None,
            "minExtent": room,
            "maxExtent": room,
            "labelLimit": room - 10,
            "labelPadding": 10,
            "ticks": False,
            "domain": False,
            "labelOverlap": False,
            "labelExpr": marks.lookup({point["key"]: point["indicator"] for point in points}),
        },
    }
    x = {"type": "quantitative", "scale": {"domain": [-1.08, 1.08]}, "axis": None}
    data = {"values": points}
    tooltip = [
        {"field": "indicator", "title": "Indicator"},
        {"field": "period_name", "title": "Period"},
        *marks.TOOLTIP,
        {"field": "country", "title": country},
        {"field": "worst", "title": "Worst or lowest"},
        {"field": "best", "title": "Best or highest"},
    ]
    bars = [
        {
            "data": data,
            "transform": [{"filter": "isValid(datum.left)"}],
            "mark": {"type": "bar", "color": paint, "height": 11},
            "encoding": {"y": y, "x": {**x, "field": low}, "x2": {"field": high}, "tooltip": tooltip},
        }
        for low, high, paint in (("far_left", "far_right", "#e1e7ec"), ("left", "right", "#b9c6d0"))
    ]
    middle = {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "color": colour.NATIONAL, "strokeWidth": 1.5},
        "encoding": {"x": {**x, "datum": 0}},
    }
    return [
        *bars,
        middle,
        _area_mark(data, x, y, tooltip),
        *_figures(data, y, plot_width, country, desk),
    ]


def _area_mark(data: Spec, x: Spec, y: Spec, tooltip: list[Spec]) -> Spec:
    paint = {
        "field": "significance",
        "type": "nominal",
        "scale": {"domain": list(ORDER), "range": [colour.SIGNIFICANCE[word] for word in ORDER]},
        "legend": None,
    }
    shape = {
        **paint,
        "scale": {"domain": list(ORDER), "range": [colour.SIGNIFICANCE_SHAPE[word] for word in ORDER]},
    }
    hollow = {"test": "datum.status === 'incomplete'", "value": colour.PAPER}
    return {
        "data": data,
        "transform": [{"filter": "isValid(datum.position)"}],
        "mark": {"type": "point", "size": 130, "opacity": 1, "strokeWidth": 1.75},
        "encoding": {
            "y": y,
            "x": {**x, "field": "position"},
            "shape": shape,
            "stroke": paint,
            "fill": {**paint, "condition": hollow},
            "tooltip": tooltip,
        },
    }


def _figures(data: Spec, y: Spec, plot_width: int, country: str, desk: bool) -> list[Spec]:
    """The figures at the right, under headings: the area's, or why none; the country's where it fits."""
    columns = [("text", "Here", 70)] + ([("country", country, 148)] if desk else [])
    layers = []
    for field, heading, right in columns:
        words = {"type": "text", "align": "right"}
        weight = {"fontWeight": "bold"} if field == "text" else {}
        place = {"x": {"value": plot_width + right}}
        cells = {"y": y, **place, "text": {"field": field}}
        head = {**words, "color": colour.MUTED, "baseline": "bottom", "text": heading}
        layers.append({"data": data, "mark": {**words, **weight}, "encoding": cells})
        layers.append({"data": {"values": [{}]}, "mark": head, "encoding": {**place, "y": {"value": -4}}})
    return layers


_SIGNS = {
    "better": "Triangle up: better",
    "worse": "triangle down: worse",
    "higher": "square: higher",
    "lower": "diamond: lower",
    "similar": "circle: cannot be told apart",
}


def _key(points: list[Point]) -> str:
    found = {point["significance"] for point in points}
    signs = [words for word, words in _SIGNS.items() if word in found]
    if any(point["status"] == "incomplete" for point in points):
        signs.append("outline: incomplete return, not compared")
    said = "; ".join(signs)
    return said[:1].upper() + said[1:] + "." if said else ""


def _description(points: list[Point], name: str, country: str) -> str:
    said = f"{name} on {len(points)} indicators, each between the worst and best area, beside {country}."
    for word in ("better", "worse", "higher", "lower"):
        titles = [point["indicator"] for point in points if point["significance"] == word]
        said += f" {word.capitalize()}: {', '.join(titles)}." if titles else ""
    return said
