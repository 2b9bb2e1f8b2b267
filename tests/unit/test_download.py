"""Fetching, against a server on this machine that imitates publishers' pages and their accidents."""

import hashlib
import http.server
import itertools
import json
import socket
import threading
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from careatlas.errors import DownloadError, ManyFaults
from careatlas.sources import _transfer, download
from careatlas.sources._links import (
    FINANCIAL_YEAR,
    MONTH_AND_YEAR,
    Address,
    Link,
    LinkPattern,
    links_in,
)
from careatlas.sources.source import Source

JANUARY, FEBRUARY = (date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 2, 1), date(2026, 2, 28))
YEAR_2025_26 = (date(2025, 4, 1), date(2026, 3, 31))
CSV = b"Period,Org Code,Attendances\r\nJANUARY-2026,RXF,12\r\n"
ZIP = b"PK\x03\x04" + bytes(range(256)) * 4000  # about a megabyte, so that it can break off in the middle

FILES = LinkPattern(
    address=r"\.(csv|zip)$",
    words=rf"Monthly A&E {MONTH_AND_YEAR}",
    example=Link("Monthly A&E January 2026 (CSV, 25KB)", "/uploads/January-2026-CSV-x1.csv"),
    names=JANUARY,
)
YEARS = LinkPattern(
    address="/ae/",
    words=rf"Attendances {FINANCIAL_YEAR}",
    example=Link("A&E Attendances 2025-26", "/ae/2025-26/"),
    names=YEAR_2025_26,
)
SOURCE = Source(
    title="A&E attendances",
    publisher="NHS England",
    page="https://publisher.example/ae/",
    licence="Open Government Licence v3.0",
    tables=("accident_emergency",),
    links=(FILES,),
    year_pages=(YEARS,),
)


@dataclass
class Answer:
    """What the imitated publisher gives at one path. ``breaks_off_after``: bytes sent before each hang-up."""

    body: bytes = b""
    status: int = 200
    etag: str | None = '"v1"'
    modified: str | None = None
    location: str | None = None
    says_length: int | None = None
    breaks_off_after: list[int] = field(default_factory=list)
    goes_on_too_far_by: int = 0


class Publisher(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Imitation)
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.address = f"http://127.0.0.1:{self.server_port}"

    def headers_of(self, path: str) -> list[dict[str, str]]:
        return [headers for asked, headers in self.asked if asked == path]

    def shows(self, path: str, html: str) -> None:
        self.answers[path] = Answer(f"<!doctype html><html><body>{html}</body></html>".encode())


class _Imitation(http.server.BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        answer = self.server.answers.get(self.path, Answer(b"<html>not here</html>", status=404))
        if answer.etag and self.headers.get("If-None-Match") == answer.etag:
            self._start(304, answer, 0)
            return
        start = self._resumes_at(answer)
        if start and start >= len(answer.body):
            self._start(416, answer, 0)
            return
        start += answer.goes_on_too_far_by if start else 0
        body = answer.body[start:]
        self._start(206 if start else answer.status, answer, len(body), start)
        if answer.breaks_off_after:
            self.wfile.write(body[: answer.breaks_off_after.pop(0)])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _resumes_at(self, answer: Answer) -> int:
        wanted = self.headers.get("Range")
        same = self.headers.get("If-Range") in (answer.etag, answer.modified)
        return int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and same else 0

    def _start(self, status: int, answer: Answer, length: int, start: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(answer.says_length or length))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(answer.body) - 1}/{len(answer.body)}")
        for name, value in (
            ("ETag", answer.etag),
            ("Last-Modified", answer.modified),
            ("Location", answer.location),
        ):
            if value:
                self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(download, "BACK_OFF_SECONDS", 0.0)
    server = Publisher()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(publisher: Publisher, into: Path, period=JANUARY, source: Source = SOURCE, **options) -> list[Path]:
    options = {"page": f"{publisher.address}/ae/", "allowed_hosts": ["127.0.0.1"]} | options
    return download.fetch(source, *period, into, **options)


