"""Every address, every person: each is classified, each answers whom it should and nobody else.

Who may is told a second time in `walkers`, in the words of the rules and not of the code; a new address fails here
until somebody says there whose it is. `tests/trust/test_walks.py` walks much further.
"""

import random

import pytest
import walkers
import web_release
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from walkers import (
    DELIVERY_API_RULES,
    EDITS,
    EDITS_OPEN,
    HERE,
    RULES,
    Move,
    Person,
    World,
    addresses,
    april_of,
    everybody,
    first_of,
    moved,
    nobody,
    of,
    published,
    sees,
    whoever_is_in,
)

from careatlas.improve.evidence import tokens
from careatlas.improve.people.models import Role
from careatlas.improve.record.models import Entry
from careatlas.web import api_keys
from careatlas.web.api import api
from careatlas.web.policies import READ
from careatlas.web.urls import authored

STEPS, WALKS, SEED = 5, 60, 20261122
HERE_PATH = "SIM/R0/B0/S00/"
EVERY = list(addresses(get_resolver().url_patterns))
WRITTEN_ON = dict(addresses(authored))
TAKEN = {200, 201, 409, 410, 422}
API_RULES = {  # who gets an answer; who may change something by it
    ("get", "/library/examples"): (everybody, nobody),
    ("get", "/library/examples/{number}"): (of(sees), nobody),
    ("get", "/library/examples/{number}/gain"): (of(published), nobody),
    ("get", "/library/for/{area}"): (everybody, nobody),
    ("post", "/library/examples"): (
        whoever_is_in,
        lambda person, thing, said: person.over(HERE_PATH, Role.AUTHOR),
    ),
    ("patch", "/library/examples/{number}"): (EDITS, EDITS_OPEN),
    ("post", "/library/examples/{number}/measure"): (EDITS, EDITS_OPEN),
    ("post", "/library/examples/{number}/submit"): (EDITS, EDITS_OPEN),
    ("post", "/library/examples/{number}/withdraw"): (EDITS, EDITS_OPEN),
}
BODIES = {
    ("post", "/library/examples"): {"title": "New", "owner": HERE},
    ("patch", "/library/examples/{number}"): {"problem": "Another."},
    ("post", "/library/examples/{number}/withdraw"): {"why": "Left."},
}
PEOPLE = [  # who belongs elsewhere is the same on the other side: both walk in the last test
    *("anonymous", "nobody", "reader of B0", "author of B0", "assessor of B0", "plan_manager of B0"),
    *("finance_assurer of B0", "publisher of B0", "assessor of all", "publisher of all", "author by claim"),
]


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home"))


@pytest.fixture
def world(release, db):
    with web_release.client_of(release.folder.parent.parent):
        yield World(release)


@pytest.mark.parametrize(("address", "view"), EVERY, ids=[address for address, _ in EVERY])
def test_every_address_says_who_may_open_it(address, view):
    assert view.policy.verbs


def test_every_address_that_people_write_on_has_a_rule():
    assert set(WRITTEN_ON) == set(RULES)


@pytest.mark.parametrize("address", WRITTEN_ON)
def test_the_verbs_taken_are_those_of_the_rule(address):
    rule, verbs = RULES[address], WRITTEN_ON[address].policy.verbs
    if rule.thing != "word" and (rule.get or rule.post):
        assert ("GET" in verbs, "POST" in verbs) == (rule.get is not None, rule.post is not None)


def test_pages_of_releases_are_read_only():
    beside = {
        address for address, view in EVERY if view.policy.verbs != READ and not view.policy.knows_readers
    }
    assert {address.split("/")[0] for address in beside} <= {"own-figures"}


def test_what_the_api_takes_asks_who_sends_it():
    """Ninja's views stand outside the form token: whatever is no reading needs a key of its own."""
    for path, view in api_operations():
        for operation in view.operations:
            if set(operation.methods) - {"GET", "HEAD", "OPTIONS"}:
                assert operation.auth_callbacks, f"{operation.methods} {path} asks nobody who they are"


