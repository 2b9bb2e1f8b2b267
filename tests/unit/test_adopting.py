"""“We are doing this”: who may say so, when it can be taken back, and what is shown of its result."""

from datetime import UTC, date, datetime, timedelta

import library_small
import pytest
import web_release
from authored import person
from django.utils import timezone
from library_small import effect, published

from careatlas.errors import NotKnownError
from careatlas.improve.evidence import arriving
from careatlas.improve.evidence.assessing import deciding
from careatlas.improve.evidence.following import adopting
from careatlas.improve.evidence.measuring import effect as effects
from careatlas.improve.evidence.measuring.effect import Effect
from careatlas.improve.evidence.measuring.fixed import is_fixed_before
from careatlas.improve.evidence.models import Adoption, Notice
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Organisation, Role
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db
KNOWN, LATER = date(2026, 3, 31), date(2026, 4, 1)  # the last day on file, and a start after it
TODAY = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return library_small.small(tmp_path_factory.mktemp("atlas"))


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: TODAY)


@pytest.fixture
def known(monkeypatch):
    """How far the figures reach; a test may move it."""

    class Known:
        until = KNOWN

    monkeypatch.setattr(adopting, "known_until", lambda *given: Known.until)
    return Known


@pytest.fixture
def example(release):
    organisations.take_from(release)
    return published(person("Ann", (Role.AUTHOR, "S07")))


@pytest.fixture
def ben(example):
    return person("Ben", (Role.PLAN_MANAGER, "B0"))


def org(code: str) -> Organisation:
    return Organisation.objects.get(pk=code)


def register(example, user, release, code="S00", starts_on=LATER, note="") -> Adoption:
    return adopting.register(example.pk, user, org(code), starts_on, note, release)


def register_before(release, example, user, code="S00") -> Adoption:
    """Registered when an older release was the newest."""
    adoption = register(example, user, release, code)
    Adoption.objects.filter(pk=adoption.pk).update(effect=adoption.effect | {"release": "an older one"})
    return adoption


def measured_as(monkeypatch, percent, lower, upper, verdict):
    """Let the atlas measure this, whatever the figures."""

    def measure(release, indicator, area, starts_on, direction, *, fixed_before):
        asked = {"indicator": indicator, "area": area, "area_type": "sub_icb", "starts_on": starts_on}
        asked |= {"direction": direction, "release": release.id}
        tested = "registered" if fixed_before else "placebo"
        return Effect(
            **asked,
            tested=tested,
            verdict=verdict,
            reason="As seen.",
            percent=percent,
            lower=lower,
            upper=upper,
        )

    monkeypatch.setattr(effects, "measure", measure)


# --- registering ----------------------------------------------------------------------------------------


def test_registered_before_the_figures_it_is_one_honest_test(example, ben, release, known):
    adoption = register(example, ben, release, note="With *pharmacists*.")
    assert (adoption.known_until, adoption.fixed_in) == (KNOWN, release.id)
    assert is_fixed_before(adoption)


def test_registered_afterwards_it_is_not(example, ben, release, known):
    assert not is_fixed_before(register(example, ben, release, starts_on=KNOWN))


def test_registered_after_the_start_it_is_not_even_before_there_are_figures(
    example, ben, release, known, monkeypatch
):
    monkeypatch.setattr(timezone, "now", lambda: TODAY + timedelta(days=20))
    assert not is_fixed_before(register(example, ben, release))


def test_a_plan_manager_of_the_board_speaks_for_its_parts_and_for_nobody_elses(example, ben, release, known):
    register(example, ben, release, "S00")
    with pytest.raises(Wrong) as fault:
        register(example, ben, release, "S31")
    assert "no author and no plan manager" in fault.value.faults["organisation"]


@pytest.mark.parametrize("role", [Role.READER, Role.ASSESSOR, Role.PUBLISHER, Role.FINANCE_ASSURER])
def test_other_roles_do_not_register(example, role, release, known):
    with pytest.raises(Wrong):
        register(example, person("Eve", (role, "S00")), release)


def test_who_only_said_to_be_of_the_country_registers_no_part_of_it(example, release, known):
    eve = person("Eve", (Role.AUTHOR, "SIM"), claimed=True)
    assert list(adopting.may_adopt(eve, example)) == [org("SIM")]
    with pytest.raises(Wrong):
        register(example, eve, release)


def test_once_for_an_organisation_and_never_for_the_owner(example, ben, release, known):
    register(example, ben, release)
    with pytest.raises(Wrong, match="registered already"):
        register(example, ben, release)
    with pytest.raises(Wrong, match="did itself"):
        register(example, person("Own", (Role.AUTHOR, "S07")), release, "S07")
    assert Adoption.objects.count() == 1


@pytest.mark.parametrize("starts_on", [None, date(1980, 1, 1), date(2090, 1, 1)])
def test_a_start_that_cannot_be_meant_is_refused(example, ben, release, known, starts_on):
    with pytest.raises(Wrong) as fault:
        register(example, ben, release, starts_on=starts_on)
    assert set(fault.value.faults) == {"starts_on"}


def test_only_what_is_published_is_adopted(example, ben, release, known):
    keeping.change(example, "the test", "", example.version, stage="withdrawn")
    with pytest.raises(NotKnownError):
        register(example, ben, release)


def test_its_author_hears_of_it_and_the_adopter_does_not(example, ben, release, known):
    register(example, ben, release)
    assert [notice.user.name for notice in Notice.objects.all()] == ["Ann"]


