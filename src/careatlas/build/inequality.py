"""The table ``inequality``: an indicator by fifth of deprivation, and its slope, so that a good average cannot hide
a bad gradient.

Areas are put in order by deprivation and cut into fifths of the people, at the finest type that the indicator
has. A fifth's value comes from its sums by the indicator's own method; a standardised rate or a mean, which has
no sums here, is the mean of its areas' values, weighted by whom they stand for.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from careatlas.build.area_maps import AreaMaps, area_maps
from careatlas.build.covariates import at_periods
from careatlas.build.denominators import of_named_edition, people_in_force
from careatlas.build.estimate import method_named
from careatlas.catalogue.covariate import Covariate
from careatlas.catalogue.indicator import Indicator
from careatlas.engine.tables import RELEASE
from careatlas.methods.estimate import Estimate, Numbers, divide
from careatlas.methods.inequality import (
    SlopeIndex,
    slope_index,
    slope_index_of_proportions,
    slope_index_of_rates,
)
from careatlas.methods.intervals import normal_quantile

DEPRIVATION = "deprivation"
FIFTHS, FEWEST_AREAS, DRAWS = 5, 10, 20_000
GROUPS = [*(f"fifth_{number}" for number in range(1, FIFTHS + 1)), "sii", "rii"]
SUMMED = ("crude_rate", "need_weighted_rate", "proportion")
NO_EVENTS = "a fifth has no event, or nothing but events: no slope"
COUNTING_ONLY = "limits by counting error only: areas of one fifth differ by more"
NO_RATIO = "the line comes too near to zero for a ratio"
WEIGHTED_MEAN = "mean of the areas' values, weighted by whom they stand for"


def inequality(
    values: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    declared: Mapping[str, Covariate],
    covariates: pd.DataFrame,
    denominators: pd.DataFrame,
) -> pd.DataFrame:
    """Rows of the ``inequality`` table: every indicator at its finest area type, every period."""
    rows: list[dict[str, object]] = []
    for maps in area_maps(values, indicators, FEWEST_AREAS):
        if DEPRIVATION in declared and maps.area_type == maps.indicator.area_types[0]:
            ends, people = maps.periods["period_end"], _people(denominators, maps)
            deprivation = at_periods(covariates, [declared[DEPRIVATION]], maps.area_type, maps.areas, ends)[
                ..., 0
            ]
            is_known = ~np.isnan(maps.numbers["value"])
            fifth = np.stack([fifths(*period) for period in zip(deprivation, people, is_known, strict=True)])
            rows += _rows(maps, fifth)
    return pd.DataFrame(rows, columns=RELEASE["inequality"].column_names)


def fifths(deprivation: Numbers, people: Numbers, is_known: np.ndarray) -> np.ndarray:
    """0 (most deprived) to 4 of each area, by where the middle of its people falls; -1 where not known.

    Four areas of 10 people and one of 60: it reaches from a tenth of the people to seven tenths, and its middle,
    four tenths, lies in the third fifth.

    >>> fifths(np.array([50.0, 40.0, 30.0, 20.0, 10.0]), np.array([10, 60, 10, 10, 10.0]), np.ones(5, bool))
    array([0, 2, 3, 4, 4])
    """
    placed = np.flatnonzero(is_known & ~np.isnan(deprivation + people))
    order = placed[np.argsort(-deprivation[placed], kind="stable")]
    middle = (np.cumsum(people[order]) - people[order] / 2) / people[order].sum()
    found = np.full(len(deprivation), -1)
    found[order] = np.minimum((middle * FIFTHS).astype(int), FIFTHS - 1)
    return found


def _people(denominators: pd.DataFrame, maps: AreaMaps) -> Numbers:
    """Residents of each area in each period, else those registered: fifths hold alike many people."""
    rows, ends = of_named_edition(denominators, maps.indicator), maps.periods["period_end"]
    for counted in ("resident", "registered"):
        people = people_in_force(rows, counted, maps.area_type, maps.areas, ends)
        if people is not None:
            return people
    return np.full((len(ends), len(maps.areas)), np.nan)


def _rows(maps: AreaMaps, fifth: np.ndarray) -> list[dict[str, object]]:
    """Seven rows a period in which every fifth has an area."""
    is_in = fifth[:, None] == np.arange(FIFTHS)[:, None]  # [period, fifth, area]
    areas = is_in.sum(axis=-1)
    kept = np.flatnonzero((areas > 0).all(axis=-1))
    if not len(kept):
        return []
    sums = {
        name: np.nansum(np.where(is_in[kept], maps.numbers[name][kept][:, None], 0), axis=-1)
        for name in ("count", "denominator")
    }
    found = _values(maps, is_in[kept], kept, sums)
    slopes = _slopes(maps.indicator, found, sums["denominator"])
    is_mean = maps.indicator.method not in SUMMED
    rows = []
    for place, period in enumerate(kept):
        shared = maps.keys(int(period))
        for group in range(FIFTHS):
            figures = {name: float(each[place, group]) for name, each in sums.items()}
            own = {"group": GROUPS[group], "areas": int(areas[period, group]), **figures}
            rows.append(shared | own | _limits(*(each[place, group] for each in found)))
            rows[-1]["note"] = WEIGHTED_MEAN if is_mean else None
        for name, low, high, why in (
            ("sii", "sii_lower", "sii_upper", NO_EVENTS),
            ("rii", "rii_lower", "rii_upper", NO_RATIO),
        ):
            three = _limits(*(getattr(slopes, each)[place] for each in (name, low, high)))
            own = {"group": name, "areas": int(areas[period].sum()), "count": np.nan, "denominator": np.nan}
            note = why if np.isnan(three["value"]) else COUNTING_ONLY
            rows.append(shared | own | three | {"note": note})
    return rows


def _limits(value: float, lower: float, upper: float) -> dict[str, float]:
    return {"value": float(value), "lower_95": float(lower), "upper_95": float(upper)}


def _values(maps: AreaMaps, is_in: np.ndarray, kept: np.ndarray, sums: dict[str, Numbers]) -> Estimate:
    """Of each fifth ``[period, fifth]``."""
    indicator = maps.indicator
    if indicator.method in SUMMED:
        return method_named(indicator.method)(**sums, multiplier=indicator.multiplier)
    value, lower, upper, weight = (
        np.where(is_in, maps.numbers[name][kept][:, None], np.nan)
        for name in ("value", "lower_95", "upper_95", "denominator")
    )
    is_known = ~np.isnan(value + lower + upper + weight)
    share = np.where(is_known, weight, 0)
    share = divide(share, share.sum(axis=-1, keepdims=True))
    mean = np.nansum(share * value, axis=-1)
    below, above = (
        np.sqrt(np.nansum((share * side) ** 2, axis=-1)) for side in (value - lower, upper - value)
    )
    return Estimate(mean, mean - below, mean + above)


def _slopes(indicator: Indicator, found: Estimate, people: Numbers) -> SlopeIndex:
    """Both indices of each period; NaN where a fifth has nothing to take a logarithm of."""
    if indicator.method == "proportion":
        scaled = [each / indicator.multiplier for each in found]
        is_usable = ((scaled[0] > 0) & (scaled[0] < 1)).all(axis=-1, keepdims=True)
        slopes = slope_index_of_proportions(
            *(np.where(is_usable, each, np.nan) for each in scaled), people, draws=DRAWS
        )
        in_units = {
            name: getattr(slopes, name) * indicator.multiplier for name in ("sii", "sii_lower", "sii_upper")
        }
        return slopes._replace(**in_units)
    if indicator.method == "mean":
        error = (found.upper - found.lower) / (2 * normal_quantile(0.95))
        return slope_index(found.value, error, people)
    is_usable = (found.lower > 0).all(axis=-1, keepdims=True)
    return slope_index_of_rates(*(np.where(is_usable, each, np.nan) for each in found), people)
