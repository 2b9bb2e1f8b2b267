"""A step is found where it was made; bad spells, trends and what was always so are not steps."""

import numpy as np
import pytest

from careatlas.methods.change_point import change_point

NAN = np.nan


def swinging(areas=60, periods=24, correlation=0.3, swing=0.04, level=0.1, chance=0.0005, seed=3):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((areas, periods))
    for period in range(1, periods):
        fresh = np.sqrt(1 - correlation**2) * noise[:, period]
        noise[:, period] = correlation * noise[:, period - 1] + fresh
    score = level * rng.standard_normal((areas, 1)) + swing * noise
    return score + np.sqrt(chance) * rng.standard_normal(score.shape), np.full(score.shape, chance)


def test_a_fall_of_a_fifth_is_found_in_its_month():
    score, chance = swinging()
    score[0, 13:] += np.log(0.8)
    found = change_point(score, chance)
    assert found.start[0] == 13
    assert found.step[0] == pytest.approx(np.log(0.8), abs=0.06)
    assert found.p[0] < 1e-4


def test_where_nothing_changed_small_p_are_as_rare_as_they_say():
    found = [change_point(*swinging(seed=seed)).p for seed in range(4)]
    assert np.mean(np.stack(found) < 0.05) < 0.09


def test_a_bad_spell_that_passes_is_not_a_step():
    """Three months 8 % up, twice what comes and goes; the months after are as the months before."""
    score, chance = swinging()
    calm = change_point(score, chance).p
    score[:5, 9:12] += 0.08
    assert (change_point(score, chance).p[:5] > 0.002).all()
    assert (calm[:5] > 0.002).all()


def test_what_lay_off_before_is_expected_back_where_areas_are_alike():
    """The same fall says less in a country whose areas are all alike: there it may be a return to the middle."""
    alike, apart = swinging(level=0.0), swinging(level=0.5)
    steps = []
    for score, chance in (alike, apart):
        score[0] = np.where(np.arange(24) < 12, 0.1, 0.0)
        steps.append(change_point(score, chance).step[0])
    assert abs(steps[0]) < abs(steps[1])


def test_too_few_periods_on_either_side_have_no_answer():
    score, chance = swinging(periods=12)
    score[0, :4] = NAN
    found = change_point(score, chance)
    assert np.isnan([found.start[0], found.step[0], found.p[0]]).all()
    assert not np.isnan(found.p[1:]).any()
    assert np.isnan(change_point(*swinging(periods=11)).p).all()


def test_equal_questions_have_equal_answers():
    score, chance = swinging()
    assert change_point(score, chance).p.tolist() == change_point(score, chance).p.tolist()
