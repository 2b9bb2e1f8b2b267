"""What one area's distance is made of: parts that multiply to the whole, and a verdict that follows its rule."""

import numpy as np
import pytest

from careatlas.methods.gap_parts import gap_parts, gap_parts_of_periods
from careatlas.methods.waterfall import waterfall

NAN = np.nan
AREAS = 40
RNG = np.random.default_rng(3)
NEED = RNG.standard_normal(AREAS)
SUPPLY = RNG.standard_normal(AREAS)
MANY = np.full(AREAS, 1e6)
SIGN = {"need": [1]}


def percent(found, name, area=slice(None)):
    return found.percent[..., area, found.component.index(name)]


def part_of_need(effect):
    """A million events an area and no borders, so that need alone moves it."""
    return gap_parts(MANY * np.exp(effect * NEED), MANY, None, {"need": NEED}, SIGN)


def test_the_parts_multiply_to_the_whole():
    observed = RNG.poisson(200 * np.exp(0.2 * NEED + 0.1 * SUPPLY)).astype(float)
    found = gap_parts(observed, [200.0] * AREAS, None, {"need": NEED, "supply": SUPPLY}, SIGN)
    ratio = 1 + found.percent / 100
    np.testing.assert_allclose(ratio[:, 1:].prod(axis=-1), ratio[:, 0], rtol=1e-9)
    np.testing.assert_allclose(ratio[:, 0], observed / observed.mean(), rtol=1e-9)


def test_what_follows_need_is_need_and_its_size_is_right():
    """exp(.1 x need), scaled so that all areas together have what was expected of them."""
    found = part_of_need(0.1)
    by_hand = np.exp(0.1 * NEED) / np.exp(0.1 * NEED).mean()
    np.testing.assert_allclose(percent(found, "need"), 100 * (by_hand - 1), atol=0.1)
    far_off = np.abs(by_hand - 1) > 0.02
    assert set(found.verdict[far_off]) == {"in_line_with_need"}


def test_care_that_falls_where_need_rises_is_never_explained_by_need():
    found = part_of_need(-0.1)
    assert (percent(found, "need") == 0).all()
    assert np.corrcoef(percent(found, "against need"), NEED)[0, 1] < -0.95
    assert set(found.verdict[NEED > 1]) == {"against_need"}
    assert "in_line_with_need" not in found.verdict


def test_an_area_that_lies_lower_where_need_is_higher_is_said_to_even_where_need_works_elsewhere():
    ratio = np.exp(0.1 * NEED)
    neediest = int(NEED.argmax())
    ratio[neediest] = 0.8
    found = gap_parts(MANY * ratio, MANY, None, {"need": NEED}, SIGN)
    assert percent(found, "need", neediest) > 0
    assert found.verdict[neediest] == "against_need"


def test_less_than_need_would_have_is_not_in_line_with_need():
    """A little above the mean, where need would have it far above."""
    ratio = np.exp(0.2 * NEED + 0.01 * SUPPLY)
    neediest = int(NEED.argmax())
    ratio[neediest] = 1.1
    found = gap_parts(MANY * ratio, MANY, None, {"need": NEED}, SIGN)
    assert percent(found, "need", neediest) > 30
    assert found.verdict[neediest] == "unexplained"


def test_need_without_effect_excuses_nobody():
    """Areas differ for other reasons: what need might explain, being uncertain, is not what it does explain."""
    rng = np.random.default_rng(11)
    observed = rng.poisson(1500 * np.exp(rng.normal(0, 0.05, (5, AREAS)))).astype(float)
    found = gap_parts(observed, [1500.0] * AREAS, None, {"need": NEED}, SIGN)
    need, whole = (found.percent[..., found.component.index(name)] for name in ("need", "all"))
    in_line = found.verdict == "in_line_with_need"
    assert (found.verdict == "unexplained").sum() > 20
    assert (need * np.sign(whole) > 0)[in_line].all()
    assert in_line.mean() < 0.01


