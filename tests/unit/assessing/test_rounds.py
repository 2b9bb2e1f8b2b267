"""Rounds: who sees whose scores and when, and what two or three of them come to."""

import pytest
from assessing_small import WORDS, handed_in, scores
from authored import person
from django.contrib.auth.models import AnonymousUser

from careatlas.improve.evidence.assessing import deciding, rounds, scoring
from careatlas.improve.evidence.models import Assessment, Stage
from careatlas.improve.people import roles
from careatlas.improve.people.models import Role
from careatlas.improve.record import chain, keeping
from careatlas.improve.record.models import Entry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
NOBODY = AnonymousUser()


# Blindness


def seen_by(user) -> set[str]:
    found = rounds.assessments_visible_to(user).select_related("assessor")
    return {one.assessor.name for one in found}


def test_nobody_sees_anothers_scores_until_two_are_in(example, author, ann, ben, cas, pat):
    handed_in(example, ann, 3, 3, 3, 3)
    place = scoring.take(example, ben)
    scoring.save(place, ben, place.version, {"savings": 1}, {}, "a draft")
    assert seen_by(ann) == {"Ann"}
    assert seen_by(ben) == {"Ben"}
    for other in (author, cas, pat, NOBODY):
        assert seen_by(other) == set()
        assert rounds.result_seen_by(example, other) is None
    assert rounds.result_seen_by(example, ann) is None
    assert rounds.result_seen_by(example, ben) is None


def test_with_two_in_the_assessors_and_the_publisher_see_both_and_nobody_else(
    example, author, ann, ben, cas, pat
):
    handed_in(example, ann, 3, 3, 3, 3)
    handed_in(example, ben, 3, 3, 3, 2)
    for one in (ann, ben, pat):
        assert seen_by(one) == {"Ann", "Ben"}
        assert len(rounds.result_seen_by(example, one).assessments) == 2
    for other in (author, cas, NOBODY):
        assert seen_by(other) == set()


def test_the_owner_sees_scores_once_it_is_decided_and_the_public_once_published(
    example, author, ann, ben, pat, release, measured
):
    colleague = person("colleague", (Role.AUTHOR, "B0"))
    stranger = person("stranger", (Role.AUTHOR, "B1"))
    handed_in(example, ann, 1, 1, 1, 1)
    handed_in(example, ben, 1, 1, 1, 2)
    deciding.return_to_author(example, pat, example.version, "Costs are missing.")
    assert seen_by(author) == seen_by(colleague) == {"Ann", "Ben"}
    assert seen_by(stranger) == seen_by(NOBODY) == set()

    example.refresh_from_db()
    again = keeping.change(
        example, author.email, "handed in", example.version, stage=Stage.SUBMITTED, round=2
    )
    handed_in(again, ann, 4, 4, 4, 4)
    handed_in(again, ben, 4, 4, 4, 3)
    deciding.publish(again, pat, again.version, release)
    shown = rounds.result_seen_by(again, NOBODY)
    assert (shown.number, shown.overall) == (2, 96.875)
    seen = rounds.assessments_visible_to(NOBODY).filter(round=1)
    assert not seen.exists()  # the scores of a draft that was returned are its author's


def test_a_place_claimed_only_shows_nothing(example, ann, ben, pat):
    claimed = person("claimed")
    roles.grant(claimed, Role.AUTHOR, example.owner, "claimed@nhs.test", "said so", claimed=True)
    handed_in(example, ann, 3, 3, 3, 3)
    handed_in(example, ben, 3, 3, 3, 3)
    deciding.return_to_author(example, pat, example.version, "Costs.")
    assert seen_by(claimed) == set()


def recorded(user) -> str:
    return " ".join(
        f"{entry.who} {entry.before} {entry.after}"
        for entry in rounds.entries_seen_by(user, Entry.objects.filter(kind="evidence.assessment"))
    )


