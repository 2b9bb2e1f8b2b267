"""The tables ``shares`` and ``gaps``: what separates areas, and what one area's distance from the country is made of.

Need comes from the covariates that the indicator names, each with its sign; supply likewise. Need-weighted
indicators start from the people registered: the weighting is then the one step called need, and nothing is
adjusted twice. Where a covariate rests on diagnoses by the providers compared, the shares are given without
it, too. Where twelve periods or more follow one another without a break, a period's answer rests on the twelve up
to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from careatlas.build.area_maps import AreaMaps, area_maps, borders
from careatlas.build.covariates import at_periods
from careatlas.build.denominators import of_named_edition, people_in_force
from careatlas.build.explained_rows import gap_rows, share_rows
from careatlas.catalogue.covariate import Covariate
from careatlas.catalogue.indicator import Indicator
from careatlas.engine.tables import RELEASE
from careatlas.methods.estimate import Numbers, divide
from careatlas.methods.gap_parts import gap_parts, gap_parts_of_periods
from careatlas.methods.waterfall import waterfall, waterfall_of_periods
from careatlas.present.periods import unbroken

FEWEST_AREAS, ENOUGH_PERIODS, DRAWS = 30, 12, 400
KNOWN_SHARE = (
    0.9  # of the areas: a covariate known of fewer is left out, so that it does not take them with it
)


def explanations(
    values: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    declared: Mapping[str, Covariate],
    found: Mapping[str, pd.DataFrame],
) -> dict[str, pd.DataFrame]:
    """Rows of both tables. ``found``: the release tables covariates, denominators and neighbours."""
    rows: dict[str, list[pd.DataFrame]] = {
        name: [pd.DataFrame(columns=RELEASE[name].column_names)] for name in ("shares", "gaps")
    }
    for maps in area_maps(values, indicators, FEWEST_AREAS):
        border = borders(found["neighbours"], maps.area_type, maps.areas)
        if border is None or maps.events() is None:
            continue
        for windows in _windows(maps, found["denominators"]):
            model = _model(windows, declared, _of_edition(maps.indicator, declared, found))
            parts = _apply(gap_parts, gap_parts_of_periods, windows, border, model)
            rows["gaps"].append(gap_rows(maps, windows.ends, windows.periods, parts))
            rows["shares"].append(
                share_rows(maps, windows.ends, windows.periods, "all", parts.bars, model.note)
            )
            if model.has_tainted:
                bars = _apply(waterfall, waterfall_of_periods, windows, border, model.untainted())
                rows["shares"].append(
                    share_rows(maps, windows.ends, windows.periods, "untainted", bars, model.note)
                )
    filled = {name: [table for table in tables if len(table)] or tables for name, tables in rows.items()}
    return {name: pd.concat(tables, ignore_index=True) for name, tables in filled.items()}


@dataclass(frozen=True)
class _Windows:
    """``ends``, the numbers of the last period of each window; ``observed`` and ``expected`` of each, ``[window,
    area]`` of one period or ``[window, area, period]``."""

    maps: AreaMaps
    ends: np.ndarray
    observed: Numbers
    expected: Numbers

    @property
    def periods(self) -> int:
        return self.observed.shape[2] if self.observed.ndim == 3 else 1


@dataclass(frozen=True)
class _Model:
    """What may explain: the sign of each covariate of need, the covariates of supply, and the values of all
    ``[window, area]``. ``note`` names those that are known of too few areas."""

    need: Mapping[str, int]
    supply: tuple[str, ...]
    values: Mapping[str, Numbers]
    tainted: frozenset[str]
    note: str | None

    @property
    def has_tainted(self) -> bool:
        return bool(self.tainted & {*self.need, *self.supply})

    def untainted(self) -> "_Model":
        need = {covariate: sign for covariate, sign in self.need.items() if covariate not in self.tainted}
        supply = tuple(covariate for covariate in self.supply if covariate not in self.tainted)
        return replace(self, need=need, supply=supply)

    def blocks(self) -> dict[str, Numbers]:
        named = {"need": self.need, "supply": self.supply}
        return {
            name: np.stack([self.values[covariate] for covariate in covariates], axis=-1)
            for name, covariates in named.items()
            if covariates
        }


def _apply(of_one_period, of_periods, windows: _Windows, border: Numbers, model: _Model):
    method = of_one_period if windows.periods == 1 else of_periods
    signs = {"need": list(model.need.values())} if model.need else {}
    return method(windows.observed, windows.expected, border, model.blocks(), signs, draws=DRAWS)


def _windows(maps: AreaMaps, denominators: pd.DataFrame) -> Iterator[_Windows]:
    """Each period by itself while fewer than twelve follow one another up to it, then twelve at a time.

    An area without a full return in the last period is left out of the window."""
    observed, expected = maps.events()
    if maps.indicator.method == "need_weighted_rate" and maps.indicator.need:
        expected = _at_rate_of_registered(maps, expected, denominators)
    ends = np.flatnonzero((~np.isnan(observed + expected)).sum(axis=-1) >= FEWEST_AREAS)
    periods = list(maps.periods.itertuples(index=False, name=None))
    is_long = np.array([len(unbroken(periods, periods[end])) >= ENOUGH_PERIODS for end in ends], bool)
    short, long = ends[~is_long], ends[is_long]
    if len(short):
        yield _Windows(maps, short, observed[short], expected[short])
    if len(long):
        back = long[:, None] + np.arange(1 - ENOUGH_PERIODS, 1)
        is_known = ~np.isnan(observed[long])[:, None]
        both = (np.where(is_known, each[back], np.nan).swapaxes(1, 2) for each in (observed, expected))
        yield _Windows(maps, long, *both)


def _at_rate_of_registered(maps: AreaMaps, expected: Numbers, denominators: pd.DataFrame) -> Numbers:
    """What would be expected if people counted alike, with or without need: by the people registered."""
    rows = of_named_edition(denominators, maps.indicator)
    ends = maps.periods["period_end"]
    registered = people_in_force(rows, "registered", maps.area_type, maps.areas, ends)
    if registered is None:
        return np.full(expected.shape, np.nan)
    is_known = ~np.isnan(registered + expected)
    sums = (np.where(is_known, each, 0).sum(axis=-1, keepdims=True) for each in (expected, registered))
    return registered * divide(*sums)


def _of_edition(
    indicator: Indicator, declared: Mapping[str, Covariate], found: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """The covariates; where the indicator names an edition of its people, those of the same table in that edition."""
    rows, counted, people = found["covariates"], indicator.denominator, found["denominators"]
    if counted is None or counted.edition is None:
        return rows
    of_table = [id for id, each in declared.items() if each.numerator.table == counted.table]
    own = of_named_edition(people[people["source"] == counted.table], indicator)
    starts = pd.to_datetime(own["period_start"]).unique()
    return rows[~rows["covariate"].isin(of_table) | pd.to_datetime(rows["period_start"]).isin(starts)]


def _model(windows: _Windows, declared: Mapping[str, Covariate], rows: pd.DataFrame) -> _Model:
    """The indicator's covariates, as known of its areas by the end of each window."""
    maps, indicator = windows.maps, windows.maps.indicator
    named = [*(each.covariate for each in indicator.need), *indicator.supply]
    wanted = [declared[covariate] for covariate in named]
    ends = maps.periods["period_end"].iloc[windows.ends]
    values = at_periods(rows, wanted, maps.area_type, maps.areas, ends)
    is_in = ~np.isnan(windows.observed.reshape(*values.shape[:2], -1)[..., -1])
    known = dict.fromkeys(named, 0.0) | {
        covariate: (~np.isnan(values[is_in][:, column])).mean() for column, covariate in enumerate(named)
    }
    kept = [covariate for covariate in named if known[covariate] >= KNOWN_SHARE]
    left_out = [declared[covariate].short_title for covariate in named if covariate not in kept]
    return _Model(
        need={each.covariate: each.sign for each in indicator.need if each.covariate in kept},
        supply=tuple(covariate for covariate in indicator.supply if covariate in kept),
        values={covariate: values[..., named.index(covariate)] for covariate in kept},
        tainted=frozenset(each.id for each in wanted if each.measured_by_providers),
        note=f"not known of enough areas, so left out: {', '.join(left_out)}" if left_out else None,
    )
