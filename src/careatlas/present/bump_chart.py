"""The bump chart: where a few chosen areas rank over time, each rank with its interval.

A rank without an interval is not drawn: it would show an order where there may be none. Areas are few, so that a
line can be followed; rank 1, at the top, is the highest value and not the best.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from careatlas.present import colour, marks
from careatlas.present.marks import Indicator
from careatlas.present.periods import period_name
from careatlas.present.theme import DESK, IS_HIGHLIGHTED, PHONE, Row, Spec, chart

MOST_LINES = 10
LINES = (  # told apart by shade, dash and the sign at each rank
    ("#0072b2", [], "cross"),
    ("#08306b", [8, 3], "square"),
    ("#7a4fa3", [3, 2], "triangle-up"),
    ("#1f7a4d", [10, 3, 2, 3], "diamond"),
    ("#6b7a86", [], "stroke"),
    ("#8a6d00", [6, 2], "triangle-down"),
    ("#a0386b", [2, 2], "triangle-right"),
    ("#2f6f73", [12, 4], "triangle-left"),
    ("#4c4c9d", [4, 4], "square"),
    ("#5a5a5a", [1, 2], "diamond"),
)
CHOSEN = (colour.SELECTED, [], "circle")
LATEST_APART = 5  # pixels between the intervals at the right edge


def rank_points(comparisons: Sequence[Row], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row an area of ``names`` and period with a rank and its interval, oldest first.

    ``comparisons``: rows of that table. No line is drawn over a period without a rank (``run``).
    """
    national = [row for row in comparisons if row["benchmark"] == "national"]
    ends = sorted({row["period_end"] for row in national})
    points = []
    for area, name in names.items():
        own = {row["period_end"]: row for row in national if row["area"] == area and has_rank(row)}
        gaps = 0
        for end in ends:
            gaps += end not in own
            if end in own:
                points.append(_point(own[end], area, name) | {"run": f"{area} {gaps}"})
    return points


def has_rank(row: Row) -> bool:
    """Whether a rank may be shown: it has one with its interval, and areas can be told apart."""
    is_known = all(row.get(part) is not None for part in ("rank", "rank_lower", "rank_upper"))
    return is_known and row.get("group") not in (None, "not_apart")


def bump_chart(
    comparisons: Sequence[Row],
    indicator: Indicator,
    names: Mapping[str, str],
    *,
    source: str = "",
    selected: str | None = None,
    width: int = DESK,
) -> Spec:
    """Ranks of the areas in ``names`` (ten at most) in every period. Refuses more lines than can be followed."""
    if len(names) > MOST_LINES:
        raise ValueError(f"at most {MOST_LINES} areas can be told apart; there are {len(names)}")
    points = rank_points(comparisons, names)
    room = 16 + LATEST_APART * len(names)
    room += 8 + 7 * max((len(name) for name in names.values()), default=0) if width > PHONE else 0
    x, y = marks.time_axis(points, width - room), _rank_axis(points)
    looks = _looks(names, selected)
    return chart(
        _layers(points, x, y, looks, width > PHONE) if points else [],
        title=f"{indicator['title']}: ranks over time",
        subtitle=[
            _span(points, indicator),
            "Rank 1 is the highest value, not the best. Upright lines: 95% intervals of the latest ranks"
            + (f"; bars: those of every rank of {names[selected]}." if selected in names else "."),
            f"Of {points[-1]['ranked']} areas ranked." if points else "",
            *([] if width > PHONE else [_key(looks, names)]),
        ],
        description=_description(points, names, indicator),
        caption=source,
        width=width,
        plot_width=width - room - 56,
        height=360 if width > PHONE else 320,
        selected=selected,
        caption_offset=marks.time_caption_offset(x),
        caption_left=40,
    )


def _point(row: Row, area: str, name: str) -> dict[str, Any]:
    return {
        "area": area,
        "name": name,
        "period": row["period_end"].isoformat(),
        "period_name": period_name(row["period_start"], row["period_end"]),
        "rank": row["rank"],
        "lower": row["rank_lower"],
        "upper": row["rank_upper"],
        "ranked": row["ranked_areas"],
        "text": f"{row['rank']:g} of {row['ranked_areas']}",
        "limits": f"{row['rank_lower']:g} to {row['rank_upper']:g}",
    }


def _rank_axis(points: Sequence[Mapping[str, Any]]) -> Spec:
    lowest = max((point["ranked"] for point in points), default=1)
    scale = {"domain": [0.5, lowest + 0.5], "reverse": True, "nice": False, "zero": False}
    step = 10 if lowest > 60 else 5
    ticks = [1, *range(step, int(lowest - step / 2) + 1, step), *([lowest] if lowest > 1 else [])]
    axis = {"title": None, "values": ticks, "format": "d", "labelOverlap": True}
    return {"type": "quantitative", "scale": scale, "axis": axis}


def _looks(names: Mapping[str, str], selected: str | None) -> dict[str, tuple[str, list[int], str]]:
    others = iter(LINES)
    return {area: CHOSEN if area == selected else next(others) for area in names}


