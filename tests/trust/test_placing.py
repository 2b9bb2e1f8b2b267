"""Places hold where figures also come and go: lasting ranks, halves, and nobody placed where nobody differs."""

import numpy as np
import pytest

from careatlas.methods import ranking
from careatlas.methods.placing import placing

AREAS, PERIODS, MAPS = 60, 24, 40


def simulated(rng, lasting, swing, maps=MAPS):
    """Lasting differences, what comes and goes (autocorrelation .3), and counts of both."""
    expected = np.exp(rng.uniform(np.log(50), np.log(2000), AREAS))
    level = rng.normal(0, lasting, (maps, 1, AREAS))
    step = rng.normal(0, swing, (maps, PERIODS, AREAS))
    for period in range(1, PERIODS):
        step[:, period] = 0.3 * step[:, period - 1] + np.sqrt(1 - 0.3**2) * step[:, period]
    count = rng.poisson(expected * np.exp(level + step)).astype(float)
    true_rank = AREAS - level.argsort(axis=-1).argsort(axis=-1)
    return true_rank, ranking.rate_scores(count, np.broadcast_to(expected, count.shape))


@pytest.mark.parametrize(("lasting", "swing"), [(0.2, 0.05), (0.3, 0.1), (0.5, 0.1)])
def test_limits_hold_the_lasting_rank_where_figures_come_and_go(measured, lasting, swing):
    true_rank, scores = simulated(np.random.default_rng(71), lasting, swing)
    found, by_counting = placing(scores), ranking.chance_alone(scores)
    shown = ~np.isnan(found.rank)
    holds = ((found.lower <= true_rank) & (true_rank <= found.upper))[shown].mean()
    counting_only = ((by_counting.lower <= true_rank) & (true_rank <= by_counting.upper)).mean()
    is_higher, is_lower = found.group == "higher_half", found.group == "lower_half"
    wrong = ((is_higher & (true_rank > AREAS / 2)) | (is_lower & (true_rank <= AREAS / 2))).sum()
    placed = (is_higher | is_lower).sum()
    measured(
        f"lasting rank, lasting {lasting}, coming and going {swing}",
        f"{holds:.2%} hold where shown ({shown.mean():.0%}); {placed / shown.size:.0%} are put in a half, "
        f"{wrong / max(placed, 1):.2%} of them in the wrong one; by counting error only {counting_only:.1%} hold",
        ">= 95 %; <= 1 % wrong",
    )
    assert holds >= 0.95
    assert wrong <= 0.01 * placed


def test_areas_that_only_come_and_go_are_given_no_places(measured):
    _, scores = simulated(np.random.default_rng(72), 1e-9, 0.1)
    found = placing(scores)
    withheld = (found.group == "not_apart").mean()
    counting_only = ranking.standing(ranking.chance_alone(scores)).is_withheld.mean()
    measured(
        "ranks withheld where areas only come and go",
        f"{withheld:.1%}; by counting error only {counting_only:.1%}",
        ">= 99 %",
    )
    assert withheld >= 0.99
