"""BYM2 by nested Laplace: published fits, brute force on one and two areas, and what it does at the edges."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from careatlas.methods import _bym2, _bym2_prior
from careatlas.methods.spatial_smoothing import draws, spatial_smoothing

GOLD = Path(__file__).parent.parent / "gold"
PAIR = np.array([[0, 1], [1, 0]])
EFFECTIVE_DRAWS, ROUNDED = 1000, 0.005  # of Stan's 20,000 draws, at the least; of what it printed
SQUARE = np.array([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]])


def gold(name):
    with (GOLD / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def published(parameter, sampler="Stan"):
    (row,) = (
        row
        for row in gold("scottish_lip_cancer_bym2")
        if (row["parameter"], row["sampler"]) == (parameter, sampler)
    )
    return row


def lip_cancer():
    rows = gold("scottish_lip_cancer")
    observed, expected, outdoors = (
        np.array([float(row[name]) for row in rows]) for name in ("observed", "expected", "percent_outdoors")
    )
    adjacency = np.zeros((len(rows), len(rows)))
    for area, row in enumerate(rows):
        adjacency[area, [int(other) - 1 for other in row["neighbours"].split()]] = 1
    return observed, expected, adjacency, outdoors[:, np.newaxis] / 10


@pytest.fixture(scope="module")
def scotland():
    return spatial_smoothing(*lip_cancer())


def ring(areas):
    step = np.roll(np.eye(areas), 1, axis=1)
    return step + step.T


def simulated(maps, areas, expected, sigma, rho, seed):
    """True risks and counts of maps that are as the model says."""
    random, around = np.random.default_rng(seed), _bym2_prior.neighbourhood(ring(areas) == 1)
    spread = sigma * np.sqrt(rho * around.values + 1 - rho)
    risk = np.exp((random.standard_normal((maps, areas)) * spread) @ around.vectors.T)
    return risk, random.poisson(expected * risk).astype(float)


class TestPublished:
    """Simpson's fits of the Scottish lip cancer map, by sampling (Stan) and by INLA."""

    @pytest.fixture
    def ours(self, scotland):
        points = {"log_precision": -2 * np.log(scotland.grid_sigma)}
        means = {
            "log_precision": scotland.grid_weight @ points["log_precision"],
            "beta0": scotland.coefficients[0],
            "beta1": scotland.coefficients[1],
            "mu5": 4.3 * np.exp(scotland.log_mean[4] + scotland.log_sd[4] ** 2 / 2),
        }
        rho = scotland.rho.value
        medians = {
            "log_precision": -2 * np.log(scotland.sigma.value),
            "logit_rho": np.log(rho / (1 - rho)),
            "mu5": 4.3 * scotland.value[4],
        }
        return means, medians

    @pytest.mark.parametrize("name", ["log_precision", "beta0", "beta1", "mu5"])
    def test_means_lie_within_two_monte_carlo_errors(self, ours, name):
        row = published(name)
        error = float(row["sd"]) / np.sqrt(EFFECTIVE_DRAWS)
        assert abs(ours[0][name] - float(row["mean"])) <= 2 * error + ROUNDED

    @pytest.mark.parametrize("name", ["log_precision", "logit_rho", "mu5"])
    def test_medians_lie_within_two_monte_carlo_errors(self, ours, name):
        row = published(name)
        error = 1.25 * float(row["sd"]) / np.sqrt(EFFECTIVE_DRAWS)
        assert abs(ours[1][name] - float(row["median"])) <= 2 * error + ROUNDED

    def test_errors_of_coefficients_are_the_published_ones(self, scotland):
        assert scotland.coefficient_errors.round(2).tolist() == [0.13, 0.13]

    @pytest.mark.parametrize(
        ("name", "islands"), [("scaling_connected", []), ("scaling_islands_apart", [5, 7, 10])]
    )
    def test_the_map_is_scaled_by_the_published_factor(self, name, islands):
        adjacency = lip_cancer()[2] == 1
        adjacency[islands] = adjacency[:, islands] = False
        around = _bym2_prior.neighbourhood(adjacency)
        scaled = (around.vectors * around.values) @ around.vectors.T
        mainland = np.setdiff1d(np.arange(56), islands)
        own = adjacency[np.ix_(mainland, mainland)].astype(float)
        unscaled = np.linalg.pinv(np.diag(own.sum(axis=0)) - own)
        factor = unscaled[0, 0] / scaled[mainland[0], mainland[0]]
        assert factor == pytest.approx(float(published(name, "")["mean"]), abs=5e-5)
        assert np.diag(scaled)[islands] == pytest.approx(1)

    def test_without_the_corrected_mean_the_intercept_would_be_too_high(self):
        observed, expected, adjacency, outdoors = lip_cancer()
        standard = (outdoors - outdoors.mean()) / outdoors.std()
        data = _bym2.Map(observed, expected, np.column_stack([np.ones(56), standard]))
        fit = _bym2.posterior(data, _bym2_prior.neighbourhood(adjacency == 1), (8, 6))
        too_high = fit.weight @ (fit.mode - fit.mean).mean(axis=1)
        assert too_high == pytest.approx(0.03, abs=0.01)


