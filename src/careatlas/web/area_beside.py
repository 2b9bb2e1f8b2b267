"""An area beside others over all indicators: the heat map of its page.

With whom an area may be held: the areas under the same area above, those most like it in their people, a set of
the reader's own (its address keeps it), or its own parts. Each is a group that the page switches between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present import heat_map
from careatlas.present.peers import chosen_peers
from careatlas.present.theme import Spec
from careatlas.web import own_peers, reading
from careatlas.web.current import source_line
from careatlas.web.pages import lower_first
from careatlas.web.pictures import pictures
from careatlas.web.reading import Row
from careatlas.web.template_words import heading

OWN_SET = "own"


@dataclass(frozen=True)
class Group:
    """Areas of one type to be shown together, in the order shown. ``short``: its name among the groups.

    ``named``: codes of a set of the reader's own, all of them, of which no more are shown than can be read.
    """

    id: str
    short: str
    title: str
    areas: list[Row]
    named: tuple[str, ...] = ()

    @property
    def area_type(self) -> str:
        return self.areas[0]["area_type"]

    @property
    def names(self) -> dict[str, str]:
        return {area["code"]: area["name"] for area in self.areas}

    @property
    def query(self) -> str:
        """The group as the end of an address; a set of one's own names its areas."""
        named = own_peers.address(self.named)
        return "&".join(part for part in (urlencode({"beside": self.id}), named) if part)


def groups(release: Release, own: Row, given: Sequence[str] = ()) -> list[Group]:
    """The groups an area has, the first shown where none is asked for; none with too many to tell apart.

    ``given``: codes or names of a set of the reader's own. Raises NotKnownError where it names what is no area.
    """
    found = [_under_the_same(release, own), _most_like_it(release, own), *_parts(release, own)]
    if given:
        found.insert(0, _own_choice(release, own, chosen_peers(release, own["code"], given)))
    return [group for group in found if 2 <= len(group.areas) <= heat_map.MOST_AREAS]


def _own_choice(release: Release, own: Row, codes: Sequence[str]) -> Group:
    """The reader's own set; of a larger one than can be drawn the first, and the title says how many."""
    shown = codes[: heat_map.MOST_AREAS - 1]
    cut = f": the first {len(shown)} of {len(codes)}" if len(shown) < len(codes) else ""
    title = f"{own['name']} beside areas of your own choice{cut}"
    return Group(
        OWN_SET, "Your own peers", title, [own, *(release.areas[code] for code in shown)], tuple(codes)
    )


def heat_spec(release: Release, code: str, asked: QueryDict, width: int) -> Spec:
    own = reading.area(release, code)
    group = group_asked(release, own, asked)
    indicators = indicators_of(release, group.area_type)
    rows, compared = latest_rows(release, indicators, group)
    indicators = _with_rows(indicators, rows)
    return heat_map.heat_map(
        rows,
        compared,
        indicators,
        group.names,
        {one["theme"]: heading(one["theme"]) for one in indicators.values()},
        title=group.title,
        country=reading.country(release)["name"],
        source=source_line(release, None),
        selected=own["code"],
        width=width,
    )


def group_asked(release: Release, own: Row, asked: QueryDict) -> Group:
    """The group that an address asks for, exactly: showing another would mislead."""
    wanted = asked.get("beside", "")
    found = {group.id: group for group in groups(release, own, own_peers.asked_for(asked))}
    if wanted not in found:
        raise NotKnownError(wanted, f"is no group of {own['name']}.", "Choose again on the area's page.")
    return found[wanted]


def heat_section(release: Release, own: Row, asked: QueryDict) -> dict[str, Any] | None:
    """The heat map's part of an area's page; None for an area that nobody is to be held beside."""
    own_set = own_peers.asked_for(asked)
    found = groups(release, own, own_set)
    wanted = asked.get("beside", "")
    group = next((one for one in found if one.id == wanted), found[0] if found else None)
    if group is None:
        return None
    indicators = indicators_of(release, group.area_type)
    rows, compared = latest_rows(release, indicators, group)
    indicators = _with_rows(indicators, rows)
    grid = heat_map.cells(rows, compared, indicators, group.names)
    kept = f"&{own_peers.address(own_set)}" if own_set else ""
    switch = [
        {"title": one.short, "here": one.id == group.id}
        | {"address": f"/areas/{own['code']}/?{one.query}{'' if one.id == OWN_SET else kept}#heat"}
        for one in found
    ]
    return {
        "title": group.title,
        "sentence": heat_map.in_words(grid, reading.country(release)["name"]),
        "areas": [
            {"name": area["name"], "code": area["code"], "own": area["code"] == own["code"]}
            for area in group.areas
        ],
        "themes": _table(grid, indicators, group),
        "figure": figure_of(release, own, "heat", group.title, group.query)
        | {"switch": switch if len(switch) > 1 else [], "switch_of": "With whom to compare"}
        | {"csv": f"/data/areas/{own['code']}/heat.csv?{group.query}"},
    }


def csv_rows(release: Release, code: str, asked: QueryDict) -> list[Row]:
    """What the heat map shows: each area's value with its limits, and how it stands to the country."""
    group = group_asked(release, reading.area(release, code), asked)
    indicators = indicators_of(release, group.area_type)
    values, compared = latest_rows(release, indicators, group)
    against = {(row["indicator"], row["area"]): row for row in compared if row["benchmark"] == "national"}
    return [
        {column: row[column] for column in _OF_VALUE}
        | {"name": group.names[row["area"]]}
        | {column: (against.get((row["indicator"], row["area"])) or {}).get(column) for column in _COMPARED}
        for row in values
    ]


