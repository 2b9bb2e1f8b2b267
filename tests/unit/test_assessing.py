"""Assessing and deciding: who may, who sees what when, what a round comes to, and what is measured at the end."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from assessing_small import GATES, WORDS, handed_in, measurable, person, scores, small_country, submitted
from django.contrib.auth.models import AnonymousUser

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.assessing import deciding, rounds, scoring
from careatlas.improve.evidence.assessing.scoring import NotNow
from careatlas.improve.evidence.impartial import assessable, decidable_by, may_assess, may_decide
from careatlas.improve.evidence.measuring.effect import Effect
from careatlas.improve.evidence.models import Assessment, Example, Stage
from careatlas.improve.evidence.writing.sections import Wrong
from careatlas.improve.people import roles
from careatlas.improve.people.models import Organisation, Role
from careatlas.improve.record import chain, keeping
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
NOBODY = AnonymousUser()


class OfMay:
    """A release: nothing but its id is asked for, because what is measured of it is set by the test."""

    id = "000001-may"


class Later:
    id = "000002-later"


@pytest.fixture
def release():
    return OfMay


@pytest.fixture(autouse=True)
def country(monkeypatch):
    small_country()
    monkeypatch.setattr(scoring.timezone, "now", lambda: NOW)


@pytest.fixture
def author():
    return person("author", (Role.AUTHOR, "B0"))


@pytest.fixture
def ann():
    return person("ann", (Role.ASSESSOR, "B1"))


@pytest.fixture
def ben():
    return person("ben", (Role.ASSESSOR, "SIM"))


@pytest.fixture
def cas():
    return person("cas", (Role.ASSESSOR, "B2"))


@pytest.fixture
def pat():
    """A publisher of the country."""
    return person("pat", (Role.PUBLISHER, "SIM"))


@pytest.fixture
def example(author) -> Example:
    return submitted(author)


@dataclass
class Found:
    verdict: str = "proven"
    percent: float = -12.0
    release: str = ""

    def to_json(self):
        figures = {"percent": self.percent, "lower": self.percent - 4, "upper": self.percent + 4}
        return {"release": self.release, "verdict": self.verdict, "reason": "It fell.", **figures}


@pytest.fixture
def measured(monkeypatch):
    """What the atlas would measure, and how it was asked."""
    asked = []

    def measure(release, indicator, area, starts_on, direction, *, fixed_before):
        asked.append((indicator, area, starts_on, direction, fixed_before))
        return Found(effect.verdict, effect.percent, release.id)

    effect = Found()
    effect.asked = asked
    monkeypatch.setattr(deciding.effect, "measure", measure)
    return effect


# Who may assess


def test_assessors_are_of_other_boards_or_stand_above_all(example, ann, ben, cas):
    assert all(may_assess(user, example) for user in (ann, ben, cas))


@pytest.mark.parametrize("code", ["B0", "S00"])  # the owner's board; a part of it
def test_nobody_assesses_what_their_own_board_did(example, code):
    assert not may_assess(person("own", (Role.ASSESSOR, code)), example)


@pytest.mark.parametrize("role", [Role.READER, Role.AUTHOR, Role.PLAN_MANAGER, Role.PUBLISHER])
def test_any_role_at_the_owners_is_belonging_there(example, role):
    assert not may_assess(person("own", (Role.ASSESSOR, "SIM"), (role, "S00")), example)


def test_a_region_stands_above_its_boards_and_may(example):
    assert may_assess(person("region", (Role.ASSESSOR, "R0")), example)


def test_what_a_part_of_a_board_did_is_its_boards(author):
    of_a_part = submitted(author, owner="S00")
    assert not may_assess(person("board", (Role.ASSESSOR, "B0")), of_a_part)
    assert not may_assess(person("sister", (Role.ASSESSOR, "S04")), of_a_part)
    assert may_assess(person("other", (Role.ASSESSOR, "S31")), of_a_part)


def test_a_trust_in_no_board_stands_for_itself(author):
    at_a_trust = submitted(author, owner="T01")
    assert not may_assess(person("trust", (Role.ASSESSOR, "T01")), at_a_trust)
    assert not may_assess(person("ward", (Role.ASSESSOR, "T01W")), at_a_trust)
    assert may_assess(person("other", (Role.ASSESSOR, "T02")), at_a_trust)
    assert may_assess(person("region", (Role.ASSESSOR, "R0")), at_a_trust)


def test_what_the_country_itself_did_is_assessed_by_those_below(author, ben, ann):
    national = submitted(author, owner="SIM")
    assert not may_assess(ben, national)
    assert may_assess(ann, national)


def test_an_author_never_assesses_their_own(ben):
    own = submitted(ben)
    assert not may_assess(ben, own)


def test_without_the_role_nobody_assesses(example):
    assert not may_assess(person("reader", (Role.READER, "B1"), (Role.PUBLISHER, "B1")), example)
    assert not may_assess(NOBODY, example)


@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.RETURNED, Stage.WITHDRAWN])
def test_only_an_open_round_is_assessed(author, ann, stage):
    assert not may_assess(ann, submitted(author, stage=stage))


def test_whoever_moved_to_the_owner_may_write_no_more(example, ann):
    place = scoring.take(example, ann)
    roles.grant(ann, Role.READER, example.owner, "the test", "moved")
    with pytest.raises(NotKnownError):
        scoring.save(place, ann, place.version, scores(3, 3, 3, 3), WORDS, "")


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


# Deciding


def scored(example, ann, ben, *points: int) -> Example:
    handed_in(example, ann, *points)
    handed_in(example, ben, *points)
    return Example.objects.get(pk=example.pk)


def test_publishing_keeps_rating_verdict_release_and_the_day_of_the_next_review(
    author, ann, ben, pat, release, measured
):
    example = scored(submitted(author, **measurable()), ann, ben, 4, 3, 3, 3)
    published = deciding.publish(example, pat, example.version, release)
    assert (published.stage, published.overall, published.rating) == (
        Stage.PUBLISHED,
        81.25,
        "highly_recommended",
    )
    assert (published.verdict, published.effect["release"]) == ("proven", release.id)
    assert published.review_due == date(2028, 6, 15)  # 24 months after NOW
    assert measured.asked == [("completed", "B0", date(2025, 9, 1), "higher", True)]


def test_what_was_fixed_after_the_result_was_known_is_measured_as_such(
    author, ann, ben, pat, release, measured
):
    late = measurable() | {"known_until": date(2026, 3, 31)}
    example = scored(submitted(author, **late), ann, ben, 4, 3, 3, 3)
    deciding.publish(example, pat, example.version, release)
    assert measured.asked[0][-1] is False


def test_without_a_measure_it_is_proposed_and_says_why(example, ann, ben, pat, release):
    example = scored(example, ann, ben, 4, 4, 4, 4)
    published = deciding.publish(example, pat, example.version, release)
    assert published.verdict == "proposed"
    assert "Nothing was named" in published.effect["reason"]
    assert Effect.from_json(published.effect).percent is None  # whoever reads effects can read this one


def test_what_the_release_does_not_know_is_proposed(author, ann, ben, pat, release, monkeypatch):
    def measure(*asked, fixed_before):
        raise NotKnownError("B0", "is in no release.")

    monkeypatch.setattr(deciding.effect, "measure", measure)
    example = scored(submitted(author, **measurable()), ann, ben, 3, 3, 3, 3)
    published = deciding.publish(example, pat, example.version, release)
    assert published.verdict == "proposed"
    assert "B0 is in no release" in published.effect["reason"]


def test_nothing_is_published_before_all_scores_are_in(example, ann, ben, pat, release):
    for step in (
        lambda: None,
        lambda: handed_in(example, ann, 4, 4, 4, 4),
        lambda: handed_in(example, ben, 0, 0, 0, 0),
    ):
        step()
        with pytest.raises(NotNow, match="not all in"):
            deciding.publish(example, pat, example.version, release)


def test_what_was_decided_is_not_decided_again(example, ann, ben, pat, release, measured):
    example = scored(example, ann, ben, 4, 4, 4, 4)
    published = deciding.publish(example, pat, example.version, release)
    with pytest.raises(keeping.EditedMeanwhile):
        deciding.publish(example, pat, example.version, release)
    with pytest.raises(NotNow, match="decided already"):
        deciding.publish(published, pat, published.version, release)
    with pytest.raises(NotNow):
        deciding.return_to_author(published, pat, published.version, "No.")


def test_the_author_is_told_why_and_a_new_round_starts_afresh(example, author, ann, ben, pat):
    handed_in(example, ann, 1, 1, 1, 1)
    with pytest.raises(Wrong, match="what the author should do"):
        deciding.return_to_author(example, pat, example.version, "\n")
    returned = deciding.return_to_author(example, pat, example.version, "Name the costs.")
    assert (returned.stage, returned.comment, returned.round_decided) == (
        Stage.RETURNED,
        "Name the costs.",
        1,
    )
    again = keeping.change(
        returned, author.email, "handed in", returned.version, stage=Stage.SUBMITTED, round=2
    )
    assert rounds.round_of(again).assessments == ()
    assert handed_in(again, ann, 3, 3, 3, 3).round == 2


def test_withdrawn_says_so_to_readers(example, ann, ben, pat, release, measured):
    example = scored(example, ann, ben, 4, 4, 4, 4)
    with pytest.raises(NotNow, match="published can be withdrawn"):
        deciding.withdraw(example, pat, example.version, "x")
    published = deciding.publish(example, pat, example.version, release)
    with pytest.raises(Wrong, match="to readers"):
        deciding.withdraw(published, pat, published.version, "")
    withdrawn = deciding.withdraw(published, pat, published.version, "The drug was recalled.")
    assert (withdrawn.stage, withdrawn.comment, withdrawn.review_due) == (
        Stage.WITHDRAWN,
        "The drug was recalled.",
        None,
    )
    assert rounds.result_seen_by(withdrawn, NOBODY) is None


@pytest.mark.parametrize(
    "granted", [(Role.PUBLISHER, "B0"), (Role.PUBLISHER, "R0"), (Role.ASSESSOR, "SIM"), (Role.AUTHOR, "SIM")]
)
def test_only_publishers_of_the_country_decide(example, granted):
    other = person("other", granted)
    assert not may_decide(other, example)
    assert not Example.objects.filter(decidable_by(other)).exists()
    with pytest.raises(NotKnownError):
        deciding.return_to_author(example, other, example.version, "No.")


def test_an_atlas_may_name_other_organisations_whose_publishers_decide(example, pat, monkeypatch):
    gates = deciding.load_gates().model_copy(update={"publishing_organisations": ["R1"]})
    monkeypatch.setattr("careatlas.improve.evidence.impartial.load_gates", lambda: gates)
    assert may_decide(person("south", (Role.PUBLISHER, "R1")), example)
    assert not may_decide(person("north", (Role.PUBLISHER, "R0")), example)
    assert may_decide(pat, example)  # the country reaches all below


def test_nobody_decides_on_what_they_wrote_or_assessed(author, pat, release):
    roles.grant(pat, Role.ASSESSOR, Organisation.objects.get(code="SIM"), "the test", "needed")
    assert not may_decide(pat, submitted(pat))
    other = submitted(author)
    assert may_decide(pat, other)
    scoring.take(other, pat)
    assert not may_decide(pat, other)
    with pytest.raises(NotKnownError):
        deciding.publish(other, pat, other.version, release)


def test_drafts_are_no_publishers_business(author, pat):
    for stage in (Stage.DRAFT, Stage.RETURNED, Stage.WITHDRAWN):
        assert not may_decide(pat, submitted(author, stage=stage))


def test_the_publishers_list_begins_with_what_can_be_decided(example, author, ann, ben, pat):
    ready = scored(submitted(author, submitted_at=datetime(2026, 5, 1, tzinfo=UTC)), ann, ben, 3, 3, 3, 3)
    assert [row.example for row in deciding.standing(pat)] == [ready, example]
    assert deciding.standing(ann) == []


# Again


def published(author, ann, ben, pat, release, **more) -> Example:
    example = scored(submitted(author, **more), ann, ben, 4, 3, 3, 3)
    return deciding.publish(example, pat, example.version, release)


def test_reviews_are_due_after_two_years_and_open_a_round_while_readers_go_on_seeing_it(
    author, ann, ben, cas, pat, release, measured
):
    example = published(author, ann, ben, pat, release)
    assert not deciding.reviews_due(date(2028, 6, 14)).exists()
    assert list(deciding.reviews_due(date(2028, 6, 15))) == [example]

    again = deciding.open_review(example, pat, example.version)
    assert (again.stage, again.round, again.round_decided) == (Stage.PUBLISHED, 2, 1)
    assert not deciding.reviews_due(date(2030, 1, 1)).exists()
    with pytest.raises(NotNow):
        deciding.open_review(again, pat, again.version)
    handed_in(again, cas, 2, 2, 2, 2)
    handed_in(again, ben, 2, 2, 2, 2)
    assert rounds.result_seen_by(again, NOBODY).number == 1
    assert again.rating == "highly_recommended"

    decided = deciding.publish(again, pat, again.version, release)
    assert (decided.rating, decided.overall, decided.round_decided) == ("none", 50, 2)
    assert rounds.result_seen_by(decided, NOBODY).number == 2


def test_a_published_example_can_be_withdrawn_in_the_middle_of_a_review(
    author, ann, ben, pat, release, measured
):
    example = published(author, ann, ben, pat, release)
    again = deciding.open_review(example, pat, example.version)
    scoring.take(again, ann)
    withdrawn = deciding.withdraw(again, pat, again.version, "It harmed people.")
    assert not Example.objects.filter(assessable(ann), pk=withdrawn.pk).exists()


def test_a_new_release_measures_again_once_and_the_change_is_kept(author, ann, ben, pat, release, measured):
    example = published(author, ann, ben, pat, release, **measurable())
    assert deciding.remeasure(release) == 0
    measured.verdict, measured.percent = "proposed", -2.0
    assert (deciding.remeasure(Later), deciding.remeasure(Later)) == (1, 0)
    example.refresh_from_db()
    assert (example.verdict, example.effect["release"]) == ("proposed", Later.id)
    assert (example.stage, example.rating) == (Stage.PUBLISHED, "highly_recommended")
    told = [(one.release, one.verdict, one.percent, one.lower) for one in deciding.measured(example)]
    assert told == [(release.id, "proven", -12.0, -16.0), (Later.id, "proposed", -2.0, -6.0)]
    last = Entry.objects.filter(kind="evidence.example").last()
    assert (last.who, last.why) == (
        "the release",
        "measured in release 000002-later: proposed: was proven",
    )


def test_only_what_is_published_is_measured_again(example, measured):
    assert deciding.remeasure(Later) == 0
    assert measured.asked == []


def test_measuring_again_loses_no_decision_made_meanwhile(
    author, ann, ben, pat, release, measured, monkeypatch
):
    example = published(author, ann, ben, pat, release, **measurable())

    def measure(release, *asked, fixed_before):
        now = Example.objects.get(pk=example.pk)
        deciding.open_review(now, pat, now.version)
        return Found("proposed", -1.0, release.id)

    monkeypatch.setattr(deciding.effect, "measure", measure)
    assert deciding.remeasure(Later) == 1
    example.refresh_from_db()
    assert (example.round, example.verdict) == (2, "proposed")


def test_what_was_withdrawn_while_it_was_measured_stays_as_it_was(
    author, ann, ben, pat, release, measured, monkeypatch
):
    example = published(author, ann, ben, pat, release, **measurable())

    def measure(release, *asked, fixed_before):
        now = Example.objects.get(pk=example.pk)
        deciding.withdraw(now, pat, now.version, "Harm.")
        return Found("proposed", -1.0, release.id)

    monkeypatch.setattr(deciding.effect, "measure", measure)
    assert deciding.remeasure(Later) == 0
    example.refresh_from_db()
    assert (example.stage, example.verdict) == (Stage.WITHDRAWN, "proven")


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 6, 15), 24, date(2028, 6, 15)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_its_month(day, months, later):
    assert deciding.months_later(day, months) == later


# Who is told


def told(user) -> list[str]:
    return [notice.text for notice in user.notices.order_by("pk")]


def test_the_author_is_told_what_became_of_it_and_a_follower_that_it_was_withdrawn(
    author, ann, ben, cas, pat, release, measured
):
    returned = submitted(author, title="First")
    deciding.return_to_author(returned, pat, returned.version, "Name the costs.")
    example = published(author, ann, ben, pat, release, title="Second")
    cas.follows.create(kind="example", key=str(example.pk))
    deciding.withdraw(example, pat, example.version, "It was recalled.")
    assert told(author) == [
        "“First” came back to you, with reasons.",
        "Your example “Second” is published.",
        "“Second” was withdrawn from the library.",
    ]
    assert told(cas) == ["“Second” was withdrawn from the library."]


def test_publishing_again_after_a_review_is_no_news(author, ann, ben, pat, release, measured):
    example = published(author, ann, ben, pat, release)
    again = deciding.open_review(example, pat, example.version)
    deciding.publish(scored(again, ann, ben, 3, 3, 3, 3), pat, again.version, release)
    assert len(told(author)) == 1
