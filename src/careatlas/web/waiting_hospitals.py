"""Waiting times hospital by hospital, nearest boards first."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.waiting_on_file import PROVIDER, rows_of
from careatlas.web import reading, waiting_figures, waiting_target
from careatlas.web.current import current_release
from careatlas.web.pages import crumb, show
from careatlas.web.reading import Row
from careatlas.web.waiting_choice import WaitsChoice, choose
from careatlas.web.waiting_page import lengths, of_every_view

BOARD = "icb"
PATHWAYS_TO_JUDGE = 20  # a share of fewer says next to nothing
HERE = "/waiting-times/hospitals/"


def hospitals(request: HttpRequest) -> HttpResponse:
    """``/waiting-times/hospitals/?specialty=&part=&months=&area_type=&area=&period=&trust=``"""
    release = current_release()
    choice = choose(release, request.GET)
    rows = [row for row in provider_rows(release, choice) if row["pathways"] != 0]
    page = of_every_view(release, choice, rows) | {
        "crumbs": [crumb("Waiting times", f"/waiting-times/{choice.query()}")],
        "lengths_sections": _sections(release, choice, rows),
        "lengths_of": "Hospital or trust",
        "providers": len(rows),
        "few": sum(_is_few(row["known_waits"]) for row in rows),
        "few_is": PATHWAYS_TO_JUDGE,
        "has_waits": any(row["known_waits"] for row in rows),
        "figure": waiting_figures.figure(release, choice, "hospitals"),
        "trusts": [
            {"code": row["area"], "name": row["name"]} for row in sorted(rows, key=lambda row: row["name"])
        ],
        "trust": request.GET.get("trust", ""),
    }
    trust = trust_asked(release, request.GET.get("trust", ""))
    page["target"] = waiting_target.section(release, choice, request.GET if trust else {}, trust)
    page["target"]["name"] = trust["name"] if trust else "the hospital or trust chosen here"
    return show(request, "waiting_hospitals.html", page)


def provider_rows(release: Release, choice: WaitsChoice) -> tuple[Row, ...]:
    """None where no provider sent this specialty: commissioners' workbooks do not name providers."""
    try:
        return rows_of(release, choice.specialty, choice.part, PROVIDER, choice.months, choice.period)
    except NotKnownError:
        return ()


def _is_few(waits: float | None) -> bool:
    """Whether so many waits are too few to judge; a trust that sent nothing has not few of them."""
    return waits is not None and waits < PATHWAYS_TO_JUDGE


def trust_asked(release: Release, code: str) -> Row | None:
    if not code:
        return None
    trust = reading.area(release, code)
    if trust["area_type"] != PROVIDER:
        raise NotKnownError(trust["name"], "is not a hospital or trust.", "Choose one of the list.")
    return trust


def _sections(release: Release, choice: WaitsChoice, rows: list[Row]) -> list[dict[str, Any]]:
    """Providers under their boards: the chosen area's first, then the others by their distance from it."""
    of_board: dict[str, list[Row]] = {}
    for row in rows:
        board = release.areas.get(row["area"], {}).get("parent_code")
        of_board.setdefault(board if board in release.areas else "", []).append(row)
    miles = _miles_from(release, _board_of(release, choice.area))
    order = sorted(
        of_board, key=lambda code: (code == "", miles.get(code, float("inf")), _name(release, code))
    )
    return [
        {
            "title": _title(release, code, miles),
            "rows": [
                lengths(row, choice)
                | {"address": f"{HERE}{choice.query(trust=row['area'])}#target", "chosen": False}
                for row in sorted(of_board[code], key=lambda row: row["name"])
            ],
        }
        for code in order
    ]


def _board_of(release: Release, area: Row | None) -> str:
    """The chosen area itself or the board it lies in; none for a region or the country."""
    while area is not None and area["area_type"] != BOARD:
        area = release.areas.get(area["parent_code"])
    return area["code"] if area else ""


def _miles_from(release: Release, board: str) -> dict[str, float]:
    """Miles from one board's centre to those of the boards near it; its own is 0."""
    if not board:
        return {}
    near = release.rows("neighbours", area_type=BOARD, area=board)
    return {board: 0.0} | {row["other_area"]: row["miles"] for row in near if row["miles"] is not None}


def _name(release: Release, code: str) -> str:
    return release.areas[code]["name"] if code else ""


def _title(release: Release, code: str, miles: dict[str, float]) -> str:
    if not code:
        return "Under no board on file"
    if not miles.get(code):
        return _name(release, code)
    return f"{_name(release, code)}: {miles[code]:.0f} miles between the boards’ centres"
