"""A document in parts, before it has a face: a pack is one, and is shown as HTML and as PDF from the same parts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Spec = dict[str, Any]


@dataclass(frozen=True)
class Paragraph:
    """``tone``: plain, lead (large, at the top), heading (of what follows) or note (small)."""

    text: str
    tone: str = "plain"
    kind: str = field(default="paragraph", init=False)


@dataclass(frozen=True)
class Points:
    """A list; ``is_ordered`` where the order says something."""

    items: tuple[str, ...]
    is_ordered: bool = False
    kind: str = field(default="points", init=False)


@dataclass(frozen=True)
class Grid:
    """A table. ``numeric``: which columns hold figures; ``wide``: how many parts of the width each column gets; ``id``:
    a name for links; ``addresses``: on a page, where the first cell of each row leads."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    wide: tuple[float, ...] = ()
    id: str = ""
    addresses: tuple[str, ...] = ()
    kind: str = field(default="grid", init=False)

    @property
    def cells(self) -> list[list[dict[str, Any]]]:
        """Of each row each cell's text, its column's heading, whether it is a figure, and where it leads."""
        addresses = self.addresses or ("",) * len(self.rows)
        return [
            [
                {
                    "text": text,
                    "label": self.columns[place],
                    "is_figure": place in self.numeric,
                    "address": "" if place else address,
                }
                for place, text in enumerate(row)
            ]
            for row, address in zip(self.rows, addresses, strict=True)
        ]

    @property
    def headings(self) -> list[dict[str, Any]]:
        return [{"text": text, "is_figure": place in self.numeric} for place, text in enumerate(self.columns)]


@dataclass(frozen=True)
class Picture:
    """A chart with what it shows in words, for those who do not see it. ``name``: for links; ``draw``: the chart at a
    width in pixels; ``table``: the release table that has its figures."""

    name: str
    draw: Callable[[int], Spec]
    alternative: str
    table: str
    kind: str = field(default="picture", init=False)


Block = Paragraph | Points | Grid | Picture


@dataclass(frozen=True)
class Section:
    """``id`` is a name for links; ``starts_page`` in print."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    starts_page: bool = False


@dataclass(frozen=True)
class Document:
    """``is_wide``: its pages lie on their side in print, for wide tables."""

    title: str
    subtitle: str
    foot: str
    sections: tuple[Section, ...]
    is_wide: bool = False
