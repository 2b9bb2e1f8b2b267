"""What a reader chose of an indicator (level, area, period), and what is shown where it cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.periods import parse_period, period_code
from careatlas.web import reading
from careatlas.web.reading import Period, Row


@dataclass(frozen=True)
class Choice:
    """``area`` None: the whole country. ``notices`` say where the choice shown is not the one asked for."""

    indicator: dict[str, Any]
    area_type: str
    area: Row | None
    period: Period
    periods: list[Period]
    rows: pa.Table
    notices: list[str] = field(default_factory=list)

    @property
    def area_code(self) -> str:
        return self.area["code"] if self.area else ""

    def query(self, **changed: str) -> str:
        """The choice as the end of an address; only what is chosen is named."""
        asked = {"area_type": self.area_type, "area": self.area_code, "period": self.period.code} | changed
        return "?" + urlencode({name: text for name, text in asked.items() if text})

    def table_query(self, *, area: bool = False, period: bool = True) -> str:
        """The filter of a table (CSV, API) that gives the rows shown; ``area``: of the chosen area only."""
        asked = {"indicator": self.indicator["id"], "area_type": self.area_type}
        asked |= {"area": self.area_code} if area and self.area else {}
        asked |= {"period": self.period.code} if period else {}
        return "?" + urlencode(asked)


def choose(release: Release, indicator_id: str, asked: Mapping[str, str]) -> Choice:
    """The nearest choice to the one asked for, with a notice where it differs.

    Raises NotKnownError for an indicator, area or area type that the release does not know.
    """
    notices: list[str] = []
    indicator = reading.indicator(release, indicator_id)
    levels = reading.area_types_of(release, indicator_id)
    if not levels:
        raise NotKnownError(
            indicator["title"], "has no figures in this release.", "Build with the files it is counted from."
        )
    area = reading.area(release, asked["area"]) if asked.get("area") else None
    area_type = _level(release, levels, asked.get("area_type", ""), area)
    if area and area["area_type"] != area_type:
        area = instead_of(release, area, area_type, notices)
    rows = reading.values(release, indicator_id, area_type)
    period = _period(rows, asked.get("period", ""), notices)
    return Choice(indicator, area_type, area, period, reading.periods(rows), rows, notices)


def choose_exactly(release: Release, indicator_id: str, asked: Mapping[str, str]) -> Choice:
    """The same for charts and links, where showing something else than asked would mislead."""
    choice = choose(release, indicator_id, asked)
    if choice.notices:
        raise NotKnownError(indicator_id, choice.notices[0], "Choose again on the indicator's page.")
    return choice


def _level(release: Release, levels: list[str], wanted: str, area: Row | None) -> str:
    """The level asked for, else the area's own or that of the body it lies in, else the indicator's first."""
    if wanted:
        if wanted not in levels:
            raise NotKnownError(wanted, "is not a level of this indicator.", f"Levels: {', '.join(levels)}.")
        return wanted
    for place in _with_parents(release, area):
        if place["area_type"] in levels:
            return place["area_type"]
    return levels[0]


def instead_of(release: Release, area: Row, area_type: str, notices: list[str]) -> Row | None:
    """The body of the wanted type that the area lies in; the whole country (None) where there is none."""
    if area["area_type"] == "country":
        return None
    instead = next((place for place in _with_parents(release, area) if place["area_type"] == area_type), None)
    title = release.catalogue["area_types"][area_type]["plural"]
    shown = instead["name"] if instead else reading.country(release)["name"]
    notices.append(f"{area['name']} is not one of the {title[:1].lower()}{title[1:]}: {shown} is shown.")
    return instead


def _with_parents(release: Release, area: Row | None) -> list[Row]:
    found: list[Row] = []
    while area is not None and area not in found:
        found.append(area)
        area = release.areas.get(area["parent_code"])
    return found


def _period(rows: pa.Table, wanted: str, notices: list[str]) -> Period:
    otherwise = reading.latest(rows)
    if not wanted:
        return otherwise
    try:
        code = period_code(*parse_period(wanted))
    except NotKnownError as fault:
        notices.append(f"{fault.found} {otherwise.name} is shown.")
        return otherwise
    on_file = next((period for period in reading.periods(rows) if period.code == code), None)
    if on_file is None:
        notices.append(f"There are no figures for {wanted} at this level. {otherwise.name} is shown.")
    return on_file or otherwise
