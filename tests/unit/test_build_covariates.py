"""Covariates of areas: sums of what is on file, rolled up area by area. Two boards of two areas each."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from careatlas.build.areas import Country, build_areas
from careatlas.build.covariates import at_period, covariates
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.tables import TIDIED

CATALOGUE = load_catalogue()
LEVELS = {id: CATALOGUE.area_types[id] for id in ("sub_icb", "icb", "country")}
OF_BOARD = {"A1": "B1", "A2": "B1", "A3": "B2", "A4": "B2"}
MID_2022, MID_2023 = date(2022, 6, 30), date(2023, 6, 30)


@pytest.fixture
def areas():
    listed = [
        {"code": code, "name": code, "area_type": "sub_icb", "parent_code": board, "ons_code": f"E{code}"}
        for code, board in OF_BOARD.items()
    ]
    listed += [{"code": board, "name": board, "area_type": "icb"} for board in ("B1", "B2")]
    listed = pd.DataFrame(listed, columns=TIDIED["area_list"].column_names).assign(vintage=2024)
    nothing = [pd.DataFrame(columns=TIDIED[name].column_names) for name in ("boundaries", "place_names")]
    return build_areas(listed, *nothing, LEVELS, [], Country("SIM", "Somewhere"), {})


def of(id, areas, **tables):
    """Values of one covariate by area type, area and year, from a few rows of tidied tables."""

    def small(name):
        return pd.DataFrame(tables.get(name, []), columns=TIDIED[name].column_names)

    rows = covariates({id: CATALOGUE.covariates[id]}, areas, LEVELS, small)
    keys = zip(rows["area_type"], rows["area"], pd.to_datetime(rows["period_end"]).dt.year, strict=True)
    return dict(zip(keys, rows["value"], strict=True)), rows


def people(area, age, number, day=MID_2022):
    return {"period_start": day, "period_end": day, "edition": f"mid_{day.year}", "sub_icb": area, "sex": "female",
            "age": age, "people": float(number)}  # fmt: skip


def small_area(name, percentile):
    return {"period_start": date(2019, 1, 1), "period_end": date(2019, 12, 31), "edition": "imd_2019",
            "small_area": name, "percentile": percentile, "small_areas": 1.0}  # fmt: skip


def lies_in(name, area, vintage=2024):
    return {"small_area": name, "sub_icb": area, "vintage": vintage}


def test_a_share_of_ages_is_a_ratio_of_sums_at_every_level(areas):
    rows = [people(area, age, number) for area, young, old in
            (("A1", 90, 10), ("A2", 260, 40), ("A3", 95, 5), ("A4", 80, 20))
            for age, number in ((30, young), (80, old))]  # fmt: skip
    found, _ = of("aged_75_and_over", areas, population=rows)
    # The board's share is 50 of 400, and not the mean of 10 % and 13.33 %.
    assert found["sub_icb", "A1", 2022] == pytest.approx(10)
    assert found["icb", "B1", 2022] == pytest.approx(12.5)
    assert found["country", "SIM", 2022] == pytest.approx(100 * 75 / 600)


def test_a_board_of_which_one_part_is_not_known_is_not_known(areas):
    found, _ = of("residents", areas, population=[people(area, 30, 100) for area in ("A1", "A2", "A3")])
    assert found["icb", "B1", 2022] == 200
    assert np.isnan(found["sub_icb", "A4", 2022])
    assert np.isnan(found["icb", "B2", 2022])
    assert np.isnan(found["country", "SIM", 2022])


def test_deprivation_is_the_mean_of_small_areas_where_the_latest_look_up_places_them(areas):
    ranked = [small_area("L1", 90.0), small_area("L2", 60.0), small_area("L3", 30.0)]
    places = [lies_in("L1", "A1"), lies_in("L2", "A2", 2022), lies_in("L2", "A1"), lies_in("L3", "A2", 2022)]
    found, rows = of("deprivation", areas, deprivation=ranked, small_areas=places)
    # L2 moved to A1 by the look-up of 2024; L3 is only in that of 2022, which then holds: 75, 30, and 60 above.
    assert found["sub_icb", "A1", 2019] == pytest.approx(75)
    assert found["sub_icb", "A2", 2019] == pytest.approx(30)
    assert found["icb", "B1", 2019] == pytest.approx(60)
    assert set(rows["source"]) == {"deprivation, small_areas"}


def test_density_divides_by_the_area_inside_the_latest_outlines(areas):
    def outline(area, vintage, square_kilometres):
        return {"area_type": "sub_icb", "ons_code": f"E{area}", "vintage": vintage,
                "square_kilometres": square_kilometres}  # fmt: skip

    outlines = [outline("A1", 2022, 999.0), outline("A1", 2023, 50.0), outline("A2", 2023, 150.0)]
    residents = [people(area, 30, 1000) for area in ("A1", "A2")]
    found, _ = of("population_density", areas, population=residents, boundaries=outlines)
    assert found["sub_icb", "A1", 2022] == pytest.approx(20)
    assert found["icb", "B1", 2022] == pytest.approx(
        10
    )  # 2,000 people on 200 km2, not the mean of 20 and 6.67


def test_a_practice_without_a_figure_is_left_out_above_and_below_the_line(areas):
    def practice(code, payments, patients):
        return {"period_start": date(2022, 4, 1), "period_end": date(2023, 3, 31), "practice": code,
                "sub_icb": "A1", "payments": payments, "registered_patients": patients}  # fmt: skip

    found, _ = of(
        "gp_payments", areas, gp_payments=[practice("G1", 200_000.0, 1000.0), practice("G2", None, 9000.0)]
    )
    assert found["sub_icb", "A1", 2023] == pytest.approx(200)


def test_a_covariate_whose_table_is_not_on_file_has_no_rows(areas):
    found, rows = of("gp_payments", areas)
    assert found == {}
    assert list(rows.columns) == [
        "covariate",
        "area_type",
        "area",
        "period_start",
        "period_end",
        "value",
        "source",
    ]


def test_a_model_gets_the_latest_period_that_had_begun_on_the_covariates_own_scale(areas):
    both = [people("A1", 30, 100, MID_2022), people("A1", 30, 200, MID_2023)]
    _, rows = of("residents", areas, population=both)
    wanted = [CATALOGUE.covariates["residents"]]

    def at(day):
        return at_period(rows, wanted, "sub_icb", ["A1", "A2"], day)

    assert at(date(2023, 1, 31))[:, 0] == pytest.approx([np.log(100), np.nan], nan_ok=True)
    assert at(date(2026, 1, 31))[0, 0] == pytest.approx(np.log(200))
    assert at(date(2015, 1, 31))[0, 0] == pytest.approx(
        np.log(100)
    )  # nothing earlier: the earliest stands in
    assert at_period(rows, [], "sub_icb", ["A1"], MID_2022).shape == (1, 0)


def test_real_areas_are_as_deprived_old_and_dense_as_is_known(real_release):
    rows = real_release.arrow("covariates").to_pandas()
    latest = rows.sort_values("period_end").drop_duplicates(["covariate", "area_type", "area"], keep="last")
    value = latest.set_index(["covariate", "area_type", "area"])["value"].sort_index()
    deprived = value["deprivation", "sub_icb"]
    assert (len(deprived), deprived.notna().sum()) == (106, 106)
    assert deprived.idxmax() == "00R"  # Blackpool
    assert set(deprived.nsmallest(2).index) == {"14Y", "92A"}  # Buckinghamshire, Surrey Heartlands
    # Published for England: 438 residents a square kilometre at mid-2022; data/README.md: 14.71 % smoke,
    # 10,230,094,803.70 pounds over 62,134,644.75 patients.
    assert value["population_density", "country", "ENG"] == pytest.approx(438, abs=1)
    assert value["smoking", "country", "ENG"] == pytest.approx(14.71, abs=0.005)
    assert value["gp_payments", "country", "ENG"] == pytest.approx(164.644, abs=0.001)
    assert value["residents", "country", "ENG"] == 57_106_398
    assert value["deprivation", "country", "ENG"] == pytest.approx(50, abs=0.01)
