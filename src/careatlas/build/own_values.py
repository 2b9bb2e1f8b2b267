"""A reader's own file: looked at beside what is on file, then published or left alone; earlier versions can return.

``preview`` reads the file, looks up each row's figure and area, and works out each value with its limits by the
indicator's own method, beside the country's and the peers'; nothing is kept. ``publish`` keeps the file as a version
(`careatlas.build.own_versions`) and builds a release with it. Pages call nothing else of ``build``.
"""

import functools
import hashlib
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from careatlas.build import own_checks, own_staging, own_versions
from careatlas.build.own_beside import beside_the_country
from careatlas.build.pipeline import Say, build_again
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.release import Release, open_release
from careatlas.errors import AtlasError
from careatlas.sources._own_rows import OwnRow
from careatlas.sources.own_figures import read_rows
from careatlas.sources.source import SourceFile

LARGEST_BYTES = 5 * 1024**2
MOST_ROWS = 50_000


def print_nothing(_: str) -> None:
    """What to say where nobody listens."""


@dataclass(frozen=True)
class Preview:
    """What a file would say. ``rows``: all of the file, accepted and refused. ``figures``: the value of each accepted
    row beside the country's latest, rows as `careatlas.build.own_beside` gives them; ``about``: their indicators."""

    file: str
    sha256: str
    rows: list[OwnRow]
    figures: list[dict[str, Any]]
    about: dict[str, dict[str, Any]]

    @property
    def accepted(self) -> list[OwnRow]:
        return [row for row in self.rows if row.refused is None]

    @property
    def refused(self) -> list[OwnRow]:
        return [row for row in self.rows if row.refused is not None]


def preview(
    path: Path, home: Path, year_type: str | None = None, name: str | None = None, today: date | None = None
) -> Preview:
    """What becomes of each row of the file at ``path``. ``name``: what its reader calls it. ``year_type``: calendar or
    financial, for Fingertips' layouts, which do not say."""
    name, release, asked_for = name or path.name, open_release(home), _asked_for()
    try:
        content = _content(path)
        rows = read_rows(SourceFile(path), year_type)
    except AtlasError as fault:
        raise AtlasError(name, fault.found, fault.remedy) from fault
    if not rows or len(rows) > MOST_ROWS:
        raise AtlasError(name, f"it has {len(rows):,} rows.", f"Load a file of 1 to {MOST_ROWS:,} rows.")
    checked = own_checks.checked(rows, release, asked_for, today or date.today())
    figures = beside_the_country(release, [row for row in checked if row.refused is None], asked_for)
    about = {one.id: one.model_dump() for row in checked for one in asked_for.get(row.figure, ())}
    return Preview(name, hashlib.sha256(content).hexdigest(), checked, figures, about)


@functools.cache
def _asked_for() -> own_checks.Asked:
    """Content does not change while a process runs; reading it takes longer than the preview of a file."""
    return own_checks.figures_asked_for(load_catalogue())


def publish(path: Path, home: Path, seen: Preview, who: str, say: Say = print_nothing) -> Release:
    """Keep what was seen as a version and build a release with it. Where the build fails, the version is withdrawn and
    the former release goes on being served."""
    return build_with(home, keep(path, home, seen, who), say)


def keep(path: Path, home: Path, seen: Preview, who: str) -> int:
    """What was seen as a version of its own, to be part of the next build; its number."""
    if not seen.accepted:
        raise AtlasError(seen.file, "no row of it was accepted.", "Mend what the preview says of its rows.")
    if hashlib.sha256(_content(path)).hexdigest() != seen.sha256:
        raise AtlasError(seen.file, "it has changed since it was looked at.", "Look at it again.")
    figures = sorted({row.figure for row in seen.accepted})
    about = {"file": seen.file, "sha256": seen.sha256, "who": who, "when": _now(), "figures": figures}
    return own_versions.keep(home, path, about, seen.rows)


def build_with(home: Path, number: int, say: Say = print_nothing) -> Release:
    """A release with the version just kept; without one, the version is withdrawn."""
    try:
        return build_again(home, say)
    except BaseException:
        own_versions.withdraw(home, number, "the atlas: no release could be built with it", _now())
        raise


def withdraw(home: Path, number: int, who: str, say: Say = print_nothing) -> Release:
    """Take a version out and build again: what it had replaced counts again."""
    own_versions.withdraw(home, number, who, _now())
    return build_again(home, say)


def stage(home: Path, blocks: Iterable[bytes], name: str, year_type: str | None) -> str:
    """Set a file that was sent aside until it is published or discarded; the token by which to ask for it."""
    return own_staging.stage(home, blocks, name, year_type, LARGEST_BYTES)


def preview_staged(home: Path, token: str) -> Preview:
    found = own_staging.staged(home, token)
    return preview(found.path, home, found.year_type, found.name)


def publish_staged(home: Path, token: str, who: str) -> int:
    """Keep the file as a version and start to build with it; its number. `building` tells how far it is."""
    if own_staging.building(home)[0]:
        raise AtlasError("This atlas", "is building a release already.", "Wait until it is done.")
    found = own_staging.staged(home, token)
    number = keep(found.path, home, preview_staged(home, token), who)
    own_staging.discard(home, token)
    own_staging.build_aside(home, number)
    return number


def discard_staged(home: Path, token: str) -> None:
    own_staging.discard(home, token)


def withdraw_aside(home: Path, number: int, who: str) -> None:
    """Take a version out and start to build without it."""
    if own_staging.building(home)[0]:
        raise AtlasError("This atlas", "is building a release already.", "Wait until it is done.")
    own_versions.withdraw(home, number, who, _now())
    own_staging.build_aside(home, 0)


def building(home: Path) -> tuple[bool, str]:
    """Whether a release is being built for a reader, and what was last told of it."""
    return own_staging.building(home)


def versions(home: Path) -> list[dict[str, Any]]:
    """Every version ever published, the first first, a row each."""
    return [
        {
            "version": one["version"],
            "file": one["file"],
            "figures": ", ".join(one["figures"]),
            "loaded_by": one["who"],
            "loaded_at": one["when"],
            "rows_accepted": one["rows"] - len(one["refused"]),
            "rows_refused": len(one["refused"]),
            "status": "withdrawn" if one["withdrawn"] else "in force",
            "withdrawn_by": (one["withdrawn"] or {}).get("who"),
            "sha256": one["sha256"],
        }
        for one in own_versions.versions(home)
    ]


def _content(path: Path) -> bytes:
    try:
        size = os.stat(path).st_size
        if size > LARGEST_BYTES:
            megabytes = LARGEST_BYTES // 1024**2
            raise AtlasError(path.name, f"it has {size:,} bytes.", f"Load a file of up to {megabytes} MB.")
        return path.read_bytes()
    except OSError as fault:
        raise AtlasError(
            path, f"it cannot be read ({fault.strerror}).", "Give the path of a file."
        ) from fault


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _build_aside(home: Path, number: int) -> None:
    """What the process beside a server does: build, and tell how far it is. ``number`` 0: after a withdrawal."""
    say, kept = functools.partial(own_staging.tell, home), " The file was not published." if number else ""
    try:
        release = build_with(home, number, say) if number else build_again(home, say)
    except AtlasError as fault:
        say(f"No release was built: {fault}{kept}")
    except BaseException:
        say(f"No release was built: the build stopped by a mistake of ours.{kept}")
        raise
    else:
        say(f"Release {release.id} was built and is being served.")


if __name__ == "__main__":
    _build_aside(Path(sys.argv[1]), int(sys.argv[2]))
