"""The areas most alike in need, and the honesty to say that none is."""

import numpy as np
import pytest

from careatlas.methods.peers import inclusion_share, learnt_weights, mahalanobis_peers, peers

NAN = np.nan


def country(areas=60, variables=4, seed=1):
    return np.random.default_rng(seed).standard_normal((areas, variables)) * [1, 10, 100, 0.1][:variables]


def test_every_pair_compared_gives_the_same_ten():
    variables = country()
    z = (variables - variables.mean(axis=0)) / variables.std(axis=0)
    distance = np.sqrt(((z[:, None] - z) ** 2).mean(axis=-1))
    np.fill_diagonal(distance, np.inf)
    found = peers(variables)
    np.testing.assert_array_equal(found.nearest, np.argsort(distance, axis=1)[:, :10])
    np.testing.assert_allclose(found.distance, np.sort(distance, axis=1)[:, :10])
    assert found.caliper == pytest.approx(np.quantile(found.distance[:, 9], 0.95))


def test_the_unit_of_a_variable_does_not_matter_and_its_weight_does():
    variables = country()
    same = peers(variables * [1000, 1, 0.5, 7] + [5, 0, -3, 2])
    np.testing.assert_array_equal(same.nearest, peers(variables).nearest)
    first_only = peers(variables, weights=[3, 0, 0, 0])
    np.testing.assert_array_equal(first_only.nearest, peers(variables[:, :1]).nearest)


def test_an_area_unlike_all_others_has_no_good_match():
    variables = country()
    variables[7] *= 40
    found = peers(variables)
    assert not found.has_good_match[7]
    assert (found.peer[7] == -1).all()
    assert (found.nearest[7] >= 0).all()
    assert found.has_good_match.mean() > 0.9


def test_peers_beyond_the_caliper_are_left_out_and_the_others_stay():
    # 200 areas side by side, and six as close to one another far away: those have five near peers
    variables = np.concatenate([np.arange(200) * 0.005, 50 + np.arange(6) * 0.005])
    found = peers(variables[:, None])
    assert found.has_good_match.all()
    assert (found.peer[-1] >= 0).tolist() == [True] * 5 + [False] * 5
    assert found.peer[-1][:5].tolist() == [204, 203, 202, 201, 200]


def test_areas_on_one_spot_are_peers_in_the_order_of_the_list():
    found = peers([[1.0], [1.0], [1.0], [9.0]], number=2)
    assert found.nearest[:3].tolist() == [[1, 2], [0, 2], [0, 1]]
    assert found.distance[0].tolist() == [0, 0]


def test_of_areas_equally_far_those_first_in_the_list_are_the_peers():
    # a square grid: most areas have four neighbours at one step and four at root 2
    grid = np.stack(np.meshgrid(np.arange(9.0), np.arange(9.0)), axis=-1).reshape(-1, 2)
    steps = ((grid[:, None] - grid) ** 2).sum(axis=-1)
    np.fill_diagonal(steps, 999)
    for number in (1, 3, 6, 10):
        in_list = np.argsort(steps, axis=1, kind="stable")[:, :number]
        np.testing.assert_array_equal(peers(grid, number=number).nearest, in_list)
    backwards = peers(grid[::-1], number=3).nearest
    np.testing.assert_array_equal(backwards, np.argsort(steps[::-1, ::-1], axis=1, kind="stable")[:, :3])


def test_many_areas_on_one_spot_have_the_first_of_them_as_peers():
    found = peers(np.repeat([[1.0], [5.0]], 40, axis=0), number=3)
    assert found.nearest[[0, 1, 39, 40, 79]].tolist() == [
        [1, 2, 3], [0, 2, 3], [0, 1, 2], [41, 42, 43], [40, 41, 42]
    ]  # fmt: skip


def test_an_area_with_a_missing_variable_has_no_peers_and_is_nobodys():
    variables = country(30)
    variables[4, 2] = NAN
    found = peers(variables)
    assert (found.nearest[4] == -1).all()
    assert np.isnan(found.distance[4]).all()
    assert not found.has_good_match[4]
    assert 4 not in found.nearest
    without = peers(np.delete(variables, 4, axis=0))
    np.testing.assert_allclose(np.delete(found.distance, 4, axis=0), without.distance)


def test_few_areas_have_the_peers_there_are_and_one_alone_has_none():
    found = peers([[1.0], [2.0], [4.0]], number=5)
    assert found.nearest.tolist() == [[1, 2, -1, -1, -1], [0, 2, -1, -1, -1], [1, 0, -1, -1, -1]]
    assert np.isnan(found.distance[:, 2:]).all()
    assert not found.has_good_match.any()
    assert peers([[1.0, 2.0]]).nearest.tolist() == [[-1] * 10]


def test_a_variable_in_which_all_are_equal_tells_none_apart():
    variables = country(30)
    constant = np.concatenate([variables, np.full((30, 1), 0.1)], axis=1)
    np.testing.assert_array_equal(peers(constant).nearest, peers(variables).nearest)
    assert (peers(np.ones((8, 2)), number=3).distance == 0).all()


def test_variables_that_repeat_each_other_count_once_by_mahalanobis():
    variables = country(40, 2)
    thrice = variables[:, [0, 0, 0, 1]] * [1, 2, -5, 1]
    np.testing.assert_array_equal(mahalanobis_peers(thrice).nearest, mahalanobis_peers(variables).nearest)
    assert (peers(thrice).nearest != peers(variables).nearest).any()


