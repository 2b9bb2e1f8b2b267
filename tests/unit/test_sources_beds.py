"""Beds: a quarter's workbook and its Parquet copy, and the months of the daily reports."""

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import overnight_beds, situation_report_beds
from careatlas.sources.source import SourceFile

SECTORS = ["General & Acute", "Learning Disabilities", "Maternity", "Mental Illness"]
TITLE = "Average daily number of available and occupied beds open overnight by sector"
ONE_TRUST = {"RAA": ((100.5, 0, 20, 0), (90.5, 0, 12, 0))}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def rows_of(engine, tidied, table):
    rows = engine.to_arrow(tidied.tables[table], TIDIED[table].schema).to_pylist()
    return sorted(rows, key=lambda row: [str(row[name]) for name in TIDIED[table].key])


def workbook(
    folder,
    trusts=ONE_TRUST,
    month="June",
    year="2025-26",
    total=None,
    quality=(),
    groups=overnight_beds.GROUPS,
):
    """A workbook of the publisher's layout; ``total`` replaces the country's beds available, and their share."""
    headings = ["Total ", *SECTORS]

    def figures(available, occupied):
        both = [sum(available), *available], [sum(occupied), *occupied]
        shares = [part / whole if whole else "-" for whole, part in zip(*both, strict=True)]
        return [*both[0], "", *both[1], "", *shares]

    country = figures(
        *(tuple(map(sum, zip(*side, strict=True))) for side in zip(*trusts.values(), strict=True))
    )
    if total is not None:
        country[0], country[12] = total, country[6] / total
    lines = [
        ["", "Title:", TITLE],
        ["", "Published:", "21st August 2025"],
        [*[""] * 6, *(text for group in groups for text in (group, *[""] * 5))],
        ["", "Year", "Period End", "Region Code", "Org Code", "Org Name", *([*headings, ""] * 3)],
        ["", year, month, "", "", "England", *country],
        [],
        *(
            ["", year, month, "Y63", code, f"{code} NHS TRUST", *figures(*beds)]
            for code, beds in trusts.items()
        ),
    ]
    path = folder / "beds.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, rows in (("Data Quality", quality), ("NHS Trust by Sector", lines)):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return SourceFile(path)


def test_beds_by_sector_on_the_average_day_of_a_quarter(engine, tmp_path):
    """A sector in which the trust has no beds is not there: nobody asked how full it is."""
    file = workbook(tmp_path)
    assert overnight_beds.recognise(file)
    tidied = overnight_beds.tidy(file, engine)
    quarter = {"period_start": date(2025, 4, 1), "period_end": date(2025, 6, 30), "provider": "RAA"}
    assert rows_of(engine, tidied, "overnight_beds") == [
        quarter | {"sector": "general_and_acute", "available": 100.5, "occupied": 90.5},
        quarter | {"sector": "maternity", "available": 20.0, "occupied": 12.0},
    ]
    assert (tidied.rows_read, tidied.rows_kept, tidied.published) == (2, 1, date(2025, 8, 21))


@pytest.mark.parametrize(
    ("month", "first", "last"),
    [("March", date(2026, 1, 1), date(2026, 3, 31)), ("December", date(2025, 10, 1), date(2025, 12, 31))],
)
def test_the_last_quarter_lies_in_the_second_year_of_the_financial_year(engine, tmp_path, month, first, last):
    (row, _) = rows_of(engine, overnight_beds.tidy(workbook(tmp_path, month=month), engine), "overnight_beds")
    assert (row["period_start"], row["period_end"]) == (first, last)


