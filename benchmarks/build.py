"""Build time and peak memory against input size, beside the same figures made by hand. `make bench` runs it.

1. Simulated full extracts of referral-to-treatment waits, about as many rows as England's, 1 to 24 months:
   a cold build, a second build with nothing changed, and one indicator's answer read out of the release.
2. That one indicator by hand in pandas (``by_hand.py``) from the same zips. The two answers must be equal,
   area by area, before any ratio is printed.
3. How long each kind of page takes the server on the longest of them (``pages.py``).
4. Where the publishers' real files are at hand (CAREATLAS_DATA): cold and unchanged builds of all of them, and
   their pages.

Each measurement is a process of its own, timed from start to exit, with the peak memory the system reports
for it. No speed is asserted: figures depend on the machine, and only ratios taken in one run say anything.
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
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SAME = 1e-9  # the largest relative difference that the order of adding up may leave
BYTES_OF_A_MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024  # what the system counts peaks in
HEADING = """
Referral-to-treatment waits, full extracts. The build makes every indicator of them, at every level, with its
checks, and the waits by week; "by hand" and "read" give one of those indicators at one level; "waits" reads one
specialty's waits of every area and works out rates, ranks and lengths, of all months, the second time it is asked.

months  input MB | build, cold        | nothing changed    | read               | waits    | by hand, pandas    |\
 build / by hand    | read / by hand"""


class Cost(NamedTuple):
    """What one process took, and what it printed."""

    seconds: float
    peak_mb: float
    printed: str

    def __str__(self) -> str:
        return f"{self.seconds:6.1f} s {self.peak_mb:6.0f} MB"

    def beside(self, other: "Cost") -> str:
        return f"{self.seconds / other.seconds:5.2f} time {self.peak_mb / other.peak_mb:4.2f} mem"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="careatlas-bench-") as folder:
        growing_input(Path(folder))
        real_files(Path(folder))


def growing_input(folder: Path) -> None:
    print(f"writing {max(MONTHS)} months of a simulated country, full size", flush=True)
    write = (
        "import sys; from careatlas.sources.simulated_country import write_country; "
        f"write_country(sys.argv[1], months={max(MONTHS)}, full_size=True)"
    )
    cost_of("-c", write, folder / "country")
    print(HEADING)
    for months in MONTHS:
        data, home = folder / f"data-{months}", folder / f"home-{months}"
        input_mb = share_of_country(folder / "country" / "data", data, months)
        cold, unchanged = build_twice(data, home)
        read = cost_of(HERE / "from_release.py", home, folder / "release.csv")
        waits = cost_of(HERE / "waits.py", home, months)
        by_hand = cost_of(HERE / "by_hand.py", data, folder / "by_hand.csv")
        refuse_differences(folder / "release.csv", folder / "by_hand.csv", months)
        print(
            f"{months:6d}  {input_mb:8.1f} | {cold} | {unchanged} | {read} | {waits.printed.strip()} | {by_hand} "
            f"| {cold.beside(by_hand)} | {read.beside(by_hand)}",
            flush=True,
        )
        if months == max(MONTHS):
            print(f"\nPages, {months} months\n{cost_of(HERE / 'pages.py', home).printed}", flush=True)
        shutil.rmtree(home)
    print("\nThe two answers were equal, area by area and month by month, in every row.")


def real_files(folder: Path) -> None:
    data = Path(os.environ.get("CAREATLAS_DATA", HERE.parent.parent / "shared" / "data"))
    if not data.is_dir():
        print("\nNo publishers' files at hand: set CAREATLAS_DATA to measure a build of them.")
        return
    sizes = [path.stat().st_size for path in data.rglob("*") if path.is_file()]
    print(f"\nThe publishers' files: {len(sizes)} files, {sum(sizes) / 1e6:.1f} MB", flush=True)
    cold, unchanged = build_twice(data, folder / "home-real")
    print(f"build, cold      {cold}\nnothing changed  {unchanged}")
    print(f"\nPages, the publishers' files\n{cost_of(HERE / 'pages.py', folder / 'home-real').printed}")


def build_twice(data: Path, home: Path) -> tuple[Cost, Cost]:
    """A cold build, and another of the same input."""
    command = ("import sys; from careatlas.cli import main; main(sys.argv[1:])", "build")
    cold, again = (cost_of("-c", *command, "--data", data, "--release", home) for _ in range(2))
    if "nothing changed" not in again.printed:
        sys.exit("the second build found something changed: was the code edited meanwhile?")
    return cold, again


def share_of_country(country: Path, data: Path, months: int) -> float:
    """A data folder of the look-ups, the weights and the latest months' extracts; the extracts' megabytes."""
    for part in ("places", "need_weights"):
        shutil.copytree(country / part, data / part)
    shutil.copy(country / "SIMULATED.json", data)
    (data / "rtt").mkdir()
    latest = sorted((country / "rtt").glob("*.zip"), key=month_of)[-months:]
    for extract in latest:
        shutil.copy(extract, data / "rtt")
    return sum(extract.stat().st_size for extract in latest) / 1e6


def month_of(extract: Path) -> tuple[int, int]:
    """Full-CSV-data-file-Jan26-ZIP.zip -> (26, 0)"""
    named = extract.name.removeprefix("Full-CSV-data-file-")
    return int(named[3:5]), MONTH_NAMES.index(named[:3])


def cost_of(*arguments: object) -> Cost:
    """Run one Python process. This one stays small, because a process starts with the peak of its parent."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        process = subprocess.Popen([sys.executable, *map(str, arguments)], stdout=printed, stderr=printed)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        said = printed.read()
    if process.returncode:
        sys.exit(f"{said}\na measured process failed")
    return Cost(seconds, used.ru_maxrss * BYTES_OF_A_MEMORY_UNIT / 1e6, said)


def refuse_differences(release: Path, by_hand: Path, months: int) -> None:
    """Stop where the two answers differ in an area, a month or a figure."""
    ours, theirs = answer_in(release), answer_in(by_hand)
    if ours.keys() != theirs.keys() or len({month for month, _ in ours}) != months:
        differing = sorted(ours.keys() ^ theirs.keys())[:5]
        sys.exit(f"the answers are not about the same areas and {months} months: {differing}")
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


if __name__ == "__main__":
    main()
