"""Values as their publisher issued them: read from the table, area by area, and never summed or worked out again.

For indicators by the method ``published``. The country's figure is the publisher's own too, because a standardised rate
of a country is not the sum of its parts. An area without a value, or with one that has no limits, is missing.
"""

import numpy as np
import pandas as pd

from careatlas.build.areas import Areas
from careatlas.build.count import SUMS, Grain
from careatlas.build.gather import KEYS, Gathered, Inputs
from careatlas.catalogue.indicator import Indicator
from careatlas.errors import DefinitionError

METHOD, COUNTRY = "published", "country"
ISSUED = ["published_value", "published_lower_95", "published_upper_95"]


def published_levels(indicator: Indicator, inputs: Inputs, areas: Areas) -> dict[str, Gathered]:
    """The indicator at each of its area types, and of the whole country."""
    return {
        area_type: _gathered(indicator, area_type, inputs, areas)
        for area_type in (*indicator.area_types, COUNTRY)
    }


def _gathered(indicator: Indicator, area_type: str, inputs: Inputs, areas: Areas) -> Gathered:
    """One row for every area and period, published or not."""
    issued = inputs.published(indicator.numerator, Grain(area_type, indicator.period))
    _refuse_several_rows(issued, indicator)
    if area_type == COUNTRY:
        everyone, issued = [areas.country.code], issued.assign(area=areas.country.code)
    else:
        everyone, issued = (
            areas.current(area_type),
            issued.assign(area=areas.spoken(area_type, issued["area"])),
        )
    periods = issued[["period_start", "period_end"]].drop_duplicates()
    frame = pd.DataFrame({"area": everyone}, dtype=object).merge(periods, how="cross")
    frame = frame.merge(issued, on=KEYS, how="left")
    is_known = frame[ISSUED].notna().all(axis=1)
    frame["status"] = np.select([~is_known, frame["count"] == 0], ["missing", "zero"], "reported")
    frame["note"] = np.select(
        [frame["rows"].isna(), ~is_known], ["not in the publication", "the publisher withholds the value"], ""
    )
    frame.loc[~is_known, "count"] = np.nan
    unstated = [*(name for name in SUMS if name not in frame), "denominator"]
    return Gathered(frame.assign(**dict.fromkeys(unstated, np.nan)), strata=None)


def _refuse_several_rows(issued: pd.DataFrame, indicator: Indicator) -> None:
    several = issued[issued["rows"] > 1]
    if len(several):
        first = several.iloc[0]
        raise DefinitionError(
            indicator.id,
            f"{first['rows']} published values are meant for {first['area']} in one period.",
            "Say more under where (sex, age, cause), so that one row is left: values are never added up.",
        )
