"""What a file really is, and how far it may expand: checks before anything is read out of it.

Not a source itself. A name may claim a kind that the content is not (a web page saved as .csv), and a few
kilobytes of zip, gzip or workbook may expand to gigabytes.
"""

import gzip
import zipfile
from pathlib import Path

from careatlas.errors import SourceFileError

DOWNLOAD_AGAIN = "Download the file again from the publisher's page."
LARGEST_INFLATED_BYTES = 2 * 1024**3
LARGEST_RATIO, RATIO_COUNTS_ABOVE_BYTES = 200, 100 * 1024**2  # an honest sparse table is 71 times its zip
BLOCK_BYTES = 1 << 20

KIND_OF_NAME = {
    ".csv": "csv",
    ".gz": "gzipped_csv",
    ".zip": "zip",
    ".xlsx": "xlsx",
    ".xls": "xls",
    ".parquet": "parquet",
    ".json": "json",
    ".geojson": "json",
}
NOT_DATA = {
    "web_page": "a web page",
    "pdf": "a PDF document",
    "image": "an image",
    "empty": "nothing at all",
    "other": "bytes that are not text in UTF-8",
}
_STARTS = {
    b"PAR1": "parquet",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\xd0\xcf\x11\xe0": "xls",
    b"\x1f\x8b": "gzipped_csv",
    b"%PDF": "pdf",
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
}


def kind_of(name: str, start: bytes) -> str:
    """The kind of a file by its first bytes; of zips, ``name`` tells which is a workbook."""
    kind = next((kind for magic, kind in _STARTS.items() if start.startswith(magic)), None)
    if kind == "zip" and name.lower().endswith(".xlsx"):
        return "xlsx"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if kind is None and not text:
        return "empty"
    if kind is None and text.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml")):
        return "web_page"
    if kind is None and text[:1] in (b"{", b"["):
        return "json"
    return kind or ("other" if b"\x00" in start else "csv")


def not_what_it_is_named(name: str, kind: str) -> str | None:
    """The fault of a file whose name claims a kind that its content is not; None where there is none."""
    claimed = KIND_OF_NAME.get(Path(name).suffix.lower())
    if claimed is None or claimed == kind:
        return None
    return f"it is named {Path(name).suffix} but holds {NOT_DATA.get(kind) or 'a file of the kind ' + kind}."


def single_member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one CSV inside a publisher's zip, refused before a byte is inflated if it cannot be safe."""
    members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX")]
    if len(members) != 1 or not members[0].filename.lower().endswith(".csv"):
        raise SourceFileError(path.name, f"the zip holds {len(members)} files, not one CSV.", DOWNLOAD_AGAIN)
    member = members[0]
    _refuse_to_burst(path, member.file_size, member.compress_size)
    return member


def inflate(archive: zipfile.ZipFile, member: zipfile.ZipInfo, into: Path) -> None:
    """Copy the member out, counting bytes: a zip may lie about its size."""
    written = 0
    with archive.open(member) as compressed, into.open("wb") as plain:
        while block := compressed.read(BLOCK_BYTES):
            written += len(block)
            if written > min(LARGEST_INFLATED_BYTES, member.file_size):
                raise SourceFileError(archive.filename, "the zip expands past what it says.", DOWNLOAD_AGAIN)
            plain.write(block)


def check_workbook(path: Path) -> None:
    """Refuse a workbook, which is a zip of sheets, before it fills the memory."""
    with zipfile.ZipFile(path) as archive:
        sizes = [(member.file_size, member.compress_size) for member in archive.infolist()]
    _refuse_to_burst(path, sum(size for size, _ in sizes), sum(packed for _, packed in sizes))


def check_gzip(path: Path) -> None:
    """Read a gzip to its end, counting bytes: the engine would take one cut off for a shorter file."""
    inflated = 0
    with gzip.open(path) as stream:
        while block := stream.read(BLOCK_BYTES):
            inflated += len(block)
            _refuse_to_burst(path, inflated, path.stat().st_size)


def _refuse_to_burst(path: Path, inflated: int, packed: int) -> None:
    ratio = inflated / max(packed, 1)
    if inflated > LARGEST_INFLATED_BYTES or (inflated > RATIO_COUNTS_ABOVE_BYTES and ratio > LARGEST_RATIO):
        raise SourceFileError(
            path.name,
            f"it expands to {inflated:,} bytes or more ({ratio:.0f} times its size); "
            f"the cap is {LARGEST_INFLATED_BYTES:,} bytes and {LARGEST_RATIO} times.",
            DOWNLOAD_AGAIN,
        )
