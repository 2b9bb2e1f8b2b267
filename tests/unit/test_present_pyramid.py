"""The population pyramid: shares of the area's own people, men to the left, the country as a line."""

import re
from datetime import date

import pytest

from careatlas.present import pyramid
from careatlas.present.theme import DESK, PHONE, to_svg

# Of 1,000 people 300 + 200 are under 5 and 100 + 400 are 75 to 79; in the country a quarter each.
OWN = {("00-04", "male"): 300, ("00-04", "female"): 200, ("75-79", "male"): 100, ("75-79", "female"): 400}
WHOLE = dict.fromkeys(OWN, 5_000)


def rows(people, area="S01"):
    mid_2022 = {"period_start": date(2022, 6, 30), "period_end": date(2022, 6, 30), "area": area}
    return [
        {**mid_2022, "age_band": band, "sex": sex, "people": float(n)} for (band, sex), n in people.items()
    ]


def test_shares_are_of_the_areas_own_people():
    youngest, oldest = pyramid.bands(rows(OWN), rows(WHOLE, "SIM"))
    assert (youngest["male_share"], youngest["female_share"]) == (0.3, 0.2)
    assert (oldest["male_share"], oldest["female_share"]) == (0.1, 0.4)
    assert {youngest[f"{sex}_country"] for sex in ("male", "female")} == {0.25}
    assert oldest["female"] == 400


def test_men_are_drawn_to_the_left():
    spec = pyramid.pyramid(rows(OWN), "Alderbrook", national=rows(WHOLE, "SIM"))
    points = [row for rows in spec["datasets"].values() for row in rows if "at" in row]
    assert {(point["age"], point["sex"], point["at"]) for point in points} == {
        ("0 to 4", "male", -0.3),
        ("0 to 4", "female", 0.2),
        ("75 to 79", "male", -0.1),
        ("75 to 79", "female", 0.4),
    }


def test_the_old_and_the_young_in_a_sentence():
    said = pyramid.in_words(pyramid.bands(rows(OWN), rows(WHOLE)), "Alderbrook", "Simland")
    assert said == (
        "Of 1,000 residents of Alderbrook, 50.0% are 75 and over (Simland 50.0%) and 50.0% are under 15 "
        "(Simland 50.0%)."
    )


def test_the_country_itself_has_no_line_beside_it():
    found = pyramid.bands(rows(WHOLE, "SIM"))
    assert found[0]["male_country"] is None
    assert "Line:" not in str(pyramid.pyramid(rows(WHOLE, "SIM"), "Simland")["title"])


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_it_fits_and_names_its_bands(width):
    svg = to_svg(
        pyramid.pyramid(rows(OWN), "Alderbrook", national=rows(WHOLE), source="Source: made up.", width=width)
    )
    words = re.sub(r"<[^>]+>", " ", svg)
    assert "0 to 4" in words
    assert "1,000 residents, mid-2022" in words
    assert int(re.search(r'<svg[^>]* width="(\d+)', svg)[1]) <= width


def test_nobody_is_not_a_fault():
    assert "No figures" in to_svg(pyramid.pyramid([], "Alderbrook"))
