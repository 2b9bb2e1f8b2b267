"""What is made of texts and files that mean harm: nothing runs, nothing is loaded from elsewhere, nothing is slow."""

import io
import re
import time
import zipfile
from html.parser import HTMLParser

import hostile
import pytest
import web_release
from authored import example, person, signed_in

from careatlas.errors import AtlasError
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing import answers, examples, files, plain_language, sections
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.web.text import written_by_people

TEXTS = list(hostile.texts())
FILES = list(hostile.files())
TEXT_ELEMENTS = {
    *("p", "h3", "h4", "ul", "ol", "li", "a", "strong", "em", "code", "pre", "blockquote", "hr", "br", "div"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
TEXT_ATTRIBUTES = {"href", "rel", "class", "tabindex", "role", "aria-label", "scope"}
LOADS = {
    "src",
    "srcset",
    "data",
    "poster",
    "background",
    "formaction",
    "xlink:href",
    "srcdoc",
    "ping",
    "style",
}
MOST_SECONDS = 2.0  # of the processor


class Seen(HTMLParser):
    """Elements and their attributes, as a browser's parser finds them."""

    def __init__(self, page: str):
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, {name: value or "" for name, value in attributes}))


def test_there_are_five_hundred():
    assert len(TEXTS) + len(FILES) >= 500


def test_texts_become_harmless_html():
    for text in TEXTS:
        kept = answers.cleaned(text)[: sections.LONGEST_TEXT]
        began = time.process_time()
        page = written_by_people(kept)
        assert time.process_time() - began < MOST_SECONDS, kept[:40]
        for tag, attributes in Seen(page).found:
            assert tag in TEXT_ELEMENTS, (text, page)
            assert set(attributes) <= TEXT_ATTRIBUTES, (text, page)
            assert re.match(r"https://[^/\\]|mailto:", attributes.get("href", "mailto:")), (text, page)


def test_advice_on_hostile_texts_is_quick():
    for text in TEXTS:
        began = time.process_time()
        plain_language.advice(answers.cleaned(text)[: sections.LONGEST_TEXT])
        assert time.process_time() - began < MOST_SECONDS, text[:40]


def test_links_that_are_meant_stay():
    page = written_by_people("[a](https://example.org/a?b=1&c=2) <mailto:a@nhs.test>")
    hrefs = [attributes["href"] for tag, attributes in Seen(page).found if tag == "a"]
    assert hrefs == ["https://example.org/a?b=1&c=2", "mailto:a@nhs.test"]


def test_headings_come_below_those_of_the_page():
    page = written_by_people("# One\n\n## Two\n\n### Three\n\nUnder\n=====\n")
    assert [tag for tag, _ in Seen(page).found] == ["h3", "h3", "h4", "h3"]


# --- on pages -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home"))


@pytest.fixture
def ann(home):
    with web_release.client_of(home.folder.parent.parent):
        organisations.take_from(home)
        user = person("Ann", (Role.AUTHOR, "T01"))
        user.client = signed_in(user)
        yield user


def _harm_in(page: str) -> list[str]:
    """What would run, or load or send something elsewhere, on a page of ours."""
    found = []
    for tag, attributes in Seen(page).found:
        if tag in ("iframe", "object", "embed", "base", "style", "svg", "math", "video", "audio", "frame"):
            found.append(tag)
        if tag == "meta" and "http-equiv" in attributes:
            found.append("meta refresh")
        for name, value in attributes.items():
            foreign = value and not re.match(r"/(?![/\\])", value)
            if name.startswith("on") or (name in LOADS and foreign):
                found.append(f"{tag} {name}={value}")
            if name == "action" and foreign:
                found.append(f"form to {value}")
            if name == "href" and ((tag != "a" and foreign) or re.match(r"(?!https:|mailto:)[^/?#]", value)):
                found.append(f"{tag} to {value}")
    return found


def test_the_examiner_sees_harm():
    for markup in (
        "<img src=//evil.test/x>",
        "<a href='javascript:x'>",
        "<p onclick=x>",
        "<iframe>",
        "<form action=//e>",
    ):
        assert _harm_in(markup), markup


