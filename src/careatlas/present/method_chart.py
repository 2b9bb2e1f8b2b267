"""The chart of a method's page: what the method answers along an input, for each setting a reader may choose.

Every setting's rows are in the chart, and a selector shows one at a time, so that it works without a server.
"""

import json
import math
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from careatlas.catalogue.method_guide import TWO_ENDED, GuideChart, Series, answer, values
from careatlas.present import colour
from careatlas.present.theme import PHONE, Row, Spec, chart, wrapped

COLOURS = ("#08306b", "#c24e00", "#7a4fa3", "#1f7a4d", "#6b7a86")
ONLY_SETTING = "shown"
_LETTER, _TYPE_SIZE = 7, 13  # pixels
_BESIDE_PLOT = 70  # pixels that the y axis takes
_LONGEST_CHOICE = 34  # letters that a list shows on a phone; longer ones are listed in full
_MOST_WHOLE_TICKS = 12
_MOST_ORDINAL = 40  # places on the x axis that may be named one by one


def method_rows(method: str, guide: GuideChart) -> list[Row]:
    """One row for each setting and place on the x axis: ``setting``, ``x``, and a column for each series.

    What is missing is None.
    """
    return [
        row
        for setting, changes in _settings(guide).items()
        for row in _rows_of_setting(setting, method, guide, changes)
    ]


def method_chart(method: str, guide: GuideChart, width: int) -> Spec:
    """The chart as a Vega-Lite specification, ``width`` pixels wide, at the first setting."""
    rows = method_rows(method, guide)
    height = 240 if width <= PHONE else 300
    x, y = _x(guide, rows, width), _y(guide, rows, height)
    shades = _shades(guide)
    layers = [
        _layer(series, _column_names(number, series), x, y, shade, rows)
        for number, (series, shade) in enumerate(zip(guide.draw, shades, strict=True))
    ]
    if guide.choose:
        layers = [layer | {"transform": [{"filter": "datum.setting === setting"}]} for layer in layers]
    made = chart(
        layers,
        title=guide.title,
        subtitle=[],
        description=description(guide),
        caption="",
        width=width,
        height=height,
        selected=None,
        resolve={"scale": {"color": "independent"}},
    )
    made["config"]["legend"]["layout"] = {"bottom": _legends(guide, width)}
    if guide.choose:
        made["params"] = [*made["params"], _selector(guide, width)]
    return made


def description(guide: GuideChart) -> str:
    """What the chart shows, for a reader who does not see it."""
    drawn = ", ".join(series.label for series in guide.draw)
    chosen = f" For each {guide.choose.label.lower()}." if guide.choose else ""
    return f"{guide.title}. {drawn}, by {guide.x.title}.{chosen} The table below has the same numbers."


def columns(guide: GuideChart) -> dict[str, str]:
    """The columns of ``method_rows`` that hold numbers, and what each is called."""
    named = {}
    for number, series in enumerate(guide.draw):
        ends = ("lower", "upper") if series.mark in TWO_ENDED else ("",)
        for name, end in zip(_column_names(number, series), ends, strict=True):
            named[name] = f"{series.label} {end}".strip()
    return named


def _rows_of_setting(setting: str, method: str, guide: GuideChart, changes: dict[str, Any]) -> list[Row]:
    given = guide.given | {name: one for name, one in changes.items() if name not in guide.beside}
    beside = {name: changes.get(name, one) for name, one in guide.beside.items()}
    fields = {name: values(one) for name, one in (given | beside).items()} | answer(method, guide.call, given)
    drawn = {
        name: _column(np.where(fields[series.where], _field(fields, field), np.nan))
        if series.where
        else _column(_field(fields, field))
        for name, (field, series) in _fields(guide).items()
    }
    length = max(len(numbers) for numbers in drawn.values())
    drawn = {name: _along_axis(drawn[name], series, length) for name, (_, series) in _fields(guide).items()}
    along = guide.x.values or "position"
    x = list(range(1, length + 1)) if along == "position" else _along(along, fields)
    return [
        {"setting": setting, "x": place, **dict(zip(drawn, numbers, strict=True))}
        for place, *numbers in zip(x, *drawn.values(), strict=True)
    ]


def _settings(guide: GuideChart) -> dict[str, dict[str, Any]]:
    return guide.choose.settings if guide.choose else {ONLY_SETTING: {}}


