"""What old codes became: by look-ups, by publications of changes, and by ``content/areas/changes.yaml``.

Each row is one step of an old area into a new one; `careatlas.build.restate` follows the steps. A change after the day
to which areas are wanted is left out.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from careatlas.catalogue.area_change import AreaChanges
from careatlas.engine.tables import RELEASE, TIDIED

COLUMNS = RELEASE["area_changes"].column_names
NEVER_RESTATED = "provider"  # a provider that stops reporting is missing, not renamed
Row = dict[str, object]


def _none_of(table: str) -> pd.DataFrame:
    return pd.DataFrame(columns=TIDIED[table].column_names)


@dataclass(frozen=True)
class Stated:
    """Changes that the lists of areas do not show. ``as_of``: the day to which areas are wanted; None for every change
    that is stated."""

    content: AreaChanges = field(default_factory=AreaChanges)
    published: pd.DataFrame = field(default_factory=lambda: _none_of("stated_changes"))
    small_areas: pd.DataFrame = field(default_factory=lambda: _none_of("small_areas"))
    as_of: date | None = None


def area_changes(listed: pd.DataFrame, table: pd.DataFrame, stated: Stated) -> pd.DataFrame:
    """Every step from an old code to a new one that leads to an area of ``table``: rows of ``area_changes``."""
    by_lists = [*_renamed(table), *_new_ons_codes(listed), *_by_small_areas(stated.small_areas)]
    known = set(table.loc[table["area_type"] != NEVER_RESTATED, "code"])
    wanted = _stacked(pd.DataFrame(_by_content(stated.content), columns=COLUMNS), stated.published[COLUMNS])
    wanted["from"] = pd.to_datetime(wanted["from"])
    if stated.as_of is not None:
        settled = (wanted["weight"] == 1) & ~wanted["old"].isin(known) & wanted["new"].isin(known)
        wanted = wanted[(wanted["from"] <= pd.Timestamp(stated.as_of)) | settled]
    every = _stacked(pd.DataFrame(by_lists, columns=COLUMNS), _leading_to(wanted, known))
    return every.drop_duplicates(["old", "new"], ignore_index=True)


def _stacked(*frames: pd.DataFrame) -> pd.DataFrame:
    """All rows; the first frame, empty, gives the columns where there are none."""
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def with_new_areas(table: pd.DataFrame, changes: pd.DataFrame, content: AreaChanges) -> pd.DataFrame:
    """``table`` and the areas that a merger made and no look-up lists yet: of their parts' type, under their parts'
    area where they had one."""
    rows = []
    for merger in content.mergers:
        parts = table[table["code"].isin(merger.of)]
        if merger.new in set(table["code"]) or not len(parts) or merger.new not in set(changes["new"]):
            continue
        parents = parts["parent_code"].dropna().unique()
        rows.append(
            {
                "area_type": parts["area_type"].iloc[0],
                "code": merger.new,
                "name": merger.name,
                "official_name": merger.name,
                "parent_code": parents[0] if len(parents) == 1 else None,
                "min": merger.first_day.year,
                "max": merger.first_day.year,
            }
        )
    return _stacked(table, pd.DataFrame(rows))


def _leading_to(changes: pd.DataFrame, known: set[str]) -> pd.DataFrame:
    """The steps that lead, in one or more, to an area we know, or away from one: the rest is of other places."""
    reached, before = set(known), 0
    while len(reached) > before:
        before = len(reached)
        reached |= set(changes.loc[changes["new"].isin(reached), "old"])
        reached |= set(changes.loc[changes["old"].isin(reached), "new"])
    return changes[changes["new"].isin(reached)]


def _renamed(table: pd.DataFrame) -> Iterator[Row]:
    """A code that the latest look-up no longer has, beside the one new code of the same name."""
    for area_type, of_type in table.groupby("area_type"):
        if area_type == NEVER_RESTATED:
            continue
        latest, earliest = of_type["max"].max(), of_type["min"].min()
        gone, came = of_type[of_type["max"] < latest], of_type[of_type["min"] > earliest]
        for old in gone.itertuples():
            same = came[(came["name"] == old.name) & (came["min"] >= old.max)]
            if len(same) == 1:
                new = same.iloc[0]
                told = f"{old.name} is {old.code} in look-ups to {old.max}, {new['code']} from {new['min']}"
                yield _whole(old.code, new["code"], int(new["min"]), told)


def _new_ons_codes(listed: pd.DataFrame) -> Iterator[Row]:
    """The same area under a new ONS code: its people did not move, so every count can be restated."""
    with_ons = listed.dropna(subset=["ons_code"])
    first_seen = with_ons.groupby(["area_type", "code", "ons_code"], as_index=False)["vintage"].min()
    for (_, code), of_area in first_seen.sort_values("vintage").groupby(["area_type", "code"], sort=True):
        for old, new in itertools.pairwise(of_area.itertuples()):
            told = f"{code} is {old.ons_code} to {old.vintage} and {new.ons_code} from {new.vintage}"
            yield _whole(old.ons_code, new.ons_code, int(new.vintage), told)


def _by_small_areas(small_areas: pd.DataFrame) -> Iterator[Row]:
    """A code that the latest look-up of small areas no longer has: where its small areas lie now. All in one new area
    is a merger; otherwise their shares are the best that can be said of its people's."""
    if not len(small_areas):
        return
    latest = small_areas[small_areas["vintage"] == small_areas["vintage"].max()]
    now, first_seen = (
        latest.set_index("small_area")["sub_icb"],
        small_areas.groupby("sub_icb")["vintage"].min(),
    )
    gone = small_areas[~small_areas["sub_icb"].isin(latest["sub_icb"])]
    gone = gone.sort_values("vintage").drop_duplicates("small_area", keep="last")
    for old, of_area in gone.groupby("sub_icb"):
        parts = of_area["small_area"].map(now).dropna().value_counts()
        for new, number in parts.sort_index().items():
            told = f"{number} of the {parts.sum()} small areas that were {old} lie in {new}"
            share = {"weight": number / parts.sum(), "exact": len(parts) == 1}
            yield _whole(old, new, int(first_seen[new]), told) | share


def _whole(old: str, new: str, year: int, basis: str) -> Row:
    first_day = pd.Timestamp(year, 4, 1)
    return {"old": old, "new": new, "from": first_day, "weight": 1.0, "basis": basis, "exact": True}


def _by_content(changes: AreaChanges) -> Iterator[Row]:
    for merger in changes.mergers:
        whole = {
            "new": merger.new,
            "from": merger.first_day,
            "weight": 1.0,
            "basis": merger.source,
            "exact": True,
        }
        yield from ({"old": old, **whole} for old in merger.of if old != merger.new)
    for split in changes.splits:
        told = f"{split.source}; weighed by {split.weighed_by}"
        share = {"old": split.old, "from": split.first_day, "basis": told, "exact": False}
        yield from ({"new": new, "weight": weight, **share} for new, weight in split.into.items())
