"""How few parts make half of a gap, in words: no sentence says another number than its table."""

import re

import pytest

from careatlas.present.concentration_words import events_of, few_parts, gap_in_events, why_no_parts

NAMES = {"100": "General surgery", "110": "Orthopaedics", "330": "Dermatology", "mix": "Mix of specialties"}
PATHWAYS = {"numerator": {"table": "rtt", "measure": "pathways"}, "unit": "per 1,000 people"}


def row(part, excess, share, place=1, **more):
    """One of three parts listed, of an area with 1,240 events where 1,000 are expected."""
    of_area = {"area_observed": 1240.0, "area_expected": 1000.0, "left_out": 0.0, "note": None}
    shared = {"parts": 20, "parts_for_half": 3, "place": place}
    return {"part": part, "excess": excess, "share_of_gap": share, **of_area, **shared} | more


def three(**more):
    given = (("110", 80.0, 80 / 240), ("100", 30.0, 30 / 240), ("330", 20.0, 20 / 240))
    return [row(*each, place=n, **more) for n, each in enumerate(given, 1)]


def numbers_in(sentence):
    return [float(n.replace(",", "").rstrip("%")) for n in re.findall(r"[+-]?\d[\d,]*%?", sentence)]


def test_three_of_twenty_are_enough_for_half():
    assert few_parts(three(), "specialties", NAMES) == (
        "Three of its 20 specialties are enough for half of it (together 54%): Orthopaedics (+80), General surgery "
        "(+30) and Dermatology (+20)."
    )


def test_every_number_of_a_sentence_is_one_of_its_rows_or_their_sum():
    rows = three()
    known = {20.0, *(r["excess"] for r in rows), round(100 * sum(r["share_of_gap"] for r in rows))}
    assert set(numbers_in(few_parts(rows, "specialties", NAMES))) == known


def test_what_parts_that_pull_the_other_way_do_is_said():
    sentence = few_parts([row("110", 300.0, 1.25, parts_for_half=1)], "specialties", NAMES)
    assert sentence == (
        "One of its 20 specialties is enough for half of it (125%, because others pull the other way): "
        "Orthopaedics (+300)."
    )


def test_the_mix_is_no_specialty():
    alone = [row("mix", -375.0, 2.5, parts_for_half=1)]
    assert few_parts(alone, "specialties", NAMES).startswith(
        "Its mix of specialties is enough for half of it (250%"
    )
    both = [row("110", 90.0, 0.375, parts_for_half=2), row("mix", 70.0, 0.29, place=2, parts_for_half=2)]
    assert few_parts(both, "specialties", NAMES).startswith(
        "One of its 20 specialties and their mix are enough"
    )


def test_where_ten_are_not_enough_the_sentence_does_not_say_that_they_are():
    rows = [row("110", 10.0, 0.04, place=n, parts_for_half=13) for n in range(1, 11)]
    sentence = few_parts(rows, "specialties", NAMES)
    assert sentence.startswith(
        "It takes 13 of its 20 specialties to make half of it: first Orthopaedics (+10)"
    )
    assert "are enough" not in sentence


def test_what_is_left_out_is_said_with_its_size():
    """240 in all, of which 40 lie in a board that did not report in full: the parts make 200."""
    told = few_parts(
        three(left_out=40.0, note="left out: Upper Board (B0), without a full return"), "boards", NAMES
    )
    assert "enough for half of the +200 that they make together" in told
    assert told.endswith(" Left out: Upper Board (B0), without a full return (+40).")


def test_the_gap_is_told_with_both_counts_and_where_it_comes_and_goes_that_is_said():
    def told(verdict):
        return gap_in_events(row("110", 80.0, 0.3), PATHWAYS, "Leeds", "England", "January 2026", verdict)

    assert told("unexplained") == (
        "In January 2026 Leeds counted 1,240 pathways. At England's rate per 1,000 people it would be 1,000, so the "
        "gap is +240."
    )
    assert (
        told("comes_and_goes")
        == f"{told(None)} It comes and goes, so these are the parts of that period alone."
    )


@pytest.mark.parametrize(
    ("verdict", "significance", "says"),
    [
        ("within_chance", "higher", "within chance"),
        ("in_line_with_need", "similar", "cannot be told apart from England's"),
        ("unexplained", "higher", ""),
        (None, None, ""),
    ],
)
def test_parts_of_what_may_be_chance_are_not_listed_and_the_page_says_why(verdict, significance, says):
    told = why_no_parts(verdict, significance, "England")
    assert says in told
    assert bool(says) == bool(told)


def test_what_a_publisher_does_not_name_is_called_events():
    assert events_of(PATHWAYS) == "pathways"
    assert events_of({"numerator": {"table": "prescribing", "measure": "numerator"}}) == "events"
