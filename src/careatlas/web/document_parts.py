"""Sections of a document (`present/document.py`) as pages show them: each picture with its addresses."""

from typing import Any

from careatlas.engine.release import Release
from careatlas.present.document import Picture, Section
from careatlas.web.pictures import pictures


def section_parts(release: Release, code: str, section: Section, page: str) -> dict[str, Any]:
    """``page``: the address of the page that shows it, to which each picture's own link leads."""
    return {
        "id": section.id,
        "title": section.title,
        "blocks": [
            {"kind": block.kind, "is": block}
            | ({"figure": _figure(release, code, block, page)} if isinstance(block, Picture) else {})
            for block in section.blocks
        ],
    }


def _figure(release: Release, code: str, picture: Picture, page: str) -> dict[str, Any]:
    return {
        "name": picture.name,
        "alt": picture.alternative,
        **pictures(f"/charts/{release.id}/areas/{code}/{picture.name}", width="desk"),
        "csv": f"/data/{picture.table}.csv?area={code}",
        "link": page,
    }
