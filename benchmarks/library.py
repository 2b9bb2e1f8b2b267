"""How long searching the library takes: 10,000 published examples, whole pages with their counts, cold words included.

    .venv/bin/python benchmarks/library.py HOME

HOME has a release. The examples go into a home of their own that is thrown away; with CAREATLAS_DATABASE they go into
that PostgreSQL database, which must be an empty one.
"""

import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

EXAMPLES, SEARCHES, SEED = 10_000, 100, 6
COMMON = [
    "patients",
    "ward",
    "nurse",
    "clinic",
    "waiting",
    "discharge",
    "falls",
    "community",
    "pathway",
    "beds",
    "team",
    "home",
    "care",
    "referral",
    "week",
]


def main(home: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="careatlas-bench-") as folder:
        (Path(folder) / "releases").symlink_to(home.resolve() / "releases")
        from careatlas.web.authored import prepare, take_organisations

        prepare(Path(folder))
        take_organisations()
        chance = random.Random(SEED)
        vocabulary = COMMON + ["".join(chance.choices("abcdefghilmnoprstu", k=7)) for _ in range(6_000)]
        _fill(chance, vocabulary)
        print(f"{EXAMPLES:,} examples, {SEARCHES} searches each")
        for name, make in _kinds(chance, vocabulary).items():
            _report(name, [_seconds(make()) for _ in range(SEARCHES)])


def _fill(chance: random.Random, vocabulary: list[str]) -> None:
    """Texts of some 400 words, common words common: the n-th word comes up one n-th as often as the first."""
    from careatlas.catalogue.care_setting import load_care_settings
    from careatlas.improve.evidence.models import Example, Stage, Verdict
    from careatlas.improve.evidence.writing import sections
    from careatlas.improve.people.models import Kind, Organisation, User
    from careatlas.web.current import current_release

    author = User.objects.create(email="bench@nhs.test", name="Bench")
    owners = list(Organisation.objects.filter(kind__in=(Kind.BOARD, Kind.TRUST)))
    weights = [1 / (place + 1) for place in range(len(vocabulary))]
    release = current_release()
    choices = {
        "programme": list(sections.programmes(release)),
        "setting": list(load_care_settings()),
        "indicator": list(release.catalogue["indicators"]),
        "rating": ["highly_recommended", "recommended", ""],
        "verdict": Verdict.values,
    }

    def text(length: int) -> str:
        return " ".join(chance.choices(vocabulary, weights, k=length))

    Example.objects.bulk_create(
        (
            Example(
                owner=chance.choice(owners),
                author=author,
                stage=Stage.PUBLISHED,
                published_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
                overall=chance.randrange(40, 100),
                title=text(8),
                summary=text(40),
                problem=text(80),
                what_was_done=text(120),
                evidence=text(80),
                implementation=text(80),
                workstreams=chance.sample(choices["programme"], k=2),
                saving_cash_gbp=chance.choice([None, 0, 50_000]),
                **{name: chance.choice(ids) for name, ids in choices.items()},
            )
            for number in range(EXAMPLES)
        ),
        batch_size=500,
    )


def _kinds(chance: random.Random, vocabulary: list[str]) -> dict:
    def pick(count: int, words: list[str]) -> str:
        return " ".join(chance.sample(words, k=count))

    return {
        "one rare word": lambda: {"words": pick(1, vocabulary[500:])},
        "one common word": lambda: {"words": pick(1, COMMON)},
        "two common words": lambda: {"words": pick(2, COMMON)},
        "common word, rating": lambda: {"words": pick(1, COMMON), "rating": "recommended"},
        "no words, narrowed": lambda: {"setting": "community", "order": "highest"},
        "no words at all": dict,
    }


def _seconds(asked: dict) -> tuple[float, float]:
    from django.contrib.auth.models import AnonymousUser

    from careatlas.improve.evidence.finding import Asked, find
    from careatlas.web.current import current_release

    began, worked = time.perf_counter(), time.process_time()
    find(AnonymousUser(), Asked.read(asked), current_release())
    return time.perf_counter() - began, time.process_time() - worked


def _report(name: str, seconds: list[tuple[float, float]]) -> None:
    """Wall time is what a reader waits; processor time is what it costs however busy the machine is."""
    told = []
    for clock, times in zip(("wall", "processor"), zip(*seconds, strict=True), strict=True):
        p95 = statistics.quantiles(times, n=20)[-1]
        told.append(f"{clock}: half {statistics.median(times) * 1000:6.1f}, 95 of 100 {p95 * 1000:6.1f} ms")
    print(f"  {name:<22} {'   '.join(told)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
