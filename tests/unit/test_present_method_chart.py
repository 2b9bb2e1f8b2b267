"""The chart of a method's page: every setting's numbers in it, one shown at a time."""

import pytest
from pydantic import ValidationError

from careatlas.catalogue.method_guide import GuideChart, Series
from careatlas.present.method_chart import columns, description, method_chart, method_rows
from careatlas.present.theme import DESK, to_svg

RATE = {
    "title": "The interval narrows as events grow",
    "call": "crude_rate",
    "given": {"count": [0, 1, 10], "denominator": 1000, "multiplier": 1000},
    "choose": {"label": "Confidence", "settings": {"95 %": {}, "99.8 %": {"confidence": 0.998}}},
    "x": {"values": "count", "title": "Events"},
    "y": {"title": "Rate per 1,000"},
    "draw": [
        {"mark": "band", "lower": "lower", "upper": "upper", "label": "Interval"},
        {"mark": "line", "value": "value", "label": "Rate"},
    ],
}


def chart(**changes):
    return GuideChart.model_validate(RATE | changes)


def test_rows_hold_what_the_method_answers_for_each_setting():
    rows = method_rows("crude_rate", chart())
    assert [row["setting"] for row in rows] == ["95 %"] * 3 + ["99.8 %"] * 3
    assert [row["x"] for row in rows] == [0, 1, 10] * 2
    assert rows[1] == {
        "setting": "95 %",
        "x": 1.0,
        "s0_lower": pytest.approx(0.0253, abs=1e-4),  # Garwood's exact limits of one event
        "s0_upper": pytest.approx(5.5716, abs=1e-4),
        "s1": 1.0,
    }
    assert rows[4]["s0_upper"] > rows[1]["s0_upper"]


def test_a_missing_answer_is_a_gap_and_not_zero():
    rows = method_rows("crude_rate", chart(given=RATE["given"] | {"count": [5, None, 7]}))
    assert [row["s1"] for row in rows[:3]] == [5.0, None, 7.0]


def test_a_series_may_be_drawn_only_where_the_answer_says():
    special = {"mark": "points", "value": "value", "where": "is_outside", "label": "Outside the limits"}
    given = {"value": [1, 2, 1, 2, 1, 2, 1, 2, 9], "baseline": 8}
    changes = {"call": "xmr", "given": given, "choose": None, "draw": [special]}
    rows = method_rows("spc", chart(**changes, x={"values": "position", "title": "Month"}))
    assert [row["s0"] for row in rows] == [None] * 8 + [9.0]


def test_the_reader_chooses_one_setting_and_the_first_is_shown_first():
    spec = method_chart("crude_rate", chart(), DESK)
    choice = spec["params"][-1]
    assert choice["value"] == "95 %"
    assert choice["bind"]["options"] == ["95 %", "99.8 %"]
    assert "Interval" in to_svg(spec)


def test_without_a_choice_there_is_no_selector():
    spec = method_chart("crude_rate", chart(choose=None), DESK)
    assert all("bind" not in param for param in spec["params"])


def test_places_may_be_named_and_are_kept_in_order():
    named = chart(x={"values": ["none", "one", "ten"], "title": "Events"})
    spec = method_chart("crude_rate", named, DESK)
    assert spec["layer"][0]["encoding"]["x"]["type"] == "ordinal"
    assert [row["x"] for row in method_rows("crude_rate", named)[:3]] == ["none", "one", "ten"]


def test_columns_and_description_say_what_is_drawn():
    assert columns(chart()) == {"s0_lower": "Interval lower", "s0_upper": "Interval upper", "s1": "Rate"}
    assert description(chart()).startswith("The interval narrows as events grow. Interval, Rate, by Events.")


def test_a_band_without_two_ends_is_refused():
    with pytest.raises(ValidationError, match="needs lower and upper"):
        Series.model_validate({"mark": "band", "label": "Interval", "lower": "lower"})