def one_file(publisher: Publisher, answer: Answer, name: str = "January-2026.csv") -> str:
    """The publisher shows one link for January 2026 and gives ``answer`` there; the file's path."""
    publisher.shows("/ae/", f'<a href="/uploads/{name}">Monthly A&amp;E January 2026</a>')
    publisher.answers[f"/uploads/{name}"] = answer
    return f"/uploads/{name}"


# Pages and links


def test_relative_links_are_followed_and_only_the_months_asked_for_are_fetched(publisher, tmp_path):
    publisher.shows(
        "/ae/",
        """<a href="../uploads/December-2025.csv">Monthly A&amp;E <b>December</b> 2025 (CSV)</a>
           <a href="../uploads/January-2026.csv">Monthly A&amp;E
               January 2026 (CSV, 25KB)</a>
           <a href="../uploads/January-2026.xls">Monthly A&amp;E January 2026 (XLS, 300KB)</a>
           <a href="mailto:someone@publisher.example">Monthly A&amp;E January 2026</a>""",
    )
    publisher.answers["/uploads/January-2026.csv"] = Answer(CSV)
    assert fetch(publisher, tmp_path) == [tmp_path / "January-2026.csv"]
    assert (tmp_path / "January-2026.csv").read_bytes() == CSV
    assert not publisher.headers_of("/uploads/December-2025.csv")


def test_year_pages_are_read_only_for_the_years_asked_for(publisher, tmp_path):
    publisher.shows(
        "/ae/",
        """<a href="2024-25/">A&amp;E Attendances 2024-25</a>
           <a href="2025-26/">A&amp;E Attendances 2025-26</a>""",
    )
    publisher.shows(
        "/ae/2025-26/",
        """<a href="files/one.csv">Monthly A&amp;E January 2026</a>
           <a href="files/two.csv">Monthly A&amp;E Feb 26</a>""",
    )
    publisher.answers["/ae/2025-26/files/one.csv"] = Answer(CSV)
    publisher.answers["/ae/2025-26/files/two.csv"] = Answer(CSV + b"\n")
    fetched = fetch(publisher, tmp_path, (JANUARY[0], FEBRUARY[1]))
    assert [path.name for path in fetched] == ["one.csv", "two.csv"]
    assert not publisher.headers_of("/ae/2024-25/")


def test_links_are_resolved_against_the_base_that_a_page_declares():
    page = """<base href="https://files.example/2026/">
        <a href="a.csv">one</a> and <a href="//other.example/b.csv">two</a>"""
    assert links_in(page, "https://publisher.example/ae/") == [
        Link("one", "https://files.example/2026/a.csv"),
        Link("two", "https://other.example/b.csv"),
    ]


def test_a_page_without_such_links_is_named_with_the_period(publisher, tmp_path):
    publisher.shows("/ae/", '<a href="/contact">Contact us</a>')
    with pytest.raises(DownloadError, match=r"/ae/: no link .* A&E attendances; 2026-01-01 to 2026-01-31"):
        fetch(publisher, tmp_path)


def test_a_period_the_page_does_not_have_is_answered_with_those_it_has(publisher, tmp_path):
    one_file(publisher, Answer(CSV))
    with pytest.raises(DownloadError, match=r"between 2031-01-01 .* offers 2026-01-01 to 2026-01-31"):
        fetch(publisher, tmp_path, (date(2031, 1, 1), date(2031, 1, 31)))


def test_a_year_page_without_such_links_is_not_taken_for_an_offer(publisher, tmp_path):
    publisher.shows("/ae/", '<a href="2025-26/">A&amp;E Attendances 2025-26</a>')
    publisher.shows("/ae/2025-26/", "<p>The files have moved.</p>")
    with pytest.raises(DownloadError, match=r"no link on it looks like a file of A&E attendances"):
        fetch(publisher, tmp_path)


