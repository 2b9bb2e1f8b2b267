"""Build time and peak memory against input size, beside the same figures made by hand. Run it by ``make bench``.

1. Simulated full extracts of referral-to-treatment waits, as many rows as England's, 1 to 24 months: a cold
   build, a second build with nothing changed, and one indicator's answer out of the release.
2. That one indicator by hand in pandas (``by_hand.py``) from the same zips. The two answers must be equal, area by
   area, before any ratio is printed.
3. Where the publishers' real files are at hand (CAREATLAS_DATA): cold and unchanged builds of all of them.

Each measurement is a process of its own, timed from start to exit, with the peak memory the system reports for it.
No speed is asserted: figures depend on the machine, and only ratios taken in one run say anything.
"""

import csv
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
MONTHS = (1, 3, 6, 12, 24)
MOST_MONTHS = max(MONTHS)
CALENDAR = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
SAME = 1e-9  # the largest relative difference that the order of adding up may leave


class Cost(NamedTuple):
    seconds: float
    peak_mb: float

    def __str__(self) -> str:
        return f"{self.seconds:6.1f} s {self.peak_mb:6.0f} MB"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="careatlas-bench-") as folder:
        growing_input(Path(folder))
        real_files(Path(folder))


def growing_input(folder: Path) -> None:
    print(f"writing {MOST_MONTHS} months of a simulated country, full size", flush=True)
    cost_of(
        "-c",
        "import sys; from careatlas.sources.simulated_country import write_country; "
        f"write_country(sys.argv[1], months={MOST_MONTHS}, full_size=True)",
        folder / "country",
    )
    country = folder / "country" / "data"
    print("\nreferral-to-treatment waits: every indicator built, and one of them by hand from the same zips\n")
    print(
        "months  input MB | build, cold        | nothing changed    | its answer, read   | by hand, pandas    "
        "| cold / by hand     | read / by hand"
    )
    for months in MONTHS:
        data, home = folder / f"data-{months}", folder / f"home-{months}"
        input_mb = share_of_country(country, data, months)
        cold, unchanged = build_twice(data, home)
        read = cost_of(HERE / "from_release.py", home, folder / "release.csv")
        by_hand = cost_of(HERE / "by_hand.py", data, folder / "by_hand.csv")
        refuse_differences(folder / "release.csv", folder / "by_hand.csv", months)
        print(
            f"{months:6d}  {input_mb:8.1f} | {cold} | {unchanged} | {read} | {by_hand} "
            f"| {ratio(cold, by_hand)} | {ratio(read, by_hand)}",
            flush=True,
        )
        shutil.rmtree(home)
    print("\nthe answers were equal, area by area, in every row")


def real_files(folder: Path) -> None:
    data = Path(os.environ.get("CAREATLAS_DATA", HERE.parent.parent / "shared" / "data"))
    if not data.is_dir():
        print("\nno publishers' files at hand: set CAREATLAS_DATA to measure a build of them")
        return
    files = [path for path in data.rglob("*") if path.is_file()]
    size_mb = sum(path.stat().st_size for path in files) / 1e6
    print(f"\nthe publishers' files: {len(files)} files, {size_mb:.1f} MB", flush=True)
    cold, unchanged = build_twice(data, folder / "home-real")
    print(f"build, cold      {cold}\nnothing changed  {unchanged}")


def build_twice(data: Path, home: Path) -> tuple[Cost, Cost]:
    """A cold build, and one more of the same input."""
    command = ("-m", "careatlas.cli", "build", "--data", data, "--release", home)
    run_main = ("-c", "import sys; from careatlas.cli import main; main(sys.argv[1:])", *command[2:])
    return cost_of(*run_main), cost_of(*run_main)


def share_of_country(country: Path, data: Path, months: int) -> float:
    """A data folder with the look-ups, the weights and the latest months of the extract; megabytes of the zips."""
    for part in ("places", "need_weights"):
        shutil.copytree(country / part, data / part)
    shutil.copy(country / "SIMULATED.json", data)
    (data / "rtt").mkdir()
    latest = sorted((country / "rtt").glob("*.zip"), key=month_in_name)[-months:]
    for extract in latest:
        shutil.copy(extract, data / "rtt")
    return sum(extract.stat().st_size for extract in latest) / 1e6


def month_in_name(extract: Path) -> tuple[int, int]:
    """Full-CSV-data-file-Jan26-ZIP.zip -> (26, 0)"""
    named = extract.name.removeprefix("Full-CSV-data-file-")[:5]
    return int(named[3:]), CALENDAR.index(named[:3])


def cost_of(*arguments: object) -> Cost:
    """Seconds and peak memory of one Python process; this one stays small, because a child's peak counts from the
    memory of the process it was started by."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen([sys.executable, *map(str, arguments)], stdout=told, stderr=told)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            told.seek(0)
            sys.exit(f"{told.read()}\nthe measured process failed: {arguments[0]}")
    return Cost(seconds, usage.ru_maxrss * resource_unit_bytes() / 1e6)


def resource_unit_bytes() -> int:
    """The system reports peak memory in units of 1,024 bytes on Linux, of one byte on macOS."""
    return 1 if sys.platform == "darwin" else 1024


def refuse_differences(release: Path, by_hand: Path, months: int) -> None:
    """Stop where the two answers differ in an area, a month or a figure."""
    ours, theirs = answer_in(release), answer_in(by_hand)
    if ours.keys() != theirs.keys() or len({month for month, _ in ours}) != months:
        sys.exit(f"the answers are not about the same areas and months: {sorted(ours.keys() ^ theirs.keys())[:5]}")
    for key, figures in ours.items():
        for name, figure in figures.items():
            if not math.isclose(figure, theirs[key][name], rel_tol=SAME):
                sys.exit(f"{key}: {name} is {figure!r} in the release and {theirs[key][name]!r} by hand")


def answer_in(path: Path) -> dict[tuple[str, str], dict[str, float]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {
            (row.pop("month"), row.pop("area")): {name: float(text) for name, text in row.items()}
            for row in csv.DictReader(stream)
        }


def ratio(one: Cost, other: Cost) -> str:
    return f"{one.seconds / other.seconds:4.2f} time {one.peak_mb / other.peak_mb:4.2f} mem"


if __name__ == "__main__":
    main()
