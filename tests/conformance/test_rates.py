"""Rates, proportions, means and their limits beside PHStatsMethods and statsmodels.

First what both do, on a thousand random tables each; then where PHStatsMethods 0.1.16 crashes or errs, with its
answer beside ours and why ours is right.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammainc, gammaincc
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.rates import confint_poisson
from statsmodels.stats.weightstats import DescrStatsW

import PHStatsMethods as peer  # isort: skip
from careatlas.methods import intervals
from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.directly_standardised_rate import directly_standardised_rate
from careatlas.methods.indirectly_standardised_ratio import expected_events, indirectly_standardised_ratio
from careatlas.methods.mean import mean
from careatlas.methods.proportion import proportion

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # the peer's, on small samples
BANDS = 19
EUROPEAN = peer.euro_standard_pop()["euro_standard_pops"].to_numpy(float)
CONFIDENCE = st.sampled_from([0.95, 0.998])


@st.composite
def rows(draw):
    """Events among people, one row an area: from one event to millions."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    areas = draw(st.integers(1, 6))
    people = np.ceil(10 ** rng.uniform(0.5, draw(st.floats(1, 8)), areas))
    events = np.maximum(1, rng.binomial(people.astype(int), rng.uniform(0, 1) ** 3))
    return pd.DataFrame({"area": [f"a{n}" for n in range(areas)], "events": events, "people": people})


@st.composite
def strata(draw):
    """Events among people of nineteen ages, one row an area and age, beside a reference."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    areas = draw(st.integers(1, 3))
    people = np.ceil(10 ** rng.uniform(1, draw(st.floats(1.5, 6)), (areas, BANDS)))
    rate = 10 ** rng.uniform(-4, -0.5, BANDS)
    reference = np.ceil(10 ** rng.uniform(4, 7, BANDS))
    return pd.DataFrame(
        {
            "area": np.repeat([f"a{n}" for n in range(areas)], BANDS),
            "age": np.tile(np.arange(BANDS), areas),
            "events": rng.poisson(people * rate).ravel(),
            "people": people.ravel(),
            "reference_events": np.tile(1 + rng.poisson(reference * rate), areas),
            "reference_people": np.tile(reference, areas),
            "weight": np.tile(rng.integers(1, 8000, BANDS), areas),
        }
    )


def by_age(table, column):
    return table[column].to_numpy(float).reshape(-1, BANDS)


def limits_of(table, confidence):
    """Value, lower and upper in the peer's answer."""
    label = f"{100 * confidence:g}".replace(".", "_")
    return table[["Value", f"lower_{label}_ci", f"upper_{label}_ci"]].to_numpy(float).T


def assert_alike(ours, theirs):
    np.testing.assert_allclose(np.array(ours), theirs, rtol=1e-10, atol=0)


@given(rows(), CONFIDENCE)
def test_crude_rates_agree(table, confidence):
    theirs = peer.ph_rate(table, "events", "people", "area", confidence=confidence)
    ours = crude_rate(table["events"], table["people"], confidence=confidence)
    assert_alike(ours, limits_of(theirs, confidence))


@given(rows(), CONFIDENCE, st.booleans())
def test_proportions_agree(table, confidence, has_none):
    if has_none:
        table.loc[0, "events"] = 0
    theirs = peer.ph_proportion(table, "events", "people", "area", confidence=confidence, multiplier=100)
    ours = proportion(table["events"], table["people"], confidence=confidence)
    assert_alike(ours, limits_of(theirs, confidence))


@given(st.lists(st.lists(st.integers(0, 5000), min_size=2, max_size=12), min_size=1, max_size=4), CONFIDENCE)
def test_means_agree(stays, confidence):
    table = pd.DataFrame(
        [(f"a{n}", x) for n, each in enumerate(stays) for x in each], columns=["area", "days"]
    )
    theirs = peer.ph_mean(table, "days", "area", confidence=confidence)
    sums = ([f(np.array(each)) for each in stays] for f in (np.sum, lambda x: (x**2).sum(), len))
    assert_alike(mean(*sums, confidence=confidence), limits_of(theirs, confidence))


