"""The words and codes a comparison may use."""

import csv
import importlib
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careatlas.methods.intervals import exact_limits, wilson_limits
from careatlas.methods.significance import (
    by_count_limits,
    by_interval,
    by_overlap,
    by_proportion_limits,
    by_quantile,
    by_two_intervals,
    significance,
)

NAN = np.nan
GOLD = Path(__file__).parent.parent / "gold"
module = importlib.import_module("careatlas.methods.significance")


@pytest.mark.parametrize(
    ("polarity", "words"),
    [
        ("higher_is_better", ["worse", "similar", "better"]),
        ("lower_is_better", ["better", "similar", "worse"]),
        ("neither", ["lower", "similar", "higher"]),
    ],
)
def test_below_around_and_above_the_comparator_by_polarity(polarity, words):
    assert significance([1, 4, 6], [3, 6, 8], 5, polarity).tolist() == words


def test_a_comparator_on_a_limit_is_similar():
    assert significance([5, 3], [7, 5], 5, "higher_is_better").tolist() == ["similar", "similar"]


def test_whatever_is_missing_is_not_compared():
    lower, upper, comparator = [NAN, 1, 1], [3, NAN, 3], [5, 5, NAN]
    assert significance(lower, upper, comparator, "neither").tolist() == ["not_compared"] * 3


def test_each_area_may_have_its_own_comparator():
    assert significance([1, 1], [3, 3], [2, 4], "neither").tolist() == ["similar", "lower"]


def test_a_polarity_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="one of higher_is_better, lower_is_better, neither; it is 'high'"):
        significance([1], [2], 3, "high")


HIGH, LOW, EITHER = "higher_is_better", "lower_is_better", "neither"


def gold():
    with (GOLD / "comparator_methods.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", gold(), ids=lambda row: f"{row['function']} of {row['value']}")
def test_codes_are_the_published_ones(row):
    found = getattr(module, row["function"])(
        float(row["value"]),
        float(row["denominator"]),
        float(row["comparator"]),
        row["polarity"],
        float(row["multiplier"]),
        float(row["confidence"]),
    )
    assert found == int(row["code"])
    assert row["citation"]


@pytest.mark.parametrize(("polarity", "codes"), [(HIGH, [1, 2, 3]), (LOW, [3, 2, 1]), (EITHER, [1, 2, 3])])
def test_codes_below_around_and_above_by_polarity(polarity, codes):
    assert by_interval([1, 4, 6], [3, 6, 8], 5, polarity).tolist() == codes
    assert by_overlap([1, 4, 7], [3, 6, 8], 4, 6, polarity).tolist() == codes


def plain_method_1(lower, upper, comparator, polarity):
    if any(math.isnan(number) for number in (lower, upper, comparator)):
        return 0
    if lower <= comparator <= upper:
        return 2
    return 3 if (upper < comparator) == (polarity == LOW) else 1


def plain_method_17(lower, upper, outer_lower, outer_upper, comparator, polarity):
    inner = plain_method_1(lower, upper, comparator, polarity)
    outer = plain_method_1(outer_lower, outer_upper, comparator, polarity)
    if 0 in (inner, outer):
        return 0
    return {1: 4, 2: inner, 3: 5}[outer]


numbers = st.one_of(st.integers(0, 6).map(float), st.just(NAN))


@settings(max_examples=300, deadline=None)
@given(numbers, st.integers(0, 3), st.integers(0, 3), numbers, st.sampled_from([HIGH, LOW, EITHER]))
def test_intervals_are_read_as_a_plain_reading_does(middle, width, more, comparator, polarity):
    inner = middle - width, middle + width
    outer = inner[0] - more, inner[1] + more
    assert by_interval(*inner, comparator, polarity) == plain_method_1(*inner, comparator, polarity)
    expected = plain_method_17(*inner, *outer, comparator, polarity)
    assert by_two_intervals(*inner, *outer, comparator, polarity) == expected


def test_words_and_codes_of_method_1_agree():
    rng = np.random.default_rng(0)
    lower = rng.integers(0, 9, 200).astype(float)
    lower[::9] = NAN
    for polarity in (HIGH, LOW, EITHER):
        words = significance(lower, lower + 3, 5, polarity)
        named = {"not_compared": 0, "worse": 1, "lower": 1, "similar": 2, "better": 3, "higher": 3}
        assert by_interval(lower, lower + 3, 5, polarity).tolist() == [named[word] for word in words]


def test_intervals_that_touch_overlap():
    assert by_overlap([1, 1], [3, 2.99], 3, 4, HIGH).tolist() == [2, 1]


