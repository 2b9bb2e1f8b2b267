"""Funnel limits and flags beside PHStatsMethods, and where it errs.

Its flags follow the areas' own intervals: approximate ones (Byar's) for rates and ratios, Wilson's for
proportions. Ours follow the exact tails; each difference is judged by scipy's distributions.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import PHStatsMethods as peer  # isort: skip
from careatlas.methods import funnel, intervals

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # the peer's, on small samples


@st.composite
def areas(draw):
    """Events among people, of whom a fifth or fewer have one, in areas some of which are unusual."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    number = draw(st.integers(2, 12))
    people = rng.integers(20, 10 ** draw(st.integers(2, 4)), number)
    share = rng.uniform(0.001, 0.2) * rng.uniform(0.4, 2, number)
    return pd.DataFrame({"events": rng.binomial(people, share), "people": people.astype(float)})


def labels(is_high, is_low, is_very_high, is_very_low):
    """The peer's words for areas outside limits of 95 and 99.8 %."""
    conditions = [is_very_high, is_very_low, is_high, is_low]
    return np.select(
        conditions, ["High (0.001)", "Low (0.001)", "High (0.025)", "Low (0.025)"], "Not significant"
    )


def labels_of_flags(at_95, at_998):
    return labels(at_95 == 1, at_95 == -1, at_998 == 1, at_998 == -1)


def labels_of_intervals(at_95, at_998, benchmark):
    """An area is high where its own interval lies above the benchmark."""
    return labels(
        at_95.lower > benchmark, at_95.upper < benchmark, at_998.lower > benchmark, at_998.upper < benchmark
    )


def by_counts(events, expected):
    return labels_of_intervals(
        intervals.count_limits(events, 0.95), intervals.count_limits(events, 0.998), expected
    )


def by_exact_tails(events, expected):
    return labels_of_flags(*(funnel.outlying(events, expected, each) for each in (0.95, 0.998)))


def assert_flags_are_the_tails(ours, as_many, as_few):
    np.testing.assert_array_equal(
        ours, labels(as_many <= 0.025, as_few <= 0.025, as_many <= 0.001, as_few <= 0.001)
    )


@given(areas())
def test_flags_of_ratios_agree_where_the_interval_is_the_same_and_ours_are_the_exact_tails(table):
    events, expected = table["events"].to_numpy(), table["people"].to_numpy() / 8
    theirs = peer.assign_funnel_significance(
        table.assign(people=expected), "events", "ratio", denom_col="people"
    )["significance"]
    np.testing.assert_array_equal(by_counts(events, expected), theirs)
    as_many, as_few = stats.poisson.sf(events - 1, expected), stats.poisson.cdf(events, expected)
    assert_flags_are_the_tails(by_exact_tails(events, expected), as_many, as_few)


@given(areas())
def test_flags_of_rates_agree_where_the_interval_is_the_same_and_ours_are_the_exact_tails(table):
    table.loc[0, "events"] += 1  # the peer divides by the events of all
    table["rate"] = table["events"] / table["people"] * 1000
    theirs = peer.assign_funnel_significance(table, "events", "rate", "people", "rate", "crude", 1000)
    events, people = table["events"].to_numpy(), table["people"].to_numpy()
    expected = people * events.sum() / people.sum()
    np.testing.assert_array_equal(by_counts(events, expected), theirs["significance"])
    as_many, as_few = stats.poisson.sf(events - 1, expected), stats.poisson.cdf(events, expected)
    assert_flags_are_the_tails(by_exact_tails(events, expected), as_many, as_few)


@given(areas())
def test_flags_of_proportions_agree_with_wilsons_and_ours_are_the_exact_tails(table):
    table.loc[0, "events"] += 1
    theirs = peer.assign_funnel_significance(table, "events", "proportion", "people")["significance"]
    events, people = table["events"].to_numpy(), table["people"].to_numpy()
    overall = events.sum() / people.sum()
    wilson = [intervals.wilson_limits(events, people, each) for each in (0.95, 0.998)]
    np.testing.assert_array_equal(labels_of_intervals(*wilson, overall), theirs)
    ours = labels_of_flags(
        *(funnel.outlying_proportions(events, people, overall, each) for each in (0.95, 0.998))
    )
    as_many, as_few = stats.binom.sf(events - 1, people, overall), stats.binom.cdf(events, people, overall)
    assert_flags_are_the_tails(ours, as_many, as_few)


@pytest.mark.parametrize("seed", range(20))  # a table of the peer's holds a hundred limits of each kind
def test_limits_of_rates_agree_to_the_peers_tolerance(seed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"events": rng.integers(1, 100, 8), "people": rng.uniform(200, 9000, 8)})
    table["rate"] = table["events"] / table["people"] * 1000
    theirs = peer.calculate_funnel_limits(
        table, "events", "rate", 1000, "people", rate="rate", rate_type="crude", years_of_data=1
    )
    baseline = table["events"].sum() / table["people"].sum()
    for name, confidence in (("2s", 0.95), ("3s", 0.998)):
        ours = funnel.inverted_limits(theirs["Events"], confidence)
        for end, limit in (("lower", ours.upper), ("upper", ours.lower)):
            people = theirs[f"{end}_{name}_population_1_year"]
            np.testing.assert_allclose(limit, people * baseline, rtol=1e-6, atol=1e-5)
            rate = theirs[f"{end}_{name}_limit"]
            np.testing.assert_allclose(theirs["Events"] / people * 1000, rate, rtol=1e-10)


