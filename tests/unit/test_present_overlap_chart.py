"""The picture of overlaps: a piece for each initiative, end to end, and what the pool holds beside them."""

from careatlas.present.overlap_chart import overlap_chart
from careatlas.present.theme import PHONE, to_svg

FULL = {
    "name": "Emergency admissions, Upper Board", "there": 100.0, "lower": -20.0, "upper": 220.0,
    "asked": [{"who": "A", "pounds": 60.0}, {"who": "B", "pounds": 90.0}],
}  # fmt: skip
UNTOLD = {
    "name": "Pathology, North", "there": None, "lower": None, "upper": None, "asked": [{"who": "C", "pounds": 50.0}]
}  # fmt: skip


def rows_of(spec, layer):
    return spec["datasets"][spec["layer"][layer]["data"]["name"]]


def test_pieces_of_60_and_90_stand_end_to_end():
    pieces = rows_of(overlap_chart([FULL], title="Pools"), 0)
    assert [(one["who"], one["from"], one["to"]) for one in pieces] == [("A", 0, 60), ("B", 60, 150)]


def test_of_a_pool_that_cannot_be_told_nothing_is_drawn_but_what_is_asked():
    spec = overlap_chart([FULL, UNTOLD], title="Pools")
    assert [one["is_told"] for one in rows_of(spec, 0)] == [True, True, False]
    assert [one["name"] for one in rows_of(spec, 1)] == ["Emergency admissions, Upper Board"]


def test_the_picture_says_in_words_what_it_shows_and_what_it_cannot():
    said = overlap_chart([FULL, UNTOLD], title="Pools")["description"]
    assert "Upper Board: 2 ask £150, it holds £100" in said
    assert "Pathology, North: 1 asks £50.0, it cannot be told" in said


def test_it_is_drawn_for_a_phone_and_without_any_pool():
    assert to_svg(overlap_chart([FULL, UNTOLD], title="Pools", width=PHONE)).startswith("<svg")
    assert "No figures" in to_svg(overlap_chart([], title="Pools"))
