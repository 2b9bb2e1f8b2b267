"""Who lies beside whom: borders, miles between centres and boards, on squares drawn by hand."""

import json

import pandas as pd
import pytest

from careatlas.build.areas import Areas, Country, as_arrow, build_areas
from careatlas.build.neighbours import neighbours, people_by_area
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.tables import TIDIED

AREA_TYPES = load_catalogue().area_types
METRE = 1 / 111_320  # in degrees of latitude


def square(code: str, west: float, south: float, size: float = 0.2, area_type: str = "sub_icb") -> dict:
    """An outline with its label point in the middle; its ONS code is the ODS code with an E before it."""
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"area_type": area_type, "ons_code": f"E{code}", "code": code, "name": code, "vintage": 2024,
            "longitude": (west + east) / 2, "latitude": (south + north) / 2,
            "geometry": json.dumps({"type": "Polygon", "coordinates": [ring]})}  # fmt: skip


def country(
    outlines: list[dict], parents: dict[str, str], area_type: str = "sub_icb"
) -> tuple[Areas, pd.DataFrame]:
    """The areas of these outlines, with their boards, and the boundaries table."""
    boundaries = pd.DataFrame(outlines, columns=TIDIED["boundaries"].column_names)
    rows = [(code, area_type, parent) for code, parent in parents.items()]
    rows += [(board, "icb", "Y1") for board in set(parents.values())] + [("Y1", "region", None)]
    listed = pd.DataFrame(
        [{"code": code, "name": code, "area_type": kind, "parent_code": parent, "vintage": 2024}
         for code, kind, parent in rows],
        columns=TIDIED["area_list"].column_names,
    )  # fmt: skip
    places = pd.DataFrame(columns=TIDIED["place_names"].column_names)
    england = Country("ENG", "England")
    return build_areas(listed, boundaries, places, AREA_TYPES, [], england, {}), boundaries


def pairs(outlines: list[dict], parents: dict[str, str], people: dict[str, float] | None = None) -> dict:
    """Rows of the table by (area type, area, other area), in its declared types."""
    areas, boundaries = country(outlines, parents)
    known = pd.Series(people or {}, dtype=float)
    rows = as_arrow("neighbours", neighbours(areas, AREA_TYPES, boundaries, known)).to_pylist()
    return {(row["area_type"], row["area"], row["other_area"]): row for row in rows}


def test_outlines_that_touch_share_a_border_and_so_do_those_a_street_apart():
    west, street = 0.2, 0.4 + 50 * METRE
    found = pairs(
        [square("01A", 0, 52), square("01B", west, 52), square("01C", street, 52), square("01D", 0.7, 52)],
        dict.fromkeys(["01A", "01B", "01C", "01D"], "QA"),
    )
    assert found["sub_icb", "01A", "01B"]["shares_border"] is True
    assert found["sub_icb", "01B", "01C"]["shares_border"] is True
    assert found["sub_icb", "01C", "01D"]["shares_border"] is False  # seven kilometres of sea between them


def test_miles_are_those_of_the_great_circle():
    """One degree of a meridian is 3,958.76 x pi / 180 = 69.09 miles, wherever it lies."""
    found = pairs([square("01A", 0, 51), square("01B", 0, 52)], {"01A": "QA", "01B": "QB"})
    assert found["sub_icb", "01A", "01B"]["miles"] == pytest.approx(69.093, abs=0.001)


def test_every_pair_stands_twice_and_an_island_keeps_its_nearest_three():
    mainland = [square(f"01{letter}", place * 0.2, 52) for place, letter in enumerate("ABCDE")]
    codes = [row["code"] for row in mainland]
    found = pairs([*mainland, square("01Z", 0, 50)], {code: f"Q{code}" for code in [*codes, "01Z"]})
    assert {(kind, other, area) for kind, area, other in found} == set(found)
    of_island = {
        other: row for (kind, area, other), row in found.items() if (kind, area) == ("sub_icb", "01Z")
    }
    assert {other: row["nearness"] for other, row in of_island.items()} == {"01A": 1, "01B": 2, "01C": 3}
    assert not any(row["shares_border"] or row["same_parent"] for row in of_island.values())
    assert (
        found["sub_icb", "01A", "01Z"]["nearness"] == 5
    )  # the last of all from the other side, kept all the same


def test_areas_of_one_board_are_a_pair_however_far_apart():
    row_of_areas = [square(f"01{letter}", place * 0.2, 52) for place, letter in enumerate("ABCDEFGH")]
    boards = {row["code"]: f"Q{row['code']}" for row in row_of_areas} | {"01A": "QA", "01H": "QA"}
    found = pairs(row_of_areas, boards)
    assert found["sub_icb", "01A", "01H"]["same_parent"] is True
    assert ("sub_icb", "01A", "01G") not in found


