"""Residents by age and sex, and people weighted by need."""

import csv
from datetime import date

import pytest
import xlsxwriter

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import need_weights, ons_population
from careatlas.sources.source import SourceFile

AGES = [*(f"F{age}" for age in range(91)), *(f"M{age}" for age in range(91))]
WAKEFIELD = [
    "E38000190",
    "NHS West Yorkshire ICB - 03R",
    "E54000054",
    "NHS West Yorkshire Integrated Care Board",
]
LEEDS = ["E38000225", "NHS West Yorkshire ICB - 15F", "E54000054", "NHS West Yorkshire Integrated Care Board"]
REGION = ["E40000012", "North East and Yorkshire"]
ICB_HEADINGS = ["SICBL 2023 Code", "SICBL 2023 Name", "ICB 2023 Code", "ICB 2023 Name", "NHSER 2023 Code"]


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def fault_of(file, engine, source):
    with pytest.raises(SourceFileError) as raised:
        source.tidy(file, engine)
    assert str(file) in str(raised.value)
    assert raised.value.remedy
    return raised.value.found


def residents(area, total=None, **people):
    """A row as published: ``people`` by column (F0 ... M90), nobody where not said."""
    counts = [people.get(age, 0) for age in AGES]
    return [*area, *REGION, sum(counts) if total is None else total, *counts]


def write_estimates(
    path, rows, sheet="Mid-2022 ICB 2023", region_name="NSHER 2023 Name", headings=ICB_HEADINGS
):
    """The ONS workbook with its sheets for England and Wales. The real one spells NHSER wrong in mid-2022."""
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("Cover sheet").write(0, 0, "Population Estimates for Health Geographies")
    other = book.add_worksheet("Mid-2022 CCG 2021")
    other.write_row(3, 0, ["CCG 2021 Code", "CCG 2021 Name", "Total"])
    other.write_row(4, 0, ["E38000190", "NHS Wakefield CCG", 5])
    wales = book.add_worksheet("Mid-2022 LHB 2023")
    wales.write_row(3, 0, ["LHB 2023 Code", "LHB 2023 Name", "Total"])
    wales.write_row(4, 0, ["W11000024", "Powys Teaching Health Board", 9])
    england = book.add_worksheet(sheet)
    england.write(0, 0, "Estimates by single year of age and sex")
    england.write_row(3, 0, [*headings, region_name, "Total", *AGES])
    for line, row in enumerate(rows, start=4):
        england.write_row(line, 0, row)
    book.close()
    return SourceFile(path)


def test_residents_by_sex_and_year_of_age(tmp_path, engine):
    file = write_estimates(
        tmp_path / "ons.xlsx", [residents(WAKEFIELD, F0=2, M90=3), residents(LEEDS, F30=7)]
    )
    assert ons_population.recognise(file)
    account = ons_population.tidy(file, engine)
    table = engine.to_arrow(account.tables["population"])
    assert table.schema == TIDIED["population"].schema
    assert table.num_rows == 2 * 2 * 91  # nobody of an age is a row with zero, not a row left out
    lived_in = {
        (row["sub_icb"], row["sex"], row["age"]): row["people"] for row in table.to_pylist() if row["people"]
    }
    assert lived_in == {("03R", "female", 0): 2, ("03R", "male", 90): 3, ("15F", "female", 30): 7}
    first = table.to_pylist()[0]
    assert (first["edition"], first["period_start"], first["period_end"]) == (
        "mid_2022",
        date(2022, 6, 30),
        date(2022, 6, 30),
    )
    assert [(total.published, total.where) for total in account.totals] == [(12, {"edition": "mid_2022"})]


def test_other_geographies_are_refused_with_the_reason(tmp_path, engine):
    account = ons_population.tidy(
        write_estimates(tmp_path / "ons.xlsx", [residents(WAKEFIELD, F0=2)]), engine
    )
    assert (account.rows_read, account.rows_kept) == (3, 1)
    reasons = {refusal.example: refusal.reason for refusal in account.refusals}
    assert "superseded" in reasons['sheet "Mid-2022 CCG 2021"']
    assert "Wales" in reasons['sheet "Mid-2022 LHB 2023"']


