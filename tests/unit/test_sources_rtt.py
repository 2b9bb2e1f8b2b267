"""Referral-to-treatment waits: full extract, commissioner workbooks, and who submitted."""

import csv
import io
import zipfile
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import rtt_commissioner_workbooks, rtt_submitters, rtt_waiting_times
from careatlas.sources._names import without_nhs
from careatlas.sources.source import SourceFile

HEADER = [
    "Period",
    "Provider Parent Org Code",
    "Provider Parent Name",
    "Provider Org Code",
    "Provider Org Name",
    "Commissioner Parent Org Code",
    "Commissioner Parent Name",
    "Commissioner Org Code",
    "Commissioner Org Name",
    "RTT Part Type",
    "RTT Part Description",
    "Treatment Function Code",
    "Treatment Function Name",
]
TOTALS = ["Total", "Patients with unknown clock start date", "Total All"]
WAKEFIELD = ("QWO", "NHS WEST YORKSHIRE INTEGRATED CARE BOARD", "03R", "NHS WAKEFIELD (SUB ICB LOCATION)")
LONDON_HUB = ("", "", "13R", "LONDON COMMISSIONING HUB")


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def extract_row(
    part, specialty, weeks=None, unknown="", all_pathways=None, commissioner=WAKEFIELD, **changed
):
    """One row as published; ``weeks``: {first week of the band: pathways}, None where none are published."""
    row = dict(zip(HEADER, [""] * len(HEADER), strict=True))
    row |= {
        "Period": "RTT-January-2026",
        "Provider Parent Org Code": "QWO",
        "Provider Org Code": "RXF",
        "Provider Org Name": "MID YORKSHIRE TEACHING NHS TRUST",
        "RTT Part Type": part,
        "Treatment Function Code": specialty,
    }
    columns = ("Parent Org Code", "Parent Name", "Org Code", "Org Name")
    row |= {f"Commissioner {column}": text for column, text in zip(columns, commissioner, strict=True)}
    known = sum(weeks.values()) if weeks else ""
    row |= {"Total": known if part in ("Part_1A", "Part_1B") else "", TOTALS[1]: unknown}
    row["Total All"] = all_pathways if all_pathways is not None else known + (unknown or 0)
    return row | {"weeks": weeks or {}} | changed


def with_total(*specialties):
    """The rows and the C_999 row beside them, as the publisher gives them."""
    total = dict(specialties[0]) | {"Treatment Function Code": "C_999"}
    for column in TOTALS:
        given = [row[column] for row in specialties if row[column] != ""]
        total[column] = sum(given) if given else ""
    total["weeks"] = {}
    for row in specialties:
        for week, pathways in row["weeks"].items():
            total["weeks"][week] = total["weeks"].get(week, 0) + pathways
    return [*specialties, total]


def write_extract(path, rows, last_week=104, rename=None):
    bands = {n: f"Gt {n:02d} To {n + 1:02d} Weeks SUM 1" for n in range(last_week)}
    bands[last_week] = f"Gt {last_week} Weeks SUM 1"
    header = [(rename or {}).get(name, name) for name in (*HEADER, *bands.values(), *TOTALS)]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    for row in rows:
        weeks = [row["weeks"].get(n, "") for n in bands]
        writer.writerow([*(row[name] for name in HEADER), *weeks, *(row[name] for name in TOTALS)])
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("20260131-RTT-January-2026-full-extract.csv", text.getvalue())
    else:
        path.write_text(text.getvalue(), encoding="utf-8")
    return SourceFile(path)


def tidied(file, engine, source=rtt_waiting_times):
    """The tidied rows in order, and the account of them."""
    assert source.recognise(file)
    account = source.tidy(file, engine)
    rtt = engine.to_arrow(account.tables["rtt"])
    assert rtt.schema == TIDIED["rtt"].schema
    order = [(column, "ascending") for column in ("part", "commissioner", "provider", "specialty")]
    return rtt.sort_by(order).to_pylist(), account


def fault_of(file, engine, source=rtt_waiting_times):
    with pytest.raises(SourceFileError) as raised:
        source.tidy(file, engine)
    assert str(file) in str(raised.value)
    assert raised.value.remedy
    return raised.value.found