def test_a_source_without_links_or_addresses_says_where_to_get_its_files(tmp_path):
    by_hand = Source("Trust look-up", "A publisher", "https://publisher.example/", "OGL", ("trust_boards",))
    with pytest.raises(DownloadError, match=r"https://publisher.example/: Trust look-up .* by hand"):
        download.fetch(by_hand, *JANUARY, tmp_path)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("Monthly A&E January 2026", JANUARY),
        ("Monthly A&E Jan26", JANUARY),
        ("Monthly A&E Sept-2025", (date(2025, 9, 1), date(2025, 9, 30))),
        ("Monthly A&E February 2028", (date(2028, 2, 1), date(2028, 2, 29))),
        ("Monthly A&E in winter", None),
    ],
)
def test_a_month_is_read_from_a_links_words(words, names):
    assert FILES.period_of(Link(words, "/x.csv")) == names


def test_a_span_of_years_is_read_from_an_address():
    pattern = LinkPattern(r"mid(?P<year>\d{4})tomid(?P<last_year>\d{4})", Link("", ""), JANUARY)
    assert pattern.period_of(Link("xlsx", "/mid2011tomid2022.xlsx")) == (date(2011, 1, 1), date(2022, 12, 31))


def test_a_fixed_address_is_asked_without_reading_a_page(publisher, tmp_path):
    publisher.answers["/api/?measure=saba&format=csv"] = Answer(CSV)
    at_address = Source(
        title="Prescribing",
        publisher="OpenPrescribing",
        page="https://publisher.example/",
        licence="OGL",
        tables=("prescribing",),
        addresses=(Address(f"{publisher.address}/api/?measure=saba&format=csv", "ccg_data_saba.csv"),),
    )
    assert fetch(publisher, tmp_path, source=at_address) == [tmp_path / "ccg_data_saba.csv"]


# The record, and fetching again


def test_the_record_says_where_a_file_came_from(publisher, tmp_path):
    path = one_file(publisher, Answer(CSV, modified="Thu, 12 Mar 2026 09:30:00 GMT"))
    fetch(publisher, tmp_path)
    (record,) = json.loads((tmp_path / "fetched.json").read_text())["files"]
    assert record["address"] == publisher.address + path
    assert record["sha256"] == hashlib.sha256(CSV).hexdigest()
    assert (record["bytes"], record["publisher"]) == (len(CSV), "NHS England")
    assert (record["period_start"], record["period_end"]) == ("2026-01-01", "2026-01-31")
    assert record["last_modified"] == "Thu, 12 Mar 2026 09:30:00 GMT"


def test_a_file_already_there_is_not_downloaded_again(publisher, tmp_path):
    path = one_file(publisher, Answer(CSV))
    said = []
    assert fetch(publisher, tmp_path) == fetch(publisher, tmp_path, say=said.append)
    assert "January-2026.csv: unchanged since it was fetched" in said
    assert publisher.headers_of(path)[1]["If-None-Match"] == '"v1"'


def test_a_file_that_was_changed_since_it_was_fetched_is_fetched_beside_it(publisher, tmp_path):
    one_file(publisher, Answer(CSV))
    (mine,) = fetch(publisher, tmp_path)
    mine.write_bytes(b"edited")
    assert fetch(publisher, tmp_path) == [tmp_path / "revised-02" / "January-2026.csv"]
    assert mine.read_bytes() == b"edited"


def test_the_same_bytes_put_there_by_hand_are_recorded_not_doubled(publisher, tmp_path):
    (tmp_path / "January-2026.csv").write_bytes(CSV)
    one_file(publisher, Answer(CSV))
    assert fetch(publisher, tmp_path) == [tmp_path / "January-2026.csv"]
    assert not (tmp_path / "revised-02").exists()


