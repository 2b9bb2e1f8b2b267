"""What an atlas is told about the place it serves: ``careatlas.toml`` in its home, and a few secrets from outside.

All of it may be absent: then nobody can register by themselves, letters are laid down as files, and what people write
is in SQLite beside the releases.
"""

import os
import secrets
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from careatlas.errors import AtlasError

FILE, AUTHORED = "careatlas.toml", "authored"
# Processes that serve, and threads of each: half of these are never with people who sign in.
WORKERS, THREADS = 2, 2


class Mail(BaseModel):
    """The server that letters leave by; its password comes from CAREATLAS_MAIL_PASSWORD."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    host: str
    port: int = 587
    user: str = ""
    sender: str


class Configuration(BaseModel):
    """``address``: where readers find this atlas, for the links in letters. ``staff_domains``: whoever has an address
    there, or below, may register as an author."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    address: str = "http://127.0.0.1:8000"
    staff_domains: tuple[str, ...] = Field(default=())
    mail: Mail | None = None


def configuration(home: Path) -> Configuration:
    """Raises AtlasError naming the file and the line that cannot be meant."""
    file = home / FILE
    if not file.is_file():
        return Configuration()
    try:
        return Configuration.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise AtlasError(file, f"is not TOML: {fault}.", "Mend it, or take it away.") from None
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise AtlasError(
            file, f"{where}: {first['msg'].lower()}.", "README says what may stand there."
        ) from None


def database(home: Path) -> dict[str, Any]:
    """Django's words for CAREATLAS_DATABASE, ``postgresql://user:password@host:port/name``; without it SQLite."""
    url = os.environ.get("CAREATLAS_DATABASE")
    if not url:
        return sqlite(home / AUTHORED / "careatlas.sqlite3")
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise AtlasError(
            "CAREATLAS_DATABASE",
            "is no address of a PostgreSQL database.",
            "Write postgresql://user@host:5432/name.",
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def sqlite(file: Path) -> dict[str, Any]:
    """Writers queue from their first statement, readers never wait, and what was acknowledged is on the disk."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def secret_key(home: Path) -> str:
    """What sessions are signed with: from CAREATLAS_SECRET_KEY, else made once and kept, readable by its owner only."""
    if given := os.environ.get("CAREATLAS_SECRET_KEY"):
        return given
    file = home / AUTHORED / "secret_key"
    try:
        return file.read_text(encoding="ascii")
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
    made = secrets.token_urlsafe(48)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
            target.write(made)
    except FileExistsError:  # two servers started at one moment
        return file.read_text(encoding="ascii")
    return made
