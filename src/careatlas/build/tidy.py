"""Publishers' files to tidied tables: each file is read once, accounted for row by row, and kept by its checksum.

The tidied tables of a file live in ``<home>/tidied/<source>/<key>-<version>/``, where the key is a hash of its bytes
and name; a file that has not changed is never read again, and a file that was revised is a new vintage beside the old
one.
"""

import contextlib
import functools
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from careatlas.engine.connect import Engine, connect, explaining
from careatlas.engine.tables import TIDIED
from careatlas.errors import AtlasError, SourceFileError, raise_all
from careatlas.sources.download import RECORD
from careatlas.sources.source import DOWNLOAD_AGAIN, ControlTotal, SourceFile, all_sources, identify

SIMULATED_MARK = "SIMULATED.json"
Say = Callable[[str], None]


@dataclass
class Read:
    """One file of the data folder: what reads it, and where its tidied tables are. ``account`` is None, with a
    ``reason``, where nothing reads it."""

    file: str
    sha256: str
    bytes: int
    source: str | None
    reason: str | None
    folder: Path | None
    account: dict[str, Any] | None


def read_folder(data: Path, home: Path, say: Say) -> list[Read]:
    """Every file under ``data``, each tidied or listed with the reason it was not. Faults are gathered."""
    paths = sorted(
        path for path in data.rglob("*") if path.is_file() and not _is_ours(path.relative_to(data))
    )
    if not paths:
        raise SourceFileError(
            data, "the folder holds no files.", "Give the folder the publishers' files are in."
        )
    checksums = _Checksums(home)
    reads: list[Read] = []
    faults: list[AtlasError] = []
    for number, path in enumerate(paths, 1):
        name = str(path.relative_to(data))
        try:
            reads.append(
                _read(
                    path,
                    name,
                    checksums.of(path),
                    home,
                    lambda told, n=number: say(f"[{n}/{len(paths)}] {told}"),
                )
            )
        except AtlasError as fault:
            faults.append(_placed(fault, name))
    checksums.save()
    raise_all(faults)
    if not any(read.source for read in reads):
        raise SourceFileError(
            data,
            f"none of its {len(reads)} files has a layout the atlas knows.",
            "`careatlas fetch --help` lists the publications it reads.",
        )
    return reads


def read_file(path: Path, name: str, home: Path, say: Say) -> Read:
    """One file by itself, called ``name``; kept like those of the data folder."""
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return _read(path, name, sha256, home, say)


def _is_ours(path: Path) -> bool:
    """Whether it is a record of our own, or a download that is not finished, rather than a publisher's file."""
    return path.name in (SIMULATED_MARK, RECORD) or any(part.startswith(".") for part in path.parts)


def _placed(fault: AtlasError, name: str) -> AtlasError:
    """The same fault, named by the file's path in the data folder."""
    return SourceFileError(name, fault.found, fault.remedy) if isinstance(fault, SourceFileError) else fault


def _read(path: Path, name: str, sha256: str, home: Path, say: Say) -> Read:
    key, size = _key(sha256, path.name), path.stat().st_size
    known = [
        found
        for found in (home / "tidied").glob(f"*/{key}-*/account.json")
        if found.parent.name == _folder_name(key, found.parent.parent.name)
    ]
    for account_file in known:
        with contextlib.suppress(ValueError):  # an account that power loss left empty: the file is read again
            account = json.loads(account_file.read_text(encoding="utf-8"))
            return Read(name, sha256, size, account["source"], None, account_file.parent, account)
    file = SourceFile(path)
    source = identify(file)
    if source is None:
        return Read(name, sha256, size, None, _why_unknown(file), None, None)
    say(f"reading {name} ({source})")
    folder = home / "tidied" / source / _folder_name(key, source)
    with connect() as engine:  # one a file: an engine keeps what it was given in memory until it is closed
        account = _tidy(file, source, folder, engine)
    return Read(name, sha256, size, source, None, folder, account)


def _why_unknown(file: SourceFile) -> str:
    """What the file is, so that a reader can tell whether it is one the atlas should have known."""
    if file.sheets:
        return f"no source knows a workbook with sheets {_first(file.sheets)}"
    if file.header:
        return f"no source knows the columns {_first(file.header)}"
    return f"no source reads files of this kind ({file.kind})"


