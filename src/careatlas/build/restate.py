"""Restating: what was counted by areas as they were, counted by areas as they are.

Counts and denominators are restated before any statistic is taken of them, so that a rate or a median of a merged
area is its own and never a mean of its parts'. A merger is exact. A split shares out by where people lived: what comes
of it is *estimated*, says so, and is never ranked, compared or counted in variation or persistence. Nothing is
rounded, and sums before and after are equal. What no change accounts for is in no area, and stands in
``reconciliation``.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

WHOLE = 1 - 1e-9  # shares of an area's parts sum to 1 but for the last digit
OLD_AND_SHARE = ["old", "share"]
MOST_NAMED = 6


@dataclass(frozen=True)
class Succession:
    """Steps from old areas to new ones. ``changes``: rows of ``area_changes``. ``current``: today's codes."""

    changes: pd.DataFrame
    current: frozenset[str]

    @cached_property
    def _steps(self) -> dict[str, list[tuple[pd.Timestamp, dict[str, float]]]]:
        """Of each old code, in order of time: the first day of what came after, and the share of each new code."""
        found: dict[str, dict[pd.Timestamp, dict[str, float]]] = defaultdict(dict)
        rows = self.changes.sort_values(["from", "old", "new"])
        for old, new, first_day, weight in zip(
            *(rows[c] for c in ("old", "new", "from", "weight")), strict=True
        ):
            found[old].setdefault(first_day, {})[new] = weight
        return {old: list(steps.items()) for old, steps in found.items()}

    @cached_property
    def _became_part_of(self) -> dict[str, list[tuple[str, pd.Timestamp, float]]]:
        """Of each new code: the other codes that came into it, since when, with what share of theirs."""
        found = defaultdict(list)
        for old, steps in self._steps.items():
            for first_day, into in steps:
                for new, weight in into.items():
                    if new != old:
                        found[new].append((old, first_day, weight))
        return found

    def parts(self, code: str, day: pd.Timestamp | None = None) -> dict[str, float]:
        """Today's areas that hold what was counted for ``code``, and the share of each; none where it is no area.

        ``day``: the last day of the count, by areas as they were then. None: the publisher counts by areas as they
        are, so that only a code no longer in use is followed.
        """
        steps = self._steps.get(code, [])
        later = [step for step in steps if day is not None and step[0] > day]
        ended = code not in self.current and bool(steps) and code not in steps[0][1]
        chosen = later[:1] or (steps[:1] if ended else [])
        if not chosen:
            return {code: 1.0} if code in self.current else {}
        first_day, into = chosen[0]
        rest = first_day if day is None else max(day, first_day)
        shares: dict[str, float] = defaultdict(float)
        for new, weight in into.items():
            for area, share in self.parts(new, rest).items():
                shares[area] += weight * share
        return dict(shares)

    def whole(self, code: str) -> str | None:
        """The one area of today that a code no longer in use became as a whole; None where there is none."""
        passed: set[str] = set()
        while code not in self.current:
            into = self._steps[code][0][1] if code in self._steps else {}
            if len(into) != 1 or code in passed:
                return None
            passed.add(code)
            code = next(iter(into))
        return code

    def is_made_of_others(self, area: str) -> bool:
        return area in self._became_part_of

    def silent(self, area: str, reporting: set[str], day: pd.Timestamp | None) -> set[str]:
        """The codes without a return among those that make up ``area``: half a merger is not the merged area."""
        before = self._became_part_of.get(area, [])
        merged = [old for old, _, weight in before if weight >= WHOLE]
        joined = [old for old, since, weight in before if weight < WHOLE and day is not None and since > day]
        found: set[str] = set()
        if area not in reporting:
            known = any(self._reports(old, reporting) for old in merged)
            found |= set().union(*(self.silent(old, reporting, day) for old in merged)) if known else {area}
        for old in joined:
            found |= self.silent(old, reporting, day)
        return found

    def _reports(self, code: str, reporting: set[str]) -> bool:
        merged = [old for old, _, weight in self._became_part_of.get(code, []) if weight >= WHOLE]
        return code in reporting or any(self._reports(old, reporting) for old in merged)


