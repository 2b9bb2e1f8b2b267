"""A backup as a file: a zip whose every part is told, with its checksum, in ``manifest.json``.

    manifest.json    what it is, by which version, the parts, the head of the record
    rows/<table>.jsonl    a row a line
    files/<sha256>    what examples carry
    secret_key    what links in letters are signed with, where the home keeps it

Parts lie in it as they are, not compressed: nothing in a backup can expand, so none can fill a disk. Nothing is ever
unpacked by the name it has inside. The last 64 bytes are the checksum of all before them, so that no byte can differ.
Knows nothing of databases: `backup` fills it, `restoring` reads it.
"""

import hashlib
import os
import re
import shutil
import struct
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError

from careatlas.errors import AtlasError

FORMAT = "careatlas backup 1"
MANIFEST, KEY, ROWS, FILES = "manifest.json", "secret_key", "rows/", "files/"
NAME = re.compile(r"manifest\.json|secret_key|rows/[a-z_]+\.[a-z_]+\.jsonl|files/[0-9a-f]{64}")
LARGEST_MANIFEST_BYTES = LONGEST_ROW_BYTES = 64 * 1024**2
BLOCK_BYTES, SEAL_BYTES = 1 << 20, 64
ANOTHER = "Restore another backup."
UNREADABLE = (
    zipfile.BadZipFile,
    OSError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    struct.error,
)


class Part(BaseModel):
    """``rows`` and ``last_number`` are of tables: how many, and the highest number ever given to one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    bytes: int
    sha256: str
    rows: int | None = None
    last_number: int | None = None


class Manifest(BaseModel):
    """``migrations``: app -> the changes its tables have been through. ``head``: ``number:hash`` of the record's last
    entry. ``absent``: files that a row names and that were not whole on the disk."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: str = FORMAT
    version: str
    made_at: datetime
    database: str
    migrations: dict[str, list[str]]
    head: str
    parts: dict[str, Part]
    absent: list[str]

    @property
    def rows(self) -> int:
        return sum(part.rows or 0 for part in self.parts.values())

    @property
    def files(self) -> int:
        return sum(name.startswith(FILES) for name in self.parts)


# Writing


class Unfinished:
    """A backup being written: ``parts`` are those that are in."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.parts: dict[str, Part] = {}

    @contextmanager
    def part(self, name: str) -> Iterator["Measured"]:
        with self._archive.open(_entry(name), "w", force_zip64=True) as member:
            measured = Measured(member)
            yield measured
        self.parts[name] = measured.told()

    def finish(self, manifest: Manifest) -> None:
        with self.part(MANIFEST) as part:
            part.write(manifest.model_dump_json(indent=1))


class Measured:
    """What is written through it, counted. ``rows`` and ``last_number`` are for whoever writes to say."""

    def __init__(self, target: BinaryIO) -> None:
        self._target, self._digest, self._bytes = target, hashlib.sha256(), 0
        self.rows: int | None = None
        self.last_number: int | None = None

    def write(self, said: str | bytes) -> None:
        data = said.encode() if isinstance(said, str) else said
        self._digest.update(data)
        self._bytes += len(data)
        self._target.write(data)

    def told(self) -> Part:
        return Part(
            bytes=self._bytes,
            sha256=self._digest.hexdigest(),
            rows=self.rows,
            last_number=self.last_number,
        )


@contextmanager
def written(target: Path) -> Iterator[Unfinished]:
    """A backup that takes its name when it is whole. Raises AtlasError where it cannot be written there."""
    if target.exists():
        raise AtlasError(target, "is there already.", "Name a file that is not.")
    unfinished = None
    try:
        # Readable by its owner only, from its first byte: it holds what passwords are checked against.
        handle, name = tempfile.mkstemp(".unfinished", f"{target.name}.", target.absolute().parent)
        unfinished = Path(name)
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                archive.comment = b"0" * SEAL_BYTES
                yield Unfinished(archive)
            _seal(file)
        os.replace(unfinished, target)
        _sync(target.absolute().parent)
    except OSError as fault:
        raise AtlasError(
            target, f"cannot be written: {fault.strerror or fault}.", "Choose another place."
        ) from fault
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o600 << 16
    return entry


def _seal(file: BinaryIO) -> None:
    digest = _checksum(file, file.seek(0, os.SEEK_END) - SEAL_BYTES)
    file.seek(-SEAL_BYTES, os.SEEK_END)
    file.write(digest.encode())
    file.flush()
    os.fsync(file.fileno())


def _checksum(file: BinaryIO, length: int) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while length and (block := file.read(min(BLOCK_BYTES, length))):
        digest.update(block)
        length -= len(block)
    return digest.hexdigest()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# Reading


class Backup:
    """A backup of which every byte was found to be as it was written."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self.path, self._archive, self.manifest = path, archive, manifest

    def put_files(self, folder: Path) -> None:
        """Lay the key and the files of examples into a folder, readable by their owner only."""
        for name in self.manifest.parts:
            if name == KEY or name.startswith(FILES):
                self._put(name, folder / name)

    def _put(self, name: str, place: Path) -> None:
        place.parent.mkdir(exist_ok=True)
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as target, self._archive.open(name) as member:
            shutil.copyfileobj(member, target, BLOCK_BYTES)
            target.flush()
            os.fsync(target.fileno())

    def lines(self, name: str) -> Iterator[bytes]:
        with self._archive.open(name) as member:
            while line := member.readline(LONGEST_ROW_BYTES):
                if not line.endswith(b"\n"):
                    raise AtlasError(self.path, f"{name} has a row that is too long or cut off.", ANOTHER)
                yield line


