"""The table of rates on the page of waiting times: rank and interval under each way to count people, in groups."""

from collections.abc import Sequence
from typing import Any

from careatlas.present.numbers import interval, value_or_status
from careatlas.present.rank_words import GROUPS, groups_in_words, noise_in_words
from careatlas.present.waiting_panel import MOST_MONTHS
from careatlas.present.waiting_people import PEOPLE
from careatlas.present.waiting_words import PEOPLE_WORDS, as_indicator, edition_name, rank_moves
from careatlas.web import waiting_figures
from careatlas.web.reading import Row
from careatlas.web.waiting_choice import WaitsChoice

ORDERS = {"group": "In groups", "rank": "In order of rate"}


def rates(choice: WaitsChoice, rows: Sequence[Row], order: str) -> dict[str, Any]:
    people = choice.people
    compared = [_as_comparison(row, people) for row in rows]
    is_withheld = any(one["group"] == "not_apart" for one in compared)
    in_order = order == "rank" and not is_withheld
    lines = [_rate_line(row, choice, order if order in ORDERS else "") for row in rows]
    noise = rows[0]["rank_noise"] if rows else None
    return {
        "sections": _in_order(lines) if in_order else _in_groups(lines),
        "in_order": in_order,
        "switch": []
        if is_withheld
        else [
            {
                "title": title,
                "address": f"{choice.query(order=one)}#rates",
                "here": in_order == (one == "rank"),
            }
            for one, title in ORDERS.items()
        ],
        "sentences": groups_in_words(compared, {row["area"]: row["name"] for row in rows}),
        "moves": [rank_moves(rows, people, other) for other in choice.kinds_of_people if other != people],
        "noise": allowed_for(noise, choice.run),
        "people_switch": [
            {
                "title": PEOPLE_WORDS[one].capitalize(),
                "address": f"{choice.query(denominator=one)}#rates",
                "here": one == people,
            }
            for one in choice.kinds_of_people
        ],
        "kinds": [one.replace("_", "-") for one in choice.kinds_of_people],
        "editions": [
            f"{PEOPLE_WORDS[one]} {edition_name(rows[0][f'people_{one}_edition'])}"
            for one in choice.kinds_of_people
        ]
        if rows
        else [],
    }


def allowed_for(noise: str | None, run: int) -> str:
    """What ranks allow for, with a ``run`` of so many months on file: no more than two years of it are used."""
    return noise_in_words(noise, min(run, MOST_MONTHS))


def _as_comparison(row: Row, people: str) -> Row:
    return {
        "area": row["area"],
        "group": row[f"group_{people}"],
        "rank_lower": row[f"rank_{people}_lower"],
        "rank_upper": row[f"rank_{people}_upper"],
        "ranked_areas": int(row[f"ranked_{people}"] or 0),
        "noise": row["rank_noise"],
    }


def _rate_line(row: Row, choice: WaitsChoice, order: str) -> dict[str, Any]:
    value = waiting_figures.as_values([row], choice.people)[0]
    indicator = as_indicator(choice.part, choice.specialty, choice.people)
    return {
        "code": row["area"],
        "name": row["name"],
        "chosen": row["area"] == choice.area_code,
        "address": choice.query(area=row["area"], order=order),
        "rate": row[f"per_1000_{choice.people}"],
        "value": value_or_status(value, indicator),
        "interval": interval(value, indicator),
        "ranks": [_rank_text(row, one) for one in PEOPLE if one in choice.kinds_of_people],
        "group": row[f"group_{choice.people}"] or "",
        "pathways": row["pathways"],
        "people": row[f"people_{choice.people}"],
        "status": row["status"],
        "note": row["note"] or "",
    }


def _rank_text(row: Row, people: str) -> dict[str, str]:
    """A rank and its limits; without the rank where they span half the list or more."""
    rank, low, high = (row[f"rank_{people}{end}"] for end in ("", "_lower", "_upper"))
    if rank is None:
        return {
            "rank": "cannot be told" if row[f"group_{people}"] == "not_apart" else "not ranked",
            "limits": "",
        }
    is_wide = high - low + 1 > row[f"ranked_{people}"] / 2
    return {"rank": "" if is_wide else f"{rank:g}", "limits": f"{low:g} to {high:g}"}


def _in_order(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ordered = sorted(lines, key=lambda line: (not line["group"], -(line["rate"] or 0), line["name"]))
    return [{"title": "", "rows": ordered}]


def _in_groups(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_name = sorted(lines, key=lambda line: line["name"])
    sections = [
        {"title": title, "rows": [line for line in by_name if line["group"] == group]}
        for group, title in [*GROUPS.items(), ("", "Not ranked")]
    ]
    return [section for section in sections if section["rows"]]
