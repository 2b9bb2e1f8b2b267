"""Outlines of sub-ICB locations, boards and NHS regions: GeoJSON of the ONS Open Geography portal, any year.

The property names say the level and the year (``SICBL23CD``, ``ICB25NM``, ``NHSER24CD``). One row is one
outline as published, in degrees; the build simplifies them so that neighbours keep the edges they share.

Shapefiles and GeoPackages are refused: the portal offers each of its layers as GeoJSON too.
"""

import itertools
import json
import math
import re
import zipfile
from datetime import date
from pathlib import Path

import pyarrow as pa

from careatlas.engine.connect import Engine
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import Address
from careatlas.sources.source import Refusal, Source, SourceFile, Tidied, refuse_repeated_keys

LEVELS = {"SICBL": "sub_icb", "ICB": "icb", "NHSER": "region"}
_CODE_PROPERTY = re.compile(rf"({'|'.join(LEVELS)})(\d\d)CD")
_CODE_ENDING_A_NAME = re.compile(r" - ([A-Z0-9]{3,5})$")
SHAPEFILE_START = bytes.fromhex("0000270a")
GEOPACKAGE_MARKS = (b"GPKG", b"GP10", b"GP11")
EARTH_RADIUS_KM = 6371.0088  # mean

LAYERS = (  # the portal's generalised layers of the areas in use: what `fetch` brings
    "Sub_Integrated_Care_Board_Locations_April_2023_EN_BSC",
    "Integrated_Care_Boards_April_2023_EN_BSC",
    "NHS_England_Regions_January_2024_EN_BSC",
)

SOURCE = Source(
    title="Boundaries of sub-ICB locations, integrated care boards and NHS regions",
    publisher="Office for National Statistics",
    page="https://geoportal.statistics.gov.uk/search?q=BDY_HLT",
    licence="Open Government Licence v3.0",
    tables=("boundaries",),
    attribution="Source: Office for National Statistics licensed under the Open Government Licence v3.0. "
    "Contains OS data (c) Crown copyright and database right.",
    addresses=tuple(
        Address(
            f"https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services/{layer}/FeatureServer/0/query"
            "?where=1%3D1&outFields=*&outSR=4326&f=geojson",
            f"{layer}.geojson",
        )
        for layer in LAYERS
    ),
)


def recognise(file: SourceFile) -> bool:
    if format_name := _format_that_is_not_geojson(file):
        raise SourceFileError(
            file,
            f"it is a {format_name}, which the atlas does not read.",
            "Download the same layer as GeoJSON.",
        )
    return file.kind == "json" and _level(file) is not None


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    code_property, area_type, vintage = _level(file)
    features = file.document["features"]
    rows, nameless, shapeless = [], 0, 0
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") or {}
        if not properties.get(code_property):
            nameless += 1
        elif not feature.get("geometry"):
            shapeless += 1
        else:
            _refuse_coordinates_that_are_not_degrees(file, number, feature["geometry"])
            rows.append(_outline(properties, feature["geometry"], code_property, area_type, vintage))
    outlines = engine.from_arrow(pa.Table.from_pylist(rows, TIDIED["boundaries"].schema))
    refuse_repeated_keys(file, engine, "boundaries", outlines)
    reasons = {"the feature has no area code": nameless, "the feature has no outline": shapeless}
    return Tidied(
        tables={"boundaries": outlines},
        rows_read=len(features),
        rows_kept=len(rows),
        refusals=[Refusal(reason, number) for reason, number in reasons.items() if number],
    )


def _level(file: SourceFile) -> tuple[str, str, int] | None:
    """The property that holds the code, the area type and the year; None where this is not one of our levels.

    A layer of smaller areas may name the larger ones as well: the smallest is what the outlines are of.
    """
    document = file.document
    features = document.get("features") if isinstance(document, dict) else None
    first = features[0] if isinstance(features, list) and features else None
    properties = first.get("properties") if isinstance(first, dict) else None
    found = {match[1]: match for name in properties or () if (match := _CODE_PROPERTY.fullmatch(name))}
    smallest = next((found[level] for level in LEVELS if level in found), None)
    return (smallest[0], LEVELS[smallest[1]], 2000 + int(smallest[2])) if smallest else None


def _outline(properties: dict, geometry: dict, code_property: str, area_type: str, vintage: int) -> dict:
    name = (properties.get(code_property.removesuffix("CD") + "NM") or "").strip()
    code = _CODE_ENDING_A_NAME.search(name)
    return {
        "area_type": area_type,
        "ons_code": properties[code_property].strip(),
        "code": code[1] if code else None,
        "name": name or None,
        "vintage": vintage,
        "longitude": properties.get("LONG"),
        "latitude": properties.get("LAT"),
        "geometry": json.dumps(geometry, separators=(",", ":")),
        "square_kilometres": square_kilometres(geometry),
    }


def square_kilometres(geometry: dict) -> float | None:
    """Area inside an outline in degrees, less its holes; None where it is no outline but a point or a line."""
    polygons = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}
    if geometry["type"] not in polygons:
        return None
    return sum(
        _inside(ring) * (1 if place == 0 else -1)
        for polygon in polygons[geometry["type"]]
        for place, ring in enumerate(polygon)
    )


def _inside(ring: list[list[float]]) -> float:
    """Inside one ring: the strips between its sides and the equator, added up with their signs."""
    strips = (
        math.radians(end[0] - start[0]) * (math.sin(math.radians(start[1])) + math.sin(math.radians(end[1])))
        for start, end in itertools.pairwise(ring)
    )
    return abs(sum(strips)) / 2 * EARTH_RADIUS_KM**2


def _refuse_coordinates_that_are_not_degrees(file: SourceFile, number: int, geometry: dict) -> None:
    """Outlines in metres on the national grid look healthy until they are drawn."""
    point = geometry.get("coordinates")
    while isinstance(point, list) and point and isinstance(point[0], list):
        point = point[0]
    if not (isinstance(point, list) and len(point) >= 2 and abs(point[0]) <= 180 and abs(point[1]) <= 90):
        raise SourceFileError(
            file,
            f"feature {number} starts at {point}, which is no longitude and latitude.",
            "Download the layer as GeoJSON, which is in degrees (WGS 84).",
        )


def _format_that_is_not_geojson(file: SourceFile) -> str | None:
    """shapefile or GeoPackage, zipped or not, by content."""
    if file.kind == "zip":
        return _format_inside_the_zip(file)
    if file.kind != "other":
        return None
    with file.path.open("rb") as stream:
        start = stream.read(72)
    if start.startswith(SHAPEFILE_START):
        return "shapefile"
    return "GeoPackage" if start[68:72] in GEOPACKAGE_MARKS else None


def _format_inside_the_zip(file: SourceFile) -> str | None:
    try:
        with zipfile.ZipFile(file.path) as archive:
            suffixes = {Path(name).suffix.lower() for name in archive.namelist()}
    except zipfile.BadZipFile:
        return None  # whoever reads this zip's rows says what is wrong with it
    return "shapefile" if ".shp" in suffixes else "GeoPackage" if ".gpkg" in suffixes else None
