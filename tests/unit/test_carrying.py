"""Carrying examples in and out: every row is accepted or refused with a reason, and nothing is lost or doubled."""

import csv
import io
import json
from datetime import UTC, date, datetime

import pytest
from authored import person
from click.testing import CliRunner

from careatlas.cli import main
from careatlas.errors import AtlasError
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing import carrying
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Organisation, Role
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db
FORMULAS = ["=1+1", "+1", "-1", "@sum", "'=1+1", "''twice", "'plain", "＝1"]


@pytest.fixture
def ann(release):
    organisations.take_from(release)
    return person("ann", (Role.AUTHOR, "B0"), (Role.AUTHOR, "T01"))


def make(ann, title: str, **more) -> Example:
    owner = Organisation.objects.get(code="B0")
    return keeping.create(Example, "ann", "the test", owner=owner, author=ann, title=title, **more)


def written(rows, kind: str) -> bytes:
    rows = list(rows)
    text = "".join(carrying.as_csv(rows, carrying.ANSWERS)) if kind == "csv" else carrying.as_json(rows)
    return text.encode()


def looked_at(rows: list[dict], user, release, kind: str = "json") -> carrying.Preview:
    return carrying.preview(json.dumps(rows).encode(), kind, user, release)


@pytest.mark.parametrize("kind", carrying.KINDS)
def test_what_goes_out_comes_in_again_byte_for_byte(release, ann, kind):
    programme = next(iter(release.catalogue["programmes"]))
    for number, start in enumerate(FORMULAS):
        make(
            ann,
            f"{start} title {number}",
            problem=f'{start}\nA "line", and ü another;\n\n\t* tab',
            summary=start,
        )
    make(
        ann,
        "Everything",
        programme=programme,
        setting="community",
        cost_to_start_gbp=0,
        saving_cash_gbp=125_000,
        indicator="completed",
        area="B0",
        starts_on=date(2025, 9, 1),
        direction="higher",
    )
    before = written(map(carrying.answers_of, Example.objects.order_by("pk")), kind)
    Example.objects.all().delete()
    seen = carrying.preview(before, kind, ann, release)
    assert seen.refused == []
    carrying.carry_in(seen, ann, release)
    assert written(map(carrying.answers_of, Example.objects.order_by("pk")), kind) == before


def test_no_cell_of_a_file_is_a_formula(ann):
    for start in FORMULAS:
        make(ann, f"{start}cmd|' /C calc'!A0", problem=f"{start}HYPERLINK()")
    text = written(map(carrying.answers_of, Example.objects.all()), "csv").decode()
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))] == []


def test_each_row_is_accepted_or_refused_with_every_reason(release, ann):
    rows = [
        {"title": "Good", "owner": "B0"},
        {"title": "", "owner": "B0"},
        {"title": "Bad", "owner": "B0", "setting": "moon", "starts_on": "soon", "saving_cash_gbp": "lots"},
        {"title": "Not ours", "owner": "B3"},
        {"title": "Nobody's", "owner": "XXX"},
        {"title": "good", "owner": "Upper Board"},
        {"title": "Elsewhere", "owner": "T01", "indicator": "completed", "area": "B3"},
    ]
    seen = looked_at(rows, ann, release)
    assert [row.title for row in seen.accepted] == ["Good"]
    reasons = {row.number: " ".join(row.refused) for row in seen.refused}
    assert "title: every example needs it" in reasons[2]
    assert all(name in reasons[3] for name in ("setting:", "starts_on:", "saving_cash_gbp:"))
    assert "no author of Far Board" in reasons[4]
    assert "No organisation here" in reasons[5]
    assert "an earlier row" in reasons[6]
    assert "area:" in reasons[7]


def test_looking_keeps_nothing_and_keeping_makes_drafts_of_who_carries_them_in(release, ann):
    entries = Entry.objects.count()
    seen = looked_at([{"title": "Good", "owner": "B0"}, {"title": "", "owner": "B0"}], ann, release)
    assert (Example.objects.count(), Entry.objects.count()) == (0, entries)
    (kept,) = carrying.carry_in(seen, ann, release)
    assert (kept.stage, kept.author, kept.owner_id, kept.rating) == (Stage.DRAFT, ann, "B0", "")


def test_nothing_is_published_by_being_carried_in_whatever_the_file_says(release, ann):
    row = {"title": "Good", "owner": "B0", "stage": "published", "rating": "recommended", "verdict": "proven"}
    seen = looked_at([row | {"effect_percent": -20.0}], ann, release)
    (kept,) = carrying.carry_in(seen, ann, release)
    assert (kept.stage, kept.rating, kept.verdict, kept.effect) == (Stage.DRAFT, "", "proposed", None)
    assert seen.passed_over == ("stage", "rating", "verdict", "effect_percent")


