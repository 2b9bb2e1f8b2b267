"""The library of the simulated country: filled once, by its own rules, and by nobody who could get in elsewhere."""

import shutil
from collections import Counter

import pytest
import web_release
from django.test import Client, override_settings

from careatlas.improve.evidence import simulated as made_up_examples
from careatlas.improve.evidence.following import adopting
from careatlas.improve.evidence.models import Adoption, Assessment, Example, Stage, Thread
from careatlas.improve.evidence.seed import lives, people
from careatlas.improve.people import organisations, simulated
from careatlas.improve.people.models import Kind, Organisation, User
from careatlas.improve.record import chain

pytestmark = pytest.mark.django_db
SIMULATED, REAL = {"simulated": True}, {"simulated": False}


class Release:
    """What the rules about accounts ask of a release."""

    def __init__(self, manifest):
        self.manifest = manifest


@pytest.fixture
def country(simulated_release, tmp_path):
    """The simulated country's truth, where the seed may write beside it."""
    shutil.copy(simulated_release.folder.parent.parent / "country" / "truth.json", tmp_path)
    organisations.take_from(simulated_release)
    return tmp_path


def test_the_library_of_the_simulated_country(simulated_release, country):
    """All in one, because filling it takes a quarter of a minute."""
    assert lives.fill(simulated_release, country, lambda said: None) == 120
    assert list(chain.faults()) == []
    truth = {row["example"]: row for row in lives.truth_of(country)}
    stages = Counter(Example.objects.values_list("stage", flat=True))
    assert stages == {"published": 94, "submitted": 12, "draft": 7, "returned": 4, "withdrawn": 3}
    assert Counter(row["planted"] for row in truth.values()) == {0.0: 48, 0.05: 24, 0.1: 24, 0.2: 24}
    assert sum(row["is_at_its_best"] for row in truth.values()) == 24
    assert not Example.objects.filter(is_simulated=False).exists()

    published = Example.objects.filter(stage=Stage.PUBLISHED)
    shares = {
        planted: [one.verdict == "proven" for one in published if truth[one.pk]["planted"] == planted]
        for planted in (0.0, 0.2)
    }
    assert sum(shares[0.0]) <= 0.15 * len(
        shares[0.0]
    )  # few, and luck: tests/trust/test_proven.py has the figure
    assert sum(shares[0.2]) >= 0.6 * len(shares[0.2])
    assert all(one.effect["release"] == simulated_release.id for one in published)
    outcomes = {adopting.told(one, one.example).outcome for one in Adoption.objects.select_related("example")}
    assert {"worked", "not_shown"} <= outcomes
    assert Thread.objects.exists()
    assert Assessment.objects.filter(is_third=True).exists()

    assert len(people.accounts()) == len(people.PEOPLE)
    accounts = User.objects.count()
    assert lives.fill(simulated_release, country, lambda said: None) == 0  # once
    assert User.objects.count() == accounts


def test_where_anybody_has_an_account_nothing_is_filled(simulated_release, country):
    User.objects.create(email="ann@nhs.test", name="Ann")
    assert lives.fill(simulated_release, country, lambda said: None) == 0
    assert not Example.objects.exists()


def test_a_real_release_is_never_filled(simulated_release, country):
    assert lives.fill(Release(REAL), country, lambda said: None) == 0
    assert not User.objects.exists()


def test_whose_password_is_known_is_let_in_at_home_only(tmp_path):
    home = web_release.make_release(tmp_path).folder.parent.parent
    user = User.objects.create(email=simulated.address("author"), name="Author")
    user.set_password(simulated.PASSWORD)
    user.save()
    said = {"email": user.email, "password": simulated.PASSWORD}
    with web_release.client_of(home), override_settings(HOME=home):
        assert Client().post("/account/sign-in/", said).status_code == 302
        simulated.keep_to_their_country(Release(REAL))
        assert Client().post("/account/sign-in/", said).status_code == 422
        simulated.keep_to_their_country(Release(SIMULATED))
        assert Client().post("/account/sign-in/", said).status_code == 302


def test_everybody_else_is_let_alone():
    ann = User.objects.create(email="ann@nhs.test", name="Ann")
    simulated.keep_to_their_country(Release(REAL))
    ann.refresh_from_db()
    assert ann.is_active


def test_made_up_examples_are_withdrawn_from_an_atlas_of_a_real_country():
    ann = User.objects.create(email="ann@nhs.test", name="Ann")
    owner = Organisation.objects.create(code="T01", name="A trust", kind=Kind.TRUST, path="T01/")
    made_up, real = (
        Example.objects.create(owner=owner, author=ann, title="It", stage=Stage.PUBLISHED, is_simulated=one)
        for one in (True, False)
    )
    for release, stage in ((SIMULATED, Stage.PUBLISHED), (REAL, Stage.WITHDRAWN)):
        made_up_examples.keep_to_their_country(Release(release))
        made_up.refresh_from_db()
        assert made_up.stage == stage
    real.refresh_from_db()
    assert (real.stage, made_up.comment) == (Stage.PUBLISHED, made_up_examples.WHY)
