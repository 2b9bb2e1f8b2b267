"""Discharges and delays: days that were not reported are missing, not zero."""

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis import _

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import delayed_discharges
from careatlas.sources.source import SourceFile

BOARD = "E54000054"


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def parquet(folder, rows):
    path = folder / "days.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return SourceFile(path)


def remaining(*patients, board=BOARD):
    days = (date(2025, 6, 1) + timedelta(days=number) for number in range(len(patients)))
    return [
        {"icb22_code": board, "date": day.isoformat(), "do_not_meet_criteria_to_reside": float(number)}
        for day, number in zip(days, patients, strict=True)
    ]


def discharged(total, by_17=None, after_17=None, day="2023-05-01"):
    return {
        "icb22_code": BOARD,
        "date": day,
        "discharged_by_1700": by_17,
        "discharged_between_1701_2359": after_17,
        "discharged_total": total,
    }


def rows_of(engine, tidied, table):
    rows = engine.to_arrow(tidied.tables[table], TIDIED[table].schema).to_pylist()
    return sorted(rows, key=lambda row: (row["icb"], row["day"]))


def test_patients_who_remain_by_board_and_day(engine, tmp_path):
    file = parquet(tmp_path, remaining(440))
    assert delayed_discharges.recognise(file)
    assert rows_of(engine, delayed_discharges.tidy(file, engine), "delayed_discharges") == [
        {"day": date(2025, 6, 1), "icb": BOARD, "no_longer_meet_criteria_to_reside": 440.0}
    ]


def test_a_zero_of_a_board_that_usually_has_many_is_missing(engine, tmp_path):
    tidied = delayed_discharges.tidy(parquet(tmp_path, remaining(440, 0, 430)), engine)
    rows = rows_of(engine, tidied, "delayed_discharges")
    assert [row["no_longer_meet_criteria_to_reside"] for row in rows] == [440.0, None, 430.0]
    assert tidied.rows_kept == 3


def test_a_zero_of_a_board_that_usually_has_few_is_a_zero(engine, tmp_path):
    rows = rows_of(
        engine, delayed_discharges.tidy(parquet(tmp_path, remaining(2, 0, 3)), engine), "delayed_discharges"
    )
    assert [row["no_longer_meet_criteria_to_reside"] for row in rows] == [2.0, 0.0, 3.0]


def test_the_split_by_time_is_missing_where_it_was_not_published(engine, tmp_path):
    days = [discharged(208.0, 113.0, 95.0), discharged(200.0, day="2023-06-01")]
    file = parquet(tmp_path, days)
    assert delayed_discharges.recognise(file)
    rows = rows_of(engine, delayed_discharges.tidy(file, engine), "discharges")
    assert [(row["discharged"], row["discharged_by_17"]) for row in rows] == [(208.0, 113.0), (200.0, None)]


def test_a_split_that_does_not_make_the_total_is_a_fault(engine, tmp_path):
    with pytest.raises(
        SourceFileError, match=rf"{BOARD} on 2023-05-01: 113 .* and 95 after do not make 20\."
    ):
        delayed_discharges.tidy(parquet(tmp_path, [discharged(20.0, 113.0, 95.0)]), engine)


@pytest.mark.parametrize("blank", [None, "", " "])
def test_a_row_without_a_board_is_refused_and_counted(engine, tmp_path, blank):
    rows = [*remaining(440), *remaining(12, board=blank)]
    tidied = delayed_discharges.tidy(parquet(tmp_path, rows), engine)
    assert (tidied.rows_read, tidied.rows_kept) == (2, 1)
    assert [(refusal.reason, refusal.rows) for refusal in tidied.refusals] == [("no board code", 1)]


def test_a_board_given_twice_for_a_day_is_a_fault(engine, tmp_path):
    with pytest.raises(SourceFileError, match=f"2 rows say day 2025-06-01, icb {BOARD}"):
        delayed_discharges.tidy(parquet(tmp_path, remaining(440) * 2), engine)


def test_an_unreadable_day_is_a_fault(engine, tmp_path):
    row = remaining(440)[0] | {"date": "1st June"}
    with pytest.raises(SourceFileError, match="column \"date\" says '1st June'"):
        delayed_discharges.tidy(parquet(tmp_path, [row]), engine)


def at_trust(row, code="RAJ"):
    return {"nhs_trust22_code": code} | {name: row[name] for name in row if name != "icb22_code"}


