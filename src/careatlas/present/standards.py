"""National standards as a reader meets them: what was in force in a period, constitutional before interim."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from careatlas.present.numbers import number

Row = Mapping[str, Any]
KINDS = {"constitutional": "constitutional standard", "interim_ambition": "interim ambition"}


def in_force(
    targets: Mapping[str, Row], indicator: Row, area_type: str, period_end: date
) -> list[dict[str, Any]]:
    """The entries of the indicator's standards that held for areas of this type on the period's last day.

    ``targets``: the catalogue's, as the release keeps them. ``level`` is the value in words, ``kind`` too.
    """
    found = [
        {
            "title": targets[target_id]["title"],
            "kind": KINDS[entry["kind"]],
            "level": _level(entry, indicator),
            "value": entry["value"],
            "at_least": entry["direction"] == "at_least",
            "source": entry["source"],
        }
        for target_id in indicator["standard"]
        for entry in targets[target_id]["entries"]
        if area_type in entry["applies_to"] and _holds(entry, period_end.isoformat())
    ]
    return sorted(found, key=lambda one: one["kind"] != KINDS["constitutional"])


def in_words(standard: Row) -> str:
    """One sentence with its source, for a list without room for a panel."""
    source = standard["source"]
    kind = standard["kind"].capitalize()
    return f"{kind} in force: {standard['level']} ({standard['title']}; {source['title']}, {source['url']})."


def _holds(entry: Row, end: str) -> bool:
    return str(entry["valid_from"]) <= end and (entry["valid_to"] is None or end <= str(entry["valid_to"]))


def _level(entry: Row, indicator: Row) -> str:
    due = f" by {date.fromisoformat(entry['due_by']):%B %Y}" if entry.get("due_by") else ""
    limit = "at least" if entry["direction"] == "at_least" else "at most"
    return f"{limit} {number(entry['value'], indicator)}{due}"
