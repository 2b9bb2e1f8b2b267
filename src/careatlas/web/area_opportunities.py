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
    facts = PackFacts(release, own["code"])
    found = where_to_look(facts)
    parts = section_parts(release, own["code"], found, f"/areas/{own['code']}/")
    for block in parts["blocks"]:
        block["is_folded"] = block["kind"] == "grid" and block["is"].id == FOLDED
    return parts | {"begin": _to_begin_with(facts)}


def _to_begin_with(facts: PackFacts) -> list[dict[str, str]]:
    """Opportunities that an initiative may begin from, by the names of their indicators."""
    rows = [rungs["best_five"] for rungs in facts.opportunities.values() if "best_five" in rungs]
    named = [
        {
            "key": f"{row['area']}:{row['indicator']}",
            "title": facts.indicators[row["indicator"]]["short_title"],
        }
        for row in rows
        if row["amount"] > 0
    ]
    return sorted(named, key=lambda one: one["title"])
