"""Zero, missing and hidden stay three different things."""

import numpy as np
import pytest

from careatlas.methods import disclosure

NAN = np.nan


@pytest.mark.parametrize(
    ("count", "shown", "is_hidden"),
    [(0, 0, False), (1, NAN, True), (7, NAN, True), (8, 10, False), (12, 10, False), (13, 15, False)],
)
def test_one_to_seven_are_hidden_others_rounded_to_five_and_zero_shown(count, shown, is_hidden):
    answer = disclosure.hide_small([count])
    np.testing.assert_array_equal(answer.count, [shown])
    assert answer.is_hidden.tolist() == [is_hidden]


def test_missing_is_not_hidden():
    answer = disclosure.hide_small([NAN, 3])
    assert np.isnan(answer.count).all()
    assert answer.is_hidden.tolist() == [False, True]


def test_one_hidden_sibling_takes_the_smallest_other_with_it():
    answer = disclosure.hide_small_siblings([[3, 40, 20, 0], [9, 40, 20, 0]])
    assert answer.is_hidden.tolist() == [[True, False, True, False], [False] * 4]
    np.testing.assert_array_equal(answer.count, [[NAN, 40, NAN, 0], [10, 40, 20, 0]])


def test_two_hidden_siblings_need_no_third():
    assert disclosure.hide_small_siblings([3, 5, 20]).is_hidden.tolist() == [True, True, False]


def test_a_single_small_count_beside_zeros_is_hidden_in_its_total_too():
    answer = disclosure.hide_small_siblings([0, 4, 0])
    assert answer.is_hidden.tolist() == [False, True, False]
    assert disclosure.hide_small([4]).is_hidden.tolist() == [True]


def test_a_missing_sibling_hides_nothing():
    assert disclosure.hide_small_siblings([NAN, 4, 30]).is_hidden.tolist() == [False, True, True]


def test_one_hidden_cell_is_never_left_alone_beside_a_total_that_is_shown():
    count = np.random.default_rng(2).poisson(6, (500, 5)).astype(float)
    answer = disclosure.hide_small_siblings(count)
    total_is_shown = count.sum(axis=-1) > 7
    assert not (total_is_shown & (answer.is_hidden.sum(axis=-1) == 1)).any()


def test_no_hidden_count_shows_in_any_form():
    count = np.random.default_rng(2).poisson(6, (500, 5)).astype(float)
    shown = disclosure.hide_small_siblings(count).count
    assert not ((shown > 0) & (shown < 8)).any()
    assert np.isnan(shown[(count > 0) & (count < 8)]).all()


def test_a_part_of_an_event_is_hidden_and_not_shown_as_none():
    shown, is_hidden = disclosure.hide_small([0.0, 0.2, 0.9, 7.9, 8.0])
    np.testing.assert_array_equal(shown, [0, NAN, NAN, NAN, 10])
    assert is_hidden.tolist() == [False, True, True, True, False]


def test_a_count_below_zero_is_refused():
    with pytest.raises(ValueError, match="count is below zero at position 1"):
        disclosure.hide_small([3, -3])


def test_the_stricter_profile_does_not_tell_zero_from_small():
    shown, is_hidden = disclosure.hide_small([0, 1, 7, 8, 12, 13, NAN], "opensafely")
    np.testing.assert_array_equal(shown, [NAN, NAN, NAN, 10, 10, 15, NAN])
    assert is_hidden.tolist() == [True, True, True, False, False, False, False]


def test_in_the_stricter_profile_a_lone_hidden_zero_takes_another_with_it():
    assert disclosure.hide_small_siblings([0, 20, 40], "opensafely").is_hidden.tolist() == [True, True, False]


def test_totals_are_rounded_from_what_was_counted():
    # 8 + 8 + 8 = 24, shown as 25; the parts as shown would add up to 30
    assert disclosure.counted_total([8, 8, 8]).count == 25
    assert disclosure.hide_small([8, 8, 8]).count.sum() == 30
    total = disclosure.counted_total([[3, 2, 0], [NAN, 30, 20]])
    assert np.isnan(total.count).all()
    assert total.is_hidden.tolist() == [True, False]


def test_a_sum_over_a_hidden_part_is_an_interval():
    shown = disclosure.hide_small([[3, 20, 40], [10, 20, 40], [NAN, 3, 40]])
    total = disclosure.resummed_total(shown)
    np.testing.assert_array_equal(total.lower, [61, 70, NAN])
    np.testing.assert_array_equal(total.upper, [67, 70, NAN])
    strict = disclosure.hide_small([0, 20, 40], "opensafely")
    assert disclosure.resummed_total(strict, "opensafely") == (60, 67)


def test_an_unknown_profile_is_named_with_those_that_exist():
    with pytest.raises(ValueError, match="profile must be one of hes, opensafely; it is 'nhs'"):
        disclosure.hide_small([3], "nhs")
