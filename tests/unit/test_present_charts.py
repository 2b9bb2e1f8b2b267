"""Charts: what is drawn, in what order, and how each kind of nothing looks."""

import itertools
import json
import re
from datetime import date

import pytest

from careatlas.present import charts, colour
from careatlas.present.marks import MOST_NAMED_BARS
from careatlas.present.spine import spine
from careatlas.present.theme import DESK, PHONE, to_png, to_svg

PATHWAYS = {
    "title": "Pathways completed",
    "short_title": "Pathways",
    "unit": "per 1,000 people",
    "decimals": 1,
    "polarity": "neither",
}
NAMES = {"A": "Alder Vale", "B": "Birch Moor", "C": "Cedar Sands", "D": "Dunmere", "E": "Elm's End"}


def row(area, value, status="reported", year=2026, month=1, indicator="pathways", half_width=1.0):
    days = {
        "period_start": date(year, month, 1),
        "period_end": date(year, month, 28 if month == 2 else 30 + month % 2),
    }
    limits = (None, None) if value is None else (value - half_width, value + half_width)
    return {
        "indicator": indicator,
        "area": area,
        "value": value,
        "lower_95": limits[0],
        "upper_95": limits[1],
        "status": status,
        "note": None,
        **days,
    }


EVERY_STATUS = [
    row("A", 20.0),
    row("B", 30.0),
    row("C", None, "missing"),
    row("D", 10.0, "incomplete"),
    row("E", None, "hidden"),
    row("F", 0.0, "zero"),
]
MANY = [row(f"X{n:03d}", 50.0 - n / 4) for n in range(MOST_NAMED_BARS)] + EVERY_STATUS


def trend(**more):
    rows = [row("A", 20.0, month=1), row("A", None, "missing", month=3), row("A", 22.0, month=5)]
    national = [row("ENG", 24.0, month=month) for month in (1, 3, 5)]
    return charts.trend(rows, PATHWAYS, "Alder Vale", national=national, **more)


def profile(**more):
    indicators = {
        "up": PATHWAYS | {"polarity": "higher_is_better"},
        "down": PATHWAYS | {"polarity": "lower_is_better"},
    }
    others = [
        row(area, value, indicator=key) for key in indicators for area, value in (("A", 10.0), ("B", 26.0))
    ]
    national = [row("ENG", 20.0, indicator=key) for key in indicators]
    own = [other for other in others if other["area"] == "A"]
    return spine(own, others, indicators, "Alder Vale", national=national, **more)


def every_chart(width):
    return {
        "bars": charts.ranked_bars(
            EVERY_STATUS,
            PATHWAYS,
            NAMES,
            national=row("ENG", 24.0),
            source="Source: made up.",
            selected="A",
            width=width,
        ),
        "dots": charts.ranked_bars(
            MANY, PATHWAYS, NAMES, national=row("ENG", 24.0), selected="A", width=width
        ),
        "trend": trend(width=width),
        "distribution": charts.distribution_over_time(
            EVERY_STATUS, PATHWAYS, NAMES, selected="A", width=width
        ),
        "spine": profile(width=width),
    }


def words_of(svg):
    return [re.sub(r"<[^>]+>", "", text) for text in re.findall(r"<text[^>]*>(.*?)</text>", svg)]


def rows_of(spec):
    return [row for rows in spec["datasets"].values() for row in rows]


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("name", ["bars", "dots", "trend", "distribution", "spine"])
def test_every_chart_keeps_to_its_width_and_says_what_unit_and_period_it_shows(name, width):
    spec = every_chart(width)[name]
    svg = to_svg(spec)
    assert float(re.search(r'<svg[^>]* width="([\d.]+)"', svg)[1]) <= width + 30
    assert spec["description"]
    if name != "spine":
        assert "per 1,000 people, January 2026" in " ".join(spec["title"]["subtitle"])


@pytest.mark.parametrize("name", ["bars", "dots", "trend", "distribution", "spine"])
def test_every_chart_carries_its_rows_and_can_be_linked(name):
    spec = every_chart(DESK)[name]
    assert {param["name"]: param["value"] for param in spec["params"]} == {"highlight": "", "selected": "A"}
    assert '"url"' not in json.dumps(spec)
    assert any(row.get("area") == "A" for row in rows_of(spec))


def test_bars_are_in_order_of_value_with_those_without_one_last():
    spec = charts.ranked_bars(EVERY_STATUS, PATHWAYS, NAMES)
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"] == ["B", "A", "D", "F", "C", "E"]
    drawn = [
        word
        for word in words_of(to_svg(spec))
        if word in ("Birch Moor", "Alder Vale", "Dunmere †", "Cedar Sands")
    ]
    assert drawn == ["Birch Moor", "Alder Vale", "Dunmere †", "Cedar Sands"]


def test_the_kinds_of_nothing_are_drawn_differently():
    svg = to_svg(charts.ranked_bars(EVERY_STATUS, PATHWAYS, NAMES))
    words = words_of(svg)
    assert "missing" in words
    assert "× hidden" in words
    assert "Dunmere †" in words
    bars = re.findall(r'<g class="mark-rect[^"]*"[^>]*>(.*?)</g>', svg)[0]
    assert bars.count("<path") == 3  # B, A and the incomplete D; no bar for zero, missing, hidden
    assert bars.count(f'fill="{colour.PAPER}"') == 1


