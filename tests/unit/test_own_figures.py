"""A reader's own file, row by row: the three layouts, what is read and what is refused."""

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from careatlas.engine.connect import connect
from careatlas.errors import SourceFileError
from careatlas.sources import own_figures
from careatlas.sources._own_rows import NO_YEAR_TYPE, OwnRow
from careatlas.sources.source import SourceFile, identify

SIMPLE = "figure,area,period,count,denominator\n"
BATCH = (
    "IndicatorId,Year,YearRange,Quarter,Month,AgeId,SexId,AreaCode,Count,Value,LowerCI95,UpperCI95,Denominator,"
    "Denominator_2,ValueNoteId,CategoryTypeId,CategoryId\n"
)
JUNE = date(2024, 6, 1), date(2024, 6, 30)
YEAR_2024_25 = date(2024, 4, 1), date(2025, 3, 31)


def rows_of(folder: Path, text: str, year_type: str | None = None) -> list[OwnRow]:
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return own_figures.read_rows(SourceFile(path), year_type)


def only_row(folder: Path, line: str) -> OwnRow:
    return rows_of(folder, SIMPLE + line)[0]


def workbook(folder: Path, **sheets: list[list[object]]) -> SourceFile:
    with xlsxwriter.Workbook(folder / "mine.xlsx") as book:
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for number, cells in enumerate(lines):
                sheet.write_row(number, 0, cells)
    return SourceFile(folder / "mine.xlsx")


def test_a_row_of_the_simple_layout(tmp_path):
    row = only_row(tmp_path, "theatre_time_used, RXF ,2024-06,1520.5,1980")
    assert (row.figure, row.area, row.period) == ("theatre_time_used", "RXF", JUNE)
    assert (row.count, row.denominator, row.refused) == (1520.5, 1980.0, None)


def test_columns_may_stand_in_any_order_in_capitals_and_among_others(tmp_path):
    text = "Period;COUNT;remarks;Area;Denominator;Figure\n2024-06;5;as told by phone;RXF;9;overtime\n"
    row = rows_of(tmp_path, text)[0]
    assert (row.figure, row.area, row.period, row.count, row.denominator) == ("overtime", "RXF", JUNE, 5, 9)


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("2024-06", JUNE),
        ("June 2024", JUNE),
        ("2024-Q2", (date(2024, 7, 1), date(2024, 9, 30))),  # of the financial year: July to September
        ("2024", (date(2024, 1, 1), date(2024, 12, 31))),
        ("2024/25", YEAR_2024_25),
        ("2024-25", YEAR_2024_25),
        ("2024-06-01/2024-06-30", JUNE),
    ],
)
def test_periods_are_read_as_the_atlas_writes_them(tmp_path, written, period):
    assert only_row(tmp_path, f"overtime,RXF,{written},5,9").period == period


def test_blank_is_not_known_and_nought_is_nought(tmp_path):
    blank, nought = rows_of(tmp_path, SIMPLE + "overtime,RXF,2024-06,,\novertime,RXF,2024-07,0,9\n")
    assert (blank.count, blank.denominator, blank.refused) == (None, None, None)
    assert nought.count == 0


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (',RXF,2024-06,5,9', "no figure"),
        ("Over time,RXF,2024-06,5,9", "no name of a figure"),
        ("overtime,,2024-06,5,9", "no area"),
        ("overtime,RXF,,5,9", "no period"),
        ("overtime,RXF,01/06/2024,5,9", "not a period"),
        ("overtime,RXF,2024-13,5,9", "not a period"),
        ("overtime,RXF,2024-06-30/2024-06-01,5,9", "not a period"),
        ("overtime,RXF,2010-11,5,9", "a month or a financial year: write 2010/11"),
        ("overtime,RXF,2024-06,five,9", "no number"),
        ('overtime,RXF,2024-06,"1,234",9', "commas and spaces may mean two things"),
        ("overtime,RXF,2024-06,1 234,9", "commas and spaces may mean two things"),
        ("overtime,RXF,2024-06,12%,9", "a percentage"),
        ("overtime,RXF,2024-06,=A1*2,9", "a formula"),
        ("overtime,RXF,2024-06,-5,9", "less than nothing"),
        ("overtime,RXF,2024-06,1e5,9", "no number"),
        ("overtime,RXF,2024-06,nan,9", "no number"),
        ("overtime,RXF,2024-06,٤٢,9", "no number"),
        (f"overtime,RXF,2024-06,{'9' * 400},9", "too large"),
        ("overtime,RXF,2024-06,5", "4 cells"),
        ("overtime,RXF,2024-06,5,9,9", "6 cells"),
        (",,,,", "nothing is written"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path, line, why):
    after = rows_of(tmp_path, f"{SIMPLE}{line}\novertime,RXF,2024-07,5,9\n")
    assert why in after[0].refused
    assert after[1].refused is None


