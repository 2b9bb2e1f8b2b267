"""People, examples and scores for the tests of assessing: as few words as the rules allow."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from authored import example

from careatlas.improve.evidence.assessing import scoring
from careatlas.improve.evidence.models import Assessment, Example, Stage
from careatlas.improve.people.models import Kind, Organisation, User

PLACES = {  # code: (kind, parent)
    "SIM": (Kind.NATIONAL, None),
    "R0": (Kind.REGION, "SIM"),
    "R1": (Kind.REGION, "SIM"),
    "B0": (Kind.BOARD, "R0"),
    "B1": (Kind.BOARD, "R0"),
    "B2": (Kind.BOARD, "R1"),
    "S00": (Kind.SUB_AREA, "B0"),
    "S04": (Kind.SUB_AREA, "B0"),
    "S31": (Kind.SUB_AREA, "B2"),
    "T01": (Kind.TRUST, "R0"),  # in no board
    "T01W": (Kind.SITE, "T01"),
    "T02": (Kind.TRUST, "R0"),
}
GATES = ("savings", "quality", "evidence", "implementability")
WORDS = dict.fromkeys(GATES, "As the anchor says.")


class OfRelease(NamedTuple):
    """All that deciding asks of a release, where what is measured is set by the test."""

    id: str


MAY, LATER = OfRelease("000001-may"), OfRelease("000002-later")


@dataclass
class Measured:
    """An effect that the atlas would have measured."""

    verdict: str = "proven"
    percent: float = -12.0
    release: str = ""

    def to_json(self) -> dict[str, Any]:
        figures = {"percent": self.percent, "lower": self.percent - 4, "upper": self.percent + 4}
        return {"release": self.release, "verdict": self.verdict, "reason": "It fell.", **figures}


def small_country() -> None:
    """Two regions, three boards, three parts of them, two trusts that lie in no board."""
    paths: dict[str | None, str] = {None: ""}
    for code, (_, parent) in PLACES.items():
        paths[code] = f"{paths[parent]}{code}/"
    Organisation.objects.bulk_create(
        Organisation(code=code, name=f"Place {code}", kind=kind, parent_id=parent, path=paths[code])
        for code, (kind, parent) in PLACES.items()
    )


def submitted(author: User, owner: str = "B0", **more: Any) -> Example:
    """An example that was just handed in, for its first round."""
    said = {
        "title": "Earlier clinics",
        "problem": "People **waited**.",
        "stage": Stage.SUBMITTED,
        "round": 1,
        "submitted_at": datetime(2026, 4, 1, tzinfo=UTC),
    }
    return example(author, owner, **(said | more))


def measurable() -> dict[str, Any]:
    """What the small release can be asked for, fixed before there was a result."""
    return {
        "indicator": "completed",
        "area": "B0",
        "starts_on": date(2025, 9, 1),
        "direction": "higher",
        "fixed_at": datetime(2025, 8, 1, tzinfo=UTC),
        "known_until": date(2025, 7, 31),
    }


def scores(savings: int, quality: int, evidence: int, implementability: int) -> dict[str, int]:
    return dict(zip(GATES, (savings, quality, evidence, implementability), strict=True))


def handed_in(example: Example, user: User, *points: int) -> Assessment:
    """Take a place and hand in at once."""
    place = scoring.take(example, user)
    return scoring.hand_in(place, user, place.version, scores(*points), WORDS, "")