def test_the_countrys_line_carries_its_value():
    svg = to_svg(charts.ranked_bars(EVERY_STATUS, PATHWAYS, NAMES, national=row("ENG", 24.4)))
    assert "England 24.4" in words_of(svg)


def test_with_many_areas_only_the_chosen_one_is_named():
    words = words_of(to_svg(charts.ranked_bars(MANY, PATHWAYS, NAMES, selected="A")))
    assert "Alder Vale" in words
    assert "Birch Moor" not in words


def test_a_line_is_not_drawn_over_a_missing_period():
    svg = to_svg(trend())
    assert "missing" in words_of(svg)
    own = [point for point in rows_of(trend()) if point.get("area") == "A" and point["value"] is not None]
    assert {point["period_name"]: point["run"] for point in own} == {"January 2026": "A 0", "May 2026": "A 1"}


def test_the_distribution_is_of_full_returns_only():
    rows = [row(area, value) for area, value in zip("ABCDE", (1.0, 2.0, 3.0, 4.0, 5.0), strict=True)]
    rows += [row("F", 99.0, "incomplete"), row("G", None, "missing")]
    (box,) = [row for row in rows_of(charts.distribution_over_time(rows, PATHWAYS, NAMES)) if "p50" in row]
    assert (box["lowest"], box["p25"], box["p50"], box["p75"], box["highest"]) == (1, 2, 3, 4, 5)
    assert box["p5"] == pytest.approx(1.2)  # a twentieth of the way along four steps
    assert box["n"] == 5


def test_the_profile_puts_better_to_the_right_whatever_the_direction():
    points = {point["key"]: point for point in rows_of(profile()) if "key" in point}
    assert (
        points["up"]["position"] == -1.0
    )  # 10 under the country's 20, the farthest of all, higher is better
    assert points["down"]["position"] == 1.0
    assert (points["up"]["worst"], points["up"]["best"]) == ("10.0", "26.0")
    assert (points["down"]["worst"], points["down"]["best"]) == ("26.0", "10.0")


def test_a_profile_line_without_a_value_says_why():
    own = [row("A", None, "missing", indicator="up")]
    others = [row("A", 10.0, indicator="up"), row("B", 26.0, indicator="up")]
    spec = spine(own, others, {"up": PATHWAYS}, "Alder Vale", national=[row("ENG", 20.0, indicator="up")])
    assert "missing" in words_of(to_svg(spec))


def test_charts_without_rows_are_empty_and_not_a_fault():
    assert "no figures" in " ".join(charts.ranked_bars([], PATHWAYS, NAMES)["title"]["subtitle"])
    assert "No figures" in words_of(to_svg(charts.trend([], PATHWAYS, "Alder Vale")))
    assert "No figures" in words_of(to_svg(charts.distribution_over_time([], PATHWAYS, NAMES)))
    assert "No figures" in words_of(to_svg(spine([], [], {"up": PATHWAYS}, "Alder Vale")))


def test_a_png_has_two_pixels_to_each_of_the_charts_own():
    picture = to_png(charts.ranked_bars(EVERY_STATUS, PATHWAYS, NAMES), scale=2)
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") >= 2 * 700


def test_an_axis_of_percentages_and_of_pounds_says_so():
    percent = to_svg(charts.ranked_bars(EVERY_STATUS, PATHWAYS | {"unit": "% of people"}, NAMES))
    money = to_svg(charts.ranked_bars(EVERY_STATUS, PATHWAYS | {"unit": "£ per patient"}, NAMES))
    assert "30%" in words_of(percent)
    assert "£30" in words_of(money)


def test_colours_can_be_read_and_told_from_paper():
    for text in (colour.INK, colour.MUTED, colour.WITHOUT_VALUE, colour.SELECTED):
        assert colour.contrast(text) >= 4.5
    for mark in (colour.AREA, colour.SELECTED, colour.OUTLINE, *colour.SIGNIFICANCE.values()):
        assert colour.contrast(mark) >= 3
    assert colour.contrast("#000000") == pytest.approx(21)


def test_fifths_go_from_light_to_dark_in_steps_that_show():
    depth = [colour.contrast(fill) for fill in colour.FIFTHS]
    assert all(darker / lighter >= 1.3 for lighter, darker in itertools.pairwise(depth))


def test_every_significance_has_its_own_shape_or_none():
    shapes = {word: shape for word, shape in colour.SIGNIFICANCE_SHAPE.items() if word != "not_compared"}
    assert len(set(shapes.values())) == len(shapes)


def test_a_lone_period_between_gaps_still_shows_its_interval():
    rows = [row("A", None, "missing", month=1), row("A", 22.0, month=3), row("A", None, "missing", month=5)]
    svg = to_svg(charts.trend(rows, PATHWAYS, "Alder Vale"))
    assert len(re.findall(r'<line[^>]*stroke="#c24e00"', svg)) == 1
    assert "dashed" not in svg


def test_pointing_at_an_area_says_how_it_compares():
    against = [{"area": "A", "benchmark": "national", "significance": "similar"}]
    points = {
        p["area"]: p for p in rows_of(charts.ranked_bars(EVERY_STATUS, PATHWAYS, NAMES, comparisons=against))
    }
    assert points["A"]["compared"] == "cannot be told apart"
    assert points["B"]["compared"] == "not compared"
