"""Boundaries: GeoJSON of any year, other formats refused with advice."""

import json
import zipfile

import pytest

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import boundaries
from careatlas.sources.source import SourceFile

SQUARE = {"type": "Polygon", "coordinates": [[[-1.5, 53.6], [-1.4, 53.6], [-1.4, 53.7], [-1.5, 53.6]]]}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def geojson(folder, *features):
    path = folder / "layer.geojson"
    collection = {"type": "FeatureCollection", "features": list(features)}
    path.write_text(json.dumps(collection), encoding="utf-8")
    return SourceFile(path)


def feature(geometry=SQUARE, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def wakefield(geometry=SQUARE):
    name = "NHS West Yorkshire ICB - 03R"
    return feature(geometry, SICBL23CD="E38000190", SICBL23NM=name, LONG=-1.42, LAT=53.66)


def outlines(engine, file):
    return engine.to_arrow(
        boundaries.tidy(file, engine).tables["boundaries"], TIDIED["boundaries"].schema
    ).to_pylist()


def test_one_outline_carries_its_codes_year_and_label_point(engine, tmp_path):
    (row,) = outlines(engine, geojson(tmp_path, wakefield()))
    assert json.loads(row.pop("geometry")) == SQUARE
    row.pop("square_kilometres")
    assert row == {
        "area_type": "sub_icb",
        "ons_code": "E38000190",
        "code": "03R",
        "name": "NHS West Yorkshire ICB - 03R",
        "vintage": 2023,
        "longitude": -1.42,
        "latitude": 53.66,
    }


def test_the_area_inside_an_outline_is_less_its_holes():
    # A degree by a degree at the equator: (pi / 180 x 6371.0088 km)^2 = 12,364 km2, less 0.005 % for the curve;
    # the hole of a tenth of a degree each way is a hundredth of it.
    whole = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    hole = [[0.4, 0.4], [0.5, 0.4], [0.5, 0.5], [0.4, 0.5], [0.4, 0.4]]
    square = boundaries.square_kilometres({"type": "Polygon", "coordinates": [whole]})
    assert square == pytest.approx(12_364, rel=1e-4)
    assert boundaries.square_kilometres(
        {"type": "MultiPolygon", "coordinates": [[whole, hole]]}
    ) == pytest.approx(0.99 * square, rel=1e-4)
    assert boundaries.square_kilometres({"type": "Point", "coordinates": [0, 0]}) is None


@pytest.mark.parametrize(
    ("code_property", "area_type", "vintage"),
    [("SICBL27CD", "sub_icb", 2027), ("ICB25CD", "icb", 2025), ("NHSER30CD", "region", 2030)],
)
def test_layers_of_later_years_are_known_by_their_property_names(
    engine, tmp_path, code_property, area_type, vintage
):
    file = geojson(tmp_path, feature(**{code_property: "E1"}))
    assert boundaries.recognise(file)
    (row,) = outlines(engine, file)
    assert (row["area_type"], row["vintage"], row["code"], row["longitude"]) == (
        area_type,
        vintage,
        None,
        None,
    )


def test_other_json_is_not_a_boundary_file(tmp_path):
    assert not boundaries.recognise(geojson(tmp_path, feature(LAD23CD="E06000001")))
    assert not boundaries.recognise(geojson(tmp_path))
    path = tmp_path / "definition.json"
    path.write_text('[{"name": "Broad-spectrum antibiotics"}]', encoding="utf-8")
    assert not boundaries.recognise(SourceFile(path))


def test_a_feature_without_an_outline_is_refused_and_counted(engine, tmp_path):
    tidied = boundaries.tidy(geojson(tmp_path, wakefield(), wakefield(geometry=None)), engine)
    assert (tidied.rows_read, tidied.rows_kept) == (2, 1)
    assert [refusal.reason for refusal in tidied.refusals] == ["the feature has no outline"]


def test_an_area_outlined_twice_is_a_fault(engine, tmp_path):
    with pytest.raises(
        SourceFileError, match="2 rows say area_type sub_icb, ons_code E38000190, vintage 2023"
    ):
        boundaries.tidy(geojson(tmp_path, wakefield(), wakefield()), engine)


def test_coordinates_in_metres_are_a_fault(engine, tmp_path):
    in_metres = {"type": "Polygon", "coordinates": [[[433_000, 420_000], [434_000, 420_000]]]}
    with pytest.raises(SourceFileError, match=r"feature 1 starts at .*no longitude and latitude"):
        boundaries.tidy(geojson(tmp_path, wakefield(geometry=in_metres)), engine)


def shapefile(path):
    path.write_bytes(bytes.fromhex("0000270a") + bytes(96))


def geopackage(path):
    path.write_bytes(b"SQLite format 3\x00" + bytes(52) + b"GPKG" + bytes(100))


def zipped_shapefile(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("layer.shp", b"")
        archive.writestr("layer.dbf", b"")


@pytest.mark.parametrize(
    ("write", "format_name"),
    [(shapefile, "shapefile"), (geopackage, "GeoPackage"), (zipped_shapefile, "shapefile")],
)
def test_other_formats_are_refused_with_the_advice_to_take_geojson(tmp_path, write, format_name):
    path = tmp_path / "layer"
    write(path)
    with pytest.raises(SourceFileError, match=f"layer: it is a {format_name}.*as GeoJSON"):
        boundaries.recognise(SourceFile(path))


def test_a_zip_of_csv_is_left_to_other_sources(tmp_path):
    path = tmp_path / "extract.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("extract.csv", "Period\n")
    assert not boundaries.recognise(SourceFile(path))


def test_the_real_layers_hold_106_areas_42_boards_and_7_regions(engine, real_data):
    found = {}
    for path in sorted((real_data / "boundaries").glob("*.json")):
        rows = outlines(engine, SourceFile(path))
        found[rows[0]["area_type"], rows[0]["vintage"]] = len(rows)
        assert all(row["longitude"] and row["latitude"] for row in rows)
        assert all((row["code"] is not None) == (row["area_type"] == "sub_icb") for row in rows)
    assert found == {("sub_icb", 2023): 106, ("icb", 2023): 42, ("region", 2024): 7}
