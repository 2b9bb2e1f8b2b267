"""kill -9 at thirty random moments of a build: a reader never meets half a release, and the next build completes."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from small_data import first_months, write_ae_month

from careatlas.engine.release import open_release
from careatlas.engine.tables import RELEASE

KILLS, SEED = 30, 20260131
MONTHS, TRUSTS = 12, 40

WAIT_THEN_BUILD = """
import sys
from pathlib import Path
from careatlas.build.pipeline import build

print("ready", flush=True)
sys.stdin.readline()
build(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def write_data(folder: Path, round_number: int) -> None:
    """A year of A&E; every round has other figures, so that every build reads all of it and publishes."""
    for month in first_months(MONTHS):
        trusts = {f"R{n:02d}": (2000 + n + round_number, 500 + 7 * n) for n in range(TRUSTS)}
        write_ae_month(folder, month, trusts)


class Builder:
    """A process that has read its modules and builds when told to: what is killed is building, not importing."""

    def __init__(self, data: Path, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WAIT_THEN_BUILD, data, home],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self) -> None:
        assert self.process.stdout.readline() == "ready\n"
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def finish(self) -> str:
        """Wait; give what it wrote to standard error."""
        return self.process.communicate(timeout=120)[1]

    def kill_after(self, seconds: float) -> None:
        """Kill it at that moment, or find that it was done before."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.kill(self.process.pid, signal.SIGKILL)
        self.finish()


class Reader:
    """Opens the release being served again and again and holds every table against its manifest."""

    def __init__(self, home: Path) -> None:
        self.home, self.reads, self.faults, self.seen = home, 0, [], set()

    def read_once(self) -> None:
        try:
            release = open_release(self.home)
            found = {
                name: len(release.arrow(name, [table.column_names[0]])) for name, table in RELEASE.items()
            }
            if found != release.manifest["row_counts"] or len(release.catalogue["indicators"]) < 1:
                self.faults.append(f"{release.id}: {found}")
            self.seen.add(release.id)
        except Exception as fault:
            self.faults.append(repr(fault))
        self.reads += 1

    @contextmanager
    def reading(self) -> Iterator[None]:
        stop = threading.Event()

        def loop() -> None:
            while not stop.wait(0.02):
                self.read_once()

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@pytest.mark.timeout(600)
def test_a_build_killed_at_thirty_random_moments_never_leaves_half_a_release(tmp_path):
    data, home, moments = tmp_path / "data", tmp_path / "home", random.Random(SEED)
    write_data(data, 0)
    first = Builder(data, home)
    first.start()
    assert first.finish() == ""
    building_seconds = _seconds_of_a_build(data, home, 1)
    reader, killed, rounds = Reader(home), 0, 1
    waiting = Builder(data, home)
    with reader.reading():
        while killed < KILLS:  # a build that was done before its moment came does not count
            rounds += 1
            write_data(data, rounds)
            builder, waiting = waiting, Builder(data, home)
            builder.start()
            builder.kill_after(moments.uniform(0, building_seconds))
            killed += builder.process.returncode == -signal.SIGKILL
            assert rounds < 3 * KILLS, (
                f"only {killed} of {rounds} builds were still going when their moment came"
            )
    waiting.start()
    assert waiting.finish() == ""
    assert reader.faults == []
    assert reader.reads > KILLS
    expected = 2000 * MONTHS * TRUSTS + MONTHS * sum(range(TRUSTS)) + rounds * MONTHS * TRUSTS
    assert sum(row["denominator"] for row in _country(open_release(home))) == expected
    assert not list((home / "releases").glob(".unfinished-*"))
    assert not list((home / "tidied").glob("*/.*"))


def _seconds_of_a_build(data: Path, home: Path, number: int) -> float:
    write_data(data, number)
    builder = Builder(data, home)
    assert builder.process.stdout.readline() == "ready\n"
    started = time.monotonic()
    builder.process.stdin.write("go\n")
    assert builder.finish() == ""
    return time.monotonic() - started


def _country(release) -> list[dict]:
    return release.rows("values", ["denominator"], indicator="ae_four_hours", area_type="country")
