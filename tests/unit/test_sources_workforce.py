"""NHS workforce: region, board and organisation stand on rows of their own, and everything adds up."""

from datetime import date

import pytest
import xlsxwriter

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import workforce
from careatlas.sources.source import SourceFile
from careatlas.sources.workforce import (
    CLINICIANS,
    DOCTORS,
    GROUPS,
    INFRASTRUCTURE,
    OLD_UNKNOWN,
    SHEETS,
    SUPPORT,
    TOTAL,
    UNKNOWN,
)

BODY_HEADINGS = ["NHS England region code", "NHS England region name", "ICS code", "ICS name",
                 "Organisation name", "Organisation code"]  # fmt: skip
NURSES = "Nurses & health visitors"


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def staff(nurses=0.0, managers=0.0):
    """Figures of a body that employs nurses and managers alone."""
    made = {CLINICIANS: nurses, NURSES: nurses, INFRASTRUCTURE: managers, "Managers": managers}
    return dict.fromkeys(GROUPS, 0.0) | made | {TOTAL: nurses + managers}


def a_board():
    """London, one board in it, its office with ten managers, and a trust with 100.5 nurses."""
    whole, office, trust = staff(100.5, 10.0), staff(0.0, 10.0), staff(100.5)
    return [
        (["", "England", "", "", "", ""], whole),
        (["", "", "", "", "", ""], None),
        (["Y56", "London", "", "", "", ""], whole),
        (["", "", "QKK", "South East London", "", ""], whole),
        (["", "", "", "", "NHS South East London ICB", "QKK"], office),
        (["", "", "", "", "King's College Hospital, NHS Foundation Trust", "RJZ"], trust),
    ]


def workbook(folder, bodies, *, groups=GROUPS, headings=None, title="December 2024 monthly data"):
    path = folder / "NHS Workforce Statistics, December 2024 England and Organisation.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name in SHEETS.values():
            sheet = book.add_worksheet(name)
            sheet.write(4, 0, title)
            sheet.write_row(5, 0, [*BODY_HEADINGS, *(headings or groups)])
            for number, (named, figures) in enumerate(bodies, start=7):
                sheet.write_row(number, 0, [*named, *(figures[group] for group in groups if figures)])
            sheet.write(8 + len(bodies), 0, "Source: NHS England")
    return SourceFile(path)


def rows_of(engine, tidied, table="workforce"):
    return engine.to_arrow(tidied.tables[table], TIDIED[table].schema).to_pylist()


def nurses_in(engine, tidied):
    return {
        (row["area_type"], row["area"]): row["full_time_equivalent"]
        for row in rows_of(engine, tidied)
        if row["staff_group"] == NURSES
    }


def test_each_body_is_known_by_the_column_it_stands_in(engine, tmp_path):
    file = workbook(tmp_path, a_board())
    assert workforce.recognise(file)
    tidied = workforce.tidy(file, engine)
    assert nurses_in(engine, tidied) == {
        ("country", "England"): 100.5,
        ("region", "Y56"): 100.5,
        ("icb", "QKK"): 100.5,
        ("board_office", "QKK"): 0.0,
        ("provider", "RJZ"): 100.5,
    }
    assert {(row["period_start"], row["period_end"]) for row in rows_of(engine, tidied)} == {
        (date(2024, 12, 1), date(2024, 12, 31))
    }


def test_trusts_are_listed_under_their_board_and_the_boards_own_office_is_no_provider(engine, tmp_path):
    (listed,) = rows_of(engine, workforce.tidy(workbook(tmp_path, a_board()), engine), "area_list")
    assert (listed["code"], listed["parent_code"], listed["area_type"]) == ("RJZ", "QKK", "provider")
    assert listed["name"] == "King's College Hospital, NHS Foundation Trust"


def test_columns_may_change_places_and_staff_of_unknown_group_have_had_two_headings(engine, tmp_path):
    turned = [TOTAL, *reversed(GROUPS[1:])]
    old = [OLD_UNKNOWN if group == UNKNOWN else group for group in turned]
    file = workbook(tmp_path, a_board(), groups=turned, headings=old)
    assert nurses_in(engine, workforce.tidy(file, engine))["provider", "RJZ"] == 100.5