class TestBruteForce:
    """The posterior of one and of two areas summed over a fine grid of risks, sigma and rho."""

    def test_one_area(self):
        log_risk = np.linspace(-3, 4, 4001)
        prior = 0
        for sigma in np.linspace(0.005, 5, 1000):
            variance = 25 + sigma**2
            centred = log_risk - np.log(30 / 20)
            prior = prior + np.exp(-(sigma**2) / 2 - centred**2 / (2 * variance)) / np.sqrt(variance)
        density = prior * np.exp(30 * log_risk - 20 * np.exp(log_risk))
        low, middle, high = np.interp([0.025, 0.5, 0.975], np.cumsum(density) / density.sum(), log_risk)
        ours = spatial_smoothing([30], [20], [[0]])
        np.testing.assert_allclose(
            np.log([ours.lower[0], ours.value[0], ours.upper[0]]), [low, middle, high], atol=0.025
        )

    def test_two_neighbours(self):
        observed, expected = np.array([40.0, 20.0]), 30.0
        log_risk = np.linspace(-1.5, 1.2, 271)
        first, second = np.meshgrid(log_risk, log_risk, indexing="ij")
        prior = np.zeros_like(first)
        for sigma in np.linspace(0.025, 4, 80):
            for angle in (np.arange(20) + 0.5) / 20 * np.pi / 2:
                apart = 2 * sigma**2 * np.cos(angle) ** 2
                of_sum, of_difference = 100 + apart, 4 * sigma**2 * np.sin(angle) ** 2 + apart
                squares = (first + second) ** 2 / of_sum + (first - second) ** 2 / of_difference
                prior += np.exp(-(sigma**2) / 2 - squares / 2) / np.sqrt(of_sum * of_difference)
        counts = observed[0] * first + observed[1] * second - expected * (np.exp(first) + np.exp(second))
        density = prior * np.exp(counts - counts.max())
        share = density.sum(axis=1) / density.sum()
        low, middle, high = np.interp([0.025, 0.5, 0.975], np.cumsum(share) - share / 2, log_risk)
        ours = spatial_smoothing(observed, [expected] * 2, PAIR)
        np.testing.assert_allclose(
            np.log([ours.lower[0], ours.value[0], ours.upper[0]]), [low, middle, high], atol=0.02
        )