def delayed(*patients, month="2025-02-01", code="RAJ"):
    """A trust's figures of a month, one for each of the first reasons."""
    reasons = [
        "Capacity \u2013 No place",
        "Hospital process - No letter",
        "Interface\u00a0process\u2013 No answer?",
    ]
    return [
        {"nhs_trust22_name": "Mid And South Essex NHS Foundation Trust", "nhs_trust22_code": code,
         "date": month, "delay_reason": reason, "delay_count": number}
        for reason, number in zip(reasons, patients, strict=False)
    ]  # fmt: skip


def by_trust(engine, tidied, table):
    rows = engine.to_arrow(tidied.tables[table], TIDIED[table].schema).to_pylist()
    return sorted(rows, key=lambda row: [str(row[name]) for name in TIDIED[table].key])


def test_patients_discharged_from_a_trust_by_day(engine, tmp_path):
    """The zero of a trust that usually discharges two hundred is missing, and so is its split."""
    days = [(208.0, 113.0, 95.0), (0.0, 0.0, 0.0), (200.0, None, None)]
    rows = [at_trust(discharged(*split, day=f"2023-05-{day:02}")) for day, split in enumerate(days, start=1)]
    file = parquet(tmp_path, rows)
    assert delayed_discharges.recognise(file)
    found = by_trust(engine, delayed_discharges.tidy(file, engine), "trust_discharges")
    assert [(row["provider"], row["discharged"], row["discharged_by_17"]) for row in found] == [
        ("RAJ", 208.0, 113.0),
        ("RAJ", None, None),
        ("RAJ", 200.0, None),
    ]


def test_a_trusts_split_that_does_not_make_the_total_is_a_fault(engine, tmp_path):
    with pytest.raises(SourceFileError, match=r"RAJ on 2023-05-01: 113 .* do not make 20"):
        delayed_discharges.tidy(parquet(tmp_path, [at_trust(discharged(20.0, 113.0, 95.0))]), engine)


@pytest.mark.parametrize("blank", [None, "", " "])
def test_a_row_without_a_trust_is_refused_and_counted(engine, tmp_path, blank):
    rows = [at_trust(discharged(208.0)), at_trust(discharged(None), code=blank)]
    tidied = delayed_discharges.tidy(parquet(tmp_path, rows), engine)
    assert (tidied.rows_read, tidied.rows_kept) == (2, 1)
    assert [(refusal.reason, refusal.rows) for refusal in tidied.refusals] == [("no trust code", 1)]


def test_reasons_for_delay_by_trust_and_month_with_one_kind_of_dash(engine, tmp_path):
    file = parquet(tmp_path, delayed(11.0, 4.0, 0.0))
    assert delayed_discharges.recognise(file)
    found = by_trust(engine, delayed_discharges.tidy(file, engine), "delayed_discharge_reasons")
    assert [(row["reason"], row["patients"]) for row in found] == [
        ("Capacity \u2013 No place", 11.0),
        ("Hospital process \u2013 No letter", 4.0),
        ("Interface process \u2013 No answer", 0.0),
    ]
    assert {(row["period_start"], row["period_end"], row["provider"]) for row in found} == {
        (date(2025, 2, 1), date(2025, 2, 28), "RAJ")
    }


@pytest.mark.parametrize("month", [1, 2, 12])
def test_a_month_of_reasons_ends_with_its_last_day(engine, tmp_path, month):
    file = parquet(tmp_path, delayed(5.0, month=f"2024-{month:02}-01"))
    (row,) = by_trust(engine, delayed_discharges.tidy(file, engine), "delayed_discharge_reasons")
    assert (row["period_end"] - row["period_start"]).days + 1 == {1: 31, 2: 29, 12: 31}[month]


def test_two_reasons_that_differ_only_in_their_dash_are_one_given_twice(engine, tmp_path):
    twice = [*delayed(11.0), *delayed(4.0)]
    twice[1]["delay_reason"] = "Capacity - No place"
    with pytest.raises(SourceFileError, match="2 rows say"):
        delayed_discharges.tidy(parquet(tmp_path, twice), engine)


def test_zero_for_one_reason_is_zero_and_zero_for_all_is_missing(engine, tmp_path):
    """In April nobody was recorded; in the other months 30 and 40 wait in all, so a usual month is above twenty."""
    rows = [*delayed(30.0, 0.0, month="2025-02-01"), *delayed(25.0, 15.0, month="2025-03-01")]
    rows += delayed(0.0, 0.0, month="2025-04-01")
    found = by_trust(
        engine, delayed_discharges.tidy(parquet(tmp_path, rows), engine), "delayed_discharge_reasons"
    )
    assert [row["patients"] for row in found] == [30.0, 0.0, 25.0, 15.0, None, None]