def test_a_revised_file_under_another_name_comes_as_new_and_the_old_one_stays(publisher, tmp_path):
    one_file(publisher, Answer(CSV))
    fetch(publisher, tmp_path)
    one_file(publisher, Answer(CSV.replace(b"12", b"13")), name="January-2026-revised.csv")
    assert fetch(publisher, tmp_path) == [tmp_path / "January-2026-revised.csv"]
    assert (tmp_path / "January-2026.csv").read_bytes() == CSV


def test_a_revised_file_under_the_same_name_goes_beside_the_old_one(publisher, tmp_path):
    one_file(publisher, Answer(CSV))
    fetch(publisher, tmp_path)
    one_file(publisher, Answer(CSV.replace(b"12", b"13"), etag='"v2"'))
    assert fetch(publisher, tmp_path) == [tmp_path / "revised-02" / "January-2026.csv"]
    assert (tmp_path / "January-2026.csv").read_bytes() == CSV
    assert len(json.loads((tmp_path / "fetched.json").read_text())["files"]) == 2


def test_a_damaged_record_is_named(publisher, tmp_path):
    one_file(publisher, Answer(CSV))
    (tmp_path / "fetched.json").write_text("{}")
    with pytest.raises(DownloadError, match=r"fetched\.json: it is not the record"):
        fetch(publisher, tmp_path)


# Connections that break


def test_a_dropped_connection_is_taken_up_where_it_stopped(publisher, tmp_path):
    path = one_file(publisher, Answer(ZIP, breaks_off_after=[400_000, 300_000]), name="January-2026.zip")
    (fetched,) = fetch(publisher, tmp_path)
    assert fetched.read_bytes() == ZIP
    first, second, third = publisher.headers_of(path)
    assert "Range" not in first
    assert (second["Range"], second["If-Range"]) == ("bytes=400000-", '"v1"')
    assert third["Range"] == "bytes=700000-"


def test_a_later_run_takes_up_what_an_earlier_one_left(publisher, tmp_path):
    path = one_file(publisher, Answer(ZIP, breaks_off_after=[400_000, 0, 0, 0]), name="January-2026.zip")
    with pytest.raises(DownloadError, match=r"tried 4 times: 400,000 of 1,024,004 bytes came.* goes on"):
        fetch(publisher, tmp_path)
    assert not (tmp_path / "January-2026.zip").exists()
    (fetched,) = fetch(publisher, tmp_path)
    assert fetched.read_bytes() == ZIP
    assert publisher.headers_of(path)[-1]["Range"] == "bytes=400000-"
    assert not (tmp_path / ".unfinished").exists()


def test_a_file_revised_between_two_tries_is_begun_anew(publisher, tmp_path):
    path = one_file(publisher, Answer(ZIP, breaks_off_after=[400_000, 0, 0, 0]), name="January-2026.zip")
    with pytest.raises(DownloadError):
        fetch(publisher, tmp_path)
    revised = ZIP[:4] + b"revised" + ZIP[4:]
    publisher.answers[path] = Answer(revised, etag='"v2"')
    (fetched,) = fetch(publisher, tmp_path)
    assert fetched.read_bytes() == revised


def test_without_a_mark_of_the_version_a_file_is_begun_anew(publisher, tmp_path):
    path = one_file(publisher, Answer(ZIP, etag=None, breaks_off_after=[400_000]), name="January-2026.zip")
    (fetched,) = fetch(publisher, tmp_path)
    assert fetched.read_bytes() == ZIP
    assert all("Range" not in headers for headers in publisher.headers_of(path))


def test_a_server_that_goes_on_at_another_place_is_begun_anew(publisher, tmp_path):
    answer = Answer(ZIP, breaks_off_after=[400_000], goes_on_too_far_by=7)
    path = one_file(publisher, answer, name="January-2026.zip")
    (fetched,) = fetch(publisher, tmp_path)
    assert fetched.read_bytes() == ZIP
    assert ["Range" in headers for headers in publisher.headers_of(path)] == [False, True, False]


