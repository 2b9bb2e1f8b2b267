"""The database itself refuses to alter or remove an entry of the chain."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

WORDS = "an entry of the record is never changed or removed"
SQLITE = [
    f"CREATE TRIGGER record_entry_no_{verb} BEFORE {verb} ON record_entry BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    for verb in ("UPDATE", "DELETE")
]
POSTGRES = [
    f"CREATE FUNCTION record_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$",
    "CREATE TRIGGER record_entry_append_only BEFORE UPDATE OR DELETE ON record_entry "
    "FOR EACH ROW EXECUTE FUNCTION record_entry_refuse()",
]


def refuse(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in POSTGRES if editor.connection.vendor == "postgresql" else SQLITE:
        editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("record", "0001_initial")]
    operations = [migrations.RunPython(refuse, migrations.RunPython.noop)]
