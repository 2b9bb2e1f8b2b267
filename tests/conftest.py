"""Fixtures that many tests share."""

import fcntl
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from postgres import Postgres

from careatlas.cli import main
from careatlas.engine.release import Release, open_release

ROOT = Path(__file__).parent.parent
IN_CI = os.environ.get("CI") == "true"


def pytest_terminal_summary(terminalreporter):
    """Say how many browser journeys really ran: continuous integration fails without them."""
    ran = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if "journey" in getattr(report, "keywords", {}) and report.when == "call"
    ]
    terminalreporter.write_line(f"journeys run: {len(ran)}")


def pytest_collection_modifyitems(items):
    """What takes longest first, so that two cores finish together: a file for which the real release is built, one for
    the simulated (both at once; whoever needs one later finds it there), and the journeys."""
    needed = {item: {"real_release", "simulated_release"} & set(item.fixturenames) for item in items}
    first = [
        next((item.path for item in items if needed[item] == {one}), None)
        for one in ("real_release", "simulated_release")
    ]
    first += sorted({item.path for item in items if "journeys" in item.path.parts})
    items.sort(key=lambda item: first.index(item.path) if item.path in first else len(first))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of publishers' real files (CAREATLAS_DATA), which the project does not carry.

    A user's machine without them skips; continuous integration must have them.
    """
    folder = Path(os.environ.get("CAREATLAS_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        if IN_CI:
            pytest.fail(f"the real files are not at {folder}; set CAREATLAS_DATA")
        pytest.skip(f"no publishers' files at {folder}: set CAREATLAS_DATA to run the tests on real data")
    return folder


@pytest.fixture(scope="session")
def simulated_release(tmp_path_factory) -> Release:
    """The demo's release, built once per run by the command. Its home holds ``country/truth.json``."""
    return _built_once(tmp_path_factory, "simulated", "demo", "--no-serve")


@pytest.fixture(scope="session")
def real_release(real_data, tmp_path_factory) -> Release:
    """The release of the publishers' real files, built once per run by the command."""
    return _built_once(tmp_path_factory, "real", "build", "--data", str(real_data))


@pytest.fixture(scope="session")
def postgres():
    """A real PostgreSQL where one may be started; never in continuous integration."""
    try:
        started = Postgres()
    except RuntimeError as reason:
        pytest.skip(str(reason))
    yield started
    started.stop()


def _built_once(tmp_path_factory, name: str, *command: str) -> Release:
    """Where several processes share the tests of a run, the first that asks builds and the others wait."""
    of_process = tmp_path_factory.getbasetemp()
    of_run = of_process.parent if "PYTEST_XDIST_WORKER" in os.environ else of_process
    home = of_run / name
    with (of_run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            built = CliRunner().invoke(main, [*command, "--release", str(home)])
            assert built.exit_code == 0, built.output
    return open_release(home)
