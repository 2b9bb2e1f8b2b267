"""Writers at once, killed writers, a database that goes away in the middle: nothing lost, nothing doubled.

Each writer is a real process that sends forms; `tests/trust/test_writers.py` does the same for longer.
"""

import time

import pytest
from writers import Atlas, began

FORMS = 6


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def atlas(request, tmp_path_factory) -> Atlas:
    """One for all tests of a database: what each finds there is whole, whatever the others did."""
    database = request.getfixturevalue("postgres").fresh() if request.param == "postgres" else ""
    return Atlas(tmp_path_factory.mktemp("home"), database)


def test_of_two_who_write_at_once_nobody_loses_a_word(atlas):
    before = len(atlas.account()["written"])
    writers = began([atlas.writer(f"at-once-{n}", f"at-once-{n}", FORMS) for n in range(2)])
    told = [line for writer in writers for line in writer.finish()]
    answered = [line[0] for line in told if line[0] != "started"]
    assert len(answered) == 2 * FORMS  # saved, or told that somebody was first
    assert answered.count("saved") == len(atlas.account()["written"]) - before


def test_the_same_form_from_two_windows_counts_once(atlas):
    before = len(atlas.account()["titles"])
    for writer in began([atlas.writer(f"window-{n}", "the-same", FORMS) for n in range(2)]):
        writer.finish()
    assert len(atlas.account()["titles"]) == before + FORMS


def test_a_writer_killed_in_the_middle_leaves_nothing_half_done(atlas):
    (killed,) = began([atlas.writer("killed", "killed", 10_000)])
    time.sleep(0.5)
    killed.kill()
    atlas.account()
    forms = 1 + sum(line[0] == "started" for line in killed.acknowledged)  # and the one it was at
    began([atlas.writer("again", "killed", forms)])[0].finish()
    assert sum(title.startswith("killed-") for title in atlas.account()["titles"]) == forms


def test_a_database_that_restarts_in_the_middle_of_a_save_loses_nothing(tmp_path, postgres):
    atlas = Atlas(tmp_path / "home", postgres.fresh())
    writers = began([atlas.writer(f"w{n}", f"w{n}", 3 * FORMS) for n in range(2)])
    time.sleep(0.4)
    postgres.crash()
    for writer in writers:
        writer.finish()
        assert writer.process.returncode == 0, writer.complaint
    assert len(atlas.account()["titles"]) == 2 * 3 * FORMS
