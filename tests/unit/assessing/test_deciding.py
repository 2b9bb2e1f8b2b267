"""Deciding: publish, return, withdraw, review; what is measured then and with each new release; who is told."""

from datetime import UTC, date, datetime

import pytest
from assessing_small import LATER, Measured, handed_in, measurable, submitted
from django.contrib.auth.models import AnonymousUser

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.assessing import deciding, rounds, scoring
from careatlas.improve.evidence.assessing.scoring import NotNow
from careatlas.improve.evidence.impartial import assessable
from careatlas.improve.evidence.measuring.effect import Effect
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
NOBODY = AnonymousUser()


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
    assert published.review_due == date(2028, 6, 15)  # 24 months after the clock
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
    assert (deciding.remeasure(LATER), deciding.remeasure(LATER)) == (1, 0)
    example.refresh_from_db()
    assert (example.verdict, example.effect["release"]) == ("proposed", LATER.id)
    assert (example.stage, example.rating) == (Stage.PUBLISHED, "highly_recommended")
    told = [(one.release, one.verdict, one.percent, one.lower) for one in deciding.measured(example)]
    assert told == [(release.id, "proven", -12.0, -16.0), (LATER.id, "proposed", -2.0, -6.0)]
    last = Entry.objects.filter(kind="evidence.example").last()
    assert (last.who, last.why) == (
        "the release",
        "measured in release 000002-later: proposed: was proven",
    )


def test_only_what_is_published_is_measured_again(example, measured):
    assert deciding.remeasure(LATER) == 0
    assert measured.asked == []


def test_measuring_again_loses_no_decision_made_meanwhile(
    author, ann, ben, pat, release, measured, monkeypatch
):
    example = published(author, ann, ben, pat, release, **measurable())

    def measure(release, *asked, fixed_before):
        now = Example.objects.get(pk=example.pk)
        deciding.open_review(now, pat, now.version)
        return Measured("proposed", -1.0, release.id)

    monkeypatch.setattr(deciding.effect, "measure", measure)
    assert deciding.remeasure(LATER) == 1
    example.refresh_from_db()
    assert (example.round, example.verdict) == (2, "proposed")


def test_what_was_withdrawn_while_it_was_measured_stays_as_it_was(
    author, ann, ben, pat, release, measured, monkeypatch
):
    example = published(author, ann, ben, pat, release, **measurable())

    def measure(release, *asked, fixed_before):
        now = Example.objects.get(pk=example.pk)
        deciding.withdraw(now, pat, now.version, "Harm.")
        return Measured("proposed", -1.0, release.id)

    monkeypatch.setattr(deciding.effect, "measure", measure)
    assert deciding.remeasure(LATER) == 0
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