def test_an_empty_line_within_is_a_row_and_those_at_the_end_are_not(tmp_path):
    rows = rows_of(tmp_path, SIMPLE + "overtime,RXF,2024-06,5,9\n\novertime,RXF,2024-07,5,9\n\n,,,,\n")
    assert [(row.number, row.refused is None) for row in rows] == [(2, True), (3, False), (4, True)]


def test_fingertips_batch_layout(tmp_path):
    """Minus one means nothing is said; the figure is Fingertips' number or one of ours."""
    lines = (
        "91491,2024,1,-1,6,44,4,RXF,120,35.3,34.9,35.7,340,-1,0,-1,-1\n"
        "overtime,2024,1,-1,6,44,4,E54000027,-1,-1,-1,-1,-1,-1,0,-1,-1\n"
    )
    first, second = rows_of(tmp_path, BATCH + lines)
    assert (first.figure, first.area, first.period) == ("fingertips_91491", "RXF", JUNE)
    assert (first.count, first.denominator) == (120, 340)
    assert (second.figure, second.count, second.denominator) == ("overtime", None, None)


def test_a_year_of_fingertips_is_read_only_where_the_reader_says_which(tmp_path):
    lines = "1,2024,1,-1,-1,1,4,RXF,5,-1,-1,-1,9,-1,0,-1,-1\n1,2024,1,4,-1,1,4,RXF,5,-1,-1,-1,9,-1,0,-1,-1\n"
    assert [row.refused for row in rows_of(tmp_path, BATCH + lines)] == [NO_YEAR_TYPE] * 2
    financial = [row.period for row in rows_of(tmp_path, BATCH + lines, "financial")]
    assert financial == [YEAR_2024_25, (date(2025, 1, 1), date(2025, 3, 31))]
    calendar = [row.period for row in rows_of(tmp_path, BATCH + lines, "calendar")]
    assert calendar == [(date(2024, 1, 1), date(2024, 12, 31)), (date(2024, 10, 1), date(2024, 12, 31))]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1,2024,1,-1,6,1,1,RXF,5,-1,-1,-1,9,-1,0,-1,-1", "of one sex"),
        ("1,2024,1,-1,6,1,4,RXF,5,-1,-1,-1,9,-1,0,2,3", "a category group"),
        ("1,2024,1,-1,6,1,4,RXF,-1,35.3,-1,-1,9,-1,0,-1,-1", "a value without its count"),
        ("1,2024,1,1,6,1,4,RXF,5,-1,-1,-1,9,-1,0,-1,-1", "a quarter and a month"),
        ("1,2024,1,-1,13,1,4,RXF,5,-1,-1,-1,9,-1,0,-1,-1", 'month says "13"'),
        ("1,2024,3,-1,6,1,4,RXF,5,-1,-1,-1,9,-1,0,-1,-1", 'yearrange says "3"'),
    ],
)
def test_what_fingertips_rows_say_that_own_figures_are_not(tmp_path, line, why):
    assert why in rows_of(tmp_path, f"{BATCH}{line}\n", "financial")[0].refused


