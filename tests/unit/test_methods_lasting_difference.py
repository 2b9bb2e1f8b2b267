"""A level that lasts, its error where months resemble each other, and where an area is expected next."""

import numpy as np
import pytest

from careatlas.methods.lasting_difference import Course, covariance_of, fitted_course, lasting_difference

NAN = np.nan


def swinging(areas=60, periods=24, correlation=0.3, swing=0.04, level=0.0, chance=0.0005, seed=3):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((areas, periods))
    for period in range(1, periods):
        fresh = np.sqrt(1 - correlation**2) * noise[:, period]
        noise[:, period] = correlation * noise[:, period - 1] + fresh
    score = level * rng.standard_normal((areas, 1)) + swing * noise
    return score + np.sqrt(chance) * rng.standard_normal(score.shape), np.full(score.shape, chance)


def test_what_comes_and_goes_and_how_long_it_lasts_are_found():
    course = fitted_course(*swinging(correlation=0.6, level=0.1))
    assert np.sqrt(course.permanent) == pytest.approx(0.1, rel=0.2)
    assert np.sqrt(course.come_and_go) == pytest.approx(0.04, rel=0.1)
    assert float(course.correlation) == 0.6


def test_months_that_resemble_each_other_say_less_than_as_many_independent_ones():
    """At correlation r the mean of many months has (1 + r) / (1 - r) times the variance: 4 times at .6."""
    independent, alike = (lasting_difference(*swinging(correlation=r, chance=1e-6)) for r in (0.0, 0.6))
    width = [np.median(found.upper - found.lower) for found in (independent, alike)]
    assert (width[1] / width[0]) ** 2 == pytest.approx(4, rel=0.3)


def test_an_area_that_swings_more_than_the_others_has_wider_limits_and_no_other():
    score, chance = swinging(correlation=0.0)
    wild = score.copy()
    wild[0] = 3 * score[0]
    narrow, wide = lasting_difference(score, chance), lasting_difference(wild, chance)
    ratio = (wide.upper - wide.lower) / (narrow.upper - narrow.lower)
    assert ratio[0] > 2
    assert np.median(ratio[1:]) < 1.2


def test_the_next_period_is_expected_nearer_the_middle_than_the_last():
    """Nothing permanent, correlation .6: of what lies beyond chance, little more than half is left."""
    score, chance = swinging(correlation=0.6, chance=1e-6)
    found = lasting_difference(score, chance)
    out = np.abs(score[:, -1]) > 0.05
    assert (np.abs(found.following) < np.abs(score[:, -1]))[out].all()
    assert np.median(found.following[out] / score[out, -1]) == pytest.approx(0.6, abs=0.1)


def test_areas_that_move_away_have_a_trend_and_the_others_none():
    score, chance = swinging()
    score[:3] += 0.01 * np.arange(24)
    found = lasting_difference(score, chance)
    assert found.trend[:3] == pytest.approx([0.01] * 3, abs=0.004)
    assert (found.trend_p[:3] < 0.001).all()
    assert (found.trend_p[3:] < 0.01).mean() < 0.05


def test_a_missing_period_is_left_out_and_not_taken_for_zero():
    score, chance = swinging(level=0.2)
    score[0, [2, 3, 11]] = NAN
    whole, found = lasting_difference(*swinging(level=0.2)), lasting_difference(score, chance)
    assert found.value[0] == pytest.approx(whole.value[0], abs=0.02)
    assert found.upper[0] - found.lower[0] > whole.upper[0] - whole.lower[0]


def test_three_periods_or_two_areas_are_too_few():
    score, chance = swinging(areas=5, periods=6)
    score[0, :3] = NAN
    found = lasting_difference(score, chance)
    assert np.isnan(found.p).tolist() == [True, False, False, False, False]
    assert np.isnan(found.following[0])
    assert np.isnan(lasting_difference(score[3:], chance[3:]).p).all()


def test_several_maps_in_one_call_have_the_answers_of_one_each():
    maps = [swinging(seed=seed, correlation=r) for seed, r in ((1, 0.0), (2, 0.6))]
    together = lasting_difference(*(np.stack(each) for each in zip(*maps, strict=True)))
    for place, one in enumerate(maps):
        assert together.p[place] == pytest.approx(lasting_difference(*one).p, rel=1e-3)


def test_an_unknown_period_stands_apart_in_the_covariance():
    course = Course(*(np.array(part) for part in (0.04, 0.0, 0.01, 0.5)))
    covariance = covariance_of(course, np.array([[0.1, NAN]]), with_permanent=False)
    assert covariance[0].round(6).tolist() == [[0.11, 0.0], [0.0, 1.0]]


def test_a_chance_variance_of_zero_is_refused():
    with pytest.raises(ValueError, match="chance is zero"):
        lasting_difference([[0.1] * 4] * 3, [[0.0] * 4] * 3)
