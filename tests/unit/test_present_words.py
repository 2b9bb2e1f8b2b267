"""Sentences say what the table beside them says."""

from datetime import date

import pytest

from careatlas.present.numbers import interval, number, number_with_unit, pounds, value_or_status
from careatlas.present.words import area_in_brief, area_in_indicator, spread_in_indicator, status_in_words

PATHWAYS = {
    "id": "completed_pathways",
    "title": "Referral-to-treatment pathways completed",
    "short_title": "Pathways completed",
    "unit": "per 1,000 need-weighted people",
    "decimals": 1,
    "polarity": "neither",
}
WITHIN_18_WEEKS = {
    "title": "Within 18 weeks",
    "unit": "% of people waiting",
    "decimals": 1,
    "polarity": "higher_is_better",
}
PAYMENTS = {"title": "Payment per patient", "unit": "£ per patient", "decimals": 2, "polarity": "neither"}
JANUARY = {"period_start": date(2026, 1, 1), "period_end": date(2026, 1, 31)}


def value(area="03R", value=32.3, lower=31.8, upper=32.8, status="reported", note=None, **more):
    limits = {"lower_95": lower, "upper_95": upper}
    return {
        "indicator": "completed_pathways",
        "area": area,
        "value": value,
        "status": status,
        "note": note,
        **JANUARY,
        **limits,
        **more,
    }


def missing(area="03N", note=None, status="missing", **more):
    return value(area, None, None, None, status=status, note=note, **more)


def national(significance="higher", benchmark_value=24.4, difference=7.9, **more):
    rank = {"rank": 2.0, "rank_lower": 1.0, "rank_upper": 4.0, "ranked_areas": 103}
    rank |= {"group": "higher_half", "noise": "counting"}
    base = {"benchmark": "national", "benchmark_name": "England", "benchmark_value": benchmark_value}
    return {
        "indicator": "completed_pathways",
        "area": "03R",
        **base,
        "difference": difference,
        "significance": significance,
        "z": 9.0,
        **rank,
        **more,
    }


def test_an_areas_value_stands_beside_the_countrys_with_its_interval():
    first, second = area_in_indicator(value(), PATHWAYS, "Wakefield", [national()])
    assert first == (
        "In January 2026, 32.3 per 1,000 need-weighted people in Wakefield (95% interval 31.8 to 32.8), "
        "higher than England's 24.4."
    )
    assert second == (
        "Allowing for chance in the counting, its place is between 1 and 4 of 103 (1 = highest value): "
        "in the higher half."
    )


def test_similar_is_said_as_cannot_be_told_apart():
    (first, *_) = area_in_indicator(
        value(value=24.9), PATHWAYS, "Leeds", [national("similar", difference=0.5)]
    )
    assert first.endswith("which cannot be told apart from England's 24.4.")


@pytest.mark.parametrize(
    ("word", "difference", "direction"), [("better", 3.0, "higher"), ("worse", -3.0, "lower")]
)
def test_better_and_worse_name_the_direction_too(word, difference, direction):
    row = value(value=61.0 + difference, lower=60, upper=65)
    (first, *_) = area_in_indicator(row, WITHIN_18_WEEKS, "Leeds", [national(word, 61.0, difference)])
    assert first.endswith(f"{direction} than England's 61.0% ({word}).")


def test_two_figures_that_round_alike_are_not_called_different_without_saying_why():
    row = value(value=24.44, lower=24.42, upper=24.46)
    (first, *_) = area_in_indicator(row, PATHWAYS, "Leeds", [national("higher", 24.41, 0.03)])
    assert first.endswith("higher than England's 24.4 by less than the figures show.")


@pytest.mark.parametrize(
    ("significance", "difference"),
    [
        ("better", -7.9),
        ("better", 7.9),
        ("worse", -7.9),
        ("worse", 7.9),
        ("higher", 7.9),
        ("lower", -7.9),
        ("similar", 7.9),
        ("not_compared", -7.9),
    ],
)
def test_no_sentence_contradicts_its_row(significance, difference):
    row = value(value=24.4 + difference)
    (first, *_) = area_in_indicator(row, PATHWAYS, "Leeds", [national(significance, difference=difference)])
    assert number(row["value"], PATHWAYS) in first
    assert interval(row, PATHWAYS) in first
    says_higher, says_lower = "higher than" in first, "lower than" in first
    if significance in ("similar", "not_compared"):
        assert not says_higher
        assert not says_lower
    else:
        assert says_higher == (difference > 0)
        assert says_lower == (difference < 0)


def test_a_wide_rank_interval_is_said_instead_of_a_rank():
    (_, second) = area_in_indicator(
        value(),
        PATHWAYS,
        "Leeds",
        [national(rank=40.0, rank_lower=8.0, rank_upper=92.0, group="neither_half")],
    )
    assert second.startswith("Its place in the order cannot be told")
    assert "between 8 and 92 of 103" in second
    assert "40" not in second


def test_an_incomplete_return_is_neither_compared_nor_ranked():
    row = value(status="incomplete", note="Royal Vale returned a part.")
    sentences = area_in_indicator(row, PATHWAYS, "Vale", [national("not_compared", rank=None, group=None)])
    assert sentences[0].endswith("the return was incomplete, so this is not compared.")
    assert sentences[1] == "It has no rank. Royal Vale returned a part."


