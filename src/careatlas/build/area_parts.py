"""What an area's events are made of: its smaller areas, specialties and providers, each beside what would be
expected of it.

Expected is at the country's rate: of a smaller area by its own denominator; of a specialty by the country's rate
of that specialty; of a provider, for shares only, by the pathways the area has there. A rate per person has no
people by provider, so nothing can be expected of one. Where the indicator is a share, specialties with high and low
shares may be many or few in an area: what that makes of its gap is a part of its own, the *mix*, so that parts add
up to the gap. No source counts by practice what an indicator counts.

The sums are those of the indicator itself, cut by one more column (`careatlas.build.count`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from careatlas.build import count, gather, restate
from careatlas.build.area_maps import FULL_RETURNS
from careatlas.build.areas import Areas
from careatlas.build.count import Grain
from careatlas.build.gather import Inputs
from careatlas.catalogue.indicator import Counted, Indicator
from careatlas.catalogue.library import Catalogue
from careatlas.engine.tables import TIDIED

SMALLER_AREA, SPECIALTY, PROVIDER = "smaller_area", "specialty", "provider"
MIX, ALL_SPECIALTIES = "mix", "total"
CELL = ["area", "period_end"]
PART = [*CELL, "part", "observed", "denominator", "expected"]


@dataclass(frozen=True)
class Counts:
    """One indicator: its rows of the table ``values``, and where sums of it are to be had. ``sums``: those
    of an area type by a column, worked out once."""

    indicator: Indicator
    values: pd.DataFrame
    catalogue: Catalogue
    areas: Areas
    inputs: Inputs
    sums: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict)

    def of_type(self, area_type: str) -> pd.DataFrame:
        return self.values[self.values["area_type"] == area_type]


def parts_by_kind(counts: Counts, area_type: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each way to cut the areas of one type, with the rows of all parts: area, period_end, part, observed,
    denominator, expected."""
    indicator = counts.indicator
    if counts.catalogue.area_types[area_type].rolls_up_from is not None:
        yield SMALLER_AREA, _smaller_areas(counts, area_type)
    if TIDIED[indicator.numerator.table].restricted:  # what follows has not passed disclosure control
        return
    if indicator.numerator.where.get("specialty") == ALL_SPECIALTIES:
        yield SPECIALTY, (_shares if count.same_rows(indicator) else _rates)(counts, area_type)
    columns = TIDIED[
        indicator.numerator.table
    ].area_columns  # one column for all: no row is an area and a provider
    of_both = PROVIDER in columns and len(set(columns.values())) > 1
    if count.same_rows(indicator) and of_both and area_type != PROVIDER:
        yield PROVIDER, _providers(counts, area_type)


def without_full_return(counts: Counts, area_type: str) -> dict[tuple[str, pd.Timestamp], str]:
    """Area and period_end -> the smaller areas in it that do not take part, in words."""
    below = _one_level_down(counts, area_type)
    lacking = below[~below["status"].isin(FULL_RETURNS)]
    named = (lacking["part"].map(counts.areas.name) + " (" + lacking["part"] + ")").groupby(
        [lacking["area"], lacking["period_end"]]
    )
    return {cell: f"{', '.join(names)}, without a full return" for cell, names in named}


def _smaller_areas(counts: Counts, area_type: str) -> pd.DataFrame:
    """The areas one level down, as published. Only those with a full return take part."""
    below = _one_level_down(counts, area_type)
    full = below[below["status"].isin(FULL_RETURNS) & below["expected"].notna()]
    return full.rename(columns={"count": "observed"})[PART]


def _one_level_down(counts: Counts, area_type: str) -> pd.DataFrame:
    """Values of the smaller areas as ``part``, with the area they lie in."""
    above = counts.catalogue.area_types[area_type]
    below = counts.of_type(above.rolls_up_from)
    members = gather.members_of(above, above.rolls_up_from, counts.areas)
    return below.assign(part=below["area"], area=below["area"].map(members)).dropna(subset=["area"])


def _rates(counts: Counts, area_type: str) -> pd.DataFrame:
    """Specialties of a rate: all that the country has in the period, because none of one is a count of zero."""
    own = _sums(counts, area_type, SPECIALTY)
    whole = _sums_of_country(counts, SPECIALTY).merge(_country(counts), on="period_end")
    whole["rate"] = whole["observed"] / whole["country_denominator"]
    areas = counts.of_type(area_type)[[*CELL, "denominator"]]
    parts = areas.merge(whole[["period_end", "part", "rate"]], on="period_end")
    parts = parts.merge(own, on=[*CELL, "part"], how="left").fillna({"observed": 0.0})
    return parts.assign(expected=parts["denominator"] * parts["rate"])[PART]


