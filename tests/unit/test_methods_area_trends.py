"""The rate of change of every area at once."""

import numpy as np
import pytest

from careatlas.methods.area_trends import area_trends

NAN = np.nan


def test_slopes_are_those_of_a_negative_binomial_regression():
    import statsmodels.api as sm

    rng = np.random.default_rng(2)
    people = rng.uniform(1e4, 1e5, (12, 1)) * np.ones(8)
    count = rng.negative_binomial(20, 20 / (20 + people * 1e-3)).astype(float)
    count[3, 2] = NAN
    found = area_trends(count, people)
    pearson = []
    for area in range(12):
        known = ~np.isnan(count[area])
        design = sm.add_constant(np.arange(8.0)[known])
        family = sm.families.NegativeBinomial(alpha=found.dispersion.item())
        fit = sm.GLM(count[area][known], design, family=family, offset=np.log(people[area][known])).fit(
            tol=1e-12
        )
        assert np.log(found.change[area]) == pytest.approx(fit.params[1], rel=1e-6, abs=1e-9)
        pearson.append(fit.pearson_chi2)
    assert sum(pearson) == pytest.approx(12 * 6 - 1, rel=1e-6)  # its degrees of freedom: one month is missing


def test_where_months_vary_less_than_chance_chance_is_what_counts():
    found = area_trends([[100, 101, 100, 99, 100]], [[1000] * 5])
    assert found.dispersion == 0
    assert found.p > 0.5


def test_areas_that_change_alike_are_shown_alike():
    rng = np.random.default_rng(3)
    count = rng.poisson(30 * 1.03 ** np.arange(6.0), (60, 6)).astype(float)
    found = area_trends(count, np.ones_like(count))
    assert found.shrunk.std() < 0.35 * found.change.std()
    assert found.shrunk.mean() == pytest.approx(1.03, abs=0.01)
    assert (found.q >= found.p).all()
    assert (found.q > 0.05).mean() > 0.5


def test_one_area_alone_keeps_its_own_change():
    found = area_trends([[10, 20, 40, 80]], [[100] * 4])
    assert found.shrunk[0] == pytest.approx(found.change[0])
    assert found.lower[0] < 2 < found.upper[0]
    assert np.isnan(found.slope_variance).all()


def test_an_area_without_a_slope_is_missing_and_the_others_are_as_without_it():
    count = np.array([[10.0, 12, 15, 16], [20, 18, 22, 21], [9, 8, 6, 5]])
    lost = [[0, 0, 0, 0], [0, 0, 0, 7], [7, 0, 0, 0], [3, NAN, NAN, 4]]
    alone = area_trends(count, np.full((3, 4), 100))
    among = area_trends(np.vstack([count, lost]), np.full((7, 4), 100))
    for all_areas, three in zip(among[:6], alone[:6], strict=True):
        np.testing.assert_allclose(all_areas[:3], three, rtol=1e-9)
        assert np.isnan(all_areas[3:]).all()


def test_a_map_of_no_known_area_is_missing():
    found = area_trends(np.full((2, 5), NAN), np.ones((2, 5)))
    assert np.isnan(np.concatenate(found)).all()


def test_every_map_at_once_equals_map_by_map():
    rng = np.random.default_rng(6)
    count = rng.poisson(25, (3, 10, 7)).astype(float)
    people = np.full(count.shape, 1e4)
    together = area_trends(count, people)
    for number in range(3):
        alone = area_trends(count[number], people[number])
        for all_maps, one in zip(together, alone, strict=True):
            np.testing.assert_allclose(all_maps[number], one, rtol=1e-9, atol=1e-15)


def test_ten_million_events_are_worked():
    found = area_trends(1e7 * 1.01 ** np.arange(6.0)[None], [[5e7] * 6])
    assert found.change[0] == pytest.approx(1.01)


def test_events_among_nobody_are_refused():
    with pytest.raises(ValueError, match="events among nobody at position 0, 1"):
        area_trends([[1, 1, 1]], [[2, 0, 2]])


def test_what_it_was_given_is_left_as_it_was():
    count = np.array([[1.0, NAN, 3, 4, 5, 6]])
    before = count.copy()
    area_trends(count, count * 0 + 9)
    np.testing.assert_array_equal(count, before)


def test_one_number_is_no_panel_and_without_periods_or_areas_nothing_is_known():
    for count in (3, [3, 4]):
        with pytest.raises(
            ValueError, match=r"count or denominator must be \[\.\.\., area, period\]; it has"
        ):
            area_trends(count, count)
    assert np.isnan(area_trends(np.empty((2, 0)), np.empty((2, 0))).change).tolist() == [True, True]
    assert area_trends(np.empty((0, 5)), np.empty((0, 5))).change.shape == (0,)