def test_a_file_that_was_whole_when_the_run_was_killed_is_begun_anew(publisher, tmp_path):
    path = one_file(publisher, Answer(ZIP), name="January-2026.zip")
    part = download.Shelf(tmp_path).part(publisher.address + path)
    part.begin('"v1"')
    part.path.write_bytes(ZIP)
    (fetched,) = fetch(publisher, tmp_path)
    assert fetched.read_bytes() == ZIP


def test_a_file_shorter_than_the_server_says_is_not_kept(publisher, tmp_path):
    one_file(publisher, Answer(CSV, etag=None, says_length=len(CSV) + 10))
    with pytest.raises(DownloadError, match=f"{len(CSV)} of {len(CSV) + 10} bytes came"):
        fetch(publisher, tmp_path)
    assert not (tmp_path / "January-2026.csv").exists()


def test_a_server_in_trouble_is_tried_again(publisher, tmp_path):
    path = one_file(publisher, Answer(CSV, status=503))
    with pytest.raises(DownloadError, match="tried 4 times: the server answers 503"):
        fetch(publisher, tmp_path)
    assert len(publisher.headers_of(path)) == 4


def test_what_can_be_fetched_is_kept_where_other_files_fail(publisher, tmp_path):
    publisher.shows(
        "/ae/",
        """<a href="gone.csv">Monthly A&amp;E January 2026</a>
           <a href="lost.csv">Monthly A&amp;E January 2026</a>
           <a href="here.csv">Monthly A&amp;E January 2026 revised</a>""",
    )
    publisher.answers["/ae/here.csv"] = Answer(CSV)
    with pytest.raises(ManyFaults, match=r"gone\.csv: the server answers 404.*\n.*lost\.csv"):
        fetch(publisher, tmp_path)
    assert (tmp_path / "here.csv").read_bytes() == CSV


# What is not data, or too much