def test_weeks_become_waits_within_18_and_over_52_65_78_and_104(tmp_path, engine):
    weeks = {0: 5, 17: 4, 18: 3, 51: 2, 52: 10, 65: 20, 78: 40, 104: 80}
    file = write_extract(tmp_path / "jan.csv", with_total(extract_row("Part_2", "C_100", weeks)))
    rows, _ = tidied(file, engine)
    assert [row["specialty"] for row in rows] == ["100", "total"]
    for row in rows:
        assert (row["period_start"], row["period_end"]) == (date(2026, 1, 1), date(2026, 1, 31))
        assert (row["provider"], row["commissioner"], row["part"]) == ("RXF", "03R", "incomplete")
        assert (row["pathways"], row["known_clock_start"], row["within_18_weeks"]) == (164, 164, 9)
        assert (row["over_52_weeks"], row["over_65_weeks"]) == (150, 140)
        assert (row["over_78_weeks"], row["over_104_weeks"]) == (120, 80)


def test_unknown_clock_starts_are_pathways_without_a_known_wait(tmp_path, engine):
    file = write_extract(tmp_path / "jan.csv", with_total(extract_row("Part_1A", "C_100", {3: 7}, unknown=2)))
    row = tidied(file, engine)[0][0]
    assert (row["pathways"], row["known_clock_start"], row["within_18_weeks"]) == (9, 7, 7)


def test_new_periods_have_no_waits_rather_than_none_within_18_weeks(tmp_path, engine):
    file = write_extract(tmp_path / "jan.csv", with_total(extract_row("Part_3", "C_100", all_pathways=12)))
    row = tidied(file, engine)[0][0]
    assert (row["part"], row["pathways"]) == ("new_periods", 12)
    assert [row[name] for name in ("known_clock_start", "within_18_weeks", "over_52_weeks")] == [None] * 3


def test_nobody_over_52_weeks_is_zero_where_weeks_were_given(tmp_path, engine):
    file = write_extract(tmp_path / "jan.csv", with_total(extract_row("Part_2", "C_100", {60: 4})))
    row = tidied(file, engine)[0][0]
    assert (row["within_18_weeks"], row["over_52_weeks"], row["over_104_weeks"]) == (0, 4, 0)


def test_extracts_that_end_at_52_weeks_cannot_tell_longer_waits(tmp_path, engine):
    rows = with_total(extract_row("Part_2", "C_100", {2: 3, 52: 4}, Period="RTT-February-2019"))
    row = tidied(write_extract(tmp_path / "feb.csv", rows, last_week=52), engine)[0][0]
    assert row["period_end"] == date(2019, 2, 28)
    assert (row["within_18_weeks"], row["over_52_weeks"]) == (3, 4)
    assert [row[f"over_{weeks}_weeks"] for weeks in (65, 78, 104)] == [None] * 3


def test_a_zip_reads_like_its_csv(tmp_path, engine):
    rows = with_total(extract_row("Part_2", "X02", {0: 5}), extract_row("Part_2", "C_101", {30: 2}))
    from_zip, _ = tidied(write_extract(tmp_path / "jan.zip", rows), engine)
    from_csv, _ = tidied(write_extract(tmp_path / "jan.csv", rows), engine)
    assert from_zip == from_csv
    assert [(row["specialty"], row["pathways"]) for row in from_zip] == [("101", 2), ("X02", 5), ("total", 7)]


def test_the_specialties_are_the_control_total_of_the_total_rows(tmp_path, engine):
    admitted = with_total(extract_row("Part_1A", "C_100", {1: 3}), extract_row("Part_1A", "C_110", {2: 4}))
    waiting = with_total(extract_row("Part_2", "C_100", {1: 9}, commissioner=LONDON_HUB))
    _, account = tidied(write_extract(tmp_path / "jan.csv", admitted + waiting), engine)
    assert [(total.where["part"], total.published) for total in account.totals] == [
        ("completed_admitted", 7),
        ("incomplete", 9),
    ]
    assert all(total.where["specialty"] == "total" for total in account.totals)


