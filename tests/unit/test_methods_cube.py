"""From a long table to arrays: nothing is lost, made up or counted twice."""

import numpy as np
import pandas as pd
import pytest

from careatlas.methods.cube import cube
from careatlas.methods.directly_standardised_rate import directly_standardised_rate

NAN = np.nan
TABLE = pd.DataFrame(
    {
        "area": ["E1", "E1", "E1", "E2", "E2", "E2"],
        "age": ["0-4", "5-9", "10-14"] * 2,
        "events": [20, 30, 50, 10, 20, 30],
        "people": [1000, 1000, 1000, 500, 500, 500],
    }
)


def of(table, *axes):
    return cube({name: table[name] for name in ("events", "people")}, by={axis: table[axis] for axis in axes})


def test_columns_are_laid_out_by_their_labels_and_feed_the_methods():
    found = of(TABLE, "area", "age")
    assert found.values["events"].tolist() == [[20, 30, 50], [10, 20, 30]]
    rate = directly_standardised_rate(
        found.values["events"], found.values["people"], [1, 1, 1], multiplier=3000
    )
    assert rate.value.tolist() == pytest.approx([100, 120])


def test_labels_keep_the_order_of_the_table_and_not_that_of_the_alphabet():
    assert of(TABLE, "area", "age").labels["age"].tolist() == ["0-4", "5-9", "10-14"]


def test_rows_may_come_in_any_order():
    shuffled = TABLE.sample(frac=1, random_state=3)
    found, whole = of(shuffled, "area", "age"), of(TABLE, "area", "age")
    for number, label in enumerate(found.labels["age"]):
        position = whole.labels["age"].tolist().index(label)
        areas = [whole.labels["area"].tolist().index(area) for area in found.labels["area"]]
        np.testing.assert_array_equal(
            found.values["events"][:, number], whole.values["events"][areas, position]
        )


def test_a_combination_without_a_row_is_missing_and_not_zero():
    found = of(TABLE.drop(index=4), "area", "age")
    np.testing.assert_array_equal(found.values["events"], [[20, 30, 50], [10, NAN, 30]])


def test_a_missing_number_stays_missing():
    found = of(TABLE.assign(events=[20, NAN, 50, 10, 20, 30]), "area", "age")
    assert np.isnan(found.values["events"]).tolist() == [[False, True, False], [False] * 3]


def test_axes_come_in_the_order_they_are_asked_for():
    by_age, by_area = of(TABLE, "age", "area"), of(TABLE, "area", "age")
    np.testing.assert_array_equal(by_age.values["people"], by_area.values["people"].T)


def test_two_rows_of_one_combination_are_refused_by_their_position():
    with pytest.raises(ValueError, match="two rows of one area: the first at position 0 and 3 more"):
        of(TABLE, "area")


def test_a_missing_label_is_refused():
    with pytest.raises(ValueError, match="age is missing at position 2"):
        of(TABLE.assign(age=["0-4", "5-9", None] * 2), "area", "age")


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"one length; they have \{'events': 2, 'area': 1\}"):
        cube({"events": [1, 2]}, by={"area": ["E1"]})


def test_a_table_without_labels_or_with_a_single_number_is_refused_by_name():
    with pytest.raises(ValueError, match="by must name at least one column of labels"):
        cube({"events": [1, 2]}, by={})
    for events in (5, np.array(5), np.ones((1, 1))):
        with pytest.raises(ValueError, match="events must be a column, with one value for each row"):
            cube({"events": events}, by={"area": ["E1"]})


def test_labels_may_be_text_numbers_or_lists():
    kinds = (TABLE["age"], TABLE["age"].to_numpy(), TABLE["age"].tolist(), [1, 2, 3] * 2)
    for ages in kinds:
        found = cube({"events": TABLE["events"]}, by={"area": TABLE["area"], "age": ages})
        assert found.values["events"].tolist() == [[20, 30, 50], [10, 20, 30]]


@pytest.mark.parametrize("kind", [pd.Series, pd.Categorical])
def test_categories_keep_their_own_order_and_those_not_in_the_table_take_no_place(kind):
    ages = pd.Categorical(TABLE["age"], ["10-14", "0-4", "5-9"])
    found = cube({"events": TABLE["events"]}, by={"area": TABLE["area"], "age": kind(ages)})
    assert found.labels["age"].tolist() == ["10-14", "0-4", "5-9"]
    assert found.values["events"].tolist() == [[50, 20, 30], [30, 10, 20]]
    one_area = TABLE.assign(area=TABLE["area"].astype("category"))[:3]
    found = cube({"events": one_area["events"]}, by={"area": one_area["area"], "age": one_area["age"]})
    assert found.values["events"].tolist() == [[20, 30, 50]]


def test_a_missing_category_is_refused():
    ages = pd.Categorical(["0-4", "5-9", None] * 2)
    with pytest.raises(ValueError, match="age is missing at position 2 and 1 more"):
        of(TABLE.assign(age=ages), "area", "age")


def test_what_it_was_given_is_left_as_it_was():
    before = TABLE.copy()
    of(TABLE, "area", "age")
    pd.testing.assert_frame_equal(TABLE, before)


def test_equal_texts_are_one_label_wherever_they_lie_in_memory():
    twice = ["".join(["no", "rth"]) for _ in range(2)]
    assert twice[0] is not twice[1]
    found = cube({"events": [1, 2]}, by={"area": twice, "year": [2024, 2025]})
    assert found.labels["area"].tolist() == ["north"]
    np.testing.assert_array_equal(found.values["events"], [[1, 2]])


@pytest.mark.parametrize("left_out", [[], [5], [3, 4, 5], [1], [0]])
@pytest.mark.parametrize("as_label", [str, int, float], ids=["text", "whole numbers", "numbers"])
def test_a_list_of_labels_that_repeats_itself_may_break_off_or_lack_a_row(left_out, as_label):
    table = TABLE.assign(age=[as_label(age) for age in (0, 5, 10)] * 2).drop(index=left_out)
    found = of(table, "area", "age")
    pivot = table.pivot(index="area", columns="age", values="events")
    np.testing.assert_array_equal(
        found.values["events"], pivot.loc[table["area"].unique(), table["age"].unique()]
    )
    assert found.labels["age"].tolist() == table["age"].unique().tolist()
