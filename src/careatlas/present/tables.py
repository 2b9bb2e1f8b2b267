"""Cells of a table that leaves the atlas as CSV: safe to open in a spreadsheet."""

from datetime import date
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")


def safe_for_spreadsheet(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe; dates become ISO text. Numbers stay
    numbers, negative ones too; a list is one cell, spaces between."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value