def test_commissioners_that_are_no_areas_are_counted_but_not_listed(tmp_path, engine):
    rows = with_total(extract_row("Part_2", "C_100", {0: 5}))
    rows += with_total(extract_row("Part_2", "C_100", {0: 1}, commissioner=LONDON_HUB))
    figures, account = tidied(write_extract(tmp_path / "jan.csv", rows), engine)
    assert {row["commissioner"] for row in figures} == {"03R", "13R"}
    areas = engine.to_arrow(account.tables["area_list"])
    assert areas.schema == TIDIED["area_list"].schema
    named = {
        (area["area_type"], area["code"]): (area["name"], area["parent_code"]) for area in areas.to_pylist()
    }
    assert named == {
        ("provider", "RXF"): ("Mid Yorkshire Teaching NHS Trust", "QWO"),
        ("sub_icb", "03R"): ("Wakefield", "QWO"),
        ("icb", "QWO"): ("West Yorkshire", None),
    }


def test_a_row_of_an_unknown_part_is_refused_with_its_reason(tmp_path, engine):
    rows = [
        *with_total(extract_row("Part_2", "C_100", {0: 5})),
        extract_row("Part_9", "C_100", {0: 5}, all_pathways=5),
    ]
    figures, account = tidied(write_extract(tmp_path / "jan.csv", rows), engine)
    assert (account.rows_read, account.rows_kept, len(figures)) == (3, 2, 2)
    assert "part" in account.refusals[0].reason
    assert "Part_9" in account.refusals[0].example


def test_text_in_a_number_is_a_fault_naming_line_and_column(tmp_path, engine):
    rows = with_total(extract_row("Part_2", "C_100", {0: 5}))
    rows[1]["weeks"] = {0: "five"}
    found = fault_of(write_extract(tmp_path / "jan.csv", rows), engine)
    assert "five" in found
    assert "line 3" in found.lower()
    assert "Gt 00 To 01 Weeks SUM 1" in found


@pytest.mark.parametrize("pathways", ["-5", "nan", "inf"])
def test_a_count_that_cannot_be_is_a_fault_naming_the_row(tmp_path, engine, pathways):
    rows = with_total(extract_row("Part_1A", "C_100", {0: 5}))
    rows[0]["weeks"] = {0: 5, 1: pathways}
    found = fault_of(write_extract(tmp_path / "jan.csv", rows), engine)
    assert "negative" in found
    assert "provider RXF, commissioner 03R, Part_1A, specialty 100" in found


def test_a_row_given_twice_is_a_fault(tmp_path, engine):
    rows = with_total(extract_row("Part_2", "C_100", {0: 5}))
    found = fault_of(write_extract(tmp_path / "jan.csv", [*rows, rows[0]]), engine)
    assert "03R" in found
    assert "2 rows" in found


def test_weeks_that_do_not_add_up_to_the_total_are_a_fault(tmp_path, engine):
    rows = with_total(extract_row("Part_1A", "C_100", {0: 5}))
    rows[0]["weeks"] = {0: 4}
    assert "do not add up" in fault_of(write_extract(tmp_path / "jan.csv", rows), engine)


def test_swapped_headings_of_the_totals_are_a_fault(tmp_path, engine):
    rows = with_total(extract_row("Part_1A", "C_100", {0: 5}, unknown=2))
    swapped = {"Total": "Total All", "Total All": "Total"}
    assert "do not add up" in fault_of(write_extract(tmp_path / "jan.csv", rows, rename=swapped), engine)


def test_specialties_that_differ_from_their_total_are_a_fault(tmp_path, engine):
    rows = with_total(extract_row("Part_2", "C_100", {0: 5}), extract_row("Part_2", "C_110", {0: 1}))
    found = fault_of(write_extract(tmp_path / "jan.csv", [rows[0], rows[2]]), engine)
    assert "specialties add up to 5 pathways" in found
    assert "(C_999) says 6 pathways" in found


def test_a_file_cut_off_before_its_total_row_is_a_fault(tmp_path, engine):
    rows = with_total(extract_row("Part_2", "C_100", {0: 5}))
    found = fault_of(write_extract(tmp_path / "jan.csv", rows[:1]), engine)
    assert "(C_999) says nothing" in found


def test_a_file_cut_off_inside_a_row_is_a_fault(tmp_path, engine):
    file = write_extract(tmp_path / "jan.csv", with_total(extract_row("Part_2", "C_100", {0: 5})))
    file.path.write_bytes(file.path.read_bytes()[:-60])
    assert "cut off" in fault_of(SourceFile(file.path), engine)