def test_fingertips_simple_layout_is_two_sheets(tmp_path):
    details = [
        ["IndicatorID", 91491], ["Year", 2024], ["YearRange", 3], ["Quarter", -1], ["Month", -1], ["AgeId", 27],
        ["SexId", 4],
    ]  # fmt: skip
    data = [
        ["AreaCode", "Count", "Value", "LowerCI", "UpperCI", "Denominator", "ValueNoteId"],
        ["E54000027", 5, 50, 20, 80, 10, 0],
    ]
    file = workbook(tmp_path, IndicatorDetails=details, PholioData=data)
    row = own_figures.read_rows(file, "calendar")[0]
    assert own_figures.recognise(file)
    assert (row.number, row.figure, row.area) == (2, "fingertips_91491", "E54000027")
    assert row.period == (date(2024, 1, 1), date(2026, 12, 31))  # three years
    assert (row.count, row.denominator) == (5, 10)


def test_a_spreadsheet_is_read_from_its_row_of_headings(tmp_path):
    lines = [
        ["Theatres, from the ledger"],
        [],
        ["Figure", "Area", "Period", "Count", "Denominator"],
        ["overtime", "RXF", "2024-06", 5.25, 9],
        ["overtime", "RXF", 2024, "1,234", 9],
        ["overtime", "RXF", date(2024, 6, 1), 5, 9],
        ["overtime", "RXF", "2024-07", True, 9],
    ]
    with xlsxwriter.Workbook(tmp_path / "mine.xlsx", {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("June")
        for number, cells in enumerate(lines):
            sheet.write_row(number, 0, cells)
    read, text, day, truth = own_figures.read_rows(SourceFile(tmp_path / "mine.xlsx"))
    assert (read.number, read.count, read.period, read.refused) == (4, 5.25, JUNE, None)
    assert "commas" in text.refused
    assert "write it as text" in day.refused
    assert "true or false" in truth.refused


def test_a_cell_far_away_does_not_fill_the_memory(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "mine.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["figure", "area", "period", "count", "denominator"])
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(SourceFileError, match="reaches to row 1,048,576"):
        own_figures.read_rows(SourceFile(tmp_path / "mine.xlsx"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "nothing at all"),
        (b"figure,area\novertime,RXF\n", "its headings are figure, area"),
        (SIMPLE.replace("area", "count").encode(), "its headings"),
        (b"figure,area,period,count,denominator,count\n", "heads two columns"),
        (SIMPLE.encode() + "overtime,Ynys Môn,2024-06,5,9\n".encode("latin-1"), "not UTF-8"),
        (SIMPLE.encode() + b'overtime,"RXF,2024-06,5,9\n', "cannot be cut into cells"),
        (b"<!doctype html><html></html>", "a web page"),
        (b"PK\x03\x04 no zip", "named .csv but holds"),
    ],
)
def test_a_file_that_is_no_table_of_figures_is_one_clear_fault(tmp_path, content, why):
    (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(SourceFileError, match=why):
        own_figures.read_rows(SourceFile(tmp_path / "mine.csv"))


def test_in_a_folder_of_files_the_form_of_a_code_tells_the_type_of_area(tmp_path):
    codes = {"RXF": "provider", "03R": "sub_icb", "QWO": "icb", "8J094": "provider", "E54000027": "icb"}
    lines = [f"overtime,{code},2024-06,5,9" for code in [*codes, "W2U3Z"]]
    path = tmp_path / "figures.csv"
    path.write_text(SIMPLE + "\n".join(lines) + "\n")
    assert identify(SourceFile(path)) == "own_figures"
    with connect() as engine:
        tidied = own_figures.tidy(SourceFile(path), engine)
        kept = engine.to_arrow(tidied.tables["own_figures"]).to_pylist()
    assert {row[kind]: kind for row in kept for kind in ("sub_icb", "icb", "provider") if row[kind]} == codes
    assert [(refusal.rows, refusal.example) for refusal in tidied.refusals] == [(1, "row 7")]
    assert "give area_type" in tidied.refusals[0].reason


def test_a_figure_given_twice_is_refused_both_times(tmp_path):
    path = tmp_path / "figures.csv"
    path.write_text(
        SIMPLE + "overtime,RXF,2024-06,5,9\novertime,RBB,2024-06,5,9\novertime,RXF,June 2024,6,9\n"
    )
    with connect() as engine:
        tidied = own_figures.tidy(SourceFile(path), engine)
    assert (tidied.rows_read, tidied.rows_kept) == (3, 1)
    assert tidied.refusals[0].reason == "rows 2, 4 give the same figure, area and period"
