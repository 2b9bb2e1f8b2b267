"""Rows as a table in a terminal: a figure is whole or not there, however narrow the window is."""

import io

import pytest
from rich.console import Console

from careatlas.present import terminal

ROWS = [
    {
        "area": f"A{n}", "name": "Upper Alderbrook and Birchcombe", "count": 1_234_567.0, "denominator": 7_654_321.0,
        "value": 161.29 + n, "lower_95": 160.01, "upper_95": 162.57, "status": "reported", "q": 0.0000012, "note": None,
    }
    for n in range(2)
]  # fmt: skip


@pytest.fixture(params=[20, 60, 160])
def printed(request, monkeypatch):
    def print_rows(rows):
        into = io.StringIO()
        monkeypatch.setattr(terminal, "Console", lambda **given: Console(file=into, width=request.param))
        terminal.print_rows(rows)
        return into.getvalue()

    return print_rows


def test_no_figure_and_no_code_is_cut_off(printed):
    told = printed(ROWS)
    for whole in ("A0", "A1", "1,234,567", "7,654,321", "161.3 (160 to 162.6)", "162.3 (160 to 162.6)"):
        assert whole in told


def test_a_chance_is_never_none_at_all(printed):
    assert "under 0.001" in printed(ROWS)


def test_what_all_rows_share_stands_above_even_of_one_row(printed):
    told = printed(ROWS[:1])
    assert told.split()[0] == "A0"
    assert "1,234,567" in told


def test_a_note_names_whom_it_is_about_unless_it_is_about_most(printed):
    parts = [
        {"component": name, "share": 0.5, "lower": 0.4, "upper": 0.6, "note": None}
        for name in ("chance", "need", "all")
    ]
    told = printed([*parts[:2], parts[2] | {"note": "not separable"}])
    assert "all: not separable" in " ".join(told.split())
    assert "0.5 (0.4 to 0.6)" in told
    everyone = printed([row | {"note": "of all"} for row in parts])
    assert "\nof all" in everyone