def _column_names(number: int, series: Series) -> list[str]:
    return [f"s{number}_lower", f"s{number}_upper"] if series.mark in TWO_ENDED else [f"s{number}"]


def _fields(guide: GuideChart) -> dict[str, tuple[Any, Series]]:
    """Each column of the rows, the field it is filled from, and the series it belongs to."""
    found = {}
    for number, series in enumerate(guide.draw):
        ends = [series.lower, series.upper] if series.mark in TWO_ENDED else [series.value]
        found |= {name: (end, series) for name, end in zip(_column_names(number, series), ends, strict=True)}
    return found


def _field(fields: Mapping[str, Any], field: str | float) -> Any:
    if not isinstance(field, str):
        return field
    name, _, place = field.partition(".")
    return np.asarray(fields[name])[..., int(place)] if place else fields[name]


def _along_axis(numbers: list[float | None], series: Series, length: int) -> list[float | None]:
    """A single number all along; one at the end of the axis with nothing before."""
    if len(numbers) == 1:
        return numbers * length
    return [None] * (length - len(numbers)) + numbers if series.end else numbers


def _column(numbers: Any) -> list[float | None]:
    flat = np.atleast_1d(np.asarray(numbers, dtype=float)).ravel()
    return [float(f"{one:.6g}") if math.isfinite(one) else None for one in flat.tolist()]


def _along(along: str | list[Any], fields: Mapping[str, Any]) -> list[Any]:
    found = fields[along] if isinstance(along, str) else along
    return [one if isinstance(one, str) else float(one) for one in np.ravel(np.asarray(found, dtype=object))]


def _x(guide: GuideChart, rows: list[Row], width: int) -> Spec:
    places = list(dict.fromkeys(row["x"] for row in rows))
    is_named = any(isinstance(place, str) for place in places)
    has_bars = any(series.mark == "bars" for series in guide.draw) and len(places) <= _MOST_ORDINAL
    title = wrapped(guide.x.title, width - _BESIDE_PLOT, _TYPE_SIZE)
    if is_named or has_bars:
        # All places, so that one without a number is empty and not left out.
        axis = _names(places, width) if is_named else {"labelAngle": 0, "labelSeparation": 4}
        return {"field": "x", "type": "ordinal", "scale": {"domain": places}, "title": title, "axis": axis}
    scale = {
        "type": guide.x.scale,
        "zero": False,
        "nice": False,
        "padding": 12 if _stands_alone(guide) else 0,
    }
    axis = _LOOSE | _whole_ticks([row["x"] for row in rows])
    return {"field": "x", "type": "quantitative", "title": title, "scale": scale, "axis": axis}


def _stands_alone(guide: GuideChart) -> bool:
    return any(series.mark in ("points", "interval") for series in guide.draw)


def _names(places: list[Any], width: int) -> Spec:
    """Every name is written: aslant where they would not fit beside one another."""
    longest = max(len(str(place)) for place in places)
    if (longest + 1) * _LETTER <= (width - _BESIDE_PLOT) / len(places):
        return {"labelAngle": 0, "labelOverlap": False}
    return {"labelAngle": -40, "labelOverlap": False}


def _y(guide: GuideChart, rows: list[Row], height: int) -> Spec:
    """The same for every setting, so that choosing another shows what changes. A bar stands on zero."""
    numbers = [row[name] for row in rows for name in columns(guide) if row[name] is not None]
    has_bars = any(series.mark == "bars" for series in guide.draw)
    numbers += [0.0] if has_bars or guide.y.zero else []
    numbers += list(guide.y.labels)
    needs_room = _stands_alone(guide) and guide.y.scale == "linear"
    scale = {
        "type": guide.y.scale,
        "domain": _roomy(numbers) if needs_room else [min(numbers), max(numbers)],
        "nice": not guide.y.labels,
        "zero": False,
        "reverse": guide.y.reverse,
    }
    axis = _labels(guide.y.labels) if guide.y.labels else _whole_ticks(numbers)
    title = wrapped(guide.y.title, height - 20, _TYPE_SIZE)
    return {"title": title, "scale": scale, "axis": axis}


def _roomy(numbers: list[float]) -> list[float]:
    """From the least to the greatest, with room for marks at the ends; nothing is below zero that was not."""
    lowest, highest = min(numbers), max(numbers)
    room = _ROOM * (highest - lowest)
    return [lowest if 0 <= lowest < room else lowest - room, highest + room]