def test_the_record_shows_nobody_anothers_scores_before_it_may(example, author, ann, ben, cas, pat):
    handed_in(example, ann, 3, 3, 3, 3)
    place = scoring.take(example, ben)
    scoring.save(place, ben, place.version, {"savings": 1}, {"savings": "a secret draft"}, "")
    for other in (author, ann, cas, pat, NOBODY):
        told = recorded(other)
        assert "secret" not in told
        assert "'savings': 1" not in told
        assert ben.email not in told
    assert "secret" in recorded(ben)
    assert "'savings': 3" in recorded(ann)
    for other in (ben, author, cas, pat, NOBODY):
        assert "'savings': 3" not in recorded(other)
        assert ann.email not in recorded(other)

    place = scoring.hand_in(Assessment.objects.get(pk=place.pk), ben, 2, scores(2, 3, 3, 3), WORDS, "")
    assert "'savings': 2" in recorded(ann)
    assert "'savings': 3" in recorded(pat)
    assert "secret" not in recorded(ann)  # a draft stays its writer's
    assert "'savings': 2" not in recorded(author)
    assert list(chain.faults()) == []


def test_a_publisher_who_frees_a_place_does_not_read_the_draft(example, ann, pat):
    place = scoring.take(example, ann)
    scoring.save(place, ann, place.version, {"savings": 1}, {"savings": "a secret draft"}, "")
    deciding.free_place(place, pat, "away")
    assert "secret" not in recorded(pat)


def test_other_entries_of_the_record_stay_as_they_are(example, pat):
    before = list(Entry.objects.exclude(kind="evidence.assessment"))
    assert list(rounds.entries_seen_by(pat, before)) == before


# What a round comes to


def test_two_who_agree_give_their_mean(example, ann, ben):
    handed_in(example, ann, 4, 3, 3, 3)
    handed_in(example, ben, 3, 4, 3, 4)
    now = rounds.round_of(example)
    assert (now.is_finished, now.is_disputed, now.has_place) == (True, False, False)
    assert now.scores == {"savings": 3.5, "quality": 3.5, "evidence": 3, "implementability": 3.5}
    assert (now.overall, now.rating) == (84.375, "highly_recommended")  # 13.5 / 4 x 25


def test_two_who_disagree_wait_for_a_third_who_reads_both_and_whose_scores_stand(example, ann, ben, cas):
    handed_in(example, ann, 4, 4, 4, 4)
    handed_in(example, ben, 4, 2, 4, 4)
    now = rounds.round_of(example)
    assert (now.differing, now.wants_third, now.is_finished, now.has_place) == (
        ["quality"],
        True,
        False,
        True,
    )
    assert (now.scores, now.overall, now.rating) == ({}, None, "")

    [waiting] = scoring.queue(cas)
    assert waiting.is_third
    place = scoring.take(example, cas)
    assert place.is_third
    assert seen_by(cas) == {"Ann", "Ben", "Cas"}
    assert not rounds.round_of(example).is_finished
    assert seen_by(ann) == {"Ann", "Ben"}  # the third's draft is nobody's
    scoring.hand_in(place, cas, place.version, scores(3, 3, 3, 3), WORDS, "")

    now = rounds.round_of(example)
    assert (now.is_finished, now.overall, now.rating) == (True, 75, "recommended")
    assert [one.assessor.name for one in now.assessments] == ["Ann", "Ben", "Cas"]
    assert seen_by(ann) == {"Ann", "Ben", "Cas"}


def test_ratings_alone_may_disagree(example, ann, ben):
    handed_in(example, ann, 4, 3, 3, 3)
    handed_in(example, ben, 3, 3, 3, 3)
    now = rounds.round_of(example)
    assert (now.differing, now.is_disputed, now.wants_third) == ([], True, True)
    assert now.ratings == ["highly_recommended", "recommended"]


def test_neither_of_the_two_is_their_own_third(example, ann, ben):
    handed_in(example, ann, 4, 4, 4, 4)
    handed_in(example, ben, 0, 0, 0, 0)
    assert not scoring.take(example, ann).is_third
    assert scoring.queue(ben) == []