def test_the_sheet_lists_its_areas_with_their_ons_codes(tmp_path, engine):
    file = write_estimates(tmp_path / "ons.xlsx", [residents(WAKEFIELD), residents(LEEDS)])
    areas = engine.to_arrow(ons_population.tidy(file, engine).tables["area_list"])
    assert areas.schema == TIDIED["area_list"].schema
    listed = {
        (area["area_type"], area["code"]): (
            area["name"],
            area["parent_code"],
            area["ons_code"],
            area["vintage"],
        )
        for area in areas.to_pylist()
    }
    assert listed == {
        ("sub_icb", "03R"): (None, "E54000054", "E38000190", 2023),
        ("sub_icb", "15F"): (None, "E54000054", "E38000225", 2023),
        ("icb", "E54000054"): ("West Yorkshire", "E40000012", "E54000054", 2023),
        ("region", "E40000012"): ("North East and Yorkshire", None, "E40000012", 2023),
    }


def test_ages_that_do_not_add_up_to_the_total_are_a_fault(tmp_path, engine):
    file = write_estimates(
        tmp_path / "ons.xlsx", [residents(WAKEFIELD, F0=2), residents(LEEDS, total=9, F0=8)]
    )
    found = fault_of(file, engine, ons_population)
    assert 'sheet "Mid-2022 ICB 2023", row 6' in found
    assert "(9" in found


def test_an_area_given_twice_is_a_fault(tmp_path, engine):
    file = write_estimates(tmp_path / "ons.xlsx", [residents(WAKEFIELD, F0=2)] * 2)
    assert "03R" in fault_of(file, engine, ons_population)


def test_text_in_a_population_is_a_fault_naming_the_cell(tmp_path, engine):
    row = residents(WAKEFIELD)
    row[-len(AGES)] = "many"
    found = fault_of(write_estimates(tmp_path / "ons.xlsx", [row]), engine, ons_population)
    assert 'sheet "Mid-2022 ICB 2023", row 5, column "F0": "many"' in found


def test_a_renamed_heading_is_a_fault_naming_it(tmp_path, engine):
    headings = ["Location Code", *ICB_HEADINGS[1:]]
    file = write_estimates(tmp_path / "ons.xlsx", [residents(WAKEFIELD)], headings=headings)
    assert '"SICBL 2023 Code" is not there' in fault_of(file, engine, ons_population)


def test_a_name_without_its_code_is_a_fault(tmp_path, engine):
    nameless = [WAKEFIELD[0], "NHS West Yorkshire ICB", *WAKEFIELD[2:]]
    file = write_estimates(tmp_path / "ons.xlsx", [residents(nameless)])
    assert '"NHS West Yorkshire ICB" does not end in a code' in fault_of(file, engine, ons_population)


def test_residents_of_england_in_both_years(real_data, engine):
    file = SourceFile(next((real_data / "population").glob("*.xlsx")))
    assert ons_population.recognise(file)
    account = ons_population.tidy(file, engine)
    population = account.tables["population"]
    england = engine.to_arrow(
        population.group_by("edition").aggregate(
            people=population.people.sum(), areas=population.sub_icb.nunique()
        )
    )
    assert {row["edition"]: (row["people"], row["areas"]) for row in england.to_pylist()} == {
        "mid_2021": (56_554_891, 106),
        "mid_2022": (57_106_398, 106),
    }
    assert {total.where["edition"]: total.published for total in account.totals} == {
        "mid_2021": 56_554_891,
        "mid_2022": 57_106_398,
    }
    leeds = population.filter((population.sub_icb == "15F") & (population.edition == "mid_2022"))
    assert engine.to_arrow(leeds.people.sum().as_table())[0][0].as_py() == 822_483
    # Kept: two years of 106 areas. Refused: as many by older boundaries, and 7 Welsh boards twice.
    assert (account.rows_read, account.rows_kept) == (2 * (106 + 106 + 7), 2 * 106)


# Need weights.


def practice(code, sub_icb=("03R", "NHS Wakefield CCG"), council="Wakefield", **weights):
    row = {
        "Practice_Code": code,
        "CCG21": sub_icb[0],
        "Former CCG": sub_icb[1],
        "ICS22": "QWO",
        "ICS22name": "NHS West Yorkshire ICB",
        "R22": "Y63",
        "Region22": "North East and Yorkshire",
        "LTLA21": council,
        "Patients": "",
    }
    return row | {column: 100 for column in need_weights.NEEDS} | weights


def write_weights(path, practices, rename=None):
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([(rename or {}).get(column, column) for column in practices[0]])
        writer.writerows(row.values() for row in practices)
    return SourceFile(path)


