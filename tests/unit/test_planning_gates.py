"""Gateways: what is missing, how quality is judged, who signs, and the status that follows."""

import doctest
from datetime import UTC, datetime

import planned
import pytest
from authored import person
from django.utils import timezone

from careatlas.catalogue import delivery_gates
from careatlas.catalogue.delivery_gates import (
    DeliveryGates,
    faults_in,
    load_cost_lines,
    load_delivery_gates,
)
from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import Gateway, Status
from careatlas.improve.delivery.planning import figures, gateways, initiatives, parts, plans
from careatlas.improve.delivery.planning.asks import INITIATIVE
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

GATES = load_delivery_gates()


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 20, 12, tzinfo=UTC))


@pytest.fixture
def ann(release, db):
    organisations.take_from(release)
    return person("Ann", (Role.PLAN_MANAGER, "B0"))


@pytest.fixture
def one(ann, release):
    return planned.whole(ann, release)


@pytest.mark.parametrize("module", [delivery_gates, figures, plans])
def test_the_examples_in_the_words_are_true(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


# What the files say


def test_there_are_four_gates_in_their_order_and_every_need_has_words():
    assert GATES.ids == ["idea", "case", "start", "close"]
    assert [gate.leads_to for gate in GATES.gates] == [None, "planned", "running", "finished"]
    assert {need for gate in GATES.gates for need in gate.needs} == set(GATES.needs)
    assert set(gateways._THERE) == set(GATES.needs)


def test_what_is_asked_for_can_be_answered_on_the_form_or_is_a_part():
    assert {"aim", "owner", "workstream", "confidence"} <= {ask.field for ask in INITIATIVE}


@pytest.mark.parametrize(
    ("likelihood", "impact", "harm", "band"),
    [(5, 5, 0, None), (5, 0, 0, None), (1, -1, 1, "low"), (2, -2, 4, "moderate"), (4, -2, 8, "high"),
     (3, -5, 15, "extreme"), (5, -5, 25, "extreme")],
)  # fmt: skip
def test_harm_is_likelihood_times_how_much_worse_and_better_is_none(likelihood, impact, harm, band):
    found = GATES.quality.harm(likelihood, impact)
    assert found == harm
    assert (GATES.quality.band(found).id if GATES.quality.band(found) else None) == band


def test_better_in_one_domain_is_not_set_off_against_worse_in_another():
    said = {"safety": {"likelihood": 3, "impact": -3}, "experience": {"likelihood": 5, "impact": 5}}
    assert GATES.quality.worst(said) == 9
    assert GATES.quality.worst({"safety": {"likelihood": None, "impact": None, "words": "Not yet."}}) == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda said: said["gates"].clear(), "there is no gate"),
        (lambda said: said["gates"].reverse(), "Order them: planned, running, finished"),
        (lambda said: said["gates"].pop(), "none to finished"),
        (lambda said: said["gates"].append(said["gates"][0]), 'two gates are called "idea"'),
        (lambda said: said["needs"].pop("aim"), "nothing is said where aim is not there"),
        (lambda said: said["quality"]["domains"].clear(), "quality has no domain"),
        (lambda said: said["quality"]["impacts"].pop(0), "impacts are given for"),
        (lambda said: said["quality"]["bands"].reverse(), "the bands begin at"),
        (lambda said: said["quality"].update(stops_from=3), "a clinical lead is asked from 8"),
    ],
)
def test_a_file_of_gates_that_makes_no_sense_is_refused(change, told):
    said = GATES.model_dump()
    change(said)
    assert told in "; ".join(" ".join(fault) for fault in faults_in(DeliveryGates.model_validate(said)))


def test_cost_lines_have_a_name_and_say_what_they_hold():
    assert "accident_and_emergency" in load_cost_lines()
    assert all(line.title and line.covers for line in load_cost_lines().values())


# Opening


def test_an_idea_becomes_planned_running_and_finished_as_its_gates_open(one, ann, release):
    assert planned.passed(one, ann, "idea").status == Status.IDEA
    assert planned.passed(one, ann, "case").status == Status.PLANNED
    assert planned.passed(one, ann, "start").status == Status.RUNNING
    milestone, risk = one.milestones.get(), one.risks.get()
    parts.change("milestones", milestone.pk, {"done_on": "2026-03-19"}, ann, 1, release)
    parts.change("risks", risk.pk, {"is_closed": "on"}, ann, 1, release)
    assert planned.passed(one, ann, "close").status == Status.FINISHED
    gateway = one.gateways.get(gate="start")
    assert (gateway.signed_by, gateway.is_open) == (ann, True)
    assert gateway.signed_at == timezone.now()


