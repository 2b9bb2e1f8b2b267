"""Variances by restricted likelihood: an analysis of variance where it is balanced, and brute force elsewhere."""

import numpy as np
import pytest
from scipy.optimize import minimize

from careatlas.methods.restricted_likelihood import restricted_likelihood

NAN = np.nan
STEP = np.arange(5) - 2.0
FORMS = np.stack([np.ones((5, 5)), np.outer(STEP, STEP), np.eye(5)])


def simulated(maps, areas=30, seed=1):
    rng = np.random.default_rng(seed)
    chance = 1 / rng.uniform(30, 900, (maps, areas, 5))
    u, d = rng.normal(0, 0.1, (maps, areas, 1)), rng.normal(0, 0.02, (maps, areas, 1))
    error = np.sqrt(0.004 + chance) * rng.standard_normal((maps, areas, 5))
    return 0.2 * STEP + u + d * STEP + error, chance


def slow_log_likelihood(variance, score, chance, forms=FORMS):
    """Area by area, known periods only."""
    log_determinants, total, weighted, inverses = 0.0, np.zeros((5, 5)), np.zeros(5), []
    for y, c in zip(score, chance, strict=True):
        known = np.flatnonzero(~np.isnan(y))
        covariance = (np.tensordot(variance, forms, 1) + np.diag(c))[np.ix_(known, known)]
        inverse = np.linalg.inv(covariance)
        log_determinants += np.linalg.slogdet(covariance)[1]
        total[np.ix_(known, known)] += inverse
        weighted[known] += inverse @ y[known]
        inverses.append((known, inverse))
    level = np.linalg.solve(total, weighted)
    misfit = sum(
        (y[known] - level[known]) @ inverse @ (y[known] - level[known])
        for y, (known, inverse) in zip(score, inverses, strict=True)
    )
    return -0.5 * (log_determinants + np.linalg.slogdet(total)[1] + misfit)


def test_balanced_areas_have_the_variances_of_an_analysis_of_variance():
    rng = np.random.default_rng(3)
    score = rng.normal(0, 1, (20, 1)) + rng.normal(0, 0.7, (20, 5))
    found = restricted_likelihood(score, np.full((20, 5), 0.1), FORMS[[0, 2]])
    area, period = score.mean(axis=1, keepdims=True), score.mean(axis=0)
    between = 5 * ((area - score.mean()) ** 2).sum() / 19
    within = ((score - area - period + score.mean()) ** 2).sum() / (19 * 4)
    np.testing.assert_allclose(found.variance, [(between - within) / 5, within - 0.1], rtol=1e-4)
    np.testing.assert_allclose(found.level, period)


def test_with_gaps_and_unequal_chance_a_slow_search_finds_the_same_maximum():
    score, chance = simulated(1)
    score[0, 3, 2] = score[0, 7, :4] = score[0, 8, :] = NAN
    found = restricted_likelihood(score, chance, FORMS)
    known = ~np.isnan(score[0]).all(axis=1)
    y, c = score[0][known], chance[0][known]
    search = minimize(
        lambda logs: -slow_log_likelihood(np.exp(logs), y, c),
        np.log([0.01, 0.001, 0.01]),
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-10, "maxiter": 2000},
    )
    assert found.log_likelihood[0] == pytest.approx(slow_log_likelihood(found.variance[0], y, c))
    assert found.log_likelihood[0] == pytest.approx(-search.fun, abs=1e-7)
    np.testing.assert_allclose(found.variance[0], np.exp(search.x), rtol=1e-3)


@pytest.mark.parametrize("after", [0.5, -0.5])
def test_marks_of_any_shape_have_the_likelihood_of_the_slow_way_at_its_top(after):
    """A mark of its own for every pair of periods, another that grows, an area seen once."""
    forms = np.stack([after ** np.abs(np.subtract.outer(STEP, STEP)), np.diag(STEP + 3), np.ones((5, 5))])
    score, chance = simulated(1)
    score[0, 3, 2] = score[0, 7, :4] = score[0, :3, 4] = NAN
    found = restricted_likelihood(score[0], chance[0], forms)
    assert found.log_likelihood == pytest.approx(
        slow_log_likelihood(found.variance, score[0], chance[0], forms), rel=1e-12
    )
    for moved in 0.01 * np.eye(3):
        for other in (found.variance * (1 + moved), np.maximum(found.variance * (1 - moved), 0)):
            assert slow_log_likelihood(other, score[0], chance[0], forms) < found.log_likelihood + 1e-8


