"""Damaged files: each gets one clear message (file, place, remedy) and the former release still serves.

First what a source says of a file by itself, then the whole command. The A&E layout stands for the others: it
is short, and has text, numbers and a total.
"""

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from click.testing import CliRunner

from careatlas.cli import main
from careatlas.engine.connect import Engine, connect
from careatlas.engine.release import open_release
from careatlas.errors import SourceFileError
from careatlas.sources import _containers
from careatlas.sources.accident_emergency import (
    ADMISSIONS,
    ATTENDANCES,
    NUMERIC,
    OVER_FOUR_HOURS,
    TEXT,
    WAITED_4_TO_12,
    WAITED_OVER_12,
)
from careatlas.sources.gp_payments import SOURCE as GP_PAYMENTS
from careatlas.sources.rtt_waiting_times import SOURCE as RTT
from careatlas.sources.source import SourceFile, Tidied, all_sources, identify

TYPE_1, OVER_TYPE_1 = ATTENDANCES[0], OVER_FOUR_HOURS[0]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
WEB_PAGE = b"<!DOCTYPE html>\n<html><head><title>503 Service Unavailable</title></head></html>"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"


@pytest.fixture
def engine() -> Iterator[Engine]:
    with connect() as engine:
        yield engine


def ae_rows(**changes: dict[str, object]) -> list[dict[str, object]]:
    """Two trusts and the publisher's total in January 2026; ``changes`` by provider code."""
    figures = {"RAA": (900, 300), "RBB": (500, 100), "TOTAL": (1400, 400)}
    rows = []
    for code, (attendances, over) in figures.items():
        row = dict.fromkeys(NUMERIC, 0) | {TYPE_1: attendances, OVER_TYPE_1: over}
        row |= {"Period": "MSitAE-JANUARY-2026", "Org Code": code, "Parent Org": "NHS ENGLAND LONDON"}
        row |= {"Org name": f"Trust {code}"} | changes.get(code, {})
        rows.append(row)
    return rows


def ae_text(rows: list[dict[str, object]] | None = None, heading: Callable[[str], str] = str) -> str:
    lines = [",".join(heading(column) for column in (*TEXT, *NUMERIC))]
    lines += [",".join(str(row[column]) for column in (*TEXT, *NUMERIC)) for row in rows or ae_rows()]
    return "\n".join(lines) + "\n"


def changing_places(one: str, other: str) -> Callable[[str], str]:
    return lambda column: {one: other, other: one}.get(column, column)


