"""Answers to `asks`: read without guessing, with every fault at once; and written again as a form shows them."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from careatlas.engine.release import Release
from careatlas.improve.delivery.models import Initiative
from careatlas.improve.delivery.planning.asks import Ask
from careatlas.improve.evidence.writing.answers import FIRST_DAY, LAST_DAY, Wrong, cleaned
from careatlas.improve.evidence.writing.sections import workstreams
from careatlas.improve.record.models import Kept

LARGEST = 1e12
LONGEST_WHY = 400
ON = ("on", "true", "yes", "1")


class _CannotBeMeant(Exception):
    pass


def read(
    asks: Iterable[Ask], said: Mapping[str, Any], release: Release, initiative: Initiative | None = None
) -> dict[str, Any]:
    """Fields as the models keep them; what is not answered at all is left as it is. Raises Wrong."""
    fields: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for ask in asks:
        if ask.field not in said and ask.kind != "tick":
            continue
        try:
            fields[ask.field] = _READERS[ask.kind](
                ask, _as_text(said.get(ask.field, "")), release, initiative
            )
        except _CannotBeMeant as fault:
            faults[ask.field] = str(fault)
        else:
            if ask.is_needed and fields[ask.field] in ("", None):
                faults[ask.field] = f"{ask.label}: not answered yet."
    refuse(faults)
    return fields


def read_new(
    asks: Iterable[Ask], said: Mapping[str, Any], release: Release, initiative: Initiative | None = None
) -> dict[str, Any]:
    """The same for a row that is not there yet: what is not said is empty."""
    asks = list(asks)
    return read(asks, {ask.field: "" for ask in asks} | dict(said), release, initiative)


def written(row: Kept, ask: Ask) -> str:
    """An answer as a form shows it."""
    if ask.kind == "measure":
        return str(getattr(row, f"{ask.field}_id") or "")
    value = getattr(row, ask.field)
    if ask.kind == "tick":
        return "on" if value else ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def read_why(said: str) -> str:
    why = " ".join(cleaned(said).split())
    if len(why) > LONGEST_WHY:
        raise Wrong({"why": f"{len(why):,} characters are too many: keep to {LONGEST_WHY}."})
    return why


def refuse(faults: Mapping[str, str]) -> None:
    if faults:
        raise Wrong(faults)


def _as_text(said: Any) -> str:
    if isinstance(said, bool):
        return "on" if said else ""
    if isinstance(said, date):
        return said.isoformat()
    return "" if said is None else cleaned(str(said))


def _line(ask: Ask, said: str, release: Release, initiative: Initiative | None) -> str:
    return " ".join(_words(ask, said, release, initiative).split())


def _words(ask: Ask, said: str, release: Release, initiative: Initiative | None) -> str:
    if len(said) > ask.most:
        raise _CannotBeMeant(f"{len(said):,} characters are too many: keep to {ask.most:,}.")
    return said


def _day(ask: Ask, said: str, release: Release, initiative: Initiative | None) -> date | None:
    if not said:
        return None
    try:
        found = date.fromisoformat(said) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", said) else None
    except ValueError:
        found = None
    if found is None or not FIRST_DAY <= found <= LAST_DAY:
        raise _CannotBeMeant("Give a day as year, month and day, such as 2026-09-01.")
    return found


def _number(ask: Ask, said: str, release: Release, initiative: Initiative | None) -> float | None:
    """A comma may mean two things, so that none is taken."""
    if not said:
        return None
    said = said.replace("\u2212", "-")
    found = float(said) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", said) else math.nan
    if not abs(found) <= LARGEST:
        raise _CannotBeMeant("Give a number such as -10 or 1250.5, without commas or signs of percent.")
    return found


def _percent(ask: Ask, said: str, release: Release, initiative: Initiative | None) -> int | None:
    return _whole(said, 0, 100, "Give a whole number from 0 to 100.")


def _score(ask: Ask, said: str, release: Release, initiative: Initiative | None) -> int | None:
    return _whole(said, 1, 5, "Choose 1 to 5.")


def _whole(said: str, lowest: int, highest: int, remedy: str) -> int | None:
    if not said:
        return None
    if not re.fullmatch("[0-9]{1,3}", said) or not lowest <= int(said) <= highest:
        raise _CannotBeMeant(remedy)
    return int(said)


def _tick(ask: Ask, said: str, release: Release, initiative: Initiative | None) -> bool:
    return said.lower() in ON


def _choice(ask: Ask, said: str, release: Release, initiative: Initiative | None) -> str:
    return _one_of(dict(ask.choices), said)


def _one_of(known: Mapping[str, Any], said: str) -> str:
    if said and said not in known:
        raise _CannotBeMeant("That is none of the choices.")
    return said


def _area(ask: Ask, said: str, release: Release, initiative: Initiative | None) -> str:
    code = said.upper()
    if code in release.areas or not code:
        return code
    named = [one for one, area in release.areas.items() if area["name"].upper() == code]
    if len(named) == 1:
        return named[0]
    raise _CannotBeMeant(
        "Several areas have that name: give the code." if named else "No area has that code or name."
    )


def _measure(ask: Ask, said: str, release: Release, initiative: Initiative | None) -> Any:
    if not said:
        return None
    numbered = said.isascii() and said.isdecimal() and len(said) < 12
    found = initiative.measures.filter(pk=said).first() if initiative is not None and numbered else None
    if found is None:
        raise _CannotBeMeant("That is no measure of this initiative.")
    return found


_READERS: dict[str, Callable[[Ask, str, Release, Initiative | None], Any]] = {
    "line": _line,
    "text": _words,
    "day": _day,
    "number": _number,
    "percent": _percent,
    "score": _score,
    "tick": _tick,
    "choice": _choice,
    "indicator": lambda ask, said, release, initiative: _one_of(release.catalogue["indicators"], said),
    "area": _area,
    "workstream": lambda ask, said, release, initiative: _one_of(workstreams(release), said),
    "measure": _measure,
}
