"""Indices of variation: by hand, by the formula as written, and beside what chance alone gives."""

import csv
from pathlib import Path

import numpy as np
import pytest

from careatlas.methods import variation
from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.directly_standardised_rate import directly_standardised_rate

NAN = np.nan
GOLD = Path(__file__).parent.parent / "gold"
EXPECTED = np.array([60.0, 80, 100, 120, 140, 160, 180, 200, 90, 70])
OBSERVED = np.array([75.0, 70, 90, 150, 130, 170, 150, 230, 75, 60])  # 1,200 as well


def gold(name):
    with (GOLD / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def simulated(rng, maps, expected, variance):
    truth = rng.gamma(1 / variance, variance, (maps, len(expected))) if variance else 1.0
    return rng.poisson(expected * truth, (maps, len(expected))).astype(float)


def test_indices_are_their_formulas_as_written():
    found = variation.indices(OBSERVED, EXPECTED)
    ratio, people = OBSERVED / EXPECTED, EXPECTED
    assert found.max_min == pytest.approx(ratio.max() / ratio.min())
    assert found.fold_5_95 == pytest.approx(np.quantile(ratio, 0.95) / np.quantile(ratio, 0.05))
    assert found.fold_25_75 == pytest.approx(np.quantile(ratio, 0.75) / np.quantile(ratio, 0.25))
    assert found.weighted_cv == pytest.approx(np.sqrt(np.average((ratio - 1) ** 2, weights=people)))
    assert found.scv == pytest.approx((((OBSERVED - EXPECTED) / EXPECTED) ** 2 - 1 / EXPECTED).mean())
    assert found.weighted_scv == pytest.approx(np.average((ratio - 1) ** 2 - 1 / EXPECTED, weights=people))
    assert found.log_scv == pytest.approx((np.log(ratio) ** 2 - 1 / EXPECTED).mean())
    assert found.chi_square == pytest.approx(((OBSERVED - EXPECTED) ** 2 / EXPECTED).sum())


def test_what_is_read_off_the_variance():
    found = variation.indices(OBSERVED, EXPECTED)
    assert found.variance > 0
    spread = np.log(1 + found.variance)  # of logarithms, were true ratios lognormal
    assert found.median_rate_ratio == pytest.approx(np.exp(0.95387 * np.sqrt(spread)), rel=1e-5)
    excess = 120.0**2 * (np.exp(spread) - 1)
    assert found.partition == pytest.approx(excess / (120 + excess))
    alpha = 1 / found.variance
    shrunk = (OBSERVED + alpha) / (EXPECTED + alpha)
    assert found.shrunk_fold == pytest.approx(np.quantile(shrunk, 0.95) / np.quantile(shrunk, 0.05))
    assert 1 < found.shrunk_fold < found.fold_5_95


def test_the_median_rate_ratio_is_the_median_ratio_of_two_areas_drawn_at_random():
    found = variation.indices(OBSERVED, EXPECTED)
    one, other = np.random.default_rng(1).normal(0, np.sqrt(np.log(1 + found.variance)), (2, 400_000))
    assert np.median(np.exp(np.abs(one - other))) == pytest.approx(found.median_rate_ratio, rel=0.003)


@pytest.mark.parametrize("row", gold("variation_indices"), ids=lambda row: row["index"])
def test_indices_are_the_published_ones(row):
    counties = gold(row["map"])
    deaths, births = ([float(county[name]) for county in counties] for name in ("deaths_1974", "births_1974"))
    found = getattr(variation.indices(deaths, births), row["index"])
    assert round(float(found), int(row["decimals"])) == float(row["value"])


def test_one_in_thirty_is_trimmed_at_each_end():
    # 106 areas: 4 at each end; 151: 5, as the atlas of 2010 did
    for areas, cut in ((106, 4), (151, 5)):
        observed = 1000.0 + 5 * np.arange(areas)
        found = variation.indices(observed, np.ones(areas))
        assert found.trimmed_fold == pytest.approx(observed[-1 - cut] / observed[cut])
        assert found.trimmed_fold == pytest.approx(variation.fold(observed, cut))


def test_a_fold_leaves_missing_values_out_and_has_no_answer_from_zero():
    assert variation.fold([3, NAN, 6, 1, 9], trimmed=1) == 2
    assert np.isnan(variation.fold([0, 5]))
    assert np.isnan(variation.fold([4, 5, 6], trimmed=2))
    np.testing.assert_array_equal(variation.fold([[2, 4, NAN], [NAN, 4, 6]]), [2, 1.5])


def test_fewer_than_eight_areas_have_max_min_and_no_more():
    found = variation.indices([8, 12, 10, 10, 9, 11, 10], [10] * 7)
    assert found.max_min == pytest.approx(1.5)
    assert np.isnan([value for name, value in found._asdict().items() if name != "max_min"]).all()
    chance = variation.chance_only([8, 12, 10, 10, 9, 11, 10], [10] * 7, replicates=100)
    assert chance.mean.max_min > 1.5
    assert np.isnan(chance.mean.scv)


def test_an_area_without_events_has_no_fold_and_no_logarithm_and_the_rest_stands():
    found = variation.indices([0, 8, 12, 10, 9, 11, 10, 12], [10, *[10] * 7])
    assert np.isnan([found.max_min, found.trimmed_fold, found.log_scv]).all()
    assert np.isfinite([found.scv, found.variance, found.chi_square, found.weighted_cv]).all()


def test_where_an_area_may_have_no_event_chance_gives_a_fold_no_mean():
    chance = variation.chance_only([3] * 10, [3] * 10, replicates=200)
    assert np.isnan(chance.mean.max_min)
    assert np.isfinite(chance.mean.scv)
    assert chance.p.max_min == 1  # an undefined fold counts as larger than any


def test_areas_all_alike_have_no_variation_and_p_of_one():
    found = variation.indices([100.0] * 12, [50.0] * 12)
    assert found.max_min == found.fold_5_95 == found.shrunk_fold == found.median_rate_ratio == 1
    assert found.variance == found.chi_square == found.partition == 0
    assert found.scv == pytest.approx(-1 / 100)
    assert variation.chance_only([100.0] * 12, [50.0] * 12, replicates=99).p.scv == 1


def test_missing_areas_and_the_scale_of_expected_change_nothing():
    holed = variation.indices([*OBSERVED, NAN, 9, 0], [*EXPECTED, 90, NAN, 0])
    scaled = variation.indices(OBSERVED, EXPECTED * 37)
    for one, other, plain in zip(holed, scaled, variation.indices(OBSERVED, EXPECTED), strict=True):
        assert one == pytest.approx(plain, rel=1e-9)
        assert other == pytest.approx(plain, rel=1e-9)


def test_no_area_and_no_event_have_no_index():
    for observed, expected in (([NAN] * 9, [5] * 9), ([0] * 9, [5] * 9)):
        assert np.isnan(variation.indices(observed, expected)).all()
        assert np.isnan(variation.chance_only(observed, expected, replicates=20).p).all()
        assert np.isnan(variation.limits(observed, expected, replicates=20)).all()


def test_ten_million_events_and_parts_of_events_are_worked():
    found = variation.indices(OBSERVED * 1e5 + 0.25, EXPECTED)
    ratio = OBSERVED / EXPECTED
    assert np.isfinite(found).all()
    assert found.scv == pytest.approx(((ratio - 1) ** 2).mean(), rel=1e-4)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="observed is below zero at position 1"):
        variation.indices([1, -1], [1, 1])
    with pytest.raises(ValueError, match="events observed where none were expected at position 0"):
        variation.indices([1, 1], [0, 1])


