"""What every method refuses: areas in another order, shapes that would spread, and what is no number."""

import numpy as np
import pandas as pd
import pytest

from careatlas.methods.attribution import attribute
from careatlas.methods.completeness import likely_absent_submitters, missing_share, share_at
from careatlas.methods.counterfactual import business_as_usual
from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.cube import cube
from careatlas.methods.directly_standardised_rate import directly_standardised_rate
from careatlas.methods.estimate import alike, as_counts
from careatlas.methods.improvement import difference_in_differences
from careatlas.methods.indirectly_standardised_ratio import expected_events
from careatlas.methods.nested_variation import nested_variation
from careatlas.methods.overdispersion import (
    adjusted_rate_limits,
    cqc_overdispersion,
    rate_overdispersion,
    score_overdispersion,
    shmi_overdispersion,
)
from careatlas.methods.peers import learnt_weights
from careatlas.methods.prioritisation import funding_share
from careatlas.methods.quality_gate import quality_gate
from careatlas.methods.significance import significance
from careatlas.methods.smoothing import marshall_local
from careatlas.methods.spatial import morans_i
from careatlas.methods.spatial_smoothing import spatial_smoothing
from careatlas.methods.synthetic_control import synthetic_control

NAN = np.nan
ROW = [[0, 1, 0], [1, 0, 1], [0, 1, 0]]


def test_one_number_stands_for_all_areas_and_axes_in_front_spread():
    assert crude_rate([10, 30], 1000, multiplier=100).value.tolist() == [1, 3]
    assert crude_rate([[10, 30], [20, 40]], [[1000, 1000]], multiplier=100).value.tolist() == [[1, 3], [2, 4]]
    with pytest.raises(ValueError, match=r"count is \[2 x 2\] and denominator \[3 x 2\]: axes in front must"):
        crude_rate([[1, 2], [3, 4]], [[5, 6]] * 3)


def test_equal_labels_pass_and_so_do_labels_beside_none():
    events = pd.Series([10, 30], index=["E1", "E2"])
    people = pd.Series([1000, 1000], index=pd.CategoricalIndex(["E1", "E2"]))
    for given in (people, people.to_numpy(), [1000, 1000]):
        assert crude_rate(events, given, multiplier=100).value.tolist() == [1, 3]


def test_frames_are_held_together_along_both_axes():
    events = pd.DataFrame([[10, 30], [20, 40]], index=[2024, 2025], columns=["E1", "E2"])
    people = events * 100
    assert crude_rate(events, people, multiplier=100).value.tolist() == [[1, 1], [1, 1]]
    with pytest.raises(ValueError, match="different labels, 2024 and 2025 at position 0"):
        crude_rate(events, people[::-1])
    with pytest.raises(ValueError, match="different labels, 'E1' and 'E2' at position 0"):
        crude_rate(events, people.iloc[0][::-1])


def test_arrays_are_passed_on_without_a_copy():
    events, people = np.array([[1.0, 2.0]]), np.array([3.0, 4.0])
    given = alike(events=events, people=people)
    assert given[0] is events
    assert given[1] is people


def test_neighbours_units_and_covariates_must_have_the_labels_of_the_areas():
    areas, turned = ["E1", "E2", "E3"], ["E2", "E1", "E3"]
    events, people = (pd.Series(each, index=areas) for each in ([9, 11, 12], [100, 100, 100]))
    neighbours = pd.DataFrame(ROW, index=turned, columns=turned)
    calls = (
        lambda: morans_i(events, neighbours),
        lambda: marshall_local(events, people, neighbours),
        lambda: spatial_smoothing(events, people, neighbours),
        lambda: spatial_smoothing(events, people, ROW, pd.DataFrame({"need": [1, 2, 3]}, index=turned)),
        lambda: nested_variation(events, people, pd.Series(["B1", "B1", "B2"], index=turned)),
    )
    for call in calls:
        with pytest.raises(ValueError, match="different labels, 'E1' and 'E2' at position 0"):
            call()


def test_a_comparator_may_be_given_for_each_set_of_areas_but_never_make_a_square():
    words = significance([[2, 5], [2, 5]], [[4, 8], [4, 8]], [[3], [6]], "lower_is_better")
    assert words.tolist() == [["similar", "worse"], ["better", "similar"]]
    with pytest.raises(ValueError, match=r"lower is \[2\] and comparator \[2 x 1\]: their last axes"):
        significance([2, 5], [4, 8], [[3], [6]], "lower_is_better")
    with pytest.raises(ValueError, match=r"lower is \[2 x 2\] and comparator \[3 x 1\]: axes in front must"):
        significance([[2, 5], [2, 5]], [[4, 8], [4, 8]], [[3], [6], [7]], "lower_is_better")


