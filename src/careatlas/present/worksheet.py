"""A group's worksheet of options as text: one file that a spreadsheet edits, that a page's form fills, that an
address carries.

Above the table stand title, budget (pounds), unit (in which benefit is counted), area, and one line a criterion with
its weight; ``value`` is the criterion benefit x people x likelihood. Below, a row an option::

    title,Breathing better
    budget,250000
    unit,healthy years
    criterion,value,2
    criterion,Fairness,1

    key,option,kind,benefit,people,likelihood,cost,Fairness
    home-visits,Home visits,invest,0.2,400,0.6,120000,70

Everything here is text as it was written. What it means, and what is wrong with it, is ``worksheet_checks``'s to say.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from itertools import count
from typing import NamedTuple

from careatlas.errors import AtlasError
from careatlas.present.tables import FORMULA_STARTS, safe_for_spreadsheet

FIGURES = ("benefit", "people", "likelihood", "cost")
RANGES = tuple(f"{figure}_{end}" for figure in FIGURES for end in ("low", "high"))
COLUMNS = ("key", "option", "kind", *FIGURES[:3], "likelihood_of", "cost", *RANGES, "note")
NEEDED = ("option", "kind", *FIGURES)
HEAD = ("title", "budget", "unit", "area")
VALUE = "value"
MOST_OPTIONS, MOST_CRITERIA = 40, 8
LONGEST_TEXT, LONGEST_CELL, LONGEST_NAME = 40_000, 300, 80  # letters
_NUMBER = re.compile(r"[+-]?\d[\d.]*")


class WrittenOption(NamedTuple):
    """``cells`` by ``COLUMNS``, and a score for each of the sheet's criteria."""

    cells: dict[str, str]
    scores: tuple[str, ...] = ()


class Written(NamedTuple):
    title: str = ""
    budget: str = ""
    unit: str = ""
    area: str = ""
    value_weight: str = ""
    criteria: tuple[tuple[str, str], ...] = ()  # name, weight
    options: tuple[WrittenOption, ...] = ()


def read_worksheet(text: str, where: str = "The worksheet") -> Written:
    """A worksheet's text. Refuses what has no table of options, columns nobody knows, and too much of anything."""
    if len(text) > LONGEST_TEXT:
        raise AtlasError(
            where, f"has {len(text):,} letters.", f"Keep to {LONGEST_TEXT:,}: shorten names and notes."
        )
    try:
        rows = [
            [_unprotected(cell) for cell in row] for row in csv.reader(io.StringIO(text.lstrip("\ufeff")))
        ]
    except csv.Error as fault:
        raise AtlasError(where, f"is no table: {fault}.", "Save it from the spreadsheet as CSV.") from None
    start = next((n for n, row in enumerate(rows) if "option" in row and "kind" in row), None)
    if start is None:
        remedy = "Save it with commas between the cells. " if ";" in text else ""
        raise AtlasError(
            where,
            "has no table of options.",
            f"{remedy}Head one with {','.join(NEEDED)}, then a row an option.",
        )
    sheet = _head(rows[:start], where)
    columns = _columns(rows[start], [name for name, _ in sheet.criteria], where)
    options = [
        _option(row, columns, sheet, f"{where}, row {n}")
        for n, row in enumerate(rows[start + 1 :], start + 2)
    ]
    return tidied(sheet._replace(options=tuple(options)), where)


def worksheet_text(sheet: Written) -> str:
    """The sheet as its file. What a spreadsheet would run as a formula gets an apostrophe, which reading takes off."""
    head = [[name, getattr(sheet, name)] for name in HEAD if getattr(sheet, name)]
    if sheet.value_weight:
        head.append(["criterion", VALUE, sheet.value_weight])
    head += [["criterion", *criterion] for criterion in sheet.criteria]
    used = [name for name in COLUMNS if name in NEEDED or any(one.cells.get(name) for one in sheet.options)]
    table = [[*used, *(name for name, _ in sheet.criteria)]]
    table += [[*(one.cells.get(name, "") for name in used), *one.scores] for one in sheet.options]
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(
        [[_protected(cell) for cell in row] for row in [*head, [], *table]]
    )
    return file.getvalue()


