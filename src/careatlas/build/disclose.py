"""Disclosure control: what record-level inputs may say of small numbers.

Published files are already protected by their publisher. Tables marked ``restricted`` are not: counts of 1 to 7 are
hidden and others rounded to 5, and where hiding one area would let it be worked out from its parent's total, its
smallest sibling is hidden with it.
"""

import numpy as np
import pandas as pd

from careatlas.build.estimate import LIMITS
from careatlas.engine.tables import TIDIED
from careatlas.methods.disclosure import hide_small_siblings

WHY = "hidden: fewer than 8 events here or in an area it could be worked out from"


def protect(values: pd.DataFrame, table: str, parents: dict[str, str]) -> pd.DataFrame:
    """``values`` of one indicator and area type as they may be published."""
    if not TIDIED[table].restricted:
        return values
    values = values.reset_index(drop=True)
    groups = values.groupby(
        [values["area"].map(parents).fillna(""), values["period_end"]], sort=False
    ).indices
    for rows in groups.values():
        shown, hidden = hide_small_siblings(values.loc[rows, "count"].to_numpy(float))
        values.loc[rows, "count"] = shown
        concealed = np.asarray(rows)[hidden]
        values.loc[concealed, ["count", "value", "expected", *LIMITS]] = np.nan
        values.loc[concealed, "status"], values.loc[concealed, "note"] = "hidden", WHY
    return values
