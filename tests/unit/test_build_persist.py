"""Persistent outliers and real changes, planted in a few dozen areas; what is doubted is never found."""

import numpy as np
import pandas as pd
import pytest

from careatlas.build.persist import persistence
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.tables import RELEASE
from careatlas.present.series import all_series

AREAS, MONTHS, PEOPLE = 40, 24, 20_000
CATALOGUE = load_catalogue()
NO_PEERS = pd.DataFrame(columns=RELEASE["peers"].column_names)
OPIOIDS, WAITS = "high_dose_opioids", "within_18_weeks"  # lower is better; a share, higher is better


def values_of(indicator, level, among=PEOPLE, rate=0.05, seed=4, statuses=None):
    """Rows of ``values`` where area a has ``level[a, month]`` times the rate, a season shared, and chance."""
    rng = np.random.default_rng(seed)
    starts = pd.date_range("2024-01-01", periods=MONTHS, freq="MS")
    season = 1 + 0.1 * np.cos(2 * np.pi * np.arange(MONTHS) / 12)
    count = rng.binomial(among, rate * season * level).astype(float)
    national = count.sum(axis=0) / (among * len(level))
    frame = pd.DataFrame(
        [
            {"area_type": "sub_icb", "area": f"A{a:02d}", "period_start": start, "count": count[a, month],
             "denominator": float(among), "expected": among * national[month], "value": count[a, month] / among}
            for a in range(len(level)) for month, start in enumerate(starts)
        ]
        + [
            {"area_type": "country", "area": "SIM", "period_start": start, "value": national[month]}
            for month, start in enumerate(starts)
        ]
    )  # fmt: skip
    frame = frame.assign(indicator=indicator, sex="persons", age_band="all", status="reported")
    frame["period_end"] = frame["period_start"] + pd.offsets.MonthEnd()
    for (area, month), status in (statuses or {}).items():
        frame.loc[(frame["area"] == area) & (frame["period_start"] == starts[month]), "status"] = status
    return frame.reindex(columns=RELEASE["values"].column_names)


def found_in(*values):
    return persistence(pd.concat(values), CATALOGUE, NO_PEERS, lambda told: None).set_index(
        ["indicator", "area"]
    )


def ordinary():
    return np.ones((AREAS, MONTHS))


def test_an_area_a_tenth_above_for_two_years_is_persistent_and_ordinary_ones_are_not():
    level = ordinary()
    level[0], level[1] = 1.1, 0.9
    table = found_in(values_of(OPIOIDS, level)).loc[OPIOIDS]
    assert table["verdict"].head(2).tolist() == ["persistently_high", "persistently_low"]
    assert (table["verdict"].iloc[2:] == "none").all()
    assert table.loc["A00", "deviation"] == pytest.approx(10, abs=2)
    assert table.loc["A00", "deviation_lower"] < 10 < table.loc["A00", "deviation_upper"]
    assert (table["periods"] == MONTHS).all()


def test_a_fall_that_lasts_is_an_improvement_with_its_month_and_size():
    level = ordinary()
    level[3, 14:] = 0.8
    row = found_in(values_of(OPIOIDS, level)).loc[OPIOIDS, "A03"]
    assert row["verdict"] == "improved"
    assert row["change_start"] == pd.Timestamp("2025-03-01")
    assert row["change_lower"] < -20 < row["change_upper"] < 0
    assert row["change"] == pytest.approx(-20, abs=4)


def test_the_direction_that_is_better_is_the_indicators():
    level = ordinary()
    level[3, 12:] = 1.2
    both = found_in(values_of(OPIOIDS, level), values_of(WAITS, level, rate=0.6))
    assert both.loc[(OPIOIDS, "A03"), "verdict"] == "worsened"
    assert both.loc[(WAITS, "A03"), "verdict"] == "improved"
    assert both.loc[(WAITS, "A03"), "change"] == pytest.approx(20, abs=4)


def test_an_indicator_without_a_direction_only_changes():
    level = ordinary()
    level[3, 12:] = 1.2
    assert found_in(values_of("talking_therapies_access", level))["verdict"].iloc[3] == "changed"


def test_what_was_returned_in_part_is_not_taken_for_a_fall():
    """The last months hold half the cases because half the return is missing, and the status says so."""
    level = ordinary()
    level[5, 16:] = 0.5
    doubted = {("A05", month): "incomplete" for month in range(16, MONTHS)}
    row = found_in(values_of(OPIOIDS, level, statuses=doubted)).loc[OPIOIDS, "A05"]
    assert (row["verdict"], row["periods"]) == ("none", 16)
    assert found_in(values_of(OPIOIDS, level)).loc[(OPIOIDS, "A05"), "verdict"] == "improved"


def test_a_lasting_difference_too_small_to_matter_is_not_called_persistent():
    """1 % of two million cases is certain, and of no consequence."""
    level = ordinary()
    level[0] = 1.01
    row = found_in(values_of(OPIOIDS, level, among=2_000_000)).loc[OPIOIDS, "A00"]
    assert row["q"] < 0.05
    assert row["verdict"] == "none"


def test_runs_count_the_months_beyond_chance_on_one_side():
    level = ordinary()
    level[0, 5:9] = 1.5
    row = found_in(values_of(OPIOIDS, level)).loc[OPIOIDS, "A00"]
    assert row["longest_run"] == 4
    assert 4 / 24 <= row["share_outlying"] <= 6 / 24


def test_an_area_that_moves_away_from_the_country_has_a_trend():
    level = ordinary()
    level[0] = np.linspace(0.9, 1.1, MONTHS)
    trend = found_in(values_of(OPIOIDS, level)).loc[OPIOIDS]["trend"]
    assert trend["A00"] == "rising"
    assert (trend.iloc[1:] == "none").mean() > 0.9


def test_months_before_a_long_gap_are_another_series():
    whole = values_of(OPIOIDS, ordinary())
    gap = whole[~whole["period_start"].between("2024-05-01", "2024-10-31")]
    (series,) = all_series(gap, {OPIOIDS: "crude_rate"})
    assert (str(series.start(0)), series.score.shape) == ("2024-11-01", (AREAS, 14))


def test_a_short_gap_is_a_gap_and_not_a_step():
    whole = values_of(OPIOIDS, ordinary())
    (series,) = all_series(whole[whole["period_start"] != "2024-05-01"], {OPIOIDS: "crude_rate"})
    assert np.isnan(series.score[:, 4]).all()
    assert series.score.shape == (AREAS, MONTHS)


def test_areas_with_fewer_than_ten_events_expected_are_not_judged():
    table = found_in(values_of(OPIOIDS, ordinary(), among=150), values_of(WAITS, ordinary(), rate=0.6))
    assert table.loc[WAITS]["q"].notna().all()
    assert OPIOIDS not in table.index


def test_three_periods_are_too_few_for_a_row():
    short = values_of(OPIOIDS, ordinary())
    assert found_in(short[short["period_start"] < "2024-04-01"]).empty
