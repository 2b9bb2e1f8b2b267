"""Rows of a reader's file against what the atlas knows: its figures, its areas, the day.

A row is refused where the figure is no indicator's, the area is nowhere or in more than one place, the period has not
ended, or the numbers cannot be what the indicator says they are. Nothing is corrected.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from careatlas.catalogue.area import base_type
from careatlas.catalogue.indicator import OWN_FIGURES, Indicator
from careatlas.catalogue.library import Catalogue
from careatlas.engine.release import Release
from careatlas.engine.tables import TIDIED
from careatlas.sources._own_rows import OwnRow, Unreadable, without_repeats

FIRST_YEAR = 1990
Asked = dict[str, list[Indicator]]


def figures_asked_for(catalogue: Catalogue) -> Asked:
    """Each figure that may be loaded, and the indicators that are made of it."""
    asked: Asked = {}
    for indicator in catalogue.indicators.values():
        for figure in indicator.numerator.equal_to.get("figure", []):
            if indicator.numerator.table == OWN_FIGURES:
                asked.setdefault(str(figure), []).append(indicator)
    return asked


def checked(rows: Sequence[OwnRow], release: Release, asked_for: Asked, today: date) -> list[OwnRow]:
    """The rows with their areas by code, or with the reason why they do not enter."""
    areas = _areas_by_word(release)
    types = {name: _levels(indicators, release) for name, indicators in asked_for.items()}
    return without_repeats([_checked(row, areas, types, asked_for, today) for row in rows])


def _checked(
    row: OwnRow,
    areas: Mapping[str, set[tuple[str, str]]],
    types: Mapping[str, set[str]],
    asked_for: Asked,
    today: date,
) -> OwnRow:
    if row.refused is not None:
        return row
    try:
        if row.figure not in asked_for:
            raise Unreadable(_unknown_figure(row.figure, asked_for))
        area_type, area = _place(row, areas, types[row.figure])
        _check_period(row, today)
        for indicator in asked_for[row.figure]:
            _check_numbers(row, indicator)
    except Unreadable as fault:
        return replace(row, refused=str(fault))
    return replace(row, area=area, area_type=area_type)


def _unknown_figure(figure: str, asked_for: Asked) -> str:
    near = difflib.get_close_matches(figure, asked_for, n=1)
    return f'no indicator is made of the figure "{figure[:60]}"' + (f"; {near[0]} is near" if near else "")


def _levels(indicators: Sequence[Indicator], release: Release) -> set[str]:
    """The types of area that the figure may be given of: those that the indicators are counted at."""
    columns = dict(TIDIED[OWN_FIGURES].area_columns)
    above = {name: _Above(about["rolls_up_from"]) for name, about in release.catalogue["area_types"].items()}
    found = {base_type(level, above, columns) for one in indicators for level in one.area_types}
    return {level for level in found if level}


class _Above:
    """What a release's catalogue says of an area type, as `base_type` asks for it."""

    def __init__(self, rolls_up_from: str | None) -> None:
        self.rolls_up_from = rolls_up_from


def _areas_by_word(release: Release) -> dict[str, set[tuple[str, str]]]:
    """Codes and names of areas, in small letters: type and code of each that is called so."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in release.rows("areas", ["area_type", "code", "name", "official_name", "ons_code"]):
        for word in {row["code"], row["name"], row["official_name"], row["ons_code"]} - {None}:
            found.setdefault(word.casefold(), set()).add((row["area_type"], row["code"]))
    return found


def _place(row: OwnRow, areas: Mapping[str, set[tuple[str, str]]], types: set[str]) -> tuple[str, str]:
    """Type and code of the one area that the row names, of a type that the figure is given of."""
    named = areas.get(row.area.casefold(), set())
    if not named:
        raise Unreadable(f'"{row.area[:60]}" is no area\'s code or name in this release')
    wanted = {row.area_type} & types if row.area_type else types
    meant = sorted(each for each in named if each[0] in wanted)
    if not meant:
        kinds = ", ".join(sorted({kind for kind, _ in named}))
        raise Unreadable(
            f"{row.area[:60]} is of the type {kinds}; {row.figure} is of {', '.join(sorted(types))}"
        )
    if len(meant) > 1:
        codes = ", ".join(f"{code} ({kind})" for kind, code in meant[:4])
        raise Unreadable(f'"{row.area[:60]}" is the name of {len(meant)} areas: give a code, such as {codes}')
    return meant[0]


def _check_period(row: OwnRow, today: date) -> None:
    start, end = row.period
    if end >= today:
        raise Unreadable(f"the period ends on {end}, which is not over yet")
    if start.year < FIRST_YEAR:
        raise Unreadable(f"the period starts in {start.year}, before {FIRST_YEAR}")


def _check_numbers(row: OwnRow, indicator: Indicator) -> None:
    divided = indicator.denominator is not None and indicator.denominator.table == OWN_FIGURES
    if divided and (row.count is None) != (row.denominator is None):
        lacking = "count" if row.count is None else "denominator"
        raise Unreadable(f"no {lacking}, and {indicator.id} needs both (or neither, where it is not known)")
    if divided and row.denominator == 0 and row.count:
        raise Unreadable("a count among nobody: the denominator is 0")
    if indicator.method == "proportion" and divided and row.count is not None and row.count > row.denominator:
        raise Unreadable(f"the count is above the denominator, and {indicator.id} is a proportion")