def test_every_route_of_what_people_write_has_a_rule():
    found = {
        (method.lower(), path)
        for path, view in api_operations()
        if path.startswith(("/library/", "/delivery/"))
        for operation in view.operations
        for method in operation.methods
    }
    assert found == {*API_RULES, *DELIVERY_API_RULES}


def api_operations():
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            yield f"{router.prefix}{path}", view


@pytest.mark.parametrize("name", PEOPLE)
def test_each_person_reaches_what_is_theirs_and_nothing_else(world, name):
    """Every address x thing x verb; each move is undone before the next."""
    person, lot = named(world, name), random.Random(SEED)
    faults = []
    for address, rule in RULES.items():
        for key in world.things[rule.thing]:
            for verb in ("get", "post"):
                person.be_in()
                with transaction.atomic():
                    thing = world.thing(rule.thing, key)
                    said = rule.form(person, thing, lot) if verb == "post" else {}
                    faults += moved(world, Move(person, address, thing, verb, said))
                    transaction.set_rollback(True)
    assert not faults, first_of(faults)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_key_opens_what_its_owner_may_reach_and_nothing_else(world, name, monkeypatch):
    monkeypatch.setattr(api_keys.Pace, "allow_request", lambda *given: True)
    person, faults = named(world, name), []
    sent = (
        {"Authorization": f"Bearer {tokens.make(person.user, 'a key', 30, True)[1]}"} if person.user else {}
    )
    for (method, path), (wanted, may) in API_RULES.items():
        for key in world.things["example"] if "{number}" in path else [None]:
            example, before = world.thing("example", key), Entry.objects.count()
            said = BODIES.get((method, path), {})
            with transaction.atomic():
                answer = getattr(Client(), method)(
                    "/api/v1" + path.format(number=key, area=HERE),
                    **({} if method == "get" else {"data": said, "content_type": "application/json"}),
                    headers=sent
                    | {"If-Match": str(example.version if example else 1), "Idempotency-Key": "k"},
                )
                what = f"{name}: {method} {path} of {example} {getattr(example, 'stage', '')}: {answer.status_code}"
                is_allowed = wanted(person, example, said)
                if (answer.status_code in TAKEN) != is_allowed or answer.status_code >= 500:
                    faults.append(what)
                if Entry.objects.count() > before and not may(person, example, said):
                    faults.append(f"{what}, and changed something")
                faults += walkers.faults_of_words(what, person, answer)
                transaction.set_rollback(True)
    assert not faults, first_of(faults)


@pytest.mark.parametrize("name", PEOPLE)
def test_of_plans_a_key_opens_what_its_owner_may_reach_and_nothing_else(world, name, monkeypatch):
    monkeypatch.setattr(api_keys.Pace, "allow_request", lambda *given: True)
    person, faults = named(world, name), []
    sent = (
        {"Authorization": f"Bearer {tokens.make(person.user, 'a key', 30, True)[1]}"} if person.user else {}
    )
    for (method, path), rule in DELIVERY_API_RULES.items():
        for key in world.things[rule.thing]:
            thing, before = world.thing(rule.thing, key), Entry.objects.count()
            headers = sent | {"If-Match": str(getattr(thing, "version", 1)), "Idempotency-Key": "k"}
            body = {"data": rule.body(thing), "content_type": "application/json"} if rule.body else {}
            filled = path.format(number=key, month=april_of(thing)) + rule.query
            with transaction.atomic():
                answer = getattr(Client(), method)(f"/api/v1{filled}", **body, headers=headers)
                what = f"{name}: {method} {filled}: {answer.status_code}"
                if (answer.status_code in TAKEN) != rule.get(person, thing, {}) or answer.status_code >= 500:
                    faults.append(what)
                if Entry.objects.count() > before and not rule.may(person, thing, {}):
                    faults.append(f"{what}, and changed something")
                faults += walkers.faults_of_words(what, person, answer)
                transaction.set_rollback(True)
    assert not faults, first_of(faults)


def test_walks_at_random_cross_no_border(world):
    lot = random.Random(SEED)
    faults = [fault for _ in range(WALKS) for fault in walkers.walked(world, lot, STEPS)]
    assert not faults, first_of(faults)


def named(world: World, name: str) -> Person:
    return next(person for person in world.people if person.name == name)
