"""Who lives in an area: residents by sex and five-year band, of every area type above the publication's own.

The bands are those of population pyramids, the last one open. An area above has a figure only where each of its
parts has one, because half a board's people would look like a small board.
"""

from collections.abc import Mapping

import pandas as pd

from careatlas.build.areas import Areas
from careatlas.build.gather import members_of
from careatlas.catalogue.area import AreaType
from careatlas.engine.tables import RELEASE

BASE = "sub_icb"
OLDEST_BAND = 90
_OF_AN_AREA = ["period_start", "period_end", "sex", "age_band"]


def population_by_band(
    residents: pd.DataFrame, areas: Areas, area_types: Mapping[str, AreaType]
) -> pd.DataFrame:
    """Rows of the ``population`` table from the tidied one: sub-ICB locations, all that they sum to, the country."""
    if residents.empty:
        return pd.DataFrame(columns=RELEASE["population"].column_names)
    placed = residents.assign(area=areas.resolve(BASE, residents["sub_icb"])).dropna(subset=["area"])
    placed["age_band"] = age_bands(placed["age"])
    base = placed.groupby(["area", *_OF_AN_AREA], as_index=False, observed=True)["people"].sum()
    levels = {BASE: base}
    for area_type in sorted(area_types.values(), key=lambda each: each.order):
        below = area_type.rolls_up_from
        if area_type.id not in levels and below in levels:
            above = members_of(area_type, below, areas)
            levels[area_type.id] = _summed(
                levels[below], {code: above.get(code) for code in areas.current(below)}
            )
    levels["country"] = _summed(base, dict.fromkeys(areas.current(BASE), areas.country.code))
    stacked = pd.concat([rows.assign(area_type=level) for level, rows in levels.items()], ignore_index=True)
    return stacked[RELEASE["population"].column_names]


def age_bands(age: pd.Series) -> pd.Series:
    """``00-04``, ``05-09`` ... ``90+``: written so that the order of letters is the order of ages.

    >>> age_bands(pd.Series([0, 4, 5, 89, 90])).tolist()
    ['00-04', '00-04', '05-09', '85-89', '90+']
    """
    start = (age // 5 * 5).clip(upper=OLDEST_BAND).astype(int)
    written = start.map("{:02d}".format) + "-" + (start + 4).map("{:02d}".format)
    return written.where(start < OLDEST_BAND, f"{OLDEST_BAND}+")


def _summed(below: pd.DataFrame, above: Mapping[str, str]) -> pd.DataFrame:
    """Sums of areas one level up, in periods for which every part has a figure."""
    parts = pd.Series(above).value_counts()
    rows = below.assign(part=below["area"], area=below["area"].map(above)).dropna(subset=["area"])
    summed = rows.groupby(["area", *_OF_AN_AREA], as_index=False).agg(
        people=("people", "sum"), parts=("part", "nunique")
    )
    return summed[summed["parts"] == summed["area"].map(parts)].drop(columns="parts")