def test_each_gate_says_everything_it_still_asks_for(ann, release):
    bare = planned.initiative(ann, release, aim="", owner="", starts_on="", confidence="")
    idea, case, start, close = gateways.standings(bare)
    assert idea.missing == [GATES.needs["aim"], GATES.needs["owner"]]
    assert case.missing == [
        "Open the gate “Idea” first.",
        *(GATES.needs[name] for name in ("days", "milestones", "quality_measure", "risks", "quality_impact")),
    ]
    assert GATES.needs["target"] in start.missing
    assert close.missing[:3] == [f"Open the gate “{title}” first." for title in ("Idea", "Case", "Start")]
    with pytest.raises(Wrong, match="Name who answers for it"):
        gateways.open_gate(bare.pk, "idea", ann, 0)


def test_a_workstream_is_asked_for_only_where_there_is_a_plan(ann, release):
    alone = planned.initiative(ann, release, workstream="")
    inside = planned.initiative(ann, release, within=planned.plan(ann, release), workstream="")
    assert GATES.needs["workstream"] not in gateways.standing(alone, "case").missing
    assert GATES.needs["workstream"] in gateways.standing(inside, "case").missing


def test_a_measure_of_activity_is_no_measure_of_quality(ann, release):
    one = planned.initiative(ann, release)
    planned.add("measures", one, ann, release, kind="activity")
    assert GATES.needs["quality_measure"] in gateways.standing(one, "case").missing


def test_an_open_gate_opened_again_is_opened_once(one, ann):
    planned.passed(one, ann, "idea")
    written = Entry.objects.count()
    gateways.open_gate(one.pk, "idea", ann, 0)
    assert Entry.objects.count() == written


def test_what_was_judged_at_one_gate_stands_at_the_next_until_somebody_judges_again(one, ann):
    planned.passed(one, ann, "idea", "case")
    start = gateways.standing(one, "start")
    assert start.gateway.quality_impact["safety"]["words"] == "As we see it."
    assert GATES.needs["quality_impact"] in start.missing


# Harm


def test_much_harm_asks_for_a_clinical_lead_who_did_not_judge_it(one, ann):
    planned.passed(one, ann, "idea")
    kept = gateways.judge(one.pk, "case", planned.judged(safety=-4), ann, 0)  # 2 x 4 = 8: high
    with pytest.raises(Wrong, match="a clinical lead who did not judge it"):
        gateways.open_gate(one.pk, "case", ann, kept.version)
    doctor = person("Dora", (Role.ASSESSOR, "B0"))
    kept = gateways.agree(one.pk, "case", doctor, kept.version, "Medical director", "Two nurses watch.")
    kept = gateways.open_gate(one.pk, "case", ann, kept.version)
    assert (kept.clinical_lead, kept.clinical_post) == (doctor, "Medical director")
    one.refresh_from_db()
    assert one.status == Status.PLANNED


def test_who_judged_cannot_agree_to_it_and_a_lead_of_elsewhere_sees_nothing(one, ann):
    both = person("Both", (Role.ASSESSOR, "B0"), (Role.PLAN_MANAGER, "B0"))
    kept = gateways.judge(one.pk, "case", planned.judged(safety=-4), both, 0)
    with pytest.raises(Wrong, match="You judged it yourself"):
        gateways.agree(one.pk, "case", both, kept.version, "Nurse", "Fine.")
    with pytest.raises(NotKnownError):
        gateways.agree(one.pk, "case", person("Far", (Role.ASSESSOR, "B3")), kept.version, "Nurse", "Fine.")
    with pytest.raises(NotKnownError):
        gateways.agree(one.pk, "case", ann, kept.version, "Manager", "Fine.")  # no clinical lead
    doctor = person("Dora", (Role.ASSESSOR, "B0"))
    with pytest.raises(Wrong) as fault:
        gateways.agree(one.pk, "case", doctor, kept.version, " ", "")
    assert set(fault.value.faults) == {"post", "why"}


def test_what_was_agreed_is_agreed_no_more_once_it_is_judged_again(one, ann):
    planned.passed(one, ann, "idea")
    kept = gateways.judge(one.pk, "case", planned.judged(safety=-4), ann, 0)
    doctor = person("Dora", (Role.ASSESSOR, "B0"))
    kept = gateways.agree(one.pk, "case", doctor, kept.version, "Nurse", "Watched.")
    kept = gateways.judge(one.pk, "case", planned.judged(safety=-5), ann, kept.version)
    assert kept.clinical_lead is None
    with pytest.raises(Wrong, match="clinical lead"):
        gateways.open_gate(one.pk, "case", ann, kept.version)


