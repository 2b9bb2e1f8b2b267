"""A release: published whole or not at all, the same for the same inputs, and made again only where they changed."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from small_data import FEBRUARY, JANUARY, write_ae_month

from careatlas.build import tidy
from careatlas.build.pipeline import build
from careatlas.cli import main
from careatlas.engine import release as releases
from careatlas.engine.release import Release, open_release, publish
from careatlas.engine.tables import RELEASE
from careatlas.errors import AtlasError, ReleaseError
from careatlas.sources.source import all_sources

TRUSTS = {"RAA": (900, 300), "RBB": (500, 100)}


@pytest.fixture
def folders(tmp_path) -> tuple[Path, Path]:
    """A data folder with one month of A&E, and an empty home."""
    write_ae_month(tmp_path / "data", JANUARY, TRUSTS)
    return tmp_path / "data", tmp_path / "home"


@pytest.fixture
def files_read(monkeypatch) -> list[str]:
    """The names of the files that sources read from now on."""
    read: list[str] = []

    def remembering(tidy_file: Callable) -> Callable:
        return lambda file, engine: read.append(file.path.name) or tidy_file(file, engine)

    for source in all_sources().values():
        monkeypatch.setattr(source, "tidy", remembering(source.tidy))
    return read


def country_counts(release: Release) -> dict[str, float]:
    """England's attendances within four hours, by month."""
    rows = release.rows("values", indicator="ae_four_hours", area_type="country")
    return {f"{row['period_end']:%Y-%m}": row["count"] for row in rows}


# Publishing


def content_of(release: Release) -> tuple[dict[str, pa.Table], dict[str, object]]:
    return {name: release.arrow(name) for name in RELEASE}, {"catalogue.json": release.catalogue}


@pytest.fixture(scope="module")
def small_release(tmp_path_factory) -> Release:
    folder = tmp_path_factory.mktemp("small")
    write_ae_month(folder / "data", JANUARY, TRUSTS)
    return build(folder / "data", folder / "home")


def test_the_same_content_is_the_same_release(small_release, tmp_path):
    tables, documents = content_of(small_release)
    first, again = (publish(tmp_path, tables, documents, {}) for _ in range(2))
    assert again.id == first.id
    assert [path.name for path in (tmp_path / "releases").glob("0*")] == [first.id]


def test_the_content_hash_does_not_depend_on_the_order_of_rows(small_release, tmp_path):
    tables, documents = content_of(small_release)
    backwards = {name: rows.take(np.arange(len(rows))[::-1]) for name, rows in tables.items()}
    as_it_was = publish(tmp_path / "one", tables, documents, {})
    assert publish(tmp_path / "other", backwards, documents, {}).id == as_it_was.id


def test_one_changed_figure_is_another_release(small_release, tmp_path):
    tables, documents = content_of(small_release)
    first = publish(tmp_path, tables, documents, {})
    rows = tables["values"].to_pylist()
    rows[0]["count"] += 1
    changed = {**tables, "values": pa.Table.from_pylist(rows, RELEASE["values"].schema)}
    second = publish(tmp_path, changed, documents, {})
    assert second.manifest["sequence"] == first.manifest["sequence"] + 1
    assert second.manifest["previous"] == first.id
    assert second.manifest["content_hash"] != first.manifest["content_hash"]


class Killed(BaseException):
    """Stands for kill -9: nothing in the code under test may catch it to tidy up."""


def die_at(step: int, monkeypatch) -> None:
    """Let publishing do ``step`` writes, and die before the next."""
    done = 0

    def dying(write: Callable) -> Callable:
        def write_or_die(*args, **options):
            nonlocal done
            if done == step:
                raise Killed
            done += 1
            return write(*args, **options)

        return write_or_die

    for owner, name in (
        (releases.pq, "write_table"),
        (Path, "write_text"),
        (releases.os, "fsync"),
        (releases.os, "rename"),
        (releases.os, "replace"),
    ):
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))


def test_whoever_dies_at_any_step_of_publishing_leaves_a_whole_release_serving(small_release, tmp_path):
    tables, documents = content_of(small_release)
    before = publish(tmp_path, tables, documents, {})
    served: list[str] = []
    step = 0
    while True:
        after = {"catalogue.json": documents["catalogue.json"] | {"step": step}}
        with pytest.MonkeyPatch.context() as patch:
            die_at(step, patch)
            try:
                publish(tmp_path, tables, after, {})
                break
            except Killed:
                pass
        now = open_release(tmp_path)
        assert {name: len(now.arrow(name)) for name in RELEASE} == now.manifest["row_counts"]
        assert now.id == before.id or now.catalogue["step"] == step
        served.append(now.id)
        step += 1
    assert step > 20  # every table, document, sync, rename and swap was a place to die
    assert len(set(served)) == 2  # only the very last step, the sync after the swap, leaves the new one
    assert not list((tmp_path / "releases").glob(".unfinished-*"))


