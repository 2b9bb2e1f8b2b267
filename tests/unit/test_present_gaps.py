"""Gap pairs: how far two neighbours are apart, worked by hand on areas that otherwise do not differ."""

import math
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from careatlas.engine.tables import RELEASE
from careatlas.errors import NotKnownError
from careatlas.present.gaps import FIGURES, Panel, gap_pairs, panel

OTHERS = [f"Z{n:02d}" for n in range(20)]  # areas like the country: no variance between areas beyond chance


def first_of_month(n: int) -> date:
    return date(2025 + n // 12, n % 12 + 1, 1)


def month(n: int) -> tuple[date, date]:
    """Months from January 2025 on."""
    return first_of_month(n), first_of_month(n + 1) - timedelta(days=1)


def figures(
    method: str, counts: dict[str, list[float]], denominator: float, periods: list | None = None
) -> Panel:
    """Counts of each area in each period, of one denominator; NaN where the return is not full."""
    from careatlas import methods

    count = np.array(list(counts.values()), dtype=float).T
    over = np.where(np.isnan(count), np.nan, denominator)
    value, lower, upper = getattr(methods, method)(count, over, 100)
    arrays = dict(zip(FIGURES, (value, lower, upper, count, over), strict=True))
    return Panel(list(counts), periods or [month(n) for n in range(len(count))], arrays)


def beside(area: str, other: str, **more) -> list[dict]:
    """Both rows of a pair, as the ``neighbours`` table holds them."""
    said = {"miles": 9.0, "shares_border": True, "nearness": 5, "same_parent": False} | more
    return [{"area": area, "other_area": other} | said, {"area": other, "other_area": area} | said]


def with_others(counts: dict[str, list[float]], usual: float) -> dict[str, list[float]]:
    periods = len(next(iter(counts.values())))
    return counts | {area: [usual] * periods for area in OTHERS}


# Size


def test_the_ratio_of_two_rates_has_the_limits_of_a_difference_of_logarithms():
    """200 and 100 of 1,000 each. ln(200.5 / 100.5) = .69066; error (1/200.5 + 1/100.5)^.5 = .12222; the limits
    exp(.6907 -/+ 1.96 x .12222) = 1.5701 and 2.5350."""
    given = figures("crude_rate", with_others({"A": [100], "B": [200]}, 150), 1000)
    (row,) = gap_pairs(given, beside("A", "B"), "crude_rate", 100)
    assert (row["area"], row["other_area"]) == ("B", "A")
    assert (row["value"], row["other_value"], row["ratio"], row["difference"]) == (20.0, 10.0, 2.0, 10.0)
    assert (row["ratio_lower"], row["ratio_upper"]) == pytest.approx((1.5701, 2.5350), abs=1e-4)
    assert row["q"] == pytest.approx(math.erfc(0.6907 / 0.12222 / math.sqrt(2)), rel=0.01)  # one pair: q is p


def test_the_ratio_of_two_proportions_has_limits_from_their_own_scale():
    """200 and 100 of 400: arcsines of the root .78540 and .52360, each with the variance 1/1,600; half of
    1.96 x (2/1,600)^.5 = .06930 to either side. Lower: sin(.75075)^2 / sin(.55825)^2 = 1.659."""
    given = figures("proportion", with_others({"A": [100], "B": [200]}, 150), 400)
    (row,) = gap_pairs(given, beside("A", "B"), "proportion", 100)
    lower = math.sin(0.78540 - 0.03465) ** 2 / math.sin(0.52360 + 0.03465) ** 2
    upper = math.sin(0.78540 + 0.03465) ** 2 / math.sin(0.52360 - 0.03465) ** 2
    assert row["ratio"] == pytest.approx(2.0)
    assert (row["ratio_lower"], row["ratio_upper"]) == pytest.approx((lower, upper), abs=1e-3)


def test_the_ratio_of_standardised_rates_has_limits_from_their_own_limits():
    """30 (28.04 to 31.96) and 20 (18.04 to 21.96): errors of 1 each, so 10 -/+ 1.96 x 2^.5 = 7.228 to 12.772 about
    25: (25 + 3.614) / (25 - 3.614) = 1.338 and (25 + 6.386) / (25 - 6.386) = 1.686."""
    value = np.array([[30.0, 20.0, *[25.0] * 20]])
    arrays = {"value": value, "lower_95": value - 1.959964, "upper_95": value + 1.959964}
    arrays |= {"count": value * 10, "denominator": value * 0 + 10_000}
    given = Panel(["A", "B", *OTHERS], [month(0)], arrays)
    (row,) = gap_pairs(given, beside("A", "B"), "directly_standardised_rate", 1000)
    assert (row["ratio_lower"], row["ratio_upper"]) == pytest.approx((1.338, 1.686), abs=1e-3)


@pytest.mark.parametrize("method", ["crude_rate", "proportion"])
def test_the_limits_leave_out_1_exactly_where_p_is_below_a_twentieth(method):
    told = set()
    for count in range(100, 160, 3):
        given = figures(method, with_others({"A": [100], "B": [count]}, 130), 400)
        (row,) = gap_pairs(given, beside("A", "B"), method, 100)
        assert (row["ratio_lower"] > 1) == (row["q"] < 0.05)
        told.add(row["ratio_lower"] > 1)
    assert told == {True, False}


def test_areas_that_differ_anyway_make_a_gap_less_sure():
    """The same two areas, among others that run from 75 to 225 and not all at 150."""
    alike = figures("crude_rate", with_others({"A": [100], "B": [200]}, 150), 1000)
    spread = {area: [75.0 + 150 * n / 19] for n, area in enumerate(OTHERS)}
    unlike = figures("crude_rate", {"A": [100], "B": [200]} | spread, 1000)
    (sure,), (unsure,) = (gap_pairs(each, beside("A", "B"), "crude_rate", 100) for each in (alike, unlike))
    assert sure["ratio"] == unsure["ratio"]
    assert sure["ratio_lower"] > 1.5 > 1 > unsure["ratio_lower"]


def test_none_at_all_has_no_ratio_but_a_lower_limit():
    given = figures("crude_rate", with_others({"A": [0], "B": [40]}, 20), 1000)
    (row,) = gap_pairs(given, beside("A", "B"), "crude_rate", 100)
    assert row["ratio"] is None
    assert row["ratio_lower"] > 1


# Which pairs


def test_each_pair_stands_once_the_surest_first_and_q_is_among_those_shown():
    counts = with_others({"A": [100], "B": [200], "C": [160]}, 150)
    given = figures("crude_rate", counts, 1000)
    together = gap_pairs(given, [*beside("A", "C"), *beside("A", "B"), *beside("C", "B")], "crude_rate", 100)
    assert [(row["area"], row["other_area"]) for row in together] == [("B", "A"), ("C", "A"), ("B", "C")]
    (alone,) = gap_pairs(given, beside("A", "B"), "crude_rate", 100)
    assert together[0]["q"] == pytest.approx(3 * alone["q"])  # the smallest of three: 3 x p / 1


def test_an_area_without_a_full_return_is_in_no_pair():
    given = figures("crude_rate", with_others({"A": [100], "B": [math.nan], "C": [90]}, 150), 1000)
    rows = gap_pairs(given, [*beside("A", "B"), *beside("B", "C"), *beside("A", "C")], "crude_rate", 100)
    assert [(row["area"], row["other_area"]) for row in rows] == [("A", "C")]
    assert gap_pairs(given, beside("A", "B"), "crude_rate", 100) == []


def test_the_relation_is_told_in_words():
    given = figures("crude_rate", with_others({"A": [100], "B": [200]}, 150), 1000)
    near = beside("A", "B", shares_border=False, nearness=7, same_parent=True)
    near[1]["nearness"] = 2  # B's second nearest is A, A's seventh is B
    (row,) = gap_pairs(given, near, "crude_rate", 100, above="region")
    assert row["relation"] == "among the nearest three, same region"
    undrawn = beside("A", "B", miles=None, shares_border=None, nearness=None, same_parent=True)
    assert gap_pairs(given, undrawn, "crude_rate", 100)[0]["relation"] == "same board"


# Time


def test_with_one_period_nothing_lasting_is_claimed():
    given = figures("crude_rate", with_others({"A": [100], "B": [900]}, 500), 1000)
    (row,) = gap_pairs(given, beside("A", "B"), "crude_rate", 100)
    assert row["note"] == "counting error only: cannot show persistence"
    assert row["periods_sustained"] == 1


def test_months_sustained_are_those_in_a_row_up_to_the_last():
    """B is far above A in months 1, 3, 4 and 5; in month 2 they are within chance of each other."""
    given = figures("crude_rate", with_others({"A": [100] * 5, "B": [200, 105, 200, 200, 200]}, 150), 1000)
    (row,) = gap_pairs(given, beside("A", "B"), "crude_rate", 100)
    assert row["periods_sustained"] == 3
    assert row["note"].startswith("counting error only: 5 periods follow one another, and 12 are needed")


def test_a_month_without_a_full_return_ends_the_run():
    counts = with_others({"A": [100, 100, math.nan, 100], "B": [200] * 4}, 150)
    (row,) = gap_pairs(figures("crude_rate", counts, 1000), beside("A", "B"), "crude_rate", 100)
    assert row["periods_sustained"] == 1


@pytest.mark.parametrize(("method", "denominator"), [("crude_rate", 1e7), ("proportion", 1e7)])
def test_what_comes_and_goes_is_not_sustained_once_twelve_months_show_it(method, denominator):
    """All areas swing between 4 and 6 of 10 by turns. In the last month B is above A, far beyond counting error;
    that it is so by turns only can be seen from twelve months, not from eleven."""
    high, low = 0.6 * denominator, 0.4 * denominator
    names = ["A", "B", *OTHERS]
    for periods, sustained in ((11, 1), (12, 0)):
        counts = {
            area: [high if (n + place + periods) % 2 == 0 else low for n in range(periods)]
            for place, area in enumerate(names)
        }
        given = figures(method, counts, denominator)
        (row,) = gap_pairs(given, beside("A", "B"), method, 100)
        assert (row["area"], row["periods_sustained"]) == ("B", sustained)
    assert row["note"] == "allows for what comes and goes between 12 periods"


def test_a_window_takes_its_months_together():
    """A: 90 + 110 of 2 x 1,000; B: 230 + 170. The value comes from the sums, and the ratio is that of 400 to 200:
    ln(400.5 / 200.5) -/+ 1.96 x (1/400.5 + 1/200.5)^.5 = .6919 -/+ .1696."""
    given = figures("crude_rate", with_others({"A": [500, 90, 110], "B": [9, 230, 170]}, 150), 1000)
    (row,) = gap_pairs(given, beside("A", "B"), "crude_rate", 100, window=2)
    assert (row["period_start"], row["period_end"]) == (month(1)[0], month(2)[1])
    assert (row["value"], row["other_value"]) == (20.0, 10.0)
    limits = (math.exp(0.6919 - 0.1696), math.exp(0.6919 + 0.1696))
    assert (row["ratio_lower"], row["ratio_upper"]) == pytest.approx(limits, abs=2e-3)


def test_a_window_leaves_out_who_missed_a_month_of_it():
    given = figures("crude_rate", with_others({"A": [math.nan, 100], "B": [200, 200]}, 150), 1000)
    assert gap_pairs(given, beside("A", "B"), "crude_rate", 100, window=2) == []
    assert len(gap_pairs(given, beside("A", "B"), "crude_rate", 100)) == 1


def test_a_window_that_cannot_be_summed_is_refused():
    given = figures("crude_rate", with_others({"A": [100, 100], "B": [200, 200]}, 150), 1000)
    with pytest.raises(NotKnownError, match="only 2 follow one another"):
        gap_pairs(given, beside("A", "B"), "crude_rate", 100, window=3)
    with pytest.raises(NotKnownError, match="mean are not sums of counts"):
        gap_pairs(given, beside("A", "B"), "mean", 100, window=2)


# From the table of values


def values(*rows: tuple[str, int, str, float | None]) -> pa.Table:
    """Rows of the values table: area, month, status, count of 1,000."""
    schema = RELEASE["values"].schema
    return pa.Table.from_pylist(
        [
            {"area": area, "period_start": month(n)[0], "period_end": month(n)[1], "status": status, "count": count,
             "denominator": 1000.0, "value": count, "lower_95": count, "upper_95": count}
            for area, n, status, count in rows
        ],
        schema,
    )  # fmt: skip


def test_only_full_returns_enter_and_zero_is_one():
    states = ["reported", "zero", "incomplete", "hidden", "missing"]
    counts = [7.0, 0.0, 3.0, None, None]
    rows = [(f"S{n}", 0, state, counts[n]) for n, state in enumerate(states)]
    found = panel(values(*rows), month(0))
    assert found.areas == ["S0", "S1"]
    assert found.figures["count"].tolist() == [[7.0, 0.0]]


def test_a_figure_that_is_partly_estimated_is_in_no_pair():
    """Half of B is an old area's, shared out by people: the release keeps it as reported, and estimated."""
    table = values(("A", 0, "reported", 7.0), ("B", 0, "reported", 90.0))
    estimated = table.set_column(table.column_names.index("estimated"), "estimated", pa.array([False, True]))
    assert panel(table, month(0)).areas == ["A", "B"]
    assert panel(estimated, month(0)).areas == ["A"]


def test_periods_are_those_that_follow_one_another_up_to_the_one_asked_for():
    rows = values(*(("A", n, "reported", 10.0 + n) for n in (0, 2, 3, 4, 5)))
    assert panel(rows, month(4)).periods == [month(2), month(3), month(4)]
    assert panel(rows, month(4)).figures["count"].ravel().tolist() == [12.0, 13.0, 14.0]


def test_months_in_which_nobody_made_a_full_return_are_not_on_file():
    rows = values(("A", 0, "missing", None), ("A", 1, "incomplete", 4.0), ("A", 2, "reported", 9.0))
    assert panel(rows, month(2)).periods == [month(2)]


def test_mid_year_figures_follow_one_another_a_year_apart():
    rows = values(("A", 0, "reported", 1.0)).to_pylist() * 3
    days = [date(2020, 6, 30), date(2022, 6, 30), date(2023, 6, 30)]
    rows = [row | {"period_start": day, "period_end": day} for row, day in zip(rows, days, strict=True)]
    table = pa.Table.from_pylist(rows, RELEASE["values"].schema)
    assert panel(table, (days[2], days[2])).periods == [(days[1], days[1]), (days[2], days[2])]
