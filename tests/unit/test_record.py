"""The record of changes: who, when, why; tampering shows; two writers lose nothing; a form sent twice counts once."""

from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction

from careatlas.improve.people.models import Kind, Organisation
from careatlas.improve.record import chain, keeping
from careatlas.improve.record.models import Answered, Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def board() -> Organisation:
    return keeping.create(
        Organisation, "ann@nhs.test", "a start", code="QAA", name="A Board", kind=Kind.BOARD, path="SIM/QAA/"
    )


def test_a_change_is_kept_with_who_why_and_what_it_was(board):
    keeping.change(board, "ben@nhs.test", "it merged", board.version, name="Greater Board")
    entry = Entry.objects.last()
    assert (entry.who, entry.action, entry.kind, entry.key) == (
        "ben@nhs.test",
        "changed",
        "people.organisation",
        "QAA",
    )
    assert (entry.before, entry.after, entry.why) == (
        {"name": "A Board"},
        {"name": "Greater Board"},
        "it merged",
    )


def test_what_changes_nothing_makes_no_entry(board):
    same = keeping.change(board, "ben@nhs.test", "again", board.version, name="A Board")
    assert same.version == 1
    assert Entry.objects.count() == 1


def test_the_second_of_two_writers_is_told_what_the_first_wrote(board):
    keeping.change(board, "ann@nhs.test", "first", 1, name="Ann's")
    with pytest.raises(keeping.EditedMeanwhile) as refused:
        keeping.change(board, "ben@nhs.test", "second", 1, name="Ben's")
    assert refused.value.now.name == "Ann's"
    assert Organisation.objects.get().name == "Ann's"


def test_a_removed_row_is_still_in_the_record(board):
    keeping.remove(board, "ann@nhs.test", "entered by mistake")
    assert Entry.objects.last().before["name"] == "A Board"
    assert not Organisation.objects.exists()


def test_the_database_refuses_to_alter_or_remove_an_entry(board):
    for attempt in (lambda: Entry.objects.update(who="nobody"), lambda: Entry.objects.all().delete()):
        with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
            attempt()
    assert list(chain.faults()) == []


def _tamper(statement: str) -> None:
    """As somebody would who owns the database: the guard is taken away first."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE record_entry DISABLE TRIGGER record_entry_append_only")
        else:
            cursor.execute("DROP TRIGGER record_entry_no_UPDATE")
            cursor.execute("DROP TRIGGER record_entry_no_DELETE")
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE record_entry SET who = 'nobody' WHERE number = 2", "entry 2 is not what was written"),
        ("DELETE FROM record_entry WHERE number = 2", "entry 2 is not there: 3 follows 1"),
        ("DELETE FROM record_entry WHERE number = 1", "entry 1 is not there: 2 follows 0"),
        ("DELETE FROM record_entry WHERE number = 4", "the end was cut off"),
        ("UPDATE record_entry SET number = 9 - number WHERE number IN (4)", "entry 4 is not there"),
    ],
)
def test_tampering_is_found(board, statement, found):
    for number in range(3):
        board = keeping.change(board, "ann@nhs.test", "again", board.version, name=f"Board {number}")
    head = chain.head()
    assert list(chain.faults(head)) == []
    _tamper(statement)
    assert any(found in fault for fault in chain.faults(head))


def test_a_chain_written_anew_is_found_by_its_head(board):
    head = chain.head()
    other = Entry.objects.get()
    other.why = "another reason"
    _tamper(f"UPDATE record_entry SET why = '{other.why}', digest = '{chain.digest_of(other)}'")
    assert list(chain.faults()) == []  # whole in itself
    assert list(chain.faults(head)) == ["entry 1 is another than the head names: the chain was written anew"]


def test_what_is_no_head_is_said_to_be_none(board):
    assert "is no head" in next(chain.faults("the head"))


def test_an_entry_outside_its_change_is_refused():
    with pytest.raises(RuntimeError, match="transaction of its change"):
        in_no_transaction(lambda: chain.add("ann", "created", "x", "1", {}, {}, "why"))


def in_no_transaction(do):
    """A test runs in a transaction of its own: look away from it."""
    was, connection.in_atomic_block = connection.in_atomic_block, False
    try:
        do()
    finally:
        connection.in_atomic_block = was


def test_a_form_sent_twice_is_carried_out_once():
    places = [
        keeping.once("ann@nhs.test", "form-1", lambda: f"/done/{Answered.objects.count()}/") for _ in range(3)
    ]
    assert places == ["/done/0/"] * 3


def test_the_second_of_two_alike_at_one_moment_is_told_of_no_other_writer(board, monkeypatch):
    first = Answered.objects.create(who="ann@nhs.test", key="form-1", place="/done/")
    looks = iter([None, first])  # it came before the first was carried out, and waited for it
    monkeypatch.setattr(Answered.objects, "filter", lambda **said: SimpleNamespace(first=lambda: next(looks)))

    def change():
        return keeping.change(board, "ann@nhs.test", "again", board.version - 1, name="Hers").name

    assert keeping.once("ann@nhs.test", "form-1", change) == "/done/"


def test_a_key_of_one_person_is_none_of_another():
    keeping.once("ann@nhs.test", "form-1", lambda: "/ann/")
    assert keeping.once("ben@nhs.test", "form-1", lambda: "/ben/") == "/ben/"


def test_what_failed_is_not_taken_as_done():
    with pytest.raises(ZeroDivisionError):
        keeping.once("ann@nhs.test", "form-1", lambda: str(1 / 0))
    assert keeping.once("ann@nhs.test", "form-1", lambda: "/done/") == "/done/"


def test_secrets_are_never_in_the_record(board):
    from careatlas.improve.people.models import User

    user = keeping.create(User, "ann", "joined", email="ann@nhs.test", name="Ann", password="argon2$secret")
    keeping.change(user, "ann", "new", user.version, password="argon2$other", one_time_secret="ABC")
    written = "".join(f"{entry.before}{entry.after}" for entry in Entry.objects.all())
    assert "secret'" not in written.replace("one_time_secret'", "")
    assert "argon2" not in written
    assert "ABC" not in written