class TestWhatIsMissing:
    def test_an_area_without_a_count_is_predicted_from_its_neighbours_and_known_least(self):
        observed = np.array([90, 95, np.nan, 85, 92, 40, 35, 41, 38, 42.0])
        risk = spatial_smoothing(observed, [60.0] * 10, ring(10))
        assert 1.1 < risk.value[2] < 1.7
        assert risk.log_sd.argmax() == 2

    def test_nothing_expected_is_as_no_count(self):
        none_expected = spatial_smoothing([9, 12, 0, 14], [10, 10, 0, 10], SQUARE)
        no_count = spatial_smoothing([9, 12, np.nan, 14], [10, 10, 10, 10], SQUARE)
        for ours, other in zip(none_expected[:8], no_count[:8], strict=True):
            np.testing.assert_array_equal(ours, other)

    def test_an_area_without_its_covariate_has_no_value_and_changes_nothing_but_its_neighbours(self):
        covariate = np.array([[1.0], [2.0], [np.nan], [4.0]])
        risk = spatial_smoothing([9, 12, 7, 14], [10] * 4, SQUARE, covariate)
        assert np.isnan(risk.value).tolist() == [False, False, True, False]
        other_count = spatial_smoothing([9, 12, 700, 14], [10] * 4, SQUARE, covariate)
        np.testing.assert_array_equal(risk.value, other_count.value)

    def test_a_map_of_which_nothing_is_known_has_no_answer_and_spoils_no_other(self):
        both = spatial_smoothing([[np.nan] * 4, [9, 12, 7, 14]], [10] * 4, SQUARE)
        assert np.isnan(both.value[0]).all()
        assert np.isnan([both.sigma.value[0], both.coefficients[0, 0], both.total_variance.upper[0]]).all()
        np.testing.assert_array_equal(
            both.value[1], spatial_smoothing([9, 12, 7, 14], [10] * 4, SQUARE).value
        )


class TestEdges:
    def test_an_area_without_events_has_a_risk_and_a_map_without_any_has_none(self):
        risk = spatial_smoothing([[0, 5, 6, 4], [0, 0, 0, 0]], [5, 5, 5, 5], SQUARE)
        assert 0 < risk.lower[0, 0] < risk.value[0, 0] < risk.upper[0, 0] < 2
        assert np.isnan(risk.upper[1]).all()

    def test_one_area_alone_has_its_own_figure_within_an_event(self):
        for events in (10.0, 1e7):
            risk = spatial_smoothing([events], [1000.0], [[0]])
            assert abs(1000 * risk.value[0] - events) < 1
            assert not risk.is_grid_cut

    def test_ten_million_events_keep_their_own_figure(self):
        risk = spatial_smoothing([2e7, 1e7, 4e7, 1.5e7], [1e7] * 4, SQUARE)
        np.testing.assert_allclose(risk.value, [2, 1, 4, 1.5], rtol=1e-4)
        np.testing.assert_allclose(risk.log_sd, 1 / np.sqrt([2e7, 1e7, 4e7, 1.5e7]), rtol=1e-2)

    def test_equal_areas_do_not_vary(self):
        same = spatial_smoothing([1000.0] * 30, [1000.0] * 30, ring(30))
        assert same.sigma.value < 0.02
        np.testing.assert_allclose(same.value, 1, atol=0.002)

    def test_counts_need_not_be_whole(self):
        low, between, high = (
            spatial_smoothing([n, 12, 7, 14], [10] * 4, SQUARE).value[0] for n in (9, 9.5, 10)
        )
        assert low < between < high

    def test_without_neighbours_nothing_follows_the_map(self):
        apart = spatial_smoothing([9, 12, 7, 14], [10] * 4, np.zeros((4, 4)))
        assert np.isnan(apart.rho).all()
        assert np.isnan(apart.grid_rho).all()
        assert apart.spatial_variance == (0, 0, 0)
        assert apart.unexplained_variance == apart.total_variance

    def test_unknown_an_island_is_taken_for_the_average_and_another_area_for_its_neighbours(self):
        observed = np.array([20.0] * 10 + [5.0] * 10 + [np.nan])
        adjacency = np.zeros((21, 21))
        adjacency[:20, :20] = ring(20)
        observed[3] = np.nan  # among the high
        risk = spatial_smoothing(observed, [10.0] * 21, adjacency)
        assert risk.value[3] > risk.value[20] > risk.value[15]

    def test_a_part_of_the_map_is_not_raised_as_a_whole_unless_a_covariate_tells_it_apart(self):
        observed, expected = np.array([40.0] * 10 + [10.0] * 10), np.full(20, 20.0)
        observed[3] = np.nan  # in the high part
        two_rings = np.kron(np.eye(2), ring(10))
        part = np.repeat([[0.0], [1.0]], 10, axis=0)
        assert spatial_smoothing(observed, expected, two_rings).value[3] < 1.3
        assert spatial_smoothing(observed, expected, two_rings, part).value[3] > 1.7

    def test_a_prior_alone_that_cannot_be_held_in_its_box_is_said_to_be_cut(self):
        box = np.array([[0.0, 1.0], [0.0, 1.5]])
        _, _, is_cut = _bym2._settle(lambda box: np.tile(np.arange(8.0)[:, None], 6), box, tries=3)
        assert is_cut


