"""Files of an example: kept under their checksum, ten of ten megabytes, and handed out only as a download.

A row and its file are written under the one lock that all writers queue for (the head of the record), and a file goes
when no row names it any more: somebody who sent a patient's name by mistake can take it away. What the row said stays
in the record; the file's content was never in it.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.db import transaction

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.models import Attachment
from careatlas.improve.evidence.writing import examples
from careatlas.improve.evidence.writing.answers import cleaned
from careatlas.improve.evidence.writing.file_kinds import FileKind, FileRefusedError, check, kind_of_name
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Head

MOST_FILES, MOST_BYTES = 10, 10 * 1024**2
FOLDER = Path("authored") / "files"
LONGEST_NAME = 120


def keep(home: Path, number: int, name: str, chunks: Iterable[bytes], user: User) -> Attachment:
    """Take a file for an example; sent again, it is the one there is.

    Raises FileRefusedError; and as `examples.opened` does."""
    examples.opened_now(number, user)  # nobody else's bytes are taken at all
    name = safe_name(name)
    kind_of_name(name)
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".unfinished") as unfinished:
        size, sha256 = _written(unfinished, chunks, name)
        check(Path(unfinished.name), name)
        return _kept(folder, number, name, size, sha256, Path(unfinished.name), user)


@transaction.atomic
def _kept(
    folder: Path, number: int, name: str, size: int, sha256: str, unfinished: Path, user: User
) -> Attachment:
    example = examples.opened(number, user)
    known = example.attachments.filter(sha256=sha256).first()
    if known is not None:
        return known
    if example.attachments.count() >= MOST_FILES:
        raise FileRefusedError(name, f"would be more than {MOST_FILES} files.", "Take one away first.")
    row = keeping.create(
        Attachment, user.email, "added a file", example=example, name=name, sha256=sha256, size_bytes=size
    )
    _put(unfinished, folder / sha256)
    return row


@transaction.atomic
def remove(home: Path, number: int, attachment: int, user: User) -> None:
    """Take a file away; gone already, nothing happens. Its bytes go where no other example has the same."""
    example = examples.opened(number, user)
    row = example.attachments.filter(pk=attachment).first()
    if row is None:
        return
    keeping.remove(row, user.email, "took a file away")
    transaction.on_commit(lambda: _forget(home / FOLDER / row.sha256))


def found(home: Path, number: int, attachment: int, user: User) -> tuple[Attachment, FileKind, Path]:
    """A file of an example that the person may take away. Raises NotKnownError."""
    row = Attachment.objects.filter(
        pk=attachment, example__in=examples.handed_out_to(user).filter(pk=number)
    ).first()
    path = home / FOLDER / row.sha256 if row else None
    if row is None or path is None or not path.is_file():
        raise NotKnownError("That file", "is not here.", "It may have been taken away.")
    return row, kind_of_name(row.name), path


def safe_name(name: str) -> str:
    """The last part of a path, without what a name cannot hold.

    >>> safe_name("../../etc/report 1.pdf"), safe_name("C:\\\\x\\\\<b>.csv")
    ('report 1.pdf', 'b.csv')
    """
    last = re.split(r"[/\\]", cleaned(name))[-1]
    words = " ".join(re.sub(r"[^\w .,()+&'-]", "", last).split()).strip(". ")
    stem, dot, ending = words.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending) - 1].strip()}{dot}{ending}"[-LONGEST_NAME:]


def _written(
    file: "tempfile._TemporaryFileWrapper[bytes]", chunks: Iterable[bytes], name: str
) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        if size > MOST_BYTES:
            raise FileRefusedError(name, "is too large.", f"Send up to {MOST_BYTES // 1024**2} MB a file.")
        digest.update(chunk)
        file.write(chunk)
    if not size:
        raise FileRefusedError(name, "is empty.", "Choose another.")
    file.flush()
    os.fsync(file.fileno())
    return size, digest.hexdigest()


def _put(unfinished: Path, place: Path) -> None:
    """A link, not a move: the unfinished file takes itself away."""
    if not place.exists():
        os.link(unfinished, place)
        os.chmod(place, 0o600)
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _forget(place: Path) -> None:
    with transaction.atomic():
        Head.objects.select_for_update().filter(pk=1).first()
        if not Attachment.objects.filter(sha256=place.name).exists():
            place.unlink(missing_ok=True)
