"""Which files an example may carry, told by their content and by the end of their name, which must agree.

A file is handed out as it came, so what could act when it is opened is refused: macros, parts fetched from elsewhere,
cells that a spreadsheet would run, a second file hidden behind the first. What lies compressed inside a PDF is not
looked at: readers' programs ask before it acts.
"""

import csv
import io
import re
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from careatlas.errors import AtlasError
from careatlas.present.tables import safe_for_spreadsheet

MOST_PARTS, MOST_INSIDE_BYTES, MOST_ONE_PART_BYTES = 5_000, 100 * 1024**2, 1024**2
_NUMBER = re.compile(r"[-+]\s?[£$€]?[\d,. ]+%?")
_ACTS = re.compile(rb"/(?:JavaScript|Launch|SubmitForm|ImportData|EmbeddedFile|RichMedia)\b")
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")  # a PDF may write any letter of a name so
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_OUTSIDE = re.compile(r"<[^<>]*TargetMode\s*=\s*[\"']External[\"'][^<>]*>", re.IGNORECASE)
_LINK = re.compile(r"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", re.IGNORECASE)


class FileRefusedError(AtlasError):
    """A file that an example cannot carry."""


@dataclass(frozen=True)
class FileKind:
    ending: str
    title: str
    content_type: str
    check: Callable[[Path], Iterable[str]]


def kind_of_name(name: str) -> FileKind:
    """By the end of the name. Raises FileRefusedError."""
    ending = name.rpartition(".")[2].lower()
    kind = KINDS.get("jpg" if ending == "jpeg" else ending)
    if kind is None:
        raise FileRefusedError(name, "is of a kind that is not taken.", f"Send one of: {', '.join(KINDS)}.")
    return kind


def check(path: Path, name: str) -> FileKind:
    """The file's kind. Raises FileRefusedError where it is another than its name says, or could act."""
    kind = kind_of_name(name)
    fault = next(iter(kind.check(path)), None)
    if fault is not None:
        raise FileRefusedError(name, fault, "Save it anew without that, or send another kind of file.")
    return kind


def _pdf(path: Path) -> Iterator[str]:
    content = path.read_bytes()
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-1024:]:
        yield "is no PDF, or is cut off."
    if _ACTS.search(_HEX.sub(lambda found: bytes.fromhex(found[1].decode()), content)):
        yield "holds a script, a form that sends, or another file."
    yield from _hides_an_archive(path)


def _word(path: Path) -> Iterator[str]:
    return _office(path, "word/document.xml")


def _workbook(path: Path) -> Iterator[str]:
    return _office(path, "xl/workbook.xml")


def _office(path: Path, body: str) -> Iterator[str]:
    """A Word or Excel file is an archive: looked into, never unpacked."""
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            yield "is not what its name says."
            return
    try:
        with zipfile.ZipFile(path) as archive:
            yield from _inside(archive, body)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
        ValueError,
        struct.error,
    ):
        yield "is damaged, or locked with a password."


def _inside(archive: zipfile.ZipFile, body: str) -> Iterator[str]:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_INSIDE_BYTES:
        yield "would be too large unpacked."
    elif len(set(names)) < len(names) or any(name.startswith("/") or ".." in name for name in names):
        yield "has parts with names that no office program gives."
    elif body not in names or "[Content_Types].xml" not in names:
        yield "is not what its name says."
    elif archive.comment:
        yield "has something behind its end."
    elif any(_acts(name) for name in names):
        yield "holds macros, controls, or links to other workbooks."
    else:
        for part in parts:
            if part.filename.lower().endswith(".rels"):
                yield from _relations(archive, part)
            elif part.filename == "[Content_Types].xml" and b"macroEnabled" in _part(archive, part):
                yield "holds macros, controls, or links to other workbooks."


def _acts(name: str) -> bool:
    """Charts carry the small workbook of their figures; any other file inside a file is refused."""
    words = (
        "vbaproject",
        "activex",
        "externallinks/",
        "macrosheets",
        "dialogsheets",
        "connections.xml",
        "oleobject",
    )
    name = name.lower()
    return any(word in name for word in words) or ("embeddings/" in name and not name.endswith(".xlsx"))


def _relations(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[str]:
    """Links that a reader follows may lead outside; templates, pictures and frames that load by themselves not."""
    try:
        text = _part(archive, part).decode("utf-8")
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text or "<!DOCTYPE" in text or "<!ENTITY" in text:
        yield "has parts that no office program writes."
    elif any(not _LINK.search(found[0]) for found in _OUTSIDE.finditer(text)) or "&#" in text:
        yield "would load something from elsewhere when it is opened."


def _part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    with archive.open(part) as file:
        content = file.read(MOST_ONE_PART_BYTES + 1)
    if len(content) > MOST_ONE_PART_BYTES:
        raise zipfile.BadZipFile(part.filename)
    return content


def _plain_text(path: Path) -> Iterator[str]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        yield "is no text in UTF-8."
        return
    if _CONTROL.search(text):
        yield "holds characters that no text has."
    yield from _hides_an_archive(path)


def _table(path: Path) -> Iterator[str]:
    faults = list(_plain_text(path))
    yield from faults
    if faults:
        return
    try:
        with io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="") as file:
            for number, row in enumerate(csv.reader(file, strict=True), 1):
                if any(_would_run(cell) for cell in row):
                    yield f"row {number} has a cell that a spreadsheet would run as a formula."
                    return
    except csv.Error as fault:
        yield f"is no table: {fault}."


def _would_run(cell: str) -> bool:
    """Also where another separator is used, or spaces stand before: ``a;=1+1`` is two cells in half of Europe."""
    parts = [part.strip(" \"'") for part in re.split("[;\t|]", cell)]
    return any(
        safe_for_spreadsheet(part) != part and not _NUMBER.fullmatch(part) and part != "-" for part in parts
    )


def _png(path: Path) -> Iterator[str]:
    content = path.read_bytes()
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        yield "is not what its name says."
        return
    at, kind = 8, b""
    while at + 12 <= len(content) and kind != b"IEND":
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, at = content[at + 4 : at + 8], at + 12 + length
    if kind != b"IEND" or at != len(content):
        yield "is cut off, or has something behind its end."


def _jpeg(path: Path) -> Iterator[str]:
    content = path.read_bytes()
    if not content.startswith(b"\xff\xd8\xff"):
        yield "is not what its name says."
    elif not content.endswith(b"\xff\xd9"):
        yield "is cut off, or has something behind its end."
    yield from _hides_an_archive(path)


def _hides_an_archive(path: Path) -> Iterator[str]:
    if zipfile.is_zipfile(path):
        yield "is an archive too."


_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS = {
    kind.ending: kind
    for kind in (
        FileKind("pdf", "PDF", "application/pdf", _pdf),
        FileKind("docx", "Word", f"{_OFFICE}.wordprocessingml.document", _word),
        FileKind("xlsx", "Excel", f"{_OFFICE}.spreadsheetml.sheet", _workbook),
        FileKind("csv", "table", "text/csv; charset=utf-8", _table),
        FileKind("txt", "text", "text/plain; charset=utf-8", _plain_text),
        FileKind("png", "picture", "image/png", _png),
        FileKind("jpg", "picture", "image/jpeg", _jpeg),
    )
}