@given(strata(), CONFIDENCE, st.booleans())
def test_directly_standardised_rates_agree_and_are_withheld_alike(table, confidence, is_european):
    if is_european:
        table["weight"] = np.tile(EUROPEAN, len(table) // BANDS)
    theirs = peer.ph_dsr(
        table, "events", "people", "weight", "area", confidence=confidence, euro_standard_pops=False
    )
    ours = directly_standardised_rate(
        by_age(table, "events"), by_age(table, "people"), by_age(table, "weight")[0], confidence=confidence
    )
    value, lower, upper = limits_of(theirs, confidence)
    assert_alike(ours, [value, np.maximum(lower, 0), upper])  # theirs may lie below 0: see below


@given(strata(), CONFIDENCE)
def test_indirectly_standardised_ratios_and_rates_agree(table, confidence):
    table.loc[::BANDS, "events"] += 1  # the peer crashes where an area has none: see below
    columns = ("events", "people", "reference_events", "reference_people", "area")
    ratios = peer.ph_ISRatio(table, *columns, confidence=confidence)
    rates = peer.ph_ISRate(table, *columns, confidence=confidence)
    reference = by_age(table, "reference_events")[0] / by_age(table, "reference_people")[0]
    overall = by_age(table, "reference_events")[0].sum() / by_age(table, "reference_people")[0].sum()
    events, expected = (
        by_age(table, "events").sum(axis=-1),
        expected_events(by_age(table, "people"), reference),
    )
    assert_alike(expected, ratios["Expected"])
    for theirs, multiplier in ((ratios, 1), (rates, overall * 100_000)):
        ours = indirectly_standardised_ratio(events, expected, multiplier, confidence)
        assert_alike(ours, limits_of(theirs, confidence))


@given(st.floats(1, 1e7), CONFIDENCE)
def test_limits_of_one_count_agree(count, confidence):
    assert_alike(intervals.exact_limits(count, confidence), peer.exact(count, confidence))
    ours = intervals.count_limits(count, confidence)
    assert_alike(ours, [peer.byars_lower(count, confidence), peer.byars_upper(count, confidence)])


@given(st.integers(1, 10**9), st.floats(0, 1), CONFIDENCE)
def test_wilsons_limits_agree_with_both_packages(denominator, share, confidence):
    count = np.floor(denominator * share)
    ours = intervals.wilson_limits(count, denominator, confidence)
    assert_alike(ours, peer.wilson(count, denominator, confidence))
    theirs = proportion_confint(count, denominator, alpha=1 - confidence, method="wilson")
    # Near 0 statsmodels takes a small difference of large numbers.
    np.testing.assert_allclose(np.array(ours), theirs, rtol=1e-10, atol=1e-15)


@given(st.integers(0, 10**6), CONFIDENCE)
def test_exact_limits_of_a_count_agree_with_statsmodels(count, confidence):
    theirs = confint_poisson(count, 1, method="exact-c", alpha=1 - confidence)
    ours = np.array(intervals.exact_limits(count, confidence))
    np.testing.assert_allclose(ours, np.nan_to_num(theirs), rtol=1e-10)


@given(st.integers(2, 10**6), st.floats(0.001, 1e6), CONFIDENCE)
def test_halves_of_students_interval_agree(observations, deviation, confidence):
    ours = intervals.t_half_width(deviation / observations**0.5, observations - 1, confidence)
    assert_alike(ours, peer.student_t_dist(observations, deviation, confidence))


def test_students_interval_agrees_with_statsmodels():
    stays = np.array([2.0, 4, 6, 11])
    ours = mean(stays.sum(), (stays**2).sum(), 4)
    np.testing.assert_allclose(ours[1:], DescrStatsW(stays).tconfint_mean(), rtol=1e-12)


# The peer's known errors.


def table_of(events, people):
    return pd.DataFrame({"area": [f"a{n}" for n in range(len(events))], "events": events, "people": people})


def one_area(events, people, weight=EUROPEAN):
    bands = len(events)
    return pd.DataFrame(
        {
            "area": "a",
            "events": events,
            "people": people,
            "weight": weight,
            "reference_events": np.full(bands, 10.0),
            "reference_people": np.full(bands, 1000.0),
        }
    )


def test_the_peer_loses_all_rates_where_one_area_has_no_events():
    table = table_of([0, 12], [100, 100])
    with pytest.raises(ValueError, match="must be a positive number"):
        peer.ph_rate(table, "events", "people", "area")
    ours = crude_rate(table["events"], table["people"], multiplier=100)
    assert (ours.value[0], ours.lower[0]) == (0, 0)
    assert gammaincc(1, ours.upper[0]) == pytest.approx(0.025)  # none has a chance of .025 there


@pytest.mark.parametrize("function", ["ph_ISRate", "ph_ISRatio"])
def test_the_peer_has_no_standardised_ratio_of_an_area_without_events(function):
    table = one_area([0.0] * BANDS, [100.0] * BANDS)
    with pytest.raises(ValueError, match="must be a positive number"):
        getattr(peer, function)(table, "events", "people", "reference_events", "reference_people", "area")
    ours = indirectly_standardised_ratio([0], [19])
    assert ours.upper[0] == pytest.approx(-np.log(0.025) / 19)


def test_the_peer_takes_a_missing_count_of_one_age_for_none_in_a_direct_rate():
    events = np.full(BANDS, 30.0)
    missing = np.where(np.arange(BANDS) == 3, np.nan, events)
    known, unknown, none = (
        peer.ph_dsr(
            one_area(each, [1000.0] * BANDS), "events", "people", "weight", "area", euro_standard_pops=False
        )["Value"][0]
        for each in (events, missing, np.nan_to_num(missing))
    )
    assert unknown == none < known
    assert np.isnan(directly_standardised_rate([missing], [[1000.0] * BANDS], EUROPEAN).value[0])


@pytest.mark.parametrize("function", ["ph_ISRate", "ph_ISRatio"])
def test_the_peer_takes_a_missing_count_of_one_age_for_none_in_an_indirect_rate(function):
    events = np.where(np.arange(BANDS) == 3, np.nan, 30.0)
    columns = ("events", "people", "reference_events", "reference_people", "area")
    theirs = getattr(peer, function)(one_area(events, [1000.0] * BANDS), *columns)
    assert theirs["Observed"][0] == 18 * 30
    assert theirs["Expected"][0] == pytest.approx(19 * 10)  # but its people are expected to have events
    assert np.isnan(indirectly_standardised_ratio([events.sum()], [190]).value[0])


def test_the_peers_ratio_is_infinite_where_nothing_is_expected():
    table = one_area([3.0] * BANDS, [100.0] * BANDS).assign(reference_events=0.0)
    theirs = peer.ph_ISRatio(table, "events", "people", "reference_events", "reference_people", "area")
    assert np.isinf(theirs["Value"][0])
    assert np.isnan(indirectly_standardised_ratio([57], [0]).value[0])


def test_the_peers_byar_function_takes_confidence_for_its_complement():
    narrow = peer.byars(12, 0.95)  # asked for 95 %, it answers 5 %
    np.testing.assert_allclose(narrow, (11.457821, 12.893054), rtol=1e-7)
    np.testing.assert_allclose(peer.byars(12, 0.05), intervals.byar_limits(12, 0.95), rtol=1e-12)
    lower, upper = intervals.byar_limits(12, 0.95)
    # Ours are near the exact tails of .025; the peer's are far inside.
    assert gammainc(12, lower) == pytest.approx(0.025, rel=0.01)
    assert gammaincc(13, upper) == pytest.approx(0.025, rel=0.01)
    assert gammainc(12, narrow[0]) > 0.4


def test_the_peer_has_no_exact_lower_limit_of_no_events():
    lower, upper = peer.exact(0)
    assert np.isnan(lower)
    assert (intervals.exact_limits(0).lower, intervals.exact_limits(0).upper) == (0, pytest.approx(upper))


@pytest.mark.parametrize("function", ["ph_rate", "ph_proportion"])
def test_the_peer_loses_all_areas_where_one_has_nobody(function):
    table = table_of([0, 12], [0, 100])
    with pytest.raises(ValueError, match="Denominators must be greater than zero"):
        getattr(peer, function)(table, "events", "people", "area")
    ours = {"ph_rate": crude_rate, "ph_proportion": proportion}[function](table["events"], table["people"])
    assert np.isnan(ours.value[0])
    assert ours.value[1] > 0


def test_the_peer_has_no_mean_of_numbers_below_zero():
    table = pd.DataFrame({"area": "a", "x": [-2.0, -4, -6]})
    with pytest.raises(ValueError, match="No negative numbers"):
        peer.ph_mean(table, "x", "area")
    assert mean([-12], [56], [3]).value[0] == -4


def test_the_peer_gives_a_mean_of_one_observation_without_limits_and_we_withhold_it():
    theirs = peer.ph_mean(pd.DataFrame({"area": "a", "x": [7.0]}), "x", "area")
    assert theirs["Value"][0] == 7
    assert np.isnan(theirs["lower_95_ci"][0])
    assert np.isnan(mean([7], [49], [1])).all()


def test_the_peer_refuses_people_of_no_age_even_where_the_standard_population_has_none():
    people = [1000.0] * 18 + [0.0]
    weight = [*EUROPEAN[:18], 0.0]  # under 90 only
    table = one_area([30.0] * 18 + [0.0], people, weight)
    with pytest.raises(ValueError, match="Denominators must be greater than zero"):
        peer.ph_dsr(table, "events", "people", "weight", "area", euro_standard_pops=False)
    ours = directly_standardised_rate([table["events"]], [people], weight, multiplier=1000)
    assert ours.value[0] == pytest.approx(30)


def test_the_peers_lower_limit_of_a_direct_rate_may_lie_below_none():
    table = one_area([1.0, 9.0], [10.0, 1_000_000.0], [1.0, 1.0])
    theirs = limits_of(
        peer.ph_dsr(table, "events", "people", "weight", "area", euro_standard_pops=False), 0.95
    )
    ours = directly_standardised_rate([[1, 9]], [[10, 1_000_000]], [1, 1])
    assert theirs[1] < 0 == ours.lower
    assert_alike((ours.value, ours.upper), theirs[[0, 2]])


def test_the_peer_takes_every_admission_for_another_person():
    # 300 people admitted twice: 600 admissions, whose true variance is twice that of 600 people admitted once
    bands = np.full(BANDS, 1000.0)
    table = one_area(bands * 0.06, bands)
    theirs = limits_of(
        peer.ph_dsr(table, "events", "people", "weight", "area", euro_standard_pops=False), 0.95
    )
    once, twice = (
        np.array(directly_standardised_rate([bands * 0.06], [bands], EUROPEAN, squares_by_stratum=squares))
        for squares in (None, [bands * 0.12])
    )
    np.testing.assert_allclose(once, theirs, rtol=1e-10)
    np.testing.assert_allclose(twice[2] - twice[1], np.sqrt(2) * (once[2] - once[1]), rtol=1e-10)
