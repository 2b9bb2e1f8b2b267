"""Plans and initiatives: begun, changed, joined, fixed; who sees which; and what the record says of them."""

from datetime import UTC, date, datetime

import planned
import pytest
from authored import person
from django.utils import timezone
from ledger_small import claim, initiative, pool

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import Initiative, Status
from careatlas.improve.delivery.planning import due, gateways, history, initiatives, parts, plans, seen, who
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Organisation, Role
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

TODAY = datetime(2026, 3, 20, 12, tzinfo=UTC)


class Clock:
    now = TODAY


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    Clock.now = TODAY
    monkeypatch.setattr(timezone, "now", lambda: Clock.now)
    return Clock


@pytest.fixture
def ann(release, db):
    organisations.take_from(release)
    return person("Ann", (Role.PLAN_MANAGER, "B0"))


@pytest.fixture
def one(ann, release):
    return planned.whole(ann, release)


# Plans


def test_an_organisation_has_one_plan_a_year(ann, release):
    plan = planned.plan(ann, release)
    assert (plan.organisation_id, plan.year, plan.is_simulated) == ("B0", 2026, True)
    with pytest.raises(Wrong, match="has a plan for 2026/27 already"):
        planned.plan(ann, release)
    assert planned.plan(ann, release, year=2027).pk != plan.pk


def test_every_fault_of_a_new_plan_is_told_at_once(ann, release):
    with pytest.raises(Wrong, match="no plan manager of Far Board"):
        planned.plan(ann, release, "B3")
    with pytest.raises(Wrong) as fault:
        plans.start(ann, planned.org("B0"), 2026, {"title": " ", "lead": "x" * 121}, release)
    assert set(fault.value.faults) == {"title", "lead"}
    with pytest.raises(Wrong, match="the year in which it begins"):
        planned.plan(ann, release, year=26)


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 4, 1), 2026), (date(2026, 3, 31), 2025), (date(2027, 1, 1), 2026)]
)
def test_the_financial_year_begins_in_april(day, year):
    assert plans.year_of(day) == year


def test_a_plan_manager_of_a_region_plans_for_what_lies_in_it(release, db):
    organisations.take_from(release)
    over = person("Over", (Role.PLAN_MANAGER, "R0"))
    assert planned.plan(over, release, "T01").organisation_id == "T01"
    with pytest.raises(Wrong):
        planned.plan(person("Below", (Role.PLAN_MANAGER, "S00")), release, "B0")


def test_a_role_one_only_claimed_plans_for_nobody(release, db):
    organisations.take_from(release)
    claims = person("Claims", (Role.PLAN_MANAGER, "B0"), claimed=True)
    with pytest.raises(Wrong):
        planned.plan(claims, release)
    assert not who.visible_plans(claims).exists()


def test_an_empty_plan_is_no_baseline_and_one_is_fixed_once(ann, release, clock):
    plan = planned.plan(ann, release)
    with pytest.raises(Wrong, match="There is nothing in it yet"):
        plans.baseline(plan.pk, ann, plan.version)
    planned.initiative(ann, release, within=plan)
    fixed = plans.baseline(plan.pk, ann, plan.version)
    assert fixed.baselined_at == TODAY
    clock.now = datetime(2026, 5, 1, tzinfo=UTC)
    assert plans.baseline(plan.pk, ann, plan.version).baselined_at == TODAY


# Initiatives


def test_an_initiative_without_a_plan_joins_one_later(ann, release):
    one, plan = planned.initiative(ann, release, "S00"), planned.plan(ann, release)
    assert one.plan is None
    joined = initiatives.join(one.pk, plan.pk, ann, one.version)
    assert joined.plan == plan  # S00 lies in B0
    assert list(plans.initiatives_seen(plan, ann)) == [joined]