def tidied(sheet: Written, where: str = "The worksheet") -> Written:
    """Without what is blank, with names told apart, and with a key for every option, which outlives its name."""
    sheet = sheet._replace(**{name: _plain(getattr(sheet, name)) for name in (*HEAD, "value_weight")})
    criteria = [(_plain(name), _plain(weight)) for name, weight in sheet.criteria]
    kept = [n for n, (name, weight) in enumerate(criteria) if name or weight]
    options = [
        WrittenOption(
            {name: _plain(one.cells.get(name, "")) for name in COLUMNS},
            tuple(_plain(one.scores[n]) if n < len(one.scores) else "" for n in kept),
        )
        for one in sheet.options
    ]
    options = [one for one in options if not _is_blank(one)]
    for what, number, most in (
        ("options", len(options), MOST_OPTIONS),
        ("criteria", len(kept), MOST_CRITERIA),
    ):
        if number > most:
            raise AtlasError(
                where, f"has {number} {what}.", f"Keep to {most}: what nobody would choose can go."
            )
    return sheet._replace(
        criteria=tuple(_told_apart([criteria[n] for n in kept])), options=tuple(_with_keys(options))
    )


def _head(rows: Iterable[Sequence[str]], where: str) -> Written:
    found: dict[str, str] = {}
    criteria: list[tuple[str, str]] = []
    for number, row in enumerate(rows, 1):
        name, first, second = [*row, "", "", ""][:3]
        if name == "criterion" and first == VALUE:
            found["value_weight"] = second
        elif name == "criterion":
            criteria.append((_plain(first), second))
        elif name in HEAD:
            found[name] = first
        elif any(row):
            known = ", ".join((*HEAD, "criterion"))
            raise AtlasError(
                f"{where}, row {number}", f'begins with "{name}".', f"Begin it with one of: {known}."
            )
    return Written(**found, criteria=tuple(criteria))


def _columns(headings: Sequence[str], criteria: Sequence[str], where: str) -> list[str]:
    """The table's headings, without the empty cells that spreadsheets put at the end."""
    named = list(headings)
    while named and not named[-1]:
        named.pop()
    known = {*COLUMNS, *criteria}
    if absent := [name for name in (*NEEDED, *criteria) if name not in named]:
        raise AtlasError(
            where, f"has no column {', '.join(absent)}.", "Head the table with every column it needs."
        )
    if strange := [name or "(empty)" for name in named if name not in known or named.count(name) > 1]:
        remedy = "Name a criterion in a line `criterion,NAME,WEIGHT` above; have each column once."
        raise AtlasError(where, f"has a column {strange[0]} that is not known, or twice.", remedy)
    return named


def _option(row: Sequence[str], columns: Sequence[str], sheet: Written, where: str) -> WrittenOption:
    if any(row[len(columns) :]):
        remedy = 'Put text that has a comma between quotation marks: "one, two".'
        raise AtlasError(where, f"has more cells than the table has columns ({len(columns)}).", remedy)
    cells = dict(zip(columns, [*row, *[""] * len(columns)], strict=False))
    return WrittenOption(cells, tuple(cells[name] for name, _ in sheet.criteria))


def _is_blank(option: WrittenOption) -> bool:
    """Nothing but what a form fills in by itself."""
    filled = {name for name, text in option.cells.items() if text} | {
        "score" for text in option.scores if text
    }
    return not filled - {"key", "kind", "likelihood_of"}


def _told_apart(criteria: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Criteria are columns of the file: each has a name, and no two the same."""
    taken = {*COLUMNS, VALUE}
    for number, (name, weight) in enumerate(criteria, 1):
        base = name[:LONGEST_NAME] or f"Criterion {number}"
        name = next(each for n in count(1) if (each := base if n == 1 else f"{base} ({n})") not in taken)
        taken.add(name)
        yield name, weight


def _with_keys(options: Sequence[WrittenOption]) -> Iterable[WrittenOption]:
    taken = {one.cells["key"] for one in options}
    for one in options:
        if one.cells["key"]:
            yield one
            continue
        base = re.sub(r"[^a-z0-9]+", "-", one.cells["option"].lower()).strip("-")[:40] or "option"
        key = next(each for n in count(1) if (each := base if n == 1 else f"{base}-{n}") not in taken)
        taken.add(key)
        yield one._replace(cells={**one.cells, "key": key})


def _plain(text: str) -> str:
    """One line of letters that can be seen; cut where it is longer than any cell needs."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split())[:LONGEST_CELL]


def _protected(cell: str) -> str:
    return cell if _NUMBER.fullmatch(cell) else safe_for_spreadsheet(cell)


def _unprotected(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