def _layers(
    points: list[dict[str, Any]], x: Spec, y: Spec, looks: Mapping[str, tuple], named: bool
) -> list[Spec]:
    """Each area's line over its intervals; the chosen one last, so that nothing covers it."""
    tooltip = [
        {"field": "name", "title": "Area"},
        {"field": "period_name", "title": "Period"},
        {"field": "text", "title": "Rank"},
        {"field": "limits", "title": "95% interval"},
    ]
    at = {"x": x, "y": {**y, "field": "rank"}}
    layers = []
    for area in sorted(looks, key=lambda area: looks[area] == CHOSEN):
        own = {"values": [point for point in points if point["area"] == area]}
        if not own["values"]:
            continue
        paint, dash, shape = looks[area]
        wide = 3.25 if looks[area] == CHOSEN else 1.75
        line = {"type": "line", "color": paint, "strokeWidth": wide, "strokeDash": dash}
        dot = {
            "type": "point",
            "shape": shape,
            "fill": paint,
            "stroke": colour.PAPER,
            "opacity": 1,
            "size": 70,
        }
        layers += [
            _intervals(own, x, y, paint, always=looks[area] == CHOSEN),
            {"data": own, "mark": line, "encoding": at | {"detail": {"field": "run"}}},
            {"data": own, "mark": dot, "encoding": at | {"tooltip": tooltip}},
        ]
    return [
        *layers,
        *_latest_intervals(points, x, y, looks),
        *(_names_at_the_end(points, x, y, looks) if named else []),
    ]


def _intervals(own: Spec, x: Spec, y: Spec, paint: str, always: bool) -> Spec:
    """The chosen area's intervals in every period; another's while the reader points at it."""
    shown = {"condition": {"test": IS_HIGHLIGHTED, "value": 0.5}, "value": 0.3 if always else 0}
    return {
        "data": own,
        "mark": {"type": "rule", "color": paint, "strokeWidth": 7},
        "encoding": {"x": x, "y": {**y, "field": "lower"}, "y2": {"field": "upper"}, "opacity": shown},
    }


def _latest_intervals(
    points: list[dict[str, Any]], x: Spec, y: Spec, looks: Mapping[str, tuple]
) -> list[Spec]:
    """Every area's interval in the last period, side by side at the right edge."""
    last = max(point["period"] for point in points)
    layers = []
    for place, area in enumerate(looks):
        now = [point for point in points if point["area"] == area and point["period"] == last]
        mark = {
            "type": "rule",
            "color": looks[area][0],
            "strokeWidth": 2,
            "xOffset": 9 + LATEST_APART * place,
        }
        between = {"x": x, "y": {**y, "field": "lower"}, "y2": {"field": "upper"}}
        layers += [{"data": {"values": now}, "mark": mark, "encoding": between}] if now else []
    return layers


def _names_at_the_end(
    points: list[dict[str, Any]], x: Spec, y: Spec, looks: Mapping[str, tuple]
) -> list[Spec]:
    """Beside the last rank, moved apart where two would be printed over one another."""
    last = {point["area"]: point for point in points}
    spaced, floor = [], 0.0
    gap = max((point["ranked"] for point in points), default=1) / 22
    for point in sorted(last.values(), key=lambda point: point["rank"]):
        floor = max(point["rank"], floor + gap)
        spaced.append(point | {"written_at": floor, "period": max(one["period"] for one in points)})
    return [
        {
            "data": {"values": [point]},
            "mark": {
                "type": "text",
                "align": "left",
                "dx": 14 + LATEST_APART * len(looks),
                "color": looks[point["area"]][0],
            },
            "encoding": {"x": x, "y": {**y, "field": "written_at"}, "text": {"field": "name"}},
        }
        for point in spaced
    ]


def _key(looks: Mapping[str, tuple], names: Mapping[str, str]) -> str:
    """Which sign is whose, in words: on a phone there is no room for names at the lines."""
    signs = {area: "dot" if looks[area] == CHOSEN else looks[area][2].replace("-", " ") for area in looks}
    said = "; ".join(f"{signs[area]}: {names[area]}" for area in looks)
    return said[:1].upper() + said[1:] + "."


def _span(points: Sequence[Mapping[str, Any]], indicator: Indicator) -> str:
    if not points:
        return f"{indicator['unit']}, no ranks"
    ends = {point["period"]: point["period_name"] for point in points}
    first, last = ends[min(ends)], ends[max(ends)]
    return f"{indicator['unit']}, {first}" + (f" to {last}" if last != first else "")


def _description(points: list[dict[str, Any]], names: Mapping[str, str], indicator: Indicator) -> str:
    said = f"Ranks of {len(names)} areas over time: {_span(points, indicator)}. 1 is the highest value."
    last = {point["area"]: point for point in points}
    for point in sorted(last.values(), key=lambda point: point["rank"]):
        said += f" {point['name']}, {point['period_name']}: {point['text']} (95% interval {point['limits']})."
    return said
