"""The heat map: indicators down, areas across, and in each cell how the area stands to the country.

Every cell has a sign and a colour that say the same. What cannot be compared is not coloured: an incomplete
return is an outline with a dagger, a hidden figure a cross, a missing one a dash, so that a gap in the data never
looks like an ordinary area.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from careatlas.present import colour, marks
from careatlas.present.marks import Indicator
from careatlas.present.numbers import HIDDEN_SIGN, INCOMPLETE_SIGN
from careatlas.present.theme import DESK, IS_HIGHLIGHTED, Row, Spec, chart

MOST_AREAS = 24  # more columns than that are too narrow to read
ROW_HEIGHT, WIDEST_CELL, NARROWEST_CELL = 24, 44, 15  # pixels
MISSING_SIGN = "–"
COMPARED = ("better", "worse", "higher", "lower", "similar")
WORDS = {
    "better": "better",
    "worse": "worse",
    "higher": "higher",
    "lower": "lower",
    "similar": "cannot be told apart",
    "incomplete": "incomplete return",
    "hidden": "hidden",
    "missing": "missing",
    "not_compared": "not compared",
    "absent": "no figure",
}
TEXT_SIGNS = {
    "better": "▲",
    "worse": "▼",
    "higher": "■",
    "lower": "◆",
    "similar": "●",
    "incomplete": INCOMPLETE_SIGN,
    "hidden": HIDDEN_SIGN,
    "missing": MISSING_SIGN,
    "not_compared": "○",
    "absent": "",
}
_SPOKEN_SIGNS = {  # what signs are called: not every font for pictures has the signs themselves
    "better": "triangle up",
    "worse": "triangle down",
    "higher": "square",
    "lower": "diamond",
    "similar": "pale",
    "incomplete": INCOMPLETE_SIGN,
    "hidden": HIDDEN_SIGN,
    "missing": MISSING_SIGN,
    "not_compared": "ring",
    "absent": "empty",
}
_PALE = "#e9eef2"  # cannot be told apart: there to be passed over
_FILL = {word: colour.SIGNIFICANCE[word] for word in COMPARED} | {"similar": _PALE}
_SIGN_PAINT = dict.fromkeys((*COMPARED, "not_compared"), colour.PAPER) | {"similar": colour.SIMILAR}
_HEADING = "theme "  # how the place of a heading among the rows is told from an indicator's


def state(row: Row | None, significance: str | None) -> str:
    """How a cell is drawn: by its comparison, or by why there is none. An incomplete return is never compared.

    *Absent*: the indicator is not counted there at all, as four-hour waits are not where there is no A&E.
    """
    if row is None:
        return "absent"
    if row["status"] in ("missing", "hidden", "incomplete"):
        return row["status"]
    return significance if significance in COMPARED else "not_compared"


def cells(
    rows: Iterable[Row],
    comparisons: Iterable[Row],
    indicators: Mapping[str, Indicator],
    names: Mapping[str, str],
) -> list[dict[str, Any]]:
    """One cell for each indicator and area, in the order of both, whether it has a row or not.

    ``rows`` of ``values``: one for each indicator and area at most. ``comparisons`` in those periods.
    """
    of_cell = {(row["indicator"], row["area"]): row for row in rows}
    against = {
        (row["indicator"], row["area"]): row["significance"]
        for row in comparisons
        if row["benchmark"] == "national"
    }
    return [
        _cell(of_cell.get((key, area)), against.get((key, area)), indicator, area, names)
        | {"key": key, "indicator": _short(indicator)}
        for key, indicator in indicators.items()
        for area in names
    ]


def heat_map(
    rows: Iterable[Row],
    comparisons: Iterable[Row],
    indicators: Mapping[str, Indicator],
    names: Mapping[str, str],
    themes: Mapping[str, str],
    *,
    title: str,
    country: str = "England",
    source: str = "",
    selected: str | None = None,
    width: int = DESK,
) -> Spec:
    """One row an indicator, under its theme; one column an area, in the order of ``names``.

    ``themes``: what each indicator's theme is called. Indicators stand in their own order within a theme.
    """
    grid = cells(rows, comparisons, indicators, names)
    room = _name_room(indicators, len(names), width)
    cell_width = min(WIDEST_CELL, (width - room - 14) / max(1, len(names)))
    order = _rows_and_headings(indicators, themes)
    return chart(
        _layers(grid, order, indicators, names, room) if grid else [],
        title=title,
        subtitle=[
            f"Each area beside {country}, latest period of each indicator, by 95% limits (chance alone).",
            _key(grid),
        ],
        description=_description(grid, names, country),
        caption=source,
        width=width,
        plot_width=max(40, round(cell_width * len(names))),
        height=max(40, ROW_HEIGHT * len(order)),
        selected=selected,
        caption_offset=14,
        caption_left=room,
    )


def in_words(grid: Sequence[Mapping[str, Any]], country: str) -> str:
    """How many cells differ, and how many would by chance alone: at 95 % limits, one in twenty."""
    compared = [cell for cell in grid if cell["state"] in COMPARED]
    if not compared:
        return f"No figure here can be held against {country}."
    apart = sum(cell["state"] != "similar" for cell in compared)
    without = len(grid) - len(compared)
    said = (
        f"{apart} of {len(compared)} figures differ from {country} by their 95% limits; if areas differed by chance "
        f"alone, about {len(compared) / 20:.0f} would."
    )
    return said + (f" {without} cannot be compared." if without else "")


def _cell(
    row: Row | None, significance: str | None, indicator: Indicator, area: str, names: Mapping[str, str]
) -> dict[str, Any]:
    found = state(row, significance)
    if row is None:
        none = {
            "text": "no figure",
            "limits": "none",
            "said": "no figure",
            "period_name": "none",
            "area": area,
        }
        return none | {"name": names[area], "state": found, "compared": WORDS[found]}
    point = marks.area_point(row, indicator, names)
    kept = ("text", "limits", "said", "period_name", "area", "name")
    return {key: point[key] for key in kept} | {"state": found, "compared": WORDS[found]}


def _name_room(indicators: Mapping[str, Indicator], areas: int, width: int) -> int:
    """Pixels for the indicators' names: as many as the longest needs, if the cells stay wide enough to see."""
    longest = max((len(_short(one)) for one in indicators.values()), default=0)
    return min(20 + 7 * longest, max(110, width - 14 - NARROWEST_CELL * areas))


