"""Gap pairs: how often neighbours alike but for over-dispersion are told apart, and how many twofold gaps are found."""

from datetime import date

import numpy as np
import pytest

from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.proportion import proportion
from careatlas.present.gaps import FIGURES, Panel, gap_pairs

AREAS, COLUMNS, MAPS = 106, 11, 400
PEOPLE = np.geomspace(50_000, 1_000_000, AREAS)
PERIODS = [(date(2024 + n // 12, n % 12 + 1, 1), date(2024 + n // 12, n % 12 + 1, 28)) for n in range(24)]


def grid() -> list[dict]:
    """Areas on a chequerboard, eleven to a row; each borders those beside, above and below."""
    pairs = [(n, n + 1) for n in range(AREAS - 1) if (n + 1) % COLUMNS] + [
        (n, n + COLUMNS) for n in range(AREAS - COLUMNS)
    ]
    said = {"miles": 10.0, "shares_border": True, "nearness": 1, "same_parent": False}
    return [{"area": f"{one:03d}", "other_area": f"{other:03d}"} | said for one, other in pairs]


NEIGHBOURS = grid()


def figures(method, count: np.ndarray, over: np.ndarray) -> Panel:
    value, lower, upper = method(count, over, 1000)
    arrays = dict(zip(FIGURES, (value, lower, upper, count, over), strict=True))
    return Panel([f"{n:03d}" for n in range(AREAS)], PERIODS[: len(count)], arrays)


def simulated(rng, method: str, variation: float, doubled: np.ndarray = ()) -> Panel:
    """One period: rates of about 20 in 1,000 that vary from area to area by a gamma distribution, some then doubled;
    areas of 50,000 to a million people in any order."""
    shape = 1 / max(variation, 1e-9) ** 2
    rate = 0.002 * (rng.gamma(shape, 1 / shape, AREAS) if variation else np.ones(AREAS))
    rate[list(doubled)] *= 2
    people = rng.permutation(PEOPLE)
    if method == "proportion":
        return figures(proportion, rng.binomial(people.astype(int), rate)[None].astype(float), people[None])
    return figures(crude_rate, rng.poisson(people * rate)[None].astype(float), people[None])


@pytest.mark.parametrize("method", ["crude_rate", "proportion"])
@pytest.mark.parametrize("variation", [0, 0.05, 0.1, 0.2])
def test_neighbours_alike_but_for_over_dispersion_are_seldom_told_apart(measured, method, variation):
    rng = np.random.default_rng(61)
    tables = [gap_pairs(simulated(rng, method, variation), NEIGHBOURS, method, 1000) for _ in range(MAPS)]
    by_itself = np.mean([row["ratio_lower"] > 1 for table in tables for row in table])
    any_found = np.mean([any(row["q"] < 0.05 for row in table) for table in tables])
    listed = np.mean([row["q"] < 0.05 for table in tables for row in table])
    what = f"gaps among alike areas, {method}, variation {variation}"
    measured(what, f"{by_itself:.1%} of pairs by themselves", "about 5 %")
    measured(
        what,
        f"maps with any at q < .05: {any_found:.1%}; of all pairs {listed:.3%}",
        "<= 5 % of maps (three binomial errors)",
    )
    assert 0.03 <= by_itself <= 0.065
    assert any_found <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / MAPS)


@pytest.mark.parametrize("method", ["crude_rate", "proportion"])
@pytest.mark.parametrize(("variation", "least"), [(0.05, 0.99), (0.1, 0.85)])
def test_true_twofold_gaps_are_found(measured, method, variation, least):
    rng = np.random.default_rng(62)
    found, chance = [], []
    for _ in range(MAPS // 4):
        doubled = rng.choice(AREAS, 4, replace=False)
        names = {f"{n:03d}" for n in doubled}
        rows = gap_pairs(simulated(rng, method, variation, doubled), NEIGHBOURS, method, 1000)
        is_true = np.array([(row["area"] in names) != (row["other_area"] in names) for row in rows])
        is_listed = np.array([row["q"] < 0.05 for row in rows])
        found.append(is_listed[is_true].mean())
        chance.append((is_listed & ~is_true).sum() / max(is_listed.sum(), 1))
    what = f"twofold gaps about 4 of 106 areas, {method}, variation {variation}"
    figure = f"{np.mean(found):.1%} found, {np.mean(chance):.1%} of those listed false"
    measured(what, figure, f">= {least:.0%}, <= 5 %")
    assert np.mean(found) >= least
    assert np.mean(chance) <= 0.05


def test_what_comes_and_goes_is_not_called_sustained(measured):
    """24 months in which nothing lasts: every area is some 10 % higher or lower each month, anew."""
    rng = np.random.default_rng(63)
    beyond = []
    for _ in range(MAPS // 4):
        shape = 1 / 0.1**2
        over = np.broadcast_to(rng.permutation(PEOPLE), (24, AREAS))
        count = rng.poisson(over * 0.002 * rng.gamma(shape, 1 / shape, (24, AREAS))).astype(float)
        rows = gap_pairs(figures(crude_rate, count, over), NEIGHBOURS, "crude_rate", 1000)
        beyond.append(np.mean([row["periods_sustained"] > 0 for row in rows]))
    share = np.mean(beyond)
    measured("pairs called sustained where nothing lasts", f"{share:.1%}", "about 5 %")
    assert 0.03 <= share <= 0.065