def test_a_home_without_a_release_says_what_to_do(tmp_path):
    with pytest.raises(ReleaseError, match=r"holds no release\. Run `careatlas build"):
        open_release(tmp_path)


def test_a_release_whose_manifest_is_damaged_says_so(small_release, tmp_path):
    shutil.copytree(small_release.folder, tmp_path / "copy")
    (tmp_path / "copy" / "manifest.json").write_text("{")
    with pytest.raises(ReleaseError, match=r"manifest\.json cannot be read"):
        open_release(tmp_path / "copy")


def test_a_table_that_no_release_has_is_a_fault_that_lists_them(small_release):
    with pytest.raises(ReleaseError, match=r"persons: is not a table of a release\. Tables: areas, "):
        small_release.rows("persons")


def test_rows_are_asked_for_by_value_by_list_and_by_missing(small_release):
    one = small_release.rows("values", ["area"], indicator="ae_four_hours", area="RAA")
    two = small_release.rows("values", ["area"], indicator="ae_four_hours", area=["RAA", "RBB"])
    no_note = small_release.rows("values", ["area"], indicator="ae_four_hours", note=None)
    assert (len(one), len(two), len(no_note)) == (1, 2, 3)


# The same inputs give the same content, wherever they are built

BUILD_WITH_THREADS = """
import sys
from functools import partial
from pathlib import Path
from careatlas.build import pipeline, tidy
from careatlas.engine.connect import connect

pipeline.connect = tidy.connect = partial(connect, threads=int(sys.argv[3]))
print(pipeline.build(Path(sys.argv[1]), Path(sys.argv[2])).manifest["content_hash"])
"""


