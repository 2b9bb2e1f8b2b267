"""Conversations, following, notices and letters: who may, who is told, and who is left alone."""

from datetime import UTC, datetime, timedelta

import library_small
import pytest
from authored import person
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from library_small import published

from careatlas.errors import NotKnownError
from careatlas.improve.evidence import voices
from careatlas.improve.evidence.following import follows, talking
from careatlas.improve.evidence.models import Follow, Notice, Post, Preference, Thread
from careatlas.improve.evidence.notices import digests, telling
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people import organisations, roles
from careatlas.improve.people.models import Organisation, Role
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()
TOPIC = {"indicator": "antibiotics"}


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return library_small.small(tmp_path_factory.mktemp("atlas"))


@pytest.fixture
def ann(release):
    """An author at S07, which closed the gap."""
    organisations.take_from(release)
    return person("Ann", (Role.AUTHOR, "S07"))


@pytest.fixture
def example(ann):
    return published(ann)


@pytest.fixture
def ben(ann):
    """At S00, which has the gap; S07 and S01 are like it, S01 has the gap too."""
    return person("Ben", (Role.AUTHOR, "S00"))


@pytest.fixture
def publisher(ann):
    return person("Pat", (Role.PUBLISHER, "SIM"))


def org(code: str) -> Organisation:
    return Organisation.objects.get(pk=code)


def start(user, release, title="How?", text="How did you do it?", **of) -> Thread:
    return talking.start(user, release, title, text, **of)


def sees(user, thread, release) -> bool:
    return talking.visible_to(user, release).filter(pk=thread.pk).exists()


# --- who speaks for whom --------------------------------------------------------------------------------


def test_a_confirmed_role_speaks_for_all_below_a_claimed_one_for_itself(ann):
    codes = set(voices.organisations_of(person("Con", (Role.READER, "B0"))).values_list("pk", flat=True))
    assert codes == {"B0", *(f"S{n:02d}" for n in range(8))}
    said = voices.organisations_of(person("Said", (Role.AUTHOR, "B0"), claimed=True))
    assert list(said) == [org("B0")]
    assert not voices.organisations_of(NOBODY).exists()


# --- of an example --------------------------------------------------------------------------------------


def test_a_question_reaches_the_examples_author_and_the_answer_who_asked(example, ann, ben, release):
    thread = start(ben, release, example=example)
    assert [(notice.user, notice.text) for notice in Notice.objects.all()] == [(ann, "Ben asks “How?”.")]
    talking.reply(thread.pk, ann, release, "With pharmacists.")
    assert ben.notices.get().text == "Ann wrote in “How?”."
    assert [post.text for post in thread.posts.order_by("pk")] == ["How did you do it?", "With pharmacists."]


def test_everybody_reads_questions_and_only_people_write(example, ben, release):
    thread = start(ben, release, example=example)
    assert sees(NOBODY, thread, release)
    assert not talking.may_write(NOBODY, thread, release)
    with pytest.raises(NotKnownError):
        start(NOBODY, release, example=example)


def test_a_draft_has_no_conversation(example, ben, release):
    thread = start(ben, release, example=example)
    draft = keeping.change(example, "the test", "", example.version, stage="draft")
    assert not sees(ben, thread, release)
    with pytest.raises(NotKnownError):
        start(ben, release, example=draft)


@pytest.mark.parametrize(
    ("title", "text", "wrong"),
    [
        ("", "Words", "title"),
        ("t" * 161, "Words", "title"),
        ("How?", " ", "text"),
        ("How?", "w" * 8_001, "text"),
    ],
)
def test_what_cannot_be_sent_is_said_and_nothing_is_kept(example, ben, release, title, text, wrong):
    with pytest.raises(Wrong) as fault:
        start(ben, release, title, text, example=example)
    assert set(fault.value.faults) == {wrong}
    assert not Thread.objects.exists()


