"""An area's figure beside that of its peers taken together, whether the computed ones or a reader's own set.

Counts are summed and the indicator's own method gives the peers' value and limits; figures that are no quotient of
two counts (standardised, means) are averaged. Whether the two differ is by chance in the counting alone: peers
differ among themselves as well, so this says where to look, not that something is wrong. Peers without a full return
of the period take no part, and the row says how many did.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from careatlas import methods
from careatlas.methods.intervals import normal_quantile
from careatlas.methods.significance import BELOW_AND_ABOVE
from careatlas.present.numbers import is_full_return

Row = Mapping[str, Any]
OF_COUNTS = ("crude_rate", "need_weighted_rate", "proportion")
SURE = normal_quantile(0.95)


def beside_peers(own: Row, peers: Sequence[Row], indicator: Mapping[str, Any]) -> dict[str, Any] | None:
    """``value``, ``lower_95``, ``upper_95`` of the peers together, how many ``areas``, and the ``significance`` of the
    area's own figure to it; None where either has no full return. Rows of ``values`` of one period."""
    counted = [row for row in peers if is_full_return(row) and row["value"] is not None]
    if not counted or not is_full_return(own) or own["lower_95"] is None:
        return None
    value, lower, upper = _together(counted, indicator)
    if np.isnan([value, lower, upper]).any():
        return None
    # Limits may lie unevenly: each figure's own error is taken on the side that faces the other.
    is_higher = own["value"] > value
    reach = own["value"] - own["lower_95"] if is_higher else own["upper_95"] - own["value"]
    faced = upper - value if is_higher else value - lower
    differs = abs(own["value"] - value) > np.hypot(reach, faced)
    return {
        "value": value,
        "lower_95": lower,
        "upper_95": upper,
        "areas": len(counted),
        "significance": BELOW_AND_ABOVE[indicator["polarity"]][is_higher] if differs else "similar",
    }


def _together(rows: Sequence[Row], indicator: Mapping[str, Any]) -> tuple[float, float, float]:
    if indicator["method"] in OF_COUNTS:
        count, among = (sum(row[name] or 0.0 for row in rows) for name in ("count", "denominator"))
        estimate = getattr(methods, indicator["method"])([count], [among], indicator["multiplier"])
        return tuple(float(part[0]) for part in estimate)
    value = sum(row["value"] for row in rows) / len(rows)
    if any(row["lower_95"] is None for row in rows):
        return value, np.nan, np.nan
    errors = [(row["upper_95"] - row["lower_95"]) / (2 * SURE) for row in rows]
    reach = SURE * float(np.sqrt(np.sum(np.square(errors)))) / len(rows)
    return value, value - reach, value + reach
