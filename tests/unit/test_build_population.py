"""Residents by sex and band: sums to the areas above, and no board made of half its parts."""

from datetime import date

import pandas as pd
import pytest

from careatlas.build.areas import Areas, Country
from careatlas.build.population import age_bands, population_by_band
from careatlas.catalogue.area import AreaType
from careatlas.engine.tables import RELEASE

MID_2022 = date(2022, 6, 30)
LEVELS = [
    ("sub_icb", "icb", None),
    ("icb", "region", "sub_icb"),
    ("region", "country", "icb"),
    ("country", None, None),
]
AREA_TYPES = {
    id: AreaType(
        id=id,
        title=id,
        plural=id,
        parent=parent,
        rolls_up_from=below,
        ranked=True,
        boundaries=False,
        order=order,
    )
    for order, (id, parent, below) in enumerate(LEVELS)
}


def places():
    """Board B has S1 and S2, board C has S3; S0 is a closed part of B; E1 is an ONS code of S1."""
    rows = [
        ("S0", "sub_icb", "B", date(2022, 3, 31)),
        ("S1", "sub_icb", "B", None),
        ("S2", "sub_icb", "B", None),
        ("S3", "sub_icb", "C", None),
        ("B", "icb", "R", None),
        ("C", "icb", "R", None),
        ("R", "region", "ENG", None),
    ]
    table = pd.DataFrame(rows, columns=["code", "area_type", "parent_code", "valid_to"])
    codes = {"sub_icb": {"S1": "S1", "E1": "S1", "S2": "S2", "S3": "S3"}}
    named = table.assign(name=table["code"])
    changes = pd.DataFrame(columns=RELEASE["area_changes"].column_names)
    return Areas(named, codes, changes, pd.DataFrame(), Country("ENG", "England"))


def residents(people):
    columns = {"period_start": MID_2022, "period_end": MID_2022}
    return pd.DataFrame(
        [{**columns, "sub_icb": code, "sex": sex, "age": age, "people": n} for code, sex, age, n in people]
    )


def banded(people):
    return population_by_band(residents(people), places(), AREA_TYPES)


EVERYBODY = [
    ("E1", "female", 3, 10.0),
    ("S1", "female", 4, 5.0),
    ("S2", "female", 0, 20.0),
    ("S3", "female", 2, 7.0),
]


def test_years_of_age_become_bands_of_five():
    assert age_bands(pd.Series([0, 4, 5, 89, 90])).tolist() == ["00-04", "00-04", "05-09", "85-89", "90+"]


def test_boards_regions_and_the_country_are_sums():
    found = banded(EVERYBODY)
    assert list(found.columns) == RELEASE["population"].column_names
    people = found.set_index(["area_type", "area"])["people"].to_dict()
    assert people == {
        ("sub_icb", "S1"): 15,
        ("sub_icb", "S2"): 20,
        ("sub_icb", "S3"): 7,
        ("icb", "B"): 35,
        ("icb", "C"): 7,
        ("region", "R"): 42,
        ("country", "ENG"): 42,
    }


def test_an_area_above_without_one_of_its_parts_has_no_figure():
    found = banded([row for row in EVERYBODY if row[0] != "S2"])
    assert set(found["area"]) == {"S1", "S3", "C"}


def test_codes_that_are_no_areas_are_left_out():
    assert "W1" not in set(banded([*EVERYBODY, ("W1", "male", 30, 99.0)])["area"])


def test_without_a_population_the_table_is_empty():
    found = population_by_band(pd.DataFrame(), places(), AREA_TYPES)
    assert (len(found), list(found.columns)) == (0, RELEASE["population"].column_names)


@pytest.mark.parametrize("band", ["00-04", "90+"])
def test_the_order_of_letters_is_the_order_of_ages(band):
    bands = sorted(set(age_bands(pd.Series(range(91)))))
    assert (len(bands), bands[0], bands[-1]) == (19, "00-04", "90+")
    assert band in bands
