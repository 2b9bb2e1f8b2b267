"""The list at the margin, worked by hand; and what is said, drawn and started from it."""

import json

import pytest
import web_release

from careatlas.errors import NotKnownError
from careatlas.present.priorities import list_priorities, priorities
from careatlas.present.priorities_start import example, worksheet_of_area
from careatlas.present.priorities_words import in_words, share, three_figures, whole_pounds
from careatlas.present.priority_chart import chart_of
from careatlas.present.worksheet import read_worksheet
from careatlas.present.worksheet_checks import checked

# Value = benefit x people x likelihood; value for money in years per £1,000.
#   A  .5 x 100 x .8 = 40 for £50: 800      C  .1 x 50 x 1 = 5 and saves £10: first
#   B  .2 x 300 x .5 = 30 for £60: 500      D  .4 x 50 x .5 = 10 for £35: 285.7
# Of £60: C leaves 70, A leaves 20; B and D are beyond it. B, the first, lacks 60 - 20 = 40.
#   E  3 for £30: 100     F  9 for £30: 300     G  10 for £20: 500
# E and F together release £60, which is enough; 3 + 9 = 12 are lost for 30.
HEAD = "title,By hand\nbudget,60\nunit,years\n"
TABLE = "\nkey,option,kind,benefit,people,likelihood,cost"
ROWS = """
a,A,invest,0.5,100,0.8,50
b,B,invest,0.2,300,0.5,60
c,C,invest,0.1,50,1,-10
d,D,invest,0.4,50,0.5,35
e,E,disinvest,0.1,30,1,30
f,F,disinvest,0.1,90,1,30
g,G,disinvest,0.1,100,1,20
"""


def weighed(rows: str = ROWS, head: str = HEAD, more_columns: str = ""):
    sheet, faults = checked(read_worksheet(head + TABLE + more_columns + rows))
    assert faults == []
    return sheet, priorities(sheet)


def row_of(found, key: str):
    return next(row for row in found.rows if row["key"] == key)


def test_the_list_by_hand():
    _, found = weighed()
    told = [(row["key"], row["decision"], row["value"], row["value_for_money"]) for row in found.rows]
    assert told == [
        ("c", "funded", 5, None),
        ("a", "funded", 40, 800),
        ("b", "not funded", 30, 500),
        ("d", "not funded", 10, pytest.approx(285.714, abs=0.001)),
        ("e", "release", pytest.approx(3), pytest.approx(100)),
        ("f", "release", 9, 300),
        ("g", "keep", 10, 500),
    ]
    assert [row["left_of_budget"] for row in found.rows[:3]] == [70, 20, None]
    assert (found.left, found.waiting["key"], found.needed, found.released) == (20, "b", 40, 60)
    assert (found.points_gained, found.points_lost) == (30, pytest.approx(12))


def test_the_list_in_words():
    sheet, found = weighed()
    assert in_words(found, sheet) == [
        "The budget of £60 funds 2 of 4 options, in order of value for money: C, A. £20 is left.",
        "Next is B: it lacks £40. Stopping E, F would release £60, and give 30 years for 12 lost.",
    ]


def test_an_exchange_that_loses_more_than_it_gains_says_so():
    sheet, found = weighed("\na,A,invest,1,10,1,60\nb,B,invest,1,1,1,50\ne,E,disinvest,1,40,1,60\n")
    assert in_words(found, sheet)[1].endswith(
        "give 1 years for 40 lost: more is lost than gained, so better not."
    )


def test_too_little_to_release_is_said():
    sheet, found = weighed("\na,A,invest,1,10,1,100\ne,E,disinvest,1,1,1,30\n")
    assert (
        in_words(found, sheet)[1]
        == "Next is A: it lacks £40. Stopping E would release £30, which is not enough."
    )


def test_criteria_of_their_own_are_weighed_with_value():
    """Value as a share of the largest: A 100, B 75. (3 x 100 + 20) / 4 = 80, (3 x 75 + 80) / 4 = 76.25."""
    head = HEAD + "criterion,value,3\ncriterion,Fairness,1\n"
    rows = "\na,A,invest,0.5,100,0.8,50,20\nb,B,invest,0.2,300,0.5,60,80\n"
    _, found = weighed(rows, head, ",Fairness")
    assert [row["points"] for row in found.rows] == [80, pytest.approx(76.25)]
    assert row_of(found, "a")["value_for_money"] == 1600  # 80 points / £50 x 1,000
    assert found.counted_in == "points per £1,000"


