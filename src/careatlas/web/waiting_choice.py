"""What a reader chose of waiting times: specialty, part, window, people, level, area; and what is shown instead."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.periods import parse_period, period_name
from careatlas.present.waiting_on_file import (
    COUNTRY,
    MOST_MONTHS,
    TOTAL,
    USUAL_MONTHS,
    ends_on_file,
    in_a_row_in_words,
    levels_of,
    months_in_a_row,
    one_of,
    rows_of,
    specialties,
)
from careatlas.present.waiting_people import PEOPLE, people_counted
from careatlas.present.waiting_window import PARTS
from careatlas.present.waiting_words import specialty_name
from careatlas.web import reading
from careatlas.web.choice import instead_of
from careatlas.web.reading import Row

MONTHS = (1, 3, 6, 12, 24)


@dataclass(frozen=True)
class WaitsChoice:
    """``area`` None: the whole country. ``end``: last day of the window. ``ends`` on file, latest first.
    ``notices`` say where the choice shown is not the one asked for."""

    specialty: str
    part: str
    months: int
    people: str
    area_type: str
    area: Row | None
    end: date
    ends: list[date]
    kinds_of_people: list[str]
    notices: list[str] = field(default_factory=list)

    @property
    def area_code(self) -> str:
        return self.area["code"] if self.area else ""

    @property
    def period(self) -> str:
        return f"{self.end:%Y-%m}"

    @property
    def run(self) -> int:
        """How many months on file follow one another up to the last of the window, itself included."""
        return months_in_a_row(self.ends, self.end)

    def query(self, **changed: str) -> str:
        """The choice as the end of an address."""
        parts = self._parts_of_query | {
            name: urlencode({name: text}) if text else "" for name, text in changed.items()
        }
        return "?" + "&".join(filter(None, parts.values()))

    @functools.cached_property
    def _parts_of_query(self) -> dict[str, str]:
        """A page has an address for each of its areas, which differ in one part only."""
        asked = {
            "specialty": self.specialty,
            "part": self.part,
            "months": str(self.months),
            "denominator": self.people,
            "area_type": self.area_type,
            "area": self.area_code,
            "period": self.period,
        }
        return {name: urlencode({name: text}) if text else "" for name, text in asked.items()}


def choose(release: Release, asked: Mapping[str, str]) -> WaitsChoice:
    """The nearest choice to the one asked for, with a notice where it differs.

    Raises NotKnownError for a specialty, part, level, area, kind of people or number of months that is not known.
    """
    notices: list[str] = []
    specialty = one_of(specialties(release), asked.get("specialty") or TOTAL, "a specialty of this release")
    part = one_of(PARTS, asked.get("part") or "completed", "a part of the pathways")
    levels = levels_of(release)
    area = reading.area(release, asked["area"]) if asked.get("area") else None
    wanted = asked.get("area_type") or (
        area["area_type"] if area and area["area_type"] in levels else levels[0]
    )
    area_type = one_of(levels, wanted, "a level of waiting times")
    if area and area["area_type"] != area_type:
        area = instead_of(release, area, area_type, notices)
    ends = ends_on_file(release, specialty, part)
    end = _end(ends, asked.get("period", ""), notices)
    kinds = [kind for kind in PEOPLE if people_counted(release, kind, area_type, end)[1]] or [PEOPLE[0]]
    people = one_of(PEOPLE, asked.get("denominator") or kinds[0], "a way to count people")
    if people not in kinds:
        notices.append(f"{people.replace('_', '-').capitalize()} people are not on file at this level.")
        people = kinds[0]
    choice = WaitsChoice(specialty, part, 1, people, area_type, area, end, ends, kinds, notices)
    months = _months(asked.get("months", ""), min(USUAL_MONTHS, choice.run))
    if months > choice.run and part != "incomplete":
        said = in_a_row_in_words(months, choice.run)
        notices.append(f"{said} {period_name(end.replace(day=1), end)}.")
    return replace(choice, months=min(months, choice.run))


def choose_exactly(release: Release, asked: Mapping[str, str]) -> WaitsChoice:
    """The same for charts and downloads, where showing something else than asked would mislead."""
    choice = choose(release, asked)
    if choice.notices:
        raise NotKnownError("waiting times", choice.notices[0], "Choose again on the page of waiting times.")
    return choice


def own_rows(release: Release, choice: WaitsChoice) -> tuple[Row, ...]:
    return rows_of(release, choice.specialty, choice.part, choice.area_type, choice.months, choice.period)


def country_rows(release: Release, choice: WaitsChoice) -> tuple[Row, ...]:
    return rows_of(release, choice.specialty, choice.part, COUNTRY, choice.months, choice.period)


def form_of(release: Release, choice: WaitsChoice) -> dict[str, Any]:
    """What may be chosen. It needs no script: the form is sent with its button."""
    titles = release.catalogue["area_types"]
    found = specialties(release)
    return {
        "specialties": [{"id": one, "title": specialty_name(one)} for one in found],
        "levels": [{"id": one, "title": titles[one]["plural"]} for one in levels_of(release)],
        "areas": reading.areas_by_type(release).get(choice.area_type, []),
        "periods": [
            {"code": f"{end:%Y-%m}", "name": period_name(end.replace(day=1), end)} for end in choice.ends
        ],
        "months": sorted({choice.months, *(n for n in MONTHS if n <= choice.run)}),
    }


def _end(ends: list[date], wanted: str, notices: list[str]) -> date:
    if not wanted:
        return ends[0]
    shown = f"{period_name(ends[0].replace(day=1), ends[0])} is shown."
    try:
        first, last = parse_period(wanted)
    except NotKnownError as fault:
        notices.append(f"{fault.found} {shown}")
        return ends[0]
    if last not in ends or first != last.replace(day=1):
        notices.append(f"There are no figures for {wanted} of this part. {shown}")
        return ends[0]
    return last


def _months(wanted: str, usual: int) -> int:
    if not wanted:
        return usual
    if wanted not in map(str, range(1, MOST_MONTHS + 1)):
        raise NotKnownError("months", f'"{wanted}" is not a number from 1 to {MOST_MONTHS}.', "Leave it out.")
    return int(wanted)
