"""An area's indicators, one line each: the figure, the country's, its peers', the standards in force."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from careatlas.engine.release import Release
from careatlas.present.beside_peers import beside_peers
from careatlas.present.numbers import interval, number, unit_in_words, value_or_status
from careatlas.present.periods import period_code, period_name
from careatlas.present.rank_words import is_league, place
from careatlas.web import reading
from careatlas.web.reading import Row


def rows(
    release: Release, own: Row, values: Sequence[Row], comparisons: Sequence[Row], peers: Sequence[str]
) -> list[dict[str, Any]]:
    """A line for each of the area's ``values``, by theme and title; ``peers``: codes of areas of its type."""
    lines = [_row(release, own, value, comparisons, peers) for value in values]
    return sorted(lines, key=lambda line: (line["theme"], line["title"]))


def _row(
    release: Release, own: Row, value: Row, comparisons: Sequence[Row], peers: Sequence[str]
) -> dict[str, Any]:
    indicator = release.catalogue["indicators"][value["indicator"]]
    compared = [row for row in comparisons if row["indicator"] == value["indicator"]]
    national = next((row for row in compared if row["benchmark"] == "national"), None)
    code = period_code(value["period_start"], value["period_end"])
    chosen = "?" + urlencode({"area_type": own["area_type"], "area": own["code"], "period": code})
    return {
        "indicator": indicator["id"],
        "title": indicator["short_title"],
        "theme": indicator["theme"],
        "polarity": indicator["polarity"],
        "unit": unit_in_words(indicator),
        "full_unit": indicator["unit"],
        "address": f"/indicators/{indicator['id']}/{chosen}",
        "why": f"/indicators/{indicator['id']}/why/{chosen}",
        "period": period_name(value["period_start"], value["period_end"]),
        "value": value_or_status(value, indicator),
        "interval": interval(value, indicator),
        "count": value["count"],
        "denominator": value["denominator"],
        "status": value["status"],
        "note": value["note"] or "",
        "national": national,
        "benchmark": number(national["benchmark_value"], indicator) if national else "",
        "significance": national["significance"] if national else "not_compared",
        "place": _place(national, indicator),
        "standards": [_standard(row, indicator) for row in compared if row["benchmark"] == "standard"],
        "peers": _beside_peers(release, value, indicator, peers),
    }


def _beside_peers(
    release: Release, value: Row, indicator: dict[str, Any], peers: Sequence[str]
) -> dict[str, Any] | None:
    """The peers' figure in the same period with its limits; None without peers or full returns."""
    if not peers:
        return None
    latest = reading.latest_by_area(release, "values", indicator["id"], value["area_type"])
    of_peers = [row for code in peers for row in latest.get(code, ())]
    same = [row for row in of_peers if row["period_end"] == value["period_end"]]
    found = beside_peers(value, same, indicator)
    if found is None:
        return None
    return found | {"text": number(found["value"], indicator), "interval": interval(found, indicator)}


def _standard(row: Row, indicator: dict[str, Any]) -> dict[str, str]:
    """A standard in force in the period, and whether the value meets it."""
    at_most = indicator["polarity"] == "lower_is_better"
    is_met = row["difference"] <= 0 if at_most else row["difference"] >= 0
    level = f"{'at most' if at_most else 'at least'} {number(row['benchmark_value'], indicator)}"
    return {"name": row["benchmark_name"], "level": level, "met": "met" if is_met else "not met"}


def _place(national: Row | None, indicator: dict[str, Any]) -> str:
    """Never without its interval, and no rank where the indicator has no better end."""
    said = place(national, in_order=is_league(indicator))
    return f"{said} of {national['ranked_areas']}" if national and said[:1].isdigit() else said