def read(folder: Path, name: str, content: bytes | str, engine: Engine) -> Tidied:
    """What a build does with one file before it counts anything."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    file = SourceFile(path)
    source_id = identify(file)
    assert source_id is not None, "no source knows the file"
    tidied = all_sources()[source_id].tidy(file, engine)
    for table in tidied.tables.values():
        engine.to_arrow(table)
    return tidied


def fault_of(folder: Path, name: str, content: bytes | str, engine: Engine) -> str:
    """The one sentence that refuses the file: it names the file and ends with what to do."""
    with pytest.raises(SourceFileError) as refused:
        read(folder, name, content, engine)
    assert str(refused.value).startswith(f"{name}: ")
    assert refused.value.remedy.endswith(".")
    return refused.value.found


def test_the_undamaged_file_is_read(tmp_path, engine):
    assert read(tmp_path, "ae.csv", ae_text(), engine).rows_kept == 2


# Headings


def test_a_renamed_column_is_named_with_what_stands_there(tmp_path, engine):
    text = ae_text(heading=lambda column: "Attendances T1" if column == TYPE_1 else column)
    fault = fault_of(tmp_path, "ae.csv", text, engine)
    assert fault == (
        f"row 1 is nearly the layout of accident_emergency, but column {TYPE_1!r} is not there; "
        "not known: 'Attendances T1'."
    )


def test_a_dropped_column_is_named(tmp_path, engine):
    rows = [line.rpartition(",")[0] for line in ae_text().splitlines()]
    fault = fault_of(tmp_path, "ae.csv", "\n".join(rows), engine)
    assert "'Other emergency admissions' is not there" in fault


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TYPE_1, OVER_TYPE_1),
        (TYPE_1, ATTENDANCES[1]),
        (WAITED_4_TO_12, WAITED_OVER_12),
        (ADMISSIONS[0], ADMISSIONS[2]),
        ("Org Code", "Org name"),
    ],
)
def test_headings_that_changed_places_are_seen(tmp_path, engine, one, other):
    """The figures would still add up: only the order of the headings tells."""
    fault = fault_of(tmp_path, "ae.csv", ae_text(heading=changing_places(one, other)), engine)
    assert fault.startswith("row 1 is not in the publisher's order: ")


def test_figures_in_one_anothers_columns_are_seen(tmp_path, engine):
    rows = ae_rows(RAA={TYPE_1: 300, OVER_TYPE_1: 900})
    fault = fault_of(tmp_path, "ae.csv", ae_text(rows), engine)
    assert fault.startswith(f"RAA has 900 in column {OVER_TYPE_1!r} but only 300 in {TYPE_1!r}")


def test_a_heading_that_stands_twice_is_refused(tmp_path, engine):
    lines = ae_text().splitlines()
    text = "\n".join([lines[0] + f",{TYPE_1}", *(line + ",0" for line in lines[1:])])
    assert fault_of(tmp_path, "ae.csv", text, engine).endswith(f"{TYPE_1!r} heads two columns.")


def test_columns_added_at_the_end_do_no_harm(tmp_path, engine):
    text = "\n".join(line + ",," for line in ae_text().splitlines())
    assert read(tmp_path, "ae.csv", text, engine).rows_kept == 2


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_either_line_end_are_read(tmp_path, engine, line_end):
    text = ae_text().replace("\n", line_end).encode("utf-8-sig")
    assert read(tmp_path, "ae.csv", text, engine).rows_kept == 2


# Rows and cells


def test_text_in_a_number_is_named_with_its_line_and_column(tmp_path, engine):
    fault = fault_of(tmp_path, "ae.csv", ae_text(ae_rows(RBB={TYPE_1: "five hundred"})), engine)
    assert fault.startswith('line 3: "five hundred" stands where a number should')
    assert TYPE_1 in fault


def test_a_repeated_row_is_named(tmp_path, engine):
    rows = ae_rows()
    fault = fault_of(tmp_path, "ae.csv", ae_text([rows[0], *rows]), engine)
    assert "RAA" in fault


def test_a_file_cut_short_between_two_lines_is_seen(tmp_path, engine):
    assert "TOTAL" in fault_of(tmp_path, "ae.csv", ae_text(ae_rows()[:2]), engine)


def test_a_file_cut_short_within_a_line_is_seen(tmp_path, engine):
    assert fault_of(tmp_path, "ae.csv", ae_text()[:-30], engine)


# Encodings and kinds


def test_another_encoding_is_not_guessed(tmp_path, engine):
    rows = ae_rows(RAA={"Org name": "Ysbyty Môn"})
    assert "not UTF-8" in fault_of(tmp_path, "ae.csv", ae_text(rows).encode("latin-1"), engine)


def test_another_encoding_far_down_in_the_file_is_seen_too(tmp_path, engine):
    rows = ae_rows()
    many = [rows[0] | {"Org Code": f"R{number:04}"} for number in range(5000)]
    text = ae_text([*many, rows[0] | {"Org name": "Ysbyty Môn"}, rows[2]])
    assert "not UTF-8" in fault_of(tmp_path, "ae.csv", text.encode("latin-1"), engine)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_two_bytes_a_letter_are_not_text_here(tmp_path, engine, encoding):
    fault = fault_of(tmp_path, "ae.csv", ae_text().encode(encoding), engine)
    assert fault == "it is named .csv but holds bytes that are not text in UTF-8."


@pytest.mark.parametrize(
    ("content", "holds"),
    [(PNG, "an image"), (WEB_PAGE, "a web page"), (PDF, "a PDF document"), (b"", "nothing at all")],
    ids=["png", "html", "pdf", "empty"],
)
@pytest.mark.parametrize(
    "suffix", [".csv", ".csv.gz", ".zip", ".xlsx", ".xls", ".parquet", ".json", ".geojson"]
)
def test_another_kind_of_file_under_a_data_name_is_refused(tmp_path, engine, suffix, content, holds):
    last = suffix.rpartition(".")[2]
    fault = fault_of(tmp_path, f"file{suffix}", content, engine)
    assert fault == f"it is named .{last} but holds {holds}."


def test_a_file_that_claims_nothing_is_not_known_rather_than_damaged(tmp_path):
    for name, content in (
        ("notes.md", b"# Notes"),
        ("map.png", PNG),
        ("page.html", WEB_PAGE),
        ("paper.pdf", PDF),
    ):
        (tmp_path / name).write_bytes(content)
        assert identify(SourceFile(tmp_path / name)) is None


# Containers


def rtt_zip(member: bytes | str | None = None, name: str = "20260131-RTT.csv", **more: bytes | str) -> bytes:
    """A zip as the full extract of waiting times comes in; by default only its row of headings."""
    packed = io.BytesIO()
    header = ",".join(f'"{column}"' for column in RTT.layouts[0].columns) + "\n"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, header if member is None else member)
        for other, content in more.items():
            archive.writestr(other, content)
    return packed.getvalue()


@pytest.mark.parametrize("share_left", [0.2, 0.6, 0.95])
def test_a_truncated_zip_is_damaged(tmp_path, engine, share_left):
    whole = rtt_zip()
    fault = fault_of(tmp_path, "rtt.zip", whole[: int(len(whole) * share_left)], engine)
    assert fault.startswith("it is damaged")


def test_a_zip_with_a_flipped_byte_is_damaged(tmp_path, engine):
    broken = bytearray(rtt_zip())
    broken[len(broken) // 2] ^= 0xFF
    assert fault_of(tmp_path, "rtt.zip", bytes(broken), engine).startswith("it is damaged")


def test_a_zip_that_expands_past_the_cap_is_refused_before_it_is_inflated(tmp_path, engine, monkeypatch):
    monkeypatch.setattr(_containers, "LARGEST_INFLATED_BYTES", 1_000_000)
    fault = fault_of(tmp_path, "rtt.zip", rtt_zip(b"0" * 1_000_001), engine)
    assert fault.startswith("it expands to 1,000,001 bytes")
    assert "the cap is 1,000,000 bytes" in fault


def test_a_zip_that_expands_beyond_all_reason_is_refused(tmp_path, engine, monkeypatch):
    monkeypatch.setattr(_containers, "RATIO_COUNTS_ABOVE_BYTES", 1_000_000)
    fault = fault_of(tmp_path, "rtt.zip", rtt_zip(b"0" * 1_000_001), engine)
    assert re.search(r"\(\d{3,} times its size\)", fault)


def test_a_zip_that_lies_about_its_size_is_caught_while_inflating(tmp_path, engine):
    lying = bytearray(rtt_zip())
    for record, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):  # where each keeps the member's size
        at = lying.index(record) + offset
        lying[at : at + 4] = (100).to_bytes(4, "little")
    assert fault_of(tmp_path, "rtt.zip", bytes(lying), engine)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (rtt_zip(**{"second.csv": "a,b\n"}), "the zip holds 2 files, not one CSV."),
        (rtt_zip(b"not a table", name="readme.txt"), "the zip holds 1 files, not one CSV."),
        (rtt_zip(rtt_zip(), name="inner.zip"), "the zip holds 1 files, not one CSV."),
    ],
)
def test_a_zip_holds_one_csv_and_nothing_else(tmp_path, engine, content, found):
    assert fault_of(tmp_path, "rtt.zip", content, engine) == found


def test_a_member_named_to_climb_out_of_its_folder_stays_inside(tmp_path, engine):
    folder = tmp_path / "data"
    folder.mkdir()
    with pytest.raises(SourceFileError):
        read(folder, "rtt.zip", rtt_zip(name="../../escaped.csv"), engine)
    assert [path.name for path in tmp_path.rglob("*.csv")] == []


def test_a_truncated_gzip_is_damaged(tmp_path, engine):
    text = "month,code,numerator,denominator\n" + "2025-01-01,03R,1,2\n" * 5000
    fault = fault_of(tmp_path, "ccg_data_saba.csv.gz", gzip.compress(text.encode())[:-9], engine)
    assert fault.startswith("it is damaged")


def test_a_gzip_that_expands_past_the_cap_is_refused(tmp_path, engine, monkeypatch):
    monkeypatch.setattr(_containers, "LARGEST_INFLATED_BYTES", 1_000_000)
    fault = fault_of(tmp_path, "ccg_data_saba.csv.gz", gzip.compress(b"0" * 3_000_000), engine)
    assert "the cap is 1,000,000 bytes" in fault


def test_a_workbook_that_expands_past_the_cap_is_refused(tmp_path, engine, monkeypatch):
    monkeypatch.setattr(_containers, "LARGEST_INFLATED_BYTES", 1_000_000)
    workbook = rtt_zip(b"0" * 1_000_001, name="xl/worksheets/sheet1.xml")
    assert fault_of(tmp_path, "population.xlsx", workbook, engine).startswith("it expands to 1,000,001 bytes")


@pytest.mark.parametrize("share_left", [0.3, 0.9])
def test_a_truncated_parquet_file_is_damaged(tmp_path, engine, share_left):
    whole = io.BytesIO()
    pq.write_table(pa.table({"sicbl22_code": ["E38000001"] * 1000}), whole)
    cut = whole.getvalue()[: int(len(whole.getvalue()) * share_left)]
    assert fault_of(tmp_path, "iapt.parquet", cut, engine).startswith("it is damaged")


def test_a_truncated_workbook_is_damaged(tmp_path, engine):
    path = tmp_path / "whole.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet("Mid-2022 ICB 2023").write(0, 0, "SICBL 2023 Code")
    fault = fault_of(tmp_path, "population.xlsx", path.read_bytes()[:2000], engine)
    assert fault.startswith("it is damaged")


def test_truncated_boundaries_are_damaged(tmp_path, engine):
    fault = fault_of(tmp_path, "areas.geojson", '{"type": "FeatureCollection", "features": [{"ty', engine)
    assert fault.startswith("it is damaged")


def test_a_renamed_column_of_another_source_is_named_too(tmp_path, engine):
    header = [
        "Practice" if column == "Practice Code" else column for column in GP_PAYMENTS.layouts[0].columns
    ]
    fault = fault_of(tmp_path, "22-23.csv", ",".join(f'"{name}"' for name in header) + "\n", engine)
    assert "nearly the layout of gp_payments, but column 'Practice Code' is not there" in fault


# The whole command


@pytest.fixture
def atlas(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of one good file and a home with the release built from it."""
    data, home = tmp_path / "data", tmp_path / "home"
    data.mkdir()
    (data / "ae.csv").write_text(ae_text())
    assert build(data, home).exit_code == 0
    return data, home


