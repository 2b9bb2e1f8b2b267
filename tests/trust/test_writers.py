"""Eight writers at once, sixty kills, eight crashes of the database: nothing acknowledged is lost, nothing doubled."""

import random
import time

import pytest
from writers import Atlas, began

WRITERS, FORMS, KILLS, CRASHES, SEED = 8, 100, 60, 8, 20261122


@pytest.fixture(params=["sqlite", "postgres"])
def atlas(request, tmp_path) -> Atlas:
    database = request.getfixturevalue("postgres").fresh() if request.param == "postgres" else ""
    return Atlas(tmp_path / "home", database)


def test_eight_writers_at_once(atlas, measured):
    told = [
        line
        for writer in began([atlas.writer(f"w{n}", f"w{n}", FORMS) for n in range(WRITERS)])
        for line in writer.finish()
    ]
    saved, refused = (sum(line[0] == what for line in told) for what in ("saved", "refused"))
    account = atlas.account()
    assert saved + refused == WRITERS * FORMS
    assert saved == len(account["written"])
    assert len(account["titles"]) == WRITERS * FORMS
    measured(
        f"{WRITERS} writers x {FORMS} saves of one example, {_kind(atlas)}",
        f"{saved} kept, {refused} told that somebody was first, 0 lost",
        "kept + told = attempts; 0 lost",
    )


def test_forms_sent_by_eight_at_one_moment_count_once(atlas, measured):
    for writer in began([atlas.writer(f"w{n}", "the-same", FORMS) for n in range(WRITERS)]):
        writer.finish()
    assert len(atlas.account()["titles"]) == FORMS
    measured(f"{FORMS} forms, each sent {WRITERS} times, {_kind(atlas)}", f"{FORMS} rows", "1 row a key")


def test_killed_writers(atlas, measured):
    chance, acknowledged = random.Random(SEED), 0
    for bout in range(KILLS // 4):
        writers = began([atlas.writer(f"{bout}-{n}", f"{bout}-{n}", 10_000) for n in range(4)])
        for writer in writers:
            time.sleep(chance.uniform(0, 0.8))
            writer.kill()
        acknowledged += sum(len(writer.acknowledged) for writer in writers)
    account = atlas.account()
    assert acknowledged > KILLS
    begun = {line[1] for writer in atlas.writers for line in writer.acknowledged if line[0] == "started"}
    kept_unsaid = len(set(account["titles"]) - begun)
    assert kept_unsaid <= KILLS
    measured(
        f"{KILLS} writers killed, {_kind(atlas)}",
        f"{acknowledged:,} acknowledged, 0 lost, 0 half; {kept_unsaid} kept and not acknowledged",
        "0 lost, 0 half",
    )


def test_crashes_of_the_database(tmp_path, postgres, measured):
    atlas, chance = Atlas(tmp_path / "home", postgres.fresh()), random.Random(SEED)
    writers = began([atlas.writer(f"w{n}", f"w{n}", FORMS) for n in range(4)])
    back = 0.0
    for _ in range(CRASHES):
        time.sleep(chance.uniform(0.2, 1.5))
        started = time.monotonic()
        postgres.crash()
        back = max(back, time.monotonic() - started)
    for writer in writers:
        writer.finish()
        assert writer.process.returncode == 0, writer.complaint
    assert len(atlas.account()["titles"]) == 4 * FORMS
    measured(
        f"{CRASHES} immediate restarts of PostgreSQL under 4 writers",
        f"{8 * FORMS} forms answered in the end, 0 lost, 0 doubled; back after at most {back:.1f} s",
        "0 lost, 0 doubled",
    )


def _kind(atlas: Atlas) -> str:
    return "PostgreSQL" if atlas.database else "SQLite"