def test_names_that_are_not_utf_8_are_a_fault_not_a_guess(tmp_path):
    file = write_extract(tmp_path / "jan.csv", with_total(extract_row("Part_2", "C_100", {0: 5})))
    file.path.write_bytes(file.path.read_bytes().replace(b"YORKSHIRE", "YORKSHÏRE".encode("latin-1")))
    with pytest.raises(SourceFileError, match=r"jan\.csv: the text is not UTF-8\. Save it"):
        rtt_waiting_times.recognise(SourceFile(file.path))


def test_an_extract_of_two_months_is_a_fault(tmp_path, engine):
    rows = with_total(extract_row("Part_2", "C_100", {0: 5}))
    rows[1]["Period"] = "RTT-December-2025"
    assert "2 periods" in fault_of(write_extract(tmp_path / "jan.csv", rows), engine)


def test_an_extract_without_rows_is_a_fault(tmp_path, engine):
    assert "no rows" in fault_of(write_extract(tmp_path / "jan.csv", []), engine)


def test_a_renamed_column_is_not_taken_for_the_extract(tmp_path):
    rows = with_total(extract_row("Part_2", "C_100", {0: 5}))
    file = write_extract(tmp_path / "jan.csv", rows, rename={"Total All": "All"})
    assert not rtt_waiting_times.recognise(file)


def test_england_and_the_106_areas_of_january_2026(real_data, engine):
    """The totals of NHS England's statistical press notice, as listed beside the real files."""
    rows, account = tidied(SourceFile(next((real_data / "rtt").glob("Full-CSV*.zip"))), engine)
    assert account.rows_read == account.rows_kept == len(rows) == 183_417
    areas = engine.to_arrow(account.tables["area_list"]).to_pylist()
    sub_icbs = {area["code"] for area in areas if area["area_type"] == "sub_icb"}
    assert len(sub_icbs) == 106
    assert len([area for area in areas if area["area_type"] == "icb"]) == 42
    england, in_areas = {}, {}
    for row in rows:
        if row["specialty"] == "total":
            england[row["part"]] = england.get(row["part"], 0) + row["pathways"]
            if row["commissioner"] in sub_icbs:
                in_areas[row["part"]] = in_areas.get(row["part"], 0) + row["pathways"]
    assert england == {
        "completed_admitted": 302_826,
        "completed_non_admitted": 1_251_335,
        "incomplete": 7_187_677,
        "incomplete_with_decision_to_admit": 1_189_547,
        "new_periods": 1_773_734,
    }
    assert {total.where["part"]: total.published for total in account.totals} == england
    del in_areas["incomplete_with_decision_to_admit"]
    assert in_areas == {
        "completed_admitted": 293_421,
        "completed_non_admitted": 1_214_324,
        "incomplete": 7_019_467,
        "new_periods": 1_737_344,
    }


@pytest.mark.parametrize(
    ("published", "written"),
    [
        ("NHS CORNWALL AND THE ISLES OF SCILLY INTEGRATED CARE BOARD", "Cornwall and the Isles of Scilly"),
        ("NHS Hampshire and Isle Of Wight ICB", "Hampshire and Isle of Wight"),
        ("NHS STOKE-ON-TRENT (SUB ICB LOCATION)", "Stoke-on-Trent"),
        ("GUY'S AND ST THOMAS' NHS FOUNDATION TRUST", "Guy's and St Thomas' NHS Foundation Trust"),
        ("THE NEWCASTLE-UNDER-LYME GP GROUP LTD", "The Newcastle-under-Lyme GP Group Ltd"),
    ],
)
def test_names_are_written_as_people_write_them(published, written):
    assert without_nhs(published) == written


# The commissioner workbooks.

HEAD = {
    "Title:": "Referral to Treatment (RTT) Waiting Times",
    "Summary:": "Monthly Referral to Treatment (RTT) waiting times for completed admitted pathways.",
    "Period:": "December 2024",
    "Basis:": "Commissioner",
    "Published:": "13th February 2025",
    "Revised:": "10th July 2025",
}
ALL, KNOWN = (
    "Total number of completed pathways (all)",
    "Total number of completed pathways (with a known clock start)",
)


def workbook_row(code, specialty, weeks, unknown=0):
    known = sum(weeks.values())
    return {
        "Org Code": code,
        "Treatment Function Code": specialty,
        "weeks": weeks,
        ALL: known + unknown,
        KNOWN: known,
    }


