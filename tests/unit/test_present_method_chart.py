"""The chart of a method's page: every setting's numbers in it, one shown at a time."""

import pytest
from pydantic import ValidationError

from careatlas.catalogue.method_guide import GuideChart, Series
from careatlas.present.method_chart import columns, description, method_chart, method_rows
from careatlas.present.theme import DESK, PHONE, to_svg

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


def test_a_place_without_a_number_keeps_its_name_and_order():
    named = chart(
        given=RATE["given"] | {"count": [1, None, 2]}, x={"values": ["b", "c", "a"], "title": "Area"}
    )
    assert method_chart("crude_rate", named, DESK)["layer"][1]["encoding"]["x"]["scale"]["domain"] == [
        "b",
        "c",
        "a",
    ]
    svg = to_svg(method_chart("crude_rate", named, DESK))
    assert svg.index(">b<") < svg.index(">c<") < svg.index(">a<")


def test_on_a_phone_long_names_are_slanted_and_long_titles_run_over_lines():
    names = ["in the same order", "in an unrelated order", "in reverse order"]
    title = "The order of the areas in the second of the three years that are looked at"
    wordy = chart(x={"values": names, "title": title})
    x = method_chart("crude_rate", wordy, PHONE)["layer"][0]["encoding"]["x"]
    assert len(x["title"]) == 2
    assert x["axis"]["labelAngle"] != 0
    svg = to_svg(method_chart("crude_rate", wordy, PHONE))
    assert all(name in svg for name in names)
    assert method_chart("crude_rate", wordy, DESK)["layer"][0]["encoding"]["x"]["axis"]["labelAngle"] == 0


def test_a_phone_shows_long_settings_in_full():
    long = {"Every other year a fifth higher, the rest a sixth lower": {}, "Steady": {"confidence": 0.9}}
    guide = chart(choose={"label": "Years", "settings": long})
    inputs = [
        method_chart("crude_rate", guide, width)["params"][-1]["bind"]["input"] for width in (PHONE, DESK)
    ]
    assert inputs == ["radio", "select"]


def test_a_line_at_one_height_needs_no_field():
    rows = method_rows(
        "crude_rate", chart(draw=[*RATE["draw"], {"mark": "line", "value": 4, "label": "Target"}])
    )
    assert [row["s2"] for row in rows] == [4.0] * 6


def test_what_stands_beside_is_drawn_and_not_given_and_a_setting_may_replace_it():
    settings = {"All": {}, "Others": {"count": [2, 2, 2], "seen": [9, 9, 9]}}
    changes = {
        "beside": {"seen": [7, 8, None]},
        "choose": {"label": "Areas", "settings": settings},
        "draw": [{"mark": "points", "value": "seen", "label": "Seen"}],
    }
    assert [row["s0"] for row in method_rows("crude_rate", chart(**changes))] == [7, 8, None, 9, 9, 9]


def test_a_series_at_the_end_has_the_last_places_and_others_must_be_whole():
    draw = [
        {"mark": "line", "value": "count", "label": "Events"},
        {"mark": "points", "value": "after", "end": True, "label": "After"},
    ]
    changes = {"choose": None, "beside": {"after": [5, 6]}}
    rows = method_rows("crude_rate", chart(**changes, draw=draw))
    assert [row["s1"] for row in rows] == [None, 5, 6]
    with pytest.raises(ValueError, match="shorter"):
        method_rows("crude_rate", chart(**changes, draw=[draw[0], draw[1] | {"end": False}]))


def test_a_field_may_be_drawn_by_its_place_along_the_last_axis():
    variables = [[1], [2], [4], [21], [22], [24]]
    changes = {"call": "peers", "given": {"variables": variables, "number": 2}, "choose": None}
    draw = [{"mark": "points", "value": "nearest.1", "label": "Second nearest"}]
    x = {"values": "position", "title": "Area"}
    rows = method_rows("peers", chart(**changes, draw=draw, x=x))
    assert [row["s0"] for row in rows] == [2, 2, 0, 5, 5, 3]


def test_a_series_in_pieces_is_broken_where_its_numbers_change_and_between_settings():
    draw = [{"mark": "line", "value": "level", "pieces": True, "label": "Level"}]
    spec = method_chart("crude_rate", chart(beside={"level": [3, 3, 4]}, draw=draw), DESK)
    (rows,) = spec["datasets"].values()
    assert [row["piece"] for row in rows] == [0, 0, 1, 2, 2, 3]


def test_an_axis_may_say_words_for_codes_begin_at_zero_or_have_its_least_on_top():
    said = chart(y={"title": "Called", "labels": {1: "worse", 10: "better"}, "zero": True, "reverse": True})
    spec = method_chart("crude_rate", said, DESK)
    svg = to_svg(spec)
    assert ">worse<" in svg
    assert ">better<" in svg
    scale = spec["layer"][0]["encoding"]["y"]["scale"]
    assert scale["domain"][0] == 0
    assert scale["reverse"]


def test_only_marks_that_stand_alone_have_room_at_the_ends_of_the_axis():
    points = [{"mark": "points", "value": "value", "label": "Rate"}]
    tops = [
        method_chart("crude_rate", chart(draw=draw), DESK)["layer"][0]["encoding"]["y"]["scale"]["domain"]
        for draw in (points, [points[0] | {"mark": "line"}])
    ]
    assert tops == [[0, pytest.approx(10.3)], [0, 10]]


def test_the_legend_shows_each_series_by_its_own_sign():
    spec = method_chart("crude_rate", chart(), DESK)
    signs = [layer["encoding"]["color"]["legend"]["symbolType"] for layer in spec["layer"]]
    assert signs == ["square", "stroke"]


def test_columns_and_description_say_what_is_drawn():
    assert columns(chart()) == {"s0_lower": "Interval lower", "s0_upper": "Interval upper", "s1": "Rate"}
    assert description(chart()).startswith("The interval narrows as events grow. Interval, Rate, by Events.")


def test_a_band_without_two_ends_is_refused():
    with pytest.raises(ValidationError, match="needs lower and upper"):
        Series.model_validate({"mark": "band", "label": "Interval", "lower": "lower"})
