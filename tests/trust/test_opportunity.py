"""Opportunities in chance, and opportunities that are there: our rule and RightCare's on the same data.

The best five of ten peers are chosen on the first two of four periods. A gap of *two standard errors* can be
meant in two ways, and both are measured: two errors of the gap that one period shows (as a pack prints it),
and two errors of the gap that both later periods show together. No rule that keeps to 5 % of equal areas, one
by one, can find more than 64 % of gaps of two errors of *all* it looks at: what lifts it here is that the area's
earlier periods are evidence too, and that the spread of the other areas says what gaps are likely.
"""

import numpy as np
import pytest

from careatlas.methods.intervals import count_limits
from careatlas.methods.opportunity import opportunity
from careatlas.methods.rightcare_rule import rightcare_rule

AREAS, PERIODS, EARLIER, PLANTED = 106, 4, 2, 4
LOWER = "lower_is_better"


def ten_others(rng):
    return np.argsort(rng.random((AREAS, AREAS)) + 9 * np.eye(AREAS), axis=1)[:, :10]


def maps_of(rng, maps, events, variation, swing=0.0, planted=0, errors_of_periods=1, sizes=0.5):
    """Counts, expected, peers, and which areas were given a gap of two standard errors to the five best.

    An area is planted once the five that are best in the earlier periods are known, so that its gap to them
    is what it is meant to be. Its own peers were drawn without regard to it.
    """
    peers = ten_others(rng)
    expected = events * np.exp(rng.normal(0, sizes, (maps, AREAS, 1))) * np.ones(PERIODS)
    ratio = np.exp(rng.normal(0, variation, (maps, AREAS, 1)))
    swings = np.exp(rng.normal(0, swing, (maps, AREAS, PERIODS)))
    observed = rng.poisson(expected * ratio * swings).astype(float)
    is_planted = np.zeros((maps, AREAS), bool)
    for m in range(maps):
        for area in rng.choice(AREAS, planted, replace=False):
            early = observed[m, peers[area], :EARLIER].sum(axis=1) / expected[m, peers[area], :EARLIER].sum(
                axis=1
            )
            five = peers[area][np.argsort(early, kind="stable")[:5]]
            level = ratio[m, five, 0].mean()
            own, theirs = (
                ratio_ / (expected[m, at, 0] * errors_of_periods) + ratio_**2 * swing**2 / errors_of_periods
                for at, ratio_ in ((area, level), (five, ratio[m, five, 0]))
            )
            ratio[m, area] = level + 2 * np.sqrt(own + theirs.sum() / 25)
            observed[m, area] = rng.poisson(expected[m, area] * ratio[m, area] * swings[m, area])
            is_planted[m, area] = True
    return observed, expected, peers, ratio[..., 0], is_planted


def true_gap(observed, expected, peers, ratio):
    early = observed[..., :EARLIER].sum(axis=-1) / expected[..., :EARLIER].sum(axis=-1)
    order = np.take_along_axis(
        np.broadcast_to(peers, (*early.shape, 10)),
        np.argsort(early[:, peers], axis=-1, kind="stable"),
        axis=-1,
    )
    five = np.take_along_axis(ratio[:, None, :], order[..., :5], axis=-1)
    return ratio - five.mean(axis=-1)


def rightcare(observed, expected, peers):
    """On the last period, as a pack would."""
    last, people = observed[..., -1], expected[..., -1]
    lower, upper = count_limits(last)
    return rightcare_rule(last / people, lower / people, upper / people, people, peers, LOWER)


@pytest.mark.parametrize(
    ("events", "share", "significant"), [(50, 0.126, 0.101), (200, 0.063, 0.112), (1000, 0.028, 0.121)]
)
def test_the_rightcare_rule_finds_opportunities_in_chance(measured, events, share, significant):
    rng = np.random.default_rng(20250320)
    maps, expected = 1000, np.full((1000, AREAS), float(events))
    observed = rng.poisson(expected).astype(float)
    lower, upper = count_limits(observed)
    half = 1.959964 * np.sqrt(observed)
    peers = ten_others(rng)
    found = rightcare_rule(observed, lower, upper, np.ones_like(observed), peers, LOWER)
    wald = rightcare_rule(observed, observed - half, observed + half, np.ones_like(observed), peers, LOWER)
    amount, any_ = found.amount.sum(axis=1) / observed.sum(axis=1), (found.amount > 0).mean()
    figure = (
        f"{amount.mean():.1%} of activity, {any_:.0%} of areas, significant {found.is_significant.mean():.1%} "
        f"(Byar's limits), {wald.is_significant.mean():.1%} (normal limits)"
    )
    measured(
        f"RightCare rule on equal areas, {events} events", figure, f"{share:.1%}, 75 %, {significant:.1%}"
    )
    assert amount.mean() == pytest.approx(share, abs=0.001 + 3 * amount.std() / np.sqrt(maps))
    assert any_ == pytest.approx(0.75, abs=0.01)
    assert wald.is_significant.mean() == pytest.approx(significant, abs=0.005)


