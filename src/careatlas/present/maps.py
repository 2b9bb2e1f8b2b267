"""Maps: areas by their true outlines or as equal hexagons, in five equal groups, dark for high.

Dark says high, never bad. Outlines are drawn on a plane in kilometres (x = longitude * cos(middle latitude) *
111.32, y = latitude * 111.32), not under a map projection: simplifying may turn a ring round, and under a
spherical projection one turned ring fills the whole map. Over a country of England's size the plane is right
to within 4 %. The middle latitude is that of the outlines' extent (52.9 degrees for England), so every area
type of a country lies on one plane.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from careatlas.present import colour, marks
from careatlas.present.hexagons import centres
from careatlas.present.marks import Indicator, Point
from careatlas.present.numbers import INCOMPLETE_SIGN, number
from careatlas.present.periods import period_name
from careatlas.present.theme import DESK, IS_HIGHLIGHTED, IS_SELECTED, PHONE, Row, Spec, chart

KM_PER_DEGREE = 111.32
TOLERANCE_KM = 1.0
LEGEND_LINE, LEGEND_COLUMN = 22, 141  # pixels: five groups in a row of 720, two in one of 340
_HEXAGON = ((0.0, 1.0), (0.866, 0.5), (0.866, -0.5), (0.0, -1.0), (-0.866, -0.5), (-0.866, 0.5))


def simplified(boundaries_rows: Sequence[Row]) -> dict[str, Any]:
    """TopoJSON of one area type's outlines, shared edges kept: object ``areas``, feature id = area code.

    Takes rows of the ``boundaries`` table. An area is known by its ODS code, or by its ONS code where the row
    has none; an area of several rows, because its parts merged, is drawn as one. Islands and holes stay; an
    island smaller than the tolerance (1 km) may lose its shape.
    """
    import shapely
    from shapely.geometry import mapping, shape
    from topojson import Topology

    if not boundaries_rows:
        empty = {"type": "GeometryCollection", "geometries": []}
        return {"type": "Topology", "objects": {"areas": empty}, "arcs": []}
    outlines = [shape(json.loads(row["geometry"])) for row in boundaries_rows]
    extent = shapely.total_bounds(outlines)
    on_plane = shapely.transform(outlines, _to_plane((extent[1] + extent[3]) / 2))
    parts: dict[str, list[Any]] = {}
    for row, outline in zip(boundaries_rows, shapely.coverage_simplify(on_plane, TOLERANCE_KM), strict=True):
        parts.setdefault(row["code"] or row["ons_code"], []).append(outline)
    features = [
        {
            "type": "Feature",
            "id": code,
            "properties": {},
            "geometry": mapping(outlines[0] if len(outlines) == 1 else shapely.coverage_union_all(outlines)),
        }
        for code, outlines in parts.items()
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.loads(Topology(collection, object_name="areas", prequantize=10_000).to_json())


def choropleth(
    topojson: Mapping[str, Any],
    rows: Sequence[Row],
    indicator: Indicator,
    names: Mapping[str, str],
    *,
    source: str = "",
    selected: str | None = None,
    width: int = DESK,
) -> Spec:
    """The areas' true outlines, filled by fifth. ``topojson`` as `simplified` makes it."""
    shapes = {"values": topojson, "format": {"type": "topojson", "feature": "areas"}}
    codes = [geometry["id"] for geometry in topojson["objects"]["areas"]["geometries"]]
    return _map(shapes, codes, rows, indicator, names, "True outlines.", source, selected, width)


