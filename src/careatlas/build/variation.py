"""The table ``variation``: how much areas differ by every index, each beside what chance alone would give."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from careatlas.build.area_maps import AreaMaps, area_maps, borders, with_islands_linked
from careatlas.catalogue.indicator import Indicator
from careatlas.engine.tables import RELEASE
from careatlas.methods.estimate import Numbers
from careatlas.methods.intervals import normal_quantile
from careatlas.methods.spatial import empirical_bayes_index, morans_i
from careatlas.methods.variation import Events, Indices, chance_only, indices, limits

FEWEST_AREAS = 8
AREAS_PER_ONE_CUT = 30  # as in the method: 4 of 106, 1 of 42
REPLICATES_OF_CHANCE, REPLICATES_FOR_LIMITS = 500, 200
NAMES = {  # in the table -> in the method
    "fold": "max_min",
    "fold_trimmed": "trimmed_fold",
    "ratio_5_95": "fold_5_95",
    "weighted_cv": "weighted_cv",
    "scv": "scv",
    "eb_variance": "variance",
    "shrunk_fold": "shrunk_fold",
}
WITHOUT_COUNTS = ("fold", "fold_trimmed", "ratio_5_95", "weighted_cv")
NO_COUNTS = "means have no count: what chance alone would give is not known"
FIGURES = ["value", "lower", "upper", "chance", "chance_lower", "chance_upper", "p"]


def variation(
    values: pd.DataFrame, indicators: Mapping[str, Indicator], neighbours: pd.DataFrame
) -> pd.DataFrame:
    """Rows of the ``variation`` table, for every indicator, area type of eight areas or more, and period."""
    rows = [row for maps in area_maps(values, indicators, FEWEST_AREAS) for row in _rows(maps, neighbours)]
    return pd.DataFrame(rows, columns=RELEASE["variation"].column_names)


def _rows(maps: AreaMaps, neighbours: pd.DataFrame) -> Iterator[dict[str, object]]:
    events = maps.events()
    known = maps.numbers["value"] if events is None else events.observed + events.expected
    areas = (~np.isnan(known)).sum(axis=-1)
    figures, words = _without_counts(maps) if events is None else _beside_chance(events)
    if events is not None and (border := borders(neighbours, maps.area_type, maps.areas)) is not None:
        linked, islands = with_islands_linked(border, neighbours, maps.area_type, maps.areas)
        figures["moran_i"] = _likeness_of_neighbours(events, linked)
        words["moran_i"] = (
            f"without a border, linked to the nearest: {', '.join(islands)}" if islands else None
        )
    for period in np.flatnonzero(areas >= FEWEST_AREAS):
        for index, each in figures.items():
            row = maps.keys(period) | dict(zip(FIGURES, each[:, period], strict=True))
            note = _note(index, int(areas[period]), row["value"], words.get(index))
            yield row | {"areas": int(areas[period]), "index": index, "note": note}


def _beside_chance(events: Events) -> tuple[dict[str, Numbers], dict[str, str]]:
    """Of each index: its figures ``[figure, period]``."""
    found, chance, ends = (
        indices(*events),
        chance_only(*events, replicates=REPLICATES_OF_CHANCE),
        limits(*events, replicates=REPLICATES_FOR_LIMITS),
    )
    each = (found, ends.lower, ends.upper, chance.mean, chance.lower, chance.upper, chance.p)
    return {ours: np.stack([getattr(one, its) for one in each]) for ours, its in NAMES.items()}, {}


def _without_counts(maps: AreaMaps) -> tuple[dict[str, Numbers], dict[str, str]]:
    """Of means: the indices that need no count, of value x denominator beside what the mean would give."""
    value, denominator = maps.numbers["value"], maps.numbers["denominator"]
    found: Indices = indices(value * denominator, denominator)
    nothing = np.full(len(value), np.nan)
    figures = {ours: np.stack([getattr(found, NAMES[ours]), *[nothing] * 6]) for ours in WITHOUT_COUNTS}
    return figures, dict.fromkeys(WITHOUT_COUNTS, NO_COUNTS)


def _likeness_of_neighbours(events: Events, linked: Numbers) -> Numbers:
    """Moran's I of the empirical-Bayes index; it has no limits of its own, and chance by normal theory."""
    moran = morans_i(empirical_bayes_index(*events), linked)
    with np.errstate(invalid="ignore", divide="ignore"):
        reach = normal_quantile(0.95) * np.abs((moran.value - moran.expected) / moran.z)
    nothing = np.full(len(moran.value), np.nan)
    return np.stack(
        [
            *(moran.value, nothing, nothing, moran.expected),
            *(moran.expected - reach, moran.expected + reach, moran.p_permutation),
        ]
    )


def _note(index: str, areas: int, value: float, words: str | None) -> str | None:
    said = [words] if words else []
    if index == "fold_trimmed":
        cut = round(areas / AREAS_PER_ONE_CUT)
        said.insert(
            0, f"without the {cut} highest and the {cut} lowest" if cut else "none is left out of so few"
        )
    if index == "scv" and value < 0:
        said.insert(0, "below zero: not above chance")
    if np.isnan(value):
        said.insert(0, "not defined: an area has no event")
    return "; ".join(said) or None