def test_the_content_hash_is_the_same_in_every_time_zone_language_and_number_of_threads(
    simulated_release, tmp_path
):
    """Payments and need weights are not whole numbers: the order of adding up could show in the last digits."""
    country = simulated_release.folder.parent.parent / "country" / "data"
    data = tmp_path / "data"
    for pattern in ("need_weights/*", "**/2?-2?.csv", "ae/*2026*", "places/*2025*", "rtt/*Jan26*"):
        for path in country.glob(pattern):
            data.mkdir(exist_ok=True)
            shutil.copy(path, data)
    places = [
        ({"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}, 1),
        ({"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "7"}, 2),
        ({"TZ": "America/Los_Angeles", "LC_ALL": "POSIX", "PYTHONHASHSEED": "42"}, 4),
    ]
    builds = [
        subprocess.Popen(
            [sys.executable, "-c", BUILD_WITH_THREADS, data, tmp_path / str(threads), str(threads)],
            env=os.environ | place,
            stdout=subprocess.PIPE,
            text=True,
        )
        for place, threads in places
    ]
    hashes = [build.communicate(timeout=200)[0].strip() for build in builds]
    assert len(hashes[0]) == 64
    assert hashes == [hashes[0]] * 3
    assert country_has_values(open_release(tmp_path / "1"), "gp_payment_per_patient", "completed_pathways")


def country_has_values(release: Release, *indicators: str) -> bool:
    found = {row["indicator"] for row in release.rows("values", ["indicator"], area_type="country")}
    return set(indicators) <= found


# What has not changed is not done again


def test_nothing_is_read_again_when_nothing_changed(folders, files_read):
    first = build(*folders)
    files_read.clear()
    again = build(*folders)
    assert files_read == []
    assert again.id == first.id
    assert len(list((folders[1] / "releases").glob("0*"))) == 1


def test_only_the_new_file_is_read(folders, files_read):
    build(*folders)
    write_ae_month(folders[0], FEBRUARY, {"RAA": (1000, 400)})
    files_read.clear()
    release = build(*folders)
    assert files_read == ["February-2026-CSV.csv"]
    assert country_counts(release) == {"2026-01": 1000, "2026-02": 600}


def test_a_file_that_was_only_touched_is_not_read_again(folders, files_read):
    first = build(*folders)
    for path in folders[0].iterdir():
        os.utime(path, (2_000_000_000, 2_000_000_000))
    files_read.clear()
    assert build(*folders).id == first.id
    assert files_read == []


def test_a_file_that_moved_is_not_read_again(folders, files_read):
    build(*folders)
    (folders[0] / "ae").mkdir()
    (folders[0] / "January-2026-CSV.csv").rename(folders[0] / "ae" / "January-2026-CSV.csv")
    files_read.clear()
    assert [row["file"] for row in build(*folders).rows("files")] == ["ae/January-2026-CSV.csv"]
    assert files_read == []


def test_changed_bytes_of_the_same_size_and_time_are_seen(folders, tmp_path):
    first = build(*folders)
    path = folders[0] / "January-2026-CSV.csv"
    stat = path.stat()
    path.rename(tmp_path / "as it was")
    write_ae_month(folders[0], JANUARY, {"RAA": (900, 299), "RBB": (500, 101)})
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    second = build(*folders)
    of_raa = {"indicator": "ae_four_hours", "area": "RAA"}
    counts = [release.rows("values", ["count"], **of_raa) for release in (first, second)]
    assert counts == [[{"count": 600}], [{"count": 601}]]


def test_changed_code_of_a_source_reads_its_files_again_once(folders, files_read, monkeypatch):
    build(*folders)
    monkeypatch.setattr(tidy, "_version", lambda source: "changed")
    files_read.clear()
    build(*folders)
    build(*folders)
    assert files_read == ["January-2026-CSV.csv"]


def test_two_copies_under_two_names_are_each_read_once(folders, files_read):
    shutil.copy(folders[0] / "January-2026-CSV.csv", folders[0] / "January-2026-copy.csv")
    build(*folders)
    files_read.clear()
    build(*folders)
    assert files_read == []


# Editions: one counts, all are accounted for


def outcomes(release: Release) -> dict[str, str]:
    return {row["file"]: row["outcome"] for row in release.rows("files")}


def test_the_same_file_twice_is_counted_once(folders):
    (folders[0] / "again").mkdir()
    shutil.copy(folders[0] / "January-2026-CSV.csv", folders[0] / "again")
    release = build(*folders)
    assert country_counts(release) == {"2026-01": 1000}
    assert outcomes(release) == {"January-2026-CSV.csv": "read", "again/January-2026-CSV.csv": "duplicate"}


def test_a_revised_file_supersedes_and_the_former_release_stays_readable(folders):
    first = build(*folders)
    write_ae_month(folders[0], JANUARY, {"RAA": (900, 200), "RBB": (500, 100)}, "January-2026-revised.csv")
    second = build(*folders)
    assert country_counts(second) == {"2026-01": 1100}
    assert outcomes(second) == {"January-2026-CSV.csv": "superseded", "January-2026-revised.csv": "read"}
    assert second.manifest["previous"] == first.id
    assert open_release(folders[1]).id == second.id
    shown = CliRunner().invoke(
        main, ["show", "ae_four_hours", "--area-type", "country", "--json", "--release", str(first.folder)]
    )
    assert json.loads(shown.output)[0]["count"] == 1000


def read_of(name: str, source: str, months: list[str], published: str | None = None) -> tidy.Read:
    """A tidied file of the waiting times that gives these months of completed admitted pathways."""
    editions = [[f"{month}-28", "completed_admitted"] for month in months]
    coverage = {"editions": editions, "start": None, "end": None}
    account = {"file_name": name, "source": source, "published": published, "tables": {"rtt": coverage}}
    return tidy.Read(name, f"sha of {name}", 1, source, None, Path(name), account)


def test_of_two_editions_the_later_published_counts_whatever_the_files_are_called():
    late = read_of("a.xls", "rtt_commissioner_workbooks", ["2015-02"], "2015-06-30")
    early = read_of("z-revised.xls", "rtt_commissioner_workbooks", ["2015-02"], "2015-04-30")
    editions = tidy.latest_editions([late, early])
    assert [path.parent.name for path, _ in editions.used["rtt"]] == ["a.xls"]
    assert editions.superseded == {"z-revised.xls": "a.xls is the later or fuller edition"}


def test_the_fuller_source_counts_even_if_the_other_was_published_later():
    full = read_of("full.zip", "rtt_waiting_times", ["2024-02"])
    workbook = read_of("book.xlsx", "rtt_commissioner_workbooks", ["2024-02"], "2030-01-01")
    editions = tidy.latest_editions([full, workbook])
    assert [path.parent.name for path, _ in editions.used["rtt"]] == ["full.zip"]


def test_a_file_superseded_in_part_is_used_for_the_rest():
    year = read_of("year.xls", "rtt_commissioner_workbooks", ["2015-02", "2015-03"], "2015-04-30")
    march = read_of("march.xls", "rtt_commissioner_workbooks", ["2015-03"], "2015-05-31")
    editions = tidy.latest_editions([year, march])
    assert {path.parent.name: won for path, won in editions.used["rtt"]} == {
        "year.xls": [["2015-02-28", "completed_admitted"]],
        "march.xls": None,
    }


# One build at a time


def test_a_second_build_in_the_same_home_is_refused(folders):
    build(*folders)
    arguments = ["build", "--data", str(folders[0]), "--release", str(folders[1])]
    with (folders[1] / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 2
    assert "another build is running there. Wait for it, or give another --release." in refused.stderr
    assert CliRunner().invoke(main, arguments).exit_code == 0


def test_what_a_killed_build_left_half_done_is_cleared_away(folders):
    build(*folders)
    home = folders[1]
    half_read = home / "tidied" / "accident_emergency" / ".0123456789abcdef"
    half_written = home / "releases" / ".unfinished-000002-abc"
    for leftover in (half_read, half_written):
        leftover.mkdir()
        (leftover / "values.parquet").write_bytes(b"PAR1")
    build(*folders)
    assert not half_read.exists()
    assert not half_written.exists()


def test_a_data_folder_that_is_not_there_is_a_clear_fault(tmp_path):
    with pytest.raises(AtlasError, match="is not a folder"):
        build(tmp_path / "nowhere", tmp_path / "home")