def build(data: Path, home: Path):
    return CliRunner().invoke(main, ["build", "--data", str(data), "--release", str(home)])


DAMAGED = {
    "truncated.zip": rtt_zip()[:300],
    "swapped.csv": ae_text(heading=changing_places(TYPE_1, OVER_TYPE_1)),
    "renamed.csv": ae_text(heading=lambda column: "Attendances" if column == TYPE_1 else column),
    "latin1.csv": ae_text(ae_rows(RAA={"Org name": "Ysbyty Môn"})).encode("latin-1"),
    "text.csv": ae_text(ae_rows(RAA={TYPE_1: "many"})),
    "repeated.csv": ae_text([ae_rows()[0], *ae_rows()]),
    "total.csv": ae_text(ae_rows(TOTAL={TYPE_1: 1401})),
    "picture.csv": PNG,
    "page.zip": WEB_PAGE,
    "paper.xlsx": PDF,
    "empty.parquet": b"",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_build_refuses_a_damaged_file_and_the_former_release_still_serves(atlas, name):
    data, home = atlas
    before = open_release(home)
    content = DAMAGED[name]
    (data / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    result = build(data, home)
    assert result.exit_code == 2
    (message,) = [line for line in result.stderr.splitlines() if line.startswith("careatlas: ")]
    assert message.startswith(f"careatlas: {name}: ")
    assert message.endswith(".")
    assert "Traceback" not in result.output
    after = open_release(home)
    assert after.id == before.id
    assert after.rows("values") == before.rows("values")


def test_every_damaged_file_is_named_in_one_go(atlas):
    data, home = atlas
    (data / "picture.csv").write_bytes(PNG)
    (data / "page.zip").write_bytes(WEB_PAGE)
    result = build(data, home)
    assert result.exit_code == 2
    assert "page.zip: it is named .zip but holds a web page." in result.stderr
    assert "picture.csv: it is named .csv but holds an image." in result.stderr


def test_a_zip_past_the_cap_stops_the_build(atlas, monkeypatch):
    data, home = atlas
    monkeypatch.setattr(_containers, "LARGEST_INFLATED_BYTES", 1_000_000)
    (data / "bomb.zip").write_bytes(rtt_zip(b"0" * 1_000_001))
    result = build(data, home)
    assert (result.exit_code, open_release(home).manifest["sequence"]) == (2, 1)
    assert "bomb.zip: it expands to 1,000,001 bytes" in result.stderr


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    (tmp_path / "data").mkdir()
    result = build(tmp_path / "data", tmp_path / "home")
    assert result.exit_code == 2
    assert f"careatlas: {tmp_path / 'data'}: the folder holds no files." in result.stderr


def test_a_folder_of_nothing_the_atlas_reads_is_refused(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "notes.md").write_text("# Notes")
    result = build(data, tmp_path / "home")
    assert result.exit_code == 2
    assert "none of its 1 files has a layout the atlas knows" in result.stderr


def test_what_is_not_known_is_listed_beside_what_is_read(atlas):
    data, home = atlas
    (data / "notes.md").write_text("# Notes")
    result = build(data, home)
    assert result.exit_code == 0
    assert "not read: notes.md: no source knows the columns" in result.stdout


def test_a_download_under_way_and_its_record_are_not_publishers_files(atlas):
    data, home = atlas
    (data / "fetched.json").write_text(json.dumps({"files": []}))
    (data / ".unfinished").mkdir()
    (data / ".unfinished" / "0a1b.part").write_bytes(rtt_zip()[:100])
    result = build(data, home)
    assert result.exit_code == 0
    assert [row["file"] for row in open_release(home).rows("files")] == ["ae.csv"]