def limits_of_ratios(**kwargs):
    table = pd.DataFrame({"events": [12, 40], "expected": [20.0, 50.0]})
    return peer.calculate_funnel_limits(table, "events", "ratio", denom_col="expected", **kwargs)


@pytest.mark.parametrize(("ratio_type", "scale", "less"), [("isr", 100, 0), ("count", 1, 1)])
def test_limits_of_ratios_agree_to_the_peers_tolerance(ratio_type, scale, less):
    theirs = limits_of_ratios(ratio_type=ratio_type, multiplier=100)
    events = theirs["Observed_events"]
    for name, confidence in (("2s", 0.95), ("3s", 0.998)):
        ours = funnel.inverted_limits(events, confidence)
        for end, limit in (("lower", ours.upper), ("upper", ours.lower)):
            np.testing.assert_allclose(limit, theirs[f"{end}_{name}_exp_events"], rtol=1e-6, atol=1e-5)
            ratio = theirs[f"{end}_{name}_limit"] / scale + less
            np.testing.assert_allclose(events / theirs[f"{end}_{name}_exp_events"], ratio, rtol=1e-10)


def test_points_of_standardised_rates_are_withheld_below_ten_events_as_ours_are():
    table = pd.DataFrame({"events": [12.0, 9], "people": [2000.0, 2000], "rate": [6.0, 4.5]})
    points = peer.calculate_funnel_points(table, "events", "rate", "dsr", "people", 1000, 1)
    assert points["rate_chart"].isna().tolist() == [False, True]


# The peer's known errors.


def test_the_peers_limits_are_solved_to_seven_digits_and_ours_to_fourteen():
    theirs = limits_of_ratios(ratio_type="isr", multiplier=100)
    events = theirs["Observed_events"].to_numpy()
    ours = funnel.inverted_limits(events, 0.95).upper
    as_few_at_theirs, as_few_at_ours = (
        stats.poisson.cdf(events, at) for at in (theirs["lower_2s_exp_events"], ours)
    )
    assert np.abs(as_few_at_theirs / 0.025 - 1).max() > 1e-6
    assert np.abs(as_few_at_ours / 0.025 - 1).max() < 1e-12


def test_the_peer_misses_flags_that_the_exact_tails_give():
    # 18 events where 7.64 are expected: P(18 or more) = .00097, but Byar's lower limit of 99.8 % is 7.625
    table = pd.DataFrame({"events": [18, 200], "expected": [7.64, 200.0]})
    theirs = peer.assign_funnel_significance(table, "events", "ratio", denom_col="expected")["significance"]
    assert theirs[0] == "High (0.025)"
    assert stats.poisson.sf(17, 7.64) < 0.001
    assert funnel.outlying(18, 7.64) == 1


def test_the_peer_flags_proportions_that_chance_gives_more_often_than_stated():
    # 9 of 18 where 153 of 792 have the property: P(9 or more) = .0029, flagged as .001
    table = pd.DataFrame({"events": [9, 144], "people": [18, 774]})
    theirs = peer.assign_funnel_significance(table, "events", "proportion", "people")["significance"]
    assert theirs[0] == "High (0.001)"
    assert stats.binom.sf(8, 18, 153 / 792) > 0.002
    assert funnel.outlying_proportions(9, 18, 153 / 792) == 0


def test_the_peer_draws_no_limit_above_100_whatever_the_multiplier():
    table = pd.DataFrame({"events": [12, 40], "people": [200, 500]})
    per_thousand, per_hundred = (
        peer.calculate_funnel_limits(table, "events", "proportion", multiplier, denom_col="people")
        for multiplier in (1000, 100)
    )
    row = per_hundred["Population"] < 60
    assert (per_hundred["upper_2s_limit"][row] > 12).all()  # per cent: above 120 in a thousand
    assert (per_thousand["upper_2s_limit"] <= 100).all()
    ours = funnel.proportion_prediction_limits(per_hundred["Population"][row], 52 / 700, 0.95)
    assert (1000 * ours.upper > 120).all()


def test_the_peers_limits_of_proportions_are_named_wilsons_and_are_the_normal_ones():
    table = pd.DataFrame({"events": [12, 40], "people": [200, 500]})
    theirs = peer.calculate_funnel_limits(table, "events", "proportion", 1, denom_col="people")
    overall, people = 52 / 700, theirs["Population"].to_numpy()
    half = 1.959964 * np.sqrt(overall * (1 - overall) / people)
    np.testing.assert_allclose(theirs["lower_2s_limit"], np.maximum(0, overall - half), atol=1e-7)
    assert (theirs["Method"] == "Wilson").all()
    # Chance brings more above them than the 2.5 % stated, and never more above ours than flags allow.
    above = stats.binom.sf(np.floor(people * theirs["upper_2s_limit"]), people, overall)
    assert np.median(above[people > 20]) > 0.03


def test_the_peer_accepts_a_ratio_of_no_type_and_leaves_it_unscaled():
    theirs = limits_of_ratios(multiplier=100)
    assert (theirs["Statistic"] == "ratio (None)").all()
    isr = limits_of_ratios(multiplier=100, ratio_type="isr")
    np.testing.assert_allclose(theirs["lower_2s_limit"] * 100, isr["lower_2s_limit"], rtol=1e-10)


def test_the_peer_refuses_a_whole_table_for_one_missing_count():
    table = pd.DataFrame({"events": [np.nan, 12], "people": [100.0, 100]})
    with pytest.raises(ValueError, match="Numerators must"):
        peer.assign_funnel_significance(table, "events", "proportion", "people")
    ours = funnel.outlying_proportions(table["events"], table["people"], 0.1)
    assert np.isnan(ours).tolist() == [True, False]
