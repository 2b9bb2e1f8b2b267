"""What is hidden beside the small figures: enough, not more than needed, or the table is refused."""

import numpy as np
import pytest

from careatlas.methods.complementary_suppression import suppress_exact, suppress_rounded
from careatlas.methods.disclosure_audit import (
    audit,
    known_together,
    published_exactly,
    published_rounded,
    small_figures,
    table_sums,
)

NAN = np.nan


def facts_of(suppressed, sums, published=published_exactly):
    return published(sums, suppressed.count, suppressed.is_hidden, hidden_at_most=np.inf)


def test_without_small_figures_everything_is_shown():
    suppressed = suppress_exact([10, 20, 30, 40], table_sums(2, 2))
    assert suppressed.reason == "nothing_small"
    assert suppressed.count.tolist() == [10, 20, 30, 40, 30, 70, 40, 60, 100]


def test_one_small_cell_of_a_table_takes_three_others_with_it():
    # its row needs another and its column needs another, and they need a fourth: the smallest such square
    count = np.array([[3, 20, 90], [15, 11, 80], [70, 60, 50]])
    suppressed = suppress_exact(count.ravel(), table_sums(3, 3))
    assert np.argwhere(suppressed.is_hidden[:9].reshape(3, 3)).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert not suppressed.is_hidden[9:].any()
    assert suppressed.reason == "more_hidden"


def test_four_small_cells_that_protect_each_other_need_no_more():
    # the first can be 3 to 6, as the totals leave 10, 10, 10 and 11 and none is more than 7
    count = np.array([[5, 5, 90], [5, 6, 80], [70, 60, 50]])
    suppressed = suppress_exact(count.ravel(), table_sums(3, 3))
    assert suppressed.reason == "small_hidden"
    assert suppressed.is_hidden.sum() == 4


def test_what_hidden_cells_add_up_to_may_not_be_small_either():
    # 3 and 4 protect each other, and a total of 77 beside 70 would say that they are 7 together
    suppressed = suppress_exact([3, 4, 70], table_sums(3))
    assert suppressed.is_hidden.tolist() == [True, True, True, False]


def test_hidden_cells_that_two_shown_ones_leave_to_a_small_rest_are_protected_as_a_sum():
    # all less 70 and 80 is 3 + 4 = 7, though either alone could be 1 to 6
    suppressed = suppress_exact([3, 4, 70, 80], table_sums(4))
    assert suppressed.is_hidden.tolist() == [True, True, True, False, False]
    assert audit(facts_of(suppressed, table_sums(4)), [[1, 1, 0, 0]]).is_safe


def test_small_boards_are_protected_as_a_sum_however_large_their_cells():
    # boards of 2 + 3 and 1 + 1 villages are hidden; the county less the two boards that are shown is 7
    boards, county = np.kron(np.eye(4), np.ones((1, 2))), np.ones((1, 8))
    sums = np.concatenate([np.eye(8), boards, county])
    suppressed = suppress_exact([2, 3, 1, 1, 20, 30, 40, 50], sums)
    assert audit(facts_of(suppressed, sums), [[1, 1, 1, 1, 0, 0, 0, 0]]).is_safe


def test_what_is_hidden_here_is_no_rest_of_what_an_earlier_release_shows():
    known = published_exactly([[0, 0, 1, 0], [0, 0, 0, 1]], [70, 80], [False, False])
    suppressed = suppress_exact([3, 4, 70, 80], table_sums(4), known)
    together = known_together(known, facts_of(suppressed, table_sums(4)))
    assert audit(together, [[1, 1, 0, 0]]).is_safe
    assert suppressed.is_hidden[4]  # nothing but the total is left to hide


def test_small_figures_that_protect_each_other_by_too_little_get_more():
    # 1 and 1 with an exact total of 15 and 13: both known at once
    suppressed = suppress_exact([1, 1, 13], table_sums(3))
    assert suppressed.is_hidden.tolist() == [True, True, True, False]


