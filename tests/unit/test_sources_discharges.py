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


def test_the_trust_files_are_not_taken_for_board_files(tmp_path):
    row = discharged(208.0)
    row["nhs_trust22_code"] = row.pop("icb22_code")
    assert not delayed_discharges.recognise(parquet(tmp_path, [row]))


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
