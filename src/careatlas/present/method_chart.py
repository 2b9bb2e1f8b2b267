"""The chart of a method's page: what the method answers along an input, for each setting a reader may choose.

Every setting's rows are in the chart, and a selector shows one at a time, so that it works without a server.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from careatlas.catalogue.method_guide import TWO_ENDED, GuideChart, Series, answer, values
from careatlas.present import colour
from careatlas.present.theme import PHONE, Row, Spec, chart

COLOURS = ("#08306b", "#c24e00", "#7a4fa3", "#1f7a4d", "#6b7a86")
ONLY_SETTING = "shown"
_LETTER = 7  # pixels
_MOST_WHOLE_TICKS = 12
_MOST_ORDINAL = 40  # places on the x axis that may be named one by one


def method_rows(method: str, guide: GuideChart) -> list[Row]:
    """One row for each setting and place on the x axis: ``setting``, ``x``, and a column for each series.

    What is missing is None.
    """
    return [
        row
        for setting, changes in _settings(guide).items()
        for row in _rows_of_setting(setting, method, guide, guide.given | changes)
    ]


def method_chart(method: str, guide: GuideChart, width: int) -> Spec:
    """The chart as a Vega-Lite specification, ``width`` pixels wide, at the first setting."""
    rows = method_rows(method, guide)
    x, y = _x(guide, rows), _y(guide, rows)
    named = [_column_names(number, series) for number, series in enumerate(guide.draw)]
    color = {"scale": _colours(guide), "legend": _legend(guide, width), "title": None}
    layers = [
        _layer(series, names, x, y, color, rows) for series, names in zip(guide.draw, named, strict=True)
    ]
    if guide.choose:
        layers = [layer | {"transform": [{"filter": "datum.setting === setting"}]} for layer in layers]
    settings = list(_settings(guide))
    made = chart(
        layers,
        title=guide.title,
        subtitle=[],
        description=description(guide),
        caption="",
        width=width,
        height=240 if width <= PHONE else 300,
        selected=None,
    )
    if guide.choose:
        bind = {"input": "select", "options": settings, "name": f"{guide.choose.label}: "}
        made["params"] = [*made["params"], {"name": "setting", "value": settings[0], "bind": bind}]
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


def _rows_of_setting(setting: str, method: str, guide: GuideChart, given: dict[str, Any]) -> list[Row]:
    fields = {name: values(one) for name, one in given.items()} | answer(method, guide.call, given)
    drawn = {
        name: _column(np.where(fields[where], fields[field], np.nan) if where else fields[field])
        for name, (field, where) in _fields(guide).items()
    }
    length = max(len(numbers) for numbers in drawn.values())
    drawn = {name: numbers * length if len(numbers) == 1 else numbers for name, numbers in drawn.items()}
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


def _fields(guide: GuideChart) -> dict[str, tuple[str | None, str | None]]:
    """Each column of the rows, the field it is filled from, and the one that says where, if any."""
    found = {}
    for number, series in enumerate(guide.draw):
        ends = [series.lower, series.upper] if series.mark in TWO_ENDED else [series.value]
        found |= {
            name: (end, series.where) for name, end in zip(_column_names(number, series), ends, strict=True)
        }
    return found


def _column(numbers: Any) -> list[float | None]:
    flat = np.atleast_1d(np.asarray(numbers, dtype=float)).ravel()
    return [float(f"{one:.6g}") if math.isfinite(one) else None for one in flat.tolist()]


def _along(along: str | list[Any], fields: Mapping[str, Any]) -> list[Any]:
    found = fields[along] if isinstance(along, str) else along
    return [one if isinstance(one, str) else float(one) for one in np.ravel(np.asarray(found, dtype=object))]


def _x(guide: GuideChart, rows: list[Row]) -> Spec:
    places = {row["x"] for row in rows}
    is_named = any(isinstance(place, str) for place in places)
    has_bars = any(series.mark == "bars" for series in guide.draw) and len(places) <= _MOST_ORDINAL
    if is_named or has_bars:
        return {"field": "x", "type": "ordinal", "sort": None, "title": guide.x.title, "axis": _FLAT}
    stands_alone = any(series.mark in ("points", "interval") for series in guide.draw)
    scale = {"type": guide.x.scale, "zero": False, "nice": False, "padding": 12 if stands_alone else 0}
    axis = _LOOSE | _whole_ticks([row["x"] for row in rows])
    return {"field": "x", "type": "quantitative", "title": guide.x.title, "scale": scale, "axis": axis}


def _y(guide: GuideChart, rows: list[Row]) -> Spec:
    """The same for every setting, so that choosing another shows what changes. A bar stands on zero."""
    numbers = [row[name] for row in rows for name in columns(guide) if row[name] is not None]
    numbers += [0.0] if any(series.mark == "bars" for series in guide.draw) else []
    scale = {"type": guide.y.scale, "domain": [min(numbers), max(numbers)], "nice": True, "zero": False}
    return {"title": guide.y.title, "scale": scale, "axis": _whole_ticks(numbers)}


def _whole_ticks(numbers: list[float]) -> Spec:
    """Codes and places have no halves between them."""
    lowest, highest = min(numbers), max(numbers)
    if highest - lowest > _MOST_WHOLE_TICKS or not all(float(number).is_integer() for number in numbers):
        return {}
    return {"values": list(range(int(lowest), int(highest) + 1)), "format": "d"}


_FLAT = {"labelAngle": 0}
_LOOSE = {"labelSeparation": 8}  # the last label is drawn inwards and would touch the one before
_MARKS: dict[str, Spec] = {
    "line": {"type": "line", "strokeWidth": 2.25},
    "points": {"type": "point", "filled": True, "size": 55, "opacity": 1},
    "bars": {"type": "bar", "opacity": 0.85},
    "band": {"type": "area", "opacity": 0.3},
    "interval": {"type": "rule", "strokeWidth": 5, "opacity": 0.6},
}


def _colours(guide: GuideChart) -> Spec:
    """Bands and intervals in the pale colour of areas, where no bar would hide it; the rest by the palette."""
    palette, has_bars = iter(COLOURS), any(series.mark == "bars" for series in guide.draw)
    pale = ("band",) if has_bars else TWO_ENDED
    shades = [colour.AREA if series.mark in pale else next(palette) for series in guide.draw]
    return {"domain": [series.label for series in guide.draw], "range": shades}


def _legend(guide: GuideChart, width: int) -> Spec:
    """One below the other where the labels would not fit beside one another."""
    letters = sum(len(series.label) + 5 for series in guide.draw)
    return {"symbolOpacity": 1, "columns": 1 if letters * _LETTER > width else len(guide.draw)}


def _layer(series: Series, names: list[str], x: Spec, y: Spec, color: Spec, rows: list[Row]) -> Spec:
    encoding = {
        "x": x,
        "y": {"field": names[0], "type": "quantitative", "stack": None, **y},
        "color": {"datum": series.label, **color},
        "tooltip": [{"field": "x", "title": x["title"]}]
        + [
            {"field": name, "title": series.label if len(names) == 1 else f"{series.label} {end}"}
            for name, end in zip(names, ("lower", "upper"), strict=False)
        ],
    }
    if series.mark in TWO_ENDED:
        encoding["y2"] = {"field": names[1]}
    return {"data": {"values": rows}, "mark": _MARKS[series.mark], "encoding": encoding}
