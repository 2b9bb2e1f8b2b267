"""Collections of indicators: what ``careatlas indicators --collection`` answers, and what their pages count."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.publications import publications_of
from careatlas.present.queries import Row, list_indicators


@dataclass(frozen=True)
class Extent:
    """What a release holds of a collection: how much of it has values, at which levels, from which publications."""

    indicators: int
    with_values: int
    levels: Sequence[str]
    publications: Sequence[str]


def collection_named(release: Release, id: str) -> Row:
    known = release.catalogue.get("collections", {})
    if id not in known:
        near = difflib.get_close_matches(id, list(known), n=1)
        raise NotKnownError(
            id,
            "is not a collection of this release.",
            f"Did you mean {near[0]}?" if near else f"Collections: {', '.join(known) or 'none'}.",
        )
    return known[id]


def ids_of(collection: Row) -> list[str]:
    """Its indicators in order."""
    return [id for part in collection["parts"] for id in part["indicators"]]


def list_collection(release: Release, id: str) -> list[Row]:
    """Its indicators in order, each as `list_indicators` tells it, with the programme-budget category it is under."""
    rows = {row["indicator"]: row for row in list_indicators(release)}
    return [
        rows[indicator] | {"category": part["category"]}
        for part in collection_named(release, id)["parts"]
        for indicator in part["indicators"]
        if indicator in rows
    ]


def extent(release: Release, rows: Sequence[Row]) -> Extent:
    """``rows``: those of `list_collection`."""
    on_file = [row for row in rows if row["periods"]]
    used = publications_of(release, (release.catalogue["indicators"][row["indicator"]] for row in on_file))
    return Extent(
        len(rows),
        len(on_file),
        sorted({level for row in on_file for level in row["area_types"]}),
        sorted({source["title"] for source in used}),
    )
