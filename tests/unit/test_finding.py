"""Searching the library: words in any form, what narrows them, the order, and whom it shows what."""

from datetime import UTC, datetime

import pytest
from authored import person
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.finding import Asked, find, matching
from careatlas.improve.evidence.models import Example, Stage, Verdict
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Organisation, Role
from careatlas.improve.record import keeping

pytestmark = pytest.mark.django_db
ANYBODY = AnonymousUser()


@pytest.fixture
def ann(release):
    organisations.take_from(release)
    return person("ann", (Role.AUTHOR, "B0"))


@pytest.fixture
def example(ann):
    def make(title: str, owner: str = "B0", day: int = 1, **more) -> Example:
        said = {
            "stage": Stage.PUBLISHED,
            "published_at": datetime(2026, 1, day, tzinfo=UTC),
            "overall": 70.0,
            "rating": "recommended",
        } | more
        where = Organisation.objects.get(code=owner)
        return keeping.create(Example, "ann", "the test", owner=where, author=ann, title=title, **said)

    return make


def found(release, user=ANYBODY, **asked):
    return [one.title for one in find(user, Asked.read(asked), release).examples]


def counts(release, facet: str, **asked) -> dict[str, int]:
    (one,) = [one for one in find(ANYBODY, Asked.read(asked), release).facets if one.name == facet]
    return {choice.id: choice.count for choice in one.choices}


def test_a_word_is_found_in_any_of_its_forms_and_in_any_text(release, example):
    example("Shorter waits", enablers="Two nurses.")
    example("Other work", problem="People were *waiting* for a nurse.")
    assert set(found(release, words="waiting")) == {"Shorter waits", "Other work"}
    assert set(found(release, words="NURSES")) == {"Shorter waits", "Other work"}
    assert found(release, words="wards") == []


def test_a_word_of_the_title_counts_more_than_one_far_down(release, example):
    example("Falls clinic", day=1)
    example("Physiotherapy at home", day=9, evidence="It may have led to fewer falls than before.")
    assert found(release, words="falls") == ["Falls clinic", "Physiotherapy at home"]


def test_all_words_must_be_there_and_a_phrase_stands_together(release, example):
    example("Beds", problem="The length of stay was long.")
    example("Wards", problem="At some length, people stay. Of beds nothing.")
    assert set(found(release, words="stay length")) == {"Beds", "Wards"}
    assert found(release, words='"length of stay"') == ["Beds"]
    assert set(found(release, words="the length of a stay")) == {"Beds", "Wards"}


def test_where_no_example_has_all_words_those_with_some_are_shown_and_it_is_said(release, example):
    example("Falls clinic")
    answer = find(ANYBODY, Asked.read({"words": "falls helicopter"}), release)
    assert ([one.title for one in answer.examples], answer.is_any) == (["Falls clinic"], True)


@pytest.mark.parametrize(
    "words",
    ['"', "' OR 1=1 --", "NEAR(", "title:falls", "a*", "(((", "^falls", "-falls", "\\", "😀", "& | !", "%s", "falls:*"],
)  # fmt: skip
def test_no_words_are_a_command_to_the_database(release, example, words):
    example("Falls clinic")
    assert found(release, words=words) in ([], ["Falls clinic"])


def test_words_that_are_changed_or_removed_are_found_no_more(release, example):
    one = example("Falls clinic", summary="Balance classes.")
    one = keeping.change(one, "ann", "better words", one.version, summary="Tai chi.")
    assert found(release, words="balance") == []
    assert found(release, words="tai") == ["Falls clinic"]
    keeping.remove(one, "ann", "gone")
    assert found(release, words="tai") == []


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage != Stage.PUBLISHED])
def test_only_what_is_published_is_found_by_its_author_too(release, example, ann, stage):
    example("Falls clinic", stage=stage)
    assert found(release, ann, words="falls") == found(release, words="falls") == []


def test_each_choice_narrows_and_its_count_is_what_it_would_leave(release, example):
    example(
        "One", setting="hospital_inpatient", saving_cash_gbp=5, verdict=Verdict.PROVEN, indicator="completed"
    )
    example("Two", setting="hospital_inpatient", owner="B3", saving_capacity_gbp=5, saving_cash_gbp=0)
    example("Three", setting="community", rating="", day=2)
    assert found(release, setting="hospital_inpatient", region="R0") == ["One"]
    assert found(release, saving="cash") == found(release, verdict="proven") == ["One"]
    assert found(release, rating="none") == found(release, setting="community") == ["Three"]
    assert found(release, indicator="completed") == ["One"]
    assert counts(release, "region", setting="hospital_inpatient") == {"R0": 1, "R1": 1}
    assert counts(release, "setting", region="R0") == {"hospital_inpatient": 1, "community": 1}
    assert counts(release, "setting", region="R1", setting="community") == {
        "hospital_inpatient": 1,
        "community": 0,
    }


def test_an_example_is_found_under_its_workstreams_too(release, example):
    first = next(iter(release.catalogue["programmes"]))
    example("One", programme=first)
    example("Two", workstreams=[first, "other"], day=2)
    assert found(release, programme=first) == ["Two", "One"]


def test_without_words_the_newest_come_first_or_the_highest_if_asked(release, example):
    example("Old and good", day=1, overall=90.0)
    example("New", day=5)
    example("New too", day=5)
    assert found(release) == ["New too", "New", "Old and good"]
    assert found(release, order="highest") == ["Old and good", "New too", "New"]


def test_the_list_comes_in_pages_that_neither_miss_nor_repeat(release, example):
    for number in range(45):
        example(f"Falls {number}")
    pages = [found(release, words="falls", page=str(page)) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [20, 20, 5, 0]
    assert len({title for page in pages for title in page}) == 45
    assert len(matching(Asked.read({"words": "falls"}))) == 45


@pytest.mark.parametrize(
    "asked", [{"setting": "moon"}, {"page": "0"}, {"page": "x"}, {"order": "best"}, {"rating": "A"}]
)
def test_what_no_example_can_be_is_said_to_be_none(release, ann, asked):
    with pytest.raises(NotKnownError):
        find(ANYBODY, Asked.read(asked), release)


def test_a_search_goes_round_as_an_address():
    asked = Asked.read({"words": "falls & co", "setting": "community"})
    assert asked.as_text() == "words=falls+%26+co&setting=community"


def test_an_empty_library_has_nothing_to_choose(release, ann):
    answer = find(ANYBODY, Asked(), release)
    assert (answer.total, answer.in_all, answer.pages) == (0, 0, 1)
    assert all(not facet.choices for facet in answer.facets)


def test_the_list_is_made_from_an_index_and_reads_no_text(release, example):
    example("Falls clinic")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "EXPLAIN QUERY PLAN SELECT id, programme, overall FROM evidence_example WHERE stage = 'published'"
            )
            assert "COVERING INDEX" in str(cursor.fetchall())
