"""The charts of waiting times: areas or providers in order, and ranks month by month."""

import functools
from collections.abc import Sequence
from typing import Any

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present import bump_chart, charts
from careatlas.present.theme import Spec
from careatlas.present.waiting_on_file import PROVIDER, rows_of
from careatlas.present.waiting_panel import MOST_MONTHS, Panel, monthly, places_by_month
from careatlas.present.waiting_words import as_indicator, in_time
from careatlas.web import reading
from careatlas.web.current import source_line, titles_of_table
from careatlas.web.pictures import pictures
from careatlas.web.reading import Row
from careatlas.web.waiting_choice import WaitsChoice, country_rows, own_rows

PAGES = {
    "ranked": "/waiting-times/",
    "ranks": "/waiting-times/over-time/",
    "hospitals": "/waiting-times/hospitals/",
}
ALTS = {
    "ranked": "Areas in order",
    "ranks": "Ranks month by month",
    "hospitals": "Providers in order",
}
CSVS = {
    "ranked": "/data/waiting-times.csv",
    "ranks": "/data/waiting-ranks.csv",
    "hospitals": "/data/waiting-hospitals.csv",
}
ENDS_SHOWN = 3  # areas at each end of the list whose ranks are drawn where no area is chosen


def figure(release: Release, choice: WaitsChoice, chart: str, codes: Sequence[str] = ()) -> dict[str, Any]:
    about = (
        in_time(choice.part, choice.specialty)
        if chart == "hospitals"
        else as_indicator(choice.part, choice.specialty, choice.people)
    )
    query = choice.query() + "".join(f"&areas={code}" for code in codes)
    base = f"/charts/{release.id}/waiting-times/{chart}"
    return {
        "name": chart,
        "title": "",
        "alt": f"{ALTS[chart]}: {about['title']}. The table below has the same numbers.",
        **pictures(base, query, "desk"),
        "csv": CSVS[chart] + query,
        "link": PAGES[chart] + query,
    }


def spec(release: Release, choice: WaitsChoice, chart: str, codes: Sequence[str], width: int) -> Spec:
    makers = {"ranked": _ranked, "hospitals": _hospitals}
    if chart == "ranks":
        return _ranks(release, choice, codes, width)
    if chart not in makers:
        raise NotKnownError(chart, "is not a chart of waiting times.", f"Charts: {', '.join(PAGES)}.")
    return makers[chart](release, choice, width)


def as_values(rows: Sequence[Row], people: str) -> list[Row]:
    """Rows of waits with the columns of ``values``: pathways per 1,000 people."""
    return [
        _period_of(row)
        | {
            "value": row[f"per_1000_{people}"],
            "lower_95": row[f"per_1000_{people}_lower"],
            "upper_95": row[f"per_1000_{people}_upper"],
            "count": row["pathways"],
            "denominator": row[f"people_{people}"],
            "status": "missing" if row[f"per_1000_{people}"] is None else row["status"],
        }
        for row in rows
    ]


def in_time_values(rows: Sequence[Row]) -> list[Row]:
    """The same of the share within 18 weeks."""
    return [
        _period_of(row)
        | {
            "value": row["share_within_18_weeks"],
            "lower_95": row["share_within_18_weeks_lower"],
            "upper_95": row["share_within_18_weeks_upper"],
            "count": row["within_18_weeks"],
            "denominator": row["known_waits"],
            "status": "missing" if row["share_within_18_weeks"] is None else row["status"],
        }
        for row in rows
    ]


def panel_of(release: Release, choice: WaitsChoice) -> Panel:
    """Two years of months at most, up to the last of the window."""
    return monthly(
        release, choice.specialty, choice.part, choice.area_type, choice.people, choice.end, MOST_MONTHS
    )


def month_ranks(release: Release, choice: WaitsChoice) -> tuple[Row, ...]:
    """A row an area and month of the panel, with the columns of ``comparisons``."""
    return _month_ranks(
        release, choice.specialty, choice.part, choice.area_type, choice.people, choice.end, MOST_MONTHS
    )


@functools.lru_cache(maxsize=32)  # a page asks twice, and then its chart
def _month_ranks(*of_panel: Any) -> tuple[Row, ...]:
    given = monthly(*of_panel)
    found = places_by_month(given)
    noise = "counting" if found.come_and_go != found.come_and_go else "comes_and_goes"
    figures = (given.figures["value"], found.rank, found.lower, found.upper, found.group)
    return tuple(
        {
            "area": area,
            "period_start": start,
            "period_end": end,
            "benchmark": "national",
            "value": _number(value),
            "rank": _number(rank),
            "rank_lower": _number(lower),
            "rank_upper": _number(upper),
            "ranked_areas": int(compared),
            "group": group or None,
            "noise": noise,
        }
        for (start, end), compared, *of_month in zip(
            given.periods, found.compared_areas, *(each.tolist() for each in figures), strict=True
        )
        for area, value, rank, lower, upper, group in zip(given.areas, *of_month, strict=True)
    )


def at_both_ends(ranked: Sequence[Row]) -> list[str]:
    """The areas that ranked first and last in the latest month."""
    last = max((row["period_end"] for row in ranked), default=None)
    now = [row for row in ranked if row["period_end"] == last and row["rank"] is not None]
    now.sort(key=lambda row: row["rank"])
    ends = now if len(now) <= 2 * ENDS_SHOWN else now[:ENDS_SHOWN] + now[-ENDS_SHOWN:]
    return [row["area"] for row in ends]


def _ranked(release: Release, choice: WaitsChoice, width: int) -> Spec:
    rows = own_rows(release, choice)
    whole = country_rows(release, choice)
    national = as_values(whole, choice.people)
    return charts.ranked_bars(
        as_values(rows, choice.people),
        as_indicator(choice.part, choice.specialty, choice.people),
        {row["area"]: row["name"] for row in rows},
        national=national[0] if national else None,
        country=reading.country(release)["name"],
        **_said(release, choice, width),
    )


def _hospitals(release: Release, choice: WaitsChoice, width: int) -> Spec:
    rows = rows_of(release, choice.specialty, choice.part, PROVIDER, choice.months, choice.period)
    whole = country_rows(release, choice)
    shown = [row for row in in_time_values(rows) if row["denominator"]]
    return charts.ranked_bars(
        shown,
        in_time(choice.part, choice.specialty),
        {row["area"]: row["name"] for row in rows},
        national=in_time_values(whole)[0] if whole else None,
        country=reading.country(release)["name"],
        **_said(release, choice, width),
    )


def _ranks(release: Release, choice: WaitsChoice, codes: Sequence[str], width: int) -> Spec:
    ranked = month_ranks(release, choice)
    return bump_chart.bump_chart(
        ranked,
        as_indicator(choice.part, choice.specialty, choice.people),
        {code: release.areas[code]["name"] for code in codes or at_both_ends(ranked)},
        **_said(release, choice, width),
    )


def _said(release: Release, choice: WaitsChoice, width: int) -> dict[str, Any]:
    titles = "; ".join(titles_of_table(release, "rtt_weeks"))
    source = (f"Source: {titles}. " if titles else "") + source_line(release, None)
    return {"source": source, "selected": choice.area_code or None, "width": width}


def _period_of(row: Row) -> Row:
    return {name: row[name] for name in ("area", "period_start", "period_end", "note")}


def _number(value: float) -> float | None:
    return None if value != value else value