def test_trusts_that_did_not_submit_are_named_with_what_was_put_in_their_place(engine, tmp_path):
    quality = [
        ["Data Quality KH03"],
        ["The following trusts did not submit and an estimate was submitted on their behalf:"],
        ["RAA", "RAA NHS TRUST"],
        ["The following trusts did not submit and the previous year period was used:"],
        ["RBB", "RBB NHS TRUST"],
    ]
    file = workbook(tmp_path, ONE_TRUST | {"RBB": ONE_TRUST["RAA"]}, quality=quality)
    found = rows_of(engine, overnight_beds.tidy(file, engine), "estimated_returns")
    assert [(row["provider"], row["how"]) for row in found] == [
        ("RAA", "an estimate"),
        ("RBB", "the previous year's figure"),
    ]
    assert {(row["table"], row["period_end"]) for row in found} == {("overnight_beds", date(2025, 6, 30))}


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"total": 500}, "the sectors have 120.5 beds available, the total 500"),
        ({"month": "July"}, 'row 5: "2025-26" and "July" name no quarter'),
        ({"groups": ("Available", "Occupied", "Share")}, '"Total" should stand once under each of Available'),
        (
            {"trusts": {"RAA": ((100, 0, 0, 0), (90, 0, 0, 0)), "": ONE_TRUST["RAA"]}},
            "has 2 rows without a code",
        ),
    ],
    ids=["sectors and total", "no quarter", "headings", "two countries"],
)
def test_a_workbook_that_does_not_agree_with_itself_is_refused(engine, tmp_path, changed, fault):
    with pytest.raises(SourceFileError, match=fault):
        overnight_beds.tidy(workbook(tmp_path, **changed), engine)


def copy(folder, **changed):
    row = {
        "quarter": "2021-22 Q4", "org_code": "RAA", "org_name": "RAA NHS TRUST",
        "specialty_group": "general_and_acute", "available_total": 100.0, "occupied_total": 90.0,
        "specialty_code": "100", "occupied": 60.0,
    } | changed  # fmt: skip
    path = folder / "copy.parquet"
    pq.write_table(pa.Table.from_pylist([row, row | {"specialty_code": "300", "occupied": 30.0}]), path)
    return SourceFile(path)


def test_group_totals_beside_each_specialty_count_once_and_the_quarters_name_is_believed(engine, tmp_path):
    tidied = overnight_beds.tidy(copy(tmp_path), engine)
    (row,) = rows_of(engine, tidied, "overnight_beds")
    assert (row["available"], row["occupied"]) == (100.0, 90.0)
    assert (row["period_start"], row["period_end"]) == (date(2022, 1, 1), date(2022, 3, 31))
    assert tidied.rows_kept == 2


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"occupied_total": 80.0}, "specialties add up to 90 beds, the total says 80"),
        ({"quarter": "2021 Q5"}, "not one such as 2021-22 Q4"),
        ({"specialty_group": "Acute"}, "not a sector"),
    ],
)
def test_a_copy_that_does_not_agree_with_itself_is_refused(engine, tmp_path, changed, fault):
    with pytest.raises(SourceFileError, match=fault):
        overnight_beds.tidy(copy(tmp_path, **changed), engine)


def reports(folder, *rows):
    """Rows of (trust, month, adult beds, of them occupied); no other beds are reported."""
    blank = dict.fromkeys(situation_report_beds.FIGURES)
    named = ("adult_general_acute_beds_available", "adult_general_acute_beds_occupied")
    whole = [
        {"nhs_trust22_code": trust, "date": month} | blank | dict(zip(named, beds, strict=True))
        for trust, month, *beds in rows
    ]
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("nhs_trust22_code", "date")),
            *((name, pa.float64()) for name in blank),
        ]
    )
    path = folder / "reports.parquet"
    pq.write_table(pa.Table.from_pylist(whole, schema=schema), path)
    return SourceFile(path)


def test_blank_cells_and_trusts_without_such_beds_are_no_rows(engine, tmp_path):
    file = reports(tmp_path, ("RAA", "April 2022", 500.0, 460.0), ("RBB", "April 2022", 0.0, 0.0))
    assert situation_report_beds.recognise(file)
    found = rows_of(engine, situation_report_beds.tidy(file, engine), "situation_report_beds")
    assert found == [
        {
            "period_start": date(2022, 4, 1), "period_end": date(2022, 4, 30), "provider": "RAA",
            "kind": "adult_general_and_acute", "available": 500.0, "occupied": 460.0,
        }
    ]  # fmt: skip


