"""A document as a PDF that screen readers can follow: tagged, PDF/UA-1, every picture with words.

The look is content (``content/packs/pack.typ``); Typst refuses a picture without words. Charts go in as PNG, because
the letters of an SVG would need the very fonts that it was drawn with.
"""

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from careatlas.catalogue.library import CONTENT
from careatlas.present.document import Block, Document, Grid, Picture
from careatlas.present.theme import to_png

TEMPLATE = CONTENT / "packs" / "pack.typ"
PAGE_WIDE, PIXELS_A_PIXEL = 640, 2.5  # of a chart as wide as the page: 230 to the inch


def to_pdf(document: Document) -> bytes:
    """The document's pages."""
    import typst

    with TemporaryDirectory(prefix="careatlas-pack-") as folder:
        root = Path(folder)
        (root / "pack.typ").write_bytes(TEMPLATE.read_bytes())
        (root / "pack.json").write_text(json.dumps(_content(document, root)), encoding="utf-8")
        return typst.compile(root / "pack.typ", root=root, format="pdf", pdf_standards=["ua-1"])


def _content(document: Document, root: Path) -> dict[str, Any]:
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "foot": document.foot,
        "is_wide": document.is_wide,
        "sections": [
            {
                "title": section.title,
                "starts_page": section.starts_page,
                "blocks": [
                    _block(block, root / f"{section.id}-{place}.png")
                    for place, block in enumerate(section.blocks)
                ],
            }
            for section in document.sections
        ],
    }


def _block(block: Block, picture: Path) -> dict[str, Any]:
    if isinstance(block, Picture):
        picture.write_bytes(to_png(block.draw(PAGE_WIDE), PIXELS_A_PIXEL))
        return {"kind": block.kind, "file": picture.name, "alternative": block.alternative}
    content = asdict(block)
    if isinstance(block, Grid):
        content["wide"] = block.wide or [1.0] * len(block.columns)
    return content
