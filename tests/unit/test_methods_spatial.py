"""Moran's I: what a pattern is, what is left out, and the published figures of North Carolina."""

import csv
from itertools import permutations as every_order
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

from careatlas.methods import spatial

NAN = np.nan
GOLD = Path(__file__).parent.parent / "gold"
ROW = np.eye(4, k=1) + np.eye(4, k=-1)


def grid(side):
    """Areas on a chessboard of ``side`` squares, neighbours where squares share a side."""
    line = np.eye(side, k=1) + np.eye(side, k=-1)
    return np.kron(line, np.eye(side)) + np.kron(np.eye(side), line)


def gold(name):
    with (GOLD / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def of_north_carolina(column):
    counties = gold("nc_sids")
    if not column.endswith("neighbours"):
        return np.array([float(county[column]) for county in counties])
    place = {county["fips"]: i for i, county in enumerate(counties)}
    links = np.zeros((len(place), len(place)))
    for county in counties:
        links[place[county["fips"]], [place[one] for one in county[column].split()]] = 1
    return links


TRANSFORMS = {
    "rate": lambda deaths, births: deaths / births,
    "rate_per_1000_as_printed": lambda deaths, births: (1000 * deaths / births).round(6),
    "freeman_tukey": lambda deaths, births: (
        np.sqrt(1000 * deaths / births) + np.sqrt(1000 * (deaths + 1) / births)
    ),
    "empirical_bayes_index": spatial.empirical_bayes_index,
}


@pytest.mark.parametrize("row", gold("spatial_autocorrelation"), ids=lambda row: row["transform"])
def test_sudden_infant_deaths_are_patterned_as_published(row):
    value = TRANSFORMS[row["transform"]](of_north_carolina(row["deaths"]), of_north_carolina(row["births"]))
    moran = spatial.morans_i(value, of_north_carolina(row["neighbours"]))
    assert round(float(moran.value), int(row["decimals"])) == float(row["value"])
    if row["p_normal"]:
        digits = int(row["p_significant_digits"])
        assert float(f"{moran.p_normal:.{digits}g}") == float(row["p_normal"])


def test_alike_neighbours_are_positive_and_a_chessboard_is_negative():
    squares = np.arange(64)
    chessboard = (squares // 8 + squares) % 2
    halves = squares < 32
    moran = spatial.morans_i(np.stack([chessboard, halves]), grid(8))
    assert moran.value[0] == -1
    assert moran.value[1] > 0.8
    assert moran.p_permutation.tolist() == [1, 0.001]  # no shuffle is less alike; none more
    assert moran.p_normal[0] > 0.999


def test_permutations_agree_with_every_order_there_is():
    value = np.array([1.0, 2, 4, 3, 9])
    line = np.eye(5, k=1) + np.eye(5, k=-1)
    observed = spatial.morans_i(value, line)
    everywhere = [spatial.morans_i(order, line, permutations=0).value for order in every_order(value)]
    exact = np.mean(np.array(everywhere) >= observed.value - 1e-12)
    drawn = spatial.morans_i(value, line, permutations=4000)
    assert drawn.p_permutation == pytest.approx(exact, abs=3 * np.sqrt(exact * (1 - exact) / 4000))


def test_orders_that_only_differ_by_rounding_count_as_equal():
    # every order of .1 .1 .2 .2 in a ring of four has one of two sums; a third of the orders are chessboards
    ring = np.array([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]])
    moran = spatial.morans_i([0.1, 0.1, 0.2, 0.2], ring, permutations=3000)
    assert moran.p_permutation == pytest.approx(2 / 3, abs=0.03)


def test_normal_theory_is_that_of_values_drawn_from_a_normal():
    values = np.random.default_rng(5).normal(size=(20_000, 16))
    moran = spatial.morans_i(values, grid(4), permutations=0)
    assert moran.z.mean() == pytest.approx(0, abs=0.03)
    assert moran.z.std() == pytest.approx(1, abs=0.02)
    assert moran.value.mean() == pytest.approx(-1 / 15, abs=0.005)


def test_a_missing_area_is_left_out_and_its_neighbours_do_without_it():
    value, links = np.array([3.0, 8, 1, 7, 4, 2, 9, 5, 6]), grid(3)
    with_hole = np.where(np.arange(9) == 4, NAN, value)
    others = np.arange(9) != 4
    moran = spatial.morans_i(with_hole, links)
    alone = spatial.morans_i(value[others], links[np.ix_(others, others)])
    for holed, without in zip(moran, alone, strict=True):
        assert holed == without


def test_many_maps_at_once_equal_one_by_one_also_where_areas_are_missing():
    values = np.random.default_rng(3).normal(size=(2, 4, 25))
    values[0, 1, 7] = values[1, 2, 7] = values[1, 3, :20] = NAN
    at_once = spatial.morans_i(values, grid(5), permutations=99)
    for place in np.ndindex(2, 4):
        alone = spatial.morans_i(values[place], grid(5), permutations=99)
        for together, apart in zip(at_once, alone, strict=True):
            assert together[place] == pytest.approx(apart, rel=1e-12)


def test_dense_and_sparse_neighbours_are_the_same():
    value = np.arange(16.0) ** 2
    dense, sparse = spatial.morans_i(value, grid(4)), spatial.morans_i(value, coo_array(grid(4)))
    assert dense == sparse


def test_the_same_seed_gives_the_same_p():
    values = np.random.default_rng(1).normal(size=(5, 25))
    first, again, other = (spatial.morans_i(values, grid(5), 99, seed).p_permutation for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("value", [[0.1] * 4, [NAN] * 4, [1, NAN, NAN, 2], [1, 2, NAN, NAN]])
def test_equal_or_too_few_areas_have_no_answer(value):
    moran = spatial.morans_i(value, ROW)
    assert np.isnan(moran[:5]).all()
    assert np.nan_to_num(moran.areas) == np.isfinite(value).sum()


def test_areas_without_any_links_have_no_answer():
    moran = spatial.morans_i([1, 2, 3], np.zeros((3, 3)))
    assert np.isnan(moran[:5]).all()
    assert moran.unlinked == 3


def test_units_do_not_matter_even_of_ten_million():
    value = np.random.default_rng(2).normal(size=25)
    small, large = (spatial.morans_i(v, grid(5)) for v in (value, 1e7 + 1e7 * value))
    assert small.value == pytest.approx(large.value, rel=1e-9)
    assert small.p_permutation == large.p_permutation


def test_an_island_is_linked_to_the_nearest_area_and_flagged():
    linked = spatial.link_islands(np.pad(ROW, (0, 1)), [[0, 0], [1, 0], [2, 0], [3, 0], [2.1, 5]])
    assert linked.is_linked.tolist() == [False] * 4 + [True]
    assert np.argwhere(linked.neighbours[4]).ravel().tolist() == [2]
    assert (linked.neighbours == linked.neighbours.T).all()
    assert linked.neighbours.sum() == ROW.sum() + 2


def test_the_answer_without_the_link_can_be_seen_beside_it():
    value, unlinked = [1, 2, 4, 5, 9], np.pad(ROW, (0, 1))
    linked = spatial.link_islands(unlinked, [[0, 0], [1, 0], [2, 0], [3, 0], [4, 1]]).neighbours
    without, with_link = (spatial.morans_i(value, links) for links in (unlinked, linked))
    assert (without.unlinked, with_link.unlinked) == (1, 0)
    assert with_link.value > without.value


def test_links_come_back_of_the_kind_they_were_given_and_what_was_given_stays():
    links = csr_array(np.pad(ROW, (0, 1)))
    before = links.copy()
    linked = spatial.link_islands(links, np.arange(10.0).reshape(5, 2))
    assert isinstance(linked.neighbours, csr_array)
    assert linked.neighbours.nnz == before.nnz + 2
    assert (links != before).nnz == 0


def test_the_only_area_there_is_cannot_be_linked():
    assert spatial.link_islands([[0]], [[0, 0]]).is_linked.tolist() == [False]


def test_small_areas_rates_are_drawn_in_so_that_they_do_not_make_the_pattern():
    # the small area's rate lies five times as far off as the large one's, and is the less surprising of the two
    rates = spatial.empirical_bayes_index([1, 600, 5000, 5000], [20, 50_000, 500_000, 500_000])
    assert abs(rates[0]) < abs(rates[1])


def test_the_index_of_every_map_is_its_own_and_the_missing_are_left_out():
    count, people = np.array([[5.0, 9, 2, NAN], [8, 8, 8, 9]]), np.full((2, 4), 100.0)
    index = spatial.empirical_bayes_index(count, people)
    np.testing.assert_allclose(index[0, :3], spatial.empirical_bayes_index([5, 9, 2], [100] * 3))
    assert np.isnan(index[0, 3])
    assert np.isnan(spatial.empirical_bayes_index([0, 1], [0, 100]))[0]


def test_no_events_anywhere_have_no_index():
    assert np.isnan(spatial.empirical_bayes_index([0, 0], [10, 10])).all()


@pytest.mark.parametrize(
    ("links", "fault"),
    [
        (np.zeros((2, 2)), "neighbours is 2 x 2; there are 4 areas"),
        (np.eye(4), "symmetric matrix of 0 and 1"),
        (np.eye(4, k=1), "symmetric matrix of 0 and 1"),
        (2 * ROW, "symmetric matrix of 0 and 1"),
        (ROW * NAN, "symmetric matrix of 0 and 1"),
    ],
)
def test_neighbours_that_cannot_be_are_refused(links, fault):
    with pytest.raises(ValueError, match=fault):
        spatial.morans_i([1, 2, 3, 4], links)


@pytest.mark.parametrize("noise", [0, 1e-17, -1e-17])
def test_values_that_differ_by_rounding_alone_have_no_pattern(noise):
    assert np.isnan(spatial.morans_i([0.1, 0.1, 0.1, 0.1 + noise], ROW).value)


def test_areas_of_equal_rates_have_an_index_of_0_also_where_the_rates_round_apart():
    people = np.array([3.0, 7, 11, 13, 17, 19])
    np.testing.assert_array_equal(spatial.empirical_bayes_index(people * 0.1, people), np.zeros(6))
    assert spatial.empirical_bayes_index([3, 3], [4, 4]).tolist() == [0, 0]


def test_without_permutations_there_is_no_p_by_permutation():
    moran = spatial.morans_i([1, 1, 5, 5], ROW, permutations=0)
    assert np.isnan(moran.p_permutation)
    assert moran.value == 0.5


def test_numbers_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="there are events among nobody at position 1"):
        spatial.empirical_bayes_index([1, 1], [10, 0])
    with pytest.raises(ValueError, match="value is infinite at position 2"):
        spatial.morans_i([1, 2, np.inf, 3], ROW)
    with pytest.raises(ValueError, match="coordinates are missing at position 0, 1"):
        spatial.link_islands([[0]], [[0, NAN]])


def test_one_number_is_no_map():
    for method in (
        lambda value: spatial.morans_i(value, [[0]]),
        lambda value: spatial.empirical_bayes_index(value, 10),
    ):
        with pytest.raises(ValueError, match=r"must be \[..., area\]; it has 0 axes"):
            method(3.0)
    with pytest.raises(ValueError, match="neighbours is 1 x 2; there are 2 areas"):
        spatial.morans_i([1.0, 2], [0, 1])
    with pytest.raises(ValueError, match=r"coordinates must be \[..., area, coordinate\]; it has 1 axes"):
        spatial.link_islands([[0]], [1.0, 2])
    with pytest.raises(ValueError, match="coordinates must have 2 along its axis coordinate; it has 3"):
        spatial.link_islands([[0]], [[1.0, 2, 3]])
