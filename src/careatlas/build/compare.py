"""Values held against benchmarks: the country, the area one level up, the standard in force; and ranks.

Significance is by the value's 95 % interval and the indicator's polarity. Ranks carry intervals that allow for
chance and, from twelve periods on, for what comes and goes; areas are grouped by the half of the list that
their interval lies in. An incomplete, hidden or missing value has no rank and is not counted among the ranked.
"""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from careatlas.build.areas import Areas
from careatlas.catalogue.indicator import Indicator
from careatlas.catalogue.library import Catalogue
from careatlas.engine.tables import RELEASE
from careatlas.methods import overdispersion
from careatlas.methods.false_discovery import false_discovery
from careatlas.methods.intervals import normal_quantile
from careatlas.methods.placing import placing, scores_by_method
from careatlas.methods.significance import significance
from careatlas.methods.top_fifth import top_fifth

KEYS = ["indicator", "area_type", "area", "period_start", "period_end"]
RANKED = ["reported", "zero"]


def comparisons(
    values: pd.DataFrame, indicator: Indicator, catalogue: Catalogue, areas: Areas
) -> pd.DataFrame:
    """Rows of the ``comparisons`` table for the values of one indicator."""
    country = values[values["area_type"] == "country"]
    local = values[(values["area_type"] != "country") & values["value"].notna()]
    parts = [
        _national(local, country, indicator, catalogue, areas),
        _parents(local, values, indicator, catalogue, areas),
        _standards(values[values["value"].notna()], indicator, catalogue),
    ]
    result = pd.concat([part for part in parts if len(part)] or [local.iloc[:0]], ignore_index=True)
    return result.reindex(columns=RELEASE["comparisons"].column_names)


def _national(
    local: pd.DataFrame, country: pd.DataFrame, indicator: Indicator, catalogue: Catalogue, areas: Areas
) -> pd.DataFrame:
    by_period = country.set_index("period_end")["value"]
    rows = _held_against(local, local["period_end"].map(by_period), "national", areas.country.name, indicator)
    return pd.concat(
        [_ranked(of_type, indicator, catalogue) for _, of_type in rows.groupby("area_type")] or [rows]
    )


def _parents(
    local: pd.DataFrame, values: pd.DataFrame, indicator: Indicator, catalogue: Catalogue, areas: Areas
) -> pd.DataFrame:
    """Only where the parent's own value is in the release, is whole, and is not the country's."""
    parts = []
    for area_type, rows in local.groupby("area_type"):
        parent_type = catalogue.area_types[str(area_type)].parent
        above = values[(values["area_type"] == parent_type) & values["status"].isin(RANKED)]
        if parent_type == "country" or not len(above):
            continue
        parent = rows["area"].map(areas.parents(str(area_type)))
        benchmark = above.set_index(["area", "period_end"])["value"]
        keys = pd.MultiIndex.from_arrays([parent, rows["period_end"]])
        names = [areas.name(code) if isinstance(code, str) else None for code in parent]
        held = _held_against(
            rows, pd.Series(benchmark.reindex(keys).to_numpy(), rows.index), "parent", names, indicator
        )
        parts.append(held[held["benchmark_value"].notna()])
    return pd.concat(parts) if parts else local.iloc[:0]


def _standards(values: pd.DataFrame, indicator: Indicator, catalogue: Catalogue) -> pd.DataFrame:
    """Every standard and ambition in force for the area type in the period."""
    parts = []
    for target_id in indicator.standard:
        target = catalogue.targets[target_id]
        for (area_type, period_end), rows in values.groupby(["area_type", "period_end"]):
            for entry in target.in_force(str(area_type), period_end.date()):
                words = {"constitutional": "constitutional standard", "interim_ambition": "interim ambition"}
                better = "higher_is_better" if entry.direction == "at_least" else "lower_is_better"
                benchmark = pd.Series(entry.value, rows.index)
                due = f", due by {entry.due_by:%B %Y}" if entry.due_by else ""
                name = f"{target.title} ({words[entry.kind]}{due})"
                parts.append(_held_against(rows, benchmark, "standard", name, indicator, better))
    return pd.concat(parts) if parts else values.iloc[:0]


