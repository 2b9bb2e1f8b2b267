"""Quality must be measured and must not have got worse, before a saving counts."""

import numpy as np
import pytest

from careatlas.methods.quality_gate import quality_gate, stable_rule

START = 24


def stable(seed, *lead, months=36):
    return 90 + np.random.default_rng(seed).normal(0, 1, (*lead, months))


def test_a_month_far_below_what_was_usual_blocks_and_one_far_above_does_not():
    value = stable(7, 2)
    value[0, 30] -= 8
    assert quality_gate(value, START, [True, True]).is_worse.tolist() == [True, False]
    value[0, 30] += 16
    assert quality_gate(value, START, [True, True]).is_held


def test_where_lower_is_better_the_sides_are_turned():
    value = stable(2, 2)
    value[:, 30] += 8
    gate = quality_gate(value, START, [True, False])
    assert gate.is_worse.tolist() == [False, True]
    assert not gate.is_held


def test_a_long_row_of_slightly_worse_months_blocks():
    value = np.tile([89.0, 91.0], 18)[None]
    value[0, START:] = 89.9
    assert quality_gate(value, START, [True]).is_worse.tolist() == [True]
    value[0, 30] = 90.1  # six in a row before this one and five after
    assert quality_gate(value, START, [True]).is_held


def test_missing_quality_blocks_as_worse_does():
    value = stable(3, 3)
    value[0, START:] = np.nan
    value[1, 5:START] = np.nan
    gate = quality_gate(value, START, [True] * 3)
    assert gate.is_missing.tolist() == [True, True, False]
    assert not gate.is_worse.any()
    assert not gate.is_held


def test_a_single_missing_month_is_passed_over_and_ends_no_row():
    value = np.tile([89.0, 91.0], 18)[None]
    value[0, START:] = 89.9
    value[0, [3, 28]] = np.nan
    gate = quality_gate(value, START, [True])
    assert gate.is_worse.tolist() == [True]
    assert not gate.is_missing.any()


def test_a_measure_reported_every_quarter_is_held_to_its_own_spread():
    value = stable(8, 2000, 1, months=48)
    value[..., np.arange(48) % 3 > 0] = np.nan
    gate = quality_gate(value, 36, [True])
    assert not gate.is_missing.any()
    assert gate.is_worse.mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)
    value[:, 0, 39] -= 12
    assert quality_gate(value, 36, [True]).is_worse.all()


@pytest.mark.parametrize("known", [12, 20])
def test_measures_with_few_months_known_before_block_no_more_than_others(known):
    """A level learnt from twelve months is less sure than one from 36, so it is given more room."""
    rng = np.random.default_rng(11)
    value = rng.normal(90, 1, (3000, 2, 48))
    is_known = rng.permuted(np.broadcast_to(np.arange(36), (3000, 2, 36)), axis=-1) < known
    value[..., :36][~is_known] = np.nan
    gate = quality_gate(value, 36, [True, False])
    assert not gate.is_missing.any()
    assert np.mean(~gate.is_held) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 3000)


def test_each_measure_is_held_to_the_rule_of_the_months_known_of_it():
    value = stable(12, 2)
    value[1, :9] = np.nan
    gate = quality_gate(value, START, [True, True])
    rules = [stable_rule(2, before, 12) for before in (24, 15)]
    assert gate.rule.limit.tolist() == [rule.limit for rule in rules]
    assert gate.rule.run.tolist() == [rule.run for rule in rules]
    stays = [(1 - rule.false_alarm) ** 0.5 for rule in rules]
    np.testing.assert_allclose(gate.rule.false_alarm, 1 - stays[0] * stays[1])


def test_which_way_is_better_must_be_known_of_every_measure():
    value = stable(13, 2)
    with pytest.raises(ValueError, match="is_higher_better must have 2 along its axis measure; it has 1"):
        quality_gate(value, START, [True])
    with pytest.raises(
        ValueError, match="is_higher_better must be true or false, and is not known at position 1"
    ):
        quality_gate(value, START, [True, np.nan])
    with pytest.raises(ValueError, match="is_higher_better must be true or false, and is text at position 0"):
        quality_gate(value, START, ["no", "yes"])


def test_no_measure_at_all_is_no_quality_held():
    gate = quality_gate(np.empty((2, 0, 36)), START, [])
    assert gate.is_held.tolist() == [False, False]