def test_two_months_with_the_same_figures_for_all_trusts_are_both_refused(engine, tmp_path):
    trusts = [(f"RA{number}", 500.0 + number, 460.0) for number in range(10)]
    rows = [(code, month, *beds) for code, *beds in trusts for month in ("July 2022", "August 2022")]
    rows += [(code, "September 2022", open_beds, occupied + 1) for code, open_beds, occupied in trusts]
    tidied = situation_report_beds.tidy(reports(tmp_path, *rows), engine)
    assert {row["period_end"] for row in rows_of(engine, tidied, "situation_report_beds")} == {
        date(2022, 9, 30)
    }
    assert [(refusal.rows, refusal.reason) for refusal in tidied.refusals] == [
        (20, situation_report_beds.REPEATED)
    ]


def test_one_trust_with_the_same_beds_two_months_running_is_believed(engine, tmp_path):
    file = reports(tmp_path, ("RAA", "July 2022", 10.0, 9.0), ("RAA", "August 2022", 10.0, 9.0))
    assert situation_report_beds.tidy(file, engine).rows_kept == 2


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (("RAA", "April 2022", 460.0, 600.0), "RAA, April 2022: 600 patients in 460 beds"),
        (("RAA", "2022", 500.0, 460.0), "names no month and year"),
    ],
)
def test_figures_in_the_wrong_column_and_months_without_a_name_are_refused(engine, tmp_path, row, fault):
    with pytest.raises(SourceFileError, match=fault):
        situation_report_beds.tidy(reports(tmp_path, row), engine)


# The real files


@pytest.mark.parametrize(
    ("quarter", "trusts", "available"),
    [
        ("Q2-2024-25", 187, 129_759.75),
        ("Q3-2024-25revised", 185, 133_864.43),
        ("Q1-2025-26", 181, 130_059.86),
    ],
)
def test_the_real_workbooks_add_up_to_englands_beds(engine, real_data, quarter, trusts, available):
    file = SourceFile(real_data / "beds" / f"Beds-Open-Overnight-Web_File-{quarter}.xlsx")
    tidied = overnight_beds.tidy(file, engine)
    beds = engine.to_arrow(tidied.tables["overnight_beds"])
    assert tidied.rows_kept == trusts
    assert pc.sum(beds["available"]).as_py() == pytest.approx(available, abs=0.005)


def test_the_real_copy_counts_englands_general_and_acute_beds_once(engine, real_data):
    """Group totals stand beside every specialty: 2,532,358 where all rows are added up."""
    tidied = overnight_beds.tidy(SourceFile(real_data / "beds" / "kh03.parquet"), engine)
    beds = engine.to_arrow(tidied.tables["overnight_beds"])
    last = beds.filter(
        (pc.field("period_end") == date(2022, 3, 31)) & (pc.field("sector") == "general_and_acute")
    )
    assert pc.sum(last["available"]).as_py() == pytest.approx(101_970, abs=0.5)
    assert (tidied.rows_read, tidied.rows_kept) == (169_646, 169_646)
    assert len(pc.unique(beds["period_end"])) == 48


def test_the_real_reports_give_the_published_shares_as_far_as_whole_beds_can(engine, real_data):
    """The publisher's share is of beds before rounding: half a bed above, half a bed below, half a thousandth."""
    path = real_data / "beds" / "england_critical_general_acute_beds.parquet"
    tidied = situation_report_beds.tidy(SourceFile(path), engine)
    assert [(refusal.rows, refusal.example) for refusal in tidied.refusals] == [(274, "August 2022")]
    ours = engine.to_arrow(tidied.tables["situation_report_beds"]).to_pandas()
    theirs = pq.read_table(path).to_pandas()
    theirs["period_start"] = [situation_report_beds.month_named(month)[0] for month in theirs["date"]]
    for kind, rate in {
        "adult_general_and_acute": "adult_general_acute_beds_occupancy_rate",
        "adult_critical_care": "adult_critical_care_occupancy_rate",
    }.items():
        both = ours[ours["kind"] == kind].merge(
            theirs, left_on=["provider", "period_start"], right_on=["nhs_trust22_code", "period_start"]
        )
        both = both[both[rate].notna() & both["occupied"].notna()]
        off = (both["occupied"] / both["available"] - both[rate]).abs()
        allowed = (0.5 + 0.5 * both[rate]) / (both["available"] - 0.5) + 0.0005
        assert len(both) > 5000
        assert (off <= allowed).all()
