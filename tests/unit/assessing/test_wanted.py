"""Who is told that they are wanted: publishers where a decision is due, assessors where two disagree; and nobody when
it is done."""

import pytest
from assessing_small import handed_in, submitted
from authored import person

from careatlas.improve.evidence.assessing import deciding, scoring
from careatlas.improve.evidence.models import Notice
from careatlas.improve.people.models import Role

DUE = "“Earlier clinics” waits for a decision: all scores are in."
WANTED = "A third assessor is wanted: two disagree on “Earlier clinics”."


@pytest.fixture(autouse=True)
def bystanders(country):
    """Who may neither assess nor decide here."""
    person("local", (Role.PUBLISHER, "B0"))
    person("own", (Role.ASSESSOR, "S00"))
    person("reader", (Role.READER, "SIM"))


def unread() -> list[tuple[str, str, str]]:
    found = Notice.objects.filter(seen_at=None).order_by("user__name")
    return [(notice.user.name, notice.text, notice.address) for notice in found]


def test_with_one_score_in_nobody_is_told(example, ann, pat):
    handed_in(example, ann, 3, 3, 3, 3)
    assert unread() == []


def test_publishers_who_may_decide_are_told_when_all_scores_are_in(example, ann, ben, cas, pat):
    person("both", (Role.PUBLISHER, "SIM"), (Role.ASSESSOR, "B1"))
    handed_in(example, ann, 3, 3, 3, 3)
    handed_in(example, ben, 3, 3, 3, 3)
    address = f"/library/decisions/{example.pk}/"
    assert unread() == [("Both", DUE, address), ("Pat", DUE, address)]


def test_a_publisher_who_scored_or_wrote_it_is_not_asked_to_decide(ann, pat):
    paul = person("paul", (Role.PUBLISHER, "SIM"), (Role.ASSESSOR, "B1"))
    example = submitted(person("aud", (Role.AUTHOR, "B0"), (Role.PUBLISHER, "SIM")))
    handed_in(example, ann, 3, 3, 3, 3)
    handed_in(example, paul, 3, 3, 3, 3)
    assert [name for name, *_ in unread()] == ["Pat"]


def test_where_two_disagree_other_assessors_are_told_and_publishers_after_the_third(
    example, ann, ben, cas, pat
):
    handed_in(example, ann, 4, 4, 4, 4)
    handed_in(example, ben, 1, 1, 1, 1)
    assert unread() == [("Cas", WANTED, f"/library/assess/{example.pk}/")]
    handed_in(example, cas, 2, 2, 2, 2)
    assert [(name, text) for name, text, _ in unread()] == [("Pat", DUE)]


def test_once_the_third_has_come_others_need_not_and_again_where_the_place_is_free(
    example, ann, ben, cas, pat
):
    dan = person("dan", (Role.ASSESSOR, "B2"))
    handed_in(example, ann, 4, 4, 4, 4)
    handed_in(example, ben, 1, 1, 1, 1)
    assert [name for name, *_ in unread()] == ["Cas", "Dan"]
    place = scoring.take(example, cas)
    assert unread() == []
    scoring.leave(place, cas)
    assert [name for name, *_ in unread()] == ["Cas", "Dan"]
    place = scoring.take(example, dan)
    deciding.free_place(place, pat, "They are away.")
    assert [name for name, *_ in unread()] == ["Cas", "Dan"]


def test_what_is_decided_waits_for_nobody(example, ann, ben, cas, pat, release, measured):
    person("pia", (Role.PUBLISHER, "SIM"))
    handed_in(example, ann, 3, 3, 3, 3)
    handed_in(example, ben, 3, 3, 3, 3)
    assert [name for name, *_ in unread()] == ["Pat", "Pia"]
    deciding.publish(example, pat, example.version, release)
    assert [name for name, *_ in unread()] == ["Author"]


def test_returned_in_the_middle_of_a_dispute_no_third_is_wanted(example, ann, ben, cas, pat):
    handed_in(example, ann, 4, 4, 4, 4)
    handed_in(example, ben, 1, 1, 1, 1)
    deciding.return_to_author(example, pat, example.version, "Name the costs.")
    assert [name for name, *_ in unread()] == ["Author"]
