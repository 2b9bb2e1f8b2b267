"""What a backup holds, brought back into an empty home and an empty database: all of it, or nothing.

`restore` makes the tables, with the guards that refuse to alter the record, writes the rows just as they were, goes on
numbering where it was left off, and reads the record from its beginning. It does not matter which of the two databases
the backup was made on.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

from django.core import serializers
from django.core.management import call_command
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError, connection, models, transaction
from django.db.models import Max

from careatlas.errors import AtlasError
from careatlas.improve.record import chain
from careatlas.improve.record.backup import kept, migrations_of_this_version, number_field, part_of, reach
from careatlas.improve.record.backup_file import ANOTHER, Backup
from careatlas.improve.record.models import Head


def restore(backup: Backup) -> None:
    """Fill the database. Raises AtlasError, and leaves it empty, where it holds something, or the backup is of another
    version or not what it says; a file of SQLite is left half made, for the caller to throw away."""
    _refuse_another_version(backup)
    reach()
    if connection.introspection.table_names():
        raise AtlasError("the database", "holds tables already.", "Give an empty one in CAREATLAS_DATABASE.")
    try:
        with _all_or_nothing():
            call_command("migrate", verbosity=0, interactive=False)
            with transaction.atomic():
                for model in kept():
                    _load(backup, model)
            _refuse_unless_as_it_was(backup)
    except (DatabaseError, DeserializationError) as fault:
        said = str(fault).strip().splitlines()[0]
        raise AtlasError(backup.path, f"cannot be restored: {said}.", ANOTHER) from fault


def _all_or_nothing() -> AbstractContextManager[None]:
    """SQLite cannot make its tables in one transaction; its file takes its place when it is whole."""
    return transaction.atomic() if connection.vendor == "postgresql" else nullcontext()


def _refuse_another_version(backup: Backup) -> None:
    manifest = backup.manifest
    tables = {part_of(model) for model in kept()}
    if (
        manifest.migrations != migrations_of_this_version()
        or {name for name, part in manifest.parts.items() if part.rows is not None} != tables
    ):
        raise AtlasError(
            backup.path,
            f"has the tables of another version of the atlas ({manifest.version}, {manifest.made_at:%d %B %Y}).",
            "Restore it with that version, then start this one, which brings the tables up to date.",
        )


def _load(backup: Backup, model: type[models.Model]) -> None:
    """Row by row, as they were: nothing is stamped with the day of the restore."""
    name = part_of(model)
    number = 0
    for number, row in enumerate(serializers.deserialize("jsonl", backup.lines(name)), 1):
        if row.object._meta.model is not model:
            raise AtlasError(backup.path, f"{name}: row {number} is of another table.", ANOTHER)
        row.save(force_insert=True)
    if number != backup.manifest.parts[name].rows:
        raise AtlasError(backup.path, f"{name} has {number} rows and should have others.", ANOTHER)
    _go_on_numbering(model, backup.manifest.parts[name].last_number or 0)


def _go_on_numbering(model: type[models.Model], last: int) -> None:
    """No number is given twice, also not one whose row is gone: the record would speak of two things under one name."""
    field = number_field(model)
    if field is None:
        return
    last = max(last, model._default_manager.aggregate(last=Max("pk"))["last"] or 0)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and last:
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [table, field.column, last])
        elif connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])


def _refuse_unless_as_it_was(backup: Backup) -> None:
    """The record is whole from its beginning to the entry that the backup names, and writers go on from there."""
    faults = list(_faults(backup.manifest.head))
    if faults:
        raise AtlasError(backup.path, f"holds a record that is not whole: {faults[0]}.", ANOTHER)


def _faults(head: str) -> Iterator[str]:
    yield from chain.faults()
    if chain.head() != head:
        yield f"it ends at {chain.head()} and should end at {head}"
    followed = [f"{row.number}:{row.digest}" for row in Head.objects.all()]
    if (followed or [f"0:{chain.FIRST}"]) != [head]:
        yield "the next entry would not follow the last"
