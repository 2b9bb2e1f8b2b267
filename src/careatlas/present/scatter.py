"""Two indicators of the same areas: each area a point with both its intervals.

No line is fitted and no cause is named: the correlation is printed with its interval and the number of areas, once
with every area alike and once by size. Areas without a full return in both are listed, not drawn.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from careatlas.methods.correlation import Correlation, correlation
from careatlas.present import colour, marks
from careatlas.present.marks import HOLLOW, Indicator
from careatlas.present.numbers import axis_format, is_full_return, number
from careatlas.present.periods import period_name
from careatlas.present.theme import DESK, IS_HIGHLIGHTED, IS_SELECTED, PHONE, Row, Spec, chart, wrapped


class Pairs(NamedTuple):
    """``both``: area, its two rows. ``without``: area, the rows there are (None where none), for those left out."""

    both: list[tuple[str, Row, Row]]
    without: list[tuple[str, Row | None, Row | None]]


def paired(x_rows: Sequence[Row], y_rows: Sequence[Row]) -> Pairs:
    """Areas with a full return of both, in order of code, and the others."""
    of_x, of_y = ({row["area"]: row for row in rows} for rows in (x_rows, y_rows))
    pairs = [(area, of_x.get(area), of_y.get(area)) for area in sorted({*of_x, *of_y})]
    return Pairs(
        [pair for pair in pairs if _is_full(pair[1]) and _is_full(pair[2])],
        [pair for pair in pairs if not (_is_full(pair[1]) and _is_full(pair[2]))],
    )


def correlations(pairs: Pairs) -> dict[str, Correlation]:
    """``alike``: every area counts the same. ``by_size``: by its denominators (their geometric mean), where both
    figures have one."""
    x, y = ([pair[side]["value"] for pair in pairs.both] for side in (1, 2))
    sizes = [_size(pair[1], pair[2]) for pair in pairs.both]
    found = {"alike": correlation(x, y)}
    if sizes and None not in sizes:
        found["by_size"] = correlation(x, y, sizes)
    return found


def scatter(
    pairs: Pairs,
    x_indicator: Indicator,
    y_indicator: Indicator,
    names: Mapping[str, str],
    *,
    national: tuple[Row | None, Row | None] = (None, None),
    country: str = "England",
    source: str = "",
    selected: str | None = None,
    width: int = DESK,
) -> Spec:
    """Areas by two indicators, 95 % intervals both ways, the country's figures as dashed lines."""
    points = [_point(pair, x_indicator, y_indicator, names) for pair in pairs.both]
    x_title, y_title = (
        _axis_title(one, pairs.both, side) for side, one in ((1, x_indicator), (2, y_indicator))
    )
    height = 420 if width > PHONE else 320
    x, y = (
        _axis(x_indicator, wrapped(x_title, width - 90, 13)),
        _axis(y_indicator, wrapped(y_title, height, 13)),
    )
    left_out = len(pairs.without)
    return chart(
        _layers(points, x, y, national, country, (x_indicator, y_indicator)) if points else [],
        title=f"{_short(x_indicator)} and {_short(y_indicator)}",
        subtitle=[
            f"Each point one area, lines: 95% intervals; dashed: {country}."
            + (f" {left_out} without a full return in both are left out." if left_out else ""),
            in_words(correlations(pairs)),
        ],
        description=_description(pairs, x_title, y_title),
        caption=source,
        width=width,
        height=height,
        selected=selected,
        caption_offset=44 + 16 * len(wrapped(x_title, width - 90, 13)),
    )


def in_words(found: Mapping[str, Correlation]) -> str:
    """The correlation with its interval and how many areas it rests on, both ways, in one sentence."""
    alike = found["alike"]
    areas = int(alike.areas)
    if math.isnan(alike.value):
        return f"No correlation can be given: {areas} areas have a full return in both."
    said = f"Correlation {_with_limits(alike)} over {areas} areas"
    by_size = found.get("by_size")
    if by_size is not None and not math.isnan(by_size.value):
        said += f"; weighted by size {_with_limits(by_size)}"
    return said + "."


def _with_limits(found: Correlation) -> str:
    value, lower, upper = (_signed(each) for each in (found.value, found.lower, found.upper))
    between = f"95% interval {lower} to {upper}" if lower and upper else "too few for an interval"
    return f"{value} ({between})"


def _signed(value: float) -> str:
    """Two decimals with a true minus; empty if not known, and never -0.00."""
    if math.isnan(value):
        return ""
    written = f"{value:.2f}"
    return written.removeprefix("-") if float(written) == 0 else written.replace("-", "−")


def _is_full(row: Row | None) -> bool:
    return row is not None and is_full_return(row) and row.get("value") is not None


def _size(x: Row, y: Row) -> float | None:
    sizes = [row.get("denominator") for row in (x, y)]
    return None if None in sizes else (sizes[0] * sizes[1]) ** 0.5