def test_what_is_best_on_everything_is_funded_whatever_the_weights():
    head = HEAD + "criterion,Fairness,1\n"
    rows = "\na,A,invest,1,10,1,60,90\nb,B,invest,1,9,1,60,10\nc,C,invest,1,1,1,60,80\n"
    sheet, found = weighed(rows, head, ",Fairness")
    assert [row_of(found, key)["chosen_over_weights"] for key in "abc"] == [1, 0, 0]
    assert "funded under every one of 1,000 weightings: A; under none: B, C." in in_words(found, sheet)[-1]


def test_a_choice_of_values_is_funded_under_some_weights():
    """A is best on value (100 to 0), B on fairness (0 to 100): whichever has more than half the weight."""
    rows = "\na,A,invest,1,10,1,60,0\nb,B,invest,1,0,1,60,100\n"
    _, found = weighed(rows, HEAD + "criterion,Fairness,1\n", ",Fairness")
    assert row_of(found, "a")["chosen_over_weights"] == pytest.approx(0.5, abs=0.06)


def test_the_band_is_that_of_a_triangle():
    """Benefit 0 to 2, most likely 1: below x lie x²/2 of the draws, so 2.5 % below .2236, and 2.5 % above 1.7764."""
    _, found = weighed("\na,A,invest,1,10,1,10,0,2\n", more_columns=",benefit_low,benefit_high")
    row = row_of(found, "a")
    assert row["value_for_money_low"] == pytest.approx(223.6, abs=40)
    assert row["value_for_money"] == 1000
    assert row["value_for_money_high"] == pytest.approx(1776.4, abs=40)


def test_how_often_each_is_funded_within_the_ranges():
    """B's value is above A's certain one in half of its draws, C's never; the budget holds one."""
    rows = "\na,A,invest,1,10,1,60,,\nb,B,invest,1,10,1,60,0,2\nc,C,invest,0.1,10,1,60,0,0.2\n"
    _, found = weighed(rows, more_columns=",benefit_low,benefit_high")
    shares = {row["key"]: row["chosen_over_ranges"] for row in found.rows}
    assert shares["a"] == pytest.approx(0.5, abs=0.06)
    assert shares["a"] + shares["b"] == 1
    assert shares["c"] == 0


def test_without_ranges_and_criteria_no_share_is_claimed():
    _, found = weighed()
    assert {row["chosen_over_ranges"] for row in found.rows} == {None}
    assert {row["chosen_over_weights"] for row in found.rows} == {None}


def test_without_a_budget_ranges_give_bands_and_nobody_is_called_never_funded():
    rows = "\na,A,invest,1,10,1,60,0,2\nb,B,disinvest,1,10,1,60,,\n"
    sheet, found = weighed(rows, head="unit,years\n", more_columns=",benefit_low,benefit_high")
    assert row_of(found, "a")["value_for_money_low"] is not None
    assert {row["chosen_over_ranges"] for row in found.rows} == {None}
    assert not any("draws" in sentence or "at most 5" in sentence for sentence in in_words(found, sheet))


def test_a_band_stays_when_another_option_is_added():
    row = "\na,A,invest,1,10,1,10,0,2\n"
    columns = ",benefit_low,benefit_high"
    alone, beside = (
        weighed(rows, more_columns=columns)[1] for rows in (row, row + "b,B,invest,1,5,1,5,1,3\n")
    )
    assert row_of(alone, "a")["value_for_money_low"] == row_of(beside, "a")["value_for_money_low"]


def test_no_ratio_is_given_of_what_may_save_money():
    _, found = weighed("\na,A,invest,1,10,1,10,-5,20\n", more_columns=",cost_low,cost_high")
    assert row_of(found, "a")["value_for_money_low"] is None


