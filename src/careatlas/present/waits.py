"""How long people wait for one specialty, area by area or provider by provider, over a window of months.

Incomplete figures are shown and not ranked. Weeks are as published: where the last band is open from 52 weeks on,
nothing is said of longer waits. What it would take to keep a standard is worked out beside every assumption.
"""

import functools
from datetime import timedelta
from itertools import compress
from typing import Any

import numpy as np

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.estimate import Numbers, divide
from careatlas.methods.placing import placing
from careatlas.methods.proportion import proportion
from careatlas.methods.ranking import rate_scores
from careatlas.methods.waiting_time import (
    chance_by_week,
    clearance_weeks,
    over,
    pathways_needed,
    wait_quantile,
    within,
)
from careatlas.present.periods import period_name
from careatlas.present.waiting_panel import month_to_month
from careatlas.present.waiting_people import PEOPLE, people_counted
from careatlas.present.waiting_window import DAYS_IN_A_WEEK, Window, gather_window

Row = dict[str, Any]
STANDARD_WEEKS, LONG_WAITS_WEEKS = 18, (52, 65, 78, 104)
RANKED = ("reported", "zero")
ORDERS = {
    "longest_first": "the longest waits first",
    "random": "in random order",
    "as_now": "by week waited as in that time",
}


def waiting_times(
    release: Release,
    specialty: str = "total",
    part: str = "completed",
    area_type: str = "sub_icb",
    months: int = 1,
    period: str | None = None,
) -> list[Row]:
    """A row an area, or a provider: pathways, per 1,000 people of three kinds with ranks, and how long they waited.

    The window is the ``months`` up to ``period`` (such as 2026-01; the latest on file where not given). Rates are per
    1,000 people and month. ``open_ends`` of a wait: how many of its limits and itself lie in the open last
    week; an upper limit that is None and not among them has too few waits to be had.
    """
    window = gather_window(release, specialty, part, area_type, months, period)
    columns = _keys(release, window, specialty=specialty, part=part, area_type=area_type) | {
        "pathways": window.pathways,
        "status": window.status,
        "note": window.note,
        **_lengths(window),
        **_clearance(release, specialty, area_type, window),
        **(_rates(release, specialty, part, area_type, window) if area_type != "provider" else {}),
    }
    return _as_rows(columns)


def extra_pathways(
    release: Release,
    specialty: str = "total",
    area_type: str = "sub_icb",
    area: str | None = None,
    *,
    target: float = 0.92,
    within_weeks: int = STANDARD_WEEKS,
    by_weeks: int = 52,
    order: str = "longest_first",
    arrivals_percent: float = 0.0,
    months: int = 1,
    period: str | None = None,
) -> list[Row]:
    """A row an area: the extra pathways a week that bring the share within so many weeks to the target by then.

    ``order``: longest_first, random, or as_now (by the chances of those completed in the window). Completions go on
    as in the window, and arrivals too, or ``arrivals_percent`` above them. Removals without treatment are what the
    list's change leaves over, or, where the month before the window is not on file, what keeps the list at its size.
    The row prints all of it. An area without a full return has no answer.
    """
    if order not in ORDERS:
        raise NotKnownError(order, "is not an order of treatment.", f"Orders: {', '.join(ORDERS)}.")
    waiting = gather_window(release, specialty, "incomplete", area_type, 1, period)
    if waiting.weeks is None:
        raise NotKnownError("The list", "has no weeks waited on file in that month.", "Choose another month.")
    end = f"{waiting.end:%Y-%m}"
    done, new = (
        gather_window(release, specialty, part, area_type, months, end)
        for part in ("completed", "new_periods")
    )
    now, done_a_week, new_a_week = _of(waiting, waiting), _a_week(waiting, done), _a_week(waiting, new)
    growth, basis = _growth_a_week(release, specialty, area_type, waiting, done)
    removed = np.maximum(new_a_week - done_a_week - growth, 0)
    new_a_week = new_a_week * (1 + arrivals_percent / 100)
    chosen = np.array([area in (None, each) for each in waiting.areas])
    weeks = np.where(np.isnan(now)[:, None], np.nan, waiting.weeks)
    found = pathways_needed(
        weeks[chosen], new_a_week[chosen], done_a_week[chosen], removed[chosen],
        target=target, within_weeks=within_weeks, by_weeks=by_weeks,
        order=_chances_now(waiting, done)[chosen] if order == "as_now" else order,
    )  # fmt: skip
    columns = _keys(release, waiting, specialty=specialty, area_type=area_type) | {
        "waiting_now": waiting.pathways,
        "status": waiting.status,
        "new_per_week": new_a_week,
        "completed_per_week": done_a_week,
        "removed_per_week": removed,
    }
    some = {name: list(compress(_plain(values), chosen)) for name, values in columns.items()}
    said = (
        f"{100 * target:g}% of the list within {within_weeks} weeks after {by_weeks} weeks; "
        f"treated {ORDERS[order]}; "
        f"completions as in {period_name(done.start, done.end)}, arrivals {_changed(arrivals_percent)}; {basis}"
    )
    return _as_rows(
        some
        | {f"{name}_per_week" if name == "extra" else name: each for name, each in found._asdict().items()}
        | {"assumptions": [said] * int(chosen.sum())}
    )


