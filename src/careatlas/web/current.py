"""The release being served, opened again when a build swapped another in; what every page says of it."""

import functools
import hashlib
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from careatlas.engine.release import Release, current_id, open_release
from careatlas.errors import ReleaseError
from careatlas.web.text import content_pages, title_of

_lock = threading.Lock()
_opened: dict[Path, Release] = {}


def serving() -> str | None:
    """The id of the release being served; None before the first build. One small file is read."""
    return current_id(settings.HOME)


def current_release() -> Release:
    """The release being served. Raises ReleaseError before the first build."""
    name = serving()
    if name is None:
        raise ReleaseError(
            "This atlas", "has no release yet.", "Run `careatlas demo`, or `careatlas build --data DIR`."
        )
    folder = settings.HOME / "releases" / name
    with _lock:
        if folder not in _opened:
            release = open_release(folder)
            _opened.clear()  # the one before is finished with
            _opened[folder] = release
        return _opened[folder]


def for_every_page(request: HttpRequest) -> dict[str, Any]:
    """What every page says: which release, from which publishers, and whether it is fictional."""
    page: dict[str, Any] = {
        "static": static_addresses(),
        "here": request.path,
        "content_pages": [
            {"slug": slug, "title": title_of(text, slug)} for slug, text in content_pages().items()
        ],
    }
    if serving() is None:
        return page
    manifest = current_release().manifest
    return page | {
        "release_id": manifest["id"],
        "simulated": manifest["simulated"],
        "country": manifest["country_name"],
        "publishers": publishers(manifest),
        "attributions": sorted(
            {source["attribution"] for source in manifest["sources"] if source["attribution"]}
        ),
    }


def publishers(manifest: dict[str, Any]) -> list[dict[str, str]]:
    """Each publisher and licence once, in order of name."""
    pairs = {(source["publisher"], source["licence"]) for source in manifest["sources"]}
    return [{"publisher": publisher, "licence": licence} for publisher, licence in sorted(pairs)]


def source_of(release: Release, indicator: dict[str, Any]) -> str:
    """The publication that an indicator's numerator is counted from; empty where the release does not say."""
    return "; ".join(titles_of_table(release, indicator["numerator"]["table"]))


def titles_of_table(release: Release, table: str) -> list[str]:
    """The publications that fill a tidied table."""
    return [source["title"] for source in release.manifest["sources"] if table in source["tables"]]


def source_line(release: Release, indicator: dict[str, Any] | None) -> str:
    """What a chart must say of itself wherever it is taken."""
    title = source_of(release, indicator) if indicator else ""
    source = f"Source: {title}. " if title else ""
    fictional = " Simulated country: no real figures." if release.manifest["simulated"] else ""
    return f"{source}Care Atlas, release {release.id}.{fictional}"


@functools.lru_cache(maxsize=1)
def static_addresses() -> dict[str, str]:
    """Address of each static file, with a fingerprint: a changed file never comes from a browser's cache."""
    found = {}
    for root in settings.STATIC_ROOTS:
        for path in sorted(root.glob("*.*")):
            fingerprint = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            found[path.name.replace(".", "_").replace("-", "_")] = f"/static/{path.name}?v={fingerprint}"
    return found
