"""An indicator over time: did anything change (control chart), and how firmly an area holds its place (ranks)."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict

from careatlas.engine.release import Release
from careatlas.present import bump_chart, spc_chart
from careatlas.present.rank_words import is_league, noise_in_words
from careatlas.web import over_time_figures as made
from careatlas.web import reading, usual_section
from careatlas.web.area_beside import groups
from careatlas.web.choice import Choice, choose
from careatlas.web.current import current_release, source_of
from careatlas.web.indicator_page import form_of
from careatlas.web.pages import crumb, lower_first, show
from careatlas.web.pictures import pictures
from careatlas.web.reading import Row
from careatlas.web.template_words import heading


def over_time(request: HttpRequest, indicator: str) -> HttpResponse:
    """``/indicators/<id>/over-time/?area_type=&area=&areas=&areas=&start=&target=``: ``areas`` are those whose
    ranks are shown; business as usual is worked out from ``start`` on."""
    release = current_release()
    choice = choose(release, indicator, request.GET)
    plural = lower_first(release.catalogue["area_types"][choice.area_type]["plural"])
    page = {
        "indicator": choice.indicator,
        "choice": choice,
        "plural": plural,
        "name": (choice.area or reading.country(release))["name"],
        "crumbs": [
            crumb("Indicators", "/indicators/"),
            crumb(heading(choice.indicator["theme"]), f"/indicators/#{choice.indicator['theme']}"),
            crumb(choice.indicator["title"], f"/indicators/{indicator}/{choice.query()}"),
        ],
        "form": form_of(release, choice),
        "source": source_of(release, choice.indicator),
        "control": _control(release, choice),
        "usual": usual_section.section(release, choice, request.GET),
        "ranks": _ranks(release, choice, areas_asked(release, choice, request.GET)),
    }
    return show(request, "over_time.html", page | {"notices": choice.notices})


def areas_asked(release: Release, choice: Choice, asked: QueryDict) -> list[str]:
    """Codes of the areas whose ranks are wanted, the chosen one first, ten at most.

    Where none is named: the chosen area and the others of its first group; with no area chosen, nobody.
    """
    named = [code for text in asked.getlist("areas") for code in text.split(",") if code]
    codes = [reading.area(release, code)["code"] for code in named]
    own = [choice.area_code] if choice.area else []
    if not codes and choice.area:
        beside = [group for group in groups(release, choice.area) if group.area_type == choice.area_type]
        codes = [area["code"] for area in beside[0].areas] if beside else []
    wanted = dict.fromkeys([*own, *codes])
    of_level = [code for code in wanted if release.areas[code]["area_type"] == choice.area_type]
    return of_level[: bump_chart.MOST_LINES]


def _control(release: Release, choice: Choice) -> dict[str, Any]:
    rows = made.control_rows(release, choice)
    if not rows:
        return {"points": []}
    points = spc_chart.spc_points(rows, choice.indicator)
    return {
        "points": [point | {"sign": spc_chart.SIGNS[point["special"]]} for point in reversed(points)],
        "sentences": spc_chart.in_words(rows, choice.indicator) + spc_chart.rebases_in_words(points),
        "is_adjusted": rows[0]["adjustment"] == "season taken out",
        "target": made.target_of(release, choice, rows),
        "span": spc_chart.span(points),
        "figure": _figure(release, choice, "spc", choice.query()),
    }


def _ranks(release: Release, choice: Choice, codes: list[str]) -> dict[str, Any]:
    names = {code: release.areas[code]["name"] for code in codes}
    compared = made.ranks(release, choice)
    points = bump_chart.rank_points(compared, names)
    noise = next((row["noise"] for row in compared if row["noise"]), None)
    shown = choice.query() + "".join(f"&areas={code}" for code in codes)
    fields = [("area_type", choice.area_type), ("area", choice.area_code), ("period", choice.period.code)]
    return {
        "set": {
            "action": f"/indicators/{choice.indicator['id']}/over-time/",
            "anchor": "ranks",
            "fields": [*fields, *(("areas", code) for code in codes)],
            "areas": [{"name": names[code], "without": _without(choice, codes, code)} for code in codes],
            "others": _others(release, choice, codes),
        },
        "codes": codes,
        "is_league": is_league(choice.indicator),
        "noise": noise_in_words(
            noise, len(reading.periods(choice.rows.filter(choice.rows["value"].is_valid())))
        ),
        "rows": _by_period(points, codes),
        "figure": _figure(release, choice, "ranks", shown) if points else None,
    }


def _others(release: Release, choice: Choice, codes: list[str]) -> list[Row]:
    """Areas that may be added; none where no more lines could be told apart."""
    known = reading.areas_by_type(release).get(choice.area_type, [])
    return [area for area in known if area["code"] not in codes] if len(codes) < bump_chart.MOST_LINES else []


def _without(choice: Choice, codes: list[str], left_out: str) -> str:
    """The page's address with one area's ranks no longer shown; empty for the last and for the chosen one."""
    kept = [code for code in codes if code != left_out]
    if left_out == choice.area_code or not kept:
        return ""
    return choice.query() + "&" + urlencode([("areas", code) for code in kept]) + "#ranks"


def _by_period(points: list[dict[str, Any]], codes: list[str]) -> list[Row]:
    """A line a period, latest first, with each area's rank and interval."""
    periods = {point["period"]: point["period_name"] for point in points}
    of_cell = {(point["period"], point["area"]): point for point in points}
    return [
        {"period": periods[end], "cells": [of_cell.get((end, code)) for code in codes]}
        for end in sorted(periods, reverse=True)
    ]


def _figure(release: Release, choice: Choice, chart: str, query: str) -> dict[str, Any]:
    base = f"/charts/{release.id}/{choice.indicator['id']}/{chart}"
    titles = {"spc": "Control chart", "ranks": "Ranks over time"}
    tables = {"spc": "values", "ranks": "comparisons"}
    of_area = "&benchmark=national" if chart == "ranks" else ""
    return {
        "name": chart,
        "title": "",
        "alt": f"{titles[chart]}: {choice.indicator['title']}. The table below has the same numbers.",
        **pictures(base, query, "desk"),
        "csv": f"/data/{tables[chart]}.csv{choice.table_query(area=chart == 'spc', period=False)}{of_area}",
        "link": f"/indicators/{choice.indicator['id']}/over-time/{query}",
    }
