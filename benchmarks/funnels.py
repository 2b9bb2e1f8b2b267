"""Who lies outside a funnel, for every indicator, year and area: ours by exact tails, beside PHStatsMethods."""

import warnings

import numpy as np
import pandas as pd
import PHStatsMethods as peer
from compare import Comparison, best_seconds

from careatlas.methods import funnel

MAPS, AREAS = 340, 106


def comparisons() -> list[Comparison]:
    warnings.simplefilter("ignore")  # the peer's, on small samples
    rng = np.random.default_rng(0)
    expected = rng.uniform(10, 2000, (MAPS, AREAS))
    observed = rng.poisson(expected * rng.gamma(100, 1 / 100, expected.shape)).astype(float)
    maps = [pd.DataFrame({"events": o, "expected": e}) for o, e in zip(observed, expected, strict=True)]
    theirs = best_seconds(lambda: [their_labels(each) for each in maps], 1)
    ours = best_seconds(lambda: our_labels(observed, expected), 5)
    _refuse_difference(our_labels(observed[0], expected[0]), their_labels(maps[0]))
    return [
        Comparison(
            f"{observed.size:,} funnel labels of 95 and 99.8 %",
            ours,
            f"PHStatsMethods, {MAPS} maps",
            theirs,
            ">= 200x, < .1 s",
        )
    ]


def our_labels(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """-2 to 2: outside 99.8 % or 95 % low, within, outside 95 % or 99.8 % high."""
    return sum(funnel.outlying(observed, expected, confidence) for confidence in (0.95, 0.998))


def their_labels(one_map: pd.DataFrame) -> pd.Series:
    return peer.assign_funnel_significance(one_map, "events", "ratio", denom_col="expected")["significance"]


def _refuse_difference(ours: np.ndarray, theirs: pd.Series) -> None:
    code = {"Low (0.001)": -2, "Low (0.025)": -1, "Not significant": 0, "High (0.025)": 1, "High (0.001)": 2}
    if (ours != theirs.map(code)).any():
        raise AssertionError("the two do not find the same areas outside")
