"""A real PostgreSQL for the tests, as `tools/postgres` starts it; it can be crashed."""

import subprocess
from pathlib import Path

TOOL = Path(__file__).parent.parent / "tools" / "postgres"
MAY_NOT = 77


class Postgres:
    def __init__(self) -> None:
        """Raises RuntimeError with the reason where none may be started."""
        started = subprocess.run(["sh", TOOL, "start"], capture_output=True, text=True, check=False)
        if started.returncode == MAY_NOT:
            raise RuntimeError(started.stderr.strip())
        assert started.returncode == 0, started.stderr
        self.folder, self.address = started.stdout.split()
        self._databases = 0

    def fresh(self) -> str:
        """The address of a database with nothing in it."""
        import psycopg

        self._databases += 1
        name = f"atlas_{self._databases}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"{self.address.rpartition('/')[0]}/{name}"

    def crash(self) -> None:
        subprocess.run(["sh", TOOL, "crash", self.folder], check=True, timeout=120)

    def stop(self) -> None:
        subprocess.run(["sh", TOOL, "stop", self.folder], check=True, timeout=120)
