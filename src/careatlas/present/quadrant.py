"""Spend beside outcome by programme: how many standard deviations of the areas one lies from their middle.

To the right more is spent than in most areas, upwards outcomes are better than in most. Inside the box (two standard
deviations) an area is like the others. It says where to look: two figures of a programme need not be of one cause.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from careatlas.present import colour, marks
from careatlas.present.numbers import is_full_return, is_money
from careatlas.present.theme import DESK, Row, Spec, chart

BOX = 2.0  # standard deviations
FEWEST_AREAS = 10


def standard_score(rows: Sequence[Row], area: str) -> float | None:
    """How many standard deviations an area lies above the mean of all; None without a full return or with few."""
    known = {row["area"]: row["value"] for row in rows if is_full_return(row) and row["value"] is not None}
    spread = np.std(list(known.values()), ddof=1) if len(known) >= FEWEST_AREAS else 0.0
    if area not in known or spread == 0:
        return None
    return float((known[area] - np.mean(list(known.values()))) / spread)


def spend_and_outcome(scores: Mapping[str, float], indicators: Mapping[str, Row]) -> list[Row]:
    """Programmes with ``spend`` and ``outcome``, mean standard scores of their indicators; None where a programme
    has no such indicator. Spend is what is counted in pounds; outcomes are what has a better end, up being better."""
    found = []
    for programme in sorted({indicators[id]["programme"] for id in scores} - {"none"}):
        own = {id: score for id, score in scores.items() if indicators[id]["programme"] == programme}
        spend = [score for id, score in own.items() if is_money(indicators[id])]
        outcome = [
            score if indicators[id]["polarity"] == "higher_is_better" else -score
            for id, score in own.items()
            if not is_money(indicators[id]) and indicators[id]["polarity"] != "neither"
        ]
        found.append(
            {
                "programme": programme,
                "spend": float(np.mean(spend)) if spend else None,
                "outcome": float(np.mean(outcome)) if outcome else None,
                "outcomes": len(outcome),
            }
        )
    return found


def quadrant_chart(points: Sequence[Row], *, title: str, source: str = "", width: int = DESK) -> Spec:
    """``points``: name, spend and outcome of programmes that have both."""
    reach = max([2.5, *(abs(point[axis]) + 0.5 for point in points for axis in ("spend", "outcome"))])
    axis = {"type": "quantitative", "scale": {"domain": [-reach, reach], "nice": False}}
    x = {**axis, "axis": {"title": "less spent  ←  standard deviations  →  more spent", "grid": False}}
    y = {**axis, "axis": {"title": "worse  ←  outcome  →  better", "grid": False}}
    box = {"values": [{"low": -BOX, "high": BOX}]}
    zero = {"type": "rule", "color": colour.MUTED}
    data = {"values": list(points)}
    layers = [
        {
            "data": box,
            "mark": {"type": "rect", "fill": colour.GRID, "opacity": 0.5},
            "encoding": {
                "x": {**x, "field": "low"}, "x2": {"field": "high"},
                "y": {**y, "field": "low"}, "y2": {"field": "high"},
            },
        },
        {"data": {"values": [{}]}, "mark": zero, "encoding": {"x": {**x, "datum": 0}}},
        {"data": {"values": [{}]}, "mark": zero, "encoding": {"y": {**y, "datum": 0}}},
        {
            "data": data,
            "mark": {"type": "point", "filled": True, "size": 120, "opacity": 1, "color": colour.HIGHER},
            "encoding": {"x": {**x, "field": "spend"}, "y": {**y, "field": "outcome"}},
        },
        *marks.with_halo(
            {"type": "text", "dy": -14},
            {
                "data": data,
                "encoding": {
                    "x": {**x, "field": "spend"},
                    "y": {**y, "field": "outcome"},
                    "text": {"field": "name"},
                },
            },
        ),
    ]  # fmt: skip
    said = "; ".join(f"{p['name']}: spend {p['spend']:+.1f}, outcome {p['outcome']:+.1f}" for p in points)
    return chart(
        layers if points else [],
        title=title,
        subtitle=["Grey box: within two standard deviations of the middle, like the other areas."],
        description=f"{title}: {said}.",
        caption=source,
        width=width,
        height=360,
        selected=None,
        caption_offset=52,
        caption_left=40,
    )