def test_a_dash_is_zero_as_the_publishers_notes_say(engine, tmp_path):
    bodies = a_board()
    bodies[-1][1]["Consultant"] = "-"
    rows = rows_of(engine, workforce.tidy(workbook(tmp_path, bodies), engine))
    assert [
        row["full_time_equivalent"]
        for row in rows
        if (row["area_type"], row["staff_group"]) == ("provider", "Consultant")
    ] == [0.0]


def test_empty_rows_and_notes_are_counted_as_refused(engine, tmp_path):
    tidied = workforce.tidy(workbook(tmp_path, a_board()), engine)
    # On each of two sheets five bodies; three empty rows, beside England and above the source; and the source.
    assert (tidied.rows_read, tidied.rows_kept) == (2 * (5 + 4), 2 * 5)


def test_two_columns_that_changed_labels_are_a_fault(engine, tmp_path):
    """Under one another's headings the nurses are support staff, of whom the total of support knows nothing."""
    swapped = {NURSES: "Support to ST&T staff", "Support to ST&T staff": NURSES}
    headings = [swapped.get(group, group) for group in GROUPS]
    with pytest.raises(
        SourceFileError, match=rf"England: the groups of '{CLINICIANS}' add up to 0.00, not 100.50"
    ):
        workforce.tidy(workbook(tmp_path, a_board(), headings=headings), engine)


def test_a_trust_that_is_lost_is_a_fault(engine, tmp_path):
    with pytest.raises(SourceFileError, match=r"the rows of QKK, 'Total', add up to 10.00, not 110.50"):
        workforce.tidy(workbook(tmp_path, a_board()[:-1]), engine)


def test_a_trust_above_every_board_is_a_fault(engine, tmp_path):
    bodies = a_board()
    bodies.insert(3, bodies.pop())
    with pytest.raises(SourceFileError, match=r"RJZ\) stands above the board it belongs to"):
        workforce.tidy(workbook(tmp_path, bodies), engine)


def test_a_trust_that_stands_there_twice_is_a_fault(engine, tmp_path):
    with pytest.raises(SourceFileError, match="RJZ stands there a second time"):
        workforce.tidy(workbook(tmp_path, [*a_board(), a_board()[-1]]), engine)


def test_a_workbook_that_names_no_month_is_a_fault(engine, tmp_path):
    with pytest.raises(SourceFileError, match="says no month"):
        workforce.tidy(workbook(tmp_path, a_board(), title="monthly data"), engine)


def test_a_heading_that_is_gone_is_a_fault(engine, tmp_path):
    headings = ["Nurses" if group == NURSES else group for group in GROUPS]
    with pytest.raises(SourceFileError, match=f'the heading "{NURSES}" is not there'):
        workforce.tidy(workbook(tmp_path, a_board(), headings=headings), engine)


@pytest.mark.parametrize(
    ("month", "total", "trusts", "kept"),
    # Totals: README of the data folder, to a tenth. Bodies: England, 7 regions, 42 boards, 42 offices and the trusts.
    [
        ("December 2024", 1_368_034.1, 206, 2 * (1 + 7 + 42 + 42 + 206)),
        ("January 2025", 1_374_039.4, 205, 2 * (1 + 7 + 42 + 42 + 205)),
        ("February 2025", 1_376_848.7, 205, 2 * (1 + 7 + 42 + 42 + 205)),
    ],
)
def test_the_real_workbooks_add_up_to_england(engine, real_data, month, total, trusts, kept):
    path = real_data / "workforce" / f"NHS Workforce Statistics, {month} England and Organisation.xlsx"
    tidied = workforce.tidy(SourceFile(path), engine)
    assert tidied.rows_kept == kept
    sums = {"provider": 0.0, "board_office": 0.0, "icb": 0.0, "region": 0.0, "country": 0.0}
    for row in rows_of(engine, tidied):
        if row["staff_group"] == TOTAL:
            sums[row["area_type"]] += row["full_time_equivalent"]
    assert sums["provider"] + sums["board_office"] == pytest.approx(sums["country"], abs=0.001)
    assert [round(sums[level], 1) for level in ("icb", "region", "country")] == [total] * 3
    listed = rows_of(engine, tidied, "area_list")
    assert len(listed) == trusts
    assert len({row["parent_code"] for row in listed}) == 42
    assert {DOCTORS, SUPPORT} <= {row["staff_group"] for row in rows_of(engine, tidied)}
