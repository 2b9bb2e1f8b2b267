"""What a worksheet means, and every fault in it at once: where it is, what was found, what to do.

Blank is not known, never zero: such an option is listed and not weighed. What is refused is not known either.
"""

import math
import re
from typing import NamedTuple

from careatlas.errors import AtlasError
from careatlas.present.worksheet import FIGURES, LONGEST_NAME, VALUE, Written, WrittenOption

FIGURE_WORDS = {
    "benefit": "benefit per person",
    "people": "number of people",
    "likelihood": "likelihood",
    "cost": "net cost",
}
OF_SUCCESS, OF_A_GAP = "success", "gap"
_NUMBER = re.compile(r"[+-]?(\d{1,12}(\.\d{1,20})?|\.\d{1,20})")
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_AREA = re.compile(r"[A-Za-z0-9]{1,12}")
_BOUNDS = {
    "benefit": (0, math.inf),
    "people": (0, math.inf),
    "likelihood": (0, 1),
    "cost": (-math.inf, math.inf),
}
_UNKNOWN = math.nan


class Figure(NamedTuple):
    """As the group sees it: ``likely``, with the ``low`` and ``high`` end it could have. NaN where not known."""

    low: float
    likely: float
    high: float


_NOT_KNOWN = Figure(_UNKNOWN, _UNKNOWN, _UNKNOWN)


class Option(NamedTuple):
    key: str
    name: str
    is_invest: bool
    benefit: Figure
    people: Figure
    likelihood: Figure
    cost: Figure  # net, in pounds; of a disinvest option what it costs now
    scores: tuple[float, ...]
    likelihood_of: str
    lacks: tuple[str, ...]  # what is not filled in, or was refused
    note: str


class Worksheet(NamedTuple):
    title: str
    budget: float  # pounds
    unit: str
    area: str
    criteria: tuple[str, ...]  # besides value
    weights: tuple[float, ...]  # of value, then of the criteria
    options: tuple[Option, ...]


class Fault(NamedTuple):
    """``place``: of the option, from 1; 0 for what stands above the table."""

    place: int
    column: str
    name: str
    found: str
    remedy: str

    def as_error(self, where: str) -> AtlasError:
        of = f'option {self.place} "{self.name}", ' if self.place else ""
        return AtlasError(f"{where}, {of}{self.column}", self.found, self.remedy)


def checked(sheet: Written) -> tuple[Worksheet, list[Fault]]:
    """The sheet's meaning and every fault in it; what is at fault is not known in what comes back."""
    faults: list[Fault] = []
    budget = _number(sheet.budget, 0, math.inf, Fault(0, "budget", "", "", ""), faults)
    if sheet.area and not _AREA.fullmatch(sheet.area):
        faults.append(
            Fault(0, "area", "", f'"{sheet.area}" is no area\'s code.', "Write a code, such as 03R.")
        )
    weights = _weights(sheet, faults)
    options = tuple(_option(one, place, sheet, faults) for place, one in enumerate(sheet.options, 1))
    _keys(sheet, faults)
    names = tuple(name for name, _ in sheet.criteria)
    area = sheet.area if _AREA.fullmatch(sheet.area) else ""
    unit = sheet.unit or "units of benefit"
    return Worksheet(sheet.title or "Priorities", budget, unit, area, names, weights, options), faults


def _weights(sheet: Written, faults: list[Fault]) -> tuple[float, ...]:
    """Blank is 1. Only how they stand to one another counts."""
    given = [(VALUE, sheet.value_weight), *sheet.criteria]
    weights = [
        _number(weight or "1", 0, math.inf, Fault(0, f"criterion {name}", "", "", ""), faults)
        for name, weight in given
    ]
    if sum(weights) == 0:
        remedy = "Give at least one criterion, value included, a weight above 0."
        faults.append(Fault(0, f"criterion {VALUE}", "", "every weight is 0.", remedy))
    return tuple(weights)