class TestWhatDoesNotMatter:
    def test_all_maps_at_once_equal_map_by_map(self):
        random = np.random.default_rng(3)
        observed = random.poisson(20, (2, 3, 12)).astype(float)
        covariates = random.standard_normal((2, 3, 12, 1))
        at_once = spatial_smoothing(observed, np.full(12, 20.0), ring(12), covariates)
        assert at_once.value.shape == at_once.log_sd.shape == (2, 3, 12)
        assert at_once.coefficients.shape == (2, 3, 2)
        assert at_once.sigma.value.shape == (2, 3)
        for indicator, period in np.ndindex(2, 3):
            place = indicator, period
            alone = spatial_smoothing(observed[place], np.full(12, 20.0), ring(12), covariates[place])
            np.testing.assert_array_equal(at_once.upper[place], alone.upper)
            np.testing.assert_array_equal(at_once.coefficient_errors[place], alone.coefficient_errors)
            assert at_once.rho.lower[place] == alone.rho.lower

    def test_people_may_be_given_for_expected(self):
        expected, people = (spatial_smoothing([9, 12, 7, 14], [n] * 4, SQUARE) for n in (10, 10_000))
        np.testing.assert_allclose(people.upper, expected.upper / 1000, rtol=1e-6)
        np.testing.assert_allclose(people.sigma, expected.sigma, rtol=1e-6)

    def test_the_unit_and_the_origin_of_a_covariate_change_its_coefficient_only(self):
        observed, expected, adjacency, tenths = lip_cancer()
        per_tenth = spatial_smoothing(observed, expected, adjacency, tenths)
        per_hundredth = spatial_smoothing(observed, expected, adjacency, 10 * tenths + 3)
        np.testing.assert_allclose(per_hundredth.value, per_tenth.value, rtol=1e-9)
        intercept, slope = per_tenth.coefficients
        np.testing.assert_allclose(
            per_hundredth.coefficients, [intercept - 0.3 * slope, slope / 10], rtol=1e-7
        )

    def test_the_order_of_areas(self):
        observed, expected, adjacency, outdoors = lip_cancer()
        order = np.random.default_rng(1).permutation(56)
        moved = spatial_smoothing(
            observed[order], expected[order], adjacency[np.ix_(order, order)], outdoors[order]
        )
        np.testing.assert_allclose(moved.lower, spatial_smoothing(*lip_cancer()).lower[order], rtol=1e-5)

    def test_neighbours_may_be_sparse(self):
        dense, packed = (
            spatial_smoothing([9, 12, 7, 14], [10] * 4, n) for n in (SQUARE, sparse.csr_array(SQUARE))
        )
        np.testing.assert_array_equal(dense.value, packed.value)

    def test_a_finer_grid(self, scotland):
        finer = spatial_smoothing(*lip_cancer(), points=(24, 18))
        np.testing.assert_allclose(scotland.value, finer.value, rtol=0.005)
        for ours, other in [
            (scotland.sigma, finer.sigma),
            (scotland.unexplained_variance, finer.unexplained_variance),
        ]:
            np.testing.assert_allclose(ours, other, atol=0.01 * (other.upper - other.lower))

    def test_what_it_was_given_is_left_as_it_was(self):
        data = lip_cancer()
        before = [np.copy(each) for each in data]
        spatial_smoothing(*data)
        draws(*data, number=10)
        for given, copy in zip(data, before, strict=True):
            np.testing.assert_array_equal(given, copy)