def write_workbook(path, rows, national=None, head=None, notes=0, rename=None):
    """A workbook in today's layout. ``notes``: more lines above the headings; ``national``: its total."""
    weeks = [*(f">{n}-{n + 1}" for n in range(104)), "104 plus"]
    totals = [ALL, KNOWN, "Total 52 plus weeks"]
    book = xlsxwriter.Workbook(path)
    for name in ("National", "Sub-ICB"):
        sheet = book.add_worksheet(name)
        for line, (label, text) in enumerate((HEAD | (head or {})).items(), start=1):
            sheet.write_row(line, 1, [label, text])
        first = 9 + notes
        codes = ["Treatment Function Code"] if name == "National" else ["Org Code", "Treatment Function Code"]
        headings = [*codes, *weeks, *totals]
        sheet.write_row(first, 1, [(rename or {}).get(heading, heading) for heading in headings])
        england = {"Treatment Function Code": "C_999", "weeks": {}, KNOWN: "-"}
        england[ALL] = (
            national if national is not None else sum(r[ALL] for r in rows if "999" in r[codes[-1]])
        )
        for line, row in enumerate([england] if name == "National" else rows, start=first + 1):
            over_52 = sum(n for week, n in row["weeks"].items() if week >= 52)
            counts = [row["weeks"].get(n, 0) for n in range(105)]
            given = [row[ALL], row[KNOWN], row.get("Total 52 plus weeks", over_52)]
            sheet.write_row(line, 1, [*(row[code] for code in codes), *counts, *given])
    book.close()
    return SourceFile(path)


DECEMBER = [
    workbook_row("03R", "C_100", {0: 3, 18: 1, 52: 2}, unknown=1),
    workbook_row("03R", "C_999", {0: 3, 18: 1, 52: 2}, unknown=1),
]


def test_a_workbook_gives_a_part_of_a_month_without_providers(tmp_path, engine):
    file = write_workbook(tmp_path / "admitted.xlsx", DECEMBER)
    rows, account = tidied(file, engine, rtt_commissioner_workbooks)
    assert rows[0] == {
        "period_start": date(2024, 12, 1),
        "period_end": date(2024, 12, 31),
        "provider": None,
        "commissioner": "03R",
        "part": "completed_admitted",
        "specialty": "100",
        "pathways": 7,
        "known_clock_start": 6,
        "within_18_weeks": 3,
        "over_52_weeks": 2,
        "over_65_weeks": 0,
        "over_78_weeks": 0,
        "over_104_weeks": 0,
    }
    assert rows[1]["specialty"] == "total"
    assert (account.rows_read, account.rows_kept) == (2, 2)


def test_the_revision_dates_the_edition_and_the_national_sheet_controls_it(tmp_path, engine):
    file = write_workbook(tmp_path / "admitted.xlsx", DECEMBER, national=8)
    account = rtt_commissioner_workbooks.tidy(file, engine)
    assert account.published == date(2025, 7, 10)
    assert account.totals[0].published == 8
    first = write_workbook(tmp_path / "first.xlsx", DECEMBER, head={"Revised:": "-"})
    assert rtt_commissioner_workbooks.tidy(first, engine).published == date(2025, 2, 13)


def test_headings_are_found_below_more_lines_of_notes(tmp_path, engine):
    file = write_workbook(tmp_path / "admitted.xlsx", DECEMBER, notes=7)
    assert len(tidied(file, engine, rtt_commissioner_workbooks)[0]) == 2


def test_headings_beyond_row_30_are_a_fault(tmp_path, engine):
    file = write_workbook(tmp_path / "admitted.xlsx", DECEMBER, notes=25)
    found = fault_of(file, engine, rtt_commissioner_workbooks)
    assert "30 rows" in found
    assert "Treatment Function Code" in found


def test_a_dash_is_a_missing_count_not_a_zero(tmp_path, engine):
    rows = [workbook_row("03R", code, {0: 0}) for code in ("C_100", "C_999")]
    for row in rows:
        row[ALL] = row[KNOWN] = "-"
    figures, _ = tidied(
        write_workbook(tmp_path / "a.xlsx", rows, national=0), engine, rtt_commissioner_workbooks
    )
    assert [row["pathways"] for row in figures] == [None, None]


def test_text_in_a_count_is_a_fault_naming_sheet_row_and_column(tmp_path, engine):
    rows = [dict(row) for row in DECEMBER]
    rows[0][ALL] = "seven"
    found = fault_of(
        write_workbook(tmp_path / "a.xlsx", rows, national=7), engine, rtt_commissioner_workbooks
    )
    assert 'sheet "Sub-ICB", row 11' in found
    assert ALL in found
    assert '"seven"' in found


