"""Reading the library: the list, one page an example, its files, and keys for the API."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime

import pytest
import web_release
from assessing_small import handed_in, measurable, submitted
from authored import person, signed_in

from careatlas.improve.evidence import printing, tokens
from careatlas.improve.evidence.assessing import deciding
from careatlas.improve.evidence.models import Example, Stage, Token
from careatlas.improve.evidence.writing import drafting
from careatlas.improve.evidence.writing.history import history_of
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(release):
    organisations.take_from(release)
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


@pytest.fixture
def ann(client):
    return person("ann", (Role.AUTHOR, "B0"))


@pytest.fixture
def pia(client):
    return person("pia", (Role.PUBLISHER, "SIM"))


def out(author, title="Falls clinic", **more) -> Example:
    said = {"stage": Stage.PUBLISHED, "published_at": datetime(2026, 1, 1, tzinfo=UTC)} | more
    return submitted(author, title=title, **said)


def assessed(ann, pia, release, **more) -> Example:
    """Through everything: handed in, scored by two, published."""
    example = submitted(ann, **measurable(), **more)
    for name, points in (("ben", (3, 3, 3, 3)), ("cat", (3, 3, 3, 3))):
        handed_in(example, person(name, (Role.ASSESSOR, "B3")), *points)
    return deciding.publish(example, pia, example.version, release)


def text_of(response) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode()


def test_an_empty_library_says_that_it_is_empty_and_what_to_do(client):
    page = text_of(client.get("/library/"))
    assert "Nothing is published here yet" in page
    assert 'href="/library/import/"' in page


def test_the_list_shows_searches_and_narrows(client, ann):
    out(ann, overall=72.0, rating="recommended", setting="community", summary="Balance classes")
    out(ann, title="Shorter waits", setting="hospital_outpatient")
    out(ann, title="A draft", stage=Stage.DRAFT, published_at=None)
    page = text_of(client.get("/library/"))
    assert "2 examples" in page
    assert "A draft" not in page
    assert "Recommended, 72 of 100" in page
    assert "Community services and people&#x27;s homes (1)" in page
    narrowed = text_of(client.get("/library/?words=balance&setting=community"))
    assert "1 example<" in narrowed
    assert "Without Setting" in narrowed
    assert "No example answers" in text_of(client.get("/library/?words=helicopter"))


def test_what_is_typed_is_shown_as_text_and_a_wrong_choice_is_not_found(client, ann):
    out(ann)
    page = text_of(client.get("/library/", {"words": '"><script>alert(1)</script>'}))
    assert "<script>alert" not in page
    assert client.get("/library/?setting=moon").status_code == 404
    assert client.get("/library/?page=99").status_code == 200


def test_one_page_says_all_there_is_to_say(client, release, ann, pia):
    example = assessed(ann, pia, release)
    page = text_of(client.get(f"/library/{example.pk}/"))
    for words in (
        "What the atlas measures",
        "People <strong>waited</strong>",
        "Scores from 0 to 4 in round 1",
        "Who could gain",
        "Nobody has registered that they do this",
        "Ask the owner something",
        "How it came about",
        "Published after round 1",
        "example.pdf",
    ):
        assert words in page, words
    assert "@nhs.test" not in page
    for assessor in ("Ben", "Cat"):
        assert assessor not in page


@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.SUBMITTED, Stage.RETURNED])
def test_what_is_not_published_is_not_there_for_others(client, ann, stage):
    example = submitted(ann, stage=stage)
    for address in ("", "example.pdf", "example.csv", "example.json"):
        assert client.get(f"/library/{example.pk}/{address}").status_code == 404
        assert signed_in(ann).get(f"/library/{example.pk}/{address}").status_code == 200
    assert "see this page" in text_of(signed_in(ann).get(f"/library/{example.pk}/"))


def test_a_withdrawn_example_keeps_its_address_and_says_only_why(client, release, ann, pia):
    example = assessed(ann, pia, release)
    deciding.withdraw(example, pia, example.version, "The figures were **wrong**.")
    gone = client.get(f"/library/{example.pk}/")
    assert gone.status_code == 410
    assert "The figures were <strong>wrong</strong>" in text_of(gone)
    assert "waited" not in text_of(gone)
    pictures = [f"measure.{kind}" for kind in ("svg", "png", "json")]
    for name in ("example.pdf", "example.csv", "example.json", *pictures):
        assert client.get(f"/library/{example.pk}/{name}").status_code == 404
        assert signed_in(ann).get(f"/library/{example.pk}/{name}").status_code == 200
    assert "waited" in text_of(signed_in(ann).get(f"/library/{example.pk}/"))


def test_who_decides_finds_the_page_of_the_decision_while_it_waits_for_one(client, release, ann, pia):
    example = submitted(ann, **measurable())
    link = f'href="/library/decisions/{example.pk}/"'
    here = f"/library/{example.pk}/"
    waiting = text_of(signed_in(pia).get(here))
    assert link in waiting
    assert "0 of 2 handed in" in waiting
    for name in ("ben", "cat"):
        handed_in(example, person(name, (Role.ASSESSOR, "B3")), 3, 3, 3, 3)
    assert "Decide on it" in text_of(signed_in(pia).get(here))
    for reader in (ann, person("dan", (Role.ASSESSOR, "B3"))):
        assert link not in text_of(signed_in(reader).get(here))
    deciding.publish(example, pia, example.version, release)
    assert link not in text_of(signed_in(pia).get(here))


def test_scores_that_are_not_to_be_seen_are_nowhere_on_the_page(client, release, ann, pia):
    example = submitted(ann, **measurable())
    ben = person("ben", (Role.ASSESSOR, "B3"))
    handed_in(example, ben, 3, 3, 3, 3)
    cat = person("cat", (Role.ASSESSOR, "B3"))
    for reader in (ann, cat):
        page = text_of(signed_in(reader).get(f"/library/{example.pk}/"))
        assert "As the anchor says" not in page
        assert "Scores from 0 to 4" not in page
        assert "Ben" not in page


def test_history_names_people_and_never_addresses(client, release, ann, pia):
    example = submitted(ann, stage=Stage.DRAFT)
    for words in ("One", "Two"):
        example = drafting.save(example.pk, "problem", {"problem": words}, ann, example.version, release)
    own = history_of(example, ann)
    assert [(line.who, line.why, line.what) for line in own[1:]] == [
        ("Ann", "wrote “The problem”", ("What was the problem?",))
    ]
    assert [line.why for line in history_of(example, pia)] == ["the test"]
    example = keeping.change(example, "gone@nhs.test", "again", example.version, stage=Stage.PUBLISHED)
    assert history_of(example, pia)[-1].who == "somebody"


def test_csv_and_json_have_the_answers_and_where_it_stands(client, ann):
    example = out(ann, title="=cmd()", overall=72.0, rating="recommended", saving_cash_gbp=-5)
    (row,) = csv.DictReader(io.StringIO(text_of(client.get("/library/examples.csv")), newline=""))
    assert (row["number"], row["title"], row["owner"], row["overall"]) == (
        str(example.pk),
        "'=cmd()",
        "B0",
        "72.0",
    )
    (whole,) = json.loads(text_of(client.get(f"/library/{example.pk}/example.json")))
    assert (whole["title"], whole["rating"], whole["saving_cash_gbp"]) == ("=cmd()", "recommended", -5)
    assert client.get("/library/examples.xml").status_code == 404
    assert client.get(f"/library/{example.pk}/example.exe").status_code == 404


def test_the_pdf_is_tagged_and_has_the_chart(client, release, ann, pia):
    example = assessed(ann, pia, release)
    response = client.get(f"/library/{example.pk}/example.pdf")
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in response.content
    assert b"pdfuaid" in response.content


@pytest.mark.parametrize(
    "text",
    ["#" * 9 + " x", "| a |\n|--|\n| b | c |\n", "- a\n  - b\n    1. c\n", "![x](https://evil.test/x.png)",
     "<script>x</script>", '#read("/etc/passwd")', "$ #sys $ \\ ` @x <y>", "```\ncode\n```", "> quoted\n>> twice"],
)  # fmt: skip
def test_whatever_is_written_becomes_a_pdf_and_nothing_runs(client, ann, text):
    example = out(ann, title=text.splitlines()[0][:80], summary=text, problem=text, evidence=text)
    response = client.get(f"/library/{example.pk}/example.pdf")
    assert response.status_code == 200
    assert b"/JavaScript" not in response.content
    assert b"evil.test" not in response.content.replace(b"(https://evil.test", b"")


def test_markdown_becomes_paragraphs_lists_and_tables():
    found = printing.blocks("# A\n\nb **c**\nd\n\n1. e\n2. f\n\n| g | h |\n|---|---|\n| i | j |\n")
    assert [block.kind for block in found] == ["paragraph", "paragraph", "points", "grid"]
    assert (found[0].tone, found[1].text, found[2].items, found[2].is_ordered) == (
        "heading",
        "b c d",
        ("e", "f"),
        True,
    )
    assert (found[3].columns, found[3].rows) == (("g", "h"), (("i", "j"),))


def test_pages_of_the_library_are_kept_nowhere(client, ann):
    assert "no-store" in client.get("/library/").headers["Cache-Control"]
    out(ann)
    assert "Falls clinic" in text_of(client.get("/library/"))


def test_a_key_is_made_shown_once_and_withdrawn(client, ann):
    own = signed_in(ann)
    form = {"name": "Weekly report", "days": "90", "may_write": "yes", "key": "k1"}
    made = own.post("/account/tokens/", form)
    (words,) = re.findall(r"careatlas_[\w-]+", text_of(made))
    assert "no-store" in made.headers["Cache-Control"]
    token = Token.objects.get()
    assert (token.name, token.may_write, (token.expires_at.date() - date.today()).days in (89, 90)) == (
        "Weekly report",
        True,
        True,
    )
    assert tokens.opened_by(words) == token
    again = text_of(own.post("/account/tokens/", form))
    assert "was sent already" in again
    assert words not in again + text_of(own.get("/account/tokens/"))
    assert Token.objects.count() == 1
    eve = signed_in(person("eve"))
    eve.post(f"/account/tokens/{token.pk}/withdraw/")
    assert Token.objects.count() == 1
    own.post(f"/account/tokens/{token.pk}/withdraw/")
    assert tokens.opened_by(words) is None


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "x" * 81}, {"days": "9999"}, {"days": "x"}])
def test_a_key_without_name_or_end_is_not_made(client, ann, wrong):
    form = {"name": "Report", "days": "90", "key": "k1"} | wrong
    assert signed_in(ann).post("/account/tokens/", form).status_code == 422
    assert not Token.objects.exists()


def test_a_key_may_only_read_unless_it_is_asked_for(client, ann):
    signed_in(ann).post("/account/tokens/", {"name": "Report", "days": "30", "key": "k"})
    assert Token.objects.get().may_write is False
