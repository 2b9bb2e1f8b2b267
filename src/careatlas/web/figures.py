"""Which charts a page has, their addresses, and their specifications made from the release's rows."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present import charts, maps
from careatlas.present.numbers import is_full_return
from careatlas.present.spine import spine as draw_spine
from careatlas.present.theme import DESK, PHONE, Spec
from careatlas.web import over_time_figures, reading, why_figures
from careatlas.web.choice import Choice
from careatlas.web.current import source_line
from careatlas.web.pictures import pictures
from careatlas.web.reading import Row

PAGE = 540  # pixels: half of a page, where two charts stand side by side
WIDTHS = {"page": PAGE, "phone": PHONE, "desk": DESK}
TITLES = {
    "map": "Map",
    "hexagons": "Map of equal areas",
    "ranked": "Areas in order",
    "trend": "Trend",
    "distribution": "Spread between areas",
}
SUMMARY = {
    "lowest": 0,
    "centile_5": 5,
    "lower_quartile": 25,
    "median": 50,
    "upper_quartile": 75,
    "centile_95": 95,
    "highest": 100,
}  # name of a column of the table under the chart: percentile


def of_indicator(release: Release, choice: Choice, wanted_map: str) -> dict[str, Any]:
    """The figures of an indicator's page: areas compared (on a map if there is one, in order), then time."""
    kinds = maps_of(release, choice.area_type)
    compare = []
    if kinds:
        shown = wanted_map if wanted_map in kinds else kinds[0]
        switch = [
            {"title": _MAP_TITLES[kind], "address": f"{choice.query(map=kind)}#{kind}", "here": kind == shown}
            for kind in kinds
        ]
        compare.append(_figure(release, choice, shown) | {"switch": switch if len(kinds) > 1 else []})
    compare.append(_figure(release, choice, "ranked", "page" if compare else "desk"))
    return {
        "compare": compare,
        "has_map": bool(kinds),
        "trend": _figure(release, choice, "trend"),
        "distribution": _figure(release, choice, "distribution"),
    }


def maps_of(release: Release, area_type: str) -> list[str]:
    """The kinds of map that this level can be drawn on."""
    areas = reading.areas_by_type(release).get(area_type, [])
    kinds = ["map"] if release.boundaries(area_type) else []
    return kinds + (["hexagons"] if any(area["hex_q"] is not None for area in areas) else [])


def spec(release: Release, choice: Choice, chart: str, width: int) -> Spec:
    """The specification of one chart of an indicator."""
    if chart not in _CHARTS:
        raise NotKnownError(chart, "is not a chart of an indicator.", f"Charts: {', '.join(_CHARTS)}.")
    return _CHARTS[chart](release, choice, width)


def spine(release: Release, code: str, width: int) -> Spec:
    """An area's indicators between the worst and the best area, the country in the middle."""
    area = reading.area(release, code)
    values, comparisons = latest_of_area(release, area)
    others = [row for own in values for row in _same_period(release, own, area["area_type"])]
    national = [row for own in values for row in _same_period(release, own, "country")]
    return draw_spine(
        values,
        others,
        _by_theme(release),
        area["name"],
        national=national,
        country=reading.country(release)["name"],
        comparisons=comparisons,
        source=source_line(release, None),
        width=width,
    )


def latest_of_area(release: Release, area: Row) -> tuple[list[Row], list[Row]]:
    """The area's latest row of each indicator that has it, and those rows' comparisons."""
    values, comparisons = [], []
    for indicator in reading.indicators_with_values(release):
        where = (indicator["id"], area["area_type"])
        latest = reading.latest_by_area(release, "values", *where).get(area["code"])
        if latest:
            values += latest
            comparisons += reading.latest_by_area(release, "comparisons", *where).get(area["code"], [])
        elif own := reading.of_area(reading.values(release, *where), area["code"]):
            values.append(own[-1])
            now = reading.in_period(reading.comparisons(release, *where), _period(own[-1]))
            comparisons += [row for row in now if row["area"] == area["code"]]
    return values, comparisons


def _same_period(release: Release, own: Row, area_type: str) -> list[Row]:
    return reading.in_period(reading.values(release, own["indicator"], area_type), _period(own))


def _period(row: Row) -> reading.Period:
    return reading.Period(row["period_start"], row["period_end"])


def _by_theme(release: Release) -> dict[str, dict[str, Any]]:
    indicators = release.catalogue["indicators"]
    return dict(sorted(indicators.items(), key=lambda pair: (pair[1]["theme"], pair[1]["short_title"])))


