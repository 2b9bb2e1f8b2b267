"""The command that weighs a worksheet's file."""

import csv
import json
from pathlib import Path

import pytest
import web_release
from click.testing import CliRunner

from careatlas.cli import main
from careatlas.present.priorities_start import example
from careatlas.present.worksheet import read_worksheet, worksheet_text


@pytest.fixture
def worksheet(tmp_path) -> Path:
    path = tmp_path / "ours.csv"
    path.write_text(worksheet_text(example()), encoding="utf-8")
    return path


def run(*arguments: object):
    return CliRunner().invoke(main, ["priorities", *map(str, arguments)])


def test_the_list_and_what_it_says(worksheet):
    told = run(worksheet)
    assert told.exit_code == 0, told.output
    assert "0.963 (0.6666 to 1.196)" in told.stdout
    assert "The budget of £250,000 funds 3 of 5 options" in told.stdout
    assert "value for money in points per £1,000" in told.stdout


def test_the_page_and_the_command_give_one_list(worksheet, tmp_path):
    rows = json.loads(run(worksheet, "--json").stdout)
    assert [row["decision"] for row in rows] == ["funded"] * 3 + ["not funded"] * 2 + [
        "release",
        "keep",
        "keep",
    ]
    assert run(worksheet, "--out", tmp_path / "out").exit_code == 0
    with (tmp_path / "out" / "ours-list.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["key"] for row in written] == [row["key"] for row in rows]
    assert (tmp_path / "out" / "ours-chart.svg").read_text(encoding="utf-8").startswith("<svg")


def test_an_area_starts_a_file_that_is_never_written_over(tmp_path):
    release = web_release.make_release(tmp_path / "home")
    path = tmp_path / "start.csv"
    started = run(path, "--area", "S20", "--release", release.folder)
    assert started.exit_code == 0, started.output
    assert [one.cells["key"] for one in read_worksheet(path.read_text(encoding="utf-8")).options] == [
        "antibiotics"
    ]
    again = run(path, "--area", "S20", "--release", release.folder)
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    assert "not weighed, because it lacks: benefit per person, net cost" in " ".join(run(path).stdout.split())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe\x00", "is no text in UTF-8"),
        (b"option;kind", "has no table of options"),
        (b"x" * 200_000, "is too large to be a worksheet"),
        (
            b"option,kind,benefit,people,likelihood,cost\nA,stop,1,1,2,1\n",
            'option 1 "A", kind: "stop" is not known',
        ),
    ],
)
def test_what_cannot_be_read_is_told_without_a_traceback(tmp_path, content, told):
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    answer = run(path)
    assert answer.exit_code == 2
    assert told in answer.stderr
    assert "Traceback" not in answer.output


def test_a_file_that_is_not_there_and_options_that_do_not_go_together(tmp_path):
    assert "To start one" in run(tmp_path / "none.csv").stderr
    assert "weighs nothing" in run(tmp_path / "none.csv", "--area", "S20", "--json").stderr
