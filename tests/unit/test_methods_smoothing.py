"""Smoothing: by hand, as published, and drawn no further than smallness warrants."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import gammainc

from careatlas.methods import smoothing
from careatlas.methods.negative_binomial import negative_binomial

NAN = np.nan
GOLD = Path(__file__).parent.parent / "gold"
ROW_OF_FOUR = np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]])


def gold(name):
    with (GOLD / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def simulated(rng, maps, expected, variance):
    truth = rng.gamma(1 / variance, variance, (maps, len(expected)))
    return truth, rng.poisson(expected * truth).astype(float)


@pytest.mark.parametrize("row", gold("empirical_bayes"), ids=lambda row: row["area"])
def test_marshalls_estimate_is_the_published_one(row):
    counties = gold("nc_sids")
    births, deaths = ([float(county[name]) for county in counties] for name in ("births_1974", "deaths_1974"))
    found = smoothing.marshall(deaths, births)
    if row["area"] in ("variance", "overall"):
        ours = getattr(found, row["area"])[0]
    else:
        ours = found.value[[county["fips"] for county in counties].index(row["area"])]
    assert float(f"{ours:.{row['significant_digits']}g}") == float(row["value"])


def test_marshalls_estimate_is_its_formula_as_written():
    count, people = np.array([3.0, 40, 11, 0, 7]), np.array([100.0, 900, 400, 50, 120])
    b = count.sum() / people.sum()
    a = (people * (count / people - b) ** 2).sum() / people.sum() - b / people.mean()
    assert a > 0
    found = smoothing.marshall(count, people)
    np.testing.assert_allclose(found.value, b + (count / people - b) * a / (a + b / people), rtol=1e-12)
    np.testing.assert_allclose(found.shrinkage, (b / people) / (a + b / people), rtol=1e-12)
    assert found.overall[0] == pytest.approx(b)


def test_rates_that_differ_less_than_chance_are_all_given_the_average():
    found = smoothing.marshall([10, 11, 9], [100, 100, 100])
    assert found.variance.tolist() == [0]
    assert found.shrinkage.tolist() == [1, 1, 1]
    np.testing.assert_allclose(found.value, 0.1, rtol=1e-14)


def test_no_event_anywhere_is_a_rate_of_zero_drawn_all_the_way():
    found = smoothing.marshall([0, 0], [50, 70])
    assert found.value.tolist() == [0, 0]
    assert found.shrinkage.tolist() == [1, 1]


def test_the_local_estimate_is_the_global_one_of_each_area_with_its_neighbours():
    count, people = np.array([3.0, 40, 11, 30]), np.array([100.0, 400, 400, 500])
    local = smoothing.marshall_local(count, people, ROW_OF_FOUR)
    for area in range(4):
        among = np.flatnonzero(ROW_OF_FOUR[area] | (np.arange(4) == area))
        alone = smoothing.marshall(count[among], people[among])
        place = among.tolist().index(area)
        assert local.value[area] == pytest.approx(alone.value[place], rel=1e-12)
        assert local.variance[area] == pytest.approx(alone.variance[0], abs=1e-15)


def test_where_everyone_is_a_neighbour_local_and_global_agree():
    count, people = np.array([3.0, 40, 11, 30]), np.array([100.0, 400, 400, 500])
    local = smoothing.marshall_local(count, people, 1 - np.eye(4))
    np.testing.assert_allclose(local.value, smoothing.marshall(count, people).value, rtol=1e-12)


def test_a_sparse_neighbourhood_gives_what_a_dense_one_does():
    count, people = np.array([[3.0, 40, 11, 30], [9, 8, 7, NAN]]), np.array([100.0, 400, 400, 500])
    dense, sparse = (
        smoothing.marshall_local(count, people, kind) for kind in (ROW_OF_FOUR, csr_array(ROW_OF_FOUR))
    )
    for one, other in zip(dense, sparse, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_island_has_nobody_to_draw_on():
    neighbours = np.zeros((3, 3))
    neighbours[0, 1] = neighbours[1, 0] = 1
    found = smoothing.marshall_local([5, 9, 7], [100, 100, 100], neighbours)
    assert np.isnan(found.value).tolist() == [False, False, True]
    # nor has an area whose only neighbour is missing
    found = smoothing.marshall_local([5, NAN, 7], [100, 100, 100], neighbours)
    assert np.isnan(found.value).all()


def test_one_way_neighbours_are_refused():
    with pytest.raises(ValueError, match="symmetric"):
        smoothing.marshall_local([5, 9], [100, 100], [[0, 1], [0, 0]])


def test_missing_areas_are_left_out_and_stay_missing():
    count, people = [3.0, 40, 11, NAN, 5, 0], [100.0, 400, 400, 500, NAN, 0]
    holed, whole = smoothing.marshall(count, people), smoothing.marshall(count[:3], people[:3])
    np.testing.assert_allclose(holed.value[:3], whole.value, rtol=1e-14)
    assert np.isnan(holed.value[3:]).all()
    holed, whole = smoothing.gamma_poisson(count, people), smoothing.gamma_poisson(count[:3], people[:3])
    np.testing.assert_allclose(np.array(holed[:4])[:, :3], np.array(whole[:4]), rtol=1e-9)
    assert np.isnan(np.array(holed[:4])[:, 3:]).all()


def test_the_gamma_poisson_value_is_its_formula_and_lies_between_rate_and_average():
    rng = np.random.default_rng(1)
    expected = rng.uniform(5, 300, 40)
    _, observed = simulated(rng, 1, expected, 0.05)
    observed = observed[0]
    expected *= observed.sum() / expected.sum()
    found, alpha = (
        smoothing.gamma_poisson(observed, expected),
        1 / negative_binomial(observed, expected).variance,
    )
    np.testing.assert_allclose(found.value, (observed + alpha) / (expected + alpha), rtol=1e-12)
    np.testing.assert_allclose(found.shrinkage, alpha / (expected + alpha), rtol=1e-12)
    ratio = observed / expected
    assert ((np.minimum(ratio, 1) <= found.value) & (found.value <= np.maximum(ratio, 1))).all()
    assert ((found.lower < found.value) & (found.value < found.upper)).all()
    np.testing.assert_array_equal(np.argsort(found.shrinkage), np.argsort(-expected))


def test_limits_leave_the_stated_tails_of_the_mixed_law():
    shape = np.array([[20.0, 5], [60, 45], [200, 190]])
    rate = np.array([[15.0, 9], [55, 49], [198, 195]])
    weight = np.array([[0.2], [0.5], [0.3]])
    for share in (0.001, 0.025, 0.5, 0.975):
        quantile = smoothing._quantile_of_mixture(share, shape, rate, weight)
        np.testing.assert_allclose((weight * gammainc(shape, quantile * rate)).sum(axis=0), share, rtol=1e-7)


def test_limits_hold_the_true_ratio_about_95_times_in_100_also_where_no_variance_is_found():
    rng = np.random.default_rng(5)
    expected = rng.uniform(20, 300, 42)
    truth, observed = simulated(rng, 60, expected, 0.0025)
    truth *= (expected.sum() / (truth * expected).sum(axis=-1))[:, None]  # to the average of these areas
    found = smoothing.gamma_poisson(observed, expected)
    assert (found.variance == 0).any()
    assert ((found.lower <= truth) & (truth <= found.upper)).mean() >= 0.92
    assert (found.upper > found.lower).all()


def test_smoothed_ratios_are_nearer_the_truth_than_plain_ones():
    rng = np.random.default_rng(6)
    expected = rng.uniform(10, 100, 106)
    truth, observed = simulated(rng, 20, expected, 0.02)
    found = smoothing.gamma_poisson(observed, expected)
    assert ((found.value - truth) ** 2).mean() < 0.6 * ((observed / expected - truth) ** 2).mean()


def test_people_will_do_for_expected():
    observed, people = [30.0, 45, 80, 20], np.array([1000.0, 1200, 1500, 900])
    by_people, by_expected = (smoothing.gamma_poisson(observed, each) for each in (people, people * 0.037))
    np.testing.assert_allclose(by_people.upper, by_expected.upper, rtol=1e-8)


def test_one_area_and_no_event_have_no_smoothed_ratio():
    found = smoothing.gamma_poisson([[5, NAN], [0, 0], [NAN, NAN]], [[4, 4], [4, 4], [4, 4]])
    assert np.isnan(found.value).all()
    assert np.isnan(found.upper).all()


def test_ten_million_events_and_parts_of_events_keep_their_own_rate():
    observed = np.array([1.1e7, 0.9e7, 1.05e7, 0.95e7 + 0.25])
    found = smoothing.gamma_poisson(observed, np.ones(4))
    np.testing.assert_allclose(found.value, observed / observed.mean(), rtol=1e-4)
    assert (found.upper - found.lower < 0.002).all()


def test_many_maps_at_once_equal_one_by_one():
    rng = np.random.default_rng(7)
    expected = rng.uniform(20, 300, 4)
    _, observed = simulated(rng, 6, expected, 0.05)
    observed = observed.reshape(2, 3, 4)
    observed[1, 2, 0] = NAN
    for work in (
        smoothing.gamma_poisson,
        smoothing.marshall,
        lambda count, people: smoothing.marshall_local(count, people, ROW_OF_FOUR),
    ):
        at_once = work(observed, expected)
        for place in np.ndindex(2, 3):
            for together, apart in zip(at_once, work(observed[place], expected), strict=True):
                np.testing.assert_allclose(together[place], apart, rtol=1e-8)


def test_what_cannot_be_is_refused_and_what_was_given_is_left_as_it_was():
    with pytest.raises(ValueError, match="events among nobody at position 1"):
        smoothing.marshall([1, 1], [1, 0])
    with pytest.raises(ValueError, match="events observed where none were expected at position 1"):
        smoothing.gamma_poisson([1, 1], [1, 0])
    observed, expected = np.array([3.0, NAN, 5.0]), np.array([2.0, 2.0, 4.0])
    smoothing.gamma_poisson(observed, expected)
    smoothing.marshall(observed, expected)
    np.testing.assert_array_equal(observed, [3, NAN, 5])
    np.testing.assert_array_equal(expected, [2, 2, 4])


def test_few_events_in_very_many_areas_leave_a_lower_limit_of_nought():
    found = smoothing.gamma_poisson([3] + [0] * 400, np.ones(401))
    assert found.lower[1] == pytest.approx(0, abs=1e-12)
    assert 1 < found.lower[0] < found.value[0] < found.upper[0]


def test_one_area_by_itself_keeps_its_rate():
    assert smoothing.marshall([5], [10]).value.tolist() == [0.5]


def test_one_number_is_no_map_and_a_map_without_areas_is_worked():
    for work in (
        smoothing.gamma_poisson,
        smoothing.marshall,
        lambda count, people: smoothing.marshall_local(count, people, np.zeros((0, 0))),
    ):
        with pytest.raises(ValueError, match=r"must be \[\.\.\., area\]; it has 0 axes"):
            work(3, 5)
        assert work(np.empty((2, 0)), np.empty((2, 0))).value.shape == (2, 0)
