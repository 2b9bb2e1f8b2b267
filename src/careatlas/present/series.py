"""An indicator at one area type over time, as arrays of scores: how far each area lies from the country.

What the country shares, a season or a year of shock, is in its own figure too and so never in a score. Only
full returns count: an incomplete, hidden or missing figure leaves its area out of that period.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from careatlas.methods.estimate import Numbers, divide
from careatlas.methods.intervals import normal_quantile

FULL_RETURN = ("reported", "zero")
COUNTED = ("crude_rate", "need_weighted_rate")
DAYS_OF_MONTHS = {1: (28, 31), 3: (90, 92), 12: (365, 366)}
FEWEST_PERIODS, FEWEST_AREAS = 4, 3
LONGEST_GAP = 2  # periods without figures: what lies before a longer one is another series
BEFORE_AND_AFTER = {1: 6, 3: 4, 12: 3}  # periods a change needs on either side, by months of a period
SPELL = {1: 3, 3: 1, 12: 1}  # the last periods before it, which may have been why something began
CHANGED_Q = 0.02  # false discovery, over all areas and indicators, up to which a change is one
FEWEST_EVENTS = 10  # expected in a period; with fewer, scores of counts lean to one side


@dataclass(frozen=True)
class Series:
    """``score`` and ``chance`` (its variance by chance alone), ``[area, period]``, oldest first at equal steps of
    ``months``; NaN without a full return. ``level``: the country's share as each area met it, of proportions."""

    indicator: str
    area_type: str
    method: str
    areas: list[str]
    months: int
    first_month: int  # months since the year 0
    score: Numbers
    chance: Numbers
    level: Numbers

    def start(self, period: int) -> date:
        """The first day of a period; of the one after the last, where what is on file ends."""
        year, month = divmod(self.first_month + period * self.months, 12)
        return date(year, month + 1, 1)

    def percent(self, score: Numbers, base: Numbers | float = 0.0) -> Numbers:
        """A distance in scores ``[area]`` from the score ``base`` (0: the country's) in percent of the value there."""
        if self.method in COUNTED:
            return 100 * np.expm1(score)
        if self.method == "proportion":
            return 100 * (divide(self._share(base + score), self._share(base)) - 1)
        return 100 * divide(score, 1 + np.asarray(base) * np.ones_like(score))

    def size(self, score: Numbers, base: Numbers | float = 0.0) -> Numbers:
        """Percent without its sign; of a proportion above a half, of those who have it not: they are rarer."""
        percent = np.abs(self.percent(score, base))
        if self.method != "proportion":
            return percent
        of_rest = np.abs(100 * (divide(1 - self._share(base + score), 1 - self._share(base)) - 1))
        return np.where(self._share(base) > 0.5, of_rest, percent)

    def _share(self, score: Numbers | float) -> Numbers:
        return np.sin(np.clip(np.arcsin(np.sqrt(self.level)) + score, 0, np.pi / 2)) ** 2


def all_series(values: pd.DataFrame, methods: dict[str, str]) -> list[Series]:
    """Every indicator at every area type that has four periods of one length; ``methods`` by indicator."""
    values = values[(values["sex"] == "persons") & (values["age_band"] == "all")]
    country = values[values["area_type"] == "country"].set_index(["indicator", "period_end"])["value"]
    found = []
    for (indicator, area_type), rows in values.groupby(["indicator", "area_type"], sort=True):
        if area_type == "country":
            continue
        keys = pd.MultiIndex.from_frame(rows[["indicator", "period_end"]])
        rows = rows.assign(national=country.reindex(keys).to_numpy(float))
        series = _series(rows, str(indicator), str(area_type), methods[str(indicator)])
        found += [series] if series is not None else []
    return found


def _series(rows: pd.DataFrame, indicator: str, area_type: str, method: str) -> Series | None:
    known = _of_one_length(rows[rows["status"].isin(FULL_RETURN)])
    score, chance, level = _scores(known, method)
    known = known.assign(score=score, chance=chance, share=level).dropna(subset=["score", "chance"])
    known = _latest_stretch(known)
    if known["place"].nunique() < FEWEST_PERIODS:
        return None
    months, first = int(known["months"].iloc[0]), known["place"].min()
    areas = sorted(rows["area"].unique())
    periods = np.arange(first, known["place"].max() + 1)
    wide = known.pivot(index="area", columns="place", values=["score", "chance", "share"])
    score, chance, share = (
        wide[name].reindex(index=areas, columns=periods).to_numpy(float)
        for name in ("score", "chance", "share")
    )
    level = divide(np.nansum(share, axis=1), np.isfinite(share).sum(axis=1).astype(float))
    start = known.loc[known["place"].idxmin(), "period_start"]
    return Series(
        indicator, area_type, method, areas, months, start.year * 12 + start.month - 1, score, chance, level
    )


def _of_one_length(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the length, month, quarter or year, that has most periods, with their place in time."""
    days = (rows["period_end"] - rows["period_start"]).dt.days + 1
    months = sum(m * days.between(*range_) for m, range_ in DAYS_OF_MONTHS.items())
    rows = rows.assign(months=months)[months > 0]
    counts = rows.groupby("months")["period_end"].nunique()
    if not len(counts):
        return rows.assign(place=0)
    rows = rows[rows["months"] == counts.idxmax()]
    start = rows["period_start"].dt
    return rows.assign(place=(start.year * 12 + start.month - 1) // rows["months"])


def _latest_stretch(rows: pd.DataFrame) -> pd.DataFrame:
    """What follows the last long gap; a period with fewer than three areas is none."""
    areas = rows.groupby("place")["area"].nunique()
    places = np.sort(areas.index[areas >= FEWEST_AREAS].to_numpy(int))
    if not len(places):
        return rows.iloc[:0]
    is_after_gap = np.flatnonzero(np.diff(places) > LONGEST_GAP + 1)
    kept = places[is_after_gap[-1] + 1 :] if len(is_after_gap) else places
    return rows[rows["place"].isin(kept)]


def _scores(rows: pd.DataFrame, method: str) -> tuple[Numbers, Numbers, Numbers]:
    """Score, chance variance and the country's share; NaN where too few events are expected to say."""
    count, among, expected = (rows[name].to_numpy(float) for name in ("count", "denominator", "expected"))
    share = np.full(len(rows), np.nan)
    if method in COUNTED:
        score, chance, events = np.log((count + 0.5) / (expected + 0.5)), divide(1.0, expected), expected
    elif method == "proportion":
        share = divide(expected, among)
        score = np.arcsin(np.sqrt(divide(count, among))) - np.arcsin(np.sqrt(share))
        chance, events = divide(0.25, among), np.minimum(expected, among - expected)
    else:
        national = rows["national"].to_numpy(float)
        score = divide(rows["value"].to_numpy(float), national) - 1
        width = rows["upper_95"].to_numpy(float) - rows["lower_95"].to_numpy(float)
        chance = divide(width / (2 * normal_quantile(0.95)), national) ** 2
        return score, np.where(chance > 0, chance, np.nan), share
    usual = pd.Series(events).groupby(rows["area"].to_numpy()).transform("mean").to_numpy()
    return np.where(usual >= FEWEST_EVENTS, score, np.nan), chance, share