class TestDraws:
    def test_they_have_the_mean_the_spread_and_the_limits_of_the_smoothed_map(self, scotland):
        drawn = draws(*lip_cancer(), number=5000)
        assert drawn.shape == (5000, 56)
        np.testing.assert_allclose(np.log(drawn).mean(axis=0), scotland.log_mean, atol=0.03)
        np.testing.assert_allclose(np.log(drawn).std(axis=0), scotland.log_sd, rtol=0.05)
        np.testing.assert_allclose((drawn > 1).mean(axis=0), scotland.probability_above, atol=0.03)

    def test_neighbours_rise_and_fall_together_and_far_areas_less(self):
        drawn = np.log(draws([5.0] * 20, [5.0] * 20, ring(20), number=4000))
        correlation = np.corrcoef(drawn, rowvar=False)
        assert correlation[0, 1] > correlation[0, 10] + 0.05

    def test_the_same_seed_gives_the_same_draws_and_another_others(self):
        first, again, other = (draws([9, 12, 7, 14], [10] * 4, SQUARE, number=5, seed=s) for s in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert (first != other).all()

    def test_maps_are_drawn_apart_and_unknown_ones_are_missing(self):
        drawn = draws([[9, 12, 7, 14], [9, 12, 7, 14], [np.nan] * 4], [10] * 4, SQUARE, number=5)
        assert drawn.shape == (3, 5, 4)
        assert (drawn[0] != drawn[1]).all()
        assert np.isnan(drawn[2]).all()


@pytest.mark.parametrize("expected", [20, 200])
def test_limits_hold_about_as_often_as_they_say(expected):
    risk, observed = simulated(12, 60, expected, sigma=0.3, rho=0.5, seed=4)
    ours = spatial_smoothing(observed, np.full(60, float(expected)), ring(60))
    assert ((ours.lower <= risk) & (risk <= ours.upper)).mean() == pytest.approx(0.95, abs=0.03)
    assert not ours.is_grid_cut.any()


def test_more_confidence_reaches_further_to_both_sides():
    usual, more = (spatial_smoothing([9, 12, 7, 14], [10] * 4, SQUARE, confidence=c) for c in (0.95, 0.998))
    np.testing.assert_array_equal(usual.value, more.value)
    assert (more.lower < usual.lower).all()
    assert (more.upper > usual.upper).all()
    assert more.sigma.upper > usual.sigma.upper


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observed": [9, -1, 7, 14]}, "observed is below zero at position 1"),
        ({"expected": [10, 10, 0, 10]}, "events where none are expected at position 2"),
        ({"neighbours": np.eye(4, k=1)}, "neighbours is not symmetric at position 0, 1"),
        ({"neighbours": SQUARE / 2}, "neighbours is neither 0 nor 1 at position 0, 1"),
        ({"neighbours": SQUARE + np.eye(4)}, "an area is its own neighbour at position 0"),
        ({"neighbours": PAIR}, "neighbours must be 4 x 4, one row an area; it is 2 x 2"),
        (
            {"covariates": [[1, 5], [2, 5], [3, 5], [4, 5]]},
            "covariate is the same in all areas, at position 1",
        ),
        ({"covariates": [1, 2, 3, 4]}, "covariates must have a row for each of 4 areas"),
        ({"confidence": 95}, "between 0 and 1"),
        (
            {"observed": [1.0] * 2001, "expected": [1.0] * 2001},
            "2,001 areas and spatial_smoothing takes 2,000",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_position(change, message):
    given = {"observed": [9, 12, 7, 14], "expected": [10] * 4, "neighbours": SQUARE}
    with pytest.raises(ValueError, match=message):
        spatial_smoothing(**(given | change))
