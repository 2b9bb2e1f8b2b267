"""A registered change of what an area counts: trusts that joined, a department taken over or given up.

``content/counting/changes.yaml``. From that day on the figures of the area are another series: months before it are no
guide to months after it, and a change in the midst of a comparison ends the comparison. Areas whose old figures are
shared out to today's (``content/areas/changes.yaml``) need no entry.
"""

from collections.abc import Iterator
from datetime import date

from pydantic import Field

from careatlas.catalogue.definition import Definition

Fault = tuple[str, str]  # what was found, what to do


class CountingChange(Definition):
    """``table``: the tidied table whose figures changed; left out where all of the area's did."""

    first_day: date = Field(alias="from")
    area: str
    table: str | None = None
    reason: str
    source: str


class CountingChanges(Definition):
    changes: list[CountingChange] = Field(default_factory=list)


def faults_in(changes: CountingChanges, tables: set[str]) -> Iterator[Fault]:
    """What cannot be: a day within a month, a table that nothing is counted from, an entry that stands twice."""
    seen = set()
    for change in changes.changes:
        if change.first_day.day != 1:
            yield f"{change.area}: from is {change.first_day}.", "Give the first day of a month."
        if change.table is not None and change.table not in tables:
            yield (
                f'{change.area}: table is "{change.table}".',
                "Name a table that indicators count from, or leave it out.",
            )
        key = (change.area, change.table, change.first_day)
        if key in seen:
            yield f"{change.area} has two changes of {change.first_day}.", "Keep one, with both reasons."
        seen.add(key)
