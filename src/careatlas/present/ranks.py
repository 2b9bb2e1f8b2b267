"""Who stands where: all areas of one type in one period, with limits and groups, as the command line answers.

In order of value only where an indicator has a better end, or on request; names in groups otherwise.
"""

import math
from datetime import date

import numpy as np

from careatlas.engine.release import Release
from careatlas.methods.placing import placing, scores_by_method
from careatlas.present.numbers import is_full_return
from careatlas.present.queries import (
    Row,
    known_indicator,
    level_of,
    named,
    period_of,
    standards_in_force,
    with_notes,
)
from careatlas.present.rank_words import GROUPS, is_league, noise_in_words

RANK_COLUMNS = (
    "indicator", "area_type", "area", "name", "period_start", "period_end", "count", "denominator", "value",
    "lower_95", "upper_95", "status", "rank", "rank_lower", "rank_upper", "ranked_areas", "group", "note",
)  # fmt: skip


def rank_areas(
    release: Release,
    indicator: str,
    period: str | None = None,
    area_type: str | None = None,
    include_incomplete: bool = False,
    by: str | None = None,
) -> list[Row]:
    """All areas of one type in one period, each with the interval of its rank and the half it is in.

    ``by`` value: highest first; ``by`` group: halves of the list, names in each; by default in order of value only
    where the indicator has a direction. Incomplete values stand at the end without a rank, unless
    ``include_incomplete`` ranks them as they are.
    """
    about = known_indicator(release, indicator)
    where: Row = {"indicator": indicator, "area_type": level_of(release, indicator, area_type)}
    start, end = period_of(release, where, period)
    every_period = release.rows("values", **where)
    rows = [row for row in every_period if (row["period_start"], row["period_end"]) == (start, end)]
    if include_incomplete and release.catalogue["area_types"][where["area_type"]]["ranked"]:
        places = _places_of_all(every_period, about["method"], end)
    else:
        compared = release.rows("comparisons", benchmark="national", period_end=end, **where)
        places = {row["area"]: row for row in compared}
    periods = len({row["period_end"] for row in every_period if row["value"] is not None})
    in_order = by == "value" or (by is None and is_league(about))
    ranked = [
        _ranked(release, row, places.get(row["area"], {}), periods)
        for row in sorted(rows, key=lambda row: row["area"])
    ]
    ranked.sort(key=_by_value if in_order else _by_group)
    return [{column: row[column] for column in RANK_COLUMNS} for row in ranked]


def _ranked(release: Release, row: Row, place: Row, periods: int) -> Row:
    said = [*standards_in_force(release, row), noise_in_words(place.get("noise"), periods)]
    columns = ("rank", "rank_lower", "rank_upper", "ranked_areas", "group")
    return {**named(release, with_notes(row, said)), **{column: place.get(column) for column in columns}}


def _by_value(row: Row) -> tuple[bool, bool, float]:
    """Highest first, those without a rank of their own last; where ranks are withheld the values still stand."""
    return row["group"] is None, row["value"] is None, -(row["value"] or 0)


def _by_group(row: Row) -> tuple[int, str]:
    return [*GROUPS, None].index(row["group"]), row["name"] or row["area"]


def _places_of_all(rows: list[Row], method: str, period_end: date) -> dict[str, Row]:
    """What ``comparisons`` would say of one period's places if incomplete returns were whole."""
    known = [row for row in rows if is_full_return(row, or_incomplete=True) and row["value"] is not None]
    periods, areas = (sorted({row[key] for row in known}) for key in ("period_end", "area"))
    at = {key: place for each in (periods, areas) for place, key in enumerate(each)}
    columns = ("value", "lower_95", "upper_95", "count", "denominator")
    given = np.full((len(columns), len(periods), len(areas)), np.nan)
    for row in known:
        numbers = [np.nan if row[column] is None else row[column] for column in columns]
        given[:, at[row["period_end"]], at[row["area"]]] = numbers
    if period_end not in at:
        return {}
    found = placing(scores_by_method(method, *given))
    noise, now = "counting" if np.isnan(found.come_and_go) else "comes_and_goes", at[period_end]
    return {
        area: {
            "rank": _number(found.rank[now, at[area]]),
            "rank_lower": _number(found.lower[now, at[area]]),
            "rank_upper": _number(found.upper[now, at[area]]),
            "ranked_areas": int(found.compared_areas[now]),
            "group": str(found.group[now, at[area]]),
            "noise": noise,
        }
        for area in areas
        if found.group[now, at[area]]
    }


def _number(number: float) -> float | None:
    return None if math.isnan(number) else float(number)
