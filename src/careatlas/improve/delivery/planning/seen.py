"""What a measure says: its last figure, the last one before the initiative started, and its control chart.

Of an indicator they come from the release, of entered figures from what was entered; a figure that is missing or hidden
is told as that and never stands as zero. What would have been without the initiative is not told here.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from careatlas.engine.period_written import months_from
from careatlas.engine.release import Release
from careatlas.improve.delivery.models import Measure
from careatlas.improve.delivery.months import first_day, last_day, month_of
from careatlas.methods import spc
from careatlas.present import spc_signals
from careatlas.present.numbers import STATUS_WORDS, interval, number_with_unit
from careatlas.present.periods import period_name


@dataclass(frozen=True)
class Seen:
    """``words``: the figure with its unit, or the status where there is none; ``limits``: its 95% interval, empty for
    figures entered, of which none is known. ``of``: how many it is counted among."""

    period: str
    words: str
    limits: str = ""
    of: float | None = None


def last(measure: Measure, release: Release) -> Seen | None:
    """None where nothing is on file."""
    rows = _rows(measure, release)
    return _told(measure, rows[-1], release) if rows else None


def before(measure: Measure, release: Release, starts_on: date | None) -> Seen | None:
    """Of the last whole period before the start: what the measure said before anything was done."""
    rows = [row for row in _rows(measure, release) if starts_on and row["period_end"] < starts_on]
    return _told(measure, rows[-1], release) if rows else None


def _rows(measure: Measure, release: Release) -> list[dict[str, Any]]:
    if not measure.indicator:
        return [_of_month(one.month, one.value) for one in measure.figures.order_by("month")]
    if measure.indicator not in release.catalogue["indicators"]:
        return []
    of = {"indicator": measure.indicator, "sex": "persons", "age_band": "all"}
    return sorted(release.of_area("values", measure.area, **of), key=lambda row: row["period_end"])


def _of_month(month: date, value: float) -> dict[str, Any]:
    start, end = months_from(month.year, month.month, 1)
    return {"period_start": start, "period_end": end, "value": value, "status": "reported"}


def _told(measure: Measure, row: dict[str, Any], release: Release) -> Seen:
    period = period_name(row["period_start"], row["period_end"])
    if row["value"] is None:
        return Seen(period, STATUS_WORDS[row["status"]])
    if not measure.indicator:
        return Seen(period, f"{row['value']:,.10g} {measure.unit}")
    indicator = release.catalogue["indicators"][measure.indicator]
    words = number_with_unit(row["value"], indicator)
    if row["status"] == "incomplete":
        words += f" ({STATUS_WORDS['incomplete']})"
    return Seen(period, words, interval(row, indicator), row["denominator"])


def about(measure: Measure, release: Release) -> dict[str, Any]:
    """The indicator as the catalogue has it, or what was entered of a measure in the same words."""
    if measure.indicator:
        return release.catalogue["indicators"].get(measure.indicator, {})
    return {"title": measure.title, "unit": measure.unit, "decimals": 1}


def chart_points(measure: Measure, release: Release) -> list[dict[str, Any]]:
    """The points of its control chart, as `present.spc_signals.chart_points` gives them: a month without a figure is a
    gap. Empty below four points."""
    if measure.indicator:
        is_known = measure.indicator in release.catalogue["indicators"] and measure.area in release.areas
        return spc_signals.chart_points(release, measure.indicator, measure.area) if is_known else []
    values = dict(measure.figures.order_by("month").values_list("month", "value"))
    if len(values) < spc_signals.FEWEST_POINTS:
        return []
    periods = _months(min(values), max(values))
    chart = spc.xmr([values.get(start, np.nan) for start, _ in periods])
    words = spc.variation(chart, f"{measure.better}_is_better")
    return [
        {
            "period_start": start,
            "period_end": end,
            "reported_value": values.get(start),
            **{name: _or_none(getattr(chart, name)[at]) for name in ("value", "mean", "lower", "upper")},
            "point": str(words[at]),
            "is_trial": bool(chart.is_trial[at]),
            "rebase": None,
            "adjustment": "as reported",
        }
        for at, (start, end) in enumerate(periods)
    ]


def _months(first: date, last: date) -> list[tuple[date, date]]:
    return [(first_day(each), last_day(each)) for each in range(month_of(first), month_of(last) + 1)]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