def hexagon_map(
    areas_rows: Iterable[Row],
    rows: Sequence[Row],
    indicator: Indicator,
    names: Mapping[str, str],
    *,
    source: str = "",
    selected: str | None = None,
    width: int = DESK,
) -> Spec:
    """Each area one hexagon of equal size, from hex_q and hex_r of the ``areas`` table, filled by fifth."""
    placed = [row for row in areas_rows if row.get("hex_q") is not None and row.get("hex_r") is not None]
    middles = centres([row["hex_q"] for row in placed], [row["hex_r"] for row in placed]).tolist()
    features = []
    for row, (x, y) in zip(placed, middles, strict=True):
        ring = [[round(x + 0.97 * dx, 3), round(y + 0.97 * dy, 3)] for dx, dy in (*_HEXAGON, _HEXAGON[0])]
        outline = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "id": row["code"], "properties": {}, "geometry": outline})
    shapes = {"values": features}
    codes = [row["code"] for row in placed]
    note = "Each area one hexagon; neighbours are kept near, distances are not."
    return _map(shapes, codes, rows, indicator, names, note, source, selected, width)


def fifths(values: Sequence[float]) -> list[float]:
    """The four values that part areas into five groups of equal number; a value equal to a limit is in the
    higher.

    >>> fifths([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    [3, 5, 7, 9]
    """
    ordered = sorted(values)
    return (
        [ordered[min(len(ordered) - 1, round(len(ordered) * part / 5))] for part in (1, 2, 3, 4)]
        if ordered
        else []
    )


def _to_plane(middle_latitude: float):
    import numpy as np

    shrink = np.cos(np.radians(middle_latitude))
    return lambda degrees: degrees * np.array([shrink, 1.0]) * KM_PER_DEGREE


