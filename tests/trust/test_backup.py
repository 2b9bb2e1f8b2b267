"""A5: a backup made while eight people write is one moment: all they were told was kept before it, and nothing half."""

import copy
import random
import time

import pytest
from backups import Home
from writers import Atlas, began

from careatlas.errors import AtlasError
from careatlas.improve.record import backup_file

WRITERS, FORMS, BACKUPS, FLIPS, SEED = 8, 10, 3, 1_000, 20261122


@pytest.fixture(params=["sqlite", "postgres"])
def atlas(request, tmp_path) -> Atlas:
    database = request.getfixturevalue("postgres").fresh() if request.param == "postgres" else ""
    return Atlas(tmp_path / "home", database)


def test_a_backup_while_eight_write_is_one_moment(atlas, tmp_path, measured):
    for writer in began([atlas.writer(f"before-{n}", f"before-{n}", FORMS) for n in range(WRITERS)]):
        writer.finish()  # what they were told is kept was kept before any of the backups began
    before = list(atlas.writers)
    writers = began([atlas.writer(f"during-{n}", f"during-{n}", 10_000) for n in range(WRITERS)])
    files, seconds = [tmp_path / f"{number}.zip" for number in range(BACKUPS)], []
    for file in files:
        started = time.monotonic()
        Home(atlas.home, atlas.database).backup(file)
        seconds.append(time.monotonic() - started)
    for writer in writers:
        writer.kill()
    kept = [len(restored(atlas, file, before).account()["titles"]) for file in files]
    at_the_end = len(atlas.account()["titles"])
    assert WRITERS * FORMS <= kept[0] < kept[-1] < at_the_end  # each was made in the middle of the writing
    assert kept == sorted(kept)
    measured(
        f"{BACKUPS} backups while {WRITERS} write, {'PostgreSQL' if atlas.database else 'SQLite'}",
        f"each whole, with {' then '.join(map(str, kept))} of {at_the_end} examples; at most {max(seconds):.1f} s",
        "chain whole; everything acknowledged before is there; nothing half",
    )


def restored(atlas: Atlas, file, before) -> Atlas:
    """The atlas as a backup has it, on SQLite, held to what the writers ``before`` it were told."""
    home = Home(file.with_suffix(""))
    home.restore(file)
    found = copy.copy(atlas)
    found.home, found.database, found.writers = home.folder, "", before
    return found


def test_flipped_bytes_are_found(tmp_path, measured):
    Home(tmp_path / "home").fill().backup(file := tmp_path / "backup.zip")
    whole, chance, found = file.read_bytes(), random.Random(SEED), 0
    for place in chance.sample(range(len(whole)), FLIPS):
        content = bytearray(whole)
        content[place] ^= 1 << chance.randrange(8)
        (tmp_path / "flipped.zip").write_bytes(content)
        try:
            with backup_file.opened(tmp_path / "flipped.zip"):
                pass
        except AtlasError:
            found += 1
    assert found == FLIPS
    measured("single bits flipped in a backup", f"{found:,} of {FLIPS:,} found", "all found")
