"""What a reader chose of waiting times: specialty, part, window, people, level, area; and what is shown instead."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pyarrow.compute as pc

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.periods import parse_period, period_name
from careatlas.present.waiting_people import PEOPLE, people_counted
from careatlas.present.waiting_window import PARTS
from careatlas.present.waiting_words import specialty_name
from careatlas.present.waits import waiting_times
from careatlas.web import reading
from careatlas.web.choice import instead_of
from careatlas.web.reading import Row

PROVIDER, COUNTRY, TOTAL = "provider", "country", "total"
USUAL_MONTHS, MOST_MONTHS = 12, 24
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
        at = self.ends.index(self.end)
        places = [end.year * 12 + end.month for end in self.ends[at:]]
        return next((n for n, place in enumerate(places) if place != places[0] - n), len(places))

    def query(self, **changed: str) -> str:
        """The choice as the end of an address."""
        asked = {
            "specialty": self.specialty,
            "part": self.part,
            "months": str(self.months),
            "denominator": self.people,
            "area_type": self.area_type,
            "area": self.area_code,
            "period": self.period,
        } | changed
        return "?" + urlencode({name: text for name, text in asked.items() if text})


def choose(release: Release, asked: Mapping[str, str]) -> WaitsChoice:
    """The nearest choice to the one asked for, with a notice where it differs.

    Raises NotKnownError for a specialty, part, level, area, kind of people or number of months that is not known.
    """
    notices: list[str] = []
    specialty = _one_of(specialties(release), asked.get("specialty") or TOTAL, "a specialty of this release")
    part = _one_of(PARTS, asked.get("part") or "completed", "a part of the pathways")
    levels = levels_of(release)
    area = reading.area(release, asked["area"]) if asked.get("area") else None
    wanted = asked.get("area_type") or (
        area["area_type"] if area and area["area_type"] in levels else levels[0]
    )
    area_type = _one_of(levels, wanted, "a level of waiting times")
    if area and area["area_type"] != area_type:
        area = instead_of(release, area, area_type, notices)
    ends = ends_on_file(release, specialty, part)
    end = _end(ends, asked.get("period", ""), notices)
    kinds = [kind for kind in PEOPLE if people_counted(release, kind, area_type, end)[1]] or [PEOPLE[0]]
    people = _one_of(PEOPLE, asked.get("denominator") or kinds[0], "a way to count people")
    if people not in kinds:
        notices.append(f"{people.replace('_', '-').capitalize()} people are not on file at this level.")
        people = kinds[0]
    choice = WaitsChoice(specialty, part, 1, people, area_type, area, end, ends, kinds, notices)
    months = _months(asked.get("months", ""), min(USUAL_MONTHS, choice.run))
    if months > choice.run and part != "incomplete":
        follow = f"{choice.run} follow one another up to" if choice.run > 1 else "1 is on file there:"
        notices.append(
            f"Of the {months} months asked for only {follow} {period_name(end.replace(day=1), end)}."
        )
    return replace(choice, months=min(months, choice.run))


def choose_exactly(release: Release, asked: Mapping[str, str]) -> WaitsChoice:
    """The same for charts and downloads, where showing something else than asked would mislead."""
    choice = choose(release, asked)
    if choice.notices:
        raise NotKnownError("waiting times", choice.notices[0], "Choose again on the page of waiting times.")
    return choice


@functools.lru_cache(maxsize=128)
def rows_of(
    release: Release, specialty: str, part: str, area_type: str, months: int, period: str
) -> tuple[Row, ...]:
    """The rows of one choice: pages, their charts and downloads all ask here."""
    return tuple(waiting_times(release, specialty, part, area_type, months, period))


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


@functools.lru_cache(maxsize=4)
def specialties(release: Release) -> list[str]:
    """Those on file, all together first."""
    found = release.arrow("waits", ["specialty"], area_type=COUNTRY)["specialty"].unique().to_pylist()
    return sorted(found, key=lambda one: (one != TOTAL, one))


@functools.lru_cache(maxsize=4)
def levels_of(release: Release) -> list[str]:
    """Levels of areas with waits, finest first; providers have a page of their own."""
    found = set(pc.unique(release.arrow("waits", ["area_type"], specialty=TOTAL)["area_type"]).to_pylist())
    found -= {PROVIDER, COUNTRY}
    if not found:
        raise NotKnownError(
            "Waiting times",
            "have no figures in this release.",
            "Build with the monthly full extracts of waits.",
        )
    return sorted(found, key=lambda one: release.catalogue["area_types"][one]["order"])


@functools.lru_cache(maxsize=256)
def ends_on_file(release: Release, specialty: str, part: str) -> list[date]:
    """Last days of the months on file, latest first."""
    given = [
        set(
            release.arrow("waits", ["period_end"], specialty=specialty, part=one, area_type=COUNTRY)[
                "period_end"
            ].to_pylist()
        )
        for one in PARTS[part]
    ]
    ends = sorted(set.intersection(*given), reverse=True)
    if not ends:
        raise NotKnownError(
            specialty_name(specialty), "has no months with this part on file.", "Choose another part."
        )
    return ends


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


def _one_of(known: Any, wanted: str, what: str) -> str:
    if wanted not in known:
        raise NotKnownError(wanted, f"is not {what}.", f"Known are {', '.join(known)}.")
    return wanted