def _short(indicator: Indicator) -> str:
    return indicator.get("short_title") or indicator["title"]


def _axis_title(indicator: Indicator, both: Sequence[tuple[str, Row, Row]], side: int) -> str:
    row = both[0][side] if both else None
    when = f", {period_name(row['period_start'], row['period_end'])}" if row else ""
    return f"{_short(indicator)}, {indicator['unit']}{when}"


def _point(
    pair: tuple[str, Row, Row], x_indicator: Indicator, y_indicator: Indicator, names: Mapping[str, str]
) -> dict[str, Any]:
    area, *rows = pair
    point: dict[str, Any] = {"area": area, "name": names.get(area, area)}
    point["status"] = "zero" if any(row["status"] == "zero" for row in rows) else "reported"
    for axis, row, indicator in zip("xy", rows, (x_indicator, y_indicator), strict=True):
        own = marks.area_point(row, indicator, names)
        point |= {axis: own["value"], f"{axis}_lower": own["lower"], f"{axis}_upper": own["upper"]}
        point[f"{axis}_text"] = f"{own['text']} ({own['limits']})"
    return point


def _axis(indicator: Indicator, title: list[str]) -> Spec:
    return {
        "type": "quantitative",
        "title": title,
        "scale": {"zero": False, "nice": True},
        "axis": {"labelExpr": axis_format(indicator), "tickCount": 6, "titlePadding": 8},
    }


def _layers(
    points: list[dict[str, Any]],
    x: Spec,
    y: Spec,
    national: tuple[Row | None, Row | None],
    country: str,
    indicators: tuple[Indicator, Indicator],
) -> list[Spec]:
    data = {"values": points}
    tooltip = [
        {"field": "name", "title": "Area"},
        {"field": "x_text", "title": _short(indicators[0])},
        {"field": "y_text", "title": _short(indicators[1])},
    ]
    at = {"x": {**x, "field": "x"}, "y": {**y, "field": "y"}}
    paint = {
        "condition": [
            {"test": IS_SELECTED, "value": colour.SELECTED},
            {"test": IS_HIGHLIGHTED, "value": colour.HIGHLIGHT},
        ],
        "value": colour.AREA,
    }
    size = [{"test": IS_SELECTED, "value": 130}, {"test": IS_HIGHLIGHTED, "value": 130}]
    across = {**at, "x": {**x, "field": "x_lower"}, "x2": {"field": "x_upper"}, "color": paint}
    up = {**at, "y": {**y, "field": "y_lower"}, "y2": {"field": "y_upper"}, "color": paint}
    rule = {"type": "rule", "strokeWidth": 1, "opacity": 0.45}
    dots = {
        **at,
        "stroke": paint,
        "fill": {"condition": [HOLLOW, *paint["condition"]], "value": colour.AREA},
        "shape": {"condition": {"test": IS_SELECTED, "value": "diamond"}, "value": "circle"},
        "size": {"condition": size, "value": 36},
        "tooltip": tooltip,
    }
    name = {**at, "text": {"field": "name"}}
    label = {"data": data, "transform": [{"filter": f"{IS_SELECTED} || {IS_HIGHLIGHTED}"}], "encoding": name}
    return [
        *_country_lines(national, country, indicators, x, y),
        {"data": data, "mark": rule, "encoding": across},
        {"data": data, "mark": rule, "encoding": up},
        {"data": data, "mark": {"type": "point", "opacity": 0.9, "strokeWidth": 1}, "encoding": dots},
        *marks.with_halo({"type": "text", "dy": -13, "align": "center"}, label),
    ]


def _country_lines(
    national: tuple[Row | None, Row | None],
    country: str,
    indicators: tuple[Indicator, Indicator],
    x: Spec,
    y: Spec,
) -> list[Spec]:
    layers = []
    rule = {"type": "rule", "color": colour.NATIONAL, "strokeWidth": 1.25, "strokeDash": [6, 4]}
    for row, axis, encoding, indicator in zip(national, "xy", (x, y), indicators, strict=True):
        if row is not None and row.get("value") is not None:
            data = {
                "values": [{"at": row["value"], "name": country, "text": number(row["value"], indicator)}]
            }
            tooltip = [{"field": "name", "title": "Country"}, {"field": "text", "title": _short(indicator)}]
            place = {axis: {**encoding, "field": "at"}, "tooltip": tooltip}
            layers.append({"data": data, "mark": rule, "encoding": place})
    return layers


def _description(pairs: Pairs, x_title: str, y_title: str) -> str:
    return (
        f"Scatter plot of {len(pairs.both)} areas: {x_title} across, {y_title} up. {in_words(correlations(pairs))} "
        f"{len(pairs.without)} areas without a full return in both are not drawn."
    )
