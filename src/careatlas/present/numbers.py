"""How a number is written: an indicator's own decimals and unit, never more precision than it has.

Money is written to three significant figures; nothing here writes pounds to the penny. What has no value is
written as its status, never as 0.
"""

import math
from collections.abc import Mapping
from typing import Any

STATUS_WORDS = {
    "reported": "reported",
    "zero": "zero (counted)",
    "missing": "missing",
    "incomplete": "incomplete",
    "hidden": "hidden",
}
FULL_RETURN = ("reported", "zero")
INCOMPLETE_SIGN = "†"
HIDDEN_SIGN = "×"


def is_full_return(row: Mapping[str, Any], *, or_incomplete: bool = False) -> bool:
    """Whether a row of ``values`` may be ranked and compared: counted, and no part of it estimated."""
    counted = (*FULL_RETURN, "incomplete") if or_incomplete else FULL_RETURN
    return row["status"] in counted and not row.get("estimated")


def is_percentage(indicator: Mapping[str, Any]) -> bool:
    return str(indicator["unit"]).startswith(("%", "per cent"))


def is_money(indicator: Mapping[str, Any]) -> bool:
    return str(indicator["unit"]).startswith(("£", "pound"))


def unit_in_words(indicator: Mapping[str, Any]) -> str:
    """What follows the number: the unit without the sign that stands at the number itself."""
    unit = str(indicator["unit"])
    for sign in ("%", "per cent", "£", "pounds"):
        if unit.startswith(sign):
            return unit.removeprefix(sign).strip()
    return unit


def number(value: float | None, indicator: Mapping[str, Any]) -> str:
    """``24.4``, ``61.5%``, ``£165``: the number with its sign but no unit in words; empty if none."""
    if value is None or math.isnan(value):
        return ""
    if is_money(indicator):
        return pounds(value)
    written = f"{value:,.{int(indicator.get('decimals', 1))}f}"
    if float(written.replace(",", "")) == 0:
        written = written.removeprefix("-")
    return written + ("%" if is_percentage(indicator) else "")


def number_with_unit(value: float | None, indicator: Mapping[str, Any]) -> str:
    """``24.4 per 1,000 people``; empty where there is no value."""
    written = number(value, indicator)
    return f"{written} {unit_in_words(indicator)}".rstrip() if written else ""


def interval(row: Mapping[str, Any], indicator: Mapping[str, Any]) -> str:
    """``31.8 to 32.8``: the 95 % limits; empty where there are none."""
    if row.get("lower_95") is None or row.get("upper_95") is None:
        return ""
    return f"{number(row['lower_95'], indicator)} to {number(row['upper_95'], indicator)}"


def value_or_status(row: Mapping[str, Any], indicator: Mapping[str, Any]) -> str:
    """The number, with a dagger where the return was incomplete; where there is none, why."""
    written = number(row.get("value"), indicator)
    if row["status"] == "incomplete":
        return f"{written} {INCOMPLETE_SIGN}" if written else f"incomplete {INCOMPLETE_SIGN}"
    if row["status"] == "hidden":
        return f"{HIDDEN_SIGN} hidden"
    return written or "missing"


def pounds(value: float) -> str:
    """Three significant figures and never pence: ``£9.9``, ``£165``, ``£16,500``, ``£1.65 million``."""
    rounded = float(f"{value:.3g}")
    sign, size = ("-" if rounded < 0 else ""), abs(rounded)
    for unit, name in ((1e9, " billion"), (1e6, " million")):
        if size >= unit:
            return f"{sign}£{size / unit:.3g}{name}"
    if size >= 100 or size == 0:
        return f"{sign}£{size:,.0f}"
    return f"{sign}£{size:.1f}"


def axis_format(indicator: Mapping[str, Any]) -> str:
    """A Vega expression that labels an axis in the indicator's own writing."""
    if is_money(indicator):
        return "'£' + format(datum.value, ',.3~s')"
    suffix = " + '%'" if is_percentage(indicator) else ""
    return "format(datum.value, ',.10~g')" + suffix


def lower_first(title: str) -> str:
    """A title inside a sentence: "Regions" -> "regions", but "ICBs", "NHS trusts" and "A&E attendances" stay."""
    return title if title[1:2].isupper() or title[1:2] == "&" else title[:1].lower() + title[1:]
