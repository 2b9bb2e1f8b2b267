"""What all plans of the simulated country are made from: the release, the day, the people, and what is true."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from careatlas.engine.release import Release
from careatlas.improve.delivery.models import Pool
from careatlas.improve.delivery.months import Series
from careatlas.improve.people.models import User


@dataclass(frozen=True)
class Scene:
    """``last``: the last month on file; ``counts``: by indicator and area; ``began``: by indicator and area, where the
    country's own truth has something begun, the day and the share."""

    release: Release
    year: int
    last: int
    today: date
    people: dict[str, User]
    counts: dict[str, dict[str, Series]]
    began: dict[tuple[str, str], tuple[date, float]]
    by_lot: np.random.Generator


@dataclass(frozen=True)
class Drawn:
    """A pool with what its line costs in a usual year; ``costs`` by month, where they were entered."""

    pool: Pool
    yearly_pence: float
    planted: float
    costs: dict[int, int]


def at_nine(day: date, days_later: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=days_later), time(9), UTC)
