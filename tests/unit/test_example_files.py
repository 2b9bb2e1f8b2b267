"""Files of an example: which are taken, how they are kept, who gets them, how they go."""

from datetime import UTC, datetime

import pytest
from authored import example, person
from django.contrib.auth.models import AnonymousUser
from files_small import GOOD, JPEG, archive, pdf, png, relation, word, workbook

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.models import Attachment, Stage
from careatlas.improve.evidence.writing import examples, files
from careatlas.improve.evidence.writing.file_kinds import FileRefusedError, check
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(release):
    organisations.take_from(release)
    return person("Ann", (Role.AUTHOR, "T01"))


@pytest.fixture
def draft(ann):
    return example(ann)


@pytest.fixture
def send(ann, draft, tmp_path):
    def send(name="notes.txt", content=b"words\n", to=None, by=None):
        return files.keep(tmp_path, (to or draft).pk, name, iter([content]), by or ann)

    return send


def on_disk(tmp_path):
    folder = tmp_path / files.FOLDER
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize("name", GOOD)
def test_each_kind_is_taken(send, name, tmp_path, ann):
    row = send(name, GOOD[name])
    _, kind, path = files.found(tmp_path, row.example_id, row.pk, ann)
    assert path.read_bytes() == GOOD[name]
    assert kind.ending == name.rpartition(".")[2]
    assert on_disk(tmp_path) == [row.sha256]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("virus.exe", b"MZ", "is of a kind that is not taken"),
        ("page.html", b"<html>", "is of a kind that is not taken"),
        ("picture.svg", b"<svg/>", "is of a kind that is not taken"),
        ("noending", b"x", "is of a kind that is not taken"),
        ("macros.docm", word(), "is of a kind that is not taken"),
        ("empty.txt", b"", "is empty"),
        ("a.pdf", b"<html>%PDF-1.7 %%EOF", "is no PDF"),
        ("a.pdf", pdf(end=b""), "is no PDF"),
        ("a.pdf", pdf(b"<< /S /JavaScript /JS (app.alert(1)) >>"), "holds a script"),
        ("a.pdf", pdf(b"<< /S /J#61vaScript >>"), "holds a script"),
        ("a.pdf", pdf(b"<< /S /Launch /F (cmd.exe) >>"), "holds a script"),
        ("a.pdf", pdf() + archive({"a.txt": "x"}) + b"%%EOF", "is an archive too"),
        ("a.png", b"\x89PNG", "is not what its name says"),
        ("a.png", png(b"<script>alert(1)</script>"), "something behind its end"),
        ("a.png", png()[:-4], "is cut off"),
        ("a.jpg", JPEG + b"<script>", "something behind its end"),
        ("a.jpg", png(), "is not what its name says"),
        ("a.txt", b"a\x00b", "characters that no text has"),
        ("a.txt", b"\xff\xfe\x00a", "is no text"),
        ("a.csv", b"a,b\n=1+1,2\n", "row 2 has a cell that a spreadsheet would run"),
        ("a.csv", b"a;=1+1\n", "row 1 has a cell"),
        ("a.csv", b'a,"\t=1+1"\n', "row 1 has a cell"),
        ("a.csv", b"a, @SUM(A1)\n", "row 1 has a cell"),
        ("a.csv", b'"open', "is no table"),
        ("a.docx", archive({"a.txt": "x"}), "is not what its name says"),
        ("a.docx", workbook(), "is not what its name says"),
        ("a.docx", b"PK\x03\x04 and nothing", "is damaged"),
        ("a.docx", b"<html>" + word(), "is not what its name says"),
        ("a.docx", word(word__vbaProject="x"), "holds macros"),
        ("a.docx", word(word__activeX__a="x"), "holds macros"),
        ("a.docx", word(word__embeddings__evil="x"), "holds macros"),
        ("a.xlsx", workbook(xl__externalLinks__l="x"), "holds macros"),
        ("a.docx", word(**{"word/_rels/s.rels": relation("attachedTemplate", "http://evil.test/t")}), "would load"),
        ("a.docx", word(**{"word/_rels/s.rels": relation("image", "http://evil.test/i")}), "would load"),
        ("a.docx", word(**{"word/_rels/s.rels": "<!DOCTYPE x><x/>"}), "no office program writes"),
        ("a.docx", word(**{"word/_rels/s.rels": relation("image", "x").encode("utf-16")}), "no office program"),
        ("a.docx", word(**{"word/_rels/s.rels": 'TargetMode="&#69;xternal"'}), "would load"),
        ("a.docx", word(**{"../../evil": "x"}), "names that no office program gives"),
        ("a.docx", word(big=b"\0" * (101 * 1024**2)), "too large unpacked"),
        ("a.docx", word(**{"word/_rels/s.rels": b" " * (2 * 1024**2)}), "is damaged"),
        ("a.docx", archive({"[Content_Types].xml": "", "word/document.xml": ""}, b"<script>"), "behind its end"),
    ],
)  # fmt: skip
def test_what_could_act_or_is_not_what_it_says_is_refused(send, name, content, why, tmp_path):
    with pytest.raises(FileRefusedError, match=why):
        send(name, content)
    assert on_disk(tmp_path) == []
    assert not Attachment.objects.exists()


