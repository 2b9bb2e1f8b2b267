"""Coming in and going out: what a person sees, and what an attacker meets."""

import re

import pyotp
import pytest
import web_release
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client, override_settings

from careatlas.improve.people import one_time_codes, organisations, roles
from careatlas.improve.people.models import Grant, Organisation, Role, User
from careatlas.web import sign_in
from careatlas.web.configuration import Configuration

pytestmark = pytest.mark.django_db
GOOD = "a rather long sentence"
ADDRESS = "https://atlas.test"


@pytest.fixture
def client(release):
    told = Configuration(address=ADDRESS, staff_domains=("nhs.test",))
    with web_release.client_of(release.folder.parent.parent) as client, override_settings(CONFIGURATION=told):
        organisations.take_from(release)
        yield client


@pytest.fixture
def ann(client) -> User:
    user = User(email="ann@nhs.test", name="Ann")
    user.set_password(GOOD)
    user.save()
    return user


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1_800_000_000

    for module in (sign_in, one_time_codes):
        monkeypatch.setattr(module.time, "time", lambda: Clock.now)
    return Clock


def enter(client: Client, password: str = GOOD, email: str = "ann@nhs.test", **more):
    return client.post("/account/sign-in/", {"email": email, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def link_of(letter) -> str:
    return re.search(rf"{ADDRESS}(/account/letter/\S+/)", letter.body)[1]


def test_from_registering_to_the_account(client, django_capture_on_commit_callbacks):
    asked = {"name": "Ben", "email": "ben@ward.nhs.test", "organisation": "T01"}
    with django_capture_on_commit_callbacks(execute=True):
        assert "a letter is on its way" in client.post("/account/register/", asked).content.decode()
    link = link_of(mail.outbox[0])
    assert "ben@ward.nhs.test" in client.get(link).content.decode()
    refused = client.post(link, {"name": "Ben", "password": "short"})
    assert (refused.status_code, "too short" in refused.content.decode()) == (422, True)
    client.post(link, {"name": "Ben", "password": GOOD})
    assert "Author" in client.get("/account/").content.decode()
    client.post("/account/sign-out/")
    assert not is_in(client)
    enter(client, email="ben@ward.nhs.test")
    assert is_in(client)


def test_a_stranger_is_told_the_same_and_gets_nothing(client, ann, django_capture_on_commit_callbacks):
    pages = set()
    for email in ("eve@evil.test", "ann@nhs.test", "new@nhs.test"):
        asked = {"name": "Somebody", "email": email, "organisation": "SIM"}
        with django_capture_on_commit_callbacks(execute=True):
            pages.add(client.post("/account/register/", asked).content)
    assert len(pages) == 1
    assert [letter.to for letter in mail.outbox] == [["new@nhs.test"]]


def test_letters_name_the_atlas_and_never_the_host_of_a_request(
    client, ann, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/account/forgotten/", {"email": ann.email}, headers={"Host": "evil.test"})
    assert ADDRESS in mail.outbox[0].body
    assert "evil" not in mail.outbox[0].body


def test_a_wrong_password_says_nothing_of_who_is_here(client, ann):
    wrong, nobody = enter(client, "another sentence"), enter(client, email="eve@nhs.test")
    assert wrong.status_code == nobody.status_code == 422
    words = [re.sub(r'value="[^"]*"', "", page.content.decode()) for page in (wrong, nobody)]
    assert words[0] == words[1]
    assert not is_in(client)


def test_five_wrong_passwords_close_the_account_to_the_right_one_too(client, ann):
    for _ in range(5):
        enter(client, "another sentence")
    closed = enter(client)
    assert closed.status_code == 429
    assert "quarter of an hour" in closed.content.decode()
    assert not is_in(client)


def test_one_network_address_has_twenty_failures_a_minute(client, ann):
    for number in range(20):
        enter(client, email=f"nobody{number}@nhs.test")
    assert enter(client).status_code == 429
    assert not is_in(client)


def test_a_new_key_at_signing_in(client, ann):
    client.get("/account/sign-in/")
    session = client.session
    session["planted"] = True
    session.save()
    enter(client)
    assert is_in(client)
    assert client.session.session_key != session.session_key
    assert not Session.objects.filter(pk=session.session_key).exists()


def test_somebody_who_was_going_somewhere_gets_there_and_never_to_another_site(client, ann):
    to_people = client.get("/account/people/")
    assert to_people.headers["Location"] == "/account/sign-in/?next=%2Faccount%2Fpeople%2F"
    assert enter(client, next="/account/people/").headers["Location"] == "/account/people/"
    for evil in ("https://evil.test/", "//evil.test/", "javascript:alert(1)", "/\\evil.test"):
        client.post("/account/sign-out/")
        assert enter(client, next=evil).headers["Location"] == "/account/"


def test_half_an_hour_without_a_request_ends_it(client, ann, clock):
    enter(client)
    clock.now += 29 * 60
    assert is_in(client)
    clock.now += 31 * 60
    assert not is_in(client)


def test_who_reads_page_after_page_is_written_down_once_a_minute(client, ann, clock):
    """Or every reader would wait for whoever writes."""
    enter(client)
    seen = []
    for seconds in (61, 30, 30, 30):
        clock.now += seconds
        assert is_in(client)
        seen.append(client.session[sign_in.SEEN_AT] - 1_800_000_000)
    assert seen == [61, 61, 61, 151]


def test_twelve_hours_end_it_in_any_case(client, ann, clock):
    enter(client)
    for _ in range(12 * 3 - 1):
        clock.now += 20 * 60
        assert is_in(client)
    clock.now += 21 * 60
    assert not is_in(client)


@pytest.mark.parametrize("change", ["role", "disabled", "password"])
def test_what_changes_a_persons_rights_ends_their_session_at_the_next_request(client, ann, change):
    enter(client)
    assert is_in(client)
    if change == "role":
        roles.grant(ann, Role.AUTHOR, Organisation.objects.get(code="SIM"), "the test", "needed")
    elif change == "disabled":
        roles.disable(ann, "the test", "left")
    else:
        ann.set_password("quite another sentence")
        ann.save()
    assert not is_in(client)


def test_a_one_time_code_is_asked_for_once_set_up(client, ann, clock):
    enter(client)
    secret = re.search(r"<code>(\w+)</code>", client.get("/account/one-time-codes/").content.decode())[1]
    assert client.get("/account/one-time-codes/picture.svg").headers["Content-Type"] == "image/svg+xml"
    client.post("/account/one-time-codes/", {"code": pyotp.TOTP(secret).at(clock.now)})
    client.post("/account/sign-out/")

    assert enter(client).headers["Location"] == "/account/code/"
    assert not is_in(client)  # the password alone does not do
    assert (
        client.post("/account/code/", {"code": pyotp.TOTP(secret).at(clock.now)}).status_code == 422
    )  # used
    clock.now += 30
    client.post("/account/code/", {"code": pyotp.TOTP(secret).at(clock.now)})
    assert is_in(client)


def test_codes_cannot_be_tried_one_after_another(client, ann, clock):
    secret = one_time_codes.new_secret()
    one_time_codes.start(ann, secret, pyotp.TOTP(secret).at(clock.now))
    enter(client)
    for _ in range(5):
        client.post("/account/code/", {"code": "letters"})
    clock.now += 30
    assert client.post("/account/code/", {"code": pyotp.TOTP(secret).at(clock.now)}).status_code == 429


def test_the_key_of_codes_in_use_is_never_shown_again(client, ann, clock):
    secret = one_time_codes.new_secret()
    one_time_codes.start(ann, secret, pyotp.TOTP(secret).at(clock.now))
    as_(client, ann)
    page = client.get("/account/one-time-codes/").content.decode()
    assert secret not in page
    assert "<code>" not in page
    assert client.get("/account/one-time-codes/picture.svg").status_code == 404


def a_publisher_of(code: str) -> User:
    user = User.objects.create(email=f"publisher.{code.lower()}@nhs.test", name="Pat")
    roles.grant(user, Role.PUBLISHER, Organisation.objects.get(code=code), "the test", "needed")
    return User.objects.get(pk=user.pk)


def as_(client: Client, user: User) -> None:
    client.force_login(User.objects.get(pk=user.pk), backend="careatlas.web.sign_in.ByPassword")
    session = client.session
    session[sign_in.SIGNED_IN_AT] = sign_in.time.time()
    session.save()


def test_a_publisher_invites_into_their_own_organisations_only(client, ann):
    boards = list(Organisation.objects.filter(kind="board").order_by("code"))
    as_(client, a_publisher_of(boards[0].code))
    asked = {"email": ann.email, "role": "assessor"}
    assert client.post("/account/people/", asked | {"organisation": boards[0].code}).status_code == 302
    refused = client.post("/account/people/", asked | {"organisation": boards[1].code})
    assert "You are no publisher there" in refused.content.decode()
    assert [grant.organisation_id for grant in Grant.objects.filter(user=ann)] == [boards[0].code]


def test_a_publisher_sees_and_withdraws_no_roles_of_others(client, ann):
    boards = list(Organisation.objects.filter(kind="board").order_by("code"))
    elsewhere = roles.grant(ann, Role.AUTHOR, boards[1], "the test", "needed")
    as_(client, a_publisher_of(boards[0].code))
    assert ann.email not in client.get("/account/people/").content.decode()
    assert client.post(f"/account/people/{elsewhere.pk}/withdraw/", {"why": "x"}).status_code == 404
    assert Grant.objects.filter(pk=elsewhere.pk).exists()


def test_without_the_role_the_page_is_not_there(client, ann):
    as_(client, ann)
    assert client.get("/account/people/").status_code == 404


def test_forms_of_other_sites_change_nothing(release, ann):
    with web_release.client_of(release.folder.parent.parent):
        strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
        as_(strict, ann)
        assert strict.post("/account/sign-out/").status_code == 403  # no token
        strict.get("/account/")
        token = strict.cookies["csrftoken"].value
        for headers in (
            {"Origin": "https://evil.test"},
            {"Origin": "null"},
            {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
        ):
            refused = strict.post("/account/sign-out/", {"csrfmiddlewaretoken": token}, headers=headers)
            assert refused.status_code == 403, headers
        ours = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
        assert (
            strict.post("/account/sign-out/", {"csrfmiddlewaretoken": token}, headers=ours).status_code == 302
        )


def test_pages_of_releases_are_the_same_for_whoever_has_signed_in(client, ann):
    address = "/areas/S00/"
    as_(client, ann)
    seen_first = client.get(address)
    assert not seen_first.cookies
    client.logout()
    assert client.get(address).content == seen_first.content


def test_pages_about_a_person_are_kept_nowhere(client, ann):
    as_(client, ann)
    assert "no-store" in client.get("/account/").headers["Cache-Control"]
    assert "private" in client.get("/account/").headers["Cache-Control"]
