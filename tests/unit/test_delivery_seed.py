"""The plans of the simulated country: made once, by the rules of delivery, and scored against what was planted."""

import shutil
from datetime import date

import numpy as np
import pytest
from authored import example

from careatlas.improve.delivery.ledger import claims, quality, sums
from careatlas.improve.delivery.models import Claim, Initiative, Milestone, Plan, Pool, Return, Status
from careatlas.improve.delivery.months import month_of
from careatlas.improve.delivery.planning import gateways
from careatlas.improve.delivery.seed import costs
from careatlas.improve.delivery.seed.country import make_plans, truth_of
from careatlas.improve.delivery.seed.works import IDEA, OWN_STAFF, STOPPED
from careatlas.improve.evidence.models import Stage
from careatlas.improve.evidence.seed import people
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Kind, Organisation, User
from careatlas.improve.record import chain

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)
BOARDS = 10
APRIL, JANUARY = month_of(date(2025, 4, 1)), month_of(date(2026, 1, 1))


def quietly(said):
    pass


@pytest.fixture
def country(simulated_release, tmp_path):
    """The simulated country's truth, where the seed may write beside it, and its people."""
    shutil.copy(simulated_release.folder.parent.parent / "country" / "truth.json", tmp_path)
    organisations.take_from(simulated_release)
    people.everybody()
    return tmp_path


def test_the_plans_of_the_simulated_country(simulated_release, country):
    """All in one, because making them takes seconds; of the 42 boards, those of the first region and four more."""
    author = User.objects.get(email="author@simulated.invalid")
    owner = author.grants.get().organisation.pk
    from_library = example(
        author, owner, Stage.PUBLISHED, workstreams=["planned_care"], title="Clinics at night"
    )
    boards = Organisation.objects.filter(kind=Kind.BOARD).order_by("path")
    boards.exclude(pk__in=boards.values("pk")[:BOARDS]).update(is_current=False)
    assert make_plans(simulated_release, country, TODAY, quietly) == BOARDS
    assert list(chain.faults()) == []
    assert Plan.objects.filter(year=2025, baselined_at__isnull=False).count() == BOARDS
    assert not Initiative.objects.filter(is_simulated=False).exists()

    ours = Plan.objects.get(year=2025, organisation=owner)
    _has_all_that_can_happen(ours, from_library)
    for initiative in ours.initiatives.filter(status=Status.RUNNING):
        assert gateways.status_by_gates(initiative) == Status.RUNNING
        assert {one.gate.id: one.is_open for one in gateways.standings(initiative)} == {
            "idea": True, "case": True, "start": True, "close": False,
        }  # fmt: skip
    _is_proven_where_it_was_planted(simulated_release, country, ours)

    made = Initiative.objects.count()
    assert make_plans(simulated_release, country, TODAY, quietly) == 0  # once
    assert Initiative.objects.count() == made


def _has_all_that_can_happen(ours: Plan, from_library) -> None:
    running = ours.initiatives.filter(status=Status.RUNNING)
    assert 6 <= running.count() <= 10
    assert len(set(running.values_list("workstream", flat=True))) >= 5
    assert ours.initiatives.get(status=Status.STOPPED).title == STOPPED.title
    ideas = ours.initiatives.filter(status=Status.IDEA)
    assert ideas.get().title == IDEA.title
    next_year = Initiative.objects.filter(plan__year=2026, plan__baselined_at=None)
    assert next_year.get(example=from_library).milestones.exists()
    assert next_year.filter(opportunity__startswith=ours.organisation_id).count() == 2
    project = Initiative.objects.get(plan=None)
    assert (project.status, project.cycles.count(), project.claims.count()) == (Status.RUNNING, 2, 0)
    confirmed = Claim.objects.get(initiative__plan=ours, confirmed_at__isnull=False)
    assert confirmed.initiative.title == OWN_STAFF.title
    assert confirmed.confirmed_by.email not in claims.authors_of(confirmed)
    assert confirmed.pool.claims.filter(pence__gt=0).count() == 2  # two work on one cost
    assert sorted(confirmed.pool.claims.filter(pence__gt=0).values_list("share", flat=True)) == [0.4, 0.6]
    assert Milestone.objects.filter(initiative__plan__year=2025, due_on__lt=TODAY, done_on=None).exists()
    told = Return.objects.filter(initiative=confirmed.initiative).order_by("month")
    assert [one.month for one in told][::9] == [date(2025, 4, 1), date(2026, 1, 1)]
    figures = told.last().figures[str(confirmed.pk)]
    # Ten of twelve months, evenly: the year's outturn times 10/12, each to the pound.
    assert figures["actual"] == pytest.approx(figures["outturn"] * 10 / 12, abs=200)


def _is_proven_where_it_was_planted(release, country, ours: Plan) -> None:
    """Two years of figures are too few for the atlas's own counts: those pools say so. Costs have three before."""
    planted = {row["pool"]: row["planted"] for row in truth_of(country)}
    assert set(planted) == set(Pool.objects.values_list("pk", flat=True))
    ledger = sums.ledger(release, sums.claims_of(2025))
    sizes = {line.claim.pool_id: line.size for line in ledger.lines}
    seen = {pool.pk for pool in Pool.objects.exclude(indicator="")}
    assert all(
        sizes[pk].pence is None and "Not enough history" in sizes[pk].reason for pk in seen & set(sizes)
    )
    is_there = {pk: size.lower_pence > 0 for pk, size in sizes.items() if pk not in seen}
    # Few, and luck: tests/trust/test_ledger.py has the figure.
    assert np.mean([there for pk, there in is_there.items() if planted[pk] == 0]) <= 0.2
    assert np.mean([there for pk, there in is_there.items() if planted[pk] == 0.2]) >= 0.7
    own = {
        line.claim.pool.cost_line: line for line in ledger.lines if line.claim.initiative.plan_id == ours.pk
    }
    assert planted[own["temporary_staff"].claim.pool_id] == 0.2
    assert own["temporary_staff"].whole.evidenced > 0
    assert planted[own["goods_and_services"].claim.pool_id] == 0
    assert own["goods_and_services"].whole.evidenced == 0
    worked = [line for line in ledger.lines if line.claim.initiative.plan_id == ours.pk]
    judged = quality.judged([line.claim.initiative for line in worked], release)
    assert {one.is_held for one in judged.values()} == {True, False}


def test_without_the_librarys_people_nothing_is_planned(simulated_release, country):
    User.objects.filter(email="programme.lead@simulated.invalid").delete()
    assert make_plans(simulated_release, country, TODAY, quietly) == 0
    assert not Plan.objects.exists()


def test_a_real_release_gets_no_plans(country):
    class Real:
        manifest = {"simulated": False}  # noqa: RUF012

    assert make_plans(Real(), country, TODAY, quietly) == 0
    assert not Plan.objects.exists()


def test_costs_fall_by_what_was_planted_and_by_nothing_else():
    """The same lot with and without: the months before are the same, those after four fifths, to the pound."""
    without, planted = (
        costs.simulated(APRIL, JANUARY, share, np.random.default_rng(3)) for share in (0.0, 0.2)
    )
    assert list(planted) == list(range(APRIL - 36, JANUARY + 1))
    for month, pence in planted.items():
        left = 0.8 if month >= APRIL else 1.0
        assert pence == pytest.approx(without[month] * left, abs=100)
        assert pence % 100 == 0
