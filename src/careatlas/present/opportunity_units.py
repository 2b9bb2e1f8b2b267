"""One opportunity in each unit in which it may be said: people, or beds and the bed days of a period.

All that is given is the same amount said again; nothing here may be added to anything. What an indicator counts its
file says under ``event``. Where it says nothing, there is nothing to say but the indicator's own words.
"""

from collections.abc import Mapping
from typing import Any

from careatlas.present.opportunity_words import better, between
from careatlas.present.periods import length_in_words

Row = Mapping[str, Any]
AMOUNTS = ("amount", "lower", "upper", "chance_only")
PEOPLE = {
    "patient": "patients",
    "attendance": "attendances",
    "wait": "waits",
    "open_wait": "waits",
    "woman": "women",
    "baby": "babies",
}


def in_units(row: Row, indicator: Row) -> list[dict[str, Any]]:
    """``unit`` (patients, attendances, waits, women, babies, beds or bed_days), ``amount`` with ``lower``, ``upper``
    and ``chance_only``, and ``words``: the range in a phrase with its period. The indicator's own unit comes first;
    empty where its file names none.

    ``row``: of table ``opportunities``. ``indicator``: as the release's catalogue holds it.
    """
    event = indicator.get("event")
    days = (row["period_end"] - row["period_start"]).days + 1
    if event is None:
        return []
    if event == "bed":
        return [_beds(row, indicator, 1), _bed_days(row, indicator, days)]
    if event == "bed_day":
        return [_bed_days(row, indicator, 1), _beds(row, indicator, 1 / days)]
    return [_people(row, indicator, event)]


def _people(row: Row, indicator: Row, event: str) -> dict[str, Any]:
    unit, length = PEOPLE[event], length_in_words(row["period_start"], row["period_end"])
    # Of a list it is the last day that counts, and not all that was on it in between.
    when = f"open at the end of {length}" if event == "open_wait" else length
    words = f"a better end for {between(row)} {unit} {when}"  # more or fewer what, only the indicator's title says
    return {"unit": unit, **{name: row[name] for name in AMOUNTS}, "words": words}


def _beds(row: Row, indicator: Row, times: float) -> dict[str, Any]:
    amounts = {name: row[name] * times for name in AMOUNTS}
    words = f"{between(amounts)} {better(indicator)} beds on the average day"
    return {"unit": "beds", **amounts, "words": words}


def _bed_days(row: Row, indicator: Row, times: float) -> dict[str, Any]:
    amounts = {name: row[name] * times for name in AMOUNTS}
    length = length_in_words(row["period_start"], row["period_end"])
    return {
        "unit": "bed_days",
        **amounts,
        "words": f"{between(amounts)} {better(indicator)} bed days {length}",
    }