@pytest.mark.parametrize("status", ["missing", "hidden"])
def test_a_value_that_is_not_there_is_named_by_its_status_and_never_as_zero(status):
    (sentence,) = area_in_indicator(missing(status=status, note="No return."), PATHWAYS, "Sheffield")
    assert sentence.startswith(f"In January 2026, the figure for Sheffield is {status}")
    assert sentence.endswith("(No return).")
    assert "0" not in sentence.replace("2026", "")


def test_a_standard_is_met_missed_or_cannot_be_told_apart_from():
    def standard(significance):
        return national(significance, 92.0, -30.0, benchmark="standard", benchmark_name="18 weeks")

    row = value(value=62.0, lower=61.0, upper=63.0)
    assert 'It falls short of the standard "18 weeks" (92.0%).' in area_in_indicator(
        row, WITHIN_18_WEEKS, "Leeds", [standard("worse")]
    )
    assert 'It cannot be told apart from the standard "18 weeks" (92.0%).' in area_in_indicator(
        row, WITHIN_18_WEEKS, "Leeds", [standard("similar")]
    )


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [
        (28.0, 30.0, "it has risen since"),
        (33.0, 35.0, "it has fallen since"),
        (32.0, 34.0, "the two cannot be told apart"),
    ],
)
def test_a_change_is_claimed_only_where_the_intervals_do_not_meet(lower, upper, said):
    year_before = {"period_start": date(2025, 1, 1), "period_end": date(2025, 1, 31)}
    earlier = value(value=(lower + upper) / 2, lower=lower, upper=upper) | year_before
    sentences = area_in_indicator(value(), PATHWAYS, "Wakefield", earlier=earlier)
    assert sentences[-1].startswith("In January 2025 it was")
    assert said in sentences[-1]


def test_the_spread_is_of_full_returns_and_the_others_are_named():
    rows = [value("A", 30.0), value("B", 20.0), value("C", 5.0, status="incomplete"), missing("D")]
    names = {"A": "Ash", "B": "Beech", "C": "Cedar", "D": "Dogwood"}
    country = value("ENG", 24.4, 24.3, 24.5)
    sentences = spread_in_indicator(rows, PATHWAYS, names, country, "England")
    assert sentences[0].startswith("In January 2026, 24.4 per 1,000 need-weighted people in England")
    assert sentences[1].startswith(
        "Among 2 areas with a full return it runs from 20.0 in Beech to 30.0 in Ash"
    )
    assert sentences[2] == "Not in that spread: 1 missing (Dogwood); 1 incomplete (Cedar)."


def test_an_area_in_brief_counts_what_differs_and_names_what_has_no_figure():
    indicators = {
        "a": {"title": "Access"},
        "b": {"title": "Beds"},
        "c": {"title": "Care"},
        "d": {"title": "Delay"},
    }
    comparisons = [
        national("better", indicator="a", z=3.0),
        national("higher", indicator="b", z=-12.0, difference=-1.0) | {"significance": "lower"},
        national("similar", indicator="c", z=0.4),
    ]
    values = [missing(indicator="d")]
    assert area_in_brief("Wakefield", comparisons, indicators, values) == [
        "Of 3 indicators compared, Wakefield differs from England on 2: 1 better and 1 lower; "
        "on 1 the two cannot be told apart.",
        "Furthest from England in standard errors: Beds (lower) and Access (higher, better).",
        "Not compared: 1 missing (Delay).",
    ]


def test_an_area_without_comparisons_says_so():
    assert area_in_brief("Wakefield", [], {}, []) == [
        "None of the indicators of Wakefield can be compared yet."
    ]


def test_a_status_in_words_gives_the_releases_reason():
    assert (
        status_in_words(missing(note="No return."))
        == "Missing: not submitted or not known; not zero. No return."
    )
    assert status_in_words(value(value=0.0, status="zero")) == "Zero: counted, and there were none."


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (164.73, "£165"),
        (9.87, "£9.9"),
        (16_473.2, "£16,500"),
        (1_649_000, "£1.65 million"),
        (10_230_094_803.70, "£10.2 billion"),
        (999_999, "£1 million"),
        (-164.73, "-£165"),
        (0, "£0"),
    ],
)
def test_money_has_three_significant_figures_and_no_pence(amount, written):
    assert pounds(amount) == written
    assert number(amount, PAYMENTS) == written


def test_a_number_carries_its_indicators_decimals_and_sign():
    assert number(1234.56, PATHWAYS) == "1,234.6"
    assert number(61.53, WITHIN_18_WEEKS) == "61.5%"
    assert number(-0.01, PATHWAYS) == "0.0"
    assert number(None, PATHWAYS) == ""
    assert number(float("nan"), PATHWAYS) == ""
    assert number_with_unit(61.53, WITHIN_18_WEEKS) == "61.5% of people waiting"
    assert number_with_unit(164.73, PAYMENTS) == "£165 per patient"


def test_the_kinds_of_nothing_are_written_differently():
    written = [
        value_or_status(row, PATHWAYS)
        for row in (
            value(value=0.0, status="zero"),
            missing(),
            missing(status="hidden"),
            value(status="incomplete"),
        )
    ]
    assert written == ["0.0", "missing", "× hidden", "32.3 †"]