def test_reasons_of_a_day_within_the_month_are_not_taken_for_the_months(engine, tmp_path):
    with pytest.raises(SourceFileError, match="says 2025-02-14, not the first day of a month"):
        delayed_discharges.tidy(parquet(tmp_path, delayed(11.0, month="2025-02-14")), engine)


def test_the_file_of_reasons_names_the_trusts(engine, tmp_path):
    tidied = delayed_discharges.tidy(parquet(tmp_path, delayed(11.0, 4.0)), engine)
    (trust,) = engine.to_arrow(tidied.tables["area_list"]).to_pylist()
    assert (trust["code"], trust["area_type"], trust["vintage"]) == ("RAJ", "provider", 2025)
    assert trust["name"] == "Mid and South Essex NHS Foundation Trust"
    assert trust["official_name"] == "Mid And South Essex NHS Foundation Trust"


def test_the_real_file_of_trusts_keeps_every_patient_and_refuses_the_blank_codes(engine, real_data):
    file = SourceFile(real_data / "discharge" / "england_trust_discharged_patients.parquet")
    tidied = delayed_discharges.tidy(file, engine)
    assert (tidied.rows_read, tidied.rows_kept) == (149_482, 149_239)
    assert [(refusal.reason, refusal.rows) for refusal in tidied.refusals] == [("no trust code", 243)]
    rows = tidied.tables["trust_discharges"]
    sums = engine.to_arrow(
        rows.aggregate(patients=_.discharged.sum(), trusts=_.provider.nunique())
    ).to_pylist()
    # 12,273,935 is the sum of the file's own column
    assert sums == [{"patients": 12_273_935.0, "trusts": 121}]


def test_the_real_file_of_reasons_has_37_reasons_and_keeps_every_patient(engine, real_data):
    file = SourceFile(real_data / "discharge" / "england_delayed_discharge_reasons.parquet")
    tidied = delayed_discharges.tidy(file, engine)
    assert (tidied.rows_read, tidied.rows_kept, tidied.refusals) == (52_651, 52_651, [])
    rows = tidied.tables["delayed_discharge_reasons"]
    sums = engine.to_arrow(
        rows.aggregate(
            patients=_.patients.sum(),
            reasons=_.reason.nunique(),
            months=_.period_end.nunique(),
            missing=_.patients.isnull().sum(),
            dashed=_.reason.contains(" \u2013 ").sum(),
        )
    ).to_pylist()
    # Missing are 259 blanks, and 37 reasons in each of 12 months for which a trust recorded nobody at all.
    assert sums == [
        {"patients": 106_752.0, "reasons": 37, "months": 12, "missing": 259 + 37 * 12, "dashed": 52_651}
    ]


def test_on_19_june_2022_no_board_reported(engine, real_data):
    for name, table, measure in (
        ("criteria_to_reside", "delayed_discharges", "no_longer_meet_criteria_to_reside"),
        ("discharged_patients", "discharges", "discharged"),
    ):
        file = SourceFile(real_data / "discharge" / f"england_icb_{name}.parquet")
        figures = delayed_discharges.tidy(file, engine).tables[table]
        that_day = figures.filter(_.day == date(2022, 6, 19))
        found = engine.to_arrow(
            that_day.aggregate(boards=_.icb.nunique(), reported=_[measure].count())
        ).to_pylist()
        assert found == [{"boards": 42, "reported": 0}]


def test_the_real_files_keep_every_row_and_every_patient(engine, real_data):
    file = SourceFile(real_data / "discharge" / "england_icb_discharged_patients.parquet")
    tidied = delayed_discharges.tidy(file, engine)
    assert (tidied.rows_read, tidied.rows_kept) == (51_727, 51_727)
    sums = engine.to_arrow(
        tidied.tables["discharges"].aggregate(
            patients=_.discharged.sum(), last_split=_.day.max(where=_.discharged_by_17.notnull())
        )
    ).to_pylist()
    # 12,129,635 is the sum of the file's own column; nothing is lost where zeros became missing
    assert sums == [{"patients": 12_129_635.0, "last_split": date(2023, 5, 31)}]
