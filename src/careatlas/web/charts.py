"""Charts as SVG, PNG and as specifications for the browser: rendered once, then served as files.

A chart's address names its release and the code that draws it, so what it shows never changes and browsers
keep it for good. Files lie in ``<home>/cache/``, named likewise; the oldest go when there are too many.
"""

import functools
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from careatlas import methods
from careatlas.catalogue.library import load_method_guide
from careatlas.engine.release import Release, open_release
from careatlas.errors import NotKnownError
from careatlas.present.method_chart import method_chart
from careatlas.present.theme import Spec, to_png, to_svg
from careatlas.web import (
    area_beside,
    area_people,
    compare_page,
    figures,
    over_time_figures,
    over_time_page,
    own_peers,
    pack_page,
    priorities_page,
    usual_section,
    waiting_choice,
    waiting_figures,
    waiting_over_time,
)
from careatlas.web.choice import choose_exactly
from careatlas.web.current import current_release
from careatlas.web.pictures import drawing_code

MOST_FILES = 5_000
CONTENT_TYPES = {"svg": "image/svg+xml", "png": "image/png", "json": "application/json"}
FOR_GOOD = "public, max-age=31536000, immutable"


def chart(request: HttpRequest, release: str, indicator: str, chart: str, kind: str) -> HttpResponse:
    """``/charts/<release>/<indicator>/<chart>.<svg|png|json>?area_type=&area=&period=&width=``"""
    opened, width = _release(release), _width(request)
    choice = choose_exactly(opened, indicator, request.GET)
    name = f"{indicator}/{chart}/{choice.query(width=str(width))}"
    return _file(opened.id, name, kind, lambda: figures.spec(opened, choice, chart, width))


def of_area(request: HttpRequest, release: str, code: str, chart: str, kind: str) -> HttpResponse:
    """``/charts/<release>/areas/<code>/<chart>.<svg|png|json>?width=``, heat with ``beside=``"""
    opened, width, asked = _release(release), _width(request), request.GET
    makers = {
        "spine": lambda: figures.spine(opened, code, width),
        "heat": lambda: area_beside.heat_spec(opened, code, asked, width),
        "population": lambda: area_people.spec(opened, code, width),
        **{name: functools.partial(pack_page.spec, opened, code, name, width) for name in pack_page.PICTURES},
    }
    if chart not in makers:
        raise NotKnownError(chart, "is not a chart of an area.", f"Charts: {', '.join(makers)}.")
    name = f"areas/{code}/{chart}/{width}/{_chosen(request, 'beside', own_peers.NAME) if chart == 'heat' else ''}"
    return _file(opened.id, name, kind, makers[chart])


def pair(request: HttpRequest, release: str, kind: str) -> HttpResponse:
    """``/charts/<release>/compare/scatter.<svg|png|json>?x=&y=&area_type=&area=&period=&width=``"""
    opened, width = _release(release), _width(request)
    pair = compare_page.pair_asked(opened, request.GET)
    name = f"compare/{pair.query(width=str(width))}"
    return _file(opened.id, name, kind, lambda: compare_page.spec(opened, pair, width))


def priorities(request: HttpRequest, release: str, kind: str) -> HttpResponse:
    """``/charts/<release>/priorities/margin.<svg|png|json>?sheet=&width=``: a group's own, so nowhere kept."""
    _release(release)
    _require_kind(kind)
    spec = priorities_page.spec(request.GET, _width(request))
    response = HttpResponse(_rendered(spec, kind), content_type=CONTENT_TYPES[kind])
    response["Cache-Control"] = "no-store"
    return response


def ranks(request: HttpRequest, release: str, indicator: str, kind: str) -> HttpResponse:
    """``/charts/<release>/<indicator>/ranks.<svg|png|json>?area_type=&area=&areas=&areas=&width=``"""
    opened, width = _release(release), _width(request)
    choice = choose_exactly(opened, indicator, request.GET)
    codes = over_time_page.areas_asked(opened, choice, request.GET)
    name = f"{indicator}/ranks/{choice.query(width=str(width))}/{','.join(codes)}"
    return _file(opened.id, name, kind, lambda: over_time_figures.ranks_spec(opened, choice, codes, width))


