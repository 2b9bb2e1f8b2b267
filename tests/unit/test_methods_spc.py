"""Control charts: the four rules, gaps, restarts, and a plain point-by-point reading of the rules' text."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careatlas.methods import spc

NAN = np.nan
GOLD = Path(__file__).parent.parent / "gold"
STEADY = [5, 6, 5, 4, 5, 6, 4, 5, 6, 5, 4, 5]  # mean 5


def plain_chart(values, good=0, baseline=None, screen=True):
    """One series by the text of the rules: a gap belongs to no run, trend or pair."""
    based = [v for v in values if not np.isnan(v)][:baseline]
    still = iter(range(len(based)))
    in_base = [not np.isnan(v) and next(still, None) is not None for v in values]
    mean = sum(based) / len(based) if based else NAN
    pairs = zip(values[:-1], values[1:], in_base[:-1], in_base[1:], strict=True)
    ranges = [abs(b - a) for a, b, a_in, b_in in pairs if a_in and b_in]
    average = sum(ranges) / len(ranges) if ranges else NAN
    if screen and average > 0:
        kept = [r for r in ranges if r < 3.267 * average]
        average = sum(kept) / len(kept)
    upper, lower = mean + 2.66 * average, mean - 2.66 * average
    near_upper, near_lower = mean + 2 / 3 * 2.66 * average, mean - 2 / 3 * 2.66 * average
    hair = 1e-12 * abs(mean)
    side = [0 if np.isnan(v) or abs(v - mean) <= hair else int(np.sign(v - mean)) for v in values]
    outside = [v > upper + hair or v < lower - hair for v in values]
    close = [
        not out and (v > near_upper + hair or v < near_lower - hair)
        for v, out in zip(values, outside, strict=True)
    ]
    n = len(values)
    special = list(outside)
    for start in range(n - 6):
        seven = range(start, start + 7)
        steps = [values[i + 1] - values[i] for i in list(seven)[:-1]]
        if abs(sum(side[i] for i in seven)) == 7 or all(s > 0 for s in steps) or all(s < 0 for s in steps):
            for i in seven:
                special[i] = True
    for start in range(n - 2):
        three = range(start, start + 3)
        if abs(sum(side[i] for i in three)) == 3 and sum(close[i] for i in three) >= 2:
            for i in three:
                special[i] = special[i] or close[i]
    return mean, lower, upper, special


# Whole numbers and halves: ties, points on the mean and points on a limit are common among them.
one_value = st.one_of(st.integers(-4, 4).map(float), st.just(NAN), st.sampled_from([0.5, 9.0, -9.0]))
series = st.lists(one_value, min_size=1, max_size=30)


@settings(max_examples=400, deadline=None)
@given(series, st.sampled_from([None, 2, 8]), st.booleans())
def test_the_rules_are_those_of_a_plain_reading_point_by_point(values, baseline, screen):
    chart = spc.xmr(values, baseline=baseline, screen=screen)
    mean, lower, upper, special = plain_chart(values, baseline=baseline, screen=screen)
    np.testing.assert_allclose(chart.mean[0], mean, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose([chart.lower[0], chart.upper[0]], [lower, upper], rtol=1e-12, atol=1e-12)
    assert chart.is_special.tolist() == special


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(one_value, one_value, one_value), min_size=8, max_size=20))
def test_many_series_at_once_equal_one_by_one(rows):
    values = np.array(rows).T.reshape(3, 1, -1)
    together = spc.xmr(values, [spc.Rebase(5, "new ward")])
    for row in range(3):
        alone = spc.xmr(values[row, 0], [spc.Rebase(5, "new ward")])
        for all_series, one in zip(together, alone, strict=True):
            np.testing.assert_array_equal(all_series[row, 0], one)


def gold_limits():
    with (GOLD / "control_chart_limits.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", gold_limits(), ids=lambda row: row["screen"])
def test_limits_are_the_published_ones(row):
    chart = spc.xmr([float(v) for v in row["values"].split()], screen=row["screen"] == "yes")
    ours = [round(float(each[0]), 2) for each in (chart.mean, chart.lower, chart.upper)]
    assert ours == [float(row[name]) for name in ("mean", "lower", "upper")]
    assert row["citation"]


def test_a_point_outside_the_limits_is_special_and_one_on_a_limit_is_not():
    # moving ranges 1: limits 2 -/+ 2.66; a baseline keeps the last point out of them
    chart = spc.xmr([2, 3, 2, 1, 2, 3, 2, 1, 4.66, 4.67], baseline=8)
    assert chart.is_outside.tolist()[-2:] == [False, True]


def test_seven_on_one_side_flag_all_seven_and_six_flag_none():
    low, high = [1, 2, 1, 2, 1, 2], [8, 9, 8, 9, 8, 9]
    assert not spc.xmr(low + high, screen=False).is_run.any()
    assert spc.xmr([*low, 1, *high, 8], screen=False).is_run.all()


def test_a_point_on_the_mean_breaks_a_run():
    values = [6, 7, 6, 5, 6, 7, 6, 4, 3, 4, 5, 4, 3, 4]  # mean 5; the fourth of each half lies on it or off
    chart = spc.xmr(values)
    assert chart.mean[0] == 5
    assert chart.side[3] == 0
    assert not chart.is_run.any()


def test_six_rises_in_a_row_flag_seven_points_and_a_level_step_ends_them():
    assert spc.xmr([4, 1, 2, 3, 4, 5, 6, 7, 3]).is_trend.tolist() == [False] + [True] * 7 + [False]
    assert not spc.xmr([4, 1, 2, 3, 4, 4, 5, 6, 3]).is_trend.any()
    assert spc.xmr([7, 6, 5, 4, 3, 2, 1]).is_trend.all()


def test_of_three_on_one_side_only_those_near_the_limit_are_special():
    # limits 5 -/+ 2.66, near limits 5 -/+ 1.77
    base = [5, 6, 5, 4, 5, 6, 5, 4]
    chart = spc.xmr([*base, 7, 6, 7, 5], baseline=8)
    assert chart.is_near_limit.tolist()[8:] == [True, False, True, False]
    other_side = spc.xmr([*base, 7, 4, 7, 5], baseline=8)
    assert not other_side.is_near_limit.any()


def test_a_series_that_never_moves_has_limits_at_its_mean_and_nothing_special():
    chart = spc.xmr([0.1] * 24)
    np.testing.assert_allclose([chart.lower, chart.mean, chart.upper], 0.1, rtol=1e-14)
    assert not chart.is_special.any()
    assert not chart.side.any()


def test_a_gap_has_no_moving_range_across_it_and_breaks_runs_and_trends():
    chart = spc.xmr([1, 2, NAN, 9, 10])
    assert chart.mean[0] == 5.5
    assert chart.upper[0] == pytest.approx(5.5 + 2.66)  # ranges 1 and 1, not 7
    assert spc.variation(chart, "higher_is_better")[2] == "missing"
    assert not spc.xmr([1, 2, 3, 4, NAN, 5, 6, 7]).is_trend.any()


@pytest.mark.parametrize("values", [[NAN, NAN], [3.0], [3.0, NAN, 4.0]])
def test_without_two_neighbours_there_are_no_limits(values):
    chart = spc.xmr(values)
    assert np.isnan(chart.upper).all()
    assert not chart.is_special.any()


def test_a_rebase_starts_mean_limits_and_runs_again():
    values = [1, 2, 1, 2, 1, 2, 1, 2, 11, 12, 11, 12, 11, 12]
    chart = spc.xmr(values, [spc.Rebase(8, "counted by the new system from April (head of information)")])
    assert chart.mean.tolist() == [1.5] * 8 + [11.5] * 6
    assert not chart.is_special.any()
    assert spc.xmr(values).is_special.any()


def test_a_baseline_of_each_segment_serves_all_its_points():
    chart = spc.xmr([1, 2, 1, 9, 5, 6, 5, 9], [spc.Rebase(4, "ward opened")], baseline=3)
    np.testing.assert_allclose(chart.mean, [4 / 3] * 4 + [16 / 3] * 4)
    np.testing.assert_allclose(chart.upper - chart.mean, 2.66)
    assert chart.is_outside.tolist() == [False] * 3 + [True] + [False] * 3 + [True]


def test_missing_months_do_not_count_towards_a_baseline():
    chart = spc.xmr([NAN, 1, 2, NAN, 3, 50], baseline=3)
    assert chart.mean[0] == 2


@pytest.mark.parametrize(
    ("rebase", "says"),
    [
        ((3, " "), "has no reason"),
        ((3, None), "has no reason"),
        ((0, "x"), "position of a rebase must be a whole number of at least 1"),
        ((2.5, "x"), "position of a rebase must be a whole number"),
        ((12, "x"), "outside"),
    ],
)
def test_a_rebase_needs_a_reason_and_a_place_in_the_series(rebase, says):
    with pytest.raises(ValueError, match=says):
        spc.xmr(STEADY, [spc.Rebase(*rebase)])


def test_a_baseline_of_one_point_is_refused():
    with pytest.raises(ValueError, match=r"whole number of at least 2; it is 2.5"):
        spc.xmr(STEADY, baseline=2.5)
    with pytest.raises(ValueError, match="whole number of at least 2; it is 1"):
        spc.xmr(STEADY, baseline=1)


def test_limits_of_fewer_than_12_points_are_trial_limits():
    assert spc.xmr(STEADY[:11]).is_trial.all()
    assert not spc.xmr(STEADY).is_trial.any()
    assert spc.xmr([NAN, *STEADY[:11]]).is_trial.all()
    assert spc.xmr(STEADY, baseline=8).is_trial.all()


@pytest.mark.parametrize(
    ("polarity", "high", "low"),
    [
        ("higher_is_better", "improvement", "concern"),
        ("lower_is_better", "concern", "improvement"),
        ("neither", "high", "low"),
    ],
)
def test_the_side_of_the_mean_decides_what_a_special_cause_is_called(polarity, high, low):
    words = spc.variation(spc.xmr([*STEADY, 15, -5], baseline=12), polarity)
    assert words.tolist() == ["common_cause"] * 12 + [high, low]


def test_a_rise_below_the_mean_reads_concern_as_in_making_data_count():
    values = [1, 2, 3, 4, 5, 6, 7, *[20, 21] * 4]
    assert set(spc.variation(spc.xmr(values), "higher_is_better")[:7]) == {"concern"}


@pytest.mark.parametrize(
    ("target", "up_is_good", "down_is_good"),
    [
        (9, "consistent_fail", "consistent_pass"),
        (1, "consistent_pass", "consistent_fail"),
        (5, "inconsistent", "inconsistent"),
        (NAN, "none", "none"),
    ],
)
def test_a_target_beyond_the_limits_is_always_met_or_always_missed(target, up_is_good, down_is_good):
    chart = spc.xmr(STEADY)
    assert spc.assurance(chart, target, "higher_is_better") == up_is_good
    assert spc.assurance(chart, target, "lower_is_better") == down_is_good
    assert spc.assurance(chart, target, "neither") == "none"


def test_assurance_is_by_the_limits_of_the_last_segment_and_each_series_has_its_target():
    chart = spc.xmr([STEADY + [25, 26] * 3] * 2, [spc.Rebase(12, "second theatre")])
    assert spc.assurance(chart, [15, 25], "higher_is_better").tolist() == ["consistent_pass", "inconsistent"]


def test_a_polarity_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="one of higher_is_better, lower_is_better, neither; it is 'up'"):
        spc.variation(spc.xmr(STEADY), "up")


def test_proportions_of_many_people_do_not_leave_their_limits_for_being_many():
    # half a million people a month: chance alone is .0007, months differ by .02 all the same
    share = 0.5 + 0.02 * np.random.default_rng(0).standard_normal(36)
    chart = spc.p_prime(share * 5e5, np.full(36, 5e5))
    reach = 2.66 * np.abs(np.diff(share)).mean()
    assert (np.abs(share - share.mean()) > 3 * np.sqrt(0.25 / 5e5)).sum() > 25  # by chance alone: nearly all
    assert chart.is_outside.sum() <= 1
    np.testing.assert_allclose(chart.upper - chart.mean, reach, rtol=1e-3)  # equal numbers: an XmR chart


def test_limits_of_a_proportion_widen_where_people_are_few_and_stay_within_0_and_1():
    chart = spc.p_prime([10, 18, 1, 2], [100, 200, 4, 30])
    assert np.argmax(chart.upper - chart.lower) == 2
    assert (chart.lower >= 0).all()
    assert (chart.upper <= 1).all()


def test_a_month_of_nobody_is_a_gap_in_proportions_and_rates():
    for chart in (spc.p_prime([1, 0, 3], [10, 0, 10]), spc.u_prime([1, 0, 3], [10, 0, 10])):
        assert np.isnan(chart.value[1])
        assert np.isnan(chart.upper[1])
        assert chart.mean[1] == 0.2


def test_months_without_any_event_have_limits_at_0():
    for chart in (spc.p_prime([0, 0, 0], [5, 6, 7]), spc.u_prime([0, 0, 0], [5, 6, 7])):
        assert chart.upper.tolist() == [0, 0, 0]
        assert not chart.is_special.any()


def test_ten_million_events_are_charted():
    chart = spc.u_prime([1e7, 1.01e7, 0.99e7], [1e6, 1e6, 1e6])
    assert np.isfinite(chart.upper).all()
    assert (chart.upper > chart.mean).all()


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="count is larger than its denominator at position 1"):
        spc.p_prime([1, 3], [2, 2])
    with pytest.raises(ValueError, match="events among nobody at position 0"):
        spc.u_prime([1], [0])
    with pytest.raises(ValueError, match="value is infinite at position 1"):
        spc.xmr([1, np.inf])


def test_what_it_was_given_is_left_as_it_was():
    values = np.array([1.0, 2, NAN, 4, 50, 2, 3])
    before = values.copy()
    spc.xmr(values, [spc.Rebase(3, "reason")], baseline=2)
    np.testing.assert_array_equal(values, before)


def test_of_stable_series_of_24_points_15_percent_show_a_special_cause():
    chart = spc.xmr(np.random.default_rng(8).standard_normal((8000, 24)), screen=False)
    assert chart.is_special.any(axis=-1).mean() == pytest.approx(0.154, abs=0.012)
    assert chart.is_outside.any(axis=-1).mean() == pytest.approx(0.058, abs=0.01)


def test_one_number_is_no_series_and_a_series_without_periods_assures_nothing():
    for work in (lambda: spc.xmr(3), lambda: spc.p_prime(3, 5), lambda: spc.u_prime(3, 5)):
        with pytest.raises(ValueError, match=r"must be \[\.\.\., period\]; it has 0 axes"):
            work()
    assert spc.assurance(spc.xmr(np.empty((2, 0))), 3, "higher_is_better").tolist() == ["none", "none"]


@pytest.mark.parametrize("rebases", [[18], [np.int64(18)], 18, spc.Rebase(18, "moved"), {18: "moved"}, None])
def test_a_restart_is_given_in_a_list_and_with_its_reason(rebases):
    for chart in (lambda: spc.xmr(range(30), rebases), lambda: spc.p_prime([1] * 30, [9] * 30, rebases)):
        with pytest.raises(
            ValueError, match=r"rebases must be a list, each .*: \[Rebase\(at=18, reason='what"
        ):
            chart()


def test_a_series_without_points_has_none_in_any_part_of_its_chart():
    for empty in (spc.xmr([]), spc.p_prime([], []), spc.u_prime([], [])):
        assert {part.shape for part in empty} == {(0,)}
    assert {part.shape for part in spc.xmr(np.empty((3, 0)))} == {(3, 0)}
