"""National standards and interim ambitions, one file each in ``content/standards/targets``.

A file holds every value the standard has had, with its dates, so that a figure is held against what was in
force in its own period. A constitutional standard is a promise to patients; an interim ambition is a step on
the way back to it. The two are shown side by side and never mixed.
"""

from datetime import date
from typing import Literal

from careatlas.catalogue.definition import Definition


class Link(Definition):
    """A document a reader can open."""

    title: str
    url: str


class TargetEntry(Definition):
    """One value, for whom and from when to when; ``valid_to`` null: still in force.

    ``due_by``: an ambition is in force from the start of its planning year but need only be met by this day.
    """

    value: float
    direction: Literal["at_least", "at_most"]
    kind: Literal["constitutional", "interim_ambition"]
    applies_to: list[str]
    valid_from: date
    valid_to: date | None
    due_by: date | None = None
    source: Link


class Target(Definition):
    id: str
    title: str
    unit: str
    entries: list[TargetEntry]

    def in_force(self, area_type: str, period_end: date) -> list[TargetEntry]:
        """The entries that apply to an area of this type in a period that ends on this day."""
        return [
            entry
            for entry in self.entries
            if area_type in entry.applies_to
            and entry.valid_from <= period_end
            and (entry.valid_to is None or period_end <= entry.valid_to)
        ]
