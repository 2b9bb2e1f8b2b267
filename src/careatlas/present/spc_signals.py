"""An area's or a provider's control charts: one icon of variation and one of assurance for each indicator.

``signals`` gives the summary table, a row an indicator; ``chart_points`` the chart behind one of them. A gap is an
incomplete, hidden or missing figure. A re-base comes from ``content/rebases``, with its reason and the person who
stands for it; where a lasting change was found one is only suggested.
"""

from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np

from careatlas.engine.release import Release
from careatlas.methods import spc
from careatlas.methods.estimate import Numbers
from careatlas.methods.seasonality import seasonality, take_out_season
from careatlas.present.numbers import FULL_RETURN, is_full_return
from careatlas.present.periods import months_and_place, period_name
from careatlas.present.queries import Row, area_named, known_indicator
from careatlas.present.standards import in_force

CHANGED = ("improved", "worsened", "changed")
FEWEST_POINTS = 4
A_YEAR = {1: 12, 3: 4}  # periods, by the months of one: what is shorter than a year may have a season
FALSE_ICONS = 0.02  # of last points of stable series of 12 to 60 points; measured in tests/trust
FALSE_CHARTS = {12: 0.07, 24: 0.19, 36: 0.30, 48: 0.38, 60: 0.47}  # with such a point anywhere; likewise
BETTER = {True: "higher_is_better", False: "lower_is_better"}  # by whether a standard says "at least"


@dataclass(frozen=True)
class ControlChart:
    """One chart and all that was done to it. ``periods``: first and last day of each point, gaps included;
    ``last_status``: why the last one is a gap, if it is."""

    periods: list[tuple[date, date]]
    last_status: str
    reported: Numbers
    chart: spc.Chart
    words: np.ndarray
    adjustment: str
    rebases: dict[int, Row]


def signals(release: Release, area: str) -> list[Row]:
    """The summary table of one area: every indicator with four points or more.

    ``variation``: common_cause, improvement, concern, high, low or missing, of the last point. ``assurance``:
    consistent_pass, consistent_fail, inconsistent or none, against the standard in force then.
    """
    code = area_named(release, area)
    changes = {
        row["indicator"]: row["change_start"]
        for row in release.of_area("persistence", code)
        if row["verdict"] in CHANGED
    }
    rows = release.of_area("values", code, sex="persons", age_band="all")
    rows.sort(key=lambda row: (row["indicator"], row["period_end"]))
    table = []
    for indicator, own in groupby(rows, key=lambda row: row["indicator"]):
        own = list(own)
        drawn = _control_chart(release, indicator, own)
        if drawn is not None:
            table.append(_signal(release, own[0], drawn, changes.get(indicator)))
    return table


def chart_points(release: Release, indicator: str, area: str) -> list[Row]:
    """The points of one chart in order of time, ready to be drawn; a gap has no value. Empty below four points."""
    code = area_named(release, area)
    known_indicator(release, indicator)
    rows = release.rows("values", indicator=indicator, area=code, sex="persons", age_band="all")
    drawn = _control_chart(release, indicator, rows)
    if drawn is None:
        return []
    chart = drawn.chart
    return [
        {
            "indicator": indicator,
            "area": code,
            "period_start": start,
            "period_end": end,
            "value": _number(chart.value[at]),
            "reported_value": _number(drawn.reported[at]),
            "mean": _number(chart.mean[at]),
            "lower": _number(chart.lower[at]),
            "upper": _number(chart.upper[at]),
            "point": str(drawn.words[at]),
            "is_trial": bool(chart.is_trial[at]),
            "rebase": _told(drawn.rebases[at]) if at in drawn.rebases else None,
            "adjustment": drawn.adjustment,
        }
        for at, (start, end) in enumerate(drawn.periods)
    ]


def false_alarms_in_words(table: list[Row]) -> str:
    """What to print under a table of icons: how many of them chance alone would light up."""
    return (
        f"Of {len(table)} icons of variation about {FALSE_ICONS * len(table):.1f} would show a special cause though "
        "nothing changed. A stable chart shows one somewhere the more often the longer it is: "
        + ", ".join(f"{share:.0%} of those of {points} points" for points, share in FALSE_CHARTS.items())
        + "."
    )


