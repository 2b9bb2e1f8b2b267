"""What the budget funds: cumulative value against cumulative net cost, a triangle for each option (after STAR).

A triangle is as wide as the option's net cost and as high as what it gives, so that a steeper one is better value.
What the budget funds comes first, then the rest in order; what saves money leans to the left. Numbers are places.
"""

import math
from collections.abc import Sequence

from careatlas.present import colour, marks
from careatlas.present.priorities import Priorities
from careatlas.present.priorities_words import three_figures, whole_pounds
from careatlas.present.theme import DESK, PHONE, Row, Spec, chart
from careatlas.present.worksheet_checks import Worksheet

MOST_NAMED = 8
LONGEST_NAME = 34  # letters beside a triangle
AT_THE_LEFT = 0.25  # share of the width in which the first triangles stand


def chart_of(found: Priorities, sheet: Worksheet, width: int = DESK) -> Spec:
    """The chart of a worksheet."""
    return priority_chart(
        found.rows,
        counted_in=found.counted_in,
        budget=None if math.isnan(sheet.budget) else sheet.budget,
        title=sheet.title,
        source="Source: the group's own worksheet. Options that exclude one another, or help the same people, are not "
        "known to it.",
        width=width,
    )


def priority_chart(
    rows: Sequence[Row],
    *,
    counted_in: str,
    budget: float | None,
    title: str,
    source: str = "",
    width: int = DESK,
) -> Spec:
    """``rows`` of ``present.priorities``; those without a place are not drawn."""
    triangles = _triangles(rows)
    corners = [
        {"key": one["key"], "is_funded": one["is_funded"], "base": one["base"], "cost": cost, "given": given}
        for one in triangles
        for cost, given in ((one["from_cost"], one["base"]), (one["to_cost"], one["top"]))
    ]
    what = counted_in.rpartition(" per ")[0]
    span = [0.0, budget or 0.0, *(one["to_cost"] for one in triangles)]
    money = "(datum.value < 0 ? '-£' : '£') + format(abs(datum.value), ',.3~s')"
    x = {
        "field": "cost",
        "type": "quantitative",
        "axis": {"title": "cumulative net cost", "labelExpr": money, "tickCount": 5},
        "scale": {"domain": [min(span), max(span) or 1.0]},
    }
    y = {"field": "given", "type": "quantitative", "axis": {"title": f"cumulative {what}", "tickCount": 5}}
    paint = {"condition": {"test": "datum.is_funded", "value": colour.HIGHER}, "value": colour.MUTED}
    dash = {"condition": {"test": "datum.is_funded", "value": [1, 0]}, "value": [6, 4]}
    by_option = {"detail": {"field": "key", "type": "nominal"}, "color": paint}
    data = {"values": corners}
    layers = [
        {
            "data": data,
            "mark": {"type": "area", "opacity": 0.22, "line": False},
            "encoding": {"x": x, "y": y, "y2": {"field": "base"}, **by_option},
        },
        {
            "data": data,
            "mark": {"type": "line", "strokeWidth": 2.5},
            "encoding": {"x": x, "y": y, "strokeDash": dash, **by_option},
        },
        *_budget_line(budget, x, min(span), max(span)),
        *_labels(triangles, x, y, width, max(span) + min(span)),
    ]
    return chart(
        layers if triangles else [],
        title=title,
        subtitle=[
            f"Each triangle is as wide as an option's net cost and as high as what it gives ({what}): steeper is "
            "better value. Blue, full line: funded. Grey, dashed: not."
        ],
        description=f"{title}. {said(rows)}",
        caption=source,
        width=width,
        height=380 if width > PHONE else 300,
        selected=None,
        caption_offset=52,
        caption_left=40,
    )


def said(rows: Sequence[Row]) -> str:
    """The chart in words: each option's place, cost and what it gives."""
    return "; ".join(
        f"{row['place']} {row['option']}, {row['decision']}: {whole_pounds(row['net_cost'])}, "
        f"{three_figures(_given(row))}"
        for row in rows
        if row["place"]
    )


def _triangles(rows: Sequence[Row]) -> list[Row]:
    placed = [row for row in rows if row["place"]]
    cost = given = 0.0
    found = []
    for row in sorted(placed, key=lambda row: (row["decision"] != "funded", row["place"])):
        base, start = given, cost
        cost, given = cost + row["net_cost"], given + _given(row)
        found.append(
            {
                "key": row["key"],
                "place": str(row["place"]),
                "name": f"{row['place']} {_short(row['option'])}",
                "is_funded": row["decision"] == "funded",
                "from_cost": start,
                "to_cost": cost,
                "base": base,
                "top": given,
            }
        )
    return found


def _labels(triangles: Sequence[Row], x: Spec, y: Spec, width: int, twice_the_middle: float) -> list[Spec]:
    """A name at each triangle's top where there is room: above to the left, below to the right in the left half."""
    are_named = width > PHONE and len(triangles) <= MOST_NAMED
    text = {"field": "name" if are_named else "place", "type": "nominal"}
    at = {"x": {**x, "field": "to_cost"}, "y": {**y, "field": "top"}, "text": text}
    sides = (
        (
            {"align": "right", "dx": -8, "dy": -8},
            [one for one in triangles if 2 * one["to_cost"] > twice_the_middle],
        ),
        (
            {"align": "left", "dx": 8, "dy": 12},
            [one for one in triangles if 2 * one["to_cost"] <= twice_the_middle],
        ),
    )
    dots = {
        "data": {"values": list(triangles)},
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1, "color": colour.INK},
        "encoding": {"x": at["x"], "y": at["y"]},
    }
    return [
        dots,
        *(
            layer
            for place, those in sides
            if those
            for layer in marks.with_halo(
                {"type": "text", **place}, {"data": {"values": those}, "encoding": at}
            )
        ),
    ]


def _budget_line(budget: float | None, x: Spec, least: float, most: float) -> list[Spec]:
    """The line with its word where triangles leave room: below them, but above the first few."""
    if budget is None:
        return []
    data = {"values": [{"cost": budget, "text": f"budget {whole_pounds(budget)}"}]}
    rule = {"type": "rule", "color": colour.SELECTED, "strokeWidth": 2}
    place = (budget - least) / ((most - least) or 1)
    side = {"align": "right", "dx": -6} if place > 0.5 else {"align": "left", "dx": 6}
    height = "14" if place < AT_THE_LEFT else "height - 6"
    word = {"type": "text", "baseline": "bottom", "color": colour.SELECTED, **side}
    at = {"x": x, "y": {"value": {"expr": height}}, "text": {"field": "text"}}
    return [
        {"data": data, "mark": rule, "encoding": {"x": x}},
        *marks.with_halo(word, {"data": data, "encoding": at}),
    ]


def _given(row: Row) -> float:
    return row["value"] if row["points"] is None else row["points"]


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
