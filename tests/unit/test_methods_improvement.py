"""Changed areas beside their peers, with and without what comes back by itself."""

import csv
from pathlib import Path

import numpy as np
import pytest

from careatlas.methods.improvement import adjusted_difference, difference_in_differences

GOLD = Path(__file__).parent.parent / "gold"


def gold(name):
    with (GOLD / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def areas_over_time(seed, areas=16, periods=10, carried_over=0.5):
    """Areas of different level with a shared course, and errors that last from one period to the next."""
    rng = np.random.default_rng(seed)
    error = rng.normal(0, 0.05, (areas, periods))
    for period in range(1, periods):
        error[:, period] += carried_over * error[:, period - 1]
    return rng.normal(0, 0.1, (areas, 1)) + 0.1 * np.sin(np.arange(periods)) + error


def first(changed, areas=16):
    return np.arange(areas) < changed, np.arange(areas) >= changed


def test_the_effect_in_california_is_the_published_one():
    rows, published = gold("cigarette_sales"), gold("cigarette_sales_effects")[0]
    years = [name for name in rows[0] if name.isdigit()]
    sales = np.array([[float(row[year]) for year in years] for row in rows])
    is_california = np.array([row["state"] == "California" for row in rows])
    effect = difference_in_differences(sales, is_california, ~is_california, years.index("1989"))
    assert round(float(effect.value), int(published["decimals"])) == float(published["value"])


def two_way_regression(value, is_changed, start):
    """Ordinary least squares with an effect of each area and period, errors clustered by area."""
    import statsmodels.api as sm

    areas, periods = value.shape
    area, period = (index.ravel() for index in np.indices(value.shape))
    treated = (is_changed[area] & (period >= start)).astype(float)
    design = np.column_stack([treated, np.eye(areas)[area], np.eye(periods)[period][:, 1:]])
    options = {"groups": area, "use_correction": False}
    fit = sm.OLS(value.ravel(), design).fit(cov_type="cluster", cov_kwds=options)
    return fit.params[0], fit.bse[0]


def test_the_effect_is_that_of_a_regression_on_areas_and_periods():
    value = areas_over_time(1)
    for changed in (1, 3, 8):
        is_changed, is_peer = first(changed)
        ours = difference_in_differences(value, is_changed, is_peer, 6)
        np.testing.assert_allclose(ours.value, two_way_regression(value, is_changed, 6)[0], rtol=1e-10)


def test_the_error_is_the_clustered_one_with_the_areas_counted_less_one():
    value = areas_over_time(2)
    is_changed, is_peer = first(8)
    ours = difference_in_differences(value, is_changed, is_peer, 6)
    _, clustered = two_way_regression(value, is_changed, 6)
    from scipy.stats import ttest_ind

    change = value[:, 6:].mean(axis=1) - value[:, :6].mean(axis=1)
    welch = ttest_ind(change[:8], change[8:], equal_var=False)
    np.testing.assert_allclose(ours.p, welch.pvalue, rtol=1e-10)
    np.testing.assert_allclose(ours.value / welch.statistic, clustered * np.sqrt(8 / 7), rtol=1e-10)
    interval = welch.confidence_interval()
    np.testing.assert_allclose([ours.lower, ours.upper], [interval.low, interval.high], rtol=1e-10)


def test_a_few_changed_areas_share_the_spread_of_all():
    from scipy.stats import ttest_ind

    value = areas_over_time(3)
    change = value[:, 6:].mean(axis=1) - value[:, :6].mean(axis=1)
    for changed in (1, 4):
        ours = difference_in_differences(value, *first(changed), 6)
        pooled = ttest_ind(change[:changed], change[changed:])
        np.testing.assert_allclose(ours.p, pooled.pvalue, rtol=1e-10)


def test_the_event_study_shows_a_drift_that_began_before():
    calm, drifting = areas_over_time(4), areas_over_time(4)
    drifting[0] -= 0.15 * np.arange(10)
    before = difference_in_differences(drifting, *first(1), 6)
    assert before.p < 0.05
    assert before.trend_p < 0.01
    assert (np.diff(before.by_period) < 0.1).all()
    assert difference_in_differences(calm, *first(1), 6).trend_p > 0.05


def test_distances_by_period_average_to_none_before_and_to_the_effect_after():
    effect = difference_in_differences(areas_over_time(5), *first(3), 6)
    np.testing.assert_allclose(effect.by_period[:6].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(effect.by_period[6:].mean(), effect.value, rtol=1e-10)
    assert (effect.by_period_lower < effect.by_period).all()


def test_missing_months_are_left_out_for_all_and_peers_with_other_gaps_are_not_used():
    value = areas_over_time(6)
    holed = value.copy()
    holed[0, 2], holed[9, 8] = np.nan, np.nan
    ours = difference_in_differences(holed, *first(2), 6)
    plain = difference_in_differences(np.delete(np.delete(value, 2, 1), 9, 0), *first(2, 15), 5)
    np.testing.assert_allclose([ours.value, ours.p], [plain.value, plain.p])
    assert ours.peers == 13
    assert np.isnan(ours.by_period[2])


@pytest.mark.parametrize("changed", [1, 3, 6])
def test_areas_that_all_changed_alike_show_no_difference(changed):
    """Sums of .1 and the like are out by a last digit, which is no spread to judge by."""
    value = np.tile([0.1, 0.2, 0.3, 0.7], (18, 1))
    crude = difference_in_differences(value, *first(changed, 18), 2)
    adjusted = adjusted_difference(value, *first(changed, 18), 2, spell=1)
    assert np.isnan([crude.p, crude.trend_p, adjusted.p]).all()
    np.testing.assert_allclose([crude.value, crude.lower, crude.upper, adjusted.value], 0, atol=1e-14)


def test_with_too_little_to_compare_nothing_is_said():
    value = areas_over_time(7)
    for changed in (1, 6):
        alone = difference_in_differences(value[: changed + 1], *first(changed, changed + 1), 6)
        assert alone.peers == 1
        assert np.isnan([alone.value, alone.lower, alone.p, *alone.by_period]).all()
    nobody = np.zeros(16, dtype=bool)
    assert np.isnan(difference_in_differences(value, nobody, ~nobody, 6).value)
    value[0, 6:] = np.nan
    assert np.isnan(difference_in_differences(value, *first(1), 6).value)
    assert np.isnan(difference_in_differences(areas_over_time(7), *first(1), 2).trend_p)


def test_areas_screened_one_by_one_in_one_call_equal_a_loop():
    value = areas_over_time(8)
    is_changed = np.eye(16, dtype=bool)
    at_once = difference_in_differences(value, is_changed, ~is_changed, 6)
    adjusted = adjusted_difference(value, is_changed, ~is_changed, 6)
    for area in (0, 7):
        alone = difference_in_differences(value, is_changed[area], ~is_changed[area], 6)
        for together, one in zip(at_once, alone, strict=True):
            np.testing.assert_allclose(together[area], one, rtol=1e-9)
        alone = adjusted_difference(value, is_changed[area], ~is_changed[area], 6)
        for together, one in zip(adjusted, alone, strict=True):
            np.testing.assert_allclose(together[area], one, rtol=1e-9)


def test_the_adjusted_effect_is_that_of_a_regression_on_the_past():
    import statsmodels.api as sm

    value = 1000 * areas_over_time(9)
    is_changed, is_peer = first(2)
    before, after = value[:, :6].mean(axis=1), value[:, 6:].mean(axis=1)
    recent = value[:, 3:6].mean(axis=1)
    oracle = sm.OLS(after - before, np.column_stack([is_changed, before, recent, np.ones(16)])).fit()
    ours = adjusted_difference(value, is_changed, is_peer, 6)
    np.testing.assert_allclose(ours.value, oracle.params[0], rtol=1e-8)
    np.testing.assert_allclose(ours.p, oracle.pvalues[0], rtol=1e-8)
    np.testing.assert_allclose([ours.lower, ours.upper], oracle.conf_int()[0], rtol=1e-8)


def test_the_expected_change_is_what_lies_between_the_two_effects():
    value = areas_over_time(10)
    crude, adjusted = (
        method(value, *first(2), 6) for method in (difference_in_differences, adjusted_difference)
    )
    np.testing.assert_allclose(crude.value - adjusted.value, adjusted.expected_change, rtol=1e-9)


def test_an_area_picked_for_its_bad_year_is_expected_to_come_back():
    rng = np.random.default_rng(11)
    wrong = {"crude": 0, "adjusted": 0}
    for _ in range(200):
        value = rng.normal(0, 0.05, (40, 1)) + rng.normal(0, 0.1, (40, 8))
        is_worst = np.arange(40) == value[:, :4].mean(axis=1).argmax()
        crude = difference_in_differences(value, is_worst, ~is_worst, 4)
        adjusted = adjusted_difference(value, is_worst, ~is_worst, 4)
        assert adjusted.expected_change < 0
        wrong["crude"] += crude.p < 0.05
        wrong["adjusted"] += adjusted.p < 0.05
    assert wrong["crude"] > 40  # one in five is declared an improvement though nothing was done
    assert wrong["adjusted"] <= 20  # 10 expected


def test_fewer_than_ten_peers_teach_nothing_of_what_comes_back():
    value = areas_over_time(12)
    assert np.isnan(adjusted_difference(value[:10], *first(1, 10), 6).value)
    assert np.isfinite(adjusted_difference(value[:11], *first(1, 11), 6).value)


def test_pasts_all_alike_teach_nothing_but_break_nothing():
    value = np.zeros((16, 10))
    value[:, 6:] = areas_over_time(13)[:, 6:]
    crude, adjusted = (
        method(value, *first(2), 6) for method in (difference_in_differences, adjusted_difference)
    )
    np.testing.assert_allclose(adjusted.value, crude.value, rtol=1e-9)
    assert np.isfinite(adjusted.p)


def test_what_it_was_given_is_left_as_it_was():
    value = areas_over_time(14)
    before = value.copy()
    difference_in_differences(value, *first(1), 6)
    adjusted_difference(value, *first(1), 6)
    np.testing.assert_array_equal(value, before)


def test_impossible_questions_are_refused():
    value = areas_over_time(15)
    with pytest.raises(ValueError, match="both changed and peer at position 0"):
        difference_in_differences(value, first(1)[0], np.ones(16, dtype=bool), 6)
    with pytest.raises(ValueError, match="spell must lie between 0 and the 3 periods before; it is 3"):
        adjusted_difference(value, *first(1), 3)
    with pytest.raises(ValueError, match="leaves periods before and after; it is 10 of 10 periods"):
        difference_in_differences(value, *first(1), 10)
    with pytest.raises(ValueError, match=r"value must be \[..., area, period\]; it has 1 axes"):
        difference_in_differences(value[0], [True], [False], 6)


def test_which_areas_changed_must_be_known_of_each():
    value, (is_changed, is_peer) = areas_over_time(16), first(1)
    with pytest.raises(ValueError, match="is_changed must be true or false, and is not known at position 0"):
        difference_in_differences(value, np.where(is_changed, np.nan, 0), is_peer, 6)
    with pytest.raises(
        ValueError, match="is_peer must be true or false, and is text at position 0 and 15 more"
    ):
        adjusted_difference(value, is_changed, is_peer.astype(str), 6)
    with pytest.raises(ValueError, match="is_peer must have 16 along its axis area; it has 1"):
        difference_in_differences(value, is_changed, [True], 6)
