"""How lasting each area's difference is over all periods on file, and who changed: the ``persistence`` table.

One p an area for a lasting difference and one for a change, each list with false discovery controlled over all
areas and indicators together. Chance and what comes and goes are allowed for, months resembling the month
before; a change is searched for, held against placebos, and measured on matched areas with regression to the
mean removed. What is called persistent or changed is also large enough to matter (``MATERIAL``).
"""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd

from careatlas.catalogue.library import Catalogue
from careatlas.engine.tables import RELEASE
from careatlas.methods.change_point import change_point
from careatlas.methods.estimate import Numbers, divide
from careatlas.methods.false_discovery import false_discovery
from careatlas.methods.improvement import FEWEST_TO_LEARN_FROM, adjusted_difference
from careatlas.methods.lasting_difference import Course, LastingDifference, lasting_difference
from careatlas.methods.persistence import run_length, score_persistence
from careatlas.present.series import BEFORE_AND_AFTER, CHANGED_Q, SPELL, Series, all_series

LIMIT = 1.959964  # chance errors: 95 %
CHANGES = ("improved", "worsened", "changed")
PERSISTENT_Q, TREND_Q = 0.05, 0.05
# Percent of the country's value, or of the area's own before; of a share above a half, of those who have it not.
MATERIAL, MATERIAL_CHANGE = 2.0, 5.0
SHARE_PERIODS = (
    24  # the latest periods, from which the permanent share is taken: more cost minutes and tell no more
)
MATCHED = 30  # areas most alike before, of those that did not change


def persistence(
    values: pd.DataFrame, catalogue: Catalogue, peers: pd.DataFrame, say: Callable[[str], None]
) -> pd.DataFrame:
    """Rows of the ``persistence`` table. ``peers`` may be empty: then areas of like level are the match."""
    methods = {id: indicator.method for id, indicator in catalogue.indicators.items()}
    found = []
    for series in all_series(values, methods):
        lasting = lasting_difference(series.score, series.chance)
        found.append((series, _lasting(series, lasting).join(_searched(series, lasting.course))))
    if not found:
        return pd.DataFrame(columns=RELEASE["persistence"].column_names)
    say(f"how lasting differences are: {len(found)} series of areas")
    table = pd.concat([rows for _, rows in found], ignore_index=True)
    table["q"] = _together(table["p"])
    table["change_q"] = _together(table["change_p"])
    table["trend"] = np.where(_together(table["trend_p"]) <= TREND_Q, table["direction"], "none")
    table.loc[table["p"].isna(), "trend"] = None
    table = _measured(table, [series for series, _ in found], peers)
    polarity = {id: indicator.polarity for id, indicator in catalogue.indicators.items()}
    table["verdict"] = _verdicts(table, table["indicator"].map(polarity))
    is_none = ~table["verdict"].isin(CHANGES)
    table.loc[is_none, ["change_start", "change", "change_lower", "change_upper"]] = None
    return table[RELEASE["persistence"].column_names]


def _together(p: pd.Series) -> Numbers:
    return false_discovery(p.to_numpy(float))


def _lasting(series: Series, lasting: LastingDifference) -> pd.DataFrame:
    """All that is said of an area's level, a row an area."""
    score, chance = series.score, series.chance
    fit = score_persistence(score[:, -SHARE_PERIODS:], chance[:, -SHARE_PERIODS:])
    is_known = ~np.isnan(score)
    periods = is_known.sum(axis=1)
    is_out = np.abs(divide(score, np.sqrt(chance))) > LIMIT
    # Runs against the country, not against the mean of areas; only their length is asked for.
    runs = run_length(fit._replace(deviation=score, chance=chance), LIMIT, replicates=1)
    return pd.DataFrame(
        {
            "indicator": series.indicator,
            "area_type": series.area_type,
            "area": series.areas,
            "period_start": pd.Timestamp(series.start(0)),
            "period_end": pd.Timestamp(series.start(score.shape[1]) - timedelta(days=1)),
            "periods": periods,
            "share_outlying": divide(is_out.sum(axis=1).astype(float), periods.astype(float)),
            "longest_run": pd.array(np.where(periods > 0, runs.longest, np.nan), dtype="Int64"),
            "deviation": series.percent(lasting.value),
            "deviation_lower": series.percent(lasting.lower),
            "deviation_upper": series.percent(lasting.upper),
            "size": series.size(lasting.value),
            "p": lasting.p,
            "permanent_share": float(fit.permanent_share),
            "permanent_lower": float(fit.lower),
            "permanent_upper": float(fit.upper),
            "next_deviation": series.percent(lasting.following),
            "trend_p": lasting.trend_p,
            "direction": np.where(lasting.trend > 0, "rising", "falling"),
        }
    )


