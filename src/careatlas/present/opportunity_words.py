"""An opportunity in words: its range in the indicator's own events, two figures and no more."""

from collections.abc import Mapping
from typing import Any

from careatlas.methods.opportunity import two_figures
from careatlas.present.numbers import pounds
from careatlas.present.periods import length_in_words

Row = Mapping[str, Any]
RUNG_WORDS = {
    "mean": "their mean",
    "median": "their median",
    "best_five": "the best five",
    "best_quarter": "the best quarter",
    "best_tenth": "the best tenth",
}


def figure(amount: float) -> str:
    """Two figures: ``1,300``, ``97``, ``0.4``."""
    rounded = float(two_figures(amount))
    return f"{rounded:,.0f}" if abs(rounded) >= 10 or rounded == int(rounded) else f"{rounded:.2g}"


def between(row: Row) -> str:
    return f"{figure(row['lower'])} to {figure(row['upper'])}"


def amount_in_words(row: Row, indicator: Row) -> str:
    """``30 to 90 fewer a month``."""
    return f"{between(row)} {way(row, indicator)}"


def way(row: Row, indicator: Row) -> str:
    """``fewer a month``; of a level, ``fewer on the average day`` or ``fewer at the end of a month``."""
    length = length_in_words(row["period_start"], row["period_end"])
    when = {"bed": "on the average day", "open_wait": f"at the end of {length}"}
    return f"{better(indicator)} {when.get(indicator.get('event'), length)}"


def better(indicator: Row) -> str:
    """``more`` or ``fewer``: which way is better is the indicator's to say."""
    return "more" if indicator["polarity"] == "higher_is_better" else "fewer"


def money_in_words(row: Row) -> str:
    """A range of pounds with its period and source; empty where the indicator has no published cost."""
    if row["gbp"] is None:
        return ""
    low, high = (pounds(float(two_figures(row[end]))) for end in ("gbp_lower", "gbp_upper"))
    length = length_in_words(row["period_start"], row["period_end"])
    return f"{low} to {high} {length} ({row['gbp_source']})"
