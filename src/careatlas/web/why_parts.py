"""The part of the page *Why* on how few of an area's parts make half of its gap."""

from typing import Any
from urllib.parse import urlencode

from careatlas.engine.release import Release
from careatlas.present import concentration_words as words
from careatlas.present.concentration import PLURALS, part_name
from careatlas.present.numbers import lower_first
from careatlas.web import reading
from careatlas.web.choice import Choice
from careatlas.web.reading import Row

COMPLETED = {"completed_admitted", "completed_non_admitted"}


def parts_of_gap(release: Release, choice: Choice, verdict: str | None) -> dict[str, Any]:
    """What the gap is, then a sentence and a table for each way to cut the area; where there is none, why."""
    whole = reading.country(release)["name"]
    rows = [row for row in _of_choice(release, choice, "concentration") if row["area"] == choice.area_code]
    if not rows:
        return {"said": words.why_no_parts(verdict, _significance(release, choice), whole), "kinds": []}
    cut = [
        [row for row in sorted(rows, key=lambda row: row["place"]) if row["kind"] == kind]
        for kind in dict.fromkeys(row["kind"] for row in rows)
    ]
    kinds = [_kind(release, choice, of_kind) for of_kind in cut]
    gap = words.gap_in_events(
        rows[0], choice.indicator, choice.area["name"], whole, choice.period.name, verdict
    )
    return {
        "said": gap,
        "events": words.events_of(choice.indicator),
        "kinds": kinds,
    }


def _kind(release: Release, choice: Choice, rows: list[Row]) -> dict[str, Any]:
    kind = rows[0]["kind"]
    names = {row["part"]: part_name(release, row) for row in rows}
    plural = _plural_of(release, rows[0]["part"]) if kind == "smaller_area" else PLURALS[kind]
    return {
        "id": kind,
        "plural": plural,
        "sentence": words.few_parts(rows, plural, names),
        "rows": [
            {
                "name": names[row["part"]],
                "address": _address(release, choice, row),
                "observed": row["observed"],
                "denominator": row["denominator"],
                "expected": row["expected"],
                "excess": f"{row['excess']:+,.0f}",
                "interval": _interval(row),
                "share": f"{row['share_of_gap']:.0%}",
            }
            for row in rows
        ],
    }


def _plural_of(release: Release, area: str) -> str:
    types = release.catalogue["area_types"]
    return lower_first(types[release.areas[area]["area_type"]]["plural"])


def _interval(row: Row) -> str:
    if row["excess_lower"] is None:
        return ""
    return f"{row['excess_lower']:+,.0f} to {row['excess_upper']:+,.0f}"


def _address(release: Release, choice: Choice, row: Row) -> str:
    """The page that says more of a part: of an area why it differs, of a specialty how long it waits."""
    if row["kind"] == "specialty":
        return "" if row["part"] == words.MIX else _waits_of(choice, row["part"])
    part = release.areas.get(row["part"])
    if part is None or part["area_type"] not in reading.area_types_of(release, choice.indicator["id"]):
        return ""
    query = choice.query(area_type=part["area_type"], area=part["code"])
    return f"/indicators/{choice.indicator['id']}/why/{query}"


def _waits_of(choice: Choice, specialty: str) -> str:
    named = choice.indicator["numerator"]["where"]["part"]
    parts = {named} if isinstance(named, str) else set(named)
    part = "completed" if parts == COMPLETED else parts.pop()
    asked = {
        "specialty": specialty,
        "part": part,
        "area_type": choice.area_type,
        "area": choice.area_code,
        "period": choice.period.code,
    }
    return "/waiting-times/?" + urlencode(asked)


def _significance(release: Release, choice: Choice) -> str | None:
    rows = _of_choice(release, choice, "comparisons")
    own = (row for row in rows if row["area"] == choice.area_code and row["benchmark"] == "national")
    return next((row["significance"] for row in own), None)


def _of_choice(release: Release, choice: Choice, table: str) -> list[Row]:
    rows = reading.of_table(release, table, choice.indicator["id"], choice.area_type)
    return reading.in_period(rows, choice.period)
