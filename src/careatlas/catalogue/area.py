"""Area types: the kinds of place and body the atlas compares, one file each in ``content/areas``.

A *base* type is counted straight from a column of a publisher's table (``area_columns`` in engine/tidied_tables.py).
Any other type ``rolls_up_from`` one below it: its counts are the sums of its members' counts. Members come
from the publishers' look-ups, or stand in the file itself under ``members`` (a grouping of one's own needs
only this file).
"""

from careatlas.catalogue.definition import Definition


class Grouping(Definition):
    """One area of a grouping of one's own: its name and the codes it is made of."""

    name: str
    of: list[str]


class AreaType(Definition):
    """``ranked``: whether areas of this type are put in order. ``order``: place in lists, smallest areas
    first.
    """

    id: str
    title: str
    plural: str
    parent: str | None
    rolls_up_from: str | None
    ranked: bool
    boundaries: bool
    order: int
    members: dict[str, Grouping] | None = None


class Alias(Definition):
    """A town, hospital or other well-known name, and the area a reader who types it should be shown."""

    name: str
    kind: str
    area: str
    area_type: str


def base_type(area_type: str, area_types: dict[str, AreaType], area_columns: dict[str, str]) -> str | None:
    """The type, itself or one below, that a table with these ``area_columns`` counts; None where there is
    none.
    """
    seen: set[str] = set()
    while area_type and area_type not in seen:
        if area_type in area_columns:
            return area_type
        seen.add(area_type)
        area_type = area_types[area_type].rolls_up_from if area_type in area_types else None
    return None
