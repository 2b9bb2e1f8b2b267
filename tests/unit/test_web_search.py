"""Search: a reader types what she calls the place, not what the NHS calls it."""

import pytest
import web_release

from careatlas.web.search import plain, search


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("asked", ["St Éloi's", "st elois", "ST ÉLOI’S", "eloi", "éloi st"])
def test_a_town_is_found_without_its_accents_apostrophes_capitals_or_order(release, asked):
    assert [(place.name, place.area) for place in search(release, asked).places] == [("St Éloi's", "S05")]


def test_a_council_that_spans_two_areas_leads_to_both_larger_part_first(release):
    found = search(release, "wideshire").places
    assert [(place.area, place.share) for place in found] == [("S06", 0.75), ("S07", 0.25)]


def test_a_hospital_leads_to_its_trust(release):
    (place,) = search(release, "old royal").places
    assert (place.kind, place.area, place.area_name) == ("hospital", "T00", "Alderbrook Infirmary")


def test_the_exact_name_comes_before_longer_ones(release):
    assert [place.name for place in search(release, "alderbrook").places] == [
        "Alderbrook",
        "Alderbrook Infirmary",
    ]


def test_an_area_is_found_by_its_code(release):
    assert [place.area for place in search(release, "s05").places] == ["S05"]


def test_topics_answer_to_title_theme_and_programme(release):
    assert [topic.indicator for topic in search(release, "four hours").topics] == ["four_hours"]
    assert [topic.indicator for topic in search(release, "waiting").topics] == ["completed"]
    assert {topic.indicator for topic in search(release, "planned care").topics} == {
        "completed",
        "four_hours",
    }


def test_every_word_must_be_answered(release):
    found = search(release, "alderbrook cheese")
    assert (found.topics, found.places) == ([], [])


def test_one_letter_among_others_is_a_word_not_a_beginning(release):
    assert [place.name for place in search(release, "a").places][:1] == ["Alderbrook"]
    assert search(release, "alderbrook & i").places == search(release, "alderbrook i").places == []


def test_a_misspelt_name_is_suggested(release):
    assert search(release, "widdeshire").did_you_mean == ["Wideshire"]


def test_nothing_asked_finds_nothing(release):
    found = search(release, " ’ ")
    assert (found.topics, found.places, found.did_you_mean) == ([], [], [])


def test_plain_words_join_ampersands():
    assert plain("Bath & North-East") == "bath and north east"