def test_a_renamed_heading_is_a_fault_naming_it(tmp_path, engine):
    file = write_workbook(tmp_path / "a.xlsx", DECEMBER, rename={KNOWN: "Known"})
    assert f'the heading "{KNOWN}" is not there' in fault_of(file, engine, rtt_commissioner_workbooks)


def test_swapped_headings_of_weeks_are_found_by_the_publishers_own_sums(tmp_path, engine):
    file = write_workbook(tmp_path / "a.xlsx", DECEMBER, rename={">18-19": ">52-53", ">52-53": ">18-19"})
    found = fault_of(file, engine, rtt_commissioner_workbooks)
    assert '"Total 52 plus weeks" says 2' in found


def test_a_commissioner_given_twice_in_a_workbook_is_a_fault(tmp_path, engine):
    file = write_workbook(tmp_path / "a.xlsx", DECEMBER + DECEMBER, national=14)
    assert "03R" in fault_of(file, engine, rtt_commissioner_workbooks)


def test_specialties_of_a_workbook_must_add_up_to_its_totals(tmp_path, engine):
    file = write_workbook(tmp_path / "a.xlsx", DECEMBER[1:])
    assert "specialties add up to 0" in fault_of(file, engine, rtt_commissioner_workbooks)


def test_a_row_without_a_commissioner_is_refused_with_its_row(tmp_path, engine):
    rows = [*DECEMBER, workbook_row("", "C_100", {0: 1})]
    _, account = tidied(write_workbook(tmp_path / "a.xlsx", rows), engine, rtt_commissioner_workbooks)
    assert (account.rows_read, account.rows_kept) == (3, 2)
    assert account.refusals[0].example == "row 13"


@pytest.mark.parametrize(
    "changed",
    [
        {"Basis:": "Provider"},
        {"Title:": "Diagnostic Waiting Times"},
        {"Summary:": "Monthly Referral to Treatment (RTT) waiting times for adjusted admitted pathways."},
    ],
)
def test_other_workbooks_of_the_same_shape_are_left_alone(tmp_path, changed):
    file = write_workbook(tmp_path / "other.xlsx", DECEMBER, head=changed)
    assert not rtt_commissioner_workbooks.recognise(file)


def test_a_cut_off_workbook_is_a_fault(tmp_path):
    whole = write_workbook(tmp_path / "whole.xlsx", DECEMBER)
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(whole.path.read_bytes()[:3000])
    with pytest.raises(SourceFileError, match=r"cut\.xlsx: it is damaged"):
        rtt_commissioner_workbooks.recognise(SourceFile(cut))


@pytest.mark.parametrize(
    ("name", "part", "month_end", "england"),
    [
        (
            "Admitted-Commissioner-Dec24-XLSX-2M-revised.xlsx",
            "completed_admitted",
            date(2024, 12, 31),
            275_133,
        ),
        ("ccg_2014_15/Admitted*Dec14*.xls", "completed_admitted", date(2014, 12, 31), 279_866),
        ("ccg_2014_15/Admitted*Jan15*.xls", "completed_admitted", date(2015, 1, 31), 303_346),
        ("ccg_2014_15/NonAdmitted*Dec14*.xls", "completed_non_admitted", date(2014, 12, 31), 821_097),
        ("ccg_2014_15/NonAdmitted*Jan15*.xls", "completed_non_admitted", date(2015, 1, 31), 892_977),
        ("ccg_2014_15/Incomplete*Dec14*.xls", "incomplete", date(2014, 12, 31), 2_928_414),
        ("ccg_2014_15/Incomplete*Jan15*.xls", "incomplete", date(2015, 1, 31), 2_924_045),
    ],
)
def test_england_total_of_every_workbook(real_data, engine, name, part, month_end, england):
    file = SourceFile(next((real_data / "rtt").glob(name)))
    rows, account = tidied(file, engine, rtt_commissioner_workbooks)
    totals = [row for row in rows if row["specialty"] == "total"]
    assert sum(row["pathways"] for row in totals) == account.totals[0].published == england
    assert {(row["part"], row["period_end"], row["provider"]) for row in rows} == {(part, month_end, None)}
    assert all((row["over_65_weeks"] is None) == (month_end.year < 2020) for row in rows)
    assert account.published.month == 7  # all seven files are July's revisions


