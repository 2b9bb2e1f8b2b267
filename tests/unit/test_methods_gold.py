"""Published numbers, to the digits printed. Each row of ``tests/gold`` says where it comes from."""

import csv
from pathlib import Path

import numpy as np
import pytest

from careatlas.methods import funnel, intervals
from careatlas.methods.directly_standardised_rate import (
    directly_standardised_rate,
    gamma_limited_standardised_rate,
)
from careatlas.methods.indirectly_standardised_ratio import indirectly_standardised_ratio

GOLD = Path(__file__).parent.parent / "gold"


def gold(name):
    with (GOLD / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def numbers(row, *columns):
    return [float(row[column]) for column in columns]


@pytest.mark.parametrize("row", gold("count_limits"), ids=lambda row: f"{row['function']} of {row['count']}")
def test_limits_of_a_count_are_the_published_ones(row):
    count, confidence, lower, upper = numbers(row, "count", "confidence", "lower", "upper")
    ours = getattr(intervals, row["function"])([count], confidence)
    assert [round(float(limit[0]), int(row["decimals"])) for limit in ours] == [lower, upper]


@pytest.mark.parametrize(
    "row", gold("proportion_limits"), ids=lambda row: f"{row['count']} of {row['denominator']}"
)
def test_limits_of_a_proportion_are_the_published_ones(row):
    count, denominator, confidence = numbers(row, "count", "denominator", "confidence")
    ours = intervals.wilson_limits([count], [denominator], confidence)
    assert [round(float(limit[0]), int(row["decimals"])) for limit in ours] == numbers(row, "lower", "upper")


@pytest.mark.parametrize(
    "row", gold("funnel_limits"), ids=lambda row: f"{row['expected']} at {row['confidence']}"
)
def test_funnel_limits_are_the_published_ones(row):
    expected, confidence = numbers(row, "expected", "confidence")
    ours = funnel.precision_limits([expected], confidence)
    digits = row["significant_digits"]
    assert [float(f"{limit[0]:.{digits}g}") for limit in ours] == numbers(row, "lower", "upper")


def test_the_standardised_rate_of_downs_syndrome_is_the_published_one():
    rows = gold("directly_standardised_rate")
    count, denominator, weight = (
        [float(row[column]) for row in rows] for column in ("count", "denominator", "weight")
    )
    rate = directly_standardised_rate([count], [denominator], weight, multiplier=10_000)
    assert round(float(rate.value[0]), 6) == float(rows[0]["rate_per_10k"])
    gamma = gamma_limited_standardised_rate([count], [denominator], weight, multiplier=10_000)
    published = numbers(rows[0], "rate_per_10k", "gamma_lower_per_10k", "gamma_upper_per_10k")
    assert [round(float(each[0]), 6) for each in gamma] == published


@pytest.mark.parametrize("row", gold("indirectly_standardised_rate"), ids=lambda row: row["count"])
def test_limits_of_indirectly_standardised_rates_are_the_published_ones(row):
    count, rate, decimals = numbers(row, "count", "rate_per_100k", "decimals")
    expected = count / rate  # so many events are expected that the published count has the published rate
    ours = indirectly_standardised_ratio([count], [expected])
    found = [float(limit[0]) for limit in (ours.lower, ours.upper)]
    assert found == pytest.approx(numbers(row, "lower", "upper"), abs=0.5 * 10**-decimals)


def test_every_published_number_says_where_it_was_published():
    for file in GOLD.glob("*.csv"):
        rows = gold(file.stem)
        assert rows[0]["citation"], file.name
        has_expectation = [row for row in rows if any(row.get(name) for name in ("lower", "rate_per_10k"))]
        assert all(row["citation"] for row in has_expectation), file.name


def test_exact_limits_solve_the_tails_they_stand_for():
    from scipy.special import gammainc, gammaincc

    count = np.array([1.0, 4.0, 9.0])
    lower, upper = intervals.exact_limits(count)
    np.testing.assert_allclose(gammainc(count, lower), 0.025, rtol=1e-10)  # as many or more
    np.testing.assert_allclose(gammaincc(count + 1, upper), 0.025, rtol=1e-10)  # as few or fewer
