"""Business as usual: what the months after would have been, and the saving beside them."""

from functools import partial

import numpy as np
import pytest

from careatlas.methods import counterfactual
from careatlas.methods.counterfactual import assumed_growth, business_as_usual, learnt_chances


def monthly(seed, series=1, months=60, growth=0.001, error=0.03, carried_over=0.3):
    """About 1,000 a month with a season, a trend, and errors that last."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, error, (series, months))
    for month in range(1, months):
        noise[:, month] += carried_over * noise[:, month - 1]
    time = np.arange(months)
    return 1000 * np.exp(growth * time + 0.05 * np.sin(2 * np.pi * time / 12) + noise)


def only(monkeypatch, level, slope, carried_over):
    """One setting alone, so that another package can be asked the same question."""
    monkeypatch.setattr(counterfactual, "SETTINGS", np.array([(level, slope, carried_over)]))
    monkeypatch.setattr(counterfactual, "CHANCES", np.array([1.0]))


@pytest.mark.parametrize(("level", "slope"), [(0.0, 0.0), (0.3, 0.0), (0.5, 0.05)])
def test_a_forecast_is_that_of_the_kalman_filter_in_statsmodels(monkeypatch, level, slope):
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    only(monkeypatch, level, slope, 0.0)
    log_rate = np.log(monthly(1, months=48)[0])
    seen = np.isfinite(log_rate)
    seen[[5, 20]] = False
    design = counterfactual._design(60, 48, None)
    model = counterfactual._forecasts(design, seen)

    season = np.eye(12)[np.arange(60) % 12][:, 1:]
    oracle = UnobservedComponents(
        np.where(seen, log_rate, np.nan),
        "lltrend",
        exog=season[:48],
        mle_regression=False,
        use_exact_diffuse=True,
    )
    squares = log_rate[seen] @ model.residual[0] @ log_rate[seen]
    variance = squares / model.freedom
    params = dict.fromkeys(oracle.param_names, 0.0) | {
        "sigma2.irregular": variance,
        "sigma2.level": variance * level**2,
        "sigma2.trend": variance * slope**2,
    }
    forecast = oracle.smooth(list(params.values())).get_forecast(12, exog=season[48:])
    np.testing.assert_allclose(model.mean[0] @ log_rate[seen], forecast.predicted_mean, rtol=1e-6)
    errors = np.sqrt(variance * np.einsum("ij,ij->i", model.root[0], model.root[0]))
    np.testing.assert_allclose(errors, forecast.se_mean, rtol=1e-4)


def test_settings_are_weighed_by_the_likelihood_of_the_years_before(monkeypatch):
    """Restricted likelihoods of two settings, by the density of contrasts free of trend and season."""
    monkeypatch.setattr(counterfactual, "SETTINGS", np.array([(0.0, 0.0, 0.0), (0.5, 0.0, 0.3)]))
    monkeypatch.setattr(counterfactual, "CHANCES", np.array([0.5, 0.5]))
    from scipy.linalg import null_space

    log_rate, seen = np.log(monthly(2, months=36)[0]), np.ones(36, dtype=bool)
    design = counterfactual._design(48, 36, None)
    model = counterfactual._forecasts(design, seen)
    squares = np.einsum("i,gij,j->g", log_rate, model.residual, log_rate)
    ours = model.log_weight - model.freedom / 2 * np.log(squares)

    free = null_space(design[:36].T).T
    theirs = []
    for covariance in counterfactual._covariances(48)[:, :36, :36]:
        contrast = free @ covariance @ free.T
        distance = free @ log_rate @ np.linalg.solve(contrast, free @ log_rate)
        theirs.append(-0.5 * np.linalg.slogdet(contrast)[1] - len(free) / 2 * np.log(distance))
    np.testing.assert_allclose(ours[1] - ours[0], theirs[1] - theirs[0], rtol=1e-8)


def test_a_steady_growth_is_carried_on_for_a_year_and_then_damped():
    time = np.arange(72)
    rng = np.random.default_rng(3)
    activity = 1000 * np.exp(0.01 * time + rng.normal(0, 1e-4, 72))
    usual = business_as_usual(activity, 48)
    grown = np.log(usual.value / 1000)
    np.testing.assert_allclose(grown[:12], 0.01 * time[48:60], atol=2e-3)
    last = 0.01 * (59 + sum(0.9**month for month in range(1, 13)))
    np.testing.assert_allclose(grown[-1], last, atol=4e-3)


def test_the_season_is_expected_again():
    time = np.arange(60)
    rng = np.random.default_rng(4)
    activity = 1000 * np.exp(0.1 * np.cos(2 * np.pi * time / 12) + rng.normal(0, 0.01, 60))
    usual = business_as_usual(activity, 48)
    assert usual.value.argmax() == 0
    assert usual.value.argmin() == 6


def test_limits_of_a_sum_are_not_the_sums_of_limits():
    usual = business_as_usual(monthly(5)[0], 48)
    assert usual.cumulative_upper[-1] < usual.upper.sum()
    assert usual.cumulative_lower[-1] > usual.lower.sum()
    np.testing.assert_allclose(usual.cumulative[0], usual.value[0])


def test_a_fall_of_a_tenth_is_a_saving_of_about_a_tenth():
    activity = monthly(6, error=0.02)[0]
    usual = business_as_usual(activity, 48)
    fallen = np.where(np.arange(60) >= 48, 0.9 * activity, activity)
    saving = business_as_usual(fallen, 48)
    np.testing.assert_allclose(saving.saving - usual.saving, 0.1 * activity[48:].sum(), rtol=1e-9)
    assert saving.saving_lower > 0
    assert usual.saving_lower < 0 < usual.saving_upper


def test_months_of_covid_set_to_missing_do_not_bend_what_is_expected():
    activity = monthly(7)[0]
    hit, missing = activity.copy(), activity.copy()
    hit[14:20], missing[14:20] = 0.5 * activity[14:20], np.nan
    without, with_it, left_out = (business_as_usual(each, 48) for each in (activity, hit, missing))
    np.testing.assert_allclose(left_out.cumulative[-1], without.cumulative[-1], rtol=0.03)
    assert with_it.cumulative_upper[-1] - with_it.cumulative_lower[-1] > 2 * (
        left_out.cumulative_upper[-1] - left_out.cumulative_lower[-1]
    )


def test_a_month_not_reported_after_the_start_is_no_saving():
    activity = monthly(8)[0]
    whole = business_as_usual(activity, 48)
    holed = activity.copy()
    holed[50] = np.nan
    usual = business_as_usual(holed, 48)
    np.testing.assert_array_equal(usual.value, whole.value)
    np.testing.assert_allclose(whole.saving - usual.saving, whole.value[2] - activity[50], atol=20)
    holed[48:] = np.nan
    assert np.isnan(business_as_usual(holed, 48).saving)


def test_three_years_are_enough_two_are_marked_and_fewer_say_nothing():
    activity = monthly(9)[0]
    assert not business_as_usual(activity, 36).is_limited
    two_years = business_as_usual(activity, 24)
    assert two_years.is_limited
    assert np.isfinite(two_years.saving)
    fewer = business_as_usual(activity, 23)
    assert np.isnan([*fewer.value, fewer.saving, fewer.saving_upper]).all()


def test_a_month_of_the_year_never_seen_cannot_be_expected():
    activity = monthly(10)[0]
    activity[4:48:12] = np.nan
    assert np.isnan(business_as_usual(activity, 48).value).all()


def test_a_series_with_an_empty_month_is_not_carried_on_and_harms_no_other():
    activity = monthly(11, series=2)
    alone = business_as_usual(activity[1], 48)
    activity[0, 3] = 0
    both = business_as_usual(activity, 48)
    assert np.isnan(both.value[0]).all()
    np.testing.assert_array_equal(both.value[1], alone.value)


def test_nothing_seen_after_the_start_saves_all_that_was_usual():
    activity = monthly(12)[0]
    activity[48:] = 0
    usual = business_as_usual(activity, 48)
    np.testing.assert_allclose(usual.saving, usual.cumulative[-1])


def test_more_working_days_are_expected_to_bring_more():
    rng = np.random.default_rng(13)
    days = rng.integers(18, 24, 60)
    activity = 50 * days * np.exp(rng.normal(0, 0.01, 60))
    plain, by_days = business_as_usual(activity, 48), business_as_usual(activity, 48, working_days=days)
    np.testing.assert_allclose(by_days.value, 50 * days[48:], rtol=0.03)
    assert np.ptp(np.log(by_days.upper / by_days.lower)) < 0.05
    assert (by_days.upper - by_days.lower).mean() < 0.5 * (plain.upper - plain.lower).mean()
    alike = business_as_usual(activity, 48, working_days=np.full(60, 21))
    np.testing.assert_array_equal(alike.value, plain.value)


def test_working_days_that_are_the_same_every_year_are_those_months_of_the_year():
    activity, days = monthly(19)[0], np.tile([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], 5)
    plain, by_days = business_as_usual(activity, 48), business_as_usual(activity, 48, working_days=days)
    np.testing.assert_array_equal(by_days.value, plain.value)


def test_growth_of_the_population_is_not_taken_for_a_trend_of_its_own():
    heads = np.where(np.arange(60) < 48, 1.0, 1.5)
    activity = monthly(14)[0]
    plain, per_head = business_as_usual(activity, 48), business_as_usual(activity, 48, weighted_heads=heads)
    np.testing.assert_allclose(per_head.value, 1.5 * plain.value)


def test_the_unit_does_not_matter_up_to_ten_million():
    activity = monthly(15)[0]
    small, large = business_as_usual(activity, 48), business_as_usual(1e4 * activity, 48)
    np.testing.assert_allclose(large.saving, 1e4 * small.saving, rtol=1e-6)


def test_many_series_at_once_equal_one_by_one_and_the_same_seed_gives_the_same():
    activity = monthly(16, series=6).reshape(2, 3, 60)
    activity[0, 1, 7] = np.nan
    together = business_as_usual(activity, 48, seed=3)
    for at in np.ndindex(2, 3):
        for one, both in zip(business_as_usual(activity[at], 48, seed=3), together, strict=True):
            np.testing.assert_allclose(one, both[at], rtol=1e-9)
    other = business_as_usual(activity, 48, seed=4)
    assert (other.saving != together.saving).all()


def test_series_worked_a_few_at_a_time_have_the_same_answer(monkeypatch):
    activity = monthly(20, series=5)
    together = business_as_usual(activity, 48)
    monkeypatch.setattr(counterfactual, "MONTHS_AT_ONCE", 2 * counterfactual.PATHS * 12)
    for all_at_once, two_at_once in zip(together, business_as_usual(activity, 48), strict=True):
        np.testing.assert_allclose(two_at_once, all_at_once, rtol=1e-12)


def test_limits_hold_the_truth_as_often_as_they_say():
    activity = monthly(17, series=200)
    usual = business_as_usual(activity, 48)
    total = activity[:, 48:].sum(axis=1)
    is_inside = (usual.cumulative_lower[:, -1] <= total) & (total <= usual.cumulative_upper[:, -1])
    assert is_inside.mean() >= 0.90 - 3 * 0.02  # full size in tests/trust


def test_assumed_growth_carries_each_month_of_the_last_year_on():
    last_year = np.arange(1.0, 13.0)
    usual = assumed_growth([*last_year, *last_year, *[0.0] * 14], start=24, yearly_growth=0.1)
    np.testing.assert_allclose(usual.value[:12], 1.1 * last_year)
    np.testing.assert_allclose(usual.value[12:], 1.21 * last_year[:2])
    np.testing.assert_allclose(usual.saving, usual.value.sum())


def test_assumed_growth_stands_on_the_mean_where_a_month_is_not_known():
    usual = assumed_growth([10, np.nan, 20, 12, 12, np.nan], start=3, yearly_growth=0.0)
    np.testing.assert_allclose(usual.value, [15, 15, 15])  # a year earlier nothing was known
    assert usual.saving == 6
    assert np.isnan(assumed_growth([np.nan, 5.0], start=1, yearly_growth=0.0).saving)


def test_impossible_questions_are_refused_and_inputs_left_as_they_were():
    activity = monthly(18)[0]
    before = activity.copy()
    business_as_usual(activity, 48)
    assumed_growth(activity, 48, 0.02)
    np.testing.assert_array_equal(activity, before)
    with pytest.raises(ValueError, match="activity is below zero at position 2"):
        business_as_usual([1.0, 2.0, -1.0], 1)
    with pytest.raises(ValueError, match="working_days is missing or not above zero at position 0"):
        business_as_usual(activity, 48, working_days=np.zeros(60))
    with pytest.raises(ValueError, match="leaves periods before and after; it is 60 of 60"):
        assumed_growth(activity, 60, 0.02)
    for method in (business_as_usual, lambda activity, start: assumed_growth(activity, start, 0.02)):
        with pytest.raises(ValueError, match=r"activity must be \[..., month\]; it has 0 axes"):
            method(100, 1)
    with pytest.raises(ValueError, match="weighted_heads must have 60 along its axis month; it has 1"):
        business_as_usual(activity, 48, weighted_heads=[1000])
    with pytest.raises(ValueError, match="not below -1; it is -2"):
        assumed_growth(activity, 48, -2)


def test_no_series_at_all_is_no_answer_and_no_error():
    assert business_as_usual(np.empty((0, 60)), 48).value.shape == (0, 12)


def test_a_start_is_a_position_and_months_lie_along_the_last_axis():
    activity = monthly(1)[0]
    for work in (business_as_usual, partial(assumed_growth, yearly_growth=0.02)):
        with pytest.raises(
            ValueError, match=r"start must be a position .* it is '2024-04' of 60 periods, counted from 0"
        ):
            work(activity, "2024-04")
        with pytest.raises(ValueError, match=r"has 1 there and 60 before it: of a frame give one column"):
            work(activity[:, None], 48)


def test_many_series_whose_level_stays_teach_that_it_does_and_limits_are_narrower():
    activity = monthly(30, series=40, error=0.04)
    learnt = learnt_chances(activity[:, :48])
    level_stays = counterfactual.SETTINGS[:, 0] == 0
    np.testing.assert_allclose(learnt.sum(), 1)
    assert learnt[level_stays].sum() > 0.7 > 0.5 == counterfactual.CHANCES[level_stays].sum().round(9)
    alone, together = (business_as_usual(activity, 48, chances=each) for each in (None, learnt))
    widths = [np.median(each.saving_upper - each.saving_lower) for each in (alone, together)]
    assert widths[1] < 0.85 * widths[0]


def test_many_series_whose_level_wanders_teach_that_it_does():
    rng = np.random.default_rng(31)
    wanders = monthly(31, series=40, error=0.02) * np.exp(np.cumsum(rng.normal(0, 0.02, (40, 60)), axis=1))
    level_stays = counterfactual.SETTINGS[:, 0] == 0
    assert learnt_chances(wanders[:, :48])[level_stays].sum() < 0.2


def test_series_with_too_little_history_teach_nothing_and_one_teaches_little():
    np.testing.assert_allclose(learnt_chances(np.full((3, 48), np.nan)), counterfactual.CHANCES)
    np.testing.assert_allclose(learnt_chances(monthly(32, series=3)[:, :23]), counterfactual.CHANCES)
    one = learnt_chances(monthly(33)[0, :48])
    assert np.abs(one - counterfactual.CHANCES).sum() < 0.5


def test_chances_are_one_above_zero_for_each_setting():
    activity = monthly(34)[0]
    with pytest.raises(ValueError, match="chances must have 30 along its axis setting; it has 2"):
        business_as_usual(activity, 48, chances=[0.5, 0.5])
    with pytest.raises(ValueError, match="chances is missing or not above zero"):
        business_as_usual(activity, 48, chances=np.zeros(30))


def test_the_saving_of_a_window_is_of_the_sums_over_its_months_alone():
    """Two years after the start; the second year's saving, and limits narrower than both years' summed limits."""
    activity = monthly(35)[0]
    second = activity.copy()
    second[36:48] = np.nan
    window, both = business_as_usual(second, 36), business_as_usual(activity, 36)
    np.testing.assert_allclose(window.saving, (both.value[12:] - activity[48:]).sum(), atol=60)
    assert window.saving_upper - window.saving_lower < (both.upper - both.lower)[12:].sum()
