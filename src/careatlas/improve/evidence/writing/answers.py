"""Answers to the questions of `sections`: how each is read, whoever brings it (page, file, API), and written again.

Reading never guesses: an answer that cannot be meant is said to be wrong, in words, and nothing is kept.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from careatlas.catalogue.care_setting import load_care_settings
from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.evidence.models import Direction, Example
from careatlas.improve.evidence.writing.sections import Question, Section, programmes, workstreams
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Organisation

MOST_POUNDS = 10**12
LONGEST_CODE = 200
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 1, 1)
# What makes words read otherwise than they are.
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class Wrong(Exception):
    """Answers that cannot be meant: field -> what is wrong with it, in words."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__("; ".join(f"{field}: {words}" for field, words in faults.items()))


def read(section: Section, said: Mapping[str, Any], release: Release) -> dict[str, Any]:
    """The section's answers as the model keeps them; a question that is not answered at all is left as it is.

    Raises Wrong with every fault at once."""
    fields: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for question in section.questions:
        if question.field not in said:
            continue
        try:
            fields[question.field] = _READERS[question.kind](question, said[question.field], release)
        except _CannotBeMeant as fault:
            faults[question.field] = str(fault)
    if faults:
        raise Wrong(faults)
    return fields


def written(example: Example, question: Question) -> Any:
    """An answer as the form shows it: text, or a list of ids."""
    value = getattr(example, question.field)
    if question.kind == "organisation":
        return example.owner_id
    if question.kind == "workstreams":
        return value
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def cleaned(text: str) -> str:
    """Without what is no writing: control characters, marks that turn the direction of reading, halves of letters."""
    text = _BIDI.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (one for one in text if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs"))
    return "".join(kept).strip()


class _CannotBeMeant(Exception):
    pass


def _as_text(said: Any) -> str:
    if isinstance(said, str | int | date):
        return cleaned(said.isoformat() if isinstance(said, date) else str(said))
    if said is None:
        return ""
    raise _CannotBeMeant("This is no text.")


def _read_text(question: Question, said: Any, release: Release) -> str:
    text = _as_text(said)
    if len(text) > question.most:
        raise _CannotBeMeant(f"{len(text):,} characters are too many: keep to {question.most:,}.")
    return text


def _read_line(question: Question, said: Any, release: Release) -> str:
    text = " ".join(_read_text(question, said, release).split())
    if question.field == "title" and not text:
        raise _CannotBeMeant("An example needs a title: it can be changed later.")
    return text


def _read_pounds(question: Question, said: Any, release: Release) -> int | None:
    text = re.sub(r"[\s,£]", "", _as_text(said))
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,15}", text) or int(text) > MOST_POUNDS:
        raise _CannotBeMeant("Give whole pounds, such as 125,000; or leave it empty.")
    return int(text)


def _read_day(question: Question, said: Any, release: Release) -> date | None:
    text = _as_text(said)
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise _CannotBeMeant("Give a day as year, month and day, such as 2025-09-01.")
    return day


def _read_choice(known: Callable[[Release], Mapping[str, Any]]) -> Callable[[Question, Any, Release], str]:
    def choose(question: Question, said: Any, release: Release) -> str:
        text = _as_text(said)
        if text and text not in known(release):
            raise _CannotBeMeant("That is none of the choices.")
        return text

    return choose


def _read_workstreams(question: Question, said: Any, release: Release) -> list[str]:
    if not isinstance(said, list | tuple):
        raise _CannotBeMeant("Give a list of workstreams.")
    ids = sorted({_as_text(one) for one in said} - {""})
    if set(ids) - set(workstreams(release)):
        raise _CannotBeMeant("That is none of the choices.")
    return ids


def _read_organisation(question: Question, said: Any, release: Release) -> Organisation:
    text = _as_text(said)[:LONGEST_CODE]
    named = Organisation.objects.filter(name__iexact=text, is_current=True)
    if len(named) == 1:
        return named[0]
    try:
        return organisations.organisation(text)
    except NotKnownError:
        raise _CannotBeMeant("No organisation here has that code or name.") from None


def _read_area(question: Question, said: Any, release: Release) -> str:
    text = _as_text(said)[:LONGEST_CODE]
    if not text or text.upper() in release.areas:
        return text.upper()
    named = [code for code, area in release.areas.items() if area["name"].lower() == text.lower()]
    if len(named) == 1:
        return named[0]
    raise _CannotBeMeant(
        "Several areas have that name: give the code." if named else "No area has that code or name."
    )


_READERS: dict[str, Callable[[Question, Any, Release], Any]] = {
    "line": _read_line,
    "text": _read_text,
    "pounds": _read_pounds,
    "day": _read_day,
    "setting": _read_choice(lambda release: load_care_settings()),
    "programme": _read_choice(programmes),
    "workstreams": _read_workstreams,
    "organisation": _read_organisation,
    "indicator": _read_choice(lambda release: release.catalogue["indicators"]),
    "area": _read_area,
    "direction": _read_choice(lambda release: dict.fromkeys(Direction.values)),
}
