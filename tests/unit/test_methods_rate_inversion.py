"""Rates give counts back: how many fit what is printed, by formula and by trying all."""

import numpy as np
import pytest

from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.rate_inversion import proportion_counts, rate_counts

NAN = np.nan


def test_a_rate_to_one_decimal_gives_the_count_back_up_to_a_million_people():
    count = np.arange(8.0, 500)
    for people in (10_000, 100_000, 999_000):
        printed = crude_rate(count, np.full(count.shape, people)).value.round(1)
        inversion = rate_counts(printed, people)
        assert (inversion.number == 1).all()
        np.testing.assert_array_equal(inversion.least, count)
        assert not inversion.is_safe.any()


def test_the_counts_found_are_those_that_print_alike():
    rng = np.random.default_rng(4)
    count, people = rng.integers(8, 3000, 60).astype(float), rng.integers(10**5, 10**8, 60).astype(float)
    printed = crude_rate(count, people).value.round(1)
    inversion = rate_counts(printed, people)
    everyone = np.arange(20_000.0)
    for i in range(60):
        alike = everyone[
            np.abs(crude_rate(everyone, np.full(20_000, people[i])).value - printed[i]) <= 0.05 + 1e-9
        ]
        if alike[-1] < everyone[-1] and len(alike) <= 1001:
            assert (inversion.least[i], inversion.most[i], inversion.number[i]) == (
                alike[0],
                alike[-1],
                len(alike),
            )


def test_limits_narrow_what_the_value_leaves_open():
    people = 5_000_000
    value, lower, upper = (each.round(1) for each in crude_rate([60.0], [people]))
    alone, with_limits = rate_counts(value, people), rate_counts(value, people, lower, upper)
    assert alone.number == 5
    assert 1 <= with_limits.number < 5
    assert with_limits.least <= 60 <= with_limits.most


def test_a_rate_made_from_rounded_counts_stands_for_five_of_them():
    printed = crude_rate([60.0], [100_000]).value.round(1)
    inversion = rate_counts(printed, 100_000, counted_in=5)
    assert (inversion.least, inversion.most, inversion.number, inversion.is_safe) == (58, 62, 5, True)


def test_of_rounded_counts_a_zero_stands_for_itself_and_five_is_never_shown():
    inversion = rate_counts([0.0, 5.0, 10.0], 100_000, counted_in=5)
    np.testing.assert_array_equal(inversion.least, [0, NAN, 8])
    np.testing.assert_array_equal(inversion.most, [0, NAN, 12])
    assert inversion.number.tolist() == [1, 0, 5]
    assert inversion.is_safe.tolist() == [False, False, True]


def test_ratios_are_rates_of_the_expected():
    ratio = np.round(100 * 60 / 48.3, 1)
    assert rate_counts([ratio], [48.3], multiplier=100).least == 60


def test_proportions_of_few_give_the_count_and_of_many_do_not():
    # 1.45 to 1.55 % of 40,003 people are 580.04 to 620.05
    inversion = proportion_counts([12.5, 1.5], [40, 40_003])
    assert inversion.number.tolist() == [1, 40]
    assert inversion.is_safe.tolist() == [False, True]


def test_no_more_people_can_have_it_than_there_are():
    assert proportion_counts([100.0], [4000]).most == 4000
    assert proportion_counts([0.0], [4000]).least == 0


def test_a_hidden_figure_has_nothing_to_invert_and_an_impossible_one_fits_none():
    inversion = rate_counts([NAN, 3.3], [1000, 1000])
    assert np.isnan(inversion.number[0])
    assert inversion.is_safe.tolist() == [True, False]
    assert inversion.number[1] == 0


def test_whole_thousands_hide_more():
    assert rate_counts([3000], [100_000], decimals=-3).number > 500


def test_ten_million_events_are_told_apart_up_to_a_thousand_and_one():
    assert rate_counts([10_000_000.0], [1e9], multiplier=1e9, decimals=-6).number == 1001


def test_counts_are_made_by_one_or_by_five():
    with pytest.raises(ValueError, match="counted_in must be 1 or 5; it is 10"):
        rate_counts([3.0], [1000], counted_in=10)


def test_many_at_once_equal_one_by_one():
    value, people = np.array([[12.0, 50.0], [NAN, 3.0]]), np.array([[1e5, 2e6], [1e5, 1e7]])
    at_once = rate_counts(value, people)
    for place in np.ndindex(2, 2):
        for together, alone in zip(at_once, rate_counts(value[place], people[place]), strict=True):
            np.testing.assert_array_equal(together[place], alone)


def test_figures_beyond_one_block_are_worked_like_the_first_and_memory_stays():
    import tracemalloc

    people = np.linspace(1e5, 5e8, 6000)
    tracemalloc.start()
    inversion = rate_counts(np.full(6000, 100.0), people)
    largest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert largest < 60e6  # all at once they are 6,000 x 1,001 counts, 48 MB in every step
    for place in (0, 499, 500, 5999):
        alone = rate_counts(100.0, people[place])
        assert [each[place] for each in inversion] == [float(each) for each in alone]
    assert rate_counts(np.zeros((0, 3)), 1000).number.shape == (0, 3)