def test_after_twenty_posts_within_an_hour_a_person_waits_and_others_do_not(
    example, ann, ben, release, monkeypatch
):
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: noon)
    thread = start(ben, release, example=example)
    monkeypatch.setattr(timezone, "now", lambda: noon + timedelta(minutes=30))
    for _ in range(19):
        talking.reply(thread.pk, ben, release, "Words.")
    for once_more in (
        lambda: talking.reply(thread.pk, ben, release, "Words."),
        lambda: start(ben, release, example=example),
    ):
        with pytest.raises(Wrong) as fault:
            once_more()
        assert "20 posts within an hour. Send this one from 13:01 UTC on" in fault.value.faults["text"]
    talking.reply(thread.pk, ann, release, "Words.")
    monkeypatch.setattr(timezone, "now", lambda: noon + timedelta(minutes=61))
    talking.reply(thread.pk, ben, release, "Words.")
    assert Post.objects.filter(author=ben).count() == 21


# --- topics and peer groups -----------------------------------------------------------------------------


def test_a_topic_is_open_to_areas_with_the_gap_to_who_closed_it_and_to_publishers(
    example, ann, ben, publisher, release
):
    for user in (ben, ann, publisher):
        assert talking.may_open(user, release, example=None, organisation=None, **TOPIC)
    for code in ("S02", "S04", "S20"):  # within chance, on the better side, no figures
        other = person(f"At{code}", (Role.AUTHOR, code))
        assert not talking.may_open(other, release, example=None, organisation=None, **TOPIC)


def test_everybody_reads_a_topic(ben, release):
    assert sees(NOBODY, start(ben, release, **TOPIC), release)


def test_a_peer_group_is_for_the_area_and_those_like_it_with_the_gap(ben, ann, release):
    thread = start(ben, release, organisation=org("S00"), **TOPIC)
    alike = person("Alike", (Role.AUTHOR, "S01"))
    assert sees(alike, thread, release)
    assert talking.may_write(alike, thread, release)
    without_gap, unlike = ann, person("Unlike", (Role.AUTHOR, "S08"))
    for user in (without_gap, unlike, NOBODY):
        assert not sees(user, thread, release)
        with pytest.raises(NotKnownError):
            talking.reply(thread.pk, user, release, "Let me in.")


def test_a_notice_of_a_peer_group_reaches_nobody_outside_it(ben, ann, release):
    follows.follow(ann, "indicator", "antibiotics", release)
    alike = person("Alike", (Role.AUTHOR, "S01"))
    follows.follow(alike, "indicator", "antibiotics", release)
    start(ben, release, organisation=org("S00"), **TOPIC)
    assert [notice.user for notice in Notice.objects.all()] == [alike]


def test_who_leaves_the_organisation_no_longer_reads_its_group(ben, release):
    thread = start(ben, release, organisation=org("S00"), **TOPIC)
    alike = person("Alike", (Role.AUTHOR, "S01"))
    roles.withdraw(alike.grants.get(), "the test", "left")
    assert not sees(alike, thread, release)


def test_areas_pinned_to_a_group_are_those_of_the_group(release, ben):
    assert [need.area for need in talking.with_gap(release, "antibiotics", org("S00"))] == ["S01", "S00"]
    assert [need.area for need in talking.with_gap(release, "antibiotics", org("S20"))] == []


# --- taking down, closing -------------------------------------------------------------------------------


def test_a_publisher_takes_a_post_down_and_the_words_stay_in_the_record(example, ben, publisher, release):
    post = start(ben, release, example=example).posts.get()
    talking.take_down(post.pk, publisher, release, post.version, "Names a patient.")
    post.refresh_from_db()
    assert (post.is_taken_down, post.taken_down_why) == (True, "Names a patient.")
    assert Entry.objects.get(kind="evidence.post", action="created").after["text"] == "How did you do it?"


def test_its_writer_takes_it_down_too_and_nobody_else(example, ben, ann, release):
    post = start(ben, release, example=example).posts.get()
    with pytest.raises(NotKnownError):
        talking.take_down(post.pk, ann, release, post.version, "I do not like it.")
    assert talking.take_down(post.pk, ben, release, post.version, "A mistake.").is_taken_down


