"""The slope and the relative index of inequality: by hand, by regression, by simulation, and at the edges."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from careatlas.methods import inequality
from careatlas.methods.intervals import count_limits, wilson_limits

NAN = np.nan
GOLD = Path(__file__).parent.parent / "gold"
PEOPLE = np.array([4000.0, 5000, 4500, 6000, 5500, 4800, 5200, 6100, 5900, 6300])
VALUE = np.array([75.9, 78.3, 79.0, 79.6, 80.5, 81.1, 81.7, 82.2, 82.6, 83.3])


def gold():
    with (GOLD / "slope_index.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", gold(), ids=lambda row: row["series"])
def test_the_index_is_the_published_one(row):
    value, people = ([float(number) for number in row[name].split()] for name in ("value", "population"))
    found = inequality.slope_index(value, np.ones(len(value)), people)
    assert round(float(found.sii), int(row["decimals"])) == float(row["sii"])
    if row["at_least_advantaged"]:
        assert round(float(found.at_least_advantaged), int(row["decimals"])) == float(
            row["at_least_advantaged"]
        )
    assert row["citation"]


def test_the_index_is_the_slope_of_a_regression_weighted_by_people():
    import statsmodels.api as sm

    share = PEOPLE / PEOPLE.sum()
    place = share.cumsum() - share / 2
    fit = sm.WLS(VALUE, sm.add_constant(place), weights=share).fit()
    found = inequality.slope_index(VALUE, np.ones(10), PEOPLE)
    np.testing.assert_allclose([found.at_least_advantaged, found.sii], fit.params, rtol=1e-10)
    assert found.rii == pytest.approx(fit.predict([1, 1])[0] / fit.predict([1, 0])[0])


def test_limits_are_those_of_many_drawn_areas():
    error = np.linspace(0.4, 1.5, 10)
    drawn = np.random.default_rng(1).normal(VALUE, error, (100_000, 10))
    share = PEOPLE / PEOPLE.sum()
    place = share.cumsum() - share / 2
    slope = ((place - 0.5) * share * drawn).sum(axis=1) / (share * (place - 0.5) ** 2).sum()
    lowest = (share * drawn).sum(axis=1) - slope / 2
    found = inequality.slope_index(VALUE, error, PEOPLE)
    np.testing.assert_allclose(
        [found.sii_lower, found.sii_upper], np.quantile(slope, [0.025, 0.975]), atol=0.03
    )
    ratio = np.quantile((lowest + slope) / lowest, [0.025, 0.975])
    np.testing.assert_allclose([found.rii_lower, found.rii_upper], ratio, atol=0.001)


def test_all_groups_alike_have_no_slope_and_a_ratio_of_1():
    found = inequality.slope_index([8] * 5, [1] * 5, [10, 20, 30, 20, 20])
    assert found.sii == pytest.approx(0)
    assert found.rii == pytest.approx(1)
    assert found.sii_lower == pytest.approx(-found.sii_upper)


def test_the_order_turned_round_turns_the_slope_round():
    found, turned = (
        inequality.slope_index(v, np.ones(10), p) for v, p in ((VALUE, PEOPLE), (VALUE[::-1], PEOPLE[::-1]))
    )
    assert turned.sii == pytest.approx(-found.sii)
    assert turned.rii == pytest.approx(1 / found.rii)


@pytest.mark.parametrize(
    ("value", "people", "reason"),
    [
        ([1, 2, NAN, 4, 5], [1] * 5, "value missing"),
        ([1, 2, 3, 4, 5], [1, 1, 1, 1, NAN], "value missing"),
        ([1, 2, 3, 4, 5], [1, 0, 1, 1, 1], "nobody in a group"),
        ([1, 2, 3, 4, 5], [1] * 5, ""),
    ],
)
def test_an_area_without_all_its_groups_is_left_out_with_the_reason(value, people, reason):
    found = inequality.slope_index([value, [5, 6, 7, 8, 9]], np.ones(5), [people, [1] * 5])
    assert found.reason.tolist() == [reason, ""]
    assert np.isnan(found.sii).tolist() == [reason != "", False]
    assert found.sii[1] == pytest.approx(5)


@pytest.mark.parametrize("value", [[-2, -1, 0, 1, 2], [0, 2, 4, 6, 8], [0.6, 1.1, 1.6, 2.1, 2.6]])
def test_there_is_no_ratio_where_an_end_of_the_line_is_not_clearly_above_0(value):
    found = inequality.slope_index(value, [0.5] * 5, [1] * 5)
    assert np.isfinite([found.sii, found.sii_lower]).all()
    assert np.isnan([found.rii, found.rii_lower, found.rii_upper]).all()


def test_rates_and_proportions_have_the_slope_of_their_values():
    share = np.linspace(0.1, 0.3, 10)
    of_values = inequality.slope_index(share, np.zeros(10), PEOPLE)
    lower, upper = wilson_limits(share * 400, np.full(10, 400.0))
    for found in (
        inequality.slope_index_of_rates(share, lower, upper, PEOPLE),
        inequality.slope_index_of_proportions(share, lower, upper, PEOPLE, draws=2000),
    ):
        assert found.sii == pytest.approx(of_values.sii)
        assert found.rii == pytest.approx(of_values.rii)
        assert found.sii_lower < found.sii < found.sii_upper
        assert found.rii_lower < found.rii < found.rii_upper


def test_limits_of_rates_are_those_of_log_normal_draws_to_a_fortieth_of_their_width():
    rate, spread = np.linspace(50, 20, 10), np.linspace(0.1, 0.3, 10)
    drawn = rate * np.exp(spread * np.random.default_rng(4).standard_normal((100_000, 10)))
    slopes = inequality.slope_index(drawn, np.zeros(10), PEOPLE).sii
    reach = np.exp(1.959964 * spread)
    found = inequality.slope_index_of_rates(rate, rate / reach, rate * reach, PEOPLE)
    np.testing.assert_allclose(
        [found.sii_lower, found.sii_upper], np.quantile(slopes, [0.025, 0.975]), atol=27.4 / 40
    )


def test_the_same_seed_gives_the_same_limits_and_another_nearly_the_same():
    share = np.linspace(0.1, 0.3, 10)
    one, again, other = (
        inequality.slope_index_of_proportions(share, share - 0.03, share + 0.03, PEOPLE, draws=20_000, seed=s)
        for s in (0, 0, 1)
    )
    assert one.sii_lower == again.sii_lower
    assert one.sii_lower != other.sii_lower
    assert one.sii_lower == pytest.approx(other.sii_lower, abs=0.002)


def test_all_areas_at_once_equal_area_by_area():
    rng = np.random.default_rng(9)
    value = rng.uniform(0.2, 0.6, (3, 40, 5))
    value[1, 7, 2] = NAN
    people = rng.uniform(100, 900, value.shape)
    limits = value - 0.05, value + 0.05
    for function, more in (
        (inequality.slope_index_of_rates, {}),
        (inequality.slope_index_of_proportions, {"draws": 500}),
    ):
        together = function(value, *limits, people, **more)
        for at in ((0, 0), (1, 7), (2, 39)):
            alone = function(value[at], *(limit[at] for limit in limits), people[at], **more)
            for all_areas, one in zip(together, alone, strict=True):
                np.testing.assert_array_equal(all_areas[at], one)


def test_a_rate_without_events_has_no_log_and_is_refused():
    with pytest.raises(ValueError, match="value is not above 0 at position 1"):
        inequality.slope_index_of_rates([1, 0, 3, 4, 5], [0.5] * 5, [9] * 5, [1] * 5)
    with pytest.raises(ValueError, match="upper is not between 0 and 1 at position 4"):
        inequality.slope_index_of_proportions([0.5] * 5, [0.4] * 5, [0.6] * 4 + [1.0], [1] * 5)
    with pytest.raises(ValueError, match="upper is below lower at position 0"):
        inequality.slope_index_of_rates([1] * 5, [2, 1, 1, 1, 1], [1.5] * 5, [1] * 5)


@pytest.mark.parametrize("groups", [4, 101])
def test_too_few_or_too_many_groups_are_refused(groups):
    with pytest.raises(ValueError, match=f"5 to 100 groups; there are {groups}"):
        inequality.slope_index(np.ones(groups), np.ones(groups), np.ones(groups))


def test_what_it_was_given_is_left_as_it_was():
    value, people = np.array([1.0, 2, NAN, 4, 5]), np.array([1.0, 1, 0, 1, 1])
    before = value.copy(), people.copy()
    inequality.slope_index(value, np.ones(5), people)
    np.testing.assert_array_equal(value, before[0])
    np.testing.assert_array_equal(people, before[1])


@pytest.mark.parametrize("events", [30, 200])
def test_limits_of_rates_cover_the_truth_95_times_in_100(events):
    true = np.linspace(1.6, 0.7, 10) * events / PEOPLE.mean()
    count = np.random.default_rng(events).poisson(true * PEOPLE, (3000, 10)).astype(float)
    lower, upper = count_limits(np.maximum(count, 1))
    found = inequality.slope_index_of_rates(
        np.maximum(count, 1) / PEOPLE, lower / PEOPLE, upper / PEOPLE, PEOPLE
    )
    truth = inequality.slope_index(true, np.zeros(10), PEOPLE)
    covered = (found.sii_lower <= truth.sii) & (truth.sii <= found.sii_upper)
    assert 0.94 <= covered.mean() <= 0.975


def test_there_is_no_ratio_where_draws_of_a_proportion_put_the_start_of_the_line_below_0():
    # the normal reach of the start stops short of 0; that of the draws, which lean, does not
    share, spread = np.array([0.02, 0.05, 0.06, 0.06, 0.07]), np.array([0.05, 0.05, 0.05, 0.05, 1])
    lower, upper = (expit(logit(share) + end) for end in (-spread, spread))
    found = inequality.slope_index_of_proportions(share, lower, upper, np.ones(5), draws=20_000)
    assert np.isfinite([found.sii, found.sii_lower, found.at_least_advantaged]).all()
    assert np.isnan([found.rii, found.rii_lower, found.rii_upper]).all()


def test_a_value_outside_its_limits_is_refused():
    with pytest.raises(ValueError, match="value is not between its limits at position 0"):
        inequality.slope_index_of_rates([50, 5, 5, 5, 5], [4] * 5, [6] * 5, [1] * 5)


def test_both_ends_of_the_line_are_given_the_least_advantaged_first():
    rate = np.array([50.0, 40, 30, 20, 10])
    for found in (
        inequality.slope_index_of_rates(rate, rate * 0.9, rate / 0.9, np.ones(5)),
        inequality.slope_index_of_proportions(rate / 100, rate / 110, rate / 90, np.ones(5), draws=2000),
    ):
        # a step of 10 from group to group, half a step beyond the first and the last
        assert found.at_least_advantaged / found.at_most_advantaged == pytest.approx(55 / 5)
        assert found.at_most_advantaged - found.at_least_advantaged == pytest.approx(float(found.sii))
        assert found.sii < 0