@pytest.mark.parametrize("swing", [0.0, 0.1])
@pytest.mark.parametrize("events", [50, 200, 1000])
def test_equal_areas_have_next_to_nothing_declared(measured, events, swing):
    rng = np.random.default_rng(20250321)
    observed, expected, peers, _, _ = maps_of(rng, 60, events, 0.0, swing)
    ours, theirs = opportunity(observed, expected, peers, LOWER), rightcare(observed, expected, peers)
    declared, sure = ours.is_headline.mean(), (ours.probability >= 0.95).mean()
    figure = (
        f"P >= .95 in {sure:.2%}, declared {declared:.2%}, amount {ours.median.sum() / expected[..., -1].sum():.2%}"
        f" of activity; RightCare {theirs.is_significant.mean():.1%}, {np.nanmean(theirs.amount > 0):.0%},"
        f" {theirs.amount.sum() / observed[..., -1].sum():.1%}"
    )
    measured(f"chance only, {events} events, swing {swing:.0%}", figure, "<= 5 %")
    assert sure <= 0.05
    assert declared <= sure
    assert theirs.is_significant.mean() > 0.09


def declared_size(is_declared, amount, true_amount):
    return amount[is_declared].sum() / true_amount[is_declared].sum()


@pytest.mark.parametrize(
    ("events", "variation", "swing"),
    [(50, 0.1, 0.0), (200, 0.05, 0.0), (200, 0.1, 0.0), (200, 0.1, 0.07), (200, 0.2, 0.0), (1000, 0.1, 0.07)],
)
@pytest.mark.parametrize("errors_of_periods", [1, 2])
def test_gaps_of_two_standard_errors_are_declared(measured, events, variation, swing, errors_of_periods):
    rng = np.random.default_rng(20250322)
    world = maps_of(rng, 40, events, variation, swing, PLANTED, errors_of_periods)
    observed, expected, peers, ratio, is_planted = world
    ours, theirs = opportunity(observed, expected, peers, LOWER), rightcare(observed, expected, peers)
    gap = true_gap(observed, expected, peers, ratio)
    true_amount = np.maximum(gap, 0) * expected[..., -1]
    power, without = ours.is_headline[is_planted].mean(), ours.is_headline[gap <= 0].mean()
    size = declared_size(ours.is_headline, ours.median, true_amount)
    their_size = declared_size(theirs.is_significant, theirs.amount, true_amount)
    figure = (
        f"{power:.0%} declared, {without:.1%} of areas without a gap, amounts {size:.2f} of the true; RightCare "
        f"{theirs.is_significant[is_planted].mean():.0%}, {theirs.is_significant[gap <= 0].mean():.1%}, "
        f"{their_size:.2f}"
    )
    errors = "one period" if errors_of_periods == 1 else "both later periods"
    what = f"gap of 2 errors of {errors}, {events} events, areas vary {variation:.0%}, swing {swing:.0%}"
    measured(what, figure, ">= 80 %; <= 5 %; 1")
    assert power >= 0.8 - 3 * np.sqrt(0.8 * 0.2 / is_planted.sum())
    assert without <= 0.05
    assert size == pytest.approx(1, abs=0.05)
    assert their_size > size


@pytest.mark.parametrize("errors_of_periods", [1, 2])
def test_a_few_odd_areas_among_equal_ones_are_smoothed_like_the_rest(measured, errors_of_periods):
    rng = np.random.default_rng(20250323)
    world = maps_of(rng, 60, 200, 0.0, 0.0, PLANTED, errors_of_periods)
    observed, expected, peers, ratio, is_planted = world
    ours, theirs = opportunity(observed, expected, peers, LOWER), rightcare(observed, expected, peers)
    gap = true_gap(observed, expected, peers, ratio)
    figure = (
        f"{ours.is_headline[is_planted].mean():.0%} declared, {ours.is_headline[gap <= 0].mean():.1%} without a gap; "
        f"RightCare {theirs.is_significant[is_planted].mean():.0%}, {theirs.is_significant[gap <= 0].mean():.1%}"
    )
    errors = "one period" if errors_of_periods == 1 else "both later periods"
    measured(f"gap of 2 errors of {errors}, 4 of 106 areas odd, the rest equal", figure, "told, not met")
    assert ours.is_headline[is_planted].mean() > 0.3
    assert ours.is_headline[gap <= 0].mean() <= 0.05


def test_the_interval_covers_the_gap(measured):
    rng = np.random.default_rng(20250324)
    observed, expected, peers, ratio, _ = maps_of(rng, 100, 200, 0.1, 0.05)
    ours = opportunity(observed, expected, peers, LOWER)
    amount = np.maximum(true_gap(observed, expected, peers, ratio), 0) * expected[..., -1]
    is_inside = (ours.lower <= amount + 1e-9) & (amount <= ours.upper + 1e-9)
    # Areas without a gap are covered by any interval from zero: those with one are the test.
    covered = is_inside[amount > 0].mean()
    figure = f"{is_inside.mean():.1%} of all areas, {covered:.1%} of those with a gap"
    measured("95 % interval of the opportunity covers it", figure, "93-97 %")
    assert 0.93 <= is_inside.mean() <= 0.97
    assert 0.93 <= covered <= 0.97