def test_the_106_areas_of_december_2024(real_data, engine):
    extract = SourceFile(next((real_data / "rtt").glob("Full-CSV*.zip")))
    areas = engine.to_arrow(rtt_waiting_times.tidy(extract, engine).tables["area_list"]).to_pylist()
    sub_icbs = {area["code"] for area in areas if area["area_type"] == "sub_icb"}
    file = SourceFile(next((real_data / "rtt").glob("Admitted-Commissioner-Dec24*.xlsx")))
    rows, _ = tidied(file, engine, rtt_commissioner_workbooks)
    in_areas = [row for row in rows if row["specialty"] == "total" and row["commissioner"] in sub_icbs]
    assert (len(in_areas), sum(row["pathways"] for row in in_areas)) == (106, 267_057)


# Who submitted.


def write_submitters(path, **changed):
    columns = {
        "nhs_trust22_code": ["RHQ", "RHQ", "RXF"],
        "nhs_trust22_name": ["SHEFFIELD", "SHEFFIELD", "MID YORKSHIRE"],
        "date": ["2024-02-01", "2024-02-01", "2024-02-01"],
        "treatment": ["Total", "Urology", "Total"],
        "waits_over_18_weeks": [30.0, 10.0, None],
        "waits_over_52_weeks": [3.0, 1.0, 0.0],
    }
    pq.write_table(pa.table(columns | changed), path)
    return SourceFile(path)


def test_each_provider_and_month_is_one_submission(tmp_path, engine):
    file = write_submitters(tmp_path / "trust.parquet")
    assert rtt_submitters.recognise(file)
    account = rtt_submitters.tidy(file, engine)
    rows = engine.to_arrow(account.tables["rtt_submitters"])
    assert rows.schema == TIDIED["rtt_submitters"].schema
    assert [(row["provider"], row["over_18_weeks"]) for row in rows.sort_by("provider").to_pylist()] == [
        ("RHQ", 30),
        ("RXF", None),
    ]
    assert rows["period_end"].unique().to_pylist() == [date(2024, 2, 29)]
    assert (account.rows_read, account.rows_kept, account.refusals[0].rows) == (3, 2, 1)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"treatment": ["Total", "Total", "Total"]}, "RHQ"),
        ({"treatment": ["Urology", "ENT", "ENT"]}, '"Total"'),
        ({"nhs_trust22_code": [None, "RHQ", "RXF"]}, "no code or date"),
        ({"waits_over_18_weeks": [-1.0, 0.0, 0.0]}, "negative"),
        ({"date": ["February", "2024-02-01", "2024-02-01"]}, "February"),
    ],
)
def test_damaged_submissions_are_a_fault(tmp_path, engine, changed, words):
    assert words in fault_of(write_submitters(tmp_path / "trust.parquet", **changed), engine, rtt_submitters)


def test_sheffield_submitted_in_every_month_from_2019_to_2025(real_data, engine):
    account = rtt_submitters.tidy(SourceFile(real_data / "rtt" / "england_rtt_trust.parquet"), engine)
    assert account.rows_read == 302_153
    rows = engine.to_arrow(account.tables["rtt_submitters"]).to_pylist()
    months = sorted(row["period_start"] for row in rows if row["provider"] == "RHQ")
    assert (len(months), months[0], months[-1]) == (74, date(2019, 1, 1), date(2025, 2, 1))


def test_the_table_by_board_of_provider_is_not_read(real_data):
    assert not rtt_submitters.recognise(SourceFile(real_data / "rtt" / "england_rtt_stp.parquet"))


def weeks_of(account, engine, **where):
    """Rows of rtt_weeks that match: (body, pathways, weeks as {week: pathways})."""
    rows = engine.to_arrow(account.tables["rtt_weeks"])
    assert rows.schema == TIDIED["rtt_weeks"].schema
    found = [row for row in rows.to_pylist() if all(row[name] == value for name, value in where.items())]
    by_week = [
        row["weeks"] and {week: count for week, count in enumerate(row["weeks"]) if count} for row in found
    ]
    return [(row["body"], row["pathways"], weeks) for row, weeks in zip(found, by_week, strict=True)]