@pytest.mark.parametrize(
    ("name", "body", "found"),
    [
        ("January-2026.zip", b"<!DOCTYPE html><title>Not found</title>", "named .zip but holds a web page"),
        ("January-2026.csv", b"\n <html><body>Sorry</body></html>", "named .csv but holds a web page"),
        ("January-2026.csv", b"\x89PNG\r\n\x1a\n", "named .csv but holds an image"),
        ("January-2026.zip", b"%PDF-1.7", "named .zip but holds a PDF document"),
        ("January-2026.csv", b"", "the file is empty"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(publisher, tmp_path, name, body, found):
    one_file(publisher, Answer(body), name)
    with pytest.raises(DownloadError, match=found):
        fetch(publisher, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_over_the_cap_is_refused_before_it_is_read(publisher, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "LARGEST_FILE_BYTES", 1000)
    one_file(publisher, Answer(ZIP), name="January-2026.zip")
    with pytest.raises(DownloadError, match="larger than the cap of 1,000 bytes"):
        fetch(publisher, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_resumed_file_counts_what_came_before_against_the_cap(publisher, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "LARGEST_FILE_BYTES", 1_024_003)
    one_file(publisher, Answer(ZIP, says_length=500_000, breaks_off_after=[400_000]), name="January-2026.zip")
    publisher.answers["/uploads/January-2026.zip"].says_length = None
    with pytest.raises(DownloadError, match="larger than the cap"):
        fetch(publisher, tmp_path)


# Safety (promise I5)


def test_I5_a_redirect_to_another_host_is_refused(publisher, tmp_path):
    one_file(publisher, Answer(status=302, location="https://elsewhere.example/January-2026.csv"))
    with pytest.raises(DownloadError, match=r"elsewhere\.example is not one of this source's"):
        fetch(publisher, tmp_path)


@pytest.mark.parametrize("private", ["10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"])
def test_I5_a_redirect_to_a_private_network_is_refused(publisher, tmp_path, private):
    one_file(publisher, Answer(status=302, location=f"https://{private}/January-2026.csv"))
    with pytest.raises(DownloadError, match=f"{private} leads to {private}, a private network"):
        fetch(publisher, tmp_path, allowed_hosts=["127.0.0.1", private])


def test_I5_three_redirects_are_followed_and_the_fourth_is_refused(publisher, tmp_path):
    for step in range(4):
        publisher.answers[f"/step{step}"] = Answer(status=302, location=f"/step{step + 1}", etag=None)
    publisher.answers["/step4"] = Answer(CSV)
    publisher.shows("/ae/", '<a href="/hop.csv">Monthly A&amp;E January 2026</a>')
    publisher.answers["/hop.csv"] = Answer(status=301, location="/step2")
    assert fetch(publisher, tmp_path)[0].read_bytes() == CSV
    publisher.answers["/hop.csv"] = Answer(status=301, location="/step1", etag=None)
    with pytest.raises(DownloadError, match="redirects more than 3 times"):
        fetch(publisher, tmp_path)


@pytest.mark.parametrize(
    "address",
    [
        "http://publisher.example/a.csv",
        "ftp://publisher.example/a.csv",
        "file:///etc/hostname",
        "https://publisher.example:8443/a.csv",
        "https://user@publisher.example/a.csv",
        "https://publisher.example@127.0.0.1/a.csv",
        "https://elsewhere.example/a.csv",
        "https://publisher.example.elsewhere.example/a.csv",
        "https://127.0.0.1/a.csv",
        "https://2130706433/a.csv",
        "https://0x7f.1/a.csv",
        "https://[::1]/a.csv",
        "https://[::ffff:127.0.0.1]/a.csv",
        "https://[::ffff:7f00:1]/a.csv",
        "https://[::1/a.csv",
        "https:///a.csv",
        "https://127.1/a.csv",
        "https://017700000001/a.csv",
        "https://0/a.csv",
        "https://localhost/a.csv",
        "https://①②⑦.⓪.⓪.①/a.csv",
        "https://publisher.example。elsewhere.example/a.csv",
        "https://publisher.example\t.elsewhere.example/a.csv",
        "https://publisher.example%2eelsewhere.example/a.csv",
        "https://publisher.example\\@127.0.0.1/a.csv",
        "https://publisher.example:80/a.csv",
        "https://publisher.example:99999/a.csv",
        "https://:password@publisher.example/a.csv",
        "http://publisher.example:443/a.csv",
        "//publisher.example/a.csv",
        "data:text/csv,a,b",
        "javascript:alert(1)",
    ],
)
def test_I5_only_https_on_the_publishers_own_hosts_is_asked(address, monkeypatch):
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: pytest.fail("it got as far as a name look-up")
    )
    with pytest.raises(DownloadError):
        _transfer.ask(address, _transfer.Gate(frozenset(["publisher.example"])))


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:0001::",
        "64:ff9b::7f00:1",
        "64:ff9b::10.0.0.1",
    ],
)
def test_I5_a_name_that_leads_to_a_private_network_is_refused(number, monkeypatch):
    family = socket.AF_INET6 if ":" in number else socket.AF_INET
    answers = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443)),
        (family, socket.SOCK_STREAM, 6, "", (number, 443)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("it opened a connection"))
    with pytest.raises(DownloadError, match="a private network"):
        _transfer.ask("https://publisher.example/a.csv", _transfer.Gate(frozenset(["publisher.example"])))


def test_I5_a_name_is_resolved_once_and_the_connection_made_to_that_number(publisher, monkeypatch):
    publisher.answers["/a.csv"] = Answer(CSV)
    looked_up = []

    def rebinding(host, port, **_):
        """A name server that gives this machine first and a private network ever after."""
        looked_up.append(host)
        number = "127.0.0.1" if len(looked_up) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    gate = _transfer.Gate(frozenset(), frozenset(["publisher.example"]))
    with _transfer.ask(f"http://publisher.example:{publisher.server_port}/a.csv", gate) as reply:
        assert reply.read(1000) == CSV
    assert looked_up == ["publisher.example"]


