"""Runs about the median."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from careatlas.methods.run_chart import run_chart

NAN = np.nan


def plain_run_chart(values):
    """One series: sides of the median, groups of equal sides."""
    known = [v for v in values if not np.isnan(v)]
    sides = [np.sign(v - np.median(known)) for v in known if v != np.median(known)]
    runs = [0]
    for now, before in zip(sides, [None, *sides], strict=False):
        runs = [*runs[:-1], runs[-1] + 1] if now == before else [*runs, 1]
    return len(sides), max(runs), max(len(runs) - 2, 0)


values = st.lists(st.one_of(st.integers(0, 6).map(float), st.just(NAN)), min_size=1, max_size=40)


@settings(max_examples=200, deadline=None)
@given(values)
def test_runs_and_crossings_are_those_of_a_plain_reading(series):
    found = run_chart(series)
    points, longest, crossings = plain_run_chart(series)
    assert found.points == points
    if points < 10:
        assert np.isnan(found.signal)
    else:
        assert (found.longest_run, found.crossings) == (longest, crossings)
        fewest = binom.ppf(0.05, points - 1, 0.5)
        assert found.fewest_usual == fewest
        assert found.longest_usual == round(np.log2(points)) + 3
        assert found.signal == (crossings < fewest or longest > found.longest_usual)


@pytest.mark.parametrize(
    ("points", "longest", "fewest"), [(10, 6, 2), (12, 7, 3), (20, 7, 6), (24, 8, 8), (60, 9, 23)]
)
def test_usual_runs_and_crossings_grow_with_the_points(points, longest, fewest):
    found = run_chart([1, 2] * (points // 2))
    assert (found.points, found.longest_usual, found.fewest_usual) == (points, longest, fewest)


def test_a_lasting_shift_is_a_signal_and_ups_and_downs_are_none():
    assert run_chart([1, 2, 1, 2, 1, 2, 1, 2, 8, 9, 8, 9, 8, 9, 8, 9]).signal == 1
    assert run_chart([1, 9, 2, 8, 1, 9, 2, 8, 1, 9, 2, 8]).signal == 0


def test_points_on_the_median_and_gaps_neither_break_a_run_nor_count():
    found = run_chart([5, 6, 7, 5, 8, NAN, 6, 4, 3, 4, 5, 2, 3, 4, 7, 2])
    assert found.median == 5
    assert found.points == 12
    assert found.longest_run == 6  # 4 3 4 (5) 2 3 4


def test_a_series_that_never_moves_has_no_verdict():
    found = run_chart([3.0] * 30)
    assert (found.median, found.points) == (3, 0)
    assert np.isnan(found.signal)


def test_without_a_known_value_all_is_missing():
    found = run_chart([NAN, NAN])
    assert np.isnan([found.median, found.signal]).all()


def test_many_series_at_once_equal_one_by_one():
    series = np.random.default_rng(0).integers(0, 9, (4, 5, 24)).astype(float)
    series[0, 1, 3:9] = NAN
    together = run_chart(series)
    for at in np.ndindex(4, 5):
        for all_series, one in zip(together, run_chart(series[at]), strict=True):
            np.testing.assert_array_equal(all_series[at], one)


def test_a_long_series_is_worked():
    found = run_chart(np.arange(4000) % 2)
    assert (found.points, found.crossings, found.fewest_usual) == (4000, 3999, binom.ppf(0.05, 3999, 0.5))


def test_one_number_is_no_series_and_a_series_without_periods_has_no_median():
    with pytest.raises(ValueError, match=r"value must be \[\.\.\., period\]; it has 0 axes"):
        run_chart(3)
    assert np.isnan(run_chart(np.empty((2, 0))).median).tolist() == [True, True]