def _shares(counts: Counts, area_type: str) -> pd.DataFrame:
    """Specialties of a share, and the mix of them."""
    own, whole = _sums(counts, area_type, SPECIALTY), _sums_of_country(counts, SPECIALTY)
    whole["rate"] = whole["observed"] / whole["denominator"]
    parts = own[own["denominator"] > 0].merge(
        whole[["period_end", "part", "rate"]], on=["period_end", "part"]
    )
    parts["expected"] = parts["denominator"] * parts["rate"]
    mix = parts.groupby(CELL, as_index=False)[["denominator", "expected"]].sum()
    mix = mix.rename(columns={"expected": "observed"}).assign(part=MIX)
    return pd.concat([parts[PART], _at_country_s_rate(mix, counts)[PART]], ignore_index=True)


def _providers(counts: Counts, area_type: str) -> pd.DataFrame:
    own = _sums(counts, area_type, PROVIDER)
    return _at_country_s_rate(own[own["denominator"] > 0], counts)[PART]


def _at_country_s_rate(parts: pd.DataFrame, counts: Counts) -> pd.DataFrame:
    parts = parts.merge(_country(counts), on="period_end")
    rate = parts["country_count"] / parts["country_denominator"]
    return parts.assign(expected=parts["denominator"] * rate)


def _country(counts: Counts) -> pd.DataFrame:
    whole = counts.of_type("country")[["period_end", "count", "denominator"]]
    return whole.rename(columns={"count": "country_count", "denominator": "country_denominator"})


def _sums_of_country(counts: Counts, column: str) -> pd.DataFrame:
    """Of the areas that the country's own figure is made of."""
    own = _sums(counts, counts.indicator.area_types[0], column)
    return own.groupby(["period_end", "part"], as_index=False).sum(numeric_only=True)


def _sums(counts: Counts, area_type: str, column: str) -> pd.DataFrame:
    """Area, period_end, part and ``observed``; for shares ``denominator``, too."""
    if (area_type, column) in counts.sums:
        return counts.sums[area_type, column]
    if area_type in TIDIED[counts.indicator.numerator.table].area_columns:
        found = _sums_of_base(counts, area_type, column)
    else:
        above = counts.catalogue.area_types[area_type]
        members = gather.members_of(above, above.rolls_up_from, counts.areas)
        found = _sums(counts, above.rolls_up_from, column)
        found = found.assign(area=found["area"].map(members))
        found = found.groupby([*CELL, "part"], as_index=False).sum()
    return counts.sums.setdefault((area_type, column), found)


def _sums_of_base(counts: Counts, base: str, column: str) -> pd.DataFrame:
    """Of the areas that the larger ones' figures are made of: those that are not missing."""
    sides = {"observed": counts.indicator.numerator}
    if count.same_rows(counts.indicator):
        sides["denominator"] = counts.indicator.denominator
    found = pd.concat(
        [_side(counts, side, base, column).rename(name) for name, side in sides.items()], axis=1
    )
    found = found.fillna(0.0).reset_index().rename(columns={column: "part"})
    published = counts.of_type(base)
    return found.merge(published.loc[published["status"] != "missing", CELL], on=CELL)


def _side(counts: Counts, side: Counted, base: str, column: str) -> pd.Series:
    """One side's count by today's area, period and ``column``, whose rows for all together are left out."""
    wanted = side.model_copy(update={"where": {on: is_ for on, is_ in side.where.items() if on != column}})
    of_side = "numerator" if side is counts.indicator.numerator else "denominator"
    paired = count.paired_measures(counts.indicator)[of_side]
    sums = counts.inputs.sums(wanted, Grain(base, counts.indicator.period, also_by=column), paired)
    sums = sums[sums[column] != ALL_SPECIALTIES]
    cells = sums[CELL].drop_duplicates()
    spoken = cells.assign(area=counts.areas.spoken(base, cells["area"]), published=cells["area"])
    of_the_period = TIDIED[side.table].areas_of_the_period
    placed = restate.shared_out(spoken, counts.areas.succession(base), [], of_the_period)
    placed = placed.dropna(subset=["area"]).drop(columns="old")
    sums = sums.rename(columns={"area": "published"}).merge(placed, on=["published", "period_end"])
    return (sums["count"] * sums["share"]).groupby([sums[key] for key in (*CELL, column)]).sum()
