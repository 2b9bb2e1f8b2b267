"""Over-dispersion and funnels: chance leaves nothing over, and stated false alarms are kept."""

import numpy as np
import pytest

from careatlas.methods import funnel, overdispersion
from careatlas.methods._variance_between import variance_left_by_winsorising

NAN = np.nan


def simulated(rng, maps, areas, expected, coefficient_of_variation):
    """Events of areas whose true ratios vary about 1 by a gamma distribution."""
    if coefficient_of_variation == 0:
        return rng.poisson(expected, (maps, areas)).astype(float)
    shape = 1 / coefficient_of_variation**2
    return rng.poisson(expected * rng.gamma(shape, 1 / shape, (maps, areas))).astype(float)


def test_winsorising_takes_a_third_of_the_variance_of_pure_chance():
    # what is left: 2(.4 - q phi(q)) + .2 q^2 with q = 1.28155
    assert round(variance_left_by_winsorising(), 4) == 0.6787


def test_areas_that_differ_less_than_chance_have_no_variance_between_them():
    found = overdispersion.rate_overdispersion([100] * 30, [100] * 30)
    assert found.tau2.tolist() == [0]
    assert found.phi.tolist() == [0]
    assert not found.has_few_areas[0]
    np.testing.assert_array_equal(found.z_adjusted, found.z)


def test_the_estimate_by_hand_on_areas_of_one_size():
    # 10 areas at root ratio 1.2, 10 at .8, errors .05: z is 4 or -4, winsorising changes nothing,
    # phi = 16/.67865;
    # w = 400, so tau2 = (20 phi - 19) / (20 x 400 - 400)
    found = overdispersion.rate_overdispersion([144] * 10 + [64] * 10, [100] * 20)
    phi = 16 / 0.678651
    assert found.phi[0] == pytest.approx(phi, rel=1e-4)
    assert found.tau2[0] == pytest.approx((20 * phi - 19) / 7600, rel=1e-4)
    assert found.z_adjusted[0] == pytest.approx(0.2 / np.sqrt(0.05**2 + found.tau2[0]))


def test_below_twenty_areas_the_estimate_is_paule_and_mandels():
    # with equal errors: squares about the target, over the areas less one, less the error's square
    found = overdispersion.score_overdispersion([1.3, 0.7, 1.1, 0.8, 1.2], np.full(5, 0.1), 1.0)
    assert found.has_few_areas[0]
    assert found.tau2[0] == pytest.approx((0.09 + 0.09 + 0.01 + 0.04 + 0.04) / 4 - 0.01, rel=1e-10)


def test_paule_and_mandels_estimate_solves_its_equation_when_errors_differ():
    score, error = np.array([1.5, 0.6, 1.1, 0.9]), np.array([0.05, 0.2, 0.1, 0.3])
    tau2 = overdispersion.score_overdispersion(score, error, 1.0).tau2[0]
    assert ((score - 1) ** 2 / (error**2 + tau2)).sum() == pytest.approx(3, rel=1e-9)


def test_an_area_without_events_is_an_ordinary_value():
    assert np.isfinite(overdispersion.rate_overdispersion([0, 5, 6], [4, 5, 6]).z).all()


def test_missing_areas_are_left_out_and_stay_missing():
    observed, expected = [120.0, 80, 150, NAN, 90, 30], [100.0, 100, 100, 100, NAN, 0]
    holed = overdispersion.rate_overdispersion(observed[:5], expected[:5])
    whole = overdispersion.rate_overdispersion(observed[:3], expected[:3])
    assert holed.tau2 == whole.tau2
    assert np.isnan(holed.z_adjusted).tolist() == [False, False, False, True, True]
    assert np.isnan(overdispersion.rate_overdispersion(observed, expected).z[5])


def test_one_area_says_nothing_of_differences():
    found = overdispersion.rate_overdispersion([[120], [NAN]], [[100], [100]])
    assert np.isnan(found.tau2).all()
    assert found.z[0, 0] == pytest.approx((np.sqrt(1.2) - 1) / 0.05)
    assert np.isnan(found.z[1, 0])


