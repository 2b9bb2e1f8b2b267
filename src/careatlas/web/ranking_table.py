"""The table of areas on an indicator's page: in groups, or in order of value where a direction or a reader asks.

A league table says that each line is above the next, which is seldom known. So areas stand in groups of those
in one half of the list; in order of value only where one end is better, or on request (``?order=rank``).
"""

from typing import Any

from careatlas.present.numbers import interval, value_or_status
from careatlas.present.rank_words import GROUPS, groups_in_words, is_league, noise_in_words, place
from careatlas.web import reading
from careatlas.web.choice import Choice
from careatlas.web.reading import Row

ORDERS = {"rank": "In order of value", "group": "In groups"}


def ranking(
    rows: list[Row], national: dict[str, Row], choice: Choice, names: dict[str, str], asked: str
) -> dict[str, Any]:
    """Sections of rows with what is said above and below them. ``asked``: an order of ``ORDERS``, or none."""
    compared = list(national.values())
    is_withheld = any(row["group"] == "not_apart" for row in compared)
    wanted = asked if asked in ORDERS else "rank" if is_league(choice.indicator) else "group"
    in_order = wanted == "rank" and not is_withheld
    lines = [
        _line(row, national.get(row["area"]), choice, names, asked if asked in ORDERS else "", in_order)
        for row in rows
    ]
    return {
        "sections": _in_order(lines) if in_order else _in_groups(lines),
        "in_order": in_order,
        "asked": asked if asked in ORDERS else "",
        "switch": [] if is_withheld or not compared else _switch(choice, wanted),
        "sentences": groups_in_words(compared, names),
        "noise": noise_in_words(_noise(compared), _periods(choice)),
    }


def _in_order(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One section, highest first; after the ranked those without a rank, each with its reason."""
    ordered = sorted(lines, key=lambda line: (not line["group"], -(line["number"] or 0), line["name"]))
    return [{"title": "", "rows": ordered}]


def _in_groups(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A section for each group that has an area, names in order; the unranked last, with a reason each."""
    by_name = sorted(lines, key=lambda line: line["name"])
    sections = [
        {"title": title, "rows": [line for line in by_name if line["group"] == group]}
        for group, title in [*GROUPS.items(), ("", "Not ranked")]
    ]
    return [section for section in sections if section["rows"]]


def _line(
    row: Row, against: Row | None, choice: Choice, names: dict[str, str], asked: str, in_order: bool
) -> dict[str, Any]:
    return {
        "code": row["area"],
        "name": names[row["area"]],
        "chosen": row["area"] == choice.area_code,
        "address": choice.query(area=row["area"], order=asked),
        "number": row["value"],
        "value": value_or_status(row, choice.indicator),
        "interval": interval(row, choice.indicator),
        "count": _whole(row["count"]),
        "denominator": _whole(row["denominator"]),
        "place": place(against, in_order=in_order),
        "group": (against["group"] if against else "") or "",
        "significance": against["significance"] if against else "not_compared",
        "status": row["status"],
        "note": row["note"] or "",
    }


def _switch(choice: Choice, wanted: str) -> list[dict[str, Any]]:
    return [
        {"title": title, "address": f"{choice.query(order=order)}#ranking-details", "here": order == wanted}
        for order, title in ORDERS.items()
    ]


def _noise(compared: list[Row]) -> str | None:
    return next((row["noise"] for row in compared if row["noise"]), None)


def _periods(choice: Choice) -> int:
    """How many periods on file have a figure for anybody."""
    with_values = choice.rows.filter(choice.rows["value"].is_valid())
    return len(reading.periods(with_values))


def _whole(count: float | None) -> str:
    return "" if count is None else f"{count:,.0f}"
