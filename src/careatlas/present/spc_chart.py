"""The control chart: one area over time, with its mean and limits, and a sign on every special cause.

Takes the rows that `spc_signals.chart_points` makes; what is special is decided there, and here only drawn. Each kind
of special cause has a shape of its own besides its colour. A gap is a gap: no line is drawn over it, nor from one
mean to the next, and a re-based mean says where it starts anew and for what reason.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from careatlas.present import colour, marks
from careatlas.present.marks import Indicator
from careatlas.present.numbers import number
from careatlas.present.periods import period_name
from careatlas.present.theme import DESK, IS_HIGHLIGHTED, PHONE, Row, Spec, chart, wrapped

WORDS = {
    "common_cause": "common cause",
    "improvement": "special cause: improvement",
    "concern": "special cause: concern",
    "high": "special cause: high",
    "low": "special cause: low",
    "missing": "no full return",
}
SIGNS = {"common_cause": "●", "improvement": "▲", "concern": "▼", "high": "■", "low": "◆", "missing": "–"}
PAINT = {
    "common_cause": colour.SIMILAR,
    "improvement": colour.BETTER,
    "concern": colour.WORSE,
    "high": colour.HIGHER,
    "low": colour.LOWER,
}
SHAPE = {
    "common_cause": "circle",
    "improvement": "triangle-up",
    "concern": "triangle-down",
    "high": "square",
    "low": "diamond",
}
SPECIAL = ("improvement", "concern", "high", "low")
_NUMBERS = ("value", "reported_value", "mean", "lower", "upper")


def spc_points(rows: Sequence[Row], indicator: Indicator) -> list[dict[str, Any]]:
    """The rows with their figures in words, and which stretch of one mean (``segment``) each belongs to."""
    segments = accumulate((row["rebase"] is not None for row in rows), initial=0)
    next(segments)
    return [
        {
            "period": row["period_end"].isoformat(),
            "period_name": period_name(row["period_start"], row["period_end"]),
            "segment": segment,
            "special": row["point"],
            "said": WORDS[row["point"]],
            "is_trial": row["is_trial"],
            "rebase": row["rebase"],
        }
        | {name: row[name] for name in _NUMBERS}
        | {f"{name}_text": number(row[name], indicator) or "none" for name in _NUMBERS}
        for row, segment in zip(rows, segments, strict=True)
    ]


def spc_chart(
    rows: Sequence[Row],
    indicator: Indicator,
    name: str,
    *,
    target: float | None = None,
    source: str = "",
    selected: str | None = None,
    width: int = DESK,
) -> Spec:
    """The points with their mean (solid), limits of common cause (dashed) and the ``target`` (dotted)."""
    points = spc_points(rows, indicator)
    x, y = marks.time_axis(points, width), marks.value_axis(indicator)
    return chart(
        _layers(points, x, y, target, width > PHONE) if points else [],
        title=f"{name}: {indicator['title']}",
        subtitle=[
            f"{indicator['unit']}, {span(points)}" + _adjusted(rows),
            "Solid line: mean; dashed: limits of common cause."
            + (" Dotted: target." if target is not None else "")
            + (" Limits rest on fewer than 12 points: trial only." if _has_trial(points) else ""),
            _key(points),
            *rebases_in_words(points),
        ],
        description=_description(points, indicator, name),
        caption=source,
        width=width,
        height=280 if width > PHONE else 230,
        selected=selected,
        caption_offset=marks.time_caption_offset(x),
        caption_left=34,
    )


def span(points: Sequence[Row]) -> str:
    """The first and the last period in words."""
    if not points:
        return "no figures"
    first, last = points[0]["period_name"], points[-1]["period_name"]
    return first if first == last else f"{first} to {last}"


def in_words(rows: Sequence[Row], indicator: Indicator) -> list[str]:
    """What the latest point shows, what was done to the figures, and how far such a chart can be trusted."""
    points = spc_points(rows, indicator)
    shown = [point for point in points if point["value"] is not None]
    if not shown:
        return []
    last = shown[-1]
    said = f"{last['period_name']}: {last['value_text']}"
    if last["value_text"] != last["reported_value_text"]:
        said += f" without the season ({last['reported_value_text']} as reported)"
    said += f", mean {last['mean_text']}"
    if last["lower"] is not None:
        said += f", limits {last['lower_text']} to {last['upper_text']}"
    special = sum(point["special"] in SPECIAL for point in shown)
    sentences = [
        f"{said}: {last['said']}.",
        f"{special} of {len(shown)} points are special causes. A long chart shows one now and then though nothing "
        "changed: ask what happened before acting.",
    ]
    sentences += [f"{rows[0]['adjustment'].capitalize()}."] if rows[0]["adjustment"] != "as reported" else []
    return sentences + (["Limits rest on fewer than 12 points: trial only."] if _has_trial(points) else [])


def rebases_in_words(points: Sequence[Row]) -> list[str]:
    return [
        f"New mean from {point['period_name']}: {point['rebase']}." for point in points if point["rebase"]
    ]


def _adjusted(rows: Sequence[Row]) -> str:
    return f"; {rows[0]['adjustment']}" if rows and rows[0]["adjustment"] != "as reported" else ""


def _has_trial(points: Sequence[Row]) -> bool:
    return any(point["is_trial"] for point in points)


def _key(points: Sequence[Row]) -> str:
    """What the shapes mean, in words: not every font for pictures has the signs themselves."""
    found = {point["special"] for point in points}
    said = "; ".join(
        f"{shape.replace('-', ' ')}: {WORDS[word]}" for word, shape in SHAPE.items() if word in found
    )
    return said[:1].upper() + said[1:] + "." if said else ""


def _layers(
    points: list[dict[str, Any]], x: Spec, y: Spec, target: float | None, is_named: bool
) -> list[Spec]:
    lines = [
        {
            "data": {"values": points},
            "mark": {"type": "line", "color": colour.MUTED, "strokeWidth": 1.5, **look},
            "encoding": {"x": x, "y": {**y, "field": field}, "detail": {"field": "segment"}},
        }
        for field, look in (
            ("mean", {}),
            ("lower", {"strokeDash": [6, 4]}),
            ("upper", {"strokeDash": [6, 4]}),
        )
    ]
    path = {
        "data": {"values": points},
        "mark": {
            "type": "line",
            "color": colour.SIMILAR,
            "strokeWidth": 1.25,
            "invalid": "break-paths-filter-domains",
        },
        "encoding": {"x": x, "y": {**y, "field": "value"}},
    }
    return [*lines, *_target(target, y), path, *_dots(points, x, y), *_rebase_lines(points, x, is_named)]


def _dots(points: list[dict[str, Any]], x: Spec, y: Spec) -> list[Spec]:
    tooltip = [
        {"field": "period_name", "title": "Period"},
        {"field": "value_text", "title": "Value"},
        {"field": "reported_value_text", "title": "As reported"},
        {"field": "mean_text", "title": "Mean"},
        {"field": "lower_text", "title": "Lower limit"},
        {"field": "upper_text", "title": "Upper limit"},
        {"field": "said", "title": "Shows"},
    ]
    layers = []
    for word, shape in SHAPE.items():
        of_word = [point for point in points if point["special"] == word and point["value"] is not None]
        mark = {"type": "point", "shape": shape, "fill": PAINT[word], "stroke": colour.PAPER, "opacity": 1}
        size = 34 if word == "common_cause" else 95
        encoding = {
            "x": x,
            "y": {**y, "field": "value"},
            "size": {"condition": {"test": IS_HIGHLIGHTED, "value": 110}, "value": size},
            "tooltip": tooltip,
        }
        layers += [{"data": {"values": of_word}, "mark": mark, "encoding": encoding}] if of_word else []
    return layers


def _target(target: float | None, y: Spec) -> list[Spec]:
    if target is None:
        return []
    rule = {"type": "rule", "color": colour.NATIONAL, "strokeWidth": 1.5, "strokeDash": [2, 3]}
    return [{"data": {"values": [{"at": target}]}, "mark": rule, "encoding": {"y": {**y, "field": "at"}}}]


def _rebase_lines(points: list[dict[str, Any]], x: Spec, is_named: bool) -> list[Spec]:
    """An upright line where the mean starts anew, with the reason at its head where there is room."""
    layers = []
    for at, point in enumerate(points):
        if point["rebase"] is None:
            continue
        is_late = at > len(points) / 2
        place = {"data": {"values": [{"period": point["period"]}]}, "encoding": {"x": x}}
        rule = {"type": "rule", "color": colour.INK, "strokeWidth": 1, "strokeDash": [1, 2]}
        words = {"type": "text", "align": "right" if is_late else "left", "dx": -5 if is_late else 5}
        words |= {"text": wrapped(point["rebase"], 190, 13), "baseline": "top", "y": 0}
        layers += [{**place, "mark": rule}, *(marks.with_halo(words, place) if is_named else [])]
    return layers


def _description(points: list[dict[str, Any]], indicator: Indicator, name: str) -> str:
    said = f"Control chart of {name}: {indicator['title']}, {span(points)}."
    shown = [point for point in points if point["value"] is not None]
    special = sum(point["special"] in SPECIAL for point in shown)
    if shown:
        last = shown[-1]
        said += f" {last['period_name']}: {last['value_text']}, mean {last['mean_text']}, {last['said']}."
    return said + f" {special} of {len(shown)} points are special causes."
