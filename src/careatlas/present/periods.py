"""What a period is called: its code in addresses and commands, its name in sentences, and back again.

| period | code | name |
|---|---|---|
| a month | 2026-01 | January 2026 |
| a quarter of the NHS financial year | 2024-Q2 (the financial year that starts in 2024) | Q2 2024/25 |
| a calendar year | 2022 | 2022 |
| a mid-year population (30 June) | 2022 | mid-2022 |
| a financial year | 2023/24 | 2023/24 |
| anything else | 2015-01-01/2017-12-31 | 2015 to 2017, or its two days |

Two kinds of period share the code of a year. Within one indicator they never meet, so look a code up among
the periods on file (`period_on_file`) rather than by its days.
"""

import calendar
from collections.abc import Iterable
from datetime import date, timedelta

from careatlas.engine.period_written import MONTH_NAMES, days_of_period, months_from
from careatlas.errors import NotKnownError

FORMS = "2026-01 (a month), 2024-Q2 (a quarter of 2024/25), 2022 (a year) or 2023/24 (a financial year)"
_A_DAY, _A_YEAR = timedelta(days=1), timedelta(days=366)


def period_name(start: date, end: date) -> str:
    """How people say it: January 2026, Q2 2024/25, 2022, mid-2022, 2023/24."""
    kind = _kind(start, end)
    if kind == "month":
        return f"{MONTH_NAMES[end.month]} {end.year}"
    if kind == "quarter":
        return f"Q{_quarter(start)} {_financial_year(start)}"
    if kind == "mid_year":
        return f"mid-{end.year}"
    if kind == "year":
        return str(end.year)
    if kind == "financial_year":
        return _financial_year(start)
    if start == end:
        return _day_name(end)
    if _is_first_of(start, 1) and _is_last_of(end, 12):
        return f"{start.year} to {end.year}"
    if start.day == 1 and end.day == calendar.monthrange(end.year, end.month)[1]:
        return f"{MONTH_NAMES[start.month]} {start.year} to {MONTH_NAMES[end.month]} {end.year}"
    return f"{_day_name(start)} to {_day_name(end)}"


def period_code(start: date, end: date) -> str:
    """How addresses and commands say it: 2026-01, 2024-Q2, 2022, 2023/24."""
    kind = _kind(start, end)
    if kind == "month":
        return f"{end.year}-{end.month:02d}"
    if kind == "quarter":
        return f"{_financial_year(start)[:4]}-Q{_quarter(start)}"
    if kind in ("year", "mid_year"):
        return str(end.year)
    if kind == "financial_year":
        return _financial_year(start)
    return f"{start.isoformat()}/{end.isoformat()}"


def length_in_words(start: date, end: date) -> str:
    """``a month``, as in "30 fewer a month".

    >>> length_in_words(date(2026, 1, 1), date(2026, 1, 31))
    'a month'
    """
    return {"month": "a month", "quarter": "a quarter", "year": "a year", "financial_year": "a year"}.get(
        _kind(start, end), "in that time"
    )


def months_and_place(start: date, end: date) -> tuple[int, int] | None:
    """How many months a period has, and its place among periods of that length: neighbours differ by one.

    None for anything but a month, a quarter or a year.

    >>> months_and_place(date(2026, 1, 1), date(2026, 1, 31))
    (1, 24312)
    """
    months = {"month": 1, "quarter": 3, "year": 12, "financial_year": 12}.get(_kind(start, end))
    return None if months is None else (months, (start.year * 12 + start.month - 1) // months)


def unbroken(on_file: Iterable[tuple[date, date]], last: tuple[date, date]) -> list[tuple[date, date]]:
    """The periods up to ``last`` that follow one another: next day, or a year on for figures of a single day."""
    earlier = sorted((period for period in set(on_file) if period[1] <= last[1]), key=lambda one: one[::-1])
    run = earlier[-1:]
    for before in earlier[-2::-1]:
        start, end = run[0]
        if start - before[1] > (_A_YEAR if start == end else _A_DAY):
            break
        run.insert(0, before)
    return run


def parse_period(text: str) -> tuple[date, date]:
    """The first and last day of a period given by code or by name.

    >>> parse_period("2023/24")
    (datetime.date(2023, 4, 1), datetime.date(2024, 3, 31))
    """
    asked = " ".join(str(text).split())
    found = days_of_period(asked)
    if found is None or found[0] > found[1]:
        raise NotKnownError("period", f'"{text}" is not a period.', f"Give one of the forms {FORMS}.")
    return found


def period_on_file(text: str, periods: Iterable[tuple[date, date]]) -> tuple[date, date]:
    """The one of ``periods`` that ``text`` means; a fault that lists what is on file where there is none.

    Among periods with equal codes (mid-2022 and 2022), the name decides, else the longer one is meant.
    """
    known = sorted(set(periods), key=lambda period: (period[1], period[0]))
    first, last = parse_period(text)
    if (first, last) in known:
        return first, last
    code = period_code(first, last)
    same = [period for period in known if period_code(*period) == code]
    if same:
        return same[0]
    on_file = _on_file_in_words([period_code(*period) for period in known])
    raise NotKnownError(f"period {text}", "there are no figures for it.", on_file)


def _kind(start: date, end: date) -> str:
    if start == end:
        return "mid_year" if (end.month, end.day) == (6, 30) else "other"
    for kind, first_months, length in (
        ("month", range(1, 13), 1),
        ("quarter", (1, 4, 7, 10), 3),
        ("year", (1,), 12),
        ("financial_year", (4,), 12),
    ):
        if start.month in first_months and (start, end) == months_from(start.year, start.month, length):
            return kind
    return "other"


def _quarter(start: date) -> int:
    return (start.month - 4) % 12 // 3 + 1


def _financial_year(start: date) -> str:
    first = start.year if start.month >= 4 else start.year - 1
    return f"{first}/{(first + 1) % 100:02d}"


def _is_first_of(day: date, month: int) -> bool:
    return (day.month, day.day) == (month, 1)


def _is_last_of(day: date, month: int) -> bool:
    return (day.month, day.day) == (month, calendar.monthrange(day.year, month)[1])


def _day_name(day: date) -> str:
    return f"{day.day} {MONTH_NAMES[day.month]} {day.year}"


def _on_file_in_words(codes: list[str]) -> str:
    codes = list(dict.fromkeys(codes))
    if not codes:
        return "No period is on file."
    if len(codes) > 6:
        return f"On file: {len(codes)} periods from {codes[0]} to {codes[-1]}."
    return f"On file: {', '.join(codes)}."