def _changed(percent: float) -> str:
    above = "above" if percent > 0 else "below"
    return f"{abs(percent):g}% {above} those of that time" if percent else "too"


def _growth_a_week(
    release: Release, specialty: str, area_type: str, waiting: Window, done: Window
) -> tuple[Numbers, str]:
    """By how much the list grew a week over the window, and what that rests on."""
    month_before = done.start - timedelta(days=1)
    try:
        before = gather_window(release, specialty, "incomplete", area_type, 1, f"{month_before:%Y-%m}")
    except NotKnownError:
        nothing = np.zeros(len(waiting.areas))
        return nothing, "removals without treatment as many as keep the list at its size"
    weeks_between = (waiting.end - before.end).days / DAYS_IN_A_WEEK  # months that are not on file among them
    growth = (_of(waiting, waiting) - _of(waiting, before)) / weeks_between
    return growth, "removals without treatment as the list's change over those months leaves over"


def _chances_now(waiting: Window, done: Window) -> Numbers:
    """The chances of treatment by week waited, as they were in the window.

    Weeks that only the list tells apart have the chance of the open last week of those completed.
    """
    if done.weeks is None:
        raise NotKnownError(
            "Pathways completed", "have no weeks waited on file there.", "Choose another order of treatment."
        )
    width = min(waiting.weeks.shape[1], done.weeks.shape[1])
    place, weeks_done = {area: at for at, area in enumerate(done.areas)}, _folded(done.weeks, width)
    completed = np.full((len(waiting.areas), width), np.nan)
    for at, area in enumerate(waiting.areas):
        if area in place:
            completed[at] = divide(weeks_done[place[area]], done.known_weeks[place[area]])
    chance = chance_by_week(_folded(waiting.weeks, width), completed)
    return np.pad(chance, ((0, 0), (0, waiting.weeks.shape[1] - width)), mode="edge")


def _folded(weeks: Numbers, width: int) -> Numbers:
    """Pathways [area, week] in so many weeks, the last open."""
    return np.column_stack([weeks[:, : width - 1], weeks[:, width - 1 :].sum(axis=1)])


def _keys(release: Release, window: Window, **same: str) -> dict[str, Any]:
    names = _names(release)
    columns: dict[str, Any] = {name: [word] * len(window.areas) for name, word in same.items()}
    return columns | {
        "area": window.areas,
        "name": [names.get(area, area) for area in window.areas],
        "period_start": [window.start] * len(window.areas),
        "period_end": [window.end] * len(window.areas),
        "months": [window.months] * len(window.areas),
    }


def _lengths(window: Window) -> dict[str, Any]:
    """Share within 18 weeks, median and 92nd centile with limits, and long waits; all missing without weeks."""
    nothing = np.full((len(window.areas), 1), np.nan)
    weeks = nothing if window.weeks is None else window.weeks
    published = weeks.shape[1] - 1  # the last week is open
    known = weeks.sum(axis=1)
    soon = within(weeks, STANDARD_WEEKS)
    share = proportion(soon, np.where(np.isnan(soon), np.nan, known))
    columns = {
        "known_waits": known,
        "within_18_weeks": soon,
        "share_within_18_weeks": share.value,
        "share_within_18_weeks_lower": share.lower,
        "share_within_18_weeks_upper": share.upper,
    }
    for name, part in (("median", 0.5), ("centile_92", 0.92)):
        wait = wait_quantile(weeks, part)
        columns |= {
            f"{name}_weeks": wait.weeks,
            f"{name}_weeks_lower": wait.lower,
            f"{name}_weeks_upper": wait.upper,
            f"{name}_open_ends": wait.open_ends,
        }
    columns |= {f"over_{n}_weeks": over(weeks, n) for n in LONG_WAITS_WEEKS}
    return columns | {"open_from_weeks": [published or None] * len(known)}