def test_statsmodels_finds_the_same_where_chance_is_the_same_for_all():
    from statsmodels.regression.mixed_linear_model import MixedLM

    rng = np.random.default_rng(12)
    score = rng.normal(0, 1, (25, 1)) + rng.normal(0, 0.6, (25, 5))
    score[0, 1] = score[4, 4] = NAN
    known = ~np.isnan(score)
    area, period = np.nonzero(known)
    levels = np.eye(5)[period]
    model = MixedLM(score[known], levels, groups=area).fit(reml=True)
    found = restricted_likelihood(score, np.full((25, 5), 0.01), FORMS[[0, 2]])
    np.testing.assert_allclose(found.variance, [float(model.cov_re[0, 0]), model.scale - 0.01], rtol=1e-3)
    np.testing.assert_allclose(found.level, model.fe_params, rtol=1e-4)


def test_a_part_the_data_would_make_negative_is_zero():
    score = np.array([[1.0, -1.0], [-1.0, 1.0], [0.5, -0.5], [-0.5, 0.5]])  # areas all average 0
    found = restricted_likelihood(score, np.full((4, 2), 0.01), FORMS[[0, 2]][:, :2, :2])
    assert found.variance[0] == 0
    assert found.variance[1] > 0


def test_all_maps_at_once_equal_one_by_one():
    score, chance = simulated(6)
    score[2, 4, 1] = NAN
    at_once = restricted_likelihood(score.reshape(2, 3, 30, 5), chance.reshape(2, 3, 30, 5), FORMS)
    assert at_once.variance.shape == (2, 3, 3)
    for index, (y, c) in enumerate(zip(score, chance, strict=True)):
        alone = restricted_likelihood(y, c, FORMS)
        np.testing.assert_allclose(
            at_once.variance.reshape(6, 3)[index], alone.variance, rtol=1e-9, atol=1e-12
        )
        assert at_once.log_likelihood.ravel()[index] == pytest.approx(alone.log_likelihood, abs=1e-9)


def test_a_period_nobody_is_known_in_has_no_level_and_changes_nothing():
    score, chance = simulated(1)
    score[0, :, 2] = NAN
    found = restricted_likelihood(score, chance, FORMS)
    assert np.isnan(found.level[0]).tolist() == [False, False, True, False, False]
    four = [0, 1, 3, 4]
    without = restricted_likelihood(score[..., four], chance[..., four], FORMS[:, four][:, :, four])
    np.testing.assert_allclose(found.variance, without.variance, rtol=1e-4)


def test_where_to_begin_does_not_matter():
    score, chance = simulated(3)
    far = restricted_likelihood(score, chance, FORMS, start=np.full((3, 3), 5.0))
    np.testing.assert_allclose(
        far.log_likelihood, restricted_likelihood(score, chance, FORMS).log_likelihood, atol=1e-6
    )


def test_marks_of_another_number_of_periods_are_refused():
    with pytest.raises(ValueError, match=r"forms must be \[part, 2, 2\], as score has 2 periods"):
        restricted_likelihood([[1, 1], [2, 2]], [[0.1] * 2] * 2, FORMS)


def test_no_chance_at_all_is_refused():
    with pytest.raises(ValueError, match="chance is zero at position 0, 1"):
        restricted_likelihood([[1, 2], [2, 3]], [[0.1, 0], [0.1, 0.1]], FORMS[[0, 2]][:, :2, :2])


def test_areas_that_never_change_are_found_permanent_however_little_chance_there_is():
    level = np.random.default_rng(5).normal(0, 1, (20, 1))
    for chance in (1e-3, 1e-6, 1e-9):
        found = restricted_likelihood(np.repeat(level, 5, axis=1), np.full((20, 5), chance), FORMS)
        np.testing.assert_allclose(found.variance, [level.var(ddof=1) - chance / 5, 0, 0], rtol=1e-3)


def test_chance_too_small_to_be_worked_with_and_forms_that_add_nothing_are_refused():
    score, chance = simulated(1)
    chance[0, 3, 2] = 1e-30
    with pytest.raises(
        ValueError, match="chance is too small beside the spread of score at position 0, 3, 2"
    ):
        restricted_likelihood(score, chance, FORMS)
    score, chance = simulated(1)
    with pytest.raises(ValueError, match="forms adds nothing to any period at position 1"):
        restricted_likelihood(score, chance, FORMS * np.array([1, 0, 1])[:, None, None])
    with pytest.raises(ValueError, match="forms is not symmetric at position 0, 0, 1 and 19 more"):
        restricted_likelihood(score, chance, [np.triu(np.ones((5, 5))), *FORMS[1:]])
    with pytest.raises(ValueError, match="forms is no covariance at position 1"):
        restricted_likelihood(score, chance, [FORMS[0], FORMS[1] - FORMS[2]])
    with pytest.raises(ValueError, match=r"score must be \[..., area, period\]; it has 1 axes"):
        restricted_likelihood(score[0, 0], chance[0, 0], FORMS)
