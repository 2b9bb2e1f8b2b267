"""Simulations too long for every change: what the statistics promise, measured. ``make trust`` runs them.

Each test reports what it measured through ``measured`` and asserts it; the table is printed at the end.
"""

import pytest

ROWS = pytest.StashKey[list]()


def pytest_configure(config):
    config.stash[ROWS] = []


@pytest.fixture
def measured(request):
    """Call it with what was measured, the figure as text, and the figure to meet as text."""

    def record(what, figure, target):
        request.config.stash[ROWS].append((what, figure, target))

    return record


def pytest_terminal_summary(terminalreporter, config):
    terminalreporter.section("measured by simulation")
    for what, figure, target in config.stash[ROWS]:
        terminalreporter.write_line(f"{what} | {figure} | to meet: {target}")