def _clearance(release: Release, specialty: str, area_type: str, window: Window) -> dict[str, Numbers]:
    """How long the list of the window's last month would last at the window's rate of completion."""
    end = f"{window.end:%Y-%m}"
    nothing = np.full(len(window.areas), np.nan)
    names = ("clearance_weeks", "clearance_weeks_lower", "clearance_weeks_upper")
    try:
        waiting = gather_window(release, specialty, "incomplete", area_type, 1, end)
        done = gather_window(release, specialty, "completed", area_type, window.months, end)
    except NotKnownError:
        return dict.fromkeys(names, nothing)
    weeks = _of(window, done, done.known_weeks)
    found = clearance_weeks(_of(window, waiting), _of(window, done), weeks)
    return dict(zip(names, found, strict=True))


def _a_week(window: Window, other: Window) -> Numbers:
    """The same of each week of the months that an area's figure is made of."""
    return _of(window, other, divide(other.pathways, other.known_weeks))


def _of(window: Window, other: Window, figures: Numbers | None = None) -> Numbers:
    """The other window's pathways, or these figures of it, of the same areas, where its return was whole."""
    known = other.pathways if figures is None else figures
    whole = {
        area: figure
        for area, figure, status in zip(other.areas, known, other.status, strict=True)
        if status in RANKED
    }
    return np.array([whole.get(area, np.nan) for area in window.areas])


def _rates(release: Release, specialty: str, part: str, area_type: str, window: Window) -> dict[str, Any]:
    """Pathways per 1,000 people and month by three counts of people, each with limits and the place it gives.

    Places allow for counting error and, where twelve months or more follow one another, for what comes and goes
    between months, which a window of several evens out.
    """
    comes_and_goes = month_to_month(release, specialty, part, area_type, window.end)
    noise = (comes_and_goes or 0.0) / window.months
    may_be_ranked = np.isin(window.status, RANKED) & release.catalogue["area_types"][area_type]["ranked"]
    counted = np.where(may_be_ranked, window.pathways, np.nan)
    said = "counting" if comes_and_goes is None else "comes_and_goes"
    columns: dict[str, Any] = {"rank_noise": [said] * len(window.areas)}
    for kind in PEOPLE:
        edition, of_areas = people_counted(release, kind, area_type, window.end)
        people = np.array([of_areas.get(area, np.nan) for area in window.areas])
        rate = crude_rate(window.pathways, people * window.known_months, multiplier=1000)
        columns |= {
            f"people_{kind}": people,
            f"people_{kind}_edition": [edition] * len(people),
            f"per_1000_{kind}": rate.value,
            f"per_1000_{kind}_lower": rate.lower,
            f"per_1000_{kind}_upper": rate.upper,
        }
        places = _places(counted, people * window.known_months, noise)
        columns |= {name.format(kind): each for name, each in places.items()}
    return columns


def _places(count: Numbers, people: Numbers, noise: float) -> dict[str, Any]:
    """Rank 1 is the highest rate. None where fewer than two can be ranked, or too few of them told apart."""
    known = ~np.isnan(count + people)
    places: dict[str, Any] = {name: np.full(len(count), np.nan) for name in ("rank", "lower", "upper")}
    groups = np.full(len(count), None)
    if known.sum() > 1:
        scores = rate_scores(count[None, known], people[None, known])
        found = placing(scores._replace(chance=scores.chance + noise))
        for name, each in places.items():
            each[known] = getattr(found, name)[0]
        groups[known] = found.group[0]
    return {
        "rank_{}": places["rank"],
        "rank_{}_lower": places["lower"],
        "rank_{}_upper": places["upper"],
        "ranked_{}": np.where(known, float(known.sum()), np.nan),
        "group_{}": groups.tolist(),
    }


@functools.lru_cache(maxsize=4)
def _names(release: Release) -> dict[str, str]:
    """Names of areas, and of providers that only the list of those missing knows."""
    absent = {row["submitter"]: row["submitter_name"] for row in release.rows("completeness")}
    return absent | {code: row["name"] for code, row in release.areas.items()}


def _as_rows(columns: dict[str, Any]) -> list[Row]:
    """Rows of Python's own numbers, missing as None."""
    plain = {name: _plain(values) for name, values in columns.items()}
    return [dict(zip(plain, each, strict=True)) for each in zip(*plain.values(), strict=True)]


def _plain(values: Any) -> list[Any]:
    if isinstance(values, np.ndarray):
        return [None if np.isnan(each) else each for each in values.tolist()]
    return values
