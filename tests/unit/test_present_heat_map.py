"""The heat map: what a cell says, by sign as well as by colour, and that nothing without a figure looks like one."""

import re
from datetime import date

import pytest

from careatlas.present import colour, heat_map
from careatlas.present.theme import DESK, PHONE, to_svg

NAMES = {"A": "Alder Vale", "B": "Birch Moor", "C": "Cedar Sands", "D": "Dunmere", "E": "Elm's End"}
INDICATORS = {
    key: {"title": title, "theme": theme, "unit": "%", "decimals": 1, "polarity": "higher_is_better"}
    for key, title, theme in (("seen", "Seen in time", "waiting"), ("shots", "Vaccinated", "prevention"))
}
THEMES = {"waiting": "Waiting", "prevention": "Prevention"}
EVERY_STATE = [("A", 61.0, "reported"), ("B", 40.0, "reported"), ("C", None, "missing")]
EVERY_STATE += [("D", 55.0, "incomplete"), ("E", None, "hidden")]


def value(area, number, status="reported", indicator="seen"):
    limits = (None, None) if number is None else (number - 2, number + 2)
    return {
        "indicator": indicator,
        "area": area,
        "value": number,
        "lower_95": limits[0],
        "upper_95": limits[1],
        "status": status,
        "period_start": date(2026, 1, 1),
        "period_end": date(2026, 1, 31),
    }


def against(area, word, indicator="seen"):
    return {"indicator": indicator, "area": area, "benchmark": "national", "significance": word}


VALUES = [value(*one) for one in EVERY_STATE]
COMPARED = [against("A", "better"), against("B", "worse"), against("D", "better")]


def drawn(width=DESK):
    return heat_map.heat_map(
        VALUES,
        COMPARED,
        INDICATORS,
        NAMES,
        THEMES,
        title="Alder Vale",
        source="Source: made up.",
        width=width,
    )


def test_every_indicator_and_area_has_a_cell_even_where_nothing_is_counted():
    grid = heat_map.cells(VALUES, COMPARED, INDICATORS, NAMES)
    assert [(cell["key"], cell["area"]) for cell in grid] == [
        (key, area) for key in INDICATORS for area in NAMES
    ]
    states = {(cell["key"], cell["area"]): cell["state"] for cell in grid}
    assert [states["seen", area] for area in NAMES] == ["better", "worse", "missing", "incomplete", "hidden"]
    assert {states["shots", area] for area in NAMES} == {"absent"}


def test_an_incomplete_return_is_never_compared_even_if_somebody_compared_it():
    assert heat_map.state(value("D", 55.0, "incomplete"), "better") == "incomplete"


def test_a_figure_with_no_comparison_is_not_taken_for_an_ordinary_one():
    assert heat_map.state(value("A", 61.0), None) == "not_compared"
    assert heat_map.state(value("A", 0.0, "zero"), "worse") == "worse"


def test_each_state_has_a_sign_of_its_own():
    signs = [sign for sign in heat_map.TEXT_SIGNS.values() if sign]
    assert len(set(signs)) == len(signs) == 9
    shapes = {colour.SIGNIFICANCE_SHAPE[word] for word in heat_map.COMPARED}
    assert len(shapes) == len(heat_map.COMPARED)


def test_only_what_is_compared_is_coloured():
    svg = to_svg(drawn())
    tiles = re.findall(r'<g class="mark-rect[^"]*"[^>]*>(.*?)</g>', svg)[0]
    assert tiles.count("<path") == 10
    assert tiles.count(f'fill="{colour.BETTER}"') == 1
    assert tiles.count(f'fill="{colour.WORSE}"') == 1
    assert tiles.count(f'fill="{colour.PAPER}"') == 8  # missing, incomplete, hidden, and five without a row


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_signs_names_and_themes_are_written(width):
    words = re.sub(r"<[^>]+>", " ", to_svg(drawn(width)))
    for word in (
        "Waiting",
        "Prevention",
        "Seen in time",
        "Cedar Sands",
        "†",
        "×",
        "–",
        "Triangle up: better",
    ):
        assert word in words
    assert int(re.search(r'<svg[^>]* width="(\d+)', to_svg(drawn(width)))[1]) <= width


def test_the_sentence_says_how_many_would_differ_by_chance():
    many = [value(f"X{n}", 50.0) for n in range(40)]
    words = ["better"] * 3 + ["worse"] * 2 + ["similar"] * 35
    compared = [against(f"X{n}", word) for n, word in enumerate(words)]
    names = {f"X{n}": f"X{n}" for n in range(40)}
    said = heat_map.in_words(heat_map.cells(many, compared, {"seen": INDICATORS["seen"]}, names), "Simland")
    assert said == (
        "5 of 40 figures differ from Simland by their 95% limits; if areas differed by chance alone, about 2 would."
    )


def test_without_a_comparison_nothing_is_said_to_differ():
    grid = heat_map.cells([value("C", None, "missing")], [], INDICATORS, {"C": "Cedar Sands"})
    assert heat_map.in_words(grid, "Simland") == "No figure here can be held against Simland."
