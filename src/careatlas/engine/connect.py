"""Connections to the engine that does the heavy sums. The only file that knows ibis back ends.

Publishers' files are always read by the embedded engine (DuckDB in memory). Tables at an address can be counted
by a distributed one: ``connect("sc://host:15002")`` for a Spark Connect server. The same ibis expressions run on
each; nothing outside this file asks which engine it has.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table

from careatlas.errors import AtlasError, SourceFileError

ROWS_IN_A_BATCH = 100_000


class Engine:
    """One connection. ``close()`` it, or use it in a ``with`` statement."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._backend.disconnect()

    def read_csv(
        self,
        path: Path,
        text: Sequence[str],
        numeric: Sequence[str] = (),
        headings: Mapping[str, str] | None = None,
    ) -> Table:
        """A CSV file (gzipped or not) with a header row: the named columns as text and as numbers.

        ``headings`` says which columns are called otherwise in this file, and how.
        A number that is not one is a fault. Reading is lazy: wrap the moment the result is used in
        ``explaining(file)``.
        """
        called = {column: (headings or {}).get(column, column) for column in (*text, *numeric)}
        types = {called[column]: "VARCHAR" for column in text}
        types |= {called[column]: "DOUBLE" for column in numeric}
        rows = self._backend.read_csv(
            str(path), header=True, types=types, delim=",", quote='"', escape='"', nullstr=""
        )
        return rows.select(**{column: rows[heading] for column, heading in called.items()})

    def read_parquet(self, paths: Path | str | Sequence[Path]) -> Table:
        """One Parquet file, or several of the same columns as one table."""
        several = [paths] if isinstance(paths, str | Path) else paths
        return self._backend.read_parquet([str(path) for path in several])

    def from_arrow(self, table: pa.Table) -> Table:
        """An in-memory table."""
        return ibis.memtable(table)

    def to_arrow(self, expression: Table, schema: pa.Schema | None = None) -> pa.Table:
        """Run the expression and bring the (small) answer back; with ``schema``, in those columns and types."""
        answer = self._backend.to_pyarrow(expression)
        return answer.select(schema.names).cast(schema) if schema is not None else answer

    def write_parquet(self, expression: Table, path: Path, schema: pa.Schema) -> None:
        """Run the expression into one Parquet file of these columns and types, a batch in memory at a time."""
        path.parent.mkdir(parents=True, exist_ok=True)
        batches = self._backend.to_pyarrow_batches(
            expression.select(*schema.names), chunk_size=ROWS_IN_A_BATCH
        )
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_table(pa.Table.from_batches([batch]).cast(schema))


def connect(url: str | None = None, memory_limit: str = "1GB", threads: int = 2) -> Engine:
    """The embedded engine, or the one at ``url``: ``sc://host:port`` (Spark Connect)."""
    if url is None or url in ("duckdb", "duckdb://"):
        return Engine(
            ibis.duckdb.connect(memory_limit=memory_limit, threads=threads, preserve_insertion_order=False)
        )
    if url.startswith("sc://"):
        return _spark(url)
    raise AtlasError(f"--engine {url}", "is not an engine this version can speak to.", "Give sc://HOST:PORT.")


class _SparkEngine(Engine):
    """Spark Connect: files are read one by one, and tables in memory are uploaded."""

    def __init__(self, session: Any) -> None:
        super().__init__(ibis.pyspark.connect(session))
        self._session = session

    def close(self) -> None:
        self._session.stop()

    def read_parquet(self, paths: Path | str | Sequence[Path]) -> Table:
        several = [paths] if isinstance(paths, str | Path) else paths
        parts = [self._backend.read_parquet(str(path)) for path in several]
        return ibis.union(*parts) if len(parts) > 1 else parts[0]

    def from_arrow(self, table: pa.Table) -> Table:
        name = ibis.util.gen_name("uploaded")
        self._session.createDataFrame(table).createOrReplaceTempView(name)
        return self._backend.table(name)


def _spark(url: str) -> Engine:
    try:
        from pyspark.sql import SparkSession
    except ImportError as fault:
        raise AtlasError(
            f"--engine {url}", "the Spark client is not installed.", "Install requirements/spark.txt first."
        ) from fault
    return _SparkEngine(SparkSession.builder.remote(url).getOrCreate())


@contextmanager
def explaining(file: object) -> Iterator[None]:
    """Turn what the embedded engine says of a damaged file into one clear fault naming file, line and column."""
    import duckdb

    try:
        yield
    except duckdb.Error as fault:
        raise SourceFileError(file, *_in_plain_words(str(fault))) from fault


def _in_plain_words(message: str) -> tuple[str, str]:
    line = re.search(r"Line:\s*(\d+)", message)
    where = f"line {line[1]}: " if line else ""
    unreadable = re.search(r"Could not convert string \"(.*?)\" to", message)
    column = re.search(r"converting column \"(.*?)\"\. ", message)
    if unreadable:
        name = column[1] if column else ""
        return (
            f'{where}"{unreadable[1]}" stands where a number should{f" in column {name!r}" if name else ""}.',
            "Download the file again; if it is still so, tell the publisher.",
        )
    width = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    if width:
        return f"{where}the row has {width[2]} columns, the header {width[1]}.", "Download the file again."
    if "Error when sniffing" in message:
        return "a row lacks columns of the header; the file may be cut off.", "Download the file again."
    if "unicode" in message.lower() or "not utf-8" in message.lower():
        return (
            f"{where}the text is not UTF-8.",
            "Download the file again, or save it as CSV in UTF-8; the atlas does not guess encodings.",
        )
    first = message.strip().splitlines()[0]
    return f"{where}it cannot be read ({first}).", "Download the file again."
