"""Pages of matching, adopting, conversations and notices: what is seen, what forms do, and what they refuse."""

import re
from datetime import UTC, date, datetime
from types import SimpleNamespace

import library_small
import pytest
import web_release
from authored import person
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone
from library_small import effect, published

from careatlas.improve.evidence.following import adopting, talking
from careatlas.improve.evidence.matching import inviting
from careatlas.improve.evidence.models import Adoption, Follow, Invitation, Post, Preference, Thread
from careatlas.improve.evidence.notices import digests, telling
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Organisation, Role
from careatlas.improve.record import keeping
from careatlas.web.account.notice_pages import post_digest
from careatlas.web.configuration import Configuration
from careatlas.web.sign_in import SIGNED_IN_AT

pytestmark = pytest.mark.django_db
ADDRESS = "https://atlas.test"
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) ![y](https://evil.test/y.png) //evil.test"


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return library_small.small(tmp_path_factory.mktemp("home"))


@pytest.fixture
def client(release):
    told = Configuration(address=ADDRESS)
    with web_release.client_of(release.folder.parent.parent) as client, override_settings(CONFIGURATION=told):
        organisations.take_from(release)
        yield client


@pytest.fixture
def example(client):
    return published(person("Ann", (Role.AUTHOR, "S07")))


@pytest.fixture
def ben(client):
    return person("Ben", (Role.AUTHOR, "S00"))


@pytest.fixture
def known(monkeypatch):
    class Known:
        until = date(2026, 3, 31)

    today = datetime(2026, 3, 20, 12, tzinfo=UTC)
    monkeypatch.setattr(adopting, "timezone", SimpleNamespace(now=lambda: today))
    monkeypatch.setattr(adopting, "known_until", lambda *given: Known.until)
    return Known


def entered(user, client=None) -> Client:
    client = client or Client(raise_request_exception=False)
    client.force_login(user, "careatlas.web.sign_in.ByPassword")
    session = client.session
    session[SIGNED_IN_AT] = timezone.now().timestamp()
    session.save()
    return client


def page(client, address, status=200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


# --- matching -------------------------------------------------------------------------------------------


def test_an_areas_page_shows_the_gap_the_example_and_why(client, example):
    text = page(client, "/library/for/S00/")
    assert "has 1 gap that lasts" in text
    assert f'href="/library/{example.pk}/"' in text
    assert "assessors rated it “recommended”" in text
    assert 'href="/library/topics/antibiotics/"' in text


def test_where_the_gap_is_within_chance_the_page_says_that_nothing_is_recommended(client, example):
    assert "So nothing is recommended." in page(client, "/library/for/S02/")


def test_an_unknown_area_is_not_found(client):
    page(client, "/library/for/nowhere/", 404)


def test_the_page_of_an_area_leads_there_and_asks_no_database(tmp_path, django_assert_num_queries):
    web_release.make_release(tmp_path)
    with web_release.client_of(tmp_path) as browser, django_assert_num_queries(0):
        assert 'href="/library/for/S05/"' in page(browser, "/areas/S05/")


def test_matches_as_csv_are_the_same_rows_with_no_formulas(client, example):
    keeping.change(example, "the test", "", example.version, title="=1+1")
    lines = b"".join(client.get("/library/for/S00.csv").streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert ",'=1+1," in lines[1]


def test_who_could_gain_stands_beside_an_example(client, example):
    text = page(client, f"/library/{example.pk}/gain/")
    assert "20 to 60 fewer a month (95% interval)" in text
    page(client, "/library/999/gain/", 404)


def test_a_draft_has_none_of_these_pages(client, example, ben):
    keeping.change(example, "the test", "", example.version, stage="draft")
    for place in ("gain/", "gain.csv", "adopters/", "adopters.csv", "ask/"):
        page(entered(ben), f"/library/{example.pk}/{place}", 404)


def test_an_invitation_is_declined_once_and_is_gone(client, ben):
    said = {"percent": -9.0, "percent_lower": -12.0, "percent_upper": -6.0, "release": "1"}
    s00 = Organisation.objects.get(pk="S00")
    invitation = Invitation.objects.create(
        organisation=s00, indicator="antibiotics", change_start=date(2025, 1, 1), **said
    )
    mine = entered(ben)
    assert "No, do not ask again" in page(mine, "/library/mine/")
    assert (
        entered(person("Eve", (Role.AUTHOR, "S09")))
        .post(f"/library/invitations/{invitation.pk}/decline/")
        .status_code
        == 404
    )
    for _ in range(2):
        assert mine.post(f"/library/invitations/{invitation.pk}/decline/").status_code == 303
    assert "No, do not ask again" not in page(mine, "/library/mine/")


# --- adopting -------------------------------------------------------------------------------------------


def adopt(client, example, key="k1", **more):
    said = {"organisation": "S00", "starts_on": "2026-05-01", "note": "", "key": key} | more
    return client.post(f"/library/{example.pk}/adopt/", said)


def test_registered_shown_and_sent_twice_registered_once(client, example, ben, known):
    mine = entered(ben)
    assert "Alderbrook" in page(mine, f"/library/{example.pk}/adopt/")
    first, again = adopt(mine, example), adopt(mine, example)
    assert first.status_code == again.status_code == 303
    assert first["Location"] == again["Location"]
    assert Adoption.objects.count() == 1
    text = page(Client(), first["Location"])
    assert "before anything was known of the time after the start" in text
    assert "registered before the result" in page(Client(), f"/library/{example.pk}/adopters/")
    assert "Alderbrook does this already" in page(Client(), "/library/for/S00/")


def test_what_is_wrong_with_it_is_said_and_what_was_written_stays(client, example, ben, known):
    answer = adopt(entered(ben), example, starts_on="soon", note="With care.")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Give the day it starts there" in text
    assert "With care." in text


def test_an_organisation_of_others_is_refused(client, example, ben, known):
    assert adopt(entered(ben), example, organisation="S20").status_code == 422
    assert not Adoption.objects.exists()


@pytest.mark.parametrize("given", [(), ((Role.READER, "S00"),), ((Role.ASSESSOR, "S00"),)])
def test_without_the_role_the_form_is_not_there(client, example, known, given):
    assert adopt(entered(person("Eve", *given)), example).status_code == 404
    assert adopt(Client(), example).status_code == 302


def registered(example, user, starts_on=date(2026, 5, 1)) -> Adoption:
    s00 = Organisation.objects.get(pk="S00")
    said = {"starts_on": starts_on, "fixed_at": timezone.now(), "fixed_in": "1", "note": HOSTILE}
    return keeping.create(
        Adoption, user.email, "a test", example=example, organisation=s00, user=user, **said
    )


def test_taken_back_while_nothing_is_known_and_stopped_afterwards(client, example, ben, known):
    adoption, mine = registered(example, ben), entered(ben)
    known.until = date(2026, 5, 31)
    refused = mine.post(f"/library/adoptions/{adoption.pk}/take-back/", {"version": 1})
    assert (refused.status_code, "can only be stopped" in refused.content.decode()) == (409, True)
    known.until = date(2026, 3, 31)
    for _ in range(2):
        mine.post(f"/library/adoptions/{adoption.pk}/take-back/", {"version": 1})
    assert not Adoption.objects.exists()


def test_stopping_asks_why_and_a_stale_form_changes_nothing(client, example, ben, known):
    adoption, mine = registered(example, ben, date(2025, 1, 1)), entered(ben)
    stop = f"/library/adoptions/{adoption.pk}/stop/"
    assert mine.post(stop, {"version": 1, "stopped_on": "2025-06-30"}).status_code == 422
    assert mine.post(stop, {"version": 7, "stopped_on": "2025-06-30", "why": "No."}).status_code == 409
    assert mine.post(stop, {"version": 1, "stopped_on": "2025-06-30", "why": "No."}).status_code == 303
    assert "Why it stopped" in page(Client(), f"/library/adoptions/{adoption.pk}/")


def test_others_can_neither_take_it_back_nor_stop_it(client, example, ben, known):
    adoption, eve = registered(example, ben), entered(person("Eve", (Role.AUTHOR, "S09")))
    eve.post(f"/library/adoptions/{adoption.pk}/take-back/", {"version": 1})
    assert eve.post(f"/library/adoptions/{adoption.pk}/stop/", {"version": 1}).status_code == 404
    assert Adoption.objects.count() == 1
    assert "Take it back" not in page(eve, f"/library/adoptions/{adoption.pk}/")


def test_those_it_did_not_work_for_are_shown_too(client, example, ben, known):
    adoption = registered(example, ben)
    keeping.change(adoption, "a test", "", 1, effect=effect(8.0, 2.0, 14.0, "proposed"))
    text = page(client, f"/library/{example.pk}/adopters/")
    assert "It went the other way: <strong>1</strong>" in text
    assert "+8.0%" in text
    line = (
        b"".join(client.get(f"/library/{example.pk}/adopters.csv").streaming_content).decode().splitlines()[1]
    )
    assert line.startswith("S00,Alderbrook,2026-05-01,,False,wrong_way,8.0,2.0,14.0,")


def test_an_adopters_course_is_drawn_with_its_table(tmp_path, client):
    release = web_release.make_release(tmp_path)
    with web_release.client_of(tmp_path) as browser:
        organisations.take_from(release)
        example = published(person("Ann"), indicator="completed", direction="higher")
        adoption = registered(example, person("Ben"), date(2025, 9, 1))
        keeping.change(adoption, "a test", "", 1, organisation=Organisation.objects.get(pk="S10"))
        adopting.remeasure(release)
        assert 'id="chart-table"' in page(browser, f"/library/adoptions/{adoption.pk}/")
        for kind in ("svg", "png", "json", "csv"):
            assert browser.get(f"/library/adoptions/{adoption.pk}/result.{kind}").status_code == 200
        page(browser, f"/library/adoptions/{adoption.pk}/result.exe", 404)


# --- conversations --------------------------------------------------------------------------------------


def test_a_question_is_asked_once_answered_and_shown_to_everybody(client, example, ben):
    mine = entered(ben)
    said = {"title": "How?", "text": "How **did** you?", "key": "k1"}
    place = {mine.post(f"/library/{example.pk}/ask/", said)["Location"] for _ in range(2)}
    assert (len(place), Thread.objects.count(), Post.objects.count()) == (1, 1, 1)
    answer = entered(example.author).post(place.pop(), {"text": "With care.", "key": "k2"})
    assert answer.status_code == 303
    text = page(Client(), f"/library/threads/{Thread.objects.get().pk}/")
    assert "<strong>did</strong>" in text
    assert "With care." in text
    assert "Sign in to answer" in text


def test_who_has_not_signed_in_writes_nothing(client, example, ben):
    assert client.post(f"/library/{example.pk}/ask/", {"title": "T", "text": "t"}).status_code == 404
    assert client.post("/library/topics/antibiotics/", {"title": "T", "text": "t"}).status_code == 404
    assert not Thread.objects.exists()


def test_an_empty_answer_is_refused_and_a_closed_conversation_keeps_the_words(client, example, ben):
    mine = entered(ben)
    mine.post(f"/library/{example.pk}/ask/", {"title": "How?", "text": "How?", "key": "k1"})
    thread = Thread.objects.get()
    place = f"/library/threads/{thread.pk}/"
    assert mine.post(place, {"text": " ", "key": "k2"}).status_code == 422
    assert mine.post(f"{place}close/", {"version": 1}).status_code == 303
    late = mine.post(place, {"text": "One more thing.", "key": "k3"})
    assert (late.status_code, "One more thing." in late.content.decode()) == (409, True)
    assert mine.post(f"{place}open/", {"version": 2}).status_code == 303
    assert mine.post(place, {"text": "One more thing.", "key": "k3"}).status_code == 303


def test_who_has_written_too_much_is_told_when_to_go_on_and_keeps_the_words(
    client, example, ben, monkeypatch
):
    monkeypatch.setattr(talking, "MOST_POSTS_AN_HOUR", 1)
    mine = entered(ben)
    mine.post(f"/library/{example.pk}/ask/", {"title": "How?", "text": "How?", "key": "k1"})
    for place in (f"/library/threads/{Thread.objects.get().pk}/", f"/library/{example.pk}/ask/"):
        late = mine.post(place, {"title": "And?", "text": "One more thing.", "key": place})
        text = late.content.decode()
        assert late.status_code == 422
        assert "1 posts within an hour" in text
        assert "One more thing." in text
    assert Post.objects.count() == 1


def test_a_topic_shows_the_examples_and_areas_pinned_and_who_may_write(client, example, ben):
    text = page(entered(ben), "/library/topics/antibiotics/")
    assert "Fewer broad-spectrum antibiotics" in text
    assert 'href="/library/for/S01/"' in text
    assert "Start one" in text
    assert "/library/topics/antibiotics/?peers=S00" in text
    assert "Start one" not in page(
        entered(person("Eve", (Role.AUTHOR, "S02"))), "/library/topics/antibiotics/"
    )
    page(client, "/library/topics/nothing/", 404)


def test_a_peer_group_is_not_there_for_others(client, example, ben):
    mine = entered(ben)
    said = {"title": "Among us", "text": "What next?", "key": "k1"}
    place = mine.post("/library/topics/antibiotics/?peers=S00", said)["Location"]
    assert "Among us" in page(entered(person("Alike", (Role.AUTHOR, "S01"))), place)
    for other in (entered(example.author), Client()):
        page(other, place, 404)
        page(other, "/library/topics/antibiotics/?peers=S00", 404)
        assert "Among us" not in page(other, "/library/topics/")
        assert other.post(place, {"text": "Let me in"}).status_code == 404
    page(mine, "/library/topics/antibiotics/?peers=nowhere", 404)


def test_taking_down_leaves_the_reason_and_not_the_words(client, example, ben):
    mine = entered(ben)
    mine.post(f"/library/{example.pk}/ask/", {"title": "How?", "text": "A patient's name", "key": "k1"})
    post = Post.objects.get()
    place = f"/library/posts/{post.pk}/take-down/"
    page(entered(person("Eve", (Role.AUTHOR, "S09"))), place, 404)
    pat = entered(person("Pat", (Role.PUBLISHER, "SIM")))
    assert pat.post(place, {"version": 1, "why": ""}).status_code == 422
    assert pat.post(place, {"version": 9, "why": "Names a patient."}).status_code == 422
    assert pat.post(place, {"version": 1, "why": "Names a patient."}).status_code == 303
    assert pat.post(place, {"version": 1, "why": "Names a patient."}).status_code == 302  # done already
    text = page(Client(), f"/library/threads/{post.thread_id}/")
    assert "Taken down: Names a patient." in text
    assert "A patient&#x27;s name" not in text


def test_what_people_write_runs_nothing_and_loads_nothing(client, example, ben, known):
    adoption, mine = registered(example, ben), entered(ben)
    mine.post(f"/library/{example.pk}/ask/", {"title": HOSTILE[:160], "text": HOSTILE, "key": "k1"})
    places = [
        f"/library/threads/{Thread.objects.get().pk}/",
        "/library/topics/",
        f"/library/{example.pk}/ask/",
        f"/library/adoptions/{adoption.pk}/",
        f"/library/posts/{Post.objects.get().pk}/take-down/",
    ]
    for place in places:
        text = page(mine, place)
        assert "<script>alert" not in text
        assert not re.search(r'(src|href)="(javascript:|https://evil|//evil)', text)


# --- following, notices, letters ------------------------------------------------------------------------


def test_followed_from_its_page_and_left_again(client, example, ben):
    mine = entered(ben)
    said = {"kind": "example", "key": str(example.pk), "next": f"/library/{example.pk}/ask/"}
    for _ in range(2):
        assert mine.post("/library/follow/", said)["Location"] == f"/library/{example.pk}/ask/"
    assert "You follow this." in page(mine, f"/library/{example.pk}/ask/")
    assert "Fewer broad-spectrum antibiotics" in page(mine, "/account/notices/")
    mine.post("/library/follow/", said | {"do": "leave"})
    assert not Follow.objects.exists()
    assert mine.post("/library/follow/", said | {"kind": "nothing"}).status_code == 404


@pytest.mark.parametrize("wanted", ["https://evil.test/", "//evil.test/", "javascript:alert(1)", ""])
def test_a_button_leads_nowhere_else(client, example, ben, wanted):
    said = {"kind": "example", "key": str(example.pk), "next": wanted}
    assert entered(ben).post("/library/follow/", said)["Location"] == "/account/notices/"


def test_notices_are_ones_own_and_are_read(client, ben):
    telling.tell([ben], "Something new", "/library/1/")
    mine = entered(ben)
    assert "1 not read" in page(mine, "/account/")
    text = page(mine, "/account/notices/")
    assert "Something new" in text
    up_to = re.search(r'name="up_to" value="(\d+)"', text)[1]
    assert "Something new" not in page(entered(person("Eve")), "/account/notices/")
    assert entered(person("Mal")).post("/account/notices/read/", {"up_to": up_to}).status_code == 303
    assert telling.unread(ben) == 1
    mine.post("/account/notices/read/", {"up_to": up_to})
    assert telling.unread(ben) == 0


def test_letters_are_chosen_and_a_stale_choice_changes_nothing(client, ben):
    mine = entered(ben)
    assert 'value="never" checked' in page(mine, "/account/notices/")
    assert mine.post("/account/notices/letters/", {"letters": "daily", "version": 0}).status_code == 303
    assert mine.post("/account/notices/letters/", {"letters": "weekly", "version": 9}).status_code == 409
    assert mine.post("/account/notices/letters/", {"letters": "hourly", "version": 1}).status_code == 404
    assert Preference.objects.get().letters == "daily"


def test_a_letter_says_what_is_new_and_its_link_stops_them_without_signing_in(client, ben):
    digests.prefer(ben, "daily", 0)
    telling.tell([ben], "Ann wrote in “How?”.", "/library/threads/1/")
    assert digests.send_due(timezone.now(), post_digest) == 1
    (letter,) = mail.outbox
    assert f"{ADDRESS}/library/threads/1/" in letter.body
    link = re.search(rf"{ADDRESS}(/account/letters/stop/\S+/)", letter.body)[1]
    assert letter.extra_headers == {
        "List-Unsubscribe": f"<{ADDRESS}{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    anybody = Client(enforce_csrf_checks=True)
    assert "Stop them" in page(anybody, link)
    assert digests.preference_of(ben).letters == "daily"  # opening it does nothing yet
    assert anybody.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert digests.preference_of(ben).letters == "never"
    assert anybody.post(link.replace(":", "x", 1)).status_code == 404


def test_who_is_invited_is_told(tmp_path):
    release = web_release.make_release(tmp_path)
    with web_release.client_of(tmp_path):
        organisations.take_from(release)
        ben = person("Ben", (Role.AUTHOR, "T01"))
        inviting.invite_improvers(release)
        assert "got better" in page(entered(ben), "/account/notices/")
