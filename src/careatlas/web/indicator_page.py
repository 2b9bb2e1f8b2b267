"""An indicator's page: the national standard first, one large number, then map, ranking, trend and spread."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.engine.tables import TIDIED
from careatlas.present.numbers import interval, lower_first, number, unit_in_words, value_or_status
from careatlas.present.periods import period_name
from careatlas.present.standards import in_force
from careatlas.present.words import area_in_indicator, spread_in_indicator, status_in_words
from careatlas.web import figures, ranking_table, reading
from careatlas.web.choice import Choice, choose
from careatlas.web.current import current_release, source_of
from careatlas.web.pages import crumb, show
from careatlas.web.reading import Row
from careatlas.web.template_words import heading

POLARITY = {
    "higher_is_better": "Higher is better.",
    "lower_is_better": "Lower is better.",
    "neither": "Neither a high nor a low value is good in itself.",
}
MOST_WARNINGS = 12


def indicator(request: HttpRequest, indicator: str) -> HttpResponse:
    release = current_release()
    choice = choose(release, indicator, request.GET)
    page = {
        "indicator": choice.indicator,
        "choice": choice,
        "unit": unit_in_words(choice.indicator),
        "unit_line": unit_line(choice.indicator),
        "plural": lower_first(release.catalogue["area_types"][choice.area_type]["plural"]),
        "polarity": POLARITY[choice.indicator["polarity"]],
        "notices": choice.notices,
        "crumbs": [
            crumb("Indicators", "/indicators/"),
            crumb(heading(choice.indicator["theme"]), f"/indicators/#{choice.indicator['theme']}"),
        ],
        "form": form_of(release, choice),
        "warnings": _warnings(release, choice),
        "definition": _definition(choice.indicator),
        "source": source_of(release, choice.indicator),
    }
    page |= _figures_for_the_period(release, choice, request.GET.get("order", ""))
    page |= _over_time(release, choice)
    page["figures"] = figures.of_indicator(release, choice, request.GET.get("map", ""))
    return show(request, "indicator.html", page)


def unit_line(indicator: dict[str, Any]) -> str:
    """The unit as the start of a sentence."""
    unit = str(indicator["unit"])
    return "Percentage" + unit[1:] if unit.startswith("%") else unit[:1].upper() + unit[1:]


def form_of(release: Release, choice: Choice) -> dict[str, Any]:
    """What may be chosen. It needs no script: the form is sent with its button."""
    levels = reading.area_types_of(release, choice.indicator["id"])
    return {
        "levels": [{"id": one, "title": release.catalogue["area_types"][one]["plural"]} for one in levels],
        "areas": reading.areas_by_type(release).get(choice.area_type, []),
        "periods": choice.periods,
    }


def _figures_for_the_period(release: Release, choice: Choice, order: str) -> dict[str, Any]:
    rows = reading.in_period(choice.rows, choice.period)
    compared = reading.in_period(
        reading.comparisons(release, choice.indicator["id"], choice.area_type), choice.period
    )
    whole = reading.country(release)
    own, own_compared = _row_of(release, choice, whole)
    national = {row["area"]: row for row in compared if row["benchmark"] == "national"}
    names = {row["area"]: _name(release, row["area"]) for row in rows}
    return {
        "headline": _headline(own, own_compared, choice, (choice.area or whole)["name"]),
        "sentences": _sentences(release, choice, rows, own, own_compared, names, whole),
        "standards": _standards(release, choice, own, rows),
        "ranking": ranking_table.ranking(rows, national, choice, names, order),
    }


def _row_of(release: Release, choice: Choice, whole: Row) -> tuple[Row | None, list[Row]]:
    """The chosen area's (or the country's) value in the period, and what it was compared with."""
    code = choice.area_code or whole["code"]
    level = choice.area_type if choice.area else "country"
    values = reading.in_period(reading.values(release, choice.indicator["id"], level), choice.period)
    compared = reading.in_period(reading.comparisons(release, choice.indicator["id"], level), choice.period)
    own = next((row for row in values if row["area"] == code), None)
    return own, [row for row in compared if row["area"] == code]


def _name(release: Release, code: str) -> str:
    return release.areas[code]["name"] if code in release.areas else code


def _headline(own: Row | None, compared: list[Row], choice: Choice, name: str) -> dict[str, Any]:
    if own is None:
        return {"name": name, "value": "no figure", "has_value": False}
    national = next((row for row in compared if row["benchmark"] == "national"), None)
    return {
        "name": name,
        "value": value_or_status(own, choice.indicator),
        "has_value": own["value"] is not None,
        "interval": interval(own, choice.indicator),
        "row": own,
        "state": status_in_words(own) if own["status"] != "reported" or own["note"] else "",
        "national": national,
        "benchmark": number(national["benchmark_value"], choice.indicator) if national else "",
    }


def _sentences(
    release: Release,
    choice: Choice,
    rows: list[Row],
    own: Row | None,
    compared: list[Row],
    names: dict,
    whole: Row,
) -> list[str]:
    if choice.area and own is not None:
        earlier = _a_year_before(choice, own)
        return area_in_indicator(own, choice.indicator, choice.area["name"], compared, earlier)
    return spread_in_indicator(rows, choice.indicator, names, own, whole["name"])


def _a_year_before(choice: Choice, own: Row) -> Row | None:
    """The same area's row a year earlier: the same season, so that winter is not held against summer."""
    wanted = (own["period_end"].year - 1, own["period_end"].month)
    earlier = reading.of_area(choice.rows, own["area"])
    return next((row for row in earlier if (row["period_end"].year, row["period_end"].month) == wanted), None)


