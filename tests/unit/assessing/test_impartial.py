"""Who may assess an example, and who may decide on it: nobody whose own it is."""

import pytest
from assessing_small import WORDS, scores, submitted
from authored import person
from django.contrib.auth.models import AnonymousUser

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.assessing import deciding, scoring
from careatlas.improve.evidence.impartial import decidable_by, may_assess, may_decide
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.people import roles
from careatlas.improve.people.models import Organisation, Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
NOBODY = AnonymousUser()


# Assess


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


# Decide


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
