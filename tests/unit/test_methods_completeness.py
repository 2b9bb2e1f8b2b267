"""Who did not report, who reported a part, and what cannot be known."""

import numpy as np
import pytest

from careatlas.methods import completeness

NAN = np.nan


def test_six_of_the_last_twelve_months_are_a_long_history():
    assert completeness.has_long_history([True] * 6 + [False] * 6 + [True])
    assert not completeness.has_long_history([True] * 5 + [False] * 7 + [True])


def test_months_more_than_a_year_ago_and_the_month_itself_do_not_count():
    assert not completeness.has_long_history([True] * 6 + [False] * 12 + [True])


def test_a_submitter_that_reported_half_the_year_and_not_now_is_absent():
    half, less, now = [True] * 6 + [False] * 7, [True] * 5 + [False] * 8, [True] * 13
    assert completeness.absent_submitters([half, less, now]).tolist() == [True, False, False]


def test_a_merged_trust_with_a_successor_is_not_called_absent():
    found = completeness.likely_absent_submitters(
        [[True, False], [True, False], [False, False]], [False, True, False]
    )
    assert found.tolist() == [True, False, False]


def test_the_share_at_absent_submitters_is_counted_by_area():
    # trust 2 is absent: it did 6 % of one area's work, 2 % of another's, none of the third's
    reported = [[True] * 13, [True] * 12 + [False]]
    share = completeness.missing_share([[94, 6], [98, 2], [50, 0]], reported)
    assert share.tolist() == [0.06, 0.02, 0.0]
    assert completeness.verdict(share).tolist() == ["incomplete", "note", "complete"]


def test_with_a_short_history_nobody_can_be_absent_and_completeness_is_not_known():
    reported = [[True] * 4, [True] * 3 + [False]]
    share = completeness.missing_share([[94, 6], [98, 2]], reported)
    assert np.isnan(share).all()
    assert np.isnan(
        completeness.missing_share([[94, 6]], [[True] * 13, [True] * 12 + [False]], window=5)
    ).all()


@pytest.mark.parametrize("missing", [NAN, None])
def test_whether_a_submitter_reported_must_be_known(missing):
    with pytest.raises(ValueError, match="reported must be true or false, and is not known at position 0, 6"):
        completeness.absent_submitters([[True] * 6 + [missing]])
    with pytest.raises(ValueError, match="on_file must be true or false, and is not known at position 0"):
        completeness.has_long_history([missing] * 7)
    with pytest.raises(ValueError, match="submitters must be true or false, and is not known at position 1"):
        completeness.share_at([[90, 10]], [False, missing])


def test_where_activity_is_unknown_completeness_is_not_known():
    share = completeness.share_at([[NAN, 10], [0, 0], [10, NAN]], [True, False])
    assert np.isnan(share).all()
    assert completeness.verdict(share).tolist() == ["not_known"] * 3


def test_exactly_one_and_five_percent_are_still_allowed():
    assert completeness.verdict([0.01, 0.0101, 0.05, 0.0501]).tolist() == [
        "complete",
        "note",
        "note",
        "incomplete",
    ]


def test_thresholds_are_configuration():
    assert completeness.verdict([0.03], note_above=0.0, incomplete_above=0.02).tolist() == ["incomplete"]


def test_an_area_at_a_seventh_of_the_usual_level_is_low_and_a_missing_one_is_not():
    # Sheffield in January 2026: 4.0 new periods per 1,000 beside 28.1
    found = completeness.low_level_areas([28.1, 27.0, 4.0, NAN, 30.0], [1000, 1000, 1000, 1000, 0])
    assert found.tolist() == [False, False, True, False, False]


def test_the_median_of_an_even_number_of_areas_lies_between_the_two_in_the_middle():
    assert completeness._median(np.array([[4.0, 1.0, NAN, 2.0, 3.0]])).tolist() == [[2.5]]
    assert np.isnan(completeness._median(np.array([NAN, NAN]))).all()


def test_the_two_partial_returns_of_january_2026_are_found_and_their_neighbours_are_not():
    # Royal Berkshire, King's Lynn, one at .53 (lists as published), and a small site at .27 with a short list
    completed, new = [1370 + 2775, 1168 + 1464, 5300, 27], [9994, 6586, 10_000, 100]
    assert completeness.partial_submitters(completed, new, [34_560, 26_144, 40_000, 500]).tolist() == [
        True,
        True,
        False,
        False,
    ]


