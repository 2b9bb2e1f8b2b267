"""Months as whole numbers, so that they can be counted on: and which of a release's figures are whole months."""

import calendar
from collections.abc import Collection
from datetime import date
from typing import Any

from careatlas.engine.period_written import MONTH_NAMES
from careatlas.engine.release import Release
from careatlas.present.numbers import is_full_return

APRIL, YEAR = 3, 12  # how many months of a calendar year come before April; months of a year
Series = dict[int, float]  # month -> figure; a month without a full return is not there


def month_of(day: date) -> int:
    """
    >>> month_of(date(2026, 4, 30)) - month_of(date(2026, 1, 1))
    3
    """
    return day.year * YEAR + day.month - 1


def first_whole_month(day: date) -> int:
    """The first month that lies wholly after a start.

    >>> first_whole_month(date(2026, 4, 1)) == month_of(date(2026, 4, 1))
    True
    >>> first_whole_month(date(2026, 4, 2)) == month_of(date(2026, 5, 1))
    True
    """
    return month_of(day) + (day.day > 1)


def first_of_year(year: int) -> int:
    """April of a financial year."""
    return year * YEAR + APRIL


def first_day(month: int) -> date:
    return date(month // YEAR, month % YEAR + 1, 1)


def last_day(month: int) -> date:
    year, before = divmod(month, YEAR)
    return date(year, before + 1, calendar.monthrange(year, before + 1)[1])


def is_whole(start: date, end: date) -> bool:
    """Whether a period is one month, from its first day to its last.

    >>> is_whole(date(2026, 2, 1), date(2026, 2, 28)), is_whole(date(2026, 1, 1), date(2026, 2, 28))
    (True, False)
    """
    return start.day == 1 and last_day(month_of(start)) == end


def in_words(month: int) -> str:
    """
    >>> in_words(month_of(date(2026, 4, 1)))
    'April 2026'
    """
    return f"{MONTH_NAMES[month % YEAR + 1]} {month // YEAR}"


def monthly(
    release: Release, indicator: str, column: str, areas: Collection[str] | None = None
) -> dict[str, Series]:
    """By area, what the indicator has in ``column`` (count, value) in months with a full return, no part estimated."""
    where: dict[str, Any] = {"indicator": indicator, "sex": "persons", "age_band": "all"}
    if areas is not None:
        where["area"] = sorted(areas)
    columns = ["area", "period_start", "period_end", "status", "estimated", column]
    found: dict[str, Series] = {}
    for row in release.rows("values", columns, **where):
        is_month = is_whole(row["period_start"], row["period_end"])
        if is_month and is_full_return(row) and row[column] is not None:
            found.setdefault(row["area"], {})[month_of(row["period_start"])] = row[column]
    return found
