"""Fetching a publisher's files for a range of periods: index page, links, files.

The links of the publisher's page (and of its year pages) whose words or address name a period in the range
are downloaded, as the publisher issued them, into a folder that ``careatlas build --data`` reads. A file that
broke off is resumed; one already there and unchanged is not fetched again; one the publisher revised is put
beside the old, and nothing is deleted. ``fetched.json`` in the folder says where each file came from.
"""

import hashlib
import json
import os
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from email.message import Message
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from careatlas.errors import AtlasError, DownloadError, raise_all
from careatlas.sources._containers import NOT_DATA, kind_of, not_what_it_is_named
from careatlas.sources._links import Link, LinkPattern, links_in
from careatlas.sources._transfer import Dropped, Gate, Reply, ask
from careatlas.sources.source import Source

LARGEST_FILE_BYTES = 2 * 1024**3
LARGEST_PAGE_BYTES = 20 * 1024**2
TRIES, BACK_OFF_SECONDS = 4, 1.0  # the first try and three more, each after a longer pause
BLOCK_BYTES, SAY_EVERY_BYTES = 1 << 18, 16 * 1024**2
RECORD, UNFINISHED = "fetched.json", ".unfinished"
MEGABYTE = 1_000_000

Period = tuple[date, date]
Say = Callable[[str], None]
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Wanted:
    """A file to fetch; ``period`` is None where one file holds every period."""

    address: str
    file_name: str
    period: Period | None


def fetch(
    source: Source,
    first: date,
    last: date,
    into: Path,
    *,
    page: str | None = None,
    say: Say = lambda _: None,
    allowed_hosts: Iterable[str] = (),
) -> list[Path]:
    """The publisher's files that cover any day from ``first`` to ``last``, in the folder ``into``.

    ``page`` stands in for the source's own index page. ``allowed_hosts`` are hosts the caller vouches for
    beside those the source declares; only these may be this machine itself. What could be fetched is kept
    even where another file fails.
    """
    own = [source.page, *(each.url for each in source.addresses)]
    gate = Gate(frozenset([*map(_host, own), *source.hosts]), frozenset(allowed_hosts))
    wanted = _wanted(source, (first, last), page or source.page, gate, say)
    fetched, faults = [], []
    with _explaining_a_full_disk(into):
        shelf = Shelf(into)
        for number, each in enumerate(wanted, start=1):
            say(f"{source.title}: file {number} of {len(wanted)}, {each.file_name}")
            try:
                fetched.append(_bring(each, source, shelf, gate, say))
            except AtlasError as fault:
                faults.append(fault)
    raise_all(faults)
    return fetched


def _wanted(source: Source, asked: Period, page: str, gate: Gate, say: Say) -> list[Wanted]:
    """What to fetch for the period ``asked``, each address once, in the order of the pages."""
    at_addresses = [Wanted(each.url, each.file_name, None) for each in source.addresses]
    if not (source.links or at_addresses):
        raise DownloadError(
            source.page,
            f"{source.title} is not published in a form that can be fetched.",
            "Get the file from there by hand and put it into the data folder.",
        )
    if not source.links:
        return at_addresses
    say(f"{source.title}: reading {page}")
    links = _read_links(page, gate)
    year_pages = _known(source.year_pages, links)
    files = _known(source.links, links)
    for year_page in [link for link, year in year_pages if _overlap(year, asked)]:
        say(f"{source.title}: reading {year_page.address}")
        files += _known(source.links, _read_links(year_page.address, gate))
    found = {link.address: period for link, period in files if _overlap(period, asked)}
    if not found:
        unread = [year for _, year in year_pages if not _overlap(year, asked)]
        raise _nothing_found(source, asked, page, [period for _, period in files] + unread)
    return at_addresses + [
        Wanted(address, file_name_in(address), period) for address, period in found.items()
    ]


def _known(patterns: tuple[LinkPattern, ...], links: list[Link]) -> list[tuple[Link, Period]]:
    """The links that one of the patterns knows, each with the period it names."""
    named = [(link, [each.period_of(link) for each in patterns]) for link in links]
    return [(link, next(filter(None, periods))) for link, periods in named if any(periods)]


def _overlap(one: Period, other: Period) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _nothing_found(source: Source, asked: Period, page: str, offered: list[Period]) -> DownloadError:
    if not offered:
        return DownloadError(
            page,
            f"no link on it looks like a file of {source.title}; {asked[0]} to {asked[1]} was asked for.",
            "Open the page: if the files are there, their links changed; mend `links` in the source's file.",
        )
    return DownloadError(
        page,
        f"no link to {source.title} names a period between {asked[0]} and {asked[1]}.",
        f"The page offers {min(each[0] for each in offered)} to {max(each[1] for each in offered)}.",
    )


# The publisher's pages


