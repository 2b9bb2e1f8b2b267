"""A published comparison of waiting times, to be held beside what the loaded data say.

``content/reproductions/<id>.yaml``. A report that states neither its denominator nor which pathways it counts
cannot be confirmed: it can only be seen whether its claims agree with one reading of the data or another.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Literal

from careatlas.catalogue.definition import Definition
from careatlas.catalogue.target import Link


class Claim(Definition):
    """What was said. ``rank``: of an area, 1 the most pathways for its people; ``lowest_fifth``: an area among
    the last fifth of them; ``total``: of all areas together."""

    id: str
    kind: Literal["rank", "lowest_fifth", "total"]
    words: str
    area: str | None = None
    rank: int | None = None
    total: float | None = None


class Reproduction(Definition):
    """Claims about the completed pathways of ``first_month`` to ``last_month`` (first and last day)."""

    id: str
    title: str
    publisher: str
    published: str
    source: Link
    first_month: date
    last_month: date
    claims: list[Claim]


def faults_in(reproductions: Iterable[Reproduction]) -> Iterator[tuple[str, str, str]]:
    """What is wrong with them: the reproduction's id, what was found, what to do."""
    for one in reproductions:
        if not one.claims:
            yield one.id, "claims is empty.", "State at least one: what was said, and of which area."
        if one.first_month.day != 1 or (one.last_month + timedelta(days=1)).day != 1:
            window = f"the window is {one.first_month} to {one.last_month}."
            yield one.id, window, "Give the first day of its first month and the last day of its last."
        if one.last_month < one.first_month:
            yield one.id, f"last_month {one.last_month} is before first_month.", "Mend the dates."
        seen: set[str] = set()
        for claim in one.claims:
            if claim.id in seen:
                yield one.id, f'two claims have the id "{claim.id}".', "Rename one of them."
            seen.add(claim.id)
            for fault in _faults_of(claim):
                yield one.id, *fault


def _faults_of(claim: Claim) -> Iterator[tuple[str, str]]:
    needed = {"rank": ("area", "rank"), "lowest_fifth": ("area",), "total": ("total",)}[claim.kind]
    for field in ("area", "rank", "total"):
        is_given = getattr(claim, field) is not None
        if field in needed and not is_given:
            yield f"claim {claim.id}: a claim of kind {claim.kind} has no {field}.", "State it."
        if is_given and field not in needed:
            yield f"claim {claim.id}: a claim of kind {claim.kind} has no use for {field}.", "Remove it."
    if claim.rank is not None and claim.rank < 1:
        yield f"claim {claim.id}: rank is {claim.rank}.", "Ranks begin at 1, the most pathways."
    if not claim.words.strip():
        yield f"claim {claim.id}: words is empty.", "Say what was claimed, as a reader of the report met it."
