"""The page that takes a file: where it is switched on, from our own pages alone, capped and escaped."""

from pathlib import Path

import pytest
import web_release
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from careatlas.build import own_values

SIMPLE = "figure,area,period,count,denominator\n"
HOST = "127.0.0.1:8000"
FROM_OUR_PAGE = {"HTTP_HOST": HOST, "HTTP_ORIGIN": f"http://{HOST}", "HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.fixture(scope="module")
def atlas(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("atlas")
    web_release.make_release(home)
    return home


@pytest.fixture
def client(atlas):
    with web_release.client_of(atlas) as client, override_settings(ALLOW_UPLOAD=True):
        yield client


def send(client, text: str | bytes, name: str = "mine.csv", **headers: str):
    content = text.encode() if isinstance(text, str) else text
    form = {"file": SimpleUploadedFile(name, content), "years": ""}
    return client.post("/own-figures/", form, **(headers or FROM_OUR_PAGE))


def looked_at(client, lines: str, name: str = "mine.csv") -> str:
    answer = client.get(send(client, SIMPLE + lines, name)["Location"])
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    return answer.content.decode()


def test_a_preview_shows_values_beside_the_country_and_refusals_with_reasons(client):
    page = looked_at(client, "overtime,T01,2026-01,12,300\novertime,T09,2026-01,12,300\n")
    assert "2 rows: 1 accepted, 1 refused. Nothing is published yet." in page
    assert "4.00%" in page
    assert "none on file" in page
    assert "no area&#x27;s code or name in this release" in page


def test_what_a_file_says_is_shown_as_text(client):
    script = "<script>alert(1)</script>"
    page = looked_at(client, f"{script},T01,2026-01,12,300\n", f"{script}.csv")
    assert script not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_discarded_file_is_gone(client):
    address = send(client, f"{SIMPLE}overtime,T01,2026-01,12,300\n")["Location"]
    done = client.post(f"{address}discard/", **FROM_OUR_PAGE)
    assert (done.status_code, done["Location"]) == (303, "/own-figures/")
    assert "was published, discarded or forgotten" in client.get(address).content.decode()


def test_only_the_last_files_sent_are_kept(client, atlas):
    for _ in range(22):
        send(client, SIMPLE)
    assert len(list((atlas / "own" / ".staged").iterdir())) == 20


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "is empty"), (b"<!doctype html>", "a web page"), (b"PK\x03\x04", "named .csv but holds")],
)
def test_a_file_that_is_no_table_is_answered_in_words(client, content, told):
    answer = send(client, content)
    answer = client.get(answer["Location"]) if answer.status_code == 303 else answer
    assert answer.status_code == 400
    assert told in answer.content.decode()


def test_a_file_too_large_is_refused_before_it_is_read(client, monkeypatch):
    monkeypatch.setattr(own_values, "LARGEST_BYTES", 1024**2)
    answer = send(client, b"x" * (1024**2 + 30_000))
    assert answer.status_code == 400
    assert "up to 1 MB" in answer.content.decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_HOST": HOST},  # no browser sends a form without its origin
        {"HTTP_HOST": HOST, "HTTP_ORIGIN": "https://example.org"},
        {"HTTP_HOST": HOST, "HTTP_ORIGIN": "null"},
        {"HTTP_HOST": HOST, "HTTP_ORIGIN": f"http://{HOST}", "HTTP_SEC_FETCH_SITE": "cross-site"},
        {
            "HTTP_HOST": "example.org:8000",
            "HTTP_ORIGIN": "http://example.org:8000",
        },  # a name made to lead here
    ],
)
def test_a_form_of_another_site_is_not_taken(client, atlas, headers):
    before = set((atlas / "own" / ".staged").glob("*"))
    assert send(client, f"{SIMPLE}overtime,T01,2026-01,12,300\n", **headers).status_code == 405
    assert set((atlas / "own" / ".staged").glob("*")) == before


def test_a_server_that_was_not_told_to_takes_no_file_and_says_how(client):
    with override_settings(ALLOW_UPLOAD=False):
        assert send(client, f"{SIMPLE}overtime,T01,2026-01,12,300\n").status_code == 405
        page = client.get("/own-figures/").content.decode()
    assert "careatlas serve --allow-upload" in page
    assert "<form action=" not in page.split("<main")[1]


def test_no_other_page_takes_anything(client):
    for address in ("/", "/indicators/", "/api/v1/indicators"):
        assert client.post(address, **FROM_OUR_PAGE).status_code == 405


def test_buttons_answer_to_post_alone(client):
    address = send(client, f"{SIMPLE}overtime,T01,2026-01,12,300\n")["Location"]
    for button in (f"{address}publish/", f"{address}discard/", "/own-figures/withdraw/"):
        assert client.get(button).status_code == 405


def test_a_version_that_never_was_cannot_be_withdrawn(client, atlas):
    for asked in ("x", "7", "-1", "9" * 30):
        answer = client.post("/own-figures/withdraw/", {"version": asked}, **FROM_OUR_PAGE)
        assert answer.status_code == 400
        assert "was never published" in answer.content.decode()
    assert own_values.versions(atlas) == []
