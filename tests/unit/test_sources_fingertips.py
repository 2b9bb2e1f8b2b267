"""Fingertips: codes cleaned, category groups and copies refused, every form of period read."""

import csv
from datetime import date

import pytest
from ibis import _

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import fingertips
from careatlas.sources.source import SourceFile

ENGLAND = {
    "Indicator ID": "91547",
    "Indicator Name": "Smoking prevalence",
    "Parent Code": "",
    "Parent Name": "",
    "Area Code": "E92000001",
    "Area Name": "England",
    "Area Type": "England",
    "Sex": "Persons",
    "Age": "15+ yrs",
    "Category Type": "",
    "Category": "",
    "Time period": "2022/23",
    "Value": "15.0",
    "Lower CI 95.0 limit": "14.0",
    "Upper CI 95.0 limit": "16.0",
    "Lower CI 99.8 limit": "",
    "Upper CI 99.8 limit": "",
    "Count": "150",
    "Denominator": "1000",
    "Value note": "",
    "Recent Trend": "",
    "Compared to England value or percentiles": "Not compared",
    "Column not used": "Not compared",
    "Time period Sortable": "20220000",
    "New data": "",
    "Compared to goal": "",
    "Time period range": "1y",
}
WAKEFIELD = ENGLAND | {
    "Parent Code": "E92000001",
    "Area Code": "nE38000190",
    "Area Name": "West Yorkshire ICB - 03R ",
    "Area Type": "ICB sub-locations",
}
BOARD = ENGLAND | {
    "Area Code": "nE54000054",
    "Area Name": "NHS West Yorkshire Integrated Care Board - QWO",
    "Area Type": "ICBs",
}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def all_data(folder, *rows):
    path = folder / "profile.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ENGLAND)
        writer.writeheader()
        writer.writerows(rows)
    return SourceFile(path)


def rows_of(engine, tidied):
    rows = engine.to_arrow(tidied.tables["fingertips"], TIDIED["fingertips"].schema).to_pylist()
    return sorted(rows, key=lambda row: (row["area_type"], row["area"], row["period_end"]))


def refused(tidied):
    return {refusal.reason: refusal.rows for refusal in tidied.refusals}


def test_a_sub_icb_is_known_by_the_ods_code_that_ends_its_name(engine, tmp_path):
    file = all_data(tmp_path, WAKEFIELD)
    assert fingertips.recognise(file)
    assert rows_of(engine, fingertips.tidy(file, engine)) == [
        {
            "period_start": date(2022, 4, 1),
            "period_end": date(2023, 3, 31),
            "indicator_id": 91547,
            "indicator_name": "Smoking prevalence",
            "area_type": "sub_icb",
            "area": "03R",
            "sex": "persons",
            "age": "15+ yrs",
            "count": 150.0,
            "denominator": 1000.0,
            "value": 15.0,
            "lower_95": 14.0,
            "upper_95": 16.0,
            "value_note": None,
        }
    ]


def test_area_types_of_today_get_our_words_and_others_keep_the_publishers(engine, tmp_path):
    region = ENGLAND | {"Area Code": "E40000012", "Area Type": "NHS regions - new due to ICB changes"}
    older = WAKEFIELD | {"Area Name": "NHS Wakefield CCG", "Area Type": "CCG"}
    nameless = BOARD | {"Area Code": "nE54000061", "Area Name": "NHS South Yorkshire Integrated Care Board"}
    rows = rows_of(
        engine, fingertips.tidy(all_data(tmp_path, ENGLAND, region, older, BOARD, nameless), engine)
    )
    assert [(row["area_type"], row["area"]) for row in rows] == [
        ("CCG", "E38000190"),
        ("country", "E92000001"),
        ("icb", "E54000061"),
        ("icb", "QWO"),
        ("region", "E40000012"),
    ]


def test_category_rows_are_groups_not_areas(engine, tmp_path):
    group = ENGLAND | {"Category Type": "Deprivation deciles", "Category": "Most deprived decile"}
    tidied = fingertips.tidy(all_data(tmp_path, ENGLAND, group), engine)
    assert refused(tidied) == {"a deprivation or other category group, not an area": 1}
    assert tidied.rows_kept == 1


def test_an_area_repeated_for_another_parent_is_kept_once(engine, tmp_path):
    tidied = fingertips.tidy(all_data(tmp_path, ENGLAND, ENGLAND | {"Parent Code": "E92000001"}), engine)
    assert (tidied.rows_kept, refused(tidied)) == (1, {"a copy of another row, for another parent area": 1})


def test_an_area_pasted_in_twice_is_a_fault(engine, tmp_path):
    with pytest.raises(SourceFileError, match="2 rows say indicator_id 91547, area_type sub_icb, area 03R"):
        fingertips.tidy(all_data(tmp_path, WAKEFIELD, WAKEFIELD), engine)


