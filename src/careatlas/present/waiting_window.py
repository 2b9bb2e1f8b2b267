"""Pathways of one specialty and part over a window of months, area by area: the sums that waiting times are made of.

Pathways completed or begun are summed over the window; the waiting list is that of its last month. A month for
which an area sent nothing is left out above and below the line, and more than one in twenty such months, or
incomplete ones, make the answer incomplete. Of layouts of other lengths the sums say what all of them can tell.
"""

import functools
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.methods.estimate import Numbers
from careatlas.present.periods import period_on_file

PARTS = {
    "completed": ("completed_admitted", "completed_non_admitted"),
    "completed_admitted": ("completed_admitted",),
    "completed_non_admitted": ("completed_non_admitted",),
    "incomplete": ("incomplete",),
    "new_periods": ("new_periods",),
}
DAYS_IN_A_WEEK = 7
DOUBTED_SHARE_INCOMPLETE = 0.05
DOUBTED = ("missing", "incomplete")


@dataclass(frozen=True)
class Window:
    """Sums over the ``months`` on file from ``start`` to ``end`` by area: ``pathways``, ``weeks`` [area, week] (None
    where no weeks are published), ``known_months`` with a figure, ``known_weeks`` that these are long together,
    ``status``, ``note``."""

    areas: list[str]
    start: date
    end: date
    months: int
    pathways: Numbers
    weeks: Numbers | None
    known_months: Numbers
    known_weeks: Numbers
    status: list[str]
    note: list[str | None]


def gather_window(
    release: Release,
    specialty: str,
    part: str,
    area_type: str,
    months: int = 1,
    period: str | None = None,
) -> Window:
    """The window's sums; a fault that says what is on file where there is nothing to sum."""
    if part not in PARTS:
        raise NotKnownError(part, "is not a part of the pathways.", f"Parts: {', '.join(PARTS)}.")
    if months < 1:
        raise NotKnownError("months", f"{months} is not a number of months.", "Give 1 or more.")
    given = [_on_file(release, specialty, each, area_type) for each in PARTS[part]]
    ends = functools.reduce(np.intersect1d, [each.ends for each in given])
    if not len(ends):
        known = ", ".join(sorted(_specialties(release)))
        raise NotKnownError(
            f"{specialty}, {part}, {area_type}", "has no waits in this release.", f"Specialties: {known}."
        )
    wanted = {end: (end.replace(day=1), end) for end in ends.tolist()}
    last = period_on_file(period, list(wanted.values()))[1] if period else max(wanted)
    first = _months_before(last, 0 if part == "incomplete" else months - 1)
    chosen = np.array([end for end in ends.tolist() if first <= end <= last], dtype="datetime64[D]")
    return _summed([each.of_months(chosen) for each in given], chosen)


def months_of(
    release: Release, specialty: str, part: str, area_type: str, last: date, most: int
) -> tuple[list[str], list[date], Numbers]:
    """Areas, last days of the months up to ``last`` (so ``most`` at most), and the pathways ``[month, area]`` of full
    returns: NaN where one was missing or incomplete."""
    given = [_on_file(release, specialty, each, area_type) for each in PARTS[part]]
    ends = functools.reduce(np.intersect1d, [each.ends for each in given])
    ends = ends[ends <= np.datetime64(last)][-most:]
    areas = functools.reduce(np.union1d, [each.areas for each in given])
    pathways = np.zeros((len(ends), len(areas)))
    for each in (one.of_months(ends) for one in given):
        of_part = np.full((len(areas), len(ends)), np.nan)
        of_part[np.searchsorted(areas, each.areas)] = np.where(
            np.isin(each.status, DOUBTED), np.nan, each.pathways
        )
        pathways += of_part.T
    return areas.tolist(), ends.tolist(), pathways


@dataclass(frozen=True)
class _Months:
    """One part on file: a row an area, a column a month. ``ends`` are the months' last days. ``weeks`` [area, month,
    week] have room for the longest layout; ``published``: how many of them each month has, 0 for none."""

    areas: np.ndarray
    ends: np.ndarray
    pathways: Numbers
    weeks: Numbers
    published: np.ndarray
    status: np.ndarray
    note: np.ndarray

    def of_months(self, ends: np.ndarray) -> "_Months":
        at = np.searchsorted(self.ends, ends)
        by_month = (self.pathways[:, at], self.weeks[:, at], self.published[at])
        return _Months(self.areas, ends, *by_month, self.status[:, at], self.note[:, at])


