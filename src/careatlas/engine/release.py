"""Releases: one complete, immutable build of the atlas in a folder, swapped in whole and read by every face.

    <home>/releases/<sequence>-<content hash>/   Parquet tables, catalogue.json, boundaries/, manifest.json
    <home>/releases/current                      the name of the release being served

A release is written beside the others, synced to disk, renamed, and only then named in ``current``: whoever is
killed meanwhile leaves the former release serving. Reading needs no query engine, so nothing a reader sends can
become a query.
"""

import functools
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from careatlas.engine.tables import RELEASE
from careatlas.errors import ReleaseError

DEFAULT_HOME = Path("atlas")
ROWS_IN_A_GROUP = 20_000  # small enough that reading one indicator skips the others


class Release:
    """One release, read-only. Tables are those of `careatlas.engine.tables.RELEASE`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: dict[str, Any] = _read_json(folder / "manifest.json")
        self.id: str = self.manifest["id"]

    def arrow(self, table: str, columns: list[str] | None = None, **where: Any) -> pa.Table:
        """Rows of one table. ``where``: column = a value, a list of values, or None for missing."""
        if table not in RELEASE:
            raise ReleaseError(table, "is not a table of a release.", f"Tables: {', '.join(RELEASE)}.")
        path = self.folder / f"{table}.parquet"
        try:
            return pq.read_table(path, columns=columns, filters=_filters(where), use_threads=False)
        except (OSError, pa.ArrowInvalid) as fault:
            raise _unreadable(path, fault) from fault

    def rows(self, table: str, columns: list[str] | None = None, **where: Any) -> list[dict[str, Any]]:
        """The same as a list of rows; missing is None."""
        return self.arrow(table, columns, **where).to_pylist()

    @functools.cached_property
    def catalogue(self) -> dict[str, Any]:
        """The indicators, area types, programmes and standards as they were when this release was built."""
        return _read_json(self.folder / "catalogue.json")

    @functools.cached_property
    def areas(self) -> dict[str, dict[str, Any]]:
        """Every area by its code."""
        return {row["code"]: row for row in self.rows("areas")}

    @functools.lru_cache(maxsize=8)  # noqa: B019 - a release lives as long as the process needs it
    def boundaries(self, area_type: str) -> dict[str, Any] | None:
        """Simplified outlines as TopoJSON on a plane in kilometres; None where the release has none."""
        path = self.folder / "boundaries" / f"{area_type}.json"
        return _read_json(path) if path.is_file() and area_type.isidentifier() else None


def home_folder(where: Path | None = None) -> Path:
    """Where releases live: the folder given, else CAREATLAS_HOME, else ``atlas`` in the current folder."""
    home = Path(where or os.environ.get("CAREATLAS_HOME") or DEFAULT_HOME)
    if home.is_file():
        raise ReleaseError(home, "is a file.", "Give the folder that releases live in.")
    return home


def open_release(where: Path | str | None = None) -> Release:
    """The release at ``where`` (its own folder), or the one being served from the home folder ``where``."""
    home = home_folder(Path(where) if where else None)
    if (home / "manifest.json").is_file():
        return Release(home)
    current = current_id(home)
    if current is None:
        raise ReleaseError(
            home, "holds no release.", "Run `careatlas build --data DIR` or `careatlas demo` first."
        )
    return Release(home / "releases" / current)


def whole_release(home: Path) -> Release | None:
    """The release being served; None before the first build, and where it is damaged, so that it is built anew."""
    try:
        release = open_release(home)
        rows = {table: pq.read_metadata(release.folder / f"{table}.parquet").num_rows for table in RELEASE}
    except (ReleaseError, OSError, pa.ArrowInvalid):
        return None
    return release if rows == release.manifest["row_counts"] else None


def current_id(home: Path) -> str | None:
    """The name of the release being served; None before the first build. Cheap enough for every request."""
    try:
        return (home / "releases" / "current").read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def publish(
    home: Path, tables: Mapping[str, pa.Table], documents: Mapping[str, Any], manifest: Mapping[str, Any]
) -> Release:
    """Write a release and serve it. The same content as the one being served changes nothing.

    ``tables``: every table of RELEASE. ``documents``: JSON files by path inside the release. ``manifest``: what
    the build knows of its inputs; id, sequence, content hash, row counts and the previous release are added.
    """
    releases = home / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    remove_unfinished(releases)
    content_hash = _content_hash(tables, documents)
    previous = whole_release(home)
    if previous and previous.manifest["content_hash"] == content_hash:
        return previous
    sequence = 1 + max((int(folder.name.split("-")[0]) for folder in releases.glob("[0-9]*-*")), default=0)
    name = f"{sequence:06d}-{content_hash[:12]}"
    complete = {
        "id": name,
        "sequence": sequence,
        "content_hash": content_hash,
        "previous": previous.id if previous else None,
        "row_counts": {table: len(rows) for table, rows in tables.items()},
        **manifest,
    }
    staging = releases / f".unfinished-{name}"
    _write(staging, tables, documents, complete)
    os.rename(staging, releases / name)
    _sync(releases)
    _serve(releases, name)
    return Release(releases / name)


def remove_unfinished(releases: Path) -> None:
    """Clear away what killed builds left. Only the holder of the build lock may call it."""
    for leftover in releases.glob(".unfinished-*"):
        shutil.rmtree(leftover)


def _write(
    staging: Path, tables: Mapping[str, pa.Table], documents: Mapping[str, Any], manifest: Mapping[str, Any]
) -> None:
    staging.mkdir()
    for name, rows in tables.items():
        pq.write_table(rows, staging / f"{name}.parquet", compression="zstd", row_group_size=ROWS_IN_A_GROUP)
    for path, document in {**documents, "manifest.json": manifest}.items():
        target = staging / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(
            json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1), encoding="utf-8"
        )
    for path in staging.rglob("*"):
        _sync(path)
    _sync(staging)


def _serve(releases: Path, name: str) -> None:
    pointer = releases / ".current"
    pointer.write_text(name, encoding="utf-8")
    _sync(pointer)
    os.replace(pointer, releases / "current")
    _sync(releases)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _content_hash(tables: Mapping[str, pa.Table], documents: Mapping[str, Any]) -> str:
    """A hash of what is said, not of file bytes: rows in any order, missing alike however it is stored."""
    from pandas.util import hash_pandas_object

    digest = hashlib.sha256()
    for name in sorted(tables):
        frame = tables[name].to_pandas(date_as_object=False)
        hashes = hash_pandas_object(frame, index=False).sort_values().to_numpy()
        digest.update(f"{name}:{','.join(frame.columns)}:{len(frame)}".encode())
        digest.update(hashes.astype("<u8").tobytes())
    digest.update(json.dumps(documents, ensure_ascii=False, sort_keys=True).encode())
    return digest.hexdigest()


def _filters(where: Mapping[str, Any]) -> Any:
    import pyarrow.compute as pc

    expression = None
    for column, wanted in where.items():
        field = pc.field(column)
        if wanted is None:
            term = field.is_null()
        elif isinstance(wanted, list | tuple | set):
            term = field.isin(list(wanted))
        else:
            term = field == wanted
        expression = term if expression is None else expression & term
    return expression


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise _unreadable(path, fault) from fault


def _unreadable(path: Path, fault: Exception) -> ReleaseError:
    return ReleaseError(path.parent, f"{path.name} cannot be read ({fault}).", "Build the release again.")