def _first(names: tuple[str, ...], most: int = 4) -> str:
    return ", ".join(repr(name) for name in names[:most]) + (" ..." if len(names) > most else "")


def _key(sha256: str, file_name: str) -> str:
    """What a file is known by: its bytes and its name, for some publishers say the period or the measure only there."""
    return hashlib.sha256(f"{sha256} {file_name}".encode()).hexdigest()


def _folder_name(key: str, source: str) -> str:
    return f"{key}-{_version(source)}"


def remove_unfinished(home: Path) -> None:
    """Clear away what killed builds left half tidied. Only the holder of the build lock may call it."""
    for leftover in (home / "tidied").glob("*/.*"):
        shutil.rmtree(leftover)


def _tidy(file: SourceFile, source: str, folder: Path, engine: Engine) -> dict[str, Any]:
    """Write the file's tables and its account beside, complete or not at all."""
    staging = folder.with_name(f".{uuid.uuid4().hex}")
    try:
        with explaining(file):
            tidied = all_sources()[source].tidy(file, engine)
            for table, rows in tidied.tables.items():
                engine.write_parquet(rows, staging / f"{table}.parquet", TIDIED[table].schema)
        _refuse_what_is_no_number(file, staging, tidied.tables)
        written = {table: engine.read_parquet(staging / f"{table}.parquet") for table in tidied.tables}
        account = {
            "file_name": file.path.name,
            "source": source,
            "rows_read": tidied.rows_read,
            "rows_kept": tidied.rows_kept,
            "refusals": [[refusal.reason, refusal.rows, refusal.example] for refusal in tidied.refusals],
            "published": tidied.published.isoformat() if tidied.published else None,
            "totals": [_reconciled(total, written[total.table], file, engine) for total in tidied.totals],
            "tables": {table: _coverage(rows, table, engine) for table, rows in written.items()},
        }
        (staging / "account.json").write_text(json.dumps(account, sort_keys=True), encoding="utf-8")
        os.rename(staging, folder)
        return account
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _refuse_what_is_no_number(file: SourceFile, folder: Path, tables: Iterable[str]) -> None:
    """An engine reads the words "nan" and "inf" as numbers; a publisher that writes them counted nothing."""
    for table in tables:
        numbers = [column.name for column in TIDIED[table].columns if column.type == pa.float64()]
        written = pq.ParquetFile(folder / f"{table}.parquet")
        for batch in written.iter_batches(columns=numbers) if numbers else ():
            for name, values in zip(numbers, batch.columns, strict=True):
                if pc.any(pc.invert(pc.is_finite(values))).as_py():
                    raise SourceFileError(
                        file, f'a figure for {name} is "nan" or "inf", not a number.', DOWNLOAD_AGAIN
                    )


def _reconciled(total: ControlTotal, rows: ibis.Table, file: SourceFile, engine: Engine) -> dict[str, Any]:
    rows = matching(rows, total.where)
    aggregates = {"counted": rows[total.measure].sum()}
    if "period_end" in rows.columns:
        aggregates |= {"period_start": rows.period_start.min(), "period_end": rows.period_end.max()}
    answer = engine.to_arrow(rows.aggregate(**aggregates)).to_pylist()[0]
    counted, published = answer["counted"], total.published
    if (
        total.exact
        and published is not None
        and abs((counted or 0.0) - published) > max(1e-9 * abs(published), 0.005)
    ):
        raise SourceFileError(
            file,
            f"its rows sum to {counted or 0:,.12g} {total.measure} but its own total says {published:,.12g}: "
            "rows are missing, repeated or changed.",
            DOWNLOAD_AGAIN,
        )
    where = ", ".join(str(value) for value in total.where.values())
    return {
        "table": total.table,
        "total": total.measure + (f" ({where})" if where else ""),
        "measure": total.measure,
        "where": {column: _iso(value) for column, value in total.where.items()},
        "published": published,
        "counted": counted,
        "period_start": _iso(answer.get("period_start")),
        "period_end": _iso(answer.get("period_end")),
    }


