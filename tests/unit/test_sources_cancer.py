"""Cancer waits: the two cuts of the same patients are kept apart, and a cut that lacks rows is damage."""

from datetime import date, datetime

import pytest
import xlsxwriter

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import cancer_waits
from careatlas.sources.source import SourceFile, identify

HEADINGS = ["PERIOD", "YEAR", "MONTH", "STANDARD", "ORG CODE", "STAGE/ROUTE", "TREATMENT MODALITY", "CANCER TYPE",
            "TOTAL TREATED", "WITHIN STANDARD", "BREACHES"]  # fmt: skip
BREAST = ["62-day Combined", "RXF", "Screening", "ALL MODALITIES", "Breast", 10.5, 8.0, 2.5]
LUNG = ["62-day Combined", "RXF", "Screening", "ALL MODALITIES", "Lung", 4, 1, 3]
SURGERY = ["62-day Combined", "RXF", "Screening", "Surgery", "ALL CANCERS", 14.5, 9, 5.5]
TOLD = ["28-day FDS", "RXF", "URGENT SUSPECTED CANCER", None, "Suspected lung cancer", 40, 30, 10]


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def extract(folder, *rows, headings=HEADINGS, period=datetime(2024, 9, 1)):
    path = folder / "extract.xlsx"
    workbook = xlsxwriter.Workbook(str(path))
    sheet = workbook.add_worksheet("CWT CRS Provider Extract")
    as_day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, headings)
    for number, row in enumerate(rows, 1):
        if isinstance(period, datetime):
            sheet.write_datetime(number, 0, period, as_day)
        else:
            sheet.write(number, 0, period)
        sheet.write_row(number, 1, ["2024/25", "SEP", *row])
    workbook.close()
    return SourceFile(path)


def rows_of(engine, file, **where):
    tidied = cancer_waits.tidy(file, engine)
    rows = engine.to_arrow(tidied.tables["cancer_waits"], TIDIED["cancer_waits"].schema).to_pylist()
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def test_patients_are_added_up_once_though_the_file_counts_them_twice(engine, tmp_path):
    file = extract(tmp_path, BREAST, LUNG, SURGERY)
    assert identify(file) == "cancer_waits"
    assert sum(row["waits_ended"] for row in rows_of(engine, file)) == 29  # both cuts
    by_cancer = rows_of(engine, file, modality="all")
    assert sum(row["waits_ended"] for row in by_cancer) == 14.5
    assert sum(row["within_standard"] for row in by_cancer) == 9
    assert [(row["modality"], row["cancer_type"]) for row in by_cancer] == [
        ("all", "Breast"),
        ("all", "Lung"),
    ]


def test_a_row_is_a_month_of_a_provider_and_the_standard_of_28_days_has_no_treatment(engine, tmp_path):
    assert rows_of(engine, extract(tmp_path, TOLD)) == [
        {
            "period_start": date(2024, 9, 1),
            "period_end": date(2024, 9, 30),
            "provider": "RXF",
            "standard": "28_days_to_diagnosis",
            "route": "URGENT SUSPECTED CANCER",
            "modality": "all",
            "cancer_type": "Suspected lung cancer",
            "waits_ended": 40.0,
            "within_standard": 30.0,
        }
    ]


def test_providers_are_listed_by_code_because_the_file_names_none(engine, tmp_path):
    listed = cancer_waits.tidy(extract(tmp_path, TOLD, BREAST, [*SURGERY[:5], 10.5, 8, 2.5]), engine)
    assert engine.to_arrow(listed.tables["area_list"]).select(["code", "name", "area_type"]).to_pylist() == [
        {"code": "RXF", "name": None, "area_type": "provider"}
    ]


def test_cuts_that_do_not_count_the_same_patients_are_damage(engine, tmp_path):
    with pytest.raises(
        SourceFileError, match=r"RXF, 62 days to treatment, Screening, September 2024.*10\.5 and .* 14\.5"
    ):
        cancer_waits.tidy(extract(tmp_path, BREAST, SURGERY), engine)


def test_parts_that_do_not_make_the_whole_name_their_row(engine, tmp_path):
    with pytest.raises(SourceFileError, match="row 2: 30 within the standard and 11 late do not make 40"):
        cancer_waits.tidy(extract(tmp_path, [*TOLD[:5], 40, 30, 11]), engine)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            ["14-day", *TOLD[1:]],
            'the standard "14-day" is none of 28-day FDS, 31-day Combined, 62-day Combined',
        ),
        (["28-day FDS", "", *TOLD[2:]], 'row 2: "ORG CODE" is empty'),
        ([*TOLD[:5], "few", 30, 10], '"few" stands where a count should'),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(engine, tmp_path, row, told):
    with pytest.raises(SourceFileError, match=told):
        cancer_waits.tidy(extract(tmp_path, row), engine)


@pytest.mark.parametrize("period", [datetime(2024, 9, 15), "September 2024"])
def test_a_period_that_is_no_month_is_refused(engine, tmp_path, period):
    with pytest.raises(SourceFileError, match="not the first day of a month"):
        cancer_waits.tidy(extract(tmp_path, TOLD, period=period), engine)


def test_a_heading_that_was_renamed_is_named(engine, tmp_path):
    renamed = [name.replace("BREACHES", "LATE") for name in HEADINGS]
    with pytest.raises(SourceFileError, match='the heading "BREACHES" is not there'):
        cancer_waits.tidy(extract(tmp_path, TOLD, headings=renamed), engine)


def test_a_row_given_twice_is_damage(engine, tmp_path):
    with pytest.raises(SourceFileError, match="2 rows say period_end 2024-09-30, provider RXF"):
        cancer_waits.tidy(extract(tmp_path, TOLD, TOLD), engine)


def test_the_real_extract_reaches_the_published_totals(engine, real_data):
    """Waits of April to September 2024, each once, from the notes on the real files."""
    file = SourceFile(next((real_data / "cancer").glob("*.xlsx")))
    tidied = cancer_waits.tidy(file, engine)
    assert (tidied.rows_read, tidied.rows_kept) == (61_780, 61_780)
    rows = engine.to_arrow(tidied.tables["cancer_waits"]).to_pandas()
    once = rows[rows["modality"] == "all"].groupby("standard")["waits_ended"].sum()
    assert once.to_dict() == {
        "28_days_to_diagnosis": 1_637_326,
        "31_days_to_treatment": 336_622,
        "62_days_to_treatment": 165_571,
    }
    twice = rows.groupby("standard")["waits_ended"].sum()
    assert twice["62_days_to_treatment"] == 331_142
