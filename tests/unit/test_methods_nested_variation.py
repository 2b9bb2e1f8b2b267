"""Variation between larger units and within them: chance off both levels, and honest limits."""

import numpy as np
import pytest

from careatlas.methods.nested_variation import nested_variation

NAN = np.nan
PAIRS = np.repeat(np.arange(12), 2)


def simulated(rng, maps, expected, unit, between, within):
    units = rng.normal(-between / 2, np.sqrt(between), (maps, unit.max() + 1))
    areas = rng.normal(-within / 2, np.sqrt(within), (maps, len(unit)))
    return rng.poisson(expected * np.exp(units[:, unit] + areas)).astype(float)


def test_with_areas_of_one_size_it_is_the_analysis_of_variance():
    # pairs of equal size without chance to speak of: mean squares of the textbook
    ratio = np.random.default_rng(1).normal(1, 0.1, (12, 2))
    ratio /= ratio.mean()
    found = nested_variation(1e9 * ratio.ravel(), np.ones(24), PAIRS, replicates=20)
    within = ratio.var(axis=1, ddof=1).mean()
    between = max(ratio.mean(axis=1).var(ddof=1) - within / 2, 0)
    assert found.between == pytest.approx(np.log1p(between), rel=1e-6)
    assert found.within == pytest.approx(np.log1p(within / (1 + between)), rel=1e-6)
    assert found.share == pytest.approx(found.between / (found.between + found.within))


def test_chance_alone_is_shared_by_neither_level():
    unit = np.repeat(np.arange(30), 3)
    expected = np.random.default_rng(2).uniform(50, 500, 90)
    found = nested_variation(
        np.random.default_rng(3).poisson(expected, (200, 90)), expected, unit, replicates=5
    )
    assert found.between.mean() < 0.0006
    assert found.within.mean() < 0.0006


@pytest.mark.parametrize(("between", "within"), [(0.01, 0.01), (0.02, 0.005), (0.002, 0.02)])
def test_both_levels_are_found_on_average_and_limits_hold_the_share(between, within):
    rng = np.random.default_rng(4)
    unit = rng.permutation(np.arange(106) % 42)
    expected = rng.uniform(60, 600, 106)
    observed = simulated(rng, 150, expected, unit, between, within)
    found = nested_variation(observed, expected, unit, replicates=200)
    assert found.between.mean() == pytest.approx(between, abs=0.0015)
    assert found.within.mean() == pytest.approx(within, abs=0.0015)
    truth = between / (between + within)
    covered = ((found.lower <= truth) & (truth <= found.upper)).mean()
    assert covered >= 0.95 - 3 * np.sqrt(0.0475 / 150)


def test_fewer_than_ten_units_have_no_share():
    observed = np.random.default_rng(5).poisson(200, 24)
    assert np.isnan(nested_variation(observed, np.ones(24), PAIRS % 9, replicates=5).share)
    found = nested_variation(np.where(PAIRS < 3, NAN, observed), np.ones(24), PAIRS, replicates=5)
    assert found.units == 9
    assert np.isnan(found.between)


def test_areas_all_alike_have_nothing_to_share():
    found = nested_variation([100.0] * 24, np.ones(24), PAIRS, replicates=20)
    assert found.between == found.within == 0
    assert np.isnan([found.share, found.lower, found.upper]).all()


def test_missing_areas_names_of_units_and_the_scale_of_expected_change_nothing():
    rng = np.random.default_rng(6)
    expected = rng.uniform(60, 600, 24)
    observed = simulated(rng, 1, expected, PAIRS, 0.02, 0.01)[0]
    plain = nested_variation(observed, expected, PAIRS, replicates=50)
    named = nested_variation(
        [*observed, NAN, 7],
        [*expected * 31, 5, NAN],
        [f"unit {each:02}" for each in [*PAIRS, 3, 11]],
        replicates=50,
    )
    np.testing.assert_allclose(np.array(named), np.array(plain), rtol=1e-9)


def test_many_maps_at_once_equal_one_by_one():
    rng = np.random.default_rng(7)
    expected = rng.uniform(60, 600, 24)
    observed = simulated(rng, 4, expected, PAIRS, 0.02, 0.01).reshape(2, 2, 24)
    observed[0, 1, 5] = NAN
    at_once = nested_variation(observed, expected, PAIRS, replicates=30)
    for place in np.ndindex(2, 2):
        alone = nested_variation(observed[place], expected, PAIRS, replicates=30)
        for together, apart in zip(at_once, alone, strict=True):
            np.testing.assert_allclose(together[place], apart, rtol=1e-9)


def test_no_event_says_nothing_and_units_for_other_areas_are_refused():
    assert np.isnan(nested_variation([0] * 24, np.ones(24), PAIRS, replicates=5).share)
    with pytest.raises(ValueError, match="there are 24 areas"):
        nested_variation([9] * 24, np.ones(24), PAIRS[:5])


def test_the_same_seed_gives_the_same_limits():
    observed = simulated(np.random.default_rng(8), 1, np.full(24, 200.0), PAIRS, 0.02, 0.01)[0]
    first, again, other = (
        nested_variation(observed, np.ones(24), PAIRS, replicates=80, seed=s) for s in (1, 1, 2)
    )
    assert first.lower == again.lower != other.lower


@pytest.mark.parametrize("missing", [None, NAN])
def test_an_area_of_no_unit_is_left_out(missing):
    rng = np.random.default_rng(9)
    expected = rng.uniform(60, 600, 24)
    observed = simulated(rng, 1, expected, PAIRS, 0.02, 0.01)[0]
    names = [f"unit {each:02}" for each in PAIRS]
    without = nested_variation(observed[:23], expected[:23], names[:23], replicates=20)
    left_out = nested_variation(observed, expected, [*names[:23], missing], replicates=20)
    np.testing.assert_allclose(np.array(left_out), np.array(without), rtol=1e-9)


def test_one_area_in_every_unit_cannot_be_shared_out():
    found = nested_variation(np.arange(90, 110), np.ones(20), np.arange(20), replicates=5)
    assert np.isnan(found[:5]).all()
    assert found.units == 20


def test_so_few_events_that_some_replicates_have_none_are_worked():
    found = nested_variation([1, 1] + [0] * 22, np.ones(24), PAIRS, replicates=60)
    assert (found.lower, found.share, found.upper) == (0, 1, 1)


def test_units_may_be_named_by_words_and_numbers_and_one_number_is_no_set_of_areas():
    observed, number = np.random.default_rng(6).poisson(200, 24), np.arange(24) // 2
    named = [int(each) if each % 2 else f"board {each}" for each in number]
    assert (
        nested_variation(observed, np.ones(24), named).share
        == nested_variation(observed, np.ones(24), number).share
    )
    with pytest.raises(ValueError, match=r"observed or expected must be \[\.\.\., area\]; it has 0 axes"):
        nested_variation(3, 5, [1])
    with pytest.raises(ValueError, match="replicates must be a whole number of at least 1; it is 0"):
        nested_variation(observed, np.ones(24), number, replicates=0)
