"""Gaps, peers and gains for the tests of matching and talking, on the places of `web_release`."""

from datetime import date
from pathlib import Path
from typing import Any

from small_release import release_of

from careatlas.engine.release import Release
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping

Row = dict[str, Any]
PERIOD = {"period_start": date(2024, 1, 1), "period_end": date(2025, 12, 31)}
MONTH = {"period_start": date(2025, 12, 1), "period_end": date(2025, 12, 31)}


def lasting(area: str, deviation: float, indicator: str = "antibiotics", **more: Any) -> Row:
    """A row of ``persistence``: 15% above, 10% to 20%."""
    row = {"indicator": indicator, "area_type": "sub_icb", "area": area, **PERIOD, "periods": 24}
    row |= {"deviation": deviation, "deviation_lower": deviation - 5, "deviation_upper": deviation + 5}
    verdict = "persistently_high" if deviation > 0 else "persistently_low"
    return row | {"verdict": verdict, "q": 0.001, **more}


def gap(area: str, percent: float, verdict: str = "unexplained", indicator: str = "antibiotics") -> Row:
    row = {"indicator": indicator, "area_type": "sub_icb", "area": area, **MONTH, "periods": 12}
    return row | {"component": "all", "percent": percent, "verdict": verdict}


def like(area: str, *peers: str, unlike: str = "") -> list[Row]:
    rows = [(peer, True) for peer in peers] + ([(unlike, False)] if unlike else [])
    return [
        {"area_type": "sub_icb", "area": area, "peer": peer, "rank": rank, "distance": 0.2 * rank}
        | {"good_match": good, "inclusion_share": 1.0}
        for rank, (peer, good) in enumerate(rows, 1)
    ]


def gain(area: str, amount: float, is_headline: bool = True) -> Row:
    row = {"indicator": "antibiotics", "area_type": "sub_icb", "area": area, **MONTH, "periods": 12}
    row |= {"benchmark": "best_five", "amount": amount, "lower": amount / 2, "upper": amount * 1.5}
    return row | {"probability": 0.99, "chance_only": 1.0, "is_headline": is_headline}


def small(home: Path) -> Release:
    """S00 and S01 lie high in antibiotics, unexplained; S02 within chance; S03 in line with need; S04 low, which is the
    better side; S05 high, and by now on the other side; trust T00 low within four hours, not broken down; S06 low in
    what has no better direction."""
    return release_of(
        home,
        persistence=[
            *(lasting(area, 15.0) for area in ("S00", "S02", "S03", "S05")),
            lasting("S01", 30.0),
            lasting("S04", -15.0),
            lasting("S06", -12.0, "completed"),
            lasting("T00", -10.0, "four_hours", area_type="provider"),
        ],
        gaps=[
            gap("S00", 14.0),
            gap("S01", 31.0, "against_need"),
            gap("S02", 3.0, "within_chance"),
            gap("S03", 15.0, "in_line_with_need"),
            gap("S04", -15.0),
            gap("S05", -2.0),
            gap("S06", -12.0, indicator="completed"),
        ],
        peers=like("S00", "S07", "S01", unlike="S08"),
        opportunities=[gain("S00", 40.0), gain("S01", 90.0, is_headline=False)],
    )


def effect(percent: float, lower: float, upper: float, verdict: str = "proven") -> Row:
    return {"percent": percent, "lower": lower, "upper": upper, "verdict": verdict, "reason": "As measured."}


def published(author: User, owner: str = "S07", **more: Any) -> Example:
    """Proven: 12% lower (6% to 18%) in antibiotics at S07; recommended."""
    said: Row = {
        "title": "Fewer broad-spectrum antibiotics",
        "stage": Stage.PUBLISHED,
        "programme": "medicines",
        "indicator": "antibiotics",
        "area": owner,
        "starts_on": date(2025, 1, 1),
        "direction": "lower",
        "rating": "recommended",
        "overall": 70.0,
        "verdict": "proven",
        "effect": effect(-12.0, -18.0, -6.0),
    }
    return keeping.create(Example, author.email, "a test", owner_id=owner, author=author, **(said | more))
