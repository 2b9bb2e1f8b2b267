"""Homes to back up and to restore, each process as a person would run it.

``python tests/backups.py fill|tell HOME`` is what the processes run; the tests use `Home`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MAIN = "from careatlas.cli import main; main()"
FILE = b"month,calls\n2025-09,120\n"


class Home:
    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder, self.database = folder, database

    def fill(self) -> "Home":
        """Two rows in every table, a record of three entries, one file, and a number that is not to be given again."""
        self._run(str(HERE / "backups.py"), "fill", str(self.folder))
        return self

    def tell(self) -> dict[str, Any]:
        """What is there, to the last column."""
        return json.loads(self._run(str(HERE / "backups.py"), "tell", str(self.folder)).splitlines()[-1])

    def backup(self, file: Path) -> str:
        return self._run("-c", MAIN, "backup", str(file), "--release", str(self.folder))

    def restore(self, file: Path) -> str:
        return self._run("-c", MAIN, "restore", str(file), "--home", str(self.folder))

    def refused(self, *words: str) -> str:
        """What a command says that must refuse: one line."""
        ran = self.run(*words)
        assert ran.returncode == 2, ran.stdout + ran.stderr
        assert "Traceback" not in ran.stderr
        return ran.stderr

    def run(self, *words: str) -> subprocess.CompletedProcess:
        return self._process("-c", MAIN, *words)

    def _run(self, *command: str) -> str:
        ran = self._process(*command)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def _process(self, *command: str) -> subprocess.CompletedProcess:
        told = {"CAREATLAS_DATABASE": self.database, "CAREATLAS_HOME": str(self.folder)}
        return subprocess.run(
            [sys.executable, *command], env=os.environ | told, capture_output=True, text=True, timeout=300
        )


# In the processes


def fill(home: Path) -> None:
    import hashlib

    from careatlas.web.authored import prepare

    home.mkdir(parents=True, exist_ok=True)
    prepare(home)
    import every_row

    from careatlas.improve.evidence.models import Attachment, Post
    from careatlas.improve.people.models import Organisation
    from careatlas.improve.record import keeping
    from careatlas.improve.record.backup import kept
    from careatlas.improve.record.models import Entry, Head

    every_row.fill(set(kept()) - {Entry, Head})
    for number, board in enumerate(Organisation.objects.order_by("pk")):
        board = keeping.change(board, "ann@nhs.test", every_row.WORDS, board.version, name=f"Board {number}")
    keeping.create(Organisation, "ann", "one more", code="B9", name="Newest", kind="board", path="B9/")
    Post.objects.order_by("pk").last().delete()
    checksum = hashlib.sha256(FILE).hexdigest()
    Attachment.objects.update(sha256=checksum)
    (home / "authored" / "files").mkdir()
    (home / "authored" / "files" / checksum).write_bytes(FILE)
    (home / "authored" / "files" / checksum).chmod(0o600)


def tell(home: Path) -> dict[str, Any]:
    from careatlas.web.authored import set_up

    set_up(home)
    import every_row

    from careatlas.improve.record import chain
    from careatlas.improve.record.backup import kept

    files = home / "authored" / "files"
    return {
        "rows": every_row.rows(kept()),
        "head": chain.head(),
        "faults": list(chain.faults()),
        "is_guarded": [
            _is_refused("UPDATE record_entry SET who = 'x'"),
            _is_refused("DELETE FROM record_entry"),
        ],
        "files": {path.name: [oct(path.stat().st_mode), path.read_text()] for path in files.glob("*")},
        "key": (home / "authored" / "secret_key").read_text(),
        "next_post": _next_post(),
        "found": _found(),
        "sessions": _sessions(),
    }


def _is_refused(statement: str) -> bool:
    from django.db import DatabaseError, connection, transaction

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as fault:
        return "never changed or removed" in str(fault)
    return False


def _next_post() -> int:
    """The number that a new post gets; nothing of it stays."""
    from django.db import transaction

    from careatlas.improve.evidence.models import Post

    first = Post.objects.order_by("pk")[0]
    with transaction.atomic():
        made = Post.objects.create(thread=first.thread, author=first.author, text="new").pk
        transaction.set_rollback(True)
    return made


def _found() -> int:
    """How many examples are found by a word of theirs: the index of words is there, too."""
    from careatlas.improve.evidence import full_text

    return len(full_text.ranks_with_all("ward") or {})


def _sessions() -> int:
    from django.contrib.sessions.models import Session

    return Session.objects.count()


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    print(json.dumps({"fill": fill, "tell": tell}[sys.argv[1]](Path(sys.argv[2]))))
