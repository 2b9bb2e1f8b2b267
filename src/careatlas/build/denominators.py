"""The people of each area, counted in three ways: registered with its practices, resident, and weighted by need.

Which of them a rate is divided by can move an area twenty places, so a release holds all three. An area above has
a figure only where each of its parts has one, because half a board's people would look like a small board.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from careatlas.build.areas import Areas
from careatlas.build.gather import members_of
from careatlas.catalogue.area import AreaType
from careatlas.catalogue.indicator import Indicator
from careatlas.engine.tables import RELEASE
from careatlas.methods.estimate import Numbers

BASE = "sub_icb"
EDITION = ["people_counted", "edition", "period_start", "period_end", "source"]
NEEDS = {"registered": "registered", "general_and_acute": "need_weighted"}


def denominators(
    areas: Areas, area_types: Mapping[str, AreaType], small: Callable[[str], pd.DataFrame]
) -> pd.DataFrame:
    """Rows of the ``denominators`` table: every edition on file at every area type above sub-ICB locations."""
    weighted = small("need_weights").rename(columns={"weighted_population": "people"})
    weighted = weighted.assign(people_counted=weighted["need"].map(NEEDS), source="need_weights")
    residents = small("population").assign(people_counted="resident", source="population")
    counted = pd.concat([each for each in (weighted, residents) if len(each)] or [weighted])
    counted["area"] = areas.resolve(BASE, counted["sub_icb"])
    base = counted.groupby(["area", *EDITION], as_index=False)["people"].sum(min_count=1)
    levels = {BASE: base}
    for area_type in sorted(area_types.values(), key=lambda each: each.order):
        below = area_type.rolls_up_from
        if below in levels:
            above = members_of(area_type, below, areas)
            parts = {code: above.get(code) for code in areas.current(below)}
            levels[area_type.id] = _summed(levels[below], parts)
    levels["country"] = _summed(base, dict.fromkeys(areas.current(BASE), areas.country.code))
    stacked = pd.concat([rows.assign(area_type=level) for level, rows in levels.items()], ignore_index=True)
    return stacked[RELEASE["denominators"].column_names]


def of_named_edition(denominators: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """The rows; of the table whose edition the indicator names, those of that edition alone."""
    counted = indicator.denominator
    if counted is None or counted.edition is None:
        return denominators
    is_other = denominators["source"] != counted.table
    return denominators[is_other | (denominators["edition"] == counted.edition)]


def people_in_force(
    denominators: pd.DataFrame,
    counted: str,
    area_type: str,
    areas: Sequence[str],
    period_ends: pd.Series,
) -> Numbers | None:
    """``[period, area]``: people of the latest edition that had begun by then, else of the earliest; None without any.

    Who lived where is asked of the period: an edition that came after would rewrite what was said of it.
    """
    rows = denominators[
        (denominators["people_counted"] == counted) & (denominators["area_type"] == area_type)
    ]
    if not len(rows):
        return None
    by_start = rows.assign(period_start=pd.to_datetime(rows["period_start"]))
    wide = by_start.pivot(index="period_start", columns="area", values="people").reindex(columns=areas)
    begun = np.searchsorted(wide.index.to_numpy(), pd.to_datetime(period_ends).to_numpy(), side="right")
    return wide.to_numpy(float)[np.maximum(begun - 1, 0)]


def _summed(below: pd.DataFrame, above: Mapping[str, str]) -> pd.DataFrame:
    """Sums of areas one level up, of editions in which every part has a figure."""
    parts = pd.Series(above, dtype=object).value_counts()
    rows = below.assign(part=below["area"], area=below["area"].map(above)).dropna(subset=["area", "people"])
    summed = rows.groupby(["area", *EDITION], as_index=False).agg(
        people=("people", "sum"), parts=("part", "nunique")
    )
    return summed[summed["parts"] == summed["area"].map(parts)].drop(columns="parts")
