"""Damaged homes and doubled files: built anew, said plainly, and never counted twice."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from small_data import JANUARY, write_ae_month

from careatlas.build import tidy
from careatlas.build.pipeline import build
from careatlas.cli import main
from careatlas.engine.connect import connect
from careatlas.engine.release import Release, open_release


@pytest.fixture
def built(tmp_path) -> tuple[Path, Path, Release]:
    """A data folder with one month of A&E, its home, and the release built from it."""
    data, home = tmp_path / "data", tmp_path / "home"
    write_ae_month(data, JANUARY, {"RAA": (900, 300), "RBB": (500, 100)})
    return data, home, build(data, home)


@pytest.mark.parametrize("part", ["manifest.json", "values.parquet"])
def test_a_damaged_release_is_said_and_the_next_build_mends_it(built, part):
    data, home, release = built
    (release.folder / part).write_bytes(b"{")
    ranked = CliRunner().invoke(main, ["rank", "ae_four_hours", "--release", str(home)])
    assert ranked.exit_code == 2
    assert f"{part} cannot be read" in ranked.stderr
    assert "Build the release again." in ranked.stderr
    again = build(data, home)
    assert again.id != release.id
    assert again.id.split("-")[1] == release.id.split("-")[1]  # the same content, whole again
    assert len(open_release(home).rows("values", indicator="ae_four_hours")) == 3


def test_a_damaged_note_of_checksums_costs_time_only(built):
    data, home, release = built
    (home / "checksums.json").write_text('{"half')
    assert build(data, home).id == release.id


def test_a_file_where_releases_should_live_is_a_clear_fault(built):
    data, home, _ = built
    for command in (["build", "--data", str(data)], ["rank", "ae_four_hours"]):
        refused = CliRunner().invoke(main, [*command, "--release", str(home / "checksums.json")])
        assert refused.exit_code == 2
        assert "checksums.json: is a file. Give the folder that releases live in." in refused.stderr


def test_what_has_no_figures_says_which_file_is_not_there(built):
    data, home, _ = built
    told = CliRunner().invoke(main, ["build", "--data", str(data), "--release", str(home)]).stdout
    assert "without figures: waiting_list: no need_weights or rtt file in this folder" in told


def admissions(folder: Path, name: str, *days: date) -> None:
    folder.mkdir(exist_ok=True)
    rows = [
        {"person": f"p{n}", "age": 70, "sex": "female", "sub_area": "03R", "admission_date": day,
         "discharge_date": day, "emergency": True, "diagnosis": "I21"}
        for n, day in enumerate(days)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), folder / name)


def admissions_counted(data: Path, home: Path) -> dict[date, int]:
    editions = tidy.latest_editions(tidy.read_folder(data, home, lambda told: None))
    with connect() as engine:
        rows = tidy.frame(engine, tidy.open_tables(engine, editions), "hospital_episodes")
    return rows["admission_date"].value_counts().to_dict()


FIRST, SECOND, THIRD = date(2025, 3, 1), date(2025, 3, 2), date(2025, 3, 3)


def test_admissions_under_two_file_names_are_counted_once(tmp_path):
    for name in ("episodes.parquet", "copy of episodes.parquet"):
        admissions(tmp_path / "data", name, FIRST, FIRST, SECOND)
    assert admissions_counted(tmp_path / "data", tmp_path / "home") == {FIRST: 2, SECOND: 1}


def test_of_days_that_two_extracts_hold_the_later_extract_counts(tmp_path):
    admissions(tmp_path / "data", "extract 1.parquet", FIRST, SECOND)
    admissions(tmp_path / "data", "extract 2.parquet", SECOND, SECOND, THIRD)
    assert admissions_counted(tmp_path / "data", tmp_path / "home") == {FIRST: 1, SECOND: 2, THIRD: 1}


def test_three_copies_are_one_file_and_two_duplicates():
    def read(file: str) -> tidy.Read:
        tables = {"accident_emergency": {"editions": [["2025-01-31"]], "start": None, "end": None}}
        account = {"file_name": file, "source": "accident_emergency", "published": None, "tables": tables}
        return tidy.Read(file, "the same", 1, "accident_emergency", None, Path(file), account)

    editions = tidy.latest_editions([read("a/x.csv"), read("b/y.csv"), read("c/x.csv")])
    assert sorted(editions.superseded) == ["b/y.csv", "c/x.csv"]
    assert [path.parent for path, _ in editions.used["accident_emergency"]] == [Path("a/x.csv")]
