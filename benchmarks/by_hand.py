"""Completed pathways per 1,000 need-weighted people by hand, in pandas, as an analyst would write it.

    python benchmarks/by_hand.py DATA ANSWER.csv

What the atlas is measured against: a fair opponent, which reads only the columns it needs and asks one
question. It uses nothing of the atlas, so that equal answers mean something.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import chdtri

COMPLETED = ["Part_1A", "Part_1B"]
COLUMNS = ["Period", "Commissioner Org Code", "RTT Part Type", "Treatment Function Code", "Total All"]
MERGED = {"ZA901": "ZA23", "ZA902": "ZA23"}  # the analyst knows; the atlas finds it in the files
Z = 1.959963984540054


def main(data: Path, answer: Path) -> None:
    extracts = sorted(data.rglob("Full-CSV-data-file-*.zip"))
    completed = pd.concat([completed_in(extract) for extract in extracts], ignore_index=True)
    rates = completed.merge(weighted_people(data), on="area")
    rates["value"] = 1000 * rates["count"] / rates["denominator"]
    lower, upper = poisson_limits(rates["count"].to_numpy(float))
    rates["lower_95"] = 1000 * lower / rates["denominator"]
    rates["upper_95"] = 1000 * upper / rates["denominator"]
    rates.sort_values(["month", "area"]).to_csv(answer, index=False)


def completed_in(extract: Path) -> pd.DataFrame:
    """Pathways completed in one month by commissioner; the rows of all specialties are already their sum."""
    rows = pd.read_csv(extract, usecols=COLUMNS)
    rows = rows[rows["Treatment Function Code"].eq("C_999") & rows["RTT Part Type"].isin(COMPLETED)]
    rows["Commissioner Org Code"] = rows["Commissioner Org Code"].replace(MERGED)
    counts = rows.groupby(["Period", "Commissioner Org Code"])["Total All"].sum().reset_index()
    counts.columns = ["month", "area", "count"]
    named = pd.to_datetime(counts["month"].str.removeprefix("RTT-"), format="%B-%Y")
    return counts.assign(month=named.dt.strftime("%Y-%m"))


def weighted_people(data: Path) -> pd.DataFrame:
    practices = pd.read_csv(next(data.rglob("2023_2024.csv")), usecols=["CCG21", "G&A WP"])
    people = practices.groupby("CCG21")["G&A WP"].sum().reset_index()
    people.columns = ["area", "denominator"]
    return people


def poisson_limits(count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % limits: by the chi-squared distribution below ten events, Byar's approximation from ten on."""
    some = np.maximum(count, 1)
    byar_lower = some * (1 - 1 / (9 * some) - Z / (3 * np.sqrt(some))) ** 3
    above = count + 1
    byar_upper = above * (1 - 1 / (9 * above) + Z / (3 * np.sqrt(above))) ** 3
    exact_lower = np.where(count > 0, chdtri(2 * some, 0.975) / 2, 0)
    exact_upper = chdtri(2 * above, 0.025) / 2
    return np.where(count < 10, exact_lower, byar_lower), np.where(count < 10, exact_upper, byar_upper)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