# --- taking back and stopping ---------------------------------------------------------------------------


def test_without_a_result_it_is_taken_back_and_stays_in_the_record(example, ben, release, known):
    adoption = register(example, ben, release)
    adopting.take_back(adoption, ben, adoption.version, "by mistake", release)
    assert not Adoption.objects.exists()
    assert Entry.objects.last().action == "removed"


def test_with_a_result_on_file_it_only_stops_and_stays_with_it(example, ben, release, known):
    adoption = register(example, ben, release)
    known.until = date(2026, 4, 30)
    with pytest.raises(adopting.HasResult):
        adopting.take_back(adoption, ben, adoption.version, "it did not work", release)
    day = timezone.now().date()
    keeping.change(adoption, "the test", "", adoption.version, starts_on=day - timedelta(days=9))
    adoption = adopting.stop(adoption, ben, adoption.version + 1, day, "Nobody came.")
    assert (adoption.stopped_on, adoption.stopped_why) == (day, "Nobody came.")
    assert len(adopting.adopters(example)) == 1


def test_stopping_says_when_and_why(example, ben, release, known):
    adoption = register(example, ben, release)
    with pytest.raises(Wrong) as fault:
        adopting.stop(adoption, ben, adoption.version, date(2020, 1, 1), " ")
    assert set(fault.value.faults) == {"stopped_on", "why"}


def test_nobody_else_takes_it_back_or_stops_it(example, ben, release, known):
    adoption = register(example, ben, release)
    eve = person("Eve", (Role.AUTHOR, "B3"))
    with pytest.raises(NotKnownError):
        adopting.take_back(adoption, eve, adoption.version, "", release)
    with pytest.raises(NotKnownError):
        adopting.stop(adoption, eve, adoption.version, LATER, "why")


def test_of_two_who_change_it_the_second_is_told(example, ben, release, known):
    adoption = register(example, ben, release)
    keeping.change(adoption, "somebody", "", adoption.version, note="other words")
    with pytest.raises(keeping.EditedMeanwhile):
        adopting.take_back(adoption, ben, adoption.version, "", release)


# --- results --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percent", "lower", "upper", "verdict", "outcome"),
    [
        (-10.0, -15.0, -5.0, "proven", "worked"),
        (-10.0, -15.0, -5.0, "proposed", "not_shown"),  # not against luck
        (-3.0, -9.0, 3.0, "proposed", "not_shown"),
        (8.0, 2.0, 14.0, "proposed", "wrong_way"),
        (None, None, None, "proposed", "not_yet"),
    ],
)
def test_the_outcome_is_what_the_figures_show(
    example, ben, release, known, monkeypatch, percent, lower, upper, verdict, outcome
):
    register_before(release, example, ben)
    measured_as(monkeypatch, percent, lower, upper, verdict)
    assert adopting.remeasure(release) == 1
    (adopter,) = adopting.adopters(example)
    assert (adopter.outcome, adopter.reason) == (outcome, "As seen.")


def test_a_release_is_measured_once_and_a_changed_outcome_is_told(example, ben, release, known, monkeypatch):
    register_before(release, example, ben)
    measured_as(monkeypatch, -10.0, -15.0, -5.0, "proven")
    adopting.remeasure(release)
    assert adopting.remeasure(release) == 0
    (notice,) = Notice.objects.filter(user=ben)
    assert notice.text.startswith("It worked: “Fewer broad-spectrum antibiotics” at Alderbrook")


def test_an_organisation_that_the_release_does_not_know_is_not_measured_and_says_why(example, release, known):
    home = organisations.enter("S00W1", "Ward 1", "site", org("S00"), "the test", "")
    adoption = register(example, person("Cat", (Role.AUTHOR, "S00W1")), release, home.pk)
    assert adoption.known_until is None
    (adopter,) = adopting.adopters(example)
    assert adopter.outcome == "not_yet"
    assert "S00W1" in adopter.reason


def test_the_measured_course_is_that_of_the_atlas(tmp_path):
    """Through the real measure: fifteen months of one release, too short to prove anything, and it says so."""
    release = web_release.make_release(tmp_path)
    organisations.take_from(release)
    example = published(person("Ann", (Role.AUTHOR, "S07")), indicator="completed", direction="higher")
    ben = person("Ben", (Role.AUTHOR, "S10"))
    register(example, ben, release, "S10", date(2025, 9, 1))
    assert adopting.remeasure(release) == 0  # measured when it was registered
    (adopter,) = adopting.adopters(example)
    assert adopter.outcome in ("not_yet", "not_shown")
    assert adopter.adoption.effect["release"] == release.id


def test_when_a_release_arrives_all_is_measured_and_a_changed_verdict_is_told(
    example, ben, release, known, monkeypatch
):
    register_before(release, example, ben)
    measured_as(monkeypatch, -1.0, -5.0, 3.0, "proposed")
    monkeypatch.setattr(
        deciding, "verdict_of", lambda *given: effect(-1, -5, 3, "proposed") | {"release": release.id}
    )
    told = arriving.take_in(release)
    assert told == {"examples": 1, "verdicts_changed": 1, "adoptions": 1, "invitations": 0}
    texts = set(Notice.objects.filter(user=example.author).values_list("text", flat=True))
    assert (
        "“Fewer broad-spectrum antibiotics” was proven and is now proposed, by the newest figures." in texts
    )
    assert arriving.take_in(release) == dict.fromkeys(told, 0)
