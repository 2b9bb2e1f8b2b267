"""What is known of each area that may explain why it differs: sums of tidied tables, rolled up area by area.

A larger area's value is made of the sums of its parts. Where one part is not known, neither is the whole: a board
is not as deprived as those of its neighbourhoods that happen to be on file.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from careatlas.build.areas import Areas
from careatlas.build.gather import members_of, path_up
from careatlas.catalogue.area import AreaType
from careatlas.catalogue.covariate import SMALL_AREA, Covariate, area_columns, counted_base
from careatlas.catalogue.indicator import Counted
from careatlas.engine.tables import RELEASE, TIDIED

PERIOD = ["period_start", "period_end"]
KEYS = ["area", *PERIOD]
COUNTRY = "country"
Small = Callable[[str], pd.DataFrame]


def covariates(
    declared: Mapping[str, Covariate], areas: Areas, area_types: Mapping[str, AreaType], small: Small
) -> pd.DataFrame:
    """Rows of the table ``covariates``: every declared one whose tables are on file, at every area type it reaches."""
    rows, small = [pd.DataFrame(columns=RELEASE["covariates"].column_names)], cache(small)
    for covariate in declared.values():
        tables = {counted.table for counted in covariate.counted.values()}
        if all(len(small(table)) for table in tables):
            rows += _at_each_level(covariate, areas, area_types, small)
    return pd.concat([each for each in rows if len(each)] or rows, ignore_index=True)


def at_period(
    rows: pd.DataFrame,
    wanted: Sequence[Covariate],
    area_type: str,
    areas: Sequence[str],
    period_end: date | pd.Timestamp,
) -> np.ndarray:
    """``[area, covariate]`` as models use them, by the end of one period: see ``at_periods``."""
    return at_periods(rows, wanted, area_type, areas, [period_end])[0]


def at_periods(
    rows: pd.DataFrame,
    wanted: Sequence[Covariate],
    area_type: str,
    areas: Sequence[str],
    period_ends: Sequence[date | pd.Timestamp],
) -> np.ndarray:
    """``[period, area, covariate]`` on their own scale, of the latest period of each that had begun by then.

    Where all are later the earliest stands in: how deprived a place is changes slowly, and nothing else is known.
    NaN where an area has none. ``rows`` are those of the table ``covariates``.
    """
    ends = pd.to_datetime(pd.Series(period_ends)).to_numpy()
    found = np.full((len(ends), len(areas), len(wanted)), np.nan)
    of_type = rows[rows["area_type"] == area_type]
    for column, covariate in enumerate(wanted):
        own = of_type[of_type["covariate"] == covariate.id]
        if len(own):
            by_start = own.assign(period_start=pd.to_datetime(own["period_start"]))
            wide = by_start.pivot(index="period_start", columns="area", values="value").reindex(columns=areas)
            begun = np.searchsorted(wide.index.to_numpy(), ends, side="right")
            values = wide.to_numpy(float)[np.maximum(begun - 1, 0)]
            found[..., column] = np.log(values) if covariate.scale == "log" else values
    return found


def _at_each_level(
    covariate: Covariate, areas: Areas, area_types: Mapping[str, AreaType], small: Small
) -> list[pd.DataFrame]:
    bases: dict[str, pd.DataFrame] = {}
    levels = []
    for area_type in sorted(area_types, key=lambda id: area_types[id].order):
        base = counted_base(covariate, area_type, dict(area_types))
        if base is None:
            continue
        if base not in bases:
            bases[base] = _known_of_everyone(
                covariate, _sums(covariate, base, areas, small), areas.current(base)
            )
        sums, below = bases[base], base
        for above in path_up(area_type, base, area_types):
            sums, below = _rolled_up(sums, members_of(area_types[above], below, areas)), above
        levels.append(_rows(covariate, area_type, sums))
    if bases and covariate.area_types is None:
        smallest = next(iter(bases.values()))
        everyone = dict.fromkeys(smallest["area"], areas.country.code)
        levels.append(_rows(covariate, COUNTRY, _rolled_up(smallest, everyone)))
    return levels


def _sums(covariate: Covariate, base: str, areas: Areas, small: Small) -> pd.DataFrame:
    """Numerator and denominator by area and period. Where both are of the same rows, a row that lacks one is left
    out of both."""
    top, bottom = covariate.numerator, covariate.denominator
    if bottom is None:
        return _side(top, [top.measure], base, areas, small).rename(columns={top.measure: "numerator"})
    if (top.table, top.where) == (bottom.table, bottom.where):
        both = _side(top, [top.measure, bottom.measure], base, areas, small)
        return both.rename(columns={top.measure: "numerator", bottom.measure: "denominator"})
    above = _side(top, [top.measure], base, areas, small).rename(columns={top.measure: "numerator"})
    below = _side(bottom, [bottom.measure], base, areas, small).rename(
        columns={bottom.measure: "denominator"}
    )
    if covariate.none_unless_named is None:
        return above.merge(below, on=[key for key in KEYS if key in below])
    listed = _listed(covariate.none_unless_named, base, areas, small)
    return _with_zeros(above, below, listed, top.table == bottom.table)


def _listed(table: str, base: str, areas: Areas, small: Small) -> set[str]:
    """Every area that a table names in any period."""
    rows = small(table)
    if "area_type" in rows:
        rows = rows[rows["area_type"] == base]
    return set(areas.resolve(base, rows[TIDIED[table].area_columns[base]]).dropna())


def _with_zeros(
    above: pd.DataFrame, below: pd.DataFrame, listed: set[str], is_one_return: bool
) -> pd.DataFrame:
    """Both sides of those ``listed``, with 0 for who has none of what is counted: whoever is never named above, or is
    named in the same return for other things (``is_one_return``). Who sent none this time is left out."""
    periods = (below if is_one_return else above)[PERIOD].drop_duplicates()
    above = above.astype({"area": below["area"].dtype})  # of no rows at all, text is not known to be text
    both = below.merge(periods, on=PERIOD).merge(above, on=KEYS, how="left")
    has_none = is_one_return | ~both["area"].isin(above["area"])
    both["numerator"] = both["numerator"].mask(both["numerator"].isna() & has_none, 0.0)
    nothing = pd.DataFrame({"area": sorted(listed - set(below["area"]))}).merge(periods, how="cross")
    parts = [each for each in (both, nothing.assign(numerator=0.0, denominator=0.0)) if len(each)]
    both = pd.concat(parts or [both], ignore_index=True)
    return both[both["area"].isin(listed)].dropna(subset=["numerator"])


def _side(counted: Counted, measures: list[str], base: str, areas: Areas, small: Small) -> pd.DataFrame:
    rows, column = _placed(small(counted.table), area_columns(counted)[base], small)
    for name, wanted in counted.equal_to.items():
        rows = rows[rows[name].isin(wanted)]
    if counted.age_from is not None:
        rows = rows[rows[TIDIED[counted.table].age] >= counted.age_from]
    if counted.age_to is not None:
        rows = rows[rows[TIDIED[counted.table].age] <= counted.age_to]
    if "area_type" in rows:
        rows = rows[rows["area_type"] == base]
    if "vintage" in rows:  # a table without periods: its latest edition serves all of them
        rows = rows[rows["vintage"] == rows["vintage"].max()]
    keys = [key for key in KEYS if key == "area" or key in rows]
    rows = rows.assign(area=areas.resolve(base, rows[column])).dropna(subset=["area", *measures])
    return rows.groupby(keys, as_index=False)[measures].sum()


def _placed(rows: pd.DataFrame, column: str, small: Small) -> tuple[pd.DataFrame, str]:
    """What is by small area, by the sub-ICB location that the latest look-up places it in; and the area's column."""
    if column != SMALL_AREA:
        return rows, column
    latest = small("small_areas").sort_values("vintage").drop_duplicates(SMALL_AREA, keep="last")
    return rows.assign(area=rows[SMALL_AREA].map(latest.set_index(SMALL_AREA)["sub_icb"])), "area"


