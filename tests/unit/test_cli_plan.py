"""The report card from the command line: its table, rows and files; a kept one; what is refused."""

import csv
import io
import json
from datetime import UTC, date, datetime

import pytest
import web_release
from authored import person
from click.testing import CliRunner
from django.utils import timezone
from ledger_small import YEAR, claim, held, initiative, org, pool

from careatlas.cli import main
from careatlas.improve.delivery.models import Claim
from careatlas.improve.delivery.reporting import kept
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role

pytestmark = pytest.mark.django_db
OF_JULY = ("--area", "B0", "--period", f"{YEAR}-07")


@pytest.fixture
def report(release, db, monkeypatch):
    """Runs the command on the tests' own database, which is ready."""
    monkeypatch.setattr("careatlas.web.authored.prepare", lambda home: None)
    monkeypatch.setattr(timezone, "now", lambda: datetime(YEAR, 9, 10, tzinfo=UTC))
    organisations.take_from(release)
    claim(held(initiative(status="running", workstream="planned_care")), pool(), 1200)
    with web_release.client_of(release.folder.parent.parent):
        yield lambda *words: CliRunner().invoke(
            main, ["plan", "report", *words, "--release", str(release.folder)]
        )


def test_the_table_says_whose_it_is_and_has_a_line_a_workstream(report):
    answer = report(*OF_JULY)
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.startswith(f"Report card: Upper Board, July {YEAR}\n")
    assert "Planned care" in answer.stdout
    assert "not told yet" in answer.stdout


def test_rows_are_those_of_the_file_for_a_spreadsheet(report):
    rows = json.loads(report(*OF_JULY, "--json").stdout)
    lines = list(csv.DictReader(io.StringIO(report(*OF_JULY, "--format", "csv").stdout)))
    assert (
        [row["level"] for row in rows] == [row["level"] for row in lines] == ["workstream", "family", "all"]
    )
    assert {row["net_pence"] for row in rows} == {1200}
    assert list(rows[0]) == list(lines[0])
    assert rows[0]["actual_to_date_pence"] is None


def test_without_an_area_it_is_the_whole_country(report):
    assert json.loads(report("--period", f"{YEAR}-07", "--json").stdout)[0]["area"] == "SIM"


def test_files_are_written_whole_and_the_page_loads_nothing(report, tmp_path):
    answer = report(*OF_JULY, "--out", str(tmp_path / "new"))
    assert answer.exit_code == 0, answer.output
    names = [f"report-B0-{YEAR}-07.{kind}" for kind in ("csv", "html", "json", "pdf")]
    assert sorted(one.name for one in (tmp_path / "new").iterdir()) == names
    page = (tmp_path / "new" / names[1]).read_text()
    assert f"<h1>Report card: Upper Board, July {YEAR}</h1>" in page
    for word in ("href=", "src=", "url(", "<script", "@import"):
        assert word not in page
    assert (tmp_path / "new" / names[3]).read_bytes().startswith(b"%PDF-")


def test_one_workstream_in_one_kind_of_file(report, tmp_path):
    answer = report(*OF_JULY, "--workstream", "planned_care", "--format", "json", "--out", str(tmp_path))
    assert answer.exit_code == 0, answer.output
    (file,) = tmp_path.iterdir()
    assert file.name == f"report-B0-planned_care-{YEAR}-07.json"
    assert json.loads(file.read_bytes())["card"]["workstream"]["title"] == "Planned care"


def test_a_kept_report_is_printed_as_it_was(report, release):
    ann = person("Ann", (Role.PLAN_MANAGER, "B0"))
    made = kept.keep(ann, release, org("B0"), date(YEAR, 7, 1))
    before = report("--kept", str(made.pk), "--format", "json").stdout
    Claim.objects.update(pence=7)
    assert report("--kept", str(made.pk), "--format", "json").stdout == before
    assert json.loads(before)["kept"]["made_by"] == "Ann"
    assert json.loads(report("--kept", str(made.pk), "--json").stdout)[0]["net_pence"] == 1200


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--area", "NOWHERE"), "is no organisation here"),
        (("--period", f"{YEAR}-09"), "has not ended yet"),
        (("--period", "July"), "is no month"),
        (("--workstream", "sewing"), "is no workstream"),
        (("--kept", "99"), "was not kept here"),
        (("--kept", "1", "--area", "B0"), "Give it without"),
        (("--json", "--format", "pdf"), "Give it without"),
    ],
)
def test_what_cannot_be_meant_is_one_message_and_exit_status_2(report, words, said):
    answer = report(*words)
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_a_folder_that_cannot_be_written_to_is_named(report, tmp_path):
    (tmp_path / "file").write_text("here already")
    answer = report(*OF_JULY, "--out", str(tmp_path / "file" / "below"))
    assert answer.exit_code == 2
    assert "cannot be written to" in answer.stderr