def _short(indicator: Indicator) -> str:
    return indicator.get("short_title") or indicator["title"]


def _rows_and_headings(indicators: Mapping[str, Indicator], themes: Mapping[str, str]) -> list[str]:
    """The places down the side: each theme's heading, then its indicators."""
    order: list[str] = []
    for theme, members in groupby(indicators, key=lambda key: indicators[key]["theme"]):
        order += [_HEADING + themes.get(theme, theme), *members]
    return order


def _layers(
    grid: list[dict[str, Any]],
    order: list[str],
    indicators: Mapping[str, Indicator],
    names: Mapping[str, str],
    room: int,
) -> list[Spec]:
    labels = {place: place.removeprefix(_HEADING) for place in order if place.startswith(_HEADING)}
    labels |= {key: _short(one) for key, one in indicators.items()}
    is_heading = f"indexof(datum.value, '{_HEADING}') === 0"
    x, y = _columns(names), _places(order, labels, is_heading, room)
    tooltip = [
        {"field": "indicator", "title": "Indicator"},
        {"field": "period_name", "title": "Period"},
        *marks.TOOLTIP,
        {"field": "compared", "title": "Against the country"},
    ]
    place = {"x": x, "y": y, "tooltip": tooltip}
    layers = [_tiles(grid, place)]
    for word in (*COMPARED, "not_compared"):
        of_word = [cell for cell in grid if cell["state"] == word]
        if of_word:
            look = {"size": 38 if word == "similar" else 80, "fill": _SIGN_PAINT[word], "opacity": 1}
            look |= {"stroke": colour.SIMILAR, "strokeWidth": 1.5 if word == "not_compared" else 0}
            mark = {"type": "point", "shape": colour.SIGNIFICANCE_SHAPE[word], **look}
            layers.append({"data": {"values": of_word}, "mark": mark, "encoding": place})
    signed = [
        cell | {"sign": TEXT_SIGNS[cell["state"]]}
        for cell in grid
        if cell["state"] in ("incomplete", "hidden", "missing")
    ]
    if signed:
        mark = {"type": "text", "color": colour.INK, "fontSize": 14, "baseline": "middle"}
        words = {**place, "text": {"field": "sign"}}
        layers.append({"data": {"values": signed}, "mark": mark, "encoding": words})
    return layers