def test_a_small_area_among_zeros_hides_its_total_too():
    suppressed = suppress_exact([0, 4, 0, 30, 40, 50], table_sums(2, 3))
    assert suppressed.is_hidden[1]
    assert suppressed.is_hidden[6]  # the row 0 4 0
    assert suppressed.count[0] == suppressed.count[2] == 0
    assert audit(facts_of(suppressed, table_sums(2, 3)), [[0, 1, 0, 0, 0, 0]]).is_safe


def test_a_table_that_cannot_be_made_safe_is_refused_with_a_reason_and_shows_nothing():
    # the total of 40 and all but one part are already public
    known = published_exactly([[1, 1, 1], [0, 1, 0], [0, 0, 1]], [40, 20, 17], [False] * 3)
    suppressed = suppress_exact([3, 20, 17], [[1, 0, 0]], known)
    assert suppressed.reason == "refused_cannot_be_made_safe"
    assert suppressed.is_hidden.all()
    assert np.isnan(suppressed.count).all()


def test_a_later_release_hides_what_would_complete_an_earlier_one():
    count = np.array([30.0, 4, 20])
    first = published_exactly([[1, 1, 1]], [54], [False])
    alone = suppress_exact(count, np.eye(3)[[0, 2]])
    after = suppress_exact(count, np.eye(3)[[0, 2]], known=first)
    assert alone.count.tolist() == [30, 20]
    np.testing.assert_array_equal(after.count, [30, NAN])
    together = known_together(first, facts_of(after, np.eye(3)[[0, 2]]))
    assert audit(together, [[0, 1, 0]]).is_safe


def test_all_and_men_hide_one_of_the_two_where_women_are_few():
    suppressed = suppress_exact([40, 3], [[1, 1], [1, 0]])
    assert suppressed.is_hidden.tolist() == [False, True]


def test_rounding_is_mostly_enough():
    count = np.array([[3, 20, 90], [15, 11, 80], [70, 60, 50]])
    suppressed = suppress_rounded(count.ravel(), table_sums(3, 3))
    assert suppressed.is_hidden.sum() == 1
    assert suppressed.count[:3].tolist()[1:] == [20, 90]


def test_in_the_stricter_profile_zeros_are_hidden_with_the_small():
    suppressed = suppress_exact([0, 3, 20, 30], table_sums(4), profile="opensafely")
    assert suppressed.is_hidden[:2].all()
    assert suppress_exact([0, 30, 20, 30], table_sums(4)).reason == "nothing_small"


@pytest.mark.parametrize("published", [published_exactly, published_rounded])
@pytest.mark.parametrize("shape", [(4,), (2, 2), (3, 3), (2, 2, 2), (5, 2)])
def test_nothing_small_can_be_worked_out_from_what_is_left(shape, published):
    rng, sums = np.random.default_rng(8), table_sums(*shape)
    suppress = suppress_exact if published is published_exactly else suppress_rounded
    for _ in range(4):
        count = rng.negative_binomial(1, 1 / 12, np.prod(shape)).astype(float)
        suppressed = suppress(count, sums)
        facts = facts_of(suppressed, sums, published)
        for is_hidden in (None, suppressed.is_hidden):
            assert audit(facts, small_figures(count, sums, is_hidden=is_hidden)).is_safe.all()
        assert not ((suppressed.count > 0) & (suppressed.count < 8)).any()


def test_counts_that_cannot_be_published_are_refused():
    with pytest.raises(ValueError, match="count is missing at position 1"):
        suppress_exact([3, NAN], table_sums(2))
    with pytest.raises(ValueError, match="count is not a whole number at position 0"):
        suppress_exact([3.5, 8], table_sums(2))
    with pytest.raises(ValueError, match="sums must have 3 along its axis cell; it has 2"):
        suppress_exact([3, 8, 9], table_sums(2))
    with pytest.raises(ValueError, match=r"sums must be \[..., figure, cell\]; it has 1 axes"):
        suppress_rounded([3, 8], [1, 1])
    with pytest.raises(ValueError, match=r"count must be \[..., cell\]; it has 0 axes"):
        suppress_exact(3, table_sums(2))


def test_what_was_given_is_left_as_it_was():
    count, sums = np.array([3.0, 40, 20]), table_sums(3)
    suppress_exact(count, sums)
    assert count.tolist() == [3, 40, 20]
    np.testing.assert_array_equal(sums, table_sums(3))