def _labels(labels: Mapping[int | float, str]) -> Spec:
    numbers, words = list(labels), json.dumps(list(labels.values()), ensure_ascii=False)
    return {"values": numbers, "labelExpr": f"{words}[indexof({json.dumps(numbers)}, datum.value)]"}


def _whole_ticks(numbers: list[float]) -> Spec:
    """Codes and places have no halves between them."""
    lowest, highest = min(numbers), max(numbers)
    if highest - lowest > _MOST_WHOLE_TICKS or not all(float(number).is_integer() for number in numbers):
        return {}
    return {"values": list(range(int(lowest), int(highest) + 1)), "format": "d"}


_ROOM = 0.03  # of the axis
# The last label is drawn inwards and would touch the one before; one that would run out of the picture is left out.
_LOOSE = {"labelSeparation": 8, "labelBound": 1}
_MARKS: dict[str, Spec] = {
    "line": {"type": "line", "strokeWidth": 2.25},
    "points": {"type": "point", "filled": True, "size": 55, "opacity": 1},
    "bars": {"type": "bar", "opacity": 0.85},
    "band": {"type": "area", "opacity": 0.3},
    "interval": {"type": "rule", "strokeWidth": 5, "opacity": 0.6},
}
_SYMBOLS = {
    "line": {"symbolType": "stroke", "symbolStrokeWidth": 2.25},
    "points": {"symbolType": "circle", "symbolOpacity": 1},
    "bars": {"symbolType": "square", "symbolOpacity": 0.85},
    "band": {"symbolType": "square", "symbolOpacity": 0.3, "symbolSize": 160, "symbolStrokeWidth": 0},
    "interval": {"symbolType": "M0,-1V1", "symbolStrokeWidth": 5, "symbolOpacity": 0.6},
}


def _shades(guide: GuideChart) -> list[str]:
    """Bands and intervals in the pale colour of areas, where no bar would hide it; the rest by the palette."""
    palette, has_bars = iter(COLOURS), any(series.mark == "bars" for series in guide.draw)
    pale = ("band",) if has_bars else TWO_ENDED
    return [colour.AREA if series.mark in pale else next(palette) for series in guide.draw]


def _legends(guide: GuideChart, width: int) -> Spec:
    """Each series has its own, with the sign it is drawn by: one below the other where they would not fit."""
    letters = sum(len(series.label) + 5 for series in guide.draw)
    is_narrow = letters * _LETTER > width
    return {"direction": "vertical" if is_narrow else "horizontal", "margin": 4 if is_narrow else 18}


def _selector(guide: GuideChart, width: int) -> Spec:
    """A list to choose from. A phone cuts its long entries off, and shows them all instead."""
    settings = list(_settings(guide))
    is_cut = width <= PHONE and max(map(len, settings)) > _LONGEST_CHOICE
    bind = {
        "input": "radio" if is_cut else "select",
        "options": settings,
        "name": f"{guide.choose.label}: ",
    }
    return {"name": "setting", "value": settings[0], "bind": bind}


def _layer(series: Series, names: list[str], x: Spec, y: Spec, shade: str, rows: list[Row]) -> Spec:
    legend = {"title": None, **_SYMBOLS[series.mark]}
    scale = {"domain": [series.label], "range": [shade]}
    encoding = {
        "x": x,
        "y": {"field": names[0], "type": "quantitative", "stack": None, **y},
        "color": {"datum": series.label, "scale": scale, "legend": legend},
        "tooltip": [{"field": "x", "title": " ".join(x["title"])}]
        + [
            {"field": name, "title": series.label if len(names) == 1 else f"{series.label} {end}"}
            for name, end in zip(names, ("lower", "upper"), strict=False)
        ],
    }
    if series.mark in TWO_ENDED:
        encoding["y2"] = {"field": names[1]}
    if series.pieces:
        rows, encoding["detail"] = _in_pieces(rows, names), {"field": "piece"}
    return {"data": {"values": rows}, "mark": _MARKS[series.mark], "encoding": encoding}


def _in_pieces(rows: list[Row], names: list[str]) -> list[Row]:
    """Each row with the number of the piece it is in: a new one wherever the numbers change."""
    changes = [
        any(row[name] != before[name] for name in ("setting", *names)) for before, row in pairwise(rows)
    ]
    return [row | {"piece": piece} for row, piece in zip(rows, accumulate(changes, initial=0), strict=True)]