@contextmanager
def opened(path: Path) -> Iterator[Backup]:
    """Raises AtlasError where it is no backup, of a format that is not known, or not as it was written: which part."""
    try:
        file = path.open("rb")
    except OSError as fault:
        raise AtlasError(path, f"cannot be read: {fault.strerror}.", ANOTHER) from None
    with file:
        yield _checked(path, file)


def _checked(path: Path, file: BinaryIO) -> Backup:
    try:
        archive = zipfile.ZipFile(file)
        entries = archive.infolist()
    except UNREADABLE:
        raise AtlasError(path, "is no backup, or its end is cut off or damaged.", ANOTHER) from None
    if strange := _strange(entries, path.stat().st_size):
        raise AtlasError(path, f"is no backup, or is damaged: {strange}.", ANOTHER)
    manifest = _manifest(path, archive)
    damaged = [name for name, part in manifest.parts.items() if not _is_whole(archive, name, part)]
    unknown = {entry.filename for entry in entries} - {MANIFEST, *manifest.parts}
    if faults := damaged + sorted(unknown):
        raise AtlasError(path, f"is damaged in {_some(faults)}.", ANOTHER)
    if not _is_sealed(file, path.stat().st_size):
        raise AtlasError(path, "is damaged between its parts, or in its checksum.", ANOTHER)
    return Backup(path, archive, manifest)


def _strange(entries: list[zipfile.ZipInfo], size: int) -> str:
    """What no backup has: names that lead elsewhere, parts that expand, that lie over each other or are there twice."""
    names = [entry.filename for entry in entries]
    if other := [name for name in names if not NAME.fullmatch(name)]:
        return f"it holds {_some(map(ascii, other))}"
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        return f"it holds {_some(twice)} twice"
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            return f"{entry.filename} would expand"
    if sum(entry.file_size for entry in entries) > size:
        return "its parts are larger than it is"
    return "" if MANIFEST in names else f"it has no {MANIFEST}"


def _is_sealed(file: BinaryIO, size: int) -> bool:
    digest = _checksum(file, size - SEAL_BYTES)  # which leaves off where the seal begins
    return file.read() == digest.encode()


def _manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        with archive.open(MANIFEST) as member:
            text = member.read(LARGEST_MANIFEST_BYTES)
        said = _Format.model_validate_json(text)
        if said.format == FORMAT:
            return Manifest.model_validate_json(text)
    except (*UNREADABLE, ValidationError):
        raise AtlasError(path, f"is damaged in {MANIFEST}.", ANOTHER) from None
    raise AtlasError(
        path,
        f"is of a format that this version does not know ({said.format[:40]!r}).",
        "Restore it with the version that wrote it.",
    )


class _Format(BaseModel):
    format: str


def _is_whole(archive: zipfile.ZipFile, name: str, part: Part) -> bool:
    try:
        digest = hashlib.sha256()
        with archive.open(name) as member:
            while block := member.read(BLOCK_BYTES):
                digest.update(block)
    except (KeyError, *UNREADABLE):
        return False
    return digest.hexdigest() == part.sha256 and archive.getinfo(name).file_size == part.bytes


def _some(names: Iterable[str]) -> str:
    """The first few names of many.

    >>> _some(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    names = list(names)
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
