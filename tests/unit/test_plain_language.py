"""Advice on plain words: what is found, and what is left in peace."""

import pytest

from careatlas.catalogue.care_setting import CareSetting, load_care_settings
from careatlas.catalogue.library import load_for_library
from careatlas.catalogue.plain_words import load_plain_words
from careatlas.errors import AtlasError
from careatlas.improve.evidence.writing.plain_language import advice


def about(text: str, **more: str) -> list[str]:
    return [one.about for one in advice(text, **more)]


def words(text: str) -> str:
    return " ".join(one.words for one in advice(text))


def test_plain_words_get_no_advice():
    assert (
        advice("Two clerks rang every patient. Fewer missed their visit. The NHS trust kept on doing it.")
        == []
    )


def test_nothing_written_gets_no_advice():
    assert advice("") == advice(" \n\n") == []


def test_a_long_sentence_is_shown_by_its_beginning():
    told = words("We " + "rang and " * 13 + "wrote.")
    assert told == "A sentence of 28 words: “We rang and rang and rang …”. Could it be two?"
    assert about("We " + "rang and " * 11 + "wrote it.") == []  # 25 words


def test_points_of_a_list_and_paragraphs_are_sentences_of_their_own():
    text = "We did this:\n\n" + "\n".join(f"- point {n} has some six words" for n in range(9))
    assert about(text) == []


def test_only_the_longest_three_are_shown_and_the_others_counted():
    text = " ".join("We " + "rang and " * (13 + n) + "wrote." for n in range(5))
    assert about(text) == ["sentences"] * 4
    assert "2 other sentences" in words(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The SDEC opened.", ["SDEC"]),
        ("Same day emergency care (SDEC) opened. The SDEC is quick.", []),
        ("SDEC (same day emergency care) opened.", []),
        ("Two SDECs opened.", ["SDEC"]),
        ("The NHS, GPs and ICBs of the UK.", []),
        ("See https://example.org/ABC/DEF for more.", []),
    ],
)
def test_acronyms_not_spelt_out(text, found):
    assert [one.words.split()[0] for one in advice(text)] == found


def test_an_acronym_spelt_out_in_an_earlier_section_is_known():
    assert about("The SDEC opened.", spelt_out_before="Same day emergency care (SDEC).") == []


def test_jargon_with_what_to_say_instead():
    assert words("Going forward we will leverage it.") == (
        "Instead of “leverage”: use. Instead of “going forward”: from now on."
    )
    assert about("The robustness of leveraged things") == []  # other words that begin alike


def test_of_two_phrases_one_in_the_other_only_the_longer_is_told():
    assert words("Stakeholder engagement with key stakeholders.").count("stakeholders”") == 1


def test_who_acted_is_asked_where_most_sentences_do_not_say():
    hidden = "Calls were made. Letters were sent. Patients were seen. We left."
    assert about(hidden) == ["passive"]
    assert about("We rang. We wrote. Calls were made. We left.") == []


def test_three_long_words_are_named_and_one_or_two_are_not():
    long = "Rehabilitation, physiotherapists and gastroenterology met."
    assert about(long) == ["words"]
    assert about("Physiotherapists met.") == []


def test_links_code_and_marks_are_no_words():
    assert advice("**Done** with `SOME_CODE` at [a page](https://example.org/QQQQ).") == []


def test_the_lists_in_content_are_read_and_name_nothing_twice():
    settings = load_for_library("settings", list[CareSetting])
    assert len({one.id for one in settings}) == len({one.title for one in settings}) == len(settings) > 10
    assert load_care_settings()["hospice"] == "Hospice and end of life care"
    assert all(phrase == phrase.lower() for phrase in load_plain_words().instead_of)


def test_a_list_that_cannot_be_read_says_where(tmp_path):
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "settings.yaml").write_text("- {id: a, titel: A}\n")
    with pytest.raises(AtlasError, match=r"library/settings.yaml"):
        load_for_library("settings", list[CareSetting], tmp_path)
