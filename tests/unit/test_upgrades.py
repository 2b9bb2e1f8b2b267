"""A6: a new version of the atlas changes none of the words that were written with an older one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

SCRIPT = Path(__file__).parents[1] / "upgrades.py"


@pytest.mark.django_db
def test_the_tables_are_as_the_models_say():
    """A change of a model without its migration would break the first start of a new version."""
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_rows_of_the_first_version_are_unchanged_in_this_one(kind, tmp_path, request):
    database = request.getfixturevalue("postgres").fresh() if kind == "postgres" else ""
    ran = subprocess.run(
        [sys.executable, SCRIPT, tmp_path / "home"],
        env=os.environ | {"CAREATLAS_DATABASE": database},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert {app for app, _ in told["first"]} >= {"record", "people", "evidence"}
    assert all(len(rows) == 2 for rows in told["before"].values())
    assert told["after"] == told["before"]
    assert told["to_come"] == 0
    assert told["found"] == 2  # what was written before words were looked up is found, too
