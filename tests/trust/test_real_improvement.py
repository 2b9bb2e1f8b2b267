"""Real series in which nobody planted anything: few are called improved; then a tenth of areas made better by 10 %.

What is called improved among the untouched may be true, as real places do change: the share is an upper limit of
false findings, and the target is for it.
"""

import numpy as np
import pandas as pd
import pytest

from careatlas.build.persist import persistence
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.tables import RELEASE

SERIES = {
    "ae_four_hours": "provider",
    "broad_spectrum_antibiotics": "sub_icb",
    "fluoroquinolones": "sub_icb",
    "high_dose_opioids": "sub_icb",
    "long_courses_for_urinary_infection": "sub_icb",
    "short_acting_beta_agonists": "sub_icb",
}
NO_PEERS = pd.DataFrame(columns=RELEASE["peers"].column_names)
pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def values(real_release):
    frame = real_release.arrow("values", indicator=list(SERIES)).to_pandas()
    wanted = frame["indicator"].map(SERIES)
    frame = frame[(frame["area_type"] == wanted) | (frame["area_type"] == "country")]
    return frame.assign(**{day: pd.to_datetime(frame[day]) for day in ("period_start", "period_end")})


def with_a_tenth_made_better(values, seed):
    """In every tenth area with 30 months or more, a tenth fewer bad outcomes from a random month on."""
    rng = np.random.default_rng(seed)
    altered, parts = [], [values[values["area_type"] == "country"]]
    for indicator, rows in values[values["area_type"] != "country"].groupby("indicator"):
        rows, ends = rows.copy(), np.sort(rows["period_end"].unique())
        months = rows[rows["status"] == "reported"].groupby("area").size()
        areas = months.index[months >= 30].to_numpy()
        for area in rng.choice(areas, len(areas) // 10, replace=False):
            after = (rows["area"] == area) & (rows["period_end"] >= ends[rng.integers(6, len(ends) - 6)])
            bad = rows["denominator"] - rows["count"] if indicator == "ae_four_hours" else rows["count"]
            rows.loc[after, "count"] += (0.1 if indicator == "ae_four_hours" else -0.1) * bad[after]
            altered.append((indicator, area))
        whole = (
            rows[rows["status"].isin(["reported", "zero"])]
            .groupby("period_end")[["count", "denominator"]]
            .sum()
        )
        rows["expected"] = rows["denominator"] * rows["period_end"].map(whole["count"] / whole["denominator"])
        parts.append(rows)
    return pd.concat(parts), altered


def test_few_untouched_areas_are_called_improved_and_some_altered_ones_are(values, measured):
    changed, altered = with_a_tenth_made_better(values, seed=1)
    table = persistence(changed, load_catalogue(), NO_PEERS, lambda told: None)
    table = table[table["deviation"].notna()]
    is_altered = pd.MultiIndex.from_frame(table[["indicator", "area"]]).isin(altered)
    is_improved = table["verdict"] == "improved"
    share = is_improved[~is_altered].mean()
    measured("real series, untouched: called improved", f"{share:.1%} of {(~is_altered).sum()}", "<= 5 %")
    measured(
        "real series, a tenth fewer bad outcomes from a random month: called improved",
        f"{is_improved[is_altered].mean():.1%} of {is_altered.sum()}", "printed",
    )  # fmt: skip
    for indicator, rows in table[~is_altered].groupby("indicator"):
        found = (rows["verdict"] == "improved").mean()
        measured(
            f"real series, untouched, {indicator}: called improved", f"{found:.1%} of {len(rows)}", "printed"
        )
    assert share <= 0.05