@functools.lru_cache(maxsize=32)
def _on_file(release: Release, specialty: str, part: str, area_type: str) -> _Months:
    rows = release.arrow(
        "waits",
        ["area", "period_end", "pathways", "weeks", "status", "note"],
        specialty=specialty,
        part=part,
        area_type=area_type,
    )
    codes, area = np.unique(rows["area"].to_numpy(), return_inverse=True)
    ends, month = np.unique(rows["period_end"].to_numpy(), return_inverse=True)
    shape = (len(codes), len(ends))
    pathways, status, note = np.full(shape, np.nan), np.full(shape, "missing", object), np.full(shape, None)
    pathways[area, month] = rows["pathways"].to_numpy()
    status[area, month], note[area, month] = rows["status"].to_numpy(), rows["note"].to_numpy()
    if area_type == "provider":  # it has rows where it had any: in a month of others, none of this specialty
        reported = (status != "missing").any(axis=1, keepdims=True)
        had_none = reported & _sent_any(release, codes, ends)
        had_none[area, month] = False
        status[had_none], pathways[had_none] = "zero", 0.0
    weeks, published = _weeks(rows, area, month, shape)
    return _Months(codes, ends, pathways, weeks, published, status, note)


def _sent_any(release: Release, codes: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Which of the providers sent pathways of any specialty and part in which of the months [provider, month]."""
    columns = ["area", "period_end", "status"]
    rows = release.arrow("waits", columns, specialty="total", area_type="provider")
    of_these = pc.and_(
        pc.is_in(rows["area"], pa.array(codes, pa.string())), pc.is_in(rows["period_end"], pa.array(ends))
    )
    sent = rows.filter(pc.and_(of_these, pc.not_equal(rows["status"], "missing")))
    found = np.zeros((len(codes), len(ends)), bool)
    at = np.searchsorted(codes, sent["area"].to_numpy()), np.searchsorted(ends, sent["period_end"].to_numpy())
    found[at] = True
    return found


def _weeks(
    rows: pa.Table, area: np.ndarray, month: np.ndarray, shape: tuple[int, int]
) -> tuple[Numbers, np.ndarray]:
    """Pathways [area, month, week], and how many weeks each month has."""
    lists = rows["weeks"].combine_chunks()
    length = pc.list_value_length(lists).fill_null(0).to_numpy()
    most = length.max(initial=0)
    counts, weeks = np.zeros((len(rows), most), np.int32), np.zeros((*shape, most), np.int32)
    counts[np.arange(most) < length[:, None]] = lists.flatten().to_numpy()
    weeks[area, month] = counts
    published = np.zeros(shape[1], np.int64)
    np.maximum.at(published, month, length)
    return weeks, published


def _summed(parts: list[_Months], ends: np.ndarray) -> Window:
    areas = functools.reduce(np.union1d, [each.areas for each in parts])
    months = [day.replace(day=1) for day in ends.tolist()]
    days = [(end - first).days + 1 for end, first in zip(ends.tolist(), months, strict=True)]
    pathways, doubted, known, known_days = np.zeros((4, len(areas)))
    width = min(each.published.min() for each in parts)
    weeks, notes = np.zeros((len(areas), width)), [[] for _ in areas]
    for each in parts:
        at = np.searchsorted(areas, each.areas)
        has_figure = ~np.isnan(each.pathways)
        pathways[at] += np.where(has_figure, each.pathways, 0).sum(axis=1)
        known[at] += has_figure.sum(axis=1) / len(parts)
        known_days[at] += has_figure @ days / len(parts)
        doubted[at] += np.isin(each.status, DOUBTED).mean(axis=1) / len(parts)
        if width:
            sums = each.weeks.sum(axis=1)
            weeks[at] += np.column_stack([sums[:, : width - 1], sums[:, width - 1 :].sum(axis=1)])
        for place, of_area in zip(at, each.note, strict=True):
            notes[place] += [note for note in of_area[::-1] if note]
    is_missing = known == 0
    status = np.select(
        [is_missing, doubted > DOUBTED_SHARE_INCOMPLETE, pathways == 0],
        ["missing", "incomplete", "zero"],
        "reported",
    )
    return Window(
        areas=areas.tolist(),
        start=min(months),
        end=max(ends.tolist()),
        months=len(months),
        pathways=np.where(is_missing, np.nan, pathways),
        weeks=np.where(is_missing[:, None], np.nan, weeks) if width else None,
        known_months=known,
        known_weeks=known_days / DAYS_IN_A_WEEK,
        status=status.tolist(),
        note=["; ".join(dict.fromkeys(each)) or None for each in notes],
    )


@functools.lru_cache(maxsize=4)
def _specialties(release: Release) -> set[str]:
    return set(release.arrow("waits", ["specialty"], area_type="country")["specialty"].to_pylist())


def _months_before(end: date, months: int) -> date:
    first = end.year * 12 + end.month - 1 - months
    return date(first // 12, first % 12 + 1, 1)
