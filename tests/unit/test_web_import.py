"""Bringing in a collection by the page: looked at first, kept once, for whoever sent it alone."""

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import web_release
from authored import example, person, signed_in
from django.core.files.uploadedfile import SimpleUploadedFile

from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing import aside, carrying
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Grant, Role
from careatlas.improve.record.models import Entry
from careatlas.web.library import import_pages

pytestmark = pytest.mark.django_db
HEADINGS = "title,owner,setting\n"
GOOD = f"{HEADINGS}Ringing patients,T01,hospital_outpatient\n"
IMPORT = "/library/import/"


@pytest.fixture
def atlas(release):
    organisations.take_from(release)
    home = release.folder.parent.parent
    with web_release.client_of(home) as client:
        yield client
    shutil.rmtree(home / aside.FOLDER, ignore_errors=True)


@pytest.fixture
def ann(atlas):
    return signed_in(person("Ann", (Role.AUTHOR, "T01")))


def send(client, text: str | bytes, name: str = "ours.csv"):
    content = text.encode() if isinstance(text, str) else text
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, content)})


def looked_at(client, text: str, name: str = "ours.csv") -> SimpleNamespace:
    address = send(client, text, name).headers["Location"]
    answer = client.get(address)
    assert answer.status_code == 200
    return SimpleNamespace(address=address, text=answer.content.decode())


def keep(client, page: SimpleNamespace):
    """Send the form as the page has it."""
    found = re.search(r'name="rows" value="([^"]*)"', page.text)
    return client.post(page.address, {"rows": found[1] if found else ""})


def set_aside(release) -> list[Path]:
    return [path for path in (release.folder.parent.parent / aside.FOLDER).rglob("*") if path.is_file()]


def test_the_way_in_is_shown_where_the_library_is_empty_and_beside_ones_own(atlas, ann):
    assert f'href="{IMPORT}"' in atlas.get("/library/").content.decode()
    assert f'href="{IMPORT}"' in ann.get("/library/mine/").content.decode()
    example(person("Bob", (Role.AUTHOR, "T02")), "T02", Stage.PUBLISHED)
    assert f'href="{IMPORT}"' not in atlas.get("/library/").content.decode()


def test_only_authors_come_in(atlas):
    assert atlas.get(IMPORT).headers["Location"].startswith("/account/sign-in/")
    reader = signed_in(person("Rae", (Role.READER, "T01")))
    assert reader.get(IMPORT).status_code == 404
    assert send(reader, GOOD).status_code == 404
    assert f'href="{IMPORT}"' not in reader.get("/library/mine/").content.decode()


def test_looking_says_what_would_come_in_and_keeps_nothing(ann):
    entries = Entry.objects.count()
    page = looked_at(ann, f"{GOOD}Not ours,T02,\nBad,T01,the moon\n")
    assert "3 rows: 1 accepted, 2 refused. Nothing is kept yet." in page.text
    assert (Example.objects.count(), Entry.objects.count()) == (0, entries)
    refused = re.sub(r"<[^>]+>", "|", page.text.split('id="refused-table"')[1])
    assert re.search(
        r"2\|+Not ours\|+owner\|+T02\|+You are no author of .*publishers can make you one", refused
    )
    assert re.search(r"3\|+Bad\|+setting\|+the moon\|+That is none of the choices", refused)


def test_what_a_file_says_is_shown_as_text(ann):
    script = "<script>alert(1)</script>"
    page = looked_at(ann, f"{HEADINGS}{script},T01,{script}\n{script},T01,\n")
    assert script not in page.text
    assert page.text.count("&lt;script&gt;alert(1)") >= 3


def test_kept_by_a_second_step_as_drafts_and_once_however_often_it_is_sent(ann, release):
    page = looked_at(ann, f"{GOOD}Not ours,T02,\n")
    first = keep(ann, page)
    assert (first.status_code, first.headers["Location"]) == (303, "/library/mine/?brought=1")
    assert keep(ann, page).headers["Location"] == first.headers["Location"]
    (kept,) = Example.objects.all()
    assert (kept.title, kept.stage, kept.owner_id) == ("Ringing patients", Stage.DRAFT, "T01")
    mine = ann.get(first.headers["Location"]).content.decode()
    assert "1 draft came in." in mine
    assert f"/library/{kept.pk}/edit/" in mine
    assert set_aside(release) == []