def test_what_was_given_is_left_as_it_was():
    observed, expected = OBSERVED.copy(), EXPECTED.copy()
    observed[2] = NAN
    before = observed.copy()
    variation.limits(observed, expected, replicates=20)
    np.testing.assert_array_equal(observed, before)
    np.testing.assert_array_equal(expected, EXPECTED)


@pytest.mark.parametrize(
    "work",
    [
        variation.indices,
        lambda *given: variation.chance_only(*given, replicates=40),
        lambda *given: variation.limits(*given, replicates=40),
    ],
    ids=["indices", "chance_only", "limits"],
)
def test_many_maps_at_once_equal_one_by_one(work):
    observed = simulated(np.random.default_rng(7), 6, EXPECTED.repeat(2), 0.05).reshape(2, 3, 20)
    observed[0, 1, 3] = observed[1, 2, :14] = NAN
    at_once = np.array(work(observed, EXPECTED.repeat(2)))
    for place in np.ndindex(2, 3):
        alone = np.array(work(observed[place], EXPECTED.repeat(2)))
        np.testing.assert_allclose(at_once[..., *place], alone, rtol=1e-9)


def test_the_same_seed_gives_the_same_answer_and_another_one_nearly_so():
    first, again, other = (
        np.array(variation.chance_only(OBSERVED, EXPECTED, replicates=400, seed=seed).mean)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first[0] == pytest.approx(other[0], rel=0.03)


def test_chance_alone_is_what_a_plain_loop_draws():
    chance = variation.chance_only(OBSERVED, EXPECTED, replicates=300, seed=5)
    rng = np.random.default_rng(5)
    drawn = [variation.indices(rng.poisson(EXPECTED), EXPECTED) for _ in range(300)]
    found = variation.indices(OBSERVED, EXPECTED)
    for name in variation.Indices._fields:
        each = np.array([getattr(one, name) for one in drawn])
        assert getattr(chance.mean, name) == pytest.approx(each.mean(), rel=1e-9)
        assert getattr(chance.lower, name) == pytest.approx(np.quantile(each, 0.025), abs=1e-9)
        assert getattr(chance.upper, name) == pytest.approx(np.quantile(each, 0.975), rel=1e-9)
        assert getattr(chance.p, name) == (1 + (each >= getattr(found, name)).sum()) / 301


def test_maps_of_pure_chance_show_folds_and_no_variance():
    observed = simulated(np.random.default_rng(50), 1500, np.full(106, 50.0), 0)
    found = variation.indices(observed, np.full(106, 50.0))
    assert found.max_min.mean() == pytest.approx(2.09, abs=0.02)
    assert found.fold_5_95.mean() == pytest.approx(1.59, abs=0.015)
    assert found.scv.mean() == pytest.approx(0, abs=0.0005)
    assert found.shrunk_fold.mean() < 1.03
    assert np.median(found.variance) < 0.001


def test_limits_of_the_variance_are_those_of_its_likelihood_and_zero_where_chance_would_do():
    limits = variation.limits([100.0] * 12, [50.0] * 12, replicates=50)
    assert limits.lower.variance == 0
    assert limits.lower.median_rate_ratio == 1
    assert 0 < limits.upper.variance < 0.02
    assert limits.upper.partition == pytest.approx(
        100 * limits.upper.variance / (1 + 100 * limits.upper.variance)
    )


def test_limits_hold_the_true_variance_about_95_times_in_100():
    expected = np.random.default_rng(2).uniform(50, 400, 42)
    observed = simulated(np.random.default_rng(3), 400, expected, 0.02)
    limits = variation.limits(observed[:60], expected, replicates=200)
    assert ((limits.lower.scv <= 0.02) & (limits.upper.scv >= 0.02)).mean() >= 0.95 - 3 * np.sqrt(0.0475 / 60)
    lower, upper = variation.variance_limits(observed, expected)
    assert ((lower <= 0.02) & (upper >= 0.02)).mean() >= 0.95 - 3 * np.sqrt(0.0475 / 400)


def test_the_events_of_a_crude_rate_are_its_own():
    people = EXPECTED * 31
    events = variation.events_of_rates(*crude_rate(OBSERVED, people), OBSERVED)
    np.testing.assert_allclose(events.observed, OBSERVED, rtol=1e-9)
    np.testing.assert_allclose(events.expected, people * OBSERVED.sum() / people.sum(), rtol=1e-9)


def test_indices_of_standardised_rates_allow_for_their_weights():
    # old people few and weighing much: rates vary more by chance than their counts do
    rng, people = np.random.default_rng(9), np.tile([[9000.0, 300.0]], (60, 1))
    count = rng.poisson(people * [0.01, 0.05], (300, 60, 2)).astype(float)
    rates = directly_standardised_rate(count, np.broadcast_to(people, count.shape), [1, 1])
    events = variation.events_of_rates(*rates, count.sum(axis=-1))
    assert events.observed.mean() < 0.4 * count.sum(axis=-1).mean()
    found = variation.indices(*events)
    assert found.scv.mean() == pytest.approx(0, abs=0.003)
    as_if_counts = (rates.value / rates.value.mean(axis=-1, keepdims=True)).var(axis=-1).mean()
    assert as_if_counts > 2.5 * (1 / count.sum(axis=-1)).mean()


def test_a_rate_of_zero_or_a_missing_limit_has_no_events():
    events = variation.events_of_rates([0, 5, NAN], [0, 4, 4], [2, 6, 6], [0, 90, 90])
    assert np.isnan(events.observed).tolist() == [True, False, True]


def test_proportions_near_the_whole_vary_by_chance_as_they_should():
    count = np.random.default_rng(11).binomial(400, 0.9, (400, 40)).astype(float)
    found = variation.indices(*variation.events_of_proportions(count, np.full(count.shape, 400.0)))
    assert found.scv.mean() == pytest.approx(0, abs=3e-5)
    plain = variation.indices(count, np.full(count.shape, 400.0))
    assert plain.scv.mean() < -0.002  # as if they were events without end
    with pytest.raises(ValueError, match="count is larger than its denominator at position 0"):
        variation.events_of_proportions([5], [4])
    assert np.isnan(variation.events_of_proportions([0, 1], [0, 4]).expected[0])


def test_replicates_equal_but_for_rounding_are_as_high():
    # whichever area has the one event, these indices are the same
    p = variation.chance_only([1] + [0] * 9, [10] * 10, replicates=99).p
    assert p.scv == p.weighted_scv == p.variance == 1


def test_a_value_outside_its_limits_and_limits_that_cross_are_refused():
    for lower, upper in (([4, 6], [6, 8]), ([4, 3], [6, 4]), ([4, 6], [6, 4])):
        with pytest.raises(ValueError, match="value does not lie between its limits at position 1"):
            variation.events_of_rates([5, 5], lower, upper, [90, 90])


def test_a_lower_limit_cut_at_nought_does_not_make_a_rate_surer():
    value, lower, upper = crude_rate([12, 40], [1000, 1000])
    cut = variation.events_of_rates(value, [0, 0], upper, [12, 40])
    np.testing.assert_allclose(
        cut.observed, variation.events_of_rates(value, lower, upper, [12, 40]).observed
    )
    assert np.isnan(variation.events_of_rates(value, [NAN, 0], upper, [12, 40]).observed).tolist() == [
        True,
        False,
    ]


@pytest.mark.parametrize("replicates", [0, -1, 2.5])
def test_fewer_than_one_replicate_is_refused(replicates):
    for work in (variation.chance_only, variation.limits):
        with pytest.raises(ValueError, match="replicates must be a whole number of at least 1; it is"):
            work(OBSERVED, EXPECTED, replicates=replicates)


def test_fewer_than_none_are_not_left_out_and_of_no_area_there_is_no_fold():
    with pytest.raises(ValueError, match="trimmed must be a whole number of at least 0; it is -1"):
        variation.fold([1, 2, 3], trimmed=-1)
    with pytest.raises(ValueError, match="value is below zero at position 1"):
        variation.fold([1, -2, 3])
    assert np.isnan(variation.fold(np.empty((2, 0)))).tolist() == [True, True]


def test_one_number_is_no_set_of_areas():
    for work in (
        lambda: variation.indices(3, 5),
        lambda: variation.fold(3),
        lambda: variation.events_of_proportions(3, 5),
        lambda: variation.events_of_rates(3, 2, 4, 9),
    ):
        with pytest.raises(ValueError, match=r"must be \[\.\.\., area\]; it has 0 axes"):
            work()
