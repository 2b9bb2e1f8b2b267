"""What a release holds of waiting times, and one choice of it: pages, downloads, the API and commands all ask here."""

import functools
from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow.compute as pc

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.waiting_window import PARTS
from careatlas.present.waiting_words import specialty_name
from careatlas.present.waits import waiting_times

Row = dict[str, Any]
PROVIDER, COUNTRY, TOTAL = "provider", "country", "total"
USUAL_MONTHS, MOST_MONTHS = 12, 24


@functools.lru_cache(maxsize=128)
def rows_of(
    release: Release, specialty: str, part: str, area_type: str, months: int, period: str
) -> tuple[Row, ...]:
    """The rows of one choice."""
    return tuple(waiting_times(release, specialty, part, area_type, months, period))


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


def months_in_a_row(ends: list[date], end: date) -> int:
    """How many months on file follow one another up to the one that ends on this day, itself included."""
    places = [each.year * 12 + each.month for each in ends[ends.index(end) :]]
    return next((n for n, place in enumerate(places) if place != places[0] - n), len(places))


def in_a_row_in_words(months: int, run: int) -> str:
    """Why a window is shorter than the months asked for."""
    follow = f"{run} follow one another up to" if run > 1 else "1 is on file there:"
    return f"Of the {months} months asked for only {follow}"


def one_of(known: Iterable[str], wanted: str, what: str) -> str:
    if wanted not in known:
        raise NotKnownError(wanted, f"is not {what}.", f"Known are {', '.join(known)}.")
    return wanted