def test_a_file_that_is_carried_in_twice_doubles_nothing(release, ann):
    rows = [{"title": "Good", "owner": "B0"}, {"title": "Other", "owner": "T01"}]
    carrying.carry_in(looked_at(rows, ann, release), ann, release)
    again = looked_at(rows, ann, release)
    assert (again.accepted, len(again.refused)) == ([], 2)
    assert "has this title already" in again.refused[0].refused[0]


def test_a_row_that_the_list_gave_comes_in_as_well(release, ann):
    one = make(
        ann,
        "Good",
        stage=Stage.PUBLISHED,
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
        rating="recommended",
    )
    row = carrying.row_of(one)
    Example.objects.all().delete()
    assert len(looked_at([row], ann, release).accepted) == 1


@pytest.mark.parametrize(
    ("data", "kind", "says"),
    [
        (b"\xff\xfe\x00", "csv", "UTF-8"),
        (b"", "csv", "no row"),
        (b"title,owner\n", "csv", "no row"),
        (b'title,owner\n"a,b\n', "csv", "no CSV"),
        (b"title,colour\na,b\n", "csv", "colour"),
        (b"{", "json", "no JSON"),
        (b"[" * 100_000, "json", "no JSON"),
        (b'{"title": 1}', "json", "no list"),
        (b"[1]", "json", "no list"),
        (b"[]", "json", "no row"),
        (b" " * (10 * 1024**2 + 1), "json", "larger"),
        (json.dumps([{"title": "a"}] * 2_001).encode(), "json", "2,000"),
    ],
)
def test_what_is_no_such_file_is_said_to_be_none(release, ann, data, kind, says):
    with pytest.raises(AtlasError, match=says):
        carrying.preview(data, kind, ann, release)


@pytest.mark.parametrize("value", [["a"], {"a": 1}, True, 1.5, "\x00\u202e", "x" * 30_000])
def test_whatever_stands_in_a_cell_a_row_is_judged_and_never_breaks(release, ann, value):
    rows = [{"title": f"Good {name}", "owner": "B0", name: value} for name in carrying.ANSWERS]
    seen = looked_at(rows, ann, release).rows
    assert len(seen) == len(rows)
    assert all(row.refused or "\x00" not in str(row.fields) for row in seen)
    assert any(row.refused for row in seen)


def test_a_row_with_more_cells_than_columns_is_refused(release, ann):
    (seen,) = carrying.preview(b"title,owner\nGood,B0,more\n", "csv", ann, release).rows
    assert "more cells" in seen.refused[0]


def test_a_spreadsheets_own_csv_is_read(release, ann):
    data = "\ufefftitle,owner,workstreams\r\nGood,b0,\r\n".encode()
    (seen,) = carrying.preview(data, "csv", ann, release).rows
    assert (seen.refused, seen.fields["owner"].pk) == ((), "B0")


@pytest.fixture
def command(release, ann, monkeypatch):
    """The commands, without setting the database up a second time."""
    from careatlas.web import authored

    monkeypatch.setattr(authored, "prepare", lambda home: None)
    monkeypatch.setattr(authored, "take_organisations", lambda: None)

    def run(*words: str):
        return CliRunner().invoke(main, ["library", *words, "--release", str(release.folder.parent.parent)])

    return run


def test_the_command_shows_first_and_keeps_when_told(command, ann, tmp_path):
    file = tmp_path / "examples.csv"
    file.write_text("title,owner\nGood,B0\nNot ours,B3\n", encoding="utf-8")
    shown = command("import", str(file), "--by", ann.email)
    assert "2 rows, 1 accepted, 1 refused" in shown.output
    assert not Example.objects.exists()
    kept = json.loads(command("import", str(file), "--by", ann.email, "--keep", "--json").stdout)
    assert [row["example"] for row in kept] == [Example.objects.get().pk, None]
    assert command("export").stdout.count("\n") == 1  # headings: nothing is published
    assert "Good,," in command("export", "--every-stage").stdout


def test_the_command_says_what_is_wrong_without_a_traceback(command, ann, tmp_path):
    for words in (
        ("import", str(tmp_path / "no.csv"), "--by", ann.email),
        ("import", "x.txt", "--by", ann.email),
    ):
        assert command(*words).exit_code == 2
    assert "is nobody here" in command("import", "x.csv", "--by", "eve@nhs.test").output


def test_the_command_finds_what_is_published(command, ann):
    make(ann, "Falls clinic", stage=Stage.PUBLISHED, published_at=datetime(2026, 1, 1, tzinfo=UTC))
    make(ann, "Falls draft")
    rows = json.loads(command("search", "falls", "--json").stdout)
    assert [row["title"] for row in rows] == ["Falls clinic"]
    assert command("search", "--setting", "moon").exit_code == 2
