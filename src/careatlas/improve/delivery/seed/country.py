"""The plans of the simulated country, made: one of every board, and that of the board whose accounts are to be tried
with all that can happen to one.

What is true of each pool is written beside the country's other truth. Only in a simulated release whose library is
filled (its people are the ones who plan), and only where nobody has planned yet.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from django.db import transaction

from careatlas.engine.release import Release
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger import claims, stopping
from careatlas.improve.delivery.models import Form, Initiative, Plan, Pool
from careatlas.improve.delivery.months import first_of_year
from careatlas.improve.delivery.planning import beginnings, parts, plans
from careatlas.improve.delivery.seed import works
from careatlas.improve.delivery.seed.boards import Board, Row
from careatlas.improve.delivery.seed.projects import project
from careatlas.improve.delivery.seed.scene import Scene
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.people.models import Kind, Organisation, User
from careatlas.improve.people.simulated import address

TRUTH, DELIVERY_TRUTH = "truth.json", "delivery_truth.json"
PEOPLE = ("plan.manager", "programme.lead", "finance.assurer", "finance.lead", "publisher", "assessor.one")
PLANTED_HERE = {"temporary_staff": 0.2, "goods_and_services": 0.0, "continuing_care": 0.1}
OF_NEIGHBOURS, OF_OTHERS = 6, 5  # initiatives that run
CHANCE_CONFIRMED = 0.7
HARM_THAT_ASKS = 3  # for a clinical lead: "worse", one time in three
FROM_EXAMPLES, FROM_OPPORTUNITIES = 2, 2
AHEAD = timedelta(weeks=12)  # what is thought of now begins so much later


@transaction.atomic
def make_plans(release: Release, country: Path, today: date, say: Callable[[str], None]) -> int:
    """Make the plans, and give how many there are; 0 where it is not for us to make them."""
    truth, people = country / TRUTH, _people()
    if not (release.manifest["simulated"] and truth.is_file() and people) or Plan.objects.exists():
        return 0
    say("plans for the simulated country (once, about a quarter of a minute)")
    scene = _scene(release, json.loads(truth.read_text(encoding="utf-8")), today, people)
    ours = people["plan.manager"].grants.get().organisation
    boards = [_first_board(scene, ours)]
    for board in Organisation.objects.filter(kind=Kind.BOARD, is_current=True).order_by("path"):
        if board != ours:
            boards.append(_other_board(scene, board, board.parent == ours.parent))
    truths = [row for board in boards for row in board.truth()]
    (country / DELIVERY_TRUTH).write_text(json.dumps(truths, indent=1) + "\n", encoding="utf-8")
    return len(boards)


def truth_of(country: Path) -> Iterator[Row]:
    """What was planted in each pool: for the tests, which score what the ledger made of it."""
    yield from json.loads((country / DELIVERY_TRUTH).read_text(encoding="utf-8"))


def _people() -> dict[str, User]:
    """By name; nobody where one of them is not there."""
    found = {user.email: user for user in User.objects.filter(email__in=[address(name) for name in PEOPLE])}
    return {name: found[address(name)] for name in PEOPLE} if len(found) == len(PEOPLE) else {}


def _scene(release: Release, planted: Row, today: date, people: dict[str, User]) -> Scene:
    indicators = [line.indicator for line in works.LINES.values() if line.indicator]
    counts = {indicator: months.monthly(release, indicator, "count") for indicator in indicators}
    last = max(month for of_areas in counts.values() for series in of_areas.values() for month in series)
    began = {
        (row["indicator"], row["area"]): (date.fromisoformat(row["start"]), row["effect"])
        for row in planted["initiatives"]
        if row["indicator"] in indicators
    }
    year = plans.year_of(months.first_day(last))
    by_lot = np.random.default_rng([planted["seed"], year])
    return Scene(release, year, last, today, people, counts, began, by_lot)


def _other_board(scene: Scene, organisation: Organisation, is_neighbour: bool) -> Board:
    """Two work on one cost, some on others, and something is in mind."""
    manager = scene.people["programme.lead"]
    board = Board(scene, organisation, manager, is_neighbour, {})
    known = [one for one in works.WORKS if is_neighbour or works.is_cheap(one)]
    chosen = scene.by_lot.permutation(len(known))[: OF_NEIGHBOURS if is_neighbour else OF_OTHERS]
    running = {known[place]: board.carries_out(known[place]) for place in sorted(chosen.tolist())}
    if is_neighbour:
        board.has_in_mind(works.IDEA)
    board.fix()
    if works.OWN_STAFF in running and scene.by_lot.random() < CHANCE_CONFIRMED:
        _confirm(running[works.OWN_STAFF], scene.people["finance.lead"])
    return board


def _first_board(scene: Scene, organisation: Organisation) -> Board:
    """Everything that is done, one thing stopped and one in mind; what is thought of for next year; a project."""
    manager = scene.people["plan.manager"]
    board = Board(scene, organisation, manager, True, PLANTED_HERE)
    running = {one: board.carries_out(one, HARM_THAT_ASKS * (one is works.OWN_STAFF)) for one in works.WORKS}
    stopped = board.carries_out(works.STOPPED)
    board.has_in_mind(works.IDEA)
    board.fix()
    _share(_confirm(running[works.OWN_STAFF], scene.people["finance.assurer"]), manager)
    stopping.stop(stopped.pk, manager, stopped.version, works.WHY_STOPPED)
    _put_off(scene, running[works.ONE_PRICE])
    _begin_next_year(scene, organisation, manager)
    project(scene, organisation, manager)
    return board


def _confirm(initiative: Initiative, assurer: User) -> Pool:
    """Finance says which budget line fell."""
    claim = initiative.claims.get(form=Form.CASH, pence__gt=0)
    return claims.confirm(claim.pk, assurer, claim.version, works.WHY_CONFIRMED).pool


def _share(pool: Pool, manager: User) -> None:
    """Those who draw on it agree on their shares."""
    for one in pool.claims.filter(pence__gt=0):
        share = works.SHARE_OF_CASH if one.form == Form.CASH else 1 - works.SHARE_OF_CASH
        claims.change(one.pk, manager, one.version, works.WHY_SHARED, {"share": share})


def _put_off(scene: Scene, initiative: Initiative) -> None:
    last = initiative.milestones.order_by("due_on").last()
    said = {"due_on": last.due_on + timedelta(30)}
    manager = scene.people["plan.manager"]
    parts.change("milestones", last.pk, said, manager, last.version, scene.release, works.WHY_PUT_OFF)


def _begin_next_year(scene: Scene, organisation: Organisation, manager: User) -> None:
    """A plan that is not fixed yet: ideas from the library, and from what the atlas shows to be possible."""
    said = {"title": f"Draft for {plans.in_words(scene.year + 1)}"}
    plan = plans.start(manager, organisation, scene.year + 1, said, scene.release)
    april = months.first_day(first_of_year(scene.year + 1))
    starts_on = max(april, scene.today + AHEAD)
    published = Example.objects.filter(stage=Stage.PUBLISHED).exclude(workstreams=[]).order_by("pk")
    for example in published[:FROM_EXAMPLES]:
        beginnings.from_example(example, manager, organisation, starts_on, scene.release, plan)
    found = scene.release.rows("opportunities", area=organisation.pk, benchmark="best_five")
    for indicator in sorted({row["indicator"] for row in found if row["is_headline"]})[:FROM_OPPORTUNITIES]:
        key = beginnings.key_of(organisation.pk, indicator)
        beginnings.from_opportunity(key, manager, organisation, starts_on, scene.release, plan)
