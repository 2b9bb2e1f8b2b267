"""What stands out of an area: the rule, who is kept out of it, and what is said of a card."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careatlas.present.standing_out import LEAST, NOT_SHOWN, priority, standing_out
from careatlas.present.standing_out_words import expected_next, lasting_in_brief, verdict_in_brief

RATE = {"method": "crude_rate", "multiplier": 1000.0}
SHARE = {"method": "proportion", "multiplier": 100.0}
INDICATORS = {"opioids": RATE, "waits": RATE, "seen": SHARE}


def value(indicator, value=12.0, lower=11.0, upper=13.0, count=1200.0, among=100_000.0, status="reported"):
    return {
        "indicator": indicator, "value": value, "lower_95": lower, "upper_95": upper, "count": count,
        "denominator": among, "status": status,
    }  # fmt: skip


def national(indicator, own=12.0, country=10.0, z=8.0, word="higher"):
    return {
        "indicator": indicator, "benchmark": "national", "benchmark_value": country, "difference": own - country,
        "z": z, "significance": word,
    }  # fmt: skip


def standard(indicator):
    return {**national(indicator), "benchmark": "standard"}


def lasting(indicator, q, deviation=15.0):
    return {"indicator": indicator, "q": q, "deviation": deviation}


def order(values, comparisons, over_time=()):
    return [row["indicator"] for row in standing_out(values, comparisons, list(over_time), INDICATORS)]


# --- the rule ---------------------------------------------------------------------------------------------


parts = st.floats(0, 1), st.floats(0, 1), st.floats(0, 500)


@given(*parts, st.floats(0, 1))
def test_more_persistent_more_significant_or_larger_never_ranks_lower(lasting_q, q, size, less):
    here = priority(lasting_q, q, size)
    assert priority(lasting_q * less, q, size) >= here
    assert priority(lasting_q, q * less, size) >= here
    assert priority(lasting_q, q, size + less) >= here
    assert priority(None, q * less, size) >= priority(None, q, size)


def test_priority_by_hand():
    """12 per 1,000 (11 to 13) beside 10, lasting beyond doubt: the nearer limit is 10 % away. z = 8 is p < 1e-14."""
    (row,) = standing_out([value("opioids")], [national("opioids")], [lasting("opioids", 0.0)], INDICATORS)
    assert row["priority"] == pytest.approx(10.0)
    (row,) = standing_out([value("opioids")], [national("opioids")], [], INDICATORS)
    assert row["priority"] == pytest.approx(10.0 * NOT_SHOWN)


def test_a_lasting_difference_stands_before_a_larger_one_of_a_single_month():
    month = value("waits", 15.0, 14.0, 16.0, 1_500.0)
    values, compared = [month, value("opioids")], [national("waits", 15.0), national("opioids")]
    assert order(values, compared) == ["waits", "opioids"]
    assert order(values, compared, [lasting("opioids", 0.001)]) == ["opioids", "waits"]


def test_a_difference_that_lasted_on_the_other_side_does_not_count_as_lasting():
    values, compared = [value("opioids")], [national("opioids")]
    assert order(values, compared, [lasting("opioids", 0.001, deviation=-15.0)]) == []


def test_a_share_above_a_half_is_measured_by_those_who_have_it_not():
    """96 % beside 98 %, nearer limit 97: 4 % do not where 2 % do not elsewhere; the limit is half as many again."""
    seen = value("seen", 96.0, 95.0, 97.0, 960.0, 1_000.0)
    (row,) = standing_out(
        [seen], [national("seen", 96.0, 98.0, -4.5, "worse")], [lasting("seen", 0.0, -2.0)], INDICATORS
    )
    assert row["priority"] == pytest.approx(100 * (98 - 97) / (100 - 98), rel=1e-4)


def test_national_standards_come_before_anything_else():
    values = [value("opioids"), value("waits", 10.2, 9.9, 10.5, 1_020.0)]
    compared = [national("opioids"), national("waits", 10.2, z=0.9, word="similar"), standard("waits")]
    assert order(values, compared, [lasting("opioids", 0.0)]) == ["waits", "opioids"]


def test_many_indicators_make_a_chance_difference_count_for_less():
    """z = 2.2 alone is p = .028; the least of three it is q = .083, and less of its size counts."""
    values = [
        value("opioids", 12.0, 10.2, 13.8),
        value("waits"),
        value("seen", 50.0, 40.0, 60.0, 50.0, 100.0),
    ]
    alone = [national("opioids", z=2.2)]
    among = [*alone, national("waits", z=0.1, word="similar"), national("seen", 50.0, 50.0, 0.1, "similar")]
    first = standing_out(values[:1], alone, [lasting("opioids", 0.0)], INDICATORS)[0]["priority"]
    of_three = standing_out(values, among, [lasting("opioids", 0.0)], INDICATORS)[0]["priority"]
    assert first == pytest.approx(2 * (1 - 0.0278), rel=1e-3)
    assert of_three == pytest.approx(2 * (1 - 3 * 0.0278), rel=1e-3)


# --- who never stands out ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "own",
    [
        value("waits", count=9.0),
        value("waits", status="incomplete"),
        value("waits", None, None, None, None, status="missing"),
        value("waits", None, None, None, None, status="hidden"),
        value("waits", 0.0, 0.0, 0.1, 0.0, status="zero"),
    ],
    ids=["nine events", "incomplete", "missing", "hidden", "none"],
)
def test_small_numbers_and_returns_that_are_not_full_never_stand_out_not_even_by_a_standard(own):
    assert order([own], [national("waits"), standard("waits")], [lasting("waits", 0.0)]) == []


def test_a_share_needs_ten_who_have_it_and_ten_who_have_it_not():
    compared = [national("seen", 99.5, 90.0)]
    nearly_all = value("seen", 99.5, 99.0, 99.8, 1_991.0, 2_000.0)
    assert order([nearly_all], compared, [lasting("seen", 0.0)]) == []
    assert order([{**nearly_all, "count": 1_990.0}], compared, [lasting("seen", 0.0)]) == ["seen"]


def test_what_cannot_be_told_from_the_country_does_not_stand_out():
    assert order([value("waits")], [national("waits", word="similar")], [lasting("waits", 0.0)]) == []


def test_what_is_next_to_nothing_does_not_stand_out():
    own = value("waits", 10.2, 10.01, 10.4, 1_020.0)  # 0.1 % at the nearer limit
    assert LEAST > 0.1
    assert order([own], [national("waits", 10.2)], [lasting("waits", 0.0)]) == []


# --- what a card says -------------------------------------------------------------------------------------


def over_time(verdict="persistently_low", **more):
    return {
        "periods": 61, "period_end": date(2025, 12, 31), "verdict": verdict, "deviation": -20.4,
        "deviation_lower": -22.8, "deviation_upper": -18.0, "next_deviation": -13.4,
        "change_start": None, "change": None, "change_lower": None, "change_upper": None, **more,
    }  # fmt: skip


def test_a_lasting_difference_is_said_with_its_size_span_and_what_to_expect():
    said = lasting_in_brief(over_time(), 61, -2.0, "England")
    assert said == (
        "Persistently below England: -20% (-23% to -18%) on average over 61 periods to December 2025."
    )
    assert expected_next(over_time(), "England") == (
        "Expect -13% from England next, by regression to the mean."
    )


def test_one_that_has_turned_says_so():
    assert lasting_in_brief(over_time(), 61, 2.0, "England").endswith(
        "; in the latest period it lies on the other side."
    )


def test_one_that_is_not_lasting_says_so():
    assert lasting_in_brief(over_time("none"), 61, -2.0, "England").startswith("Not persistent by the rule")


def test_one_that_changed_says_by_how_much_and_since_when():
    row = over_time(
        "improved", change_start=date(2024, 11, 1), change=-5.1, change_lower=-7.0, change_upper=-2.4
    )
    assert lasting_in_brief(row, 61, -2.0, "England").startswith(
        "Improved from November 2024: -5% (-7% to -2%), against areas like it and beyond regression to the mean"
    )


def test_what_rose_from_next_to_nothing_has_no_percentage():
    """Nobody waited twelve hours for a bed for 47 months, then 4 % did: 66,328 % says nothing that a reader can use."""
    row = over_time(
        "worsened", change_start=date(2025, 3, 1), change=66_328, change_lower=800, change_upper=66_328
    )
    assert lasting_in_brief(row, 53, 2.0, "England").startswith(
        "Worsened from March 2025: from so little before that per cent says nothing of it, against areas"
    )
    less = {**row, "change": 850, "change_upper": 900}
    assert "+850% (+800% to +900%)" in lasting_in_brief(less, 53, 2.0, "England")


@pytest.mark.parametrize("row", [None, over_time(deviation=None, next_deviation=None)])
def test_with_too_few_periods_nothing_is_said_to_last_or_to_be_expected(row):
    assert (
        lasting_in_brief(row, 1, -2.0, "England")
        == "One period: counting error only: cannot show persistence."
    )
    assert lasting_in_brief(row, 3, -2.0, "England") == "3 periods on file: too few to show persistence."
    assert expected_next(row, "England") == ""


@pytest.mark.parametrize("row", [None, over_time(deviation=None, next_deviation=None)])
@pytest.mark.parametrize(
    ("periods", "reason"),
    [
        (3, ": too few to show persistence"),
        (4, "; persistence not worked out: too few events in a period, or a gap in the series"),
        (60, "; persistence not worked out: too few events in a period, or a gap in the series"),
    ],
)
def test_periods_are_the_reason_only_where_there_are_fewer_than_four(row, periods, reason):
    assert lasting_in_brief(row, periods, -2.0, "England") == f"{periods} periods on file{reason}."


def test_a_verdict_of_one_period_beside_a_difference_that_lasts_says_only_what_the_breakdown_rests_on():
    gap = {"verdict": "unexplained", "periods": 1}
    assert verdict_in_brief(gap, over_time(periods=8)) == (
        "Unexplained (this breakdown rests on one period)."
    )
    unknown = over_time(deviation=None)
    for row in (None, unknown):
        assert "cannot show persistence" in verdict_in_brief(gap, row)
    assert verdict_in_brief({**gap, "periods": 12}, over_time()) == "Unexplained."


def test_a_verdict_of_one_period_says_that_it_is_counting_error_only():
    assert verdict_in_brief({"verdict": "unexplained", "periods": 1}) == (
        "Unexplained (counting error only: cannot show persistence)."
    )
    assert verdict_in_brief({"verdict": "against_need", "periods": 12}) == (
        "Against need: possible inequity."
    )
    assert verdict_in_brief(None).startswith("Not broken down")