def test_a_measure_that_never_varied_is_worse_at_its_first_fall():
    value = np.full((2, 36), 5.0)
    value[1, 33] = 4
    assert quality_gate(value, START, [True, True]).is_worse.tolist() == [False, True]


@pytest.mark.parametrize("level", [0.1, 0.7, 99.9])
def test_a_measure_that_never_changed_is_never_worse(level):
    """The mean of .1 two dozen times is a little above .1."""
    gate = quality_gate(np.full((2, 36), level), START, [True, False])
    assert not gate.is_worse.any()


def test_the_more_measures_the_further_one_must_fall():
    rule = stable_rule([1, 2, 5, 10], before=24, after=12)
    assert (np.diff(rule.limit) > 0).all()
    assert (np.diff(rule.run) >= 0).all()
    assert (rule.false_alarm <= 0.05 + 1e-12).all()
    assert (rule.false_alarm > 0.045).all()


def test_a_stable_year_is_blocked_in_no_more_than_five_percent():
    value = stable(4, 2000, 3)
    gate = quality_gate(value, START, [True, False, True], seed=9)
    assert np.mean(~gate.is_held) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)
    assert np.mean(~gate.is_held) > 0.03


def test_to_look_every_month_of_a_year_blocks_no_more_than_to_look_at_its_end():
    value = stable(10, 2000, 4)
    looks = [~quality_gate(value[..., : START + month], START, [True] * 4).is_held for month in range(1, 13)]
    assert np.mean(np.any(looks, axis=0)) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)
    np.testing.assert_array_equal(np.any(looks, axis=0), looks[-1])


def test_three_and_seven_are_never_undercut():
    rule = stable_rule(1, before=60, after=3)
    assert rule.limit == 3
    assert rule.run == 7
    assert rule.false_alarm < 0.02


def test_many_initiatives_at_once_equal_one_by_one_in_any_unit():
    value = stable(5, 4, 2)
    value[1, 0, 30] -= 8
    together = quality_gate(value, START, [True, True])
    scaled = quality_gate(value * 1e7, START, [True, True])
    np.testing.assert_array_equal(scaled.is_worse, together.is_worse)
    for at in range(4):
        alone = quality_gate(value[at], START, [True, True])
        np.testing.assert_array_equal(alone.is_worse, together.is_worse[at])
        for one, both in zip(alone.rule, together.rule, strict=True):
            np.testing.assert_array_equal(one, both[at])


def test_inputs_are_left_as_they_were_and_impossible_ones_refused():
    value = stable(6, 1)
    before = value.copy()
    quality_gate(value, START, [True])
    np.testing.assert_array_equal(value, before)
    for start in (0, 36, 24.5):
        with pytest.raises(ValueError, match=f"leaves periods before and after; it is {start} of 36"):
            quality_gate(value, start, [True])
    with pytest.raises(ValueError, match=r"value must be \[..., measure, month\]; it has 1 axes"):
        quality_gate(value[0], START, [True])
    with pytest.raises(ValueError, match="after must be a whole number of at least 1; it is 0"):
        stable_rule(1, 12, 0)
    with pytest.raises(ValueError, match="before must be a whole number of at least 2"):
        stable_rule(1, 1, 12)
    with pytest.raises(ValueError, match="yearly_false_alarm must lie between 0 and 1; it is 5"):
        stable_rule(1, 24, 12, yearly_false_alarm=5)


def test_where_months_carry_over_limits_and_rows_grow_so_that_stable_sets_are_blocked_no_more():
    rng = np.random.default_rng(21)
    value = rng.normal(0, 1, (3000, 2, 36))
    for month in range(1, 36):
        value[..., month] = 0.3 * value[..., month - 1] + np.sqrt(1 - 0.3**2) * value[..., month]
    independent, carried = (
        quality_gate(value, START, [True, False], carried_over=share) for share in (0.0, 0.3)
    )
    assert (carried.rule.run > independent.rule.run).all()
    assert np.mean(~independent.is_held) > 0.08
    assert np.mean(~carried.is_held) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 3000)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_that_cannot_be_carried_over_is_refused(share):
    with pytest.raises(ValueError, match="a share from 0 to below 1"):
        stable_rule(1, before=24, after=12, carried_over=share)