def _read_links(page: str, gate: Gate) -> list[Link]:
    def read() -> list[Link]:
        with ask(page, gate) as reply:
            _refuse_status(page, reply)
            html = b"".join(_blocks(page, reply, LARGEST_PAGE_BYTES))
            return links_in(html.decode("utf-8", errors="replace"), reply.address)

    return _with_patience(page, read)


# Files


def _bring(wanted: Wanted, source: Source, shelf: "Shelf", gate: Gate, say: Say) -> Path:
    """The file on the shelf: as it already is where the publisher's is unchanged, else fetched."""
    known = shelf.intact_record(wanted.address)
    part = shelf.part(wanted.address)
    headers = _with_patience(wanted.address, lambda: _transfer(wanted, part, known, gate, say))
    if headers is None:
        say(f"{wanted.file_name}: unchanged since it was fetched")
        return shelf.folder / known["file"]
    path = shelf.keep(part, wanted, source, headers)
    say(f"{path.name}: {path.stat().st_size / MEGABYTE:,.1f} MB, complete")
    return path


def _with_patience(address: str, attempt: Callable[[], Answer]) -> Answer:
    """What ``attempt`` gives; it is made again, after a pause, while the connection drops."""
    for tried in range(1, TRIES + 1):
        try:
            return attempt()
        except Dropped as fault:
            if tried == TRIES:
                raise DownloadError(
                    address,
                    f"tried {TRIES} times: {fault}.",
                    "Check the network and run the same command again: it goes on where it stopped.",
                ) from fault
            time.sleep(BACK_OFF_SECONDS * tried)
    raise AssertionError("the last try returns or raises")


def _transfer(
    wanted: Wanted, part: "Part", known: dict | None, gate: Gate, say: Say
) -> dict[str, str] | None:
    """Bring ``part`` to its full length; the reply's headers, or None where the known file is unchanged."""
    had = part.length if part.validator else 0
    with ask(wanted.address, gate, _conditions(part, had, known)) as reply:
        if reply.status == 304 and known:
            return None
        if reply.status == 416:
            part.forget()
            raise Dropped("the server could not go on where it stopped")
        if reply.status == 206 and not _goes_on_at(had, reply):
            part.forget()
            raise Dropped("the server went on at another place")
        _refuse_status(wanted.address, reply)
        if reply.status != 206:
            part.begin(_validator(reply.headers))
            had = 0
        _copy(wanted, part, had, reply, say)
        return {name.lower(): value for name, value in reply.headers.items()}


def _conditions(part: "Part", had: int, known: dict | None) -> dict[str, str]:
    """Go on where it stopped if the file is still the same; or send it only if it is not the one we have."""
    if had:
        return {"Range": f"bytes={had}-", "If-Range": part.validator}
    if known and known["etag"]:
        return {"If-None-Match": known["etag"]}
    if known and known["last_modified"]:
        return {"If-Modified-Since": known["last_modified"]}
    return {}


def _validator(headers: Message) -> str | None:
    """What tells one version of a file from the next for sure: a strong ETag, else when it was modified."""
    etag = headers.get("ETag")
    return etag if etag and not etag.startswith("W/") else headers.get("Last-Modified")


def _goes_on_at(had: int, reply: Reply) -> bool:
    return bool(re.match(rf"bytes {had}-\d+/", reply.headers.get("Content-Range", "")))


def _copy(wanted: Wanted, part: "Part", had: int, reply: Reply, say: Say) -> None:
    """Add the body to the part; what is refused is not kept to be resumed."""
    whole = had + reply.announced if reply.announced is not None else None
    said = written = had
    try:
        with part.path.open("ab") as stream:
            for block in _blocks(wanted.address, reply, LARGEST_FILE_BYTES, had):
                if written == 0:
                    _refuse_other_content(wanted, block)
                stream.write(block)
                written += len(block)
                if written - said >= SAY_EVERY_BYTES:
                    of = f" of {whole / MEGABYTE:,.0f}" if whole else ""
                    say(f"{wanted.file_name}: {written / MEGABYTE:,.0f}{of} MB")
                    said = written
        if written == 0 and not whole:
            raise DownloadError(wanted.address, "the file is empty.", "Look at the publisher's page.")
    except DownloadError:
        part.forget()
        raise
    if whole is not None and written != whole:
        raise Dropped(f"{written:,} of {whole:,} bytes came")


def _blocks(address: str, reply: Reply, cap: int, had: int = 0) -> Iterator[bytes]:
    """The body, refused as soon as it is known that the whole is larger than ``cap`` bytes."""
    too_large = had + (reply.announced or 0) > cap
    while not too_large and (block := reply.read(BLOCK_BYTES)):
        had += len(block)
        too_large = had > cap
        if not too_large:
            yield block
    if too_large:
        raise DownloadError(
            address,
            f"it is larger than the cap of {cap:,} bytes.",
            "If that is right, raise the cap at the top of sources/download.py.",
        )


