"""Waiting times month by month: ranks with their intervals, and whether areas keep their places."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponse, QueryDict

from careatlas.engine.release import Release
from careatlas.present import bump_chart
from careatlas.present.periods import period_name
from careatlas.present.rank_words import noise_in_words
from careatlas.present.waiting_panel import FEWEST_MONTHS, Lasting, lasting, monthly
from careatlas.web import reading, waiting_figures
from careatlas.web.area_beside import groups
from careatlas.web.current import current_release
from careatlas.web.pages import crumb, show
from careatlas.web.reading import Row
from careatlas.web.waiting_choice import WaitsChoice, choose, own_rows
from careatlas.web.waiting_page import of_every_view

HERE = "/waiting-times/over-time/"
FIFTHS = ("Lowest fifth", "Second fifth", "Middle fifth", "Fourth fifth", "Highest fifth")
LONGEST_SHOWN = 12


def over_time(request: HttpRequest) -> HttpResponse:
    """``/waiting-times/over-time/?...&areas=&areas=``: ``areas`` are those whose ranks are drawn."""
    release = current_release()
    choice = choose(release, request.GET)
    page = of_every_view(release, choice, own_rows(release, choice)) | {
        "crumbs": [crumb("Waiting times", f"/waiting-times/{choice.query()}")],
        "ranks": _ranks(release, choice, areas_asked(release, choice, request.GET)),
        "persistence": _persistence(release, choice),
        "fewest_months": FEWEST_MONTHS,
    }
    return show(request, "waiting_over_time.html", page)


def areas_asked(release: Release, choice: WaitsChoice, asked: QueryDict) -> list[str]:
    """Codes of the areas to draw, the chosen one first, ten at most.

    Where none is named: the chosen area and those under the same area above, or without one both ends of the list.
    """
    named = [code for text in asked.getlist("areas") for code in text.split(",") if code]
    codes = [reading.area(release, code)["code"] for code in named]
    if not codes and choice.area:
        beside = [group for group in groups(release, choice.area) if group.area_type == choice.area_type]
        codes = [area["code"] for area in beside[0].areas] if beside else []
    wanted = dict.fromkeys([*([choice.area_code] if choice.area else []), *codes])
    if not wanted:
        wanted = dict.fromkeys(waiting_figures.at_both_ends(waiting_figures.month_ranks(release, choice)))
    of_level = [code for code in wanted if release.areas[code]["area_type"] == choice.area_type]
    return of_level[: bump_chart.MOST_LINES]


def _ranks(release: Release, choice: WaitsChoice, codes: list[str]) -> dict[str, Any]:
    ranked = waiting_figures.month_ranks(release, choice)
    names = {code: release.areas[code]["name"] for code in codes}
    points = bump_chart.rank_points(ranked, names)
    months = len({row["period_end"] for row in ranked})
    others = [area for area in reading.areas_by_type(release)[choice.area_type] if area["code"] not in codes]
    pairs = [(name, text) for name, text in _fields(choice) if name != "areas"]
    return {
        "months": months,
        "set": {
            "action": HERE,
            "anchor": "ranks",
            "fields": [*pairs, *(("areas", code) for code in codes)],
            "areas": [{"name": names[code], "without": _without(choice, codes, code)} for code in codes],
            "others": others if len(codes) < bump_chart.MOST_LINES else [],
        },
        "noise": noise_in_words(ranked[0]["noise"] if ranked else None, months),
        "names": list(names.values()),
        "rows": _by_month(points, codes),
        "figure": waiting_figures.figure(release, choice, "ranks", codes) if points and months > 1 else None,
    }


def _fields(choice: WaitsChoice) -> list[tuple[str, str]]:
    return list(QueryDict(choice.query()[1:]).items())


def _without(choice: WaitsChoice, codes: Sequence[str], left_out: str) -> str:
    """The page's address with one area fewer; empty for the chosen one and for the last."""
    kept = [code for code in codes if code != left_out]
    if left_out == choice.area_code or not kept:
        return ""
    return HERE + choice.query() + "".join(f"&areas={code}" for code in kept) + "#ranks"


def _by_month(points: Sequence[Row], codes: Sequence[str]) -> list[dict[str, Any]]:
    """A line a month, the latest first, with each area's rank and interval."""
    months = {point["period"]: point["period_name"] for point in points}
    cells = {(point["period"], point["area"]): point for point in points}
    return [
        {"period": months[end], "cells": [cells.get((end, code)) for code in codes]}
        for end in sorted(months, reverse=True)
    ]


def _persistence(release: Release, choice: WaitsChoice) -> dict[str, Any] | None:
    """Over the months of the window; None with fewer than four, or where there is no difference to last."""
    months = min(choice.run, choice.months if choice.months >= FEWEST_MONTHS else choice.run)
    key = (release, choice.specialty, choice.part, choice.area_type, choice.people, choice.end, months)
    found = _lasting(*key)
    if found is None:
        return None
    given = monthly(*key)
    share, low, high = (
        float(each) for each in (found.found.permanent_share, found.found.lower, found.found.upper)
    )
    return {
        "months": found.months,
        "together": found.together,
        "window": period_name(given.periods[0][0], given.periods[-1][1]),
        "share": f"{share:.0%}",
        "interval": f"{low:.0%} to {high:.0%}",
        "comes_and_goes": f"{100 * float(np.sqrt(found.found.come_and_go)):.1f}%",
        "fifths": _fifths(found),
        "stay": _stay(found),
        "runs": _runs(release, choice, found),
        "always": sum(run == found.months for run in found.runs.values()),
        "areas": len(found.runs),
    }


@functools.lru_cache(maxsize=64)
def _lasting(*key: Any) -> Lasting | None:
    return lasting(monthly(*key))


def _fifths(found: Lasting) -> list[dict[str, Any]]:
    """Highest first: how many went where, with the share that chance alone would send there."""
    return [
        {
            "name": FIFTHS[was],
            "cells": [
                {
                    "count": int(found.moved.count[was, now]),
                    "chance": f"{found.chance[was, now]:.0%}",
                    "same": was == now,
                }
                for now in reversed(range(len(FIFTHS)))
            ],
        }
        for was in reversed(range(len(FIFTHS)))
    ]


def _stay(found: Lasting) -> str:
    """How many of the highest and of the lowest fifth still are, beside what chance alone would keep there."""
    said = []
    for fifth, name in ((4, "highest"), (0, "lowest")):
        stayed, of = int(found.moved.count[fifth, fifth]), int(found.moved.count[fifth].sum())
        said.append(
            f"Of {of} areas in the {name} fifth at first {stayed} still are at the end; by chance alone "
            f"{found.chance[fifth, fifth]:.0%} would be."
        )
    return " ".join(said)


def _runs(release: Release, choice: WaitsChoice, found: Lasting) -> list[dict[str, Any]]:
    """Areas longest beyond chance on one side, and how far they lie from the average over all months."""
    lines = [
        {
            "code": code,
            "name": release.areas[code]["name"],
            "address": choice.query(area=code),
            "run": run,
            "size": abs(mean),
            "deviation": f"{100 * np.expm1(mean):+.0f}%",
            "chosen": code == choice.area_code,
        }
        for (code, run), mean in zip(found.runs.items(), found.deviation, strict=True)
    ]
    lines.sort(key=lambda line: (not line["chosen"], -line["run"], -line["size"]))
    return lines[:LONGEST_SHOWN]
