"""What covariates must agree on with tables, and indicators with the covariates they name.

Here it is enforced that need does not excuse inequity and that nothing is adjusted twice: covariates of need have a
sign, supply is never called need, ages are not counted again beside standardisation, nor need beside a denominator
weighted by it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from careatlas.catalogue.area import AreaType, base_type
from careatlas.catalogue.checks import Fault, counted_faults, if_unknown
from careatlas.catalogue.covariate import Covariate, area_columns, counted_base
from careatlas.catalogue.indicator import Indicator
from careatlas.engine.tables import TIDIED
from careatlas.errors import DefinitionError

if TYPE_CHECKING:
    from careatlas.catalogue.library import Catalogue


# Tables of single months: their periods are the same.
BY_MONTH = frozenset({"accident_emergency", "workforce"})


def faults_between(catalogue: "Catalogue", content: Path) -> list[DefinitionError]:
    """Every fault of covariates, and of indicators' ``need`` and ``supply``."""
    faults = []
    for covariate in catalogue.covariates.values():
        where = f"{content.name}/covariates/{covariate.id}.yaml"
        faults += [DefinitionError(where, *fault) for fault in _covariate(covariate, catalogue.area_types)]
    known = {path.stem for path in (content / "covariates").glob("*.yaml")}
    for indicator in catalogue.indicators.values():
        where = f"{content.name}/indicators/{indicator.theme}/{indicator.id}.yaml"
        faults += [DefinitionError(where, *fault) for fault in _explained(indicator, catalogue, known)]
    return faults


def _covariate(covariate: Covariate, area_types: dict[str, AreaType]) -> Iterator[Fault]:
    for part, counted in covariate.counted.items():
        yield from counted_faults(part, counted)
    tables = [TIDIED[counted.table] for counted in covariate.counted.values() if counted.table in TIDIED]
    for table in tables:
        if table.day or table.person:
            yield f"table {table.name} holds days or persons.", "Use a table with periods of its own."
    if len(tables) == len(covariate.counted) and not any(
        counted_base(covariate, area_type, area_types) for area_type in area_types
    ):
        yield (
            f"no area type can be counted from {' and '.join(table.name for table in tables)}.",
            "Use tables of the same areas.",
        )
    if (
        len(tables) == 2
        and tables[0] is not tables[1]
        and "period_end" in tables[1].column_names
        and not BY_MONTH.issuperset(table.name for table in tables)
    ):
        yield (
            f"denominator: table {tables[1].name} keeps periods of its own.",
            f"Divide by {tables[0].name}, or by a table without periods, so that both sides are of one time.",
        )
    if covariate.for_peers and (covariate.kind == "supply" or covariate.measured_by_providers):
        yield (
            "for_peers is true of what providers supply or measure.",
            "Remove it: peers chosen for doing the same show nothing.",
        )
    yield from _for_whom(covariate, area_types)
    yield from _figures_and_words(covariate)


def _for_whom(covariate: Covariate, area_types: dict[str, AreaType]) -> Iterator[Fault]:
    for area_type in covariate.area_types or []:
        yield from if_unknown(area_type, area_types, "area_types", "files in areas")
    roll = covariate.none_unless_named
    if roll is None:
        return
    yield from if_unknown(roll, TIDIED, "none_unless_named", "tables in engine/tidied_tables.py")
    if covariate.denominator is None:
        yield "none_unless_named is given without a denominator.", "Give one: only a share of nothing is 0."
    if roll in TIDIED and not set(covariate.area_types or []) <= set(TIDIED[roll].area_columns):
        yield (
            f"none_unless_named: {roll} does not list {', '.join(covariate.area_types or [])}.",
            f"It lists {', '.join(TIDIED[roll].area_columns)}.",
        )
    if covariate.area_types is None:
        yield "none_unless_named is given without area_types.", "Say whom the table lists."


def _figures_and_words(covariate: Covariate) -> Iterator[Fault]:
    if covariate.multiplier <= 0:
        yield f"multiplier is {covariate.multiplier:g}.", "Give a number above 0."
    if not 0 <= covariate.decimals <= 6:
        yield f"decimals is {covariate.decimals}.", "Give a whole number from 0 to 6."
    for field in ("title", "short_title", "unit", "note"):
        if not getattr(covariate, field).strip():
            yield f"{field} is empty.", "Write it: a figure without words misleads."
    if not covariate.source:
        yield "source is empty.", "Name the publication, with its address."
    for link in covariate.source:
        if not link.url.startswith("https://"):
            yield f"source url is {link.url}.", "Give the public https address."


def _explained(indicator: Indicator, catalogue: "Catalogue", known: set[str]) -> Iterator[Fault]:
    """What is wrong with an indicator's need and supply."""
    named = {"need": [need.covariate for need in indicator.need], "supply": indicator.supply}
    for field, ids in named.items():
        for id in dict.fromkeys(ids):
            yield from if_unknown(id, known, field, "files in covariates")
            if ids.count(id) > 1:
                yield f"{field}: {id} stands twice.", "Remove one."
            if id in catalogue.covariates:
                yield from _fits(catalogue.covariates[id], field, indicator, catalogue.area_types)
    if _is_need_weighted(indicator) and len(indicator.need) > 1:
        yield (
            f"need: {len(indicator.need)} covariates beside a need-weighted denominator.",
            "Its weights hold them already: name the one ratio of weighted to registered people.",
        )


def _fits(
    covariate: Covariate, field: str, indicator: Indicator, area_types: dict[str, AreaType]
) -> Iterator[Fault]:
    if covariate.kind != field:
        yield (
            f"{field}: {covariate.id} is a covariate of {covariate.kind}.",
            f"Name one whose kind is {field}.",
        )
    own_types = [each for each in indicator.area_types if _is_counted(indicator, each, area_types)]
    if own_types and not any(counted_base(covariate, each, area_types) for each in own_types):
        yield (
            f"{field}: {covariate.id} is not known for {', '.join(indicator.area_types)}.",
            "Name one that is, or none.",
        )
    ages = (covariate.numerator.age_from, covariate.numerator.age_to)
    if indicator.standard_population is not None and ages != (None, None):
        yield (
            f"{field}: {covariate.id} is a share of ages, and the indicator is standardised by age.",
            "Remove it: nothing is adjusted twice.",
        )
    if field == "need" and _is_need_weighted(indicator) and covariate.numerator.table != "need_weights":
        yield (
            f"need: {covariate.id} is inside the weights of the need-weighted denominator.",
            "Remove it: nothing is adjusted twice.",
        )


def _is_counted(indicator: Indicator, area_type: str, area_types: dict[str, AreaType]) -> bool:
    """Whether the indicator's own tables reach the area type; where not, that is the fault."""
    columns = (area_columns(side) for side in indicator.counted.values())
    return all(base_type(area_type, area_types, each) for each in columns)


def _is_need_weighted(indicator: Indicator) -> bool:
    below = indicator.denominator
    return (
        below is not None and below.table == "need_weights" and below.equal_to.get("need") != ["registered"]
    )
