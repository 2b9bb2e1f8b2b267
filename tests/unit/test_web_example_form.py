"""The form of an example in pages: who opens them, saving with and without a script, two writers, files, handing in."""

import re
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import web_release
from authored import STARTED, WHOLE, example, person, signed_in, whole
from django.test import Client
from django.utils import timezone
from files_small import GOOD

from careatlas.improve.evidence.models import Attachment, Example, Invitation, Stage
from careatlas.improve.evidence.writing import sections
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Organisation, Role
from careatlas.improve.record import keeping
from careatlas.web.body_size import LARGEST_BODY

pytestmark = pytest.mark.django_db


@pytest.fixture
def atlas(release):
    with web_release.client_of(release.folder.parent.parent) as client:
        organisations.take_from(release)
        yield client


@pytest.fixture
def ann(atlas):
    return person("Ann", (Role.AUTHOR, "T01"))


@pytest.fixture
def signed(ann) -> Client:
    return signed_in(ann)


@pytest.fixture
def draft(ann) -> Example:
    return example(ann)


def text(page) -> str:
    return page.content.decode()


def address(draft, rest="") -> str:
    return f"/library/{draft.pk}/edit/{rest}"


def send(client, draft, key, version=1, **said):
    return client.post(address(draft, f"{key}/"), {"version": version, **said})


def save_by_script(client, draft, key, version=1, **said):
    return client.post(
        address(draft, f"{key}/"), {"version": version, **said}, headers={"Accept": "application/json"}
    )


# --- who ------------------------------------------------------------------------------------------------

PLACES = ["edit/", "edit/about/", "edit/measure/", "edit/files/"]


@pytest.mark.parametrize("place", ["mine/", "new/", *(f"1/{one}" for one in PLACES)])
def test_who_has_not_signed_in_is_sent_to_do_so(atlas, place):
    answer = atlas.get(f"/library/{place}")
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/account/sign-in/")


@pytest.mark.parametrize("place", PLACES)
def test_each_page_opens_for_its_writer_and_is_not_there_for_another(signed, draft, place):
    stranger = signed_in(person("Dan", (Role.AUTHOR, "T02")))
    assert signed.get(f"/library/{draft.pk}/{place}").status_code == 200
    assert stranger.get(f"/library/{draft.pk}/{place}").status_code == 404
    assert "Ringing" not in text(stranger.get("/library/mine/"))


@pytest.mark.parametrize(
    "place", ["submit/", "edit/withdraw/", "edit/problem/", "edit/files/", "files/1/remove/"]
)
def test_nobody_writes_into_anothers(draft, place):
    stranger = signed_in(person("Dan", (Role.AUTHOR, "T02")))
    answer = stranger.post(
        f"/library/{draft.pk}/{place}", {"version": 1, "problem": "x", "file": _file("notes.txt")}
    )
    assert answer.status_code == 404
    assert Example.objects.get().version == 1
    assert not Attachment.objects.exists()


def test_nothing_of_a_draft_is_kept_on_the_way(signed, draft):
    assert "no-store" in signed.get(address(draft, "about/")).headers["Cache-Control"]


@pytest.mark.parametrize("number", [0, 99, 10**30])
def test_an_example_that_is_not_there(signed, number):
    assert signed.get(f"/library/{number}/edit/").status_code == 404
    assert signed.get(f"/library/{number}/files/{number}/").status_code == 404
    assert signed.get(f"/library/{number}/measure.svg").status_code == 404


def test_a_section_that_is_none(signed, draft):
    assert signed.get(address(draft, "secrets/")).status_code == 404


# --- starting -------------------------------------------------------------------------------------------


def hidden(page, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', text(page))[1]


def test_from_the_list_to_a_draft(signed):
    page = signed.get("/library/new/")
    assert "Birchcombe Infirmary" in text(page)
    said = {"title": "Ringing patients", "owner": "T01", "key": hidden(page, "key")}
    places = {signed.post("/library/new/", said).headers["Location"] for _ in range(3)}
    one = Example.objects.get()  # sent three times, written once
    assert places == {f"/library/{one.pk}/edit/"}
    assert (one.owner_id, one.author.name, one.is_simulated) == ("T01", "Ann", True)
    assert "Ringing patients" in text(signed.get("/library/mine/"))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"title": "", "owner": "T01"}, "needs a title"),
        ({"title": "x", "owner": "T02"}, "no author of Cragford Infirmary"),
        ({"title": "x", "owner": "nowhere"}, "No organisation here"),
    ],
)
def test_what_cannot_be_started_keeps_what_was_typed(signed, said, told):
    answer = signed.post("/library/new/", said)
    assert (answer.status_code, told in text(answer)) == (422, True)
    assert f'value="{said["title"]}"' in text(answer)
    assert not Example.objects.exists()


