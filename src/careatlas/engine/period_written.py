"""The days that a period written in words or as a code stands for.

Use it where text names a period: commands and addresses (`careatlas.present.periods`), readers' own files
(`careatlas.sources.own_figures`). What a period is called is said by `careatlas.present.periods`.
"""

import calendar
import re
from datetime import date

MONTH_NAMES = list(calendar.month_name)


def days_of_period(text: str) -> tuple[date, date] | None:
    """First and last day of "2026-01", "2024-Q2", "Q2 2024/25", "2023/24", "2023-24", "2022", "mid-2022", "June 2024"
    or "2026-01-01/2026-03-31"; None where the text is none of these.

    >>> days_of_period("2023/24")
    (datetime.date(2023, 4, 1), datetime.date(2024, 3, 31))
    """
    if found := re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text):
        return months_from(int(found[1]), int(found[2]), 1)
    if found := re.fullmatch(r"([0-9]{4})-[Qq]([1-4])", text):
        return _financial_quarter(int(found[1]), int(found[2]))
    if found := re.fullmatch(r"[Qq]([1-4]) ([0-9]{4})[/-]([0-9]{2})", text):
        return _financial_quarter(int(found[2]), int(found[1])) if _follows(found[2], found[3]) else None
    if found := re.fullmatch(r"([0-9]{4})[/-]([0-9]{2})", text):
        return months_from(int(found[1]), 4, 12) if _follows(found[1], found[2]) else None
    if re.fullmatch(r"[1-9][0-9]{3}", text):
        return months_from(int(text), 1, 12)
    if found := re.fullmatch(r"mid-([0-9]{4})", text, re.IGNORECASE):
        return months_from(int(found[1]), 6, 1) and (date(int(found[1]), 6, 30), date(int(found[1]), 6, 30))
    if found := re.fullmatch(r"([A-Za-z]+) ([0-9]{4})", text):
        named = [n for n, name in enumerate(MONTH_NAMES) if n and _names(found[1], name)]
        return months_from(int(found[2]), named[0], 1) if named else None
    if found := re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})/([0-9]{4}-[0-9]{2}-[0-9]{2})", text):
        try:
            return date.fromisoformat(found[1]), date.fromisoformat(found[2])
        except ValueError:
            return None
    return None


def months_from(year: int, month: int, length: int) -> tuple[date, date] | None:
    """The first and last day of ``length`` months; None outside the calendar."""
    last_year, last_month = divmod(year * 12 + month - 1 + length - 1, 12)
    if not 1 <= year <= last_year < 10_000:
        return None
    last_day = calendar.monthrange(last_year, last_month + 1)[1]
    return date(year, month, 1), date(last_year, last_month + 1, last_day)


def _financial_quarter(year: int, quarter: int) -> tuple[date, date] | None:
    return months_from(year + (quarter == 4), 3 * quarter + 1 if quarter < 4 else 1, 3)


def _names(word: str, month: str) -> bool:
    return word.lower() in (month.lower(), month[:3].lower())


def _follows(year: str, next_year: str) -> bool:
    return (int(year) + 1) % 100 == int(next_year)
