"""Pages kept in memory, per release and address, and answered with an entity tag.

A page is the same for everybody until the next release, so the second reader waits for nothing. Answers
marked `keep` (views do it) and the API's are kept; downloads are streamed instead.
"""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers

from careatlas.web.current import serving

ROOM_BYTES = 48 * 1024 * 1024
LONGEST_ADDRESS = 500
SMALL = 1_000  # bytes under which compression costs more than it saves


@dataclass(frozen=True)
class _Kept:
    body: bytes
    compressed: bytes | None
    etag: str
    headers: dict[str, str]

    @property
    def size(self) -> int:
        return len(self.body) + len(self.compressed or b"")


class PageCache:
    """Middleware, outermost: what it keeps carries the security headers already."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._pages: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = (serving() or "", request.get_full_path())
        if request.method not in ("GET", "HEAD") or len(key[1]) > LONGEST_ADDRESS:
            return self._get_response(request)
        with self._lock:
            kept = self._pages.get(key)
            if kept:
                self._pages.move_to_end(key)
        if kept is None:
            response = self._get_response(request)
            if request.method != "GET" or response.status_code != 200 or not _may_be_kept(request, response):
                return response
            kept = _kept(response)
            self._keep(key, kept)
        return _answer(request, kept)

    def _keep(self, key: tuple[str, str], kept: _Kept) -> None:
        with self._lock:
            if key in self._pages:
                return
            self._pages[key] = kept
            self._used += kept.size
            while self._used > ROOM_BYTES:
                _, oldest = self._pages.popitem(last=False)
                self._used -= oldest.size


def _may_be_kept(request: HttpRequest, response: HttpResponseBase) -> bool:
    """What is the same for everybody: never an answer that was made for somebody, or sets them a cookie."""
    is_for_all = not response.cookies and "Cookie" not in response.get("Vary", "")
    is_of_release = not getattr(request, "knows_reader", False)  # what people write changes at any time
    return (
        is_for_all
        and is_of_release
        and (getattr(response, "keep", False) or request.path.startswith("/api/v"))
    )


def _kept(response: HttpResponseBase) -> _Kept:
    body = response.content
    return _Kept(
        body=body,
        compressed=gzip.compress(body, 6, mtime=0) if len(body) > SMALL else None,
        etag=f'W/"{hashlib.sha256(body).hexdigest()[:20]}"',
        headers={name: value for name, value in response.items() if name != "Content-Length"},
    )


def _answer(request: HttpRequest, kept: _Kept) -> HttpResponseBase:
    compress = kept.compressed is not None and "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(kept.compressed if compress else kept.body)
    for name, value in kept.headers.items():
        response[name] = value
    if compress:
        response["Content-Encoding"] = "gzip"
    response["ETag"] = kept.etag
    # Browsers ask each time, so that a new release shows at once; a chart's address names its release.
    response.headers.setdefault("Cache-Control", "public, no-cache")
    patch_vary_headers(response, ["Accept-Encoding"])
    conditional = get_conditional_response(request, etag=kept.etag, response=response)
    if conditional is not response:
        for name, value in kept.headers.items():  # a 304 carries the security headers too
            if name != "Content-Type":
                conditional[name] = value
    return conditional
