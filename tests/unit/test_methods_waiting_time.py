"""Waits from weekly counts: quantiles and their limits, and what it takes to keep a promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from careatlas.methods.waiting_time import (
    chance_by_week,
    clearance_weeks,
    over,
    pathways_needed,
    wait_quantile,
    within,
)

LISTS = st.lists(st.integers(0, 200), min_size=4, max_size=12).filter(lambda weeks: sum(weeks) > 0)


def test_the_quantile_is_that_of_waits_spread_evenly_over_their_week():
    # 3, 5, 2 pathways waited 0-1, 1-2, 2-3 weeks: the fifth of ten waits ends after two fifths of the second week.
    assert wait_quantile([3, 5, 2, 0], 0.5).weeks == pytest.approx(1.4)
    assert wait_quantile([3, 5, 2, 0], 0.9).weeks == pytest.approx(2.5)
    assert wait_quantile([3, 5, 2, 0], 0.8).weeks == pytest.approx(2.0)


def test_a_wait_in_the_open_last_week_is_not_known_and_said_to_be():
    found = wait_quantile([[1, 0, 99], [98, 1, 1]], 0.5)
    assert np.isnan(found.weeks).tolist() == [True, False]
    assert found.open_ends.tolist() == [3, 0]


def test_few_waits_have_no_upper_limit_and_it_is_open_only_where_the_longest_wait_is():
    # Of three, all 2-3 weeks: 2 + 1.5/3 = 2.5. The upper limit would be the fourth of three (7 of 8 is below 97.5 %).
    short, one_long = wait_quantile([[0, 0, 3, 0], [0, 0, 2, 1]], 0.5), wait_quantile([0] * 2 + [30, 0], 0.5)
    assert short.weeks.tolist() == [2.5, 2.75]
    assert np.isnan(short.upper).all()
    assert short.open_ends.tolist() == [0, 1]
    assert one_long.upper < 3


def test_nobody_and_a_missing_week_have_no_wait():
    found = wait_quantile([[0, 0, 0], [5, np.nan, 1]], 0.5)
    for part in found:
        assert np.isnan(part).all()


@pytest.mark.parametrize("share", [0.5, 0.92])
def test_the_limits_are_order_statistics_of_the_binomial(share):
    for total in (1, 7, 30, 400, 12_345):
        pathways = np.zeros(60)
        pathways[:50] = total / 50  # spread evenly over 50 weeks: the wait of place r is 50 r / total
        found = wait_quantile(pathways, share)
        first, last = binom.ppf([0.025, 0.975], total, share)
        assert found.lower == pytest.approx(50 * (max(first, 1) - 1) / total)
        if last + 1 <= total:
            assert found.upper == pytest.approx(50 * (last + 1) / total)
        else:
            assert np.isnan(found.upper)


def test_the_limits_hold_the_true_median_as_often_as_they_say():
    random = np.random.default_rng(4)
    waits = random.exponential(10, size=(4000, 80))  # median 10 ln 2 = 6.93 weeks
    pathways = np.stack([np.bincount(np.minimum(row.astype(int), 104), minlength=105) for row in waits])
    found = wait_quantile(pathways, 0.5)
    held = np.mean((found.lower <= 10 * np.log(2)) & (10 * np.log(2) <= found.upper))
    assert 0.94 < held < 0.99  # weeks and whole places make them wider, never narrower


@given(LISTS, st.floats(0.05, 0.95))
def test_limits_enclose_the_wait_and_longer_shares_wait_longer(weeks, share):
    found, longer = wait_quantile([*weeks, 0], share), wait_quantile([*weeks, 0], min(share + 0.04, 0.99))
    assert found.lower <= found.weeks <= longer.weeks
    assert np.isnan(found.upper) or found.weeks <= found.upper


def test_within_and_over_make_all_of_them():
    weeks = [[5, 4, 1, 2], [0, 0, 0, 3]]
    assert within(weeks, 2).tolist() == [9, 0]
    assert over(weeks, 2).tolist() == [3, 3]
    assert over(weeks, 3).tolist() == [2, 3]


def test_old_layouts_cannot_tell_who_waits_over_65_weeks():
    bands_to_52 = np.ones(53)
    assert over(bands_to_52, 52) == 1
    assert np.isnan(over(bands_to_52, 65))


def test_clearance_without_completions_is_not_known():
    found = clearance_weeks([100, 0], [0, 10], weeks=4)
    assert np.isnan(found.value[0])
    assert np.isnan([found.lower[0], found.upper[0]]).all()
    assert found.value[1] == 0


def test_each_area_s_completions_may_be_of_weeks_of_its_own():
    assert clearance_weeks([100, 100], [50, 50], weeks=[4, 2]).value.tolist() == [8, 4]
    with pytest.raises(ValueError, match="weeks is zero"):
        clearance_weeks([100], [50], weeks=0)


def needed(weeks, new, completed, target=0.8, order="longest_first", by_weeks=4, removed=0):
    return pathways_needed(
        weeks, new, completed, removed, target=target, within_weeks=2, by_weeks=by_weeks, order=order
    )


def test_a_week_ahead_by_hand():
    # 10, 20, 30 and 40 become 12 new, 10, 20 and 70; a tenth of the 112 is removed at random: 10.8, 9, 18, 63;
    # the 50 treated are of the longest waits: 10.8, 9, 18, 13 are left, 19.8 of 50.8 within two weeks.
    found = needed([10, 20, 30, 40], 12, 50, removed=11.2, by_weeks=1)
    assert found.waiting_without == pytest.approx(50.8)
    assert found.share_without == pytest.approx(19.8 / 50.8)


def test_treatment_by_chance_treats_nobody_twice():
    # 10 new and 10 older, whose chances are as 1 to 3: of 16 treated the older would be 12, but are only 10.
    found = needed([10, 0, 0], 10, 16, order=[1, 3, 3], by_weeks=1)
    assert found.waiting_without == pytest.approx(4)
    assert found.share_without == pytest.approx(1)


@settings(deadline=None, max_examples=40)
@given(LISTS, st.integers(1, 100), st.integers(0, 100), st.sampled_from(["longest_first", "random"]))
def test_a_target_that_is_met_needs_nothing_and_the_answer_keeps_any_other(weeks, new, completed, order):
    found = needed(weeks, new, completed, order=order)
    if found.share_without >= 0.8:
        assert found.extra == 0
    assert found.share >= 0.8
    assert found.waiting <= found.waiting_without


@settings(deadline=None, max_examples=40)
@given(LISTS, st.integers(1, 100), st.integers(0, 60), st.sampled_from(["longest_first", "random"]))
def test_more_treated_never_lowers_the_share(weeks, new, completed, order):
    shares = needed(weeks, new, [completed, completed + 5, completed + 40], order=order).share_without
    assert (np.diff(shares) >= -1e-9).all()


def test_longest_first_needs_no_more_than_random():
    weeks, new = [30, 25, 20, 15, 10], [10, 20, 40]
    first, chance = needed(weeks, new, 10).extra, needed(weeks, new, 10, order="random").extra
    assert (first <= chance).all()
    assert (first < chance).any()


def test_the_answer_is_the_least_that_does():
    weeks = [30, 25, 20, 15, 10]
    extra = float(needed(weeks, 20, 10).extra)
    assert extra > 0.1
    assert needed(weeks, 20, 10 + extra).share_without >= 0.8
    assert needed(weeks, 20, 10 + extra - 0.1).share_without < 0.8


def test_equal_chances_are_random_order():
    weeks = [30, 25, 20, 15, 10]
    random, chances = needed(weeks, 20, 10, order="random"), needed(weeks, 20, 10, order=[0.1] * 5)
    assert chances.extra == pytest.approx(random.extra, rel=1e-4)


def test_missing_in_is_missing_out():
    found = needed([[1, 2, 3], [np.nan, 2, 3]], [5, 5], [np.nan, 1])
    assert np.isnan(found.extra).tolist() == [True, True]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"target": 92}, "target must lie between 0 and 1"),
        ({"within_weeks": 4}, "within_weeks must be below the 4 weeks published"),
        ({"by_weeks": 0}, "by_weeks must be a whole number of at least 1"),
        ({"order": "shortest_first"}, "order must be longest_first, random or chances"),
        ({"order": [1, 1, 1, -1]}, "order is below zero"),
        ({"order": [1, 1]}, "last axes must have one length"),
        ({"new": -1}, "new is below zero"),
    ],
)
def test_what_cannot_be_is_refused_in_words(changed, words):
    asked = dict(new=1, completed=1, removed=0, target=0.9, within_weeks=2, by_weeks=4, order="random")
    with pytest.raises(ValueError, match=words):
        pathways_needed([4, 3, 2, 1], **asked | changed)


def test_a_share_of_one_is_no_quantile():
    with pytest.raises(ValueError, match="share must lie between 0 and 1"):
        wait_quantile([1, 2], 1)


def test_chances_are_missing_where_either_is():
    assert np.isnan(chance_by_week([10, np.nan], [np.nan, 1])).all()