def _option(one: WrittenOption, place: int, sheet: Written, faults: list[Fault]) -> Option:
    cells, known_before = one.cells, len(faults)
    at = Fault(place, "", cells["option"], "", "")
    if not cells["option"] or len(cells["option"]) > LONGEST_NAME:
        remedy = f"Give it a name of up to {LONGEST_NAME} letters, or clear the row."
        faults.append(at._replace(column="option", found="has no name, or too long a one.", remedy=remedy))
    kind = _one_of(cells["kind"] or "invest", ("invest", "disinvest"), at._replace(column="kind"), faults)
    of = _one_of(
        cells["likelihood_of"] or OF_SUCCESS,
        (OF_SUCCESS, OF_A_GAP),
        at._replace(column="likelihood_of"),
        faults,
    )
    figures = {name: _figure(cells, name, kind == "invest", at, faults) for name in FIGURES}
    scores = tuple(
        _number(text, 0, 100, at._replace(column=name), faults)
        for text, (name, _) in zip(one.scores, sheet.criteria, strict=True)
    )
    lacks = [FIGURE_WORDS[name] for name, figure in figures.items() if math.isnan(figure.likely)]
    lacks += [name for (name, _), score in zip(sheet.criteria, scores, strict=True) if math.isnan(score)]
    if len(faults) > known_before:
        lacks.append("what was refused")
    return Option(
        cells["key"], cells["option"], kind == "invest", **figures, scores=scores, likelihood_of=of,
        lacks=tuple(lacks), note=cells["note"],
    )  # fmt: skip


def _figure(cells: dict[str, str], name: str, is_invest: bool, at: Fault, faults: list[Fault]) -> Figure:
    least, most = _BOUNDS[name]
    if name == "cost" and not is_invest:
        least = 1  # a pound: what costs nothing releases nothing
    before = len(faults)
    likely, low, high = (
        _number(cells[column], least, most, at._replace(column=column), faults)
        for column in (name, f"{name}_low", f"{name}_high")
    )
    if len(faults) > before:
        return _NOT_KNOWN
    has_range_alone = math.isnan(likely) and bool(cells[f"{name}_low"] or cells[f"{name}_high"])
    low, high = (likely if math.isnan(end) else end for end in (low, high))
    if has_range_alone or low > likely or likely > high:
        remedy = f"Write {name}_low, {name} and {name}_high in rising order, or leave both ends blank."
        faults.append(
            at._replace(column=name, found="does not lie between its low and high end.", remedy=remedy)
        )
        return _NOT_KNOWN
    return Figure(low, likely, high)


def _number(text: str, least: float, most: float, at: Fault, faults: list[Fault]) -> float:
    """NaN where blank or refused. A number is never guessed: 1,200 and 12% may mean two things."""
    if not text:
        return _UNKNOWN
    number = float(text) if _NUMBER.fullmatch(text) else _UNKNOWN
    if math.isnan(number):
        remedy = "Write digits alone, with a point if need be: 1200, not 1,200; 0.12, not 12%; no £."
        faults.append(at._replace(found=f'"{text[:40]}" is no plain number.', remedy=remedy))
    elif not least <= number <= most:
        span = f"from {least:g} to {most:g}" if math.isfinite(most) else f"of {least:g} or more"
        faults.append(at._replace(found=f"{text} is out of bounds.", remedy=f"Write a number {span}."))
        return _UNKNOWN
    return number


def _one_of(text: str, words: tuple[str, str], at: Fault, faults: list[Fault]) -> str:
    if text not in words:
        faults.append(
            at._replace(found=f'"{text[:40]}" is not known.', remedy=f"Write {words[0]} or {words[1]}.")
        )
        return words[0]
    return text


def _keys(sheet: Written, faults: list[Fault]) -> None:
    keys = [one.cells["key"] for one in sheet.options]
    for place, (key, one) in enumerate(zip(keys, sheet.options, strict=True), 1):
        at = Fault(place, "key", one.cells["option"], "", "")
        if not _KEY.fullmatch(key):
            remedy = "Use small letters, digits, - and _, or clear the cell: a key is made from the name."
            faults.append(at._replace(found=f'"{key[:40]}" is no key.', remedy=remedy))
        elif key in keys[: place - 1]:
            remedy = "Clear the key of the option that was copied: it gets its own."
            faults.append(at._replace(found=f"{key} is another option's too.", remedy=remedy))
