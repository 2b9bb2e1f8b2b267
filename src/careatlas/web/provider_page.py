"""Providers: the list of all with the inbox of outliers, and one provider's page by compartment."""

import math
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.inbox import KINDS, Counted, counted, false_alarms_in_words, inbox, provider_named
from careatlas.present.peers import chosen_peers
from careatlas.present.provider_figures import compartments, providers, reported_compartments
from careatlas.present.provider_words import in_brief
from careatlas.present.providers import opportunities_of, provider_rows
from careatlas.web import own_peers, provider_lines, reading
from careatlas.web.area_ring import PROVIDER_WORDS, peers_shown
from careatlas.web.current import current_release
from careatlas.web.pages import crumb, show
from careatlas.web.pictures import pictures
from careatlas.web.reading import Row

LINES_A_PAGE = 25
PROVIDERS_A_PAGE = 100
PEERS_IN_WORDS = {**PROVIDER_WORDS, "pages": "/providers/"}


def all_providers(request: HttpRequest) -> HttpResponse:
    """``/providers/?compartment=&news=&page=`` chooses of the inbox, ``?reports=&board=&from=`` of the list."""
    release, asked = current_release(), request.GET
    compartment, news = asked.get("compartment") or None, asked.get("news") or None
    found = inbox(release, compartment=compartment, news=news)
    of = counted(release)
    rows, pager = _cut(found, asked, "page", LINES_A_PAGE, "inbox")
    page = {
        "kinds": provider_lines.kinds(),
        "compartments": compartments(release),
        "chosen": {"compartment": compartment, "news": news},
        "inbox": provider_lines.of_inbox(release, rows),
        "pager": pager,
        "false_alarms": false_alarms_in_words(of),
        "counted": of,
        "continuing": _continuing(of),
        "listed": _listed(release, asked),
        "anchor": "inbox",
    }
    return show(request, "providers.html", page)


def one_provider(request: HttpRequest, code: str) -> HttpResponse:
    """``/providers/<code>/?peers=RR8,RJ1&chart=<indicator>``"""
    release = current_release()
    own = reading.area(release, code)
    code = provider_named(release, own["code"])
    own_set = own_peers.asked_for(request.GET)
    peers = chosen_peers(release, code, own_set or None)
    rows = provider_rows(release, code, own_set or None)
    news, of, gains = inbox(release, code), counted(release, code), opportunities_of(release, code)
    address = f"/providers/{code}/"
    board = release.areas.get(own["parent_code"] or "")
    page = {
        "area": own,
        "board": board,
        "number": len(rows),
        "sentences": in_brief(own["name"], reading.country(release)["name"], rows, news, of, gains),
        "kinds": provider_lines.kinds(),
        "inbox": provider_lines.of_inbox(release, news),
        "false_alarms": false_alarms_in_words(of),
        "counted": of,
        "continuing": _continuing(of),
        "compartments": provider_lines.of_compartments(release, rows, address, peers if own_set else []),
        "chart": _chart(release, own, request.GET.get("chart", ""), rows),
        "ring": peers_shown(release, own, peers, own_set, PEERS_IN_WORDS),
        "is_own_set": bool(own_set),
        "opportunities": provider_lines.of_opportunities(release, gains),
        "quality": release.rows("completeness", submitter=code),
        "crumbs": [crumb("Providers", "/providers/")],
    }
    return show(request, "provider.html", page)


def _continuing(of: Counted) -> str:
    """What the inbox leaves out, so that no outlier goes unsaid."""
    if not of.continuing:
        return ""
    many = f"{of.continuing} more {'is' if of.continuing == 1 else 'are'} beyond the limits"
    undated = f"; of {of.undated} of these no full return just before is on file" if of.undated else ""
    return f"{many}, yet neither new nor shown to last{undated}."


def _chart(release: Release, own: Row, indicator: str, rows: list[Row]) -> dict[str, Any] | None:
    """The control chart asked for; None for none, or where too few points are on file."""
    row = next((row for row in rows if row["indicator"] == indicator), None)
    if not indicator or row is None or row["variation"] is None:
        return None
    query = "?" + urlencode({"area_type": own["area_type"], "area": own["code"]})
    over_time = f"/indicators/{indicator}/over-time/{query}"
    return {
        "name": "spc",
        "title": row["title"],
        "compartment": row["compartment"],
        "over_time": over_time,
        "alt": f"{row['title']} of {own['name']} over time with its limits. The page over time has it as a table.",
        **pictures(f"/charts/{release.id}/{indicator}/spc", query, "desk"),
        "csv": f"/data/values.csv{query}&indicator={indicator}",
        "link": f"/providers/{own['code']}/?chart={indicator}",
    }


def _listed(release: Release, asked: QueryDict) -> dict[str, Any]:
    """Providers by what they report and by board, a hundred at a time."""
    reports, board = asked.get("reports") or None, asked.get("board") or None
    reported = reported_compartments(release)
    everybody = [row for row in providers(release) if row["code"] in reported]
    boards = {row["parent_code"] for row in everybody if row["parent_code"] in release.areas}
    _refuse_unknown(reports, [one["id"] for one in compartments(release)], "compartment")
    _refuse_unknown(board, sorted(boards), "board of a provider")
    kept = [
        row
        for row in everybody
        if (reports is None or reports in reported[row["code"]])
        and (board is None or row["parent_code"] == board)
    ]
    shown, pager = _cut(kept, asked, "from", PROVIDERS_A_PAGE, "all")
    news = _news_by_provider(release)
    return {
        "reports": reports,
        "board": board,
        "boards": sorted(
            ({"code": code, "name": release.areas[code]["name"]} for code in boards),
            key=lambda one: one["name"],
        ),
        "number": len(kept),
        "pager": pager,
        "rows": [_provider(release, row, reported[row["code"]], news.get(row["code"], {})) for row in shown],
    }


def _provider(release: Release, row: Row, reported: list[str], news: dict[str, int]) -> dict[str, Any]:
    titles = {one["id"]: one["title"] for one in compartments(release)}
    board = release.areas.get(row["parent_code"] or "")
    return {
        "code": row["code"],
        "name": row["name"],
        "board": board["name"] if board else "",
        "reports": ", ".join(titles[id] for id in reported),
        "news": news,
    }


def _news_by_provider(release: Release) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in inbox(release):
        of_kind = found.setdefault(row["area"], dict.fromkeys(KINDS, 0))
        of_kind[row["news"]] += 1
    return found


def _refuse_unknown(asked: str | None, known: list[str], what: str) -> None:
    if asked is not None and asked not in known:
        raise NotKnownError(asked, f"is not a {what}.", f"Known are {', '.join(known[:20])}.")


def _cut(
    rows: list[Row], asked: QueryDict, name: str, most: int, anchor: str
) -> tuple[list[Row], dict[str, Any]]:
    """One page of the rows, and where the pages before and after it are."""
    pages = max(1, math.ceil(len(rows) / most))
    text = asked.get(name, "1")
    if not (text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= pages):
        raise NotKnownError(name, f'"{text[:20]}" is no page.', f"There are {pages}, from 1 on.")
    here = int(text)

    def address(number: int) -> str:
        kept = [(key, value) for key, value in asked.items() if key != name and value]
        return "?" + urlencode([*kept, (name, number)]) + f"#{anchor}"

    first = (here - 1) * most
    return rows[first : first + most], {
        "all": len(rows),
        "first": first + 1 if rows else 0,
        "last": min(first + most, len(rows)),
        "before": address(here - 1) if here > 1 else "",
        "after": address(here + 1) if here < pages else "",
    }