def test_boards_under_one_region_have_one_parent_but_the_country_is_none():
    found = pairs([square("01A", 0, 52), square("01B", 0.2, 52)], {"01A": "QA", "01B": "QB"})
    assert found["icb", "QA", "QB"]["same_parent"] is True
    outlines = [square("Y1", 0, 52, area_type="region"), square("Y2", 0.2, 52, area_type="region")]
    listed = pd.DataFrame(
        [{"code": code, "name": code, "area_type": "region", "vintage": 2024} for code in ("Y1", "Y2")],
        columns=TIDIED["area_list"].column_names,
    )
    boundaries = pd.DataFrame(outlines, columns=TIDIED["boundaries"].column_names)
    places = pd.DataFrame(columns=TIDIED["place_names"].column_names)
    areas = build_areas(listed, boundaries, places, AREA_TYPES, [], Country("ENG", "England"), {})
    regions = neighbours(areas, AREA_TYPES, boundaries, pd.Series(dtype=float))
    assert regions["shares_border"].tolist() == [True, True]
    assert not regions["same_parent"].any()


def test_the_centre_of_a_board_is_the_mean_of_its_parts_weighted_by_people():
    """On a meridian, parts at 51 and 53 degrees of 1,000 and 3,000 people have their middle at 52.5; the other
    board's only part is at 55: 2.5 degrees are 172.7 miles."""
    outlines = [square("01A", 0, 50.9), square("01B", 0, 52.9), square("01C", 0, 54.9)]
    found = pairs(outlines, {"01A": "QA", "01B": "QA", "01C": "QB"}, {"01A": 1000, "01B": 3000, "01C": 500})
    assert found["icb", "QA", "QB"]["miles"] == pytest.approx(2.5 * 69.093, abs=0.05)


def test_the_centre_of_a_board_is_its_label_point_where_people_are_not_known():
    """51.5 degrees on the board's own outline, 55 of the other: 3.5 degrees."""
    own = [square("QA", 0, 51.4, area_type="icb"), square("QB", 0, 54.9, area_type="icb")]
    found = pairs(
        [square("01A", 0, 50.9), square("01B", 0, 52.9), square("01C", 0, 54.9), *own],
        {"01A": "QA", "01B": "QA", "01C": "QB"},
        {"01A": 1000, "01C": 500},
    )
    assert found["icb", "QA", "QB"]["miles"] == pytest.approx(3.5 * 69.093, abs=0.05)


def test_without_outlines_only_the_board_makes_a_pair_and_the_rest_is_not_known():
    found = pairs([], {"01A": "QA", "01B": "QA", "01C": "QB"})
    assert {key for key in found if key[0] == "sub_icb"} == {
        ("sub_icb", "01A", "01B"),
        ("sub_icb", "01B", "01A"),
    }
    row = found["sub_icb", "01A", "01B"]
    assert (row["miles"], row["nearness"], row["shares_border"]) == (None, None, None)


def test_a_border_with_an_area_that_nobody_drew_is_not_known():
    found = pairs([square("01A", 0, 52)], {"01A": "QA", "01B": "QA"})
    assert found["sub_icb", "01A", "01B"]["shares_border"] is None


def test_an_area_drawn_in_two_parts_borders_what_either_part_borders():
    """As after a merger of two areas, until new boundaries are published."""
    second = square("01A", 0.2, 52) | {"ons_code": "E01A2"}
    outlines = [square("01A", 0, 52), second, square("01B", 0.4, 52), square("01C", -0.2, 52)]
    found = pairs(outlines, dict.fromkeys(["01A", "01B", "01C"], "QA"))
    assert found["sub_icb", "01A", "01B"]["shares_border"] is True
    assert found["sub_icb", "01A", "01C"]["shares_border"] is True
    assert found["sub_icb", "01B", "01C"]["shares_border"] is False


def test_people_are_residents_of_the_latest_year_else_those_registered():
    areas, _ = country([], {"01A": "QA"})
    day = pd.Timestamp
    residents = pd.DataFrame({"sub_icb": ["01A"] * 3, "people": [7.0, 40.0, 60.0],
                              "period_end": [day("2021-06-30"), day("2022-06-30"), day("2022-06-30")]})  # fmt: skip
    registered = pd.DataFrame(
        {"sub_icb": ["01A"] * 2, "need": ["registered", "overall"], "weighted_population": [90.0, 95.0],
         "period_end": [day("2024-03-31")] * 2}
    )  # fmt: skip
    assert people_by_area(residents, registered, areas).to_dict() == {"01A": 100.0}
    assert people_by_area(residents.iloc[:0], registered, areas).to_dict() == {"01A": 90.0}
