"""`careatlas waits` and `careatlas persistence`: the rows of the API, a table of what the pages show, clear faults."""

import html
import json
import re

import pytest
import web_release
from click.testing import CliRunner

from careatlas.cli import main
from careatlas.present.list_waits import list_waits
from careatlas.present.persistence import lasting_of, list_persistence, persistence_in_lines


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def client(release):
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


@pytest.fixture
def run(release):
    return lambda *words: CliRunner().invoke(main, [*words, "--release", str(release.folder)])


SAME = {
    "waits": (["waits"], "waiting-times"),
    "waits of one area": (["waits", "--area", "Fernhollow"], "waiting-times?area=S05"),
    "the list of boards": (
        ["waits", "--part", "incomplete", "--area-type", "icb"],
        "waiting-times?part=incomplete&area_type=icb",
    ),
    "trauma at trusts": (
        ["waits", "--specialty", "110", "--area-type", "provider", "--months", "3", "--period", "2026-02"],
        "waiting-times?specialty=110&area_type=provider&months=3&period=2026-02",
    ),
    "explain": (["explain", "completed"], "explain?indicator=completed"),
    "explain an area": (["explain", "completed", "--area", "S05"], "explain/S05?indicator=completed"),
    "gaps": (["gaps", "completed"], "gaps?indicator=completed"),
    "near gaps": (["gaps", "completed", "--within-miles", "9"], "gaps?indicator=completed&within_miles=9"),
    "persistence": (["persistence", "four_hours"], "persistence?indicator=four_hours"),
    "persistence of one": (
        ["persistence", "four_hours", "--area", "T01"],
        "persistence?indicator=four_hours&area=T01",
    ),
}


@pytest.mark.parametrize(("words", "address"), SAME.values(), ids=SAME)
def test_a_command_and_its_route_answer_with_the_same_rows(run, client, words, address):
    told = run(*words, "--json")
    assert told.exit_code == 0, told.output
    answer = client.get(f"/api/v1/{address}").json()
    assert json.loads(told.stdout) == answer["rows"]
    assert len(answer["rows"]) == answer["total"] > 0
    assert run(*words).exit_code == 0


# Waiting times


def test_a_row_is_what_the_page_on_waiting_times_shows(run, client):
    """S05 completes 150 + 400 of 10,000 people in each of six months; seven in ten within 5 to 6 weeks."""
    told = run("waits", "--area", "S05").stdout
    assert "All specialties · completed · sub_icb · S05 · Fernhollow · October 2025 to March 2026" in told
    assert "3,300" in told
    assert "55.00 (53.14 to 56.91)" in told
    assert re.search(r"70\.0 \(\d\d\.\d to \d\d\.\d\)", told)
    assert "0 / 0 / 0 / 0" in told
    assert "pathways per 1,000 registered people and month" in told
    page = client.get("/waiting-times/?area=S05").content.decode()
    shown = re.search(r"70\.0 \((\d\d\.\d to \d\d\.\d)\)", told)[1].split(" to ")
    assert f"{shown[0]}% to {shown[1]}%" in page


def test_who_did_not_report_is_missing_and_never_zero(release, run):
    """S02 is missing in the last month, one of six: too many for the window to be whole."""
    (of_month,) = list_waits(release, "S02", months=1)
    assert of_month["status"] == "missing"
    figures = ("pathways", "share_within_18_weeks", "median_weeks", "over_52_weeks", "per_1000_registered")
    assert [of_month[name] for name in figures] == [None] * 5
    told = run("waits", "--area", "S02", "--months", "1").stdout
    assert "missing" in told
    assert "It did not report." in told
    assert list_waits(release, "S02")[0]["status"] == "incomplete"


def test_new_pathways_have_no_lengths_of_waits(run):
    told = run("waits", "--part", "new_periods", "--area-type", "icb").stdout
    assert "weeks" not in told
    assert "pathways per 1,000 registered people and month" in told


def test_unless_asked_the_window_is_what_follows_one_another_and_no_more_is_summed(release):
    assert {row["months"] for row in list_waits(release)} == {6}
    assert {row["months"] for row in list_waits(release, period="2025-12")} == {3}