def test_a_submitter_that_sent_nothing_is_missing_and_not_partial():
    assert not completeness.partial_submitters([NAN, 100], [9000, NAN], [30_000, 30_000]).any()


def test_a_ratio_far_from_the_submitters_own_past_is_unusual():
    past = [950.0, 1000, 1050] * 8
    series = np.array([[*past, 500], [*past, 1020], [*past, NAN]])
    found = completeness.has_unusual_ratio(series, np.full_like(series, 1000))
    assert found.tolist() == [True, False, False]


def test_none_completed_of_many_begun_is_unusual_and_nothing_at_all_is_not():
    past, new = [9.0, 10, 11] * 8, [10.0] * 24
    found = completeness.has_unusual_ratio([[*past, 0]] * 3, [[*new, 10], [*new, 0], [*new, NAN]])
    assert found.tolist() == [True, False, False]
    # a clinic that now and then completes none of its two or three is no stranger to it
    small = [2.0, 0, 3, 1] * 6
    assert not completeness.has_unusual_ratio([*small, 0], [2.0] * 25)


def test_a_short_or_unmoving_past_says_nothing_of_what_is_usual():
    short = np.array([0.95, 1.0, 1.05, 0.2])
    assert not completeness.has_unusual_ratio(short, np.ones(4))
    assert not completeness.has_unusual_ratio([1.0], [1.0])
    assert not completeness.has_unusual_stock([9, 1], [1, 1], [1, 1])
    assert not completeness.has_unusual_ratio(np.array([1.0] * 20 + [0.2]), np.ones(21))


def test_only_the_last_two_years_are_the_past():
    long_ago, lately = [0.1, 5.0] * 12, [0.95, 1.0, 1.05] * 8
    series = 1000 * np.array([*long_ago, *lately, 0.5])
    assert completeness.has_unusual_ratio(series, np.full_like(series, 1000))


def test_a_list_that_shrinks_without_records_is_unusual():
    waiting = np.array([1000.0, 995, 1002, 998] * 4 + [700])
    flow = np.full(17, 100.0)
    assert completeness.has_unusual_stock(waiting, flow, flow)
    # the same fall with 300 more completed is explained
    completed = flow.copy()
    completed[-1] += 298
    assert not completeness.has_unusual_stock(waiting, flow, completed)


@pytest.mark.parametrize("absent_from", [12, 18])
def test_in_simulated_months_the_submitter_that_stops_is_the_only_one_found(absent_from):
    reported = np.ones((20, 24), bool)
    reported[7, absent_from:] = False
    reported[3, 5] = False  # one month missed a year ago
    for month in (absent_from, absent_from + 5):
        assert np.flatnonzero(completeness.absent_submitters(reported[:, : month + 1])).tolist() == [7]


def test_one_number_where_a_series_is_meant_is_refused():
    with pytest.raises(ValueError, match="submitters must have 2 along its axis submitter; it has 3"):
        completeness.share_at([[90, 10]], [False, True, True])
    with pytest.raises(ValueError, match=r"activity must be \[..., area, submitter\]; it has 1 axes"):
        completeness.share_at([90, 10], [False, True])
    with pytest.raises(ValueError, match=r"reported must be \[..., submitter, month\]; it has 1 axes"):
        completeness.missing_share([[90, 10]], [True, True])
    with pytest.raises(ValueError, match=r"reported must be \[..., month\]; it has 0 axes"):
        completeness.absent_submitters(True)
    with pytest.raises(ValueError, match=r"new_periods must be \[..., area\]; it has 0 axes"):
        completeness.low_level_areas(3, 1000)
    with pytest.raises(ValueError, match=r"waiting is \[3\] and new_periods \[1\]: their last axes must"):
        completeness.has_unusual_stock([1, 2, 3], [1], [1])
    for method in (completeness.has_unusual_ratio, lambda *args: completeness.has_unusual_stock(1, *args)):
        with pytest.raises(ValueError, match=r"must be \[..., month\]; it has 0 axes"):
            method(1, 1)
