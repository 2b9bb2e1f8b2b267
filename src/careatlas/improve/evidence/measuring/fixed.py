"""Whether what something is measured by was fixed before anybody could know its result.

Examples and adoptions are stamped with the time, the release, and how far its figures reached.
"""

from datetime import date, datetime
from typing import Protocol

from careatlas.engine.release import Release


class Stamped(Protocol):
    starts_on: date | None
    fixed_at: datetime | None
    known_until: date | None


def known_until(release: Release, indicator: str, area: str) -> date | None:
    """The last day that the release has a figure for; None without any. Part of a month counts: it tells something."""
    rows = release.rows("values", indicator=indicator, area=area, sex="persons", age_band="all")
    return max((row["period_end"] for row in rows if row["value"] is not None), default=None)


def is_fixed_before(of: Stamped) -> bool:
    """Whether it was fixed by the day it started, and no figure of a later day was on file then: the owners know their
    own figures sooner than the atlas does."""
    if of.starts_on is None or of.fixed_at is None or of.known_until is None:
        return False
    return of.fixed_at.date() <= of.starts_on and of.known_until < of.starts_on
