"""Mortality: rates as published, councils by names of their own, what was withheld left missing."""

from datetime import date
from pathlib import Path

import pytest

from careatlas.engine.connect import connect
from careatlas.errors import SourceFileError
from careatlas.sources import mortality
from careatlas.sources.mortality import MEASURES, TEXT, council_named
from careatlas.sources.source import SourceFile

COUNCILS = "LOCAL AUTHORITIES (boundaries as of April 2009)"
ROWS = [
    "2017,10A_158DR00++,NATIONAL,E&W,K04000001,England and Wales,P,98965,60.82,60.44,61.2",
    "2017,10A_158DR00++,NATIONAL,ENG,E92000001,England,P,92750,60.54,60.15,60.93",
    "2017,10A_158DR00++,REGIONS,H,E12000007,London,P,8770,55,54,56",
    "2017,10A_158DR00++,COUNTIES (boundaries as of April 2009),01,E12000007,Greater London,P,8770,55,54,56",
    f"2017,10A_158DR00++,{COUNCILS},00DB,E08000036,Wakefield MCD,P,570,62.1,57.1,67.4",
    f"2017,10A_158DR00++,{COUNCILS},00AA,E09000001,City of London LB,P,5,,,",
    f"2017,10A_158DR00++,{COUNCILS},00HE,E06000052 & E06000053,Cornwall UA & Isles of Scilly UA,P,1320,64,60.6,67.6",
]


def written(folder: Path, rows: list[str] = ROWS) -> SourceFile:
    path = folder / "10A_158DR00++_D.csv"
    path.write_text("\n".join([",".join([*TEXT, *MEASURES.values()]), *rows]) + "\n")
    return SourceFile(path)


def tidied(file: SourceFile) -> tuple[dict, dict]:
    """Figures by area type and code, and councils by code."""
    with connect() as engine:
        tables = mortality.tidy(file, engine).tables
        figures, councils = (engine.to_arrow(tables[name]).to_pylist() for name in ("mortality", "area_list"))
    return {(row["area_type"], row["area"]): row for row in figures}, {row["code"]: row for row in councils}


def test_the_rate_and_its_limits_stand_as_published_for_three_years(tmp_path):
    figures, _ = tidied(written(tmp_path))
    wakefield = figures["local_authority", "E08000036"]
    assert [wakefield[name] for name in ("deaths", "rate", "lower_95", "upper_95")] == [570, 62.1, 57.1, 67.4]
    assert (wakefield["cause"], wakefield["sex"], wakefield["age"]) == ("stroke", "persons", "all_ages")
    assert (wakefield["period_start"], wakefield["period_end"]) == (date(2015, 1, 1), date(2017, 12, 31))


def test_a_withheld_rate_is_missing_while_its_deaths_stand(tmp_path):
    figures, _ = tidied(written(tmp_path))
    city = figures["local_authority", "E09000001"]
    assert (city["deaths"], city["rate"], city["lower_95"]) == (5, None, None)


def test_only_england_is_the_country_and_london_is_a_region_and_a_county(tmp_path):
    figures, councils = tidied(written(tmp_path))
    kinds = {area_type for area_type, _ in figures}
    assert kinds == {"country", "england_and_wales", "government_region", "county", "local_authority"}
    assert figures["country", "E92000001"]["deaths"] == 92_750
    assert set(councils) == {"E08000036", "E09000001", "E06000052"}
    assert {row["vintage"] for row in councils.values()} == {2009}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Leeds MCD", "Leeds metropolitan district"),
        ("Bolsover CD", "Bolsover district"),
        ("Barnet LB", "Barnet London borough"),
        ("Herefordshire, County of UA", "Herefordshire unitary authority"),
    ],
)
def test_a_council_never_bears_the_bare_name_that_an_nhs_area_has(title, name):
    assert council_named(title) == name


@pytest.mark.parametrize(
    ("found", "put", "said"),
    [
        ("10A_158DR00++", "10A_158DRT00++", "not one cause such as 06A_076DR00++"),
        ("2017,", "2017/18,", "not one year"),
        (
            "57.1,67.4",
            "67.4,57.1",
            "Wakefield MCD: the rate 62.1 does not lie between its limits 67.4 and 57.1",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(tmp_path, found, put, said):
    file = written(tmp_path, [row.replace(found, put) for row in ROWS])
    with pytest.raises(SourceFileError, match=said):
        tidied(file)


def test_a_row_of_no_known_sex_is_refused_and_counted(tmp_path):
    file = written(tmp_path, [*ROWS, ROWS[4].replace(",P,", ",X,")])
    with connect() as engine:
        found = mortality.tidy(file, engine)
    assert (found.rows_read, found.rows_kept) == (8, 7)
    assert [refusal.reason for refusal in found.refusals] == ["no sex that the atlas knows"]


def test_in_the_real_files_three_single_years_make_the_three_years_taken_together(real_data):
    """The publisher's file of single years (DRT) has 32,625, 30,440 and 29,685 deaths from stroke in England in 2015,
    2016 and 2017."""
    figures, councils = tidied(SourceFile(real_data / "mortality" / "10A_158DR00++_D.csv"))
    assert figures["country", "E92000001"]["deaths"] == 32_625 + 30_440 + 29_685
    assert len(councils) == 325


@pytest.mark.parametrize("cause", ["06A_076", "10A_158", "11B_075", "14B_105", "16B_034", "24B_038"])
def test_councils_reach_the_countrys_deaths_but_for_rounding(real_data, cause):
    """Each of 325 deaths is rounded to 5: at random their sum is off by about 26 (root of 325 x 25 / 12)."""
    with connect() as engine:
        found = mortality.tidy(SourceFile(real_data / "mortality" / f"{cause}DR00++_D.csv"), engine)
        rows = engine.to_arrow(found.tables["mortality"]).to_pandas()
    assert found.rows_kept == found.rows_read == (372 if cause == "16B_034" else 1116)
    for total in found.totals:
        of_total = rows[(rows[list(total.where)] == list(total.where.values())).all(axis=1)]
        assert abs(of_total["deaths"].sum() - total.published) < 4 * 26
