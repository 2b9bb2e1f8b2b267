"""The attacker: held against trying every table there is, and shown what official tables have leaked by."""

import numpy as np
import pytest

from careatlas.methods import disclosure
from careatlas.methods.disclosure_audit import (
    audit,
    known_together,
    published_exactly,
    published_rounded,
    small_figures,
    table_sums,
)

NAN = np.nan
ROW_OF_TWO = table_sums(2)


def every_table(facts, cells=()):
    """Every set of whole numbers that the facts allow, one cell after another."""
    done = len(cells)
    so_far = facts.sums[:, :done] @ np.array(cells)
    if (so_far > facts.upper).any():
        return
    is_complete = ~facts.sums[:, done:].any(axis=1)
    if (so_far[is_complete] < facts.lower[is_complete]).any():
        return
    if done == facts.sums.shape[1]:
        yield cells
        return
    room = np.where(facts.sums[:, done] > 0, facts.upper - so_far, np.inf).min()
    for value in range(int(room) + 1):
        yield from every_table(facts, (*cells, value))


def agrees_with_every_table(facts, targets):
    possible = np.array(list(every_table(facts))) @ np.asarray(targets).T
    found = audit(facts, targets)
    assert found.least.tolist() == possible.min(axis=0).tolist()
    assert found.most.tolist() == possible.max(axis=0).tolist()
    assert found.feasible.tolist() == [min(4, len(set(column))) for column in possible.T]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (3, 3), (4, 4)])
def test_least_and_most_are_those_of_every_table_there_is_beside_exact_totals(shape, seed):
    rng, sums = np.random.default_rng(seed), table_sums(*shape)
    count = rng.poisson(rng.choice([3, 9, 20], np.prod(shape))).astype(float)
    # of the largest table few cells are small, so that every table can be tried
    count += 8 * (rng.random(len(count)) < max(0.2, (len(count) - 6) / len(count)))
    is_hidden = disclosure.is_small(sums @ count)
    targets = small_figures(count, sums)
    if len(targets):
        agrees_with_every_table(published_exactly(sums, sums @ count, is_hidden), targets)


@pytest.mark.parametrize("seed", range(8))
def test_least_and_most_are_those_of_every_table_there_is_beside_rounded_totals(seed):
    rng, sums = np.random.default_rng(seed), table_sums(2, 2)
    count = rng.poisson([3, 15, 9, 5]).astype(float)
    shown, is_hidden = disclosure.hide_small(sums @ count)
    agrees_with_every_table(published_rounded(sums, shown, is_hidden), np.eye(4))


def test_numbers_between_least_and_most_that_cannot_be_are_not_counted():
    # a + b = 9 = c + b, so a = c and a + c is even: 2 to 14 are thirteen numbers of which seven can be
    sums = [[1, 1, 0], [0, 1, 1], [1, 0, 0]]
    facts = published_exactly(sums, [9, 9, NAN], [False, False, True])
    found = audit(facts, [[1, 0, 1]], enough=20)
    assert (found.least, found.most, found.feasible) == (2, 14, 7)
    agrees_with_every_table(facts, [[1, 0, 1]])


def test_one_hidden_cell_beside_an_exact_total_is_recovered_and_beside_a_rounded_one_is_not():
    shown, is_hidden = [NAN, 40, 43], [True, False, False]
    exact = audit(published_exactly(ROW_OF_TWO, shown, is_hidden), [[1, 0]])
    assert (exact.least, exact.most, exact.is_safe) == (3, 3, False)
    rounded = audit(published_rounded(ROW_OF_TWO, [NAN, 40, 45], is_hidden), [[1, 0]])
    assert (rounded.least, rounded.most, rounded.is_safe) == (1, 7, True)


def test_two_hidden_cells_can_be_known_from_their_total_and_the_rule():
    # both are at most 7, and 14 is only 7 and 7
    found = audit(published_exactly(ROW_OF_TWO, [NAN, NAN, 14], [True, True, False]), np.eye(2))
    assert found.least.tolist() == found.most.tolist() == [7, 7]
    # where larger figures may carry the same mark, either could be 1 to 13
    marked_alike = published_exactly(ROW_OF_TWO, [NAN, NAN, 14], [True, True, False], hidden_at_most=np.inf)
    assert audit(marked_alike, np.eye(2)).most.tolist() == [13, 13]


