"""Local clusters: where the pattern is, by formulas, by every draw there is, and by chance."""

from itertools import combinations

import numpy as np
import pytest

from careatlas.methods import local_clusters, spatial
from careatlas.methods.false_discovery import false_discovery_together

NAN = np.nan


def grid(side):
    line = np.eye(side, k=1) + np.eye(side, k=-1)
    return np.kron(line, np.eye(side)) + np.kron(np.eye(side), line)


def every_draw_p(value, links, area):
    """Twice the smaller tail of all sets of neighbours that could be drawn for the area."""
    others = np.delete(np.asarray(value), area)
    sums = np.array([sum(draw) for draw in combinations(others, int(links[area].sum()))])
    own = (links[area] * value).sum()
    return min(1, 2 * min((sums >= own - 1e-9).mean(), (sums <= own + 1e-9).mean()))


VALUES = np.array([3.0, 8, 1, 7, 4, 2, 9, 5, 6])


def test_local_values_add_up_to_the_map():
    local, whole = local_clusters.local_morans_i(VALUES, grid(3)), spatial.morans_i(VALUES, grid(3))
    assert local.value.sum() == pytest.approx(8 * whole.value)  # areas less one


def test_a_corner_of_high_areas_is_high_among_high_and_the_odd_ones_are_named():
    value = np.zeros((6, 6))
    value[:3, :3] = 10
    value[1, 1] = -5  # low within the high corner
    value[4, 4] = 12  # high within the low rest
    local = local_clusters.local_morans_i(value.ravel(), grid(6))
    quadrant = local.quadrant.reshape(6, 6)
    assert (quadrant[0, 0], quadrant[1, 1], quadrant[5, 0], quadrant[4, 4]) == (
        "high_high", "low_high", "low_low", "high_low"
    )  # fmt: skip
    assert (local.z.reshape(6, 6)[[0, 1, 5, 4], [0, 1, 0, 4]] > 0).tolist() == [True, False, True, False]


def test_permutations_agree_with_every_draw_there_is():
    links = grid(3)
    p = local_clusters.local_morans_i(VALUES, links, permutations=6000).p_permutation
    exact = [every_draw_p(VALUES, links, area) for area in range(9)]
    np.testing.assert_allclose(p, exact, atol=2 * 3.5 * np.sqrt(0.25 / 6000))


def test_g_is_standardised_by_the_mean_and_spread_of_every_draw_there_is():
    links = grid(3)
    scores = local_clusters.local_g(VALUES, links).value
    for area in range(9):
        draws = [np.mean(d) for d in combinations(np.delete(VALUES, area), int(links[area].sum()))]
        own = (links[area] * VALUES).sum() / links[area].sum()
        assert scores[area] == pytest.approx((own - np.mean(draws)) / np.std(draws))


def test_g_star_is_standardised_by_every_draw_that_includes_the_area_itself():
    links = grid(3)
    scores = local_clusters.local_g_star(VALUES, links).value
    for area in range(9):
        with_itself = links[area] + (np.arange(9) == area)
        draws = [np.mean(d) for d in combinations(VALUES, int(with_itself.sum()))]
        own = (with_itself * VALUES).sum() / with_itself.sum()
        assert scores[area] == pytest.approx((own - np.mean(draws)) / np.std(draws))


def test_all_three_ask_permutations_the_same_question():
    answers = [
        method(VALUES, grid(3)).p_permutation
        for method in (local_clusters.local_morans_i, local_clusters.local_g, local_clusters.local_g_star)
    ]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])


def test_many_maps_at_once_equal_one_by_one_also_where_areas_are_missing():
    values = np.random.default_rng(3).normal(size=(2, 3, 25))
    values[0, 1, 7] = values[1, 2, 3] = NAN
    for method in (local_clusters.local_morans_i, local_clusters.local_g, local_clusters.local_g_star):
        at_once = method(values, grid(5), permutations=99)
        for place in np.ndindex(2, 3):
            alone = method(values[place], grid(5), permutations=99)
            for together, apart in zip(at_once, alone, strict=True):
                if apart.dtype == float:
                    np.testing.assert_allclose(together[place], apart, rtol=1e-10)
                else:
                    np.testing.assert_array_equal(together[place], apart)


def test_areas_without_a_value_or_a_neighbour_are_not_known():
    line = np.eye(5, k=1) + np.eye(5, k=-1)
    local = local_clusters.local_morans_i([1, NAN, 5, 6, 2], line)
    assert local.quadrant.tolist()[:2] == ["not_known", "not_known"]
    for numbers in (local.value, local.z, local.p_normal, local.p_permutation):
        assert np.isnan(numbers).tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("value", [[0.3] * 9, [0.1] * 8 + [0.1 + 1e-17], [NAN] * 9, [1.0] + [NAN] * 8])
def test_equal_areas_and_lone_areas_are_not_known(value):
    local = local_clusters.local_morans_i(value, grid(3))
    assert set(local.quadrant) == {"not_known"}
    assert np.isnan(local.p_permutation).all()


def test_where_all_others_are_equal_or_all_are_neighbours_nothing_could_be_otherwise():
    spike = np.where(np.arange(9) == 4, 1e7, 0.1)
    assert np.isnan(local_clusters.local_g(spike, grid(3)).value[4])
    everyone = 1 - np.eye(4)
    assert np.isnan(local_clusters.local_g([1, 2, 3, 5], everyone).value).all()
    assert np.isnan(local_clusters.local_g([1, 2, 3, 5], everyone).p_permutation).all()


def test_only_what_is_kept_of_all_areas_and_indicators_is_labelled():
    rng = np.random.default_rng(11)
    values = rng.normal(size=(4, 144))
    block = np.zeros((12, 12), bool)
    block[2:6, 2:6] = True
    values[0] += 5 * block.ravel()
    local = local_clusters.local_morans_i(values, grid(12))
    labels = local_clusters.cluster_labels(local.quadrant, false_discovery_together(local.p_normal) <= 0.05)
    inner = np.zeros((12, 12), bool)
    inner[3:5, 3:5] = True
    assert (labels[0, inner.ravel()] == "high_high").all()
    assert (labels[1:] == "not_significant").mean() > 0.98


def test_chance_alone_is_flagged_at_the_stated_rate():
    values = np.random.default_rng(7).normal(size=(60, 100))
    local = local_clusters.local_morans_i(values, grid(10), permutations=199)
    assert (local.p_normal <= 0.05).mean() == pytest.approx(0.05, abs=0.012)
    assert (local.p_permutation <= 0.05).mean() == pytest.approx(0.05, abs=0.012)


def test_without_permutations_there_is_no_p_by_permutation():
    local = local_clusters.local_morans_i(VALUES, grid(3), permutations=0)
    assert np.isnan(local.p_permutation).all()
    assert np.isfinite(local.p_normal).all()


def test_what_was_given_is_left_as_it_was():
    value, links = VALUES.copy(), grid(3)
    local_clusters.local_morans_i(value, links)
    np.testing.assert_array_equal(value, VALUES)
    np.testing.assert_array_equal(links, grid(3))


def test_one_number_is_no_map():
    for method in (local_clusters.local_morans_i, local_clusters.local_g, local_clusters.local_g_star):
        with pytest.raises(ValueError, match=r"value must be \[..., area\]; it has 0 axes"):
            method(3.0, [[0]])