def _map(
    shapes: Spec,
    codes: Sequence[str],
    rows: Sequence[Row],
    indicator: Indicator,
    names: Mapping[str, str],
    note: str,
    source: str,
    selected: str | None,
    width: int,
) -> Spec:
    counted = [row["value"] for row in rows if row["area"] in set(codes) and row["status"] == "reported"]
    limits = fifths(counted)
    by_area = {row["area"]: row for row in rows}
    points = [_point(code, by_area.get(code), indicator, names, limits) for code in codes]
    legend = _legend_lines(points, counted, limits, indicator)
    when = period_name(rows[0]["period_start"], rows[0]["period_end"]) if rows else "no figures"
    height = 600 if width > PHONE else 400
    columns = max(1, width // LEGEND_COLUMN)
    return chart(
        [*_filled(shapes, points), *_outlines(shapes, points), *_legend(legend, height + 10, columns)],
        title=indicator["title"],
        subtitle=[f"{indicator['unit']}, {when}", f"Five groups of equal number, dark = high. {note}"],
        description=_description(points, indicator, when),
        caption=source,
        width=width,
        plot_width=width - 12,
        height=height,
        selected=selected,
        caption_offset=18 + LEGEND_LINE * -(-len(legend) // columns),
        projection={"type": "identity", "reflectY": True},
    )


def _point(
    code: str, row: Row | None, indicator: Indicator, names: Mapping[str, str], limits: list[float]
) -> Point:
    if row is None:
        none = {"area": code, "name": names.get(code, code), "value": None, "limits": "none"}
        return none | {"status": "missing", "group": "missing", "text": "missing", "said": "missing"}
    point = marks.area_point(row, indicator, names)
    if row["status"] != "reported":
        return point | {"group": row["status"]}
    return point | {"group": str(sum(row["value"] >= limit for limit in limits))}


def _looks() -> dict[str, Spec]:
    """How each group is filled and outlined: the fifths by shade, all others by pattern or outline."""
    line = {"stroke": colour.OUTLINE, "strokeWidth": 0.6}
    looks = {str(n): {"fill": fill, **line} for n, fill in enumerate(colour.FIFTHS)}
    return looks | {
        "zero": {"fill": colour.PAPER, "stroke": colour.INK, "strokeWidth": 1.6},
        "incomplete": {"fill": colour.PAPER, "stroke": colour.INK, "strokeWidth": 1.4, "strokeDash": [3, 2]},
        "missing": {"fill": _hatching(1), **line},
        "hidden": {"fill": _hatching(-1), **line},
    }


def _hatching(slope: int, stripes: int = 7) -> Spec:
    """Oblique grey lines, as a gradient of sharp steps: patterns are not to be had in Vega."""
    stops = []
    for n in range(stripes):
        start, end, next_start = n / stripes, (n + 0.3) / stripes, (n + 1) / stripes
        stops += [
            {"offset": start, "color": colour.WITHOUT_VALUE},
            {"offset": end, "color": colour.WITHOUT_VALUE},
        ]
        stops += [{"offset": end, "color": colour.PAPER}, {"offset": next_start, "color": colour.PAPER}]
    y1, y2 = (0, 1) if slope > 0 else (1, 0)
    return {"gradient": "linear", "x1": 0, "y1": y1, "x2": 1, "y2": y2, "stops": stops}


def _joined(points: list[Point]) -> Spec:
    fields = ["area", "name", "text", "limits", "said", "group"]
    kept = [{field: point[field] for field in fields} for point in points]
    return {"lookup": "id", "from": {"data": {"values": kept}, "key": "area", "fields": fields}}


def _filled(shapes: Spec, points: list[Point]) -> list[Spec]:
    layers = []
    for group, look in _looks().items():
        of_group = [point for point in points if point["group"] == group]
        if of_group:
            layers.append(
                {
                    "data": shapes,
                    "transform": [_joined(of_group), {"filter": "isValid(datum.area)"}],
                    "mark": {"type": "geoshape", **look},
                    "encoding": {"tooltip": marks.TOOLTIP},
                }
            )
    return layers


def _outlines(shapes: Spec, points: list[Point]) -> list[Spec]:
    """The chosen area and the one pointed at, drawn last so that no neighbour covers their edge."""
    return [
        {
            "data": shapes,
            "transform": [_joined(points), {"filter": test}],
            "mark": {"type": "geoshape", "fill": "transparent", "stroke": paint, "strokeWidth": 3},
            "encoding": {"tooltip": marks.TOOLTIP},
        }
        for test, paint in ((IS_SELECTED, colour.SELECTED), (IS_HIGHLIGHTED, colour.HIGHLIGHT))
    ]


def _legend_lines(
    points: list[Point], counted: list[float], limits: list[float], indicator: Indicator
) -> list[tuple[str, str]]:
    found = {point["group"] for point in points}
    edges = [min(counted), *limits, max(counted)] if counted else []
    lines = [
        (str(n), f"{number(edges[n], indicator)} to {number(edges[n + 1], indicator)}")
        for n in range(4, -1, -1)
        if str(n) in found
    ]
    words = {
        "zero": "zero (counted)",
        "incomplete": f"incomplete {INCOMPLETE_SIGN}",
        "missing": "missing",
        "hidden": "hidden",
    }
    return lines + [(group, text) for group, text in words.items() if group in found]


def _legend(lines: list[tuple[str, str]], below: int, columns: int) -> list[Spec]:
    """Below the map, row by row, where no outline can run into it."""
    layers = []
    for n, (group, text) in enumerate(lines):
        left, top = n % columns * LEGEND_COLUMN, below + n // columns * LEGEND_LINE
        swatch = {"type": "rect", **_looks()[group], "x": left, "x2": left + 20, "y": top, "y2": top + 14}
        words = {
            "type": "text",
            "align": "left",
            "baseline": "middle",
            "text": text,
            "x": left + 26,
            "y": top + 8,
        }
        layers += [{"data": {"values": [{}]}, "mark": mark} for mark in (swatch, words)]
    return layers


def _description(points: list[Point], indicator: Indicator, when: str) -> str:
    shown = sorted(
        (point for point in points if point["value"] is not None), key=lambda point: point["value"]
    )
    said = f"Map: {indicator['title']}, {indicator['unit']}, {when}; {len(points)} areas in five groups."
    if shown:
        low, high = shown[0], shown[-1]
        said += f" Highest {high['name']}, {high['text']}; lowest {low['name']}, {low['text']}."
    without = sum(point["value"] is None for point in points)
    return said + (f" {without} without a value." if without else "")
