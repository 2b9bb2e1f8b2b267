"""People, what they may do and where, and how they come in."""

from datetime import timedelta

import pyotp
import pytest
from django.core.exceptions import ValidationError
from django.db.models import Value
from django.db.models.functions import Replace
from django.utils import timezone

from careatlas.errors import NotKnownError
from careatlas.improve.people import letters, one_time_codes, organisations, roles
from careatlas.improve.people.models import Grant, Kind, Letter, Organisation, Role, User
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db
GOOD = "a rather long sentence"


@pytest.fixture
def country(release) -> str:
    """The organisations of the small release of tests."""
    organisations.take_from(release)
    return "SIM"


@pytest.fixture
def ann(country) -> User:
    return User.objects.create(email="ann@nhs.test", name="Ann")


def org(code: str) -> Organisation:
    return Organisation.objects.get(code=code)


def give(user: User, role: Role, code: str) -> Grant:
    return roles.grant(user, role, org(code), "the test", "needed here")


def test_organisations_come_from_the_release_with_their_place_in_the_country(country, release):
    sub_area = Organisation.objects.filter(kind=Kind.SUB_AREA).order_by("code").first()
    assert sub_area.path == f"SIM/{sub_area.parent.parent_id}/{sub_area.parent_id}/{sub_area.code}/"
    assert sub_area.parent.kind == Kind.BOARD
    assert Organisation.objects.get(kind=Kind.NATIONAL).parent is None


def test_the_same_release_again_changes_nothing(country, release):
    before = Entry.objects.count()
    assert organisations.take_from(release) == 0
    assert Entry.objects.count() == before


def test_what_a_release_does_not_name_moves_with_what_it_lies_in(country, release):
    """S00 went into another board without a network, its practice, or a part that releases name no more."""
    network = organisations.enter("NET", "Network", Kind.NETWORK, org("S00"), "Ann", "new")
    organisations.enter("PRA", "Practice", Kind.PRACTICE, network, "Ann", "new")
    gone = {"parent": org("S00"), "path": f"{org('S00').path}OLD/", "is_current": False}
    Organisation.objects.create(code="OLD", name="Merged", kind=Kind.SUB_AREA, **gone)
    here = org("S00").path
    Organisation.objects.filter(path__startswith=here).update(
        path=Replace("path", Value(here), Value("SIM/R1/B9/S00/"))
    )
    assert org("PRA").path == "SIM/R1/B9/S00/NET/PRA/"
    assert organisations.take_from(release) == 4
    assert [org(code).path for code in ("S00", "NET", "PRA", "OLD")] == [
        here, f"{here}NET/", f"{here}NET/PRA/", f"{here}OLD/",
    ]  # fmt: skip
    assert [org(code).is_current for code in ("PRA", "OLD")] == [True, False]
    assert Entry.objects.filter(key="PRA", who="the release", why__contains="moved").exists()
    assert organisations.take_from(release) == 0


def test_a_role_reaches_all_below_and_nothing_beside_or_above(ann):
    board = Organisation.objects.filter(kind=Kind.BOARD).order_by("code").first()
    other = Organisation.objects.filter(kind=Kind.BOARD).order_by("code").last()
    give(ann, Role.ASSESSOR, board.code)
    inside = Organisation.objects.filter(parent=board).first()
    outside = Organisation.objects.filter(parent=other).first()
    assert roles.may(ann, Role.ASSESSOR, board)
    assert roles.may(ann, Role.ASSESSOR, inside)
    assert not roles.may(ann, Role.ASSESSOR, board.parent)
    assert not roles.may(ann, Role.ASSESSOR, outside)
    assert not roles.may(ann, Role.PUBLISHER, board)
    reached = set(Organisation.objects.filter(roles.within(ann, Role.ASSESSOR)))
    assert reached == {board, *Organisation.objects.filter(parent=board)}


def test_a_role_that_was_only_claimed_reaches_that_organisation_alone(ann):
    whole = org("SIM")
    roles.grant(ann, Role.AUTHOR, whole, ann.email, "registered", claimed=True)
    board = Organisation.objects.filter(kind=Kind.BOARD).first()
    assert roles.may(ann, Role.AUTHOR, whole)
    assert not roles.may(ann, Role.AUTHOR, board)
    assert set(Organisation.objects.filter(roles.within(ann, Role.AUTHOR))) == {whole}
    give(ann, Role.AUTHOR, "SIM")  # a publisher confirms it
    assert roles.may(ann, Role.AUTHOR, board)


def test_whoever_has_no_role_reaches_nothing(ann):
    assert not Organisation.objects.filter(roles.within(ann, Role.AUTHOR)).exists()
    assert not roles.has(ann, Role.READER)


def test_somebody_disabled_may_nothing_at_once(ann):
    give(ann, Role.AUTHOR, "SIM")
    was = ann.get_session_auth_hash()
    now = User.objects.get(pk=roles.disable(ann, "the test", "left").pk)
    assert not roles.may(now, Role.AUTHOR, org("SIM"))
    assert now.get_session_auth_hash() != was


