"""Publishers' formats, written so that equal seeds give equal bytes: no file holds the time it was made."""

import gzip
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

_MADE = (2026, 3, 1, 0, 0, 0)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def csv_bytes(
    columns: Mapping[str, Sequence], *, windows_lines: bool = False, byte_order_mark: bool = False
) -> bytes:
    """A CSV with a header row; None is an empty field. A heading may hold a comma, a value may not."""
    table = pa.table(dict(columns))
    body = io.BytesIO()
    pyarrow.csv.write_csv(
        table, body, pyarrow.csv.WriteOptions(include_header=False, quoting_style="none", batch_size=16384)
    )
    header = ",".join(f'"{name}"' if "," in name else name for name in table.column_names) + "\n"
    text = (BYTE_ORDER_MARK if byte_order_mark else b"") + header.encode() + body.getbuffer()
    return text.replace(b"\n", b"\r\n") if windows_lines else text


def write_bytes(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def write_gzip(path: Path, content: bytes) -> Path:
    return write_bytes(path, gzip.compress(content, compresslevel=6, mtime=0))


def write_zip(path: Path, member: str, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        information = zipfile.ZipInfo(member, date_time=_MADE)
        archive.writestr(information, content, compress_type=zipfile.ZIP_DEFLATED, compresslevel=2)
    return path


def write_parquet(path: Path, columns: Mapping[str, Sequence]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(columns)), path, compression="snappy")
    return path


def write_json(path: Path, content: object) -> Path:
    return write_bytes(path, json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode())