def test_weeks_are_summed_by_commissioner_and_by_provider(tmp_path, engine):
    at_leeds = {"Provider Org Code": "RR8"}
    rows = [
        *with_total(extract_row("Part_1A", "C_100", {3: 7}, unknown=2)),
        *with_total(extract_row("Part_1A", "C_100", {3: 1, 104: 5}, **at_leeds)),
        *with_total(extract_row("Part_1A", "C_100", {0: 4}, commissioner=LONDON_HUB, **at_leeds)),
    ]
    _, account = tidied(write_extract(tmp_path / "jan.csv", rows), engine)
    of = {"part": "completed_admitted", "specialty": "100"}
    assert weeks_of(account, engine, counted_by="commissioner", **of) == [
        ("03R", 15, {3: 8, 104: 5}),
        ("13R", 4, {0: 4}),
    ]
    assert weeks_of(account, engine, counted_by="provider", **of) == [
        ("RR8", 10, {0: 4, 3: 1, 104: 5}),
        ("RXF", 9, {3: 7}),
    ]


def test_new_periods_have_no_weeks_and_a_subset_of_the_list_has_no_row(tmp_path, engine):
    rows = [
        *with_total(extract_row("Part_3", "C_100", all_pathways=12)),
        *with_total(extract_row("Part_2", "C_100", {60: 4})),
        *with_total(extract_row("Part_2A", "C_100", {60: 3})),
    ]
    _, account = tidied(write_extract(tmp_path / "jan.csv", rows), engine)
    assert weeks_of(account, engine, part="new_periods", specialty="total", counted_by="provider") == [
        ("RXF", 12, None)
    ]
    assert weeks_of(account, engine, part="incomplete", specialty="total", counted_by="provider") == [
        ("RXF", 4, {60: 4})
    ]
    assert weeks_of(account, engine, part="incomplete_with_decision_to_admit") == []


def test_an_old_layout_has_as_many_weeks_as_it_published(tmp_path, engine):
    rows = with_total(extract_row("Part_2", "C_100", {2: 3, 52: 4}, Period="RTT-February-2019"))
    _, account = tidied(write_extract(tmp_path / "feb.csv", rows, last_week=52), engine)
    (row, *_) = engine.to_arrow(account.tables["rtt_weeks"]).to_pylist()
    assert (len(row["weeks"]), row["weeks"][2], row["weeks"][52]) == (53, 3, 4)


def test_a_week_that_is_no_whole_number_is_refused(tmp_path, engine):
    file = write_extract(tmp_path / "jan.csv", with_total(extract_row("Part_2", "C_100", {2: 3.5})))
    assert "not a whole number" in fault_of(file, engine)


def test_the_real_weeks_add_up_to_every_pathway_with_a_known_clock_start(real_data, engine):
    file = SourceFile(next((real_data / "rtt").glob("Full-CSV*.zip")))
    account = rtt_waiting_times.tidy(file, engine)
    rows = engine.to_arrow(account.tables["rtt_weeks"]).to_pandas()
    known = engine.to_arrow(account.tables["rtt"]).to_pandas()
    counted = rows[rows["weeks"].notna()].assign(known=rows["weeks"].dropna().map(sum))
    for by in ("commissioner", "provider"):
        own = counted[counted["counted_by"] == by].set_index(["body", "part", "specialty"])["known"]
        theirs = known.groupby([by, "part", "specialty"])["known_clock_start"].sum().reindex(own.index)
        assert (own == theirs).all()
        assert own.xs(("incomplete", "total"), level=("part", "specialty")).sum() == 7_187_677


def test_a_real_workbook_has_weeks_by_commissioner_only(real_data, engine):
    file = SourceFile(next((real_data / "rtt" / "ccg_2014_15").glob("*.xls")))
    account = rtt_commissioner_workbooks.tidy(file, engine)
    rows = engine.to_arrow(account.tables["rtt_weeks"]).to_pylist()
    rtt = engine.to_arrow(account.tables["rtt"]).to_pylist()
    assert {row["counted_by"] for row in rows} == {"commissioner"}
    assert {len(row["weeks"]) for row in rows if row["weeks"]} == {53}
    assert len(rows) == len(rtt)
    within = {(row["commissioner"], row["specialty"]): row["within_18_weeks"] for row in rtt}
    assert all(sum(r["weeks"][:18]) == within[r["body"], r["specialty"]] for r in rows if r["weeks"])
