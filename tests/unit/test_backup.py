"""A backup and the way back: row for row, on either database; and every backup that must not be taken for one."""

import random
import shutil
import sqlite3
import stat
import zipfile
from pathlib import Path

import pytest
from backups import Home
from click.testing import CliRunner
from django.apps import apps

from careatlas.cli import main
from careatlas.errors import AtlasError
from careatlas.improve.record import backup as backing_up
from careatlas.improve.record import backup_file
from careatlas.improve.record.backup_file import FILES, MANIFEST, SEAL_BYTES, Manifest

FLIPS, SEED = 300, 20261122
NOT_KEPT = {"sessions", "contenttypes", "auth"}  # everybody signs in again; what Django makes by itself


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> Home:
    return Home(tmp_path_factory.mktemp("full") / "home").fill()


@pytest.fixture(scope="module")
def file(full, tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("backup") / "backup.zip"
    full.backup(target)
    return target


def altered(file: Path, into: Path, change) -> Path:
    """A backup as somebody would make it who knows how: ``change`` is given its parts, and every checksum is right."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = Manifest.model_validate_json(parts.pop(MANIFEST))
    told = change(parts) or {}
    with backup_file.written(into) as unfinished:
        for name, content in parts.items():
            with unfinished.part(name) as part:
                part.write(content)
                if name in manifest.parts:
                    part.rows = manifest.parts[name].rows
        unfinished.finish(manifest.model_copy(update={"parts": unfinished.parts} | told))
    return into


def refusal(file: Path) -> str:
    with pytest.raises(AtlasError) as refused, backup_file.opened(file):
        pass
    return str(refused.value)


# There and back


def test_every_row_comes_back_as_it_was(full, file, tmp_path):
    before, restored = full.tell(), Home(tmp_path / "home")
    assert all(before["rows"].values())  # no table is left out of the comparison
    assert before["head"] in restored.restore(file)
    after = restored.tell()
    assert after == before
    assert (after["faults"], after["is_guarded"], after["found"]) == ([], [True, True], 2)
    assert after["next_post"] == 3  # 2 is gone, and the record speaks of it


def test_it_goes_from_sqlite_to_postgresql_and_back(full, file, tmp_path, postgres):
    there = Home(tmp_path / "there", postgres.fresh())
    there.restore(file)
    there.backup(tmp_path / "again.zip")
    back = Home(tmp_path / "back")
    back.restore(tmp_path / "again.zip")
    assert full.tell() == there.tell() == back.tell()
    assert "holds tables already" in there.refused("restore", str(file), "--home", str(tmp_path / "third"))
    assert there.tell()["rows"] == back.tell()["rows"]


def test_a_backup_is_readable_by_its_owner_only_and_nothing_lies_beside_it(file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["backup.zip"]


def test_every_table_is_in_it_or_said_not_to_be(file):
    kept = {model._meta.label_lower for model in backing_up.kept()}
    known = {
        model._meta.label_lower
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in NOT_KEPT
    }
    assert kept == known
    with backup_file.opened(file) as found:
        assert {name for name, part in found.manifest.parts.items() if part.rows is not None} == {
            f"rows/{name}.jsonl" for name in kept
        }


def test_it_is_verified_without_a_home(full, file, tmp_path):
    ran = Home(tmp_path / "none").run("restore", str(file), "--verify")
    rows = sum(map(len, full.tell()["rows"].values()))
    assert ran.stdout.startswith(f"{file} can be restored: {rows} rows, 1 files"), ran.stderr
    assert not (tmp_path / "none").exists()


# What is not as it was written


def test_a_flipped_byte_is_found_in_each_part(file, tmp_path):
    whole = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
    assert len(entries) > 20
    for entry in entries:
        content = bytearray(whole)
        header = entry.header_offset
        begin = header + 30 + int.from_bytes(whole[header + 26 : header + 28], "little")
        begin += int.from_bytes(whole[header + 28 : header + 30], "little")
        content[begin + entry.file_size // 2] ^= 1
        (tmp_path / "flipped.zip").write_bytes(content)
        assert f"is damaged in {entry.filename}" in refusal(tmp_path / "flipped.zip")


def test_a_flipped_byte_is_found_anywhere(file, tmp_path):
    whole, chance = file.read_bytes(), random.Random(SEED)
    places = [*chance.sample(range(len(whole)), FLIPS), *range(len(whole) - SEAL_BYTES - 30, len(whole))]
    for place in places:
        content = bytearray(whole)
        content[place] ^= 1 << chance.randrange(8)
        (tmp_path / "flipped.zip").write_bytes(content)
        assert "Restore another backup." in refusal(tmp_path / "flipped.zip")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_one_that_was_cut_off_is_found(file, tmp_path, share):
    whole = file.read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: int(len(whole) * share)])
    said = refusal(tmp_path / "cut.zip")
    assert "is no backup, or its end is cut off" in said or "in its checksum" in said


def test_a_folder_and_a_file_that_is_not_there_are_said(tmp_path):
    assert "cannot be read: Is a directory." in refusal(tmp_path)
    assert "cannot be read: No such file" in refusal(tmp_path / "none.zip")


# What somebody made by hand


def test_names_that_lead_elsewhere_are_refused(file, tmp_path):
    for number, name in enumerate(
        ("../../evil", "/etc/evil", "files/../../evil", "rows/a.b.jsonl\n", "FILES/x")
    ):
        strange = altered(
            file, tmp_path / f"{number}.zip", lambda parts, name=name: parts.update({name: b"x"})
        )
        assert f"it holds {name!a}" in refusal(strange)


def test_one_that_would_expand_is_refused_before_anything_is_read(tmp_path):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, "{}")
        archive.writestr("rows/people.user.jsonl", b"0" * 50_000_000)
    assert "rows/people.user.jsonl would expand" in refusal(bomb) or "manifest.json would expand" in refusal(
        bomb
    )


def test_a_part_that_is_there_twice_is_refused(file, tmp_path):
    twice = shutil.copy(file, tmp_path / "twice.zip")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("secret_key", b"another")
    assert "it holds secret_key twice" in refusal(twice)


def test_parts_over_each_other_are_refused(tmp_path):
    """A thousand names for the same bytes would take a thousand times their room."""
    crowded = tmp_path / "crowded.zip"
    with zipfile.ZipFile(crowded, "w") as archive:
        archive.writestr(MANIFEST, "{}")
        archive.writestr(FILES + "0" * 64, b"x" * 10_000)
        (one,) = [entry for entry in archive.infolist() if entry.filename != MANIFEST]
        for number in range(1, 10):
            other = zipfile.ZipInfo(f"{FILES}{number:064}")
            other.header_offset, other.CRC = one.header_offset, one.CRC
            other.file_size = other.compress_size = one.file_size
            archive.filelist.append(other)
        archive._didModify = True
    assert "its parts are larger than it is" in refusal(crowded)


def test_a_format_that_is_not_known_is_said(file, tmp_path):
    other = altered(file, tmp_path / "other.zip", lambda parts: {"format": "careatlas backup 2"})
    assert "a format that this version does not know ('careatlas backup 2')" in refusal(other)
    assert "Restore it with the version that wrote it." in refusal(other)


# What is not restored, and what is not backed up


def run(*words: str) -> str:
    """Refused before any database is asked."""
    ran = CliRunner().invoke(main, list(words))
    assert ran.exit_code == 2, ran.output
    return ran.output


def test_a_home_that_holds_something_is_left_alone(full, file):
    before = full.tell()
    assert "holds what people wrote already" in run("restore", str(file), "--home", str(full.folder))
    assert full.tell() == before


def test_where_to_restore_is_said_once(file, tmp_path):
    for words in ([], ["--home", str(tmp_path), "--verify"]):
        assert "Give --home DIR, or --verify to look only." in run("restore", str(file), *words)


def test_a_damaged_one_leaves_an_empty_home_empty(file, tmp_path):
    (tmp_path / "cut.zip").write_bytes(file.read_bytes()[:-1])
    run("restore", str(tmp_path / "cut.zip"), "--home", str(tmp_path / "home"))
    assert not (tmp_path / "home").exists()


def test_one_of_other_tables_is_refused_and_nothing_stays(file, tmp_path):
    with backup_file.opened(file) as found:
        migrations = found.manifest.migrations | {"evidence": ["0001_initial"]}
    older = altered(file, tmp_path / "older.zip", lambda parts: {"migrations": migrations})
    home = Home(tmp_path / "home")
    said = home.refused("restore", str(older), "--home", str(home.folder))
    assert "has the tables of another version of the atlas" in said
    assert "Restore it with that version, then start this one" in said
    assert list(home.folder.iterdir()) == []


def _say_another_name(parts: dict[str, bytes]) -> None:
    parts["rows/record.entry.jsonl"] = parts["rows/record.entry.jsonl"].replace(b'"ann"', b'"eve"')


def _cut_off_the_end(parts: dict[str, bytes]) -> dict[str, dict]:
    lines = parts["rows/record.entry.jsonl"].splitlines(keepends=True)
    parts["rows/record.entry.jsonl"] = b"".join(lines[:-1])


def _name_nobody(parts: dict[str, bytes]) -> None:
    parts["rows/evidence.post.jsonl"] = parts["rows/evidence.post.jsonl"].replace(
        b'"author": 1', b'"author": 9'
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_say_another_name, "holds a record that is not whole: entry 3 is not what was written"),
        (_cut_off_the_end, "rows/record.entry.jsonl has 2 rows"),
        (_name_nobody, "cannot be restored: FOREIGN KEY constraint failed"),
    ],
)
def test_one_that_was_tampered_with_is_refused_and_nothing_stays(file, tmp_path, change, told):
    home = Home(tmp_path / "home")
    forged = altered(file, tmp_path / "forged.zip", change)
    assert told in home.refused("restore", str(forged), "--home", str(home.folder))
    assert list(home.folder.iterdir()) == []


def test_a_backup_takes_no_other_file_s_place(full, file):
    before = file.read_bytes()
    assert "is there already" in full.refused("backup", str(file))
    assert file.read_bytes() == before


def test_where_nothing_was_written_there_is_nothing_to_back_up(tmp_path):
    ran = run("backup", str(tmp_path / "b.zip"), "--release", str(tmp_path))
    assert "holds nothing that people wrote" in ran
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said_and_leaves_nothing(full, tmp_path):
    assert "cannot be written: No such file or directory" in full.refused(
        "backup", str(tmp_path / "no" / "b.zip")
    )
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_is_not_whole_takes_no_backup_s_place(full, tmp_path):
    home = Home(Path(shutil.copytree(full.folder, tmp_path / "home")))
    with sqlite3.connect(home.folder / "authored" / "careatlas.sqlite3") as database:
        database.execute("DROP TRIGGER record_entry_no_UPDATE")
        database.execute("UPDATE record_entry SET who = 'nobody' WHERE number = 2")
    database.close()
    said = home.refused("backup", str(tmp_path / "b.zip"))
    assert "the record: is not whole: entry 2 is not what was written. No backup was made." in said
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_file_that_is_gone_or_damaged_is_told_and_the_rest_is_kept(full, tmp_path):
    home = Home(Path(shutil.copytree(full.folder, tmp_path / "home")))
    (one,) = (home.folder / "authored" / "files").iterdir()
    one.write_text("other bytes")
    ran = home.run("backup", str(tmp_path / "b.zip"))
    assert f"not in it: the file {one.name}" in ran.stderr
    rows = sum(map(len, full.tell()["rows"].values()))
    assert f"{rows} rows, 0 files" in ran.stdout
    restored = Home(tmp_path / "restored")
    restored.restore(tmp_path / "b.zip")
    assert restored.tell() == full.tell() | {"files": {}}
