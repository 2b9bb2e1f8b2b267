"""Published claims about waiting times beside what the loaded data say.

A report that names neither its denominator nor which pathways it counts can be read in several ways, so each
claim is held against every reading. It agrees with a reading or it does not, and that only where every month of its
window is on file; until then it is not testable. Nothing here confirms a claim.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from careatlas.engine.release import Release
from careatlas.present.periods import period_name
from careatlas.present.waiting_people import PEOPLE
from careatlas.present.waiting_window import months_of
from careatlas.present.waiting_words import PATHWAYS, PEOPLE_WORDS
from careatlas.present.waits import waiting_times

Row = dict[str, Any]
PARTS = ("completed_admitted", "completed")
LEVEL, SPECIALTY = "sub_icb", "total"
NEAR_ENOUGH = 0.01  # of a total: published figures are revised for months
LAST_FIFTH = 0.8
VERDICTS = {True: "agrees", False: "does not agree", None: "cannot be told"}


def reproductions(release: Release) -> list[Row]:
    """Every published comparison about areas of this release, with each claim under each reading."""
    known = release.catalogue.get("reproductions", {})
    return [_held(release, one) for one in known.values() if _is_of(release, one)]


def _is_of(release: Release, one: Mapping[str, Any]) -> bool:
    """Whether all its areas are this release's: a simulated country says nothing of real places."""
    return all(claim["area"] in release.areas for claim in one["claims"] if claim["area"])


def _held(release: Release, one: Mapping[str, Any]) -> Row:
    first, last = (date.fromisoformat(str(one[name])) for name in ("first_month", "last_month"))
    wanted = _months_between(first, last)
    window = _window_on_file(release, first, last)
    is_testable = len(window) == wanted
    shown = window or _latest(release)
    readings = {part: _read(release, part, shown) for part in PARTS} if shown else {}
    return {
        **{name: one[name] for name in ("id", "title", "publisher", "published", "source")},
        "window": period_name(first, last),
        "first": f"{first:%Y-%m}",
        "last": f"{last:%Y-%m}",
        "months_wanted": wanted,
        "months_on_file": len(window),
        "is_testable": is_testable,
        "shown": period_name(shown[0].replace(day=1), shown[-1]) if shown else "",
        "is_another_time": not window,
        "claims": [_claim(release, claim, readings, wanted, len(window)) for claim in one["claims"]],
    }


def _months_between(first: date, last: date) -> int:
    """How many months these two and those between them are."""
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _window_on_file(release: Release, first: date, last: date) -> list[date]:
    _, ends, _ = months_of(release, SPECIALTY, "completed", LEVEL, last, 10_000)
    return [end for end in ends if end >= first]


def _latest(release: Release) -> list[date]:
    return months_of(release, SPECIALTY, "completed", LEVEL, date.max, 1)[1]


def _read(release: Release, part: str, ends: list[date]) -> dict[str, Row]:
    """Rows by area, the country's among them, over these months: none is left out for another that is not on file."""
    months = _months_between(ends[0], ends[-1])
    period = f"{ends[-1]:%Y-%m}"
    return {
        row["area"]: row
        for level in (LEVEL, "country")
        for row in waiting_times(release, SPECIALTY, part, level, months, period)
    }


def _claim(
    release: Release,
    claim: Mapping[str, Any],
    readings: Mapping[str, dict[str, Row]],
    wanted: int,
    months: int,
) -> Row:
    """The claim with a row a reading: part, people, figure, rank and whether they agree."""
    code = claim["area"] or _country(release)
    kinds = PEOPLE if claim["area"] else (None,)
    rows = [
        _reading(claim, rows[code], part, people)
        for part, rows in readings.items()
        for people in kinds
        if code in rows
    ]
    is_testable = months == wanted
    for row in rows:
        row["agrees"] = row["agrees"] if is_testable else None
        row["verdict"] = VERDICTS[row["agrees"]] if is_testable else "not testable"
    return {
        "id": claim["id"],
        "words": claim["words"],
        "area": claim["area"],
        "name": release.areas[code]["name"],
        "verdict": _verdict(rows) if is_testable else f"Not testable: {months} of {wanted} months on file.",
        "readings": rows,
    }


def _reading(claim: Mapping[str, Any], row: Row, part: str, people: str | None) -> Row:
    told: Row = {"part": part, "people": people, "status": row["status"], "note": row["note"]}
    told["reading"] = PATHWAYS[part] + (f" per 1,000 {PEOPLE_WORDS[people]}" if people else "")
    told["pathways"] = row["pathways"]
    if people is None:
        return told | {"agrees": _same_total(claim["total"], row["pathways"])}
    told |= {
        "edition": row[f"people_{people}_edition"],
        "value": row[f"per_1000_{people}"],
        "lower": row[f"per_1000_{people}_lower"],
        "upper": row[f"per_1000_{people}_upper"],
        "rank": row[f"rank_{people}"],
        "rank_lower": row[f"rank_{people}_lower"],
        "rank_upper": row[f"rank_{people}_upper"],
        "ranked": row[f"ranked_{people}"],
    }
    return told | {"agrees": _same_rank(claim, told)}


def _same_total(claimed: float, counted: float | None) -> bool | None:
    return None if counted is None else abs(counted / claimed - 1) <= NEAR_ENOUGH


def _same_rank(claim: Mapping[str, Any], told: Row) -> bool | None:
    """Whether what was claimed lies in the rank's interval; None without a rank."""
    if told["rank"] is None:
        return None
    if claim["kind"] == "lowest_fifth":
        return bool(told["rank_upper"] > LAST_FIFTH * told["ranked"])
    return bool(told["rank_lower"] <= claim["rank"] <= told["rank_upper"])


def _verdict(rows: list[Row]) -> str:
    """The readings under which it agrees, does not, or cannot be told."""
    said = []
    for answer, words in ((True, "Agrees"), (False, "Does not agree"), (None, "Cannot be told")):
        under = [row["reading"] for row in rows if row["agrees"] is answer]
        every = "any" if answer is False else "every"
        if under:
            listed = f"{every} reading" if len(under) == len(rows) > 1 else "; ".join(under)
            said.append(f"{words} under {listed}.")
    return " ".join(said)


def _country(release: Release) -> str:
    return next(code for code, row in release.areas.items() if row["area_type"] == "country")