def test_an_invitation_leads_to_a_draft_that_is_filled_in(signed):
    asked = keeping.create(
        Invitation,
        "the release",
        "found",
        organisation=Organisation.objects.get(pk="T01"),
        indicator="four_hours",
        change_start=STARTED,
        percent=24.0,
        percent_lower=18.0,
        percent_upper=30.0,
        release="000001",
    )
    assert f"/library/new/?invitation={asked.pk}" in text(signed.get("/library/mine/"))
    page = signed.get(f"/library/new/?invitation={asked.pk}")
    assert "24%" in text(page)
    for _ in range(2):
        place = signed.post("/library/new/", {"invitation": asked.pk}).headers["Location"]
    assert place == f"/library/{Example.objects.get().pk}/edit/"
    assert 'value="2025-09-01"' in text(signed.get(f"{place}measure/"))
    stranger = signed_in(person("Dan", (Role.AUTHOR, "T02")))
    assert stranger.get(f"/library/new/?invitation={asked.pk}").status_code == 404


# --- saving ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("do", ["save", "next"])
def test_a_section_is_saved_and_leads_on(signed, draft, do):
    answer = send(signed, draft, "problem", problem="One in ten.", do=do)
    assert answer.status_code == 303
    assert answer.headers["Location"] == address(draft, {"save": "problem/?saved=1", "next": "done/"}[do])
    assert "One in ten." in text(signed.get(address(draft, "problem/")))


def test_each_section_takes_what_its_page_shows(signed, ann):
    """Sent as it stands, a page changes nothing: no question is lost or read otherwise than it was written."""
    one = whole(
        ann,
        starts_on=STARTED,
        indicator="four_hours",
        area="T01",
        direction="higher",
        workstreams=["planned_care"],
    )
    for section in sections.SECTIONS:
        form = _form_in(text(signed.get(address(one, f"{section.key}/"))))
        assert set(form) >= {*section.fields, "version"}
        assert signed.post(address(one, f"{section.key}/"), form).status_code == 303
    assert Example.objects.get().version == 1


def _form_in(page: str) -> dict:
    import html
    from html.parser import HTMLParser

    found: dict[str, list[str]] = {}

    class Reader(HTMLParser):
        name = ""
        is_in = False

        def handle_starttag(self, tag, attributes):
            has = dict(attributes)
            self.is_in = self.is_in or (tag == "form" and "data-autosave" in has)
            if not self.is_in:
                return
            if tag == "input" and (has.get("type") != "checkbox" or "checked" in has):
                found.setdefault(has["name"], []).append(has.get("value", ""))
            if tag in ("select", "textarea"):
                self.name = has["name"]
                found.setdefault(self.name, [""])
            if tag == "option" and "selected" in has:
                found[self.name] = [has["value"]]

        def handle_endtag(self, tag):
            self.is_in = self.is_in and tag != "form"
            self.name = "" if tag in ("select", "textarea") else self.name

        def handle_data(self, words):
            if self.is_in and self.name and words.strip() and self.lasttag == "textarea":
                found[self.name] = [html.unescape(words).removeprefix("\n")]

    Reader().feed(page)
    return {name: values if name == "workstreams" else values[-1] for name, values in found.items()}


def test_a_script_is_told_when_it_was_saved_and_the_version_to_go_on_with(signed, draft):
    told = save_by_script(signed, draft, "problem", problem="One").json()
    assert (told["version"], bool(re.fullmatch(r"\d\d:\d\d UTC", told["saved"]))) == (2, True)
    assert (
        save_by_script(signed, draft, "problem", told["version"], problem="One in ten").json()["version"] == 3
    )


def test_a_save_that_is_sent_again_is_no_conflict(signed, draft):
    answers = [save_by_script(signed, draft, "problem", problem="One") for _ in range(3)]
    assert [one.status_code for one in answers] == [200] * 3
    assert Example.objects.get().version == 2


def test_what_cannot_be_read_is_marked_and_what_was_typed_stays(signed, draft):
    page = send(signed, draft, "costs", cost_to_start_gbp="a lot", cost_a_year_gbp="5")
    assert page.status_code == 422
    assert 'value="a lot"' in text(page)
    assert "whole pounds" in text(page)
    told = save_by_script(signed, draft, "costs", cost_to_start_gbp="a lot")
    assert (told.status_code, set(told.json()["wrong"])) == (422, {"cost_to_start_gbp"})
    assert Example.objects.get().version == 1


