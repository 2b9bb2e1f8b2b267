"""What separates areas: each bar by an independent route, need that is not met, and what cannot be told."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array
from simulated_maps import PARTS, country, gains_over_all_orders, simulated_map

from careatlas.methods.waterfall import come_and_go, waterfall, waterfall_of_periods

NAN = np.nan
AREAS = 60
RNG = np.random.default_rng(11)
NEED, SUPPLY, OTHER = RNG.standard_normal((3, AREAS, 1))
LASTING = 0.1 * RNG.standard_normal(AREAS)
MANY = np.full(AREAS, 1e6)


def line_of(areas):
    """Areas in a row, each beside the next."""
    neighbours = np.zeros((areas, areas))
    for one, next_one in pairwise(range(areas)):
        neighbours[one, next_one] = neighbours[next_one, one] = 1
    return neighbours


def share(split, name):
    return split.share[..., split.component.index(name)]


def adjusted_r_squared(design, score):
    freedom = len(score) - 1
    centred = design - design.mean(axis=0)
    left = score - score.mean() - centred @ np.linalg.lstsq(centred, score)[0]
    return 1 - (left @ left / (freedom - design.shape[1])) / (np.square(score - score.mean()).sum() / freedom)


def test_without_chance_or_borders_a_block_explains_the_adjusted_r_squared():
    observed = MANY * np.exp(0.1 * NEED[:, 0] + 0.1 * SUPPLY[:, 0] + LASTING)
    blocks = {"need": np.hstack([NEED, SUPPLY, OTHER])}
    split = waterfall(observed, MANY, None, blocks)
    expected = adjusted_r_squared(blocks["need"], np.log(observed))
    assert share(split, "need") == pytest.approx(expected, abs=0.005)
    assert share(split, "unexplained") == pytest.approx(1 - expected, abs=0.005)
    assert share(split, "spatial") == 0


def test_blocks_that_overlap_are_split_over_all_orders_of_entry():
    beds = 0.7 * NEED + 0.7 * SUPPLY
    observed = MANY * np.exp(0.2 * NEED[:, 0] + 0.1 * beds[:, 0] + 0.1 * OTHER[:, 0])
    blocks = {"need": NEED, "supply": beds, "travel": OTHER}
    split = waterfall(observed, MANY, None, blocks)
    score = np.log(observed)
    whole = np.square(score - score.mean()).sum()
    by_orders = gains_over_all_orders(
        list(blocks.values()),
        lambda design: 1 - np.linalg.lstsq(design - design.mean(axis=0), score - score.mean())[1][0] / whole,
    )
    assert [share(split, name) for name in blocks] == pytest.approx(by_orders, abs=0.005)


def test_a_block_that_enters_first_takes_what_it_shares_with_the_next():
    beds = 0.7 * NEED + 0.7 * SUPPLY
    observed = MANY * np.exp(0.2 * NEED[:, 0] + 0.1 * beds[:, 0] + LASTING)
    need_first, beds_first = (
        waterfall(observed, MANY, None, {name: blocks[name] for name in order})
        for blocks in [{"need": NEED, "supply": beds}]
        for order in (("need", "supply"), ("supply", "need"))
    )
    alone = adjusted_r_squared(NEED, np.log(observed))
    assert need_first.sequential[1] == pytest.approx(alone, abs=0.01)
    assert need_first.sequential[1] > share(need_first, "need") > beds_first.sequential[2]
    assert share(need_first, "need") == pytest.approx(share(beds_first, "need"), abs=0.002)


def test_chance_is_known_and_all_bars_sum_to_the_variance_there_is():
    expected = np.where(np.arange(AREAS) < 30, 50.0, 200.0)
    observed = np.random.default_rng(1).poisson(expected * np.exp(0.3 * NEED[:, 0])).astype(float)
    split = waterfall(observed, expected, line_of(AREAS), {"need": NEED})
    level = observed.sum() / expected.sum()
    assert split.variance[0] == pytest.approx((1 / 50 + 1 / 200) / 2 / level)
    assert split.variance.sum() == pytest.approx(split.total)
    assert split.total == pytest.approx(np.log(observed / expected).var(ddof=1), rel=0.1)
    assert split.note[0] == "counting error only: cannot show persistence"


def test_what_neighbours_share_is_spatial_and_what_they_do_not_is_unexplained():
    along_the_row = 0.2 * np.sin(np.arange(AREAS) / 10)
    by_turns = 0.2 * (-1.0) ** np.arange(AREAS)
    for pattern, name in ((along_the_row, "spatial"), (by_turns, "unexplained")):
        split = waterfall(1000 * np.exp(pattern), np.full(AREAS, 1000.0), line_of(AREAS), {})
        assert share(split, name) > 0.9


def test_care_that_falls_as_need_rises_goes_against_need():
    observed = 1000 * np.exp(-0.1 * NEED[:, 0] + LASTING)
    split = waterfall(observed, np.full(AREAS, 1000.0), None, {"need": NEED}, {"need": [1]})
    assert split.component == ("chance", "need", "against need", "spatial", "unexplained")
    assert share(split, "need") == 0
    assert share(split, "against need") > 0.3
    assert split.note[2] == "goes against need: possible inequity"
    expected_to_fall = waterfall(observed, np.full(AREAS, 1000.0), None, {"need": NEED}, {"need": [-1]})
    assert share(expected_to_fall, "need") == share(split, "against need")
    assert share(expected_to_fall, "against need") == 0


def test_of_two_needs_only_the_one_that_is_met_explains():
    observed = MANY * np.exp(0.1 * NEED[:, 0] - 0.1 * OTHER[:, 0] + LASTING)
    both = {"need": np.hstack([NEED, OTHER])}
    signed, unsigned = (waterfall(observed, MANY, None, both, signs) for signs in ({"need": [1, 1]}, None))
    only_met = waterfall(observed, MANY, None, {"need": NEED, "rest": OTHER})
    assert share(signed, "need") > 0.1
    assert share(signed, "against need") > 0.1
    assert share(signed, "need") == pytest.approx(only_met.sequential[1], abs=0.02)
    assert share(signed, "need") + share(signed, "against need") == pytest.approx(share(unsigned, "need"))


def test_need_not_met_because_supply_is_elsewhere_is_not_met():
    # Beds stand where need is low. Where beds are alike the needier get more, but overall they get less.
    beds = -NEED + 0.3 * SUPPLY
    observed = MANY * np.exp(0.05 * NEED[:, 0] + 0.2 * beds[:, 0])
    split = waterfall(observed, MANY, None, {"need": NEED, "supply": beds}, {"need": [1]})
    assert share(split, "need") == 0
    assert share(split, "against need") > 0


def test_every_area_alike_is_all_chance():
    split = waterfall(np.full(AREAS, 100.0), np.full(AREAS, 100.0), line_of(AREAS), {"need": NEED})
    assert split.share[0] > 0.97
    assert not split.is_separable[1:].any()


def test_below_thirty_areas_nothing_can_be_told_apart():
    observed, expected = 1000 * np.exp(0.2 * NEED[:, 0]), np.full(AREAS, 1000.0)
    separable = [
        waterfall(observed[:areas], expected[:areas], None, {"need": NEED[:areas]}).is_separable
        for areas in (29, 30)
    ]
    assert not separable[0].any()
    assert separable[1][1]


def test_limits_wider_than_the_bar_are_said_to_be_not_separable():
    observed = np.random.default_rng(5).poisson(20 * np.exp(0.05 * NEED[:, 0])).astype(float)
    split = waterfall(observed, np.full(AREAS, 20.0), line_of(AREAS), {"need": NEED})
    assert (split.upper - split.lower)[1:].min() > 0
    assert not split.is_separable[1:].any()
    assert set(split.note[1:]) <= {"not separable", "below zero: shown as none"}


def test_a_bar_below_zero_is_shown_as_none_with_its_limits_and_nothing_is_rescaled():
    at_random = np.random.default_rng(12).standard_normal((8, AREAS, 1))
    split = waterfall(1000 * np.exp(LASTING), np.full(AREAS, 1000.0), None, {"need": at_random})
    below = split.variance[:, 1] < 0
    assert below.any()
    assert (split.share[below, 1] == 0).all()
    assert (split.lower[below, 1] < 0).all()
    assert split.is_negative[below, 1].all()
    assert (split.share[below].sum(axis=-1) > 1).all()
    np.testing.assert_allclose(split.variance.sum(axis=-1), split.total)


def test_areas_not_known_are_left_out_and_never_counted_as_zero():
    observed, expected = 1000 * np.exp(0.2 * NEED[:, 0] + LASTING), np.full(AREAS, 1000.0)
    need = NEED.copy()
    observed[3], expected[7], need[11] = NAN, 0, NAN
    left = np.delete(np.arange(AREAS), [3, 7, 11])
    holed = waterfall(observed, expected, None, {"need": need})
    without = waterfall(observed[left], expected[left], None, {"need": need[left]})
    assert holed.variance[0] == without.variance[0]
    assert share(holed, "need") == pytest.approx(share(without, "need"), abs=0.005)


@pytest.mark.parametrize(
    "observed", [np.zeros(AREAS), np.full(AREAS, NAN), np.where(np.arange(AREAS) < 3, 10.0, NAN)]
)
def test_without_events_or_areas_enough_there_is_no_split(observed):
    split = waterfall(observed, np.full(AREAS, 10.0), line_of(AREAS), {"need": NEED})
    for numbers in (split.share, split.lower, split.upper, split.variance, split.total, split.sequential):
        assert np.isnan(numbers).all()
    assert not (split.is_separable | split.is_negative).any()
    assert (split.note == "").all()


def test_an_area_without_neighbours_and_none_observed_are_ordinary():
    neighbours = line_of(AREAS)
    neighbours[:, 5] = neighbours[5] = 0
    observed = np.random.default_rng(6).poisson(3 * np.exp(0.5 * NEED[:, 0])).astype(float)
    observed[5] = 0
    split = waterfall(observed, np.full(AREAS, 3.0), neighbours, {"need": NEED})
    assert np.isfinite(split.share).all()
    assert share(split, "need") > 0.1


def test_ten_million_events_leave_nothing_to_chance():
    split = waterfall(1e7 * np.exp(LASTING), np.full(AREAS, 1e7), line_of(AREAS), {"need": NEED})
    assert share(split, "chance") < 1e-4
    assert split.total == pytest.approx(LASTING.var(ddof=1), rel=0.01)


def test_the_units_of_a_covariate_do_not_matter_and_a_constant_explains_nothing():
    observed, expected = 1000 * np.exp(0.2 * NEED[:, 0] + LASTING), np.full(AREAS, 1000.0)
    blocks = {"need": NEED, "same for all": np.ones((AREAS, 1))}
    split = waterfall(observed, expected, line_of(AREAS), blocks)
    scaled = waterfall(observed, expected, line_of(AREAS), blocks | {"need": 5 + NEED * 1000})
    np.testing.assert_allclose(scaled.share, split.share, atol=1e-9)
    assert share(split, "same for all") == 0


def test_all_maps_at_once_equal_map_by_map_and_the_same_seed_gives_the_same_answer():
    observed = np.random.default_rng(8).poisson(100 * np.exp(LASTING), (2, 3, AREAS)).astype(float)
    needs = np.random.default_rng(9).standard_normal((3, AREAS, 1))
    expected, signs = np.full(AREAS, 100.0), {"need": [1]}
    at_once = waterfall(observed, expected, line_of(AREAS), {"need": needs}, signs, draws=200)
    sparse = csr_array(line_of(AREAS))
    for at in np.ndindex(2, 3):
        alone = waterfall(observed[at], expected, sparse, {"need": needs[at[1]]}, signs, draws=200)
        assert alone.component == at_once.component
        for together, apart in zip(at_once[1:], alone[1:], strict=True):
            np.testing.assert_array_equal(together[at], apart)


def test_what_was_given_is_left_as_it_was():
    observed, expected, neighbours, need = (
        np.full(AREAS, 9.0),
        np.full(AREAS, 8.0),
        line_of(AREAS),
        NEED.copy(),
    )
    observed[2] = NAN
    before = [each.copy() for each in (observed, expected, neighbours, need)]
    waterfall(observed, expected, neighbours, {"need": need}, {"need": [1]})
    for now, then in zip((observed, expected, neighbours, need), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_a_single_covariate_may_be_given_by_area_alone_and_so_may_its_sign():
    observed = np.round(50 * np.exp(0.3 * NEED[:, 0]))
    by_area = waterfall(observed, 50, None, {"need": NEED[:, 0]}, {"need": 1}, draws=50)
    as_column = waterfall(observed, 50, None, {"need": NEED}, {"need": [1]}, draws=50)
    np.testing.assert_array_equal(by_area.share, as_column.share)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"observed": np.where(np.arange(AREAS) == 4, -1.0, 9.0)}, "observed is below zero at position 4"),
        ({"blocks": {"need": NEED[:5]}}, "blocks: need must be .area, covariate., with 60 areas"),
        ({"blocks": {"need": NEED[:5, 0]}}, "blocks: need must be .area, covariate., with 60 areas"),
        ({"blocks": NEED}, "blocks must name its blocks, {'need': covariates}; it is ndarray"),
        ({"signs": [1]}, r"expected_signs must name its blocks, {'need': .1.}; it is list"),
        ({"blocks": {"need": np.full((AREAS, 1), np.inf)}}, "blocks: need is infinite"),
        ({"signs": {"need": [1, 1]}}, "expected_signs: need must be 1 or -1 for each of its 1 covariates"),
        ({"signs": {"need": [2]}}, "expected_signs: need must be 1 or -1"),
        (
            {"blocks": {"need": np.hstack([NEED, OTHER])}, "signs": {"need": 1}},
            r"for each of its 2 covariates, such as \[1, 1\]; it is 1",
        ),
        ({"draws": 0}, "draws must be a whole number of at least 1; it is 0"),
        ({"observed": 9.0, "expected": 9.0}, r"observed or expected must be \[\.\.\., area\]; it has 0 axes"),
        ({"signs": {"supply": [1]}}, "expected_signs: supply is not one of the blocks need"),
        ({"neighbours": line_of(5)}, "neighbours is 5 x 5; there are 60 areas"),
        ({"confidence": 95}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given, says):
    usual = {
        "observed": np.full(AREAS, 9.0),
        "expected": np.full(AREAS, 9.0),
        "neighbours": line_of(AREAS),
        "blocks": {"need": NEED},
        "signs": {"need": [1]},
        "confidence": 0.95,
        "draws": 20,
    }
    given = usual | given
    with pytest.raises(ValueError, match=says):
        waterfall(
            given["observed"],
            given["expected"],
            given["neighbours"],
            given["blocks"],
            given["signs"],
            given["confidence"],
            given["draws"],
        )


# Twelve months of 60 areas, 100 expected in each
MONTHS = np.full((AREAS, 12), 100.0)


def test_what_all_areas_do_in_a_month_and_what_one_does_steadily_do_not_come_and_go():
    season = np.array([0.7, 0.8, 0.9, 1, 1, 1, 1, 1, 1, 1.1, 1.2, 1.3])
    growing = 1 + np.linspace(-0.3, 0.3, AREAS)[:, None] * np.linspace(-1, 1, 12)
    assert come_and_go(MONTHS * season * np.exp(LASTING)[:, None], MONTHS) == 0
    assert come_and_go(1e4 * MONTHS * growing, 1e4 * MONTHS) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("expected", [3, 100])
def test_counts_that_vary_as_counts_must_do_not_come_and_go(expected):
    count = np.random.default_rng(14).poisson(expected, (20, AREAS, 12))
    assert come_and_go(count, np.full((AREAS, 12), expected)).mean() < 0.1 / expected


def test_months_that_vary_more_than_counts_must_have_their_own_bar():
    rng = np.random.default_rng(15)
    count = rng.poisson(MONTHS * np.exp(LASTING[:, None] + 0.3 * rng.standard_normal(MONTHS.shape)))
    split = waterfall_of_periods(count, MONTHS, None, {"need": NEED})
    assert split.component[:2] == ("chance", "comes and goes")
    assert split.variance[0] == pytest.approx(1 / (12 * count.mean()))
    assert split.variance[1] == pytest.approx(0.3**2 / 12, rel=0.15)
    assert split.note[0] == ""
    for_one_period = waterfall(count.sum(axis=1), MONTHS.sum(axis=1), None, {"need": NEED})
    assert share(for_one_period, "unexplained") > share(split, "unexplained")


def test_a_missing_month_is_in_neither_sum():
    rng = np.random.default_rng(16)
    count = rng.poisson(MONTHS * np.exp(LASTING)[:, None]).astype(float)
    holed, zero = count.copy(), count.copy()
    holed[4, 3:9], zero[4, 3:9] = NAN, 0
    whole, with_hole, with_zero = (
        waterfall_of_periods(each, MONTHS, None, {"need": NEED}) for each in (count, holed, zero)
    )
    assert with_hole.total == pytest.approx(whole.total, rel=0.05)
    assert with_zero.total > 1.3 * whole.total
    nothing_known = count.copy()
    nothing_known[4] = NAN
    assert np.isfinite(waterfall_of_periods(nothing_known, MONTHS, None, {"need": NEED}).share).all()


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_months_that_resemble_the_month_before_leave_more_in_their_mean(correlation):
    """The variance of a mean of twelve is variance x mean of correlation^|months apart|: 1/12, or .281 at .6."""
    rng = np.random.default_rng(18)
    months = np.arange(12)
    left = (correlation ** np.abs(np.subtract.outer(months, months))).mean()
    noise = rng.standard_normal((AREAS, 12))
    for month in range(1, 12):
        noise[:, month] = correlation * noise[:, month - 1] + np.sqrt(1 - correlation**2) * noise[:, month]
    count = rng.poisson(50 * MONTHS * np.exp(0.1 * noise))
    split = waterfall_of_periods(count, 50 * MONTHS, None, {"need": NEED})
    assert come_and_go(count, 50 * MONTHS) == pytest.approx(0.1**2, rel=0.25)
    assert split.variance[1] == pytest.approx(0.1**2 * left, rel=0.3)
    assert split.lower[1] < split.share[1] < split.upper[1]


def test_where_no_other_bar_can_be_told_from_none_all_may_be_chance():
    count = np.random.default_rng(19).poisson(MONTHS)
    split = waterfall_of_periods(count, MONTHS, None, {"need": NEED})
    assert split.upper[0] == 1
    assert (split.lower[1:] <= 0).all()


def test_two_months_of_an_area_lie_on_a_line_and_do_not_say_what_comes_and_goes():
    count = np.full(MONTHS.shape, NAN)
    count[:, 2], count[:, 9] = 80, np.linspace(80, 140, AREAS)
    assert np.isnan(come_and_go(count, MONTHS))
    count[0, 5] = 300
    assert come_and_go(count, MONTHS) > 0


def test_periods_of_all_maps_at_once_equal_map_by_map():
    count = np.random.default_rng(17).poisson(100, (2, AREAS, 12))
    at_once = waterfall_of_periods(count, MONTHS, None, {"need": NEED}, draws=200)
    for number in range(2):
        alone = waterfall_of_periods(count[number], MONTHS, None, {"need": NEED}, draws=200)
        np.testing.assert_allclose(at_once.share[number], alone.share, rtol=1e-12)


def test_fewer_than_twelve_periods_are_refused():
    with pytest.raises(ValueError, match="there are 11 periods; 12 are needed"):
        waterfall_of_periods(MONTHS[:, :11], MONTHS[:, :11], None, {"need": NEED})


def test_limits_hold_the_truth_and_care_against_need_is_not_excused():
    rng = np.random.default_rng(18)
    neighbours = country(80, rng)
    held, wrong = [], []
    for number, direction in enumerate([1, -1] * 12):
        data = simulated_map(neighbours, (0.35 * direction, 0.2, 0.2, 0.25), 0.2, rng)
        split = waterfall(*data[:2], neighbours, data.blocks, {"need": [1, 1]}, draws=300, seed=number)
        bar, other = ("need", "against need") if direction > 0 else ("against need", "need")
        at = [split.component.index(bar if part == "need" else part) for part in PARTS]
        held.append((split.lower[at] <= data.truth) & (data.truth <= split.upper[at]))
        wrong.append(share(split, other))
    assert 0.90 <= np.mean(held) <= 0.99
    assert max(wrong) == 0


def test_a_block_with_the_name_of_another_bar_is_refused():
    with pytest.raises(ValueError, match="blocks: spatial is the name of another bar"):
        waterfall(MANY, MANY, None, {"spatial": NEED})
