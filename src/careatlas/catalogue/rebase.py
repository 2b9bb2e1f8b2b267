"""A re-base of a control chart: from a day on, mean and limits start anew, for a reason that somebody stands for.

``content/rebases/<id>.yaml``. Software may suggest one where a series changed; only a named person makes one,
because a chart re-based wherever it moves can show nothing any more.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from pydantic import Field

from careatlas.catalogue.definition import Definition


class Rebase(Definition):
    """``from`` (the first day of the new segment) is the first day of a period; ``person`` is a name and role."""

    id: str
    indicator: str
    area: str
    first_day: date = Field(alias="from")
    reason: str
    person: str


def faults_in(rebases: dict[str, Rebase], indicators: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """What is wrong with them: the re-base's id, what was found, what to do."""
    seen: dict[tuple[str, str, date], str] = {}
    for id, rebase in rebases.items():
        if rebase.indicator not in indicators:
            yield id, f'indicator is "{rebase.indicator}".', "Name a file in content/indicators."
        if not rebase.area.strip():
            yield id, "area is empty.", "Give an ODS code such as 03R."
        if len(rebase.reason.split()) < 2:
            yield id, "reason says nothing.", "Say what changed: a ward opened, the counting changed."
        if len(rebase.person.split()) < 2:
            yield id, f'person is "{rebase.person}".', "Give name and role of whoever stands for the reason."
        if rebase.first_day.day != 1:
            yield (
                id,
                f"from is {rebase.first_day}.",
                "Give the first day of a period, such as the first of a month.",
            )
        what = (rebase.indicator, rebase.area, rebase.first_day)
        if what in seen:
            yield id, f"says the same as {seen[what]}.", "Leave one of them."
        seen[what] = id