def test_a_link_that_a_reader_follows_may_lead_outside(tmp_path):
    path = tmp_path / "a.docx"
    path.write_bytes(word(**{"word/_rels/document.xml.rels": relation("hyperlink", "https://example.org/")}))
    assert check(path, "a.docx").ending == "docx"


def test_a_file_of_ten_megabytes_is_taken_and_one_byte_more_is_not(send, tmp_path):
    assert send(content=b"x" * files.MOST_BYTES).size_bytes == 10 * 1024**2
    with pytest.raises(FileRefusedError, match="too large"):
        send(content=b"y" * (files.MOST_BYTES + 1))
    assert len(on_disk(tmp_path)) == 1


def test_too_large_is_known_before_all_of_it_came(ann, draft, tmp_path):
    came = []

    def endless():
        while True:
            came.append(1)
            yield b"x" * 1024**2

    with pytest.raises(FileRefusedError, match="too large"):
        files.keep(tmp_path, draft.pk, "a.txt", endless(), ann)
    assert len(came) == 11


def test_ten_files_and_no_more(send):
    for number in range(10):
        send(f"{number}.txt", f"words {number}".encode())
    with pytest.raises(FileRefusedError, match="more than 10 files"):
        send("11.txt", b"others")


def test_the_same_file_twice_is_one(send, tmp_path):
    assert send().pk == send().pk
    assert len(on_disk(tmp_path)) == 1


def test_a_file_of_two_examples_goes_with_the_last_of_them(
    send, ann, tmp_path, django_capture_on_commit_callbacks
):
    first, second = send(), send(to=example(ann, title="Another"))
    for row, left in ((first, 1), (second, 0)):
        with django_capture_on_commit_callbacks(execute=True):
            files.remove(tmp_path, row.example_id, row.pk, ann)
        assert len(on_disk(tmp_path)) == left
    assert Entry.objects.last().before["name"] == "notes.txt"


def test_taken_away_twice_is_taken_away_once(send, ann, tmp_path):
    row = send()
    files.remove(tmp_path, row.example_id, row.pk, ann)
    entries = Entry.objects.count()
    files.remove(tmp_path, row.example_id, row.pk, ann)
    assert Entry.objects.count() == entries


def test_only_its_writers_send_and_take_away_and_only_while_it_is_open(send, ann, tmp_path):
    stranger = person("Dan", (Role.AUTHOR, "T02"))
    row = send()
    with pytest.raises(NotKnownError):
        send(by=stranger)
    with pytest.raises(NotKnownError):
        files.remove(tmp_path, row.example_id, row.pk, stranger)
    with pytest.raises(examples.NotOpen):
        send(to=example(ann, stage=Stage.PUBLISHED))


def test_who_sees_the_example_gets_its_files_and_nobody_else(send, ann, draft, tmp_path):
    row = send()
    public = send(to=draft)
    other = example(ann, title="Another", stage=Stage.PUBLISHED)
    with pytest.raises(NotKnownError):
        files.found(tmp_path, draft.pk, row.pk, AnonymousUser())
    with pytest.raises(NotKnownError):  # by the address of another example
        files.found(tmp_path, other.pk, public.pk, AnonymousUser())
    draft.__class__.objects.filter(pk=draft.pk).update(stage=Stage.PUBLISHED)
    assert files.found(tmp_path, draft.pk, row.pk, AnonymousUser())[0] == row


def test_a_file_of_what_was_withdrawn_is_for_its_writers_alone(send, ann, draft, tmp_path):
    row = send()
    draft.__class__.objects.filter(pk=draft.pk).update(
        stage=Stage.WITHDRAWN, published_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert files.found(tmp_path, draft.pk, row.pk, ann)[0] == row
    with pytest.raises(NotKnownError):
        files.found(tmp_path, draft.pk, row.pk, AnonymousUser())


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\ann\\a.txt", "a.txt"),
        ("a\x00b\r\nX: 1.txt", "abX 1.txt"),
        ("invoice\u202etxt.txt", "invoicetxt.txt"),
        ('"><script>.txt', "script.txt"),
        (".htaccess.txt", "htaccess.txt"),
        ("Übersicht (2).txt", "Übersicht (2).txt"),
        ("x" * 300 + ".txt", "x" * 116 + ".txt"),
    ],
)
def test_a_name_is_its_last_part_without_what_names_cannot_hold(send, name, kept):
    assert send(name).name == kept
