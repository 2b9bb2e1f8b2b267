"""Hidden areas stay hidden when the areas above and below them are shown."""

import numpy as np
import pandas as pd

from careatlas.build import disclose
from careatlas.methods.intervals import count_limits

YEAR = pd.Timestamp("2025-12-31")


def counts(**by_area: float) -> pd.DataFrame:
    frame = pd.DataFrame({"area": list(by_area), "count": list(by_area.values())})
    columns = ["value", "expected", "lower_95", "upper_95", "lower_998", "upper_998"]
    return frame.assign(period_end=YEAR, status="reported", note="", **dict.fromkeys(columns, 1.0))


def test_the_only_sub_area_of_a_hidden_board_is_hidden():
    """B1 has 3 and B2 is hidden lest it tell B1 from the region's total: A2, all there is of B2, must not tell it."""
    boards = disclose.protect(
        counts(B1=3, B2=20, B3=90), "hospital_episodes", dict.fromkeys(("B1", "B2", "B3"), "Y1")
    )
    hidden = disclose.hidden_in(boards)
    assert hidden == {("B1", YEAR), ("B2", YEAR)}
    parents = {"A1": "B1", "A2": "B2", "A3": "B3", "A4": "B3"}
    shown = disclose.protect(counts(A1=3, A2=20, A3=40, A4=50), "hospital_episodes", parents, hidden)
    assert dict(zip(shown["area"], shown["status"], strict=True)) == {
        "A1": "hidden", "A2": "hidden", "A3": "reported", "A4": "reported",
    }  # fmt: skip
    assert shown.loc[1, ["count", "value", "expected", "lower_95", "upper_998"]].isna().all()


def test_of_several_sub_areas_of_a_hidden_board_the_smallest_above_zero_is_hidden():
    parents = dict.fromkeys(("A1", "A2", "A3"), "B2")
    shown = disclose.protect(counts(A1=0, A2=30, A3=12), "hospital_episodes", parents, {("B2", YEAR)})
    assert shown["status"].to_list() == ["reported", "reported", "hidden"]
    assert shown["count"].fillna(-1).to_list() == [0, 30, -1]


def counts_that_fit(value: float, lower: float, upper: float, precision: float) -> int:
    """How many counts from 8 to 500 have limits in the ratio of these, each known to half of ``precision``."""
    count = np.arange(8, 501)
    low, high = count_limits(count, 0.95)
    ratio, half = (high - count) / (count - low), precision / 2
    least = (upper - value - 2 * half) / (value - lower + 2 * half)
    most = (upper - value + 2 * half) / (value - lower - 2 * half)
    return int(((ratio >= least) & (ratio <= most)).sum())


def test_the_limits_of_a_rate_do_not_give_back_its_count():
    """89 admissions, 300 per 100,000: limits at full precision fit one count, in whole numbers many."""
    low, high = (float(limit) for limit in count_limits(89, 0.95))
    value, lower, upper = (300 * n / 89 for n in (89, low, high))
    exact = counts(A1=90).assign(value=value, lower_95=lower, upper_95=upper)
    assert counts_that_fit(value, lower, upper, 1e-9) == 1
    row = disclose.as_shown(exact, "hospital_episodes", 0).iloc[0]
    assert (row["value"], row["lower_95"], row["upper_95"]) == (300, 241, 369)
    assert counts_that_fit(row["value"], row["lower_95"], row["upper_95"], 1) >= 5


def test_rates_of_published_counts_keep_their_precision():
    given = counts(A1=90).assign(value=1 / 3)
    pd.testing.assert_frame_equal(disclose.as_shown(given, "rtt", 0), given)