_OF_VALUE = (
    "indicator",
    "area_type",
    "area",
    "period_start",
    "period_end",
    "count",
    "denominator",
    "value",
    "lower_95",
    "upper_95",
    "status",
    "note",
)
_COMPARED = ("benchmark_name", "benchmark_value", "significance", "limits")


def indicators_of(release: Release, area_type: str) -> dict[str, dict[str, Any]]:
    """Indicators with figures at this level, by theme and then title."""
    known = [
        one
        for one in reading.indicators_with_values(release)
        if area_type in reading.area_types_of(release, one["id"])
    ]
    return {one["id"]: one for one in sorted(known, key=lambda one: (one["theme"], one["short_title"]))}


def latest_rows(
    release: Release, indicators: dict[str, dict[str, Any]], group: Group
) -> tuple[list[Row], list[Row]]:
    """Values and comparisons of the group's areas, each indicator in its latest period at this level."""
    values, compared = [], []
    for key in indicators:
        for found, table in ((values, "values"), (compared, "comparisons")):
            of_all = reading.latest_by_area(release, table, key, group.area_type)
            found += [row for code in group.names for row in of_all.get(code, ())]
    return values + not_submitted(release, indicators, group, values), compared


def not_submitted(
    release: Release, indicators: dict[str, dict[str, Any]], group: Group, values: list[Row]
) -> list[Row]:
    """Rows for those found absent from a table in the period: who did not report has no row, and is missing."""
    known = {(row["indicator"], row["area"]) for row in values}
    absent = [row for row in release.rows("completeness", status="absent") if row["submitter"] in group.names]
    found = []
    for row in absent:
        for key, indicator in indicators.items():
            period = reading.latest_period(release, key, group.area_type)
            is_of_period = row["period_start"] <= period.end and period.start <= row["period_end"]
            is_of_table = row["source"] == indicator["numerator"]["table"]
            if is_of_table and is_of_period and (key, row["submitter"]) not in known:
                found.append(
                    dict.fromkeys(_OF_VALUE)
                    | {"indicator": key, "area_type": group.area_type, "area": row["submitter"]}
                    | {"period_start": period.start, "period_end": period.end}
                    | {"status": "missing", "note": row["evidence"]}
                )
    return found


def _under_the_same(release: Release, own: Row) -> Group:
    parent = release.areas.get(own["parent_code"]) if own["parent_code"] else None
    members = [
        area
        for area in reading.areas_by_type(release).get(own["area_type"], [])
        if parent and area["parent_code"] == parent["code"] and area["code"] != own["code"]
    ]
    above = parent["name"] if parent else ""
    return Group("parent", f"In {above}", f"{own['name']} beside the others in {above}", [own, *members])


def _most_like_it(release: Release, own: Row) -> Group:
    """Its good matches only: an area that nobody is like is held against nobody."""
    areas = [release.areas[code] for code in chosen_peers(release, own["code"])]
    return Group("peers", "Most like it", f"{own['name']} beside those most like it", [own, *areas])


def _parts(release: Release, own: Row) -> list[Group]:
    """What lies directly in the area, one group a type."""
    found = []
    for area_type, areas in reading.areas_by_type(release).items():
        members = [area for area in areas if area["parent_code"] == own["code"]]
        plural = release.catalogue["area_types"][area_type]["plural"]
        title = f"The {lower_first(plural)} in {own['name']}"
        found.append(Group(area_type, f"{plural} in it", title, members))
    return found


def _with_rows(indicators: dict[str, dict[str, Any]], rows: list[Row]) -> dict[str, dict[str, Any]]:
    """Without those that none of the areas is counted in, as few hospitals have an A&E."""
    counted = {row["indicator"] for row in rows}
    return {key: one for key, one in indicators.items() if key in counted}


def _table(
    grid: list[dict[str, Any]], indicators: dict[str, dict[str, Any]], group: Group
) -> list[dict[str, Any]]:
    """The heat map as rows under headings; each cell a sign, a figure with its limits, and the words."""
    by_key: dict[str, list[dict[str, Any]]] = {}
    for cell in grid:
        by_key.setdefault(cell["key"], []).append(
            cell
            | {"sign": heat_map.TEXT_SIGNS[cell["state"]], "has_value": cell["limits"] != "none"}
            | {"say": cell["compared"] if cell["state"] not in ("missing", "hidden", "absent") else ""}
        )
    themes: dict[str, list[dict[str, Any]]] = {}
    for key, of_row in by_key.items():
        period = next((cell["period_name"] for cell in of_row if cell["period_name"] != "none"), "")
        address = f"/indicators/{key}/?area_type={group.area_type}"
        row = {"title": indicators[key]["short_title"], "unit": indicators[key]["unit"], "period": period}
        themes.setdefault(indicators[key]["theme"], []).append(row | {"address": address, "cells": of_row})
    return [{"title": heading(theme), "rows": rows} for theme, rows in themes.items()]


def figure_of(release: Release, own: Row, chart: str, said: str, query: str) -> dict[str, Any]:
    base = f"/charts/{release.id}/areas/{own['code']}/{chart}"
    return {
        "name": chart,
        "title": "",
        "alt": f"{said}. The table below has the same numbers.",
        **pictures(base, f"?{query}" if query else "", "desk"),
        "link": f"/areas/{own['code']}/" + (f"?{query}" if query else ""),
    }
