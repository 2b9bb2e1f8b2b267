"""A backup of all that people write, as it stood at one moment, while they go on writing.

`write` takes every table of what people write, and of who signed in wrongly; the files of examples under their
checksums; and the key that links in letters are signed with. Not sessions: after a restore everybody signs in again.
Not letters laid down, nor files set aside: they are on their way. `restoring` brings it back, on either database.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from careatlas import __version__
from careatlas.errors import AtlasError
from careatlas.improve.record import chain
from careatlas.improve.record.backup_file import (
    BLOCK_BYTES,
    FILES,
    KEY,
    ROWS,
    Manifest,
    Unfinished,
    written,
)

OURS, SIGN_IN = "careatlas.improve.", "axes"
ROWS_AT_ONCE = 100
CHECKSUM = "sha256"  # the field by which a row names a file


class _Exactly(DjangoJSONEncoder):
    """Django's own cuts a time to thousandths of a second, and the record's hashes are of the whole time."""

    def default(self, said: Any) -> Any:
        return said.isoformat() if isinstance(said, datetime) else super().default(said)


def write(target: Path, authored: Path) -> Manifest:
    """Write everything into a new file. ``authored``: the folder of the home that files are kept in.

    Raises AtlasError where the tables are of another version, the record is not whole, or it cannot be written."""
    reach()
    migrations = _migrations()
    with _one_moment(), written(target) as unfinished:
        _refuse_unless_whole()
        # Files first: whoever takes one away from now on takes it from the disk at once.
        absent = [name for name in _checksums() if not _file(unfinished, authored / "files" / name)]
        if (authored / KEY).is_file():
            with unfinished.part(KEY) as part:
                part.write((authored / KEY).read_bytes())
        for model in kept():
            _rows(unfinished, model)
        manifest = Manifest(
            version=__version__,
            made_at=timezone.now(),
            database=connection.vendor,
            migrations=migrations,
            head=chain.head(),
            parts=unfinished.parts,
            absent=absent,
        )
        unfinished.finish(manifest)
    return manifest


def reach() -> None:
    """Raises AtlasError where the database does not answer."""
    try:
        connection.ensure_connection()
    except OperationalError as fault:
        said = str(fault).strip().splitlines()[0]
        raise AtlasError(
            "the database", f"cannot be reached: {said}.", "Look at CAREATLAS_DATABASE."
        ) from None


def kept() -> list[type[models.Model]]:
    """Every table that a backup holds."""
    return [model for app in _apps() for model in apps.get_app_config(app).get_models(True)]


def part_of(model: type[models.Model]) -> str:
    return f"{ROWS}{model._meta.label_lower}.jsonl"


def migrations_of_this_version() -> dict[str, list[str]]:
    """App -> the changes that its tables go through."""
    known = MigrationLoader(None).disk_migrations
    return {app: sorted(name for owner, name in known if owner == app) for app in _apps()}


def number_field(model: type[models.Model]) -> models.Field | None:
    """The field that the database numbers by itself, if there is one."""
    return model._meta.pk if isinstance(model._meta.pk, models.AutoField) else None


def _apps() -> list[str]:
    return [app.label for app in apps.get_app_configs() if app.name.startswith(OURS) or app.label == SIGN_IN]


def _migrations() -> dict[str, list[str]]:
    """As applied; they must be those of this version, or its words would not fit the tables."""
    applied = MigrationLoader(connection).applied_migrations
    found = {app: sorted(name for owner, name in applied if owner == app) for app in _apps()}
    if found != migrations_of_this_version():
        raise AtlasError(
            "the database",
            "has the tables of another version of the atlas, or none.",
            "Make the backup with the version that serves it.",
        )
    return found


@contextmanager
def _one_moment() -> Iterator[None]:
    """Every read sees the same moment, and no writer waits: SQLite's own way of the settings would take its lock."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _refuse_unless_whole() -> None:
    """A backup of a record that was tampered with would take the place of a good one, and never come back."""
    fault = next(chain.faults(), None)
    if fault is not None:
        raise AtlasError(
            "the record",
            f"is not whole: {fault}. No backup was made.",
            "Keep the last one, and see careatlas audit verify.",
        )


def _checksums() -> list[str]:
    """Of every file that a row names."""
    named = [model for model in kept() if any(field.name == CHECKSUM for field in model._meta.fields)]
    return sorted({one for model in named for one in model._default_manager.values_list(CHECKSUM, flat=True)})


def _file(unfinished: Unfinished, path: Path) -> bool:
    """Take a file in; not one that is gone or is no longer what was sent, which is told."""
    try:
        with path.open("rb") as source:
            whole = hashlib.file_digest(source, "sha256").hexdigest() == path.name
            if whole:
                source.seek(0)
                with unfinished.part(FILES + path.name) as part:
                    while block := source.read(BLOCK_BYTES):
                        part.write(block)
    except FileNotFoundError:
        return False
    return whole


def _rows(unfinished: Unfinished, model: type[models.Model]) -> None:
    found = model._default_manager.order_by("pk").iterator(ROWS_AT_ONCE)
    with unfinished.part(part_of(model)) as part:
        part.rows, part.last_number = 0, _last_number(model)
        while some := list(islice(found, ROWS_AT_ONCE)):
            part.write(serializers.serialize("jsonl", some, cls=_Exactly))
            part.rows += len(some)


def _last_number(model: type[models.Model]) -> int | None:
    """The highest number that the database ever gave to a row, which may be gone: the record still speaks of it."""
    field = number_field(model)
    if field is None:
        return None
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = "pg_get_serial_sequence(%s, %s)::regclass"
            cursor.execute(f"SELECT pg_sequence_last_value({sequence})", [table, field.column])
        else:
            cursor.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = %s", [table])
        return cursor.fetchone()[0] or 0
