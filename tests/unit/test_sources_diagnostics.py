"""Diagnostic waits: the month's workbook, in which a row of totals stands beside each provider's tests."""

from datetime import date

import pyarrow.compute as pc
import pytest
import xlsxwriter

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import diagnostic_waits
from careatlas.sources.source import SourceFile

HEADINGS = [
    *("Regional Team Code", "Regional Team Name", "Provider Code", "Provider Name"),
    *("Diagnostic ID", "Diagnostic Test Name"),
    *(
        "Total Waiting List",
        "Number waiting 6+ Weeks",
        "Number waiting 13+ Weeks",
        "Percentage waiting 6+ weeks",
    ),
    *diagnostic_waits.WEEKS,
    *list(diagnostic_waits.MEASURES.values())[3:],
]
COLONOSCOPY, CT, TOTAL = (12, "Colonoscopy"), (2, "Computed Tomography"), (16, "Total")
SILENT = [
    ["Notes"],
    ["The following organisation did not submit:"],
    ["Code", "Name"],
    ["RZZ", "SILENT NHS TRUST"],
]


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def line(soon, later, long, code="RAA", test=COLONOSCOPY, name="RAA NHS Trust"):
    """A row with so many waiting under a week, six weeks, and thirteen weeks or more."""
    everyone, six = soon + later + long, later + long
    weeks = [soon, *[0] * 5, later, *[0] * 6, long]
    share = six / everyone if everyone else 0
    return ["Y63", "A region", code, name, *test, everyone, six, long, share, *weeks, 4, 5, 6]


def workbook(folder, *lines, country=(30, 8, 2), period="November 2024", notes=()):
    rows = [
        ["Title:", "Monthly Diagnostics"],
        ["Period:", period],
        ["Published:", "9th January 2025"],
        ["Revised:", "10th July 2025"],
        HEADINGS,
        line(*country, code="", test=("", ""), name="Total"),
        [],
        *lines,
    ]
    path = folder / "diagnostics.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, content in (("Provider by Test", rows), ("Notes", notes)):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(content):
                sheet.write_row(number, 0, row)
    return SourceFile(path)


WHOLE = (line(20, 4, 1), line(10, 4, 1, test=CT), line(30, 8, 2, test=TOTAL))


def rows_of(engine, tidied, table="diagnostic_waits"):
    return engine.to_arrow(tidied.tables[table], TIDIED[table].schema).to_pylist()


def test_each_test_of_a_provider_and_its_total_beside_them(engine, tmp_path):
    file = workbook(tmp_path, *WHOLE)
    assert diagnostic_waits.recognise(file)
    tidied = diagnostic_waits.tidy(file, engine)
    found = rows_of(engine, tidied)
    assert [(row["test"], row["waiting"], row["over_6_weeks"], row["over_13_weeks"]) for row in found] == [
        ("colonoscopy", 25, 5, 1),
        ("computed_tomography", 15, 5, 1),
        ("total", 40, 10, 2),
    ]
    assert {(row["period_start"], row["period_end"]) for row in found} == {
        (date(2024, 11, 1), date(2024, 11, 30))
    }
    assert (tidied.rows_read, tidied.rows_kept) == (4, 3)
    assert tidied.published == date(2025, 7, 10)  # the day of the revision


def test_the_countrys_row_is_a_control_of_the_totals_alone(engine, tmp_path):
    totals = diagnostic_waits.tidy(workbook(tmp_path, *WHOLE), engine).totals
    assert [(total.measure, total.published, total.where) for total in totals[:3]] == [
        ("waiting", 40, {"test": "total"}),
        ("over_6_weeks", 10, {"test": "total"}),
        ("over_13_weeks", 2, {"test": "total"}),
    ]


def test_a_provider_that_did_not_submit_is_there_without_figures(engine, tmp_path):
    tidied = diagnostic_waits.tidy(workbook(tmp_path, *WHOLE, notes=SILENT), engine)
    (silent,) = [row for row in rows_of(engine, tidied) if row["provider"] == "RZZ"]
    assert (silent["test"], silent["waiting"], silent["over_6_weeks"]) == ("total", None, None)
    names = {row["code"]: row["name"] for row in rows_of(engine, tidied, "area_list")}
    assert names == {"RAA": "RAA NHS Trust", "RZZ": "Silent NHS Trust"}


def shifted(row):
    """One person moved from the first week to the seventh, in the weeks alone."""
    at = HEADINGS.index(diagnostic_waits.WEEKS[0])
    return [*row[:at], row[at] - 1, *row[at + 1 : at + 6], row[at + 6] + 1, *row[at + 7 :]]


@pytest.mark.parametrize(
    ("lines", "changed", "fault"),
    [
        ((shifted(WHOLE[0]), *WHOLE[1:]), {}, 'row 8: the weekly columns add up to 6, but "Number waiting 6'),
        (WHOLE[:2], {}, 'tests of RAA add up to 40 people waiting, its row of "Total" says None'),
        ((line(20, 4, 1, test=(17, "Capsule")),), {}, '"Capsule" is not one of the tests'),
        (WHOLE, {"period": "winter"}, "gives no month such as November 2024"),
        ((*WHOLE, line(1, 0, 0, code="", test=("", ""), name="Total")), {}, "has 2 rows of the country"),
    ],
    ids=["weeks", "no total", "unknown test", "no month", "two countries"],
)
def test_a_workbook_that_does_not_agree_with_itself_is_refused(engine, tmp_path, lines, changed, fault):
    with pytest.raises(SourceFileError, match=fault):
        diagnostic_waits.tidy(workbook(tmp_path, *lines, **changed), engine)


def test_a_test_given_twice_is_refused(engine, tmp_path):
    twice = (WHOLE[0], line(10, 4, 1), WHOLE[2])
    with pytest.raises(
        SourceFileError, match="2 rows say period_end 2024-11-30, provider RAA, test colonoscopy"
    ):
        diagnostic_waits.tidy(workbook(tmp_path, *twice), engine)


@pytest.mark.parametrize(
    ("month", "rows", "waiting"),
    [("September", 3128, 1_587_330), ("October", 3144, 1_630_981), ("November", 3158, 1_615_001)],
)
def test_the_real_workbooks_count_everybody_waiting_once(engine, real_data, month, rows, waiting):
    file = SourceFile(real_data / "diagnostics" / f"Monthly-Diagnostics-Web-File-Provider-{month}-2024.xls")
    tidied = diagnostic_waits.tidy(file, engine)
    waits = engine.to_arrow(tidied.tables["diagnostic_waits"])
    is_total = pc.equal(waits["test"], "total")
    assert tidied.rows_kept == rows
    assert pc.sum(waits.filter(is_total)["waiting"]).as_py() == waiting
    assert pc.sum(waits.filter(pc.invert(is_total))["waiting"]).as_py() == waiting
    assert len(pc.unique(waits["test"])) == 16
