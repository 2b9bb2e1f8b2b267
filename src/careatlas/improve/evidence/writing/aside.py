"""A file of examples between being looked at and being kept: set aside for whoever sent it, one file a person.

    <home>/authored/aside/<number of the person>/<token>.csv

The token is ours: nothing that a reader calls a file is part of a path. Another file takes the place of the one before.
"""

import re
import secrets
from pathlib import Path

from careatlas.errors import NotKnownError
from careatlas.improve.people.models import User

FOLDER = Path("authored") / "aside"


def put(home: Path, user: User, kind: str, data: bytes) -> str:
    """Set a file aside; the token by which the person asks for it."""
    folder = home / FOLDER / str(user.pk)
    folder.mkdir(parents=True, exist_ok=True)
    before = list(folder.iterdir())
    token = secrets.token_hex(16)
    place = folder / f"{token}.{kind}"
    place.touch(mode=0o600)
    place.write_bytes(data)
    for old in before:
        old.unlink(missing_ok=True)
    return token


def found(home: Path, user: User, token: str) -> tuple[str, bytes]:
    """Its kind and its content. Raises NotKnownError where it is kept, discarded, replaced, or another person's."""
    place = _place(home, user, token)
    try:
        if place is None:
            raise FileNotFoundError
        return place.suffix.removeprefix("."), place.read_bytes()
    except FileNotFoundError:
        raise NotKnownError(
            "This file",
            "is not set aside any more: it was kept or discarded, or you sent another.",
            "Send it again.",
        ) from None


def forget(home: Path, user: User, token: str) -> None:
    """Gone already, nothing happens."""
    if place := _place(home, user, token):
        place.unlink(missing_ok=True)


def _place(home: Path, user: User, token: str) -> Path | None:
    if not re.fullmatch("[0-9a-f]{32}", token):
        return None
    return next((home / FOLDER / str(user.pk)).glob(f"{token}.*"), None)
