"""Published claims about waiting times, each beside what the loaded data say under each way to read it."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from careatlas.present.reproduction import reproductions
from careatlas.present.waiting_words import edition_name
from careatlas.web.current import current_release
from careatlas.web.pages import crumb, show
from careatlas.web.reading import Row
from careatlas.web.waiting_choice import choose


def reproduction(request: HttpRequest) -> HttpResponse:
    """``/waiting-times/reproduction/``"""
    release = current_release()
    choice = choose(release, {})
    held = [
        one | {"claims": [claim | {"readings": _lines(claim)} for claim in one["claims"]]}
        for one in reproductions(release)
    ]
    page = {
        "crumbs": [crumb("Waiting times", "/waiting-times/")],
        "choice": choice,
        "reproductions": held,
    }
    return show(request, "waiting_reproduction.html", page)


def _lines(claim: Row) -> list[dict[str, Any]]:
    return [
        {
            "reading": row["reading"][:1].upper() + row["reading"][1:],
            "edition": edition_name(row.get("edition")),
            "value": "" if row.get("value") is None else f"{row['value']:.1f}",
            "interval": "" if row.get("lower") is None else f"{row['lower']:.1f} to {row['upper']:.1f}",
            "rank": _rank(row),
            "pathways": row["pathways"],
            "verdict": row["verdict"],
            "note": row["note"] or "",
        }
        for row in claim["readings"]
    ]


def _rank(row: Row) -> str:
    if row["people"] is None:
        return "none"
    if row["rank"] is None:
        return "not ranked" if row["status"] != "incomplete" else "not ranked: incomplete"
    return f"{row['rank']:g} of {row['ranked']:g} ({row['rank_lower']:g} to {row['rank_upper']:g})"
