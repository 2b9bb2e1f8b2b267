"""Areas from what look-ups and publications say: one code each, the latest name, and what old codes became."""

from datetime import date

import pandas as pd
import pytest

from careatlas.build.areas import Areas, Country, as_arrow, build_areas
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.tables import RELEASE, TIDIED
from careatlas.sources._names import in_title_case

AREA_TYPES = load_catalogue().area_types


def listed(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=TIDIED["area_list"].column_names)


def sub_area(
    code: str, name: str, vintage: int, ons_code: str | None = None, parent: str | None = "QAA"
) -> dict:
    return {"code": code, "name": name, "official_name": None, "area_type": "sub_icb", "parent_code": parent,
            "ons_code": ons_code, "vintage": vintage}  # fmt: skip


def built(*rows: dict, places: tuple[dict, ...] = (), aliases: tuple[dict, ...] = ()) -> Areas:
    boundaries = pd.DataFrame(columns=TIDIED["boundaries"].column_names)
    place_names = pd.DataFrame(list(places), columns=TIDIED["place_names"].column_names)
    england = Country("ENG", "England")
    return build_areas(listed(*rows), boundaries, place_names, AREA_TYPES, list(aliases), england, {})


def test_two_vintages_are_one_area_with_the_latest_name():
    areas = built(sub_area("01A", "Old name", 2022, "E1"), sub_area("01A", "New name", 2024, "E1"))
    assert areas.current("sub_icb") == ["01A"]
    assert areas.name("01A") == "New name"


def test_a_name_in_capitals_is_not_preferred_to_one_people_write():
    areas = built(sub_area("01A", "East Marsh", 2022), sub_area("01A", "EAST MARSH", 2025))
    assert areas.name("01A") == "East Marsh"


def test_a_changed_ons_code_leads_to_the_same_area_and_is_told():
    """E1 until 2022, E2 since 2023: figures under either are the area's own, every one of them."""
    areas = built(sub_area("01A", "East Marsh", 2022, "E1"), sub_area("01A", "East Marsh", 2023, "E2"))
    assert areas.resolve("sub_icb", pd.Series(["E1", "E2", "01A", "E9"])).tolist()[:3] == ["01A"] * 3
    assert areas.resolve("sub_icb", pd.Series(["E9"])).isna().all()
    change = as_arrow("area_changes", areas.changes).to_pylist()
    assert [(row["old"], row["new"], row["weight"], row["exact"]) for row in change] == [
        ("E1", "E2", 1.0, True)
    ]
    assert change[0]["from"] == date(2023, 4, 1)


def test_a_closed_code_with_a_successor_of_the_same_name_ends_and_leads_there():
    fen = [sub_area("02X", "Fen", vintage) for vintage in (2022, 2024)]
    areas = built(sub_area("01A", "East Marsh", 2022), sub_area("01B", "East Marsh", 2024), *fen)
    assert areas.current("sub_icb") == ["01B", "02X"]
    assert areas.resolve("sub_icb", pd.Series(["01A"])).tolist() == ["01B"]
    rows = {row["code"]: row for row in as_arrow("areas", areas.table).to_pylist()}
    assert rows["01A"]["valid_to"] == date(2024, 3, 31)  # the day before the new code's first
    assert rows["01B"]["valid_to"] is None


def test_a_parent_may_be_given_by_either_code():
    board = {"code": "QAA", "name": "Marshes", "area_type": "icb", "ons_code": "E54", "vintage": 2024}
    areas = built(
        sub_area("01A", "East", 2024, parent="E54"), sub_area("01B", "West", 2024, parent="QAA"), board
    )
    assert areas.parents("sub_icb") == {"01A": "QAA", "01B": "QAA"}


def test_an_alias_of_an_area_that_is_not_there_is_left_out():
    known = {"name": "The Wash", "kind": "alias", "area": "01A", "area_type": "sub_icb"}
    unknown = {**known, "area": "99Z", "name": "Nowhere"}
    names = built(sub_area("01A", "East Marsh", 2024), aliases=(known, unknown)).names
    assert "The Wash" in set(names["name"])
    assert "Nowhere" not in set(names["name"])


def test_a_council_does_not_lead_to_an_area_that_holds_a_few_of_its_streets():
    place = {"place": "Marshton", "kind": "council", "area_type": "sub_icb"}
    places = ({**place, "area": "01A", "share": 0.99}, {**place, "area": "01B", "share": 0.01})
    names = built(sub_area("01A", "East", 2024), sub_area("01B", "West", 2024), places=places).names
    assert names.loc[names["name"] == "Marshton", "area"].tolist() == ["01A"]


@pytest.mark.parametrize(
    ("shouted", "said"),
    [
        ("LEEDS TEACHING HOSPITALS NHS TRUST", "Leeds Teaching Hospitals NHS Trust"),
        ("GUY'S AND ST THOMAS' NHS FOUNDATION TRUST", "Guy's and St Thomas' NHS Foundation Trust"),
        ("ISLE OF WIGHT NHS TRUST", "Isle of Wight NHS Trust"),
    ],
)
def test_a_shouted_name_is_said_as_people_write_it(shouted, said):
    assert in_title_case(shouted) == said


def test_release_rows_come_in_the_declared_columns_and_types_and_missing_is_null():
    table = as_arrow("areas", pd.DataFrame({"code": ["01A"], "hex_q": [float("nan")], "name": ["East"]}))
    assert table.schema == RELEASE["areas"].schema
    assert table.to_pylist()[0] == dict.fromkeys(RELEASE["areas"].column_names) | {
        "code": "01A",
        "name": "East",
    }