def test_an_initiative_joins_no_plan_of_another_place(ann, release):
    one = planned.initiative(ann, release)
    everywhere = person("All", (Role.PLAN_MANAGER, "SIM"))
    other = planned.plan(everywhere, release, "B3")
    below = planned.plan(everywhere, release, "S00")
    for plan in (other, below):
        with pytest.raises(Wrong, match="Choose a plan of its organisation"):
            initiatives.join(one.pk, plan.pk, everywhere, one.version)
    with pytest.raises(Wrong, match="does not lie in"):
        planned.initiative(everywhere, release, "B0", within=other)


def test_no_plan_of_another_year_is_joined_while_claims_of_this_one_stand(ann, release):
    this_year, next_year = planned.plan(ann, release, year=2025), planned.plan(ann, release, year=2026)
    one = initiative(plan=this_year)
    standing = claim(one, pool(), 1200)
    with pytest.raises(Wrong, match=f"claim {standing.pk} \\(Emergency admissions, 2025/26\\)"):
        initiatives.join(one.pk, next_year.pk, ann, one.version, "late")
    one.refresh_from_db()
    assert one.plan == this_year
    standing.delete()
    assert initiatives.join(one.pk, next_year.pk, ann, one.version, "late").plan == next_year


def test_a_start_is_not_moved_behind_months_of_which_savings_are_claimed(ann, release):
    """What is saved from October on stands in the way of November, and what is spent in April of nothing."""
    one = initiative(starts_on=date(2026, 4, 1))
    on = pool(year=2026)
    saved = claim(one, on, 600, phasing=[0] * 6 + [100] * 6)
    claim(one, on, -100, phasing=[-100] + [0] * 11)
    with pytest.raises(Wrong, match=f"before it: change those of claim {saved.pk} ") as fault:
        initiatives.change(one.pk, {"starts_on": "2026-10-02"}, ann, one.version, "late", release)
    assert set(fault.value.faults) == {"starts_on"}
    later = initiatives.change(one.pk, {"starts_on": "2026-10-01"}, ann, one.version, "late", release)
    assert later.starts_on == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 161}, "title"),
        ({"workstream": "nothing"}, "workstream"),
        ({"starts_on": "1 April"}, "starts_on"),
        ({"ends_on": "2026-04-01"}, "ends_on"),  # the day it starts
        ({"confidence": "101"}, "confidence"),
        ({"confidence": "8 of 10"}, "confidence"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_field_and_nothing_is_kept(ann, release, said, field):
    with pytest.raises(Wrong) as fault:
        planned.initiative(ann, release, **said)
    assert set(fault.value.faults) == {field}
    assert not Initiative.objects.exists()


def test_after_the_baseline_a_change_of_what_was_planned_needs_a_reason(ann, release, clock):
    plan = planned.plan(ann, release)
    one = planned.whole(ann, release, within=plan)
    milestone = one.milestones.get()
    plans.baseline(plan.pk, ann, plan.version)
    clock.now = datetime(2026, 4, 2, tzinfo=UTC)
    initiatives.change(one.pk, {"owner": "Dr May"}, ann, 1, "", release)  # an owner is not what was planned
    with pytest.raises(Wrong, match="say why it changes"):
        initiatives.change(one.pk, {"ends_on": "2027-06-30"}, ann, 2, "", release)
    with pytest.raises(Wrong, match="say why it changes"):
        parts.change("milestones", milestone.pk, {"due_on": "2026-06-01"}, ann, 1, release)
    with pytest.raises(Wrong, match="say why a milestone is added"):
        planned.add("milestones", one, ann, release)
    with pytest.raises(Wrong, match="say why the risk is taken out"):
        parts.remove("risks", one.risks.get().pk, ann, 1)
    parts.change("milestones", milestone.pk, {"forecast_on": "2026-06-01"}, ann, 1, release)
    moved = parts.change("milestones", milestone.pk, {"due_on": "2026-06-01"}, ann, 2, release, "Staff left.")
    assert moved.due_on == date(2026, 6, 1)
    assert (
        history.as_it_was(moved, plan_fixed := plans.plan_seen(plan.pk, ann).baselined_at)["due_on"]
        == "2026-05-01"
    )
    assert history.as_it_was(moved, clock.now)["due_on"] == "2026-06-01"
    assert plan_fixed == TODAY


def test_two_who_change_one_initiative_do_not_overwrite_each_other(ann, one, release):
    bea = person("Bea", (Role.PLAN_MANAGER, "B0"))
    initiatives.change(one.pk, {"aim": "Fewer stay away."}, ann, one.version, "", release)
    with pytest.raises(keeping.EditedMeanwhile) as meanwhile:
        initiatives.change(one.pk, {"aim": "All come."}, bea, one.version, "", release)
    assert meanwhile.value.now.aim == "Fewer stay away."


def test_every_change_is_in_the_record_with_who_and_why_also_of_what_was_taken_out(ann, one, release):
    risk = one.risks.get()
    parts.change("risks", risk.pk, {"impact": "5"}, ann, 1, release, "An audit.")
    parts.remove("risks", risk.pk, ann, 2, "It happened.")
    gateways.judge(one.pk, "case", planned.judged(), ann, 0)
    told = [(one.kind, one.action, one.why) for one in history.of_initiative(one)]
    assert told[0][:2] == ("gateway", "created")
    assert told[1:3] == [("risk", "removed", "It happened."), ("risk", "changed", "An audit.")]
    changed = history.of_initiative(one)[2]
    assert changed.fields == {"impact": (3, 5)}
    assert changed.who == "ann@nhs.test"
    assert len(told) == 7  # initiative, milestone, measure, risk created; and these three


# Who sees what


def visible(user) -> list[str]:
    return sorted(one.title for one in who.visible_initiatives(user))


@pytest.fixture
def many(ann, release):
    """Of B0: a project that is an idea, one that is planned; in a plan that is not fixed one that is planned."""
    planned.initiative(ann, release, title="idea")
    planned.passed(planned.whole(ann, release), ann, "idea", "case")
    Initiative.objects.filter(title="Ringing patients").update(title="project")
    plan = planned.plan(ann, release)
    inside = planned.passed(planned.whole(ann, release, within=plan), ann, "idea", "case")
    Initiative.objects.filter(pk=inside.pk).update(title="in a plan")
    return plan


@pytest.mark.parametrize(
    ("role", "where", "titles"),
    [
        (Role.PLAN_MANAGER, "B0", ["idea", "in a plan", "project"]),
        (Role.FINANCE_ASSURER, "R0", ["idea", "in a plan", "project"]),
        (Role.PUBLISHER, "SIM", ["idea", "in a plan", "project"]),
        (Role.READER, "B0", ["project"]),
        (Role.AUTHOR, "R0", ["project"]),
        (
            Role.ASSESSOR,
            "B0",
            ["in a plan", "project"],
        ),  # whose quality was judged: they may be asked to agree
        (Role.READER, "S00", []),
        (Role.READER, "B3", []),
        (Role.PLAN_MANAGER, "B3", []),
    ],
)
def test_drafts_are_seen_by_who_plans_assures_or_publishes_there(many, role, where, titles):
    assert visible(person("Who", (role, where))) == titles


def test_a_plan_that_was_fixed_is_seen_by_all_its_readers(many, ann):
    reader = person("Reader", (Role.READER, "B0"))
    assert not who.visible_plans(reader).exists()
    plans.baseline(many.pk, ann, many.version)
    assert list(who.visible_plans(reader)) == [many]
    assert visible(reader) == ["in a plan", "project"]
    with pytest.raises(NotKnownError):
        plans.change(many.pk, {"title": "Mine"}, reader, 1, "", None)


def test_what_the_simulated_country_planned_is_gone_where_another_is_shown(many, ann):
    Organisation.objects.filter(pk="B0").update(is_current=False)
    assert visible(ann) == []
    assert not who.visible_plans(ann).exists()
    Initiative.objects.filter(title="project").update(is_simulated=False)
    assert visible(ann) == ["project"]


def test_who_has_not_signed_in_or_was_shut_out_sees_nothing(many, ann):
    ann.is_active = False
    assert visible(ann) == []


def test_a_reader_changes_nothing(one, release):
    reader = person("Reader", (Role.READER, "B0"), (Role.AUTHOR, "B0"))
    written = Entry.objects.count()
    for ask in (
        lambda: initiatives.change(one.pk, {"aim": "Mine"}, reader, 1, "", release),
        lambda: planned.add("risks", one, reader, release),
        lambda: parts.remove("risks", one.risks.get().pk, reader, 1),
        lambda: gateways.stop(one.pk, reader, 1, "Why."),
    ):
        with pytest.raises(NotKnownError):
            ask()
    assert Entry.objects.count() == written


# What a measure says


@pytest.mark.parametrize(
    ("area", "words"),
    [
        ("S02", "missing"),
        ("S04", "hidden"),
        ("S03", "14.8 per 1,000 people (incomplete)"),
        ("S01", "0.0 per 1,000 people"),
    ],
)
def test_a_figure_that_is_missing_or_hidden_is_told_as_that_and_zero_as_zero(ann, one, release, area, words):
    """In March 2026, the fifteenth month: sub-area 3 has 100 + 2 x 3 + 3 x 14 = 148 of 10,000."""
    of_atlas = {"indicator": "completed", "area": area, "target": ""}
    found = seen.last(planned.add("measures", one, ann, release, **of_atlas), release)
    assert (found.words, found.period) == (words, "March 2026")


def test_what_it_was_before_is_of_the_last_whole_period_before_the_start(ann, one, release):
    measure = planned.add("measures", one, ann, release, indicator="completed", area="S05", target="")
    found = seen.before(measure, release, date(2025, 3, 15))
    assert (found.period, found.words) == ("February 2025", "11.3 per 1,000 people")  # 100 + 2 x 5 + 3 x 1
    assert seen.before(measure, release, date(2025, 1, 31)) is None
    assert seen.before(measure, release, None) is None


# What is due


def test_milestones_of_today_and_the_next_thirty_days_are_due(one, ann, release):
    planned.add("milestones", one, ann, release, title="Late", due_on="2026-03-01")
    planned.add("milestones", one, ann, release, title="Soon", due_on="2026-04-19")  # in thirty days
    planned.add("milestones", one, ann, release, title="Later", due_on="2026-04-20")
    planned.add("milestones", one, ann, release, title="Done", due_on="2026-03-01", done_on="2026-03-02")
    planned.add("milestones", one, ann, release, title="Today", due_on="2026-03-20")
    assert [each.title for each in due.milestones_due([one], TODAY.date())] == ["Today", "Soon"]


def test_what_goes_as_planned_is_no_exception(one):
    assert due.exceptions(one, date(2026, 3, 20)) == []


def test_each_exception_says_what_and_since_when(one, ann, release):
    planned.add("milestones", one, ann, release, title="Late", due_on="2026-03-01")
    planned.add("milestones", one, ann, release, title="Moved", due_on="2026-06-01", forecast_on="2026-07-01")
    planned.add("risks", one, ann, release, title="Fire", likelihood="3", impact="5")
    assert due.exceptions(one, date(2026, 4, 2)) == [
        "It was to start on 1 April 2026, and its gates are not open.",
        "Late since 1 March 2026: Late.",
        "Expected on 1 July 2026 instead of 1 June 2026: Moved.",
        "Extreme risk: Fire.",
    ]
    gateways.stop(one.pk, ann, one.version, "No staff.")
    one.refresh_from_db()
    assert due.exceptions(one, date(2027, 4, 2)) == []
    assert due.milestones_due([one], date(2026, 4, 2)) == []


def test_an_initiative_past_its_case_without_a_quality_measure_is_an_exception(one, ann, release):
    planned.passed(one, ann, "idea", "case")
    parts.remove("measures", one.measures.get().pk, ann, 1)
    assert "It has no measure of quality: nothing that it saves counts." in due.exceptions(one, TODAY.date())
    assert one.status == Status.PLANNED
