"""Disclosure control: what record-level inputs may say of small numbers.

Published files are already protected by their publisher. Tables marked ``restricted`` are not: counts of 1 to 7 are
hidden and others rounded to 5, and where hiding one area would let it be worked out from its parent's total, its
smallest sibling is hidden with it. Of an area that is hidden, the smallest part is hidden too: many a board has one
sub-area, and what is said of that is said of the board.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from careatlas.build.estimate import LIMITS
from careatlas.engine.tables import TIDIED
from careatlas.methods.disclosure import hide_small_siblings

WHY = "hidden: fewer than 8 events here or in an area it could be worked out from"
AreaPeriod = tuple[str, pd.Timestamp]


def protect(
    values: pd.DataFrame, table: str, parents: dict[str, str], hidden_above: Collection[AreaPeriod] = ()
) -> pd.DataFrame:
    """``values`` of one indicator and area type as they may be published. ``hidden_above``: what is hidden of larger
    areas."""
    if not TIDIED[table].restricted:
        return values
    values = values.reset_index(drop=True)
    groups = values.groupby(
        [values["area"].map(parents).fillna(""), values["period_end"]], sort=False
    ).indices
    for parent_and_period, rows in groups.items():
        counts = values.loc[rows, "count"].to_numpy(float)
        shown, hidden = hide_small_siblings(counts)
        if parent_and_period in hidden_above and not hidden.any():
            hidden = _smallest(counts)
        values.loc[rows, "count"] = shown
        concealed = np.asarray(rows)[hidden]
        values.loc[concealed, ["count", "value", "expected", *LIMITS]] = np.nan
        values.loc[concealed, "status"], values.loc[concealed, "note"] = "hidden", WHY
    return values


def as_shown(values: pd.DataFrame, table: str, decimals: int) -> pd.DataFrame:
    """Values and limits of a restricted table to the decimals that pages show: limits at full precision stand in a
    ratio that gives back the very count they were made from."""
    if not TIDIED[table].restricted:
        return values
    return values.assign(**values[["value", *LIMITS]].astype(float).round(decimals))


def hidden_in(values: pd.DataFrame) -> set[AreaPeriod]:
    """The areas and periods of ``values`` that are hidden."""
    hidden = values[values["status"] == "hidden"]
    return set(zip(hidden["area"], hidden["period_end"], strict=True))


def _smallest(counts: np.ndarray) -> np.ndarray:
    """Marks the smallest count above zero; none where there is none."""
    positive = np.where(counts > 0, counts, np.inf)
    return (np.arange(len(counts)) == positive.argmin()) & np.isfinite(positive)