def test_boxes_that_are_all_empty_take_workstreams_away(signed, ann):
    one = example(ann, workstreams=["planned_care"])
    send(signed, one, "about", title="Ringing patients", owner="T01")
    assert Example.objects.get().workstreams == []


# --- two writers ----------------------------------------------------------------------------------------


@contextmanager
def _both(draft):
    ben = signed_in(person("Ben", (Role.AUTHOR, "T01")))
    send(ben, draft, "problem", problem="Ben's words", who_should_consider="")
    yield ben


def test_both_versions_are_shown_and_mine_can_be_kept(signed, draft):
    with _both(draft):
        page = send(signed, draft, "problem", problem="Ann's words", who_should_consider="")
    assert page.status_code == 409
    for words in ("Ben&#x27;s words", "Ann&#x27;s words", "Keep mine", "Take theirs"):
        assert words in text(page)
    assert Example.objects.get().problem == "Ben's words"
    version = hidden(page, "version")
    kept = send(signed, draft, "problem", version, problem="Ann's words", who_should_consider="")
    assert (kept.status_code, Example.objects.get().problem) == (303, "Ann's words")


def test_a_script_stops_where_two_collide(signed, draft):
    with _both(draft):
        told = save_by_script(signed, draft, "problem", problem="Ann's words")
    assert told.status_code == 409
    assert Example.objects.get().problem == "Ben's words"


def test_words_written_while_it_was_handed_in_are_shown_to_be_copied(signed, ann):
    one = example(ann, stage=Stage.SUBMITTED)
    page = send(signed, one, "problem", problem="Late words")
    assert (page.status_code, "Late words" in text(page)) == (409, True)
    assert "Keep mine" not in text(page)
    assert Example.objects.get().problem == ""


# --- the measure ----------------------------------------------------------------------------------------

FOUR = {"indicator": "four_hours", "area": "T01", "direction": "higher"}


def test_the_measure_is_drawn_as_soon_as_it_is_chosen(signed, draft):
    assert "measure.svg" not in text(signed.get(address(draft, "measure/")))
    send(signed, draft, "measure", starts_on="2025-09-01", **FOUR)
    page = text(signed.get(address(draft, "measure/")))
    assert f"/library/{draft.pk}/measure.svg" in page
    assert "Table: the control chart" in page
    picture = signed.get(f"/library/{draft.pk}/measure.svg")
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/svg+xml")
    assert "Started 1 September 2025" in text(picture)
    assert signed.get(f"/library/{draft.pk}/measure.json").json()["width"] == 720
    assert Client().get(f"/library/{draft.pk}/measure.svg").status_code == 404


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-04-01", "before what came after"),
        ("2025-09-01", "placebo-tested over all indicators and dates"),
    ],
)
def test_fixing_says_what_test_will_decide(signed, draft, day, words, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 4, 1, 9, tzinfo=UTC))
    assert "Not fixed yet" in text(signed.get(address(draft, "measure/")))
    send(signed, draft, "measure", starts_on=day, do="fix", **FOUR)
    page = text(signed.get(address(draft, "measure/")))
    assert words in page
    assert "figures reached to 31 March 2026" in page


def test_fixing_what_is_not_chosen_keeps_what_was_and_says_what_is_missing(signed, draft):
    page = send(
        signed, draft, "measure", indicator="four_hours", area="", starts_on="", direction="", do="fix"
    )
    assert page.status_code == 422
    assert text(page).count("This has to be chosen first.") == 2 * 3
    assert Example.objects.get().indicator == "four_hours"
    again = {**FOUR, "indicator": "completed", "starts_on": "2026-04-01"}
    assert send(signed, draft, "measure", hidden(page, "version"), **again).status_code == 303


def test_a_fixed_measure_is_not_saved_while_somebody_types(signed, draft):
    assert "data-autosave" in text(signed.get(address(draft, "measure/")))
    send(signed, draft, "measure", starts_on="2026-04-01", do="fix", **FOUR)
    assert "data-autosave" not in text(signed.get(address(draft, "measure/")))


# --- files ----------------------------------------------------------------------------------------------


def _file(name: str, content: bytes | None = None):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, GOOD[name] if content is None else content)