def test_without_a_reason_nothing_is_taken_down(example, ben, release):
    post = start(ben, release, example=example).posts.get()
    with pytest.raises(Wrong):
        talking.take_down(post.pk, ben, release, post.version, "  ")


def test_of_a_closed_conversation_nothing_more_is_said_until_it_opens_again(example, ben, ann, release):
    thread = start(ben, release, example=example)
    with pytest.raises(NotKnownError):
        talking.close(thread.pk, ann, release, thread.version)
    thread = talking.close(thread.pk, ben, release, thread.version)
    with pytest.raises(talking.Closed):
        talking.reply(thread.pk, ann, release, "One more thing.")
    talking.open_again(thread.pk, ben, release, thread.version)
    talking.reply(thread.pk, ann, release, "One more thing.")
    assert Post.objects.count() == 2


def test_of_two_who_close_it_the_second_is_told(example, ben, publisher, release):
    thread = start(ben, release, example=example)
    talking.close(thread.pk, ben, release, thread.version)
    with pytest.raises(keeping.EditedMeanwhile):
        talking.open_again(thread.pk, publisher, release, thread.version)


# --- following and notices ------------------------------------------------------------------------------


def test_following_twice_is_following_once(example, ben, release):
    for _ in range(2):
        follows.follow(ben, "example", str(example.pk), release)
    assert Follow.objects.count() == 1
    follows.unfollow(ben, "example", str(example.pk))
    follows.unfollow(ben, "example", str(example.pk))
    assert not follows.is_following(ben, "example", str(example.pk))


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("example", "999"),
        ("example", "x"),
        ("thread", "1"),
        ("indicator", "nothing"),
        ("search", ""),
        ("life", "1"),
    ],
)
def test_what_is_not_there_cannot_be_followed(example, ben, release, kind, key):
    with pytest.raises(NotKnownError):
        follows.follow(ben, kind, key, release)


def test_a_draft_or_a_closed_group_cannot_be_followed_from_outside(example, ben, ann, release):
    group = start(ben, release, organisation=org("S00"), **TOPIC)
    with pytest.raises(NotKnownError):
        follows.follow(ann, "thread", str(group.pk), release)
    draft = published(ann, stage="draft")
    with pytest.raises(NotKnownError):
        follows.follow(ben, "example", str(draft.pk), release)


def test_a_search_is_the_same_however_it_is_written(example, ben, release):
    follows.follow(ben, "search", "programme=medicines&words=antibiotics&page=3", release)
    assert follows.is_following(ben, "search", "words=antibiotics&programme=medicines")
    (one,) = follows.followed(ben, release)
    assert one.title == "Search: “antibiotics”, Medicines"


def test_a_new_example_is_told_to_its_author_its_topic_and_the_searches_that_find_it(ann, ben, release):
    cat, dan = person("Cat"), person("Dan")
    follows.follow(ben, "indicator", "antibiotics", release)
    follows.follow(cat, "search", "words=spectrum", release)
    follows.follow(dan, "search", "words=hips", release)
    telling.of_publication(published(ann))
    told = {notice.user.name: notice.text for notice in Notice.objects.all()}
    new = "New in the library: “Fewer broad-spectrum antibiotics”"
    assert set(told) == {"Ann", "Ben", "Cat"}
    assert told["Ben"].startswith(new)
    assert told["Cat"].startswith(new)
    assert "is published" in told["Ann"]


def test_the_same_is_not_told_twice_while_it_is_unread(ben):
    assert telling.tell([ben], "Something", "/library/") == 1
    assert telling.tell([ben], "Something", "/library/") == 0
    telling.mark_read(ben, Notice.objects.get().pk)
    assert telling.tell([ben], "Something", "/library/") == 1
    assert telling.unread(ben) == 1


def test_reading_marks_nothing_that_came_meanwhile(ben):
    telling.tell([ben], "Seen", "/library/")
    seen = Notice.objects.get().pk
    telling.tell([ben], "Came meanwhile", "/library/")
    telling.mark_read(ben, seen)
    assert telling.unread(ben) == 1


