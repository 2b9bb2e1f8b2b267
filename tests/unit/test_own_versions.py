"""Published own figures take part in every build, row by row, and return when a later version is withdrawn."""

import re
import time
from datetime import date
from pathlib import Path

import pytest
import small_data
import web_release
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from careatlas.build import own_values
from careatlas.build.pipeline import build
from careatlas.cli import main
from careatlas.engine.release import Release, open_release

SIMPLE = "figure,area,period,count,denominator\n"
SECONDS_TO_BUILD = 300
JANUARY = date(2026, 1, 1)
FROM_OUR_PAGE = {"HTTP_HOST": "127.0.0.1:8000", "HTTP_ORIGIN": "http://127.0.0.1:8000"}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A home built from two trusts' month of A&E, and a file of own figures of both that lay in the data folder."""
    folder = tmp_path_factory.mktemp("built")
    small_data.write_ae_month(folder / "data", JANUARY, {"RAA": (900, 300), "RBB": (500, 100)})
    (folder / "data" / "own.csv").write_text(
        SIMPLE + "overtime,RAA,2026-01,10,1000\novertime,RBB,2026-01,20,1000\n"
    )
    build(folder / "data", folder / "home")
    return folder / "home"


def overtime(release: Release) -> dict[str, float]:
    rows = release.rows("values", indicator="overtime")
    return {row["area"]: row["value"] for row in rows}


def load(home: Path, *options: str) -> str:
    done = CliRunner().invoke(main, ["load", *options, "--release", str(home)])
    assert done.exit_code == 0, done.output
    return done.output


def test_versions_replace_row_by_row_and_return_when_they_are_withdrawn(built, tmp_path):
    """RAA's 10 of 1,000 hours (1 %) become 3 %, then 5 %; withdrawing the last brings 3 % back. RBB, of which nobody
    says anything else, keeps its 2 % throughout."""
    assert overtime(open_release(built)) == pytest.approx({"ENG": 1.5, "RAA": 1, "RBB": 2})
    first = tmp_path / "first.csv"
    first.write_text(f"{SIMPLE}overtime,RAA,2026-01,30,1000\novertime,RZZ,2026-01,30,1000\n")
    assert "2 rows, 1 accepted, 1 refused" in load(built, str(first))
    assert own_values.versions(built) == []  # a look keeps nothing
    own_values.keep(first, built, own_values.preview(first, built), "A. Nalyst")

    second = tmp_path / "second.csv"
    second.write_text(f"{SIMPLE}overtime,RAA,2026-01,50,1000\n")
    load(built, str(second), "--publish", "--by", "B. Nalyst")
    assert overtime(open_release(built)) == pytest.approx({"ENG": 3.5, "RAA": 5, "RBB": 2})

    load(built, "--withdraw", "2")
    release = open_release(built)
    assert overtime(release) == pytest.approx({"ENG": 2.5, "RAA": 3, "RBB": 2})
    assert [(row["version"], row["loaded_by"], row["status"]) for row in own_values.versions(built)] == [
        (1, "A. Nalyst", "in force"),
        (2, "B. Nalyst", "withdrawn"),
    ]
    assert (built / "own" / "000002" / "raw.csv").read_text() == second.read_text()  # kept, and as it was
    files = {row["file"]: row for row in release.rows("files")}
    account = files["own/000001/first.csv"]
    assert (account["rows_read"], account["rows_kept"], account["rows_refused"]) == (2, 1, 1)
    assert "no area's code or name" in account["refusals"]


def test_a_file_is_published_from_the_page_by_a_process_beside_the_server(built):
    """RBB's 2 % become 4 %; the page answers at once, and says when the release is there."""
    with web_release.client_of(built) as client, override_settings(ALLOW_UPLOAD=True):
        file = SimpleUploadedFile("mine.csv", f"{SIMPLE}overtime,RBB,2026-01,40,1000\n".encode())
        sent = client.post("/own-figures/", {"file": file, "years": ""}, **FROM_OUR_PAGE)
        assert re.fullmatch("/own-figures/[0-9a-f]{32}/", sent["Location"])
        assert "1 accepted, 0 refused" in client.get(sent["Location"]).content.decode()
        done = client.post(f"{sent['Location']}publish/", {"who": "C. Nalyst"}, **FROM_OUR_PAGE)
        assert (done.status_code, done["Location"]) == (303, "/own-figures/")
        assert _told_when_done(built).endswith("was built and is being served.")
        assert overtime(open_release(built))["RBB"] == pytest.approx(4)
        assert own_values.versions(built)[-1]["loaded_by"] == "C. Nalyst"
        assert client.get(sent["Location"]).status_code == 400  # what was published is no longer kept aside


def _told_when_done(home: Path) -> str:
    for _ in range(SECONDS_TO_BUILD * 5):
        is_building, told = own_values.building(home)
        if not is_building:
            return told
        time.sleep(0.2)
    pytest.fail(f"still building: {told}")
