"""Matching, measuring and letters from the command line, each as a person or a clock runs it."""

import json
import os
import subprocess
import sys

import pytest
import small_data
import web_release

from careatlas.web.configuration import AUTHORED

MAIN = "from careatlas.cli import main; main()"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home")).folder.parent.parent


def run(home, *words, program=MAIN):
    environment = {key: value for key, value in os.environ.items() if key != "CAREATLAS_DATABASE"}
    command = [sys.executable, "-c", program, *words, "--release", str(home)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


def test_an_empty_library_matches_nothing_and_says_so(home):
    assert json.loads(run(home, "library", "match", "S00", "--json").stdout) == []
    assert "nothing to show" in run(home, "library", "match", "S00").stdout


def test_an_unknown_area_is_refused_without_a_traceback(home):
    refused = run(home, "library", "match", "nowhere")
    assert refused.returncode == 2
    assert "nowhere" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_measuring_asks_who_got_better_and_again_asks_nobody(home):
    first = run(home, "library", "measure")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines() == [
        "examples: 0",
        "verdicts changed: 0",
        "adoptions: 0",
        "invitations: 1",
        "pools: 0",
    ]
    assert "invitations: 0" in run(home, "library", "measure").stdout


def test_no_letter_is_sent_to_whom_nobody_asked(home):
    assert run(home, "letters", "send").stdout == "letters sent: 0\n"


PUBLISHED = """
import sys
from pathlib import Path
from careatlas.web.authored import prepare, take_organisations
prepare(Path(sys.argv[-1]))
take_organisations()
from careatlas.improve.delivery.models import Pool
from careatlas.improve.evidence.models import Example
from careatlas.improve.people.models import Organisation, User
ann = User.objects.create(email="ann@nhs.test", name="Ann")
Example.objects.create(
    owner=Organisation.objects.first(), author=ann, title="Ours", stage="published", indicator="ae_four_hours",
    area="RAA", starts_on="2026-01-01", direction="higher",
)
Pool.objects.create(
    area=Organisation.objects.first(), programme="planned_care", cost_line="emergency_admissions", year=2026,
    began_on="2026-04-01",
)
"""


def test_a_release_that_is_built_measures_library_and_pools_again_and_an_atlas_without_them_gets_none(
    tmp_path,
):
    home, data = tmp_path / "home", tmp_path / "data"
    small_data.write_ae_month(data, small_data.JANUARY, {"RAA": (900, 300), "RBB": (500, 100)})
    first = run(home, "build", "--data", str(data))
    assert first.returncode == 0, first.stderr
    assert "measured again" not in first.stdout
    assert not (home / AUTHORED).exists()

    began = run(home, program=PUBLISHED)
    assert began.returncode == 0, began.stderr
    small_data.write_ae_month(data, small_data.FEBRUARY, {"RAA": (900, 200), "RBB": (500, 100)})
    for count in (1, 0):  # the second build gives the same release
        built = run(home, "build", "--data", str(data))
        assert built.returncode == 0, built.stderr
        counts = f"examples {count}, verdicts changed 0, adoptions 0, invitations 0, pools {count}"
        assert built.stdout.splitlines()[-1] == f"measured again: {counts}"
