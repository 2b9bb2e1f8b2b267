"""Moves and walks: requests made in a world, and what was wrong with their answers."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import transaction
from django.urls import URLPattern, URLResolver

from careatlas.improve.delivery.models import Measure, Plan
from careatlas.improve.evidence.models import Attachment
from careatlas.improve.record.models import Entry
from careatlas.web.urls import authored
from walkers.people import Person
from walkers.rights import SEEN_BY
from walkers.rules import RULES, Row, Rule
from walkers.world import World

CANARY = re.compile(r"zq_([a-z]+)_(\d+)_qz")  # no token of letters and digits looks like it
SIGN_IN = "/account/sign-in/"
ANSWERED, REFUSED = {200, 302, 303, 409, 410, 422}, 404
TOLD = 5
MADE: Counter[str] = Counter()  # moves by verb, and how many of them changed something


def addresses(of: list[Any] = authored, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every address with its view, from the resolver."""
    for each in of:
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, above + str(each.pattern))
        elif isinstance(each, URLPattern):
            yield above + str(each.pattern), each.callback


class Move(NamedTuple):
    """One request: ``thing`` is what the address is of, ``said`` what the form or the query says."""

    person: Person
    address: str
    thing: Any
    verb: str
    said: Row

    def __str__(self) -> str:
        """As it could be made again by hand, and how the thing stood before it."""
        asked = (
            f"{self.person.name}: {self.verb} {path_of(self.address, self.thing)} {self.said or ''}".strip()
        )
        stage = getattr(self.thing, "stage", "")
        return f"{asked} ({stage})" if stage else asked


def path_of(address: str, thing: Any) -> str:
    """An address with its blanks filled in."""
    number = thing.example_id if isinstance(thing, Attachment) else getattr(thing, "pk", thing)
    filled = address.replace("<int:number>", str(number))
    for blank, word in (
        ("<int:attachment>", getattr(thing, "pk", "")),
        ("<slug:code>", thing),
        ("<slug:indicator>", thing),
        ("<slug:key>", "problem"),
        ("<slug:part>", "measures" if isinstance(thing, Measure) else "risks"),
        ("<slug:gate>", "idea"),
        ("<slug:kind>", "json"),
        ("<str:token>", thing),
        ("<str:month>", april_of(thing)),
    ):
        filled = filled.replace(blank, str(word))
    assert "<" not in filled, address
    return f"/{filled}"


def april_of(thing: Any) -> str:
    """A month of a plan, or of the plan that an initiative is in."""
    plan = thing if isinstance(thing, Plan) else getattr(thing, "plan", None)
    return f"{plan.year if plan else 2025}-04"


def moved(world: World, move: Move) -> list[str]:
    """Make the move, and say what was wrong with it: the move, the status of its answer, the fault."""
    rule, person = RULES[move.address], move.person
    wanted = rule.get if move.verb == "get" else rule.post
    asked = (person, move.thing, move.said)
    is_allowed = wanted is not None and wanted(*asked)
    may_change = is_allowed and move.verb == "post" and (rule.may or wanted)(*asked)
    before = Entry.objects.count()
    person.be_in()
    answer = getattr(person.client, move.verb)(path_of(move.address, move.thing), move.said)
    written = list(Entry.objects.filter(number__gt=before)) if person.user else []
    MADE[move.verb] += 1
    MADE["changed"] += bool(written)
    what = f"{move}: {answer.status_code}"
    faults = _faults_of_status(rule, wanted is not None, is_allowed, answer)
    faults += _faults_of_changes(person, written, may_change)
    return [f"{what}, {fault}" for fault in faults] + faults_of_words(what, person, answer)


def random_move(world: World, lot: Any) -> list[str]:
    """By anybody, or by somebody who may, to anywhere, of anything that is still there."""
    walked = [address for address, rule in RULES.items() if rule.get or rule.post]
    address = lot.choice(walked)
    rule = RULES[address]
    thing = world.thing(rule.thing, lot.choice(world.keys(rule.thing)))
    if thing is None and rule.thing:  # a move took it away
        return []
    verb = lot.choice([verb for verb in ("get", "post") if getattr(rule, verb)])
    person = lot.choice(world.people)
    if lot.random() < 0.5:
        wanted = getattr(rule, verb)
        form = rule.form(person, thing, lot) if verb == "post" else {}
        person = lot.choice([one for one in world.people if wanted(one, thing, form)] or [person])
    said = rule.form(person, thing, lot) if verb == "post" else {}
    return moved(world, Move(person, address, thing, verb, said))


def walked(world: World, lot: Any, steps: int) -> list[str]:
    """One walk: a few moves by whoever, each on what those before it left; then all is undone."""
    faults = []
    with transaction.atomic():
        for _ in range(steps):
            faults += random_move(world, lot)
        transaction.set_rollback(True)
    for person in world.people:
        person.epoch = -1  # rights and sessions are as they were
    return faults


def first_of(faults: list[str]) -> str:
    """What a failing test says: how many faults there are, and the first few whole."""
    return "\n".join([f"{len(faults)} faults; the first {min(len(faults), TOLD)}:", *faults[:TOLD]])


def faults_of_words(what: object, person: Person, answer: Any) -> list[str]:
    """Words of things that the person may not see."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    faults = []
    for kind, key in sorted(set(CANARY.findall(body.decode("utf-8", "replace")))):
        model, may_see = SEEN_BY[kind]
        row = model.objects.filter(pk=key).first()
        if row is not None and not may_see(person, row):
            faults.append(f"{what}, shows {kind} {key}")
    return faults


def _faults_of_status(rule: Rule, is_taken: bool, is_allowed: bool, answer: Any) -> list[str]:
    status, to = answer.status_code, answer.headers.get("Location", "")
    if not is_taken:
        return [] if status == 405 else ["not 405"]
    if rule.silent and status in (302, 303):
        return []
    if is_allowed:
        return [] if status in ANSWERED and not to.startswith(SIGN_IN) else ["not answered"]
    return [] if status == REFUSED or to.startswith(SIGN_IN) else ["not refused"]


def _faults_of_changes(person: Person, written: list[Entry], may_change: bool) -> list[str]:
    faults = [f"who wrote was {one.who}" for one in written if one.who != person.user.email]
    if written and not may_change:
        faults.append(f"changed {[(one.kind, one.key) for one in written]}")
    return faults
