"""Maps: outlines keep their places, groups are of equal number, and nothing is drawn as something."""

import json
import re
from datetime import date

import pytest
import shapely

from careatlas.present.maps import KM_PER_DEGREE, choropleth, fifths, hexagon_map, simplified
from careatlas.present.theme import to_svg

PATHWAYS = {"title": "Pathways", "unit": "per 1,000 people", "decimals": 1, "polarity": "neither"}
NORTH, SOUTH = 54.0, 52.0


def square(west, south, east, north):
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def outline(code, geometry):
    return {"code": code, "ons_code": f"E{code}", "name": code, "geometry": json.dumps(geometry)}


def with_hole_and_island():
    ring, hole = (
        square(-2, SOUTH, -1, NORTH)["coordinates"][0],
        square(-1.6, 52.8, -1.4, 53.0)["coordinates"][0],
    )
    island = square(-3, 52.5, -2.8, 52.7)["coordinates"]
    return {"type": "MultiPolygon", "coordinates": [[ring, hole], island]}


TWO_AREAS = [outline("W", with_hole_and_island()), outline("E", square(-1, SOUTH, 0, NORTH))]


def decoded(topology):
    """Each area's outline on the plane, put together from the shared arcs."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale_x + left, y * scale_y + bottom))
        arcs.append(points)

    def ring(numbers):
        points = []
        for n in numbers:
            part = arcs[n] if n >= 0 else arcs[~n][::-1]
            points += part if not points else part[1:]
        return points

    outlines = {}
    for area in topology["objects"]["areas"]["geometries"]:
        polygons = [area["arcs"]] if area["type"] == "Polygon" else area["arcs"]
        outlines[area["id"]] = shapely.MultiPolygon(
            [shapely.Polygon(ring(rings[0]), [ring(hole) for hole in rings[1:]]) for rings in polygons]
        )
    return outlines


def row(area, value, status="reported"):
    limits = {"lower_95": value, "upper_95": value}
    days = {"period_start": date(2026, 1, 1), "period_end": date(2026, 1, 31)}
    return {"area": area, "value": value, "status": status, "note": None, **limits, **days}


def fills(svg):
    """The fill of every outline in the order drawn; outlines that only mark a choice have none."""
    shapes = re.findall(r'<g class="mark-shape[^>]*[^/]>(.*?)</g>', svg)
    return [fill for shape in shapes for fill in re.findall(r'<path[^>]*? fill="([^"]+)"', shape)]


def test_outlines_keep_holes_islands_and_shared_edges():
    outlines = decoded(simplified(TWO_AREAS))
    assert set(outlines) == {"W", "E"}
    assert len(outlines["W"].geoms) == 2
    assert sum(len(polygon.interiors) for polygon in outlines["W"].geoms) == 1
    assert outlines["W"].intersection(outlines["E"]).area == pytest.approx(0, abs=1e-6)
    assert outlines["W"].intersection(outlines["E"]).length == pytest.approx(2 * KM_PER_DEGREE, rel=1e-3)


def test_the_plane_is_in_kilometres_at_the_middle_latitude():
    outlines = decoded(simplified(TWO_AREAS))
    west, south, east, north = outlines["E"].bounds
    assert north - south == pytest.approx(2 * 111.32, rel=1e-3)
    assert east - west == pytest.approx(0.6018 * 111.32, rel=1e-3)  # cos(53 degrees) = 0.6018


def test_an_area_whose_parts_merged_is_drawn_as_one():
    """Two squares side by side under one code: the outline has no line between them."""
    parts = [outline("QZZ", square(0, 52, 1, 53)), outline("QZZ", square(1, 52, 2, 53))]
    (merged,) = decoded(simplified(parts)).values()
    assert len(merged.geoms) == 1
    assert len(simplified(parts)["objects"]["areas"]["geometries"]) == 1


def test_an_area_without_an_ods_code_is_known_by_its_ons_code():
    topology = simplified([outline(None, square(0, 52, 1, 53)) | {"ons_code": "E54000001"}])
    assert topology["objects"]["areas"]["geometries"][0]["id"] == "E54000001"


def test_no_outlines_make_an_empty_map():
    assert simplified([])["objects"]["areas"]["geometries"] == []


def test_fifths_hold_equally_many_areas():
    limits = fifths([float(n) for n in range(100)])
    counts = [
        sum(sum(value >= limit for limit in limits) == group for value in range(100)) for group in range(5)
    ]
    assert counts == [20, 20, 20, 20, 20]
    assert fifths([]) == []
    assert fifths([3.0]) == [3.0] * 4


def test_areas_without_a_full_value_are_patterned_and_named_in_the_legend():
    spec = choropleth(
        simplified(TWO_AREAS), [row("W", 5.0), row("E", None, "missing")], PATHWAYS, {"W": "West"}
    )
    svg = to_svg(spec)
    assert sum(fill.startswith("url(#gradient") for fill in fills(svg)) == 1
    assert ">missing</text>" in svg
    assert "1 without a value" in spec["description"]


def test_an_area_that_has_no_row_is_missing_and_not_blank():
    svg = to_svg(choropleth(simplified(TWO_AREAS), [row("W", 5.0)], PATHWAYS, {}))
    assert len(fills(svg)) == 2
    assert ">missing</text>" in svg


def test_zero_and_incomplete_are_not_in_a_fifth():
    rows = [row("W", 0.0, "zero"), row("E", 3.0, "incomplete")]
    svg = to_svg(choropleth(simplified(TWO_AREAS), rows, PATHWAYS, {}))
    assert fills(svg) == ["#ffffff", "#ffffff"]
    assert ">zero (counted)</text>" in svg
    assert ">incomplete †</text>" in svg


def test_the_chosen_area_is_outlined_above_the_others():
    spec = choropleth(simplified(TWO_AREAS), [row("W", 5.0), row("E", 6.0)], PATHWAYS, {}, selected="W")
    assert to_svg(spec).count('stroke="#c24e00" stroke-width="3"') == 1


def test_hexagons_are_of_equal_size_and_north_is_up():
    areas = [
        {"code": code, "hex_q": q, "hex_r": r} for code, q, r in (("N", 0, 0), ("S", 0, 1), ("P", None, None))
    ]
    spec = hexagon_map(areas, [row("N", 5.0), row("S", 6.0)], PATHWAYS, {})
    (features,) = [rows for rows in spec["datasets"].values() if rows and "geometry" in rows[0]]
    shapes = {feature["id"]: shapely.geometry.shape(feature["geometry"]) for feature in features}
    assert set(shapes) == {"N", "S"}
    assert shapes["N"].area == pytest.approx(shapes["S"].area, rel=1e-3)
    assert shapes["N"].centroid.y > shapes["S"].centroid.y
    assert len(fills(to_svg(spec))) == 2


def test_real_outlines_stay_within_their_areas_and_their_size(real_data):
    (path,) = (real_data / "boundaries").glob("NHS_SubICB_*.geo.json")
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    rows = [outline(feature["properties"]["SICBL23CD"], feature["geometry"]) for feature in features]
    topology = simplified(rows)
    assert len(json.dumps(topology, separators=(",", ":"))) < 60_000
    outlines = decoded(topology)
    assert len(outlines) == 106
    published = {row["code"]: shapely.geometry.shape(json.loads(row["geometry"])) for row in rows}
    bounds = shapely.total_bounds(list(published.values()))
    shrink = shapely.transform(list(published.values()), _plane((bounds[1] + bounds[3]) / 2))
    for own, drawn in zip(shrink, outlines.values(), strict=True):
        west, south, east, north = own.bounds
        drawn_west, drawn_south, drawn_east, drawn_north = drawn.bounds
        assert drawn_west >= west - 0.1
        assert drawn_south >= south - 0.1
        assert drawn_east <= east + 0.1
        assert drawn_north <= north + 0.1
        assert drawn.area == pytest.approx(own.area, rel=0.1)


def _plane(latitude):
    import numpy as np

    return lambda degrees: degrees * [np.cos(np.radians(latitude)), 1.0] * np.array(111.32)