def test_many_maps_at_once_equal_one_by_one():
    rng = np.random.default_rng(4)
    observed = simulated(rng, 5, 42, 200, 0.15)
    observed[2, :30] = NAN  # so that one map has few areas and the others many
    at_once = overdispersion.rate_overdispersion(observed, np.full(observed.shape, 200))
    one_by_one = [overdispersion.rate_overdispersion(row, np.full(42, 200)) for row in observed]
    np.testing.assert_allclose(at_once.tau2, [found.tau2 for found in one_by_one], rtol=1e-12)
    np.testing.assert_allclose(at_once.z_adjusted, [found.z_adjusted for found in one_by_one], rtol=1e-12)


@pytest.mark.parametrize("areas", [42, 106, 130])
@pytest.mark.parametrize("variation", [0, 0.05, 0.1, 0.2])
def test_ordinary_areas_are_flagged_no_more_often_than_allowed(areas, variation):
    observed = simulated(np.random.default_rng(11), 2000, areas, 200, variation)
    z = np.abs(overdispersion.rate_overdispersion(observed, np.full(observed.shape, 200)).z_adjusted)
    assert (z > 3.090232).mean() <= 0.005
    assert (z > 1.959964).mean() <= 0.065


def test_an_area_with_60_percent_more_events_is_found_nine_times_in_ten():
    observed = simulated(np.random.default_rng(12), 2000, 106, 200, 0.1)
    observed[:, 0] = np.random.default_rng(13).poisson(320, 2000)
    z = overdispersion.rate_overdispersion(observed, np.full(observed.shape, 200)).z_adjusted
    assert (z[:, 0] > 3.090232).mean() >= 0.9


def test_proportions_that_differ_by_chance_alone_have_almost_no_variance_between_them():
    denominator = np.full((200, 106), 400.0)
    count = np.random.default_rng(5).binomial(400, 0.3, denominator.shape).astype(float)
    found = overdispersion.proportion_overdispersion(count, denominator)
    assert found.phi.mean() == pytest.approx(1, abs=0.05)
    assert found.tau2.mean() < 0.1 / (4 * 400)  # a tenth of chance's own variance


def test_adjusted_limits_without_adjustment_are_the_plain_ones_and_grow_with_it():
    plain = overdispersion.adjusted_rate_limits([100.0], 0.0, 0.95)
    assert np.round(plain, 4).tolist() == [[0.8136], [1.2056]]  # (1 -/+ 1.96 x .05) squared
    lower, upper = overdispersion.adjusted_rate_limits([100.0], 0.04, 0.95)
    assert lower < plain[0]
    assert upper > plain[1]
    assert overdispersion.adjusted_rate_limits([1.0], 1.0)[0] == 0


def test_adjusted_limits_of_a_proportion_stay_between_none_and_all():
    lower, upper = overdispersion.adjusted_proportion_limits([3.0, NAN, 0], 0.9, 0.05)
    assert 0 <= lower[0] < 0.9
    assert upper[0] == 1
    assert np.isnan(lower[1:]).all()


def test_exact_tails_flag_no_more_than_they_say_at_any_expected_count():
    from scipy.special import gammaln

    events, expected = np.arange(300.0), np.array([0.5, 2, 5, 20, 100])[:, None]
    probability = np.exp(events * np.log(expected) - expected - gammaln(events + 1))
    for confidence in (0.95, 0.998):
        flagged = funnel.outlying(*np.broadcast_arrays(events, expected), confidence) != 0
        assert ((probability * flagged).sum(axis=1) <= 1 - confidence).all()


def test_an_area_is_flagged_high_low_or_not_and_missing_stays_missing():
    flags = funnel.outlying([200, 30, 100, NAN, 3], [100, 100, 100, 100, 0])
    np.testing.assert_array_equal(flags, [1, -1, 0, NAN, NAN])


def test_no_events_where_many_were_expected_are_too_few():
    assert funnel.outlying([0, 0], [2, 20]).tolist() == [0, -1]


