"""What stands out of an area: which of its figures to look at first.

The rule is persistent x significant x size, and stands in `priority` alone. It never falls where one of the three
grows. Persistent: 1 - q of a lasting difference on the side it is on now (table ``persistence``); what too few
periods cannot show to last counts a tenth. Significant: 1 - q of the latest difference by chance alone, false
discovery over the area's indicators. Size: percent from the country to the nearer 95 % limit; of a share above a
half, of those who have it not, as they are rarer.

National standards come first. A figure that rests on fewer than ten events, or on a return that is not full, never
stands out, however far it lies.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr

from careatlas.methods.false_discovery import false_discovery

Row = dict[str, Any]
FEWEST_EVENTS = 10
NOT_SHOWN = 0.1  # what too few periods cannot show to last counts a tenth of what is known to
LEAST = 0.2  # percent: two per cent beyond doubt in a single period
DIFFERS = ("better", "worse", "higher", "lower")


def priority(lasting_q: float | None, q: float, size_percent: float) -> float:
    """Persistent x significant x size, in percent. ``lasting_q`` None: too few periods to tell.

    >>> priority(lasting_q=0.0, q=0.0, size_percent=20.0), priority(None, 0.5, 20.0)
    (20.0, 1.0)
    """
    persistent = NOT_SHOWN if lasting_q is None else 1 - lasting_q
    return persistent * (1 - q) * size_percent


def standing_out(
    values: Sequence[Row],
    comparisons: Sequence[Row],
    lasting: Sequence[Row],
    indicators: Mapping[str, Mapping[str, Any]],
) -> list[Row]:
    """An area's figures that stand out, the first to look at first: ``indicator``, ``has_standard``, ``priority``.

    ``values`` and ``comparisons``: the area's rows, one period an indicator; ``lasting``: its rows of
    ``persistence``.
    """
    against = {row["indicator"]: row for row in comparisons if row["benchmark"] == "national"}
    bound = {row["indicator"] for row in comparisons if row["benchmark"] == "standard"}
    over_time = {row["indicator"]: row for row in lasting}
    weighed = priorities(values, against, over_time, indicators)
    found = [
        {"indicator": key, "has_standard": key in bound, "priority": weighed.get(key, 0.0)}
        for row in values
        if may_stand_out(row, indicators[key := row["indicator"]]["method"])
        and (key in bound or (weighed.get(key, 0.0) >= LEAST and against[key]["significance"] in DIFFERS))
    ]
    return sorted(found, key=lambda row: (not row["has_standard"], -row["priority"], row["indicator"]))


def priorities(
    values: Sequence[Row],
    against: Mapping[str, Row],
    over_time: Mapping[str, Row],
    indicators: Mapping[str, Mapping[str, Any]],
) -> dict[str, float]:
    """The priority of each figure that may stand out, by indicator; ``against`` and ``over_time`` likewise."""
    known = [
        row
        for row in values
        if may_stand_out(row, indicators[row["indicator"]]["method"])
        and (against.get(row["indicator"]) or {}).get("z") is not None
        and row["lower_95"] is not None
    ]
    z = np.array([against[row["indicator"]]["z"] for row in known], float)
    q = false_discovery(2 * ndtr(-np.abs(z)))
    found = {}
    for row, row_q in zip(known, q, strict=True):
        key = row["indicator"]
        size = _size(row, against[key]["benchmark_value"], indicators[key])
        found[key] = priority(_lasting_q(over_time.get(key), against[key]["difference"]), float(row_q), size)
    return found


def may_stand_out(row: Row, method: str) -> bool:
    """A full return that rests on ten events or more; of a proportion, ten that had it and ten that had it not."""
    if row["status"] != "reported" or row["value"] is None:
        return False
    count, among = row["count"], row["denominator"]
    if method == "mean":  # a mean's events are those it is taken over
        return among is not None and among >= FEWEST_EVENTS
    events = [count] if method != "proportion" or among is None else [count, among - count]
    return all(each is not None and each >= FEWEST_EVENTS for each in events)


def _lasting_q(row: Row | None, difference: float) -> float | None:
    """Of lasting on the side that the area is on now; 1 where over time it lay on the other."""
    if row is None or row["q"] is None:
        return None
    return row["q"] if (row["deviation"] > 0) == (difference > 0) else 1.0


def _size(row: Row, benchmark: float, indicator: Mapping[str, Any]) -> float:
    """Percent from the country to the nearer limit; 0 where the interval holds the country's value."""
    nearer = min(max(benchmark, row["lower_95"]), row["upper_95"])
    is_common = indicator["method"] == "proportion" and benchmark > indicator["multiplier"] / 2
    base = indicator["multiplier"] - benchmark if is_common else abs(benchmark)
    return 100 * abs(nearer - benchmark) / base if base else 0.0
