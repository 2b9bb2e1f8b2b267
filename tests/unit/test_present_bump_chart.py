"""The bump chart: no rank without its interval, no line over a period without a rank, few enough lines to follow."""

import re
from datetime import date

import pytest

from careatlas.present import bump_chart
from careatlas.present.theme import DESK, PHONE, to_svg

DONE = {"title": "Done", "unit": "per 1,000", "decimals": 1, "polarity": "neither"}
NAMES = {"A": "Alder Vale", "B": "Birch Moor"}


def rank(area, month, place, group="neither_half", limits=True):
    return {
        "area": area,
        "benchmark": "national",
        "period_start": date(2026, month, 1),
        "period_end": date(2026, month, {1: 31, 2: 28, 3: 31}[month]),
        "rank": float(place),
        "rank_lower": place - 1.0 if limits else None,
        "rank_upper": place + 1.0 if limits else None,
        "ranked_areas": 20,
        "group": group,
    }


RANKS = [
    rank("A", 1, 3),
    rank("A", 2, 4),
    rank("A", 3, 5),
    rank("B", 1, 9),
    rank("B", 3, 10),
    rank("C", 2, 1),
]


def test_only_the_areas_asked_for_are_drawn():
    points = bump_chart.rank_points(RANKS, NAMES)
    assert [(point["area"], point["rank"], point["limits"]) for point in points] == [
        ("A", 3, "2 to 4"),
        ("A", 4, "3 to 5"),
        ("A", 5, "4 to 6"),
        ("B", 9, "8 to 10"),
        ("B", 10, "9 to 11"),
    ]


def test_no_line_is_drawn_over_a_period_without_a_rank():
    runs = {(point["area"], point["period"]): point["run"] for point in bump_chart.rank_points(RANKS, NAMES)}
    assert runs["A", "2026-01-31"] == runs["A", "2026-03-31"]
    assert runs["B", "2026-01-31"] != runs["B", "2026-03-31"]


@pytest.mark.parametrize(
    "row", [rank("A", 1, 3, limits=False), rank("A", 1, 3, "not_apart"), rank("A", 1, 3, None)]
)
def test_a_rank_that_cannot_be_told_is_not_drawn(row):
    assert bump_chart.rank_points([row], NAMES) == []
    assert "No figures" in to_svg(bump_chart.bump_chart([row], DONE, NAMES))


def test_each_line_differs_by_more_than_its_colour():
    looks = [(dash, shape) for _, dash, shape in bump_chart.LINES]
    assert len({(tuple(dash), shape) for dash, shape in looks}) == len(looks) >= bump_chart.MOST_LINES
    assert len({paint for paint, _, _ in bump_chart.LINES}) == len(bump_chart.LINES)


def test_more_lines_than_can_be_followed_are_refused():
    many = {f"X{n}": f"X{n}" for n in range(11)}
    with pytest.raises(ValueError, match="at most 10 areas can be told apart; there are 11"):
        bump_chart.bump_chart(RANKS, DONE, many)


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_it_fits_names_its_lines_and_says_what_rank_1_is(width):
    svg = to_svg(
        bump_chart.bump_chart(RANKS, DONE, NAMES, selected="A", source="Source: made up.", width=width)
    )
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", svg))
    assert "Rank 1 is the highest value, not the best." in words
    assert "Alder Vale" in words
    assert "Birch Moor" in words
    assert int(re.search(r'<svg[^>]* width="(\d+)', svg)[1]) <= width


def test_the_description_says_the_latest_ranks_with_their_intervals():
    said = bump_chart.bump_chart(RANKS, DONE, NAMES)["description"]
    assert "Alder Vale, March 2026: 5 of 20 (95% interval 4 to 6)." in said