def shared_out(
    rows: pd.DataFrame, succession: Succession, measures: Sequence[str], by_areas_of_the_period: bool
) -> pd.DataFrame:
    """``rows`` with ``area`` as of today: a row for each part of an old area, its measures multiplied by its ``share``;
    ``old`` keeps the code it was counted by. What is no area keeps its row, without an area."""
    days = rows["period_end"] if by_areas_of_the_period else [None] * len(rows)
    asked = list(zip(rows["area"], days, strict=True))
    parts = {
        (old, day): list(succession.parts(old, day).items()) if isinstance(old, str) else []
        for old, day in dict.fromkeys(asked)
    }
    into = [parts[key] or [(None, 1.0)] for key in asked]
    found = rows.rename(columns={"area": "old"}).iloc[np.repeat(np.arange(len(rows)), list(map(len, into)))]
    found["area"] = np.array([area for each in into for area, _ in each], object)
    found["share"] = np.array([share for each in into for _, share in each], float)
    split = found["share"] < WHOLE
    for measure in measures if split.any() else ():
        found[measure] = found[measure].astype(float).where(~split, found[measure] * found["share"])
    return found.reset_index(drop=True)


def origins(shared: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Which old areas stand in a restated figure, and how much of each: ``keys``, old, share."""
    moved = (shared["old"] != shared["area"]) | (shared["share"] < WHOLE)
    return shared.loc[moved & shared["area"].notna(), [*keys, *OLD_AND_SHARE]].drop_duplicates(
        ignore_index=True
    )


def both(origins: pd.DataFrame, others: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The origins of a numerator and of its denominator: what either is restated from, the figure is."""
    parts = [part for part in (origins, others) if len(part)] or [origins]
    return pd.concat(parts).drop_duplicates([*keys, "old"], ignore_index=True)


def rolled_up(below: pd.DataFrame, above: Mapping[str, str], keys: Sequence[str]) -> pd.DataFrame:
    """The origins of areas one level up: an old area is shared out no more where all its parts lie in one area."""
    moved = below.assign(area=below["area"].map(above)).dropna(subset=["area"])
    return moved.groupby([*keys, "old"], as_index=False)["share"].sum()


def told(frame: pd.DataFrame, origins: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """``frame`` with ``estimated``, and a note that says what each figure was restated from."""
    words = {
        key: (_in_words(of_figure), bool((of_figure["share"] < WHOLE).any()))
        for key, of_figure in origins.groupby(list(keys))
    }
    found = [words.get(key, ("", False)) for key in zip(*(frame[key] for key in keys), strict=True)]
    answered = (frame["status"] != "missing").to_numpy()
    notes = [
        "; ".join(filter(None, (note, restated if has_answer else "")))
        for note, (restated, _), has_answer in zip(frame["note"].fillna(""), found, answered, strict=True)
    ]
    estimated = np.array([split for _, split in found], bool) & answered
    return frame.assign(note=notes, estimated=estimated)


def comparable(values: pd.DataFrame) -> pd.DataFrame:
    """``values`` as they are published: an estimate counts as incomplete, so that nothing that ranks, compares or
    explains, here or on a page, can forget to leave it out."""
    estimated = values["estimated"].fillna(False).astype(bool) & values["status"].isin(["reported", "zero"])
    return values.assign(status=values["status"].where(~estimated, "incomplete"))


def _in_words(origins: pd.DataFrame) -> str:
    whole = sorted(origins.loc[origins["share"] >= WHOLE, "old"])
    parts = origins[origins["share"] < WHOLE]
    told = [f"restated from {_listed(whole)}"] if whole else []
    for share, of_share in parts.groupby(parts["share"].round(4), sort=True):
        were = "was" if len(of_share) == 1 else "were"
        told.append(
            f"estimated: {share:.0%} of what {_listed(sorted(of_share['old']))} {were}, shared out by people"
        )
    return "; ".join(told)


def _listed(codes: list[str]) -> str:
    rest = len(codes) - MOST_NAMED
    return ", ".join(codes[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def silent_parts(
    returns: pd.DataFrame, areas: Iterable[str], succession: Succession, by_areas_of_the_period: bool
) -> dict[tuple[str, pd.Timestamp, pd.Timestamp], str]:
    """Area, first and last day -> the parts of the area that sent nothing then. ``returns``: area, as it was called
    then, and period of everything that was sent."""
    found = {}
    made = [area for area in areas if succession.is_made_of_others(area)]
    for (start, end), sent in returns.groupby(["period_start", "period_end"])["area"]:
        reporting, day = set(sent), end if by_areas_of_the_period else None
        for area in made:
            if silent := succession.silent(area, reporting, day):
                found[area, start, end] = _listed(sorted(silent))
    return found
