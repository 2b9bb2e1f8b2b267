"""A&E by board: months that were filled with another's figures, and waits that not every trust reported."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from careatlas.engine.connect import connect
from careatlas.errors import SourceFileError
from careatlas.sources import accident_emergency_boards as boards
from careatlas.sources.source import SourceFile

HEADINGS = boards.SOURCE.layouts[0].columns


def written(folder: Path, rows: list[tuple[str, str, int, int]]) -> SourceFile:
    """Rows of board, month, attendances and, of those, over four hours; 20 admissions of which 5 waited."""
    given = [(board, seen, over, 20, 5, over / seen, 0.25, month) for board, month, seen, over in rows]
    columns = dict(zip(HEADINGS, map(list, zip(*given, strict=True)), strict=True))
    columns |= {name: [float(each) for each in columns[name]] for name in boards.MEASURES.values()}
    pq.write_table(pa.table(columns), folder / "boards.parquet")
    return SourceFile(folder / "boards.parquet")


def tidied(file: SourceFile):
    with connect() as engine:
        found = boards.tidy(file, engine)
        return found, engine.to_arrow(found.tables["board_accident_emergency"]).to_pylist()


def test_waits_are_those_within_four_hours_once_every_trust_reports_them(tmp_path):
    _, rows = tidied(
        written(tmp_path, [("E54000040", "May 2023", 100, 10), ("E54000040", "June 2023", 100, 40)])
    )
    may, june = sorted(rows, key=lambda row: row["period_end"])
    assert (may["attendances"], may["attendances_timed"], may["within_four_hours"]) == (100, None, None)
    assert (june["attendances"], june["attendances_timed"], june["within_four_hours"]) == (100, 100, 60)
    assert june["period_end"] == date(2023, 6, 30)


def test_a_month_that_repeats_an_earlier_one_in_all_boards_is_refused(tmp_path):
    both = [("E54000040", 100, 40), ("E54000041", 200, 50)]
    months = ("February 2024", "February 2025", "March 2025")
    rows = [(board, month, seen, over) for month in months[:2] for board, seen, over in both]
    rows += [
        ("E54000040", months[2], 100, 40),
        ("E54000041", months[2], 201, 50),
    ]  # one board alike is chance
    found, kept = tidied(written(tmp_path, rows))
    assert {row["period_start"] for row in kept} == {date(2024, 2, 1), date(2025, 3, 1)}
    assert [(refusal.reason, refusal.rows) for refusal in found.refusals] == [
        ("every board has the figures of an earlier month: a copy of it", 2)
    ]


def test_more_waits_than_attendances_are_refused(tmp_path):
    with pytest.raises(
        SourceFileError, match=r"E54000040 in June 2023: 101 in column .* figures stand in the wrong"
    ):
        tidied(written(tmp_path, [("E54000040", "June 2023", 100, 101)]))


def test_a_month_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(SourceFileError, match="'2023-06', not a month such as April 2022"):
        tidied(written(tmp_path, [("E54000040", "2023-06", 100, 10)]))


def test_the_real_boards_add_up_to_the_publishers_totals_by_trust(real_data):
    """The last rows (TOTAL) of the files by trust: December 2022 2,294,079 and September 2024 2,214,217."""
    file = SourceFile(real_data / "ae" / "england_icb_accidents_emergency.parquet")
    found, rows = tidied(file)
    seen = {}
    for row in rows:
        seen[row["period_start"]] = seen.get(row["period_start"], 0) + row["attendances"]
    assert (seen[date(2022, 12, 1)], seen[date(2024, 9, 1)]) == (2_294_079, 2_214_217)
    assert (found.rows_read, found.rows_kept, len(seen)) == (1680, 1596, 38)
    assert not {date(2025, 2, 1), date(2025, 3, 1)} & set(seen)
