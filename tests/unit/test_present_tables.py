"""Cells of a download."""

from datetime import date

import pytest

from careatlas.present.tables import safe_for_spreadsheet


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "\x00x", "＝1"])
def test_text_that_a_spreadsheet_would_run_is_made_plain(text):
    assert safe_for_spreadsheet(text) == "'" + text


@pytest.mark.parametrize("given", [-1.5, 0, None, "St John's - north", "03R"])
def test_numbers_and_plain_text_stay_as_they_are(given):
    assert safe_for_spreadsheet(given) == given


def test_a_list_is_one_cell():
    assert safe_for_spreadsheet([3, 0, 12]) == "3 0 12"


def test_days_are_written_as_iso_text():
    assert safe_for_spreadsheet(date(2026, 1, 31)) == "2026-01-31"