def test_overlap_is_stricter_than_a_test_of_the_difference():
    # 10 -/+ 2 against 13 -/+ 2: three apart, the error of the difference 1.44, z of 2.08
    assert by_overlap([8], [12], 11, 15, HIGH).tolist() == [2]
    assert by_interval([8], [12], 13, HIGH).tolist() == [1]


@given(st.integers(1, 500), st.floats(0, 100), st.floats(1, 99))
@settings(max_examples=100, deadline=None)
def test_proportion_limits_are_wilsons_about_the_comparator(people, value, comparator):
    lower, upper = wilson_limits(comparator / 100 * people, people)
    expected = 1 if value / 100 < lower else 3 if value / 100 > upper else 2
    assert by_proportion_limits(value, people, comparator, HIGH) == expected


@given(st.integers(1, 200_000), st.floats(0, 300), st.floats(0.01, 300))
@settings(max_examples=100, deadline=None)
def test_count_limits_are_exact_ones_of_the_events_the_comparator_would_bring(people, value, comparator):
    lower, upper = (limit * 1e5 / people for limit in exact_limits(comparator * people / 1e5))
    expected = 1 if value < lower else 3 if value > upper else 2
    assert by_count_limits(value, people, comparator, HIGH) == expected


@pytest.mark.parametrize("function", [by_proportion_limits, by_count_limits])
def test_nobody_and_whatever_is_missing_has_code_0(function):
    value, people, comparator = [NAN, 5, 5, 5], [10, NAN, 10, 0], [5, 5, NAN, 5]
    assert function(value, people, comparator, LOW).tolist() == [0, 0, 0, 0]


def test_quantiles_count_from_the_low_end_unless_high_is_good():
    ten = np.arange(1.0, 11)
    assert by_quantile(ten, 5, LOW).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert by_quantile(ten, 5, HIGH).tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert by_quantile(ten, 4, EITHER).tolist() == [1, 1, 1, 2, 2, 3, 3, 4, 4, 4]


@given(st.lists(st.one_of(st.integers(0, 9).map(float), st.just(NAN)), min_size=1, max_size=20))
@settings(max_examples=200, deadline=None)
def test_a_quantile_is_the_number_of_boundaries_below_a_value(values):
    known = [v for v in values if not math.isnan(v)]
    expected = [0] * len(values)
    if len(known) >= 5:
        bounds = np.quantile(known, [0.2, 0.4, 0.6, 0.8])
        expected = [0 if math.isnan(v) else 1 + int((v > bounds + 1e-12).sum()) for v in values]
    assert by_quantile(values, 5, LOW).tolist() == expected


def test_fewer_areas_than_groups_are_not_grouped():
    assert by_quantile([1, 2, 3, 4, NAN], 5, LOW).tolist() == [0] * 5
    assert by_quantile([[1, 2, 3, 4, NAN], [1, 2, 3, 4, 5]], 5, LOW)[1].tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "call", [lambda p: by_interval([1], [2], 3, p), lambda p: by_quantile([1, 2, 3, 4], 4, p)]
)
def test_codes_too_refuse_a_polarity_that_does_not_exist(call):
    with pytest.raises(ValueError, match="it is 'high'"):
        call("high")


def test_limits_the_wrong_way_about_are_refused():
    with pytest.raises(ValueError, match=r"99\.8 % limits lie within the 95 % ones at position 1"):
        by_two_intervals([2, 2], [4, 4], [1, 3], [5, 5], 3, HIGH)


def test_an_upper_limit_below_the_lower_is_refused():
    for call in (
        lambda: significance([4], [2], 3, HIGH),
        lambda: by_interval([4], [2], 3, HIGH),
        lambda: by_overlap([4], [2], 3, 5, HIGH),
        lambda: by_two_intervals([4], [2], [1], [5], 3, HIGH),
    ):
        with pytest.raises(ValueError, match="upper is below lower at position 0"):
            call()
    with pytest.raises(ValueError, match="comparator_upper is below comparator_lower"):
        by_overlap([2], [4], 5, 3, HIGH)


def test_minus_one_for_missing_is_refused_and_not_called_worst():
    with pytest.raises(ValueError, match="value is below zero at position 1"):
        by_count_limits([5, -1], [1000, 1000], 300, HIGH)
    with pytest.raises(ValueError, match="value is not between 0 and 100 at position 0"):
        by_proportion_limits([-1], [1000], 30, HIGH)


@pytest.mark.parametrize("polarity", [LOW, HIGH])
def test_equal_values_lie_in_one_group(polarity):
    assert set(by_quantile([7] * 10, 5, polarity).tolist()) == {5 if polarity == HIGH else 1}


def test_one_group_is_refused():
    with pytest.raises(ValueError, match="groups must be 2 or more, such as 5; it is 1"):
        by_quantile([1, 2, 3], 1, HIGH)
