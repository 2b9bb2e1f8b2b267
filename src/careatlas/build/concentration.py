"""The table ``concentration``: how few of an area's parts make half of its gap from the country.

Only a gap beyond chance is cut into parts: one whose value's limits leave the country out, and whose verdict in the
table ``gaps``, where it has one, is not within chance. Parts of what may be chance would be the luckiest, not the
cause. The country has no gap from itself. Each period stands by itself, whatever the verdict rests on.

What no part with a full return holds is left out and said; where that is more than half of the gap, nothing is
listed, because the parts would tell another story than the area.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from careatlas.build.area_maps import FULL_RETURNS
from careatlas.build.area_parts import CELL, MIX, SMALLER_AREA, Counts, parts_by_kind, without_full_return
from careatlas.build.areas import Areas
from careatlas.build.estimate import method_named
from careatlas.build.gather import Inputs
from careatlas.catalogue.indicator import Indicator
from careatlas.catalogue.library import Catalogue
from careatlas.engine.tables import RELEASE
from careatlas.methods.concentration import concentration

MOST_LISTED, FEWEST_PARTS = 10, 2
MOST_LEFT_OUT = 0.5  # of the gap
NOTHING = 0.5  # events: less is rounding
DECIMALS = {
    **dict.fromkeys(("expected", "excess", "excess_lower", "excess_upper", "area_expected", "left_out"), 2),
    "share_of_gap": 4,
}  # far within the intervals; half of the room on disk
KEYS = ["indicator", "area_type", *CELL]


def concentrations(
    values: pd.DataFrame,
    comparisons: pd.DataFrame,
    gaps: pd.DataFrame,
    catalogue: Catalogue,
    areas: Areas,
    inputs: Inputs,
) -> pd.DataFrame:
    """Rows of the table, of every indicator, area type and period."""
    columns = RELEASE["concentration"].column_names
    found = [pd.DataFrame(columns=columns)]
    beyond = beyond_chance(values, comparisons, gaps)
    for id, of_indicator in beyond.groupby("indicator", sort=True):
        counts = Counts(
            catalogue.indicators[str(id)], values[values["indicator"] == id], catalogue, areas, inputs
        )
        for area_type, wholes in of_indicator.groupby("area_type", sort=True):
            for kind, parts in parts_by_kind(counts, str(area_type)):
                rows = fewest_parts(wholes, parts, counts.indicator)
                notes = _notes(rows, kind, counts, str(area_type))
                found.append(rows.assign(kind=kind, note=notes).reindex(columns=columns))
    return pd.concat([rows for rows in found if len(rows)] or found, ignore_index=True)


def beyond_chance(values: pd.DataFrame, comparisons: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``values`` whose gap from the country is beyond chance."""
    local = (values["area_type"] != "country") & values["status"].isin(FULL_RETURNS)
    wholes = values[local & values["expected"].notna()]
    told = comparisons[comparisons["benchmark"] == "national"]
    apart = told[~told["significance"].isin(["similar", "not_compared"])]
    chance = gaps[gaps["verdict"] == "within_chance"]
    own, apart, chance = (pd.MultiIndex.from_frame(rows[KEYS]) for rows in (wholes, apart, chance))
    return wholes[own.isin(apart) & ~own.isin(chance)]


def fewest_parts(wholes: pd.DataFrame, parts: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """The parts that make half of each whole's gap, by place."""
    wholes = wholes.reset_index(drop=True)
    cells, names = _by_whole_and_part(wholes, parts)
    found = concentration(cells["observed"], cells["expected"])
    gap = (wholes["count"] - wholes["expected"]).to_numpy(float)
    left_out = gap - found.gap
    number = (~np.isnan(found.share[:, names != MIX])).sum(axis=1)
    is_told = (number >= FEWEST_PARTS) & (np.abs(left_out) <= MOST_LEFT_OUT * np.abs(gap))
    last = np.minimum(found.parts_for_half, MOST_LISTED)
    at, of = np.nonzero(is_told[:, None] & (found.place <= last[:, None]))
    listed = {name: cell[at, of] for name, cell in cells.items()}
    told = wholes.loc[at, [*KEYS, "period_start"]].reset_index(drop=True)
    told = told.assign(
        parts=number[at],
        parts_for_half=found.parts_for_half[at],
        place=found.place[at, of],
        part=names[of],
        **listed,
        **_excess(listed, names[of] == MIX, indicator),
        share_of_gap=found.share[at, of],
        area_observed=wholes.loc[at, "count"].to_numpy(float),
        area_expected=wholes.loc[at, "expected"].to_numpy(float),
        left_out=np.where(np.abs(left_out[at]) < NOTHING, 0.0, left_out[at]),
    )
    return told.sort_values([*CELL, "place"], ignore_index=True).round(DECIMALS)


def _by_whole_and_part(wholes: pd.DataFrame, parts: pd.DataFrame) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Each column of the parts as ``[whole, part]``, NaN where a whole has no such part; and the parts' names."""
    row = pd.MultiIndex.from_frame(wholes[CELL]).get_indexer(pd.MultiIndex.from_frame(parts[CELL]))
    parts, row = parts[row >= 0], row[row >= 0]
    column, names = pd.factorize(parts["part"].to_numpy(object), sort=True)
    cells = {}
    for name in ("observed", "denominator", "expected"):
        cells[name] = np.full((len(wholes), len(names)), np.nan)
        cells[name][row, column] = parts[name].to_numpy(float)
    return cells, names


def _excess(
    listed: Mapping[str, np.ndarray], is_mix: np.ndarray, indicator: Indicator
) -> dict[str, np.ndarray]:
    """Observed less expected, with the limits that chance sets to such a count. The mix is no count."""
    observed, denominator = (np.where(is_mix, np.nan, listed[name]) for name in ("observed", "denominator"))
    counted = method_named(indicator.method)(observed, denominator, multiplier=1.0)
    return {
        "excess": listed["observed"] - listed["expected"],
        "excess_lower": counted.lower * denominator - listed["expected"],
        "excess_upper": counted.upper * denominator - listed["expected"],
    }


def _notes(rows: pd.DataFrame, kind: str, counts: Counts, area_type: str) -> list[str | None]:
    """What is left out, by name where it is areas."""
    lacking = {}
    if kind == SMALLER_AREA and (rows["left_out"] != 0).any():
        lacking = without_full_return(counts, area_type)
    otherwise = f"what is counted for no {kind.replace('_', ' ')}"
    cells = rows[[*CELL, "left_out"]].itertuples(index=False, name=None)
    return [
        f"left out: {lacking.get((area, end), otherwise)}" if left_out else None
        for area, end, left_out in cells
    ]