def test_what_is_not_known_is_listed_and_not_weighed():
    sheet, found = weighed(ROWS + "h,H,invest,1,,1,10\n")
    row = row_of(found, "h")
    assert (row["decision"], row["value"], row["net_cost"]) == ("not weighed", None, 10)
    assert row["note"] == "not weighed, because it lacks: number of people"
    assert in_words(found, sheet)[0].endswith("£20 is left. One option is not weighed, because figures lack.")


def test_without_a_budget_options_are_ordered_and_none_is_funded():
    sheet, found = weighed(head="title,x\n")
    assert [(row["key"], row["decision"]) for row in found.rows[:2]] == [
        ("c", "no budget"),
        ("a", "no budget"),
    ]
    assert (found.left, found.waiting) == (None, None)
    assert "keep" in {row["decision"] for row in found.rows}
    assert "release" not in {row["decision"] for row in found.rows}
    assert in_words(found, sheet)[0].startswith("The options stand in order of value for money")


def test_an_option_that_gives_nothing_is_never_funded():
    _, found = weighed("\na,A,invest,0,10,1,10\n")
    assert row_of(found, "a")["decision"] == "never"


def test_a_sheet_without_options_has_an_empty_list():
    _, found = weighed("\n")
    assert found.rows == []


def test_the_same_worksheet_gives_the_same_list():
    text = "\n".join([HEAD, TABLE + ",benefit_low,benefit_high", "a,A,invest,1,10,1,10,0,2"])
    assert list_priorities(text, "x") == list_priorities(text, "x")


def test_triangles_stand_on_one_another_in_the_order_of_the_list():
    sheet, found = weighed()
    spec = chart_of(found, sheet)
    corners = next(rows for rows in spec["datasets"].values() if len(rows) == 8)
    assert [(one["key"], one["cost"], one["given"]) for one in corners if one["given"] > one["base"]] == [
        ("c", -10, 5),
        ("a", 40, 45),
        ("b", 100, 75),
        ("d", 135, 85),
    ]
    assert "1 C, funded: -£10, 5; 2 A, funded: £50, 40; 3 B, not funded: £60, 30" in spec["description"]


def test_a_worksheet_without_anything_weighed_draws_no_triangle():
    sheet, found = weighed("\na,A,invest,,10,1,10\n")
    assert "No figures" in json.dumps(chart_of(found, sheet))


def test_an_area_starts_with_its_opportunities_and_no_claim_of_success(tmp_path):
    """S20: 10 fewer antibiotics a month beside the best five, 5 to 15, probability .99."""
    release = web_release.make_release(tmp_path)
    sheet = worksheet_of_area(release, "S20")
    assert [one.cells["key"] for one in sheet.options] == ["antibiotics"]
    cells = sheet.options[0].cells
    amount = next(row for row in release.rows("opportunities", area="S20") if row["benchmark"] == "best_five")
    assert float(cells["people"]) == amount["amount"]
    assert (float(cells["people_low"]), float(cells["people_high"])) == (amount["lower"], amount["upper"])
    assert (cells["likelihood"], cells["likelihood_of"]) == ("0.99", "gap")
    assert (cells["benefit"], cells["cost"]) == ("", "")
    assert "95% interval; chance alone shows 1; March 2026" in cells["note"]
    worksheet, faults = checked(sheet)
    assert faults == []
    row = priorities(worksheet).rows[0]
    assert row["decision"] == "not weighed"
    assert "the likelihood is of there being a gap, not of success" in row["note"]
    with pytest.raises(NotKnownError, match="no opportunit"):
        worksheet_of_area(release, "S21")


def test_the_example_is_named_as_simulated():
    assert example().title.startswith("Simulated example")


def test_how_figures_are_written():
    assert [whole_pounds(amount) for amount in (0, -15000, 1234567.4, None)] == [
        "£0", "-£15,000", "£1,234,567", "not known",
    ]  # fmt: skip
    assert [three_figures(value) for value in (0.17857, 93.333, 1250.4, 0, None)] == [
        "0.179",
        "93.3",
        "1,250",
        "0",
        "",
    ]
    assert [share(part) for part in (0.0, 0.002, 0.684, 0.998, 1.0, None)] == [
        "0 of 100", "under 1 of 100", "68 of 100", "over 99 of 100", "100 of 100", "",
    ]  # fmt: skip
