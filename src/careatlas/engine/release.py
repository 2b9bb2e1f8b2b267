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
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from careatlas.engine.tables import RELEASE
from careatlas.errors import ReleaseError

DEFAULT_HOME = Path("atlas")
ODD = np.uint64(0x9E3779B97F4A7C15)  # its powers are a list's places, in the arithmetic of 64 bits
ROWS_IN_A_GROUP = 20_000  # at most: one indicator at one level has row groups of its own
TOGETHER = ("indicator", "area_type")


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
            rows = _row_groups(path, [*dict.fromkeys([*columns, *where])] if columns else None, where)
            rows = rows.filter(_filters(where)) if where else rows
        except (OSError, pa.ArrowInvalid) as fault:
            raise _unreadable(path, fault) from fault
        return rows.select(columns) if columns else rows

    def rows(self, table: str, columns: list[str] | None = None, **where: Any) -> list[dict[str, Any]]:
        """The same as a list of rows; missing is None."""
        return self.arrow(table, columns, **where).to_pylist()

    def of_area(self, table: str, area: str, **where: Any) -> list[dict[str, Any]]:
        """One area's rows in the order of the table, from a copy kept in memory: reading a file through for each
        of a page's questions would take longer than answering them. ``where``: column = a value."""
        kept, places = self._by_area(table)
        rows = kept.slice(*places.get(area, (0, 0)))
        for column, wanted in where.items():
            rows = rows.filter(pc.equal(rows[column], wanted))
        return rows.to_pylist()

    @functools.lru_cache(maxsize=16)  # noqa: B019 - as long as the release
    def _by_area(self, table: str) -> tuple[pa.Table, dict[str, tuple[int, int]]]:
        """A table in order of area, and where each area's rows start and how many they are."""
        rows = self.arrow(table).sort_by("area").combine_chunks()
        areas, starts, counts = np.unique(
            rows["area"].to_numpy(zero_copy_only=False), return_index=True, return_counts=True
        )
        places = zip(starts.tolist(), counts.tolist(), strict=True)
        return rows, dict(zip(areas.tolist(), places, strict=True))

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
    home: Path,
    tables: Mapping[str, pa.Table | Path],
    documents: Mapping[str, Any],
    manifest: Mapping[str, Any],
) -> Release:
    """Write a release and serve it. The same content as the one being served changes nothing.

    ``tables``: every table of RELEASE, one too large for memory as a Parquet file. ``documents``: JSON files by
    path inside the release. ``manifest``: what the build knows of its inputs; id, sequence, content hash, row
    counts and the previous release are added.
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
        "row_counts": {table: _row_count(rows) for table, rows in tables.items()},
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
    staging: Path,
    tables: Mapping[str, pa.Table | Path],
    documents: Mapping[str, Any],
    manifest: Mapping[str, Any],
) -> None:
    staging.mkdir()
    for name, rows in tables.items():
        target = staging / f"{name}.parquet"
        if isinstance(rows, Path):
            shutil.copyfile(rows, target)
        else:
            _write_table(rows, target)
    for path, document in {**documents, "manifest.json": manifest}.items():
        target = staging / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(
            json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1), encoding="utf-8"
        )
    for path in staging.rglob("*"):
        _sync(path)
    _sync(staging)


def _write_table(rows: pa.Table, target: Path) -> None:
    """Rows that are asked for together are row groups of their own, so that reading them reads nothing else."""
    with pq.ParquetWriter(target, rows.schema, compression="zstd") as writer:
        if not set(TOGETHER) <= set(rows.column_names):
            writer.write_table(rows, row_group_size=ROWS_IN_A_GROUP)
            return
        rows = rows.sort_by([(name, "ascending") for name in TOGETHER])  # otherwise in the order they had
        groups = rows.group_by(TOGETHER, use_threads=False).aggregate([([], "count_all")])
        start = 0
        for count in groups["count_all"].to_pylist():
            writer.write_table(rows.slice(start, count), row_group_size=ROWS_IN_A_GROUP)
            start += count


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


def _content_hash(tables: Mapping[str, pa.Table | Path], documents: Mapping[str, Any]) -> str:
    """A hash of what is said, not of file bytes: rows in any order, missing alike however it is stored."""
    digest = hashlib.sha256()
    for name in sorted(tables):
        columns = ",".join(RELEASE[name].column_names)
        digest.update(f"{name}:{columns}:{_row_count(tables[name])}".encode())
        hashes = [_row_hashes(batch) for batch in _batches(tables[name])]
        digest.update(np.sort(np.concatenate([np.empty(0, "<u8"), *hashes])).astype("<u8").tobytes())
    digest.update(json.dumps(documents, ensure_ascii=False, sort_keys=True).encode())
    return digest.hexdigest()


def _row_count(rows: pa.Table | Path) -> int:
    return pq.read_metadata(rows).num_rows if isinstance(rows, Path) else len(rows)


def _batches(rows: pa.Table | Path) -> Iterator[pa.Table]:
    """The whole of a table in memory, and a large one from its file a piece at a time."""
    if not isinstance(rows, Path):
        yield rows
        return
    for batch in pq.ParquetFile(rows).iter_batches(batch_size=ROWS_IN_A_GROUP):
        yield pa.Table.from_batches([batch])


def _row_hashes(rows: pa.Table) -> np.ndarray:
    from pandas.util import hash_pandas_object

    lists = [field.name for field in rows.schema if pa.types.is_list(field.type)]
    frame = rows.drop_columns(lists).to_pandas(date_as_object=False)
    hashes = hash_pandas_object(frame, index=False).to_numpy()
    for name in lists:
        hashes = hashes * np.uint64(31) + _list_hashes(rows[name].combine_chunks())
    return hashes


def _list_hashes(lists: pa.ListArray) -> np.ndarray:
    """One number a list of whole numbers, by which and at which places they are; a missing list is not an empty one."""
    lengths = pc.list_value_length(lists).fill_null(-1).to_numpy().astype(np.int64)
    starts = np.cumsum(np.maximum(lengths, 0)) - np.maximum(lengths, 0)
    values = lists.flatten().to_numpy().astype(np.uint64)
    place = np.arange(len(values)) - np.repeat(starts, np.maximum(lengths, 0))
    mixed = (values + np.uint64(1)) * np.cumprod(np.full(lengths.max(initial=0) + 1, ODD))[place]
    sums = np.concatenate([[np.uint64(0)], np.cumsum(mixed, dtype=np.uint64)])
    return sums[starts + np.maximum(lengths, 0)] - sums[starts] + lengths.astype(np.uint64)


def _row_groups(path: Path, columns: list[str] | None, where: Mapping[str, Any]) -> pa.Table:
    """The row groups that may hold what is wanted. Their limits are kept: reading them costs more than the rows."""
    metadata = _metadata(path)
    groups = range(metadata.num_row_groups)
    for column, wanted in where.items():
        if isinstance(wanted, str):
            limits = _limits(path, column)
            groups = [n for n in groups if limits[n] is None or limits[n][0] <= wanted <= limits[n][1]]
    with pq.ParquetFile(path, metadata=metadata) as file:
        return file.read_row_groups(list(groups), columns=columns, use_threads=False)


@functools.lru_cache(maxsize=64)
def _metadata(path: Path) -> pq.FileMetaData:
    return pq.read_metadata(path)


@functools.lru_cache(maxsize=256)
def _limits(path: Path, column: str) -> list[tuple[Any, Any] | None]:
    """Lowest and highest of a column in each row group; None where they are not kept."""
    metadata = _metadata(path)
    place = metadata.schema.to_arrow_schema().get_field_index(column)
    found = (metadata.row_group(n).column(place).statistics for n in range(metadata.num_row_groups))
    return [(one.min, one.max) if one is not None and one.has_min_max else None for one in found]


def _filters(where: Mapping[str, Any]) -> Any:
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