def _searched(series: Series, course: Course) -> pd.DataFrame:
    found = change_point(series.score, series.chance, BEFORE_AND_AFTER[series.months], course)
    return pd.DataFrame({"start": found.start, "change_p": found.p})


def _measured(table: pd.DataFrame, series: list[Series], peers: pd.DataFrame) -> pd.DataFrame:
    """The size of each change found, on matched areas: one that they went through as well is none."""
    is_found = table["change_q"].to_numpy(float) <= CHANGED_Q
    parts, first = [], 0
    for each in series:
        rows = table.iloc[first : first + len(each.areas)]
        near = peers[peers["area_type"] == each.area_type] if len(peers) else peers
        parts.append(_changes(each, rows["start"].to_numpy(float), is_found[rows.index], near))
        first += len(each.areas)
    return table.join(pd.concat(parts, ignore_index=True))


def _changes(series: Series, start: Numbers, is_found: Numbers, peers: pd.DataFrame) -> pd.DataFrame:
    """Of one series, in percent of the area's own earlier value; NaN where no change was found."""
    effect = np.full((3, len(series.areas)), np.nan)
    base, day = effect[0].copy(), [pd.NaT] * len(series.areas)
    for area in np.flatnonzero(is_found):
        at = int(start[area])
        base[area] = np.nanmean(series.score[area, :at])
        is_match = _matched(series, area, at, is_found, peers)
        is_area = np.arange(len(series.areas)) == area
        found = adjusted_difference(series.score, is_area, is_match, at, SPELL[series.months])
        effect[:, area] = found.value, found.lower, found.upper
        day[area] = pd.Timestamp(series.start(at))
    value, lower, upper = (series.percent(each, base) for each in effect)
    return pd.DataFrame(
        {
            "change_start": pd.to_datetime(pd.Series(day)),
            "change": value,
            "change_lower": lower,
            "change_upper": upper,
            "change_size": series.size(effect[0], base),
        }
    )


def _matched(series: Series, area: int, start: int, is_found: Numbers, peers: pd.DataFrame) -> Numbers:
    """The areas like it before, none of which changed: its peers where there are enough, else those whose level
    lay nearest. Ten are needed to learn from how a bad spell passes."""
    is_known = ~np.isnan(series.score[area])
    can_serve = ~is_found & ~np.isnan(series.score[:, is_known]).any(axis=1)
    can_serve[area] = False
    own = peers[peers["area"] == series.areas[area]]["peer"] if len(peers) else []
    is_peer = can_serve & np.isin(series.areas, list(own))
    if is_peer.sum() >= FEWEST_TO_LEARN_FROM:
        return is_peer
    before = series.score[:, :start]
    level = np.where(
        can_serve, divide(np.nansum(before, axis=1), (~np.isnan(before)).sum(axis=1) * 1.0), np.nan
    )
    nearest = np.argsort(np.abs(level - np.nanmean(before[area])))[: min(MATCHED, int(can_serve.sum()))]
    return can_serve & np.isin(np.arange(len(level)), nearest)


def _verdicts(table: pd.DataFrame, polarity: pd.Series) -> Numbers:
    """A change comes first: where there was one, the mean over all periods is nobody's level."""
    is_away = (table["q"] < PERSISTENT_Q) & (table["size"] >= MATERIAL)
    has_changed = (table["change_lower"] * table["change_upper"] > 0) & (
        table["change_size"] >= MATERIAL_CHANGE
    )
    is_better = (table["change"] > 0) == (polarity == "higher_is_better")
    return np.select(
        [
            has_changed & (polarity == "neither"),
            has_changed & is_better,
            has_changed,
            is_away & (table["deviation"] > 0),
            is_away,
        ],
        ["changed", "improved", "worsened", "persistently_high", "persistently_low"],
        "none",
    )
