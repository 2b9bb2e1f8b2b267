"""Template filters: numbers, periods, states, docstrings as words. Built into all templates (see settings)."""

from typing import Any

from django import template

from careatlas.present.periods import period_name
from careatlas.web.text import from_docstring, written_by_people

register = template.Library()
register.filter(from_docstring)
register.filter("markdown", written_by_people)


@register.filter
def number(value: float | None, decimals: int = 0) -> str:
    """With thousands separated; a dash that says missing where there is none."""
    return "missing" if value is None else f"{value:,.{decimals}f}"


@register.filter
def percent(share: float | None) -> str:
    """A share of 1 in per cent, with one decimal."""
    return "missing" if share is None else f"{share:.1%}"


@register.filter
def signed(value: float | None) -> str:
    """With its sign and one decimal: +3.2, −1.0."""
    return "missing" if value is None else f"{value:+.1f}".replace("-", "−")


@register.filter
def period(row: Any) -> str:
    return period_name(row["period_start"], row["period_end"]) if row["period_end"] else "any"


@register.filter
def spoken(word: str | None) -> str:
    """An id as words: not_reported -> not reported."""
    return (word or "").replace("_", " ")


@register.filter
def heading(word: str | None) -> str:
    """An id as a heading: urgent_care -> Urgent care."""
    text = spoken(word)
    return text[:1].upper() + text[1:]


@register.filter
def size(number_of_bytes: int | None) -> str:
    """Bytes in the unit a person would use."""
    if number_of_bytes is None:
        return "not known"
    for unit, scale in (("MB", 1_000_000), ("kB", 1_000)):
        if number_of_bytes >= scale:
            return f"{number_of_bytes / scale:,.1f} {unit}"
    return f"{number_of_bytes} bytes"


@register.filter
def significance(word: str) -> str:
    """How a value stands to its benchmark, with a sign that needs no colour."""
    return _SIGNIFICANCE.get(word, "not compared")


_SIGNIFICANCE = {
    "better": "▲ better",
    "worse": "▼ worse",
    "higher": "↑ higher",
    "lower": "↓ lower",
    "similar": "● cannot be told apart",
}