def test_two_different_figures_for_one_area_are_a_fault(engine, tmp_path):
    other = WAKEFIELD | {"Parent Code": "E54000054", "Count": "151"}
    with pytest.raises(SourceFileError, match="2 rows say"):
        fingertips.tidy(all_data(tmp_path, WAKEFIELD, other), engine)


@pytest.mark.parametrize("mark", ["", "-1"])
def test_a_blank_or_minus_one_is_missing(engine, tmp_path, mark):
    (row,) = rows_of(
        engine, fingertips.tidy(all_data(tmp_path, WAKEFIELD | {"Value": mark, "Count": mark}), engine)
    )
    assert (row["value"], row["count"], row["denominator"]) == (None, None, 1000.0)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"Indicator ID": ""}, "no indicator number"),
        ({"Sex": ""}, "no sex or no age"),
        ({"Time period": "Spring 2022"}, "the time period is in no form the atlas knows"),
        ({"Area Code": ""}, "no area code"),
        ({"Lower CI 95.0 limit": "17"}, "the lower limit is above the upper one"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_reason(engine, tmp_path, wrong, reason):
    tidied = fingertips.tidy(all_data(tmp_path, ENGLAND, WAKEFIELD | wrong), engine)
    assert (tidied.rows_read, tidied.rows_kept, refused(tidied)) == (2, 1, {reason: 1})


def test_text_in_a_number_is_a_fault_that_names_line_and_column(engine, tmp_path):
    file = all_data(tmp_path, ENGLAND, WAKEFIELD | {"Count": "many"})
    with pytest.raises(SourceFileError, match=r'line 3: "many" stands where a number should.*Count'):
        fingertips.tidy(file, engine)


def test_a_complete_level_is_held_against_englands_own_count(engine, tmp_path):
    rest = WAKEFIELD | {"Area Name": "West Yorkshire ICB - 15F", "Count": "100", "Denominator": "600"}
    part = WAKEFIELD | {"Count": "50", "Denominator": "400"}
    (total,) = fingertips.tidy(all_data(tmp_path, ENGLAND, part, rest), engine).totals
    assert (total.published, total.where["area_type"], total.exact) == (150.0, "sub_icb", False)


def test_a_level_with_areas_missing_has_no_total_to_reconcile(engine, tmp_path):
    part = WAKEFIELD | {"Count": "50", "Denominator": "400"}
    assert fingertips.tidy(all_data(tmp_path, ENGLAND, part), engine).totals == []


@pytest.mark.parametrize(
    ("label", "first", "last"),
    [
        ("2013/14", (2013, 4, 1), (2014, 3, 31)),
        ("2019", (2019, 1, 1), (2019, 12, 31)),
        ("2017 - 19", (2017, 1, 1), (2019, 12, 31)),
        ("2016 - 2018", (2016, 1, 1), (2018, 12, 31)),
        ("2017/18 - 19/20", (2017, 4, 1), (2020, 3, 31)),
        ("2020/21 Q1", (2020, 4, 1), (2020, 6, 30)),
        ("2020/21 Q4", (2021, 1, 1), (2021, 3, 31)),
        ("2020 Q4", (2020, 10, 1), (2020, 12, 31)),
        ("Feb 2024", (2024, 2, 1), (2024, 2, 29)),
        ("1999/00", (1999, 4, 1), (2000, 3, 31)),
    ],
)
def test_periods_are_read_from_their_labels(label, first, last):
    assert fingertips.period_named(label) == (date(*first), date(*last))


@pytest.mark.parametrize("label", ["2013/15", "2019 - 17", "Spring 2022", "2020/21 Q5", ""])
def test_a_label_that_means_nothing_is_not_guessed(label):
    assert fingertips.period_named(label) is None


def test_real_smoking_of_the_106_areas_makes_england(engine, real_data):
    tidied = fingertips.tidy(SourceFile(real_data / "fingertips" / "smok_qof_prev.csv"), engine)
    latest = tidied.tables["fingertips"].filter(
        (_.period_end == date(2023, 3, 31)) & _.area_type.isin(["country", "sub_icb", "icb", "region"])
    )
    sums = engine.to_arrow(
        latest.group_by("area_type")
        .aggregate(areas=_.area.nunique(), count=_["count"].sum(), denominator=_.denominator.sum())
        .order_by("area_type")
    ).to_pylist()
    england = {"count": 7_664_426.0, "denominator": 52_100_343.0}
    assert sums == [
        {"area_type": "country", "areas": 1, **england},
        {"area_type": "icb", "areas": 42, **england},
        {"area_type": "region", "areas": 7, **england},
        {"area_type": "sub_icb", "areas": 106, **england},
    ]


def test_the_real_rows_without_an_indicator_and_the_category_rows_are_counted(engine, real_data):
    tidied = fingertips.tidy(SourceFile(real_data / "fingertips" / "smok_qof_prev.csv"), engine)
    assert (tidied.rows_read, tidied.rows_kept) == (17_627, 11_260)
    assert refused(tidied) == {
        "a deprivation or other category group, not an area": 100,
        "no indicator number": 6267,
    }
