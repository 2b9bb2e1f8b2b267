"""What finding needs: an index for the list; for words, on SQLite a table beside the examples, kept by triggers, on
PostgreSQL a column that the database makes itself, with an index. A later migration that makes the examples' table
anew on SQLite drops its triggers and this index: it has to run `make` again (tests/unit/test_finding.py finds out).
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Column -> weight, heaviest first: A, B, C and D of PostgreSQL, whose default weights are these over ten.
WEIGHTS = {
    "title": 10,
    "summary": 4,
    "problem": 2,
    "what_was_done": 2,
    "who_should_consider": 1,
    "quality_effect": 1,
    "evidence": 1,
    "implementation": 1,
    "enablers": 1,
    "how_measured": 1,
    "how_money_is_realised": 1,
}
LETTER = {10: "A", 4: "B", 2: "C", 1: "D"}


# All that the list of published examples asks of a row, so that no text is read for it.
LIST = (
    "CREATE INDEX evidence_example_list ON evidence_example (stage, published_at, overall, programme, workstreams, "
    "setting, rating, verdict, indicator, owner_id, saving_cash_gbp, saving_cost_avoided_gbp, saving_capacity_gbp)"
)


def make(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    own = _postgres() if editor.connection.vendor == "postgresql" else _sqlite()
    for statement in [LIST, *own]:
        editor.execute(statement)


def _sqlite() -> list[str]:
    names = ", ".join(WEIGHTS)
    new, old = (", ".join(f"{row}.{name}" for name in WEIGHTS) for row in ("new", "old"))
    add = f"INSERT INTO evidence_finding(rowid, {names}) VALUES (new.id, {new});"
    take = f"INSERT INTO evidence_finding(evidence_finding, rowid, {names}) VALUES ('delete', old.id, {old});"
    triggers = {
        "added AFTER INSERT": add,
        "removed AFTER DELETE": take,
        f"changed AFTER UPDATE OF {names}": take + add,
    }
    return [
        f"CREATE VIRTUAL TABLE evidence_finding USING fts5({names}, content='evidence_example', "
        "content_rowid='id', tokenize='porter unicode61 remove_diacritics 0')",
        *(
            f"CREATE TRIGGER evidence_finding_{when} ON evidence_example BEGIN {do} END"
            for when, do in triggers.items()
        ),
        "INSERT INTO evidence_finding(evidence_finding) VALUES ('rebuild')",
    ]


def _postgres() -> list[str]:
    # As in SQLite only letters and figures make words (PostgreSQL alone keeps addresses and pairs as one word), and
    # common words are kept, so that a phrase with one of them is that phrase.
    words = "to_tsvector('careatlas_english', regexp_replace({}, '[^[:alnum:]]+', ' ', 'g'))"
    parts = (f"setweight({words.format(name)}, '{LETTER[weight]}')" for name, weight in WEIGHTS.items())
    return [
        "CREATE TEXT SEARCH DICTIONARY careatlas_stem (TEMPLATE = snowball, LANGUAGE = english)",
        "CREATE TEXT SEARCH CONFIGURATION careatlas_english (COPY = pg_catalog.english)",
        "ALTER TEXT SEARCH CONFIGURATION careatlas_english ALTER MAPPING FOR asciiword, word WITH careatlas_stem",
        f"ALTER TABLE evidence_example ADD COLUMN finding tsvector GENERATED ALWAYS AS ({' || '.join(parts)}) STORED",
        "CREATE INDEX evidence_example_finding ON evidence_example USING gin (finding)",
    ]


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