def test_extreme_harm_opens_for_no_signature(one, ann):
    planned.passed(one, ann, "idea")
    kept = gateways.judge(one.pk, "case", planned.judged(likelihood=3, equity=-5), ann, 0)  # 15
    doctor = person("Dora", (Role.ASSESSOR, "B0"))
    kept = gateways.agree(one.pk, "case", doctor, kept.version, "Nurse", "Watched.")
    with pytest.raises(Wrong, match="no signature opens the gate"):
        gateways.open_gate(one.pk, "case", ann, kept.version)


def test_quality_is_judged_in_full_or_said_to_be_unfinished(one, ann):
    said = planned.judged() | {
        "safety-impact": "",
        "equity-likelihood": "6",
        "staff-impact": "-3",
        "staff-words": " ",
    }
    with pytest.raises(Wrong) as fault:
        gateways.judge(one.pk, "case", said, ann, 0)
    assert set(fault.value.faults) == {"safety-likelihood", "equity-likelihood", "staff-words"}
    some = planned.judged() | {"safety-likelihood": "", "safety-impact": ""}
    gateways.judge(one.pk, "case", some, ann, 0)
    assert GATES.needs["quality_impact"] in gateways.standing(one, "case").missing


# Keeping shut, stopping


def test_a_gate_kept_shut_says_why_and_by_whom_and_the_status_goes_back(one, ann):
    planned.passed(one, ann, "idea", "case")
    kept = one.gateways.get(gate="case")
    with pytest.raises(Wrong, match="Say why it stays shut"):
        gateways.keep_shut(one.pk, "case", ann, kept.version, " ")
    bea = person("Bea", (Role.PUBLISHER, "B0"))
    kept = gateways.keep_shut(one.pk, "case", bea, kept.version, "The measure is too coarse.")
    assert (kept.is_open, kept.why, kept.signed_by) == (False, "The measure is too coarse.", bea)
    one.refresh_from_db()
    assert one.status == Status.IDEA


def test_a_gate_with_an_open_one_behind_it_is_not_shut(one, ann):
    planned.passed(one, ann, "idea", "case")
    with pytest.raises(Wrong, match="“Case” is open behind it"):
        gateways.keep_shut(one.pk, "idea", ann, 1, "Why.")


def test_one_that_stopped_says_why_takes_no_changes_and_is_taken_up_where_it_was(one, ann, release):
    planned.passed(one, ann, "idea", "case")
    with pytest.raises(Wrong, match="Say why it stops"):
        gateways.stop(one.pk, ann, one.version, "")
    stopped = gateways.stop(one.pk, ann, one.version, "No staff.")
    assert (stopped.status, stopped.stopped_why) == (Status.STOPPED, "No staff.")
    with pytest.raises(initiatives.NotOpen):
        planned.add("risks", one, ann, release)
    with pytest.raises(initiatives.NotOpen):
        gateways.open_gate(one.pk, "start", ann, 0)
    again = gateways.take_up(one.pk, ann, stopped.version)
    assert (again.status, again.stopped_why) == (Status.PLANNED, "")


# Two at once, and who may


def test_two_who_judge_at_once_do_not_overwrite_each_other(one, ann):
    bea = person("Bea", (Role.PLAN_MANAGER, "B0"))
    first = gateways.judge(one.pk, "case", planned.judged(safety=-1), ann, 0)
    with pytest.raises(keeping.EditedMeanwhile) as meanwhile:
        gateways.judge(one.pk, "case", planned.judged(safety=-3), bea, 0)
    assert meanwhile.value.now == first
    assert Gateway.objects.get().quality_impact["safety"]["impact"] == -1


def test_a_signature_under_what_was_changed_meanwhile_is_refused(one, ann):
    planned.passed(one, ann, "idea")
    seen = gateways.judge(one.pk, "case", planned.judged(), ann, 0)
    gateways.judge(one.pk, "case", planned.judged(safety=-2), ann, seen.version)
    with pytest.raises(keeping.EditedMeanwhile):
        gateways.open_gate(one.pk, "case", ann, seen.version)


@pytest.mark.parametrize(
    ("role", "where"), [(Role.READER, "B0"), (Role.PLAN_MANAGER, "B3"), (Role.AUTHOR, "B0")]
)
def test_who_is_no_plan_manager_there_opens_nothing(one, role, where):
    stranger = person("Stranger", (role, where))
    with pytest.raises(NotKnownError):
        gateways.open_gate(one.pk, "idea", stranger, 0)
    with pytest.raises(NotKnownError):
        gateways.judge(one.pk, "case", planned.judged(), stranger, 0)


def test_an_unknown_gate_is_told_with_those_there_are(one, ann):
    with pytest.raises(NotKnownError, match="idea, case, start, close"):
        gateways.open_gate(one.pk, "door", ann, 0)
