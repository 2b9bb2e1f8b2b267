"""Files sent to the upload page: set aside until they are published or discarded, and releases built beside the server.

    <home>/own/.staged/<token>/     a file that somebody looks at: raw.csv or raw.xlsx, about.json
    <home>/own/.building.lock       held by the process that builds; told of in .building.txt

Nothing of a path that a reader sent is used: the token is ours, and the file's own name is only ever shown.
"""

import fcntl
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from careatlas.errors import AtlasError, NotKnownError

MOST_STAGED = 20  # older ones are forgotten: nobody comes back to them
LONGEST_NAME = 100


@dataclass(frozen=True)
class Staged:
    """A file set aside: where it lies, what its reader calls it, what a year is in it."""

    path: Path
    name: str
    year_type: str | None


def stage(home: Path, blocks: Iterable[bytes], name: str, year_type: str | None, most_bytes: int) -> str:
    """Set a file aside; the token by which to ask for it."""
    folder = home / "own" / ".staged"
    token = secrets.token_hex(16)
    suffix = ".xlsx" if name.lower().endswith(".xlsx") else ".csv"
    (folder / token).mkdir(parents=True)
    written = 0
    with (folder / token / f"raw{suffix}").open("wb") as stream:
        for block in blocks:
            written += len(block)
            if written > most_bytes:
                break
            stream.write(block)
    if written > most_bytes:
        shutil.rmtree(folder / token)
        raise AtlasError(
            shown_name(name), "it is too large.", f"Load a file of up to {most_bytes // 1024**2} MB."
        )
    about = {"name": shown_name(name), "year_type": year_type}
    (folder / token / "about.json").write_text(json.dumps(about), encoding="utf-8")
    for old in sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)[:-MOST_STAGED]:
        shutil.rmtree(old, ignore_errors=True)
    return token


def staged(home: Path, token: str) -> Staged:
    folder = home / "own" / ".staged" / token
    try:
        if not re.fullmatch("[0-9a-f]{32}", token):
            raise FileNotFoundError
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NotKnownError(
            "This file", "is not kept: it was published, discarded or forgotten.", "Send it again."
        ) from None
    return Staged(next(folder.glob("raw.*")), about["name"], about["year_type"])


def discard(home: Path, token: str) -> None:
    shutil.rmtree(staged(home, token).path.parent)


def shown_name(name: str) -> str:
    """A file's name as it may be shown and kept: its last part, without what no line of text holds."""
    last = re.split(r"[/\\]", name)[-1]
    return (
        "".join(letter for letter in last if letter.isprintable())[:LONGEST_NAME] or "a file without a name"
    )


def building(home: Path) -> tuple[bool, str]:
    """Whether a release is being built for a reader, and what was last told of it."""
    lock = home / "own" / ".building.lock"
    told = home / "own" / ".building.txt"
    said = told.read_text(encoding="utf-8") if told.is_file() else ""
    if not lock.is_file():
        return False, said
    with lock.open("r+") as stream:
        return not _locked(stream.fileno()), said


def build_aside(home: Path, number: int) -> None:
    """Build in a process of its own, so that pages go on being answered. It inherits the lock and holds it to its end,
    however that comes."""
    (home / "own").mkdir(parents=True, exist_ok=True)
    with (home / "own" / ".building.lock").open("w") as lock:
        if not _locked(lock.fileno()):
            raise AtlasError("This atlas", "is building a release already.", "Wait until it is done.")
        tell(home, "The build has started.")
        process = subprocess.Popen(
            [sys.executable, "-m", "careatlas.build.own_values", str(home), str(number)],
            pass_fds=(lock.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {"CAREATLAS_HOME": str(home)},
        )
    threading.Thread(target=process.wait, daemon=True).start()  # whoever started it must take note of its end


def tell(home: Path, said: str) -> None:
    unfinished = home / "own" / ".building.unfinished"
    unfinished.write_text(said, encoding="utf-8")
    os.replace(unfinished, home / "own" / ".building.txt")


def _locked(descriptor: int) -> bool:
    """Whether the lock could be taken."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
