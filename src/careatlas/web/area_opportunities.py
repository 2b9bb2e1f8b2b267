"""Where an area could do better: the part of its page that its pack has too, from the same functions.

The ladder may be opened; everything else is shown.
"""

from typing import Any

from careatlas.engine.release import Release
from careatlas.present.pack_facts import PackFacts
from careatlas.present.pack_look import where_to_look
from careatlas.web.document_parts import section_parts
from careatlas.web.reading import Row

FOLDED = "ladder"


def section(release: Release, own: Row) -> dict[str, Any]:
    found = where_to_look(PackFacts(release, own["code"]))
    parts = section_parts(release, own["code"], found, f"/areas/{own['code']}/")
    for block in parts["blocks"]:
        block["is_folded"] = block["kind"] == "grid" and block["is"].id == FOLDED
    return parts