def _held_against(
    rows: pd.DataFrame,
    benchmark: pd.Series,
    kind: str,
    name: str | list[str | None],
    indicator: Indicator,
    polarity: str | None = None,
) -> pd.DataFrame:
    held = rows.assign(benchmark=kind, benchmark_name=name, benchmark_value=benchmark)
    held["difference"] = held["value"] - held["benchmark_value"]
    verdict = significance(
        held["lower_95"].to_numpy(float),
        held["upper_95"].to_numpy(float),
        held["benchmark_value"].to_numpy(float),
        polarity or indicator.polarity,
    )
    beyond = (held["benchmark_value"] < held["lower_998"]) | (held["benchmark_value"] > held["upper_998"])
    doubtful = held["status"] == "incomplete"
    return held.assign(
        significance=np.where(doubtful, "not_compared", verdict), limits=np.where(beyond, "99.8", "95")
    )


def _ranked(rows: pd.DataFrame, indicator: Indicator, catalogue: Catalogue) -> pd.DataFrame:
    """Ranks and z scores of one area type, every period in one call: arrays [period, area]."""
    columns = ["value", "lower_95", "upper_95", "count", "denominator", "expected"]
    known = rows[rows["status"].isin(RANKED)]
    if not len(known):
        return rows
    wide = known.pivot(index="period_end", columns="area", values=columns).astype(float)
    given = {column: wide[column].to_numpy() for column in columns}
    scores = _scores(given, rows, wide.index, indicator)
    by_chance = 2 * ndtr(-np.abs(scores.z_adjusted))
    arrays = {
        "z": scores.z,
        "z_adjusted": scores.z_adjusted,
        "false_discovery_q": false_discovery(by_chance),
    }
    if catalogue.area_types[rows["area_type"].iloc[0]].ranked:
        arrays |= _places(given, indicator)
    keys = pd.MultiIndex.from_frame(rows[["period_end", "area"]])
    for name, array in arrays.items():
        long = pd.DataFrame(array, wide.index, wide["value"].columns).stack()
        rows[name] = long.reindex(keys).to_numpy()
    rows.loc[~rows["status"].isin(RANKED), list(arrays)] = None
    return rows


def _places(given: dict[str, np.ndarray], indicator: Indicator) -> dict[str, np.ndarray]:
    """Ranks, groups and the chance of the top fifth, by column of ``comparisons``; None for no group."""
    columns = ("value", "lower_95", "upper_95", "count", "denominator")
    found = placing(scores_by_method(indicator.method, *(given[column] for column in columns)))
    is_ranked = found.group != ""
    noise = "counting" if np.isnan(found.come_and_go) else "comes_and_goes"
    areas = np.broadcast_to(found.compared_areas[:, None], is_ranked.shape)
    return {
        "rank": found.rank,
        "rank_lower": found.lower,
        "rank_upper": found.upper,
        "ranked_areas": np.where(is_ranked, areas, np.nan),
        "group": np.where(is_ranked, found.group.astype(object), None),
        "noise": np.where(is_ranked, noise, None),
        "probability_top_fifth": top_fifth(found.scores),
    }


def _scores(
    given: dict[str, np.ndarray], rows: pd.DataFrame, periods: pd.Index, indicator: Indicator
) -> overdispersion.Overdispersion:
    """How far each value lies from the country's, in standard errors, by chance alone and with over-dispersion."""
    if indicator.method == "proportion":
        return overdispersion.proportion_overdispersion(given["count"], given["denominator"])
    if indicator.method in ("crude_rate", "need_weighted_rate"):
        return overdispersion.rate_overdispersion(given["count"], given["expected"])
    national = rows.drop_duplicates("period_end").set_index("period_end")["benchmark_value"].reindex(periods)
    standard_error = (given["upper_95"] - given["lower_95"]) / (2 * normal_quantile(0.95))
    return overdispersion.score_overdispersion(
        given["value"], standard_error, national.to_numpy(float)[:, None]
    )
