"""One indicator's areas over its periods as arrays, and who borders whom: what variation, explanations and
inequality rest on.

Only full returns are in them: an area that is missing, incomplete or hidden in a period is NaN there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from careatlas.catalogue.indicator import Indicator
from careatlas.methods.estimate import Numbers
from careatlas.methods.variation import Events, events_of_proportions, events_of_rates

FULL_RETURNS = ["reported", "zero"]
COLUMNS = ["count", "denominator", "expected", "value", "lower_95", "upper_95"]
COUNTED = ("crude_rate", "need_weighted_rate")


@dataclass(frozen=True)
class AreaMaps:
    """``numbers``: each column of the release table ``values`` as ``[period, area]``."""

    indicator: Indicator
    area_type: str
    periods: pd.DataFrame  # period_start and period_end, in order
    areas: list[str]
    numbers: Mapping[str, Numbers]

    def events(self) -> Events | None:
        """Events observed and expected that vary by chance as the values do; None where no count says how."""
        of = self.numbers
        if self.indicator.method in COUNTED:
            return Events(of["count"], np.where(of["expected"] > 0, of["expected"], np.nan))
        if self.indicator.method == "proportion":
            return events_of_proportions(of["count"], of["denominator"])
        if self.indicator.standard_population is not None or self.indicator.method == "published":
            return events_of_rates(of["value"], of["lower_95"], of["upper_95"], of["count"])
        return None

    def keys(self, period: int) -> dict[str, object]:
        """The first columns of every table: which indicator, area type and period."""
        start, end = self.periods.iloc[period]
        return {
            "indicator": self.indicator.id, "area_type": self.area_type, "period_start": start, "period_end": end,
        }  # fmt: skip


def area_maps(
    values: pd.DataFrame, indicators: Mapping[str, Indicator], fewest_areas: int
) -> Iterator[AreaMaps]:
    """Of every indicator and area type below the country, where that many areas have a figure in some period."""
    local = values[(values["area_type"] != "country") & values["status"].isin(FULL_RETURNS)]
    local = local[local["value"].notna()]
    for (indicator, area_type), rows in local.groupby(["indicator", "area_type"], sort=True):
        if rows.groupby("period_end").size().max() < fewest_areas:
            continue
        wide = rows.pivot(index="period_end", columns="area", values=COLUMNS).astype(float)
        starts = rows.drop_duplicates("period_end").set_index("period_end")["period_start"]
        periods = pd.DataFrame({"period_start": starts.reindex(wide.index), "period_end": wide.index})
        yield AreaMaps(
            indicators[str(indicator)],
            str(area_type),
            periods.reset_index(drop=True),
            list(wide["value"].columns),
            {column: wide[column].to_numpy() for column in COLUMNS},
        )


def borders(neighbours: pd.DataFrame, area_type: str, areas: Sequence[str]) -> Numbers | None:
    """Which areas share a border, 0/1 ``[area, area]``; None where the type has no outlines."""
    rows = neighbours[neighbours["area_type"] == area_type]
    return None if rows.empty else _matrix(rows[rows["shares_border"].astype(bool)], areas)


def with_islands_linked(
    border: Numbers, neighbours: pd.DataFrame, area_type: str, areas: Sequence[str]
) -> tuple[Numbers, list[str]]:
    """Each area without a border linked to the area nearest to it, both ways, and which areas those are."""
    islands = [area for area, degree in zip(areas, border.sum(axis=1), strict=True) if degree == 0]
    rows = neighbours[(neighbours["area_type"] == area_type) & neighbours["area"].isin(islands)]
    links = _matrix(rows[(rows["nearness"] == 1).fillna(False).astype(bool)], areas)
    return np.maximum(border, np.maximum(links, links.T)), islands


def _matrix(pairs: pd.DataFrame, areas: Sequence[str]) -> Numbers:
    place = {area: number for number, area in enumerate(areas)}
    known = pairs[pairs["area"].isin(place) & pairs["other_area"].isin(place)]
    matrix = np.zeros((len(place), len(place)))
    matrix[known["area"].map(place), known["other_area"].map(place)] = 1
    return matrix
