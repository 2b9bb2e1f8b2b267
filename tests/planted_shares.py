"""What separates the areas of a simulated country, as planted, beside the shares that a build of it gives.

The truth of a share is the waterfall's own definition with planted parts in place of drawn ones: what each does to
the logarithm of an area's level over the last twelve months, and its covariance with what lasts; for chance and
noise, what they are expected to add. It is told of indicators whose value the planted level multiplies.
"""

import numpy as np
import pandas as pd

from careatlas.engine.release import Release

WINDOW = 12
FOLLOW_NEED = ("need", "against_need")


def shares_beside_truth(truth: dict, release: Release) -> pd.DataFrame:
    """Rows of ``shares`` of the last twelve months with ``truth``, of every indicator planted by area."""
    shares = release.arrow("shares").to_pandas()
    shares = shares[(shares["covariates"] == "all") & (shares["periods"] == WINDOW)]
    shares = shares[shares["period_end"] == shares["period_end"].max()]
    parts = []
    for id, told in truth["indicators"].items():
        rows = shares[(shares["indicator"] == id) & (shares["area_type"] == told.get("area_type"))]
        if told.get("acts_on") == "value" and len(rows):
            planted = planted_shares(truth, release, id)
            parts.append(
                rows.assign(truth=rows["component"].map(planted).fillna(0), varies_by=told["varies_by"])
            )
    return pd.concat(parts, ignore_index=True)


def planted_shares(truth: dict, release: Release, indicator: str) -> dict[str, float]:
    """The planted share of each component; those not named have none."""
    told = truth["indicators"][indicator]
    values = _last_months(release, indicator, told["area_type"])
    areas = values.groupby("area")[["events", "need_weighted"]].agg(
        {"events": "sum", "need_weighted": "mean"}
    )
    parts = pd.DataFrame(0.0, areas.index, ["need", "against_need", "unexplained"])
    parts["need"] = np.log(areas["need_weighted"])
    follows = told["varies_by"] if told["varies_by"] in FOLLOW_NEED else "unexplained"
    parts[follows] += np.log(pd.Series(told["relative_risk"]))
    for area, each in by_area(truth["initiatives"], indicator).items():
        if area in parts.index:
            parts.loc[area, "unexplained"] += share_after(each, truth["months"][-WINDOW:]) * np.log1p(
                signed(each)
            )
    parts -= parts.mean()
    variance = parts.mul(parts.sum(axis=1), axis=0).sum() / (len(parts) - 1)
    variance["chance"] = (1 / areas["events"]).mean()
    variance["comes_and_goes"] = 0.0 if told["varies_by"] == "chance" else noise_of_mean(truth["difficulty"])
    return (variance / variance.sum()).to_dict()


def noise_of_mean(difficulty: dict, months: int = WINDOW) -> float:
    """The variance of the mean of months of planted noise, each of which resembles the one before."""
    apart = np.abs(np.subtract.outer(np.arange(months), np.arange(months)))
    return difficulty["noise_standard_deviation"] ** 2 * (difficulty["noise_autocorrelation"] ** apart).mean()


def _last_months(release: Release, indicator: str, area_type: str) -> pd.DataFrame:
    """Full returns of areas that made one in the last month: ``events`` that count as many by chance as the value
    varies, at the country's value, and ``need_weighted``, people weighted for need over people registered."""
    rows = release.arrow("values").to_pandas()
    rows = rows[(rows["indicator"] == indicator) & (rows["area_type"] == area_type)]
    rows = rows[rows["status"].isin(["reported", "zero"])]
    months = np.sort(rows["period_end"].unique())[-WINDOW:]
    rows = rows[rows["period_end"].isin(months)]
    rows = rows[rows["area"].isin(rows.loc[rows["period_end"] == months[-1], "area"])]
    sums = rows.groupby("period_end")[["count", "denominator"]].transform("sum")
    overall = sums["count"] / sums["denominator"]
    method = release.catalogue["indicators"][indicator]["method"]
    odds = overall / (1 - overall) if method == "proportion" else overall
    weight = _need_weights(release, area_type) if method == "need_weighted_rate" else {}
    return rows.assign(
        events=rows["denominator"] * odds,
        need_weighted=[weight.get(area, 1.0) for area in rows["area"]],
    )


def _need_weights(release: Release, area_type: str) -> dict[str, float]:
    people = release.arrow("denominators").to_pandas()
    people = people[(people["area_type"] == area_type) & (people["edition"] == people["edition"].min())]
    wide = people.pivot(index="area", columns="people_counted", values="people")
    return (wide["need_weighted"] / wide["registered"]).to_dict()


def share_after(initiative: dict, months: list[str]) -> float:
    return sum(month >= initiative["start"] for month in months) / len(months)


def signed(initiative: dict) -> float:
    return initiative["effect"] * (1 if initiative["direction"] == "up" else -1)


def by_area(rows: list[dict], indicator: str) -> dict[str, dict]:
    return {row["area"]: row for row in rows if row["indicator"] == indicator}