def test_what_has_several_axes_is_held_together_along_the_one_in_common():
    areas, turned, months = ["E1", "E2"], ["E2", "E1"], ["April", "May"]
    figures = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], index=areas, columns=months)
    by_area, is_first = pd.Series([1, 2], index=turned), pd.Series([True, False], index=turned)
    is_seen = pd.DataFrame([[True, True], [True, False]], index=areas, columns=months)
    by_claim = pd.Series([1, 0], index=areas)
    calls = (
        lambda: quality_gate(figures, 1, is_first),
        lambda: difference_in_differences(figures, is_first, [False, True], start=1),
        lambda: synthetic_control(figures, is_first, start=1),
        lambda: synthetic_control(figures, [True, False], start=1, standard_error=figures[::-1]),
        lambda: learnt_weights(figures, by_area),
        lambda: funding_share(figures, by_area, budget=1),
        lambda: business_as_usual(figures.loc["E1"].set_axis(areas), 1, working_days=by_area),
        lambda: likely_absent_submitters(is_seen, is_first),
        lambda: share_at(figures.T, is_first),
        lambda: missing_share(figures.T, is_seen[::-1]),
        lambda: attribute(by_claim, by_area, [1, 1], [1, 1], [True, True], [False, False]),
        lambda: attribute([1, 1], [0, 1], by_claim, by_area, [True, True], [False, False]),
    )
    for call in calls:
        with pytest.raises(ValueError, match=r"different labels, 'E[12]' and 'E[12]' at position 0"):
            call()


def test_a_multiplier_may_be_of_any_kind_of_number():
    for multiplier in (100, 100.0, np.int64(100), np.float32(100), pd.Series([100])[0]):
        assert crude_rate([10], [1000], multiplier).value.tolist() == [1]


def test_strata_must_have_the_labels_of_the_standard_population():
    events = pd.DataFrame([[10, 30]], columns=["0-64", "65+"])
    people, standard = events * 100, pd.Series([4000, 1000], index=["0-64", "65+"])
    in_order = directly_standardised_rate(events, people, standard, multiplier=100)
    assert in_order.value.round(6).tolist() == [1]
    with pytest.raises(ValueError, match="'0-64' and '65\\+' at position 0"):
        directly_standardised_rate(events, people, standard[::-1])
    with pytest.raises(ValueError, match="count_by_stratum and denominator_by_stratum have different labels"):
        directly_standardised_rate(events, people[["65+", "0-64"]], [4000, 1000])
    with pytest.raises(ValueError, match="denominator_by_stratum and reference_rate have different labels"):
        expected_events(people, standard[::-1] / 1e6)


@pytest.mark.parametrize("method", [rate_overdispersion, shmi_overdispersion, cqc_overdispersion])
def test_people_given_as_expected_events_are_refused(method):
    with pytest.raises(ValueError, match="not people: 22 were observed and 9,000 expected"):
        method([12, NAN, 10], [4000, 3000, 5000])
    with pytest.raises(ValueError, match="not people: 900 were observed and 200 expected"):
        method([400, 500], [100, 100])


def test_few_events_and_one_area_far_off_are_no_sign_of_people():
    assert np.isfinite(rate_overdispersion([9, 0, 1, 9], [1, 1, 1, 1]).z).all()
    assert np.isfinite(rate_overdispersion([0, 0], [9, 9]).z).all()
    assert rate_overdispersion([400], [100]).z.round(6).tolist() == [20]


def test_dates_are_no_counts():
    days = pd.to_datetime(["2024-04-01", "2024-05-01"])
    for dates in (days, pd.Series(days), days.to_numpy(), list(days.to_numpy()), days - days[0]):
        with pytest.raises(ValueError, match="count must be numbers; it is dates or times"):
            as_counts("count", dates)
    with pytest.raises(ValueError, match=r"count must be numbers; it is Timestamp\(.*\) at position 0"):
        as_counts("count", list(days))


def test_ragged_rows_are_refused():
    for rows in ([[1, 2], [3]], [[1, 2], 3], [[[1], [2]], [[3]]]):
        with pytest.raises(ValueError, match="count must have rows of one length"):
            as_counts("count", rows)


def test_a_whole_result_in_place_of_one_of_its_fields_is_refused_with_their_names():
    found = rate_overdispersion([144, 64], [100, 100])
    with pytest.raises(
        ValueError, match="tau2 is a whole Overdispersion: give one of z, z_adjusted, phi, tau2"
    ):
        adjusted_rate_limits([100, 100], found)


def test_a_target_may_be_given_for_each_set_of_areas_but_never_make_a_square():
    assert score_overdispersion([[1, 2], [3, 4]], [[1, 1]], [[1], [3]]).z.tolist() == [[0, 1], [0, 1]]
    with pytest.raises(
        ValueError, match=r"score is \[2\] and target \[2 x 1\]: their last axes must have one"
    ):
        score_overdispersion([1, 2], [1, 1], [[1], [2]])


def test_numbers_of_pandas_that_may_be_missing_are_numbers():
    assert np.isnan(as_counts("count", pd.Series([3, None], dtype="Int64"))).tolist() == [False, True]


def test_a_cube_takes_columns_of_a_frame_and_says_so_of_anything_else():
    table = pd.DataFrame({"area": ["A", "B"], "age": ["0-64", "0-64"], "events": [3, 4]})
    found = cube(table[["events"]], by=table[["area", "age"]])
    assert found.values["events"].tolist() == [[3], [4]]
    for columns, by in ((table[["events"]], ["area", "age"]), (table["events"], table[["area"]])):
        with pytest.raises(ValueError, match="must be columns by name: table"):
            cube(columns, by)
    with pytest.raises(ValueError, match="events must be numbers; it is '<5' at position 1"):
        cube({"events": [3, "<5"]}, by=table[["area"]])