def test_rights_that_change_end_every_session(ann):
    was = ann.get_session_auth_hash()
    granted = give(ann, Role.AUTHOR, "SIM")
    ann.refresh_from_db()
    given = ann.get_session_auth_hash()
    roles.withdraw(granted, "the test", "no longer")
    ann.refresh_from_db()
    assert len({was, given, ann.get_session_auth_hash()}) == 3


class Post:
    """Letters as they would be sent."""

    def __init__(self):
        self.sent = []

    def __call__(self, email, kind, token):
        self.sent.append((email, kind, token))


@pytest.fixture
def post(django_capture_on_commit_callbacks):
    sent = Post()
    sent.sending = lambda: django_capture_on_commit_callbacks(execute=True)
    return sent


def test_whoever_has_a_staff_address_registers_as_an_author_of_their_place(country, post):
    with post.sending():
        letters.register("Ann@Leeds.NHS.test", "Ann", org("SIM"), ["nhs.test"], post)
    [(email, kind, token)] = post.sent
    assert (email, kind) == ("ann@leeds.nhs.test", "join")
    user = letters.answer(token, GOOD)
    assert (user.email, user.name) == ("ann@leeds.nhs.test", "Ann")
    assert user.check_password(GOOD)
    assert roles.may(user, Role.AUTHOR, org("SIM"))
    assert Grant.objects.get().is_claimed  # nobody has confirmed where they work


@pytest.mark.parametrize("email", ["ann@gmail.test", "ann@notnhs.test", "ann@nhs.test.evil.test"])
def test_no_letter_goes_to_any_other_address(country, post, email):
    with post.sending():
        letters.register(email, "Ann", org("SIM"), ["nhs.test"], post)
    assert post.sent == []


def test_whoever_is_here_already_gets_no_second_letter_to_join(ann, post):
    with post.sending():
        letters.register(ann.email, "Ann", org("SIM"), ["nhs.test"], post)
    assert post.sent == []


def test_a_publisher_invites_and_the_role_is_confirmed(country, post):
    with post.sending():
        letters.invite("ben@trust.test", Role.ASSESSOR, org("SIM"), "ann@nhs.test", post)
    user = letters.answer(post.sent[0][2], GOOD, name="Ben")
    assert roles.may(user, Role.ASSESSOR, org("SIM"))
    assert not Grant.objects.get().is_claimed


def test_a_link_is_good_once(country, post):
    with post.sending():
        letters.invite("ben@trust.test", Role.READER, org("SIM"), "ann@nhs.test", post)
    letters.answer(post.sent[0][2], GOOD)
    with pytest.raises(NotKnownError, match="was used already"):
        letters.answer(post.sent[0][2], GOOD)


def test_a_link_grows_old(country, post):
    with post.sending():
        letters.invite("ben@trust.test", Role.READER, org("SIM"), "ann@nhs.test", post)
    Letter.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotKnownError, match="too old"):
        letters.opened(post.sent[0][2])


def test_the_link_itself_is_not_kept(country, post):
    with post.sending():
        letters.invite("ben@trust.test", Role.READER, org("SIM"), "ann@nhs.test", post)
    token = post.sent[0][2]
    assert token not in str(list(Letter.objects.values())) + str(list(Entry.objects.values()))


def test_a_forgotten_password_is_chosen_anew_and_ends_sessions(ann, post):
    was = ann.get_session_auth_hash()
    with post.sending():
        letters.forgotten(ann.email, post)
    user = letters.answer(post.sent[0][2], GOOD)
    assert user.pk == ann.pk
    assert user.get_session_auth_hash() != was


def test_nothing_tells_whether_an_address_is_here(country, post):
    with post.sending():
        letters.forgotten("nobody@nhs.test", post)
    assert post.sent == []


@pytest.mark.parametrize("password", ["short", "password1234", "ann@nhs.test1"])
def test_bad_passwords_are_refused_and_the_link_stays_good(ann, post, password):
    with post.sending():
        letters.forgotten(ann.email, post)
    with pytest.raises(ValidationError):
        letters.answer(post.sent[0][2], password)
    assert letters.opened(post.sent[0][2])


@pytest.fixture
def noon(monkeypatch) -> int:
    monkeypatch.setattr(one_time_codes.time, "time", lambda: 1_800_000_000)
    return 1_800_000_000


def test_a_one_time_code_is_taken_once(ann, noon):
    secret = one_time_codes.new_secret()
    code, next_code = (pyotp.TOTP(secret).at(noon + seconds) for seconds in (0, 30))
    assert one_time_codes.start(ann, secret, code)
    ann.refresh_from_db()
    assert not one_time_codes.is_right(ann, code)  # it was shown at the start
    assert one_time_codes.is_right(ann, next_code)
    assert not one_time_codes.is_right(ann, next_code)
    assert not one_time_codes.is_right(ann, "letters")


def test_a_code_of_a_minute_ago_is_too_old(ann, noon):
    secret = one_time_codes.new_secret()
    assert not one_time_codes.start(ann, secret, pyotp.TOTP(secret).at(noon - 60))


def test_codes_are_not_asked_for_before_one_was_right(ann, noon):
    secret = one_time_codes.new_secret()
    wrong = "000000" if pyotp.TOTP(secret).at(noon) != "000000" else "111111"
    assert not one_time_codes.start(ann, secret, wrong)
    ann.refresh_from_db()
    assert ann.one_time_secret == ""
