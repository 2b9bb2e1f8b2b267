"""A reader's own file: looked up, held beside the country, published as a version, withdrawn again."""

from datetime import date
from pathlib import Path

import pytest
import web_release
from click.testing import CliRunner

from careatlas.build import own_staging, own_values
from careatlas.cli import main
from careatlas.engine.release import open_release
from careatlas.errors import AtlasError
from careatlas.methods import proportion

SIMPLE = "figure,area,period,count,denominator\n"
TODAY = date(2026, 3, 15)


@pytest.fixture(scope="module")
def atlas(tmp_path_factory) -> Path:
    """The home of a small fictional country: three trusts, sub-areas and boards, no figures of own files."""
    home = tmp_path_factory.mktemp("atlas")
    web_release.make_release(home)
    return home


def seen(home: Path, lines: str) -> own_values.Preview:
    path = home / "mine.csv"
    path.write_text(SIMPLE + lines, encoding="utf-8")
    return own_values.preview(path, home, today=TODAY)


def why(home: Path, line: str) -> str:
    return seen(home, f"{line}\n").rows[0].refused


def test_each_row_is_looked_up_by_code_or_name(atlas):
    lines = "sickness_absence,t01,2026-01,12,300\nsickness_absence,The Old Royal,2026-01,9,300\n"
    codes = {row["code"]: row["name"] for row in open_release(atlas).rows("areas", area_type="provider")}
    rows = seen(atlas, lines.replace("The Old Royal", codes["T02"])).accepted
    assert [(row.area, row.area_type) for row in rows] == [("T01", "provider"), ("T02", "provider")]


def test_a_value_has_the_limits_of_the_indicators_own_method(atlas):
    """12 of 300 days is 4 %; Wilson's limits are what `proportion` gives."""
    row = seen(atlas, "sickness_absence,T01,2026-01,12,300\n").figures[0]
    expected = proportion([12], [300], 100)
    assert row["value"] == pytest.approx(4)
    assert [row["lower_95"], row["upper_95"]] == pytest.approx([expected.lower[0], expected.upper[0]])
    assert (row["country_value"], row["replaces"], row["peers_value"]) == (None, None, None)


def test_missing_is_not_nought_in_the_preview_either(atlas):
    blank, nought = seen(
        atlas, "sickness_absence,T01,2026-01,,\nsickness_absence,T02,2026-01,0,300\n"
    ).figures
    assert (blank["status"], blank["value"]) == ("missing", None)
    assert (nought["status"], nought["value"]) == ("zero", 0)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("sicknes_absence,T01,2026-01,12,300", "sickness_absence is near"),
        ("sickness_absence,T99,2026-01,12,300", "no area's code or name"),
        (
            "sickness_absence,S01,2026-01,12,300",
            "S01 is of the type sub_icb; sickness_absence is of provider",
        ),
        ("sickness_absence,T01,2026-03,12,300", "not over yet"),
        ("sickness_absence,T01,1026-03,12,300", "before 1990"),
        ("sickness_absence,T01,2026-01,301,300", "the count is above the denominator"),
        ("sickness_absence,T01,2026-01,12,", "no denominator"),
        ("sickness_absence,T01,2026-01,,300", "no count"),
        ("cancer_emergency_bed_days,B0,2026-01,5,0", "among nobody"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(atlas, line, reason):
    assert reason in why(atlas, line)


def test_a_code_and_a_name_of_one_area_are_one_key(atlas):
    name = open_release(atlas).areas["T01"]["name"]
    rows = seen(atlas, f"sickness_absence,T01,2026-01,12,300\nsickness_absence,{name},2026-01,13,300\n").rows
    assert [row.refused for row in rows] == ["rows 2, 3 give the same figure, area and period"] * 2


def test_a_file_too_large_or_too_long_or_absent_is_one_clear_fault(atlas, tmp_path, monkeypatch):
    with pytest.raises(AtlasError, match="cannot be read"):
        own_values.preview(tmp_path / "none.csv", atlas)
    monkeypatch.setattr(own_values, "MOST_ROWS", 1)
    with pytest.raises(AtlasError, match="it has 2 rows"):
        seen(atlas, "overtime,T01,2026-01,1,2\novertime,T02,2026-01,1,2\n")
    monkeypatch.setattr(own_values, "LARGEST_BYTES", 50)
    with pytest.raises(AtlasError, match="bytes"):
        seen(atlas, "overtime,T01,2026-01,1,2\n")


def test_a_release_that_was_not_built_from_a_folder_takes_no_file(atlas, tmp_path):
    found = seen(atlas, "overtime,T01,2026-01,1,2\n")
    with pytest.raises(AtlasError, match=r"careatlas build --data"):
        own_values.publish(atlas / "mine.csv", atlas, found, "A. Nalyst")
    assert [row["status"] for row in own_values.versions(atlas)] == ["withdrawn"]


def test_names_of_files_are_shown_and_never_followed():
    assert own_staging.shown_name("../../etc/pass\nwd\x00.csv") == "passwd.csv"
    assert own_staging.shown_name("C:\\files\\mine.xlsx") == "mine.xlsx"
    assert len(own_staging.shown_name("x" * 999)) == 100


@pytest.mark.parametrize("token", ["..", "../../releases", "a" * 31, "G" * 32, ""])
def test_only_our_own_tokens_lead_to_a_file(atlas, token):
    with pytest.raises(AtlasError, match="is not kept"):
        own_staging.staged(atlas, token)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "what to load is not said"),
        (["none.csv"], "cannot be read"),
        (["--withdraw", "9"], "version 9: was never published"),
        (["--withdraw", "0", "--versions"], "what to load is not said"),
    ],
)
def test_faults_of_the_command_are_a_sentence_and_exit_2(atlas, options, told):
    done = CliRunner().invoke(main, ["load", *options, "--release", str(atlas)])
    assert done.exit_code == 2
    assert told in done.output