def usual(request: HttpRequest, release: str, indicator: str, kind: str) -> HttpResponse:
    """``/charts/<release>/<indicator>/usual.<svg|png|json>?area_type=&area=&start=&target=&of=&width=``"""
    opened, width = _release(release), _width(request)
    choice = choose_exactly(opened, indicator, request.GET)
    name = f"{indicator}/usual/{choice.query(width=str(width))}/{_chosen(request, *usual_section.ASKED)}"
    return _file(opened.id, name, kind, lambda: usual_section.spec(opened, choice, request.GET, width))


def waiting(request: HttpRequest, release: str, chart: str, kind: str) -> HttpResponse:
    """``/charts/<release>/waiting-times/<ranked|hospitals|ranks>.<svg|png|json>?specialty=&...&areas=&width=``"""
    opened, width = _release(release), _width(request)
    choice = waiting_choice.choose_exactly(opened, request.GET)
    codes = waiting_over_time.areas_asked(opened, choice, request.GET) if chart == "ranks" else []
    name = f"waiting-times/{chart}/{choice.query(width=str(width))}/{','.join(codes)}"
    return _file(opened.id, name, kind, lambda: waiting_figures.spec(opened, choice, chart, codes, width))


def method(request: HttpRequest, code: str, name: str, kind: str) -> HttpResponse:
    """``/charts/methods/<code>/<name>.<svg|png|json>?width=``; another code's chart is not kept."""
    guide = load_method_guide(name) if name in methods.names() else None
    if code != drawing_code() or guide is None or guide.chart is None:
        raise NotKnownError(name, "is not the chart of a method.", "See the list of methods.")
    chart, width = guide.chart, _width(request)
    return _file("methods", f"{name}/{width}", kind, lambda: method_chart(name, chart, width))


def _release(name: str) -> Release:
    """The release being served, or an older one still kept: a page opened before a swap has its charts."""
    now = current_release()
    if name == now.id:
        return now
    folder = settings.HOME / "releases" / name
    if not re.fullmatch(r"\d{6}-[0-9a-f]{12}", name) or not (folder / "manifest.json").is_file():
        raise NotKnownError(
            name, "is not a release that is kept here.", f"The release being served is {now.id}."
        )
    return open_release(folder)


def _chosen(request: HttpRequest, *names: str) -> str:
    """What was asked for by these names, in one order: the chart's name in the cache."""
    return urlencode([(name, text) for name in names for text in request.GET.getlist(name)])


def _width(request: HttpRequest) -> int:
    wanted = request.GET.get("width", "desk")
    if wanted not in figures.WIDTHS:
        raise NotKnownError("width", f'"{wanted}" is not a width.', f"Widths: {', '.join(figures.WIDTHS)}.")
    return figures.WIDTHS[wanted]


def _file(folder: str, name: str, kind: str, make: Callable[[], Spec]) -> HttpResponse:
    _require_kind(kind)
    fingerprint = hashlib.sha256(f"{drawing_code()} {name}".encode()).hexdigest()[:32]
    path = settings.HOME / "cache" / folder / f"{fingerprint}.{kind}"
    try:
        body = path.read_bytes()
    except OSError:  # not rendered yet, or the cache cannot be read
        body = _rendered(make(), kind)
        _write(path, body)
    response = HttpResponse(body, content_type=CONTENT_TYPES[kind])
    response["Cache-Control"] = FOR_GOOD
    response.keep = kind != "png"
    return response


def _require_kind(kind: str) -> None:
    if kind not in CONTENT_TYPES:
        raise NotKnownError(kind, "is not a kind of picture.", f"Kinds: {', '.join(CONTENT_TYPES)}.")


def _rendered(spec: Spec, kind: str) -> bytes:
    if kind == "json":
        return json.dumps(spec, ensure_ascii=False, separators=(",", ":")).encode()
    return to_svg(spec).encode() if kind == "svg" else to_png(spec)


def _write(path: Path, body: bytes) -> None:
    """Whole or not at all: another worker may be writing it too. A full disk costs speed, not the page."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_room(path.parent.parent)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as unfinished:
            unfinished.write(body)
        os.replace(unfinished.name, path)
    except OSError:
        return


def _make_room(cache: Path) -> None:
    files = [path for path in cache.glob("*/*") if path.is_file()]
    if len(files) < MOST_FILES:
        return
    for path in sorted(files, key=lambda path: path.stat().st_mtime)[: MOST_FILES // 4]:
        path.unlink(missing_ok=True)
