"""Scoring: places and who takes them, drafts, and what is handed in for good."""

from datetime import UTC, datetime

import pytest
from assessing_small import GATES, WORDS, handed_in, scores, submitted

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.assessing import deciding, scoring
from careatlas.improve.evidence.assessing.scoring import NotNow
from careatlas.improve.evidence.models import Assessment
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.record import keeping

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


# Places


def test_two_take_a_place_and_the_next_is_told_that_it_is_late(example, ann, ben, cas):
    scoring.take(example, ann)
    scoring.take(example, ben)
    assert [waiting.example for waiting in scoring.queue(cas)] == []
    with pytest.raises(NotNow, match="taken the places"):
        scoring.take(example, cas)


def test_a_place_taken_twice_is_one_place(example, ann):
    assert scoring.take(example, ann) == scoring.take(example, ann)
    assert Assessment.objects.count() == 1


def test_the_queue_holds_what_one_has_begun_and_then_what_waits(example, author, ann):
    later = submitted(author, title="Later", submitted_at=datetime(2026, 5, 1, tzinfo=UTC))
    own = submitted(author, owner="B1", title="Own")
    assert [waiting.example for waiting in scoring.queue(ann)] == [example, later]
    scoring.take(later, ann)
    assert [(one.example, one.mine is not None) for one in scoring.queue(ann)] == [
        (later, True),
        (example, False),
    ]
    handed_in(example, ann, 3, 3, 3, 3)
    assert example not in [one.example for one in scoring.queue(ann)]
    assert [one.example for one in scoring.handed_in_by(ann)] == [example]
    assert own not in [one.example for one in scoring.queue(ann)]


def test_a_place_is_given_back_with_its_draft(example, ann, cas):
    place = scoring.take(example, ann)
    scoring.leave(place, ann)
    assert not Assessment.objects.exists()
    assert [waiting.example for waiting in scoring.queue(cas)] == [example]


def test_a_publisher_gives_a_place_that_nobody_fills_to_another(example, ann, pat):
    place = scoring.take(example, ann)
    with pytest.raises(Wrong):
        deciding.free_place(place, pat, " ")
    deciding.free_place(place, pat, "away for months")
    assert not Assessment.objects.exists()
    done = handed_in(example, ann, 3, 3, 3, 3)
    with pytest.raises(NotNow):
        deciding.free_place(done, pat, "too late")


# Writing


def test_a_draft_holds_however_little_there_is(example, ann):
    place = scoring.take(example, ann)
    place = scoring.save(place, ann, place.version, {"savings": 2}, {"quality": " so far "}, "")
    assert (place.scores, place.comments) == ({"savings": 2}, {"quality": "so far"})
    assert place.handed_in_at is None


def test_another_window_does_not_write_over_a_draft(example, ann):
    place = scoring.take(example, ann)
    scoring.save(place, ann, place.version, {"savings": 2}, {}, "one window")
    with pytest.raises(keeping.EditedMeanwhile) as refused:
        scoring.save(place, ann, place.version, {"savings": 4}, {}, "another")
    assert refused.value.now.comment == "one window"


@pytest.mark.parametrize("gate", GATES)
def test_each_gate_needs_a_score_and_words(example, ann, gate):
    place = scoring.take(example, ann)
    points, words = scores(3, 3, 3, 3), dict(WORDS)
    del points[gate]
    words[gate] = "  "
    with pytest.raises(Wrong) as refused:
        scoring.hand_in(place, ann, place.version, points, words, "")
    assert set(refused.value.faults) == {f"score-{gate}", f"comment-{gate}"}
    assert Assessment.objects.get().handed_in_at is None


@pytest.mark.parametrize("score", [-1, 5, 99])
def test_a_score_is_0_to_4(example, ann, score):
    place = scoring.take(example, ann)
    with pytest.raises(Wrong, match="from 0 to 4"):
        scoring.save(place, ann, place.version, {"savings": score}, {}, "")


def test_words_are_never_cut_silently(example, ann):
    place = scoring.take(example, ann)
    with pytest.raises(Wrong, match="too many"):
        scoring.save(place, ann, place.version, {}, {"savings": "x" * 4001}, "")


def test_what_is_handed_in_is_final(example, ann):
    done = handed_in(example, ann, 3, 3, 3, 3)
    for write in (scoring.save, scoring.hand_in):
        with pytest.raises(NotNow, match="final"):
            write(done, ann, done.version, scores(4, 4, 4, 4), WORDS, "")
    with pytest.raises(NotNow):
        scoring.leave(done, ann)
    assert Assessment.objects.get().scores == scores(3, 3, 3, 3)


def test_nobody_writes_in_anothers_assessment(example, ann, ben):
    place = scoring.take(example, ann)
    scoring.take(example, ben)
    with pytest.raises(NotKnownError):
        scoring.save(place, ben, place.version, scores(0, 0, 0, 0), WORDS, "")


def test_nothing_is_written_once_the_round_is_over(example, ann, pat):
    place = scoring.take(example, ann)
    deciding.return_to_author(example, pat, example.version, "The costs are missing.")
    with pytest.raises(NotKnownError):
        scoring.hand_in(place, ann, place.version, scores(3, 3, 3, 3), WORDS, "")
