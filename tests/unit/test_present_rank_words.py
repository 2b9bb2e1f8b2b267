"""What is said of ranks is what the rows say: every count, name and place in a sentence is read back and checked."""

import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from careatlas.methods.placing import placing
from careatlas.methods.ranking import Scores
from careatlas.present.rank_words import groups_in_words, noise_in_words, place, rank_sentence
from careatlas.web.waiting_rates import allowed_for

NEITHER, HIGHER = {"polarity": "neither"}, {"polarity": "higher_is_better"}
NAMES = {f"A{n:02d}": f"Place {chr(65 + n)}" for n in range(26)}
REPORTED = {"status": "reported", "note": None}


def national(rank=2.0, lower=1.0, upper=4.0, group="higher_half", areas=103, noise="counting", area="A00"):
    places = {"rank": rank, "rank_lower": lower, "rank_upper": upper, "group": group}
    return places | {"area": area, "ranked_areas": areas, "noise": noise}


def placed(values, chance, noise="counting"):
    """Rows of ``comparisons`` as a build makes them, of areas with these values."""
    value = np.array([values], float)
    found = placing(Scores(value, value, np.array([chance], float), np.zeros((1, len(values)))))
    columns = zip(found.rank[0], found.lower[0], found.upper[0], found.group[0], strict=True)
    rows = []
    for n, (rank, lower, upper, group) in enumerate(columns):
        known = (None if np.isnan(each) else float(each) for each in (rank, lower, upper))
        rows.append(national(*known, str(group), len(values), noise, f"A{n:02d}"))
    return rows


lists = st.lists(st.tuples(st.floats(-20, 20), st.floats(0.01, 9)), min_size=2, max_size=14)


@settings(max_examples=150, deadline=None)
@given(lists)
def test_the_counts_and_names_of_a_list_are_those_of_its_rows(drawn):
    rows = placed(*zip(*drawn, strict=True))
    sentences = groups_in_words(rows, NAMES)
    if rows[0]["group"] == "not_apart":
        assert sentences == [
            f"No ranks are given: the {len(rows)} areas cannot be told apart, "
            "allowing for chance in the counting."
        ]
        return
    counts = [int(each) for each in re.findall(r"\d+", sentences[0])]
    groups = [row["group"] for row in rows]
    expected = [groups.count(group) for group in ("higher_half", "lower_half", "neither_half")]
    assert counts == [len(rows), *expected]
    assert sum(expected) == len(rows)
    for said, could_be in zip(
        sentences[1].rstrip(".").split("; "),
        (
            {NAMES[row["area"]] for row in rows if row["rank_lower"] == 1},
            {NAMES[row["area"]] for row in rows if row["rank_upper"] == len(rows)},
        ),
        strict=True,
    ):
        named = set(re.findall(r"Place [A-Z]", said))
        assert named == (could_be if len(could_be) <= 3 else set())
        if len(could_be) > 3:
            assert len(could_be) == int(re.search(r"any of (\d+)", said)[1])


@settings(max_examples=150, deadline=None)
@given(lists, st.sampled_from([NEITHER, HIGHER]), st.sampled_from(["counting", "comes_and_goes"]))
def test_an_areas_sentence_and_its_cell_never_contradict_its_row(drawn, indicator, noise):
    rows = placed(*zip(*drawn, strict=True), noise)
    for row in rows:
        said, cell = rank_sentence(REPORTED, row, indicator), place(row, in_order=indicator is HIGHER)
        assert ("comes and goes" in said) == (noise == "comes_and_goes")
        if row["group"] == "not_apart":
            assert said.startswith("It has no rank: the ")
            assert cell == "cannot be told"
            continue
        low, high = f"{row['rank_lower']:g}", f"{row['rank_upper']:g}"
        assert f"of {len(rows)} (1 = highest value)" in said
        assert cell.endswith(f"{low} to {high}") or cell.endswith(f"({low} to {high})")
        assert low in said
        assert high in said
        assert ("in the higher half" in said) <= (row["rank_upper"] <= len(rows) / 2)
        assert ("in the lower half" in said) <= (row["rank_lower"] > len(rows) / 2)
        is_wide = row["rank_upper"] - row["rank_lower"] + 1 > len(rows) / 2
        assert ("cannot be told" in said) == is_wide
        says_rank = said.startswith(f"It ranks {row['rank']:g} of")
        assert says_rank == (indicator is HIGHER and not is_wide)
        assert says_rank == cell.startswith(f"{row['rank']:g} (")


@settings(max_examples=100, deadline=None)
@given(lists)
def test_areas_named_as_highest_are_those_that_nobody_is_above(drawn):
    rows = placed(*zip(*drawn, strict=True))
    assume(rows[0]["group"] != "not_apart")
    (only, *others) = [row for row in rows if row["rank_lower"] == 1]
    assert only["rank_lower"] == 1  # somebody always could be
    said = groups_in_words(rows, NAMES)[1]
    assert said.startswith(f"The highest is {NAMES[only['area']]}") == (not others)


def test_an_indicator_without_a_better_end_has_a_place_and_no_rank():
    assert rank_sentence(REPORTED, national(), NEITHER) == (
        "Allowing for chance in the counting, its place is between 1 and 4 of 103 (1 = highest value): "
        "in the higher half."
    )
    assert rank_sentence(REPORTED, national(), HIGHER) == (
        "It ranks 2 of 103 (1 = highest value); allowing for chance in the counting, between 1 and 4: "
        "in the higher half."
    )


def test_a_place_that_is_certain_is_one_place():
    row = national(rank=4.0, lower=4.0, upper=4.0, group="neither_half", areas=7, noise="comes_and_goes")
    assert rank_sentence(REPORTED, row, NEITHER) == (
        "Allowing for chance and for what comes and goes between periods, its place is 4 of 7 "
        "(1 = highest value): in neither half for certain."
    )


def test_one_area_by_itself_has_nobody_to_be_compared_with():
    row = national(None, None, None, "not_apart", areas=1)
    assert rank_sentence(REPORTED, row, HIGHER) == "It has no rank: there is no other area to compare with."


def test_without_ranked_areas_nothing_is_said():
    assert groups_in_words([], NAMES) == []
    assert groups_in_words([national(None, None, None, None, None, None)], NAMES) == []
    assert noise_in_words(None, 5) == ""


@pytest.mark.parametrize(
    ("noise", "periods", "said"),
    [
        ("counting", 1, "Counting error only: cannot show persistence, as one period is on file."),
        (
            "counting",
            11,
            "Counting error only: 11 periods are on file, and 12 are needed to tell what comes and goes.",
        ),
        ("counting", 12, "Counting error only: too few areas to tell what comes and goes between periods."),
        (
            "comes_and_goes",
            24,
            "Allows for chance in the counting and for what comes and goes between the 24 periods on file.",
        ),
    ],
)
def test_what_ranks_allow_for_is_said_by_how_many_periods_there_are(noise, periods, said):
    assert noise_in_words(noise, periods) == said


@pytest.mark.parametrize(("run", "used"), [(12, 12), (24, 24), (25, 24), (60, 24)])
def test_waits_never_say_more_months_than_what_comes_and_goes_was_told_from(run, used):
    said = allowed_for("comes_and_goes", run)
    assert f"between the {used} periods" in said
