"""Rows for reading and for download."""

import csv
import io
from datetime import date

import pytest

from careatlas.present.tables import column_headings, over_time, ranking, safe_for_spreadsheet, to_csv

PATHWAYS = {"title": "Pathways", "unit": "per 1,000 people", "decimals": 1, "polarity": "neither"}
NAMES = {"A": "Ash", "B": "Beech", "C": "Cedar"}


def row(area, value, status="reported", note=None, month=1):
    limits = (
        {"lower_95": value - 1, "upper_95": value + 1}
        if value is not None
        else {"lower_95": None, "upper_95": None}
    )
    days = {"period_start": date(2026, month, 1), "period_end": date(2026, month, 28)}
    return {"area": area, "value": value, "status": status, "note": note, **limits, **days}


def test_the_ranking_is_highest_first_and_says_missing_in_words():
    against = {"area": "B", "benchmark": "national", "rank": 1.0, "rank_lower": 1.0, "rank_upper": 2.0}
    rows = [row("A", 20.0), row("C", None, "missing", "No return."), row("B", 30.0)]
    headings, cells = ranking(rows, PATHWAYS, NAMES, [against])
    assert headings[2] == "Value (per 1,000 people)"
    assert cells == [
        ["Beech", "B", "30.0", "29.0 to 31.0", "1", "1 to 2", "reported"],
        ["Ash", "A", "20.0", "19.0 to 21.0", "not ranked", "none", "reported"],
        ["Cedar", "C", "missing", "none", "not ranked", "none", "missing: No return."],
    ]


def test_a_trend_is_latest_first_beside_the_country():
    rows = [row("A", 20.0, month=1), row("A", None, "missing", month=2)]
    _, cells = over_time(rows, PATHWAYS, [row("ENG", 24.4, month=1)])
    assert [line[1] for line in cells] == ["missing", "20.0"]
    assert [line[3] for line in cells] == ["missing", "24.4"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1"])
def test_text_that_a_spreadsheet_would_run_is_made_plain(text):
    assert safe_for_spreadsheet(text) == "'" + text


@pytest.mark.parametrize("given", [-1.5, 0, None, "St John's - north", "03R"])
def test_numbers_and_plain_text_stay_as_they_are(given):
    assert safe_for_spreadsheet(given) == given


def test_a_csv_reads_back_with_numbers_missing_and_dates():
    text = to_csv([row("A", -2.5), row("=A", None, "missing")], ["area", "value", "period_end"])
    assert list(csv.reader(io.StringIO(text))) == [
        ["area", "value", "period_end"],
        ["A", "-2.5", "2026-01-28"],
        ["'=A", "", "2026-01-28"],
    ]


def test_every_column_of_a_release_table_has_a_meaning():
    headings = column_headings("values")
    assert headings["lower_95"] == "95 % lower limit"
    assert all(headings.values())