def test_inverted_limits_are_where_the_flag_turns():
    lower, upper = funnel.inverted_limits([40.0])
    assert funnel.outlying([40, 40], [lower[0] * 0.999, lower[0] * 1.001]).tolist() == [1, 0]
    assert funnel.outlying([40, 40], [upper[0] * 0.999, upper[0] * 1.001]).tolist() == [0, -1]


def test_proportion_limits_narrow_as_areas_grow():
    lower, upper = funnel.proportion_limits([10, 1000, 0], 0.3)
    assert (upper - lower)[0] > (upper - lower)[1]
    assert np.isnan(lower[2])
    with pytest.raises(ValueError, match="overall is above 1"):
        funnel.proportion_limits([10], 30)


def test_about_the_mean_of_the_areas_paule_and_mandels_estimate_is_that_of_statsmodels():
    from statsmodels.stats.meta_analysis import combine_effects

    rng = np.random.default_rng(15)
    score, error = rng.normal(1, 0.2, (3, 12)), rng.uniform(0.05, 0.3, (3, 12))
    theirs = [combine_effects(y, e**2, method_re="pm", atol=1e-13) for y, e in zip(score, error, strict=True)]
    ours = overdispersion.score_overdispersion(score, error, [[found.mean_effect_re] for found in theirs])
    np.testing.assert_allclose(ours.tau2[:, 0], [found.tau2 for found in theirs], rtol=1e-8)
    assert (ours.tau2 > 0).any()


def test_shmi_leaves_out_the_lowest_and_highest_tenth_by_hand():
    # 20 areas: floor(10 x rank / 21) is 0 for ranks 1 and 2, 9 for 19 and 20; z = 10 ln(O/E) for E = 100
    observed = np.array([10.0, 20, *[90.0] * 8, *[110.0] * 8, 300, 400])
    found = overdispersion.shmi_overdispersion(observed, np.full(20, 100.0))
    phi = 100 * (np.log(0.9) ** 2 + np.log(1.1) ** 2) / 2
    assert found.phi[0] == pytest.approx(phi)
    assert found.tau2[0] == pytest.approx(max(0, 16 * phi - 15) / (1600 - 100), rel=1e-12)


def test_cqc_divides_by_nothing_what_the_default_corrects():
    observed = [144.0] * 10 + [64.0] * 10
    published, corrected = (
        rule(observed, [100] * 20)
        for rule in (overdispersion.cqc_overdispersion, overdispersion.rate_overdispersion)
    )
    assert published.phi[0] == pytest.approx(16)
    assert published.tau2[0] == pytest.approx((20 * 16 - 19) / 7600)
    assert corrected.phi[0] == pytest.approx(16 / 0.678651, rel=1e-5)


def test_no_events_under_logarithms_are_scored_with_half_an_event_added():
    found = overdispersion.shmi_overdispersion([0, 8, 0], [8, 8, 0])
    assert found.z[0] == pytest.approx(np.log(0.5 / 8.5) * np.sqrt(8))
    assert found.z[1] == 0
    assert np.isnan(found.z[2])


def test_a_ratio_of_counts_is_flagged_exactly_where_it_lies_outside_its_limits():
    rng = np.random.default_rng(21)
    other = rng.uniform(50, 3000, 60).round()
    count = rng.poisson(0.4 * other * rng.gamma(50, 1 / 50, 60)).astype(float)
    count[:3] *= 3
    found = overdispersion.ratio_overdispersion(count, other)
    overall = (count.sum() + 0.5) / (other.sum() + 0.5)
    lower, upper = overdispersion.adjusted_ratio_limits(count, other, overall, found.tau2)
    ratio = (count + 0.5) / (other + 0.5)
    is_outside = (ratio < lower) | (ratio > upper)
    np.testing.assert_array_equal(is_outside, np.abs(found.z_adjusted) > 3.090232)
    assert is_outside.sum() >= 1


def test_none_of_either_is_no_ratio_and_none_of_one_is():
    found = overdispersion.ratio_overdispersion([0, 0, 9, NAN], [0, 12, 9, 4])
    assert np.isnan(found.z).tolist() == [True, False, False, True]


