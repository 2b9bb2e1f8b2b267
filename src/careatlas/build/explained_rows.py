"""Rows of the tables ``shares`` and ``gaps`` from what the methods answer."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from careatlas.build.area_maps import AreaMaps
from careatlas.engine.tables import RELEASE
from careatlas.methods.estimate import Numbers
from careatlas.methods.gap_parts import GapParts
from careatlas.methods.waterfall import Waterfall

DECIMALS_OF_PERCENT = 2  # a hundredth of the narrowest interval; a third of the room on disk
EXACT_STEPS = 2.0**40  # shares are whole numbers of these, so that they sum to 1 to the last digit


def share_rows(
    maps: AreaMaps, ends: Sequence[int], periods: int, covariates: str, bars: Waterfall, note: str | None
) -> pd.DataFrame:
    """One row a window and component. Shares are signed, because only then do they sum to 1; what is below
    zero is noted so, and is drawn as none."""
    rows = []
    for window, end in enumerate(ends):
        if np.isnan(bars.total[window]):
            continue
        exact = exact_shares(bars.variance[window] / bars.total[window])
        for place, component in enumerate(bars.component):
            words = [
                str(bars.note[window, place]),
                note if component in ("need", "supply", "unexplained") else "",
            ]
            rows.append(
                maps.keys(end)
                | {
                    "periods": periods,
                    "covariates": covariates,
                    "component": component.replace(" ", "_"),
                    "share": exact[place],
                    "lower": bars.lower[window, place],
                    "upper": bars.upper[window, place],
                    "note": "; ".join(word for word in words if word) or None,
                }
            )
    return pd.DataFrame(rows, columns=RELEASE["shares"].column_names)


def exact_shares(share: Numbers) -> Numbers:
    """The shares, changed by less than a millionth of a millionth, such that floats add them to exactly 1."""
    steps = np.round(share * EXACT_STEPS)
    steps[np.argmax(steps)] += EXACT_STEPS - steps.sum()
    return steps / EXACT_STEPS


def gap_rows(maps: AreaMaps, ends: Sequence[int], periods: int, parts: GapParts) -> pd.DataFrame:
    """One row a window, known area and component; the verdict stands on the row of all."""
    window, area = np.nonzero(parts.verdict != "")
    components = [component.replace(" ", "_") for component in parts.component]
    each = len(components)
    at = maps.periods.iloc[np.asarray(ends)[window]]
    verdict = np.full((len(window), each), None, dtype=object)
    verdict[:, 0] = parts.verdict[window, area]
    columns = {
        "indicator": maps.indicator.id,
        "area_type": maps.area_type,
        "area": np.repeat(np.array(maps.areas, dtype=object)[area], each),
        "period_start": np.repeat(at["period_start"].to_numpy(), each),
        "period_end": np.repeat(at["period_end"].to_numpy(), each),
        "periods": periods,
        "component": np.tile(np.array(components, dtype=object), len(window)),
        "percent": parts.percent[window, area].ravel().round(DECIMALS_OF_PERCENT),
        "lower": parts.lower[window, area].ravel().round(DECIMALS_OF_PERCENT),
        "upper": parts.upper[window, area].ravel().round(DECIMALS_OF_PERCENT),
        "verdict": verdict.ravel(),
    }
    return pd.DataFrame(columns, columns=RELEASE["gaps"].column_names)
