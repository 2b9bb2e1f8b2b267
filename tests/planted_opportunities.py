"""What areas of a simulated country truly could gain, as planted, beside what a build of it declares.

The truth is what lasts: each area's planted level without chance and without the noise that comes and goes, over
the months the table rests on, indirectly standardised as the release is. The benchmark is the mean of the five best
in truth among all good matches that the release names as peers, also where the build could not know them for the best.

A gap is measured in standard errors, of the area and of its five together, by chance and by what was planted to come
and go. Errors get smaller the longer one looks, so there are three: of all months the table rests on, of their
later half, and of one month, as one period of the table ``values`` shows the gap.
"""

import numpy as np
import pandas as pd
from planted_shares import by_area, noise_of_mean

from careatlas.engine.release import Release
from careatlas.sources.simulated_country.waiting_times import WAITS

AREA_TYPE, BEST = "sub_icb", 5


def opportunities_beside_truth(truth: dict, release: Release) -> pd.DataFrame:
    """Rows of ``opportunities`` against the best five, with ``gap`` (planted, as a share of the country's level),
    ``error``, ``error_of_half`` and ``error_of_one`` of it, ``true_amount``, ``expected`` (events a period),
    ``varies_by``, and whether the area ``changes`` in that time."""
    found = release.arrow("opportunities").to_pandas()
    found = found[(found["area_type"] == AREA_TYPE) & (found["benchmark"] == "best_five")]
    parts = []
    for id, told in truth["indicators"].items():
        rows = found[found["indicator"] == id].set_index("area")
        if "lasting_value" in told and len(rows):
            planted = _planted(truth, release, id, int(rows["periods"].iloc[0]))
            parts.append(rows.join(planted).assign(varies_by=told["varies_by"]).reset_index())
    return pd.concat(parts, ignore_index=True)


def _planted(truth: dict, release: Release, indicator: str, periods: int) -> pd.DataFrame:
    told = truth["indicators"][indicator]
    lasting = told["lasting_value"]
    value = pd.DataFrame(lasting["areas"], index=lasting["period_ends"]).T.iloc[:, -periods:]
    people = _people(release, indicator, value)
    level = (value * people).sum() / people.sum()
    expected = people * level / release.catalogue["indicators"][indicator]["multiplier"]
    ratio = (people * value).sum(axis=1) / (people * level).sum(axis=1)
    areas = pd.DataFrame(
        {"ratio": ratio, "later": expected.iloc[:, periods // 2 :].mean(axis=1), "all": expected.sum(axis=1)}
    )
    is_share = release.catalogue["indicators"][indicator]["method"] == "proportion"
    share = ratio * level.mean() / 100 if is_share else 0.0
    by_chance = ratio * (1 - share) / areas["all"]
    moved_by_noise = 0.0 if told["varies_by"] == "chance" else ratio * _follows(told["acts_on"], share)
    good = release.arrow("peers", area_type=AREA_TYPE).to_pandas()
    good = good[good["good_match"].astype(bool)].groupby("area")["peer"].agg(list)
    lower_is_better = release.catalogue["indicators"][indicator]["polarity"] == "lower_is_better"
    best = {area: ratio[peers].sort_values(ascending=lower_is_better)[:BEST] for area, peers in good.items()}
    benchmark = pd.Series({area: of_best.mean() for area, of_best in best.items()})
    gap = (ratio - benchmark) * (1 if lower_is_better else -1)
    areas = areas.assign(gap=gap.where(gap.abs() > 1e-6, 0.0))  # truth.json is rounded
    for name, months in (("error", periods), ("error_of_half", periods - periods // 2), ("error_of_one", 1)):
        noise = noise_of_mean(truth["difficulty"], months)
        variance = by_chance * periods / months + moved_by_noise**2 * noise
        of_best = pd.Series({area: variance[each.index].sum() / BEST**2 for area, each in best.items()})
        areas[name] = np.sqrt(variance + of_best)
    return areas.assign(
        true_amount=areas["gap"].clip(lower=0) * areas["later"],
        expected=areas["later"],
        changes=areas.index.isin(_changing(truth, indicator, value.columns)),
    )[["gap", "error", "error_of_half", "error_of_one", "true_amount", "expected", "changes"]]


def _people(release: Release, indicator: str, value: pd.DataFrame) -> pd.DataFrame:
    """Denominators of full returns, shaped as ``value``."""
    rows = release.arrow("values", indicator=indicator, area_type=AREA_TYPE).to_pandas()
    rows = rows[rows["status"].isin(["reported", "zero"])].assign(period_end=rows["period_end"].astype(str))
    wide = rows.pivot(index="area", columns="period_end", values="denominator")
    return wide.reindex(index=value.index, columns=value.columns)


def _follows(acts_on: str, share: pd.Series | float) -> pd.Series | float:
    """By how many per cent the value moves when what was planted moves by one: of waits it is the length."""
    if acts_on == "value":
        return 1.0
    _, shape = WAITS["incomplete"]
    return shape * -np.log1p(-share) * (1 - share) / share


def _changing(truth: dict, indicator: str, period_ends: pd.Index) -> list[str]:
    """Where an initiative with an effect began within these periods."""
    started = by_area(truth["initiatives"], indicator).items()
    return [area for area, each in started if each["effect"] and each["start"] > period_ends[0]]