FAULTS = {
    "a specialty": (["waits", "--specialty", "999"], "999: is not a specialty of this release. Known are total "),
    "a part": (["waits", "--part", "done"], "done: is not a part of the pathways. Known are completed, "),
    "a level": (["waits", "--area-type", "planet"], "planet: is not a level of waiting times. Known are sub_icb, "),
    "an area of another level": (
        ["waits", "--area", "S05", "--area-type", "icb"],
        "Fernhollow: is of type sub_icb, not icb.",
    ),
    "more months than follow": (
        ["waits", "--months", "7"],
        "months: Of the 7 months asked for only 6 follow one another up to March 2026.",
    ),
    "a month not on file": (["waits", "--period", "2020-01"], "period 2020-01: there are no figures for it."),
    "an area": (["waits", "--area", "Nowhere"], "Nowhere: is no area's code or name."),
    "an indicator of one period": (
        ["persistence", "antibiotics"],
        "antibiotics: has 1 period on file for areas of type sub_icb: counting error only: cannot show persistence.",
    ),
    "an area without a row": (
        ["persistence", "completed", "--area", "S20"],
        "S20, completed: has no figures over time for areas of type sub_icb.",
    ),
    "no indicator": (["persistence", "complete"], 'complete: is not an indicator. Did you mean "completed"?'),
}  # fmt: skip


@pytest.mark.parametrize(("words", "message"), FAULTS.values(), ids=FAULTS)
def test_a_users_fault_is_one_line_and_exit_status_2(run, words, message):
    told = run(*words)
    assert told.exit_code == 2
    assert told.stdout == ""
    (line,) = told.stderr.splitlines()
    assert line.startswith(f"careatlas: {message}")


def test_months_out_of_range_are_refused(run, client):
    assert run("waits", "--months", "25").exit_code == 2
    assert client.get("/api/v1/waiting-times?months=25").status_code == 422


# Persistence


def test_persistence_says_what_the_pages_say(run, client):
    said = (
        "It improved from September 2025: +24% (+18% to +30%), "
        "against areas like it and beyond regression to the mean."
    )
    assert said in run("persistence", "four_hours", "--area", "T01").stdout
    assert said in html.unescape(client.get("/indicators/four_hours/why/?area=T01").content.decode())


def test_those_with_a_verdict_stand_first_changes_before_levels(release):
    rows = list_persistence(release, "four_hours")
    assert [(row["area"], row["verdict"]) for row in rows] == [
        ("T01", "improved"),
        ("T02", "persistently_low"),
    ]


def test_an_area_whose_persistence_is_not_worked_out_says_why(release, monkeypatch):
    row = lasting_of(release, "completed", "sub_icb", "S05") | {
        "deviation": None,
        "q": None,
        "verdict": "none",
    }
    monkeypatch.setattr("careatlas.present.persistence.lasting_rows", lambda *asked: (row,))
    (told,) = list_persistence(release, "completed")
    assert told["words"].startswith("15 periods on file; persistence not worked out: ")
    (line,) = persistence_in_lines([told])
    assert line["verdict"] is None
    assert line["note"].startswith(told["words"])


def test_every_parameter_and_column_of_the_answers_is_described(client):
    described = client.get("/api/v1/openapi.json").json()
    for path in ("explain", "explain/{area}", "gaps", "persistence", "waiting-times"):
        parameters = described["paths"][f"/api/v1/{path}"]["get"]["parameters"]
        assert parameters
        assert all(one["description"] for one in parameters), path
    for row in ("ExplainRow", "ExplainAreaRow", "GapsRow", "PersistenceRow"):
        columns = described["components"]["schemas"][row]["properties"]
        assert all(one["description"] for one in columns.values())


def test_long_answers_come_in_pages(client):
    whole = client.get("/api/v1/explain?indicator=completed").json()
    part = client.get("/api/v1/explain?indicator=completed&limit=2&offset=1").json()
    assert part["rows"] == whole["rows"][1:3]
    assert part["total"] == whole["total"] == 6


@pytest.mark.parametrize("address", ["explain", "explain/S05", "gaps", "persistence"])
def test_an_answer_needs_an_indicator_and_a_known_one(client, address):
    assert client.get(f"/api/v1/{address}").status_code == 422
    answer = client.get(f"/api/v1/{address}?indicator=nope")
    assert answer.status_code == 404
    assert "nope: is not an indicator" in answer.json()["detail"]
