"""Readers' own figures as they were published: each file a numbered version in the atlas's home, kept for good.

    <home>/own/000001/raw.csv        the file as it was loaded (or raw.xlsx)
                      figures.csv    the rows that were accepted, areas by code, in the simple layout
                      version.json   name, checksum, who, when, what became of each row, whether it is withdrawn

Every build of the home reads the versions in force, in order: of two that give the same figure, area and period the
later counts. A version that is withdrawn stays on file; what it had replaced counts again.
"""

import csv
import fcntl
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from careatlas.build import tidy
from careatlas.errors import AtlasError, NotKnownError
from careatlas.sources._own_rows import OwnRow

COLUMNS = ("figure", "area", "area_type", "period", "count", "denominator")


def versions(home: Path) -> list[dict[str, Any]]:
    """What was published, the first first."""
    return [_read(folder) for folder in _folders(home)]


def keep(home: Path, original: Path, about: dict[str, Any], rows: Sequence[OwnRow]) -> int:
    """A new version of this file and its rows, complete or not at all; its number."""
    own = home / "own"
    own.mkdir(parents=True, exist_ok=True)
    with (own / ".keep.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two readers at once get two numbers
        number = max((int(folder.name) for folder in _folders(home)), default=0) + 1
        refused = [[row.number, row.refused] for row in rows if row.refused is not None]
        stated = {"version": number, **about, "rows": len(rows), "refused": refused, "withdrawn": None}
        with TemporaryDirectory(prefix=".", dir=own) as aside:
            staging = Path(aside) / "version"
            staging.mkdir()
            shutil.copyfile(original, staging / f"raw{original.suffix}")
            _write_figures(staging / "figures.csv", [row for row in rows if row.refused is None])
            _write(staging, stated)
            os.rename(staging, own / f"{number:06d}")
    return number


def withdraw(home: Path, number: int, who: str, when: str) -> None:
    """Take a version out of every later build."""
    folder = home / "own" / f"{number:06d}"
    if not (folder / "version.json").is_file():
        known = ", ".join(str(one["version"]) for one in versions(home)) or "none yet"
        raise NotKnownError(f"version {number}", "was never published.", f"Versions: {known}.")
    stated = _read(folder)
    if stated["withdrawn"]:
        raise NotKnownError(f"version {number}", f"was withdrawn on {stated['withdrawn']['when'][:10]}.")
    _write(folder, stated | {"withdrawn": {"who": who, "when": when}})


def read_own(home: Path, say: tidy.Say) -> list[tidy.Read]:
    """The versions in force, tidied, each with the account of all rows of the file it was made from."""
    return [_tidied(home, one, say) for one in versions(home) if not one["withdrawn"]]


def _tidied(home: Path, version: dict[str, Any], say: tidy.Say) -> tidy.Read:
    path = home / "own" / f"{version['version']:06d}" / "figures.csv"
    read = tidy.read_file(path, f"own/{version['version']:06d}/{version['file']}", home, say)
    reasons: dict[str, list[int]] = {}
    for number, why in version["refused"]:
        reasons.setdefault(why, []).append(number)
    refusals = [[why, len(numbers), f"row {numbers[0]}"] for why, numbers in reasons.items()]
    return replace(read, account=read.account | {"rows_read": version["rows"], "refusals": refusals})


def _folders(home: Path) -> list[Path]:
    return sorted(each for each in (home / "own").glob("*") if re.fullmatch("[0-9]{6}", each.name))


def _write_figures(path: Path, rows: Sequence[OwnRow]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        lines = csv.writer(stream, lineterminator="\n")
        lines.writerow(COLUMNS)
        for row in rows:
            start, end = row.period
            written = (_number(row.count), _number(row.denominator))
            lines.writerow((row.figure, row.area, row.area_type, f"{start}/{end}", *written))


def _number(number: float | None) -> str:
    """Digits that read back as the same number."""
    if number is None:
        return ""
    return (
        str(int(number)) if number.is_integer() else f"{number:.17g}" if number >= 1e-4 else f"{number:.25f}"
    )


def _read(folder: Path) -> dict[str, Any]:
    try:
        return json.loads((folder / "version.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise AtlasError(
            folder / "version.json", f"cannot be read ({fault}).", "Move the folder away, then build again."
        ) from fault


def _write(folder: Path, stated: dict[str, Any]) -> None:
    unfinished = folder / ".version.json"
    unfinished.write_text(json.dumps(stated, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(unfinished, folder / "version.json")
