"""What people write, made ready: Django on a home, tables brought to this version, organisations to the release."""

import os
from pathlib import Path

from careatlas.errors import AtlasError
from careatlas.web.configuration import AUTHORED

_taken: set[str] = set()  # releases whose organisations are in


def set_up(home: Path) -> None:
    """Let Django know the home; once in a process."""
    os.environ["CAREATLAS_HOME"] = str(home.resolve())
    os.environ["DJANGO_SETTINGS_MODULE"] = "careatlas.web.settings"
    import django

    django.setup()


def prepare(home: Path) -> None:
    """Bring the tables to this version: before a server starts, and before a command writes.

    Raises AtlasError where the database cannot be reached."""
    set_up(home)
    from django.core.management import call_command
    from django.db import Error, connection

    try:
        call_command("migrate", verbosity=0, interactive=False)
    except Error as fault:
        said = str(fault).strip().splitlines()[0]
        raise AtlasError("the database", f"cannot be used: {said}.", "Look at CAREATLAS_DATABASE.") from None
    finally:
        connection.close()  # what forks must not share it


def is_written_on(home: Path) -> bool:
    """Whether this atlas was ever served, or written into: one that never was gets no database by being built."""
    return (home / AUTHORED).is_dir()


def take_organisations() -> None:
    """Once for each release served: people's rights are scoped to the areas it names."""
    from careatlas.errors import ReleaseError
    from careatlas.improve.evidence import simulated as simulated_examples
    from careatlas.improve.people import organisations
    from careatlas.improve.people import simulated as simulated_people
    from careatlas.web.current import current_release, serving

    release = serving()
    if release is None or release in _taken:
        return
    try:
        organisations.take_from(current_release())
        simulated_people.keep_to_their_country(current_release())
        simulated_examples.keep_to_their_country(current_release())
    except ReleaseError:
        return  # the page says so itself
    _taken.add(release)