def test_funnel_limits_of_every_scale_are_where_the_adjusted_score_reaches_the_quantile():
    expected, tau2, reach = 80.0, 0.02, 3.0902323
    lower, upper = overdispersion.adjusted_shmi_limits([expected], tau2)
    for limit, side in ((lower, -1), (upper, 1)):
        assert np.log(limit[0]) / np.sqrt(1 / expected + tau2) == pytest.approx(side * reach)
    lower, upper = overdispersion.adjusted_rate_limits([expected], tau2)
    for limit, side in ((lower, -1), (upper, 1)):
        assert (np.sqrt(limit[0]) - 1) / np.sqrt(1 / (4 * expected) + tau2) == pytest.approx(side * reach)


def test_squares_of_pure_chance_are_spread_evenly_over_the_test():
    z = np.random.default_rng(2).normal(size=(4000, 40))
    p = overdispersion.dispersion_test(z).p
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 4000))
    assert p.mean() == pytest.approx(0.5, abs=0.02)


def test_no_area_has_no_test_and_no_false_flag():
    test = overdispersion.dispersion_test([[NAN, NAN], [3.0, NAN]])
    assert np.isnan(test.p[0, 0])
    assert test.phi[1, 0] == 9
    assert overdispersion.expected_false_flags([NAN, NAN])[0] == 0


def test_ten_million_events_and_parts_of_events_are_worked():
    observed = np.array([1.001e7, 9.99e6, 1e7, 1.0005e7 + 0.25])
    for rule in (
        overdispersion.rate_overdispersion,
        overdispersion.shmi_overdispersion,
        overdispersion.cqc_overdispersion,
        overdispersion.ratio_overdispersion,
    ):
        assert np.isfinite(rule(observed, np.full(4, 1e7)).z_adjusted).all()


@pytest.mark.parametrize(
    "rule",
    [
        overdispersion.shmi_overdispersion,
        overdispersion.cqc_overdispersion,
        overdispersion.ratio_overdispersion,
    ],
)
def test_published_rules_work_many_maps_at_once_and_leave_missing_areas_out(rule):
    observed = simulated(np.random.default_rng(8), 4, 30, 150, 0.2)
    observed[1, 4] = observed[3, 20:] = NAN
    expected = np.full(observed.shape, 150.0)
    before = observed.copy()
    at_once = rule(observed, expected)
    np.testing.assert_array_equal(observed, before)
    for row in range(4):
        alone = rule(observed[row][~np.isnan(observed[row])], expected[row][~np.isnan(observed[row])])
        np.testing.assert_allclose(at_once.tau2[row], alone.tau2, rtol=1e-12)
        np.testing.assert_allclose(
            at_once.z_adjusted[row][~np.isnan(observed[row])], alone.z_adjusted, rtol=1e-12
        )


def test_areas_large_and_small_together_are_flagged_no_more_often():
    # where DerSimonian and Laird's estimate is far too low: winsorising cuts the largest areas
    expected = np.broadcast_to(np.geomspace(20, 5000, 106), (1500, 106))
    rng = np.random.default_rng(14)
    observed = rng.poisson(expected * rng.gamma(100, 1 / 100, expected.shape)).astype(float)
    found = overdispersion.rate_overdispersion(observed, expected)
    assert (np.abs(found.z_adjusted) > 3.090232).mean() <= 0.005
    assert (np.abs(found.z_adjusted) > 1.959964).mean() <= 0.065
    assert found.tau2.mean() == pytest.approx(0.01 / 4, rel=0.05)  # roots vary by half as much as ratios


def test_the_variance_between_areas_solves_its_equation():
    rng = np.random.default_rng(16)
    score, error = rng.normal(1, 0.2, 40), rng.uniform(0.02, 0.3, 40)
    tau2 = overdispersion.score_overdispersion(score, error, 1.0).tau2[0]
    z = (score - 1) / np.sqrt(error**2 + tau2)
    drawn_in = np.clip(z, *np.quantile(z, [0.1, 0.9]))
    assert (drawn_in**2).sum() == pytest.approx(39 * variance_left_by_winsorising(), rel=1e-9)