def test_mahalanobis_distance_is_scipys():
    from scipy.spatial.distance import cdist

    variables = country(40) @ np.array([[1, 0.8, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0.5], [0, 0, 0, 1.0]])
    inverse = np.linalg.inv(np.cov(variables.T, ddof=0))
    distance = cdist(variables, variables, "mahalanobis", VI=inverse) / 2  # root mean over 4 directions
    np.fill_diagonal(distance, np.inf)
    np.testing.assert_allclose(mahalanobis_peers(variables).distance, np.sort(distance, axis=1)[:, :10])


def test_weights_learnt_are_those_of_the_variables_need_follows():
    variables = country(150)
    noise = np.random.default_rng(2).normal(0, 0.5, 150)
    z = variables / [1, 10, 100, 0.1]
    weights = learnt_weights(variables, [2 * z[:, 0] + z[:, 1] + noise, z[:, 2] + noise])
    np.testing.assert_allclose(weights, [[0.8, 0.2, 0, 0], [0, 0, 1, 0]], atol=0.05)
    np.testing.assert_allclose(weights.sum(axis=1), 1)


def test_ridge_in_closed_form_is_the_solution_of_its_equations():
    # at the penalty chosen no coefficient gains from a change: (Z'Z + penalty) b = Z'y for one penalty
    variables, rng = country(50, 3), np.random.default_rng(3)
    need = variables @ [0.5, 0.01, 0.0] + rng.normal(0, 1, 50)
    z = (variables - variables.mean(axis=0)) / variables.std(axis=0)
    y = need - need.mean()
    best = np.inf
    for penalty in 50 * np.logspace(-3, 3, 61):
        hat = z @ np.linalg.solve(z.T @ z + penalty * np.eye(3), z.T)
        score = ((y - hat @ y) ** 2).sum() / (49 - np.trace(hat)) ** 2
        if score < best:
            best, coefficient = score, np.linalg.solve(z.T @ z + penalty * np.eye(3), z.T @ y)
    np.testing.assert_allclose(learnt_weights(variables, need), coefficient**2 / (coefficient**2).sum())


def test_need_that_does_not_differ_teaches_nothing():
    assert learnt_weights(country(20), np.ones(20)).tolist() == [0.25] * 4
    assert np.isnan(learnt_weights(country(5), np.arange(5.0))).all()


def test_areas_without_need_are_left_out_of_learning():
    variables, need = country(50), country(50)[:, 0].copy()
    need[3] = NAN
    with_gap = learnt_weights(variables, need)
    np.testing.assert_allclose(with_gap, learnt_weights(np.delete(variables, 3, 0), np.delete(need, 3)))


def test_peers_alike_in_everything_stay_whatever_the_weights():
    variables = country(40)
    variables[1] = variables[0] + 1e-6 * np.array([1, 10, 100, 0.1])
    share = inclusion_share(variables, draws=200)
    assert share[0, 0] == 1
    assert ((share > 0) & (share <= 1)).all()
    assert share[:, 9].mean() < share[:, 0].mean()


def test_inclusion_keeps_a_weight_of_nothing_at_nothing_and_its_seed():
    variables = country(40)
    assert (inclusion_share(variables, weights=[1, 0, 0, 0], draws=20) == 1).all()
    one, again, other = (inclusion_share(variables, draws=50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_several_countries_at_once_equal_one_by_one():
    several = np.stack([country(seed=1), country(seed=2)])
    several[1, 5, 0] = NAN
    for method in (peers, mahalanobis_peers):
        at_once = method(several)
        for index in range(2):
            for together, alone in zip(at_once, method(several[index]), strict=True):
                np.testing.assert_array_equal(together[index], alone)


@pytest.mark.parametrize("weights", [[1, 2], [0, 0, 0, 0], [[1, 1, 1, 1]]])
def test_weights_must_be_one_a_variable(weights):
    with pytest.raises(ValueError, match="weights must be 4, one a variable"):
        peers(country(), weights=weights)


def test_fewer_than_five_asked_for_are_no_good_match_and_none_is_refused():
    assert not peers(country(), number=4).has_good_match.any()
    with pytest.raises(ValueError, match="number must be a whole number of at least 1; it is 0"):
        peers(country(), number=0)


def test_weights_below_zero_or_missing_are_refused():
    with pytest.raises(ValueError, match="weights is below zero at position 1"):
        peers(country(), weights=[1, -1, 1, 1])
    with pytest.raises(ValueError, match="weights is missing at position 2"):
        peers(country(), weights=[1, 1, NAN, 1])


def test_variables_and_need_of_other_shapes_are_refused():
    for method in (peers, mahalanobis_peers, inclusion_share):
        with pytest.raises(ValueError, match=r"variables must be \[..., area, variable\]; it has 1 axes"):
            method([1.0, 2, 3])
    with pytest.raises(ValueError, match=r"variables must be \[area, variable\]; it has 3 axes"):
        inclusion_share(country()[None])
    with pytest.raises(ValueError, match=r"variables must be \[area, variable\]; it has 3 axes"):
        learnt_weights(country()[None], np.arange(60.0))
    with pytest.raises(ValueError, match="need must have 60 along its axis area; it has 59"):
        learnt_weights(country(), np.arange(59.0))
    with pytest.raises(ValueError, match="draws must be a whole number of at least 1; it is 0"):
        inclusion_share(country(), draws=0)


def test_weights_by_name_are_refused_because_variables_have_only_their_order():
    with pytest.raises(
        ValueError, match="weights must be a list, one a variable in the order of the variables"
    ):
        peers(country(), weights={"age": 1, "deprivation": 2, "density": 1, "smoking": 1})
