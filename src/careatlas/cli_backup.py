"""The commands that keep what people write from being lost: a backup in one file, and back from it."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from careatlas.cli_parts import home_of, release_option
from careatlas.errors import AtlasError

if TYPE_CHECKING:
    from careatlas.improve.record.backup_file import Backup, Manifest


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@release_option
def backup(file: Path, release: Path | None) -> None:
    """Write all that people wrote into one new FILE, as it stands now, while they go on writing.

    As private as the database: it holds what passwords are checked against."""
    from careatlas.web.authored import set_up
    from careatlas.web.configuration import AUTHORED, database

    home = home_of(release)
    kept_in = database(home)["NAME"]
    if isinstance(kept_in, Path) and not kept_in.is_file():
        raise AtlasError(home, "holds nothing that people wrote.", "Name the folder of the atlas.")
    set_up(home)
    from careatlas.improve.record.backup import write

    manifest = write(file, home / AUTHORED)
    _tell_absent(manifest)
    click.echo(f"{file}: {_told(manifest)}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--home", type=click.Path(path_type=Path), help="Folder of the atlas to restore into.")
@click.option("--verify", is_flag=True, help="Only see whether FILE can be restored; no home is needed.")
def restore(file: Path, home: Path | None, verify: bool) -> None:
    """Bring what people wrote back from FILE, into a home and a database that hold nothing of it."""
    from careatlas.improve.record.backup_file import opened

    if verify == (home is not None):
        raise AtlasError("restore", "does not say where to.", "Give --home DIR, or --verify to look only.")
    if home is not None:
        _refuse_unless_empty(home)
    with opened(file) as found:
        if home is None:
            _verify(found)
            click.echo(f"{file} can be restored: {_told(found.manifest)}")
        else:
            _restore(found, home)
            click.echo(f"{home}: {_told(found.manifest)}")
        _tell_absent(found.manifest)


def _verify(found: "Backup") -> None:
    """Restored for once, into a database that goes away again."""
    os.environ.pop("CAREATLAS_DATABASE", None)
    with tempfile.TemporaryDirectory(prefix="careatlas-restore-") as folder:
        _fill(found, Path(folder))


def _restore(found: "Backup", home: Path) -> None:
    """Made beside, and moved in when it is whole: a restore that was killed leaves nothing but that folder."""
    from careatlas.web.configuration import AUTHORED

    beside = home / ".restore.unfinished"
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        _fill(found, beside)
        os.rename(beside / AUTHORED, home / AUTHORED)
    except OSError as fault:
        raise AtlasError(home, f"cannot be written: {fault.strerror}.", "Choose another place.") from fault
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _fill(found: "Backup", home: Path) -> None:
    from careatlas.web.authored import set_up
    from careatlas.web.configuration import AUTHORED

    (home / AUTHORED).mkdir()
    found.put_files(home / AUTHORED)
    set_up(home)  # which would make a key where there is none
    from django.db import connection

    from careatlas.improve.record import restoring

    try:
        restoring.restore(found)
    finally:
        connection.close()


def _refuse_unless_empty(home: Path) -> None:
    from careatlas.web.configuration import AUTHORED

    if home.exists() and not home.is_dir():
        raise AtlasError(home, "is a file.", "Name a folder.")
    if (home / AUTHORED).is_dir() and any((home / AUTHORED).iterdir()):
        raise AtlasError(
            home / AUTHORED,
            "holds what people wrote already.",
            "Restore into another folder, or move it away.",
        )


def _tell_absent(manifest: "Manifest") -> None:
    for name in manifest.absent:
        click.echo(f"not in it: the file {name}, taken away meanwhile or damaged on the disk", err=True)


def _told(manifest: "Manifest") -> str:
    return (
        f"{manifest.rows:,} rows, {manifest.files:,} files, as of {manifest.made_at:%d %B %Y %H:%M} UTC; "
        f"the record ends at {manifest.head}"
    )