@pytest.mark.django_db
def test_pages_show_hostile_texts_without_harm(ann):
    """Forty texts to an example: in its title, its lines and its Markdown, on every page of the form."""
    small = [text for text in TEXTS if len(text) < 1_000]
    rounds = [small[at : at + 40] for at in range(0, len(small), 40)]
    for texts in rounds:
        short = [text for text in texts if len(text) < 200]
        one = example(
            ann,
            title=answers.cleaned(" ".join(short))[:160] or "x",
            comment=answers.cleaned("\n\n".join(short)),
        )
        said = {
            "problem": "\n\n".join(texts)[:20_000],
            "who_should_consider": "\n\n".join(texts[::-1])[:20_000],
        }
        saved = ann.client.post(f"/library/{one.pk}/edit/problem/", {"version": 1, **said})
        assert saved.status_code == 303
        Example.objects.filter(pk=one.pk).update(stage=Stage.RETURNED)
        pages = [
            ann.client.get(f"/library/{one.pk}/edit/problem/"),
            ann.client.get(f"/library/{one.pk}/edit/"),
            ann.client.post(
                f"/library/{one.pk}/edit/problem/", {"version": 1, "problem": said["problem"][::-1]}
            ),
            ann.client.post(
                f"/library/{one.pk}/edit/costs/",
                {"version": 2, "cost_a_year_gbp": short[0] if short else "x"},
            ),
        ]
        assert [page.status_code for page in pages] == [200, 200, 409, 422]
        for page in pages:
            assert _harm_in(page.content.decode()) == []
            scripts = [a for tag, a in Seen(page.content.decode()).found if tag == "script"]
            assert all(a["src"].startswith("/static/") for a in scripts)
    listed = ann.client.get("/library/mine/")
    assert _harm_in(listed.content.decode()) == []
    assert "script-src 'self'" in listed.headers["Content-Security-Policy"]


@pytest.mark.django_db
def test_answers_that_are_no_texts_are_refused_and_break_nothing(ann, home):
    one = example(ann)
    for said in (None, 1, 1.5, True, [], [1], {"a": 1}, b"x", object()):
        for section in sections.SECTIONS:
            for field in section.fields:
                try:
                    fields = answers.read(section, {field: said}, home)
                except answers.Wrong as fault:
                    fields = {name: None for name in fault.faults}
                assert set(fields) == {field}
                assert isinstance(fields[field], str | int | list | None | examples.Organisation)
    assert Example.objects.get(pk=one.pk).version == 1


# --- files ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_hostile_files_are_refused_or_come_back_as_downloads(ann, tmp_path, settings):
    settings.HOME = home = tmp_path
    one = example(ann, stage=Stage.DRAFT)
    taken = 0
    for name, content in FILES:
        try:
            row = files.keep(home, one.pk, name, iter([content]), ann)
        except AtlasError:
            continue
        taken += 1
        row, kind, path = files.found(home, one.pk, row.pk, ann)
        got = ann.client.get(f"/library/{one.pk}/files/{row.pk}/")
        assert b"".join(got.streaming_content) == content
        assert got["Content-Disposition"].startswith("attachment;"), name
        assert not re.search(r"[\r\n\x00]", got["Content-Disposition"])
        assert got["X-Content-Type-Options"] == "nosniff"
        assert got["Content-Type"] == kind.content_type
        assert path.parent == home / files.FOLDER
        assert re.fullmatch("[0-9a-f]{64}", path.name)
        assert not re.search(r"[/\\\x00<>\"]", row.name), name
        _is_harmless(kind.ending, content)
        files.remove(home, one.pk, row.pk, ann)
        path.unlink()  # inside a test nothing is committed, and so nothing is forgotten
    assert 0 < taken < len(FILES) / 2
    assert list((home / files.FOLDER).iterdir()) == []
    assert [each.name for each in home.iterdir()] == ["authored"]


def _is_harmless(ending: str, content: bytes) -> None:
    """By another way than the check's own."""
    if ending == "csv":
        cells = re.split('[,;\t\r\n"]', content.decode())
        assert not any(cell.strip().startswith(("=", "@")) for cell in cells)
    if ending in ("docx", "xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            whole = b"".join(file.read(name) for name in file.namelist() if name.endswith(".rels"))
        assert b"External" not in whole or b'/hyperlink"' in whole
    if ending == "pdf":
        assert content.startswith(b"%PDF")
