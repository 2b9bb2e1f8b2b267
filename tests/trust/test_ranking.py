"""Rank intervals hold the true rank, ranks are withheld where areas are alike, and P(top fifth) means it."""

import numpy as np
import pytest

from careatlas.methods import ranking
from careatlas.methods.top_fifth import top_fifth

AREAS, MAPS = 106, 400


def simulated(rng, variation, smallest=50, largest=2000):
    """The ranks of true ratios, and counts of areas of very different size."""
    expected = np.exp(rng.uniform(np.log(smallest), np.log(largest), AREAS))
    shape = 1 / variation**2
    truth = rng.gamma(shape, 1 / shape, (MAPS, AREAS))
    true_rank = AREAS - truth.argsort(axis=-1).argsort(axis=-1)
    return true_rank, rng.poisson(truth * expected).astype(float), np.broadcast_to(expected, truth.shape)


def holds(found, true_rank):
    return (found.lower <= true_rank) & (true_rank <= found.upper)


@pytest.mark.parametrize("variation", [0.02, 0.05, 0.1, 0.2])
def test_limits_hold_the_true_rank(measured, variation):
    true_rank, count, expected = simulated(np.random.default_rng(61), variation)
    scores = ranking.rate_scores(count, expected)
    for name, found in (
        ("chance alone", ranking.chance_alone(scores)),
        ("differences between areas as noise", ranking.rank_rates(count, expected)),
    ):
        covered = holds(found, true_rank).mean()
        all_at_once = holds(found, true_rank).all(axis=-1).mean()
        width = np.median(found.upper - found.lower + 1) / AREAS
        withheld = ranking.standing(found).is_withheld.mean()
        measured(
            f"rank limits, cv {variation}, {name}",
            f"{covered:.2%} hold; all 106 of a map hold in {all_at_once:.1%}; median width {width:.0%} of the "
            f"list; {withheld:.0%} of maps withheld",
            ">= 95 %",
        )
        assert covered >= 0.95


def test_limits_hold_among_equal_areas_whatever_order_is_called_true(measured):
    _, count, expected = simulated(np.random.default_rng(62), 1e-6)
    found = ranking.chance_alone(ranking.rate_scores(count, expected))
    anywhere = (found.lower == 1) & (found.upper == AREAS)
    measured("rank limits, areas all equal: could stand anywhere", f"{anywhere.mean():.2%}", ">= 95 %")
    assert anywhere.mean() >= 0.95


@pytest.mark.parametrize("variation", [0.02, 0.2])
def test_ranks_of_draws_are_too_sure_of_themselves_where_areas_are_alike(measured, variation):
    rng = np.random.default_rng(66)
    true_rank, count, expected = simulated(rng, variation)
    covered = []
    for true, events, reference in zip(true_rank[:60], count, expected, strict=False):
        drawn = rng.standard_gamma(events + 0.5, (400, AREAS)) / reference
        places = AREAS - drawn.argsort(axis=-1).argsort(axis=-1)
        lower, upper = np.quantile(places, [0.025, 0.975], axis=0)
        covered.append(((lower <= true) & (true <= upper)).mean())
    figure = f"{np.mean(covered):.0%} of true ranks"
    measured(f"ranks of draws, cv {variation}: 95 % limits cover", figure, "printed: not our method")
    assert (np.mean(covered) < 0.9) == (variation == 0.02)


def test_ranks_are_withheld_where_areas_cannot_be_told_apart(measured):
    for variation, at_least in ((1e-6, 1.0), (0.02, 0.99)):
        _, count, expected = simulated(np.random.default_rng(63), variation)
        parts = ranking.standing(ranking.chance_alone(ranking.rate_scores(count, expected)))
        withheld = parts.is_withheld.mean()
        measured(f"ranks withheld, cv {variation:g}, chance alone", f"{withheld:.1%}", f">= {at_least:.0%}")
        assert withheld >= at_least
    _, count, expected = simulated(np.random.default_rng(64), 0.3)
    shown = (
        1 - ranking.standing(ranking.chance_alone(ranking.rate_scores(count, expected))).is_withheld.mean()
    )
    measured("ranks shown, cv 0.3, chance alone", f"{shown:.1%}", ">= 99 %")
    assert shown >= 0.99


@pytest.mark.parametrize("variation", [0.05, 0.1, 0.2])
def test_of_areas_said_to_be_in_the_top_fifth_with_p_that_share_are(measured, variation):
    true_rank, count, expected = simulated(np.random.default_rng(65), variation)
    p = top_fifth(ranking.rate_scores(count, expected), draws=400)
    is_top = true_rank <= round(AREAS / 5)
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 0.9), (0.9, 1.01)):
        said = (p >= low) & (p < high)
        if said.sum() < 500:
            continue
        measured(
            f"top fifth, cv {variation}, said {low:.0%} to {min(high, 1):.0%}",
            f"{is_top[said].mean():.1%} are, mean said {p[said].mean():.1%}",
            "within 5 points",
        )
        assert abs(is_top[said].mean() - p[said].mean()) <= 0.05