def _signal(release: Release, row: Row, drawn: ControlChart, change: date | None) -> Row:
    chart, about = drawn.chart, known_indicator(release, row["indicator"])
    start, end = drawn.periods[-1]
    held = in_force(release.catalogue["targets"], about, row["area_type"], end)
    standard = held[0] if held else None
    points = int((~np.isnan(chart.value)).sum())
    return {
        **{key: row[key] for key in ("indicator", "area_type", "area")},
        "title": about["short_title"],
        "unit": about["unit"],
        "period_start": start,
        "period_end": end,
        "points": points,
        "reported_value": _number(drawn.reported[-1]),
        "status": drawn.last_status,
        "value": _number(chart.value[-1]),
        "mean": _number(chart.mean[-1]),
        "lower": _number(chart.lower[-1]),
        "upper": _number(chart.upper[-1]),
        "variation": str(drawn.words[-1]),
        "assurance": str(spc.assurance(chart, standard["value"], BETTER[standard["at_least"]]))
        if standard
        else "none",
        "standard": standard["title"] if standard else None,
        "standard_value": standard["value"] if standard else None,
        "limits": "trial limits" if chart.is_trial[-1] else "limits",
        "adjustment": drawn.adjustment,
        "false_alarm": FALSE_CHARTS[min(FALSE_CHARTS, key=lambda length: abs(length - points))],
        "rebases": "; ".join(_told(each) for each in drawn.rebases.values()) or None,
        "suggestion": _suggestion(drawn, change),
    }


def _control_chart(release: Release, indicator: str, rows: list[Row]) -> ControlChart | None:
    """The XmR chart of one area's figures, of the period length that has most of them."""
    placed = [(months_and_place(row["period_start"], row["period_end"]), row) for row in rows]
    lengths = [at[0] for at, row in placed if at and is_full_return(row) and row["value"] is not None]
    if len(lengths) < FEWEST_POINTS:
        return None
    months = max(set(lengths), key=lengths.count)
    by_place = {at[1]: row for at, row in placed if at and at[0] == months}
    known = {place: row for place, row in by_place.items() if is_full_return(row)}
    first = min(known)
    last = max(by_place)  # a latest month without a full return is a gap, and its icon says missing
    reported = np.full(last - first + 1, np.nan)
    for place, row in known.items():
        reported[place - first] = np.nan if row["value"] is None else row["value"]
    if np.isfinite(reported).sum() < FEWEST_POINTS:
        return None
    periods = _periods(by_place, first, last, months)
    value, adjustment = _without_season(reported, months)
    rebases = _rebases(release, indicator, rows[0]["area"], periods)
    chart = spc.xmr(value, [spc.Rebase(at, _told(each)) for at, each in rebases.items()])
    words = spc.variation(chart, known_indicator(release, indicator)["polarity"])
    return ControlChart(periods, _status(by_place[last]), reported, chart, words, adjustment, rebases)


def _status(row: Row) -> str:
    """The row's own; a full return that is partly estimated is charted no more than an incomplete one."""
    return "incomplete" if row["status"] in FULL_RETURN and row.get("estimated") else row["status"]


def _periods(by_place: dict[int, Row], first: int, last: int, months: int) -> list[tuple[date, date]]:
    """First and last day of every place, those without a row worked out from a neighbour's."""
    found = {place: (row["period_start"], row["period_end"]) for place, row in by_place.items()}
    shift = found[first][0].year * 12 + found[first][0].month - 1 - first * months

    def day(place: int) -> date:
        year, month = divmod(place * months + shift, 12)
        return date(year, month + 1, 1)

    return [
        found.get(place, (day(place), date.fromordinal(day(place + 1).toordinal() - 1)))
        for place in range(first, last + 1)
    ]


def _without_season(reported: Numbers, months: int) -> tuple[Numbers, str]:
    if months not in A_YEAR or not seasonality(reported, A_YEAR[months]).is_seasonal:
        return reported, "as reported"
    adjusted = take_out_season(reported, A_YEAR[months]).without_season
    if np.isnan(adjusted).all():
        return reported, "as reported: seasonal, but too short to take the season out"
    return adjusted, "season taken out"


def _rebases(release: Release, indicator: str, area: str, periods: list[tuple[date, date]]) -> dict[int, Row]:
    """Those of this series by position. One outside the series, or on its first point, restarts nothing."""
    starts = {start: at for at, (start, _) in enumerate(periods)}
    return {
        starts[day]: each
        for each in release.catalogue.get("rebases", {}).values()
        if each["indicator"] == indicator
        and each["area"] == area
        and starts.get(day := date.fromisoformat(each["first_day"]), 0) > 0
    }


def _told(rebase: Row) -> str:
    return f"{rebase['reason']} ({rebase['person']})"


def _suggestion(drawn: ControlChart, change: date | None) -> str | None:
    """In words, where a lasting change was found and nobody re-based there."""
    starts = [start for start, _ in drawn.periods]
    if change is None or change not in starts[1:] or starts.index(change) in drawn.rebases:
        return None
    name = period_name(*drawn.periods[starts.index(change)])
    return (
        f"A lasting change was found from {name} on. Mean and limits may be restarted there, given a named reason: "
        "what changed, and who stands for it (content/rebases). Until then they are not."
    )


def _number(number: float) -> float | None:
    return None if np.isnan(number) else float(number)
