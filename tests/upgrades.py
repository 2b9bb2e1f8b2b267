"""Tables as the first version made them, with rows in each, brought to this version: ``python tests/upgrades.py HOME``
prints the rows before and after, as JSON. It is a process of its own, because a database goes through it once.
"""

import json
import sys
from pathlib import Path
from typing import Any


def upgraded(home: Path) -> dict[str, Any]:
    from careatlas.web.authored import set_up

    home.mkdir(parents=True)
    set_up(home)
    import every_row
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from careatlas.improve.evidence import full_text
    from careatlas.improve.record.backup import migrations_of_this_version

    ours = {app: names for app, names in migrations_of_this_version().items() if app != "axes"}
    executor = MigrationExecutor(connection)
    first = [(app, names[0]) for app, names in ours.items()]
    executor.migrate(first)
    old = [
        model
        for model in executor.loader.project_state(first).apps.get_models()
        if model._meta.app_label in ours
    ]
    every_row.fill(old)
    before = every_row.rows(old)
    call_command("migrate", verbosity=0, interactive=False)
    columns = {label: list(found[0]) for label, found in before.items()}
    return {
        "first": first,
        "before": before,
        "after": every_row.rows([apps.get_model(label) for label in before], columns),
        "to_come": len(MigrationExecutor(connection).migration_plan(executor.loader.graph.leaf_nodes())),
        "found": len(full_text.ranks_with_all("ward") or {}),
    }


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    print(json.dumps(upgraded(Path(sys.argv[1]))))
