"""Whether a year repeats itself, and the series without it."""

import numpy as np
import pytest

from careatlas.methods import spc
from careatlas.methods.seasonality import seasonality, take_out_season

NAN = np.nan
MONTHS = np.arange(48)
WINTER = 3 * np.cos(2 * np.pi * MONTHS / 12)
NOISE = np.random.default_rng(3).standard_normal(48)


def test_a_winter_peak_is_found_and_a_trend_alone_is_not_one():
    assert seasonality(WINTER + NOISE).is_seasonal
    assert not seasonality(0.5 * MONTHS + NOISE).is_seasonal


def test_the_correlation_is_that_of_the_series_with_itself_a_year_on():
    deviation = NOISE - np.polyval(np.polyfit(MONTHS, NOISE, 1), MONTHS)
    by_hand = (deviation[12:] * deviation[:-12]).sum() / (deviation**2).sum()
    assert seasonality(NOISE).correlation == pytest.approx(by_hand)


def test_taking_out_the_season_leaves_trend_and_noise():
    left = take_out_season(100 + 0.5 * MONTHS + WINTER + 0.01 * NOISE).without_season
    np.testing.assert_allclose(left, 100 + 0.5 * MONTHS, atol=0.05)


def test_a_season_fills_the_chart_with_special_causes_and_none_remain_without_it():
    seasonal = 10 + WINTER + 0.3 * NOISE
    assert spc.xmr(seasonal).is_special.sum() > 20
    assert spc.xmr(take_out_season(seasonal).without_season).is_special.sum() == 0


def test_a_missing_month_stays_missing_and_the_season_is_known_from_the_other_years():
    series = WINTER.copy()
    series[5] = NAN
    left = take_out_season(series).without_season
    assert np.isnan(left).tolist() == [month == 5 for month in MONTHS]
    np.testing.assert_allclose(np.delete(left, 5), 0, atol=1e-8)


def test_below_two_years_nothing_is_said():
    found = seasonality(WINTER[:23])
    assert np.isnan([found.correlation, found.p]).all()
    assert not found.is_seasonal
    assert np.isnan(take_out_season(WINTER[:23]).without_season).all()


def test_a_series_that_never_moves_has_no_season():
    assert not seasonality(np.full(36, 7.0)).is_seasonal
    np.testing.assert_allclose(take_out_season(np.full(36, 7.0)).without_season, 7)


def test_quarters_repeat_every_four():
    assert seasonality([1, 5, 2, 0] * 4, periods=4).is_seasonal


def test_many_series_at_once_equal_one_by_one():
    series = np.random.default_rng(1).standard_normal((3, 2, 40))
    series[1, 0, 7] = NAN
    series[2, 1] = NAN
    together, left = seasonality(series), take_out_season(series).without_season
    for at in np.ndindex(3, 2):
        np.testing.assert_allclose(
            left[at], take_out_season(series[at]).without_season, rtol=1e-12, atol=1e-12
        )
        for all_series, one in zip(together, seasonality(series[at]), strict=True):
            np.testing.assert_allclose(all_series[at], one, rtol=1e-12)


@pytest.mark.parametrize("series", [np.full(36, 0.1), 0.1 * MONTHS + 0.7, 1e7 + 0.1 * MONTHS])
def test_what_rounding_leaves_beside_a_straight_line_is_no_season(series):
    found = seasonality(series)
    assert np.isnan([found.correlation, found.p]).all()
    assert not found.is_seasonal


def test_a_season_of_one_period_is_refused_and_no_series_is_none():
    for work in (seasonality, take_out_season):
        with pytest.raises(ValueError, match="periods must be a whole number of at least 2; it is 1"):
            work(WINTER, periods=1)
    assert take_out_season(np.empty((0, 36))).without_season.shape == (0, 36)


def test_one_number_is_no_series():
    for work in (seasonality, take_out_season):
        with pytest.raises(ValueError, match=r"value must be \[\.\.\., period\]; it has 0 axes"):
            work(3)