def test_I5_http_is_refused_beyond_this_machine(monkeypatch):
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(DownloadError, match="not https"):
        _transfer.ask("http://mirror.example/", _transfer.Gate(frozenset(), frozenset(["mirror.example"])))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (
            "https://x/uploads/Full-CSV-data-file-Jan26-ZIP-4M-WL5BiP.zip",
            "Full-CSV-data-file-Jan26-ZIP-4M-WL5BiP.zip",
        ),
        ("https://x/file?uri=/people/mid2011tomid2022/sapehealthgeogs.xlsx", "sapehealthgeogs.xlsx"),
        ("https://x/NHS%20Workforce%2C%20May.xlsx", "NHS-Workforce-May.xlsx"),
        ("https://x/..%2f..%2fetc%2fpasswd", "passwd"),
        ("https://x/%2e%2e", "file-"),
        ("https://x/a/..%5c..%5cboot.ini", "boot.ini"),
        ("https://x/.bashrc", "bashrc"),
        ("https://x/C%3a%5cx%00y.csv", "x-y.csv"),
        ("https://x/%E2%80%A5%2Fz%EF%BC%8Fq.csv", "z-q.csv"),
        ("https://x/CON.csv", "file-CON.csv"),
        ("https://x/fetched.json", "file-fetched.json"),
        ("https://x/", "file-"),
    ],
)
def test_I5_a_file_name_cannot_lead_out_of_the_folder(address, name):
    assert download.file_name_in(address) == name


def test_I5_no_mixture_of_dots_slashes_and_encodings_leads_out_of_the_folder(tmp_path):
    """225 names in one another's company, each as the last part of an address and as what it asks for."""
    pieces = ["..", "%2e%2e", "/", "%2f", "%252f", "\\", "%5c", "%00", "~", "C:", "%EF%BC%8F", "%E2%80%AE"]
    pieces += [".", "%0a", "x.csv"]
    for first, second in itertools.product(pieces, pieces):
        for address in (f"https://x/a/{first}{second}", f"https://x/file?uri={first}{second}"):
            name = download.file_name_in(address)
            assert (tmp_path / name).resolve().parent == tmp_path.resolve(), address
            assert name.isprintable(), address
            assert not name.startswith("."), address


def test_I5_an_encrypted_address_is_never_asked_in_plain(publisher):
    gate = _transfer.Gate(frozenset(), frozenset(["127.0.0.1"]))
    with pytest.raises(_transfer.Dropped, match="encrypted connection failed"):
        _transfer.ask(f"https://127.0.0.1:{publisher.server_port}/a.csv", gate)
    assert publisher.asked == []


def test_I5_a_link_in_the_folder_is_not_written_through(publisher, tmp_path):
    outside = tmp_path / "outside.txt"
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "January-2026.csv").symlink_to(outside)
    one_file(publisher, Answer(CSV))
    fetch(publisher, folder)
    assert not outside.exists()


def test_a_folder_that_cannot_be_written_is_named(publisher, tmp_path):
    one_file(publisher, Answer(CSV))
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(DownloadError, match="data: cannot be written"):
        fetch(publisher, tmp_path / "data")


def test_progress_is_said_file_by_file(publisher, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "SAY_EVERY_BYTES", 500_000)
    one_file(publisher, Answer(ZIP), name="January-2026.zip")
    said = []
    fetch(publisher, tmp_path, say=said.append)
    assert said == [
        f"A&E attendances: reading {publisher.address}/ae/",
        "A&E attendances: file 1 of 1, January-2026.zip",
        "January-2026.zip: 1 of 1 MB",
        "January-2026.zip: 1.0 MB, complete",
    ]
