"""Periods by code and by name."""

from datetime import date

import pytest

from careatlas.errors import NotKnownError
from careatlas.present.periods import parse_period, period_code, period_name, period_on_file

MONTH = (date(2026, 1, 1), date(2026, 1, 31))
LEAP_FEBRUARY = (date(2024, 2, 1), date(2024, 2, 29))
SUMMER_QUARTER = (date(2024, 7, 1), date(2024, 9, 30))
WINTER_QUARTER = (date(2025, 1, 1), date(2025, 3, 31))
YEAR = (date(2022, 1, 1), date(2022, 12, 31))
MID_YEAR = (date(2022, 6, 30), date(2022, 6, 30))
FINANCIAL_YEAR = (date(2023, 4, 1), date(2024, 3, 31))
CENTURY_END = (date(1999, 4, 1), date(2000, 3, 31))
THREE_YEARS = (date(2015, 1, 1), date(2017, 12, 31))
HALF_YEAR = (date(2024, 4, 1), date(2024, 9, 30))


@pytest.mark.parametrize(
    ("period", "code", "name"),
    [
        (MONTH, "2026-01", "January 2026"),
        (LEAP_FEBRUARY, "2024-02", "February 2024"),
        (SUMMER_QUARTER, "2024-Q2", "Q2 2024/25"),
        (WINTER_QUARTER, "2024-Q4", "Q4 2024/25"),
        (YEAR, "2022", "2022"),
        (MID_YEAR, "2022", "mid-2022"),
        (FINANCIAL_YEAR, "2023/24", "2023/24"),
        (CENTURY_END, "1999/00", "1999/00"),
        (THREE_YEARS, "2015-01-01/2017-12-31", "2015 to 2017"),
        (HALF_YEAR, "2024-04-01/2024-09-30", "April 2024 to September 2024"),
    ],
)
def test_a_period_has_a_code_for_addresses_and_a_name_for_sentences(period, code, name):
    assert period_code(*period) == code
    assert period_name(*period) == name


@pytest.mark.parametrize(
    "period",
    [MONTH, LEAP_FEBRUARY, SUMMER_QUARTER, WINTER_QUARTER, YEAR, FINANCIAL_YEAR, CENTURY_END, HALF_YEAR],
)
def test_a_code_leads_back_to_its_days(period):
    assert parse_period(period_code(*period)) == period


@pytest.mark.parametrize("period", [MONTH, SUMMER_QUARTER, WINTER_QUARTER, YEAR, MID_YEAR, FINANCIAL_YEAR])
def test_a_name_leads_back_to_its_days(period):
    assert parse_period(period_name(*period)) == period


def test_people_may_write_a_month_or_a_financial_year_their_own_way():
    assert parse_period(" jan 2026 ") == MONTH
    assert parse_period("2023-24") == FINANCIAL_YEAR
    assert parse_period("2024-q2") == SUMMER_QUARTER


@pytest.mark.parametrize(
    "text",
    ["", "2026-13", "2023/25", "2024-Q5", "last month", "Smarch 2024", "0000", "2024-02-30/2024-03-01"],
)
def test_what_is_not_a_period_is_refused_with_the_forms_to_give(text):
    with pytest.raises(NotKnownError, match="is not a period") as fault:
        parse_period(text)
    assert "2023/24 (a financial year)" in fault.value.remedy


def test_a_days_range_that_runs_backward_is_not_a_period():
    with pytest.raises(NotKnownError):
        parse_period("2024-03-31/2024-03-01")


def test_a_year_finds_the_mid_year_population_where_no_whole_year_is_on_file():
    assert period_on_file("2022", [MID_YEAR, MONTH]) == MID_YEAR
    assert period_on_file("2022", [MID_YEAR, YEAR]) == YEAR
    assert period_on_file("mid-2022", [MID_YEAR, YEAR]) == MID_YEAR


def test_a_period_without_figures_is_a_fault_that_lists_those_on_file():
    with pytest.raises(NotKnownError, match="On file: 2024-02, 2026-01"):
        period_on_file("2025-01", [MONTH, LEAP_FEBRUARY])