def _standards(release: Release, choice: Choice, own: Row | None, rows: list[Row]) -> list[dict[str, Any]]:
    """Each national standard in force in the period, constitutional before interim, and who meets it."""
    targets = release.catalogue["targets"]
    counted = [row["value"] for row in rows if row["value"] is not None and row["status"] != "incomplete"]
    return [
        standard
        | {"met": _met(standard, own), "counted": len(counted)}
        | {"meeting": sum(_meets(standard, value) for value in counted)}
        for standard in in_force(targets, choice.indicator, choice.area_type, choice.period.end)
    ]


def _met(standard: dict[str, Any], own: Row | None) -> str:
    if own is None or own["value"] is None:
        return "cannot be told"
    return "met" if _meets(standard, own["value"]) else "not met"


def _meets(standard: dict[str, Any], value: float) -> bool:
    return value >= standard["value"] if standard["at_least"] else value <= standard["value"]


def _over_time(release: Release, choice: Choice) -> dict[str, Any]:
    """The tables under the trend and the distribution over time, latest period first."""
    whole = reading.country(release)
    indicator = choice.indicator
    of_country = reading.of_area(reading.values(release, indicator["id"], "country"), whole["code"])
    by_period = {(row["period_start"], row["period_end"]): row for row in of_country}
    chosen = reading.of_area(choice.rows, choice.area_code) if choice.area else of_country
    trend = [
        {
            "period": period_name(row["period_start"], row["period_end"]),
            "value": value_or_status(row, indicator),
            "interval": interval(row, indicator),
            "country": _or_missing(by_period.get((row["period_start"], row["period_end"])), indicator),
            "status": row["status"],
            "note": row["note"] or "",
        }
        for row in reversed(chosen)
    ]
    return {"trend": trend, "distribution": _distribution(choice)}


def _or_missing(row: Row | None, indicator: dict[str, Any]) -> str:
    return value_or_status(row, indicator) if row else "missing"


def _distribution(choice: Choice) -> list[dict[str, Any]]:
    """Percentiles of the areas' values in each period: the numbers that the chart draws."""
    rows = choice.rows.select(["period_start", "period_end", "value", "status", "estimated"])
    return [
        {"period": period.name, "areas": summary["areas"]}
        | {name: number(summary[name], choice.indicator) for name in figures.SUMMARY}
        for period in choice.periods
        if (summary := figures.summary(reading.in_period(rows, period)))
    ]


def _warnings(release: Release, choice: Choice) -> dict[str, Any]:
    """Returns that were absent or partial in this period, for the table the numerator is counted from."""
    found = [
        row
        for row in release.rows("completeness", source=choice.indicator["numerator"]["table"])
        if row["period_start"] <= choice.period.end and choice.period.start <= row["period_end"]
    ]
    areas = [row for row in reading.in_period(choice.rows, choice.period) if row["status"] == "incomplete"]
    return {
        "returns": [row | {"known": row["submitter"] in release.areas} for row in found[:MOST_WARNINGS]],
        "more": max(0, len(found) - MOST_WARNINGS),
        "areas": [
            {"code": row["area"], "name": _name(release, row["area"]), "note": row["note"]} for row in areas
        ],
    }


def _definition(indicator: dict[str, Any]) -> list[dict[str, Any]]:
    """How the number is made, in words a reader can check against the publisher's table."""
    parts = [{"term": "Counted", "meaning": _counted(indicator["numerator"])}]
    if indicator.get("denominator"):
        parts.append({"term": "Among", "meaning": _counted(indicator["denominator"])})
    if indicator["multiplier"] != 1:
        parts.append({"term": "Per", "meaning": f"{indicator['multiplier']:,g}"})
    return parts


def _counted(counted: dict[str, Any]) -> str:
    table = TIDIED.get(counted["table"])
    meaning = (
        next((one.meaning for one in table.columns if one.name == counted["measure"]), "") if table else ""
    )
    where = "; ".join(
        f"{lower_first(heading(column))}: {_listed(wanted)}" for column, wanted in counted["where"].items()
    )
    text = f"{heading(counted['measure'])}" + (f" ({meaning})" if meaning else "")
    text += f", from the table {heading(counted['table']).lower()}"
    edition = f", edition {counted['edition']}" if counted.get("edition") else ""
    return text + edition + (f" ({where})" if where else "")


def _listed(wanted: Any) -> str:
    parts = [heading(str(one)).lower() for one in (wanted if isinstance(wanted, list) else [wanted])]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