def matching(rows: ibis.Table, where: Mapping[str, Any]) -> ibis.Table:
    """The rows whose columns hold these values; dates may be given as text."""
    for column, wanted in where.items():
        is_day = rows[column].type().is_date() and isinstance(wanted, str)
        rows = rows.filter(rows[column] == (date.fromisoformat(wanted) if is_day else wanted))
    return rows


def _coverage(rows: ibis.Table, table: str, engine: Engine) -> dict[str, Any]:
    """The period a tidied table covers and the editions it is: what a later file of the same may supersede."""
    declared = TIDIED[table]
    editions = []
    if declared.edition:
        found = engine.to_arrow(rows.select(*declared.edition).distinct()).to_pylist()
        editions = sorted([_iso(value) for value in row.values()] for row in found)
    start, end = (declared.day, declared.day) if declared.day else ("period_start", "period_end")
    if start not in rows.columns:
        return {"editions": editions, "start": None, "end": None}
    span = engine.to_arrow(rows.aggregate(start=rows[start].min(), end=rows[end].max())).to_pylist()[0]
    return {"editions": editions, "start": _iso(span["start"]), "end": _iso(span["end"])}


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


@functools.cache
def _version(source: str) -> str:
    """A short hash of the code that tidies this source: changed code reads the file again."""
    from careatlas.engine import connect as connect_module
    from careatlas.engine import table, tidied_tables
    from careatlas.sources import source as contract

    if source not in all_sources():
        return "gone"
    shared = sorted(Path(str(contract.__file__)).parent.glob("_*.py"))
    files = [
        all_sources()[source].__file__,
        contract.__file__,
        table.__file__,
        tidied_tables.__file__,
        connect_module.__file__,
        *shared,
    ]
    digest = hashlib.sha256(b"".join(Path(str(file)).read_bytes() for file in files))
    return digest.hexdigest()[:12]


class _Checksums:
    """SHA-256 by path, remembered while size and time of change stay the same, so that gigabytes are not read
    again to learn that nothing happened."""

    def __init__(self, home: Path) -> None:
        self._path = home / "checksums.json"
        try:
            self._known = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):  # none yet, or damaged: only a saving of time is lost
            self._known = {}
        self._seen: dict[str, list[Any]] = {}

    def of(self, path: Path) -> str:
        stat = path.stat()
        mark = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
        known = self._known.get(str(path.resolve()))
        if known is None or known[:3] != mark:
            with path.open("rb") as stream:
                known = [*mark, hashlib.file_digest(stream, "sha256").hexdigest()]
        self._seen[str(path.resolve())] = known
        return known[3]

    def save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        staging = self._path.with_suffix(".tmp")
        staging.write_text(json.dumps(self._seen), encoding="utf-8")
        os.replace(staging, self._path)


@dataclass
class Editions:
    """For each tidied table the Parquet files that are used, and for each file that is not wholly used, why."""

    used: dict[str, list[tuple[Path, list[list[Any]] | None]]]
    superseded: dict[str, str]


def latest_editions(reads: list[Read]) -> Editions:
    """Of files that are editions of the same figures the one that counts: of the richer source, then published
    later, then named as revised. Two files with the same bytes are one file, unless their names say that they are
    of different periods or measures."""
    used: dict[str, list[tuple[Path, list[list[Any]] | None]]] = {}
    superseded: dict[str, str] = {}
    seen: dict[tuple[str, str], str] = {}
    known = []
    for read in (read for read in reads if read.account):
        given = read.sha256, json.dumps(read.account["tables"], sort_keys=True)
        if given in seen and not _rows_supersede(read):
            superseded[read.file] = f"the same bytes as {seen[given]}"
            continue
        seen[given] = read.file
        known.append(read)
    winner: dict[tuple[str, str], Read] = {}
    for read in sorted(known, key=_standing):  # the best standing comes last and overwrites
        for table, coverage in read.account["tables"].items():
            for edition in coverage["editions"]:
                winner[table, json.dumps(edition)] = read
    for read in known:
        for table, coverage in read.account["tables"].items():
            path = read.folder / f"{table}.parquet"
            won = [e for e in coverage["editions"] if winner[table, json.dumps(e)] is read]
            lost = [e for e in coverage["editions"] if winner[table, json.dumps(e)] is not read]
            if lost:
                by = sorted({winner[table, json.dumps(e)].file for e in lost})
                superseded.setdefault(read.file, f"{', '.join(by)} is the later or fuller edition")
            if won or not coverage["editions"]:
                used.setdefault(table, []).append((path, won if lost else None))
    return Editions(used, superseded)


