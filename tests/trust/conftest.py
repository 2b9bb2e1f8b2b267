"""Simulations too long for every change: what the statistics promise, measured. ``make trust`` runs them.

Each test reports what it measured through ``measured`` and asserts it; the table is printed at the end.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pandas as pd
import pytest
from planted_truth import SEEDS, examined

MEASURED = "measured"


def pytest_collection_modifyitems(items):
    """On several cores a file stays together, for what it makes once, and so do those who need the built countries;
    unless a test names a group itself."""
    for item in items:
        if item.get_closest_marker("xdist_group"):
            continue
        group = "countries" if "built_countries" in item.fixturenames else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture
def measured(request):
    """Call it with what was measured, the figure as text, and the figure to meet as text."""

    def record(what, figure, target):
        request.node.user_properties.append((MEASURED, f"{what} | {figure} | to meet: {target}"))

    return record


@pytest.fixture(scope="session")
def built_countries(tmp_path_factory):
    """The tables of ``planted_truth.examined`` over all countries of the exam, each built once."""
    folders = [tmp_path_factory.mktemp(f"seed{seed}") for seed in SEEDS]
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as processes:
        parts = list(processes.map(examined, SEEDS, folders))
    return [pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True)]


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("measured by simulation")
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                lines = [line for name, line in report.user_properties if name == MEASURED]
                terminalreporter.write("".join(f"{line}\n" for line in lines))
