"""Which months of an area's count may say what would have come: those before a start that are like those after it.

Months of the pandemic's restrictions are no guide, nor are months before a registered change of counting, nor those
more than five years back; a comparison that reaches such a change ends there. Fewer than 36 months, or fewer than 24 of
them known, are not enough. The ledger of savings (`improve.delivery.ledger.usual`) asks the same, and leaves out the
three months before a start as well: initiatives begin after bad spells, a reader's question may begin anywhere.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.methods.counterfactual import FULL_HISTORY, LEAST_HISTORY
from careatlas.methods.estimate import Numbers
from careatlas.present.numbers import is_full_return
from careatlas.present.periods import months_and_place, parse_period, period_name
from careatlas.present.queries import Row

# Months in which the law of England restricted meeting others for any part: from 26 March 2020 until 18 July 2021, and
# "Plan B", 10 December 2021 until 26 January 2022 (Health Protection (Coronavirus) Regulations).
RESTRICTED = ((date(2020, 3, 1), date(2021, 7, 1)), (date(2021, 12, 1), date(2022, 1, 1)))


LONGEST_HISTORY = 60  # months: what is older tells of other things as well


@dataclass(frozen=True)
class Months:
    """An area's count by month, without gaps in time; ``first``: months since the year 0. NaN without a full return."""

    first: int
    count: Numbers

    def day(self, at: int) -> date:
        """The first day of the month at this position."""
        year, month = divmod(self.first + at, 12)
        return date(year, month + 1, 1)

    def days(self, at: int) -> tuple[date, date]:
        """The first and the last day of that month."""
        return self.day(at), self.day(at + 1) - timedelta(days=1)

    def name(self, at: int) -> str:
        return period_name(*self.days(at))

    def position(self, day: date) -> int:
        return day.year * 12 + day.month - 1 - self.first


@dataclass(frozen=True)
class Comparison:
    """``count`` ``[month]`` from position ``begin`` of the months on, NaN where a month is no guide or is not known;
    ``start`` and ``end`` are positions in it. ``reason``: why nothing can be said; ``notes``: what to know of it."""

    begin: int
    start: int
    count: Numbers
    reason: str
    notes: list[str]

    @property
    def known_before(self) -> int:
        return int(np.isfinite(self.count[: self.start]).sum())


def months_of(release: Release, indicator: str, area: str, of: str) -> Months:
    """``of``: the column of ``values`` that is counted, ``count`` or ``denominator``."""
    rows = release.rows("values", indicator=indicator, area=area, sex="persons", age_band="all")
    placed = {}
    for row in rows:
        length = months_and_place(row["period_start"], row["period_end"])
        if length is not None and length[0] == 1:
            placed[length[1]] = row[of] if is_full_return(row) and row[of] is not None else np.nan
    if not placed:
        raise NotKnownError(
            indicator,
            f"has no monthly figures for {release.areas[area]['name']}.",
            "Business as usual is worked out by month: choose another indicator or area.",
        )
    first = min(placed)
    count = np.full(max(placed) - first + 1, np.nan)
    for place, number in placed.items():
        count[place - first] = number
    return Months(first, count)


def start_asked(months: Months, text: str) -> int:
    """The position of the month that ``text`` names: one on file, and not the first."""
    start, end = parse_period(text)
    length = months_and_place(start, end)
    at = months.position(start)
    if length is None or length[0] != 1 or not 0 < at < len(months.count):
        raise NotKnownError(
            "start",
            f'"{text}" is not a month that may be compared with those before it.',
            f"Give one of {months.day(1):%Y-%m} to {months.day(len(months.count) - 1):%Y-%m}.",
        )
    return at


def changes_of(release: Release, about: Row, area: str, of: str) -> dict[date, str]:
    """Registered changes of what the area counts: first day -> why."""
    side = about["numerator"] if of == "count" else about["denominator"]
    found = {
        date.fromisoformat(str(each["first_day"])): each["reason"]
        for each in release.catalogue.get("rebases", {}).values()
        if (each["indicator"], each["area"]) == (about["id"], area)
    }
    for each in release.catalogue.get("counting_changes", []):
        if each["area"] == area and each["table"] in (None, _table(side)):
            found[date.fromisoformat(str(each["first_day"]))] = each["reason"]
    for row in release.rows("area_changes", new=area, exact=False):
        if row["from"] is not None:
            found[row["from"]] = "its boundaries changed, and earlier figures can only be estimated"
    return found


def comparison(months: Months, start: int, changes: dict[date, str]) -> Comparison:
    """The months that count from a start on, and why they are too few if they are."""
    at = {months.position(day): why.rstrip(".") for day, why in changes.items()}
    begin = max([0, start - LONGEST_HISTORY, *(one for one in at if one < start)])
    end = min([len(months.count), *(one for one in at if one >= start)])
    usable = np.where(_is_restricted(months), np.nan, months.count)
    count = usable[begin:end]
    notes = []
    if end < len(months.count):
        notes.append(
            f"What is counted changed in {months.name(end)} ({at[end]}): nothing is compared from then on."
        )
    if begin in at:
        notes.append(
            f"What is counted changed in {months.name(begin)} ({at[begin]}): months before are no guide."
        )
    if (np.isnan(count) & np.isfinite(months.count[begin:end])).any():
        notes.append("Months of the pandemic's restrictions are left out.")
    return Comparison(begin, start - begin, count, _too_little(months, begin, start, count), notes)


def _too_little(months: Months, begin: int, start: int, count: Numbers) -> str:
    before = count[: start - begin]
    known = np.isfinite(before)
    if len(before) < FULL_HISTORY:
        return (
            f"Not enough history: {len(before)} months lie between {months.name(begin)} and {months.name(start)}, "
            f"and {FULL_HISTORY} are needed."
        )
    if known.sum() < LEAST_HISTORY:
        return (
            f"Not enough history: of the {len(before)} months before {months.name(start)}, {known.sum()} have a full "
            f"return outside the pandemic, and {LEAST_HISTORY} are needed."
        )
    if len({(begin + at) % 12 for at in np.flatnonzero(known)}) < 12:
        return "Not enough history: a month of the year has no full return in any year before."
    if (before == 0).any():
        return "Not enough history: a month before had none, and so few cannot show what is usual."
    if not np.isfinite(count[start - begin :]).any():
        return (
            f"Nothing to compare: no month from {months.name(start)} on has a full return that counts alike."
        )
    return ""


def _is_restricted(months: Months) -> np.ndarray[Any, np.dtype[np.bool_]]:
    position = np.arange(len(months.count))
    spans = [(months.position(first), months.position(last)) for first, last in RESTRICTED]
    return np.any([(position >= first) & (position <= last) for first, last in spans], axis=0)


def _table(side: Row | None) -> str | None:
    return side["table"] if side else None