def test_the_further_an_area_lies_the_further_its_verdict_never_back():
    """One area with average need moves from the mean outwards; the others differ by chance and a little more."""
    places = {"within_chance": 0, "unexplained": 1}
    expected = np.full(AREAS, 400.0)
    others = RNG.poisson(expected * np.exp(0.05 * RNG.standard_normal(AREAS))).astype(float)
    at = int(np.abs(NEED).argmin())
    order = []
    for count in (400, 420, 450, 500, 560, 640, 800):
        others[at] = count
        order.append(places[str(gap_parts(others, expected, None, {"need": NEED}, SIGN).verdict[at])])
    assert order == sorted(order)
    assert {order[0], order[-1]} == {0, 1}


def test_without_need_a_difference_beyond_chance_is_unexplained():
    found = gap_parts([1300.0, *[1000.0] * 39], [1000.0] * AREAS, None, {})
    assert found.component == ("all", "chance", "spatial", "unexplained")
    assert found.verdict[0] == "unexplained"
    assert set(found.verdict[1:]) == {"within_chance"}


def test_twelve_restless_months_come_and_go_and_one_area_that_stays_high_does_not():
    """Months swing by a fifth about 1; their sum lies beyond counting error for many, and lasts for one."""
    rng = np.random.default_rng(5)
    risk = np.exp(0.2 * rng.standard_normal((AREAS, 12)))
    risk[0] *= 1.6
    found = gap_parts_of_periods(rng.poisson(2000 * risk), np.full((AREAS, 12), 2000.0), None, {})
    assert found.verdict[0] == "unexplained"
    assert (found.verdict[1:] == "comes_and_goes").sum() > 10
    assert "unexplained" not in found.verdict[1:]


def test_the_whole_has_wider_limits_where_months_are_restless():
    rng = np.random.default_rng(6)
    expected = np.full((AREAS, 12), 100.0)
    calm = gap_parts_of_periods(rng.poisson(expected), expected, None, {})
    restless = gap_parts_of_periods(
        rng.poisson(expected * np.exp(0.3 * rng.standard_normal((AREAS, 12)))), expected, None, {}
    )
    width = [(found.upper - found.lower)[:, 0].mean() for found in (calm, restless)]
    assert width[1] > 2 * width[0]


def test_an_area_without_events_lies_a_hundred_percent_below_and_stays_finite():
    found = gap_parts([0.0, *[30.0] * 39], [30.0] * AREAS, None, {"need": NEED}, SIGN)
    assert percent(found, "all", 0) == -100
    assert percent(found, "chance", 0) == -100
    assert found.upper[0, 0] == pytest.approx(100 * (3.6889 / 29.25 - 1), abs=0.01)  # 3.6889 of 0, exactly
    assert np.isfinite(found.percent).all()


def test_what_is_not_known_has_no_parts_and_no_verdict():
    observed = np.full(AREAS, 50.0)
    observed[7] = NAN
    found = gap_parts(observed, [50.0] * AREAS, None, {"need": NEED}, SIGN)
    assert np.isnan(found.percent[7]).all()
    assert found.verdict[7] == ""
    assert not np.isnan(np.delete(found.percent, 7, axis=0)).any()


def test_the_bars_are_those_of_the_waterfall():
    observed = RNG.poisson(300 * np.exp(0.2 * NEED)).astype(float)
    given = (observed, [300.0] * AREAS, None, {"need": NEED}, SIGN)
    for ours, theirs in zip(gap_parts(*given, draws=100).bars, waterfall(*given, draws=100), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_all_maps_at_once_equal_map_by_map():
    observed = RNG.poisson(100, (2, AREAS)).astype(float)
    needs = RNG.standard_normal((2, AREAS, 1))
    at_once = gap_parts(observed, 100, None, {"need": needs}, SIGN, draws=100)
    for place in range(2):
        alone = gap_parts(observed[place], 100, None, {"need": needs[place]}, SIGN, draws=100)
        np.testing.assert_array_equal(at_once.percent[place], alone.percent)
        np.testing.assert_array_equal(at_once.verdict[place], alone.verdict)
