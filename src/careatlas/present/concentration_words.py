"""How few parts make half of an area's gap, in sentences made from the rows of ``concentration``.

The rows are of one area and period; every number of a sentence is one of theirs, or their sum.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from careatlas.engine.tables import TIDIED
from careatlas.present.explanation_words import share_text
from careatlas.present.numbers import unit_in_words
from careatlas.present.theme import Row

MIX, PASSING = "mix", "comes_and_goes"
MIX_IN_WORDS = "Mix of specialties"
NAMED = 3
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def events_of(indicator: Mapping[str, Any]) -> str:
    """What is counted: pathways, people; ``events`` where the publisher's table does not say."""
    counted = indicator["numerator"]
    columns = {column.name: column for column in TIDIED[counted["table"]].columns}
    unit = columns[counted["measure"]].unit
    return "events" if unit in ("", "as defined") else unit


def gap_in_events(
    row: Row, indicator: Mapping[str, Any], name: str, country: str, period: str, verdict: str | None
) -> str:
    """The gap that the parts are parts of, and of that period alone where it comes and goes."""
    gap = row["area_observed"] - row["area_expected"]
    rate = f"rate {unit_in_words(indicator)}".strip()
    return (
        f"In {period} {name} counted {row['area_observed']:,.0f} {events_of(indicator)}. At {country}'s {rate} "
        f"it would be {row['area_expected']:,.0f}, so the gap is {gap:+,.0f}."
        + (" It comes and goes, so these are the parts of that period alone." if verdict == PASSING else "")
    )


def few_parts(rows: Sequence[Row], plural: str, names: Mapping[str, str]) -> str:
    """How few parts of one kind are enough for half of it, and which. ``rows``: the parts listed, by place;
    ``plural``: what they are; ``names``: of each part."""
    first, needed = rows[0], int(rows[0]["parts_for_half"])
    of_what = "it" if not first["left_out"] else f"the {_gap_of_parts(first):+,.0f} that they make together"
    named = _listed([f"{names[row['part']]} ({row['excess']:+,.0f})" for row in rows[:NAMED]])
    left_out = f" {_sentence(first['note'])} ({first['left_out']:+,.0f})." if first["left_out"] else ""
    if needed > len(rows):
        largest = f"It takes {needed} of its {_all(first, plural)} to make half of {of_what}: first {named}."
        return largest + left_out
    link = ", first" if needed > NAMED else ":"
    verb = "is" if needed == 1 else "are"
    return f"{_some(rows, plural)} {verb} enough for half of {of_what} ({_together(rows)}){link} {named}.{left_out}"


def why_no_parts(verdict: str | None, significance: str | None, country: str) -> str:
    """Why no part is listed, where the reason is that there may be no gap; else nothing."""
    if verdict == "within_chance":
        return "The gap is within chance, so its parts are not listed: the largest would be the luckiest."
    if significance == "similar":
        return f"Its value cannot be told apart from {country}'s, so there is no gap to cut into parts."
    return ""


def _some(rows: Sequence[Row], plural: str) -> str:
    """``Three of its 23 specialties``; the mix is counted beside them and not among them."""
    has_mix = any(row["part"] == MIX for row in rows)
    number = len(rows) - has_mix
    if not number:
        return f"Its {MIX_IN_WORDS.lower()}"
    return f"{NUMBERS[number]} of its {rows[0]['parts']} {plural}" + (" and their mix" if has_mix else "")


def _all(row: Row, plural: str) -> str:
    return f"{row['parts']} {plural}"


def _together(rows: Sequence[Row]) -> str:
    share = sum(row["share_of_gap"] for row in rows)
    together = f"together {share_text(share)}" if len(rows) > 1 else share_text(share)
    return together + (", because others pull the other way" if share > 1 else "")


def _gap_of_parts(row: Row) -> float:
    return row["area_observed"] - row["area_expected"] - row["left_out"]


def _sentence(note: str) -> str:
    return note[:1].upper() + note[1:]


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
