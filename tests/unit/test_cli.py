"""The commands: rows as a table or as JSON, and every fault one line, exit status 2 and no traceback."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from careatlas.build import new as new_files
from careatlas.catalogue import library
from careatlas.catalogue.library import load_catalogue
from careatlas.cli import main
from careatlas.engine.tables import RELEASE
from careatlas.present.ranks import RANK_COLUMNS

VALUE_COLUMNS = {
    "indicator",
    "area_type",
    "area",
    "name",
    "period_start",
    "period_end",
    "value",
    "lower_95",
    "status",
}
COMMANDS = {
    "indicators": ["indicators"],
    "sources": ["sources"],
    "check": ["check"],
    "show": ["show", "waiting_list", "--period", "2026-01", "--area-type", "icb"],
    "show an area over time": ["show", "waiting_list", "--area", "ZA1"],
    "area": ["area", "ZA1"],
    "area in a month": ["area", "ZA1", "--period", "2026-01"],
    "rank": ["rank", "completed_pathways", "--period", "2026-01", "--area-type", "sub_icb"],
    "rank all": ["rank", "completed_pathways", "--include-incomplete"],
    "waits": ["waits"],
    "persistence": ["persistence", "over_52_weeks", "--area-type", "provider"],
    "rank by value": ["rank", "completed_pathways", "--by", "value"],
}


@pytest.fixture
def run(simulated_release):
    """Run a command on the simulated release."""

    def run_command(*arguments: str):
        takes_release = arguments[0] != "sources"
        home = ["--release", str(simulated_release.folder)] if takes_release else []
        return CliRunner().invoke(main, [*arguments, *home])

    return run_command


def rows_of(result) -> list[dict]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_each_command_prints_a_table(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) > 5
    assert "nan" not in result.stdout.lower().split()


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_each_command_prints_a_json_list_of_rows_with_equal_keys(run, arguments):
    rows = rows_of(run(*arguments, "--json"))
    assert rows
    assert len({tuple(row) for row in rows}) == 1
    assert "NaN" not in run(*arguments, "--json").stdout


def test_values_carry_the_column_names_of_the_release(run):
    (row, *_) = rows_of(run("show", "waiting_list", "--period", "2026-01", "--area-type", "icb", "--json"))
    assert set(RELEASE["values"].column_names) <= row.keys()
    assert list(row)[:4] == ["indicator", "area_type", "area", "name"]


def test_rank_gives_its_promised_columns_highest_value_first_where_that_is_asked_for(run):
    rows = rows_of(run(*COMMANDS["rank"], "--by", "value", "--json"))
    assert tuple(rows[0]) == RANK_COLUMNS
    assert [row["area_type"] for row in rows] == ["sub_icb"] * 106
    ranked = [row for row in rows if row["rank"] is not None]
    assert rows[: len(ranked)] == ranked
    assert [row["value"] for row in ranked] == sorted((row["value"] for row in ranked), reverse=True)
    assert {row["status"] for row in rows[len(ranked) :]} == {"incomplete"}


def test_only_an_indicator_with_a_better_end_is_ranked_in_order_unasked(run):
    """High is not better than low for completed pathways: names in groups, the unranked last."""
    rows = rows_of(run(*COMMANDS["rank"], "--json"))
    groups = [row["group"] for row in rows]
    order = ["higher_half", "neither_half", "lower_half", None]
    assert groups == sorted(groups, key=order.index)
    higher = [row["name"] for row in rows if row["group"] == "higher_half"]
    assert higher == sorted(higher)
    league = [row["value"] for row in rows_of(run("rank", "within_18_weeks", "--json")) if row["group"]]
    assert league == sorted(league, reverse=True)
    assert rows_of(run("rank", "within_18_weeks", "--by", "group", "--json"))[0]["value"] < max(league)


def test_rank_says_which_half_as_its_interval_does(run):
    for row in rows_of(run(*COMMANDS["rank"], "--json")):
        if row["group"] is None:
            assert row["rank"] is None
            continue
        half = row["ranked_areas"] // 2
        is_higher, is_lower = row["rank_upper"] <= half, row["rank_lower"] > row["ranked_areas"] - half
        assert row["group"] == ("higher_half" if is_higher else "lower_half" if is_lower else "neither_half")


def test_rank_says_which_standard_was_in_force_and_what_its_limits_allow_for(run):
    """24 months are on file, and since 2012 the 18-week standard of 92 % binds regions."""
    rows = rows_of(run("rank", "within_18_weeks", "--area-type", "region", "--json"))
    ((standard, allowed),) = {tuple(row["note"].splitlines()[:2]) for row in rows if row["rank"]}
    assert standard.startswith("Constitutional standard in force: at least 92.0% (Waiting up to 18 weeks")
    assert "https://" in standard
    assert allowed.endswith("what comes and goes between the 24 periods on file.")


def test_show_says_which_standards_were_in_force_in_the_period_of_each_row(run):
    """For four hours in A&E the ambition was 78 % in 2024/25 and in 2025/26; the standard is 95 %."""
    asked = ("show", "ae_four_hours", "--period", "2025-12", "--json")
    standards = [row["note"].splitlines()[:2] for row in rows_of(run(*asked))]
    for constitutional, ambition in standards:
        assert constitutional.startswith("Constitutional standard in force: at least 95.0%")
        assert ambition.startswith("Interim ambition in force: at least 78.0% by March 2026")


def test_a_note_about_all_rows_is_printed_once_and_without_their_names(run):
    printed = run("rank", "within_18_weeks", "--area-type", "region").stdout
    assert printed.count("Constitutional standard in force") == 1
    assert "\nConstitutional standard in force" in printed


def test_rank_with_incomplete_returns_ranks_them_all(run):
    rows = rows_of(run(*COMMANDS["rank"], "--include-incomplete", "--json"))
    assert {row["ranked_areas"] for row in rows} == {106}


def test_ranking_incomplete_returns_changes_nothing_where_there_are_none(run):
    asked = ("rank", "completed_pathways", "--period", "2025-12", "--area-type", "icb", "--by", "value")
    without, included = (rows_of(run(*asked, *more, "--json")) for more in ((), ("--include-incomplete",)))
    assert {row["status"] for row in without} == {"reported"}
    for one, other in zip(without, included, strict=True):
        assert {key: one[key] for key in ("area", "rank", "ranked_areas")} == {
            key: other[key] for key in ("area", "rank", "ranked_areas")
        }


def test_missing_is_null(run):
    """Four trusts did not report four-hour waits in May 2024: no value, no limits, no rank."""
    rows = rows_of(run("rank", "ae_four_hours", "--period", "2024-05", "--json"))
    silent = [row for row in rows if row["status"] == "missing"]
    assert len(silent) == 4
    for row in silent:
        assert [row[c] for c in ("count", "value", "lower_95", "upper_95", "rank", "ranked_areas")] == [
            None
        ] * 6


def test_an_area_is_known_by_code_in_any_case_and_by_name(run, simulated_release):
    name = simulated_release.areas["ZB01"]["name"]
    by_code, by_small_code, by_name = (
        rows_of(run("area", asked, "--json")) for asked in ("ZB01", "zb01", name)
    )
    assert by_code == by_small_code == by_name
    assert {row["area"] for row in by_code} == {"ZB01"}


def test_an_area_is_shown_beside_the_country(run):
    rows = rows_of(run("area", "ZA1", "--json"))
    assert len({row["indicator"] for row in rows}) == len(rows) >= 15
    assert all(row["benchmark_value"] is not None for row in rows if row["status"] == "reported")


def test_check_tells_of_returns_and_files(run):
    rows = rows_of(run("check", "--json"))
    assert {row["status"] for row in rows if row["kind"] == "return"} == {
        "absent", "partial", "incomplete", "not_reported", "estimated",
    }  # fmt: skip
    # Every published total is reached, but for what rounding to 5 leaves.
    assert {row["source"] for row in rows if row["kind"] == "total"} <= {"maternity"}
    assert any(row["kind"] == "file" and "closed area" in row["detail"] for row in rows)


def test_indicators_say_which_periods_and_levels_they_have(run):
    rows = {row["indicator"]: row for row in rows_of(run("indicators", "--json"))}
    assert rows.keys() == load_catalogue().indicators.keys()
    waiting = rows["waiting_list"]
    assert (waiting["first_period"], waiting["last_period"], waiting["periods"]) == ("2024-02", "2026-01", 24)
    assert waiting["area_types"] == ["icb", "region", "sub_icb"]


# Faults


FAULTS = {
    "an unknown indicator": (
        ["show", "waitng_list"],
        'waitng_list: is not an indicator. Did you mean "waiting_list"?',
    ),
    "an unknown indicator to rank": (
        ["rank", "xyz"],
        "xyz: is not an indicator. See `careatlas indicators`.",
    ),
    "an unknown area": (["area", "ZZZ999"], "ZZZ999: is no area's code or name."),
    "an unknown area to show": (
        ["show", "waiting_list", "--area", "Leeds"],
        "Leeds: is no area's code or name.",
    ),
    "a month without figures": (
        ["rank", "waiting_list", "--period", "1999-01"],
        "period 1999-01: there are no figures for it. On file: 24 periods from 2024-02 to 2026-01.",
    ),
    "what is not a period": (
        ["rank", "waiting_list", "--period", "soon"],
        'period: "soon" is not a period. Give one',
    ),
    "a level it has not": (
        ["rank", "waiting_list", "--area-type", "provider"],
        "provider: is not an area type of waiting_list. ",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), FAULTS.values(), ids=FAULTS)
def test_a_users_fault_is_one_line_and_exit_status_2(run, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"careatlas: {message}")
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "waiting_list", "--release", "nowhere"], "nowhere: holds no release. Run `careatlas build"),
        (["build", "--data", "nowhere", "--release", "home"], "nowhere: is not a folder."),
        (
            ["fetch", "nothing", "--from", "2025-01"],
            "nothing: is not a source. Sources: accident_emergency, ",
        ),
        (["fetch", "accident_emergency"], "--from: is missing."),
        (["fetch", "accident_emergency", "--from", "whenever"], 'period: "whenever" is not a period.'),
        (["new", "method", "crude_rate"], "crude_rate.py: is there already."),
        (["new", "source", "No Name"], "No Name: is not an id."),
    ],
)
def test_a_fault_before_any_release_is_one_line_too(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"careatlas: {message}")


def test_our_own_mistakes_keep_their_traceback(monkeypatch):
    monkeypatch.setattr("careatlas.sources.source.describe_sources", lambda: 1 / 0)
    assert isinstance(CliRunner().invoke(main, ["sources"]).exception, ZeroDivisionError)


# Where releases are looked for


def test_the_demo_is_shown_where_there_is_no_atlas(simulated_release, tmp_path, monkeypatch):
    home = simulated_release.folder.parent.parent
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CAREATLAS_HOME", raising=False)
    (tmp_path / "atlas-demo").symlink_to(home)
    assert CliRunner().invoke(main, ["indicators"]).exit_code == 0


def test_the_environment_names_the_home(simulated_release, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAREATLAS_HOME", str(simulated_release.folder.parent.parent))
    assert CliRunner().invoke(main, ["indicators"]).exit_code == 0


# Help


def test_help_names_every_command_and_reads_nothing_heavy():
    """The whole command line is known before an engine, a frame library or a web framework is read."""
    asked = (
        "import sys\n"
        "from careatlas.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('duckdb', 'ibis', 'pandas', 'numpy', 'pyarrow', 'django', 'scipy', 'pydantic', 'yaml', 'rich')\n"
        "print('READ:', [name for name in heavy if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert "READ: []" in told
    for command in main.commands:
        assert command in told


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_explains_itself(command):
    told = CliRunner().invoke(main, [command, "--help"])
    assert told.exit_code == 0
    assert main.commands[command].help.rstrip().endswith((".", ")"))


# Starting a file


@pytest.fixture
def copied_package(tmp_path, monkeypatch) -> Path:
    """A copy of the package that `careatlas new` writes into."""
    copy = tmp_path / "careatlas"
    shutil.copytree(new_files.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(new_files, "PACKAGE", copy)
    monkeypatch.setattr(new_files, "CONTENT", copy / "content")
    return copy


def test_a_new_indicator_is_a_file_whose_every_gap_is_named(copied_package):
    started = CliRunner().invoke(main, ["new", "indicator", "long_stays", "--theme", "hospital"])
    assert started.exit_code == 0, started.output
    assert (
        Path(started.stdout.strip())
        == copied_package / "content" / "indicators" / "hospital" / "long_stays.yaml"
    )
    with pytest.raises(library.AtlasError, match=r"indicators/hospital/long_stays\.yaml: "):
        load_catalogue(copied_package / "content")


@pytest.mark.parametrize(("kind", "folder"), [("source", "sources"), ("method", "methods")])
def test_a_new_source_or_method_is_python_that_can_be_read(copied_package, kind, folder):
    started = CliRunner().invoke(main, ["new", kind, "long_stays"])
    assert started.exit_code == 0, started.output
    path = copied_package / folder / "long_stays.py"
    assert Path(started.stdout.strip()) == path
    found = {}
    exec(compile(path.read_text(), path, "exec"), found)
    assert callable(found["long_stays" if kind == "method" else "tidy"])


def test_a_new_method_answers_at_once(copied_package):
    CliRunner().invoke(main, ["new", "method", "made_rate"])
    found = {}
    exec((copied_package / "methods" / "made_rate.py").read_text(), found)
    assert found["made_rate"]([5], [10], multiplier=100).value.tolist() == [50]


def test_an_areas_own_name_comes_before_a_council_that_reaches_into_its_neighbour(real_release):
    from careatlas.present.queries import area_named

    assert area_named(real_release, "leeds") == "15F"
    assert area_named(real_release, "Grimsby") == "03H"


def test_the_id_that_fetch_asks_for_and_the_whole_address_stand_in_the_list_of_sources():
    """Long texts fold: they once squeezed the first column out of the table."""
    said = CliRunner().invoke(main, ["sources"]).output
    assert "rtt_commissioner_workbooks" in said
    assert "practice_lookup" in said
    assert "…" not in said
