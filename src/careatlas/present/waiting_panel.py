"""Rates of pathways month by month: what ranks over time, gaps between neighbours and persistence are made of.

Only full returns are in it; a month that an area did not report in full is missing from its line, and the months
are those that follow one another up to the last one asked for, two years at most.
"""

import functools
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from careatlas.engine.release import Release
from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.estimate import Numbers
from careatlas.methods.persistence import Persistence, persistence
from careatlas.methods.placing import ENOUGH_PERIODS, Placing, placing, scores_by_method
from careatlas.methods.rank_persistence import Transitions, chance_transitions, transitions
from careatlas.methods.waterfall import come_and_go
from careatlas.present.gaps import Panel, Row, gap_pairs, panel
from careatlas.present.waiting_people import people_counted
from careatlas.present.waiting_window import months_of

MOST_MONTHS = 24
FEWEST_MONTHS, MOST_PERIODS = 4, 8  # for persistence
METHOD, PER = "crude_rate", 1000
CHANCE_COUNTRIES = 100  # simulated, for what chance alone keeps in a fifth


class Lasting(NamedTuple):
    """How lasting the differences between areas are over the ``months`` of a panel, taken ``together`` so many at a
    time. ``runs``: by area, the most months in a row beyond 95 % limits on one side of the average; ``moved`` from the
    first to the last period, fifth to fifth, lowest first, beside the shares by ``chance``; ``deviation`` [area] from
    the average over all months, a logarithm."""

    months: int
    together: int
    found: Persistence
    runs: dict[str, int]
    deviation: Numbers
    moved: Transitions
    chance: Numbers


@functools.lru_cache(maxsize=32)
def monthly(
    release: Release, specialty: str, part: str, area_type: str, people: str, end: date, months: int
) -> Panel:
    """Pathways per 1,000 of these ``people``, of each of so many months up to the one that ends on this day."""
    areas, ends, pathways = months_of(release, specialty, part, area_type, end, months)
    _, counted = people_counted(release, people, area_type, end)
    heads = np.broadcast_to([counted.get(area, np.nan) for area in areas], pathways.shape)
    rate = crude_rate(pathways, heads, multiplier=PER)
    days = np.repeat(np.array(ends, dtype="datetime64[D]"), len(areas))
    known = ~np.isnan(rate.value).ravel()
    table = pa.table(
        {
            "area": np.tile(np.array(areas, dtype=object), len(ends))[known],
            "period_start": pa.array(days.astype("datetime64[M]").astype("datetime64[D]")[known]),
            "period_end": pa.array(days[known]),
            "status": ["reported"] * int(known.sum()),
            "estimated": [False] * int(known.sum()),
            "value": rate.value.ravel()[known],
            "lower_95": rate.lower.ravel()[known],
            "upper_95": rate.upper.ravel()[known],
            "count": pathways.ravel()[known],
            "denominator": heads.ravel()[known],
        }
    )
    return panel(table, (end.replace(day=1), end))


@functools.lru_cache(maxsize=64)
def month_to_month(release: Release, specialty: str, part: str, area_type: str, end: date) -> float | None:
    """The variance of an area's log rate that comes and goes between months; None with fewer than twelve.

    People do not change within the two years, so whichever are counted it is the same.
    """
    given = _with_any_people(release, specialty, part, area_type, end)
    if given is None or len(given.periods) < ENOUGH_PERIODS:
        return None
    variance = come_and_go(given.figures["count"].T, given.figures["denominator"].T)
    return float(np.nan_to_num(variance))


def places_by_month(given: Panel) -> Placing:
    """Rank, limits and half of the list of every area in every month."""
    return placing(scores_by_method(METHOD, *(given.figures[name] for name in given.figures)))


def neighbouring_gaps(
    release: Release,
    given: Panel,
    area_type: str,
    window: int,
    above: str = "board",
    area: str | None = None,
) -> list[Row]:
    """Pairs of neighbours, of one ``area`` or all, over the last ``window`` months of the panel (as many as there
    are); q is of the pairs given."""
    neighbours = [
        row for row in _neighbours(release, area_type) if area in (None, row["area"], row["other_area"])
    ]
    return gap_pairs(given, neighbours, METHOD, PER, min(window, len(given.periods)), above)


def lasting(given: Panel) -> Lasting | None:
    """How lasting the differences are; None with fewer than four months, or areas that differ no more than chance.

    More than eight months are taken two or three at a time: what comes and goes carries over from one month to the
    next, which single months would take for lasting.
    """
    months = len(given.periods)
    if months < FEWEST_MONTHS or not given.areas:
        return None
    count, people = given.figures["count"].T, given.figures["denominator"].T  # [area, month]
    expected = people * np.nansum(count, axis=0) / np.nansum(people, axis=0)
    together = -(-months // MOST_PERIODS)
    count_then, expected_then = (_in_periods(each, together) for each in (count, expected))
    found = persistence(count_then, expected_then)
    if np.isnan(found.permanent_share):
        return None
    score = np.log((count + 0.5) / (expected + 0.5))
    runs = dict(zip(given.areas, _longest_runs(score * np.sqrt(expected)), strict=True))
    ratio = count_then / expected_then
    return Lasting(
        months=months,
        together=together,
        found=found,
        runs=runs,
        deviation=np.nanmean(score, axis=1),
        moved=transitions(ratio[:, 0], ratio[:, -1]),
        chance=chance_transitions(found, CHANCE_COUNTRIES),
    )


def _in_periods(monthly: Numbers, together: int) -> Numbers:
    """Sums of so many months at a time, counted back from the last; NaN where one of them is."""
    periods = monthly.shape[1] // together
    return monthly[:, -periods * together :].reshape(len(monthly), periods, together).sum(axis=2)


def _longest_runs(beyond: Numbers, limit: float = 1.959964) -> list[int]:
    """Of each line of ``[area, month]``, the most months in a row beyond the limit on one side."""
    longest = []
    for line in beyond:
        run, best, side = 0, 0, 0
        for z in line:
            now = 0 if np.isnan(z) or abs(z) <= limit else int(np.sign(z))
            run = 0 if now == 0 else run + 1 if now == side else 1
            side, best = now, max(best, run)
        longest.append(best)
    return longest


def _with_any_people(release: Release, specialty: str, part: str, area_type: str, end: date) -> Panel | None:
    for kind in ("registered", "resident"):
        if people_counted(release, kind, area_type, end)[1]:
            return monthly(release, specialty, part, area_type, kind, end, MOST_MONTHS)
    return None


@functools.lru_cache(maxsize=8)
def _neighbours(release: Release, area_type: str) -> Sequence[dict[str, Any]]:
    return release.rows("neighbours", area_type=area_type)
