"""Mergers and splits of areas that no look-up states: ``content/areas/changes.yaml``.

A merger is exact: whatever the old areas counted, the new one counted. A split is an estimate: the old area's figures
are shared out by where its people lived, and the file says how that was found. Both name their source. A change of the
future may stand here too: a build applies it once its figures reach that day, or is asked to
(``careatlas build --areas-as-of``).
"""

from collections.abc import Iterator
from datetime import date

from pydantic import Field

from careatlas.catalogue.definition import Definition

SHARES_MAY_MISS = 0.0005  # of 1: shares are written to four decimals
Fault = tuple[str, str]  # what was found, what to do


class Merger(Definition):
    """``of``: the old codes; the new code is among them where one of them went on being used."""

    first_day: date = Field(alias="from")
    new: str
    name: str
    of: list[str]
    source: str


class Split(Definition):
    """``into``: the share of the old area's people in each new one, itself included where its code went on."""

    first_day: date = Field(alias="from")
    old: str
    into: dict[str, float]
    weighed_by: str
    source: str


class AreaChanges(Definition):
    mergers: list[Merger] = Field(default_factory=list)
    splits: list[Split] = Field(default_factory=list)

    def parts(self) -> Iterator[tuple[date, str, str]]:
        """Each step an area takes: first day, old code, new code."""
        for merger in self.mergers:
            yield from ((merger.first_day, old, merger.new) for old in merger.of)
        for split in self.splits:
            yield from ((split.first_day, split.old, new) for new in split.into)


def faults_in(changes: AreaChanges) -> Iterator[Fault]:
    """What cannot be: shares that do not sum to 1, a code that ends twice, a code that ends before it begins."""
    for split in changes.splits:
        total = sum(split.into.values())
        if abs(total - 1) > SHARES_MAY_MISS or min(split.into.values(), default=0) <= 0:
            yield (
                f"the shares of {split.old} sum to {total:.4f}, or one is not above 0.",
                "Give each part its share of the old area's people; together they are 1.",
            )
    ends: dict[str, date] = {}
    for merger in changes.mergers:
        for old in (code for code in merger.of if code != merger.new):
            if old in ends:
                yield (
                    f"{old} ends twice, in {ends[old]} and {merger.first_day}.",
                    "Keep the one that happened.",
                )
            ends[old] = merger.first_day
    for first_day, old, new in changes.parts():
        if old != new and new in ends and ends[new] <= first_day:
            yield (
                f"{old} becomes {new} on {first_day}, but {new} ended on {ends[new]}.",
                "Order the changes in time: an area can only become one that still exists.",
            )