def _tiles(grid: list[dict[str, Any]], place: Spec) -> Spec:
    fill = {
        "field": "state",
        "type": "nominal",
        "scale": {"domain": list(_FILL), "range": list(_FILL.values())},
        "legend": None,
        "condition": {
            "test": f"indexof({list(COMPARED)}, datum.state) < 0",
            "value": colour.PAPER,
        },
    }
    stroke = {
        "condition": [
            {"test": IS_HIGHLIGHTED, "value": colour.HIGHLIGHT},
            {"test": "datum.state === 'incomplete'", "value": colour.INK},
        ],
        "value": colour.GRID,
    }
    return {
        "data": {"values": grid},
        "mark": {"type": "rect", "strokeWidth": 1, "width": {"band": 0.92}, "height": {"band": 0.88}},
        "encoding": {**place, "fill": fill, "stroke": stroke},
    }


def _columns(names: Mapping[str, str]) -> Spec:
    axis = {
        "orient": "top",
        "title": None,
        "labelAngle": -90,
        "labelExpr": marks.lookup({code: _without_kind(name) for code, name in names.items()}),
        "labelOverlap": False,
        "labelLimit": 230,
        "labelFontWeight": {
            "condition": {"test": "datum.value === selected", "value": "bold"},
            "value": "normal",
        },
        "ticks": False,
        "domain": False,
        "labelPadding": 6,
    }
    codes = list(names)
    return {
        "field": "area",
        "type": "nominal",
        "sort": codes,
        "scale": {"domain": codes, "padding": 0},
        "axis": axis,
    }


def _without_kind(name: str) -> str:
    """A trust's name as it is said: what it shares with all others takes the room of what tells it apart."""
    return name.removesuffix(" NHS Foundation Trust").removesuffix(" NHS Trust")


def _places(order: list[str], labels: Mapping[str, str], is_heading: str, room: int) -> Spec:
    axis = {
        "title": None,
        "minExtent": room,
        "maxExtent": room,
        "labelLimit": room - 10,
        "labelPadding": 10,
        "ticks": False,
        "domain": False,
        "labelOverlap": False,
        "labelExpr": marks.lookup(labels),
        "labelFontWeight": {"condition": {"test": is_heading, "value": "bold"}, "value": "normal"},
    }
    scale = {"domain": order, "padding": 0}
    return {"field": "key", "type": "nominal", "sort": order, "scale": scale, "axis": axis}


def _key(grid: list[dict[str, Any]]) -> str:
    found = {cell["state"] for cell in grid}
    said = "; ".join(f"{sign}: {WORDS[word]}" for word, sign in _SPOKEN_SIGNS.items() if word in found)
    return said[:1].upper() + said[1:] + "." if said else ""


def _description(grid: list[dict[str, Any]], names: Mapping[str, str], country: str) -> str:
    said = f"Heat map of {len(names)} areas, each indicator beside {country}. {in_words(grid, country)}"
    for word in ("better", "worse", "higher", "lower"):
        found = sum(cell["state"] == word for cell in grid)
        said += f" {WORDS[word].capitalize()}: {found}." if found else ""
    return said