# --- letters --------------------------------------------------------------------------------------------


@pytest.fixture
def posted():
    class Posted(list):
        fails = False

        def __call__(self, digest):
            if self.fails:
                raise OSError("no way there")
            self.append(digest)

    return Posted()


def ask_for(user, letters="daily") -> Preference:
    return digests.prefer(user, letters, digests.preference_of(user).version)


def test_nobody_gets_a_letter_who_did_not_ask(ben, posted):
    telling.tell([ben], "Something", "/library/")
    assert digests.send_due(timezone.now(), posted) == 0
    assert digests.preference_of(ben).letters == "never"


def test_a_letter_a_day_tells_each_thing_once(ben, posted):
    ask_for(ben)
    telling.tell([ben], "Something", "/library/")
    now = timezone.now()
    assert digests.send_due(now, posted) == 1
    assert posted[0].lines == (("Something", "/library/"),)
    telling.tell([ben], "More", "/library/")
    assert digests.send_due(now + timedelta(hours=3), posted) == 0  # not yet a day
    assert digests.send_due(now + timedelta(hours=24), posted) == 1
    assert posted[1].lines == (("More", "/library/"),)
    assert digests.send_due(now + timedelta(hours=48), posted) == 0  # nothing to say


def test_a_letter_a_week(ben, posted):
    ask_for(ben, "weekly")
    now = timezone.now()
    for day in range(8):
        telling.tell([ben], f"Day {day}", "/library/")
        digests.send_due(now + timedelta(days=day, minutes=1), posted)
    assert [len(digest.lines) for digest in posted] == [1, 7]


def test_what_is_read_in_the_atlas_is_in_no_letter(ben, posted):
    ask_for(ben)
    telling.tell([ben], "Something", "/library/")
    telling.mark_read(ben, Notice.objects.get().pk)
    assert digests.send_due(timezone.now(), posted) == 0


def test_a_letter_that_could_not_be_sent_is_sent_by_the_next_run(ben, ann, posted):
    for user in (ann, ben):
        ask_for(user)
        telling.tell([user], "Something", "/library/")
    posted.fails = True
    with pytest.raises(OSError, match="no way there"):
        digests.send_due(timezone.now(), posted)
    posted.fails = False
    assert digests.send_due(timezone.now(), posted) == 2


def test_two_runs_at_one_moment_send_one_letter(ben, posted):
    preference = ask_for(ben)
    telling.tell([ben], "Something", "/library/")
    now = timezone.now()
    assert digests._claimed(preference, now) is not None
    telling.tell([ben], "Something else", "/library/")
    assert digests._claimed(preference, timezone.now()) is None  # the version it saw is not the one there is


def test_a_long_absence_is_not_a_long_letter(ben, posted):
    ask_for(ben)
    for number in range(60):
        telling.tell([ben], f"Thing {number}", "/library/")
    digests.send_due(timezone.now(), posted)
    assert (len(posted[0].lines), posted[0].left_out) == (50, 10)


def test_the_link_stops_letters_and_nobody_elses(ben, ann, posted):
    for user in (ann, ben):
        ask_for(user)
    token = digests.token_for(ben)
    for _ in range(2):
        digests.stop(token)
    assert [digests.preference_of(user).letters for user in (ann, ben)] == ["daily", "never"]
    for false in (token[:-1] + ("a" if token[-1] != "a" else "b"), "x", ""):
        with pytest.raises(NotKnownError):
            digests.stop(false)


def test_who_is_shut_out_gets_no_letter(ben, posted):
    ask_for(ben)
    telling.tell([ben], "Something", "/library/")
    roles.disable(ben, "the test", "left")
    assert digests.send_due(timezone.now(), posted) == 0


def test_a_choice_that_is_none_is_refused_and_a_stale_one_too(ben):
    with pytest.raises(NotKnownError):
        ask_for(ben, "hourly")
    ask_for(ben, "daily")
    ask_for(ben, "weekly")
    with pytest.raises(keeping.EditedMeanwhile):
        digests.prefer(ben, "never", 1)
