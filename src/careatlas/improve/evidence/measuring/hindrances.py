"""What stands in the way of measuring an example, in a sentence: the first of these that holds, else nothing.

Figures that are too few, incomplete, or counted otherwise on one side of the start; an area that no other is like, or
that was already on its way; a direction that is no improvement. Each makes the example *proposed*, whatever it claims.
"""

from collections.abc import Iterator
from datetime import date

import numpy as np

from careatlas.engine.period_written import MONTH_NAMES
from careatlas.engine.release import Release
from careatlas.improve.evidence.measuring.in_turn import FEWEST_CONTROLS, LONGEST, drift_before
from careatlas.improve.evidence.measuring.on_offer import Tried, start_position
from careatlas.methods.synthetic_control import POOR_FIT
from careatlas.present.series import BEFORE_AND_AFTER, SPELL, Series

PERIODS = {1: "months", 3: "quarters", 12: "years"}
MOST_LEFT_OUT = 0.25  # of the periods on either side: with more, what is left may be a choice
ON_ITS_WAY = 2.576  # errors of the slope before: one in a hundred drifts as much by chance, either way


def hindrance(
    release: Release, each: Tried | None, area: str, starts_on: date, direction: str, better: tuple[str, ...]
) -> str:
    """Empty where nothing does."""
    return next(_hindrances(release, each, area, starts_on, direction, better), "")


def _hindrances(
    release: Release, each: Tried | None, area: str, starts_on: date, direction: str, better: tuple[str, ...]
) -> Iterator[str]:
    if direction not in better:
        yield f"A {direction} figure of this indicator is no improvement."
    if each is None or area not in each.series.areas:
        yield "The atlas has too few periods of this indicator for areas of this kind."
        return
    series, place = each.series, each.series.areas.index(area)
    start = start_position(series, starts_on)
    first, last = max(0, start - LONGEST), min(series.score.shape[1], start + LONGEST)
    yield from _too_short(series, place, start, first, last)
    yield from _counted_otherwise(release, each, area, series.start(first), series.start(last))
    if start not in each.starts:
        yield f"There are no suitable controls: fewer than {FEWEST_CONTROLS} areas with figures in the same time."
        return
    yield from _unlike_others(each, start, place, direction)


def _too_short(series: Series, place: int, start: int, first: int, last: int) -> Iterator[str]:
    known = ~np.isnan(series.score[place])
    fewest, called = BEFORE_AND_AFTER[series.months], PERIODS[series.months]
    began = min(max(start, 0), len(known))
    for from_, to, when in ((first, began, "before it began"), (began, last, "since it began")):
        full = int(known[from_:to].sum())
        if full < fewest:
            yield f"It has {full} {called} of complete figures {when}, and needs {fewest}."
        if full < (1 - MOST_LEFT_OUT) * (to - from_):
            yield f"Its figures are missing or incomplete in {to - from_ - full} of {to - from_} {called} {when}."


def _counted_otherwise(release: Release, each: Tried, area: str, first: date, end: date) -> Iterator[str]:
    """A change of boundaries that can only be estimated, or of counting, inside the time looked at."""
    rows = each.rows[(each.rows["area"] == area) & each.rows["estimated"].eq(True)]
    is_inside = (rows["period_start"].dt.date >= first) & (rows["period_start"].dt.date < end)
    if is_inside.any():
        yield "Its boundaries changed in that time, and its earlier figures can only be estimated."
    for row in release.rows("area_changes", new=area, exact=False):
        if row["from"] is not None and first < row["from"] < end:
            yield f"Its boundaries changed in {_month(row['from'])}, inside the time looked at."
    for rebase in release.catalogue.get("rebases", {}).values():
        day = date.fromisoformat(str(rebase["first_day"]))
        if (rebase["indicator"], rebase["area"]) == (each.series.indicator, area) and first < day < end:
            yield f"Its figures changed for another reason in {_month(day)}: {rebase['reason'].rstrip('.')}."


def _unlike_others(each: Tried, start: int, place: int, direction: str) -> Iterator[str]:
    of_start, series = each.starts[start], each.series
    if np.isnan(of_start.error[place]):
        yield "It cannot be measured from the figures on file."
        return
    is_other = of_start.is_control & (np.arange(len(series.areas)) != place)
    level, others = of_start.level[place], of_start.level[is_other]
    if not others.min() - others.std() <= level <= others.max() + others.std():
        yield "There are no suitable controls: before it began its level lay outside that of every other area."
    drift = drift_before(series.score, series.chance, start, each.can_serve, SPELL[series.months])
    if drift[place] * (-1 if direction == "lower" else 1) > ON_ITS_WAY:
        yield f"It was already getting {direction} before it began, faster than other areas."
    if of_start.swing[place] > POOR_FIT:
        times = f"{of_start.swing[place]:.1f} times"
        yield f"There are no suitable controls: its figures swing {times} as far as those of other areas."


def _month(day: date) -> str:
    return f"{MONTH_NAMES[day.month]} {day.year}"