def summary(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Percentiles of the areas with a full return; None where no area has one."""
    counted = [row["value"] for row in rows if is_full_return(row) and row["value"] is not None]
    if not counted:
        return None
    at = np.percentile(counted, list(SUMMARY.values())).tolist()
    return {"areas": len(counted)} | dict(zip(SUMMARY, at, strict=True))


_MAP_TITLES = {"map": "True outlines", "hexagons": "Equal areas"}


def _figure(release: Release, choice: Choice, chart: str, width: str = "page") -> dict[str, Any]:
    base = f"/charts/{release.id}/{choice.indicator['id']}/{chart}"
    page = f"/indicators/{choice.indicator['id']}/"
    return {
        "name": chart,
        "title": TITLES[chart],
        "alt": f"{TITLES[chart]}: {choice.indicator['title']}. The table below has the same numbers.",
        **pictures(base, choice.query(), width),
        "csv": f"/data/values.csv{_rows_of(choice, chart)}",
        "link": page + choice.query(**({"map": chart} if chart in _MAP_TITLES else {})),
    }


def _rows_of(choice: Choice, chart: str) -> str:
    """The filter that gives the rows the chart is drawn from."""
    every_period = chart in ("trend", "distribution")
    return choice.table_query(area=chart == "trend", period=not every_period)


def _map(release: Release, choice: Choice, width: int) -> Spec:
    outlines = release.boundaries(choice.area_type)
    if outlines is None:
        raise NotKnownError(
            choice.area_type, "has no outlines in this release.", "Ask for hexagons or ranked."
        )
    return maps.choropleth(outlines, *_areas_now(release, choice), **_said(release, choice, width))


def _hexagons(release: Release, choice: Choice, width: int) -> Spec:
    areas = reading.areas_by_type(release).get(choice.area_type, [])
    placed = [area for area in areas if area["hex_q"] is not None]
    if not placed:
        raise NotKnownError(choice.area_type, "has no hexagons in this release.", "Ask for ranked.")
    return maps.hexagon_map(placed, *_areas_now(release, choice), **_said(release, choice, width))


def _ranked(release: Release, choice: Choice, width: int) -> Spec:
    compared = reading.comparisons(release, choice.indicator["id"], choice.area_type)
    whole = reading.country(release)
    national = reading.in_period(reading.values(release, choice.indicator["id"], "country"), choice.period)
    return charts.ranked_bars(
        *_areas_now(release, choice),
        national=national[0] if national else None,
        country=whole["name"],
        comparisons=reading.in_period(compared, choice.period),
        **_said(release, choice, width),
    )


def _trend(release: Release, choice: Choice, width: int) -> Spec:
    whole = reading.country(release)
    rows = reading.values(release, choice.indicator["id"], "country")
    national = reading.of_area(rows, whole["code"])
    own = reading.of_area(choice.rows, choice.area["code"]) if choice.area else national
    return charts.trend(
        own,
        choice.indicator,
        (choice.area or whole)["name"],
        national=national if choice.area else (),
        country=whole["name"],
        source=source_line(release, choice.indicator),
        width=width,
    )


def _distribution(release: Release, choice: Choice, width: int) -> Spec:
    rows = choice.rows.to_pylist()
    return charts.distribution_over_time(
        rows, choice.indicator, _names(release, rows), **_said(release, choice, width)
    )


_CHARTS: dict[str, Callable[[Release, Choice, int], Spec]] = {
    "map": _map,
    "hexagons": _hexagons,
    "ranked": _ranked,
    "trend": _trend,
    "distribution": _distribution,
    "shares": why_figures.shares,
    "gap": why_figures.gap,
    "fifths": why_figures.fifths,
    "spc": over_time_figures.spc_spec,
}


def _areas_now(release: Release, choice: Choice) -> tuple[list[Row], dict[str, Any], dict[str, str]]:
    rows = reading.in_period(choice.rows, choice.period)
    return rows, choice.indicator, _names(release, rows)


def _names(release: Release, rows: Sequence[Row]) -> dict[str, str]:
    codes = {row["area"] for row in rows}
    return {code: release.areas[code]["name"] if code in release.areas else code for code in codes}


def _said(release: Release, choice: Choice, width: int) -> dict[str, Any]:
    return {
        "source": source_line(release, choice.indicator),
        "selected": choice.area_code or None,
        "width": width,
    }