def test_every_practice_has_a_weighted_population_for_each_need(tmp_path, engine):
    file = write_weights(
        tmp_path / "2023_2024.csv", [practice("B1", **{"G&A WP": 120.5}), practice("B2", **{"G&A WP": 79.5})]
    )
    assert need_weights.recognise(file)
    account = need_weights.tidy(file, engine)
    table = engine.to_arrow(account.tables["need_weights"])
    assert table.schema == TIDIED["need_weights"].schema
    assert table.num_rows == 2 * 10
    acute = {row["practice"]: row for row in table.to_pylist() if row["need"] == "general_and_acute"}
    assert [acute[code]["weighted_population"] for code in ("B1", "B2")] == [120.5, 79.5]
    assert (acute["B1"]["edition"], acute["B1"]["sub_icb"]) == ("2023_2024", "03R")
    assert (acute["B1"]["period_start"], acute["B1"]["period_end"]) == (date(2023, 4, 1), date(2024, 3, 31))


def test_every_need_must_add_up_to_the_registered_people(tmp_path, engine):
    account = need_weights.tidy(
        write_weights(tmp_path / "2023_2024.csv", [practice("B1"), practice("B2")]), engine
    )
    assert {total.where["need"] for total in account.totals} == set(need_weights.NEEDS.values())
    assert {total.published for total in account.totals} == {200}


def test_a_file_whose_name_tells_no_year_is_refused_with_the_remedy(tmp_path, engine):
    file = write_weights(tmp_path / "weights.csv", [practice("B1")])
    with pytest.raises(SourceFileError, match=r"weights\.csv: .*year.* Name it .* 2023_2024\.csv"):
        need_weights.tidy(file, engine)


def test_areas_and_councils_come_with_the_practices(tmp_path, engine):
    leeds = ("15F", "NHS Leeds CCG")
    rows = [
        practice("B1", **{"pop 2022/23": 300}),
        practice("B2", leeds, **{"pop 2022/23": 100}),
        practice("B3", leeds, council="Leeds"),
    ]
    account = need_weights.tidy(write_weights(tmp_path / "2023_2024.csv", rows), engine)
    areas = engine.to_arrow(account.tables["area_list"])
    assert areas.schema == TIDIED["area_list"].schema
    assert [
        (area["area_type"], area["code"], area["name"], area["parent_code"]) for area in areas.to_pylist()
    ] == [
        ("sub_icb", "03R", "Wakefield", "QWO"),
        ("sub_icb", "15F", "Leeds", "QWO"),
        ("icb", "QWO", "West Yorkshire", "Y63"),
        ("region", "Y63", "North East and Yorkshire", None),
    ]
    councils = engine.to_arrow(account.tables["place_names"])
    assert councils.schema == TIDIED["place_names"].schema
    assert [(place["place"], place["area"], place["share"]) for place in councils.to_pylist()] == [
        ("Leeds", "15F", 1.0),
        ("Wakefield", "03R", 0.75),
        ("Wakefield", "15F", 0.25),
    ]


@pytest.mark.parametrize(
    ("practices", "words"),
    [
        ([practice("B1"), practice("B1")], "practice B1"),
        ([practice("B1", **{"MH WP": "lots"})], '"lots"'),
        ([practice("B1"), practice("B2", **{"MH WP": -1})], "first: B2"),
        ([practice("B1", **{"MH WP": "nan"})], "first: B1"),
        ([practice("B1"), practice("")], "no code"),
    ],
)
def test_damaged_weights_are_a_fault(tmp_path, engine, practices, words):
    assert words in fault_of(write_weights(tmp_path / "2023_2024.csv", practices), engine, need_weights)


def test_a_renamed_column_is_not_taken_for_the_weights(tmp_path):
    file = write_weights(tmp_path / "2023_2024.csv", [practice("B1")], rename={"G&A WP": "Acute WP"})
    assert not need_weights.recognise(file)


@pytest.mark.parametrize(("edition", "england"), [("2023_2024", 61_903_547.3), ("2024_2025", 62_154_630.3)])
def test_every_need_adds_up_to_england(real_data, engine, edition, england):
    file = SourceFile(real_data / "need_weights" / f"{edition}.csv")
    assert need_weights.recognise(file)
    account = need_weights.tidy(file, engine)
    weights = account.tables["need_weights"]
    sums = engine.to_arrow(
        weights.group_by("edition", "need").aggregate(
            people=weights.weighted_population.sum(), areas=weights.sub_icb.nunique()
        )
    ).to_pylist()
    assert len(sums) == 10
    assert {(row["edition"], row["areas"]) for row in sums} == {(edition, 106)}
    published = {total.where["need"]: total.published for total in account.totals}
    for row in sums:
        assert row["people"] == pytest.approx(england, abs=0.05)
        assert row["people"] == pytest.approx(published[row["need"]], rel=1e-9)
