"""How long a report card takes: 42 boards, 2,000 initiatives on 504 pools, with plans, milestones, risks and a year of
returns; of England and of a board, as a table in a terminal and as a PDF, the whole command with its imports.

    .venv/bin/python benchmarks/report_card.py

The country is made up (tests/planted_ledger.py) in a home that is thrown away; with CAREATLAS_DATABASE what is written
goes into that PostgreSQL database, which must be an empty one. Sizes of pools are worked out
beforehand.
"""

import json
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

SEED, MONTH, REPEATS = 1, "2024-03", 3
MILESTONES, RISKS = 4, 2
MAIN = "from careatlas.cli import main; main()"


def main() -> None:
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    with tempfile.TemporaryDirectory(prefix="careatlas-bench-") as folder:
        home = Path(folder)
        _plant(home)
        for what, words in (
            ("England, table", []),
            ("England, PDF", ["--format", "pdf"]),
            ("a board, table", ["--area", "B03"]),
            ("a board, PDF", ["--area", "B03", "--format", "pdf"]),
        ):
            wall, processor, size = min(_run(home, words) for _ in range(REPEATS))
            print(f"{what:16} {wall:5.2f} s, of them {processor:5.2f} s processor; {size:,} bytes")


def _run(home: Path, words: list[str]) -> tuple[float, float, int]:
    command = [
        sys.executable,
        "-c",
        MAIN,
        "plan",
        "report",
        "--period",
        MONTH,
        "--release",
        str(home),
        *words,
    ]
    began, before = time.perf_counter(), getrusage(RUSAGE_CHILDREN)
    printed = subprocess.run(command, check=True, capture_output=True).stdout
    after = getrusage(RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, processor, len(printed)


def _plant(home: Path) -> None:
    from careatlas.web.authored import prepare

    prepare(home)
    from django.db import transaction
    from planted_ledger import planted_ledger

    with transaction.atomic():
        release = planted_ledger(home, SEED).release
        # What the planted country's indicators are is not in the release's file.
        (release.folder / "catalogue.json").write_text(json.dumps(release.catalogue), encoding="utf-8")
        _plans()
        _what_belongs_to_initiatives()
        _changes_and_returns()
    from careatlas.improve.delivery.ledger.sizes import take_sizes

    take_sizes(release)


def _plans() -> None:
    from datetime import UTC, datetime

    from careatlas.improve.delivery.models import Initiative, Plan
    from careatlas.improve.people.models import Organisation

    baselined = datetime(2023, 4, 1, tzinfo=UTC)
    boards = Organisation.objects.filter(kind="board")
    Plan.objects.bulk_create(
        Plan(organisation=one, year=2023, title=f"Plan of {one}", baselined_at=baselined) for one in boards
    )
    for plan in Plan.objects.all():
        Initiative.objects.filter(organisation=plan.organisation).update(
            plan=plan, confidence=70, owner="Dr Ray"
        )


def _what_belongs_to_initiatives() -> None:
    """Of four milestones the last is late with one in five."""
    from careatlas.improve.delivery.models import Initiative, Milestone, Risk

    start, numbers = date(2023, 5, 1), Initiative.objects.values_list("pk", flat=True)
    Milestone.objects.bulk_create(
        Milestone(
            initiative_id=one, title=f"Step {n}", due_on=due, done_on=None if n == 3 and one % 5 == 0 else due
        )
        for one in numbers
        for n, due in enumerate(start + timedelta(days=60 * n) for n in range(MILESTONES))
    )
    Risk.objects.bulk_create(
        Risk(
            initiative_id=one,
            title="Nobody answers",
            likelihood=1 + one % 5,
            impact=1 + n,
            mitigation="Ring twice.",
        )
        for one in numbers
        for n in range(RISKS)
    )


def _changes_and_returns() -> None:
    """Every second claim was changed since its plan was fixed; every initiative returned every month of the year."""
    from django.utils import timezone

    from careatlas.improve.delivery.models import Claim, Return
    from careatlas.improve.record import keeping

    claims = list(Claim.objects.all())
    for claim in claims[::2]:
        keeping.change(
            claim,
            "bench@nhs.test",
            "the benchmark",
            1,
            pence=claim.pence * 2,
            phasing=[2 * each for each in claim.phasing],
        )
    months = [date(2023 + n // 12, n % 12 + 1, 1) for n in range(3, 15)]
    Return.objects.bulk_create(
        (
            Return(
                initiative_id=claim.initiative_id,
                month=month,
                figures={str(claim.pk): {"actual": sum(claim.phasing[: n + 1]), "outturn": claim.pence}},
                sent_in_at=timezone.now(),
            )
            for claim in claims
            for n, month in enumerate(months)
        ),
        batch_size=5_000,
    )


if __name__ == "__main__":
    main()