def _refuse_status(address: str, reply: Reply) -> None:
    if reply.status in (200, 206):
        return
    if reply.status in (408, 425, 429) or reply.status >= 500:
        raise Dropped(f"the server answers {reply.status}")
    raise DownloadError(
        address,
        f"the server answers {reply.status}.",
        "The publisher may have moved it: open the publisher's page and compare.",
    )


def _refuse_other_content(wanted: Wanted, start: bytes) -> None:
    """A web page that says "not found" with a cheerful 200 must not be kept as data."""
    kind = kind_of(wanted.file_name, start[:4096])
    fault = not_what_it_is_named(wanted.file_name, kind)
    if fault is None and kind == "web_page":
        fault = f"the server sent {NOT_DATA[kind]}."
    if fault:
        raise DownloadError(wanted.address, fault, "Open it in a browser to see what the publisher says.")


# The folder


class Part:
    """A file on its way: its bytes so far, and the server's mark of which version they belong to."""

    def __init__(self, folder: Path, address: str) -> None:
        name = hashlib.sha256(address.encode()).hexdigest()[:24]
        self.path, self._mark = folder / f"{name}.part", folder / f"{name}.version"

    @property
    def length(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def validator(self) -> str | None:
        return self._mark.read_text(encoding="utf-8") if self._mark.exists() else None

    def begin(self, validator: str | None) -> None:
        self.forget()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"")
        if validator:
            self._mark.write_text(validator, encoding="utf-8")

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)
        with suppress(OSError):  # other parts are still in it
            self.path.parent.rmdir()


class Shelf:
    """The folder of fetched files and its record. Another file of a taken name goes to ``revised-02``."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._record_path = self.folder / RECORD
        self._records = self._read()

    def part(self, address: str) -> Part:
        return Part(self.folder / UNFINISHED, address)

    def intact_record(self, address: str) -> dict | None:
        """What is recorded of the latest file from ``address``, if that file is still as it was fetched."""
        record = next((each for each in reversed(self._records) if each["address"] == address), None)
        path = self.folder / record["file"] if record else None
        return record if path and path.is_file() and _checksum(path) == record["sha256"] else None

    def keep(self, part: Part, wanted: Wanted, source: Source, headers: dict[str, str]) -> Path:
        """Move the finished part to its name and record it; the same bytes are not kept twice."""
        checksum = _checksum(part.path)
        path = self._place(wanted.file_name, checksum)
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            os.replace(part.path, path)
        part.forget()
        record = {
            "file": path.relative_to(self.folder).as_posix(),
            "address": wanted.address,
            "sha256": checksum,
            "bytes": path.stat().st_size,
            "source": source.title,
            "publisher": source.publisher,
            "licence": source.licence,
            "period_start": wanted.period[0].isoformat() if wanted.period else None,
            "period_end": wanted.period[1].isoformat() if wanted.period else None,
            "last_modified": headers.get("last-modified"),
            "served": headers.get("date"),
            "etag": headers.get("etag"),
        }
        self._records = [each for each in self._records if each["file"] != record["file"]] + [record]
        self._write()
        return path

    def _place(self, name: str, checksum: str) -> Path:
        """The first place of this name that is free, or holds these very bytes."""
        path, edition = self.folder / name, 1
        while path.exists() and _checksum(path) != checksum:
            edition += 1
            path = self.folder / f"revised-{edition:02d}" / name
        return path

    def _read(self) -> list[dict]:
        if not self._record_path.exists():
            return []
        try:
            return json.loads(self._record_path.read_text(encoding="utf-8"))["files"]
        except (ValueError, KeyError, TypeError) as fault:
            raise DownloadError(
                self._record_path,
                "it is not the record of fetched files that it should be.",
                "Move it away; the files beside it are compared again.",
            ) from fault

    def _write(self) -> None:
        beside = self._record_path.with_name(f".{RECORD}")
        beside.write_text(json.dumps({"files": self._records}, indent=1) + "\n", encoding="utf-8")
        os.replace(beside, self._record_path)


@contextmanager
def _explaining_a_full_disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise DownloadError(
            folder, f"cannot be written ({fault.strerror or fault}).", "Make room or choose another folder."
        ) from fault


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def file_name_in(address: str) -> str:
    """The publisher's own name of a file, with nothing in it that could lead out of a folder."""
    parts = urlsplit(address)
    asked_for = parse_qs(parts.query).get("uri", [""])[0]  # ONS: /file?uri=/datasets/.../table.xlsx
    last = re.split(r"[/\\]", unquote(asked_for or parts.path))[-1]
    name = re.sub(r"[^\w.()+-]+", "-", unicodedata.normalize("NFKC", last)).strip(".-")
    stem, dot, suffix = name.rpartition(".")
    name = f"{stem[:120]}.{suffix[:12]}" if dot else name[:120]
    return f"file-{name}" if not name or _WINDOWS_DEVICES.match(name) or name.lower() == RECORD else name
