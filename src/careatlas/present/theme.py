"""What every chart has in common: look, title, source line, links to the others, and pictures.

A chart is a Vega-Lite 6.4 specification as a plain dict with its rows inside: one object for the browser,
SVG, PNG and packs. It uses no expression that Vega's interpreter lacks, so that a strict content policy can
stand.

Every chart has two signals: ``highlight`` (the code of the area the reader points at; a page's script sets it
in all charts together) and ``selected`` (the code of the area the page is about).
"""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from careatlas.present import colour

DESK, PHONE = 720, 340  # widths in pixels
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
VEGA_LITE = "6.4"
IS_SELECTED, IS_HIGHLIGHTED = "datum.area === selected", "datum.area === highlight"
_LETTER_WIDTH = 0.54  # of the type size, on average; semi-bold letters are about a tenth wider
_TITLE_SIZE = 17

Spec = dict[str, Any]
Row = Mapping[str, Any]


def chart(
    layers: list[Spec],
    *,
    title: str,
    subtitle: Iterable[str],
    description: str,
    caption: str,
    width: int,
    height: int,
    selected: str | None,
    caption_offset: int = 44,
    caption_left: int = 0,
    plot_width: int | None = None,
    **more: Any,
) -> Spec:
    """Layers as one finished chart. ``caption`` (the source line) stands below the plot, ``caption_left`` px
    out.

    The whole is ``width`` wide and the plot takes what its axes leave, unless ``plot_width`` says how much.
    """
    datasets, layers = _shared_data(layers or [_NO_FIGURES])
    lines = [line for part in subtitle if part for line in wrapped(part, width - 12, 13)]
    return {
        "$schema": SCHEMA,
        "title": {"text": wrapped(title, width - 12, 1.1 * _TITLE_SIZE), "subtitle": lines},
        "description": description,
        "width": plot_width or width,
        "height": height,
        "autosize": {"type": "pad" if plot_width else "fit-x", "contains": "padding"},
        "params": [{"name": "highlight", "value": ""}, {"name": "selected", "value": selected or ""}],
        "datasets": datasets,
        "layer": [*layers, *_caption(caption, width, caption_offset, caption_left)],
        "config": config(width),
        **more,
    }


_NO_FIGURES = {"data": {"values": [{}]}, "mark": {"type": "text", "text": "No figures"}}


def config(width: int = DESK) -> Spec:
    """The look of every chart. Marks are silent to screen readers: the description and the table speak."""
    size = 12 if width <= PHONE else 13
    text = {"labelColor": colour.INK, "titleColor": colour.INK, "labelFontSize": size, "titleFontSize": size}
    return {
        "background": colour.PAPER,
        "font": colour.FONT,
        "padding": 6,
        "view": {"stroke": None},
        "mark": {"aria": False},
        "axis": {
            **text,
            "aria": False,
            "titleFontWeight": "normal",
            "gridColor": colour.GRID,
            "domainColor": colour.MUTED,
            "tickColor": colour.MUTED,
            "labelOverlap": "greedy",
            "labelLimit": 0,
        },
        "legend": {
            **text,
            "aria": False,
            "titleFontWeight": "normal",
            "orient": "bottom",
            "symbolStrokeWidth": 1.5,
            "labelLimit": 0,
        },
        "title": {
            "aria": False,
            "anchor": "start",
            "frame": "bounds",
            "fontSize": _TITLE_SIZE,
            "fontWeight": 600,
            "color": colour.INK,
            "subtitleFontSize": 13,
            "subtitleColor": colour.MUTED,
            "subtitlePadding": 5,
            "offset": 12,
        },
        "text": {"fontSize": size, "color": colour.INK},
    }


def to_svg(spec: Spec) -> str:
    """The chart as SVG text."""
    import vl_convert

    return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)


def to_png(spec: Spec, scale: float = 2) -> bytes:
    """The chart as a PNG picture, ``scale`` pixels to each of its own."""
    import vl_convert

    return vl_convert.vegalite_to_png(spec, vl_version=VEGA_LITE, scale=scale)


def _shared_data(layers: list[Spec]) -> tuple[Spec, list[Spec]]:
    """Rows that several layers draw, named once instead of written out in each."""
    named: dict[int, tuple[str, Any]] = {}
    shared = []
    for layer in layers:
        data = dict(layer.get("data", {}))
        if "values" in data:
            rows = data.pop("values")
            name, _ = named.setdefault(id(rows), (f"rows_{len(named) + 1}", rows))
            layer = {**layer, "data": {"name": name, **data}}
        shared.append(layer)
    return dict(named.values()), shared


def wrapped(text: str, width: int, type_size: float) -> list[str]:
    """``text`` in lines of at most ``width`` pixels, or 20 letters."""
    return textwrap.wrap(text, max(20, int(width / (type_size * _LETTER_WIDTH)))) or [""]


def _caption(caption: str, width: int, below: int, left: int) -> list[Spec]:
    if not caption:
        return []
    mark = {
        "type": "text",
        "align": "left",
        "baseline": "top",
        "fontSize": 11,
        "color": colour.MUTED,
        "text": wrapped(caption, width - 12, 11),
        "lineHeight": 14,
    }
    place = {"x": {"value": -left}, "y": {"value": {"expr": f"height + {below}"}}}
    return [{"data": {"values": [{}]}, "mark": mark, "encoding": place}]
