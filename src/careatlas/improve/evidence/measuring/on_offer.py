"""What an area could be tested on, and what its best would look like by luck: worked out once a release, and kept.

Somebody may choose, with all figures before them, the indicator and the date at which their area looks best. So every
other area is given the same choice: its best standardised effect over all indicators and dates on offer is what a
chosen one has to beat. Where the atlas itself found a change (false discovery controlled over all areas and
indicators) something did happen, and that indicator of that area is no placebo.
"""

import functools
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.evidence.measuring.in_turn import InTurn, Truths, every_area_in_turn
from careatlas.methods.change_point import SET_ASIDE
from careatlas.methods.estimate import Numbers
from careatlas.present.persistence import lasting_rows
from careatlas.present.series import BEFORE_AND_AFTER, CHANGED_Q, SPELL, Series, all_series

IMPROVES = {"lower_is_better": ("lower",), "higher_is_better": ("higher",), "neither": ("lower", "higher")}
COLUMNS = (
    *(
        "area",
        "period_start",
        "period_end",
        "count",
        "denominator",
        "expected",
        "value",
        "lower_95",
        "upper_95",
    ),
    *("status", "estimated"),
)
KEPT = ("area", "period_start", "count", "denominator", "value", "status", "estimated")
AS_MANY_LOOKS = 0.9  # of the area's own: a placebo with fewer had less of a choice


class Tried(NamedTuple):
    """An indicator at one area type: its ``series``, the ``rows`` of ``values`` it is made of, the areas in which the
    atlas ``found`` a change or that ``can_serve`` as controls, and every area in turn at each start."""

    series: Series
    rows: pd.DataFrame
    found: Truths
    can_serve: Truths
    starts: dict[int, InTurn]


class Best(NamedTuple):
    """By area: the best standardised effect, and how many indicators and dates it is the best of."""

    effect: dict[str, float]
    looks: dict[str, int]


def area_row(release: Release, area: str) -> dict:
    if area not in release.areas:
        raise NotKnownError(area, "is not an area of this release.", "See: careatlas areas.")
    return release.areas[area]


def polarity(release: Release, indicator: str) -> str:
    if indicator not in release.catalogue["indicators"]:
        raise NotKnownError(
            indicator, "is not an indicator of this release.", "List them: careatlas indicators."
        )
    return release.catalogue["indicators"][indicator]["polarity"]


@functools.lru_cache(maxsize=64)
def tried(release: Release, indicator: str, area_type: str) -> Tried | None:
    """None where no four periods of one length are on file, or too few areas."""
    rows = _values(release, indicator, area_type)
    series = all_series(rows, {indicator: release.catalogue["indicators"][indicator]["method"]})
    if not series:
        return None
    found, can_serve = _what_the_atlas_found(release, series[0])
    fewest, spell = BEFORE_AND_AFTER[series[0].months], SPELL[series[0].months]
    score, chance = series[0].score, series[0].chance
    starts = {
        start: each
        for start in range(fewest, score.shape[1] - fewest + 1)
        if (each := every_area_in_turn(score, chance, start, can_serve, spell, fewest)) is not None
    }
    own = rows.loc[rows["area_type"] == area_type, list(KEPT)].astype(
        {"area": "category", "status": "category"}
    )
    return Tried(series[0], own, found, can_serve, starts)


def start_position(series: Series, starts_on: date) -> int:
    """The first period that lies wholly after a start: below 0, or beyond the last, where what is on file does not
    reach."""
    months = starts_on.year * 12 + starts_on.month - 1 + (starts_on.day > 1)
    return -((series.first_month - months) // series.months)


def _values(release: Release, indicator: str, area_type: str) -> pd.DataFrame:
    where = {"indicator": indicator, "area_type": [area_type, "country"], "sex": "persons", "age_band": "all"}
    frame = release.arrow("values", [*where, *COLUMNS], **where).to_pandas()
    return frame.assign(**{day: pd.to_datetime(frame[day]) for day in ("period_start", "period_end")})


def _what_the_atlas_found(release: Release, series: Series) -> tuple[Truths, Truths]:
    rows = {row["area"]: row for row in lasting_rows(release, series.indicator, series.area_type)}
    q, p = (
        np.array([_number(rows.get(area, {}).get(name)) for area in series.areas])
        for name in ("change_q", "change_p")
    )
    return q <= CHANGED_Q, ~(p < SET_ASIDE)


def _number(value: float | None) -> float:
    return np.nan if value is None else value


@functools.lru_cache(maxsize=32)
def best_of_all(release: Release, area_type: str) -> Best:
    """Of each area of a type, over every indicator, date and better direction on offer."""
    effect: dict[str, float] = {}
    looks: dict[str, int] = {}
    for indicator in _with_series(release, area_type):
        each = tried(release, indicator, area_type)
        if each is None or not each.starts:
            continue
        z = np.stack(
            [
                signed_best(of_start.z, IMPROVES[polarity(release, indicator)])
                for of_start in each.starts.values()
            ]
        )
        for place, area in enumerate(each.series.areas):
            known = z[:, place][~np.isnan(z[:, place])]
            looks[area] = looks.get(area, 0) + len(known)
            if len(known) and not each.found[place]:
                effect[area] = max(effect.get(area, -np.inf), float(known.max()))
    return Best(effect, looks)


@functools.lru_cache(maxsize=32)
def _with_series(release: Release, area_type: str) -> list[str]:
    """The build writes a row of ``persistence`` for every area that has a series."""
    return sorted(
        set(release.arrow("persistence", ["indicator"], area_type=area_type)["indicator"].to_pylist())
    )


def signed_best(z: Numbers, directions: tuple[str, ...]) -> Numbers:
    """Larger is better: in the one direction that is, or in whichever it went."""
    return np.max([-z if direction == "lower" else z for direction in directions], axis=0)


def placebos_of(release: Release, area: str, area_type: str) -> Numbers:
    """The best of every other area of the type that had as many to choose from."""
    best = best_of_all(release, area_type)
    wanted = AS_MANY_LOOKS * best.looks.get(area, 0)
    return np.array([z for other, z in best.effect.items() if other != area and best.looks[other] >= wanted])


def indicators_on_offer(release: Release, area: str) -> list[str]:
    """Those that have enough periods at this area, and enough areas beside it, to be tested at all."""
    return [
        indicator
        for indicator in _with_series(release, area_row(release, area)["area_type"])
        if dates_on_offer(release, indicator, area)
    ]


def dates_on_offer(release: Release, indicator: str, area: str) -> list[date]:
    """First days of the periods that have enough of the area's full returns before and after them, oldest first."""
    polarity(release, indicator)
    each = tried(release, indicator, area_row(release, area)["area_type"])
    if each is None or area not in each.series.areas:
        return []
    place = each.series.areas.index(area)
    return [
        each.series.start(start)
        for start, of_start in each.starts.items()
        if not np.isnan(of_start.effect[place])
    ]