def test_sent_twice_at_one_moment_the_second_is_led_to_the_same_place(ann, monkeypatch):
    """The second finds the rows kept already, and not that its file is gone."""
    page = looked_at(ann, GOOD)
    monkeypatch.setattr(import_pages.aside, "forget", lambda *given: None)
    assert keep(ann, page).status_code == 303
    monkeypatch.setattr(carrying, "carry_in", lambda *given: pytest.fail("kept twice"))
    assert keep(ann, page).headers["Location"] == "/library/mine/?brought=1"
    assert Example.objects.count() == 1


def test_where_other_rows_would_be_kept_than_were_shown_nothing_is(ann):
    page = looked_at(ann, f"{GOOD}Another,T01,\n")
    example(person("Bob", (Role.AUTHOR, "T01")), title="Another")
    answer = keep(ann, page)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Nothing was kept." in text
    assert "2 rows: 1 accepted, 1 refused" in text
    assert not Example.objects.filter(title="Ringing patients").exists()
    assert keep(ann, SimpleNamespace(address=page.address, text=text)).status_code == 303


def test_a_right_that_is_gone_meanwhile_keeps_nothing(ann):
    page = looked_at(ann, GOOD)
    Grant.objects.update(role=Role.READER)
    assert keep(ann, page).status_code == 404
    assert not Example.objects.exists()


def test_nobody_else_sees_keeps_or_discards_a_file(ann, release):
    page = looked_at(ann, f"{HEADINGS}Ours alone,T01,\n")
    eve = signed_in(person("Eve", (Role.AUTHOR, "T01")))
    for answer in (eve.get(page.address), eve.post(page.address, {"rows": "1"})):
        assert answer.status_code == 422
        assert "is not set aside" in answer.content.decode()
        assert "Ours alone" not in answer.content.decode()
    eve.post(f"{page.address}discard/")
    assert keep(ann, page).status_code == 303


def test_a_discarded_file_is_gone(ann, release):
    page = looked_at(ann, GOOD)
    assert len(set_aside(release)) == 1
    answer = ann.post(f"{page.address}discard/")
    assert (answer.status_code, answer.headers["Location"]) == (303, IMPORT)
    assert set_aside(release) == []
    assert "kept or discarded, or you sent another" in keep(ann, page).content.decode()


def test_one_file_a_person_is_set_aside(ann, release):
    first, second = looked_at(ann, GOOD), looked_at(ann, GOOD)
    assert len(set_aside(release)) == 1
    assert ann.get(first.address).status_code == 422
    assert keep(ann, second).status_code == 303


@pytest.mark.parametrize("token", ["x", "..%2f..%2fkey", "0" * 32, "*" * 32])
def test_a_token_that_is_none_opens_nothing(ann, token):
    assert ann.get(f"{IMPORT}{token}/").status_code in (404, 422)


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "a.csv", "is not there, or is empty"),
        (b"title", "a.xlsx", "neither CSV nor JSON"),
        (b"title,colour\na,b\n", "a.csv", "has columns that an example has not: colour"),
        (b"\xff\xfe", "a.csv", "not in UTF-8"),
        (b"title\x00,owner\na,b\n", "a.csv", "has columns that an example has not"),
        (b"{", "a.json", "is no JSON"),
        (b"x" * (10 * 1024**2 + 1), "a.csv", "larger than 10 MB"),
        (b"title,owner\n" + b"a,T01\n" * 2_001, "a.csv", "more than 2,000 rows"),
    ],
)
def test_a_file_that_is_none_is_answered_in_words(ann, content, name, told):
    answer = send(ann, content, name)
    answer = ann.get(answer.headers["Location"]) if answer.status_code == 303 else answer
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert 'type="file"' in answer.content.decode()


def test_what_the_library_hands_out_as_json_comes_in(ann):
    page = looked_at(
        ann, '[{"title": "Ours", "owner": "T01", "stage": "published", "rating": "none"}]', "a.json"
    )
    assert "<code>stage</code>, <code>rating</code>" in page.text
    keep(ann, page)
    assert [(one.stage, one.rating) for one in Example.objects.all()] == [(Stage.DRAFT, "")]
