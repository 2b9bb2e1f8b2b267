"""Sentences of why places differ: they say what the rows say, with intervals, and never more."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careatlas.present import explanation_words as words

INDICATOR = {"title": "Pathways completed", "unit": "per 1,000 people", "decimals": 1}


def share(component, share, lower, upper, note="", covariates="all", periods=12):
    return {
        "component": component, "share": share, "lower": lower, "upper": upper, "note": note,
        "covariates": covariates, "periods": periods,
    }  # fmt: skip


def gap(component, percent, lower, upper, verdict=None, periods=12):
    return {
        "component": component, "percent": percent, "lower": lower, "upper": upper, "verdict": verdict,
        "periods": periods,
    }  # fmt: skip


def test_parts_that_can_be_told_come_largest_first_with_their_intervals():
    rows = [
        share("chance", 0.12, 0.1, 0.15),
        share("need", 0.3, 0.2, 0.4),
        share("unexplained", 0.58, 0.5, 0.7),
    ]
    assert words.spread_explained(rows, "boards") == [
        "Of the differences between boards: unexplained 58% (50% to 70%); need 30% (20% to 40%); "
        "chance 12% (10% to 15%)."
    ]


def test_what_cannot_be_told_apart_is_named_and_given_no_figure():
    unsure = [share(name, 0.4, 0, 0.8, "not separable") for name in ("spatial", "unexplained")]
    rows = [share("chance", 0.2, 0.1, 0.3), *unsure]
    said = " ".join(words.spread_explained(rows, "boards"))
    assert "Too uncertain to be told from each other: shared by neighbours and unexplained." in said
    assert "40%" not in said


def test_what_goes_against_need_is_possible_inequity_and_never_explained():
    rows = [share("need", 0.0, 0, 0.02), share("against_need", 0.3, 0.2, 0.4), share("chance", 0.7, 0.6, 0.8)]
    said = words.spread_explained(rows, "boards")
    assert said[0] == "Of the differences between boards: chance 70% (60% to 80%)."
    assert "30% (20% to 40%) goes against need" in said[1]
    assert "Possible inequity" in said[1]


def test_one_period_shows_counting_error_only():
    assert words.ONE_PERIOD in words.spread_explained([share("chance", 1, 1, 1, periods=1)], "boards")
    rows = [gap("all", -20, -25, -15, "unexplained", periods=1)]
    assert words.ONE_PERIOD in words.gap_explained(rows, "Aton", "Erewhon")


def test_one_period_broken_down_denies_no_persistence_that_more_periods_show():
    rows = [gap("all", -20, -25, -15, "unexplained", periods=1)]
    spread = [share("chance", 1, 1, 1, periods=1)]
    for said in (
        words.gap_explained(rows, "Aton", "Erewhon", has_lasting=True),
        words.spread_explained(spread, "boards", has_lasting=True),
    ):
        assert said[-1] == "This breakdown rests on one period, and so allows for counting error only."
        assert words.ONE_PERIOD not in said


def test_too_few_areas_are_said_and_not_guessed():
    said = words.spread_explained([share("chance", None, None, None)], "boards")
    assert said == ["There are too few boards with a full return to say what the differences come from."]


def test_the_need_share_is_held_against_the_one_without_the_providers_own_diagnoses():
    rows = [share("need", 0.3, 0.2, 0.4), share("need", 0.1, 0.0, 0.2, covariates="untainted")]
    assert "With them need is 30% (20% to 40%); without them 10% (0% to 20%)." in words.without_tainted(rows)
    assert words.without_tainted(rows[:1]) == ""


def test_an_area_without_a_full_return_is_not_explained():
    assert words.gap_explained([], "Aton", "Erewhon") == [
        "Aton has no full return for this period, so its difference is not explained."
    ]


@given(st.floats(-90, 300), st.floats(0, 50), st.sampled_from(list(words.VERDICTS)), st.sampled_from([1, 12]))
def test_a_sentence_of_a_gap_never_contradicts_its_row(percent, reach, verdict, periods):
    rows = [
        gap("all", percent, percent - reach, percent + reach, verdict, periods),
        gap("unexplained", 5, 1, 9),
    ]
    said = words.gap_explained(rows, "Aton", "Erewhon")
    assert ("% above" in said[0]) == (round(percent) > 0)
    assert ("% below" in said[0]) == (round(percent) < 0)
    assert f"{words.signed(percent - reach)} to {words.signed(percent + reach)}" in said[0]
    assert said[0].endswith(f"this is {words.VERDICTS[verdict]}.")
    assert any("do not explain" in one for one in said) == (verdict == "unexplained")
    assert (words.ONE_PERIOD in said) == (periods == 1)
    assert not re.search("unwarranted", " ".join(said))


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.3), st.booleans()), min_size=1, max_size=7))
def test_every_share_said_is_a_share_of_the_table(parts):
    names = list(words.COMPONENTS)[:7]
    rows = [
        share(name, size, max(0, size - reach), size + reach, "not separable" if unsure else "")
        for name, (size, reach, unsure) in zip(names, parts, strict=False)
    ]
    said = " ".join(words.spread_explained(rows, "boards"))
    for row in rows:
        told = row["share"] > 0 and not row["note"]
        limits = [words.share_text(row[end]) for end in ("share", "lower", "upper")]
        assert not told or "{} ({} to {})".format(*limits) in said
    figures = {words.share_text(row["share"]) for row in rows}
    assert set(re.findall(r"((?:under )?\d+%) \(", said)) <= figures


@pytest.mark.parametrize(
    ("share", "said"), [(0.324, "32%"), (0.004, "under 1%"), (0.0, "0%"), (-0.02, "0%"), (1.0, "100%")]
)
def test_a_small_share_is_not_none_and_one_below_zero_is(share, said):
    assert words.share_text(share) == said


def test_what_neighbours_share_is_not_called_an_explanation():
    rows = [
        gap("all", -15, -16, -13, "unexplained"),
        gap("spatial", -17, -33, 2),
        gap("unexplained", 5, -7, 24),
    ]
    assert words.gap_explained(rows, "Aton", "Erewhon")[1] == (
        "Of what chance, need and supply do not explain, -17% (-33% to +2%) is shared with its neighbours, "
        "+5% (-7% to +24%) is its own."
    )


def index(name, value, chance_lower, chance_upper, p):
    return {"index": name, "value": value, "chance_lower": chance_lower, "chance_upper": chance_upper, "p": p}


@pytest.mark.parametrize(
    ("value", "p", "end"),
    [(1.6, 0.001, "Areas differ by more than chance."), (1.2, 0.4, "That is within chance."),
     (1.6, 0.3, "Whether areas differ by more than chance cannot be told.")],
)  # fmt: skip
def test_the_spread_is_held_against_chance(value, p, end):
    rows = [index("ratio_5_95", value, 1.1, 1.3, 0.01), index("eb_variance", 0.01, 0, 0.001, p)]
    assert words.variation_in_words(rows).endswith(end)


def group(name, value, lower, upper):
    return {"group": name, "value": value, "lower_95": lower, "upper_95": upper}


@pytest.mark.parametrize(
    ("slope", "end"),
    [((4, 1, 7), "It rises towards the least deprived."), ((-4, -7, -1), "It rises towards the most deprived."),
     ((1, -2, 4), "A slope with deprivation cannot be told from none.")],
)  # fmt: skip
def test_the_gradient_stands_beside_the_average(slope, end):
    rows = [group("fifth_1", 20, 19, 21), group("fifth_5", 24, 23, 25), group("sii", *slope)]
    said = words.inequality_in_words(rows, INDICATOR)
    assert said.startswith(
        "In the most deprived fifth of areas it is 20.0 (19.0 to 21.0), in the least deprived 24.0"
    )
    assert said.endswith(end)


def lasting(verdict, **changed):
    row = {
        "periods": 24, "deviation": 12.0, "deviation_lower": 8.0, "deviation_upper": 16.0, "next_deviation": 9.0,
        "verdict": verdict, "change_start": None, "change": None, "change_lower": None, "change_upper": None,
    }  # fmt: skip
    return row | changed


def test_a_persistent_difference_is_said_with_what_to_expect_next():
    said = words.persistence_in_words(lasting("persistently_high"), "Aton", "Erewhon")
    assert said[0] == "Over 24 periods Aton has been persistently above Erewhon: +12% (+8% to +16%)."
    assert said[1] == "By regression to the mean it is to be expected +9% from Erewhon next."


def test_a_difference_that_is_not_persistent_is_not_called_so():
    said = words.persistence_in_words(lasting("none"), "Aton", "Erewhon")
    assert said[0].endswith("by the rule that is not a persistent difference.")


def test_an_improvement_is_said_with_its_date_and_interval():
    row = lasting(
        "improved", change_start=date(2025, 3, 1), change=-18.0, change_lower=-24.0, change_upper=-12.0
    )
    assert words.persistence_in_words(row, "Aton", "Erewhon")[-1] == (
        "It improved from March 2025: -18% (-24% to -12%), against areas like it and beyond regression to the mean."
    )


def test_nothing_is_said_of_an_area_without_periods():
    assert words.persistence_in_words(None, "Aton", "Erewhon") == []


def test_a_change_from_next_to_nothing_has_no_percentage():
    row = lasting(
        "worsened", change_start=date(2025, 3, 1), change=66_328.0, change_lower=800.0, change_upper=70_000.0
    )
    assert (
        "from so little before that per cent says nothing of it"
        in words.persistence_in_words(row, "A", "B")[-1]
    )