def test_a_score_known_without_error_or_not_at_all_is_left_out():
    plain = overdispersion.score_overdispersion([1.3, 0.7, 1.2], [0.1, 0.1, 0.2], 1.0)
    holed = overdispersion.score_overdispersion([1.3, 0.7, 1.2, 5.0, NAN], [0.1, 0.1, 0.2, 0.0, 0.1], 1.0)
    assert holed.tau2 == plain.tau2
    np.testing.assert_array_equal(holed.z_adjusted, [*plain.z_adjusted, NAN, NAN])


def test_an_area_without_events_is_not_the_surest_of_all():
    # Spiegelhalter's error has nothing for a count of 0: 14 errors too many for the areas without any
    found = overdispersion.ratio_overdispersion([1] + [0] * 11, [100] * 12)
    assert (found.z[1:] < 1).all()
    assert found.z[0] > 3


@pytest.mark.parametrize("events", [2, 5, 20])
def test_ratios_of_few_events_are_flagged_no_more_often_than_allowed(events):
    rng = np.random.default_rng(events)
    count, other = rng.poisson(events, (400, 106)), rng.poisson(1000, (400, 106))
    found = overdispersion.ratio_overdispersion(count, other)
    assert (np.abs(found.z_adjusted) > 3.090232).mean() <= 0.005


def test_where_no_area_has_any_of_one_count_there_is_no_ratio():
    assert np.isnan(overdispersion.ratio_overdispersion([0] * 5, [10] * 5).z).all()
    assert np.isnan(overdispersion.ratio_overdispersion([10] * 5, [0] * 5).z_adjusted).all()


def test_a_distance_from_the_target_that_all_have_in_common_counts_on_either_side_of_twenty_areas():
    # all 3 errors off, n areas: 9 n / (1 + t) is n - 1, or .67865 (n - 1), with t = tau2 / .1^2
    few, many = (overdispersion.score_overdispersion([1.3] * areas, 0.1, 1.0) for areas in (19, 20))
    assert few.tau2[0] == pytest.approx(0.01 * (9 * 19 / 18 - 1))
    assert many.tau2[0] == pytest.approx(0.01 * (9 * 20 / 19 / 0.678651 - 1), rel=1e-5)


@pytest.mark.parametrize("areas", [2, 5, 10, 19])
def test_fewer_than_twenty_areas_are_flagged_no_more_often_than_stated(areas):
    expected = np.geomspace(20, 5000, areas)
    z = overdispersion.rate_overdispersion(
        simulated(np.random.default_rng(17), 2000, areas, expected, 0.1), np.tile(expected, (2000, 1))
    ).z_adjusted
    assert (np.abs(z) > 3.090232).mean() <= 0.002
    assert (np.abs(z) > 1.959964).mean() <= 0.05
    assert ((z**2).sum(axis=-1) <= areas - 1 + 1e-9).all()  # so that of ten none lies beyond 3


@pytest.mark.parametrize(
    "rule",
    [
        overdispersion.rate_overdispersion,
        overdispersion.proportion_overdispersion,
        overdispersion.ratio_overdispersion,
        overdispersion.shmi_overdispersion,
        overdispersion.cqc_overdispersion,
    ],
)
def test_one_number_is_no_set_of_areas(rule):
    with pytest.raises(ValueError, match=r"must be \[\.\.\., area\]; it has 0 axes"):
        rule(3, 5)


def test_one_score_is_no_set_of_areas():
    for work in (overdispersion.dispersion_test, overdispersion.expected_false_flags):
        with pytest.raises(ValueError, match=r"z must be \[\.\.\., area\]; it has 0 axes"):
            work(3.0)


def test_shares_that_cannot_be_are_refused_in_limits():
    with pytest.raises(ValueError, match="overall is above 1"):
        overdispersion.adjusted_proportion_limits([100], 50, 0.0)
    with pytest.raises(ValueError, match="overall is below zero"):
        overdispersion.adjusted_ratio_limits([100], [100], -1, 0.0)


def test_maps_without_areas_have_no_variance():
    assert np.isnan(overdispersion.rate_overdispersion(np.empty((2, 0)), np.empty((2, 0))).tau2).all()