@pytest.mark.parametrize("name", GOOD)
def test_a_file_comes_back_as_a_download_that_no_browser_runs(signed, draft, name):
    answer = signed.post(address(draft, "files/"), {"file": _file(name), "key": "k1"})
    assert answer.status_code == 303
    row = Attachment.objects.get()
    got = signed.get(f"/library/{draft.pk}/files/{row.pk}/")
    assert b"".join(got.streaming_content) == GOOD[name]
    assert got.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "html" not in got.headers["Content-Type"]
    assert Client().get(f"/library/{draft.pk}/files/{row.pk}/").status_code == 404


def test_a_file_sent_twice_is_there_once_and_goes_once(signed, draft):
    for _ in range(2):
        signed.post(address(draft, "files/"), {"file": _file("notes.txt"), "key": "k1"})
    row = Attachment.objects.get()
    for _ in range(2):
        assert signed.post(f"/library/{draft.pk}/files/{row.pk}/remove/").status_code == 303
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({}, "is not there"),
        ({"name": "a.exe", "content": b"MZ"}, "of a kind that is not taken"),
        ({"name": "a.csv", "content": b"=1+1\n"}, "would run as a formula"),
    ],
)
def test_a_file_that_is_not_taken_is_said_why(signed, draft, sent, told):
    page = signed.post(address(draft, "files/"), {"file": _file(**sent)} if sent else {})
    assert (page.status_code, told in text(page)) == (422, True)


def test_nothing_larger_than_any_form_is_read(signed, draft):
    answer = signed.post(
        address(draft, "files/"),
        b"x",
        content_type="text/plain",
        headers={"Content-Length": str(LARGEST_BODY + 1)},
    )
    assert (answer.status_code, "too large" in text(answer)) == (413, True)


# --- handing in -----------------------------------------------------------------------------------------


def hand_in(client, one, version=1, key="k1"):
    return client.post(f"/library/{one.pk}/submit/", {"version": version, "key": key})


def test_what_is_missing_leads_to_its_question(signed, draft):
    page = text(signed.get(address(draft)))
    assert f'href="{address(draft, "savings/")}#ask-how_money_is_realised"' in page
    assert 'id="ask-how_money_is_realised"' in text(signed.get(address(draft, "savings/")))
    assert hand_in(signed, draft).status_code == 422
    assert Example.objects.get().stage == Stage.DRAFT


def test_every_question_that_can_be_missing_is_on_its_page(signed, draft):
    links = re.findall(r'href="([^"#]+)#(ask-\w+)"', text(signed.get(address(draft))))
    assert len(links) == len(WHOLE)
    for place, anchor in links:
        assert f'id="{anchor}"' in text(signed.get(place)), anchor


def test_handed_in_once_though_sent_three_times(signed, ann):
    one = whole(ann)
    answers = [hand_in(signed, one) for _ in range(3)]
    assert {answer.headers["Location"] for answer in answers} == {address(one)}
    now = Example.objects.get()
    assert (now.stage, now.round, now.version) == (Stage.SUBMITTED, 1, 2)
    assert hand_in(signed, one, key="another").status_code == 302
    page = text(signed.get(address(one)))
    assert "cannot be changed now" in page
    assert signed.get(address(one, "about/")).status_code == 302


def test_nobody_hands_in_what_was_changed_since_they_looked(signed, ann):
    one = whole(ann)
    send(signed, one, "problem", problem="Other words")
    page = hand_in(signed, one)
    assert (page.status_code, "changed it after you opened" in text(page)) == (409, True)
    assert hand_in(signed, one, version=2).status_code == 303  # a refusal used no key up


def test_why_it_was_returned_is_shown_and_it_can_be_changed(signed, ann):
    one = whole(ann, stage=Stage.RETURNED, comment="Say **what** it cost.")
    assert "<strong>what</strong> it cost" in text(signed.get(address(one)))
    assert send(signed, one, "costs", cost_to_start_gbp="500").status_code == 303


def test_a_draft_is_withdrawn(signed, draft):
    done = signed.post(address(draft, "withdraw/"), {"version": 1, "why": "Not ours"})
    assert (done.status_code, Example.objects.get().stage) == (303, Stage.WITHDRAWN)
    assert "withdrawn: Not ours" in text(signed.get(address(draft)))


def test_forms_from_other_sites_are_refused(ann, draft):
    other = signed_in(ann)
    answer = other.post(address(draft, "problem/"), {"version": 1}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = other.cookies
    assert strict.post(address(draft, "problem/"), {"version": 1}).status_code == 403
