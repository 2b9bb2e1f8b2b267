"""A provider in three sentences, each taken from the rows that the page shows below."""

from collections.abc import Sequence
from typing import Any

from careatlas.present.inbox import KINDS, Counted
from careatlas.present.queries import Row

BY_SIGNIFICANCE = {"better": "better", "worse": "worse", "higher": "higher", "lower": "lower"}


def in_brief(
    name: str, country: str, rows: Sequence[Row], news: Sequence[Row], of: Counted, gains: Sequence[Row]
) -> list[str]:
    """How much differs from the country; what is in the inbox; what there is to gain beside peers."""
    return [_differs(name, country, rows), _in_inbox(news, of), _to_gain(rows, gains)]


def _differs(name: str, country: str, rows: Sequence[Row]) -> str:
    compared = [row["significance"] for row in rows if row["significance"] not in (None, "not_compared")]
    if not compared:
        return f"None of the {len(rows)} indicators of {name} can be compared with {country} yet."
    parts = [f"{compared.count(word)} {said}" for word, said in BY_SIGNIFICANCE.items() if word in compared]
    alike = compared.count("similar")
    differs = f"differs from {country} on {len(compared) - alike}" + (
        f" ({', '.join(parts)})" if parts else ""
    )
    return f"Of {_of(len(compared), 'indicator')} compared, {name} {differs}; on {alike} the two cannot be told apart."


def _in_inbox(news: Sequence[Row], of: Counted) -> str:
    if not of.figures:
        return "Nothing can be in its inbox: no figure with a better end is full and rests on ten events."
    looked_at = f"Of {_of(of.figures, 'figure')} with a better end"
    counts = [(kind, sum(row["news"] == kind for row in news)) for kind in KINDS]
    found = ", ".join(f"{number} {kind}" for kind, number in counts if number)
    if not found:
        return f"{looked_at} none is a new, persistent or improving outlier."
    return f"{looked_at} the inbox has {found}."


def _to_gain(rows: Sequence[Row], gains: Sequence[Row]) -> str:
    declared = sum(bool(row["is_headline"]) for row in gains)
    peers = max((row["peers"] for row in rows), default=0)
    beside = f"It is held beside {_of(peers, 'peer')}" if peers else "It is held beside no peers"
    if not gains:
        return f"{beside}; what it could gain beside the best of them is not worked out."
    said = _of(declared, "opportunity", "opportunities") if declared else "no opportunity"
    return f"{beside}; of {_of(len(gains), 'indicator')} weighed, {said} may be declared beyond chance."


def _of(number: Any, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