def _known_of_everyone(covariate: Covariate, sums: pd.DataFrame, everyone: list[str]) -> pd.DataFrame:
    """Every area in every period, with nothing where nothing is known. Of what is for some types only nothing is
    rolled up, and the many that send no such return need no rows."""
    if covariate.area_types is not None:
        return sums[sums["area"].isin(everyone)]
    periods = sums[PERIOD].drop_duplicates()
    return pd.DataFrame({"area": everyone}).merge(periods, how="cross").merge(sums, on=KEYS, how="left")


def _rolled_up(sums: pd.DataFrame, above: Mapping[str, str]) -> pd.DataFrame:
    sums = sums.assign(area=sums["area"].map(above)).dropna(subset=["area"])
    grouped = sums.groupby(KEYS)
    figures = [name for name in ("numerator", "denominator") if name in sums]
    whole = grouped[figures].count().eq(grouped.size(), axis=0)
    return grouped[figures].sum().where(whole).reset_index()


def _rows(covariate: Covariate, area_type: str, sums: pd.DataFrame) -> pd.DataFrame:
    value = sums["numerator"] * covariate.multiplier
    if "denominator" in sums:
        value = value / sums["denominator"].where(sums["denominator"] > 0)
        if covariate.none_unless_named is not None:
            value = value.mask((sums["numerator"] == 0) & (sums["denominator"] == 0), 0.0)
    tables = [counted.table for counted in covariate.counted.values()]
    if SMALL_AREA in TIDIED[tables[0]].area_columns:
        tables.append("small_areas")
    return sums[KEYS].assign(
        covariate=covariate.id,
        area_type=area_type,
        value=value,
        source=", ".join(dict.fromkeys(tables)),
    )
