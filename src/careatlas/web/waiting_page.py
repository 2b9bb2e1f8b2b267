"""Waiting times, area by area: the standard first, a large number, rates and ranks, lengths of waits, neighbours."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.present.numbers import interval, lower_first, value_or_status
from careatlas.present.periods import period_name
from careatlas.present.rank_words import GROUPS
from careatlas.present.standing_out_words import q_in_words
from careatlas.present.waiting_panel import neighbouring_gaps
from careatlas.present.waiting_words import (
    PARTS,
    PATHWAYS,
    PEOPLE_WORDS,
    as_indicator,
    edition_name,
    median_text,
    rate_unit,
    specialty_name,
    wait_limits,
)
from careatlas.web import reading, waiting_figures, waiting_standards, waiting_target
from careatlas.web.current import current_release, titles_of_table
from careatlas.web.pages import show
from careatlas.web.reading import Row
from careatlas.web.waiting_choice import WaitsChoice, choose, country_rows, form_of, own_rows
from careatlas.web.waiting_rates import rates

MOST_PAIRS, MOST_WARNINGS = 30, 12
LONG_WAITS = (52, 65, 78, 104)


def waiting_times(request: HttpRequest) -> HttpResponse:
    """``/waiting-times/?specialty=&part=&months=&denominator=&area_type=&area=&period=&order=``"""
    release = current_release()
    choice = choose(release, request.GET)
    rows = own_rows(release, choice)
    page = of_every_view(release, choice, rows) | {
        "headline": _headline(release, choice, rows),
        "standards": waiting_standards.in_force_here(release, choice),
        "rates": rates(choice, rows, request.GET.get("order", "")),
        "lengths_sections": [
            {"rows": [lengths(row, choice) for row in sorted(rows, key=lambda row: row["name"])]}
        ],
        "lengths_of": "Area",
        "has_waits": any(row["known_waits"] for row in rows),
        "gaps": _gaps(release, choice),
        "target": waiting_target.section(release, choice, request.GET),
        "figure": waiting_figures.figure(release, choice, "ranked"),
    }
    return show(request, "waiting.html", page)


def of_every_view(release: Release, choice: WaitsChoice, rows: Sequence[Row]) -> dict[str, Any]:
    """What the pages on waiting times have in common."""
    first = (
        rows[0]
        if rows
        else {"period_start": choice.end.replace(day=1), "period_end": choice.end, "months": 1}
    )
    return {
        "choice": choice,
        "form": form_of(release, choice)
        | {"parts": PARTS, "people": {k: PEOPLE_WORDS[k] for k in choice.kinds_of_people}},
        "notices": choice.notices,
        "crumbs": [],
        "specialty": specialty_name(choice.specialty),
        "pathways": PATHWAYS[choice.part],
        "unit": rate_unit(choice.part, choice.people),
        "people": PEOPLE_WORDS[choice.people],
        "window": period_name(first["period_start"], first["period_end"]),
        "months": first["months"],
        "name": (choice.area or reading.country(release))["name"],
        "plural": lower_first(release.catalogue["area_types"][choice.area_type]["plural"]),
        "warnings": _warnings(release, first, rows),
        "source": "; ".join(titles_of_table(release, "rtt_weeks")),
    }


def lengths(row: Row, choice: WaitsChoice) -> dict[str, Any]:
    """One line of the table of lengths: every figure with its limits."""
    share = waiting_figures.in_time_values([row])[0]
    lacking = "none" if row["known_waits"] == 0 else "missing"
    about = {"unit": "%", "decimals": 1}
    return {
        "code": row["area"],
        "name": row["name"],
        "chosen": row["area"] == choice.area_code,
        "address": choice.query(area=row["area"]),
        "pathways": row["pathways"],
        "share": lacking if row["known_waits"] == 0 else value_or_status(share, about),
        "lacking": lacking,
        "share_interval": interval(share, about),
        "median": median_text(row, "median"),
        "median_interval": wait_limits(row, "median"),
        "centile_92": median_text(row, "centile_92"),
        "centile_92_interval": wait_limits(row, "centile_92"),
        "over": [
            "not published" if row[f"over_{n}_weeks"] is None else f"{row[f'over_{n}_weeks']:,.0f}"
            for n in LONG_WAITS
        ]
        if row["known_waits"] is not None
        else ["missing"] * len(LONG_WAITS),
        "clearance": "" if row["clearance_weeks"] is None else f"{row['clearance_weeks']:.1f}",
        "clearance_interval": ""
        if row["clearance_weeks_upper"] is None
        else f"{row['clearance_weeks_lower']:.1f} to {row['clearance_weeks_upper']:.1f}",
        "status": row["status"],
        "note": row["note"] or "",
    }


def _headline(release: Release, choice: WaitsChoice, rows: Sequence[Row]) -> dict[str, Any]:
    whole = country_rows(release, choice)
    own = (
        next((row for row in rows if row["area"] == choice.area_code), None)
        if choice.area
        else (whole or [None])[0]
    )
    if own is None:
        return {"value": "no figure", "has_value": False}
    indicator = as_indicator(choice.part, choice.specialty, choice.people)
    value = waiting_figures.as_values([own], choice.people)[0]
    national = waiting_figures.as_values(whole, choice.people)[0] if choice.area and whole else None
    return {
        "value": value_or_status(value, indicator),
        "has_value": value["value"] is not None,
        "interval": interval(value, indicator),
        "row": own,
        "edition": edition_name(own[f"people_{choice.people}_edition"]),
        "counted": own[f"people_{choice.people}"],
        "national": value_or_status(national, indicator) if national else "",
        "place": _place_in_words(own, choice) if choice.area else "",
        "lengths": lengths(own, choice) if own["known_waits"] else None,
    }


def _place_in_words(own: Row, choice: WaitsChoice) -> str:
    people = choice.people
    group = own[f"group_{people}"]
    if group is None:
        return f"It has no rank. {own['note'] or ''}".strip()
    if group == "not_apart":
        return "It has no rank: these areas cannot be told apart."
    return (
        f"Its rank lies between {own[f'rank_{people}_lower']:g} and {own[f'rank_{people}_upper']:g} "
        f"of {own[f'ranked_{people}']:g} (1 = highest rate): {GROUPS[group].lower()}."
    )


def gap_rows(release: Release, choice: WaitsChoice) -> list[Row]:
    """Pairs of neighbours, of the chosen area or of all, the surest gap first."""
    given = waiting_figures.panel_of(release, choice)
    window = 1 if choice.part == "incomplete" else choice.months
    above = release.catalogue["area_types"][choice.area_type]["parent"]
    titled = release.catalogue["area_types"].get(above or "", {}).get("title", "area")
    rows = neighbouring_gaps(
        release, given, choice.area_type, window, lower_first(titled), choice.area_code or None
    )
    names = {code: row["name"] for code, row in release.areas.items()}
    return [
        {
            **row,
            "name": names.get(row["area"], row["area"]),
            "other_name": names.get(row["other_area"], row["other_area"]),
        }
        for row in rows
    ]


def _gaps(release: Release, choice: WaitsChoice) -> dict[str, Any]:
    rows = gap_rows(release, choice)
    months = len(waiting_figures.panel_of(release, choice).periods)
    shown = rows[:MOST_PAIRS]
    return {
        "rows": [
            row
            | {
                "address": choice.query(area=row["area"]),
                "other_address": choice.query(area=row["other_area"]),
                "q_words": q_in_words(row["q"]),
                "sustained": f"{row['periods_sustained']} of {months}" if months > 1 else "cannot be told",
            }
            for row in shown
        ],
        "pairs": len(rows),
        "months": months,
        "window": period_name(rows[0]["period_start"], rows[0]["period_end"]) if rows else "",
        "note": rows[0]["note"].splitlines() if rows else [],
        "csv": f"/data/waiting-gaps.csv{choice.query()}",
    }


def _warnings(release: Release, window: Row, rows: Sequence[Row]) -> dict[str, Any]:
    """Who did not submit, or only in part, in the window; and the areas that are incomplete for it."""
    found = [
        row
        for row in release.rows("completeness", source="rtt")
        if row["period_start"] <= window["period_end"] and window["period_start"] <= row["period_end"]
    ]
    areas = [row for row in rows if row["status"] in ("incomplete", "missing")]
    return {
        "returns": [
            row | {"month": period_name(row["period_start"], row["period_end"])}
            for row in found[:MOST_WARNINGS]
        ],
        "more": max(0, len(found) - MOST_WARNINGS),
        "areas": [{"code": row["area"], "name": row["name"], "status": row["status"]} for row in areas],
    }