def _standing(read: Read) -> tuple[Any, ...]:
    account = read.account or {}
    revised = "revised" in read.file.lower()
    return (all_sources()[read.source].SOURCE.precedence, account.get("published") or "", revised, read.file)


def open_tables(engine: Engine, editions: Editions) -> dict[str, ibis.Table]:
    """The tidied tables as one expression each, only the editions that count."""
    tables = {}
    for table, parts in sorted(editions.used.items()):
        whole = [path for path, won in parts if won is None]
        pieces = [engine.read_parquet(whole)] if whole else []
        for path, won in parts:
            if won is not None:
                pieces.append(_only(engine.read_parquet(path), TIDIED[table].edition, won))
        tables[table] = ibis.union(*pieces) if len(pieces) > 1 else pieces[0]
        if TIDIED[table].later_rows_supersede and len(parts) > 1:
            tables[table] = _latest_rows(engine, whole, TIDIED[table].key)
    return tables


def _rows_supersede(read: Read) -> bool:
    """Whether the file's rows count one by one: then a file loaded again says again what stood between."""
    return any(TIDIED[table].later_rows_supersede for table in read.account["tables"])


def _latest_rows(engine: Engine, paths: list[Path], key: tuple[str, ...]) -> ibis.Table:
    """Of rows with the same key the one of the last file; nulls are equal."""
    pieces = [engine.read_parquet(path).mutate(file_number=number) for number, path in enumerate(paths)]
    rows = ibis.union(*pieces)
    place = ibis.row_number().over(
        group_by=[rows[name] for name in key], order_by=ibis.desc(rows.file_number)
    )
    return rows.mutate(place=place).filter(lambda row: row.place == 0).drop("place", "file_number")


def _only(rows: ibis.Table, columns: tuple[str, ...], editions: list[list[Any]]) -> ibis.Table:
    if len(columns) == 1:
        return rows.filter(rows[columns[0]].cast("string").isin([str(edition[0]) for edition in editions]))
    parts = [matching(rows, dict(zip(columns, edition, strict=True))) for edition in editions]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def frame(engine: Engine, tables: dict[str, ibis.Table], name: str) -> pd.DataFrame:
    """A small tidied table whole; empty, with its columns, where no file gives it."""
    if name not in tables:
        return TIDIED[name].schema.empty_table().to_pandas()
    return engine.to_arrow(tables[name].select(TIDIED[name].column_names)).to_pandas()


def spans(reads: list[Read]) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
    """First and last day on file of each table of days."""
    found: dict[str, tuple[pd.Timestamp, pd.Timestamp]] = {}
    for read in (read for read in reads if read.account):
        for table, coverage in read.account["tables"].items():
            if TIDIED[table].day and coverage["start"]:
                start, end = pd.Timestamp(coverage["start"]), pd.Timestamp(coverage["end"])
                known = found.get(table, (start, end))
                found[table] = (min(known[0], start), max(known[1], end))
    return found


def last_day(reads: list[Read]) -> date | None:
    """The last day that any file's figures cover."""
    ends = [
        table["end"]
        for read in reads
        if read.account
        for table in read.account["tables"].values()
        if table["end"]
    ]
    return date.fromisoformat(max(ends)) if ends else None


def upload(
    engine: Engine, embedded: Engine, tables: dict[str, ibis.Table], wanted: set[str]
) -> dict[str, ibis.Table]:
    """The tidied tables that indicators count, on an engine elsewhere."""
    return {
        name: engine.from_arrow(embedded.to_arrow(rows)) for name, rows in tables.items() if name in wanted
    }
