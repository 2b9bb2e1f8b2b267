"""Before a server listens it asks itself for a page of each kind, so that no reader waits for what all of them share:
modules, templates, the tables of the release, and what effects in the library are held against.
"""

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.db import Error, close_old_connections

from careatlas.errors import AtlasError
from careatlas.present.provider_figures import PROVIDER
from careatlas.web.current import current_release
from careatlas.web.reading import areas_by_type, indicators_with_values

LISTS = (
    "/",
    "/indicators/",
    "/areas/",
    "/providers/",
    "/sources/",
    "/methods/",
    "/api/",
    "/search/",
    "/compare/",
)
WAITS = ("", "over-time/", "hospitals/", "reproduction/")
VIEWS = ("", "why/", "over-time/")


def make_ready(application: Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]) -> None:
    for address in _one_of_each_kind():
        environ = {"PATH_INFO": address}
        setup_testing_defaults(environ)
        b"".join(application(environ, lambda status, headers: None))
    _make_library_ready()


def _make_library_ready() -> None:
    from careatlas.improve.evidence.measuring.ready import make_ready as make_measuring_ready

    try:
        make_measuring_ready(current_release())
    except (AtlasError, Error):  # pages say so themselves; those of releases need no database
        pass
    finally:
        close_old_connections()


def _one_of_each_kind() -> list[str]:
    """None without a release that can be read: every page then says so itself."""
    try:
        release = current_release()
        known = [one["id"] for one in indicators_with_values(release)]
        areas = [found[0]["code"] for found in areas_by_type(release).values()]
    except AtlasError:
        return []
    return [
        *LISTS,
        *(f"/waiting-times/{view}" for view in WAITS),
        *(f"/indicators/{one}/{view}" for one in known[:1] for view in VIEWS),
        *(f"/areas/{code}/" for code in areas),
        *(f"/providers/{one['code']}/" for one in areas_by_type(release).get(PROVIDER, [])[:1]),
    ]
