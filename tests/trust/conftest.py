"""Simulations too long for every change: what the statistics promise, measured. ``make trust`` runs them.

Each test reports what it measured through ``measured`` and asserts it; the table is printed at the end.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pandas as pd
import pytest
from planted_truth import SEEDS, examined

ROWS = pytest.StashKey[list]()


def pytest_configure(config):
    config.stash[ROWS] = []


@pytest.fixture
def measured(request):
    """Call it with what was measured, the figure as text, and the figure to meet as text."""

    def record(what, figure, target):
        request.config.stash[ROWS].append((what, figure, target))

    return record


@pytest.fixture(scope="session")
def built_countries(tmp_path_factory):
    """The tables of ``planted_truth.examined`` over all countries of the exam, each built once."""
    folders = [tmp_path_factory.mktemp(f"seed{seed}") for seed in SEEDS]
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as processes:
        parts = list(processes.map(examined, SEEDS, folders))
    return [pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True)]


def pytest_terminal_summary(terminalreporter, config):
    terminalreporter.section("measured by simulation")
    for what, figure, target in config.stash[ROWS]:
        terminalreporter.write_line(f"{what} | {figure} | to meet: {target}")
