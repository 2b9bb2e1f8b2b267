"""What definitions must agree on among themselves and with the tables and methods they name.

Each function looks at one file's definition and gives the faults it finds; `faults_between` gathers them all.
"""

import ast
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from careatlas import methods
from careatlas.catalogue.area import AreaType, base_type
from careatlas.catalogue.indicator import AGE_KEYS, Counted, Indicator
from careatlas.catalogue.population import StandardPopulation
from careatlas.catalogue.target import Target
from careatlas.engine.table import Table
from careatlas.engine.tables import TIDIED
from careatlas.errors import DefinitionError

if TYPE_CHECKING:
    from careatlas.catalogue.library import Catalogue

COUNTRY = "country"
Fault = tuple[str, str]  # what was found, what to do


def did_you_mean(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f'Did you mean "{near[0]}"?' if near else ""


@dataclass(frozen=True)
class Names:
    """What may be referred to: every file there is, readable or not, so that one broken file is one fault."""

    programmes: set[str]
    targets: set[str]
    standard_populations: set[str]
    area_types: set[str]


def faults_between(catalogue: "Catalogue", content: Path) -> list[DefinitionError]:
    """Every fault between files and with the tables and methods they name."""
    names = Names(
        *(
            {path.stem for path in (content / folder).glob("*.yaml")}
            for folder in ("programmes", "standards/targets", "standards/populations", "areas")
        )
    )
    names.area_types.difference_update({"aliases", "changes"})
    faults = []
    for indicator in catalogue.indicators.values():
        where = f"{content.name}/indicators/{indicator.theme}/{indicator.id}.yaml"
        actual = next((content / "indicators").glob(f"*/{indicator.id}.yaml"), None)
        if actual is not None and actual.parent.name != indicator.theme:
            where = str(actual.relative_to(content.parent))
            faults.append(
                DefinitionError(
                    where,
                    f'theme is "{indicator.theme}".',
                    f'The folder is its theme: make it "{actual.parent.name}", or move the file.',
                )
            )
        faults += [DefinitionError(where, *fault) for fault in _indicator(indicator, catalogue, names)]
    for area_type in catalogue.area_types.values():
        where = f"{content.name}/areas/{area_type.id}.yaml"
        faults += [
            DefinitionError(where, *fault) for fault in _area_type(area_type, catalogue.area_types, names)
        ]
    for target in catalogue.targets.values():
        where = f"{content.name}/standards/targets/{target.id}.yaml"
        faults += [DefinitionError(where, *fault) for fault in _target(target, names)]
    for population in catalogue.standard_populations.values():
        where = f"{content.name}/standards/populations/{population.id}.yaml"
        faults += [DefinitionError(where, *fault) for fault in _population(population)]
    for alias in catalogue.aliases:
        where = f"{content.name}/areas/aliases.yaml"
        faults += [
            DefinitionError(where, *fault)
            for fault in if_unknown(
                alias.area_type, names.area_types, f"{alias.name}: area_type", "files in areas"
            )
        ]
    return faults


def _indicator(indicator: Indicator, catalogue: "Catalogue", names: Names) -> Iterator[Fault]:
    yield from if_unknown(indicator.programme, names.programmes, "programme", "files in programmes")
    for standard in indicator.standard:
        yield from if_unknown(standard, names.targets, "standard", "files in standards/targets")
    yield from _method(indicator, names)
    for part, counted in indicator.counted.items():
        yield from counted_faults(part, counted)
    for area_type in indicator.area_types:
        yield from if_unknown(area_type, names.area_types, "area_types", "files in areas")
        yield from _reachable(area_type, indicator, catalogue.area_types)
    yield from _figures_and_dates(indicator)
    yield from _examples(indicator)


def _method(indicator: Indicator, names: Names) -> Iterator[Fault]:
    known = usable_methods()
    yield from if_unknown(indicator.method, known, "method", "files in careatlas/methods")
    asks = known.get(indicator.method, ())
    if "denominator" in asks or "denominator_by_stratum" in asks:
        if indicator.denominator is None:
            yield f"method {indicator.method} divides, and there is no denominator.", "Add one."
    elif asks and indicator.denominator is not None:
        yield f"method {indicator.method} takes no denominator.", "Remove it, or use another method."
    if "standard_population" in asks:
        yield from if_unknown(
            indicator.standard_population or "",
            names.standard_populations,
            "standard_population",
            "files in standards/populations",
        )
        for part, counted in indicator.counted.items():
            if counted.table in TIDIED and TIDIED[counted.table].age is None:
                yield (
                    f"{part}: table {counted.table} has no age to standardise by.",
                    "Use another table or method.",
                )
    elif asks and indicator.standard_population is not None:
        yield f"method {indicator.method} uses no standard_population.", "Remove it, or use another method."
    if indicator.method == "published":
        yield from _published_by_table(indicator)


def _published_by_table(indicator: Indicator) -> Iterator[Fault]:
    """Only a table that carries the publisher's values and limits can give them, and only at its own levels."""
    table = TIDIED.get(indicator.numerator.table)
    if table is None:
        return
    if table.published is None:
        known = ", ".join(each.name for each in TIDIED.values() if each.published)
        yield (
            f"numerator: table {table.name} holds no published values.",
            f"Use another method. They are in: {known}.",
        )
    for area_type in set(indicator.area_types) - set(table.area_columns):
        yield (
            f"area_types: published values of {table.name} cannot be summed to {area_type}.",
            f"It has values of {', '.join(table.area_columns)}.",
        )


def counted_faults(part: str, counted: Counted) -> Iterator[Fault]:
    yield from if_unknown(counted.table, TIDIED, f"{part}: table", "in engine/tidied_tables.py")
    if counted.table not in TIDIED:
        return
    table = TIDIED[counted.table]
    yield from if_unknown(
        counted.measure, table.measures, f"{part}: measure", f"those of table {table.name}:"
    )
    columns = {column.name: column for column in table.columns}
    for name, wanted in counted.where.items():
        if name in AGE_KEYS:
            yield from _age_bound(part, name, wanted, table)
        elif name not in columns:
            yield from if_unknown(name, columns, f"{part}: where: column", f"those of table {table.name}:")
        else:
            yield from _right_type(f"{part}: where: {name}", wanted, columns[name].type)
    edition = getattr(counted, "edition", None)
    if edition is not None and "edition" not in columns:
        yield f'{part}: edition is "{edition}", but table {table.name} has none.', "Remove it."


def _age_bound(part: str, name: str, wanted: Any, table: Table) -> Iterator[Fault]:
    if table.age is None:
        yield f"{part}: where: {name}, but table {table.name} has no age.", "Remove it."
    elif isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 0:
        yield f'{part}: where: {name} is "{wanted}".', "Give an age in whole years."


def _right_type(place: str, wanted: Any, column_type: pa.DataType) -> Iterator[Fault]:
    kinds = {pa.string(): str, pa.int64(): int, pa.bool_(): bool}
    for value in wanted if isinstance(wanted, list) else [wanted]:
        if type(value) is not kinds.get(column_type):
            yield (
                f"{place} is {value!r}, but the column holds {column_type}.",
                "Mend the value (quotes make text).",
            )


def _reachable(area_type: str, indicator: Indicator, area_types: dict[str, AreaType]) -> Iterator[Fault]:
    if area_type == COUNTRY:
        yield "area_types: the country is always counted.", "Remove it from the list."
        return
    if not _path_is_whole(area_type, area_types):
        return
    bases = {}
    for part, counted in indicator.counted.items():
        columns = TIDIED[counted.table].area_columns if counted.table in TIDIED else None
        if columns is None:
            continue
        bases[part] = base_type(area_type, area_types, dict(columns))
        if bases[part] is None:
            yield (
                f"area_types: {area_type} cannot be counted from the {part}'s table {counted.table}.",
                f"That table knows {', '.join(columns)} and what rolls up from them.",
            )
    if None in bases.values() or len(bases) < 2:
        return
    above, below = bases["numerator"], bases["denominator"]
    may_sum_up_to_it = base_type(above, area_types, {below: ""}) is not None  # people by smaller areas, say
    if not may_sum_up_to_it:
        yield (
            f"area_types: {area_type} rests on {above} above and {below} below.",
            "Use tables of the same areas, or smaller ones below, so that an area missing in one is left out of both.",
        )


def _path_is_whole(area_type: str | None, area_types: dict[str, AreaType]) -> bool:
    """Whether every type from this one down was read; where one was not, that is the fault."""
    for _ in area_types:
        if area_type is None or area_type not in area_types:
            break
        area_type = area_types[area_type].rolls_up_from
    return area_type is None


def _figures_and_dates(indicator: Indicator) -> Iterator[Fault]:
    if indicator.multiplier <= 0:
        yield f"multiplier is {indicator.multiplier:g}.", "Give a number above 0."
    if not 0 <= indicator.decimals <= 6:
        yield f"decimals is {indicator.decimals}.", "Give a whole number from 0 to 6."
    if not indicator.area_types:
        yield "area_types is empty.", "Name at least one."
    table = TIDIED.get(indicator.numerator.table)
    if table is not None and (table.day is not None) != (indicator.period is not None):
        if table.day is not None:
            yield (
                f"period is missing, and table {table.name} holds days.",
                "Say month, quarter, year or financial_year.",
            )
        else:
            yield f"period is given, but table {table.name} keeps its own periods.", "Remove it."
    if indicator.unit_cost is not None and indicator.polarity == "neither":
        yield (
            "unit_cost is given without a direction.",
            "Money needs a polarity: say which way is better, or remove it.",
        )
    if indicator.event is not None and indicator.polarity == "neither":
        yield (
            "event is given without a direction.",
            "Amounts need a polarity: say which way is better, or remove it.",
        )
    if indicator.review_due <= indicator.reviewed_on:
        yield f"review_due is {indicator.review_due}, not after reviewed_on.", "Give a later day."
    for field in ("title", "context", "reasons_for_variation", "options_for_action", "caveats"):
        if not getattr(indicator, field).strip():
            yield f"{field} is empty.", "Write it: a figure without words misleads."


def _examples(indicator: Indicator) -> Iterator[Fault]:
    if not indicator.examples:
        yield "examples is empty.", "Add one: a few rows in, the answer worked by hand."
    for example in indicator.examples:
        if not example.expect:
            yield f'example "{example.name}" expects nothing.', "State the answer for at least one area."
        for table, rows in example.rows.items():
            yield from if_unknown(
                table, TIDIED, f'example "{example.name}": table', "in engine/tidied_tables.py"
            )
            names = TIDIED[table].column_names if table in TIDIED else None
            for column in sorted({column for row in rows for column in row}) if names else ():
                yield from if_unknown(
                    column, names, f'example "{example.name}": column', f"those of table {table}:"
                )


def _area_type(area_type: AreaType, area_types: dict[str, AreaType], names: Names) -> Iterator[Fault]:
    for field in ("parent", "rolls_up_from"):
        named = getattr(area_type, field)
        if named is not None:
            yield from if_unknown(named, names.area_types, field, "files in areas")
    below, steps = area_type.rolls_up_from, 0
    while below in area_types and steps <= len(area_types):
        if below == area_type.id:
            yield f"rolls_up_from leads back to {area_type.id} itself.", "Break the circle."
            break
        below, steps = area_types[below].rolls_up_from, steps + 1
    if area_type.members and area_type.rolls_up_from is None:
        yield "members are given, but not what they are codes of.", "Add rolls_up_from."
    claimed: dict[str, str] = {}
    for code, grouping in (area_type.members or {}).items():
        for part in grouping.of:
            if part in claimed:
                yield f"{part} is in {claimed[part]} and in {code}.", "An area counts once: leave it in one."
            claimed[part] = code


def _target(target: Target, names: Names) -> Iterator[Fault]:
    for number, entry in enumerate(target.entries, 1):
        for area_type in entry.applies_to:
            yield from if_unknown(
                area_type, names.area_types, f"entry {number}: applies_to", "files in areas"
            )
        if entry.valid_to is not None and entry.valid_to < entry.valid_from:
            yield (
                f"entry {number}: valid_to {entry.valid_to} is before valid_from {entry.valid_from}.",
                "Mend the dates.",
            )
        if not entry.source.url.startswith("https://"):
            yield f"entry {number}: source url is {entry.source.url}.", "Give the public https address."


def _population(population: StandardPopulation) -> Iterator[Fault]:
    next_age = 0
    for band in population.bands:
        if band.age_from != next_age:
            yield (
                f"band {band.label} does not start at {next_age}.",
                "Bands follow one another without gap or overlap.",
            )
        if band.people <= 0:
            yield f"band {band.label} holds {band.people} people.", "Give a number above 0."
        if band.age_to is None and band is not population.bands[-1]:
            yield f"band {band.label} has no upper end and is not the last.", "Give age_to."
        next_age = (band.age_to or band.age_from) + 1
    if not population.bands or population.bands[-1].age_to is not None:
        yield "the last band has an upper end.", "Leave its age_to null, or the oldest are lost."


def if_unknown(word: str, known: Iterable[str], what: str, where_they_are: str) -> Iterator[Fault]:
    """A fault where ``word`` is not one of ``known``: the nearest one, and where they all are."""
    known = sorted(known)
    if word in known:
        return
    listed = f": {', '.join(known)}" if 0 < len(known) <= 12 else ""
    yield (
        f'{what} is "{word}".',
        f"{did_you_mean(word, known)} Known are {where_they_are.rstrip(':')}{listed}.".strip(),
    )


@cache
def usable_methods() -> dict[str, tuple[str, ...]]:
    """Each method an indicator may name (its file's function gives an Estimate) and what it asks for.

    Read from the files' text, not imported: checking words needs no statistics.
    """
    found = {}
    for folder in methods.__path__:
        for path in sorted(Path(folder).glob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and node.name == path.stem and _gives_an_estimate(node):
                    found[node.name] = tuple(asked.arg for asked in (*node.args.args, *node.args.kwonlyargs))
    return found


def _gives_an_estimate(function: ast.FunctionDef) -> bool:
    return function.returns is not None and ast.unparse(function.returns).strip("'\"").endswith("Estimate")