def test_all_less_men_gives_the_women_away():
    all_and_men = published_exactly([[1, 1], [1, 0]], [43, 40], [False, False])
    targets = small_figures([40, 3], all_and_men.sums)
    assert targets.tolist() == [[0, 1]]
    assert audit(all_and_men, targets).least == 3


def test_a_nested_area_gives_the_rest_away_even_where_it_has_several_parts():
    # a sub-area of 50 within an area of 55 leaves two villages with 5 in all
    sums = [[1, 1, 1], [1, 0, 0]]
    targets = small_figures([50, 4, 1], sums)
    assert [0, 1, 1] in targets.tolist()
    found = audit(published_exactly(sums, [55, 50], [False, False]), [[0, 1, 1]])
    assert (found.least, found.most) == (5, 5)


def test_the_rest_of_a_figure_is_what_its_shown_parts_leave():
    # of 3, 4, 70 and 80 the last two are shown; once 70 is hidden the rest is 77 and no longer small
    count, sums = [3, 4, 70, 80], table_sums(4)
    is_target = [
        [1, 1, 0, 0] in small_figures(count, sums, is_hidden=is_hidden).tolist()
        for is_hidden in (None, [True, True, True, False, False])
    ]
    assert is_target == [True, False]


def test_parts_that_overlap_are_taken_away_once():
    # 3 x 3 with the first row and first column shown: the four other cells, 2 + 1 + 1 + 3, are the rest
    count = np.array([[20, 30, 40], [50, 2, 1], [60, 1, 3]]).ravel()
    row, column = (np.arange(9) // 3 == 0) * 1, (np.arange(9) % 3 == 0) * 1
    found = small_figures(count, [row, column, np.ones(9)], is_hidden=[False] * 3)
    assert [0, 0, 0, 0, 1, 1, 0, 1, 1] in found.tolist()


def test_two_editions_each_safe_are_not_safe_together():
    # the first hides the second area, the later one moved a boundary and shows the area with a part of its
    # neighbour
    count = np.array([30.0, 4, 20])  # one village with 30, one with 4, one with 20
    first = published_exactly([[1, 1, 1]], [54], [False])
    second = published_exactly([[1, 0, 0], [0, 0, 1]], [30, 20], [False, False])
    targets = small_figures(count, np.concatenate([first.sums, second.sums]))
    assert audit(first, [[0, 1, 0]]).is_safe
    assert audit(second, [[0, 1, 0]]).is_safe
    assert not audit(known_together(first, second), targets).is_safe.all()


def test_what_nothing_bounds_is_infinite_and_safe():
    found = audit(published_exactly([[1, 0]], [12], [False]), [[0, 1]])
    assert (found.least, found.most, found.is_safe) == (0, np.inf, True)


def test_what_is_shown_is_known_also_beside_what_is_hidden():
    shown, is_hidden = [NAN, 12, 20, NAN], [True, False, False, True]
    found = audit(published_exactly(table_sums(3), shown, is_hidden, hidden_at_most=90), np.eye(3))
    assert (found.least.tolist(), found.most.tolist()) == ([1, 12, 20], [58, 12, 20])


def test_parts_that_no_fact_links_are_looked_at_apart():
    # two boards of two areas each, with totals of 9 and 30; a target may lie in both
    sums = np.kron(np.eye(2), ROW_OF_TWO)
    facts = published_exactly(sums, [NAN, NAN, 9, NAN, 25, 30], [True, True, False, True, False, False])
    found = audit(facts, [[1, 0, 0, 0], [0, 0, 1, 0], [1, 0, 1, 0]])
    assert (found.least.tolist(), found.most.tolist()) == ([2, 5, 7], [7, 5, 12])


def test_a_missing_figure_says_nothing():
    facts = published_exactly(ROW_OF_TWO, [NAN, 10, NAN], [False, False, False])
    assert audit(facts, [[1, 0]]).most == np.inf


def test_a_zero_that_is_shown_is_known_and_one_that_is_hidden_is_not():
    shown, is_hidden = [0, NAN, NAN], [False, True, True]
    assert audit(published_exactly(ROW_OF_TWO, shown, is_hidden), [[1, 0]]).most == 0
    all_hidden = published_exactly(ROW_OF_TWO, [NAN] * 3, [True] * 3, profile="opensafely")
    assert audit(all_hidden, [[1, 0]]).least == 0


def test_facts_that_contradict_each_other_are_refused():
    facts = published_exactly(ROW_OF_TWO, [10, 20, 31], [False] * 3)
    with pytest.raises(ValueError, match="contradict"):
        audit(facts, [[1, 0]])


def test_rounded_figures_may_disagree_with_their_total_without_contradiction():
    facts = published_rounded(ROW_OF_TWO, [10, 10, 25], [False] * 3)
    found = audit(facts, np.eye(2))
    assert (found.least.tolist(), found.most.tolist()) == ([11, 11], [12, 12])


def test_no_target_needs_no_audit():
    assert audit(
        published_exactly(ROW_OF_TWO, [10, 10, 20], [False] * 3), np.zeros((0, 2))
    ).is_safe.shape == (0,)


def test_a_table_has_all_its_margins():
    sums = table_sums(2, 3)
    cells = np.arange(6.0)
    assert (sums @ cells).tolist() == [0, 1, 2, 3, 4, 5, 3, 12, 3, 5, 7, 15]
    assert table_sums(2, 2, 2).shape == (27, 8)


def test_shapes_and_sums_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="sums is neither 0 nor 1 at position 0, 0"):
        published_exactly([[2, 1]], [10], [False])
    with pytest.raises(ValueError, match="sums has 1 figures, shown 2 and is_hidden 1"):
        published_exactly([[1, 1]], [10, 3], [False])
    facts = published_exactly(ROW_OF_TWO, [NAN, NAN, 9], [True, True, False])
    with pytest.raises(ValueError, match="targets is neither 0 nor 1 at position 0, 0"):
        audit(facts, [[NAN, 1]])
    with pytest.raises(ValueError, match="targets adds up no cell at position 1"):
        audit(facts, [[1, 0], [0, 0]])
    with pytest.raises(ValueError, match="targets has 3 cells and facts 2"):
        audit(facts, [[1, 0, 0]])
    with pytest.raises(ValueError, match="count is missing at position 0"):
        small_figures([NAN, 3], [[1, 1]])
    with pytest.raises(ValueError, match="sums has 3 figures and is_hidden 2: they are one each"):
        small_figures([3, 8], ROW_OF_TWO, is_hidden=[True, False])
    with pytest.raises(ValueError, match="shown is not rounded to 5 at position 1"):
        published_rounded(ROW_OF_TWO, [10, 12, 20], [False] * 3)
    with pytest.raises(ValueError, match="known_together needs the facts of one publication or more"):
        known_together()
    with pytest.raises(ValueError, match="sums of the publications differ in their number of cells"):
        known_together(facts, published_exactly([[1, 1, 1]], [54], [False]))
    with pytest.raises(ValueError, match="profile must be one of hes, opensafely; it is 'nhs'"):
        published_exactly([[1, 1]], [10], [False], profile="nhs")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        # 10 and 15 rounded from 8 and 13 beside a total of 21 as counted: 10 + 15 is not 21
        (
            published_exactly(ROW_OF_TWO, [10, 15, 21], [False] * 3),
            r"figure 2 \(21\) cannot stand with those before",
        ),
        # 3 and 20 hidden with one mark, and only the small thought to be hidden: at most 7 + 7 + 40
        (
            published_exactly(table_sums(3), [NAN, 40, NAN, 63], [True, False, True, False]),
            r"figure 3 \(63\) cannot .* hidden with the small \(hidden_at_most=np.inf\)",
        ),
        (published_rounded(ROW_OF_TWO, [10, 15, 45], [False] * 3), r"figure 2 \(43 to 47\) cannot"),
    ],
)
def test_a_contradiction_names_the_first_figure_that_does_not_fit(facts, says):
    with pytest.raises(ValueError, match=says):
        audit(facts, facts.sums[:1])


def test_a_contradiction_within_one_figure_is_found_too():
    facts = known_together(
        published_exactly(ROW_OF_TWO, [3, 9, 12], [False] * 3), published_exactly([[1, 0]], [4], [False])
    )
    with pytest.raises(ValueError, match=r"contradict each other: figure 3 \(4\) cannot stand"):
        audit(facts, [[1, 0]])
